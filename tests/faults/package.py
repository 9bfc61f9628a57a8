"""A built package to damage: tables are read when they are touched, and only those are written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from lxml import etree

from mg_cdisc.frame import Frame
from mg_cdisc.transport import Encoding, XptDataset, XptVariable, read_xpt, write_xpt

SDTM, ADAM = "tabulations/sdtm", "analysis/adam/datasets"
STAND_IN = "ZQXJKVWY"
"""A name that is written in the place of one that cannot be."""


@dataclass
class Table:
    """A dataset as a file holds it; ``member`` is the name that stands in the file."""

    member: str
    label: str
    variables: dict[str, XptVariable]
    data: pd.DataFrame
    encoding: Encoding = "ascii"
    version: int = 5

    @classmethod
    def of(cls, read: XptDataset) -> Table:
        """From what was read."""
        return cls(
            read.name, read.label, {each.name: each for each in read.variables},
            read.frame.to_pandas(),
        )  # fmt: skip

    def fit(self) -> None:
        """Make room for the longest text of each variable; new columns become variables."""
        for name in self.data:
            values = self.data[name]
            held = self.variables.get(str(name))
            if held is None:
                is_text = not pd.api.types.is_numeric_dtype(values.dtype)
                held = XptVariable(str(name), str(name).title(), is_text, 8)
            if held.is_text:
                room = max((len(each.encode()) for each in values.astype(str)), default=1)
                held = replace(held, length=max(held.length, room))
            self.variables[str(name)] = held

    def write(self, path: Path) -> None:
        """As a transport file."""
        self.fit()
        variables = tuple(self.variables[str(name)] for name in self.data)
        data = self.data.reset_index(drop=True)
        frame = Frame.from_pandas(data)
        dataset = XptDataset(self.member, self.label, variables, frame)
        write_xpt(path, dataset, timestamp=datetime(2026, 3, 31), encoding=self.encoding,
                  version=8 if self.version == 8 else 5)  # fmt: skip


@dataclass
class Package:
    """The clean package, what was changed of it, and the words that say where."""

    clean: Path
    rng: np.random.Generator
    tables: dict[str, Table] = field(default_factory=dict)
    defines: dict[str, etree._ElementTree] = field(default_factory=dict)
    raw: list[tuple[str, Callable[[bytes], bytes]]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    copied: dict[str, str] = field(default_factory=dict)
    marks: list[tuple[str, ...]] = field(default_factory=list)
    """Alternatives: the words of one of them are to be found in what names the fault."""

    def place(self, name: str) -> str:
        """Where a dataset's file stands, from the folder of the study's datasets."""
        return f"{ADAM if name.startswith('AD') else SDTM}/{name.lower()}.xpt"

    def table(self, name: str) -> Table:
        """The table of that name, to be changed."""
        if name not in self.tables:
            self.tables[name] = Table.of(read_xpt(self.clean / self.place(name)))
        return self.tables[name]

    def peek(self, name: str) -> pd.DataFrame:
        """The records of a dataset, to be read only."""
        if name in self.tables:
            return self.tables[name].data
        return read_xpt(self.clean / self.place(name)).frame.to_pandas()

    def define(self, which: str) -> etree._ElementTree:
        """The define.xml of ``sdtm`` or ``adam``, to be changed."""
        if which not in self.defines:
            path = self.clean / (ADAM if which == "adam" else SDTM) / "define.xml"
            self.defines[which] = etree.parse(str(path))
        return self.defines[which]

    def pick(self, data: pd.DataFrame, where: str, count: int = 1) -> list[int]:
        """Labels of some records of those that satisfy a condition, by chance."""
        held = data.query(where, engine="python") if where else data
        assert len(held) >= count, f"no record where {where}"
        return sorted(self.rng.choice(held.index.to_numpy(), count, replace=False).tolist())

    def write(self, folder: Path) -> Path:
        """The damaged package: what was not touched is linked to the clean one."""
        shutil.copytree(self.clean, folder, copy_function=os.link)
        for name, table in self.tables.items():
            path = folder / self.place(name)
            path.unlink()
            table.write(path)
        for which, tree in self.defines.items():
            path = folder / (ADAM if which == "adam" else SDTM) / "define.xml"
            path.unlink()
            tree.write(str(path), encoding="UTF-8", xml_declaration=True)
        for name, change in self.raw:
            path = folder / name
            data = change(path.read_bytes())
            path.unlink()
            path.write_bytes(data)
        for old, new in self.copied.items():
            shutil.copy(folder / old, folder / new)
        for name in self.removed:
            (folder / name).unlink()
        return folder
