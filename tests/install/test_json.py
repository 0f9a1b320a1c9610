"""Entries go into any JSON and out again without a trace; everything else in it keeps its bytes and its meaning."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.facts.errors import BadFile
from clearance.install.hooks import Entry
from clearance.install.jsonc import Pointer, read
from clearance.install.manifest import Held
from clearance.install.pieces import Entries

WHERE = "settings.json"
NOTHING = Held(path=WHERE, parts={})
OURS = {"command": "clearance-hook toy Before"}


def ours(value: Any) -> tuple[Pointer, ...]:
    found: list[Pointer] = []
    hooks = value.get("hooks") if isinstance(value, dict) else None
    for event, items in hooks.items() if isinstance(hooks, dict) else ():
        for place, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and "clearance-hook" in str(item.get("command")):
                found.append(("hooks", event, place))
    return tuple(found)


PIECE = Entries(
    "hooks:toy",
    (Entry(("hooks", "Before"), None, OURS), Entry(("hooks", "Stop"), None, {**OURS, "timeout": 9})),
    ours,
)

# Values, and texts of them: random space, comments, line breaks and trailing commas.

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
items = st.lists(st.fixed_dictionaries({"command": st.sampled_from(["lint", "make test", "true"])}), max_size=3)
wholes = st.fixed_dictionaries(
    {},
    optional={
        "a": values,
        "permissions": st.dictionaries(st.text(max_size=4), values, max_size=3),
        "hooks": st.fixed_dictionaries({}, optional={"Before": items, "Stop": items, "After": items}),
        "z": values,
    },
)


class Writer:
    """Writes a value as somebody might have typed it."""

    def __init__(self, draw: Any, *, comments: bool) -> None:
        self.draw = draw
        self.comments = comments
        self.newline = draw(st.sampled_from(["\n", "\r\n"]))

    def gap(self) -> str:
        choices = ["", " ", "\t", self.newline, self.newline + "  ", self.newline + "\t\t"]
        if self.comments:
            choices += [" /* clearance, not */ ", f" // a [ note{self.newline}    "]
        return str(self.draw(st.sampled_from(choices)))

    def text(self, value: Any) -> str:
        if isinstance(value, dict):
            rows = [f"{self.gap()}{json.dumps(key)}{self.gap()}:{self.gap()}{self.text(one)}" for key, one in value.items()]
            return "{" + self.joined(rows) + "}"
        if isinstance(value, list):
            return "[" + self.joined([self.gap() + self.text(one) for one in value]) + "]"
        return json.dumps(value, ensure_ascii=self.draw(st.booleans()))

    def joined(self, rows: list[str]) -> str:
        text = ",".join(row + self.gap() for row in rows)
        if rows and self.comments and self.draw(st.booleans()):
            text += ","
        return text + self.gap()


@st.composite
def texts(draw: Any, *, comments: bool = True) -> str:
    writer = Writer(draw, comments=comments)
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return str(mark + writer.gap() + writer.text(draw(wholes)) + writer.gap())


def put(text: str) -> Any:
    return PIECE.put(text.encode(), WHERE, NOTHING)


@settings(max_examples=50)
@given(texts())
def test_out_again_without_a_trace(text: str) -> None:
    made = put(text)
    assert made.data != text.encode()
    assert PIECE.take(made.data, WHERE, made.held).data == text.encode()


@settings(max_examples=50)
@given(texts())
def test_a_second_time_changes_nothing(text: str) -> None:
    made = put(text)
    again = PIECE.put(made.data, WHERE, made.held)
    assert again.data == made.data
    assert again.held == made.held
    assert not again.edited


@settings(max_examples=50)
@given(texts())
def test_all_else_means_what_it_meant_and_ours_is_there(text: str) -> None:
    before = read(text.encode(), WHERE).value()
    after = read(put(text).data, WHERE).value()
    assert OURS in after["hooks"]["Before"]
    assert {**OURS, "timeout": 9} in after["hooks"]["Stop"]
    for event in ("Before", "Stop"):
        left = after["hooks"][event][:-1]
        assert left == before.get("hooks", {}).get(event, [])
    assert {key: value for key, value in after.items() if key != "hooks"} == {
        key: value for key, value in before.items() if key != "hooks"
    }


@settings(max_examples=50)
@given(texts(comments=False))
def test_a_plain_file_stays_plain_json(text: str) -> None:
    assert json.loads(put(text).data.decode("utf-8-sig"))["hooks"]["Before"][-1] == OURS


@settings(max_examples=50)
@given(texts())
@example('{"hooks":{"Before":[]}}')
def test_without_the_manifest_only_white_space_in_empty_places_may_differ(text: str) -> None:
    left = PIECE.take(put(text).data, WHERE, None).data
    before = read(text.encode(), WHERE).value()
    if left is None:
        assert all(not value or (key == "hooks" and not any(value.values())) for key, value in before.items())
        return
    after = read(left, WHERE).value()
    hooks = {event: items for event, items in before.pop("hooks", {}).items() if items or event == "After"}
    assert {event: items for event, items in after.pop("hooks", {}).items() if items or event == "After"} == hooks
    assert after == before


@settings(max_examples=50)
@given(texts(), st.sampled_from(["top", "list"]))
@example('{"a":null // a [ note\n    }', "top")
def test_what_a_person_adds_later_stays(text: str, where: str) -> None:
    made = put(text)
    theirs = Entries(
        "theirs",
        (Entry((), "later", [1]) if where == "top" else Entry(("hooks", "Stop"), None, {"command": "late"}),),
        lambda _: (),
    )
    later = theirs.put(made.data, WHERE, NOTHING).data
    left = PIECE.take(later, WHERE, made.held).data
    assert left is not None
    value, before = read(left, WHERE).value(), read(text.encode(), WHERE).value()
    if where == "top":
        assert value.pop("later") == [1]
        assert value == before
    else:
        assert value["hooks"]["Stop"][-1] == {"command": "late"}


@given(
    st.text(alphabet='{}[]",:/*\\ \n\ttrue1-.ea', max_size=40)
    | texts().flatmap(lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut]))
)
def test_what_is_no_json_is_refused_and_all_else_read_alike(text: str) -> None:
    try:
        wanted = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        wanted = "refused"
    try:
        document = read(text.encode(), WHERE)
    except BadFile as error:
        refused: str | None = error.where
    else:
        refused = None
        if wanted != "refused":
            assert document.value() == wanted
    if refused is not None:
        assert wanted == "refused"
        assert refused.startswith(f"{WHERE}:")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{\n  "hooks": {,}\n}', 2, "',' is not expected"),
        ('{"a": 1', 1, "ends too early"),
        ('{"a": 1} {"b": 2}', 1, "not expected"),
        ('{\n\n"a" 1}', 3, "not expected"),
        ("{'a': 1}", 1, "not expected"),
        ('{"a": 01}', 1, "not expected"),
        ('{"a": nul}', 1, "not expected"),
        ('["a\nb"]', 1, "not expected"),
        ("[" * 300, 1, "nested deeper than 200"),
        ('{"a": /* 1}', 1, "not expected"),
    ],
)
def test_an_error_names_the_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadFile) as error:
        read(text.encode(), WHERE)
    assert error.value.where == f"{WHERE}:{line}"
    assert what in error.value.what


def test_bytes_that_are_no_text_and_files_that_are_too_large_are_refused() -> None:
    with pytest.raises(BadFile, match="not UTF-8"):
        read(b'{"a": "\xff"}', WHERE)
    with pytest.raises(BadFile, match="larger than"):
        read(b" " * (1 << 20), WHERE)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"hooks": {"Stop": []}, "hooks": {}}', "'hooks' stands twice"),
        ('{"hooks": {"Stop": [], "Stop": [{}]}}', "'Stop' stands twice"),
        ('{"hooks": []}', "hooks is not an object"),
        ('{"hooks": {"Before": {}}}', "hooks.Before is not a list"),
        ("[]", "the whole is not an object"),
        ("// nothing yet", "only comments"),
    ],
)
def test_what_cannot_be_extended_is_refused_not_rewritten(text: str, what: str) -> None:
    with pytest.raises(BadFile) as error:
        put(text)
    assert what in f"{error.value.what}".replace("the key ", "")


def test_a_deep_and_a_wide_file_take_no_more_than_their_size() -> None:
    wide = json.dumps({"hooks": {}, "a": list(range(60_000))})
    made = put(wide)
    assert PIECE.take(made.data, WHERE, made.held).data == wide.encode()


def test_a_stale_entry_is_replaced_and_told() -> None:
    text = '{"hooks": {"Before": [{"command": "/old/clearance-hook toy Before"}, {"command": "lint"}]}}'
    made = put(text)
    assert made.edited
    value = json.loads(made.data)
    assert value["hooks"]["Before"] == [{"command": "lint"}, OURS]
