"""What a study's ``sources.yaml`` says of the file that a source stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Format = Literal["csv", "excel", "sas7bdat", "xpt", "parquet"]
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
    "encoding": (("csv", "sas7bdat", "xpt"), "states its own encoding"),
    "delimiter": (("csv",), "has no delimiter"),
    "quote": (("csv",), "has no quotes"),
    "sheet": (("excel",), "has no sheets"),
    "member": (("xpt",), "has no members"),
    "header_row": (("csv", "excel"), "has no header row"),
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

    All keys but ``file`` have defaults; ``format`` follows the suffix. Raises a pydantic
    ``ValidationError`` for an unknown key, an unknown value, a path that leaves the study's
    folder, or a key that means nothing in the declared format.

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
    missing: tuple[str, ...] = ()
    """Texts that mean a blank, as ``.`` does in some exports."""
    columns: Mapping[str, ColumnDeclaration] = Field(default_factory=dict)
    """What columns mean, `NAME: {label: ..., choices: {code: text}}`, where the format does not
    carry it."""

    @field_validator("file")
    @classmethod
    def _relative_file(cls, value: str) -> str:
        if not value.strip():
            raise _wrong("a source needs the path of its file")
        if "\\" in value:
            raise _wrong("write / between folders, not \\")
        if "*" in value or "?" in value:
            raise _wrong("a source is one file: patterns such as *.csv are not allowed")
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
        suffix = PurePosixPath(info.data["file"]).suffix
        known = SUFFIXES.get(suffix.lower())
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

    @field_validator("encoding", "delimiter", "quote", "sheet", "member", "header_row")
    @classmethod
    def _means_something(cls, value: Any, info: ValidationInfo) -> Any:
        formats, why = _ONLY[str(info.field_name)]
        # the delimiter is validated by default too; its default says nothing wrong
        given = info.field_name != "delimiter" or value != ","
        if given and info.data.get("format", formats[0]) not in formats:
            raise _wrong(f"a source of format {info.data['format']} {why}")
        return value


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("source_declaration", "{message}", {"message": message})
