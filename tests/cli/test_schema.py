"""The JSON Schema of the language: takes what the language takes, refuses what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from mg_cdisc.derive import STEPS, SUGAR, VALUES
from mg_cdisc.spec.schema import KINDS, SHORT, schema_of
from mg_cdisc.spec.tree import Branch, Items, Leaf, Tree, parse_yaml, plain

REPOSITORY = Path(__file__).parents[2]
STUDIES = sorted(
    path.parent
    for folder in ("mapping_specs", "tests")
    for path in (REPOSITORY / folder).rglob("study.yaml")
    if "bad_specs" not in path.relative_to(REPOSITORY).parts
)
OF_FILE = {
    "study.yaml": "study",
    "sources.yaml": "sources",
    "terminology.yaml": "terminology",
    "visits.yaml": "table",
    "endpoints.yaml": "endpoints",
    "guide.yaml": "guide",
    "findings.yaml": "findings",
}
OF_FOLDER = {"sdtm": "dataset", "adam": "dataset", "tables": "table", "instruments": "instrument"}
VALIDATORS = {kind: Draft202012Validator(schema_of(kind)) for kind in KINDS}
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")


def as_editors_see(tree: Tree) -> Any:
    """The values that YAML 1.2 gives to plain scalars, as editors have it."""
    match tree:
        case Branch():
            return {key: as_editors_see(value) for key, value in tree.items.items()}
        case Items():
            return [as_editors_see(value) for value in tree.items]
        case Leaf(text, _, True) if re.fullmatch(r"[-+]?\d+", text):
            return int(text)
        case Leaf(text, _, True) if _FLOAT.fullmatch(text):
            return float(text)
        case Leaf(text, _, True) if text in ("", "~", "null", "true", "false"):
            return {"true": True, "false": False}.get(text)
    return plain(tree)


def errors(kind: str, text: str) -> list[str]:
    """What the schema says against a text, read as editors and as we read it."""
    tree = parse_yaml(text, "file")
    seen = [as_editors_see(tree), plain(tree)]
    return [
        f"{list(error.absolute_path)}: {error.message}"
        for data in seen
        for error in VALIDATORS[kind].iter_errors(data)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_are_schemas(kind: str) -> None:
    Draft202012Validator.check_schema(schema_of(kind))


def test_there_are_studies_to_test_on() -> None:
    assert len(STUDIES) >= 2


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_every_spec_file_of_the_repository_is_taken(study: Path) -> None:
    taken = 0
    for path in sorted(study.rglob("*.yaml")):
        inside = path.relative_to(study)
        kind = OF_FILE.get(inside.as_posix()) or OF_FOLDER.get(inside.parts[0])
        if kind is not None:
            assert errors(kind, path.read_text(encoding="utf-8")) == [], path.name
            taken += 1
    assert taken >= 3


def spec(step: str) -> str:
    """A dataset spec with one step more."""
    return f"dataset: AE\nkeys: [USUBJID]\nsteps:\n  - records: {{from: ae}}\n{step}"


TAKEN = {
    "an expression": "  - AETERM: trim(TERM)",
    "a number": "  - AESEQ: 1",
    "a working variable": "  - _n: 1 + 2",
    "a text that looks like no text": "  - AEPRESP: {hardcode: 01}",
    "an unpivot": "  - records: {from: f, unpivot: {table: t, values: {AETERM: column}}}",
    "names renamed": "  - lookup: {from: DM, by: [{SUBJ: SUBJID}], keep: [A, B: C], none: error}",
    "one name for a list": "  - pick: {by: USUBJID, order: AESEQ desc, take: last, reason: newest}",
    "conditions by reason": "  - exclude: {left blank: TERM = '', not done: DONE = 'N'}",
    "a check with its level": "  - check: {ends after it starts: AEENDY >= AESTDY, level: warning}",
    "a fallback chain": "  - AEX: {first_of: [A, {hardcode: B}, {from: DM, value: C}]}",
    "sugar on one variable": "  - study_day: AESTDTC",
    "sugar on several": "  - study_day: [AESTDTC, AEENDTC]",
    "sugar with a reference": "  - study_day: {of: AESTDTC, reference: RFXSTDTC}",
    "a grid": "  - fill: {by: USUBJID, grid: {AVISITN: [4, 12]}, set: {DTYPE: {hardcode: LOCF}}}",
    "a template": "  - each: {of: [{v: AEA, c: X}], do: [{$v: {assign_ct: $c}}]}",
    "a template with a name that goes on": (
        "  - each: {of: [{v: AE}], do: [{'${v}SER': {hardcode: 'Y'}}, {'_${v}X': '1'}]}"
    ),
    "a step behind another": "  - AEX: Y\n    after: AETERM",
    "a supplemental value": "supplemental:\n  - {QNAM: Q, QLABEL: L, assign_ct: X, codelist: NY}",
    "a helper dataset": "work:\n  w:\n    steps:\n      - records: {from: DM, by: A, set: {n: count()}}",
    "facts of a variable": "variables: {AETERM: {label: Term, length: 20, mandatory: true}}",
}
REFUSED = {
    "an unknown step": "  - recordz: {from: ae}",
    "an unknown key of a step": "  - records: {form: ae}",
    "an unknown value": "  - AESER: {asign_ct: SER}",
    "an unknown key of a value": "  - AESER: {assign_ct: SER, codlist: NY}",
    "two values at once": "  - AESER: {assign_ct: SER, hardcode: Y}",
    "a step with two keys": "  - AESER: SER\n    AETERM: TERM",
    "a name too long": "  - AESERIOUS: SER",
    "a lookup that takes what is no choice": "  - lookup: {from: DM, keep: A, none: ignore}",
    "an exclusion without a reason": "  - exclude: AESER = 'N'",
    "a pick without a reason": "  - pick: {by: USUBJID}",
    "a list where an expression is needed": "  - AETERM: [TERM]",
    "a template without items": "  - each: {do: [{AEX: Y}]}",
    "an unknown step in a template": "  - each: {of: [a], do: [{recordz: {from: $it}}]}",
    "a qualifier without a label": "supplemental:\n  - {QNAM: Q, assign: X}",
    "a qualifier without a value": "supplemental:\n  - {QNAM: Q, QLABEL: L}",
    "a label too long": "variables: {AETERM: {label: " + "x" * 41 + "}}",
    "a length too long": "variables: {AETERM: {length: 201}}",
    "a length that is none": "variables: {AETERM: {length: long}}",
    "an unknown key of the spec": "sorted_by: [AESEQ]",
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_language_has_is_taken(name: str) -> None:
    assert errors("dataset", spec(TAKEN[name])) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_language_has_not_is_refused(name: str) -> None:
    assert errors("dataset", spec(REFUSED[name]))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("dataset", "keys: [USUBJID]\nsteps: []"),
        ("dataset", "dataset: ae\nkeys: [USUBJID]\nsteps: []"),
        ("study", "study: A\ndata_cut: 2026-01-31\nsubjects: dm\nstandards: {sdtm_ct: x}"),
        ("study", "study: A\ndescription: d\ndata_cut: [1]\nsubjects: dm\nstandards: {sdtm_ct: x}"),
        ("sources", "dm: {label: no file}"),
        ("sources", "dm: {file: dm.csv, encoding: latin1}"),
        ("terminology", "SEX: {mapp: {m: M}}"),
        ("table", "columns: [A]"),
        ("findings", "- {finding: x, then: ignored, reason: because it is so}"),
        ("findings", "- {finding: x, then: kept, reason: short}"),
        ("instrument", "instrument: X\ncategory: Y"),
    ],
)
def test_other_files_are_refused_where_they_are_wrong(kind: str, text: str) -> None:
    assert errors(kind, text)


def test_a_spec_that_extends_another_may_say_less() -> None:
    for step in (
        "drop: AETERM",
        "AESTDTC: {format: MM.yyyy}",
        "pick: {order: AESEQ}",
        "AEX: {assign: TERM}\n    after: AETERM",
    ):
        changed = f"extends: ae.yaml\nsteps:\n  - {step}"
        assert errors("dataset", changed) == []
    for step in ("AESTDTC: {format: MM.yyyy}", "pick: {order: AESEQ}"):
        assert errors("dataset", f"dataset: AE\nkeys: [AESEQ]\nsteps:\n  - {step}")
    for step in ("AESTDTC: {formt: MM.yyyy}", "pick: {ordr: AESEQ}", "drop: [A, B]"):
        assert errors("dataset", f"extends: ae.yaml\nsteps:\n  - {step}")


def test_every_word_of_the_language_is_described() -> None:
    definitions = schema_of()["$defs"]
    for word, model in {**STEPS, **SUGAR, **VALUES}.items():
        described = definitions[model.__name__]
        assert word in described["description"] or model.__doc__, word
        assert described["description"].strip(), word
    assert set(definitions["step"]["properties"]) == {
        *STEPS,
        *SUGAR,
        "each",
        "after",
        "drop",
        "name",
    }
    names = [model.__name__ for model in (*STEPS.values(), *SUGAR.values(), *VALUES.values())]
    assert len(names) == len(set(names)), "two models of one name share one definition"


def test_every_model_with_a_shorter_form_says_it_in_the_schema() -> None:
    """A validator that runs before the model takes more than its fields."""
    known: set[type[BaseModel]] = set()

    def gather(model: type[BaseModel]) -> None:
        for each in model.__subclasses__():
            known.add(each)
            gather(each)

    gather(BaseModel)
    ours = {model for model in known if model.__module__.startswith("mg_cdisc.")}
    short = {
        model
        for model in ours
        for decorator in model.__pydantic_decorators__.model_validators.values()
        if decorator.info.mode == "before"
    }
    # a supplemental qualifier has its value's keys beside its own: written out in the schema
    assert {model.__name__ for model in short} - {"Supplemental"} == {
        model.__name__ for model in SHORT
    }


def test_every_reference_stands_in_the_schema() -> None:
    text = yaml.safe_dump(schema_of())
    named = set(re.findall(r"#/\$defs/(\w+)", text))
    assert named <= set(schema_of()["$defs"])
