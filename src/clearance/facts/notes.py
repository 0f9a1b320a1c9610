"""The strings that stand right below the fields of facts: what a field means, for schemas and reference pages."""

import ast
import inspect
import textwrap
from itertools import pairwise


def field_notes(fact: type) -> dict[str, str]:
    """Read the strings that stand right below fields, by field; Python itself drops them.

    Raises:
        OSError: the source of the fact is not installed beside it.
    """
    source = ast.parse(textwrap.dedent(inspect.getsource(fact)))
    body = source.body[0].body if isinstance(source.body[0], ast.ClassDef) else []
    notes = {}
    for field, note in pairwise(body):
        match field, note:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                notes[name] = inspect.cleandoc(text)
    return notes
