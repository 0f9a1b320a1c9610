"""The reader knows where commands and words end, as a shell does; tree-sitter's grammar of bash is the second opinion."""

import shlex

import pytest
import tree_sitter_bash
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from clearance.scan.commands.reader import Reader, TooDeep
from clearance.scan.commands.run import Readout
from clearance.scan.commands.walk import walked
from clearance.scan.family import Budget

PARSER = Parser(Language(tree_sitter_bash.language()))


def started(command: str) -> list[tuple[str, ...]]:
    return [(run.name, *run.words) for run in walked(command, Budget(20.0)).runs if run.name]


def read(command: str) -> Readout:
    return walked(command, Budget(20.0))


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("a b 'c d' \"e $x f\" g\\ h", [("a", "b", "c d", "e \0 f", "g h")]),
        ("r\\\nm x", [("rm", "x")]),
        ("a > b > c d", [("a", "d")]),
        ("> x a", [("a",)]),
        ("a;b&c|d||e&&f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("cat <<A; cat <<B\n1\nA\n2\nB\nrm x", [("cat",), ("cat",), ("rm", "x")]),
        ("cat <<A | b && c\n1\nA", [("cat",), ("b",), ("c",)]),
        ("echo $'\\x72\\155'", [("echo", "rm")]),
        ("if a; then b; elif c; then d; else e; fi", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("case $x in a|b) c;; (d) e;& esac; f", [("c",), ("e",), ("f",)]),
        ("for i in 1 2; do a $i; done", [("a", "1", "2")]),
        ("f() { a $1; }; f x", [("f", "x"), ("a", "x")]),
        ("x=b; a $x ${x} \"$x\" '$x'", [("a", "b", "b", "b", "$x")]),
        ("a {b,c}{1..2} {d}", [("a", "b1", "b2", "c1", "c2", "{d}")]),
        ("a $(b $(c))", [("c",), ("b", "\0"), ("a", "\0")]),
        ('a $(echo b c) "$(echo d e)"', [("echo", "b", "c"), ("echo", "d", "e"), ("a", "b", "c", "d e")]),
        ("((x = 1 < 2)); a", [("a",)]),
        ("[[ a < b && c =~ (d|e) ]] && f", [("[[", "a", "b", "c", "=~", "d", "e", "]]"), ("f",)]),
        ("find . \\( -name x \\) -exec a {} \\;",
         [("find", ".", "(", "-name", "x", ")", "-exec", "a", "{}", ";"), ("a", "./x")]),
        ("time -p a; ! b", [("a",), ("b",)]),
        ("cd a && b; (cd c; d); e", [("cd", "a"), ("b",), ("cd", "c"), ("d",), ("e",)]),
        ("a # b; c\nd", [("a",), ("d",)]),
        ("a#b", [("a#b",)]),
        ("a\r\nb\r\n", [("a",), ("b",)]),
    ],
)  # fmt: skip
def test_a_text_becomes_these_programs(command: str, programs: list[tuple[str, ...]]) -> None:
    assert started(command) == programs
    assert read(command).mistakes == ()


@pytest.mark.parametrize(
    ("command", "directory"),
    [("cd a; x", "a"), ("cd a/b; cd ..; x", "a"), ("cd /; x", "/"), ("cd; x", "~"), ("cd $y; x", None), ("(cd a); x", "")]
)  # fmt: skip
def test_a_command_knows_where_it_runs(command: str, directory: str | None) -> None:
    assert read(command).runs[-1].directory == directory


@pytest.mark.parametrize(
    "command",
    ["echo 'a", 'echo "a', "echo $(a", "if a; then b", "a )", "cat <<E\nx", "[[ a", "${a", "case x in a) b", "f() "],
)
def test_what_is_no_whole_shell_text_says_so(command: str) -> None:
    assert read(command).mistakes


def test_nesting_has_an_end() -> None:
    with pytest.raises(TooDeep):
        Reader("$(" * 50, Budget(20.0)).script()
    assert "deeply" in read("echo " + "$(" * 50 + "a" + ")" * 50).spent


WORDS = st.text(st.sampled_from("abz09._/=:@%+,-'\" $&|;<>(){}*?~#!\\\n\tß"), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_quoted_words_come_back_as_they_were(words: list[str]) -> None:
    command = " ".join(["run", *map(shlex.quote, words)])
    assert started(command) == [("run", *(f"./{word}" if word.startswith("~") else word for word in words))]


def names_by_tree_sitter(node: Node) -> list[str]:
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if one.type == "command_name":
            found.append((one.text or b"").decode())
        waiting.extend(reversed(one.children))
    return found


PIECES = st.recursive(
    st.sampled_from(["alpha", "beta -x", "gamma 'q r'", 'delta "s t"', "eps > out", "zeta=1 eta"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || ", "; ", " | ", "\n"]), inner).map("".join),
        inner.map(lambda text: f"( {text} )"),
        inner.map(lambda text: f"{{ {text}; }}"),
        inner.map(lambda text: f"theta $( {text} )"),
        inner.map(lambda text: f"if {text}; then iota; fi"),
        inner.map(lambda text: f"while {text}; do kappa; done"),
        inner.map(lambda text: f'lambda "$( {text} )"'),
    ),
    max_leaves=8,
)  # fmt: skip


@given(PIECES)
def test_tree_sitter_sees_the_same_programs(command: str) -> None:
    tree = PARSER.parse(command.encode())
    if not tree.root_node.has_error:
        assert sorted(run.name for run in read(command).runs if run.name) == sorted(names_by_tree_sitter(tree.root_node))
