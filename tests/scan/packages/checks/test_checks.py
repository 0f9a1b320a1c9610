"""Each check, on data that is made up: what it finds, where, and what it leaves alone."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from clearance.facts.finding import Severity
from clearance.facts.index import IndexAnswer, Known, Question, Release
from clearance.facts.package import Registry
from clearance.facts.vex import VexStatement, VexStatus
from clearance.scan.family import Match, SetAside
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily

TODAY = dt.date(2026, 12, 1)
Look = Callable[..., Any]
LOCK = """\
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "{host}" }}
sdist = {{ url = "{url}", hash = "sha256:00"{more} }}
"""
PYPI = "https://pypi.org/simple"
FILE = "https://files.pythonhosted.org/packages/a/"


def uv_lock(name: str, version: str, *, host: str = PYPI, url: str = "", more: str = "") -> str:
    """Write a lock file of uv with one package."""
    url = url or f"{FILE}{name}-{version}.tar.gz"
    return "version = 1\n\n" + LOCK.format(name=name, version=version, host=host, url=url, more=more)


def npm_lock(**entries: Mapping[str, object]) -> str:
    """Write a lock file of npm; `left__pad` is the package `left-pad`."""
    packages: dict[str, object] = {"": {"name": "x"}}
    for name, entry in entries.items():
        packages[f"node_modules/{name.replace('__', '-')}"] = entry
    return json.dumps({"name": "x", "lockfileVersion": 3, "packages": packages}, indent=1)


class Index:
    """A company's own index that gives prepared answers, and counts how often it was asked."""

    def __init__(self, **answers: IndexAnswer) -> None:
        self.answers = {name.replace("__", "-"): answer for name, answer in answers.items()}
        self.asked = 0

    def ask(self, questions: Sequence[Question], seconds: float) -> Sequence[IndexAnswer]:
        assert seconds > 0
        self.asked += 1
        silent = IndexAnswer(Registry.PYPI, "", Known.SILENT, why="it did not answer within 3 s")
        return [self.answers.get(one.name, silent)._replace(registry=one.registry, name=one.name) for one in questions]


def present(*releases: Release, dated: bool = True, many: int = 3, latest: str = "9") -> IndexAnswer:
    """Make the answer of an index that has the name."""
    return IndexAnswer(
        Registry.PYPI,
        "",
        Known.PRESENT,
        dated=dated,
        releases=releases,
        how_many=many,
        latest=latest,
        asked="pypi.acme.example",
    )


class Judge(NamedTuple):
    """Looks at a tree with data that is made up."""

    look: Look
    read: Callable[..., Any]
    made_up: Callable[..., Any]

    def family(self, *, policy: Policy = Policy(), live: Index | None = None, **data: Any) -> PackagesFamily:  # noqa: B008
        held = self.made_up(**data)
        return PackagesFamily(self.read(), TODAY, opener=lambda _: held, policy=policy, live=live)

    def matches(self, files: Mapping[str, str], path: str, **more: Any) -> list[Match | SetAside]:
        from clearance.collect.memory import HeldContents
        from clearance.facts.text import decode
        from clearance.scan.family import Budget, View

        family = self.family(**more)
        tree = {name: text.encode() for name, text in files.items()}
        family.start(HeldContents({}, {path: tree[path]}, tree))
        decoded = decode(tree[path])
        assert decoded is not None
        found = family.look(View(path, "after", tree[path], decoded), Budget(20))
        return [one for one in found if isinstance(one, Match | SetAside)]

    def rules(self, files: Mapping[str, str], path: str, **more: Any) -> list[str]:
        return [one.rule for one in self.matches(files, path, **more)]


@pytest.fixture
def judge(look: Look, read: Callable[..., Any], made_up: Callable[..., Any]) -> Judge:
    return Judge(look, read, made_up)


PINNED = {"requirements.txt": "tool==1.0\n"}


def test_the_worst_advisory_gives_the_severity_and_joined_records_count_once(
    judge: Judge, record: Callable[..., Any]
) -> None:
    bad = {
        "tool": [
            (record("PYSEC-1", aliases=("CVE-2026-1",), severity="low", score=3.1, fixed=("1.1",)), ["1.0"]),
            (record("GHSA-1", aliases=("CVE-2026-1",), severity="low", score=3.1, fixed=("1.1",)), ["1.0"]),
            (record("PYSEC-2", aliases=("CVE-2026-2",), severity="high", score=8.0, fixed=("1.2",)), ["1.0", "1.1"]),
        ]
    }
    [match] = judge.matches(PINNED, "requirements.txt", bad=bad)
    assert isinstance(match, Match)
    assert (match.rule, match.severity) == ("package-vulnerable", Severity.HIGH)
    assert match.message == (
        '"tool" 1.0 has 2 known vulnerabilities: CVE-2026-2 (high, CVSS 8), CVE-2026-1 (low, CVSS 3.1) '
        "(advisories as of 2026-12-01)"
    )
    assert match.fix == "update to 1.2 or later"


@pytest.mark.parametrize(
    ("more", "severity", "said"),
    [
        ({"severity": "low", "score": 2.0, "exploited": True}, Severity.CRITICAL, "used in attacks (KEV)"),
        ({"severity": "low", "score": 2.0, "epss": 0.51}, Severity.CRITICAL, "EPSS 51%"),
        ({"severity": "low", "score": 2.0, "epss": 0.49}, Severity.LOW, "EPSS 49%"),
        ({"score": 9.0}, Severity.CRITICAL, "critical, CVSS 9"),
        ({"severity": "medium"}, Severity.MEDIUM, "medium"),
        ({}, Severity.HIGH, "no rating"),
        ({"exploited": True, "ransomware": True}, Severity.CRITICAL, "ransomware too"),
    ],
)
def test_how_bad_a_vulnerability_is(
    judge: Judge, record: Callable[..., Any], more: dict[str, Any], severity: Severity, said: str
) -> None:
    [match] = judge.matches(PINNED, "requirements.txt", bad={"tool": [(record("PYSEC-1", **more), ["1.0"])]})
    assert isinstance(match, Match)
    assert match.severity is severity
    assert said in match.message


@pytest.mark.parametrize(
    ("fixed", "holds", "advice"),
    [
        (("0.9", "1.1", "2.0"), ["1.0"], "update to 1.1 or later"),
        (("1.1rc1", "1.2"), ["1.0"], "update to 1.2 or later"),
        (("1.1rc1",), ["1.0"], "update to 1.1rc1 or later"),
        ((), ["1.0"], "no version with a repair is known"),
        (("0.9",), ["1.0"], "no version with a repair is known"),
    ],
)
def test_the_repair_is_the_lowest_fixed_version_above_the_one_in_use(
    judge: Judge, record: Callable[..., Any], fixed: tuple[str, ...], holds: list[str], advice: str
) -> None:
    [match] = judge.matches(PINNED, "requirements.txt", bad={"tool": [(record("PYSEC-1", fixed=fixed), holds)]})
    assert isinstance(match, Match)
    assert match.fix.startswith(advice)


def test_a_repair_that_is_vulnerable_itself_leads_on_to_the_next_one(judge: Judge, record: Callable[..., Any]) -> None:
    bad = {"tool": [(record("PYSEC-1", fixed=("1.1",)), ["1.0"]), (record("PYSEC-2", fixed=("1.3",)), ["1.1"])]}
    [match] = judge.matches(PINNED, "requirements.txt", bad=bad)
    assert isinstance(match, Match)
    assert match.fix == "update to 1.3 or later"


@pytest.mark.parametrize(
    ("status", "packages", "rules"),
    [
        (VexStatus.NOT_AFFECTED, ("pkg:pypi/tool",), [("SetAside", "package-vulnerable")]),
        (VexStatus.NOT_AFFECTED, ("pkg:pypi/tool@2.0",), [("Match", "package-vulnerable")]),
        (VexStatus.AFFECTED, ("pkg:pypi/tool",), [("Match", "package-vulnerable")]),
    ],
)
def test_a_vex_statement_sets_an_advisory_aside(
    judge: Judge, record: Callable[..., Any], status: VexStatus, packages: tuple[str, ...], rules: list[tuple[str, str]]
) -> None:
    vex = VexStatement(vulnerability="CVE-2026-1", packages=packages, status=status, justification="component_not_present")
    bad = {"tool": [(record("PYSEC-1", aliases=("CVE-2026-1",)), ["1.0"])]}
    found = judge.matches(PINNED, "requirements.txt", bad=bad, policy=Policy(vex=(vex,)))
    assert [(type(one).__name__, one.rule) for one in found] == rules


def test_a_hostile_package_is_one_critical_finding_and_no_vex_lifts_it(judge: Judge, record: Callable[..., Any]) -> None:
    vex = VexStatement(vulnerability="MAL-1", packages=("pkg:pypi/zz-bad",), status=VexStatus.NOT_AFFECTED, impact="no")
    bad = {"zz-bad": [(record("MAL-1", malware=True), ["*"])]}
    found = judge.matches({"requirements.txt": "zz-bad==1\n"}, "requirements.txt", bad=bad, policy=Policy(vex=(vex,)))
    assert [one.rule for one in found] == ["package-malicious"]


@pytest.mark.parametrize(
    ("text", "popular", "rules"),
    [
        ("tool==1.0\n", (), ["package-malicious"]),
        ("tool==2.0\n", (), []),
        ("tool>=1\n", (), ["package-malicious"]),
        ("tool>=1\n", ("tool",), ["package-unpinned"]),
    ],
    ids=["a hostile version", "another version", "any version of a rare name", "any version of a name in wide use"],
)
def test_a_name_of_which_one_version_was_hostile(
    judge: Judge, record: Callable[..., Any], text: str, popular: tuple[str, ...], rules: list[str]
) -> None:
    bad = {"tool": [(record("MAL-1", malware=True), ["1.0"])]}
    assert judge.rules({"requirements.txt": text}, "requirements.txt", bad=bad, popular=popular) == rules


LIVE = Policy(network=True)
RECENT = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("answer", "rules"),
    [
        (present(Release("1.0")), []),
        (present(Release("1.0.0")), []),
        (present(Release("1.0", yanked=True, reason="broken")), ["package-withdrawn"]),
        (present(Release("1.0", deprecated=True)), ["package-withdrawn"]),
        (present(Release("2.0")), ["package-withdrawn"]),
        (present(many=0), []),
        (present(Release("1.0", yanked=True, uploaded=RECENT))._replace(known=Known.SILENT), []),
        (present(Release("1.0", uploaded=RECENT)), ["package-too-young"]),
        (present(Release("1.0", uploaded=RECENT), dated=False), []),
        (present(Release("1.0", uploaded=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))), []),
        (present(Release("1.0", uploaded=dt.datetime(2027, 11, 24, tzinfo=dt.UTC))), ["package-too-young"]),
    ],
    ids=[
        "good", "written otherwise", "yanked", "deprecated", "not there", "an index that counts nothing",
        "an answer that cannot be trusted", "two days old",
        "two days old on a mirror with dates of its own", "seven days old", "from the future",
    ],
)  # fmt: skip
def test_what_the_companys_own_index_says_of_a_version(judge: Judge, answer: IndexAnswer, rules: list[str]) -> None:
    assert judge.rules(PINNED, "requirements.txt", policy=LIVE, live=Index(tool=answer)) == rules


def test_an_index_is_asked_once_for_all_names_of_a_file_and_remembered(judge: Judge) -> None:
    index = Index(tool=present(Release("1.0")), other=present(Release("2.0")))
    family = judge.family(policy=LIVE, live=index)
    files = {"requirements.txt": "tool==1.0\nother==2.0\n"}
    first, second = (judge.look(files, family=family, doubts=True) for _ in range(2))
    # The index tells no upload times, so it is not known whether the versions are old enough.
    said = "were not compared with the cooldown: pypi.acme.example tells no upload time that can be true"
    assert first == second == [("requirements.txt", "not known", line, said) for line in (1, 2)]
    assert index.asked == 1


def test_without_leave_no_index_is_asked(judge: Judge) -> None:
    index = Index()
    assert judge.look(PINNED, family=judge.family(live=index), doubts=True) == []
    assert index.asked == 0


def test_a_silent_index_is_a_gap_that_says_why(judge: Judge) -> None:
    seen = judge.look(PINNED, family=judge.family(policy=LIVE, live=Index()), doubts=True)
    said = "were not settled by the index that the settings name: it did not answer within 3 s"
    assert ("requirements.txt", "data missing", 1, said) in seen


def test_npm_holds_the_name_of_a_package_that_it_took_down(judge: Judge) -> None:
    index = Index(tool=present(Release("0.0.1-security"), latest="0.0.1-security", many=1))
    files = {"package.json": '{"name": "x", "version": "1", "dependencies": {"tool": "^1.0.0"}}'}
    assert judge.rules(files, "package.json", policy=LIVE, live=index) == ["package-malicious"]


PRIVATE = Policy(private=("acme-*", "npm:@acme/*"))
# What it is, the tree, the file that is looked at, what is found.
CONFUSION: list[tuple[str, dict[str, str], str, list[str]]] = [
    ("a private name locked to PyPI", {"uv.lock": uv_lock("acme-tool", "1.0")}, "uv.lock", ["private-package-public-index"]),
    (
        "a private name locked to the company's index, which the tree names",
        {
            "uv.lock": uv_lock(
                "acme-tool",
                "1.0",
                host="https://pypi.acme.example/simple",
                url="https://pypi.acme.example/a/acme_tool-1.0.tar.gz",
            ),
            "uv.toml": '[[index]]\nurl = "https://pypi.acme.example/simple"\n',
        },
        "uv.lock",
        ["lock-file-host"],
    ),
    (
        "a private name from anywhere",
        {"requirements.txt": "acme-tool==1.0\n"},
        "requirements.txt",
        ["private-package-public-index"],
    ),
    (
        "a private name and a second index",
        {"requirements.txt": "--extra-index-url https://pypi.acme.example/simple\nacme-tool==1.0\n"},
        "requirements.txt",
        ["extra-index-beside-default"],
    ),
    (
        "a scope tied to its registry",
        {
            "package.json": '{"name": "x", "version": "1", "dependencies": {"@acme/ui": "^1.0.0"}}',
            ".npmrc": "@acme:registry=https://npm.acme.example/\n",
        },
        "package.json",
        [],
    ),
    (
        "a scope tied to nothing",
        {"package.json": '{"name": "x", "version": "1", "dependencies": {"@acme/ui": "^1.0.0"}}'},
        "package.json",
        ["private-package-public-index"],
    ),
    (
        "the tree's own package",
        {"requirements.txt": "acme-tool==1.0\n", "lib/pyproject.toml": '[project]\nname = "acme-tool"\n'},
        "requirements.txt",
        [],
    ),
]


@pytest.mark.parametrize(("files", "path", "rules"), [row[1:] for row in CONFUSION], ids=[row[0] for row in CONFUSION])
def test_where_private_names_come_from(judge: Judge, files: dict[str, str], path: str, rules: list[str]) -> None:
    assert judge.rules(files, path, policy=PRIVATE) == rules


def test_a_host_is_told_even_where_it_stands_first_at_a_name_that_is_refused(judge: Judge) -> None:
    more = LOCK.format(
        name="tool", version="1.0", host="https://other.example/s", url="https://other.example/tool-1.0.zip", more=""
    )
    lock = (
        uv_lock("zz-none", "1.0", host="https://other.example/s", url="https://other.example/zz_none-1.0.zip") + "\n" + more
    )
    assert judge.rules({"uv.lock": lock}, "uv.lock") == ["package-does-not-exist", "lock-file-host"]


def test_the_settings_own_index_is_no_foreign_host(judge: Judge) -> None:
    lock = uv_lock("tool", "1.0", host="https://pypi.acme.example/simple", url="https://pypi.acme.example/a/tool-1.0.tar.gz")
    assert judge.rules({"uv.lock": lock}, "uv.lock") == ["lock-file-host"]
    assert judge.rules({"uv.lock": lock}, "uv.lock", policy=Policy(pypi="https://pypi.acme.example/simple/")) == []


NEEDS = '{"name": "a", "version": "1", "dependencies": {"tool": "^1.0.0"}}'
STEP: list[tuple[str, dict[str, str], str, list[str]]] = [
    (
        "a name that is not locked",
        {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool", "more"]\n', "uv.lock": uv_lock("tool", "1.0")},
        "pyproject.toml",
        ["lock-file-out-of-step"],
    ),
    (
        "a name with a condition that is not locked",
        {
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool", "more; os_name == \'nt\'"]\n',
            "uv.lock": uv_lock("tool", "1.0"),
        },
        "pyproject.toml",
        [],
    ),
    (
        "the lock file moved out of the request, the manifest is as it was",
        {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool>=2"]\n', "uv.lock": uv_lock("tool", "1.0")},
        "uv.lock",
        ["lock-file-out-of-step"],
    ),
    (
        "the lock file lost a name, the manifest is as it was",
        {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool", "more"]\n', "uv.lock": uv_lock("tool", "1.0")},
        "uv.lock",
        ["lock-file-out-of-step"],
    ),
    (
        "an unrelated lock file above",
        {
            "a/package.json": NEEDS,
            "package-lock.json": npm_lock(other={"version": "1.0.0", "integrity": "sha512-AA=="}),
        },
        "a/package.json",
        [],
    ),
    (
        "the lock file of the workspace",
        {
            "a/package.json": NEEDS,
            "package.json": '{"name": "x", "workspaces": ["a"]}',
            "package-lock.json": npm_lock(other={"version": "1.0.0", "integrity": "sha512-AA=="}),
        },
        "a/package.json",
        ["lock-file-out-of-step"],
    ),
    (
        "an override decides",
        {
            "package.json": NEEDS[:-1] + ', "overrides": {"tool": "2.0.0"}}',
            "package-lock.json": npm_lock(tool={"version": "2.0.0", "integrity": "sha512-AA=="}),
        },
        "package.json",
        [],
    ),
]


@pytest.mark.parametrize(("files", "path", "rules"), [row[1:] for row in STEP], ids=[row[0] for row in STEP])
def test_a_manifest_and_its_lock_file(judge: Judge, files: dict[str, str], path: str, rules: list[str]) -> None:
    assert judge.rules(files, path) == rules


def test_a_lock_file_whose_manifest_changes_too_is_judged_once(judge: Judge) -> None:
    files = {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool", "more"]\n', "uv.lock": uv_lock("tool", "1.0")}
    seen = judge.look(files, family=judge.family())
    assert [(path, rule) for path, rule, *_ in seen] == [("pyproject.toml", "lock-file-out-of-step")]


PINS: list[tuple[str, dict[str, str], str, list[str]]] = [
    ("an application's list", {"requirements.txt": "tool\n"}, "requirements.txt", ["package-unpinned"]),
    ("a list for tests", {"requirements-dev.txt": "tool\n"}, "requirements-dev.txt", []),
    ("a list that is compiled", {"requirements.in": "tool\n", "requirements.txt": "tool==1.0\n"}, "requirements.in", []),
    (
        "an invented name before a good one",
        {"requirements.txt": "zz-other\ntool\n"},
        "requirements.txt",
        ["package-does-not-exist", "package-unpinned"],
    ),
    ("a README", {"README.md": "```sh\npip install tool\n```\n"}, "README.md", []),
    ("an image that brings pip up to date", {"Dockerfile": "FROM x\nRUN pip install --upgrade pip\n"}, "Dockerfile", []),
    (
        "a manifest with a lock file above",
        {"a/requirements.txt": "tool\n", "uv.lock": uv_lock("tool", "1.0")},
        "a/requirements.txt",
        [],
    ),
    (
        "a name that exists nowhere is one finding",
        {"requirements.txt": "zz-none\n"},
        "requirements.txt",
        ["package-does-not-exist"],
    ),
]


@pytest.mark.parametrize(("files", "path", "rules"), [row[1:] for row in PINS], ids=[row[0] for row in PINS])
def test_what_has_no_fixed_version(judge: Judge, files: dict[str, str], path: str, rules: list[str]) -> None:
    assert judge.rules(files, path) == rules


def test_a_licence_that_nobody_knows_is_unknown_only_where_a_list_is_given(judge: Judge) -> None:
    files = {"package-lock.json": npm_lock(tool={"version": "1.0.0", "integrity": "sha512-AA=="})}
    said = ("package-lock.json", "not known", 8, "have a licence that nobody here knows")
    assert said not in judge.look(files, family=judge.family(), doubts=True)
    assert said in judge.look(files, family=judge.family(policy=Policy(licences_deny=("MIT",))), doubts=True)
    quiet = Policy(licences_deny=("MIT",), licences_unknown="ignore")
    assert said not in judge.look(files, family=judge.family(policy=quiet), doubts=True)


def test_the_licence_that_a_lock_file_writes_down_is_that_of_the_manifests_request(judge: Judge) -> None:
    manifest = '{"dependencies": {"tool": "1.0.0"}}'
    policy = Policy(licences_allow=("MIT",))
    for licence, rules in (("MIT", []), ("GPL-3.0-only", ["package-licence"])):
        lock = npm_lock(tool={"version": "1.0.0", "integrity": "sha512-AA==", "license": licence})
        files = {"package.json": manifest, "package-lock.json": lock}
        assert [one for one in judge.rules(files, "package.json", policy=policy) if "licence" in one] == rules
        seen = judge.look(
            {"package.json": manifest, "package-lock.json": lock}, family=judge.family(policy=policy), doubts=True
        )
        assert not [one for one in seen if one[0] == "package.json" and one[1] == "not known"]
    other = npm_lock(tool={"version": "1.0.1", "integrity": "sha512-AA==", "license": "GPL-3.0-only"})
    files = {"package.json": manifest, "package-lock.json": other}
    assert "package-licence" not in judge.rules(files, "package.json", policy=policy)


def test_a_package_of_go_has_the_advisories_of_its_module(judge: Judge, record: Callable[..., Any]) -> None:
    bad = {"example.com/a/b": [(record("GO-1", severity="high"), ["v1.0.0"])]}
    named = {"a.sh": "go install example.com/a/b/cmd/tool@v1.0.0\n"}
    assert "package-vulnerable" in judge.rules(named, "a.sh", bad=bad)
    assert "package-vulnerable" not in judge.rules({"a.sh": named["a.sh"].replace("1.0.0", "1.0.1")}, "a.sh", bad=bad)
    module = {"go.mod": "module x\nrequire example.com/a/b/cmd v1.0.0\n"}
    assert "package-vulnerable" not in judge.rules(module, "go.mod", bad=bad)


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("setup.cfg", "[options]\ninstall_requires = file: deps.list, requirements.txt\n", ["those of deps.list"]),
        (
            "setup.cfg",
            "[options]\ninstall_requires = file: a.list,\n  # no\n  b.list\n",
            ["those of a.list", "those of b.list"],
        ),
        ("setup.cfg", "[options]\ninstall_requires =\n  file:\n    a.list,\n\n    requirements.txt\n", ["those of a.list"]),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements.txt\nsetup_requires =\n  tool==1\n", []),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements.txt\n[x]\ny =\n  a.list\n", []),
        ("setup.cfg", "[options]\ninstall_requires =\n  tool==1\n", []),
        (
            "pyproject.toml",
            '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.list", "requirements/base.txt"]}\n',
            ["those of deps.list"],
        ),
    ],
)
def test_files_of_requirements_that_nobody_reads_are_told(judge: Judge, path: str, text: str, names: list[str]) -> None:
    from clearance.facts.text import Decoded
    from clearance.scan.family import Budget, Unjudged, View

    view = View(path, "after", text.encode(), Decoded(text, "utf-8", broken=False))
    found = judge.family().look(view, Budget(20))
    assert [one.name for one in found if isinstance(one, Unjudged) and one.name.startswith("those")] == names


def test_registries_without_data_give_one_doubt_for_all_names(judge: Judge) -> None:
    files = {"package-lock.json": npm_lock(tool={"version": "1.0.0"}, other={"version": "2.0.0"})}
    seen = judge.look(files, family=judge.family(without=("advisories npm",), silent="no"), doubts=True)
    said = (
        "were not compared with advisories: the data pack of 2026-12-01 has none for npm; `clearance data update` gets them"
    )
    assert [one[1:] for one in seen] == [("not known", 8, said), ("not known", 11, said)]


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"advisories": dt.date(2026, 10, 1)}, "advisories as of 2026-10-01, 61 days old"),
        ({"malware": dt.date(2026, 10, 1)}, "malware as of 2026-10-01, 61 days old"),
        ({"advisories": dt.date(2026, 12, 9)}, "a day that has not come"),
        ({"advisories": dt.date(2026, 11, 1)}, ""),
    ],
    ids=["old advisories", "old records of malware", "from the future", "30 days old"],
)
def test_old_data_is_told_for_each_name(judge: Judge, dates: dict[str, dt.date], said: str) -> None:
    seen = judge.look(PINNED, family=judge.family(dates=dates), doubts=True)
    assert [(rule, said in text) for _, rule, _, text in seen] == ([("not known", True)] if said else [])


def test_without_data_what_needs_none_is_still_found(judge: Judge, read: Callable[..., Any]) -> None:
    from clearance.scan.packages.pack.place import PackRefused

    def refuse(_: object) -> Any:
        raise PackRefused("its signature is not right")

    family = PackagesFamily(read(), TODAY, opener=refuse)
    seen = judge.look({"requirements.txt": "--index-url http://pypi.acme.example/simple\nzz-none==1\n"}, family=family)
    without_data = [
        ("requirements.txt", "index-without-tls"),
        ("requirements.txt", "package-index-replaced"),
        ("", "data missing"),
    ]
    assert [(path, rule) for path, rule, *_ in seen] == without_data
    assert seen[2][3] == "data pack: its signature is not right"
