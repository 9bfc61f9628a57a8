"""Importing a package of NCI EVS: both file forms, the version, and every fault with its row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError
from mg_cdisc.standards import import_terminology
from mg_cdisc.terminology import Term, known_terminologies, load_terminology

HEADER = [
    "Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name",
    "CDISC Submission Value", "CDISC Synonym(s)", "CDISC Definition", "NCI Preferred Term",
]  # fmt: skip
ROWS = [
    ["C66738", "", "Yes", "Trial Summary Parameter Test Code", "TSPARMCD", "", "d", "P"],
    ["C85582", "C66738", "", "Trial Summary Parameter Test Code", "ACTSUB", "", "d", "Actual"],
    ["C99999", "C66738", "", "Trial Summary Parameter Test Code", "ADAPT", "", "d", "Adaptive"],
    ["C67152", "", "Yes", "Trial Summary Parameter Test Name", "TSPARM", "", "d", "P"],
    ["C85582", "C67152", "", "Trial Summary Parameter Test Name", "Actual Subjects", "", "d",
     "Actual"],
    ["C66731", "", "No", "Sex", "SEX", "Gender", 'a "quoted" word', "P"],
    ["C20197", "C66731", "", "Sex", "M", "", "d", "Male"],
]  # fmt: skip


def write_tabs(file: Path, *rows: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    file.write_bytes("".join("\t".join(row) + end for row in rows).encode(encoding))
    return file


def findings(file: Path, version: str | None = None) -> list[tuple[str, int, str]]:
    store = file.parent / "store"
    with pytest.raises(SourceError) as caught:
        import_terminology(file, store, version)
    assert not store.exists()
    assert all(f.todo and f.where.file == str(file) for f in caught.value.findings)
    return [(f.kind, f.where.row, f.what) for f in caught.value.findings]


def fault(tmp_path: Path, number: int, column: str, value: str) -> list[tuple[str, int, str]]:
    rows = [row.copy() for row in ROWS]
    rows[number][HEADER.index(column)] = value
    return findings(write_tabs(tmp_path / "sdtm-2020-06-26.txt", HEADER, *rows))


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n")])
def test_text_by_tabs(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "SDTM Terminology 2020-06-26.txt"
    write_tabs(file, HEADER, *ROWS, encoding=encoding, end=end)
    assert import_terminology(file, tmp_path) == "SDTM CT 2020-06-26"
    assert "sdtm-2020-06-26" in known_terminologies(tmp_path)
    package = load_terminology("sdtm", "2020-06-26", tmp_path)
    assert (package.kind, package.version) == ("SDTM", "2020-06-26")
    assert package.codes == ("C66738", "C67152", "C66731")
    codes, sex = package.codelist("TSPARMCD"), package.codelist("C66731")
    assert codes is not None
    assert sex is not None
    assert codes.decoded_by == "C67152"
    # The second concept is missing in the published codelist of names.
    assert list(codes.terms.values()) == [
        Term("C85582", "ACTSUB", "Actual Subjects"),
        Term("C99999", "ADAPT", "Adaptive"),
    ]
    assert sex.terms == {"M": Term("C20197", "M", "Male")}
    assert (sex.name, sex.extensible, codes.extensible) == ("Sex", False, True)


def test_csv_states_kind_and_date(tmp_path: Path) -> None:
    rows = [
        ["C81224", "", "Yes", "Derivation Type", "DTYPE", "", "d, e", "P"],
        ["C81198", "C81224", "", "Derivation Type", "LOCF", "", "d\nd", "Last Observation"],
    ]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([*HEADER, "Standard and Date"])
    writer.writerows([*row, "ADaM CT 2021-12-17"] for row in rows)
    file = tmp_path / "download.csv"
    file.write_text(text.getvalue())
    assert import_terminology(file, tmp_path) == "ADaM CT 2021-12-17"
    assert import_terminology(file, tmp_path, "2021-12-17") == "ADaM CT 2021-12-17"
    found = load_terminology("ADaM", "2021-12-17", tmp_path).codelist("DTYPE")
    assert found is not None
    assert found.terms == {"LOCF": Term("C81198", "LOCF", "Last Observation")}
    ((kind, _, what),) = findings(file, "2021-12-18")
    assert (kind, what) == ("unknown-version", "the package is of 2021-12-17, not of 2021-12-18")


class TestVersion:
    def test_as_given(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "2019-01-01.txt", HEADER, *ROWS)
        assert import_terminology(file, tmp_path, "2020-06-26") == "SDTM CT 2020-06-26"

    @pytest.mark.parametrize("version", [None, "June 2020"])
    def test_not_known(self, tmp_path: Path, version: str | None) -> None:
        file = write_tabs(tmp_path / "SDTM Terminology.txt", HEADER, *ROWS)
        ((kind, _, _),) = findings(file, version)
        assert kind == "unknown-version"

    def test_a_changed_package_under_a_known_version(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "sdtm-2020-06-26.txt", HEADER, *ROWS)
        import_terminology(file, tmp_path)
        write_tabs(file, HEADER, *ROWS, ["C16576", "C66731", "", "Sex", "F", "", "d", "Female"])
        with pytest.raises(SourceError, match="changed-version"):
            import_terminology(file, tmp_path)
        found = load_terminology("SDTM", "2020-06-26", tmp_path).codelist("SEX")
        assert found is not None
        assert list(found.terms) == ["M"]


class TestFaults:
    def test_a_missing_column(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "x.txt", HEADER[:-1], *(row[:-1] for row in ROWS))
        ((kind, row, what),) = findings(file)
        assert (kind, row) == ("missing-column", 1)
        assert "'NCI Preferred Term'" in what

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.txt").write_bytes(b"")
        assert [kind for kind, _, _ in findings(tmp_path / "x.txt")] == ["empty-file"]

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert [kind for kind, _, _ in findings(tmp_path / "x.txt")] == ["missing-file"]

    def test_another_encoding(self, tmp_path: Path) -> None:
        rows = [*ROWS, ["C1", "C66731", "", "Sex", "µ", "", "d", "x"]]
        file = write_tabs(tmp_path / "x.txt", HEADER, *rows, encoding="cp1252")
        assert [found[:2] for found in findings(file)] == [("wrong-encoding", 9)]

    def test_truncated_rows(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "x.txt", HEADER, ROWS[0][:3], *ROWS[1:], ROWS[6][:7])
        assert findings(file) == [
            ("truncated-row", 2, "the row has 3 cells, the header 8"),
            ("truncated-row", 9, "the row has 7 cells, the header 8"),
        ]

    def test_a_duplicated_term(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "x-2020-06-26.txt", HEADER, *ROWS, ROWS[6])
        assert findings(file) == [("duplicate-term", 9, "SEX has the term 'M' twice")]

    def test_a_duplicated_codelist(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "x-2020-06-26.txt", HEADER, *ROWS, ROWS[5])
        assert [found[:2] for found in findings(file)] == [("duplicate-codelist", 9)]

    def test_a_term_of_an_unknown_codelist(self, tmp_path: Path) -> None:
        found = fault(tmp_path, 6, "Codelist Code", "C66732")
        assert [(kind, row) for kind, row, _ in found] == [
            ("empty-codelist", 7),
            ("unknown-codelist", 8),
        ]

    def test_an_unknown_codelist_is_told_once(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "x-2020-06-26.txt", HEADER, *ROWS[:3], *[ROWS[6]] * 3)
        with pytest.raises(SourceError) as caught:
            import_terminology(file, tmp_path)
        (found,) = caught.value.findings
        assert (found.kind, found.where.row, found.count) == ("unknown-codelist", 5, 3)

    @pytest.mark.parametrize(
        ("number", "column", "value", "kind"),
        [
            (6, "Code", "20197", "unknown-value"),
            (6, "Code", "", "missing-value"),
            (6, "CDISC Submission Value", "", "missing-value"),
            (6, "NCI Preferred Term", " ", "missing-value"),
            (5, "Codelist Extensible (Yes/No)", "", "unknown-value"),
        ],
    )
    def test_a_wrong_cell(
        self, tmp_path: Path, number: int, column: str, value: str, kind: str
    ) -> None:
        assert [found[:2] for found in fault(tmp_path, number, column, value)] == [
            (kind, number + 2)
        ]

    def test_another_kind_of_package(self, tmp_path: Path) -> None:
        file = write_tabs(tmp_path / "send-2020-06-26.txt", HEADER, *ROWS[5:])
        assert [kind for kind, _, _ in findings(file)] == ["unknown-terminology"]

    def test_every_fault_is_told_at_once(self, tmp_path: Path) -> None:
        wrong = [row.copy() for row in ROWS]
        wrong[0][2] = "Perhaps"
        wrong[6][0] = ""
        file = write_tabs(tmp_path / "x.txt", HEADER, *wrong, ROWS[1])
        assert [found[:2] for found in findings(file)] == [
            ("unknown-version", 0),
            ("unknown-value", 2),
            ("missing-value", 8),
            ("duplicate-term", 9),
        ]


VALUES = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1)
    .map(str.strip)
    .filter(bool),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES, extensible=st.booleans())
def test_what_comes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], extensible: bool
) -> None:
    folder = tmp_path_factory.mktemp("law")
    yes_no = "Yes" if extensible else "No"
    rows = [
        *ROWS[:3],
        ["C1", "", yes_no, "List", "LIST", "", "", "P"],
        *(["C2", "C1", "", "List", value, "", "", value[::-1].strip()] for value in values),
    ]
    file = write_tabs(folder / "x-2020-06-26.txt", HEADER, *rows)
    import_terminology(file, folder)
    found = load_terminology("SDTM", "2020-06-26", folder).codelist("LIST")
    assert found is not None
    assert found.extensible is extensible
    assert list(found.terms.values()) == [Term("C2", v, v[::-1].strip()) for v in values]
