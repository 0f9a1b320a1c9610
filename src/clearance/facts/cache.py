"""Where compiled things may rest between runs."""

from typing import Protocol


class Cache(Protocol):
    """Bytes by key, private to the user. Losing all of it costs time and nothing else.

    `get` gives exactly what `put` was given, or None: a damaged, foreign or missing entry is None, never an error. `put`
    never raises: where nothing can be written, nothing is kept.
    """

    def get(self, key: str) -> bytes | None:
        """Give the bytes under a key (letters, digits, `-`, `.`), or None."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, replacing what was there in one step."""
        ...
