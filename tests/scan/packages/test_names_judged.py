"""What is said of a name: by the data pack, by the company's own index, by the settings and by the tree."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.index import IndexAnswer, Known, Question
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import Judged, PackagesFamily
from clearance.scan.packages.mention import Registry, canonical
from clearance.scan.packages.pack.opened import Pack, open_pack

TODAY = dt.date(2026, 12, 1)
OURS = (
    "package-does-not-exist", "npm-package-unknown", "package-name-lookalike", "package-misnamed", "package-name-invented",
)  # fmt: skip
OFFLINE = Policy(data_days=10_000)
ONLINE = OFFLINE._replace(network=True)


class Watching:
    """The pack that ships, with more names on its watch-list."""

    def __init__(self, pack: Pack, names: Sequence[str]) -> None:
        self._pack = pack
        self._names = names

    def watched(self, registry: Registry, name: str) -> bool:
        return canonical(registry, name) in self._names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pack, name)


class Index:
    """A company's index that says the same of every name."""

    def __init__(self, known: Known, *, days: int = -1, releases: int = 9) -> None:
        created = dt.datetime.combine(TODAY, dt.time(), dt.UTC) - dt.timedelta(days=days) if days >= 0 else None
        self._answer = IndexAnswer(
            Registry.NPM, "", known, why="it did not answer within 3 s", dated=days >= 0, created=created, how_many=releases,
            asked="packages.example",
        )  # fmt: skip

    def ask(self, questions: Sequence[Question], seconds: float) -> Sequence[IndexAnswer]:
        del seconds
        return [self._answer._replace(registry=one.registry, name=one.name) for one in questions]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return open_pack()


Judge = Callable[..., Judged]


@pytest.fixture
def judge(read: Callable[..., tuple[Rule, ...]], pack: Pack) -> Judge:
    rules = read(*OURS)

    def judged(
        files: Mapping[str, str], policy: Policy = OFFLINE, live: Index | None = None, watched: Sequence[str] = ()
    ) -> Judged:
        """Judge the first of these files."""
        tree = {path: text.encode() for path, text in files.items()}
        family = PackagesFamily(rules, TODAY, policy=policy, live=live, opener=lambda _: Watching(pack, watched))  # type: ignore[arg-type,return-value]
        family.start(HeldContents({}, tree, tree))
        path = next(iter(tree))
        decoded = decode(tree[path])
        assert decoded
        return family.judge(View(path, "after", tree[path], decoded), Budget(20))

    return judged


def asks(*names: str) -> dict[str, str]:
    return {"requirements.txt": "".join(f"{name}==1.0\n" for name in names)}


def installs(name: str) -> dict[str, str]:
    return {"a.sh": f"#!/bin/sh\nnpm install {name}@1.0.0\n"}


def said(judged: Judged) -> list[tuple[str, str]]:
    return [(one.rule, one.severity.value if one.severity else "") for one in judged.matches]


def only(judged: Judged) -> Match:
    (match,) = judged.matches
    return match


ABSENT, SILENT = Index(Known.ABSENT), Index(Known.SILENT)
OLD, YOUNG, UNDATED = Index(Known.PRESENT, days=2_000), Index(Known.PRESENT, days=9), Index(Known.PRESENT)
MISSING, UNKNOWN, LIKE = "package-does-not-exist", "npm-package-unknown", "package-name-lookalike"
# What stands there, the file, the index that is asked, what is said.
ROWS: list[tuple[str, dict[str, str], Index | None, list[tuple[str, str]]]] = [
    ("a name that PyPI has", asks("requests"), None, []),
    ("a name that PyPI lacks", asks("zz-no-such-thing"), None, [(MISSING, "")]),
    ("a name that the index lacks, too", asks("zz-no-such-thing"), ABSENT, [(MISSING, "high")]),
    ("a name that PyPI had and the index lacks", asks("requests"), ABSENT, [(MISSING, "medium")]),
    ("a name that came after the list", asks("zz-no-such-thing"), UNDATED, []),
    ("a look-alike that came after the list", asks("reqeustz"), UNDATED, [(LIKE, "")]),
    ("a look-alike that is nowhere", asks("reqeustz"), None, [(MISSING, "")]),
    ("an index that says nothing", asks("zz-no-such-thing"), SILENT, [(MISSING, "")]),
    ("an unknown name of npm", installs("zz-no-such-thing"), None, [(UNKNOWN, "")]),
    ("one that the registry has", installs("zz-no-such-thing"), OLD, []),
    ("one that the registry lacks", installs("zz-no-such-thing"), ABSENT, [(UNKNOWN, "high")]),
    ("one of which it says nothing", installs("zz-no-such-thing"), SILENT, [(UNKNOWN, "")]),
    ("an unknown name that looks like another", installs("lodahs"), None, [(LIKE, "high")]),
    ("that and young", installs("lodahs"), YOUNG, [(LIKE, "high")]),
    ("far from another and long there", installs("swlenium-wkebdriver"), OLD, []),
    ("far from another and young", installs("swlenium-wkebdriver"), YOUNG, [(LIKE, "high")]),
    ("a real name that is a letter off, with advisories of its own", asks("magnum", "django-crm", "cobbler"), None, []),
    ("a real name that is long there", asks("json-schema", "config-argparse", "raviz", "temporai"), None, []),
    ("a module's name that is another project's, too", asks("autoapi"), None, []),
    ("a module's name beside what provides it", asks("skimage", "scikit-image"), None, []),
    ("letters more in the middle, no separators", installs("eslintplunginimpwrt"), None, [(LIKE, "high")]),
    ("a word misspelt, another added", installs("snap-react-scripst"), None, [(LIKE, "high")]),
    ("a name misspelt, a word added", installs("ppreact-lib"), None, [(LIKE, "high")]),
    ("a name with a word added", installs("preact-zz-lib"), None, [(UNKNOWN, "")]),
    ("what npx runs", {"a.sh": "#!/bin/sh\nnpx uglifyjs a.js\n"}, None, [(LIKE, "")]),
    (
        "npx runs a command of what is installed beside it",
        {"a.sh": "#!/bin/sh\nnpm install -g uglify-js@3.0.0\nnpx uglifyjs a.js\nnpx zz-thing\n"},
        None,
        [(UNKNOWN, "low")],
    ),
    ("two words turned about", installs("fresh-import"), None, [(UNKNOWN, "")]),
    ("a little used name a letter off", asks("flastapi"), None, [(LIKE, "")]),
    ("the same, young", asks("flastapi"), YOUNG, [(LIKE, "high")]),
    ("the same, long there", asks("flastapi"), OLD, []),
    ("a module's name", asks("skimage"), None, [("package-misnamed", "")]),
    ("a module's name with users of its own", asks("sklearn"), None, [("package-misnamed", "low")]),
    ("a namespace's name", asks("google"), None, []),
    ("a name of another kind of registry", {"go.mod": "module a\n\nrequire example.com/zz v1.0.0\n"}, None, []),
]


@pytest.mark.parametrize(("files", "live", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_said_of_a_name(
    judge: Judge, files: dict[str, str], live: Index | None, expected: list[tuple[str, str]]
) -> None:
    assert said(judge(files, ONLINE if live else OFFLINE, live)) == expected


@pytest.mark.parametrize("name", ["zz-no-such-thing", "flastapi", "skimage"])
def test_a_name_that_the_settings_allow_is_not_judged(judge: Judge, name: str) -> None:
    assert judge(asks(name)).matches
    assert not judge(asks(name), OFFLINE._replace(allow=(name,))).matches
    assert judge(asks(name), OFFLINE._replace(allow=(f"npm:{name}",))).matches


def test_a_private_name_is_left_to_dependency_confusion(judge: Judge) -> None:
    assert not judge(asks("zz-no-such-thing"), OFFLINE._replace(private=("zz-*",))).matches


def test_what_the_tree_builds_itself_is_not_judged(judge: Judge) -> None:
    for name in ("zz-no-such-thing", "flastapi", "skimage"):
        built = {"pyproject.toml": f'[project]\nname = "{name}"\nversion = "1"\n'}
        assert not judge({**asks(name), **built}).matches


def test_an_index_that_says_nothing_never_makes_a_name_known(judge: Judge) -> None:
    """The names that the pack settles stay settled; of those that it does not, the doubt is told."""
    judged = judge(installs("zz-no-such-thing"), ONLINE, SILENT)
    assert judged.asked is not None
    assert [doubt.said for doubt in judged.asked.doubts if "settled" in doubt.said] == [
        "were not settled by the index that the settings name: it did not answer within 3 s"
    ]
    assert not said(judge(asks("requests"), ONLINE, SILENT))


def test_names_on_the_watch_list_need_a_person_though_they_exist(judge: Judge) -> None:
    assert said(judge(asks("flask-avro"), watched=["flask-avro"])) == [("package-name-invented", "")]
    assert not judge(asks("requests"), watched=["requests"]).matches
    assert said(judge(asks("zz-no-such-thing"), watched=["zz-no-such-thing"])) == [(MISSING, "")]
    assert not judge(asks("flask-avro"), OFFLINE._replace(allow=("flask-*",)), watched=["flask-avro"]).matches


def test_what_is_suggested_is_in_wide_use(judge: Judge, pack: Pack) -> None:
    for name, meant in (("reqeustz", "requests"), ("cv2", "opencv-python"), ("yaml", "pyyaml"), ("zz-no-such-thing", ""),
                        ("opencv", "opencv-python"), ("acme-core", ""), ("huggingface-cli", "")):  # fmt: skip
        fix = only(judge(asks(name))).fix
        assert fix == (f'is "{meant}" meant? compare before anything is installed' if meant else ""), name
        assert not meant or pack.popularity(Registry.PYPI, meant).rank


def test_an_unlisted_name_says_what_it_looks_like(judge: Judge) -> None:
    assert (
        only(judge(asks("reqeustz"))).message
        == '"reqeustz" is not on PyPI (names as of 2026-11-22) and looks like "requests"'
    )
    assert only(judge(installs("lodahs"))).message.endswith('looks like "lodash" (two letters swapped)')


INVENTED = """flask-jwt-simple-auth fastapi-session-guard-kit django-oauth-verify-tools torch-dataset-cache-utils
pandas-excel-formatter-kit openai-prompt-cache-store celery-task-dedup-guard aws-lambda-logger-utils-pro""".split()  # noqa: SIM905


def test_each_invented_name_is_one_finding(judge: Judge) -> None:
    assert said(judge(asks(*INVENTED))) == [(MISSING, "")] * len(INVENTED)


def test_each_list_of_words_in_toml_is_a_command_of_its_own(judge: Judge) -> None:
    tox = '[env_run_base]\ncommands = [["pip", "install", "zz-a"], ["pytest"], ["pip", "install", "zz-b"]]\n'
    judged = judge({"tox.toml": tox})
    assert [tox[one.start : one.end] for one in judged.matches] == ["zz-a", "zz-b"]
