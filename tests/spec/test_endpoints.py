"""endpoints.yaml: the ways in which it may be written, and the example of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mg_cdisc.errors import Finding
from mg_cdisc.expression import ExpressionError, Type, parse
from mg_cdisc.spec.analyses import bind_filter, review_endpoints, written
from mg_cdisc.spec.endpoints import Analysis, Endpoints
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import parse_yaml

ROOT = Path(__file__).resolve().parents[2]


def analysis(text: str) -> Analysis:
    """A result with these keys."""
    tree = parse_yaml(f"title: T\ndataset: ADXX\nwhere: A = 'B'\npopulation: p\n{text}", "x.yaml")
    findings: list[Finding] = []
    made = read_model(Analysis, tree, findings)
    assert made is not None, findings
    return made


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("by: AVISIT", {"AVISIT": {}}),
        ("by: [PARAM, AVISIT]", {"PARAM": {}, "AVISIT": {}}),
        ("by: {GRADE: [1, 2], AVISIT: {}}", {"GRADE": {"1": "1", "2": "2"}, "AVISIT": {}}),
        ("by: {PARAMCD: {A: First, B: Second}}", {"PARAMCD": {"A": "First", "B": "Second"}}),
    ],
)
def test_categories(text: str, categories: dict[str, dict[str, str]]) -> None:
    made = analysis(f"{text}\ncount: subjects")
    assert made.by == categories
    assert made.categories == categories


def test_short_forms() -> None:
    assert analysis("summary: AVAL").values == ("AVAL",)
    assert analysis("summary: [AVAL, CHG]").values == ("AVAL", "CHG")
    proportion = analysis("proportion: CRIT1FL").proportion
    assert proportion is not None
    assert (proportion.of, proportion.yes, proportion.missing) == ("CRIT1FL", ("Y",), ("left out",))
    assert analysis("proportion: {missing: no}").values == ("AVALC",)
    assert analysis("time_to_event: {}").values == ("AVAL", "CNSR")


@pytest.mark.parametrize(
    "text",
    [
        "A = 'it''s' and B in (1, 2)",
        "A != 'x' and B >= 1.5 and A not in ('a', 'b')",
    ],
)
def test_a_filter_is_shown_as_it_is_written(text: str) -> None:
    assert written(parse(text)) == text


def test_the_checks_of_a_filter() -> None:
    types = {"A": Type.TEXT, "B": Type.NUMBER}
    _, checks = bind_filter(parse("A in ('x', 'y') and B > 2 and 3 >= B"), "ADXX", types)
    assert checks == (("A", "IN", ("x", "y")), ("B", "GT", ("2",)), ("B", "LE", ("3",)))


@pytest.mark.parametrize(
    "text", ["A = 'x' or B = 1", "missing(B)", "A = ''", "B + 1 = 2", "not A = 'x'"]
)
def test_filters_that_range_checks_cannot_say(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        bind_filter(parse(text), "ADXX", {"A": Type.TEXT, "B": Type.NUMBER})
    assert caught.value.kind == "endpoint-filter"


def test_what_cannot_be_known_is_not_asked() -> None:
    """A dataset with a mistake of its own is broken: nothing is said of its variables."""
    tree = parse_yaml(
        "populations: {p: {label: P, where: SAFFL = 'Y'}}\n"
        "endpoints: {e: {title: E, purpose: primary, results: {r: {title: R, dataset: ADAE, "
        "where: X = 'Y', population: p, count: subjects}}}}",
        "x.yaml",
    )
    made = read_model(Endpoints, tree, [])
    assert made is not None
    assert review_endpoints(made, tree, {}, {"ADSL", "ADAE"}) == []


def test_the_example_of_the_documentation() -> None:
    text = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    section = text[text.index("\n## Endpoints and their results\n") :]
    block = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert block is not None
    tree = parse_yaml(block[1], "endpoints.yaml")
    findings: list[Finding] = []
    made = read_model(Endpoints, tree, findings)
    assert findings == []
    assert made is not None
    adam = dict.fromkeys(
        ["USUBJID", "SAFFL", "FASFL", "AOCC01FL", "PARAMCD", "AVISIT", "ANL01FL", "CRIT1FL",
         "EVNTDESC", "CNSDTDSC"], Type.TEXT,
    ) | dict.fromkeys(["AVAL", "CHG", "CNSR", "AVISITN", "ATOXGRN"], Type.NUMBER)  # fmt: skip
    datasets = dict.fromkeys(["ADSL", "ADAE", "ADQS", "ADTTE"], adam)
    assert review_endpoints(made, tree, datasets, ()) == []
