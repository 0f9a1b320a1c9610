"""The other files of a folder, where a format sees them as one: Terraform's units and names."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from clearance.facts.change import Contents, SideName
from clearance.facts.text import decode
from clearance.scan.family import Budget
from clearance.scan.infra.lower import Lowering, format_of
from clearance.scan.infra.lower.hcl.references import Definition, Names, References
from clearance.scan.infra.node import NotThis, Unit
from clearance.scan.language import language_of
from clearance.scan.neighbours import Neighbours

if TYPE_CHECKING:
    from clearance.scan.infra.lower.hcl.definitions import Definitions
    from clearance.scan.infra.lower.hcl.source import Source

SUFFIXES: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""Files that see each other within a folder."""
VALUES: Final = (".tfvars", ".tfvars.json")
"""Files that set variables of a folder."""
MOST_FILES: Final = 1_000
MOST_BYTES: Final = 512 * 1024
"""Of the largest file that is read for another one."""
MOST_OF_ALL: Final = 8 * 1024 * 1024
"""Bytes that are read of a folder."""
_MOST_KEPT: Final = 2_048
_T = TypeVar("_T")


class Beside(NamedTuple):
    """A file that is read for another one."""

    path: str
    text: str
    digest: str


class Folders:
    """What stands beside a file. One for each process."""

    def __init__(self, contents: Contents) -> None:
        self.neighbours = Neighbours(contents)
        self.spent: list[str] = []
        """What was not read because a bound was reached; whoever tells it empties the list."""
        self._kept: OrderedDict[tuple[str, str], object] = OrderedDict()

    def files(
        self, folder: str, side: SideName, suffixes: tuple[str, ...], budget: Budget, *, but: str = ""
    ) -> Sequence[Beside]:
        """Give the files of a folder with such an end as they are on one side, without one of them. A file that cannot be
        read is left out; one that is too large, or one too many, is noted in `spent`.

        Raises:
            OutOfTime: the budget is spent.
        """
        found, spent = self._once(
            (f"{side} {folder}", " ".join(suffixes)), lambda: self._files(folder, side, suffixes, budget)
        )
        self.spent.extend(one for one in spent if one not in self.spent)
        return [one for one in found if one.path != but]

    def _files(
        self, folder: str, side: SideName, suffixes: tuple[str, ...], budget: Budget
    ) -> tuple[Sequence[Beside], Sequence[str]]:
        found: list[Beside] = []
        spent: list[str] = []
        left = MOST_OF_ALL
        # One more than may stand beside: the file itself is among them.
        for path in self.neighbours.files(folder, side):
            if not path.endswith(suffixes):
                continue
            budget.check()
            if len(found) > MOST_FILES:
                spent.append(f"more than {MOST_FILES} files stand beside it")
                break
            data = self.neighbours.read(path, side, min(MOST_BYTES, left) + 1)
            if data is None:
                continue
            if len(data) > min(MOST_BYTES, left):
                spent.append(f"{path} is too large to be read for other files")
                continue
            left -= len(data)
            decoded = decode(data)
            if decoded is not None:
                found.append(Beside(path, decoded.text, hashlib.sha256(data).hexdigest()))
        return found, spent

    def read(self, path: str, side: SideName) -> Beside | None:
        """Give one file as it is on a side, or None where it is not there or cannot be read."""
        data = self.neighbours.read(path, side, MOST_BYTES + 1)
        decoded = decode(data) if data is not None and len(data) <= MOST_BYTES else None
        if data is None or decoded is None:
            return None
        return Beside(path, decoded.text, hashlib.sha256(data).hexdigest())

    def beside(self, path: str, side: SideName, budget: Budget, words: Collection[str] = ()) -> Iterator[Unit]:
        """Give the units of the other files of a folder as they are on one side, of those in which one of the `words`
        stands where there are any; a file that cannot be read has none.

        Raises:
            OutOfTime: the budget is spent.
        """
        if path.endswith(SUFFIXES):
            folder = self.neighbours.folder(path, side)
            for one in self.files(folder, side, SUFFIXES, budget, but=self._own(path, side)):
                if not words or any(word in one.text for word in words):
                    yield from self.units(one, budget)

    def references(
        self,
        path: str,
        side: SideName,
        budget: Budget,
        *,
        folder: str | None = None,
        given: Callable[[], Mapping[str, Definition]] | None = None,
    ) -> References:
        """Give the names that a file finds in its folder on one side. What `given` says of variables goes before all that
        files say: the arguments of a module, or another file of values."""
        place = self.neighbours.folder(path, side) if folder is None else folder
        return References(partial(self._names, self._own(path, side), place, side, budget, given))

    def _names(
        self,
        own: str,
        folder: str,
        side: SideName,
        budget: Budget,
        given: Callable[[], Mapping[str, Definition]] | None,
        references: References,
    ) -> Names:
        variables: dict[str, Definition] = {}
        local: dict[str, Definition] = {}
        values: dict[str, Definition] = {}
        files = self.files(folder, side, (*SUFFIXES, *VALUES), budget, but=own)
        for one in sorted(files, key=lambda one: order_of(one.path)):
            if one.path.endswith(VALUES) and not is_automatic(one.path):
                continue
            found = self.definitions(one, budget).within(references, budget)
            variables.update(found.variables)
            local.update(found.local)
            values.update(found.given)
        return Names(variables, local, {**values, **given()} if given is not None else values)

    def definitions(self, one: Beside, budget: Budget) -> "Definitions":
        """Read what a file says of names."""
        from clearance.scan.infra.lower.hcl.definitions import definitions_of

        return self._once(
            (one.digest, f"names {one.path[-12:]}"),
            lambda: definitions_of(one.path, one.text, budget, lambda: self.source(one, budget)),
        )

    def source(self, one: Beside, budget: Budget) -> "Source":
        """Give a text as it is parsed."""
        from clearance.scan.infra.lower.hcl.source import Source

        found = self._once((one.digest, "source"), lambda: Source(one.text, budget))
        found.budget = budget
        return found

    def units(self, one: Beside, budget: Budget) -> Sequence[Unit]:
        """Read what a file configures; one that cannot be read configures nothing."""

        def read() -> Sequence[Unit]:
            name = format_of(one.path, language_of(one.path), one.text)
            try:
                return Lowering(name)(one.text, budget).units if name else ()
            except NotThis:
                return ()

        return self._once((one.digest, f"units {one.path[-12:]}"), read)

    def _once(self, key: tuple[str, str], make: Callable[[], _T]) -> _T:
        if key in self._kept:
            self._kept.move_to_end(key)
            return cast("_T", self._kept[key])
        made = make()
        self._kept[key] = made
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return made

    def _own(self, path: str, side: SideName) -> str:
        return self.neighbours.path(path, side)


_FIRST: Final = ("terraform.tfvars", "terraform.tfvars.json")
"""Files of values that every other one overrules, in their order."""


def order_of(path: str) -> tuple[int, str]:
    """Give the order in which files of values count; the last one wins."""
    name = path.rpartition("/")[2]
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), path)


def is_automatic(path: str) -> bool:
    """Tell whether Terraform reads a file of values unasked."""
    return path.rpartition("/")[2] in _FIRST or path.endswith((".auto.tfvars", ".auto.tfvars.json"))
