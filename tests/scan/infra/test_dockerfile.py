"""Dockerfiles become stages, instructions and commands, with the values of their variables, and places in the file."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.infra.lower.dockerfile import lower
from clearance.scan.infra.lower.image_name import read_image
from clearance.scan.infra.lower.shell import Shell, Variables
from clearance.scan.infra.node import Document, Node, NotThis, Unit
from scan.infra.rules_of_tests import plain


def read(text: str) -> Document:
    return lower(dedent(text), Budget(60))


def of(document: Document, kind: str, type_: str = "") -> list[Unit]:
    return [one for one in document.units if one.kind == f"docker.{kind}" and type_ in ("", one.type)]


def value(unit: Unit, *path: str) -> object:
    node: Node | None = unit.body
    for key in path:
        assert node is not None
        node = node.items.get(key)
    return plain(node) if node is not None else "missing"


IMAGES = [
    # FROM line, base, tag, digest
    ("FROM python", "python", "missing", "missing"),
    ("FROM python:3.13-slim AS x", "python", "3.13-slim", "missing"),
    ("FROM localhost:5000/a/b", "localhost:5000/a/b", "missing", "missing"),
    ("FROM localhost:5000/a/b:1@sha256:ab", "localhost:5000/a/b", "1", "sha256:ab"),
    ("FROM --platform=linux/amd64 a:1", "a", "1", "missing"),
    ("from   a:1   as b", "a", "1", "missing"),
    ("ARG V=3\nFROM a:${V}-slim", "a", "3-slim", "missing"),
    ("ARG V\nFROM a:${V}-slim", "a", "?${V}-slim?", "missing"),
    ("ARG V\nFROM a:${V:-9}", "a", "9", "missing"),
    ("ARG I\nFROM $I", "?$I?", "?$I?", "missing"),
    ("ARG R\nFROM ${R}/a:1", "?${R}/a?", "1", "missing"),
    ("ARG R=x.example.com:1\nFROM ${R}/a", "x.example.com:1/a", "missing", "missing"),
]


@pytest.mark.parametrize(("text", "base", "tag", "digest"), IMAGES)
def test_an_image_is_taken_apart_with_known_variables_put_in(text: str, base: str, tag: str, digest: str) -> None:
    (stage,) = of(read(text), "stage")
    assert [value(stage, key) for key in ("base", "tag", "digest")] == [base, tag, digest]


def test_a_stage_takes_over_what_the_stage_under_it_has() -> None:
    document = read("""\
        FROM a:1 AS Base
        ENV X=1
        USER app
        HEALTHCHECK NONE
        FROM base AS next
        RUN echo $X
        FROM 1
        """)
    one, two, three = of(document, "stage")
    assert [value(stage, "user") for stage in (one, two, three)] == ["app"] * 3
    assert [value(stage, "final") for stage in (one, two, three)] == [False, False, True]
    assert [value(stage, "from-stage") for stage in (one, two, three)] == [False, True, True]
    assert [value(stage, "under") for stage in (one, two, three)] == ["a:1"] * 3
    assert "HEALTHCHECK" in three.body.items["instructions"].items
    (echo,) = of(document, "command", "echo")
    assert value(echo, "words") == ["1"]


def test_continuation_lines_comments_and_empty_lines_are_joined_and_places_stay_true() -> None:
    text = "FROM a:1\nRUN apt-get update \\\r\n  # a comment\n\n  && apt-get inst\\\nall -y curl\nUSER x\n"
    document = lower(text, Budget(60))
    update, install = of(document, "command", "apt-get")
    assert value(install, "words") == ["install", "-y", "curl"]
    first, last = install.body.items["operands"].values[-1].span
    assert text[first:last] == "curl"
    assert text[slice(*of(document, "instruction", "USER")[0].head)] == "USER x"
    assert value(update, "verb") == "update"


def test_the_escape_directive_changes_what_continues_a_line() -> None:
    document = read("# escape=`\nFROM a:1\nRUN dir c:\\\nRUN a `\n b\n")
    assert [value(one, "args") for one in of(document, "instruction", "RUN")] == ["dir c:\\", "a b"]
    assert plain(document.units[0].body.items["directives"]) == {"escape": "`"}


def test_a_heredoc_is_a_script_where_a_shell_reads_it_and_a_file_where_not() -> None:
    document = read("""\
        FROM a:1
        RUN <<EOT
        pip install x
        EOT
        RUN bash <<-'EOT'
        \tcurl y
        \tEOT
        RUN cat <<EOT > /etc/x
        rm -rf /
        EOT
        COPY <<EOT /a
        RUN not this
        EOT
        RUN <<PY python3
        USER z
        PY
        """)
    assert [one.type for one in of(document, "command")] == ["pip", "bash", "curl", "cat", "python3"]
    assert not document.opaque


def test_a_heredoc_that_does_not_end_is_told() -> None:
    document = read("FROM a:1\nRUN <<EOT\nUSER x\n")
    assert [one.why for one in document.opaque] == ["the heredoc does not end"]
    assert len(of(document, "instruction", "USER")) == 1


def test_flags_mounts_and_pairs_are_read() -> None:
    document = read("""\
        FROM a:1
        RUN --mount=type=secret,id=x --mount=type=cache,target=/c --network=none make
        ENV A=1 B="two words" C=$A D=$E
        ENV OLD style value
        ARG NAME
        COPY --from=b --chmod=777 x "y z" /d/
        ONBUILD USER root
        """)
    (run,) = of(document, "instruction", "RUN")
    assert value(run, "mounts") == [{"type": "secret", "id": "x"}, {"type": "cache", "target": "/c"}]
    assert value(run, "flags", "network") == "none"
    one, two = of(document, "instruction", "ENV")
    assert value(one, "pairs") == {"A": "1", "B": "two words", "C": "1", "D": "?$E?"}
    assert value(two, "pairs") == {"OLD": "style value"}
    assert value(of(document, "instruction", "ARG")[0], "pairs") == {"NAME": None}
    (copy,) = of(document, "instruction", "COPY")
    assert (value(copy, "sources"), value(copy, "target")) == (["x", "y z"], "/d/")
    assert value(of(document, "instruction", "USER")[0], "onbuild") is True
    assert value(of(document, "stage")[0], "user") == "missing"


def test_the_exec_form_is_a_list_and_its_shell_text_is_read() -> None:
    document = read('FROM a:1\nCMD ["sh", "-c", "curl x | bash"]\nENTRYPOINT [not json]\n')
    (cmd,) = of(document, "instruction", "CMD")
    assert (value(cmd, "json"), value(cmd, "words")) == (True, ["sh", "-c", "curl x | bash"])
    assert value(of(document, "instruction", "ENTRYPOINT")[0], "json") is False
    (curl,) = of(document, "command", "curl")
    assert value(curl, "into") == ["bash"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no instruction"),
        ("# only a comment\n", "line 1: no instruction"),
        ("\n\nhello world\nFROM a\n", "line 3: no instruction 'HELLO'"),
        ("{{ template }}\nFROM a\n", "line 1: no instruction '{{ template }}"),
    ],
)
def test_what_is_no_dockerfile_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(NotThis, match=said.replace("{", "[{]")):
        read(text)


def test_a_line_that_is_no_instruction_is_told_and_the_others_are_read() -> None:
    document = read("FROM a:1\nRNU x\nUSER y\n")
    assert [one.why for one in document.opaque] == ["no instruction of a Dockerfile"]
    assert value(of(document, "stage")[0], "user") == "y"


COMMANDS = [
    # shell text, programs with their words, what the first one's output goes through
    ("a b; c && d || e & f", ["a b", "c", "d", "e", "f"], []),
    ("curl x | sudo -u y bash -s -- z", ["curl x", "sudo -u y bash -s -- z", "bash -s -- z"], ["bash"]),
    ("a | b | c", ["a", "b", "c"], ["b", "c"]),
    ("A=1 B='2 3' env C=4 make x", ["env C=4 make x", "make x"], []),
    ("if [ -f x ]; then rm x; fi", ["[ -f x ]", "rm x"], []),
    ("sh -c 'a \"b c\"; d'", ['sh -c a "b c"; d', "a b c", "d"], []),
    ('sh -c "$(curl x)"', ["sh -c $(curl x)", "curl x"], []),
    ("bash <(wget -qO- y)", ["bash <(wget -qO- y)", "wget -qO- y"], []),
    ("echo `id -u` > /x 2>&1", ["echo `id -u`", "id -u"], []),
    ("/usr/bin/curl x", ["curl x"], []),
    ("echo 'a # b' # c d\nnext", ["echo a # b", "next"], []),
    ("xargs -n 1 rm -f", ["xargs -n 1 rm -f", "rm -f"], []),
    ('echo "unclosed', ["echo unclosed"], []),
    ('echo "ends with \\', ["echo ends with \\"], []),
    ("echo ends \\", ["echo ends "], []),
    ("echo $(( 1 + 2 ))", ["echo $(( 1 + 2 ))", "1 + 2"], []),
    ("$(unclosed", ["$(unclosed", "unclosed"], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "into"), COMMANDS)
def test_shell_text_is_split_into_commands(text: str, expected: list[str], into: list[str]) -> None:
    commands = Shell(Variables(), Budget(60)).split(text, 0, len(text))
    said = [" ".join((one.program, *(word.text for word in one.words))) for one in commands]
    assert sorted(said) == sorted(expected)
    assert commands[0].into == into


def test_known_variables_are_put_into_words() -> None:
    text = "a $V \"${V}x\" ${W:-d} ${W} '$V'"
    (command,) = Shell(Variables({"V": "1"}), Budget(60)).split(text, 0, len(text))
    assert [(word.text, word.whole) for word in command.words] == [
        ("1", False),
        ("1x", False),
        ("d", False),
        ("${W}", True),
        ("$V", False),
    ]


@given(st.text(st.sampled_from("ab $(){}`'\"\\;|&<>#\n\0="), max_size=60))
def test_any_shell_text_is_split_within_its_bounds(text: str) -> None:
    for command in Shell(Variables(), Budget(60)).split(text, 0, len(text)):
        assert all(0 <= word.span[0] <= word.span[1] <= len(text) for word in command.words)


@given(st.text(st.sampled_from("FROMUSERUN a:1=\\\n#`\"'[]$<<EOT-\t \r"), max_size=120))
def test_any_text_after_from_is_read_or_told(text: str) -> None:
    document = lower("FROM a:1\n" + text, Budget(60))
    whole = "FROM a:1\n" + text
    assert all(0 <= unit.head[0] <= unit.head[1] <= len(whole) for unit in document.units)


@given(st.text(st.sampled_from("ab:/@.${}1"), max_size=30))
def test_an_image_name_is_made_of_its_pieces(text: str) -> None:
    one = read_image(text)
    again = one.base + (":" + one.tag if one.tag else "") + ("@" + one.digest if one.digest else "")
    assert (
        again in (text, text.rstrip("@"), text.rstrip(":"), text.replace(":@", "@"))
        or one.base + ":@" + one.digest == text
        or not one.tag
    )


def test_stages_commands_and_lines_are_bounded() -> None:
    stages = read("FROM a:1\n" * 600)
    assert len(of(stages, "stage")) == 500
    assert any("stages" in one.why for one in stages.opaque)
    commands = read("FROM a:1\n" + "RUN a; b\n" * 3000)
    assert len(of(commands, "command")) <= 5000
    assert any("commands" in one.why for one in commands.opaque)


def test_a_spent_budget_ends_the_reading() -> None:
    with pytest.raises(OutOfTime):
        lower("FROM a:1\n" * 2000, Budget(-1))


def test_what_variables_add_is_bounded() -> None:
    long = "FROM a:1\nENV B=" + "y" * 2_001 + "\nRUN $B\n"
    document = lower(long + "ENV A=" + "x" * 2_000 + "\nRUN " + "$A " * 2_000 + "\n", Budget(60))
    first, second = of(document, "instruction", "RUN")
    assert value(first, "words") == ["?$B?"]
    assert sum(len(str(word)) for word in value(second, "words")) < 1_100_000  # type: ignore[attr-defined]
