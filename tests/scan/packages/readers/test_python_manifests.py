"""What Python projects declare: requirements, pyproject.toml, Pipfile, setup.py, setup.cfg, and indexes that they name."""
# ruff: noqa: E501 (tables whose rows read as sentences)

from collections.abc import Callable

import pytest

from clearance.scan.family import Budget
from clearance.scan.packages.mention import ExtraIndex, Mention, Reader, Remote, Unparsed
from clearance.scan.packages.readers import python_indexes, python_manifests, python_requirements

NamesIn = Callable[[str, str], list[str]]
DIGEST = "0123456789abcdef" * 4
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# What is told, the file, its text, what is seen.
ROWS: list[tuple[str, str, str, list[str]]] = [
    ("a name", "requirements.txt", "flask\n", ["1 PyPI flask"]),
    ("an exact version", "requirements.txt", "flask==2.0.1\n", ["1 PyPI flask@2.0.1"]),
    ("an arbitrary equality", "requirements.txt", "flask===2.0-x\n", ["1 PyPI flask@2.0-x"]),
    ("a prefix is no version", "requirements.txt", "flask==2.*\n", ["1 PyPI flask (==2.*)"]),
    ("a range in brackets", "requirements.txt", "flask (>=1, <2)\n", ["1 PyPI flask (>=1, <2)"]),
    ("extras and a marker", "requirements.txt", "a[b,c]>=1; python_version<'3'\n", ["1 PyPI a (>=1)"]),
    ("a comment behind", "requirements.txt", "a==1 # b==2\n", ["1 PyPI a@1"]),
    ("windows line ends", "requirements.txt", "a==1\r\nb>2\r\n", ["1 PyPI a@1", "2 PyPI b (>2)"]),
    ("a byte order mark", "requirements.txt", "\ufeffa==1\n", ["1 PyPI a@1"]),
    ("a line goes on", "requirements.txt", "a \\\n  ==1\nb\n", ["1 PyPI a@1", "3 PyPI b"]),
    ("a comment does not go on", "requirements.txt", "# a \\\nevil==1\n", ["2 PyPI evil@1"]),
    ("a comment within ends the line", "requirements.txt", "a \\\n# x \\\nb\n", ["1 PyPI a", "3 PyPI b"]),
    ("paths", "requirements.txt", "./a\n../b\nc/d.whl\ne.whl\n-e .[x]\nf @ file:///x\n/g\n.\n", []),
    ("other files", "requirements.txt", "-r a.txt\n-c b.txt\n--requirement=c.txt\n", []),
    ("an address", "requirements.txt", "a @ https://x.example/a.whl\n", ["1 from a https://x.example/a.whl"]),
    (
        "an address with a digest", "requirements.txt", f"a @ https://x.example/a.whl#sha256={DIGEST}\n",
        [f"1 pinned a https://x.example/a.whl#sha256={DIGEST}"],
    ),
    (
        "an address without its password", "requirements.txt", "git+https://me:pw@x.example/a.git@v1#egg=a\n",
        ["1 from a git+https://x.example/a.git@v1#egg=a"],
    ),
    (
        "a commit, with a variable for the token", "requirements.txt", f"-e git+https://${{T}}@x.example/a.git@{COMMIT}\n",
        [f"1 pinned a git+https://x.example/a.git@{COMMIT}"],
    ),
    (
        "indexes", "requirements.txt", "-i https://a.example/s --extra-index-url=https://u:p@b.example/s\n--no-index\nx\n",
        ["1 only https://a.example/s", "1 also https://b.example/s", "2 only ", "3 PyPI x private"],
    ),
    ("PyPI itself is not private", "requirements.txt", "--index-url https://pypi.org/simple\nx\n",
     ["1 only https://pypi.org/simple", "2 PyPI x"]),
    ("a folder of files is no index", "requirements.txt", "--find-links ./wheels\nx\n", ["2 PyPI x"]),
    ("a template", "requirements.txt", "{% if x %}\na\n{{ b }}\n", ["2 PyPI a", "3 computed PyPI"]),
    ("a lock of pip-tools", "requirements/dev.lock", "a==1 \\\n    --hash=sha256:00\n    # via b\n", ["1 PyPI a@1"]),
    (
        "PEP 621", "pyproject.toml",
        '[project]\nname = "me"\ndependencies = ["a>=1", "me", "b"]\noptional-dependencies.x = ["c==1"]\n',
        ["3 PyPI a (>=1)", "3 PyPI b", "4 PyPI c@1"],
    ),
    (
        "groups and the build", "pyproject.toml",
        '[dependency-groups]\ndev = ["a", {include-group = "no"}]\n[build-system]\nrequires = ["b==1"]\nbuild-backend = "no"\n',
        ["2 PyPI a", "4 PyPI b@1"],
    ),
    ("a name with an escape", "pyproject.toml", '[project]\ndependencies = ["fl\\u0061sk==1"]\n',
     ["2 PyPI flask@1 at 'fl\\\\u0061sk==1'"]),
    (
        "Poetry", "pyproject.toml",
        '[tool.poetry.dependencies]\npython = "^3"\na = "^1"\nb = "1.2"\nc = {version = "*", source = "corp"}\nd = {path = ".."}\n',
        ["3 PyPI a (^1)", "4 PyPI b@1.2", "5 PyPI c private"],
    ),
    (
        "several constraints of Poetry", "pyproject.toml",
        '[tool.poetry.group.x.dependencies]\na = [{version = "1.0", python = "<3.8"}, {git = "https://x.example/a", rev = "main"}]\n',
        ["2 PyPI a@1.0", "2 from a https://x.example/a"],
    ),
    (
        "a table of its own", "pyproject.toml", f'[tool.poetry.dependencies.a]\ngit = "git@x.example:a"\nrev = "{COMMIT}"\n',
        ["2 pinned a git@x.example:a"],
    ),
    (
        "sources of uv", "pyproject.toml",
        ('[project]\ndependencies = ["a", "b", "c"]\n[tool.uv.sources]\na = {git = "https://x.example/a"}\n'
        'b = {workspace = true}\nc = {index = "corp"}\n'),
        ["2 PyPI c private", "4 from a https://x.example/a"],
    ),
    (
        "constraints and overrides of uv", "pyproject.toml",
        '[tool.uv]\nconstraint-dependencies = ["a<2"]\noverride-dependencies = ["b==1"]\ndev-dependencies = ["c"]\n',
        ["2 PyPI a (<2)", "3 PyPI b@1", "4 PyPI c"],
    ),
    (
        "an index of uv answers alone", "pyproject.toml",
        '[[tool.uv.index]]\nurl = "https://a.example/s"\n[[tool.uv.index]]\nurl = "https://b.example/s"\nexplicit = true\n',
        ["2 only https://a.example/s"],
    ),
    (
        "by an unsafe strategy it does not", "pyproject.toml",
        '[tool.uv]\nindex-strategy = "unsafe-best-match"\n[[tool.uv.index]]\nurl = "https://a.example/s"\n',
        ["4 also https://a.example/s"],
    ),
    (
        "sources of Poetry", "pyproject.toml",
        ('[[tool.poetry.source]]\nname = "a"\nurl = "https://a.example/s"\n[[tool.poetry.source]]\nname = "b"\n'
        'url = "https://b.example/s"\npriority = "supplemental"\n'),
        ["3 only https://a.example/s", "6 also https://b.example/s"],
    ),
    (
        "PDM, Hatch, Flit", "pyproject.toml",
        ('[tool.pdm.dev-dependencies]\nt = ["a"]\n[tool.hatch.envs.x]\nextra-dependencies = ["b"]\n'
        '[tool.flit.metadata]\nrequires = ["c"]\n[tool.hatch.build.hooks.y]\ndependencies = ["d"]\n'),
        ["2 PyPI a", "4 PyPI b", "6 PyPI c", "8 PyPI d"],
    ),
    (
        "a Pipfile", "Pipfile",
        ('[[source]]\nurl = "https://pypi.org/simple"\n[packages]\na = "==1.0"\nb = "*"\n[dev-packages]\nc = {version = ">1"}\n'
        '[docs]\nd = {git = "https://x.example/d", ref = "v1"}\n[requires]\npython_version = "3"\n'),
        ["2 only https://pypi.org/simple", "4 PyPI a@1.0", "5 PyPI b", "7 PyPI c (>1)", "9 from d https://x.example/d"],
    ),
    (
        "setup.cfg", "setup.cfg",
        "[options]\ninstall_requires =\n  a==1\n  # no\nsetup_requires = b\n[options.extras_require]\ndev = c>1; no\n[x]\nno = no\n",
        ["3 PyPI a@1", "5 PyPI b", "7 PyPI c (>1)"],
    ),
    (
        "files that setup.cfg names on more lines are no packages", "setup.cfg",
        "[options]\ninstall_requires = file: a.list,\n  b.list\nsetup_requires =\n  b\n",
        ["2 computed PyPI", "3 computed PyPI", "5 PyPI b"],
    ),
    (
        "setup.py", "setup.py",
        ('from x import setup\nREQ = ["a==1"]\nsetup(name="no", install_requires=REQ + ["b"], keywords="no", '
        'extras_require={"no": ["c"]},\n tests_require="""\nd\ne>1\n""", setup_requires=f"no{1}")\n'),
        ["2 PyPI a@1", "3 PyPI b", "3 PyPI c", "5 PyPI d", "6 PyPI e (>1)", "7 computed PyPI"],
    ),
    ("pip's settings", "pip.conf", "[global]\nindex-url = https://u:p@a.example/s\nextra-index-url =\n  https://b.example/s\n",
     ["2 only https://a.example/s", "4 also https://b.example/s"]),
    ("uv's settings", "uv.toml", 'extra-index-url = ["https://a.example/s"]\nindex-strategy = "unsafe-first-match"\n',
     ["1 also https://a.example/s"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "seen"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_declared(names_in: NamesIn, path: str, text: str, seen: list[str]) -> None:
    assert names_in(path, text) == seen


def read(reader: Reader, text: str) -> tuple[list[Mention | Remote | ExtraIndex], str]:
    """What a reader gives, and what it then says that it could not read."""
    found: list[Mention | Remote | ExtraIndex] = []
    try:
        found.extend(reader(text, Budget(20)))
    except Unparsed as error:
        return found, str(error)
    return found, ""


def test_the_place_of_a_pin_is_that_of_its_version() -> None:
    text = "flask[x] >= 1, == 2.0.1 ; python_version > '3' \nabc~=1.0\n"
    pin, wanted = read(python_requirements.requirements, text)[0]
    assert isinstance(pin, Mention)
    assert isinstance(wanted, Mention)
    assert (text[slice(*pin.place)], pin.wanted, pin.details.marker) == ("2.0.1", ">= 1, == 2.0.1", "python_version > '3'")
    assert (text[slice(*wanted.place)], wanted.version) == ("~=1.0", "")


def test_hashes_are_kept_and_their_lack_is_told() -> None:
    text = f"a==1 --hash=sha256:{DIGEST} \\\n  --hash sha256:{DIGEST.upper()}\nb==1\n"
    hashed, bare = read(python_requirements.requirements, text)[0]
    assert isinstance(hashed, Mention)
    assert isinstance(bare, Mention)
    assert hashed.hashed is True
    assert hashed.details.hashes == (f"sha256:{DIGEST}", f"sha256:{DIGEST}")
    assert bare.hashed is False


def test_groups_tell_what_a_dependency_is_for() -> None:
    text = (
        '[project]\ndependencies = ["a"]\noptional-dependencies.x = ["b"]\n[build-system]\nrequires = ["c"]\n'
        '[dependency-groups]\ny = ["d"]\n[tool.poetry.group.z.dependencies]\ne = "*"\n[tool.uv]\noverride-dependencies = ["f"]\n'
    )
    groups = {one.name: one.details.group for one in read(python_manifests.pyproject, text)[0] if isinstance(one, Mention)}
    assert groups == {"a": "", "b": "x", "c": "build", "d": "y", "e": "z", "f": "override"}


BROKEN = [
    ("requirements with a sentence in it", python_requirements.requirements, "flask\nthis is odd\n", ["flask"], "line 2: "),
    ("half a pyproject", python_manifests.pyproject, '[project]\ndependencies = ["a",\n', ["a"], "line 3: "),
    ("two keys alike", python_manifests.pyproject, "[project]\nname = 1\nname = 2\n", [], "line 3: "),
    ("half a Pipfile", python_manifests.pipfile, '[packages]\na = "*"\nb = "\n', ["a", "b"], "line 3: "),
    ("half a uv.toml", python_indexes.uv_toml, "[[index]\n", [], "line 1: "),
]


@pytest.mark.parametrize(("reader", "text", "names", "said"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_does_not_parse_says_its_line_and_keeps_what_could_be_read(
    reader: Reader, text: str, names: list[str], said: str
) -> None:
    found, problem = read(reader, text)
    assert [one.name for one in found if isinstance(one, Mention)] == names
    assert problem.startswith(said)


def test_a_text_that_only_has_the_name_gives_nothing() -> None:
    text = "This is prose about\nthe constraints that we have\nand nothing that anybody\ncould ever install here\n"
    assert read(python_requirements.requirements, text) == ([], "")


def test_a_setup_that_computes_all_ends() -> None:
    text = "A = B\nB = A\ninstall_requires = A\n" + "X = [X]\ninstall_requires = X\n" * 50
    assert read(python_manifests.setup_py, text) == ([], "")
