"""The examples of the language reference: what goes in, the spec, what must come out.

The expected tables are worked out by hand from the rules; tests/test_docs.py runs every example
through the engine and compares.
"""

from __future__ import annotations

from docs_from_code.run import Example

STEPS: dict[str, tuple[Example, ...]] = {
    "records": (
        Example(
            "One record for each row of a form that says Y. The form's columns stay readable in the "
            "steps below.",
            "EX",
            """\
steps:
  - records: {from: dosing, where: GIVEN = 'Y'}
  - EXTRT:   {hardcode: STUDY DRUG}
  - EXDOSE:  number(DOSE)
""",
            """
USUBJID | EXTRT      | EXDOSE
S1-01   | STUDY DRUG | 10
S1-02   | STUDY DRUG | 7.5
""",
            forms={
                "dosing": """
SUBJECT | GIVEN | DOSE
01      | Y     | 10
01      | N     |
02      | Y     | 7.5
"""
            },
        ),
        Example(
            "A wide form becomes findings: each row of the form gives one record for each row of the "
            "table. The table's upper-case columns become variables; `column` names the source "
            "column whose content becomes VSORRES.",
            "VS",
            """\
tables:
  tests:
    columns: [VSTESTCD, VSORRESU, column]
    rows:
      - [SYSBP, mmHg, BP_SYS]
      - [PULSE, beats/min, PULSE]
steps:
  - records: {from: vitals, unpivot: {table: tests, values: {VSORRES: column}}}
""",
            """
USUBJID | VSTESTCD | VSORRES | VSORRESU
S1-01   | SYSBP    | 128     | mmHg
S1-01   | PULSE    | 71      | beats/min
S1-02   | SYSBP    |         | mmHg
S1-02   | PULSE    | 66      | beats/min
""",
            forms={
                "vitals": """
SUBJECT | BP_SYS | PULSE
01      | 128    | 71
02      |        | 66
"""
            },
        ),
        Example(
            "With `by` and aggregates: one record for each group.",
            "SV",
            """\
steps:
  - records:
      from: VS
      by: [USUBJID, VISITNUM]
      set: {SVSTDTC: min(VSDTC), SVENDTC: max(VSDTC)}
""",
            """
USUBJID | VISITNUM | SVSTDTC    | SVENDTC
S1-01   | 1        | 2025-01-06 | 2025-01-07
S1-01   | 2        | 2025-02-03 | 2025-02-03
""",
            given={
                "VS": """
USUBJID | VISITNUM | VSDTC
S1-01   | 1        | 2025-01-07
S1-01   | 1        | 2025-01-06
S1-01   | 2        | 2025-02-03
"""
            },
        ),
        Example(
            "Without `from`, with `take`: a copy of one row of each group is added to the rows so "
            "far, here the highest value as a parameter of its own.",
            "ADVS",
            """\
class: BDS
steps:
  - records: {from: VS, keep: [PARAMCD: VSTESTCD, AVAL: VSSTRESN, ADT: VSDTC]}
  - records:
      where: PARAMCD = 'SYSBP'
      by: USUBJID
      order: [AVAL desc, ADT]
      take: first
      set: {PARAMCD: {hardcode: SYSBPMAX}}
""",
            """
USUBJID | PARAMCD  | AVAL
S1-01   | SYSBP    | 128
S1-01   | SYSBP    | 141
S1-01   | SYSBPMAX | 141
""",
            given={
                "VS": """
USUBJID | VSTESTCD | VSSTRESN | VSDTC
S1-01   | SYSBP    | 128      | 2025-01-07
S1-01   | SYSBP    | 141      | 2025-02-03
"""
            },
        ),
    ),
    "fill": (
        Example(
            "Each subject gets a row for each planned visit that it has none of.",
            "SV",
            """\
steps:
  - records: {from: visits}
  - VISITNUM: number(VISIT)
  - SVOCCUR:  {hardcode: "Y"}
  - fill:
      by: USUBJID
      grid: {VISITNUM: ["1", "2", "3"]}
      set: {SVOCCUR: {hardcode: "N"}}
""",
            """
USUBJID | VISITNUM | SVOCCUR
S1-01   | 1        | Y
S1-01   | 3        | Y
S1-02   | 1        | Y
S1-01   | 2        | N
S1-02   | 2        | N
S1-02   | 3        | N
""",
            forms={
                "visits": """
SUBJECT | VISIT
01      | 1
01      | 3
02      | 1
"""
            },
        ),
        Example(
            "Last observation carried forward: the new row is a copy of the last record before it. "
            "S1-02 has no record before week 4, so no row is added there.",
            "ADVS",
            """\
class: BDS
steps:
  - records: {from: VS, keep: [AVISITN: VISITNUM, AVAL: VSSTRESN]}
  - fill:
      by: USUBJID
      grid: {AVISITN: ["4", "8"]}
      copy: {where: AVISITN < this.AVISITN, order: AVISITN, take: last}
      set: {DTYPE: {hardcode: LOCF}}
""",
            """
USUBJID | AVISITN | AVAL | DTYPE
S1-01   | 0       | 120  |
S1-01   | 4       | 118  |
S1-02   | 8       | 131  |
S1-01   | 8       | 118  | LOCF
""",
            given={
                "VS": """
USUBJID | VISITNUM | VSSTRESN
S1-01   | 0        | 120
S1-01   | 4        | 118
S1-02   | 8        | 131
"""
            },
        ),
    ),
    "exclude": (
        Example(
            "The row whose AETERM is blank leaves; a condition that cannot be decided keeps the row.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AETERM:  trim(TERM)
  - exclude:
      no event was entered: missing(AETERM)
      entered in error: DELETED = 'Y'
""",
            """
USUBJID | AETERM
S1-01   | HEADACHE
""",
            forms={
                "events": """
SUBJECT | TERM     | DELETED
01      | HEADACHE |
01      |          |
02      | NAUSEA   | Y
"""
            },
        ),
    ),
    "pick": (
        Example(
            "Of repeated measurements the last one stays.",
            "VS",
            """\
steps:
  - records: {from: vitals}
  - VSORRES: PULSE
  - VSDTC:   {iso8601: DATE}
  - pick:
      by: USUBJID
      order: VSDTC
      take: last
      reason: repeated, the last measurement counts
""",
            """
USUBJID | VSORRES | VSDTC
S1-01   | 68      | 2025-01-07
S1-02   | 80      | 2025-01-09
""",
            forms={
                "vitals": """
SUBJECT | PULSE | DATE
01      | 71    | 2025-01-06
01      | 68    | 2025-01-07
02      | 80    | 2025-01-09
"""
            },
        ),
    ),
    "revise": (
        Example(
            "The result of a test that was not done is blank.",
            "VS",
            """\
steps:
  - records: {from: vitals}
  - VSORRES: PULSE
  - revise:  {where: DONE = 'N', set: {VSORRES: {hardcode: ""}}}
""",
            """
USUBJID | VSORRES
S1-01   | 71
S1-02   |
""",
            forms={
                "vitals": """
SUBJECT | DONE | PULSE
01      | Y    | 71
02      | N    | 0
"""
            },
        ),
    ),
    "lookup": (
        Example(
            "The visit's number and name from a list of the study, found by the label on the form. "
            "`by: {VISIT: form}`: my VISIT equals the table's `form`.",
            "VS",
            """\
steps:
  - records: {from: vitals}
  - lookup:  {from: schedule, by: {VISIT: form}, keep: [VISITNUM, VISIT: name], none: error}
""",
            """
USUBJID | VISITNUM | VISIT
S1-01   | 2        | WEEK 4
S1-02   | 1        | BASELINE
""",
            forms={
                "vitals": """
SUBJECT | VISIT
01      | Wk 4
02      | Base
"""
            },
            files={
                "visits.yaml": """\
table: schedule
columns: [form, VISITNUM, name]
rows:
  - [Base, "1", BASELINE]
  - [Wk 4, "2", WEEK 4]
"""
            },
        ),
        Example(
            "The window that a study day falls into. Both ends belong to a window, and a blank end is "
            "open; a day that is in no window stays missing.",
            "ADVS",
            """\
class: BDS
tables:
  windows:
    columns: [low number, high number, AVISITN number]
    rows:
      - ["", "1", "0"]
      - ["15", "42", "4"]
steps:
  - records: {from: VS, keep: [ADY: VSDY]}
  - lookup:  {from: windows, between: {ADY: [low, high]}, keep: AVISITN}
""",
            """
USUBJID | ADY | AVISITN
S1-01   | -3  | 0
S1-01   | 9   |
S1-01   | 42  | 4
""",
            given={
                "VS": """
USUBJID | VSDY
S1-01   | -3
S1-01   | 9
S1-01   | 42
"""
            },
        ),
        Example(
            "With `none: error` a record without a match is a finding.",
            "VS",
            """\
tables:
  schedule:
    columns: [form, VISITNUM]
    rows: [[Base, "1"], [Wk 4, "2"]]
steps:
  - records: {from: vitals}
  - lookup:  {from: schedule, by: {VISIT: form}, keep: VISITNUM, none: error}
""",
            forms={
                "vitals": """
SUBJECT | VISIT
01      | Wk 4
02      | Wk 5
"""
            },
            finding="""\
source/vitals.csv row 3 (subject S1-02): error[no-match] no record of schedule matches
  Correct the data or the keys, or write what happens with none:.
""",
        ),
    ),
    "check": (
        Example(
            "An event that ends before it starts is a finding. The second row has no end: the "
            "condition cannot be decided and the row is not at fault.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START}
  - AEENDTC: {iso8601: END}
  - check:   {an event does not end before it starts: AESTDTC <= AEENDTC, level: warning}
""",
            forms={
                "events": """
SUBJECT | START      | END
01      | 2025-01-06 | 2025-01-05
02      | 2025-01-06 |
"""
            },
            finding="""\
source/events.csv row 2 (subject S1-01): warning[check] an event does not end before it starts
  Query the site, or accept it in findings.yaml.
""",
        ),
    ),
    "each": (
        Example(
            "The same step for several columns. `$var` and `$column` are keys of the item; where the "
            "items are plain texts, `$it` is the item.",
            "AE",
            """\
steps:
  - records: {from: events}
  - each:
      of:
        - {var: AESDTH, column: SER_DEATH}
        - {var: AESHOSP, column: SER_HOSP}
      do:
        - $var: {map: $column, to: {"1": "Y", "0": "N"}}
""",
            """
USUBJID | AESDTH | AESHOSP
S1-01   | N      | Y
""",
            forms={
                "events": """
SUBJECT | SER_DEATH | SER_HOSP
01      | 0         | 1
"""
            },
        ),
    ),
}

CLAUSE: tuple[Example, ...] = (
    Example(
        "The last dose on or before each event. The bare EXSTDTC is the candidate's, `this.AESTDTC` "
        "the record's own; a subject without a dose gets a missing value.",
        "AE",
        """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START}
  - _lastdose:
      from: EX
      where: EXSTDTC <= this.AESTDTC
      order: EXSTDTC
      take: last
      value: EXDOSE
  - AEACNOTH: "if(missing(_lastdose), 'NOT DOSED YET', text(_lastdose))"
""",
        """
USUBJID | AESTDTC    | AEACNOTH
S1-01   | 2025-01-05 | NOT DOSED YET
S1-01   | 2025-01-20 | 20
S1-02   | 2025-01-20 | NOT DOSED YET
""",
        forms={
            "events": """
SUBJECT | START
01      | 2025-01-05
01      | 2025-01-20
02      | 2025-01-20
"""
        },
        given={
            "EX": """
USUBJID | EXSTDTC    | EXDOSE
S1-01   | 2025-01-06 | 10
S1-01   | 2025-01-13 | 20
S1-01   | 2025-01-27 | 30
"""
        },
    ),
    Example(
        "Without `from`, the candidates are this dataset's own records as they stood before the step; "
        "`before: this` leaves those that stand before the record in the order: here the previous "
        "result.",
        "ADVS",
        """\
class: BDS
steps:
  - records: {from: VS, keep: [AVISITN: VISITNUM, AVAL: VSSTRESN]}
  - _before: {before: this, order: AVISITN, take: last, value: AVAL}
  - CHG:     AVAL - _before
""",
        """
USUBJID | AVISITN | AVAL | CHG
S1-01   | 0       | 120  |
S1-01   | 4       | 118  | -2
S1-01   | 8       | 125  | 7
""",
        given={
            "VS": """
USUBJID | VISITNUM | VSSTRESN
S1-01   | 0        | 120
S1-01   | 4        | 118
S1-01   | 8        | 125
"""
        },
    ),
    Example(
        "The nearest record is an order by distance.",
        "AE",
        """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START}
  - _visit:
      from: SV
      order: [abs(date(SVSTDTC) - date(this.AESTDTC)), SVSTDTC]
      take: first
      value: VISIT
  - AEACNOTH: _visit
""",
        """
USUBJID | AESTDTC    | AEACNOTH
S1-01   | 2025-01-14 | WEEK 2
""",
        forms={
            "events": """
SUBJECT | START
01      | 2025-01-14
"""
        },
        given={
            "SV": """
USUBJID | VISIT    | SVSTDTC
S1-01   | BASELINE | 2025-01-06
S1-01   | WEEK 2   | 2025-01-20
"""
        },
    ),
)

VALUES: dict[str, tuple[Example, ...]] = {
    "assign": (
        Example(
            "An expression, written bare; with another key beside it, under `assign`.",
            "AE",
            """\
steps:
  - records:  {from: events}
  - AETERM:   upper(trim(TERM))
  - AEACNOTH: {assign: OTHER, when: OTHER != 'None'}
""",
            """
USUBJID | AETERM   | AEACNOTH
S1-01   | HEADACHE |
S1-02   | NAUSEA   | Rest
""",
            forms={
                "events": """
SUBJECT | TERM     | OTHER
01      | Headache | None
02      | nausea   | Rest
"""
            },
        ),
    ),
    "hardcode": (
        Example(
            "A constant, checked against the variable's codelist.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - AGEU:    {hardcode: YEARS}
""",
            """
USUBJID | AGEU
S1-01   | YEARS
""",
            forms={"demographics": "SUBJECT\n01"},
        ),
        Example(
            "A constant that the codelist does not have is a mistake of the spec.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - AGEU:    {hardcode: YEAR}
""",
            forms={"demographics": "SUBJECT\n01"},
            finding="""\
study/sdtm/dm.yaml:5: error[unknown-term] AGEU: 'YEAR' is not a term of codelist AGEU
  Did you mean YEARS?
""",
        ),
    ),
    "assign_ct": (
        Example(
            "The codes of the form become terms of the variable's codelist by its map in "
            "terminology.yaml; what is a term already (`U`) needs no entry.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - SEX:     {assign_ct: GENDER}
""",
            """
USUBJID | SEX
S1-01   | F
S1-02   | U
S1-03   |
""",
            forms={
                "demographics": """
SUBJECT | GENDER
01      | 2
02      | U
03      |
"""
            },
            files={"terminology.yaml": 'SEX:\n  map: {"1": M, "2": F}\n'},
        ),
        Example(
            "A text that is neither mapped nor a term is a finding at its row.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - SEX:     {assign_ct: GENDER}
""",
            forms={
                "demographics": """
SUBJECT | GENDER
01      | male
"""
            },
            files={"terminology.yaml": 'SEX:\n  map: {"1": M, "2": F}\n'},
            finding="""\
source/demographics.csv row 2 (subject S1-01): error[unmapped-term] SEX = 'male' is not in codelist SEX and has no mapping
  Add it to terminology.yaml, or query the site.
""",
        ),
    ),
    "map": (
        Example(
            "Any text to any other, listed in place. Blank is listed here and becomes a text too.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AEREL:   {map: RELATED, to: {"1": RELATED, "0": NOT RELATED, "": UNKNOWN}}
""",
            """
USUBJID | AEREL
S1-01   | RELATED
S1-02   | UNKNOWN
""",
            forms={
                "events": """
SUBJECT | RELATED
01      | 1
02      |
"""
            },
        ),
    ),
    "decode": (
        Example(
            "The test's name follows from its code by controlled terminology.",
            "VS",
            """\
steps:
  - records:  {from: vitals}
  - VSTESTCD: {hardcode: SYSBP}
  - VSTEST:   {decode: VSTESTCD}
""",
            """
USUBJID | VSTESTCD | VSTEST
S1-01   | SYSBP    | Systolic Blood Pressure
""",
            forms={"vitals": "SUBJECT\n01"},
        ),
    ),
    "cases": (
        Example(
            "The first condition that is true gives the value.",
            "AE",
            """\
steps:
  - records:  {from: events}
  - _days:    number(DAYS)
  - AEACNOTH: {cases: {UNKNOWN: missing(_days), SHORT: _days <= 3, LONG: else}}
""",
            """
USUBJID | AEACNOTH
S1-01   | SHORT
S1-02   | LONG
S1-03   | UNKNOWN
""",
            forms={
                "events": """
SUBJECT | DAYS
01      | 3
02      | 4
03      |
"""
            },
        ),
        Example(
            "Without the case for missing days the third record cannot be decided, and that is a "
            "finding.",
            "AE",
            """\
steps:
  - records:  {from: events}
  - _days:    number(DAYS)
  - AEACNOTH: {cases: {SHORT: _days <= 3, LONG: _days > 3}}
""",
            forms={
                "events": """
SUBJECT | DAYS
01      | 3
03      |
"""
            },
            finding="""\
source/events.csv row 3 (subject S1-03): error[undecided-case] AEACNOTH: no case can be decided, a value is missing
  Write an else, or a case with missing().
""",
        ),
    ),
    "first_of": (
        Example(
            "The date of death from the form on death, else the date on which the study ended by "
            "death.",
            "DM",
            """\
steps:
  - records: {from: disposition}
  - DTHDTC:
      first_of:
        - {iso8601: DEATH_DATE}
        - {iso8601: END_DATE, when: REASON = 'DEATH'}
""",
            """
USUBJID | DTHDTC
S1-01   | 2025-03-02
S1-02   | 2025-04-09
S1-03   |
""",
            forms={
                "disposition": """
SUBJECT | REASON    | END_DATE   | DEATH_DATE
01      | DEATH     | 2025-03-03 | 2025-03-02
02      | DEATH     | 2025-04-09 |
03      | COMPLETED | 2025-06-01 |
"""
            },
        ),
    ),
    "value": (
        Example(
            "The value of one record chosen elsewhere, and aggregates over all that match. A count of "
            "none is 0, the latest of none is missing.",
            "DM",
            """\
steps:
  - records:  {from: demographics}
  - RFXSTDTC: {from: EX, order: EXSTDTC, take: first, value: EXSTDTC}
  - RFXENDTC: {from: EX, value: max(EXSTDTC)}
  - _doses:   {from: EX, where: EXDOSE > 0, value: count()}
  - ARMNRS:   "if(_doses = 0, 'NOT TREATED', '')"
""",
            """
USUBJID | RFXSTDTC   | RFXENDTC   | ARMNRS
S1-01   | 2025-01-06 | 2025-01-13 |
S1-02   |            |            | NOT TREATED
""",
            forms={"demographics": "SUBJECT\n01\n02"},
            given={
                "EX": """
USUBJID | EXSTDTC    | EXDOSE
S1-01   | 2025-01-13 | 20
S1-01   | 2025-01-06 | 10
"""
            },
        ),
    ),
    "flag": (
        Example(
            "Y where a condition holds. Of the last record it cannot be said, and it gets what "
            "`undecided` says; without that it would get N as well.",
            "ADVS",
            """\
class: BDS
steps:
  - records: {from: VS, keep: [AVAL: VSSTRESN]}
  - CRIT1FL: {flag: AVAL > 140, else: N, undecided: ""}
""",
            """
USUBJID | AVAL | CRIT1FL
S1-01   | 141  | Y
S1-01   | 128  | N
S1-01   |      |
""",
            given={
                "VS": """
USUBJID | VSSTRESN
S1-01   | 141
S1-01   | 128
S1-01   |
"""
            },
        ),
        Example(
            "With `take`: one record of each group, here the last result before treatment.",
            "VS",
            """\
steps:
  - records:  {from: vitals}
  - VSTESTCD: TEST
  - VSSTRESC: RESULT
  - VSDTC:    {iso8601: DATE}
  - VSBLFL:
      flag: VSDTC <= '2025-01-06' and not missing(VSSTRESC)
      by: [USUBJID, VSTESTCD]
      order: VSDTC
      take: last
""",
            """
USUBJID | VSTESTCD | VSSTRESC | VSDTC      | VSBLFL
S1-01   | PULSE    | 71       | 2025-01-02 | Y
S1-01   | PULSE    |          | 2025-01-06 |
S1-01   | PULSE    | 66       | 2025-01-07 |
""",
            forms={
                "vitals": """
SUBJECT | TEST  | RESULT | DATE
01      | PULSE | 71     | 2025-01-02
01      | PULSE |        | 2025-01-06
01      | PULSE | 66     | 2025-01-07
"""
            },
        ),
    ),
    "sequence": (
        Example(
            "1, 2, 3 within each subject in order of start and term; a missing start sorts first.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AETERM:  TERM
  - AESTDTC: {iso8601: START}
  - AESEQ:   {sequence: [AESTDTC, AETERM]}
""",
            """
USUBJID | AETERM   | AESTDTC    | AESEQ
S1-01   | NAUSEA   | 2025-01-06 | 2
S1-01   | HEADACHE |            | 1
S1-02   | NAUSEA   | 2025-02    | 1
""",
            forms={
                "events": """
SUBJECT | TERM     | START
01      | NAUSEA   | 2025-01-06
01      | HEADACHE |
02      | NAUSEA   | 2025-02
"""
            },
        ),
    ),
    "convert": (
        Example(
            "Results in the standard unit of their test. A result in words gives a missing number.",
            "LB",
            """\
units:
  CREAT: {standard: umol/L, round: "1", mg/dL: x * 88.4}
steps:
  - records:  {from: labs}
  - LBTESTCD: {hardcode: CREAT}
  - LBORRES:  RESULT
  - LBORRESU: UNIT
  - LBSTRESN: {convert: LBORRES, unit: LBORRESU, test: LBTESTCD, standard_unit: LBSTRESU}
""",
            """
USUBJID | LBORRES   | LBORRESU | LBSTRESN | LBSTRESU
S1-01   | 1.1       | mg/dL    | 97.2     | umol/L
S1-02   | 80        | umol/L   | 80       | umol/L
S1-03   | HEMOLYZED | umol/L   |          | umol/L
""",
            forms={
                "labs": """
SUBJECT | RESULT    | UNIT
01      | 1.1       | mg/dL
02      | 80        | umol/L
03      | HEMOLYZED | umol/L
"""
            },
        ),
    ),
    "iso8601": (
        Example(
            "A date in a declared format with its time; an unknown part (`UN`) truncates the date, "
            "and a truncated date takes no time.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START, format: dd-MMM-yyyy, time: TIME}
""",
            """
USUBJID | AESTDTC
S1-01   | 2025-01-06T09:30
S1-02   | 2025-01
""",
            forms={
                "events": """
SUBJECT | START       | TIME
01      | 06-Jan-2025 | 09:30
02      | UN-Jan-2025 |
"""
            },
        ),
        Example(
            "From parts in columns of their own.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - BRTHDTC: {iso8601: [YEAR, MONTH, DAY]}
""",
            """
USUBJID | BRTHDTC
S1-01   | 1987-06-05
S1-02   | 1973-09
""",
            forms={
                "demographics": """
SUBJECT | YEAR | MONTH | DAY
01      | 1987 | 06    | 05
02      | 1973 | 09    |
"""
            },
        ),
        Example(
            "A date that does not exist is a finding.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START, format: dd-MMM-yyyy}
""",
            forms={
                "events": """
SUBJECT | START
01      | 30-Feb-2025
"""
            },
            finding="""\
source/events.csv row 2 (subject S1-01): error[bad-date] '30-Feb-2025' is no date in the format dd-MMM-yyyy
  Correct the format, or query the site.
""",
        ),
    ),
    "impute": (
        Example(
            "A numeric date from a partial one: unknown days become the first, but not before the "
            "start of treatment in the same month. A date without a month stays missing.",
            "ADVS",
            """\
class: BDS
steps:
  - records: {from: VS, keep: VSDTC}
  - lookup:  {from: DM, keep: [_start: RFXSTDTC]}
  - ADT:
      impute: VSDTC
      date: first
      highest: D
      not_before: _start
      date_flag: ADTF
""",
            """
USUBJID | VSDTC      | ADT        | ADTF
S1-01   | 2025-01-09 | 2025-01-09 |
S1-01   | 2025-01    | 2025-01-06 | D
S1-01   | 2025-02    | 2025-02-01 | D
S1-01   | 2025       |            |
""",
            given={
                "VS": """
USUBJID | VSDTC
S1-01   | 2025-01-09
S1-01   | 2025-01
S1-01   | 2025-02
S1-01   | 2025
""",
                "DM": """
USUBJID | RFXSTDTC
S1-01   | 2025-01-06
""",
            },
        ),
    ),
    "across": (
        Example(
            "The latest date of any kind in any other dataset.",
            "DM",
            """\
steps:
  - records:  {from: demographics}
  - RFPENDTC: {across: [--DTC, --STDTC, --ENDTC], take: latest}
""",
            """
USUBJID | RFPENDTC
S1-01   | 2025-03-09
S1-02   |
""",
            forms={"demographics": "SUBJECT\n01\n02"},
            given={
                "AE": """
USUBJID | AESTDTC    | AEENDTC
S1-01   | 2025-03-01 | 2025-03-09
""",
                "VS": """
USUBJID | VSDTC
S1-01   | 2025-02-03
""",
            },
        ),
    ),
    "python": (
        Example(
            "Where the language does not reach, a function in the study's own folder. It is given its "
            "inputs and nothing else.",
            "VS",
            """\
steps:
  - records: {from: vitals}
  - VSSTRESN:
      python: functions.py:mean_of_three
      inputs: [BP1, BP2, BP3]
      method: Mean of the readings that were taken.
      gives: number
""",
            """
USUBJID | VSSTRESN
S1-01   | 121
S1-02   | 118
""",
            forms={
                "vitals": """
SUBJECT | BP1 | BP2 | BP3
01      | 120 | 121 | 122
02      | 117 |     | 119
"""
            },
            files={
                "functions.py": """\
import pandas as pd


def mean_of_three(data: pd.DataFrame) -> pd.Series:
    readings = data.apply(lambda column: pd.to_numeric(column.replace("", None)))
    return readings.mean(axis="columns")
"""
            },
        ),
    ),
}

SUGAR: dict[str, tuple[Example, ...]] = {
    "study_day": (
        Example(
            "Day 1 is RFSTDTC of DM; the day before is -1.",
            "AE",
            """\
steps:
  - records:   {from: events}
  - AESTDTC:   {iso8601: START}
  - study_day: AESTDTC
""",
            """
USUBJID | AESTDTC    | AESTDY
S1-01   | 2025-01-05 | -1
S1-01   | 2025-01-06 | 1
S1-01   | 2025-01    |
""",
            forms={
                "events": """
SUBJECT | START
01      | 2025-01-05
01      | 2025-01-06
01      | 2025-01
"""
            },
            given={
                "DM": """
USUBJID | RFSTDTC
S1-01   | 2025-01-06
"""
            },
        ),
    ),
    "epoch": (
        Example(
            "The element of SE that the date falls into.",
            "AE",
            """\
steps:
  - records: {from: events}
  - AESTDTC: {iso8601: START}
  - epoch:   AESTDTC
""",
            """
USUBJID | AESTDTC    | EPOCH
S1-01   | 2025-01-05 | SCREENING
S1-01   | 2025-01-06 | TREATMENT
S1-01   | 2025       |
""",
            forms={
                "events": """
SUBJECT | START
01      | 2025-01-05
01      | 2025-01-06
01      | 2025
"""
            },
            given={
                "SE": """
USUBJID | SESEQ | SESTDTC    | SEENDTC    | EPOCH
S1-01   | 1     | 2024-12-19 | 2025-01-06 | SCREENING
S1-01   | 2     | 2025-01-06 | 2025-02-03 | TREATMENT
"""
            },
        ),
    ),
    "last_before_exposure": (
        Example(
            "The result of the day of the first dose has no time, so it is not known to be before.",
            "VS",
            """\
steps:
  - records:  {from: vitals}
  - VSTESTCD: {hardcode: PULSE}
  - VSSTRESC: RESULT
  - VSDTC:    {iso8601: DATE}
  - VSSEQ:    {sequence: VSDTC}
  - last_before_exposure: {by: VSTESTCD}
""",
            """
USUBJID | VSSTRESC | VSDTC      | VSLOBXFL
S1-01   | 71       | 2025-01-05 | Y
S1-01   | 66       | 2025-01-06 |
""",
            forms={
                "vitals": """
SUBJECT | RESULT | DATE
01      | 71     | 2025-01-05
01      | 66     | 2025-01-06
"""
            },
            given={
                "DM": """
USUBJID | RFXSTDTC
S1-01   | 2025-01-06T09:30
"""
            },
        ),
    ),
    "instruments": (
        Example(
            "Two items and a collected total, from the instrument's definition in "
            "instruments/mood.yaml.",
            "QS",
            """\
steps:
  - instruments: {from: {mood: mood_form}}
variables:
  QSTESTCD: {codelist: QS.TESTCD}
  QSTEST:   {codelist: QS.TEST}
""",
            """
USUBJID | QSTESTCD | QSORRES | QSSTRESC | QSSTRESN
S1-01   | MOOD01   | Often   | 2        | 2
S1-01   | MOOD02   | Never   | 0        | 0
S1-01   | MOODTOT  | 2       | 2        | 2
""",
            forms={
                "mood_form": """
SUBJECT | CALM | TIRED | TOTAL
01      | 2    | 0     | 2
"""
            },
            files={
                "terminology.yaml": "QSCAT:\n  extend: {MOOD: Mood Scale}\n",
                "instruments/mood.yaml": """\
instrument: Mood Scale
category: MOOD
domain: QS
direction: {published: higher is worse, registered: higher is worse}
ranges: {published: {low: "0", high: "4"}, registered: {low: "0", high: "4"}}
answers:
  often:
    columns: [code, text, score]
    rows: [["0", Never, "0"], ["1", Sometimes, "1"], ["2", Often, "2"]]
items:
  columns: [code, name, column, answers]
  rows:
    - [MOOD01, Mood 01 Calm, CALM, often]
    - [MOOD02, Mood 02 Tired, TIRED, often]
totals:
  - {code: MOODTOT, name: Mood Total Score, column: TOTAL}
"""
            },
        ),
    ),
}

AGGREGATES: tuple[Example, ...] = (
    Example(
        "Aggregates pass over missing values; of no record at all a count is 0 and the rest is "
        "missing.",
        "DM",
        """\
steps:
  - records: {from: demographics}
  - _all:    {from: VS, value: count()}
  - _known:  {from: VS, value: count(VSSTRESN)}
  - _high:   {from: VS, value: count(VSSTRESN > 120)}
  - _levels: {from: VS, value: count_distinct(VSSTRESN)}
  - _sum:    {from: VS, value: sum(VSSTRESN)}
  - _mean:   {from: VS, value: mean(VSSTRESN)}
  - _min:    {from: VS, value: min(VSSTRESN)}
  - _max:    {from: VS, value: max(VSSTRESN)}
  - _any:    {from: VS, value: "if(any(VSSTRESN > 120), 'Y', 'N')"}
  - _every:  {from: VS, value: "if(every(VSSTRESN > 100), 'Y', 'N')"}
""",
        """
USUBJID | _all | _known | _high | _levels | _sum | _mean | _min | _max | _any | _every
S1-01   | 4    | 3      | 1     | 2       | 362  | 120.66666666666667 | 120 | 122 | Y | N
S1-02   | 0    | 0      | 0     | 0       |      |       |      |      | N    | N
""",
        forms={"demographics": "SUBJECT\n01\n02"},
        given={
            "VS": """
USUBJID | VSSTRESN
S1-01   | 120
S1-01   | 120
S1-01   | 122
S1-01   |
"""
        },
    ),
)

OPERATORS: tuple[tuple[str, object, str], ...] = (
    ("1 + 2 * 3", 7.0, "multiplication before addition"),
    ("(1 + 2) * 3", 9.0, "parentheses"),
    ("-2 + 5", 3.0, "minus sign"),
    ("1 / 0", None, "division by zero is missing"),
    ("1 + number('')", None, "arithmetic with missing is missing"),
    ("date(iso('2025-03-01')) - date(iso('2025-02-27'))", 2.0, "days between two dates"),
    ("'b' > 'a'", True, "text compares by its characters"),
    ("'' = ''", True, "a blank text is a text"),
    ("'a' in ('a', 'b')", True, "one of several constants"),
    ("3 not in (1, 2)", True, "none of several constants"),
    ("2 < 10 and not 2 = 3", True, "and, or, not"),
    ("number('') > 3", None, "comparing a missing number: undecided"),
    ("number('') > 3 or 1 = 1", True, "settled by the other side"),
    ("iso('2025-01') < iso('2025-02-03')", True, "partial dates: the known parts settle it"),
    ("iso('2025-01') < iso('2025-01-15')", None, "partial dates: undecided"),
    ("missing(number(''))", True, "the test for missing, of any type"),
    ("'it''s' = 'it''s'", True, "a quote inside a text is written twice"),
)
"""An expression of constants, what it gives (None: missing or undecided), and what it shows."""

PARTS: dict[str, tuple[Example, ...]] = {
    "supplemental": (
        Example(
            "A record of SUPPDM where the value is not blank. IDVAR is --SEQ, and blank for DM.",
            "DM",
            """\
steps:
  - records: {from: demographics}
  - SUBJID:  SUBJECT
supplemental:
  - {QNAM: RACEOTH, QLABEL: "Race, Other", assign: OTHER, origin: Collected}
""",
            """
RDOMAIN | USUBJID | IDVAR | QNAM    | QLABEL      | QVAL  | QORIG
DM      | S1-01   |       | RACEOTH | Race, Other | MIXED | CRF
""",
            forms={
                "demographics": """
SUBJECT | OTHER
01      | MIXED
02      |
"""
            },
            shows="SUPPDM",
        ),
    ),
    "work": (
        Example(
            "A helper dataset that is never written: the highest grade of each subject.",
            "DM",
            """\
work:
  worst:
    steps:
      - records: {from: AE, by: USUBJID, set: {grade: max(AETOXGR)}}
steps:
  - records: {from: demographics}
  - lookup:  {from: worst, keep: [_grade: grade]}
  - ARMNRS:  "if(_grade = '4', 'LIFE-THREATENING EVENT', '')"
""",
            """
USUBJID | ARMNRS
S1-01   | LIFE-THREATENING EVENT
S1-02   |
""",
            forms={"demographics": "SUBJECT\n01\n02"},
            given={
                "AE": """
USUBJID | AETOXGR
S1-01   | 2
S1-01   | 4
S1-02   | 1
"""
            },
        ),
    ),
    "extends": (
        Example(
            "A spec that changes single steps of another. A step that makes what a step of the other "
            "makes takes its place; `after` says where a new one goes; `drop` removes one.",
            "AE",
            """\
extends: library_ae.yaml
steps:
  - AETERM: upper(TERM)
  - {after: AETERM, AESPID: NUMBER}
  - {drop: AEREL}
""",
            """
USUBJID | AETERM | AESPID | AESTDTC
S1-01   | NAUSEA | 7      | 2025-01-06
""",
            forms={
                "events": """
SUBJECT | NUMBER | TERM   | START
01      | 7      | Nausea | 2025-01-06
"""
            },
            files={
                "library_ae.yaml": """\
steps:
  - records: {from: events}
  - AETERM:  TERM
  - AEREL:   {hardcode: UNKNOWN}
  - AESTDTC: {iso8601: START}
"""
            },
        ),
    ),
}


def every() -> dict[str, Example]:
    """Every example by a name of its own."""
    groups = {"clause": CLAUSE, "aggregates": AGGREGATES, **STEPS, **VALUES, **SUGAR, **PARTS}
    return {
        f"{name}-{number}": example
        for name, examples in groups.items()
        for number, example in enumerate(examples, 1)
    }
