"""The page of facts that the collector makes of a container image: its configuration, operating system, and modes of files.

Keys of the configuration are those of the OCI image specification; `env` is `Env` as a map.
"""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit

_MODES = {"setuid": "setuid", "world_writable": "world-writable"}


def lower(text: str, budget: Budget) -> Document:
    """Read the page.

    Raises:
        NotThis: it is none.
        OutOfTime: the budget is spent.
    """
    read = read_yaml(text, budget)
    if not read.documents or read.documents[0].kind is not Kind.MAP:
        raise NotThis("line 1: no page of facts about an image")
    page = read.documents[0]
    return Document(list(_units(page)), read.opaque)


def _units(page: Node) -> Iterator[Unit]:
    facts = page.items.get("image")
    kind = facts.items.get("kind") if facts is not None else None
    config = page.items.get("config")
    if kind is not None and kind.text == "image" and config is not None and config.kind is Kind.MAP:
        config.put("env", config.key_spans.get("Env", config.span), _environment(config))
        yield Unit("image.config", kind.text, "", page.key_spans["config"], config)
    release = page.items.get("os")
    if release is not None and release.kind is Kind.MAP and release.items:
        name = release.items.get("id")
        yield Unit("image.os", name.text if name else "", name.text if name else "", page.key_spans["os"], release)
    for key, type_ in _MODES.items():
        listed = page.items.get(key)
        for node in listed.values if listed is not None else ():
            body = Node.mapping(node.span)
            body.put("path", node.span, node)
            yield Unit("image.file", type_, node.text, node.span, body)


def _environment(config: Node) -> Node:
    """Give `Env` (`["NAME=value"]`) as a map; a value's place is that of its whole item."""
    listed = config.items.get("Env")
    made = Node.mapping(listed.span if listed is not None else config.span)
    for node in listed.values if listed is not None and listed.kind is Kind.LIST else ():
        name, equals, value = node.text.partition("=")
        if equals:
            made.put(name, node.span, Node.scalar(value, node.span))
    return made
