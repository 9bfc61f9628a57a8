"""Kills builds and runs pairs of them, and looks at the outputs after each; prints what it saw.

    python tests/soak/campaign.py OLD NEW OUTPUTS --kills 100 --pairs 20

OLD and NEW are two states of one study's folder. The builds change the outputs from one to the
other in turn, so that the outputs have to be one of two known folders, whatever happened. Moments
are drawn from a seed, one from each equal part of the time that a build takes.

By default the program is imported once and each build is a process forked from that, so that the
moments fall in the build and not in Python's start; with ``--fresh`` each is ``mg-cdisc build``
as a person starts it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import mg_cdisc.publish
from mg_cdisc.errors import MgCdiscError
from mg_cdisc.pipeline import build_study


class Campaign:
    """One outputs folder that two states of a study take turns in."""

    def __init__(self, old: Path, new: Path, outputs: Path, *, fresh: bool, renames: bool) -> None:
        self.states = [old, new]
        self.outputs = outputs
        self.fresh = fresh
        self.renames = renames
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.hashes: list[str] = []
        times = []
        for state in self.states:
            for again in range(2):
                began = time.perf_counter()
                self.must_end_well(self.start(state))
                times.append(time.perf_counter() - began)
                if not again:
                    self.hashes.append(self.hash())
                elif self.hash() != self.hashes[-1]:
                    self.wrong.append(f"two builds of {state.name} differ")
        if self.hashes[0] == self.hashes[1]:
            self.wrong.append("the two states do not differ")
        self.seconds = min(times)
        self.current = 1

    def start(self, study: Path) -> int:
        """A build in a process of its own; its process number."""
        if self.fresh:
            command = [sys.executable, "-m", "mg_cdisc", "build", str(study)]
            command += ["--outputs", str(self.outputs)]
            if self.renames:
                command = [sys.executable, __file__, "--build", "--renames"]
                command += [str(study), str(self.outputs)]
            quiet = [(os.POSIX_SPAWN_OPEN, at, os.devnull, os.O_WRONLY, 0) for at in (1, 2)]
            return os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            code = 3
            try:
                code = build(study, self.outputs, renames=self.renames)
            except BaseException:  # noqa: BLE001 - the forked process must not run on
                traceback.print_exc()
            finally:
                os._exit(code)
        return pid

    def must_end_well(self, *pids: int) -> None:
        """Wait for builds that nobody kills."""
        for pid in pids:
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if code != 0:
                self.wrong.append(f"a build ended with {code}")

    def visible(self) -> list[str]:
        """What a person sees in the outputs folder."""
        return sorted(path.name for path in self.outputs.iterdir() if path.name[0] != ".")

    def leftovers(self) -> list[str]:
        """What hides beside the outputs, but for the one file that always stays."""
        hidden = [path for path in self.outputs.rglob("*") if ".mg-cdisc" in path.parts]
        names = sorted(path.relative_to(self.outputs).as_posix() for path in hidden)
        return [name for name in names if name not in (".mg-cdisc", ".mg-cdisc/gate")]

    def hash(self) -> str:
        """Of the names and bytes of everything that a person sees in the outputs folder."""
        digest = hashlib.sha256()
        for path in sorted(walk(self.outputs)):
            name = path.relative_to(self.outputs).as_posix()
            content = path.read_bytes() if path.is_file() else b"folder"
            digest.update(f"{name} {len(content)}\n".encode() + content)
        return digest.hexdigest()

    def kill(self, part: float) -> bool:
        """Kill a build to the other state; look; let the next one end; look again.

        The kill comes after a part of the time that the last build took, as other work on the
        machine makes builds slower or faster. False where the build was quicker.
        """
        moment = part * self.seconds
        aim = 1 - self.current
        pid = self.start(self.states[aim])
        time.sleep(moment)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        found = self.hash()
        if code == -signal.SIGKILL:
            which = {self.hashes[self.current]: "old", self.hashes[aim]: "new"}.get(found, "torn")
            self.seen[f"killed, outputs {which}"] += 1
            self.seen["killed, with a folder left behind"] += bool(self.leftovers())
        else:
            which = "new" if code == 0 and found == self.hashes[aim] else "torn"
            self.seen["ended before the kill"] += 1
        if which == "torn":
            self.wrong.append(f"killed after {moment:.4f} s: {self.visible()}, ended with {code}")
        began = time.perf_counter()
        self.must_end_well(self.start(self.states[aim]))
        self.seconds = time.perf_counter() - began
        if self.hash() != self.hashes[aim] or self.leftovers():
            self.wrong.append(f"the build after the kill after {moment:.4f} s: {self.leftovers()}")
        self.current = aim
        return code == -signal.SIGKILL

    def pair(self, apart: float, *, ahead: int = 0, kill: float | None = None) -> None:
        """Two builds at once, to the two states; of one of them killed, the other must stand."""
        first = self.start(self.states[ahead])
        time.sleep(apart)
        second = self.start(self.states[1 - ahead])
        if kill is not None:
            time.sleep(kill)
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
            killed = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) != 0
            self.must_end_well(second)
            self.seen["pairs with one killed" if killed else "pairs"] += 1
            allowed = [self.hashes[1 - ahead]] if killed else self.hashes
        else:
            self.must_end_well(first, second)
            self.seen["pairs"] += 1
            allowed = self.hashes
        found = self.hash()
        if found not in allowed:
            self.wrong.append(f"a pair {apart:.4f} s apart: {self.visible()}")
        else:
            self.current = self.hashes.index(found)
            self.seen[f"pairs that left state {self.current}"] += 1
        if kill is None and self.leftovers():
            self.wrong.append(f"a pair {apart:.4f} s apart left {self.leftovers()}")


def walk(folder: Path) -> Iterator[Path]:
    """Everything in a folder but hidden folders."""
    for path in folder.iterdir():
        if path.name[0] != ".":
            yield path
            if path.is_dir():
                yield from walk(path)


def build(study: Path, outputs: Path, *, renames: bool) -> int:
    """One build; 0 if it went well."""
    if renames:
        mg_cdisc.publish._rename_exchange = lambda one, other: False
    try:
        return int(build_study(study, outputs).stopped)
    except MgCdiscError as error:
        print(error, file=sys.stderr)
        return 1


def parts(seed: int, number: int) -> list[float]:
    """Random numbers from 0 to 1, one in each of equal parts, in random order."""
    drawn = random.Random(seed)
    made = [(part + drawn.random()) / number for part in range(number)]
    drawn.shuffle(made)
    return made


def main() -> int:
    """Run a campaign, or one build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--build", action="store_true", help="build STUDY into OUTPUTS, once")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="each build is mg-cdisc build")
    parser.add_argument("--renames", action="store_true", help="as if folders could not exchange")
    asked = parser.parse_args()
    if asked.build:
        return build(*asked.folders, renames=asked.renames)
    began = time.perf_counter()
    campaign = Campaign(*asked.folders, fresh=asked.fresh, renames=asked.renames)
    for part in parts(asked.seed, asked.kills):
        while not campaign.kill(part):
            part *= 0.8
    for number, part in enumerate(parts(asked.seed + 1, asked.pairs)):
        apart = part * campaign.seconds
        kill = apart if number % 4 == 3 else None
        campaign.pair(apart / 8, ahead=number % 2, kill=kill)
    campaign.must_end_well(campaign.start(campaign.states[0]))
    if campaign.hash() != campaign.hashes[0] or campaign.leftovers():
        campaign.wrong.append(f"at the end: {campaign.visible()}, {campaign.leftovers()}")
    seen = {name: count for name, count in sorted(campaign.seen.items()) if count}
    told = {"build": round(campaign.seconds, 3), "whole": round(time.perf_counter() - began, 1)}
    print(json.dumps({"seconds": told, "seen": seen, "wrong": campaign.wrong}, indent=1))
    return int(bool(campaign.wrong))


if __name__ == "__main__":
    sys.exit(main())
