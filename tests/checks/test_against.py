"""What a finding says of the first records: their values, and what these were compared with."""

from __future__ import annotations

import pytest

from mg_cdisc.checks import alike, all_rules
from mg_cdisc.errors import Finding
from mg_cdisc.report.findings import as_data

from .written import study_of

RULES = {rule.name: rule for rule in all_rules()}
DATES = "format ADSL.TRTEDT DATE9. ; format ADAE.TRTEDT DATE9. ; format ADLB.ADT DATE9."


def found(name: str, text: str) -> Finding:
    """The only finding of a rule."""
    (finding,) = RULES[name].findings(study_of(text))
    return finding


# days since 1960-01-01: 23991 is 2025-09-07, 23996 is 2025-09-12, 23743 is 2025-01-02
@pytest.mark.parametrize(("name", "text", "told"), [
    ("AD-ADSL-COPY", f"ADSL TRTEDT=23991 ; ADAE AETERM=X AESEQ=1 TRTEDT=23996 ; {DATES}",
     "(TRTEDT = '2025-09-12'; ADSL.TRTEDT = '2025-09-07')"),
    ("AD-ADSL-DM", "DM AGE=40 ; ADSL AGE=41", "(AGE = '41'; DM.AGE = '40')"),
    ("AD-ADSL-DM", "DM DTHFL=Y ; ADSL DTHFL=", "(DTHFL = ''; DM.DTHFL = 'Y')"),
    ("AD-BASE", "ADLB PARAMCD=ALB AVAL=4 ABLFL=Y BASE=4 ; ADLB PARAMCD=ALB AVAL=6 ABLFL= BASE=5",
     "(BASE = '5'; ADLB.AVAL = '4')"),
    ("AD-CHG", "ADLB PARAMCD=ALB AVAL=9 BASE=13 CHG=-3",
     "(CHG = '-3', AVAL = '9', BASE = '13'; expected CHG = '-4')"),
    ("AD-PCHG", "ADLB PARAMCD=ALB AVAL=9 BASE=12 PCHG=-20", "expected PCHG = '-25')"),
    ("AD-DURATION", "ADSL TRTDURD=5 TRTSDT=100 TRTEDT=101", "expected TRTDURD = '2')"),
    ("AD-DM-DATE", f"DM RFXENDTC=2025-09-12T10:00 ; ADSL TRTEDT=23991 ; {DATES}",
     "(TRTEDT = '2025-09-07'; DM.RFXENDTC = '2025-09-12T10:00')"),
    ("AD-SRC-DATE", "LB LBDTC=2025-01-01 ; ADLB PARAMCD=ALB ADT=23743 SRCDOM=LB SRCVAR=LBDTC "
     f"SRCSEQ=1 ; {DATES}", "SRCSEQ = '1'; LB.LBDTC = '2025-01-01')"),
    ("SD-DY-VALUE", "DM RFSTDTC=2025-01-10 ; VS VSDTC=2025-01-09 VSDY=2",
     "(VSDY = '2', VSDTC = '2025-01-09'; DM.RFSTDTC = '2025-01-10', expected VSDY = '-1')"),
    ("SD-DOSING-LAST", "DM RFXSTDTC=2025-01-06 RFXENDTC=2025-01-10 ; EX EXENDTC=2024-01-29",
     "(EXENDTC = '2024-01-29'; DM.RFXSTDTC = '2025-01-06', DM.RFXENDTC = '2025-01-10')"),
    ("SD-AE-AFTER-DS", "DS DSSTDTC=2025-06-01 ; DS DSSTDTC=2025-06-13 ; AE AESTDTC=2025-09-12",
     "(AESTDTC = '2025-09-12'; latest DS.DSSTDTC = '2025-06-13')"),
    ("SD-DM-DTHFL-DS", "DM DTHFL=Y DTHDTC=2025-08 ; DS DSDECOD=SCREENED ; DS DSDECOD=COMPLETED",
     "(DTHFL = 'Y', DTHDTC = '2025-08'; DS.DSDECOD = 'SCREENED, COMPLETED')"),
    ("SD-DM-DEATH-AEOUT", "DM DTHFL= ; AE AEOUT=RECOVERED ; AE AEOUT=FATAL",
     "(DTHFL = ''; AE.AESEQ = '2', AE.AEOUT = 'FATAL')"),
    ("SD-VISITDY-TV", "TV VISITNUM=4 VISIT='DAY 3' VISITDY=3 ; VS VISITNUM=4 VISIT='DAY 1' VISITDY=1",
     "(VISITDY = '1', VISITNUM = '4', VISIT = 'DAY 1'; TV.VISITDY = '3', TV.VISIT = 'DAY 3')"),
    ("SD-DTC-SV", "SV VISITNUM=4 SVSTDTC=2025-01-08 SVENDTC=2025-01-09 ; VS VISITNUM=4 VSDTC=2025-01-06",
     "; SV.SVSTDTC = '2025-01-08', SV.SVENDTC = '2025-01-09')"),
    ("SD-EPOCH-SE", "SE SESTDTC=2025-01-01 SEENDTC=2025-01-10 EPOCH=SCREENING ; VS VSDTC=2025-01-05 "
     "EPOCH=TREATMENT", "VSDTC = '2025-01-05'; SE SCREENING = '2025-01-01/2025-01-10')"),
    ("SD-SE-CONTIGUOUS", "SE ETCD=A SESTDTC=2025-01-01 SEENDTC=2025-01-10 ; SE ETCD=B "
     "SESTDTC=2025-01-12 SEENDTC=2025-02-01",
     "(SEENDTC = '2025-01-10', ETCD = 'A'; SE.SESTDTC = '2025-01-12', SE.ETCD = 'B')"),
    ("SD-REFERENCE", "AE AETERM=X ; AE AETERM=Y ; SUPPAE RDOMAIN=AE IDVAR=AESEQ IDVARVAL=1 QNAM=Q "
     "QVAL=N ; SUPPAE RDOMAIN=AE IDVAR=AESEQ IDVARVAL=9 QNAM=Q QVAL=N",
     "AE.AESEQ of the subject = '1, 2', of these without Q = '2')"),
])  # fmt: skip
def test_a_finding_shows_what_a_value_was_compared_with(name: str, text: str, told: str) -> None:
    assert told in found(name, text).what


PLAN = "TV VISITNUM=3 ; TV VISITNUM=4"
DAY_1, DAY_3 = "VS VISIT='DAY 1' VISITNUM=3", "VS VISIT='DAY 3' VISITNUM=4"


@pytest.mark.parametrize("many", [1, 50_000])
def test_of_pairs_the_record_that_differs_is_at_fault_and_the_others_are_told(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where records that are alike are judged once, which is done of many."""
    monkeypatch.setattr(alike, "MANY", many)
    wrong = "VS VISIT='DAY 1' VISITNUM=4"
    finding = found("SD-VISIT-PAIR", " ; ".join([PLAN, *[DAY_1] * 20, wrong, *[DAY_3] * 30]))
    assert (finding.count, finding.variable) == (1, "VISITNUM")
    assert (
        "S1 VSSEQ 21 (VISIT = 'DAY 1', VISITNUM = '4'; VISITNUM of 20 others with VISIT DAY 1 = "
        "'3', VISIT of 30 others with VISITNUM 4 = 'DAY 3')"
    ) in finding.what
    assert finding.todo == "One VISIT goes with one VISITNUM: correct the record that differs."


def test_of_pairs_that_are_equally_frequent_all_records_are_at_fault() -> None:
    text = f"{PLAN} ; {DAY_1} ; {DAY_3} ; VS VISIT='DAY 1' VISITNUM=4"
    assert found("SD-VISIT-PAIR", text).count == 3


def test_the_listed_records_are_data_and_no_part_of_the_identity() -> None:
    one = found("SD-DY-VALUE", "DM RFSTDTC=2025-01-10 ; VS VSDTC=2025-01-09 VSDY=2")
    other = found("SD-DY-VALUE", "DM RFSTDTC=2025-01-10 ; VS ; VS VSDTC=2025-01-12 VSDY=2")
    data = as_data(one)
    assert data["subject"] == "S1"
    assert data["listed"] == [
        {
            "dataset": "VS",
            "keys": {"USUBJID": "S1", "VSSEQ": "1"},
            "values": {"VSDY": "2", "VSDTC": "2025-01-09"},
            "against": {"DM.RFSTDTC": "2025-01-10", "expected VSDY": "-1"},
        }
    ]
    assert one.listed != other.listed
    assert one.identity == other.identity


def test_the_suspect_is_named_and_told_though_it_is_blank() -> None:
    finding = found("SD-STRESN-FILLED", "LB LBSTRESC=5 LBSTRESN=")
    assert finding.variable == "LBSTRESN"
    assert "(LBSTRESC = '5', LBSTRESN = '')" in finding.what
