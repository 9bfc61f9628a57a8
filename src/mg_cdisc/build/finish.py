"""From final frames to the package: variables in their order, records sorted, everything measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mg_cdisc.build.displays import displays_of
from mg_cdisc.build.engine import Result
from mg_cdisc.build.faults import Fault, Faults
from mg_cdisc.build.labels import CHINESE, Translator, is_chinese
from mg_cdisc.build.measure import encoded_lengths, study_lengths
from mg_cdisc.build.metadata import Describer
from mg_cdisc.build.one_to_one import check_pairs
from mg_cdisc.build.order import sdtm_order
from mg_cdisc.build.provenance import ADAM_FILLED
from mg_cdisc.build.sources import Prepared
from mg_cdisc.dataset import CRF_FILE, CRF_TITLE, Dataset, Document, Package, Standard
from mg_cdisc.errors import Finding, Location
from mg_cdisc.expression.pieces import first_piece
from mg_cdisc.frame import (
    Column,
    Frame,
    Index,
    Mask,
    Origins,
    Text,
    missing,
    order_key,
    plain_ascii,
    sort_order,
    take_apart,
)
from mg_cdisc.spec.bind import BoundDataset, Plan
from mg_cdisc.spec.catalog import SUPPQUAL
from mg_cdisc.spec.continued import MOST, continuations
from mg_cdisc.standards import CONTINUED
from mg_cdisc.standards.occurrence import GUIDE, GUIDE_VERSION, OCCURRENCE

SUPP_KEYS = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM")


def finish_package(
    plan: Plan, result: Result, sources: Mapping[str, Prepared], kind: str = "sdtm",
    only: Sequence[str] = (),
) -> tuple[Package, tuple[Finding, ...]]:  # fmt: skip
    """The package of one kind of dataset (sdtm with its SUPP--, or adam), and what is wrong in it.

    ``only`` are the datasets asked for, each with its SUPP--: what they need is not in the package.
    """
    findings: list[Finding] = []
    kinds = ("sdtm", "supp") if kind == "sdtm" else ("adam",)
    run = Counter(step.dataset for step in result.log)
    names = [
        name
        for name, dataset in plan.datasets.items()
        if dataset.kind in kinds
        and run[name] == len(dataset.steps)
        and (not only or name in only or dataset.parent in only)
    ]
    finished: dict[str, Frame] = {}
    translator = Translator(plan)
    findings += translator.check_lengths()
    for name in names:
        dataset = plan.datasets[name]
        frame = _arrange(plan, dataset, result.frames.pop(name), findings)
        if dataset.kind == "supp" and not frame.rows:
            continue
        reporter = _Reporter(dataset, frame, sources, findings, result)
        _check_records(plan, dataset, frame, reporter)
        if dataset.kind == "supp":
            frame = translator.qualifiers(name, frame)
        finished[name] = frame
    if kind == "adam":
        findings += check_pairs(finished, lambda name, each: plan.datasets[name].made_at(each))
    encoding = plan.files.study.text_encoding
    general = study_lengths(
        (frame for name, frame in finished.items() if plan.datasets[name].kind != "supp"), encoding
    )
    datasets = []
    for name, frame in finished.items():
        bound = plan.datasets[name]
        lengths = study_lengths([frame], encoding) if bound.kind == "supp" else general
        if bound.kind == "supp":
            lengths |= {key: general[key] for key in ("STUDYID", "USUBJID") if key in general}
        made = _dataset(plan, bound, frame, lengths, findings, sources)
        datasets.append(translator.dataset(made))
    findings += translator.findings(tuple(datasets))
    return _package(plan, tuple(datasets), kind), tuple(findings)


def _package(plan: Plan, datasets: tuple[Dataset, ...], kind: str) -> Package:
    study = plan.files.study
    used, own = study.standards, study.annotated_crf
    ig = ("SDTMIG", used.sdtmig) if kind == "sdtm" else ("ADaMIG", used.adamig)
    standards = [Standard(*ig, "IG")]
    if any(each.guide for each in datasets):
        standards.append(Standard(GUIDE, GUIDE_VERSION, "IG"))
    standards.append(Standard("CDISC/NCI", used.sdtm_ct, "CT", "SDTM"))
    if kind == "adam" and used.adam_ct:
        standards.append(Standard("CDISC/NCI", used.adam_ct, "CT", "ADaM"))
    if used.define_ct:
        standards.append(Standard("CDISC/NCI", used.define_ct, "CT", "DEFINE-XML"))
    return Package(
        study.study,
        study.name or study.study,
        study.description,
        study.protocol or study.study,
        datetime.combine(study.data_cut, time()),
        tuple(standards),
        datasets,
        annotated_crf=(
            Document("acrf", own.title if own is not None else CRF_TITLE, CRF_FILE)
            if kind == "sdtm" and (own is not None or plan.crf_pages)
            else None
        ),
        originator=study.originator,
        language=CHINESE if is_chinese(study) else "en",
        encoding=study.text_encoding,
        displays=(
            displays_of(plan, {each.name: plan.datasets[each.name].types for each in datasets})
            if kind == "adam"
            else ()
        ),
    )


def keys_of(dataset: BoundDataset) -> tuple[str, ...]:
    """The variables that sort the records and tell them apart."""
    if dataset.spec is None:
        return SUPP_KEYS
    return dataset.spec.keys


def written(dataset: BoundDataset) -> list[str]:
    """The variables of a dataset that leave it: upper-case names."""
    return [name for name in dataset.types if name[0].isalpha() and name.isupper()]


def _arrange(plan: Plan, dataset: BoundDataset, frame: Frame, findings: list[Finding]) -> Frame:
    """Variables in the standard's order (SDTM) or the spec's (ADaM), records by their keys.

    Of a variable that continues the first part stays, and numbered variables that nothing needed go.
    """
    names = written(dataset)
    further = {f"{base}{number}" for base in CONTINUED for number in range(1, MOST + 1)}
    names = [name for name in names if name not in further or not missing(frame[name]).all()]
    for name in continuations(dataset.spec):
        if name in frame:
            frame = frame.with_columns({name: first_piece(frame.text(name), MOST + 1)})
    if dataset.kind == "supp":
        order = list(SUPPQUAL)
    elif dataset.kind == "sdtm":
        order = sdtm_order(plan, dataset, names)
    else:
        told = dataset.spec.variable_order if dataset.spec is not None else ()
        order = list(dict.fromkeys([*(name for name in told if name in names), *names]))
    wrong = [key for key in keys_of(dataset) if key not in names]
    for key in wrong:
        findings.append(
            Finding(dataset.where, "unknown-key-variable", f"keys: {dataset.name} has no variable {key}",
                    "Make it, or take it out of keys:.", dataset=dataset.name, variable=key)
        )  # fmt: skip
    sort_by = [key for key in keys_of(dataset) if key in order]
    position = sort_order([order_key(frame[key]) for key in sort_by], frame.rows)
    in_order = bool((position == np.arange(frame.rows)).all())
    columns, origins = {name: frame[name] for name in order}, frame.origins
    del frame  # nobody else holds the columns that steps have made: each goes once it is sorted
    if not in_order:
        origins = origins.take(position)
        take_apart(columns, position)
    for name, column in columns.items():
        if isinstance(column, Text):
            columns[name] = column.compact()
    return Frame(columns, len(position), origins)


def _dataset(
    plan: Plan, bound: BoundDataset, frame: Frame, lengths: Mapping[str, int],
    findings: list[Finding], sources: Mapping[str, Prepared],
) -> Dataset:  # fmt: skip
    describer = Describer(
        plan, bound, frame, lengths, findings, lambda identity: located(sources, identity)
    )
    keys = keys_of(bound)
    variables = tuple(describer.variable(name, keys) for name in frame.columns)
    for variable in variables:
        if not variable.label:
            findings.append(
                Finding(bound.where, "no-label", f"{bound.name}.{variable.name} has no label",
                        "Give it one under variables:.", dataset=bound.name, variable=variable.name)
            )  # fmt: skip
    name, parent = bound.name, bound.parent or bound.name
    spec = plan.datasets[parent].spec
    assert spec is not None
    fact = (
        plan.catalog.sdtm.dataset(name) if bound.kind == "supp" else plan.catalog.dataset_fact(name)
    )
    own = spec if bound.kind != "supp" else None
    # of ADSL the guide has the name of its structure
    known = fact.label if fact else name
    known = known.removesuffix(" Structure") if name == "ADSL" else known
    label = (own.label if own and own.label else None) or known
    if bound.kind == "adam" and name != "ADSL" and not (own and own.label):
        findings.append(  # the name of a structure tells nothing of the data
            Finding(bound.where, "no-label", f"{name} has no label; it is called {label}",
                    "Say label: in its spec, such as Laboratory Analysis Dataset.", "warning",
                    dataset=name)
        )  # fmt: skip
    cls = (own.class_ if own and own.class_ else None) or (fact.define_class if fact else "")
    if fact and bound.kind == "adam":
        cls = fact.cls
    structure = (own.structure if own and own.structure else None) or (
        fact.structure if fact else ""
    )
    domain = plan.catalog.domain(parent) if bound.kind != "adam" else name
    of_subjects = bound.by_subject or "USUBJID" in frame
    return Dataset(
        name,
        domain,
        label,
        cls.upper().replace("-", " "),
        structure,
        keys,
        variables,
        frame,
        fact.subclass if fact and bound.kind == "adam" else "",
        "Analysis" if bound.kind == "adam" else "Tabulation",
        repeating=of_subjects and set(keys) != {"STUDYID", "USUBJID"},
        reference_data=not of_subjects,
        standard=fact is not None,
        guide=GUIDE if bound.kind == "adam" and fact is not None and fact.cls == OCCURRENCE else "",
        comment=own.comment if own else "",
        extension=plan.files.study.extension,
    )


class _Reporter:
    """Writes faults of finished records at their source rows."""

    def __init__(
        self, dataset: BoundDataset, frame: Frame, sources: Mapping[str, Prepared],
        findings: list[Finding], result: Result,
    ) -> None:  # fmt: skip
        self.dataset, self.frame, self.findings = dataset, frame, findings
        self.numbers = {each.number: each for each in sources.values()}
        self.sources = sources
        self.first = frame.origins.first()
        self.earlier = [
            each for each in result.findings if each.dataset == dataset.name and each.where.row
        ]
        self.lacking = sorted(result.translations.lacking) if result.translations else []

    def new(self, rows: Index, variable: str) -> Index:
        """Those records whose value has no fault that was told when it was made."""
        steps = (*(step for step, _ in self.dataset.makers(variable)),
                 *self.dataset.revisions(variable))  # fmt: skip
        labels = {step.label for step in steps}
        told = [
            (number << Origins.SHIFT) + row
            for each in self.earlier
            if each.variable in labels
            for number, source in self.numbers.items()
            for row in [source.table.number_of(each.where)]
            if row is not None
        ]
        return rows[~np.isin(self.first[rows], told)] if told and len(rows) else rows

    def lacks(self, text: str) -> bool:
        """Whether a text, or what it is a part of or made from, has no translation."""
        return any(text in each or each in text for each in self.lacking)

    def report(
        self,
        rows: Index,
        kind: str,
        variable: str,
        what: str,
        todo: str,
        values: Text | None = None,
    ) -> None:
        """One finding a source row up to a limit, then one that counts the rest."""
        faults = Faults()
        shown = values.map(_cut) if values is not None else None
        what = what.replace("{value}", "{value!r}")
        faults.add(Fault(kind, "error", what, todo, ""), self.frame, rows, shown)
        dataset = self.dataset
        self.findings += faults.tell(
            dataset.name, variable, dataset.where, lambda identity: located(self.sources, identity)
        )


def located(sources: Mapping[str, Prepared], identity: int) -> Location:
    """The source row of an identity."""
    number, row = identity >> Origins.SHIFT, identity & ((1 << Origins.SHIFT) - 1)
    return next(each for each in sources.values() if each.number == number).locate(row)


def _unseen(plan: Plan, values: pa.StringArray) -> Mask:
    """Values with line breaks, tabs and other control characters, or characters without a width.

    In a study that is written as ASCII the latter are told as what they are: not ASCII.
    """
    if plain_ascii(values):
        return np.zeros(len(values), bool)
    ascii_only = plan.files.study.text_encoding == "ascii"
    pattern = r"[\x00-\x1f\x7f]" if ascii_only else r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
    found = pc.match_substring_regex(values, pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def _cut(texts: pa.StringArray) -> pa.Array:
    """Texts as far as a finding shows them."""
    long = pc.greater(pc.utf8_length(texts), 60)
    ends = pc.binary_join_element_wise(pc.utf8_slice_codeunits(texts, 0, 60), "...", "")
    return pc.if_else(long, ends, texts)


def _check_records(plan: Plan, dataset: BoundDataset, frame: Frame, reporter: _Reporter) -> None:
    findings = reporter.findings
    keys = [key for key in keys_of(dataset) if key in frame]
    repeated = _repeated([frame[key] for key in keys], frame.rows)
    for key in keys:
        blank = missing(frame[key])[repeated]
        repeated = np.sort(np.append(repeated[~blank], reporter.new(repeated[blank], key)))
    if len(repeated):
        reporter.report(
            repeated, "duplicate-key", "",
            f"{dataset.name}: several records have the same {', '.join(keys)}",
            "Add a variable to keys:, or exclude the duplicate under a reason.",
        )  # fmt: skip
    for name, column in frame.columns.items():
        if isinstance(column, Text):
            _check_text(plan, dataset, name, column, reporter)
        elif np.isinf(column).any():
            reporter.report(
                np.flatnonzero(np.isinf(column)), "infinite", name,
                f"{dataset.name}.{name} is infinite", "Correct the calculation.",
            )  # fmt: skip
        if _required(plan, dataset, name):
            gone = np.flatnonzero(missing(column))
            reporter.report(
                reporter.new(gone, name), "required-missing", name,
                f"{dataset.name}.{name} is required and is missing",
                "Correct its step, or exclude the record under a reason.",
            )  # fmt: skip
    for name in _absent(plan, dataset, frame, "Exp"):
        findings.append(
            Finding(
                dataset.where,
                "expected-absent",
                f"{dataset.name} has no {name}, which the standard expects",
                "Add a step that makes it; leave its values blank where nothing was collected.",
                "warning",
                dataset.name,
                name,
            )
        )
    for name in _absent(plan, dataset, frame, "Req"):
        findings.append(
            Finding(dataset.where, "required-absent",
                    f"{dataset.name} has no {name}, which the standard requires",
                    "Add a step that makes it.", dataset=dataset.name, variable=name)
        )  # fmt: skip


def _repeated(keys: list[Column], rows: int) -> Index:
    """Records whose keys another record has too; records in the order of their keys."""
    same: Mask = np.ones(max(rows - 1, 0), bool)
    for key in keys:
        if isinstance(key, Text):
            same &= key.codes[1:] == key.codes[:-1]
        else:
            same &= (key[1:] == key[:-1]) | (np.isnan(key[1:]) & np.isnan(key[:-1]))
    return np.flatnonzero(np.append(same, False) | np.append(False, same))


def _required(plan: Plan, dataset: BoundDataset, name: str) -> bool:
    if dataset.kind == "supp":
        return name in ("STUDYID", "RDOMAIN", "USUBJID", "QNAM", "QLABEL", "QVAL", "QORIG")
    if dataset.kind == "adam":
        return name in ADAM_FILLED
    fact = plan.catalog.variable_fact(dataset.name, name)
    return fact is not None and fact.core == "Req"


def _absent(plan: Plan, dataset: BoundDataset, frame: Frame, core: str) -> list[str]:
    if dataset.kind != "sdtm":
        return []
    facts = plan.catalog.sdtm.variables(dataset.name, plan.catalog.domain(dataset.name))
    return [fact.name for fact in facts if fact.core == core and fact.name not in frame]


def _check_text(
    plan: Plan, dataset: BoundDataset, name: str, column: Text, reporter: _Reporter
) -> None:
    values = column.values
    if plan.files.study.text_encoding == "ascii":
        odd = pc.invert(pc.string_is_ascii(values)).to_numpy(zero_copy_only=False)
        if odd.any() and reporter.lacking:  # what lacks a translation is told where it is made
            told = [reporter.lacks(text) for text in values.filter(pa.array(odd)).to_pylist()]
            odd[np.flatnonzero(odd)[told]] = False
        if odd.any() and odd[column.codes].any():
            reporter.report(
                np.flatnonzero(odd[column.codes]), "not-ascii", name,
                f"{dataset.name}.{name} = {{value}} is not ASCII",
                "Translate it, or leave the column out under not_submitted.", column,
            )  # fmt: skip
    control = _unseen(plan, values)
    if control.any() and control[column.codes].any():
        reporter.report(
            np.flatnonzero(control[column.codes]), "control-character", name,
            f"{dataset.name}.{name} = {{value}} holds a character that cannot be seen",
            "Use squeeze() for line breaks and tabs, replace() for others, or correct the source.",
            column,
        )  # fmt: skip
    study = plan.files.study
    sizes = encoded_lengths(values, study.text_encoding)
    long = sizes > study.most_bytes
    if long.any():
        reporter.report(
            np.flatnonzero(long[column.codes]), "over-200-bytes", name,
            f"{dataset.name}.{name} = {{value}} has more than {study.most_bytes} bytes",
            "Write continues: true for it under variables:, or shorten it.", column,
        )  # fmt: skip
    padded = pc.not_equal(values, pc.utf8_trim_whitespace(values)).to_numpy(zero_copy_only=False)
    padded &= ~control
    if padded.any():
        reporter.report(
            np.flatnonzero(padded[column.codes]), "blank-edge", name,
            f"{dataset.name}.{name} = {{value}} begins or ends with a blank",
            "Use trim().", column,
        )  # fmt: skip
