"""What goes into instructions and what comes out, as facts."""

from clearance.facts.fact import Fact
from clearance.rules.model import Rule

BUDGET = 2_000
"""Tokens that instructions may put into the context of a task in one language, unless somebody says otherwise."""
MOST = 40
"""Rules that one scope names at most: more than that is noise, whatever the budget."""


class Situation(Fact):
    """What is known of a repository.

    `scopes`: how many files of each scope it holds (`scopes.py`). `libraries`: names of packages and modules that its
    manifests and imports name, in lower case. `told`: how often each rule was told in this repository's own decisions.
    `standing`: paths of instruction files and folders that exist already, below the top.
    """

    scopes: dict[str, int] = {}
    libraries: frozenset[str] = frozenset()
    told: dict[str, int] = {}
    standing: frozenset[str] = frozenset()


class Candidate(Fact):
    """A rule that applies, as one harmless line: `text` is what an assistant reads, `why` why it stands where it does.

    `weight` orders the candidates of a scope, the heaviest first, and `breadth`, how many examples the page has, those that
    weigh the same; `told` counts decisions of this repository that told it; `note` says what was made harmless, empty:
    nothing. `unchecked`: guidance of others, which stands apart from what the gate checks.
    """

    rule: str
    family: str
    scope: str
    text: str
    why: str
    weight: float
    tokens: int
    team: bool = False
    note: str = ""
    breadth: int = 0
    told: int = 0
    unchecked: bool = False


class Stamp(Fact):
    """By what instructions were made: the version of Clearance and the first 12 digits of the catalogue's digest."""

    version: str
    catalogue: str


class InstructionFile(Fact):
    """One file for an assistant, or the part of one that is ours.

    `path` lies below the top of the repository. `owned`: the whole file is ours; otherwise `text` belongs between markers
    into a file of the user. `tokens` is our estimate of `text`. `always`: in the context of every task. Otherwise it is
    there when a file of `scope` is worked on, or, `on_demand`, only when the assistant opens it; `listed` are then the
    tokens of its name and description, which are in the context of every task. `rules` are the ids of the rules that it
    names, in their order.
    """

    path: str
    text: str
    owned: bool
    tokens: int
    always: bool
    scope: str = ""
    on_demand: bool = False
    listed: int = 0
    rules: tuple[str, ...] = ()
    format: str = ""


class Material(Fact):
    """All that a format needs: the candidates of each scope in their order (`""` holds those of any task), rules by id for
    details, the scopes at hand with the most important one first, the budget, the stamp, and what already stands."""

    candidates: dict[str, tuple[Candidate, ...]]
    rules: dict[str, Rule]
    scopes: tuple[str, ...]
    shares: dict[str, int]
    stamp: Stamp
    budget: int = BUDGET
    standing: frozenset[str] = frozenset()
    beside: tuple[InstructionFile, ...] = ()
    """Files of other formats that the same assistant reads besides and that are always in its context."""
    part: float = 1.0
    """What part of the budget a section takes that other assistants read beside files of their own."""

    def __hash__(self) -> int:
        """Hash by the stamp, because maps have no hash."""
        return hash((self.stamp, self.scopes, self.budget))
