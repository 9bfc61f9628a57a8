"""``mg-cdisc`` as a process: ends, pipes, signals, terminals and the time it takes to start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes, signals and terminals of POSIX")
PHASES = ("reading ", "building", "writing ")
COMMAND = [sys.executable, "-m", "mg_cdisc"]


def call(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run to the end, output as text."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False, **more
    )


def test_it_tells_its_version_and_its_help() -> None:
    assert re.fullmatch(r"mg-cdisc \d+\.\d+\.\d+\S*\n", call("--version").stdout)
    told = call("--help").stdout
    assert told.startswith("Usage: mg-cdisc ")
    for command in ("build", "preview", "show", "spec", "ct", "standards"):
        assert f"  {command} " in told


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, mg_cdisc.cli\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'pydantic', 'lxml', 'yaml', 'rich', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == "[]\n"


def test_a_build_in_a_pipe_has_no_colours(study: Any) -> None:
    made = call("build")
    assert made.returncode == 0
    assert "\x1b" not in made.stdout + made.stderr
    assert made.stdout.endswith("  steps       outputs/abc01/build.json\n")


@pytest.mark.parametrize("arguments", [["spec", "schema"], ["build"]])
def test_a_closed_pipe_is_no_error(study: Any, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    made = subprocess.run(
        [*COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert [line for line in made.stderr.splitlines() if line[:8] not in PHASES] == []
    assert made.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_the_output_is_one_line(study: Any) -> None:
    with Path("/dev/full").open("w") as full:
        made = subprocess.run(
            [*COMMAND, "spec", "schema"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert made.returncode == 1
    assert made.stderr.startswith("mg-cdisc: error[disk-full]")
    assert "Traceback" not in made.stderr


def test_ctrl_c_ends_a_build_with_130_and_no_outputs(study: Any) -> None:
    # enough records that the build is still at work when it is interrupted
    rows = "".join(f"001,{n},Headache,no,05.02.2025\n" for n in range(400_000))
    study.write("source/events.csv", "PAT,NO,TERM,SERIOUS,BEGIN\n" + rows)
    with subprocess.Popen(
        [*COMMAND, "build"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("building"):
                break
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.endswith("Interrupted; the outputs are as they were before.\n")
    assert "Traceback" not in told
    assert not Path("outputs/abc01").exists()


def test_signs_that_the_terminal_lacks_are_escaped(study: Any) -> None:
    study.change("sdtm/dm.yaml", "Drug A", "Dr\u00fcg A")
    made = call("spec", "show", "DM", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert made.returncode == 0
    assert r"Dr\xfcg A" in made.stdout


def on_terminal(*arguments: str, columns: int = 80) -> str:
    """What a person sees on a terminal of so many columns."""
    import fcntl
    import pty
    import struct
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=child, stdout=child, stderr=child, env={**environment, "TERM": "xterm-256color"},
    ):  # fmt: skip
        os.close(child)
        seen = b""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                piece = os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            seen += piece
    os.close(parent)
    return seen.decode()


def plain(text: str) -> list[str]:
    """The lines without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").split("\n")


def test_a_terminal_has_a_bar_and_colours_and_its_width_is_kept(study: Any) -> None:
    study.spoil()
    seen = on_terminal("build", columns=72)
    assert "\x1b[1;31mABC01 NOT built\x1b[0m" in seen
    assert "building " in "".join(plain(seen))  # ten times a second
    summary = plain(seen[seen.index("made, but not written") :])
    assert max(map(len, summary)) <= 72
    assert any(line.startswith("    ") for line in summary), "long findings are wrapped at words"


def test_a_preview_on_a_terminal_is_as_wide_as_it_and_tells_what_is_left_out(study: Any) -> None:
    seen = plain(on_terminal("preview", "AE", "--after", "9", columns=60))
    assert max(map(len, seen)) <= 60
    table = next(line for line in seen if line.startswith("#"))
    assert table.split()[:4] == ["#", "source", "AESTDTC", "BEGIN"]
    assert any(re.match(r"\.\.\. and \d+ more columns", line) for line in seen)


def test_all_columns_follow_below_in_panels(study: Any) -> None:
    seen = plain(on_terminal("preview", "AE", "--columns", "all", columns=60))
    assert max(map(len, seen)) <= 60
    headers = [line for line in seen if line.startswith("#")]
    assert len(headers) > 1
    assert {"AETERM", "AESEQ", "BEGIN"} <= {word for line in headers for word in line.split()}


def test_an_interrupt_while_the_program_is_loaded_prints_no_traceback() -> None:
    """Ctrl-C in the first tenth of a second, when it still imports."""
    code = (
        "import runpy, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'mg_cdisc.cli':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "runpy.run_module('mg_cdisc', run_name='__main__')\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (made.returncode, made.stdout, made.stderr) == (130, "", "Interrupted.\n")
