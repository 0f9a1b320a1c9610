"""Keys in the transit engine of Vault or OpenBao.

`vault:MOUNT/KEY` names the key. Server and token come from the environment, as the servers' own tools read it: `VAULT_ADDR`
or `BAO_ADDR`, `VAULT_TOKEN` or `BAO_TOKEN` (or a private file that `VAULT_TOKEN_FILE` names), `VAULT_CACERT`,
`VAULT_NAMESPACE`. A rotation makes a new version of the key; all versions stay known with the times at which they were made.
Only the SHA-256 of what is signed is sent for P-256; Ed25519 signs the text itself.

A token needs `read` and `update` on MOUNT/keys/KEY, `update` on MOUNT/sign/KEY, and for rotations on MOUNT/keys/KEY/rotate.
"""

import base64
import binascii
import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from clearance.attest.keys import read_public
from clearance.attest.signers.held import Held, Unreachable
from clearance.facts.errors import SigningError
from clearance.facts.key import Algorithm, PublicKey
from clearance.facts.moment import rfc3339

_SECONDS = (5.0, 15.0)
"""How long to wait for a connection, and for an answer."""
_KINDS: Mapping[str, Algorithm] = {"ecdsa-p256": "ecdsa-p256", "ed25519": "ed25519"}
_NAME = re.compile(r"vault:([A-Za-z0-9][A-Za-z0-9._/-]{0,99})/([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
_SIGNATURE = re.compile(r"vault:v([0-9]{1,6}):([A-Za-z0-9+/]{40,400}={0,2})")
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_VERSIONS = 10_000
_TOKEN_LIMIT = 8192


class VaultHolder:
    """A key of the transit engine with all its versions. Nothing is asked before the first use.

    Raises:
        SigningError: the URI is none.
    """

    def __init__(self, uri: str, environment: Mapping[str, str]) -> None:
        parts = _NAME.fullmatch(uri)
        if parts is None or ".." in uri or "//" in uri:
            raise SigningError("no name of a key in Vault", where="trust.toml", next="write vault:MOUNT/KEY")
        self._mount, self._key = parts[1], parts[2]
        self._uri = uri
        self._environment = environment
        self._transit: Any = None

    def keys(self) -> Sequence[Held]:
        """Give all versions, oldest first.

        Raises:
            SigningError: the server cannot be asked, the token does not allow it, or the key is of another kind or may be
                taken out.
        """
        found = self._asked("read_key", name=self._key, mount_point=self._mount)
        if found is None:
            return ()
        data = found.get("data", {}) if isinstance(found, dict) else {}
        if data.get("exportable") or data.get("allow_plaintext_backup"):
            what = "a key that may be taken out of the server"
            raise SigningError(what, where=self._uri, next="make one that is not exportable and has no plaintext backup")
        algorithm = _KINDS.get(str(data.get("type")))
        versions = data.get("keys")
        if algorithm is None or not isinstance(versions, dict) or len(versions) > _MOST_VERSIONS:
            raise SigningError("neither a P-256 nor an Ed25519 key", where=self._uri, next="name another key")
        try:
            numbers = sorted(int(number) for number in versions)
            return [self._held(number, versions[str(number)], algorithm) for number in numbers]
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise SigningError("the server gave no public key", where=self._uri, next="look who answers there") from None

    def make(self, algorithm: Algorithm) -> None:
        """Make the key, or its next version. To make a key that is there already changes nothing, so that two first uses
        agree.

        Raises:
            SigningError: as for `keys`.
        """
        if self.keys():
            self._asked("rotate_key", name=self._key, mount_point=self._mount)
            return
        self._asked(
            "create_key", name=self._key, key_type=algorithm, exportable=False, allow_plaintext_backup=False,
            mount_point=self._mount,
        )  # fmt: skip

    def sign(self, key: Held, data: bytes) -> bytes:
        """Sign bytes with one version of the key.

        Raises:
            SigningError: as for `keys`; also where the answer is no signature of that version.
        """
        version = int(key.name.rpartition("#")[2])
        p256 = key.public.algorithm == "ecdsa-p256"
        given = base64.b64encode(hashlib.sha256(data).digest() if p256 else data).decode()
        how = {"hash_algorithm": "sha2-256", "prehashed": True, "marshaling_algorithm": "asn1"} if p256 else {}
        found = self._asked(
            "sign_data", name=self._key, hash_input=given, key_version=version, mount_point=self._mount, **how
        )
        said = found.get("data", {}).get("signature", "") if isinstance(found, dict) else ""
        parts = _SIGNATURE.fullmatch(said) if isinstance(said, str) else None
        if parts is None or int(parts[1]) != version:
            raise SigningError("the server gave no signature of this version", where=key.name, next="look who answers there")
        return base64.b64decode(parts[2] + "=" * (-len(parts[2]) % 4))

    def _held(self, number: int, version: Mapping[str, str], algorithm: Algorithm) -> Held:
        made = datetime.fromisoformat(re.sub(r"\.[0-9]+", "", version["creation_time"])).astimezone(UTC)
        text = version["public_key"]
        if algorithm == "ed25519":
            public = PublicKey(algorithm=algorithm, spki=_ED25519_SPKI + base64.b64decode(text, validate=True))
            if len(public.spki) != len(_ED25519_SPKI) + 32:
                raise ValueError
        else:
            public = read_public(text.encode(), where=self._uri)
        since = rfc3339(made)
        return Held(f"{self._uri}#{number}", PublicKey(algorithm=public.algorithm, spki=public.spki, since=since))

    def _asked(self, what: str, **given: Any) -> Any:
        """Ask the server. What it says is not shown: it may repeat what it was sent."""
        transit = self._opened()
        import requests  # type: ignore[import-untyped, unused-ignore]
        from hvac import exceptions

        try:
            return getattr(transit, what)(**given)
        except exceptions.InvalidPath:
            if what == "read_key":
                return None
            raise SigningError("there is no such key or mount", where=self._uri, next="enable transit there") from None
        except exceptions.Forbidden:
            then = "the token is wrong, has ended, or may not do this: docs/how-to/keys-in-an-hsm.md has a policy for it"
            raise SigningError("the server does not let this token in", where=self._uri, next=then) from None
        except exceptions.VaultDown:
            raise Unreachable("the server is sealed", where=self._uri, next="unseal it") from None
        except exceptions.InvalidRequest:
            what = "the server refuses this: it may hold a key of another kind"
            raise SigningError(what, where=self._uri, next="name another key, or look into the server's audit log") from None
        except (exceptions.VaultError, requests.RequestException, ValueError) as error:
            said = type(error).__name__
            raise Unreachable(f"the server does not answer: {said}", where=self._uri, next="look at VAULT_ADDR") from None

    def _opened(self) -> Any:
        if self._transit is not None:
            return self._transit
        try:
            import hvac  # type: ignore[import-untyped, unused-ignore]
            import requests  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            raise SigningError("hvac is not installed", where=self._uri, next="pip install 'clearance[vault]'") from None
        address = _first(self._environment, "VAULT_ADDR", "BAO_ADDR")
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            what = "no address of a server, or one that is not protected"
            raise SigningError(what, where="VAULT_ADDR", next="set VAULT_ADDR=https://…")
        if parts.username or parts.password:
            raise SigningError("an address that lets in", where="VAULT_ADDR", next="take user and password away")
        session = requests.Session()
        session.trust_env = False  # no proxy and no .netrc decides who is asked, or what is sent along
        client = hvac.Client(
            url=address,
            token=self._token(),
            verify=_first(self._environment, "VAULT_CACERT", "BAO_CACERT") or True,
            timeout=_SECONDS,  # type: ignore[arg-type, unused-ignore]
            allow_redirects=False,
            session=session,
            namespace=_first(self._environment, "VAULT_NAMESPACE", "BAO_NAMESPACE") or None,
        )
        self._transit = client.secrets.transit
        return self._transit

    def _token(self) -> str:
        said = _first(self._environment, "VAULT_TOKEN", "BAO_TOKEN")
        path = _first(self._environment, "VAULT_TOKEN_FILE", "BAO_TOKEN_FILE")
        if said or not path:
            if not said:
                raise SigningError("no token", where="VAULT_TOKEN", next="set it, or name a private file: VAULT_TOKEN_FILE")
            return said
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                status = os.fstat(file.fileno())
                ours = status.st_uid in {os.geteuid(), 0} and not stat.S_IMODE(status.st_mode) & 0o077
                if not stat.S_ISREG(status.st_mode) or not ours:
                    raise SigningError("others can reach the file of the token", where=path, next="chmod 600 it")
                return file.read(_TOKEN_LIMIT).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            what = getattr(error, "strerror", None) or "not text"
            raise SigningError(f"the token cannot be read: {what}", where=path, next="name another file") from None


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")
