"""Ways to bring a package past a reader: each is found, or told as a thing that could not be looked at."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from clearance.rules.model import Rule
from clearance.scan.packages.checks import asked
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.project import Project
from clearance.scan.packages.readers.origin import fetched, host

Look = Callable[..., Sequence[tuple[str, str, int, str]]]
READERS = ("npm-package-unknown", "package-does-not-exist", "lock-file-host", "lock-file-address", "package-vulnerable",
           "package-name-lookalike")  # fmt: skip


@pytest.fixture(name="rules_at")
def _rules_at(look: Look, read: Callable[..., tuple[Rule, ...]]) -> Callable[..., set[tuple[str, int]]]:
    def rules_at(files: Mapping[str, str], *changed: str) -> set[tuple[str, int]]:
        family = PackagesFamily(read(*READERS), dt.date(2026, 11, 22), policy=Policy(data_days=10_000, index_days=10_000))
        seen = look(files, family=family, changed=changed or tuple(files)[:1], doubts=True)
        return {(rule, line) for _, rule, line, said in seen if "compared with advisories" not in said}

    return rules_at


NPM = "npm-package-unknown"
PYPI = "package-does-not-exist"
UNKNOWN = "not known"
UNPARSED = "could not be parsed"
ROWS: tuple[tuple[str, str, str, set[tuple[str, int]]], ...] = (
    ("a name broken over two lines", "requirements.txt", "zz-not-\\\nhere==1.0\n", {(PYPI, 1)}),
    ("a list from an address", "requirements.txt", "-r https://evil.example/r.txt\n", {(UNKNOWN, 1)}),
    ("a list outside of the tree", "requirements.txt", "-r ../../etc/passwd\n", {(UNKNOWN, 1)}),
    ("a list under a name that nobody reads", "requirements.txt", "-r notes.txt\n", {(UNKNOWN, 1)}),
    ("a list under a usual name", "requirements/dev.txt", "-r base.txt\n-c ../constraints.txt\n", set()),
    ("a name from the environment", "requirements.txt", "${NAME}==1\n", {(UNKNOWN, 1)}),
    ("metadata in a script", "x.py",
     '# /// script\n# dependencies = [\n#   "zz-not-here==1.0",\n# ]\n# ///\n', {(PYPI, 3)}),
    ("such metadata with other line ends", "x.py", '# /// script\r\n# dependencies = ["zz-not-here==1.0"]\r\n# ///\r\n',
     {(PYPI, 2)}),
    ("such metadata that is broken", "x.py", "# /// script\n# dependencies = [\n# ///\n", {(UNPARSED, 0)}),
    ("a keyword of setup by its key", "setup.py", "kw = {}\nkw['install_requires'] = ['zz-not-here==1']\nsetup(**kw)\n",
     {(PYPI, 2)}),
    ("requirements that a call gives", "setup.py", "setup(\ninstall_requires=reqs('test.txt'))\n", {(UNKNOWN, 2)}),
    ("what pnpm adds to another package", "package.json",
     '{"pnpm": {"packageExtensions": {"lodash": {"dependencies": {"zz-not-here-": "1"}}}}}', {(NPM, 1)}),
    ("what Yarn adds to another package", ".yarnrc.yml",
     'packageExtensions:\n  "lodash@*":\n    dependencies:\n      zz-not-here-: "1"\n', {(NPM, 4)}),
    ("a resolution that is another package", "yarn.lock",
     '__metadata:\n  version: 6\n\n"lodash@npm:^4":\n  version: 1.0.0\n  resolution: "zz-not-here-@npm:1.0.0"\n',
     {(NPM, 6)}),
    ("an alias in a lock file", "pnpm-lock.yaml",
     "x: &a\n  zz-not-here-@1.0.0:\n    resolution: {integrity: sha512-AA==}\npackages: *a\n", {(UNPARSED, 0)}),
    ("a folder that is no name", "package-lock.json",
     '{"lockfileVersion": 3, "packages": {"node_modules/../../evil": {"version": "1.0.0"}}}', {(UNPARSED, 0)}),
    ("one wheel from elsewhere", "uv.lock",
     'version = 1\n[[package]]\nname = "iniconfig"\nversion = "2.0.0"\n'
     'source = { registry = "https://pypi.org/simple" }\nwheels = [\n'
     '  { url = "https://files.pythonhosted.org/a/iniconfig-2.0.0-py3-none-any.whl", hash = "sha256:' + "0" * 64 + '" },\n'
     '  { url = "https://evil.example/iniconfig-2.0.0-cp313-cp313-any.whl", hash = "sha256:' + "1" * 64 + '" },\n]\n',
     {("lock-file-host", 3)}),
)  # fmt: skip


@pytest.mark.parametrize(("path", "text", "seen"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_smuggled_is_found_or_told(rules_at: Any, path: str, text: str, seen: set[tuple[str, int]]) -> None:
    assert rules_at({path: text}) == seen


def locked(address: str) -> str:
    return (
        '{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.21", "resolved": "'
        + address.replace("\\", "\\\\").replace("\t", "\\t")
        + '"}}}'
    )


TAIL = "/lodash/-/lodash-4.17.21.tgz"


@pytest.mark.parametrize("start", [
    "https://x@registry.npmjs.org@evil.example", "https://registry.npmjs.org\t.evil.example", "https:evil.example",
    "https:\\\\evil.example", "https:/evil.example", "https://registry.npmjs.org%2eevil.example", "https://[::ffff:1.2.3.4]",
    "https://\u0131registry.npmjs.org",
])  # fmt: skip
def test_no_spelling_of_an_address_hides_its_host(rules_at: Any, start: str) -> None:
    assert ("lock-file-host", 1) in rules_at({"package-lock.json": locked(start + TAIL)})


@pytest.mark.parametrize(("path", "rules"), [
    (TAIL, set()),
    ("/x.tgz", {("lock-file-address", 1)}),
    (TAIL + "/../../../evil.tgz", {("lock-file-address", 1)}),
    ("/%2e%2e/evil" + TAIL, {("lock-file-address", 1)}),
])  # fmt: skip
def test_a_tarball_of_the_registry_has_its_one_address(rules_at: Any, path: str, rules: set[tuple[str, int]]) -> None:
    assert rules_at({"package-lock.json": locked("https://registry.npmjs.org" + path)}) == rules


def test_the_host_of_an_address_is_that_which_programs_ask() -> None:
    assert host("HTTPS:\\\\a@b@Evil.example:8443\\x") == "evil.example:8443"
    assert fetched("git@github.com:a/b") == "git@github.com:a/b"
    assert fetched("https://a.example/x?y=\\z") == "https://a.example/x?y=\\z"


EXCUSE = '[project]\nname = "zz-not-here"\n[[tool.poetry.source]]\nname = "a"\nurl = "https://a.example/simple/"\n'


@pytest.mark.parametrize(("where", "found"), [
    ("tests/fixtures/a/pyproject.toml", {("package-does-not-exist", 1)}),
    ("pyproject.toml", set()),
])  # fmt: skip
def test_a_sample_is_no_excuse_for_the_tree(rules_at: Any, where: str, found: set[tuple[str, int]]) -> None:
    assert rules_at({"requirements.txt": "zz-not-here==1.0\n", where: EXCUSE}, "requirements.txt") == found


def test_a_sample_may_ask_for_its_own_packages(rules_at: Any) -> None:
    files = {"tests/fixtures/a/requirements.txt": "zz-not-here==1.0\n", "tests/fixtures/b/pyproject.toml": EXCUSE}
    assert rules_at(files) == set()


def test_another_index_counts_for_the_project_that_names_it(look: Look) -> None:
    from clearance.collect.memory import HeldContents

    tree = {"a/pyproject.toml": EXCUSE.encode(), "b/requirements.txt": b"x\n", "docker/pip.conf": b"[global]\n"}
    project = Project(HeldContents({}, {}, tree, complete=True))
    assert project.is_private(Registry.PYPI, "a/requirements.txt")
    assert not project.is_private(Registry.PYPI, "b/requirements.txt")
    tree["docker/pip.conf"] = b"[global]\nindex-url = https://a.example/simple\n"
    assert Project(HeldContents({}, {}, tree, complete=True)).is_private(Registry.PYPI, "b/requirements.txt")


def test_a_guess_about_a_name_hides_no_vulnerability(rules_at: Any) -> None:
    assert rules_at({"requirements.txt": "cobbler==3.3.6\n"}) >= {("package-vulnerable", 1)}


def test_a_file_with_too_many_names_says_that_not_all_were_compared(rules_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"{name}==1.0\n" for name in ("iniconfig", "attrs", "zope-event", "cobbler"))
    monkeypatch.setattr(asked, "_FEW", 3)
    monkeypatch.setattr(asked, "_MOST_NEAR", 2)
    assert (UNKNOWN, 3) in rules_at({"requirements.txt": text})


@pytest.mark.parametrize(("path", "text", "line"), [
    ("package.json", '{"dependencies": {\n"l\u043edash": "1"}}', 2),
    ("package.json", '{"dependencies": {\n"lodash": "4.17.21",,}}', 2),
    ("pyproject.toml", '[project]\nname = "a"\ndependencies = ["requ\u0435sts==1"]\n', 3),
    ("requirements.txt", "requ\u0435sts==1\nfoo\x1b[31mbar==1\nfo\u202eo==1\na b==2\n", 1),
    ("requirements.txt", "attrs==1.0\nrequ\u0435sts==1\n", 2),
])  # fmt: skip
def test_what_is_no_name_or_no_json_is_told_with_its_line(look: Look, path: str, text: str, line: int) -> None:
    assert any(rule == UNPARSED and f"line {line}:" in said for _, rule, _, said in look({path: text}))
