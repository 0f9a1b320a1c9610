"""What the checkpoints in commit messages say of the log."""

from typing import Literal

from clearance.facts.fact import Fact

TrailerState = Literal["fits", "carried", "unchecked", "unreadable", "forged", "unknown", "rollback", "fork", "quorum"]
"""`fits`: it is a beginning of the log at hand, or contradicts no other trailer; `carried`: older than one before it, and a
beginning of the log at hand all the same, as a rebase leaves it; `unchecked`: of a log whose key nobody handed in, and
contradicting nothing. The others are faults: not a trailer, not signed as it says, signed by nobody known in the name of the
log at hand, older than one before it, contradicting another one or the log at hand, not cosigned by a quorum."""
FAULTS: frozenset[TrailerState] = frozenset({"unreadable", "forged", "unknown", "rollback", "fork", "quorum"})


class CheckedTrailer(Fact):
    """One trailer: the commit that carries it, what it states (empty where it cannot be read; `root` is hexadecimal), and
    what became of it. `other` is the commit that it contradicts, if it is another trailer that it contradicts."""

    commit: str
    origin: str = ""
    size: int = 0
    root: str = ""
    signed: bool = False
    cosigners: tuple[str, ...] = ()
    state: TrailerState = "fits"
    why: str = ""
    other: str = ""


class TrailerReport(Fact):
    """All trailers of a range, the oldest commit first. `commits`: how many commits were walked; `log`: the origin of the
    log at hand, empty where there was none; `shallow`: history is cut off in this clone, so that older trailers are
    missing."""

    commits: int
    log: str
    size: int
    shallow: bool
    trailers: tuple[CheckedTrailer, ...]

    @property
    def faults(self) -> tuple[CheckedTrailer, ...]:
        """Those that are faults."""
        return tuple(one for one in self.trailers if one.state in FAULTS)
