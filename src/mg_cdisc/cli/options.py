"""What several commands take, and how the text of an option is read."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Verify(StrEnum):
    """How much of each written transport file the second reader reads."""

    SAMPLE = "sample"
    FULL = "full"


class Agency(StrEnum):
    """Whom a package can be for."""

    FDA = "FDA"
    PMDA = "PMDA"
    NMPA = "NMPA"


class TextEncoding(StrEnum):
    """Encodings of text in transport files."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    GB18030 = "gb18030"
    WINDOWS = "windows-1252"


class Written(StrEnum):
    """Encodings that text is written in."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    GB18030 = "gb18030"


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


FailOn = Annotated[
    Severity, typer.Option("--fail-on", help="What ends with exit code 1: this, or worse.")
]
JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", help="Write the findings to this file too.", show_default=False
    ),
]
SarifFile = Annotated[
    Path | None,
    typer.Option("--sarif", metavar="FILE", help="The same as SARIF 2.1.0.", show_default=False),
]
ExcelFile = Annotated[
    Path | None,
    typer.Option("--excel", metavar="FILE", help="The same as a workbook.", show_default=False),
]
Study = Annotated[
    Path | None,
    typer.Argument(
        metavar="STUDY_FOLDER",
        help="The folder that holds study.yaml; left out: the only one in mapping_specs/.",
        show_default=False,
    ),
]
Dataset = Annotated[
    str, typer.Argument(metavar="DATASET", help="A dataset of the study, such as AE.")
]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION",
        help="Only records for which this holds, as in specs: \"AESEV = 'MILD' and AESEQ > 1\".",
        show_default=False,
    ),
]
Rows = Annotated[str, typer.Option(metavar="N|all", help="How many records to print.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAMES", help="Only these variables (AETERM,AESTDTC), or all.", show_default=False
    ),
]
Subjects = Annotated[
    list[str] | None,
    typer.Option(
        "--subject",
        metavar="ID",
        help="Only this subject: USUBJID, or its end (01-004). Several with commas.",
        show_default=False,
    ),
]


CutOff = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="As of this day (2026-01-31): what is known to be later is left out, as cut: of each "
        "source says.",
        show_default=False,
    ),
]


def split(listed: list[str] | None) -> list[str]:
    """Names given one by one or with commas between them."""
    return [part.strip() for each in listed or () for part in each.split(",") if part.strip()]


def whole_number(text: str, option: str, word: str, *, least: int) -> int | None:
    """A whole number, or None for the word that stands for no number."""
    if text == word:
        return None
    if not text.isdecimal() or int(text) < least:
        raise typer.BadParameter(f"--{option} takes a whole number from {least}, or {word}")
    return int(text)


def day(text: str | None, option: str) -> date | None:
    """A day written in full, or None."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise typer.BadParameter(f"--{option} takes a day such as 2026-01-31") from error


FORMATS = ("xpt", "xpt8", "dataset-json", "ndjson")


def file_formats(names: list[str]) -> tuple[str, ...]:
    """Formats of datasets, each once."""
    made = tuple(dict.fromkeys(name.lower() for name in names))
    wrong = [name for name in made if name not in FORMATS]
    if wrong:
        raise typer.BadParameter(f"--format takes {', '.join(FORMATS)}, not {wrong[0]}")
    if {"xpt", "xpt8"} <= set(made):
        raise typer.BadParameter("--format: xpt and xpt8 have the same file name, choose one")
    return made
