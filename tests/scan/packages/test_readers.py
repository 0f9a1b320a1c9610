"""Each place where names enter: what is read from it, and on which line it stands."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Seen = list[tuple[str, str, int, str]]
Look = Callable[..., Seen]

ROWS = tomllib.loads(Path(__file__).with_name("rows.toml").read_text(encoding="utf-8"))["row"]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['path']}-{number}" for number, row in enumerate(ROWS)])
def test_what_is_read_and_where_it_stands(look: Look, row: dict[str, Any]) -> None:
    seen = [[rule, line, span] for _, rule, line, span in look({row["path"]: row["text"]})]
    assert sorted(seen, key=lambda one: one[1]) == row["seen"]


def test_a_file_that_is_not_what_its_name_says_is_a_gap(look: Look) -> None:
    for path, text in (
        ("package.json", '{"dependencies": '),
        ("package.json", "]"),
        ("package.json", "[" * 100_000),
        ("package-lock.json", "[1]"),
        ("package-lock.json", '{"a":' * 100_000),
        ("Pipfile.lock", "x"),
        ("environment.yml", "dependencies:\n  - pip: [a\n  b: c: d"),
        ("environment.yml", "dependencies: " + "[" * 100_000),
        ("a.ipynb", '{"cells": [}'),
        ("uv.lock", "[[package]]\nversion = 1\n"),
    ):
        assert [kind for _, kind, *_ in look({path: text})] == ["could not be parsed"], (path, text[:30])


def test_an_alias_bomb_is_read_without_being_unfolded(look: Look) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    text = bomb + "dependencies:\n  - pip:\n    - zz-one-x\n"
    assert [span for *_, span in look({"environment.yml": text})] == ["zz-one-x"]
