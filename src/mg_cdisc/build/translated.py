"""Which entries of a study's list of translations nobody asked for."""

from __future__ import annotations

from mg_cdisc.errors import Finding
from mg_cdisc.expression import Translations
from mg_cdisc.spec import StudyFiles

LISTED = 50


def unused_translations(files: StudyFiles, known: Translations | None) -> list[Finding]:
    """A note for each entry of translations.yaml whose text no step translated.

    ``known`` is the list as the build used it; None, where texts stay as they are, gives no notes.
    """
    if known is None:
        return []
    tree = files.translations_tree
    idle = [at for text, at in tree.key_at.items() if text.strip() not in known.used]
    what = "no record has this text: its translation is not used"
    notes = [Finding(at, "unused-translation", what, level="note") for at in idle[:LISTED]]
    if len(idle) > LISTED:
        left = len(idle) - LISTED
        what = f"{left} more translations are not used"
        notes.append(Finding(tree.at, "unused-translation", what, level="note", count=left))
    return notes
