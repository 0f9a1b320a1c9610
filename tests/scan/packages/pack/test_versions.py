"""Versions in the order of their registries, and which of them a record names."""

import pytest

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.affected import Affected, affects
from clearance.scan.packages.pack.versions import order

ASCENDING = {
    Registry.PYPI: "0.9 1.0.dev1 1.0a1 1.0b2 1.0rc1 1.0 1.0.post1 1.0.1 1!0.1",
    Registry.NPM: "0.0.1-0 0.0.1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0",
    Registry.GO: "v0.0.0-20190101000000-abcdef012345 0.1.0 v1.2.3-pre v1.2.3 1.2.4+incompatible",
    Registry.CARGO: "0.1.0-alpha 0.1.0 1.0.0",
    Registry.MAVEN: "1.0-alpha-1 1.0-beta-2 1.0-rc1 1.0 1.0.1 1.10 2.9.10.8 2.9.10.10",
    Registry.RUBYGEMS: "1.0.0.a 1.0.0.rc1 1.0.0 1.0.0.1 1.0.10",
    Registry.NUGET: "1.0.0-alpha 1.0.0-beta 1.0.0 1.0.0.1 2.0.0",
    Registry.DEBIAN: "1.0~rc1-1 1.0-1 1.0-1+deb12u1 1.0-2 1:0.1-1",
    Registry.ALPINE: "1.2.3_rc1-r0 1.2.3-r0 1.2.3-r1 1.2.10-r0",
    Registry.RPM: "1.0~rc1-1 1.0-1.el9 1.0-2.el9 1.10-1.el9 1:0.1-1.el9",
}


@pytest.mark.parametrize("registry", ASCENDING, ids=lambda registry: registry.value)
def test_versions_ascend(registry: Registry) -> None:
    keys = [order(registry, version) for version in ASCENDING[registry].split()]
    assert None not in keys
    for number, key in enumerate(keys):
        assert all(key < later and not later < key for later in keys[number + 1 :])


EQUAL = [
    (Registry.PYPI, "1.0", "1.0.0"), (Registry.PYPI, "2.1+cu118", "2.1"), (Registry.PYPI, "1.0-RC.1", "1.0rc1"),
    (Registry.NPM, "v1.2.3", "1.2.3+build.5"), (Registry.NPM, "1.2", "1.2.0"), (Registry.GO, "v1.2.3+incompatible", "1.2.3"),
    (Registry.MAVEN, "1.0.0.RELEASE", "1.0"), (Registry.MAVEN, "1.0.Final", "1.0"), (Registry.MAVEN, "1.0", "1"),
    (Registry.RPM, "0:1.0-1", "1.0-1"), (Registry.NUGET, "1.0", "1.0.0.0"),
]  # fmt: skip


@pytest.mark.parametrize(("registry", "one", "other"), EQUAL, ids=str)
def test_spellings_of_one_version_are_equal(registry: Registry, one: str, other: str) -> None:
    first, second = order(registry, one), order(registry, other)
    assert first is not None
    assert not first < second
    assert not second < first


NO_VERSIONS = [
    "",
    "latest",
    "trunk",
    "x" * 10_000,
    "1" * 10_000,
    "é",
    "^1.2",
    ">=1",
    "1.x",
    "git+https://example.com/a",
]


@pytest.mark.parametrize("version", NO_VERSIONS, ids=lambda version: version[:12])
@pytest.mark.parametrize("registry", [Registry.PYPI, Registry.NPM, Registry.GO, Registry.CARGO], ids=lambda one: one.value)
def test_what_is_no_version_is_not_compared(registry: Registry, version: str) -> None:
    if (registry, version) == (Registry.PYPI):
        pytest.skip("PEP 440 ignores white space around a version")
    assert order(registry, version) is None


@pytest.mark.parametrize("version", NO_VERSIONS, ids=lambda version: version[:12])
@pytest.mark.parametrize("registry", Registry, ids=lambda one: one.value)
def test_no_version_makes_any_order_fail(registry: Registry, version: str) -> None:
    order(registry, version)


YES, NO, UNKNOWN = Affected.YES, Affected.NO, Affected.UNKNOWN
WALKS: list[tuple[str, str, str, Affected]] = [
    # events of one range, versions that are listed, version asked for
    ("i0", "", "1.0", YES),
    ("i0", "", "no version", YES),
    ("i0 f2.0", "", "1.9", YES),
    ("i0 f2.0", "", "2.0", NO),
    ("i0 f2.0", "", "2.0rc1", YES),
    ("i0 f2.0", "", "2.0.dev1", YES),
    ("i0 f2.0", "", "2.0.post1", NO),
    ("i1.0 f2.0", "", "1.0rc1", NO),
    ("i1.0 f2.0", "", "1.0+local", YES),
    ("i1.0 l2.0", "", "2.0", YES),
    ("i1.0 l2.0", "", "2.0+cu118", YES),
    ("i1.0 l2.0", "", "2.0.1", NO),
    ("i1.0 l2.0", "", "2.0.0", YES),
    ("i0 f1.1 i2.0 f2.1", "", "1.5", NO),
    ("i0 f1.1 i2.0 f2.1", "", "2.0.5", YES),
    ("f2.1 i2.0 f1.1 i0", "", "2.0.5", YES),
    ("f2.1 i2.0 f1.1 i0", "", "1.5", NO),
    ("i1.0 f1.0", "", "1.0", NO),
    ("i1.0 m1.5", "", "1.4", YES),
    ("i1.0 m1.5", "", "1.5", NO),
    ("i1.0 m1.5 m*", "", "9", YES),
    ("i1.0", "", "9.9", YES),
    ("i1.0", "", "0.9", NO),
    ("i1.0 f2.0", "", "no version", UNKNOWN),
    ("i1.0 fgarbage!", "", "1.5", UNKNOWN),
    ("f2.0", "", "1.0", UNKNOWN),
    ("", "1.0 1.1", "1.0", YES),
    ("", "1.0 1.1", "1.0.0", YES),
    ("", "1.0 1.1", "1.2", NO),
    ("", "0.3X trunk", "trunk", YES),
    ("i4.2 f4.2.1", "4.2a1", "4.2a1", YES),
    ("i1.0 f2.0", "0.3X", "0.3X", YES),
    ("", "", "1.0", NO),
]


@pytest.mark.parametrize(("events", "listed", "version", "said"), WALKS, ids=str)
def test_a_record_names_a_version(events: str, listed: str, version: str, said: Affected) -> None:
    assert affects([events.split()] if events else [], listed.split(), Registry.PYPI, version) is said


def test_one_range_is_enough() -> None:
    assert affects([["i1", "f2"], ["i3", "f4"]], [], Registry.NPM, "3.5.0") is YES
    assert affects([["i1", "fnone"], ["i3", "f4"]], [], Registry.NPM, "3.5.0") is YES
    assert affects([["i1", "fnone"], ["i3", "f4"]], [], Registry.NPM, "5.0.0") is UNKNOWN


def test_pre_releases_of_npm_are_compared_not_matched() -> None:
    assert affects([["i0", "f1.2.3"]], [], Registry.NPM, "1.2.3-rc.1") is YES
    assert affects([["i1.2.3", "f2.0.0"]], [], Registry.NPM, "1.2.3-rc.1") is NO
