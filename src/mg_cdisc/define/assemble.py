"""From built datasets to the objects of define.xml.

Datasets stand in the order of their classes, then by name. What is alike is said once: a codelist,
method or comment that several variables share is one definition, named after its own name or its
first user; a codelist of one name whose terms differ between users (a value level has fewer than
its variable) becomes one definition for each, named after the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mg_cdisc.dataset import (
    Dataset,
    ItemFacts,
    Origin,
    Package,
    ValueLevel,
    Variable,
    class_rank,
)
from mg_cdisc.define import model
from mg_cdisc.define.displays import displays_of
from mg_cdisc.define.names import level_slug, slug
from mg_cdisc.define.package_checks import check_package
from mg_cdisc.define.shared import Shared, prose
from mg_cdisc.errors import BuildError, Finding, Location, nearest

_SAS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,7}")
_WITH_LENGTH = ("text", "integer", "float")
_KINDS = {"sdtm": "SDTM", "adam": "ADaM"}
_ENCODED = "Text in the transport files is encoded in {}."


def define_of(package: Package, kind: model.Kind) -> model.Define:
    """The define.xml of a package, as objects.

    Raises BuildError with every finding when the package cannot be described: a where-clause or
    key about an unknown variable, terminology that is not among the standards, pages without an
    annotated CRF.
    """
    findings = list(check_package(package))
    if findings:
        raise BuildError(findings)
    return _Assembly(package, kind).define()


@dataclass(frozen=True, slots=True)
class _Place:
    """A variable, or one value level of it, and its readable path (``LB.LBORRES.ALB``)."""

    dataset: Dataset
    variable: Variable
    path: str
    level: ValueLevel | None = None

    @property
    def facts(self) -> ItemFacts:
        return self.variable.facts if self.level is None else self.level.facts


class _Assembly:
    """Collects definitions while it walks the datasets once, in their order."""

    def __init__(self, package: Package, kind: model.Kind) -> None:
        self.package = package
        self.kind = kind
        self.datasets = sorted(package.datasets, key=class_rank)
        self.shared = Shared(self.datasets, package.standards, package.comments)
        self.items: list[model.ItemDef] = []
        self.level_items: list[model.ItemDef] = []
        self.value_lists: list[model.ValueList] = []
        self.guides = {s.name: oid for s, oid in self.shared.standards.items() if s.type == "IG"}
        self.guide = next(iter(self.guides.values()), "")
        self.crf = self.shared.document(package.annotated_crf) if package.annotated_crf else ""

    def define(self) -> model.Define:
        """The whole, in the order of the elements."""
        package, study, kind = self.package, slug(self.package.study_id), _KINDS[self.kind]
        version_oid = f"MDV.{study}.{kind}"
        documents = tuple(self.shared.document(document) for document in package.documents)
        standards = tuple(
            model.StandardDef(
                oid=oid,
                name=standard.name,
                type=standard.type,
                version=standard.version,
                status=standard.status,
                publishing_set=standard.publishing_set,
                comment=self.shared.about(oid),
            )
            for standard, oid in self.shared.standards.items()
        )
        comment = self.shared.about(version_oid)
        if not comment and package.encoding != "ascii":
            comment = self.shared.comment(_ENCODED.format(package.encoding.upper()), version_oid)
        groups = tuple(self.item_group(dataset) for dataset in self.datasets)
        displays = displays_of(package, self.shared)
        self.check_comments_used({version_oid, *self.shared.standards.values()})
        return model.Define(
            file_oid=f"{study}.{kind}.define",
            created=package.created.isoformat(timespec="seconds"),
            originator=package.originator,
            language=package.language,
            study_oid=f"STDY.{study}",
            study_name=package.study_name,
            study_description=prose(package.study_description),
            protocol_name=package.protocol_name,
            version_oid=version_oid,
            version_name=f"Study {package.study_name}, {kind} data definitions",
            comment=comment,
            standards=standards,
            annotated_crf=self.crf,
            documents=documents,
            value_lists=tuple(self.value_lists),
            where_clauses=tuple(self.shared.where_clauses.values()),
            item_groups=groups,
            items=(*self.items, *self.level_items),
            codelists=tuple(sorted(self.shared.codelists.values(), key=lambda each: each.oid)),
            methods=tuple(self.shared.methods.values()),
            comments=tuple(self.shared.comments.values()),
            leaves=tuple(self.shared.leaves.values()),
            displays=displays,
        )

    def item_group(self, dataset: Dataset) -> model.ItemGroup:
        """A dataset; one without records has no file."""
        name = slug(dataset.name)
        has_data = dataset.frame.rows > 0
        leaf = model.Leaf(
            self.shared.names.give(f"LF.{name}", dataset.name), dataset.file_name, dataset.file_name
        )
        parents = [each for each in self.datasets if each.name == dataset.domain]
        return model.ItemGroup(
            oid=f"IG.{name}",
            name=dataset.name,
            domain=dataset.domain if self.kind == "sdtm" else "",
            label=prose(dataset.label),
            repeating=dataset.repeating,
            reference_data=dataset.reference_data,
            purpose=dataset.purpose,
            structure=prose(dataset.structure),
            class_name=dataset.class_name,
            subclass=dataset.subclass,
            standard=self.guides.get(dataset.guide, self.guide) if dataset.standard else "",
            comment=self.shared.comment(dataset.comment, name),
            leaf=leaf if has_data else None,
            domain_label=prose(parents[0].label)
            if parents and dataset.name != dataset.domain and self.kind == "sdtm"
            else "",
            items=tuple(
                self.variable(
                    _Place(dataset, variable, f"{name}.{slug(variable.name)}"), order, has_data
                )
                for order, variable in enumerate(dataset.variables, start=1)
            ),
        )

    def variable(self, place: _Place, order: int, has_data: bool) -> model.ItemRef:
        """A variable's reference; its item and value list are collected."""
        dataset, variable = place.dataset, place.variable
        oid = f"IT.{place.path}"
        value_list = f"VL.{place.path}" if variable.value_levels else ""
        method = self.shared.method(variable.facts.method, place.path)
        self.items.append(self.item(place, oid, variable.name, value_list))
        if value_list:
            refs = tuple(
                self.value_level(place, level, number)
                for number, level in enumerate(variable.value_levels, start=1)
            )
            self.value_lists.append(model.ValueList(value_list, refs))
        keys = dataset.keys
        return model.ItemRef(
            item=oid,
            order=order,
            mandatory=variable.mandatory,
            key_sequence=keys.index(variable.name) + 1 if variable.name in keys else None,
            role=variable.role if self.kind == "sdtm" else "",
            method=method,
            non_standard=dataset.standard and not variable.standard,
            has_no_data=has_data and variable.has_no_data,
        )

    def value_level(self, above: _Place, level: ValueLevel, order: int) -> model.ItemRef:
        """A value level's reference; its item is collected."""
        path = f"{above.path}.{level_slug(level.checks)}"
        place = _Place(above.dataset, above.variable, path, level)
        oid = self.shared.names.give(f"IT.{place.path}", (place.path, level))
        method = self.shared.method(level.facts.method, place.path)
        self.level_items.append(self.item(place, oid, level.name or place.variable.name, ""))
        return model.ItemRef(
            item=oid,
            order=order,
            mandatory=level.mandatory,
            method=method,
            has_no_data=level.has_no_data,
            where=self.shared.where(place.dataset, level.checks),
        )

    def item(self, place: _Place, oid: str, name: str, value_list: str) -> model.ItemDef:
        """The item of a variable or value level."""
        facts, variable, level = place.facts, place.variable, place.level
        length = facts.length
        if level is None and variable.is_text and facts.data_type == "text":
            length = variable.storage  # the one number that the transport file has too
        label = variable.label if level is None else level.label
        shown = facts.display_format or (variable.format if level is None else "")
        return model.ItemDef(
            oid=oid,
            name=name,
            data_type=facts.data_type,
            length=max(length, 1) if length and facts.data_type in _WITH_LENGTH else None,
            significant_digits=facts.significant_digits if facts.data_type == "float" else None,
            sas_field=name if _SAS_NAME.fullmatch(name) else "",
            display_format=shown,
            comment=self.shared.comment(facts.comment, place.path),
            label=prose(label),
            codelist=self.shared.codelist(facts.codelist, place.path),
            origins=tuple(self.origin(origin) for origin in facts.origins),
            value_list=value_list,
        )

    def origin(self, origin: Origin) -> model.OriginDef:
        """Where a value comes from, with pages by number and by destination."""
        pages = model.pages_of(origin.pages)
        parts = [part for part in (origin.predecessor, prose(origin.statement)) if part]
        return model.OriginDef(
            type=origin.type,
            source=origin.source,
            description=": ".join(parts),
            leaf=self.crf if pages else "",
            pages=pages,
        )

    def check_comments_used(self, known: set[str]) -> None:
        """Refuses a comment on something that is not in this define.xml."""
        known |= {where.oid for where in self.shared.where_clauses.values()}
        findings = [
            Finding(
                Location("define.xml"),
                "unknown-comment",
                f"comment on {oid}: no standard and no where-clause has this identifier",
                nearest(oid, sorted(known)) or "Remove the comment.",
            )
            for oid in self.package.comments
            if oid not in known
        ]
        if findings:
            raise BuildError(findings)
