"""Whatever a file holds, the work on it is bounded, linear in its size, and told where it was cut: counted, not timed."""

import base64
import gzip
import random
from collections.abc import Callable
from typing import Any

import pytest

from clearance.facts.finding import Confidence, Gap, GapKind, Look
from clearance.facts.text import decode
from clearance.scan.family import Budget, Match, OutOfTime, View
from clearance.scan.secrets.engine import Engine, Hit
from clearance.scan.secrets.family import SecretsFamily
from clearance.scan.secrets.probe import Dropped, Found, Sheet
from clearance.scan.secrets.settle import set_aside, settled

MB = 1 << 20
TOO_MUCH = "too much that was decoded or joined to look at all of it"


class Work:
    """A family that counts what it does: judgements, attempts to undo a disguise, sheets and their bytes."""

    def __init__(self, family: SecretsFamily) -> None:
        engine = family._engine
        assert engine is not None
        self.family = family
        self.judged = self.undone = self.sheets = self.bytes = 0
        probes = tuple(probe._replace(judge=self._counted("judged", probe.judge)) for probe in engine.probes)
        disguises = tuple(one._replace(undo=self._counted("undone", one.undo)) for one in engine.disguises)
        self.engine = family._engine = Engine(probes, disguises, engine.whole, self)
        self._prefilter = engine.prefilter
        self.bytes_a_place = engine.prefilter.bytes_a_place

    def _counted(self, name: str, asked: Callable[..., Any]) -> Callable[..., Any]:
        def counting(sheet: Sheet, at: int) -> Any:
            setattr(self, name, getattr(self, name) + 1)
            return asked(sheet, at)

        return counting

    def places(self, sheet: Sheet, budget: Budget) -> Any:
        self.sheets += 1
        self.bytes += len(sheet.data)
        return self._prefilter.places(sheet, budget)

    def look(self, content: str | bytes, path: str = "a.py", budget: Budget | None = None) -> list[Any]:
        data = content.encode() if isinstance(content, str) else content
        decoded = decode(data)
        assert decoded is not None
        self.judged = self.undone = self.sheets = self.bytes = 0
        return list(self.family.look(View(path, "after", data, decoded), budget or Budget(300)))


@pytest.fixture
def work(start: Callable[[], SecretsFamily]) -> Work:
    return Work(start())


def coded(text: str, layers: int) -> str:
    for _ in range(layers):
        text = base64.b64encode(gzip.compress(text.encode())).decode()
    return text


CASES: dict[str, Callable[[int], str]] = {
    "one letter": lambda size: "A" * size,
    "a line of assignments": lambda size: 'a.password="b";c.apiKey=d(e);' * (size // 29),
    "names without values": lambda size: "password = " * (size // 11),
    "a name without end": lambda size: "password" * (size // 8),
    "open quotes": lambda size: 'password = "' * (size // 12),
    "near misses of a token": lambda size: ("ghp_" + "A" * 35 + " ") * (size // 40),
    "token prefixes": lambda size: "eyJ" * (size // 3),
    "an end at each byte": lambda size: "client-key-data: LS0tLS1CRUdJTi" + "A" * size,
    "URL heads": lambda size: "://a:" * (size // 5),
    "key heads": lambda size: ("-----BEGIN " + "PRIVATE KEY-----") * (size // 27),
    "spaces": lambda size: "password" + " " * size,
    "brackets": lambda size: "<password " * (size // 10),
    "joined literals": lambda size: '"a"+"b"+\'c\' "d"\n' * (size // 16),
    "escapes": lambda size: "\\x61\\u0062%63&#100;\\145" * (size // 23),
    "zero-width characters": lambda size: "k\u200be\u200by = 1 " * (size // 16),
    "base64": lambda size: base64.b64encode(random.Random(1).randbytes(size * 3 // 4)).decode(),
    "hex": lambda size: random.Random(2).randbytes(size // 2).hex(),
    "gzip in base64": lambda size: (coded("password = 'x' " * 1000, 2) + "\n") * (size // 200),
    "random letters": lambda size: "".join(random.Random(3).choices("abcdefghijklmnopqrstuvwxyz_='\" \n", k=size)),
}


@pytest.mark.parametrize("case", CASES)
def test_work_is_bounded_and_grows_no_faster_than_the_text(case: str, work: Work) -> None:
    text = CASES[case](MB // 8)
    work.look(text)
    once = (work.judged, work.undone, work.bytes)
    assert work.judged <= 120_000
    assert work.bytes <= len(text.encode()) + max(8 * MB, 4 * len(text.encode()))
    assert work.sheets <= 2_001
    work.look(text + text)
    twice = (work.judged, work.undone, work.bytes)
    for one, two in zip(once, twice, strict=True):
        assert two <= 2.2 * one + 2_000


def test_every_keyword_everywhere(work: Work) -> None:
    words = sorted({word for probe in work.engine.probes for word in probe.keywords})
    text = b"=\"'".join(words * 40).decode("latin-1")
    seen = work.look(text)
    assert work.judged <= 130_000
    assert {one.kind for one in seen if isinstance(one, Gap)} <= {GapKind.TOO_MANY}


def test_a_file_of_keys_is_cut_and_told(work: Work, make: Any) -> None:
    lines = "".join(f"ghp_{make.alnum(36)}\n" for _ in range(100_000))
    seen = work.look(lines, "keys.txt")
    assert sum(isinstance(one, Match) for one in seen) == 1_000
    assert any("github-token" in one.detail for one in seen if isinstance(one, Gap))
    assert work.judged < 60_000


def test_a_long_line_is_searched_to_its_end(work: Work, make: Any) -> None:
    value = make.password()
    text = "x=1;" * (10 * MB // 4) + f'password = "{value}";'
    (match,) = (one for one in work.look(text) if isinstance(one, Match))
    assert text[match.start : match.end] == value
    assert work.judged < 100


def test_a_spent_budget_ends_it(work: Work, make: Any) -> None:
    class Spent(Budget):
        def __init__(self) -> None:
            """Spent from the start."""

        def check(self) -> None:
            raise OutOfTime

    with pytest.raises(OutOfTime):
        work.look("ghp_" + make.alnum(36), budget=Spent())


def test_what_was_found_before_the_time_ran_out_is_told(work: Work, make: Any) -> None:
    class Short(Budget):
        def __init__(self) -> None:
            """So many checks are passed."""
            self.left = 4

        def check(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise OutOfTime

    keys = [f"ghp_{make.alnum(36)}" for _ in range(3_000)]
    seen = work.look("\n".join(keys), "keys.txt", Short())
    assert sum(isinstance(one, Match) for one in seen) >= 200
    assert GapKind.TIMEOUT in {one.kind for one in seen if isinstance(one, Gap)}


def test_broken_bytes_in_a_token_break_neither_it_nor_what_follows(work: Work, make: Any) -> None:
    broken, good = "ghp_" + make.alnum(36), "ghp_" + make.alnum(36)
    data = (
        b"\xff\xfe\xfd = "
        + broken[:20].encode()
        + b"\xc3\x28"
        + broken[20:].encode()
        + b"\n\xe2\x82 '"
        + good.encode()
        + b"'\n"
    )
    data = b"# text\n" * 20 + data
    text = data.decode("utf-8", "replace")
    spans = [text[one.start : one.end] for one in work.look(data) if isinstance(one, Match)]
    assert good in spans


def test_bytes_that_look_like_text(work: Work) -> None:
    noise = bytes(byte or 1 for byte in random.Random(4).randbytes(MB))
    text = noise.decode("latin-1").encode()
    for one in work.look(text):
        assert isinstance(one, Match | Gap) or one.start < one.end
    assert work.bytes <= len(text) + max(8 * MB, 4 * len(text))


class TestMany:
    """A hundred thousand findings settle without a quadratic loop: comparisons are counted."""

    def test_neighbours(self) -> None:
        hits = [Hit(Found(10 * at, 10 * at + 5, "a", at % 3, Confidence.HIGH), b"") for at in range(100_000)]
        assert len(settled(hits)) == 100_000

    def test_all_within_one(self) -> None:
        hits = [Hit(Found(at, at + 1, "a", 0, Confidence.HIGH), b"") for at in range(100_000)]
        assert [hit.found.end for hit in settled([Hit(Found(0, 100_000, "b", 0, Confidence.HIGH), b""), *hits])] == [100_000]

    def test_a_staircase(self) -> None:
        hits = [Hit(Found(at, 200_000 - at, "a", 1, Confidence.HIGH), b"") for at in range(50_000)]
        hits += [Hit(Found(at, at + 2, "b", 0, Confidence.HIGH), b"") for at in range(0, 200_000, 2)]
        assert len(settled(hits)) == 100_000

    def test_what_was_set_aside(self) -> None:
        kept = [Hit(Found(10 * at, 10 * at + 5, "a", 0, Confidence.HIGH), b"") for at in range(50_000)]
        asides = [Dropped(5 * at, 5 * at + 3, "a", Look.WEAK) for at in range(100_000)]
        assert len(set_aside(asides, kept)) == 50_000
