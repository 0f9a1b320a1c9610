"""Standard input and output of a process that speaks a protocol over them."""

import os
import sys


def claimed() -> tuple[int, int]:
    """Take both streams and give their new descriptors: whatever else reads in this process meets nothing, and whatever else
    prints meets standard error."""
    sys.stdout.flush()
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return reading, writing
