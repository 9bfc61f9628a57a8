"""A define.xml agrees with the files it describes, and every disagreement is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mg_cdisc.dataset import Package, RangeCheck
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.render import render_define
from mg_cdisc.frame import Column, Text

Write = Callable[[Package], Mapping[str, Any]]
Files = dict[str, Any]


@pytest.fixture
def files(tabulations: Package, written: Write) -> Files:
    return dict(written(tabulations))


def test_no_difference(define_xml: str, files: Files) -> None:
    assert compare_define(define_xml.encode(), files) == ()


def test_no_difference_for_analysis(analysis: Package, written: Write) -> None:
    assert compare_define(render_define(analysis, "adam"), written(analysis)) == ()


# --- changes of the description -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "kind", "about"),
    [
        (
            'Length="8" SASFieldName="LBORRES"',
            'Length="9" SASFieldName="LBORRES"',
            "variable-length",
            "LB.LBORRES",
        ),
        (
            'Length="2" SASFieldName="AGE"',
            'Length="1" SASFieldName="AGE"',
            "value-length",
            "DM.AGE",
        ),
        (
            'Length="4" SASFieldName="ALB"',
            'Length="3" SASFieldName="ALB"',
            "value-length",
            "LB.LBORRESU",
        ),
        (
            'Name="AGE" DataType="integer" Length="2"',
            'Name="AGE" DataType="text" Length="8"',
            "variable-type",
            "DM.AGE",
        ),
        ('Name="SEX" DataType="text"', 'Name="SEX" DataType="integer"', "variable-type", "DM.SEX"),
        ('DataType="partialDate"', 'DataType="date"', "value-type", "DM.BRTHDTC"),
        (
            'Name="ALB" DataType="float" Length="3" SignificantDigits="1"',
            'Name="ALB" DataType="integer" Length="3"',
            "value-type",
            "LB.LBORRES",
        ),
        (
            'Name="LBSTRESN" DataType="float" Length="3" SignificantDigits="1"',
            'Name="LBSTRESN" DataType="float" Length="3" SignificantDigits="0"',
            "value-type",
            "LB.LBSTRESN",
        ),
        ('CodedValue="F"', 'CodedValue="f"', "value-not-in-codelist", "DM.SEX"),
        ('CodedValue="LOW"', 'CodedValue="LOWEST"', "value-not-in-codelist", "DM.SCALE"),
        (">Sex</TranslatedText>", ">Gender</TranslatedText>", "variable-label", "DM.SEX"),
        (
            ">Adverse Events</TranslatedText>",
            ">Adverse Event</TranslatedText>",
            "dataset-label",
            "AE.",
        ),
        (
            'Name="AE" Domain="AE" SASDatasetName="AE"',
            'Name="AE" Domain="AE" SASDatasetName="AX"',
            "dataset-name",
            "AE.",
        ),
        ('Name="SCALE" DataType', 'Name="SCAL" DataType', "undescribed-variable", "DM.SCALE"),
        ('Name="SCALE" DataType', 'Name="SCAL" DataType', "missing-variable", "DM.SCAL"),
        ('Name="AE" Domain', 'Name="AX" Domain', "undescribed-dataset", "AE."),
        ('Name="AE" Domain', 'Name="AX" Domain', "missing-dataset", "AX."),
        (
            'ItemOID="IT.DM.AGE" OrderNumber="5" Mandatory="No" MethodOID="MT.DM.AGE"',
            'ItemOID="IT.DM.SEX" OrderNumber="5" Mandatory="Yes"',
            "undescribed-variable",
            "DM.AGE",
        ),
        (
            'ItemOID="IT.SUPPDM.IDVAR" OrderNumber="4" Mandatory="No"',
            'ItemOID="IT.SUPPDM.IDVAR" OrderNumber="4" Mandatory="Yes"',
            "mandatory-blank",
            "SUPPDM.IDVAR",
        ),
        (
            'ItemOID="IT.LB.LBORRESU.ZZTEST" OrderNumber="3" Mandatory="No"',
            'ItemOID="IT.LB.LBORRESU.ZZTEST" OrderNumber="3" Mandatory="Yes"',
            "mandatory-blank",
            "LB.LBORRESU",
        ),
        (
            'ItemOID="IT.DM.SCALE" OrderNumber="7" Mandatory="No"',
            'ItemOID="IT.DM.SCALE" OrderNumber="7" Mandatory="No" def:HasNoData="Yes"',
            "has-data",
            "DM.SCALE",
        ),
        (
            'def:ArchiveLocationID="LF.AE"',
            'def:ArchiveLocationID="LF.AE" def:HasNoData="Yes"',
            "has-data",
            "AE.",
        ),
        (' KeySequence="2" MethodOID', " MethodOID", "keys-not-unique", "DM."),
        (
            'SASDatasetName="LB" Repeating="Yes"',
            'SASDatasetName="LB" Repeating="No"',
            "repeating",
            "LB.",
        ),
        (
            "<CheckValue>ALT</CheckValue>",
            "<CheckValue>Alt</CheckValue>",
            "uncovered-record",
            "LB.LBORRES",
        ),
        (
            "<CheckValue>ZZTEST</CheckValue>",
            "<CheckValue>X</CheckValue>",
            "uncovered-blank",
            "LB.LBORRESU",
        ),
        (
            "<CheckValue>ZZTEST</CheckValue>",
            "<CheckValue>X</CheckValue>",
            "unused-where",
            "LB.LBORRES",
        ),
        (
            'Comparator="EQ">\n          <CheckValue>ALT<',
            'Comparator="NE">\n          <CheckValue>ALB<',
            "ambiguous-record",
            "LB.LBORRES",
        ),
        (
            "<CheckValue>CONSENT</CheckValue>",
            "<CheckValue>RACEOTH</CheckValue>",
            "ambiguous-record",
            "SUPPDM.QVAL",
        ),
        ('Comparator="EQ"', 'Comparator="XX"', "where-unknown", "LB.LBORRES"),
        (
            "<CheckValue>ALB</CheckValue>",
            "<FormalExpression>1</FormalExpression>",
            "where-unknown",
            "LB.LBORRES",
        ),
    ],
)
def test_a_wrong_description_is_found(
    define_xml: str, files: Files, old: str, new: str, kind: str, about: str
) -> None:
    mutated = define_xml.replace(old, new, 1)
    assert mutated != define_xml
    findings = compare_define(mutated.encode(), files)
    found = [each for each in findings if each.kind == kind]
    assert any(f"{each.dataset}.{each.variable}".startswith(about) for each in found), findings
    assert all(each.where.line > 0 and each.todo for each in findings)


def test_order_of_variables(define_xml: str, files: Files) -> None:
    dm = files["DM"]
    first, second, *others = dm.variables
    files["DM"] = replace(dm, variables=(second, first, *others))
    (finding,) = compare_define(define_xml.encode(), files)
    assert (finding.kind, finding.variable) == ("variable-order", "STUDYID")
    assert "DOMAIN" in finding.what


def test_one_wrong_length_is_one_finding_on_the_line_of_the_item(
    define_xml: str, files: Files
) -> None:
    mutated = define_xml.replace(
        'Length="8" SASFieldName="LBORRES"', 'Length="9" SASFieldName="LBORRES"'
    )
    (finding,) = compare_define(mutated.encode(), files)
    lines = mutated.splitlines()
    assert 'ItemDef OID="IT.LB.LBORRES"' in lines[finding.where.line - 1]
    assert finding.what == "LB.LBORRES has Length 9, in the file 8"


# --- changes of the data ------------------------------------------------------------------------


def with_column(files: Files, dataset: str, variable: str, column: Column) -> Files:
    old = files[dataset]
    return {**files, dataset: replace(old, frame=old.frame.with_columns({variable: column}))}


@pytest.mark.parametrize(
    ("dataset", "variable", "column", "kind"),
    [
        ("DM", "SEX", Text.of(["F", "U"]), "value-not-in-codelist"),
        ("DM", "SEX", Text.of(["F", "m"]), "value-not-in-codelist"),
        ("DM", "SEX", Text.of(["F", ""]), "mandatory-blank"),
        ("DM", "BRTHDTC", Text.of(["1980-02-29", "UNK"]), "value-type"),
        ("DM", "BRTHDTC", Text.of(["1980-02-29", "1979-13"]), "value-type"),
        ("DM", "BRTHDTC", Text.of(["1980-02-29", "1979-01-01T10:00"]), "value-type"),
        ("DM", "AGE", np.array([44.0, 44.5]), "value-type"),
        ("DM", "AGE", np.array([44.0, 100.0]), "value-length"),
        ("DM", "USUBJID", Text.of(["ABC-1", "ABC-1"]), "keys-not-unique"),
        ("DM", "USUBJID", Text.of(["ABC-1", "ABC-1"]), "repeating"),
        ("LB", "LBORRES", Text.of(["4.12", "30", "NEGATIVE", "3.9", "28"]), "value-type"),
        ("LB", "LBORRES", Text.of(["4.1", "<30", "NEGATIVE", "3.9", "28"]), "value-type"),
        ("LB", "LBORRES", Text.of(["4.1", "30.5", "NEGATIVE", "3.9", "28"]), "value-type"),
        ("LB", "LBORRES", Text.of(["4.1", "30", "POSITIVE!", "3.9", "28"]), "value-length"),
        ("LB", "LBORRESU", Text.of(["U/L", "U/L", "", "g/dL", "U/L"]), "value-not-in-codelist"),
        ("LB", "LBSTRESN", np.array([4.15, 30, np.nan, 3.9, 28]), "value-type"),
        ("LB", "LBTESTCD", Text.of(["ALB", "ALT", "GLUC", "ALB", "ALT"]), "uncovered-record"),
        ("SUPPDM", "QVAL", Text.of(["MIXED", "N"]), "value-not-in-codelist"),
        ("SUPPDM", "QNAM", Text.of(["RACEOTH", "RACEOT2"]), "uncovered-record"),
        ("SUPPDM", "IDVAR", Text.of(["", "AESEQ"]), "has-data"),
    ],
)
def test_wrong_data_is_found(
    define_xml: str, files: Files, dataset: str, variable: str, column: Column, kind: str
) -> None:
    findings = compare_define(define_xml.encode(), with_column(files, dataset, variable, column))
    found = [each for each in findings if each.kind == kind]
    assert found, findings
    assert {each.dataset for each in found} == {dataset}


def test_special_missing_numbers_are_missing(define_xml: str, files: Files) -> None:
    payload = np.array([0x7FF8000000000041], np.uint64).view(np.float64)
    column = np.array([4.1, 30, np.nan, 3.9, 28])
    column[2] = payload[0]
    assert compare_define(define_xml.encode(), with_column(files, "LB", "LBSTRESN", column)) == ()


def test_lengths_are_counted_in_the_encoding_of_the_files(define_xml: str, files: Files) -> None:
    """Three Chinese characters are nine bytes in UTF-8 and six in GB18030."""
    column = Text.of(["4.1", "30", "阴性的", "3.9", "28"])
    changed = with_column(files, "LB", "LBORRES", column)
    found = compare_define(define_xml.encode(), changed)
    # too long for the value level, and for the whole variable
    assert [each.kind for each in found] == ["value-length"] * 2
    assert compare_define(define_xml.encode(), changed, encoding="gb18030") == ()


def test_a_condition_on_another_dataset_is_followed(tabulations: Package, written: Write) -> None:
    """Units by the subject's sex: ABC-1 is F, ABC-2 is M."""
    lb = tabulations.dataset("LB")
    unit = lb.variable("LBORRESU")
    levels = tuple(
        replace(
            unit.value_levels[2],
            checks=(RangeCheck("DM.SEX", "EQ", (sex,)),),
            facts=replace(unit.value_levels[2].facts, length=4),
        )
        for sex in ("F", "M")
    )
    changed = replace(unit, value_levels=levels)
    variables = tuple(changed if each.name == "LBORRESU" else each for each in lb.variables)
    datasets = tuple(
        replace(each, variables=variables) if each.name == "LB" else each
        for each in tabulations.datasets
    )
    package = replace(tabulations, datasets=datasets)
    files = dict(written(package))
    xml = render_define(package, "sdtm")
    assert compare_define(xml, files) == ()
    files = with_column(files, "DM", "SEX", Text.of(["F", "U"]))
    found = [each for each in compare_define(xml, files) if each.dataset == "LB"]
    assert [each.kind for each in found] == ["uncovered-record", "unused-where"]
    assert "2 of 5 records" in found[0].what
    assert "DM.SEX 'U'" in found[0].what


def test_a_file_that_cannot_be_read_is_one_finding(files: Files) -> None:
    (finding,) = compare_define(b"<not-xml", files)
    assert finding.kind == "not-xml"
