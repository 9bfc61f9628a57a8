"""Rules about controlled terminology: ordinary codelists, and what TS says of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Records, judged
from mg_cdisc.errors import one_of
from mg_cdisc.frame import Mask, Text
from mg_cdisc.standards import parameters
from mg_cdisc.terminology import Codelist, known_terminologies


def check_terms(records: Records) -> Iterator[Fault]:
    """Values that are no term of a codelist that cannot be extended."""
    yield from _check(records, extensible=False)


def check_sponsor_terms(records: Records) -> Iterator[Fault]:
    """Values that are no term of a codelist that a sponsor may extend."""
    yield from _check(records, extensible=True)


def _check(records: Records, *, extensible: bool) -> Iterator[Fault]:
    for name, column in records.frame.columns.items():
        lists = _codelists(records, name)
        if not lists or any(each.extensible for each in lists) != extensible:
            continue
        if name == "RDOMAIN":  # it names a dataset of the study, which a rule of its own asks
            continue
        # results are of a codelist for single tests only, which value level metadata tell
        if name.endswith(("ORRES", "STRESC")) and records.general:
            continue
        if not isinstance(column, Text):
            continue
        rows = _unknown(column, lists)
        if rows.any():
            wrong = [str(value) for value in column.take(rows).used()]
            shown = ", ".join(each.short_name for each in lists)
            told = f"{one_of([repr(value) for value in wrong], 5)} not in codelist {shown}"
            yield Fault(records, rows, (), told + _hint(wrong[0], lists), name)


def _hint(value: str, lists: list[Codelist]) -> str:
    """The term in another case or spelled out, where there is one."""
    for each in lists:
        folded = {value.casefold()}
        for term in each.terms.values():
            if {term.value.casefold(), term.decode.casefold()} & folded:
                return f" (did you mean {term.value} for {value}?)"
    return ""


def _codelists(records: Records, name: str) -> list[Codelist]:
    fact, terminology = records.fact(name), records.study.terminology
    if fact is None or terminology is None or fact.described:
        return []
    found = [records.study.codelist(code) for code in fact.codelists]
    # a list that this version lacks leaves nothing to judge by
    return [each for each in found if each is not None] if None not in found else []


def _unknown(column: Text, lists: list[Codelist]) -> Mask:
    known = pa.array(["", *(term for each in lists for term in each.terms)], pa.string())
    return column.where(lambda values: pc.invert(pc.is_in(values, value_set=known)))


def check_versions(records: Records) -> Iterator[Fault]:
    """TSVCDVER of CDISC terminology is the date of a published package."""
    sources, versions = records.text("TSVCDREF"), records.text("TSVCDVER")
    if sources is None or versions is None or records.study.terminology is None:
        return
    known = {
        name.rpartition("sdtm-")[2] for name in known_terminologies() if name.startswith("sdtm-")
    }
    rows = _cdisc(sources) & ~judged(versions, lambda version: _published(version, known))
    if rows.any():
        yield Fault(records, rows, ("TSVCDVER",))


def _published(version: str, known: set[str]) -> bool:
    # packages appear on the last Friday of a quarter's last month; those not at hand are believed
    return (
        version == ""
        or version in known
        or (version[5:7] in ("03", "06", "09", "12") and len(version) == 10)
    )


def check_codes(records: Records) -> Iterator[Fault]:
    """TSVALCD of CDISC terminology is the code of TSVAL."""
    sources, codes, values = (records.text(each) for each in ("TSVCDREF", "TSVALCD", "TSVAL"))
    terminology = records.study.terminology
    if sources is None or codes is None or values is None or terminology is None:
        return
    rows = np.flatnonzero(_cdisc(sources) & ~codes.blank)
    wrong = []
    known: dict[str, set[str]] = {}
    for row in rows.tolist():
        name = _cell(records.text("TSPARMCD"), row)
        listed = PARAMETER_LISTS.get(name)
        if listed is None:
            continue
        if name not in known:
            found = terminology.codelist(listed)
            known[name] = (
                {f"{term.value}|{term.code}" for term in found.terms.values()} if found else set()
            )
        if known[name] and f"{_cell(values, row)}|{_cell(codes, row)}" not in known[name]:
            wrong.append(row)
    if wrong:
        yield Fault(records, np.array(wrong, np.int64), ("TSVALCD", "TSVAL"))


def check_parameter_terms(records: Records) -> Iterator[Fault]:
    """Values of trial summary parameters that have a codelist."""
    names, values = records.text("TSPARMCD"), records.text("TSVAL")
    terminology = records.study.terminology
    if names is None or values is None or terminology is None:
        return
    for code, listed in PARAMETER_LISTS.items():
        found = terminology.codelist(listed)
        asked = names.equals(code)
        if found is not None and asked.any():
            rows = asked & _unknown(values, [found])
            if rows.any():
                yield Fault(records, rows, ("TSVAL",), f"codelist {found.short_name}")


PARAMETER_LISTS = {**parameters.PARAMETER_LISTS, "CTAUG": "CTAUGRS"}
"""The codelist of the values of a trial summary parameter, where it has one."""


def _cdisc(sources: Text) -> Mask:
    return sources.where(
        lambda values: pc.is_in(values, value_set=pa.array(["CDISC", "CDISC CT", "CDISC/NCI"]))
    )


def _cell(column: Text | None, row: int) -> str:
    return "" if column is None else str(column.values[int(column.codes[row])].as_py())
