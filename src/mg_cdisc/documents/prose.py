"""The fixed words of the reviewer's guides, and their templates: data files in ``define_xml/guides``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mg_cdisc.documents.content import plain
from mg_cdisc.spec.guide import Guide


@dataclass(frozen=True)
class Prose:
    """The words of one language, and what the study's guide.yaml says.

    ``folder`` is where the templates are.
    """

    folder: Path
    language: str
    texts: Guide

    def say(self, key: str, **values: object) -> str:
        """A text with its places filled; KeyError where the language does not have it."""
        return _words(self.folder, self.language)[key].format(**values)

    def gap(self, key: str) -> str:
        """A place that a person has to fill in."""
        return self.say("gap", what=self.say(f"need.{key}"))

    def written(self, field: str, key: str, *, cell: bool = False) -> str:
        """What the study says, a paragraph a line of it; else the place for it."""
        said = str(getattr(self.texts, field))
        if not said.strip():
            return self.gap(key)
        shown = "\n".join(self.own(each) for each in said.splitlines() if each.strip())
        return shown if cell else lines(shown)

    def own(self, text: str) -> str:
        """A text of the study in the guide's language; it is marked where it lacks a translation."""
        if self.language == "en" or not text:
            return text
        known = self.texts.chinese.get(text.strip(), "")
        return known or f"{text} {self.say('untranslated')}"

    @property
    def marks(self) -> tuple[str, ...]:
        """How the places begin that a person has to fill in."""
        return (self.say("gap.mark"), self.say("untranslated"))

    def under(self, prefix: str) -> Mapping[str, str]:
        """The texts whose keys begin so, by the rest of the key."""
        words = _words(self.folder, self.language)
        return {
            key.removeprefix(prefix): text for key, text in words.items() if key.startswith(prefix)
        }

    def render(self, template: str, facts: Any) -> str:
        """The lines of a template, filled."""
        made = _environment(self.folder).get_template(f"guides/{template}.md.j2")
        return made.render(
            g=facts, say=self.say, gap=self.gap, written=self.written, mark=_mark, notes=_notes
        )


def lines(text: str) -> Markup:
    """Paragraphs, one a line."""
    return _marked("\n".join(plain(each) for each in text.splitlines() if each.strip()))


def _mark(holds: bool) -> str:
    return "X" if holds else ""


def _notes(dataset: Any) -> Markup:
    """What the study says of a dataset."""
    return _marked("\n".join(map(lines, dataset.notes)))


def _marked(text: str) -> Markup:
    """A text of lines that stay as they are."""
    return Markup(text)  # noqa: S704 - no HTML: plain() leaves no mark of ours in a text


@cache
def _words(folder: Path, language: str) -> Mapping[str, str]:
    text = (folder / "guides" / f"{language}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar a text
    words: Mapping[str, str] = yaml.load(text, loader)  # noqa: S506 - a file of the program
    return words


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,  # what is no Markup passes through finalize, and so do macros not twice
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )


def _final(value: object) -> Markup:
    """What is put into a template, without anything that is a mark there."""
    return value if isinstance(value, Markup) else _marked(plain(str(value)))
