"""The wheel holds all that a build needs: installed elsewhere, it builds the golden study.

Slow (it makes a wheel and an environment): left out by ``-m "not slow"``.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from mg_cdisc.pipeline import Options, build_study

REPOSITORY = Path(__file__).parents[1]
GOLDEN = REPOSITORY / "tests" / "golden"
pytestmark = pytest.mark.slow


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints; the test fails with it where the command does."""
    made = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, f"{command}\n{made.stdout}\n{made.stderr}"
    return made.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made as ``make wheel`` makes it."""
    folder = tmp_path_factory.mktemp("dist")
    make = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
    ]
    tried = subprocess.run([*make, str(REPOSITORY)], capture_output=True, text=True, check=False)
    if "No matching distribution found for hatchling" in tried.stderr:
        pytest.skip("the build backend cannot be fetched: no package index is within reach")
    assert tried.returncode == 0, tried.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_holds_package_templates_and_standards_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"mg_cdisc"}
    assert any(name.endswith(".j2") for name in names)
    assert any(name.endswith("sdtmig-3.4.tsv") for name in names)
    assert not [name for name in names if "hn2301" in name.lower() or "tests" in name]


def test_installed_elsewhere_builds_a_study(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, from another folder; its dependencies are lent by this one."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
        "--no-index", wheel, folder=tmp_path)  # fmt: skip
    own = run(
        python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", folder=tmp_path
    )
    # a plain path: what this environment has installed by .pth files (this repository) stays out
    lent = {sysconfig.get_paths()[kind] for kind in ("purelib", "platlib")}
    Path(own.strip(), "lent.pth").write_text("\n".join(sorted(lent)) + "\n", encoding="utf-8")
    where = run(python, "-c", "import mg_cdisc; print(mg_cdisc.__file__)", folder=tmp_path)
    assert Path(where.strip()).is_relative_to(Path(own.strip()))

    run(scripts / "mg-cdisc", "build", GOLDEN / "tiny2", "--outputs", "outputs", folder=tmp_path)
    here = build_study(GOLDEN / "tiny2", tmp_path / "here", Options())
    assert here.folder is not None
    there = tmp_path / "outputs" / "tiny2"
    assert contents(there / "m5") == contents(here.folder / "m5")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
