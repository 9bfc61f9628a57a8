"""Whatever names, labels, codes and texts the files have: the spec loads, and only to-dos are found."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import SourceError, SpecError
from mg_cdisc.pipeline import check_study
from mg_cdisc.scaffold import Asked, Begun, begin_study
from mg_cdisc.spec import read_study

Begin = Callable[..., tuple[Path, Begun]]

# findings that say what the user has to do; anything else is a mistake of the scaffold
TODO = {
    "unmapped-column",
    "form-unread",
    "no-format",  # the order of day and month is not guessed
}
TRAPS = ["NO", "on", "0012", "y", "null", "~", "1.0", "12:30", "a: b", "# no", "- x", "{a}", "[b", "'", '"',
         "it's", 'say "x"', "%", "@x", "`", "a`b", "\u5934\u75db", "\u00e9t\u00e9", "x" * 80, "this", "source",
         "and", "VISIT", "AETERM", "AE TERM", "SUBJID ", "tests", "schedule", "!tag", "&a", "*b", "|", ">",
         "\\", "$it", "STUDYID", "USUBJID", "records", "else", "\u2028", "a\tb", "=", "missing", "not"]  # fmt: skip
names = st.one_of(
    st.sampled_from(TRAPS),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]),
        min_size=1,
        max_size=12,
    ),
)
values = st.one_of(
    st.sampled_from(["", *TRAPS]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8),
)


def begin_and_check(study: Path, source: Path) -> None:
    """The folder loads, and spec check finds nothing but what is to do.

    A file that no reader takes, such as one of blank rows, is told.
    """
    kinds: list[str] = []
    try:
        begin_study(study, Asked(source))
    except SourceError as error:
        kinds = [each.kind for each in error.findings]
    assert all(each.startswith("source-") or each == "no-form" for each in kinds)
    if kinds:
        return
    assert read_study(study).faults == ()
    try:
        check_study(study)
    except SpecError as error:
        strange = [str(each) for each in error.findings if each.kind not in TODO]
        assert strange == []


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(names, min_size=1, max_size=8, unique_by=str.strip), st.data())
def test_any_csv_file(columns: list[str], data: st.DataObject) -> None:
    """Columns of any name beside those of DM and AE, with any values."""
    columns = [
        each for each in columns if each.strip() and each.strip() not in ("SUBJID", "AETERM", "SEX")
    ]
    rows = [
        [f"0{number}", "F", "Cough", *(data.draw(values) for _ in columns)] for number in range(3)
    ]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "given"
        source.mkdir()
        write(source / "a.csv", ["SUBJID", "SEX", "AETERM", *columns], rows)
        write(source / "d.csv", ["SUBJID", "SEX", "BRTHDAT", *columns], rows)
        begin_and_check(Path(folder) / "abc", source)


ITEM = '<ItemDef OID={oid} Name={name} DataType="text"><Question><TranslatedText>{text}</TranslatedText></Question><CodeListRef CodeListOID="C"/></ItemDef>'
ODM = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F" CreationDateTime="2025-01-01T00:00:00">
<Study OID="S"><MetaDataVersion OID="V" Name="V">
<StudyEventDef OID={event} Name={eventname} Repeating="No" Type="Scheduled"><FormRef FormOID={form} Mandatory="No"/></StudyEventDef>
<FormDef OID={form} Name={formname} Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>
<ItemGroupDef OID="G" Name="G" Repeating="No">{refs}</ItemGroupDef>
{items}
<CodeList OID="C" Name="C" DataType="text">{codes}</CodeList>
</MetaDataVersion></Study>
<ClinicalData StudyOID="S" MetaDataVersionOID="V"><SubjectData SubjectKey="01"><StudyEventData StudyEventOID={event}>
<FormData FormOID={form}><ItemGroupData ItemGroupOID="G">{data}</ItemGroupData></FormData>
</StudyEventData></SubjectData></ClinicalData></ODM>
"""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(names, min_size=1, max_size=6, unique=True),
    st.lists(names, min_size=1, max_size=4, unique=True),
    names,
    names,
)
def test_any_odm_file(items: list[str], codes: list[str], form: str, label: str) -> None:
    """Items, codes, decodes, forms and labels of any text beside AETERM and AESER."""
    oids = ["AETERM", "AESER", *(each for each in items if each not in ("AETERM", "AESER"))]
    escaped = {each: quoteattr(each) for each in (*oids, *codes, form, label)}
    text = ODM.format(
        event=escaped[form], eventname=escaped[label], form=escaped[form], formname=escaped[label],
        refs="".join(f'<ItemRef ItemOID={escaped[oid]} Mandatory="No"/>' for oid in oids),
        items="".join(
            ITEM.format(oid=escaped[oid], name=escaped[oid],
                        text=label.replace("&", "&amp;").replace("<", "&lt;"))
            for oid in oids
        ),
        codes="".join(
            f"<CodeListItem CodedValue={escaped[code]}><Decode><TranslatedText>"
            f"{code.replace('&', '&amp;').replace('<', '&lt;')}</TranslatedText></Decode></CodeListItem>"
            for code in codes
        ),
        data="".join(f"<ItemData ItemOID={escaped[oid]} Value={escaped[codes[0]]}/>" for oid in oids),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.odm.xml"
        path.write_text(text, encoding="utf-8")
        begin_and_check(Path(folder) / "abc", path)


def test_traps_of_yaml_stay_text(begin: Begin, tmp_path: Path) -> None:
    """Codes NO, on and 0012 are keys of a map as they stand, and visits called so are labels."""
    source = tmp_path / "given"
    source.mkdir()
    write(source / "dm.csv", ["SUBJID", "SEX", "BRTHDAT", "VISIT", "NO: #1"],
          [["0012", "F", "2000-01-01", "NO", "it's"], ["0013", "M", "2000-01-02", "0012", "on"]])  # fmt: skip
    study, _ = begin(source)
    assert (
        '  - ["NO", "1", "NO"]\n  - ["0012", "2", "0012"]\n' in (study / "visits.yaml").read_text()
    )
    files = read_study(study)
    assert files.tables["schedule"].rows == (("NO", "1", "NO"), ("0012", "2", "0012"))
    assert files.faults == ()
