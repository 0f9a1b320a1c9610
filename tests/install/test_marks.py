"""Marked parts go into Markdown, shell, TOML, YAML and lists, and out again without a trace, also after edits elsewhere."""

import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadFile
from clearance.install.manifest import Held
from clearance.install.marks import bytes_of, part, parts, seal, sealed, text_of
from clearance.install.pieces import Kind, Marked, Whole
from clearance.install.places import Slot

WHERE = "file"
NOTHING = Held(path=WHERE, parts={})
BODY = "line one\n\n  - line two: `x`\n"
ITEM = "- repo: local\n  hooks:\n    - id: clearance\n"
JOB = "clearance:\n  run: clearance check --staged\n"
TABLE = '[mcp_servers.clearance]\ncommand = "clearance"\nargs = ["mcp"]\n'
MARKDOWN = Marked("instructions", "markdown", BODY)
SHELL = Marked("pre-commit", "shell", "clearance check --staged || exit $?\n")
LINES = Marked("ignored", "lines", "/.claude/settings.local.json\n")
TOML = Marked("mcp:codex", "toml", TABLE)
LIST = Marked(
    "pre-commit", "yaml", ITEM, (Slot(("repos",), ITEM), Slot((), "repos:\n  " + ITEM.replace("\n", "\n  ").rstrip(" ")))
)

anything = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
prose = st.lists(
    st.sampled_from(
        [
            "# Title",
            "text",
            "",
            "- item",
            "```",
            "~~~~",
            "```py",
            "<!-- note",
            "-->",
            "---",
            "a: b",
            "    code",
            "* x",
            "é",
            "<!-- a -->",
        ]
    )
    | anything,
    max_size=8,
)
newlines = st.sampled_from(["\n", "\r\n"])


@st.composite
def lines(draw: Any, source: Any = prose) -> str:
    newline = draw(newlines)
    text = newline.join(draw(source))
    return str(draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", newline])))


def cycle(piece: Marked, text: str) -> bytes:
    data = bytes_of(text)
    put = piece.put(data, WHERE, NOTHING)
    assert part(text_of(put.data), piece.name, WHERE) is not None
    again = piece.put(put.data, WHERE, put.held)
    assert again.data == put.data
    assert not again.edited
    assert piece.take(put.data, WHERE, put.held).data == data
    assert piece.take(put.data, WHERE, None).data in {data, None}
    return put.data


@given(lines())
def test_markdown_is_as_before(text: str) -> None:
    cycle(MARKDOWN, text)


@given(lines(), lines())
def test_what_is_written_behind_our_part_stays_and_nothing_else(text: str, more: str) -> None:
    made = cycle(MARKDOWN, text)
    added = bytes_of(more.removeprefix("\ufeff"))
    left = MARKDOWN.take(made + added, WHERE, NOTHING).data
    assert left is not None
    if made.startswith(bytes_of(text)):
        breaks = {b"", b"\n", b"\r\n"}
        assert left.startswith(bytes_of(text))
        assert left.endswith(added)
        assert left[len(bytes_of(text)) :].removesuffix(added) in breaks


@given(st.binary(max_size=80).filter(lambda data: b"\0" not in data))
def test_bytes_that_are_no_utf_8_stay(data: bytes) -> None:
    put = MARKDOWN.put(data, WHERE, NOTHING)
    assert MARKDOWN.take(put.data, WHERE, put.held).data == data


def test_an_open_fence_does_not_swallow_our_part() -> None:
    data = MARKDOWN.put(b"---\ntitle: x\n---\n# A\n\n```\nnever closed\n", WHERE, NOTHING).data
    assert data.startswith(b"---\ntitle: x\n---\n<!-- clearance:begin instructions ")


@given(lines(st.lists(st.sampled_from(["#!/bin/sh", "set -e", "npm test", "# note", "exit 0", ""]), max_size=6)))
def test_a_shell_hook_is_as_before_and_ours_runs_first(text: str) -> None:
    made = text_of(cycle(SHELL, text)) if text.strip("\ufeff \r\n") else ""
    if made:
        commands = [
            line
            for line in made.replace("\r", "").removeprefix("\ufeff").split("\n")
            if line.strip() and not line.startswith("#")
        ]
        assert commands[0] == "clearance check --staged || exit $?"


@pytest.mark.parametrize("text", ["#!/usr/bin/env python3\nprint()\n", "#!/usr/bin/node\n", "\x7fELF\0\0"])
def test_a_hook_in_another_language_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        SHELL.put(text.encode(), WHERE, NOTHING)


scalars = st.integers() | st.booleans() | st.sampled_from(["x", "a b", "#no", "été"])
keys = st.sampled_from(["model", "a", "b-c", "features", "mcp_servers"])


def toml_of(values: dict[str, Any], draw: Any) -> str:
    import json

    text = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}{draw(st.sampled_from(['', '  # note']))}\n"
        for key, value in values.items()
        if not isinstance(value, dict)
    )
    for key, table in values.items():
        if isinstance(table, dict):
            text += f"\n[{key}.other]\n" + "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in table.items())
    return text.rstrip("\n") if draw(st.booleans()) else text


@given(
    st.data(), st.dictionaries(keys, scalars | st.dictionaries(st.sampled_from(["k", "l"]), scalars, max_size=2), max_size=4)
)
def test_toml_holds_the_same_and_ours(data: st.DataObject, values: dict[str, Any]) -> None:
    text = toml_of(values, data.draw)
    if not isinstance(values.get("mcp_servers", {}), dict):
        with pytest.raises(BadFile, match="already holds"):
            TOML.put(text.encode(), WHERE, NOTHING)
        return
    after = tomllib.loads(cycle(TOML, text).decode())
    assert after["mcp_servers"].pop("clearance") == {"command": "clearance", "args": ["mcp"]}
    before = tomllib.loads(text)
    assert after == before | {"mcp_servers": before.get("mcp_servers", {})}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a = 1\nb = ", ":2", "not valid TOML"),
        ("mcp_servers = {}\n", "", "already holds"),
        ("[[mcp_servers]]\na = 1\n", "", "already holds"),
        ('[mcp_servers.clearance]\ncommand = "other"\n', "", "already holds"),
        ("mcp_servers.clearance.args = []\n", "", "already holds"),
    ],
)
def test_toml_that_cannot_be_extended_is_refused(text: str, line: str, what: str) -> None:
    with pytest.raises(BadFile) as error:
        TOML.put(text.encode(), WHERE, NOTHING)
    assert what in error.value.what
    assert error.value.where == WHERE + line


repos = st.lists(
    st.fixed_dictionaries(
        {
            "repo": st.sampled_from(["https://example.com/a", "local"]),
            "hooks": st.lists(
                st.fixed_dictionaries(
                    {"id": st.sampled_from(["ruff", "été: x", "|"]), "args": st.lists(scalars, max_size=2)}
                ),
                max_size=2,
            ),
        }
    ),
    min_size=1,
    max_size=3,
)


@given(st.data(), repos, st.booleans(), newlines)
def test_yaml_means_the_same_with_one_item_more(data: st.DataObject, value: Any, first: object, newline: str) -> None:
    whole = {"repos": value, "fail_fast": True} if first else {"default_stages": ["pre-commit"], "repos": value}
    text = yaml.safe_dump(whole, sort_keys=False, indent=data.draw(st.sampled_from([2, 4])), allow_unicode=True)
    text = data.draw(st.sampled_from(["", "# hooks of the team\n", "---\n"])) + text
    if data.draw(st.booleans()):
        text = text.replace("repos:\n", "repos:  # these\n  # and why\n")
    text = text.rstrip("\n") if data.draw(st.booleans()) else text + data.draw(st.sampled_from(["", "\n", "# end\n"]))
    text = text.replace("\n", newline)
    after = yaml.safe_load(cycle(LIST, text))
    ours = yaml.safe_load(ITEM)[0]
    assert ours in after["repos"]
    after["repos"].remove(ours)
    assert after == whole


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: local\n  hooks:\n  - id: a\n    entry: |\n      echo\n      # no comment\n",
        "repos:\n  - repo: local\n    hooks: [{id: a, entry: 'x'}]   # note\n\n\n# behind\nci:\n  skip: [a]\n",
        "repos:\n  - &one\n    repo: local\n    hooks: []\n  - *one\n",
        "repos:\n  -   repo: local\n      hooks:\n      -   id: a\n          exclude: >-\n            ^x\n            |y\n",
        "repos: &all\n  - repo: local\n    hooks: []\n",
        "ci: {}\n",
        "# nothing yet\n",
        "",
    ],
)
def test_yaml_of_many_styles_takes_our_lines(text: str) -> None:
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(cycle(LIST, text))
    assert yaml.safe_load(ITEM)[0] in after["repos"]
    assert len(after["repos"]) == len(before.get("repos", [])) + 1


@pytest.mark.parametrize(
    "text",
    [
        "repos: []\n",
        "{repos: [{repo: local}]}\n",
        "repos:\n",
        "base: &b\n  - repo: x\nrepos: *b\n",
        "a: 1\n---\nb: 2\n",
        "a: [1\n",
        "- a\n",
        "a: " + "[" * 5000,
    ],
)
def test_yaml_that_cannot_be_extended_by_lines_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        LIST.put(text.encode(), WHERE, NOTHING)


def test_lines_behind_a_text_without_a_line_break_would_change_it_so_they_go_in_front() -> None:
    text = "repos:\n  - repo: x\n    entry: |\n      echo"
    made = cycle(LIST, text).decode()
    assert yaml.safe_load(made)["repos"][1] == {"repo": "x", "entry": "echo"}
    assert yaml.safe_load(made)["repos"][0]["repo"] == "local"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("pre-commit:\n  jobs:\n    - run: npm test\n", ["jobs", 1, "run"]),
        (
            "pre-commit:\n  parallel: true\n  commands:\n    lint:\n      run: npm run lint\n",
            ["commands", "clearance", "run"],
        ),
        ("pre-commit:\n  parallel: true\n", ["commands", "clearance", "run"]),
        ("pre-push:\n  commands:\n    a:\n      run: x\n", ["commands", "clearance", "run"]),
    ],
)
def test_lefthook_is_extended_in_its_own_way(text: str, where: list[Any]) -> None:
    from clearance.wiring.installing.desired import commit_want
    from clearance.wiring.installing.surroundings import CommitHook, Programs

    piece = commit_want(
        CommitHook("lefthook", "repository", "lefthook.yml"), Programs("clearance-hook", "clearance", absolute=False)
    ).piece
    assert isinstance(piece, Marked)
    value = yaml.safe_load(cycle(piece, text))["pre-commit"]
    for key in where:
        value = value[key]
    assert value == "clearance check --staged"


@given(lines(st.lists(st.sampled_from(["node_modules/", "*.pyc", "!keep", "# note", ""]), max_size=5)))
def test_a_list_of_lines_is_as_before(text: str) -> None:
    cycle(LINES, text)


# what goes wrong with marks


@pytest.mark.parametrize(
    "text",
    [
        "<!-- clearance:begin instructions 0123456789abcdef -->\nx\n",
        (
            "<!-- clearance:begin instructions 0123456789abcdef -->\n<!-- clearance:begin other 0123456789abcdef -->\n"
            "<!-- clearance:end instructions -->\n"
        ),
        2 * "<!-- clearance:begin instructions 0123456789abcdef -->\nx\n<!-- clearance:end instructions -->\n",
    ],
)
def test_torn_marks_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(BadFile) as error:
        MARKDOWN.put(b"# A\n" + text.encode(), WHERE, NOTHING)
    assert error.value.where.split(":")[1] in {"2", "5"}


def test_a_part_that_a_person_changed_is_told() -> None:
    put = MARKDOWN.put(b"# A\n", WHERE, NOTHING)
    changed = put.data.replace(b"line one", b"line ONE")
    assert MARKDOWN.put(changed, WHERE, put.held).edited
    assert MARKDOWN.take(changed, WHERE, put.held).edited
    assert MARKDOWN.put(changed, WHERE, put.held).data == put.data


def test_a_new_text_replaces_the_old_one_where_it_stands() -> None:
    data = MARKDOWN.put(b"# A\n", WHERE, NOTHING).data + b"# B\n"
    newer = MARKDOWN._replace(body="new\n").put(data, WHERE, NOTHING)
    assert not newer.edited
    assert [one.body for one in parts(text_of(newer.data), WHERE)] == ["new\n"]
    assert newer.data.startswith(b"# A\n")
    assert newer.data.endswith(b"# B\n")


@pytest.mark.parametrize("kind", ["markdown", "lines", "shell"])
def test_utf_16_is_refused(kind: Kind) -> None:
    with pytest.raises(BadFile, match="UTF-8"):
        Marked("x", kind, "y\n").put("# A\n".encode("utf-16"), WHERE, NOTHING)


# whole files

WHOLE = Whole("ci:github", "name: Clearance\n", "hash")


@given(anything)
def test_a_seal_tells_whether_the_file_is_as_we_wrote_it(text: str) -> None:
    full = seal(text, "markdown")
    assert sealed(full) is True
    assert sealed(full.replace("\n", "\r\n") if "\r" not in text else full) is True
    assert sealed("x" + full) is False
    assert sealed(text) is None


def test_a_whole_file_comes_and_goes() -> None:
    put = WHOLE.put(None, WHERE, NOTHING)
    assert WHOLE.put(put.data, WHERE, put.held).data == put.data
    assert WHOLE.take(put.data, WHERE, None).data is None
    assert WHOLE.take(put.data.replace(b"Clear", b"clear"), WHERE, None) == (None, True, "")


def test_a_file_of_somebody_else_is_left_alone() -> None:
    with pytest.raises(BadFile, match="your own"):
        WHOLE.put(b"name: mine\n", WHERE, NOTHING)
    assert WHOLE.take(b"name: mine\n", WHERE, None).data == b"name: mine\n"


def test_settings_are_written_once_and_stay_where_a_person_changed_them() -> None:
    once = Whole("settings", "# nothing\n", "hash", once=True)
    put = once.put(None, WHERE, NOTHING)
    theirs = put.data.replace(b"nothing", b"mine")
    assert once.put(theirs, WHERE, put.held).data == theirs
    assert once.take(put.data, WHERE, put.held).data is None
    assert once.take(theirs, WHERE, put.held).data == theirs
    assert once.take(theirs, WHERE, put.held).kept
    assert once.put(b"[scan]\n", WHERE, NOTHING).data == b"[scan]\n"
