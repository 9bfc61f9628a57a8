"""Where each cell comes from: a build replayed, and asked of single cells."""

from mg_cdisc.lineage.impact import Impact, Reached
from mg_cdisc.lineage.record import Recorder
from mg_cdisc.lineage.trace import Cell, Trace, leaves
from mg_cdisc.lineage.why import Explainer, Reason, lines

__all__ = [
    "Cell",
    "Explainer",
    "Impact",
    "Reached",
    "Reason",
    "Recorder",
    "Trace",
    "leaves",
    "lines",
]
