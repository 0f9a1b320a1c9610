"""Labelled configuration: pairs of a bad example and the same one repaired, and whole good files.

The pages are plain text. `=== name` begins a pair; of its lines, those behind `-|` stand in the bad example alone, those
behind `+|` in the good one alone, all others in both. `@file path` begins another file. `=== base name` names text that
`@use name` puts in; after `@use`, a line `~ old >>> new` changes the bad example and `* old >>> new` both (a backslash and n
are a new line, `old` must stand there once). `=== good name` is a whole file that is as it should be. `[hygiene]` after a
name: rather care than a weakness. Values that look like secrets are made when a page is read
(`clearance.rules.placeholder`).
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from clearance.rules.placeholder import expand

TOP = Path(__file__).parent
KINDS = {
    "docker": "Dockerfile",
    "kubernetes": "deploy/app.yaml",
    "terraform": "main.tf",
    "github": ".github/workflows/ci.yml",
    "gitlab": ".gitlab-ci.yml",
    "compose": "docker-compose.yml",
    "nginx": "nginx.conf",
    "systemd": "app.service",
}
"""The kinds of configuration, and the file that a case is where it does not say so."""
Files = tuple[tuple[str, str], ...]


class Pair(NamedTuple):
    """A bad example and its repair, each as files (path, text)."""

    kind: str
    name: str
    hygiene: bool
    bad: Files
    good: Files

    @property
    def part(self) -> Literal["dev", "held"]:
        """Whether whoever works on rules may look at it: six of ten, by a hash of the name."""
        return "dev" if hashlib.sha256(f"{self.kind}/{self.name}".encode()).digest()[0] % 10 < 6 else "held"


class Good(NamedTuple):
    """A whole good example, as files (path, text)."""

    kind: str
    name: str
    files: Files


def labelled(kind: str) -> tuple[list[Pair], list[Good]]:
    """Read the page of a kind. Raises ValueError where a page is not as it must be."""
    text = expand((TOP / f"pairs-{kind}.txt").read_text(encoding="utf-8"), seed=kind, limit=1 << 20)
    bases: dict[str, list[str]] = {}
    pairs: list[Pair] = []
    goods: list[Good] = []
    seen: set[str] = set()
    for head, body in _sections(text):
        if head.startswith("base "):
            bases[head[5:]] = body
            continue
        if head in seen:
            raise ValueError(f"{kind}: {head} stands there twice")
        seen.add(head)
        bad, good = (_side(body, bases, KINDS[kind], side) for side in "-+")
        if head.startswith("good "):
            goods.append(Good(kind, head[5:], good))
        elif bad == good:
            raise ValueError(f"{kind}: {head}: both sides are the same")
        else:
            pairs.append(Pair(kind, head.removesuffix(" [hygiene]"), head.endswith(" [hygiene]"), bad, good))
    return pairs, goods


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    head, body = "", []
    for line in text.splitlines():
        if line.startswith("=== "):
            if head:
                yield head, body
            head, body = line[4:].strip(), []
        else:
            body.append(line)
    if head:
        yield head, body


def _side(body: list[str], bases: dict[str, list[str]], path: str, side: str) -> Files:
    files: dict[str, str] = {path: ""}
    for line in body:
        if line.startswith("@file "):
            path = line[6:].strip()
            files[path] = ""
        elif line.startswith("@use "):
            files[path] += "".join(f"{one}\n" for one in bases[line[5:].strip()])
        elif line.startswith(("~ ", "* ")) and " >>>" in line:
            old, _, new = (part.replace("\\n", "\n") for part in line[2:].partition(" >>>"))
            if files[path].count(old) != 1:
                raise ValueError(f"{old!r} stands there {files[path].count(old)} times")
            if line[0] == "*" or side == "-":
                files[path] = files[path].replace(old, new.removeprefix(" "))
        elif line[:2] in ("-|", "+|"):
            files[path] += f"{line[2:]}\n" if line[0] == side else ""
        else:
            files[path] += f"{line}\n"
    return tuple((name, text.strip("\n") + "\n") for name, text in files.items() if text.strip())
