"""Notes that hang on commits: read them, and, only where somebody asks for it, add some."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clearance.collect.objects import Commit
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.collect.trees import blob_at
from clearance.facts.errors import CollectError, UsageError
from clearance.facts.text import decode

_SECONDS = 60.0
_MOST_NOTES = 100_000
_MOST_BYTES = 16 << 20
_REF = re.compile(r"refs/notes/[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
_ROW = re.compile(r"([0-9a-f]{40,64}) ([0-9a-f]{40,64})")
_WHO = {"NAME": "Clearance", "EMAIL": "clearance@localhost"}


class Notebook:
    """The notes and files of a repository's commits."""

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow

    def notes(self, ref: str) -> Iterator[tuple[str, str]]:
        """Give (commit, text) of the notes of a reference; those that are no text are left out.

        Raises:
            UsageError: it is no reference of notes.
            CollectError: git cannot list them, or there are more than 100,000.
        """
        answer = self._shadow.run(["notes", f"--ref={_checked(ref)}", "list"])
        rows = answer.wanted("the notes cannot be listed").decode("ascii", "replace").split("\n")
        if len(rows) > _MOST_NOTES:
            raise CollectError(f"more than {_MOST_NOTES:,} notes", where=ref)
        for row in rows:
            found = _ROW.fullmatch(row)
            text = self._text(found[1]) if found else None
            if found and text is not None:
                yield found[2], text

    def commit(self, name: str) -> Commit | None:
        """Resolve a commit; None where this clone has none."""
        return self._shadow.objects.commits([name])[0]

    def file(self, commit: Commit, path: str) -> str | None:
        """Give a file of a commit as text; None where there is none."""
        try:
            return self._text(blob_at(self._shadow, commit.tree, path))
        except (CollectError, UsageError):
            return None

    def _text(self, blob: str) -> str | None:
        data = self._shadow.objects.read(blob, _MOST_BYTES + 1)
        found = decode(data) if len(data) <= _MOST_BYTES else None
        return found.text if found else None

    def add(self, ref: str, commit: str, text: str) -> bool:
        """Add a note to a commit of the repository itself; False where it has one already, which stays.

        Raises:
            UsageError: it is no reference of notes.
        """
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _WHO.items()}
        asked = ["-c", "core.hooksPath=/dev/null", "notes", f"--ref={_checked(ref)}", "add", "-F", "-", commit]
        git_dir = self._shadow.repository.git_dir
        running = self._shadow.git.start(asked, git_dir, who | {"GIT_DIR": str(git_dir)}, feed=text.encode())
        return running.answer().status == 0


def _checked(ref: str) -> str:
    if not _REF.fullmatch(ref) or ".." in ref:
        raise UsageError("no reference of notes", where=ref, next="write it in full, as refs/notes/ai")
    return ref


@contextmanager
def notebook(start: Path, environment: Mapping[str, str] | None = None) -> Iterator[Notebook]:
    """Open the notes of the repository around `start`.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
    """
    own = os.environ if environment is None else environment
    shadow = Shadow(find_repository(start, own), own, seconds=_SECONDS)
    try:
        yield Notebook(shadow)
    finally:
        shadow.close()
