"""VEX: what somebody who looked says about a vulnerability in a package that is used here."""

from enum import Enum

from clearance.facts.fact import Fact


class VexStatus(Enum):
    """The four answers of VEX (CISA, Minimum Requirements for VEX)."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"

    @property
    def lifts(self) -> bool:
        """Whether the vulnerability need not be told any more."""
        return self in (VexStatus.NOT_AFFECTED, VexStatus.FIXED)


class VexStatement(Fact):
    """One statement. `vulnerability` is its id, `aliases` are other ids; `packages` are package URLs, without a version for
    all versions. `justification` is one of the standard's words, `impact` prose; one of them must say why something is
    not affected. `action` says what to do where it is. `at` is RFC 3339. `where` is the document that holds it.
    """

    vulnerability: str
    packages: tuple[str, ...]
    status: VexStatus
    aliases: tuple[str, ...] = ()
    justification: str = ""
    impact: str = ""
    action: str = ""
    at: str = ""
    author: str = ""
    where: str = ""
