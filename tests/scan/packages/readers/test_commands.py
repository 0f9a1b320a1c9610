"""Install commands: what each names, with versions and other indexes, and what is none."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NamesIn = Callable[[str, str], list[str]]
Row = dict[str, Any]

ROWS = tomllib.loads(Path(__file__).with_name("commands.toml").read_text(encoding="utf-8"))


def by_line(names: list[str]) -> list[str]:
    return sorted(names, key=lambda one: (int(one.partition(" ")[0]), one))


@pytest.mark.parametrize("row", ROWS["shell"], ids=[row["text"][:60] for row in ROWS["shell"]])
def test_what_a_shell_script_names(names_in: NamesIn, row: Row) -> None:
    assert by_line(names_in("deploy.sh", row["text"])) == by_line(row["names"])


@pytest.mark.parametrize("row", ROWS["script"], ids=[f"{row['path']}-{n}" for n, row in enumerate(ROWS["script"])])
def test_what_other_scripts_name(names_in: NamesIn, row: Row) -> None:
    assert by_line(names_in(row["path"], row["text"])) == by_line(row["names"])


@pytest.mark.parametrize("row", ROWS["yaml"], ids=[f"{row['path']}-{n}" for n, row in enumerate(ROWS["yaml"])])
def test_what_yaml_names(names_in: NamesIn, row: Row) -> None:
    assert by_line(names_in(row["path"], row["text"])) == by_line(row["names"])
