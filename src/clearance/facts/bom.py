"""A bill of materials: the packages of a tree, or what a change does to them."""

from clearance.facts.fact import Fact
from clearance.facts.finding import Gap
from clearance.facts.package import Package


class Bom(Fact):
    """What a tree is made of. `subject` names it, `version` is its commit or empty.

    `at` is the moment in RFC 3339; `made_by` is our version. For a change, `base` is what it is compared with, `packages`
    are those that it brings, `removed` those that it takes away. `gaps` tell what could not be read: with any, the bill is
    not whole.
    """

    subject: str
    version: str
    at: str
    made_by: str
    packages: tuple[Package, ...]
    removed: tuple[Package, ...] = ()
    base: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def delta(self) -> bool:
        """Whether it tells what a change does, and not all that a tree has."""
        return bool(self.base)
