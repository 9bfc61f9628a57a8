"""The study's translations, and the agency that a package is for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.expression import Env, Name, Translations, Type, bind, parse
from mg_cdisc.frame import Text
from mg_cdisc.transport import read_xpt

LIST = "恶心: Nausea\n骨折: Broken arm\n"


class Heard:
    """Keeps the rows of texts without translation."""

    def __init__(self, entries: dict[str, str] | None) -> None:
        self.translations = None if entries is None else Translations(entries)
        self.rows: list[int] = []

    def report(self, kind: str, rows: Any, values: Any, what: str, todo: str) -> None:
        assert kind == "untranslated"
        self.rows = [row for row, held in enumerate(rows) if held]


class X:
    """The one column X."""

    def resolve(self, name: Name) -> tuple[str, Type]:
        return name.name, Type.TEXT


TEXTS = st.lists(st.sampled_from(["", "a", " b ", "é", " é", "ü ", "恶心", "恶 心"]), max_size=8)


@settings(deadline=None)
@given(TEXTS, st.dictionaries(st.sampled_from(["é", "ü", "恶心", "a"]), st.just("E")))
def test_each_text_by_itself(texts: list[str], entries: dict[str, str]) -> None:
    heard = Heard(entries)
    made = bind(parse("translate(X)"), X()).column(
        Env({"X": Text.encode(pa.array(texts, pa.string()))}, len(texts), heard)
    )
    expected = [
        text if text.isascii() else entries.get(text.strip(), text.strip()) for text in texts
    ]
    assert made.to_list() == expected
    foreign = [row for row, text in enumerate(texts) if not text.isascii()]
    assert heard.rows == [row for row in foreign if texts[row].strip() not in entries]
    assert heard.translations is not None
    assert heard.translations.used == {texts[row].strip() for row in foreign} & set(entries)


@settings(deadline=None)
@given(TEXTS)
def test_without_a_list_texts_stay(texts: list[str]) -> None:
    heard = Heard(None)
    made = bind(parse("translate(X)"), X()).column(
        Env({"X": Text.encode(pa.array(texts, pa.string()))}, len(texts), heard)
    )
    assert (made.to_list(), heard.rows) == (texts, [])


@pytest.fixture
def chinese(study: Any) -> Any:
    study.change("source/adverse_events.csv", "2,Nausea,Nausea", "2,恶心,Nausea")
    study.change("source/adverse_events.csv", "1,Broken arm,", "1,骨折,")
    study.change("sdtm/ae.yaml", "trim(TERM)", "translate(TERM)")
    study.write("translations.yaml", LIST)
    return study


def terms(study: Any, encoding: str) -> list[str]:
    (path,) = (study.outputs / "demo-01").rglob("ae.xpt")
    found = read_xpt(path, encoding=encoding)
    made: list[str] = found.frame.text("AETERM").to_list()
    return made


def said(study: Any) -> str:
    paths: Iterator[Path] = (study.outputs / "demo-01").rglob("define.xml")
    return next(paths).read_text(encoding="utf-8")


def test_for_the_fda_in_english(chinese: Any) -> None:
    built = chinese.build()
    assert chinese.open(built) == []
    assert terms(chinese, "ascii") == ["Headache", "Nausea", "Broken arm"]
    manifest = chinese.output("manifest.json")
    assert (manifest["agency"], manifest["encoding"]) == ("FDA", "ascii")
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    assert manifest["inputs"]["translations.yaml"] == {"sha256": digest}
    assert "TERM, translated into English by the study's list of translations" in said(
        chinese
    ).replace("&#39;", "'").replace("&apos;", "'")
    assert "UTF-8." not in said(chinese)


def test_for_the_nmpa_in_the_language_of_the_study(chinese: Any) -> None:
    built = chinese.build(agency="NMPA")
    assert [each.kind for each in chinese.open(built)] == ["untranslated-label"]
    assert terms(chinese, "utf-8") == ["Headache", "恶心", "骨折"]
    manifest = chinese.output("manifest.json")
    assert (manifest["agency"], manifest["encoding"]) == ("NMPA", "utf-8")
    assert "Text in the transport files is encoded in UTF-8." in said(chinese)


def test_the_agency_of_the_study_and_another(chinese: Any) -> None:
    chinese.change("study.yaml", "subjects: demographics", "subjects: demographics\nagency: NMPA")
    chinese.write("translations.yaml", "恶心: Nausea\n")
    assert not chinese.build().stopped
    built = chinese.build(agency="PMDA")
    (found,) = chinese.open(built)
    assert (found.kind, found.where.file, found.where.row) == (
        "untranslated", "source/adverse_events.csv", 4,
    )  # fmt: skip
    assert "TERM = '骨折'" in found.what


def test_an_encoding_that_the_study_says(chinese: Any) -> None:
    chinese.change("study.yaml", "subjects: demographics",
                   "subjects: demographics\nagency: NMPA\nencoding: ascii")  # fmt: skip
    found = chinese.open(chinese.build())
    assert [(each.kind, each.where.row) for each in found] == [("not-ascii", 3), ("not-ascii", 4)]
