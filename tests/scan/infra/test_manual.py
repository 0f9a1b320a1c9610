"""The manual of the blocks says what is: its blocks are read, its example holds, all words of the language stand in it."""

import re
from pathlib import Path

import pytest

from clearance.scan.infra.language import BLOCK_KEYS, JOINTS, KINDS, OPERATORS, WORDS_OF_MESSAGES
from scan.infra.rules_of_tests import family, found, rule

MANUAL = (Path(__file__).parents[3] / "docs/reference/detect-infra.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w+) (\w+)\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
BLOCKS = [text for language, what, text in FENCES if (language, what) == ("infra", "block")]
EXAMPLES = [(what, text) for language, what, text in FENCES if language == "dockerfile"]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_manual_is_read(block: str) -> None:
    family(rule(block))


@pytest.mark.parametrize(("what", "text"), EXAMPLES)
def test_the_first_block_holds_for_the_examples_beside_it(what: str, text: str) -> None:
    assert bool(found(BLOCKS[0], "Dockerfile", text)) == (what == "caught")


@pytest.mark.parametrize("word", [*KINDS, *BLOCK_KEYS, *JOINTS, *OPERATORS, *(f"{{{word}}}" for word in WORDS_OF_MESSAGES)])
def test_each_word_of_the_language_stands_in_the_manual(word: str) -> None:
    assert f"`{word}`" in MANUAL or f"`{{{word}: " in MANUAL or f", {word}: " in MANUAL
