"""Which lines differ: laws that hold for any two texts."""

import copy
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.lines import LineCounter, compare, encoding_of, split
from clearance.collect.memory import change_of
from clearance.collect.sides import leaves_tree, path_name
from clearance.facts.change import ChangeKind, Range

LINES = st.lists(
    st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"}\n"]) | st.binary(max_size=3).map(lambda x: x.hex().encode() + b"\n")
)


def numbers(ranges: tuple[Range, ...]) -> set[int]:
    return set(chain.from_iterable(range(first, last + 1) for first, last in ranges))


@given(LINES, LINES)
def test_what_is_neither_added_nor_removed_is_the_same_on_both_sides(old: list[bytes], new: list[bytes]) -> None:
    change = compare(b"".join(old), b"".join(new))
    added, removed = numbers(change.added), numbers(change.removed)
    assert [line for at, line in enumerate(old, 1) if at not in removed] == [
        line for at, line in enumerate(new, 1) if at not in added
    ]


@given(LINES)
def test_nothing_differs_from_itself(lines: list[bytes]) -> None:
    assert compare(b"".join(lines), b"".join(lines)) == ((), (), False)


@given(st.lists(st.integers(0, 10**9), unique=True, max_size=200), st.data())
def test_one_insertion_is_found_exactly(values: list[int], data: st.DataObject) -> None:
    old = [b"%d\n" % value for value in values]
    at = data.draw(st.integers(0, len(old)))
    change = compare(b"".join(old), b"".join([*old[:at], b"new\n", *old[at:]]))
    assert (change.added, change.removed) == (((at + 1, at + 1),), ())


def test_large_texts_without_a_unique_line_take_no_long() -> None:
    old = b"".join(b"%d\n" % (number % 7) for number in range(60_000))
    new = b"".join(b"%d\n" % (number % 5) for number in range(60_000))
    assert compare(old, new).added


@given(
    st.text(st.sampled_from("a\n\r\u010a\u0a00"), max_size=50),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
    st.integers(1, 7),
)
def test_lines_are_counted_in_pieces_as_they_are_split(text: str, encoding: str, size: int) -> None:
    data = text.encode(encoding)
    found = encoding_of(data)
    lines = split(data)
    assert (found is None) == (lines is None)
    if found and lines is not None:
        counter = LineCounter(found)
        for at in range(0, len(data), size):
            counter.feed(data[at : at + size])
        assert counter.count == len(lines)


@given(
    st.lists(
        st.binary(min_size=1, max_size=6).map(lambda raw: raw.replace(b"x", b"\\x")), min_size=2, max_size=2, unique=True
    )
)
def test_no_two_names_look_the_same(names: list[bytes]) -> None:
    assert path_name(names[0]) != path_name(names[1])


def test_which_links_leave() -> None:
    stays = [(b"a/b", b"../c"), (b"a/b", b"./../a/c"), (b"l", b"."), (b"a/b/c", b"../../x")]
    leaves = [(b"a/b", b"../../c"), (b"l", b".."), (b"l", b"/etc"), (b"a/b", b"x/../../../y"), (b"a/b", b"../../a/c")]
    assert [leaves_tree(*link) for link in stays + leaves] == [False] * 4 + [True] * 5


def test_a_change_in_memory() -> None:
    collected = change_of(
        {"a": b"1\n2\n3\n", "gone": b"x", "same": b"s"}, {"a": b"1\nTWO\n3\n4", "new": b"n\n", "same": b"s"}
    )
    files = {file.path: (file.kind, file.added, file.removed) for file in collected.change.files}
    assert files == {
        "a": (ChangeKind.MODIFIED, ((2, 2), (4, 4)), ((2, 2),)),
        "gone": (ChangeKind.DELETED, (), ((1, 1),)),
        "new": (ChangeKind.ADDED, ((1, 1),), ()),
    }
    assert list(collected.contents.paths()) == ["a", "new", "same"]
    assert copy.deepcopy(collected.contents).read("gone", "before", 9) == b"x"
