"""CDISC's open rules engine (CORE): calling it, reading its reports, and merging what it found."""

from mg_cdisc.checks.core.call import Job, run_core
from mg_cdisc.checks.core.merge import CoreRule, Merged, merge_reports
from mg_cdisc.checks.core.report import Issue, Report, RuleRun, read_report

__all__ = [
    "CoreRule",
    "Issue",
    "Job",
    "Merged",
    "Report",
    "RuleRun",
    "merge_reports",
    "read_report",
    "run_core",
]
