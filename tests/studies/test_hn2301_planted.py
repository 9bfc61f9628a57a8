"""What is planted in the example's source, and what became of it: all of it, and nothing else.

`planted.yaml` is written by the generator, which shares no code with the package; it is read here
with PyYAML, and the datasets with pyreadstat.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
import yaml

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
PLANTED: list[dict[str, Any]] = yaml.safe_load((STUDY / "planted.yaml").read_text(encoding="utf-8"))
Example = Any  # conftest.Example: tests are no package

# findings that no single row has: what the study says of itself, and the published rules that
# follow from what is planted or from subjects who are still in the study at the data cut
OF_THE_STUDY = {"registry-disagreement": 3}


def cell(value: Any) -> str:
    """A value of a transport file as planted.yaml writes it."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.10g}"
    return "" if value is None else str(value)


@cache
def read(path: Path) -> list[dict[str, str]]:
    frame, _ = pyreadstat.read_xport(path)
    return [
        {name: cell(value) for name, value in record.items()}
        for record in frame.to_dict(orient="records")
    ]


def records(example: Example, dataset: str, where: dict[str, str]) -> list[dict[str, str]]:
    return [
        record
        for record in read(example.sdtm / f"{dataset.lower()}.xpt")
        if all(record[name] == wanted for name, wanted in where.items())
    ]


def whole_text(example: Example, dataset: str, where: dict[str, str], variable: str) -> str:
    """A text with its continuations: in CO further variables, else supplemental qualifiers."""
    (record,) = records(example, dataset, where)
    parts = [record[variable]]
    if dataset == "CO":
        parts += [record[name] for name in record if name[:-1] == variable and record[name]]
    else:
        key = {
            "RDOMAIN": dataset,
            "USUBJID": record["USUBJID"],
            "IDVARVAL": record[f"{dataset}SEQ"],
        }
        more = records(example, f"SUPP{dataset}", key)
        parts += [
            each["QVAL"]
            for each in sorted(more, key=lambda each: each["QNAM"])
            if each["QNAM"][:-1] == variable[:7]
        ]
    assert all(len(part.encode()) <= 200 for part in parts)
    return " ".join(parts)


def findings(example: Example) -> list[dict[str, Any]]:
    text = (example.folder / "findings.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return found if isinstance(found, list) else found["findings"]


def of_rows(example: Example) -> Counter[tuple[str, str, int]]:
    """The findings that name a row of a source."""
    return Counter(
        (each["class"], each["file"], each["row"]) for each in findings(example) if each["row"]
    )


@pytest.mark.parametrize("planted", PLANTED, ids=[each["id"] for each in PLANTED])
def test_what_is_planted_is_handled_as_stated(planted: dict[str, Any], example: Example) -> None:
    must = planted["must"]
    assert must
    assert set(must) <= {"finding", "values", "excluded", "long_text", "not_submitted"}
    if "finding" in must:
        place = (must["finding"], planted["file"], planted["row"])
        assert of_rows(example)[place] == 1, place
    for stated in must.get("values", ()):
        found = records(example, stated["dataset"], stated["where"])
        assert found, stated
        for record in found:
            assert {name: record[name] for name in stated["are"]} == stated["are"]
    if "excluded" in must:
        build = json.loads((example.folder / "build.json").read_text(encoding="utf-8"))
        (account,) = [each for each in build["forms"] if each["form"] == planted["form"]]
        assert account["excluded"][must["excluded"]] == 1
    if "long_text" in must:
        said = must["long_text"]
        found = whole_text(example, said["dataset"], said["where"], said["variable"])
        assert found == said["text"]
        assert len(found.encode()) > 200 or planted["id"] == "co-gb18030"
    if "not_submitted" in must:
        assert must["not_submitted"] in (STUDY / "sources.yaml").read_text(encoding="utf-8")
        for path in sorted(example.sdtm.glob("*.xpt")):
            assert planted["column"] not in read(path)[0]


def test_nothing_else_is_reported(example: Example) -> None:
    """No false alarm: each finding of a row is planted, and each other one is accounted for."""
    stated = Counter(
        (each["must"]["finding"], each["file"], each["row"])
        for each in PLANTED
        if "finding" in each["must"]
    )
    assert of_rows(example) == stated
    others = Counter(
        each["class"]
        for each in findings(example)
        if not each["row"] and not each["class"].startswith(("SD-", "AD-"))
    )
    assert others == OF_THE_STUDY


def test_every_finding_is_explained(example: Example) -> None:
    for each in findings(example):
        assert each["accepted"], each
