"""Two tiny hand-made packages, unlike any study, and their files as a reader would give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pytest

from mg_cdisc.dataset import (
    Codelist,
    Dataset,
    Document,
    ItemFacts,
    Method,
    Origin,
    Package,
    RangeCheck,
    Standard,
    Term,
    ValueLevel,
    Variable,
)
from mg_cdisc.define.render import render_define
from mg_cdisc.frame import Column, Frame, Text

SDTM_CT = ("SDTM", "2025-03-28")

SEX = Codelist(
    "SEX",
    "Sex",
    terms=(Term("F", "Female", "C16576"), Term("M", "Male", "C20197")),
    code="C66731",
    ct=SDTM_CT,
)
UNITS = (Term("g/dL", code="C64783"), Term("U/L", code="C67456"))
UNIT = Codelist("UNIT", "Unit", terms=UNITS, code="C71620", ct=SDTM_CT)
LBTESTCD = Codelist(
    "LBTESTCD",
    "Laboratory Test Code",
    terms=(
        Term("ALB", "Albumin", "C64431"),
        Term("ALT", "Alanine Aminotransferase", "C64433"),
        Term("ZZTEST", "Sponsor Test", extended=True),
    ),
    code="C65047",
    ct=SDTM_CT,
)
SEVERITY = Codelist(
    "SCALE",
    "Local scale",
    terms=(Term("LOW", rank=1), Term("MID", rank=2), Term("HIGH", rank=3)),
)
MEDDRA = Codelist("MEDDRA", "MedDRA", dictionary="MedDRA", version="27.1")
CRF = Origin("Collected", "Investigator", pages=("4", "7"))
ASSIGNED = Origin("Assigned", "Sponsor")
DERIVED = Origin("Derived", "Sponsor")
PROTOCOL = Origin("Protocol", "Sponsor")
USUBJID_METHOD = Method(
    "Subject identifier", "STUDYID, a hyphen, and SUBJID.", "STUDYID + '-' + SUBJID"
)


def item_facts(facts: dict[str, object]) -> ItemFacts:
    """The facts of an item, which has one origin or none."""
    origin = facts.pop("origin")
    origins = () if origin is None else (origin,)
    return ItemFacts(origins=origins, **facts)  # type: ignore[arg-type]


def text(name: str, label: str, storage: int, **more: object) -> Variable:
    facts = {"data_type": "text", "origin": ASSIGNED}
    keys = ("data_type", "length", "codelist", "origin", "method", "comment")
    facts |= {key: more.pop(key) for key in keys if key in more}
    return Variable(name, label, True, storage, item_facts(facts), **more)  # type: ignore[arg-type]


def number(name: str, label: str, length: int, **more: object) -> Variable:
    facts = {"data_type": "integer", "origin": ASSIGNED, "length": length}
    keys = ("data_type", "significant_digits", "display_format", "codelist", "origin", "method")
    facts |= {key: more.pop(key) for key in keys if key in more}
    return Variable(name, label, False, 8, item_facts(facts), **more)  # type: ignore[arg-type]


def level(test: str, variable: str = "LBTESTCD", **facts: object) -> ValueLevel:
    facts.setdefault("origin", CRF)
    label = facts.pop("label", "")
    mandatory = facts.pop("mandatory", False)
    return ValueLevel(
        (RangeCheck(variable, "EQ", (test,)),),
        item_facts(facts),
        label,  # type: ignore[arg-type]
        mandatory,  # type: ignore[arg-type]
    )


def identifiers(domain: str) -> tuple[Variable, ...]:
    return (
        text("STUDYID", "Study Identifier", 3, origin=PROTOCOL, mandatory=True, role="Identifier"),
        text("DOMAIN", "Domain Abbreviation", 2, mandatory=True, role="Identifier"),
        text(
            "USUBJID",
            "Unique Subject Identifier",
            5,
            origin=DERIVED,
            method=USUBJID_METHOD,
            mandatory=True,
            role="Identifier",
        ),
    )


def frame(**columns: list[str] | list[float]) -> Frame:
    made: dict[str, Column] = {}
    for name, values in columns.items():
        if all(isinstance(value, str) for value in values):
            made[name] = Text.of(values)  # type: ignore[arg-type]
        else:
            made[name] = np.array(values, np.float64)
    return Frame.of(made)


def demographics() -> Dataset:
    return Dataset(
        name="DM",
        domain="DM",
        label="Demographics",
        class_name="SPECIAL PURPOSE",
        structure="One record per subject",
        keys=("STUDYID", "USUBJID"),
        repeating=False,
        comment="Screen failures are included.",
        variables=(
            *identifiers("DM"),
            text("BRTHDTC", "Date/Time of Birth", 10, data_type="partialDate", origin=CRF),
            number(
                "AGE",
                "Age",
                2,
                origin=DERIVED,
                method=Method("Age", "Whole years from birth to consent."),
            ),
            text("SEX", "Sex", 1, codelist=SEX, origin=CRF, mandatory=True),
            text("SCALE", "Severity on a Local Scale", 4, codelist=SEVERITY, standard=False),
        ),
        frame=frame(
            STUDYID=["ABC", "ABC"],
            DOMAIN=["DM", "DM"],
            USUBJID=["ABC-1", "ABC-2"],
            BRTHDTC=["1980-02-29", "1979"],
            AGE=[44.0, 45.0],
            SEX=["F", "M"],
            SCALE=["LOW", "HIGH"],
        ),
    )


def laboratory() -> Dataset:
    subset = replace(UNIT, terms=UNITS[:1])
    return Dataset(
        name="LB",
        domain="LB",
        label="Laboratory Test Results",
        class_name="FINDINGS",
        structure="One record per analyte per visit per subject",
        keys=("STUDYID", "USUBJID", "LBTESTCD", "LBSEQ"),
        variables=(
            *identifiers("LB"),
            number("LBSEQ", "Sequence Number", 1, mandatory=True),
            text("LBTESTCD", "Lab Test Short Name", 6, codelist=LBTESTCD, mandatory=True),
            text(
                "LBORRES",
                "Result or Finding in Original Units",
                8,
                origin=None,
                value_levels=(
                    level(
                        "ALB",
                        data_type="float",
                        length=3,
                        significant_digits=1,
                        label="Albumin",
                    ),
                    level("ALT", data_type="integer", length=2, label="Alanine Aminotransferase"),
                    level("ZZTEST", data_type="text", length=8, label="Sponsor Test"),
                ),
            ),
            text(
                "LBORRESU",
                "Original Units",
                4,
                codelist=UNIT,
                value_levels=(
                    level("ALB", data_type="text", length=4, codelist=subset),
                    level("ALT", data_type="text", length=3, codelist=UNIT),
                    level("ZZTEST", data_type="text", length=1),
                ),
            ),
            number(
                "LBSTRESN",
                "Numeric Result/Finding in Standard Units",
                3,
                data_type="float",
                significant_digits=1,
                display_format="3.1",
                origin=DERIVED,
                method=Method("Numeric result", "The number in LBORRES.", "number(LBORRES)"),
            ),
        ),
        frame=frame(
            STUDYID=["ABC"] * 5,
            DOMAIN=["LB"] * 5,
            USUBJID=["ABC-1", "ABC-1", "ABC-1", "ABC-2", "ABC-2"],
            LBSEQ=[1.0, 2.0, 3.0, 1.0, 2.0],
            LBTESTCD=["ALB", "ALT", "ZZTEST", "ALB", "ALT"],
            LBORRES=["4.1", "30", "NEGATIVE", "3.9", "28"],
            LBORRESU=["g/dL", "U/L", "", "g/dL", "U/L"],
            LBSTRESN=[4.1, 30.0, np.nan, 3.9, 28.0],
        ),
    )


def adverse_events() -> Dataset:
    coded = Origin("Assigned", "Sponsor", statement="Coded with MedDRA.")
    return Dataset(
        name="AE",
        domain="AE",
        label="Adverse Events",
        class_name="EVENTS",
        structure="One record per adverse event per subject",
        keys=("STUDYID", "USUBJID", "AESEQ"),
        variables=(
            *identifiers("AE"),
            number("AESEQ", "Sequence Number", 1, mandatory=True),
            text("AETERM", "Reported Term for the Adverse Event", 20, origin=CRF, mandatory=True),
            text(
                "AEDECOD",
                "Dictionary-Derived Term",
                8,
                codelist=MEDDRA,
                origin=coded,
                mandatory=True,
            ),
        ),
        frame=frame(
            STUDYID=["ABC"],
            DOMAIN=["AE"],
            USUBJID=["ABC-2"],
            AESEQ=[1.0],
            AETERM=['HEADACHE < 1 h & "x"'],
            AEDECOD=["Headache"],
        ),
    )


def supplemental() -> Dataset:
    return Dataset(
        name="SUPPDM",
        domain="DM",
        label="Supplemental Qualifiers for DM",
        class_name="RELATIONSHIP",
        structure="One record per supplemental qualifier per related parent domain record",
        keys=("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
        variables=(
            text("STUDYID", "Study Identifier", 3, origin=PROTOCOL, mandatory=True),
            text("RDOMAIN", "Related Domain Abbreviation", 2, mandatory=True),
            text(
                "USUBJID",
                "Unique Subject Identifier",
                5,
                origin=DERIVED,
                method=USUBJID_METHOD,
                mandatory=True,
            ),
            text("IDVAR", "Identifying Variable", 1, has_no_data=True),
            text("IDVARVAL", "Identifying Variable Value", 1, has_no_data=True),
            text("QNAM", "Qualifier Variable Name", 7, mandatory=True),
            text("QLABEL", "Qualifier Variable Label", 14, mandatory=True),
            text(
                "QVAL",
                "Data Value",
                5,
                origin=None,
                mandatory=True,
                value_levels=(
                    level("RACEOTH", "QNAM", data_type="text", length=5, label="Other Race"),
                    level(
                        "CONSENT",
                        "QNAM",
                        data_type="text",
                        length=1,
                        label="Consent Flag",
                        codelist=Codelist("NY", "No Yes Response", terms=(Term("Y", "Yes"),)),
                    ),
                ),
            ),
        ),
        frame=frame(
            STUDYID=["ABC"] * 2,
            RDOMAIN=["DM"] * 2,
            USUBJID=["ABC-1", "ABC-2"],
            IDVAR=["", ""],
            IDVARVAL=["", ""],
            QNAM=["RACEOTH", "CONSENT"],
            QLABEL=["Other Race", "Consent Flag"],
            QVAL=["MIXED", "Y"],
        ),
    )


@pytest.fixture
def tabulations() -> Package:
    """DM, AE, LB and SUPPDM, not in the order of their classes."""
    return Package(
        study_id="ABC",
        study_name="ABC",
        study_description="A study of nothing",
        protocol_name="ABC-01",
        created=datetime(2025, 6, 30, 12, 0),
        standards=(
            Standard("SDTMIG", "3.4", "IG"),
            Standard("CDISC/NCI", "2025-03-28", "CT", "SDTM"),
        ),
        datasets=(laboratory(), supplemental(), adverse_events(), demographics()),
        documents=(Document("csdrg", "Reviewer's Guide", "csdrg.pdf"),),
        annotated_crf=Document("acrf", "Annotated CRF", "acrf.pdf"),
        originator="Nobody",
    )


@pytest.fixture
def analysis() -> Package:
    """An ADaM package: one BDS dataset of the time-to-event subclass."""

    def predecessor(name: str, label: str, storage: int, source: str) -> Variable:
        return text(name, label, storage, origin=Origin("Predecessor", predecessor=source))

    return Package(
        study_id="ABC",
        study_name="ABC",
        study_description="A study of nothing",
        protocol_name="ABC-01",
        created=datetime(2025, 6, 30, 12, 0),
        standards=(Standard("ADaMIG", "1.3", "IG"),),
        datasets=(
            Dataset(
                name="ADTTE",
                domain="ADTTE",
                label="Time to Event Analysis",
                class_name="BASIC DATA STRUCTURE",
                subclass="TIME-TO-EVENT",
                structure="One record per subject per parameter",
                keys=("USUBJID", "PARAMCD"),
                purpose="Analysis",
                variables=(
                    predecessor("USUBJID", "Unique Subject Identifier", 5, "ADSL.USUBJID"),
                    text("PARAMCD", "Parameter Code", 4),
                    number(
                        "AVAL",
                        "Analysis Value",
                        2,
                        origin=None,
                        value_levels=(
                            ValueLevel(
                                (RangeCheck("PARAMCD", "EQ", ("TTDE",)),),
                                ItemFacts(
                                    "integer",
                                    2,
                                    origins=(DERIVED,),
                                    method=Method("Time to death", "Days from ADT to death."),
                                ),
                                "Time to Death",
                            ),
                            ValueLevel(
                                (RangeCheck("PARAMCD", "NE", ("TTDE",)),),
                                ItemFacts(
                                    "integer",
                                    1,
                                    origins=(DERIVED,),
                                    method=Method("Time to pain", "Days from ADT to pain."),
                                ),
                                "Time to Others",
                            ),
                        ),
                    ),
                    number("STARTDT", "Time-to-Event Origin Date", 5, format="DATE9."),
                ),
                frame=frame(
                    USUBJID=["ABC-1", "ABC-1"],
                    PARAMCD=["TTDE", "TTPN"],
                    AVAL=[12.0, 3.0],
                    STARTDT=[23000.0, 23000.0],
                ),
            ),
        ),
    )


@dataclass(frozen=True)
class Column_:
    name: str
    label: str
    is_text: bool
    length: int


@dataclass(frozen=True)
class Written:
    name: str
    label: str
    variables: tuple[Column_, ...]
    frame: Frame


@pytest.fixture
def written() -> Callable[[Package], Mapping[str, Written]]:
    """The transport files of a package, as a reader of them would give them."""

    def write(package: Package) -> Mapping[str, Written]:
        return {
            dataset.name: Written(
                dataset.name,
                dataset.label,
                tuple(
                    Column_(variable.name, variable.label, variable.is_text, variable.storage)
                    for variable in dataset.variables
                ),
                dataset.frame,
            )
            for dataset in package.datasets
        }

    return write


@pytest.fixture
def define_xml(tabulations: Package) -> str:
    """The define.xml of the tabulations, as text."""
    return render_define(tabulations, "sdtm").decode()
