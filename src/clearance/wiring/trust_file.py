"""trust.toml: what a person decided about trust on this machine, read and written; it lies beside the keys, never in a
repository. This is its one reader: whoever needs a table asks here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from clearance.facts.errors import BadFile
from clearance.wiring.places import keys_folder
from clearance.wiring.trust_settings import EvidenceSettings, TrustSettings, WitnessSettings

if TYPE_CHECKING:
    from clearance.facts.provider import Provider
    from clearance.facts.typed_toml import Path
    from clearance.stores.private import PrivateFolder

TRUST = "trust"
"""The folder beside the keys."""
SETTINGS = "trust.toml"
_DOMAIN = re.compile(r"(?=.{1,255}\Z)[a-z0-9-]+(\.[a-z0-9-]+)*")
_REPOSITORY = re.compile(r"\*|[A-Za-z0-9._-]{1,128}(/[A-Za-z0-9._-]{1,128})*/(\*|[A-Za-z0-9._-]{1,128})")
_FOR_EVERYBODY = ("https://token.actions.githubusercontent.com", "https://gitlab.com")
"""Issuers whose tokens anybody's jobs get."""
_STORES = ("sqlite:", "files:", "postgresql:", "postgres:")
_SIGNERS = ("file:", "pkcs11:", "vault:", "awskms:", "gcpkms:", "azurekms:")
_MOST_BYTES = 256 * 1024
_MOST_DAYS = 36_500
_MOST_SECONDS = 600
_NEXT = "docs/reference/trust-settings.md lists every key"


def trust_folder(environment: Mapping[str, str]) -> "PrivateFolder":
    """Give the folder of what this machine trusts.

    Raises:
        SigningError: there is no home, or `$CLEARANCE_HOME` is not absolute.
    """
    return keys_folder(environment).within(TRUST)


def trust_settings(environment: Mapping[str, str]) -> TrustSettings:
    """Read trust.toml of this machine; the defaults where there is none.

    Raises:
        BadFile: it is not what it should be; the message names the line.
        StoreError: it cannot be read, or others could have written it.
        SigningError: as for `trust_folder`.
    """
    return read_settings(trust_folder(environment))


def read_settings(folder: "PrivateFolder") -> TrustSettings:
    """Read trust.toml of a folder; the defaults where there is none.

    Raises:
        BadFile, StoreError: as for `trust_settings`.
    """
    data = folder.read(SETTINGS)
    return TrustSettings() if data is None else _checked(data, str(folder.directory / SETTINGS))


def change_settings(folder: "PrivateFolder", changes: Mapping[str, Any]) -> None:
    """Write trust.toml with some of its top-level values replaced; what else stands there stays as it is.

    Raises:
        BadFile: it is not, or would not be, what it should be; then it stays as it was.
        StoreError: it cannot be read or written.
    """
    with folder.locked():
        folder.replace(SETTINGS, _changed(folder, changes)[0])


def would_be(folder: "PrivateFolder", changes: Mapping[str, Any]) -> TrustSettings:
    """Read trust.toml as it would be with some of its top-level values replaced; nothing is written.

    Raises:
        BadFile, StoreError: as for `change_settings`.
    """
    return _changed(folder, changes)[1]


def _changed(folder: "PrivateFolder", changes: Mapping[str, Any]) -> tuple[bytes, TrustSettings]:
    from clearance.wiring.trust_writing import edited

    read_settings(folder)  # its own mistakes are told with its own lines
    data = edited((folder.read(SETTINGS) or b"").decode(), changes).encode()
    where = str(folder.directory / SETTINGS)
    try:
        return data, _checked(data, where)
    except BadFile as error:  # nobody sees the lines of what is not written
        raise BadFile(error.what, where=where, next=error.next) from None


@lru_cache(maxsize=4)
def _checked(data: bytes, where: str) -> TrustSettings:
    """Read the bytes of a file; one command asks for them several times."""
    from clearance.facts.typed_toml import BadTable, line_of, read_typed

    if not data.strip():
        raise BadFile("empty, as a file that was written by half", where=where, next="put it back from a copy, or delete it")
    if len(data) > _MOST_BYTES:
        raise BadFile("larger than 256 KiB", where=where, next=_NEXT)
    try:
        text = data.decode()
        settings = read_typed(text, TrustSettings)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadFile("not TOML: not UTF-8", where=f"{where}:{line}", next=_NEXT) from None
    except BadTable as error:
        place = f"{where}:{error.line}" if error.line else where
        raise BadFile(error.what, where=place, next=f"{error.next}; {_NEXT}" if error.next else _NEXT) from None
    for path, what in _wrongs(settings):
        line = line_of(text, path)
        raise BadFile(what, where=f"{where}:{line}" if line else where, next=_NEXT)
    return settings


def _wrongs(settings: TrustSettings) -> "Iterator[tuple[Path, str]]":
    """Give what is of the right kind and still wrong: where it stands, and what it should be."""
    from clearance.facts.identity import Identity

    if settings.domain and not _DOMAIN.fullmatch(settings.domain):
        yield ("domain",), "domain is no name of a trust domain: lower-case letters, digits, dots"
    for purpose, uri in settings.signers.said().items():
        if not uri.startswith(_SIGNERS):
            yield ("signers", purpose), _no_scheme(f"signers.{purpose}", "a signer", uri, _SIGNERS)
    if (service := settings.timestamps) is not None:
        if not service.url.startswith(("https://", "http://")):
            yield ("timestamps", "url"), "timestamps.url is no address: https://…"
        if not service.chain.startswith("/"):
            yield ("timestamps", "chain"), "timestamps.chain is no absolute path"
    for number, one in enumerate(settings.oidc):
        for key, what in _provider_wrongs(one):
            yield ("oidc", number, key), f"[[oidc]] {what}"
        if one.issuer in [other.issuer for other in settings.oidc[:number]]:
            yield ("oidc", number, "issuer"), "[[oidc]] the issuer stands there twice: one of them would never count"
    for name in settings.attest.enforcers:
        if Identity(name=name, issuer="").kind != "service" or name.endswith("/service/clearance"):
            what = f"[attest] enforcers: {name[:80]} is no service of its own (spiffe://…/ci/…, spiffe://…/service/merge)"
            yield ("attest", "enforcers"), what
    store = settings.log.store.strip()
    if store and not store.startswith(_STORES):
        yield ("log", "store"), _no_scheme("log.store", "a store", store, _STORES)
    yield from _witness_wrongs(settings.witnesses)
    yield from _evidence_wrongs(settings.evidence)


def _no_scheme(key: str, what: str, said: str, known: Sequence[str]) -> str:
    import difflib

    scheme = said.partition(":")[0][:32]  # what follows may hold what lets in
    near = difflib.get_close_matches(f"{scheme}:", known, n=1, cutoff=0)
    return f"{key}: no URI of {what}: {scheme!r}; the nearest is {near[0]!r}, of {', '.join(known)}"


def _provider_wrongs(one: "Provider") -> Iterator[tuple[str, str]]:
    if not one.issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        yield "issuer", "a provider needs an https issuer and an audience"
    if not one.audience or not all(name.strip() for name in one.audience):
        yield "audience", "a provider needs an https issuer and an audience"
    if one.jwks and not one.jwks.startswith("/"):
        yield "jwks", "jwks is no absolute path"
    for name in one.domains:
        if not _DOMAIN.fullmatch(name.lower()):
            yield "domains", f"domains: {name[:80]!r} is no domain of mail addresses, such as example.com"
    if one.names == "people":
        if one.repositories:
            yield "repositories", "repositories are of jobs, and its names are people"
        return
    if one.domains:
        yield "domains", "domains are of mail addresses, and its names are jobs"
    if not one.repositories:
        yield "names", f'whose jobs? Every repository of {one.issuer[:80]} could sign: add repositories = ["owner/name"]'
    for name in one.repositories:
        if not _REPOSITORY.fullmatch(name) or not all(part.strip(".") for part in name.split("/")):
            yield "repositories", f"repositories: {name[:80]!r} is neither owner/name nor owner/*"
        if name == "*" and one.issuer.rstrip("/") in _FOR_EVERYBODY:
            yield "repositories", f"repositories: everybody's jobs get tokens of {one.issuer}: name owners"


def _witness_wrongs(witnesses: WitnessSettings) -> "Iterator[tuple[Path, str]]":
    if not 0 < witnesses.seconds <= _MOST_SECONDS:
        what = f"witnesses.seconds is {witnesses.seconds:g}: more than 0, at most {_MOST_SECONDS}"
        yield ("witnesses", "seconds"), what


def _evidence_wrongs(evidence: EvidenceSettings) -> "Iterator[tuple[Path, str]]":
    if evidence.store and not evidence.store.startswith("/"):
        yield ("evidence", "store"), "[evidence] store is no absolute folder"
    named = [rule.classification for rule in evidence.retain]
    for number, rule in enumerate(evidence.retain):
        if rule.classification in named[:number]:
            place = ("evidence", "retain", number, "classification")
            yield place, "two rules of [[evidence.retain]] name the same classification"
        if not 0 <= rule.days <= _MOST_DAYS:
            yield ("evidence", "retain", number, "days"), f"days of [[evidence.retain]] are 0 to {_MOST_DAYS}"
    for number, hold in enumerate(evidence.hold):
        if not hold.subject:
            yield ("evidence", "hold", number, "subject"), "an [[evidence.hold]] names no subject"
