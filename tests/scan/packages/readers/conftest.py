"""What the tests of readers share: one file read, each thing that is named as one line of text."""

from collections.abc import Callable

import pytest

from clearance.facts.text import Decoded
from clearance.scan.family import Budget, View
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Remote, Source
from clearance.scan.packages.readers import readers_for


def names_in(path: str, text: str) -> list[str]:
    """Give `line registry name@version (wanted) flags`, `line from name address`, `line index address` in order of place.

    Imports are left out. Where the span of a name or version is not its text, that is told.
    """
    view = View(path, "after", text.encode("utf-8", "surrogatepass"), Decoded(text, "utf-8", broken=False))
    seen: list[tuple[int, str]] = []
    for reader in readers_for(view):
        for one in reader(text, Budget(60)):
            line = view.position(one.start)[0]
            there = text[one.start : one.end]
            match one:
                case Mention():
                    if one.source is Source.IMPORT:
                        continue
                    told = f"{line} {one.registry.value} {one.name}"
                    told += f"@{one.version}" if one.version else f" ({one.wanted})" if one.wanted else ""
                    told += " private" * one.private + " optional" * one.optional
                    told += f" as {one.alias}" if one.alias else ""
                    told += "" if one.name in there or one.alias else f" at {there!r}"
                    if one.version and one.place[1] and one.version not in text[slice(*one.place)]:
                        told += f" version at {text[slice(*one.place)]!r}"
                case Remote():
                    told = f"{line} {'pinned' if one.pinned else 'from'} {one.name} {one.address}"
                case ExtraIndex():
                    told = f"{line} {'only' if one.only else 'also'} {one.address}"
                case Computed():
                    told = f"{line} computed {one.registry.value}"
            seen.append((one.start, told))
    return [told for _, told in sorted(seen)]


@pytest.fixture(scope="session", name="names_in")
def _names_in() -> Callable[[str, str], list[str]]:
    return names_in
