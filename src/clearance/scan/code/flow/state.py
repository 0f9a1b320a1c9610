"""What is known at a point of a function: variables, refined paths, checks kept in variables, and calls that went before."""

from typing import TYPE_CHECKING

from clearance.scan.code.flow.algebra import join as join_values
from clearance.scan.code.flow.algebra import same
from clearance.scan.code.flow.value import Value

if TYPE_CHECKING:
    from clearance.scan.code import ir
    from clearance.scan.code.flow.event import Event

_MAX_DONE = 64


class State:
    """One point of the program.

    `vars` are the variables of the function. `paths` are what guards found out about attributes and entries (`user.name`).
    `copies` tells from which path a variable was copied as it is (`b = a`). `tests` are conditions kept in variables
    (`ok = x in ALLOWED`). `done` are the wanted calls that certainly went before.
    """

    __slots__ = ("copies", "done", "mentions", "paths", "tests", "vars")

    def __init__(
        self,
        variables: dict[str, Value],
        paths: dict[str, Value] | None = None,
        copies: dict[str, str] | None = None,
        tests: "dict[str, ir.Expr] | None" = None,
        done: "tuple[Event, ...]" = (),
        mentions: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.vars = variables
        self.paths = paths if paths is not None else {}
        self.copies = copies if copies is not None else {}
        self.tests = tests if tests is not None else {}
        self.done = done
        self.mentions = mentions if mentions is not None else {}

    def copy(self) -> "State":
        """Give a state of its own that starts as this one."""
        return State(
            self.vars.copy(),
            self.paths.copy() if self.paths else None,
            self.copies.copy() if self.copies else None,
            self.tests.copy() if self.tests else None,
            self.done,
            self.mentions.copy() if self.mentions else None,
        )

    def set(self, name: str, value: Value) -> None:
        """Give a variable a new value; what was known because of the old one is forgotten."""
        self.vars[name] = value
        if self.paths:
            self.forget(name)
        if self.copies:
            self.copies.pop(name, None)
            for other in [one for one, of in self.copies.items() if root(of) == name]:
                del self.copies[other]
        if self.tests:
            self.tests.pop(name, None)
            for other in self.mentions.pop(name, ()):
                self.tests.pop(other, None)

    def remember(self, name: str, test: "ir.Expr", mentioned: frozenset[str]) -> None:
        """Keep a condition that a variable holds, until something that it speaks about changes."""
        if name in mentioned:
            return
        self.tests[name] = test
        for other in mentioned:
            known = self.mentions.get(other, ())
            if name not in known:
                self.mentions[other] = (*known[-7:], name)

    def forget(self, path: str) -> None:
        """Forget what guards found out about a path and what lies below it."""
        for one in [key for key in self.paths if key.startswith(path) and key[len(path) : len(path) + 1] in ("", ".", "[")]:
            del self.paths[one]

    def saw(self, event: "Event") -> None:
        """Note a call that every way from here on has behind it."""
        self.done = (*self.done[-_MAX_DONE:], event)


def root(path: str) -> str:
    """Give the variable at the start of a path (`user` of `user.name`)."""
    for at, letter in enumerate(path):
        if letter in ".[":
            return path[:at]
    return path


def join(a: State | None, b: State | None) -> State | None:
    """Give what is known where two ways meet; None is a way that cannot be taken."""
    if a is None or b is None or a is b:
        return a if a is not None else b
    mine, other = a.vars, b.vars
    joined: dict[str, Value] = {}
    for name, value in mine.items():
        there = other.get(name)
        joined[name] = value if there is None or there is value else join_values(value, there)
    for name, value in other.items():
        if name not in joined:
            joined[name] = value
    paths = None
    if a.paths and b.paths:
        paths = {key: join_values(value, b.paths[key]) for key, value in a.paths.items() if key in b.paths}
    copies = {key: of for key, of in a.copies.items() if b.copies.get(key) == of} if a.copies and b.copies else None
    tests = {key: of for key, of in a.tests.items() if b.tests.get(key) is of} if a.tests and b.tests else None
    mentions = {**a.mentions, **b.mentions} if tests else None
    for key in (a.mentions.keys() & b.mentions.keys()) if tests else ():
        mine_too, others = a.mentions[key], b.mentions[key]
        if mentions is not None and mine_too != others:
            mentions[key] = tuple(dict.fromkeys((*mine_too, *others)))
    done = a.done
    if a.done is not b.done:
        there_too = {id(event) for event in b.done}
        done = tuple(event for event in a.done if id(event) in there_too)
    return State(joined, paths, copies, tests, done, mentions)


def join_all(states: "list[State | None]") -> State | None:
    """Give what is known where many ways meet."""
    result: State | None = None
    for one in states:
        result = join(result, one)
    return result


def same_state(a: State | None, b: State | None) -> bool:
    """Tell whether another round of a loop that was entered as `b` would find nothing new. Variables that it makes itself
    do not count."""
    if a is None or b is None:
        return a is b
    for name, value in b.vars.items():
        other = a.vars.get(name)
        if other is not value and (other is None or not same(value, other)):
            return False
    return a.paths.keys() == b.paths.keys()
