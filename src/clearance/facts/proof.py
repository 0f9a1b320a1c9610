"""Whether guards are alive: what was fired at them, and what they did."""

from enum import Enum

from clearance.facts.fact import Fact


class Pulse(Enum):
    """What became of a guard when something known to be bad was fired at it."""

    ALIVE = "alive"
    """It stopped it."""
    DEAD = "dead"
    """It let it pass, did not start, did not answer, or is not what was installed."""
    ABSENT = "absent"
    """It was never installed here; nothing is wrong with that."""
    UNTRIED = "untried"
    """It could not be tried here (its program is not on this machine); it counts as neither."""


class Shot(Fact):
    """One guard and what a canary showed.

    `guard` names it (`hook:claude-code:PreToolUse`, `scanner:secrets`, `policy:no-secrets`, `pre-commit`, `ci:github`,
    `mcp:claude-code`, `gate`, `log`), `kind` is the part before the first colon. `why` says what happened, `mend` the
    command or step that repairs it, `since` since when it is known to be dead (RFC 3339, or empty), `where` the file that
    configures it, `milliseconds` how long the answer took.
    """

    guard: str
    kind: str
    pulse: Pulse
    why: str = ""
    mend: str = ""
    since: str = ""
    where: str = ""
    milliseconds: int = 0


class Proof(Fact):
    """A liveness certificate: which guards were tried, when (RFC 3339, UTC), by which version; `inputs` is the digest of
    everything that the result rests on (settings of assistants, rules, policies, our code)."""

    version: str
    at: str
    inputs: str
    shots: tuple[Shot, ...]

    @property
    def dead(self) -> tuple[Shot, ...]:
        """The guards that let the canary pass."""
        return tuple(shot for shot in self.shots if shot.pulse is Pulse.DEAD)


class Standing(Fact):
    """What a decision may know about the last proof: its age in whole hours, -1 where there is none; the guards that it
    found dead."""

    hours: int = -1
    dead: tuple[str, ...] = ()
