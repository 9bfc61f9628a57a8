"""CDISC's published and draft conformance rules, and why some of them are no rule here."""

from __future__ import annotations

from mg_cdisc.checks.tables import read_table


def published() -> tuple[str, ...]:
    """The identifiers of all published rules, in their order."""
    return tuple(row["published"] for row in read_table("published"))


def drafts(standard: str) -> tuple[str, ...]:
    """The identifiers of CDISC's and the FDA's draft rules for a guide; of ADaM also the one published."""
    return tuple(row["published"] for row in read_table("drafts") if row["standard"] == standard)


def other_drafts(standard: str) -> dict[str, str]:
    """Why a draft is not implemented as a rule, by its identifier."""
    rows = [row for row in read_table("drafts") if row["standard"] == standard and row["reason"]]
    return {row["published"]: row["reason"] for row in rows}


def other_published() -> dict[str, str]:
    """Why a published rule is not implemented as a rule, by its identifier."""
    return {row["published"]: row["reason"] for row in read_table("published") if row["reason"]}
