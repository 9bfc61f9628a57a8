"""What a study's ``sources.yaml`` says of the file that a source stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

Format = Literal["csv", "excel", "sas7bdat", "xpt", "parquet", "odm", "redcap"]
Encoding = Literal["utf-8", "gb18030", "windows-1252"]

ENCODINGS: Final[tuple[str, ...]] = get_args(Encoding)

SUFFIXES: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".sas7bdat": "sas7bdat",
    ".xpt": "xpt",
    ".parquet": "parquet",
    ".odm.xml": "odm",
}
"""The format that a file's suffix tells."""

DELIMITERS: Final[Mapping[str, str]] = {
    "comma": ",",
    "tab": "\t",
    "semicolon": ";",
    "pipe": "|",
}
"""The delimiters of a CSV file, by the word that declares them."""

# keys that say something only of certain formats: saying them of another is a mistake
_ONLY: Final[Mapping[str, tuple[tuple[Format, ...], str]]] = {
    "encoding": (("csv", "sas7bdat", "xpt", "redcap"), "states its own encoding"),
    "delimiter": (("csv", "redcap"), "has no delimiter"),
    "quote": (("csv", "redcap"), "has no quotes"),
    "sheet": (("excel",), "has no sheets"),
    "member": (("xpt",), "has no members"),
    "header_row": (("csv", "excel"), "has no header row"),
    "form": (("odm", "redcap"), "has no forms"),
    "item_group": (("odm",), "has no item groups"),
    "names": (("odm",), "has one name for each column"),
    "dictionary": (("redcap",), "has no data dictionary"),
    "record_id": (("redcap",), "has no record identifier"),
}
# keys that a format cannot do without
_NEEDED: Final[Mapping[tuple[Format, str], str]] = {
    ("odm", "form"): "form: the FormOID of the form to read",
    ("redcap", "form"): "form: the name of the instrument to read",
    ("redcap", "dictionary"): "dictionary: the CSV file of the data dictionary",
}


MOST_FILES: Final = 255
"""How many files a source may have: an origin has one byte for their number."""


class ColumnDeclaration(BaseModel):
    """What one source column means, where its format doesn't carry that."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = ""
    """What the column means."""
    choices: Mapping[str, str] = Field(default_factory=dict)
    """Code to text, of an answer that is stored as a code."""


class FileDeclaration(BaseModel):
    """How one of a source's files is read, where that differs from what holds for all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: Encoding | None = None
    """As of the source."""
    delimiter: str | None = None
    """As of the source."""
    quote: Literal["double", "none"] | None = None
    """As of the source."""
    sheet: str | None = None
    """As of the source."""
    header_row: int | None = Field(default=None, ge=1)
    """As of the source."""
    missing: tuple[str, ...] | None = None
    """As of the source, whose own list it replaces."""

    @field_validator("missing", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class SourceDeclaration(BaseModel):
    """One source's file, or its files: where they are and how they are read.

    A source says ``file``, or, where several files hold the rows of one form (as from several
    sites), ``files``: each path with what is read otherwise in it. Rows of all files, in the order
    declared, are one source; all have the same columns.

    All other keys have defaults, except those that an ODM file or a REDCap export cannot do
    without; ``format`` follows the suffix. Raises a pydantic ``ValidationError`` for an unknown
    key, an unknown value, a path that leaves the study's folder, a key that means nothing in the
    declared format, or one that is missing.

    >>> declared = SourceDeclaration(file="data/ae.tsv", header_row="3")
    >>> declared.format, declared.delimiter, declared.header_row
    ('csv', '\\t', 3)
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["file"]}, {"required": ["files"]}]},
    )

    file: str = ""
    """Path relative to the study's folder, with ``/`` between folders."""
    files: Mapping[str, FileDeclaration] = Field(default_factory=dict)
    """Several files in place of `file`: `{PATH: {encoding: gb18030}, PATH: {}}`. Their rows, in this
    order, are one source; they have the same columns."""
    format: Format = Field(default="", validate_default=True)
    """From the suffix of ``file`` if not given."""
    encoding: Encoding | None = None
    """utf-8 if not given; a SAS7BDAT file states its own, which this overrides."""
    delimiter: str = Field(default="", validate_default=True)
    """Comma if not given (tab for ``.tsv``); tab, semicolon or pipe by word or character."""
    quote: Literal["double", "none"] = "double"
    """``none``: a quotation mark is a character like any other, as in 5" wound."""
    sheet: str | None = None
    """The sheet's name; needed only where a workbook has several."""
    member: str | None = None
    """The dataset's name in a transport file; needed only where the file has several."""
    header_row: int = Field(default=1, ge=1)
    """The line (CSV) or row (Excel) that holds the column names; what is above is not read."""
    form: str = Field(default="", validate_default=True)
    """The form that this source reads: the FormOID of an ODM file, the instrument of a REDCap
    export."""
    item_group: str = ""
    """The ItemGroupOID; needed only where an ODM form has several item groups."""
    names: Literal["oid", "name", "sas"] = "oid"
    """What names a column of an ODM file: the ItemDef's OID, Name or SASFieldName."""
    dictionary: str = Field(default="", validate_default=True)
    """The CSV file of a REDCap project's data dictionary, relative to the study's folder."""
    record_id: str = ""
    """The field that identifies a record of a REDCap export; the dictionary's first if not
    given."""
    missing: tuple[str, ...] = ()
    """Texts that mean a blank, as ``.`` does in some exports."""
    columns: Mapping[str, ColumnDeclaration] = Field(default_factory=dict)
    """What columns mean: `NAME: {label: ..., choices: {code: text}}`, where the format does not
    carry it. The annotated CRF shows it."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its files, in order."""
        return tuple(self.files) or (self.file,)

    def each(self) -> tuple[SourceDeclaration, ...]:
        """A declaration for each file, in order; of a source with one file this one itself."""
        if not self.files:
            return (self,)
        said = SourceDeclaration.model_fields.keys() & self.model_fields_set - {"file", "files"}
        common = {
            name: getattr(self, name) for name in SourceDeclaration.model_fields if name in said
        }
        known = set(FileDeclaration.model_fields)
        return tuple(
            SourceDeclaration(
                file=path, **(common | own.model_dump(exclude_unset=True, include=known))
            )
            for path, own in self.files.items()
        )

    @model_validator(mode="after")
    def _files_readable(self) -> SourceDeclaration:
        """One file or several, and each of several by the rules of one."""
        faults: list[tuple[tuple[str, ...], str, str]] = []
        at: tuple[str, ...]
        if self.file and self.files:
            what = "file: and files: both say where the source is"
            faults.append((("files",), what, "Keep one of them."))
        elif not self.file and not self.files:
            raise PydanticCustomError(
                "missing-key", "needs file: or files:", {"todo": "Say where the source is."}
            )
        elif len(self.files) > MOST_FILES:
            what = f"has {len(self.files)} files, and {MOST_FILES} are the most"
            faults.append((("files",), what, "Put some of them together."))
        for path, own in () if faults else self.files.items():
            try:
                self.model_copy(update={"files": {path: own}}).each()
            except ValidationError as error:
                for each in error.errors(include_url=False):
                    key = str(each["loc"][0]) if each["loc"] else "file"
                    at = ("files", path) if key == "file" else ("files", path, key)
                    # what holds for all files is wrong where it is said
                    at = at if key in ("file", *own.model_fields_set) else (key,)
                    faults.append((at, str(each["msg"]), "Correct it."))
        if faults:
            told = "; ".join(f"{'.'.join(at)}: {what}" for at, what, _ in faults)
            found = {"faults": list(dict.fromkeys(faults)), "told": told}
            raise PydanticCustomError("bad-value", "{told}", found)
        return self

    @field_validator("file", "dictionary")
    @classmethod
    def _relative_file(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "dictionary" and not value:
            return value
        if not value.strip():
            raise _wrong("a source needs the path of its file")
        if "\\" in value:
            raise _wrong("write / between folders, not \\")
        if "*" in value or "?" in value:
            raise _wrong("a source is one file: patterns such as *.csv are not allowed")
        if any(ord(sign) < 32 for sign in value):
            raise _wrong("a path holds no control characters")
        if any(len(part.encode()) > 255 for part in value.split("/")):
            raise _wrong("a file's name has at most 255 bytes")
        path = PurePosixPath(value)
        if path.is_absolute() or PureWindowsPath(value).drive or value.startswith("~"):
            raise _wrong("write the path relative to the study's folder")
        if ".." in path.parts:
            raise _wrong("a source stands inside the study's folder: .. is not allowed")
        return path.as_posix()

    @field_validator("format", mode="before")
    @classmethod
    def _format_of_suffix(cls, value: Any, info: ValidationInfo) -> Any:
        if value or "file" not in info.data:
            return value or "csv"  # a wrong file is one mistake, not two
        path = PurePosixPath(info.data["file"] or next(iter(info.data.get("files") or ()), "x.csv"))
        suffix = path.suffix
        known = SUFFIXES.get("".join(path.suffixes[-2:]).lower(), SUFFIXES.get(suffix.lower()))
        if known is None:
            what = f"the suffix {suffix}" if suffix else "a name without a suffix"
            raise _wrong(f"{what} does not tell the format: say {', '.join(get_args(Format))}")
        return known

    @field_validator("delimiter", mode="before")
    @classmethod
    def _delimiter_character(cls, value: Any, info: ValidationInfo) -> Any:
        if not value:
            tabs = str(info.data.get("file", "")).lower().endswith(".tsv")
            return "\t" if tabs and info.data.get("format") == "csv" else ","
        value = DELIMITERS.get(value, "\t" if value == "\\t" else value)
        if value not in DELIMITERS.values():
            raise _wrong(f"a delimiter is one of {', '.join(DELIMITERS)}")
        return value

    @field_validator("missing", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator(*_ONLY)
    @classmethod
    def _means_something(cls, value: Any, info: ValidationInfo) -> Any:
        if "file" not in info.data:
            return value  # a wrong file is one mistake, not two
        formats, why = _ONLY[str(info.field_name)]
        # some are validated by default too; their default says nothing wrong
        given = value != {"delimiter": ",", "form": "", "dictionary": ""}.get(str(info.field_name))
        if given and info.data.get("format", formats[0]) not in formats:
            raise _wrong(f"a source of format {info.data['format']} {why}")
        needed = _NEEDED.get((info.data.get("format", "csv"), str(info.field_name)))
        if needed and not value.strip():
            raise _wrong(f"a source of format {info.data['format']} needs {needed}")
        return value


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("source_declaration", "{message}", {"message": message})
