"""What the rest of the tree changes: own modules and packages, declared names, other indexes."""

import datetime as dt
from collections.abc import Callable

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.finding import Severity
from clearance.facts.text import decode
from clearance.scan.family import Budget, Match, View
from clearance.scan.packages.family import PackagesFamily

Look = Callable[..., list[tuple[str, str, int, str]]]
PYTHON = "import zz_own_thing\n"
SCRIPT = 'import "zz-own-thing/a";\n'

GIT = '[project]\ndependencies = ["zz-own-thing @ git+https://git.example/z@v1"]\n'
PATHS = '{"compilerOptions": {// c\n"paths": {"zz-own-thing/*": ["./src/*"],}}}'
PRIVATE = "--index-url https://packages.example/simple\nZZ.own-thing\n"
# Why it is known, the file that makes it known with its text, the file that imports, its text.
KNOWN = [
    ("a module beside it", "zz_own_thing.py", "", "main.py", PYTHON),
    ("a package in a src layout", "src/zz_own_thing/__init__.py", "", "tests/test_a.py", PYTHON),
    ("a folder without __init__", "lib/zz_own_thing/inner.py", "", "main.py", PYTHON),
    ("a compiled module", "zz_own_thing.cpython-312-x86_64-linux-gnu.so", "", "main.py", PYTHON),
    ("a declared distribution", "requirements.txt", PRIVATE, "main.py", PYTHON),
    ("a distribution from an address", "pyproject.toml", GIT, "main.py", PYTHON),
    ("the project itself", "pyproject.toml", '[project]\nname = "zz-own-thing"\n', "main.py", PYTHON),
    ("a workspace package", "packages/z/package.json", '{"name": "zz-own-thing"}', "main.ts", SCRIPT),
    ("a linked package", "package.json", '{"dependencies": {"zz-own-thing": "file:../z"}}', "main.ts", SCRIPT),
    ("a folder under a base path", "src/zz-own-thing/a.ts", "", "src/main.ts", SCRIPT),
    ("an alias of the compiler", "tsconfig.json", PATHS, "main.ts", SCRIPT),
]


@pytest.mark.parametrize(("knows", "told", "path", "text"), [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN])
def test_an_import_is_known_by_the_tree(look: Look, knows: str, told: str, path: str, text: str) -> None:
    imports = [one for one in look({path: text, knows: told}) if one[1] == "import-without-package"]
    assert imports == []
    assert [one[1] for one in look({path: text})] == ["import-without-package"]


def test_without_the_rest_of_the_tree_imports_are_a_gap_once_a_file(look: Look) -> None:
    seen = look({"main.py": PYTHON + "import zz_other_thing\n", "requirements.txt": "zz-own-thing\n"}, complete=False)
    assert [(path, kind) for path, kind, *_ in seen] == [
        ("", "only pieces are known"),
        ("requirements.txt", "package-does-not-exist"),
    ]
    assert look({"main.py": "import os, flask\n"}, complete=False) == []


def judged(files: dict[str, str], path: str) -> list[Match]:
    from clearance.facts.finding import Confidence
    from clearance.rules.model import Rule

    rules = tuple(
        Rule(
            id=id,
            family="packages",
            title="",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            brief="",
            guidance="",
            page="",
        )
        for id in ("package-does-not-exist", "npm-package-unknown", "import-without-package")
    )
    tree = {name: text.encode() for name, text in files.items()}
    family = PackagesFamily(rules, dt.date(2026, 12, 1))
    family.start(HeldContents({}, tree, tree))
    decoded = decode(tree[path])
    assert decoded
    return [one for one in family.look(View(path, "after", tree[path], decoded), Budget(20)) if isinstance(one, Match)]


REQUIREMENTS = {"requirements.txt": "zz-own-thing\n"}
PACKAGE = {"package.json": '{"dependencies": {"zz-own-thing": "1"}}'}
SCOPED = {"package.json": '{"dependencies": {"@zz-unknown-scope/own-thing": "1"}}'}
UV = '[[tool.uv.index]]\nurl = "https://packages.example"\n[project]\ndependencies = ["flask"]\n'
OTHER_INDEX: list[tuple[dict[str, str], str]] = [
    ({"requirements.txt": "--extra-index-url https://packages.example/simple\nzz-own-thing\n"}, "requirements.txt"),
    ({**REQUIREMENTS, "pip.conf": "[global]\nindex-url = https://packages.example/simple\n"}, "requirements.txt"),
    ({**REQUIREMENTS, "pyproject.toml": UV}, "requirements.txt"),
    ({"a.sh": "pip install --index-url https://packages.example zz-own-thing\n"}, "a.sh"),
    ({**REQUIREMENTS, "Dockerfile": "ENV PIP_INDEX_URL=https://packages.example\n"}, "requirements.txt"),
    ({**PACKAGE, ".npmrc": "registry=https://packages.example\n"}, "package.json"),
    ({**SCOPED, ".npmrc": "@zz-unknown-scope:registry=https://packages.example\n"}, "package.json"),
    (SCOPED, "package.json"),
]


@pytest.mark.parametrize(("files", "path"), OTHER_INDEX, ids=range(len(OTHER_INDEX)))
def test_where_a_package_may_be_private_a_miss_weighs_less_and_says_so(files: dict[str, str], path: str) -> None:
    (match,) = judged(files, path)
    assert match.severity is not None
    assert match.severity.rank < Severity.HIGH.rank
    assert "may" in match.message


ONE_COMMAND: list[tuple[dict[str, str], str]] = [
    ({"a.sh": "pip install --index-url https://packages.example a\npip install zz-own-thing\n"}, "a.sh"),
    ({**REQUIREMENTS, "Dockerfile": "RUN pip install \\\n  --index-url https://packages.example a\n"}, "requirements.txt"),
    (
        {**REQUIREMENTS, "pyproject.toml": '[tool.poe.tasks]\nx = "pip install -i https://packages.example zz-other"\n'},
        "requirements.txt",
    ),
]


@pytest.mark.parametrize(("files", "path"), ONE_COMMAND, ids=range(len(ONE_COMMAND)))
def test_what_one_command_says_of_an_index_is_for_that_command(files: dict[str, str], path: str) -> None:
    assert [match.severity for match in judged(files, path)] == [None]


def test_the_message_names_package_and_day() -> None:
    (match,) = judged({"requirements.txt": "flask-jwt-simple-auth\n"}, "requirements.txt")
    assert match.message == '"flask-jwt-simple-auth" is not on PyPI (names as of 2026-11-22)'
    assert match.severity is None


def test_the_same_name_is_the_same_finding_wherever_it_stands() -> None:
    (first,) = judged({"requirements.txt": "flask\nzz_Own.thing==1\n"}, "requirements.txt")
    (second,) = judged({"requirements.txt": "zz-own-thing>=2\n"}, "requirements.txt")
    assert first.shape == second.shape


def test_an_import_that_the_code_can_do_without_weighs_less() -> None:
    text = "try:\n    import zz_own_thing\nexcept ImportError:\n    zz_own_thing = None\n"
    assert [match.severity for match in judged({"a.py": text}, "a.py")] == [Severity.LOW]
    other = "try:\n    import zz_own_thing\nexcept KeyError:\n    pass\n"
    assert [match.severity for match in judged({"a.py": other}, "a.py")] == [None]


def test_a_close_name_is_asked_about_and_never_told() -> None:
    (match,) = judged({"requirements.txt": "reqeusts-toolbelt\n"}, "requirements.txt")
    assert match.fix.startswith('is "requests-toolbelt" meant?')


def test_what_a_name_looks_like_is_told_also_where_it_is_no_safe_suggestion() -> None:
    (match,) = judged({"requirements.txt": "py-coordd\n"}, "requirements.txt")
    assert match.message.endswith('and looks like "py-cord"')
    assert "py-cord" not in match.fix
