"""Writes ``manifest.json``, ``build.json``, ``findings.json`` and ``findings.xlsx``."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any, Protocol

from mg_cdisc import __version__
from mg_cdisc.build import FormAccount
from mg_cdisc.build.engine import StepLog
from mg_cdisc.build.sources import Prepared
from mg_cdisc.errors import Finding
from mg_cdisc.report.findings import as_data, write_workbook
from mg_cdisc.report.manifest import OutputFile, sha256_of
from mg_cdisc.spec import StudyFiles

# what can change the bytes that a build writes
LIBRARIES = ("lxml", "numpy", "pandas", "pyarrow", "xlsxwriter")


class Outcome(Protocol):
    """What a build made (see ``pipeline.Built``)."""

    study: str
    findings: tuple[Finding, ...]
    accounts: tuple[FormAccount, ...]
    log: tuple[StepLog, ...]
    files: tuple[OutputFile, ...]


def write_reports(
    folder: Path, built: Any, files: StudyFiles, sources: Mapping[str, Prepared]
) -> None:
    """Everything beside the package, into the build's own folder."""
    _json(folder / "findings.json", [as_data(finding) for finding in built.findings])
    created = datetime.combine(files.study.data_cut, time())
    write_workbook(folder / "findings.xlsx", built.findings, created)
    _json(folder / "build.json", _log(built))
    listed = [*built.files, *_own(folder)]
    _json(folder / "manifest.json", _manifest(files, sources, listed))


def _own(folder: Path) -> list[OutputFile]:
    made = []
    for name in ("build.json", "findings.json", "findings.xlsx"):
        data = (folder / name).read_bytes()
        made.append(OutputFile(name, sha256_of(data), len(data)))
    return made


def _log(built: Outcome) -> dict[str, Any]:
    return {
        "study": built.study,
        "forms": [
            {
                "form": account.name,
                "file": account.file,
                "rows": account.rows,
                "used": account.used,
                "excluded": dict(account.excluded),
                "rejected": account.rejected,
                "unaccounted": account.unaccounted,
            }
            for account in built.accounts
        ],
        "steps": [
            {
                "dataset": step.dataset,
                "step": step.step,
                "spec": step.where,
                "records_in": step.records_in,
                "records_out": step.records_out,
                **dict(sorted(step.facts.items())),
                **({"excluded": step.excluded} if step.excluded else {}),
            }
            for step in built.log
        ],
    }


def _manifest(
    files: StudyFiles, sources: Mapping[str, Prepared], outputs: Sequence[OutputFile]
) -> dict[str, Any]:
    inputs = {}
    for path in files.files:
        name = path.name
        if path.is_relative_to(files.folder):
            name = path.relative_to(files.folder).as_posix()
        inputs[name] = sha256_of(path.read_bytes())
    for source in sources.values():
        inputs |= {source.table.file: source.table.sha256, **source.table.beside}
    used = files.study.standards
    return {
        "study": files.study.study,
        "data_cut": files.study.data_cut.isoformat(),
        "program": {
            "mg-cdisc": __version__,
            **{n: importlib.metadata.version(n) for n in LIBRARIES},
        },
        "standards": used.model_dump(exclude_none=True),
        "inputs": {name: {"sha256": digest} for name, digest in sorted(inputs.items())},
        "outputs": {
            each.path: {
                "sha256": each.sha256,
                "bytes": each.bytes,
                **({"records": each.records} if each.records is not None else {}),
                **({"variables": each.variables} if each.variables is not None else {}),
            }
            for each in sorted(outputs, key=lambda each: each.path)
        },
    }


def _json(path: Path, data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
