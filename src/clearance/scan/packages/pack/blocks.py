"""Many small values in compressed blocks: the value of a number is found without unpacking the others."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from clearance.scan.packages.pack.sections import join, split

_WINDOW = -15
_MOST_DICTIONARY = 32_768
_AIM = 6_000
"""About as many bytes a block holds before it is packed: larger ones pack little better and take longer to open."""
_HEAD = struct.Struct(">II")
_OFFSET = struct.Struct(">I")
_raws = msgspec.msgpack.Decoder(list[msgspec.Raw])


def pack_blocks(values: Sequence[bytes]) -> bytes:
    """Pack values, each the msgpack form of something, in their order."""
    whole = sum(map(len, values)) + 1
    group = max(1, min(512, _AIM * len(values) // whole))
    blocks = [_array(values[at : at + group]) for at in range(0, len(values), group)]
    # What a sample of the blocks holds is what the others refer to.
    sample = b"".join(block[:1500] for block in blocks[:: max(1, len(blocks) // 24)])[-_MOST_DICTIONARY:]
    packed, offsets, end = [], [_OFFSET.pack(0)], 0
    for block in blocks:
        squeezer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW, 9, zlib.Z_DEFAULT_STRATEGY, sample)
        packed.append(squeezer.compress(block) + squeezer.flush())
        end += len(packed[-1])
        offsets.append(_OFFSET.pack(end))
    return join([_HEAD.pack(len(values), group), sample, b"".join(offsets), b"".join(packed)])


class Blocks:
    """Values that `pack_blocks` packed."""

    def __init__(self, data: bytes | memoryview) -> None:
        head, self._sample, self._offsets, self._packed = split(bytes(data))
        self._count, self._group = _HEAD.unpack(head)
        self._block = lru_cache(maxsize=16)(self._opened)

    def __len__(self) -> int:
        return int(self._count)

    def __getitem__(self, number: int) -> msgspec.Raw:
        """Give a value by its number."""
        value: msgspec.Raw = self._block(number // self._group)[number % self._group]
        return value

    def __iter__(self) -> Iterator[msgspec.Raw]:
        return (self[number] for number in range(len(self)))

    def _opened(self, block: int) -> list[msgspec.Raw]:
        start, end = struct.unpack_from(">II", self._offsets, block * _OFFSET.size)
        opener = zlib.decompressobj(_WINDOW, zdict=self._sample)
        return _raws.decode(opener.decompress(self._packed[start:end]))


def _array(values: Sequence[bytes]) -> bytes:
    """Put msgpack values into a msgpack array (https://github.com/msgpack/msgpack/blob/master/spec.md)."""
    count = len(values)
    head = bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(values)
