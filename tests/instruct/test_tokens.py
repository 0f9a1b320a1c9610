"""The estimate of tokens: its arithmetic, and what real tokenizers counted for sentences of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.instruct.tokens import tokens

MEASURED = [
    # text, the lowest and the highest of three tokenizers; counted once by benchmarks/instructions.py
    ("- Never commit `debug=True`; read it from the environment with a default of off.\n", 18, 20),
    ("- Use `ssl.create_default_context()`; never SSLv2, SSLv3, TLS 1.0 or 1.1.\n", 29, 31),
    ('- Call `jwt.decode(token, key, algorithms=["..."])` with verification on, and never allow `none`.\n', 24, 27),
    ("globs: **/*.js,**/*.mjs,**/*.cjs,**/*.jsx,**/*.ts\n", 21, 25),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lowest", "highest"), MEASURED)
def test_the_estimate_is_rather_too_high_than_too_low(text: str, lowest: int, highest: int) -> None:
    assert highest * 0.9 <= tokens(text) <= lowest * 1.8


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n\r"), min_size=1, max_size=30), max_size=8))
def test_lines_add_up(lines: list[str]) -> None:
    whole = "".join(f"{line}\n" for line in lines)
    assert tokens(whole) == sum(tokens(f"{line}\n") for line in lines)


@given(st.text(max_size=100), st.text(max_size=100))
def test_more_text_never_costs_less(first: str, second: str) -> None:
    assert tokens(f"{first}\n{second}\n") >= max(tokens(first), tokens(second))


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("", 0),
        ("word", 1),
        ("sevenly", 1),
        ("authentication", 3),
        ("camelCase", 2),
        ("HTTPServer", 2),
        ("1234", 2),
        ("==", 2),
        ("é", 2),
    ],
)
def test_the_cost_of_a_piece(text: str, cost: int) -> None:
    assert tokens(text) == cost
