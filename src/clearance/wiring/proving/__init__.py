"""Proves that guards are alive: something known to be bad is fired at each, and what it does is signed and recorded.

Everything is imported when it is called: who only asks how old the last proof is pays for that alone.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.proof import Proof, Shot, Standing

if TYPE_CHECKING:
    from clearance.wiring.proving.run import Proven

__all__ = ["at_start", "glance", "prove", "proven", "standing", "told"]


def prove(
    directory: Path, environment: Mapping[str, str], *, quick: bool = False, full: bool = False, only: Collection[str] = ()
) -> Proof:
    """Fire a canary at every guard of the place around `directory`, record the proof, and give it.

    `quick` takes from the last proof what rests on the same inputs and is younger than a day, and still fires the hooks;
    `full` tries every rule page and not a sample; `only` are kinds of guards (`hook`, `scanner`, …).

    Raises:
        UsageError: there is no such kind.
    """
    from clearance.wiring.proving.run import proven

    return proven(directory, environment, quick=quick, full=full, only=only).proof


def proven(
    directory: Path, environment: Mapping[str, str], *, quick: bool = False, full: bool = False, only: Collection[str] = ()
) -> "Proven":
    """As `prove`, with the receipt and what else people are told."""
    from clearance.wiring.proving import run

    return run.proven(directory, environment, quick=quick, full=full, only=only)


def standing(directory: Path, environment: Mapping[str, str]) -> Standing:
    """Give what a decision may know of the last proof, from the log; never raises for what a log can hold."""
    from clearance.wiring.proving import recorded

    return recorded.standing(directory, environment)


def at_start(directory: Path, environment: Mapping[str, str], assistant: str) -> str:
    """Say which guards are dead, why, and how to mend them, to an assistant that starts and to the person before it; empty
    where all is well. Never raises: what goes wrong is part of the answer."""
    from clearance.wiring.proving.start import at_start as told

    return told(directory, environment, assistant)


def glance(directory: Path, environment: Mapping[str, str]) -> tuple[Shot, ...]:
    """Give the guards that are dead as can be seen without firing at any: what is not as it was installed, and what the last
    proof found dead. For `check`, the hook before a commit, and the MCP server; takes milliseconds, never raises."""
    from clearance.wiring.proving.start import glance as look

    return look(directory, environment)


def told(dead: Iterable[Shot], assistant: str = "", *, to_model: bool = True) -> str:
    """Say in words which guards are dead, why, and what mends them, and to a model what it is to do; empty where none is."""
    from clearance.wiring.proving.start import told as say

    return say(dead, assistant, to_model=to_model)
