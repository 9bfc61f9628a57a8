"""Definitions that several variables share: codelists, methods, comments, where-clauses, files.

Each is made at its first use and found again afterwards. A codelist is named after itself. Where
lists of one name differ in their terms, the one that most variables have keeps the plain name, one
that a single variable has is named after it, and another after its terms. Methods and comments are
named after their first user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from mg_cdisc.dataset import Codelist, Dataset, Document, Method, RangeCheck, Standard
from mg_cdisc.define import model
from mg_cdisc.define.names import Names, slug, value_slug, where_slug

SHOWN = 40
"""Characters of terms that name a codelist; a longer list is named after their number."""


class Shared:
    """The shared definitions of one define.xml, in order of their first use.

    ``said`` are the package's comments by the identifier of what they are about.
    """

    def __init__(
        self,
        datasets: Sequence[Dataset],
        standards: Sequence[Standard],
        said: Mapping[str, str],
    ) -> None:
        self.names = Names()
        self.said = said
        self.standards = {
            standard: self.names.give(_standard_oid(standard), standard) for standard in standards
        }
        self.where_clauses: dict[tuple[str, tuple[RangeCheck, ...]], model.WhereClause] = {}
        self.codelists: dict[Codelist, model.CodeListDef] = {}
        self.methods: dict[Method, model.MethodDef] = {}
        self.comments: dict[str, model.CommentDef] = {}
        self.leaves: dict[Document, model.Leaf] = {}
        self._variants = _variants(datasets)

    def where(self, dataset: Dataset, checks: tuple[RangeCheck, ...]) -> str:
        """The OID of a where-clause; one about another dataset says how the two are joined."""
        made = self.where_clauses.get((dataset.name, checks))
        if made is None:
            oid = self.names.give(f"WC.{where_slug(dataset.name, checks)}", (dataset.name, checks))
            named = {check.variable.rpartition(".")[0] for check in checks}
            others = sorted(named - {"", dataset.name})
            joined = f"{dataset.name} is joined with {' and '.join(others)} by USUBJID."
            said = self.said.get(oid, joined if others else "")
            made = model.WhereClause(
                oid=oid,
                checks=tuple(
                    model.Check(_item_oid(dataset, check), check.comparator, check.values)
                    for check in checks
                ),
                comment=self.comment(said, oid),
            )
            self.where_clauses[dataset.name, checks] = made
        return made.oid

    def codelist(self, codelist: Codelist | None, path: str) -> str:
        """The OID of a codelist; '' where there is none, or none of its terms is left."""
        # a list cut to no term at all cannot be written: the schema wants one item or more
        if codelist is None or not (codelist.terms or codelist.dictionary):
            return ""
        made = self.codelists.get(codelist)
        if made is None:
            end, more = self._qualifier(codelist, path)
            oid = self.names.give(f"CL.{slug(codelist.name)}{end}", codelist)
            label = codelist.label or codelist.name
            made = model.CodeListDef(
                oid=oid,
                name=f"{label} ({more})" if more else label,
                data_type=codelist.data_type,
                standard=self._terminology(codelist),
                comment=self.comment(codelist.comment, oid),
                code=codelist.code,
                decoded=codelist.decoded,
                terms=codelist.terms,
                dictionary=codelist.dictionary,
                version=codelist.version,
            )
            self.codelists[codelist] = made
        return made.oid

    def _qualifier(self, codelist: Codelist, path: str) -> tuple[str, str]:
        """What tells a codelist from others of its name, for its OID and in words."""
        variants = self._variants[codelist.name]
        shared = [each for each, users in variants.items() if len(users) > 1]
        first = max(shared, key=lambda each: len(variants[each]), default=None)
        if len(variants) == 1 or codelist == first:
            return "", ""
        if codelist not in shared:
            return f".{path}", path
        terms = [term.value for term in codelist.terms]
        words = ", ".join(terms)
        if len(words) > SHOWN:
            return f".{len(terms)}", f"{len(terms)} terms"
        return "".join(f".{value_slug(term)}" for term in terms), words

    def _terminology(self, codelist: Codelist) -> str:
        for standard, oid in self.standards.items():
            if (standard.publishing_set, standard.version) == codelist.ct:
                return oid
        return ""

    def method(self, method: Method | None, path: str) -> str:
        """The OID of a method."""
        if method is None:
            return ""
        made = self.methods.get(method)
        if made is None:
            made = model.MethodDef(
                oid=self.names.give(f"MT.{path}", method),
                name=method.name,
                type=method.type,
                text=prose(method.text),
                expression=prose(method.expression),
                context=method.context,
            )
            self.methods[method] = made
        return made.oid

    def comment(self, text: str, path: str) -> str:
        """The OID of a comment, '' for an empty one; ``path`` names its first user."""
        text = prose(text)
        if not text:
            return ""
        if text not in self.comments:
            oid = self.names.give(f"COM.{path}", text)
            self.comments[text] = model.CommentDef(oid, text)
        return self.comments[text].oid

    def about(self, oid: str) -> str:
        """The OID of the package's comment on a standard, or on the whole."""
        return self.comment(self.said.get(oid, ""), oid)

    def document(self, document: Document) -> str:
        """The ID of the leaf of a document."""
        made = self.leaves.get(document)
        if made is None:
            identifier = self.names.give(f"LF.{slug(document.name)}", document)
            made = model.Leaf(identifier, quote(document.file), document.title)
            self.leaves[document] = made
        return made.id


def prose(text: str) -> str:
    """A text for people: line ends as ``\\n``, nothing before or after.

    >>> prose("Age in years.\\r\\n")
    'Age in years.'
    """
    # not a bare strip(), which also takes characters that must be told of
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")


def _standard_oid(standard: Standard) -> str:
    name = standard.name if standard.type == "IG" else f"CT.{standard.publishing_set}"
    return f"STD.{slug(name)}.{slug(standard.version)}"


def _item_oid(dataset: Dataset, check: RangeCheck) -> str:
    name, _, variable = check.variable.rpartition(".")
    return f"IT.{slug(name or dataset.name)}.{slug(variable)}"


def _variants(datasets: Sequence[Dataset]) -> dict[str, dict[Codelist, set[str]]]:
    """The different contents under each codelist name, with the variables that have each."""
    variants: dict[str, dict[Codelist, set[str]]] = {}
    for codelist, user in _codelists(datasets):
        variants.setdefault(codelist.name, {}).setdefault(codelist, set()).add(user)
    return variants


def _codelists(datasets: Sequence[Dataset]) -> Iterator[tuple[Codelist, str]]:
    for dataset in datasets:
        for variable in dataset.variables:
            user = f"{dataset.name}.{variable.name}"
            levels = [level.facts for level in variable.value_levels]
            for facts in (variable.facts, *levels):
                if facts.codelist is not None and (
                    facts.codelist.terms or facts.codelist.dictionary
                ):
                    yield facts.codelist, user
