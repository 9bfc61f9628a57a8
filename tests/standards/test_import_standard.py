"""Importing a guide: what comes in comes out, and what is wrong is said for every row at once."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError
from mg_cdisc.standards import import_standard, known_standards, load_standard
from mg_cdisc.standards.facts import CORES, TYPES, DatasetFact, VariableFact
from mg_cdisc.standards.form import read_form, write_form

HEADER = [
    "Version", "Variable Order", "Class", "Dataset Name", "Variable Name", "Variable Label",
    "Type", "CDISC CT Codelist Code(s)", "Codelist Submission Values",
    "Described Value Domain(s)", "Value List", "Role", "CDISC Notes", "Core",
]  # fmt: skip
V = "SDTMIG v3.3"
STUDYID = [V, "1", "Events", "AE", "STUDYID", "Study Identifier", "Char", "", "", "", "",
           "Identifier", "Note, with\na break", "Req"]  # fmt: skip
DOMAIN = [V, "2", "Events", "AE", "DOMAIN", "Domain Abbreviation", "Char", "C66734", "", "", "AE",
          "Identifier", "", "Req"]  # fmt: skip
AESPEC = [V, "1", "Events", "CE", "CESPEC", "Specimen", "Char", "C78734; C111114", "", "", "",
          "Record Qualifier", "", "Perm"]  # fmt: skip
DATASETS = [
    ["Version", "Class", "Dataset Name", "Dataset Label", "Structure"],
    [V, "Events", "CE", "Clinical Events", "One record per event per subject"],
    [V, "Events", "AE", "Adverse Events", "One record per adverse event per subject"],
]


def write_csv(file: Path, *rows: list[str], encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def changed(row: list[str], column: str, value: str) -> list[str]:
    copy = row.copy()
    copy[HEADER.index(column)] = value
    return copy


def findings(file: Path, store: Path, datasets: Path | None = None) -> list[tuple[str, int, str]]:
    with pytest.raises(SourceError) as caught:
        import_standard(file, store, datasets)
    assert not store.exists()
    assert all(f.todo for f in caught.value.findings)
    return [(f.kind, f.where.row, f.what) for f in caught.value.findings]


def test_an_imported_guide_can_be_loaded(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "v.csv", HEADER, STUDYID, DOMAIN, AESPEC, encoding="utf-8-sig")
    datasets = write_csv(tmp_path / "d.csv", *DATASETS)
    store = tmp_path / "store"
    assert import_standard(file, store, datasets) == "SDTMIG 3.3"
    assert "sdtmig-3.3" in known_standards(store)
    standard = load_standard("SDTMIG", "3.3", store)
    assert list(standard.datasets.values()) == [
        DatasetFact("CE", "Events", "Clinical Events", "One record per event per subject"),
        DatasetFact("AE", "Events", "Adverse Events", "One record per adverse event per subject"),
    ]
    assert standard.variables("AE") == (
        VariableFact("AE", 1, "STUDYID", "Study Identifier", "Char", "Req", "Identifier"),
        VariableFact(
            "AE", 2, "DOMAIN", "Domain Abbreviation", "Char", "Req", "Identifier",
            codelists=("C66734",), values=("AE",),
        ),
    )  # fmt: skip
    assert standard.variables("CE")[0].codelists == ("C78734", "C111114")


def test_without_the_datasets_file_labels_are_not_known(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "v.csv", HEADER, STUDYID)
    import_standard(file, tmp_path / "store")
    standard = load_standard("SDTMIG", "3.3", tmp_path / "store")
    assert standard.dataset("AE") == DatasetFact("AE", "Events", "AE", "")


def test_adam_structures_get_their_short_names(tmp_path: Path) -> None:
    header = ["Version", "Data Structure Name", "Variable Set", "Variable Name", "Variable Label",
              "Type", "CDISC CT Codelist Code(s)", "Described Value Domain(s)",
              "Value List Value", "Core", "CDISC Notes"]  # fmt: skip
    rows = [
        ["ADaMIG v1.2", "Subject-Level Analysis Dataset", "Identifier", "STUDYID",
         "Study Identifier", "Char", "", "", "", "Req", ""],
        ["ADaMIG v1.2", "Basic Data Structure", "Flag", "ANLzzFL", "Analysis Flag zz", "Char",
         "", "", "Y", "Cond", ""],
    ]  # fmt: skip
    structures = [
        ["Version", "Data Structure Name", "Data Structure Description", "Class", "Subclass",
         "CDISC Notes"],
        ["ADaMIG v1.2", "ADSL", "Subject-Level Analysis Dataset Structure", "A", "",
         "One record per subject."],
        ["ADaMIG v1.2", "BDS", "Basic Data Structure", "B", "", "One record each. More prose."],
        ["ADaMIG v1.2", "TTE", "Time-to-Event", "B", "TIME-TO-EVENT", "Prose."],
    ]  # fmt: skip
    file = write_csv(tmp_path / "v.csv", header, *rows)
    other = write_csv(tmp_path / "s.csv", *structures)
    assert import_standard(file, tmp_path / "with", other) == "ADaMIG 1.2"
    assert import_standard(file, tmp_path / "without") == "ADaMIG 1.2"
    full = load_standard("ADaMIG", "1.2", tmp_path / "with")
    assert list(full.datasets.values()) == [
        DatasetFact(
            "ADSL", "A", "Subject-Level Analysis Dataset Structure", "One record per subject"
        ),
        DatasetFact("BDS", "B", "Basic Data Structure", "One record each"),
        DatasetFact("TTE", "B", "Time-to-Event", "One record each", "TIME-TO-EVENT"),
    ]
    bare = load_standard("ADaMIG", "1.2", tmp_path / "without")
    for standard in (full, bare):
        flag = standard.match("BDS", "ANL02FL")
        assert flag is not None
        assert (flag.label, flag.values, flag.variable_set) == ("Analysis Flag 02", ("Y",), "Flag")


def test_a_published_guide_gives_the_shipped_facts(published: Path, tmp_path: Path) -> None:
    """Byte for byte: else the import would be refused as a changed version."""
    store = tmp_path / "store"
    for guide, other, name in (
        ("sdtmig-3.4-variables.csv", "sdtmig-3.4-datasets.csv", "SDTMIG 3.4"),
        ("adamig-1.3-variables.csv", "adamig-1.3-structures.csv", "ADaMIG 1.3"),
    ):
        assert import_standard(published / guide, store, published / other) == name
    assert not store.exists()


class TestFaults:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        (found,) = findings(tmp_path / "no.csv", tmp_path / "store")
        assert found[0] == "missing-file"

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "v.csv").write_text("")
        (found,) = findings(tmp_path / "v.csv", tmp_path / "store")
        assert found[0] == "empty-file"

    def test_a_header_alone(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER)
        (found,) = findings(file, tmp_path / "store")
        assert found[0] == "empty-file"

    def test_a_missing_column(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER[:-1], STUDYID[:-1])
        (found,) = findings(file, tmp_path / "store")
        assert found == ("missing-column", 1, "the variables of a guide needs the column 'Core'")

    def test_a_missing_column_of_one_kind_of_guide(self, tmp_path: Path) -> None:
        header = [name.replace("Role", "Rolle") for name in HEADER]
        file = write_csv(tmp_path / "v.csv", header, STUDYID)
        (found,) = findings(file, tmp_path / "store")
        assert found[:2] == ("missing-column", 1)
        assert "'Role'" in found[2]

    def test_another_encoding(self, tmp_path: Path) -> None:
        row = changed(STUDYID, "Variable Label", "Étude")
        file = write_csv(tmp_path / "v.csv", HEADER, row, encoding="cp1252")
        (found,) = findings(file, tmp_path / "store")
        assert found == ("wrong-encoding", 2, "the text is not UTF-8 (byte 0xc9)")

    def test_a_truncated_row(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER, STUDYID, DOMAIN[:5])
        (found,) = findings(file, tmp_path / "store")
        assert found == ("truncated-row", 3, "the row has 5 cells, the header 14")

    def test_a_file_cut_inside_a_quoted_cell(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER, STUDYID)
        file.write_text(file.read_text()[:-4])
        (found,) = findings(file, tmp_path / "store")
        assert found[:2] == ("truncated-file", 2)

    def test_every_wrong_row_is_named(self, tmp_path: Path) -> None:
        file = write_csv(
            tmp_path / "v.csv",
            HEADER,
            STUDYID,
            changed(DOMAIN, "Type", "Text"),
            changed(STUDYID, "Variable Order", "4"),
            changed(changed(AESPEC, "Core", ""), "CDISC CT Codelist Code(s)", "LOC"),
            changed(changed(AESPEC, "Variable Order", "2"), "Variable Name", ""),
            changed(changed(AESPEC, "Variable Order", "3"), "Value List", "A\nB"),
        )
        assert [(kind, row) for kind, row, _ in findings(file, tmp_path / "store")] == [
            ("unknown-value", 3),
            ("duplicate-variable", 4),
            ("broken-order", 4),
            ("unknown-value", 5),
            ("unknown-value", 5),
            ("missing-value", 6),
            ("duplicate-variable", 7),
            ("line-break", 7),
        ]

    def test_two_versions_in_one_file(self, tmp_path: Path) -> None:
        file = write_csv(
            tmp_path / "v.csv", HEADER, STUDYID, changed(DOMAIN, "Version", "SDTMIG v3.4")
        )
        (found,) = findings(file, tmp_path / "store")
        assert found[:2] == ("mixed-versions", 3)

    def test_a_version_that_is_none(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER, changed(STUDYID, "Version", "3.4"))
        (found,) = findings(file, tmp_path / "store")
        assert found[:2] == ("unknown-version", 2)

    def test_datasets_that_do_not_fit(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER, STUDYID, DOMAIN, AESPEC)
        lonely = [V, "Events", "MH", "Medical History", "One record per event"]
        datasets = write_csv(tmp_path / "d.csv", *DATASETS[:2], lonely)
        found = findings(file, tmp_path / "store", datasets)
        assert found == [
            ("missing-dataset", 0, "AE has variables but no row here"),
            ("missing-variables", 3, "MH has no variables in the other file"),
        ]

    def test_datasets_of_another_version(self, tmp_path: Path) -> None:
        file = write_csv(tmp_path / "v.csv", HEADER, STUDYID, DOMAIN, AESPEC)
        rows = [[cell.replace("v3.3", "v3.2") for cell in row] for row in DATASETS]
        (found,) = findings(file, tmp_path / "store", write_csv(tmp_path / "d.csv", *rows))
        assert found[0] == "mixed-versions"


CELL = st.text(st.characters(exclude_characters="\t\n\r;", exclude_categories=["Cs", "Cc"]))
SOME = CELL.filter(bool)
LISTED = st.lists(SOME.filter(lambda text: text.strip() == text), max_size=3).map(tuple)
FACTS = st.lists(
    st.builds(
        VariableFact,
        dataset=st.just("D"),
        order=st.just(0),
        name=SOME,
        label=SOME,
        type=st.sampled_from(TYPES),
        core=st.sampled_from(CORES),
        role=CELL,
        codelists=LISTED,
        values=LISTED,
        described=CELL,
    ),
    max_size=4,
)


@given(facts=FACTS, structure=CELL, label=SOME)
def test_the_text_form_gives_back_what_was_written(
    facts: list[VariableFact], structure: str, label: str
) -> None:
    dataset = DatasetFact("D", "Events", label, structure)
    text = write_form("SDTM", "SDTMIG", "1.0", [(dataset, tuple(facts))])
    kind, name, version, ((read, variables),) = read_form(text, "x")
    assert (kind, name, version, read) == ("SDTM", "SDTMIG", "1.0", dataset)
    assert [v.order for v in variables] == list(range(1, len(facts) + 1))
    assert [(v.name, v.label, v.type, v.core, v.role) for v in variables] == [
        (f.name, f.label, f.type, f.core, f.role) for f in facts
    ]
    assert [(v.codelists, v.values, v.described) for v in variables] == [
        (f.codelists, f.values, f.described) for f in facts
    ]


@given(cut=st.integers(min_value=0, max_value=10_000))
def test_a_stored_text_cut_short_is_noticed(cut: int) -> None:
    facts = tuple(VariableFact("D", n, f"DVAR{n}", "A label", "Char", "Perm") for n in range(1, 30))
    text = write_form("SDTM", "SDTMIG", "1.0", [(DatasetFact("D", "Events", "Data"), facts)])
    with pytest.raises(SourceError, match="damaged-file"):
        read_form(text[: cut % len(text)], "x")


def test_the_variables_of_a_version_that_is_known_whole_say_nothing_new(tmp_path: Path) -> None:
    """Without the file of the datasets there are no labels to compare: no changed version."""
    store = tmp_path / "store"
    file = write_csv(tmp_path / "v.csv", HEADER, STUDYID, DOMAIN, AESPEC)
    import_standard(file, store, write_csv(tmp_path / "d.csv", *DATASETS))
    kept = (store / "ig" / "sdtmig-3.3.tsv").read_bytes()
    assert import_standard(file, store) == "SDTMIG 3.3"
    assert (store / "ig" / "sdtmig-3.3.tsv").read_bytes() == kept
    other = write_csv(tmp_path / "o.csv", HEADER, STUDYID, changed(DOMAIN, "Core", "Exp"), AESPEC)
    with pytest.raises(SourceError, match="changed-version"):
        import_standard(other, store)
