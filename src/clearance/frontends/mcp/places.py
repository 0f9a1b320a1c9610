"""Folders: which of a client's roots lie on this machine, and whether what is asked about lies within them."""

import os
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from clearance.facts.errors import UsageError

_MOST = 32


def local_folders(uris: Iterable[str]) -> tuple[str, ...]:
    """Give the folders of this machine among `file:` addresses, links resolved."""
    parts = [urlsplit(uri) for _, uri in zip(range(_MOST), uris, strict=False)]
    ours = [one.path for one in parts if one.scheme == "file" and one.netloc in {"", "localhost"}]
    local = [os.path.realpath(unquote(path)) for path in ours if "%00" not in path]
    return tuple(dict.fromkeys(path for path in local if os.path.isdir(path)))  # noqa: PTH112 -- text in and out


def here() -> str:
    """Give the folder that this process was started in."""
    return os.path.realpath(os.curdir)


def folder(wanted: str, roots: Sequence[str]) -> str:
    """Give the folder that a question is about: `wanted` from the first of the roots, or that one.

    Raises:
        UsageError: it is none, or lies in none of the roots.
    """
    try:
        chosen = os.path.realpath(os.path.join(roots[0], wanted))  # noqa: PTH118 -- what is asked for may be absolute
    except ValueError:
        raise UsageError("no such folder") from None
    if not any(chosen == root or chosen.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
        works = ", ".join(roots)[:400]
        raise UsageError("not a folder that this server works in", where=wanted[:200], next=f"it works in {works}")
    if not os.path.isdir(chosen):  # noqa: PTH112
        raise UsageError("no such folder", where=wanted[:200] or chosen, next="start the server with -C and a folder")
    return chosen
