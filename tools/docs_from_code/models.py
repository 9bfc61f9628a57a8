"""Reads what the models of the language say of themselves: meaning, options, defaults."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mg_cdisc.derive import Value
from mg_cdisc.spec.described import fields_of

TYPES = {
    "str": "text",
    "bool": "true or false",
    "int": "whole number",
    "float": "number",
    "Expr": "expression",
    "OrderKeys": "order keys",
    "TextList": "text or list",
    "tuple[str, ...]": "list",
    "tuple[tuple[str, ...], ...]": "list of lists",
    "tuple[Any, ...]": "list of steps",
    "tuple[dict[str, Any], ...]": "list of steps",
    "tuple[AnyValue, ...]": "list of values",
    "tuple[Node, ...]": "expression or list",
    "AnyValue": "value",
    "ValueMap": "`NAME: value`",
    "Keep": "names",
    "By": "names",
    "dict[str, TextList]": "`key: list`",
    "Categories": "names, `NAME: list` or `NAME: {value: text}`",
    "Variable": "text",
    "Variable | None": "text",
    "tuple[float, ...]": "list of numbers",
    "tuple[Literal['left out', 'no'], ...]": "`left out`, `no`, or a list of both",
    "dict[str, tuple[str, str]]": "`key: [low, high]`",
    "dict[str, dict[str, str]]": "`key: {key: text}`",
    "dict[str, Expr]": "`key: expression`",
    "dict[str, TrialValues]": "`key:` text, [trial parameter](#trial-parameter), or a list",
}
"""What an annotation is called for a person who writes YAML; others are taken apart."""

TITLES = {
    "SourceSpec": "Source",
    "Cut": "Cut of a source",
    "ColumnDeclaration": "Source column",
    "SourceFileSpec": "One of several files",
    "Total": "Total score",
    "DatasetSpec": "Dataset",
    "VariableFacts": "Variable",
    "Supplemental": "Supplemental qualifier",
    "Work": "Helper dataset",
    "Accepted": "Accepted finding",
    "Clause": "The clause",
    "AnnotatedCrf": "Annotated CRF",
    "Analysis": "Result of an endpoint",
    "TimeToEvent": "Time to event of an endpoint",
    "Count": "Count of an endpoint",
    "Proportion": "Proportion of an endpoint",
    "Summary": "Summary of an endpoint",
    "Document": "Document of an endpoint",
}
"""What a model is called in the reference where its name alone does not say it."""


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
        type_words(field.annotation, sys.modules[field.module]),
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


def type_words(annotation: str, module: ModuleType) -> str:
    """An annotation of a module in words; an annotation that has none is an error."""
    return _words(ast.parse(annotation, mode="eval").body, module)


def _words(node: ast.expr, module: ModuleType) -> str:
    written = ast.unparse(node)
    if written in TYPES:
        return TYPES[written]
    match node:
        case ast.BinOp(left=inner, right=ast.Constant(value=None)):
            return _words(inner, module)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            return _choices(ast.literal_eval(choices))
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return _words(inner, module)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[inner, *_])):
            return f"list of {_words(inner, module)}"
        case ast.Subscript(value=ast.Name(id="dict" | "Mapping"), slice=ast.Tuple(elts=[_, inner])):
            words = _words(inner, module)
            return f"`key:` {words}" if "[" in words else "`key: text`"
        case ast.Name(id=name):
            return _meant(getattr(module, name))
    raise ValueError(f"no words for the annotation {written}")


def _meant(alias: Any) -> str:
    """What a name of a module stands for: a model, a list of words, or a plain type."""
    if isinstance(alias, type) and issubclass(alias, BaseModel):
        title = title_of(alias)
        return f"[{title.lower()}](#{title.lower().replace(' ', '-')})"
    if get_origin(alias) is Literal:
        return _choices(get_args(alias))
    inner = get_args(alias)[0] if get_origin(alias) is Annotated else alias
    if get_origin(inner) is tuple:
        return f"{_meant(get_args(inner)[0])} or a list of them"
    return {str: "text", date: "date", int: "whole number"}[inner]


def _choices(words: str | tuple[str, ...]) -> str:
    """The words that may be written; one that differs from another in case only is left out."""
    listed = (words,) if isinstance(words, str) else words
    shown = [
        word for word in listed if word.capitalize() == word or word.capitalize() not in listed
    ]
    return ", ".join(f"`{word}`" for word in shown)


def title_of(model: type[BaseModel]) -> str:
    """What a model is called in the reference."""
    spaced = re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).capitalize()
    return TITLES.get(model.__name__, spaced)


def with_inner(models: Iterable[type[BaseModel]]) -> tuple[type[BaseModel], ...]:
    """These models, each with those of its keys behind it (values have a section of their own)."""
    found: dict[type[BaseModel], None] = {}
    for model in models:
        found[model] = None
        for info in model.model_fields.values():
            inner = [each for each in _models_in(info.annotation) if not issubclass(each, Value)]
            found |= dict.fromkeys(with_inner(inner))
    return tuple(found)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
