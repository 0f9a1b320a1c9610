"""Reads Go's modules: go.mod, go.work and go.sum (https://go.dev/ref/mod)."""

import binascii
import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed

_WORD = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|`[^`\n]*`|//[^\n]*|=>|[()]|[^\s()\"`/]+(?:/(?!/)[^\s()\"`/]*)*|/")
_MODULE = re.compile(r"[A-Za-z0-9][\w.~-]*(?:/[\w.~!@-]+)*")
_VERSION = re.compile(r"v\d[\w.+-]*")
_SUM = re.compile(r"^(\S+)[ \t]+(v\S+?)(/go\.mod)?[ \t]+h1:(\S+)[ \t]*\r?$")
_DIRECTIVES = frozenset(
    {"module", "go", "toolchain", "require", "replace", "exclude", "retract", "tool", "godebug", "use", "ignore"}
)
_LONGEST = 4096

Token = tuple[str, int, int]


def go_mod(text: str, budget: Budget) -> Iterator[Mention]:
    """Read go.mod or go.work: what is required (directly or not), what takes a module's place, and tools.

    A `replace` by another module is named like a requirement, one by a folder takes the module out.

    Raises:
        Unparsed: a line that such a file does not have.
    """
    required: list[tuple[Token, Token | None, bool]] = []
    replaced: dict[str, list[Token] | None] = {}
    tools: list[Token] = []
    block = ""
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not number & 0xFF:
            budget.check()
        tokens, comment = _tokens(line[:_LONGEST], at)
        at += len(line) + 1
        if not tokens:
            continue
        words = [word for word, _, _ in tokens]
        if block and words == [")"]:
            block = ""
            continue
        if not block:
            if words[0] not in _DIRECTIVES:
                raise Unparsed(f"line {number}: no line of go.mod")
            directive, tokens = words[0], tokens[1:]
            if words[1:2] == ["("]:
                if len(words) > 2:
                    raise Unparsed(f"line {number}: a block begins on a line of its own")
                block = directive
                continue
        else:
            directive = block
        if directive == "require" and tokens:
            required.append((tokens[0], tokens[1] if len(tokens) > 1 else None, "indirect" not in comment))
        elif directive == "replace":
            _replaced(tokens, replaced)
        elif directive == "tool" and tokens:
            tools.append(tokens[0])
    yield from _modules(required, replaced, tools)
    if block:
        raise Unparsed(f"line {number}: the block `{block} (` is not closed")


def _tokens(line: str, at: int) -> tuple[list[Token], str]:
    tokens: list[Token] = []
    for found in _WORD.finditer(line):
        if found[0].startswith("//"):
            return tokens, found[0]
        quoted = found[0][0] in '"`' and len(found[0]) > 1
        tokens.append((found[0][1:-1] if quoted else found[0], at + found.start() + quoted, at + found.end() - quoted))
    return tokens, ""


def _replaced(tokens: list[Token], replaced: dict[str, list[Token] | None]) -> None:
    arrow = next((index for index, token in enumerate(tokens) if token[0] == "=>"), 0)
    if arrow and len(tokens) > arrow + 1:
        target = tokens[arrow + 1 :]
        replaced[tokens[0][0]] = None if target[0][0].startswith((".", "/", "\\")) or ":" in target[0][0][:3] else target


def _modules(
    required: list[tuple[Token, Token | None, bool]], replaced: dict[str, list[Token] | None], tools: list[Token]
) -> Iterator[Mention]:
    for module, version, direct in required:
        if module[0] not in replaced:
            yield from _mention(module, version, direct=direct)
    for name, target in replaced.items():
        if target:
            for one in _mention(target[0], target[1] if len(target) > 1 else None, direct=True):
                yield one._replace(alias=name if name != one.name else "")
    names = [module[0] for module, _, _ in required]
    for tool in tools[:1000]:
        inside = any(tool[0] == name or tool[0].startswith(f"{name}/") for name in names)
        if not inside:
            yield from _mention(tool, None, direct=True)


def _mention(module: Token, version: Token | None, *, direct: bool) -> Iterator[Mention]:
    name, start, end = module
    # The first element of a path that can be fetched holds a dot; `std` and what a folder provides do not.
    if _MODULE.fullmatch(name) and "." in name.partition("/")[0]:
        known = version[0].removesuffix("/go.mod") if version else ""
        yield Mention(
            Registry.GO, name, start, end, Source.MANIFEST, version=known if _VERSION.fullmatch(known) else "", wanted=known,
            place=version[1:] if version else (0, 0), details=Details(direct=direct),
        )  # fmt: skip


def go_sum(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read go.sum: each module at each version, with the digest of its tree (`h1:`, SHA-256 in base64).

    Lines for `go.mod` alone say that a version was looked at, not that it is used: they are left out.

    Raises:
        Unparsed: a line is no module, version and digest.
    """
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not number & 0xFF:
            budget.check()
        start, at = at, at + len(line) + 1
        if not line.strip():
            continue
        found = _SUM.match(line[:_LONGEST])
        if not found:
            raise Unparsed(f"line {number}: no module, version and digest")
        if not found[3]:
            hashes = _digest(found[4])
            yield Mention(
                Registry.GO, found[1], start, start + found.end(1), Source.LOCKFILE, version=found[2], wanted=found[2],
                place=(start + found.start(2), start + found.end(2)), hashed=bool(hashes), details=Details(hashes=hashes),
            )  # fmt: skip


def _digest(encoded: str) -> tuple[str, ...]:
    try:
        digest = binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        return ()
    return (f"sha256:{digest.hex()}",) if len(digest) == 32 else ()
