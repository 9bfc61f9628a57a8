"""``mg-cdisc ct`` and ``mg-cdisc standards``: versions of terminology and standards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mg_cdisc.cli.terminal import say
from mg_cdisc.layout import Column, table


def import_ct(file: Path, version: str | None) -> None:
    """Take a terminology package into the user's store."""
    from mg_cdisc.standards import default_store, import_terminology

    made = import_terminology(file, default_store(), version)
    kind, _, dated = made.partition(" CT ")
    key = {"SDTM": "sdtm_ct", "ADaM": "adam_ct"}.get(kind, "define_ct")
    say(
        _where(made, "ct", f"{kind.lower()}-{dated}"),
        f"A study uses it by {key}: {dated} under standards: in its study.yaml.",
    )


def import_ig(variables: Path, datasets: Path | None) -> None:
    """Take an implementation guide into the user's store."""
    from mg_cdisc.standards import default_store, import_standard

    made = import_standard(variables, default_store(), datasets)
    name, _, version = made.rpartition(" ")
    say(
        _where(made, "ig", f"{name.lower()}-{version}"),
        f'A study uses it by {name.lower()}: "{version}" under standards: in its study.yaml.',
    )


def _where(made: str, folder: str, name: str) -> str:
    """Where an imported version is: nothing is written of one that comes with the product."""
    from mg_cdisc.standards import default_store
    from mg_cdisc.standards.store import shipped_names

    if name in shipped_names(folder):
        return f"{made} comes with mg-cdisc; nothing was written."
    return f"{made} is in {default_store() / folder}."


def list_ct() -> None:
    """Print the terminology packages that a study can choose."""
    from mg_cdisc.standards import default_store
    from mg_cdisc.standards.store import stored_names
    from mg_cdisc.terminology import known_terminologies, load_terminology

    known = known_terminologies()
    date = len("-2025-03-28")  # kind and date, and a kind may have a hyphen too
    loaded = [load_terminology(name[:-date], name[1 - date :]) for name in known]
    stored = stored_names(default_store() / "ct")
    say(
        *table(
            [
                Column("Terminology", [each.kind for each in loaded]),
                Column("Version", [each.version for each in loaded]),
                Column("Codelists", [f"{len(each.codes):,}" for each in loaded], right=True),
                Column("From", _places(known, stored)),
            ]
        )
    )


def list_ig() -> None:
    """Print the implementation guides that a study can choose."""
    from mg_cdisc.standards import default_store, known_standards, load_standard
    from mg_cdisc.standards.store import stored_names

    known = known_standards()
    loaded = [
        load_standard(name, version) for name, _, version in (n.rpartition("-") for n in known)
    ]
    stored = stored_names(default_store() / "ig")
    say(
        *table(
            [
                Column("Standard", [each.name for each in loaded]),
                Column("Version", [each.version for each in loaded]),
                Column("Datasets", [f"{len(each.datasets):,}" for each in loaded], right=True),
                Column("From", _places(known, stored)),
            ]
        )
    )


def _places(known: Sequence[str], stored: Sequence[str]) -> list[str]:
    """Where each version comes from; a shipped one goes before one of the same name in the store."""
    from mg_cdisc.standards import default_store
    from mg_cdisc.standards.store import shipped_names

    shipped = {*shipped_names("ct"), *shipped_names("ig")}
    store = str(default_store())
    return [store if name in stored and name not in shipped else "mg-cdisc" for name in known]
