"""``translations.yaml``: texts of the source, without blanks around them, and their English."""

from __future__ import annotations

from pathlib import Path

from mg_cdisc.errors import Finding
from mg_cdisc.spec.tree import Branch, Leaf


def translations_of(tree: Branch, findings: list[Finding]) -> dict[str, str]:
    """The entries of the file; what is no English text, or translates a text again, is a finding."""
    made: dict[str, str] = {}
    for written, leaf in tree.items.items():
        at, text = tree.key_at[written], written.strip()
        english = leaf.text.strip() if isinstance(leaf, Leaf) else ""
        if isinstance(leaf, Leaf) and leaf.bad:
            continue
        if not english:
            what, todo = "a translation is one text", "Write its English behind the colon."
        elif not english.isascii():
            what, todo = f"{english!r} is not ASCII", "Write it in English letters."
        elif text in made:
            what, todo = "this text is translated above already", "Keep one of the two."
        else:
            made[text] = english
            continue
        findings.append(Finding(at, "bad-translation", f"{text}: {what}", todo))
    return made


def only_remarks(path: Path) -> bool:
    """Whether a file holds remarks alone, as ``mg-cdisc init`` leaves them: no translation yet."""
    lines = [line.strip() for line in path.read_bytes().splitlines() if line.strip()]
    return bool(lines) and all(line.startswith(b"#") for line in lines)
