"""The commands of who reviews a package: what is wrong in it, where it comes from, what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from mg_cdisc.cli.options import (
    CutOff,
    ExcelFile,
    FailOn,
    JsonFile,
    SarifFile,
    Severity,
    Study,
    TextEncoding,
    Where,
    day,
    split,
    whole_number,
)


def validate(
    folder: Annotated[Path, typer.Argument(
        metavar="DIR", help="A folder with transport files or Dataset-JSON, at whatever depth, or one "
        "such file.", exists=True)],
    sdtmig: Annotated[str | None, typer.Option(
        metavar="VERSION", help="The version of the SDTMIG; left out: what define.xml says, else "
        "3.4.", show_default=False)] = None,
    ct: Annotated[str | None, typer.Option(
        metavar="DATE", help="The SDTM terminology; left out: what define.xml says, else the one "
        "that comes with mg-cdisc.", show_default=False)] = None,
    adamig: Annotated[str | None, typer.Option(
        metavar="VERSION", help="The version of the ADaMIG; left out: what define.xml says, else "
        "1.3.", show_default=False)] = None,
    adam_ct: Annotated[str | None, typer.Option(
        metavar="DATE", help="The ADaM terminology; left out: what define.xml says, else the one "
        "that comes with mg-cdisc.", show_default=False)] = None,
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of the transport files' text.")] = TextEncoding.ASCII,
    core: Annotated[str | None, typer.Option(
        metavar="COMMAND", help="Call CDISC's rules engine (CORE) with this command, such as "
        "/opt/core/core or 'python core.py', and merge what it finds.", show_default=False)] = None,
    core_args: Annotated[str, typer.Option(
        metavar="OPTIONS", help="Further options of CORE's validate, such as '--meddra DIR'.",
        show_default=False)] = "",
    core_timeout: Annotated[str, typer.Option(
        metavar="SECONDS|none", help="How long CORE may take for each standard.")] = "3600",
    core_report: Annotated[list[Path] | None, typer.Option(
        metavar="FILE", help="Merge a report that CORE has made of these files, JSON or XLSX. May be "
        "repeated.", show_default=False, exists=True, dir_okay=False)] = None,
    fail_on: FailOn = Severity.ERROR,
    json_file: JsonFile = None,
    sarif_file: SarifFile = None,
    excel_file: ExcelFile = None,
) -> None:  # fmt: skip
    """Check transport files against the conformance rules, whoever made them.

    Tabulation and analysis datasets are judged by the rules of docs/rules.md, analysis datasets
    also against the tabulation where it is in the folder too; of a dataset that is there as
    transport file and as Dataset-JSON, the transport file. A define.xml beside them is checked
    by itself and against the files; without one nothing is missed. Every build runs the same rules.

    With --core or --core-report the findings of CDISC's rules engine stand among ours: see
    docs/core.md.

    Exit code 0: no error; 1: an error (see --fail-on); 2: wrong use, or CORE cannot be called or
    read.
    """
    from mg_cdisc.cli.core import Asked
    from mg_cdisc.cli.judged import Wanted
    from mg_cdisc.cli.validate import validate as run

    seconds = whole_number(core_timeout, "core-timeout", "none", least=1)
    if core_args and core is None:
        raise typer.BadParameter("--core-args are options of CORE: give --core too")
    code = run(
        folder,
        guide=sdtmig,
        terminology=ct,
        adam_guide=adamig,
        adam_terminology=adam_ct,
        encoding=encoding.value,
        wanted=Wanted(fail_on.value, json_file, sarif_file, excel_file),
        core=Asked(core, core_args, seconds, tuple(core_report or ())),
    )
    raise typer.Exit(code)


def endpoints_(
    study: Study = None,
    outputs: Annotated[Path, typer.Option(metavar="DIR", help="Where the build put its outputs.")] = Path(
        "outputs"),
    only: Annotated[list[str] | None, typer.Option(
        metavar="NAMES", help="Only these endpoints of endpoints.yaml. May be repeated.",
        show_default=False)] = None,
    json_file: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Write the results to this file too.",
        show_default=False)] = None,
    csv_file: Annotated[Path | None, typer.Option(
        "--csv", metavar="FILE", help="The same as CSV, one number in each row.",
        show_default=False)] = None,
) -> None:  # fmt: skip
    """Print the first results of the registered endpoints, from the built analysis datasets.

    The study's endpoints.yaml says for each result the dataset, the filter, the population and what
    is computed: subjects with a record, proportions, summaries, times to event. A filter that finds
    nothing, or several records of a subject where one is needed, is an error.

    Exit code 0: all computed; 1: a result could not be; 2: wrong use.
    """
    from mg_cdisc.cli.endpoints import endpoints as run

    code = run(study, outputs=outputs, only=split(only), json_file=json_file, csv_file=csv_file)
    raise typer.Exit(code)


def why(
    cell: Annotated[str, typer.Argument(
        metavar="CELL", help="DATASET.VARIABLE, such as ADTTE.AVAL.")],
    study: Study = None,
    where: Where = None,
    depth: Annotated[int, typer.Option(
        metavar="N", help="So many steps back and no further; 0 is all of them.", min=0)] = 0,
    everything: Annotated[bool, typer.Option(
        "--all", help="Also what only decided which record was taken.")] = False,
    cut_off: CutOff = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:  # fmt: skip
    """Print the tree from a cell of SDTM or ADaM to the source cells it was made of.

    Each step is told with its rule, its line in the spec and the values it read; of records that
    were chosen also those that were not, and why; and where nothing was found, what was looked for.
    The study is built again in memory; nothing is written.
    """
    from mg_cdisc.cli.lineage import why as run

    run(
        cell,
        study,
        where=where,
        as_json=as_json,
        depth=depth,
        everything=everything,
        cut_off=day(cut_off, "cut-off"),
    )


def impact(
    cell: Annotated[str, typer.Argument(
        metavar="CELL", help="FILE:ROW:COLUMN, such as source/ae.csv:14:AETERM; a source's name "
        "stands for its file.")],
    study: Study = None,
    everything: Annotated[bool, typer.Option("--all", help="List every record.")] = False,
    cut_off: CutOff = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:  # fmt: skip
    """Print every cell of SDTM and ADaM that could be otherwise if a source cell were.

    What is not named stays as it is, whatever the source cell is changed to. What is named may stay
    too, as where another text leads to the same term. Records that could be gone, and subjects of
    whom there could be further records, are told as such.
    """
    from mg_cdisc.cli.impact import impact as run

    run(cell, study, everything=everything, as_json=as_json, cut_off=day(cut_off, "cut-off"))


def lineage(
    variable: Annotated[str | None, typer.Argument(
        metavar="[VARIABLE]", help="DATASET.VARIABLE or SOURCE.COLUMN. Left out: all of them.",
        show_default=False)] = None,
    study: Study = None,
    forward: Annotated[bool, typer.Option(
        "--forward", help="What is made of it, in place of what it is made of.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    html: Annotated[Path | None, typer.Option(
        "--html", metavar="FILE", help="Write a graph as one HTML page.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Print of each variable the steps that make it, with their lines in the spec and what they read.

    This is the lineage of variables, from the specs alone; `why` and `impact` tell that of cells.
    """
    from mg_cdisc.cli.impact import lineage as run

    run(variable, study, forward=forward, as_json=as_json, html=html)


def diff(
    old: Annotated[Path, typer.Argument(
        metavar="OLD", help="A folder (at whatever depth) or file of XPT, Dataset-JSON, SAS7BDAT or "
        "CSV.", exists=True)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="What it is compared with.", exists=True)],
    keys: Annotated[list[str] | None, typer.Option(
        metavar="[DATASET=]NAMES", help="The variables that tell records apart: AE=USUBJID,AESEQ for "
        "one dataset, USUBJID,AESEQ for all. May be repeated.", show_default=False)] = None,
    spec: Annotated[Path | None, typer.Option(
        metavar="STUDY_FOLDER", help="Take the keys of its specs where no define.xml names them.",
        show_default=False)] = None,
    only: Annotated[list[str] | None, typer.Option(
        metavar="NAMES", help="Only these datasets (AE,DM). May be repeated.",
        show_default=False)] = None,
    absolute: Annotated[str, typer.Option(
        metavar="N", help="Numbers that differ by no more are the same.")] = "0",
    relative: Annotated[str, typer.Option(
        metavar="N", help="The same, as a part of the larger of the two (1e-9).")] = "0",
    encoding: Annotated[TextEncoding, typer.Option(
        help="The encoding of transport files' text; a build says its own.")] = TextEncoding.ASCII,
    examples: Annotated[str, typer.Option(
        metavar="N", help="How many examples of each difference are printed.")] = "5",
    json_file: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Write the comparison to this file too.",
        show_default=False)] = None,
    excel_file: Annotated[Path | None, typer.Option(
        "--excel", metavar="FILE", help="The same as a workbook.", show_default=False)] = None,
    html_file: Annotated[Path | None, typer.Option(
        "--html", metavar="FILE", help="The same as a page for a browser.",
        show_default=False)] = None,
) -> None:  # fmt: skip
    """Compare two packages by keys: datasets, variables, attributes, records, values.

    The order of records does not matter. The keys are those of --keys, else of the define.xml beside
    the data, else of --spec, else found; which, is printed. Where keys repeat, records are matched in
    the order in which they stand. Between two builds the cause of each difference is named: a source
    row, a line of the specs, terminology, an option or the program.

    Exit code 0: the same; 1: different; 2: wrong use, or a file that cannot be read.
    """
    from mg_cdisc.cli.diff import diff as run

    code = run(
        old, new, keys=keys or [], spec=spec, only=[name.upper() for name in split(only)],
        absolute=absolute, relative=relative, encoding=encoding.value,
        examples=whole_number(examples, "examples", "", least=0) or 0,
        json_file=json_file, excel_file=excel_file, html_file=html_file,
    )  # fmt: skip
    raise typer.Exit(code)


COMMANDS: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("validate", "Check transport files against the conformance rules.", validate),
    ("endpoints", "Print the first results of the registered endpoints.", endpoints_),
    ("why", "Print how a cell came about, back to the source.", why),
    ("impact", "Print what a source cell reaches.", impact),
    ("lineage", "Print what variables are made of.", lineage),
    ("diff", "Compare two packages, or two builds: what differs, and why.", diff),
)
"""Name, help in one line, and what it does, in the order of the help."""
