"""Recoding: verbatim text to controlled terms, and any text to any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from mg_cdisc.derive.assign import check_type
from mg_cdisc.derive.base import BoundValue, Expr, Facts, Make, Run, Scope, Value
from mg_cdisc.errors import nearest, one_of
from mg_cdisc.expression import (
    Env,
    ExpressionError,
    Mistakes,
    Name,
    Node,
    Type,
    Typed,
    bind,
    english,
)
from mg_cdisc.expression.values import number_text, parse_numbers, read_number
from mg_cdisc.frame import Column, Frame, Text, choose
from mg_cdisc.terminology import Codelist

Otherwise = Literal["error", "keep", "missing"]


class AssignCt(Value):
    """``assign_ct``: verbatim text to the submission value of the variable's codelist.

    A text is recoded by the codelist's map in terminology.yaml, else kept where it is a term
    exactly; anything else is a finding (or kept, or missing, where ``else`` says so). Missing:
    blank stays blank. Rule: SDTMIG 3.4 section 4.3 (controlled terminology is case-sensitive).
    """

    assign_ct: Expr
    """The collected text."""
    codelist: str | None = None
    """The codelist, by short name or NCI code, where the variable has none or several."""
    else_: Otherwise = Field("error", alias="else")
    """What happens to a text that is neither mapped nor a term."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        check_type(target, Type.TEXT)
        mistakes = Mistakes()
        with mistakes.at("assign_ct"):
            typed = _bind_recoded(self.assign_ct, scope)
        with mistakes.at("codelist"):
            codelist = choose_codelist(self.codelist, scope, target)
        mistakes.done()
        mapping = dict(scope.catalog.mapping(codelist.short_name))
        for term in codelist.terms:
            mapping.setdefault(term, term)
        name = target.name if target else "value"
        compute = _recoder(
            typed,
            mapping,
            self.else_,
            "unmapped-term",
            f"{name} = {{value!r}} is not in codelist {codelist.short_name} and has no mapping",
            "Add it to terminology.yaml, or query the site.",
        )
        collected = all(key.startswith("source.") for key in typed.reads)
        sentence = f"{english(typed.node)} as the term of codelist {codelist.short_name}."
        return BoundValue(
            Type.TEXT,
            compute,
            sentence[0].upper() + sentence[1:],
            typed.reads,
            origin="Collected" if collected else "Derived",
            codelist=codelist,
        )


class Map(Value):
    """``map``: recode one text to another by a list written in place.

    ``else`` says what happens to a text that is not listed: ``error`` (the default), ``keep`` or
    ``missing``. Missing: blank stays blank unless it is listed.
    """

    map: Expr
    """The text to recode."""
    to: dict[str, str]
    """`from: to`, text by text."""
    else_: Otherwise = Field("error", alias="else")
    """What happens to a text that is not listed."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        mistakes = Mistakes()
        with mistakes.at("map"):
            typed = _bind_recoded(self.map, scope)
        mistakes.done()
        numeric = target is not None and target.type is Type.NUMBER
        check_type(target, Type.NUMBER if numeric else Type.TEXT)
        compute = _recoder(
            typed,
            self.to,
            self.else_,
            "unmapped-value",
            f"{target.name if target else 'value'}: {{value!r}} has no mapping",
            "Add it to the map, or write what happens with else:.",
        )
        pairs = one_of([f'"{verbatim}" to "{term}"' for verbatim, term in self.to.items()])
        words = {"error": "", "keep": "; others kept", "missing": "; others missing"}[self.else_]
        sentence = f"{english(typed.node)} recoded: {pairs}{words}."
        if not numeric:
            return BoundValue(Type.TEXT, compute, sentence, typed.reads)

        def numbers(frame: Frame, env: Env, run: Run) -> Column:
            text = compute(frame, env, run)
            assert isinstance(text, Text)
            made, bad = parse_numbers(text.values)
            env.notes.report(
                "not-a-number", text.spread(bad) & env.wanted, text,
                "{value!r} has no mapping and is not a number",
                "Add it to the map, or write else: missing.",
            )  # fmt: skip
            return text.spread(made)

        for verbatim, term in self.to.items():
            with mistakes.at("to", verbatim):
                if term and np.isnan(read_number(term)):
                    raise ExpressionError(
                        f"'{term}' is no number and {target.name if target else ''} is numeric",
                        "Map to numbers.",
                        "wrong-type",
                    )
        mistakes.done()
        return BoundValue(Type.NUMBER, numbers, sentence, typed.reads)


class Decode(Value):
    """``decode``: what a controlled term means in words; a test code becomes its test name.

    ``codelist`` names the list that the term belongs to, where it is not that of the variable it
    stands in (``LBTEST: {decode: LBTESTCD}`` needs none). A term that the list lacks is a finding.
    Missing: blank stays blank.
    """

    decode: Expr
    """The variable that holds the term."""
    codelist: str | None = None
    """The codelist of the term, where the variable has none or several."""

    def bind(self, scope: Scope, target: Facts | None) -> BoundValue:
        if target is not None:
            check_type(target, Type.TEXT)
        typed = _bind_recoded(self.decode, scope)
        codelist = choose_codelist(self.codelist, scope, self._facts(typed, scope))
        mapping = {value: term.decode for value, term in codelist.terms.items()}
        compute = _recoder(
            typed,
            mapping,
            "error",
            "unknown-term",
            f"{{value!r}} is no term of codelist {codelist.short_name} and has no decode",
            "Correct the term, or add it to the codelist in terminology.yaml.",
        )
        held = None
        if target is not None and len(target.codelists) == 1:
            held = target.codelists[0]
        sentence = f"The decode of {english(typed.node)} in codelist {codelist.short_name}."
        return BoundValue(
            Type.TEXT, compute, sentence, typed.reads, origin="Assigned", codelist=held
        )

    def _facts(self, typed: Typed, scope: Scope) -> Facts | None:
        if isinstance(typed.node, Name) and not typed.node.key.startswith("source."):
            return scope.catalog.facts(scope.dataset, typed.node.name)
        return None


def _bind_recoded(node: Node, scope: Scope) -> Typed:
    typed = bind(node, scope)
    if typed.type is Type.CONDITION:
        raise ExpressionError("a condition cannot be recoded", "Use flag: or cases:.")
    return typed


def choose_codelist(name: str | None, scope: Scope, target: Facts | None) -> Codelist:
    """The codelist that is named, else the only one that the variable has."""
    if name is not None:
        codelist = scope.catalog.codelist(name)
        if codelist is None:
            known = scope.catalog.names("codelist")
            raise ExpressionError(
                f"there is no codelist {name}",
                nearest(name, known) or "Name a published codelist, or one of terminology.yaml.",
                "unknown-codelist",
            )
        return codelist
    offered = target.codelists if target else ()
    if len(offered) == 1:
        return offered[0]
    if not offered:
        raise ExpressionError(
            f"{target.name if target else 'a working variable'} has no codelist of its own",
            "Name one with codelist:, or use assign.",
            "no-codelist",
        )
    listed = one_of([codelist.short_name for codelist in offered])
    raise ExpressionError(
        f"{target.name if target else ''} may have terms of {listed}",
        "Name one with codelist:.",
        "no-codelist",
    )


def _recoder(
    typed: Typed, mapping: Mapping[str, str], otherwise: Otherwise, kind: str, what: str, todo: str
) -> Make:
    def compute(frame: Frame, env: Env, run: Run) -> Column:
        value = typed.column(env)
        text = value if isinstance(value, Text) else number_text(value)
        held = [str(each) for each in text.values.to_pylist()]
        made = [mapping.get(each) for each in held]
        unknown = np.array(
            [to is None and bool(verbatim) for verbatim, to in zip(held, made, strict=True)], bool
        )
        kept = None
        if otherwise == "error" and unknown.any():
            at_fault = text.spread(unknown) & env.wanted
            env.notes.report(kind, at_fault, text, what, todo)
            kept = run.kept(kind, frame, at_fault, text, what)
        filled = [
            (verbatim if otherwise == "keep" else "") if to is None else to
            for verbatim, to in zip(held, made, strict=True)
        ]
        known = np.array(
            [to is not None and bool(verbatim) for verbatim, to in zip(held, made, strict=True)],
            bool,
        )
        run.count("mapped", int(np.count_nonzero(text.spread(known) & env.wanted)))
        recoded = Text.encode(pa.array(filled, pa.string())).expand(text.codes)
        return recoded if kept is None or not kept.any() else choose(kept, text, recoded)

    return compute
