"""The example's datasets against the standard, its study files, and what the package says of itself."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mg_cdisc.define.compare import compare_define
from mg_cdisc.define.validate import validate_define
from mg_cdisc.pipeline import Options, build_study
from mg_cdisc.standards import load_standard
from mg_cdisc.terminology import load_terminology

STUDY = Path(__file__).resolve().parents[2] / "mapping_specs" / "hn2301"
Example = Any  # conftest.Example: tests are no package
# the instruments have no published test codes; results are coded for some tests only
NOT_CODED_HERE = {("QS", "QSTESTCD"), ("QS", "QSTEST"), ("LB", "LBSTRESC"), ("RS", "RSSTRESC")}


def said(name: str) -> Any:
    return yaml.safe_load((STUDY / name).read_text(encoding="utf-8"))


def test_variables_are_those_of_the_implementation_guide(example: Example) -> None:
    """Names, labels, types, order and core of every variable of every dataset."""
    guide = load_standard("SDTMIG", "3.4")
    for name, dataset in example.datasets.items():
        facts = {fact.name: fact for fact in guide.variables(name)}
        known = [v.name for v in dataset.variables if v.name in facts]
        assert known == sorted(known, key=lambda each: facts[each].order), name
        for variable in dataset.variables:
            fact = facts.get(variable.name)
            if fact is None and re.fullmatch("(COVAL|TSVAL)[0-9]", variable.name):
                fact = facts[variable.name[:-1]]  # a text of more than 200 bytes goes on there
                assert variable.is_text == (fact.type == "Char")
                continue
            if fact is None:  # a variable of the model that the domain's table does not list
                assert guide.qualifier(guide.datasets[name].cls, variable.name), variable.name
                continue
            assert variable.label == fact.label
            assert variable.is_text == (fact.type == "Char")
        required = {fact.name for fact in facts.values() if fact.core in ("Req", "Exp")}
        assert required <= {variable.name for variable in dataset.variables}, name


def test_required_variables_are_filled(example: Example) -> None:
    guide = load_standard("SDTMIG", "3.4")
    for name, dataset in example.datasets.items():
        frame = dataset.frame.to_pandas()
        for fact in guide.variables(name):
            if fact.core == "Req" and fact.name in frame:
                blank = frame[fact.name].isna() | (frame[fact.name] == "")
                # the arms of who was never treated; the key of a qualifier of DM; whole datasets
                allowed = (name, fact.name) in {("RELREC", "USUBJID")}
                assert allowed or not blank.any(), (name, fact.name)


def test_coded_values_are_terms(example: Example) -> None:
    """Every variable that the guide gives one codelist holds its terms, or the study's own."""
    guide = load_standard("SDTMIG", "3.4")
    terminology = load_terminology("SDTM", "2025-03-28")
    own = said("terminology.yaml")
    tested = 0
    for name, dataset in example.datasets.items():
        frame = dataset.frame.to_pandas()
        for fact in guide.variables(name):
            lists = [terminology.codelist(code) for code in fact.codelists]
            if fact.name not in frame or len(lists) != 1 or lists[0] is None:
                continue
            codelist = lists[0]
            if (name, fact.name) in NOT_CODED_HERE:
                continue
            values = {value for value in frame[fact.name] if value}
            added = set((own.get(codelist.short_name) or {}).get("extend") or {})
            assert codelist.extensible or not added
            assert values <= set(codelist.terms) | added, (name, fact.name)
            tested += 1
    assert tested > 100


def test_trial_design_is_what_the_study_files_say(example: Example) -> None:
    plan = said("visits.yaml")["rows"]
    tv = example.frame("TV")
    expected = [
        (float(number), visit, float(day) if day else None)
        for _, _, number, visit, day, _ in plan
        if number
    ]
    found = [
        (r.VISITNUM, r.VISIT, None if r.VISITDY != r.VISITDY else r.VISITDY)
        for r in tv.itertuples()
    ]
    assert found == expected
    ta, te, se = (example.frame(name) for name in ("TA", "TE", "SE"))
    assert list(ta.ETCD) == ["SCRN", "HN2301", "FU"]
    assert set(ta.ETCD) == set(te.ETCD) == set(se.ETCD)
    assert dict(zip(ta.ETCD, ta.EPOCH, strict=True)) == dict(zip(se.ETCD, se.EPOCH, strict=True))
    dm = example.frame("DM")
    assert set(dm.ARMCD) - {""} == set(ta.ARMCD)
    ti, ie = example.frame("TI"), example.frame("IE")
    criteria = said("tables/criteria.yaml")["rows"]
    assert [list(each) for each in zip(ti.IETESTCD, ti.IETEST, ti.IECAT, strict=True)] == sorted(
        criteria
    )
    assert set(ie.IETESTCD) <= set(ti.IETESTCD)


def test_trial_summary_is_what_the_study_says_and_the_data_give(example: Example) -> None:
    ts = example.frame("TS")
    study = said("study.yaml")
    parts = [name for name in ts.columns if re.fullmatch("TSVAL[0-9]?", name)]
    whole = {
        (r.TSPARMCD, int(r.TSSEQ)): " ".join(getattr(r, part) for part in parts if getattr(r, part))
        for r in ts.itertuples()
    }
    flavour = {(r.TSPARMCD, int(r.TSSEQ)): r.TSVALNF for r in ts.itertuples()}
    for code, given in study["trial_summary"].items():
        for number, each in enumerate(given if isinstance(given, list) else [given], 1):
            if isinstance(each, dict) and "null_flavor" in each:
                assert flavour[code, number] == each["null_flavor"]
                assert whole[code, number] == ""
            else:
                value = each["value"] if isinstance(each, dict) else each
                wanted = {True: "Y", False: "N"}.get(value, str(value))
                assert whole[code, number] == wanted
    dm = example.frame("DM")
    ds = example.frame("DS")
    enrolled = set(ds.USUBJID[ds.DSDECOD == "ELIGIBILITY CRITERIA MET"])
    assert whole["ACTSUB", 1] == str(len(enrolled & set(dm.USUBJID)))
    assert whole["SSTDTC", 1] == min(dm.RFICDTC)
    assert whole["NARMS", 1] == "1"
    assert whole["DCUTDTC", 1] == str(study["data_cut"])
    terminology = load_terminology("SDTM", "2025-03-28")
    codes, names = terminology.codelist("TSPARMCD"), terminology.codelist("TSPARM")
    assert codes is not None
    assert names is not None
    concept = {term.value: term.code for term in codes.terms.values()}
    assert set(ts.TSPARMCD) <= set(concept)
    for r in ts.itertuples():
        assert names.terms[r.TSPARM].code == concept[r.TSPARMCD]


def test_related_records_find_each_other(example: Example) -> None:
    relrec = example.frame("RELREC")
    for _, pair in relrec.groupby("RELID"):
        assert sorted(pair.RELTYPE) == ["MANY", "ONE"]
        keys = {}
        for r in pair.itertuples():
            frame = example.frame(r.RDOMAIN)
            frame = frame[frame[r.IDVAR] != ""]
            keys[r.RELTYPE] = list(zip(frame.USUBJID, frame[r.IDVAR], strict=True))
        assert len(keys["ONE"]) == len(set(keys["ONE"]))
        prefix = {each[:3] for _, each in keys["ONE"]}
        linked = {each for each in keys["MANY"] if each[1][:3] in prefix}
        assert linked
        assert linked <= set(keys["ONE"])


def test_define_is_valid_and_describes_the_files(example: Example) -> None:
    xml = (example.sdtm / "define.xml").read_bytes()
    assert validate_define(xml) == ()
    assert compare_define(xml, example.datasets) == ()


def test_manifest_names_every_file_with_its_hash(example: Example) -> None:
    manifest = json.loads((example.folder / "manifest.json").read_text(encoding="utf-8"))
    files = {
        path.relative_to(example.folder).as_posix()
        for path in example.folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(manifest["outputs"]) == files
    for name, facts in manifest["outputs"].items():
        digest = hashlib.sha256((example.folder / name).read_bytes()).hexdigest()
        assert digest == facts["sha256"]
    read = {f"source/{path.name}" for path in (STUDY / "source").iterdir()} - {"source/README.md"}
    read |= {"translations.yaml", "findings.yaml", "study.yaml"}
    assert read <= set(manifest["inputs"])


@pytest.mark.parametrize("partitions", [3, 7])
def test_partitions_do_not_change_a_byte(example: Example, tmp_path: Path, partitions: int) -> None:
    build_study(STUDY, tmp_path, Options(partitions=partitions))
    for path in sorted(example.folder.rglob("*")):
        if path.is_file():
            other = tmp_path / "hn2301" / path.relative_to(example.folder)
            assert other.read_bytes() == path.read_bytes(), path.name
