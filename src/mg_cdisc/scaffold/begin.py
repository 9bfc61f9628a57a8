"""A first spec folder for a new study, from the files that its data came in."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mg_cdisc.errors import Finding, Location, SourceError, UseError, one_of
from mg_cdisc.scaffold.columns import is_key
from mg_cdisc.scaffold.domains import Whole, draft_of, exposure_of
from mg_cdisc.scaffold.gather import FOLDER, Gathered, Gatherer
from mg_cdisc.scaffold.material import Material
from mg_cdisc.scaffold.moments import dates_of
from mg_cdisc.scaffold.pages import NO_DATE, sources_page, study_page, subject_of, visits_page
from mg_cdisc.scaffold.recognise import Recognised, recognise, without
from mg_cdisc.scaffold.tabulated import pages as given_pages
from mg_cdisc.scaffold.tabulated import tabulations
from mg_cdisc.scaffold.terms import Terms
from mg_cdisc.sources.declaration import ENCODINGS
from mg_cdisc.standards import load_standard
from mg_cdisc.terminology import known_terminologies, load_terminology

_STUDY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,19}")
_MOST_VISITS: Final = 100
_CT: Final = "sdtm-"


@dataclass(frozen=True)
class Asked:
    """What the user says of the study and of the files.

    ``given`` is a file or a folder, ``dictionary`` a data dictionary of REDCap. ``subject`` is the
    column that names the subject where no usual name does. ``encodings`` are by file name, blank
    for all; they hold for text files that are not UTF-8.
    """

    given: Path
    dictionary: Path | None = None
    study: str = ""
    subject: str = ""
    encodings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Begun:
    """What was written: the files' names, the forms of each dataset, and what was left aside.

    ``given`` are the datasets where the files are SDTM that exists already: these have no form.
    """

    study: str
    files: tuple[str, ...]
    copied: tuple[str, ...]
    datasets: Mapping[str, str]
    unmapped: tuple[str, ...]
    aside: tuple[str, ...]
    todo: int
    given: tuple[str, ...] = ()


def begin_study(target: Path, asked: Asked) -> Begun:
    """Write the first spec of a study into ``target``, which is not there yet, or empty.

    The files are copied to its folder ``source``, since a source stands inside its study's folder.
    Where ``target`` holds nothing but the files given, they stay where they are. A folder that is
    new is there whole or not at all.

    Raises UseError for a folder or file that cannot be meant, and SourceError where the files say
    too little: the encoding of a text file, the subject's column, or not one form.
    """
    study = asked.study or target.resolve().name.upper()
    _check_use(target, asked, study)
    target = target.resolve()
    inside = _inside(target, asked)
    if inside:
        texts, begun = _write(target, inside, study, asked)
        for name, text in texts.items():
            _put(target / name, text)
        return begun
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        copied = _copy(work, asked)
        texts, begun = _write(work, copied, study, asked)
        for name, text in texts.items():
            _put(work / name, text)
        work.chmod(0o755)
        if target.is_dir():  # empty, and perhaps where somebody stands
            for path in sorted(work.iterdir()):
                path.rename(target / path.name)
        else:
            work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return begun


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as out:
        out.write(text)


# which files


def _check_use(target: Path, asked: Asked, study: str) -> None:
    wrong: list[Finding] = []
    for path in (asked.given, *([asked.dictionary] if asked.dictionary else [])):
        if not path.exists():
            wrong.append(_use(path, "missing-file", "is not there", "Check the path."))
    if not _STUDY.fullmatch(study):
        what = f"{study!r} cannot be a STUDYID: letters, digits, blank, point, hyphen, at most 20"
        wrong.append(_use(target, "bad-value", what, "Say it with --study."))
    if target.exists() and not target.is_dir():
        wrong.append(
            _use(target, "not-a-folder", "is a file", "Name a folder that is not there yet.")
        )
    elif target.is_dir() and any(target.iterdir()) and not wrong and not _inside(target, asked):
        what = "the folder is not empty, and nothing in it is overwritten"
        todo = (
            "Name a folder that is not there yet, or take out all but the files given with --from."
        )
        wrong.append(_use(target, "folder-not-empty", what, todo))
    for name, encoding in asked.encodings.items():
        if encoding not in ENCODINGS:
            what = f"there is no encoding {encoding}" + (f" for {name}" if name else "")
            wrong.append(
                _use(
                    Path("--encoding"), "unknown-name", what, f"Encodings: {', '.join(ENCODINGS)}."
                )
            )
    if wrong:
        raise UseError(wrong)


def _use(path: Path, kind: str, what: str, todo: str) -> Finding:
    return Finding(Location(path.as_posix()), kind, what, todo)


def _inside(target: Path, asked: Asked) -> list[str]:
    """The files given, relative to the target, where it holds nothing else."""
    if not target.is_dir():
        return []
    root = target.resolve()
    given = _given(asked)
    if not given or not all(path.resolve().is_relative_to(root) for path in given):
        return []
    held = {path.resolve() for path in root.rglob("*") if path.is_file()}
    taken = {path.resolve() for path in given}
    beside = asked.given.resolve() if asked.given.is_dir() else asked.given.resolve().parent
    if beside == root or any(
        not path.is_relative_to(beside) and path not in taken for path in held
    ):
        return []
    return sorted(path.resolve().relative_to(root).as_posix() for path in given)


def _given(asked: Asked) -> list[Path]:
    """The files to take: the one given, or those of the folder given, and the dictionary."""
    files = [asked.given]
    if asked.given.is_dir():
        files = sorted(
            path
            for path in asked.given.iterdir()
            if path.is_file() and not path.name.startswith((".", "~$"))
        )
    if asked.dictionary is not None and asked.dictionary.resolve() not in {
        each.resolve() for each in files
    }:
        files.append(asked.dictionary)
    return files


def _copy(work: Path, asked: Asked) -> list[str]:
    """Copy the files into the folder for sources, byte by byte; their names there."""
    made: dict[str, Path] = {}
    root = asked.given.resolve()
    wrong: list[Finding] = []
    for path in _given(asked):
        leaves = path.is_symlink() and not path.resolve().is_relative_to(root)
        if asked.given.is_dir() and leaves and path != asked.dictionary:
            what = "the link leads out of the folder given"
            todo = "Put the file itself there, not a link to it."
            wrong.append(_use(path, "source-path", what, todo))
            continue
        if path.name in made:
            what = f"has the name of {made[path.name].as_posix()}"
            wrong.append(_use(path, "name-taken", what, "Rename one of the two files."))
        made[path.name] = path
    if wrong:
        raise UseError(wrong)
    (work / FOLDER).mkdir()
    for name, path in made.items():
        shutil.copyfile(path, work / FOLDER / name)
    return [f"{FOLDER}/{name}" for name in made]


# what is written


def _write(
    folder: Path, files: Sequence[str], study: str, asked: Asked
) -> tuple[dict[str, str], Begun]:
    """The text of every file of the spec, from the files that stand in the folder."""
    sdtm = _tabulated(folder, files, study, asked)
    if sdtm is not None:
        return sdtm
    dictionary = ""
    if asked.dictionary is not None:
        dictionary = next(name for name in files if Path(name).name == asked.dictionary.name)
    gathered = Gatherer(folder, asked.subject, asked.encodings).gather(files, dictionary)
    forms = gathered.forms
    _check_forms(gathered, asked)
    version = max(name for name in known_terminologies() if name.startswith(_CT)).removeprefix(_CT)
    standard, terms = load_standard("SDTMIG", "3.4"), Terms(load_terminology("SDTM", version))
    every = [each for form in forms if (each := recognise(form, standard, terms.terminology))]
    recognised = _one_of_each(every)
    roster = _roster(forms, recognised)
    forms = [roster, *(form for form in forms if form is not roster)]
    with_site = _needs_site(roster)
    subjects = {form.name: subject_of(form, study, with_site=with_site) for form in forms}
    dates = {form.name: dates_of(form) for form in forms}
    visits = visits_page(gathered.events, _visits(forms))
    whole = Whole(
        standard, terms, exposure_of(recognised), bool(visits), [form.name for form in forms]
    )
    told = {form.name: dict(form.told) for form in forms}
    texts: dict[str, str] = {}
    mapped: dict[str, str] = {}
    for found in recognised:
        material = found.material
        known = [*material.keys, *told[material.name]]
        known += [material.subject] if subjects[material.name] else []
        if found.domain != "DM":
            known += _site(material, recognised, told[material.name])
        text, _ = draft_of(without(found, known), whole)
        texts[f"sdtm/{found.domain.lower()}.yaml"] = text
        mapped[material.name] = found.domain
    alike = {each.material.name: each.domain for each in every if each.material.name not in mapped}
    latest = max((each.latest for each in dates.values()), default="") or NO_DATE
    texts |= {
        "study.yaml": study_page(study, roster.name, latest, version),
        "sources.yaml": sources_page(forms, dates, subjects, mapped, told, roster, alike),
    }
    texts |= {"visits.yaml": visits} if visits else {}
    said = terms.text()
    texts |= {"terminology.yaml": said} if said else {}
    foreign = terms.translations()
    texts |= {"translations.yaml": foreign} if foreign else {}
    order = sorted(texts, key=lambda name: ("/" in name, name))
    return {name: texts[name] for name in order}, _begun(gathered, study, files, texts, mapped)


def _tabulated(
    folder: Path, files: Sequence[str], study: str, asked: Asked
) -> tuple[dict[str, str], Begun] | None:
    """A spec of analysis datasets, where the files are SDTM; None where they are sources."""
    parents = {Path(name).parent.as_posix() for name in files}
    if len(parents) > 1 or not asked.given.is_dir():
        return None
    inside = parents.pop()
    made = tabulations(folder, inside, files)
    if not made:
        return None
    latest = {
        kind: max(name for name in known_terminologies() if name.startswith(kind)).removeprefix(
            kind
        )
        for kind in (_CT, "adam-")
    }
    name, texts = given_pages(made, inside, asked.study, latest[_CT], latest["adam-"], NO_DATE)
    read = {each.file.name for dataset in made.values() for each in dataset.files}
    todo = sum(text.count("TODO") for text in texts.values()) - 1  # study.yaml says what it means
    aside = tuple(f"{each}: no dataset of SDTM" for each in files if each not in read)
    shown = tuple(sorted(texts, key=lambda each: ("/" in each, each)))
    return texts, Begun(name or study, shown, tuple(files), {}, (), aside, todo, tuple(made))


def _begun(
    gathered: Gathered,
    study: str,
    files: Sequence[str],
    texts: Mapping[str, str],
    mapped: Mapping[str, str],
) -> Begun:
    return Begun(
        study,
        tuple(sorted(texts, key=lambda name: ("/" in name, name))),
        tuple(files),
        {domain: form for form, domain in mapped.items()},
        tuple(form.name for form in gathered.forms if form.name not in mapped),
        tuple(gathered.aside),
        sum(text.count("# TODO") for text in texts.values()),
    )


def _check_forms(gathered: Gathered, asked: Asked) -> None:
    forms, shown = gathered.forms, asked.given.as_posix()
    if not forms:
        what = "there is no form in it: no ODM-XML, REDCap, CSV, Excel, SAS, XPT or Parquet file"
        aside = one_of(gathered.aside)
        todo = f"Left aside: {aside}." if aside else "Name the file or folder with the data."
        raise SourceError([Finding(Location(shown), "no-form", what, todo)])
    if all(form.fault and not form.subject for form in forms):
        raise SourceError(
            Finding(
                Location(form.declaration.file), "source-unreadable", form.fault, "Export it again."
            )
            for form in forms
        )
    if not any(form.subject for form in forms):
        what = (
            "no column is named like a subject's identifier (USUBJID, SUBJID, SUBJECT, PATIENT ...)"
        )
        todo = "Say which column it is: --subject COLUMN."
        raise SourceError([Finding(Location(shown), "no-subject", what, todo)])


def _one_of_each(found: Sequence[Recognised]) -> list[Recognised]:
    """One form for each domain: that with the most fields; DM before all others."""
    best: dict[str, Recognised] = {}
    for each in found:
        if each.domain not in best or each.score > best[each.domain].score:
            best[each.domain] = each
    return sorted(best.values(), key=lambda each: each.domain != "DM")


def _roster(forms: Sequence[Material], found: Sequence[Recognised]) -> Material:
    """The form that lists all subjects: that of DM, else one with a row for each, else any."""
    for each in found:
        if each.domain == "DM" and each.material.subject:
            return each.material
    named = [form for form in forms if form.subject]
    single = [
        form for form in named if form.table is not None and is_key(form.table, [form.subject])
    ]
    return max(single or named, key=lambda form: len(form.values(form.subject)))


def _needs_site(roster: Material) -> bool:
    """Whether numbers of subjects come back at other sites, so that the site is part of USUBJID."""
    if roster.table is None or not roster.site or roster.sure:
        return False
    alone = is_key(roster.table, [roster.subject])
    return not alone and is_key(roster.table, [roster.site, roster.subject])


def _site(material: Material, found: Sequence[Recognised], told: dict[str, str]) -> list[str]:
    """The site's column of a form other than DM's: it is submitted there."""
    there = any(
        each.domain == "DM" and (each.material.site or each.get("SITEID")) for each in found
    )
    if not material.site or not there or material.site in told:
        return []
    told[material.site] = "the site of a subject is in DM"
    return [material.site]


def _visits(forms: Sequence[Material]) -> list[str]:
    """The visits of all forms in the order of their first rows; none where there are too many."""
    found: dict[str, None] = {}
    for form in forms:
        if form.event and form.declaration.format != "odm":
            found |= dict.fromkeys(form.values(form.event))
    return list(found) if len(found) <= _MOST_VISITS else []
