"""The text form in which a standard's facts are kept: one block per dataset, cells by tabs.

::

    mg-cdisc standard   1   SDTM   SDTMIG   3.4   <datasets>   <variables>
    DM  Special-Purpose  <subclass>  One record per subject  Demographics
        SEX  Char  Req  Result Qualifier  C66731  <values>  <described>  Sex

The first line counts what follows, so a file cut short is noticed. The last cell is never empty,
so an editor that strips blanks at line ends does no harm. Lists inside a cell are parted by
``; ``. The order of the lines is the order of the standard.
"""

from __future__ import annotations

from typing import cast

from mg_cdisc.errors import Finding, Location, SourceError
from mg_cdisc.standards.facts import Core, DatasetFact, Kind, Type, VariableFact

MAGIC = ("mg-cdisc standard", "1")
DatasetBlock = tuple[DatasetFact, tuple[VariableFact, ...]]


def write_form(kind: Kind, name: str, version: str, blocks: list[DatasetBlock]) -> str:
    """The text of a standard's facts; ``read_form`` gives the same facts back."""
    counts = (str(len(blocks)), str(sum(len(variables) for _, variables in blocks)))
    lines = ["\t".join((*MAGIC, kind, name, version, *counts))]
    for d, variables in blocks:
        lines.append("\t".join((d.name, d.cls, d.subclass, d.structure, d.label)))
        for v in variables:
            group = v.role if kind == "SDTM" else v.variable_set
            lists = ("; ".join(v.codelists), "; ".join(v.values))
            cells = ("", v.name, v.type, v.core, group, *lists, v.described, v.label)
            lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def read_form(text: str, file: str) -> tuple[Kind, str, str, list[DatasetBlock]]:
    """Kind, name, version and blocks of a standard's text; a damaged text is a ``SourceError``."""
    lines = text.split("\n")
    first = lines[0].split("\t")
    if len(first) != 7 or tuple(first[:2]) != MAGIC or lines[-1]:
        raise _damaged(file)
    kind = cast("Kind", first[2])
    blocks: list[tuple[DatasetFact, list[VariableFact]]] = []
    for line in lines[1:-1]:
        cells = line.split("\t")
        if len(cells) == 5:
            name, cls, subclass, structure, label = cells
            blocks.append((DatasetFact(name, cls, label, structure, subclass), []))
        elif len(cells) == 9 and blocks:
            dataset, variables = blocks[-1]
            _, name, type_, core, group, codelists, values, described, label = cells
            variables.append(
                VariableFact(
                    dataset=dataset.name,
                    order=len(variables) + 1,
                    name=name,
                    label=label,
                    type=cast("Type", type_),
                    core=cast("Core", core),
                    role=group if kind == "SDTM" else "",
                    variable_set=group if kind == "ADaM" else "",
                    codelists=tuple(codelists.split("; ")) if codelists else (),
                    values=tuple(values.split("; ")) if values else (),
                    described=described,
                )
            )
        else:
            raise _damaged(file)
    if [str(len(blocks)), str(sum(len(variables) for _, variables in blocks))] != first[5:]:
        raise _damaged(file)
    return kind, first[3], first[4], [(d, tuple(variables)) for d, variables in blocks]


def _damaged(file: str) -> SourceError:
    return SourceError(
        [
            Finding(
                Location(file),
                "damaged-file",
                "the stored facts of this standard are incomplete or were changed by hand",
                "Remove the file and import the standard again.",
            )
        ]
    )
