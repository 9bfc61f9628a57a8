"""Variables that say one thing twice: one-to-one within the study, the dataset, the parameter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.build.one_to_one import check_pairs, pairs_in
from mg_cdisc.errors import Finding, Location
from mg_cdisc.frame import Column, Frame, Text


def frame(text: str) -> Frame:
    """A table of words; columns that end with N or are AVAL hold numbers, `.` is missing."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    columns: dict[str, Column] = {}
    for place, name in enumerate(header):
        cells = ["" if row[place] == "." else row[place] for row in rows]
        number = name.endswith("N") or name == "AVAL"
        columns[name] = (
            np.array([float(cell) if cell else np.nan for cell in cells])
            if number
            else Text.of(cells)
        )
    return Frame.of(columns)


def found(**texts: str) -> list[Finding]:
    frames = {name: frame(text) for name, text in texts.items()}
    return list(check_pairs(frames, lambda dataset, name: Location(f"{dataset}.{name}")))


def test_a_code_with_two_names_stops_the_build() -> None:
    (fault,) = found(
        ADVS="""
PARAMCD PARAM
SYSBP   Systolic
SYSBP   Sistolic
PULSE   Pulse
"""
    )
    assert str(fault) == (
        "ADVS.PARAM: error[not-one-to-one] ADVS: PARAMCD and PARAM are not one-to-one within the "
        "dataset: PARAMCD 'SYSBP' stands with PARAM 'Sistolic', 'Systolic'\n"
        "  Give each PARAMCD one PARAM, and each PARAM one PARAMCD."
    )


def test_a_name_with_two_codes_is_found_too() -> None:
    (fault,) = found(
        ADVS="""
PARAMCD PARAM
SYSBP   Systolic
SBP     Systolic
"""
    )
    assert "PARAM 'Systolic' stands with PARAMCD 'SBP', 'SYSBP'" in fault.what
    assert fault.level == "error"


def test_a_number_may_lack_on_some_parameters_but_not_differ() -> None:
    assert found(ADVS="""
PARAMCD PARAM PARAMN
A       a     1
B       b     .
""") == []  # fmt: skip
    (fault,) = found(
        ADVS="""
PARAMCD PARAM PARAMN
A       a     1
B       b     1
"""
    )
    assert "PARAMN '1' stands with PARAM 'a', 'b'" in fault.what
    assert fault.level == "warning"


def test_visits_are_compared_within_the_parameter() -> None:
    assert found(ADVS="""
PARAMCD AVISIT AVISITN
A       Week1  1
B       Week1  7
A       .      .
A       End    .
""") == []  # fmt: skip
    (fault,) = found(
        ADVS="""
PARAMCD AVISIT AVISITN
A       Week1  1
A       Week1  7
"""
    )
    assert "AVISIT 'Week1' in A stands with AVISITN '1', '7'" in fault.what


def test_values_and_their_text_where_both_are_filled() -> None:
    assert found(ADRS="""
PARAMCD AVALC AVAL
A       Y     1
A       N     0
A       .     3
B       Y     0
""") == []  # fmt: skip
    (fault,) = found(
        ADRS="""
PARAMCD AVALC AVAL
A       Y     1
A       YES   1
"""
    )
    assert "AVAL '1' in A stands with AVALC 'Y', 'YES'" in fault.what


def test_treatments_are_compared_over_the_whole_study_and_told_once() -> None:
    faults = found(
        ADVS="TRTP TRTPN\nDrug 1\nPlacebo 2",
        ADLB="TRTP TRTPN\nDrug 3",
        ADQS="TRTP TRTPN\nDrug 3",
    )
    (fault,) = faults
    assert fault.dataset == "ADLB"
    assert "within the study: TRTP 'Drug' stands with TRTPN '1', '3'" in fault.what


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["TRT01P", "TRT01PN", "TRT02PN"], [("TRT01P", "TRT01PN", "study")]),
        (["PARAMCD", "SHIFT1", "SHIFT1N"], [("SHIFT1", "SHIFT1N", "parameter")]),
        (["PARAMCD", "AVALCAT2", "AVALCA2N"], [("AVALCAT2", "AVALCA2N", "parameter")]),
        (["ANL01FL", "ANL01FN"], [("ANL01FL", "ANL01FN", "dataset")]),
        (["SHIFT1", "SHIFT2N"], []),
        (["AVISIT", "AVISITN"], []),  # no parameter within which
    ],
)
def test_which_variables_are_pairs(names: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert list(pairs_in(names)) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xyz."), st.sampled_from("123."))))
def test_as_counted_row_by_row(rows: list[tuple[str, str, str]]) -> None:
    held = {row for row in rows if "." not in row[1:]}
    forward: dict[tuple[str, str], set[str]] = {}
    backward: dict[tuple[str, str], set[str]] = {}
    for code, visit, number in held:
        forward.setdefault((code, visit), set()).add(number)
        backward.setdefault((code, number), set()).add(visit)
    wrong = any(len(each) > 1 for each in (*forward.values(), *backward.values()))
    text = "PARAMCD AVISIT AVISITN\n" + "\n".join(" ".join(row) for row in rows)
    assert bool(found(ADVS=text)) == wrong
