"""Rules about names, labels, types and order of variables, beside the standard's own facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, judged
from mg_cdisc.frame import Text, missing, plain_ascii

GIGABYTES = 5
_SMALL_WORDS = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "if", "in", "into", "of", "on", "or", "per", "the", "to", "vs", "with", "within"})  # fmt: skip
SUPP_REQUIRED = ("STUDYID", "RDOMAIN", "USUBJID", "QNAM", "QLABEL", "QVAL", "QORIG")


def check_required_absent(records: Records) -> Iterator[Fault]:
    """A variable that the standard requires and that is not there."""
    yield from _absent(records, "Req")


def check_expected_absent(records: Records) -> Iterator[Fault]:
    """A variable that the standard expects and that is not there."""
    yield from _absent(records, "Exp")


def _absent(records: Records, core: str) -> Iterator[Fault]:
    for name, fact in records.facts.items():
        if fact.core == core and name not in records:
            yield Fault(records, None, (name,), f"{records.name} has no {name}")


def check_required_blank(records: Records) -> Iterator[Fault]:
    """A variable that the standard requires and that is blank in some records."""
    names = [name for name, fact in records.facts.items() if fact.core == "Req"]
    if records.domain == "SUPP":
        names = list(SUPP_REQUIRED)
    for name in names:
        if name in records and (gone := missing(records[name])).any():
            yield Fault(records, gone, (name,))


def check_label(records: Records) -> Iterator[Fault]:
    """A label that is not the standard's, where the standard leaves nothing open.

    One in Chinese is a translation, and not compared.
    """
    for variable in records.variables:
        fact = records.facts.get(variable.name)
        same = fact is not None and fact.label == variable.label
        if fact is None or fact.label_is_open or same or not variable.label.isascii():
            continue
        told = f"{variable.name} has the label '{variable.label}', the standard '{fact.label}'"
        yield Fault(records, None, (variable.name,), told)


def check_title_case(records: Records) -> Iterator[Fault]:
    """A label of the sponsor's own that is not in title case."""
    for variable in records.variables:
        if records.fact(variable.name) is not None:
            continue
        words = re.findall(r"[A-Za-z][A-Za-z']*", variable.label)
        if any(word[0].islower() and word not in _SMALL_WORDS for word in words):
            told = f"{variable.name} has the label '{variable.label}'"
            yield Fault(records, None, (variable.name,), told)


def check_dataset_label(records: Records) -> Iterator[Fault]:
    """A dataset's label that is not the standard's; a part of a split domain may add to it."""
    fact = records.study.standard.dataset(
        records.name if records.domain == "SUPP" else records.domain
    )
    if fact is None or records.label == fact.label or not records.label.isascii():
        return
    split = records.name not in (records.domain, f"SUPP{records.domain}")
    if not split or not records.label:
        told = f"its label is '{records.label}', the standard's '{fact.label}'"
        yield Fault(records, None, (), told)


def check_type(records: Records) -> Iterator[Fault]:
    """A variable of another type than the standard's."""
    for variable in records.variables:
        fact = records.fact(variable.name)
        if fact is not None and (fact.type == "Char") != variable.is_text:
            told = f"{variable.name} is {'text' if variable.is_text else 'a number'}"
            yield Fault(records, None, (variable.name,), told)


def check_order(records: Records) -> Iterator[Fault]:
    """Variables of the guide's table out of its order; of a domain of one's own, of the class's.

    Where a variable stands that the table lacks, ``check_sections`` judges.
    """
    own = records.study.standard.class_variables(records.cls, records.prefix)
    place = {fact.name: fact.order for fact in records.facts.values() or own}
    known = [name for name in records.frame.columns if name in place]
    for before, name in pairwise(known):
        if place[name] < place[before]:
            yield Fault(records, None, (name,), f"{name} stands behind {before}")
            return


def check_sections(records: Records) -> Iterator[Fault]:
    """Identifiers first, then topic and qualifiers, then timing variables."""
    last, latest = 0, ""
    for name in records.frame.columns:
        fact = records.fact(name)
        if fact is None:
            continue
        at = {"Identifier": 0, "Timing": 2}.get(fact.role, 1)
        if at < last:
            yield Fault(records, None, (name,), f"{name} stands behind {latest}")
            return
        if at > last:
            last, latest = at, name


def check_allowed(records: Records) -> Iterator[Fault]:
    """A variable that neither the guide nor the model gives the domain."""
    known = bool(records.facts) or records.general
    for name in records.frame.columns if known and not records.associated else ():
        continued = re.fullmatch(r"(COVAL|TSVAL)[1-9][0-9]*", name)
        if records.fact(name) is None and not continued:
            yield Fault(records, None, (name,), f"{records.name} has {name}")


def check_prefix(records: Records) -> Iterator[Fault]:
    """In a domain of the sponsor's own, variables of another domain's prefix."""
    if records.domain in records.study.standard.datasets:
        return
    generic = {
        fact.name[len(records.prefix) :]
        for fact in records.study.standard.class_variables(records.cls, records.prefix)
        if fact.name.startswith(records.prefix)
    }
    for name in records.frame.columns:
        if (
            not name.startswith(records.prefix)
            and records.fact(name) is None
            and name[2:] in generic
        ):
            yield Fault(records, None, (name,), f"{records.name} has {name}")


def check_timing(records: Records) -> Iterator[Fault]:
    """A dataset of a general observation class without any timing variable."""
    roles = (records.fact(name) for name in records.frame.columns)
    if not any(fact is not None and fact.role == "Timing" for fact in roles):
        yield Fault(records)


def check_size(records: Records) -> Iterator[Fault]:
    """A transport file beyond what agencies take."""
    size = records.rows * sum(variable.length for variable in records.variables)
    if size > GIGABYTES * 2**30:
        yield Fault(records, None, (), f"about {size / 2**30:.1f} GB")


NAME_CHARACTERS, LABEL_CHARACTERS, VALUE_BYTES = 8, 40, 200


def check_name_length(records: Records) -> Iterator[Fault]:
    """Names that no version 5 transport file can hold; Dataset-JSON and version 8 can."""
    for variable in records.variables:
        if len(variable.name) > NAME_CHARACTERS:
            yield Fault(
                records, None, (variable.name,), f"{variable.name} has {len(variable.name)}"
            )


def check_label_length(records: Records) -> Iterator[Fault]:
    """Labels that no version 5 transport file can hold."""
    for variable in records.variables:
        if len(variable.label) > LABEL_CHARACTERS:
            told = f"that of {variable.name} has {len(variable.label)}"
            yield Fault(records, None, (variable.name,), told)


def check_value_length(records: Records) -> Iterator[Fault]:
    """Texts that no version 5 transport file can hold."""
    for name, column in records.frame.columns.items():
        if isinstance(column, Text):
            rows = column.where(lambda values: pc.greater(pc.binary_length(values), VALUE_BYTES))
            if rows.any():
                yield Fault(records, rows, (name,))


def check_text(records: Records) -> Iterator[Fault]:
    """Texts that begin with a blank."""
    for name, column in records.frame.columns.items():
        if isinstance(column, Text):
            rows = column.where(lambda values: pc.starts_with(values, " "))
            if rows.any():
                yield Fault(records, rows, (name,))


def check_point(records: Records) -> Iterator[Fault]:
    """Texts that are only a point, as SAS prints a missing number."""
    for name, column in records.frame.columns.items():
        if isinstance(column, Text) and (rows := column.equals(".")).any():
            yield Fault(records, rows, (name,))


_CONTROL = r"[\x00-\x1f\x7f]"
NULL_WORDS = ("NULL", "NAN", "NAT", "<NA>", "#N/A", "#NULL!")
"""What programs and sheets print for nothing; NA and NONE may be answers."""


def check_control(records: Records) -> Iterator[Fault]:
    """Texts with a character that does not print: a line break, a tab, a byte 0."""
    for name, column in records.frame.columns.items():
        if isinstance(column, Text) and not plain_ascii(column.values):
            rows = column.where(lambda values: pc.match_substring_regex(values, _CONTROL))
            if rows.any():
                yield Fault(records, rows, (name,))


def check_null_words(records: Records) -> Iterator[Fault]:
    """Texts that are the word of a program for nothing."""
    words = pa.array(NULL_WORDS)
    for name, column in records.frame.columns.items():
        if isinstance(column, Text):
            rows = column.where(lambda values: pc.is_in(pc.ascii_upper(values), value_set=words))
            if rows.any():
                yield Fault(records, rows, (name,))


def check_category(records: Records) -> Iterator[Fault]:
    """A category that repeats the domain's own label."""
    fact = records.study.standard.dataset(records.domain)
    for generic in ("--CAT", "--SCAT"):
        name = records.full(generic)
        column = records.text(name)
        if fact is not None and column is not None:
            label = fact.label.upper()
            rows = column.map(pc.utf8_upper).equals(label)
            if rows.any():
                yield Fault(records, np.asarray(rows), (name,))


def check_domain(records: Records) -> Iterator[Fault]:
    """A dataset's name that does not begin with its DOMAIN."""
    column = records.text("DOMAIN")
    if column is None:
        return
    rows = ~judged(column, records.name.startswith)
    if rows.any():
        yield Fault(records, rows, ("DOMAIN",))
