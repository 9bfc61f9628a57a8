"""Rules about SUPP--, CO and RELREC: what they point at is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.checks.rule import Against, Fault
from mg_cdisc.checks.study import Records, Study, as_text, cell, held, judged, matched
from mg_cdisc.errors import one_of
from mg_cdisc.frame import Column, Index, Mask, Text, group_codes, missing


def check_rdomain(records: Records) -> Iterator[Fault]:
    """RDOMAIN names a dataset that is there."""
    column = records.text("RDOMAIN")
    if column is None or records.study.partial:
        return
    there = {name for each in records.study for name in (each.domain, each.name)}
    known = sorted(there | records.study.unread)
    rows = column.where(
        lambda values: pc.invert(pc.is_in(values, value_set=pa.array(["", *known])))
    )
    if rows.any():
        yield Fault(records, rows, ("RDOMAIN",))


def check_supp_rdomain(records: Records) -> Iterator[Fault]:
    """RDOMAIN of SUPP-- is the domain that the dataset is named after."""
    column = records.text("RDOMAIN")
    if column is not None:
        rows = judged(column, lambda domain: not records.name.startswith(f"SUPP{domain}"))
        if rows.any():
            yield Fault(records, rows, ("RDOMAIN",))


def check_references(records: Records) -> Iterator[Fault]:
    """IDVAR is a variable of the dataset, and a record of the subject has the value IDVARVAL."""
    for domain, variable, rows in _points(records):
        parents = [each for each in records.study.of(domain) if each.domain == domain]
        if not parents:
            continue
        holders = [each for each in parents if variable in each]
        if not holders:
            yield Fault(records, rows, ("IDVAR",), f"{domain} has no {variable}")
            continue
        rows = rows[~missing(records["IDVARVAL"])[rows]]
        lost = rows[_unresolved(records, rows, holders, variable)]
        if len(lost):
            told = f"{domain} has no such record"
            yield Fault(records, lost, ("IDVAR", "IDVARVAL", "QVAL"), told, "IDVARVAL",
                        _known_of(records, holders, variable))  # fmt: skip


def _known_of(records: Records, holders: list[Records], variable: str) -> Against:
    """The values that could be pointed at: those of the subject's records."""

    def told(rows: Index) -> list[list[tuple[str, str]]]:
        mine, found = records.text("USUBJID"), []
        for row in rows.tolist():
            values: dict[str, None] = {}
            for each in holders:
                theirs = each.text("USUBJID")
                if mine is None or theirs is None:
                    continue
                here = each.plain(variable).take(theirs.equals(cell(mine, row)))
                values |= dict.fromkeys(value for value in here.used() if value)
            shown = one_of(list(values), 30) or "no record"
            pairs = [(f"{holders[0].name}.{variable} of the subject", shown)]
            qualified = _qualified(records, row)
            left = [value for value in values if value not in qualified]
            if qualified and left:
                pairs.append((f"of these without {records.shown('QNAM', row)}", one_of(left, 30)))
            found.append(pairs)
        return found

    return told


def _qualified(records: Records, row: int) -> set[str]:
    """What records of the same subject with the same QNAM point at, in a supplemental dataset."""
    like = np.ones(records.rows, bool)
    for name in ("USUBJID", "RDOMAIN", "IDVAR", "QNAM"):
        column = records.text(name)
        if column is None:
            return set()
        like &= column.equals(cell(column, row))
    return set(records.plain("IDVARVAL").take(like).used())


def _points(records: Records) -> Iterator[tuple[str, str, Index]]:
    """For each domain and IDVAR that are pointed at, the records that do so."""
    domains, variables, values = (records.text(name) for name in ("RDOMAIN", "IDVAR", "IDVARVAL"))
    if domains is None or variables is None or values is None:
        return
    rows = np.flatnonzero(~domains.blank & ~variables.blank)
    if not len(rows):
        return
    codes, count = group_codes([domains.take(rows), variables.take(rows)], len(rows))
    first = np.zeros(count, np.int64)
    first[codes[::-1]] = rows[::-1]
    told = zip(domains.take(first).to_list(), variables.take(first).to_list(), strict=True)
    for number, (domain, variable) in enumerate(told):
        yield domain, variable, rows[codes == number]


def _unresolved(records: Records, rows: Index, parents: list[Records], variable: str) -> Mask:
    """Of these records, those whose subject has no parent record with the value."""
    mine = _pointer(records, rows, "IDVARVAL")
    known = Text.encode(
        pa.concat_arrays(
            [_pointer(each, np.arange(each.rows), variable).to_arrow() for each in parents]
        )
    )
    return matched(mine, known) < 0


def _pointer(records: Records, rows: Index, variable: str) -> Text:
    """Subject and value in one text; a number as --SEQ is written, without decimals."""
    value = records.plain(variable).take(rows).to_arrow()
    subject = records.text("USUBJID")
    if subject is None:
        return Text.encode(value)
    return Text.encode(pc.binary_join_element_wise(subject.take(rows).to_arrow(), value, "\t"))


def check_qnam(records: Records) -> Iterator[Fault]:
    """QNAM is no variable that the parent domain could hold itself."""
    names, domains = records.text("QNAM"), records.text("RDOMAIN")
    if names is None or domains is None:
        return
    for domain in domains.used():
        parents = records.study.of(domain)
        if not parents:
            continue
        parent = parents[0]
        known = [name for name in names.used() if name in parent or parent.fact(name) is not None]
        rows = held(names, pa.array(known, pa.string())) & domains.equals(domain)
        if rows.any():
            yield Fault(records, rows, ("QNAM",))


def check_related_twice(records: Records) -> Iterator[Fault]:
    """A relation has two sides at least."""
    relations, subjects = records.text("RELID"), records.text("USUBJID")
    if relations is None or subjects is None:
        return
    codes, count = group_codes([relations, subjects], records.rows)
    rows = np.bincount(codes, minlength=count)[codes] == 1
    if rows.any():
        yield Fault(records, rows, ("RELID",))


def check_objects(study: Study) -> Iterator[Fault]:
    """FAOBJ is what the related event or intervention is called.

    Related is what RELREC joins, record by record or whole datasets by a link within the subject;
    the object is --TERM, --TRT, --MODIFY or --DECOD of one of the related records, in whatever case.
    """
    yield from _linked_objects(study)
    relations = study.datasets.get("RELREC")
    parts = _relations(relations) if relations is not None else None
    if relations is None or parts is None:
        return
    subject, relation = relations.text("USUBJID"), relations.text("RELID")
    if subject is None or relation is None:
        return
    for about in study.of("FA"):
        objects, mine = about.text("FAOBJ"), about.text("USUBJID")
        number = about.number("FASEQ")
        if objects is None or mine is None or number is None:
            continue
        named = _related_names(study, parts)
        wrong = []
        for key, domain, variable, value in parts:
            if domain != "FA" or variable != "FASEQ" or not named.get(key):
                continue
            rows = np.flatnonzero(mine.equals(key[0]) & (number == _whole(value)))
            wrong += [row for row in rows.tolist() if _folded(objects, row) not in named[key]]
        if wrong:
            yield Fault(about, np.unique(wrong), ("FAOBJ",))


def _linked_objects(study: Study) -> Iterator[Fault]:
    """FAOBJ of records that RELREC joins to another dataset by a link, such as --LNKID."""
    for about, link, others in _linked(study):
        objects, subject = about.text("FAOBJ"), about.text("USUBJID")
        if objects is None or subject is None:
            continue
        pairs, named = [], []
        for other, variable in others:
            theirs = other.text("USUBJID")
            if theirs is None:
                continue
            there = _together(theirs, other[variable])
            pairs.append(there.to_arrow())
            for name in NAMES:
                text = other.text(other.full(name))
                if text is not None:
                    named.append(_together(there, text.map(pc.utf8_upper)).to_arrow())
        if not pairs or not named:
            continue
        mine = _together(subject, about[link])
        related = ~missing(about[link]) & held(mine, pa.concat_arrays(pairs))
        called = _together(mine, objects.map(pc.utf8_upper))
        rows = related & ~held(called, pa.concat_arrays(named))
        if rows.any():
            yield Fault(about, rows, ("FAOBJ", link))


Linked = tuple[Records, str, list[tuple[Records, str]]]


def _linked(study: Study) -> Iterator[Linked]:
    """Each FA dataset that a relation of whole datasets names, its link, and what it is linked to."""
    relations = study.datasets.get("RELREC")
    columns = [
        relations.text(name) if relations is not None else None
        for name in ("USUBJID", "RDOMAIN", "IDVAR", "IDVARVAL", "RELID")
    ]
    if any(column is None for column in columns):
        return
    sides: dict[str, list[tuple[str, str]]] = {}
    lists = [column.to_list() for column in columns if column is not None]
    for subject, domain, variable, value, relation in zip(*lists, strict=True):
        if not subject and not value:
            sides.setdefault(relation, []).append((domain, variable))
    for listed in sides.values():
        others = [
            (records, variable)
            for domain, variable in listed
            if domain != "FA"
            for records in study.of(domain)
            if records.general and variable in records
        ]
        for domain, variable in listed:
            if domain == "FA":
                for about in study.of("FA"):
                    if variable in about:
                        yield about, variable, others


def check_links(study: Study) -> Iterator[Fault]:
    """A link of many to one that finds none, such as FALNKID of no AELNKID of the subject.

    What several relations link by one variable is looked for in all of them.
    """
    relations = study.datasets.get("RELREC")
    names = ("USUBJID", "RDOMAIN", "IDVAR", "IDVARVAL", "RELID", "RELTYPE")
    columns = [relations.text(name) if relations is not None else None for name in names]
    if any(column is None for column in columns):
        return
    lists = [column.to_list() for column in columns if column is not None]
    told = [row for row in zip(*lists, strict=True) if not row[0] and not row[3]]
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for _, domain, variable, _, relation, kind in told:
        if kind == "MANY":
            ones = [(row[1], row[2]) for row in told if row[4] == relation and row[5] == "ONE"]
            found.setdefault((domain, variable), []).extend(ones)
    for (domain, variable), others in found.items():
        if any(other in study.unread for other, _ in others):
            continue
        holders = [
            (records, theirs, link)
            for other, link in others
            for records in study.of(other)
            if link in records and (theirs := records.text("USUBJID")) is not None
        ]
        for records in study.of(domain) if holders else ():
            subject = records.text("USUBJID")
            if subject is None or variable not in records:
                continue
            known = [_together(theirs, each[link]).to_arrow() for each, theirs, link in holders]
            mine = _together(subject, records[variable])
            rows = ~missing(records[variable]) & ~held(mine, pa.concat_arrays(known))
            if rows.any():
                yield Fault(records, rows, (variable,))


def check_ones(study: Study) -> Iterator[Fault]:
    """RELTYPE ONE of a dataset in which a subject has a value of the link more than once."""
    yield from _told_kinds(study, lambda kind, once: kind == "ONE" and not once)


def check_manys(study: Study) -> Iterator[Fault]:
    """RELTYPE MANY on every side, though one dataset has each value of the link once."""
    yield from _told_kinds(study, lambda kind, once: kind == "MANY" and once, alike=True)


def _told_kinds(
    study: Study, wrong: Callable[[str, bool], bool], *, alike: bool = False
) -> Iterator[Fault]:
    """Sides of relations of whole datasets of which ``wrong`` is true: RELTYPE, and whether each
    value stands once; ``alike`` looks at relations alone whose sides all have one RELTYPE."""
    relations = study.datasets.get("RELREC")
    names = ("USUBJID", "RDOMAIN", "IDVAR", "IDVARVAL", "RELID", "RELTYPE")
    columns = [relations.text(name) if relations is not None else None for name in names]
    if relations is None or any(column is None for column in columns):
        return
    lists = [column.to_list() for column in columns if column is not None]
    told = [
        (place, *row)
        for place, row in enumerate(zip(*lists, strict=True))
        if not row[0] and not row[3]
    ]
    rows = np.zeros(relations.rows, bool)
    for place, _, domain, variable, _, relation, kind in told:
        kinds = {each[-1] for each in told if each[-2] == relation}
        if alike and len(kinds) > 1:
            continue
        once = _stands_once(study, domain, variable)
        rows[place] = once is not None and wrong(kind, once)
    if rows.any():
        yield Fault(relations, rows, ("RELTYPE", "RDOMAIN", "IDVAR"))


def _stands_once(study: Study, domain: str, variable: str) -> bool | None:
    """Whether a subject has each value of a variable in one record; None where nothing tells."""
    if domain in study.unread:
        return None
    values: list[pa.StringArray] = []
    for records in study.of(domain):
        subject = records.text("USUBJID")
        if subject is None or variable not in records:
            return None
        filled = ~missing(records[variable])
        values.append(_together(subject, records[variable]).to_arrow().filter(pa.array(filled)))
    found = pa.concat_arrays(values) if values else pa.array([], pa.string())
    return len(pc.unique(found)) == len(found) if len(found) else None


def _together(one: Column, other: Column) -> Text:
    """Two columns as one text."""
    return Text.encode(
        pc.binary_join_element_wise(as_text(one).to_arrow(), as_text(other).to_arrow(), "\t")
    )


NAMES = ("--TERM", "--TRT", "--MODIFY", "--DECOD")
"""What an event or intervention is called."""
Part = tuple[tuple[str, str], str, str, str]


def _relations(records: Records) -> list[Part] | None:
    """Each side of each relation between single records."""
    columns = [records.text(name) for name in ("USUBJID", "RELID", "RDOMAIN", "IDVAR", "IDVARVAL")]
    if any(column is None for column in columns):
        return None
    lists = [column.to_list() for column in columns if column is not None]
    return [((subject, relation), domain, variable, value)
            for subject, relation, domain, variable, value in zip(*lists, strict=True) if subject and value]  # fmt: skip


def _related_names(study: Study, parts: list[Part]) -> dict[tuple[str, str], set[str]]:
    """What the related events and interventions are called, by subject and relation."""
    found: dict[tuple[str, str], set[str]] = {}
    for key, domain, variable, value in parts:
        for records in study.of(domain):
            if domain == "FA" or not records.general or variable not in records:
                continue
            subject = records.text("USUBJID")
            if subject is None:
                continue
            rows = np.flatnonzero(subject.equals(key[0]) & records.plain(variable).equals(value))
            for name in NAMES:
                text = records.text(records.full(name))
                if text is not None:
                    found.setdefault(key, set()).update(
                        name for row in rows.tolist() if (name := _folded(text, row))
                    )
    return found


def _folded(column: Text, row: int) -> str:
    return str(column.values[int(column.codes[row])].as_py()).upper()


def _whole(text: str) -> float:
    return float(text) if text.isdecimal() else -1.0
