"""The occurrence data structure beside the structures of the ADaMIG."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mg_cdisc.standards import DatasetFact, VariableFact, load_standard, with_occurrences


@pytest.mark.parametrize(
    ("name", "label", "kind"),
    [
        ("ASTDT", "Analysis Start Date", "Num"),
        ("ASTDTF", "Analysis Start Date Imputation Flag", "Char"),
        ("TRTEMFL", "Treatment Emergent Analysis Flag", "Char"),
        ("AOCCPIFL", "1st Max Sev./Int. Occur Within PT Flag", "Char"),
        ("CQ01NAM", "Customized Query 01 Name", "Char"),
        ("ATOXGRN", "Analysis Toxicity Grade (N)", "Num"),
        ("TRTA", "Actual Treatment", "Char"),
    ],
)
def test_variables_of_the_structure(name: str, label: str, kind: str) -> None:
    fact = with_occurrences(load_standard("ADAMIG", "1.3")).match("OCCDS", name)
    assert fact is not None
    assert (fact.label, fact.type) == (label, kind)


def test_the_structure_has_the_class_of_define_xml() -> None:
    fact = with_occurrences(load_standard("ADAMIG", "1.3")).dataset("OCCDS")
    assert fact is not None
    assert (fact.cls, fact.subclass) == ("OCCURRENCE DATA STRUCTURE", "")


def test_adverse_events_are_a_subclass_with_the_variables_of_the_structure() -> None:
    adam = with_occurrences(load_standard("ADAMIG", "1.3"))
    fact = adam.dataset("AE")
    assert fact is not None
    assert (fact.cls, fact.subclass) == ("OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT")
    names = [variable.name for variable in adam.variables("AE")]
    assert names == [variable.name for variable in adam.variables("OCCDS")]


def test_the_other_structures_stay() -> None:
    guide = load_standard("ADAMIG", "1.3")
    both = with_occurrences(guide)
    assert [name for name in both.datasets if name not in ("OCCDS", "AE")] == list(guide.datasets)
    assert both.variables("BDS") == guide.variables("BDS")


def test_no_label_is_longer_than_a_transport_file_holds() -> None:
    facts = with_occurrences(load_standard("ADAMIG", "1.3")).variables("OCCDS")
    assert facts
    assert all(len(fact.label) <= 40 for fact in facts)


def test_a_guide_with_facts_of_its_own_keeps_them() -> None:
    guide = load_standard("ADAMIG", "1.3")
    own = VariableFact("OCCDS", 1, "AXXX", "Own", "Char", "Perm")
    known = DatasetFact("OCCDS", "OCCURRENCE DATA STRUCTURE", "Own")
    richer = replace(
        guide,
        datasets={**guide.datasets, "OCCDS": known},
        facts={**guide.facts, "OCCDS": {"AXXX": own}},
    )
    assert with_occurrences(richer) is richer
