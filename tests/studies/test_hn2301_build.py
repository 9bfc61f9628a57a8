"""The example study's datasets against its source, computed independently row by row.

Nothing here uses the engine: the source is read with Python's csv and XML modules (conftest.py),
and every expected value follows from the source and the rule of the standard. What is planted in
the source on purpose has tests of its own (test_hn2301_planted.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
Example = Any  # conftest.Example: tests are no package
Source = Callable[[str], list[dict[str, str]]]
Infusions = dict[str, list[tuple[datetime, datetime]]]

WRITTEN = {
    "AE", "CM", "CO", "CP", "DM", "DS", "DV", "EC", "EX", "FA", "IE", "IS", "LB", "MH", "PR", "QS",
    "RELREC", "RS", "SE", "SUPPAE", "SUPPCM", "SUPPDM", "SUPPDV", "SUPPIE", "SV", "TA", "TE", "TI",
    "TS", "TV", "VS",
}  # fmt: skip
MONTHS = {
    month: f"{number:02}"
    for number, month in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
TRANSLATIONS: dict[str, str] = yaml.safe_load(
    (STUDY / "translations.yaml").read_text(encoding="utf-8")
)


def usubjid(row: dict[str, str]) -> str:
    return f"HN2301-{row['SUBJECT']}"


def english(text: str) -> str:
    """A text of a form as the list of translations has it."""
    return text.strip() if text.isascii() else TRANSLATIONS[text.strip()]


def iso(text: str) -> str:
    """A date such as 05-MAR-2024, UN-MAR-2024, 2024-03, 2024 or UNK as ISO 8601, by hand."""
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return text
    parts = text.upper().split("-")
    if len(parts) != 3 or not parts[2].isdigit():
        return ""
    month = MONTHS.get(parts[1], "")
    known = [parts[2], month, parts[0] if parts[0].isdigit() else ""]
    while known and not known[-1]:
        known.pop()
    return "-".join(each or "-" for each in known)


def study_day(when: date, first: date) -> int:
    """SDTMIG 3.4 section 4.4.4: no day 0."""
    return (when - first).days + (1 if when >= first else 0)


@pytest.fixture(scope="module")
def first_dose(infusions: Infusions) -> dict[str, datetime]:
    """RFXSTDTC by subject: the start of the first infusion given."""
    return {subject: each[0][0] for subject, each in infusions.items()}


def test_the_expected_datasets_are_written(example: Example) -> None:
    assert set(example.datasets) == WRITTEN


def test_every_source_row_is_accounted_for(example: Example, source: Source) -> None:
    forms = {account.name: account for account in example.built.accounts}
    for name, account in forms.items():
        assert account.rows == account.used + sum(account.excluded.values()) + account.rejected
        assert account.unaccounted == 0, name
        if name != "flow_cytometry":
            assert account.rows == len(source(name)), name
    left_out = {(name, *each) for name, form in forms.items() for each in form.excluded.items()}
    assert left_out == {
        ("lab_local", "the same row twice", 1),
        ("visits", "the same visit on another day: one record from its first day to its last", 1),
    }
    assert {name: form.rejected for name, form in forms.items() if form.rejected} == {
        "flow_cytometry": 1
    }


def test_one_dm_record_per_subject_with_reference_dates(
    example: Example, source: Source, infusions: Infusions
) -> None:
    dm = example.frame("DM").set_index("USUBJID")
    assert sorted(dm.index) == sorted(usubjid(row) for row in source("demographics"))
    disposition = {usubjid(row): row for row in source("disposition")}
    for row in source("demographics"):
        record = dm.loc[usubjid(row)]
        given = infusions.get(usubjid(row))
        assert record.RFXSTDTC == (given[0][0].strftime("%Y-%m-%dT%H:%M") if given else "")
        assert record.RFXENDTC == (given[-1][1].strftime("%Y-%m-%dT%H:%M") if given else "")
        assert record.RFSTDTC == record.RFXSTDTC
        assert record.SEX == {"1": "M", "2": "F"}[row["SEX"]]
        assert record.RFICDTC == row["RFICDAT"]
        parts = [row["BRTHYY"], row["BRTHMO"], row["BRTHDD"]]
        assert record.BRTHDTC == "-".join(part for part in parts if part)
        assert (record.ARMCD == "") == (given is None)
        told = disposition[usubjid(row)]
        assert record.RFENDTC == (iso(told["STUDY_END_DATE"]) if given else "")
        assert record.DTHDTC == iso(told["DEATH_DATE"])
        assert record.DTHFL == ("Y" if told["DEATH_DATE"] else "")
        why = {"N": "SCREEN FAILURE", "": "NOT ASSIGNED"}
        assert record.ARMNRS == ("" if given else why[told["ELIGIBLE"]])


def test_age_is_completed_years_at_consent(example: Example, source: Source) -> None:
    dm = example.frame("DM").set_index("USUBJID")
    for row in source("demographics"):
        consent = date.fromisoformat(row["RFICDAT"])
        year, month = int(row["BRTHYY"]), int(row["BRTHMO"])
        days = [int(row["BRTHDD"])] if row["BRTHDD"] else [1, 28]
        ages = {
            consent.year - year - ((consent.month, consent.day) < (month, each)) for each in days
        }
        assert len(ages) == 1, "the example has no birth day that leaves the age open"
        assert dm.loc[usubjid(row)].AGE == ages.pop()


def test_adverse_events_carry_terms_dates_days_and_grades(
    example: Example, source: Source, first_dose: dict[str, datetime]
) -> None:
    ae = example.frame("AE").set_index(["USUBJID", "AESPID"])
    assert len(ae) == len(source("adverse_events"))
    supp = example.frame("SUPPAE")
    emergent = supp[supp.QNAM == "AETRTEM"].set_index(["USUBJID", "IDVARVAL"]).QVAL
    for row in source("adverse_events"):
        record = ae.loc[usubjid(row), row["AESPID"]]
        time = f"T{row['AESTTIM']}" if row["AESTTIM"] else ""
        assert record.AESTDTC == row["AESTDAT"] + time
        assert record.AEENDTC == row["AEENDAT"]
        assert record.AETERM == english(row["AETERM"])
        for name in ("AETOXGR", "AESER", "AEDECOD", "AEREL", "AESHOSP", "AESDTH", "AECONTRT"):
            assert record[name] == row[name]
        assert record.AEPTCD == float(row["AEPTCD"])
        if len(row["AESTDAT"]) == 10:
            day = study_day(date.fromisoformat(row["AESTDAT"]), first_dose[usubjid(row)].date())
            assert record.AESTDY == day
        else:
            assert record.AESTDY != record.AESTDY  # a partial date has no study day
        key = (usubjid(row), str(int(record.AESEQ)))
        assert emergent[key] == row["AETRTEM"]


def test_medications_keep_what_is_known_of_their_dates(example: Example, source: Source) -> None:
    cm = example.frame("CM").set_index(["USUBJID", "CMSPID"])
    events = set(zip(example.frame("AE").USUBJID, example.frame("AE").AELNKID, strict=True))
    assert len(cm) == len(source("conmeds"))
    for row in source("conmeds"):
        record = cm.loc[usubjid(row), row["cm_no"]]
        assert record.CMTRT == english(row["cmtrt"])
        assert record.CMDECOD == row["cmdecod"]
        assert record.CMSTDTC == iso(row["cmstdat"])
        if row["cmendat"] != "31-JUN-2025":  # planted: there is no such day
            assert record.CMENDTC == iso(row["cmendat"])
        assert record.CMDOSE == float(row["cmdose"])
        link = f"AE-{row['cm_aeno']}"
        known = row["cm_aeno"] != "" and (usubjid(row), link) in events
        assert record.CMLNKID == (link if known else "")


def test_an_infusion_is_one_record_of_ex_and_its_parts_are_records_of_ec(
    example: Example, source: Source, infusions: Infusions
) -> None:
    ex, ec = example.frame("EX"), example.frame("EC")
    found = {
        subject: sorted(zip(each.EXSTDTC, each.EXENDTC, strict=True))
        for subject, each in ex.groupby("USUBJID")
    }
    assert found == {
        subject: [tuple(m.strftime("%Y-%m-%dT%H:%M") for m in each) for each in given]
        for subject, given in infusions.items()
    }
    infusion = ec.ECSPID.str.split(".").str[0]
    dose = ec.groupby([ec.USUBJID, infusion]).ECDOSE.sum()
    parts = Counter(zip(ec.USUBJID, infusion, strict=True))
    for row in source("infusion"):
        key = (usubjid(row), row["INF_NO"])
        assert parts[key] == (2 if row["INTERRUPTED"] == "Y" else 1)
        assert dose[key] == pytest.approx(float(row["DOSE"] or 0))
    assert set(ec[ec.ECOCCUR == "N"].ECREASOC) == {
        english(row["NOT_GIVEN_REASON"]) for row in source("infusion") if row["GIVEN"] == "N"
    }


@pytest.mark.parametrize("domain", ["LB", "CP", "VS"])
def test_epoch_follows_consent_first_and_last_infusion(
    domain: str, example: Example, infusions: Infusions
) -> None:
    """By date and time where both are known; on the boundary day without a time the later one."""
    records = example.frame(domain)
    for subject, when, epoch in zip(
        records.USUBJID, records[f"{domain}DTC"], records.EPOCH, strict=True
    ):
        given = infusions.get(subject)
        if not when:
            assert epoch == ""
            continue
        timed = "T" in when
        moment = datetime.fromisoformat(when)

        def reached(boundary: datetime, timed: bool = timed, moment: datetime = moment) -> bool:
            return moment >= boundary if timed else moment.date() >= boundary.date()

        if given is None or not reached(given[0][0]):
            assert epoch == "SCREENING", (subject, when)
        else:
            later = reached(given[-1][1])
            assert epoch == ("FOLLOW-UP" if later else "TREATMENT"), (subject, when)


def test_last_result_before_exposure_is_flagged_once(
    example: Example, source: Source, first_dose: dict[str, datetime]
) -> None:
    """Strictly before RFXSTDTC; Day 1 without a time only where the form says before the dose."""
    said = {
        (usubjid(row), row["COLLECT_DATE"]): row["PREDOSE"]
        for row in source("lab_local")
        if not row["COLLECT_TIME"]
    }
    lb = example.frame("LB")
    expected: dict[tuple[str, str], tuple[str, float]] = {}
    for record in lb.itertuples():
        start = first_dose.get(record.USUBJID)
        if start is None or not record.LBSTRESC:
            continue
        when = record.LBDTC
        if len(when) == 10 and when == start.date().isoformat():
            before = said[record.USUBJID, when] == "Y"
        else:
            before = datetime.fromisoformat(when) < start
        key = (record.USUBJID, record.LBTESTCD)
        if before and (key not in expected or when > expected[key][0]):
            expected[key] = (when, record.LBSEQ)
    flagged = lb[lb.LBLOBXFL == "Y"]
    found = {(r.USUBJID, r.LBTESTCD): r.LBSEQ for r in flagged.itertuples()}
    assert found == {key: seq for key, (_, seq) in expected.items()}


def test_laboratory_units_are_standardised(example: Example, source: Source) -> None:
    factor = {
        ("HGB", "g/dL"): 10.0, ("CREAT", "mg/dL"): 88.4, ("IGG", "mg/dL"): 0.01,
        ("NEUT", "cells/uL"): 0.001,
    }  # fmt: skip
    standard = {"HGB": "g/L", "CREAT": "umol/L", "IGG": "g/L", "NEUT": "10^9/L", "ALB": "g/L"}
    digits = {"HGB": 1, "CREAT": 1, "IGG": 2}
    code = {"LYMPH": "LYM", "PLT": "PLAT"}
    lb = example.frame("LB")
    local = lb[lb.LBCAT != "FLOW CYTOMETRY"].set_index(["USUBJID", "LBREFID", "LBTESTCD"])
    rows = {(usubjid(r), r["ACCESSION"], r["ANALYTE"]): r for r in source("lab_local")}
    assert len(local) == len(rows) == len(source("lab_local")) - 1  # one row stands there twice
    for (subject, accession, analyte), row in rows.items():
        test = code.get(analyte, analyte)
        record = local.loc[subject, accession, test]
        if row["DONE"] == "N":
            assert record.LBSTAT == "NOT DONE"
            assert record.LBREASND == english(row["NOT_DONE_REASON"])
            continue
        assert record.LBORRES == row["RESULT"]
        if not re.fullmatch(r"[0-9.]+", row["RESULT"]):
            assert record.LBSTRESC == row["RESULT"]
            assert record.LBSTRESN != record.LBSTRESN
            continue
        value = float(row["RESULT"]) * factor.get((test, row["UNIT"]), 1.0)
        assert record.LBSTRESN == pytest.approx(value, abs=0.51 * 10 ** -digits.get(test, 6))
        if test in standard:
            assert record.LBSTRESU == standard[test]
        low, high = float(row["REF_LOW"] or "-inf"), float(row["REF_HIGH"] or "inf")
        raw = float(row["RESULT"])
        assert record.LBNRIND == ("LOW" if raw < low else "HIGH" if raw > high else "NORMAL")


def test_vital_signs_have_one_record_for_each_measurement(example: Example, source: Source) -> None:
    vs = example.frame("VS")
    expected: Counter[tuple[str, str, str, str]] = Counter()
    for row in source("vital_signs"):
        moment = row["VSDAT"] + (f"T{row['VSTIM']}" if row["VSTIM"] else "")
        for test in ("SYSBP", "DIABP", "PULSE", "RESP", "TEMP", "WEIGHT", "HEIGHT"):
            if row[test]:
                expected[usubjid(row), test, moment, row[test]] += 1
    done = vs[vs.VSSTAT == ""]
    found = Counter(zip(done.USUBJID, done.VSTESTCD, done.VSDTC, done.VSORRES, strict=True))
    assert found == expected
    celsius = done[done.VSTESTCD == "TEMP"]
    for record in celsius.itertuples():
        raw = float(record.VSORRES)
        value = (raw - 32) / 1.8 if record.VSORRESU == "F" else raw
        assert record.VSSTRESN == pytest.approx(value, abs=0.051)


def test_instrument_scores_and_totals(example: Example, source: Source) -> None:
    weights = {
        "PTOSIS": (0, 1, 2, 3), "DIPLOPIA": (0, 1, 3, 4), "EYECLOSE": (0, 0, 1, 2),
        "TALK": (0, 2, 4, 6), "CHEW": (0, 2, 4, 6), "SWALLOW": (0, 2, 5, 6),
        "BREATHE": (0, 2, 4, 9), "NECK": (0, 1, 3, 4), "SHOULDER": (0, 2, 4, 5),
        "HIP": (0, 2, 4, 5),
    }  # fmt: skip
    offered = {"mgadl": 3, "qmg": 3, "mgqol15r": 2}
    qs = example.frame("QS")
    for form, category, total in (
        ("mgadl", "MG-ADL", "MGADLTOT"), ("qmg", "QMG", "QMGTOT"),
        ("mgc", "MGC", "MGCTOT"), ("mgqol15r", "MG-QOL15R", "MGQOLTOT"),
    ):  # fmt: skip
        records = qs[qs.QSCAT == category]
        by_date = dict(list(records.groupby(["USUBJID", "QSDTC"])))
        for row in source(form):
            items = {
                key: value
                for key, value in row.items()
                if "_" in key and key.startswith(("MGADL_", "QMG_", "MGC_", "MGQOL_"))
                and not key.endswith("_TOTAL")
            }  # fmt: skip
            when = row["ASSESS_DATE"] or row["VISIT_DATE"]
            found = by_date[usubjid(row), when]
            assert len(found) == len(items) + 1
            if row["DONE"] == "N":
                assert set(found.QSSTAT) == {"NOT DONE"}
                continue
            prefix = row.keys() - items.keys()
            (name,) = [key for key in prefix if key.endswith("_TOTAL")]
            assert found[found.QSTESTCD == total].QSORRES.iloc[0] == row[name]
            known = [
                weights[key[4:]][int(value) - 1] if form == "mgc" else int(value)
                for key, value in items.items()
                if value
                and (1 <= int(value) <= 4 if form == "mgc" else int(value) <= offered[form])
            ]
            assert found[found.QSTESTCD != total].QSSTRESN.sum() == sum(known)


def test_findings_about_are_about_the_diagnosis_or_an_event(
    example: Example, source: Source
) -> None:
    fa, mh, ae = (example.frame(name) for name in ("FA", "MH", "AE"))
    diagnosis = mh[mh.MHCAT == "PRIMARY DIAGNOSIS"].set_index("USUBJID").MHDECOD
    status = fa[fa.FACAT == "MG STATUS"]
    assert (status.FAOBJ == status.USUBJID.map(diagnosis)).all()
    questions = {"WORSENING": "MGWORSE", "RELAPSE": "MGRELAPS", "MIN_MANIFEST": "MGMINMAN"}
    answers = status.set_index(["USUBJID", "FATESTCD", "FADTC"]).FASTRESC
    assert len(status) == 3 * len(source("mg_status"))
    for row in source("mg_status"):
        when = row["ASSESS_DATE"] or row["VISIT_DATE"]
        for column, test in questions.items():
            assert answers[usubjid(row), test, when] == row[column]
    events = ae.set_index(["USUBJID", "AELNKID"]).AEDECOD
    about = fa[fa.FACAT != "MG STATUS"]
    grades = about[about.FATESTCD == "ASTCTGR"].set_index(["USUBJID", "FALNKID"])
    assert len(grades) == len(source("crs_icans"))
    for row in source("crs_icans"):
        key = (usubjid(row), f"AE-{row['AE_NO']}")
        assert grades.loc[key].FASTRESC == row["GRADE"]
        assert grades.loc[key].FAOBJ == events[key]
    asked = (
        "GRADE",
        "FEVER",
        "MAX_TEMP",
        "HYPOTENSION",
        "HYPOXIA",
        "ICE_SCORE",
        "CONFUSION",
        "TREMOR",
    )
    assert len(about) == sum(1 for row in source("crs_icans") for name in asked if row[name])


def test_titres_below_the_limit_are_no_numbers(example: Example, source: Source) -> None:
    titres = example.frame("IS")
    titres = titres[titres.ISCAT == "AUTOANTIBODY TITRE"].set_index(
        ["USUBJID", "ISBDAGNT", "ISDTC"]
    )
    names = {"ACHR_TITRE": "ACETYLCHOLINE RECEPTORS", "MUSK_TITRE": "MUSCLE-SPECIFIC KINASE"}
    wanted = [(row, column) for row in source("antibodies") for column in names if row[column]]
    assert len(titres) == len(wanted)
    for row, column in wanted:
        record = titres.loc[usubjid(row), names[column], row["COLLECT_DATE"]]
        assert record.ISORRES == record.ISSTRESC == row[column]
        if row[column].startswith("<"):
            assert record.ISSTRESN != record.ISSTRESN
            assert record.ISLLOQ == float(row[column][1:])
        else:
            assert record.ISSTRESN == float(row[column])


def test_elements_meet_and_end_with_participation(
    example: Example, source: Source, infusions: Infusions
) -> None:
    se = example.frame("SE").sort_values(["USUBJID", "SESEQ"])
    told = {usubjid(row): row for row in source("disposition")}
    assert set(se.USUBJID) == set(told)
    for subject, records in se.groupby("USUBJID"):
        given = infusions.get(subject)
        assert list(records.ETCD) == (["SCRN", "HN2301", "FU"] if given else ["SCRN"])
        assert list(records.SEENDTC)[:-1] == list(records.SESTDTC)[1:]
        assert records.SESTDTC.iloc[0] == iso(told[subject]["CONSENT_DATE"])
        assert records.SEENDTC.iloc[-1] == iso(told[subject]["STUDY_END_DATE"])
        if given:
            boundaries = [given[0][0], given[-1][1]]
            assert list(records.SESTDTC)[1:] == [b.strftime("%Y-%m-%dT%H:%M") for b in boundaries]


def test_visits_are_numbered_by_plan_and_unscheduled_ones_between(
    example: Example, source: Source
) -> None:
    plan = yaml.safe_load((STUDY / "visits.yaml").read_text(encoding="utf-8"))["rows"]
    number = {label: float(code) for label, _, code, *_ in plan if code}
    name = {label: visit for label, _, _, visit, *_ in plan}
    sv = example.frame("SV")
    by_subject: dict[str, list[dict[str, str]]] = {}
    for row in source("visits"):
        by_subject.setdefault(usubjid(row), []).append(row)
    assert set(sv.USUBJID) == set(by_subject)
    for subject, rows in by_subject.items():
        expected: dict[float, tuple[str, str, str, str]] = {}
        held = sorted((r for r in rows if r["OCCURRED"] != "N"), key=lambda r: r["VISIT_DATE"])
        last, after = 0.0, 0
        for row in held:
            start, end = row["VISIT_DATE"], row["VISIT_END_DATE"]
            if row["VISIT"] == "Unscheduled":
                after += 1
                here = round(last + after / 10, 1)
                expected[here] = (f"UNSCHEDULED {here:g}", start, end, "")
            else:
                here = number[row["VISIT"]]
                after = 0 if here != last else after
                last = here
                before = expected.get(here)
                start = before[1] if before else start  # held again: from the first day to the last
                expected[here] = (name[row["VISIT"]], start, end, "Y")
        for row in rows:
            if row["OCCURRED"] == "N":
                expected[number[row["VISIT"]]] = (name[row["VISIT"]], "", "", "N")
        records = sv[sv.USUBJID == subject]
        found = {
            round(r.VISITNUM, 2): (r.VISIT, r.SVSTDTC, r.SVENDTC, r.SVOCCUR)
            for r in records.itertuples()
        }
        assert found == expected
        assert len(records) == len(expected)


def test_disposition_tells_milestones_and_the_end(example: Example, source: Source) -> None:
    ds = example.frame("DS")
    reason = {
        "1": "WITHDRAWAL BY SUBJECT", "2": "ADVERSE EVENT", "3": "LOST TO FOLLOW-UP",
        "4": "PHYSICIAN DECISION", "5": "LACK OF EFFICACY", "6": "DEATH", "9": "OTHER",
    }  # fmt: skip
    ends = ds[ds.DSSCAT == "STUDY PARTICIPATION"].set_index("USUBJID")
    for row in source("disposition"):
        subject = usubjid(row)
        if row["STUDY_STATUS"] == "4":
            assert subject not in ends.index
            continue
        record = ends.loc[subject]
        assert record.DSSTDTC == iso(row["STUDY_END_DATE"])
        status = {"1": "COMPLETED", "3": "SCREEN FAILURE"}
        assert record.DSDECOD == (status.get(row["STUDY_STATUS"]) or reason[row["WITHDRAW_REASON"]])
    consents = ds[ds.DSDECOD == "INFORMED CONSENT OBTAINED"].set_index("USUBJID").DSSTDTC
    for row in source("disposition"):
        assert consents[usubjid(row)] == iso(row["CONSENT_DATE"])
