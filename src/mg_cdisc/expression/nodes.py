"""The tree of an expression, and the types its values can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What a value is. A partial date is ISO 8601 text of any precision, as in --DTC."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    PARTIAL = "partial date"
    CONDITION = "condition"

    @property
    def stored_as_text(self) -> bool:
        """Whether its column is a text column."""
        return self in (Type.TEXT, Type.PARTIAL)


Path = tuple[str | int, ...]


class ExpressionError(ValueError):
    """An expression that cannot be understood: what is wrong, then what to do.

    ``path`` leads from the step to the key that it stands under.
    """

    def __init__(
        self, what: str, todo: str = "", kind: str = "bad-expression", path: Path = ()
    ) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.kind = kind
        self.path = path

    def each(self) -> tuple[ExpressionError, ...]:
        """The mistakes that it stands for."""
        return (self,)


class FollowUpError(ExpressionError):
    """What cannot be judged because of a mistake reported elsewhere: it is never shown."""


class SeveralErrors(ExpressionError):
    """Several mistakes of one step, found together."""

    def __init__(self, errors: Sequence[ExpressionError]) -> None:
        super().__init__("; ".join(error.what for error in errors))
        self.errors = tuple(errors)

    def each(self) -> tuple[ExpressionError, ...]:
        """The mistakes one by one."""
        return self.errors


class Mistakes:
    """Tries the parts of a step one by one, to raise what is wrong in any of them together."""

    def __init__(self) -> None:
        self.found: list[ExpressionError] = []

    @contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """Mistakes inside stand under this key of the step."""
        try:
            yield
        except ExpressionError as error:
            for each in error.each():
                each.path = (*path, *each.path)
                self.found.append(each)

    def done(self) -> None:
        """Raise what was found, if anything was."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise SeveralErrors(self.found)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text in single quotes, or a number."""

    value: str | float
    type: Type


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or column; ``scope`` is '', 'this' or 'source'.

    ``key`` is the column of the frame it stands for, filled when the expression is bound.
    """

    name: str
    scope: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"{self.scope}.{self.name}" if self.scope else self.name


@dataclass(frozen=True, slots=True)
class Call:
    """A function of arguments; ``aggregate`` marks one that reads a whole group of records."""

    function: str
    arguments: tuple[Node, ...]
    aggregate: bool = False


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus an operand."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ - * /`` of two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """``= != < <= > >=`` of two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Within:
    """``x in (a, b)`` or ``x not in (a, b)`` with constants."""

    operand: Node
    items: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by one of ``and``, ``or``."""

    operator: str
    operands: tuple[Node, ...]


Node = Literal | Name | Call | Negative | Arithmetic | Compare | Within | Not | Junction


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key: ``expression [desc] [missing first|last]``."""

    node: Node
    descending: bool = False
    missing_last: bool = False
    missing_first: bool = False


def children(node: Node) -> tuple[Node, ...]:
    """The operands directly below a node."""
    match node:
        case Call():
            return node.arguments
        case Negative() | Not():
            return (node.operand,)
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Within():
            return (node.operand, *node.items)
        case Junction():
            return node.operands
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in reading order."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> tuple[Name, ...]:
    """Every name in the expression, each once, in reading order."""
    found = [part for part in walk(node) if isinstance(part, Name)]
    return tuple(dict.fromkeys(found))
