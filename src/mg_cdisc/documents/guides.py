"""The reviewer's guides of a build: cSDRG for the tabulations, ADRG for the analysis datasets.

Each is a draft, as a PDF file and as a document to be edited, filled with what the build knows; what
only a person knows comes from the study's guide.yaml, or is a marked place. A study that has a
finished guide names its file, which then is the one.
Source: PHUSE templates of the cSDRG and the ADRG (sections and their order).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mg_cdisc import __version__
from mg_cdisc.dataset import Document, Package
from mg_cdisc.documents.analysis_facts import AnalysisFacts
from mg_cdisc.documents.content import Guide, parse
from mg_cdisc.documents.facts import Facts, Made
from mg_cdisc.documents.guide_docx import guide_docx
from mg_cdisc.documents.guide_pdf import guide_pdf
from mg_cdisc.documents.prose import Prose
from mg_cdisc.documents.tabulation_facts import TabulationFacts

CSDRG, ADRG = "csdrg", "adrg"
Files = Mapping[str, Mapping[str, bytes]]
"""For the name of a document in define.xml the files that are written for it."""


def reviewers_guides(made: Made, folder: Path) -> tuple[tuple[Package, ...], Files]:
    """The packages with their guides among their documents, and the files of the guides.

    ``folder`` is where the templates are. define.xml names the PDF files.
    """
    packages: list[Package] = []
    files: dict[str, Mapping[str, bytes]] = {}
    for package in made.packages:
        kind = kind_of(package)
        own = made.plan.files.guides.get(kind)
        prose = Prose(folder, package.language, made.plan.files.guide)
        if any(each.document and each.document.file == f"{kind}.pdf" for each in package.displays):
            packages.append(package)  # endpoints.yaml names a finished one
            continue
        if own is not None:
            files[kind] = {f"{kind}.pdf": own}
        else:
            guide = guide_of(made, package, prose)
            files[kind] = {f"{kind}.docx": guide_docx(guide), f"{kind}.pdf": guide_pdf(guide)}
        document = Document(kind, prose.say(kind), f"{kind}.pdf")
        packages.append(replace(package, documents=(*package.documents, document)))
    return tuple(packages), files


def kind_of(package: Package) -> str:
    """Which guide a package has."""
    return ADRG if package.datasets[0].purpose == "Analysis" else CSDRG


def guide_of(made: Made, package: Package, prose: Prose) -> Guide:
    """What the guide of a package says."""
    kind = kind_of(package)
    facts: Facts = (AnalysisFacts if kind == ADRG else TabulationFacts)(made, package, prose)
    return Guide(
        prose.say(kind),
        (
            prose.say("cover.study", study=package.study_id),
            prose.say("cover.protocol", protocol=package.protocol_name),
            facts.description,
            prose.say("cover.cut", cut=facts.cut),
            prose.say("cover.draft"),
        ),
        prose.say("contents"),
        prose.say("page", page="{page}", pages="{pages}"),
        package.language,
        package.created,
        package.originator or f"mg-cdisc {__version__}",
        prose.marks,
        parse(prose.render(kind, facts)),
    )
