"""Every value, step and short form is described, and tested in a module that is named here."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from mg_cdisc.derive import STEPS, SUGAR, VALUES, Model
from mg_cdisc.derive.clause import Clause

HERE = Path(__file__).parent

# where each is tested against an independent reference or by hand-made cases
TESTED = {
    "values": {
        "assign": "test_assign.py",
        "hardcode": "test_assign.py",
        "assign_ct": "test_terms.py",
        "map": "test_terms.py",
        "decode": "test_terms.py",
        "cases": "test_cases.py",
        "first_of": "test_cases.py",
        "value": "test_clause.py",
        "flag": "test_sequence.py",
        "sequence": "test_sequence.py",
        "convert": "test_convert.py",
        "iso8601": "test_moments.py",
        "impute": "test_moments.py",
        "across": "test_across.py",
        "python": "test_assign.py",
    },
    "steps": {
        "records": "test_records.py",
        "fill": "test_fill.py",
        "exclude": "test_rows.py",
        "pick": "test_rows.py",
        "check": "test_rows.py",
        "lookup": "test_columns.py",
        "revise": "test_columns.py",
    },
    "sugar": {
        "study_day": "test_sugar.py",
        "epoch": "test_sugar.py",
        "last_before_exposure": "test_sugar.py",
        "instruments": "test_instruments.py",
        "visit": "test_visits.py",
        "time_to_event": "test_time_to_event.py",
    },
}
LISTED: dict[str, dict[str, type[Model]]] = {
    "values": dict(VALUES),
    "steps": dict(STEPS),
    "sugar": dict(SUGAR),
}
MODELS = [(kind, name, model) for kind, listed in LISTED.items() for name, model in listed.items()]


@pytest.mark.parametrize("kind", LISTED)
def test_all_are_tested(kind: str) -> None:
    assert set(TESTED[kind]) == set(LISTED[kind])
    for name, module in TESTED[kind].items():
        text = (HERE / module).read_text(encoding="utf-8")
        assert f"{name}:" in text, f"{module} does not use {name}"


@pytest.mark.parametrize(("kind", "name", "model"), MODELS)
def test_each_says_what_it_does_and_what_missing_values_do(
    kind: str, name: str, model: type[Model]
) -> None:
    doc = inspect.getdoc(model) or ""
    first, _, rest = doc.partition("\n")
    assert first.startswith(f"``{name}``") or f"``{name}``" in first
    assert len(doc) > len(f"``{name}``") + 20
    if kind != "sugar":
        words = f"{first} {rest}".lower()
        assert "missing" in words or "blank" in words, "says nothing of missing values"


@pytest.mark.parametrize(("kind", "name", "model"), [*MODELS, ("clause", "clause", Clause)])
def test_each_key_is_described(kind: str, name: str, model: type[Model]) -> None:
    lines = inspect.getsource(model)
    own = inspect.get_annotations(model)
    for key in own:
        if key == "model_config":
            continue
        declared = lines.index(f"    {key}: ")
        assert '"""' in lines[declared:].split("def ")[0], f"{name}.{key} has no description"
