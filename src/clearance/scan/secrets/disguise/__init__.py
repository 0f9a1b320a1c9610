"""Ways in which secrets are hidden, and how they read without them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

from clearance.scan.secrets.probe import Disguise, Probe, Sheet, Undone

if TYPE_CHECKING:
    from clearance.scan.secrets.disguise.words import Words


_PLACED = ("placed", "reversed", "rotated")


def disguise_makers(probes: Sequence[Probe]) -> tuple[Callable[[], Disguise], ...]:
    """Give what makes each of the disguises that may hide what the probes look for, always as many; a maker imports what it
    needs, and takes its time, when it is called."""

    @cache
    def words() -> "Words":
        from clearance.scan.secrets.disguise.words import words_of

        return words_of(probes)

    return (
        _maker("lines", "lines_disguise"),
        _maker("joined", "joined_disguise"),
        _maker("joined", "names_disguise"),
        _maker("added", "added_disguise"),
        _maker("lists", "list_disguise"),
        _maker("templates", "template_disguise"),
        _maker("templates", "interpolation_disguise"),
        _maker("shell", "shell_disguise"),
        _maker("escapes", "escape_disguise"),
        _maker("escapes", "entity_disguise"),
        _maker("escapes", "percent_disguise"),
        _maker("escapes", "soft_disguise"),
        _maker("unseen", "unseen_disguise"),
        _maker("encoded", "packed_disguise"),
        _maker("blobs", "blob_disguise"),
        _maker("encoded", "base64_disguise", words),
        _maker("encoded", "base32_disguise", words),
        _maker("encoded", "hex_disguise", words),
        _maker("codes", "code_disguise", words),
        _maker("records", "record_disguise"),
        _maker("records", "map_disguise"),
        _maker("tables", "table_disguise"),
        *(_maker("placed", "placed_disguise", partial(str, name), words, lambda: probes) for name in _PLACED),
    )


def _maker(module: str, name: str, *needs: Callable[[], object]) -> Callable[[], Disguise]:
    """Give what calls a function of a module with what it needs."""

    def make() -> Disguise:
        made: Disguise = getattr(import_module(f"{__name__}.{module}"), name)(*(need() for need in needs))
        return made

    return make


def make_disguises(probes: Sequence[Probe]) -> tuple[Disguise, ...]:
    """Make all disguises at once."""
    return tuple(make() for make in disguise_makers(probes))


def whole(sheet: Sheet) -> Iterator[Undone]:
    """Give what only reading all of a sheet finds: words of a script that are quoted in parts."""
    from clearance.scan.secrets.disguise.shell import shell_words

    return shell_words(sheet)
