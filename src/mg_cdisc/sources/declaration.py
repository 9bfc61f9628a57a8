"""What a study's ``sources.yaml`` says of the file that a source stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
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


class ColumnDeclaration(BaseModel):
    """What one source column means, where its format doesn't carry that."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = ""
    """What the column means."""
    choices: Mapping[str, str] = Field(default_factory=dict)
    """Code to text, of an answer that is stored as a code."""


class SourceDeclaration(BaseModel):
    """One source's file: where it is and how it is read.

    All keys but ``file`` have defaults, except those that an ODM file or a REDCap export cannot do
    without; ``format`` follows the suffix. Raises a pydantic ``ValidationError`` for an unknown
    key, an unknown value, a path that leaves the study's folder, a key that means nothing in the
    declared format, or one that is missing.

    >>> declared = SourceDeclaration(file="data/ae.tsv", header_row="3")
    >>> declared.format, declared.delimiter, declared.header_row
    ('csv', '\\t', 3)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    """Path relative to the study's folder, with ``/`` between folders."""
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
    carry it (not used by steps yet)."""

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
        path = PurePosixPath(info.data["file"])
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
