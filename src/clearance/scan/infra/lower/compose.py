"""Compose files: services, with what their short forms mean.

Sources: the Compose specification (services, short and long syntax of ports and volumes, interpolation, extends).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from clearance.scan.family import Budget
from clearance.scan.infra.lower.image_name import put_image
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Opaque, Span, Unit

_VARIABLE: Final = re.compile(r"(?<!\$)(?:\$\$)*\$(?:\{|[A-Za-z_])")
_PIECE: Final = re.compile(r"\$\{[^{}]*\}|\[[0-9A-Fa-f:]*\]|[^:$\[]+|[$\[]")
_MOST_LEVELS: Final = 40
_CHECK_EACH: Final = 256


def lower(text: str, budget: Budget) -> Document:
    """Give the file and its services. What the short forms mean is added: `bindings` (of ports), `mounts` (of volumes), and
    `base`, `tag`, `digest` of the image. A value with a variable is unknown.

    Raises:
        NotThis: it is no YAML, or has no services.
        OutOfTime: the budget is spent.
    """
    yaml = read_yaml(text, budget)
    return lowered(yaml.documents, yaml.opaque, budget)


def lowered(documents: Iterable[Node], broken: Iterable[Opaque], budget: Budget) -> Document:
    """Give the services of documents that are read, or put together.

    Raises:
        NotThis: there is no map.
        OutOfTime: the budget is spent.
    """
    units: list[Unit] = []
    opaque: list[Opaque] = list(broken)
    for root in documents:
        if root.kind is not Kind.MAP:
            continue
        body = Node.mapping(root.span)
        body.items, body.key_spans, body.text = dict(root.items), dict(root.key_spans), root.text
        file = Unit("compose.file", "", "", (root.span[0], root.span[0]), body)
        units.append(file)
        services = root.items.get("services")
        if services is None or services.kind is not Kind.MAP:
            continue
        for count, (name, service) in enumerate(services.items.items()):
            if not count % _CHECK_EACH:
                budget.check()
            if service.kind is Kind.MAP:
                units.append(Unit("compose.service", "", name, services.key_spans[name], _service(service), file))
            elif service.kind is Kind.UNKNOWN:
                opaque.append(Opaque(service.span, "a service that is decided elsewhere"))
        body.put("some", root.span, _some(units, root.span))
    if not units:
        raise NotThis("line 1: no map of a Compose file")
    return Document(units, opaque)


def _some(units: list[Unit], span: Span) -> Node:
    """Say what some service of the file does, once for all that ask: `limits`, `cap-drop`, `no-new-privileges`."""
    some = dict.fromkeys(("limits", "cap-drop", "no-new-privileges"), False)
    for unit in units:
        items = unit.body.items if unit.kind == "compose.service" else {}
        deploy = items.get("deploy")
        resources = deploy.items.get("resources") if deploy is not None else None
        some["limits"] |= "mem_limit" in items or (resources is not None and "limits" in resources.items)
        for key, name, word in (("cap_drop", "cap-drop", "all"), ("security_opt", "no-new-privileges", "no-new-privileges")):
            given = items.get(key)
            values = given.values if given is not None else ()
            some[name] |= any(one.text.lower().startswith(word) and "false" not in one.text for one in values)
    made = Node.mapping(span)
    for name, value in some.items():
        made.put(name, span, Node.scalar(value, span))
    return made


def _service(service: Node) -> Node:
    body = Node.mapping(service.span)
    body.text = service.text
    for key, value in service.items.items():
        body.put(key, service.key_spans[key], _interpolated(value))
    items = body.items
    if "extends" in items or not ("image" in items or "build" in items):
        # Another service or file says the rest.
        body.text = body.text or "extends"
    image = items.get("image")
    if image is not None and image.kind in (Kind.SCALAR, Kind.UNKNOWN) and image.text:
        put_image(body, image.text, image.span, sure=image.kind is Kind.SCALAR)
        body.put("image", service.key_spans["image"], image)
    for key, made in (("environment", _environment), ("ports", _bindings), ("volumes", _mounts)):
        given = items.get(key)
        if given is None:
            continue
        target = {"ports": "bindings", "volumes": "mounts"}.get(key, key)
        body.put(target, service.key_spans[key], made(given) if given.kind is not Kind.UNKNOWN else given)
    return body


def _interpolated(node: Node) -> Node:
    """Copy a value; scalars that hold a variable become unknown. Levels beyond a bound stay as they are."""
    if node.kind is Kind.SCALAR:
        return Node.unknown(node.text, node.span) if isinstance(node.value, str) and _VARIABLE.search(node.text) else node
    if node.kind is Kind.UNKNOWN or not _has_variable(node):
        return node
    root = Node(node.kind, node.span, text=node.text)
    pending = [(node, root, 0)]
    while pending:
        old, new, depth = pending.pop()
        for key, span, child in _entries(old):
            made = child
            if child.kind is Kind.SCALAR:
                made = _interpolated(child)
            elif child.kind is not Kind.UNKNOWN and depth < _MOST_LEVELS:
                made = Node(child.kind, child.span, text=child.text)
                pending.append((child, made, depth + 1))
            if key is None:
                new.values.append(made)
            else:
                new.put(key, span, made)
    return root


def _has_variable(node: Node) -> bool:
    """Tell whether anything in a small value holds a variable; each shared part is looked at once."""
    pending, seen = [node], set()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.kind is Kind.SCALAR:
            if "$" in one.text:
                return True
        else:
            pending.extend(one.children())
    return False


def _entries(node: Node) -> Iterator[tuple[str | None, tuple[int, int], Node]]:
    for key, child in node.items.items():
        yield key, node.key_spans[key], child
    for child in node.values:
        yield None, child.span, child


def _environment(given: Node) -> Node:
    """Make a map of `- NAME=value`."""
    if given.kind is not Kind.LIST:
        return given
    made = Node.mapping(given.span)
    for item in given.values:
        name, equals, value = item.text.partition("=")
        if not equals:
            made.put(name, item.span, Node.scalar(None, item.span, ""))
        elif item.kind is Kind.UNKNOWN and _VARIABLE.search(value):
            made.put(name, item.span, Node.unknown(value, item.span))
        else:
            made.put(name, item.span, Node.scalar(value, item.span))
    return made


def _bindings(given: Node) -> Node:
    """Make maps of ports: `host` (the address; missing: all), `published`, `target`, `protocol`."""
    made = Node.sequence(given.span)
    for item in given.values if given.kind is Kind.LIST else ():
        if item.kind is Kind.MAP:
            one = Node.mapping(item.span)
            for key, name in (
                ("host_ip", "host"),
                ("published", "published"),
                ("target", "target"),
                ("protocol", "protocol"),
            ):
                if key in item.items:
                    one.put(name, item.key_spans[key], item.items[key])
            made.values.append(one)
        elif item.kind in (Kind.SCALAR, Kind.UNKNOWN):
            made.values.append(_binding(item))
    return made


def _binding(item: Node) -> Node:
    text, _, protocol = item.text.rpartition("/") if re.search(r"/(?:tcp|udp|sctp)$", item.text) else (item.text, "", "")
    pieces = _cut(text)
    made = Node.mapping(item.span)
    names = (
        ("target",) if len(pieces) == 1 else ("published", "target") if len(pieces) == 2 else ("host", "published", "target")
    )
    if len(pieces) > 3:
        pieces = [":".join(pieces[:-2]), *pieces[-2:]]
    for name, said in zip((*names, "protocol"), (*pieces, protocol), strict=True):
        if said:
            made.put(name, item.span, _value(said, item))
    return made


def _mounts(given: Node) -> Node:
    """Make maps of volumes: `type`, `source`, `target`, `read_only`."""
    made = Node.sequence(given.span)
    for item in given.values if given.kind is Kind.LIST else ():
        if item.kind is Kind.MAP:
            made.values.append(item)
            continue
        if item.kind not in (Kind.SCALAR, Kind.UNKNOWN):
            continue
        pieces = _cut(item.text)
        one = Node.mapping(item.span)
        source = pieces[0] if len(pieces) > 1 else ""
        bind = source.startswith(("/", ".", "~", "$"))
        one.put("type", item.span, Node.scalar("bind" if bind else "volume", item.span))
        if source:
            one.put("source", item.span, _value(source, item))
        one.put("target", item.span, _value(pieces[1] if len(pieces) > 1 else pieces[0], item))
        one.put("read_only", item.span, Node.scalar(len(pieces) > 2 and "ro" in pieces[2].split(","), item.span))
        made.values.append(one)
    return made


def _cut(text: str) -> list[str]:
    """Cut at colons that stand in no variable and no bracketed address."""
    pieces = [""]
    at = 0
    while at < len(text):
        if text[at] == ":":
            pieces.append("")
            at += 1
            continue
        found = _PIECE.match(text, at)
        taken = found[0] if found else text[at]
        pieces[-1] += taken
        at += len(taken)
    return pieces


def _value(text: str, item: Node) -> Node:
    return Node.unknown(text, item.span) if _VARIABLE.search(text) else Node.scalar(text, item.span)
