"""Which entry a person means: an index, or how a digest begins; what is not clear is refused with what there is."""

import hashlib
import json
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from clearance.facts.errors import UsageError
from clearance.wiring.named_entries import REQUEST_TYPE, entry_named, request_named, requests_named

TICKET, PROMPT = "c" * 64, "ab12" * 16


def statement(type_: str = "urn:clearance:predicate:test:v1", **predicate: Any) -> bytes:
    said = {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": type_, "predicate": predicate}
    return json.dumps(said).encode()


def request(id_: str, ticket: str = "", prompt: str = "") -> bytes:
    return statement(REQUEST_TYPE, id=id_, ticket=ticket, prompt={"sha256": prompt} if prompt else None)


class Log:
    """A log of payloads, all of them sound."""

    def __init__(self, *payloads: bytes) -> None:
        self._payloads = payloads

    def size(self) -> int:
        return len(self._payloads)

    def entry(self, index: int) -> Any:
        payload = self._payloads[index]
        return SimpleNamespace(index=index, payload=payload, digest=hashlib.sha256(payload).hexdigest())

    def payloads(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        return iter(list(enumerate(self._payloads))[start:])


def digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def alike() -> tuple[bytes, bytes]:
    """Two requests whose digests begin with the same six digits."""
    seen: dict[str, bytes] = {}
    for number in count():
        one = request(f"SHOP-{number}")
        if (other := seen.setdefault(digest(one)[:6], one)) != one:
            return other, one
    raise AssertionError


def test_an_entry_is_named_by_index_or_by_how_its_digest_begins() -> None:
    one, two = statement(n=1), statement(n=2)
    log = Log(one, two, one)
    assert entry_named(log, "1").index == 1
    assert entry_named(log, digest(two)[:6].upper()).index == 1
    assert entry_named(log, digest(one)).index == 2, "the same statement twice: the newer entry"
    for which in ("3", "-1", "zzzzzz", digest(two)[:5], "", "f" * 65, "²"):
        with pytest.raises(UsageError, match="no such entry"):
            entry_named(log, which)


def test_a_beginning_that_several_share_is_refused_with_the_candidates() -> None:
    one, two = alike()
    log = Log(one, statement(), two)
    for find in (entry_named, requests_named, request_named):
        with pytest.raises(UsageError, match="begin so") as told:
            find(log, digest(one)[:6])
        assert all(
            f"entry {at}" in told.value.next and digest(one)[:12] in told.value.next for at, one in ((0, one), (2, two))
        )
    assert entry_named(log, digest(one)[:16]).index == 0


def test_a_request_is_named_by_its_entry_its_digest_its_ticket_or_its_prompt() -> None:
    asked = request("SHOP-1", TICKET, PROMPT)
    log = Log(statement(), asked, request("SHOP-2"))
    for which in ("1", digest(asked)[:6], TICKET[:8], PROMPT[:6], PROMPT):
        assert [one.id for one in requests_named(log, which)] == ["SHOP-1"]
        assert request_named(log, which) == digest(asked)


def test_of_one_ticket_all_requests_are_found_and_none_is_chosen() -> None:
    log = Log(request("SHOP-1", TICKET), request("SHOP-2", TICKET))
    assert [one.id for one in requests_named(log, TICKET[:6])] == ["SHOP-1", "SHOP-2"]
    with pytest.raises(UsageError, match="2 requests are about it") as told:
        request_named(log, TICKET[:6])
    assert "entry 1 (SHOP-2)" in told.value.next
    assert "entry 0 (SHOP-1)" in told.value.next


@pytest.mark.parametrize(
    ("which", "what", "where"),
    [
        ("0", "it states no request", "entry 0"),
        ("9", "the log ends at 1", "entry 9"),
        ("123456", "no request of this log is known by that", "123456"),
        ("ffffff", "no request of this log is known by that", "ffffff"),
        ("SHOP-1", "no request of this log is known by that", "SHOP-1"),
        ("ccccc", "no request of this log is known by that", "ccccc"),
    ],
)
def test_an_unknown_request_is_refused_with_those_that_there_are(which: str, what: str, where: str) -> None:
    with pytest.raises(UsageError) as told:
        requests_named(Log(statement(), request("SHOP-1", TICKET)), which)
    assert (told.value.what, told.value.where) == (what, where)
    assert "entry 1 (SHOP-1)" in told.value.next
    with pytest.raises(UsageError) as told:
        requests_named(Log(statement(), b"no statement", b"\xff"), "ffffff")
    assert told.value.next == "`clearance attest request` records one"
