"""Brings the waivers of the base to a case, and keeps the register of accepted risks."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from clearance.facts.finding import Finding
from clearance.facts.waiver import FOLDER, Cover
from clearance.settings import Settings


def waivers_of(
    own: Mapping[str, bytes], settings: Settings, today: dt.date
) -> Callable[[Sequence[Finding]], tuple[Cover, ...]]:
    """Read the waivers among a team's files, of the base of a change, and give what says which findings they name. `today`
    is the day (UTC) on which is decided; how far off it is stands in the case, so that the decision can be given again.

    Raises:
        BadWaiver: one of them is none.
    """
    if not any(path.casefold().startswith(FOLDER) for path in own):
        return lambda _: ()
    from clearance.decide.waivers import covers, read_waivers

    waivers = read_waivers(own)
    return lambda findings: covers(waivers, findings, today, settings.waivers.most_days)
