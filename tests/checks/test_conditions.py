"""Conditions of rules: what they add to the expression language, by small studies."""

from __future__ import annotations

import pytest

from mg_cdisc.checks.conditions import at_fault, read_condition

from .written import study_of

SUBJECTS = "DM RFSTDTC=2025-01-05 ARM=A ; DM USUBJID=S2 RFSTDTC= ARM=B"


def rows(text: str, dataset: str, condition: str, blank: str = "") -> list[int] | None:
    """The numbers of the records at fault, from 1."""
    found = at_fault(study_of(text).datasets[dataset], condition, frozenset(blank.split()))
    return None if found is None else [at + 1 for at, bad in enumerate(found.tolist()) if bad]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("filled(--TERM)", [1, 2]),
        ("missing(--TERM)", [3]),
        ("complete(--STDTC)", [1]),
        ("not complete(--STDTC)", [2, 3]),
        ("--STDTC < DM.RFSTDTC", [1]),
        ("DM.ARM = 'B'", [2]),
        ("missing(DM.RFSTDTC)", [2]),  # the subject of record 3 is not in DM: nothing is said
        ("filled(DM.RFSTDTC) and filled(--TERM)", [1]),
        ("USUBJID in DM.USUBJID", [1, 2]),
        ("USUBJID not in DM.USUBJID", [3]),
        ("--TERM in ('X', '')", [1, 3]),
        ("--TERM not in ('X', '')", [2]),
        ("--STDTC > earliest(EX.EXSTDTC)", [1]),
        ("--STDTC > latest(EX.EXSTDTC)", []),
        ("some[EX: EXTRT = 'D']", [1]),
        ("not some[EX: EXTRT = 'D' and EXDOSE = 2]", [2, 3]),
        ("some[EX: EXTRT in ('D', 'E')]", [1, 2]),
        ("TS[STYPE] = 'OBSERVATIONAL'", [1, 2, 3]),
        ("TS[NOSUCH] = ''", [1, 2, 3]),
        ("--TERM = 'TS[STYPE] is no name in a text'", []),
    ],
)
def test_what_conditions_add(condition: str, expected: list[int]) -> None:
    text = (
        f"{SUBJECTS} ; AE AETERM=X AESTDTC=2025-01-02T10:00 ; "
        "AE USUBJID=S2 AETERM=Y AESTDTC=2025-01 ; AE USUBJID=S3 AETERM= AESTDTC= ; "
        "EX EXTRT=D EXDOSE=2 EXSTDTC=2025-01-01 ; EX EXTRT=D EXDOSE=3 EXSTDTC=2025-01-03 ; "
        "EX USUBJID=S2 EXTRT=E EXDOSE=1 EXSTDTC= ; TS TSPARMCD=STYPE TSVAL=OBSERVATIONAL"
    )
    assert rows(text, "AE", condition) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "missing(--SEV)",  # a variable that is not there
        "DM.ARMNRS = 'X'",
        "USUBJID in EX.USUBJID",  # a dataset that is not there
        "USUBJID not in EX.USUBJID",
        "--TERM not in EX.EXTRT",
        "--STDTC > latest(EX.EXSTDTC)",
        "some[EX: EXTRT = 'D']",
        "TS[STYPE] = 'X'",
        "--SEQ = 'text'",  # a variable of another type
    ],
)
def test_a_rule_is_left_out_where_it_speaks_of_what_is_not_there(condition: str) -> None:
    assert rows(f"{SUBJECTS} ; AE AETERM=X AESTDTC=2025", "AE", condition) is None


def test_a_variable_may_count_as_blank_where_it_is_absent() -> None:
    text = "VS VSORRES= ; VS VSORRES=5"
    assert rows(text, "VS", "missing(--ORRES) and missing(--STAT)") is None
    assert rows(text, "VS", "missing(--ORRES) and missing(--STAT)", "--STAT") == [1]
    assert rows(text, "VS", "missing(--ORRES) and not (--STRESN > 1)", "--STRESN") == []


def test_two_hyphens_are_the_prefix_also_of_associated_persons_and_split_domains() -> None:
    assert rows("QSMM DOMAIN=QS QSORRES=1", "QSMM", "--ORRES = '1'") == [1]
    assert rows("APMH DOMAIN=APMH MHTERM=X", "APMH", "--TERM = 'X'") == [1]


def test_partial_dates_are_compared_as_far_as_they_are_known() -> None:
    text = "AE AESTDTC=2025-03 AEENDTC=2025-02 ; AE AESTDTC=2025-03 AEENDTC=2025-03-01 ; AE AESTDTC=x AEENDTC=2025"
    assert rows(text, "AE", "--STDTC > --ENDTC") == [1]


def test_values_in_quotes_stay_as_they_are() -> None:
    node = read_condition("--TERM = 'filled(DM.X) in TV.Y --'")
    assert "filled(DM.X) in TV.Y --" in repr(node)


def test_visit_numbers_are_equal_but_for_the_noise_of_binary_fractions() -> None:
    text = "TV VISITNUM=1.3 ; VS VISITNUM=1.3000000000000003 ; VS VISITNUM=1.4"
    assert rows(text, "VS", "VISITNUM in TV.VISITNUM") == [1]
