"""Reads what the models of the language say of themselves: meaning, options, defaults."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mg_cdisc.derive.choose import Take
from mg_cdisc.derive.terms import Otherwise
from mg_cdisc.sources.declaration import Encoding, Format
from mg_cdisc.spec.described import fields_of

TYPES = {
    "str": "text",
    "str | None": "text",
    "bool": "true or false",
    "bool | None": "true or false",
    "int": "whole number",
    "int | None": "whole number",
    "float": "number",
    "date": "date",
    "Expr": "expression",
    "Expr | None": "expression",
    "OrderKeys": "order keys",
    "TextList": "text or list",
    "TextList | None": "text or list",
    "tuple[str, ...]": "list",
    "tuple[tuple[str, ...], ...]": "list of lists",
    "tuple[Any, ...]": "list of steps",
    "tuple[dict[str, Any], ...]": "list of steps",
    "tuple[AnyValue, ...]": "list of values",
    "AnyValue": "value",
    "ValueMap": "`NAME: value`",
    "Keep": "names",
    "By": "names",
    "By | None": "names",
    "dict[str, str]": "`key: text`",
    "dict[str, TextList]": "`key: list`",
    "dict[str, tuple[str, str]] | None": "`key: [low, high]`",
    "dict[str, dict[str, str]]": "`key: {key: text}`",
    "dict[str, Expr]": "`key: expression`",
    "Mapping[str, str]": "`key: text`",
}
"""What a field's annotation is called for a person who writes YAML."""


CHOICES: dict[str, Any] = {
    "Take": Take,
    "Otherwise": Otherwise,
    "Format": Format,
    "Encoding": Encoding,
}
"""Annotations that stand for a list of words, by their name."""
QUOTED = r"[\"']([^\"']+)[\"']"
TITLES = {
    "Study": "Study",
    "AnnotatedCrf": "Annotated CRF",
    "StandardsUsed": "Standards used",
    "Dictionary": "Dictionary",
    "SourceSpec": "Source",
    "ColumnDeclaration": "Source column",
    "Table": "Table",
    "TermMap": "Term map",
    "Instrument": "Instrument",
    "Total": "Total score",
    "Range": "Range",
    "DatasetSpec": "Dataset",
    "VariableFacts": "Variable",
    "Supplemental": "Supplemental qualifier",
    "Work": "Helper dataset",
    "Accepted": "Accepted finding",
    "Unpivot": "Unpivot",
    "Grid": "Grid",
    "Clause": "The clause",
}
"""What a model is called in the reference."""


@dataclass(frozen=True)
class Option:
    """One key that a model may have."""

    name: str
    type: str
    default: str
    needed: bool
    doc: str


@dataclass(frozen=True)
class Described:
    """A model's docstring, apart: what it says, what missing values do, where the rule stands."""

    text: str
    missing: str
    rule: str
    options: tuple[Option, ...]


def describe(model: type[BaseModel]) -> Described:
    """Everything that a model says of itself."""
    paragraphs = inspect.cleandoc(model.__doc__ or "").split("\n\n")
    text, missing, rule = [], "", ""
    for paragraph in paragraphs:
        flat = " ".join(paragraph.split())
        flat, _, found = flat.partition("Rule: ")
        rule = found.rstrip(".") or rule
        flat, _, found = flat.partition("Missing: ")
        missing = found.strip() or missing
        if flat.strip():
            text.append(markdown(flat.strip()))
    options = tuple(_option(model, name) for name in model.model_fields)
    return Described("\n\n".join(text), markdown(missing), rule, options)


def markdown(text: str) -> str:
    """A docstring's ``code`` as Markdown's `code`."""
    return text.replace("``", "`")


def _option(model: type[BaseModel], name: str) -> Option:
    info = model.model_fields[name]
    field = fields_of(model)[name]
    default: Any = info.get_default(call_default_factory=True)
    return Option(
        info.alias or name,
        type_words(field.annotation),
        "" if default is PydanticUndefined else _default(default),
        info.is_required(),
        markdown(field.text),
    )


def _default(value: Any) -> str:
    if value in (None, "", (), {}) or value is False:
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`"


def type_words(annotation: str) -> str:
    """An annotation in words; an annotation that has none is an error."""
    if annotation in TYPES:
        return TYPES[annotation]
    flat = annotation.replace("\n", " ")
    if flat.startswith("Annotated[tuple[Node, ...]"):
        return "expression or list"
    if flat.startswith("dict[Literal"):
        words = re.findall(QUOTED, flat)
        return (
            "`key: text`" if len(words) > 2 else type_words(f"dict[str, {flat.rsplit(', ', 1)[1]}")
        )
    if "Literal[" in flat:
        words = [word for word in re.findall(QUOTED, flat) if word.capitalize() not in flat]
        return ", ".join(f"`{word}`" for word in words or re.findall(QUOTED, flat))
    name = flat.removesuffix(" | None")
    if name in CHOICES:
        return ", ".join(f"`{word}`" for word in get_args(CHOICES[name]))
    if name in ("IsoDate", "Name", "DatasetName"):
        return "date" if name == "IsoDate" else "name"
    named = re.fullmatch(
        r"(?:(dict|Mapping)\[(.+), )?(tuple\[)?(\w+)(?:, \.\.\.\])?\]?(?: \| None)?", flat
    )
    if named is None:
        raise ValueError(f"no words for the annotation {annotation}")
    holder, _, several, model = named.groups()
    title = TITLES[model]
    link = f"[{title.lower()}](#{title.lower().replace(' ', '-')})"
    return f"`key:` {link}" if holder else f"list of {link}" if several else link
