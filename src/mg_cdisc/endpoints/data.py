"""The built datasets that endpoints read: the transport files of a study's outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mg_cdisc.errors import Finding, Location, TransportError
from mg_cdisc.expression import Type
from mg_cdisc.frame import Frame
from mg_cdisc.sources.sas_values import kind_of
from mg_cdisc.transport import Encoding, XptVariable, read_xpt

ANALYSIS = "m5/datasets/{study}/analysis/adam/datasets"
"""Where a build puts the analysis datasets, below the folder of its outputs."""


@dataclass(frozen=True)
class Built:
    """Datasets by name with the types of their variables; ``folder`` is where they were looked for."""

    folder: Path
    frames: Mapping[str, Frame]
    types: Mapping[str, Mapping[str, Type]]

    def absent(self, name: str) -> Finding:
        """That a dataset is not there."""
        file = (self.folder / f"{name.lower()}.xpt").as_posix()
        todo = "Build the study first: mg-cdisc build. A dataset without records has no file."
        return Finding(Location(file), "missing-file", f"{name} is not built", todo, dataset=name)


def read_built(outputs: Path, study: str, names: Iterable[str], encoding: Encoding) -> Built:
    """The datasets of these names in the outputs of a study, as far as they are there.

    Raises TransportError for a file that cannot be read.
    """
    folder = outputs / ANALYSIS.format(study=study.lower())
    frames: dict[str, Frame] = {}
    types: dict[str, Mapping[str, Type]] = {}
    findings: list[Finding] = []
    for name in dict.fromkeys(names):
        path = folder / f"{name.lower()}.xpt"
        if not path.is_file():
            continue
        try:
            read = read_xpt(path, encoding=encoding)
        except TransportError as error:
            findings += error.findings
            continue
        frames[name] = read.frame
        types[name] = {each.name: type_of(each) for each in read.variables}
    if findings:
        raise TransportError(findings)
    return Built(folder, frames, types)


def type_of(variable: XptVariable) -> Type:
    """The type of a variable of a transport file: its format tells dates, its name partial dates."""
    if variable.is_text:
        return Type.PARTIAL if variable.name.endswith("DTC") else Type.TEXT
    return Type(kind_of(variable.format))
