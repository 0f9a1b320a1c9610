"""Furnishes the house: the only place that names concrete classes.

What front ends ask for is imported when it is asked for: who looks into the log needs no scanner.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearance.wiring.fixing import Fixed, FixedFile, fix
    from clearance.wiring.furnish import FAMILIES, families_for_text, judge_examples, open_catalogue
    from clearance.wiring.judged import Judged
    from clearance.wiring.opinions import Second
    from clearance.wiring.places import OWN, TEAM_POLICIES, keys_folder
    from clearance.wiring.recording import builtin_policies, open_log, open_policies, open_signer, open_signers
    from clearance.wiring.runs import Wanted, check, collect, fingerprint_problem, scan, scan_history, scan_text

__all__ = [
    "FAMILIES",
    "OWN",
    "TEAM_POLICIES",
    "Fixed",
    "FixedFile",
    "Judged",
    "Second",
    "Wanted",
    "builtin_policies",
    "check",
    "collect",
    "families_for_text",
    "fingerprint_problem",
    "fix",
    "judge_examples",
    "keys_folder",
    "open_catalogue",
    "open_log",
    "open_policies",
    "open_signer",
    "open_signers",
    "scan",
    "scan_history",
    "scan_text",
]

_PLACES = {
    "Fixed": "fixing",
    "FixedFile": "fixing",
    "fix": "fixing",
    "FAMILIES": "furnish",
    "families_for_text": "furnish",
    "judge_examples": "furnish",
    "open_catalogue": "furnish",
    "Judged": "judged",
    "Second": "opinions",
    "OWN": "places",
    "TEAM_POLICIES": "places",
    "keys_folder": "places",
    "builtin_policies": "recording",
    "open_log": "recording",
    "open_policies": "recording",
    "open_signer": "recording",
    "open_signers": "recording",
    "Wanted": "runs",
    "check": "runs",
    "collect": "runs",
    "fingerprint_problem": "runs",
    "scan": "runs",
    "scan_history": "runs",
    "scan_text": "runs",
}


def __getattr__(name: str) -> object:
    """Import the module that holds a name (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"clearance.wiring.{_PLACES[name]}"), name)
