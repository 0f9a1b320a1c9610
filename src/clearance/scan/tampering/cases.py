"""What a test is, in any language, and how its assertions compare."""

from typing import NamedTuple

from clearance.scan.family import Span

TRIVIAL, WEAK, FAIR, STRONG = range(4)


class Assertion(NamedTuple):
    """One thing that a test demands.

    `text` is its normal form (one space between tokens, quotes and brackets evened out), `about` the identifiers in it,
    `subject` the expression that it judges and `expected` what is expected of it, where it is an equation with a literal.
    `swallowed`: a handler around it takes its failure.
    """

    text: str
    strength: int
    start: int
    end: int
    about: frozenset[str] = frozenset()
    subject: str = ""
    expected: str = ""
    swallowed: bool = False
    shown: str = ""
    """Its beginning as it stands in the file, for people."""


class Skip(NamedTuple):
    """What keeps a test from running: the text, its span, whether a condition is part of it."""

    text: str
    start: int
    end: int
    conditional: bool


class Case(NamedTuple):
    """A function of a test file. `name` holds the classes or groups around it; `is_test`: the runner calls it."""

    name: str
    span: Span
    is_test: bool
    assertions: tuple[Assertion, ...]
    skips: tuple[Skip, ...]
    tokens: frozenset[str]
    loops: int
    """Loops, tables of parameters, sub-tests, calls of helpers that check: one assertion in it stands for many."""


class Cases(NamedTuple):
    """All functions of a test file, and what skips the whole file."""

    cases: tuple[Case, ...]
    skips: tuple[Skip, ...]
