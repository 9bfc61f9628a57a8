"""Each difference between two builds is given its true cause, and no other is invented.

A few edits of each kind here; all of them in ``make soak`` (``-m soak``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mg_cdisc.compare import Comparison, Settings, compare, read_side
from mg_cdisc.compare.causes import causes_between
from mg_cdisc.compare.model import Cause
from mg_cdisc.pipeline import Options, build_study

from .edits import Edit, copy_study, every_edit, program

Make = Callable[[tuple[Edit, ...]], Path | None]
EVERY = every_edit()
SAMPLE = [
    next(each for each in EVERY if (each.kind, each.where) == wanted)
    for wanted in (
        ("source", "source/vitalwerte.csv row 5"),
        ("source", "source/patienten.csv row 2"),
        ("spec", "sdtm/dm.yaml:15"),
        ("terminology", "terminology.yaml:2"),
        ("terminology", "sdtm_ct"),
        ("option", "cut-off"),
        ("spec", "numbering.csv"),
        ("version", ""),
    )
]


def build(folder: Path, edits: tuple[Edit, ...]) -> Path | None:
    """The outputs of the tiny study after some edits; None where it can no longer be built."""
    study = copy_study(folder)
    for edit in edits:
        edit.apply(study)
    otherwise = next((edit.program for edit in edits if edit.program is not None), None)
    options = next((edit.options for edit in reversed(edits)), Options())
    with program(otherwise):
        made = build_study(study, folder / "out", options, "tiny2")
    return made.folder if not made.stopped else None


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Builds, each once; terminology goes to a store of their own."""
    known: dict[tuple[Edit, ...], Path | None] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MG_CDISC_STORE", str(tmp_path_factory.mktemp("store")))

        def made(edits: tuple[Edit, ...]) -> Path | None:
            if edits not in known:
                known[edits] = build(tmp_path_factory.mktemp("study"), edits)
            return known[edits]

        yield made


def compared(old: Path, new: Path) -> Comparison:
    causes, notes = causes_between(old, new)
    assert not notes
    one, other = (
        json.loads((side / "manifest.json").read_bytes())["encoding"] for side in (old, new)
    )
    settings = Settings(encodings=(one, other))
    return compare(read_side(old, one), read_side(new, other), settings, causes=causes)


def named(found: Comparison) -> Iterator[tuple[str, tuple[Cause, ...]]]:
    """Every difference with the causes that are named."""
    for dataset in found.datasets:
        for attribute in dataset.attributes:
            yield f"{dataset.name}.{attribute.variable} {attribute.what}", attribute.causes
        for group in dataset.groups:
            yield f"{dataset.name}.{group.variable} {group.kind}", group.causes
    for lone in (*found.only_old, *found.only_new):
        yield lone.name, lone.causes


def is_it(cause: Cause, edit: Edit) -> bool:
    """Whether a named cause is the edit that was made."""
    if edit.where == "sdtm_ct":
        return cause.kind == "terminology" and "sdtm_ct" in f"{cause.where} {cause.what}"
    where = cause.where.removesuffix(" of OLD")
    return (cause.kind, where) == (edit.kind, edit.where)


def judge(edit: Edit, make: Make) -> tuple[int, list[str]]:
    """How many differences an edit makes, and what is wrong with the causes named for them."""
    before = (edit.first,) if edit.first is not None else ()
    base, edited = make(before), make((*before, edit))
    assert base is not None
    if edited is None:
        return 0, []
    found = compared(base, edited)
    wrong = []
    count = 0
    for what, causes in named(found):
        count += 1
        if not causes or not all(is_it(cause, edit) for cause in causes):
            wrong.append(
                f"{edit.name}: {what} because of {'; '.join(map(str, causes)) or 'nothing'}"
            )
    return count, wrong


@pytest.mark.parametrize("edit", SAMPLE, ids=lambda each: each.name)
def test_an_edit_is_named(edit: Edit, make: Make) -> None:
    count, wrong = judge(edit, make)
    assert count
    assert wrong == []


def test_a_build_is_the_same_as_itself(make: Make, tmp_path: Path) -> None:
    base = make(())
    again = build(tmp_path, ())
    assert base is not None
    assert again is not None
    found = compared(base, again)
    assert found.same
    assert found.changes == ()
    assert (base / "inputs.zip").read_bytes() == (again / "inputs.zip").read_bytes()


@pytest.mark.soak
def test_a_hundred_labelled_edits(make: Make) -> None:
    """Each is named for every difference that it makes, and nothing else is."""
    effective, silent, wrong = 0, [], []
    for edit in EVERY:
        count, faults = judge(edit, make)
        effective += bool(count)
        silent += [edit.name] if not count else []
        wrong += faults
    assert wrong == []
    print(f"{effective} of {len(EVERY)} edits change something; without effect: {silent}")
    assert effective >= 100, f"{effective} of {len(EVERY)}; without effect: {silent}"
