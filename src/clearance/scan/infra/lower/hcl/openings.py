"""Ports that network rules open, whichever cloud and resource says so.

The body of such a unit holds `direction` (`in`, `out`), `access` (`allow`, `deny`), `protocol` (lower case; `all` for any),
`from` and `to` (ports; 0 and 65535 for all), `sources` (a list), and `world`: the source that stands for everybody, where
one does.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from clearance.scan.infra.node import Kind, Node, Span, Unit

_KIND = "terraform.opening"
_MOST = 500
_ALL = (0, 65_535)
_NARROW = 8
"""Bits from which on a network is one that somebody may own."""
_EVERYBODY = frozenset({"*", "internet", "any"})
_RANGE = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?")
_PROTOCOLS = {"-1": "all", "*": "all", "6": "tcp", "17": "udp", "1": "icmp", "": "all"}


class Rule(NamedTuple):
    """One rule of a network: its block, where its head is, and what of it is known."""

    block: Node
    head: Span
    direction: str
    access: str
    protocol: Node | None
    ports: Sequence[tuple[Node | int, Node | int]]
    sources: Sequence[Node]


def openings_of(unit: Unit) -> Iterator[Unit]:
    """Give the openings of a resource."""
    read = _READERS.get(unit.type) if unit.kind == "terraform.resource" else None
    if read is None:
        return
    count = 0
    for rule in read(unit):
        for first, last in rule.ports:
            count += 1
            if count > _MOST:
                return
            yield Unit(_KIND, unit.type, unit.name, rule.head, _body(rule, first, last), unit)


def _body(rule: Rule, first: Node | int, last: Node | int) -> Node:
    span = rule.block.span
    body = Node.mapping(span)
    body.put("direction", span, Node.scalar(rule.direction, rule.head))
    body.put("access", span, Node.scalar(rule.access, rule.head))
    protocol = rule.protocol
    if protocol is None or protocol.kind is Kind.SCALAR:
        said = "" if protocol is None else protocol.text.lower()
        body.put("protocol", span, Node.scalar(_PROTOCOLS.get(said, said), span if protocol is None else protocol.span))
    else:
        body.put("protocol", protocol.span, protocol)
    for name, port in (("from", first), ("to", last)):
        node = Node.scalar(port, rule.head) if isinstance(port, int) else port
        body.put(name, node.span, node)
    sources = Node.sequence(rule.sources[0].span if rule.sources else rule.head)
    sources.values = list(rule.sources)
    body.put("sources", sources.span, sources)
    world = next((one for one in rule.sources if one.kind is Kind.SCALAR and is_world(one.text)), None)
    if world is not None:
        body.put("world", world.span, world)
    return body


@lru_cache(maxsize=1024)
def is_world(source: str) -> bool:
    """Tell whether a source is everybody, or a half of it: halves are how such rules hide."""
    if source.lower() in _EVERYBODY:
        return True
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False
    return network.prefixlen < _NARROW


def _maps(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [one for one in (node.values if node.kind is Kind.LIST else [node]) if one.kind is Kind.MAP]


def _items(block: Node, *names: str) -> list[Node]:
    """Give the values under some names, those of lists one by one."""
    found: list[Node] = []
    for name in names:
        value = block.items.get(name)
        if value is not None:
            found.extend(value.values if value.kind is Kind.LIST else [value])
    return found


def _said(block: Node, name: str, default: str) -> str:
    node = block.items.get(name)
    return default if node is None else node.text.lower() if node.kind is Kind.SCALAR else ""


def _amazon_ports(block: Node, protocol: Node | None) -> list[tuple[Node | int, Node | int]]:
    """Give the ports of a rule of AWS; a protocol that means all has no ports, whatever is written there."""
    first, last = block.items.get("from_port"), block.items.get("to_port")
    if protocol is not None and protocol.kind is Kind.SCALAR and protocol.text.lower() in ("-1", "all"):
        return [_ALL]
    if first is None or last is None:
        one = first or last
        return [_ALL] if one is None else [(one, one)]
    if all(one.kind is Kind.SCALAR and one.text in ("-1", "0") for one in (first, last)) and protocol is None:
        return [_ALL]
    return [(first, last)]


def _security_group(unit: Unit) -> Iterator[Rule]:
    for name, direction in (("ingress", "in"), ("egress", "out")):
        for block in _maps(unit.body.items.get(name)):
            protocol = block.items.get("protocol")
            sources = _items(block, "cidr_blocks", "ipv6_cidr_blocks", "cidr_block", "ipv6_cidr_block")
            access = _said(block, "action", "allow")
            yield Rule(block, _head(block), direction, access, protocol, _amazon_ports(block, protocol), sources)


def _group_rule(unit: Unit) -> Iterator[Rule]:
    body = unit.body
    protocol = body.items.get("protocol")
    if unit.type == "aws_network_acl_rule":
        direction = {"true": "out", "false": "in"}.get(_said(body, "egress", "false"), "")
    else:
        direction = {"ingress": "in", "egress": "out"}.get(_said(body, "type", ""), "")
    sources = _items(body, "cidr_blocks", "ipv6_cidr_blocks", "cidr_block", "ipv6_cidr_block")
    access = _said(body, "rule_action", "allow")
    yield Rule(body, unit.head, direction, access, protocol, _amazon_ports(body, protocol), sources)


def _vpc_rule(unit: Unit) -> Iterator[Rule]:
    body = unit.body
    protocol = body.items.get("ip_protocol")
    direction = "in" if "ingress" in unit.type else "out"
    sources = _items(body, "cidr_ipv4", "cidr_ipv6")
    yield Rule(body, unit.head, direction, "allow", protocol, _amazon_ports(body, protocol), sources)


def _azure_group(unit: Unit) -> Iterator[Rule]:
    for block in _maps(unit.body.items.get("security_rule")):
        yield _azure(block, _head(block))


def _azure_rule(unit: Unit) -> Iterator[Rule]:
    yield _azure(unit.body, unit.head)


def _azure(block: Node, head: Span) -> Rule:
    direction = {"inbound": "in", "outbound": "out"}.get(_said(block, "direction", ""), "")
    ports = _ranges(_items(block, "destination_port_range", "destination_port_ranges"))
    sources = _items(block, "source_address_prefix", "source_address_prefixes")
    return Rule(block, head, direction, _said(block, "access", ""), block.items.get("protocol"), ports, sources)


def _google(unit: Unit) -> Iterator[Rule]:
    body = unit.body
    if _said(body, "disabled", "false") == "true":
        return
    direction = {"ingress": "in", "egress": "out"}.get(_said(body, "direction", "ingress"), "")
    sources = _items(body, "source_ranges")
    if not sources and direction == "in" and not {"source_tags", "source_service_accounts"} & body.items.keys():
        sources = [Node.scalar("0.0.0.0/0", unit.head)]
    for access in ("allow", "deny"):
        for block in _maps(body.items.get(access)):
            ports = _ranges(_items(block, "ports"))
            protocol = block.items.get("protocol")
            yield Rule(block, _head(block), direction, access, protocol, ports, sources)


def _ranges(ports: Sequence[Node]) -> list[tuple[Node | int, Node | int]]:
    """Read `22`, `8000-8100` and `*`; no port at all means all of them."""
    found: list[tuple[Node | int, Node | int]] = []
    for port in ports:
        if port.kind is not Kind.SCALAR:
            found.append((port, port))
            continue
        if port.text.strip() in ("*", "any"):
            found.append(_ALL)
            continue
        match = _RANGE.fullmatch(port.text.strip())
        if match:
            first = int(match[1])
            last = int(match[2] or first)
            found.append((Node.scalar(first, port.span, port.text), Node.scalar(last, port.span, port.text)))
    return found if ports else [_ALL]


def _head(block: Node) -> Span:
    start, end = block.span
    return start, min(end, start + 1)


_READERS: dict[str, Callable[[Unit], Iterator[Rule]]] = {
    "aws_security_group": _security_group,
    "aws_default_security_group": _security_group,
    "aws_network_acl": _security_group,
    "aws_default_network_acl": _security_group,
    "aws_security_group_rule": _group_rule,
    "aws_network_acl_rule": _group_rule,
    "aws_vpc_security_group_ingress_rule": _vpc_rule,
    "aws_vpc_security_group_egress_rule": _vpc_rule,
    "azurerm_network_security_group": _azure_group,
    "azurerm_network_security_rule": _azure_rule,
    "google_compute_firewall": _google,
}
