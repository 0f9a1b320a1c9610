"""What stands in for a value: an identifier of fixed shape, derived from the value with the key of a conversation.

    Qemail_k3v9x2m7t4pa2b5c      Q, the kind in 2 to 12 lower-case letters, _, 16 digits of base 32 (RFC 4648, lower case)

A `Q` stands at the start and nowhere else, and the length is fixed by the kind: so no placeholder is part of another, and no
suffix of one is the beginning of one. A reader of pieces therefore holds back what follows the last `Q` at most.
"""

import base64
import hashlib
import hmac
import re

FIRST = "Q"
DIGITS = 16
LONGEST = 1 + 12 + 1 + DIGITS
"""Characters of the longest placeholder."""
PATTERN = re.compile(rf"{FIRST}[a-z]{{2,12}}_[a-z2-7]{{{DIGITS}}}")
_KIND = re.compile(r"[a-z]{2,12}")


def make_placeholder(key: bytes, kind: str, value: str, attempt: int = 0) -> str:
    """Derive the placeholder of a value: HMAC-SHA256, of which 80 bits are kept. `attempt` gives another one where that one
    is taken.

    Raises:
        ValueError: the kind is not 2 to 12 lower-case letters.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"no kind: {kind!r}")
    said = attempt.to_bytes(4) + value.encode("utf-8", "surrogatepass")
    digest = hmac.new(key, said, hashlib.sha256).digest()
    return f"{FIRST}{kind}_{base64.b32encode(digest[:10]).decode('ascii').lower()}"
