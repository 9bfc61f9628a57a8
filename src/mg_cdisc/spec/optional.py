"""The files that a study may have and need not: translations, labels, numbers, endpoints, guides."""

from __future__ import annotations

from mg_cdisc.derive.numbering import Known
from mg_cdisc.spec.documents import documents_of, read_document
from mg_cdisc.spec.endpoints import ENDPOINTS, Endpoints
from mg_cdisc.spec.guide import GUIDE, Guide, guide_faults
from mg_cdisc.spec.labels import LABELS, Labels
from mg_cdisc.spec.models import Study
from mg_cdisc.spec.numbering import NUMBERING, numbering_of
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.reader import Reader, nothing
from mg_cdisc.spec.translations import only_remarks, translations_of
from mg_cdisc.spec.tree import Branch


def read_annotated_crf(reader: Reader, study: Study, tree: Branch) -> bytes | None:
    """The study's annotated CRF, which is copied into the package as it is."""
    if study.annotated_crf is None:
        return None
    at = tree.key_at.get("annotated_crf", tree.at)
    read = read_document(
        reader.folder, study.annotated_crf.file, at, "annotated_crf", reader.findings
    )
    if read is None:
        return None
    reader.files.append(read[0])
    return read[1]


def read_translations(reader: Reader) -> tuple[dict[str, str], Branch]:
    """``translations.yaml``: texts of the source and their English."""
    path = reader.folder / "translations.yaml"
    there = path.exists() and not only_remarks(path)
    tree = reader.branch(path) if there else None
    tree = tree if tree is not None else nothing(reader.name(path))
    return translations_of(tree, reader.findings), tree


def read_labels(reader: Reader) -> tuple[Labels, Branch]:
    """``labels.zh.yaml``: labels in Chinese."""
    path = reader.folder / LABELS
    tree = reader.branch(path) if path.exists() else None
    if tree is None:
        return Labels(), nothing(reader.name(path))
    return read_model(Labels, tree, reader.findings) or Labels(), tree


def read_guide(reader: Reader, datasets: set[str]) -> tuple[Guide, dict[str, bytes]]:
    """``guide.yaml``: texts of the reviewer's guides, and finished guides by their kind."""
    path = reader.folder / GUIDE
    tree = reader.branch(path) if path.exists() and not only_remarks(path) else None
    texts = read_model(Guide, tree, reader.findings) if tree is not None else None
    if texts is None or tree is None:
        return Guide(), {}
    if not reader.unread:
        reader.findings += guide_faults(texts, tree, datasets | reader.broken)
    made: dict[str, bytes] = {}
    for kind in ("csdrg", "adrg"):
        name = getattr(texts, kind)
        read = name and read_document(reader.folder, name, tree.key_at[kind], kind, reader.findings)
        if read:
            reader.files.append(read[0])
            made[kind] = read[1]
    return texts, made


def read_numbering(reader: Reader) -> dict[str, Known] | None:
    """``numbering.csv``: the numbers that records have from earlier builds."""
    path = reader.folder / NUMBERING
    if not path.exists():
        return None
    reader.files.append(path)
    return numbering_of(reader.folder, reader.name(path), reader.findings)


def read_endpoints(reader: Reader) -> tuple[Endpoints | None, Branch, dict[str, bytes]]:
    """``endpoints.yaml``: the endpoints and how each is analysed, and the documents it names."""
    path = reader.folder / ENDPOINTS
    tree = reader.branch(path) if path.exists() else None
    if tree is None:
        return None, nothing(reader.name(path)), {}
    made = read_model(Endpoints, tree, reader.findings)
    files, documents = documents_of(made, tree, reader.folder, reader.findings)
    reader.files += files
    return made, tree, documents
