"""Verdicts: good is only what was asked of data that is there and young, about a fixed version; everything else is not
good."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.memory import HeldContents
from clearance.facts.index import IndexAnswer, Known
from clearance.facts.package import Registry
from clearance.facts.standing import Standing, Word
from clearance.facts.text import decode
from clearance.scan.family import Budget, View
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.pack.place import PackRefused
from clearance.scan.packages.verdict import joined, standings

TODAY = dt.date(2026, 12, 1)
Judge = Callable[..., list[Standing]]


class Silent:
    """An index that never answers."""

    def ask(self, questions: Any, seconds: float) -> list[IndexAnswer]:
        del seconds
        return [IndexAnswer(one.registry, one.name, Known.SILENT, why="it is switched off") for one in questions]


@pytest.fixture(scope="session")
def judge(read: Callable[..., Any], made_up: Callable[..., Any]) -> Judge:
    rules = read()
    by_id = {rule.id: rule for rule in rules}

    def judged(files: Mapping[str, str], *, refused: str = "", policy: Policy = Policy(), **data: Any) -> list[Standing]:  # noqa: B008
        def opener(_: object) -> Any:
            if refused:
                raise PackRefused(refused)
            return made_up(**data)

        family = PackagesFamily(rules, TODAY, opener=opener, policy=policy, live=Silent())
        tree = {path: text.encode() for path, text in files.items()}
        family.start(HeldContents({}, tree, tree))
        found: list[Standing] = []
        for path, held in tree.items():
            decoded = decode(held)
            assert decoded is not None
            view = View(path, "after", held, decoded)
            found += standings(family.judge(view, Budget(20)), view, by_id)
        return joined(found)

    return judged


def words(found: list[Standing]) -> dict[str, str]:
    return {f"{one.name} {one.version}".strip(): one.word.value for one in found}


PINNED = {"requirements.txt": "tool==1.0\n"}


def test_a_fixed_version_is_good_when_all_data_says_nothing_against_it(judge: Judge) -> None:
    [one] = judge(PINNED)
    assert (one.word, one.reasons, one.date) == (Word.OK, (), TODAY)
    assert [(place.path, place.line) for place in one.places] == [("requirements.txt", 1)]


def test_a_vulnerable_version_is_bad_with_the_reason_and_the_repair(judge: Judge, record: Callable[..., Any]) -> None:
    [one] = judge(PINNED, bad={"tool": [(record("PYSEC-1", score=9.1, fixed=("1.1",)), ["1.0"])]})
    assert one.word is Word.BAD
    assert one.reasons[0].rule == "package-vulnerable"
    assert one.reasons[0].fix == "update to 1.1 or later"


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("no data", {"refused": "its signature is not right"}),
        ("no advisories", {"without": ("advisories",), "silent": "none"}),
        ("no advisories, and a pack that does not say so", {"without": ("advisories",)}),
        ("no records of malware", {"without": ("malware",)}),
        ("no names", {"without": ("names",)}),
        ("advisories that say nothing", {"silent": "the version cannot be compared"}),
        ("old advisories", {"dates": {"advisories": TODAY - dt.timedelta(days=31)}}),
        ("old records of malware", {"dates": {"malware": TODAY - dt.timedelta(days=31)}}),
        ("old names", {"dates": {"names": TODAY - dt.timedelta(days=181)}}),
        ("data from a day to come", {"dates": {"advisories": TODAY + dt.timedelta(days=3)}}),
        ("an index that does not answer", {"policy": Policy(network=True)}),
    ],
)
def test_what_nobody_could_look_up_is_never_good(judge: Judge, why: str, more: dict[str, Any]) -> None:
    [one] = judge(PINNED, **more)
    assert one.word is not Word.OK, why
    assert one.reasons


PARTS = st.sampled_from(["names", "advisories", "malware"])
DAYS = st.sampled_from([-400, -181, -31, -30, -1, 0, 1, 2, 400])
LINES = st.sampled_from(
    ["tool==1.0", "tool>=1", "tool", "zz-none==1", "tool @ https://files.example/tool-1.zip", "other==2"]
)


@given(
    lines=st.lists(LINES, min_size=1, max_size=4),
    without=st.lists(PARTS, max_size=2),
    dates=st.dictionaries(PARTS, DAYS.map(lambda days: TODAY + dt.timedelta(days=days))),
    silent=st.sampled_from(["", "none"]),
    refused=st.sampled_from(["", "no"]),
    network=st.sampled_from(["", "asked"]),
)
def test_no_data_never_makes_a_good_verdict(
    judge: Judge, lines: list[str], without: list[str], dates: dict[str, dt.date], silent: str, refused: str, network: str
) -> None:
    policy = Policy(network=bool(network))
    found = judge(
        {"requirements.txt": "\n".join(lines)}, without=without, dates=dates, silent=silent, refused=refused, policy=policy
    )
    limits = {"names": policy.index_days, "advisories": policy.data_days, "malware": policy.data_days}
    whole = not without and not silent and not refused and not network
    young = all(-1 <= (TODAY - date).days <= limits[part] for part, date in dates.items())
    for one in found:
        if one.word is Word.OK:
            assert whole, one
            assert young, one
            assert one.version, one
            assert not one.name.startswith("zz-")


def test_a_request_goes_with_the_version_that_a_lock_file_fixes(judge: Judge) -> None:
    lock = '[[package]]\nname = "tool"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n'
    found = judge({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool>=1", "more"]\n', "uv.lock": lock})
    assert words(found) == {"tool 1.0": "ok", "more": "bad"}
    one = next(one for one in found if one.name == "tool")
    assert one.wanted == ">=1"
    assert {place.path for place in one.places} == {"pyproject.toml", "uv.lock"}


def test_a_request_that_nothing_fixes_is_unknown(judge: Judge) -> None:
    assert words(judge({"lib/pyproject.toml": '[project]\nname = "x"\ndependencies = ["tool>=1"]\n'})) == {"tool": "unknown"}


def test_the_worst_place_counts_for_a_name(judge: Judge, record: Callable[..., Any]) -> None:
    bad = {"tool": [(record("PYSEC-1", score=9.1), ["1.0"])]}
    found = judge({"a/requirements.txt": "tool==1.0\n", "b/requirements.txt": "tool==1.0\ntool2==1\n"}, bad=bad)
    assert words(found) == {"tool 1.0": "bad", "tool2 1": "ok"}
    assert len(found[0].places) == 2


def test_what_comes_from_an_address_is_unknown_or_bad(judge: Judge) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    text = f"tool @ git+https://git.example/tool@{commit}\nmore @ git+https://git.example/more@main\n"
    found = judge({"requirements.txt": text})
    assert words(found) == {"tool": "unknown", "more": "bad"}


def test_an_unknown_npm_name_accuses_nobody(judge: Judge) -> None:
    found = judge({"package.json": '{"name": "x", "version": "1", "dependencies": {"zz-none": "1.0.0"}}'})
    assert words(found) == {"zz-none 1.0.0": "unknown"}


def test_a_slight_finding_leaves_a_good_name_good_and_is_told(judge: Judge) -> None:
    entry = {"version": "1.0.0", "integrity": "sha512-AA==", "deprecated": "old"}
    text = json.dumps({"lockfileVersion": 3, "packages": {"": {}, "node_modules/tool": entry}})
    [one] = judge({"package-lock.json": text}, popular=("tool",))
    assert one.word is Word.OK
    assert [reason.rule for reason in one.reasons] == ["package-withdrawn"]


def test_registries_keep_their_names_apart(judge: Judge) -> None:
    found = judge({"requirements.txt": "Tool_x==1\ntool-x==1\n"})
    assert [(one.registry, one.name) for one in found] == [(Registry.PYPI, "Tool_x")]
