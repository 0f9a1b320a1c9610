"""From what a person types to a control or to something of ours, or to a sentence that helps."""

import difflib
from collections.abc import Iterable, Sequence

from clearance.controls.catalogue import Catalogue, problem
from clearance.controls.crosswalk import OURS
from clearance.facts.errors import UsageError

_MOST_TYPED = 200


class Names:
    """All controls of all catalogues, and everything of ours, by name."""

    def __init__(self, catalogues: Sequence[Catalogue], ours: Iterable[str]) -> None:
        self.catalogues = tuple(catalogues)
        self.ours = tuple(ours)
        self._homes = {name: one for one in self.catalogues for name in one.items}
        self._folded: dict[str, list[str]] = {}
        for name, one in self._homes.items():
            for way in {name, one.items[name].id, name.partition(":")[2] or name}:
                self._folded.setdefault(way.casefold(), []).append(name)

    def catalogue(self, prefix: str) -> Catalogue:
        """Give a catalogue by its prefix.

        Raises:
            UsageError: there is none.
        """
        found = next((one for one in self.catalogues if one.prefix == prefix.casefold()), None)
        if found is None:
            known = [one.prefix for one in self.catalogues]
            near = difflib.get_close_matches(prefix[:_MOST_TYPED].casefold(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it can be {', '.join(known)}"
            raise UsageError(f"no catalogue {prefix[:_MOST_TYPED]!r}", next=hint)
        return found

    def control(self, typed: str, framework: str | None = None) -> str:
        """Give the reference of a control: as edges name it, or an id alone, in any case; of `framework` if given.

        Raises:
            UsageError: there is none, it is of another version, or several catalogues have it.
        """
        typed = typed[:_MOST_TYPED]
        found = self._folded.get(typed.casefold(), [])
        if framework is not None:
            home = self.catalogue(framework)
            found = [name for name in found if name in home.items]
            if not found:
                raise _usage(*self._unknown(typed, (home,)))
        elif typed in self._homes:
            return typed
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"several catalogues have {typed!r}", next=f"name one: {', '.join(found[:8])}")
        raise _usage(*self._unknown(typed, self.catalogues))

    def _unknown(self, typed: str, among: Sequence[Catalogue]) -> tuple[str, str]:
        what, _, hint = problem(typed, among).partition("; ")
        if hint:
            return what, hint
        near = difflib.get_close_matches(typed.casefold(), list(self._folded), n=1)
        said = f"did you mean {self._folded[near[0]][0]}?" if near else "`clearance controls list` shows the catalogues"
        return f"no control {typed!r}", said

    def own(self, typed: str) -> str:
        """Give the whole name of something of ours (`rule:python-eval`): as it is, or without what it is.

        Raises:
            UsageError: there is none, or several.
        """
        typed = typed[:_MOST_TYPED]
        if typed in self.ours:
            return typed
        found = [name for name in self.ours if name.partition(":")[2] == typed]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"several are called {typed!r}", next=f"name one: {', '.join(found)}")
        kind, colon, _ = typed.partition(":")
        known = self.ours if colon and kind in OURS else [name.partition(":")[2] for name in self.ours]
        near = difflib.get_close_matches(typed, known, n=1)
        what = "`clearance rules list` and `clearance policy list` show what there is"
        raise UsageError(f"nothing is called {typed!r}", next=f"did you mean {near[0]}?" if near else what)

    def label(self, reference: str) -> str:
        """Give our own words for a control, or that it is unknown."""
        home = self._homes.get(reference)
        if home is None:
            return "unknown"
        item = home.items[reference]
        level = f", level {item.level}" if item.level else ""
        return f"{item.label or home.chapters[reference].label} ({home.title} {home.version}{level})"


def _usage(what: str, next: str) -> UsageError:
    return UsageError(what, next=next)
