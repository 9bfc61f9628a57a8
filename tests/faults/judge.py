"""Is a fault reported by a finding that names it, and what is reported beside it?

The truth is what ``mg-cdisc validate --json`` finds, called in process.
"""

from __future__ import annotations

import json
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from zlib import crc32

import numpy as np

from mg_cdisc.cli import validate as command
from mg_cdisc.cli.judged import Wanted
from mg_cdisc.errors import MgCdiscError
from mg_cdisc.report.findings import as_data

from .edits import Fault
from .package import Package


@dataclass(frozen=True)
class Found:
    """A finding as the command's JSON has it."""

    kind: str
    dataset: str
    text: str
    identity: str
    records: int


def validate(folder: Path) -> list[Found]:
    """The findings of a folder, as the command has them; or why it refused the folder."""
    report = folder.with_suffix(".json")
    try:
        with redirect_stdout(StringIO()):
            command.validate(folder, guide=None, terminology=None, adam_guide=None,
                             adam_terminology=None, encoding="ascii",
                             wanted=Wanted(json_file=report))  # fmt: skip
        told = json.loads(report.read_text(encoding="utf-8"))["findings"]
        report.unlink()
    except MgCdiscError as error:
        told = [as_data(each) for each in error.findings]
    return [
        Found(
            each["class"], each["dataset"],
            " ".join(str(each[key]) for key in ("file", "subject", "dataset", "variable", "what")),
            each["identity"], each["records"],
        )
        for each in told
    ]  # fmt: skip


@dataclass
class Verdict:
    """What became of a fault: the findings that name it, those that follow, and the spurious."""

    fault: Fault
    naming: list[Found] = field(default_factory=list)
    following: list[Found] = field(default_factory=list)
    spurious: list[Found] = field(default_factory=list)

    @property
    def caught(self) -> bool:
        """Whether a finding names it."""
        return bool(self.naming)

    @property
    def spurious_kinds(self) -> int:
        """How many classes of findings by dataset it does not explain."""
        return len({(each.kind, each.dataset) for each in self.spurious})


def has(text: str, word: str) -> bool:
    """Whether a word stands in a text; a short one in quotes, or after a sign of equality.

    >>> has("AESER = 'U' in 1 record", "U"), has("AESER UNKNOWN", "U"), has("AE.AESER", "AESER")
    (True, False, True)
    """
    if word in ("Y", "N") or (len(word) <= 2 and not word.isupper()):
        return f"'{word}'" in text or f"= {word}" in text
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text) is not None


def of(finding: Found, dataset: str) -> bool:
    """Whether a finding is of a dataset, or of a file where it is of no dataset."""
    if "." in dataset or not finding.dataset:
        return has(finding.text, dataset)
    return finding.dataset == dataset


def names(finding: Found, fault: Fault, marks: list[tuple[str, ...]]) -> bool:
    """Whether a finding names a fault: its dataset, its variable, and its record or element."""
    return (
        (not fault.datasets or any(of(finding, each) for each in fault.datasets))
        and (not fault.variables or any(has(finding.text, each) for each in fault.variables))
        and (not marks or any(all(has(finding.text, word) for word in each) for each in marks))
    )


def follows(finding: Found, fault: Fault, marks: list[tuple[str, ...]]) -> bool:
    """Whether a finding is of the altered variable, or of the altered record or element."""
    return (
        finding.kind in fault.also
        or any(has(finding.text, each) for each in fault.variables)
        or any(all(has(finding.text, word) for word in each) for each in marks)
    )


def new(base: list[Found], found: list[Found]) -> list[Found]:
    """What is found that was not: other identities, or other numbers of records."""
    before = {(each.identity, each.records) for each in base}
    return [each for each in found if (each.identity, each.records) not in before]


def apply(fault: Fault, clean: Path, folder: Path, seed: int = 0) -> Package:
    """The package with the fault, written to a folder."""
    rng = np.random.default_rng([seed, crc32(fault.id.encode())])
    package = Package(clean, rng)
    fault.edit.apply(package)
    package.write(folder)
    return package


def judge(fault: Fault, clean: Path, base: list[Found], folder: Path, seed: int = 0) -> Verdict:
    """Apply a fault, validate, and sort what is found."""
    package = apply(fault, clean, folder, seed)
    verdict = Verdict(fault)
    for each in new(base, validate(folder)):
        if names(each, fault, package.marks):
            verdict.naming.append(each)
        elif follows(each, fault, package.marks):
            verdict.following.append(each)
        else:
            verdict.spurious.append(each)
    return verdict
