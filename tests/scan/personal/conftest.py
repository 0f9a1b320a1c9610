"""What the tests of the family share: the built-in pages, a started family, values made at run time."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.finding import Gap
from clearance.facts.text import decode
from clearance.rules.catalogue import Catalogue, read_catalogue
from clearance.scan.family import Budget, Match, SetAside, View
from clearance.scan.personal.family import PersonalFamily
from clearance.stores.pages import builtin_pages


class HeldCache(dict[str, bytes]):
    """A cache in memory."""

    def put(self, key: str, data: bytes) -> None:
        self[key] = data


class Eye:
    """A started family, asked with a text and a file's name."""

    def __init__(self, family: PersonalFamily) -> None:
        self.family = family
        family.start(None)  # type: ignore[arg-type]  # the family asks for no contents

    def all(self, text: str | bytes, path: str = "prompt.txt") -> list[Match | Gap | SetAside]:
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        decoded = decode(data)
        assert decoded is not None
        return list(self.family.look(View(path, "after", data, decoded), Budget(120)))

    def matches(self, text: str, path: str = "prompt.txt") -> list[Match]:
        return [one for one in self.all(text, path) if isinstance(one, Match)]

    def found(self, text: str, path: str = "prompt.txt") -> set[tuple[str, str]]:
        """Rules, each with what it found."""
        return {(one.rule, text[one.start : one.end]) for one in self.matches(text, path)}

    def aside(self, text: str, path: str = "prompt.txt") -> set[tuple[str, str, str]]:
        """Rules, each with what was set aside, and the name of the reason."""
        asides = (one for one in self.all(text, path) if isinstance(one, SetAside))
        return {(one.rule, text[one.start : one.end], one.reason.name) for one in asides}


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    catalogue = read_catalogue({path: text for path, text in builtin_pages().items() if "personal/" in path})
    assert catalogue.broken == ()
    return catalogue


@pytest.fixture(scope="session")
def open_eye(catalogue: Catalogue) -> Callable[..., Eye]:
    cache = HeldCache()

    def opened(**settings: Any) -> Eye:
        return Eye(PersonalFamily(catalogue.rules, cache, **settings))

    return opened


@pytest.fixture(scope="session")
def prompt(open_eye: Callable[..., Eye]) -> Eye:
    """Looks at prompts."""
    return open_eye(prompts=True)


@pytest.fixture(scope="session")
def code(open_eye: Callable[..., Eye]) -> Eye:
    """Looks at files of all kinds."""
    return open_eye(scan="all")


@pytest.fixture(scope="session")
def make() -> Any:
    """The makers of values, `made.py` beside this file."""
    spec = importlib.util.spec_from_file_location("personal_made", Path(__file__).with_name("made.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
