"""What is known where some literals hold: whether they can hold together, and what follows from them."""

import difflib
from collections.abc import Iterable, Sequence

from clearance.decide.terms import NOWHERE, Form, Literal, Pattern, World, fits, text_of

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_TRUTH = frozenset({"true", "false"})
_WORDS = {"triggers": "trigger", "name": "trigger", "scanners": "family", "families": "family", "rules": "rule"}


class Known:
    """All that follows from literals that hold together. `problem` says why they cannot, empty where nothing speaks against
    it."""

    def __init__(self, literals: Iterable[Literal], world: World = NOWHERE) -> None:
        self.world = world
        self.literals = tuple(literals)
        self.problem = ""
        self._values: dict[str, frozenset[str]] = {}
        self._not: dict[str, set[str]] = {}
        self._range: dict[str, tuple[int, int]] = {}
        self._likes: dict[str, list[tuple[Pattern, bool]]] = {}
        self._members: dict[str, dict[str, bool]] = {}
        self._empty: dict[str, bool] = {}
        self._other: dict[str, bool] = {}
        for literal in self.literals:
            self._add(literal)
        for literal in () if self.problem else self.literals:
            self._check(literal)

    def _add(self, one: Literal) -> None:
        match one.kind:
            case "is" if one.so:
                before = self._values.get(one.term)
                self._values[one.term] = one.what if before is None else before & one.what
                if before is not None and not before & one.what:
                    self._refuse(f"{one.term} cannot be {_some(before)} and {_some(one.what)} at once")
            case "is":
                self._not.setdefault(one.term, set()).update(one.what)
            case "between":
                low, high = self._range.get(one.term, self.world.bounds.get(one.term, (_LEAST, _MOST)))
                self._range[one.term] = (max(low, one.what[0]), min(high, one.what[1]))
            case "like":
                self._likes.setdefault(one.term, []).append((one.what, one.so))
            case "holds":
                held = self._members.setdefault(one.term, {})
                if held.setdefault(one.what, one.so) is not one.so:
                    self._refuse(f"{one.term} cannot hold {text_of(one.what)} and not hold it")
            case "empty":
                if self._empty.setdefault(one.term, one.so) is not one.so:
                    self._refuse(f"{one.term} cannot be empty and not empty")
            case _:
                if self._other.setdefault(one.term, one.so) is not one.so:
                    self._refuse("one part of the condition contradicts another")

    def _refuse(self, why: str) -> None:
        self.problem = self.problem or why

    def _check(self, one: Literal) -> None:
        """Find contradictions that only all literals of a term together show."""
        term = one.term
        if one.kind == "between":
            low, high = self._range[term]
            if low > high:
                self._refuse(self._told_range(term))
        elif one.kind in ("is", "like"):
            left = self.possible(term)
            if left is not None and not left:
                self._refuse(self._told_values(term))
            elif self._like_contradicts(term):
                self._refuse(f"{term} cannot be like a pattern and not like it")
        elif one.kind == "holds" and one.so:
            if self._empty.get(term):
                self._refuse(f"{term} cannot be empty and hold {text_of(one.what)}")
            elif not self.world.possible(term, one.what):
                self._refuse(self._nothing_called(term, one.what))

    def _told_range(self, term: str) -> str:
        bounds = self.world.bounds.get(term)
        if bounds is None:
            return f"no number fits all that is asked of {term}"
        last = f" to {bounds[1]:,}" if bounds[1] < _MOST else " upwards"
        return f"no number fits what is asked of {term}, which goes from {bounds[0]}{last}"

    def _told_values(self, term: str) -> str:
        named = self._values.get(term, frozenset())
        missing = sorted(one for one in named if not self.world.possible(term, one))
        if missing and len(missing) == len(named):
            return self._nothing_called(term, missing[0])
        if named and named <= _TRUTH:
            return f"{term} cannot be so and not so at once"
        return (
            f"{term} can only be {_some(named)}, which something else here rules out"
            if named
            else f"no value of {term} is left"
        )

    def _nothing_called(self, term: str, name: str) -> str:
        known = self.world.closed.get(term)
        if known is not None:
            return f"{term} is {_some(known)} here, never {text_of(name)}"
        what = _WORDS.get(term.rsplit(".", 1)[-1], term.rsplit(".", 1)[-1])
        near = difflib.get_close_matches(name, self.world.names.get(term, ()), n=1)
        return f"there is no {what} {text_of(name)!r}" + (f"; did you mean {text_of(near[0])!r}?" if near else "")

    def _like_contradicts(self, term: str) -> bool:
        """Whether a text must fit a pattern that is part of one it must not fit."""
        asked = self._likes.get(term, ())
        return any(fits(bad, good) for good, yes in asked if yes for bad, no in asked if not no)

    def possible(self, term: str) -> frozenset[str] | None:
        """Give the values that a term can have; None where they cannot be counted."""
        named = self._values.get(term)
        if named is None:
            named = self.world.closed.get(term)
        excluded = self._not.get(term, set())
        if named is None:
            named = _TRUTH if excluded and excluded <= _TRUTH else None
        if named is None:
            return None
        likes = self._likes.get(term, ())
        return frozenset(
            one
            for one in named - excluded
            if self.world.possible(term, one) and all(fits(pattern, tuple(text_of(one))) is so for pattern, so in likes)
        )

    def holds(self, form: Form) -> bool:
        """Tell whether a formula surely holds."""
        if isinstance(form, bool):
            return form
        if isinstance(form, Literal):
            return self._says(form) is form.so
        if form.op == "and":
            return all(self.holds(part) for part in form.parts)
        return any(self.holds(part) for part in form.parts)

    def _says(self, one: Literal) -> bool | None:
        """Answer as if the literal were positive."""
        match one.kind:
            case "is":
                return self._says_is(one)
            case "between":
                low, high = self._range.get(one.term, self.world.bounds.get(one.term, (_LEAST, _MOST)))
                if one.what[0] <= low and high <= one.what[1]:
                    return True
                return False if high < one.what[0] or one.what[1] < low else None
            case "like":
                return self._says_like(one)
            case "holds":
                return False if self._empty.get(one.term) else self._members.get(one.term, {}).get(one.what)
            case "empty":
                return False if any(self._members.get(one.term, {}).values()) else self._empty.get(one.term)
            case _:
                return self._other.get(one.term)

    def _says_is(self, one: Literal) -> bool | None:
        left = self.possible(one.term)
        if left is not None:
            return True if left <= one.what else False if not left & one.what else None
        if one.what <= self._not.get(one.term, set()):
            return False
        likes = self._likes.get(one.term, ())
        if likes and not any(all(fits(pattern, tuple(text_of(v))) is so for pattern, so in likes) for v in one.what):
            return False
        return None

    def _says_like(self, one: Literal) -> bool | None:
        left = self.possible(one.term)
        if left:
            answers = {fits(one.what, tuple(text_of(v))) for v in left}
            return answers.pop() if len(answers) == 1 else None
        for pattern, so in self._likes.get(one.term, ()):
            if so and fits(one.what, pattern):
                return True
            if not so and fits(pattern, one.what):
                return False
        return None


def consistent(ways: Sequence[Sequence[Literal]], world: World = NOWHERE) -> tuple[list[Known], list[str]]:
    """Give what is known in each way that can hold, and why the others cannot."""
    found = [Known(one, world) for one in ways]
    return [one for one in found if not one.problem], [one.problem for one in found if one.problem]


def follows(ways: Sequence[Known], form: Form) -> bool:
    """Whether a formula holds in each of these ways; not so where there are none."""
    return bool(ways) and all(one.holds(form) for one in ways)


def _some(values: Iterable[str]) -> str:
    return " or ".join(sorted(text_of(one) for one in values))
