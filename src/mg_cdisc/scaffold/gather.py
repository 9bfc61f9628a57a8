"""The files that a first spec is made from, each form of them read as a source of the study to be."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mg_cdisc.errors import Finding, Location, SourceError, TransportError
from mg_cdisc.scaffold.columns import SITES, SUBJECTS, VISITS, find_column, guess_keys
from mg_cdisc.scaffold.material import Material, source_name
from mg_cdisc.scaffold.recognise import known_names
from mg_cdisc.sources import (
    Form,
    FormField,
    SourceDeclaration,
    SourceTable,
    StudyEvent,
    odm_events,
    odm_forms,
)
from mg_cdisc.sources.declaration import DELIMITERS, SUFFIXES
from mg_cdisc.sources.excel import sheet_names
from mg_cdisc.sources.files import find
from mg_cdisc.sources.odm import SITE
from mg_cdisc.sources.odm_clinical import KEYS
from mg_cdisc.sources.read import Shared, read_source
from mg_cdisc.sources.redcap import EVENT, INSTANCE, INSTRUMENT, SYSTEM
from mg_cdisc.sources.redcap_dictionary import Dictionary, read_dictionary
from mg_cdisc.transport import list_members

FOLDER: Final = "source"
"""Where a study's files are put, inside its folder."""
EXPORT: Final = "redcap_export.csv"
"""The name that an export of REDCap is to have, where only the dictionary is given."""
_DICTIONARY: Final = ({"Variable / Field Name", "Form Name"}, {"field_name", "form_name"})
_SHOWN: Final = 24
"""How many characters around the first that is not ASCII are shown."""


@dataclass
class Gathered:
    """Every form that was found, the study events of ODM files, and the files left aside."""

    forms: list[Material] = field(default_factory=list)
    events: list[StudyEvent] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    asked: list[Finding] = field(default_factory=list)


class Gatherer:
    """Reads files that stand in a study's folder already."""

    def __init__(self, folder: Path, subject: str, encodings: Mapping[str, str]) -> None:
        self.folder, self.subject, self.encodings = folder, subject, encodings
        self.found = Gathered()
        self._taken: set[str] = {"schedule"}
        self._dictionary = ""

    def gather(self, files: Sequence[str], dictionary: str) -> Gathered:
        """Each form of the files, which are named relative to the study's folder.

        Raises SourceError where a text file's encoding has to be said.
        """
        kinds = {name: self._kind(name) for name in files if name != dictionary}
        found = [name for name, kind in kinds.items() if kind == "dictionary"]
        self._dictionary = dictionary or (found[0] if len(found) == 1 else "")
        for name, kind in kinds.items():
            if kind == "odm":
                self._odm(name)
            elif kind == "dictionary" and name != self._dictionary:
                self.found.aside.append(f"{name}: one of several data dictionaries")
            elif kind and kind != "dictionary":
                self._flat(name, kind)
            elif not kind:
                self.found.aside.append(f"{name}: no kind of file that a source can be")
        if self._dictionary and not any(
            each.declaration.dictionary == self._dictionary for each in self.found.forms
        ):
            self._redcap(f"{FOLDER}/{EXPORT}")
        if self.found.asked:
            raise SourceError(self.found.asked)
        return self.found

    def _kind(self, name: str) -> str:
        lower = name.lower()
        path = self.folder / name
        with path.open("rb") as stream:
            head = stream.read(4096)
        if lower.endswith(".xml"):
            return "odm" if b"<ODM" in head or b":ODM" in head or b"O\0D\0M" in head else ""
        kind: str = SUFFIXES.get(Path(lower).suffix, "")
        if kind == "csv":
            text = head.decode("utf-8-sig", "replace").partition("\n")[0]
            names = set(next(csv.reader(io.StringIO(text), delimiter=_delimiter(text)), []))
            if any(wanted <= names for wanted in _DICTIONARY):
                return "dictionary"
        return kind

    # one reader for each kind

    def _odm(self, name: str) -> None:
        path = self.folder / name
        try:
            names, forms = _best_names(path)
            self.found.events += odm_events(path)
        except SourceError as error:
            self._unread(name, {"file": name, "format": "odm", "form": "TODO"}, error)
            return
        several = {each.oid for each in forms if sum(one.oid == each.oid for one in forms) > 1}
        made: list[tuple[Form, SourceDeclaration]] = []
        for form in forms:
            said: dict[str, Any] = {"file": name, "format": "odm", "form": form.oid}
            if form.oid in several:
                said["item_group"] = form.item_group
            if names != "oid":
                said["names"] = names
            declaration = self._declare(said)
            if declaration is not None:
                made.append((form, declaration))
        shared = Shared([declaration for _, declaration in made], self.folder)
        for form, declaration in made:
            own = (form.item_group, form.oid) if form.oid in several else (form.name, form.oid)
            table, fault = self._read(declaration, shared)
            site = SITE if table is not None and SITE in table.columns else ""
            self.found.forms.append(
                Material(
                    self._name(*own),
                    form.name or form.oid,
                    declaration,
                    ((FormField(SITE, "Site", item=SITE),) if site else ()) + form.fields,
                    table,
                    fault,
                    tuple(KEYS),
                    True,
                    "SubjectKey",
                    site,
                    "StudyEventOID",
                )
            )

    def _redcap(self, name: str) -> None:
        encoding = self._encoding(name) if (self.folder / name).exists() else ""
        encoding = encoding or self._encoding(self._dictionary)
        try:
            dictionary = self._read_dictionary(encoding)
        except SourceError as error:
            said = {
                "file": name,
                "format": "redcap",
                "form": "TODO",
                "dictionary": self._dictionary,
            }
            self._unread(name, said, error)
            return
        record = dictionary.record_id
        made: list[tuple[Form, SourceDeclaration]] = []
        for form in dictionary.forms(record):
            said = {"file": name, "format": "redcap", "form": form.oid}
            said |= {"dictionary": self._dictionary}
            said |= {"encoding": encoding} if encoding else {}
            declaration = self._declare(said)
            if declaration is not None:
                made.append((form, declaration))
        shared = Shared([declaration for _, declaration in made], self.folder)
        for form, declaration in made:
            table, fault = self._read(declaration, shared)
            columns = table.columns if table is not None else ()
            keys = [each for each in (record, EVENT, INSTRUMENT, INSTANCE) if each in columns]
            told = {f"{form.oid}_complete": "the status of the form in REDCap"}
            time = f"{form.oid}_timestamp"
            told |= {time: "when the survey was answered in REDCap"} if time in columns else {}
            told |= {
                each: f"{SYSTEM[each]} of REDCap"
                for each in columns
                if each in SYSTEM and each not in keys
            }
            fields = tuple(each for each in form.fields if each.name not in told)
            self.found.forms.append(
                Material(
                    self._name(form.name),
                    form.name.replace("_", " ").capitalize(),
                    declaration,
                    fields,
                    table,
                    fault,
                    tuple(keys) or (record,),
                    True,
                    record,
                    "",
                    EVENT if EVENT in columns else "",
                    told,
                )
            )

    def _read_dictionary(self, encoding: str = "") -> Dictionary:
        said = {"file": self._dictionary, "format": "csv"}
        said["encoding"] = encoding or self._encoding(self._dictionary) or "utf-8"
        return read_dictionary(self.folder, SourceDeclaration.model_validate(said))

    def _flat(self, name: str, kind: str) -> None:
        said: dict[str, Any] = {"file": name}
        parts: Iterator[tuple[str, dict[str, Any]]] = iter([("", {})])
        try:
            if kind == "csv":
                said |= self._text_file(name)
                if self._dictionary and self._is_export(name, said):
                    self._redcap(name)
                    return
            elif kind == "excel":
                sheets = sheet_names(find(name, self.folder))
                parts = iter(
                    [(each, {"sheet": each} if len(sheets) > 1 else {}) for each in sheets]
                )
            elif kind == "xpt":
                members = list_members(self.folder / name)
                parts = iter(
                    [(each, {"member": each} if len(members) > 1 else {}) for each in members]
                )
        except (SourceError, TransportError) as error:
            self._unread(name, said, error)
            return
        for part, more in parts:
            declaration = self._declare(said | more)
            if declaration is None:
                return
            self._one_table(declaration, part if more else "", Path(name).stem)

    def _one_table(self, declaration: SourceDeclaration, part: str, stem: str) -> None:
        table, fault = self._read(declaration, Shared([declaration], self.folder))
        columns = table.columns if table is not None else ()
        subject = self.subject if self.subject in columns else find_column(columns, SUBJECTS)
        event = find_column(columns, VISITS)
        labels = table.labels if table is not None else {}
        keys = guess_keys(table, subject, event) if table is not None and subject else ()
        self.found.forms.append(
            Material(
                self._name(f"{stem} {part}".strip()),
                _label(part or stem),
                declaration,
                tuple(FormField(each, labels.get(each, ""), "", item=each) for each in columns),
                table,
                fault,
                keys,
                False,
                subject,
                find_column(columns, SITES),
                event,
            )
        )

    def _is_export(self, name: str, said: Mapping[str, Any]) -> bool:
        """Whether a CSV file is what the dictionary describes: it has the status of one of its forms."""
        head = (self.folder / name).read_bytes().partition(b"\n")[0]
        text = head.decode(said.get("encoding", "utf-8-sig"), "replace")
        names = next(csv.reader(io.StringIO(text), delimiter=_delimiter(text)), [])
        forms = {each.form for each in self._read_dictionary().fields}
        return any(f"{form}_complete" in names for form in forms)

    # what is common to them

    def _read(self, declared: SourceDeclaration, shared: Shared) -> tuple[SourceTable | None, str]:
        try:
            return read_source(declared, self.folder, 0, shared), ""
        except SourceError as error:
            return None, "; ".join(each.what for each in error.findings)

    def _declare(self, said: dict[str, Any]) -> SourceDeclaration | None:
        """What sources.yaml would say of a form; what it cannot say is left aside."""
        try:
            return SourceDeclaration.model_validate(said)
        except ValidationError as error:
            why = "; ".join(each["msg"] for each in error.errors(include_url=False))
            place = f"{said['file']}, form {said['form']!r}" if "form" in said else said["file"]
            self.found.aside.append(f"{place}: {why}")
            return None

    def _unread(self, name: str, said: dict[str, Any], error: SourceError | TransportError) -> None:
        """A file of which nothing is known: an entry all the same, so that its fault is told."""
        declaration = self._declare(said)
        if declaration is None:
            return
        self.found.forms.append(
            Material(
                self._name(Path(name).stem),
                Path(name).stem,
                declaration,
                (),
                None,
                "; ".join(each.what for each in error.findings),
            )
        )

    def _name(self, *wanted: str) -> str:
        name = source_name(wanted, self._taken)
        self._taken.add(name)
        return name

    def _text_file(self, name: str) -> dict[str, Any]:
        said: dict[str, Any] = {}
        encoding = self._encoding(name)
        if encoding:
            said["encoding"] = encoding
        head = (self.folder / name).read_bytes().partition(b"\n")[0].decode("latin_1")
        sign = _delimiter(head)
        usual = "\t" if name.lower().endswith(".tsv") else ","
        if sign != usual:
            said["delimiter"] = next(word for word, each in DELIMITERS.items() if each == sign)
        return said

    def _encoding(self, name: str) -> str:
        """What has to be declared: nothing of a file in UTF-8, else what the user said."""
        data = (self.folder / name).read_bytes()
        short = Path(name).name
        said = self.encodings.get(short, self.encodings.get("", ""))
        marked = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as fault:
            if not said and not marked and b"\0" not in data:
                readings = _readings(data, fault.start, ("gb18030", "windows-1252"))
                self.found.asked.append(_ask(name, data, fault.start, readings, "is not utf-8"))
            return said
        if not said and not marked and _by_accident(text):
            at = next(at for at, byte in enumerate(data) if byte > 127)
            readings = _readings(data, at, ("utf-8", "gb18030"))
            if len(readings) > 1:
                what = "has so little text that is not ASCII that its encoding is not certain"
                self.found.asked.append(_ask(name, data, at, readings, what))
        return said if said == "gb18030" and _by_accident(text) else ""


def _label(name: str) -> str:
    """What a form is called whose file has no label for it: ``DM``, ``Adverse events``."""
    words = name.replace("_", " ").strip()
    return words.upper() if len(words) <= 3 else words[:1].upper() + words[1:]


def _by_accident(text: str) -> bool:
    """Whether text that was read as UTF-8 may be Chinese in GB18030: a few letters of rare kinds.

    Two bytes of GB18030 can be one letter between Latin and Chinese in UTF-8, as Greek is. Eight of
    them cannot all be so by accident (see ``sources.encoding``).
    """
    odd = [found[0] for found in islice(re.finditer(r"[^\x00-\x7f]", text), 8)]
    return 0 < len(odd) < 8 and all("\u0180" <= sign <= "\u07ff" for sign in odd)


def _readings(data: bytes, at: int, encodings: Sequence[str]) -> dict[str, str]:
    """What a place reads in each of the encodings that read the whole file."""
    start = max(data.rfind(b"\n", 0, at) + 1, data.rfind(b",", 0, at) + 1, at - _SHOWN)
    piece = data[start : at + _SHOWN]
    made = {}
    for encoding in encodings:
        codec = {"windows-1252": "cp1252"}.get(encoding, encoding)
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        made[encoding] = re.split(r"[,;|\t\r\n]", piece.decode(codec, "ignore"))[0].strip(' "')
    return made


def _ask(name: str, data: bytes, at: int, readings: Mapping[str, str], why: str) -> Finding:
    """Which encoding a file is in is asked, with what it would say in each."""
    short = Path(name).name
    where = Location(short, row=1 + data.count(b"\n", 0, at))
    if not readings:
        what = "the file is not utf-8, and no other encoding that can be declared reads it"
        return Finding(where, "source-encoding", what, "Export it as UTF-8.")
    read = " and in ".join(f"{encoding}: {text!r}" for encoding, text in readings.items())
    options = " or ".join(f"--encoding {short}={encoding}" for encoding in readings)
    what = f"the file {why}; this place reads in {read}"
    return Finding(where, "source-encoding", what, f"Say which it is: {options}.")


def _delimiter(header: str) -> str:
    """The sign that divides a header into the most columns; a comma where none does."""
    counts = {}
    for sign in DELIMITERS.values():
        parsed = next(csv.reader(io.StringIO(header), delimiter=sign), [])
        counts[sign] = len(parsed)
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] > 1 else ","


def _best_names(path: Path) -> tuple[str, list[Form]]:
    """What names the items of a file best: those under which most are called as in SDTM or CDASH."""
    made = [("oid", odm_forms(path, "oid"))]
    for names in ("sas", "name"):
        try:
            forms = odm_forms(path, names)
        except SourceError:  # names that are missing or do not tell items apart
            continue
        reserved = {*KEYS, SITE}
        if not any(each.name in reserved for form in forms for each in form.fields):
            made.append((names, forms))
    return max(made, key=lambda each: (known_names(each[1]), _words(each[1])))


def _words(forms: Sequence[Form]) -> int:
    """How many fields have names that stand in an expression without backticks."""
    return sum(each.name.isidentifier() for form in forms for each in form.fields)
