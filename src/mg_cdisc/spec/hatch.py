"""The escape hatch: a Python function of the study's own folder."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mg_cdisc.derive.assign import python_faults
from mg_cdisc.errors import nearest
from mg_cdisc.expression import ExpressionError

_FILE = re.compile(r"[^\0]{1,200}\.py")


def load_function(folder: Path, reference: str) -> Callable[..., Any]:
    """The function that ``file.py:name`` names; ExpressionError where there is none.

    The file is inside the study's folder, links followed. Whatever it raises when it is loaded is
    a mistake of the spec, told with its line.
    """
    file, _, name = reference.partition(":")
    root = folder.resolve()
    path = (root / file).resolve() if _FILE.fullmatch(file) else root
    if not name or not path.is_relative_to(root) or path == root:
        raise ExpressionError(
            f"{reference[:80]!r} is not file.py:name in the study's folder",
            "Write it like functions.py:compute_x.",
            "python",
        )
    if not path.is_file():
        known = sorted(each.name for each in root.glob("*.py"))
        raise ExpressionError(
            f"there is no file {file} in the study's folder",
            nearest(file, known) or "Write the function there.",
            "python",
        )
    module_name = f"mg_cdisc_study_{path.stem}"
    loaded = importlib.util.spec_from_file_location(module_name, path)
    assert loaded is not None
    assert loaded.loader is not None
    module = importlib.util.module_from_spec(loaded)
    sys.modules[module_name] = module
    with python_faults(file):
        loaded.loader.exec_module(module)
    found = getattr(module, name, None)
    if not callable(found):
        known = [each for each in vars(module) if not each.startswith("_")]
        raise ExpressionError(
            f"{file} has no function {name}",
            nearest(name, known) or f"Write def {name}(data): there.",
            "python",
        )
    made: Callable[..., Any] = found
    return made
