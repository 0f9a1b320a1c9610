"""Hostile manifests and lock files: every reader ends in time that grows with the text, and raises nothing unexpected."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages.mention import ExtraIndex, Mention, Reader, Remote, Unparsed
from clearance.scan.packages.readers import (
    npm_bun,
    npm_locks,
    npm_manifests,
    npm_pnpm,
    npm_settings,
    npm_yarn,
    python_indexes,
    python_locks,
    python_manifests,
    python_requirements,
    python_setup,
)

READERS: dict[str, Reader] = {
    "requirements": python_requirements.requirements,
    "pip.conf": python_requirements.pip_settings,
    "pyproject": python_manifests.pyproject,
    "Pipfile": python_manifests.pipfile,
    "uv.toml": python_indexes.uv_toml,
    "setup.cfg": python_setup.setup_cfg,
    "setup.py": python_setup.setup_py,
    "Pipfile.lock": python_locks.pipfile_lock,
    "toml lock": python_locks.toml_lock,
    "package.json": npm_manifests.package_json,
    "deno.json": npm_manifests.deno_json,
    "package-lock": npm_locks.package_lock,
    "yarn.lock": npm_yarn.yarn_lock,
    "pnpm-lock": npm_pnpm.pnpm_lock,
    "pnpm-workspace": npm_pnpm.pnpm_workspace,
    "bun.lock": npm_bun.bun_lock,
    "deno.lock": npm_bun.deno_lock,
    ".npmrc": npm_settings.npmrc,
    ".yarnrc.yml": npm_settings.yarnrc_yml,
    "bunfig": npm_settings.bunfig,
}
WORDS = """[[package]] [package.source] [project] dependencies = [ ] { } " ' \\ \n \r\n \t # ; , : name = "a" version = "1"
 "dependencies": {"a": "1"} {"packages": {"node_modules/a": {"version": "1.0.0", "resolved": 1}}}
 {"packages": {"a": ["a@1", {}, "sha512-x"]}} {"overrides": {"a": {".": "1"}}} "packageManager": "npm@1"
 packages: importers: snapshots:
 catalog: resolution: {integrity: sha512-x} '@a/b@1.0.0': a@1.0.0(b@2): version: - | > & * !
 a@^1, "b@npm:c@1": resolved "https://u:p@x.example/a#0" -r -e -i git+https://a@b @a/b@npm:c@1 ${X} --hash=sha256:00 ==1.* ;
 [tool.poetry.dependencies] [[tool.uv.index]] url = "https://x.example" source = {git="x"}
 hash = "sha256:0" upload-time = "9"
 install_requires install_requires=[ setup( \"\"\" ''' é 😀 \x00 \u202e ../../etc/passwd %00 registry= npmRegistryServer:"""
PIECES = st.lists(st.sampled_from(WORDS.split(" ")), max_size=60)
TEXT = st.one_of(st.text(max_size=300), PIECES.map(" ".join), PIECES.map("".join), PIECES.map("\n".join))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXT)
@example(text="\ufeff{}")
@example(text="\ud800")
@example(text='{"a": "\\ud800"}')
@example(text='{"packages": {"node_modules/": {"name": 1}}, "npm": {"": {}}, "default": {"": {}}}')
@example(text='{"packages": {"a": [1], "b": [], "c": 1}, "workspaces": {"": 1}}')
@example(text='{"packages": [], "dependencies": {"a": {"version": null, "requires": [1]}}}')
@example(text="[importers: {0")
@example(text="importers: 1\npackages: 1\nsnapshots: 1\ncatalog: 1\n")
@example(text="packages:\n  ? a\n  : b\n")
@example(text="[[package]]\nname = 1\nversion = [1]\n")
@example(text="[project]\ndependencies = 1\n[tool]\nuv = 1\npoetry = []\n[source]\nurl = 1\n")
@example(text="[tool.uv]\nindex = [1, {url = 1}]\nextra-index-url = 1\n")
def test_a_reader_gives_spans_of_the_text_or_says_that_it_cannot(name: str, text: str) -> None:
    found: list[Mention | Remote | ExtraIndex] = []
    problem = "line 0"
    try:
        found.extend(READERS[name](text, Budget(20)))
    except Unparsed as error:
        problem = str(error)
    assert problem.startswith("line ")
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        if isinstance(one, Mention):
            assert one.name
            assert 0 <= one.place[0] <= one.place[1] <= len(text)
            there = text[one.start : one.end]
            assert there == one.name or "\\" in there
        else:
            assert "u:p@" not in one.address


LONG: dict[str, Callable[[int], str]] = {
    "quotes": lambda n: '"' * n,
    "escapes": lambda n: '"' + '\\"' * 3 * n,
    "brackets": lambda n: "[" * n,
    "braces": lambda n: "{" * n,
    "triple quotes": lambda n: "a = " + '"""' * n,
    "open lists": lambda n: "a = [\n" * n,
    "commas": lambda n: "{" + "," * n,
    "loose commas": lambda n: "{" + ",/**/" * n,
    "continued": lambda n: "a \\\n" * n,
    "names": lambda n: "a" + "-" * n,
    "packages": lambda n: "[[package]]\nname = 'a'\n" * (n // 10),
    "comments": lambda n: "#" * n,
    "blank lines": lambda n: "\n" * n,
    "blanks": lambda n: " " * n,
    "blanks and a word": lambda n: "a" + " " * n + "b",
    "lines of blanks": lambda n: ("a:" + " " * 200 + "\n") * (n // 100),
    "colons": lambda n: "a:" * n,
    "deep yaml": lambda n: "".join(" " * i + "a:\n" for i in range(min(n, 600))),
    "aliases": lambda n: "a: &a [b]\n" + "c: [" + "*a, " * n,
    "assignments": lambda n: "install_requires=[" * (n // 10),
    "names in turn": lambda n: "".join(f"A{i} = [A{i + 1}]\n" for i in range(n // 20)) + "install_requires=A0\n",
    "names of themselves": lambda n: "A = [" + "A, " * n + "]\ninstall_requires = A\n" * 3,
    "descriptors": lambda n: "a@^1, " * n + ":\n",
    "escaped keys": lambda n: '{"packages": {' + ",".join(f'"node_modules/\\u0061{i}": {{}}' for i in range(n // 20)) + "}}",
    "deep folders": lambda n: '{"packages": {"' + "node_modules/a/" * n + 'node_modules/a": {"dependencies": {"b": "1"}}}}',
    "clauses": lambda n: "a" + ">=1," * n,
    "semicolons": lambda n: "a" + ";" * n,
    "addresses": lambda n: "a @ https://" + "u:p@" * n,
    "extras": lambda n: "a[" * n,
}  # fmt: skip


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


def test_a_bomb_of_aliases_is_not_unfolded() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    (one,) = npm_pnpm.pnpm_workspace(bomb + "catalog:\n  zod: 1.0.0\n", Budget(20))
    assert isinstance(one, Mention)
    assert one.name == "zod"
