"""Text over 200 bytes: its parts, and where they go."""

from __future__ import annotations

import itertools

import pytest
from harness import Study, refusals
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.build.finish import finish_package
from mg_cdisc.expression.pieces import LIMIT, pieces

WORDS = st.lists(st.text("ab\u00e9\u4e2d\U0001f600", min_size=1, max_size=30), max_size=60)


@given(words=WORDS, limit=st.integers(4, 60), gap=st.sampled_from([" ", "  ", "\u3000"]))
def test_parts_fit_and_lose_nothing(words: list[str], limit: int, gap: str) -> None:
    text = gap.join(words)
    parts = pieces(text, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(words)
    assert len(parts) == 1 or all(part and part == part.strip() for part in parts)
    if any(len(word.encode()) > limit for word in words):
        return  # such a word is cut
    for one, other in itertools.pairwise(parts):
        assert one.split()[-1] in words
        # a part takes as many words as fit
        assert len(f"{one}{gap}{other.split()[0]}".encode()) > limit


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("x" * 200, ["x" * 200]),
        ("x" * 201, ["x" * 200, "x"]),
        ("x" * 200 + " y", ["x" * 200, "y"]),
        ("x" * 150 + " " + "y" * 60, ["x" * 150, "y" * 60]),
        ("\u4e2d" * 67, ["\u4e2d" * 66, "\u4e2d"]),  # 3 bytes each: 198 and 3
        ("a" + "\u00e9" * 100, ["a" + "\u00e9" * 99, "\u00e9"]),  # 201 bytes, 101 characters
    ],
)
def test_parts_of_200_bytes(text: str, parts: list[str]) -> None:
    assert pieces(text, LIMIT) == parts


SPEC = """
dataset: AE
keys: [USUBJID, AESEQ]
steps:
  - records: {from: a}
  - AETERM: {hardcode: COUGH}
  - AEDECOD: AETERM
  - AEACNOTH: T
  - AESEQ: {sequence: number(I)}
supplemental:
  - {QNAM: OWN, QLABEL: Own, assign: I}
variables:
  AEACNOTH: {continues: true}
---
dataset: CO
keys: [USUBJID, COSEQ]
steps:
  - records: {from: a}
  - exclude: {no comment: T = ''}
  - COVAL: T
  - COSEQ: {sequence: number(I)}
variables:
  COVAL: {continues: true, label: What was said}
"""
_STUDIES: dict[str, Study] = {}


def study() -> Study:
    if not _STUDIES:
        _STUDIES["one"] = Study(SPEC, a="SUBJ I T")
    return _STUDIES["one"]


def built(*texts: str) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    """The text columns of every finished dataset, and the kinds of findings that stop."""
    out = study().run(a=[["01", str(place), text] for place, text in enumerate(texts, 1)])
    package, found = finish_package(study().plan, out.result, {}, "sdtm")
    columns = {
        dataset.name: {
            variable.name: dataset.frame.text(variable.name).to_list()
            for variable in dataset.variables
            if variable.is_text
        }
        for dataset in package.datasets
    }
    return columns, [each.kind for each in found if each.level == "error"]


LONG = " ".join(f"word{number:04d}" for number in range(60))  # 539 bytes: 22 words a part


def words(start: int, stop: int) -> str:
    return " ".join(f"word{number:04d}" for number in range(start, stop))


def test_the_rest_goes_to_qualifiers() -> None:
    made, stops = built("short", LONG, "")
    first, second, third = words(0, 22), words(22, 44), words(44, 60)
    assert made["AE"]["AEACNOTH"] == ["short", first, ""]
    supp = made["SUPPAE"]
    shown = zip(
        *(supp[name] for name in ("IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG")), strict=True
    )
    assert [row for row in shown if row[1] != "OWN"] == [
        ("2", "AEACNOT1", "Other Action Taken 1", second, "CRF"),
        ("2", "AEACNOT2", "Other Action Taken 2", third, "CRF"),
    ]
    assert stops == []


def test_the_rest_goes_to_numbered_variables() -> None:
    made, _ = built("short", LONG)
    text = [name for name in made["CO"] if name.startswith("COVAL")]
    assert text == ["COVAL", "COVAL1", "COVAL2"]
    assert [made["CO"][name][1] for name in text] == [words(0, 22), words(22, 44), words(44, 60)]
    assert [made["CO"][name][0] for name in text] == ["short", "", ""]


def test_numbered_variables_that_nothing_needs_are_not_there() -> None:
    made, _ = built("short")
    assert [name for name in made["CO"] if name.startswith("COVAL")] == ["COVAL"]
    assert set(made["SUPPAE"]["QNAM"]) == {"OWN"}


def test_ten_parts_fit() -> None:
    made, stops = built("x " * 999 + "x")  # 1999 bytes
    assert stops == []
    assert made["SUPPAE"]["QNAM"] == [f"AEACNOT{number}" for number in range(1, 10)] + ["OWN"]


def test_described_as_the_variable_is() -> None:
    out = study().run(a=[["01", "1", LONG]])
    package, _ = finish_package(study().plan, out.result, {}, "sdtm")
    numbered = package.dataset("CO").variable("COVAL1")
    assert numbered.standard
    assert numbered.label == "Comment 1"
    assert numbered.facts.origins == package.dataset("CO").variable("COVAL").facts.origins
    assert numbered.facts.method is None
    levels = package.dataset("SUPPAE").variable("QVAL").value_levels
    assert [level.name for level in levels] == ["AEACNOT1", "AEACNOT2", "OWN"]
    assert [level.label for level in levels[:2]] == ["Other Action Taken 1", "Other Action Taken 2"]
    assert {each.type for level in levels for each in level.facts.origins} == {"Collected"}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "AEACNOTH: {continues",
            "AESEQ: {continues",
            "[bad-value] variables.AESEQ.continues: it is",
        ),
        ("AEACNOTH: {continues", "AEACNOT: {continues", "[unknown-variable] "),
        (
            "{continues: true}",
            "{continues: yes please}",
            "[bad-value] variables.AEACNOTH.continues",
        ),
        ("QNAM: OWN", "QNAM: AEACNOT3", "[made-twice] "),
    ],
)
def test_refused(old: str, new: str, fault: str) -> None:
    found = refusals(SPEC.replace(old, new, 1), a="SUBJ I T")
    assert len(found) == 1, found
    assert found[0].startswith(fault)
