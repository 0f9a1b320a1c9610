"""The names under which a store keeps the parts of a log."""

BUNDLES = "bundle/"
CHECKPOINT = "checkpoint"
COSIGNED = "cosigned"
"""The newest checkpoint that a quorum of witnesses cosigned."""
ENTRIES = "entry/"
EVIDENCE = "evidence/"
TILES = "tile/"


def entry_name(index: int) -> str:
    """Name an entry so that names sort as indexes do."""
    return f"{ENTRIES}{index:012d}"


def bundle_name(index: int) -> str:
    """Name what rests beside an entry, in the same way."""
    return f"{BUNDLES}{index:012d}"


def index_in(name: str) -> int | None:
    """Read the index from the name of an entry or of its bundle; None where it is not spelled as above."""
    digits = name.partition("/")[2]
    return int(digits) if len(digits) == 12 and digits.isascii() and digits.isdigit() else None
