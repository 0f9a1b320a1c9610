"""Catalogues from outside: right as a whole, or an error with file and line."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.controls.catalogue import read_catalogue
from clearance.controls.place import doubled, line_at, line_of
from clearance.facts.errors import BadCatalogue

LINES = """{
  "prefix": "own",
  "title": "Own rules",
  "version": "7",
  "kind": "process",
  "reference": "own:{version}/{id}",
  "pattern": "R[1-9]",
  "source": "us",
  "licence": "own words",
  "groups": [
    {"id": "a", "label": "", "items": [
      {"id": "R1", "label": "One"},
      {"id": "R2", "label": "Two", "level": 2}
    ]},
    {"id": "b", "label": "Others", "items": [
      {"id": "R3", "label": ""}
    ]}
  ],
  "withdrawn": {
    "R9": ["R1"],
    "R8": []
  }
}
"""
WHERE = ".clearance/controls/own.json"


def test_a_right_catalogue_is_read() -> None:
    one = read_catalogue(LINES.encode(), WHERE)
    assert list(one.items) == ["own:7/R1", "own:7/R2", "own:7/R3"]
    assert one.withdrawn == {"R9": ("R1",), "R8": ()}
    assert read_catalogue(b"\xef\xbb\xbf" + LINES.encode(), WHERE).items == one.items


def test_windows_line_ends_count_as_lines() -> None:
    text = LINES.replace('"R2"', '"R1"').replace("\n", "\r\n")
    with pytest.raises(BadCatalogue) as caught:
        read_catalogue(text.encode(), WHERE)
    assert caught.value.where == f"{WHERE}:13"


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ('"R2"', '"R1"', 13, "the id 'R1' stands twice"),
        ('"R2"', '"X2"', 13, "the id 'X2' does not fit the pattern 'R[1-9]'"),
        ('"R2"', '"R22"', 13, "does not fit the pattern"),
        ('"R2"', '"R2\\n"', 13, "matching regex"),
        ('"R2"', "2", 13, "Expected `str`, got `int`"),
        ('"id": "b"', '"id": "a"', 15, "the group 'a' stands twice"),
        ('"label": "One"', '"label": ""', 12, "R1 has no label, nor has its group"),
        ('"label": "One"', '"label": "One", "label": "Two"', 12, "the key 'label' stands twice"),
        ('"label": "One"', '"label": "One", "lab\\u0065l": "Two"', 12, "the key 'label' stands twice"),
        ('"label": "One"', '"text": "One"', 12, "unknown field `text`"),
        (', "label": "Two"', "", 13, "missing required field `label`"),
        ('"level": 2', '"level": 9', 13, "<= 5"),
        ('"kind": "process"', '"kind": "poem"', 5, "Invalid enum value 'poem'"),
        ('"own:{version}/{id}"', '"own:{version}"', 6, "a reference holds `{id}` once"),
        ('"own:{version}/{id}"', '"own:{id}{id}"', 6, "a reference holds `{id}` once"),
        ('"own:{version}/{id}"', '"own:{id}{name}"', 6, "a reference holds `{id}` once"),
        ('"own:{version}/{id}"', '"asvs:{id}"', 6, "does not begin with the prefix"),
        ('"R[1-9]"', '"R[1-9"', 7, "RE2 does not know the pattern"),
        ('"R[1-9]"', '"(?=R)R[1-9]"', 7, "RE2 does not know the pattern"),
        ('"R[1-9]"', '"((R{1,900}){1,900}){1,900}"', 7, "RE2 does not know the pattern"),
        ('"version": "7"', '"version": ""', 4, "matching regex"),
        ('"prefix": "own"', '"prefix": "../own"', 2, "matching regex"),
        ('"R9": ["R1"]', '"R3": ["R1"]', 20, "'R3' is withdrawn and stands among the items, too"),
        ('"R9": ["R1"]', '"R9": ["R7"]', 20, "'R7', which takes the place of R9, does not exist"),
        ('"R9": ["R1"]', '"Q9": ["R1"]', 20, "the withdrawn id 'Q9' does not fit the pattern"),
        ('"R8": []', '"R9": []', 21, "the key 'R9' stands twice"),
        ('{"id": "R3", "label": ""}', '{"id": "R3", "label": ""', 17, "malformed"),
        ('"R8": []\n  }\n}\n', "", 21, "truncated"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_its_line(before: str, after: str, line: int, said: str) -> None:
    assert before in LINES
    with pytest.raises(BadCatalogue) as caught:
        read_catalogue(LINES.replace(before, after, 1).encode(), WHERE)
    assert said in caught.value.what
    assert caught.value.where == f"{WHERE}:{line}"
    assert caught.value.next or "regex" in said or "Expected" in said


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"", 1, "truncated"),
        (b"[]", 1, "Expected `object`"),
        (b"null", 1, "Expected `object`"),
        (LINES.encode("utf-16"), 1, "not UTF-8"),
        (LINES.replace("One", "On\xe9").encode("latin-1"), 12, "not UTF-8"),
        (LINES.encode().replace(b"One", b"\x00"), 12, "malformed"),
        (b" " * (20 << 20), 1, "larger than 8 MiB"),
        (b"[" * (4 << 20), 1, ""),
        (b'{"prefix":' * 700_000, 1, ""),
        (LINES.replace('"One"', "[" * 100_000).encode(), 12, "Expected `str`"),
        (LINES.replace('"level": 2', f'"level": {"9" * 100_000}').encode(), 13, ""),
        (LINES.replace('"R1", "label"', '"R1", "' + "x" * 1_000_000 + '"').encode(), 12, ""),
        (LINES.replace('"groups": [', '"groups": [], "g": [').encode(), 1, "unknown field `g`"),
    ],
)
def test_hostile_bytes_are_refused_with_a_short_error(text: bytes, line: int, said: str) -> None:
    with pytest.raises(BadCatalogue) as caught:
        read_catalogue(text, WHERE)
    assert said in caught.value.what
    assert caught.value.where == f"{WHERE}:{line}"
    assert len(str(caught.value)) < 500


def test_an_empty_catalogue_lists_nothing() -> None:
    plain = json.loads(LINES) | {"groups": [], "withdrawn": {}}
    with pytest.raises(BadCatalogue, match="it lists nothing"):
        read_catalogue(json.dumps(plain).encode(), WHERE)


def test_control_characters_of_a_field_do_not_reach_a_terminal() -> None:
    for field in ('"source"', '"level"'):
        with pytest.raises(BadCatalogue) as caught:
            read_catalogue(LINES.replace(field, '"\\u001b[31m\\u202e"').encode(), WHERE)
        assert "\\x1b[31m\\u202e" in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert "\u202e" not in str(caught.value)


def test_ten_thousand_ids_with_one_twice_name_that_line() -> None:
    items = ",\n".join(f'{{"id": "R{number}", "label": "x{number}"}}' for number in range(10_000))
    text = LINES.replace('{"id": "R3", "label": ""}', items + ',\n{"id": "R77", "label": "again"}').replace(
        '"R[1-9]"', '"R[0-9]+"'
    )
    text = text.replace('{"id": "R1", "label": "One"},', "").replace('{"id": "R2", "label": "Two", "level": 2}', "")
    with pytest.raises(BadCatalogue) as caught:
        read_catalogue(text.encode(), WHERE)
    assert "the id 'R77' stands twice" in caught.value.what
    assert caught.value.where == f"{WHERE}:10016"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, inner in pairs for each in _paths(inner, (*path, key)))]


@given(_JSON)
@settings(max_examples=200)
def test_every_value_of_any_json_is_found_in_order(value: Any) -> None:
    text = json.dumps(value, indent=0).encode()
    lines = [line_of(text, path) for path in _paths(value)]
    assert lines == sorted(lines)
    assert doubled(text) is None


def test_a_value_is_not_taken_for_that_of_a_sibling() -> None:
    text = b'[{"a": 1},\n{"b": 2},\n{"x": 3}]'
    assert [line_of(text, path) for path in [(0, "x"), (1, "b"), (1, "x"), (2, "x"), (7,), ()]] == [1, 2, 2, 3, 1, 1]


def test_the_search_for_a_line_goes_32_levels_deep() -> None:
    text = b"[" * 30 + b"\n[1]" + b"]" * 30
    assert line_of(text, (0,) * 31) == 2
    assert line_of(b"[" * 40 + b"\n1" + b"]" * 40, (0,) * 40) == 1
    assert doubled(b'{"a":' * 40 + b'{"b": 1, "b": 2}' + b"}" * 40) is None


@given(st.binary(max_size=200))
@example(b"{\x00,\x00}\x00")
def test_no_bytes_break_the_search_for_a_line(text: bytes) -> None:
    assert line_of(text, ("a", 0)) >= 1
    doubled(text)
    assert line_at(text, len(text)) == text.count(b"\n") + 1


@given(st.binary(max_size=300), st.integers(0, len(LINES)))
def test_a_catalogue_is_read_or_refused_and_nothing_else(noise: bytes, place: int) -> None:
    text = LINES.encode()
    where = WHERE
    try:
        read_catalogue(text[:place] + noise + text[place + len(noise) :], WHERE)
    except BadCatalogue as error:
        where = error.where.rpartition(":")[0]
    assert where == WHERE
