"""The commands: what each takes and its help. What they do is loaded only when one is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mg_cdisc.cli.groups import ct_app, define_app, spec_app, standards_app
from mg_cdisc.cli.guard import Guard
from mg_cdisc.cli.options import (
    Agency,
    Columns,
    CutOff,
    Dataset,
    Rows,
    Study,
    Subjects,
    TextEncoding,
    Verify,
    Where,
    Written,
    day,
    file_formats,
    split,
    whole_number,
)
from mg_cdisc.cli.review import COMMANDS
from mg_cdisc.cli.start import start_process

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


@app.command(short_help="Build a study: datasets, define.xml, findings.")
def build(
    study: Study = None,
    outputs: Annotated[Path, typer.Option(metavar="DIR", help="Where outputs go, in a folder named after the "
                                          "study.")] = Path("outputs"),
    only: Annotated[list[str] | None, typer.Option(
        metavar="NAMES", help="Only these datasets (AE,DM), with their SUPP--. What they need is "
        "built in memory, and not written. May be repeated.",
        show_default=False)] = None,
    subject: Subjects = None,
    partitions: Annotated[str, typer.Option(
        metavar="N|auto", help="Into how many parts the subjects are divided: more parts need "
        "less memory, the result is the same.")] = "auto",
    verify: Annotated[Verify, typer.Option(
        help="How much of each XPT file a second reader reads back.")] = Verify.SAMPLE,
    agency: Annotated[Agency | None, typer.Option(
        case_sensitive=False, help="Whom the package is for, in the place of what study.yaml says.",
        show_default=False)] = None,
    formats: Annotated[list[str] | None, typer.Option(
        "--format", metavar="NAMES", help="In which formats each dataset is written, in the place of "
        "what study.yaml says: xpt, xpt8, dataset-json, ndjson, several with commas.",
        show_default=False)] = None,
    encoding: Annotated[Written | None, typer.Option(
        help="The encoding of the transport files' text, in the place of what study.yaml says.",
        show_default=False)] = None,
    cut_off: CutOff = None,
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
        whole_number(partitions, "partitions", "auto", least=1) or 0,
        tuple(name.upper() for name in split(only)),
        tuple(split(subject)),
        verify is Verify.FULL,
        agency=agency.value if agency is not None else "",
        cut_off=day(cut_off, "cut-off"),
        formats=file_formats(split(formats)),
        encoding=encoding.value if encoding is not None else "",
    )
    raise typer.Exit(run_build(study, outputs, options, quiet=quiet, with_log=log))


@app.command(short_help="Write the numbers of records to numbering.csv.")
def number(study: Study = None, cut_off: CutOff = None) -> None:
    """Write the number of every record (--SEQ) to numbering.csv in the study's folder.

    Later builds give a record that stands there its number again, and a new one the next after the
    highest that its subject was ever given. What stands in the file already stays. Nothing is
    written where a finding would stop the build, or where records come from a source without key:.
    """
    from mg_cdisc.cli.number import run_number

    run_number(study, day(cut_off, "cut-off"))


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
        rows=whole_number(rows, "rows", "all", least=0),
        columns=columns or [],
        subjects=tuple(split(subject)),
    )


@app.command(short_help="Print a transport or Dataset-JSON file: variables and records.")
def show(
    file: Annotated[Path, typer.Argument(
        metavar="FILE", help="A transport file, or Dataset-JSON (.json, .ndjson).", exists=True,
        dir_okay=False)],
    where: Where = None,
    rows: Rows = "10",
    columns: Columns = None,
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of a transport file's text.")] = TextEncoding.ASCII,
    member: Annotated[str | None, typer.Option(
        metavar="NAME", help="Which dataset, where the file holds several.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Print a transport or Dataset-JSON file: its variables with label, type, length and format, and
    records.

    Numbers with a date format are printed as ISO 8601 dates.
    """
    from mg_cdisc.cli.records import show as run

    run(
        file,
        where=where,
        rows=whole_number(rows, "rows", "all", least=0),
        columns=columns or [],
        encoding=encoding.value,
        member=member,
    )


for _name, _help, _command in COMMANDS:
    app.command(_name, short_help=_help)(_command)


@app.command(short_help="Make a first spec folder from the files of a study.")
def init(
    target: Annotated[Path, typer.Argument(
        metavar="STUDY_FOLDER", help="The folder to make: not there yet, or empty.")],
    given: Annotated[Path, typer.Option(
        "--from", metavar="FILE_OR_FOLDER", help="An ODM-XML file, a REDCap export or data dictionary, or a "
        "folder of such files and of CSV, Excel, SAS, XPT and Parquet files.", show_default=False)],
    study: Annotated[str, typer.Option(
        metavar="ID", help="STUDYID; left out: the folder's name in capitals.", show_default=False)] = "",
    dictionary: Annotated[Path | None, typer.Option(
        metavar="FILE", help="The data dictionary of a REDCap export.", show_default=False)] = None,
    subject: Annotated[str, typer.Option(
        metavar="COLUMN", help="The column that names the subject, where it has no usual name.",
        show_default=False)] = "",
    encoding: Annotated[list[str] | None, typer.Option(
        metavar="[FILE=]NAME", help="The encoding of text files that are not UTF-8: gb18030 or "
        "windows-1252. May be repeated, for single files.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Make a first spec folder from the files that a study's data came in.

    Writes study.yaml, sources.yaml with an entry for each form, visits.yaml, terminology.yaml and
    translations.yaml where the files say something of them, and sdtm/*.yaml for each domain that is
    recognised: fields with names of SDTM or CDASH (AETERM, AESTDAT, SYSBP_VSORRES) are mapped. What
    is left stands in the files, marked TODO, and mg-cdisc spec check lists the columns that nothing
    reads.

    The files are copied to STUDY_FOLDER/source, because a source stands inside its study's folder;
    the originals stay as they are. Where they are there already, and nothing else is in
    STUDY_FOLDER, they are used where they stand: --from STUDY_FOLDER/source. A folder that holds
    anything else is refused, and nothing is overwritten. Folders inside a folder are not read.

    Nothing is guessed that the files leave open: the order of day and month, an encoding other
    than UTF-8, the meaning of an answer.

    SDTM that exists already, as a folder of transport files, is no source, and is not mapped again:
    study.yaml then names its folder (tabulation:, "Given datasets" in docs/language.md), and
    adam/adsl.yaml begins the analysis datasets.

    Exit code 0: written; 1: the files say too little, as of their encoding; 2: wrong use.
    """
    from mg_cdisc.cli.init import init as run
    from mg_cdisc.scaffold import Asked

    said = (each.rpartition("=") for each in encoding or ())
    encodings = {file: name for file, _, name in said}
    raise typer.Exit(run(target, Asked(given, dictionary, study, subject, encodings)))


app.add_typer(spec_app, name="spec")
app.add_typer(define_app, name="define")
app.add_typer(ct_app, name="ct")
app.add_typer(standards_app, name="standards")


def main() -> None:
    """Run ``mg-cdisc``."""
    start_process()
    app(prog_name="mg-cdisc")
