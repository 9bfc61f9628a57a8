"""``mg-cdisc spec``: check the specs of a study, show one as it is built from, give the schema."""

from __future__ import annotations

import json
from pathlib import Path

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.studies import study_folder
from mg_cdisc.cli.terminal import on_terminal, say, say_findings
from mg_cdisc.errors import Finding, Location, SpecError, UseError, nearest, one_of
from mg_cdisc.layout import Line, Piece, counted, line


def check(given: Path | None, *, with_sources: bool) -> int:
    """Print every mistake of the specs and how many they are; 1 where there is one."""
    from mg_cdisc.pipeline import check_study

    start_arrow()
    folder = study_folder(given)
    try:
        plan = check_study(folder, with_sources=with_sources)
    except SpecError as error:
        say_findings(error.findings)
        files = {finding.where.file for finding in error.findings}
        number = counted(len(error.findings), "mistake")
        say("", line(Piece(number, "error"), f" in {counted(len(files), 'file')}"))
        return STOPPED
    steps = sum(len(dataset.steps) for dataset in plan.datasets.values())
    made = counted(len(plan.files.datasets), "dataset")
    unread = "" if with_sources else "; the sources were not read"
    sources = counted(len(plan.files.sources), "source")
    if plan.files.given:
        standing = counted(len(plan.files.given), "given dataset")
        sources = f"{sources} and {standing}" if plan.files.sources else standing
    say(
        line(
            f"{folder}: ",
            Piece("no mistakes", "good"),
            f" in {made} of {counted(steps, 'step')} from {sources}{unread}",
        )
    )
    return CLEAN


def show(dataset: str, given: Path | None, *, plain: bool) -> None:
    """Print a dataset's spec merged and expanded, with where each line came from."""
    from mg_cdisc.spec.load import read_study
    from mg_cdisc.spec.show import show_dataset, with_comments

    files = read_study(study_folder(given))
    if files.faults and dataset.upper() not in files.datasets:
        raise SpecError(files.faults)
    lines = show_dataset(files, dataset.upper())
    if plain:
        say(*(each.yaml for each in lines if each.yaml.strip()))
    elif on_terminal():
        say(
            *(
                _dimmed(text, each.comment)
                for text, each in zip(with_comments(lines), lines, strict=True)
            )
        )
    else:
        say(*with_comments(lines))


def _dimmed(text: str, comment: str) -> Line:
    mark = f"# {comment}"
    if not comment or not text.endswith(mark):
        return line(text)
    return line(text.removesuffix(mark), Piece(mark, "dim"))


def schema(of: str, target: Path | None) -> None:
    """Print or write the JSON Schema of one kind of file."""
    from mg_cdisc.spec.schema import KINDS, schema_of

    if of not in KINDS:
        todo = nearest(of, KINDS) or f"Kinds: {one_of(list(KINDS))}."
        raise UseError([Finding(Location("--of"), "unknown-name", f"there is no kind {of}", todo)])
    text = json.dumps(schema_of(of), ensure_ascii=False, indent=1)
    if target is None:
        say(text)
        return
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
    say(
        f"wrote {target}: the schema of {KINDS[of][0]}",
        "An editor with the YAML language server uses it where a file begins with",
        f"  # yaml-language-server: $schema={target.as_posix()}",
    )
