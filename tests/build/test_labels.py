"""The label of an analysis variable: the structure's own, that of where it is copied, the spec's."""

from __future__ import annotations

from typing import Any

from mg_cdisc.transport import read_xpt

ADSL = """\
dataset: ADSL
keys: [STUDYID, USUBJID]
steps:
  - records: {from: DM, keep: [STUDYID, USUBJID, SUBJID, SITEID, ARM, AGE, AGEU, SEX, RFSTDTC]}
  - TRT01P:  ARM
  - TRTSDT:  date(RFSTDTC)
  - MOODSDT: date(RFSTDTC)
variables:
  MOODSDT: {type: date, label: Start Date of Mood}
"""
ADVS = """\
dataset: ADVS
class: BDS
label: Vital Signs Analysis Dataset
keys: [STUDYID, USUBJID, PARAMCD]
steps:
  - records: {from: VS, by: [STUDYID, USUBJID, PARAMCD: VSTESTCD], set: {AVAL: max(VSSTRESN)}}
  - PARAM:   {map: PARAMCD, to: {PULSE: Pulse Rate (beats/min), WEIGHT: Weight (kg)}}
  - lookup:  {from: ADSL, keep: [TRTSDT, MOODSDT]}
"""


def build(study: Any, advs: str) -> Any:
    (study.folder / "adam").mkdir()
    study.write("adam/adsl.yaml", ADSL)
    study.write("adam/advs.yaml", advs)
    built = study.build()
    assert not [each for each in built.findings if each.kind.islower() and each.kind != "no-label"
                and not each.reason], built.findings  # fmt: skip
    return built


def labels(study: Any) -> dict[str, str]:
    (file,) = study.outputs.rglob("advs.xpt")
    return {each.name: each.label for each in read_xpt(file).variables}


def test_what_is_copied_of_adsl_has_its_label_there(study: Any) -> None:
    """The ADaMIG has *SDT with the label "{Start Date}" for dates of the sponsor's own."""
    build(study, ADVS)
    found = labels(study)
    assert found["TRTSDT"] == "Date of First Exposure to Treatment"
    assert found["MOODSDT"] == "Start Date of Mood"


def test_a_date_of_adsl_made_elsewhere_has_the_label_of_adsl(study: Any) -> None:
    made = "  - TRTSDT:  {from: ADSL, value: TRTSDT}\n"
    build(study, ADVS.replace("  - lookup:  {from: ADSL, keep: [TRTSDT, MOODSDT]}\n", made))
    assert labels(study)["TRTSDT"] == "Date of First Exposure to Treatment"


def test_an_open_label_is_no_label(study: Any) -> None:
    made = "  - DIETSDT: {from: ADSL, value: TRTSDT}\n"
    built = build(study, ADVS.replace("  - lookup:  {from: ADSL, keep: [TRTSDT, MOODSDT]}\n", made))
    found = [each for each in built.findings if each.kind == "no-label"]
    assert [(each.dataset, each.variable) for each in found] == [("ADVS", "DIETSDT")]


def test_a_dataset_that_is_called_by_its_structure_is_told(study: Any) -> None:
    """Every dataset with the label "Basic Data Structure" looks the same to a reviewer."""
    built = build(study, ADVS.replace("label: Vital Signs Analysis Dataset\n", ""))
    (found,) = [each for each in built.findings if each.kind == "no-label"]
    assert (found.level, found.dataset, found.variable) == ("warning", "ADVS", "")
    assert found.what == "ADVS has no label; it is called Basic Data Structure"
    assert not built.stopped
