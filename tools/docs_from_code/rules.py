"""What docs/rules.md says of the conformance rules."""

from __future__ import annotations

from mg_cdisc.checks import all_rules
from mg_cdisc.checks.published import drafts, other_drafts, other_published, published
from mg_cdisc.checks.rule import GENERAL, Rule

DRAFTED = ("ADaMIG 1.3", "SDTMIG 3.4")
TITLES = (
    ("The study and all domains", {"all", "study", "general", "AP"}),
    ("Demographics (DM)", {"DM"}),
    ("Events", {"events", "AE", "DS", "DV", "MH", "CE", "HO"}),
    ("Interventions", {"interventions", "EC", "EX", "CM", "PR", "SU", "AG"}),
    ("Findings", {"findings"}),
    ("Subject elements, visits and milestones", {"SE", "SV", "SM"}),
    ("Trial design and trial summary", {"TA", "TE", "TV", "TI", "TS", "TD", "TM", "OI", "TX"}),
    ("Supplemental qualifiers, comments and relations", {"SUPP", "CO", "RELREC", "RELSUB"}),
)
ANALYSIS = (
    ("Analysis datasets: the study and all structures", {"all", "study"}),
    ("Analysis datasets: subjects (ADSL)", {"adsl"}),
    ("Analysis datasets: parameters and values (BDS)", {"bds"}),
    ("Analysis datasets: time to event", {"tte"}),
    ("Analysis datasets: occurrences", {"occurrence"}),
)


def title_of(rule: Rule) -> str:
    """The section of the page that a rule stands in: that of all its datasets, else the first."""
    words = set(rule.scope.text.partition(" not ")[0].split())
    if rule.of_analysis:
        return next((title for title, listed in ANALYSIS if words <= listed), ANALYSIS[0][0])
    if words & set(GENERAL) and len(words) > 1:
        return TITLES[0][0]
    for title, listed in TITLES:
        if words <= listed:
            return title
    for title, listed in TITLES[1:]:
        if words & listed:
            return title
    return "Findings"


def context() -> dict[str, object]:
    """What the page is made from."""
    groups: dict[str, list[Rule]] = {title: [] for title, _ in (*TITLES, *ANALYSIS)}
    for rule in all_rules():
        groups[title_of(rule)].append(rule)
    return {
        "groups": groups,
        "conditions": [rule for rule in all_rules() if rule.condition],
        "published": len(published()),
        "explained": other_published(),
        "drafts": {name: (len(drafts(name)), other_drafts(name)) for name in DRAFTED},
    }
