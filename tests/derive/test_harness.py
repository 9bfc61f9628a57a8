"""The harness itself: what it reads and shows is what was written."""

from harness import cells, refusals, run, table


def test_aligned_tables_are_read() -> None:
    header, rows = cells("""
A    LONG       NAME
one  two words  .
.    x          y
""")
    assert header == ["A", "LONG", "NAME"]
    assert rows == [["one", "two words", ""], ["", "x", "y"]]


def test_a_study_is_bound_and_run() -> None:
    out = run(
        """
  - records: {from: a}
  - AVAL: number(RES)
  - _twice: AVAL * 2
""",
        a="""
SUBJ RES
01   5
02   .
""",
    )
    assert out.table("USUBJID AVAL _twice") == table("""
USUBJID AVAL _twice
01      5    10
02      .    .
""")
    assert out.origins() == [["a:1"], ["a:2"]]
    assert out.findings == []


def test_a_wrong_spec_is_refused() -> None:
    found = refusals(
        """
  - records: {from: a}
  - _x: number(SUBJ) + 'a'
""",
        a="SUBJ",
    )
    assert found == [
        "[bad-expression] _x: a number + a text has no meaning "
        "| Use number() for numbers, concat() to join text."
    ]
