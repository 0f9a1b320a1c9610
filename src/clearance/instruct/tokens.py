"""How many tokens a text costs, without a tokenizer: a count that is rather too high than too low.

Tokenizers of models differ and none is shipped. Each run of letters is taken apart where its case changes, and a piece of up
to seven letters costs 1, a longer one 1 for every five; two digits cost 1; each other visible character costs 1, one outside
of ASCII 2; a run of line ends, or of two and more blanks, costs 1. Against `o200k_base`, `cl100k_base` and the published
tokenizer of Anthropic that is on average 10 % above the highest of the three on texts of this kind
(`benchmarks/instructions.py` measures it).
"""

import re

_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|\n+|[ \t]{2,}|[^\sA-Za-z0-9]")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT = 7
_LETTERS = 5


def tokens(text: str) -> int:
    """Estimate how many tokens a text becomes in the context of a model. Lines that end in a line feed add up."""
    return sum(map(_cost, _PIECES.findall(text)))


def _cost(piece: str) -> int:
    first = piece[0]
    if first.isascii() and first.isalpha():
        return sum(1 if len(word) <= _SHORT else -(-len(word) // _LETTERS) for word in _WORDS.findall(piece))
    if first.isascii() and first.isdigit():
        return -(-len(piece) // 2)
    return 1 if first < "\x80" else 2
