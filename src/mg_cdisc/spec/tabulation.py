"""What study.yaml says of SDTM datasets that exist already, and what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mg_cdisc.derive import Model
from mg_cdisc.derive.base import TextList
from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.sources.tabulation import GivenDataset, open_tabulation
from mg_cdisc.spec.tree import Branch, locate
from mg_cdisc.transport import Encoding

DatasetName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]


class Tabulation(Model):
    """``tabulation`` in study.yaml: SDTM datasets that exist already, made by anybody.

    Analysis datasets read them as they read built ones. They are not checked as SDTM, not changed
    and not written again. A bare text is the folder.
    """

    folder: str = ""
    """The folder, in the study's folder, whose SAS transport files (`.xpt`) and Dataset-JSON files
    (`.json`, `.ndjson`) are datasets, each under the name that it has in its file."""
    datasets: dict[DatasetName, TextList] = Field(default_factory=dict)
    """`NAME: file` or `NAME: [file, file]`, relative to `folder` (or the study's folder): a dataset
    of these files, whatever they call it; of several the records one after the other."""
    encoding: Encoding = "utf-8"
    """The encoding of text in transport files, which does not stand in them."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        return {"folder": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _somewhere(self) -> Tabulation:
        if not self.folder and not self.datasets:
            todo = {"todo": "Name the folder that holds them."}
            raise PydanticCustomError("missing-key", "needs folder: or datasets:", todo)
        return self


def given_datasets(
    told: Tabulation, folder: Path, tree: Branch, findings: list[Finding]
) -> tuple[dict[str, GivenDataset], frozenset[str]]:
    """The datasets that are there, as far as they can be read, and the names of others.

    ``tree`` is that of study.yaml, where a folder that is none is told.
    """
    named, found = told.folder.rstrip("/"), list[Finding]()
    made, broken = open_tabulation(folder, named, told.datasets, told.encoding, found)
    inner = tree.items["tabulation"]
    path = ("tabulation", "folder") if isinstance(inner, Branch) else ("tabulation",)
    for each in found:
        of_folder = named and each.where == Location(named)
        what = f"{'.'.join(path)}: {named}: {each.what}"
        at = locate(tree, path)[0]
        findings.append(replace(each, where=at, what=what) if of_folder else each)
    return made, frozenset(broken)


def made_too(given: dict[str, GivenDataset], specs: Mapping[str, Branch]) -> Iterator[Finding]:
    """Datasets that a spec makes as well: from there on the spec's counts."""
    for name in [each for each in given if each in specs]:
        what = f"{name} is among the datasets of tabulation, and is made here"
        todo = f"Remove this spec, or the file {given.pop(name).files[0].file.name}."
        yield Finding(specs[name].key_at["dataset"], "duplicate-dataset", what, todo)


def subjects_known(
    subjects: str,
    tree: Branch,
    sources: Mapping[str, bool],
    given: Mapping[str, GivenDataset],
) -> Iterator[Finding]:
    """The list of subjects is a source or a given dataset, and has subjects.

    ``sources`` says of each whether it has; ``tree`` is that of study.yaml.
    """
    at = tree.key_at["subjects"]
    if subjects in given:
        if not given[subjects].by_subject:
            what = f"subjects: {subjects} has no USUBJID"
            yield Finding(at, "no-subject", what, "Name DM, or another dataset of subjects.")
    elif subjects not in sources:
        known = [*sources, *(name for name, each in given.items() if each.by_subject)]
        what = f"subjects: there is no source {subjects}"
        what += " and no dataset of tabulation" if given else ""
        todo = nearest(subjects, known) or f"Sources: {one_of(known)}."
        yield Finding(at, "unknown-name", what, todo)
    elif not sources[subjects]:
        what = f"subjects: source {subjects} has no subject:"
        yield Finding(at, "no-subject", what, "Say there how its columns make the subject.")
