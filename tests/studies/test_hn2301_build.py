"""The example study's datasets against its source, computed independently row by row.

Nothing here uses the engine: the source is read with Python's csv module and every expected value
follows from the source and the rule of the standard.
"""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.standards import load_standard
from mg_cdisc.terminology import load_terminology

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
Example = Any  # conftest.Example: tests are no package

WRITTEN = {
    "AE", "CP", "DM", "DS", "EX", "FA", "IE", "IS", "LB", "MH", "QS", "RS", "SE", "SUPPAE", "SUPPDM",
    "SUPPIE", "SV", "TA", "TE", "TI", "TV",
}  # fmt: skip


def rows(name: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    with (STUDY / "source" / f"{name}.csv").open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def usubjid(row: dict[str, str]) -> str:
    return f"HN2301-{row['SUBJECT']}"


def day(text: str, pattern: str) -> date:
    return datetime.strptime(text, pattern).date()


def study_day(when: date, first: date) -> int:
    return (when - first).days + (1 if when >= first else 0)


@pytest.fixture(scope="module")
def first_dose() -> dict[str, datetime]:
    """RFXSTDTC by subject: the earliest infusion given."""
    starts: dict[str, datetime] = {}
    for row in rows("infusion"):
        if row["GIVEN"] == "Y":
            start = datetime.strptime(f"{row['START_DATE']} {row['START_TIME']}", "%Y/%m/%d %H:%M")
            starts[usubjid(row)] = min(start, starts.get(usubjid(row), start))
    return starts


def test_the_expected_datasets_are_written(example: Example) -> None:
    assert set(example.datasets) == WRITTEN


def test_every_source_row_is_accounted_for(example: Example) -> None:
    forms = {account.name: account for account in example.built.accounts}
    for path in sorted((STUDY / "source").glob("*.csv")):
        encoding = "gb18030" if path.stem == "adverse_events" else "utf-8"
        account = forms[path.stem]
        assert account.rows == len(rows(path.stem, encoding))
        assert account.rows == account.used + sum(account.excluded.values()) + account.rejected
        assert account.unaccounted == 0


def test_one_dm_record_per_subject_with_reference_dates(
    example: Example, first_dose: dict[str, datetime]
) -> None:
    dm = example.frame("DM").set_index("USUBJID")
    source = rows("demographics")
    assert sorted(dm.index) == sorted(usubjid(row) for row in source)
    for row in source:
        record = dm.loc[usubjid(row)]
        start = first_dose.get(usubjid(row))
        assert record.RFXSTDTC == (start.strftime("%Y-%m-%dT%H:%M") if start else "")
        assert record.RFSTDTC == record.RFXSTDTC
        assert record.SEX == {"1": "M", "2": "F"}[row["SEX"]]
        assert record.RFICDTC == day(row["CONSENT_DATE"], "%d-%b-%Y").isoformat()
        parts = [row["BIRTH_YEAR"], row["BIRTH_MONTH"], row["BIRTH_DAY"]]
        assert record.BRTHDTC == "-".join(part for part in parts if part)
        assert (record.ARMCD == "") == (start is None)
        assert (record.ARMNRS != "") == (start is None)


def test_age_is_completed_years_at_consent(example: Example) -> None:
    dm = example.frame("DM").set_index("USUBJID")
    for row in rows("demographics"):
        consent = day(row["CONSENT_DATE"], "%d-%b-%Y")
        year, month = int(row["BIRTH_YEAR"]), int(row["BIRTH_MONTH"])
        days = [int(row["BIRTH_DAY"])] if row["BIRTH_DAY"] else [1, 28]
        ages = {
            consent.year - year - ((consent.month, consent.day) < (month, each)) for each in days
        }
        assert len(ages) == 1, "the example has no birth day that leaves the age open"
        assert dm.loc[usubjid(row)].AGE == ages.pop()


def test_adverse_events_carry_dates_days_and_grades(
    example: Example, first_dose: dict[str, datetime]
) -> None:
    ae = example.frame("AE").set_index(["USUBJID", "AESPID"])
    source = rows("adverse_events", "gb18030")
    assert len(ae) == len(source)
    for row in source:
        record = ae.loc[usubjid(row), row["AE_NO"]]
        start = day(row["START_DATE"], "%d/%m/%Y")
        assert record.AESTDTC[:10] == start.isoformat()
        assert record.AESTDTC[11:] == row["START_TIME"]
        assert record.AETOXGR == row["CTC_GRADE"]
        assert record.AESTDY == study_day(start, first_dose[usubjid(row)].date())
        assert record.AETERM == row["AETERM"].strip()
        assert record.AESER == row["SERIOUS"]
    supp = example.frame("SUPPAE")
    emergent = supp[supp.QNAM == "AETRTEM"].set_index(["USUBJID", "IDVARVAL"]).QVAL
    sequence = ae.AESEQ.astype(int).astype(str)
    for row in source:
        key = (usubjid(row), sequence[usubjid(row), row["AE_NO"]])
        assert emergent[key] == row["TREATMENT_EMERGENT"]


def test_epoch_follows_consent_first_and_last_infusion(
    example: Example, first_dose: dict[str, datetime]
) -> None:
    last = {}
    for row in rows("infusion"):
        end = datetime.strptime(f"{row['START_DATE']} {row['END_TIME']}", "%Y/%m/%d %H:%M")
        last[usubjid(row)] = max(end, last.get(usubjid(row), end))
    lb = example.frame("LB")
    for subject, when, epoch in zip(lb.USUBJID, lb.LBDTC, lb.EPOCH, strict=True):
        moment = datetime.fromisoformat(when)
        start = first_dose.get(subject)
        if start is None or moment < start:
            expected = "SCREENING"
        else:
            expected = "TREATMENT" if moment < last[subject] else "FOLLOW-UP"
        assert epoch == expected, (subject, when)


def test_last_result_before_exposure_is_flagged_once(
    example: Example, first_dose: dict[str, datetime]
) -> None:
    lb = example.frame("LB")
    expected = {}
    for record in lb.itertuples():
        start = first_dose.get(record.USUBJID)
        when = datetime.fromisoformat(record.LBDTC)
        if start is not None and when < start and record.LBSTRESC:
            key = (record.USUBJID, record.LBTESTCD)
            if key not in expected or when > expected[key][0]:
                expected[key] = (when, record.LBSEQ)
    flagged = lb[lb.LBLOBXFL == "Y"]
    found = {(r.USUBJID, r.LBTESTCD): r.LBSEQ for r in flagged.itertuples()}
    assert found == {key: seq for key, (_, seq) in expected.items()}


def test_laboratory_units_are_standardised(example: Example) -> None:
    factor = {("HGB", "g/dL"): 10.0, ("CREAT", "mg/dL"): 88.4, ("IGG", "mg/dL"): 0.01}
    digits = {"HGB": 1, "CREAT": 1, "IGG": 2}
    code = {"LYMPH": "LYM", "PLT": "PLAT"}
    lb = example.frame("LB")
    local = lb[lb.LBCAT != "FLOW CYTOMETRY"].set_index(["USUBJID", "LBTESTCD", "LBDTC"])
    source = rows("lab_local")
    assert len(local) == len(source)
    for row in source:
        test = code.get(row["ANALYTE"], row["ANALYTE"])
        when = f"{row['COLLECT_DATE']}T{row['COLLECT_TIME']}".rstrip("T")
        record = local.loc[usubjid(row), test, when]
        if row["DONE"] == "N":
            assert record.LBSTAT == "NOT DONE"
            assert record.LBREASND == row["NOT_DONE_REASON"]
            continue
        value = float(row["RESULT"]) * factor.get((test, row["UNIT"]), 1.0)
        assert record.LBSTRESN == pytest.approx(value, abs=0.5 * 10 ** -digits.get(test, 6))
        assert record.LBSTRESU == {"HGB": "g/L", "CREAT": "umol/L", "IGG": "g/L"}.get(
            test, row["UNIT"]
        )
        low, high = float(row["REF_LOW"] or "-inf"), float(row["REF_HIGH"] or "inf")
        raw = float(row["RESULT"])
        expected = "LOW" if raw < low else "HIGH" if raw > high else "NORMAL"
        assert record.LBNRIND == expected


def test_instrument_scores_and_totals(example: Example) -> None:
    weights = {
        "PTOSIS": (0, 1, 2, 3), "DIPLOPIA": (0, 1, 3, 4), "EYECLOSE": (0, 0, 1, 2),
        "TALK": (0, 2, 4, 6), "CHEW": (0, 2, 4, 6), "SWALLOW": (0, 2, 5, 6),
        "BREATHE": (0, 2, 4, 9), "NECK": (0, 1, 3, 4), "SHOULDER": (0, 2, 4, 5),
        "HIP": (0, 2, 4, 5),
    }  # fmt: skip
    qs = example.frame("QS")
    for form, category, total in (
        ("mgadl", "MG-ADL", "MGADLTOT"), ("qmg", "QMG", "QMGTOT"),
        ("mgc", "MGC", "MGCTOT"), ("mgqol15r", "MG-QOL15R", "MGQOLTOT"),
    ):  # fmt: skip
        records = qs[qs.QSCAT == category]
        by_visit = dict(list(records.groupby(["USUBJID", "QSDTC", "VISIT"])))
        for row in rows(form):
            items = {
                key: value
                for key, value in row.items()
                if "_" in key and key.startswith(("MGADL_", "QMG_", "MGC_", "MGQOL_"))
                and not key.endswith("_TOTAL")
            }  # fmt: skip
            when = row["ASSESS_DATE"] or row["VISIT_DATE"]
            found = by_visit[usubjid(row), when, row["VISIT"].upper()]
            assert len(found) == len(items) + 1
            if row["DONE"] == "N":
                assert set(found.QSSTAT) == {"NOT DONE"}
                continue
            scores = [
                weights[key[4:]][int(value) - 1] if form == "mgc" else int(value)
                for key, value in items.items()
            ]
            collected = found[found.QSTESTCD == total].QSSTRESN.iloc[0]
            assert collected == sum(scores) == found[found.QSTESTCD != total].QSSTRESN.sum()


def test_mg_status_is_about_the_primary_diagnosis(example: Example) -> None:
    fa, mh = example.frame("FA"), example.frame("MH").set_index("USUBJID").MHDECOD
    assert (fa.FAOBJ == fa.USUBJID.map(mh)).all()
    questions = {"WORSENING": "MGWORSE", "RELAPSE": "MGRELAPS", "MIN_MANIFEST": "MGMINMAN"}
    records = fa.set_index(["USUBJID", "FATESTCD", "FADTC"]).FASTRESC
    source = rows("mg_status")
    assert len(fa) == 3 * len(source)
    for row in source:
        for column, code in questions.items():
            assert records[usubjid(row), code, row["ASSESS_DATE"]] == row[column]


def test_subject_elements_meet(example: Example) -> None:
    se = example.frame("SE").sort_values(["USUBJID", "SESEQ"])
    for _, records in se.groupby("USUBJID"):
        assert list(records.SEENDTC)[:-1] == list(records.SESTDTC)[1:]
        assert (records.SESTDTC <= records.SEENDTC).all()


def test_variables_are_those_of_the_implementation_guide(example: Example) -> None:
    guide = load_standard("SDTMIG", "3.4")
    for name, dataset in example.datasets.items():
        facts = {fact.name: fact for fact in guide.variables(name)}
        known = [v.name for v in dataset.variables if v.name in facts]
        assert known == sorted(known, key=lambda each: facts[each].order), name
        for variable in dataset.variables:
            fact = facts.get(variable.name)
            if fact is None:  # a variable of the model that the domain's table does not list
                assert guide.qualifier(guide.datasets[name].cls, variable.name), variable.name
                continue
            assert variable.label == fact.label
            assert variable.is_text == (fact.type == "Char")
        required = {fact.name for fact in facts.values() if fact.core in ("Req", "Exp")}
        assert required <= {variable.name for variable in dataset.variables}, name


def test_coded_values_are_terms(example: Example) -> None:
    terminology = load_terminology("SDTM", "2025-03-28")
    coded = {
        ("DM", "SEX"): "SEX", ("DM", "RACE"): "RACE", ("DM", "ETHNIC"): "ETHNIC",
        ("AE", "AEOUT"): "OUT", ("AE", "AEACN"): "ACN", ("AE", "AESER"): "NY",
        ("EX", "EXDOSU"): "UNIT", ("EX", "EXROUTE"): "ROUTE", ("EX", "EXDOSFRM"): "FRM",
        ("LB", "LBTESTCD"): "LBTESTCD", ("LB", "LBTEST"): "LBTEST", ("LB", "LBSTRESU"): "UNIT",
        ("LB", "LBNRIND"): "NRIND", ("LB", "LBSPEC"): "SPECTYPE", ("LB", "LBMETHOD"): "METHOD",
        ("SE", "EPOCH"): "EPOCH", ("SV", "SVCNTMOD"): "CNTMODE", ("QS", "QSSTAT"): "ND",
        ("FA", "FAEVAL"): "EVAL", ("MH", "MHENRTPT"): "STENRF",
    }  # fmt: skip
    for (dataset, variable), name in coded.items():
        codelist = terminology.codelist(name)
        assert codelist is not None
        values = set(example.frame(dataset)[variable]) - {""}
        assert values <= set(codelist.terms), (dataset, variable)


def test_define_is_valid_and_describes_the_files(example: Example) -> None:
    xml = (example.sdtm / "define.xml").read_bytes()
    assert validate_define(xml) == ()
    assert compare_define(xml, example.datasets) == ()


def test_manifest_names_every_file_with_its_hash(example: Example) -> None:
    manifest = json.loads((example.folder / "manifest.json").read_text(encoding="utf-8"))
    files = {
        path.relative_to(example.folder).as_posix()
        for path in example.folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(manifest["outputs"]) == files
    for name, facts in manifest["outputs"].items():
        digest = hashlib.sha256((example.folder / name).read_bytes()).hexdigest()
        assert digest == facts["sha256"]
    sources = {f"source/{path.name}" for path in (STUDY / "source").iterdir()} - {
        "source/README.md"
    }
    assert sources <= set(manifest["inputs"])


@pytest.mark.parametrize("partitions", [3, 7])
def test_partitions_do_not_change_a_byte(example: Example, tmp_path: Path, partitions: int) -> None:
    from mg_cdisc.pipeline import Options, build_study

    build_study(STUDY, tmp_path, Options(partitions=partitions))
    for path in sorted(example.folder.rglob("*")):
        if path.is_file():
            other = tmp_path / "hn2301" / path.relative_to(example.folder)
            assert other.read_bytes() == path.read_bytes(), path.name
