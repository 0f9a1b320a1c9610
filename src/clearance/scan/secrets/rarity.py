"""How unlikely text is: entropy of its characters, and how rare its letter pairs are in words and identifiers."""

from collections import Counter
from itertools import pairwise
from math import log2

# For each pair of letters `ab` .. `zz`, row by row, minus the binary logarithm of the chance that the second follows the
# first, as one hexadecimal digit. Counted over the words and identifiers of open source code and its documentation,
# with frequent words damped.
_PAIRS = (
    "65448758596343a5a34356776836563678358267369446489958386637935a4468279463589a7a3664267827856647854657887a"
    "47436568798453757334866579476633792a847737945549896b487727544ba56447a346488988288628993a866637a56458a869"
    "5545555a99845245954495a7b5296626bb476777367738386b7b46652658377475569635585a693775278939747736a85557994a"
    "257627893a865833985658996a484335384966764797336699796544765868644254a344465789387637754a738734935459895a"
    "7877868879b366877546167999375527683a665636a544678a5b5847377439756744774248796a375726842a966746a345587958"
    "5456456a5b944364a33389a899276817883ba87848a767898a8a376536743a667437944678789b464535963a9556638662878558"
    "56564657498444529634766877378716973bb77747b76679a963"
)  # fmt: skip
_SURPRISE = {
    chr(97 + first) + chr(97 + second): int(_PAIRS[26 * first + second], 16) for first in range(26) for second in range(26)
}


def entropy(text: str) -> float:
    """Give the Shannon entropy of the characters in bits a character; 0 for empty text."""
    size = len(text)
    return -sum(count / size * log2(count / size) for count in Counter(text).values()) if size else 0.0


def rarity(text: str) -> float:
    """Give the mean surprise of neighbouring letters in bits: about 3.6 for words, 6.1 for random letters.

    Pairs with something else than ASCII letters do not count; 0 where there is no pair.
    """
    lower = text.lower()
    surprise = _SURPRISE.get
    known = [bits for one, other in pairwise(lower) if (bits := surprise(one + other)) is not None]
    return sum(known) / len(known) if known else 0.0
