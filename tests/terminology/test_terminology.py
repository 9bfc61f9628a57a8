"""Controlled terminology as shipped: facts written by hand, decodes, hints, versions."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.errors import Location, SourceError, SpecError
from mg_cdisc.standards import load_standard
from mg_cdisc.standards.store import shipped_text
from mg_cdisc.terminology import (
    Codelist,
    Term,
    Terminology,
    known_terminologies,
    load_terminology,
    read_terminology,
)

DATE = "2025-03-28"


@pytest.fixture(scope="module")
def sdtm() -> Terminology:
    return load_terminology("SDTM", DATE)


def codelist(terminology: Terminology, key: str) -> Codelist:
    found = terminology.codelist(key)
    assert found is not None
    return found


def test_the_packages_are_whole(sdtm: Terminology) -> None:
    assert (sdtm.kind, sdtm.version, len(sdtm.codes)) == ("SDTM", DATE, 1158)
    assert len(load_terminology("ADaM", DATE).codes) == 23
    assert len(load_terminology("DEFINE-XML", DATE).codes) == 15


@pytest.mark.parametrize(
    ("short_name", "code", "name", "extensible", "value", "term_code", "decode"),
    [
        # CDISC SDTM Controlled Terminology 2025-03-28.
        ("SEX", "C66731", "Sex", False, "M", "C20197", "Male"),
        ("SEX", "C66731", "Sex", False, "F", "C16576", "Female"),
        ("NY", "C66742", "No Yes Response", False, "Y", "C49488", "Yes"),
        ("NY", "C66742", "No Yes Response", False, "N", "C49487", "No"),
        ("AGEU", "C66781", "Age Unit", False, "YEARS", "C29848", "Year"),
        ("AESEV", "C66769", "Severity/Intensity Scale for Adverse Events", False,
         "MILD", "C41338", "Mild Adverse Event"),
        ("ACN", "C66767", "Action Taken with Study Treatment", False, "DOSE NOT CHANGED",
         "C49504", "Dose Not Changed"),
        ("DOMAIN", "C66734", "SDTM Domain Abbreviation", True, "AE", "C49562",
         "Adverse Event Domain"),
        ("LBTESTCD", "C65047", "Laboratory Test Code", True, "ALT", "C64433",
         "Alanine Aminotransferase"),
        ("VSTESTCD", "C66741", "Vital Signs Test Code", True, "SYSBP", "C25298",
         "Systolic Blood Pressure"),
        ("TSPARMCD", "C66738", "Trial Summary Parameter Test Code", True, "FDATCHSP", "C156603",
         "FDA Technical Specification"),
        ("RELTYPE", "C78737", "Relationship Type", False, "ONE", "C66832", "One"),
    ],
)  # fmt: skip
def test_sdtm_terms(
    sdtm: Terminology,
    short_name: str,
    code: str,
    name: str,
    extensible: bool,
    value: str,
    term_code: str,
    decode: str,
) -> None:
    found = codelist(sdtm, short_name)
    assert found is sdtm.codelist(code)
    assert (found.code, found.short_name, found.name) == (code, short_name, name)
    assert found.extensible is extensible
    assert found.terms[value] == Term(term_code, value, decode)


def test_terms_are_case_sensitive_and_in_published_order(sdtm: Terminology) -> None:
    found = codelist(sdtm, "NY")
    assert list(found.terms) == ["N", "NA", "U", "Y"]
    assert "y" not in found.terms
    assert [t.value for t in found.find_case_insensitive("y")] == ["Y"]


def test_trial_summary_answers_are_there(sdtm: Terminology) -> None:
    phase, blind = codelist(sdtm, "TPHASE"), codelist(sdtm, "TBLIND")
    assert (phase.code, blind.code) == ("C66737", "C66735")
    assert "PHASE I TRIAL" in phase.terms
    assert "OPEN LABEL" in blind.terms
    for code in ("C66739", "C99077", "C99076", "C99078", "C66785", "C66732", "C66736", "C160924"):
        assert code in sdtm


def test_adam_and_define_terms() -> None:
    adam, define = load_terminology("ADaM", DATE), load_terminology("DEFINE-XML", DATE)
    assert list(codelist(adam, "DATEFL").terms) == ["D", "M", "Y"]
    assert codelist(adam, "DTYPE").terms["LOCF"].code == "C81198"
    assert codelist(adam, "C81225").terms["DERIVED"].decode == "Derived Flag"
    origins = codelist(define, "ORIGINT")
    assert set(origins.terms) == {
        "Assigned", "Collected", "Derived", "Not Available", "Other", "Predecessor", "Protocol",
    }  # fmt: skip


def test_every_class_of_the_guides_is_a_define_class() -> None:
    known = codelist(load_terminology("DEFINE-XML", DATE), "GNRLOBSC").terms
    for guide in (load_standard("SDTMIG", "3.4"), load_standard("ADaMIG", "1.3")):
        for dataset in guide.datasets.values():
            assert dataset.define_class in known


def test_every_codelist_of_the_guides_is_there(sdtm: Terminology) -> None:
    adam = load_terminology("ADaM", DATE)
    missing = {
        (variable.name, code)
        for guide in (load_standard("SDTMIG", "3.4"), load_standard("ADaMIG", "1.3"))
        for dataset in guide.datasets
        for variable in guide.variables(dataset)
        for code in variable.codelists
        if code not in sdtm and code not in adam
    }
    # Named by the guide; CDISC's terminology has no such codelist any more.
    assert missing == {("MSRESCAT", "C85495")}


@pytest.mark.parametrize("kind", ["SDTM", "ADaM"])
def test_every_codelist_of_codes_is_decoded_by_its_names(kind: str) -> None:
    terminology = load_terminology(kind, DATE)
    paired = 0
    for code in terminology.codes:
        found = codelist(terminology, code)
        if not found.name.endswith((" Test Code", " Parameter Code", " Parameters Code")):
            continue
        paired += 1
        names = codelist(terminology, found.decoded_by)
        by_code = {t.code: t.value for t in names.terms.values()}
        assert {t.code: t.decode for t in found.terms.values()} == by_code, found.name
        assert all(len(value) <= 8 for value in found.terms), found.name
    assert paired > (400 if kind == "SDTM" else 5)


class TestHints:
    @pytest.mark.parametrize(
        ("short_name", "value", "expected"),
        [
            ("SEX", "m", "M"),
            ("SEX", "Female", "F"),
            ("AESEV", "Milld", "MILD"),
            ("NY", "YES", "Y"),
            ("LBTESTCD", "Hemoglobinn", "HGB"),
            ("NY", "perhaps not", None),
        ],
    )
    def test_nearest_term(
        self, sdtm: Terminology, short_name: str, value: str, expected: str | None
    ) -> None:
        assert codelist(sdtm, short_name).nearest(value) == expected

    def test_several_terms_may_differ_in_case_only(self) -> None:
        terms = {v: Term("C1", v, v) for v in ("G", "mL", "g")}
        units = Codelist("C0", "U", "Units", True, terms)
        assert [t.value for t in units.find_case_insensitive("g")] == ["G", "g"]

    def test_nearest_codelist(self, sdtm: Terminology) -> None:
        assert sdtm.nearest("ETHNICC ") == "Did you mean ETHNICC?"
        assert sdtm.codelist("XXX") is None
        assert "XXX" not in sdtm

    @given(value=st.sampled_from(list(load_terminology("SDTM", DATE).codelist("UNIT").terms)))  # type: ignore[union-attr]
    def test_every_term_finds_itself_in_any_case(self, value: str) -> None:
        units = codelist(load_terminology("SDTM", DATE), "UNIT")
        assert value in {t.value for t in units.find_case_insensitive(value.swapcase())} or (
            value.swapcase().casefold() != value.casefold()
        )


def test_an_unknown_version_names_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_terminology("SDTM", "1999-01-01", tmp_path, Location("study.yaml", line=7))
    (finding,) = caught.value.findings
    assert (str(finding.where), finding.kind) == ("study.yaml:7", "unknown-terminology")
    assert "sdtm-2025-03-28" in finding.todo
    assert known_terminologies(tmp_path) == (
        "adam-2025-03-28",
        "define-xml-2025-03-28",
        "sdtm-2025-03-28",
    )


@pytest.mark.parametrize("cut", [1, 40, 200, 5_000])
def test_a_stored_package_cut_short_is_noticed(cut: int) -> None:
    text = shipped_text("ct/define-xml-2025-03-28.tsv")
    assert text is not None
    with pytest.raises(SourceError, match="damaged-file"):
        read_terminology(text[:-cut], "x.tsv")


def test_loading_is_quick() -> None:
    """A codelist out of forty thousand terms in milliseconds; wide margin for a busy machine."""
    text = shipped_text("ct/sdtm-2025-03-28.tsv")
    assert text is not None
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        assert read_terminology(text, "x.tsv").codelist("LBTESTCD") is not None
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.2
