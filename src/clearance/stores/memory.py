"""Stores that last as long as the process."""


class MemoryCache:
    """A cache in a dict: for tests, and for runs that may leave nothing behind."""

    def __init__(self) -> None:
        self._entries: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Give what was put under the key, or None."""
        return self._entries.get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key."""
        self._entries[key] = bytes(data)
