"""What the log itself must know of a signed payload, whatever its predicate."""

from typing import Any

import msgspec

from clearance.facts.errors import BadSignature

_GENERATION = "urn:clearance:predicate:generation:v1"


class _Predicate(msgspec.Struct, frozen=True):
    """The parts of a predicate that the log reads."""

    evidence: tuple[str, ...] = ()
    time: str = ""
    keys: Any = None


class _Payload(msgspec.Struct, frozen=True, rename={"predicate_type": "predicateType"}):
    predicate: _Predicate
    predicate_type: str = ""


class Said(msgspec.Struct, frozen=True):
    """What a payload says: the digests of its evidence bodies, and when it was made (RFC 3339 in UTC, or empty). `lines` is
    that of the bodies that holds keys of lines, or empty: whoever has it can find out short lines by trying."""

    evidence: tuple[str, ...]
    time: str
    lines: str = ""


def read_payload(payload: bytes) -> Said:
    """Read what a payload says about evidence and time.

    Raises:
        BadSignature: it is no statement.
    """
    try:
        said = msgspec.json.decode(payload, type=_Payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSignature("what was signed is no statement") from error
    predicate = said.predicate
    named = predicate.keys.get("body") if said.predicate_type == _GENERATION and isinstance(predicate.keys, dict) else ""
    return Said(predicate.evidence, predicate.time, named if isinstance(named, str) and named in predicate.evidence else "")
