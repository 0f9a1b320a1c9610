"""Tells options and operands of a command apart."""

from collections.abc import Collection
from typing import NamedTuple

from clearance.scan.commands.field import Field


class Options(NamedTuple):
    """`flags` holds each option as written (`-rf` also as `-r` and `-f`), `values` its values in their order."""

    flags: frozenset[str]
    values: dict[str, tuple[Field, ...]]
    operands: tuple[Field, ...]

    def has(self, *names: str) -> bool:
        """Whether one of these stands there."""
        return not self.flags.isdisjoint(names)

    def value(self, *names: str) -> Field | None:
        """Give the last value of the first of these that has one."""
        for name in names:
            if name in self.values:
                return self.values[name][-1]
        return None

    def all(self, *names: str) -> tuple[Field, ...]:
        """Give all values of these."""
        return tuple(value for name in names for value in self.values.get(name, ()))


def options(args: Collection[Field], valued: Collection[str] = (), *, clusters: bool = True) -> Options:
    """Read arguments as most programs do. `valued` are the options that take a value (`-o`, `--output`).

    Values may be joined (`-ofile`, `--output=file`). Without `clusters`, `-name` is one option (Go, Terraform, find).
    """
    flags: set[str] = set()
    values: dict[str, list[Field]] = {}
    operands: list[Field] = []
    waiting = list(reversed(tuple(args)))
    while waiting:
        one = waiting.pop()
        text = one.text
        if text == "--":
            operands.extend(reversed(waiting))
            break
        if len(text) < 2 or text[0] != "-":
            operands.append(one)
            continue
        name, sign, joined = text.partition("=")
        if text.startswith("--") or not clusters:
            flags.add(name)
            if sign:
                values.setdefault(name, []).append(one._replace(text=joined))
            elif name in valued and waiting:
                values.setdefault(name, []).append(waiting.pop())
            continue
        flags.add(text)
        for at in range(1, len(text)):
            letter = "-" + text[at]
            flags.add(letter)
            if letter in valued:
                rest = text[at + 1 :]
                if rest:
                    values.setdefault(letter, []).append(one._replace(text=rest.removeprefix("=")))
                elif waiting:
                    values.setdefault(letter, []).append(waiting.pop())
                break
    return Options(frozenset(flags), {name: tuple(those) for name, those in values.items()}, tuple(operands))
