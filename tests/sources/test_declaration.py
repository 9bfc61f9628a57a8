"""What a declaration says where it says nothing; what it refuses stands in bad_sources."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mg_cdisc.sources import SourceDeclaration
from mg_cdisc.sources.declaration import SUFFIXES


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("ae.csv", "csv"),
        ("ae.TSV", "csv"),
        ("export/ae.txt", "csv"),
        ("labs.xlsx", "excel"),
        ("labs.XLS", "excel"),
        ("labs.xlsb", "excel"),
        ("labs.ods", "excel"),
        ("dm.sas7bdat", "sas7bdat"),
        ("dm.xpt", "xpt"),
        ("dm.parquet", "parquet"),
    ],
)
def test_suffix_tells_the_format(file: str, expected: str) -> None:
    assert SourceDeclaration(file=file).format == expected


def test_a_declared_format_goes_before_the_suffix() -> None:
    assert SourceDeclaration(file="labs.dat", format="excel").format == "excel"
    assert set(SUFFIXES.values()) == {"csv", "excel", "sas7bdat", "xpt", "parquet", "odm"}


def test_defaults() -> None:
    declared = SourceDeclaration(file="./data//ae.csv")
    assert declared.file == "data/ae.csv"
    assert (declared.encoding, declared.delimiter, declared.quote) == (None, ",", "double")
    assert (declared.sheet, declared.header_row, declared.missing) == (None, 1, ())
    assert not declared.columns


@pytest.mark.parametrize(
    ("said", "character"),
    [
        ("comma", ","),
        (",", ","),
        ("tab", "\t"),
        ("\t", "\t"),
        (r"\t", "\t"),
        ("semicolon", ";"),
        (";", ";"),
        ("pipe", "|"),
        ("|", "|"),
    ],
)
def test_delimiter_by_word_or_character(said: str, character: str) -> None:
    assert SourceDeclaration(file="ae.csv", delimiter=said).delimiter == character


def test_a_tsv_file_has_tabs_unless_it_says_otherwise() -> None:
    assert SourceDeclaration(file="ae.tsv").delimiter == "\t"
    assert SourceDeclaration(file="ae.tsv", delimiter="comma").delimiter == ","


def test_yaml_gives_text_and_the_model_types_it() -> None:
    declared = SourceDeclaration(
        file="ae.csv",
        header_row="3",
        missing="ND",
        columns={"SEX": {"label": "Sex", "choices": {"1": "Male", "2": "Female"}}},
    )
    assert declared.header_row == 3
    assert declared.missing == ("ND",)
    assert declared.columns["SEX"].choices == {"1": "Male", "2": "Female"}


def test_a_declaration_cannot_be_changed() -> None:
    declared = SourceDeclaration(file="ae.csv")
    with pytest.raises(ValidationError, match="frozen"):
        declared.file = "dm.csv"  # type: ignore[misc]


def test_one_mistake_is_one_error() -> None:
    with pytest.raises(ValidationError) as raised:
        SourceDeclaration(file="../ae.dat", header_row="2")
    assert [error["loc"] for error in raised.value.errors()] == [("file",)]
