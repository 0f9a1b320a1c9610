"""Code that runs when a package is installed."""

import re
from collections.abc import Iterator

from clearance.facts.finding import Confidence, Gap, Severity
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.withdrawn import release_of
from clearance.scan.packages.mention import Mention, Source, Unparsed
from clearance.scan.packages.readers.json_text import strings

LOCKED = "package-install-script"
OWN = "install-script-fetches"
_HOOKS = frozenset({"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "dependencies"})
"""Scripts that npm runs on `npm install` (docs.npmjs.com, "scripts", life cycle operations)."""
_FETCHES = re.compile(
    r"""\b(?:curl|wget|fetch|Invoke-WebRequest|Invoke-RestMethod|iwr|irm|certutil|bitsadmin|nc|ncat|scp|tftp)(?:\.exe)?[ ]
    |https?://|/dev/tcp/|\bftp://""",
    re.IGNORECASE | re.VERBOSE,
)
_ENCODED = re.compile(
    r"""\bbase64\b|\batob\s*\(|\bxxd\b|-enc(?:odedcommand)?\b|\\x[0-9a-f]{2}(?:\\x[0-9a-f]{2}){3}|fromCharCode|[A-Za-z0-9+/]{80,}
    |\bopenssl\s+enc\b""",
    re.IGNORECASE | re.VERBOSE,
)
_EVALUATES = re.compile(
    r"""\b(?:node|bun|deno|python[23]?|perl|ruby|php)(?:\.exe)?\s+(?:eval\s|-e\b|--eval\b|-c\b|-r\b|-p\b|--print\b)
    |\|\s*(?:ba|z|da)?sh\b|\b(?:ba|z|da)?sh\s+-c\b|\beval\b|\bpowershell(?:\.exe)?\b|\bpwsh\b""",
    re.IGNORECASE | re.VERBOSE,
)


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give locked packages that run code when they are installed, and hooks of a package.json that fetch or hide what
    they run."""
    for mention in asked.each(asked.named):
        if mention.source is Source.LOCKFILE and _runs(asked, mention):
            popular = asked.has_knowledge and asked.knowledge.popularity(mention.registry, mention.name).rank > 0
            yield Match(
                rule=LOCKED,
                start=mention.start,
                end=mention.end,
                message=f'"{mention.name}" runs code of its own when it is installed',
                severity=Severity.LOW if popular else None,
                shape=f"{mention.registry.value} {mention.name}",
            )
    if asked.view.path.rpartition("/")[2] == "package.json":
        yield from _hooks(asked)


def _runs(asked: Asked, mention: Mention) -> bool:
    if mention.details.scripts:
        return True
    answer = asked.answer(mention) if mention.version else None
    release = release_of(answer, mention) if answer is not None else None
    return release is not None and release.scripts is True


def _hooks(asked: Asked) -> Iterator[Match]:
    try:
        texts = [one for one in strings(asked.view.text, asked.budget) if len(one.path) == 2 and one.path[0] == "scripts"]
    except Unparsed:  # the reader of the file has told
        return
    for one in texts:
        hook = str(one.path[1])
        if hook not in _HOOKS:
            continue
        command = one.value[:20_000]
        encoded = bool(_ENCODED.search(command))
        fetches = bool(_FETCHES.search(command))
        evaluates = bool(_EVALUATES.search(command))
        if not (encoded or fetches or (evaluates and len(command) > 200)):
            continue
        what = (
            "runs text that hides what it does" if encoded else "fetches something" if fetches else "runs code out of a text"
        )
        yield Match(
            rule=OWN,
            start=one.span[0],
            end=one.span[1],
            message=f"the script {hook}, which runs on each installation, {what}"
            + (" and runs it" if fetches and evaluates else ""),
            severity=Severity.HIGH if encoded or evaluates else None,
            confidence=Confidence.HIGH if encoded and evaluates else None,
            shape=f"{hook} {' '.join(command.split())[:500]}",
        )
