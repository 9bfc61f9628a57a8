"""``mg-cdisc init``: the first spec folder of a study, and what is to do in it."""

from __future__ import annotations

from pathlib import Path

from mg_cdisc.cli.guard import CLEAN
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.terminal import say
from mg_cdisc.errors import SpecError
from mg_cdisc.layout import Column, Piece, counted, line, safe, table
from mg_cdisc.scaffold import Asked, begin_study


def init(target: Path, asked: Asked) -> int:
    """Write the folder, and print what is in it and what comes next."""
    from mg_cdisc.pipeline import check_study

    start_arrow()
    begun = begin_study(target, asked)
    shown = target.as_posix()
    say(line(f"{begun.study}: ", Piece("first spec", "good"), f" written to {shown}"), "")
    if begun.given:
        kept = "SDTM that exists already: tabulation: in study.yaml names its folder, and no spec maps it"
        say(f"{counted(len(begun.given), 'dataset')} of {kept}", "", wrapped=True)
        say(
            *table([Column("Spec", [each for each in begun.files if each.startswith("adam/")])]), ""
        )
    forms = [*begun.datasets.values(), *begun.unmapped]
    specs = [
        *(f"sdtm/{each.lower()}.yaml" for each in begun.datasets),
        *("-" for _ in begun.unmapped),
    ]
    if forms:
        say(*table([Column("Form", forms), Column("Spec", specs)]), "")
    if asked_outside(target, begun.copied, asked):
        say(f"{counted(len(begun.copied), 'file')} copied to {shown}/source")
    for each in begun.aside:
        say(line(Piece("left aside", "warning"), f" {safe(each)}"))
    try:
        check_study(target)
        found = 0
    except SpecError as error:
        found = len(error.findings)
    say(
        f"{counted(begun.todo, 'place')} marked TODO in the files",
        f"{counted(found, 'finding')} of mg-cdisc spec check {shown}, which lists what stops a build",
    )
    return CLEAN


def asked_outside(target: Path, copied: tuple[str, ...], asked: Asked) -> bool:
    """Whether the files came from elsewhere."""
    return not asked.given.resolve().is_relative_to(target.resolve()) and bool(copied)
