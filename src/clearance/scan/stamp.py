"""Names what a compiled form of pages rests on: the pages, and the code that reads them."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from clearance.rules.model import Rule


def pages_digest(rules: Sequence[Rule]) -> str:
    """Give the SHA-256 of the blocks of pages and of what else of a page their compiled form holds."""
    digest = hashlib.sha256()
    for rule in rules:
        digest.update(f"{rule.page}\0{rule.id}\0{rule.family}\0{rule.confidence.value}\0".encode())
        for block in rule.detect:
            digest.update(f"{block.engine}\0{block.line}\0{block.text}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@lru_cache(maxsize=8)
def reader_stamp(folder: Path) -> str:
    """Name the code in a folder that reads blocks: what another version wrote down is not understood."""
    stamp = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        status = file.stat()
        stamp.update(f"{file.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return stamp.hexdigest()[:16]
