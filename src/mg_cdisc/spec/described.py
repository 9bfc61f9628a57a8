"""What each key of a spec file means, from the texts that stand below the fields of its model.

The models carry these texts for those who read the code; the JSON Schema and the language reference
print them. They are read from the source only when asked for, so that loading a study costs nothing.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model: its type as written, what stands below it (blank: nothing), its module."""

    annotation: str
    text: str
    module: str


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """Every field of a model by its Python name, inherited ones first.

    >>> from mg_cdisc.derive.assign import Hardcode
    >>> fields_of(Hardcode)["hardcode"].text
    'The constant.'
    """
    found: dict[str, Field] = {}
    for cls in reversed(model.__mro__):
        if cls is BaseModel or not issubclass(cls, BaseModel):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
        assert isinstance(body, ast.ClassDef)
        for node, following in zip(body.body, [*body.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                written = ast.unparse(node.annotation)
                found[node.target.id] = Field(written, _text(following), cls.__module__)
    return found


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""
