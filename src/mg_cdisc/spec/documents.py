"""Documents of the study's folder that are copied into the package as they are."""

from __future__ import annotations

from pathlib import Path

from mg_cdisc.errors import Finding, Location
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.tree import Branch, locate

Documents = dict[str, bytes]


def read_document(
    folder: Path, name: str, at: Location, said: str, findings: list[Finding]
) -> tuple[Path, bytes] | None:
    """A file of the study's folder and its content; a finding where there is none of that name."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        what = f"{said}: there is no file {name} in the study's folder"
        findings.append(Finding(at, "missing-file", what, "Put it there."))
        return None
    return folder / path.relative_to(root), path.read_bytes()


def documents_of(
    endpoints: Endpoints | None, tree: Branch, folder: Path, findings: list[Finding]
) -> tuple[list[Path], Documents]:
    """The files that endpoints name, and the content of each by its name."""
    files: list[Path] = []
    made: Documents = {}
    for key, endpoint in (endpoints.endpoints if endpoints is not None else {}).items():
        document = endpoint.document
        if document is None or document.file in made:
            continue
        at, said = locate(tree, ("endpoints", key, "document", "file"))
        read = read_document(folder, document.file, at, said, findings)
        if read is not None:
            files.append(read[0])
            made[document.file] = read[1]
    return files, made
