"""Values on their way into the library and out of it.

The library takes texts of Python as if they were JSON-escaped already, and writes texts as they are, some built-in functions
(`trim`) without escapes: a file name with a quote in it would end a text early and add keys of its own, or take some away.
So values go in as JSON, and answers are read from the library's tree, never from the text that it prints.
"""

import json
from typing import Any

_DEEPEST = 40
_MOST_PARTS = 100


def term_of(value: Any) -> str:
    """Give a value as JSON for the library. Characters stay as they are: it compares escapes as text. A lone surrogate
    becomes a question mark.

    Raises:
        ValueError: it holds a number that JSON has not.
        RecursionError: it is nested too deeply.
    """
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    return written.encode("utf-8", "replace").decode("utf-8")


def answer_of(rego: Any, query: str) -> Any:
    """Ask for one value, and give it as Python has it: a set is a list, a key that is no text is written as JSON. None where
    it is undefined.

    Raises:
        ValueError: it cannot be evaluated, or what came back is no value.
    """
    from regopy import NodeKind, RegoError

    try:
        output = rego.query(query)
    except (RegoError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from None
    if not output.ok():
        raise ValueError(_error(output.node()))
    node = output.node()
    if node.kind is NodeKind.Undefined:
        return None
    for inside in (NodeKind.Results, NodeKind.Result):
        if node.kind is not inside or len(node) < 1 or (inside is NodeKind.Results and len(node) != 1):
            raise ValueError(f"the answer is no value: {node.kind_name}")
        node = node.at(0)
    if node.kind is not NodeKind.Terms or len(node) != 1:
        raise ValueError(f"the answer is no value: {node.kind_name}")
    return _plain(node.at(0), 0)


def _error(node: Any) -> str:
    """Give what an error says, the first message of it."""
    from regopy import NodeKind
    from regopy.rego_shared import rego_node_value

    left = [node]
    for _ in range(_MOST_PARTS):
        if not left:
            break
        one = left.pop()
        if one.kind is NodeKind.ErrorMessage:
            return " ".join(rego_node_value(one._impl).split())  # noqa: SLF001 -- `value` knows scalars only
        if one.kind in (NodeKind.ErrorSeq, NodeKind.Error):
            left += [one.at(place) for place in reversed(range(len(one)))]
    return "an error without a message"


def _plain(node: Any, depth: int) -> Any:
    """Read one node of the answer.

    Raises:
        ValueError: it is of no known kind, nested too deeply, or two keys of it are the same.
    """
    from regopy import NodeKind
    from regopy.rego_shared import rego_node_size

    if depth > _DEEPEST:
        raise ValueError(f"the answer is nested deeper than {_DEEPEST} levels")
    kind = node.kind
    if kind in (NodeKind.Term, NodeKind.Scalar):
        return _plain(node.at(0), depth + 1)
    if kind is NodeKind.String:
        return _text(node.value)
    if kind in (NodeKind.Int, NodeKind.Float, NodeKind.Boolean, NodeKind.Null):
        return node.value
    if kind is NodeKind.Array:
        return [_plain(node.at(place), depth + 1) for place in range(len(node))]
    if kind not in (NodeKind.Set, NodeKind.Object):
        raise ValueError(f"the answer is no value: {node.kind_name}")
    # The library's class keeps members by how they print; two that print alike would be one.
    if len(node) != rego_node_size(node._impl):  # noqa: SLF001 -- no public name counts them
        raise ValueError("two parts of the answer cannot be told apart")
    if kind is NodeKind.Set:
        return [_plain(node._children[key], depth + 1) for key in node]  # noqa: SLF001 -- `lookup` finds no key with a quote
    return {_key(key): _plain(node._children[key], depth + 1) for key in node}  # noqa: SLF001 -- as above


def _key(printed: str) -> str:
    return _text(printed[1:-1]) if printed.startswith('"') and printed.endswith('"') and len(printed) > 1 else printed


def _text(written: str) -> str:
    """Take the escapes out of a text; what is no escaped text stays as it is."""
    if "\\" not in written:
        return written
    try:
        found = json.loads(f'"{written}"', strict=False)
    except ValueError:
        return written
    return found if isinstance(found, str) else written
