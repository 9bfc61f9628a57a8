"""The invented example source of study HN2301: the committed files are what the generator writes,
and what they say is plausible and agrees between forms.

The files are read here with the standard library and openpyxl, never with the package.
"""

import csv
import importlib.util
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

STUDY = Path(__file__).parents[2] / "mapping_specs" / "hn2301"
SOURCE = STUDY / "source"
Rows = list[dict[str, str]]

CSV_FILES = {
    "adverse_events": ("gb18030", "%d/%m/%Y", ("AE_NO",)),
    "demographics": ("utf-8", "%d-%b-%Y", ()),
    "disposition": ("utf-8", "%d-%b-%Y", ()),
    "infusion": ("utf-8", "%Y/%m/%d", ("INF_NO",)),
    "lab_local": ("utf-8", "%Y-%m-%d", ("VISIT", "COLLECT_DATE", "COLLECT_TIME", "ANALYTE")),
    "mg_history": ("utf-8", "%Y-%m-%d", ()),
    "mg_status": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
    "mgadl": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
    "mgc": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
    "mgqol15r": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
    "qmg": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
    "visits": ("utf-8", "%Y-%m-%d", ("VISIT", "VISIT_DATE")),
}
PLANNED = {  # visit: flow laboratory's code, study day, window
    "Screening": ("SCR", None, None),
    "Baseline": ("D-1", -1, 0),
    "Day 1": ("D1", 1, 0),
    "Day 3": ("D3", 3, 0),
    "Day 5": ("D5", 5, 0),
    "Day 7": ("D7", 7, 1),
    "Day 10": ("D10", 10, 1),
    "Day 14": ("D14", 14, 2),
    "Day 28": ("D28", 28, 3),
    "Month 2": ("M2", 60, 7),
    "Month 3": ("M3", 90, 7),
    "Month 6": ("M6", 180, 14),
    "Month 9": ("M9", 270, 14),
    "Month 12": ("M12", 360, 14),
    "Early Termination": ("ET", None, None),
}
# Allowed scores of the published instruments, in the order of the forms' answer codes.
FOUR, THREE = (0, 1, 2, 3), (0, 1, 2)
MGC_SCORES = {
    "MGC_PTOSIS": (0, 1, 2, 3),
    "MGC_DIPLOPIA": (0, 1, 3, 4),
    "MGC_EYECLOSE": (0, 0, 1, 2),
    "MGC_TALK": (0, 2, 4, 6),
    "MGC_CHEW": (0, 2, 4, 6),
    "MGC_SWALLOW": (0, 2, 5, 6),
    "MGC_BREATHE": (0, 2, 4, 9),
    "MGC_NECK": (0, 1, 3, 4),
    "MGC_SHOULDER": (0, 2, 4, 5),
    "MGC_HIP": (0, 2, 4, 5),
}


def read(name: str, folder: Path = SOURCE) -> Rows:
    with (folder / f"{name}.csv").open(encoding=CSV_FILES[name][0], newline="") as file:
        return list(csv.DictReader(file, strict=True))


def flow_rows(folder: Path = SOURCE) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(folder / "flow_cytometry.xlsx")
    header, *rows = book["Results"].iter_rows(values_only=True)
    return [dict(zip((str(name) for name in header), row, strict=True)) for row in rows]


def day(text: str, name: str) -> date:
    return datetime.strptime(text, CSV_FILES[name][1]).date()


def by_subject(rows: Rows) -> dict[str, Rows]:
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[row["SUBJECT"]].append(row)
    return groups


def first_infusions() -> dict[str, date]:
    return {
        row["SUBJECT"]: day(row["START_DATE"], "infusion")
        for row in read("infusion")
        if row["INF_NO"] == "1"
    }


def study_day(when: date, first: date) -> int:
    away = (when - first).days
    return away + 1 if away >= 0 else away


def contents(path: Path) -> object:
    """A file's bytes; a workbook's parts, since compressed bytes depend on the zlib in use."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return [(part.filename, part.date_time, book.read(part)) for part in book.infolist()]


@pytest.fixture(scope="module")
def generate() -> Callable[[Path, int, int], None]:
    path = STUDY / "generate_source.py"
    spec = importlib.util.spec_from_file_location("generate_source_hn2301", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    function: Callable[[Path, int, int], None] = module.generate
    return function


# ------------------------------------------------------------------ the generator


def test_the_committed_files_are_what_the_generator_writes(
    generate: Callable[[Path, int, int], None], tmp_path: Path
) -> None:
    generate(tmp_path, 8, 2301)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {path.name for path in SOURCE.iterdir()} - {"README.md"}
    assert written == {f"{name}.csv" for name in CSV_FILES} | {"flow_cytometry.xlsx"}
    for name in sorted(written):
        assert contents(tmp_path / name) == contents(SOURCE / name), name


def test_the_first_subjects_do_not_depend_on_how_many_there_are(
    generate: Callable[[Path, int, int], None], tmp_path: Path
) -> None:
    generate(tmp_path, 30, 2301)
    assert len(read("demographics", tmp_path)) == 30
    for name in CSV_FILES:
        few = read(name)
        assert read(name, tmp_path)[: len(few)] == few, name
    few_samples = flow_rows()
    assert flow_rows(tmp_path)[: len(few_samples)] == few_samples


def test_another_seed_gives_other_people(
    generate: Callable[[Path, int, int], None], tmp_path: Path
) -> None:
    generate(tmp_path, 8, 1)
    for name in ("demographics", "lab_local", "mgadl"):
        assert read(name, tmp_path) != read(name), name


def test_the_generator_shares_no_code_with_the_package() -> None:
    imports = re.findall(
        r"^(?:import|from) (\w+)", (STUDY / "generate_source.py").read_text(encoding="utf-8"), re.M
    )
    assert {name for name in imports if name not in sys.stdlib_module_names} == {"xlsxwriter"}


# ------------------------------------------------------------------ the files


def test_the_readme_says_that_all_is_invented_and_names_every_column() -> None:
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    assert "**All data in this folder are invented.**" in readme
    words = set(re.findall(r"\w+", readme))
    for name in CSV_FILES:
        assert f"{name}.csv" in readme
        missing = set(read(name)[0]) - words
        assert not missing, (name, missing)
    for column in flow_rows()[0]:
        assert column in readme
    about = openpyxl.load_workbook(SOURCE / "flow_cytometry.xlsx")["About"]
    assert "INVENTED" in str(about["A1"].value)


@pytest.mark.parametrize("name", CSV_FILES)
def test_csv_form(name: str) -> None:
    encoding, _, key = CSV_FILES[name]
    raw = (SOURCE / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not raw.startswith(b"\xef\xbb\xbf")
    if name == "adverse_events":  # so that declaring the encoding matters
        with pytest.raises(UnicodeDecodeError):
            raw.decode("utf-8")
    else:
        raw.decode(encoding)
    rows = read(name)
    sites = {row["SUBJECT"]: row["SITE"] for row in read("demographics")}
    seen = set()
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert row["SITE"] == sites[row["SUBJECT"]]
        assert re.fullmatch(r"0[123]-\d{3}", row["SUBJECT"])
        assert row["VISIT"] in PLANNED
        typed = datetime.fromisoformat(row["AUDIT_TIME"])
        assert typed.utcoffset() == timedelta(hours=8)
        for column, value in row.items():
            if column.endswith("_DATE") and value and column != "DIAG_DATE":
                assert day(value, name) <= typed.date(), column
            elif column.endswith("_TIME") and value and column != "AUDIT_TIME":
                assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value), column
        seen.add((row["SUBJECT"], *(row[column] for column in key)))
    assert len(seen) == len(rows), "the record key is not unique"


# ------------------------------------------------------------------ who the subjects are


def test_subjects_and_their_fates() -> None:
    fates = {row["SUBJECT"]: row["STUDY_STATUS"] for row in read("disposition")}
    assert fates == {
        "01-001": "1",
        "02-001": "1",
        "03-001": "1",
        "01-002": "1",
        "02-002": "3",
        "03-002": "1",
        "01-003": "2",
        "02-003": "1",
    }
    assert list(fates) == [row["SUBJECT"] for row in read("demographics")]
    assert set(first_infusions()) == set(fates) - {"02-002"}
    assert all(first.year == 2025 for first in first_infusions().values())


def test_demographics() -> None:
    rows = read("demographics")
    for row in rows:
        site = int(row["SITE"])
        assert row["SITE_NAME"] == f"Example Hospital {'ABC'[site - 1]}"
        consent = day(row["CONSENT_DATE"], "demographics")
        assert consent.year - int(row["BIRTH_YEAR"]) - 1 >= 18
        assert 1 <= int(row["BIRTH_MONTH"]) <= 12
        assert row["BIRTH_DAY"] or int(row["BIRTH_MONTH"]) != consent.month
        assert row["SEX"] in {"1", "2"}
        assert (row["RACE"] == "9") == bool(row["RACE_OTHER"])
    assert any(not row["BIRTH_DAY"] for row in rows)
    assert {row["SEX"] for row in rows} == {"1", "2"}
    assert sum(row["RACE"] == "9" for row in rows) == 1


def test_mg_history() -> None:
    rows = read("mg_history")
    assert {len(row["DIAG_DATE"]) for row in rows} == {4, 7, 10}
    for row in rows:
        assert row["PT_NAME"] == "Myasthenia gravis"
        assert row["MGFA_CLASS"] in {"IIa", "IIb", "IIIa", "IIIb", "IVa", "IVb"}
        assert [row["ACHR_AB"], row["MUSK_AB"], row["LRP4_AB"]].count("1") <= 1
        assert int(row["DIAG_DATE"][:4]) < 2025


# ------------------------------------------------------------------ visits and treatment


def test_visits_are_held_in_their_windows_and_in_order() -> None:
    firsts = first_infusions()
    for subject, rows in by_subject(read("visits")).items():
        held = [row for row in rows if row["OCCURRED"] == "Y"]
        starts = [day(row["VISIT_DATE"], "visits") for row in held]
        assert starts == sorted(set(starts))
        assert [row["VISIT"] for row in rows] == [
            v for v in PLANNED if v in {r["VISIT"] for r in rows}
        ]
        if subject not in firsts:
            assert [row["VISIT"] for row in rows] == ["Screening"]
            continue
        for row, start in zip(held, starts, strict=True):
            at = study_day(start, firsts[subject])
            _, planned, window = PLANNED[row["VISIT"]]
            end = day(row["VISIT_END_DATE"], "visits")
            if planned is not None and window is not None:
                assert abs(at - planned) <= window, (subject, row["VISIT"])
                assert end == start
            elif row["VISIT"] == "Screening":
                assert -28 <= at < study_day(end, firsts[subject]) <= -2


def test_which_visits_were_not_held() -> None:
    visits = by_subject(read("visits"))
    missed = [(r["SUBJECT"], r["VISIT"]) for r in read("visits") if r["OCCURRED"] == "N"]
    assert missed == [("02-003", "Month 9")]
    withdrawn = [row["VISIT"] for row in visits["01-003"]]
    assert withdrawn[-2:] == ["Month 3", "Early Termination"]
    for subject in set(visits) - {"02-002", "01-003"}:
        assert [row["VISIT"] for row in visits[subject]] == list(PLANNED)[:-1]


def test_other_forms_lie_within_the_visits_held() -> None:
    held = {(row["SUBJECT"], row["VISIT"]): row for row in read("visits") if row["OCCURRED"] == "Y"}
    for name in CSV_FILES:
        for row in read(name):
            if row["VISIT_DATE"]:
                visit = held[row["SUBJECT"], row["VISIT"]]
                assert day(row["VISIT_DATE"], name) == day(visit["VISIT_DATE"], "visits"), name
            for column in ("ASSESS_DATE", "COLLECT_DATE", "ANTIBODY_DATE"):
                if row.get(column):
                    assert visit["VISIT_DATE"] <= row[column] <= visit["VISIT_END_DATE"], name


def test_infusions() -> None:
    firsts = first_infusions()
    for subject, rows in by_subject(read("infusion")).items():
        assert [row["PLANNED_DAY"] for row in rows] == ["1", "3", "5"]
        assert len({row["DOSE"] for row in rows}) == 1
        for row in rows:
            given = day(row["START_DATE"], "infusion")
            assert study_day(given, firsts[subject]) == int(row["PLANNED_DAY"])
            assert row["VISIT"] == f"Day {row['PLANNED_DAY']}"
            assert row["GIVEN"] == "Y"
            assert row["DOSE"] in {"1", "2"}
            assert row["DOSE_UNIT"] == "mg"
            assert "09:00" < row["START_TIME"] < row["END_TIME"]


def test_disposition() -> None:
    consents = {row["SUBJECT"]: row["CONSENT_DATE"] for row in read("demographics")}
    visits = by_subject(read("visits"))
    infusions = by_subject(read("infusion"))
    for row in read("disposition"):
        subject = row["SUBJECT"]
        last = visits[subject][-1]
        assert row["CONSENT_DATE"] == consents[subject]
        assert row["VISIT"] == last["VISIT"]
        assert row["LAST_CONTACT_DATE"] == row["STUDY_END_DATE"]
        ended = day(row["STUDY_END_DATE"], "disposition")
        if row["STUDY_STATUS"] == "3":
            assert row["ELIGIBLE"] == "N"
            assert row["FAILED_CRITERION"] == "EXCL04"
            assert row["TRT_STATUS"] == "0"
            assert row["TRT_END_DATE"] == ""
            assert ended > day(last["VISIT_DATE"], "visits")
        else:
            assert row["ELIGIBLE"] == "Y"
            assert row["TRT_STATUS"] == "1"
            dosed = day(infusions[subject][-1]["START_DATE"], "infusion")
            assert day(row["TRT_END_DATE"], "disposition") == dosed
            assert ended == day(last["VISIT_DATE"], "visits")
        assert (row["STUDY_STATUS"] == "2") == bool(row["WITHDRAW_REASON"])


# ------------------------------------------------------------------ adverse events


def test_adverse_events() -> None:
    firsts = first_infusions()
    ends = {r["SUBJECT"]: day(r["STUDY_END_DATE"], "disposition") for r in read("disposition")}
    consents = {r["SUBJECT"]: day(r["CONSENT_DATE"], "demographics") for r in read("demographics")}
    rows = read("adverse_events")
    for subject, events in by_subject(rows).items():
        assert [row["AE_NO"] for row in events] == [str(n) for n in range(1, len(events) + 1)]
        for row in events:
            start = day(row["START_DATE"], "adverse_events")
            assert consents[subject] <= start <= ends[subject]
            assert start <= day(row["VISIT_DATE"], "adverse_events")
            assert (row["TREATMENT_EMERGENT"] == "Y") == (start >= firsts[subject])
            assert (row["ONGOING"] == "Y") == (row["END_DATE"] == "") == (row["OUTCOME"] == "3")
            if row["END_DATE"]:
                assert start <= day(row["END_DATE"], "adverse_events") <= ends[subject]
            dosing = firsts[subject] <= start <= firsts[subject] + timedelta(days=4)
            assert row["ACTION"] == ("1" if dosing else "9")
            criteria = [row[column] for column in row if column.startswith("SER_")]
            assert len(criteria) == 6
            assert ("Y" in criteria) == (row["SERIOUS"] == "Y")
            assert set(criteria) <= ({"Y", "N"} if row["SERIOUS"] == "Y" else {""})
            assert re.search(r"[\u4e00-\u9fff]", row["AETERM_CN"])
            assert row["AETERM"].isascii()
    assert {row["CTC_GRADE"] for row in rows} == {"1", "2", "3"}
    assert {row["INTEREST"] for row in rows} == {"CRS", "INFECTION", "CYTOPENIA", "NONE"}
    assert all(int(row["CTC_GRADE"]) <= 2 for row in rows if row["INTEREST"] == "CRS")
    assert sum(row["SERIOUS"] == "Y" for row in rows) == 1
    assert sum(row["TREATMENT_EMERGENT"] == "N" for row in rows) == 1
    assert any(not row["START_TIME"] for row in rows)


def test_infusion_reactions_happen_during_the_first_infusion() -> None:
    first = {r["SUBJECT"]: r for r in read("infusion") if r["INF_NO"] == "1"}
    reactions = [r for r in read("adverse_events") if r["PT_NAME"] == "Infusion reaction"]
    assert reactions
    for row in reactions:
        given = first[row["SUBJECT"]]
        assert given["START_TIME"] < row["START_TIME"] < given["END_TIME"]


def test_the_invented_dictionary() -> None:
    names: dict[str, str] = {}
    parents: dict[str, str] = {}
    levels = ("LLT", "PT", "HLT", "HLGT", "SOC")
    for row in (*read("adverse_events"), *read("mg_history")):
        for number, level in enumerate(levels, 91):
            code = row[f"{level}_CODE"]
            assert re.fullmatch(rf"{number}\d{{6}}", code)
            assert names.setdefault(code, row[f"{level}_NAME"]) == row[f"{level}_NAME"]
        for low, high in pairwise(levels):
            code, parent = row[f"{low}_CODE"], row[f"{high}_CODE"]
            assert parents.setdefault(code, parent) == parent
    for number in range(91, 96):
        level_names = [name for code, name in names.items() if code.startswith(str(number))]
        assert len(set(level_names)) == len(level_names)


def test_cytopenias_show_in_the_laboratory() -> None:
    limits = {"Neutropenia": ("NEUT", 1.0, 1.5), "Lymphopenia": ("LYMPH", 0.5, 0.8)}
    lab = {(r["SUBJECT"], r["VISIT"], r["ANALYTE"]): r for r in read("lab_local")}
    found = [r for r in read("adverse_events") if r["PT_NAME"] in limits]
    assert {row["PT_NAME"] for row in found} == set(limits)
    for row in found:
        analyte, low, high = limits[row["PT_NAME"]]  # of CTCAE v5 grade 2, in 10^9/L
        assert row["CTC_GRADE"] == "2"
        assert low <= float(lab[row["SUBJECT"], row["VISIT"], analyte]["RESULT"]) < high
        assert lab[row["SUBJECT"], row["VISIT"], analyte]["ABNORMAL"] == "L"


# ------------------------------------------------------------------ instruments


@pytest.mark.parametrize(
    ("name", "items", "codes", "most"),
    [
        ("mgadl", 8, FOUR, 24),
        ("qmg", 13, FOUR, 39),
        ("mgqol15r", 15, THREE, 30),
        ("mgc", 10, (1, 2, 3, 4), 50),
    ],
)
def test_totals_are_the_sums_of_scores(
    name: str, items: int, codes: tuple[int, ...], most: int
) -> None:
    prefix = "MGQOL" if name == "mgqol15r" else name.upper()
    for row in read(name):
        answers = {c: v for c, v in row.items() if c.startswith(prefix) and not c.endswith("TOTAL")}
        assert len(answers) == items
        if row["DONE"] == "N":
            assert row["NOT_DONE_REASON"]
            assert {*answers.values(), row[f"{prefix}_TOTAL"], row["ASSESS_DATE"]} == {""}
            continue
        assert not row["NOT_DONE_REASON"]
        assert {int(code) for code in answers.values()} <= set(codes)
        scores = [
            MGC_SCORES[item][int(code) - 1] if name == "mgc" else int(code)
            for item, code in answers.items()
        ]
        assert int(row[f"{prefix}_TOTAL"]) == sum(scores) <= most


def test_when_the_instruments_are_asked() -> None:
    due = [v for v in PLANNED if v not in {"Day 1", "Day 3", "Day 5", "Day 7", "Day 10"}]
    held = {(r["SUBJECT"], r["VISIT"]) for r in read("visits") if r["OCCURRED"] == "Y"}
    expected = {(subject, visit) for subject, visit in held if visit in due}
    for name in ("mgadl", "qmg", "mgc", "mgqol15r"):
        assert {(r["SUBJECT"], r["VISIT"]) for r in read(name)} == expected, name
    status = {(r["SUBJECT"], r["VISIT"]) for r in read("mg_status")}
    assert status == {(s, v) for s, v in expected if v not in {"Screening", "Baseline"}}
    not_done = [
        (name, row["SUBJECT"], row["VISIT"])
        for name in ("mgadl", "qmg", "mgc", "mgqol15r", "mg_status")
        for row in read(name)
        if row["DONE"] == "N"
    ]
    assert not_done == [("qmg", "02-001", "Month 2")]


def test_scores_improve_together() -> None:
    improved = defaultdict(list)
    for name, total in (
        ("mgadl", "MGADL_TOTAL"),
        ("qmg", "QMG_TOTAL"),
        ("mgc", "MGC_TOTAL"),
        ("mgqol15r", "MGQOL_TOTAL"),
    ):
        for subject, rows in by_subject(read(name)).items():
            scores = {r["VISIT"]: int(r[total]) for r in rows if r["DONE"] == "Y"}
            if "Month 3" in scores:
                improved[name].append((subject, scores["Baseline"] - scores["Month 3"]))
    for subject, drop in improved["mgadl"]:
        if subject == "01-003":  # withdrew, did not respond
            assert drop < 2
        else:
            assert 2 <= drop <= 7
    responders = [subject for subject, drop in improved["mgadl"] if drop >= 2]
    for name in ("qmg", "mgc", "mgqol15r"):
        assert all(drop > 0 for subject, drop in improved[name] if subject in responders), name


def test_mg_status() -> None:
    relapses = [(r["SUBJECT"], r["VISIT"]) for r in read("mg_status") if r["RELAPSE"] == "Y"]
    assert relapses == [("01-002", "Month 9")]
    for row in read("mg_status"):
        assert {row["WORSENING"], row["RELAPSE"], row["MIN_MANIFEST"]} <= {"Y", "N"}
        assert row["RELAPSE"] == "N" or row["WORSENING"] == "Y"
    assert any(row["MIN_MANIFEST"] == "Y" for row in read("mg_status"))


# ------------------------------------------------------------------ laboratories


def test_local_laboratory() -> None:
    rows = read("lab_local")
    units = defaultdict(set)
    infusion_start = {(r["SUBJECT"], r["VISIT"]): r["START_TIME"] for r in read("infusion")}
    for row in rows:
        if row["DONE"] == "N":
            assert {row[c] for c in ("RESULT", "UNIT", "REF_LOW", "REF_HIGH", "ABNORMAL")} == {""}
            assert row["NOT_DONE_REASON"]
            continue
        value, low, high = (float(row[c]) for c in ("RESULT", "REF_LOW", "REF_HIGH"))
        flag = "L" if value < low else "H" if value > high else "N"
        assert row["ABNORMAL"] == flag
        assert 0 <= value < 25 * high
        units[row["ANALYTE"], row["SITE"]].add(row["UNIT"])
        dosed = infusion_start.get((row["SUBJECT"], row["VISIT"]))
        assert row["PREDOSE"] == ("Y" if dosed else "")
        assert dosed is None or row["COLLECT_TIME"] < dosed
    assert all(len(spelled) == 1 for spelled in units.values())
    differing = {
        a for a, _ in units if len({*units[a, "01"], *units[a, "02"], *units[a, "03"]}) > 1
    }
    assert differing == {"HGB", "IGG", "CREAT"}
    held = sum(r["OCCURRED"] == "Y" for r in read("visits"))
    assert len(rows) == held * 12
    assert [(r["SUBJECT"], r["VISIT"], r["ANALYTE"]) for r in rows if r["DONE"] == "N"] == [
        ("03-001", "Month 3", "ALB")
    ]


def test_reference_limits_are_the_same_in_every_unit() -> None:
    factors = {"g/dL": 10.0, "umol/L": 1.0}  # to the usual unit
    limits = defaultdict(list)
    sexes = {r["SUBJECT"]: r["SEX"] for r in read("demographics")}
    for row in read("lab_local"):
        if row["DONE"] == "Y":
            factor = factors.get(row["UNIT"], 1.0)
            if row["UNIT"] == "mg/dL":
                factor = 0.01 if row["ANALYTE"] == "IGG" else 88.4
            for column in ("REF_LOW", "REF_HIGH"):
                key = row["ANALYTE"], sexes[row["SUBJECT"]], column
                limits[key].append(float(row[column]) * factor)
    for key, same in limits.items():
        assert max(same) == pytest.approx(min(same), rel=0.02), key


def test_leukocytes_exceed_their_parts() -> None:
    cells: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in read("lab_local"):
        if row["PANEL"] == "HAEMATOLOGY":
            cells[row["SUBJECT"], row["VISIT"]][row["ANALYTE"]] = float(row["RESULT"])
    for counts in cells.values():
        assert counts["WBC"] > counts["NEUT"] + counts["LYMPH"]


def test_flow_cytometry() -> None:
    codes = {code: visit for visit, (code, _, _) in PLANNED.items()}
    held = {(row["SUBJECT"], row["VISIT"]): row for row in read("visits") if row["OCCURRED"] == "Y"}
    infusion_start = {(r["SUBJECT"], r["VISIT"]): r["START_TIME"] for r in read("infusion")}
    b_cells: dict[str, dict[str, float]] = defaultdict(dict)
    car: dict[str, dict[str, float]] = defaultdict(dict)
    seen, samples = set(), set()
    for row in flow_rows():
        match = re.fullmatch(r"HN2301/(\d\d)/(\d{3})", row["Subject ID"])
        assert match is not None
        key = f"{match[1]}-{match[2]}", codes[row["Visit"]]
        seen.add(key)
        samples.add(row["Sample ID"])
        assert isinstance(row["Collected"], datetime)
        assert isinstance(row["Received"], datetime)
        collected = row["Collected"].date().isoformat()
        assert held[key]["VISIT_DATE"] <= collected <= held[key]["VISIT_END_DATE"]
        assert key not in infusion_start or f"{row['Collected']:%H:%M}" < infusion_start[key]
        count, lymphocytes = row["CD19+ B cells [cells/uL]"], row["Lymphocytes [cells/uL]"]
        ratio = row["CD19+ B cells [% of lymphocytes]"]
        assert ratio == pytest.approx(count / lymphocytes * 100, abs=0.011)
        assert 0 < row["Naive B cells [% of B cells]"] + row["Memory B cells [% of B cells]"] <= 100
        b_cells[key[0]][key[1]] = count
        percent, absolute = row["CAR+ cells [% of T cells]"], row["CAR+ T cells [cells/uL]"]
        assert (percent is None) == (absolute is None)
        if percent is not None:
            car[key[0]][key[1]] = percent
    assert seen == set(held)
    assert len(samples) == len(seen)
    for subject in first_infusions():
        counts = b_cells[subject]
        assert counts["Baseline"] >= 50
        assert counts["Day 14"] < 0.05 * counts["Baseline"]
        if "Month 6" in counts:
            assert counts["Month 6"] > 0.4 * counts["Baseline"]
        assert set(car[subject]) == set(list(PLANNED)[:9])
        assert car[subject]["Screening"] == car[subject]["Baseline"] == car[subject]["Day 1"] == 0
        assert max(car[subject], key=lambda v: car[subject][v]) in {"Day 5", "Day 7", "Day 10"}
