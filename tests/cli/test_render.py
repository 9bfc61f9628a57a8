"""What ``spec show`` prints is YAML that says the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mg_cdisc.errors import Location
from mg_cdisc.spec.expand import to_tree
from mg_cdisc.spec.tree import parse_yaml, plain, render

# surrogates are no text
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.sampled_from(
    ["a: b", "x #y", "- z", "no", "1.0", "", " ", "'", '"', "{a}", "[b, c]", "if(a, b)", "`A B`",
     "!x", "&y", "*z", "|", ">", "%d", "@e", "?", ":", "a:", "#", "---", "\\", "\n", "\t", "~"]
)  # fmt: skip
SCALARS = st.one_of(WORDS, TEXT)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(SCALARS, inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(SCALARS, DATA, min_size=1, max_size=4))
def test_a_tree_rendered_and_read_again_is_the_same(data: dict[str, Any]) -> None:
    text = "\n".join(line for line, _ in render(to_tree(data, Location("spec.yaml", 1))))
    assert plain(parse_yaml(text, "shown.yaml")) == data
