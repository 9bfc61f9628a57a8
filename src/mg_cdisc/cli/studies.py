"""Which study folder is meant."""

from __future__ import annotations

from pathlib import Path

from mg_cdisc.errors import Finding, Location, UseError, nearest, one_of

SPECS = Path("mapping_specs")


def study_folder(given: Path | None) -> Path:
    """The folder given, or the only one in mapping_specs/ that has a study.yaml.

    Raises UseError where there is none, or where several could be meant.
    """
    known = [path.parent for path in sorted(SPECS.glob("*/study.yaml"))]
    listed = f"Studies here: {one_of([path.as_posix() for path in known])}." if known else ""
    if given is None:
        if len(known) == 1:
            return known[0]
        if known:
            raise _wrong(
                SPECS, "several-studies", "holds several studies, and none is named", listed
            )
        todo = "Name the folder that holds study.yaml."
        raise _wrong(SPECS, "missing-folder", "there is no study here", todo)
    if (given / "study.yaml").is_file():
        return given
    close = nearest(given.as_posix(), [path.as_posix() for path in known])
    what = "has no study.yaml" if given.is_dir() else "there is no such study folder"
    todo = close or listed or "Name the folder that holds study.yaml."
    raise _wrong(given, "missing-folder", what, todo)


def _wrong(at: Path, kind: str, what: str, todo: str) -> UseError:
    return UseError([Finding(Location(at.as_posix()), kind, what, todo)])
