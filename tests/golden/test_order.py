"""The order of all steps: whoever reads a variable finds it final, and no circle is seen where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mg_cdisc.errors import SpecError
from mg_cdisc.pipeline import check_study
from mg_cdisc.spec import Plan

GOLDEN = Path(__file__).parent / "tiny2"
EXAMPLE = Path(__file__).parents[2] / "mapping_specs" / "hn2301"


@pytest.fixture(scope="module", params=[GOLDEN, EXAMPLE], ids=["tiny2", "example"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """A study bound, with the order of its steps."""
    return check_study(request.param)


def test_every_step_runs_once(plan: Plan) -> None:
    wanted = {(name, n) for name, each in plan.datasets.items() for n in range(len(each.steps))}
    assert len(plan.order) == len(set(plan.order))
    assert set(plan.order) == wanted


def test_a_step_follows_those_above_it_that_concern_it(plan: Plan) -> None:
    turn = {node: place for place, node in enumerate(plan.order)}
    for name, dataset in plan.datasets.items():
        for lower, step in enumerate(dataset.steps):
            for upper, other in enumerate(dataset.steps[:lower]):
                changed = {*other.makes, *other.revises}
                concerned = (
                    step.changes_rows
                    or other.changes_rows
                    or changed & {*step.reads, *step.makes, *step.revises}
                    or set(other.reads) & set(step.revises)
                )
                assert not concerned or turn[name, upper] < turn[name, lower]


def test_a_reader_elsewhere_finds_rows_and_values_final(plan: Plan) -> None:
    turn = {node: place for place, node in enumerate(plan.order)}
    for name, dataset in plan.datasets.items():
        for position, step in enumerate(dataset.steps):
            for consult in step.consults:
                other = plan.datasets.get(consult.name)
                for place, each in enumerate(other.steps if other else ()):
                    changed = {*each.makes, *each.revises} & set(consult.columns)
                    if each.changes_rows or changed:
                        assert turn[consult.name, place] < turn[name, position]


def test_datasets_may_read_each_other() -> None:
    """EX reads the arm from DM, where a variable above the arm reads the first dose from EX."""
    plan = check_study(GOLDEN)
    labels = [f"{name}.{plan.datasets[name].steps[n].label}" for name, n in plan.order]
    above = [step.label for step in plan.datasets["DM"].steps]
    assert above.index("RFXSTDTC") < above.index("ARMCD")
    assert labels.index("DM.ARMCD") < labels.index("EX.EXTRT")
    assert labels.index("EX.EXSTDTC") < labels.index("DM.RFXSTDTC")


def test_a_true_circle_names_its_steps(tmp_path: Path) -> None:
    """A date of EX that needs the first dose, which is the earliest of those dates."""
    for file in sorted((GOLDEN.parent).rglob("*")):
        if file.is_file() and file.suffix in (".yaml", ".csv", ".tsv", ".txt", ".py"):
            copy = tmp_path / file.relative_to(GOLDEN.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    spec = tmp_path / "tiny2" / "sdtm" / "ex.yaml"
    text = spec.read_text(encoding="utf-8")
    date = "- EXSTDTC:  {iso8601: Beginn, time: Zeit}"
    assert date in text
    circle = "- EXSTDTC:  {first_of: [{iso8601: Beginn}, {from: DM, value: RFXSTDTC}]}"
    spec.write_text(text.replace(date, circle), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        check_study(tmp_path / "tiny2", "tiny2")
    (finding,) = [each for each in caught.value.findings if each.kind == "cycle"]
    assert "DM.RFXSTDTC" in finding.what
    assert "EX.EXSTDTC" in finding.what
    assert finding.what.count("->") == 2
