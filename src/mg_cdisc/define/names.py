"""Object identifiers (OIDs) of define.xml: readable, unique, and the same in every build.

An OID says what it names by its prefix (``IG.DM``, ``IT.DM.AGE``, ``CL.AEOUT``). It is made from
names and values only, never from positions or counts. What several variables share is named after
the first of them (see ``shared``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Sequence

from mg_cdisc.dataset import RangeCheck

_UNSAFE = {also: re.compile(rf"[^A-Za-z0-9_\-{also}]") for also in (".", "")}
_LISTED = 4


def digest(*parts: object) -> str:
    """Six hexadecimal digits that differ where the parts do.

    >>> digest("a") == digest("a"), digest("a") == digest("b")
    (True, False)
    """
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:6]


def slug(text: str, also: str = ".") -> str:
    """Text as part of an OID: letters, digits, hyphen, underscore, and the point.

    Where something had to be replaced, a digest of the whole text keeps ``A B`` and ``A/B`` apart.
    Every result may stand in an XML ID after a letter.

    >>> slug("AEOUT")
    'AEOUT'
    >>> slug("10^9/L")[:7]
    '10_9_L-'
    """
    safe = _UNSAFE[also].sub("_", text)
    return text if text and safe == text else f"{safe.strip('_')}-{digest(text)}"


def value_slug(value: str) -> str:
    """A data value as one part of an OID; a point in it would look like two parts.

    >>> value_slug("ALB")
    'ALB'
    >>> value_slug("1.5")[:4]
    '1_5-'
    """
    return slug(value, also="")


def values_slug(check: RangeCheck) -> str:
    """The values of a check: all of a short list, first, last and a digest of a long one.

    >>> values_slug(RangeCheck("PARAMCD", "IN", ("A", "B")))
    'IN.A.B'
    >>> values_slug(RangeCheck("PARAMCD", "EQ", ("A",)))
    'A'
    """
    parts = [value_slug(value) for value in check.values]
    if len(parts) > _LISTED:
        parts = [f"{parts[0]}-{parts[-1]}-{digest(check.values)}"]
    if check.comparator != "EQ":
        parts.insert(0, check.comparator)
    return ".".join(parts)


def level_slug(checks: Sequence[RangeCheck]) -> str:
    """What tells a value level from the others of its variable: the values of its checks.

    >>> test, specimen = RangeCheck("LBTESTCD", "EQ", ("A",)), RangeCheck("LBSPEC", "NE", ("B",))
    >>> level_slug([test, specimen])
    'A.NE.B'
    """
    return ".".join(values_slug(check) for check in checks)


def where_slug(dataset: str, checks: Sequence[RangeCheck]) -> str:
    """What a where-clause says, as part of its OID.

    >>> where_slug("LB", [RangeCheck("LBTESTCD", "EQ", ("ALB",))])
    'LB.LBTESTCD.ALB'
    """
    parts = [f"{slug(check.variable)}.{values_slug(check)}" for check in checks]
    return ".".join([slug(dataset), *parts])


class Names:
    """Gives each content its OID, the same content always the same one.

    Should two different contents ask for one OID, the later gets a digest of its content.
    """

    def __init__(self) -> None:
        self._given: dict[str, Hashable] = {}

    def give(self, oid: str, content: Hashable) -> str:
        """The OID for this content.

        >>> names = Names()
        >>> names.give("CL.NY", "Y"), names.give("CL.NY", "Y")
        ('CL.NY', 'CL.NY')
        >>> names.give("CL.NY", "N") == "CL.NY"
        False
        """
        if self._given.setdefault(oid, content) == content:
            return oid
        return self.give(f"{oid}-{digest(content)}", content)
