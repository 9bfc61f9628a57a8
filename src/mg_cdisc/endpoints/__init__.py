"""First results of the registered endpoints, from the built analysis datasets."""

from mg_cdisc.endpoints.compute import Result, compute_endpoints
from mg_cdisc.endpoints.rows import Row, Table

__all__ = ["Result", "Row", "Table", "compute_endpoints"]
