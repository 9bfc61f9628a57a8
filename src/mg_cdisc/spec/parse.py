"""Tree to model: every mistake found at once, each at its line, with what to do."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.spec.tree import Tree, locate, plain

M = TypeVar("M", bound=BaseModel)


def read_model(model: type[M], tree: Tree, findings: list[Finding], prefix: str = "") -> M | None:
    """The model of a tree; None, and findings, where the tree does not fit."""
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            findings.append(_finding(model, tree, detail, prefix))
        return None


def _finding(model: type[BaseModel], tree: Tree, detail: Any, prefix: str) -> Finding:
    at, shown = locate(tree, tuple(detail["loc"]))
    path = ".".join(part for part in (prefix, shown) if part)
    kind, context = str(detail["type"]), detail.get("ctx") or {}
    if kind == "extra_forbidden":
        last = str(detail["loc"][-1])
        known = _keys(_model_at(model, detail["loc"][:-1]))
        place = path if path.endswith(last) else f"{path}.{last}" if path else last
        todo = nearest(last, known) or f"Keys: {one_of(sorted(known), 20)}."
        return Finding(at, "unknown-key", f"{place}: is not a key here", todo)
    if kind == "missing":
        name = str(detail["loc"][-1])
        return Finding(at, "missing-key", f"{path or 'this'}: needs {name}:", f"Add {name}:.")
    if kind == "literal_error":
        got = detail["input"]
        choices = str(context.get("expected", ""))
        todo = nearest(
            str(got), [part.strip("' ") for part in choices.replace(" or ", ",").split(",")]
        )
        return Finding(at, "bad-value", f"{path}: {got!r} is not one of {choices}", todo)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return Finding(
            at, "unknown-value", f"{path}: {detail['msg']}", str(context.get("todo", ""))
        )
    message = str(detail["msg"])
    if "todo" in context:
        return Finding(at, kind, f"{path}: {message}", str(context["todo"]))
    return Finding(at, "bad-value", f"{path}: {_plain_message(kind, message, detail)}")


def _plain_message(kind: str, message: str, detail: Any) -> str:
    got = detail.get("input")
    words = {
        "string_type": "text is needed here",
        "int_parsing": f"{got!r} is not a whole number",
        "float_parsing": f"{got!r} is not a number",
        "dict_type": "a mapping is needed here",
        "model_type": "a mapping is needed here",
        "model_attributes_type": "a mapping is needed here",
        "tuple_type": "a list is needed here",
        "list_type": "a list is needed here",
        "bool_parsing": f"{got!r} is neither true nor false",
        "date_from_datetime_parsing": f"{got!r} is not a date (yyyy-mm-dd)",
        "string_pattern_mismatch": f"{got!r} does not have the right form",
    }
    return words.get(kind, message.removeprefix("Value error, "))


def _keys(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel] | None:
    """The model that the last part of an error's path speaks of."""
    from mg_cdisc.derive import VALUES

    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, str) and part in VALUES:
            current = VALUES[part]
            continue
        if current is None or isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in current.model_fields.items()}
        if part in fields:
            found = _models_in(fields[part].annotation)
            current = found[0] if len(found) == 1 else current
    return current


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    for part in getattr(annotation, "__args__", ()):
        found += _models_in(part)
    return found


def unknown(at: Location, what: str, name: str, known: list[str]) -> Finding:
    """A name that is not known, with the nearest that is."""
    return Finding(at, "unknown-name", what, nearest(name, known) or f"Known: {one_of(known)}.")
