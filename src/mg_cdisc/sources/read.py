"""The one way into the package for source data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from mg_cdisc.errors import Finding, SourceError
from mg_cdisc.sources.declaration import Format, SourceDeclaration
from mg_cdisc.sources.delimited import read_csv
from mg_cdisc.sources.excel import read_excel
from mg_cdisc.sources.files import SourceFile, check_format, find
from mg_cdisc.sources.odm import FormKey, form_key, read_odm, read_odm_forms
from mg_cdisc.sources.parquet import read_parquet
from mg_cdisc.sources.redcap import read_redcap
from mg_cdisc.sources.sas7bdat import read_sas7bdat
from mg_cdisc.sources.table import Rows, SourceTable, finish, together
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


class Shared:
    """What several sources of a study read: a file that many of them name is read once.

    ``declared`` are all sources that will be asked for; the forms of one ODM file are gathered
    together in one pass over it, and an export or data dictionary of REDCap is parsed once.
    """

    def __init__(self, declared: Iterable[SourceDeclaration], folder: Path) -> None:
        self.folder = folder
        self._declared = [each for source in declared for each in source.each()]
        self._files: dict[str, SourceFile] = {}
        self._odm: dict[str, dict[FormKey, Rows | SourceError]] = {}
        self._csv: dict[tuple[object, ...], Rows] = {}

    def file(self, declaration: SourceDeclaration) -> SourceFile:
        """The file of a declaration, which is there and of the declared format."""
        name = declaration.file
        known = self._files.get(name)
        found = find(name, self.folder) if known is None else known
        check_format(found, declaration.format)
        if sum(each.file == name for each in self._declared) > 1:
            self._files[name] = found
        return found

    def rows(self, file: SourceFile, declaration: SourceDeclaration) -> Rows:
        """The rows of one source; raises SourceError where they cannot be read."""
        if declaration.format == "redcap":
            return read_redcap(file, declaration, self._read_csv)
        if declaration.format != "odm":
            return READERS[declaration.format](file, declaration)
        if file.name not in self._odm:
            wanted = [
                each for each in self._declared if each.format == "odm" and each.file == file.name
            ]
            self._odm[file.name] = read_odm_forms(file, wanted or [declaration])
        found = self._odm[file.name][form_key(declaration)]
        if isinstance(found, SourceError):
            raise found
        return found

    def _read_csv(self, file: SourceFile, declaration: SourceDeclaration) -> Rows:
        how = (file.path, declaration.encoding, declaration.delimiter, declaration.quote,
               declaration.header_row)  # fmt: skip
        if how not in self._csv:
            self._csv[how] = read_csv(file, declaration)
        return self._csv[how]


def read_source(
    declaration: SourceDeclaration, folder: Path, number: int = 0, shared: Shared | None = None
) -> SourceTable:
    """Read the source that a declaration names, every value as text.

    ``folder`` is the study's, ``number`` the source's place in the study, which the frame's
    origins carry with each row number. ``shared`` holds what other sources have read already.
    Raises SourceError with the one reason why the file cannot be read as declared; of several
    files with the reason for each.
    """
    shared = Shared([declaration], folder) if shared is None else shared
    tables: list[SourceTable] = []
    faults: list[Finding] = []
    for each in declaration.each():
        try:
            file = shared.file(each)
            rows = shared.rows(file, each)
            tables.append(finish(rows, each, number, file.sha256(), file.size))
        except SourceError as error:
            faults += error.findings
    if faults:
        raise SourceError(faults)
    return together(tables, number) if declaration.files else tables[0]
