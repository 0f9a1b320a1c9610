"""The same constructs in every language: what comes from `source()` must arrive at `sink(…)` just where the page says so."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from clearance.scan.code.flow.algebra import taints_of
from clearance.scan.code.flow.analysis import Analysis
from clearance.scan.code.flow.event import Asked, Event, Given, Source
from clearance.scan.code.flow.value import Taint, Value
from clearance.scan.code.lower import lower
from clearance.scan.code.source import Source as Text
from clearance.scan.family import Budget

FOLDER = Path(__file__).parent / "conformance"
LANGUAGES = ("python", "javascript", "typescript", "java", "go")
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"(?:#|//) !\s*$")


class Toy:
    """A vocabulary of three words."""

    def source(self, names: Sequence[str], how: str) -> Source | None:
        return (
            Source("request", "toy", "source() gives what a client sent") if how == "call" and _is(names, "source") else None
        )

    def parameter(self, asked: Asked) -> Source | str | None:
        return None

    def registered(self, names: Sequence[str], given: Sequence[Given], at: int) -> tuple[str, ...] | None:
        return None

    def cleans(self, names: Sequence[str]) -> frozenset[str]:
        return frozenset({"*"}) if _is(names, "clean") else frozenset()

    def passes(self, names: Sequence[str]) -> tuple[int | str, ...] | None:
        return None

    def fills(self, names: Sequence[str]) -> Sequence[tuple[int | str, int | str]]:
        return ()

    def guard(self, names: Sequence[str]) -> tuple[int | str, bool, frozenset[str]] | None:
        return None

    def ends(self, names: Sequence[str]) -> bool:
        return any(
            name in ("sys.exit", "process.exit", "java.lang.System.exit", "System.exit", "os.Exit", "log.Fatal")
            for name in names
        )


def _is(names: Sequence[str], word: str) -> bool:
    return any(name == word or name.endswith(f".{word}") for name in names)


class Listener:
    """Notes where tainted values arrive at `sink`."""

    def __init__(self) -> None:
        self.found: list[tuple[int, Value]] = []

    def wants(self, kind: str, word: str) -> bool:
        return kind == "call" and word == "sink"

    def about(self, kind: str, word: str, names: tuple[str, ...]) -> bool:
        return self.wants(kind, word)

    def call_word(self, names: tuple[str, ...]) -> str:
        words = (name.rpartition(".")[2] for name in names)
        return next((word for word in words if self.wants("call", word)), "")

    def saw(self, event: Event) -> tuple[Taint, ...]:
        out: list[Taint] = []
        for one in event.given:
            for taint in taints_of(one.value):
                if "*" not in taint.cleaned and not one.value.constant:
                    if taint.kind == "request":
                        self.found.append((event.node.at, one.value))
                    out.append(taint)
        return tuple(out)


def reported(text: str, language: str) -> set[int]:
    """Give the lines in which something tainted arrives."""
    source = Text(text, language)
    listener = Listener()
    Analysis(lower(source), source, "toy", Toy(), listener, Budget(20)).run(None)
    return {source.data[:at].count(b"\n") + 1 for at, _ in listener.found}


class Piece(NamedTuple):
    section: str
    number: int
    language: str
    text: str


def pieces(language: str) -> Iterator[Piece]:
    page = (FOLDER / f"{language}.md").read_text()
    found = list(_SECTION.finditer(page))
    for at, section in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(page)
        for number, fence in enumerate(_FENCE.finditer(page, section.end(), end)):
            yield Piece(section[1], number, fence[1], fence[2])


@pytest.mark.parametrize(
    "piece", [pytest.param(one, id=f"{name}-{one.section}-{one.number}") for name in LANGUAGES for one in pieces(name)]
)
def test_flow_is_seen_where_the_page_says_so_and_nowhere_else(piece: Piece) -> None:
    expected = {number for number, line in enumerate(piece.text.splitlines(), 1) if _MARK.search(line)}
    assert reported(piece.text, piece.language) == expected


def test_all_languages_have_the_same_constructs() -> None:
    headings = {
        name: _SECTION.findall((FOLDER / f"{name}.md").read_text()) for name in ("python", "javascript", "java", "go")
    }
    assert all(one == headings["python"] for one in headings.values())
