"""The ways in which a study is damaged: one table, from name to what it does to one file.

Every kind is a function of a file's bytes and a seeded random source, and gives other bytes (or
None where it cannot do anything to that file).
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Damage = Callable[[bytes, random.Random], bytes | None]
Lines = Callable[[list[str], random.Random], list[str] | None]
Table = Callable[[list[list[str]], random.Random], list[list[str]] | None]

GARBAGE = (
    "", " ", ".", "-1", "0", "NaN", "inf", "1e400", "999999999999999999999", "0.1.2", "1,5", "'",
    '"', "'; drop", "=1+1", "\\", "%s", "{value}", "{value!r}", "$it", "NULL", "ÄÖÜ", "頭痛", "\u202e",
    "\u0000", "\t", "\r", "a\nb", "x" * 300, "2024-02-30", "0000-00-00", "99999-01-01", "31.02.2024",
    "2024-01-01T25:61", "24:00", "true", "None", "Y ", " y", "１",
)  # fmt: skip
SCALARS = (
    "", "~", "no", "0012", "12:30", "[]", "{}", "[a, b]", "{a: b}", "'", '"x"', "1e9", "-1", "null",
    "''", "!!int 5", "&a b", "*a", "|", ">", "a: b", "# x", "`x`", "if(", "x" * 300, "\u202e", "99",
    "count()", "this.USUBJID", "source.SUBJECT", "1 / 0", "missing(", "'a' = 'b'", "AE", "USUBJID",
)  # fmt: skip
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Kind:
    """One way to damage a file: its name, the files it is for, and what it does."""

    name: str
    of: str
    damage: Damage


def _text(change: Lines) -> Damage:
    def damage(data: bytes, rng: random.Random) -> bytes | None:
        # what an earlier damage made no text stays as it is, byte for byte
        changed = change(data.decode("utf-8", "surrogateescape").split("\n"), rng)
        return None if changed is None else "\n".join(changed).encode("utf-8", "surrogateescape")

    return damage


def _line(change: Callable[[str, random.Random], str | None]) -> Damage:
    """Change one line, found by trying lines in a random order."""

    def on_lines(lines: list[str], rng: random.Random) -> list[str] | None:
        for position in rng.sample(range(len(lines)), len(lines)):
            changed = change(lines[position], rng)
            if changed is not None and changed != lines[position]:
                return [*lines[:position], changed, *lines[position + 1 :]]
        return None

    return _text(on_lines)


def _rows(change: Table) -> Damage:
    """Change the table of a CSV file; characters of another encoding stay as they are."""

    def damage(data: bytes, rng: random.Random) -> bytes | None:
        text = data.decode("utf-8", "surrogateescape")
        text = text.replace("\0", "").replace("\r", "")
        rows = list(csv.reader(io.StringIO(text)))
        changed = change(rows, rng) if rows and rows[0] else None
        if changed is None:
            return None
        made = io.StringIO()
        csv.writer(made, lineterminator="\n").writerows(changed)
        return made.getvalue().encode("utf-8", "surrogateescape")

    return damage


# lines of text


def delete_line(lines: list[str], rng: random.Random) -> list[str] | None:
    position = rng.randrange(len(lines))
    return lines[:position] + lines[position + 1 :]


def duplicate_line(lines: list[str], rng: random.Random) -> list[str] | None:
    position = rng.randrange(len(lines))
    return [*lines[: position + 1], lines[position], *lines[position + 1 :]]


def swap_lines(lines: list[str], rng: random.Random) -> list[str] | None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def delete_block(lines: list[str], rng: random.Random) -> list[str] | None:
    start = rng.randrange(len(lines))
    return lines[:start] + lines[start + rng.randrange(2, 8) :]


def swap_keys(lines: list[str], rng: random.Random) -> list[str] | None:
    keyed = [i for i, line in enumerate(lines) if re.match(r"[ -]*\w+:", line)]
    if len(keyed) < 2:
        return None
    one, other = rng.sample(keyed, 2)
    keys = [re.match(r"([ -]*)(\w+):(.*)", lines[i]) for i in (one, other)]
    assert keys[0]
    assert keys[1]
    lines[one] = f"{keys[0][1]}{keys[1][2]}:{keys[0][3]}"
    lines[other] = f"{keys[1][1]}{keys[0][2]}:{keys[1][3]}"
    return lines


def exchange_name(lines: list[str], rng: random.Random) -> list[str] | None:
    """One word in the place of another of the same file."""
    places = [(i, match) for i, line in enumerate(lines) for match in WORD.finditer(line)]
    if len(places) < 2:
        return None
    (position, match), (_, other) = rng.sample(places, 2)
    line = lines[position]
    lines[position] = line[: match.start()] + other[0] + line[match.end() :]
    return lines


# within a line


def typo_in_key(line: str, rng: random.Random) -> str | None:
    match = re.match(r"([ -]*)(\w{2,}):(.*)", line)
    return None if match is None else f"{match[1]}{_typo(match[2], rng)}:{match[3]}"


def typo_in_name(line: str, rng: random.Random) -> str | None:
    found = [match for match in WORD.finditer(line) if len(match[0]) > 2]
    if not found:
        return None
    match = rng.choice(found)
    return line[: match.start()] + _typo(match[0], rng) + line[match.end() :]


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + rng.choice("abcXYZ_9") + word[at + 1 :]
        case _:
            return word.swapcase()


def change_indentation(line: str, rng: random.Random) -> str | None:
    if not line.strip():
        return None
    bare = line.lstrip()
    return " " * max(0, len(line) - len(bare) + rng.choice((-4, -2, -1, 1, 2, 4))) + bare


def tab_for_blanks(line: str, rng: random.Random) -> str | None:
    at = [match.start() for match in re.finditer(" +", line)]
    return None if not at else line.replace("  ", "\t", 1) if "  " in line else None


def remove_sign(signs: str) -> Callable[[str, random.Random], str | None]:
    """Take one of these characters out of a line."""

    def remove(line: str, rng: random.Random) -> str | None:
        at = [position for position, sign in enumerate(line) if sign in signs]
        if not at:
            return None
        position = rng.choice(at)
        return line[:position] + line[position + 1 :]

    return remove


def insert_sign(line: str, rng: random.Random) -> str | None:
    at = rng.randrange(len(line) + 1)
    return line[:at] + rng.choice("'\"`()[]{}:,#&*!|>%@-=<\\\t\u00e9\u0000") + line[at:]


def wrong_scalar(line: str, rng: random.Random) -> str | None:
    match = re.match(r"([ -]*\w+: *)\S.*", line)
    return None if match is None else match[1] + rng.choice(SCALARS)


def wrong_inner_scalar(line: str, rng: random.Random) -> str | None:
    found = list(re.finditer(r"(?<=: )[^,{}\[\]]+(?=[,}])", line))
    if not found:
        return None
    match = rng.choice(found)
    return line[: match.start()] + rng.choice(SCALARS) + line[match.end() :]


def other_operator(line: str, rng: random.Random) -> str | None:
    found = list(re.finditer(r" (=|!=|<|>|<=|>=|and|or|\+|-|\*|/) ", line))
    if not found:
        return None
    match = rng.choice(found)
    operator = rng.choice(("=", "!=", "<", ">=", "and", "or", "+", "-", "*", "/", "in", "not"))
    return f"{line[: match.start()]} {operator} {line[match.end() :]}"


# bytes


def truncate(data: bytes, rng: random.Random) -> bytes | None:
    return data[: rng.randrange(len(data))]


def flip_bytes(data: bytes, rng: random.Random) -> bytes | None:
    made = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def insert_bytes(data: bytes, rng: random.Random) -> bytes | None:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randrange(1, 5)) + data[at:]


def append_itself(data: bytes, rng: random.Random) -> bytes | None:
    return data + data


def carriage_returns(data: bytes, rng: random.Random) -> bytes | None:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r")))


def byte_order_mark(data: bytes, rng: random.Random) -> bytes | None:
    return b"\xef\xbb\xbf" + data


def wrong_encoding(data: bytes, rng: random.Random) -> bytes | None:
    text = data.decode("utf-8", "replace")
    if rng.random() < 0.5:
        words = WORD.findall(text) or [""]
        text = text.replace(rng.choice(words), "Müller", 1)
    return text.encode(rng.choice(("utf-16", "utf-16-le", "latin-1", "cp437")), "replace")


# tables


def _cell(rows: list[list[str]], rng: random.Random) -> tuple[int, int] | None:
    full = [i for i, row in enumerate(rows) if i and row]
    if not full:
        return None
    row = rng.choice(full)
    return row, rng.randrange(len(rows[row]))


def ragged_row(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    row = rng.choice(rows)
    if rng.random() < 0.5 and row:
        del row[rng.randrange(len(row))]
    else:
        row.insert(rng.randrange(len(row) + 1), rng.choice(GARBAGE))
    return rows


def remove_column(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    at = rng.randrange(len(rows[0]))
    return [row[:at] + row[at + 1 :] for row in rows]


def rename_column(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    at = rng.randrange(len(rows[0]))
    old = rows[0][at]
    rows[0][at] = rng.choice((_typo(old, rng) if len(old) > 1 else "X", old + " ", "", "USUBJID"))
    return rows


def duplicate_column(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    at = rng.randrange(len(rows[0]))
    return [[*row, *row[at : at + 1]] for row in rows]


def swap_columns(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    one, other = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    return rows


def add_column(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return [[*row, "NEW" if not i else rng.choice(GARBAGE)] for i, row in enumerate(rows)]


def remove_header(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return rows[1:]


def delete_row(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    del rows[rng.randrange(len(rows))]
    return rows


def duplicate_row(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    rows.insert(rng.randrange(1, len(rows) + 1), list(rng.choice(rows)))
    return rows


def only_header(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return rows[:1]


def shuffle_rows(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    rest = rows[1:]
    rng.shuffle(rest)
    return [rows[0], *rest]


def blank_row(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    rows.insert(rng.randrange(1, len(rows) + 1), [""] * len(rows[0]))
    return rows


def blank_cell(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return _with_cell(rows, rng, ("",))


def garbage_cell(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return _with_cell(rows, rng, GARBAGE)


def other_cell(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    return _with_cell(rows, rng, [cell for row in rows for cell in row] or [""])


def garbage_column(rows: list[list[str]], rng: random.Random) -> list[list[str]] | None:
    at = rng.randrange(len(rows[0]))
    for row in rows[1:]:
        row[at : at + 1] = [rng.choice(GARBAGE)]
    return rows


def _with_cell(
    rows: list[list[str]], rng: random.Random, cells: tuple[str, ...] | list[str]
) -> list[list[str]] | None:
    place = _cell(rows, rng)
    if place is not None:
        rows[place[0]][place[1]] = rng.choice(cells)
    return rows if place is not None else None


def drop_file(data: bytes, rng: random.Random) -> bytes | None:
    """Stands for taking the file away, which is done where the file is."""
    return None


DROP = Kind("drop a file", "any", drop_file)
KINDS = (
    DROP,
    Kind("truncate a file", "any", truncate),
    Kind("empty a file", "any", lambda data, rng: b""),
    Kind("flip bits", "any", flip_bytes),
    Kind("insert bytes", "any", insert_bytes),
    Kind("append a file to itself", "any", append_itself),
    Kind("other line ends", "any", carriage_returns),
    Kind("a byte order mark", "any", byte_order_mark),
    Kind("another encoding", "any", wrong_encoding),
    Kind("delete a line", "yaml", _text(delete_line)),
    Kind("duplicate a line", "yaml", _text(duplicate_line)),
    Kind("swap two lines", "yaml", _text(swap_lines)),
    Kind("delete some lines", "yaml", _text(delete_block)),
    Kind("swap two keys", "yaml", _text(swap_keys)),
    Kind("a typo in a key", "yaml", _line(typo_in_key)),
    Kind("a typo in a name", "yaml", _line(typo_in_name)),
    Kind("a name in the place of another", "yaml", _text(exchange_name)),
    Kind("another indentation", "yaml", _line(change_indentation)),
    Kind("a tab for blanks", "yaml", _line(tab_for_blanks)),
    Kind("a quote less", "yaml", _line(remove_sign("'\""))),
    Kind("a bracket less", "yaml", _line(remove_sign("()[]{}"))),
    Kind("a comma or colon less", "yaml", _line(remove_sign(",:"))),
    Kind("a sign too many", "yaml", _line(insert_sign)),
    Kind("a scalar of another type", "yaml", _line(wrong_scalar)),
    Kind("an inner scalar of another type", "yaml", _line(wrong_inner_scalar)),
    Kind("another operator", "yaml", _line(other_operator)),
    Kind("a ragged row", "csv", _rows(ragged_row)),
    Kind("remove a column", "csv", _rows(remove_column)),
    Kind("rename a column", "csv", _rows(rename_column)),
    Kind("duplicate a column", "csv", _rows(duplicate_column)),
    Kind("swap two columns", "csv", _rows(swap_columns)),
    Kind("a column too many", "csv", _rows(add_column)),
    Kind("remove the header", "csv", _rows(remove_header)),
    Kind("delete a row", "csv", _rows(delete_row)),
    Kind("duplicate a row", "csv", _rows(duplicate_row)),
    Kind("only the header", "csv", _rows(only_header)),
    Kind("shuffle the rows", "csv", _rows(shuffle_rows)),
    Kind("a blank row", "csv", _rows(blank_row)),
    Kind("blank a cell", "csv", _rows(blank_cell)),
    Kind("garbage in a cell", "csv", _rows(garbage_cell)),
    Kind("a cell in the place of another", "csv", _rows(other_cell)),
    Kind("garbage in a column", "csv", _rows(garbage_column)),
)
