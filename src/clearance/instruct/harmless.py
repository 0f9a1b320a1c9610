"""Text of a rule page, made so that it says something and does nothing, wherever it is put.

What stands in an instruction file is read by programs before a model reads it: Claude Code and Gemini CLI put a file in
place of `@path`, Claude Code runs what follows an exclamation mark and a backtick in a skill and takes HTML comments out,
editors follow links, and front matter ends at `---`. A team's page may come from anybody who was allowed to commit one. So a
text becomes one line of visible ASCII in which none of that works.
"""

import re
import unicodedata
from typing import NamedTuple

from clearance.facts.text import visible

LONGEST = 240
"""Characters of a brief that are shown at most."""
_TYPOGRAPHY = str.maketrans(
    {
        "…": "...", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": "->", "←": "<-", "×": "x",
        "≤": "<=", "≥": ">=", "≠": "!=", "·": "-", "•": "-", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "ł": "l", "đ": "d",
        "«": '"', "»": '"', "\xa0": " ",
    }
)  # fmt: skip
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\n]{0,400}\)")
_MENTION = re.compile(r"(?<![\w`])@(?=[\w~./\\-])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_OPEN = re.compile(r"<!+")
_CLOSE = re.compile(r"-{2,}>")
_RUN_OF_TICKS = re.compile(r"`{2,}")
_SECRET_LIKE = re.compile(
    r"[A-Za-z0-9+/_=-]{24,}|\b(?:gh[a-z]|sk|pk|rk|xox[a-z]|AKIA|eyJ)[_-]?[A-Za-z0-9]{12,}|-----BEGIN|://[^/\s:@]+:[^/\s@]+@"
)


class Line(NamedTuple):
    """A harmless line, and what had to be done to make it one, for people; empty: nothing worth a word."""

    text: str
    note: str


def line(text: str, longest: int = LONGEST) -> Line:
    """Make one line of at most `longest` characters: visible ASCII that no program acts upon."""
    head = text[: longest * 8]
    done = []
    one = " ".join(head.translate(_TYPOGRAPHY).split())
    if visible(one) != one:
        done.append("hidden or control characters shown as escapes")
    said = _ascii(visible(one))
    calm = _calm(said)
    if calm != said:
        done.append("markup taken out")
    if len(calm) > longest or len(head) < len(text):
        done.append(f"cut from {len(text):,} characters")
        calm = _calm(_cut(calm, longest))  # a span that the cut opened held what calming left alone
        while len(calm) > longest:
            calm = _calm(_cut(calm, longest))
    return Line(calm, ", ".join(done))


def block(text: str) -> str:
    """Make lines of code harmless inside a fence of four backticks: visible ASCII, without a run of backticks that ends
    it."""
    shown = _ascii(visible(text.translate(_TYPOGRAPHY), keep="\n\t")).expandtabs(4)
    return re.sub(r"`{3,}", "'''", shown).strip("\n")


def is_secret_like(text: str) -> bool:
    """Tell whether an example holds what could be taken for a key or password: a long run without a word in it, a known
    prefix, or credentials in a URL. Such an example is left out."""
    return any(_random(found[0]) for found in _SECRET_LIKE.finditer(text))


def _random(run: str) -> bool:
    """Whether a run looks made up: begins a key, names credentials, or mixes letters with several digits."""
    if run.startswith(("-----", "://")):
        return True
    return sum(char.isdigit() for char in run) >= 3 and any(char.isalpha() for char in run)


def _ascii(text: str) -> str:
    """Write what is not ASCII as its nearest letters, else as an escape."""
    if text.isascii():
        return text
    taken = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return taken.encode("ascii", "backslashreplace").decode("ascii")


def _calm(text: str) -> str:
    """Take out what a reader of Markdown or of prompts would act upon. Code spans stay as they are, but for one that ends in
    an exclamation mark: with the next span it would look like a command to run."""
    text = _RUN_OF_TICKS.sub("`", text)
    if text.count("`") % 2:
        text = text.replace("`", "")
    parts = text.split("`")
    for at, part in enumerate(parts):
        if at % 2:
            parts[at] = f"{part} " if part.endswith("!") else part
            continue
        plain = _TAG.sub("< ", _MENTION.sub("(at)", _LINK.sub(r"\1", part))).replace("](", "] (").replace("]:", "] :")
        parts[at] = plain.rstrip("! ") + " " if at + 1 < len(parts) and plain.rstrip().endswith("!") else plain
    whole = _CLOSE.sub("->", _OPEN.sub("<", "`".join(parts)))
    return whole.lstrip("-#>*+=~| ").strip()


def _cut(text: str, longest: int) -> str:
    """Cut at a word, without an open code span."""
    short = text[: longest - 3].rsplit(" ", 1)[0]
    return (short.replace("`", "") if short.count("`") % 2 else short) + "..."
