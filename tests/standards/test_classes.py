"""Variables of a general observation class: custom domains, and variables added to a domain."""

from __future__ import annotations

import pytest

from mg_cdisc.standards import Standard, load_standard
from mg_cdisc.standards.classes import generic_name
from mg_cdisc.standards.facts import GENERAL_CLASSES
from mg_cdisc.standards.model import model_variables

DOMAINS = [
    (d.cls, d.name)
    for d in load_standard("SDTMIG", "3.4").datasets.values()
    if d.cls in GENERAL_CLASSES
]

# Where the guide itself gives a variable another role than the SDTM 2.0 does.
OTHER_ROLES = {
    "AGROUTE", "CMROUTE", "ECROUTE", "EXROUTE", "PRROUTE", "SUROUTE", "SUDOSFRQ", "BEPRTYID",
    "CPBDAGNT", "CPCOLSRT", "LBCOLSRT", "CPLOINC", "LBLOINC", "MBLOINC", "MSLOINC", "MITSTDTL",
    "MSAGENT", "VSLAT",
}  # fmt: skip


@pytest.fixture(scope="module")
def sdtm() -> Standard:
    return load_standard("SDTMIG", "3.4")


@pytest.mark.parametrize(("cls", "domain"), DOMAINS)
def test_each_domain_of_the_guide_is_in_its_class(sdtm: Standard, cls: str, domain: str) -> None:
    """All its variables, in its own order, without an exception in the guide."""
    in_class = [v.name for v in sdtm.class_variables(cls, domain)]
    own = [v.name for v in sdtm.variables(domain)]
    assert [name for name in in_class if name in own] == own


@pytest.mark.parametrize(("cls", "domain"), DOMAINS)
def test_the_model_agrees_with_the_guide(sdtm: Standard, cls: str, domain: str) -> None:
    """Two sources checked against one another: every variable of every domain table."""
    model = model_variables(cls)
    for variable in sdtm.variables(domain):
        known = model[generic_name(variable.name, domain)]
        assert known.type == variable.type, variable.name
        assert known.allows(domain), variable.name
        assert (known.role == variable.role) == (variable.name not in OTHER_ROLES), variable.name


@pytest.mark.parametrize("cls", GENERAL_CLASSES)
def test_roles_come_in_groups(sdtm: Standard, cls: str) -> None:
    group = {"Identifier": 0, "Topic": 1, "Timing": 3}
    variables = sdtm.class_variables(cls, "XX")
    groups = [group.get(v.role, 2) for v in variables]
    assert groups == sorted(groups)
    assert groups.count(1) == 1
    orders = [v.order for v in variables]
    assert orders == sorted(set(orders))
    assert len({v.name for v in variables}) == len(variables)
    assert all(len(v.label) <= 40 and len(v.name) <= 8 for v in variables)


def test_a_custom_events_domain(sdtm: Standard) -> None:
    facts = {v.name: v for v in sdtm.class_variables("Events", "XX")}
    assert facts["DOMAIN"].values == ("XX",)
    assert facts["XXTERM"].label == "Reported Term"
    assert {n for n, v in facts.items() if v.core == "Req"} == {
        "STUDYID",
        "DOMAIN",
        "USUBJID",
        "XXSEQ",
        "XXTERM",
    }
    assert facts["XXDECOD"].core == "Perm"
    assert facts["XXPRESP"].codelists == ("C66742",)
    assert facts["XXSTDTC"].described == "ISO 8601 datetime or interval"
    # Of AE and MH only: SDTM 2.0 section 3.1.2.
    assert not {"XXSINTV", "XXUNANT", "XXEVDTYP"} & set(facts)


def test_a_custom_findings_domain(sdtm: Standard) -> None:
    facts = {v.name: v for v in sdtm.class_variables("Findings", "XX")}
    assert facts["XXTESTCD"].codelists == ()
    assert facts["XXORRESU"].codelists == ("C71620",)
    assert facts["XXBLFL"].codelists == ("C66742",)
    assert (facts["XXTESTCD"].core, facts["XXTEST"].core) == ("Req", "Req")
    assert facts["XXSTRESN"].type == "Num"
    assert not {"XXGATE", "XXAGENT", "XXBEATNO", "XXOBJ"} & set(facts)
    assert "FAOBJ" in {v.name for v in sdtm.class_variables("Findings About", "FA")}


def test_other_classes_have_no_class_variables(sdtm: Standard) -> None:
    assert sdtm.class_variables("Trial Design", "TX") == ()
    assert sdtm.qualifier("Special-Purpose", "DMLOC") is None
    assert load_standard("ADAMIG", "1.3").class_variables("Events", "XX") == ()


@pytest.mark.parametrize(
    ("cls", "name", "role", "codelists"),
    [
        ("Events", "AELAT", "Variable Qualifier", ("C99073",)),
        ("Events", "AETPTNUM", "Timing", ()),
        ("Events", "RELMIDS", "Timing", ()),
        ("Events", "AETOX", "Variable Qualifier", ()),
        ("Events", "MHOCCUR", "Record Qualifier", ("C66742",)),
        ("Interventions", "EXVAMT", "Record Qualifier", ()),
        ("Interventions", "POOLID", "Identifier", ()),
        ("Findings", "VSSEV", "Record Qualifier", ()),  # AE and CE disagree on its codelist
        ("Findings About", "FAMETHOD", "Record Qualifier", ("C85492",)),
        ("Findings About", "FAOBJ", "Record Qualifier", ()),
    ],
)
def test_variables_that_may_be_added(
    sdtm: Standard, cls: str, name: str, role: str, codelists: tuple[str, ...]
) -> None:
    fact = sdtm.qualifier(cls, name)
    assert fact is not None
    assert (fact.name, fact.role, fact.core) == (name, role, "Perm")
    assert fact.codelists == codelists


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        ("Events", "AEOCCUR"),  # conformance rule 000012
        ("Events", "AESTAT"),  # 000013
        ("Events", "AEREASND"),  # 000075
        ("Events", "CEEVDTYP"),  # 000114
        ("Events", "AEORRES"),  # of Findings
        ("Findings", "LBSTDTC"),  # 000207
        ("Findings", "LBAGENT"),  # 000111
        ("Findings", "VSBEATNO"),  # 000072
        ("Findings", "TRLOC"),  # 000003
        ("Findings", "LBUSCHFL"),  # 000049
        ("Findings", "QSEVAL"),  # SDTM 2.0 section 3.1.3
        ("Interventions", "EXMETHOD"),  # 000048
        ("Interventions", "EXNOPE"),
        ("Findings", "--LOC"),  # not the name of a variable
    ],
)
def test_variables_that_may_not_be_added(sdtm: Standard, cls: str, name: str) -> None:
    assert sdtm.qualifier(cls, name) is None
