"""Puts a finished build in the place of the old one, all at once or not at all.

Beside the folders of the studies lies ``.mg-cdisc/``. A build writes to a folder of its own in it,
which is exchanged with the old outputs in one step of the file system when all is written: at
every moment a reader finds the old outputs or the new ones. The old ones are removed after.

Two kinds of lock keep builds apart. Every build holds the lock of its own folder while it lives;
the system frees it however the build ends, so a folder whose lock is free is what a killed build
left, whatever has become of its process number. And whoever makes, clears, exchanges or moves a
folder does it inside the *gate*, one at a time; a build's folder and its lock are made in one go
there, so nobody finds one without the other. Names are never used again.

Where the file system cannot exchange (most network shares), the old folder is renamed away and the
new one renamed to its place. A build that is killed just between leaves the old outputs in
``.mg-cdisc/``, and whoever passes the gate next puts them back.

A loss of power is beyond this: what the disk had not yet written may be lost, and the hashes in
``manifest.json`` tell.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mg_cdisc.errors import Finding, Location, OutputError, one_of
from mg_cdisc.unwritable import PRIVATE, explained, real

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


MANIFEST = "manifest.json"
_OURS = b'"mg-cdisc"'  # stands in every manifest, as the program that wrote it

_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_HERE = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
_CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM)


def prepare(target: Path) -> None:
    """Find out whether a build could be put here, before the work begins; clear leftovers.

    Errors: ``OutputError`` as of ``building``.
    """
    with explained(target):
        place = real(target)
        private = _private(place)
        with _gate(private):
            _clear(private)
            _check(target, place)
            probe = _unused(private, place)
            probe.mkdir()
            probe.rmdir()


@contextmanager
def building(target: Path, *, clears: Path | None = None) -> Iterator[Path]:
    """A folder to build in; it takes the target's place when the block ends well.

    The folder ``clears`` (the findings of an earlier build that stopped) goes in the same moment.
    Two builds at once each have a folder of their own; the one that ends last stays. A target that
    is a symbolic link keeps being one: what it points to is exchanged.

    The block writes ``manifest.json`` last, with the bytes of each file that belongs.

    Errors: ``OutputError`` where the folder cannot be written or exchanged, where the disk is full,
    and where a file, or a folder that no build wrote, stands in the target's place. Whatever is
    raised, in the block too, leaves the target as it was.
    """
    with explained(target):
        place = real(target)
        private = _private(place)
        work = _unused(private, place)
        lock: int | None = None
        try:
            with _gate(private):
                _clear(private)
                _check(target, place)
                lock = _take(_lock_of(work), wait=False)
                work.mkdir()
            yield work
            with _gate(private):
                _check(target, place)
                _check_complete(work)
                _put(work, place, None if clears is None else real(clears))
        finally:
            # the old outputs by now, or what there is of a build that failed
            _remove(work)
            if lock is not None:
                os.close(lock)
            _remove(_lock_of(work))


def _unused(private: Path, place: Path) -> Path:
    return private / f"{place.name}.{uuid.uuid4().hex}"


def _lock_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.lock")


def _private(place: Path) -> Path:
    """The folder of builds in progress, for all who may write to the folder around it."""
    around = place.parent
    around.mkdir(parents=True, exist_ok=True)
    private = around / PRIVATE
    try:
        private.mkdir()
    except FileExistsError:
        return private
    with suppress(PermissionError):  # file systems without rights of their own refuse
        private.chmod(around.stat().st_mode & 0o7777)
    return private


# --- locks ----------------------------------------------------------------------------------------


def _take(path: Path, *, wait: bool, create: bool = True) -> int | None:
    """The exclusive lock of a file, held until the descriptor is closed; None: another has it.

    A file may be removed between the moment we open it and the moment we hold it. Such a lock
    keeps nobody out, as the next one to come makes a new file: then we begin again.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
        kept = False
        try:
            if not _lock(descriptor, wait=wait):
                return None
            kept = _is_at(descriptor, path)
            if kept:
                return descriptor
        finally:
            if not kept:
                os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one that stands at a path."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file against every other opening of it, of this process too."""
    if sys.platform == "win32":
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    return False
                time.sleep(0.02)
            else:
                return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextmanager
def _gate(private: Path) -> Iterator[None]:
    """One at a time; a replacement that another was killed in the middle of is undone first."""
    path = private / "gate"
    new = not path.exists()
    descriptor = _take(path, wait=True)
    if descriptor is None:  # pragma: no cover - waiting ends with the lock
        raise AssertionError
    try:
        if new:
            with suppress(PermissionError):  # another user was quicker and has done it
                path.chmod(private.stat().st_mode & 0o666)
        _undo(private)
        yield
    finally:
        os.close(descriptor)


# --- inside the gate ------------------------------------------------------------------------------


def _clear(private: Path) -> None:
    """Remove what killed builds left: every folder whose lock is free."""
    for lock in sorted(private.glob("*.lock")):
        try:
            descriptor = _take(lock, wait=False, create=False)
        except (FileNotFoundError, PermissionError):
            continue  # that build has just ended, or is another user's to clear
        if descriptor is not None:
            _remove(lock.with_suffix(""))
            os.close(descriptor)
            _remove(lock)
    for folder in sorted(private.iterdir()):
        if folder.is_dir() and not _lock_of(folder).exists():
            _remove(folder)


def _remove(path: Path) -> None:
    """Remove a folder or file of ``.mg-cdisc/``.

    What resists (a file that someone has open on a network share) is in nobody's way there, and
    every later build tries again: the build itself has gone well.
    """
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _check(target: Path, place: Path) -> None:
    """Raise OutputError for what must not, or cannot, be exchanged with a build."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(place))
    if os.path.ismount(place):
        raise OSError(errno.EBUSY, "mounted", str(place))
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only", str(place))
    if _is_ours(place):
        return
    names = sorted(path.name for path in place.iterdir())
    if names:
        raise OutputError(
            [Finding(Location(str(target)), "outputs-not-ours",
                     f"no build wrote this folder ({one_of(names, 5)}), and a build would replace it",
                     "Move it away, or choose another folder with --outputs.")]
        )  # fmt: skip


def _is_ours(place: Path) -> bool:
    """Whether a build wrote a folder: it has a manifest that names the program."""
    manifest = place / MANIFEST
    return manifest.is_file() and _OURS in manifest.read_bytes()


def _check_complete(work: Path) -> None:
    """Raise FileNotFoundError unless all is there that the manifest lists.

    Someone may have emptied the outputs' folder while we wrote, or, on a share whose locks do not
    reach other machines, have taken our folder for a dead one.
    """
    listed = json.loads((work / MANIFEST).read_bytes())["outputs"]
    for name, facts in listed.items():
        path = work / name
        if path.stat().st_size != facts["bytes"]:
            raise FileNotFoundError(errno.ENOENT, "not as written", str(path))


def _put(work: Path, place: Path, clears: Path | None) -> None:
    """Exchange the folders, so that ``work`` is the old outputs; ``clears`` goes with them."""
    aside: Path | None = None
    if clears is not None and clears.is_dir() and _is_ours(clears):
        # before the exchange: good outputs never stand beside the findings that stopped another
        aside = _unused(work.parent, clears)
        clears.rename(aside)
    try:
        _replace(work, place)
    except OSError:
        if clears is not None and aside is not None:
            aside.rename(clears)
        raise
    if aside is not None:
        _remove(aside)


def _replace(work: Path, place: Path) -> None:
    if not place.exists():
        work.rename(place)
    elif not _rename_exchange(work, place):
        old = work.with_name(f"{place.name}.old")
        place.rename(old)
        try:
            work.rename(place)
        finally:
            if not place.exists():
                old.rename(place)
        _remove(old)


def _undo(private: Path) -> None:
    """Put back outputs that were renamed away by a build killed before the new ones came."""
    for old in sorted(private.glob("*.old")):
        place = private.parent / old.stem
        if os.path.lexists(place):
            _remove(old)
        else:
            old.rename(place)


def _rename_exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system cannot.

    Source: renameat2(2) of Linux, renameatx_np(2) of macOS.
    """
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    function = getattr(library, name, None)
    if function is None:
        return False
    function.argtypes = (
        ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
    )  # fmt: skip
    if function(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False  # where it is a matter of permission, renaming will say so
    raise OSError(number, os.strerror(number), str(one), None, str(other))
