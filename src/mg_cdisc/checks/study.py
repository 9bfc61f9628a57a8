"""What rules look at: the datasets of a tabulation by name, and how their records hang together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.expression.values import combinations, number_text
from mg_cdisc.frame import Column, Frame, Index, Mask, Text, blank_like, concat_columns, take
from mg_cdisc.standards import Standard
from mg_cdisc.standards.facts import GENERAL_CLASSES, VariableFact
from mg_cdisc.terminology import Codelist, Terminology
from mg_cdisc.transport import MOMENTS, XptFormat
from mg_cdisc.transport.dataset_json import TO_TEXT, Moment

SHARED = ("STUDYID", "DOMAIN", "USUBJID", "POOLID", "SPDEVID")
DECIMALS = 9
NAMED = 3
"""Records that a finding names."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable as its file declares it."""

    name: str
    label: str
    is_text: bool
    length: int
    format: str = ""


@dataclass
class Records:
    """One dataset of a study.

    ``cls`` is the class as the SDTMIG writes it (``Findings About``, ``Special-Purpose``), '' where
    it cannot be told. ``domain`` is the two letters of the standard (``QS`` of the split dataset
    QSMM); of SUPP-- it is ``SUPP``, of RELREC and its like the name.
    """

    name: str
    label: str
    domain: str
    cls: str
    variables: tuple[Declared, ...]
    frame: Frame
    study: Study = field(repr=False)
    cache: dict[str, Any] = field(default_factory=dict, repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self.frame

    def __getitem__(self, name: str) -> Column:
        return self.frame[name]

    @property
    def rows(self) -> int:
        """The number of records."""
        return self.frame.rows

    @property
    def file(self) -> str:
        """The name of its transport file."""
        return f"{self.name.lower()}.xpt"

    @property
    def prefix(self) -> str:
        """What ``--`` stands for."""
        if self.domain in ("SUPP", "RELREC", "RELSUB", "RELSPEC", "POOLDEF"):
            return ""
        return self.domain[2:] if self.associated else self.domain

    @property
    def associated(self) -> bool:
        """Whether it is of associated persons (APxx)."""
        return len(self.domain) > 2 and self.domain.startswith("AP")

    @cached_property
    def about(self) -> frozenset[str]:
        """What a rule may call it by: its domain, its class, AP."""
        return frozenset((self.domain, self.cls, *(["AP"] if self.associated else [])))

    @property
    def general(self) -> bool:
        """Whether it is of a general observation class."""
        return self.cls in GENERAL_CLASSES

    def full(self, name: str) -> str:
        """A name with ``--`` replaced by the prefix."""
        return f"{self.prefix}{name[2:]}" if name.startswith("--") else name

    def text(self, name: str) -> Text | None:
        """A text column; None where it is absent or numeric."""
        column = self.frame.columns.get(name)
        return column if isinstance(column, Text) else None

    def number(self, name: str) -> Any:
        """A numeric column; None where it is absent or text."""
        column = self.frame.columns.get(name)
        return None if column is None or isinstance(column, Text) else column

    @cached_property
    def facts(self) -> dict[str, VariableFact]:
        """What the standard says of its variables, by name, in the standard's order."""
        name = "SUPPQUAL" if self.domain == "SUPP" else self.domain
        return {fact.name: fact for fact in self.study.standard.variables(name)}

    def fact(self, name: str) -> VariableFact | None:
        """What the standard says of a variable, or its class in the model."""
        found = self.facts.get(name)
        if found is None and self.general:
            found = self.study.standard.qualifier(self.cls, name)
            if found is not None and found.dataset not in ("", self.prefix):
                return None
        return found

    def values_of(self, name: str) -> pa.Array:
        """The distinct values of a column that are not missing, as text."""
        key = f"values {name}"
        if key not in self.cache:
            text = self.plain(name)
            held = text.held
            self.cache[key] = held.filter(pc.not_equal(held, ""))
        return self.cache[key]

    def plain(self, name: str) -> Text:
        """A column as text, a number as its plain decimal."""
        key = f"plain {name}"
        if key not in self.cache:
            self.cache[key] = as_text(self.frame[name])
        made: Text = self.cache[key]
        return made

    def shown(self, name: str, row: int) -> str:
        """One value as a person reads it: a number that its format says is a date as that date."""
        return self.as_shown(name, self.frame[name], row)

    def as_shown(self, name: str, column: Column, row: int) -> str:
        """One value of a column as a person reads it where it is, or should be, a variable's."""
        form = self.formats.get(name)
        if form is None or isinstance(column, Text):
            return cell(column, row)
        return str(TO_TEXT[form](column[row : row + 1])[0].as_py() or "")

    @cached_property
    def formats(self) -> dict[str, Moment]:
        """The variables whose numbers are dates or times, with what they are."""
        parsed = {each.name: XptFormat.parse(each.format) for each in self.variables}
        return {
            name: MOMENTS[form.name]
            for name, form in parsed.items()
            if form is not None and form.name in MOMENTS
        }

    def joint(self, *names: str) -> Text:
        """Several columns as one text, tabs between."""
        key = "joint " + " ".join(names)
        if key not in self.cache:
            self.cache[key] = joint([self.plain(name) for name in names])
        made: Text = self.cache[key]
        return made

    def subjects(self, names: Sequence[str] = ("USUBJID",)) -> Text | None:
        """The subject of each record."""
        return next((text for name in names if (text := self.text(name)) is not None), None)

    def keys(self, row: int) -> list[tuple[str, str]]:
        """What tells a record from others: subject and sequence number, or what else does."""
        if self.domain == "SUPP":
            names: tuple[str, ...] = ("IDVAR", "IDVARVAL", "QNAM")
        else:
            names = _TELLING.get(self.domain, (self.full("--SEQ"),))
        return [
            (name, value) for name in ("USUBJID", *names)
            if name in self.frame and (value := cell(self.frame[name], row))
        ]  # fmt: skip

    def key(self, row: int) -> str:
        """A record as a person names it: the values of its keys."""
        plain = ("USUBJID", *self.told_plain)
        shown = [value if name in plain else f"{name} {value}" for name, value in self.keys(row)]
        return " ".join(shown) or f"record {row + 1}"

    @property
    def told_plain(self) -> tuple[str, ...]:
        """Keys beside the subject that are told without their names."""
        return ("IDVAR", "IDVARVAL", "QNAM") if self.domain == "SUPP" else ()


_TELLING = {
    "SV": ("VISITNUM",), "TA": ("ARMCD", "TAETORD"), "TE": ("ETCD",), "TV": ("VISITNUM", "ARMCD"),
    "TI": ("IETESTCD",), "TS": ("TSPARMCD", "TSSEQ"), "RELREC": ("RDOMAIN", "IDVAR", "IDVARVAL", "RELID"),
    "TM": ("MIDSTYPE",), "TD": ("TDORDER",), "OI": ("NHOID", "OISEQ"), "DM": (),
}  # fmt: skip


@dataclass
class Study:
    """The datasets of one tabulation, with the standard and the terminology that they follow.

    ``partial`` marks a study of which some datasets or subjects were left out on purpose: what is
    not there is then no fault.
    """

    standard: Standard
    terminology: Terminology | None = None
    partial: bool = False
    datasets: dict[str, Records] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    """Datasets whose files are there and cannot be read: nothing is missed of them."""
    known: dict[str, list[Records]] = field(default_factory=dict, repr=False)

    def add(
        self, name: str, label: str, variables: Sequence[Declared], frame: Frame, cls: str = ""
    ) -> None:
        """A dataset; its class is asked of the standard, and told from its variables at last."""
        domain = self._domain(name, frame)
        fact = self.standard.dataset("SUPPQUAL" if domain == "SUPP" else domain)
        cls = fact.cls if fact is not None else cls or _class_of(domain, frame)
        self.known.clear()
        self.datasets[name] = Records(name, label, domain, cls, tuple(variables), frame, self)

    def _domain(self, name: str, frame: Frame) -> str:
        if name.startswith("SUPP") and "DOMAIN" not in frame:
            return "SUPP"
        column = frame.columns.get("DOMAIN")
        if isinstance(column, Text) and len(used := column.used()) == 1 and used[0]:
            return used[0]
        if name in self.standard.datasets:
            return name
        return name[:2]

    def codelist(self, code: str) -> Codelist | None:
        """A codelist of the study's terminology."""
        return self.terminology.codelist(code) if self.terminology is not None else None

    def __iter__(self) -> Iterator[Records]:
        return iter(self.datasets.values())

    def of(self, domain: str) -> list[Records]:
        """The datasets of a domain, several where it is split; or the one of this name (SUPPAE)."""
        if not self.known:
            for records in self:
                for name in dict.fromkeys((records.domain, records.name)):
                    self.known.setdefault(name, []).append(records)
        return self.known.get(domain, [])

    def one(self, domain: str) -> Records | None:
        """The only dataset of a domain."""
        found = self.of(domain)
        return found[0] if len(found) == 1 else None

    def supplement(self, records: Records) -> Records | None:
        """Its SUPP-- dataset."""
        return self.datasets.get(f"SUPP{records.name}") or self.datasets.get(
            f"SUPP{records.domain}"
        )

    def values_of(self, domain: str, name: str) -> pa.Array | None:
        """The values of a variable over all datasets of a domain; None where there is none."""
        found = [each.values_of(name) for each in self.of(domain) if name in each]
        return pa.concat_arrays(found) if found else None


def view_package(
    package: Package, standard: Standard, terminology: Terminology | None, *, partial: bool = False
) -> Study:
    """The tabulation datasets of a package that was built."""
    study = Study(standard, terminology, partial)
    for dataset in package.datasets:
        if dataset.purpose == "Tabulation":
            variables = [
                Declared(each.name, each.label, each.is_text, each.storage)
                for each in dataset.variables
            ]
            study.add(dataset.name, dataset.label, variables, dataset.frame, _class_name(dataset))
    return study


def _class_name(dataset: Dataset) -> str:
    known = {cls.upper(): cls for cls in GENERAL_CLASSES}
    return known.get(dataset.class_name, "")


def _class_of(domain: str, frame: Frame) -> str:
    """The class of a domain that the standard does not know, by its topic variable."""
    prefix = domain[2:] if len(domain) > 2 else domain
    if f"{prefix}TESTCD" in frame:
        return "Findings About" if f"{prefix}OBJ" in frame else "Findings"
    if f"{prefix}TRT" in frame:
        return "Interventions"
    return "Events" if f"{prefix}TERM" in frame else ""


def as_text(column: Column) -> Text:
    """A column as text, numbers as decimals without the noise of binary fractions (1.3000000000003)."""
    return column if isinstance(column, Text) else number_text(np.round(column, DECIMALS))


def cell(column: Column, row: int) -> str:
    """One value as text."""
    if isinstance(column, Text):
        return str(column.values[int(column.codes[row])].as_py())
    return str(as_text(column[row : row + 1]).values[0])


def joint(columns: Sequence[Column]) -> Text:
    """Several columns as one text, tabs between."""
    texts = [as_text(column) for column in columns]
    codes, picks = combinations(texts)
    parts = [text.values.take(pa.array(pick)) for text, pick in zip(texts, picks, strict=True)]
    return Text.encode(pc.binary_join_element_wise(*parts, "\t")).expand(codes)


def matched(values: Text, into: Text) -> Index:
    """Per record of the one the first record of the other with the same text, else -1."""
    found = pc.index_in(values.values, into.values)
    code = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
    first = np.full(len(into.values) + 1, -1, np.int64)
    first[into.codes[::-1]] = np.arange(len(into) - 1, -1, -1)
    first[-1] = -1
    if len(values.values) == 0:
        return np.full(len(values), -1, np.int64)
    return first[code][values.codes]


def picked(column: Column, rows: Index) -> Column:
    """The values at these records, missing where there is none (-1)."""
    if not len(rows) or rows.min() >= 0:
        return take(column, rows)
    more = concat_columns([column, blank_like(column, 1)])
    at = np.where(rows < 0, len(column), rows)
    return more.take(at) if isinstance(more, Text) else more[at]


def judged(column: Text, test: Callable[[str], bool]) -> Mask:
    """A condition on each distinct value, given to each record."""
    return column.spread(np.array([test(str(each)) for each in column.values.to_pylist()], bool))


def held(values: Column, known: pa.Array) -> Mask:
    """Where the value is one of these texts."""
    text = as_text(values)
    return text.where(lambda distinct: pc.is_in(distinct, value_set=known))
