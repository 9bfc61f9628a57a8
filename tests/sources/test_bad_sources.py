"""Every broken source gets exactly the message that stands beside it.

Each folder of ``tests/bad_sources`` holds a declaration (``source.yaml``), the files it speaks of
and the whole message (``expected.txt``). What is wrong with the declaration itself is told as
pydantic tells it, key and message.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from mg_cdisc.errors import SourceError
from mg_cdisc.sources import SourceDeclaration, read_source

BAD = Path(__file__).parent.parent / "bad_sources"
CASES = sorted(path.parent for path in BAD.glob("*/source.yaml"))


def message_of(case: Path) -> str:
    said = yaml.load((case / "source.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    try:
        declaration = SourceDeclaration(**said)
    except ValidationError as fault:
        return "\n".join(
            f"source.yaml: {'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in fault.errors()
        )
    with pytest.raises(SourceError) as raised:
        read_source(declaration, case)
    return str(raised.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Path) -> None:
    if case.name == "missing-file-case" and (case / "ae.csv").exists():
        pytest.skip("this file system does not tell upper from lower case")
    assert message_of(case) == (case / "expected.txt").read_text(encoding="utf-8").rstrip("\n")


def test_there_are_enough_and_each_says_what_to_do() -> None:
    assert len(CASES) >= 40
    assert {path.name for path in BAD.iterdir() if path.is_dir()} == {case.name for case in CASES}
    for case in CASES:
        expected = (case / "expected.txt").read_text(encoding="utf-8")
        if not expected.startswith("source.yaml"):
            assert re.fullmatch(
                r"(\S+(?: row \d+)?: error\[source-[a-z-]+\] .+\n  .+\n)+", expected
            )


def test_a_link_out_of_the_study_is_refused(tmp_path: Path) -> None:
    study, other = tmp_path / "study", tmp_path / "other"
    study.mkdir()
    other.mkdir()
    (other / "ae.csv").write_text("A\n1\n")
    (study / "ae.csv").symlink_to(other / "ae.csv")
    (study / "data").symlink_to(other)
    for file in ("ae.csv", "data/ae.csv"):
        with pytest.raises(SourceError) as raised:
            read_source(SourceDeclaration(file=file), study)
        assert str(raised.value) == (
            f"{file}: error[source-path] the path leads out of the study's folder\n"
            "  Put the file itself into the study's folder, not a link to it."
        )


def test_a_link_inside_the_study_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("A\n1\n")
    (tmp_path / "ae.csv").symlink_to(tmp_path / "real.csv")
    assert read_source(SourceDeclaration(file="ae.csv"), tmp_path).frame.rows == 1
