"""Sets up trust as a person asked for it, and shows it in the forms that others read."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from clearance.attest.trusted_root import Root, root_document
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.fact import plain
from clearance.wiring.trust_file import change_settings, would_be
from clearance.wiring.trust_plans import Key, Plan, changed_keys, keys_now, plan_settings
from clearance.wiring.trusting import SIGNING

if TYPE_CHECKING:
    from clearance.wiring.trust_settings import TrustSettings
    from clearance.wiring.trusting import House

_CONFIG_TYPE = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_SIGNING_TYPE = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
_NOBODY = "https://signing.invalid"
"""Stock clients insist on addresses for signing; ours are for verifying only (RFC 2606: nobody answers there)."""
_MOST_BYTES = 1 << 16
_MOST_PROVIDERS = 64


class Choices(NamedTuple):
    """What a person asked for; empty: as it is."""

    domain: str = ""
    signers: Mapping[str, str] = {}
    timestamps: str = ""
    chain: Path | None = None
    issuer: str = ""
    audiences: tuple[str, ...] = ()
    names: str = "people"
    jwks: Path | None = None
    mail_domains: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()


def plan(house: "House", choices: Choices) -> Plan:
    """Say what would end if trust were set up as it was chosen; nothing is made.

    Raises:
        UsageError: the choices do not go together.
        BadFile: trust.toml would not be what it should be.
        SigningError: a key cannot be used.
    """
    return _planned(house, choices)[0]


def set_up(house: "House", choices: Choices) -> Plan:
    """Write trust.toml as it was chosen, and make what follows from it; what is there already stays. Gives what was done.

    Raises:
        UsageError, BadFile, SigningError: as for `plan`; then nothing was written.
    """
    planned, changes = _planned(house, choices)
    if changes:
        change_settings(house.folder, changes)
    house.certify(planned.renew)
    return planned


def _planned(house: "House", choices: Choices) -> tuple[Plan, dict[str, Any]]:
    changes = _changes(house, choices)
    wanted = would_be(house.folder, changes)
    for purpose, uri in choices.signers.items():
        house.signer_at(purpose, uri).known()  # type: ignore[arg-type]  # before a word of it is written
    named = {*choices.signers} | ({"timestamps"} if choices.timestamps else set())
    if choices == Choices():  # a person wrote into the file: all of it counts from now on
        named = {*SIGNING}
    return plan_settings(house, wanted, named), changes


def _changes(house: "House", choices: Choices) -> dict[str, Any]:
    """Give the top-level values of trust.toml that choices change."""
    changes: dict[str, Any] = {}
    settings = house.settings
    if choices.domain:
        changes["domain"] = choices.domain
    if choices.signers:
        changes["signers"] = {**settings.signers.said(), **choices.signers}
    if choices.timestamps:
        if choices.chain is None:
            raise UsageError("its certificates are missing", where="--timestamps", next="add --timestamps-chain FILE")
        changes["timestamps"] = {"url": choices.timestamps, "chain": str(choices.chain.resolve())}
    if choices.issuer:
        others = [plain(one) for one in settings.oidc if one.issuer != choices.issuer]
        changes["oidc"] = [*others, _provider(choices)]
    elif choices.audiences or choices.jwks or choices.mail_domains or choices.repositories:
        raise UsageError(
            "of which identity provider?",
            where="--audience, --jwks, --mail-domain, --repository",
            next="add --oidc-issuer URL",
        )
    return changes


def _provider(choices: Choices) -> dict[str, Any]:
    if not choices.audiences or not all(one.strip() for one in choices.audiences):
        raise UsageError(
            "for whom must its tokens be?", where="--oidc-issuer", next="add --audience NAME: the client id there"
        )
    return {
        "issuer": choices.issuer,
        "audience": list(choices.audiences),
        "names": choices.names,
        "jwks": str(choices.jwks.resolve()) if choices.jwks else "",
        "domains": [one.lower() for one in choices.mail_domains],
        "repositories": list(choices.repositories),
    }


class Before(NamedTuple):
    """What was trusted before a change: the trust domain (empty: none yet), what signed for each purpose, and trust.toml."""

    domain: str
    keys: Mapping[str, Key]
    settings: "TrustSettings"


def before_change(house: "House") -> Before:
    """Give what is trusted now, for `state_change` to compare with; nothing is made.

    Raises:
        SigningError, StoreError: it cannot be read.
    """
    state = house.state()
    return Before(state.domain if state else "", keys_now(house), house.settings)


def state_change(
    house: "House",
    action: Literal["init", "rotate"],
    changed: Iterable[str],
    before: Before,
    directory: Path,
    environment: Mapping[str, str],
) -> str:
    """State in the log of the repository around a directory that trust was changed, so that a provider or a key that came
    and went is seen: which keys ended and which began. Gives the number of the entry; empty where there is no log, or
    nothing changed.

    Raises:
        ClearanceError: there is one, and it cannot take it.
    """
    from clearance import __version__
    from clearance.attest.predicates.fields import party, word
    from clearance.attest.predicates.trust import TrustKey, TrustPredicate
    from clearance.facts.statement import DigestSet, Resource
    from clearance.wiring.attesting import now, record, stated

    origins = here(directory)
    if not origins or before_change(house) == before:
        return ""
    ended, begun = (
        tuple(TrustKey(purpose=purpose, sha256=id_) for purpose, id_ in keys.items())
        for keys in changed_keys(before.keys, keys_now(house))
    )
    predicate = TrustPredicate(
        action=action, changed=tuple(sorted({*changed})),
        providers=tuple(word(one.issuer) for one in house.settings.oidc)[:_MOST_PROVIDERS],
        ended=ended, begun=begun, formerly=before.domain if before.domain != house.domain else "",
        by=party(house.user), version=__version__, time=now(),
    )  # fmt: skip
    digest = hashlib.sha256(house.trusted_root(origins)).hexdigest()
    subject = Resource(name="trusted_root.json", digest=DigestSet(sha256=digest))
    (done,) = record([stated(predicate, [subject])], directory, environment, by=house.user)
    return str(done.entry.index)


def changed_by(choices: Choices, planned: Plan) -> tuple[str, ...]:
    """Name what choices, and what was planned for them, concern."""
    named = {"domain": choices.domain, "provider": choices.issuer, "timestamps": choices.timestamps}
    moved = ("domain",) if planned.domains else ()
    return (*(name for name, said in named.items() if said), *choices.signers, *planned.renew, *moved)


def here(directory: Path) -> tuple[str, ...]:
    """Name the log of the repository around a directory; nothing where there is none."""
    from clearance.wiring.recording import open_log

    try:
        log = open_log(directory, create=False)
        return (log.origin(),) if log.size() else ()
    except ClearanceError:
        return ()


def client_config(root: Root) -> bytes:
    """Write a root as the client trust configuration that sigstore-python's `--trust-config` wants."""
    since = min((chain.since for chain in root.authorities), default="1970-01-01T00:00:00Z")
    service = {"url": _NOBODY, "operator": "nobody", "validFor": {"start": since}}
    document = {
        "mediaType": _CONFIG_TYPE,
        "trustedRoot": root_document(root),
        "signingConfig": {
            "mediaType": _SIGNING_TYPE,
            "caUrls": [service | {"majorApiVersion": 1}],
            "rekorTlogUrls": [service | {"majorApiVersion": 2}],
            "rekorTlogConfig": {"selector": "ANY"},
        },
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def state_of(house: "House", origins: Iterable[str]) -> dict[str, Any]:
    """Give what is trusted here as JSON has it, with the logs of these origins; nothing of it is secret."""
    settings = house.settings
    return {
        "place": str(house.folder.directory),
        "domain": house.domain,
        "service": house.service.name,
        "signers": settings.signers.said(),
        "providers": [plain(one) for one in settings.oidc],
        "trustedRoot": root_document(house.root(origins)),
        "checkpoints": [
            {"id": key.id, "since": key.since, "retired": key.retired} for key in house.signer("checkpoints").known()
        ],
    }


def read_token(place: str) -> bytes:
    """Read an ID token from a file, or from standard input where `place` is `-`.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        if place == "-":
            return sys.stdin.buffer.read(_MOST_BYTES)
        with Path(place).open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=place, next="give a file with an ID token") from error
