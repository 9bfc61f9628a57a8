"""Text to tree: precedence, quoting, and what is said of broken expressions."""

from __future__ import annotations

import pytest

from mg_cdisc.expression import ExpressionError, Literal, Name, Order, Type, parse, parse_order
from mg_cdisc.expression.nodes import Arithmetic, Call, Compare, Junction, Negative, Not, Within


def shown(text: str) -> str:
    """The tree with every operation in parentheses."""

    def write(node: object) -> str:
        match node:
            case Literal(value):
                return f"'{value}'" if isinstance(value, str) else f"{value:g}"
            case Name():
                return str(node)
            case Call(function, arguments):
                return f"{function}({', '.join(map(write, arguments))})"
            case Negative(operand):
                return f"(-{write(operand)})"
            case Arithmetic(operator, left, right) | Compare(operator, left, right):
                return f"({write(left)} {operator} {write(right)})"
            case Within(operand, items, negated):
                word = "not in" if negated else "in"
                return f"({write(operand)} {word} [{', '.join(map(write, items))}])"
            case Not(operand):
                return f"(not {write(operand)})"
            case Junction(operator, operands):
                return "(" + f" {operator} ".join(map(write, operands)) + ")"
        raise AssertionError(node)

    return write(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A or B and C", "(A or (B and C))"),
        ("(A or B) and C", "((A or B) and C)"),
        ("A and B and C", "(A and B and C)"),
        ("not A and B", "((not A) and B)"),
        ("not A = B", "(not (A = B))"),
        ("not not A", "(not (not A))"),
        ("A = B + C", "(A = (B + C))"),
        ("A + B * C", "(A + (B * C))"),
        ("A - B - C", "((A - B) - C)"),
        ("A / B * C", "((A / B) * C)"),
        ("A - (B - C)", "(A - (B - C))"),
        ("-A * B", "((-A) * B)"),
        ("-(A + B)", "(-(A + B))"),
        ("A - -B", "(A - (-B))"),
        ("- - A", "(-(-A))"),
        ("- - - A", "(-A)"),
        ("A <> 1", "(A != 1)"),
        ("A <= 1 and A>=.5", "((A <= 1) and (A >= 0.5))"),
        ("A in (1, -2)", "(A in [1, -2])"),
        ("A not in ('x')", "(A not in ['x'])"),
        ("not A in ('x')", "(not (A in ['x']))"),
        ("A + 1 in (2)", "((A + 1) in [2])"),
        ("f()", "f()"),
        ("f(A, g(B) + 1)", "f(A, (g(B) + 1))"),
        ("f(A = 1 or B, 'x')", "f(((A = 1) or B), 'x')"),
        ("this.A > source.A", "(this.A > source.A)"),
        ("andrew or order", "(andrew or order)"),
        ("  A\n=  1  ", "(A = 1)"),
        ("1.50", "1.5"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert shown(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("''", ""),
        ("'it''s'", "it's"),
        ("''''", "'"),
        ("'a  \"b\" `c`'", 'a  "b" `c`'),
        ("'and, (or)'", "and, (or)"),
        ("'µ ≥ 疼痛'", "µ ≥ 疼痛"),
        ("'2025-01-01'", "2025-01-01"),
    ],
)
def test_text_stands_in_single_quotes(text: str, value: str) -> None:
    assert parse(text) == Literal(value, Type.TEXT)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AGE", Name("AGE")),
        ("_x1", Name("_x1")),
        ("`Visit date`", Name("Visit date")),
        ("`a.b`", Name("a.b")),
        ("`this.x`", Name("this.x")),
        ("source.`Visit date`", Name("Visit date", "source")),
        ("this.AVAL", Name("AVAL", "this")),
        ("this", Name("this")),
        ("in_", Name("in_")),
        ("年龄", Name("年龄")),
    ],
)
def test_names(text: str, name: Name) -> None:
    assert parse(text) == name


EARLY = "the expression ends too early"
ATOM = "expected a name, a constant or a function"
JOIN = "Join conditions with and, or; arguments of a function with commas."
ODD = "Quote a column name with odd characters in backticks."
QUOTE = "Close it with a single quote; write a quote inside it twice."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the expression is empty | Write one, or remove the key."),
        ("   ", "the expression is empty | Write one, or remove the key."),
        ("AGE =", f"{EARLY}: {ATOM} | Finish the expression."),
        ("AGE + ", f"{EARLY}: {ATOM} | Finish the expression."),
        ("not", f"{EARLY}: {ATOM} | Finish the expression."),
        ("AGE >= 18 and", f"{EARLY}: {ATOM} | Finish the expression."),
        ("and AGE", f"at 'and AGE': {ATOM} | Finish the expression."),
        ("(AGE > 1", f"{EARLY}: expected ')' to close the parenthesis | Add )."),
        ("AGE > 1)", f"at ')': nothing can follow here | {JOIN}"),
        ("upper(SEX", f"{EARLY}: expected ')' to close upper( | Add )."),
        ("upper(SEX,)", f"at ')': {ATOM} | Finish the expression."),
        ("upper SEX", f"at 'SEX': nothing can follow here | {JOIN}"),
        ("SEX = 'F", f"the text that begins at 'F has no closing quote | {QUOTE}"),
        ("A = 'it's'", f"the text that begins at ' has no closing quote | {QUOTE}"),
        (
            'SEX = "F"',
            'double quotes do not belong in an expression: "F" | Write text in single quotes.',
        ),
        ("AGE @ 1", f"'@' does not belong in an expression | {ODD}"),
        ("A; B", f"';' does not belong in an expression | {ODD}"),
        ("A | B", "'|' does not belong in an expression | Write or for |, concat(A, B) for ||."),
        (
            "ADT <= &cutoff",
            "'&' does not belong in an expression | "
            "Write and; there are no macro variables, and data_cut() is the data cut.",
        ),
        (
            "ADT > '31MAR2026'd",
            "'31MAR2026'd is no constant here | "
            "Write '2026-03-31' beside a date, date(iso('2026-03-31')) elsewhere.",
        ),
        (
            "max(ADTM, '1jan2026:10:30'DT)",
            "'1jan2026:10:30'DT is no constant here | "
            "Write '2026-01-01T10:30' beside a date, datetime(iso('2026-01-01T10:30')) elsewhere.",
        ),
        (
            "A = '10'n",
            "'10'n is no constant here | Write '10'; a date in ISO 8601, as '2026-03-31'.",
        ),
        (
            "AVAL = .",
            "at '.': expected a name, a constant or a function | "
            "Use missing(X) to test for missing.",
        ),
        ("A ^= 1", "'^' does not belong in an expression | Write != for is not."),
        ("``", f"'`' does not belong in an expression | {ODD}"),
        ("SEX == 'F'", "at \"= 'F'\": = stands twice | Write = once for is."),
        (
            "AGE > 1 AND AGE < 5",
            "at 'AND AGE < 5': nothing can follow here | Write and in lower case.",
        ),
        ("SEX eq 'F'", "at \"eq 'F'\": nothing can follow here | Write =."),
        (
            "1 < AGE < 5",
            "at '< 5': nothing can follow here | Write low < x and x < high for a range.",
        ),
        ("SEX in 'F'", "at \"'F'\": expected '(' after 'in' | Add (."),
        ("SEX in ()", f"at ')': {ATOM} | Finish the expression."),
        ("SEX in ('F' 'M')", "at \"'M')\": expected ')' after the list | Add )."),
        (
            "SEX in (U, 'F')",
            "a list after 'in' holds constants only | Write texts in single quotes, or numbers.",
        ),
        ("SEX in (-'F')", "minus needs a number, and 'F' is a text | Drop the quotes."),
        ("SEX not = 'F'", "at \"= 'F'\": expected 'in' after 'not' | Write x not in (...)."),
        (
            "EX.EXSTDTC",
            "EX.… : only this.X and source.X may have a point | "
            "Read another dataset through a clause (from: ...) or a lookup.",
        ),
        ("this.", "this. is followed by no name | Write this.NAME."),
        ("this.'x'", "this. is followed by no name | Write this.NAME."),
        ("12abc", f"at 'abc': nothing can follow here | {JOIN}"),
        ("1e5", f"at 'e5': nothing can follow here | {JOIN}"),
        (
            "(" * 100 + "A" + ")" * 100,
            "the expression is nested more than 60 deep | "
            "Make a part of it a working variable of its own.",
        ),
        (
            "not " * 5000 + "A",
            "the expression is nested more than 60 deep | "
            "Make a part of it a working variable of its own.",
        ),
        (
            " + ".join(["A"] * 5000),
            "the expression has more than 200 operations | "
            "Make a part of it a working variable of its own.",
        ),
    ],
)
def test_broken_expressions(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert f"{caught.value.what} | {caught.value.todo}" == message
    assert caught.value.kind == "bad-expression"


def test_many_conditions_side_by_side_are_no_nesting() -> None:
    node = parse(" or ".join(f"A = {number}" for number in range(2000)))
    assert isinstance(node, Junction)
    assert len(node.operands) == 2000


def test_many_minus_signs_are_no_nesting() -> None:
    assert shown("-" * 5001 + "A") == "(-A)"


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("A", Order(Name("A"))),
        ("A asc", Order(Name("A"))),
        ("A desc", Order(Name("A"), descending=True)),
        ("A missing last", Order(Name("A"), missing_last=True)),
        ("A desc missing first", Order(Name("A"), descending=True, missing_first=True)),
        ("missing", Order(Name("missing"))),
        ("desc", Order(Name("desc"))),
        ("abs(A - B) desc", Order(parse("abs(A - B)"), descending=True)),
        ("concat(A, '  ', B) desc", Order(parse("concat(A, '  ', B)"), descending=True)),
        ("concat(A, ' desc')", Order(parse("concat(A, ' desc')"))),
    ],
)
def test_order(text: str, order: Order) -> None:
    assert parse_order(text) == order


def test_order_words_stand_in_one_order() -> None:
    with pytest.raises(ExpressionError, match="nothing can follow here"):
        parse_order("A missing last desc")
    with pytest.raises(ExpressionError, match="the expression is empty"):
        parse_order("  ")
