"""A conversation: which placeholder stands for which value, there and back.

The same value has the same placeholder over all turns. Values rest in memory here, and encrypted wherever a store keeps what
`dump` gives; nothing shows them, `repr` least of all.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from secrets import token_bytes
from typing import Any, NamedTuple, Self

import msgspec

from clearance.facts.errors import MaskError
from clearance.mask.placeholder import PATTERN, make_placeholder

_MOST_VALUES = 100_000
_MOST_BYTES = 64 << 20
_SHORTEST_KNOWN = 6
"""Values of fewer characters are masked only where a scanner points at them: they may be words."""
_SHORTEST_GLUED = 12
"""Values of that many characters with a digit are masked within longer words, too."""


class Private(NamedTuple):
    """A span of a text (half-open, in code points) that must not be read, and the kind that its placeholder names."""

    start: int
    end: int
    kind: str


class Masked(NamedTuple):
    """A text with placeholders, and where they stand in it: half-open spans in code points, in order, with what they are."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


class _Snapshot(msgspec.Struct, array_like=True):
    """What rests of a conversation."""

    version: int
    key: bytes
    expires: int
    values: dict[str, bytes]


class Conversation:
    """Placeholders and values. `expires` is a moment in seconds since 1970 UTC, after which whoever keeps it must not give
    it out any more."""

    def __init__(self, expires: int, key: bytes = b"") -> None:
        self.expires = expires
        self._key = key or token_bytes(32)
        self._values: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._sorted: list[str] = []
        self._size = 0
        self._finder: Any = None

    def __repr__(self) -> str:
        return f"<conversation of {len(self._values)} values>"

    def __len__(self) -> int:
        return len(self._values)

    # There

    def mask(self, text: str, found: Iterable[Private]) -> Masked:
        """Put placeholders for all that was found, and for every value that is known from before, wherever it stands.

        Placeholders of this conversation that stand in the text stay. Where spans overlap, they are one value of the kind of
        the first.

        Raises:
            MaskError: there are more values than a conversation holds.
        """
        own = [(match.start(), match.end()) for match in PATTERN.finditer(text) if match[0] in self._values]
        chosen = _without(_joined(found, len(text)), own)
        for one in chosen:
            self._placeholder(self.restore(text[one.start : one.end]), one.kind)
        pieces: list[str] = []
        spans: list[tuple[int, int, str]] = []
        size = at = 0
        for start, end in self._all(text, chosen, own):
            value = self.restore(text[start:end])
            placeholder = self._known[value]
            pieces += (text[at:start], placeholder)
            size += start - at
            spans.append((size, size + len(placeholder), placeholder))
            size += len(placeholder)
            at = end
        pieces.append(text[at:])
        return Masked("".join(pieces), tuple(spans))

    def _all(self, text: str, chosen: Sequence[Private], own: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Give the spans to replace: those that were found, and known values between them and between placeholders."""
        taken = sorted([*((one.start, one.end) for one in chosen), *own])
        spans = [(one.start, one.end) for one in chosen]
        at = 0
        gaps = []
        for start, end in [*taken, (len(text), len(text))]:
            gaps.append((at, start))
            at = max(at, end)
        return sorted([*spans, *self._seen_again(text, gaps)])

    def _seen_again(self, text: str, gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Give where known values stand in stretches of the text, the longest first where several begin at one place."""
        if self._finder is None:
            import ahocorasick_rs

            # Over bytes, because text that is no Unicode (a lone surrogate) is masked as well.
            known = [_bytes(value) for value in self._known if len(value) >= _SHORTEST_KNOWN]
            kind = ahocorasick_rs.MatchKind.LeftmostLongest
            self._finder = ahocorasick_rs.BytesAhoCorasick(known, matchkind=kind) if known else _Nothing()
        found = []
        for low, high in gaps:
            data = _bytes(text[low:high])
            at, point = 0, low
            for _, first, last in self._finder.find_matches_as_indexes(data):
                start = point + _length(data[at:first])
                end = start + _length(data[first:last])
                at, point = last, end
                if _is_whole(text, start, end):
                    found.append((start, end))
        return found

    def _placeholder(self, value: str, kind: str) -> str:
        known = self._known.get(value)
        if known is not None:
            return known
        self._size += len(value.encode("utf-8", "surrogatepass"))
        if len(self._values) >= _MOST_VALUES or self._size > _MOST_BYTES:
            raise MaskError(
                f"more than {_MOST_VALUES:,} values or {_MOST_BYTES >> 20} MiB in one conversation",
                next="begin another conversation",
            )
        attempt = 0
        while (placeholder := make_placeholder(self._key, kind, value, attempt)) in self._values:
            attempt += 1
        self._keep(placeholder, value)
        return placeholder

    def _keep(self, placeholder: str, value: str) -> None:
        self._values[placeholder] = value
        self._known[value] = placeholder
        insort(self._sorted, placeholder)
        self._finder = None

    # And back

    def restore(self, text: str) -> str:
        """Put back the values, in one pass: what a value holds is never looked at again."""
        values = self._values
        return PATTERN.sub(lambda match: values.get(match[0], match[0]), text)

    def begins(self, tail: str) -> bool:
        """Tell whether a placeholder of this conversation begins with `tail` and is longer."""
        at = bisect_left(self._sorted, tail)
        if at < len(self._sorted) and self._sorted[at] == tail:
            at += 1
        return at < len(self._sorted) and self._sorted[at].startswith(tail)

    def placeholder_of(self, text: str) -> str:
        """Give the placeholder of a value, empty where it has none of its own (it was masked as part of another)."""
        return self._known.get(self.restore(text), "")

    def strangers(self, text: str) -> int:
        """Count what has the shape of a placeholder and is none of this conversation."""
        return sum(match[0] not in self._values for match in PATTERN.finditer(text))

    # At rest

    def dump(self) -> bytes:
        """Give all of it as bytes, values in the clear: for a store that encrypts."""
        values = {placeholder: value.encode("utf-8", "surrogatepass") for placeholder, value in self._values.items()}
        return msgspec.msgpack.encode(_Snapshot(1, self._key, self.expires, values))

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Read what `dump` gave.

        Raises:
            MaskError: it is something else.
        """
        try:
            snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
            values = {placeholder: value.decode("utf-8", "surrogatepass") for placeholder, value in snapshot.values.items()}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise MaskError("not a conversation", next="forget it and mask anew") from None
        if snapshot.version != 1 or not all(map(PATTERN.fullmatch, values)):
            raise MaskError("a conversation of another version", next="forget it and mask anew")
        conversation = cls(snapshot.expires, snapshot.key)
        conversation._values = values
        conversation._known = {value: placeholder for placeholder, value in values.items()}
        conversation._sorted = sorted(values)
        conversation._size = sum(map(len, snapshot.values.values()))
        return conversation


def _joined(found: Iterable[Private], size: int) -> list[Private]:
    """Join spans that overlap, and cut what lies outside of the text."""
    joined: list[Private] = []
    for one in sorted(found):
        start, end = max(0, one.start), min(one.end, size)
        if start >= end:
            continue
        if joined and start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(end, joined[-1].end))
        else:
            joined.append(Private(start, end, one.kind))
    return joined


def _without(found: Sequence[Private], own: Sequence[tuple[int, int]]) -> list[Private]:
    """Leave out what lies within a placeholder, and stretch what cuts one to hold all of it."""
    kept: list[Private] = []
    at = 0
    for one in found:
        start, end = one.start, one.end
        while at < len(own) and own[at][1] <= start:
            at += 1
        within = False
        for low, high in own[at:]:
            if low >= end:
                break
            if low <= start and end <= high:
                within = True
                break
            start, end = min(start, low), max(end, high)
        if not within:
            kept.append(Private(start, end, one.kind))
    return _joined(kept, max((one.end for one in kept), default=0))


class _Nothing:
    """Finds nothing."""

    def find_matches_as_indexes(self, _: bytes) -> tuple[()]:
        return ()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _length(data: bytes) -> int:
    return len(data) if data.isascii() else len(data.decode("utf-8", "surrogatepass"))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether a known value stands for itself and not within a longer word or number, or can be no part of one."""
    if end - start >= _SHORTEST_GLUED and any(map(str.isdigit, text[start:end])):
        return True
    before = text[start - 1 : start]
    after = text[end : end + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())
