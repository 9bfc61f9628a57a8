"""Every spoiled study gets exactly the message that stands beside it.

Each file of ``tests/bad_specs`` says how it spoils the tiny study in ``base``, then, behind a line
of ``---``, the whole message. How it is spoiled::

    in sdtm/ae.yaml         lines of a file: `-` is there and goes, `+` comes, ` ` is there and stays
    file sdtm/xx.yaml       a file of these `+` lines
    latin sdtm/xx.yaml      the same, in windows-1252
    drop sdtm/ae.yaml       a file that is not there
    link a.yaml b.yaml      a link called a.yaml that leads to b.yaml
    empty visits.yaml       a file without a byte

The study is built: what is wrong with the spec and what is wrong with the data are told alike.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mg_cdisc import pipeline
from mg_cdisc.errors import Finding, MgCdiscError

BAD = Path(__file__).parent.parent / "bad_specs"
CASES = sorted(BAD.glob("*.txt"))


def spoil(case: str, study: Path) -> None:
    """Do to a study what a case says."""
    for block in re.split(r"^(?=(?:in|file|latin|drop|link|empty) )", case, flags=re.MULTILINE):
        head, _, body = block.partition("\n")
        if not head or head.startswith("#"):
            continue
        word, *names = head.split()
        path = study / names[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        match word:
            case "in":
                path.write_text(patched(path.read_text(encoding="utf-8"), body), encoding="utf-8")
            case "file" | "latin":
                text = "".join(f"{line[1:]}\n" for line in body.splitlines() if line)
                path.write_text(text, encoding="utf-8" if word == "file" else "windows-1252")
            case "drop":
                path.unlink()
            case "link":
                path.symlink_to(names[1])
            case "empty":
                path.write_bytes(b"")


def patched(text: str, hunks: str) -> str:
    """The text with every hunk applied; what a hunk takes away stands there exactly once."""
    for hunk in re.split(r"\n\n+", hunks.strip("\n")):
        lines = hunk.split("\n")
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in "- ")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in "+ ")
        assert f"\n{text}".count(f"\n{old}") == 1, f"not there once: {old}"
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}", 1)[1:]
    return text


def findings_of(study: Path, outputs: Path) -> tuple[Finding, ...]:
    """What a build of the study finds and nobody has accepted."""
    try:
        built = pipeline.build_study(study, outputs, shown="study")
    except MgCdiscError as error:
        return error.findings
    return tuple(finding for finding in built.findings if not finding.reason)


def keep_nothing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Builds go through all their checks, and publish nothing."""

    @contextmanager
    def building(target: Path, **_: object) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            yield Path(work)

    monkeypatch.setattr(pipeline, "building", building)
    monkeypatch.setattr(pipeline, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(pipeline, "write_reports", lambda *_, **__: None)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny study in a folder of its own; nothing is written of a build."""
    keep_nothing(monkeypatch, tmp_path)
    shutil.copytree(BAD / "base", tmp_path / "study")
    return tmp_path / "study"


def test_the_study_itself_is_clean(study: Path, tmp_path: Path) -> None:
    assert findings_of(study, tmp_path / "outputs") == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_message(case: Path, study: Path, tmp_path: Path) -> None:
    given, _, expected = case.read_text(encoding="utf-8").partition("\n---\n")
    spoil(given + "\n", study)
    found = findings_of(study, tmp_path / "outputs")
    assert "\n".join(map(str, found)) == expected.rstrip("\n")


def test_there_are_enough_and_each_says_what_to_do() -> None:
    assert len(CASES) >= 50
    for case in CASES:
        given, _, expected = case.read_text(encoding="utf-8").partition("\n---\n")
        assert given.startswith("# "), case.name
        shape = r"(\S.*: (?:error|warning)\[[a-z0-9-]+\] .+\n  .+\n|\S.*: note\[.+\n(?:  .+\n)?)+"
        assert re.fullmatch(shape, expected), case.name


WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")


def typos(file: str) -> list[tuple[str, str]]:
    """Each word of a file with its last letter wrong: what was done, and the text."""
    text = (BAD / "base" / file).read_text(encoding="utf-8")
    return [
        (f"{match[0]} at {match.start()}", f"{text[: match.end() - 1]}9{text[match.end() :]}")
        for match in WORDS.finditer(text)
    ]


def errors_of_typo(file: str, text: str, folder: Path) -> list[str]:
    spoiled = folder / "spoiled"
    shutil.rmtree(spoiled, ignore_errors=True)
    shutil.copytree(BAD / "base", spoiled)
    (spoiled / file).write_text(text, encoding="utf-8")
    found = findings_of(spoiled, folder / "outputs")
    return [str(each) for each in found if each.level == "error" and not each.where.row]


SPECS = ("sdtm/dm.yaml", "sdtm/ae.yaml", "sdtm/vs.yaml", "sdtm/qs.yaml")


@pytest.mark.parametrize("file", SPECS)
@pytest.mark.usefixtures("study")
def test_one_typo_is_one_error(file: str, tmp_path: Path) -> None:
    for what, text in typos(file)[::6]:
        assert len(errors_of_typo(file, text, tmp_path)) <= 1, what


@pytest.mark.soak
@pytest.mark.parametrize("file", SPECS)
@pytest.mark.usefixtures("study")
def test_every_typo_is_one_error(file: str, tmp_path: Path) -> None:
    for what, text in typos(file):
        assert len(errors_of_typo(file, text, tmp_path)) <= 1, what
