"""What planted.yaml says of the analysis datasets: each truth reaches them as stated.

`analysis` of an entry is written by the generator of the source, from what it planted and the rules
of the brief; a condition with cells that must be so, or with the number of records there are.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
import yaml

Facts = Any  # conftest.Facts: tests are no package

STUDY = Path(__file__).resolve().parents[3] / "mapping_specs" / "hn2301"
PLANTED: list[dict[str, Any]] = yaml.safe_load((STUDY / "planted.yaml").read_text(encoding="utf-8"))
REACHING = [each for each in PLANTED if "analysis" in each]


@pytest.fixture(scope="module")
def written(committed: Facts) -> dict[str, list[dict[str, str]]]:
    """Every analysis dataset as texts, as planted.yaml writes values: dates in ISO 8601."""
    folder = committed.folder / "m5/datasets/hn2301/analysis/adam/datasets"
    found = {}
    for file in sorted(folder.glob("*.xpt")):
        frame, meta = pyreadstat.read_xport(str(file), disable_datetime_conversion=True)
        days = {name for name, shown in meta.original_variable_types.items()
                if str(shown).startswith(("DATE9", "E8601DA", "YYMMDD"))}  # fmt: skip
        found[file.stem.upper()] = [
            {name: text(value, name in days) for name, value in row.items()}
            for row in frame.to_dict("records")
        ]
    return found


def text(value: Any, is_day: bool) -> str:
    if isinstance(value, float):
        if value != value:
            return ""
        return date.fromordinal(date(1960, 1, 1).toordinal() + int(value)).isoformat() if (
            is_day) else f"{value:.10g}"  # fmt: skip
    return "" if value is None else str(value)


@pytest.mark.parametrize("planted", REACHING, ids=[each["id"] for each in REACHING])
def test_what_is_planted_reaches_the_analysis(planted: dict[str, Any], written: Any) -> None:
    for told in planted["analysis"]:
        found = [
            row for row in written[told["dataset"]]
            if all(row[name] == wanted for name, wanted in told["where"].items())
        ]  # fmt: skip
        if "records" in told:
            assert len(found) == told["records"], told
            continue
        assert found, told
        for row in found:
            assert {name: row[name] for name in told["are"]} == told["are"], told


def test_the_truths_that_the_issue_names_are_stated() -> None:
    stated = {each["id"] for each in REACHING}
    assert stated >= {
        "withdrawn", "screen-failure", "death", "ongoing", "lost", "rescue-before-response",
        "rescue-after-response", "ae-start-month", "ae-start-month-of-infusion", "ae-entered-twice",
        "lab-below-limit", "flow-below-limit", "lab-row-twice", "mgadl-item-missing",
        "qmg-item-missing", "mgadl-total-wrong", "lab-unscheduled", "visit-missed",
        "cm-every-other-day", "infusion-interrupted", "infusion-not-given", "mgadl-not-done",
    }  # fmt: skip
