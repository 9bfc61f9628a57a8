"""What ``sources.yaml`` may say of a source, beyond how its file is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from mg_cdisc.derive import Model
from mg_cdisc.derive.base import Expr, Reason, TextList
from mg_cdisc.sources.declaration import FileDeclaration, SourceDeclaration


class Cut(Model):
    """How a source is cut where a study is built as of a date (`--cut-off`).

    A row is left out where `date` is known to lie after the cut-off: of a partial date the earliest
    day that it can mean. A row without date, or with one that cannot be read, is kept.
    """

    date: TextList
    """The column with the date of the row; of several the first that is filled."""
    ends: dict[str, dict[str, str]] = Field(default_factory=dict)
    """`END_DATE: {COLUMN: text}`: an end date after the cut-off becomes blank, and the columns beside
    it get these texts."""
    format: TextList = ()
    """The format of these dates, or several. Left out: `dates` of the source."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it names, with its keys in the file."""
        beside = (column for texts in self.ends.values() for column in texts)
        return tuple(dict.fromkeys((*self.date, *self.ends, *beside)))


class SourceFileSpec(FileDeclaration):
    """What one of a source's files has of its own; all else is as of the source."""

    dates: TextList = ()
    """The date formats of this file. Left out: `dates` of the source."""


class SourceSpec(SourceDeclaration):
    """One entry of ``sources.yaml``: a file, whose subjects it speaks of and how it writes dates.

    ``subject`` is an expression of the source's columns that gives the study's USUBJID; a source
    without one has no subjects (a list for the study). ``key`` are the columns that tell its rows
    apart. ``dates`` are its date formats. ``collected_by`` is Define-XML's origin source.
    """

    files: Mapping[str, SourceFileSpec] = Field(default_factory=dict)
    """Several files in place of `file`: `{PATH: {encoding: gb18030}, PATH: {}}`. Their rows, in this
    order, are one source; they have the same columns."""
    label: str = ""
    """The form's name, for define.xml."""
    subject: Expr | None = None
    """USUBJID as an expression of the source's columns and STUDYID. Left out: the source has no
    subjects."""
    key: TextList = ()
    """The columns that tell rows apart: two rows with the same are a finding. They count as used."""
    dates: TextList = ()
    """The date format, or several: `yyyy-MM-dd`, `dd-MMM-yyyy`, `dd/MM/yyyy HH:mm` and the
    like."""
    cut: Cut | None = None
    """How its rows are cut where the study is built as of a date. Left out: they are all kept."""
    collected_by: Literal["Investigator", "Subject", "Vendor", "Sponsor"] = "Investigator"
    """Who collected it, Define-XML's origin source."""
    pages: TextList = ()
    """The pages of the annotated CRF."""
    not_submitted: dict[str, Reason] = Field(default_factory=dict)
    """`column: reason`: columns that no dataset needs; patterns such as `AUDIT_*` are allowed."""

    @property
    def dates_by_file(self) -> tuple[tuple[str, ...], ...]:
        """The date formats of each file, in the order of the files."""
        return tuple(own.dates or self.dates for own in self.files.values()) or (self.dates,)
