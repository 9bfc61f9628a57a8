"""The commands: what each takes and its help. What they do is loaded only when one is called."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mg_cdisc.cli.guard import Guard

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

# plain help and plain tracebacks: they cost nothing to load and read the same in a file
app = typer.Typer(
    cls=Guard,
    help="Clinical trial source data to SDTM, ADaM, XPT and Define-XML, from mapping specs.",
    epilog="Exit codes: 0 built and clean, 1 findings that stop, 2 wrong use. "
    "Findings accepted in findings.yaml do not stop. "
    "Help for one command: mg-cdisc COMMAND --help",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)
spec_app = typer.Typer(
    help="Check a study's specs, show one merged and expanded, give their JSON Schema.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ct_app = typer.Typer(
    help="Versions of controlled terminology: list, import.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
standards_app = typer.Typer(
    help="Versions of SDTMIG and ADaMIG: list, import.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Verify(StrEnum):
    """How much of each written transport file the second reader reads."""

    SAMPLE = "sample"
    FULL = "full"


class TextEncoding(StrEnum):
    """Encodings of text in transport files."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    WINDOWS = "windows-1252"


def _version(asked: bool) -> None:
    if asked:
        from mg_cdisc import __version__

        typer.echo(f"mg-cdisc {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


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
        help="Only this subject: USUBJID, or its end (01-004). May be repeated.",
        show_default=False,
    ),
]


@app.command(short_help="Build a study: XPT files, define.xml, findings.")
def build(
    study: Study = None,
    outputs: Annotated[Path, typer.Option(metavar="DIR", help="Where outputs go, in a folder named after the "
                                          "study.")] = Path("outputs"),
    only: Annotated[list[str] | None, typer.Option(
        metavar="NAMES", help="Only these datasets (AE,DM) and what they need. May be repeated.",
        show_default=False)] = None,
    subject: Subjects = None,
    partitions: Annotated[str, typer.Option(
        metavar="N|auto", help="Into how many parts the subjects are divided: more parts need "
        "less memory, the result is the same.")] = "auto",
    verify: Annotated[Verify, typer.Option(
        help="How much of each XPT file a second reader reads back.")] = Verify.SAMPLE,
    log: Annotated[bool, typer.Option(
        "--log", help="Print what every step did: records in and out, matched, mapped, changed, "
        "excluded.")] = False,
    quiet: Annotated[bool, typer.Option(
        "--quiet", "-q", help="Print findings and the result, no progress and no tables.")] = False,
) -> None:  # fmt: skip
    """Build a study into outputs/: XPT files, define.xml, findings, manifest.

    The outputs change only when the whole build succeeds. A build that a finding stops leaves them
    as they were and writes its findings to outputs/STUDY-stopped/. With --only or --subject the
    result goes to outputs/STUDY-partial/.

    Exit code 0: built (accepted findings do not count); 1: a finding stops the build, in the specs,
    the sources or the data; 2: wrong use, as an unknown option, study, dataset or subject.
    """
    from mg_cdisc.cli.build import run_build
    from mg_cdisc.pipeline import Options

    options = Options(
        _number(partitions, "partitions", "auto", least=1) or 0,
        tuple(name.upper() for name in _split(only)),
        tuple(subject or ()),
        verify is Verify.FULL,
    )
    raise typer.Exit(run_build(study, outputs, options, quiet=quiet, with_log=log))


@app.command(short_help="Print a dataset's records as one of its steps left them.")
def preview(
    dataset: Dataset,
    study: Study = None,
    after: Annotated[int | None, typer.Option(
        metavar="LINE", help="Behind the step in this line of the dataset's spec file.",
        show_default=False)] = None,
    step: Annotated[int | None, typer.Option(
        metavar="N", help="Behind the step of this number, from 1.", show_default=False)] = None,
    where: Where = None,
    rows: Rows = "20",
    columns: Columns = None,
    subject: Subjects = None,
) -> None:  # fmt: skip
    """Print a dataset's records as one of its steps left them, and the source row of each.

    Without --after and --step, as its last step left them. The variables that the step made come
    first, then those it made them from, then what else fits. Nothing is written.
    """
    from mg_cdisc.cli.records import preview as run

    if after is not None and step is not None:
        raise typer.BadParameter("--after and --step both say where to end: give one of them")
    run(
        dataset,
        study,
        after=after,
        step=step,
        where=where,
        rows=_number(rows, "rows", "all", least=0),
        columns=columns or [],
        subjects=tuple(subject or ()),
    )


@app.command(short_help="Print a transport file: variables and records.")
def show(
    file: Annotated[Path, typer.Argument(
        metavar="FILE", help="A version 5 transport file.", exists=True, dir_okay=False)],
    where: Where = None,
    rows: Rows = "10",
    columns: Columns = None,
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of its text.")] = TextEncoding.ASCII,
    member: Annotated[str | None, typer.Option(
        metavar="NAME", help="Which dataset, where the file holds several.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Print a transport file: its variables with label, type, length and format, and records.

    Numbers with a date format are printed as ISO 8601 dates.
    """
    from mg_cdisc.cli.records import show as run

    run(
        file,
        where=where,
        rows=_number(rows, "rows", "all", least=0),
        columns=columns or [],
        encoding=encoding.value,
        member=member,
    )


@spec_app.command("check", short_help="Find every mistake in the specs.")
def spec_check(
    study: Study = None,
    without_sources: Annotated[bool, typer.Option(
        "--without-sources", help="Read no source file: the names of their columns are then not "
        "checked.")] = False,
) -> None:  # fmt: skip
    """Find every mistake in a study's specs, without building.

    A source that cannot be read is one mistake; what reads it is checked all the same, but for the
    names of its columns. Exit code 1 where there is a mistake.
    """
    from mg_cdisc.cli.specs import check

    raise typer.Exit(check(study, with_sources=not without_sources))


@spec_app.command("show", short_help="Show a dataset's spec merged and expanded.")
def spec_show(
    dataset: Dataset,
    study: Study = None,
    plain: Annotated[bool, typer.Option("--plain", help="The YAML alone, no comments.")] = False,
) -> None:
    """Show a dataset's spec as it is built from: what it extends merged in, short forms written out.

    The comment at the right of a line says which file and line it came from.
    """
    from mg_cdisc.cli.specs import show as run

    run(dataset, study, plain=plain)


@spec_app.command("schema", short_help="Give the JSON Schema of the spec files.")
def spec_schema(
    of: Annotated[str, typer.Option(
        metavar="KIND", help="Which files: dataset, study, sources, terminology, table, instrument or findings."
    )] = "dataset",
    write: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write it to this file instead of printing it.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Give the JSON Schema of the spec files, with which an editor completes and checks."""
    from mg_cdisc.cli.specs import schema

    schema(of, write)


@ct_app.command("list", short_help="List the terminology that a study can choose.")
def ct_list() -> None:
    """List the controlled terminology packages that a study can choose."""
    from mg_cdisc.cli.stores import list_ct

    list_ct()


@ct_app.command("import", short_help="Import a package as NCI EVS publishes it.")
def ct_import(
    file: Annotated[Path, typer.Argument(
        metavar="FILE", help="The text or CSV file of a package from NCI EVS.", exists=True, dir_okay=False)],
    version: Annotated[str | None, typer.Option(
        metavar="DATE", help="Its date (2025-09-26), where neither the file nor its name says it.",
        show_default=False)] = None,
) -> None:  # fmt: skip
    """Import a controlled terminology package (SDTM, ADaM or Define-XML) into your store."""
    from mg_cdisc.cli.stores import import_ct

    import_ct(file, version)


@standards_app.command("list", short_help="List the guides that a study can choose.")
def standards_list() -> None:
    """List the implementation guides that a study can choose."""
    from mg_cdisc.cli.stores import list_ig

    list_ig()


@standards_app.command("import", short_help="Import a guide's variables from the CDISC Library.")
def standards_import(
    file: Annotated[Path, typer.Argument(
        metavar="FILE", help="The CDISC Library's CSV export of the guide's variables.", exists=True,
        dir_okay=False)],
    datasets_file: Annotated[Path | None, typer.Argument(
        metavar="DATASETS_FILE", help="Its export of datasets or structures, for their labels.", exists=True,
        dir_okay=False, show_default=False)] = None,
) -> None:  # fmt: skip
    """Import an SDTMIG or ADaMIG into your store."""
    from mg_cdisc.cli.stores import import_ig

    import_ig(file, datasets_file)


app.add_typer(spec_app, name="spec")
app.add_typer(ct_app, name="ct")
app.add_typer(standards_app, name="standards")


def _split(listed: list[str] | None) -> list[str]:
    return [part.strip() for each in listed or () for part in each.split(",") if part.strip()]


def _number(text: str, option: str, word: str, *, least: int) -> int | None:
    """A whole number, or None for the word that stands for no number."""
    if text == word:
        return None
    if not text.isdecimal() or int(text) < least:
        raise typer.BadParameter(f"--{option} takes a whole number from {least}, or {word}")
    return int(text)


def main() -> None:
    """Run ``mg-cdisc``."""
    app(prog_name="mg-cdisc")
