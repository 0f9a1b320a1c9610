"""Which data pack is used: decided once, before the scan, and carried to each worker process."""

from pathlib import Path

import msgspec


class PackRefused(Exception):
    """A data pack is missing, or is not what was signed. The text says what is wrong, for people.

    It comes from opening a pack and from any later question: each section is verified when it is used first.
    """


class Place(msgspec.Struct, frozen=True):
    """A data pack that was chosen and whose signature was verified. Small, and equal when the data is equal.

    `digest` is the SHA-256 of the pack's manifest in hexadecimal digits: it fixes every byte that is read, so that a worker
    needs no key. `problem` says why there is no pack that may be used; then opening it raises `PackRefused`.
    """

    path: Path
    digest: str
    problem: str = ""
