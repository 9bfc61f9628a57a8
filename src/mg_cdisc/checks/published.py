"""CDISC's published conformance rules for SDTMIG 3.4, and why some of them are no rule here."""

from __future__ import annotations

from mg_cdisc.checks.tables import read_table


def published() -> tuple[str, ...]:
    """The identifiers of all published rules, in their order."""
    return tuple(row["published"] for row in read_table("published"))


def other_published() -> dict[str, str]:
    """Why a published rule is not implemented as a rule, by its identifier."""
    return {row["published"]: row["reason"] for row in read_table("published") if row["reason"]}
