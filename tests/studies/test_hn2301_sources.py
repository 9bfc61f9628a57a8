"""The example's analysis records, joined back to the record that SRCDOM, SRCVAR and SRCSEQ name."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import etree

from mg_cdisc.transport import read_xpt

Example = Any  # conftest.Example: tests are no package
Row = dict[str, Any]
ODM, DEF = "http://www.cdisc.org/ns/odm/v1.3", "http://www.cdisc.org/ns/def/v2.1"


@pytest.fixture(scope="module")
def datasets(example: Example) -> dict[str, list[Row]]:
    """Every dataset of the example, SDTM and ADaM, row by row."""
    return {
        path.stem.upper(): read_xpt(path).frame.to_pandas().to_dict("records")
        for path in sorted(example.folder.glob("m5/**/*.xpt"))
    }


@pytest.fixture(scope="module")
def numbered(datasets: dict[str, list[Row]]) -> dict[tuple[str, str, Any], Row]:
    """Records by dataset, subject and number."""
    found = {}
    for name, rows in datasets.items():
        for number in (f"{name}SEQ", "ASEQ"):
            if rows and {number, "USUBJID"} <= set(rows[0]):
                for row in rows:
                    key = name, row["USUBJID"], row[number]
                    assert key not in found
                    found[key] = row
    return found


@pytest.mark.parametrize("name", ["ADLB", "ADQS", "ADRS"])
def test_the_value_is_that_of_its_source(
    name: str, datasets: dict[str, list[Row]], numbered: dict[tuple[str, str, Any], Row]
) -> None:
    counted = 0
    for row in datasets[name]:
        if not row["SRCDOM"]:
            assert row["SRCVAR"] == ""
            assert math.isnan(row["SRCSEQ"])
            continue
        source = numbered[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]]
        held = source[row["SRCVAR"]]
        counted += 1
        if row["SRCVAR"].endswith("DTC"):  # the time of a peak: the day of its sample
            assert held[:10] == f"{_day(row['ADT'])}"
        elif isinstance(held, str):
            assert row["AVALC"] == held
        elif row["DTYPE"] == "HALFLLOQ":
            assert math.isnan(held)
            assert row["AVALC"] == source[row["SRCVAR"].replace("STRESN", "STRESC")]
        else:
            assert row["AVAL"] == held
    assert counted > 100


def test_a_value_of_several_records_names_none(datasets: dict[str, list[Row]]) -> None:
    computed = [row for row in datasets["ADQS"] if row["PARCAT2"] in ("TOTAL", "RESPONSE")]
    assert computed
    assert {row["SRCDOM"] for row in computed} == {""}
    collected = [row for row in datasets["ADQS"] if row["PARCAT2"] not in ("TOTAL", "RESPONSE")]
    assert {row["SRCDOM"] for row in collected} == {"QS"}


def _day(days: float) -> str:
    return (date(1960, 1, 1) + timedelta(days=days)).isoformat()


def test_each_dataset_names_its_guide_as_controlled_terminology_has_it(example: Example) -> None:
    define = _define(example)
    names = {each.get("OID"): each.get("Name") for each in define.iter(f"{{{DEF}}}Standard")}
    guides = {
        group.get("Name"): names[group.get(f"{{{DEF}}}StandardOID")]
        for group in define.iter(f"{{{ODM}}}ItemGroupDef")
    }
    assert guides.pop("ADAE") == "ADaM-OCCDSIG"
    assert set(guides.values()) == {"ADaMIG"}


def test_methods_name_no_working_variable_and_no_helper_without_saying_what_it_is(
    example: Example,
) -> None:
    for method in _define(example).iter(f"{{{ODM}}}MethodDef"):
        told = method.find(f"{{{ODM}}}Description")  # the formal expression is the spec's own lines
        text = " ".join("".join(told.itertext()).split())
        assert not re.search(r"(?<![\w\"])_[a-z]", text), text
        for name in re.findall(r"\[(\w+)\]", text):
            assert f"Here [{name}] is: " in text or '"' in text, text


def _define(example: Example) -> Any:
    return etree.parse(example.folder / "m5/datasets/hn2301/analysis/adam/datasets/define.xml")
