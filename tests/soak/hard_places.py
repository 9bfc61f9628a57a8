"""Builds where the system refuses to write; prints what the builds say.

    python tests/soak/hard_places.py no-rights FOLDER
    unshare --user --map-root-user --mount python tests/soak/hard_places.py small-disks FOLDER

``no-rights`` gives root away. ``small-disks`` mounts a disk in memory at FOLDER/outputs, fills it
but for some pages, then for some more, until a build fits; then it makes the disk read-only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mg_cdisc.errors import MgCdiscError, OutputError
from mg_cdisc.pipeline import build_study
from mg_cdisc.publish import building, prepare

NOBODY = 65534
PAGE = 4096


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(study: Path | None, target: Path) -> str:
    """What an attempt says: a finding's first line, or that it went well."""
    try:
        if study is None:
            prepare(target)
        else:
            build_study(study, target.parent)
    except OutputError as error:
        return str(error).splitlines()[0]
    except MgCdiscError as error:
        return f"another error: {error}"
    return "built"


def no_rights() -> None:
    """A folder of builds in progress, then outputs, that may not be written to."""
    target = Path("outputs/study")
    private = Path("outputs/.mg-cdisc")
    with building(target) as work:
        (work / "manifest.json").write_text('{"program": {"mg-cdisc": "0"}, "outputs": {}}')
    before = files(target)
    if os.getuid() == 0:
        for path in (target.parent, target, private, private / "gate"):
            os.chown(path, NOBODY, NOBODY)
        os.setuid(NOBODY)
    try:
        target.resolve(strict=True)
    except PermissionError:
        print("not reachable")
        return
    for locked in (private / "gate", private, target):
        mode = locked.stat().st_mode
        locked.chmod(mode & ~0o222)
        print(told(None, target))
        locked.chmod(mode)
    print(told(None, target), "whole" if files(target) == before else "torn")


def mount(*options: str) -> None:
    """A disk in memory at outputs/."""
    subprocess.run(["mount", *options, "tmpfs", "outputs"], check=True, timeout=30)


def small_disks(study: Path) -> None:
    """From a disk with no free page to one with enough, and a read-only one."""
    outputs = Path("outputs")
    outputs.mkdir()
    mount("-t", "tmpfs", "-o", "size=16m")
    target = outputs / "tiny-01"
    build_study(study, outputs)
    before = files(target)
    space = os.statvfs(outputs)
    used = (space.f_blocks - space.f_bfree) * space.f_frsize
    answer, free = "", 0
    while answer != "built" and free < 400:
        mount("-o", f"remount,size={used + free * PAGE}")
        answer = told(study, target)
        print(answer)
        if files(target) != before:
            print("torn")
        # what a build that failed left would show as a disk that is fuller than before
        space = os.statvfs(outputs)
        if (space.f_blocks - space.f_bfree) * space.f_frsize != used:
            print("leftover")
        free += 1 + free // 8
    mount("-o", "remount,ro")
    print(told(study, target))
    print("whole" if files(target) == before else "torn")


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    if sys.argv[1] == "no-rights":
        no_rights()
    else:
        small_disks(Path(sys.argv[3]))
