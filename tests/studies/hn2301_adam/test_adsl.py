"""ADSL against DM, EX, DS and the other domains, subject by subject."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

Facts = Any  # conftest.Facts: tests are no package

SEEN = ("AE", "CM", "CP", "EC", "FA", "IS", "LB", "PR", "QS", "RS", "SV", "VS")


def test_every_subject_once_with_what_dm_says(facts: Facts) -> None:
    dm = {row["USUBJID"]: row for row in facts.table("DM")}
    assert len(facts.table("ADSL")) == len(facts.adsl)
    assert set(facts.adsl) == set(dm)
    for subject, row in facts.adsl.items():
        told = dm[subject]
        for name in ("STUDYID", "SUBJID", "SITEID", "COUNTRY", "AGE", "AGEU", "SEX", "RACE",
                     "ETHNIC", "ARM", "ACTARM", "DTHFL"):  # fmt: skip
            facts.same(row[name], told[name], subject, name)
        assert row["TRT01P"] == told["ARM"]
        assert row["TRT01A"] == told["ACTARM"]
        facts.same(row["RFICDT"], facts.sas(facts.day_of(told["RFICDTC"])), subject)
        facts.same(row["DTHDT"], facts.sas(facts.day_of(told["DTHDTC"])), subject)
        group = 1 if row["AGE"] < 40 else 2 if row["AGE"] < 60 else 3
        assert row["AGEGR1N"] == group
        assert row["AGEGR1"] == ("<40", "40-59", ">=60")[group - 1]


def test_treatment(facts: Facts) -> None:
    for subject, row in facts.adsl.items():
        given = facts.infusions.get(subject, [])
        starts = [facts.moment(each["EXSTDTC"]) for each in given]
        ends = [facts.moment(each["EXENDTC"]) for each in given]
        assert row["NINFUS"] == len(given)
        if not given:
            for name in (
                "TRTSDT",
                "TRTSDTM",
                "TRTEDT",
                "TRTEDTM",
                "TRTDURD",
                "CUMDOSE",
                "CUMDOSEU",
            ):
                assert facts.none(row[name]), (subject, name)
            assert row["TRT01P"] == row["TRT01A"] == ""
            continue
        assert row["TRTSDTM"] == facts.seconds(min(starts))
        assert row["TRTSDT"] == facts.sas(min(starts).date())
        assert row["TRTEDTM"] == facts.seconds(max(ends))
        assert row["TRTEDT"] == facts.sas(max(ends).date())
        assert row["TRTDURD"] == (max(ends).date() - min(starts).date()).days + 1
        facts.same(row["CUMDOSE"], sum(each["EXDOSE"] for each in given), subject)
        assert {row["CUMDOSEU"]} == {each["EXDOSU"] for each in given}
    assert facts.adsl["HN2301-01-005"]["NINFUS"] == 2  # the third infusion was not given


def test_populations(facts: Facts) -> None:
    enrolled = {
        row["USUBJID"]: row["DSSTDTC"]
        for row in facts.table("DS")
        if row["DSDECOD"] == "ELIGIBILITY CRITERIA MET"
    }
    quantified = {
        row["USUBJID"]
        for row in facts.table("CP")
        if row["CPTESTCD"] == "TLSTLY" and not facts.none(row["CPSTRESN"])
        and row["CPDTC"] > facts.first.get(row["USUBJID"], "9")
    }  # fmt: skip
    for subject, row in facts.adsl.items():
        treated = subject in facts.start
        found = subject in enrolled
        facts.same(row["ENRLDT"], facts.sas(facts.day_of(enrolled.get(subject, ""))), subject)
        assert row["ENRLFL"] == ("Y" if found else "N")
        assert row["SAFFL"] == ("Y" if treated else "N")
        assert row["FASFL"] == ("Y" if treated and found else "N")
        after = [
            each for each in facts.totals.get((subject, "MG-ADL"), ())
            if treated and facts.study_day(each[0], facts.start[subject]) >= 11
        ]  # fmt: skip
        evaluable = treated and found and (subject, "MG-ADL") in facts.baselines and bool(after)
        assert row["EFFFL"] == ("Y" if evaluable else "N"), subject
        assert row["KINFL"] == ("Y" if subject in quantified else "N"), subject


def test_disposition_and_end_of_treatment(facts: Facts) -> None:
    ends = {r["USUBJID"]: r for r in facts.table("DS") if r["DSSCAT"] == "STUDY PARTICIPATION"}
    stops = {r["USUBJID"]: r for r in facts.table("DS") if r["DSSCAT"] == "STUDY TREATMENT"}

    def status(told: dict[str, Any] | None) -> tuple[str, str, str]:
        if told is None:
            return "ONGOING", "", ""
        if told["DSDECOD"] == "COMPLETED":
            return "COMPLETED", "", ""
        detail = told["DSTERM"] if told["DSTERM"] != told["DSDECOD"] else ""
        return "DISCONTINUED", told["DSDECOD"], detail

    for subject, row in facts.adsl.items():
        end = ends.get(subject)
        study = status(end) if row["ENRLFL"] == "Y" else ("", "", "")
        assert (row["EOSSTT"], row["DCSREAS"], row["DCSREASP"]) == study, subject
        day = facts.day_of(end["DSSTDTC"]) if end and row["ENRLFL"] == "Y" else None
        facts.same(row["EOSDT"], facts.sas(day), subject)
        treatment = status(stops.get(subject)) if subject in facts.start else ("", "", "")
        assert (row["EOTSTT"], row["DCTREAS"], row["DCTREASP"]) == treatment, subject
    assert facts.adsl["HN2301-01-005"]["DCTREAS"] == "ADVERSE EVENT"


def test_death_last_contact_and_follow_up(facts: Facts) -> None:
    ends = {r["USUBJID"]: r for r in facts.table("DS") if r["DSSCAT"] == "STUDY PARTICIPATION"}
    seen: dict[str, list[date]] = defaultdict(list)
    for name in SEEN:
        for row in facts.table(name):
            for variable in (f"{name}DTC", f"{name}STDTC"):
                when = facts.day_of(row.get(variable, ""))
                if when is not None:
                    seen[row["USUBJID"]].append(when)
    fatal = {row["USUBJID"]: row["AEDECOD"] for row in facts.table("AE") if row["AESDTH"] == "Y"}
    for subject, row in facts.adsl.items():
        last, end = max(seen[subject]), ends.get(subject)
        if not facts.none(row["DTHDT"]):
            assert end is not None
            assert end["DSDECOD"] == "DEATH"
            last = facts.date_of(row["DTHDT"])
        elif end is not None and end["DSDECOD"] != "LOST TO FOLLOW-UP":
            last = max(last, facts.day_of(end["DSSTDTC"]) or last)
        facts.same(row["LSTALVDT"], facts.sas(last), subject)
        assert row["DTHCAUS"] == fatal.get(subject, "")
        if subject in facts.start:
            months = ((last - facts.start[subject]).days + 1) / 30.4375
            facts.same(row["FUPMON"], facts.rounded(months, 2), subject)
            assert row["FUPDT"] == row["LSTALVDT"]
        else:
            assert facts.none(row["FUPMON"])
            assert facts.none(row["FUPDT"])


def test_the_disease_at_screening(facts: Facts) -> None:
    for row in facts.table("RS"):
        told = facts.adsl[row["USUBJID"]]
        assert told["MGFACL"] == row["RSSTRESC"]
        assert told["MGFAGR1"] == row["RSSTRESC"].rstrip("ab")
    status: dict[str, dict[str, str]] = defaultdict(dict)
    for row in facts.table("IS"):
        if row["ISCAT"] == "AUTOANTIBODY STATUS":
            status[row["USUBJID"]][row["ISBDAGNT"][:6]] = row["ISSTRESC"]
    short = {"ACETYL": "ACHR", "MUSCLE": "MUSK", "LOW-DE": "LRP4"}
    for subject, found in status.items():
        for agent, name in short.items():
            assert facts.adsl[subject][f"{name}STAT"] == found.get(agent, "")
        positive = [short[agent] for agent, result in found.items() if result == "POSITIVE"]
        assert len(positive) < 2
        expected = f"{positive[0]} POSITIVE" if positive else "SERONEGATIVE"
        assert facts.adsl[subject]["ABSTAT"] == expected
    for row in facts.table("MH"):
        if row["MHCAT"] == "PRIMARY DIAGNOSIS":
            parts = row["MHSTDTC"].split("-")
            flag = {3: "", 2: "D", 1: "M"}[len(parts)]
            middle = {3: [], 2: ["15"], 1: ["06", "30"]}[len(parts)]
            when = date.fromisoformat("-".join([*parts, *middle]))
            told = facts.adsl[row["USUBJID"]]
            assert told["DIAGDTF"] == flag
            facts.same(told["DIAGDT"], facts.sas(when), row["USUBJID"], row["MHSTDTC"])
            years = (told["RFICDT"] - told["DIAGDT"] + 1) / 365.25
            facts.same(told["MGDURY"], facts.rounded(years, 1), row["USUBJID"])
    consent = {row["USUBJID"]: row["RFICDTC"] for row in facts.table("DM")}
    prior = {
        row["USUBJID"] for row in facts.table("PR")
        if row["PRDECOD"] == "THYMECTOMY"
        and row["PRSTDTC"] < consent[row["USUBJID"]][: len(row["PRSTDTC"])]
    }  # fmt: skip
    assert {subject for subject, row in facts.adsl.items() if row["THYMFL"] == "Y"} == prior
    assert {row["THYMFL"] for row in facts.adsl.values()} == {"Y", "N"}


def test_baseline_scores(facts: Facts) -> None:
    names = dict(zip(facts.total, ("BMGADL", "BQMG", "BMGC", "BMGQOL"), strict=True))
    for subject, row in facts.adsl.items():
        for instrument, name in names.items():
            facts.same(row[name], facts.baselines.get((subject, instrument)), subject, name)


def test_flags_of_populations_are_never_blank(facts: Facts) -> None:
    for row in facts.adsl.values():
        for name in ("ENRLFL", "SAFFL", "FASFL", "EFFFL", "KINFL", "BSTERFL"):
            assert row[name] in ("Y", "N")


def test_subjects_never_treated_are_in_adsl_and_nowhere_else(facts: Facts) -> None:
    never = set(facts.adsl) - set(facts.start)
    assert {"HN2301-02-002", "HN2301-02-005", "HN2301-03-006"} <= never
    for name in ("ADAE", "ADCM", "ADLB", "ADQS", "ADRS", "ADTTE"):
        assert not never & {row["USUBJID"] for row in facts.table(name)}, name
