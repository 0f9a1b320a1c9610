"""Accepted risks: what a waiver says, and how it stands when something is decided."""

from typing import Literal

from clearance.facts.fact import Fact

FOLDER = ".clearance/waivers/"
"""Where the files of waivers lie, from the top of a repository."""
MOST_DAYS = 180
"""How many days ahead a waiver may reach where the settings say nothing."""
SOON_DAYS = 14
"""From so many days before its end a waiver is told as expiring soon."""


class Waiver(Fact):
    """An accepted risk, as its file `.clearance/waivers/<id>.toml` says it.

    It names either one finding by its fingerprint, or all findings of a rule in the files that `paths` (globs) fit.
    `expires` is the last day on which it counts (RFC 3339 full-date, UTC). `compensating` says in words what is done
    instead; `controls` are ids of controls that do it. `where` is the path of its file.
    """

    id: str
    owner: str
    reason: str
    expires: str
    compensating: str
    finding: str = ""
    rule: str = ""
    paths: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    ticket: str = ""
    where: str = ""


class Cover(Fact):
    """A waiver that names findings of a case, as it stood then.

    `days`: whole days from the day of the decision (UTC) to the day on which it expires; 0 on that day, negative after it.
    `most`: how many days ahead the settings of the base let a waiver reach. `findings`: fingerprints that it names, sorted.
    """

    waiver: Waiver
    days: int
    most: int
    findings: tuple[str, ...]

    @property
    def standing(self) -> str:
        """Say how it stands: `12 days left`, `expires today`, `expired 3 days ago`."""
        return standing(self.days)


def standing(days: int) -> str:
    """Say how many days a waiver has left: `12 days left`, `expires today`, `expired 3 days ago`."""
    count = f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"
    if days < 0:
        return f"expired {count} ago"
    return f"{count} left" if days else "expires today"


State = Literal["in force", "expired", "too far ahead", "not on the base", "removed"]


class Use(Fact):
    """An entry of the log in which a waiver counted: its index, when (RFC 3339), the verdict."""

    entry: int
    at: str
    verdict: str


class Accepted(Fact):
    """A line of the register of accepted risks.

    `days`: whole days left. `decisions`: in how many a waiver counted, between `first` and `last`. `findings`: those of the
    last check that it names. `also`: ids of other waivers that name the same. `differs`: the file here is not the one on the
    base, which is the one that counts.
    """

    waiver: Waiver
    state: State
    days: int
    decisions: int = 0
    first: Use | None = None
    last: Use | None = None
    findings: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    differs: bool = False

    @property
    def unused(self) -> bool:
        """Whether no decision used it and the last check found nothing that it names."""
        return not self.decisions and not self.findings


class Risk(Fact):
    """A finding of the last check that stops its change and that no waiver covers. `policies` are those that fired on it."""

    finding: str
    rule: str
    severity: str
    path: str
    line: int
    message: str
    policies: tuple[str, ...]
    waivable: bool
    """Whether a waiver could cover it, as policies stand."""


class Register(Fact):
    """The register of accepted risks: on which day, of which branch, how far ahead a waiver may reach, what was accepted
    (those that no longer count first), how many decisions of the log were read, and where that lies."""

    today: str
    base: str
    most: int
    accepted: tuple[Accepted, ...]
    decisions: int
    log: str
