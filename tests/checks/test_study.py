"""How findings name records, how datasets are told, and what a partial study is not asked."""

from __future__ import annotations

from mg_cdisc.checks import all_rules, check_study
from mg_cdisc.checks.study import Study
from mg_cdisc.errors import Finding

from .written import study_of

RULES = {rule.name: rule for rule in all_rules()}


def found(text: str, name: str) -> list[Finding]:
    """What one rule finds."""
    return list(RULES[name].findings(study_of(text)))


def test_a_finding_names_the_first_records_and_their_values() -> None:
    records = " ; ".join(f"VS USUBJID=S{each} VSORRES=5 VSSTRESC=" for each in range(1, 6))
    (finding,) = found(records, "SD-STRESC-FILLED")
    assert finding.what == (
        "A result has its standard form in VSSTRESC: 5 records: "
        "S1 VSSEQ 1 (VSORRES = '5'); S2 VSSEQ 1 (VSORRES = '5'); S3 VSSEQ 1 (VSORRES = '5') and 2 more"
    )
    assert (finding.dataset, finding.variable, finding.count) == ("VS", "VSORRES", 5)
    assert finding.where.file == "vs.xpt"
    assert finding.todo.endswith(".")


def test_records_without_a_sequence_number_are_named_by_what_tells_them_apart() -> None:
    cases = {
        "SV SVPRESP=N VISITNUM=2": ("SD-SV-PRESP", "S1 VISITNUM 2"),
        "TS TSPARMCD=TITLE TSSEQ=1 TSVAL= TSVALNF=": (
            "SD-TS-VAL-OR-NF",
            "TSPARMCD TITLE TSSEQ 1",
        ),
        "SUPPAE IDVAR=AESEQ IDVARVAL=1 QNAM=X QVAL=": ("SD-SUPP-QVAL", "S1 AESEQ 1 X"),
        "TA ARMCD=A TAETORD=1.5": ("SD-TA-TAETORD", "ARMCD A TAETORD 1.5"),
        "DM AGE=-1": ("SD-DM-AGE-NEGATIVE", "1 record: S1 (AGE = '-1')"),
    }
    for text, (name, told) in cases.items():
        (finding,) = found(text, name)
        assert told in finding.what, finding.what


def test_a_long_value_is_cut() -> None:
    (finding,) = found(f"AE AETERM='{' ' + 50 * 'x'}'", "SD-LEADING-BLANK")
    assert f"'{' ' + 39 * 'x'}...'" in finding.what


def classes(study: Study) -> dict[str, tuple[str, str]]:
    """Domain and class of each dataset."""
    return {each.name: (each.domain, each.cls) for each in study}


def test_domains_and_classes() -> None:
    study = study_of(
        "AE AETERM=X ; QSMM DOMAIN=QS QSTESTCD=X ; SUPPAE QNAM=X ; XE DOMAIN=XE XETERM=X ; "
        "XI DOMAIN=XI XITRT=X ; XF DOMAIN=XF XFTESTCD=X ; XA DOMAIN=XA XATESTCD=X XAOBJ=Y ; "
        "RELREC RELID=1 ; DM AGE=1 ; XZ DOMAIN=XZ Q=1"
    )
    assert classes(study) == {
        "AE": ("AE", "Events"),
        "QSMM": ("QS", "Findings"),
        "SUPPAE": ("SUPP", "Relationship"),
        "XE": ("XE", "Events"),
        "XI": ("XI", "Interventions"),
        "XF": ("XF", "Findings"),
        "XA": ("XA", "Findings About"),
        "RELREC": ("RELREC", "Relationship"),
        "DM": ("DM", "Special-Purpose"),
        "XZ": ("XZ", ""),
    }


def test_a_custom_domain_is_judged_by_its_class() -> None:
    assert found("XF DOMAIN=XF XFTESTCD=X XFORRES=5 XFSTRESC=", "SD-STRESC-FILLED")
    assert found("XE DOMAIN=XE XETERM=OTHER", "SD-TERM-OTHER")


def test_parts_of_a_split_domain_count_together() -> None:
    text = (
        "QSMM DOMAIN=QS QSSEQ=1 ; QSCO DOMAIN=QS QSSEQ=2 ; SUPPQS RDOMAIN=QS IDVAR=QSSEQ IDVARVAL=2"
    )
    assert found(text, "SD-REFERENCE") == []
    assert found(text.replace("IDVARVAL=2", "IDVARVAL=3"), "SD-REFERENCE")


def test_nothing_absent_is_missed_in_a_partial_study() -> None:
    study = study_of(
        "AE AETERM=X MIDS= ; PP PPTESTCD=X ; SUPPCM RDOMAIN=CM ; FAAE DOMAIN=FA FAOBJ=X"
    )
    whole = {finding.kind for finding in check_study(study)}
    study.partial = True
    part = {finding.kind for finding in check_study(study)}
    absences = {"SD-NO-DM", "SD-NO-TRIAL-SUMMARY", "SD-MIDS-TM", "SD-PP-PC", "SD-RDOMAIN"}
    assert absences <= whole
    assert part == whole - absences - {"SD-SPLIT-NAME"}


def test_a_dataset_may_be_empty_in_a_build_of_single_subjects() -> None:
    study = study_of("empty AE AETERM")
    assert "SD-EMPTY" in {finding.kind for finding in check_study(study)}
    study.partial = True
    assert "SD-EMPTY" not in {finding.kind for finding in check_study(study)}


def test_a_build_is_not_told_twice() -> None:
    study = study_of("raw AE STUDYID=S DOMAIN=AE USUBJID=S1 AETERM=")
    kinds = {finding.kind for finding in check_study(study)}
    built = {finding.kind for finding in check_study(study, built=True)}
    covered = {rule.name for rule in all_rules() if rule.covers}
    assert {"SD-REQUIRED-ABSENT", "SD-REQUIRED-BLANK", "SD-EXPECTED-ABSENT"} <= kinds & covered
    assert built == kinds - covered


def test_findings_are_sorted_and_the_same_each_time() -> None:
    text = "AE AETERM=. AESER=X ; VS VSORRES=5 VSSTRESC= ; CM CMTRT=OTHER"
    first = check_study(study_of(text))
    assert list(first) == sorted(first)
    assert first == check_study(study_of(text))


def test_the_identity_of_a_finding_outlasts_its_records() -> None:
    (one,) = found("AE AETERM=.", "SD-POINT")
    (more,) = found("AE USUBJID=S2 AETERM=. ; AE AETERM=.", "SD-POINT")
    assert one.what != more.what
    assert one.identity == more.identity
    (other,) = found("CM CMTRT=.", "SD-POINT")
    assert other.identity != one.identity


def test_analysis_datasets_are_known_by_name_and_told_apart_by_variables() -> None:
    study = study_of(
        "ADSL AGE=1 ; ADLB PARAMCD=X ; ADTTE PARAMCD=X CNSR=0 ; ADAE AETERM=X DOMAIN=AE ; "
        "ADCM CMDECOD=X ; ADX Q=1 ; AD DOMAIN=AD ADTERM=X ; DM AGE=1"
    )
    told = {each.name: (each.cls, each.subclass) for each in study}  # type: ignore[attr-defined]
    assert told == {
        "ADSL": ("SUBJECT LEVEL ANALYSIS DATASET", ""),
        "ADLB": ("BASIC DATA STRUCTURE", ""),
        "ADTTE": ("BASIC DATA STRUCTURE", "TIME-TO-EVENT"),
        "ADAE": ("OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT"),
        "ADCM": ("OCCURRENCE DATA STRUCTURE", ""),
        "ADX": ("ADAM OTHER", ""),
    }
    assert [each.name for each in study.tabulation] == ["AD", "DM"]  # type: ignore[attr-defined]


def test_a_rule_about_analysis_is_never_asked_of_a_tabulation() -> None:
    text = "ADSL AGE=1 ; AE AETERM=."
    kinds = {finding.kind for finding in check_study(study_of(text))}
    assert kinds
    assert all(kind.startswith("AD-") for kind in kinds)
