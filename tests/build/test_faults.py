"""Faults of records are told alike whatever the partitions, and none of them is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mg_cdisc.build.faults import LISTED, OWNER, Fault, Faults
from mg_cdisc.errors import Finding, Location
from mg_cdisc.frame import Frame, Origins, Text

SUBJECTS, EVENTS = 31, 9
FAULT = Fault("unmapped-term", "error", "AESEV = {value!r} is not known", "Map it.", "blank")
ACCEPTED = """\
- {finding: bad-date, then: blank, reason: the day was never said}
- {finding: unmapped-term, dataset: AE, then: blank, reason: the site was asked}
"""


def crowd(study: Any) -> None:
    """Many subjects, and events of which every second has a bad date and severity."""
    header = (study.folder / "source/demographics.csv").read_text().splitlines()[0]
    people = [f"{n:02}-001,{n:02},F,1970,02.01.2024,05.01.2024,DE,,jd" for n in range(SUBJECTS)]
    study.write("source/demographics.csv", "\n".join([header, *people, ""]))
    for form in ("vitals", "mood"):
        path = f"source/{form}.csv"
        first = (study.folder / path).read_text().replace("01-002", "02-001")
        study.write(path, first)
    header = (study.folder / "source/adverse_events.csv").read_text().splitlines()[0]
    # the form lists the first event of everyone, then the second: subjects are mixed
    rows = [
        f"{n:02}-001,{k},Cough,Cough,{'?' if (n + k) % 2 else 1},0,"
        f"2024-01-{k + 1:02},{'31.31.31' if (n + k) % 2 else ''}"
        for k in range(EVENTS)
        for n in range(SUBJECTS)
    ]
    study.write("source/adverse_events.csv", "\n".join([header, *rows, ""]))


def test_partitions_change_no_byte_of_the_findings(study: Any) -> None:
    crowd(study)
    study.write("findings.yaml", ACCEPTED)
    told = []
    for partitions in (1, 3, 7):
        built = study.build(partitions=partitions)
        assert not built.stopped, study.open(built)
        told.append((study.outputs / "demo-01" / "findings.json").read_bytes())
        told.append((study.outputs / "demo-01" / "findings.xlsx").read_bytes())
    assert told[2:4] == told[:2]
    assert told[4:] == told[:2]
    at_fault = sum((n + k) % 2 for n in range(SUBJECTS) for k in range(EVENTS))
    found = json.loads(told[0])
    listed = found["findings"] if isinstance(found, dict) else found
    for kind in ("bad-date", "unmapped-term"):
        mine = [each for each in listed if each["class"] == kind]
        assert sum(each["records"] for each in mine) == at_fault
        assert len(mine) == LISTED + 1
        rows = [each["row"] for each in mine if each["row"]]
        # the first rows of the file at fault, whoever's they are
        assert (
            rows
            == [
                2 + k * SUBJECTS + n for k in range(EVENTS) for n in range(SUBJECTS) if (n + k) % 2
            ][:LISTED]
        )


@pytest.mark.parametrize("partitions", [1, 2, 3])
def test_records_without_a_row_are_told_by_subject(study: Any, partitions: int) -> None:
    study.write(
        "sdtm/ex.yaml",
        "dataset: EX\nkeys: [STUDYID, USUBJID, EXTRT]\nsteps:\n"
        "  - records: {from: demographics}\n"
        "  - EXTRT: {hardcode: A}\n"
        "  - EXDOSE: 1 + 0\n"
        "  - fill: {by: USUBJID, grid: {EXTRT: [A, B, C]}}\n"
        "  - check: {dose is there: not missing(EXDOSE), level: warning}\n"
        "  - EXSTDTC: {hardcode: 2024-01-05}\n"
        "  - EXSEQ: {sequence: EXTRT}\n",
    )
    built = study.build(partitions=partitions)
    found = [each for each in built.findings if each.kind == "check"]
    assert [(each.where.subject, each.count) for each in found] == [
        ("DEMO-01-01-001", 2),
        ("DEMO-01-01-002", 2),
        ("DEMO-01-02-001", 2),
    ]
    assert len({each.identity for each in found}) == 3


def frame_of(ids: list[int], **columns: list[str]) -> Frame:
    offsets = np.concatenate([[0], np.cumsum([each >= 0 for each in ids])])
    kept = np.array([each for each in ids if each >= 0], np.int64)
    made = {name: Text.of(values) for name, values in columns.items()}
    return Frame(dict(made), len(ids), Origins(kept, offsets))


def tell(faults: Faults) -> list[Finding]:
    step = Location("sdtm/ae.yaml", 7)
    return list(faults.tell("AE", "AESEV", step, lambda identity: Location("ae.csv", row=identity)))


def test_each_row_is_told_once_with_the_number_of_its_records() -> None:
    faults = Faults()
    values = Text.of(["a", "b", "a", "a"])
    faults.add(FAULT, frame_of([5, 3, 5, 4]), np.arange(4), values)
    assert [(each.where.row, each.what, each.count) for each in tell(faults)] == [
        (3, "AESEV = 'b' is not known", 1),
        (4, "AESEV = 'a' is not known", 1),
        (5, "AESEV = 'a' is not known", 2),
    ]


def test_the_same_records_evaluated_again_are_not_added() -> None:
    """As candidates that every partition reads, or two values of one clause."""
    faults = Faults()
    for _ in range(3):
        faults.add(FAULT, frame_of([5, 5, -1, -1]), np.arange(4), Text.of(["a"] * 4))
    assert [(each.where.row, each.count) for each in tell(faults)] == [(5, 2), (0, 2)]


def test_what_goes_beyond_the_limit_is_added_up_over_partitions() -> None:
    whole, parts = Faults(), Faults()
    rows = [*range(1, LISTED + 41)] * 2
    values = Text.of(["x"] * len(rows))
    whole.add(FAULT, frame_of(rows), np.arange(len(rows)), values)
    for part in range(3):
        mine = np.flatnonzero(np.array(rows) % 3 == part)
        parts.add(FAULT, frame_of(rows), mine, values)
    assert tell(parts) == tell(whole)
    assert tell(whole)[-1].count == 80
    assert tell(whole)[-1].what == (
        "80 more records of AE have this fault: AESEV = '...' is not known"
    )


@pytest.mark.parametrize("column", ["USUBJID", OWNER])
def test_a_record_with_a_row_is_told_there_and_one_without_by_its_subject(column: str) -> None:
    faults = Faults()
    frame = frame_of([-1, 9, -1], **{column: ["S2", "S1", "S1"]})
    faults.add(FAULT, frame, np.arange(3), None)
    assert [(each.where.file, each.where.row, each.where.subject) for each in tell(faults)] == [
        ("ae.csv", 9, ""),
        ("sdtm/ae.yaml", 0, "S1"),
        ("sdtm/ae.yaml", 0, "S2"),
    ]


# what then: says must be what happens

UNMAPPED = ("source/adverse_events.csv", "Nausea,Nausea,2", "Nausea,Nausea,Bad")
Records = Callable[[Any, str], list[dict[str, Any]]]


def accept(study: Any, entry: str) -> None:
    text = (study.folder / "findings.yaml").read_text()
    study.write("findings.yaml", f"{text}- {{{entry}, reason: the site was asked}}\n")


def test_an_unmapped_term_that_is_kept_stays_as_collected(study: Any, records: Records) -> None:
    study.change("sdtm/ae.yaml", "  - AESPID:   NUMBER\n",
                 "  - AESPID:   NUMBER\n  - AEACN: {map: PREFERRED, to: {Headache: NONE}}\n")  # fmt: skip
    accept(study, "finding: unmapped-value, containing: Nausea, then: kept")
    accept(study, "finding: unmapped-value, containing: Fracture, then: blank")
    accept(study, "finding: unknown-term, variable: AEACN, then: kept")
    built = study.build()
    assert [row["AEACN"] for row in records(built, "AE")] == ["NONE", "Nausea", ""]


@pytest.mark.parametrize(
    ("then", "said", "todo"),
    [
        ("kept", "the value is not kept, it is blank", "Write then: blank."),
        ("excluded", "the value is not excluded, it is blank",
         "Write then: blank. To leave such records out, name them under exclude: in the dataset's "
         "spec."),
        ("supplemental", "the value is not in a supplemental qualifier, it is blank",
         "Write then: blank. To keep the collected text, give it a supplemental qualifier."),
    ],
)  # fmt: skip
def test_an_acceptance_that_says_otherwise_is_refused(
    study: Any, then: str, said: str, todo: str
) -> None:
    study.change("source/adverse_events.csv", "2024-01-08", "2024-02-30")
    accept(study, f"finding: bad-date, then: {then}")
    built = study.build()
    (found,) = study.open(built)
    assert (found.kind, found.what) == ("other-outcome", f"bad-date.then: {said} (1 record)")
    assert found.todo == todo
    assert built.stopped
    assert found.where.file == "study/findings.yaml"


def test_a_text_in_a_supplemental_qualifier_is_supplemental(study: Any, records: Records) -> None:
    study.change(*UNMAPPED)
    study.change("sdtm/ae.yaml", "  - AESEQ: ", "  - _text: SEVERITY\n  - AESEQ: ")
    text = (study.folder / "sdtm/ae.yaml").read_text()
    entry = "  - {QNAM: AESEVOR, QLABEL: Original Severity, assign: SEVERITY}\n"
    study.write("sdtm/ae.yaml", f"{text}supplemental:\n{entry}")
    accept(study, "finding: unmapped-term, then: supplemental")
    built = study.build()
    assert study.open(built) == []
    assert {row["QVAL"] for row in records(built, "SUPPAE")} == {"1", "Bad", "3"}


def test_of_two_acceptances_the_one_that_agrees_holds(study: Any) -> None:
    """A general entry beside one for a single row."""
    study.change("sdtm/ae.yaml", "  - AESPID:   NUMBER\n",
                 "  - AESPID:   NUMBER\n  - AEACN: {map: PREFERRED, to: {Headache: NONE}}\n")  # fmt: skip
    accept(study, "finding: unmapped-value, row: 3, then: kept")
    accept(study, "finding: unmapped-value, then: blank")
    accept(study, "finding: unknown-term, variable: AEACN, then: kept")
    assert study.open(study.build()) == []


def test_a_class_that_there_is_not_is_told_with_the_nearest(study: Any) -> None:
    accept(study, "finding: unmaped-term, then: blank")
    (found,) = study.open(study.build())
    assert (found.kind, found.what) == (
        "unknown-name", "there is no class of findings unmaped-term that can be accepted",
    )  # fmt: skip
    assert found.todo == "Did you mean unmapped-term?"


def test_a_class_of_the_study_s_own_checks_is_known(study: Any) -> None:
    study.change("sdtm/ae.yaml", "  - AESEQ: ",
                 "  - check: {never: AESEV != 'MILD', finding: too-mild}\n  - AESEQ: ")  # fmt: skip
    accept(study, "finding: too-mild, then: kept")
    assert study.open(study.build()) == []


@pytest.mark.parametrize("kind", ["over-200-bytes", "not-ascii"])
def test_what_no_file_can_hold_cannot_be_accepted(study: Any, kind: str) -> None:
    long = "Nausea" * 40 if kind == "over-200-bytes" else "Nausée"
    study.change("source/adverse_events.csv", "Nausea,Nausea", f"Nausea,{long}")
    accept(study, f"finding: {kind}, then: kept")
    (found,) = study.open(study.build())
    assert (found.kind, found.what) == (
        "other-outcome", f"{kind} cannot be accepted: a transport file holds no such value",
    )  # fmt: skip


def test_keys_that_repeat_and_are_accepted_do_so_in_define_xml_too(study: Any) -> None:
    study.change("sdtm/ae.yaml", "AEDECOD, AESTDTC]", "AESER]")
    accept(study, "finding: duplicate-key, dataset: AE, then: kept")
    built = study.build()
    assert study.open(built) == []
    assert not built.stopped


def test_pages_without_an_annotated_crf_are_told_at_the_spec(study: Any) -> None:
    study.change("sources.yaml", "  file: source/mood.csv\n",
                 "  file: source/mood.csv\n  pages: [\"7\"]\n")  # fmt: skip
    built = study.build()
    found = [each for each in study.open(built) if each.kind == "missing-crf"]
    assert found
    assert {each.where.file for each in found} == {"study/sdtm/qs.yaml"}
    assert all(each.where.line for each in found)
    assert all("annotated_crf: in study.yaml" in each.todo for each in found)


@pytest.mark.parametrize(
    ("value", "matched"),
    [("max(number(RATE))", 2), ("max(number(RATE) + this._low)", 2)],
)
def test_the_log_says_how_many_records_a_clause_matched(
    study: Any, value: str, matched: int
) -> None:
    study.change("sdtm/dm.yaml", "  - ARMCD: ",
                 f"  - _low: 0 + 0\n  - _pulse: {{from: rates, value: {value}}}\n  - ARMCD: ")  # fmt: skip
    study.write("source/rates.csv", "SUBJECT,RATE\n01-001,1\n01-001,2\n02-001,3\n")
    text = (study.folder / "sources.yaml").read_text()
    subject = "  subject: concat(STUDYID, '-', SUBJECT)\n"
    study.write("sources.yaml", f"{text}rates:\n  file: source/rates.csv\n{subject}")
    for partitions in (1, 3):
        built = study.build(partitions=partitions)
        (step,) = [each for each in built.log if each.step == "_pulse"]
        assert step.facts == {"matched": matched}


@pytest.mark.parametrize("where", ["number(RATE) > 1", "number(RATE) > number(this._low)"])
def test_faults_of_candidates_without_subjects_are_told_once(study: Any, where: str) -> None:
    """Every partition reads such a form whole; a fault of the record is told of each record."""
    study.change("sdtm/dm.yaml", "  - ARMCD: ",
                 "  - _low: {hardcode: low}\n  - _rate: {from: rates, by: [], "
                 f"where: {where}, order: RATE, take: first, value: RATE}}\n  - ARMCD: ")  # fmt: skip
    study.write("source/rates.csv", "DAY,RATE\n1,fast\n2,5\n3,5\n")
    text = (study.folder / "sources.yaml").read_text()
    study.write("sources.yaml", f"{text}rates:\n  file: source/rates.csv\n"
                "  not_submitted: {DAY: the rates hold for each day}\n")  # fmt: skip
    told = [study.open(study.build(partitions=partitions)) for partitions in (1, 2, 3)]
    assert told[0] == told[1] == told[2]
    wrong = [each for each in told[0] if each.kind == "not-a-number"]
    rows = {each.where.row for each in wrong if "_low" in each.what}
    assert rows == ({2, 3, 4} if "_low" in where else set())
    assert all(each.count == 1 for each in wrong)


# what others take from a form is accounted for


def test_rows_taken_through_a_helper_dataset_are_used(study: Any) -> None:
    study.change("sdtm/dm.yaml", "  - ARMCD: ",
                 "  - _pulse: {from: pulses, value: top}\n  - ARMCD: ")  # fmt: skip
    text = (study.folder / "sdtm/dm.yaml").read_text()
    helper = "{from: rates, by: USUBJID, set: {top: max(number(RATE))}}"
    study.write("sdtm/dm.yaml", f"{text}work:\n  pulses:\n    - records: {helper}\n")
    study.write("source/rates.csv", "SUBJECT,RATE\n01-001,1\n01-001,2\n01-002,3\n02-001,4\n")
    text = (study.folder / "sources.yaml").read_text()
    subject = "  subject: concat(STUDYID, '-', SUBJECT)\n"
    study.write("sources.yaml", f"{text}rates:\n  file: source/rates.csv\n{subject}")
    built = study.build()
    assert study.open(built) == []
    account = {each.name: each for each in built.accounts}["rates"]
    assert (account.rows, account.used, account.unaccounted) == (4, 4, 0)


@pytest.mark.parametrize("condition", ["", ", where: number(RATE) > this._low"])
def test_an_aggregate_uses_only_rows_of_its_groups(study: Any, condition: str) -> None:
    study.change("sdtm/dm.yaml", "  - ARMCD: ",
                 "  - _low: 0 + 0\n  - _day: {hardcode: Day 1}\n  - _pulse: {from: rates, "
                 f"by: [USUBJID, {{_day: DAY}}]{condition}, value: max(number(RATE))}}\n  - ARMCD: ")  # fmt: skip
    study.write("source/rates.csv", "SUBJECT,DAY,RATE\n01-001,Day 1,1\n01-001,Day 9,2\n")
    text = (study.folder / "sources.yaml").read_text()
    subject = "  subject: concat(STUDYID, '-', SUBJECT)\n"
    study.write("sources.yaml", f"{text}rates:\n  file: source/rates.csv\n{subject}")
    built = study.build()
    assert [str(each.where) for each in study.open(built)] == [
        "source/rates.csv row 3 (subject DEMO-01-01-001)"
    ]
    account = {each.name: each for each in built.accounts}["rates"]
    assert (account.used, account.unaccounted) == (1, 1)


def test_many_faults_of_a_clause_are_told_as_one() -> None:
    fault = Fault("several-matches", "error", "VS.X: several records match", "Narrow it.", "blank")
    step = Location("vs.yaml", 5)

    def told(rows: int) -> list[Finding]:
        frame = Frame({}, rows, Origins.of_source(0, np.arange(1, rows + 1)))
        faults = Faults()
        faults.add(fault, frame, np.arange(rows), None)
        return list(faults.tell("VS", "X", step, lambda identity: Location("vs.csv", row=identity)))

    assert [each.where.row for each in told(10)] == list(range(1, 11))
    (one,) = told(11)
    assert one.where == step
    assert one.count == 11
    assert one.what == "VS.X: several records match: 11 records, the first vs.csv row 1"
