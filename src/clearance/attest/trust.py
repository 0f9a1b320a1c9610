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
from clearance.attest.revocation import Revocation, serial_of, serial_text
from clearance.attest.sct import check_scts
from clearance.attest.timestamps import WHERE as STAMP
from clearance.attest.timestamps import read_own
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, LogKey, Root
from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import BadSignature, NoLongerBelieved, Revoked
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
        self._revoked = {one.serial: one for one in root.revoked}
        self._above: dict[tuple[bytes, ...], tuple[Revocation, ...]] = {}
        self._known: OrderedDict[bytes, tuple[Identity, _Issuer]] = OrderedDict()

    def unseal(self, sealed: Sealed) -> Opened:
        """Verify a leaf and the bundle beside it, and give what they hold.

        Raises:
            BadSignature: they do not verify; `where` is the field of the bundle that is wrong.
            NoLongerBelieved: all of it fits, and who vouched for it counts no more at that moment.
            Revoked: the same, because of its certificate.
        """
        bundle = read_bundle(sealed.bundle, canonical_only=True)
        if bundle.verification_material.tlog_entries:
            raise BadSignature("a bundle in the log holds no place in it", where="verificationMaterial.tlogEntries")
        signed = open_signed(bundle, sealed.leaf)
        try:
            at = self._moment(signed.timestamp, signed.signature)
            identity = self._holder(signed.certificate, at)
        except NoLongerBelieved:
            check_record(signed, sealed.leaf)  # what was changed is that first of all
            raise
        check_record(signed, sealed.leaf)
        return Opened(payload=signed.payload, key=signed.certificate.key, signer=identity, time=rfc3339(at))

    def log_key(self, key_id: bytes) -> LogKey | None:
        """Give the key of a log by its id (32 bytes), or None."""
        return next((log for log in self.root.logs if log.id == key_id), None)

    def _moment(self, token: bytes, signature: bytes) -> datetime:
        """Say when a signature was made, by a timestamp authority that counted then. Where several refuse it, the one that
        made it and counts no more says why."""
        refused: list[BadSignature] = []
        if self._timestamps:
            try:
                at, made_by = read_own(token, signature, [issuer.certificate for issuer in self._timestamps])
            except BadSignature as error:
                refused.append(error)
            else:
                mine = [issuer for issuer in self._timestamps if issuer.certificate is made_by]
                counting = [issuer.chain for issuer in mine if _counts(issuer, at)]
                if any(self._revoking(chain, at) is None for chain in counting):
                    return at
                what = f"{rfc3339(at)} lies outside the time of the timestamp authority"
                revoked = self._revoking(counting[0], at) if counting else None
                ended = _uncounted(mine[-1].chain, at, what, STAMP)
                refused.append(Revoked(revoked.said, where=STAMP) if revoked else ended)
        for chain in self._services:
            from clearance.attest.stamping import read_service

            try:
                at = read_service(token, signature, chain.certificates)
            except BadSignature as error:
                refused.append(error)
                continue
            revoked = self._revoking(chain, at)
            if _within(chain, at) and revoked is None:
                return at
            if revoked is not None:
                refused.append(Revoked(revoked.said, where=STAMP))
                continue
            what = f"{rfc3339(at)} lies outside the time of the timestamp service"
            refused.append(_uncounted(chain, at, what, STAMP))
        no_more = [error for error in refused if isinstance(error, NoLongerBelieved)]
        raise (no_more or refused or [BadSignature("no timestamp authority is trusted", where=STAMP)])[-1]

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
            raise _uncounted(issuer.chain, at, what, WHERE)
        if self._revoked:
            revoked = self._revoked.get(serial_text(certificate.serial))
            if revoked is None or not revoked.covers(at):
                revoked = self._revoking(issuer.chain, at)
            if revoked is not None:
                raise Revoked(revoked.said, where=WHERE)
        return identity

    def _revoking(self, chain: Chain, at: datetime) -> Revocation | None:
        """Give the word by which an authority counts no more at a moment: about its own certificate, or one above it."""
        if not self._revoked:
            return None
        listed = self._above.get(chain.certificates)
        if listed is None:
            serials = (serial_of(data) for data in chain.certificates)
            listed = tuple(self._revoked[serial] for serial in serials if serial in self._revoked)
            self._above[chain.certificates] = listed
        return next((one for one in listed if one.covers(at)), None)

    def _examined(self, certificate: Certificate) -> tuple[Identity, _Issuer]:
        for issuer in self._authorities:
            if names_issuer(certificate, issuer.certificate) and _signed_by(certificate, issuer.certificate):
                identity = identity_of(certificate)
                check_scts(certificate, issuer.certificate.key, self.root.transparency)
                return identity, issuer
        raise BadSignature("issued by no authority that is trusted, or changed since", where=WHERE)


def _uncounted(chain: Chain, at: datetime, what: str, where: str) -> BadSignature:
    """Refuse what an authority made when it did not count: as ended since, or as never good."""
    ended = bool(chain.until) and rfc3339(at) > chain.until
    return (NoLongerBelieved if ended else BadSignature)(what, where=where)


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
