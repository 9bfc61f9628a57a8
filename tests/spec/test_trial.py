"""The trial summary: from study.yaml to the records of TS."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from mg_cdisc.expression import ExpressionError
from mg_cdisc.pipeline import Options, run_engine
from mg_cdisc.spec import read_study
from mg_cdisc.spec.trial import TrialParameter, trial_table
from mg_cdisc.terminology import load_terminology

BASE = Path(__file__).parent.parent / "bad_specs" / "base"
CUT = date(2024, 5, 31)
FOLLOWS = (
    ("SDTMVER", "1", "2.0", "", "", "", ""),
    ("SDTIGVER", "1", "3.4", "", "", "", ""),
    ("DCUTDTC", "1", "2024-05-31", "", "", "ISO 8601", ""),
)


def table(**given: object) -> tuple[tuple[str, ...], ...]:
    parameters = {
        name: tuple(
            TrialParameter.model_validate(each)
            for each in (values if isinstance(values, list) else [values])
        )
        for name, values in given.items()
    }
    terminology = load_terminology("SDTM", "2025-03-28")
    return trial_table(parameters, "3.4", "2025-03-28", CUT, terminology.codelist).rows


def test_what_follows_from_the_rest_of_the_study() -> None:
    assert table() == FOLLOWS


def test_what_is_given_goes_before_what_follows() -> None:
    assert table(DCUTDTC="2024-04-30")[0] == ("DCUTDTC", "1", "2024-04-30", "", "", "ISO 8601", "")
    assert len(table(DCUTDTC="2024-04-30")) == 3


@pytest.mark.parametrize(
    ("name", "given", "rows"),
    [
        ("TITLE", "A title", [("A title", "", "", "", "")]),
        # NCI codes of the terminology of 2025-03-28: N, OPEN LABEL, SAFETY, EFFICACY
        ("RANDOM", "N", [("N", "", "C49487", "CDISC CT", "2025-03-28")]),
        ("TBLIND", "OPEN LABEL", [("OPEN LABEL", "", "C49659", "CDISC CT", "2025-03-28")]),
        (
            "TTYPE",
            ["SAFETY", "EFFICACY"],
            [
                ("SAFETY", "", "C49667", "CDISC CT", "2025-03-28"),
                ("EFFICACY", "", "C49666", "CDISC CT", "2025-03-28"),
            ],
        ),
        ("LENGTH", "P12M", [("P12M", "", "", "ISO 8601", "")]),
        (
            "FCNTRY",
            ["DEU", "FRA"],
            [("DEU", "", "", "ISO 3166", ""), ("FRA", "", "", "ISO 3166", "")],
        ),
        ("AGEMAX", {"null_flavor": "PINF"}, [("", "PINF", "", "", "")]),
        ("TBLIND", {"null_flavor": "UNK"}, [("", "UNK", "", "", "")]),
        (
            "TRT",
            {"value": "Gabapentin", "code": "6CW7F3G59X", "reference": "UNII"},
            [("Gabapentin", "", "6CW7F3G59X", "UNII", "")],
        ),
        (
            "INDIC",
            [{"value": "Mood", "code": "1", "reference": "SNOMED", "version": "2024-03"}, "Other"],
            [("Mood", "", "1", "SNOMED", "2024-03"), ("Other", "", "", "", "")],
        ),
    ],
)
def test_values_of_a_parameter(name: str, given: object, rows: list[tuple[str, ...]]) -> None:
    expected = [(name, str(number), *row) for number, row in enumerate(rows, 1)]
    assert table(**{name: given}) == (*expected, *FOLLOWS)


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(ExpressionError) as caught:
        table(TITEL="x", TBLIND="OPEN", RANDOM="NO")
    assert [each.path for each in caught.value.each()] == [("TITEL",), ("TBLIND",), ("RANDOM",)]


TS = """\
dataset: TS
keys: [STUDYID, TSPARMCD, TSSEQ]
steps:
  - records: {from: trial_summary, keep: [TSPARMCD, TSSEQ, TSVAL, TSVALNF, TSVALCD, TSVCDREF, TSVCDVER]}
  - records: {from: DM, by: [], set: {TSPARMCD: {hardcode: ACTSUB}, TSVAL: text(count())}}
  - revise:  {where: missing(TSSEQ), set: {TSSEQ: {hardcode: "1"}}}
  - TSPARM:  {decode: TSPARMCD}
"""


def test_the_records_of_ts(tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(BASE, study)
    with (study / "study.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "trial_summary:\n  TITLE: A title\n  HLTSUBJI: N\n  AGEMAX: {null_flavor: UNK}\n"
        )
    (study / "sdtm" / "ts.yaml").write_text(TS, encoding="utf-8")
    files = read_study(study, "study")
    assert files.faults == ()
    _, result, _ = run_engine(files, Options(only=("TS",)))
    frame = result.frames["TS"].to_pandas()
    names = ["STUDYID", "DOMAIN", "TSPARMCD", "TSSEQ", "TSPARM", "TSVAL", "TSVALNF", "TSVALCD"]
    assert frame[names].to_numpy().tolist() == [
        ["DEMO-01", "TS", "TITLE", 1, "Trial Title", "A title", "", ""],
        ["DEMO-01", "TS", "HLTSUBJI", 1, "Healthy Subject Indicator", "N", "", "C49487"],
        ["DEMO-01", "TS", "AGEMAX", 1, "Planned Maximum Age of Subjects", "", "UNK", ""],
        ["DEMO-01", "TS", "SDTMVER", 1, "SDTM Version", "2.0", "", ""],
        ["DEMO-01", "TS", "SDTIGVER", 1, "SDTM IG Version", "3.4", "", ""],
        ["DEMO-01", "TS", "DCUTDTC", 1, "Data Cutoff Date", "2024-05-31", "", ""],
        ["DEMO-01", "TS", "ACTSUB", 1, "Actual Number of Subjects", "3", "", ""],
    ]
    assert list(result.findings) == []
