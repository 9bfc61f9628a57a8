"""``mg-cdisc diff``: what differs between two packages, and between two builds because of what."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mg_cdisc.cli.guard import CLEAN, STOPPED
from mg_cdisc.cli.options import split
from mg_cdisc.cli.start import start_arrow
from mg_cdisc.cli.terminal import say
from mg_cdisc.errors import Finding, Location, UseError

if TYPE_CHECKING:
    from mg_cdisc.transport import Encoding

LISTED = 10_000
"""Examples of each group that a file holds."""
ON_A_PAGE = 100


def diff(
    old: Path,
    new: Path,
    *,
    keys: Sequence[str],
    spec: Path | None,
    only: Sequence[str],
    absolute: str,
    relative: str,
    encoding: Encoding,
    examples: int,
    json_file: Path | None = None,
    excel_file: Path | None = None,
    html_file: Path | None = None,
) -> int:
    """Print what differs, write it to the files asked for; 1 where anything differs."""
    start_arrow()
    from mg_cdisc.compare import Asked, Settings, Tolerance, compare, read_side
    from mg_cdisc.compare.causes import causes_between
    from mg_cdisc.compare.text import comparison_lines

    tolerance = Tolerance(_amount(absolute, "--absolute"), _amount(relative, "--relative"))
    asked = Asked(_given(keys), _of_spec(spec))
    files = json_file is not None or excel_file is not None
    listed = LISTED if files else ON_A_PAGE if html_file is not None else examples
    encodings = (_encoding(old, encoding), _encoding(new, encoding))
    first, second = read_side(old, encodings[0]), read_side(new, encodings[1])
    settings = Settings(tolerance, asked, tuple(only), max(listed, examples), encodings)
    causes, notes = causes_between(first.build, second.build)
    found = compare(first, second, settings, causes)
    found = replace(found, notes=(*found.notes, *notes))
    say(*comparison_lines(found, examples), wrapped=True)
    if json_file is not None:
        from mg_cdisc.compare.data import as_data

        text = json.dumps(as_data(found), ensure_ascii=False, indent=1, allow_nan=False)
        json_file.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    if excel_file is not None:
        from mg_cdisc.compare.workbook import write_workbook

        write_workbook(excel_file, found)
    if html_file is not None:
        from mg_cdisc.compare.page import write_page

        write_page(html_file, found)
    return CLEAN if found.same else STOPPED


def _encoding(side: Path, encoding: Encoding) -> Encoding:
    """The encoding that a build says, else the one given."""
    from mg_cdisc.compare.read import MANIFEST, build_of
    from mg_cdisc.transport import ENCODINGS

    build = build_of(side)
    if build is None:
        return encoding
    said = json.loads((build / MANIFEST).read_bytes()).get("encoding")
    return next((each for each in ENCODINGS if each == said), encoding)


def _amount(text: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        what = f"{text!r} is no tolerance"
        raise UseError(
            [Finding(Location(option), "bad-value", what, "Give a number such as 1e-8.")]
        )
    return number


def _given(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """``AE=USUBJID,AESEQ`` for one dataset, ``USUBJID,AESEQ`` for all."""
    made: dict[str, tuple[str, ...]] = {}
    for text in texts:
        dataset, mark, listed = text.rpartition("=")
        names = tuple(dict.fromkeys(name.upper() for name in split([listed])))
        if not names or (mark and not dataset.strip()):
            todo = "Write --keys USUBJID,AESEQ or --keys AE=USUBJID,AESEQ."
            what = f"{text!r} names no keys"
            raise UseError([Finding(Location("--keys"), "bad-value", what, todo)])
        made[dataset.strip().upper()] = names
    return made


def _of_spec(folder: Path | None) -> dict[str, tuple[str, ...]]:
    """The keys of each dataset that the specs of a study make."""
    if folder is None:
        return {}
    from mg_cdisc.cli.studies import study_folder
    from mg_cdisc.spec import read_study

    files = read_study(study_folder(folder), folder.as_posix())
    return {name: loaded.spec.keys for name, loaded in files.datasets.items()}
