"""Conformance of analysis datasets: what they are made of, and the rules about them."""

from mg_cdisc.checks.adam.study import AnalysisRecords, AnalysisStudy, is_analysis, view_analysis

__all__ = ["AnalysisRecords", "AnalysisStudy", "is_analysis", "view_analysis"]
