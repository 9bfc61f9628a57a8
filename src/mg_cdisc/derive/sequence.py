"""Numbering and flagging within groups."""

from __future__ import annotations

from collections.abc import Sequence as Several

import numpy as np
from pydantic import Field

from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import (
    BoundValue,
    Expr,
    Facts,
    OrderKeys,
    Reach,
    Run,
    Scope,
    TextList,
    Value,
    merge_reads,
    written_name,
)
from mg_cdisc.derive.choose import TIE, TIE_TODO, Take, choose_rows
from mg_cdisc.derive.numbering import apart_of, base_keys, continue_numbers, record_keys
from mg_cdisc.derive.tracer import Grouping
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Mistakes,
    Name,
    Type,
    Typed,
    TypedOrder,
    bind_condition,
    bind_order,
    english,
    english_order,
)
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Mask,
    Text,
    choose,
    group_codes,
    order_key,
    sort_order,
)


class Sequence(Value):
    """``sequence``: 1, 2, 3 ... within a group, in an order; --SEQ within the subject.

    Records equal in the whole order are told apart by the dataset's keys, those made above; where
    they are equal in these too, that is a finding (``tie``), as their numbers would depend on the
    order of the source's rows. Where the study has a
    ``numbering.csv``, --SEQ within the subject is taken from it: a record that stands there keeps
    its number, the others have the next ones. Missing: a missing value sorts first, with ``desc``
    last. Rule: SDTMIG 3.4 section 4.1 (--SEQ is unique within USUBJID in a dataset).
    """

    sequence: OrderKeys
    """In which order the records are numbered."""
    by: TextList = ("USUBJID",)
    """The group within which numbers start at 1; `[]` is the whole dataset."""
    apart: TextList | None = None
    """For `numbering.csv`: the variables that tell apart several records of one source row. Left
    out: --MOOD, --TESTCD, --OBJ, --BDAGNT, --LOC, --LAT, --TPTNUM and ETCD, those that are made
    above."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.NUMBER)
        groups: tuple[str, ...] = ()
        order: list[TypedOrder] = []
        mistakes = Mistakes()
        with mistakes.at("by"):
            groups = bind_groups(self.by, scope)
        for position, each in enumerate(self.sequence):
            with mistakes.at("sequence", position):
                order.append(bind_order(each, scope))
        domain = scope.constants.get("DOMAIN", "")
        kept = target is not None and target.name == f"{domain}SEQ" and self.by == ("USUBJID",)
        apart: tuple[str, ...] = ()
        with mistakes.at("apart"):
            if self.apart is not None and not kept:
                raise ExpressionError(
                    "apart: says nothing of a number that is not --SEQ within USUBJID",
                    "Leave it out.",
                )
            apart = bind_groups(apart_of(domain, self.apart, scope.columns), scope) if kept else ()
        mistakes.done()
        said = {*groups, *scope.constants, target.name if target is not None else ""}
        said |= {str(key.typed.node) for key in order if isinstance(key.typed.node, Name)}
        further = tuple(
            key for key in scope.catalog.keys(scope.dataset)
            if key in scope.columns and key not in said
        )  # fmt: skip

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            # under a when: only the records that it holds for are counted
            codes, count = group_codes([frame[key] for key in groups], frame.rows)
            keys = [codes, *(key.key(env) for key in order)]
            if run.tracer is not None:
                run.tracer.grouped(frame, codes, Grouping(groups, env.wanted, tuple(order)), None)
            rows = None if env.wanted.all() else np.flatnonzero(env.wanted)
            if rows is not None:
                keys = [key[rows] for key in keys]
            position = sort_order(keys, len(keys[0]))
            if _equal(keys, position).any():
                more = [order_key(frame[key]) for key in further]
                keys += more if rows is None else [key[rows] for key in more]
                position = sort_order(keys, len(keys[0]))
                tied = _equal(keys, position)
                if tied.any():
                    at = position[np.append(tied, False) | np.append(False, tied)]
                    run.notes(frame).report(
                        TIE, np.sort(at if rows is None else rows[at]), None,
                        "this record ties with another for its number, which would depend on the "
                        "order of the source's rows", "Add to sequence: what tells them apart.",
                    )  # fmt: skip
            position = position if rows is None else rows[position]
            sizes = np.bincount(keys[0], minlength=count)
            counted = np.arange(1.0, len(position) + 1)
            counted -= np.repeat((np.cumsum(sizes) - sizes).astype(np.float64), sizes)
            number = np.full(frame.rows, np.nan)
            number[position] = counted
            register = run.register() if kept and rows is None and self.when is None else None
            if register is None:
                return number
            subjects = frame.text("USUBJID")
            told = {key: frame[key] for key in apart}
            made = record_keys(base_keys(frame.origins, register), told, subjects, position)
            number, new = continue_numbers(subjects, position, made, frame.origins, register)
            register.give(subjects, made, number, new)
            return number

        words = ", ".join(english_order(key) for key in self.sequence)
        sentence = f"Sequential number within {' and '.join(self.by) or 'the dataset'}, in order of {words}"
        if kept and scope.catalog.numbered:
            sentence += "; a record of an earlier data cut keeps its number"
        return BoundValue(
            Type.NUMBER,
            compute,
            f"{sentence}.",
            merge_reads(groups, *(key.typed.reads for key in order), apart, further),
            reach=reach_of(self.by),
        )


def _equal(keys: Several[Index], position: Index) -> Mask:
    """For each record in order but the first, whether it equals the one before in every key."""
    same: Mask = np.ones(max(len(position) - 1, 0), bool)
    for key in reversed(keys):  # the last of them tells most records apart
        ordered = key[position]
        same &= ordered[1:] == ordered[:-1]
        if not same.any():
            break
    return same


class Flag(Value):
    """``flag``: Y where a condition holds, or on one record of each group.

    With ``take`` the condition says which records are candidates, and the first or last of them in
    ``order`` within ``by`` gets the flag. ``else`` is what the others get (blank unless written).
    Missing: ``undecided`` is what a record gets whose condition cannot be decided.
    """

    flag: Expr
    """The condition; with `take` it says which records are candidates."""
    by: TextList | None = None
    """The groups of which one record each gets the flag: `[USUBJID]`; `[]` is the whole dataset.
    With `take` it is always said."""
    order: OrderKeys = ()
    """In which order the candidates of a group stand."""
    take: Take | None = None
    """Which candidate gets the flag. Left out: every record for which the condition is true."""
    yes: str = "Y"
    """What a flagged record gets."""
    else_: str = Field("", alias="else")
    """What the other records get."""
    undecided: str | None = None
    """What a record gets whose condition cannot be decided. Left out: the same as the others."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.TEXT)
        groups: tuple[str, ...] = ()
        order: list[TypedOrder] = []
        mistakes = Mistakes()
        with mistakes.at("flag"):
            condition: Typed = bind_condition(self.flag, scope)
        with mistakes.at("by"):
            groups = bind_groups(self.by or (), scope)
            if self.take is not None and self.by is None:
                raise ExpressionError(
                    "take: says one record, and nothing says of which groups",
                    "Add by:, such as by: [USUBJID]; by: [] is the whole dataset.",
                    "no-by",
                )
        for position, each in enumerate(self.order):
            with mistakes.at("order", position):
                order.append(bind_order(each, scope))
        with mistakes.at("take"):
            if self.take in ("first", "last") and not self.order:
                raise ExpressionError(
                    f"{self.take} in what order?", "Add order: and say what is first.", "no-order"
                )
            if self.take is None and (self.by or self.order):
                raise ExpressionError(
                    "by: and order: say nothing without take:",
                    "Add take: first or take: last.",
                    "no-take",
                )
        mistakes.done()
        undecided = self.else_ if self.undecided is None else self.undecided

        def compute(frame: Frame, env: Env, run: Run) -> Column:
            truth = condition.truth(env)
            yes: Mask = truth.true & env.wanted
            if self.take is not None:
                rows = np.flatnonzero(yes)
                codes, count = group_codes([frame[key] for key in groups], frame.rows)
                among = env.only(yes)  # only candidates can have a fault in what orders them
                keys = [key.key(among)[rows] for key in order]
                choice = choose_rows(codes[rows], keys, count, self.take)
                if len(choice.tied):
                    run.notes(frame).report(
                        TIE, rows[choice.tied], None,
                        f"this record ties with another for the {self.take} of its group", TIE_TODO,
                    )  # fmt: skip
                if self.take == "only" and (choice.sizes > 1).any():
                    run.notes(frame).report(
                        "several-matches", yes & (choice.sizes > 1)[codes], None,
                        "several records of the group meet the condition, and one is needed",
                        "Narrow flag:, or give order: and take:.",
                    )  # fmt: skip
                candidates, yes = yes, np.zeros(frame.rows, bool)
                yes[rows[choice.held()]] = True
                if run.tracer is not None:
                    told = Grouping(groups, candidates, tuple(order), condition, self.take)
                    run.tracer.grouped(frame, codes, told, yes)
            made = choose(
                yes, Text.constant(self.yes, frame.rows), Text.constant(self.else_, frame.rows)
            )
            return choose(truth.undecided, Text.constant(undecided, frame.rows), made)

        return BoundValue(
            Type.TEXT,
            compute,
            self._sentence(),
            merge_reads(condition.reads, groups, *(key.typed.reads for key in order)),
            reach=reach_of(groups) if self.take else Reach.ROW,
        )

    def _sentence(self) -> str:
        text = f'"{self.yes}" '
        if self.take is None:
            text += f"where {english(self.flag)}"
        else:
            which = "the only" if self.take == "only" else f"the {self.take}"
            whose = "" if self.by else " of the dataset"
            text += f"on {which} record{whose} where {english(self.flag)}"
            text += f" within {', '.join(self.by)}" if self.by else ""
            if self.order:
                text += f", in order of {', '.join(english_order(key) for key in self.order)}"
        return text + (f'; otherwise "{self.else_}".' if self.else_ else "; otherwise blank.")


def bind_groups(by: Several[str], scope: Scope) -> tuple[str, ...]:
    """The columns that a group is made of."""
    groups: list[str] = []
    mistakes = Mistakes()
    for position, name in enumerate(by):
        with mistakes.at(position):
            groups.append(scope.resolve(written_name(name))[0])
    mistakes.done()
    return tuple(groups)


def reach_of(by: tuple[str, ...]) -> Reach:
    """Groups within a subject stay within a partition; others look across the study."""
    return Reach.SUBJECT if "USUBJID" in by else Reach.STUDY
