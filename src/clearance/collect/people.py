"""The names of people that a repository itself tells: authors of commits, and owners."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.facts.errors import NotARepository

_SECONDS = 30.0
_COMMITS = 20_000
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_MOST_BYTES = 1 << 20


class People(NamedTuple):
    """Names as commits carry them, and the text of CODEOWNERS (empty where there is none)."""

    authors: tuple[str, ...]
    owners: str


def people(start: Path, environment: Mapping[str, str] | None = None) -> People:
    """Read the names of the authors and committers of the newest commits, and the owners as HEAD names them; nobody outside
    of a repository.

    Raises:
        CollectError: git did not answer.
    """
    own = os.environ if environment is None else environment
    try:
        repository = find_repository(start, own)
    except NotARepository:
        return People((), "")
    shadow = Shadow(repository, own, seconds=_SECONDS)
    try:
        head = shadow.objects.commits(["HEAD"])[0]
        if head is None:
            return People((), "")
        asked = [
            "log",
            f"--max-count={_COMMITS}",
            "--no-mailmap",
            "--encoding=UTF-8",
            "--format=%an%x00%cn%x00",
            head.oid,
            "--",
        ]
        names = shadow.run(asked).wanted("authors cannot be read").decode("utf-8", "replace").split("\0")
        listing = shadow.run(["ls-tree", "-z", "--full-tree", head.tree, "--", *_OWNERS]).wanted("owners cannot be read")
        oids = [line.partition(b"\t")[0].split(b" ")[2].decode() for line in listing.split(b"\0")[:-1] if line[:3] == b"100"]
        owners = "\n".join(shadow.objects.read(oid, _MOST_BYTES).decode("utf-8", "replace") for oid in oids)
        return People(tuple(sorted({name.strip() for name in names} - {""})), owners)
    finally:
        shadow.close()
