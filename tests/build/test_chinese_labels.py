"""Labels in Chinese for the NMPA: from the study's list, each one missing or too long told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.define.read import attribute, child, children, read_define, words
from mg_cdisc.transport import read_xpt

LABELS = """\
datasets:
  DM: 人口学资料
  SUPP--: "{}补充修饰语"
variables:
  STUDYID: 研究标识符
  --SEQ: 序号
  AE.AESEQ: 不良事件序号
  AGE: 年龄
qualifiers:
  RACEOTH: 其他种族
"""


def data(study: Any) -> Path:
    folder: Path = study.outputs / "demo-01/m5/datasets/demo-01/tabulations/sdtm"
    return folder


def labels(study: Any, name: str, encoding: str = "utf-8") -> dict[str, str]:
    read = read_xpt(data(study) / f"{name}.xpt", encoding=encoding)  # type: ignore[arg-type]
    return {"": read.label, **{each.name: each.label for each in read.variables}}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_labels_of_the_list(study: Any, encoding: str) -> None:
    study.write("labels.zh.yaml", LABELS)
    built = study.build(agency="NMPA", encoding=encoding)
    assert not built.stopped, built.findings
    dm, ae, supp = (labels(study, name, encoding) for name in ("dm", "ae", "suppdm"))
    assert (dm[""], dm["STUDYID"], dm["AGE"]) == ("人口学资料", "研究标识符", "年龄")
    assert ae["AESEQ"] == "不良事件序号"  # the most exact entry
    assert supp[""] == "人口学资料补充修饰语"
    assert ae["AETERM"] == "Reported Term for the Adverse Event"  # not in the list
    file = data(study) / "suppdm.xpt"
    records = read_xpt(file, encoding=encoding).frame  # type: ignore[arg-type]
    assert set(records.text("QLABEL").to_list()) >= {"其他种族"}
    missing = [each for each in built.findings if each.kind == "untranslated-label"]
    assert {each.level for each in missing} == {"warning"}
    told = {each.what for each in missing}
    assert "the label of AE has no Chinese: 'Adverse Events'" in told
    assert "the label of AETERM has no Chinese: 'Reported Term for the Adverse Event'" in told
    assert not any("STUDYID" in each for each in told)
    assert all(each.where.file == "study/labels.zh.yaml" for each in missing)


def test_define_says_the_language_of_each_text(study: Any) -> None:
    study.write("labels.zh.yaml", LABELS)
    study.build(agency="NMPA")
    define, _ = read_define(data(study) / "define.xml")
    assert define is not None
    age = define.find("odm:ItemDef", "IT.DM.AGE")
    term = define.find("odm:ItemDef", "IT.AE.AETERM")
    assert age is not None
    assert term is not None
    assert words(age) == "年龄"
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    for item, expected in ((age, "zh"), (term, "en")):
        description = child(item, "odm:Description")
        assert description is not None
        (text,) = children(description, "odm:TranslatedText")
        assert text.get(language) == expected
    assert attribute(age, "Name") == "AGE"


@pytest.mark.parametrize(
    ("encoding", "characters", "fits"),
    [("utf-8", 13, True), ("utf-8", 14, False), ("gb18030", 20, True), ("gb18030", 21, False)],
)
def test_a_label_has_40_bytes(study: Any, encoding: str, characters: int, fits: bool) -> None:
    """A Chinese character has 3 bytes in UTF-8 and 2 in GB18030."""
    study.write("labels.zh.yaml", f"variables:\n  AGE: {'年' * characters}\n")
    built = study.build(agency="NMPA", encoding=encoding)
    long = [each for each in built.findings if each.kind == "label-too-long"]
    assert bool(long) is not fits
    assert built.stopped is not fits
    if long:
        assert (long[0].where.file, long[0].where.line) == ("study/labels.zh.yaml", 2)


def test_labels_are_english_for_others(study: Any) -> None:
    study.write("labels.zh.yaml", LABELS)
    for agency in ("FDA", "PMDA"):
        built = study.build(agency=agency)
        assert study.open(built) == []
        assert labels(study, "dm", "ascii")["AGE"] == "Age"


def test_a_mistake_in_the_list(study: Any) -> None:
    study.write("labels.zh.yaml", "variable:\n  AGE: 年龄\n")
    built = study.build()
    (found,) = study.open(built)
    assert (found.kind, found.where.file) == ("unknown-key", "study/labels.zh.yaml")
    assert "Did you mean variables?" in found.todo


def test_a_label_of_the_spec_for_the_fda_is_ascii(study: Any) -> None:
    """FDA Study Data Technical Conformance Guide: names and labels are ASCII."""
    study.write("sdtm/dm.yaml", (study.folder / "sdtm/dm.yaml").read_text(encoding="utf-8")
                + "label: Démographie\n")  # fmt: skip
    built = study.build(encoding="utf-8")
    assert [each.kind for each in study.open(built)] == ["not-ascii"]
