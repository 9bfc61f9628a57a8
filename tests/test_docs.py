"""The documentation says what the program does: generated pages, examples, commands, links."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import make_docs
import pyarrow as pa
import pytest
from docs_from_code import data, walk
from docs_from_code.cli import helps
from docs_from_code.expressions import value_of
from docs_from_code.kinds import kinds_of, texts_of
from docs_from_code.models import describe
from docs_from_code.reference import FILES
from docs_from_code.run import Example, run
from docs_from_code.tables import TextTable

from mg_cdisc import dates
from mg_cdisc.derive import STEPS, SUGAR, VALUES
from mg_cdisc.expression.functions import FUNCTIONS
from mg_cdisc.spec.outcomes import OUTCOMES

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("mapping_specs/*/README.md")]
)
EXAMPLES = data.every_example()


def table(text: str) -> TextTable:
    return TextTable.read(text) if text else TextTable((), ())


@pytest.mark.parametrize("name", make_docs.WRITTEN)
def test_a_generated_page_is_what_the_code_gives(name: str) -> None:
    """After a change of the code: make docs."""
    assert (ROOT / name).read_text(encoding="utf-8") == make_docs.WRITTEN[name]()


@pytest.mark.parametrize("name", make_docs.WALKED)
def test_a_page_shows_what_its_commands_print(name: str) -> None:
    """After a change of the example or of what is printed: make docs, and read what changed."""
    assert (ROOT / name).read_text(encoding="utf-8") == make_docs.walked(name)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_gives_what_it_says(example: Example, tmp_path: Path) -> None:
    outcome = run(example, tmp_path)
    assert "\n".join(outcome.findings) == example.finding.strip()
    if not example.finding:
        assert outcome.table == table(example.result)


@pytest.mark.parametrize("operation", data.operations(), ids=lambda each: each.expression)
def test_an_operator_gives_what_it_says(operation: data.Operation) -> None:
    expected = None if operation.gives == "undecided" else operation.gives
    assert value_of(operation.expression) == expected


@pytest.mark.parametrize("reading", data.readings(), ids=lambda each: f"{each.format} {each.text}")
def test_a_date_format_reads_as_it_says(reading: data.Reading) -> None:
    made, ok = dates.read_dates(pa.array([reading.text]), [dates.compile_format(reading.format)])
    assert (made.to_pylist()[0] if ok[0] else None) == reading.gives


def test_everything_of_the_language_is_explained() -> None:
    """Each step, value, short form and file: its meaning, its missing values, each of its keys."""
    silent = []
    for name, model in {**STEPS, **VALUES, **SUGAR}.items():
        described = describe(model)
        silent += [name] if not described.text.startswith(f"`{name}`: ") else []
        silent += [f"{name}: Missing"] if not described.missing else []
    for model in (*STEPS.values(), *VALUES.values(), *SUGAR.values(), *FILES):
        options = describe(model).options
        silent += [f"{model.__name__}.{option.name}" for option in options if not option.doc]
    assert silent == []


def test_everything_of_the_language_has_an_example() -> None:
    shown = set(data.examples("steps")) - {"each"}
    assert shown == set(STEPS)
    assert set(data.examples("values")) == set(VALUES)
    assert set(data.examples("short_forms")) == set(SUGAR)
    aggregates = data.examples("parts")["aggregates"][0].spec
    for name, function in FUNCTIONS.items():
        assert f"value: {name}(" in aggregates or f"({name}(" in aggregates or function.example


def test_every_kind_of_finding_is_explained() -> None:
    documented = set(data.documented())
    assert set(kinds_of(ROOT / "src" / "mg_cdisc")) - documented == set()
    assert documented - texts_of(ROOT / "src" / "mg_cdisc") == set(), "no longer made"


def test_every_kind_that_the_tests_expect_is_explained() -> None:
    """What the code can make is found by reading it; here is what it does make."""
    files = [path for path in (ROOT / "tests").glob("bad_*/**/*") if path.suffix in (".txt", ".md")]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    met = {
        kind for text in texts for kind in re.findall(r"(?:error|warning|note)\[([\w-]+)\]", text)
    }
    assert met
    assert met - set(data.documented()) == set()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    made = set()
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            words = line.lstrip("#").strip().lower()
            made.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return made


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)]+)\)", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = page if not file else (page.parent / file)
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    import typer

    from mg_cdisc.cli import app

    known = {
        path.removeprefix("mg-cdisc ") for path, _ in helps(typer.main.get_command(app), "mg-cdisc")
    }
    text = page.read_text(encoding="utf-8")
    for words in re.findall(r"(?:`|\$ )mg-cdisc ((?:[a-z]+ ?)+)", text):
        named = words.split()
        assert " ".join(named[:2]) in known or named[0] in known, words
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make (\w+)`", text)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_no_place_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|Users|work|usr)/", text)
    assert "://" not in text


def test_the_excerpt_of_the_readme_is_real() -> None:
    block = re.search(r"From `(\S+)`:\n\n```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert block is not None
    spec = iter((ROOT / block[1]).read_text(encoding="utf-8").splitlines())
    missing = [line for line in block[2].splitlines() if line not in spec]
    assert missing == []


def test_a_phrase_that_cannot_be_followed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("one: 1\none: 2\n")
    for phrase in ("In `a.yaml`, remove the line `two: 2`.", "In `a.yaml`, change `one` to `two`."):
        with pytest.raises(walk.PageError):
            walk.walk(phrase, tmp_path)


def test_the_phrases_of_a_page_do_what_they_say(tmp_path: Path) -> None:
    page = """\
Write `a/b.yaml`:
```yaml
one: 1
two: 2
```
Add to the end of `a/b.yaml`:
```yaml
three: 3
two: 2
```
In `a/b.yaml`, below the line `two: 2` behind `three: 3`, put:
```yaml
four: 4
```
In `a/b.yaml`, remove the line `one: 1`.
In `a/b.yaml`, change `three: 3` to `three: 33`.
"""
    assert walk.walk(page, tmp_path) == page
    assert (tmp_path / "a/b.yaml").read_text() == "two: 2\nthree: 33\ntwo: 2\nfour: 4\n"


def test_the_changelog_speaks_of_this_version() -> None:
    from mg_cdisc import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_says_why_each_dependency_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=]", each)[0] for each in project["dependencies"]}
    _, _, table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| package | for |")
    assert set(re.findall(r"^\| ([\w-]+) \|", table, re.M)) == needed


def test_what_happens_is_said_of_every_finding_of_records_and_forms() -> None:
    """But of what speaks of the command and of findings.yaml itself."""
    kinds = {kind for each in data.groups() for kind in each.kinds}
    found = {
        kind for each in data.groups() if each.title in ("Records", "Account")
        for kind in each.kinds
    }  # fmt: skip
    assert found - set(OUTCOMES) == {"several-subjects", "other-outcome", "unused-acceptance"}
    assert set(OUTCOMES) <= kinds
