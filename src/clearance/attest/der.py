"""The little of DER (ITU-T X.690) that certificates and timestamps are made of.

Written and read by hand because `cryptography.x509` costs 40 ms of processor time to import, and every `clearance check`
signs. Reading is strict: one content has one spelling, lengths are minimal, nothing may follow.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, UTF8 = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
_LONG = 0x80
_MOST_ITEMS = 256
_TURN = 2050
"""RFC 5280, section 4.1.2.5: years up to 2049 are written as UTCTime, later ones as GeneralizedTime."""


class Malformed(ValueError):
    """Bytes that are not the DER that they should be; the text says what is wrong."""


class Element(NamedTuple):
    """One element: its tag byte, its content, and all of its bytes."""

    tag: int
    value: bytes
    whole: bytes


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write one element: tag, length, and the parts as its content."""
    value = b"".join(parts)
    size = len(value)
    if size < _LONG:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + value


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes]) -> bytes:
    """Write a SET OF, its elements in the order that DER demands (X.690, section 11.6)."""
    return tlv(SET, *sorted(parts))


def integer(number: int) -> bytes:
    """Write an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    return tlv(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def octets(*parts: bytes) -> bytes:
    """Write an OCTET STRING."""
    return tlv(OCTETS, *parts)


def bits(data: bytes, unused: int = 0) -> bytes:
    """Write a BIT STRING; `unused` is how many bits at its end do not count."""
    return tlv(BITS, bytes((unused,)), data)


def text(said: str) -> bytes:
    """Write a UTF8String."""
    return tlv(UTF8, said.encode())


def moment(at: datetime) -> bytes:
    """Write a Time as certificates have it, to the second."""
    return tlv(UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode()) if at.year < _TURN else generalized(at)


def generalized(at: datetime) -> bytes:
    """Write a GeneralizedTime, to the second."""
    # Not by strftime, which takes many times as long.
    return tlv(GENERALIZED_TIME, b"%04d%02d%02d%02d%02d%02dZ" % at.timetuple()[:6])


def read(data: bytes, tag: int = -1) -> Element:
    """Read the one element that these bytes are.

    Raises:
        Malformed: they are not, or it has another tag.
    """
    element, end = _next(data, 0)
    if end != len(data):
        raise Malformed("bytes follow the end")
    if tag not in {-1, element.tag}:
        raise Malformed(f"the tag {element.tag:#04x} where {tag:#04x} belongs")
    return element


def children(element: Element) -> list[Element]:
    """Read the elements inside one.

    Raises:
        Malformed: its content is not a row of elements, or of too many.
    """
    found: list[Element] = []
    at = 0
    while at < len(element.value):
        inner, at = _next(element.value, at)
        found.append(inner)
        if len(found) > _MOST_ITEMS:
            raise Malformed("too many elements")
    return found


def inside(data: bytes, tag: int) -> list[Element]:
    """Read the elements of the one element of this tag that these bytes are.

    Raises:
        Malformed: they are not.
    """
    return children(read(data, tag))


def read_integer(element: Element) -> int:
    """Read an INTEGER that is not negative.

    Raises:
        Malformed: it is none, negative, or not minimal.
    """
    value = element.value
    if element.tag != INTEGER or not value or value[0] & 0x80 or (len(value) > 1 and not value[0] and value[1] < 0x80):
        raise Malformed("not a number as DER writes it")
    return int.from_bytes(value, "big")


def read_oid(element: Element) -> str:
    """Read an OBJECT IDENTIFIER into its dotted form.

    Raises:
        Malformed: it is none.
    """
    value = element.value
    if element.tag != OID or not value or value[-1] & 0x80 or len(value) > 64:
        raise Malformed("not an object identifier")
    arcs, arc, fresh = [], 0, True
    for byte in value:
        if fresh and byte == 0x80:
            raise Malformed("an object identifier that is not minimal")
        arc = arc << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(part) for part in (first, arcs[0] - first * 40, *arcs[1:]))


def read_bits(element: Element) -> tuple[bytes, int]:
    """Read a BIT STRING: its bytes, and how many bits at its end do not count.

    Raises:
        Malformed: it is none.
    """
    value = element.value
    if element.tag != BITS or not value or value[0] > 7 or (len(value) == 1 and value[0]):
        raise Malformed("not a string of bits")
    if value[0] and value[-1] & ((1 << value[0]) - 1):
        raise Malformed("bits that do not count are set")
    return value[1:], value[0]


def read_moment(element: Element) -> datetime:
    """Read a UTCTime or a GeneralizedTime in UTC, to the second, as `moment` and `generalized` write them.

    Raises:
        Malformed: it is none.
    """
    said = element.value
    years = {UTC_TIME: 2, GENERALIZED_TIME: 4}.get(element.tag, 0)
    if not years or len(said) != years + 11 or not said[:-1].isdigit() or not said.endswith(b"Z"):
        raise Malformed("not a moment in UTC to the second")
    year = int(said[:years])
    if years == 2:  # RFC 5280, section 4.1.2.5.1
        year += 2000 if year < 50 else 1900
    month, day, hour, minute, second = (int(said[at : at + 2]) for at in range(years, years + 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Malformed("not a moment") from error


def _next(data: bytes, at: int) -> tuple[Element, int]:
    """Read the element at an offset, and where it ends."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise Malformed("cut off, or a tag that is not used here")
    size, start = data[at + 1], at + 2
    if size >= _LONG:
        count = size & 0x7F
        length = data[start : start + count]
        start += count
        size = int.from_bytes(length, "big")
        if not 0 < count <= 4 or len(length) < count or size < _LONG or not length[0]:
            raise Malformed("a length that is not minimal")
    end = start + size
    if end > len(data):
        raise Malformed("cut off")
    return Element(data[at], data[start:end], data[at:end]), end


def _base128(arc: int) -> bytes:
    """Write one arc of an object identifier."""
    rest = [arc & 0x7F]
    while arc := arc >> 7:
        rest.append(arc & 0x7F | 0x80)
    return bytes(reversed(rest))
