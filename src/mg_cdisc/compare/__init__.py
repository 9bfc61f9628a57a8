"""Comparing two packages of datasets: what differs, and between two builds because of what."""

from mg_cdisc.compare.keys import Asked
from mg_cdisc.compare.model import Attribute, Compared, Comparison, Example, Group
from mg_cdisc.compare.read import Side, read_side
from mg_cdisc.compare.run import Settings, compare
from mg_cdisc.compare.values import Tolerance

__all__ = [
    "Asked",
    "Attribute",
    "Compared",
    "Comparison",
    "Example",
    "Group",
    "Settings",
    "Side",
    "Tolerance",
    "compare",
    "read_side",
]
