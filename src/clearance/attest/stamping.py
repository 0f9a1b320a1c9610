"""Timestamps of other services (RFC 3161): what is asked, and how an answer is verified. `rfc3161-client` does the reading,
and is imported on use: most machines stamp themselves."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from clearance.attest import der
from clearance.attest.timestamps import WHERE, Stamp
from clearance.facts.errors import BadSignature, SigningError

_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.tlv(der.NULL))
_TRUE = der.tlv(der.BOOLEAN, b"\xff")


class ServiceTimestamps:
    """A timestamp service: `ask` sends a TimeStampReq and gives what is answered; `chain` is its certificate and those above
    it, up to one that is signed by itself (DER)."""

    def __init__(self, ask: Callable[[bytes], bytes], chain: Sequence[bytes]) -> None:
        self._ask = ask
        self._chain = chain

    def stamp(self, signature: bytes) -> Stamp:
        """Have a signature stamped, and verify the answer.

        Raises:
            SigningError: the service cannot be asked, or what it answers does not verify.
        """
        nonce = secrets.randbits(63) | 1 << 62
        imprint = der.sequence(_SHA256, der.octets(hashlib.sha256(signature).digest()))
        token = self._ask(der.sequence(der.integer(1), imprint, der.integer(nonce), _TRUE))
        try:
            return Stamp(token, read_service(token, signature, self._chain, nonce=nonce))
        except BadSignature as error:
            raise SigningError(f"the timestamp service's answer: {error.what}", next="check --timestamps-chain") from error

    def stamp_all(self, signatures: Sequence[bytes]) -> list[Stamp]:
        """Have each of many signatures stamped, one after the other.

        Raises:
            SigningError: as for `stamp`.
        """
        return [self.stamp(one) for one in signatures]


def read_service(token: bytes, signature: bytes, chain: Sequence[bytes], *, nonce: int | None = None) -> datetime:
    """Verify a TimeStampResp over a signature under a service's certificates, and give its moment to the second.

    Raises:
        BadSignature: it is none, or does not verify.
    """
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        first, *above = (x509.load_der_x509_certificate(data) for data in chain)
        answer = decode_timestamp_response(token)
        if answer.as_bytes() != token:
            raise BadSignature("a timestamp in another spelling than DER", where=WHERE)
        builder = VerifierBuilder().tsa_certificate(first).add_root_certificate(above.pop() if above else first)
        for between in above:
            builder = builder.add_intermediate_certificate(between)
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(answer, signature)
        at: datetime = answer.tst_info.gen_time
    except (VerificationError, ValueError, TypeError, KeyError) as error:
        raise BadSignature(
            f"a timestamp that does not verify ({type(error).__name__}: {error})"[:300], where=WHERE
        ) from error
    return at.replace(microsecond=0)
