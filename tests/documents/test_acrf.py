"""The annotated CRF as another program reads it: pages, places of text, outline."""

from __future__ import annotations

import io
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader

from mg_cdisc.documents.acrf import draw_crf
from mg_cdisc.documents.crf import Annotation, Crf, CrfField, CrfForm, CrfVisit

LONG = "A question that goes on for longer than any line of a form has room for, and then some more"
CHOICES = tuple((f"{number:03}", f"Answer number {number}") for number in range(1, 151))
TERMS = "AE.AETERM", "SUPPAE.QVAL when QNAM = 'AEDETAIL'"


def annotation(text: str) -> Annotation:
    place = text.split(" ")[0]
    return Annotation(text, place.split(".")[0], (place,))


def field(name: str, label: str = "", choices: Any = (), *texts: str) -> CrfField:
    return CrfField((name,), label, tuple(choices), tuple(map(annotation, texts)))


@pytest.fixture(scope="module")
def crf() -> Crf:
    events = CrfForm(
        "events", "Adverse events", False,
        (
            field("TERM", LONG, (), *TERMS),
            field("KIND", "Kind", CHOICES, "AE.AECAT"),
            field("NOTE", "备注:夜间吞咽呛咳"),
            CrfField(("A", "B"), "A, B", (), (Annotation("[NOT SUBMITTED] " + LONG),)),
        ),
        (("AE", "Adverse Events"), ("SUPPAE", "Supplemental Qualifiers for AE")),
    )  # fmt: skip
    many = tuple(field(f"C{n}", f"Field {n}", (), f"LB.LB{n:03}") for n in range(90))
    labs = CrfForm("labs", "Laboratory", True, many, (("LB", "Laboratory Test Results"),))
    visits = (CrfVisit("SCREENING", ("events", "labs")), CrfVisit("Not by visit", ("events",)))
    return Crf("ABC01", LONG, "ABC01", datetime(2026, 3, 31), (events, labs), visits)


@pytest.fixture(scope="module")
def drawn(crf: Crf) -> Any:
    return draw_crf(crf)


@pytest.fixture(scope="module")
def pages(drawn: Any) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(drawn.file)).pages]


def test_each_page_of_a_form_repeats_its_title_and_datasets(pages: list[str]) -> None:
    titles = [page.splitlines()[1] for page in pages[1:]]
    assert titles[0] == "Adverse events"
    events = [each for each in titles if each.startswith("Adverse")]
    labs = titles[len(events) :]
    assert len(events) > 1
    assert set(events[1:]) == {"Adverse events (continued)"}
    assert labs[0] == "Laboratory"
    assert set(labs[1:]) == {"Laboratory (continued)"}
    for page in pages[1 : 1 + len(events)]:
        assert "AE = Adverse Events SUPPAE = Supplemental Qualifiers for AE" in page


def test_a_long_list_of_choices_goes_on_and_loses_none(pages: list[str]) -> None:
    text = "\n".join(pages)
    assert all(f"{code} = {said}" in text for code, said in CHOICES)
    assert "备注" in text


def test_the_pages_told_are_those_where_the_annotation_stands(drawn: Any, pages: list[str]) -> None:
    for form, index in drawn.pages.items():
        own = {int(page) for page in index[""]}
        for place, told in index.items():
            if place:
                assert {n for n in own if place in pages[n - 1]} == set(map(int, told)), place
        assert own == {
            number for number, text in enumerate(pages, 1)
            if text.splitlines()[1].startswith({"events": "Adverse", "labs": "Labor"}[form])
        }  # fmt: skip


def test_nothing_leaves_the_page_and_no_lines_overlap(drawn: Any) -> None:
    for page in PdfReader(io.BytesIO(drawn.file)).pages:
        placed: list[tuple[float, float, str]] = []

        def visit(
            text: str, _cm: Any, matrix: Any, _font: Any, size: Any, at: Any = placed
        ) -> None:
            if text.strip():
                at.append((float(matrix[4]), float(matrix[5]), text.strip()))

        page.extract_text(visitor_text=visit)
        assert all(36 <= x <= 555 and 25 <= y <= 842 - 25 for x, y, _ in placed)
        columns: dict[float, list[float]] = {}
        for x, y, _ in placed:
            columns.setdefault(round(x, 1), []).append(y)
        for ys in columns.values():
            ordered = sorted(ys)
            gaps = [b - a for a, b in pairwise(ordered)]
            assert all(gap > 6 for gap in gaps), gaps


def test_bookmarks_are_by_form_and_by_visit(drawn: Any, pages: list[str]) -> None:
    reader = PdfReader(io.BytesIO(drawn.file))
    first = {form: int(index[""][0]) for form, index in drawn.pages.items()}

    def walk(entries: Any) -> list[Any]:
        return [
            walk(each) if isinstance(each, list)
            else (each.title, (reader.get_destination_page_number(each) or 0) + 1)
            for each in entries
        ]  # fmt: skip

    events, labs = ("Adverse events", first["events"]), ("Laboratory", first["labs"])
    assert walk(reader.outline) == [
        ("Forms", events[1]), [events],
        ("Data transfers", labs[1]), [labs],
        ("Visits", events[1]),
        [("SCREENING", events[1]), [events, labs], ("Not by visit", events[1]), [events]],
    ]  # fmt: skip
    assert len(reader.pages) == len(pages)


def test_contents_of_many_forms_take_several_pages() -> None:
    forms = tuple(
        CrfForm(f"f{n}", f"Form {n}", False, (field("X", "", (), "DM.SEX"),), (("DM", "Demo"),))
        for n in range(120)
    )
    made = draw_crf(Crf("ABC01", "Many", "ABC01", datetime(2026, 3, 31), forms, ()))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made.file)).pages]
    ahead = int(made.pages["f0"][""][0]) - 1
    contents = "\n".join(pages[:ahead]).splitlines()
    for n in range(120):
        page = int(made.pages[f"f{n}"][""][0])
        assert f"Form {n} DM {page}" in contents
        assert pages[page - 1].splitlines()[1] == f"Form {n}"


def test_the_same_content_gives_the_same_bytes(crf: Crf, drawn: Any) -> None:
    assert draw_crf(crf).file == drawn.file
