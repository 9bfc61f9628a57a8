"""The codelist of PARAMCD: each parameter's code with its name."""

from __future__ import annotations

from mg_cdisc.dataset import Codelist, Term
from mg_cdisc.frame import Frame, Text, group_codes, rows_by_group


def parameter_codelist(frame: Frame, dataset: str) -> Codelist | None:
    """The sponsor's codelist of PARAMCD, whose decodes are PARAM, in order of the codes.

    None where there is no PARAM, or where a code has several names: a codelist would then be
    wrong. Rule: ADaMIG 1.3 section 3.3.4: PARAM and PARAMCD are one-to-one within a dataset.
    """
    if "PARAM" not in frame or "PARAMCD" not in frame:
        return None
    codes, names = frame["PARAMCD"], frame["PARAM"]
    if not isinstance(codes, Text) or not isinstance(names, Text):
        return None
    groups, count = group_codes([codes, names], frame.rows)
    order, starts = rows_by_group(groups, count)
    first = order[starts[:-1]]
    pairs = dict(zip(codes.take(first).to_list(), names.take(first).to_list(), strict=True))
    if len(pairs) < count or "" in pairs or "" in pairs.values():
        return None
    terms = tuple(Term(code, pairs[code]) for code in sorted(pairs))
    return Codelist(f"{dataset}.PARAMCD", f"Parameters of {dataset}", "text", terms)
