"""``guide.yaml``: what the reviewer's guides say that only the study's people know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pydantic import Field

from mg_cdisc.derive import Model
from mg_cdisc.derive.base import TextList
from mg_cdisc.errors import Finding, nearest, one_of
from mg_cdisc.spec.endpoints import DatasetName
from mg_cdisc.spec.tree import Branch, locate

GUIDE = "guide.yaml"


class Guide(Model):
    """``guide.yaml``: what the reviewer's guides say that the build cannot know.

    Each text fills a place of the guides, which else says `[To be written: ...]`. Why a dataset is
    as it is stands in `comment` of its spec, which define.xml has too; why a finding is accepted,
    in `findings.yaml`.
    """

    csdrg: str = Field("", pattern=r"^([^/\\].*\.pdf)?$")
    """The finished clinical study data reviewer's guide, a PDF file of the study's folder: it is
    copied beside define.xml in place of the draft."""
    adrg: str = Field("", pattern=r"^([^/\\].*\.pdf)?$")
    """The finished analysis data reviewer's guide, likewise."""
    acronyms: dict[str, str] = Field(default_factory=dict)
    """`ACRONYM: meaning`, beside those that every guide explains."""
    sponsor: str = ""
    """Who submits the study."""
    protocol_versions: str = ""
    """The versions of the protocol, and what amendments changed in the data."""
    design: str = ""
    """The design of the study, and how treatments, periods and phases relate to it."""
    efficacy: TextList = ()
    """The datasets with data on efficacy."""
    safety: TextList = ()
    """The datasets with data on safety."""
    overview: str = ""
    """What else a reviewer should know of the data: adjudication, data kept elsewhere, blinding."""
    datasets: dict[DatasetName, str] = Field(default_factory=dict)
    """`DATASET: text`: what a reviewer should know of a dataset, beyond its `comment`."""
    special_rules: str = ""
    """Subjects that need special rules in the analysis."""
    validation: str = ""
    """What other validators found (their names, versions, rules), and why it stays."""
    programs: str = ""
    """The programs of the analyses that are submitted."""
    legacy: str = ""
    """Data that were collected by other standards, and how they were converted."""
    chinese: dict[str, str] = Field(default_factory=dict)
    """`text: Chinese`: what texts of this file, of `comment` and of `findings.yaml` are in the
    guides for the NMPA."""


def guide_faults(texts: Guide, tree: Branch, datasets: Collection[str]) -> Iterator[Finding]:
    """Names of datasets that the study does not have."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        *((("datasets", name), name) for name in texts.datasets),
        *((("efficacy", place), name) for place, name in enumerate(texts.efficacy)),
        *((("safety", place), name) for place, name in enumerate(texts.safety)),
    ]
    for path, name in named:
        if name in datasets or name.removeprefix("SUPP") in datasets:
            continue
        at, shown = locate(tree, path)
        todo = nearest(name, datasets) or f"Datasets: {one_of(sorted(datasets), 40)}."
        yield Finding(at, "unknown-name", f"{shown}: there is no dataset {name}", todo)
