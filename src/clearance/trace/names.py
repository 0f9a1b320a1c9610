"""Short names by which a log's pointers find the generations that a text may come from.

A pointer is no evidence: what is found is laid against the text (`settle.py`). Names of lines are salted as their keys are.
"""

from collections.abc import Iterable, Sequence

from clearance.facts.trace import KEY_BYTES, SCHEME, SHORT_BYTES, LineKeys
from clearance.trace.file import Pair
from clearance.trace.keys import KeyedText, keys_of, numbers_of, sound

_SKETCH = 8
"""One of so many shingles is pointed from, and the lowest few of each run."""
_LOWEST = 4


def line_names(keys: LineKeys) -> set[bytes]:
    """Give the names of the lines of a generation, or of a text that is laid against generations: of each line with tokens
    its loose key, and of its shingles a sample that two texts with the same shingles have in common."""
    found: set[bytes] = set()
    for run in keys.runs:
        if sound(run):
            found.update(b"l" + key for key in keys_of(run.loose, KEY_BYTES) if any(key))
            found.update(shingle_names(keys.salt, numbers_of(run.shingles, SHORT_BYTES)))
    return found


def shingle_names(salt: bytes, shingles: Iterable[int], *, every: bool = False) -> set[bytes]:
    """Give the names of the shingles that are pointed from (`every`: of all, to ask for what may be)."""
    known = set(shingles)
    chosen = known if every else {one for one in known if not one % _SKETCH} | set(sorted(known)[:_LOWEST])
    return {b"h" + salt[:4] + one.to_bytes(SHORT_BYTES) for one in chosen}


def package_words(message: str) -> set[str]:
    """Give the words of a finding's message that may name a package, in lower case: without a version, quotes, brackets."""
    for sign in '`",:':
        message = message.replace(sign, " ")
    return {word.partition("@")[0].partition("==")[0].strip(".;()").lower() for word in message.split()} - {""}


def names_of_new(pairs: Sequence[Pair], salts: Iterable[bytes]) -> set[bytes]:
    """Give all names that the new lines of files may be pointed from, under each of the salts."""
    names: set[bytes] = set()
    for salt in salts:
        for pair in pairs:
            keyed = KeyedText(pair.new, salt)
            names |= line_names(LineKeys(scheme=SCHEME, salt=salt, runs=keyed.runs(pair.path, pair.added)))
            for first, last in pair.added:
                low, high = keyed.starts[min(first - 1, len(pair.new))], keyed.starts[min(last, len(pair.new))]
                names |= shingle_names(salt, keyed.shingles[max(0, low - 2) : high], every=True)
    return names
