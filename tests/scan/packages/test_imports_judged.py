"""Which imports are known, by what, and which the manifests forgot."""

import datetime as dt
from collections.abc import Callable, Mapping

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.errors import CollectError
from clearance.rules.model import Rule
from clearance.scan.family import Budget
from clearance.scan.packages import builtin, project
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.placeholder import is_neighbour, is_placeholder
from clearance.scan.packages.project import Project
from clearance.scan.packages.readers.imports import component_imports, python_imports, script_imports, scripts_of

Look = Callable[..., list[tuple[str, str, int, str]]]
TODAY = dt.date(2026, 12, 1)
UNKNOWN, UNDECLARED = "import-without-package", "import-not-declared"
PY = "shop/a.py"
TS = "src/a.ts"
REQUIRES = {"requirements.txt": "flask==3\n"}
PACKAGE = {"package.json": '{"name": "shop", "dependencies": {"express": "5"}}'}


@pytest.fixture
def told(look: Look, read: Callable[..., tuple[Rule, ...]]) -> Callable[..., list[tuple[str, str]]]:
    rules = read(UNKNOWN, UNDECLARED)

    def found(files: Mapping[str, str], *, complete: bool = True) -> list[tuple[str, str]]:
        """Judge the first of these files: rule and name."""
        family = PackagesFamily(rules, TODAY, policy=Policy(data_days=10_000, allow=("zz-allowed",), private=("zz-ours-*",)))
        path = next(iter(files))
        seen = look(files, family=family, changed=[path], complete=complete)
        return [(rule, span) for _, rule, _, span in seen]

    return found


BOTH = {**REQUIRES, **PACKAGE}
# What it is, the file, its text, other files, what is told.
ROWS: list[tuple[str, str, str, Mapping[str, str], list[tuple[str, str]]]] = [
    ("a module of Python 2", PY, "import urllib2, ConfigParser\n", BOTH, []),
    ("a module that came and one that went", PY, "import tomllib, asyncore, annotationlib, distutils.util\n", BOTH, []),
    ("a host's", PY, "import bpy, rospy, sensor_msgs.msg, idaapi, _testcapi\n", BOTH, []),
    ("invented", PY, "import zz_invented_thing\n", BOTH, [(UNKNOWN, "zz_invented_thing")]),
    ("invented, second of a line", PY, "import os, zz_invented_thing as x\n", BOTH, [(UNKNOWN, "zz_invented_thing")]),
    (
        "invented, imported by call",
        PY,
        'import importlib\nimportlib.import_module("zz_invented")\n',
        BOTH,
        [(UNKNOWN, "zz_invented")],
    ),
    ("relative", PY, "from . import zz_invented\nfrom .zz import a\nfrom ..zz.b import c\n", BOTH, []),
    ("a namespace's distribution", PY, "from zope.interface import Interface\nimport ruamel.yaml\n", {}, []),
    ("a module that python- goes before", PY, "import gitlab\n", {}, []),
    ("of the tree, under src", PY, "import zz_own.deep\n", {**BOTH, "src/zz_own/deep.py": ""}, []),
    ("a namespace package of the tree", PY, "from zz_space.one import a\n", {**BOTH, "libs/one/zz_space/one/a.py": ""}, []),
    (
        "a notebook's neighbour",
        "n/a.ipynb",
        '{"cells": [{"cell_type": "code", "source": ["import zz_near\\n"]}]}',
        {"n/zz_near.py": ""},
        [],
    ),
    (
        "in a lock file only",
        PY,
        "import zz_locked\n",
        {**REQUIRES, "uv.lock": 'version = 1\n[[package]]\nname = "zz-locked"\nversion = "1"\n'},
        [],
    ),
    ("allowed by the settings", PY, "import zz_allowed\n", BOTH, []),
    ("private by the settings", PY, "import zz_ours_core\n", BOTH, []),
    ("known and not declared", PY, "import yaml\n", BOTH, [(UNDECLARED, "yaml")]),
    ("comes with what is declared", PY, "import werkzeug\n", BOTH, []),
    ("comes with what is not declared", PY, "import botocore\n", BOTH, [(UNDECLARED, "botocore")]),
    ("known and declared by another name", PY, "import yaml\n", {"requirements.txt": "PyYAML\n"}, []),
    (
        "known and declared to conda",
        PY,
        "import yaml\n",
        {"environment.yml": "name: x\ndependencies:\n  - python=3.12\n  - pyyaml=6\n"},
        [],
    ),
    (
        "known and locked",
        PY,
        "import yaml\n",
        {**REQUIRES, "poetry.lock": '[[package]]\nname = "pyyaml"\nversion = "6"\n'},
        [],
    ),
    ("known, its name in a declared one's", PY, "import jose\n", {"requirements.txt": "python-jose-cryptodome\n"}, []),
    ("known, no manifest", PY, "import yaml\n", {"shop/b.py": "", "shop/c.py": "", "shop/d.py": ""}, []),
    ("known, the code goes on without it", PY, "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n", BOTH, []),
    ("known, for types only", PY, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n", BOTH, []),
    ("known, in a test", "tests/test_a.py", "import yaml\n", BOTH, []),
    ("known, in a string", PY, 'TEXT = """\nimport yaml\n"""\n', BOTH, []),
    ("npm: known and not declared", TS, 'import axios from "axios";\n', BOTH, [(UNDECLARED, "axios")]),
    (
        "npm: its types declared",
        TS,
        'import type { Request } from "lodash";\n',
        {"package.json": '{"devDependencies": {"@types/lodash": "4"}}'},
        [],
    ),
    (
        "npm: a workspace's",
        TS,
        'import { a } from "zz-ui/button";\n',
        {**BOTH, "packages/ui/package.json": '{"name": "zz-ui"}'},
        [],
    ),
    (
        "npm: paths of the compiler",
        TS,
        'import a from "zzapp/a";\n',
        {**BOTH, "tsconfig.json": '{"compilerOptions": {"paths": {"zzapp/*": ["./a/*"]}}}'},
        [],
    ),
    (
        "npm: an alias of Vite",
        TS,
        'import a from "zzapp/a";\n',
        {**BOTH, "vite.config.ts": 'export default { resolve: { alias: { zzapp: "/src" } } };'},
        [],
    ),
    (
        "npm: an alias of webpack in quotes",
        TS,
        'import a from "zz-x/a";\n',
        {**BOTH, "webpack.config.js": "module.exports = {resolve: {alias: {'zz-x': 'y'}}};"},
        [],
    ),
    (
        "npm: an alias of Jest",
        TS,
        'import a from "zzapp/a";\n',
        {"package.json": '{"dependencies": {"a": "1"}, "jest": {"moduleNameMapper": {"^zzapp/(.*)$": "x"}}}'},
        [],
    ),
    (
        "npm: declared in the tree's types",
        TS,
        'import a from "zz-thing";\nimport b from "x.zzql";\n',
        {**BOTH, "types/a.d.ts": 'declare module "zz-thing";\ndeclare module "*.zzql";\n'},
        [],
    ),
    (
        "npm: builtin, with and without a scheme",
        TS,
        'import "node:fs";\nimport "fs/promises";\nimport "bun:test";\n',
        BOTH,
        [],
    ),
    (
        "npm: virtual modules",
        TS,
        (
            'import "virtual:x";\nimport "astro:content";\nimport "$app/stores";\nimport "#imports";\nimport "~/a";\n'
            'import "@/b";\nimport "uno.css";\n'
        ),
        BOTH,
        [],
    ),
    (
        "npm: other doors",
        TS,
        (
            'require.resolve("zz-a");\njest.mock("zz-b");\nawait import("zz-c");\n'
            'import.meta.resolve("zz-d");\nexport * from "zz-e";\n'
        ),
        BOTH,
        [(UNKNOWN, f"zz-{sign}") for sign in "abcde"],
    ),
    (
        "npm: a component of Vue",
        "src/A.vue",
        '<template><p>import x from "zz-a"</p></template>\n<script setup lang="ts">\nimport x from "zz-b";\n</script>\n',
        BOTH,
        [(UNKNOWN, "zz-b")],
    ),
    (
        "npm: a component of Astro",
        "src/a.astro",
        '---\nimport x from "zz-a";\n---\n<p>from "zz-b"</p>\n',
        BOTH,
        [(UNKNOWN, "zz-a")],
    ),
]


@pytest.mark.parametrize(("path", "text", "others", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_import_is_judged_by_what_the_tree_says(
    told: Callable[..., list[tuple[str, str]]],
    path: str,
    text: str,
    others: Mapping[str, str],
    expected: list[tuple[str, str]],
) -> None:
    assert sorted(told({path: text, **others})) == sorted(expected)


NEIGHBOURS = [
    "utils",
    "config",
    "db_utils",
    "UserService",
    "BinaryTree",
    "my_module",
    "your_package",
    "foo",
    "data_loader",
    "model2",
]
STRANGERS = ["flask_session_guardian_kit", "secure_sqlite_pool_manager", "football", "langchain_vault"]


def test_what_a_snippet_imports_from_beside_it_is_told_from_what_it_makes_up(
    told: Callable[..., list[tuple[str, str]]],
) -> None:
    assert [name for name in NEIGHBOURS if not is_neighbour(Registry.PYPI, name)] == []
    assert [name for name in STRANGERS if is_neighbour(Registry.PYPI, name)] == []
    for name in ("zz_my_helpers", "langchain_vault_zz"):
        assert told({"a.py": f"import {name}\n"}) == [(UNKNOWN, name)]
    assert told({"a.py": "from ZzThing import x\nfrom your_module_zz import y\n"}) == []


def test_in_a_tree_a_placeholder_is_told_as_one(told: Callable[..., list[tuple[str, str]]]) -> None:
    assert told({PY: "from your_module_zz import y\n", **BOTH}) == [(UNKNOWN, "your_module_zz")]


@pytest.mark.parametrize(
    "name", ["@your-org/ui", "@acme/core", "@scope/name", "@components/Button", "your-package", "my-lib/x"]
)
def test_placeholders_of_scripts(name: str) -> None:
    assert is_placeholder(Registry.NPM, name)


@pytest.mark.parametrize("name", ["express", "@babel/core", "football", "foobar-kit", "@foobar/x"])
def test_names_that_are_no_placeholders(name: str) -> None:
    assert not is_placeholder(Registry.NPM, name)


def test_the_dotted_name_travels_with_the_import() -> None:
    text = "from google.cloud import storage\nimport a.b.c as d, e\nfrom x import (y, z)\n"
    assert [one.wanted for one in python_imports(text, Budget(5))] == ["google.cloud.storage", "a.b.c", "e", "x.y"]


def test_offsets_of_a_component_are_those_of_the_file() -> None:
    text = "<p>\u00e9</p>\n<script>\nimport 'zz-a'\n</script>\n<style>@import 'zz-b';</style><script lang=ts>import 'zz-c'"
    assert len(scripts_of(text)) == len(text)
    assert [text[one.start : one.end] for one in component_imports(text, Budget(5))] == ["zz-a", "zz-c"]


def test_every_standard_library_is_known() -> None:
    names = [
        "asynchat",
        "binhex",
        "distutils",
        "imp",
        "smtpd",
        "telnetlib",
        "tomllib",
        "zoneinfo",
        "annotationlib",
        "compression",
    ]
    assert [name for name in names if not builtin.is_python(name)] == []
    assert [name for name in ("requests", "flask", "numpy") if builtin.is_python(name)] == []
    assert [name for name in ("express", "lodash", "fsx", "@types/node") if builtin.is_script(name)] == []
    assert list(script_imports("", Budget(5))) == []


class Counting(HeldContents):
    """Contents that count what is read of them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__({}, files, files)
        self.peeked: list[str] = []

    def peek(self, path: str, limit: int) -> bytes:
        self.peeked.append(path)
        return super().peek(path, limit)


def test_nothing_is_read_before_it_is_asked_for_and_each_kind_for_itself() -> None:
    contents = Counting({"requirements.txt": b"flask\n", "package.json": b"{}", "uv.lock": b"", "a.py": b"", ".npmrc": b""})
    tree = Project(contents)
    assert tree.modules == {"a"}
    assert contents.peeked == []
    assert tree.is_declared(Registry.PYPI, "flask")
    assert contents.peeked == ["requirements.txt"]
    assert not tree.is_own(Registry.NPM, "x")
    assert contents.peeked == ["requirements.txt", "package.json"]


def test_a_tree_of_many_manifests_is_cut_from_below_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_MOST_FILES", 3)
    tree = Project(Counting({f"{'a/' * deep}requirements.txt": f"zz-{deep}\n".encode() for deep in range(6)}))
    assert tree.declared_names(Registry.PYPI) == {"zz-0", "zz-1", "zz-2"}
    assert tree.cut == "only the first 3 manifests of the tree were read"


def test_a_huge_manifest_is_not_read_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_LARGEST", 10)
    tree = Project(Counting({"requirements.txt": b"zz-a\n" * 10}))
    assert not tree.declares(Registry.PYPI)
    assert tree.cut


def test_manifests_that_are_none_break_nothing() -> None:
    broken = {
        "package.json": b"[" * 9_000,
        "pyproject.toml": b"[[[",
        "tsconfig.json": b'{"a": ',
        "setup.py": b"\x00\xff",
        "uv.lock": b"[[package]]",
    }
    tree = Project(Counting({**broken, "a/package.json": b'{"dependencies": 3, "name": []}', ".npmrc": b"registry"}))
    assert not tree.declared
    assert not tree.own
    assert not tree.aliases
    assert not tree.private
    assert not tree.locked(Registry.PYPI)


def test_a_file_that_cannot_be_read_is_passed_over() -> None:
    class Broken(Counting):
        def peek(self, path: str, limit: int) -> bytes:
            raise CollectError(what="gone", next="look")

    assert not Project(Broken({"package.json": b"{}", "requirements.txt": b""})).declared
