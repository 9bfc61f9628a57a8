"""Tree to model: every mistake found at once, each at its line, with what to do.

One mistake is one finding: a misspelled key is not missed as well, and what lies inside something
that is already reported is not looked at.
"""

from __future__ import annotations

import re
import types
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from mg_cdisc.derive import STEPS, SUGAR, VALUES
from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.expression import ExpressionError
from mg_cdisc.spec.tree import Branch, Tree, is_bad, locate, plain

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_NAMES: dict[str, str] = {
    "Study": "study.yaml",
    "StandardsUsed": "standards",
    "Tabulation": "tabulation",
    "Dictionary": "a dictionary",
    "TrialParameter": "a trial parameter",
    "SourceSpec": "a source",
    "ColumnDeclaration": "a source's column",
    "Cut": "cut",
    "FileDeclaration": "one of a source's files",
    "SourceFileSpec": "one of a source's files",
    "DatasetSpec": "a dataset",
    "Work": "work",
    "Table": "a table",
    "TermMap": "a codelist",
    "VariableFacts": "variables",
    "Supplemental": "supplemental",
    "Instrument": "an instrument",
    "Total": "a total",
    "Range": "a range",
    "Accepted": "findings.yaml",
    "Endpoints": "endpoints.yaml",
    "Endpoint": "an endpoint",
    "Analysis": "a result",
    "Population": "a population",
    "TimeToEvent": "time_to_event",
    "Document": "a document",
    "Clause": "copy",
}


def read_model(
    model: type[M], tree: Tree, findings: list[Finding], prefix: str = "", root: Path = ()
) -> M | None:
    """The model of a tree; None, and findings, where the tree does not fit.

    ``prefix`` is what the tree is called in messages; ``root`` leads to the part of the tree that
    the model is of.
    """
    if is_bad(tree):
        return None
    made, faults, _ = _try(model, plain(_at(tree, root)), tree, root, prefix)
    findings += faults
    return made


def read_value(model: type[M], branch: Branch, key: str, findings: list[Finding]) -> M | None:
    """As ``read_model`` of the value of a key, by a model with the one field ``value``."""
    if is_bad(branch):
        return None
    made, faults, _ = _try(model, {"value": plain(branch.items[key])}, branch, (key,), "", 1)
    findings += faults
    return made


def faults_of(
    model: type[M], tree: Tree, root: Path = ()
) -> tuple[M | None, list[Finding], set[Path]]:
    """The model of a tree, or what is wrong with it and at which paths below ``root``."""
    return _try(model, plain(_at(tree, root)), tree, root, "")


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        assert isinstance(tree, Branch)
        tree = tree.items[str(part)]
    return tree


def _try(
    model: type[M], data: Any, tree: Tree, root: Path, prefix: str, skip: int = 0
) -> tuple[M | None, list[Finding], set[Path]]:
    try:
        return model.model_validate(data), [], set()
    except ValidationError as error:
        faults: list[Finding] = []
        details = error.errors(include_url=False)
        paths = {_trace(model, detail["loc"])[0] for detail in details}
        for detail in _without_echoes(model, details):
            path, owner = _trace(model, detail["loc"])
            place = _Place(tree, (*root, *path[skip:]), owner, prefix)
            faults += place.explain(detail)
        return None, faults, paths


def _without_echoes(model: type[BaseModel], details: Sequence[Any]) -> list[Any]:
    """What is missing because its key is misspelled is reported once, as misspelled."""
    meant = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            owner = _trace(model, detail["loc"][:-1])[1]
            meant.add((detail["loc"][:-1], meant_by(str(detail["loc"][-1]), _keys(owner))))

    def echoes(detail: Any) -> bool:
        above, last = detail["loc"][:-1], detail["loc"][-1] if detail["loc"] else ""
        if detail["type"] == "unknown-value":
            return any((above, way) in meant for way in VALUES)
        return detail["type"] == "missing" and (above, last) in meant

    return [detail for detail in details if not echoes(detail)]


def meant_by(name: str, known: Sequence[str]) -> str:
    """The known name that a name is, or is likely meant to be; else nothing."""
    if name in known:
        return name
    return nearest(name, known).removeprefix("Did you mean ").removesuffix("?")


def _trace(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[Path, type[BaseModel]]:
    """An error's place without the names of union members, and the model it lies in."""
    kind: Any = model
    owner = model
    path: list[str | int] = []
    for part in loc:
        kind = _bare(kind)
        members = _tagged(kind)
        if members:
            kind = members.get(str(part), owner)
            owner = kind
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            owner = kind
            fields = {info.alias or name: info for name, info in kind.model_fields.items()}
            info = fields.get(str(part))
            kind = info.annotation if info is not None else None
        elif get_origin(kind) in (dict, tuple):
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
        elif isinstance(kind, type) or kind is None:
            kind = None
        else:
            kind = get_args(kind)[-1] if get_args(kind) else None
        path.append(part)
    bare = _bare(kind)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        owner = bare
    return tuple(path), owner


def _bare(kind: Any) -> Any:
    """A type without what annotates it, and without None beside it."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType) and not _tagged(kind):
            parts = [part for part in get_args(kind) if part is not type(None)]
            if len(parts) != 1:
                return kind
            kind = parts[0]
        else:
            return kind


def _tagged(kind: Any) -> dict[str, Any]:
    """The members of a union that are told apart by tags."""
    if get_origin(kind) is not Union:
        return {}
    return {
        mark.tag: get_args(part)[0]
        for part in get_args(kind)
        if get_origin(part) is Annotated
        for mark in part.__metadata__
        if isinstance(mark, Tag)
    }


def _keys(model: type[BaseModel]) -> list[str]:
    """The keys of a model; a qualifier may have those of its value beside its own."""
    own = [info.alias or name for name, info in model.model_fields.items()]
    return [*own, *VALUES] if model.__name__ == "Supplemental" else own


def _word(model: type[BaseModel]) -> str:
    """What a model is called where its keys are spoken of."""
    for table in (VALUES, STEPS, SUGAR):
        for key, known in table.items():
            if known is model:
                return key
    return _NAMES.get(model.__name__, model.__name__.lower())


class _Place:
    """Where an error is, to say what it is."""

    def __init__(self, tree: Tree, path: Path, owner: type[BaseModel], prefix: str) -> None:
        self.tree, self.path, self.owner, self.prefix = tree, path, owner, prefix

    @property
    def whole(self) -> str:
        """What to call the file where something is wrong with all of it."""
        return "" if self.prefix or len(self.path) > 1 else "the file "

    def finding(self, kind: str, what: str, todo: str, path: Path | None = None) -> Finding:
        at, shown = locate(self.tree, self.path if path is None else path)
        said = ".".join(part for part in (self.prefix, shown) if part)
        return Finding(at, kind, f"{said}: {what}" if said else what, todo)

    def explain(self, detail: Any) -> list[Finding]:
        """What is wrong, in the words of the spec language."""
        kind, context = str(detail["type"]), detail.get("ctx") or {}
        got = detail.get("input")
        if kind == "extra_forbidden":
            known = _keys(self.owner)
            todo = nearest(str(detail["loc"][-1]), known) or f"Keys: {one_of(sorted(known), 20)}."
            return [self.finding("unknown-key", f"is not a key of {_word(self.owner)}", todo)]
        if kind == "missing":
            name = str(detail["loc"][-1])
            return [
                self.finding(
                    "missing-key", f"{self.whole}needs {name}:", f"Add {name}:.", self.path[:-1]
                )
            ]
        if kind == "literal_error":
            return [self._choice(got, str(context.get("expected", "")))]
        if "faults" in context:
            return [
                self.finding(kind, what, todo, (*self.path, *path))
                for path, what, todo in context["faults"]
            ]
        error = context.get("error")
        if isinstance(error, ExpressionError):
            return [
                self.finding(each.kind, each.what, each.todo, (*self.path, *each.path))
                for each in error.each()
            ]
        if kind == "unknown-value":
            return [self._no_value(got, str(context.get("todo", "")))]
        if "todo" in context:
            return [self.finding(kind, str(detail["msg"]), str(context["todo"]))]
        return [self.finding("bad-value", *plain_words(kind, got, context, str(detail["msg"])))]

    def _choice(self, got: Any, expected: str) -> Finding:
        choices = [part.strip("' ") for part in expected.replace(" or ", ",").split(",")]
        todo = nearest(str(got), choices) or f"Write one of {one_of(choices, 20)}."
        if not isinstance(got, str):
            return self.finding("bad-value", "one word is needed here", todo)
        return self.finding("bad-value", f"{got!r} is not known here", todo)

    def _no_value(self, got: Any, todo: str) -> Finding:
        if not isinstance(got, dict):
            return self.finding("bad-value", "a list is not a value", todo)
        found = [key for key in VALUES if key in got]
        if len(found) > 1:
            what = f"has {' and '.join(found)}, and a variable is made in one way"
            return self.finding("two-values", what, f"Keep one of them: {one_of(found)}.")
        for key in got:
            close = nearest(key, VALUES)
            if close and key not in _CLAUSE:
                return self.finding(
                    "unknown-key", "is not a way to make a variable", close, (*self.path, key)
                )
        return self.finding("no-value", "nothing says what the value is", todo)


_CLAUSE = frozenset(_keys(VALUES["value"])) - {"value"}


_CDISC_NAME = "Use upper-case letters, digits and _, at most 8, beginning with a letter."
_PATTERNS = {
    r"^[A-Z][A-Z0-9]{1,7}$": "Use upper-case letters and digits, 2 to 8, beginning with a letter.",
    r"^[A-Z_][A-Z0-9_]{0,7}$": _CDISC_NAME,
    r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$": "Use letters, digits, blanks and any of . _ - only.",
    r"^[A-Za-z0-9][A-Za-z0-9.-]*$": "Write a version, such as 3.4 or 2025-03-28.",
    r"^[A-Z][A-Z0-9]{0,7}$": "Use upper-case letters and digits, beginning with a letter.",
    "^(text|number|date|datetime)$": "Write one of text, number, date, datetime.",
}


def _too_long(text: str, pattern: str) -> int:
    """The most characters that a pattern allows, where only the length is wrong; else 0."""
    bounds = re.search(r"\{\d+,(\d+)\}\$$", pattern)
    if bounds is None or not re.match(f"{pattern[: bounds.start()]}*$", text):
        return 0
    most = 1 + int(bounds[1])
    return most if len(text) > most else 0


def plain_words(kind: str, got: Any, context: Any, message: str) -> tuple[str, str]:
    """What is wrong with a scalar or a shape, and what to write."""
    most = context.get("max_length") or context.get("le")
    least = context.get("min_length") or context.get("ge")
    length = len(got) if isinstance(got, str) else 0
    if kind == "string_pattern_mismatch" and isinstance(got, str):
        most = _too_long(got, str(context.get("pattern"))) or most
        kind = "string_too_long" if most else kind
    if length > 60:
        got = f"{got[:60]}..."
    words: dict[str, tuple[str, str]] = {
        "string_type": ("text is needed here", "Write one text, not a list or mapping."),
        "int_parsing": (f"{got!r} is not a whole number", "Write digits only."),
        "float_parsing": (f"{got!r} is not a number", "Write a number."),
        "bool_parsing": (f"{got!r} is neither true nor false", "Write true or false."),
        "date": (f"{got!r} is not a date", "Write it like 2026-08-31."),
        "string_pattern_mismatch": (
            f"{got!r} cannot stand here",
            _PATTERNS.get(str(context.get("pattern")), "Use letters, digits and _ only."),
        ),
        "string_too_long": (
            f"{got!r} has {length} characters, and {most} are the most",
            "Shorten it.",
        ),
        "string_too_short": (
            f"{got!r} has {length} characters, and {least} are the least",
            "Write more.",
        ),
        "less_than_equal": (f"{got!r} is more than {most}", "Write less."),
        "greater_than_equal": (f"{got!r} is less than {least}", "Write more."),
    }
    shapes = {"dict": "a mapping", "model": "a mapping", "tuple": "a list", "list": "a list"}
    for shape, name in shapes.items():
        if kind in (f"{shape}_type", f"{shape}_attributes_type"):
            todo = "Write key: value pairs." if name == "a mapping" else "Write [a, b], or - lines."
            return f"{name} is needed here", todo
    for known in (kind, kind.split("_", 1)[0]):
        if known in words:
            return words[known]
    return message.removeprefix("Value error, "), "Correct it."


def unknown(at: Location, what: str, name: str, known: Sequence[str], kind: str) -> Finding:
    """A name that is not known, with the nearest that is."""
    todo = nearest(name, known) or (f"Known: {one_of(list(known))}." if known else "Check it.")
    return Finding(at, kind, what, todo)
