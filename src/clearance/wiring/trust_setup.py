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
from clearance.wiring.trust_file import change_settings

if TYPE_CHECKING:
    from clearance.attest.signers.file import Purpose
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


def set_up(house: "House", choices: Choices) -> None:
    """Write trust.toml as it was chosen, and make what follows from it.

    Raises:
        UsageError: the choices do not go together.
        BadFile: trust.toml would not be what it should be.
        SigningError: a key cannot be used.
    """
    changes: dict[str, Any] = {}
    settings = house.settings
    if choices.domain:
        changes["domain"] = choices.domain
    if choices.signers:
        changes["signers"] = {**settings.signers, **choices.signers}
    if choices.timestamps:
        if choices.chain is None:
            raise UsageError("its certificates are missing", where="--timestamps", next="add --timestamps-chain FILE")
        changes["timestamps"] = {"url": choices.timestamps, "chain": str(choices.chain.resolve())}
    if choices.issuer:
        others = [plain(one) for one in settings.oidc if one.issuer != choices.issuer]
        changes["oidc"] = [*others, _provider(choices)]
    elif choices.audiences or choices.jwks or choices.mail_domains:
        raise UsageError(
            "of which identity provider?", where="--audience, --jwks, --mail-domain", next="add --oidc-issuer URL"
        )
    for purpose, uri in choices.signers.items():
        house.signer_at(purpose, uri).known()  # type: ignore[arg-type]  # before a word of it is written
    if changes:
        change_settings(house.folder, changes)
    changed: set[Purpose] = set()
    if choices.domain:
        changed |= {"authority"}
    if choices.timestamps:
        changed |= {"timestamps"}
    changed |= {one for one in ("authority", "timestamps", "transparency") if one in choices.signers}
    house.certify(changed)


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
    }


def state_change(
    house: "House",
    action: Literal["init", "rotate"],
    changed: Iterable[str],
    directory: Path,
    environment: Mapping[str, str],
) -> str:
    """State in the log of the repository around a directory that trust was changed, so that a provider or a key that came
    and went is seen. Gives the number of the entry; empty where there is no log.

    Raises:
        ClearanceError: there is one, and it cannot take it.
    """
    from clearance import __version__
    from clearance.attest.predicates.fields import party, word
    from clearance.attest.predicates.trust import TrustPredicate
    from clearance.facts.statement import DigestSet, Resource
    from clearance.wiring.attesting import now, record, stated

    origins = here(directory)
    if not origins:
        return ""
    predicate = TrustPredicate(
        action=action, changed=tuple(sorted({*changed})),
        providers=tuple(word(one.issuer) for one in house.settings.oidc)[:_MOST_PROVIDERS],
        by=party(house.service), version=__version__, time=now(),
    )  # fmt: skip
    digest = hashlib.sha256(house.trusted_root(origins)).hexdigest()
    subject = Resource(name="trusted_root.json", digest=DigestSet(sha256=digest))
    (done,) = record([stated(predicate, [subject])], directory, environment, by=house.service)
    return str(done.entry.index)


def changed_by(choices: Choices) -> tuple[str, ...]:
    """Name what choices concern."""
    named = {"domain": choices.domain, "provider": choices.issuer, "timestamps": choices.timestamps}
    return (*(name for name, said in named.items() if said), *choices.signers)


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


def state_of(house: "House") -> dict[str, Any]:
    """Give what is trusted here as JSON has it; nothing of it is secret."""
    settings = house.settings
    return {
        "place": str(house.folder.directory),
        "domain": house.domain,
        "service": house.service.name,
        "signers": settings.signers,
        "providers": [plain(one) for one in settings.oidc],
        "trustedRoot": root_document(house.root(())),
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
