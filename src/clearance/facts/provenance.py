"""Where the new lines of a change come from, as far as a log knew before anything was decided."""

from typing import Literal

from clearance.facts.fact import Fact

HowKnown = Literal["hook", "command", "claim", "person"]
"""How it is known who made lines: an assistant's hook saw it; the assistant, or a script in its name, recorded it; only a
commit's trailer or a note says so; a person signed for them."""


class Hand(Fact):
    """One who made new lines: an assistant's name, or a person's; how that is known; how many lines; and the entries of the
    log that say so, at most so many (`more` are left out)."""

    name: str
    evidence: HowKnown
    lines: int
    entries: tuple[int, ...]
    more: int = 0


class Provenance(Fact):
    """The new lines of text of a change by where they come from, settled before the decision. `settled` is false where
    nobody looked: the log knows nobody who wrote anything, or lines could not be settled (`why`). All of them are `unknown`
    then. In cases of before anybody could ask there are none at all.

    Nothing of it makes a verdict milder by itself: lines that nobody is known for, and lines that only a claim speaks for,
    are treated as written by an AI; so are those of a person here, because a record made on the same machine says so.
    """

    settled: bool = False
    hands: tuple[Hand, ...] = ()
    unknown: int = 0
    why: str = ""

    def count(self, evidence: HowKnown) -> int:
        """How many lines are known so."""
        return sum(hand.lines for hand in self.hands if hand.evidence == evidence)

    @property
    def lines(self) -> int:
        """How many new lines there are."""
        return self.unknown + sum(hand.lines for hand in self.hands)

    @property
    def by_ai(self) -> bool:
        """Whether an assistant is known to have made any."""
        return any(hand.evidence != "person" for hand in self.hands)
