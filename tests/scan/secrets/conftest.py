"""What the tests of the family share: the built-in pages, both engines, values made at run time."""

import random
import string
from collections.abc import Callable

import pytest

from clearance.facts.finding import Gap
from clearance.facts.text import decode
from clearance.rules.catalogue import read_catalogue
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, SetAside, View
from clearance.scan.secrets.family import SecretsFamily
from clearance.scan.secrets.prefilter import KeywordPrefilter
from clearance.stores.pages import builtin_pages


class HeldCache(dict[str, bytes]):
    """A cache in memory."""

    def put(self, key: str, data: bytes) -> None:
        self[key] = data


class Eye:
    """A started family, asked with a file's name and text."""

    def __init__(self, family: SecretsFamily) -> None:
        self.family = family

    def all(self, path: str, content: str | bytes) -> list[Match | Gap | SetAside]:
        data = content.encode() if isinstance(content, str) else content
        decoded = decode(data)
        assert decoded is not None
        return list(self.family.look(View(path, "after", data, decoded), Budget(120)))

    def matches(self, path: str, content: str | bytes) -> list[Match]:
        return [one for one in self.all(path, content) if isinstance(one, Match)]


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    catalogue = read_catalogue({path: text for path, text in builtin_pages().items() if "secrets/" in path})
    assert catalogue.broken == ()
    return tuple(catalogue)


@pytest.fixture(scope="session")
def cache() -> HeldCache:
    return HeldCache()


@pytest.fixture(scope="session")
def start(rules: tuple[Rule, ...], cache: HeldCache) -> Callable[[], SecretsFamily]:
    def made() -> SecretsFamily:
        family = SecretsFamily(rules, cache)
        family.start(None)  # type: ignore[arg-type]  # the family asks for no contents
        return family

    return made


@pytest.fixture(scope="session")
def eye(start: Callable[[], SecretsFamily]) -> Eye:
    return Eye(start())


@pytest.fixture(scope="session")
def keyword_eye(start: Callable[[], SecretsFamily]) -> Eye:
    family = start()
    engine = family._engine
    assert engine is not None
    engine.prefilter = KeywordPrefilter((*engine.probes, *engine.disguises))
    return Eye(family)


class Maker:
    """Makes values that look like secrets, the same ones each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def draw(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(length))

    def alnum(self, length: int) -> str:
        return self.draw(string.ascii_letters + string.digits, length - 1) + "7"

    def hex(self, length: int) -> str:
        return self.draw("0123456789abcdef", length - 2) + "7e"

    def password(self) -> str:
        return (
            self.draw(string.ascii_letters, 5)
            + self.draw("!@^*+", 1)
            + self.draw(string.digits + string.ascii_letters, 5)
            + "4x"
        )


@pytest.fixture
def make() -> Maker:
    return Maker(20261122)
