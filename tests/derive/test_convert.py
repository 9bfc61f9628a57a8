"""Results in standard units."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import pytest
from harness import Study, refusals, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import number, shown, table_of

SPEC = """
dataset: LB
keys: [USUBJID]
units:
  GLUC: {standard: mmol/L, mg/dL: x / 18, round: 1}
  TEMP: {standard: C, F: (x - 32) / 1.8}
  PH: {standard: ""}
steps:
  - records: {from: a}
  - LBTESTCD: T
  - LBORRES: R
  - LBORRESU: U
  - LBSTRESN: {convert: LBORRES, unit: LBORRESU, test: LBTESTCD, standard_unit: LBSTRESU, round: 2}
"""


@cache
def study() -> Study:
    return Study(SPEC, a="SUBJ I T R U")


def rounded(value: float, digits: int) -> float:
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


RULES = {
    ("GLUC", "mmol/L"): (lambda x: x, 1, "mmol/L"),
    ("GLUC", "mg/dL"): (lambda x: x / 18, 1, "mmol/L"),
    ("TEMP", "C"): (lambda x: x, 2, "C"),
    ("TEMP", "F"): (lambda x: (x - 32) / 1.8, 2, "C"),
    ("PH", ""): (lambda x: x, 2, ""),
}
ROWS = table_of(
    T=st.sampled_from(["GLUC", "TEMP", "PH", "ALB"]),
    R=st.sampled_from(["", "90", "5.44", "-40", "100.25", "<5", "0", "1e2", " 7 "]),
    U=st.sampled_from(["mmol/L", "mg/dL", "C", "F", "", "mg/dl"]),
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_each_unit_of_each_test_by_its_rule(rows: list[list[str]]) -> None:
    values, units, unknown = [], [], []
    for place, (_, _, test, result, unit) in enumerate(rows, 1):
        found = RULES.get((test, unit))
        value = None if result == "<5" else number(result)
        if found is None:
            values.append("")
            units.append("")
            if value is not None:
                unknown.append(f"unknown-unit a:{place}")
            continue
        convert, digits, standard = found
        values.append("" if value is None else shown(rounded(convert(value), digits)))
        units.append(standard if result else "")
    out = study().run(a=rows)
    assert out.column("LBSTRESN", "LB") == values
    assert out.column("LBSTRESU", "LB") == units
    assert out.kinds == unknown


def test_an_unknown_unit_is_named() -> None:
    out = study().run(a=[["01", "1", "GLUC", "5", "mg/dl"], ["01", "2", "GLUC", "", "mg/dl"]])
    (finding,) = out.findings
    assert finding.where.row == 1
    assert "GLUC in unit mg/dl" in finding.what


def test_conversion_under_when_guards_both_variables() -> None:
    spec = SPEC.replace("round: 2}", "round: 2, when: LBTESTCD != 'TEMP'}")
    out = Study(spec, a="SUBJ I T R U").run(
        a=[["01", "1", "TEMP", "100", "K"], ["01", "2", "GLUC", "90", "mg/dL"]]
    )
    assert out.table("LBSTRESN LBSTRESU", "LB") == table("""
LBSTRESN LBSTRESU
.        .
5        mmol/L
""")
    assert out.findings == []


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        ("GLUC: {mg/dL: x / 18}", "[no-standard-unit] "),
        ("GLUC: {standard: mmol/L, mg/dL: y / 18}", "[bad-expression] "),
        ("GLUC: {standard: mmol/L, mg/dL: x /}", "[bad-expression] "),
        ("GLUC: {standard: mmol/L, mg/dL: x > 1}", "[bad-expression] "),
        ("GLUC: {standard: mmol/L, round: one}", "[bad-value] "),
    ],
)
def test_units_refused(units: str, fault: str) -> None:
    lines = SPEC.split("\n")
    start = lines.index("  GLUC: {standard: mmol/L, mg/dL: x / 18, round: 1}")
    lines[start : start + 3] = [f"  {units}"]
    found = refusals("\n".join(lines), a="SUBJ I T R U")
    assert len(found) == 1
    assert found[0].startswith(fault)
    assert "units" in found[0]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("LBSTRESC: {convert: LBORRES, unit: LBORRESU, test: LBTESTCD}", "[wrong-type] LBSTRESC"),
        ("LBSTRESN: {convert: R = '5', unit: LBORRESU, test: LBTESTCD}",
         "[bad-expression] LBSTRESN.convert"),
        ("LBSTRESN: {convert: LBORRES, unit: LBORRESU, test: LBTESTCD, standard_unit: LBORRESU}",
         "[made-twice] LBSTRESN"),
        ("LBSTRESN: {convert: LBORRES, unit: LBORRESU}", "[missing-key] LBSTRESN"),
    ],
)  # fmt: skip
def test_refused(step: str, fault: str) -> None:
    head = SPEC[: SPEC.index("  - LBSTRESN")]
    found = refusals(f"{head}  - {step}\n", a="SUBJ I T R U")
    assert len(found) == 1
    assert found[0].startswith(fault)
