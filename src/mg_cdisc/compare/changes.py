"""What differs between the inputs of two builds, and which part of the lineage each touches."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mg_cdisc.compare.inputs import Inputs
from mg_cdisc.compare.model import Cause, CauseKind
from mg_cdisc.compare.reach import Node

SHOWN = 90
"""So much of a line of the specs is shown."""
_ANYWHERE: Node = ("anywhere",)
_CUT_OFF = "cut-off"
_IGNORED = ("not_submitted", "label", "description", "originator", "protocol", "annotated_crf")


@dataclass(frozen=True)
class Change:
    """A change that is the same for all subjects; ``touches`` are the nodes it begins at.

    ``attributes`` are variables (or datasets, with a blank one) whose description it changes.
    """

    cause: Cause
    touches: frozenset[Node]
    attributes: frozenset[tuple[str, str]] = frozenset()


def changes_of(old: Inputs, new: Inputs, differing: Collection[str]) -> Iterator[Change]:
    """Every change but those of source rows and of the program.

    ``differing`` are the sources of which rows differ, for whatever reason.
    """
    yield from _steps(old, new)
    yield from _entries(old, new)
    yield from _tables(old, new)
    yield from _lists(old, new)
    yield from _accepted(old, new)
    yield from _options(old, new, differing)
    yield from _files(old, new)


def program_of(old: Inputs, new: Inputs) -> Cause | None:
    """That the program, or what it stands on, differs."""
    before, after = old.manifest["program"], new.manifest["program"]
    told = [
        f"{name} {before.get(name, 'not there')} -> {after.get(name, 'not there')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    if old.plan["code"] != new.plan["code"] and before.get("mg-cdisc") == after.get("mg-cdisc"):
        told.append(f"mg-cdisc {after.get('mg-cdisc')} with other code")
    return Cause("version", "", ", ".join(told)) if told else None


# --- steps ----------------------------------------------------------------------------------------


def _steps(old: Inputs, new: Inputs) -> Iterator[Change]:
    before, after = old.plan["datasets"], new.plan["datasets"]
    for name in dict.fromkeys([*after, *before]):
        if name not in before or name not in after:
            here = after.get(name) or before[name]
            if here["kind"] == "supp":  # told where its qualifiers are
                continue
            word = "new dataset" if name in after else "dataset no longer made"
            at = here["steps"][0]["at"] if here["steps"] else ""
            touches: set[Node] = {("rows", name)}
            for step in here["steps"]:
                touches |= _touched(name, step)
            if here["kind"] != "work":
                touches.add(("rows", f"SUPP{name}"))
            yield Change(Cause("spec", at, f"{name}: {word}"), frozenset(touches),
                         frozenset({(name, "")}))  # fmt: skip
            continue
        repeated = _repeated(old, new, name)
        yield from _steps_of(name, before[name]["steps"], after[name]["steps"], repeated)


def _repeated(old: Inputs, new: Inputs, name: str) -> list[tuple[str, str, str]]:
    """Texts that an ``each`` puts into steps: what they were, are, and where they stand."""
    one, other = (side.plan["entries"].get(f"each:{name}", {}) for side in (old, new))
    return [
        (one[path][0], text, at)
        for path, (text, at) in other.items()
        if path in one and one[path][0] != text
    ]


def _steps_of(
    name: str, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]],
    repeated: Sequence[tuple[str, str, str]],
) -> Iterator[Change]:  # fmt: skip
    one = [_written(step) for step in before]
    other = [_written(step) for step in after]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        removed, added = list(before[start:end]), list(after[first:last])
        for step in list(added):
            like = next((each for each in removed if each["label"] == step["label"]), None)
            if like is not None:
                removed.remove(like)
                added.remove(step)
                yield _changed(name, like, step, repeated)
        for step in removed:
            text = f"{step['label']}: no longer there, was {_short(step['text'])}"
            yield _change(name, f"{step['at']} of OLD", text, step, _touched(name, step))
        for step in added:
            text = f"{step['label']}: new, {_short(step['text'])}"
            yield _change(name, step["at"], text, step, _touched(name, step))


def _changed(
    name: str, one: dict[str, Any], other: dict[str, Any], repeated: Sequence[tuple[str, str, str]]
) -> Change:
    label = other["label"]
    path, was, now = _difference(one["text"], other["text"])
    told = f"{_shown(path)}was {_short(was)}, is {_short(now)}"
    places = [at for before, after, at in repeated if before in str(was) and after in str(now)]
    text = f"{label}: {told}"
    touches = _touched(name, one) | _touched(name, other)
    only = _only_values(one["text"], other["text"])
    if only is not None:  # of what a step makes only some values are made in another way
        touches = {("value", name, each) for each in only}
    at = places[0] if places else _place(other, path)
    return _change(name, at, text, other, touches)


def _change(name: str, at: str, text: str, step: Mapping[str, Any], touches: set[Node]) -> Change:
    described = {(each[1], each[2]) for each in touches if each[0] == "value"}
    for dataset, key in list(described):
        if key.startswith("supp."):
            described.add((f"SUPP{dataset}", ""))
    return Change(Cause("spec", at, text), frozenset(touches), frozenset(described))


def _touched(name: str, step: Mapping[str, Any]) -> set[Node]:
    """What a step makes or changes."""
    touches: set[Node] = {
        ("value", name, key) for key in [*step["makes"], *step.get("revises", ())]
    }
    if step["effect"] != "keeps":
        touches.add(("rows", name))
    return touches


def _only_values(one: Any, other: Any) -> set[str] | None:
    """The variables under ``set`` or ``keep`` alone that differ; None where more does."""
    if not (isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys()):
        return None
    (key,) = one if len(one) == 1 else (None,)
    if key not in ("records", "lookup", "fill"):
        return None
    before, after = one[key], other[key]
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return None
    rest = [{k: v for k, v in each.items() if k != "set"} for each in (before, after)]
    if rest[0] != rest[1]:
        return None
    first, second = before.get("set", {}), after.get("set", {})
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return None
    return {each for each in {*first, *second} if first.get(each) != second.get(each)}


def _written(step: Mapping[str, Any]) -> str:
    return f"{step['label']} {json.dumps(step['text'], ensure_ascii=False)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _difference(one: Any, other: Any) -> tuple[list[str], Any, Any]:
    """The keys to the smallest part that differs, and that part on both sides."""
    path: list[str] = []
    while True:
        if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
            keys: list[Any] = [key for key in one if one[key] != other[key]]
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            keys = [number for number in range(len(one)) if one[number] != other[number]]
        else:
            break
        if len(keys) != 1:
            break
        path.append(str(keys[0]))
        one, other = one[keys[0]], other[keys[0]]
    return path, one, other


def _shown(path: Sequence[str]) -> str:
    """The keys behind that of the step itself."""
    named = ".".join(key for key in path[1:] if not key.isdecimal())
    return f"{named} " if named else ""


def _place(step: Mapping[str, Any], path: Sequence[str]) -> str:
    """Where a part of a step stands: the first line of it."""
    begin = "/".join(path)
    for key, at in step.get("lines", {}).items():
        if key == begin or key.startswith(f"{begin}/"):
            return str(at)
    return str(step["at"])


# --- what else the specs say ----------------------------------------------------------------------


def _entries(old: Inputs, new: Inputs) -> Iterator[Change]:
    before, after = old.plan["entries"], new.plan["entries"]
    for group in dict.fromkeys([*after, *before]):
        if group.startswith("each:"):
            continue
        one, other = before.get(group, {}), after.get(group, {})
        for path in dict.fromkeys([*other, *one]):
            was, now = one.get(path), other.get(path)
            if was is not None and now is not None and was[0] == now[0]:
                continue
            at = now[1] if now is not None else f"{was[1]} of OLD"
            shown = path.replace("/", ".")
            if was is None:
                text = f"{shown}: new, {_short(now[0])}"
            elif now is None:
                text = f"{shown}: no longer there, was {_short(was[0])}"
            else:
                text = f"{shown}: was {_short(was[0])}, is {_short(now[0])}"
            yield _entry(group, path.split("/"), at, text, (old, new))


def _entry(
    group: str, path: Sequence[str], at: str, text: str, inputs: tuple[Inputs, Inputs]
) -> Change:
    kind: CauseKind = "spec"
    touches: set[Node] = set()
    described: set[tuple[str, str]] = set()
    if group == "terminology":
        kind = "terminology"
        touches = {("list", path[0])}
        described = _listed(path[0], inputs)
    elif group == "sources":
        if path[1] not in (*_IGNORED, "key"):
            touches = {("source", path[0])}
            columns = {
                each for side in inputs
                for each in side.plan["sources"].get(path[0], {}).get("columns", ())
            }  # fmt: skip
            touches |= {("column", path[0], each) for each in columns}
    elif group.startswith("spec:"):
        name = group.partition(":")[2]
        if path[0] == "variables":
            described = {(name, path[1])}
            if path[2] in ("type", "codelist"):
                touches = {("value", name, path[1])}
        elif path[0] == "units":
            touches = {("units", name)}
        elif path[0] == "variable_order":
            described = {(name, "*")}
        elif path[0] == "label":
            described = {(name, "")}
        elif path[0] not in ("structure", "comment", "not_submitted", "value_level", "keys"):
            touches = {_ANYWHERE}
            described = {(name, "*")}
    elif group == "labels":
        described = {("*", "*")}
    elif group == "translations" or path[0] not in _IGNORED:
        if path[:1] == ["standards"] and path[-1].endswith("_ct"):
            kind = "terminology"  # what the lists say is compared by itself
        else:
            touches, described = {_ANYWHERE}, {("*", "*")}
    return Change(Cause(kind, at, text), frozenset(touches), frozenset(described))


def _listed(codelist: str, inputs: tuple[Inputs, Inputs]) -> set[tuple[str, str]]:
    """The variables whose terms a codelist has."""
    return {
        (name, key)
        for side in inputs
        for name, dataset in side.plan["datasets"].items()
        for step in dataset["steps"]
        if codelist in step.get("lists", ())
        for key in step["makes"]
    }


def _tables(old: Inputs, new: Inputs) -> Iterator[Change]:
    before, after = old.plan["tables"], new.plan["tables"]
    cut = _option(old, new, _CUT_OFF)
    written = [side.plan["entries"]["study"].get("data_cut", ["", ""]) for side in (old, new)]
    cut_at = written[1][1] if written[0] == written[1] else ""
    for name in dict.fromkeys([*after, *before]):
        one, other = before.get(name, []), after.get(name, [])
        matcher = difflib.SequenceMatcher(
            None, [row for row, _ in one], [row for row, _ in other], autojunk=False
        )
        for tag, start, end, first, last in matcher.get_opcodes():
            if tag == "equal":
                continue
            touches = frozenset({("table", name)})
            pairs = min(end - start, last - first)
            for number in range(pairs):
                text = f"row of {name}: was {_short(one[start + number][0])}, is "
                text += _short(other[first + number][0])
                at = other[first + number][1]
                cause = Cause("spec", at, text)
                if at == cut_at and cut is not None:  # a cut-off takes the place of the data cut
                    cause = cut
                yield Change(cause, touches)
            for row, at in one[start + pairs : end]:
                text = f"row of {name} no longer there: {_short(row)}"
                yield Change(Cause("spec", f"{at} of OLD", text), touches)
            for row, at in other[first + pairs : last]:
                yield Change(Cause("spec", at, f"new row of {name}: {_short(row)}"), touches)


def _lists(old: Inputs, new: Inputs) -> Iterator[Change]:
    """Published lists whose terms differ; what terminology.yaml says is told with its lines."""
    before, after = old.plan["lists"], new.plan["lists"]
    own = (old.plan["entries"]["terminology"], new.plan["entries"]["terminology"])
    versions = [
        ", ".join(f"{key} {value}" for key, value in side.manifest["standards"].items() if key.endswith("_ct"))
        for side in (old, new)
    ]  # fmt: skip
    where = versions[1] if versions[0] == versions[1] else f"{versions[0]} -> {versions[1]}"
    for name in dict.fromkeys([*after, *before]):
        if name not in before or name not in after:
            continue  # a step takes another list, and is told of
        one, other = before[name], after[name]
        told = {
            path.split("/")[2]
            for entries in own
            for path in entries
            if path.startswith(f"{name}/") and path.count("/") == 2
        }
        differing = [
            term
            for term in {**one, **other}
            if one.get(term) != other.get(term) and term not in told
        ]
        if differing:
            words = [
                f"{term} {'new' if term not in one else 'gone' if term not in other else 'changed'}"
                for term in differing[:3]
            ]
            more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
            cause = Cause("terminology", where, f"codelist {name}: {', '.join(words)}{more}")
            yield Change(cause, frozenset({("list", name)}), frozenset(_listed(name, (old, new))))


def _accepted(old: Inputs, new: Inputs) -> Iterator[Change]:
    """Entries of findings.yaml that keep values, or no longer do."""
    before, after = old.plan["accepted"], new.plan["accepted"]
    one, other = [each[:4] for each in before], [each[:4] for each in after]
    for each in after:
        if each[:4] not in one:
            yield _acceptance(each, "new")
    for each in before:
        if each[:4] not in other:
            yield _acceptance(each, "no longer there")


def _acceptance(entry: Sequence[str], word: str) -> Change:
    finding, dataset, variable, then, at = entry
    touches: set[Node] = set()
    if then == "kept":
        touches = {("value", dataset, variable) if dataset and variable else _ANYWHERE}
    return Change(Cause("spec", at, f"{finding}: {word}, then {then}"), frozenset(touches))


def _options(old: Inputs, new: Inputs, differing: Collection[str]) -> Iterator[Change]:
    for name in new.plan["options"]:
        cause = _option(old, new, name)
        if cause is None or _follows(old, new, name):
            continue
        touches: set[Node] = {_ANYWHERE}
        for source in sorted(differing) if name == _CUT_OFF else ():
            touches |= {("source", source)}
            touches |= {("column", source, each) for each in new.sources[source].columns}
        yield Change(cause, frozenset(touches), frozenset({("*", "*")}))


def _follows(old: Inputs, new: Inputs, name: str) -> bool:
    """Whether an option is other because a line of study.yaml, or the agency, is."""
    usual = [_usual(side.plan["options"], name) for side in (old, new)]
    asked = [side.plan["options"].get(name) for side in (old, new)]
    if name == "encoding" and asked == usual:
        return True
    entries = [side.plan["entries"]["study"].get(name) for side in (old, new)]
    written = [each[0] if each else other for each, other in zip(entries, usual, strict=True)]
    return any(entries) and written == asked


def _usual(options: Mapping[str, str], name: str) -> str:
    """What holds where study.yaml does not say it."""
    if name == "encoding":
        return "utf-8" if options.get("agency") == "NMPA" else "ascii"
    return "FDA" if name == "agency" else ""


def _option(old: Inputs, new: Inputs, name: str) -> Cause | None:
    """That a build was asked for otherwise."""
    before, after = old.plan["options"].get(name), new.plan["options"][name]
    told = f"was {before or 'none'}, is {after or 'none'}"
    return Cause("option", name, told) if before != after else None


def _files(old: Inputs, new: Inputs) -> Iterator[Change]:
    """Files of the study that are known by their hash alone."""
    before, after = old.manifest["inputs"], new.manifest["inputs"]
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) == after.get(name):
            continue
        if name.endswith(".py"):
            yield Change(Cause("spec", name, "the file differs"), frozenset({("python", name)}))
        elif name == "numbering.csv":
            yield Change(Cause("spec", name, "the file differs"), frozenset({("numbering",)}))
