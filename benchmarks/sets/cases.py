"""The labelled cases: pairs of weak and safe code read from Markdown, known-good modules, and what is composed by `make.py`.

A page of pairs holds, under each `## id (CWE-… CWE-…)`, fenced blocks whose info string is `language weak` or `language
safe`, with `file=path` where the name matters; several blocks of one side are several files. A page of good code holds
`## id` and blocks `language good`.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from clearance.rules.placeholder import expand

TOP = Path(__file__).parent
SETS = ("web", "snippets", "fixes", "good")
LANGUAGES = ("python", "javascript", "java", "go")
Side = Literal["weak", "safe", "good"]
Part = Literal["dev", "held"]

_NAMES = {"python": "case.py", "javascript": "case.js", "typescript": "case.ts", "java": "Case.java", "go": "case.go"}
_FENCE = re.compile(r"^```(\S*)[ ]*(.*)$")

# What counts as the right class: findings often name the parent or the neighbour of what a case is labelled with.
_KIN = (
    {"CWE-77", "CWE-78", "CWE-88"},
    {"CWE-94", "CWE-95", "CWE-96", "CWE-913", "CWE-470"},
    {"CWE-94", "CWE-1336", "CWE-917"},
    {"CWE-89", "CWE-564"},
    {"CWE-943", "CWE-89"},
    {"CWE-22", "CWE-23", "CWE-24", "CWE-29", "CWE-35", "CWE-36", "CWE-59", "CWE-73", "CWE-99"},
    {"CWE-79", "CWE-80", "CWE-83", "CWE-87", "CWE-116"},
    {"CWE-327", "CWE-328", "CWE-326", "CWE-916", "CWE-780"},
    {"CWE-916", "CWE-759", "CWE-760", "CWE-328"},
    {"CWE-330", "CWE-331", "CWE-335", "CWE-337", "CWE-338", "CWE-340", "CWE-343", "CWE-1241"},
    {"CWE-329", "CWE-1204", "CWE-323"},
    {"CWE-611", "CWE-776", "CWE-827"},
    {"CWE-614", "CWE-1004", "CWE-1275", "CWE-311"},
    {"CWE-259", "CWE-321", "CWE-798", "CWE-1392", "CWE-547"},
    {"CWE-295", "CWE-297", "CWE-599", "CWE-296"},
    {"CWE-347", "CWE-345", "CWE-346"},
    {"CWE-208", "CWE-203", "CWE-697"},
    {"CWE-377", "CWE-378", "CWE-379"},
    {"CWE-732", "CWE-276", "CWE-277", "CWE-278", "CWE-279"},
    {"CWE-400", "CWE-770", "CWE-789", "CWE-1333", "CWE-730", "CWE-409", "CWE-834", "CWE-1088", "CWE-1050", "CWE-606"},
    {"CWE-404", "CWE-772", "CWE-775", "CWE-459"},
    {"CWE-209", "CWE-200", "CWE-497", "CWE-215", "CWE-201"},
    {"CWE-489", "CWE-215", "CWE-11"},
    {"CWE-532", "CWE-312", "CWE-538", "CWE-200"},
    {"CWE-256", "CWE-312", "CWE-313", "CWE-522", "CWE-257"},
    {"CWE-319", "CWE-311", "CWE-523"},
    {"CWE-390", "CWE-391", "CWE-703", "CWE-755", "CWE-252", "CWE-754", "CWE-396"},
    {"CWE-862", "CWE-863", "CWE-285", "CWE-284", "CWE-306", "CWE-639", "CWE-566"},
    {"CWE-113", "CWE-93", "CWE-644"},
    {"CWE-91", "CWE-643", "CWE-652"},
    {"CWE-942", "CWE-346"},
    {"CWE-501", "CWE-20"},
    {"CWE-915", "CWE-1321"},
    {"CWE-352", "CWE-1275"},
    {"CWE-605", "CWE-668", "CWE-1327"},
)


class Case(NamedTuple):
    """One text or several files with what is known about them. The two of a pair have one `id` and differ in `side`."""

    set: str
    language: str
    id: str
    side: Side
    group: str
    labels: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    @property
    def part(self) -> Part:
        """Whether the case may be looked at while tuning."""
        return part_of(self.set, self.language, self.id)

    @property
    def name(self) -> str:
        """What tells the case from all others."""
        return f"{self.set}/{self.language}/{self.id}/{self.side}"


def part_of(set_: str, language: str, id_: str) -> Part:
    """Give `dev` for six of ten ids, by hash."""
    return "dev" if hashlib.sha256(f"{set_}/{language}/{id_}".encode()).digest()[0] % 10 < 6 else "held"


def right(labels: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """Whether a finding with these CWE ids is of the class of a case with these labels."""
    return any(one in kin(label) for one in found for label in labels)


def kin(label: str) -> set[str]:
    """Give the weaknesses that count as this one."""
    return {label}.union(*(group for group in _KIN if label in group))


def pages(set_: str, language: str) -> list[Path]:
    """Give the pages of a set for a language."""
    return sorted([*(TOP / set_).glob(f"{language}.md"), *(TOP / set_).glob(f"{language}-*.md")])


def written(set_: str, language: str) -> Iterator[Case]:
    """Read the cases that were written by hand."""
    for path in pages(set_, language):
        for head, _, blocks in sections(expand(path.read_text(encoding="utf-8"), seed=path.name, limit=1 << 20)):
            id_, _, labels = head.rstrip(")").partition(" (")
            sides: dict[Side, list[tuple[str, str]]] = {}
            for info, text in blocks:
                kind, side, *rest = info.split()
                file = next((word[5:] for word in rest if word.startswith("file=")), _NAMES[kind])
                if side not in ("weak", "safe", "good"):
                    raise ValueError(f"{path.name}: {id_}: no side in {info!r}")
                sides.setdefault(side, []).append((file, text))
            words = tuple(labels.split())
            for side, files in sides.items():
                yield Case(set_, language, id_.strip(), side, words[0] if words else "good", words, tuple(files))


def sections(text: str) -> Iterator[tuple[str, dict[str, str], list[tuple[str, str]]]]:
    """Split a page at its `## ` headings: heading, `key: value` lines, fenced blocks with their info strings."""
    head: str | None = None
    keys: dict[str, str] = {}
    blocks: list[tuple[str, str]] = []
    fence: tuple[str, list[str]] | None = None
    for line in text.splitlines():
        if fence is not None:
            if line == "```":
                blocks.append((fence[0], "\n".join(fence[1]) + "\n"))
                fence = None
            else:
                fence[1].append(line)
        elif line.startswith("## "):
            if head is not None:
                yield head, keys, blocks
            head, keys, blocks = line[3:].strip(), {}, []
        elif found := _FENCE.match(line):
            fence = (f"{found[1]} {found[2]}".strip(), [])
        elif head is not None and ": " in line:
            key, _, value = line.partition(": ")
            keys[key] = value
    if fence is not None:
        raise ValueError(f"a block of {head!r} is not closed")
    if head is not None:
        yield head, keys, blocks
