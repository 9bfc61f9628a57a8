"""The same bytes whatever the hash seed, the number of partitions and the format of a source."""

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
from pathlib import Path
from mg_cdisc.pipeline import Options, build_study
built = build_study(Path(sys.argv[1]), Path(sys.argv[2]), Options(partitions=int(sys.argv[3])), "study")
print(*built.findings, sep="\\n")
sys.exit(int(built.stopped))
"""


@pytest.mark.parametrize(
    ("study", "builds"),
    [(GOLDEN, (("0", 1), ("1", 3), ("4242", 7))), (EXAMPLE, (("0", 1), ("4242", 7)))],
    ids=["tiny2", "example"],
)
def test_hash_seed_and_partitions_change_no_byte(
    study: Path, builds: tuple[tuple[str, int], ...], tmp_path: Path
) -> None:
    """Builds with different hash seeds and numbers of partitions, side by side."""
    path = str(Path(mg_cdisc.__file__).parents[1])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BUILD, str(study), str(tmp_path / seed), str(partitions)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for seed, partitions in builds
    ]
    said = [each.communicate()[0] for each in running]
    assert [each.returncode for each in running] == [0] * len(builds), said
    first, *others = (digests(tmp_path / seed) for seed, _ in builds)
    assert len(first) > 8
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
    assert digests(other.folder / "m5") == digests(built.folder / "m5")


def _header(path: Path) -> list[str]:
    return path.read_text(encoding="windows-1252").splitlines()[0].split(";")


def digests(folder: Path) -> dict[str, str]:
    """A hash of every file of a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
