"""SAS transport files (XPT) of version 5 and 8, and Dataset-JSON 1.1: writing and reading them.

One dataset is an ``XptDataset``: described by its ``XptVariable``s, its records a frame.
``verify.verify_xpt`` proves that a file holds what was meant; it loads pyreadstat, so it is not
loaded here.
"""

from mg_cdisc.transport.dataset_json import MOMENTS, JsonColumn, JsonDataset, JsonHeader, moment_of
from mg_cdisc.transport.json_read import describe_json, is_json, read_json
from mg_cdisc.transport.json_write import write_json
from mg_cdisc.transport.missing import missing_letters, special_missing
from mg_cdisc.transport.read import describe_xpt, list_members, read_xpt
from mg_cdisc.transport.text import ENCODINGS, Encoding, measure_text
from mg_cdisc.transport.write import write_xpt
from mg_cdisc.transport.xpt import XptDataset, XptFormat, XptSummary, XptVariable

__all__ = [
    "ENCODINGS",
    "MOMENTS",
    "Encoding",
    "JsonColumn",
    "JsonDataset",
    "JsonHeader",
    "XptDataset",
    "XptFormat",
    "XptSummary",
    "XptVariable",
    "describe_json",
    "describe_xpt",
    "is_json",
    "list_members",
    "measure_text",
    "missing_letters",
    "moment_of",
    "read_json",
    "read_xpt",
    "special_missing",
    "write_json",
    "write_xpt",
]
