"""Units of systemd: sections, settings, and the commands that they start.

Sources: systemd.syntax(7) (comments, continuation lines, empty assignments), systemd.service(5), "Command lines" (prefixes,
quoting), systemd.unit(5) (drop-ins).
"""

import re
from typing import Final

from clearance.scan.family import Budget
from clearance.scan.infra.lower.shell import Shell, Variables, command_node
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Opaque, Unit

_SECTION = re.compile(r"\[([^\]\r\n]{1,100})\][ \t\r]*$")
_SETTING = re.compile(r"([A-Za-z][\w.-]{0,100})[ \t]*=[ \t]*")
_ASSIGNED = re.compile(r"([\"'])([A-Za-z_]\w*=[^\"'\n]*)\1|([A-Za-z_]\w*=[^\s\"']*)")
_PREFIX = re.compile(r"[@\-:+!|]*")
_TYPES: Final = (
    "Service", "Socket", "Timer", "Mount", "Automount", "Path", "Swap", "Slice", "Scope", "Container", "Pod", "Kube",
    "Network", "Volume",
)  # fmt: skip
_MOST_OPAQUE: Final = 50
_ENDS: Final = "\0"


def lower(text: str, budget: Budget) -> Document:
    """Give the unit and the commands that it starts. Its body has a map for each section; a setting that stands once is a
    scalar, one that stands more often a list, and an empty one takes back what stood before. What sets no command (a
    drop-in) is open.

    Raises:
        NotThis: no section, or a setting before the first one.
        OutOfTime: the budget is spent.
    """
    body = Node.mapping((0, len(text)))
    opaque: list[Opaque] = []
    section: Node | None = None
    at, end, steps = 0, len(text), 0
    while at < end:
        steps += 1
        if not steps & 0x3FF:
            budget.check()
        start = at
        line, at = _logical(text, at)
        bare = line.strip()
        if not bare.replace("\0", "").strip() or bare[0] in "#;":
            continue
        opened = _SECTION.match(bare)
        if opened:
            section = body.items.get(opened[1])
            if section is None:
                section = Node.mapping((start, start + len(line.rstrip("\r"))))
                body.put(opened[1], section.span, section)
            continue
        lead = len(line) - len(line.lstrip())
        found = _SETTING.match(line, lead)
        if section is None:
            raise NotThis(f"line {text.count(chr(10), 0, start) + 1}: {bare[:40]!r} stands in no section")
        if found is None:
            if len(opaque) < _MOST_OPAQUE:
                opaque.append(Opaque((start, start + len(line)), "neither a section nor a setting"))
            continue
        value = line[found.end() :].rstrip(" \t\r\0")
        span = (start + found.end(), start + found.end() + len(value))
        _set(section, found[1], (start + lead, start + found.end(1)), Node.scalar(value.replace("\0", ""), span))
    if not body.items:
        raise NotThis("line 1: no section")
    return Document(_units(text, body, budget), opaque)


def _logical(text: str, at: int) -> tuple[str, int]:
    """Give a line joined with those that continue it, with offsets kept, and where the next one starts. Comment lines
    between them are nothing."""
    pieces: list[str] = []
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        after = min(end + 1, len(text))
        if pieces and line.lstrip()[:1] in ("#", ";"):
            pieces.append(_ENDS * (after - at))
            at = after
            continue
        bare = line.rstrip("\r")
        if not bare.endswith("\\") or (not pieces and line.lstrip()[:1] in ("#", ";")):
            pieces.append(line)
            return "".join(pieces), end + 1
        pieces.append(bare[:-1] + " " + _ENDS * (after - at - len(bare)))
        at = after
    return "".join(pieces), at


def _set(section: Node, key: str, span: tuple[int, int], value: Node) -> None:
    known = section.items.get(key)
    if not value.text:
        # An empty assignment takes back what stood before.
        section.put(key, span, value)
        value.value = None
    elif known is None or (known.kind is Kind.SCALAR and known.value is None):
        section.put(key, span, value)
    elif known.kind is Kind.LIST:
        known.values.append(value)
    else:
        both = Node.sequence(known.span)
        both.values = [known, value]
        section.put(key, section.key_spans[key], both)


def _units(text: str, body: Node, budget: Budget) -> list[Unit]:
    type_ = next((name for name in _TYPES if name in body.items), "")
    head = body.items[type_].span if type_ else (0, 0)
    unit = Unit("systemd.unit", type_.lower(), "", head, body)
    units = [unit]
    service = body.items.get("Service")
    if service is None:
        return units
    kind = service.items.get("Type")
    if not any(key.startswith("Exec") for key in service.items) and (kind is None or kind.value != "oneshot"):
        service.text = "drop-in"
    environment = service.items.get("Environment")
    given_ones = (environment.values or [environment]) if environment is not None else []
    units.extend(_environment(text, one, unit) for one in given_ones if one.value is not None)
    for key, given in service.items.items():
        if not key.startswith("Exec") or key.startswith("ExecPaths"):
            continue
        for one in given.values or [given]:
            if one.value is None:
                continue
            first, last = one.span
            prefix = _PREFIX.match(text, first, last)
            start = prefix.end() if prefix else first
            line = _joined(text, start, last)
            for command in Shell(Variables(), budget).split(line, 0, len(line), None):
                moved = (command.span[0] + start, command.span[1] + start)
                node = command_node(command, line)
                node.put("setting", moved, Node.scalar(key, moved))
                node.put("prefix", moved, Node.scalar(prefix[0] if prefix else "", moved))
                _pin(node, moved)
                units.append(Unit("systemd.command", command.program, "", moved, node, unit))
    return units


def _environment(text: str, given: Node, unit: Unit) -> Unit:
    """Give the assignments of one `Environment=` as `pairs`."""
    start, end = given.span
    body, pairs = Node.mapping(given.span), Node.mapping(given.span)
    for found in _ASSIGNED.finditer(text, start, end):
        quoted = found[1] is not None
        said = found[2] if quoted else found[3]
        name, _, value = (said or "").partition("=")
        at = found.start(2 if quoted else 3) + len(name) + 1
        pairs.put(name, found.span(), Node.scalar(value, (at, max(at, found.end(2 if quoted else 3)))))
    body.put("pairs", given.span, pairs)
    return Unit("systemd.environment", "", "", given.span, body, unit)


def _joined(text: str, start: int, end: int) -> str:
    """Give a command without what joins its lines, as long as it stands in the file."""
    return re.sub(r"\\\r?\n", lambda found: " " + _ENDS * (len(found[0]) - 1), text[start:end])


def _pin(node: Node, span: tuple[int, int]) -> None:
    """Let all of a command stand where the command stands."""
    pending = [node]
    while pending:
        one = pending.pop()
        one.span = span
        one.key_spans = dict.fromkeys(one.key_spans, span)
        pending.extend(one.children())
