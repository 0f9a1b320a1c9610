"""YAML becomes values at their places, whatever is written, and never more of them than can be held."""

import math
import textwrap

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.infra.lower.yaml_scalar import plain_value
from clearance.scan.infra.lower.yaml_text import MAX_DEPTH, MAX_VALUES, read_yaml
from clearance.scan.infra.node import Kind, Node, NotThis


def budget() -> Budget:
    return Budget(60)


def plain(node: Node) -> object:
    """Give a node as plain data; what is unknown as `("?", text)`."""
    match node.kind:
        case Kind.MAP:
            return {key: plain(value) for key, value in node.items.items()}
        case Kind.LIST:
            return [plain(value) for value in node.values]
        case Kind.UNKNOWN:
            return ("?", node.text)
        case _:
            return node.value


def values(text: str) -> list[object]:
    return [plain(node) for node in read_yaml(text, budget()).documents]


def whys(text: str) -> list[str]:
    return [one.why for one in read_yaml(text, budget()).opaque]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [x, 2.5, ~]\n", {"a": 1, "b": ["x", 2.5, None]}),
        ("on: push\nyes: no\n80: http\n", {"on": "push", "yes": False, "80": "http"}),
        ("mode: 0755\nhex: 0x1F\nbits: 0b11\ntime: 1:30\n", {"mode": 493, "hex": 31, "bits": 3, "time": 90}),
        ("big: 1_000\n", {"big": 1000}),
        ("day: 2026-11-22\n", {"day": "2026-11-22"}),
        ('a: "yes"\nb: \'1\'\nc: !!str 1\nd: ! 1\n', {"a": "yes", "b": "1", "c": "1", "d": "1"}),
        ("a: !!int 3\nb: !!bool on\nc: !!float 1\nd: !!null x\n", {"a": 3, "b": True, "c": 1.0, "d": None}),
        ("a: !Ref x\nb: !!int x\n", {"a": ("?", "!Ref x"), "b": ("?", "!<tag:yaml.org,2002:int> x")}),
        ("a: !reference [job, script]\n", {"a": ("?", "!reference [job, script]")}),
        ("a: |\n  one\n  two\nb: >-\n  one\n  two\n", {"a": "one\ntwo\n", "b": "one two"}),
        ("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n", {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}),
        (
            "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\n",
            {"a": {"x": 1, "y": 1}, "b": {"x": 2, "z": 2}, "c": {"x": 1, "z": 2, "y": 3}},
        ),
        ('{"a": [1, true, null], "b": {"c": "d"}}', {"a": [1, True, None], "b": {"c": "d"}}),
        ("\ufeffa: 1\r\nb: x\r\n", {"a": 1, "b": "x"}),
        ("a: \U0001f600 é\nb: 1\n", {"a": "\U0001f600 é", "b": 1}),
        ("a: !!set {x, y}\n", {"a": {"x": None, "y": None}}),
    ],
)  # fmt: skip
def test_a_text_means_what_yaml_says(text: str, expected: object) -> None:
    assert values(text) == [expected]


def test_documents_stand_in_their_order_and_an_empty_one_is_nothing() -> None:
    assert values("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, None, {"b": 2}]
    assert values("") == []


def test_of_a_key_that_stands_twice_the_last_counts_and_it_is_told() -> None:
    text = "a: 1\nb: 2\na: 3\n"
    read = read_yaml(text, budget())
    assert plain(read.documents[0]) == {"a": 3, "b": 2}
    assert [(text[one.span[0] : one.span[1]], one.why) for one in read.opaque] == [
        ("a", "the key 'a' stands twice; the last one was read")
    ]


def test_a_hostile_key_is_made_visible() -> None:
    assert whys('"\\u202e": 1\n"\\u202e": 2\n') == ["the key '\\\\u202e' stands twice; the last one was read"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 'x\n\n", 3),
        ("a:\n  - x\n b: 1\n", 3),
        ("a: \x01\n", 1),
        ("k: v\nx: \x00\n", 2),
        ("x: 1\na: \ud800\n", 2),
        ("{{ template }}: {\n", 2),
    ],
)
def test_what_does_not_parse_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NotThis, match=rf"^line {line}: "):
        read_yaml(text, budget())


def test_a_broken_document_does_not_hide_those_around_it() -> None:
    text = "a: 1\n---\nb: [\n---\nc: 3\n"
    read = read_yaml(text, budget())
    assert [plain(one) for one in read.documents] == [{"a": 1}, {"c": 3}]
    assert len(read.opaque) == 1


def test_a_file_of_broken_documents_ends_and_says_so() -> None:
    read = read_yaml("a: 1\n" + "---\nb: [\n" * 500, budget())
    assert [plain(one) for one in read.documents] == [{"a": 1}]
    assert "too many documents that are not YAML" in [one.why for one in read.opaque]


def test_aliases_that_multiply_are_cut_and_told() -> None:
    lines = ["a0: &a0 [" + ", ".join("x" * 9) + "]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    read = read_yaml("\n".join(lines), budget())
    assert f"aliases make it more than {MAX_VALUES:,} values" in {one.why for one in read.opaque}


def test_an_alias_of_what_it_stands_in_is_unknown() -> None:
    read = read_yaml("a: &a\n  b: *a\nc: *a\n", budget())
    assert plain(read.documents[0]) == {"a": {"b": ("?", "*a")}, "c": {"b": ("?", "*a")}}
    assert [one.why for one in read.opaque] == ["an alias of what it stands in"]


def test_an_alias_of_nothing_is_told() -> None:
    with pytest.raises(NotThis, match=r"^line 1: "):
        read_yaml("a: *nothing [\n", budget())
    assert whys("a: *nothing\n") == ["an alias of no anchor"]


def test_anchors_end_with_their_document() -> None:
    assert whys("a: &x 1\n---\nb: *x\n") == ["an alias of no anchor"]


def test_merge_keys_are_counted_against_the_bound() -> None:
    wide = ", ".join(f"k{n}: 1" for n in range(2_000))
    text = f"a: &a {{{wide}}}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(400))
    with pytest.raises(NotThis, match="more than"):
        read_yaml(text, budget())


def test_a_merge_of_no_map_opens_the_map() -> None:
    read = read_yaml("a: {<<: [1], b: 2}\n", budget())
    assert read.documents[0].items["a"].text
    assert [one.why for one in read.opaque] == ["a merge key that names no map"]


def test_nesting_is_bounded_and_what_stands_beside_is_read() -> None:
    deep = "[" * (MAX_DEPTH + 50) + "]" * (MAX_DEPTH + 50)
    read = read_yaml(f"a: {deep}\nb: 1\n", budget())
    assert plain(read.documents[0].items["b"]) == 1
    assert [one.why for one in read.opaque] == [f"nested deeper than {MAX_DEPTH} levels"]


def test_aliases_do_not_pass_the_bound_of_nesting() -> None:
    text = "a: &a0 [x]\n" + "".join(f"b{n}: &a{n} [*a{n - 1}]\n" for n in range(1, MAX_DEPTH + 20))
    assert f"aliases make it deeper than {MAX_DEPTH} levels" in whys(text)


def test_too_many_values_end_in_a_gap_that_keeps_what_came_before() -> None:
    read = read_yaml("a: 1\n---\n" + "- x\n" * (MAX_VALUES + 1), budget())
    assert [plain(one) for one in read.documents] == [{"a": 1}]
    assert [one.why for one in read.opaque] == [f"more than {MAX_VALUES:,} values"]


def test_a_spent_budget_ends_it() -> None:
    with pytest.raises(OutOfTime):
        read_yaml("- x\n" * 20_000, Budget(-1))


def test_keys_that_are_no_names_are_told() -> None:
    read = read_yaml("? [a, b]\n: 1\nc: 2\n", budget())
    assert plain(read.documents[0]) == {"c": 2}
    assert [one.why for one in read.opaque] == ["a key that is no plain name"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("key: &anchor value\n", "value"),
        ("key: !tag value\n", "value"),
        ("key: !!str &x 'value'\n", "'value'"),
        ("key: &x   # why\n  value\n", "value"),
        ("key: |\n  one\n  two\n\n\nother: 1\n", "|\n  one\n  two"),
        ("key: plain text # comment\n", "plain text"),
        ("key: [a, b]  \n", "[a, b]"),
        ("key:\n  a: 1\n\nother: 2\n", "a: 1"),
        ("\ufeffkey: value\n", "value"),
        ("\ufeff\r\nkey: \U0001f600\r\n", "\U0001f600"),
    ],
)
def test_a_span_is_the_value_and_nothing_else(text: str, wanted: str) -> None:
    node = read_yaml(text, budget()).documents[0].items["key"]
    assert text[slice(*node.span)] == wanted


def test_spans_hold_behind_a_byte_order_mark_and_a_broken_document() -> None:
    text = "\ufeffa: [\n---\r\nb: \U0001f600\r\nc: x\r\n"
    node = read_yaml(text, budget()).documents[0]
    assert {key: text[slice(*span)] for key, span in node.key_spans.items()} == {"b": "b", "c": "c"}
    assert [text[slice(*one.span)] for one in node.items.values()] == ["\U0001f600", "x"]


# Laws

WORDS = st.text("abcxyz019 .-_:#é\U0001f600", max_size=8)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(DATA, st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_was_written_is_what_is_read(data: object, flow: bool, crlf: bool) -> None:  # noqa: FBT001 -- drawn
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    if crlf:
        text = text.replace("\n", "\r\n")
    read = read_yaml(text, budget())
    assert plain(read.documents[0]) == yaml.safe_load(text) == data
    _spans_hold(read.documents[0], text)


def _spans_hold(node: Node, text: str) -> None:
    for key, span in node.key_spans.items():
        assert _words(text[slice(*span)]) == ([key] if key else [])
    for child in node.children():
        assert node.span[0] <= child.span[0] <= child.span[1] <= node.span[1]
        _spans_hold(child, text)
    if node.kind is Kind.SCALAR:
        piece = textwrap.dedent(text[slice(*node.span)])
        assert yaml.safe_load(piece) == node.value


def _words(piece: str) -> list[str]:
    """Give the texts of the scalars of a piece, but for one that is nothing."""
    return [one.value for one in yaml.parse(piece) if isinstance(one, yaml.ScalarEvent) and one.value]


@given(st.text("0123456789xboaAeEfF_+-.:~nulTrueYesNoOFfi<=", min_size=1, max_size=9))
@settings(max_examples=500, deadline=None)
def test_a_plain_scalar_means_what_the_safe_loader_says(text: str) -> None:
    try:
        wanted = yaml.safe_load(text)
        events = [one for one in yaml.parse(text) if isinstance(one, yaml.ScalarEvent)]
    except (yaml.YAMLError, ValueError):
        return
    if len(events) != 1 or not events[0].implicit[0] or not isinstance(wanted, str | int | float | None):
        return
    got = plain_value(events[0].value)
    assert type(got) is type(wanted)
    assert got == wanted or (isinstance(wanted, float) and math.isnan(wanted))


@given(st.text("abc:-[]{}&*!|>'\"#%@`,?\n \t\r\ufeff\x85\u2028\x07", max_size=60))
@settings(max_examples=500, deadline=None)
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    try:
        read = read_yaml(text, budget())
    except NotThis as error:
        said = str(error)
    else:
        said = "line "
        assert all(0 <= one.span[0] <= one.span[1] <= len(text) for one in read.opaque)
    assert said.startswith("line ")
