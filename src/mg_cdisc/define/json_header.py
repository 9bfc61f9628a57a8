"""What Dataset-JSON says of the datasets of a package: with the identifiers of their define.xml."""

from __future__ import annotations

from mg_cdisc import __version__
from mg_cdisc.dataset import Dataset, Package
from mg_cdisc.define import model
from mg_cdisc.frame import Text
from mg_cdisc.transport import JsonColumn, JsonHeader, moment_of
from mg_cdisc.transport.dataset_json import JsonType


def json_header(define: model.Define, package: Package, dataset: Dataset) -> JsonHeader:
    """The header of a dataset's file: columns in the order of define.xml, with its OIDs and keys.

    A complete --DTC is a date, datetime or time; one with parts missing is text. A number with a
    date or time format is written as ISO 8601. Its moments are define.xml's, so the same study gives
    the same bytes.

    Rule: CDISC Dataset-JSON 1.1, "Dataset-JSON Attributes".
    """
    group = next(each for each in define.item_groups if each.name == dataset.name)
    items = {item.oid: item for item in define.items}
    columns = tuple(
        _column(dataset, items[ref.item], ref.key_sequence) for ref in group.items
    )  # fmt: skip
    return JsonHeader(
        group=group.oid,
        columns=columns,
        created=define.created,
        modified=define.created,
        file=f"{define.file_oid.removesuffix('.define')}.{group.oid}",
        originator=package.originator,
        system=("mg-cdisc", __version__),
        study=define.study_oid,
        version=define.version_oid,
        reference="define.xml",
    )


def _column(dataset: Dataset, item: model.ItemDef, key: int | None) -> JsonColumn:
    variable, values = dataset.variable(item.name), dataset.frame[item.name]
    kind, length = _type(item.data_type), item.length
    if not isinstance(values, Text):
        moment = moment_of(variable.format, values)
        if moment is not None:
            return JsonColumn(
                item.oid, item.name, variable.label, moment, "integer", None,
                item.display_format or variable.format, key,
            )  # fmt: skip
        kind = "integer" if item.data_type == "integer" else "float"
    return JsonColumn(
        item.oid, item.name, variable.label, kind, "", length, item.display_format, key
    )


def _type(data_type: str) -> JsonType:
    """The type of a text: a moment only where every value is whole."""
    if data_type == "date":
        return "date"
    if data_type == "datetime":
        return "datetime"
    return "time" if data_type == "time" else "string"
