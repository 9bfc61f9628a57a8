"""Names, labels, types, terms and origins of every analysis variable, against the published files."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from lxml import etree

Facts = Any  # conftest.Facts: tests are no package
Row = dict[str, str]

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "standards"
NS = {"odm": "http://www.cdisc.org/ns/odm/v1.3", "def": "http://www.cdisc.org/ns/def/v2.1"}
STRUCTURE = {
    "ADSL": ("SUBJECT LEVEL ANALYSIS DATASET", ""),
    "ADQS": ("BASIC DATA STRUCTURE", ""),
    "ADLB": ("BASIC DATA STRUCTURE", ""),
    "ADCM": ("BASIC DATA STRUCTURE", ""),
    "ADRS": ("BASIC DATA STRUCTURE", ""),
    "ADTTE": ("BASIC DATA STRUCTURE", "TIME-TO-EVENT"),
    "ADAE": ("OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT"),
}
# of the OCCDS, which has no published file here: names and labels as its tables have them
OCCDS = {
    "ADURN": "Analysis Duration (N)",
    "ADURU": "Analysis Duration Units",
    "TRTEMFL": "Treatment Emergent Analysis Flag",
    "AREL": "Analysis Causality",
    "AOCCFL": "1st Occurrence within Subject Flag",
    "AOCCSFL": "1st Occurrence of SOC Flag",
    "AOCCPFL": "1st Occurrence of Preferred Term Flag",
    "AOCCIFL": "1st Max Sev./Int. Occurrence Flag",
    "AOCCSIFL": "1st Max Sev./Int. Occur Within SOC Flag",
    "AOCCPIFL": "1st Max Sev./Int. Occur Within PT Flag",
    **{f"CQ0{n}NAM": f"Customized Query 0{n} Name" for n in range(1, 5)},
}
# what no standard has: the study's own variables, each with a label of its own
OWN = {
    "ADSL": {"CUMDOSE", "CUMDOSEU", "NINFUS", "FUPDT", "FUPMON", "EFFFL", "KINFL", "MGFACL",
             "MGFAGR1", "ACHRSTAT", "MUSKSTAT", "LRP4STAT", "ABSTAT", "DIAGDT", "DIAGDTF", "MGDURY",
             "THYMFL", "BMGADL", "BQMG", "BMGC", "BMGQOL", "BSTERDD", "BSTERFL"},
    "ADQS": {"EFFFL"},
    "ADLB": {"KINFL", "PARAMTYP"},
    "ADCM": {"EFFFL"},
    "ADRS": {"EFFFL"},
    "ADTTE": {"EFFFL"},
    "ADAE": {"AE3MFL", "PRIMFL", "AOCC01FL", "AOCC02FL", "ASTCTGRN"},
}  # fmt: skip


@pytest.fixture(scope="module")
def adam(committed: Facts) -> Path:
    folder: Path = committed.folder / "m5/datasets/hn2301/analysis/adam/datasets"
    return folder


@pytest.fixture(scope="module")
def define(adam: Path) -> Any:
    return etree.parse(str(adam / "define.xml"))


def described(file: Path) -> dict[str, tuple[str, str]]:
    """Label and type of each variable of a transport file."""
    _, meta = pyreadstat.read_xport(str(file), metadataonly=True)
    kinds = meta.readstat_variable_types
    labels = zip(meta.column_names, meta.column_labels, strict=True)
    return {name: (label, "Char" if kinds[name] == "string" else "Num") for name, label in labels}


def published(name: str) -> list[Row]:
    file = PUBLISHED / name
    if not file.is_file():
        pytest.skip(f"the published file {name} is not on this machine (../shared/standards)")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t" if name.endswith("txt") else ","))


def guide(structure: str) -> dict[str, Row]:
    rows = published("adamig-1.3-variables.csv")
    return {r["Variable Name"]: r for r in rows if r["Data Structure Name"] == structure}


def completed(facts: dict[str, Row], name: str) -> tuple[str, Row] | None:
    """The guide's variable of a name, and its label with the numbers that the name has."""
    if name in facts:
        return facts[name]["Variable Label"], facts[name]
    for pattern, row in facts.items():
        parts = re.split(r"(xx|zz|y|w)", pattern)
        if len(parts) == 1 or "*" in pattern:
            continue
        shape = "".join(
            {"xx": "([0-9]{2})", "zz": "([0-9]{2})", "y": "([0-9])", "w": "([0-9])"}.get(part, part)
            for part in parts
        )
        met = re.fullmatch(shape, name)
        if met is not None:
            letters = [part for part in parts if part in ("xx", "zz", "y", "w")]
            label = row["Variable Label"]
            for letter, number in zip(letters, met.groups(), strict=True):
                label = re.sub(rf"\b{letter}\b", number, label)
            return label, row
    return None


def origin_of(define: Any, dataset: str, name: str) -> Any:
    (found,) = define.xpath(
        f"//odm:ItemDef[@OID=//odm:ItemGroupDef[@Name='{dataset}']/odm:ItemRef/@ItemOID]"
        f"[@Name='{name}']", namespaces=NS,
    )  # fmt: skip
    return found


def test_the_analysis_datasets_are_written(adam: Path) -> None:
    assert {file.stem.upper() for file in adam.glob("*.xpt")} == set(STRUCTURE)
    assert (adam / "define.xml").is_file()


def test_names_and_labels_fit_a_transport_file(adam: Path) -> None:
    for file in adam.glob("*.xpt"):
        for name, (label, _) in described(file).items():
            assert re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", name)
            assert 0 < len(label) <= 40
            assert "{" not in label


@pytest.mark.parametrize("dataset", list(STRUCTURE))
def test_labels_and_types_are_those_of_the_standard(
    adam: Path, committed: Facts, dataset: str
) -> None:
    subject, basic = guide("Subject-Level Analysis Dataset"), guide("Basic Data Structure")
    tables = [subject] if dataset == "ADSL" else [basic, subject]
    tabulation = committed.folder / "m5/datasets/hn2301/tabulations/sdtm"
    collected: dict[str, tuple[str, str]] = {}
    for file in sorted(tabulation.glob("[a-z][a-z].xpt")):
        collected |= described(file)
    own = set()
    for name, (label, kind) in described(adam / f"{dataset.lower()}.xpt").items():
        found = next((hit for table in tables if (hit := completed(table, name))), None)
        if found is not None:
            assert (label, kind) == (found[0], found[1]["Type"]), (dataset, name)
        elif dataset == "ADAE" and name in OCCDS:
            assert label == OCCDS[name]
        elif name in collected:
            assert (label, kind) == collected[name], (dataset, name)
        else:
            own.add(name)
    assert own == OWN[dataset]


@pytest.mark.parametrize("dataset", list(STRUCTURE))
def test_what_the_standard_requires_is_there(adam: Path, dataset: str) -> None:
    names = set(described(adam / f"{dataset.lower()}.xpt"))
    if dataset == "ADAE":  # OCCDS 1.1, and of an event dataset AESEQ, AETERM and the causality
        assert names >= {"STUDYID", "USUBJID", "AESEQ", "AETERM", "AEDECOD", "AEBODSYS", "TRTEMFL"}
        return
    table = guide("Subject-Level Analysis Dataset" if dataset == "ADSL" else "Basic Data Structure")
    required = {name for name, row in table.items() if row["Core"] == "Req"}
    assert {name for name in required if not re.search("[a-z]", name)} <= names
    if dataset == "ADSL":
        assert "TRT01P" in names
    else:
        assert names & {"AVAL", "AVALC"}
        assert {"TRTP", "TRTA"} & names  # at least one treatment variable


@pytest.mark.parametrize("dataset", list(STRUCTURE))
def test_values_are_terms_of_their_codelists(adam: Path, committed: Facts, dataset: str) -> None:
    terms: dict[str, set[str]] = defaultdict(set)
    closed: dict[str, bool] = {}
    for row in (*published("adam-ct-2025-03-28.csv"), *published("sdtm-ct-2025-03-28.txt")):
        if row["Codelist Code"]:
            terms[row["Codelist Code"]].add(row["CDISC Submission Value"])
        else:
            closed[row["Code"]] = row["Codelist Extensible (Yes/No)"] == "No"
    subject, basic = guide("Subject-Level Analysis Dataset"), guide("Basic Data Structure")
    tables = [subject] if dataset == "ADSL" else [basic, subject]
    extended = {"RACE", "DCSREAS", "DCTREAS"} if dataset == "ADSL" else set()
    rows = committed.table(dataset)
    for name in described(adam / f"{dataset.lower()}.xpt"):
        found = next((hit for table in tables if (hit := completed(table, name))), None)
        if found is None:
            continue
        values = {row[name] for row in rows} - {""}
        fixed = found[1]["Value List Value"]
        if fixed:
            assert {str(each) for each in values} <= set(re.split(r"[;, ]+", fixed)), name
        codes = re.findall(r"C\d+", found[1]["CDISC CT Codelist Code(s)"])
        known = set().union(*(terms[code] for code in codes))
        if codes and (name not in extended or all(closed[code] for code in codes)):
            assert values <= known, (dataset, name, values - known)


def test_class_and_subclass(define: Any) -> None:
    for dataset, (cls, sub) in STRUCTURE.items():
        (group,) = define.xpath(f"//odm:ItemGroupDef[@Name='{dataset}']", namespaces=NS)
        assert group.find("def:Class", NS).get("Name") == cls
        found = [each.get("Name") for each in group.iterfind("def:Class/def:SubClass", NS)]
        assert found == ([sub] if sub else []), dataset


@pytest.mark.parametrize("dataset", list(STRUCTURE))
def test_every_variable_has_its_origin_and_its_method_or_predecessor(
    adam: Path, define: Any, dataset: str
) -> None:
    methods = {
        each.get("OID"): "".join(each.find("odm:Description", NS).itertext()).strip()
        for each in define.iterfind(".//odm:MethodDef", NS)
    }
    refs = {
        ref.get("ItemOID"): ref
        for ref in define.iterfind(f".//odm:ItemGroupDef[@Name='{dataset}']/odm:ItemRef", NS)
    }
    items = {i.get("OID"): i for i in define.iterfind(".//odm:ItemDef", NS) if i.get("OID") in refs}
    names = described(adam / f"{dataset.lower()}.xpt")
    assert {item.get("Name") for item in items.values()} == set(names)
    for oid, item in items.items():
        origin = item.find("def:Origin", NS)
        if origin is None:  # its value levels say it, and differ
            assert item.find("def:ValueListRef", NS) is not None, item.get("Name")
            continue
        kind, method = origin.get("Type"), methods.get(refs[oid].get("MethodOID"), "")
        place = (dataset, item.get("Name"))
        if kind == "Derived":
            assert method, place
        elif kind == "Predecessor":
            told = "".join(origin.itertext()).strip()
            assert re.fullmatch(r"[A-Z]{2,8}\.[A-Z0-9]{1,8}", told), place
        else:  # a constant of the spec, or of one of its tables: there is nothing to derive
            assert kind == "Assigned", place
        assert "{" not in method


def test_the_example_rules_are_called_so(define: Any) -> None:
    """Wherever neither the registry nor the brief gives the rule, define.xml says it is an example."""
    text = {}
    for dataset, name in (
        ("ADSL", "ENRLFL"), ("ADSL", "SAFFL"), ("ADSL", "FASFL"), ("ADSL", "EFFFL"),
        ("ADSL", "KINFL"), ("ADAE", "TRTEMFL"), ("ADAE", "AREL"), ("ADAE", "AE3MFL"),
        ("ADLB", "CRIT1FL"), ("ADLB", "CRIT2FL"), ("ADCM", "CRIT1FL"),
    ):  # fmt: skip
        item = origin_of(define, dataset, name)
        (ref,) = define.xpath(f"//odm:ItemRef[@ItemOID='{item.get('OID')}']/@MethodOID",
                              namespaces=NS)  # fmt: skip
        (method,) = define.xpath(f"//odm:MethodDef[@OID='{ref}']", namespaces=NS)
        text[dataset, name] = "".join(method.find("odm:Description", NS).itertext())
    for place, told in text.items():
        assert "xample rule" in told, (place, told)


def test_every_parameter_has_one_code_and_one_name(committed: Facts) -> None:
    for name in set(STRUCTURE) - {"ADSL", "ADAE"}:
        pairs = {(row["PARAMCD"], row["PARAM"]) for row in committed.table(name)}
        assert len({code for code, _ in pairs}) == len({text for _, text in pairs}) == len(pairs)
        assert all(len(code) <= 8 for code, _ in pairs)


def test_asequence_numbers_count_within_the_subject(facts: Facts) -> None:
    for name in ("ADCM", "ADLB", "ADQS", "ADRS", "ADTTE"):
        numbers: dict[str, list[float]] = defaultdict(list)
        for row in facts.table(name):
            numbers[row["USUBJID"]].append(row["ASEQ"])
        for each in numbers.values():
            assert sorted(each) == list(range(1, len(each) + 1))


def test_what_is_copied_from_adsl_equals_it(facts: Facts) -> None:
    copied = {"TRTSDT", "TRTSDTM", "SAFFL", "FASFL", "EFFFL", "KINFL"}
    for name in set(STRUCTURE) - {"ADSL", "ADAE"}:
        for row in facts.table(name):
            told = facts.adsl[row["USUBJID"]]
            for variable in copied & set(row):
                facts.same(row[variable], told[variable], name, variable)
            assert row["TRTP"] == told["TRT01P"]
            assert row["TRTA"] == told["TRT01A"]
