"""What a study has to read from, and what is known of its variables before any data is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from mg_cdisc.derive import SOURCE, SUBJECT, Facts, Schema
from mg_cdisc.errors import Finding, Location, nearest, one_of
from mg_cdisc.expression import ExpressionError, FollowUpError, Type
from mg_cdisc.frame import Frame
from mg_cdisc.sources.table import SourceTable
from mg_cdisc.spec.copied import copied_fact
from mg_cdisc.spec.expand import report
from mg_cdisc.spec.formats import date_formats, sources_of
from mg_cdisc.spec.given import given_fact, given_types
from mg_cdisc.spec.hatch import load_function
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.models import DatasetSpec, Table
from mg_cdisc.spec.tables import (
    Path,
    Written,
    answers_rows,
    answers_table,
    make_table,
    tests_rows,
    tests_table,
)
from mg_cdisc.spec.tree import Branch, Tree, locate
from mg_cdisc.spec.trial import TABLE as TRIAL
from mg_cdisc.spec.trial import trial_rows, trial_table
from mg_cdisc.spec.versions import load_versions
from mg_cdisc.standards import DatasetFact, VariableFact
from mg_cdisc.terminology import Codelist, Term

SUPPQUAL = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL",
            "QORIG", "QEVAL")  # fmt: skip
SUPP_FIELD = "supp."


class LazyTypes(Mapping[str, Type]):
    """Types of a dataset's variables, found out only when asked for."""

    def __init__(self, names: tuple[str, ...], find: Callable[[str], Type]) -> None:
        self._names = dict.fromkeys(names)
        self._find = find

    def __getitem__(self, name: str) -> Type:
        if name not in self._names:
            raise KeyError(name)
        return self._find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class StudyCatalog:
    """The catalog of one study (see ``derive.Catalog``)."""

    def __init__(
        self, files: StudyFiles, sources: Mapping[str, SourceTable], findings: list[Finding]
    ) -> None:
        self.files = files
        self.sources = sources
        self.findings = findings
        self.sdtm, self.adam, self.terminologies = load_versions(files)
        self.tables: dict[str, Frame] = {}
        self.table_types: dict[str, dict[str, Type]] = {}
        self.written: dict[str, Written] = {}
        self._lists: dict[str, Codelist | None] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self.made: dict[str, tuple[str, ...]] = {}
        self.copies: dict[str, Mapping[str, str]] = {}
        self.bound_types: Callable[[str], Mapping[str, Type]] | None = None
        self.is_open: Callable[[str], bool] = lambda name: False
        self.broken: set[str] = set(files.broken)
        self.meant: dict[str, frozenset[str]] = {}
        nowhere = Branch({}, Location(files.shown))
        for name, table in files.tables.items():
            self.try_table(name, table, files.trees.get(name, nowhere), ())
        for name, instrument in files.instruments.items():
            tree = files.trees.get(name, nowhere)
            made = tests_table(instrument)
            self.try_table(f"{name}.tests", made, tree, (), tests_rows(instrument))
        self._make_trial_table()
        answers = answers_table(list(files.instruments.values()))
        every = Branch(
            {name: files.trees.get(name, nowhere) for name in files.instruments}, nowhere.at
        )
        self.try_table("instruments.answers", answers, every, (), answers_rows(files.instruments))

    # tables

    def _make_trial_table(self) -> None:
        """The parameters of the trial in study.yaml as a table."""
        study, tree = self.files.study, self.files.study_tree
        if not study.trial_summary or TRIAL in self.files.broken:
            return
        used = study.standards
        try:
            table = trial_table(
                study.trial_summary, used.sdtmig, used.sdtm_ct, study.data_cut, self.codelist
            )
        except ExpressionError as error:
            self.broken.add(TRIAL)
            report(error, tree, (TRIAL,), self.findings)
        else:
            self.try_table(TRIAL, table, tree, (TRIAL,), trial_rows(table, study.trial_summary))

    def try_table(
        self, name: str, table: Table, tree: Tree, path: tuple[str, ...],
        rows: tuple[Path, ...] | None = None,
    ) -> None:  # fmt: skip
        """Add a table; a mistake in it is a finding at its place in the tree.

        ``rows`` is where in the tree its rows are written, unless under ``rows``.
        """
        try:
            taken = (self.files.sources, self.files.datasets, self.files.given, self.tables)
            if any(name in names for names in taken):
                raise ExpressionError(
                    f"the name {name} is taken by another source, dataset or table",
                    "Give the table another name.",
                    "name-taken",
                )
            self.tables[name], self.table_types[name] = make_table(table)
            listed = (*path, "rows")
            self.written[name] = Written(
                tree, rows or tuple((*listed, each) for each in range(len(table.rows)))
            )
        except ExpressionError as error:
            self.broken.add(name)
            shown = Branch({name: tree}, tree.at, {name: tree.at})
            root: tuple[str, ...] = path if path else (name,)
            report(error, tree if path else shown, root, self.findings)

    def table_values(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """What stands in these columns of a table, in order."""
        frame = self.tables.get(table)
        if frame is None:
            return ()
        return tuple(text for column in columns for text in frame.text(column).to_list())

    # what can be read from

    def schema(self, name: str) -> Schema:
        """A source, dataset or table by name."""
        if name in self.files.given:
            return Schema(name, given_types(self, name), self.files.given[name].by_subject)
        if name in self.made and self.bound_types is not None:
            types = self.bound_types(name)
            meant = self.meant.get(name, frozenset())
            return Schema(name, types, "USUBJID" in types, open=self.is_open(name), broken=meant)
        if name in self.sources:
            return self.source_schema(name)
        if name in self.table_types:
            return Schema(name, self.table_types[name], by_subject=False)
        if self.files.unread or name in self.broken or name in self.files.sources:
            raise FollowUpError(f"{name} has a mistake of its own")
        parent = self.spec(name.removeprefix("SUPP"))
        if name.startswith("SUPP") and parent is not None and parent.supplemental:
            return Schema(name, dict.fromkeys(SUPPQUAL, Type.TEXT), by_subject=True)
        spoken = (self.files.sources, self.made, self.files.given, self.table_types)
        known = list(dict.fromkeys(each for names in spoken for each in names))
        raise ExpressionError(
            f"there is no source, dataset or table {name}",
            nearest(name, known)
            or f"Known: {one_of([each for each in known if '.' not in each], 30)}.",
            "unknown-table",
        )

    def source_schema(self, name: str) -> Schema:
        """A source's columns, all text."""
        types = {SOURCE + column: Type.TEXT for column in self.sources[name].columns}
        by_subject = self.files.sources[name].subject is not None
        if by_subject:
            types[SUBJECT] = Type.TEXT
        return Schema(name, types, by_subject, is_source=True)

    def names(self, kind: str) -> tuple[str, ...]:
        """All names of a kind: dataset, tabulation, source, table, codelist."""
        match kind:
            case "dataset":
                return (*self.files.datasets, *self.files.given)
            case "tabulation":
                made = [name for name, each in self.files.datasets.items() if each.kind == "sdtm"]
                return (*made, *self.files.given)
            case "source":
                return tuple(self.files.sources)
            case "codelist":
                published = [short for each in self.terminologies for short in each.short_names]
                return (*self.files.terminology, *published)
            case _:
                return tuple(self.table_types)

    @property
    def data_cut(self) -> date:
        """The day of the data cut, or the earlier one that the study is built as of."""
        return self.files.study.data_cut

    @property
    def numbered(self) -> bool:
        """Whether the study has a numbering.csv."""
        return self.files.numbering is not None

    def makes(self, dataset: str) -> tuple[str, ...]:
        """Every variable that a dataset makes, or has where it is given."""
        given = self.files.given.get(dataset)
        return self.made.get(dataset, ()) if given is None else tuple(given.variables)

    def keys(self, dataset: str) -> tuple[str, ...]:
        """The variables that tell its records apart; none of a helper dataset."""
        loaded = self.files.datasets.get(dataset)
        return loaded.spec.keys if loaded is not None else ()

    def units(self, dataset: str) -> Mapping[str, Mapping[str, str]]:
        """A dataset's unit conversions."""
        if f"units:{dataset}" in self.broken:
            raise FollowUpError("units: has a mistake of its own")
        loaded = self.files.datasets.get(dataset)
        return loaded.spec.units if loaded else {}

    def place(self, dataset: str, *path: str) -> Location:
        """Where something stands in the spec of a dataset."""
        loaded = self.files.datasets.get(dataset)
        return locate(loaded.tree, path)[0] if loaded else Location()

    def date_formats(
        self, dataset: str, columns: tuple[str, ...]
    ) -> Mapping[int | None, tuple[str, ...]]:
        """The date formats that the sources of a column declare (see ``derive.Catalog``)."""
        if any(f"dates:{name}" in self.broken for name in sources_of(self, dataset, columns)):
            raise FollowUpError("dates: has a mistake of its own")
        try:
            return date_formats(self, dataset, columns)
        except ExpressionError as error:
            if self.is_open(dataset):
                raise FollowUpError(f"{dataset} has a mistake of its own") from error
            raise

    dataset_sources: Mapping[str, tuple[str, ...]] = {}

    # what is known of variables

    def spec(self, dataset: str) -> DatasetSpec | None:
        """The spec of a dataset."""
        loaded = self.files.datasets.get(dataset)
        return loaded.spec if loaded else None

    def domain(self, dataset: str) -> str:
        """The domain code of a dataset (differs from its name where a domain is split)."""
        spec = self.spec(dataset)
        return (spec.domain if spec and spec.domain else dataset) if spec else dataset

    def dataset_fact(self, dataset: str) -> DatasetFact | None:
        """What the standard says of a dataset."""
        loaded = self.files.datasets.get(dataset)
        if loaded is None or loaded.kind == "sdtm":
            return self.sdtm.dataset(dataset, self.domain(dataset))
        return self.adam.dataset(loaded.spec.class_ or dataset)

    def variable_fact(self, dataset: str, variable: str) -> VariableFact | None:
        """What the standard says of a variable of a dataset."""
        loaded = self.files.datasets.get(dataset)
        if dataset in self.files.given:
            return given_fact(self, dataset, variable)
        if loaded is None and not dataset.startswith("SUPP"):
            return None
        if loaded is not None and loaded.kind == "adam":
            fact = self.adam.match(loaded.spec.class_ or dataset, variable)
            if fact is not None and not fact.label_is_open:
                return fact
            copied = self._copied_fact(dataset, variable)
            if fact is None or copied is not None:
                return copied
            # TRTSDT is ADSL's before it is any date of the sponsor's, whose label is open
            subject = self.adam.match("ADSL", variable)
            return fact if subject is None else copied_fact(dataset, subject, None, variable)
        domain = self.domain(dataset)
        fact = self.sdtm.variable(dataset, variable, domain)
        if fact is not None or loaded is None:
            return fact
        known = self.dataset_fact(dataset)
        cls = loaded.spec.class_ or (known.cls if known else "")
        if cls in ("Interventions", "Events", "Findings", "Findings About"):
            if known is None:
                for each in self.sdtm.class_variables(cls, domain):
                    if each.name == variable:
                        return each
            return self.sdtm.qualifier(cls, variable)
        return None

    def _copied_fact(self, dataset: str, variable: str) -> VariableFact | None:
        """What is known of a variable where an analysis dataset copies it from."""
        whence = self.copies.get(dataset, {}).get(variable, dataset)
        if whence in self.files.given:
            return copied_fact(dataset, given_fact(self, whence, variable), None, variable)
        spec = self.spec(whence)
        if whence == dataset or spec is None:
            return None
        fact = self.variable_fact(whence, variable)
        return copied_fact(dataset, fact, spec.variables.get(variable), variable)

    def facts(self, dataset: str, variable: str) -> Facts | None:
        """The type, label and codelists of a variable; None for a working variable."""
        if variable.startswith(("_", SUPP_FIELD)) or not variable.isupper():
            return None
        if f"facts:{dataset}" in self.broken:
            raise FollowUpError(f"{dataset} is no dataset of the standard")
        spec = self.spec(dataset)
        own = spec.variables.get(variable) if spec else None
        fact = self.variable_fact(dataset, variable)
        if fact is None and (own is None or own.type is None):
            if spec is None:
                return None
            if f"facts:{dataset}.{variable}" in self.broken:
                raise FollowUpError(f"variables.{variable} has a mistake of its own")
            close = self.nearest_variable(dataset, variable)
            otherwise = ("Give label: and type: under variables: (define.xml then marks it "
                         "non-standard)")  # fmt: skip
            otherwise += "." if self._is_adam(dataset) else ", or put it under supplemental:."
            raise ExpressionError(
                f"{variable} is no variable of {dataset} in the standard",
                f"Did you mean {close}? {otherwise}" if close else otherwise,
                "non-standard-variable",
            )
        kind = Type(own.type) if own and own.type else _type_of(fact, self._is_adam(dataset))
        label = (own.label if own and own.label else None) or (fact.label if fact else "")
        return Facts(variable, kind, label, self.codelists_of(dataset, variable))

    def nearest_variable(self, dataset: str, name: str) -> str:
        """The variable of the standard, not made yet, that a name was likely meant to be, if any."""
        standard = self.adam if self._is_adam(dataset) else self.sdtm
        facts = standard.variables(dataset, self.domain(dataset))
        known = [fact.name for fact in facts if fact.name not in self.makes(dataset)]
        return nearest(name, known, 0.75).removeprefix("Did you mean ").removesuffix("?")

    def find_meant(self, dataset: str) -> None:
        """Take note of the variables that names which the standard does not have were meant to be."""
        guesses: set[str] = set()
        for name in self.makes(dataset):
            try:
                self.facts(dataset, name)
            except ExpressionError as error:
                if error.kind == "non-standard-variable":
                    guesses.add(self.nearest_variable(dataset, name))
        self.meant[dataset] = frozenset(guesses - {""})

    def _is_adam(self, dataset: str) -> bool:
        loaded = self.files.datasets.get(dataset)
        return loaded is not None and loaded.kind == "adam"

    def codelists_of(self, dataset: str, variable: str) -> tuple[Codelist, ...]:
        """The codelists whose terms a variable may hold."""
        spec = self.spec(dataset)
        own = spec.variables.get(variable) if spec else None
        if own is not None and own.codelist is not None:
            found = self.codelist(own.codelist)
            if found is None:
                raise FollowUpError(f"there is no codelist {own.codelist}")
            return (found,)
        fact = self.variable_fact(dataset, variable)
        lists = [self.codelist(code) for code in fact.codelists] if fact else []
        return tuple(each for each in lists if each is not None)

    # terminology

    def codelist(self, name: str) -> Codelist | None:
        """A codelist by short name or C-code: the sponsor's own, or published and extended."""
        if f"codelist:{name}" in self.broken:
            raise FollowUpError(f"codelist {name} has a mistake of its own")
        if name not in self._lists:
            self._lists[name] = self._find_codelist(name)
        found = self._lists[name]
        if found is not None and f"codelist:{found.short_name}" in self.broken:
            raise FollowUpError(f"codelist {found.short_name} has a mistake of its own")
        return found

    def _find_codelist(self, name: str) -> Codelist | None:
        own = self.files.terminology.get(name)
        if own is not None and own.terms:
            terms = {value: Term("", value, decode) for value, decode in own.terms.items()}
            return Codelist("", name, own.label or name, False, terms)
        if name.endswith(("TESTCD", "TEST")) and self.files.instruments:
            made = self._instrument_codelist(name)
            if made is not None:
                return made
        for terminology in self.terminologies:
            found = terminology.codelist(name)
            if found is None:
                continue
            entry = self.files.terminology.get(found.short_name)
            if entry is None or not entry.extend or not found.extensible:
                return found
            terms = dict(found.terms)
            for value, decode in entry.extend.items():
                terms.setdefault(value, Term("", value, decode))
            return Codelist(found.code, found.short_name, found.name, True, terms, found.decoded_by)
        return None

    def _instrument_codelist(self, name: str) -> Codelist | None:
        """``QS.TESTCD`` and ``QS.TEST``: the sponsor's own lists of instruments' codes and names."""
        domain, _, kind = name.partition(".")
        if kind not in ("TESTCD", "TEST"):
            return None
        terms: dict[str, Term] = {}
        for key, instrument in self.files.instruments.items():
            if instrument.domain == domain:
                tests = self.tables[f"{key}.tests"]
                codes = tests.text(f"{domain}TESTCD").to_list()
                labels = tests.text(f"{domain}TEST").to_list()
                for code, label in zip(codes, labels, strict=True):
                    value = code if kind == "TESTCD" else label
                    terms[value] = Term("", value, label if kind == "TESTCD" else "")
        words = "Test Code" if kind == "TESTCD" else "Test Name"
        return Codelist("", f"{domain}{kind}", f"{domain} Instrument {words}", False, terms)

    def mapping(self, codelist: str) -> Mapping[str, str]:
        """Verbatim text to submission value, of a codelist."""
        entry = self.files.terminology.get(codelist)
        return entry.map if entry else {}

    # escape hatch

    def function(self, reference: str) -> Callable[..., Any]:
        """A Python function of the study's folder, by ``file.py:name``."""
        if reference not in self._functions:
            self._functions[reference] = load_function(self.files.folder, reference)
        return self._functions[reference]


def _type_of(fact: VariableFact | None, adam: bool) -> Type:
    assert fact is not None
    if fact.type == "Char":
        described = fact.described.lower()
        return Type.PARTIAL if "8601 date" in described else Type.TEXT
    if adam and fact.name.endswith("DTM"):
        return Type.DATETIME
    if adam and fact.name.endswith("DT"):
        return Type.DATE
    if adam and fact.name.endswith("TM"):
        return Type.TIME
    return Type.NUMBER
