"""``time_to_event`` against a reading of its rule subject by subject."""

from __future__ import annotations

from datetime import date

import pytest
from harness import Study, refusals
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SUBJECTS

from mg_cdisc.build.provenance import Provenance

SPEC = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: d}
  - RFXSTDTC: {assign: iso(S)}
  - DTHDTC: {assign: iso(D)}
---
dataset: AE
keys: [USUBJID]
steps:
  - records: {from: a}
  - AEDECOD: T
  - AESTDTC: {assign: iso(W)}
  - AESEQ: {sequence: AESTDTC}
---
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: v}
  - VSDTC: {assign: iso(W)}
  - VSSEQ: {sequence: VSDTC}
---
dataset: ADTTE
class: TTE
keys: [USUBJID, PARAMCD]
steps:
  - time_to_event:
      PARAMCD: TTX
      PARAM: Time to X
      start: {from: DM, date: date(RFXSTDTC)}
      event:
        - {from: AE, where: AEDECOD = 'X', date: date(AESTDTC), EVNTDESC: X}
        - {from: DM, date: date(DTHDTC), SRCSEQ: number(''), CNSR: 2, EVNTDESC: DEATH, CNSDTDSC: DATE OF DEATH}
      censor:
        - {from: VS, date: date(VSDTC), CNSR: 1, EVNTDESC: NONE, CNSDTDSC: LAST VISIT}
        - {from: DM, date: date(RFXSTDTC), SRCSEQ: number(''), CNSR: 3, EVNTDESC: NONE, CNSDTDSC: START}
  - time_to_event:
      PARAMCD: TTY
      PARAM: Time to Y, of which only visits tell
      start: {from: AE, where: AEDECOD = 'X', date: date(AESTDTC)}
      event: {from: VS, date: date(VSDTC), EVNTDESC: VISIT}
"""
DATES = st.one_of(
    st.dates(date(2025, 1, 1), date(2025, 1, 12)).map(str), st.sampled_from(["", "2025-01"])
)
ROWS = st.lists(st.tuples(st.sampled_from(SUBJECTS), DATES), max_size=8)
_BOUND: list[Study] = []


def study() -> Study:
    if not _BOUND:
        _BOUND.append(Study(SPEC, d="SUBJ S D", a="SUBJ T W", v="SUBJ W"))
    return _BOUND[0]


def full(dates: list[str]) -> list[str]:
    """The dates that are complete, in order."""
    return sorted(each for each in dates if len(each) == 10)


@settings(max_examples=40, deadline=None)
@given(
    subjects=st.lists(st.tuples(DATES, DATES), min_size=len(SUBJECTS), max_size=len(SUBJECTS)),
    events=st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from("XZ"), DATES), max_size=8),
    visits=ROWS,
)
def test_the_first_event_counts_and_else_the_stated_censoring(
    subjects: list[tuple[str, str]],
    events: list[tuple[str, str, str]],
    visits: list[tuple[str, str]],
) -> None:
    out = study().run(
        d=[[name, *dates] for name, dates in zip(SUBJECTS, subjects, strict=True)],
        a=[list(each) for each in events],
        v=[list(each) for each in visits],
    )
    expected = []
    for name, (start, death) in zip(SUBJECTS, subjects, strict=True):
        starts = full([start])
        mine = full([when for who, term, when in events if who == name and term == "X"])
        seen = full([when for who, when in visits if who == name])
        if starts:
            ends = [(when, 0) for when in mine if when >= start]
            ends += [(when, 2) for when in full([death]) if when >= start]
            last = [when for when in seen if when >= start]
            when, status = min(ends) if ends else (last[-1], 1) if last else (start, 3)
            told = {0: ("X", ""), 2: ("DEATH", "DATE OF DEATH"), 1: ("NONE", "LAST VISIT"),
                    3: ("NONE", "START")}[status]  # fmt: skip
            expected.append([name, "TTX", start, when, str(status), *told])
        later = [when for when in seen if mine and when >= mine[0]]
        if later:
            expected.append([name, "TTY", mine[0], later[0], "0", "VISIT", ""])
    found = out.table("USUBJID PARAMCD STARTDT ADT CNSR EVNTDESC CNSDTDSC", "ADTTE")
    assert sorted(found) == sorted(expected)


def test_the_source_record_is_named() -> None:
    out = study().run(
        d=[["01", "2025-01-01", ""], ["02", "2025-01-01", "2025-01-05"]],
        a=[["01", "X", "2025-01-09"], ["01", "X", "2025-01-04"], ["02", "X", "2025-01-05"]],
    )
    rows = out.table("USUBJID ADT SRCDOM SRCVAR SRCSEQ CNSR", "ADTTE")
    # on the same day the source that is listed first: the event, not the death
    assert rows == [
        ["01", "2025-01-04", "AE", "AESTDTC", "1", "0"],
        ["02", "2025-01-05", "AE", "AESTDTC", "1", "0"],
    ]


LAST_VISIT = SPEC.replace(
    "event: {from: VS, date: date(VSDTC), EVNTDESC: VISIT}",
    "event: [{from: VS, date: date(VSDTC), take: last, EVNTDESC: VISIT}, "
    "{from: AE, date: date(AESTDTC), EVNTDESC: EVENT}]",
)


def test_the_last_of_one_source_is_compared_with_the_first_of_another() -> None:
    out = Study(LAST_VISIT, d="SUBJ S D", a="SUBJ T W", v="SUBJ W").run(
        d=[["01", "2025-01-01", ""], ["02", "2025-01-01", ""]],
        a=[["01", "X", "2025-01-02"], ["01", "Z", "2025-01-06"], ["02", "X", "2025-01-03"]],
        v=[["01", "2025-01-04"], ["01", "2025-01-03"], ["01", "2024-12-30"], ["02", "2025-01-01"]],
    )
    rows = [row for row in out.table("PARAMCD USUBJID ADT EVNTDESC", "ADTTE") if row[0] == "TTY"]
    # the start is the first X; it is itself an event on its day, before the last visit
    assert rows == [["TTY", "01", "2025-01-02", "EVENT"], ["TTY", "02", "2025-01-03", "EVENT"]]
    later = Study(LAST_VISIT.replace("{from: AE, date", "{from: AE, where: AEDECOD = 'Z', date"),
                  d="SUBJ S D", a="SUBJ T W", v="SUBJ W")  # fmt: skip
    out = later.run(
        d=[["01", "2025-01-01", ""], ["02", "2025-01-01", ""]],
        a=[["01", "X", "2025-01-02"], ["01", "Z", "2025-01-06"],
           ["02", "X", "2025-01-02"], ["02", "Z", "2025-01-04"]],
        v=[["01", "2025-01-03"], ["01", "2025-01-05"], ["02", "2025-01-03"], ["02", "2025-01-05"]],
    )  # fmt: skip
    rows = [row for row in out.table("PARAMCD USUBJID ADT EVNTDESC", "ADTTE") if row[0] == "TTY"]
    assert rows == [["TTY", "01", "2025-01-05", "VISIT"], ["TTY", "02", "2025-01-04", "EVENT"]]


@pytest.mark.parametrize("missing", ["event: []", 'PARAM: ""'])
def test_a_parameter_needs_events_and_a_name(missing: str) -> None:
    key = missing.split(":")[0]
    lines = {"PARAM": "PARAM: X", "event": "event: {from: d, date: date(iso(S)), EVNTDESC: E}"}
    lines[key] = missing
    body = "\n".join(f"      {line}" for line in ("PARAMCD: X", *lines.values()))
    spec = f"  - time_to_event:\n{body}\n      start: {{from: d, date: date(iso(S))}}\n"
    assert any(key in line for line in refusals(spec, d="SUBJ S D"))


def test_a_structure_in_the_specs_own_words_leaves_the_class_as_it_is() -> None:
    spec = SPEC.replace("class: TTE", "class: TTE\nstructure: One record per subject and parameter")
    catalog = Study(spec, d="SUBJ S D", a="SUBJ T W", v="SUBJ W").plan.catalog
    fact = catalog.dataset_fact("ADTTE")
    assert fact is not None
    assert (fact.cls, fact.subclass) == ("BASIC DATA STRUCTURE", "TIME-TO-EVENT")


def test_the_methods_say_the_rule_of_all_sources() -> None:
    dataset = study().plan.datasets["ADTTE"]
    told = Provenance(study().plan, dataset)

    def method(name: str) -> str:
        found = told.method(name)
        assert found is not None
        return found.text

    assert method("ADT") == (
        'TTX: the earliest of: the date of AESTDTC of AE where AEDECOD is "X" (event: X); the date '
        "of DTHDTC of DM (CNSR 2: DEATH). Of several on one day the first listed counts. Where "
        "there is none: the last date of VSDTC of VS (CNSR 1: NONE), else the date of RFXSTDTC of "
        "DM (CNSR 3: NONE). Dates before STARTDT do not count. TTY: the earliest date of VSDTC of "
        "VS (event: VISIT). Dates before STARTDT do not count."
    )
    assert method("CNSR") == (
        'TTX: by what the time ends with: 0 for "X"; 1 for "NONE" (LAST VISIT); 2 for "DEATH"; 3 for "NONE" '
        "(START). "
        'TTY: by what the time ends with: 0 for "VISIT".'
    )
    # alike in all parameters, so that none is named
    assert method("SRCDOM") == "The dataset of the record that ADT is taken from."
    assert {told.kind(name) for name in ("CNSR", "EVNTDESC", "SRCVAR", "SRCSEQ")} == {"Derived"}


def test_each_step_still_tells_what_it_does_itself() -> None:
    steps = study().plan.datasets["ADTTE"].steps
    assert steps[1].values["ADT"].told == "Set to the date of DTHDTC."
