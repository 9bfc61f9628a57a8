"""Edits of the golden study as people make them: one table, from name to what is done to its files.

Each is a function of the study's folder and a seeded random source. It says what it did, or '' where
an earlier edit left nothing to do. Most leave a study that builds.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

Edit = Callable[[Path, random.Random], str]
WORDS = ("Alpha", "beta gamma", "DELTA", "a rather long text to be stored", "x", "Two words", "1", "0.5",
         "it's", 'a "quoted" word', "less < more & <b>", "50 %", "ends in a point.", "A/B; C, D")  # fmt: skip
FORMS = {"patients": "patienten.csv", "vitals": "vitalwerte.csv", "dosing": "dosierung.csv",
         "completion": "abschluss.csv", "contacts": "contacts.txt"}  # fmt: skip


def words(rng: random.Random) -> str:
    """A text of one to four words, no blank at its ends."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 5)))


def quoted(text: str) -> str:
    """A text as a YAML scalar."""
    return "'" + text.replace("'", "''") + "'"


# forms


def _form(study: Path, name: str) -> tuple[Path, str, list[list[str]]]:
    path = study / "source" / FORMS[name]
    sign = "|" if path.suffix == ".txt" else ";"
    text = path.read_bytes().decode("windows-1252")
    return path, sign, [line.split(sign) for line in text.splitlines()]


def _save(path: Path, sign: str, rows: list[list[str]]) -> None:
    text = "".join(sign.join(row) + "\n" for row in rows)
    path.write_bytes(text.encode("windows-1252"))


def _cell(name: str, column: str, change: Callable[[str, random.Random], str]) -> Edit:
    """Change one cell of a column that is filled."""

    def edit(study: Path, rng: random.Random) -> str:
        path, sign, rows = _form(study, name)
        at = rows[0].index(column)
        filled = [number for number in range(1, len(rows)) if rows[number][at]]
        if not filled:
            return ""
        number = rng.choice(filled)
        before = rows[number][at]
        rows[number][at] = change(before, rng)
        _save(path, sign, rows)
        return f"{name}.{column} {before!r} to {rows[number][at]!r}"

    return edit


def _code(*codes: str) -> Callable[[str, random.Random], str]:
    return lambda before, rng: rng.choice([code for code in codes if code != before])


def _text(before: str, rng: random.Random) -> str:
    return words(rng).replace("|", "").replace('"', "")


def _digits(before: str, rng: random.Random) -> str:
    number = re.match(r"\d+", before)
    return f"{number[0] if number else 7},{rng.choice(('5', '05', '125', '75'))}"


def _vaguer(before: str, rng: random.Random) -> str:
    return (
        before.rpartition("-")[0] or before if "-" in before else before.partition(".")[2] or before
    )


def drop_row(study: Path, rng: random.Random) -> str:
    name = rng.choice(("vitals", "contacts", "dosing"))
    path, sign, rows = _form(study, name)
    if len(rows) < 4:
        return ""
    gone = rows.pop(rng.randrange(1, len(rows)))
    _save(path, sign, rows)
    return f"{name} without {gone[:4]}"


def add_contact(study: Path, rng: random.Random) -> str:
    path, sign, rows = _form(study, "contacts")
    who = rng.choice(("TINY2-101-001", "TINY2-202-002", "TINY2-101-003"))
    date = f"2024-{rng.randrange(9, 12):02d}-{rng.randrange(1, 28):02d}"
    rows.append([who, date, rng.choice(("Phone", "Letter")), _text("", rng), _text("", rng)])
    _save(path, sign, rows)
    return f"contact of {who}"


def add_vitals(study: Path, rng: random.Random) -> str:
    path, sign, rows = _form(study, "vitals")
    row = list(rng.choice(rows[1:]))
    row[2:4] = ["U", f"{rng.randrange(1, 28):02d}.10.2024"]
    rows.append(row)
    _save(path, sign, rows)
    return f"unscheduled vital signs of {row[:2]}"


def add_subject(study: Path, rng: random.Random) -> str:
    site, number = rng.choice(("101", "202")), str(rng.randrange(4, 90))
    path, sign, rows = _form(study, "patients")
    if [site, number] in [row[:2] for row in rows]:
        return ""
    rows.append([site, number, "X.Y.", "05.1980", "", rng.choice("WM"), rng.choice("123"), "2",
                 "06.09.2024", str(rng.randrange(150, 199)), "cm", "Dr. Müller"])  # fmt: skip
    _save(path, sign, rows)
    path, sign, rows = _form(study, "completion")
    rows.append([site, number, "S", "10.09.2024", ""])
    _save(path, sign, rows)
    return f"subject {site}-{number}, not eligible"


def blank_column(study: Path, rng: random.Random) -> str:
    name, column = rng.choice((("vitals", "Puls"), ("vitals", "Temp"), ("contacts", "BY")))
    path, sign, rows = _form(study, name)
    at = rows[0].index(column)
    for row in rows[1:]:
        row[at] = ""
    _save(path, sign, rows)
    return f"{name}.{column} blank"


def shuffle_rows(study: Path, rng: random.Random) -> str:
    name = rng.choice(list(FORMS))
    path, sign, rows = _form(study, name)
    rest = rows[1:]
    rng.shuffle(rest)
    _save(path, sign, [rows[0], *rest])
    return f"{name} in another order"


def rename_column(study: Path, rng: random.Random) -> str:
    old, new = rng.choice((("TOPIC", "ABOUT"), ("BY", "CALLER"), ("KIND", "MEANS")))
    path, sign, rows = _form(study, "contacts")
    if old not in rows[0]:
        return ""
    rows[0][rows[0].index(old)] = new
    _save(path, sign, rows)
    return f"column {old} is {new}" if _swap(study, "sdtm/xc.yaml", rf"\b{old}\b", new) else ""


def new_code(study: Path, rng: random.Random) -> str:
    """A code that the form did not have, in the form and in the map of its codelist."""
    file, column, codelist, code, term = rng.choice((
        ("patients", "Herkunft", "RACE", '"4"', "AMERICAN INDIAN OR ALASKA NATIVE"),
        ("patients", "Ethnie", "ETHNIC", '"8"', "UNKNOWN"),
        ("completion", "Status", "NCOMPLT", "P", "PHYSICIAN DECISION"),
        ("vitals", "Lage", "POSITION", "P", "PRONE"),
    ))  # fmt: skip
    if not _swap(
        study, "terminology.yaml", rf"({codelist}:\n  map: {{)", rf"\g<1>{code}: {term}, "
    ):
        return ""
    done = _cell(file, column, lambda before, rng: code.strip('"'))(study, rng)
    return f"{done}, mapped to {term}"


# specs


def _swap(study: Path, name: str, pattern: str, new: str) -> bool:
    """Replace the first match; whether there was one."""
    path = study / name
    if not path.is_file():
        return False
    made, count = re.subn(pattern, new, path.read_text(encoding="utf-8"), count=1, flags=re.M)
    path.write_text(made, encoding="utf-8")
    return bool(count)


def _insert(study: Path, name: str, section: str, line: str) -> None:
    """A line under a section of a dataset spec, which is added where there is none."""
    path = study / name
    text = path.read_text(encoding="utf-8")
    if re.search(rf"^{section}:$", text, re.M):
        text = re.sub(
            rf"^{section}:\n", lambda found: f"{found[0]}  {line}\n", text, count=1, flags=re.M
        )
    else:
        text += f"{section}:\n  {line}\n"
    path.write_text(text, encoding="utf-8")


def _replaced(name: str, *pairs: tuple[str, str]) -> Edit:
    """One of these patterns of a file replaced."""

    def edit(study: Path, rng: random.Random) -> str:
        pattern, new = rng.choice(pairs)
        return f"{name}: {new}" if _swap(study, name, pattern, new) else ""

    return edit


def variable_fact(study: Path, rng: random.Random) -> str:
    """A label, comment, method, display format, origin, role or length of the spec's own."""
    name, variables = rng.choice((
        ("dm", "SUBJID SITEID BRTHDTC AGE COUNTRY ARM"), ("ds", "DSTERM DSCAT DSSTDTC DSSTDY"),
        ("ex", "EXREFID EXTRT EXDOSE EXSTDTC EXSEQ"), ("vs", "VSTEST VSSTRESN VSPOS VISIT VSDTC VSDRVFL"),
    ))  # fmt: skip
    variable = rng.choice(variables.split())
    text = quoted(words(rng))
    fact = rng.choice((
        f"label: {quoted(words(rng)[:40].strip())}", f"comment: {text}", f"method: {text}",
        f"origin: Derived, method: {text}", "origin: Assigned", "role: Record Qualifier",
        "mandatory: false", f"origin: Collected, statement: {text}",
    ))  # fmt: skip
    path = f"sdtm/{name}.yaml"
    if re.search(rf"^  {variable}: *{{", (study / path).read_text(encoding="utf-8"), re.M):
        return ""
    _insert(study, path, "variables", f"{variable}: {{{fact}}}")
    return f"{name} {variable}: {fact}"


def dataset_fact(study: Path, rng: random.Random) -> str:
    name = rng.choice(("ds", "ex", "vs", "dm"))
    key = rng.choice(("label", "structure", "comment"))
    text = words(rng)[:40].strip()
    path = study / f"sdtm/{name}.yaml"
    if not path.is_file() or re.search(rf"^{key}:", path.read_text(encoding="utf-8"), re.M):
        return ""
    path.write_text(f"{key}: {quoted(text)}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return f"{name} {key}: {text}"


def new_variable(study: Path, rng: random.Random) -> str:
    """A variable that the dataset did not have: a word, a copy, a number, a date, a flag."""
    name, line = rng.choice((
        ("ex", f"EXCAT: {{hardcode: {quoted(words(rng)[:200])}}}"), ("ex", "EXLOT: lower(EXREFID)"),
        ("ex", "EXDOSTOT: EXDOSE / 3"), ("ex", "EXTPT: {assign: Visite}"),
        ("vs", "VSCAT: {hardcode: VITAL SIGNS, when: not missing(VSORRES)}"),
        ("vs", "VSNAM: concat('Device ', VSTESTCD)"), ("vs", "VSBLFL: VSLOBXFL"),
        ("ds", f"DSSCAT: {{hardcode: {quoted(words(rng)[:60])}}}"), ("ds", "DSSPID: text(DSSEQ)"),
        ("xc", "XCSCAT: {hardcode: CALL, when: XCCAT = 'PHONE CALL'}"), ("xc", "XCENDTC: XCSTDTC"),
        ("xc", f"XCLOC: {{hardcode: {quoted(words(rng)[:60])}}}"), ("dm", "DMDTC: RFICDTC"),
    ))  # fmt: skip
    variable = line.partition(":")[0]
    path = study / f"sdtm/{name}.yaml"
    if not path.is_file() or variable in path.read_text(encoding="utf-8"):
        return ""
    text = path.read_text(encoding="utf-8")
    if name == "dm":
        text = text.replace("work:\n", f"  - {line}\nwork:\n", 1)
    else:  # behind the last step
        text = re.sub(r"(  - \w\wSEQ:.*\n)", lambda found: f"{found[0]}  - {line}\n", text, count=1)
    path.write_text(text, encoding="utf-8")
    return f"{name}: {line}"


def new_qualifier(study: Path, rng: random.Random) -> str:
    name, value, origin = rng.choice((
        ("ex", "Visite", "Collected"), ("ex", "text(EXDOSE * 2)", "Derived"),
        ("ex", "lower(Kit)", "Derived"), ("ex", "Beginn", "Collected"),
        ("ds", "concat('day of ', DSDECOD)", "Derived"), ("vs", "Gerät", "Collected"),
        ("dm", "concat(SEX, RACE)", "Derived"), ("dm", "concat('born ', Geburt)", "Derived"),
    ))  # fmt: skip
    path = f"sdtm/{name}.yaml"
    if not (study / path).is_file():
        return ""
    label = quoted(words(rng)[:40].strip())
    line = f"- {{QNAM: Q{rng.randrange(1000)}, QLABEL: {label}, assign: {quoted(value)}, origin: {origin}}}"
    _insert(study, path, "supplemental", line)
    return f"{name} {line}"


def drop_qualifier(study: Path, rng: random.Random) -> str:
    gone = rng.choice(("RANDNO", "RANDORD", "SITESIZE"))
    return f"no {gone}" if _swap(study, "sdtm/dm.yaml", rf"^  - {{QNAM: {gone}.*\n", "") else ""


def move_step(study: Path, rng: random.Random) -> str:
    """Two steps that stand one behind the other change places; some do not build so."""
    name = rng.choice(("ex", "xc", "vs", "ds"))
    path = study / f"sdtm/{name}.yaml"
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8").split("\n")
    short = [at for at, line in enumerate(lines[:-1])
             if re.match(r"  - [A-Z]+: ", line) and re.match(r"  - [A-Z]+: ", lines[at + 1])]  # fmt: skip
    if not short:
        return ""
    at = rng.choice(short)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    path.write_text("\n".join(lines), encoding="utf-8")
    return f"{name}: {lines[at].strip()} before {lines[at + 1].strip()}"


def value_level(study: Path, rng: random.Random) -> str:
    variable = rng.choice(
        ("VSSTRESN", "VSORRESU", "VSSTRESU", "VSPOS", "VSSTRESC", "VSSTAT", "VSDRVFL")
    )
    keys = rng.choice(("VSTESTCD", "[VSTESTCD, VISIT]", "[VSTESTCD, VSPOS]", "VSDRVFL"))
    path = study / "sdtm/vs.yaml"
    if f"  {variable}: [" in path.read_text(encoding="utf-8"):
        return ""
    _insert(study, "sdtm/vs.yaml", "value_level", f"{variable}: {keys}")
    return f"value level of {variable} by {keys}"


def visits(study: Path, rng: random.Random) -> str:
    pattern, new = rng.choice((
        ("SCREENING", "SCREENING VISIT"), (r"WEEK 4\b", "WEEK FOUR"), ('"29"', '"28"'), ('"57"', '"60"'),
        ('"3"', '"30"'), ('"4"', '"4.5"'), ("WEEK 8", "LAST VISIT OF ALL, AT WEEK 8"), ('"-14"', '"-7"'),
    ))  # fmt: skip
    return f"visits: {new}" if _swap(study, "visits.yaml", pattern, new) else ""


def drop_dataset(study: Path, rng: random.Random) -> str:
    """The call log is not submitted."""
    path = study / "sdtm/xc.yaml"
    if not path.is_file():
        return ""
    path.unlink()
    (study / "source/contacts.txt").unlink()
    _swap(study, "sources.yaml", r"^contacts:\n(  .*\n)+", "")
    _swap(study, "findings.yaml", r"^- finding: unknown-subject\n(  .*\n)+", "")
    return "no XC"


def analysis(study: Path, rng: random.Random) -> str:
    """Two analysis datasets over the tabulation."""
    folder = study / "adam"
    if folder.is_dir():
        return ""
    folder.mkdir()
    extra = rng.choice(("", "  - WEIGHTBL: {from: ADVS, where: PARAMCD = 'WEIGHT', take: first, "
                            "order: ADT, value: AVAL}\n"))  # fmt: skip
    (folder / "adsl.yaml").write_text(
        "dataset: ADSL\nkeys: [STUDYID, USUBJID]\nsteps:\n"
        "  - records: {from: DM, keep: [STUDYID, USUBJID, SUBJID, SITEID, AGE, AGEU, SEX, RACE, ARM, RFSTDTC]}\n"
        "  - TRT01P: ARM\n"
        f"  - AGEGR1: {{cases: {{{quoted('<' + rng.choice('567') + '0')}: AGE < 60, OLDER: else}}}}\n"
        "  - TRTSDT: date(RFSTDTC)\n"
        "  - SAFFL: {cases: {Y: not missing(TRTSDT), N: else}}\n" + extra
        + ("variables:\n  WEIGHTBL: {label: Weight First Measured (kg), type: number}\n" if extra else ""),
        encoding="utf-8",
    )  # fmt: skip
    keys = rng.choice(
        ("[STUDYID, USUBJID, PARAMCD, AVISITN, ADT]", "[STUDYID, USUBJID, PARAMCD, VSSEQ]")
    )
    (folder / "advs.yaml").write_text(
        f"dataset: ADVS\nclass: BDS\nlabel: Vital Signs Analysis Dataset\nkeys: {keys}\nsteps:\n"
        "  - records:\n"
        "      from: VS\n"
        "      where: VSSTAT = ''\n"
        "      keep: [STUDYID, USUBJID, VSSEQ, PARAMCD: VSTESTCD, PARAM: VSTEST, AVAL: VSSTRESN, "
        "AVISITN: VISITNUM, AVISIT: VISIT, VSDTC]\n"
        "  - ADT: date(VSDTC)\n"
        "  - AVALC: {assign: text(AVAL), when: PARAMCD = 'TEMP'}\n"
        f"  - BASE: {{where: AVISITN = {rng.choice('12')}, order: ADT, by: [USUBJID, PARAMCD], take: first, value: AVAL}}\n"
        "  - CHG: AVAL - BASE\n"
        "value_level: {AVAL: PARAMCD}\n",
        encoding="utf-8",
    )  # fmt: skip
    _swap(study, "study.yaml", r"^(  sdtm_ct: .*)$", r'\1\n  adamig: "1.3"\n  adam_ct: 2025-03-28')
    return f"analysis datasets, {keys} {bool(extra)}"


EDITS: dict[str, Edit] = {
    "another text": _cell("contacts", "TOPIC", _text),
    "a text of any length": _cell("contacts", "BY", lambda b, rng: "w" * rng.randrange(1, 190)),
    "another kit": _cell("dosing", "Kit", lambda before, rng: before + "-" + "9" * rng.randrange(1, 20)),
    "another race": _cell("patients", "Herkunft", _code("1", "2", "3")),
    "another ethnicity": _cell("patients", "Ethnie", _code("1", "2", "9")),
    "another sex": _cell("patients", "Geschlecht", _code("M", "W")),
    "another position": _cell("vitals", "Lage", _code("S", "L")),
    "another status": _cell("completion", "Status", _code("A", "L")),
    "another weight unit": _cell("vitals", "Gew_Einheit", _code("kg", "lb")),
    "another temperature unit": _cell("vitals", "Temp_Einheit", _code("°C", "°F")),
    "decimals of a weight": _cell("vitals", "Gewicht", _digits),
    "decimals of a height": _cell("patients", "Größe", _digits),
    "another pressure": _cell("vitals", "Sys", lambda b, rng: str(rng.randrange(60, 260))),
    "not done": _cell("vitals", "Dia", lambda before, rng: "n.d."),
    "a date less exact": _cell("contacts", "DATE", _vaguer),
    "a birth date less exact": _cell("patients", "Geburt", _vaguer),
    "a new code": new_code,
    "a row less": drop_row,
    "a contact more": add_contact,
    "vital signs more": add_vitals,
    "a subject more": add_subject,
    "a column left blank": blank_column,
    "rows in another order": shuffle_rows,
    "a column renamed": rename_column,
    "a fact of a variable": variable_fact,
    "a second fact of a variable": variable_fact,
    "a fact of a dataset": dataset_fact,
    "a variable more": new_variable,
    "another variable more": new_variable,
    "a qualifier more": new_qualifier,
    "a qualifier less": drop_qualifier,
    "steps in another order": move_step,
    "a condition": _replaced(
        "sdtm/ex.yaml", (r"Ausgegeben = 'N'", "Ausgegeben != 'J'"), ("_armcd = 'PBO'", "_armcd = 'COR10'"),
        (r"Ausgegeben = 'N'", "Ausgegeben = 'N' or Kit = 'K202'"),
    ),
    "a condition of a record": _replaced(
        "sdtm/xc.yaml", (r"{from: contacts}", "{from: contacts, where: KIND = 'Phone', reason: by post}"),
        (r"{from: contacts}", "{from: contacts, where: BY != 'Office', reason: the office}"),
    ),
    "a condition of a value": _replaced(
        "sdtm/vs.yaml", ("'SYSBP', 'DIABP', 'PULSE'", "'SYSBP', 'DIABP'"), ("take: last\n      reason", "take: first\n      reason"),
        ("not missing\\(_height\\)", "not missing(_height) and VISITNUM < 3"),
        (r"\{left blank on the form: _result = ''\}", "{left blank on the form: \"_result = '' or _visit = 'V4'\"}"),
    ),
    "a hard-coded word": _replaced(
        "sdtm/ex.yaml", ("value: TABLET", "value: CAPSULE"), ("value: QD", "value: BID"), ("value: ORAL", "value: SUBLINGUAL"),
        ("PBO: PLACEBO", "PBO: PLACEBO TABLETS WITHOUT CORTENIDE"),
    ),
    "rounding": _replaced("sdtm/vs.yaml", ('0.45359237, round: "1"', '0.45359237, round: "3"'), ('2.54, round: "1"', '2.54, round: "0"'), ("text\\(VSSTRESN, 2\\)", "text(VSSTRESN, 1)")),
    "another standard unit": _replaced("sdtm/vs.yaml", (r"standard: C, F: \(x - 32\) / 1.8", "standard: F, C: x * 1.8 + 32"), (r"standard: kg, LB: x \* 0.45359237", "standard: LB, kg: x / 0.45359237")),
    "terms of a codelist": _replaced(
        "terminology.yaml", (r"VISIT: \"\"}", 'VISIT: "", OTHER CONTACT: ""}'), (r'PHONE CALL: "", LETTER: "", VISIT: ""', "PHONE CALL: By telephone, LETTER: By post, VISIT: At home"),
        (r"PHONE CALL", "TELEPHONE CALL"), (r", W: WITHDRAWAL BY SUBJECT", ", W: PHYSICIAN DECISION"), (', VISIT: ""', ""), (r"Category of Contact", "Means of Contact"),
    ),
    "a tested name": _replaced("sdtm/vs.yaml", ("Body Surface Area", "Body Fat"), ("Pulse Rate", "Heart Rate")),
    "visits": visits,
    "keys": _replaced(
        "sdtm/xc.yaml", (r"keys: .*", "keys: [STUDYID, USUBJID, XCTERM, XCSTDTC]"), (r"keys: .*", "keys: [STUDYID, XCCAT, USUBJID, XCSEQ]"),
        (r"keys: .*", "keys: [STUDYID, USUBJID, XCSTDTC]"),
    ),
    "keys of findings": _replaced(
        "sdtm/vs.yaml", (r"^keys: .*", "keys: [STUDYID, USUBJID, VISITNUM, VSTESTCD]"), (r"^keys: .*", "keys: [STUDYID, VSTESTCD, USUBJID, VSSEQ]"),
    ),
    "value level": value_level,
    "more value level": value_level,
    "no call log": drop_dataset,
    "analysis datasets": analysis,
    "other analysis datasets": analysis,
}  # fmt: skip
