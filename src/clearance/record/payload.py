"""What the log itself must know of a signed payload, whatever its predicate."""

import msgspec

from clearance.facts.errors import BadSignature


class _Predicate(msgspec.Struct, frozen=True):
    """The parts of a predicate that the log reads."""

    evidence: tuple[str, ...] = ()
    time: str = ""


class _Payload(msgspec.Struct, frozen=True):
    predicate: _Predicate


class Said(msgspec.Struct, frozen=True):
    """What a payload says: the digests of its evidence bodies, and when it was made (RFC 3339 in UTC, or empty)."""

    evidence: tuple[str, ...]
    time: str


def read_payload(payload: bytes) -> Said:
    """Read what a payload says about evidence and time.

    Raises:
        BadSignature: it is no statement.
    """
    try:
        predicate = msgspec.json.decode(payload, type=_Payload).predicate
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSignature("what was signed is no statement") from error
    return Said(predicate.evidence, predicate.time)
