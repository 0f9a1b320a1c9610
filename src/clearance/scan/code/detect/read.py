"""Reads the Detect blocks of pages; the language is described in docs/reference/detect.md."""

from collections.abc import Iterable, Mapping
from typing import Any

from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.code.detect.language import (
    ANY_NAME,
    ENGINES,
    EXTRA,
    FOLDED,
    KINDS,
    NAMELESS,
    REWRITE_KEYS,
    SAYS,
    SINKS,
    TEXT_KEYS,
    USES,
    VALUES,
    WHERE,
    Clause,
    CodeBlock,
    Rewrite,
    Saying,
    TextBlock,
)
from clearance.scan.code.detect.reader import MANUAL, Reader, nearest
from clearance.scan.code.flow.value import KINDS as ORIGINS

COMMAND_LINE = "command-line"
"""How a block spells the table for the origin `argument`, whose own name the conditions on arguments have taken."""
ORIGIN_TABLES = {**{one: one for one in ORIGINS if one != "argument"}, COMMAND_LINE: "argument"}


def read_rules(rules: Iterable[Rule]) -> tuple[list[CodeBlock], list[TextBlock]]:
    """Read all blocks of the given pages, in the order of the pages.

    Raises:
        BadPage: a block is not what docs/reference/detect.md describes; `where` is `page:line`.
    """
    code: list[CodeBlock] = []
    texts: list[TextBlock] = []
    marks: dict[tuple[str, ...], str] = {}
    for rule in rules:
        for block in rule.detect:
            order = len(code) + len(texts)
            reader = Reader(rule, block, ENGINES)
            if block.engine == "text":
                texts.append(_text_block(reader, order))
            else:
                code.append(_code_block(reader, order, marks))
    return code, texts


def _text_block(reader: Reader, order: int) -> TextBlock:
    table = reader.table
    reader.known(table, TEXT_KEYS)
    pattern = reader.pattern(table, "pattern")
    if not pattern:
        reader.refuse("no 'pattern'", "", "a text block has one")
    return TextBlock(
        rule=reader.rule.id,
        order=order,
        pattern=pattern,
        first=reader.take(table, "first", bool, False),
        files=reader.files(),
        saying=_saying(reader, table),
    )


def _code_block(reader: Reader, order: int, marks: dict[tuple[str, ...], str]) -> CodeBlock:
    table = reader.table
    kinds = [key for key in table if key in KINDS]
    if len(kinds) != 1:
        extra = {key for keys in EXTRA.values() for key in keys}
        reader.known(
            table, (*KINDS, *WHERE, *SAYS, *sorted(extra), *ORIGIN_TABLES, "argument", "receiver", "value", "other")
        )
        reader.refuse("a block has exactly one of " + ", ".join(KINDS), "", "split the block, or add the key")
    kind = kinds[0]
    values = VALUES.get(kind, ())
    extra_keys = EXTRA.get(kind, ())
    reader.known(table, (kind, *values, *WHERE, *extra_keys, *SAYS, *ORIGIN_TABLES))
    clean = reader.names(table, "clean")
    block = CodeBlock(
        rule=reader.rule.id,
        order=order,
        engine=reader.block.engine,
        kind=kind,
        names=_names(reader, kind),
        confidence=reader.rule.confidence,
        clause=_clause(reader, table, values),
        unless=_unless(reader, values),
        imports=reader.names(table, "imports"),
        decorated=reader.names(table, "decorated"),
        not_decorated=reader.names(table, "not-decorated"),
        bases=reader.names(table, "bases"),
        calls=reader.names(table, "calls"),
        not_calls=reader.names(table, "not-calls"),
        after=reader.names(table, "after"),
        not_after=reader.names(table, "not-after"),
        without=reader.names(table, "without"),
        clean=clean,
        mark=marks.setdefault(tuple(sorted(clean)), f"~{len(marks)}") if clean else "",
        sink=reader.one(table, "for", SINKS, "kind of sink"),
        used=reader.one(table, "used", USES, "use"),
        handler=reader.only_true(table, "handler"),
        siblings=reader.pattern(table, "siblings"),
        in_loop=reader.only_true(table, "in-loop"),
        holds=reader.pattern(table, "holds"),
        files=reader.files(),
        saying=_saying(reader, table),
        by_origin=_by_origin(reader),
        rewrite=_rewrite(reader),
    )
    if kind == "define" and block.siblings is not None and not block.handler:
        reader.refuse("'siblings' compares handlers", "siblings", "add handler = true")
    if "*" in block.names and not (block.imports or block.decorated or block.bases or block.calls or block.handler):
        hint = "say where: handler, decorated, bases, calls or imports"
        reader.refuse("the name '*' alone would look at everything", kind, hint)
    return block


def _names(reader: Reader, kind: str) -> tuple[str, ...]:
    if kind not in NAMELESS:
        return reader.names(reader.table, kind, str.lower if kind in FOLDED else str, star=kind in ANY_NAME)
    if reader.table[kind] is not True:
        reader.refuse(f"{kind!r} takes only true", kind, f"write {kind} = true")
    return ()


def _clause(reader: Reader, table: Mapping[str, Any], values: tuple[str, ...]) -> Clause:
    return Clause(
        conditions=reader.conditions(table, values),
        near=reader.pattern(table, "near"),
        not_near=reader.pattern(table, "not-near"),
    )


def _unless(reader: Reader, values: tuple[str, ...]) -> tuple[Clause, ...]:
    tables = reader.table.get("unless", [])
    if isinstance(tables, dict):
        tables = [tables]
    if not isinstance(tables, list) or not all(isinstance(one, dict) and one for one in tables):
        reader.refuse("'unless' must be a table or a list of tables", "unless", MANUAL)
    for table in tables:
        reader.known(table, (*values, "near", "not-near"))
    return tuple(_clause(reader, table, values) for table in tables)


def _saying(reader: Reader, table: Mapping[str, Any]) -> Saying:
    """Take what a match says."""
    if not any(key in table for key in SAYS):
        return Saying()
    made: dict[str, Any] = {key: reader.take(table, key, str, "") for key in SAYS}
    for key, kind in (("severity", Severity), ("confidence", Confidence)):
        words = [one.value for one in kind]
        if made[key] and made[key] not in words:
            reader.refuse(f"no {key} {made[key]!r}", key, nearest(made[key], words))
        made[key] = kind(made[key]) if made[key] else None
    return Saying(**made)


def _by_origin(reader: Reader) -> dict[str, Saying]:
    """Take what is said instead where the deciding value comes from a kind of origin."""
    sayings = {}
    for key, origin in ORIGIN_TABLES.items():
        if key in reader.table:
            table = reader.take(reader.table, key, dict, {})
            reader.known(table, SAYS)
            sayings[origin] = _saying(reader, table)
    return sayings


def _rewrite(reader: Reader) -> Rewrite | None:
    if "rewrite" not in reader.table:
        return None
    table = reader.take(reader.table, "rewrite", dict, {})
    reader.known(table, REWRITE_KEYS)
    arguments = reader.take(table, "argument", dict, {})
    for name, code in arguments.items():
        if not isinstance(code, str) or not code.strip():
            reader.refuse(f"no code for the argument {name!r}", name, 'write it as text: "True"')
    if not table:
        reader.refuse("'rewrite' is empty", "rewrite", "known: " + ", ".join(REWRITE_KEYS))
    return Rewrite(
        callee=reader.name(table["callee"], "callee") if reader.take(table, "callee", str, "") else "",
        arguments=arguments,
        remove=reader.strings(table, "remove"),
        value=reader.take(table, "value", str, ""),
        imports=reader.names(table, "imports"),
    )
