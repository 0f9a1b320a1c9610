"""What a change of trust would end, said before it is made: keys and certificates, names, and what rests on them."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, get_args

from clearance.facts.key import PublicKey

if TYPE_CHECKING:
    from clearance.attest.signer import Signer
    from clearance.attest.signers.file import Purpose
    from clearance.attest.trusted_root import Chain, Root
    from clearance.wiring.trust_settings import TrustSettings
    from clearance.wiring.trusting import House


class Key(NamedTuple):
    """What signs for a purpose: the id of its key (SHA-256 of the SPKI, 64 hexadecimal digits), and since when it counts
    (RFC 3339 in UTC)."""

    id: str
    since: str


class Ending(NamedTuple):
    """Something whose time ends: a purpose and its key; where the key `stays`, its certificate ends alone."""

    purpose: str
    key: Key
    stays: bool = False


class Plan(NamedTuple):
    """A change of trust before it is made.

    `renew` are the purposes that get new keys or certificates. `domains` is the trust domain that names end in, and the next
    one, where it changes; `providers` the issuers whose tokens are read in another way; `enforcers` the names in trust.toml
    that nobody will be certified as any more. `domain` is the one that counts from then on, empty where it is still to be
    made.
    """

    renew: "frozenset[Purpose]" = frozenset()
    ends: tuple[Ending, ...] = ()
    domain: str = ""
    domains: tuple[str, str] | None = None
    providers: tuple[str, ...] = ()
    enforcers: tuple[str, ...] = ()

    @property
    def ending(self) -> bool:
        """Whether anything ends, so that a person should be asked."""
        return bool(self.ends or self.domains or self.providers)


def keys_now(house: "House") -> dict[str, Key]:
    """Give what signs for each purpose now; none is made.

    Raises:
        SigningError, StoreError: they cannot be read.
    """
    found: dict[str, Key] = {}
    state = house.state()
    if state is not None:
        found |= _certified(state.root)
    if active := _active(house.signer("checkpoints")):
        found["checkpoints"] = Key(active.id, active.since)
    return found


def plan_rotation(house: "House", purposes: "Iterable[Purpose]", since: datetime | None) -> Plan:
    """Say what new keys for some purposes would end.

    Raises:
        UsageError: keys cannot end at `since`.
        SigningError, StoreError: trust cannot be read.
    """
    from clearance.wiring.trust_state import check_end

    wanted, keys, state = frozenset(purposes), keys_now(house), house.state()
    if since is not None:
        check_end(state, set(wanted), since, house.now(), keys["checkpoints"].since if "checkpoints" in keys else "")
    ends = [Ending(purpose, keys[purpose]) for purpose in _ordered(wanted) if purpose in keys]
    if "authority" in wanted and "timestamps" not in wanted and house.settings.timestamps is None and "timestamps" in keys:
        ends.append(Ending("timestamps", keys["timestamps"], stays=True))
    return Plan(renew=wanted, ends=tuple(ends), domain=state.domain if state else house.settings.domain)


def plan_settings(house: "House", wanted: "TrustSettings", named: Iterable[str]) -> Plan:
    """Say what would end if trust.toml said what is wanted. `named` are the purposes whose places are looked at: a key in an
    HSM need not be asked for where nobody speaks of it.

    Raises:
        UsageError: the certificates of the timestamp service cannot be read.
        SigningError, StoreError: trust cannot be read, or a key not be used.
    """
    state, keys = house.state(), keys_now(house)
    asked = frozenset(named)
    elsewhere = state is not None and (wanted.timestamps is not None or not _stamps_here(state.root))
    looked = [one for one in asked if one in keys and not (one == "timestamps" and elsewhere)]
    moved = {one for one in looked if not _signs_there(house, one, wanted.signers.of(one), keys[one])}
    renew: set[Purpose] = {one for one in ("authority", "timestamps", "transparency") if one in moved}
    domains = None
    if state is not None:
        if wanted.domain and wanted.domain != state.domain:
            domains = (state.domain, wanted.domain)
            renew.add("authority")
        if _stamps_elsewhere(state.root, wanted, asked):
            renew.add("timestamps")
    ending = renew | (moved & {"checkpoints"})
    ends = [Ending(one, keys[one], stays=one == "authority" and one not in moved) for one in _ordered(ending) if one in keys]
    if "authority" in renew and "timestamps" not in renew and wanted.timestamps is None and "timestamps" in keys:
        ends.append(Ending("timestamps", keys["timestamps"], stays=True))
    before = {one.issuer: one for one in house.settings.oidc}
    after = {one.issuer: one for one in wanted.oidc}
    return Plan(
        renew=frozenset(renew),
        ends=tuple(ends),
        domain=wanted.domain or (state.domain if state else ""),
        domains=domains,
        providers=tuple(issuer for issuer, one in before.items() if after.get(issuer) != one),
        enforcers=_of_domain(wanted.attest.enforcers, domains[0]) if domains else (),
    )


def changed_keys(before: Mapping[str, Key], after: Mapping[str, Key]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the ids of the keys that ended, and of those that began, by purpose."""
    differ = [purpose for purpose in (*before, *after) if _id(before, purpose) != _id(after, purpose)]
    ended = {purpose: before[purpose].id for purpose in differ if purpose in before}
    return ended, {purpose: after[purpose].id for purpose in differ if purpose in after}


def _id(keys: Mapping[str, Key], purpose: str) -> str:
    return keys[purpose].id if purpose in keys else ""


def key_of(chain: "Chain") -> str:
    """Name an authority by its key: the SHA-256 of the SPKI; of a service of others, whose key may be of any kind, that of
    its certificate. 64 hexadecimal digits."""
    from clearance.attest.certificate import read_certificate
    from clearance.attest.trusted_root import OWN_TIMESTAMPS

    if chain.uri in ("", OWN_TIMESTAMPS):
        return read_certificate(chain.certificates[0]).key.id
    return hashlib.sha256(chain.certificates[0]).hexdigest()


def _certified(root: "Root") -> dict[str, Key]:
    found = {}
    for purpose, chains in (("authority", root.authorities), ("timestamps", root.timestamps)):
        if chains:
            found[purpose] = Key(key_of(chains[-1]), chains[-1].since)
    if root.transparency:
        found["transparency"] = Key(root.transparency[-1].id, root.transparency[-1].since)
    return found


def _active(signer: "Signer") -> PublicKey | None:
    return next((key for key in reversed(signer.known()) if not key.retired), None)


def _signs_there(house: "House", purpose: str, uri: str, key: Key) -> bool:
    """Whether the key that signs now is the one at a place."""
    active = _active(house.signer_at(purpose, uri))  # type: ignore[arg-type]
    return active is not None and active.id == key.id


def _stamps_elsewhere(root: "Root", wanted: "TrustSettings", named: frozenset[str]) -> bool:
    """Whether another service is to stamp than the one that does now, or with other certificates."""
    from clearance.wiring.stamping import read_chain

    now, service = root.timestamps[-1], wanted.timestamps
    if service is None or service.url != now.uri:
        return service is not None or not _stamps_here(root)
    return "timestamps" in named and read_chain(service.chain) != now.certificates


def _stamps_here(root: "Root") -> bool:
    from clearance.attest.trusted_root import OWN_TIMESTAMPS

    return root.timestamps[-1].uri == OWN_TIMESTAMPS


def _of_domain(names: Iterable[str], domain: str) -> tuple[str, ...]:
    return tuple(name for name in names if name.startswith(f"spiffe://{domain}/"))


def _ordered(purposes: Iterable[str]) -> list[str]:
    from clearance.attest.signers.file import Purpose

    order = ("authority", "timestamps", "transparency", "checkpoints", *get_args(Purpose))
    return sorted(purposes, key=order.index)
