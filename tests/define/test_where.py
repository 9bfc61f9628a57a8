"""Where-clauses against a plain record-by-record reading of the same conditions."""

from __future__ import annotations

import operator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.define.where import Condition, joined, match
from mg_cdisc.frame import Frame, Text

TESTS = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
}
names = st.sampled_from(["", "A", "AB", "B", "é"])
numbers = st.sampled_from([1.0, 2.0, 2.5, float("nan")])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    column = draw(st.sampled_from(["T", "N"]))
    values = names if column == "T" else st.sampled_from(["1", "2.0", "2.5", "x"])
    if draw(st.booleans()):
        listed = draw(st.lists(values, min_size=1, max_size=3))
        return Condition(column, draw(st.sampled_from(["IN", "NOTIN"])), tuple(listed))
    return Condition(column, draw(st.sampled_from(sorted(TESTS))), (draw(values),))


def holds(record: tuple[str, float], condition: Condition) -> bool:
    """One condition on one record, in the plainest way: text by bytes, numbers as numbers."""
    if condition.column == "T":
        value: object = record[0].encode()
        values: list[object] = [each.encode() for each in condition.values]
    else:
        value = record[1]
        values = [float("nan") if each == "x" else float(each) for each in condition.values]
    if condition.comparator in ("IN", "NOTIN"):
        return any(value == each for each in values) == (condition.comparator == "IN")
    return bool(TESTS[condition.comparator](value, values[0]))


@given(
    st.lists(st.tuples(names, numbers), max_size=12),
    st.lists(st.lists(conditions(), min_size=1, max_size=3), max_size=4),
)
def test_grouping_changes_nothing(
    records: list[tuple[str, float]], clauses: list[list[Condition]]
) -> None:
    columns = {
        "T": Text.of([text for text, _ in records]),
        "N": np.array([number for _, number in records], np.float64),
    }
    found = match(columns, len(records), clauses)
    expected = [
        [all(holds(record, condition) for condition in clause) for record in records]
        for clause in clauses
    ]
    for number, rows in enumerate(expected):
        assert found.rows(number).tolist() == [place for place, yes in enumerate(rows) if yes]
    counts = [sum(rows[place] for rows in expected) for place in range(len(records))]
    assert found.counts.tolist() == counts


def test_a_variable_of_another_dataset_by_subject() -> None:
    lb = Frame.of({"USUBJID": Text.of(["2", "1", "3", "2"])})
    dm = Frame.of(
        {
            "USUBJID": Text.of(["1", "2"]),
            "SEX": Text.of(["F", "M"]),
            "AGE": np.array([40.0, 50.0]),
        }
    )
    sex = joined(lb, dm, "SEX")
    assert isinstance(sex, Text)
    assert sex.to_list() == ["M", "F", "", "M"]
    age = joined(lb, dm, "AGE")
    assert isinstance(age, np.ndarray)
    np.testing.assert_array_equal(age, [50, 40, np.nan, 50])
    assert joined(lb, dm, "ARM") is None
    assert joined(dm, lb, "USUBJID") is None  # several records of a subject
