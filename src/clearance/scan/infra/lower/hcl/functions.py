"""Functions of Terraform whose result follows from what they are given."""

from collections.abc import Callable, Mapping, Sequence

from clearance.scan.infra.node import Kind, Node, Span

_MOST = 2_000
_SAME = frozenset({
    "jsonencode", "yamlencode", "toset", "tolist", "tomap", "sensitive", "nonsensitive", "distinct", "compact", "sort",
    "reverse", "base64encode", "base64gzip", "tostring", "tonumber", "tobool", "trimspace", "chomp", "jsondecode",
    "yamldecode",
})  # fmt: skip
"""What they give says the same as what they are given, as far as rules ask."""


def call(name: str, arguments: Sequence[Node], span: Span) -> Node | None:
    """Give the result of a function, or None where it does not follow from the text."""
    if name in _SAME:
        return arguments[0] if len(arguments) == 1 else None
    make = _MADE.get(name)
    return make(arguments, span) if make is not None and arguments else None


def _concat(lists: Sequence[Node], span: Span) -> Node | None:
    """Join lists; an unknown one becomes an unknown item, so that what is known is seen."""
    node = Node.sequence(span)
    for one in lists:
        if one.kind is Kind.UNKNOWN:
            node.values.append(one)
        elif one.kind is Kind.LIST:
            node.values.extend(one.values)
        else:
            return None
        if len(node.values) > _MOST:
            return None
    return node


def _flatten(lists: Sequence[Node], span: Span) -> Node | None:
    outer = lists[0].values
    return _concat([one if one.kind is not Kind.SCALAR else _alone(one) for one in outer], span) if outer else None


def _alone(node: Node) -> Node:
    found = Node.sequence(node.span)
    found.values.append(node)
    return found


def _merge(maps: Sequence[Node], span: Span) -> Node | None:
    """Join maps; with an unknown one among them the result is open: what it lacks may be set elsewhere."""
    node = Node.mapping(span)
    for one in maps:
        if one.kind is Kind.UNKNOWN:
            node.text = node.text or one.text
        elif one.kind is Kind.MAP:
            node.text = node.text or one.text
            for key, value in one.items.items():
                node.put(key, one.key_spans.get(key, value.span), value)
        else:
            return None
        if len(node.items) > _MOST:
            return None
    return node


def _join(arguments: Sequence[Node], span: Span) -> Node | None:
    if len(arguments) != 2 or arguments[1].kind is not Kind.LIST or arguments[0].kind is not Kind.SCALAR:
        return None
    items = arguments[1].values
    if any(item.kind is not Kind.SCALAR for item in items) or sum(len(item.text) for item in items) > _MOST:
        return None
    return Node.scalar(arguments[0].text.join(item.text for item in items), span)


def _cased(change: Callable[[str], str]) -> Callable[[Sequence[Node], Span], Node | None]:
    def made(arguments: Sequence[Node], span: Span) -> Node | None:
        one = arguments[0]
        return Node.scalar(change(one.text), span) if one.kind is Kind.SCALAR and isinstance(one.value, str) else None

    return made


_MADE: Mapping[str, Callable[[Sequence[Node], Span], Node | None]] = {
    "concat": _concat,
    "setunion": _concat,
    "flatten": _flatten,
    "merge": _merge,
    "join": _join,
    "lower": _cased(str.lower),
    "upper": _cased(str.upper),
}
KNOWN = _SAME | set(_MADE)
"""Functions whose arguments are worth working out."""
