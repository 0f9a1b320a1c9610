"""What a script is cut into: words, commands, here-documents; and a command while its words are still being read."""

from typing import NamedTuple

from clearance.scan.packages.readers.placed import Placed


class Word(NamedTuple):
    """A word of a command without its quotes. `hint` is the last variable in it whose value is not known."""

    placed: Placed
    quoted: bool = False
    hint: str = ""

    @property
    def text(self) -> str:
        """What it says; `UNKNOWN` stands for what is not known."""
        return self.placed.text


class Command(NamedTuple):
    """A simple command: its words, those of the command whose output it is given through a pipe, and the file to which its
    own output goes."""

    words: tuple[Word, ...]
    fed: tuple[Word, ...] = ()
    target: str = ""


class Document(NamedTuple):
    """A here-document, the first words of the commands on the line that asks for it, and the file to which that writes."""

    body: Placed
    receivers: tuple[str, ...]
    target: str = ""


Scope = dict[str, tuple[Placed, ...]]
"""Values of variables: the fields that each expands to. Empty fields mean that it is not known."""


class Frame:
    """A command that is not finished: at the top, or in parentheses, a substitution, an array."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.words: list[Word] = []
        self.fed: tuple[Word, ...] = ()
        self.in_double = False
        self.double_at = 0
        self.is_target = False
        self.target = ""
        self.last: tuple[Word, ...] = ()
        """The words of the last command that ended in it."""
        self.clear()

    def clear(self) -> None:
        """Begin a new word."""
        self.pieces: list[Placed | tuple[Placed, ...]] = []
        self.started = False
        self.quoted = False
        self.hint = ""
