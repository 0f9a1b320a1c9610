import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.attest.lines import line_of

TEXT = b"""{
  "id": "x",
  "by": {
    "name": "a\\"b",
    "kind": "person"
  },
  "list": [
    1,
    {"deep": [
      true,
      {"name": null}
    ]}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".id", 2),
        (".by", 3),
        (".by.name", 4),
        (".by.kind", 5),
        (".by.nothing", 3),
        (".list", 7),
        (".list[0]", 8),
        (".list[1]", 9),
        (".list[1].deep", 9),
        (".list[1].deep[1].name", 11),
        (".nothing", 1),
        ("", 1),
    ],
)
def test_the_line_of_a_field_is_found(path: str, line: int) -> None:
    assert line_of(TEXT, path) == line


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), documents, min_size=1, max_size=4), st.data())
def test_of_any_document_the_line_of_a_top_field_holds_its_name(document: dict[str, object], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(document)))
    text = json.dumps(document, indent=1).encode()
    assert f'"{name}"'.encode() in text.split(b"\n")[line_of(text, f".{name}") - 1]


@given(st.binary(max_size=60), st.text(".ab[0]", max_size=10))
def test_whatever_the_text_a_line_of_it_is_given(data: bytes, path: str) -> None:
    assert 1 <= line_of(data, path) <= data.count(b"\n") + 1
