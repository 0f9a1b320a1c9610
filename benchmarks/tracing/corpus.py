"""Text to write: whole functions and classes of other people's code, each used once.

Python comes from the standard library, JavaScript from packages that are installed for tests; nothing of this repository.
Files are halved by the digest of their names: one half to build with, the other one held out. A block that has
twenty words and signs in a row in common with an earlier one (`bisect_left` and `bisect_right`, comments that were copied)
is left out: if two authors wrote the same text, nobody could say whose it is.
"""

import ast
import hashlib
import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 200_000
_SHORTEST, _LONGEST = 4, 45
_WORD = re.compile(r"\w+|[^\w\s]")
_PART = 20
_JS_START = re.compile(
    r"^(?:export )?(?:default )?(?:async )?(?:function\b|class |const \w+ = (?:async )?(?:function\b|\())"
)


class Corpus:
    """Blocks of lines in a language, in an order that the seed gives. `held_out` chooses the other half of the files."""

    def __init__(self, seed: int, *, held_out: bool, packages: Path | None = None) -> None:
        chance = random.Random(seed)
        self._blocks: dict[str, Iterator[tuple[str, ...]]] = {}
        self._seen: set[int] = set()
        self.alike = 0
        for language, paths in (("py", _library()), ("js", _packages(packages))):
            half = [path for path in paths if _half(path) == held_out]
            chance.shuffle(half)
            self._blocks[language] = self._each(language, half, chance)

    def block(self, language: str) -> tuple[str, ...]:
        """Give a block that was not given before, as lines without their ends.

        Raises:
            StopIteration: there are no more.
        """
        return next(self._blocks[language])

    def _each(self, language: str, paths: list[Path], chance: random.Random) -> Iterator[tuple[str, ...]]:
        """Give blocks from a few files at a time, mixed, so that authors do not own whole files of the corpus."""
        cut = _python if language == "py" else _javascript
        for start in range(0, len(paths), 12):
            found = [block for path in paths[start : start + 12] for block in cut(path)]
            chance.shuffle(found)
            for block in found:
                words = _WORD.findall("\n".join(block))
                parts = {hash(tuple(words[at : at + _PART])) for at in range(len(words) - _PART + 1)}
                if not parts.isdisjoint(self._seen):
                    self.alike += 1
                    continue
                self._seen |= parts
                yield block


def _half(path: Path) -> bool:
    return bool(hashlib.sha256(path.name.encode()).digest()[0] & 1)


def _library() -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    folders = (root, root / "asyncio", root / "email", root / "http", root / "unittest", root / "json", root / "xml" / "dom")
    return sorted(path for folder in folders for path in folder.glob("*.py") if path.stat().st_size < _MOST_BYTES)


def _packages(root: Path | None) -> list[Path]:
    if root is None or not root.is_dir():
        return []
    folders = [
        root / name
        for name in ("oidc-provider/lib", "express/lib", "koa/lib", "jose/dist", "prettier/internal", "yargs/build")
    ]
    found = [path for folder in folders for path in folder.rglob("*.js") if path.stat().st_size < _MOST_BYTES]
    return sorted(path for path in found if ".min." not in path.name)


def _python(path: Path) -> Iterator[tuple[str, ...]]:
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.end_lineno:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            block = lines[first - 1 : node.end_lineno]
            if _SHORTEST <= len(block) <= _LONGEST and "\f" not in "".join(block):
                yield tuple(line.rstrip() for line in block)


def _javascript(path: Path) -> Iterator[tuple[str, ...]]:
    """Cut at lines that begin something at the margin and end with a closing sign at the margin."""
    block: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        if not block and not _JS_START.match(line):
            continue
        block.append(line.rstrip())
        if len(block) > 1 and re.fullmatch(r"[})\]]+;?", line):
            text = "\n".join(block)
            if _SHORTEST <= len(block) <= _LONGEST and text.count("{") == text.count("}") and "import" not in text:
                yield tuple(block)
            block = []
        elif len(block) > _LONGEST:
            block = []
