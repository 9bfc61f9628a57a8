"""CORE beside our rules: a stand-in program in its place, and reports written by hand.

The reports have the form that cdisc-org/cdisc-rules-engine documents for 0.15 to 0.17; what stands in
them is made up. No CORE runs here.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from mg_cdisc.frame import Frame, Text
from mg_cdisc.transport import XptDataset, XptVariable, write_xpt

Run = Callable[..., Any]


def write(folder: Path, name: str, **columns: list[Any]) -> None:
    """A transport file of one dataset."""
    made = {
        key: Text.of(values) if isinstance(values[0], str) else np.array(values, np.float64)
        for key, values in columns.items()
    }
    variables = tuple(
        XptVariable(key, key.title(), isinstance(held, Text), 20 if isinstance(held, Text) else 8)
        for key, held in made.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    dataset = XptDataset(name, name.title(), variables, Frame.of(made))
    write_xpt(folder / f"{name.lower()}.xpt", dataset, timestamp=datetime(2026, 1, 1))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """DM of four subjects, two of a negative age; ADSL in a folder of its own."""
    folder = tmp_path / "package"
    subjects = ["S1", "S2", "S3", "S4"]
    write(folder / "sdtm", "DM", STUDYID=["S"] * 4, DOMAIN=["DM"] * 4, USUBJID=subjects,
          AGE=[-4.0, 30.0, -5.0, 31.0], SEX=["F", "M", "M", "X"])  # fmt: skip
    write(folder / "adam", "ADSL", STUDYID=["S"] * 4, USUBJID=subjects)
    return folder


def issue(rule: str, row: int | str = "", subject: str = "", **more: Any) -> dict[str, Any]:
    """An entry of Issue_Details."""
    return {
        "core_id": rule, "message": f"{rule} is broken", "executability": "fully executable",
        "dataset": "dm.xpt", "USUBJID": subject, "row": row, "SEQ": "", "variables": ["AGE"],
        "values": ["-4"], **more,
    }  # fmt: skip


def ran(
    rule: str, status: str = "ISSUE REPORTED", cdisc: str = "", fda: str = ""
) -> dict[str, Any]:
    """An entry of Rules_Report."""
    return {"core_id": rule, "version": "1", "cdisc_rule_id": cdisc, "fda_rule_id": fda,
            "message": f"{rule} must hold", "status": status}  # fmt: skip


def report(
    issues: list[dict[str, Any]], rules: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A report in the form of CORE's JSON."""
    return {
        "Conformance_Details": {
            "Report_Generation": "2026-02-01T00:00:00", "Total_Runtime": "1.5 seconds",
            "CORE_Engine_Version": "0.17.1", "Standard": "SDTMIG", "Version": "V3.4",
            "CT_Version": "", "Define_XML_Version": None,
        },
        "Dataset_Details": [{"filename": "dm.xpt", "label": "Dm", "path": "x", "size_kb": 1.2,
                             "modification_date": "2026-01-01", "length": 4}],
        "Issue_Summary": [], "Issue_Details": issues, "Rules_Report": rules, **more,
    }  # fmt: skip


AGE = "CORE-000310"
"""Of our rule SD-DM-AGE-NEGATIVE, a warning."""
STRANGER = "CORE-999999"
"""A rule that we have none for."""


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., str]:
    """Writes a report, and gives its path."""

    def call(*arguments: Any, **more: Any) -> str:
        path = tmp_path / "core.json"
        path.write_text(json.dumps(report(*arguments, **more)), encoding="utf-8")
        return str(path)

    return call


def judged(run: Run, package: Path, tmp_path: Path, *arguments: str, code: int = 1) -> Any:
    """What validate prints, and the JSON it writes."""
    file = tmp_path / "told.json"
    result = run("validate", str(package), "--json", str(file), *arguments, code=code)
    return result.stdout, json.loads(file.read_text(encoding="utf-8"))


def of_class(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in told["findings"] if each["class"] == name]


def test_what_both_find_is_told_once_and_marked(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    file = made([issue(AGE, 1, "S1"), issue(AGE, 3, "S3", values=["-5"])], [ran(AGE)])
    text, told = judged(run, package, tmp_path, "--core-report", file)
    (age,) = of_class(told, "SD-DM-AGE-NEGATIVE")
    assert age["records"] == 2
    assert (age["source"], age["agreeing"]) == ("mg-cdisc", f"CORE 0.17.1 agrees ({AGE})")
    assert of_class(told, AGE) == []
    assert f"S3 (AGE = '-5') [CORE 0.17.1 agrees ({AGE})]" in text
    assert (
        "CORE 0.17.1 (SDTMIG 3.4): 1 of 1 rule ran, 2 issues, of which 2 are findings of ours too"
        in text
    )


def test_what_only_core_finds_stands_under_its_rule(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    file = made(
        [issue(STRANGER, 4, "S4", variables=["SEX"], values=["X"]), issue(AGE, 1, "S1"),
         issue(AGE, 2, "S2", values=["30"])],
        [ran(STRANGER, cdisc="CG9001, CG9002", fda="FB9"), ran(AGE)],
    )  # fmt: skip
    text, told = judged(run, package, tmp_path, "--core-report", file)
    (stranger,) = of_class(told, STRANGER)
    assert stranger["published"] == [STRANGER, "CG9001", "CG9002", "FB9"]
    assert stranger["source"] == "CORE 0.17.1"
    assert (stranger["level"], stranger["dataset"], stranger["variable"]) == (
        "warning",
        "DM",
        "SEX",
    )
    assert stranger["what"] == f"{STRANGER} is broken: 1 record: S4 (SEX = 'X')"
    assert stranger["file"] == "dm.xpt"
    # record 1 is a finding of ours too, record 2 is not; the level is that of our rule
    (age,) = of_class(told, AGE)
    assert (age["level"], age["records"]) == ("warning", 1)
    assert "S2 (AGE = '30')" in age["what"]
    (own,) = of_class(told, "SD-DM-AGE-NEGATIVE")
    assert own["agreeing"] == f"CORE 0.17.1 agrees on 1 of 2 records ({AGE})"
    assert f"warning[{STRANGER}] {STRANGER} must hold ({STRANGER}, CG9001, CG9002, FB9)" in text
    assert f"  dm.xpt: {STRANGER} is broken: 1 record: S4 (SEX = 'X') [CORE 0.17.1]" in text


def test_a_rule_that_may_report_too_much_gives_notes(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    can = "Partially Executable - Possible Overreporting"
    file = made([issue(STRANGER, 4, executability=can)], [ran(STRANGER)])
    _, told = judged(run, package, tmp_path, "--core-report", file)
    assert of_class(told, STRANGER)[0]["level"] == "note"


def test_a_rule_is_told_by_its_cdisc_number_too(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    """A company's rule that names the published one."""
    file = made([issue("ACME-000001", 1, "S1")], [ran("ACME-000001", cdisc=AGE)])
    _, told = judged(run, package, tmp_path, "--core-report", file)
    (own,) = of_class(told, "SD-DM-AGE-NEGATIVE")
    assert own["agreeing"] == "CORE 0.17.1 agrees on 1 of 2 records (ACME-000001)"
    file = made([issue("ACME-000001", 1, "S1")], [ran("ACME-000001")])
    _, told = judged(run, package, tmp_path, "--core-report", file)
    assert of_class(told, "CORE-ACME-000001")[0]["published"] == ["ACME-000001"]


def test_a_dataset_as_a_whole_agrees_by_its_variable(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    """SD-REQUIRED-ABSENT finds SUBJID, SITEID and COUNTRY; CORE, in this report, two of them."""
    number = "CORE-000355"
    one = issue(number, variables=["$required", "STUDYID"], values=["['SITEID', 'SUBJID']", "S"])
    _, told = judged(run, package, tmp_path, "--core-report", made([one], [ran(number)]))
    absent = of_class(told, "SD-REQUIRED-ABSENT")
    assert {each["variable"] for each in absent} == {"SUBJID", "SITEID", "COUNTRY"}
    marked = [each for each in absent if each["agreeing"]]
    assert {each["variable"] for each in marked} == {"SUBJID", "SITEID"}
    assert marked[0]["agreeing"] == f"CORE 0.17.1 agrees ({number})"
    assert of_class(told, number) == []


def test_rules_that_did_not_run_are_told(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    broken = issue(STRANGER, variables=[], values=[], message="rule execution error - no such key")
    rules = [ran(AGE, "SUCCESS"), ran("CORE-000001", "SKIPPED"), ran("CORE-000002", "SKIPPED"),
             ran(STRANGER, "EXECUTION ERROR"), ran("CORE-000003", "UNKNOWN STATUS")]  # fmt: skip
    text, told = judged(run, package, tmp_path, "--core-report", made([broken], rules))
    unknown, skipped = of_class(told, "core-skipped")
    assert skipped["level"] == unknown["level"] == "note"
    assert skipped["records"] == 2
    assert skipped["what"] == (
        "CORE 0.17.1 skipped 2 of 5 rules of SDTMIG 3.4: CORE-000001, CORE-000002"
    )
    assert "gave the status UNKNOWN STATUS to 1 of 5 rules" in unknown["what"]
    (failed,) = of_class(told, "core-rule-failed")
    assert failed["what"] == (
        f"{STRANGER} failed in CORE 0.17.1: DM: rule execution error - no such key"
    )
    assert of_class(told, STRANGER) == []
    assert told["core"] == [
        {
            "source": "CORE 0.17.1", "standard": "SDTMIG 3.4", "issues": 0, "agreeing": 0,
            "report": str(tmp_path / "core.json"),
            "rules": {"EXECUTION ERROR": [STRANGER], "SKIPPED": ["CORE-000001", "CORE-000002"],
                      "SUCCESS": [AGE], "UNKNOWN STATUS": ["CORE-000003"]},
        }
    ]  # fmt: skip
    assert "note[core-skipped]" in text


def test_a_standard_without_rules_is_told(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    _, told = judged(run, package, tmp_path, "--core-report", made([], []))
    (none,) = of_class(told, "core-no-rules")
    assert none["level"] == "warning"


@pytest.mark.parametrize(
    ("length", "row", "subject", "why"),
    [
        (5, 1, "S1", "it had 5 records and has 4"),
        (4, 1, "S2", "record 1 is not of subject S2"),
        (None, 9, "S1", "there is no record 9"),
    ],
)
def test_a_report_of_other_data_is_not_compared(
    length: int | None, row: int, subject: str, why: str, package: Path, run: Run,
    made: Callable[..., str], tmp_path: Path,
) -> None:  # fmt: skip
    details = [{"filename": "DM", "length": length}, {"filename": "ZZ", "length": 1}]
    file = made([issue(AGE, row, subject)], [ran(AGE)], Dataset_Details=details)
    _, told = judged(run, package, tmp_path, "--core-report", file)
    other = [each["what"] for each in of_class(told, "core-other-data")]
    assert f"CORE 0.17.1 read another DM than is here: {why}" in other
    assert "CORE 0.17.1 read datasets that are not here: ZZ" in other
    assert of_class(told, "SD-DM-AGE-NEGATIVE")[0]["agreeing"] is None
    assert of_class(told, AGE)[0]["records"] == 1


def test_issues_that_a_report_only_counts_are_told(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    counted = [{"dataset": "dm.xpt", "core_id": STRANGER, "message": "m", "issues": 12}]
    file = made([issue(STRANGER, 4, "S4")], [ran(STRANGER)], Issue_Summary=counted)
    _, told = judged(run, package, tmp_path, "--core-report", file)
    assert sorted(each["records"] for each in of_class(told, STRANGER)) == [1, 11]
    assert any(
        each["what"].endswith("11 more records, which the report does not list")
        for each in of_class(told, STRANGER)
    )


def test_the_source_stands_in_sarif_and_in_the_workbook(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    file = made([issue(AGE, 1, "S1"), issue(STRANGER, 4, "S4")], [ran(AGE), ran(STRANGER)])
    sarif, excel = tmp_path / "told.sarif", tmp_path / "told.xlsx"
    judged(
        run, package, tmp_path, "--core-report", file, "--sarif", str(sarif), "--excel", str(excel)
    )
    ours, cores = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    assert ours["tool"]["driver"]["name"] == "mg-cdisc"
    assert cores["tool"]["driver"] == {
        "name": "CORE", "version": "0.17.1",
        "rules": [{"id": STRANGER, "shortDescription": {"text": f"{STRANGER} must hold"},
                   "help": cores["tool"]["driver"]["rules"][0]["help"],
                   "defaultConfiguration": {"level": "warning"},
                   "properties": {"published": [STRANGER]}}],
    }  # fmt: skip
    (result,) = cores["results"]
    assert (result["ruleId"], result["properties"]["source"]) == (STRANGER, "CORE 0.17.1")
    (age,) = [each for each in ours["results"] if each["ruleId"] == "SD-DM-AGE-NEGATIVE"]
    assert age["properties"]["agreeing"] == f"CORE 0.17.1 agrees on 1 of 2 records ({AGE})"
    rows = list(openpyxl.load_workbook(excel)["Findings"].iter_rows(values_only=True))
    assert rows[0][-1] == "Found by"
    by = {row[1]: row[-1] for row in rows}
    assert by[STRANGER] == "CORE 0.17.1"
    assert by["SD-DM-AGE-NEGATIVE"].startswith("mg-cdisc; CORE 0.17.1 agrees")


def test_a_workbook_of_core_is_read_like_its_json(
    package: Path, made: Callable[..., str], run: Run, tmp_path: Path
) -> None:
    issues = [issue(STRANGER, 4, "S4", variables=["SEX", "AGE"], values=["X", "31"]),
              issue(AGE, 1, "S1")]  # fmt: skip
    rules = [ran(STRANGER, cdisc="CG9001"), ran(AGE), ran("CORE-000001", "SKIPPED")]
    _, plain = judged(run, package, tmp_path, "--core-report", made(issues, rules))
    for pmda in (False, True):
        file = tmp_path / "core.xlsx"
        workbook(file, report(issues, rules), pmda=pmda)
        _, told = judged(run, package, tmp_path, "--core-report", str(file))
        plain["core"][0]["report"] = told["core"][0]["report"]
        assert told["core"] == plain["core"]
        assert [
            (each["class"], each["what"], each["agreeing"], each["published"])
            for each in told["findings"]
        ] == [
            (each["class"], each["what"], each["agreeing"], each["published"])
            for each in plain["findings"]
        ]


def workbook(path: Path, data: dict[str, Any], *, pmda: bool) -> None:
    """A report as CORE writes it to its template: the values of each entry in their order."""
    book = openpyxl.Workbook()
    about = book.active
    about.title = "Conformance Details"
    for row, (label, key) in enumerate(
        [("Report Generation", "Report_Generation"), ("Total Runtime", "Total_Runtime"),
         ("CORE Engine Version", "CORE_Engine_Version"), ("Standard", "Standard"),
         ("Version", "Version")], 2,
    ):  # fmt: skip
        about.cell(row, 1, label)
        about.cell(row, 2, data["Conformance_Details"][key])
    for name in ("Dataset_Details", "Issue_Summary", "Issue_Details", "Rules_Report"):
        sheet = book.create_sheet(name.replace("_", " "))
        sheet.append(["a heading"])
        for each in data[name]:
            cells = [", ".join(cell) if isinstance(cell, list) else cell for cell in each.values()]
            if name == "Dataset_Details":
                cells = [each[key] for key in ("filename", "label", "path", "modification_date",
                                               "size_kb", "length")]  # fmt: skip
            if name == "Rules_Report" and pmda:
                cells.insert(4, "")
            sheet.append(cells)
    book.save(path)


def test_a_workbook_that_lacks_a_sheet_is_wrong_use(
    package: Path, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "core.xlsx"
    workbook(file, report([], [ran(AGE)]), pmda=False)
    book = openpyxl.load_workbook(file)
    del book["Rules Report"]
    book.save(file)
    told = run("validate", str(package), "--core-report", str(file), code=2).stderr
    assert "lacks a sheet of CORE's reports" in told


def bad_reports() -> dict[str, bytes]:
    good = report([issue(AGE, 1)], [ran(AGE)])
    made = {
        "": b"",
        "text": b"core ran well",
        "list": b"[]",
        "deep": b"[" * 100_000,
        "endless number": b'{"row": ' + b"9" * 5_000 + b"}",
        "not utf-8": b'{"a": "\xff"}',
        "no workbook": b"PK\x03\x04 and no more",
        "other object": b'{"findings": []}',
        "raw report": json.dumps({"results_data": []}).encode(),
    }
    for name, change in {
        "no details": {"Conformance_Details": []},
        "issues no list": {"Issue_Details": {"a": 1}},
        "issue no object": {"Issue_Details": ["CORE-000001"]},
        "issue without rule": {"Issue_Details": [{"message": "m"}]},
        "row no number": {"Issue_Details": [issue(AGE, "first")]},
        "row endless": {"Issue_Details": [issue(AGE, float("inf"))]},  # type: ignore[arg-type]
        "row below zero": {"Issue_Details": [issue(AGE, -1)]},
        "rule without status": {"Rules_Report": [{"core_id": AGE}]},
        "count no number": {"Issue_Summary": [{"core_id": AGE, "dataset": "DM", "issues": "many"}]},
    }.items():
        made[name] = json.dumps({**good, **change}).encode()
    return made


@pytest.mark.parametrize("name", bad_reports())
def test_a_file_that_is_no_report_is_wrong_use(
    name: str, package: Path, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "core.json"
    file.write_bytes(bad_reports()[name])
    told = run("validate", str(package), "--core-report", str(file), code=2).stderr
    assert f"{file}: error[core-report] this is no report of CORE" in told
    assert "-of JSON" in told


STAND_IN = """\
import json, sys, time
from pathlib import Path
asked = sys.argv[1:]
given = Path(__file__).parent
with (given / "asked.jsonl").open("a") as out:
    out.write(json.dumps(asked) + "\\n")
standard = asked[asked.index("-s") + 1]
output = Path(asked[asked.index("-o") + 1] + ".json")
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """A program in CORE's place that notes how it was called; the command that starts it."""

    def call(body: str) -> str:
        folder = tmp_path / "a core"
        folder.mkdir(exist_ok=True)
        file = folder / "core.py"
        file.write_text(STAND_IN + textwrap.dedent(body), encoding="utf-8")
        return f"'{sys.executable}' '{file}'"

    return call


def calls(tmp_path: Path) -> list[list[str]]:
    text = (tmp_path / "a core" / "asked.jsonl").read_text(encoding="utf-8")
    return [json.loads(each) for each in text.splitlines()]


def test_core_is_called_once_for_each_standard(
    package: Path, program: Callable[[str], str], run: Run, tmp_path: Path
) -> None:
    text = json.dumps(report([issue(AGE, 1, "S1")], [ran(AGE)]))
    other = report([], [ran(STRANGER, "SUCCESS")])
    other["Conformance_Details"] |= {"Standard": "ADAMIG", "Version": "V1.3"}
    other["Dataset_Details"] = []
    command = program(
        f"output.write_text({text!r} if standard == 'sdtmig' else {json.dumps(other)!r})"
    )
    _, told = judged(run, package, tmp_path, "--core", command, "--core-args", "--meddra 'my dir'")
    first, second = calls(tmp_path)
    places = [each[each.index("-o") + 1] for each in (first, second)]
    assert first == [
        "validate", "-s", "sdtmig", "-v", "3-4", "-dp", str(package / "sdtm" / "dm.xpt"),
        "-ct", "sdtmct-2025-03-28", "-o", places[0], "-of", "JSON", "-p", "disabled",
        "--meddra", "my dir",
    ]  # fmt: skip
    assert second[:11] == [
        "validate", "-s", "adamig", "-v", "1-3", "-dp", str(package / "adam" / "adsl.xpt"),
        "-ct", "sdtmct-2025-03-28", "-ct", "adamct-2025-03-28",
    ]  # fmt: skip
    assert not any(Path(each).parent.exists() for each in places)
    assert [each["standard"] for each in told["core"]] == ["SDTMIG 3.4", "ADAMIG 1.3"]
    assert of_class(told, "SD-DM-AGE-NEGATIVE")[0]["agreeing"].startswith("CORE 0.17.1 agrees on 1")


def test_a_define_goes_to_core_in_the_place_of_terminology(
    package: Path, program: Callable[[str], str], run: Run, tmp_path: Path
) -> None:
    """CORE refuses -ct beside a Define-XML 2.1, which names its terminology."""
    define = package / "sdtm" / "define.xml"
    define.write_text("<ODM/>", encoding="utf-8")
    text = json.dumps(report([], [ran(AGE, "SUCCESS")]))
    judged(run, package / "sdtm", tmp_path, "--core", program(f"output.write_text({text!r})"))
    (asked,) = calls(tmp_path)
    assert asked[asked.index("-dxp") + 1] == str(define)
    assert "-ct" not in asked


@pytest.mark.skipif(os.name == "nt", reason="a script is started by its first line")
def test_a_program_may_be_started_by_its_path(
    package: Path, program: Callable[[str], str], run: Run, tmp_path: Path
) -> None:
    text = json.dumps(report([], [ran(AGE, "SUCCESS")]))
    program(f"output.write_text({text!r})")
    file = tmp_path / "a core" / "core.py"
    file.write_text(f"#!{sys.executable}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    file.chmod(0o755)
    judged(run, package / "sdtm", tmp_path, "--core", f"'{file}'")
    assert len(calls(tmp_path)) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("print('Rules file not found'); sys.exit(3)",
         "error[core-failed] CORE ended with code 3: Rules file not found"),
        ("raise KeyError('sdtmig/3-4')", "code 1: File "),
        ("print('all well')", "error[core-failed] CORE wrote no report: all well"),
        ("output.write_text('rubbish')", "core-sdtmig.json: error[core-report]"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe' * 9); sys.exit(1)", "CORE ended with code 1: "),
    ],
)  # fmt: skip
def test_a_core_that_fails_is_told_in_its_words(
    body: str, told: str, package: Path, program: Callable[[str], str], run: Run
) -> None:
    result = run("validate", str(package / "sdtm"), "--core", program(body), code=2)
    assert result.stdout == ""
    words = told.split("File ")  # its traceback is cut to the last lines
    assert all(each in result.stderr for each in words), result.stderr


def test_a_core_that_does_not_end_is_ended_with_all_it_started(
    package: Path, program: Callable[[str], str], run: Run, tmp_path: Path
) -> None:
    command = program(
        """
        import subprocess
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (given / "child").write_text(str(child.pid))
        time.sleep(60)
        """
    )
    begun = time.monotonic()
    told = run(
        "validate", str(package / "sdtm"), "--core", command, "--core-timeout", "3", code=2
    ).stderr
    assert "error[core-failed] CORE did not end within 3 seconds" in told
    assert "--core-timeout" in told
    assert time.monotonic() - begun < 30
    if os.name != "nt":
        pid = int((tmp_path / "a core" / "child").read_text(encoding="utf-8"))
        state = Path(f"/proc/{pid}/stat")
        for _ in range(100):  # whoever inherits it, reaps it
            if not state.exists() or " Z " in state.read_text(encoding="utf-8"):
                break
            time.sleep(0.02)
        else:
            pytest.fail("the process that the program started still runs")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--core", "no-such-program-at-all"],
            "error[core-missing] no-such-program-at-all cannot be",
        ),
        (["--core", "."], "error[core-missing] . cannot be started"),
        (["--core", "  "], "error[core-missing] the command is blank"),
        (["--core", "'core"], "error[core-missing] 'core cannot be divided"),
        (["--core", "core", "--core-args", "'x"], "--core-args: error[core-missing]"),
        (
            ["--core", "core", "--core-timeout", "soon"],
            "--core-timeout takes a whole number from 1",
        ),
        (["--core-args", "-r X"], "--core-args"),
        (["--core-report", "nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_use_of_core(
    arguments: list[str], told: str, package: Path, run: Run, tmp_path: Path
) -> None:
    result = run("validate", str(package), *arguments, code=2)
    assert told in " ".join(result.stderr.split())
