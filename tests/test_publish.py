"""Publication: the outputs are the old ones or the new ones at every moment, whoever builds.

Whole builds, killed ones, full disks and a hundred kills stand in ``tests/soak/test_kills.py``.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mg_cdisc import publish
from mg_cdisc.errors import BuildError, Finding, Location, OutputError
from mg_cdisc.publish import building, prepare

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for it")
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked here")


def fill(folder: Path, text: str, files: int = 3) -> None:
    """What a build writes: some files, and last a manifest that lists them."""
    (folder / "m5").mkdir()
    listed = {}
    for number in range(files):
        name = f"m5/file{number}.xpt"
        (folder / name).write_text(f"{text} {number}")
        listed[name] = {"bytes": len(f"{text} {number}")}
    manifest = {"program": {"mg-cdisc": text}, "outputs": listed}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def publish_text(
    target: Path, text: str, clears: Path | None = None, then: BaseException | None = None
) -> dict[str, bytes]:
    """Publish a folder; what must now stand in the target's place."""
    with building(target, clears=clears) as work:
        fill(work, text)
        if then is not None:
            raise then
        return content(work)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def hidden(outputs: Path) -> list[str]:
    """What stands in the folder of builds in progress."""
    return names(outputs / ".mg-cdisc")


def finding(caught: pytest.ExceptionInfo[OutputError]) -> Finding:
    (only,) = caught.value.findings
    return only


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "outputs" / "study"


@pytest.fixture(params=["exchange", "two renames"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exchange of folders, and as on a file system that has none."""
    if request.param == "two renames":
        monkeypatch.setattr(publish, "_rename_exchange", lambda one, other: False)


# --- one build ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("either_way")
class TestOneBuild:
    def test_outputs_are_made_then_replaced_and_nothing_stays_behind(self, target: Path) -> None:
        first = publish_text(target, "first")
        assert content(target) == first
        second = publish_text(target, "second")
        assert content(target) == second
        assert hidden(target.parent) == ["gate"]
        assert names(target.parent) == [".mg-cdisc", "study"]

    def test_nothing_shows_before_the_end(self, target: Path) -> None:
        before = publish_text(target, "before")
        with building(target) as work:
            fill(work, "after")
            assert content(target) == before
            assert work.parent == target.parent / ".mg-cdisc"

    @pytest.mark.parametrize("kind", [BuildError([]), KeyboardInterrupt(), ZeroDivisionError()])
    def test_a_build_that_fails_leaves_the_outputs(self, target: Path, kind: BaseException) -> None:
        before = publish_text(target, "before")
        with pytest.raises(type(kind)):
            publish_text(target, "after", then=kind)
        assert content(target) == before
        assert hidden(target.parent) == ["gate"]

    def test_the_first_build_that_fails_leaves_no_outputs(self, target: Path) -> None:
        with pytest.raises(KeyboardInterrupt), building(target):
            raise KeyboardInterrupt
        assert not target.exists()
        assert hidden(target.parent) == ["gate"]

    def test_findings_of_a_stopped_build_go_with_the_next_good_one(self, target: Path) -> None:
        stopped = target.with_name("study-stopped")
        other = target.with_name("study-partial")
        publish_text(stopped, "stopped")
        kept = publish_text(other, "partial")
        made = publish_text(target, "good", clears=stopped)
        assert not stopped.exists()
        assert content(target) == made
        assert content(other) == kept
        assert hidden(target.parent) == ["gate"]

    def test_a_folder_named_like_findings_that_no_build_wrote_stays(self, target: Path) -> None:
        stopped = target.with_name("study-stopped")
        stopped.mkdir(parents=True)
        (stopped / "notes.txt").write_text("mine")
        publish_text(target, "good", clears=stopped)
        assert content(stopped) == {"notes.txt": b"mine"}

    def test_a_link_stays_a_link(self, target: Path, tmp_path: Path) -> None:
        real = tmp_path / "large disk" / "study outputs"
        publish_text(real, "before")
        target.parent.mkdir()
        target.symlink_to(real)
        after = publish_text(target, "after")
        assert target.is_symlink()
        assert content(real) == after
        assert hidden(real.parent) == ["gate"]

    def test_an_empty_folder_is_taken(self, target: Path) -> None:
        target.mkdir(parents=True)
        assert content(target) != publish_text(target, "made")
        assert target.is_dir()

    def test_outputs_may_be_read_by_whom_the_folder_around_lets(self, target: Path) -> None:
        target.parent.mkdir(mode=0o775)
        target.parent.chmod(0o2775)
        publish_text(target, "made")
        private = target.parent / ".mg-cdisc"
        assert private.stat().st_mode & 0o7777 == 0o2775
        assert (private / "gate").stat().st_mode & 0o777 == 0o664
        assert target.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- what killed builds leave ---------------------------------------------------------------------


def test_leftovers_are_cleared_whatever_a_kill_left(target: Path) -> None:
    made = publish_text(target, "made")
    private = target.parent / ".mg-cdisc"
    for name in ("study.0a", "other-study.0b", "study-partial.0c"):
        (private / name / "m5").mkdir(parents=True)
        (private / f"{name}.lock").touch()
    (private / "study.0d.lock").touch()  # killed before its folder was made
    (private / "study.0e").mkdir()  # killed while it cleared another's
    prepare(target)
    assert hidden(target.parent) == ["gate"]
    assert content(target) == made


@pytest.mark.parametrize("start", [prepare, lambda target: publish_text(target, "newer")])
def test_outputs_renamed_away_come_back(target: Path, start: Callable[[Path], Any]) -> None:
    made = publish_text(target, "made")
    other = target.with_name("other.study")
    kept = publish_text(other, "other")
    private = target.parent / ".mg-cdisc"
    target.rename(private / "study.old")
    other.rename(private / "other.study.old")
    newer = start(target)
    assert content(target) == (newer or made)
    assert content(other) == kept
    assert hidden(target.parent) == ["gate"]


def test_outputs_renamed_away_after_the_new_ones_came_are_removed(target: Path) -> None:
    publish_text(target, "old")
    target.rename(target.parent / ".mg-cdisc" / "study.old")
    target.mkdir()
    fill(target, "new")
    made = content(target)
    prepare(target)
    assert content(target) == made
    assert hidden(target.parent) == ["gate"]


@pytest.mark.parametrize("came", [False, True], ids=["before", "after"])
def test_another_build_killed_between_its_renames_while_this_one_wrote(
    target: Path, monkeypatch: pytest.MonkeyPatch, came: bool
) -> None:
    """Before its outputs came to their place, or after."""
    monkeypatch.setattr(publish, "_rename_exchange", lambda one, other: False)
    publish_text(target, "old")
    with building(target) as work:
        fill(work, "this one")
        made = content(work)
        target.rename(work.with_name("study.old"))
        if came:
            target.mkdir()
            fill(target, "the other")
    assert content(target) == made
    assert hidden(target.parent) == ["gate"]


def test_a_live_build_keeps_its_folder_and_lock(target: Path) -> None:
    with building(target) as work:
        fill(work, "first to begin")
        made = content(work)
        for other in (target, target.with_name("study-partial"), target.with_name("study2")):
            prepare(other)
            publish_text(other, "second to begin")
        assert content(work) == made
        assert hidden(target.parent) == sorted(["gate", work.name, f"{work.name}.lock"])
    assert content(target) == made  # the last to end stays
    assert hidden(target.parent) == ["gate"]


def test_process_numbers_say_nothing(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build after a killed one of the same number, and beside a live one of the same number."""
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    with building(target) as live, building(target) as work:
        assert live != work
        fill(live, "live")
        fill(work, "other")
        made = content(live)
    assert content(target) == made


@ON_LINUX
def test_locks_are_not_handed_to_programs_that_a_build_starts(target: Path) -> None:
    with building(target) as work:
        held = [
            number
            for number in map(int, names(Path("/dev/fd")))
            if _file_of(number) == f"{work.name}.lock"
        ]
        assert [os.get_inheritable(number) for number in held] == [False]
        fill(work, "made")


def _file_of(descriptor: int) -> str:
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink().name
    except FileNotFoundError:
        return ""  # the listing's own, closed by now


# --- the lock -------------------------------------------------------------------------------------


@ON_POSIX
def test_a_lock_on_a_file_removed_meanwhile_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another removes the file, and a third makes it anew, just before we hold what we opened."""
    path = tmp_path / "lock"
    real = publish._lock
    calls = 0

    def late(descriptor: int, *, wait: bool) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            path.unlink()
            path.touch()
        elif calls == 2:
            path.unlink()  # and this time nobody makes it
        return real(descriptor, wait=wait)

    monkeypatch.setattr(publish, "_lock", late)
    taken = publish._take(path, wait=True)
    assert taken is not None
    assert calls == 3
    assert publish._is_at(taken, path)
    assert publish._take(path, wait=False) is None  # and it holds against this process too
    os.close(taken)


@ON_POSIX
def test_locks_exclude_while_everyone_removes_the_file(tmp_path: Path) -> None:
    """The count of a counter that is not safe: every round takes the lock, removes the file."""
    path, rounds, threads = tmp_path / "lock", 200, 4
    inside: list[int] = []
    most = [0]

    def work() -> None:
        for _ in range(rounds):
            held = publish._take(path, wait=True)
            assert held is not None
            inside.append(1)
            most[0] = max(most[0], len(inside))
            inside.pop()
            path.unlink()
            os.close(held)

    together([work] * threads)
    assert most == [1]


# --- builds at once -------------------------------------------------------------------------------


def together(works: list[Callable[[], None]]) -> None:
    """Run functions in threads that begin at one moment; raise what any of them raises."""
    barrier = threading.Barrier(len(works))
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below, where the test can see it
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


@pytest.mark.usefixtures("either_way")
def test_builds_in_threads_begin_in_a_folder_that_none_has_made(tmp_path: Path) -> None:
    target = tmp_path / "not" / "yet" / "there" / "study"
    made: dict[str, dict[str, bytes]] = {}

    def build(text: str) -> None:
        made[text] = publish_text(target, text)

    together([lambda text=str(number): build(text) for number in range(8)])  # type: ignore[misc]
    assert content(target) in made.values()
    assert len(made) == 8
    assert hidden(target.parent) == ["gate"]


@pytest.mark.usefixtures("either_way")
def test_a_reader_never_finds_a_mixture(target: Path) -> None:
    """While two builders take turns, the folder that a reader holds has files of one build."""
    publish_text(target, "0")
    texts = {str(number) for number in range(1, 41)}
    done = threading.Event()
    torn: list[set[str]] = []

    def read() -> None:
        while not done.is_set():
            try:
                folder = os.open(target, os.O_RDONLY)
            except FileNotFoundError:
                continue  # between two renames
            try:
                found = {_text(name, folder) for name in ("m5/file0.xpt", "m5/file2.xpt")}
            except FileNotFoundError:
                continue  # the old outputs, being removed
            finally:
                os.close(folder)
            if len(found) > 1:
                torn.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    halves = sorted(texts)[:20], sorted(texts)[20:]
    try:
        together([lambda h=half: [publish_text(target, t) for t in h] for half in halves])  # type: ignore[misc]
    finally:
        done.set()
        reader.join()
    assert torn == []
    assert hidden(target.parent) == ["gate"]


def _text(name: str, folder: int) -> str:
    descriptor = os.open(name, os.O_RDONLY, dir_fd=folder)
    with os.fdopen(descriptor) as file:
        return file.read().split(" ")[0]


# --- what may not be replaced ---------------------------------------------------------------------


@pytest.mark.parametrize("start", [prepare, lambda target: publish_text(target, "made")])
class TestInTheWay:
    """Said before the work begins (``prepare``) and when a build begins to write."""

    def test_outputs_is_a_file(self, target: Path, start: Callable[[Path], Any]) -> None:
        target.parent.write_text("mine")
        with pytest.raises(OutputError) as caught:
            start(target)
        assert finding(caught).where == Location(str(target.parent))
        assert finding(caught).what == "is a file, where a build needs a folder"
        assert target.parent.read_text() == "mine"

    @pytest.mark.parametrize("name", ["study", ".mg-cdisc"])
    def test_a_file_within(self, target: Path, start: Callable[[Path], Any], name: str) -> None:
        target.parent.mkdir()
        (target.parent / name).write_text("mine")
        with pytest.raises(OutputError) as caught:
            start(target)
        assert finding(caught).where == Location(str(target.parent / name))
        assert finding(caught).what == "is a file, where a build needs a folder"
        assert (target.parent / name).read_text() == "mine"

    @pytest.mark.parametrize("name", ["study.yaml", "manifest.json"])
    def test_a_folder_that_no_build_wrote(
        self, target: Path, start: Callable[[Path], Any], name: str
    ) -> None:
        """Such as the specs' own, where --outputs names the folder that they stand in."""
        target.mkdir(parents=True)
        (target / name).write_text("{}")
        with pytest.raises(OutputError) as caught:
            start(target)
        assert str(finding(caught)) == (
            f"{target}: error[outputs-not-ours] no build wrote this folder ({name}), and a build"
            " would replace it\n  Move it away, or choose another folder with --outputs."
        )
        assert content(target) == {name: b"{}"}

    def test_a_mounted_folder(
        self, target: Path, start: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = publish_text(target, "before")
        monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == target)
        with pytest.raises(OutputError) as caught:
            start(target)
        assert "mounted" in finding(caught).what
        assert content(target) == made


# --- what the system refuses ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "may not be written to"),
        (errno.EIO, f"could not be written ({os.strerror(errno.EIO)})"),
        (errno.ENOLCK, "is on a file system without locks, where two builds could not be kept apart"),
    ],
)  # fmt: skip
def test_an_error_of_the_disk_is_told_and_the_outputs_stay(
    target: Path, number: int, what: str
) -> None:
    before = publish_text(target, "before")
    full = OSError(number, os.strerror(number))  # as a write to an open file has it
    with pytest.raises(OutputError) as caught:
        publish_text(target, "after", then=full)
    assert finding(caught).where == Location(str(target))
    assert finding(caught).what == what
    assert finding(caught).todo
    assert content(target) == before
    assert hidden(target.parent) == ["gate"]


@pytest.mark.parametrize(
    "error", [BrokenPipeError(errno.EPIPE, "closed"), FileNotFoundError(errno.ENOENT, "", "/no/x")]
)
def test_errors_of_other_things_pass(target: Path, error: OSError) -> None:
    with pytest.raises(type(error)) as caught, building(target):
        raise error
    assert caught.value is error


def test_a_failing_exchange_leaves_all_as_it_was(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publish_text(target, "before")
    stopped = target.with_name("study-stopped")
    findings = publish_text(stopped, "stopped")

    def fail(one: Path, other: Path) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(one), None, str(other))

    monkeypatch.setattr(publish, "_rename_exchange", fail)
    with pytest.raises(OutputError) as caught:
        publish_text(target, "after", clears=stopped)
    assert finding(caught).what == f"could not be written ({os.strerror(errno.EIO)})"
    assert content(target) == before
    assert content(stopped) == findings
    assert hidden(target.parent) == ["gate"]


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), KeyboardInterrupt()])
def test_a_failing_second_rename_is_undone(
    target: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = publish_text(target, "before")
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if to == target and self.suffix != ".old":
            raise error
        return real(self, to)

    monkeypatch.setattr(publish, "_rename_exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", rename)
    expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        publish_text(target, "after")
    assert content(target) == before
    assert hidden(target.parent) == ["gate"]


def test_outputs_removed_while_a_build_writes(target: Path) -> None:
    publish_text(target, "before")

    def build() -> None:
        with building(target) as work:
            shutil.rmtree(target.parent)
            fill(work, "after")

    with pytest.raises(OutputError) as caught:
        build()
    assert finding(caught).what == "was removed while the build ran"
    assert publish_text(target, "again") == content(target)


@pytest.mark.parametrize("damage", ["a file is gone", "a file is short", "no manifest"])
def test_a_folder_that_lost_something_is_not_published(target: Path, damage: str) -> None:
    before = publish_text(target, "before")

    def build() -> None:
        with building(target) as work:
            fill(work, "after")
            if damage == "a file is short":
                (work / "m5" / "file1.xpt").write_text("")
            else:
                (work / ("manifest.json" if damage == "no manifest" else "m5/file1.xpt")).unlink()

    with pytest.raises(OutputError) as caught:
        build()
    assert finding(caught).what == "was removed while the build ran"
    assert content(target) == before


@ON_LINUX
def test_the_system_exchanges_folders_in_one_step(tmp_path: Path) -> None:
    """Else the other tests would only have tried the two renames."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "a").touch()
    assert publish._rename_exchange(one, other)
    assert names(other) == ["a"]
    assert names(one) == []
    with pytest.raises(FileNotFoundError):
        publish._rename_exchange(one, tmp_path / "absent")
