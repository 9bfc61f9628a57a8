"""SAS transport files of version 5 (XPT): writing and reading them.

One dataset is an ``XptDataset``: described by its ``XptVariable``s, its records a frame.
``verify.verify_xpt`` proves that a file holds what was meant; it loads pyreadstat, so it is not
loaded here.
"""

from mg_cdisc.transport.missing import missing_letters, special_missing
from mg_cdisc.transport.read import list_members, read_xpt
from mg_cdisc.transport.text import ENCODINGS, Encoding, measure_text
from mg_cdisc.transport.write import write_xpt
from mg_cdisc.transport.xpt import XptDataset, XptFormat, XptSummary, XptVariable

__all__ = [
    "ENCODINGS",
    "Encoding",
    "XptDataset",
    "XptFormat",
    "XptSummary",
    "XptVariable",
    "list_members",
    "measure_text",
    "missing_letters",
    "read_xpt",
    "special_missing",
    "write_xpt",
]
