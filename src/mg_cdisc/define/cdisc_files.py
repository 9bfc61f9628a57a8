"""Files that CDISC publishes, from the installed package ``defineutils``, which is not imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def cdisc_file(name: str) -> Path:
    """A file of the package, by its path in it; raises ModuleNotFoundError without the package."""
    spec = find_spec("defineutils")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("defineutils, which holds CDISC's files, is not installed")
    return Path(spec.submodule_search_locations[0]) / name
