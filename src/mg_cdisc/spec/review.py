"""What the files of a study say beside the steps, questioned before anything is bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import numpy as np

from mg_cdisc import dates
from mg_cdisc.derive.convert import compile_units
from mg_cdisc.errors import Finding, nearest, one_of
from mg_cdisc.expression import ExpressionError, Type
from mg_cdisc.expression.values import read_number
from mg_cdisc.spec.catalog import StudyCatalog
from mg_cdisc.spec.expand import report
from mg_cdisc.spec.load import Loaded
from mg_cdisc.spec.models import SourceSpec
from mg_cdisc.spec.tree import Tree, locate
from mg_cdisc.terminology import Codelist

CLASSES = ("Interventions", "Events", "Findings", "Findings About", "Special-Purpose",
           "Trial Design", "Relationship")  # fmt: skip
Path = tuple[str | int, ...]


def _fault(tree: Tree, path: Path, kind: str, what: str, todo: str, dataset: str = "") -> Finding:
    at, shown = locate(tree, path)
    return Finding(at, kind, f"{shown}: {what}" if shown else what, todo, dataset=dataset)


def _unknown(
    tree: Tree, path: Path, what: str, name: str, known: Sequence[str], otherwise: str,
    kind: str = "unknown-variable", dataset: str = "",
) -> Finding:  # fmt: skip
    return _fault(tree, path, kind, what, nearest(name, known) or otherwise, dataset)


def review_study(catalog: StudyCatalog) -> Iterator[Finding]:
    """Sources, codelists, dictionaries and acceptances of the study."""
    yield from _sources(catalog)
    for name in catalog.files.terminology:
        yield from _codelist(catalog, name)
    known = [*catalog.files.datasets, *catalog.files.sources, *catalog.files.broken]
    known += [*(f"SUPP{name}" for name in catalog.files.datasets), *catalog.files.given]
    for entry, at in catalog.files.accepted:
        if entry.dataset is not None and entry.dataset not in known and not catalog.files.unread:
            what = f"{entry.finding}.dataset: there is no dataset or source {entry.dataset}"
            todo = nearest(entry.dataset, known) or f"Known: {one_of(known, 30)}."
            yield Finding(at, "unknown-name", what, todo)


def _sources(catalog: StudyCatalog) -> Iterator[Finding]:
    tree = catalog.files.sources_tree
    for name, source in catalog.files.sources.items():
        if name in catalog.files.datasets or name in catalog.files.given:
            catalog.broken.add(name)
            what = f"the name {name} is taken by a dataset"
            yield _fault(tree, (name,), "name-taken", what, "Give the source another name.")
        declared: list[tuple[Path, str]] = [
            ((name, "dates", position), pattern) for position, pattern in enumerate(source.dates)
        ]
        for file, own in source.files.items():
            at: Path = (name, "files", file, "dates")
            declared += [((*at, position), pattern) for position, pattern in enumerate(own.dates)]
        for path, pattern in declared:
            try:
                dates.compile_format(pattern)
            except ValueError as error:
                catalog.broken.add(f"dates:{name}")
                yield _fault(tree, path, "bad-format", str(error), "Write it like yyyy-MM-dd.")
        table = catalog.sources.get(name)
        spoken: list[tuple[Path, str]] = [
            ((name, "key", position), column) for position, column in enumerate(source.key)
        ]
        if source.cut is not None:
            yield from _cut_dates(tree, name, source)
            spoken += [((name, "cut", "date"), column) for column in source.cut.date]
            for end, beside in source.cut.ends.items():
                spoken.append(((name, "cut", "ends", end), end))
                spoken += [((name, "cut", "ends", end, each), each) for each in beside]
        for path, column in spoken if table is not None else ():
            if table is not None and column not in table.columns:
                what = f"{source.paths[0]} has no column {column}"
                todo = f"It has {one_of(list(table.columns), 30)}."
                yield _unknown(tree, path, what, column, table.columns, todo, "unknown-column")


def _cut_dates(tree: Tree, name: str, source: SourceSpec) -> Iterator[Finding]:
    """The dates that a source is cut by have a format."""
    assert source.cut is not None
    if not source.cut.format and not all(source.dates_by_file):
        what = "nothing says how its dates are written"
        todo = "Add dates: to the source, or format: here."
        yield _fault(tree, (name, "cut"), "no-format", what, todo)
    for position, pattern in enumerate(source.cut.format):
        try:
            dates.compile_format(pattern)
        except ValueError as error:
            path: Path = (name, "cut", "format", position)
            yield _fault(tree, path, "bad-format", str(error), "Write it like yyyy-MM-dd.")


def _codelist(catalog: StudyCatalog, name: str) -> Iterator[Finding]:
    """Known, extended only if it may be, and mapped to terms that it has."""
    tree, entry = catalog.files.terminology_tree, catalog.files.terminology[name]
    codelist = catalog.codelist(name)
    if codelist is None:
        known = [each for each in catalog.names("codelist") if each != name]
        todo = "Name a published codelist, or list terms: of your own."
        what = "there is no such codelist"
        yield _unknown(tree, (name,), what, name, known, todo, "unknown-codelist")
        return
    if codelist.short_name != name and not entry.terms and "." not in name:
        what, todo = f"the codelist is called {codelist.short_name}", "Write that name."
        yield _fault(tree, (name,), "unknown-codelist", what, todo)
    if entry.extend and codelist.code and not codelist.extensible:
        what = f"codelist {name} is not extensible"
        todo = "Take extend: out, and map to one of its terms."
        yield _fault(tree, (name, "extend"), "not-extensible", what, todo)
        return
    for verbatim, term in entry.map.items():
        if term and term not in codelist.terms:
            what = f"{term!r} is not a term of codelist {name}"
            path = (name, "map", verbatim)
            yield _fault(tree, path, "unknown-term", what, _term_todo(codelist, term))


def _term_todo(codelist: Codelist, term: str) -> str:
    close = codelist.nearest(term)
    if close:
        return f"Did you mean {close}?"
    return "Add it under extend:." if codelist.extensible else "Map to one of its terms."


def review_dictionaries(catalog: StudyCatalog) -> Iterator[Finding]:
    """Variables that dictionaries name are made."""
    tree = catalog.files.study_tree
    for key, dictionary in catalog.files.study.dictionaries.items():
        for position, written in enumerate(dictionary.variables):
            dataset, _, variable = written.rpartition(".")
            made = catalog.made.get(dataset, ())
            known = dataset in catalog.files.datasets and not catalog.is_open(dataset)
            if known and variable not in (*made, *catalog.meant[dataset]):
                what = f"{dataset} makes no variable {variable}"
                path = ("dictionaries", key, "variables", position)
                todo = "Make it, or take it out of the list."
                yield _unknown(tree, path, what, variable, made, todo)


def review_dataset(catalog: StudyCatalog, name: str, loaded: Loaded) -> Iterator[Finding]:
    """What a dataset's spec says that its steps rest on."""
    spec, tree = loaded.spec, loaded.tree
    yield from _known_dataset(catalog, name, loaded)
    for variable, own in spec.variables.items():
        if own.codelist is not None and catalog.codelist(own.codelist) is None:
            known = catalog.names("codelist")
            what = f"there is no codelist {own.codelist}"
            todo = "Name a published codelist, or one of terminology.yaml."
            path: Path = ("variables", variable, "codelist")
            yield _unknown(tree, path, what, own.codelist, known, todo, "unknown-codelist", name)
    try:
        compile_units(spec.units)
    except ExpressionError as error:
        catalog.broken.add(f"units:{name}")
        found: list[Finding] = []
        report(error, tree, ("units",), found, name)
        yield from found


def review_names(
    catalog: StudyCatalog, name: str, loaded: Loaded, broken: Set[str]
) -> Iterator[Finding]:
    """The variables that a dataset's spec speaks of beside its steps, once the steps are known.

    ``broken`` are variables whose steps have a mistake.
    """
    if not catalog.is_open(name) and name not in catalog.broken:
        yield from _variables(catalog, name, loaded, broken)
        yield from _qualifiers(catalog, name, loaded)


def _known_dataset(catalog: StudyCatalog, name: str, loaded: Loaded) -> Iterator[Finding]:
    """A dataset of the standard, or one of the sponsor's own that says what it is."""
    spec, tree = loaded.spec, loaded.tree
    standard = catalog.sdtm if loaded.kind == "sdtm" else catalog.adam
    classes = CLASSES if loaded.kind == "sdtm" else tuple(standard.datasets)
    if spec.class_ is not None and spec.class_ not in classes:
        todo = f"Write one of {one_of(classes, 20)}."
        what = f"{spec.class_} is no class of dataset"
        catalog.broken.add(f"facts:{name}")
        yield _unknown(tree, ("class",), what, spec.class_, classes, todo, "bad-value", name)
    elif catalog.dataset_fact(name) is None and spec.class_ is None:
        key = "domain" if spec.domain else "dataset"
        written = spec.domain or name
        what = f"{written} is no dataset of {standard.name} {standard.version}"
        close = nearest(written, standard.datasets) if len(written) > 2 else ""
        todo = f"For a domain of your own give label: and class:, one of {one_of(classes, 20)}."
        if loaded.kind == "adam":
            todo = f"Say class:, one of {one_of(classes, 20)}."
        todo = close or todo
        catalog.broken.add(f"facts:{name}")
        yield _fault(tree, (key,), "unknown-dataset", what, todo, name)
    elif catalog.dataset_fact(name) is None and spec.label is None and loaded.kind == "sdtm":
        what = "a domain of your own needs label:"
        yield _fault(tree, ("dataset",), "missing-key", what, "Add label:.", name)


def _variables(
    catalog: StudyCatalog, name: str, loaded: Loaded, broken: Set[str]
) -> Iterator[Finding]:
    """Every variable that is spoken of is made."""
    spec, tree, made = loaded.spec, loaded.tree, catalog.made[name]
    otherwise = "Make it, or take it out of the list."
    spoken: list[tuple[Path, str]] = [(("variables", each), each) for each in spec.variables]
    spoken += [(("keys", position), key) for position, key in enumerate(spec.keys)]
    spoken += [(("variable_order", i), each) for i, each in enumerate(spec.variable_order)]
    for variable, keys in spec.value_level.items():
        spoken.append((("value_level", variable), variable))
        spoken += [(("value_level", variable, i), key) for i, key in enumerate(keys)]
    for path, variable in spoken:
        if variable not in made and variable not in broken:
            what = f"{name} makes no variable {variable}"
            yield _unknown(tree, path, what, variable, made, otherwise, dataset=name)
    for variable, keys in spec.value_level.items():
        for position, key in enumerate(keys):
            if key in made and not _is_text(catalog, name, key):
                what = f"{key} is a number, and value levels are told apart by texts"
                at = ("value_level", variable, position)
                yield _fault(tree, at, "wrong-type", what, "Name a text variable.", name)
    yield from _codes_of_numbers(catalog, name, loaded)
    for part, listed in (("keys", spec.keys), ("variable_order", spec.variable_order)):
        for position, key in enumerate(listed):
            if key in listed[:position]:
                what = f"{key} is named twice"
                yield _fault(tree, (part, position), "made-twice", what, "Keep it once.", name)
    if spec.variable_order and loaded.kind == "sdtm":
        what = "a tabulation dataset has the order of the standard"
        yield _fault(tree, ("variable_order",), "bad-value", what, "Take it out.", name)


def _codes_of_numbers(catalog: StudyCatalog, name: str, loaded: Loaded) -> Iterator[Finding]:
    """The codelist of a number has numbers as terms; a date has none."""
    for variable, own in loaded.spec.variables.items():
        if own.codelist is None or _is_text(catalog, name, variable):
            continue
        codelist, path = catalog.codelist(own.codelist), ("variables", variable, "codelist")
        facts = catalog.facts(name, variable)
        if facts is not None and facts.type is not Type.NUMBER:
            what = f"{variable} is a {facts.type}, which has no codelist"
            yield _fault(loaded.tree, path, "wrong-type", what, "Take it out.", name)
            continue
        words = [
            term for term in (codelist.terms if codelist else ()) if np.isnan(read_number(term))
        ]
        if words:
            what = f"{variable} is a number, and {words[0]!r} of {own.codelist} is none"
            todo = "Name a codelist of numbers, or make a text variable."
            yield _fault(loaded.tree, path, "wrong-type", what, todo, name)


def _is_text(catalog: StudyCatalog, dataset: str, variable: str) -> bool:
    try:
        facts = catalog.facts(dataset, variable)
    except ExpressionError:  # told where the variable is made
        return True
    return facts is None or facts.type.stored_as_text


def _qualifiers(catalog: StudyCatalog, name: str, loaded: Loaded) -> Iterator[Finding]:
    """Supplemental qualifiers: one of each, none that the domain itself has, records to point at.

    Rule: SDTMIG 3.4 section 8.4.
    """
    spec, tree, made = loaded.spec, loaded.tree, catalog.made[name]
    domain = catalog.domain(name)
    sequence = f"{domain}SEQ"
    for position, entry in enumerate(spec.supplemental):
        path: Path = ("supplemental", position)
        if entry.QNAM in [each.QNAM for each in spec.supplemental[:position]]:
            what, todo = "this QNAM stands above already", "Keep one of them, or rename this one."
            yield _fault(tree, path, "made-twice", what, todo, name)
        elif entry.QNAM in made or catalog.variable_fact(name, entry.QNAM) is not None:
            what = f"{entry.QNAM} is a variable of {name} itself"
            todo = "Make it with a step, or choose another QNAM."
            yield _fault(tree, (*path, "QNAM"), "qualifier-in-domain", what, todo, name)
        if entry.idvar and entry.idvar not in made:
            what = f"{name} makes no variable {entry.idvar}"
            todo = f"Leave idvar: out for {sequence}."
            yield _unknown(tree, (*path, "idvar"), what, entry.idvar, made, todo, dataset=name)
    needs = any(entry.idvar is None for entry in spec.supplemental) and domain != "DM"
    if needs and sequence not in made:
        what = f"the qualifiers point at {sequence}, and {name} does not make it"
        todo = f"Make {sequence} with sequence:, or name another idvar:."
        yield _fault(tree, ("supplemental",), "unknown-variable", what, todo, name)


__all__ = ["review_dataset", "review_dictionaries", "review_names", "review_study"]
