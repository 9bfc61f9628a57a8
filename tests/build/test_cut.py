"""A build as of a day: what is left out, what becomes blank, and that all of it is accounted for."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.build.cut import _after
from mg_cdisc.errors import UseError
from mg_cdisc.frame import Frame, Origins, Text
from mg_cdisc.sources.table import SourceTable

DAYS = st.dates(date(2023, 11, 1), date(2024, 3, 31))
WRITTEN = st.one_of(
    st.just(""),
    st.just("2024-02-31"),
    st.just("UNK"),
    DAYS.map(lambda day: day.isoformat()),
    DAYS.map(lambda day: day.strftime("%Y-%m")),
    DAYS.map(lambda day: day.strftime("%Y")),
)


def earliest(text: str) -> date | None:
    """The first day that a text can mean, by its length; None for one that says nothing."""
    if text in ("", "2024-02-31", "UNK"):
        return None
    return date.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)


@settings(deadline=None)
@given(st.lists(WRITTEN, max_size=12), DAYS)
def test_after_only_what_cannot_be_before(texts: list[str], at: date) -> None:
    number = np.arange(2, len(texts) + 2)
    frame = Frame.of({"D": Text.of(texts)}, Origins.of_source(0, number))
    table = SourceTable("a.csv", frame, ("D",), {}, {}, number, "", 0)
    late, unread, undated = _after(table, table.frame.text("D"), [("yyyy-MM-dd",)], at)
    days = [earliest(text) for text in texts]
    assert late.tolist() == [day is not None and day > at for day in days]
    assert (unread, undated) == (
        texts.count("2024-02-31"), texts.count("") + texts.count("UNK"),
    )  # fmt: skip


CUTS = {
    "key: SUBJECT\n  dates: dd.MM.yyyy": "cut: {date: CONSENT}",
    "key: [SUBJECT, NUMBER]\n  dates: yyyy-MM-dd": 'cut: {date: START, ends: {END: {SERIOUS: "0"}}}',
    "key: [SUBJECT, VISIT]\n  dates: yyyy-MM-dd": "cut: {date: DATE}",
}


@pytest.fixture
def declared(study: Any) -> Any:
    """All forms but the last say how they are cut."""
    for before, cut in CUTS.items():
        study.change("sources.yaml", before, f"{before}\n  {cut}")
    return study


def forms(study: Any) -> dict[str, Any]:
    return {each["form"]: each for each in study.output("build.json")["forms"]}


def test_rows_and_ends_after_the_day(declared: Any, records: Any) -> None:
    built = declared.build(cut_off=date(2024, 1, 7))
    assert [str(each) for each in declared.open(built)] == [
        "source/adverse_events.csv: note[cut-off] adverse_events as of 2024-01-07: 1 of 3 rows have "
        "a START after it and are left out, 2 end dates after it are made blank",
        "source/demographics.csv: note[cut-off] demographics as of 2024-01-07: 0 of 3 rows have a "
        "CONSENT after it and are left out",
        "source/vitals.csv: note[cut-off] vitals as of 2024-01-07: 1 of 3 rows have a DATE after it "
        "and are left out",
        "study/sources.yaml:21: note[cut-undeclared] mood does not say how it is cut: all its rows "
        "are kept\n  Add cut: with the column of its date.",
    ]
    # the first begins on the day and is in; of the third only the month is known
    assert [
        (row["AETERM"], row["AESTDTC"], row["AEENDTC"], row["AESER"], row["AESEQ"])
        for row in records(built, "AE")
    ] == [
        ("Headache", "2024-01-07", "", "N", 1),
        ("Broken arm", "2024-01", "", "N", 1),
    ]
    assert {row["VSDTC"] for row in records(built, "VS")} == {"2024-01-05", "2024-01-06"}
    assert len(records(built, "QS")) == len(records(declared.build(), "QS"))


def test_the_account_adds_up(declared: Any) -> None:
    declared.build(cut_off=date(2024, 1, 7))
    told = forms(declared)
    events = told["adverse_events"]
    assert (events["rows"], events["used"], events["ends_blanked"]) == (3, 2, 2)
    assert events["excluded"] == {"dated after the cut-off 2024-01-07": 1}
    for each in told.values():
        assert each["rows"] == each["used"] + sum(each["excluded"].values()) + each["rejected"]
        assert each["unaccounted"] == 0
    manifest = declared.output("manifest.json")
    assert (manifest["data_cut"], manifest["cut_off"]) == ("2024-01-07", "2024-01-07")
    whole = declared.build()
    assert declared.open(whole) == []
    assert "cut_off" not in declared.output("manifest.json")


def test_a_subject_of_later_is_in_no_form(declared: Any, records: Any) -> None:
    text = (declared.folder / "source" / "mood.csv").read_text(encoding="utf-8")
    declared.write("source/mood.csv", text + "02-001,,0,0,0\n")
    built = declared.build(cut_off=date(2024, 1, 3))
    assert [row["USUBJID"][-6:] for row in records(built, "DM")] == ["01-001", "01-002"]
    assert {row["USUBJID"][-6:] for row in records(built, "QS")} == {"01-001", "01-002"}
    told = forms(declared)
    assert told["demographics"]["excluded"] == {"dated after the cut-off 2024-01-03": 1}
    assert told["mood"]["rows"] == 3
    assert told["mood"]["excluded"] == {
        "of a subject whom demographics has only after the cut-off": 1
    }
    assert not [each for each in declared.open(built) if each.level != "note"]


def test_a_day_that_the_data_do_not_reach(declared: Any) -> None:
    assert not declared.build(cut_off=date(2024, 5, 31)).stopped
    with pytest.raises(UseError, match="2024-06-01 is later than the study's data cut, 2024-05-31"):
        declared.build(cut_off=date(2024, 6, 1))


def test_what_was_accepted_may_be_gone(declared: Any) -> None:
    declared.change("source/adverse_events.csv", "2024-01-09,", "2024-02-30,")
    text = (declared.folder / "findings.yaml").read_text(encoding="utf-8")
    entry = "- {finding: bad-date, then: blank, reason: the site was asked}\n"
    declared.write("findings.yaml", text + entry)
    assert declared.open(declared.build()) == []
    declared.change("source/adverse_events.csv", "2024-02-30,", "2024-02-28,")
    assert [each.kind for each in declared.open(declared.build())] == ["unused-acceptance"]
    built = declared.build(cut_off=date(2024, 1, 7))
    assert {each.level for each in declared.open(built)} == {"note"}


def test_files_are_dated_by_the_cut_off(declared: Any) -> None:
    built = declared.build(cut_off=date(2024, 1, 7))
    assert {package.created.date() for package in built.packages} == {date(2024, 1, 7)}
    assert built.folder == declared.outputs / "demo-01"
