"""What a build leaves for people: findings, the account of the forms, the manifest."""

from mg_cdisc.report.findings import accept, without_following
from mg_cdisc.report.write import write_reports

__all__ = ["accept", "without_following", "write_reports"]
