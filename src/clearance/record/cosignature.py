"""Cosignatures: what a witness says of a checkpoint (https://c2sp.org/tlog-cosignature, Ed25519, type 0x04).

A witness signs a header line, the time, and the text of the checkpoint; the signature line carries the time as a big-endian
uint64 before the 64 bytes of the signature.
"""

from clearance.facts.errors import LogTampered
from clearance.record.note import NoteSigner
from clearance.record.signed import COSIGNATURE_ED25519, NoteSignature, VerifierKey, ed25519_fits

_HEADER = "cosignature/v1"
_TIME = 8
_SIGNATURE = 64
_MOST_TIME = (1 << 63) - 1


def witness_key(name: str, signer: NoteSigner) -> VerifierKey:
    """Give the verifier key of a witness.

    Raises:
        SigningError: the signer has no key.
    """
    return VerifierKey(name, COSIGNATURE_ED25519, signer.public().raw)


def cosign(text: str, name: str, signer: NoteSigner, time: int) -> NoteSignature:
    """Cosign the text of a checkpoint at `time`, in whole seconds since 1970 (POSIX).

    Raises:
        SigningError: the signer cannot sign.
    """
    key = witness_key(name, signer)
    return NoteSignature(key.name, key.id, time.to_bytes(_TIME, "big") + signer.sign(_message(text, time)).value)


def cosigned_at(text: str, signature: NoteSignature, key: VerifierKey, *, where: str = "checkpoint") -> int:
    """Verify a cosignature over the text of a checkpoint, and give its time in seconds since 1970.

    Raises:
        LogTampered: it is by another key, has another length, says an impossible time, or does not fit.
    """
    who = f"the cosignature of {key.name}"
    if not signature.by(key):
        raise LogTampered(f"{who} is by another key", where=where)
    if len(signature.value) != _TIME + _SIGNATURE:
        raise LogTampered(f"{who} is {len(signature.value)} bytes long, not {_TIME + _SIGNATURE}", where=where)
    time = int.from_bytes(signature.value[:_TIME], "big")
    if time > _MOST_TIME:
        raise LogTampered(f"the time in {who} is beyond all times", where=where)
    if not ed25519_fits(key.raw, signature.value[_TIME:], _message(text, time)):
        raise LogTampered(f"{who} does not fit the checkpoint and its time", where=where)
    return time


def _message(text: str, time: int) -> bytes:
    return f"{_HEADER}\ntime {time}\n{text}".encode()
