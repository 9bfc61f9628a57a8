"""Starts pyarrow in a process that is ours alone: without pandas."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _WithoutPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Nothing is known of pandas; of others, what the next finder knows."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)
        return None


def start_arrow() -> None:
    """Let pyarrow do without pandas, which it would import at its first conversion.

    Importing pandas takes 0.3 s, a fifth of a small build, and only a study's own Python function
    needs it: ``Frame.to_pandas`` brings the two together again. Pyarrow looks for pandas once and
    has no other switch. A program that imports this package keeps its own pyarrow as it is, since
    only the command line calls this.
    """
    if "pandas" in sys.modules:
        return
    hidden = _WithoutPandas()
    sys.meta_path.insert(0, hidden)
    try:
        import pyarrow as pa

        pa.array([""])
    finally:
        sys.meta_path.remove(hidden)
