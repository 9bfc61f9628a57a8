"""The commands: what each takes and its help. What they do is loaded only when one is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mg_cdisc.cli.guard import Guard
from mg_cdisc.cli.options import (
    Agency,
    Columns,
    CutOff,
    Dataset,
    Rows,
    Severity,
    Study,
    Subjects,
    TextEncoding,
    Verify,
    Where,
    day,
    split,
    whole_number,
)
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
    agency: Annotated[Agency | None, typer.Option(
        case_sensitive=False, help="Whom the package is for, in the place of what study.yaml says.",
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
        rows=whole_number(rows, "rows", "all", least=0),
        columns=columns or [],
        encoding=encoding.value,
        member=member,
    )


@app.command(short_help="Check transport files against the conformance rules.")
def validate(
    folder: Annotated[Path, typer.Argument(
        metavar="DIR", help="A folder with transport files, at whatever depth, or one such file.",
        exists=True)],
    sdtmig: Annotated[str | None, typer.Option(
        metavar="VERSION", help="The version of the SDTMIG; left out: what define.xml says, else "
        "3.4.", show_default=False)] = None,
    ct: Annotated[str | None, typer.Option(
        metavar="DATE", help="The SDTM terminology; left out: what define.xml says, else the one "
        "that comes with mg-cdisc.", show_default=False)] = None,
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of the files' text.")] = TextEncoding.ASCII,
    fail_on: Annotated[Severity, typer.Option(
        help="What ends with exit code 1: this, or worse.")] = Severity.ERROR,
    json_file: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Write the findings to this file too.",
        show_default=False)] = None,
    sarif_file: Annotated[Path | None, typer.Option(
        "--sarif", metavar="FILE", help="The same as SARIF 2.1.0.", show_default=False)] = None,
    excel_file: Annotated[Path | None, typer.Option(
        "--excel", metavar="FILE", help="The same as a workbook.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Check transport files against the conformance rules, whoever made them.

    Tabulation datasets are judged by the rules of docs/rules.md. A define.xml beside them is checked
    by itself and against the files; without one nothing is missed. Every build runs the same rules.

    Exit code 0: no error; 1: an error (see --fail-on); 2: wrong use.
    """
    from mg_cdisc.cli.validate import validate as run

    code = run(
        folder,
        guide=sdtmig,
        terminology=ct,
        encoding=encoding.value,
        fail_on=fail_on.value,
        json_file=json_file,
        sarif_file=sarif_file,
        excel_file=excel_file,
    )
    raise typer.Exit(code)


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

    Exit code 0: written; 1: the files say too little, as of their encoding; 2: wrong use.
    """
    from mg_cdisc.cli.init import init as run
    from mg_cdisc.scaffold import Asked

    said = (each.rpartition("=") for each in encoding or ())
    encodings = {file: name for file, _, name in said}
    raise typer.Exit(run(target, Asked(given, dictionary, study, subject, encodings)))


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
        metavar="KIND", help="Which files: dataset, study, sources, terminology, table, instrument, translations or findings."
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


def main() -> None:
    """Run ``mg-cdisc``."""
    start_process()
    app(prog_name="mg-cdisc")
