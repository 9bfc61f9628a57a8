"""Kills a publication before every single thing it does to the disk; prints what was found.

    python tests/soak/crash_points.py FOLDER [--renames] [--first]

A process is forked for each point: it publishes a small folder, and the interpreter's audit events
(opening, renaming, making, removing, listing, calling the system) are counted; before the event
whose turn it is, it kills itself with SIGKILL. So a kill falls between any two steps, which random
moments reach but rarely.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mg_cdisc import publish
from mg_cdisc.errors import MgCdiscError

DISK = ("open", "os.", "shutil.", "fcntl.", "ctypes.", "glob.", "pathlib.")


def fill(folder: Path, text: str) -> None:
    """What a build writes: a few files below folders, and last a manifest that lists them."""
    (folder / "m5" / "datasets").mkdir(parents=True)
    outputs = {}
    for name in ("m5/datasets/dm.xpt", "m5/datasets/ae.xpt", "findings.json"):
        data = f"{text} {name}".encode() * 100
        (folder / name).write_bytes(data)
        outputs[name] = {"bytes": len(data)}
    manifest = {"program": {"mg-cdisc": text}, "outputs": outputs}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def content(folder: Path) -> dict[str, bytes] | None:
    """Every file of a folder; None where there is none."""
    if not folder.exists():
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def publish_once(target: Path, text: str) -> None:
    """A build that goes well, after one that stopped."""
    with publish.building(target, clears=target.with_name(f"{target.name}-stopped")) as work:
        fill(work, text)


def run_until(point: int, target: Path) -> bool:
    """Publish in a process that dies before its step ``point``; whether it died."""
    pid = os.fork()
    if pid == 0:
        left = point

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if event.startswith(DISK):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        code = 3
        try:
            sys.addaudithook(count)
            publish_once(target, "new")
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise SystemExit(f"the publication ended with {code}")
    return code != 0


def main() -> int:
    """Try every point until one lies after the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--renames", action="store_true", help="as if folders could not exchange")
    parser.add_argument("--first", action="store_true", help="there are no outputs yet")
    asked = parser.parse_args()
    if asked.renames:
        publish._rename_exchange = lambda one, other: False
    target = asked.folder / "study"
    stopped = asked.folder / "study-stopped"
    for text in ("old", "new", "stopped"):
        fill(asked.folder / text, text)
    old, new, findings = (content(asked.folder / text) for text in ("old", "new", "stopped"))
    if asked.first:
        old = None
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    point, died = 0, True
    while died:
        point += 1
        if asked.first:
            publish._remove(target)
        else:
            publish_once(target, "old")
        with publish.building(stopped) as work:
            fill(work, "stopped")
        died = run_until(point, target)
        found, beside = content(target), content(stopped)
        which = "old" if found == old else "new" if found == new else "torn"
        if which == "torn" and found is None and asked.renames:
            which = "absent until the next start"
        if which == "torn" or beside not in (None, findings) or (which == "new" and beside):
            wrong.append(f"point {point}: outputs {which}")
        seen[which] += 1
        try:
            publish.prepare(target)  # what a next build begins with
        except MgCdiscError as error:
            wrong.append(f"point {point}: {error}")
        if content(target) not in ([new] if which == "new" else [old]):
            wrong.append(f"point {point}: outputs changed at the next start")
        hidden = sorted(path.name for path in (asked.folder / publish.PRIVATE).iterdir())
        if hidden != ["gate"]:
            wrong.append(f"point {point}: {hidden} stayed")
        publish_once(target, "new")
        if content(target) != new or content(stopped) is not None:
            wrong.append(f"point {point}: the next build")
    print(json.dumps({"points": point - 1, "seen": dict(sorted(seen.items())), "wrong": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
