"""Where each operation that analysis needs is said, documented, and compared with published data.

The thirty operations are those that re-deriving published datasets needs. ``WHERE`` names for each the
spec of the pilot that says it, the words that say it there, and the chapter of docs/language.md that
explains it with an example that runs. What the spec makes is compared cell by cell by the test named
behind its folder: ``adam`` by test_published.py and test_pilot_adsl.py, ``collected`` by test_collected.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LANGUAGE = HERE.parents[1] / "docs" / "language.md"
WHERE = {
    "1 source with a filter": ("adam/adadas", "where: QSCAT = 'ADAS-COG'", "records"),
    "2 stacking rows": ("adam/adnpix", "- records:", "records"),
    "3 unpivoting wide forms": ("collected/sdtm/vs", "unpivot: {table: tests", "records"),
    "4 summarising by key": ("adam/adnpix", "AVAL: mean(AVAL)", "derived-parameters"),
    "5 inserting missing rows": ("adam/adadas", "- fill:", "fill"),
    "5 rewriting a row by the same rule": (
        "adam/adadas", "where: DTYPE = 'LOCF', set: {AVAL: _carried}", "windows-and-carrying-forward"),
    "6 qualifiers to SUPP--": ("collected/sdtm/ae", "QNAM: AETRTEM", "supplemental"),
    "7 first or last of a group, a value": ("adam/adadas", "take: last\n      value: AVAL", "value"),
    "7 first or last of a group, a row": ("adam/advs", "take: last\n      set:", "records"),
    "8 flag first or last": ("adam/adae", "AOCCPFL:  {flag:", "flag"),
    "9 nearest, with ties decided": ("adam/adnpix", "order: [AWTDIFF, ADY, QSSEQ], take: first",
                                     "windows-and-carrying-forward"),
    "10 sequence numbers": ("collected/sdtm/vs", "VSSEQ:    {sequence:", "sequence"),
    "11 lookup": ("collected/sdtm/vs", "spelling: any", "lookup"),
    "11 exists and not exists": ("adam/adsl", "value: count()", "occurrences-and-populations"),
    "12 a block of variables renamed": ("adam/adae", "TRTAN: TRT01AN", "lookup"),
    "13 constant, copy, rename": ("adam/adtte", "TRTDUR: TRTDURD", "hardcode"),
    "14 recoding by codelist": ("collected/sdtm/ae", "AESEV:    {assign_ct: SEVERITY}", "assign_ct"),
    "15 ordered cases": ("adam/adlbc", "ANRIND:   {cases:", "cases"),
    "16 text: case, pattern, blanks": ("adam/adadas", "propcase(QSTEST)", "functions"),
    "16 text: pad and number to text": ("collected/sources", "pad(NUMBER, 4)", "functions"),
    "17 arithmetic and rounding": ("adam/adadas", "100 * CHG / BASE", "expressions"),
    "18 unit conversion per test": ("collected/sdtm/vs", "VSSTRESN: {convert:", "convert"),
    "19 dates of parts and formats": ("collected/sdtm/ae", "{iso8601: [YEAR, MONTH, DAY]}", "iso8601"),
    "20 imputing a partial date": ("adam/adae", "highest: D, date_flag: ASTDTF", "impute"),
    "21 differences of dates": ("adam/adae", "study_day(ASTDT, TRTSDT)", "functions"),
    "22 visit windows, open ends": ("adam/adadas", "between: {ADY: [AWLO, AWHI]}", "lookup"),
    "23 baseline, change, percent change": ("adam/advs", "by: [USUBJID, PARAMCD, BASETYPE]",
                                            "baseline-and-change"),
    "24 time to event": ("adam/adtte", "- time_to_event:", "time_to_event"),
    "25 carrying forward, value by another rule": ("adam/adcibc", "AVAL: _analysed",
                                                   "windows-and-carrying-forward"),
    "26 population flags": ("adam/adsl", "EFFFL:", "occurrences-and-populations"),
    "27 shift": ("adam/adlbhy", "SHIFT1:", "baseline-and-change"),
    "27 worst record": ("adam/adlbc", "order: [ALBTRVAL desc, AVISITN], take: first", "flag"),
    "27 criterion flag": ("adam/adlbhy", 'undecided: ""', "criteria-and-responses"),
    "27 parameter of other parameters": ("adam/adlbhy", "PARAMCD in ('BILIHY', 'TRANSHY')",
                                         "derived-parameters"),
    "27 prorated score": ("adam/adadas", "sum(AVAL) * 70 / sum(_highest)", "derived-parameters"),
    "27 ratio": ("adam/adlbc", "R2A1HI:   AVAL / A1HI", "expressions"),
    "28 a variable of every dataset": ("collected/sdtm/dm", "{across: [--DTC, --ENDTC]", "across"),
    "29 a variable made earlier": ("adam/adlbhy", "CRIT1FL:  {flag: R2A1HI > 1.5", "steps"),
    "30 a dataset made earlier": ("adam/adlbhy", "from: ADLBC", "records"),
}  # fmt: skip


@pytest.mark.parametrize("operation", WHERE)
def test_an_operation_is_said_and_documented(operation: str) -> None:
    spec, words, chapter = WHERE[operation]
    assert words in (HERE / f"{spec}.yaml").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", LANGUAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert chapter in {heading.lower().replace(" ", "-") for heading in headings}


def test_all_thirty_are_there() -> None:
    assert {int(operation.split()[0]) for operation in WHERE} == set(range(1, 31))


def test_nothing_is_said_in_python() -> None:
    specs = [*HERE.glob("adam/*.yaml"), *HERE.glob("collected/**/*.yaml")]
    assert specs
    assert not [path.name for path in specs if "python:" in path.read_text(encoding="utf-8")]
