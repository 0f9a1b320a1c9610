"""Reads which indexes pyproject.toml, uv.toml and a Pipfile name, and whether one of them answers for a name or any."""

from collections.abc import Iterable, Iterator
from typing import Any

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import ExtraIndex, Registry, Unparsed
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, parse, walk

_UNSAFE = frozenset({"unsafe-best-match", "unsafe-first-match"})


class Places:
    """Where the strings of a document stand, by the keys that lead there, in their order."""

    def __init__(self, events: Iterable[TomlString | TomlKey]) -> None:
        self._spans: dict[tuple[str, ...], list[TomlString]] = {}
        for event in events:
            if isinstance(event, TomlString):
                self._spans.setdefault(event.path, []).append(event)

    def index(self, path: tuple[str, ...], value: object, *, only: bool) -> Iterator[ExtraIndex]:
        """Tell of the index `value` where that is a string and stands at `path`."""
        span: Span | None = next((one.span for one in self._spans.get(path, ()) if one.value == value), None)
        if isinstance(value, str) and span:
            yield ExtraIndex(Registry.PYPI, bare(value), *span, only=only)


def table(data: object, *keys: str) -> dict[str, Any]:
    """Give the table that these keys lead to; an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def rows(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Give the tables of an array of tables; none where it is none."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def pyproject_indexes(data: dict[str, Any], events: Iterable[TomlString | TomlKey]) -> Iterator[ExtraIndex]:
    """Give the indexes that uv, Poetry and PDM are told of, but for explicit ones, which answer only where they are named.

    Poetry asks a supplemental source last, so that a public name wins over it; PDM asks all.
    """
    places = Places(events)
    yield from _uv(table(data, "tool", "uv"), ("tool", "uv"), places)
    for one in rows(table(data, "tool", "poetry"), "source"):
        priority = one.get("priority", "secondary" if one.get("secondary") else "primary")
        if priority != "explicit":
            yield from places.index(
                ("tool", "poetry", "source", "url"), one.get("url"), only=priority in {"primary", "default"}
            )
    for one in rows(table(data, "tool", "pdm"), "source"):
        yield from places.index(("tool", "pdm", "source", "url"), one.get("url"), only=one.get("name") == "pypi")


def _uv(settings: dict[str, Any], path: tuple[str, ...], places: Places) -> Iterator[ExtraIndex]:
    """Read uv's settings. By its default strategy the first index that knows a name answers alone."""
    safe = settings.get("index-strategy") not in _UNSAFE
    for one in rows(settings, "index"):
        if one.get("explicit") is not True:
            yield from places.index((*path, "index", "url"), one.get("url"), only=safe or one.get("default") is True)
    for inner in (settings, table(settings, "pip")):
        here = path if inner is settings else (*path, "pip")
        strict = safe if inner is settings else inner.get("index-strategy", settings.get("index-strategy")) not in _UNSAFE
        yield from places.index((*here, "index-url"), inner.get("index-url"), only=True)
        for key in ("extra-index-url", "find-links"):
            given = inner.get(key)
            for address in given if isinstance(given, list) else []:
                if key == "extra-index-url" or "://" in str(address):
                    yield from places.index((*here, key), address, only=strict)


def uv_toml(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read uv.toml: the indexes that it names.

    Raises:
        Unparsed: it is no TOML.
    """
    data, problem = parse(text, "uv.toml")
    yield from _uv(data, (), Places(walk(text, budget)))
    if problem:
        raise Unparsed(problem)


def pipfile_indexes(data: dict[str, Any], events: Iterable[TomlString | TomlKey]) -> Iterator[ExtraIndex]:
    """Give the sources of a Pipfile: the first is the default; others answer only for packages that name them, unless
    `install_search_all_sources` is set."""
    places = Places(events)
    every = table(data, "pipenv").get("install_search_all_sources") is True
    for number, one in enumerate(rows(data, "source")):
        yield from places.index(("source", "url"), one.get("url"), only=not number or not every)
