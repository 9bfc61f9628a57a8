"""Readers of source data, one per format: every value enters as text with its row number."""

from mg_cdisc.sources.declaration import ColumnDeclaration, SourceDeclaration
from mg_cdisc.sources.forms import Form, FormField, StudyEvent
from mg_cdisc.sources.odm import odm_events, odm_forms
from mg_cdisc.sources.read import READERS, read_source
from mg_cdisc.sources.redcap_dictionary import redcap_forms
from mg_cdisc.sources.table import SourceTable

__all__ = [
    "READERS",
    "ColumnDeclaration",
    "Form",
    "FormField",
    "SourceDeclaration",
    "SourceTable",
    "StudyEvent",
    "odm_events",
    "odm_forms",
    "read_source",
    "redcap_forms",
]
