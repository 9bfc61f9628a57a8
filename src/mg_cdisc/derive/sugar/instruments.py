"""The short form ``instruments``: questionnaires and rating scales become findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from mg_cdisc.derive.sugar.base import Sugar, SugarContext
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import ExpressionError, FollowUpError, Mistakes

AS_COLLECTED = "a total, and an answer that the instrument does not offer, as collected"
TEXT = f"The text of the answer chosen, as the instrument's definition has it; {AS_COLLECTED}."
SCORE = f"The score of the answer chosen, as the instrument's definition has it; {AS_COLLECTED}."
NUMBER = (
    "The score of the answer chosen, as the instrument's definition has it; a total as collected; "
    "missing for an answer that the instrument does not offer."
)


class Instruments(Sugar):
    """``instruments``: questionnaires and rating scales from wide forms to findings.

    ``from`` names the form of each instrument (``{instrument: form}``). Every item and total of an
    instrument becomes a record: the result is the text of the chosen answer, the standardised
    result its score; a total is carried as collected. Nothing is corrected, and what does not fit
    the instrument is a finding: an item left blank on a form that is done (``item-missing``), an
    answer that is not offered (``answer-unknown``; both results are then as collected), a total
    that is not the sum of its items' scores (``total-mismatch``), a total outside the published
    range (``outside-range``) or within it and outside the registered one
    (``outside-registered-range``). A total of which an item is missing or unknown is judged only
    where the instrument says what becomes of it. Missing: an item left blank is a record with blank
    results; ``--STAT: {hardcode: NOT DONE, when: --ORRES = ''}`` says so in the record.
    """

    from_: dict[str, str] = Field(alias="from")
    """`{instrument: form}`: the file name in instruments/ and the source."""
    where: str | None = None
    """Only these rows of the forms."""
    done: str | None = None
    """The condition on which a row of a form is one that was done (`DONE = 'Y'`): only there a
    blank item is missing. Left out: all rows."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        known = context.instruments()
        mistakes = Mistakes()
        for name in self.from_:
            with mistakes.at("from", name):
                _check_instrument(name, known, context)
        mistakes.done()
        used = [known[name] for name in self.from_]
        records = [self._records(name, form, known, context) for name, form in self.from_.items()]
        return [*records, *_results(context.domain), *self._questions(used, context.domain)]

    def _records(
        self, name: str, form: str, known: Mapping[str, Any], context: SugarContext
    ) -> dict[str, Any]:
        """One record for each item and total of one instrument."""
        values = {"_answer": "column"}
        records: dict[str, Any] = {
            "from": form,
            "unpivot": {"table": f"{name}.tests", "values": values, "row": "_form_row"},
            "set": {f"{context.domain}CAT": {"hardcode": known[name].category}},
        }
        if self.where:
            records["where"] = self.where
        return {"records": records}

    def _questions(self, used: Sequence[Any], domain: str) -> Iterator[dict[str, Any]]:
        """What is asked of items and totals."""
        test, result = f"{domain}TESTCD", f"{domain}ORRES"
        undone = f"not ({self.done}) or " if self.done else ""
        answered = {
            "an item of a form that is done is answered": (
                f"{undone}_kind = 'total' or _answer != ''"
            )
        }
        offered = {
            "the answer is one that the instrument offers": (
                "_kind = 'total' or _answer = '' or _offered != ''"
            )
        }
        yield _check("item-missing", answered, [test], "Query the site.", "warning")
        todo = "Query the site, or correct the answer list of the instrument."
        yield _check("answer-unknown", offered, [test, result], todo)
        totals = [(each, total) for each in used for total in each.totals if total.column]
        if not totals:
            return
        yield {"_computed": _computed(totals, test)}
        collected = {
            "a total is collected where its items are answered": (
                f"{undone}_kind = 'item' or _answer != '' or missing(_computed)"
            )
        }
        yield _check("item-missing", collected, [test], "Query the site.", "warning")
        apart = f"abs({domain}STRESN - _computed)"
        rounded = [total.code for _, total in totals if total.missing_items == "prorate"]
        allowed = f"if({test} in ({_quoted(rounded)}), 0.5, 0.000001)" if rounded else "0.000001"
        # what is outside the range is no sum of answers, and told once
        outside = [
            f"({test} = '{total.code}' and not ({_within(total, instrument, domain, 'published')}))"
            for instrument, total in totals
            if "published" in _ranges(total, instrument)
        ]
        parts = ["_kind = 'item'", *outside, f"{apart} <= {allowed}"]
        sums = {"the total is the sum of its items": " or ".join(parts)}
        yield _check("total-mismatch", sums, [test, result, "_computed"])
        yield from _range_checks(totals, domain)


def _results(domain: str) -> list[dict[str, Any]]:
    """The answer chosen and its score; what is not offered stays as collected."""
    keep = [{"_offered": "answer"}, {"_text": "text"}, {"_score": "score"}]
    by = [{f"{domain}TESTCD": "test"}, {"_answer": "answer"}]
    return [
        {"lookup": {"from": "instruments.answers", "by": by, "keep": keep}},
        {"_item_score": "number(_score)"},
        {f"{domain}ORRES": {"assign": "if(_offered != '', _text, _answer)", "method": TEXT}},
        {f"{domain}STRESC": {"assign": "if(_offered != '', _score, _answer)", "method": SCORE}},
        {
            f"{domain}STRESN": {
                "assign": "if(_kind = 'item', _item_score, number(_answer))",
                "method": NUMBER,
            }
        },
    ]


def _computed(totals: Sequence[tuple[Any, Any]], test: str) -> dict[str, Any]:
    """Each total as the published scoring computes it: one value for totals of the same rule."""
    rules: dict[tuple[str, ...], list[str]] = {}
    for _, total in totals:
        rules.setdefault((total.missing_items, *total.items), []).append(total.code)
    values = []
    for (missing_items, *items), codes in rules.items():
        every = items == ["all"]
        value = {
            "missing": "if(count(missing(_item_score)) = 0, sum(_item_score))",
            "prorate": "mean(_item_score) * count()",
            "ignore": "sum(_item_score)",
        }[missing_items]
        values.append(
            {
                "by": ["USUBJID", "_form_row"],
                "where": "_kind = 'item'" if every else f"{test} in ({_quoted(items)})",
                "value": value,
                "when": f"{test} in ({_quoted(codes)})" if len(rules) > 1 else "_kind = 'total'",
            }
        )
    return values[0] if len(values) == 1 else {"first_of": values}


def _range_checks(totals: Sequence[tuple[Any, Any]], domain: str) -> Iterator[dict[str, Any]]:
    """Totals within the published range, and those within it also in the registered one."""
    test = f"{domain}TESTCD"
    published: dict[str, str] = {}
    registered: dict[str, str] = {}
    for instrument, total in totals:
        ranges = _ranges(total, instrument)
        known = {key: f"{each.low:g} to {each.high:g}" for key, each in ranges.items()}
        within = {key: _within(total, instrument, domain, key) for key in ranges}
        other = f"{test} != '{total.code}'"
        if "published" in ranges:
            name = f"{total.code} lies in its published range {known['published']}"
            published[name] = f"{other} or {within['published']}"
        if "registered" in ranges and known["registered"] != known.get("published"):
            name = f"{total.code} lies in its registered range {known['registered']}"
            beyond = f" or not ({within['published']})" if "published" in ranges else ""
            registered[name] = f"{other}{beyond} or {within['registered']}"
    shows = [f"{domain}ORRES", "_computed"]
    if published:
        yield _check("outside-range", published, shows)
    if registered:
        todo = "Tell it in the reviewer's guide: the registered range differs from the published."
        yield _check("outside-registered-range", registered, shows[:1], todo, "warning")


def _ranges(total: Any, instrument: Any) -> Mapping[str, Any]:
    """The ranges of a total: its own, else the instrument's where it is of all items."""
    ranges: Mapping[str, Any] = total.ranges
    if not ranges and total.items == ("all",):
        ranges = instrument.ranges
    return ranges


def _within(total: Any, instrument: Any, domain: str, key: str) -> str:
    """The condition on which a total lies within a range."""
    each, number = _ranges(total, instrument)[key], f"{domain}STRESN"
    return f"{number} >= {each.low:g} and {number} <= {each.high:g}"


def _check(
    finding: str, must: Mapping[str, str], shows: Sequence[str],
    todo: str = "Query the site, or accept it in findings.yaml.", level: str = "error",
) -> dict[str, Any]:  # fmt: skip
    options = {"finding": finding, "shows": list(shows), "level": level, "todo": todo}
    return {"check": {"must": dict(must), **options}}


def _quoted(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def _check_instrument(name: str, known: Mapping[str, Any], context: SugarContext) -> None:
    if f"instrument:{name}" in context.broken:
        raise FollowUpError(f"instrument {name} has a mistake of its own")
    if name not in known:
        raise ExpressionError(
            f"there is no instrument {name}",
            nearest(name, known) or f"Instruments: {one_of(list(known)) or 'none'}.",
            "unknown-name",
        )
    if known[name].domain != context.domain:
        raise ExpressionError(
            f"instrument {name} belongs to domain {known[name].domain}, this is {context.domain}",
            "Correct domain: in its file, or move it to that domain's spec.",
            "wrong-domain",
        )
