"""Runs the steps of a plan, subject partition by subject partition, into finished datasets."""

from mg_cdisc.build.account import FormAccount
from mg_cdisc.build.engine import Engine, Result
from mg_cdisc.build.finish import finish_package

__all__ = ["Engine", "FormAccount", "Result", "finish_package"]
