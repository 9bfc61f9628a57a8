"""Where facts lie: shipped with the package, and the user's own store of imported versions."""

from __future__ import annotations

import os
import tempfile
from importlib.resources import files
from pathlib import Path

from mg_cdisc.errors import Finding, Location, SourceError


def default_store() -> Path:
    """The folder of the user's imported standards and terminology; it need not exist.

    ``MG_CDISC_STORE`` if set, else ``mg-cdisc`` under ``XDG_DATA_HOME`` (only an absolute path
    counts: XDG Base Directory Specification), else under ``~/.local/share``.
    """
    chosen = os.environ.get("MG_CDISC_STORE", "")
    if chosen:
        return Path(chosen)
    data_home = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not data_home.is_absolute():
        data_home = Path.home() / ".local" / "share"
    return data_home / "mg-cdisc"


def shipped_text(relative: str) -> str | None:
    """The text of a data file of the package, or ``None`` if this version is not shipped."""
    resource = files("mg_cdisc.standards").joinpath("data", *relative.split("/"))
    return resource.read_text(encoding="utf-8") if resource.is_file() else None


def shipped_names(folder: str) -> list[str]:
    """The data files of the package in a folder, without suffix, sorted."""
    resource = files("mg_cdisc.standards").joinpath("data", *folder.split("/"))
    return sorted(f.name[:-4] for f in resource.iterdir() if f.name.endswith(".tsv"))


def stored_names(folder: Path) -> list[str]:
    """The imported files in a folder of the store, without suffix, sorted."""
    return sorted(f.stem for f in folder.glob("*.tsv")) if folder.is_dir() else []


def stored_bytes(relative: str) -> bytes | None:
    """A file of the user's store that is in use: it is there, and no shipped one takes its place."""
    target = default_store() / relative
    if shipped_text(relative) is not None or not target.is_file():
        return None
    return target.read_bytes()


def held_text(store: Path, relative: str) -> str | None:
    """The text of a version that is shipped or stored; None where it is neither."""
    shipped = shipped_text(relative)
    target = store / relative
    if shipped is not None or not target.is_file():
        return shipped
    return target.read_text(encoding="utf-8", errors="replace")


def write_once(store: Path, relative: str, text: str, what: str) -> None:
    """Keep an imported version in the store, whole or not at all, and never another one over it.

    A published version does not change. So the same content again is accepted and writes
    nothing, and other content under a version that is shipped or stored is a ``SourceError``:
    results made with the one would silently differ from results made with the other.
    """
    target = store / relative
    known = held_text(store, relative)
    if known is None:
        write_whole(target, text)
    elif known != text:
        shipped = shipped_text(relative) is not None
        held_by = "the version shipped with mg-cdisc" if shipped else str(target)
        finding = Finding(
            Location(str(target)),
            "changed-version",
            f"{what} is known already and differs from {held_by}",
            "A published version does not change: download the file again and compare, or "
            "remove the stored file first.",
        )
        raise SourceError([finding])


def write_whole(target: Path, text: str) -> None:
    """Write a file under a temporary name beside its place and rename it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        unfinished.chmod(0o644)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
