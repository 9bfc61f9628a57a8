"""Where the columns of forms go: the variables that a person would annotate by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mg_cdisc.documents.targets import targets
from mg_cdisc.pipeline import check_study, read_sources

BASE = Path(__file__).parent.parent / "bad_specs" / "base"
Told = Callable[..., dict[str, list[str]]]
ASIDE = ("sources.yaml", '    "AUDIT_*"', '    CONSENT: as on the form of moods\n    "AUDIT_*"')
"""CONSENT of the form of demographics goes nowhere."""


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """What stands beside each column of a form of the tiny study, after changes to its specs."""
    folder = tmp_path / "study"
    shutil.copytree(BASE, folder)

    def ask(form: str, *changes: tuple[str, str, str]) -> dict[str, list[str]]:
        for name, old, new in changes:
            text = (folder / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, old
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        plan = check_study(folder, "study")
        tables, _ = read_sources(plan.files)
        found = targets(plan, tables)
        return {
            column: [str(each) for each in found.get((form, column), ())]
            for column in tables[form].columns
        }

    return ask


def test_a_form_with_a_row_a_subject(told: Told) -> None:
    """Collected, recoded and supplemental; what is worked out of variables stands on no form."""
    assert told("demographics") == {
        "SUBJECT": ["DM.SUBJID"],
        "SITE": ["DM.SITEID"],
        "SEX": ["DM.SEX"],
        "BIRTH_YEAR": ["DM.BRTHDTC"],
        "CONSENT": ["DM.RFICDTC"],
        "FIRST_DOSE": ["DM.RFSTDTC"],
        "COUNTRY": ["DM.COUNTRY"],
        "RACE_TEXT": ["SUPPDM.QVAL when QNAM = 'RACEOTH'"],
        "AUDIT_USER": [],
    }


def test_the_columns_of_a_wide_form_go_to_the_records_of_their_test(told: Told) -> None:
    assert told("vitals") == {
        "SUBJECT": [],
        "VISIT": ["VS.VISITNUM", "VS.VISIT"],
        "DATE": ["VS.VSDTC"],
        "WEIGHT": ["VS.VSORRES when VSTESTCD = 'WEIGHT'"],
        "WEIGHT_UNIT": ["VS.VSORRESU when VSTESTCD = 'WEIGHT'"],
        "PULSE": ["VS.VSORRES when VSTESTCD = 'PULSE'"],
    }


def test_the_items_of_an_instrument_go_to_the_original_result_alone(told: Told) -> None:
    found = told("mood")
    assert found["CALM"] == ["QS.QSORRES when QSTESTCD = 'MOOD01'"]
    assert found["TOTAL"] == ["QS.QSORRES when QSTESTCD = 'MOODTOT'"]


def test_working_variables_lead_back_to_their_columns(told: Told) -> None:
    change = (
        "sdtm/ae.yaml",
        "  - AETERM:   trim(TERM)\n",
        "  - _first:   trim(TERM)\n  - _term:    upper(_first)\n  - AETERM:   _term\n",
    )
    assert told("adverse_events", change)["TERM"] == ["AE.AETERM"]


def test_a_column_that_only_decides_stands_with_the_constant(told: Told) -> None:
    change = (
        "sdtm/ae.yaml",
        "  - AESER:    {assign_ct: SERIOUS}\n",
        "  - AESER:    {hardcode: \"Y\", when: SERIOUS = '1'}\n",
    )
    assert told("adverse_events", change)["SERIOUS"] == ["AE.AESER = 'Y'"]


def test_a_condition_does_not_hide_where_a_column_goes(told: Told) -> None:
    """SERIOUS goes into AESER and only decides about AESEV: it stands with AESER alone."""
    change = (
        "sdtm/ae.yaml",
        "  - AESEV:    {assign_ct: SEVERITY}\n",
        "  - AESEV:    {assign_ct: SEVERITY, when: SERIOUS != ''}\n",
    )
    found = told("adverse_events", change)
    assert found["SEVERITY"] == ["AE.AESEV"]
    assert found["SERIOUS"] == ["AE.AESER"]


def test_a_value_of_another_form_is_told_on_that_form(told: Told) -> None:
    change = (
        "sdtm/dm.yaml",
        "  - RFICDTC:  {iso8601: CONSENT}\n",
        "  - lookup: {from: mood, keep: [_calm: DATE]}\n"
        "  - RFICDTC:  {iso8601: _calm, format: yyyy-MM-dd}\n",
    )
    assert told("mood", ASIDE, change)["DATE"] == ["DM.RFICDTC", "QS.QSDTC"]


def test_constants_tell_the_records_of_one_form_apart(told: Told) -> None:
    """Two milestones of one form: each date with the term that its records have."""
    change = (
        "sdtm/vs.yaml",
        "  - records:\n      from: vitals\n"
        "      unpivot: {table: tests, values: {VSORRES: column, VSORRESU: unit}}\n",
        "  - records:\n      from: vitals\n"
        "      set: {VSTESTCD: {hardcode: PULSE}, VSTEST: {hardcode: Pulse Rate}, VSORRES: PULSE,"
        ' VSORRESU: {hardcode: ""}}\n'
        "  - records:\n      from: vitals\n"
        "      set: {VSTESTCD: {hardcode: WEIGHT}, VSTEST: {hardcode: Weight}, VSORRES: WEIGHT,"
        " VSORRESU: WEIGHT_UNIT}\n",
    )
    found = told("vitals", change)
    assert found["PULSE"] == ["VS.VSORRES when VSTESTCD = 'PULSE'"]
    assert found["WEIGHT"] == ["VS.VSORRES when VSTESTCD = 'WEIGHT'"]
    assert found["WEIGHT_UNIT"] == ["VS.VSORRESU when VSTESTCD = 'WEIGHT'"]


def test_a_helper_dataset_is_looked_through(told: Told) -> None:
    steps = "{records: {from: mood}}, {_day: {iso8601: DATE, format: yyyy-MM-dd}}"
    helper = ("sdtm/dm.yaml", "steps:\n", f"work:\n  calm: {{steps: [{steps}]}}\nsteps:\n")
    reads = ("sdtm/dm.yaml", "{iso8601: CONSENT}", "{from: calm, value: _day}")
    assert told("mood", ASIDE, helper, reads)["DATE"] == ["DM.RFICDTC", "QS.QSDTC"]
