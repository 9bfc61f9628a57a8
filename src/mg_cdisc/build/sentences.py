"""Method sentences without working variables: each is spelled out, or explained behind the sentence.

A working variable stands nowhere in the package, so that its name says nothing to a reviewer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from mg_cdisc.derive import Bound, BoundValue
from mg_cdisc.expression.values import number_text
from mg_cdisc.frame import Frame, Text

Define = Callable[[str], str | None]
"""What a working variable is; None of a name that is none."""
_WORKING = re.compile(r"(?<![\w\"\[])_[A-Za-z0-9_]+")
_ATOM = re.compile(r"(?:(?! (?:where|is|if|or|and|in|by) )[\w.' ])+")
"""What is read as one thing wherever it stands."""
_FLAG = re.compile(r'"([^"]*)" where (.*); otherwise blank\.')
_CONSTANT = re.compile(r'Set to "([^"]*)"\.')
_SHORT = 60
"""A definition up to this long stands in the place of its name wherever that is."""
_TABLE = 1000
"""A table of the spec up to this long is written out."""
_LONG = 160
"""A definition up to this long stands there where the name is used once."""


def constant(value: BoundValue) -> str | None:
    """The text that a value is in every record; None where it is not one text."""
    found = _CONSTANT.fullmatch(value.sentence)
    return found[1] if found and not value.reads and not value.consults else None


def spell_out(sentence: str, define: Define) -> str:
    """The sentence without working variables, by what ``define`` says that each of them is.

    A name whose definition is too long stands in brackets, and behind the sentence is what it is.
    """
    notes: dict[str, str] = {}
    text = _spelled(sentence, define, notes, frozenset())
    return " ".join([text, *(f"Here [{name}] is: {said}" for name, said in notes.items())])


def _spelled(sentence: str, define: Define, notes: dict[str, str], above: frozenset[str]) -> str:
    counted = Counter(_WORKING.findall(sentence))
    for name, times in counted.items():
        shown = name.strip("_")
        definition = define(name)
        if definition is None:
            continue
        if not definition or name in above or shown in notes:
            sentence = _put(sentence, name, f"[{shown}]")
            continue
        flag = _FLAG.fullmatch(definition)
        if flag is not None and len(flag[2]) <= (_LONG if times == 1 else _LONG / 2):
            held = _spelled(flag[2], define, notes, above | {name})
            sentence = _conditions(sentence, name, flag[1], held)
            times = len(re.findall(rf"{re.escape(name)}\b", sentence))
            if not times:
                continue
        phrase = _phrase(definition)
        inner = _spelled(phrase, define, {}, above | {name})
        if (
            ";" not in inner
            and "[" not in inner
            and len(inner) <= (_LONG if times == 1 else _SHORT)
        ):
            whole = re.compile(rf"[Ss]et to {re.escape(name)}\.")
            sentence = f"{inner}.".join(whole.split(sentence))
            sentence = _put(sentence, name, inner if _ATOM.fullmatch(inner) else f"({inner})")
        else:
            notes[shown] = ""
            sentence = _put(sentence, name, f"[{shown}]")
            notes[shown] = uncapital(_spelled(definition, define, notes, above | {name}))
    return sentence


def _put(sentence: str, name: str, text: str) -> str:
    return re.sub(rf"(?<![\w\"\[]){re.escape(name)}\b", lambda _: text, sentence)


def _conditions(sentence: str, name: str, yes: str, held: str) -> str:
    """Where a flag is asked for, the condition that it stands for."""
    own = re.escape(name)
    sentence = re.sub(rf'{own} is "{re.escape(yes)}"', lambda _: f"({held})", sentence)
    return re.sub(rf"{own} is blank", lambda _: f"it is not so that ({held})", sentence)


def _phrase(definition: str) -> str:
    return uncapital(definition.removesuffix(".").removeprefix("Set to "))


def uncapital(sentence: str) -> str:
    """The sentence to go on with: a variable's name keeps its capitals."""
    first = re.split(r"[^A-Za-z0-9_]", sentence, maxsplit=1)[0]
    return sentence if first.isupper() and len(first) > 1 else sentence[:1].lower() + sentence[1:]


def label_of(step: Bound, makers: Iterable[Bound]) -> str:
    """Which records a step makes: those of a parameter, of a dataset, or as its sentence says."""
    code = step.values.get("PARAMCD")
    if step.label == "records" and code is not None:
        named = re.fullmatch(r'Set to "([^"]*)"\.', code.sentence)
        if named is not None:
            return named[1]
    own = re.match(r"Records of (\w+)", step.sentence)
    same = [each for each in makers if own and each.sentence.startswith(own[0])]
    if own is not None and len(same) == 1 and own[1] != "this":
        return f"From {own[1]}"
    return step.sentence.rstrip(".")


def merged(parts: Iterable[tuple[str, str]]) -> list[str]:
    """Labels and sentences as text; labels of one sentence that follow each other are listed.

    A sentence that is said without a label too holds for all records alike.
    """
    made: list[tuple[list[str], str]] = []
    for label, sentence in parts:
        if made and made[-1][1] == sentence:
            made[-1][0].append(label)
        else:
            made.append(([label], sentence))
    return [
        f"{_listed(dict.fromkeys(labels))}: {uncapital(text)}" if all(labels) else text
        for labels, text in made
    ]


def _listed(labels: Iterable[str]) -> str:
    found = list(labels)
    return ("; " if any(" " in each for each in found) else ", ").join(found)


def explain_helpers(text: str, helpers: Callable[[str], str | None]) -> str:
    """The text, and behind it what the helper datasets are that it names, which are not written."""
    # of two helpers of one name each is called `name of DATASET`
    named = dict.fromkeys(re.findall(r"(?:[Rr]ecords? of|From) ([a-z]\w* of [A-Z]\w*|\w+)", text))
    told = [(each, helpers(each)) for each in named]
    return " ".join([text, *(f"Here {each} is: {uncapital(said)}" for each, said in told if said)])


def table_in_words(table: Frame) -> str:
    """A table of the spec: its rows where it is small, else its columns."""
    columns = ", ".join(table.columns)
    texts = [
        column if isinstance(column, Text) else number_text(column)
        for column in table.columns.values()
    ]
    rows = zip(*(text.to_list() for text in texts), strict=True)
    listed = "; ".join(f"({', '.join(value or 'blank' for value in row)})" for row in rows)
    if len(listed) <= _TABLE:
        return f"a table of the specification, its columns {columns} and its rows {listed}."
    return f"a table of {table.rows} rows of the specification, its columns {columns}."


def told_once(makers: Iterable[BoundValue]) -> str:
    """Makers that all copy a variable: ``LB.VISIT or CP.VISIT.``; '' where one does not."""
    sentences = list(dict.fromkeys(each.sentence for each in makers))
    copies = all(re.fullmatch(r"\w+\.\w+\.", each) for each in sentences)
    return f"{' or '.join(each[:-1] for each in sentences)}." if copies else ""


def definition(makers: Iterable[BoundValue]) -> str:
    """What a working variable is, by all steps that make it."""
    makers = list(makers)
    said = list(dict.fromkeys(each.sentence for each in makers if each.sentence))
    if len(said) < 2:
        return "".join(said)
    return told_once(makers) or "; ".join(_phrase(each) for each in said) + "."
