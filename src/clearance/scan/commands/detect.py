"""All detectors, in their order."""

from collections.abc import Callable, Iterator

from clearance.scan.commands.around import around
from clearance.scan.commands.databases import databases
from clearance.scan.commands.destroys import destroys
from clearance.scan.commands.guards import guards
from clearance.scan.commands.hides import hides
from clearance.scan.commands.infrastructure import infrastructure
from clearance.scan.commands.installs import installs
from clearance.scan.commands.named import named
from clearance.scan.commands.pushes import pushes
from clearance.scan.commands.reaches import reaches
from clearance.scan.commands.run import Readout
from clearance.scan.commands.seen import Seen
from clearance.scan.commands.sends import sends
from clearance.scan.commands.steering import steering
from clearance.scan.family import Budget

_DETECTORS: tuple[Callable[[Readout], Iterator[Seen]], ...] = (
    guards, named, around, steering, pushes, sends, destroys, databases, infrastructure, hides, reaches, installs,
)  # fmt: skip


def detected(readout: Readout, budget: Budget) -> Iterator[Seen]:
    """Give what all detectors see.

    Raises:
        OutOfTime: the budget is spent.
    """
    for detector in _DETECTORS:
        for one in detector(readout):
            budget.check()
            yield one
