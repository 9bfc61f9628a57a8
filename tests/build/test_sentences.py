"""Method sentences: working variables and helper datasets are spelled out, in English."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "derive"))

from harness import Study

from mg_cdisc.build.provenance import Provenance
from mg_cdisc.build.sentences import spell_out

VS = """
dataset: VS
keys: [USUBJID]
steps:
  - records: {from: a}
  - VSTESTCD: {hardcode: PULSE}
  - VSSTRESN: number(N)
  - VSDTC: {iso8601: D, format: yyyy-MM-dd}
  - VISIT: T
---
"""


def sentence(steps: str, variable: str) -> str:
    study = Study(VS + steps, a="SUBJ N D T")
    method = Provenance(study.plan, study.plan.datasets["ADXX"]).method(variable)
    assert method is not None
    return method.text


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("Set to _x.", {"_x": "Set to AGE + 1."}, "AGE + 1."),
        ("Set to the date of _x.", {"_x": "DM.RFICDTC."}, "Set to the date of DM.RFICDTC."),
        ("Set to _x * 2.", {"_x": "Set to AGE + 1."}, "Set to (AGE + 1) * 2."),
        ('"Y" where _f is "Y".', {"_f": '"Y" where A is 1; otherwise blank.'}, '"Y" where (A is 1).'),
        (
            '"Y" where _f is blank.',
            {"_f": '"Y" where A is 1; otherwise blank.'},
            '"Y" where it is not so that (A is 1).',
        ),
        (
            '"A" where _c is "1"; "B" where _c is "2".',
            {"_c": '"1" where AGE is less than 40; otherwise "2".'},
            '"A" where [c] is "1"; "B" where [c] is "2". '
            'Here [c] is: "1" where AGE is less than 40; otherwise "2".',
        ),
        (
            "Set to _a.", {"_a": "Set to _b.", "_b": "DM.AGE."}, "DM.AGE.",
        ),
        ("The collected _id.", {}, "The collected _id."),
    ],
)  # fmt: skip
def test_working_variables_are_spelled_out(text: str, known: dict[str, str], said: str) -> None:
    assert spell_out(text, known.get) == said


def test_a_variable_of_several_datasets_names_each() -> None:
    steps = """
  - records: {from: VS, where: VSSTRESN > 1, keep: [VISIT], set: {AVAL: VSSTRESN}}
  - records: {from: DM, set: {AVAL: AGE, VISIT: {hardcode: ALL}}}
---
dataset: DM
keys: [USUBJID]
steps:
  - records: {from: a, by: USUBJID, set: {AGE: max(number(N))}}
"""
    assert sentence(steps, "AVAL") == "From VS: set to VSSTRESN. From DM: set to AGE."
    assert sentence(steps, "VISIT") == 'From VS: VS.VISIT. From DM: set to "ALL".'


def test_a_parameter_is_named_by_its_code() -> None:
    steps = """
  - records: {from: VS, keep: [PARAMCD: VSTESTCD, AVAL: VSSTRESN]}
  - records: {by: USUBJID, set: {PARAMCD: {hardcode: SUM}, AVAL: sum(AVAL)}}
  - records: {where: PARAMCD = 'PULSE', by: USUBJID, set: {PARAMCD: {hardcode: N}, AVAL: count()}}
"""
    assert sentence(steps, "AVAL") == (
        "From VS: VS.VSSTRESN. SUM: the sum of AVAL for each USUBJID. "
        "N: the number of records for each USUBJID."
    )


def test_a_change_says_where() -> None:
    steps = """
  - records: {from: VS, set: {AVAL: VSSTRESN}}
  - CHG: AVAL - 1
  - revise: {where: AVAL < 0, set: {CHG: number('')}}
"""
    assert sentence(steps, "CHG") == (
        "Set to AVAL - 1. Changed: left missing where AVAL is less than 0."
    )


def test_an_imputation_flag_says_what_its_letters_mean() -> None:
    """ADaMIG 1.3 section 3.1.3: Y, M, D of a date, H, M, S of a time; those that the step may give."""
    steps = """
  - records: {from: VS, keep: [_when: VSDTC]}
  - ADT:  {impute: _when, highest: D, date_flag: ADTF}
  - ADTM: {impute: _when, time: first, highest: Y, date_flag: BDTF, time_flag: ATMF, not_before: ADT}
"""
    assert sentence(steps, "ADTF") == "Imputation flag of VS.VSDTC (D: the day is not known)."
    assert sentence(steps, "BDTF") == (
        "Imputation flag of VS.VSDTC (D: the day is not known, M: month and day, Y: the whole date)."
    )
    assert sentence(steps, "ATMF") == (
        "Imputation flag of VS.VSDTC (H: the time is not known, M: minute and second, S: the second)."
    )


def test_a_helper_dataset_is_explained() -> None:
    steps = """
dataset: ADXX
class: BDS
keys: [USUBJID]
work:
  worst:
    steps:
      - records: {from: VS, where: VISIT = 'A', by: USUBJID, set: {most: max(VSSTRESN)}}
steps:
  - records: {from: worst, keep: [AVAL: most]}
  - BASE: {from: worst, value: most}
"""
    assert sentence(steps, "AVAL") == "The largest VSSTRESN for each USUBJID."
    assert sentence(steps, "BASE") == (
        "Most of the subject's record of worst. "
        'Here worst is: records of VS where VISIT is "A", one for each USUBJID.'
    )


def test_clauses_speak_of_the_subject() -> None:
    steps = """
  - records: {from: VS, set: {ADT: date(VSDTC), AVAL: VSSTRESN}}
  - ABLFL: {flag: AVAL > 1}
  - BASE: {where: ABLFL = 'Y', order: ADT, take: last, value: AVAL}
  - _n: {value: count(), where: AVAL > this.BASE}
  - AVALC: "if(_n > 1, 'many', 'few')"
"""
    assert sentence(steps, "BASE") == (
        'AVAL of the subject\'s last record of this dataset where ABLFL is "Y", in order of ADT.'
    )
    assert sentence(steps, "AVALC") == (
        'Set to "many" if (the number of the subject\'s records of this dataset where AVAL is '
        'greater than the record\'s BASE) is greater than 1, otherwise "few".'
    )


def test_new_records_made_alike_are_not_told_apart() -> None:
    steps = """
- records: {from: VS, keep: [PARAMCD: VSTESTCD, AVAL: VSSTRESN]}
- AVISITN: number('4')
- CHG:     AVAL - 1
- fill:
    by: [USUBJID, PARAMCD]
    grid: {AVISITN: ["8"]}
    copy: {where: AVISITN < this.AVISITN, order: AVISITN, take: last}
    set: {CHG: AVAL - 1}
"""
    assert sentence(steps, "CHG") == "Set to AVAL - 1."


def test_of_two_helpers_of_one_name_each_is_explained() -> None:
    one = """
dataset: ADAA
class: BDS
keys: [USUBJID]
work:
  first: [records: {from: VS, by: USUBJID, set: {value: min(VSSTRESN)}}]
steps:
  - records: {from: VS}
  - AVAL: {from: first, value: value + 1}
---
"""
    specs = VS + one + one.replace("ADAA", "ADBB").removesuffix("---\n")
    study = Study(specs, a="SUBJ N D T")
    method = Provenance(study.plan, study.plan.datasets["ADBB"]).method("AVAL")
    assert method is not None
    assert "record of first of ADBB" in method.text
    assert "Here first of ADBB is: " in method.text


REPEATED = """
dataset: ADXX
class: BDS
keys: [USUBJID, PARAMCD]
steps:
  - each:
      of:
        - {code: LOW, sign: <, by: 2}
        - {code: HIGH, sign: ">", by: 3}
      do:
        - records: {from: VS, where: VSSTRESN $sign 60, set: {PARAMCD: {hardcode: $code}, AVAL: VSSTRESN * $by}}
        - _is$code: "if(PARAMCD = '$code', AVAL, 0)"
  - PARAM: PARAMCD
  - CHG: AVAL - _isLOW
"""


def formal(spec: str, variable: str) -> list[str]:
    study = Study(VS + spec, a="SUBJ N D T")
    method = Provenance(study.plan, study.plan.datasets["ADXX"]).method(variable)
    assert method is not None
    return method.expression.splitlines()


def test_a_formal_expression_has_what_each_repeats_filled_in() -> None:
    set_of = "records: {from: VS, where: VSSTRESN %s 60, set: {AVAL: VSSTRESN * %s}}"
    assert formal(REPEATED, "AVAL") == [set_of % ("<", 2), set_of % (">", 3)]
    assert formal(REPEATED, "CHG") == [
        "_isLOW: if(PARAMCD = 'LOW', AVAL, 0)",
        "CHG: AVAL - _isLOW",
    ]
