"""What the system says of outputs that cannot be written, as findings."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mg_cdisc.errors import Finding, Location, OutputError

PRIVATE = ".mg-cdisc"
"""The folder beside the outputs that builds in progress are written to."""

_ELSEWHERE = "Choose another folder with --outputs."
_WHOLE = "The previous outputs are as they were."
_FULL = ("the disk is full", f"{_WHOLE} Free some space, or choose another folder with --outputs.")
_DENIED = (
    "may not be written to",
    f"{_WHOLE} Allow writing there, or choose another folder with --outputs.",
)
_IN_THE_WAY = (
    "is a file, where a build needs a folder",
    "Move the file away, or choose another folder with --outputs.",
)
_FIXED = (
    "cannot be exchanged: it is mounted, on another disk, or part of a container's image",
    f"{_WHOLE} Mount the folder around it instead, or choose another folder with --outputs.",
)
_NO_LOCKS = (
    "is on a file system without locks, where two builds could not be kept apart",
    _ELSEWHERE,
)
_GONE = ("was removed while the build ran", "Build again.")
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _DENIED,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EBUSY: _FIXED,
    errno.EXDEV: _FIXED,
    errno.ENOLCK: _NO_LOCKS,
    errno.EOPNOTSUPP: _NO_LOCKS,
    errno.ENOENT: _GONE,
}


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turn what the system says of the outputs into a finding; other errors pass."""
    try:
        yield
    except OSError as error:
        finding = _explain(error, target)
        if finding is None:
            raise
        raise OutputError([finding]) from error


def _explain(error: OSError, target: Path) -> Finding | None:
    """A finding for an error of the system that concerns the outputs.

    An error without a file name (a write to an open file, a lock) is the outputs' if it is one of
    a disk; one with a name, if that file is theirs or a folder around them.
    """
    place = real(target)
    private = place.with_name(PRIVATE)
    if isinstance(error.filename, str | bytes):
        named = real(Path(os.fsdecode(error.filename)))
        ours = named.is_relative_to(place) or named.is_relative_to(private)
        if not ours and not place.is_relative_to(named):
            return None
    elif error.errno not in (*_REASONS, errno.EIO):
        return None
    other = (f"could not be written ({error.strerror or error})", f"{_WHOLE} {_ELSEWHERE}")
    reason = _REASONS.get(error.errno or 0, other)
    where = target
    if reason is _IN_THE_WAY:
        around = (target, target.with_name(PRIVATE), *target.parents)
        where = next((path for path in around if path.exists() and not path.is_dir()), target)
    return Finding(Location(str(where)), "outputs-unwritable", *reason)


def real(path: Path) -> Path:
    """The place itself, behind symbolic links."""
    return Path(os.path.realpath(path))
