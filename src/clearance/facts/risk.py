"""How much care a change needs."""

from typing import Literal

from clearance.facts.classification import Classification
from clearance.facts.fact import Fact
from clearance.facts.finding import Place


class Trigger(Fact):
    """One reason for care, with its place. `id` is the trigger's page, `tier` what it asks for, `title` what it names,
    `happened` what the change did to it; where it was removed, the place is on the before side."""

    id: str
    title: str
    tier: int
    place: Place | None
    reason: str
    happened: Literal["changed", "removed", "weakened", "added"] = "changed"

    @property
    def sentence(self) -> str:
        """Say it in three words: `authentication changed`, `CI removed`."""
        subject = self.title if self.title[1:2].isupper() else self.title[:1].lower() + self.title[1:]
        return f"{subject} {self.happened}"


class Risk(Fact):
    """The tier (0 to 3) with everything that led to it. `size` is lines of text added and removed, generated lockfiles not
    counted; `unknown_lines` are added lines whose author nobody knows."""

    tier: int
    triggers: tuple[Trigger, ...]
    size: int
    unknown_lines: int
    reasons: tuple[str, ...]
    """One short sentence per ground for the tier, the weightiest first."""
    classification: Classification = Classification()
    """The highest level of data that the change touches; it does not move the tier."""
