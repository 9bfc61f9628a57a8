"""The one way into the package for source data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from mg_cdisc.sources.declaration import Format, SourceDeclaration
from mg_cdisc.sources.delimited import read_csv
from mg_cdisc.sources.excel import read_excel
from mg_cdisc.sources.files import SourceFile, check_format, find
from mg_cdisc.sources.odm import read_odm
from mg_cdisc.sources.parquet import read_parquet
from mg_cdisc.sources.redcap import read_redcap
from mg_cdisc.sources.sas7bdat import read_sas7bdat
from mg_cdisc.sources.table import Rows, SourceTable, finish
from mg_cdisc.sources.xpt import read_transport

Reader = Callable[[SourceFile, SourceDeclaration], Rows]

READERS: Final[Mapping[Format, Reader]] = {
    "csv": read_csv,
    "excel": read_excel,
    "sas7bdat": read_sas7bdat,
    "xpt": read_transport,
    "parquet": read_parquet,
    "odm": read_odm,
    "redcap": read_redcap,
}


def read_source(declaration: SourceDeclaration, folder: Path, number: int = 0) -> SourceTable:
    """Read the source that a declaration names, every value as text.

    ``folder`` is the study's, ``number`` the source's place in the study, which the frame's
    origins carry with each row number. Raises SourceError with the one reason why the file
    cannot be read as declared.
    """
    file = find(declaration.file, folder)
    check_format(file, declaration.format)
    rows = READERS[declaration.format](file, declaration)
    return finish(rows, declaration, number, file.sha256(), file.size)
