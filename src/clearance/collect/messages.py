"""Commits with their parents, and the messages that hold a certain line."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.collect.command import answers
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.facts.errors import CollectError, UnknownRevision

_SECONDS = 300.0
_MOST = 2_000_000
"""Commits that are walked at most."""


class Messages(NamedTuple):
    """Commits, parents before their children, each with its parents; the messages that were asked for, by commit; and
    whether history is cut off in this clone."""

    commits: tuple[tuple[str, tuple[str, ...]], ...]
    messages: Mapping[str, str]
    shallow: bool


def read_messages(start: Path, environment: Mapping[str, str], span: str, line: str) -> Messages:
    """Walk a range of revisions (`HEAD`, `main..work`) of the repository that holds `start`, and read each message with a
    line that begins with `line`, in any case.

    Raises:
        NotARepository: there is none that may be looked at.
        UnknownRevision: git does not know the range.
        CollectError: git could not read it, or it has more than two million commits.
    """
    if span.startswith("-") or not span.strip() or "\0" in span:
        raise UnknownRevision("not a range of revisions", where=span, next="for example main..HEAD")
    shadow = Shadow(find_repository(start, environment), environment, seconds=_SECONDS)
    try:
        order = ["--topo-order", "--reverse", "--end-of-options", span, "--"]
        walk = shadow.start(["rev-list", "--parents", f"--max-count={_MOST + 1}", *order])
        told = ["--regexp-ignore-case", f"--grep=^{line}", "--no-color", "--no-notes", "--no-show-signature"]
        form = ["--no-mailmap", "--encoding=UTF-8", "-z", "--no-patch", "--format=%H%x00%B"]
        said = shadow.start(["log", *told, *form, *order])
        walked, messages = answers([walk, said])
        if walked.status:
            raise UnknownRevision(f"git does not know the range: {walked.told}", where=span, next="see `git log`")
        rows = [row.decode().split(" ") for row in walked.out.split(b"\n")[:-1]]
        if len(rows) > _MOST:
            raise CollectError(f"more than {_MOST} commits", where=span, next="name a smaller range, as v1..HEAD")
        fields = messages.wanted("commit messages cannot be read", shadow.advice).split(b"\0")
        pairs = zip(fields[::2], fields[1::2], strict=False)
        read = {oid.decode("ascii", "replace"): text.decode("utf-8", "replace") for oid, text in pairs}
        return Messages(tuple((row[0], tuple(row[1:])) for row in rows), read, shadow.shallow)
    finally:
        shadow.close()
