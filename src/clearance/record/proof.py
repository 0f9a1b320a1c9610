"""A proof that an entry is in the log, as one file (https://c2sp.org/tlog-proof@v1, suffix `.tlog-proof`)."""

import base64
from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"


def tlog_proof(index: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Write a proof: the inclusion path of the entry at `index`, and the signed checkpoint that it leads to."""
    lines = [HEADER, f"index {index}", *(base64.b64encode(step).decode() for step in path)]
    return ("\n".join(lines) + "\n\n").encode() + note
