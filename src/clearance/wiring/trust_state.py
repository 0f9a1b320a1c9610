"""What rests in root.json: every authority and key that ever counted on this machine, with the time in which it did, and the
certificates that count no more; how it changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from clearance.attest.revocation import Revocation, joined
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, Root
from clearance.facts.errors import StoreError, UsageError
from clearance.facts.fact import Fact
from clearance.facts.moment import rfc3339

if TYPE_CHECKING:
    from clearance.attest.signer import Signer
    from clearance.attest.signers.file import Purpose
    from clearance.wiring.trust_settings import Service


class State(Fact):
    """What rests in root.json: the trust domain, and the root without logs, which each log's own origin makes."""

    domain: str
    root: Root


def decoded(data: bytes, where: str) -> State:
    """Read root.json.

    Raises:
        StoreError: it is not what was written there.
    """
    try:
        return msgspec.json.decode(data, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"not what was written there: {error}", where=where, next="restore it from a copy") from error


def check_end(state: State | None, wanted: "set[Purpose]", since: datetime, now: datetime, checkpoints: str) -> None:
    """Insist that keys can end at a moment: it is past, and each of them counted then. `checkpoints` is when the key of
    checkpoints began (empty: there is none).

    Raises:
        UsageError: they cannot.
    """
    ended = _past(since, now)
    began = {"checkpoints": checkpoints}
    if state is not None:
        root = state.root
        began |= {"authority": root.authorities[-1].since, "timestamps": root.timestamps[-1].since}
        began |= {"transparency": root.transparency[-1].since}
    if "authority" in wanted:  # the timestamp authority stands below it, and ends with it
        wanted = wanted | {"timestamps"}
    ending = {purpose: began[purpose] for purpose in sorted(wanted) if began.get(purpose)}
    if not ending:
        raise UsageError("no key that could end: nothing was signed yet", next="leave --since out")
    for purpose, first in ending.items():
        if ended < first:
            what = f"its key began at {first}, after {ended}"
            raise UsageError(what, where=purpose, next="name the others with --purpose, or a later --since")


def _past(since: datetime, now: datetime) -> str:
    if since > now:
        raise UsageError(
            "it is to come, and trust ends now or earlier",
            where=rfc3339(since),
            next="leave --since out, or name a past one",
        )
    return rfc3339(since)


def revoked(state: State, serial: str, because: str, since: datetime | None, now: datetime) -> tuple[State, Revocation]:
    """Give the state with a certificate revoked, and how that stands in the list. Of one that is there already, what refuses
    more counts.

    Raises:
        UsageError: `since` is to come.
    """
    ended = _past(since, now) if since is not None else ""
    made = Revocation(serial=serial, since=ended, because=because, stated=rfc3339(now))
    every = joined([*state.root.revoked, made])
    root = msgspec.structs.replace(state.root, revoked=every)
    return msgspec.structs.replace(state, root=root), next(one for one in every if one.serial == serial)


def renewed(
    state: State,
    wanted: "set[Purpose]",
    held: "Callable[[Purpose], Signer]",
    service: "Service | None",
    now: datetime,
    ended: str = "",
) -> State:
    """Give the state with new certificates for the keys of some purposes, which `held` gives; a new authority certifies the
    timestamp authority anew. The time of the old ones ends now, or at `ended`. `service` stamps where it is not our own.

    Raises:
        SigningError: a key cannot be used.
    """
    at = rfc3339(now)
    # What was signed within this very second stays valid everywhere.
    until = ended or rfc3339(now + timedelta(seconds=1))
    root = state.root
    if "transparency" in wanted:
        key = msgspec.structs.replace(held("transparency").public(), since=at, retired="")
        earlier = tuple(msgspec.structs.replace(one, retired=one.retired or until) for one in root.transparency)
        root = msgspec.structs.replace(root, transparency=(*earlier, key))
    if "authority" in wanted:
        from clearance.attest.authority import make_authority

        made = make_authority(held("authority"), state.domain, now)
        chain = Chain(certificates=(made.der,), since=at)
        root = msgspec.structs.replace(root, authorities=_after(root.authorities, chain, until))
    if service is not None and ("timestamps" in wanted or not root.timestamps):
        from clearance.wiring.stamping import read_chain

        chain = Chain(certificates=read_chain(service.chain), since=at, uri=service.url)
        root = msgspec.structs.replace(root, timestamps=_after(root.timestamps, chain, until))
    elif service is None and wanted & {"authority", "timestamps"}:
        chain = _own_timestamps(root, state.domain, held, now)
        root = msgspec.structs.replace(root, timestamps=_after(root.timestamps, chain, until))
    return msgspec.structs.replace(state, root=root)


def _own_timestamps(root: Root, domain: str, held: "Callable[[Purpose], Signer]", now: datetime) -> Chain:
    from clearance.attest.authority import Authority
    from clearance.attest.certificate import read_certificate

    above = root.authorities[-1].certificates
    authority = Authority(read_certificate(above[0]), held("authority"), held("transparency"))
    named = authority.certify_timestamps(held("timestamps").public(), domain, now)
    return Chain(certificates=(named.der, *above), since=rfc3339(now), uri=OWN_TIMESTAMPS)


def _after(chains: tuple[Chain, ...], newest: Chain, until: str) -> tuple[Chain, ...]:
    """Give chains with one more, which ends the time of the others."""
    return (*(msgspec.structs.replace(one, until=one.until or until) for one in chains), newest)
