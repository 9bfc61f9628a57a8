"""Writes ``manifest.json``, ``build.json``, ``findings.json`` and ``findings.xlsx``."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, Protocol

from mg_cdisc import __version__
from mg_cdisc.build import FormAccount
from mg_cdisc.build.running import StepLog
from mg_cdisc.build.sources import Prepared
from mg_cdisc.errors import Finding
from mg_cdisc.report.findings import as_data, write_workbook
from mg_cdisc.report.inputs import INPUTS
from mg_cdisc.report.manifest import OutputFile, sha256_of
from mg_cdisc.spec import StudyFiles
from mg_cdisc.spec.versions import TERMINOLOGY
from mg_cdisc.standards.load import file_name
from mg_cdisc.standards.store import stored_bytes

# what can change the bytes that a build writes
LIBRARIES = (
    "defineutils fontpkg-fira-sans fonttools fpdf2 jinja2 justmytype-intl-cjk lxml numpy pandas "
    "pyarrow pydantic pyreadstat python-calamine python-docx pyyaml xlsxwriter"
)


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
    findings = told_from_study(built.findings, files)
    _json(folder / "findings.json", [as_data(finding) for finding in findings])
    created = datetime.combine(files.study.data_cut, time())
    write_workbook(folder / "findings.xlsx", findings, created)
    _json(folder / "build.json", _log(built, files))
    listed = [*built.files, *_own(folder)]
    _json(folder / "manifest.json", _manifest(files, sources, listed))


def told_from_study(findings: Sequence[Finding], files: StudyFiles) -> list[Finding]:
    """Findings whose files are named as seen from the study's folder, in the order of those names.

    What a build writes is then the same wherever the folder stands and however it was typed.
    """

    def plain(finding: Finding) -> Finding:
        where = replace(finding.where, file=files.from_study(finding.where.file))
        what, todo = files.from_study(finding.what), files.from_study(finding.todo)
        return replace(finding, where=where, what=what, todo=todo)

    return sorted(plain(finding) for finding in findings)


def _own(folder: Path) -> list[OutputFile]:
    made = []
    for name in ("build.json", "findings.json", "findings.xlsx", INPUTS):
        if not (folder / name).exists():  # a build that stopped has no inputs.zip
            continue
        data = (folder / name).read_bytes()
        made.append(OutputFile(name, sha256_of(data), len(data)))
    return made


def _log(built: Outcome, files: StudyFiles) -> dict[str, Any]:
    return {
        "study": built.study,
        "forms": [
            {
                "form": account.name,
                "file": account.file,
                **({"files": dict(account.files)} if account.files else {}),
                "rows": account.rows,
                "used": account.used,
                "excluded": dict(account.excluded),
                "rejected": account.rejected,
                "unaccounted": account.unaccounted,
                **({"ends_blanked": account.ends_blanked} if account.ends_blanked else {}),
            }
            for account in built.accounts
        ],
        "steps": [
            {
                "dataset": step.dataset,
                "step": step.step,
                "spec": files.from_study(step.where),
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
        inputs[files.named(path)] = sha256_of(path.read_bytes())
    for source in sources.values():
        inputs |= {each.file: each.sha256 for each in source.table.files}
        inputs |= source.table.beside
    inputs |= {f"store/{name}": sha256_of(data) for name, data in _imported(files).items()}
    return {
        "study": files.study.study,
        "data_cut": files.study.data_cut.isoformat(),
        **({"cut_off": files.cut_off.isoformat()} if files.cut_off is not None else {}),
        "agency": files.study.agency,
        "encoding": files.study.text_encoding,
        "program": programs(),
        "standards": _standards(files),
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


def programs() -> dict[str, str]:
    """What makes the files of a build, each with its version; mg-cdisc first."""
    return {
        "mg-cdisc": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES.split()},
    }


def _standards(files: StudyFiles) -> dict[str, str]:
    """The versions that the build follows; those of ADaM only where there are analysis datasets."""
    used = files.study.standards
    adam = any(each.kind == "adam" for each in files.datasets.values())
    dumped: dict[str, str] = used.model_dump(exclude_none=True)
    return {key: version for key, version in dumped.items() if adam or key != "adamig"}


def _imported(files: StudyFiles) -> dict[str, bytes]:
    """The standards and terminologies that come from the user's own store, by their place in it."""
    used = _standards(files)
    names = [
        f"ct/{TERMINOLOGY[key].lower()}-{version}.tsv"
        if key in TERMINOLOGY
        else file_name(key, version)
        for key, version in used.items()
    ]
    return {name: data for name in names if (data := stored_bytes(name)) is not None}


def _json(path: Path, data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
