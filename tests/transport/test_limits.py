"""Bad datasets beside the exact messages they get; no file is ever made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mg_cdisc.errors import Finding, TransportError
from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, measure_text, write_xpt

NOON = datetime(2026, 1, 31, 12, 0, 0)
NAME_TODO = "Use 1 to 8 upper-case letters, digits and underscores, not beginning with a digit."


def dataset(**columns: Any) -> XptDataset:
    """Subjects 01-001 and so on, with these columns beside them."""
    rows = len(next(iter(columns.values())))
    made = {"USUBJID": Text.of([f"01-{i + 1:03}" for i in range(rows)])}
    for name, values in columns.items():
        made[name] = Text.of(values) if isinstance(values[0], str) else np.array(values, float)
    variables = tuple(
        XptVariable(name, "", True, min(200, measure_text(column)))
        if isinstance(column, Text)
        else XptVariable(name, "", False, 8)
        for name, column in made.items()
    )
    return XptDataset("AE", "Adverse Events", variables, Frame.of(made))


def changed(made: XptDataset, name: str, /, **attributes: Any) -> XptDataset:
    """The dataset with attributes of one variable changed."""
    variables = [replace(v, **attributes) if v.name == name else v for v in made.variables]
    return replace(made, variables=tuple(variables))


def renamed(name: str) -> XptDataset:
    """The dataset with a variable of this name."""
    made = dataset(X=["a"])
    column = made.frame["X"]
    frame = Frame.of({"USUBJID": made.frame["USUBJID"], name: column})
    return replace(changed(made, "X", name=name), frame=frame)


def refused(path: Path, made: XptDataset, **options: Any) -> list[Finding]:
    """The findings that keep the dataset from being written."""
    with pytest.raises(TransportError) as caught:
        write_xpt(path, made, **{"timestamp": NOON, **options})
    assert not path.exists()
    assert {finding.level for finding in caught.value.findings} == {"error"}
    return list(caught.value.findings)


BAD: list[tuple[str, Callable[[], XptDataset], dict[str, Any], str, str, str]] = [
    (
        "dataset name too long",
        lambda: replace(dataset(X=["a"]), name="ADVERSEVE"),
        {},
        "dataset-name",
        "the dataset's name 'ADVERSEVE' has 9 characters; version 5 holds 8",
        NAME_TODO,
    ),
    (
        "dataset name in lower case",
        lambda: replace(dataset(X=["a"]), name="ae"),
        {},
        "dataset-name",
        "the dataset's name 'ae' is not a name of version 5",
        NAME_TODO,
    ),
    (
        "dataset label too long",
        lambda: replace(dataset(X=["a"]), label="L" * 41),
        {},
        "dataset-label",
        f"the dataset's label '{'L' * 41}' has 41 bytes; version 5 holds 40",
        "Shorten it; it is never cut.",
    ),
    (
        "variable name too long",
        lambda: renamed("AETERMLNG"),
        {},
        "variable-name",
        "the variable's name 'AETERMLNG' has 9 characters; version 5 holds 8",
        NAME_TODO,
    ),
    (
        "variable name with a leading digit",
        lambda: renamed("1X"),
        {},
        "variable-name",
        "the variable's name '1X' is not a name of version 5",
        NAME_TODO,
    ),
    (
        "variable name not ASCII",
        lambda: renamed("GRÖSSE"),
        {},
        "variable-name",
        "the variable's name 'GRÖSSE' is not a name of version 5",
        NAME_TODO,
    ),
    (
        "variable name in lower case",
        lambda: renamed("x"),
        {},
        "variable-name",
        "the variable's name 'x' is not a name of version 5",
        NAME_TODO,
    ),
    (
        "two variables of one name",
        lambda: replace(
            dataset(X=["a"]),
            variables=(*dataset(X=["a"]).variables, XptVariable("X", "", True, 1)),
        ),
        {},
        "duplicate-variable",
        "X is declared 2 times",
        "Give each variable its own name.",
    ),
    (
        "label of 60 characters",
        lambda: changed(dataset(X=["a"]), "X", label="Sixty " * 10),
        {},
        "variable-label",
        f"the label of X '{'Sixty ' * 10}' has 60 bytes; version 5 holds 40",
        "Shorten it; it is never cut.",
    ),
    (
        "label not ASCII",
        lambda: changed(dataset(X=["a"]), "X", label="Dose (µg)"),
        {},
        "variable-label",
        "the label of X 'Dose (µg)' holds 'µ', which is not printable ASCII",
        "Write it in ASCII.",
    ),
    (
        "stored length of text over 200",
        lambda: changed(dataset(X=["a"]), "X", length=201),
        {},
        "stored-length",
        "X has a stored length of 201 bytes",
        "Text of version 5 is 1 to 200 bytes long.",
    ),
    (
        "number of 4 bytes",
        lambda: changed(dataset(X=[1.0]), "X", length=4),
        {},
        "stored-length",
        "X is a number of 4 bytes",
        "Numbers are stored in 8 bytes, so that no digit is lost.",
    ),
    (
        "format that is none",
        lambda: changed(dataset(X=[1.0]), "X", format="YYYY-MM-DD"),
        {},
        "variable-format",
        "the format 'YYYY-MM-DD' of X is not a SAS format of version 5",
        "Write it as DATE9., 8.2 or $20., its name at most 8 characters.",
    ),
    (
        "format of text on a number",
        lambda: changed(dataset(X=[1.0]), "X", format="$8."),
        {},
        "variable-format",
        "the format '$8.' does not suit X, which is a number",
        "Formats of text begin with $, those of numbers do not.",
    ),
    (
        "informat of a number on text",
        lambda: changed(dataset(X=["a"]), "X", informat="DATE9."),
        {},
        "variable-format",
        "the informat 'DATE9.' does not suit X, which is text",
        "Formats of text begin with $, those of numbers do not.",
    ),
    (
        "no variables",
        lambda: XptDataset("AE", "", (), Frame.empty()),
        {},
        "no-variables",
        "the dataset has no variables",
        "Declare at least one.",
    ),
    (
        "variable without a column",
        lambda: replace(
            dataset(X=["a"]),
            variables=(*dataset(X=["a"]).variables, XptVariable("Y", "", True, 1)),
        ),
        {},
        "column",
        "Y is declared but has no column",
        "Make the column as it is declared.",
    ),
    (
        "column without a variable",
        lambda: replace(dataset(X=["a"]), variables=dataset(X=["a"]).variables[:1]),
        {},
        "undeclared-column",
        "the column X is not declared and would be lost",
        "Declare the variable, or drop the column.",
    ),
    (
        "number declared as text",
        lambda: changed(dataset(X=[1.0]), "X", is_text=True),
        {},
        "column",
        "X is declared as text but its column holds numbers",
        "Make the column as it is declared.",
    ),
    (
        "text declared as a number",
        lambda: changed(dataset(X=["a"]), "X", is_text=False, length=8),
        {},
        "column",
        "X is declared as numbers but its column holds text",
        "Make the column as it is declared.",
    ),
    (
        "categories",
        lambda: with_column(pd.Categorical(["a"])),
        {},
        "column",
        "X is declared as text but its column holds Categorical of category",
        "Make the column as it is declared.",
    ),
    (
        "whole numbers of NumPy",
        lambda: changed(with_column(np.array([1])), "X", is_text=False, length=8),
        {},
        "column",
        "X is declared as numbers but its column holds ndarray of int64",
        "Make the column as it is declared.",
    ),
    (
        "column shorter than the frame",
        lambda: replace(
            dataset(X=["a", "b"]),
            frame=Frame({"USUBJID": Text.of(["01-001", "01-002"]), "X": Text.of(["a"])}, 2),
        ),
        {},
        "column",
        "X has 1 values for 2 records",
        "Make the column as it is declared.",
    ),
    (
        "unknown encoding",
        lambda: dataset(X=["a"]),
        {"encoding": "windows-1251"},
        "unknown-encoding",
        "'windows-1251' is not an encoding of transport files",
        "Did you mean windows-1252?",
    ),
    (
        "time that two digits cannot hold",
        lambda: dataset(X=["a"]),
        {"timestamp": datetime(1959, 12, 31)},
        "timestamp",
        "the year 1959 cannot be told from its two digits in the header",
        "Give a time between 1960 and 2059.",
    ),
]


def with_column(column: Any) -> XptDataset:
    """A dataset whose X is a column of a foreign kind."""
    made = dataset(X=["a"])
    return replace(made, frame=replace(made.frame, columns={**made.frame.columns, "X": column}))


@pytest.mark.parametrize(
    ("make_bad", "options", "kind", "what", "todo"),
    [case[1:] for case in BAD],
    ids=[case[0] for case in BAD],
)
def test_what_the_format_cannot_hold_is_refused(
    tmp_path: Path,
    make_bad: Callable[[], XptDataset],
    options: dict[str, Any],
    kind: str,
    what: str,
    todo: str,
) -> None:
    findings = refused(tmp_path / "ae.xpt", make_bad(), **options)
    assert [(f.kind, f.what, f.todo) for f in findings] == [(kind, what, todo)]
    assert findings[0].where.file == str(tmp_path / "ae.xpt")


VALUES: list[
    tuple[str, dict[str, list[Any]], int | None, dict[str, Any], list[tuple[Any, ...]]]
] = [
    (
        "text longer than its stored length",
        {"X": ["ab", "abcd", "abc", "abcd"]},
        2,
        {},
        [
            (
                2,
                "01-002",
                "text-over-length",
                "X = 'abcd' takes 4 bytes; its stored length is 2",
                2,
            ),
            (3, "01-003", "text-over-length", "X = 'abc' takes 3 bytes; its stored length is 2", 1),
        ],
    ),
    (
        "text over 200 bytes",
        {"X": ["a", "b" * 201]},
        None,
        {},
        [
            (
                2,
                "01-002",
                "text-over-200",
                f"X = '{'b' * 60}...' takes 201 bytes; version 5 holds 200",
                1,
            )
        ],
    ),
    (
        "text over 200 bytes but not characters",
        {"X": ["é" * 101]},
        None,
        {"encoding": "utf-8"},
        [
            (
                1,
                "01-001",
                "text-over-200",
                f"X = '{'é' * 60}...' takes 202 bytes; version 5 holds 200",
                1,
            )
        ],
    ),
    (
        "text that ASCII lacks",
        {"X": ["a", "5 µg", "a"]},
        None,
        {},
        [(2, "01-002", "text-encoding", "X = '5 µg' holds 'µ', which ascii lacks", 1)],
    ),
    (
        "text that windows-1252 lacks",
        {"X": ["5 µg", "头痛"]},
        None,
        {"encoding": "windows-1252"},
        [(2, "01-002", "text-encoding", "X = '头痛' holds '头', which windows-1252 lacks", 1)],
    ),
    (
        "a NUL character",
        {"X": ["a\0b"]},
        None,
        {},
        [(1, "01-001", "text-encoding", "X = 'a\\x00b' holds a NUL character", 1)],
    ),
    (
        "numbers out of range",
        {"X": [1.0, np.inf, -np.inf, 1e76, -1e-80, 5e-324, np.nan]},
        None,
        {},
        [
            (2, "01-002", "number-range", "X = inf cannot be stored", 1),
            (3, "01-003", "number-range", "X = -inf cannot be stored", 1),
            (4, "01-004", "number-range", "X = 1e+76 cannot be stored", 1),
            (5, "01-005", "number-range", "X = -1e-80 cannot be stored", 1),
            (6, "01-006", "number-range", "X = 5e-324 cannot be stored", 1),
        ],
    ),
]


@pytest.mark.parametrize(
    ("columns", "length", "options", "expected"),
    [case[1:] for case in VALUES],
    ids=[case[0] for case in VALUES],
)
def test_values_are_named_with_record_and_subject(
    tmp_path: Path,
    columns: dict[str, list[Any]],
    length: int | None,
    options: dict[str, Any],
    expected: list[tuple[Any, ...]],
) -> None:
    made = dataset(**columns)
    if length is not None:
        made = changed(made, "X", length=length)
    found = [
        (f.where.row, f.where.subject, f.kind, f.what, f.count)
        for f in refused(tmp_path / "ae.xpt", made, **options)
    ]
    assert found == expected


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    made = changed(dataset(X=["é", "abc"], Y=[np.inf, 1.0]), "X", length=2, label="é")
    kinds = {f.kind for f in refused(tmp_path / "ae.xpt", replace(made, name="a", label="L" * 50))}
    assert kinds == {
        "dataset-name",
        "dataset-label",
        "variable-label",
        "text-encoding",
        "text-over-length",
        "number-range",
    }


def test_many_bad_values_are_counted_not_listed(tmp_path: Path) -> None:
    findings = refused(
        tmp_path / "ae.xpt", changed(dataset(X=[f"x{i:02}" for i in range(50)]), "X", length=2)
    )
    assert len(findings) == 21
    (rest,) = [f for f in findings if f.kind == "more-values"]
    assert (rest.what, rest.count, rest.where.row) == ("X has 30 more such values", 30, 21)


def test_too_many_variables_are_refused(tmp_path: Path) -> None:
    columns = {f"V{i}": np.zeros(1) for i in range(10_000)}
    variables = tuple(XptVariable(name, "", False, 8) for name in columns)
    made = XptDataset("WIDE", "", variables, Frame.of(columns))
    (finding,) = refused(tmp_path / "wide.xpt", made)
    assert finding.kind == "too-many-variables"
    kept = dict(list(columns.items())[:9999])
    write_xpt(
        tmp_path / "wide.xpt",
        XptDataset("WIDE", "", variables[:9999], Frame.of(kept)),
        timestamp=NOON,
    )


def test_values_that_do_not_occur_are_not_held_against_a_dataset(tmp_path: Path) -> None:
    made = dataset(X=["a", "é", "much too long for it", "b"])
    made = changed(replace(made, frame=made.frame.take(np.array([0, 3]))), "X", length=1)
    assert write_xpt(tmp_path / "ae.xpt", made, timestamp=NOON).records == 2


def test_trailing_blanks_do_not_count(tmp_path: Path) -> None:
    made = changed(dataset(X=["a   ", "b"]), "X", length=1)
    assert write_xpt(tmp_path / "ae.xpt", made, timestamp=NOON).records == 2
