"""A dataset's spec as it is built from: merged and expanded, each line with where it came from.

The text is YAML of the same language: it can be read, compared and built from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mg_cdisc.derive import SUGAR
from mg_cdisc.errors import Finding, Location, SpecError, UseError, nearest, one_of
from mg_cdisc.spec.expand import Context, expand_steps
from mg_cdisc.spec.load import Loaded, StudyFiles
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, leaves, render

WIDEST = 76
"""Columns after which a long line's comment follows at once instead of in its column."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of YAML and its comment: where it came from, or what the engine adds of itself."""

    yaml: str
    comment: str = ""


def show_dataset(files: StudyFiles, name: str) -> list[ShownLine]:
    """The spec of a dataset with what it extends merged in, sugar and ``each`` written out.

    Raises UseError for a dataset that the study does not have, and SpecError for sugar with a
    mistake. A spec with other mistakes can be shown.
    """
    loaded = files.datasets.get(name)
    if loaded is None:
        known = list(files.datasets)
        todo = nearest(name, known) or f"Datasets: {one_of(known, 40)}."
        parent = name.removeprefix("SUPP")
        if parent in known:
            todo = f"It is made of supplemental: of {parent}; show that."
        todo = files.given_in(name) or todo
        raise UseError([Finding(Location(files.shown), "unknown-name", f"no dataset {name}", todo)])
    shower = _Shower(files, name, loaded)
    made = list(shower.lines())
    if shower.findings:
        raise SpecError(shower.findings)
    return made


def with_comments(lines: list[ShownLine]) -> list[str]:
    """The lines with their comments in a column at the right."""
    sizes = [len(each.yaml) for each in lines if each.yaml and len(each.yaml) <= WIDEST]
    column = max(sizes, default=0) + 2
    made = []
    for each in lines:
        text = each.yaml
        if each.comment:
            text = f"{text.ljust(column) if text.strip() else text}# {each.comment}"
            if len(each.yaml) >= column:
                text = f"{each.yaml}  # {each.comment}"
        made.append(text.rstrip())
    return made


class _Shower:
    def __init__(self, files: StudyFiles, name: str, loaded: Loaded) -> None:
        self.files, self.name, self.loaded = files, name, loaded
        self.context = Context(name, loaded.spec.domain or name, files.instruments)
        self.findings: list[Finding] = []
        self.words: dict[int, str] = {}

    def lines(self) -> Iterator[ShownLine]:
        """Key by key as the merged file has them."""
        tree = self.loaded.tree
        for key, value in tree.items.items():
            at = tree.key_at.get(key, tree.at)
            if key == "steps":
                yield ShownLine("steps:", self.place(at))
                yield from self.engine_made(value)
                yield from self.steps(value, 1)
            elif key == "work" and isinstance(value, Branch):
                yield ShownLine("work:", self.place(at))
                yield from self.work(value)
            else:
                yield from self.plain(Branch({key: value}, at, {key: at}))

    def plain(self, tree: Tree, indent: int = 0, words: str = "") -> Iterator[ShownLine]:
        for text, at in render(tree, indent):
            yield ShownLine(text, self.place(at, words))

    def work(self, tree: Branch) -> Iterator[ShownLine]:
        for name, value in tree.items.items():
            yield ShownLine(f"  {name}:", self.place(tree.key_at.get(name, tree.at)))
            for key, inner in value.items.items() if isinstance(value, Branch) else ():
                at = value.key_at.get(key, value.at) if isinstance(value, Branch) else tree.at
                if key == "steps":
                    yield ShownLine("    steps:", self.place(at))
                    yield from self.steps(inner, 3)
                else:
                    yield from self.plain(Branch({key: inner}, at, {key: at}), 2)

    def steps(self, tree: Tree, indent: int) -> Iterator[ShownLine]:
        """Each step on its own, so that a line made by sugar can say so."""
        for step in tree.items if isinstance(tree, Items) else ():
            key = next(iter(step.items), "") if isinstance(step, Branch) else ""
            words = ""
            if key in SUGAR or key == "each":
                words = f"(from {key}, line {step.at.line})" if key == "each" else f"(from {key})"
            for branch in expand_steps(Items((step,), step.at), self.context, self.findings):
                yield from self.plain(Items((branch,), branch.at), indent, words)

    def place(self, at: Location, words: str = "") -> str:
        """``sdtm/ae.yaml:22 (from study_day)``, the file as seen from the study's folder."""
        file = self.files.from_study(at.file)
        return f"{file}:{at.line} {words}".rstrip()

    def engine_made(self, steps: Tree) -> Iterator[ShownLine]:
        """What every record gets without a step that says so."""
        files, tree = self.files, self.loaded.tree
        yield ShownLine("  ", f"made by the engine in every record of {self.name}:")
        study = self.place(files.study_tree.key_at["study"])
        yield ShownLine("  ", f"  STUDYID: {{hardcode: {files.study.study}}}  {study}")
        if self.loaded.kind == "sdtm":
            at = self.place(tree.key_at.get("domain", tree.key_at["dataset"]))
            yield ShownLine("  ", f"  DOMAIN: {{hardcode: {self.context.domain}}}  {at}")
        for source, subject in self.subjects(steps).items():
            at = self.place(files.sources_tree.key_at[source])
            yield ShownLine("  ", f"  USUBJID: {subject}  {at} (records from {source})")

    def subjects(self, steps: Tree) -> Mapping[str, str]:
        """For each source that records come from how its columns make the subject."""
        made: dict[str, str] = {}
        for branch in expand_steps(steps, self.context, []):
            records = branch.get("records")
            named = records.get("from") if isinstance(records, Branch) else None
            for _, leaf in leaves(named) if named is not None else ():
                declared = self.files.sources_tree.items.get(leaf.text)
                subject = declared.get("subject") if isinstance(declared, Branch) else None
                if isinstance(subject, Leaf):
                    made[leaf.text] = subject.text
        return made
