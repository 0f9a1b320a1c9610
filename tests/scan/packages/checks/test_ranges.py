"""Whether a locked version lies within a request, as each registry's installers read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from clearance.scan.packages.checks.ranges import fits
from clearance.scan.packages.mention import Registry

NPM, PYPI, CARGO, GEMS, GO = Registry.NPM, Registry.PYPI, Registry.CARGO, Registry.RUBYGEMS, Registry.GO
WITHIN = [
    (NPM, "^1.2.3", "1.9.0"), (NPM, "~1.2", "1.2.9"), (NPM, "1", "1.5.0"), (NPM, "1 - 2", "2.9.9"), (NPM, ">=1 <2", "1.5.0"),
    (NPM, "^1 || ^3", "3.1.0"), (NPM, "*", "1.0.0"), (NPM, "", "1.0.0"), (NPM, "^1.0.0-beta.1", "1.0.0-beta.2"),
    (NPM, ">1", "2.0.0"), (NPM, "v1.2.3", "1.2.3"), (NPM, "1.x", "1.7.0"), (NPM, "<=1", "1.9.0"),
    (PYPI, ">=2,<3", "2.5"), (PYPI, "^2.1", "2.9"), (PYPI, "~=2.1", "2.9"), (PYPI, "==2.*", "2.3"), (PYPI, "1.2", "1.2.0"),
    (PYPI, ">=2.0.0rc1", "2.0.0rc1"), (PYPI, "^1.0 || ^2.0", "2.2"), (PYPI, "*", "7"),
    (CARGO, "1.2", "1.9.0"), (CARGO, ">=1, <2", "1.1.0"), (CARGO, "0", "0.9.1"),
    (GEMS, "~> 1.2", "1.9"), (GEMS, ">= 1, < 3", "2.2.2.1"), (GEMS, "1.0", "1.0.0"),
]  # fmt: skip
OUTSIDE = [
    (NPM, "^1.2.3", "2.0.0"), (NPM, "^0.2.3", "0.3.0"), (NPM, "^0.0.3", "0.0.4"), (NPM, "~1.2", "1.3.0"),
    (NPM, "1.x", "2.0.0"),
    (NPM, "1.2.3", "1.2.4"), (NPM, "1 - 2", "3.0.0"), (NPM, ">= 1 < 2", "2.5.0"), (NPM, "^1 || ^3", "2.1.0"),
    (NPM, ">1", "1.5.0"), (PYPI, ">=2,<3", "3.0"), (PYPI, "^2.1", "3.0"), (PYPI, "~2.1", "2.2"), (PYPI, "2.*", "3.0"),
    (PYPI, "1.2", "1.3"), (CARGO, "1.2", "2.0.0"), (CARGO, "0.2.3", "0.3.0"), (CARGO, "=1.2.3", "1.2.4"),
    (GEMS, "~> 1.2", "2.0"), (GEMS, "~> 1.2.3", "1.3.0"), (GEMS, "= 1.0", "1.1"),
]  # fmt: skip
UNSURE = [
    (NPM, "latest", "1.0.0"), (NPM, "workspace:*", "1.0.0"), (NPM, "catalog:", "1.0.0"), (NPM, "^1", "main"),
    (PYPI, "@ git+https://git.example/x", "1"), (GO, "v1.2.3", "v1.2.3"), (NPM, "1" * 300, "1.0.0"),
    (NPM, "^1 || next", "2.0.0"),
]  # fmt: skip


@pytest.mark.parametrize(("registry", "wanted", "version"), WITHIN)
def test_a_version_within_a_request(registry: Registry, wanted: str, version: str) -> None:
    assert fits(registry, wanted, version) is True


@pytest.mark.parametrize(("registry", "wanted", "version"), OUTSIDE)
def test_a_version_outside_a_request(registry: Registry, wanted: str, version: str) -> None:
    assert fits(registry, wanted, version) is False


@pytest.mark.parametrize(("registry", "wanted", "version"), UNSURE)
def test_what_is_no_range_is_not_judged(registry: Registry, wanted: str, version: str) -> None:
    assert fits(registry, wanted, version) is None


NUMBERS = st.lists(st.integers(0, 5), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(sign=st.sampled_from(["==", ">=", "<=", ">", "<", "!="]), low=NUMBERS, version=NUMBERS)
def test_python_agrees_with_its_own_library(sign: str, low: str, version: str) -> None:
    assert fits(PYPI, f"{sign}{low}", version) is (Version(version) in SpecifierSet(f"{sign}{low}"))


@given(registry=st.sampled_from(list(Registry)), wanted=st.text(max_size=40), version=st.text(max_size=20))
def test_any_text_gets_an_answer(registry: Registry, wanted: str, version: str) -> None:
    assert fits(registry, wanted, version) in (True, False, None)
