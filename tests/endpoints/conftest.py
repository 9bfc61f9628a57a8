"""A study of six subjects as text tables, and endpoints of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mg_cdisc.endpoints import Result, compute_endpoints
from mg_cdisc.endpoints.data import Built
from mg_cdisc.errors import Finding, Location
from mg_cdisc.expression import Type
from mg_cdisc.frame import Column, Frame, Text
from mg_cdisc.spec.analyses import review_endpoints
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import Branch, parse_yaml

# S6 is not in the population; S5 is and has few records; two arms
TABLES = {
    "ADSL": """\
USUBJID  SAFFL  TRT01A   TRT01AN
S1       Y      Drug     2
S2       Y      Drug     2
S3       Y      Drug     2
S4       Y      Control  1
S5       Y      Control  1
S6       N      .        .n
""",
    "ADAE": """\
USUBJID  AEDECOD   ATOXGRN  RELFL
S1       Headache  1        Y
S1       Headache  2        Y
S1       Nausea    1        Y
S2       Headache  3        N
S3       Nausea    2        Y
S4       Headache  1        Y
S6       Headache  1        Y
""",
    "ADEFF": """\
USUBJID  PARAMCD  AVISIT    AVISITN  AVAL  CHG   AVALC  ANL01FL
S1       SCORE    Baseline  0        10    .n    .      Y
S1       SCORE    Week 12   12       6     -4    Y      Y
S1       SCORE    Week 2    2        8     -2    N      Y
S1       SCORE    Week 2    2        9     -1    N      .
S2       SCORE    Week 2    2        7     -3    Y      Y
S3       SCORE    Week 2    2        12    1     N      Y
S3       SCORE    Week 12   12       11    0     .      Y
S4       SCORE    Week 2    2        10    -1.5  Y      Y
S6       SCORE    Week 2    2        1     -9    Y      Y
""",
    "ADTTE": """\
USUBJID  PARAMCD  AVAL  CNSR  EVNTDESC  CNSDTDSC
S1       TTE      1     0     Response  .
S2       TTE      2     1     None      Last visit
S3       TTE      3     0     Response  .
S4       TTE      4     2     Rescue    Rescue
S5       TTE      5     0     Response  .
S6       TTE      9     0     Response  .
""",
}


def frame_of(text: str) -> Frame:
    """A frame from an aligned table: ``.`` is a blank text, ``.n`` a missing number."""
    header, *lines = (line.split("  ") for line in text.splitlines())
    names = [cell.strip() for cell in header if cell.strip()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    columns: dict[str, Column] = {}
    for number, name in enumerate(names):
        cells = [row[number] for row in rows]
        if name in ("AVAL", "CHG", "CNSR") or name.endswith("N"):
            columns[name] = np.array([np.nan if cell == ".n" else float(cell) for cell in cells])
        else:
            columns[name] = Text.of("" if cell == "." else cell for cell in cells)
    return Frame.of(columns)


@pytest.fixture
def built() -> Built:
    """The study's datasets."""
    frames = {name: frame_of(text) for name, text in TABLES.items()}
    types = {
        name: {
            key: Type.TEXT if isinstance(column, Text) else Type.NUMBER
            for key, column in frame.columns.items()
        }
        for name, frame in frames.items()
    }
    return Built(Path("outputs/abc"), frames, types)


HEAD = """\
populations:
  all: {label: Safety population, where: SAFFL = 'Y'}
endpoints:
  one:
    title: An endpoint
    purpose: primary
    results:
      first:
        title: A result
        population: all
"""


def said(result: str, head: str = HEAD) -> tuple[Endpoints, Branch]:
    """endpoints.yaml with one result."""
    lines = "".join(f"        {line}\n" for line in result.strip().splitlines())
    tree = parse_yaml(head + lines, "endpoints.yaml")
    assert isinstance(tree, Branch)
    findings: list[Finding] = []
    made = read_model(Endpoints, tree, findings)
    assert made is not None, findings
    return made, tree


@pytest.fixture
def compute(built: Built) -> Callable[..., Result]:
    """Computes one result, which is written as in endpoints.yaml."""

    def run(result: str, head: str = HEAD) -> Result:
        endpoints, tree = said(result, head)
        assert review_endpoints(endpoints, tree, built.types, ()) == []
        results, findings = compute_endpoints(endpoints, built, "endpoints.yaml")
        assert findings == ()
        return results[0]

    return run


@pytest.fixture
def refused(built: Built) -> Callable[..., list[str]]:
    """The messages that one result gets."""

    def run(result: str, head: str = HEAD) -> list[str]:
        endpoints, tree = said(result, head)
        found = review_endpoints(endpoints, tree, built.types, ())
        if not found:
            results, later = compute_endpoints(endpoints, built, "endpoints.yaml")
            found = list(later)
            assert results == ()
        assert all(each.where.file == Location("endpoints.yaml").file for each in found)
        return [str(each) for each in found]

    return run


@pytest.fixture
def head() -> str:
    """endpoints.yaml up to where its one result says what it is."""
    return HEAD


@pytest.fixture
def read() -> Callable[..., tuple[Endpoints, Branch]]:
    """Reads endpoints.yaml with one result."""
    return said
