"""What a report format is, and how a report may look."""

from typing import NamedTuple, Protocol

from clearance.facts.fact import Fact
from clearance.facts.outcome import Outcome


class Look(Fact):
    """How a report may look where it goes. Formats for machines disregard all of it.

    `width` in terminal cells (taken as 40 where it is less). `color`: SGR sequences may be used. `show_all`: nothing is
    folded away. `unicode`: the place shows more than ASCII.
    """

    width: int = 100
    color: bool = False
    show_all: bool = False
    unicode: bool = True


class Times(NamedTuple):
    """When the run started and ended: RFC 3339 in UTC (`2026-11-22T06:12:00Z`). Rooms have no clock."""

    start: str
    end: str


class Format(Protocol):
    """A module of `formats/`.

    `render` gives a whole document that ends with a newline, the same one for the same arguments. Text that comes from
    the change reaches the document only escaped for it: no control, bidi or zero-width character stands raw in it, and
    none of it can become markup. What a format leaves out, it says.
    """

    def render(self, outcome: Outcome, *, look: Look, at: Times) -> str:
        """Write the outcome down."""
        ...
