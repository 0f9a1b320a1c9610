"""Documents and notebooks: what people are told to type, and prose and placeholders that are none."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NamesIn = Callable[[str, str], list[str]]
Row = dict[str, Any]

ROWS = tomllib.loads(Path(__file__).with_name("documents.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS["document"], ids=[f"{row['path']}-{n}" for n, row in enumerate(ROWS["document"])])
def test_what_documents_tell_people_to_install(names_in: NamesIn, row: Row) -> None:
    assert names_in(row["path"], row["text"]) == row["names"]


NOTHING = """pip install the package
npm install and then run
pip install <package>
pip install <your package name>
pip install your-package
pip install YOUR_PACKAGE
pip install package-name
pip install my_package
pip install SomePackage
pip install {{ name }}
pip install ${PACKAGE}
pip install $1
pip install ...
pip install [options] <requirement specifier> [package-index-options] ...
npm install [<package-spec> ...]
npm install
npm install --save
npm install @scope/package
npm install @your-org/widget
npm install foo
pip install -r requirements.txt
pip install -e .
pip install .[dev]
pip install ./zz.whl
pip install --upgrade
npx <command>
poetry add
go install ./...
cargo install --path .
conda install --file x.txt
uv sync
yarn
pip freeze
npm run build
npm test -- zz
pip --version
gem install your_gem
npm i -g <name>@<version>
""".splitlines()


@pytest.mark.parametrize("line", NOTHING)
def test_placeholders_paths_and_prose_are_no_names(names_in: NamesIn, line: str) -> None:
    assert names_in("README.md", f"```sh\n{line}\n```\n\n`{line}`\n") == []


def test_what_follows_the_names_in_a_sentence_is_cut_off(names_in: NamesIn) -> None:
    assert names_in("README.md", "`pip install zz-a and then run it`, `npm i zz-b, zz-c.`") == [
        "1 PyPI zz-a", "1 npm zz-b", "1 npm zz-c"
    ]  # fmt: skip


def notebook(*cells: tuple[str, str], in_lines: bool = True) -> str:
    """Give a notebook with these cells; its source as a list of lines or as one string."""
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True) if in_lines else text}
                for kind, text in cells
            ],
            "nbformat": 4,
        },
        indent=0,
        ensure_ascii=False,
    )


@pytest.mark.parametrize("in_lines", [True, False])
@pytest.mark.parametrize("row", ROWS["cell"], ids=[row["text"].split("\n")[0][:30] for row in ROWS["cell"]])
def test_what_a_notebook_names(names_in: NamesIn, row: Row, *, in_lines: bool) -> None:
    found = names_in("a.ipynb", notebook((row["kind"], row["text"]), in_lines=in_lines))
    assert [one.partition(" ")[2] for one in found] == row["names"]


def test_variables_go_from_cell_to_cell(names_in: NamesIn) -> None:
    text = notebook(("code", "!export PIP_INDEX_URL=https://pkg.example/simple"), ("code", "!pip install zz-a"))
    assert [one.partition(" ")[2] for one in names_in("a.ipynb", text)] == [
        "only https://pkg.example/simple",
        "PyPI zz-a private",
    ]
