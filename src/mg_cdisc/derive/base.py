"""What a derivation step is: model, binding, and what a bound step declares.

A step's model (what the YAML may say) has a method ``bind``, which resolves its names, types its
expressions and returns a ``Bound``: inputs and outputs (order and lineage follow from them), its
effect on rows, its reach (partitioning follows from it), its sentence (define.xml and guides print
it) and the function that runs it. A bound step is handed only the columns that it declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from mg_cdisc.derive.numbering import Register
from mg_cdisc.derive.tracer import Shape, Tracer
from mg_cdisc.errors import Location, nearest
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    FollowUpError,
    Name,
    Node,
    Notes,
    Order,
    Type,
    Typed,
    foreign,
    parse,
    parse_order,
)
from mg_cdisc.frame import Column, Frame, Index, Mask, Text
from mg_cdisc.terminology import Codelist

SOURCE = "source."
SUBJECT = "@subject"


class Model(BaseModel):
    """What the YAML of one thing may say: nothing but its fields."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # a model is built when a spec first has one: a tenth of a second less
    )


def _guard(parser: Callable[[str], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError(
                "bad-expression", "an expression is one line of text", {"todo": "Quote it."}
            )
        try:
            return parser(value)
        except ExpressionError as error:
            raise PydanticCustomError(
                error.kind,
                "{what}",
                {"what": error.what, "todo": error.todo},
            ) from error

    return read


def checked_expression(text: str) -> str:
    """The text of an expression, or of none; refused where it is no expression."""
    if text:
        _guard(parse)(text)
    return text


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _said(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("no-reason", "the reason is not said", {"todo": "Write why."})
    return value


Reason = Annotated[str, AfterValidator(_said)]
"""Why something is left out: it stands in the account, so it says something."""
Expr = Annotated[
    Node,
    BeforeValidator(_guard(parse)),
    WithJsonSchema({"type": ["string", "number", "boolean"], "description": "an expression"}),
]
OrderKey = Annotated[
    Order,
    BeforeValidator(_guard(parse_order)),
    WithJsonSchema({"type": "string", "description": "expression [desc] [missing first|last]"}),
]
# json_schema_input_type: what an editor lets a person write, where more is taken than is kept
OrderKeys = Annotated[
    tuple[OrderKey, ...],
    BeforeValidator(_as_list, json_schema_input_type=OrderKey | tuple[OrderKey, ...]),
]
TextList = Annotated[
    tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])
]
NamePairs = str | dict[str, str] | tuple[str | dict[str, str], ...]
"""How names are written that may be renamed: a name, ``{NEW: OLD}``, or a list of these."""


def written_name(text: str) -> Name:
    """A name as it stands in a list of names: ``X``, or ``source.X`` for the source's column."""
    return Name(text.removeprefix(SOURCE), "source") if text.startswith(SOURCE) else Name(text)


class Effect(StrEnum):
    """What a step does to rows."""

    KEEPS = "keeps"
    FILTERS = "filters"
    ADDS = "adds"
    CHOOSES = "chooses"
    SUMMARISES = "summarises"


class Reach(IntEnum):
    """How far a step looks: within a record, within a subject, across the study."""

    ROW = 0
    SUBJECT = 1
    STUDY = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What the standard or the spec says of a variable before any data is seen.

    ``codelists`` are the lists that may be assigned to it; ``date`` marks ISO 8601 variables.
    """

    name: str
    type: Type
    label: str = ""
    codelists: tuple[Codelist, ...] = ()


@dataclass(frozen=True)
class Schema:
    """A thing that records can be read from: its columns with types, and who has it.

    ``by_subject`` is whether it has records of subjects (else it is one small table for the
    study); ``is_source`` whether its columns are collected text; ``open`` whether a mistake in it
    leaves unknown what else it has, and ``broken`` names that a mistake in it keeps from being there.
    """

    name: str
    types: Mapping[str, Type]
    by_subject: bool
    is_source: bool = False
    open: bool = False
    broken: frozenset[str] = frozenset()


class Catalog(Protocol):
    """Knows every source, dataset and table of the study."""

    def schema(self, name: str) -> Schema:
        """The schema of this name; raises ExpressionError where there is none."""

    def facts(self, dataset: str, variable: str) -> Facts | None:
        """What is known of a variable; None for a working variable."""

    def mapping(self, codelist: str) -> Mapping[str, str]:
        """Verbatim text to submission value, of a codelist."""

    def codelist(self, name: str) -> Codelist | None:
        """A codelist by short name or NCI code: published, or the sponsor's own."""

    def names(self, kind: str) -> tuple[str, ...]:
        """All names of a kind: ``dataset``, ``tabulation``, ``source`` or ``table``."""

    def units(self, dataset: str) -> Mapping[str, Mapping[str, str]]:
        """A dataset's unit conversions: test, unit, expression of x."""

    def place(self, dataset: str, *path: str) -> Location:
        """Where something stands in the spec of a dataset."""

    def date_formats(
        self, dataset: str, columns: tuple[str, ...]
    ) -> Mapping[int | None, tuple[str, ...]]:
        """The date formats that the sources of these columns declare, where they agree, under None.

        Where files of one source differ, those of each file: under the part of the identities of
        its rows above bit 32.
        """

    def table_values(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """What stands in these columns of a table, in order."""

    def function(self, reference: str) -> Callable[..., Any]:
        """A Python function of the study's folder, by ``file.py:name``."""

    @property
    def data_cut(self) -> date:
        """The day of the study's data cut."""

    @property
    def numbered(self) -> bool:
        """Whether records have numbers of earlier builds."""

    def makes(self, dataset: str) -> tuple[str, ...]:
        """Every variable that a dataset makes, in order."""

    def domain(self, dataset: str) -> str:
        """The domain code of a dataset; the name of an analysis dataset."""

    def keys(self, dataset: str) -> tuple[str, ...]:
        """The variables that tell the records of a dataset apart; none of a helper dataset."""


@dataclass
class Scope:
    """The names that a step of one dataset can use, while the spec is bound top to bottom.

    ``columns`` maps the keys of the frame to types: variables by name, source columns as
    ``source.NAME``. ``later`` are the variables made further down, with their place. ``constants``
    (STUDYID, DOMAIN) are given to every record made. ``made`` is where each variable is made.
    ``broken`` are variables whose own step has a mistake, ``open`` says that there may be more of
    them: what is read of them cannot be judged, and is no mistake of its own.
    """

    dataset: str
    columns: dict[str, Type]
    catalog: Catalog
    later: Mapping[str, Location] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Location] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    open: bool = False

    @property
    def data_cut(self) -> date:
        """The day of the study's data cut."""
        return self.catalog.data_cut

    def inner(self, columns: dict[str, Type], *, open: bool = False) -> Scope:  # noqa: A002
        """The scope of the records that a step makes, before they join the dataset."""
        return Scope(
            self.dataset, columns, self.catalog, {}, self.constants, {}, set(), open or self.open
        )

    def check_new(self, name: str) -> None:
        """A variable is made once."""
        if name in self.columns or name in self.broken:
            at = self.made.get(name)
            raise ExpressionError(
                f"{name} is made already" + (f" ({at})" if at is not None else ""),
                "Change it with revise:, or give one of them another name.",
                "made-twice",
            )

    def resolve(self, name: Name) -> tuple[str, Type]:
        """A variable of this dataset, else a column of its source."""
        if name.scope == "this":
            raise ExpressionError(
                f"{name}: this. is only for clauses, where other records are consulted",
                f"Write {name.name}.",
            )
        column = SOURCE + name.name
        if not name.scope and name.name in self.columns:
            return name.name, self.columns[name.name]
        if column in self.columns:
            if not name.scope and name.name in self.later:
                raise ExpressionError(
                    f"{name} is a column of the source and a variable made further down "
                    f"({self.later[name.name]})",
                    f"Write source.{name.name}, or move this step below.",
                    "ambiguous-name",
                )
            return column, self.columns[column]
        if self.open or name.name in self.broken:
            raise FollowUpError(f"{name} has a mistake of its own")
        if name.name in self.later and not name.scope:
            raise ExpressionError(
                f"{name} is made further down ({self.later[name.name]})",
                "Move this step below that line.",
                "used-before-made",
            )
        known = [key.removeprefix(SOURCE) for key in self.columns if not key.startswith("@")]
        raise ExpressionError(
            f"there is no variable or source column {name}",
            foreign.name(name.name)
            or nearest(name.name, known)
            or "Check the name, or keep the column with keep:.",
            "unknown-variable",
        )


@dataclass(frozen=True, slots=True)
class Consult:
    """Columns that a step reads in another source, dataset or table."""

    name: str
    columns: tuple[str, ...]


class Run(Protocol):
    """What a running step may ask of the build, besides its own frame."""

    def table(self, name: str) -> Frame:
        """The records of another dataset, source or table, with the declared columns."""

    def notes(self, frame: Frame) -> Notes:
        """Takes faults of single records of this frame."""

    def excluded(self, reason: str, frame: Frame, rows: Mask) -> None:
        """Records leave the dataset under this reason."""

    def consulted(self, name: str | None, frame: Frame, rows: Index | Mask) -> None:
        """Rows of a source that a step took something from: they are accounted for as used."""

    def kept(self, kind: str, frame: Frame, rows: Mask, values: Text | None, what: str) -> Mask:
        """Of the records at fault those whose value findings.yaml says is to be kept."""

    def count(self, fact: str, number: int) -> None:
        """A fact for the log: matched, changed, mapped."""

    def register(self) -> Register | None:
        """What is known of the numbers of this dataset's records; None where none is kept."""

    @property
    def tracer(self) -> Tracer | None:
        """Who is told how records and values come about; None in a normal build."""


Make = Callable[[Frame, Env, Run], Column]
Entry = tuple[str, Location]
"""An entry of a list of the spec as it is written there, and its place."""


@dataclass(frozen=True)
class BoundValue:
    """How one variable gets its values.

    ``origin`` is Define-XML's type; ``codelist`` the list whose terms it holds; ``also`` are
    variables that the same step makes beside its own (a standard unit, an imputation flag);
    ``shape`` says for lineage which of its conditions settle it, and ``entries`` by which entries
    of a list of the spec each record went, with their places; ``rule`` is the sentence that
    ``method`` stands in the place of.
    """

    type: Type
    compute: Make
    sentence: str
    reads: tuple[str, ...] = ()
    consults: tuple[Consult, ...] = ()
    reach: Reach = Reach.ROW
    origin: str = "Derived"
    predecessor: str = ""
    formal: str = ""
    codelist: Codelist | None = None
    also: Mapping[str, BoundValue] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    rule: str = ""
    entries: Callable[[Frame, Env], list[tuple[Entry, ...]]] | None = None

    @property
    def told(self) -> str:
        """What the step itself does, also where its method is told in other words."""
        return self.rule or self.sentence


@dataclass(frozen=True)
class Bound:
    """A step ready to run, and everything it declares of itself.

    ``kinds`` are the classes of findings that a check names, ``conditions`` those by which a
    record leaves the dataset or is changed, ``parts`` the sources of a records step.
    """

    label: str
    where: Location
    run: Callable[[Frame, Run], Frame]
    sentence: str
    reads: tuple[str, ...] = ()
    consults: tuple[Consult, ...] = ()
    makes: Mapping[str, Type] = field(default_factory=dict)
    revises: tuple[str, ...] = ()
    effect: Effect = Effect.KEEPS
    reach: Reach = Reach.ROW
    values: Mapping[str, BoundValue] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    conditions: tuple[Typed, ...] = ()
    parts: tuple[Any, ...] = ()

    @property
    def changes_rows(self) -> bool:
        """Whether records may come, go or change places."""
        return self.effect is not Effect.KEEPS


class Value(Model):
    """A way to make one variable: subclasses say which.

    ``when`` is a condition on the record: where it is not true the value is missing. ``method`` are
    words for define.xml in the place of those that the value makes of itself.
    """

    when: Expr | None = None
    """A condition on the record: where it is not true (false or undecided) the value is
    missing."""
    method: str | None = None
    """The sentence that define.xml prints as the method, in place of the one made from the
    spec. A constant with a method is derived. Blank: another step of the variable says it."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        """Resolve and type; ``target`` is what is known of the variable being made."""
        raise NotImplementedError


class Step(Model):
    """A step that shapes or checks records: subclasses say which."""

    def bind(self, scope: Scope, where: Location) -> Bound:
        """Resolve and type."""
        raise NotImplementedError


def merge_reads(*parts: Sequence[str]) -> tuple[str, ...]:
    """Column keys in order, each once."""
    return tuple(dict.fromkeys(key for part in parts for key in part))


def merge_consults(*parts: Sequence[Consult]) -> tuple[Consult, ...]:
    """Consulted columns by table, each once."""
    merged: dict[str, dict[str, None]] = {}
    for part in parts:
        for consult in part:
            merged.setdefault(consult.name, {}).update(dict.fromkeys(consult.columns))
    return tuple(Consult(name, tuple(columns)) for name, columns in merged.items())


def env_of(frame: Frame, run: Run, active: Mask | None = None) -> Env:
    """What expressions of this dataset's own records are evaluated on."""
    return Env(frame.columns, frame.rows, run.notes(frame), active)
