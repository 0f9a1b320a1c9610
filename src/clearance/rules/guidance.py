"""What text of others must not bring into an assistant's instructions: words that turn the assistant against its own
rules, characters that people do not see, and commands.

Guidance says how to write code. It has no reason to speak of the instructions that an assistant has, of what it may
tell its user, or of the gate. Only some wordings are known; that nothing is found does not make a text harmless, so a
person reads it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_MOST = 100
_LONGEST = 1 << 20
_SPAN = re.compile(r"(`{1,8})(?!`)([^`\n]{1,2000})\1(?!`)")
_NAME = re.compile(r"[A-Za-z_@$][\w.:()\[\]-]{0,60}")
_FENCE = re.compile(r"^\s{0,12}(```+|~~~+)\s*([\w+-]*)")
_SHELLS = frozenset({"bash", "console", "fish", "sh", "shell", "terminal", "zsh"})
_ELIDED = re.compile(r"\s(?:…|\.\.\.)\s")
_LEFT_OUT = "(code left out)"
_WORDS = r"(?:[^\w.!?]+\w+){0,%d}?[^\w.!?]+"
_RULES = r"(?:instruct\w*|rules?|prompts?|guidelines?|directi\w+|polic\w+|constraints?|messages?|guardrails?)\b"
_PATTERNS = (
    (
        "tells an assistant to pass over what it was told",
        re.compile(
            r"\b(?:ignore|disregard|forget|override|discard|stop following)\b"
             r"(?:[^\w.!?]+(?:all|any|each|every|its|my|of|other|safety|security|system|that|the|these|those|your)){0,4}"
             r"(?:[^\w.!?]+(?:previous|prior|above|earlier|preceding|existing|foregoing)"
             r"(?:[^\w.!?]+\w+){0,2}?)?[^\w.!?]+"
            + _RULES
        ),
    ),
    (
        "speaks as if it came from the system or the user",
        re.compile(
            r"<\|?(?:im_start|system|start_header_id)\|?>|\[/?inst\]"
            r"|(?:^|[\n\"'])[\W_]{0,20}(?:important )?system(?: prompt| message)?:\s"
        ),
    ),
    (
        "gives an assistant another role or task",
        re.compile(
            r"\b(?:you are now|from now on,? you|your (?:new|real|true|actual) (?:instructions?|tasks?|goals?|role))\b"
        ),
    ),
    (
        "tells an assistant to hide something from people",
        re.compile(
            r"\bwithout (?:telling|asking|informing)[^\w]+(?:the[^\w]+)?(?:user|human|reviewer|developer|person)\b"
            r"|\b(?:do not|don't|never)[^\w]+(?:mention|reveal|disclose)[^\w]+(?:this|these)[^\w]+"
            r"(?:rules?|instruct\w*|guid\w+|to)\b"
            r"|\b(?:do not|don't|never)[^\w]+(?:tell|inform|alert)[^\w]+(?:the[^\w]+)?(?:user|human|reviewer|developer)"
            r"[^\w]+(?:about|of|that you)\b"
        ),
    ),
    (
        "tells an assistant to go past the gate",
        re.compile(
            r"\b(?:disable|skip|turn off|switch off|bypass|uninstall|work around|suppress)\b"
            + _WORDS % 3
            + r"(?:clearance|the gate|security (?:checks?|scan\w*|reviews?|findings?)|pre-commit|git hooks?|commit hooks?)\b"
        ),
    ),
    (
        "loads a program and runs it unseen",
        re.compile(
            r"\b(?:curl|wget|fetch|iwr|invoke-webrequest)\b[^\n|]{0,300}\|[^\S\n]{0,20}(?:sudo[^\S\n]{1,20})?"
            r"(?:(?:ba|z|da|k)?sh|python3?|node|perl|ruby|iex)\b"
        ),
    ),
)  # fmt: skip
_NEGATED = re.compile(
    r"\b(?:never|not|n't|without|avoid|must not|cannot|nobody|no one|don't)[^\w.!?]+(?:\w+[^\w.!?]+){0,3}$"
)
_UNSEEN = re.compile(
    "[\U000e0020-\U000e007e]{4,}|[\u202a-\u202e\u2066-\u2069]|[\u200b-\u200d\u2060-\u2064\ufeff]{4,}"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}|\x1b"
)


class Suspicion(NamedTuple):
    """What in a text looks like an order to an assistant: its line, counted from 1, where it starts, and what it does."""

    line: int
    start: int
    what: str


class Shell(NamedTuple):
    """A piece of a text that is written for a shell, and the line on which it starts, counted from 1."""

    line: int
    text: str


def suspicions(text: str) -> tuple[Suspicion, ...]:
    """Find orders to assistants and hidden text, in the order of the text, at most a hundred. The words may stand on several
    lines; one that is forbidden ("never ignore …") is no order."""
    head = text[:_LONGEST]
    plain = head.lower()
    if len(plain) != len(head):  # a few letters grow when they are made small, and places would move
        plain = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in head)
    found = [(match.start(), "holds text that people do not see") for match in _UNSEEN.finditer(head)]
    for what, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            negated = _NEGATED.search(plain, max(0, match.start() - 60), match.start())
            if negated is None and not _is_elided(match[0]):
                found.append((match.start() + len(match[0]) - len(match[0].lstrip()), what))
            if len(found) > 50 * _MOST:
                break
    return tuple(Suspicion(_line(head, at), at, what) for at, what in sorted(set(found))[:_MOST])


def shells(text: str) -> Iterator[Shell]:
    """Give what is written for a shell: code spans of several words, and fenced blocks that name one."""
    fence = ""
    block: list[str] | None = None
    start = 0
    for number, one in enumerate(re.split(r"\r\n|\r|\n", text[:_LONGEST]), 1):
        mark = _FENCE.match(one)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2]:
                if block:
                    yield Shell(start, "\n".join(block))
                fence, block = "", None
            elif block is not None:
                block.append(one.removeprefix("$ "))
        elif mark:
            fence, start = mark[1], number + 1
            block = [] if mark[2].lower() in _SHELLS else None
        else:
            for span in _SPAN.finditer(one):
                if " " in span[2].strip() and not _is_elided(span[2]):
                    yield Shell(number, span[2].strip())
    if block:
        yield Shell(start, "\n".join(block))


def without_commands(text: str) -> str:
    """Take code spans out that are more than one name: what stands in instructions in a span gets run."""
    return _SPAN.sub(lambda span: span[0] if _NAME.fullmatch(span[2].strip()) else _LEFT_OUT, text)


def _is_elided(piece: str) -> bool:
    """Whether a command is spoken of and not written out (`curl … | sh`): there is no address in it."""
    return _ELIDED.search(piece) is not None and not re.search(r"[/$]|\.[a-z]", piece)


def _line(text: str, at: int) -> int:
    return len(re.findall(r"\r\n|\r|\n", text[:at])) + 1
