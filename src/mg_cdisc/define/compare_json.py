"""A define.xml beside Dataset-JSON files: the identifiers, keys and types that both state.

What both say of records, labels and variables is compared as of transport files (``compare``).

Rule: CDISC Dataset-JSON 1.1: itemGroupOID, itemOID, studyOID and metaDataVersionOID are those of
Define-XML.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from mg_cdisc.define.comparison import About, Comparison
from mg_cdisc.define.read import attribute, whole_number
from mg_cdisc.errors import Finding
from mg_cdisc.transport import JsonColumn, JsonDataset

# Rule: Dataset-JSON 1.1, "Supported Column Data Type Combinations"
_TYPES = {
    "text": ("string", "URI", "boolean"),
    "integer": ("integer", "date", "datetime", "time"),
    "float": ("float", "double", "decimal", "datetime", "time"),
    "date": ("date", "string"),
    "datetime": ("datetime", "string"),
    "time": ("time", "string"),
    "partialDate": ("date", "string"),
    "partialTime": ("time", "string"),
    "partialDatetime": ("datetime", "string"),
}
_TODO = "Give the file what define.xml says, or correct define.xml."


def compare_json(comparison: Comparison) -> Iterator[Finding]:
    """Findings about identifiers, keys and types of those datasets that are Dataset-JSON."""
    study = comparison.define.version.getparent()
    for name, written in comparison.datasets.items():
        group = comparison.groups.get(name)
        if group is None or not isinstance(written, JsonDataset):
            continue
        header, about = written.header, About(name)
        pairs: list[tuple[str, str, etree._Element]] = [
            ("itemGroupOID", header.group, group),
            ("metaDataVersionOID", header.version, comparison.define.version),
        ]
        if study is not None:
            pairs.append(("studyOID", header.study, study))
        for key, said, element in pairs:
            if said and said != attribute(element, "OID"):
                what = f"has {key} {said} in its file, and define.xml {attribute(element, 'OID')}"
                yield comparison.finding(group, "json-oid", about, what, _TODO)
        columns = {column.name: column for column in header.columns}
        for ref, item in comparison.items(group):
            column = columns.get(attribute(item, "Name"))
            if column is not None:
                yield from _compare_column(comparison, name, ref, item, column)


def _compare_column(
    comparison: Comparison,
    dataset: str,
    ref: etree._Element,
    item: etree._Element,
    column: JsonColumn,
) -> Iterator[Finding]:
    about = About(dataset, column.name)
    if column.oid != attribute(item, "OID"):
        what = f"has itemOID {column.oid} in its file, and define.xml {attribute(item, 'OID')}"
        yield comparison.finding(item, "json-oid", about, what, _TODO)
    key = whole_number(attribute(ref, "KeySequence"))
    if column.key != key:
        what = f"has keySequence {column.key or 'none'} in its file, and define.xml {key or 'none'}"
        yield comparison.finding(ref, "json-key", about, what, _TODO)
    data_type = attribute(item, "DataType")
    fits = _TYPES.get(data_type, ("string",))
    as_number = data_type in ("integer", "float")
    if column.is_text == as_number:
        return  # told as of any file
    if column.type not in fits:
        what = f"is {column.type} in its file, and define.xml says {data_type}"
        yield comparison.finding(item, "json-type", about, what, _TODO)
    length = whole_number(attribute(item, "Length"))
    if data_type in ("integer", "float") and column.length and length != column.length:
        what = f"has length {column.length} in its file, and define.xml {length}"
        yield comparison.finding(item, "variable-length", about, what, _TODO)
