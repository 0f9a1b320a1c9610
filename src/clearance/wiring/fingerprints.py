"""The key under which secrets get their fingerprints: of this installation, or one that several machines share."""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.facts.errors import BadFile, ClearanceError
from clearance.wiring.places import keys_folder

VARIABLE = "CLEARANCE_FINGERPRINT_KEY_FILE"
"""Names a file that holds a key which several machines share."""
NAME = "fingerprint.key"
_BYTES = 32
_WRITTEN = re.compile(rb"[0-9a-fA-F]{64}\s{0,9}")


class FingerprintKey(NamedTuple):
    """The key (32 bytes, or none), where it lies, and why there is none."""

    key: bytes
    place: str
    problem: str = ""

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that name the key and tell nothing of it."""
        return hashlib.sha256(b"clearance fingerprint key\0" + self.key).hexdigest()[:8] if self.key else ""


def fingerprint_key(environment: Mapping[str, str]) -> FingerprintKey:
    """Give the key, making it at first need. Where none can be kept, fingerprints are empty: that is no error.

    Raises:
        BadFile: the file that the environment names cannot be read, or holds no key.
    """
    shared = environment.get(VARIABLE, "")
    if shared:
        return _shared(Path(shared))
    place = NAME
    try:
        folder = keys_folder(environment)
        place = str(folder.directory / NAME)
        data = folder.read(NAME)
        if data is None:
            with folder.locked():
                data = folder.read(NAME)
                if data is None:
                    data = _written(secrets.token_bytes(_BYTES))
                    folder.replace(NAME, data)
    except ClearanceError as error:
        return FingerprintKey(b"", place, str(error))
    return FingerprintKey(_read(data, place, next="`clearance secrets key rotate` makes another one"), place)


def rotate_fingerprint_key(environment: Mapping[str, str]) -> FingerprintKey:
    """Make another key: secrets get other fingerprints from now on.

    Raises:
        BadFile: the key is a shared one, which is made where it comes from.
        StoreError: the folder cannot be written.
    """
    if environment.get(VARIABLE, ""):
        raise BadFile("a shared key is not made here", where=f"${VARIABLE}", next="write 64 hexadecimal digits to that file")
    folder = keys_folder(environment)
    with folder.locked():
        folder.replace(NAME, _written(secrets.token_bytes(_BYTES)))
    return fingerprint_key(environment)


def _written(key: bytes) -> bytes:
    return key.hex().encode() + b"\n"


def _read(data: bytes, place: str, next: str = "it must hold 64 hexadecimal digits: openssl rand -hex 32") -> bytes:
    if _WRITTEN.fullmatch(data) is None:
        raise BadFile("no key for fingerprints", where=place, next=next)
    return bytes.fromhex(data.decode("ascii"))


def _shared(path: Path) -> FingerprintKey:
    try:
        # Not to wait for whoever may write into a pipe; and a pipe would give the key only once.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadFile(
                    "not a regular file", where=str(path), next="write the key to a file; a pipe gives it only once"
                )
            data = file.read(4096)
    except OSError as error:
        raise BadFile(error.strerror or "cannot be read", where=str(path), next=f"mend or unset {VARIABLE}") from None
    return FingerprintKey(_read(data, str(path)), str(path))
