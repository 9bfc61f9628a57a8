"""The findings of a build as a reviewer's guide tells them: alike ones together, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mg_cdisc.errors import Finding

LISTED = 20
"""Single findings of one kind that a guide lists."""
_LEVELS = ("error", "warning", "note")
_RECORDS = re.compile(r": [\d,]+ records?(: .*)?$", re.DOTALL)
_FAILED = re.compile(r"^(?:\w+, )?(?:check: )?does not hold: ")
_WORKING = re.compile(r"(?<=[( ])_(\w+ = ')")


@dataclass(frozen=True)
class Single:
    """One finding: where it is, and what was found."""

    place: str
    what: str


@dataclass(frozen=True)
class Issue:
    """Findings of one kind, in one dataset, with one reason.

    ``what`` is that of the first, ``others`` how many say something else; ``listed`` are the first
    of them one by one, and ``unlisted`` is the number of the rest.
    """

    level: str
    kind: str
    dataset: str
    records: int
    what: str
    others: int
    then: str
    reason: str
    listed: tuple[Single, ...]
    unlisted: int


def issues_of(findings: Iterable[Finding], own: Callable[[str], str]) -> tuple[Issue, ...]:
    """Findings by level, dataset, kind and reason; ``own`` gives a reason in the guide's language."""
    groups: dict[tuple[int, str, str, str], list[Finding]] = {}
    for each in sorted(findings):
        key = (_LEVELS.index(each.level), each.dataset, each.kind, each.reason)
        groups.setdefault(key, []).append(each)
    return tuple(_issue(group, own) for _, group in sorted(groups.items(), key=lambda one: one[0]))


def _issue(group: Sequence[Finding], own: Callable[[str], str]) -> Issue:
    first = group[0]
    then, _, reason = first.reason.partition(": ")
    said = list(dict.fromkeys(_RECORDS.sub("", _plain(each.what)) for each in group))
    return Issue(
        first.level,
        first.kind,
        first.dataset,
        sum(each.count for each in group),
        said[0],
        len(said) - 1,
        then,
        own(reason),
        tuple(Single(str(each.where), _plain(each.what)) for each in group[:LISTED]),
        max(0, len(group) - LISTED),
    )


def _plain(what: str) -> str:
    """What was found without the words of a spec: a check that does not hold, a working variable."""
    return _WORKING.sub(r"\1", _FAILED.sub("Not so: ", what))
