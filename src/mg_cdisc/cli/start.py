"""Sets up a process that is ours alone, as no library may."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_COLLECT_AFTER = 500_000
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them
_HELD_BYTES = 1 << 25


def start_process() -> None:
    """Spare what a short process that computes on whole columns has no use for.

    Looking for cyclic garbage after every 700 new objects, and among all objects at the end, takes
    a seventh of the time of a small build and finds next to nothing; here it is looked for after
    500,000, and not at the end, when the system takes everything back at once. The library
    of linear algebra that comes with NumPy starts a waiting thread per processor; no build
    multiplies matrices, so one will do (unless the environment says otherwise).
    """
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    atexit.register(gc.freeze)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _keep_memory()


def _keep_memory() -> None:
    """Let what a column took be given to the next one, and not back to the system in between.

    A column of some million records is so large that the GNU library asks the system for each, who
    clears its pages every time: a tenth of the time of a large build. Elsewhere nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # NumPy loads it anyway

    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_TRIM_THRESHOLD, _HELD_BYTES)
        option(_MMAP_THRESHOLD, _HELD_BYTES)


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
