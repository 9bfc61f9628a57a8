"""Declared date formats: what a pattern such as ``dd-MMM-yyyy`` reads, and what it refuses.

Day and month order is declared, never guessed, so a format that could be read in two ways is an
error when it is compiled, and so are two formats that read one text differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import Final

MONTHS: Final = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
MONTH_NUMBERS: Final = {
    name[:length]: number for number, name in enumerate(MONTHS, 1) for length in (3, len(name))
}

UNKNOWN_PARTS: Final = frozenset(
    {"UN", "UNK", "UNKN", "UNKNOWN"}
    | {sign * count for sign in "UX?" for count in (2, 3, 4)}
    | {"-" * count for count in (1, 2, 3, 4)}
)
"""What stands for an unknown part (any case). ``NA`` (which may be an answer) and ``00``, ``99``
or ``9999`` (which may be typing errors) are not among them: a source that uses them says so."""

# rank of each part: year 0 to second 5, fraction 6; AM/PM and the offset go with the hour
_RANKS: Final = {"y": 0, "M": 1, "d": 2, "H": 3, "h": 3, "a": 3, "X": 3, "m": 4, "s": 5, "S": 6}
_NAMES: Final = ("year", "month", "day", "hour", "minute", "second", "decimal of a second")
_COUNTS: Final = {"y": (2, 4), "M": (1, 2, 3, 4), "a": (1,), "X": (3,), "S": (1, 2, 3, 4, 5, 6)}
_INSTEAD: Final = {
    "Y": "the year is yyyy",
    "D": "the day is dd",
    "n": "minutes are mm",
    "N": "minutes are mm",
    "T": "write a literal T in quotes: 'T'",
    "Z": "an offset from UTC is XXX",
    "z": "an offset from UTC is XXX",
    "A": "AM or PM is a",
    "O": "a month's name is MMM",
    "o": "a month's name is MMM",
}


class FormatError(ValueError):
    """A declared date format is unknown or ambiguous; the message says what to write."""


@dataclass(frozen=True)
class Token:
    """One piece of a pattern: a part by its letter, or literal text (letter blank)."""

    letter: str
    text: str

    @property
    def digits(self) -> tuple[int, ...]:
        """How many digits a numeric part may have; none for names, AM/PM and offsets."""
        if self.letter in ("", "a", "X") or (self.letter == "M" and len(self.text) > 2):
            return ()
        return (1, 2) if len(self.text) == 1 and self.letter != "S" else (len(self.text),)


@dataclass(frozen=True)
class Variant:
    """A full or right-truncated form of a format: the shapes it fits, and examples of them."""

    shape: re.Pattern[bytes]
    examples: tuple[bytes, ...]


@dataclass(frozen=True)
class DateFormat:
    """A compiled pattern; ``variants`` are tried in turn, the fullest first.

    ``sift`` is one regular expression for all of them, without groups.
    """

    pattern: str
    tokens: tuple[Token, ...]
    pivot: int | None
    unknown: frozenset[str]
    variants: tuple[Variant, ...] = field(repr=False, compare=False)
    sift: str = field(repr=False, compare=False)

    def reads(self, letters: str) -> bool:
        """Whether the format has a part of one of these letters."""
        return any(token.letter and token.letter in letters for token in self.tokens)

    def match(self, shape: bytes) -> re.Match[bytes] | None:
        """How a shape divides into parts (named by letter), or None."""
        matches = (variant.shape.fullmatch(shape) for variant in self.variants)
        return next((match for match in matches if match), None)


def compile_format(
    pattern: str, *, pivot: int | None = None, unknown: frozenset[str] = UNKNOWN_PARTS
) -> DateFormat:
    """A user's date format, ready for ``read_dates``.

    ======== ==========================================  ====== ===============================
    letters  reads                                       letters reads
    ======== ==========================================  ====== ===============================
    yyyy     year                                        HH, H  hour 0-23
    yy       year of two digits; needs ``pivot``         hh, h  hour 1-12; needs ``a``
    MM, M    month, two digits; one or two               a      AM or PM (A.M., P.M.)
    MMM      English month, three letters or full        mm     minute
    dd, d    day, two digits; one or two                 ss     second; S per decimal behind it
    XXX      offset from UTC: Z, +08:00                  'text' literal letters
    ======== ==========================================  ====== ===============================

    Other characters than letters and digits stand for themselves. Letters match in any case.
    ``pivot`` is the first year of the hundred that two digits can mean (1930: 1930 to 2029).
    ``unknown`` lists what stands for an unknown part; numbers in it (``00``) apply to year,
    month and day.

    Raises FormatError for letters not in the table, a part given twice, a part without the next
    greater one, an hour that could be either half of the day, two digits of year without pivot,
    and numbers run together so that their digits could be divided in two ways.

    >>> compile_format("dd-MMM-yyyy").pattern
    'dd-MMM-yyyy'
    >>> compile_format("dd-mm-yyyy")
    Traceback (most recent call last):
        ...
    mg_cdisc.dates.formats.FormatError: dd-mm-yyyy: mm is the minute but there is no hour; \
the month is MM
    """
    tokens = tuple(_tokens(pattern))
    _check_parts(pattern, tokens, pivot)
    _check_adjacent(pattern, tokens)
    folded = frozenset(map(_fold, unknown))
    variants, sources = [], []
    for pieces in _variants(tokens, folded):
        source = "".join(piece.regex for piece in pieces)
        examples = ("".join(texts) for texts in product(*(piece.examples for piece in pieces)))
        variants.append(Variant(re.compile(source.encode()), tuple(map(str.encode, examples))))
        sources.append(re.sub(r"\?P<\w>", "?:", source))
    return DateFormat(pattern, tokens, pivot, folded, tuple(variants), "|".join(sources))


def check_formats(formats: Sequence[DateFormat]) -> None:
    """Refuse formats declared together that read one text in two ways.

    ``MM/dd/yyyy`` beside ``dd/MM/yyyy`` would leave the order of day and month to the value;
    ``yyyy-MM-dd`` beside ``yyyy`` agree wherever both read, and are allowed.

    >>> check_formats([compile_format("d/M/yyyy"), compile_format("MM/dd/yyyy")])
    Traceback (most recent call last):
        ...
    mg_cdisc.dates.formats.FormatError: d/M/yyyy and MM/dd/yyyy read the same text differently; \
declare one of them
    """
    for one, other in combinations(formats, 2):
        for example in (text for variant in one.variants for text in variant.examples):
            if (match := other.match(example)) and _reading(match, other) != _reading(
                one.match(example), one
            ):
                raise FormatError(
                    f"{one.pattern} and {other.pattern} read the same text differently; "
                    "declare one of them"
                )


def _reading(match: re.Match[bytes] | None, form: DateFormat) -> tuple[object, ...]:
    """What a match takes for what, to compare two formats by."""
    if match is None:  # pragma: no cover - a format fits its own examples
        return ()
    spans = {name: match.span(name) for name in match.groupdict()}
    first, last = spans.get("y", (0, 0))
    return (spans, form.pivot if last - first == 2 else None)


def _fold(text: str) -> str:
    """ASCII letters in capitals, as shapes have them."""
    return "".join(sign.upper() if sign.isascii() else sign for sign in text)


def _tokens(pattern: str) -> Iterator[Token]:
    """Parts and literals of a pattern, neighbouring literals joined."""
    grammar = r"'(?P<quoted>(?:[^']|'')*)'|(?P<letter>[A-Za-z])(?P=letter)*|(?P<other>.)"
    literal = ""
    for piece in re.finditer(grammar, pattern, re.DOTALL):
        if piece["letter"]:
            if literal:
                yield Token("", literal)
                literal = ""
            yield Token(piece["letter"], piece[0])
        elif piece["quoted"] is not None:
            literal += piece["quoted"].replace("''", "'") or "'"
        elif piece["other"] == "'":
            raise FormatError(f"{pattern}: a quote is not closed; a literal is written 'text'")
        else:
            literal += piece["other"]
    if literal:
        yield Token("", literal)


def _check_parts(pattern: str, tokens: Sequence[Token], pivot: int | None) -> None:
    """Every letter known, no part twice, no part without the next greater one."""
    seen: dict[int, Token] = {}
    letters = {token.letter: token for token in tokens if token.letter}
    for token in tokens:
        if not token.letter:
            if re.search(r"[0-9]", token.text):
                raise FormatError(f"{pattern}: a digit cannot be literal text")
            continue
        if token.letter not in _RANKS:
            hint = _INSTEAD.get(token.letter, "literal letters are written in quotes: 'text'")
            raise FormatError(f"{pattern}: {token.text} is not a part of a date or time; {hint}")
        counts = _COUNTS.get(token.letter, (1, 2))
        if len(token.text) not in counts:
            allowed = " or ".join(token.letter * count for count in counts)
            raise FormatError(f"{pattern}: {token.text} is not known; write {allowed}")
        if token.letter in "aX":
            continue
        rank = _RANKS[token.letter]
        if rank in seen:
            raise FormatError(
                f"{pattern}: the {_NAMES[rank]} is given twice, as {seen[rank].text} and "
                f"{token.text}"
            )
        seen[rank] = token
    if not seen:
        raise FormatError(f"{pattern}: no part of a date or time; write it like dd-MMM-yyyy")
    for rank, token in sorted(seen.items(), reverse=True):
        if rank - 1 in seen or rank in (0, 3):
            continue
        hint = "; the month is MM" if rank == 4 and 1 not in seen else ""
        lacking = f"{token.text} is the {_NAMES[rank]} but there is no {_NAMES[rank - 1]}"
        raise FormatError(f"{pattern}: {lacking}{hint}")
    if 0 in seen and 3 in seen and 2 not in seen:
        raise FormatError(f"{pattern}: a time follows a date that has no day")
    if 0 in seen and seen[0].text == "yy" and pivot is None:
        raise FormatError(
            f"{pattern}: two digits do not tell the century; write yyyy, or name the first year "
            "they can mean as pivot"
        )
    if "h" in letters and "a" not in letters:
        raise FormatError(
            f"{pattern}: {letters['h'].text} is an hour of 1-12 without AM or PM; "
            "write HH, or add a"
        )
    if "a" in letters and "h" not in letters:
        raise FormatError(f"{pattern}: AM or PM goes with an hour of 1-12; write hh or h")
    if "X" in letters and 3 not in seen:
        raise FormatError(f"{pattern}: an offset from UTC goes with an hour")


def _check_adjacent(pattern: str, tokens: Sequence[Token]) -> None:
    """Numbers that run together must each have a fixed number of digits."""
    for one, other in pairwise(tokens):
        if one.digits and other.digits and len(one.digits) + len(other.digits) > 2:
            wide = one if len(one.digits) > 1 else other
            raise FormatError(
                f"{pattern}: the digits of {one.text}{other.text} can be divided in two ways; "
                f"write {wide.letter * 2}, or put a separator between"
            )


@dataclass(frozen=True)
class _Piece:
    regex: str
    examples: tuple[str, ...]


def _literal(*texts: str) -> _Piece:
    """One of these texts; a blank among them makes it optional."""
    folded = tuple(dict.fromkeys(map(_fold, texts)))
    return _Piece("(?:" + "|".join(map(re.escape, folded)) + ")", folded)


def _part(token: Token, *, alone: bool, unknown: Iterable[str]) -> _Piece:
    """A part, known or unknown. Unless it stands alone between literals, one hyphen is no part."""
    letter, count = token.letter, len(token.text)
    if letter == "a":
        return _Piece(r"(?P<a>[AP]M|[AP]\.M\.)", ("AM",))
    if letter == "X":
        return _Piece(r"(?P<X>Z|[+\-]00:00)", ("Z", "+00:00"))
    if letter == "S":
        return _Piece(f"(?P<S>0{{{count}}})", ("0" * count,))
    if token.digits:
        known = examples = ["0" * width for width in token.digits]
    else:
        known, examples = list(MONTH_NUMBERS), ["MAR", "MARCH"]
    words = [word for word in unknown if not word.isdigit() and (alone or word != "-")]
    choices = sorted(known + words, key=lambda text: (-len(text), text))
    name = "H" if letter == "h" else letter
    return _Piece(f"(?P<{name}>{'|'.join(map(re.escape, choices))})", tuple(examples))


def _variants(tokens: Sequence[Token], unknown: frozenset[str]) -> Iterator[list[_Piece]]:
    """The full form, each right truncation of it, and a single word for a value wholly unknown.

    With a year of two digits nothing of the date may be left off: MAR-25 could be a day.
    """
    ranks = [_RANKS[token.letter] if token.letter else -1 for token in tokens]
    present = sorted({rank for rank in ranks if rank >= 0}, reverse=True)
    short = any(token.text == "yy" for token in tokens)
    for finest in present:
        if short and finest < min(2, present[0]):
            break
        yield _variant(tokens, ranks, finest, unknown)
    words = [word for word in sorted(unknown) if not word.isdigit()]
    if words:
        yield [_Piece(_literal(*words).regex, ())]


def _variant(
    tokens: Sequence[Token], ranks: Sequence[int], finest: int, unknown: frozenset[str]
) -> list[_Piece]:
    """The form without the parts finer than ``finest`` and the separators that went with them."""
    kept = [at for at, rank in enumerate(ranks) if 0 <= rank <= finest]
    pieces: list[_Piece] = []
    before = 0
    for place, at in enumerate(kept):
        between = tokens[before:at]
        if tokens[at].letter in "aX":  # these go with the hour, wherever the minutes went
            between = tokens[max(before, at - 1) : at]
        pieces.extend(_between(between, first=place == 0))
        beside = [tokens[near] for near in (at - 1, at + 1) if 0 <= near < len(tokens)]
        alone = not any(token.letter for token in beside)
        pieces.append(_part(tokens[at], alone=alone, unknown=unknown))
        before = at + 1
    rest = tokens[before:]
    if any(token.letter for token in rest):
        # a unit such as the sign for year belongs to the part before it
        unit = rest[0].text.strip() if not rest[0].letter else ""
        if unit and not unit.isascii():
            pieces.append(_literal(unit, ""))
    else:
        pieces.extend(_literal(token.text) for token in rest)
    return pieces


def _between(tokens: Sequence[Token], *, first: bool) -> list[_Piece]:
    """The separator between two kept parts; where a part between is left off, either neighbour."""
    literals = [token.text for token in tokens if not token.letter]
    if len(literals) == len(tokens):
        return [_literal(text) for text in literals]
    if first:
        return [_literal(tokens[0].text)] if not tokens[0].letter else []
    return [_literal(literals[0], literals[-1])] if literals else []
