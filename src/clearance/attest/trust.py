"""Whether to believe what was signed: certificates and timestamps, against what a root says of who counted when."""

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from clearance.attest.bundle import check_record, open_signed, read_bundle
from clearance.attest.certificate import (
    WHERE,
    Certificate,
    identity_of,
    is_authority,
    is_stamper,
    may_stand_above,
    names_issuer,
    read_certificate,
)
from clearance.attest.keys import check_signature
from clearance.attest.sct import check_scts
from clearance.attest.timestamps import WHERE as STAMP
from clearance.attest.timestamps import read_own
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, LogKey, Root
from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import BadSignature
from clearance.facts.identity import Identity
from clearance.facts.moment import rfc3339

_MOST_REMEMBERED = 4096


class _Issuer(NamedTuple):
    certificate: Certificate
    chain: Chain


class Trust:
    """Verifies what was signed, against a root. What a certificate is found to be is remembered by its bytes."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self._authorities = [_Issuer(_authority(chain), chain) for chain in root.authorities]
        own = [chain for chain in root.timestamps if chain.uri == OWN_TIMESTAMPS]
        self._timestamps = [_Issuer(_stamper(chain), chain) for chain in own]
        self._services = [chain for chain in root.timestamps if chain.uri != OWN_TIMESTAMPS]
        self._known: OrderedDict[bytes, tuple[Identity, _Issuer]] = OrderedDict()

    def unseal(self, sealed: Sealed) -> Opened:
        """Verify a leaf and the bundle beside it, and give what they hold.

        Raises:
            BadSignature: they do not verify; `where` is the field of the bundle that is wrong.
        """
        bundle = read_bundle(sealed.bundle, canonical_only=True)
        if bundle.verification_material.tlog_entries:
            raise BadSignature("a bundle in the log holds no place in it", where="verificationMaterial.tlogEntries")
        signed = open_signed(bundle, sealed.leaf)
        at = self._moment(signed.timestamp, signed.signature)
        identity = self._holder(signed.certificate, at)
        check_record(signed, sealed.leaf)
        return Opened(payload=signed.payload, key=signed.certificate.key, signer=identity, time=rfc3339(at))

    def log_key(self, key_id: bytes) -> LogKey | None:
        """Give the key of a log by its id (32 bytes), or None."""
        return next((log for log in self.root.logs if log.id == key_id), None)

    def _moment(self, token: bytes, signature: bytes) -> datetime:
        """Say when a signature was made, by a timestamp authority that counted then."""
        refused: BadSignature | None = None
        if self._timestamps:
            try:
                at, made_by = read_own(token, signature, [issuer.certificate for issuer in self._timestamps])
            except BadSignature as error:
                refused = error
            else:
                if any(issuer.certificate is made_by and _counts(issuer, at) for issuer in self._timestamps):
                    return at
                refused = BadSignature(f"{rfc3339(at)} lies outside the time of the timestamp authority", where=STAMP)
        for chain in self._services:
            from clearance.attest.stamping import read_service

            try:
                at = read_service(token, signature, chain.certificates)
            except BadSignature as error:
                refused = error
                continue
            if _within(chain, at):
                return at
            refused = BadSignature(f"{rfc3339(at)} lies outside the time of the timestamp service", where=STAMP)
        raise refused or BadSignature("no timestamp authority is trusted", where=STAMP)

    def _holder(self, certificate: Certificate, at: datetime) -> Identity:
        """Say whom a certificate names, if an authority that counted then issued it."""
        found = self._known.get(certificate.der)
        if found is None:
            found = self._examined(certificate)
            self._known[certificate.der] = found
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        identity, issuer = found
        if not certificate.start <= at <= certificate.end:
            said = f"signed at {rfc3339(at)}, and valid from {rfc3339(certificate.start)} to {rfc3339(certificate.end)}"
            raise BadSignature(f"the certificate was not valid then: {said}", where=WHERE)
        if not _counts(issuer, at):
            until = issuer.chain.until or rfc3339(issuer.certificate.end)
            what = f"its authority counts from {issuer.chain.since} to {until}, not at {rfc3339(at)}"
            raise BadSignature(what, where=WHERE)
        return identity

    def _examined(self, certificate: Certificate) -> tuple[Identity, _Issuer]:
        for issuer in self._authorities:
            if names_issuer(certificate, issuer.certificate) and _signed_by(certificate, issuer.certificate):
                identity = identity_of(certificate)
                check_scts(certificate, issuer.certificate.key, self.root.transparency)
                return identity, issuer
        raise BadSignature("issued by no authority that is trusted, or changed since", where=WHERE)


def _authority(chain: Chain) -> Certificate:
    """Read an authority that issues certificates to whoever signs."""
    where = "certificateAuthorities"
    first = _chain(chain, where, issuing=0)
    if not is_authority(first):
        raise BadSignature("its first certificate is not for issuing others", where=where)
    return first


def _stamper(chain: Chain) -> Certificate:
    """Read a timestamp authority of ours."""
    where = "timestampAuthorities"
    first = _chain(chain, where, issuing=-1)
    if not is_stamper(first):
        raise BadSignature("its first certificate is not for timestamps alone", where=where)
    return first


def _chain(chain: Chain, where: str, issuing: int) -> Certificate:
    """Read certificates and verify their way up to the one that is signed by itself; give the first one. `issuing` is
    how many that issue others stand below it, less one where it issues none itself."""
    read = [read_certificate(data, where=where) for data in chain.certificates]
    if not read:
        raise BadSignature("an authority without certificates", where=where)
    for below, (lower, upper) in enumerate(zip(read, [*read[1:], read[-1]], strict=True), issuing + 1):
        if (
            not is_authority(upper)
            or not may_stand_above(upper, below if lower is not upper else below - 1)
            or not names_issuer(lower, upper)
            or (lower is not upper and not _signed_by(lower, upper))
        ):
            raise BadSignature("its certificates do not lead from one to the next", where=where)
    return read[0]


def _signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        check_signature(issuer.key, certificate.signature, certificate.tbs)
    except BadSignature:
        return False
    return True


def _counts(issuer: _Issuer, at: datetime) -> bool:
    """Tell whether an authority counted at a moment: by its certificate, and by what the root says."""
    return _within(issuer.chain, at) and issuer.certificate.start <= at <= issuer.certificate.end


def _within(chain: Chain, at: datetime) -> bool:
    said = rfc3339(at)
    return chain.since <= said and (not chain.until or said <= chain.until)
