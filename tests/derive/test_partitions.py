"""One study of every kind of step: the same whatever the partitions and the order of rows."""

from __future__ import annotations

from functools import cache

from harness import Study
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, PARTIALS, TEXTS, table_of

SPEC = """
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: roster}
  - SEX: {hardcode: F}
  - RFXSTDTC: {from: LB, value: min(LBDTC)}
  - RFPENDTC: {across: --DTC, take: latest}
  - DTHFL: {flag: RFPENDTC > '2025-01-31'}
  - _rank: {sequence: [RFXSTDTC, USUBJID], by: []}
  - AGE: {from: LB, by: [], value: count()}
supplemental:
  - {QNAM: RANK, QLABEL: Rank, assign: text(_rank)}
---
dataset: LB
keys: [USUBJID, LBSEQ]
units:
  A: {standard: g, mg: x / 1000}
steps:
  - records:
      from: a
      unpivot: {table: tests, values: {LBORRES: column, LBORRESU: unit}}
      where: LBORRES != ''
  - LBDTC: iso(P)
  - exclude: {no date: missing(LBDTC)}
  - LBSTRESN: {convert: LBORRES, unit: LBORRESU, test: LBTESTCD, standard_unit: LBSTRESU}
  - LBSEQ: {sequence: [LBDTC, LBTESTCD, number(I)]}
  - pick: {by: [USUBJID, LBTESTCD, LBDTC], order: LBSEQ, take: last, reason: repeated}
  - LBLOBXFL: {flag: LBSTRESN > 0, by: [USUBJID, LBTESTCD], order: [LBDTC, LBSEQ], take: last}
---
dataset: ADXX
class: BDS
keys: [USUBJID]
steps:
  - records: {from: LB, keep: [PARAMCD: LBTESTCD, SRCSEQ: LBSEQ], set: {ADT: date(LBDTC), AVAL: LBSTRESN}}
  - lookup: {from: DM, keep: [TRTP: SEX, _first: RFXSTDTC], none: exclude}
  - lookup: {from: b, by: [USUBJID, {PARAMCD: G}], where: number(N) > 0, order: [N, J], take: first, keep: [AVALC: N]}
  - AVISITN: {cases: {"1": ADT <= date(_first), "2": else}}
  - records: {where: AVAL > 0, by: [USUBJID, PARAMCD], set: {DTYPE: {hardcode: AVERAGE}, AVAL: mean(AVAL), AVISITN: {hardcode: 9}}}
  - fill:
      by: [USUBJID, PARAMCD]
      grid: {AVISITN: [1, 3]}
      copy: {where: AVISITN < this.AVISITN and not missing(AVAL), order: [AVISITN, ADT, SRCSEQ, AVAL], take: last}
      set: {DTYPE: {hardcode: LOCF}}
  - BASE: {by: [USUBJID, PARAMCD], where: AVISITN = 1 and DTYPE = '', order: [ADT, SRCSEQ], take: last, value: AVAL}
  - CHG: {assign: AVAL - BASE, when: AVISITN > 1}
  - revise: {where: missing(CHG), set: {AVALC: {hardcode: none}}}
  - _others: {from: LB, by: {PARAMCD: LBTESTCD}, value: mean(LBSTRESN)}
  - _next: {by: [PARAMCD], where: USUBJID > this.USUBJID, order: [USUBJID, SRCSEQ, AVISITN, DTYPE], take: first, value: USUBJID}
"""
TABLES = {
    "tests": "columns: [LBTESTCD, LBTEST, column, unit]\nrows: [[A, Test A, M, U], [B, Test B, G, '']]\n"
}
SHOWN = {
    "DM": "USUBJID RFXSTDTC RFPENDTC DTHFL AGE",
    "SUPPDM": "USUBJID IDVARVAL QNAM QVAL",
    "LB": "USUBJID LBSEQ LBTESTCD LBORRES LBDTC LBSTRESN LBSTRESU LBLOBXFL",
    "ADXX": "USUBJID PARAMCD SRCSEQ ADT AVAL AVALC AVISITN DTYPE BASE CHG _others _next",
}
A = table_of(M=NUMBERS, U=st.sampled_from(["mg", "g"]), G=st.sampled_from(["", "1"]), P=PARTIALS)
B = table_of(G=TEXTS.map(str.upper), N=NUMBERS)


@cache
def study() -> Study:
    return Study(SPEC, tables=TABLES, a="SUBJ I M U G P", b="SUBJ J G N")


def everything(
    partitions: int, a: list[list[str]], b: list[list[str]]
) -> tuple[dict[str, list[object]], list[str], dict[str, object]]:
    """Every dataset with the origins of its records, every finding, and the account."""
    roster = [[subject] for subject in ("01", "02", "03")]
    out = study().run(partitions=partitions, a=a, b=b, roster=roster)
    datasets = {}
    for name, columns in SHOWN.items():
        rows = zip(out.table(columns, name), map(sorted, out.origins(name)), strict=True)
        datasets[name] = sorted([[*row, origin] for row, origin in rows])
    accounts = {
        each.name: (each.rows, each.used, dict(each.excluded)) for each in out.result.accounts
    }
    return datasets, sorted(set(map(str, out.findings))), accounts


@settings(max_examples=15, deadline=None)
@given(a=A, b=B)
def test_partitions_change_nothing(a: list[list[str]], b: list[list[str]]) -> None:
    one = everything(1, a, b)
    assert everything(2, a, b) == one
    assert everything(3, a, b) == one
    assert everything(7, a, b) == one


@settings(max_examples=15, deadline=None)
@given(data=st.data(), a=A, b=B)
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, a: list[list[str]], b: list[list[str]]
) -> None:
    one, other = data.draw(st.permutations(a)), data.draw(st.permutations(b))
    before, found, _ = everything(1, a, b)
    after, found_after, _ = everything(1, one, other)
    # rows are named by their number: give each the number it had
    places = {f"a:{at}": f"a:{a.index(row) + 1}" for at, row in enumerate(one, 1)}
    after = {
        name: sorted(
            [*row[:-1], sorted(places.get(each, each) for each in row[-1])] for row in rows
        )
        for name, rows in after.items()
    }
    assert len(found) == len(found_after)
    if not any("tie" in each for each in found):
        assert after == before


@settings(max_examples=10, deadline=None)
@given(a=A, b=B)
def test_no_row_is_lost_or_made_of_nothing(a: list[list[str]], b: list[list[str]]) -> None:
    datasets, _, accounts = everything(3, a, b)
    rows, used, excluded = accounts["a"]  # type: ignore[misc]
    # a row has a record, or left under a reason, or had nothing to report
    silent = [row for row in a if row[2] == "" and row[4] == ""]
    assert rows == used + sum(excluded.values()) + len(silent)
    assert all(record[-1] for record in datasets["LB"])
    for record in datasets["ADXX"]:
        assert record[-1], "every analysis record here comes from source rows"


def test_a_subject_alone_is_what_it_is_in_the_study() -> None:
    a = [
        ["01", "1", "5", "mg", "1", "2025-01-15"],
        ["01", "2", "7", "g", "", "2025-02-01"],
        ["02", "3", "1", "g", "1", "2025-01-15"],
    ]
    whole, _, _ = everything(1, a, [])
    alone, _, _ = everything(1, a[:2], [])
    for name in ("LB", "SUPPDM"):
        mine = [row for row in whole[name] if row[0] == "01"]
        if name == "LB":
            assert mine == alone[name]
