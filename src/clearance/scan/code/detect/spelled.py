"""Whether a call may be the one that a block names, told by how it is spelled.

`re.split` asks for all of a file's `.split(`, and most of those are methods of text. What is called is a thing of `re` only
where `re` is written before it, or where `re` itself was handed on before: given another name, passed, returned. A file in
which each `re` is followed by a dot does neither.
"""

import re
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.detect.language import CodeBlock
from clearance.scan.code.names import NamePattern, read_name

_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$]*")
_KEPT: Final = rb"(?!\s{0,20}(?:\?\.|\.)\s{0,20}[A-Za-z_$])"
"""What follows a name whose thing may be handed on: anything but a dot and another name."""
_IMPORTED: Final = re.compile(rb"^[ \t]*import[ \t]+[\w.]+(?:[ \t]*,[ \t]*[\w.]+)*[ \t]*(?=[;#\r\n]|\Z)", re.MULTILINE)
"""An import of Python that gives what it names no other name."""
_LANGUAGES: Final = frozenset({"python"})


class Spelled:
    """How one file spells names. `bare`: it is a piece of code, or shows no imports, and says less than it means."""

    def __init__(self, data: bytes, *, bare: bool, engine: str = "python") -> None:
        self._data = data
        self._bare = bare or engine not in _LANGUAGES
        self._handed: dict[str, bool] = {}
        self._bound: dict[str, bool] = {}
        self._without: bytes | None = None

    def may_call(self, block: CodeBlock, node: ir.Call) -> bool:
        """Tell whether a call that is spelled so may be one of those that a block names."""
        func = node.func
        if self._bare or not isinstance(func, ir.Attr):
            return True
        before = func.base
        said = before.name if isinstance(before, ir.Attr) else before.id if isinstance(before, ir.Name) else ""
        return any(self._may(read_name(text), func.name, said) for text in block.names)

    def may_be(self, block: CodeBlock, name: str) -> bool:
        """Tell whether a name that is not called where it stands may be what a block names: it is imported, or defined at
        the top."""
        if self._bare:
            return True
        for text in block.names:
            pattern = read_name(text)
            if pattern.glob or pattern.beyond or (len(pattern.parts) == 1 and not pattern.anywhere):
                return True
        return self._is_bound(name)

    def _is_bound(self, name: str) -> bool:
        known = self._bound.get(name)
        if known is None:
            word = rb"(?<![\w$])" + re.escape(name.encode("utf-8", "replace")) + rb"(?![\w$])"
            pattern = (
                rb"\bimport\b[^\n(]{0,400}" + word + rb"|\bimport\s{0,9}\([^)]{0,8000}" + word
                + rb"|\b(?:def|class)[ \t]{1,9}" + word + rb"|^[ \t]*" + word + rb"[ \t]*[:=,]"
            )  # fmt: skip
            known = self._bound[name] = re.search(pattern, self._data, re.MULTILINE) is not None
        return known

    def _may(self, pattern: NamePattern, name: str, said: str) -> bool:
        """Tell whether a pattern may mean `said.name`."""
        if pattern.glob or pattern.beyond:
            return True
        if pattern.parts[-1] != name:
            return False
        if len(pattern.parts) == 1:
            return pattern.anywhere
        of = pattern.parts[-2]
        return of == said or _PLAIN.fullmatch(of) is None or self._is_handed(of)

    def _is_handed(self, word: str) -> bool:
        """Tell whether what a name stands for may have got another name, anywhere in the file."""
        known = self._handed.get(word)
        if known is None:
            if self._without is None:
                self._without = _IMPORTED.sub(b"", self._data)
            pattern = rb"(?<![\w$])" + re.escape(word.encode()) + rb"(?![\w$])" + _KEPT
            known = self._handed[word] = re.search(pattern, self._without) is not None
        return known
