"""Expands words as a shell does, as far as the text alone tells: variables, braces, tildes, constant substitutions."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from clearance.scan.commands.field import HOME, MAYBE, SOME, Field
from clearance.scan.commands.syntax import Arithmetic, Literal, Substitution, Variable, Word

if TYPE_CHECKING:
    from clearance.scan.commands.run import Run

Values = tuple[str, ...]
"""What a variable may hold: one value, or each that a loop gives it."""
_MOST_FORMS = 64
_LONGEST = 65_536
_BREAK = "\ue010"
_SPECIAL = "{},*?[]~"
_MARKS = {ord(sign): chr(0xE000 + number) for number, sign in enumerate(_SPECIAL)}
_UNMARKS = {0xE000 + number: sign for number, sign in enumerate(_SPECIAL)}
_SPACE = re.compile(r"[ \t\n]+")
_RANGE = re.compile(r"(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.-?\d{1,4})?|([A-Za-z])\.\.([A-Za-z])")
_TILDE = re.compile(r"~[\w.-]*(?=/|\Z)")
_SLICE = re.compile(r" *(-?\d{1,5})(?::(\d{1,5}))?")
_NUMBERS = frozenset("?$!#-")
_GLOB = re.compile(r"[*?\[]")
_TEMPORARY = "/tmp"  # noqa: S108 -- what the variable mostly says
_GIVEN: dict[str, Values] = {
    "HOME": (HOME,), "PWD": (".",), "TMPDIR": (_TEMPORARY,), "IFS": (" ",), "SHELL": ("bash",), "BASH": ("bash",),
    "@": ("",), "*": ("",), "0": ("bash",),
    **{str(number): ("",) for number in range(1, 10)},
}  # fmt: skip


class TooMuch(Exception):
    """Words expand to more than is read."""


class Output(NamedTuple):
    """What a substitution says, as far as that is known (None: not at all), and the commands in it."""

    text: str | None
    runs: "tuple[Run, ...]"


class Scope:
    """Variables of a shell. What nobody set in the text is not known. `unsure`: what is set now stands in a branch, and may
    not happen."""

    def __init__(self, values: dict[str, Values] | None = None) -> None:
        self.values: dict[str, Values] = dict(_GIVEN) if values is None else values
        self.unsure = False

    def copy(self) -> "Scope":
        """Give a scope that may go its own way: that of a subshell."""
        other = Scope(dict(self.values))
        other.unsure = self.unsure
        return other

    def assign(self, name: str, values: Iterable[str], *, appends: bool = False) -> None:
        """Set a variable as the text does. In a branch it may hold afterwards what it held before, too."""
        held = self.values.get(name, ()) if self.unsure else ()
        self.put(name, values, appends=appends)
        if held and held != self.values[name]:
            self.put(name, dict.fromkeys((*held, *self.values[name])))

    def put(self, name: str, values: Iterable[str], *, appends: bool = False) -> None:
        """Set a variable; of very many values it is only known that there are some."""
        new = tuple(values)
        if appends and name in self.values and len(self.values[name]) == len(new) == 1:
            new = (self.values[name][0] + new[0],)
        if len(new) > _MOST_FORMS or sum(map(len, new)) > _LONGEST or len(self.values) > 2_000:
            new = (SOME,)
        self.values[name] = new


class Expander:
    """Turns words into fields."""

    def __init__(self, scope: Scope, run: Callable[[Substitution], Output]) -> None:
        """`run` reads the commands of a substitution."""
        self._scope = scope
        self._run = run
        self._left = 4 * 1024 * 1024

    def fields(self, word: Word, *, whole: bool = False) -> list[Field]:
        """Expand a word. `whole`: it is not split (an assignment, a here-document).

        Raises:
            TooMuch: it becomes more text than is read.
        """
        forms, file, quoted = [""], False, False
        unset: list[str] = []
        inner: list[Run] = []
        for part in word.parts:
            match part:
                case Literal(text=text, quoted=is_quoted):
                    quoted |= is_quoted
                    values: Values = (text.translate(_MARKS) if is_quoted and not text.isalnum() else text,)
                case Variable():
                    quoted |= part.quoted
                    values = self._variable(part, unset, inner)
                    values = self._split(values, split=not part.quoted and not whole)
                case Substitution():
                    quoted |= part.quoted
                    output = self._run(part)
                    inner.extend(output.runs)
                    file |= part.sign != "$"
                    said = output.text
                    values = (MAYBE if said is None else said.rstrip("\n"),) if part.sign == "$" else (SOME,)
                    values = self._split(values, split=not part.quoted and not whole)
                case Arithmetic(inside=inside):
                    for one in self.fields(inside, whole=True):
                        inner.extend(one.inner)
                    values = (SOME,)
            forms = self._joined(forms, values)
        known = dict.fromkeys(unset)
        make = _Maker(word, tuple(known), tuple(inner), file)
        if whole:
            return [make(form, tilde=False) for form in forms]
        return [
            make(piece)
            for form in forms
            for field in form.split(_BREAK)
            for piece in braced(field)
            if piece or quoted
        ]  # fmt: skip

    def _joined(self, forms: list[str], values: Values) -> list[str]:
        if len(forms) == 1 and len(values) == 1:
            joined = [forms[0] + values[0]]
        elif len(forms) * len(values) > _MOST_FORMS:
            joined = [forms[0] + SOME]
        else:
            joined = [form + value for form in forms for value in values]
        self._left -= sum(map(len, values))
        if self._left < 0 or len(joined[0]) > 16 * _LONGEST:
            raise TooMuch
        return joined

    def _split(self, values: Values, *, split: bool) -> Values:
        if not split:
            return tuple(value.translate(_MARKS) if value not in {MAYBE, HOME} else value for value in values)
        space = _separators(self._scope.values.get("IFS", ()))
        return tuple(space.sub(_BREAK, value) for value in values)

    def _variable(self, part: Variable, unset: list[str], inner: "list[Run]") -> Values:
        name = part.name.partition("[")[0]
        if name == "IFS":
            return (" ",)
        if part.name.startswith("#") and len(part.name) > 1:
            return ("1",)
        if name in _NUMBERS:
            return ("0",)
        if name.startswith("!") and len(name) > 1:
            return self._pointed(name[1:], unset)
        values = self._scope.values.get(name)
        if name != part.name and ("$(" in part.name or "`" in part.name):
            unset.append(part.name)  # a shell runs what stands in a subscript
            return (MAYBE,)
        operator = part.operator
        others: Values = ()
        if part.word is not None:
            words = self.fields(part.word, whole=True)
            for one in words:
                inner.extend(one.inner)
            others = tuple(one.text for one in words)
        if (not operator or operator == "@") and (values is None or not part.name.endswith("]")):
            if values is None:
                unset.append(name)
            return values if values is not None else (MAYBE,)
        if values is not None and part.name.endswith("]"):
            pieces = tuple(piece for value in values for piece in value.split()[:_MOST_FORMS]) or values
            index = part.name.partition("[")[2][:-1]
            values = (pieces[int(index)],) if index.isdigit() and len(index) < 5 and int(index) < len(pieces) else pieces
            if not operator or operator == "@":
                return values
        empty = values is None or values == ("",)
        if operator in {":-", "-", ":=", "="}:
            if empty and operator in {":=", "="}:
                self._scope.put(name, others)
            return others if empty or values is None else values
        if operator in {":+", "+"}:
            return ("",) if values == ("",) else others
        if operator in {":?", "?"}:
            return (SOME,) if values is None else values
        if values is None:
            unset.append(name)
            return ("/",) if operator == ":" and name in {"PATH", "OLDPWD"} and others[:1] == ("0:1",) else (MAYBE,)
        return tuple(_changed(value, operator, other) for value in values for other in others[:1])

    def _pointed(self, name: str, unset: list[str]) -> Values:
        """Give what the variable holds that another one names (`${!name}`)."""
        found = [value for one in self._scope.values.get(name, ()) for value in self._scope.values.get(one, (MAYBE,))]
        if not found or MAYBE in found:
            unset.append(name)
        return tuple(found[:_MOST_FORMS]) or (MAYBE,)


def _separators(given: Values) -> "re.Pattern[str]":
    """Give what parts words by `IFS`: white space, and whatever else the text has set it to."""
    signs = {sign for value in given for sign in value[:16]} - set(" \t\n") - {MAYBE, SOME}
    return re.compile(f"[ \\t\\n{re.escape(''.join(sorted(signs)))}]+") if signs else _SPACE


class _Maker:
    """Makes the fields of one word."""

    def __init__(self, word: Word, unset: tuple[str, ...], inner: "tuple[Run, ...]", file: bool) -> None:  # noqa: FBT001
        self._word = word
        self._rest = (unset, inner, file)

    def __call__(self, text: str, *, tilde: bool = True) -> Field:
        unset, inner, file = self._rest
        globs = _GLOB.search(text) is not None
        if tilde and text.startswith("~"):
            found = _TILDE.match(text)
            if found is None:
                text = "./" + text
            elif found[0] != HOME:
                text = ("." if found[0] == "~+" else "/home/" + found[0][1:]) + text[found.end() :]
        elif text.startswith(_MARKS[ord("~")]) and tilde:
            text = "./" + text
        text = text.translate(_UNMARKS).replace(_BREAK, " ")
        return Field(text, self._word.start, self._word.end, unset, inner, file, globs)


def _changed(value: str, operator: str, other: str) -> str:
    """Apply what stands behind the name of a variable to its value."""
    if MAYBE in value or SOME in value:
        return MAYBE
    match operator:
        case ":":
            found = _SLICE.fullmatch(other)
            if found is None:
                return MAYBE
            value = value.replace(HOME, "/home", 1) if value.startswith(HOME) else value
            first = int(found[1])
            return value[first:][: int(found[2])] if found[2] else value[first:]
        case "/" | "//":
            old, _, new = other.partition("/")
            return value.replace(old, new, 1 if operator == "/" else -1) if old and not _GLOB.search(old) else MAYBE
        case "#" | "##":
            return value.removeprefix(other) if not _GLOB.search(other) else MAYBE
        case "%" | "%%":
            return value.removesuffix(other) if not _GLOB.search(other) else MAYBE
        case "^" | "^^" | "," | ",,":
            changed = value.upper() if operator[0] == "^" else value.lower()
            return changed if len(operator) == 2 else changed[:1] + value[1:]
        case _:
            return MAYBE


def braced(text: str) -> list[str]:
    """Expand `{a,b}` and `{1..3}`; with more than 64 results it stays as it is."""
    if "{" not in text:
        return [text]
    done: list[str] = []
    waiting = [text]
    while waiting:
        one = waiting.pop()
        found = _brace(one)
        if found is None:
            done.append(one)
        else:
            before, choices, after = found
            waiting.extend(before + choice + after for choice in reversed(choices))
        if len(done) + len(waiting) > _MOST_FORMS:
            return [text]
    return done


def _brace(text: str) -> tuple[str, list[str], str] | None:
    """Find the first brace that expands, innermost first, so that no recursion is needed."""
    opened: list[int] = []
    for at, letter in enumerate(text[:4_096]):
        if letter == "{":
            opened.append(at)
        elif letter == "}" and opened:
            start = opened.pop()
            inside = text[start + 1 : at]
            found = _RANGE.fullmatch(inside)
            if found:
                choices = _ranged(found)
            elif "," in inside and (start == 0 or text[start - 1] != "$"):
                if "{" in inside:
                    continue
                choices = inside.split(",")
            else:
                continue
            if opened and "," in text[opened[-1] + 1 : start] + text[at + 1 : at + 2]:
                # Inside a list: the choices of this one join it.
                first = opened[-1] + 1
                return _inlined(text, first, start, at, choices)
            return text[:start], choices, text[at + 1 :]
    return None


def _inlined(text: str, first: int, start: int, at: int, choices: list[str]) -> tuple[str, list[str], str]:
    head = text[first:start].rpartition(",")[2]
    tail = text[at + 1 :]
    end = min((found for found in (tail.find(","), tail.find("}")) if found >= 0), default=len(tail))
    joined = ",".join(head + choice + tail[:end] for choice in choices)
    return text[: start - len(head)], [joined], tail[end:]


def _ranged(found: re.Match[str]) -> list[str]:
    if found[1] is not None:
        low, high = int(found[1]), int(found[2])
        if abs(high - low) > _MOST_FORMS:
            return [SOME]
        step = 1 if high >= low else -1
        return [str(number) for number in range(low, high + step, step)]
    low, high = ord(found[3]), ord(found[4])
    step = 1 if high >= low else -1
    return [chr(number) for number in range(low, high + step, step)]
