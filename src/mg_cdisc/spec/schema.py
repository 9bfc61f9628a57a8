"""The spec language as JSON Schema, so that an editor completes and checks as one types.

It is made from the models that read the YAML, with their docstrings as descriptions: what is added
to a model is in the schema. An editor sees what a person may write, which is a little more than a
model keeps: numbers and ``true`` are taken as text, a single name stands for a list of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from mg_cdisc.derive import STEPS, SUGAR, VALUES
from mg_cdisc.derive.assign import Assign
from mg_cdisc.derive.fill import Grid
from mg_cdisc.derive.rows import Check, Exclude
from mg_cdisc.derive.sugar import Epoch, StudyDay
from mg_cdisc.spec.described import fields_of
from mg_cdisc.spec.endpoints import Count, Endpoints, Proportion, Summary
from mg_cdisc.spec.guide import Guide
from mg_cdisc.spec.labels import Labels
from mg_cdisc.spec.models import (
    Accepted,
    DatasetSpec,
    Instrument,
    SourceSpec,
    Study,
    Table,
    TermMap,
    Work,
)
from mg_cdisc.spec.tabulation import Tabulation
from mg_cdisc.spec.trial import TrialParameter

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS: dict[str, tuple[str, Any]] = {
    "dataset": ("sdtm/*.yaml, adam/*.yaml: how one dataset is made", DatasetSpec),
    "study": ("study.yaml: what holds for the whole study", Study),
    "sources": ("sources.yaml: the source files, by name", dict[str, SourceSpec]),
    "terminology": ("terminology.yaml: codelists, by name", dict[str, TermMap]),
    "table": ("visits.yaml, tables/*.yaml: a small list", Table),
    "instrument": ("instruments/*.yaml: a questionnaire or rating scale", Instrument),
    "translations": ("translations.yaml: texts of the source and their English", dict[str, str]),
    "labels": ("labels.zh.yaml: labels in Chinese, for the NMPA", Labels),
    "endpoints": ("endpoints.yaml: endpoints and how each is analysed", Endpoints),
    "guide": ("guide.yaml: what only people know, for the reviewer's guides", Guide),
    "findings": ("findings.yaml: findings that are accepted, with reasons", tuple[Accepted, ...]),
}
"""What ``schema_of`` knows: the files of a kind, and their model."""

Schema = dict[str, Any]
_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
_EXPRESSION: Schema = {"type": ["string", "number", "boolean"], "description": "an expression"}
_NAMES: Schema = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_CONDITIONS: Schema = {
    "type": "object",
    "additionalProperties": _EXPRESSION,
    "minProperties": 1,
}

SHORT: Mapping[type[BaseModel], Schema] = {
    Assign: _EXPRESSION,
    StudyDay: _NAMES,
    Epoch: {"type": "string"},
    Exclude: _CONDITIONS | {"description": "reason: condition"},
    Check: _CONDITIONS
    | {"description": "what must hold: condition", "properties": {"shows": _NAMES}},
    Grid: {"type": "object", "additionalProperties": _TEXTS, "minProperties": 1},
    Work: {"type": "array", "items": {"type": "object"}, "description": "steps"},
    TrialParameter: {"type": "string", "description": "its value"},
    Tabulation: {"type": "string", "description": "the folder of the datasets"},
    Count: {"const": "subjects"},
    Proportion: {"type": "string", "description": "the variable that says yes or no"},
    Summary: _NAMES,
}
"""Models that also have a shorter form, with that form."""

_VARIABLE = r"^[A-Z][A-Z0-9_]{0,7}$"
_WORKING = r"^_[A-Za-z0-9_]+$"
_PLACEHOLDER = r"\$\{?[A-Za-z_]"


class _Language(GenerateJsonSchema):
    """Pydantic's own schema of a model, widened to what the YAML may say."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        if "pattern" in made:  # in a template of each: a name may be filled in later
            made["pattern"] = rf"{made['pattern']}|^\$\{{?[A-Za-z_]"
        # every plain scalar is read as text; what has a pattern or a length is a name
        return made if len(made) > 1 else dict(_TEXT)

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return super().int_schema(schema) | {"type": ["integer", "string"], "pattern": r"^\d+$"}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return super().float_schema(schema) | {
            "type": ["number", "string"],
            "pattern": r"^[+-]?\d+(\.\d+)?$",
        }

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return {"enum": [True, False, "true", "false", "yes", "no"]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default") in (None, "", [], {}):
            made.pop("default", None)
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        return {"anyOf": [self.generate_inner(each) for each in schema["choices"].values()]}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        self._describe(schema["cls"], made.get("properties", {}))
        short = SHORT.get(schema["cls"])
        if short is None:
            return made
        described = {"description": made.pop("description", "")}
        return described | {"anyOf": [short, made]}

    def _describe(self, model: type[BaseModel], properties: dict[str, Any]) -> None:
        """What stands below a field in the code is what an editor says of its key."""
        for name, field in fields_of(model).items():
            key = model.model_fields[name].alias or name if name in model.model_fields else ""
            if key in properties and field.text:
                properties[key]["description"] = field.text

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return _tidy(super().generate(schema, mode))


def _tidy(schema: Any) -> Any:
    """Without titles, and with docstrings as an editor shows them."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "description" and isinstance(value, str):
            value = re.sub(r"``(.+?)``", r"`\1`", value)
        made[key] = _tidy(value)
    return made


def schema_of(kind: str = "dataset") -> Schema:
    """The JSON Schema (draft 2020-12) of one kind of file (``KINDS``)."""
    title, model = KINDS[kind]
    made: Schema = TypeAdapter(model).json_schema(schema_generator=_Language)
    if kind == "dataset":
        made = _with_steps(made)
    return {"$schema": DIALECT, "title": title, **made}


def _with_steps(made: Schema) -> Schema:
    """The dataset spec's steps, which its model leaves to the tables of steps, values and sugar."""
    definitions: Schema = made.setdefault("$defs", {})
    models: list[type[BaseModel]] = [*STEPS.values(), *SUGAR.values(), *VALUES.values(), Work]
    for model in models:
        own = TypeAdapter(model).json_schema(
            schema_generator=_Language, ref_template="#/$defs/{model}"
        )
        definitions |= own.pop("$defs", {})
        definitions.setdefault(model.__name__, own)
    definitions["value"] = {
        "description": f"An expression, or one of {', '.join(VALUES)}.",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in VALUES.values()],
    }
    value = {"$ref": "#/$defs/value"}
    definitions["step"] = _step(value)
    definitions["template"] = _step(value, template=True)
    definitions["steps"] = _list("step", "Steps, which run top to bottom.")
    definitions["each"] = {
        "type": "object",
        "description": "`each`: repeats steps over a list. In `do`, `$it` is the item, or `$KEY` a "
        "key of it.",
        "properties": {
            "of": {"type": "array", "items": {"anyOf": [_TEXT, {"type": "object"}]}},
            "do": _list("template", "Steps with `$it` or `$KEY` in them."),
        },
        "required": ["of", "do"],
        "additionalProperties": False,
    }
    bare, whole = definitions["Work"]["anyOf"]
    bare["items"] = {"$ref": "#/$defs/step"}
    whole["properties"]["steps"] = {"$ref": "#/$defs/steps"}
    definitions["Supplemental"] = _supplemental(definitions)
    changes = _changes(definitions)
    made["if"] = {"required": ["extends"]}
    made["then"] = {"properties": changes}
    made["else"] = {
        "required": made.pop("required"),
        "properties": {key: made["properties"][key] for key in changes}
        | {"steps": {"$ref": "#/$defs/steps"}},
    }
    made["properties"] |= {key: {"type": "array"} for key in changes}
    made["$defs"] = dict(sorted(definitions.items()))
    values = definitions["value"].pop("anyOf")
    made = _refer(made, values, {"$ref": "#/$defs/value"})
    made["$defs"]["value"]["anyOf"] = values
    return made


def _refer(schema: Any, choices: list[Schema], reference: Schema) -> Any:
    """The same with a reference wherever just these choices are written out."""
    if isinstance(schema, list):
        return [_refer(each, choices, reference) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("anyOf") == choices:
        return reference
    return {key: _refer(value, choices, reference) for key, value in schema.items()}


def _list(item: str, description: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{item}"}, "description": description}


def _changes(definitions: Schema) -> Schema:
    """What stands elsewhere in a spec that extends another: what it leaves out, the other says."""
    part = {
        "type": "object",
        "description": "Keys to change of the value that the extended spec gives.",
        "properties": _beside({}, definitions),
        "additionalProperties": False,
        "not": {"anyOf": [{"required": [key]} for key in VALUES]},
    }
    changed = _step({"anyOf": [{"$ref": "#/$defs/value"}, part]})
    for key, model in STEPS.items():
        whole = definitions[model.__name__]
        if "required" in whole:
            name = f"{model.__name__}Change"
            definitions[name] = {each: whole[each] for each in whole if each != "required"}
            changed["properties"][key] = {"$ref": f"#/$defs/{name}"}
    definitions["change"] = changed
    qualifier = definitions["Supplemental"]
    definitions["SupplementalChange"] = {
        each: qualifier[each] for each in qualifier if each != "oneOf"
    } | {"required": ["QNAM"]}
    return {
        "steps": _list("change", "Steps that replace, change or follow those of the other spec."),
        "supplemental": _list("SupplementalChange", "Qualifiers to change or add, by QNAM."),
    }


def _step(value: Schema, *, template: bool = False) -> Schema:
    """One step: a mapping with one key, the word of a step or the variable that it makes.

    One object with a property for each word, and not one object for each word, because editors
    complete the first and only list the second.
    """
    words = {key: {"$ref": f"#/$defs/{model.__name__}"} for key, model in STEPS.items()}
    words |= {key: {"$ref": f"#/$defs/{model.__name__}"} for key, model in SUGAR.items()}
    patterns = {_VARIABLE: value, _WORKING: value}
    if template:
        patterns[_PLACEHOLDER] = value
    extending = "in a spec that extends another: "
    return {
        "type": "object",
        "properties": {
            **words,
            "each": {"$ref": "#/$defs/each"},
            "after": {"type": "string", "description": f"{extending}the step to stand behind"},
            "drop": {"type": "string", "description": f"{extending}the step to remove"},
            "name": {
                "type": "string",
                "description": "what a spec that extends this one calls the step",
            },
        },
        "patternProperties": patterns,
        "additionalProperties": False,
        "minProperties": 1,
        "if": {"anyOf": [{"required": ["after"]}, {"required": ["name"]}]},
        "then": {"minProperties": 2, "maxProperties": 3},
        "else": {"maxProperties": 1},
    }


def _supplemental(definitions: Schema) -> Schema:
    """A supplemental qualifier: its own keys, and beside them those of one value."""
    own: Schema = dict(definitions["Supplemental"])
    own["properties"] = _beside(own["properties"], definitions)
    own["required"] = ["QNAM", "QLABEL"]
    own["oneOf"] = [{"required": [key]} for key in VALUES]
    return own


def _beside(own: Schema, definitions: Schema) -> Schema:
    """These properties and those of every value; of two meanings, either."""
    properties = dict(own)
    for model in VALUES.values():
        described = definitions[model.__name__]
        shape = next(
            (each for each in described.get("anyOf", ()) if "properties" in each), described
        )
        for name, schema in shape["properties"].items():
            known = properties.get(name)
            if known is None:
                properties[name] = schema
            elif name not in own and known != schema:
                choices = known.get("anyOf", [known])
                properties[name] = {"anyOf": [*choices, schema]}
    return properties
