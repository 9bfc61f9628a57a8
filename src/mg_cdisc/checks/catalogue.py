"""The table of all rules: those said as data, then those that need a function.

A rule of the second kind stands here in one line each with its function. ``covers`` names the
finding by which a build tells the same: such a rule is run only on packages that were not built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from mg_cdisc.checks import countries, forms, references, results, summary, terms
from mg_cdisc.checks import elements as el
from mg_cdisc.checks import metadata as md
from mg_cdisc.checks import presence as pr
from mg_cdisc.checks.adam import catalogue as adam
from mg_cdisc.checks.rule import Fault, Rule, Scope, each_dataset, whole_study
from mg_cdisc.checks.study import Records, Study
from mg_cdisc.checks.tables import CORRECT, table_rules
from mg_cdisc.errors import Level

EACH = Callable[[Records], Iterator[Fault]]
WHOLE = Callable[[Study], Iterator[Fault]]

_EACH: tuple[tuple[str, str, Level, str, str, str, EACH, str], ...] = (
    # names, labels, types, order
    ("SD-REQUIRED-ABSENT", "CORE-000355", "error", "all",
     "A variable that the standard requires is there", "Add a step that makes it.",
     md.check_required_absent, "required-absent"),
    ("SD-EXPECTED-ABSENT", "CORE-000334", "warning", "all",
     "A variable that the standard expects is there", "Add it, blank where nothing was collected.",
     md.check_expected_absent, "expected-absent"),
    ("SD-REQUIRED-BLANK", "CORE-000356", "error", "all",
     "A variable that the standard requires is filled in every record", CORRECT,
     md.check_required_blank, "required-missing"),
    ("SD-LABEL", "", "warning", "all", "A variable has the standard's label",
     "Give it the standard's label.", md.check_label, ""),
    ("SD-LABEL-TITLE-CASE", "CORE-000594", "note", "all",
     "A label of your own begins its words with capitals", "Write it in title case.",
     md.check_title_case, ""),
    ("SD-DATASET-LABEL", "", "warning", "all", "A dataset has the standard's label",
     "Give it the standard's label.", md.check_dataset_label, ""),
    ("SD-TYPE", "CORE-001082", "error", "all", "A variable has the standard's type",
     "Make it text or a number as the standard says.", md.check_type, ""),
    ("SD-ORDER", "CORE-000852", "warning", "all", "Variables stand in the standard's order",
     "Put them in the order of the guide.", md.check_order, ""),
    ("SD-ORDER-ROLES", "", "warning", "general",
     "Identifiers stand first, then topic and qualifiers, then timing variables",
     "Put them in the order of the model.", md.check_sections, ""),
    ("SD-NOT-IN-MODEL", "CORE-000550", "error", "all not RELREC",
     "Every variable is one that the standard gives the domain",
     "Move it to a supplemental qualifier.", md.check_allowed, ""),
    ("SD-PREFIX", "CORE-000376", "error", "general",
     "Variables of a domain of your own begin with its two letters", "Rename them.",
     md.check_prefix, ""),
    ("SD-TIMING", "CORE-000575", "warning", "general not IE SC",
     "A dataset of a general observation class has a timing variable", "Add one.",
     md.check_timing, ""),
    ("SD-SIZE", "CORE-000765", "error", "all", "A transport file has at most 5 GB",
     "Split the dataset.", md.check_size, ""),
    ("SD-LEADING-BLANK", "CORE-000867", "warning", "all", "No text begins with a blank",
     "Use trim().", md.check_text, "blank-edge"),
    ("SD-POINT", "CORE-000890", "warning", "all", "No text is only a point",
     "Leave it blank.", md.check_point, ""),
    ("SD-CONTROL", "", "warning", "all", "No text has a line break, a tab or another control character",
     "Use squeeze(), or correct it at the source.", md.check_control, ""),
    ("SD-NULL-WORD", "", "warning", "all", "Nothing is blank, not the word NULL or NaN",
     "Leave it blank.", md.check_null_words, ""),
    ("SD-NAME-LENGTH", "CORE-000182", "error", "all", "A variable's name has at most 8 characters",
     "Shorten it.", md.check_name_length, "variable-name"),
    ("SD-LABEL-LENGTH", "CORE-000019", "error", "all",
     "A variable's label has at most 40 characters", "Shorten it.", md.check_label_length,
     "variable-label"),
    ("SD-VALUE-LENGTH", "", "error", "all", "A text has at most 200 bytes",
     "Continue it in supplemental qualifiers.", md.check_value_length, "text-over-200"),
    ("SD-CAT-DOMAIN", "CORE-000219 CORE-000272", "warning", "general",
     "--CAT and --SCAT say more than the domain's own label", "Leave it out, or say more.",
     md.check_category, ""),
    ("SD-DATASET-DOMAIN", "CORE-000598", "error",
     "all not SUPP RELREC RELSUB RELSPEC RELREF POOLDEF",
     "A dataset's name begins with its DOMAIN", "Correct DOMAIN, or the name.",
     md.check_domain, ""),
    # forms and terms
    ("SD-DTC-FORM", "CG0011B1", "error", "all", "A date is complete or partial ISO 8601",
     "Read it with iso8601.", forms.check_dates, ""),
    ("SD-DUR-FORM", "CG0011A1 CG0011A2", "error", "all", "A duration is ISO 8601", CORRECT,
     forms.check_durations, ""),
    ("SD-ELTM-FORM", "", "error", "all", "--ELTM is an ISO 8601 duration", CORRECT,
     forms.check_elapsed, ""),
    ("SD-TD-OFFSET", "CORE-000779", "warning", "TD", "TDSTOFF is 0 or an ISO 8601 duration",
     CORRECT, forms.check_offset, ""),
    ("SD-TS-DURATION", "CORE-000294", "warning", "TS",
     "The value of a parameter that is a duration is ISO 8601", CORRECT,
     forms.check_parameter_durations, ""),
    ("SD-TS-DATE", "CORE-000505", "warning", "TS",
     "The value of a parameter that is a date is ISO 8601", CORRECT,
     forms.check_parameter_dates, ""),
    ("SD-TERM", "", "error", "all", "A value is a term of its codelist, letter by letter",
     "Use the term of the codelist.", terms.check_terms, "unmapped-term"),
    ("SD-TERM-SPONSOR", "", "note", "all",
     "A value is a term of its codelist, or the sponsor's own term in an extensible one",
     "Use a published term where one means the same.", terms.check_sponsor_terms, "sponsor-term"),
    ("SD-TS-TERM", "FDA.FB1103", "warning", "TS",
     "The value of a trial summary parameter is a term of its codelist",
     "Use the term of the codelist.", terms.check_parameter_terms, ""),
    ("SD-COUNTRY", "", "warning", "DM TS",
     "A country is a code of three letters of ISO 3166-1 (COUNTRY, FCNTRY)",
     "Give the code, such as CHN.", countries.check_country, ""),
    ("SD-TS-VERSION", "CORE-000761", "warning", "TS",
     "TSVCDVER of CDISC terminology is the date of a published package",
     "Give the date of the package.", terms.check_versions, ""),
    ("SD-TS-CODE", "CORE-001080", "warning", "TS",
     "TSVALCD of CDISC terminology is the code of TSVAL", "Give the term's NCI code.",
     terms.check_codes, ""),
    # what points at other records
    ("SD-RDOMAIN", "CORE-000384 CORE-000457 CORE-000502", "error", "CO RELREC SUPP",
     "RDOMAIN is a domain of the study", CORRECT, references.check_rdomain, ""),
    ("SD-SUPP-RDOMAIN", "CORE-000538", "error", "SUPP",
     "RDOMAIN is the domain that the dataset is named after", CORRECT,
     references.check_supp_rdomain, ""),
    ("SD-REFERENCE", "CORE-000206 CORE-000712 CORE-000916 CORE-000953", "error",
     "CO RELREC SUPP", "What IDVAR and IDVARVAL point at is there", CORRECT,
     references.check_references, ""),
    ("SD-SUPP-QNAM-TAKEN", "CORE-000783", "error", "SUPP",
     "QNAM is no variable that the parent domain could hold itself",
     "Put the variable into the domain, or choose another QNAM.", references.check_qnam, ""),
    ("SD-RELREC-PAIR", "CORE-000484", "warning", "RELREC",
     "A relation (RELID) has two records at least", CORRECT, references.check_related_twice, ""),
    # elements and visits
    ("SD-SE-CONTIGUOUS", "CORE-000352", "warning", "SE",
     "An element ends when the subject's next one begins", CORRECT, el.check_contiguous, ""),
    ("SD-SE-OPEN-END", "CORE-000527", "warning", "SE",
     "Only the subject's last element may have no end", CORRECT, el.check_open_end, ""),
    ("SD-SEQ-IN-TIME", "CORE-000535", "warning", "SE SM",
     "--SEQ follows the order of the dates", "Assign it with sequence, by the start date.",
     el.check_sequence, ""),
    ("SD-LOBXFL-LAST", "", "warning", "findings",
     "--LOBXFL marks the last result before the first exposure (RFXSTDTC)",
     "Correct it, or what it is made from.", results.check_last_before, ""),
    ("SD-LOBXFL-NONE", "", "note", "findings",
     "A test that --LOBXFL marks of others has it of each subject with a result before exposure",
     "Correct it, or what it is made from.", results.check_none_before, ""),
    ("SD-SV-ELEMENT", "CORE-000784", "warning", "SV",
     "TAETORD of a visit is that of the element in which it began", CORRECT,
     el.check_visit_elements, ""),
    ("SD-VISITDY-TV", "CORE-000249", "warning", "all not TV",
     "VISITDY of a planned visit is that of TV", "Correct VISITDY, or VISITNUM where the visit is another.",
     el.check_visit_days, ""),
    ("SD-DTC-SV", "", "note", "findings", "A result is dated within its visit in SV",
     "Correct the date or the visit, or explain it.", el.check_visit_dates, ""),
    ("SD-VISIT-OF-SUBJECT", "CORE-000168", "warning", "all not SV TV",
     "A subject's record at a visit has that visit in SV", "Make the visit in SV.",
     el.check_subject_visits, ""),
    # trial summary
    ("SD-TS-REQUIRED", "", "warning", "TS", "TS has the parameters that every trial has",
     "Give them in study.yaml, with TSVALNF where there is no value.", summary.check_required, ""),
    ("SD-TS-INTERVENTION", "CORE-000741", "warning", "TS",
     "TS of an interventional study has INTMODEL, INTTYPE and PCLAS",
     "Give them in study.yaml.", summary.check_interventional, ""),
    ("SD-TS-ADDON", "FDA.FB1107 FB1113", "warning", "TS",
     "TS of a study that adds to a treatment (ADDON Y) names it in CURTRT",
     "Give it in study.yaml.", summary.check_addon, ""),
    ("SD-TS-AGE", "CORE-000736", "warning", "TS", "TS has AGE or AGETXT, not both",
     "Remove one of them.", summary.check_age, ""),
    ("SD-TS-HEALTHY", "CORE-000742", "warning", "TS",
     "INDIC of a study of healthy subjects has TSVALNF NA", CORRECT, summary.check_healthy, ""),
    ("SD-TS-CODES", "", "warning", "TS", "TSPARMCD is the code of the terminology",
     "Correct the code.", summary.check_codes_of_old, ""),
    ("SD-TS-GAPS", "CORE-000151 CORE-000582 CG0169", "warning", "TS CO",
     "A continued value fills its variables without gaps", CORRECT,
     summary.check_continuation, ""),
    ("SD-TS-ARMS", "", "note", "TS", "NARMS is the number of arms in TA",
     "Correct it, or explain it.", summary.check_arms, ""),
    ("SD-TS-GUIDE", "", "note", "TS", "SDTIGVER is the version of the guide by which is judged",
     "Correct it, or choose the guide with --sdtmig.", summary.check_guide, ""),
    ("SD-EX-TS", "CG0103 CG0104", "note", "EX",
     "EXTRT and EXDOSU are among the parameters TRT and DOSU of TS",
     "Make them agree, or explain it.", summary.check_dose_units, ""),
)  # fmt: skip

_WHOLE: tuple[tuple[str, str, Level, str, str, str, WHOLE, str], ...] = (
    ("SD-NO-DM", "CORE-000581", "error", "study", "Every tabulation has DM", "Add DM.",
     pr.check_dm, ""),
    ("SD-NO-EX", "CORE-000739", "warning", "study",
     "A study of an intervention has exposure (EX)", "Add EX.", pr.check_exposure, ""),
    ("SD-NO-TRIAL-DESIGN", "FDA.FB1101 CG0998", "warning", "study",
     "A tabulation has TA, TE, TS and TV", "Add what is missing.", pr.check_trial_design, ""),
    ("SD-NO-TRIAL-SUMMARY", "TRC1734a", "warning", "study",
     "A submitted tabulation has its trial design", "Add TA, TE, TS and TV.",
     pr.check_summary, "nothing, as a study is built step by step"),
    ("SD-EMPTY", "CORE-000579", "warning", "all", "A dataset has records",
     "Leave the dataset out.", pr.check_empty, ""),
    ("SD-DATASET-NAME", "CORE-000293 CORE-000357 CORE-000510 CORE-000778", "error", "all",
     "A dataset is named after its domain, with two further characters where it is split",
     "Rename it.", pr.check_names, ""),
    ("SD-SPLIT-NAME", "CORE-000539 CORE-000540", "warning", "all",
     "A part of a split domain has a name of four characters; of FA the last two are those of a "
     "dataset of the study", "Rename it.", pr.check_split_names, ""),
    ("SD-NOT-DOMAINS", "CORE-000042 CORE-000043 CORE-000044", "warning", "all",
     "SJ, TP and TT do not belong in a human trial", "Remove it.", pr.check_not_domains, ""),
    ("SD-MS-MB", "CORE-000188", "warning", "MS", "MS is there only beside MB", "Add MB.",
     pr.check_beside("MS", "MB"), ""),
    ("SD-PP-PC", "CORE-000183", "warning", "PP", "PP is there only beside PC", "Add PC.",
     pr.check_beside("PP", "PC"), ""),
    ("SD-MIDS-TM", "CORE-000297 CORE-000777", "warning", "all",
     "MIDS and RELMIDS are there only beside TM", "Add TM.", pr.check_milestones, ""),
    ("SD-EX-VEHICLE", "CORE-000291 CORE-000292", "warning", "EX",
     "The vehicle's amount stands in EC where there is EC", "Move it to EC.",
     pr.check_vehicle, ""),
    ("SD-LINK", "CORE-000358 CORE-000571", "warning", "all",
     "--LNKID and --LNKGRP link records of two datasets at least",
     "Use --GRPID within a dataset, or add the link to the other one.", pr.check_links, ""),
    ("SD-DM-RACES", "CORE-000844 CORE-000845 CORE-000846", "warning", "DM",
     "Where RACE is MULTIPLE, SUPPDM has two races of the subject at least",
     "Add supplemental qualifiers RACE1, RACE2.", pr.check_races, ""),
    ("SD-DM-RFSTDTC-DAYS", "", "warning", "DM",
     "A subject whose records have study days has a complete RFSTDTC",
     "Complete RFSTDTC, or leave the study days blank.", el.check_reference_start, ""),
    ("SD-RELREC-LINK", "", "warning", "all",
     "A record of many that a relation of datasets links to one (RELTYPE MANY, ONE) finds that one",
     "Correct the link, or leave it blank.", references.check_links, ""),
    ("SD-FA-OBJECT", "CORE-000744 CORE-000757 CORE-000766 CORE-000767", "warning", "FA",
     "FAOBJ is what the related event or intervention is called", CORRECT,
     references.check_objects, ""),
    ("SD-SE-TA", "", "warning", "SE",
     "An element is one that TA plans for the subject's arm at that place", CORRECT,
     el.check_element_arm, ""),
    ("SD-ELEMENT-TE", "", "warning", "SE TA", "ELEMENT of an ETCD is that of TE", CORRECT,
     el.check_element_names, ""),
    ("SD-SE-NONE", "", "warning", "DM", "A subject with an actual arm has elements in SE",
     CORRECT, el.check_treated_elements, ""),
    ("SD-EPOCH-SE", "CORE-000097", "warning", "all",
     "EPOCH is that of an element during which the record lies", "Derive it from SE.",
     el.check_epochs, ""),
    ("SD-SM-REPEATED", "CORE-000216", "warning", "SM",
     "A milestone that TM says occurs once stands once in SM", CORRECT,
     el.check_repeated_milestones, ""),
    ("SD-SV-MISSED-RESULTS", "", "warning", "all",
     "Nothing but --STAT NOT DONE is told of a visit that did not occur", "Query the site.",
     el.check_missed_visit, ""),
)  # fmt: skip


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of its name."""
    made = table_rules()
    for name, published, level, where, what, todo, check, covers in (*_EACH, *adam.EACH):
        made.append(Rule(name, tuple(published.split()), level, Scope.parse(where), what, todo,
                         each_dataset(check), covers=covers))  # fmt: skip
    for name, published, level, where, what, todo, study_check, covers in (*_WHOLE, *adam.WHOLE):
        made.append(Rule(name, tuple(published.split()), level, Scope.parse(where), what, todo,
                         whole_study(study_check), covers=covers))  # fmt: skip
    return tuple(sorted(made, key=lambda rule: rule.name))


def rule_names() -> frozenset[str]:
    """The identifiers of all rules."""
    return frozenset(rule.name for rule in all_rules())
