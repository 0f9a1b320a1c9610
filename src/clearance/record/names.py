"""The names under which a store keeps the parts of a log."""

CHECKPOINT = "checkpoint"
ENTRIES = "entry/"
EVIDENCE = "evidence/"
TILES = "tile/"


def entry_name(index: int) -> str:
    """Name an entry so that names sort as indexes do."""
    return f"{ENTRIES}{index:012d}"
