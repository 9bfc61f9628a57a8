"""Writes the shipped facts anew from a folder of files downloaded from CDISC and NCI EVS.

    python tools/make_standards.py FOLDER

The folder holds, under these names (the date may differ, one of each kind is expected)::

    sdtmig-3.4-datasets.csv        CDISC Library export: datasets of the SDTMIG
    sdtmig-3.4-variables.csv       CDISC Library export: variables of the SDTMIG
    adamig-1.3-structures.csv      CDISC Library export: data structures of the ADaMIG
    adamig-1.3-variables.csv       CDISC Library export: variables of the ADaMIG
    sdtm-ct-2025-03-28.txt         NCI EVS text, by tabs: SDTM terminology
    adam-ct-2025-03-28.csv         NCI EVS, as CSV: ADaM terminology
    define-xml-ct-2025-03-28.csv   NCI EVS, as CSV: Define-XML terminology

Writes ``src/mg_cdisc/standards/data/ig/*.tsv`` and ``.../ct/*.tsv``. Only facts are kept: no
notes, definitions or synonyms. A package is kept whole, since a study may need any codelist of
it and a shipped version cannot be completed by an import. Files of other versions are left: a
shipped version stays, for studies that chose it. ``sdtm-2.0.tsv``, the model's variables, has no
published file and is kept by hand; a test checks it against the SDTMIG. Review the change as a
diff.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mg_cdisc.errors import SourceError
from mg_cdisc.standards.import_standard import convert_standard
from mg_cdisc.standards.import_terminology import convert_terminology
from mg_cdisc.standards.load import file_name
from mg_cdisc.standards.store import write_whole

DATA = Path(__file__).parents[1] / "src" / "mg_cdisc" / "standards" / "data"
GUIDES = (("sdtmig-*-variables.csv", "datasets"), ("adamig-*-variables.csv", "structures"))
PACKAGES = ("sdtm-ct-*.*", "adam-ct-*.*", "define-xml-ct-*.*")


def shipped_files(folder: Path) -> dict[str, str]:
    """Each data file's path below the data folder, and its text."""
    texts = {}
    for pattern, other in GUIDES:
        for variables in sorted(folder.glob(pattern)):
            datasets = variables.with_name(variables.name.replace("variables", other))
            name, version, text = convert_standard(variables, datasets)
            texts[file_name(name, version)] = text
    for pattern in PACKAGES:
        for package in sorted(folder.glob(pattern)):
            kind, version, text = convert_terminology(package)
            texts[f"ct/{kind.lower()}-{version}.tsv"] = text
    return texts


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        texts = shipped_files(Path(arguments[0]))
    except SourceError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    if not texts:
        print(f"{arguments[0]}: none of the expected files\n\n{__doc__}", file=sys.stderr)
        return 1
    for relative, text in texts.items():
        write_whole(DATA / relative, text)
        print(f"{relative}: {len(text)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
