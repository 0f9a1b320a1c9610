"""The outcome itself as JSON, as described by `docs/reference/schema/outcome.json`."""

import msgspec

from clearance.facts.outcome import Outcome
from clearance.report.document import document
from clearance.report.look import Look, Times
from clearance.report.wording import worst_first


def render(outcome: Outcome, *, look: Look, at: Times) -> str:
    """Give one JSON document (RFC 8259, UTF-8): keys in the order of the schema, findings worst first. It holds everything
    that the run knows but the time, so that the same run gives the same bytes; look-alikes that were set aside are counted,
    and listed only where all is to be shown."""
    del at
    outcome = msgspec.structs.replace(outcome, findings=worst_first(outcome.findings))
    if not look.show_all:
        outcome = msgspec.structs.replace(outcome, asides=(), more_asides=outcome.more_asides + len(outcome.asides))
    return document(outcome)
