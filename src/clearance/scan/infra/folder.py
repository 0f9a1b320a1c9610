"""The other files of a folder, where a format sees them as one: Terraform's."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from clearance.facts.change import Contents, SideName
from clearance.facts.errors import CollectError
from clearance.facts.text import decode
from clearance.scan.family import Budget
from clearance.scan.infra.lower import Lowering, format_of
from clearance.scan.infra.node import NotThis, Unit
from clearance.scan.language import language_of

SUFFIXES: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""Files that see each other within a folder."""
MOST_FILES: Final = 60
MOST_BYTES: Final = 512 * 1024
"""Of the largest file that is read for another one."""
MOST_OF_ALL: Final = 2 * 1024 * 1024
"""Bytes that are read of a folder."""
_MOST_KEPT: Final = 128


class Folders:
    """What stands beside a file. One for each process."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._kept: OrderedDict[str, Sequence[Unit]] = OrderedDict()

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self._contents.paths()):
            if path.endswith(SUFFIXES):
                found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    def beside(self, path: str, side: SideName, budget: Budget) -> Iterator[Unit]:
        """Give the units of the other files of a folder as they are on one side; a file that cannot be read has none.

        Raises:
            OutOfTime: the budget is spent.
        """
        if not path.endswith(SUFFIXES):
            return
        others = [one for one in self._by_folder.get(path.rpartition("/")[0], ()) if one != path]
        left = MOST_OF_ALL
        for other in others[:MOST_FILES]:
            budget.check()
            data = self._read(other, side)
            if data is None or len(data) > left:
                continue
            left -= len(data)
            yield from self._units(other, data, budget)

    def _units(self, path: str, data: bytes, budget: Budget) -> Sequence[Unit]:
        key = f"{hashlib.sha256(data).hexdigest()} {path.endswith('.json')}"
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        decoded = decode(data)
        text = decoded.text if decoded is not None else ""
        name = format_of(path, language_of(path), text)
        try:
            known = Lowering(name)(text, budget).units if name else ()
        except NotThis:
            known = ()
        self._kept[key] = known
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return known

    def _read(self, path: str, side: SideName) -> bytes | None:
        contents = self._contents
        try:
            if side == "after":
                data = contents.peek(path, MOST_BYTES + 1)
            else:
                try:
                    data = contents.read(path, "before", MOST_BYTES + 1)
                except KeyError:
                    data = contents.peek(path, MOST_BYTES + 1) if not self._is_new(path) else b""
        except (CollectError, KeyError):
            return None
        return data if 0 < len(data) <= MOST_BYTES else None

    def _is_new(self, path: str) -> bool:
        try:
            self._contents.read(path, "after", 1)
        except (CollectError, KeyError):
            return False
        return True
