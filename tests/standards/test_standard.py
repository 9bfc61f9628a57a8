"""Facts of the implementation guides, and what follows from them by rule."""

from __future__ import annotations

import pytest

from mg_cdisc.errors import Location, SpecError
from mg_cdisc.standards import Standard, load_standard


@pytest.fixture(scope="module")
def sdtm() -> Standard:
    return load_standard("SDTMIG", "3.4")


@pytest.fixture(scope="module")
def adam() -> Standard:
    return load_standard("ADAMIG", "1.3")


def test_the_guides_are_whole(sdtm: Standard, adam: Standard) -> None:
    assert (sdtm.name, sdtm.version, sdtm.kind) == ("SDTMIG", "3.4", "SDTM")
    assert len(sdtm.datasets) == 63
    assert sum(len(sdtm.variables(d)) for d in sdtm.datasets) == 1917
    assert (adam.name, adam.version, adam.kind) == ("ADaMIG", "1.3", "ADaM")
    assert list(adam.datasets) == ["ADSL", "BDS", "TTE"]
    assert len(adam.variables("ADSL")) + len(adam.variables("BDS")) == 336


def test_dm_has_the_order_of_the_guide(sdtm: Standard) -> None:
    # SDTMIG 3.4 section 5.2, DM specification.
    expected = """
        STUDYID DOMAIN USUBJID SUBJID RFSTDTC RFENDTC RFXSTDTC RFXENDTC RFCSTDTC RFCENDTC RFICDTC
        RFPENDTC DTHDTC DTHFL SITEID INVID INVNAM BRTHDTC AGE AGEU SEX RACE ETHNIC ARMCD ARM
        ACTARMCD ACTARM ARMNRS ACTARMUD COUNTRY DMDTC DMDY
    """
    assert [v.name for v in sdtm.variables("DM")] == expected.split()
    assert [v.order for v in sdtm.variables("DM")] == list(range(1, 33))


@pytest.mark.parametrize(
    ("dataset", "name", "label", "type_", "role", "core", "codelists", "described"),
    [
        ("DM", "SEX", "Sex", "Char", "Record Qualifier", "Req", ("C66731",), ""),
        ("DM", "AGE", "Age", "Num", "Record Qualifier", "Exp", (), ""),
        ("AE", "AESEV", "Severity/Intensity", "Char", "Record Qualifier", "Perm", ("C66769",), ""),
        ("AE", "AESER", "Serious Event", "Char", "Record Qualifier", "Exp", ("C66742",), ""),
        ("AE", "AETOXGR", "Standard Toxicity Grade", "Char", "Record Qualifier", "Perm", (), ""),
        ("AE", "AEDECOD", "Dictionary-Derived Term", "Char", "Synonym Qualifier", "Req", (),
         "MedDRA"),
        ("LB", "LBTESTCD", "Lab Test or Examination Short Name", "Char", "Topic", "Req",
         ("C65047",), ""),
        ("EX", "EXSTDTC", "Start Date/Time of Treatment", "Char", "Timing", "Exp", (),
         "ISO 8601 datetime or interval"),
        ("TA", "TABRANCH", "Branch", "Char", "Rule", "Exp", (), ""),
        ("DS", "DSDECOD", "Standardized Disposition Term", "Char", "Synonym Qualifier", "Req",
         ("C66727", "C114118", "C150811"), ""),
    ],
)  # fmt: skip
def test_variables_of_the_sdtmig(
    sdtm: Standard,
    dataset: str,
    name: str,
    label: str,
    type_: str,
    role: str,
    core: str,
    codelists: tuple[str, ...],
    described: str,
) -> None:
    v = sdtm.variable(dataset, name)
    assert v is not None
    assert (v.label, v.type, v.role, v.core) == (label, type_, role, core)
    assert (v.codelists, v.described) == (codelists, described)


def test_no_variable_is_invented(sdtm: Standard) -> None:
    assert sdtm.variable("DM", "SEXN") is None
    assert sdtm.variable("XX", "XXTERM") is None
    assert sdtm.variables("XX") == ()
    assert sdtm.dataset("XX") is None


def test_domain_has_its_own_code_as_value(sdtm: Standard) -> None:
    fact = sdtm.variable("AE", "DOMAIN")
    assert fact is not None
    assert fact.values == ("AE",)


@pytest.mark.parametrize(
    ("dataset", "cls", "define"),
    [
        ("AE", "Events", "EVENTS"),
        ("FA", "Findings About", "FINDINGS ABOUT"),
        ("DM", "Special-Purpose", "SPECIAL PURPOSE"),
        ("TS", "Trial Design", "TRIAL DESIGN"),
        ("OI", "Study Reference", "STUDY REFERENCE"),
        ("RELREC", "Relationship", "RELATIONSHIP"),
    ],
)
def test_class_in_the_words_of_the_guide_and_of_define(
    sdtm: Standard, dataset: str, cls: str, define: str
) -> None:
    fact = sdtm.dataset(dataset)
    assert fact is not None
    assert (fact.cls, fact.define_class) == (cls, define)


class TestSuppAndSplit:
    def test_supp_is_suppqual_with_its_label_completed(self, sdtm: Standard) -> None:
        fact = sdtm.dataset("SUPPAE")
        assert fact is not None
        assert (fact.name, fact.label, fact.cls) == (
            "SUPPAE",
            "Supplemental Qualifiers for AE",
            "Relationship",
        )
        # SDTMIG 3.4 section 8.4.1.
        assert [v.name for v in sdtm.variables("SUPPAE")] == [
            "STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL",
            "QORIG", "QEVAL",
        ]  # fmt: skip
        assert {v.dataset for v in sdtm.variables("SUPPAE")} == {"SUPPAE"}

    @pytest.mark.parametrize(
        ("name", "domain", "value"),
        [("SUPPAE", None, "AE"), ("SUPPQSMM", None, "QS"), ("SUPPQSMM", "QS", "QS")],
    )
    def test_rdomain_is_the_parent_domain(
        self, sdtm: Standard, name: str, domain: str | None, value: str
    ) -> None:
        fact = sdtm.variable(name, "RDOMAIN", domain)
        assert fact is not None
        assert (fact.values, fact.codelists, fact.dataset) == ((value,), ("C66734",), name)

    def test_suppqual_itself_stays_as_published(self, sdtm: Standard) -> None:
        fact = sdtm.dataset("SUPPQUAL")
        assert fact is not None
        assert fact.label == "Supplemental Qualifiers for [domain name]"

    def test_a_split_dataset_has_the_facts_of_its_domain(self, sdtm: Standard) -> None:
        assert sdtm.dataset("QSMM") is None
        fact = sdtm.dataset("QSMM", domain="QS")
        assert fact is not None
        assert (fact.name, fact.label) == ("QSMM", "Questionnaires")
        names = [v.name for v in sdtm.variables("QSMM", domain="QS")]
        assert names == [v.name for v in sdtm.variables("QS")]
        variable = sdtm.variable("QSMM", "DOMAIN", domain="QS")
        assert variable is not None
        assert (variable.dataset, variable.values) == ("QSMM", ("QS",))


class TestMatch:
    # Labels: ADaMIG 1.3 sections 3.2 and 3.3, with the numbers filled in.
    @pytest.mark.parametrize(
        ("structure", "name", "label", "pattern"),
        [
            ("ADSL", "TRT01P", "Planned Treatment for Period 01", "TRTxxP"),
            ("ADSL", "TRT12AN", "Actual Treatment for Period 12 (N)", "TRTxxAN"),
            ("ADSL", "TR02PG1N", "Planned Pooled Trt 1 for Period 02 (N)", "TRxxPGyN"),
            ("ADSL", "AGEGR1", "Pooled Age Group 1", "AGEGRy"),
            ("ADSL", "P01S2SDM", "Period 01 Subperiod 2 Start Datetime", "PxxSwSDM"),
            ("ADSL", "TRTSDT", "Date of First Exposure to Treatment", ""),
            ("BDS", "CRIT1", "Analysis Criterion 1", "CRITy"),
            ("BDS", "CRIT12FL", "Criterion 12 Evaluation Result Flag", "CRITyFL"),
            ("BDS", "ANL01FL", "Analysis Flag 01", "ANLzzFL"),
            ("BDS", "A1LO", "Analysis Range 1 Lower Limit", "AyLO"),
            ("BDS", "SHIFT2N", "Shift 2 (N)", "SHIFTyN"),
            ("BDS", "ADT", "Analysis Date", ""),
            ("BDS", "ADTF", "Analysis Date Imputation Flag", ""),
            ("BDS", "RESCDT", "{Date}", "*DT"),
            ("BDS", "RESCSDTM", "{Start Datetime}", "*SDTM"),
            ("BDS", "RESCDTF", "{Date Imputation Flag}", "*DTF"),
            ("BDS", "RESCADY", "{Relative Day}", "*ADY"),
            ("TTE", "CNSR", "Censor", ""),
        ],
    )
    def test_names_are_completed(
        self, adam: Standard, structure: str, name: str, label: str, pattern: str
    ) -> None:
        fact = adam.match(structure, name)
        assert fact is not None
        assert (fact.name, fact.label, fact.pattern) == (name, label, pattern)
        assert fact.dataset == structure
        assert fact.label_is_open == label.startswith("{")

    @pytest.mark.parametrize(
        ("structure", "name"),
        [
            ("ADSL", "TRT1P"),  # xx has two digits
            ("ADSL", "TRT00P"),
            ("BDS", "ANL1FL"),
            ("BDS", "CRIT0"),  # y counts from 1
            ("BDS", "CRIT01"),  # and has no leading zero
            ("BDS", "DT"),  # a suffix needs a stem
            ("BDS", "RESCUEDTM"),  # nine characters
            ("BDS", "TRT01P"),  # a variable of ADSL
            ("OCCDS", "AETERM"),  # no table in this guide
        ],
    )
    def test_other_names_are_not(self, adam: Standard, structure: str, name: str) -> None:
        assert adam.match(structure, name) is None

    def test_codelists_and_values_come_along(self, adam: Standard) -> None:
        flag = adam.match("BDS", "ANL01FL")
        imputed = adam.match("BDS", "RESCDTF")
        assert flag is not None
        assert imputed is not None
        assert (flag.type, flag.core, flag.values) == ("Char", "Cond", ("Y",))
        assert (imputed.type, imputed.codelists) == ("Char", ("C81223",))

    def test_time_to_event_has_the_variables_of_bds(self, adam: Standard) -> None:
        assert [v.name for v in adam.variables("TTE")] == [v.name for v in adam.variables("BDS")]
        fact = adam.dataset("TTE")
        assert fact is not None
        assert (fact.cls, fact.subclass) == ("BASIC DATA STRUCTURE", "TIME-TO-EVENT")


def test_an_unknown_standard_names_what_is_known() -> None:
    with pytest.raises(SpecError) as caught:
        load_standard("SDTMIG", "9.9", where=Location("study.yaml", line=4))
    (finding,) = caught.value.findings
    assert str(finding.where) == "study.yaml:4"
    assert finding.kind == "unknown-standard"
    assert "SDTMIG 9.9" in finding.what
    assert "sdtmig-3.4" in finding.todo


def test_the_name_may_be_in_any_case() -> None:
    assert load_standard("ADaMIG", "1.3") is load_standard("adamig", "1.3")
