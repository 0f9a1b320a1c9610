"""What kinds of statements there are, and what one of the log says."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clearance.attest.kinds import Kind, kinds, read
from clearance.wiring.attesting import BY_HAND
from clearance.wiring.attesting_checks import BESIDE
from clearance.wiring.named_entries import entry_named
from clearance.wiring.replaying import existing

_MOST_LINES = 400
_MADE = {
    "trust": "clearance trust init, clearance trust rotate",
    "decision": "clearance check",
    "liveness": "clearance prove",
    "attribution": "clearance trace settle",
    "generation": "hooks of assistants, clearance trace record, clearance attest generation",
    "waiver": "clearance risk accept, clearance risk renew",
    "evidence-kept": "clearance evidence add",
    "evidence-access": "clearance evidence show",
    "erasure": "clearance evidence erase",
    "retention": "clearance evidence retain",
}


class Listed(NamedTuple):
    """A kind: its name, what it states, its URI, where its schema lies (empty: it is a standard's), what writes it."""

    name: str
    about: str
    type: str
    schema: str
    made: str


class Shown(NamedTuple):
    """A statement of the log: lines for people, its payload, and what keeps it from being read, or empty."""

    lines: tuple[str, ...]
    payload: bytes
    problem: str


def listed() -> tuple[Listed, ...]:
    """Give all kinds, ours first."""
    return tuple(Listed(kind.name, kind.about, kind.uri, schema_of(kind), _made(kind)) for kind in kinds().values())


def schema_of(kind: Kind) -> str:
    """Say where the schema of a kind lies, from the top of our own repository."""
    return f"docs/reference/schema/predicates/{kind.name}.{kind.version}.json"


def _made(kind: Kind) -> str:
    if kind.name in _MADE:
        return _MADE[kind.name]
    ways = [f"clearance attest {kind.name}"] if kind.name in (*BY_HAND, "vsa") else []
    ways += [f"clearance check --attest {kind.name}"] if kind.name in BESIDE else []
    return ", ".join(ways) or "the command that does what it states"


def shown(directory: Path, which: str) -> Shown:
    """Read an entry by its index, or by the beginning of its digest; its signature is verified.

    Raises:
        UsageError: there is none, or several begin so.
        ClearanceError: the log cannot be read, or the entry is not as it was signed.
    """
    log = existing(directory)
    entry = entry_named(log, which)
    reading = read(entry.payload)
    name = reading.kind.name if reading.kind else "unknown"
    lines = [f"entry {entry.index}: {name} statement, digest {entry.digest}"]
    if entry.signer is not None:
        lines.append(
            f"  signed by  {entry.signer.name} ({entry.signer.kind}) at {entry.time}, vouched for by {entry.signer.issuer}"
        )
    said = msgspec.json.decode(entry.payload) if reading.statement is not None else {}
    lines += [
        f"  about      {one['name']}  " + " ".join(f"{key}:{value}" for key, value in one["digest"].items())
        for one in said.get("subject", [])
    ]
    lines += [f"  {line}" for line in _fields(said.get("predicate", {}))]
    return Shown(tuple(lines), entry.payload, reading.problem)


def _fields(said: Any) -> list[str]:
    """Write each field of a predicate on a line of its own, by its path."""
    lines: list[str] = []
    waiting: list[tuple[str, Any]] = [("", said)]
    while waiting and len(lines) < _MOST_LINES:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{path}.{key}".lstrip("."), one) for key, one in reversed(list(value.items()))]
        elif isinstance(value, list) and value:
            waiting += [(f"{path}[{number}]", one) for number, one in reversed(list(enumerate(value)))]
        elif value not in ("", None, {}, []):
            lines.append(f"{path}  {value}")
    return lines + (["…"] if waiting else [])
