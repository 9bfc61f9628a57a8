"""The layers of the package: CONTRIBUTING.md draws those that the import contract has, and all."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def contract() -> list[set[str]]:
    """The layers of pyproject.toml, from the top."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [
        {name.removeprefix("mg_cdisc.") for name in re.split(r"\s*\|\s*", each)} for each in layers
    ]


def test_the_diagram_is_the_contract() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = re.search(r"```text\n(cli ->.*?)```", text, re.DOTALL)
    assert drawn is not None
    layers = [set(re.split(r"\s*\|\s*", each.strip())) for each in drawn[1].split("->")]
    assert layers == contract()


def test_every_module_has_a_layer() -> None:
    package = ROOT / "src" / "mg_cdisc"
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert modules == set().union(*contract())
