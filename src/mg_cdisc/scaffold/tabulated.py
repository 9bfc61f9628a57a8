"""A first spec for SDTM that exists already: analysis datasets read it, and nothing maps it again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mg_cdisc.errors import Finding
from mg_cdisc.scaffold.lines import scalar
from mg_cdisc.sources.tabulation import FORMATS, GivenDataset, open_tabulation, read_given

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_FROM_DM: Final = (
    "SUBJID", "SITEID", "BRTHDTC", "AGE", "AGEU", "SEX", "RACE", "ETHNIC", "COUNTRY", "ARM", "ACTARM",
    "DTHFL",
)  # fmt: skip
_MADE: Final = (
    ("ARM", "TRT01P", "ARM"), ("ACTARM", "TRT01A", "ACTARM"),
    ("RFXSTDTC", "TRTSDT", "date(RFXSTDTC)"), ("RFXENDTC", "TRTEDT", "date(RFXENDTC)"),
    ("DTHDTC", "DTHDT", "date(DTHDTC)"),
)  # fmt: skip


def tabulations(root: Path, folder: str, files: Sequence[str]) -> dict[str, GivenDataset]:
    """The datasets of transport files that are SDTM; none where the files are sources.

    They are SDTM where a dataset DM has DOMAIN and USUBJID, and every dataset of subjects with
    records in a sequence has its --SEQ beside DOMAIN: collected data have no such columns.
    """
    if not any(Path(name).suffix.lower() in FORMATS for name in files):
        return {}
    faults: list[Finding] = []
    made, _ = open_tabulation(root, folder, {}, "utf-8", faults)
    return made if _is_sdtm(made) and not faults else {}


def _is_sdtm(made: dict[str, GivenDataset]) -> bool:
    if "DM" not in made or not {"DOMAIN", "USUBJID", "STUDYID"} <= set(made["DM"].variables):
        return False
    others = [each for name, each in made.items() if name not in ("DM", "SE", "SV", "RELREC")]
    events = [each for each in others if {"DOMAIN", "USUBJID"} <= set(each.variables)]
    return all(f"{_prefix(each)}SEQ" in each.variables for each in events)


def _prefix(dataset: GivenDataset) -> str:
    return dataset.name[2:4] if dataset.name.startswith("AP") else dataset.name[:2]


def pages(
    made: dict[str, GivenDataset], folder: str, study: str, sdtm_ct: str, adam_ct: str, no_date: str
) -> tuple[str, dict[str, str]]:
    """The study's identifier, and the text of study.yaml and of a first ADSL.

    ``study`` is what the user says, else it is DM's STUDYID.
    """
    demographics = made["DM"].variables
    dated = [each for each in demographics if each.endswith("DTC") and each != "BRTHDTC"]
    frame = read_given(made["DM"], 0, {"STUDYID", *dated}).frame
    ids = [each for each in frame.text("STUDYID").used() if each]
    study = study or (ids[0] if ids else "")
    texts = [each for name in dated for each in frame.text(name).used()]
    latest = max((each[:10] for each in texts if _DAY.match(each)), default=no_date)
    about = [
        "# What holds for the whole study. Lines marked TODO hold what only you know.",
        f"study: {scalar(study)}",
        "description: analysis datasets of SDTM that exists   # TODO what the study is, in one line",
        f"data_cut: {latest}   # TODO the day of the data cut; this is the last date in DM",
        "subjects: DM   # the dataset that lists every subject",
        f"tabulation: {folder}   # SDTM that exists already: it is read, and not written again",
        f"standards: {{sdtm_ct: {sdtm_ct}, adam_ct: {adam_ct}}}   # TODO the versions of the data",
    ]
    keep = [each for each in _FROM_DM if each in demographics]
    sets = [f"{new}: {value}" for name, new, value in _MADE if name in demographics]
    adsl = [
        "# A first ADSL: one record for each subject of DM. TODO the variables that your analyses need",
        "dataset: ADSL",
        "keys: [STUDYID, USUBJID]",
        "steps:",
        "  - records:",
        "      from: DM",
        "      # TODO where: and reason:, if screen failures have no record",
        f"      keep: [{', '.join(keep)}]",
        *([f"      set: {{{', '.join(sets)}}}"] if sets else []),
    ]
    if "RFXSTDTC" in demographics:
        adsl.append(
            "  - SAFFL: {flag: not missing(TRTSDT), else: N}   # TODO as the analysis plan says"
        )
    return study, {"study.yaml": "\n".join(about) + "\n", "adam/adsl.yaml": "\n".join(adsl) + "\n"}


__all__ = ["pages", "tabulations"]
