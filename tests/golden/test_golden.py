"""The golden study as text: each dataset, its define.xml, the account of its forms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import docx
import pyreadstat
import pytest
import yaml
from docx.table import Table
from pypdf import PdfReader

from mg_cdisc import __version__
from mg_cdisc.pipeline import Built

from ..drift.reader import Offered, differences, without_levels

STUDY = Path(__file__).parent / "tiny2"
EXPECTED = Path(__file__).parent / "expected"
DATASETS = ("dm", "ds", "ex", "suppdm", "vs", "xc")
Expect = Callable[[str, str], None]


@pytest.mark.parametrize("name", DATASETS)
def test_dataset(package: Path, expect: Expect, name: str) -> None:
    expect(f"{name}.txt", as_text(package / f"{name}.xpt"))


def test_define_xml(package: Path, expect: Expect) -> None:
    expect("define.xml", (package / "define.xml").read_text(encoding="utf-8"))


def test_define_xml_is_complete(package: Path) -> None:
    """Every value in its codelist, no term that is neither used nor offered, each record in one
    value level of each list, and value levels for every result and qualifier."""
    told = yaml.safe_load((STUDY / "terminology.yaml").read_text(encoding="utf-8"))
    terms = {
        name: {*each.get("map", {}).values(), *each.get("terms", {})} for name, each in told.items()
    }
    assert differences(package, Offered(terms)) == []
    assert without_levels(package) == ([], 4)  # three results of VS, and QVAL of SUPPDM


def test_annotated_crf(package: Path, expect: Expect) -> None:
    """The text of every page, as another program reads it."""
    with PdfReader(package / "acrf.pdf") as reader:
        pages = [page.extract_text().rstrip() for page in reader.pages]
    expect("acrf.txt", "\n\n".join(pages) + "\n")


def test_reviewers_guide(package: Path, expect: Expect) -> None:
    """The draft for editing as text, without the versions of what made it."""
    lines = []
    for each in docx.Document(str(package / "csdrg.docx")).iter_inner_content():
        if isinstance(each, Table):
            rows = [" | ".join(cell.text for cell in row.cells) for row in each.rows]
            lines += [row for row in rows if not row.startswith(("Software", "Libraries"))]
        else:
            lines.append(each.text)
    text = "\n".join(lines).replace(__version__, "VERSION")
    expect(
        "csdrg.txt", re.sub(r"has \d+ conformance rules", "has N conformance rules", text) + "\n"
    )


def test_account_and_findings(built: Built, expect: Expect) -> None:
    lines = ["Forms"]
    rows = [("form", "rows", "used", "excluded", "rejected")]
    for each in built.accounts:
        excluded = "; ".join(f"{count} {reason}" for reason, count in each.excluded.items())
        rows.append((each.name, str(each.rows), str(each.used), excluded, str(each.rejected)))
    lines += table(rows)
    lines += ["", "Findings"]
    for finding in built.findings:
        lines += [str(finding), f"  Accepted: {finding.reason}"]
    expect("account.txt", "\n".join(lines) + "\n")


def test_nothing_else_is_written_or_expected(package: Path) -> None:
    written = {f"{name}.xpt" for name in DATASETS} | {"define.xml", "acrf.pdf"}
    written |= {"define.html", "define2-1.xsl", "csdrg.pdf", "csdrg.docx"}
    assert {path.name for path in package.iterdir()} == written
    kept = {f"{name}.txt" for name in DATASETS} | {"define.xml", "account.txt", "acrf.txt"}
    kept |= {"csdrg.txt"}
    assert {path.name for path in EXPECTED.iterdir()} == kept


def as_text(path: Path) -> str:
    """A transport file as a person reads it: its variables, then its records."""
    frame, meta = pyreadstat.read_xport(str(path))
    described = [("variable", "type", "length", "label")]
    for name in meta.column_names:
        kind = "text" if meta.readstat_variable_types[name] == "string" else "number"
        width = str(meta.variable_storage_width[name])
        described.append((name, kind, width, meta.column_names_to_labels[name]))
    lines = [f"{meta.table_name}: {meta.file_label}", "", *table(described), ""]
    records = [tuple(meta.column_names)]
    records += [tuple(map(shown, row)) for row in frame.itertuples(index=False, name=None)]
    lines += [f"{len(records) - 1} records", "", *table(records)]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """A cell: a whole number without its point, a missing one as a dot."""
    if isinstance(value, str):
        return value
    return "." if math.isnan(value) else repr(float(value)).removesuffix(".0")


def table(rows: Sequence[Iterable[str]]) -> list[str]:
    """Rows of text in aligned columns."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    return [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
