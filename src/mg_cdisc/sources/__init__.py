"""Readers of source data, one per format: every value enters as text with its row number."""

from mg_cdisc.sources.declaration import ColumnDeclaration, SourceDeclaration
from mg_cdisc.sources.read import READERS, read_source
from mg_cdisc.sources.table import SourceTable

__all__ = ["READERS", "ColumnDeclaration", "SourceDeclaration", "SourceTable", "read_source"]
