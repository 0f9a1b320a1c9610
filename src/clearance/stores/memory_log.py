"""A log that is forgotten with the process, and its pins."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from clearance.facts.entry import Seen


class MemoryView:
    """A view of bodies by name; what is put stays in the view until the store takes it."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self._bodies = bodies

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None."""
        return self._bodies.get(name)

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix`, with their bodies, in order."""
        yield from sorted((name, body) for name, body in self._bodies.items() if name.startswith(prefix))

    def put(self, name: str, body: bytes) -> None:
        """Write a body."""
        self._bodies[name] = body

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Write many bodies."""
        self._bodies.update(items)


class MemoryStore:
    """Bodies by name in a dict. `bodies` is open, so that a test can damage it."""

    def __init__(self, place: str = "memory") -> None:
        self.place = place
        self.bodies: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        """Open a view of what is there now."""
        yield MemoryView(dict(self.bodies))

    @contextmanager
    def write(self) -> Iterator[MemoryView]:
        """Open a draft, which counts once the block ends well."""
        with self._lock:
            draft = dict(self.bodies)
            yield MemoryView(draft)
            self.bodies = draft


class MemoryPins:
    """Checkpoints that were seen, in a dict."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, Seen]] = {}
        self._origins: dict[str, tuple[str, ...]] = {}

    def seen(self, origin: str, place: str) -> Seen | None:
        """Give the newest checkpoint kept; a place in memory is never told to lie elsewhere."""
        del place
        found = self._seen.get(origin)
        return found[1] if found else None

    def origins(self, place: str) -> tuple[str, ...]:
        """Name the logs that were seen at a place."""
        return self._origins.get(place, ())

    def keep(self, origin: str, place: str, size: int, note: bytes) -> None:
        """Keep a checkpoint unless a larger one is kept."""
        if size >= self._seen.get(origin, (0, None))[0]:
            self._seen[origin] = (size, Seen(note=note, place=place))
        if origin not in self.origins(place):
            self._origins[place] = (*self.origins(place), origin)

    def told(self, place: str) -> str:
        """Say where the memory lies."""
        return f"memory of {place}"
