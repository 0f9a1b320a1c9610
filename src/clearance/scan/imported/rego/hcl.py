"""HCL in the shape that conftest gives it: blocks as lists under their labels, what is no literal as `${…}`."""

from typing import Any

from tree_sitter import Language, Node, Parser

from clearance.scan.imported.rego.inputs import NotParsed

_DEEPEST = 40


def read_hcl(text: str) -> Any:
    """Read a file.

    Raises:
        NotParsed: it is no HCL.
    """
    import tree_sitter_hcl

    data = text.encode("utf-8", "replace")
    root = Parser(Language(tree_sitter_hcl.language())).parse(data).root_node
    if root.has_error:
        raise NotParsed("no HCL, or not all of it")
    body = next((part for part in root.named_children if part.type == "body"), None)
    return {} if body is None else _body(body, data, 0)


def _body(body: Node, data: bytes, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise NotParsed(f"deeper than {_DEEPEST} levels")
    found: dict[str, Any] = {}
    for part in body.named_children:
        if part.type == "attribute":
            name, value = part.named_children[0], part.named_children[-1]
            found[_words(name, data)] = _value(value, data, depth + 1)
        elif part.type == "block":
            heads = [one for one in part.named_children if one.type in ("identifier", "string_lit")]
            words = [_words(one, data).strip('"') for one in heads]
            inner = next((one for one in part.named_children if one.type == "body"), None)
            at = found
            for word in words[:-1]:
                at = at.setdefault(word, {})
                if not isinstance(at, dict):
                    raise NotParsed(f"{word[:40]!r} is a block and a value")
            listed = at.setdefault(words[-1], [])
            if not isinstance(listed, list):
                raise NotParsed(f"{words[-1][:40]!r} is a block and a value")
            listed.append({} if inner is None else _body(inner, data, depth + 1))
    return found


def _value(node: Node, data: bytes, depth: int) -> Any:
    if depth > _DEEPEST:
        raise NotParsed(f"deeper than {_DEEPEST} levels")
    inner = node
    while (
        inner.type in ("expression", "literal_value", "collection_value", "template_expr") and inner.named_child_count == 1
    ):
        inner = inner.named_children[0]
    text = _words(inner, data)
    match inner.type:
        case "numeric_lit":
            return float(text) if "." in text or "e" in text.lower() else int(text)
        case "bool_lit":
            return text == "true"
        case "null_lit":
            return None
        case "string_lit" | "quoted_template":
            return text[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        case "heredoc_template":
            lines = text.split("\n")
            return "\n".join(lines[1:-1]) + "\n"
        case "tuple":
            return [_value(one, data, depth + 1) for one in inner.named_children if one.type == "expression"]
        case "object":
            return _object(inner, data, depth)
        case _:
            return f"${{{_words(node, data)}}}"


def _object(node: Node, data: bytes, depth: int) -> dict[str, Any]:
    found = {}
    for part in node.named_children:
        pair = [one for one in part.named_children if one.type == "expression"]
        if part.type == "object_elem" and len(pair) == 2:
            found[_words(pair[0], data).strip('"')] = _value(pair[1], data, depth + 1)
    return found


def _words(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")
