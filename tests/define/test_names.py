"""Identifiers: valid as XML IDs, readable, and different for different contents."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.dataset import RangeCheck
from mg_cdisc.define.names import Names, level_slug, slug, value_slug, values_slug, where_slug

# XML 1.0 Name without colon, in ASCII: what an xs:ID may be after its first letter
ID_PART = re.compile(r"[A-Za-z0-9_.\-]+")


@given(st.text())
def test_any_text_becomes_part_of_an_identifier(text: str) -> None:
    assert ID_PART.fullmatch(slug(text))
    assert ID_PART.fullmatch(value_slug(text))
    assert "." not in value_slug(text)


@given(st.text(), st.text())
def test_different_texts_become_different_identifiers(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)
    assert (value_slug(one) == value_slug(other)) == (one == other)


def test_customary_names_stay_as_they_are() -> None:
    for name in ("DM", "AEOUT", "LBTEST_CHEM", "SUPPDM", "C66742", "2025-03-28"):
        assert slug(name) == name


def test_where_clause_reads_as_its_condition() -> None:
    checks = [RangeCheck("LBTESTCD", "EQ", ("GLUC",)), RangeCheck("LBSPEC", "NE", ("URINE",))]
    assert where_slug("LB", checks) == "LB.LBTESTCD.GLUC.LBSPEC.NE.URINE"
    assert level_slug(checks) == "GLUC.NE.URINE"


def test_a_long_list_is_shortened_and_stays_distinct() -> None:
    names = tuple(f"ITEM{number:02}" for number in range(1, 21))
    whole = values_slug(RangeCheck("PARAMCD", "IN", names))
    other = values_slug(RangeCheck("PARAMCD", "IN", (names[0], *names[2:])))
    assert whole.startswith("IN.ITEM01-ITEM20-")
    assert len(whole) < 40
    assert whole != other


def test_two_values_are_not_one_value_with_a_point() -> None:
    two = values_slug(RangeCheck("X", "IN", ("A", "B")))
    one = values_slug(RangeCheck("X", "IN", ("A.B",)))
    assert two == "IN.A.B"
    assert one != two


@given(st.lists(st.tuples(st.sampled_from(["CL.A", "CL.B"]), st.integers(0, 3)), max_size=30))
def test_one_content_one_name(requests: list[tuple[str, int]]) -> None:
    names = Names()
    given_names: dict[tuple[str, int], str] = {}
    for oid, content in requests:
        made = names.give(oid, content)
        assert given_names.setdefault((oid, content), made) == made
    assert len(set(given_names.values())) == len(given_names)
