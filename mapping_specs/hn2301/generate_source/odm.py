"""The ODM-XML 1.3.2 file: metadata of three forms, then each subject's clinical data."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from measures import Cells
from subject import Subject
from told import STUDY, VISITS

# (name, label, data type, codelist or units); names are also SAS names, OIDs are FORM.NAME
Items = list[tuple[str, str, str, str]]

AUDITU: Final = ("AUDITU", "User who entered the item group", "text", "")

DM: Items = [
    ("DMDAT", "Date of demographics", "date", ""),
    ("SITENAME", "Name of the site", "text", ""),
    ("INITIALS", "Initials", "text", ""),
    ("RFICDAT", "Date of informed consent", "date", ""),
    ("BRTHYY", "Year of birth", "text", ""),
    ("BRTHMO", "Month of birth", "text", ""),
    ("BRTHDD", "Day of birth", "text", ""),
    ("SEX", "Sex", "text", "CL.SEX"),
    ("RACE", "Race", "text", "CL.RACE"),
    ("RACEOTH", "Race, other", "text", ""),
    ("ETHNIC", "Ethnicity", "text", "CL.ETHNIC"),
    ("ETHNICGR", "Chinese ethnic group", "text", "CL.ETHNICGR"),
    ("COUNTRY", "Country", "text", ""),
    AUDITU,
]
AE: Items = [
    ("AESPID", "Number of the event", "integer", ""),
    ("AETERM", "What is the adverse event?", "text", ""),
    ("AELLT", "Lowest level term", "text", ""),
    ("AELLTCD", "Lowest level term code", "integer", ""),
    ("AEDECOD", "Preferred term", "text", ""),
    ("AEPTCD", "Preferred term code", "integer", ""),
    ("AEHLT", "High level term", "text", ""),
    ("AEHLTCD", "High level term code", "integer", ""),
    ("AEHLGT", "High level group term", "text", ""),
    ("AEHLGTCD", "High level group term code", "integer", ""),
    ("AESOC", "System organ class", "text", ""),
    ("AESOCCD", "System organ class code", "integer", ""),
    ("AESTDAT", "Start date", "partialDate", ""),
    ("AESTTIM", "Start time", "partialTime", ""),
    ("AEENDAT", "End date", "partialDate", ""),
    ("AEONGO", "Is the event ongoing?", "text", "CL.NY"),
    ("AETOXGR", "CTCAE v5 grade", "text", "CL.GRADE"),
    ("AESER", "Is the event serious?", "text", "CL.NY"),
    ("AESDTH", "Resulted in death", "text", "CL.NY"),
    ("AESLIFE", "Life threatening", "text", "CL.NY"),
    ("AESHOSP", "Hospitalisation", "text", "CL.NY"),
    ("AESDISAB", "Disability", "text", "CL.NY"),
    ("AESCONG", "Congenital anomaly", "text", "CL.NY"),
    ("AESMIE", "Other medically important event", "text", "CL.NY"),
    ("AEREL", "Relation to HN2301", "text", "CL.REL"),
    ("AEACN", "Action taken with HN2301", "text", "CL.ACN"),
    ("AEACNOTH", "Other action taken", "text", ""),
    ("AEOUT", "Outcome", "text", "CL.OUT"),
    ("AECONTRT", "Was a medicine or procedure given?", "text", "CL.NY"),
    ("AETRTEM", "Treatment emergent", "text", "CL.NY"),
    ("AEINTRST", "Event of special interest", "text", "CL.INTRST"),
    AUDITU,
]
VS: Items = [
    ("VSPERF", "Were vital signs measured?", "text", "CL.NY"),
    ("VSREASND", "Reason not done", "text", ""),
    ("VSDAT", "Date of measurement", "date", ""),
    ("VSTIM", "Time of measurement", "partialTime", ""),
    ("VSTPT", "Planned time point", "text", "CL.TPT"),
    ("VSPOS", "Position of the subject", "text", "CL.POS"),
    ("SYSBP", "Systolic blood pressure", "integer", "mmHg"),
    ("DIABP", "Diastolic blood pressure", "integer", "mmHg"),
    ("PULSE", "Pulse rate", "integer", "beats/min"),
    ("RESP", "Respiratory rate", "integer", "breaths/min"),
    ("TEMP", "Body temperature", "float", "C F"),
    ("WEIGHT", "Weight", "float", "kg"),
    ("HEIGHT", "Height", "integer", "cm"),
    AUDITU,
]
FORMS: Final[Mapping[str, tuple[str, bool, Items]]] = {
    "DM": ("Demographics", False, DM),
    "VS": ("Vital signs", True, VS),
    "AE": ("Adverse events", True, AE),
}
UNITS: Final = ("mmHg", "beats/min", "breaths/min", "C", "F", "kg", "cm")
CODELISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "CL.NY": {"Y": "Yes", "N": "No"},
    "CL.SEX": {"1": "Male", "2": "Female"},
    "CL.RACE": {"1": "Asian", "2": "White", "3": "Black or African American", "9": "Other"},
    "CL.ETHNIC": {
        "1": "Hispanic or Latino",
        "2": "Not Hispanic or Latino",
        "3": "Not reported",
        "4": "Unknown",
    },
    "CL.ETHNICGR": {"01": "Han", "03": "Hui", "08": "Zhuang", "11": "Manchu", "99": "Other"},
    "CL.GRADE": {
        "1": "Grade 1",
        "2": "Grade 2",
        "3": "Grade 3",
        "4": "Grade 4",
        "5": "Grade 5",
    },
    "CL.REL": {
        "NOT RELATED": "Not related",
        "UNLIKELY": "Unlikely",
        "POSSIBLE": "Possible",
        "PROBABLE": "Probable",
        "DEFINITE": "Definite",
    },
    "CL.ACN": {
        "1": "None, dose not changed",
        "2": "Infusion interrupted",
        "3": "Stopped for good",
        "4": "Dose reduced",
        "9": "Does not apply",
    },
    "CL.OUT": {
        "1": "Recovered",
        "2": "Recovering",
        "3": "Not recovered",
        "4": "Recovered with sequelae",
        "5": "Fatal",
        "6": "Unknown",
    },
    "CL.INTRST": {
        "CRS": "Cytokine release syndrome",
        "ICANS": "Immune effector cell neurotoxicity",
        "INFECTION": "Infection",
        "CYTOPENIA": "Cytopenia",
        "NONE": "None",
    },
    "CL.TPT": {"PREDOSE": "Before the infusion", "1H POST": "1 hour after the infusion"},
    "CL.POS": {"1": "Sitting", "2": "Supine"},
}
PLACE: Final = ("EVENT", "EVENT_REPEAT", "GROUP_REPEAT")
VERSION: Final = "v1.0"


class OdmFile:
    """Written element by element; knows its line, by which a row is found again."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8", newline="\n")
        self.line = 0
        self._put('<?xml version="1.0" encoding="UTF-8"?>')
        self._put("<!-- All data in this file are INVENTED example data for study HN2301. -->")
        self._open(
            "ODM",
            xmlns="http://www.cdisc.org/ns/odm/v1.3",
            ODMVersion="1.3.2",
            FileType="Snapshot",
            Granularity="All",
            FileOID="HN2301.EXAMPLE",
            CreationDateTime=f"{STUDY['data_cut'].isoformat()}T00:00:00+08:00",
        )
        self._study()
        self._open("AdminData", StudyOID="HN2301")
        for site in STUDY["sites"]:
            named = {"OID": site["code"], "Name": site["name"], "LocationType": "Site"}
            self._open("Location", **named)
            since = STUDY["enrolment_starts"].isoformat()
            version = {"StudyOID": "HN2301", "MetaDataVersionOID": VERSION, "EffectiveDate": since}
            self._empty("MetaDataVersionRef", **version)
            self._close("Location")
        self._close("AdminData")
        self._open("ClinicalData", StudyOID="HN2301", MetaDataVersionOID=VERSION)

    def write(self, subject: Subject, forms: Mapping[str, list[Cells]]) -> dict[str, list[int]]:
        """One subject: visit by visit, then the log; the line of each row, in the rows' order."""
        lines: dict[str, list[int]] = {form: [0] * len(rows) for form, rows in forms.items()}
        events: dict[tuple[str, str], list[tuple[str, int, Cells]]] = {}
        for form, rows in forms.items():
            for place, row in enumerate(rows):
                at = (str(row["EVENT"]), str(row["EVENT_REPEAT"]))
                events.setdefault(at, []).append((form, place, row))
        if not events:
            return lines
        self._open("SubjectData", SubjectKey=subject.label)
        self._empty("SiteRef", LocationOID=subject.site["code"])
        for (event, repeat), groups in events.items():
            self._open("StudyEventData", StudyEventOID=event, StudyEventRepeatKey=repeat)
            for form in dict.fromkeys(form for form, _, _ in groups):
                self._open("FormData", FormOID=form)
                for name, place, row in groups:
                    if name == form:
                        lines[form][place] = self._group(form, row)
                self._close("FormData")
            self._close("StudyEventData")
        self._close("SubjectData")
        return lines

    def close(self) -> None:
        self._close("ClinicalData")
        self._close("ODM")
        self.file.close()

    def _group(self, form: str, cells: Cells) -> int:
        row = {name: str(cell) for name, cell in cells.items()}
        repeat = {"ItemGroupRepeatKey": row["GROUP_REPEAT"]} if row["GROUP_REPEAT"] else {}
        self._open("ItemGroupData", ItemGroupOID=form, **repeat)
        line = self.line
        for name, value in row.items():
            if name in PLACE or not value or name.endswith(".unit"):
                continue
            item = f"<ItemData ItemOID={quoteattr(f'{form}.{name}')} Value={quoteattr(value)}"
            unit = row.get(f"{name}.unit", "")
            if unit:
                self._put(f"{item}><MeasurementUnitRef MeasurementUnitOID={quoteattr(unit)}/>"
                          "</ItemData>")  # fmt: skip
            else:
                self._put(f"{item}/>")
        self._close("ItemGroupData")
        return line

    def _put(self, text: str) -> None:
        self.line += 1
        self.file.write(f"{text}\n")

    def _start(self, name: str, attributes: Mapping[str, str]) -> str:
        return f"<{name}" + "".join(f" {key}={quoteattr(text)}" for key, text in attributes.items())

    def _open(self, name: str, **attributes: str) -> None:
        self._put(self._start(name, attributes) + ">")

    def _empty(self, name: str, **attributes: str) -> None:
        self._put(self._start(name, attributes) + "/>")

    def _close(self, name: str) -> None:
        self._put(f"</{name}>")

    def _text(self, name: str, text: str) -> None:
        text = quoteattr(text)[1:-1]
        translated = f'<TranslatedText xml:lang="en">{text}</TranslatedText>'
        self._put(f"<{name}>{translated}</{name}>")

    def _references(self, name: str, oids: Iterable[str]) -> None:
        for number, oid in enumerate(oids, 1):
            places = {f"{name}OID": oid, "OrderNumber": str(number), "Mandatory": "No"}
            self._empty(f"{name}Ref", **places)

    def _study(self) -> None:
        self._open("Study", OID="HN2301")
        self._open("GlobalVariables")
        self._put("<StudyName>HN2301</StudyName>")
        self._put("<StudyDescription>Invented example data</StudyDescription>")
        self._put("<ProtocolName>HN2301</ProtocolName>")
        self._close("GlobalVariables")
        self._open("BasicDefinitions")
        for unit in UNITS:
            self._open("MeasurementUnit", OID=unit, Name=unit)
            self._text("Symbol", unit)
            self._close("MeasurementUnit")
        self._close("BasicDefinitions")
        self._open("MetaDataVersion", OID=VERSION, Name="Example forms")
        self._definitions()
        self._close("MetaDataVersion")
        self._close("Study")

    def _definitions(self) -> None:
        self._open("Protocol")
        self._references("StudyEvent", [visit.code for visit in VISITS] + ["LOG"])
        self._close("Protocol")
        for visit in VISITS:
            kind = "Unscheduled" if visit.code == "UNS" else "Scheduled"
            named = {"OID": visit.code, "Name": visit.label, "Repeating": "Yes", "Type": kind}
            self._open("StudyEventDef", **named)
            self._references("Form", ["DM", "VS"] if visit.code == "SCR" else ["VS"])
            self._close("StudyEventDef")
        self._open("StudyEventDef", OID="LOG", Name="Log forms", Repeating="Yes", Type="Common")
        self._references("Form", ["AE"])
        self._close("StudyEventDef")
        for form, (label, _, _) in FORMS.items():
            self._open("FormDef", OID=form, Name=label, Repeating="No")
            self._references("ItemGroup", [form])
            self._close("FormDef")
        for form, (label, repeating, items) in FORMS.items():
            again = "Yes" if repeating else "No"
            self._open("ItemGroupDef", OID=form, Name=label, Repeating=again, SASDatasetName=form)
            self._references("Item", [f"{form}.{name}" for name, *_ in items])
            self._close("ItemGroupDef")
        for form, (_, _, items) in FORMS.items():
            for item in items:
                self._item(form, *item)
        for oid, codes in CODELISTS.items():
            self._open("CodeList", OID=oid, Name=oid.removeprefix("CL."), DataType="text")
            for code, decode in codes.items():
                self._open("CodeListItem", CodedValue=code)
                self._text("Decode", decode)
                self._close("CodeListItem")
            self._close("CodeList")

    def _item(self, form: str, name: str, label: str, data_type: str, extra: str) -> None:
        length = {"text": {"Length": "2000"}, "integer": {"Length": "8"}}
        digits = {"float": {"Length": "6", "SignificantDigits": "1"}}
        named = {"OID": f"{form}.{name}", "Name": name, "SASFieldName": name}
        sized = {**length, **digits}.get(data_type, {})
        self._open("ItemDef", **named, DataType=data_type, **sized)
        self._text("Question" if label.endswith("?") else "Description", label)
        if extra.startswith("CL."):
            self._empty("CodeListRef", CodeListOID=extra)
        else:
            for unit in extra.split():
                self._empty("MeasurementUnitRef", MeasurementUnitOID=unit)
        self._close("ItemDef")
