"""What blocks cannot say: one file a detector, named by the key `detector` of a page (with `_` for `-`).

Each has `ON`, the kinds of units without which there is nothing to look at, and `look(document, rule, budget)`, which gives
matches of that rule. One that also tells what a changed file does to others has `around(pair, folders, rule, budget)`.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

from clearance.facts.errors import BadPage
from clearance.rules.frontmatter import nearest
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.infra.folder import Folders
from clearance.scan.infra.node import Document


class Look(Protocol):
    """A detector's function."""

    def __call__(self, document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
        """Give the matches of a rule in a document.

        Raises:
            OutOfTime: the budget is spent.
        """
        ...


class Around(Protocol):
    """A detector's function for what a changed file does to the files around it."""

    def __call__(self, pair: Pair, folders: Folders, rule: Rule, budget: Budget) -> Iterator[Match]:
        """Give the matches of a rule in a changed file.

        Raises:
            OutOfTime: the budget is spent.
        """
        ...


class Detector(NamedTuple):
    """A detector: on which kinds of units it looks, and how."""

    on: frozenset[str]
    look: Look
    around: Around | None = None


def detector_of(rule: Rule) -> Detector:
    """Give the detector that a page names.

    Raises:
        BadPage: there is none of that name.
    """
    names = _names()
    if rule.detector not in names:
        raise BadPage(f"no detector {rule.detector!r}", where=f"{rule.page}:1", next=nearest(rule.detector, names))
    module = import_module(f"{__name__}.{rule.detector.replace('-', '_')}")
    return Detector(frozenset(module.ON), module.look, getattr(module, "around", None))


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    found = (file.stem for file in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))
