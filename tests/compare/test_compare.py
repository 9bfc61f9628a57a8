"""Packages that differ in known ways: what is told, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from mg_cdisc.compare import (
    Asked,
    Attribute,
    Compared,
    Comparison,
    Settings,
    Tolerance,
    compare,
    read_side,
)
from mg_cdisc.compare.data import as_data
from mg_cdisc.compare.match import match_records
from mg_cdisc.compare.page import write_page
from mg_cdisc.compare.text import comparison_lines
from mg_cdisc.compare.workbook import write_workbook
from mg_cdisc.errors import UseError
from mg_cdisc.frame import Text
from mg_cdisc.layout import shown
from mg_cdisc.transport import XptDataset, special_missing

from .packages import dataset, write

AE = {
    "STUDYID": ["S", "S", "S"],
    "USUBJID": ["S-1", "S-1", "S-2"],
    "AESEQ": [1.0, 2.0, 1.0],
    "AETERM": ["HEADACHE", "NAUSEA", "COUGH"],
    "AESTDTC": ["2025-01-01", "2025-01-02", "2025-01-03"],
}


def both(
    tmp_path: Path, old: XptDataset, new: XptDataset, settings: Settings | None = None
) -> Comparison:
    one, other = write(tmp_path / "old", old), write(tmp_path / "new", new)
    return compare(read_side(one), read_side(other), settings or Settings())


def only(found: Comparison) -> Compared:
    assert len(found.datasets) == 1
    return found.datasets[0]


def by(*keys: str) -> Settings:
    return Settings(asked=Asked({"": keys}))


def test_a_package_is_the_same_as_itself_in_any_order_of_records(tmp_path: Path) -> None:
    turned = {key: values[::-1] for key, values in AE.items()}
    found = both(tmp_path, dataset("AE", AE), dataset("AE", turned))
    assert found.same
    assert only(found).moved
    assert only(found).matched == 3


def test_one_changed_value(tmp_path: Path) -> None:
    new = {**AE, "AETERM": ["HEADACHE", "NAUSEA", "DRY COUGH"]}
    found = only(both(tmp_path, dataset("AE", AE), dataset("AE", new), by("USUBJID", "AESEQ")))
    (group,) = found.groups
    assert (group.kind, group.variable, group.records, group.subjects) == (
        "changed",
        "AETERM",
        1,
        1,
    )
    (example,) = group.examples
    assert example.keys == ("S-2", "1")
    assert (example.old, example.new) == ("COUGH", "DRY COUGH")
    assert (example.old_record, example.new_record) == (3, 3)
    # the longest value is longer, and so is the variable
    assert found.attributes == (Attribute("AETERM", "length", "8", "9"),)


def test_records_of_one_side(tmp_path: Path) -> None:
    fewer = {key: [values[0], values[2]] for key, values in AE.items()}
    found = only(both(tmp_path, dataset("AE", AE), dataset("AE", fewer), by("USUBJID", "AESEQ")))
    (group,) = found.groups
    assert (group.kind, group.records) == ("removed", 1)
    assert group.examples[0].keys == ("S-1", "2")


def test_a_dataset_and_a_variable_of_one_side(tmp_path: Path) -> None:
    old = write(tmp_path / "old", dataset("AE", AE), dataset("DM", {"USUBJID": ["S-1"]}))
    new = write(tmp_path / "new", dataset("AE", {**AE, "AESER": ["Y", "N", "N"]}))
    found = compare(read_side(old), read_side(new))
    assert [each.name for each in found.only_old] == ["DM"]
    assert found.only_old[0].records == 1
    assert only(found).attributes == (Attribute("AESER", "variable", "not there", "there"),)
    assert not found.same


def test_attributes(tmp_path: Path) -> None:
    old = dataset("AE", AE, {"AETERM": "Term"}, {"AESEQ": "8."}, "Adverse Events")
    turned = {key: AE[key] for key in ("STUDYID", "AETERM", "USUBJID", "AESEQ", "AESTDTC")}
    new = dataset("AE", turned, {"AETERM": "Reported Term"}, {"AESEQ": "8.2"}, "Events",
                  {"AESTDTC": 12})  # fmt: skip
    found = only(both(tmp_path, old, new, by("USUBJID", "AESEQ")))
    assert set(found.attributes) == {
        Attribute("", "label", "Adverse Events", "Events"),
        Attribute("AETERM", "label", "Term", "Reported Term"),
        Attribute("AESEQ", "format", "8.", "8.2"),
        Attribute("AESTDTC", "length", "10", "12"),
        Attribute("AETERM", "order", "4", "2"),
    }
    assert not found.groups


def test_a_type_that_differs_is_told_once_and_values_are_compared_as_text(tmp_path: Path) -> None:
    old = dataset("LB", {"USUBJID": ["1", "2"], "LBRES": [1.5, 2.0]})
    new = dataset("LB", {"USUBJID": ["1", "2"], "LBRES": ["1.5", "3"]})
    found = only(both(tmp_path, old, new, by("USUBJID")))
    assert Attribute("LBRES", "type", "number", "text") in found.attributes
    (group,) = found.groups
    assert group.records == 1
    assert (group.examples[0].old, group.examples[0].new) == ("2", "3")


@pytest.mark.parametrize(
    ("tolerance", "changed"),
    [
        (Tolerance(), 3),
        (Tolerance(absolute=0.5), 2),
        (Tolerance(relative=0.01), 2),
        (Tolerance(absolute=0.5, relative=0.01), 1),
    ],
)
def test_tolerances(tmp_path: Path, tolerance: Tolerance, changed: int) -> None:
    """1 and 1.4: absolute 0.4. 1000 and 1001: relative 0.001. 3 and missing: always different."""
    old = dataset("LB", {"USUBJID": ["1", "2", "3", "4"], "X": [1.0, 1000.0, 3.0, np.nan]})
    new = dataset("LB", {"USUBJID": ["1", "2", "3", "4"], "X": [1.4, 1001.0, np.nan, np.nan]})
    settings = Settings(tolerance, Asked({"": ("USUBJID",)}))
    assert only(both(tmp_path, old, new, settings)).count("changed") == changed


def test_a_special_missing_is_another_value_than_a_missing(tmp_path: Path) -> None:
    old = dataset("LB", {"USUBJID": ["1", "2"], "X": [np.nan, special_missing("A")]})
    new = dataset("LB", {"USUBJID": ["1", "2"], "X": [special_missing("B"), special_missing("A")]})
    (group,) = only(both(tmp_path, old, new, by("USUBJID"))).groups
    assert (group.examples[0].old, group.examples[0].new) == ("", ".B")


def test_repeated_keys_are_matched_by_order_and_told(tmp_path: Path) -> None:
    old = dataset("LB", {"USUBJID": ["1", "1", "2"], "X": [1.0, 2.0, 3.0]})
    new = dataset("LB", {"USUBJID": ["1", "1", "1", "2"], "X": [1.0, 5.0, 6.0, 3.0]})
    made = both(tmp_path, old, new, by("USUBJID"))
    found = only(made)
    assert found.repeated == (1, 2)
    assert found.matched == 3
    changed = next(found.of("changed"))
    assert (changed.examples[0].old, changed.examples[0].new) == ("2", "5")
    assert next(found.of("added")).examples[0].new_record == 3
    text = "\n".join(shown(each) for each in comparison_lines(made, 5))
    assert "keys repeat in 1 record of OLD and 2 of NEW" in text


def test_found_keys_are_unique_in_both_and_none_can_be_left_out(tmp_path: Path) -> None:
    columns = {
        "STUDYID": ["S"] * 4,
        "USUBJID": ["1", "1", "1", "2"],
        "LBSEQ": [1.0, 2.0, 3.0, 1.0],
        "LBTESTCD": ["ALT", "ALT", "AST", "ALT"],
        "VISITNUM": [1.0, 2.0, 1.0, 1.0],
        "LBCAT": ["CHEM"] * 4,
    }
    old = dataset("LB", columns)
    new = dataset("LB", {**columns, "LBSEQ": [9.0, 8.0, 7.0, 6.0]})
    found = only(both(tmp_path, old, new))
    assert set(found.keys) - {"STUDYID"} == {"USUBJID", "LBTESTCD", "VISITNUM"}
    assert "found" in found.keys_from
    assert [group.variable for group in found.groups] == ["LBSEQ"]


def test_sequence_numbers_are_keys_where_nothing_else_is_unique(tmp_path: Path) -> None:
    columns = {"USUBJID": ["1", "1"], "AESEQ": [1.0, 2.0], "AETERM": ["COUGH", "COUGH"]}
    found = only(both(tmp_path, dataset("AE", columns), dataset("AE", columns)))
    assert found.keys == ("USUBJID", "AESEQ")
    assert found.same


def test_without_any_key_records_are_matched_by_order(tmp_path: Path) -> None:
    old, new = dataset("XX", {"A": ["1", "2"]}), dataset("XX", {"A": ["1", "3"]})
    found = only(both(tmp_path, old, new))
    assert found.keys == ()
    assert "order" in found.keys_from
    assert found.count("changed") == 1


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UseError, match="AESPID is not in both AE"):
        both(tmp_path, dataset("AE", AE), dataset("AE", AE),
             Settings(asked=Asked({"AE": ("AESPID",)})))  # fmt: skip


def test_csv_takes_the_types_of_the_other_side(tmp_path: Path) -> None:
    old = write(
        tmp_path / "old",
        dataset("ADSL", {"USUBJID": ["01", "02"], "AGE": [34.0, np.nan], "TRTSDT": [24000.0, 24001.0]},
                formats={"TRTSDT": "DATE9."}),
    )  # fmt: skip
    (tmp_path / "new").mkdir()
    # 24000 days after 1960-01-01 is 2025-09-16
    text = "USUBJID,AGE,TRTSDT\n02,.,2025-09-17\n01,34.0,2025-09-16\n"
    (tmp_path / "new" / "adsl.csv").write_text(text)
    assert compare(read_side(old), read_side(tmp_path / "new")).same
    (tmp_path / "new" / "adsl.csv").write_text(text.replace("34.0", "35"))
    changed = only(compare(read_side(old), read_side(tmp_path / "new"))).groups
    assert [(each.variable, each.examples[0].new) for each in changed] == [("AGE", "35")]


def test_two_single_files_are_compared_whatever_their_names(tmp_path: Path) -> None:
    old = write(tmp_path / "old", dataset("AE", AE)) / "ae.xpt"
    new = write(tmp_path / "new", dataset("AENEW", AE)) / "aenew.xpt"
    found = compare(read_side(old), read_side(new))
    assert found.same
    assert only(found).notes == ("AE of OLD is compared with AENEW of NEW",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "there is no dataset here"),
        (lambda folder: (folder / "ae.xpt").write_bytes(b"no"), "not"),
        (lambda folder: [write(folder / each, dataset("AE", AE)) for each in "ab"], "AE stands in"),
    ],
)
def test_a_side_that_cannot_be_read(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)
    make(tmp_path)
    with pytest.raises(UseError, match=message):
        read_side(tmp_path)


def test_files_say_the_same_and_nothing_in_them_is_code(tmp_path: Path) -> None:
    evil = {**AE, "AETERM": ["=1+1", "<script>alert(1)</script>", "@x"]}
    found = both(tmp_path, dataset("AE", AE), dataset("AE", evil), by("USUBJID", "AESEQ"))
    write_workbook(tmp_path / "x.xlsx", found)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    values = [row[4] for row in book["Values"].iter_rows(min_row=2, values_only=True)]
    assert values == ["'=1+1", "<script>alert(1)</script>", "'@x"]
    assert all(cell.data_type != "f" for row in book["Values"].iter_rows() for cell in row)
    write_page(tmp_path / "x.html", found)
    page = html.parse(str(tmp_path / "x.html"))
    assert not page.xpath("//script")
    assert "<script>alert(1)</script>" in page.xpath("//td/text()")
    data = as_data(found)
    assert data["same"] is False
    assert data["datasets"][0]["groups"][0]["examples"][1]["keys"] == {
        "USUBJID": "S-1",
        "AESEQ": "2",
    }
    text = "\n".join(shown(each) for each in comparison_lines(found, 1))
    assert "USUBJID S-1, AESEQ 1: HEADACHE -> =1+1" in text
    assert "and 2 more" in text


keyed = st.lists(st.integers(0, 4), max_size=12)


@given(keyed, keyed)
def test_matching_loses_no_record_and_pairs_the_nth_with_the_nth(
    old: list[int], new: list[int]
) -> None:
    made = match_records([Text.of(map(str, old))], [Text.of(map(str, new))], len(old), len(new))
    assert sorted([*made.old, *made.removed]) == list(range(len(old)))
    assert sorted([*made.new, *made.added]) == list(range(len(new)))
    for one, other in zip(made.old.tolist(), made.new.tolist(), strict=True):
        assert old[one] == new[other]
        assert old[:one].count(old[one]) == new[:other].count(new[other])
    # what is left over on one side has no like on the other
    assert not {old[each] for each in made.removed} & {new[each] for each in made.added}
