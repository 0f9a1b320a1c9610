"""What the words of a command become: fields, in which what only a run would tell is a sign of its own."""

import posixpath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clearance.scan.commands.run import Run

MAYBE = "\0"
"""Stands for text that is not known, and may be empty."""
SOME = "\x01"
"""Stands for text that is not known, and is not empty."""
HOME = "~"


class Field(NamedTuple):
    """One word after all expansions. `text` holds `MAYBE` and `SOME` for what is not known; the home folder is `~`.

    `unset` names the variables that are not known; `inner` are the commands whose output is part of the word, and `file`
    tells that their output is handed over as a file (`<(…)`). `globs`: a pattern of file names stands in it, unquoted.
    """

    text: str
    start: int
    end: int
    unset: tuple[str, ...] = ()
    inner: "tuple[Run, ...]" = ()
    file: bool = False
    globs: bool = False

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return MAYBE not in self.text and SOME not in self.text

    @property
    def shown(self) -> str:
        """The text for people, with `…` for what is not known."""
        return self.text.replace(MAYBE, "…").replace(SOME, "…")


def located(directory: str | None, path: str) -> str:
    """Give a path as it is from where the text began to run: `../x`, `src/a.py`, `/etc/x`, `~/x`. Where the directory is not
    known, it begins with `SOME`."""
    if not path:
        return ""
    if path.startswith(("/", HOME)) and (path[0] == "/" or path[1:2] in {"", "/"}):
        whole = path
    elif directory is None:
        whole = f"{SOME}/{path}"
    else:
        whole = f"{directory}/{path}" if directory else path
    if whole.startswith("//"):
        whole = whole[1:]
    return posixpath.normpath(whole)
