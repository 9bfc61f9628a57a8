"""The analysis define.xml of the pilot, of which the SDTM is given, by an independent reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from mg_cdisc.pipeline import Options, build_study

from ..drift.reader import Offered, differences, without_levels

FEW = ("ADSL", "ADAE", "ADTTE", "ADCIBC")


@pytest.mark.parametrize(
    ("only", "results"), [(FEW, 2), pytest.param((), 10, marks=pytest.mark.soak)]
)
def test_define_xml_is_complete(
    pilot: Path, tmp_path: Path, only: tuple[str, ...], results: int
) -> None:
    """Every value in its codelist, no term that is not used (nothing is offered), each record in one
    value level of each list, and value levels for every result."""
    made = build_study(pilot, tmp_path, Options(only=only), shown="pilot")
    assert made.folder is not None
    (define,) = made.folder.rglob("define.xml")
    assert differences(define.parent, Offered(), pilot / "sdtm_given") == []
    lacking, having = without_levels(define.parent)
    assert lacking == []
    assert having >= results
