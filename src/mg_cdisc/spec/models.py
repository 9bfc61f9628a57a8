"""What the YAML files of a study may say: one model for each file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from mg_cdisc.derive import VALUES, AnyValue, Model
from mg_cdisc.derive.base import Reason, TextList
from mg_cdisc.spec.declared import SourceSpec
from mg_cdisc.spec.lists import Instrument, Range, Table, Total
from mg_cdisc.spec.tabulation import Tabulation
from mg_cdisc.spec.trial import TrialValues


def _iso_date(value: Any) -> Any:
    """Text to date; a bare number would else be taken for seconds since 1970."""
    if isinstance(value, str):
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError as error:
            todo = {"todo": "Write it like 2026-08-31."}
            raise PydanticCustomError("bad-date", f"{value!r} is not a date", todo) from error
    return value


IsoDate = Annotated[date, BeforeValidator(_iso_date)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Version = Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]
DatasetName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]


class Dictionary(Model):
    """A medical dictionary that coded terms come from."""

    name: str
    """Its name as define.xml gives it, such as MedDRA."""
    version: str
    """The version that terms were coded with."""
    label: str = ""
    """A longer description."""
    variables: TextList = ()
    """The variables that hold its terms, `AEDECOD` or `AE.AEDECOD`."""


class StandardsUsed(Model):
    """The versions of standards and terminology that the study follows."""

    sdtmig: Version = "3.4"
    """The version of the SDTM Implementation Guide."""
    sdtm_ct: Version
    """The date of the SDTM controlled terminology."""
    adamig: Version = "1.3"
    """The version of the ADaM Implementation Guide."""
    adam_ct: Version | None = None
    """The date of the ADaM controlled terminology."""
    define_ct: Version | None = None
    """The date of the Define-XML controlled terminology, which define.xml then names."""


Format = Literal["xpt", "xpt8", "dataset-json", "ndjson"]


def _formats(value: Any) -> Any:
    """One format or a list of them, each once; both versions of a transport file have one name."""
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, list | tuple):
        if len(set(map(str, listed))) < len(listed):
            raise PydanticCustomError("bad-value", "a format stands twice", {"todo": "Keep one."})
        if {"xpt", "xpt8"} <= set(map(str, listed)):
            what = "xpt and xpt8 have the same file name"
            raise PydanticCustomError("bad-value", what, {"todo": "Choose one of them."})
    return listed


FormatList = Annotated[tuple[Format, ...], BeforeValidator(_formats), Field(min_length=1)]


class AnnotatedCrf(Model):
    """The study's annotated case report form, to which the pages of origins point."""

    file: str = Field(pattern=r"^[^/\\].*\.pdf$")
    """The PDF file, relative to the study's folder."""
    title: str = "Annotated CRF"
    """Its title in define.xml."""


class Study(Model):
    """``study.yaml``: what holds for the whole study.

    ``data_cut`` dates every file of the package, so that two builds give the same bytes.
    ``subjects`` names the source that lists every subject.
    """

    study: str = Field(max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    """STUDYID of every record, and in lower case the folder of the outputs."""
    name: str = ""
    """The study's name in define.xml. Left out: the same as `study`."""
    description: str
    """What the study is, in one line."""
    protocol: str = ""
    """The protocol's name in define.xml. Left out: the same as `study`."""
    originator: str = ""
    """Who made the package, for define.xml."""
    data_cut: IsoDate
    """The date of the data cut, `yyyy-mm-dd`: it dates every file of the package."""
    standards: StandardsUsed
    """The versions of standards and terminology."""
    subjects: Name
    """The source, or the dataset of `tabulation`, that lists every subject: a row elsewhere whose
    subject it lacks is a finding."""
    tabulation: Tabulation | None = None
    """SDTM datasets that exist already: their folder, or more ([given datasets](#given-datasets))."""
    annotated_crf: AnnotatedCrf | None = None
    """The study's own annotated CRF, which `pages` speak of; it is copied beside define.xml. Left out,
    and where no spec names pages, the build makes one of the forms and their steps."""
    dictionaries: dict[str, Dictionary] = Field(default_factory=dict)
    """Medical dictionaries, each under an identifier of your own."""
    trial_summary: dict[str, TrialValues] = Field(default_factory=dict)
    """`TSPARMCD: value`, a list of values, or `{null_flavor: UNK}`: the parameters of the trial. They
    are the table `trial_summary` that TS is made of; SDTMVER, SDTIGVER and DCUTDTC are added."""
    agency: Literal["FDA", "PMDA", "NMPA"] = "FDA"
    """Whom the package is for. For the NMPA texts stay in the study's language: `translate()` leaves
    them as they are, labels and terms are those of `labels.zh.yaml`, and the files are in UTF-8."""
    encoding: Literal["ascii", "utf-8", "gb18030"] | None = None
    """The encoding of text in the transport files. `ascii`: a value that is not ASCII is a finding.
    Left out: `utf-8` for the NMPA, else `ascii`. Dataset-JSON is always UTF-8."""
    formats: FormatList = ("xpt",)
    """The formats in which each dataset is written: `xpt` (version 5), `xpt8` (version 8, with room
    for text over 200 bytes), `dataset-json` and `ndjson` (Dataset-JSON 1.1, whole or as lines).
    define.xml names the files of the first."""

    @property
    def text_encoding(self) -> Literal["ascii", "utf-8", "gb18030"]:
        """The encoding of text in transport files."""
        return self.encoding or ("utf-8" if self.agency == "NMPA" else "ascii")

    @property
    def translated(self) -> bool:
        """Whether texts are submitted in English."""
        return self.agency != "NMPA"

    @property
    def most_bytes(self) -> int:
        """Bytes of text that every format of the study has room for."""
        return 200 if "xpt" in self.formats else 32767

    @property
    def extension(self) -> str:
        """How the names of the files end that define.xml names."""
        return {"dataset-json": "json", "ndjson": "ndjson"}.get(self.formats[0], "xpt")

    def for_agency(self, agency: str) -> Study:
        """The same study for another agency, in the encoding that is usual for it."""
        if agency == self.agency:
            return self
        return self.model_copy(update={"agency": agency, "encoding": None})

    def in_formats(self, formats: Sequence[str], encoding: str) -> Study:
        """The same study in other formats, or with text in another encoding; blank: as it says."""
        update: dict[str, Any] = {"formats": tuple(formats)} if formats else {}
        return self.model_copy(update=update | ({"encoding": encoding} if encoding else {}))


class TermMap(Model):
    """One codelist in ``terminology.yaml``.

    ``map`` is verbatim text to submission value. ``extend`` adds sponsor terms to an extensible
    published codelist. ``terms`` (with ``label``) makes a codelist of the sponsor's own: value to
    decode, empty where there is none.
    """

    map: dict[str, str] = Field(default_factory=dict)
    """`collected text: submission value`."""
    extend: dict[str, str] = Field(default_factory=dict)
    """`term: decode`: sponsor terms added to a published codelist that is extensible."""
    terms: dict[str, str] = Field(default_factory=dict)
    """`term: decode`: a codelist of the sponsor's own; the decode may be blank."""
    label: str = ""
    """The name of a codelist of the sponsor's own."""
    ordered: bool = False
    """`true`: the order of the terms (of `terms`, or of what `map` makes) means something, and is
    their Rank in define.xml."""


class VariableFacts(Model):
    """What only a person knows of a variable, or overrides of what the standard says."""

    label: str | None = Field(None, max_length=40)
    """The label, in place of the standard's."""
    type: Literal["text", "number", "date", "datetime", "time"] | None = None
    """The type, of a variable that the standard does not have."""
    comment: str = ""
    """The comment of define.xml."""
    pages: TextList = ()
    """The pages of the annotated CRF."""
    origin: (
        Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]
        | None
    ) = None
    """The origin, in place of the one that follows from the step."""
    origin_source: Literal["Investigator", "Subject", "Vendor", "Sponsor"] | None = None
    """Who it comes from."""
    statement: str = ""
    """In words how a collected value arrives, where there is no page."""
    method: str = ""
    """The method's sentence, in place of the one that follows from the step."""
    codelist: str | None = None
    """The codelist, in place of the standard's; of a number (CNSR, AVISITN) one whose terms are
    numbers."""
    format: str = ""
    """The display format."""
    continues: bool = False
    """`true`: text over 200 bytes is cut between words, and what follows the first part goes on in
    supplemental qualifiers (AEACNOT1, AEACNOT2 ... of AEACNOTH), in CO and TS in COVAL1 ... and
    TSVAL1 ..."""
    length: int | None = Field(None, ge=1, le=200)
    """The stored length, if more than the longest value."""
    role: str = ""
    """The role, in place of the standard's."""
    mandatory: bool | None = None
    """Whether define.xml calls it mandatory, in place of what the standard says."""


class Supplemental(Model):
    """One supplemental qualifier of a dataset: QNAM, QLABEL and its value.

    A record is made only where the value is not blank. Rule: SDTMIG 3.4 section 8.4.
    """

    QNAM: str = Field(pattern=r"^[A-Z_][A-Z0-9_]{0,7}$")
    """The qualifier's name."""
    QLABEL: str = Field(max_length=40)
    """Its label."""
    value: AnyValue
    """The value; its keys may also stand beside QNAM, as in `{QNAM: RACEOTH, QLABEL: "Race,
    Other", assign: RACE_OTHER}`."""
    origin: Literal["Collected", "Derived", "Assigned", "collected", "derived", "assigned"] = (
        "Collected"
    )
    """Where it comes from (QORIG and define.xml)."""
    QEVAL: str = ""
    """Who evaluated it."""
    idvar: str | None = None
    """The variable of the parent that identifies its record. Left out: --SEQ; none for DM."""
    comment: str = ""
    """The comment of define.xml."""
    pages: TextList = ()
    """The pages of the annotated CRF."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        if not isinstance(data, dict) or ("value" in data and "from" not in data):
            return data
        # a misspelled key stays beside QNAM, where its like is known
        ways = {info.alias or name for model in VALUES.values()
                for name, info in model.model_fields.items()}  # fmt: skip
        inner = ways - set(cls.model_fields) | {"value"}
        rest = {key: item for key, item in data.items() if key in inner}
        return {key: item for key, item in data.items() if key not in inner} | {"value": rest}

    @field_validator("origin")
    @classmethod
    def _proper(cls, value: str) -> str:
        return value.capitalize()


class Work(Model):
    """A helper dataset that is never written; a bare list is its steps."""

    steps: tuple[dict[str, Any], ...]
    """Its steps."""
    tables: dict[str, Table] = Field(default_factory=dict)
    """Tables that its steps use."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        return {"steps": data} if isinstance(data, list) else data


class DatasetSpec(Model):
    """``sdtm/NAME.yaml`` or ``adam/NAME.yaml``: how one dataset is made.

    ``steps`` run top to bottom; ``keys`` sort the records and tell them apart. ``class`` and
    ``label`` are needed only for a custom domain.
    """

    dataset: DatasetName
    """The dataset's name, such as `AE`."""
    extends: TextList = ()
    """Specs that this one changes: files in the study's folder or in `library/` beside it."""
    domain: str | None = None
    """The domain, where a domain is split over several datasets."""
    class_: str | None = Field(None, alias="class")
    """The observation class, of a domain that the standard does not have; of an ADaM dataset its
    structure: `BDS`, `TTE` (the BDS for time to event), `OCCDS`, `AE` (the OCCDS for
    adverse events)."""
    label: str | None = Field(None, max_length=40)
    """The dataset's label, in place of the standard's."""
    structure: str | None = None
    """The dataset's structure, in place of the standard's."""
    keys: tuple[str, ...]
    """The variables that sort the records and tell them apart."""
    steps: tuple[Any, ...]
    """What becomes what, from top to bottom."""
    tables: dict[str, Table] = Field(default_factory=dict)
    """Small lists written in place: `NAME: {columns: [...], rows: [...]}`. The name is this spec's
    own: others may have a table of the same name."""
    work: dict[str, Work] = Field(default_factory=dict)
    """Helper datasets that are never written: `name: {steps: [...]}`. The name is this spec's own."""
    units: dict[str, dict[str, str]] = Field(default_factory=dict)
    """For `convert`: `TEST: {standard: UNIT, OTHER_UNIT: expression of x}`, and `round` for
    decimals."""
    variables: dict[str, VariableFacts] = Field(default_factory=dict)
    """What only a person knows of a variable, or overrides of the standard: `NAME: {...}`."""
    variable_order: TextList = ()
    """The order in which an analysis dataset has its variables; those that are not named follow. Left
    out: that of the steps. A tabulation dataset has the order of the standard."""
    supplemental: tuple[Supplemental, ...] = ()
    """The supplemental qualifiers of its records."""
    not_submitted: dict[str, Reason] = Field(default_factory=dict)
    """`column: reason`: columns of its sources that no dataset needs; patterns such as `AUDIT_*`
    are allowed."""
    comment: str = ""
    """The dataset's comment in define.xml."""
    value_level: dict[str, TextList] = Field(default_factory=dict)
    """For value-level metadata: `VARIABLE: [key, ...]`, such as `TSVAL: [TSPARMCD]`; the keys are texts.
    Left out: --ORRES, --STRESC and --STRESN by --TESTCD, AVAL and AVALC by PARAMCD. An empty list
    for such a variable: none."""


class Accepted(Model):
    """One entry of ``findings.yaml``: a class of findings, or a single one, with its reason.

    ``then`` says what happens to the value: ``kept``, ``blank``, ``supplemental`` or ``excluded``.
    It must be what does happen with this class; of a text without mapping (``unmapped-term``,
    ``unmapped-value``) it decides: ``blank``, or ``kept`` as collected. ``supplemental`` is a text
    that is blank here and that the spec puts into a supplemental qualifier.
    """

    finding: str
    """The class of finding, as it stands in brackets: `unmapped-term`."""
    dataset: str | None = None
    """Only findings of this dataset."""
    variable: str | None = None
    """Only findings of this variable."""
    file: str | None = None
    """Only findings in this file."""
    row: int | None = None
    """Only the finding at this row."""
    containing: str | None = None
    """Only findings whose text holds this."""
    then: Literal["kept", "blank", "supplemental", "excluded"]
    """What happens to the value."""
    reason: str = Field(min_length=10)
    """Why it is acceptable; for the reviewer's guide."""


__all__ = [
    "Accepted",
    "DatasetSpec",
    "Dictionary",
    "Instrument",
    "Range",
    "SourceSpec",
    "Study",
    "Supplemental",
    "Table",
    "TermMap",
    "Total",
    "VariableFacts",
    "Work",
]
