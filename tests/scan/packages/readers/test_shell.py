"""The shell's words and where they stand; laws of text that keeps its places."""

import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages.readers.dialects import BATCH, MAKE, POSIX, POWERSHELL, Dialect
from clearance.scan.packages.readers.placed import Placed, joined, plain, unescaped
from clearance.scan.packages.readers.shell import Lexer
from clearance.scan.packages.readers.shell_words import Command, Document

PIECE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


def words_of(text: str, dialect: Dialect = POSIX, *, in_lines: bool = False) -> list[list[str]]:
    lexer = Lexer(plain(text, 0, len(text)), dialect, {}, Budget(20), in_lines=in_lines)
    return [[word.text for word in one.words] for one in lexer.commands() if isinstance(one, Command)]


@settings(deadline=None)
@given(st.lists(PIECE, min_size=1, max_size=6))
def test_quoted_words_come_back_as_they_were(words: list[str]) -> None:
    text = " ".join(["run", *(shlex.quote(word) for word in words)])
    assert words_of(text) == [["run", *words]]


@settings(deadline=None)
@given(PIECE)
def test_a_string_of_json_is_decoded_and_each_character_stands_where_it_says(value: str) -> None:
    text = "x" + json.dumps(value)[1:-1] + "y"
    piece = unescaped(text, 1, len(text) - 1)
    told = piece.text.encode("utf-16", "surrogatepass").decode("utf-16")  # JSON escapes the upper planes as two halves
    assert told == value
    for offset, character in enumerate(piece.text):
        at = piece.origin(offset)
        assert text[at] in {character, "\\"}


@given(PIECE, PIECE, st.integers(0, 24), st.integers(0, 24))
def test_a_part_of_joined_text_keeps_its_places(first: str, second: str, start: int, end: int) -> None:
    text = f"{first}--{second}"
    whole = joined([plain(text, 0, len(first)), plain(text, len(first) + 2, len(text))])
    start, end = sorted((min(start, len(whole.text)), min(end, len(whole.text))))
    part = whole.part(start, end)
    assert part.text == (first + second)[start:end]
    assert [text[part.origin(offset)] for offset in range(len(part.text))] == list(part.text)


def test_a_span_never_ends_before_it_starts() -> None:
    mixed = Placed("ab", ((0, 50), (1, 10)))
    assert mixed.span(0, 2) == (50, 50)


@pytest.mark.parametrize(
    ("text", "dialect", "words"),
    [
        ("a 'b c' \"d $X e\" f\\ g", POSIX, [["a", "b c", "d \0 e", "f g"]]),
        ("a 2>&1 >x <y b", POSIX, [["a", "b"]]),
        ("X=1 Y=2 a $X${Y}", POSIX, [["a", "12"]]),
        ("a && b || c; d | e & f", POSIX, [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("(a; b) $(c) `d`", POSIX, [["a"], ["b"], ["c"], ["d"], ["\0", "\0"]]),
        ('a `b $(c "d") e` f', POSIX, [["c", "d"], ["b", "\0", "e"], ["a", "\0", "f"]]),
        ("a # b\n# c\nd#e", POSIX, [["a"], ["d#e"]]),
        ("a \\\n b", POSIX, [["a", "b"]]),
        ("a $(( 1 << 2 )) b", POSIX, [["1"], ["a", "\0", "b"]]),
        ("L='x y'; a $L \"$L\" \"-$L-\"", POSIX, [["a", "x", "y", "x", "y", "-x y-"]]),
        ("a `\n b 'c''d' {e} $f # g", POWERSHELL, [["a", "b", "cd"], ["e"], ["\0"]]),
        ("a ^\nb %X% & c !Y!\nrem d\n:: e", BATCH, [["a", "b", "\0"], ["c", "\0"]]),
        ("\ta $(X) $$Y $@ ${Z}", MAKE, [["a", "\0", "\0", "\0", "\0"]]),
        ("a {{ x }} ${{ y }} <z> <your name>", POSIX, [["a", "\0", "\0", "\0", "\0"]]),
    ],
)  # fmt: skip
def test_words_of_commands(text: str, dialect: Dialect, words: list[list[str]]) -> None:
    assert words_of(text, dialect) == words


def test_a_here_document_is_told_apart_and_one_without_end_is_none() -> None:
    text = "cat <<-'EOF' | sh\n a\n\tEOF\nb <<X\nc\n"
    found = list(Lexer(plain(text, 0, len(text)), POSIX, {}, Budget(20)).commands())
    documents = [one for one in found if isinstance(one, Document)]
    assert [(one.body.text, one.receivers) for one in documents] == [(" a\n", ("cat", "sh"))]
    assert words_of(text) == [["cat"], ["sh"], ["b"], ["c"]]


def test_a_quote_that_never_ends_hides_nothing_behind_it() -> None:
    assert words_of('a "b\nc d\n')[-1] == ["c", "d"]
    assert words_of("it's\nc d\n", in_lines=True)[-1] == ["c", "d"]


def test_a_value_that_doubles_itself_is_given_up() -> None:
    text = "A=aaaaaaaa\n" + "A=$A$A\n" * 64 + "run $A"
    assert words_of(text)[-1] == ["run", "\0"]


def test_more_words_than_variables_may_expand_to_are_told_and_not_dropped() -> None:
    text = "A='" + "a " * 2_000 + "'\n" + "run $A\n" * 20
    with pytest.raises(OutOfTime):
        words_of(text)
    assert len(words_of("run a b c\n" * 10_000)) == 10_000
