"""Puts a finished build in the place of the old one, all at once or not at all.

A build is written to a folder of its own beside the target and the two are exchanged in one step
of the file system. A killed build leaves its folder behind, which the next one clears away: each
holds a lock on its folder while it lives.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_AT_FDCWD = -100
WORK = ".mg-cdisc-"


def _lock(path: Path, *, wait: bool) -> IO[str] | None:
    """An exclusive lock held until the file is closed; None where another holds it."""
    handle = path.open("a")
    if sys.platform == "win32":
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        handle.close()
        return None
    return handle


@contextmanager
def building(target: Path) -> Iterator[Path]:
    """A folder to build in; it takes the target's place when the block ends well.

    Two builds at once each have their own folder; the one that ends last stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_dead(target)
    work = target.parent / f"{WORK}{target.name}-{os.getpid()}"
    lock_path = target.parent / f"{work.name}.lock"
    lock = _lock(lock_path, wait=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
        with _exclusive(target):
            _exchange(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if lock is not None:
            lock.close()
        lock_path.unlink(missing_ok=True)


def discard(target: Path) -> None:
    """Remove a folder that an earlier build left."""
    if not target.exists():
        return
    old = target.parent / f"{WORK}{target.name}.old"
    with _exclusive(target):
        if target.exists():  # another build may have been quicker
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
            shutil.rmtree(old)


@contextmanager
def _exclusive(target: Path) -> Iterator[None]:
    lock = _lock(target.parent / f"{WORK}{target.name}.lock", wait=True)
    try:
        yield
    finally:
        if lock is not None:
            lock.close()


def _clear_dead(target: Path) -> None:
    """Remove what builds left behind that were killed."""
    for lock_path in sorted(target.parent.glob(f"{WORK}{target.name}-*.lock")):
        lock = _lock(lock_path, wait=False)
        if lock is None:
            continue
        shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
        lock_path.unlink(missing_ok=True)
        lock.close()
    old = target.parent / f"{WORK}{target.name}.old"
    if old.exists():
        with _exclusive(target):
            # a build was killed between two renames, where the file system cannot exchange
            if target.exists():
                shutil.rmtree(old, ignore_errors=True)
            elif old.exists():
                old.rename(target)


def _exchange(work: Path, target: Path) -> None:
    if not target.exists():
        work.rename(target)
        return
    if _rename_exchange(work, target):
        return
    old = target.parent / f"{WORK}{target.name}.old"
    target.rename(old)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _rename_exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    function = getattr(library, name, None)
    if function is None:
        return False
    flags = _EXCHANGE
    here = -2 if sys.platform == "darwin" else _AT_FDCWD
    return bool(function(here, os.fsencode(one), here, os.fsencode(other), flags) == 0)
