"""The sources as of a date: what is known to be later is left out.

A row whose date is known to lie after the cut-off is left out; a partial date lies after it only if
the earliest day that it can mean does, and a row without date, or with one that cannot be read, is
kept. An end date that is known to lie after it becomes blank, and the columns beside it get the
texts that they would have had then. Subjects of whom the roster has no row left are left out of
every source. A source that does not say how it is cut is kept whole, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc import dates
from mg_cdisc.errors import Finding, Location
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, choose
from mg_cdisc.sources.table import FILE_SHIFT, SourceTable
from mg_cdisc.spec import StudyFiles
from mg_cdisc.spec.tree import locate


@dataclass(frozen=True)
class Cut:
    """What a cut-off did to one source: the rows left out, by reason, and what became blank.

    ``changed`` has of each column the numbers of the rows whose text is not that collected.
    """

    left_out: Mapping[str, int] = field(default_factory=dict)
    ends: int = 0
    """End dates that became blank."""
    changed: Mapping[str, Index] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows left out."""
        return sum(self.left_out.values())


def cut_sources(
    files: StudyFiles, tables: Mapping[str, SourceTable], findings: list[Finding]
) -> tuple[dict[str, SourceTable], dict[str, Cut]]:
    """Every source as of the study's cut-off, and what was done to each; notes say it too.

    Without a cut-off the sources are as they are.
    """
    made: dict[str, SourceTable] = {}
    cuts: dict[str, Cut] = {}
    for name, table in tables.items():
        made[name], cuts[name] = table, Cut()
        if files.cut_off is None:
            continue
        if name in files.given:
            at = locate(files.study_tree, ("tabulation",))[0]
            what = f"{name} is a dataset that is given: all its records are kept"
            todo = "Give the datasets as they were on that day."
            findings.append(Finding(at, "cut-undeclared", what, todo, "note", dataset=name))
            continue
        if files.sources[name].cut is None:
            at = locate(files.sources_tree, (name,))[0]
            what = f"{name} does not say how it is cut: all its rows are kept"
            todo = "Add cut: with the column of its date."
            findings.append(Finding(at, "cut-undeclared", what, todo, "note", dataset=name))
            continue
        made[name], cuts[name], note = _cut(files, name, table, files.cut_off)
        findings.append(note)
    return made, cuts


def without_rows(table: SourceTable, cut: Cut, gone: Mask, reason: str) -> tuple[SourceTable, Cut]:
    """The source without some of its rows, which are accounted for under the reason."""
    count = int(np.count_nonzero(gone))
    if not count:
        return table, cut
    kept = replace(table, frame=table.frame.take(~gone), row_numbers=table.row_numbers[~gone])
    return kept, replace(cut, left_out={**cut.left_out, reason: count})


def _cut(
    files: StudyFiles, name: str, table: SourceTable, at: date
) -> tuple[SourceTable, Cut, Finding]:
    source = files.sources[name]
    declared = source.cut
    assert declared is not None
    formats = [declared.format] if declared.format else list(source.dates_by_file)
    after, unread, undated = _after(table, _first_filled(table, declared.date), formats, at)
    table, cut = without_rows(table, Cut(), after, f"dated after the cut-off {at}")
    columns: dict[str, Column] = dict(table.frame.columns)
    changed: dict[str, Index] = {}
    for end, beside in declared.ends.items():
        # by the dates as collected, since one end may stand beside another
        late, _, _ = _after(table, table.frame.text(end), formats, at)
        cut = replace(cut, ends=cut.ends + int(np.count_nonzero(late)))
        for column, text in {end: "", **beside}.items():
            held = columns[column]
            assert isinstance(held, Text)
            columns[column] = choose(late, Text.constant(text, len(held)), held)
            rows = table.row_numbers[late & ~held.equals(text)]
            changed[column] = np.concatenate([changed.get(column, rows[:0]), rows])
    frame = Frame(columns, table.frame.rows, table.frame.origins)
    dated = " or ".join(declared.date)
    words = [f"{cut.rows} of {len(after)} rows have a {dated} after it and are left out"]
    if undated:
        words.append(f"{undated} without {dated} are kept")
    if unread:
        words.append(f"{unread} whose {dated} cannot be read are kept")
    if declared.ends:
        words.append(f"{cut.ends} end dates after it are made blank")
    what = f"{name} as of {at}: {', '.join(words)}"
    note = Finding(Location(table.file), "cut-off", what, level="note", dataset=name)
    return replace(table, frame=frame), replace(cut, changed=changed), note


def _first_filled(table: SourceTable, columns: Sequence[str]) -> Text:
    """Of each row the first of these columns that is not blank."""
    made = table.frame.text(columns[0])
    for column in columns[1:]:
        filled = choose(made.blank, table.frame.text(column), made)
        assert isinstance(filled, Text)
        made = filled
    return made


def _after(
    table: SourceTable, text: Text, formats: Sequence[tuple[str, ...]], at: date
) -> tuple[Mask, int, int]:
    """Where a date is known to lie after a day; how many cannot be read, and how many are blank.

    ``formats`` are those of each file, or of all of them.
    """
    last = dates.bounds(pa.array([at.isoformat()], pa.string()))[1][0]
    later, unread, blank = (np.zeros(len(text), bool) for _ in range(3))
    for file, listed in enumerate(formats):
        rows = np.ones(len(text), bool)
        if len(formats) > 1:
            rows = table.row_numbers >> FILE_SHIFT == file
        read, good = dates.read_dates(text.values, [dates.compile_format(each) for each in listed])
        empty = pc.equal(read, "").to_numpy(zero_copy_only=False)
        later |= rows & text.spread(good & (dates.bounds(read)[0] >= last))
        unread |= rows & text.spread(~good)
        blank |= rows & text.spread(good & empty)
    return later, int(np.count_nonzero(unread)), int(np.count_nonzero(blank))
