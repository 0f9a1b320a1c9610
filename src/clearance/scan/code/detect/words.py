"""Reads the blocks of vocabulary pages; docs/reference/vocabulary-pages.md describes them."""

from collections.abc import Iterable
from typing import Any

from clearance.rules.model import Rule
from clearance.scan.code.detect.language import CODE_ENGINES, HOWS, ORIGINS, SUBJECT_KEYS, SUBJECTS, WordBlock
from clearance.scan.code.detect.reader import Reader

MANUAL = "see docs/reference/vocabulary-pages.md"
_NEEDED = {"fills": "flow", "registered": "instances", "passes": "arguments"}


def read_words(rules: Iterable[Rule]) -> list[WordBlock]:
    """Read all blocks of the given vocabulary pages, in the order of the pages.

    Raises:
        BadPage: a block is not what docs/reference/vocabulary-pages.md describes; `where` is `page:line`.
    """
    return [_block(Reader(rule, block, CODE_ENGINES)) for rule in rules for block in rule.detect]


def _block(reader: Reader) -> WordBlock:
    table = reader.table
    subjects = [key for key in table if key in SUBJECTS]
    if len(subjects) != 1:
        reader.known(table, (*SUBJECTS, "imports", *sorted({key for keys in SUBJECT_KEYS.values() for key in keys})))
        reader.refuse("a block has exactly one of " + ", ".join(SUBJECTS), "", "split the block, or add the key")
    subject = subjects[0]
    reader.known(table, (subject, "imports", *SUBJECT_KEYS[subject]))
    needed = _NEEDED.get(subject)
    if needed and needed not in table:
        reader.refuse(f"no {needed!r}", subject, f"a block of {subject!r} has one: {MANUAL}")
    names = reader.names(table, subject)
    origin = reader.one(table, "from", ORIGINS, "origin")
    if "from" in SUBJECT_KEYS[subject] and not origin:
        reader.refuse("no 'from'", subject, "say where the data comes from: " + ", ".join(ORIGINS))
    if subject == "instance" and (len(names) > 1 or not names[0].endswith("()")):
        reader.refuse("'instance' is one name of an object", "instance", 'write it like "flask.Request()"')
    if subject == "instance" and not ("parameters" in table or "types" in table):
        reader.refuse("nothing is such an instance", "instance", "add 'parameters' or 'types'")
    registered = subject == "registered"
    return WordBlock(
        page=reader.rule.id,
        engine=reader.block.engine,
        subject=subject,
        names=names,
        imports=reader.names(table, "imports"),
        origin=origin,
        how=reader.choice(table, "how", HOWS) or ("read", "call"),
        message=reader.take(table, "message", str, ""),
        parameters=reader.strings(table, "parameters"),
        types=reader.names(table, "types"),
        except_types=reader.names(table, "except-types", star=True),
        except_defaults=reader.names(table, "except-defaults"),
        conditions=() if registered else reader.conditions(table, ("argument",)),
        converted=_converted(reader),
        argument=_argument(reader) if registered else "",
        instances=_instances(reader),
        sinks=(reader.sinks(table) or ("*",)) if "for" in SUBJECT_KEYS[subject] else (),
        arguments=tuple(_place(reader, one, "arguments", star=True) for one in _list(reader, "arguments")),
        flow=_flow(reader),
        of=_place(reader, table.get("of", 0), "of"),
        safe=reader.take(table, "safe", bool, True),
    )


def _converted(reader: Reader) -> str:
    """Take a pattern with `{}` for the name of a parameter."""
    text = reader.take(reader.table, "converted", str, "")
    if text and "{}" not in text:
        reader.refuse("'converted' has no {}", "converted", "{} stands for the name of the parameter")
    if text:
        reader.pattern({"converted": text.replace("{}", "x")}, "converted")
    return str(text)


def _argument(reader: Reader) -> str:
    """Take which argument a registered function is: `1`, `-1`, `1|-1`, `any`."""
    text = reader.table.get("argument", "any")
    text = str(text) if isinstance(text, int) and not isinstance(text, bool) else text
    if not isinstance(text, str) or not all(one == "any" or one.removeprefix("-").isdigit() for one in text.split("|")):
        reader.refuse("'argument' names no argument", "argument", 'write it like "1", "-1", "1|-1" or "any"')
    return text


def _instances(reader: Reader) -> tuple[str, ...]:
    names = reader.strings(reader.table, "instances")
    return tuple(reader.name(one, "instances") if one else "" for one in names)


def _list(reader: Reader, key: str) -> list[Any]:
    value = reader.table.get(key, [])
    if not isinstance(value, list):
        reader.refuse(f"{key!r} must be a list", key, MANUAL)
    return value


def _place(reader: Reader, value: Any, key: str, *, star: bool = False) -> int | str:
    """Read a position, a name of a keyword argument, or `receiver`."""
    if isinstance(value, bool) or not isinstance(value, int | str) or (value == "*" and not star):
        reader.refuse(f"{key!r} holds no place {value!r}", key, 'write it like 0, "name" or "receiver"')
    return value


def _flow(reader: Reader) -> tuple[tuple[int | str, int | str], ...]:
    pairs = _list(reader, "flow")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        reader.refuse("'flow' must be a list of pairs", "flow", 'write it like [[1, 0], [0, "receiver"]]')
    return tuple((_place(reader, pair[0], "flow"), _place(reader, pair[1], "flow")) for pair in pairs)
