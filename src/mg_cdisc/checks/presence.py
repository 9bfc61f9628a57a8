"""Rules about which datasets a tabulation has, and how they are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mg_cdisc.checks.conditions import parameter
from mg_cdisc.checks.rule import Fault
from mg_cdisc.checks.study import Study, judged

NOT_DOMAINS = ("SJ", "TP", "TT")
TRIAL_DESIGN = ("TA", "TE", "TS", "TV")


def there(study: Study, domain: str) -> bool:
    """Whether a domain has a dataset, be it one whose file cannot be read."""
    return bool(study.of(domain)) or domain in study.unread


def check_empty(study: Study) -> Iterator[Fault]:
    """Datasets without records: of single subjects many have none."""
    for records in study:
        if not records.rows and not study.partial:
            yield Fault(records)


def check_dm(study: Study) -> Iterator[Fault]:
    """Every study has DM."""
    if not there(study, "DM") and not study.partial:
        yield Fault(None, detail="there is no DM")


def check_exposure(study: Study) -> Iterator[Fault]:
    """A study of an intervention has EX."""
    kind = parameter(study.one("TS"), "STYPE")
    if kind == "INTERVENTIONAL" and not there(study, "EX") and not study.partial:
        yield Fault(None, detail="there is no EX")


def check_trial_design(study: Study) -> Iterator[Fault]:
    """The trial design datasets that agencies ask for; DM of a study alone is no tabulation yet."""
    if study.partial or not any(study.of(name) for name in TRIAL_DESIGN):
        return
    missing = [name for name in TRIAL_DESIGN if not there(study, name)]
    if missing:
        yield Fault(None, detail=f"there is no {', '.join(missing)}")


def check_summary(study: Study) -> Iterator[Fault]:
    """Trial summary is there at all."""
    if not study.partial and not any(study.of(name) for name in TRIAL_DESIGN):
        yield Fault(None, detail="there is none of TA, TE, TS and TV")


def check_beside(one: str, other: str) -> Callable[[Study], Iterator[Fault]]:
    """A check that a dataset is there only beside another one."""

    def check(study: Study) -> Iterator[Fault]:
        if not study.of(other) and not study.partial:
            yield from (Fault(records) for records in study.of(one))

    return check


def check_milestones(study: Study) -> Iterator[Fault]:
    """MIDS and RELMIDS name milestones, which TM defines."""
    if study.of("TM") or study.partial:
        return
    for records in study:
        for name in ("MIDS", "RELMIDS"):
            if name in records:
                yield Fault(records, None, (name,), f"{records.name} has {name}")


def check_vehicle(study: Study) -> Iterator[Fault]:
    """The vehicle's amount was collected, so it stands in EC where there is EC."""
    for records in study.of("EX") if study.of("EC") else ():
        for name in ("EXVAMT", "EXVAMTU"):
            if name in records:
                yield Fault(records, None, (name,), f"EX has {name}")


def check_not_domains(study: Study) -> Iterator[Fault]:
    """Domains of studies in animals."""
    for name in NOT_DOMAINS:
        yield from (Fault(records) for records in study.of(name))


def check_links(study: Study) -> Iterator[Fault]:
    """A link that stands in one dataset only links nothing."""
    for generic in ("--LNKID", "--LNKGRP"):
        holders = [each for each in study if each.prefix and each.full(generic) in each]
        if len(holders) == 1 and not study.partial:
            name = holders[0].full(generic)
            yield Fault(holders[0], None, (name,), f"only {holders[0].name} has {name}")


def check_names(study: Study) -> Iterator[Fault]:
    """Names of datasets: the domain, with at most two further characters where it is split."""
    for records in study:
        name, domain = records.name, records.domain
        if domain == "SUPP":
            good = re.fullmatch(r"SUPP[A-Z][A-Z0-9]{1,3}", name)
        elif name in study.standard.datasets:
            continue
        elif records.associated:
            good = re.fullmatch(r"AP[A-Z][A-Z0-9]([A-Z0-9]{2})?", name)
        else:
            good = re.fullmatch(rf"{re.escape(domain)}[A-Z0-9]{{0,2}}", name)
        if good is None:
            yield Fault(records)


def check_split_names(study: Study) -> Iterator[Fault]:
    """A part of a split domain has four characters; of FA the last two name a dataset here."""
    for records in study:
        name = records.name
        if len(name) < 3 or records.domain in ("SUPP", name) or not name.startswith(records.domain):
            continue
        if len(name) == 3:
            yield Fault(records, None, (), "three characters")
        elif records.domain == "FA" and not study.of(name[2:]) and not study.partial:
            yield Fault(records, None, (), f"there is no {name[2:]}")


def check_races(study: Study) -> Iterator[Fault]:
    """Where RACE is MULTIPLE, there is SUPPDM with at least two races of the subject."""
    demographics = study.one("DM")
    races = demographics.text("RACE") if demographics else None
    if demographics is None or races is None or not races.equals("MULTIPLE").any():
        return
    supplement = study.datasets.get("SUPPDM")
    several = races.equals("MULTIPLE")
    if supplement is None:
        if not study.partial:
            yield Fault(demographics, several, ("RACE",), "there is no SUPPDM")
        return
    names, subjects = supplement.text("QNAM"), supplement.text("USUBJID")
    mine = demographics.text("USUBJID")
    if names is None or subjects is None or mine is None:
        return
    listed = judged(names, lambda name: re.match("RACE[0-9A-Z]", name) is not None)
    counts: dict[str, int] = {}
    for subject in subjects.take(listed).to_list():
        counts[subject] = counts.get(subject, 0) + 1
    few = judged(mine, lambda subject: counts.get(subject, 0) < 2)
    rows = several & few
    if rows.any():
        yield Fault(demographics, rows, ("RACE",))
