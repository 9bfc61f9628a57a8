"""In which formats the sources of a date write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mg_cdisc.derive import SOURCE
from mg_cdisc.expression import ExpressionError
from mg_cdisc.frame import Origins
from mg_cdisc.sources.table import FILE_SHIFT, SourceTable
from mg_cdisc.spec.load import StudyFiles


class Known(Protocol):
    """What is known of a study's sources (see ``catalog.StudyCatalog``)."""

    files: StudyFiles
    sources: Mapping[str, SourceTable]

    @property
    def dataset_sources(self) -> Mapping[str, tuple[str, ...]]:
        """The sources that each dataset is made from."""


def sources_of(known: Known, dataset: str, columns: tuple[str, ...]) -> list[str]:
    """The sources that columns belong to: those of the dataset that have one of them.

    Of what is no source column (a working variable) nothing is known: all sources of the dataset.
    """
    sources = known.dataset_sources.get(dataset, ())
    read = {key.removeprefix(SOURCE) for key in columns if key.startswith(SOURCE)}
    return [name for name in sources if read & set(known.sources[name].columns)] or list(sources)


def date_formats(
    known: Known, dataset: str, columns: tuple[str, ...]
) -> Mapping[int | None, tuple[str, ...]]:
    """The one format, or several, that the sources of a column declare, under None.

    Where files of one source write dates differently, the formats of each, under what the
    identities of its rows begin with. Raises ExpressionError where sources disagree, and where a
    working variable is to be read whose file is not known.
    """
    names = sources_of(known, dataset, columns)
    named = {
        formats for name in names for formats in known.files.sources[name].dates_by_file if formats
    }
    whole = all(all(known.files.sources[name].dates_by_file) for name in names)
    if len(named) == 1 and (whole or len(names) > 1):
        return {None: named.pop()}
    each = known.files.sources[names[0]].dates_by_file if len(names) == 1 else ()
    if named and each and all(each) and all(key.startswith(SOURCE) for key in columns):
        number = list(known.files.sources).index(names[0]) << (Origins.SHIFT - FILE_SHIFT)
        return {number + file: formats for file, formats in enumerate(each)}
    raise ExpressionError(
        "the sources of this date declare no one date format",
        "Write format: here, or dates: at the source.",
        "no-format",
    )
