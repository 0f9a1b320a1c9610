"""Text from a change inside a Markdown comment, where it can be read and do nothing.

GitHub and GitLab act on much more than Markdown: `@name` notifies, `#12`, `!12` and commit ids link, `:name:` draws, `www.`
links, `/close` at the start of a line is a command, `[[page]]` links to a wiki. Backslashes and entities stop none of these:
they are looked for after Markdown was read, though never inside `<code>`. So prose is let through word by word; a word that
could be more than a word stands in `<code>`, its punctuation as entities. No line starts with text from the change.
"""

import html
import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from clearance.facts.text import visible

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~\xa0]")
# A plain word: letters and digits of any script, with marks inside and around that mean nothing to Markdown or a forge.
_PLAIN = re.compile(r"[(\"'“‘]*[^\W_]+(?:[.,'’=+-][^\W_]+)*[)\"'”’.,;:?!…]*|[-–—=+…·,.;?]")
_NOT_A_WORD = re.compile(r"(?i)(?<![^\W_])(?:www\.|gh-\d)|(?<![^\W_])[0-9a-f]{7,40}(?![^\W_])")
_HOLDS_BACKTICKS = re.compile(r"`([^`]+)`|([^`]+|`)")
_WEB = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~%/-]*)?(?:#[A-Za-z0-9._~-]*)?")


def code(text: str, limit: int = 300) -> str:
    """Give text as inline code, cut to `limit` characters; spaces stay single lines."""
    said = visible(text)
    said = said if len(said) <= limit else said[: limit - 1] + "…"
    return f"<code>{_PUNCTUATION.sub(lambda found: f'&#{ord(found[0])};', said)}</code>" if said.strip() else ""


def prose(text: str, limit: int = 600) -> str:
    """Give text as prose in which what stands between backticks, and each word that could be more than a word, is code."""
    said = visible(" ".join(text.split()))
    said = said if len(said) <= limit else said[: limit - 1] + "…"
    words: list[tuple[bool, str]] = []
    depth = 0
    for quoted, other in _HOLDS_BACKTICKS.findall(said):
        if quoted:
            words.append((True, quoted))
            continue
        for word in filter(None, other.split(" ")):
            # Once code has opened a bracket, the words up to the closing one belong to it.
            is_code = depth > 0 or not _harmless(word)
            depth = max(0, depth + sum(map(word.count, "([{")) - sum(map(word.count, ")]}"))) if is_code else 0
            words.append((is_code, word))
    groups = [(is_code, " ".join(word for _, word in group)) for is_code, group in groupby(words, key=itemgetter(0))]
    return " ".join(_sentence_end(text) if is_code else html.escape(text, quote=False) for is_code, text in groups)


def _sentence_end(text: str) -> str:
    """Give code with the punctuation of the sentence around it left outside."""
    end = len(text)
    while end and (text[end - 1] in ".,;:" or (text[end - 1] == ")" and text.count(")", 0, end) > text.count("(", 0, end))):
        end -= 1
    return code(text[:end], len(text)) + text[end:]


def _harmless(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and _NOT_A_WORD.search(word) is None


def block(lines: Sequence[str], first: int, hits: range) -> str:
    """Give lines of code as a fenced block, numbered from `first`; those in `hits` are marked. The numbers also keep a line
    of the change from being read as the end of the block or as a command of the forge."""
    digits = len(str(first + len(lines) - 1))
    rows = [
        f"{'▸' if number in hits else ' '} {number:>{digits}} │ {visible(line, keep=chr(9))}"
        for number, line in enumerate(lines, first)
    ]
    return "\n".join(["```", *rows, "```"])


def link(label: str, address: str) -> str:
    """Give a link for an address that is plain https, and the label as code for any other."""
    return f"[{code(label)}]({address})" if _WEB.fullmatch(address) else code(label)
