"""study.yaml, sources.yaml and visits.yaml of a first spec."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mg_cdisc.scaffold.datasets import open_fields
from mg_cdisc.scaffold.lines import flow, reference, remark, scalar
from mg_cdisc.scaffold.material import Material, plain
from mg_cdisc.scaffold.moments import Dates
from mg_cdisc.sources import StudyEvent
from mg_cdisc.sources.declaration import SUFFIXES, SourceDeclaration

SCHEDULE = "schedule"
_SAID = ("encoding", "form", "item_group", "names", "dictionary", "sheet", "member")


def study_page(study: str, subjects: str, latest: str, terminology: str) -> str:
    """study.yaml; what nobody but the user knows is marked as to do."""
    made = [
        "# What holds for the whole study. Lines marked TODO hold what only you know.",
        f"study: {scalar(study)}",
        "description: a first draft of the specs   # TODO what the study is, in one line",
        f"data_cut: {latest}   # TODO the day of the data cut; "
        + (
            "this is the last date in the data"
            if latest != NO_DATE
            else "no date was found in the data"
        ),
        f"subjects: {subjects}   # the form that lists every subject",
        "standards:",
        '  sdtmig: "3.4"',
        f"  sdtm_ct: {terminology}",
    ]
    return "\n".join(made) + "\n"


NO_DATE = "2000-01-01"
_SEVERAL = 4
"""Two files with as many columns of the same names are likely parts of one form."""


def sources_page(
    forms: Sequence[Material],
    dates: Mapping[str, Dates],
    subjects: Mapping[str, str],
    mapped: Mapping[str, str],
    told: Mapping[str, Mapping[str, str]],
    roster: Material,
    alike: Mapping[str, str],
) -> str:
    """sources.yaml: an entry for each form.

    ``mapped`` is the domain of those that have a spec, ``alike`` of those that would have one if
    another form had not.
    """
    made = [
        "# One entry a form: its file, how it is written, whose subjects it speaks of, its dates."
    ]
    first: dict[tuple[str, ...], str] = {}
    for form in forms:
        entry = _entry(
            form, dates[form.name], subjects[form.name], mapped.get(form.name, ""), told[form.name]
        )
        strange = _strange_subject(form, roster)
        if strange:
            place = next(at for at, line in enumerate(entry) if line.startswith("  subject: ")) + 1
            entry.insert(place, f"  # TODO subject: {strange}")
        if form.name in alike:
            spec = f"sdtm/{alike[form.name].lower()}.yaml"
            entry.append(
                f"  # TODO it looks like {alike[form.name]}: a second records step in {spec}"
            )
        columns = _columns(form)
        if columns and first.setdefault(columns, form.name) != form.name:
            what = (
                f"it has the columns of {first[columns]}: one form in several files is one source"
            )
            entry.append(f"  # TODO {what}, by files:")
        made += entry
    return "\n".join(made) + "\n"


def _columns(form: Material) -> tuple[str, ...]:
    """The columns that tell a form from others, of a file that is a form of its own."""
    if form.table is None or form.declaration.form or len(form.table.columns) < _SEVERAL:
        return ()
    return form.table.columns


def _strange_subject(form: Material, roster: Material) -> str:
    """Whether a form writes its subjects in another way than the form that lists them."""
    here, there = form.values(form.subject), roster.values(roster.subject)
    if not here or not there or {*here} & {*there}:
        return ""
    return f"it writes {remark(here[0], 40)}, and {roster.name} writes {remark(there[0], 40)}"


def _entry(
    form: Material, dates: Dates, subject: str, domain: str, told: Mapping[str, str]
) -> list[str]:
    declared = form.declaration
    made = [
        "",
        f"{form.name}:",
        f"  label: {scalar(remark(form.label))}",
        f"  file: {scalar(declared.file)}",
    ]
    if SUFFIXES.get("." + declared.file.lower().rpartition(".")[2]) != declared.format and not (
        declared.format == "odm" and declared.file.lower().endswith(".odm.xml")
    ):
        made.append(f"  format: {declared.format}")
    for key in _SAID:
        value = getattr(declared, key)
        if value not in (None, "", "oid"):
            made.append(f"  {key}: {scalar(value)}")
    usual = SourceDeclaration.model_validate({"file": declared.file, "format": "csv"}).delimiter
    if declared.format == "csv" and declared.delimiter != usual:
        made.append(f"  delimiter: {_delimiter(declared.delimiter)}")
    if form.fault:
        made.append(f"  # TODO it was not read: {remark(form.fault, 200)}")
    if form.fault and not form.fields:
        return made
    if subject:
        made.append(f"  subject: {subject}")
    else:
        made.append("  # TODO subject: how its columns make USUBJID; a list for the study has none")
    if form.keys:
        guess = "" if form.sure else "   # these tell its rows apart today; see that they always do"
        made.append(f"  key: {flow(list(form.keys))}{guess}")
    else:
        made.append("  # TODO key: the columns that tell its rows apart")
    if dates.formats:
        shown = dates.formats[0] if len(dates.formats) == 1 else flow(list(dates.formats))
        made.append(f"  dates: {shown if len(dates.formats) > 1 else scalar(shown)}")
    made += [f"  # TODO dates: {remark(each, 160)}" for each in dates.asked]
    if told:
        made.append("  not_submitted:")
        made += [f"    {flow(column)}: {reason}" for column, reason in told.items()]
    if not domain:
        spoken = {*form.keys, *told, *_named(form, subject)}
        left = [each for each in form.fields if each.name not in spoken]
        made.append(f"  # TODO no spec reads {form.name} yet: write one, or remove this entry")
        made += [f"  {line}" for line in open_fields(form, left, "they belong into that spec")]
    return made


def _named(form: Material, subject: str) -> list[str]:
    return [column for column in (form.subject, form.site) if column and column in subject]


def _delimiter(sign: str) -> str:
    return {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}[sign]


def subject_of(form: Material, study: str, *, with_site: bool) -> str:
    """USUBJID by the columns of a form, as sources.yaml writes it; blank where none names a subject."""
    if not form.subject or "`" in form.subject:
        return ""
    read = reference(form.subject)
    values = form.values(form.subject)
    whole = values and all(each.startswith(f"{study}-") for each in values)
    if whole or plain(form.subject) == "USUBJID":
        return scalar(read)
    site = (
        f"{reference(form.site)}, '-', " if with_site and form.site and "`" not in form.site else ""
    )
    return scalar(f"concat(STUDYID, '-', {site}{read})")


def visits_page(events: Sequence[StudyEvent], labels: Sequence[str]) -> str:
    """visits.yaml: the planned visits by the name that the forms have for them; blank if none is known."""
    planned = [(event.oid, event.name or event.oid) for event in events if _planned(event)]
    others = [event for event in events if not _planned(event)]
    rows = planned or [(label, label) for label in labels]
    if not rows:
        return ""
    said = (
        "the study events of the ODM file"
        if planned
        else "the visits in the data, in the order of their first rows"
    )
    made = [
        f"# The planned visits: {said}.",
        "# TODO check order, numbers and names; a column VISITDY has the planned study days, once they are known.",
        f"table: {SCHEDULE}",
        "columns: [form, VISITNUM, VISIT]",
        "rows:",
    ]
    for number, (form, name) in enumerate(rows, 1):
        # an event of REDCap is called after its arm too
        said = " ".join(re.sub(r"(?i)_arm_\d+$", "", name).replace("_", " ").upper().split())
        made.append(f'  - [{scalar(form, inside=True)}, "{number}", {scalar(said, inside=True)}]')
    if others:
        made.append("# not planned visits:")
        made += [f"#   {remark(each.oid)}   {remark(each.name)}" for each in others]
    return "\n".join(made) + "\n"


def _planned(event: StudyEvent) -> bool:
    return event.kind == "Scheduled" or (not event.kind and not event.repeating)
