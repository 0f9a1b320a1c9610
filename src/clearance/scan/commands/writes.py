"""What a command writes into files, where its words tell the text: here-documents, `echo`, `printf`, `tee`."""

from typing import NamedTuple

from clearance.scan.commands.field import MAYBE, SOME
from clearance.scan.commands.run import Directed, Run
from clearance.scan.commands.said import said
from clearance.scan.commands.walk import walked
from clearance.scan.family import Budget, OutOfTime

_SECONDS = 2.0
MOST = 50


class Written(NamedTuple):
    """A file that a command writes. `path` is as seen from where the command runs (`~/x` for the home folder); `append`: the
    text comes behind what the file holds."""

    path: str
    text: str
    append: bool


def writes_of(command: str) -> tuple[Written, ...]:
    """Give the files that a command writes with text that stands in it, in their order, at most 50.

    What stands only at run time is left out of a text that is known otherwise. Nothing is given for a command that takes
    more than two seconds to read: the family `commands` leaves a gap for it.
    """
    try:
        readout = walked(command, Budget(_SECONDS))
    except OutOfTime:
        return ()
    written: list[Written] = []
    for run in readout.runs:
        if not run.host:
            written.extend(_written(run))
    return tuple(written[: MOST + 1])


def _written(run: Run) -> list[Written]:
    if run.name == "tee":
        if run.stdin is None:
            return []
        append = any(one in {"-a", "--append"} for one in run.words)
        files = [one.text for one in run.args if not one.text.startswith("-")]
        return [one for path in files if (one := _made(run, path, run.stdin, append=append)) is not None]
    targets = [one for one in run.redirects if one.writes and one.descriptor in {"", "1"}]
    text = said(run) if targets else None
    if text is None:
        return []
    return [one for directed in targets if (one := _directed(run, directed, text)) is not None]


def _directed(run: Run, directed: Directed, text: str) -> Written | None:
    return _made(run, directed.target.text, text, append=">>" in directed.sign)


def _made(run: Run, path: str, text: str, *, append: bool) -> Written | None:
    place = run.at(path)
    if not place or MAYBE in place or SOME in place or place.startswith("/dev/"):
        return None
    return Written(place, text.replace(MAYBE, "").replace(SOME, ""), append)
