"""Hostile text: every reader ends, in time that grows with the text, and never raises anything unexpected."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages.mention import Mention, Reader, Unparsed
from clearance.scan.packages.readers import (
    code,
    conda,
    documents,
    imports,
    notebook,
    npm_locks,
    npm_manifests,
    npm_pnpm,
    npm_yarn,
    python_locks,
    python_manifests,
    python_requirements,
    python_setup,
    scripts,
)  # fmt: skip

READERS: dict[str, Reader] = {
    "requirements": python_requirements.requirements,
    "pyproject": python_manifests.pyproject,
    "pipfile": python_manifests.pipfile,
    "setup.cfg": python_setup.setup_cfg,
    "setup.py": python_setup.setup_py,
    "environment": conda.environment,
    "package.json": npm_manifests.package_json,
    "package-lock": npm_locks.package_lock,
    "pipfile.lock": python_locks.pipfile_lock,
    "toml lock": python_locks.toml_lock,
    "yarn.lock": npm_yarn.yarn_lock,
    "pnpm-lock": npm_pnpm.pnpm_lock,
    "plain": scripts.shell,
    "listed": code.listed,
    "markdown": documents.markdown,
    "rst": documents.restructured,
    "notebook": notebook.notebook,
    "python": imports.python_imports,
    "script": imports.script_imports,
}
WORDS = """[[package]] [project] dependencies = [ ] { } " ' \\ \n \t # ; && | ( ) name = "a" "dependencies": {"a": "1"}
 packages: pip install npm npx -r -e git+https://a@b @a/b@npm:c@1 import from as , : ``` ` $ !pip source
 - &a *a <<: %pip == ~=
 "node_modules/a": {"link": true} [tool.poetry.dependencies] [[[ ]]] \"\"\" '''
 {"cells": [{"source": ["!pip install a\\n"]}]}
 é 😀 \x00 require("a") [options] install_requires install_requires=["""
PIECES = st.lists(st.sampled_from(WORDS.split(" ")), max_size=60)
TEXT = st.one_of(st.text(max_size=300), PIECES.map(" ".join), PIECES.map("".join))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXT)
@example(text="\ufeff{}")
@example(text='"\\')
@example(text='=""')
@example(text="[[package]]\n")
@example(text='{"packages": {"node_modules/": {"name": 1}}}')
@example(text='{"packages": [], "dependencies": {"a": {"version": null}}}')
def test_a_reader_gives_spans_of_the_text_or_says_that_it_cannot(name: str, text: str) -> None:
    try:
        found = list(READERS[name](text, Budget(20)))
    except Unparsed:
        return
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        if isinstance(one, Mention):
            assert one.name


LONG: dict[str, Callable[[int], str]] = {
    "quotes": lambda n: '"' * n,
    "escapes": lambda n: '"' + '\\"' * n,
    "brackets": lambda n: "[" * n,
    "triple quotes": lambda n: "a = " + '"""' * n,
    "words": lambda n: "pip install " + "a " * n,
    "tools": lambda n: "pip " * n,
    "imports": lambda n: "import " * n,
    "import names": lambda n: "import a" + ", a" * n,
    "from": lambda n: "from " * n,
    "fences": lambda n: "```\n" * n,
    "backquotes": lambda n: "`pip " * n,
    "continued": lambda n: "a \\\n" * n,
    "names": lambda n: "a" + "-" * n,
    "packages": lambda n: "[[package]]\nname = 'a'\n" * (n // 10),
    "comments": lambda n: "#" * n,
    "slashes": lambda n: "/*" * n,
    "requires": lambda n: "install_requires=[" * (n // 10),
    "spaces": lambda n: "from" + " " * n,
}


@pytest.mark.parametrize("shape", LONG)
def test_time_grows_with_the_text_and_not_with_its_square(shape: str) -> None:
    """Not a clock's verdict but the budget's: what is linear has ended long before it."""
    text = LONG[shape](40_000)
    for name, reader in READERS.items():
        started = time.monotonic()
        try:
            list(reader(text, Budget(15)))
        except Unparsed:
            continue
        except OutOfTime:
            pytest.fail(f"{name} spent its budget")
        assert time.monotonic() - started < 60, name
