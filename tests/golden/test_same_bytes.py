"""The same bytes whatever the hash seed, the number of partitions and the format of a source.

Nor does the time zone, the locale, the folder or the clock change a byte of XPT, Dataset-JSON, XML,
HTML, JSON, PDF or a document.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import mg_cdisc
from mg_cdisc.pipeline import Built, Options, build_study

GOLDEN = Path(__file__).parent / "tiny2"
EXAMPLE = Path(__file__).parents[2] / "mapping_specs" / "hn2301"
BUILD = """
import sys
import time
from pathlib import Path
time.sleep(float(sys.argv[4]))
from mg_cdisc.pipeline import Options, build_study
options = Options(partitions=int(sys.argv[3]), formats=("xpt", "dataset-json"))
built = build_study(Path(sys.argv[1]), Path(sys.argv[2]), options, "study")
print(*built.findings, sep="\\n")
sys.exit(int(built.stopped))
"""


PLACES = (
    {"TZ": "UTC", "LC_ALL": "C"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
    {"TZ": "America/Adak", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "1"},
)
"""Time zones of three different dates at most hours, and the locales that go with them."""
WRITTEN = {".xpt", ".xml", ".html", ".json", ".pdf", ".docx", ".xlsx"}


@pytest.mark.parametrize(
    ("study", "builds"),
    [(GOLDEN, (("0", 1), ("1", 3), ("4242", 7))), (EXAMPLE, (("0", 1), ("4242", 7)))],
    ids=["tiny2", "example"],
)
def test_nothing_around_a_build_changes_a_byte(
    study: Path, builds: tuple[tuple[str, int], ...], tmp_path: Path
) -> None:
    """Builds side by side, each with its own hash seed, partitions, place, folder and second."""
    path = str(Path(mg_cdisc.__file__).parents[1])
    running = []
    for number, (seed, partitions) in enumerate(builds):
        folder = tmp_path.joinpath(*["deeper"] * number, "here")
        folder.mkdir(parents=True)
        named = os.path.relpath(study, folder) if number else str(study)
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", BUILD, named, str(tmp_path / seed), str(partitions),
                 str(2 * number)],
                cwd=folder,
                env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path} | PLACES[number],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )  # fmt: skip
    said = [each.communicate()[0] for each in running]
    assert [each.returncode for each in running] == [0] * len(builds), said
    first, *others = (digests(tmp_path / seed) for seed, _ in builds)
    assert {Path(name).suffix for name in first} >= WRITTEN
    assert all(other == first for other in others)


def test_the_format_of_a_source_changes_no_record(built: Built, tmp_path: Path) -> None:
    """The same form as Parquet with text columns gives the same package, define.xml included."""
    study = tmp_path / "tiny2"
    shutil.copytree(GOLDEN, study)
    shutil.copytree(GOLDEN.parent / "library", tmp_path / "library")
    source = study / "source" / "vitalwerte.csv"
    text = pyarrow.csv.read_csv(
        source,
        pyarrow.csv.ReadOptions(encoding="windows-1252"),
        pyarrow.csv.ParseOptions(delimiter=";"),
        pyarrow.csv.ConvertOptions(
            strings_can_be_null=False,
            column_types=dict.fromkeys(_header(source), pa.string()),
        ),
    )
    pyarrow.parquet.write_table(text, source.with_suffix(".parquet"))
    source.unlink()
    spec = study / "sources.yaml"
    declared = "source/vitalwerte.csv\n  encoding: windows-1252\n  delimiter: semicolon\n"
    before = spec.read_text(encoding="utf-8")
    assert before.count(declared) == 1
    spec.write_text(before.replace(declared, "source/vitalwerte.parquet\n"), encoding="utf-8")
    other = build_study(study, tmp_path / "outputs", Options(), "tiny2")
    assert other.folder is not None
    assert built.folder is not None
    guides = {"csdrg.docx", "csdrg.pdf"}  # they name the file
    made, before_ = ({n: d for n, d in digests(each / "m5").items() if Path(n).name not in guides}
                     for each in (other.folder, built.folder))  # fmt: skip
    assert made == before_


def _header(path: Path) -> list[str]:
    return path.read_text(encoding="windows-1252").splitlines()[0].split(";")


def digests(folder: Path) -> dict[str, str]:
    """A hash of every file of a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
