"""The words that give a secret away in plain text, so that disguises can look for their disguised forms."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Probe

_ALWAYS = (
    "PRIVATE KEY", "password", "PASSWORD", "passwd", "secret", "SECRET", "api_key", "apikey", "API_KEY", "postgres",
    "mysql:/", "mongodb", "redis:/", "amqp:/",
)  # fmt: skip
"""Words that stand beside secrets of no format, and schemes of URLs that hold them."""
_LEAD = lazily(r"(?:\\b|\^|\((?:\?:|\?P<\w+>)?(?:\^\|\[\^(?:\\.|[^\]])*\]\))?)*")
_ATOM = lazily(r"\[(?:\\.|[^\]])*\]|\\.|[^\\\[(){}*+?.|^$]")
_TELLING = lazily(r"[A-Za-z0-9]*[._-]|[A-Z0-9]{4}|[A-Za-z]*[0-9]|[a-z]+[A-Z]|[A-Z]{2,}[a-z]|[A-Z]+[a-z]+[A-Z]")
_COMMON = frozenset(
    [
        "access", "api", "app", "auth", "auto", "aws", "azure", "bot", "client", "com", "console", "dev", "generic",
        "google", "hex", "hook", "hooks", "http", "https", "id", "key", "live", "login", "org", "pass", "password", "pat",
        "pk", "prod", "res", "sdk", "secret", "ser", "service", "sk", "test", "token", "us", "user", "v", "web", "webhook",
    ]
)  # fmt: skip
_SHORT = lazily(r"[A-Z]{2}[._-]|[a-z][0-9]_|hf_|eyJ")
_WORD = lazily(r"[A-Za-z]+|[0-9]+")


class Words(NamedTuple):
    """Literals, as they are spelled. `all` stand in secrets or beside them; `starts` are those of token formats that hardly
    stand anywhere else."""

    all: tuple[str, ...]
    starts: tuple[str, ...]


def words_of(probes: Sequence[Probe]) -> Words:
    """Gather the keywords of token formats, spelled as their patterns spell them."""
    spelled: dict[str, None] = {}
    starts: dict[str, None] = {}
    for probe in probes:
        token = getattr(probe.judge, "token", None)
        patterns = patterns_of(probe)
        if token is None or not patterns:
            continue
        plain = [re.sub(r"\\([^A-Za-z0-9])", r"\1", pattern) for pattern in patterns]
        for word in token.keywords:
            for one in dict.fromkeys((word, *_spellings(word, plain))):
                if (
                    len(one) < (3 if _SHORT.match(one) else 4)
                    or len(set(one)) < 3
                    or not one.isascii()
                    or not one.isprintable()
                ):
                    continue
                spelled[one] = None
                if _is_telling(one) and any(_begins(pattern, one) for pattern in patterns):
                    starts[one] = None
    spelled |= dict.fromkeys(("eyJ", *_ALWAYS))
    return Words(tuple(spelled), tuple(starts))


def patterns_of(probe: Probe) -> list[str]:
    """Give the patterns of a token format whose case counts: as its page writes them, for the prefilter gets less."""
    token = getattr(probe.judge, "token", None)
    pattern = getattr(token, "pattern", "")
    return [pattern] if pattern and "(?i" not in pattern else []


def _spellings(word: str, patterns: Sequence[str]) -> list[str]:
    """Give a word as the patterns spell it, where they spell it out."""
    found = []
    for pattern in patterns:
        at = pattern.lower().find(word.lower())
        if at >= 0:
            found.append(pattern[at : at + len(word)])
    return found


def _begins(pattern: str, word: str) -> bool:
    """Tell whether what a pattern matches may begin with a word: the first two characters fit one of its alternatives."""
    lead = _LEAD.match(pattern)
    rest = pattern[lead.end() :] if lead else pattern
    grouped = bool(lead and lead[0].endswith(("(?:", "(")))
    return any(_fits(one, word) for one in (rest.split("|") if grouped else [rest]))


def _fits(pattern: str, word: str) -> bool:
    at = 0
    for char in word[:2]:
        atom = _ATOM.match(pattern, at)
        if atom is None:
            return True
        if re.fullmatch(atom[0], char) is None:
            return False
        at = atom.end()
    return not pattern.startswith(("{", "*", "+"), at) or at > 1


def _is_telling(word: str) -> bool:
    """Tell whether a word is more than one of a language or a common name."""
    parts = _WORD.findall(word.lower())
    if _TELLING.match(word) is None or len(set(word)) < 3:
        return False
    return (len(parts) > 1 and len(word) >= 8) or any(part not in _COMMON and not part.isdigit() for part in parts)
