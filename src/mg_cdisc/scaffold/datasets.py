"""First dataset specs: a step for each field whose name tells its variable, the rest as to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mg_cdisc.expression.values import read_number
from mg_cdisc.scaffold.lines import Line, constant, flow, reference, remark, scalar, steps, table
from mg_cdisc.scaffold.material import Material
from mg_cdisc.scaffold.recognise import Mapped, Recognised, fact_of
from mg_cdisc.scaffold.terms import Terms
from mg_cdisc.sources import FormField
from mg_cdisc.standards import Standard, VariableFact

AUTOMATIC: Final = ("STUDYID", "DOMAIN", "USUBJID")
MAP_TODO: Final = "map each, or list it with a reason under not_submitted:"

LONGEST: Final = 200
"""The bytes that a text of a transport file has at most. Rule: SAS TS-140."""
_FEW: Final = 6
"""As many values of a column are shown as what it can hold."""
_HOW: Final[Mapping[str, str]] = {
    "RFXSTDTC": "{from: EX, value: min(EXSTDTC)}",
    "RFXENDTC": "{from: EX, value: max(EXENDTC)}",
    "RFSTDTC": "RFXSTDTC, or what the study counts its days from",
    "RFENDTC": "the end of the subject's participation, or of exposure",
    "RFPENDTC": "{across: [--DTC, --STDTC, --ENDTC], take: latest, without: [DM, MH]}",
    "DTHFL": "{flag: not missing(DTHDTC)}",
    "ACTARMCD": "ARMCD, where everybody got what was planned",
    "ACTARM": "ARM, where everybody got what was planned",
    "ARMNRS": '{cases: {SCREEN FAILURE: condition, "": else}}',
    "ACTARMUD": '{hardcode: ""}, where nobody had an unplanned arm',
    "AEBODSYS": "AESOC, where the primary class is used",
    "AEBDSYCD": "AESOCCD, where the primary class is used",
    "EXENDTC": "EXSTDTC, where a dose has no duration",
    "EXTRT": "{hardcode: NAME OF THE TREATMENT}",
}
"""How a variable that no form collects is often made."""


@dataclass
class Draft:
    """The spec of one dataset as it grows.

    ``made`` are the variables that it makes; a field with such a name is read as ``source.NAME``.
    """

    found: Recognised
    standard: Standard
    terms: Terms
    made: list[str] = field(default_factory=list)
    lines: list[tuple[float, Line]] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    qualifiers: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    todo: list[str] = field(default_factory=list)
    open: list[FormField] = field(default_factory=list)
    long: list[str] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """The domain's code."""
        return self.found.domain

    @property
    def material(self) -> Material:
        """The form."""
        return self.found.material

    def fact(self, variable: str) -> VariableFact | None:
        """What the standard says of a variable here."""
        return fact_of(self.domain, self.found.cls, variable, self.standard)

    def place(self, variable: str) -> float:
        """Where the standard has a variable, among the dataset's own."""
        fact = self.standard.variable(self.domain, variable)
        return float(fact.order) if fact is not None else 500.0

    def read(self, column: str) -> str:
        """A source column in an expression of this dataset."""
        return reference(column, (*self.made, *AUTOMATIC))

    def step(self, variable: str, value: object, label: str = "", at: float | None = None) -> None:
        """Add the step that makes a variable, where the standard has it."""
        written = scalar(value) if isinstance(value, str) else flow(value)
        place = self.place(variable) if at is None else at
        self.lines.append((place, Line(variable, written, label)))

    def remark(self, text: str, at: float) -> None:
        """Add a remark between the steps."""
        self.lines.append((at, Line(remark=text)))


def add_fields(draft: Draft) -> None:
    """A step for each field that was recognised; those that cannot be mapped alone stay open."""
    draft.open = list(draft.found.open)
    for each in draft.found.mapped:
        if each.way not in ("asked", "qualifier") and each.variable not in draft.made:
            draft.made.append(each.variable)
            if each.way == "dose" and not _numeric(draft.material, each.field):
                draft.made[-1] = f"{draft.domain}DOSTXT"
    for each in draft.found.mapped:
        label = remark(each.field.label)
        if each.way == "asked":
            draft.told[each.field.name] = "asks only whether there is anything to record"
        elif each.way == "qualifier":
            draft.qualifiers.append(_qualifier(draft, each))
        elif not _add(draft, each, label):
            if each.variable in draft.made:
                draft.made.remove(each.variable)
            draft.open.append(each.field)


def _add(draft: Draft, each: Mapped, label: str) -> bool:
    """The step of one field; false where its variable is not known without asking."""
    read = draft.read(each.field.name)
    answers = draft.material.answers(each.field)
    if each.way == "date":
        value: dict[str, object] = {"iso8601": read}
        if each.beside:
            value["time"] = draft.read(each.beside[0].name)
        draft.step(each.variable, value, label)
    elif each.way == "parts":
        draft.step(
            each.variable, {"iso8601": [draft.read(part.name) for part in each.beside]}, label
        )
    elif each.way == "dose":
        _dose(draft, each, read, label)
    elif each.way in ("ongoing", "performed"):
        return _state(draft, each, read, answers, label)
    else:
        return _same(draft, each, read, answers, label)
    return True


def _dose(draft: Draft, each: Mapped, read: str, label: str) -> None:
    if _numeric(draft.material, each.field):
        draft.step(f"{draft.domain}DOSE", f"number({read})", label)
    else:
        draft.step(f"{draft.domain}DOSTXT", read, label)


def _state(draft: Draft, each: Mapped, read: str, answers: Mapping[str, str], label: str) -> bool:
    """Ongoing or not done: said by one code of a question with yes and no."""
    wanted, term = ("Y", "ONGOING") if each.way == "ongoing" else ("N", "NOT DONE")
    # a box that is checked, and a question of which the data know only one answer
    codes = [code for code, meant in draft.terms.matches("NY", answers).items() if meant == wanted]
    if not codes and wanted in answers:
        codes = [wanted]
    if len(codes) != 1:
        return False
    draft.step(each.variable, {"hardcode": term, "when": f"{read} = {constant(codes[0])}"}, label)
    if each.way == "ongoing":
        point = f"{draft.domain}ENTPT"
        draft.todo.append(
            f"{point}: the time point that {each.variable} speaks of, a date or words"
        )
    return True


def _same(draft: Draft, each: Mapped, read: str, answers: Mapping[str, str], label: str) -> bool:
    fact = draft.fact(each.variable)
    assert fact is not None
    place = f"{draft.material.name}, {each.field.name}"
    if each.variable == "COUNTRY" and not all(
        len(c) == 3 and c.isupper() and c.isascii() for c in answers
    ):
        draft.todo.append(
            "COUNTRY: the code of three letters by ISO 3166-1, as {map: ..., to: {...}}"
        )
        return False
    if fact.type == "Num":
        draft.step(each.variable, f"number({read})", label)
    elif fact.codelists:
        draft.step(each.variable, draft.terms.assign(fact.codelists, read, answers, place), label)
    elif each.field.choices and not _are_codes(each.variable, each.field.choices):
        words = {code: text.upper() for code, text in each.field.choices.items()}
        if not all(text.isascii() for text in words.values()):
            return False
        draft.step(each.variable, {"map": read, "to": words}, label)
    else:
        draft.step(each.variable, _text(draft, each, read), label)
    return True


def _text(draft: Draft, each: Mapped, read: str) -> str:
    """Free text as it stands; without blanks at its ends, and in English where it is not ASCII."""
    values = draft.material.values(each.field.name)
    if any(value != value.strip() for value in values):
        read = f"trim({read})"
    if any(len(value.encode()) > LONGEST for value in values):
        draft.long.append(each.variable)
    foreign = [value.strip() for value in values if not value.isascii()]
    if not foreign:
        return read
    draft.terms.foreign[f"{draft.domain}.{each.variable}"] = foreign
    return f"translate({read})"


def _are_codes(variable: str, choices: Mapping[str, str]) -> bool:
    """Whether the codes are submitted as they are: grades of toxicity, and texts that decode themselves."""
    return variable.endswith("TOXGR") or all(code == text.upper() for code, text in choices.items())


def _numeric(material: Material, field_: FormField) -> bool:
    values = material.values(field_.name)
    return bool(values) and all(read_number(each) == read_number(each) for each in values)


def _qualifier(draft: Draft, each: Mapped) -> str:
    said: dict[str, object] = {"QNAM": each.variable, "QLABEL": each.label}
    read = draft.read(each.field.name)
    answers = draft.material.answers(each.field)
    coded = draft.terms.matches("NY", answers)
    if each.field.choices and len(coded) == len(answers):
        place = f"{draft.material.name}, {each.field.name}"
        said |= draft.terms.assign(("C66742",), read, answers, place) | {"codelist": "NY"}
    else:
        said["assign"] = _text(draft, each, read)
    return f"  - {flow(said | {'origin': 'Collected'})}"


def add_ends(draft: Draft, *, days: bool, keys: Sequence[str]) -> None:
    """Study days, where DM has a reference date, and the sequence number."""
    last = 900.0
    dates = [
        each
        for each in (f"{draft.domain}{end}" for end in ("DTC", "STDTC", "ENDTC"))
        if each in draft.made
    ]
    listed = dates[0] if len(dates) == 1 else flow(dates)
    if days and dates:
        draft.lines.append((last, Line("study_day", listed)))
    elif dates:
        draft.todo.append(f"study_day: {listed}   once DM has RFSTDTC")
    sequence = [key for key in keys if key not in (*AUTOMATIC, f"{draft.domain}SEQ")]
    if sequence:
        draft.lines.append((last + 1, Line(f"{draft.domain}SEQ", flow({"sequence": sequence}))))
        draft.made.append(f"{draft.domain}SEQ")


def text_of(draft: Draft, keys: Sequence[str]) -> str:
    """The YAML of the spec, with what is still to do behind its steps."""
    lines = [line for _, line in sorted(draft.lines, key=lambda each: each[0])]
    made = [f"# {draft.domain} from the form {remark(draft.material.label)}."]
    made += [
        f"dataset: {draft.domain}",
        f"keys: {flow(list(keys))}",
        *draft.head,
        "steps:",
        *steps(lines),
    ]
    made += ["supplemental:", *draft.qualifiers] if draft.qualifiers else []
    # what does not fit into 200 bytes goes on in SUPP--
    long = [each for each in draft.long if each in draft.made]
    made += ["variables:", *(f"  {each}: {{continues: true}}" for each in long)] if long else []
    if draft.told:
        made.append("not_submitted:")
        made += [f"  {flow(column)}: {reason}" for column, reason in draft.told.items()]
    made += _absent(draft)
    made += [f"# TODO {each}" for each in draft.todo]
    made += open_fields(draft.material, draft.open)
    return "\n".join(made) + "\n"


def _absent(draft: Draft) -> list[str]:
    """Variables that the standard requires or expects, and no field was recognised for."""
    made = {*draft.made, *AUTOMATIC, *(line.key for _, line in draft.lines)}
    rows = [
        (
            fact.name,
            {"Req": "required", "Exp": "expected"}[fact.core],
            fact.label,
            _HOW.get(fact.name, ""),
        )
        for fact in draft.standard.variables(draft.domain)
        if fact.core in ("Req", "Exp") and fact.name not in made
    ]
    if not rows:
        return []
    return ["# TODO variables that the standard has and no field is named after: add a step for each",
            *(f"#   {line}" for line in table(rows))]  # fmt: skip


def _seen(material: Material, field_: FormField) -> str:
    """What stands in a column without choices: its values, or the first of many."""
    values = material.values(field_.name)
    if len(values) > _FEW:
        return f"such as {remark(values[0], 40)}"
    return ", ".join(remark(each, 24) for each in values)


def open_fields(material: Material, fields: Sequence[FormField], todo: str = MAP_TODO) -> list[str]:
    """A remark for each field that no step reads, with its label and choices."""
    if not fields:
        return []
    rows = []
    for each in fields:
        choices = ", ".join(
            f"{code} = {text}" if code != text else code for code, text in each.choices.items()
        )
        rows.append(
            (remark(each.name), remark(each.label), remark(choices or _seen(material, each), 120))
        )
    head = f"# TODO fields of {material.name} that no step reads: {todo}"
    return [head, *(f"#   {line}" for line in table(rows))]
