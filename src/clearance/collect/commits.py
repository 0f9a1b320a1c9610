"""Single commits: what tree they hold, where they come from, and which branches stand on them."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from clearance.collect.git import LIMIT
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.facts.errors import UnknownRevision

_MOST_REFS = 32
_MOST_COMMITS = 10_000
_PEOPLE = "<%ae>%n<%ce>%n%(trailers:key=Co-authored-by,valueonly=true)"
_MAIL = re.compile(r"<([^<>\n]{1,320})>")


class Revised(NamedTuple):
    """A commit: its id, git's id of its tree, the SHA-256 of the tree as `facts.change.Tree` has it, its parents, and the
    full names of the branches and tags that stand on it."""

    commit: str
    tree: str
    sha256: str
    parents: tuple[str, ...]
    refs: tuple[str, ...] = ()


class Commits:
    """Reads commits of the repository that holds `start`. Close it when done, or use it as a context.

    Raises:
        NotARepository: there is none that may be looked at.
        CollectError: git could not be asked.
    """

    def __init__(self, start: Path, environment: Mapping[str, str] | None = None) -> None:
        own = os.environ if environment is None else environment
        self._shadow = Shadow(find_repository(start, own), own, seconds=LIMIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the repository."""
        self._shadow.close()

    def read(self, name: str) -> Revised:
        """Read the commit that a revision names.

        Raises:
            UnknownRevision: it names none.
            CollectError: git could not list its tree.
        """
        found = self._shadow.objects.commits([name])[0]
        if found is None:
            raise UnknownRevision("git knows no such commit", where=name or "(empty name)", next="see `git branch --all`")
        listing = self._shadow.run(["ls-tree", "-r", "-z", "--full-tree", found.tree]).wanted("the tree cannot be listed")
        refs = self._shadow.run(
            ["for-each-ref", f"--count={_MOST_REFS}", f"--points-at={found.oid}", "--format=%(refname)", "refs/heads",
             "refs/tags"]
        ).out  # fmt: skip
        names = tuple(line.decode("utf-8", "backslashreplace") for line in refs.split(b"\n") if line)
        return Revised(found.oid, found.tree, hashlib.sha256(listing).hexdigest(), found.parents, names)

    def parted(self, one: str, other: str) -> str:
        """Give the commit at which two parted, empty where none is known."""
        answer = self._shadow.run(["merge-base", one, other])
        return answer.out.decode("ascii", "replace").split("\n")[0] if answer.status == 0 else ""

    def reaches(self, old: str, new: str) -> bool:
        """Tell whether `old` is an ancestor of `new`, or the same."""
        return self._shadow.run(["merge-base", "--is-ancestor", old, new]).status == 0

    def authors(self, old: str, new: str) -> tuple[str, ...]:
        """Give the mail addresses of whoever wrote, committed or co-wrote (`Co-authored-by`) what `new` has and `old` has
        not, sorted, in small letters. They are what commits say of themselves."""
        written = self._shadow.run(
            ["log", f"--max-count={_MOST_COMMITS}", "--no-color", "--no-show-signature", "--no-mailmap",
             f"--format={_PEOPLE}", new, f"^{old}", "--"]
        ).wanted("the commits cannot be read")  # fmt: skip
        text = written.decode("utf-8", "replace")
        return tuple(sorted({found.casefold() for found in _MAIL.findall(text)}))

    def branch(self) -> str:
        """Give the full name of the branch that is checked out, empty where none is."""
        return self._shadow.head_reference() or ""

    def origin(self) -> str:
        """Give where the repository is fetched from, as SPDX writes it (`git+https://example.com/a.git`): the remote
        `origin`, without user, password, query; empty where there is none, or none that others could use."""
        return origin_uri(self._shadow.remote_url())


def origin_uri(url: str) -> str:
    """Write the address of a remote as an SPDX download location, without anything that lets in: `git+https://…`. Empty for
    what is no address on a network."""
    text = url.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        return ""
    if "://" not in text and ":" in text and "/" not in text.split(":", 1)[0]:  # git@example.com:a/b.git
        host, path = text.split(":", 1)
        text = f"ssh://{host}/{path.lstrip('/')}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http", "ssh", "git") or not host or not parts.path.strip("/"):
        return ""
    where = f"[{host}]" if ":" in host else host
    return f"git+{parts.scheme}://{where}{f':{port}' if port else ''}{parts.path}"
