"""Choices of forms and the submission values that they mean, gathered for terminology.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mg_cdisc.scaffold.lines import flow, remark, scalar
from mg_cdisc.standards.cdash import term_of_word
from mg_cdisc.terminology import Codelist, Terminology


@dataclass
class Terms:
    """The maps of terminology.yaml as fields ask for them, and the answers that are still open.

    A codelist has one map for the whole study. Where a form uses a code for another term than the
    forms before it did, its own step gets the map.
    """

    terminology: Terminology
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    foreign: dict[str, list[str]] = field(default_factory=dict)
    """By variable the texts that are not ASCII and need their English."""
    _meant: dict[str, dict[str, str]] = field(default_factory=dict)

    def assign(
        self, codes: Sequence[str], reference: str, answers: Mapping[str, str], place: str
    ) -> dict[str, object]:
        """The step that makes a coded variable of a field; ``codes`` are the codelists it may use.

        ``answers`` are code to text. Of several codelists the one that has most of them is named.
        """
        known_lists = (self.terminology.codelist(code) for code in codes)
        lists = [each for each in known_lists if each is not None]
        if not lists:
            return {"assign": reference}
        matched = [
            {answer: term_of(each, answer, text) for answer, text in answers.items()}
            for each in lists
        ]
        best = max(range(len(lists)), key=lambda at: sum(map(bool, matched[at].values())))
        chosen, found = lists[best], matched[best]
        name = chosen.short_name
        meant = self._meant.setdefault(name, {})
        # also where one form is sure of a code and another is not
        clash = any(meant.get(code, term) != term for code, term in found.items())
        known = {code: term for code, term in found.items() if term}
        self._open(chosen, {c: answers[c] for c, term in found.items() if not term}, place)
        if clash:
            return {"map": reference, "to": known}
        meant |= found
        own = self.maps.setdefault(name, {})
        own |= {code: term for code, term in known.items() if code != term}
        said: dict[str, object] = {"assign_ct": reference}
        return said | ({"codelist": name} if len(codes) > 1 else {})

    def matches(self, name: str, answers: Mapping[str, str]) -> dict[str, str]:
        """The answers that mean a term of a codelist, without asking for a map."""
        codelist = self.terminology.codelist(name)
        if codelist is None:
            return {}
        found = {code: term_of(codelist, code, text) for code, text in answers.items()}
        return {code: term for code, term in found.items() if term}

    def _open(self, codelist: Codelist, answers: Mapping[str, str], place: str) -> None:
        for code, text in answers.items():
            said = scalar(code) if code == text else f"{scalar(code)}: {text}"
            close = codelist.nearest(text)
            hint = f"; perhaps {close}" if close else ""
            if code in codelist.terms:
                hint = f"; taken as {code}, the term, unless it is mapped"
            line = remark(f"{said} ({place}){hint}", 140)
            lines = self.open.setdefault(codelist.short_name, [])
            if line not in lines:
                lines.append(line)

    def text(self) -> str:
        """terminology.yaml, blank where there is nothing to say in it."""
        made: list[str] = []
        for name in sorted({*self.maps, *self.open}):
            own, left = self.maps.get(name, {}), self.open.get(name, [])
            if not own and not left:
                continue
            pair = f"  map: {flow(own)}"
            if name in self.maps:
                made += [f"{scalar(name)}:"]
                made += [pair] if len(pair) <= 110 else [
                    "  map:", *(f"    {scalar(code)}: {scalar(term)}" for code, term in own.items())
                ]  # fmt: skip
            if left:
                made.append(f"# TODO {name}: find the term of each, or query the site")
                made += [f"#   {line}" for line in left]
        head = "# Verbatim text of the forms to submission values, codelist by codelist."
        return "\n".join([head, *made]) + "\n" if made else ""

    def translations(self) -> str:
        """translations.yaml, each line a remark until its English is known; blank without texts."""
        made: list[str] = []
        seen: set[str] = set()
        for variable, texts in self.foreign.items():
            left = [text for text in dict.fromkeys(texts) if text not in seen]
            seen |= {*left}
            made += [f"## {variable}", *(f"# {scalar(text)}: " for text in left)] if left else []
        head = "# TODO the English of each text: write it behind the colon, and take the # away."
        return "\n".join([head, *made]) + "\n" if made else ""


def term_of(codelist: Codelist, code: str, text: str) -> str:
    """The submission value that an answer means beyond doubt, or blank.

    Its text is a value or a decode, whatever the case, or a word known to mean the term. A code
    that is a term itself counts where its text does not say something else.
    """
    said = " ".join(text.split())
    folded = said.casefold()
    if said in codelist.terms:
        return said
    same = codelist.find_case_insensitive(said)
    if len(same) == 1:
        return same[0].value
    decoded = [term.value for term in codelist.terms.values() if term.decode.casefold() == folded]
    if len(decoded) == 1:
        return decoded[0]
    word = term_of_word(codelist.short_name, said)
    if word in codelist.terms:
        return word
    return code if not said and code in codelist.terms else ""
