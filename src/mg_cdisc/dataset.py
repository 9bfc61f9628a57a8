"""Built datasets with their measured metadata: the one frozen object handed between stages.

Whatever writes, checks or describes records (transport files, define.xml, reports) takes it from
here. Stored lengths, data types and used terms are measured once, before these objects are made,
so that a transport file and its description cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mg_cdisc.frame import Frame

CRF_FILE = "acrf.pdf"
"""The annotated CRF, beside the define.xml of the tabulations."""
CRF_TITLE = "Annotated CRF"
CLASS_ORDER = (
    "TRIAL DESIGN",
    "SPECIAL PURPOSE",
    "INTERVENTIONS",
    "EVENTS",
    "FINDINGS",
    "FINDINGS ABOUT",
    "RELATIONSHIP",
    "STUDY REFERENCE",
    "SUBJECT LEVEL ANALYSIS DATASET",
    "BASIC DATA STRUCTURE",
    "OCCURRENCE DATA STRUCTURE",
    "REFERENCE DATA STRUCTURE",
    "DEVICE LEVEL ANALYSIS DATASET",
    "MEDICAL DEVICE BASIC DATA STRUCTURE",
    "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE",
    "ADAM OTHER",
)
"""The classes of datasets, in the order in which define.xml has them."""

DataType = Literal[
    "text",
    "integer",
    "float",
    "date",
    "datetime",
    "time",
    "partialDate",
    "partialTime",
    "partialDatetime",
    "incompleteDatetime",
    "durationDatetime",
]
OriginType = Literal[
    "Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available", "Other"
]
OriginSource = Literal["", "Subject", "Investigator", "Vendor", "Sponsor"]
Comparator = Literal["EQ", "NE", "IN", "NOTIN", "LT", "LE", "GT", "GE"]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a codelist as used or offered.

    ``code`` is the NCI code ('' where the term is the sponsor's); ``extended`` marks a sponsor
    term of an extensible published list; ``decode`` is '' for an enumerated item.
    """

    value: str
    decode: str = ""
    code: str = ""
    extended: bool = False
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Codelist:
    """A codelist cut to the terms used or offered, or a reference to an external dictionary.

    ``name`` is stable and readable and makes the OID. ``code`` is the NCI code of the published
    list, ``ct`` the (kind, version) of its terminology package; both are empty for a sponsor's
    own list (``non-standard``). ``dictionary`` and ``version`` are filled for MedDRA and the like,
    and such a list has no terms.
    """

    name: str
    label: str
    data_type: Literal["text", "integer", "float"] = "text"
    terms: tuple[Term, ...] = ()
    code: str = ""
    ct: tuple[str, str] | None = None
    dictionary: str = ""
    version: str = ""
    comment: str = ""

    @property
    def decoded(self) -> bool:
        """CodeListItems with decodes; otherwise EnumeratedItems. Never a mixture."""
        return bool(self.terms) and all(term.decode for term in self.terms)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from, in the closed list of Define-XML 2.1.

    ``pages`` are pages of the annotated CRF; ``predecessor`` is ``DATASET.VARIABLE``;
    ``statement`` says in words how a collected value arrives where there is no page.
    """

    type: OriginType
    source: OriginSource = ""
    pages: tuple[str, ...] = ()
    predecessor: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """How a value is derived: the English sentence and the formal expression of the same steps."""

    name: str
    text: str
    expression: str = ""
    context: str = "mg-cdisc"
    type: Literal["Computation", "Imputation"] = "Computation"


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """One comparison of a variable with constants."""

    variable: str
    comparator: Comparator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What Define-XML says of an item, whether a whole variable or one value level of it.

    ``length`` is in bytes for text, and in digits for numbers (Define-XML's meaning);
    ``significant_digits`` counts decimals of a float. There are several ``origins`` where records
    come from different collectors.
    """

    data_type: DataType
    length: int | None = None
    significant_digits: int | None = None
    display_format: str = ""
    codelist: Codelist | None = None
    origins: tuple[Origin, ...] = ()
    method: Method | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ValueLevel:
    """Metadata of the records that satisfy all of ``checks`` (which are ANDed)."""

    checks: tuple[RangeCheck, ...]
    facts: ItemFacts
    label: str = ""
    mandatory: bool = False
    has_no_data: bool = False

    @property
    def name(self) -> str:
        """Readable and stable: the values of its checks."""
        return ".".join(value for check in self.checks for value in check.values)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a built dataset. ``storage`` is its length in the transport file, in bytes."""

    name: str
    label: str
    is_text: bool
    storage: int
    facts: ItemFacts
    role: str = ""
    mandatory: bool = False
    key_sequence: int | None = None
    standard: bool = True
    format: str = ""
    has_no_data: bool = False
    value_levels: tuple[ValueLevel, ...] = ()


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that the package follows: an implementation guide or a terminology package."""

    name: str
    version: str
    type: Literal["IG", "CT"]
    publishing_set: str = ""
    status: str = "Final"


@dataclass(frozen=True)
class Dataset:
    """A dataset ready to be written: records sorted by its keys, variables in their final order.

    ``guide`` is the name of the implementation guide that it follows, where that is not the first
    of the package's standards.
    """

    name: str
    domain: str
    label: str
    class_name: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    frame: Frame = field(repr=False)
    subclass: str = ""
    purpose: Literal["Tabulation", "Analysis"] = "Tabulation"
    repeating: bool = True
    reference_data: bool = False
    standard: bool = True
    comment: str = ""
    extension: str = "xpt"
    guide: str = ""

    @property
    def file_name(self) -> str:
        """The file that define.xml names: lower case, as submissions are laid out."""
        return f"{self.name.lower()}.{self.extension}"

    def variable(self, name: str) -> Variable:
        """The variable of this name."""
        return next(variable for variable in self.variables if variable.name == name)


@dataclass(frozen=True)
class Document:
    """A document of the package that define.xml points at; ``file`` is beside define.xml."""

    name: str
    title: str
    file: str


@dataclass(frozen=True, slots=True)
class AnalysisDataset:
    """A dataset of an analysis: which of its records (all of ``checks``), which of its variables."""

    dataset: str
    checks: tuple[RangeCheck, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """One result of a display, in the terms of Analysis Results Metadata 1.0.

    The first of ``datasets`` is the one that is analysed; ``parameter`` is its variable that tells
    parameters apart, where the result is of some of them. ``joined`` says how the others are joined
    with it. ``code`` is the program, ``context`` its language.
    """

    name: str
    title: str
    reason: str
    purpose: str
    datasets: tuple[AnalysisDataset, ...]
    parameter: str = ""
    documentation: str = ""
    joined: str = ""
    code: str = ""
    context: str = "mg-cdisc"


@dataclass(frozen=True, slots=True)
class ResultDisplay:
    """A table or figure of results; ``key`` makes its identifier, ``name`` is what it is called."""

    key: str
    name: str
    title: str
    results: tuple[AnalysisResult, ...]
    document: Document | None = None
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """All datasets of one define.xml (tabulations or analysis) and what they have in common.

    ``created`` comes from the study's data cut and never from the clock. ``encoding`` is that of
    text in the transport files.
    """

    study_id: str
    study_name: str
    study_description: str
    protocol_name: str
    created: datetime
    standards: tuple[Standard, ...]
    datasets: tuple[Dataset, ...]
    language: str = "en"
    documents: tuple[Document, ...] = ()
    annotated_crf: Document | None = None
    originator: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "ascii"
    displays: tuple[ResultDisplay, ...] = ()

    def dataset(self, name: str) -> Dataset:
        """The dataset of this name."""
        return next(dataset for dataset in self.datasets if dataset.name == name)


def class_rank(dataset: Dataset) -> tuple[int, str]:
    """Sorts datasets by class, then name; a class that is not in the list comes last."""
    name = dataset.class_name
    return (CLASS_ORDER.index(name) if name in CLASS_ORDER else len(CLASS_ORDER), dataset.name)
