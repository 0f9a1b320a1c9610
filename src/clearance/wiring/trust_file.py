"""trust.toml: what a person decided about trust on this machine, read and written; it lies beside the keys, never in a
repository."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from clearance.attest.tokens import Provider
from clearance.facts.errors import BadFile
from clearance.facts.identity import Identity

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder

SETTINGS = "trust.toml"
_DOMAIN = re.compile(r"(?=.{1,255}\Z)[a-z0-9-]+(\.[a-z0-9-]+)*")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NEXT = "see docs/reference/trust.md"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A timestamp service of others (RFC 3161 over HTTP): its address, and a file with its certificate and those above it
    (PEM)."""

    url: str
    chain: str


class Attest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose word counts: `enforcers` are the SPIFFE ids of services that merge and know what the forge enforces."""

    enforcers: tuple[str, ...] = ()


class TrustSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of trust.toml. Other parts of the house read tables of their own there (`witnesses`, `log`).

    `signers` says by purpose where a key rests, as a URI; `timestamps` which service stamps, where it is not our own."""

    domain: str = ""
    signers: dict[str, str] = {}
    timestamps: Service | None = None
    oidc: tuple[Provider, ...] = ()
    attest: Attest = Attest()


def read_settings(folder: "PrivateFolder") -> TrustSettings:
    """Read trust.toml of a folder; the defaults where there is none.

    Raises:
        BadFile: it is not what it should be.
        StoreError: it cannot be read, or others could have written it.
    """
    return _checked(_document(folder), str(folder.directory / SETTINGS))


def change_settings(folder: "PrivateFolder", changes: Mapping[str, Any]) -> None:
    """Write trust.toml with some of its top-level values replaced; what others keep there stays.

    Raises:
        BadFile: it would not be what it should be; then it stays as it was.
        StoreError: it cannot be read or written.
    """
    with folder.locked():
        document = _document(folder) | dict(changes)
        text = _HEAD + "".join(_lines(document))
        _checked(tomllib.loads(text), str(folder.directory / SETTINGS))
        folder.replace(SETTINGS, text.encode())


_HEAD = "# Whom this machine trusts and where its keys rest; docs/reference/trust.md describes each line.\n"


def _checked(document: dict[str, Any], where: str) -> TrustSettings:
    try:
        settings = msgspec.convert(document, TrustSettings)
    except msgspec.ValidationError as error:
        raise BadFile(f"not what it should be: {error}", where=where, next=_NEXT) from error
    if settings.domain and not _DOMAIN.fullmatch(settings.domain):
        raise BadFile("domain is no name of a trust domain: lower-case letters, digits, dots", where=where, next=_NEXT)
    for name in settings.attest.enforcers:
        if Identity(name=name, issuer="").kind != "service" or name.endswith("/service/clearance"):
            what = f"[attest] enforcers: {name[:80]} is no service of its own (spiffe://…/ci/…, spiffe://…/service/merge)"
            raise BadFile(what, where=where, next=_NEXT)
    for one in settings.oidc:
        known = one.issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))
        if not known or not one.audience or not all(name.strip() for name in one.audience):
            raise BadFile("an [[oidc]] provider needs an https issuer and an audience", where=where, next=_NEXT)
    return settings


def _document(folder: "PrivateFolder") -> dict[str, Any]:
    data = folder.read(SETTINGS)
    try:
        return {} if data is None else tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"not TOML: {error}", where=str(folder.directory / SETTINGS), next=_NEXT) from error


def _lines(document: Mapping[str, Any], above: str = "") -> list[str]:
    """Write a table: its plain values, then the tables in it."""
    found = [f"{_key(name)} = {_value(value)}\n" for name, value in document.items() if not _is_table(value)]
    for name, value in document.items():
        whole = f"{above}.{_key(name)}" if above else _key(name)
        if isinstance(value, Mapping):
            found += [f"\n[{whole}]\n", *_lines(value, whole)]
        elif _is_table(value):
            found += [line for one in value for line in (f"\n[[{whole}]]\n", *_lines(one, whole))]
    return found


def _is_table(value: object) -> bool:
    rows = (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and value
        and all(isinstance(one, Mapping) for one in value)
    )
    return isinstance(value, Mapping) or bool(rows)


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else json.dumps(name)


def _value(value: object) -> str:
    """Write a value; JSON spells text, numbers, yes and no as TOML does."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_value(one) for one in value)}]"
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        if isinstance(value, str | int | float | bool)
        else str(value)
    )
