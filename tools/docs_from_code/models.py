"""Reads what the models of the language say of themselves: meaning, options, defaults."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

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
    "Annotated[tuple[Node, ...], BeforeValidator(_parts)]": "text or list",
    "Mapping[str, str]": "`key: text`",
}
"""What a field's annotation is called for a person who writes YAML."""


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
    annotation, doc = _source(model)[name]
    default: Any = info.get_default(call_default_factory=True)
    return Option(
        info.alias or name,
        type_words(annotation),
        "" if default is PydanticUndefined else _default(default),
        info.is_required(),
        doc,
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
    if "Literal[" in flat and not flat.startswith("dict"):
        return ", ".join(f"`{word}`" for word in re.findall(r"[\"']([^\"']+)[\"']", flat))
    known = {
        "Take": "`only`, `first`, `last`",
        "Take | None": "`only`, `first`, `last`",
        "Otherwise": "`error`, `keep`, `missing`",
        "Format": "`csv`, `excel`, `sas7bdat`, `xpt`, `parquet`",
        "Encoding | None": "`utf-8`, `gb18030`, `windows-1252`",
        "Name": "name",
        "DatasetName": "name",
    }
    if flat in known:
        return known[flat]
    named = re.fullmatch(r"(?:(dict|Mapping)\[(.+), )?(tuple\[)?(\w+)(?:, \.\.\.\])?\]?(?: \| None)?", flat)
    if named is None:
        raise ValueError(f"no words for the annotation {annotation}")
    holder, _, several, model = named.groups()
    link = f"[{model}](#{model.lower()})"
    return f"`key:` {link}" if holder else f"list of {link}" if several else link


@cache
def _source(model: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """Each field's annotation as written, and the text that stands below it."""
    found: dict[str, tuple[str, str]] = {}
    for cls in reversed(model.__mro__):
        if not (issubclass(cls, BaseModel) and cls is not BaseModel):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
        assert isinstance(body, ast.ClassDef)
        for position, node in enumerate(body.body):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = (ast.unparse(node.annotation), _below(body, position))
    return found


def _below(body: ast.ClassDef, position: int) -> str:
    following = body.body[position + 1] if position + 1 < len(body.body) else None
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        return markdown(" ".join(str(following.value.value).split()))
    return ""
