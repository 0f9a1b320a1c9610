"""The finding about a replaced index names the old and the new host, and whether that is for one command."""

import datetime as dt
from types import SimpleNamespace
from typing import cast

import pytest

from clearance.collect.memory import change_of
from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.look import look_at
from clearance.scan.packages.checks import replaced
from clearance.scan.packages.checks.asked import Asked, Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.mention import ExtraIndex, Registry

RULE = Rule(
    id="package-index-replaced",
    family="packages",
    title="",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    brief="",
    guidance="",
    page="",
)
Files = dict[str, str]


def said(before: Files, after: Files, policy: Policy | None = None) -> list[tuple[str, Severity]]:
    collected = change_of(
        {path: text.encode() for path, text in before.items()}, {path: text.encode() for path, text in after.items()}
    )
    family = PackagesFamily((RULE,), dt.date(2026, 12, 1), policy=policy or Policy())
    family.start(collected.contents)
    found = [look_at(file, collected.contents, [family], {RULE.id: RULE}, seconds=60) for file in collected.change.files]
    return [(one.message, one.severity) for result in found for one in result.findings if one.introduced]


NPMRC = "registry=https://npm.acme.example/\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {".npmrc": NPMRC}, "packages come from npm.acme.example instead of registry.npmjs.org, for every name of npm"),
        (
            {".npmrc": NPMRC},
            {".npmrc": NPMRC.replace("acme", "other")},
            "packages come from npm.other.example instead of npm.acme.example, for every name of npm",
        ),
        (
            {},
            {"a.sh": "pip install -i https://pypi.acme.example/simple click\n"},
            "this command asks pypi.acme.example instead of pypi.org, for every name of PyPI",
        ),
        (
            {},
            {"a.sh": "export GOPROXY=https://go.acme.example,direct\ngo install example.com/a@v1.0.0\n"},
            "packages come from go.acme.example instead of proxy.golang.org, for every name of Go",
        ),
        (
            {},
            {"Dockerfile": "FROM a\nARG I=https://pypi.acme.example/simple\nENV PIP_INDEX_URL=$I\nRUN pip install click\n"},
            "packages come from pypi.acme.example instead of pypi.org, for every name of PyPI",
        ),
    ],
)
def test_old_and_new_host_are_named(before: Files, after: Files, expected: str) -> None:
    assert said(before, after) == [(expected, Severity.MEDIUM)]


@pytest.mark.parametrize(
    "after",
    [
        {"a.sh": "pip install --extra-index-url https://pypi.acme.example/simple click\n"},
        {"a.sh": "pip install -i https://pypi.org/simple click\n"},
        {"pip.conf": "[global]\nno-index = true\n"},
        {"a.sh": "pip install -i /srv/wheels click\n"},
        {"a.sh": "pip install -i file:///srv/wheels click\n"},
        {"a.sh": 'pip install -i "$INDEX" click\n'},
        {"a.sh": "pip install -i wheels/simple click\n"},
    ],
)
def test_what_takes_no_place_is_not_told(after: Files) -> None:
    assert said({}, after) == []


def test_the_settings_name_the_companys_own() -> None:
    assert said({}, {".npmrc": NPMRC}, Policy(npm="https://npm.acme.example")) == []


def test_builds_for_other_machines_are_advice() -> None:
    ((_, severity),) = said({}, {"a.sh": "pip install torch -i https://download.pytorch.org/whl/cpu\n"})
    assert severity is Severity.LOW


@pytest.mark.parametrize(
    ("address", "told"), [("https://a.example/s", 1), ("/srv/wheels", 0), ("file:///srv/w", 0), ("", 0)]
)
def test_an_address_without_a_host_replaces_no_index(address: str, told: int) -> None:
    # No reader gives such an address today; the check must not say "packages come from  instead of pypi.org" of one.
    extra = ExtraIndex(Registry.PYPI, address, 0, 1, only=True)
    policy = Policy(pypi="https://pypi.b.example", npm="https://npm.b.example")
    asked = SimpleNamespace(extras=[extra], policy=policy, siblings=None, is_document=False)
    assert len(list(replaced.look(cast("Asked", asked)))) == told
