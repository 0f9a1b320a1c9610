"""Keeps the prompts that hooks and commands see, where the owner of this machine wants that."""

import getpass
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from clearance.facts.evidence import Body, BodyKind
from clearance.facts.moment import rfc3339
from clearance.wiring.evidence_rules import open_vault, settings
from clearance.wiring.trust_settings import EvidenceSettings

_MOST_AHEAD = timedelta(days=62)
"""How much time may pass unseen until a person is asked whether the clock is right."""


def keeping(environment: Mapping[str, str]) -> EvidenceSettings | None:
    """Give the settings if prompts are kept; None (the default) where nothing but digests is.

    Raises:
        BadFile, StoreError: `trust.toml` cannot be read.
    """
    told = settings(environment)
    return told if told.prompts == "keep" else None


def keep_prompt(
    data: bytes, sha256: str, salt: bytes, classification: str, environment: Mapping[str, str], place: str = ""
) -> bool:
    """Put a prompt away, encrypted, under its salted digest, if prompts are kept; tell whether it was.

    Raises:
        ClearanceError: it should be kept, and could not be.
    """
    told = keeping(environment)
    if told is None:
        return False
    keep(
        data, sha256, salt, told, environment, kind="prompt", classification=classification,
        subject=told.subject or logged_in(), place=place,
    )  # fmt: skip
    return True


def keep(
    data: bytes,
    sha256: str,
    salt: bytes,
    told: EvidenceSettings,
    environment: Mapping[str, str],
    *,
    kind: BodyKind,
    classification: str,
    subject: str,
    place: str = "",
    about: str = "",
) -> Body:
    """Put a body away; its time is now, or that of the newest body where the clock went back.

    Raises:
        StoreError: it cannot be kept.
    """
    from clearance.facts.classification import Level

    vault = open_vault(environment, told)
    with vault.locked():
        moment = max(rfc3339(datetime.now(UTC)), vault.newest())
        body = Body(
            name=sha256,
            holder=vault.holder_of(subject),
            subject=subject,
            kind=kind,
            classification=Level(classification or "internal"),
            size=len(data),
            time=moment,
            place=place,
            about=about,
        )
        vault.put(body, salt, data)
        if moment <= ahead(vault.newest()):  # a clock that ran ahead once is not what the next moments are compared with
            vault.seen(moment)
    return body


def ahead(newest: str) -> str:
    """Give the latest moment that is believed after the newest one that was seen; where none was seen, any."""
    if not newest:
        return rfc3339(datetime.max.replace(tzinfo=UTC))
    return rfc3339(datetime.strptime(newest, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) + _MOST_AHEAD)


def logged_in() -> str:
    """Name whoever is logged in, as the system says; nobody authenticated them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
