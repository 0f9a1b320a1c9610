"""What an index that the settings allow may be asked; the room `fetch` holds the one that uses the network."""

import datetime as dt
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from clearance.facts.package import Registry


class Known(Enum):
    """What an index says of a name."""

    PRESENT = "present"
    ABSENT = "absent"
    SILENT = "silent"
    """It did not answer, or what it answered cannot be trusted. Never to be read as one of the others."""


class Release(NamedTuple):
    """One version of a package as an index tells it. None and empty mean that the index does not say.

    `uploaded` is given only where it can be true (see `IndexAnswer.dated`). `scripts`: it runs code when it is installed.
    """

    version: str
    uploaded: dt.datetime | None = None
    yanked: bool = False
    reason: str = ""
    """Why it was yanked or deprecated, in the words of its author."""
    deprecated: bool = False
    scripts: bool | None = None
    licence: str = ""
    hashes: tuple[str, ...] = ()


class IndexAnswer(NamedTuple):
    """What an index says of one name. `why` says for people why it is silent (`did not answer within 3 s`).

    `dated`: its upload times can be true; a mirror that stamps all with the day on which it fetched them is not dated.
    `created` is when the name was registered first. `releases` holds the versions that were asked for, and the latest.
    """

    registry: Registry
    name: str
    known: Known
    why: str = ""
    dated: bool = False
    created: dt.datetime | None = None
    latest: str = ""
    how_many: int = 0
    """Of its releases."""
    releases: tuple[Release, ...] = ()
    asked: str = ""
    """The host that was asked."""

    def release(self, version: str) -> Release | None:
        """Give the release of exactly this version, as the index writes it, or None."""
        return next((one for one in self.releases if one.version == version), None)


class Question(NamedTuple):
    """A name, and the versions of which more is wanted."""

    registry: Registry
    name: str
    versions: tuple[str, ...] = ()


class LiveIndex(Protocol):
    """Answers for many names at once, in parallel, from a cache where it can. Never raises, and ends in time.

    Works in forked and spawned worker processes. For each question there is one answer, in their order; where the index
    could not be asked, or said what cannot be right, the answer is `SILENT` and says why.
    """

    def ask(self, questions: Sequence[Question], seconds: float) -> Sequence[IndexAnswer]:
        """Give one answer for each question."""
        ...
