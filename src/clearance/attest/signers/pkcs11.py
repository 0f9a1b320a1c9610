"""Keys in a token that speaks PKCS#11: a hardware security module, a smart card, SoftHSM.

The token is named by a URI (RFC 7512): `pkcs11:token=LABEL[;object=LABEL][?module-path=/usr/lib/….so][&pin-source=file:/…]`.
Its PIN comes from `$CLEARANCE_PKCS11_PIN` or from a private file that `pin-source` names, and never stands in the URI. Keys
are made in the token, as sensitive and not extractable. The id of a key (`CKA_ID`) holds the time at which it was made, so
that all machines that use one token know the same times; the newest key of a label signs.
"""

import hashlib
import os
import re
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from clearance.attest.signers.held import Held, Unreachable
from clearance.facts.errors import SigningError
from clearance.facts.key import Algorithm, PublicKey
from clearance.facts.moment import rfc3339

if TYPE_CHECKING:
    import pkcs11

PIN = "CLEARANCE_PKCS11_PIN"
"""The variable that holds the PIN."""
MODULE = "CLEARANCE_PKCS11_MODULE"
"""The variable that names the module, where the URI does not."""
_P256 = bytes.fromhex("06082a8648ce3d030107")
_P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_ED25519 = b"\x13\x0cedwards25519"
_ED25519_PARAMS = (_ED25519, bytes.fromhex("06032b6570"), bytes.fromhex("06092b06010401da470f01"))
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_TIME = re.compile(rb"([0-9]{8}T[0-9]{12})Z-[0-9a-f]{8}")
_PATH = frozenset({"token", "manufacturer", "serial", "model", "object", "id", "type"})
_QUERY = frozenset({"module-path", "pin-source"})
_PIN_LIMIT = 256


class Named(NamedTuple):
    """What a URI names: attributes of the token, label and id of the key, module, where the PIN lies; and the URI as it may
    be shown."""

    token: Mapping[str, str]
    label: str
    id: bytes
    module: str
    pin_source: str
    shown: str


def read_uri(uri: str, label: str, environment: Mapping[str, str]) -> Named:
    """Read a URI of RFC 7512; `label` is the key's where the URI names none.

    Raises:
        SigningError: it is none, names no token, holds a PIN, or no module is known. Nothing of it is repeated.
    """
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    given: dict[str, str] = {}
    for part, allowed in (*((one, _PATH) for one in path.split(";")), *((one, _QUERY) for one in query.split("&"))):
        name, equals, value = part.partition("=")
        if not part:
            continue
        if name == "pin-value":
            raise _wrong("a PIN stands in the URI", f"take it away; set {PIN}, or name a file: pin-source=file:/…")
        if not equals or name not in allowed or name in given:
            shown = name if re.fullmatch("[a-z-]{1,20}", name) else "something else"
            raise _wrong(f"an attribute that is not taken here, or stands twice: {shown}", "see RFC 7512")
        given[name] = value
    token: dict[str, str] = {
        name: unquote(given[name]) for name in ("token", "manufacturer", "serial", "model") if name in given
    }
    if not {"token", "serial"} & set(token):
        raise _wrong("no token is named", "write pkcs11:token=LABEL")
    module = unquote(given.get("module-path", "")) or environment.get(MODULE, "")
    if not module.startswith("/"):
        raise _wrong("no module is named by an absolute path", f"add ?module-path=/usr/lib/….so, or set {MODULE}")
    label = unquote(given.get("object", "")) or label
    shown = "pkcs11:" + ";".join(f"{name}={quote(value)}" for name, value in (*token.items(), ("object", label)))
    return Named(token, label, unquote_to_bytes(given.get("id", "")), module, unquote(given.get("pin-source", "")), shown)


class TokenHolder:
    """Keys of one label in one token. Nothing is opened before the first use.

    Raises:
        SigningError: the URI is none.
    """

    def __init__(
        self, uri: str, label: str, environment: Mapping[str, str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._named = read_uri(uri, label, environment)
        self._environment = environment
        self._clock = clock

    def keys(self) -> Sequence[Held]:
        """Give the keys of the label, by the times in their ids; no PIN is needed.

        Raises:
            SigningError: the module or the token is missing or fails, or a key is of another kind.
        """
        with _TOKENS.session(self._named, None) as session:
            return [held for _, held in sorted(self._found(session), key=lambda one: (one[1].public.since, one[0]))]

    def make(self, algorithm: Algorithm) -> None:
        """Make a pair of keys in the token.

        Raises:
            SigningError: the token refuses (it may not know Ed25519), or the PIN is wrong; also where the URI names one
                key by its id.
        """
        import pkcs11
        from pkcs11 import Attribute, KeyType, MechanismFlag

        if self._named.id:
            what = "the URI names one key by its id, so no other is made"
            raise SigningError(what, where=self._named.shown, next="make one with the token's own tools and name that")
        kind, curve = (KeyType.EC, _P256) if algorithm == "ecdsa-p256" else (KeyType.EC_EDWARDS, _ED25519)
        with _TOKENS.session(self._named, self._pin) as session:
            # A clock that was set back must not leave an older key signing.
            before = [_moment(own) for own, _ in self._found(session)]
            made = max([self._clock().astimezone(UTC), *(then + timedelta(microseconds=1) for then in before if then)])
            try:
                session.create_domain_parameters(kind, {Attribute.EC_PARAMS: curve}, local=True).generate_keypair(
                    id=f"{made:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}".encode(),
                    label=self._named.label,
                    store=True,
                    capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                    private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
                )
            except (pkcs11.exceptions.MechanismInvalid, pkcs11.exceptions.DomainParamsInvalid) as error:
                what = f"the token makes no keys for {algorithm}"
                raise SigningError(what, where=self._named.shown, next="keep this key elsewhere") from error

    def sign(self, key: Held, data: bytes) -> bytes:
        """Sign bytes with a key that may not leave the token.

        Raises:
            SigningError: the key is gone, may leave the token, or the PIN is wrong.
        """
        from pkcs11 import Attribute, Mechanism, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: bytes.fromhex(key.name.rpartition("id=")[2])}
        with _TOKENS.session(self._named, self._pin) as session:
            found = list(session.get_objects(wanted))
            if len(found) != 1:
                raise SigningError(f"{len(found)} private keys of this id in the token", where=key.name, next="look into it")
            private: Any = found[0]
            if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
                what = "a key that may leave the token"
                raise SigningError(what, where=key.name, next="make one that is sensitive and not extractable")
            if key.public.algorithm == "ed25519":
                return bytes(private.sign(data, mechanism=Mechanism.EDDSA))
            return _der(bytes(private.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA)))

    def _found(self, session: "pkcs11.Session") -> Iterator[tuple[bytes, Held]]:
        from pkcs11 import Attribute, ObjectClass

        wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: self._named.label}
        for public in session.get_objects(wanted | ({Attribute.ID: self._named.id} if self._named.id else {})):
            own = bytes(public[Attribute.ID])
            name = f"{self._named.shown};id={own.hex()}"
            yield own, Held(name, _public(bytes(public[Attribute.EC_PARAMS]), bytes(public[Attribute.EC_POINT]), own, name))

    def _pin(self) -> str:
        """Read the PIN.

        Raises:
            SigningError: there is none, or others can read its file.
        """
        source = self._named.pin_source
        said = self._environment.get(PIN, "")
        if said:
            return said
        if not source:
            raise SigningError("no PIN", where=self._named.shown, next=f"set {PIN}, or add pin-source=file:/…")
        path = source.removeprefix("file:").removeprefix("//")
        if not path.startswith("/"):
            raise SigningError("pin-source names no file", where=self._named.shown, next="write pin-source=file:/…")
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                status = os.fstat(file.fileno())
                ours = status.st_uid in {os.geteuid(), 0} and not stat.S_IMODE(status.st_mode) & 0o077
                if not stat.S_ISREG(status.st_mode) or not ours:
                    raise SigningError("others can reach the file of the PIN", where=path, next="chmod 600 it")
                return file.read(_PIN_LIMIT).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            what = getattr(error, "strerror", None) or "not text"
            raise SigningError(f"the PIN cannot be read: {what}", where=path, next="name another file") from None


class _Open(NamedTuple):
    session: "pkcs11.Session"
    logged_in: bool


class _Tokens:
    """The sessions of this process, one a token: a process is logged in to a token, or not, for all its sessions at once."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: dict[tuple[str, tuple[tuple[str, str], ...]], _Open] = {}
        self._pid = os.getpid()

    @contextmanager
    def session(self, named: Named, pin: Callable[[], str] | None) -> Iterator["pkcs11.Session"]:
        """Lend the session of a token; with a `pin`, one that is logged in."""
        import_pkcs11(named)
        import pkcs11

        place = (named.module, tuple(sorted(named.token.items())))
        with self._lock:
            try:
                held = self._open.get(place) if self._pid == os.getpid() else None
                if held is None or (pin is not None and not held.logged_in):
                    held = self._open[place] = self._opened(named, place, pin)
                yield held.session
            except pkcs11.exceptions.PKCS11Error as error:
                self._open.pop(place, None)
                raise _told(error, named) from None

    def _opened(self, named: Named, place: object, pin: Callable[[], str] | None) -> _Open:
        import pkcs11

        library = pkcs11.lib(named.module)
        if self._pid != os.getpid():  # a module must be initialised again after a fork (PKCS #11 base specification, 5.4)
            self._pid, self._open = os.getpid(), {}
            library.reinitialize()
        tokens = [token for token in library.get_tokens() if _fits(token, named.token)]
        if len(tokens) != 1:
            what = "there is no such token" if not tokens else "several tokens fit"
            raise Unreachable(what, where=named.shown, next="see `pkcs11-tool --list-slots`; serial= names one")
        if pin is None:
            return _Open(tokens[0].open(), logged_in=False)
        before = self._open.pop(place, None)  # type: ignore[call-overload]
        if before is not None:
            before.session.close()
        return _Open(tokens[0].open(rw=True, user_pin=pin()), logged_in=True)


_TOKENS = _Tokens()


def import_pkcs11(named: Named) -> None:
    """Import the library that speaks to modules.

    Raises:
        SigningError: it is not installed.
    """
    try:
        import pkcs11  # noqa: F401 -- imported to be there
    except ImportError:
        raise SigningError(
            "python-pkcs11 is not installed", where=named.shown, next="pip install 'clearance[hsm]'"
        ) from None


def _fits(token: "pkcs11.Token", wanted: Mapping[str, str]) -> bool:
    serial = token.serial.decode("ascii", "replace") if isinstance(token.serial, bytes) else str(token.serial)
    said = {"serial": serial, "manufacturer": token.manufacturer_id, "model": token.model, "token": token.label}
    return all(str(said[name]).strip() == value for name, value in wanted.items())


def _public(parameters: bytes, point: bytes, own: bytes, name: str) -> PublicKey:
    """Build a public key of what the token says (PKCS #11: `CKA_EC_POINT` is an OCTET STRING; some give the bare point)."""
    bare = point[2:] if len(point) in (34, 67) and point[0] == 4 and point[1] == len(point) - 2 else point
    if parameters == _P256 and len(bare) == 65:
        return PublicKey(algorithm="ecdsa-p256", spki=_P256_SPKI + bare, since=_since(own))
    if parameters in _ED25519_PARAMS and len(bare) == 32:
        return PublicKey(algorithm="ed25519", spki=_ED25519_SPKI + bare, since=_since(own))
    raise SigningError("neither a P-256 nor an Ed25519 key", where=name, next="name another key")


def _since(own: bytes) -> str:
    """Write the time in an id of ours; empty for another id."""
    then = _moment(own)
    return rfc3339(then) if then else ""


def _moment(own: bytes) -> datetime | None:
    """Read the time in an id of ours."""
    found = _TIME.fullmatch(own)
    try:
        return datetime.strptime(found[1].decode(), "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _der(raw: bytes) -> bytes:
    """Write an ECDSA signature in DER: PKCS #11 gives both numbers one behind the other."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _told(error: "pkcs11.exceptions.PKCS11Error", named: Named) -> SigningError:
    """Say what a module said; its errors hold no PIN."""
    from pkcs11 import exceptions

    match error:
        case exceptions.PinLocked():
            return SigningError("the PIN is locked", where=named.shown, next="unlock it with the token's own tools")
        case exceptions.PinIncorrect() | exceptions.PinInvalid() | exceptions.PinLenRange():
            return SigningError("the PIN is wrong", where=named.shown, next=f"look at {PIN} or pin-source, before it locks")
        case exceptions.NoSuchToken() | exceptions.TokenNotPresent() | exceptions.DeviceRemoved():
            return Unreachable("there is no such token", where=named.shown, next="see `pkcs11-tool --list-slots`")
        case _:
            said = type(error).__name__
            return Unreachable(f"the token does not answer: {said}", where=named.shown, next="look at module and token")


def _wrong(what: str, then: str) -> SigningError:
    return SigningError(what, where="the URI of a token", next=then)
