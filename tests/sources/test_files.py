"""One form in several files, and one file that several sources read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mg_cdisc.errors import Location, SourceError
from mg_cdisc.sources import SourceDeclaration, SourceTable, read_source
from mg_cdisc.sources import read as reading
from mg_cdisc.sources.files import SourceFile
from mg_cdisc.sources.read import Shared

CELL = st.text(st.characters(categories=("L", "N"), exclude_characters='",'), max_size=4)
ROWS = st.lists(st.tuples(CELL, CELL), min_size=0, max_size=5)


def rows_of(table: SourceTable, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(zip(*(table.frame.text(name).to_list() for name in names), strict=True))


@given(st.lists(st.tuples(ROWS, st.sampled_from(["utf-8", "gb18030"]), st.booleans()), min_size=1,
                max_size=4))  # fmt: skip
def test_rows_of_all_files_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[list[Any], str, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    expected: list[tuple[tuple[str, str], Location]] = []
    declared: dict[str, Any] = {}
    for number, (rows, encoding, turned) in enumerate(files):
        name = f"ae_{number}.csv"
        lines = ["B,A" if turned else "A,B"]
        for line, (a, b) in enumerate(rows, 2):
            lines.append(f"x{b},x{a}" if turned else f"x{a},x{b}")
            expected.append(((f"x{a}", f"x{b}"), Location(name, 0, line)))
        (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)
        declared[name] = {"encoding": encoding}
    table = read_source(SourceDeclaration(files=declared), folder, 3)
    assert rows_of(table, ("A", "B")) == [cells for cells, _ in expected]
    numbers = table.row_numbers.tolist()
    assert numbers == sorted(set(numbers))
    assert [table.location(number) for number in numbers] == [place for _, place in expected]
    assert [table.number_of(place) for _, place in expected] == numbers
    assert (table.frame.origins.ids - (3 << 40)).tolist() == numbers
    assert [part.file for part in table.files] == list(declared)


def test_what_holds_for_all_files_and_what_for_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("export of today\nS;T\n1;ND\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("export of today\nS,T\n2,NA\n", encoding="utf-8")
    files = {"a.csv": {}, "b.csv": {"delimiter": "comma", "missing": "NA"}}
    said = {"delimiter": "semicolon", "header_row": "2", "missing": ["ND", "NA"]}
    table = read_source(SourceDeclaration(files=files, **said), tmp_path)
    assert rows_of(table, ("S", "T")) == [("1", ""), ("2", "")]
    assert table.called(int(table.row_numbers[1])) == "row 3 of b.csv"
    assert table.number_of(Location("c.csv", row=2)) is None


def test_too_many_files() -> None:
    with pytest.raises(ValueError, match="has 256 files, and 255 are the most"):
        SourceDeclaration(files={f"{number}.csv": {} for number in range(256)})


def odm(data: Path, **declared: Any) -> SourceDeclaration:
    return SourceDeclaration(file="vitals.odm.xml", **declared)


def same(one: SourceTable, other: SourceTable) -> bool:
    return (
        one.columns == other.columns
        and rows_of(one, one.columns) == rows_of(other, other.columns)
        and one.row_numbers.tolist() == other.row_numbers.tolist()
        and (one.labels, one.choices, one.findings) == (other.labels, other.choices, other.findings)
        and (one.sha256, one.size, one.beside) == (other.sha256, other.size, other.beside)
    )


def test_the_forms_of_an_odm_file_in_one_pass(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = [
        odm(data, form="F.VS"),
        odm(data, form="F.AE"),
        odm(data, form="F.NONE"),
        odm(data, form="F.VS", names="name"),
    ]
    apart = []
    for each in declared:
        try:
            apart.append(read_source(each, data))
        except SourceError as error:
            apart.append(error)
    passes = []
    texts = reading.read_odm_forms
    monkeypatch.setattr(reading, "read_odm_forms", lambda *given: passes.append(1) or texts(*given))
    shared = Shared(declared, data)
    for each, alone in zip(declared, apart, strict=True):
        if isinstance(alone, SourceError):
            with pytest.raises(SourceError) as raised:
                read_source(each, data, 0, shared)
            assert raised.value.findings == alone.findings
        else:
            assert same(read_source(each, data, 0, shared), alone)
    assert passes == [1]


def test_an_export_of_redcap_is_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fields.csv").write_text(
        "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
        "text_validation_type_or_show_slider_number\n"
        "record_id,one,text,Record,,\nsex,one,text,Sex,,\nterm,two,text,Term,,\n"
    )
    (tmp_path / "export.csv").write_text(
        "record_id,sex,one_complete,term,two_complete\n1,F,2,Cough,2\n"
    )
    said = {"file": "export.csv", "format": "redcap", "dictionary": "fields.csv"}
    declared = [SourceDeclaration(**said, form=form) for form in ("one", "two")]
    apart = [read_source(each, tmp_path) for each in declared]
    opened: list[str] = []
    read_csv = reading.read_csv

    def counted(file: SourceFile, declaration: SourceDeclaration) -> Any:
        opened.append(file.name)
        return read_csv(file, declaration)

    monkeypatch.setattr(reading, "read_csv", counted)
    shared = Shared(declared, tmp_path)
    for each, alone in zip(declared, apart, strict=True):
        assert same(read_source(each, tmp_path, 0, shared), alone)
    assert sorted(opened) == ["export.csv", "fields.csv"]
