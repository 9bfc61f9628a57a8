"""``source_of``: SRCDOM, SRCVAR and SRCSEQ name the record that a value comes from."""

from __future__ import annotations

from functools import cache

from harness import Study, refusals, table
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NUMBERS, table_of

VS = """
dataset: VS
keys: [USUBJID, VSSEQ]
steps:
  - records: {from: a}
  - VSTESTCD: {hardcode: PULSE}
  - VSSTRESN: number(N)
  - VISITNUM: number(I)
  - VSSEQ: {sequence: [VISITNUM, VSSTRESN]}
---
dataset: LB
keys: [USUBJID, LBSEQ]
steps:
  - records: {from: b}
  - LBTESTCD: {hardcode: GLUC}
  - LBSTRESC: N
  - VISITNUM: number(I)
  - LBSEQ: {sequence: [VISITNUM desc, LBSTRESC]}
---
dataset: DM
keys: [STUDYID, USUBJID]
steps:
  - records: {from: a, by: USUBJID, set: {AGE: max(number(N))}}
---
"""
COLUMNS = {"a": "SUBJ I N", "b": "SUBJ I N"}
ROWS = table_of(N=NUMBERS)


@cache
def stacked() -> Study:
    """Two datasets stacked, a copy of the highest, rows carried forward, and a mean."""
    return Study(
        VS
        + """
  - records: {from: VS, keep: [PARAMCD: VSTESTCD, AVISITN: VISITNUM, AVAL: VSSTRESN], source_of: AVAL}
  - records: {from: LB, keep: [PARAMCD: LBTESTCD, AVISITN: VISITNUM], set: {AVAL: number(LBSTRESC)}, source_of: AVAL}
  - DTYPE: {hardcode: ""}
  - fill:
      by: [USUBJID, PARAMCD]
      grid: {AVISITN: ["2", "4"]}
      copy: {where: AVISITN < this.AVISITN, order: [AVISITN, AVAL, SRCSEQ], take: last}
      set: {DTYPE: {hardcode: LOCF}}
  - records:
      where: not missing(AVAL)
      by: [USUBJID, PARAMCD]
      order: [AVAL desc, AVISITN, SRCSEQ, DTYPE]
      take: first
      set: {PARAMCD: "concat('MAX', PARAMCD)"}
  - records: {by: [USUBJID, PARAMCD], where: "not starts_with(PARAMCD, 'MAX')", set: {AVAL: mean(AVAL), DTYPE: {hardcode: AVERAGE}}}
""",
        **COLUMNS,
    )


@settings(max_examples=25, deadline=None)
@given(a=ROWS, b=ROWS, partitions=st.sampled_from([1, 3]))
def test_joined_back_to_its_source_the_value_is_the_same(
    a: list[list[str]], b: list[list[str]], partitions: int
) -> None:
    out = stacked().run(
        partitions=partitions,
        a=[[subject, i, n] for subject, i, n in a],
        b=[[subject, i, n] for subject, i, n in b],
    )
    held = {
        ("VS", subject, seq): value
        for subject, seq, value in out.table("USUBJID VSSEQ VSSTRESN", "VS")
    } | {
        ("LB", subject, seq): value
        for subject, seq, value in out.table("USUBJID LBSEQ LBSTRESC", "LB")
    }
    variable = {"VS": "VSSTRESN", "LB": "LBSTRESC", "": ""}
    records = out.table("USUBJID AVAL DTYPE SRCDOM SRCVAR SRCSEQ")
    seen = set()
    for subject, aval, dtype, domain, name, seq in records:
        assert name == variable[domain]
        if dtype == "AVERAGE":
            assert (domain, seq) == ("", "")
        else:
            source = held[domain, subject, seq]
            assert (float(aval) if aval else None) == (float(source) if source else None)
            seen.add((domain, subject, seq))
    assert seen == set(held)  # every source record is named by its own record


def test_unpivoted_records_name_the_variable_of_their_table() -> None:
    out = Study(
        """
dataset: LB
keys: [USUBJID, LBSEQ]
steps:
  - records: {from: b}
  - LBTESTCD: {hardcode: GLUC}
  - LBORRES: A
  - LBSTRESC: B
  - LBSEQ: {sequence: LBORRES}
---
dataset: ADXX
class: BDS
keys: [USUBJID, PARAMCD, SRCSEQ]
tables:
  columns:
    columns: [PARAMCD, column]
    rows: [[ORIG, LBORRES], [STD, LBSTRESC]]
steps:
  - records:
      from: LB
      unpivot: {table: columns, values: {_value: column}}
      where: not missing(_value)
      set: {AVAL: number(_value)}
      source_of: AVAL
""",
        b="SUBJ A B",
    ).run(
        b="""
SUBJ A  B
01   5  50
01   6  .
02   7  70
"""
    )
    assert out.table("USUBJID PARAMCD AVAL SRCDOM SRCVAR SRCSEQ") == table("""
USUBJID PARAMCD AVAL SRCDOM SRCVAR   SRCSEQ
01      ORIG    5    LB     LBORRES  1
01      STD     50   LB     LBSTRESC 1
01      ORIG    6    LB     LBORRES  2
02      ORIG    7    LB     LBORRES  1
02      STD     70   LB     LBSTRESC 1
""")


def test_a_dataset_with_one_record_for_each_subject_has_no_number_to_name() -> None:
    out = Study(
        VS + "  - records: {from: DM, set: {AVAL: AGE}, source_of: AVAL}", **COLUMNS
    ).run(a=[["01", "1", "40"]])  # fmt: skip
    assert out.table("AVAL SRCDOM SRCVAR SRCSEQ") == [["40", "DM", "AGE", ""]]


def test_a_lookup_names_the_record_that_it_takes() -> None:
    out = Study(
        VS
        + """
  - records: {from: DM}
  - lookup: {from: VS, order: [VISITNUM, VSSEQ], take: last, keep: [AVAL: VSSTRESN], source_of: AVAL}
""",
        **COLUMNS,
    ).run(
        a=[["01", "1", "40"], ["01", "2", "50"], ["01", "2", "60"]],
        b=[["02", "1", "9"]],
    )
    assert out.table("USUBJID AVAL SRCDOM SRCVAR SRCSEQ") == [["01", "60", "VS", "VSSTRESN", "3"]]


def test_a_lookup_without_a_match_names_nothing() -> None:
    out = Study(
        VS
        + """
  - records: {from: DM}
  - lookup: {from: LB, order: LBSEQ, take: last, set: {AVAL: number(LBSTRESC)}, source_of: AVAL}
""",
        **COLUMNS,
    ).run(a=[["01", "1", "40"], ["02", "1", "4"]], b=[["02", "1", "9"]])
    assert out.table("USUBJID AVAL SRCDOM SRCVAR SRCSEQ") == table("""
USUBJID AVAL SRCDOM SRCVAR   SRCSEQ
01      .    .      .        .
02      9    LB     LBSTRESC 1
""")


def test_what_the_spec_makes_itself_stays() -> None:
    out = Study(
        VS
        + """
  - records:
      from: LB
      set: {AVAL: "coalesce(number(LBSTRESC), VISITNUM)", SRCVAR: {hardcode: LBSTRESC}}
      source_of: AVAL
""",
        **COLUMNS,
    ).run(b=[["01", "1", "40"]])
    assert out.table("SRCDOM SRCVAR SRCSEQ") == [["LB", "LBSTRESC", "1"]]


def test_a_condition_that_only_chooses_is_no_source() -> None:
    out = Study(
        VS
        + """
  - records:
      from: LB
      set:
        _half: {assign: number(LBSTRESC) / 2, when: VISITNUM > 1}
        AVAL: "if(VISITNUM > 1, _half, number(LBSTRESC))"
      source_of: AVAL
""",
        **COLUMNS,
    ).run(b=[["01", "1", "40"]])
    assert out.column("SRCVAR") == ["LBSTRESC"]


def refused(steps: str) -> list[str]:
    return refusals(VS + steps, **COLUMNS)


def test_refusals_say_what_to_write() -> None:
    assert refused(
        """
  - records: {from: LB, set: {AVAL: "coalesce(number(LBSTRESC), VISITNUM)"}, source_of: AVAL}
"""
    ) == [
        "[no-source-record] records.source_of: AVAL is made of LBSTRESC and VISITNUM, and SRCVAR "
        "names one | Say which under set: {SRCVAR: {hardcode: NAME}}."
    ]
    assert refused("  - records: {from: a, set: {AVAL: number(N)}, source_of: AVAL}") == [
        "[no-source-record] records.source_of: a is no dataset whose records have --SEQ or ASEQ | "
        "Say source_of: where the records of a dataset are taken; of a helper dataset keep SRCDOM, "
        "SRCVAR and SRCSEQ."
    ]
    assert refused(
        """
  - records: {from: VS, by: USUBJID, set: {AVAL: mean(VSSTRESN)}, source_of: AVAL}
"""
    ) == [
        "[no-source-record] records.source_of: what is made of a group has no one source record | "
        "Take source_of: out."
    ]
    assert refused("  - records: {from: VS, set: {AVAL: VSSTRESN}, source_of: AVALL}") == [
        "[unknown-variable] records.source_of: AVALL is not made here | Did you mean AVAL?"
    ]
    assert refused(
        """
  - records: {from: VS, set: {AVAL: VSSTRESN}}
  - records: {where: AVAL > 1, by: USUBJID, order: AVAL, take: first, source_of: AVAL}
"""
    ) == [
        "[no-source-record] records.source_of: a copy of an own record has the source of that "
        "record already | Take source_of: out; make SRCVAR under set: where the value is another."
    ]
    assert refused(
        """
  - records: {from: DM, set: {AVAL: {from: VS, value: max(VSSTRESN)}}, source_of: AVAL}
"""
    ) == [
        "[no-source-record] records.source_of: the value is taken from other records | "
        "Bring it with a lookup that says source_of:."
    ]


def test_a_supplemental_qualifier_is_named_by_its_parent_record() -> None:
    out = Study(
        """
dataset: VS
keys: [USUBJID, VSSEQ]
steps:
  - records: {from: a}
  - VSTESTCD: {hardcode: PULSE}
  - VSSEQ: {sequence: number(I)}
supplemental:
  - {QNAM: EFFORT, QLABEL: Effort, assign: N, origin: Collected}
---
dataset: ADXX
class: BDS
keys: [USUBJID, AVAL]
steps:
  - records: {from: SUPPVS, where: QNAM = 'EFFORT', set: {AVAL: number(QVAL)}, source_of: AVAL}
---
dataset: ADYY
class: BDS
keys: [USUBJID, AVAL]
steps:
  - records: {from: VS, set: {_seq: text(VSSEQ)}}
  - lookup: {from: SUPPVS, by: [USUBJID, _seq: IDVARVAL], set: {AVAL: number(QVAL)}, source_of: AVAL}
""",
        a="SUBJ I N",
    ).run(
        a="""
SUBJ I N
01   1 3
01   2 .
01   3 5
"""
    )
    expected = [["3", "VS", "EFFORT", "1"], ["5", "VS", "EFFORT", "3"]]
    assert out.table("AVAL SRCDOM SRCVAR SRCSEQ") == expected
    looked = out.table("AVAL SRCDOM SRCVAR SRCSEQ", "ADYY")
    assert looked == [expected[0], ["", "", "", ""], expected[1]]
