"""Characters that people do not see: what they are, what they spell, and where they belong.

Sources: Unicode Standard 16, chapters 23.2 to 23.4 and 23.9 (layout controls, variation selectors, tag characters); Unicode
Technical Report 36 and Technical Standard 55 (bidirectional spoofing in source text); ECMA-48 and xterm's control sequences.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.facts.finding import Confidence, Severity
from clearance.facts.text import visible
from clearance.scan.family import Budget

TAGS = "prompt-tag-characters"
BIDI = "prompt-bidi-controls"
ZERO_WIDTH = "prompt-zero-width"
SELECTORS = "prompt-variation-selectors"
TERMINAL = "prompt-terminal-escapes"

_ANY = re.compile(
    "[\x1b\x90-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_IDEOGRAPH = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_BLANKS = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_ZERO_WIDTH = re.compile(f"[{_BLANKS}](?:[{_BLANKS}\ufe0f]*[{_BLANKS}])?")
_LATIN = re.compile(r"[A-Za-z0-9]")
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)([0-?]*)[ -/]*([@-~])"  # CSI
    "|(?:\x1b\\]|\x9d)([^\x07\x1b\x9c]{0,4096})(?:\x07|\x1b\\\\|\x9c)?"  # OSC
    "|(?:\x1b[P_^X]|[\x90\x98\x9e\x9f])[^\x1b\x9c]{0,4096}(?:\x1b\\\\|\x9c)?"  # DCS, APC, PM, SOS
    "|\x1b[ -~]?"
)
_CONTROLS = re.compile("[\x1b\x90-\x9f]")
_CONCEALS = re.compile(r"(?:\A|(?<![34]8;5);)8(?:;|\Z)")
_MANY = 4


class Hidden(NamedTuple):
    """A span of the text, the rule, and what is said; severity and confidence where they differ from the page's."""

    rule: str
    start: int
    end: int
    message: str
    severity: Severity | None = None
    confidence: Confidence | None = None


def hidden(text: str, budget: Budget) -> Iterator[Hidden]:
    """Give what is hidden in a text, rule by rule, in the order of the text.

    Raises:
        OutOfTime: the budget is spent.
    """
    if text.isascii() and "\x1b" not in text:
        return
    if _ANY.search(text) is None:
        return
    for look in (_tags, _bidi, _selectors, _zero_width, _terminal):
        for number, one in enumerate(look(text)):
            if not number & 0xFF:
                budget.check()
            yield one


def _tags(text: str) -> Iterator[Hidden]:
    """Tag characters, which mirror ASCII and are seen nowhere; the flags of England, Scotland and Wales are made of them."""
    flags = {found.start() + 1 for found in _FLAG.finditer(text)}
    for found in _TAGS.finditer(text):
        if found.start() in flags and len(found[0]) <= 7:
            continue
        spelt = "".join(chr(ord(letter) - 0xE0000) for letter in found[0] if 0xE0020 <= ord(letter) < 0xE007F)
        yield Hidden(TAGS, *found.span(), f"{len(found[0])} characters that nobody sees spell {_quoted(spelt)}")


def _bidi(text: str) -> Iterator[Hidden]:
    """Controls that show text in another order than it is read; in text of right-to-left scripts they have their place."""
    belongs = None
    last = -1_000
    for found in _BIDI.finditer(text):
        if found.start() - last < 200:
            continue
        last = found.start()
        if belongs is None:
            belongs = _RIGHT_TO_LEFT.search(text) is not None
        overrides = found[0] in "\u202d\u202e"
        line = text[found.start() : found.start() + 60].partition("\n")[0]
        message = f"{visible(found[0])} shows the text behind it in another order than it is read: {_quoted(line)}"
        confidence = Confidence.LOW if belongs and not overrides else None
        yield Hidden(BIDI, *found.span(), message, Severity.HIGH if overrides and not belongs else None, confidence)


def _selectors(text: str) -> Iterator[Hidden]:
    """Runs of variation selectors, each of which can carry a byte."""
    for found in _SELECTORS.finditer(text):
        run = found[0]
        before = text[found.start() - 1 : found.start()]
        if len(run) == 1 and (ord(run) < 0xFFFF or _IDEOGRAPH.match(before)):
            continue
        data = bytes(ord(one) - 0xFE00 if ord(one) < 0xFFFF else ord(one) - 0xE0100 + 16 for one in run)
        said = data.decode("utf-8", "replace")
        spells = f" that spell {_quoted(said)}" if len(run) >= _MANY and said.isprintable() and "\ufffd" not in said else ""
        severity = None if len(run) >= _MANY else Severity.LOW
        yield Hidden(
            SELECTORS, *found.span(), f"{len(run)} variation selectors in a row{spells}: bytes can hide in them", severity
        )


def _zero_width(text: str) -> Iterator[Hidden]:
    """Characters without width: a run of them carries data, one inside a word hides the word."""
    split = 0
    for found in _ZERO_WIDTH.finditer(text):
        run = found[0]
        if len(run) >= _MANY:
            yield Hidden(ZERO_WIDTH, *found.span(), f"{len(run)} characters without width in a row: data can hide in them")
            continue
        if found.start() == 0 and run == "\ufeff":
            continue
        around = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if run[0] != "\u00ad" and found.start() and all(map(_LATIN.match, around)):
            split += 1
            if split <= 3:
                word = text[max(0, found.start() - 20) : found.end() + 20]
                message = f"a word is split by {visible(run)}, which nobody sees: {_quoted(word)}"
                yield Hidden(ZERO_WIDTH, *found.span(), message, Severity.LOW)


def _terminal(text: str) -> Iterator[Hidden]:
    """Control sequences that a terminal obeys. Plain colours and cleared lines come with every pasted log."""
    if not _CONTROLS.search(text):
        return
    for found in _ESCAPE.finditer(text):
        parameters, final, command = found[1], found[2], found[3]
        if final is not None:
            if final == "m" and not _CONCEALS.search(parameters or ""):
                continue
            if final in "KGhlCDrABEFsut":
                continue
            what = "hides text" if final == "m" else "clears the screen" if final == "J" else "moves or answers"
            yield Hidden(TERMINAL, *found.span(), f"a terminal obeys {_quoted(found[0])}: it {what}", Severity.LOW)
        elif command is not None:
            number = command.partition(";")[0]
            if number == "8":
                yield Hidden(
                    TERMINAL, *found.span(), f"a link whose address is not its text: {_quoted(command[:80])}", Severity.LOW
                )
            elif number == "52":
                yield Hidden(TERMINAL, *found.span(), "a terminal would put text on the clipboard", Severity.HIGH)
            else:
                yield Hidden(TERMINAL, *found.span(), f"a terminal obeys {_quoted(found[0][:40])}")
        elif found[0][:2] in {"\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1bc"} or found[0][0] in "\x90\x98\x9e\x9f":
            yield Hidden(TERMINAL, *found.span(), f"a terminal obeys {_quoted(found[0][:40])}")


def _quoted(text: str) -> str:
    shown = visible(text)
    return f"`{shown[:60]}…`" if len(shown) > 60 else f"`{shown}`"
