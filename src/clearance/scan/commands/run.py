"""One program that a text would start, with all that is known about how."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from clearance.scan.commands.field import Field, located


class Directed(NamedTuple):
    """A redirection: its sign and descriptor, the file, and for here-documents and `<<<` the text."""

    sign: str
    descriptor: str
    target: Field
    text: str | None = None

    @property
    def writes(self) -> bool:
        """Whether it opens a file to write."""
        return self.sign in {">", ">>", ">|", "&>", "&>>", "<>"} or (
            self.sign == ">&" and not self.target.text.rstrip("-").isdigit() and self.target.text != "-"
        )


class Run(NamedTuple):
    """One program. `name` is that of the program without its folder, in lower case; empty for what only redirects.

    `via` names what starts it (`sudo`, `xargs`, `find`), `host` where it runs if that is not here. `directory` is where,
    seen from where the text began (None: not known). `feeding` are the commands whose output it reads, `stdin` the text that
    it reads where that is known, `handed` that of a file which it takes for its script and which this very text makes
    (`<(…)`, or written before). `environment` are variables that are set for it.
    """

    name: str
    program: Field
    args: tuple[Field, ...]
    start: int
    end: int
    environment: Mapping[str, Field]
    redirects: tuple[Directed, ...]
    directory: str | None
    via: tuple[str, ...] = ()
    host: str = ""
    feeding: tuple["Run", ...] = ()
    stdin: str | None = None
    depth: int = 0
    handed: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The texts of the arguments."""
        return tuple(one.text for one in self.args)

    def at(self, path: str) -> str:
        """Give a path that it names, as it is from where the text began to run."""
        return located(self.directory, path)

    def inner(self) -> Iterator["Run"]:
        """Give the commands whose output is part of its words."""
        for field in (self.program, *self.args, *self.environment.values()):
            yield from field.inner
        for one in self.redirects:
            yield from one.target.inner


class Hidden(NamedTuple):
    """What of a text cannot be read: its span, a sentence for people, and whether hiding it is usual."""

    start: int
    end: int
    said: str
    usual: bool = False


class Readout(NamedTuple):
    """All that a text would start, in its order; what cannot be read; where it is no shell text; what was too much."""

    runs: tuple[Run, ...]
    hidden: tuple[Hidden, ...]
    mistakes: tuple[tuple[int, str], ...]
    spent: str = ""
    names: frozenset[str] = frozenset()
    """Functions and aliases that the text defines."""
