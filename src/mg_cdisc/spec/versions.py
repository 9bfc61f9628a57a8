"""The standards and terminologies that study.yaml names."""

from __future__ import annotations

from mg_cdisc.errors import Finding, SpecError
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.tree import locate
from mg_cdisc.standards import Standard, load_standard, with_occurrences
from mg_cdisc.terminology import Terminology, load_terminology

TERMINOLOGY = {"sdtm_ct": "SDTM", "adam_ct": "ADaM", "define_ct": "DEFINE-XML"}
"""The kind of terminology of which each key gives the version."""


def load_versions(files: StudyFiles) -> tuple[Standard, Standard, list[Terminology]]:
    """The facts of SDTMIG and of ADaMIG, and the terminologies; unknown versions are one SpecError."""
    used, tree = files.study.standards, files.study_tree
    standards: list[Standard] = []
    terminologies: list[Terminology] = []
    faults: list[Finding] = []
    for key in ("sdtmig", "adamig", "sdtm_ct", "adam_ct", "define_ct"):
        version = getattr(used, key)
        at = locate(tree, ("standards", key))[0]
        try:
            if key in TERMINOLOGY and version is not None:
                loaded = load_terminology(TERMINOLOGY[key], version, where=at)
                if key != "define_ct":  # its terms are those of define.xml itself, not of records
                    terminologies.append(loaded)
            elif version is not None:
                standards.append(load_standard(key.upper(), version, where=at))
        except SpecError as error:
            faults += error.findings
    if faults:
        raise SpecError(faults)
    sdtm, adam = standards
    return sdtm, with_occurrences(adam), terminologies
