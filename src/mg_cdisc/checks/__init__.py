"""Conformance: the rules, and what runs them over a package."""

from mg_cdisc.checks.catalogue import all_rules, rule_names
from mg_cdisc.checks.run import Folder, check_package, check_study, read_folder

__all__ = ["Folder", "all_rules", "check_package", "check_study", "read_folder", "rule_names"]
