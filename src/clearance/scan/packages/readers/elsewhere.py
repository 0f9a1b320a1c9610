"""Reads what a script holds in another language: a manifest that it writes, a program that it hands to an interpreter."""

import re
from collections.abc import Iterator
from itertools import pairwise

from clearance.facts.text import Decoded
from clearance.scan.family import Budget, View
from clearance.scan.packages.mention import Unparsed
from clearance.scan.packages.readers.installers import Named, moved
from clearance.scan.packages.readers.placed import Placed
from clearance.scan.packages.readers.shell_words import Command, Document

_INTERPRETERS = re.compile(r"(?:.*/)?(?:python[\d.]*|pypy[\d.]*|node|deno|bun|ruby|perl|php)")
_MANIFESTS = frozenset(
    {"python_requirements", "python_manifests", "python_setup", "python_indexes", "npm_manifests", "npm_settings", "conda",
     "cargo", "go", "ruby", "maven", "nuget", "gradle"}
)  # fmt: skip
_PLAIN = re.compile(r"(?:.*/)?(?:echo|printf|cat|tee)")


def elsewhere(found: Command | Document, budget: Budget) -> Iterator[Named]:
    """Give what a here-document or a string names that is no script of a shell."""
    if isinstance(found, Document):
        heads = [head for head in found.receivers if head]
        if any(_INTERPRETERS.fullmatch(head) for head in heads):
            yield from _program(found.body, budget)
        else:
            # `COPY <<EOF /app/requirements.txt` has the file as its first word.
            yield from _written(found.target or (heads[0] if heads else ""), found.body, budget)
        return
    words = found.words
    if found.target and _PLAIN.fullmatch(words[0].text):
        for word in words[1:50]:
            yield from _written(found.target, word.placed, budget)
    for before, word in pairwise(words[:12]):
        if before.text in {"-c", "-e"} and word.quoted and any(_INTERPRETERS.fullmatch(one.text) for one in words[:8]):
            yield from _program(word.placed, budget)


def _program(body: Placed, budget: Budget) -> Iterator[Named]:
    from clearance.scan.packages.readers import code  # it reads scripts itself

    yield from moved(code.listed(body.text, budget), body)


def _written(path: str, body: Placed, budget: Budget) -> Iterator[Named]:
    """Read a manifest that a script writes. It may be a part of one, or hold variables: what is none is no gap."""
    base = path.rpartition("/")[2]
    if not base or len(base) > 100:
        return
    from clearance.scan.packages.readers import readers_for  # it names the readers that read scripts

    view = View(base, "after", b"", Decoded(body.text, "utf-8", broken=False))
    for reader in readers_for(view):
        if reader.__module__.rpartition(".")[2] in _MANIFESTS:
            try:
                yield from moved(list(reader(body.text, budget)), body)
            except Unparsed:
                continue
