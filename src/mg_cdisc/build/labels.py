"""The labels of a package in the language of its agency: English, or Chinese for the NMPA.

Rule: FDA Study Data Technical Conformance Guide (names and labels are ASCII); NMPA guidance on
clinical trial data submission (labels of datasets and variables in Chinese).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from mg_cdisc.dataset import Dataset, Variable
from mg_cdisc.errors import Finding, Location
from mg_cdisc.frame import Frame, Text
from mg_cdisc.spec import Plan
from mg_cdisc.spec.labels import LABELS, Labels
from mg_cdisc.spec.models import Study
from mg_cdisc.spec.tree import Branch

_SHORT, _LONG = 40, 256
CHINESE = "zh"


def is_chinese(study: Study) -> bool:
    """Whether a study's labels are Chinese: for the NMPA, in an encoding that has it."""
    return not study.translated and study.text_encoding != "ascii"


@dataclass
class Translator:
    """Gives the labels of a study for its agency, and says which are missing, long or idle."""

    plan: Plan
    used: set[tuple[str, str]] = field(default_factory=set)
    missing: dict[tuple[str, str], tuple[str, str, int]] = field(default_factory=dict)

    @property
    def chinese(self) -> bool:
        """Whether labels are Chinese."""
        return is_chinese(self.plan.files.study)

    @property
    def labels(self) -> Labels:
        """What labels.zh.yaml says."""
        return self.plan.files.labels

    def qualifiers(self, dataset: str, frame: Frame) -> Frame:
        """The records of a supplemental dataset with the QLABELs of the agency."""
        if not self.chinese or "QNAM" not in frame or "QLABEL" not in frame:
            return frame
        names, labels = frame.text("QNAM"), frame.text("QLABEL")
        told = names.compact()
        _, first = np.unique(told.codes, return_index=True)  # a QNAM has one QLABEL
        texts = [
            self._look("qualifiers", name, f"{dataset}.QLABEL of {name}", label) or label
            for name, label in zip(
                told.values.to_pylist(), labels.take(first).to_list(), strict=True
            )
        ]
        made = Text.encode(pa.array(texts, pa.string())).expand(told.codes)
        return frame.with_columns({"QLABEL": made})

    def dataset(self, dataset: Dataset) -> Dataset:
        """A dataset with its labels."""
        if not self.chinese:
            return dataset
        return replace(
            dataset,
            label=self._dataset_label(dataset),
            variables=tuple(self._variable(dataset, each) for each in dataset.variables),
        )

    def _dataset_label(self, dataset: Dataset) -> str:
        known = self.labels.datasets
        supplemental = dataset.name.startswith("SUPP") and dataset.name not in known
        if supplemental and "SUPP--" in known:
            self.used.add(("datasets", "SUPP--"))
            parent = known.get(dataset.name[4:], dataset.name[4:])
            return known["SUPP--"].replace("{}", parent)
        what = f"the label of {dataset.name}"
        return self._look("datasets", dataset.name, what, dataset.label) or dataset.label

    def _variable(self, dataset: Dataset, variable: Variable) -> Variable:
        name = variable.name
        asked = [f"{dataset.name}.{name}", name]
        if dataset.purpose == "Tabulation" and len(name) > 2 and name.startswith(dataset.domain):
            asked.append(f"--{name[2:]}")
        key = next((each for each in asked if each in self.labels.variables), name)
        label = self._look("variables", key, f"the label of {name}", variable.label)
        levels = tuple(
            replace(each, label=self.labels.qualifiers.get(each.name, each.label))
            if name == "QVAL" else each
            for each in variable.value_levels
        )  # fmt: skip
        return replace(variable, label=label or variable.label, value_levels=levels)

    def _look(self, part: str, key: str, what: str, english: str) -> str:
        known: dict[str, str] = getattr(self.labels, part)
        if key in known:
            self.used.add((part, key))
            return known[key]
        _, _, count = self.missing.get((part, key), ("", "", 0))
        self.missing[part, key] = (what, english, count + 1)
        return ""

    def findings(self, datasets: tuple[Dataset, ...]) -> Iterator[Finding]:
        """Labels that are missing or too long; for an agency that reads English, not ASCII."""
        if not self.chinese:
            for dataset in datasets:
                yield from self._check_ascii(dataset)
            return
        if self.missing and self.labels == Labels():
            yield Finding(
                self.plan.files.labels_tree.at, "untranslated-label",
                f"the study has no {LABELS}: every label stays English",
                "Write it with the Chinese labels of datasets and variables.", "warning",
                count=len(self.missing),
            )  # fmt: skip
            return
        for (part, key), (what, english, count) in sorted(self.missing.items()):
            yield Finding(
                self._at(part), "untranslated-label", f"{what} has no Chinese: {english!r}",
                f"Add {key} to {part} in {LABELS}.", "warning", count=count,
            )  # fmt: skip

    def check_lengths(self) -> Iterator[Finding]:
        """Labels that transport files have no room for."""
        study = self.plan.files.study
        if not self.chinese:
            return
        most = _SHORT if "xpt" in study.formats else _LONG
        for part in ("datasets", "variables", "qualifiers"):
            room = most if part == "variables" else _SHORT
            for key, text in getattr(self.labels, part).items():
                size = len(text.encode(study.text_encoding, "replace"))
                if size > room:
                    yield Finding(
                        self._at(part, key), "label-too-long",
                        f"{key}: '{text}' has {size} bytes in {study.text_encoding}, and {room} are"
                        " the most",
                        "Shorten it; it is never cut.",
                    )  # fmt: skip

    def _check_ascii(self, dataset: Dataset) -> Iterator[Finding]:
        labels = [("", dataset.label), *((each.name, each.label) for each in dataset.variables)]
        for name, label in labels:
            if not label.isascii():
                what = f"the label of {name or dataset.name}, {label!r}, is not ASCII"
                where = self.plan.datasets[dataset.name].where
                yield Finding(where, "not-ascii", what, "Write it in English letters.",
                              dataset=dataset.name, variable=name)  # fmt: skip

    def _at(self, part: str, key: str = "") -> Location:
        tree = self.plan.files.labels_tree
        inner = tree.items.get(part)
        if isinstance(inner, Branch):
            return inner.key_at.get(key, tree.key_at.get(part, tree.at))
        return tree.at
