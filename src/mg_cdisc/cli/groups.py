"""The commands that stand in groups: ``spec``, ``define``, ``ct`` and ``standards``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mg_cdisc.cli.options import (
    Dataset,
    ExcelFile,
    FailOn,
    JsonFile,
    SarifFile,
    Severity,
    Study,
    TextEncoding,
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
define_app = typer.Typer(
    help="Check a define.xml, by itself and against data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
standards_app = typer.Typer(
    help="Versions of SDTMIG and ADaMIG: list, import.",
    no_args_is_help=True,
    rich_markup_mode=None,
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
        metavar="KIND", help="Which files: dataset, study, sources, terminology, table, instrument, translations, labels, endpoints or findings."
    )] = "dataset",
    write: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write it to this file instead of printing it.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Give the JSON Schema of the spec files, with which an editor completes and checks."""
    from mg_cdisc.cli.specs import schema

    schema(of, write)


@define_app.command("check", short_help="Check a define.xml, and whether it describes the data.")
def define_check(
    file: Annotated[Path, typer.Argument(
        metavar="FILE", help="A define.xml of Define-XML 2.1, whoever made it.", exists=True,
        dir_okay=False)],
    data: Annotated[Path | None, typer.Option(
        "--data", metavar="DIR", help="The folder of the datasets it describes: transport files, "
        "Dataset-JSON, or both.", exists=True, file_okay=False, show_default=False)] = None,
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of the transport files' text.")] = TextEncoding.UTF8,
    fail_on: FailOn = Severity.ERROR,
    json_file: JsonFile = None,
    sarif_file: SarifFile = None,
    excel_file: ExcelFile = None,
) -> None:  # fmt: skip
    """Check a define.xml by itself, and with --data against the datasets it describes.

    By itself: CDISC's schema (with Analysis Results Metadata theirs), every reference, and what the
    standard asks beyond them. Against data: datasets, variables and their order, labels, types,
    lengths, every value with its codelist, each record in one where-clause of a value list, keys that
    tell records apart, and the files that it names. Each finding names the line in the XML.

    Nothing is fetched, and a file that declares a document type or entities is refused.

    Exit code 0: no error; 1: an error (see --fail-on); 2: wrong use.
    """
    from mg_cdisc.cli.define import check as run
    from mg_cdisc.cli.judged import Wanted

    code = run(
        file,
        data,
        encoding=encoding.value,
        wanted=Wanted(fail_on.value, json_file, sarif_file, excel_file),
    )
    raise typer.Exit(code)


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
