"""Makes the edits of a `rewrite` table for a place where its block holds; none where the code has another form.

Spans are exact, so the rest of the text stays as it is: an edit takes nothing out but what lies within the place of the
finding. What the edits make is looked at again before it is believed (`scan/mend.py`).
"""

from collections.abc import Iterator, Sequence

from clearance.scan.code import ir
from clearance.scan.code.detect.language import Rewrite
from clearance.scan.code.flow.event import Event
from clearance.scan.code.source import Source

Edits = tuple[tuple[int, int, str], ...]
_SPACE = b" \t\r\n"
_PLAIN = (ir.Const, ir.Name, ir.Attr)
"""Values that are replaced: all else may do something, or hold something, that nobody asked to take out."""
_VERSION_WORDS = (b"hasattr(", b"version_info")
_KEYWORDS = frozenset({"python"})
"""Languages whose calls take keyword arguments."""


def edits(rewrite: Rewrite, event: Event, source: Source) -> Edits:
    """Give the edits in code points, in order; empty where there is no safe fix."""
    made = _edits(rewrite, event, source)
    if made is None or any(start < end and (start < event.node.at or end > event.node.end) for start, end, _ in made):
        return ()
    return tuple(sorted((source.offset(start), source.offset(end), text) for start, end, text in made))


def _edits(rewrite: Rewrite, event: Event, source: Source) -> list[tuple[int, int, str]] | None:
    """Give the edits in bytes, or None."""
    made: list[tuple[int, int, str]] = []
    if rewrite.value:
        value = _value_of(event)
        if not isinstance(value, _PLAIN):
            return None
        made.append((value.at, value.end, rewrite.value))
    if not (rewrite.callee or rewrite.arguments or rewrite.remove):
        return made
    call = event.node
    if not isinstance(call, ir.Call) or source.data[call.end - 1 : call.end] != b")":
        return None
    if rewrite.callee:
        renamed = _renamed(rewrite.callee, call, event, source)
        if renamed is None:
            return None
        made += renamed
    for which in rewrite.remove:
        made += _removed(which, call, source.data)
    for name, code in rewrite.arguments.items():
        given = _given(name, code, call, event, source)
        if given is None:
            return None
        made.append(given)
    return made


def _value_of(event: Event) -> ir.Expr | None:
    """Give the value that the event is about, and no more: of one entry, of one keyword argument, of one target."""
    node = event.node
    if event.kind == "key":
        if isinstance(node, ir.Arg):
            return node.value
        # An entry spans its key and its value; in `{verify}` one word is both.
        entry = isinstance(node, ir.Opaque) and node.kind == "entry" and len(node.parts) == 1
        value = node.parts[0] if isinstance(node, ir.Opaque) and entry else None
        return value if value is not None and value.at > node.at and value.end == node.end else None
    if event.kind != "assign":
        return None
    # Told with the target alone where there is no statement of its own.
    whole = event.statement if isinstance(node, ir.Name | ir.Attr | ir.Index) else node
    if not isinstance(whole, ir.Assign) or whole.op or (whole is not node and whole.target is not node):
        return None
    return whole.value if _called(whole.target) == event.word.casefold() else None


def _called(target: ir.Expr) -> str:
    """The last component of what is assigned to; empty for several targets and for a key that is not constant."""
    match target:
        case ir.Name():
            return target.id.casefold()
        case ir.Attr():
            return target.name.casefold()
        case ir.Index(key=ir.Const(value=str(key))):
            return key.casefold()
        case _:
            return ""


def _renamed(callee: str, call: ir.Call, event: Event, source: Source) -> list[tuple[int, int, str]] | None:
    """Name another thing of the same module: the last part of a dotted name, or a name imported beside the old one."""
    module, _, name = callee.rpartition(".")
    old = next((known for known in event.names if known.rpartition(".")[0] == module), None)
    if old is None:
        return None
    if isinstance(call.func, ir.Attr):
        end = call.func.end
        start = end - len(call.func.name.encode())
        return [(start, end, name)] if source.data[start:end].decode("utf-8", "replace") == call.func.name else None
    if not isinstance(call.func, ir.Name) or event.where.module.language != "python":
        return None
    wanted = old.rpartition(".")[2]
    for statement in event.where.module.body:
        if isinstance(statement, ir.Import) and statement.module == module and statement.name == wanted:
            line = source.data.rfind(b"\n", 0, statement.at) + 1
            before = source.data[line : statement.at]
            # Only a line of its own can have another one before it.
            if before.strip(_SPACE) not in (b"", b"from " + module.encode() + b" import"):
                return None
            indent = before[: len(before) - len(before.lstrip(b" \t"))].decode()
            return [
                (line, line, f"{indent}from {module} import {name}\n"),
                (call.func.at, call.func.end, name),
            ]
    return None


def _removed(which: str, call: ir.Call, data: bytes) -> Iterator[tuple[int, int, str]]:
    """Take an argument out, with the comma that goes with it. A position counts from 0."""
    for number, argument in enumerate(call.args):
        if argument.name != which and not (which.isdigit() and int(which) == number and not argument.name):
            continue
        if number:
            yield (call.args[number - 1].end, argument.end, "")
        elif len(call.args) > 1:
            yield (argument.at, call.args[1].at, "")
        else:
            yield (argument.at, argument.end + _comma(data, argument.end), "")


def _comma(data: bytes, at: int) -> int:
    """How far the comma after a place reaches; 0 where there is none."""
    rest = data[at : at + 80]
    stripped = rest.lstrip(_SPACE)
    return len(rest) - len(stripped) + 1 if stripped[:1] == b"," else 0


def _asks_what_there_is(event: Event, source: Source) -> bool:
    """Tell whether the code around asks for what this version offers: then the argument may be left out on purpose."""
    around = event.where.functions[0] if event.where.functions else event.statement
    text = source.data[around.at : around.end]
    return any(word in text for word in _VERSION_WORDS)


def _given(name: str, code: str, call: ir.Call, event: Event, source: Source) -> tuple[int, int, str] | None:
    """Set a keyword argument, or a property of the options object among the arguments."""
    for argument in call.args:
        if argument.name == name:
            return (argument.value.at, argument.value.end, code)
    if any(argument.splat == "**" for argument in call.args) or _asks_what_there_is(event, source):
        return None
    if event.where.module.language in _KEYWORDS:
        if not call.args:
            return (call.end - 1, call.end - 1, f"{name}={code}")
        last = call.args[-1]
        if isinstance(last.value, ir.Comprehension) and len(call.args) == 1:
            return None  # `f(x for x in y)` takes no second argument
        return (last.end, last.end, f", {name}={code}")
    return _property(name, code, [argument.value for argument in call.args])


def _property(name: str, code: str, values: Sequence[ir.Expr]) -> tuple[int, int, str] | None:
    options = next((value for value in reversed(values) if isinstance(value, ir.Object) and value.type is None), None)
    if options is None:
        return None
    for key, value in options.entries:
        if key is None:
            return None  # a spread may hold it already
        if isinstance(key, ir.Const) and key.value == name:
            return (value.at, value.end, code)
    if not options.entries:
        return (options.at, options.end, f"{{ {name}: {code} }}")
    first = options.entries[0][0]
    return None if first is None else (first.at, first.at, f"{name}: {code}, ")
