"""What can be done to a package, each with the words that name it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from lxml import etree

from .package import STAND_IN, Package

NAMES = {
    "odm": "http://www.cdisc.org/ns/odm/v1.3", "def": "http://www.cdisc.org/ns/def/v2.1",
    "arm": "http://www.cdisc.org/ns/arm/v1.0", "xlink": "http://www.w3.org/1999/xlink",
}  # fmt: skip
Element = etree._Element


@dataclass(frozen=True)
class Edit:
    """A change of a package, and the dataset and the variables that it concerns."""

    apply: Callable[[Package], None]
    dataset: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A fault: what is wrong in one sentence, how it is made, and what must be said to name it.

    What names it has one of ``datasets``, one of ``variables``, and the words of one of the marks
    that the edit left (the subject, the new value, the identifier of an element). ``also`` are
    classes of findings that are true of the altered data though they name neither.
    """

    id: str
    says: str
    edit: Edit
    datasets: tuple[str, ...]
    variables: tuple[str, ...]
    also: tuple[str, ...] = ()


def fault(
    name: str, says: str, edit: Edit, *, dataset: str = "", names: str = "", also: str = ""
) -> Fault:
    """A fault, named by what its edit changes where ``dataset`` and ``names`` say nothing else."""
    return Fault(
        name, says, edit, tuple(dataset.split()) or ((edit.dataset,) if edit.dataset else ()),
        tuple(names.split()) or edit.variables, tuple(also.split()),
    )  # fmt: skip


def shown(value: object) -> str:
    """A value as a message has it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def mark_rows(package: Package, name: str, rows: Sequence[int], values: Sequence[object]) -> None:
    """A record is named by its subject, or by its new value."""
    data = package.tables[name].data
    number = f"{name}SEQ"
    for row in rows:
        if row in data.index and "USUBJID" in data and data.at[row, "USUBJID"]:
            package.marks.append((str(data.at[row, "USUBJID"]),))
        elif row in data.index and number in data and "USUBJID" in data:
            package.marks.append((f"{number} {shown(data.at[row, number])}",))
    package.marks += [(shown(each),) for each in values if shown(each).strip() not in ("", "nan")]


def put(name: str, where: str = "", n: int = 1, **changes: Any) -> Edit:
    """Put values in the variables of ``n`` records by chance: constants, or functions of the record."""
    first = next(iter(changes))

    def apply(package: Package) -> None:
        table = package.table(name)
        data = table.data
        condition = where or (
            f"{first} != ''" if table.variables[first].is_text else f"{first} == {first}"
        )
        rows = package.pick(data, condition, n)
        values = []
        for row in rows:
            old = data.loc[row].copy()
            if "USUBJID" in changes:
                package.marks.append((str(old["USUBJID"]),))
            for variable, change in changes.items():
                made = change(old) if callable(change) else change
                assert made != old[variable], f"{variable} is {made!r} already"
                data.at[row, variable] = made
                values.append(made)
        mark_rows(package, name, rows, values)

    return Edit(apply, name, tuple(changes))


def every(name: str, where: str = "", **changes: Any) -> Edit:
    """Put values in all records of a condition."""

    def apply(package: Package) -> None:
        data = package.table(name).data
        rows = data.query(where, engine="python").index if where else data.index
        assert len(rows)
        for variable, change in changes.items():
            data.loc[rows, variable] = (
                data.loc[rows].apply(change, axis=1) if callable(change) else change
            )

    return Edit(apply, name, tuple(changes))


def one_subject(name: str, where: str = "", **changes: Any) -> Edit:
    """Put values in all records of one subject, by chance among those of a condition."""

    def apply(package: Package) -> None:
        data = package.table(name).data
        subject = data.at[package.pick(data, where)[0], "USUBJID"]
        rows = data.index[data["USUBJID"] == subject]
        for variable, value in changes.items():
            data.loc[rows, variable] = value
        mark_rows(package, name, rows.tolist()[:1], list(changes.values()))

    return Edit(apply, name, tuple(changes))


def drop(name: str, where: str = "", names: str = "", subject: bool = False) -> Edit:
    """Take out a record, or all those of its subject."""

    def apply(package: Package) -> None:
        table = package.table(name)
        rows = package.pick(table.data, where)
        mark_rows(package, name, rows, ())
        if subject:
            rows = table.data.index[
                table.data["USUBJID"] == table.data.at[rows[0], "USUBJID"]
            ].tolist()
        table.data = table.data.drop(index=rows)

    return Edit(apply, name, tuple(names.split()))


def repeat(name: str, where: str = "", names: str = "", **changes: Any) -> Edit:
    """Repeat a record after itself, with changes."""

    def apply(package: Package) -> None:
        table = package.table(name)
        row = package.pick(table.data, where)[0]
        again = table.data.loc[row].copy()
        for variable, change in changes.items():
            again[variable] = change(table.data.loc[row]) if callable(change) else change
        mark_rows(package, name, [row], [each for each in changes.values() if not callable(each)])
        parts = [table.data.loc[:row], again.to_frame().T, table.data.loc[row + 1 :]]
        kinds = table.data.dtypes
        table.data = pd.concat(parts, ignore_index=True).astype(kinds)

    return Edit(apply, name, tuple(names.split()) or tuple(changes))


def last_seq(variable: str) -> Callable[[Any], float]:
    """A sequence number that no record has."""
    return lambda record: float(record[variable]) + 9000


# structure


def drop_variable(name: str, variable: str) -> Edit:
    """Take a variable out of a dataset."""

    def apply(package: Package) -> None:
        table = package.table(name)
        table.data = table.data.drop(columns=variable)

    return Edit(apply, name, (variable,))


def add_variable(name: str, variable: str, value: object, label: str = "", after: str = "") -> Edit:
    """A variable more, with one value."""

    def apply(package: Package) -> None:
        table = package.table(name)
        at = table.data.columns.get_loc(after) + 1 if after else len(table.data.columns)
        table.data.insert(at, variable, value)
        table.fit()
        if label:
            table.variables[variable] = replace(table.variables[variable], label=label)

    return Edit(apply, name, (variable,))


def variable_is(name: str, variable: str, **facts: Any) -> Edit:
    """Another label, length or format of a variable."""

    def apply(package: Package) -> None:
        held = package.table(name).variables
        held[variable] = replace(held[variable], **facts)

    return Edit(apply, name, (variable,))


def retype(name: str, variable: str) -> Edit:
    """A number as text, or a text as number."""

    def apply(package: Package) -> None:
        table = package.table(name)
        held, values = table.variables[variable], table.data[variable]
        if held.is_text:
            table.data[variable] = pd.to_numeric(values, errors="coerce").astype(float)
            table.variables[variable] = replace(held, is_text=False, length=8, format="")
        else:
            made = ["" if each != each else f"{each:g}" for each in values]
            table.data[variable] = pd.Series(made, index=values.index, dtype="str")
            table.variables[variable] = replace(held, is_text=True, length=8, format="")

    return Edit(apply, name, (variable,))


def move(name: str, variable: str, before: str) -> Edit:
    """A variable at another place."""

    def apply(package: Package) -> None:
        table = package.table(name)
        order = [each for each in table.data if each != variable]
        order.insert(order.index(before), variable)
        table.data = table.data[order]

    return Edit(apply, name, (variable, before))


def rename(name: str, variable: str, new: str) -> Edit:
    """Another name of a variable, be it one that no writer would write."""

    def apply(package: Package) -> None:
        table = package.table(name)
        table.data = table.data.rename(columns={variable: STAND_IN})
        table.variables[STAND_IN] = replace(table.variables[variable], name=STAND_IN)
        package.raw.append((
            package.place(name),
            lambda data: data.replace(STAND_IN.encode(), new.encode().ljust(8)[:8]),
        ))  # fmt: skip

    return Edit(apply, name, (variable, new))


def table_is(name: str, **facts: Any) -> Edit:
    """Another label or member name of a dataset."""

    def apply(package: Package) -> None:
        for key, value in facts.items():
            setattr(package.table(name), key, value)

    return Edit(apply, name)


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Edit:
    """Change the bytes of a dataset's file."""
    return Edit(lambda package: package.raw.append((package.place(name), change)), name)


def remove(*places: str) -> Edit:
    """Take files out of the package: datasets by their names, others by their places."""

    def apply(package: Package) -> None:
        package.removed |= {each if "/" in each else package.place(each) for each in places}

    return Edit(apply, places[0] if "/" not in places[0] else "")


def both(*edits: Edit) -> Edit:
    """Several edits that make one fault; it is named as the first is."""

    def apply(package: Package) -> None:
        for each in edits:
            each.apply(package)

    return Edit(apply, edits[0].dataset, edits[0].variables)


# define.xml


def words_of(element: Element) -> list[tuple[str, ...]]:
    """What can name an element: an identifier of its own, or the dataset and variable of it."""
    found: list[tuple[str, ...]] = []
    for each in (element, *element.iterancestors()):
        for key in ("OID", "ItemOID", "ID", "WhereClauseOID", "CodeListOID", "MethodOID", "leafID",
                    "ValueListOID", "CommentOID", "StandardOID"):  # fmt: skip
            value = each.get(key) or each.get(f"{{{NAMES['def']}}}{key}")
            if value:
                found.append((value,))
                kind, *parts = value.split(".")
                if kind == "IT" and len(parts) >= 2:
                    found.append(tuple(parts))
                elif kind in ("IG", "LF") and parts:
                    found.append((parts[0],))
        if each.get("CodedValue"):
            found.append((str(each.get("CodedValue")),))
        if found:
            break
    return found


def node(which: str, path: str, change: Callable[[Element], None], *words: str) -> Edit:
    """Change one element of a define.xml, by chance among those of an XPath."""

    def apply(package: Package) -> None:
        found = package.define(which).xpath(path, namespaces=NAMES)
        assert found, path
        element = found[int(package.rng.integers(len(found)))]
        package.marks += [(each,) for each in words] or words_of(element)
        before = etree.tostring(package.define(which))
        change(element)
        assert etree.tostring(package.define(which)) != before, path

    return Edit(apply)


def setting(name: str, value: str) -> Callable[[Element], None]:
    """Set an attribute."""
    return lambda element: element.set(qualified(name), value)


def without(name: str) -> Callable[[Element], None]:
    """Take an attribute out."""

    def change(element: Element) -> None:
        del element.attrib[qualified(name)]

    return change


def text(value: str) -> Callable[[Element], None]:
    """Set the text."""

    def change(element: Element) -> None:
        element.text = value

    return change


def gone(element: Element) -> None:
    """Take the element out."""
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def twice(element: Element) -> None:
    """Repeat the element after itself."""
    element.addnext(etree.fromstring(etree.tostring(element)))


def qualified(name: str) -> str:
    """``def:Class`` as lxml has it."""
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMES[prefix]}}}{local}" if prefix else local


# dates


def shift(text: str, days: int) -> str:
    """A date some days later, its time as it was."""
    return str(date.fromisoformat(text[:10]) + timedelta(days)) + text[10:]


def later(variable: str, days: int) -> Callable[[Any], str]:
    """The record's date, shifted."""
    return lambda record: shift(record[variable], days)
