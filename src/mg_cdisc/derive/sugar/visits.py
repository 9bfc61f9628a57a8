"""The short form ``visit``: VISITNUM, VISIT and VISITDY from the study's table of planned visits."""

from __future__ import annotations

from typing import Any

from mg_cdisc.derive.base import SOURCE, TextList
from mg_cdisc.derive.sugar.base import Sugar, SugarContext
from mg_cdisc.expression import ExpressionError, Mistakes

MADE = ("VISITNUM", "VISIT", "VISITDY")
PLANNED = ("_planned_number", "_planned_visit", "_planned_day")
START, END = "SVSTDTC", "SVENDTC"
UNKNOWN = "unknown-visit"
UNPLANNED = "of an unscheduled visit"
NUMBERED = (
    "that of the subject's last planned visit on its day or before, and .1, .2 and so on in order of "
    "date (.01, .02 and so on where there are more than nine)"
)
TODO = "Correct the label, add it to the table, or query the site."
REPEATED = "the same visit on another day: one record from its first day to its last"


class Visit(Sugar):
    """``visit``: VISITNUM, VISIT and VISITDY from the study's table of planned visits.

    The label of the form is looked up in the table, whatever its case and blanks. A row of the
    table without VISITNUM is the label of unscheduled visits. In SV each unscheduled visit gets a
    number of its own: that of the last planned visit before it and .1, .2 ... in order of date
    (.01, .02 ... where there are more than nine), its VISIT is the word of that row and the number,
    its VISITDY is blank. Every other dataset finds the number of its unscheduled visit in SV, by
    subject and date. Missing: a label that the table does not have, an unscheduled visit that SV
    does not have on that day, and one of SV without a complete date are findings, and the visit is
    missing. The working variable ``_unscheduled`` is Y for an unscheduled visit. Rule: SDTMIG 3.4
    section 4.4.5 and SV; the rule for the numbers between is this product's.
    """

    of: str
    """The label of the visit on the form: a column, or a working variable made of several."""
    on: str | None = None
    """The date of the record, by which an unscheduled visit is found in SV. Left out in SV itself,
    where it is SVSTDTC."""
    table: str = "schedule"
    """The table of planned visits, with the columns VISITNUM, VISIT and VISITDY."""
    match: TextList = ("form",)
    """The column of the table that has the form's labels, or several that are tried in turn."""
    where: str | None = None
    """Which records stand at a visit; the others have none, and their label is not judged."""
    repeats: bool = False
    """In SV: whether a planned visit that was held on several days is one record, from the first
    day to the last. It is a record for each otherwise, all with the same VISITNUM."""
    fill: str | None = None
    """In SV: which planned visits get a record where the form has none, as a condition on the row
    of the table (`VISITNUM < 90`). The working variable `_filled` is Y there."""

    def expand(self, context: SugarContext) -> list[dict[str, Any]]:
        in_sv = context.domain == "SV"
        mistakes = Mistakes()
        for key in ("repeats", "fill"):
            with mistakes.at(key):
                if getattr(self, key) and not in_sv:
                    raise ExpressionError(
                        f"{key}: is for SV, and this is {context.dataset}", f"Drop {key}:."
                    )
        with mistakes.at("match"):
            if not self.match:
                raise ExpressionError(
                    "match: names no column", "Name the one that has the form's labels."
                )
        with mistakes.at("on"):
            if in_sv and self.on not in (None, START):
                raise ExpressionError(f"in SV the date is {START}", "Drop on:.")
            if not in_sv and self.on is None:
                raise ExpressionError(
                    "on: is needed", "Name the date of the record, such as --DTC.", "missing-key"
                )
        mistakes.done()
        steps = self._planned()
        return steps + (self._numbered() if in_sv else self._found())

    def _planned(self) -> list[dict[str, Any]]:
        """The row of the table that has the label, by each column in turn."""
        label = self.of.strip("`")
        label = f"{SOURCE}{label}" if label in MADE else label
        several = len(self.match) > 1
        steps: list[dict[str, Any]] = []
        for position, column in enumerate(self.match):
            end = f"_{position + 1}" if several else ""
            keep = [{f"{name}{end}": old} for name, old in zip(PLANNED, MADE, strict=True)]
            by = {label: column}
            steps.append(
                {"lookup": {"from": self.table, "by": by, "spelling": "any", "keep": keep}}
            )
        if several:
            last = len(self.match)
            for name in PLANNED:
                value = f"{name}_{last}"
                for position in range(last - 1, 0, -1):
                    value = f"if(_planned_visit_{position} != '', {name}_{position}, {value})"
                steps.append({name: value})
        held = "_planned_visit != ''" + (f" or not ({self.where})" if self.where else "")
        must = {f"the visit stands in {self.table}": held}
        check = {"must": must, "finding": UNKNOWN, "shows": [label], "todo": TODO}
        flag = "_planned_visit != '' and missing(_planned_number)"
        flag += f" and ({self.where})" if self.where else ""
        return [*steps, {"check": check}, {"_unscheduled": {"flag": flag}}]

    def _found(self) -> list[dict[str, Any]]:
        """The number of an unscheduled visit as SV has it."""
        where = (
            f"_unscheduled = 'Y' and date_part({START}) <= date_part(this.{self.on})"
            f" and date_part(this.{self.on}) <= date_part(coalesce({END}, {START}))"
        )
        number = {"from": "SV", "where": where, "value": "if(count() = 1, min(VISITNUM))"}
        sure = "_unscheduled = '' or not missing(_sv_number)"
        must = {"SV has one unscheduled visit of the subject on the day": sure}
        todo = "Correct the date, or the visits that SV is made of."
        return [
            {"_sv_number": number | {"when": "_unscheduled = 'Y'"}},
            {"check": {"must": must, "finding": UNKNOWN, "shows": [self.on], "todo": todo}},
            *self._variables(
                "_sv_number", f"the number that it has in SV, by the day of {self.on}"
            ),
        ]

    def _variables(self, between: str, rule: str) -> list[dict[str, Any]]:
        """VISITNUM, VISIT and VISITDY, with sentences for a person who reads define.xml."""
        whose = (
            f"of the visit planned in {self.table} whose {' or '.join(self.match)} is {self.of}, in "
            "whatever case and with whatever blanks"
        )
        named = (
            f"if(missing({between}), _planned_visit, concat(_planned_visit, ' ', text({between})))"
        )
        values = (
            (f"coalesce(_planned_number, {between})", f"VISITNUM {whose}; {UNPLANNED} {rule}."),
            (named, f"VISIT {whose}; {UNPLANNED} the word for it and its number."),
            ("_planned_day", f"VISITDY {whose}; {UNPLANNED} none."),
        )
        when = {"when": self.where} if self.where else {}
        return [
            {name: {"assign": value, "method": method} | when}
            for name, (value, method) in zip(MADE, values, strict=True)
        ]

    def _numbered(self) -> list[dict[str, Any]]:
        """Unscheduled visits numbered behind the planned one before them."""
        dated = f"_unscheduled = 'Y' and not missing(date({START}))"
        sure = f"_unscheduled = '' or not missing(date({START}))"
        must = {"an unscheduled visit has a complete date": sure}
        before = {
            "by": "USUBJID",
            "where": (
                f"not missing(_planned_number) and date_part({START}) <= date_part(this.{START})"
            ),
            "order": [f"date_part({START})", "_planned_number"],
            "take": "last",
            "value": "_planned_number",
            "when": dated,
        }
        gap = ["USUBJID", "_after"]
        steps: list[dict[str, Any]] = [
            {
                "check": {
                    "must": must,
                    "finding": UNKNOWN,
                    "shows": [START],
                    "todo": "Query the site.",
                }
            },
            {"_visit_before": before},
            {"_after": "coalesce(_visit_before, 0)"},
            {"_place": {"sequence": [START], "by": gap, "when": dated}},
            {"_places": {"by": gap, "where": dated, "value": "count()"}},
            {"_between": "round(_after + _place / if(_places > 9, 100, 10), 2)"},
            *self._variables("_between", NUMBERED),
        ]
        if self.repeats:
            held = f"not missing(_planned_number) and not missing({START})"
            same = {"by": ["USUBJID", "VISITNUM"], "where": held}
            end = same | {"value": f"max(coalesce({END}, {START}))"}
            steps += [
                {"_held": same | {"value": "count()"}},
                {"revise": {"where": f"_held > 1 and {held}", "set": {END: end}}},
                {"pick": same | {"order": START, "take": "first", "reason": REPEATED}},
            ]
        if self.fill is not None:
            rows = {"from": self.table, "where": f"not missing(VISITNUM) and ({self.fill})"}
            grid = rows | {"keep": list(MADE)}
            filled = {"by": "USUBJID", "grid": grid, "on": "VISITNUM"}
            steps.append({"fill": filled | {"set": {"_filled": {"hardcode": "Y"}}}})
        return steps
