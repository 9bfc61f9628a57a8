"""Text to tree: the grammar of the expression language.

From loose to tight: ``or``, ``and``, ``not``, comparison and ``in``, ``+ -``, ``* /``, unary minus,
call or name or constant or parentheses. Text constants stand in single quotes, a quote inside is
doubled; names with odd characters stand in backticks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mg_cdisc.expression import foreign
from mg_cdisc.expression.nodes import (
    Arithmetic,
    Call,
    Compare,
    ExpressionError,
    Junction,
    Literal,
    Name,
    Negative,
    Node,
    Not,
    Order,
    Type,
    Within,
)

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?|\.\d+)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>`[^`]+`)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><=|>=|!=|<>|[=<>+\-*/(),.])
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in"})
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_SCOPES = frozenset({"this", "source"})
_MNEMONICS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_SUFFIXES = frozenset({"d", "dt", "t", "n", "x"})
_DEEPEST = 60
_MOST = 200
_ORDER = re.compile(r"^(.*?)(?:\s+(asc|desc))?(?:\s+missing\s+(first|last))?\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            if rest[0] == "'":
                raise ExpressionError(
                    f"the text that begins at {rest[:20]} has no closing quote",
                    "Close it with a single quote; write a quote inside it twice.",
                )
            if rest[0] == '"':
                raise ExpressionError(
                    f"double quotes do not belong in an expression: {rest[:20]}",
                    "Write text in single quotes.",
                )
            todo = "Quote a column name with odd characters in backticks."
            if rest[:2] in ("^=", "~="):
                todo = "Write != for is not."
            elif rest[0] == "&":
                todo = "Write and; there are no macro variables, and data_cut() is the data cut."
            elif rest[0] == "$":
                todo = "There are no formats: decode a text with map: or decode:."
            elif rest[0] == "|":
                todo = "Write or for |, concat(A, B) for ||."
            raise ExpressionError(f"{rest[0]!r} does not belong in an expression", todo)
        kind = str(match.lastgroup)
        if kind == "word" and found and found[-1].kind == "text" and _adjacent(found[-1], match):
            raise _foreign_constant(found[-1].text, match.group(kind))
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
    found.append(_Token("end", "", end))
    return found


def _adjacent(text: _Token, word: re.Match[str]) -> bool:
    return text.at + len(text.text) == word.start("word") and word["word"].lower() in _SUFFIXES


def _foreign_constant(text: str, suffix: str) -> ExpressionError:
    meant = foreign.constant(text[1:-1])
    kind = "datetime" if "T" in meant else "date"
    return ExpressionError(
        f"{text}{suffix} is no constant here",
        f"Write '{meant}' beside a date, {kind}(iso('{meant}')) elsewhere."
        if meant
        else f"Write {text}; a date in ISO 8601, as '2026-03-31'.",
    )


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0
        self.operations = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def step(self) -> _Token:
        token = self.token
        self.position += 1
        return token

    def sign(self, *texts: str) -> bool:
        return self.token.kind == "sign" and self.token.text in texts

    def word(self, *texts: str) -> bool:
        return self.token.kind == "word" and self.token.text in texts

    def expect(self, text: str, why: str) -> None:
        if not self.sign(text):
            raise ExpressionError(f"{self._here()}: expected {text!r} {why}", f"Add {text}.")
        self.step()

    def _here(self) -> str:
        if self.token.kind == "end":
            return "the expression ends too early"
        return f"at {self.text[self.token.at : self.token.at + 20]!r}"

    def disjunction(self) -> Node:
        return self._junction("or", self.conjunction)

    def conjunction(self) -> Node:
        return self._junction("and", self.negation)

    def _junction(self, operator: str, part: Callable[[], Node]) -> Node:
        operands = [part()]
        while self.word(operator):
            self.step()
            operands.append(part())
        return operands[0] if len(operands) == 1 else Junction(operator, tuple(operands))

    def negation(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ExpressionError(
                f"the expression is nested more than {_DEEPEST} deep",
                "Make a part of it a working variable of its own.",
            )
        if self.word("not"):
            self.step()
            made: Node = Not(self.negation())
        else:
            made = self.comparison()
        self.depth -= 1
        return made

    def comparison(self) -> Node:
        left = self.sum()
        if self.token.kind == "sign" and self.token.text in (*_COMPARISONS, "<>"):
            operator = self.step().text
            if operator == "=" and self.sign("="):
                raise ExpressionError(f"{self._here()}: = stands twice", "Write = once for is.")
            return Compare("!=" if operator == "<>" else operator, left, self.sum())
        negated = self.word("not")
        if negated:
            self.step()
        if self.word("in"):
            self.step()
            return Within(left, self._items(), negated)
        if negated:
            raise ExpressionError(
                f"{self._here()}: expected 'in' after 'not'", "Write x not in (...)."
            )
        return left

    def _items(self) -> tuple[Literal, ...]:
        self.expect("(", "after 'in'")
        items = [self._constant()]
        while self.sign(","):
            self.step()
            items.append(self._constant())
        self.expect(")", "after the list")
        return tuple(items)

    def _constant(self) -> Literal:
        node = self.unary()
        if isinstance(node, Literal):
            return node
        if isinstance(node, Negative) and isinstance(node.operand, Literal):
            if node.operand.type is not Type.NUMBER:
                raise ExpressionError(
                    f"minus needs a number, and '{node.operand.value}' is a text",
                    "Drop the quotes.",
                )
            return Literal(-float(node.operand.value), Type.NUMBER)
        raise ExpressionError(
            "a list after 'in' holds constants only", "Write texts in single quotes, or numbers."
        )

    def sum(self) -> Node:
        left = self.product()
        while self.sign("+", "-"):
            left = Arithmetic(self.operator(), left, self.product())
        return left

    def product(self) -> Node:
        left = self.unary()
        while self.sign("*", "/"):
            left = Arithmetic(self.operator(), left, self.unary())
        return left

    def operator(self) -> str:
        self.operations += 1
        if self.operations > _MOST:
            raise ExpressionError(
                f"the expression has more than {_MOST} operations",
                "Make a part of it a working variable of its own.",
            )
        return self.step().text

    def unary(self) -> Node:
        minus = 0
        while self.sign("-"):
            self.step()
            minus += 1
        node = self.atom()
        for _ in range(min(minus, 2 - minus % 2)):  # minus minus x is x, twice is kept as written
            node = Negative(node)
        return node

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.step()
            return Literal(float(token.text), Type.NUMBER)
        if token.kind == "text":
            self.step()
            return Literal(token.text[1:-1].replace("''", "'"), Type.TEXT)
        if token.kind == "quoted":
            self.step()
            return Name(token.text[1:-1])
        if token.kind == "word" and token.text not in _WORDS:
            return self._name_or_call()
        if self.sign("("):
            self.step()
            inside = self.disjunction()
            self.expect(")", "to close the parenthesis")
            return inside
        raise ExpressionError(
            f"{self._here()}: expected a name, a constant or a function",
            "Use missing(X) to test for missing." if self.sign(".") else "Finish the expression.",
        )

    def _name_or_call(self) -> Node:
        word = self.step().text
        if self.sign("("):
            todo = foreign.function(word)
            if todo:  # before its arguments, which may be no expressions
                raise ExpressionError(f"there is no function {word}", todo, "unknown-function")
            self.step()
            arguments: list[Node] = []
            if not self.sign(")"):
                arguments.append(self.disjunction())
                while self.sign(","):
                    self.step()
                    arguments.append(self.disjunction())
            self.expect(")", f"to close {word}(")
            return Call(word, tuple(arguments))
        if self.sign("."):
            if word not in _SCOPES:
                raise ExpressionError(
                    f"{word}.… : only this.X and source.X may have a point",
                    "Read another dataset through a clause (from: ...) or a lookup.",
                )
            self.step()
            token = self.step()
            if token.kind not in ("word", "quoted"):
                raise ExpressionError(f"{word}. is followed by no name", f"Write {word}.NAME.")
            return Name(token.text.strip("`"), word)
        return Name(word)


def _whole(parser: _Parser, node: Node) -> Node:
    token = parser.token
    if token.kind == "end":
        return node
    todo = "Join conditions with and, or; arguments of a function with commas."
    if token.kind == "word" and token.text.lower() in _WORDS:
        todo = f"Write {token.text.lower()} in lower case."
    elif token.kind == "word" and token.text.lower() in _MNEMONICS:
        todo = f"Write {_MNEMONICS[token.text.lower()]}."
    elif token.kind == "sign" and token.text in _COMPARISONS:
        todo = "Write low < x and x < high for a range."
    raise ExpressionError(f"{parser._here()}: nothing can follow here", todo)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression.

    >>> parse("AGE >= 18 and SEX in ('M', 'F')").operator
    'and'
    """
    if not text.strip():
        raise ExpressionError("the expression is empty", "Write one, or remove the key.")
    parser = _Parser(text)
    return _whole(parser, parser.disjunction())


@lru_cache(maxsize=4096)
def parse_order(text: str) -> Order:
    """One sort key: ``expression [desc|asc] [missing first|last]``.

    >>> parse_order("abs(AVAL) desc missing last").missing_last
    True
    """
    meant = foreign.descending(text)
    if meant:
        raise ExpressionError(f"{text!r} is no sort key", f"Write {meant}.")
    match = _ORDER.match(text)
    assert match is not None
    key, direction, gone = match.groups()
    return Order(parse(key), direction == "desc", gone == "last", gone == "first")
