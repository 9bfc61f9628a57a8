"""Texts that wait for their English: remarks in translations.yaml, which is no mistake of form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mg_cdisc.scaffold import Begun
from mg_cdisc.spec import read_study

Begin = Callable[..., tuple[Path, Begun]]
Make = Callable[[dict[str, str | bytes]], Path]

AE = (
    "SUBJID,AETERM,AEACNOTH\n01,\u5934\u75db,\u65e0\n02,Cough,\u5934\u75db\n03, \u6076\u5fc3: 2 ,\n"
)


def test_a_text_is_asked_for_once(
    begin: Begin, folder: Make, told: Callable[[Path], list[str]]
) -> None:
    study, _ = begin(folder({"ae.csv": AE}))
    path = study / "translations.yaml"
    assert path.read_text(encoding="utf-8") == (
        "# TODO the English of each text: write it behind the colon, and take the # away.\n"
        "## AE.AETERM\n"
        "# \u5934\u75db: \n"
        '# "\u6076\u5fc3: 2": \n'
        "## AE.AEACNOTH\n"
        "# \u65e0: \n"
    )
    assert read_study(study).translations == {}
    assert told(study) == []
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join(f"{line[2:]}X" if line.endswith(": ") else line for line in lines),
        encoding="utf-8",
    )
    assert read_study(study).translations == {
        "\u5934\u75db": "X",
        "\u6076\u5fc3: 2": "X",
        "\u65e0": "X",
    }
