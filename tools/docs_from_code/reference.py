"""Renders docs/language.md and docs/findings.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from pydantic import BaseModel

from docs_from_code import rules
from docs_from_code.data import examples, groups, operations, readings
from docs_from_code.expressions import functions, shown, value_of
from docs_from_code.models import Described, Option, describe, title_of, with_inner
from docs_from_code.run import Example
from docs_from_code.tables import TextTable, escape
from mg_cdisc.derive import STEPS, SUGAR, VALUES, Value
from mg_cdisc.derive.clause import Clause
from mg_cdisc.derive.fill import Grid
from mg_cdisc.derive.records import Unpivot
from mg_cdisc.derive.sugar.events import TimeSource, TimeStart
from mg_cdisc.expression.constants import ROUNDING
from mg_cdisc.spec import models
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.expand import Context, expand_steps
from mg_cdisc.spec.guide import Guide
from mg_cdisc.spec.labels import Labels
from mg_cdisc.spec.models import Instrument
from mg_cdisc.spec.outcomes import OUTCOMES
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import Branch, Items, parse_yaml, render

FILES = with_inner(
    (
        models.Study, models.SourceSpec, models.Table, models.TermMap, models.Instrument,
        models.DatasetSpec, models.Accepted, Endpoints, Labels, Guide, Unpivot, Grid, TimeStart, TimeSource,
    )
)  # fmt: skip
"""The models of the files, in the order of the reference."""

GRAMMAR = """\
expression  = conjunction { "or" conjunction }
conjunction = negation { "and" negation }
negation    = [ "not" ] comparison
comparison  = sum [ ( "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ) sum
                  | [ "not" ] "in" "(" constant { "," constant } ")" ]
sum         = product { ( "+" | "-" ) product }
product     = factor { ( "*" | "/" ) factor }
factor      = [ "-" ] ( number | 'text' | name | "(" expression ")"
                      | function "(" [ expression { "," expression } ] ")" )
name        = [ "this." | "source." ] ( WORD | `any characters` )
order key   = expression [ "asc" | "desc" ] [ "missing" ( "first" | "last" ) ]
"""


@dataclass(frozen=True)
class Shown:
    """A step, value or short form with what it says of itself and its examples."""

    described: Described
    examples: tuple[Any, ...]
    own: tuple[Option, ...]
    clause: bool = False

    @property
    def first(self) -> str:
        """What it does, in a few words: its first paragraph without its name."""
        sentence = self.described.text.split("\n")[0]
        return escape(sentence.partition(": ")[2].rstrip("."))

    @property
    def text(self) -> str:
        """What it does, without its name in front."""
        words = self.described.text.partition(": ")[2]
        return words[:1].upper() + words[1:]


def _shown(model: type[BaseModel], given: tuple[Any, ...]) -> Shown:
    """A model with the keys that are its own: those of every value and of the clause stand elsewhere."""
    described = describe(model)
    shared = {option.name for option in describe(Value).options if issubclass(model, Value)}
    shared -= {option.name for option in described.options if option.needed}
    clause = issubclass(model, Clause)
    if clause:
        shared |= {option.name for option in describe(Clause).options}
    own = tuple(option for option in described.options if option.name not in shared)
    return Shown(described, given, own, clause)


@dataclass(frozen=True)
class Expanded:
    """An example of a short form, and the steps that it stands for."""

    example: Example
    expanded: str


def render_language() -> str:
    """docs/language.md."""
    steps = {name: _shown(model, examples("steps")[name]) for name, model in STEPS.items()}
    values = {name: _shown(model, examples("values")[name]) for name, model in VALUES.items()}
    sugar = {
        name: _shown(model, tuple(Expanded(e, expand(e)) for e in examples("short_forms")[name]))
        for name, model in SUGAR.items()
    }
    return _page(
        "language.md.j2",
        steps=steps,
        values=values,
        sugar=sugar,
        value=describe(Value),
        clause=describe(Clause),
        models={title_of(model): describe(model) for model in FILES},
        steps_examples=examples("steps"),
        clause_examples=examples("clause")["clause"],
        aggregate_examples=examples("parts")["aggregates"],
        parts=examples("parts"),
        analysis=examples("analysis"),
        operators=[
            (escape(each.expression), _result(each.gives), each.says) for each in operations()
        ],
        readings=readings(),
        functions=functions(aggregates=False),
        aggregates=functions(aggregates=True),
        grammar=GRAMMAR,
        rounding=_rounding(),
        section=_section,
        options=_options,
        examples=_examples,
    )


def _rounding() -> list[list[str]]:
    """Each mode of rounding with what it gives."""
    says = {
        "half away": ("away from zero", "SAS's ROUND"),
        "half even": ("to the even neighbour", "the rule of R and Python"),
        "up": ("(all numbers go away from zero)", "SAS's CEIL of what is positive"),
        "down": ("(all numbers go toward zero)", "SAS's INT, R's trunc"),
    }
    made = []
    for mode in ROUNDING:
        given = (("2.5", 0), ("-2.5", 0), ("0.285", 2), ("2.675", 2), ("2.41", 0))
        results = [shown(value_of(f"round({x}, {n}, '{mode}')")) for x, n in given]
        made.append([f"`'{mode}'`", *says[mode], *results])
    return made


def render_cookbook() -> str:
    """docs/adam-cookbook.md."""
    return _page("cookbook.md.j2", recipes=examples("cookbook"), examples=_examples)


def _result(gives: object) -> str:
    return "undecided" if gives == "undecided" else shown(gives)


def render_findings() -> str:
    """docs/findings.md."""
    return _page("findings.md.j2", groups=groups(), outcomes=_outcomes())


def _outcomes() -> dict[str, str]:
    """Which classes of findings each outcome is of; all others are kept."""
    of = {
        then: [kind for kind, all_ in sorted(OUTCOMES.items()) if then in all_]
        for then in ("blank", "excluded", "kept")
    }
    never = [kind for kind, all_ in sorted(OUTCOMES.items()) if not all_]
    several = [f"`{kind}`" for kind in of["kept"] if len(OUTCOMES[kind]) > 1]
    named = {then: ", ".join(f"`{kind}`" for kind in kinds) for then, kinds in of.items()}
    return {
        "`blank`": named["blank"],
        "`supplemental`": "these too, where the spec puts the text into a supplemental qualifier",
        "`excluded`": f"{named['excluded']}, and a row whose subject cannot be computed",
        "`kept`": f"all others; of {' and '.join(several)} where the entry says so",
        "not accepted": f"{', '.join(f'`{kind}`' for kind in never)}: no file can hold the value",
    }


def render_rules() -> str:
    """docs/rules.md."""
    return _page("rules.md.j2", **rules.context())


def _page(template: str, **context: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = escape
    text = environment.get_template(template).render(context)
    return tidy(text)


def tidy(text: str) -> str:
    """One blank line between paragraphs, around headings too, and none at the end."""
    lines: list[str] = []
    for line in text.splitlines():
        blank = not line.strip()
        heading = line.startswith("#")
        if (heading or blank) and lines and lines[-1]:
            lines.append("")
        if not blank:
            lines.append(line.rstrip())
        if heading:
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def expand(example: Example) -> str:
    """The short forms of an example, written out as `spec show` would."""
    tree = parse_yaml(example.spec, "spec")
    assert isinstance(tree, Branch)
    steps = tree.items["steps"]
    assert isinstance(steps, Items)
    instruments = {
        Path(name).stem: _instrument(text)
        for name, text in example.files.items()
        if name.startswith("instruments/")
    }
    short = tuple(s for s in steps.items if isinstance(s, Branch) and set(s.items) & set(SUGAR))
    context = Context(example.dataset, example.dataset, instruments)
    branches = expand_steps(Items(short, steps.at), context, [])
    return "\n".join(line for line, _ in render(Items(tuple(branches), steps.at)))


def _instrument(text: str) -> Instrument:
    read = read_model(Instrument, parse_yaml(text, "instrument"), [])
    assert read is not None
    return read


def _section(what: Shown) -> str:
    described = what.described
    parts = ["", what.text, _options(what.own)]
    if what.clause:
        parts.append("Beside these the keys of [the clause](#the-clause).")
    parts.append(f"**Missing values**: {described.missing}")
    if described.rule:
        parts.append(f"Rule: {described.rule}.")
    given = [each.example if isinstance(each, Expanded) else each for each in what.examples]
    parts.append(_examples(given))
    return "\n\n".join(part for part in parts if part)


def _options(options: Sequence[Option]) -> str:
    lines = ["", "| key | takes | |", "|-----|-------|-|"]
    for option in options:
        name = f"**`{option.name}`**" if option.needed else f"`{option.name}`"
        says = option.doc + (f" Default: {option.default}." if option.default else "")
        lines.append(f"| {name} | {escape(option.type)} | {escape(says)} |")
    return "\n".join(lines)


def _examples(given: Iterable[Example], hide: Sequence[str] = ()) -> str:
    return "\n\n".join(_example(each, hide) for each in given)


def _example(example: Example, hide: Sequence[str]) -> str:
    parts = [f"*Example.* {example.says}"]
    parts += _inputs(example.forms, "source")
    parts += _inputs(example.given, "dataset")
    parts += _inputs(example.tabulation, "given dataset")
    for name, text in example.files.items():
        if name not in hide:
            kind = "python" if name.endswith(".py") else "yaml"
            parts.append(f"`{name}`:\n\n```{kind}\n{text.rstrip()}\n```")
    parts.append(
        f"`{example.file}`:\n\n```yaml\ndataset: {example.dataset}\n{example.spec.rstrip()}\n```"
    )
    if example.result:
        shown_name = example.shows or example.dataset
        parts.append(f"gives {shown_name}:\n\n{TextTable.read(example.result).markdown()}")
    if example.finding:
        parts.append(f"gives the finding:\n\n```text\n{example.finding.rstrip()}\n```")
    return "\n\n".join(parts)


def _inputs(tables: Mapping[str, str], kind: str) -> list[str]:
    made = []
    for name, text in tables.items():
        table = TextTable.read(text)
        if table.columns != ("SUBJECT",):
            made.append(f"{kind} `{name}`:\n\n{table.markdown()}")
    return made
