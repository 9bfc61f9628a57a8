"""Conformance: the rules, and what runs them over a package."""

from mg_cdisc.checks.catalogue import all_rules, rule_names
from mg_cdisc.checks.run import Folder, Given, Versions, check_packages, check_study, read_folder
from mg_cdisc.checks.study import Declared

__all__ = [
    "Declared",
    "Folder",
    "Given",
    "Versions",
    "all_rules",
    "check_packages",
    "check_study",
    "read_folder",
    "rule_names",
]
