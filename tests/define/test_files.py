"""From a package to transport files and define.xml and back: the two describe each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mg_cdisc.dataset import Package
from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.render import render_define
from mg_cdisc.transport import XptDataset, XptVariable, read_xpt, write_xpt

Files = Callable[[Package], dict[str, XptDataset]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes the datasets of a package and reads them again."""

    def write(package: Package) -> dict[str, XptDataset]:
        found = {}
        for dataset in package.datasets:
            variables = tuple(
                XptVariable(each.name, each.label, each.is_text, each.storage, each.format)
                for each in dataset.variables
            )
            written = XptDataset(dataset.name, dataset.label, variables, dataset.frame)
            path = tmp_path / dataset.file_name
            write_xpt(path, written, timestamp=package.created)
            found[dataset.name] = read_xpt(path, records=dataset.frame.rows)
        return found

    return write


def test_files_and_define_agree(tabulations: Package, analysis: Package, files: Files) -> None:
    assert compare_define(render_define(tabulations, "sdtm"), files(tabulations)) == ()
    assert compare_define(render_define(analysis, "adam"), files(analysis)) == ()


def test_a_stored_length_changed_after_the_define_was_written(
    tabulations: Package, files: Files
) -> None:
    xml = render_define(tabulations, "sdtm")
    ae = tabulations.dataset("AE")
    wider = tuple(
        replace(each, storage=200) if each.name == "AETERM" else each for each in ae.variables
    )
    datasets = tuple(
        replace(each, variables=wider) if each.name == "AE" else each
        for each in tabulations.datasets
    )
    (finding,) = compare_define(xml, files(replace(tabulations, datasets=datasets)))
    assert (finding.kind, finding.dataset, finding.variable) == ("variable-length", "AE", "AETERM")
    assert finding.what == "AE.AETERM has Length 20, in the file 200"
