"""Choices of forms to submission values: what means a term beyond doubt, and what is left open."""

from __future__ import annotations

import pytest

from mg_cdisc.scaffold.terms import Terms, term_of
from mg_cdisc.terminology import load_terminology

CT = load_terminology("SDTM", "2025-03-28")
NY, OUT, ROUTE = "C66742", "C66768", "C66729"


@pytest.mark.parametrize(
    ("codelist", "code", "text", "term"),
    [
        ("SEX", "1", "Female", "F"),  # a decode
        ("SEX", "1", "m", "M"),  # a value in another case
        ("RACE", "3", "Black or  African American", "BLACK OR AFRICAN AMERICAN"),
        ("OUT", "1", "Recovered", "RECOVERED/RESOLVED"),  # a known word
        ("NY", "N", "Not applicable", "NA"),  # the text, not the code
        ("NY", "N", "No news", ""),  # a code that is a term, with a text that is none
        ("NY", "Y", "", "Y"),
        ("SEX", "1", "1", ""),
        ("SEX", "1", "Frau", ""),
    ],
)
def test_what_an_answer_means(codelist: str, code: str, text: str, term: str) -> None:
    found = CT.codelist(codelist)
    assert found is not None
    assert term_of(found, code, text) == term


def test_one_map_for_a_codelist() -> None:
    terms = Terms(CT)
    assert terms.assign([NY], "A", {"1": "Yes", "0": "No"}, "a") == {"assign_ct": "A"}
    assert terms.assign([NY], "B", {"1": "Yes", "9": "Unknown"}, "b") == {"assign_ct": "B"}
    assert terms.maps == {"NY": {"1": "Y", "0": "N", "9": "U"}}


def test_a_code_with_two_meanings_is_mapped_in_its_step() -> None:
    terms = Terms(CT)
    terms.assign([NY], "A", {"1": "Yes", "2": "No"}, "a")
    assert terms.assign([NY], "B", {"1": "No", "2": "Yes"}, "b") == {
        "map": "B",
        "to": {"1": "N", "2": "Y"},
    }
    assert terms.maps == {"NY": {"1": "Y", "2": "N"}}


def test_a_code_that_one_form_is_not_sure_of_is_not_mapped_for_it() -> None:
    """Else 1 = perhaps of the second form would silently become Y."""
    terms = Terms(CT)
    terms.assign([NY], "A", {"1": "Yes", "0": "No"}, "a")
    assert terms.assign([NY], "B", {"1": "Perhaps", "0": "No"}, "b") == {
        "map": "B",
        "to": {"0": "N"},
    }
    terms = Terms(CT)
    terms.assign([NY], "B", {"1": "Perhaps", "0": "No"}, "b")
    assert terms.assign([NY], "A", {"1": "Yes", "0": "No"}, "a") == {
        "map": "A",
        "to": {"1": "Y", "0": "N"},
    }
    assert terms.maps == {"NY": {"0": "N"}}


def test_of_several_codelists_the_best_is_named() -> None:
    terms = Terms(CT)
    made = terms.assign(["C66727", "C114118"], "A", {"1": "Randomized"}, "a")
    assert made == {"assign_ct": "A", "codelist": "PROTMLST"}


def test_open_answers_stand_behind_their_codelist() -> None:
    terms = Terms(CT)
    terms.assign([OUT], "A", {"1": "Fatal", "2": "Gone home"}, "events, AEOUT")
    assert terms.text() == (
        "# Verbatim text of the forms to submission values, codelist by codelist.\n"
        "OUT:\n"
        '  map: {"1": FATAL}\n'
        "# TODO OUT: find the term of each, or query the site\n"
        '#   "2": Gone home (events, AEOUT)\n'
    )
    assert Terms(CT).text() == ""
