"""Write the example source data of study HN2301. Every value in it is INVENTED.

No person, hospital, dose, date, result or dictionary term in it is real. `source/README.md`
describes each file; the TOML files beside this one hold the facts and stories that are told.

    python generate_source [--seed 2301] [--subjects 24] [--study DIR]

The same seed gives the same files on every machine: all randomness comes from `Random.random()`
(the one method whose sequence Python guarantees), seeded by text per subject and form; the clock
is never read. The first subjects are the same people however many are asked for, and a change to
one form leaves the others as they were. Subjects are written one after the other, so memory does
not grow with their number. Nothing here is shared with the mg_cdisc package, so the package
cannot agree with its own mistakes.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import forms
import measures
import medicine
import planted_events
import planted_measures
from files import CsvFile, FlowBook
from measures import Cell
from odm import OdmFile
from planted_analysis import ANALYSIS
from plants import Planting, quoted
from redcap import write_dictionary
from subject import Row, Subject
from told import INSTRUMENTS, STORIES, TEXTS

ODM_FORMS: dict[str, Callable[[Subject], Iterable[Row]]] = {
    "DM": forms.demographics,
    "VS": measures.vital_signs,
    "AE": forms.adverse_events,
}
CSV_FORMS: dict[str, Callable[[Subject], Iterable[Row]]] = {
    "mg_history": forms.mg_history,
    "medical_history": medicine.medical_history,
    "procedures": medicine.procedures,
    "conmeds_redcap": medicine.conmeds,
    "infusion": forms.infusion,
    "crs_icans": forms.crs_icans,
    **{name: partial(measures.instrument, name, form) for name, form in INSTRUMENTS.items()},
    "mg_status": measures.mg_status,
    "antibodies": measures.antibodies,
    "lab_local": measures.lab_local,
    "visits": forms.visits,
    "disposition": forms.disposition,
    "deviations": forms.deviations,
    "comments": forms.comments,
}
PLANTS = [
    *planted_events.COURSE,
    *planted_events.MEDICINES,
    *planted_events.EVENTS,
    *planted_measures.SCORES,
    *planted_measures.LABORATORIES,
]
APART = {("mg_history", "02"): "mg_history_02", ("comments", "02"): "comments_02"}  # GB18030


def first_row(form: Callable[[Subject], Iterable[Row]], seed: int) -> Row:
    """The first row of a form: its keys are the header."""
    return next(row for index in range(len(STORIES)) for row in form(Subject(seed, index)))


def generate(study: Path, subjects: int, seed: int) -> int:
    """Write all source files for that many subjects into the study's folder; how many files."""
    out = study / "source"
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writers: dict[str, CsvFile] = {}
        for name, form in CSV_FORMS.items():
            header = first_row(form, seed)
            named = [(name, "utf-8"), *((file, "gb18030") for (f, _), file in APART.items()
                                        if f == name)]  # fmt: skip
            for file, encoding in named:
                writer = CsvFile(out / f"{file}.csv", header, encoding)
                writers[file] = stack.enter_context(closing(writer))
        write_dictionary(out / "conmeds_dictionary.csv")
        header_row = next(iter(measures.flow_cytometry(Subject(seed, 0))))
        book = stack.enter_context(closing(FlowBook(out / "flow_cytometry.xlsx", header_row)))
        odm = stack.enter_context(closing(OdmFile(out / "edc.odm.xml")))
        planting = Planting(PLANTS, len(STORIES))
        chinese: set[str] = set()
        for index in range(subjects):
            subject = Subject(seed, index)
            for name, form in CSV_FORMS.items():
                writer = writers[APART.get((name, subject.site["code"]), name)]
                chinese |= write(planting, name, subject, form(subject), writer)
            samples = measures.flow_cytometry(subject)
            chinese |= write(planting, "flow_cytometry", subject, samples, book)
            planted = {
                name: list(planting.rows(name, subject, (dict(row) for row in form(subject))))
                for name, form in ODM_FORMS.items()
            }
            rows = {name: [row for row, _ in held] for name, held in planted.items()}
            for name, lines in odm.write(subject, rows).items():
                for line, (row, found) in zip(lines, planted[name], strict=True):
                    chinese |= not_ascii(row)
                    for each in found:
                        each.file, each.line = "edc.odm.xml", line
    planting.write(study / "planted.yaml", ANALYSIS)
    write_translations(study / "translations.yaml", chinese)
    return len(writers) + 3


def write(
    planting: Planting,
    form: str,
    subject: Subject,
    rows: Iterable[Mapping[str, Cell]],
    writer: CsvFile | FlowBook,
) -> set[str]:
    """The rows of one form and subject, with what is planted in them; the Chinese texts written."""
    chinese: set[str] = set()
    for row, found in planting.rows(form, subject, (dict(row) for row in rows)):
        line = writer.write(row)
        chinese |= not_ascii(row)
        for each in found:
            each.file, each.line = writer.name, line
    return chinese


def not_ascii(row: Mapping[str, Cell]) -> set[str]:
    return {cell for cell in row.values() if isinstance(cell, str) and not cell.isascii()}


def write_translations(path: Path, chinese: set[str]) -> None:
    """Every Chinese text that was written and its English, as the mapping program looks it up."""
    assert chinese <= set(TEXTS), "texts.toml lacks the English of a text"
    head = (
        "# Chinese texts of the source and their English; written by generate_source. Invented.\n"
    )
    pairs = (
        f"{quoted(text)}: {quoted(english)}\n" for text, english in TEXTS.items() if text in chinese
    )
    path.write_text(head + "".join(pairs), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the INVENTED example source of HN2301.")
    parser.add_argument("--seed", type=int, default=2301, help="default 2301")
    parser.add_argument(
        "--subjects", type=int, default=24, help="how many are screened; default 24"
    )
    parser.add_argument(
        "--study", type=Path, default=Path(__file__).resolve().parents[1],
        help="the study's folder: files go to its folder source",
    )  # fmt: skip
    chosen = parser.parse_args()
    if chosen.subjects < 1:
        parser.error("--subjects must be 1 or more")
    files = generate(chosen.study, chosen.subjects, chosen.seed)
    print(f"Wrote {files} files for {chosen.subjects} subjects. All data are invented.")


if __name__ == "__main__":
    main()
