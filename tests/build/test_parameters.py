"""The codelist of PARAMCD."""

from __future__ import annotations

import pytest

from mg_cdisc.build.parameters import parameter_codelist
from mg_cdisc.frame import Frame, Text


def frame(**columns: list[str]) -> Frame:
    return Frame.of({name: Text.of(values) for name, values in columns.items()})


def test_each_code_has_its_name() -> None:
    found = parameter_codelist(
        frame(PARAMCD=["B", "A", "B"], PARAM=["Beta (U/L)", "Alpha", "Beta (U/L)"]), "ADXX"
    )
    assert found is not None
    assert found.name == "ADXX.PARAMCD"
    assert [(term.value, term.decode) for term in found.terms] == [
        ("A", "Alpha"),
        ("B", "Beta (U/L)"),
    ]
    assert found.code == ""  # the sponsor's own


@pytest.mark.parametrize(
    "columns",
    [
        {"PARAMCD": ["A", "A"], "PARAM": ["Alpha", "Beta"]},  # one code, two names
        {"PARAMCD": ["A", "B"], "PARAM": ["Alpha", ""]},  # a code without a name
        {"PARAMCD": ["A"]},
    ],
)
def test_there_is_none_where_codes_and_names_do_not_pair(columns: dict[str, list[str]]) -> None:
    assert parameter_codelist(frame(**columns), "ADXX") is None
