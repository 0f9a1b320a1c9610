"""What to do about a secret that leaked, taken from the page of its rule."""

import re
from functools import lru_cache

from clearance.rules.model import Rule

_REVOKE = re.compile(r"\brevoke (?:it|the|that)\b[^\n]{0,400}?(?:\.(?=\s|$)|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"https://[^\s<>()\[\]\"']{1,300}")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_LONGEST = 1_000
_NORM = re.compile(r"No (.{1,300}) stands in the text")
_FAMILIES = ("secrets",)


@lru_cache(maxsize=1024)
def advice(rule: Rule) -> str:
    """Give what the page says under Fix, for a secret; else how to revoke it, with the address of the vendor's page; for any
    other finding the page's brief."""
    if rule.family not in _FAMILIES:
        return rule.brief
    if rule.fix:
        return "\n".join(_unwrapped(rule.fix))[:_LONGEST]
    found = _REVOKE.search(" ".join(rule.guidance.split()))
    if found is None:
        return rule.brief
    said = found[0].rstrip(".")
    link = address(rule.sources)
    return said[0].upper() + said[1:] + (f"; see {link}" if link else "")


def first_advice(rule: Rule) -> str:
    """Give what comes first of the advice, without its number: for a secret, to revoke it."""
    said, _, _ = advice(rule).partition("\n")
    return _ITEM.sub("", said, count=1)


def broken(title: str) -> str:
    """Say what a finding is that broke a rule of this title: "No key stands in the text" gives "key in the text"."""
    norm = _NORM.fullmatch(title)
    return f"{norm[1]} in the text" if norm else title


def _unwrapped(text: str) -> list[str]:
    """Give the items of a list, or paragraphs, each as one line; autolinks lose their brackets."""
    lines: list[str] = []
    for line in text.splitlines():
        if not lines or not line.strip() or _ITEM.match(line):
            lines.append(line.strip())
        else:
            lines[-1] = f"{lines[-1]} {line.strip()}".strip()
    return [_AUTOLINK.sub(r"\1", line) for line in lines if line]


def address(sources: tuple[str, ...]) -> str:
    """Give the first web address of a page's sources; empty where there is none."""
    found = _ADDRESS.search(" ".join(sources))
    return found[0].rstrip(".,;") if found else ""
