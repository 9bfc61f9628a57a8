"""Where the registry and the published instrument disagree: reported, and never picked silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from mg_cdisc.errors import Finding
from mg_cdisc.spec.lists import Instrument, Range, Total
from mg_cdisc.spec.load import StudyFiles
from mg_cdisc.spec.tree import locate

Said = Literal["published", "registered"]
KIND = "registry-disagreement"
TODO = "Totals follow the published instrument. Tell it in the reviewer's guide."


def registry_disagreements(files: StudyFiles) -> Iterator[Finding]:
    """A warning for each range and direction that is registered otherwise than published.

    It stands at the line of the instrument's file that says what is registered.
    """
    for name, instrument in files.instruments.items():
        for path, what in _differences(instrument):
            at = locate(files.trees[name], path)[0]
            said = f"{instrument.category}: {what}"
            yield Finding(at, KIND, said, TODO, "warning", instrument.domain)


def _differences(instrument: Instrument) -> Iterator[tuple[tuple[str | int, ...], str]]:
    direction = {str(key): str(said) for key, said in instrument.direction.items()}
    if len(set(direction.values())) > 1:
        yield ("direction", "registered"), _words("direction", direction)
    whole = [total for total in instrument.totals if total.items == ("all",)]
    shown = _ranges(instrument.ranges)
    if len(set(shown.values())) > 1:
        yield ("ranges", "registered"), _words(_of_total(whole), shown)
    for position, total in enumerate(instrument.totals):
        shown = _ranges(total.ranges)
        if len(set(shown.values())) > 1:
            path = ("totals", position, "ranges", "registered")
            yield path, _words(f"range of {total.code}", shown)


def _ranges(ranges: Mapping[Said, Range]) -> dict[str, str]:
    return {key: f"{each.low:g} to {each.high:g}" for key, each in ranges.items()}


def _of_total(whole: list[Total]) -> str:
    return f"range of {whole[0].code}" if len(whole) == 1 else "range of the total"


def _words(of: str, said: Mapping[str, str]) -> str:
    return f"{of} is {said['published']} as published and {said['registered']} as registered"
