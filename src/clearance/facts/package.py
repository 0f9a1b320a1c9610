"""A package: the registry that it comes from, its names, and what a bill of materials says of it."""

import re
from collections.abc import Callable
from enum import Enum

from clearance.facts.fact import Fact
from clearance.facts.finding import Place


class Registry(Enum):
    """Where a name is looked up; the value is what people call it."""

    PYPI = "PyPI"
    NPM = "npm"
    CONDA = "conda"
    GO = "Go"
    MAVEN = "Maven"
    CARGO = "crates.io"
    RUBYGEMS = "RubyGems"
    NUGET = "NuGet"
    DEBIAN = "Debian"
    ALPINE = "Alpine"
    RPM = "RPM"

    # The members are single objects, and lock files ask for the hash a million times: that of the enumeration is slow.
    __hash__ = object.__hash__

    @property
    def purl(self) -> str:
        """The type of a package URL (`pypi`, `golang`, …), by the list of the purl specification."""
        return _PURL[self]


_PURL = {
    Registry.PYPI: "pypi", Registry.NPM: "npm", Registry.CONDA: "conda", Registry.GO: "golang", Registry.MAVEN: "maven",
    Registry.CARGO: "cargo", Registry.RUBYGEMS: "gem", Registry.NUGET: "nuget", Registry.DEBIAN: "deb",
    Registry.ALPINE: "apk", Registry.RPM: "rpm",
}  # fmt: skip


class Package(Fact):
    """One package at one version, as a tree has it.

    `name` is written as its registry writes it; `version` is empty where nothing fixes it, `wanted` is then what is asked
    for. `purl` is its package URL. `hashes` are `algorithm:hexadecimal digest`. `licences` are what its sources say, SPDX
    expressions where they are. `direct`: a manifest asks for it. `needs` are the purls of what it depends on. `places` are
    where it is named. `group` is `dev`, `test`, an extra. `introduced`: the change brings it; `by` says then who wrote it
    (`agent:<name>`, `person`). `verdict` is `ok`, `bad` or `unknown`, and `reasons` say why.
    """

    registry: Registry
    name: str
    version: str
    purl: str
    wanted: str = ""
    hashes: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    address: str = ""
    direct: bool | None = None
    needs: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    group: str = ""
    introduced: bool = False
    by: str = ""
    verdict: str = ""
    reasons: tuple[str, ...] = ()


_FOLD = re.compile(r"[-_.]+")


def fold(name: str) -> str:
    """Give the form under which PyPI compares names (PEP 503)."""
    return _FOLD.sub("-", name).lower()


def canonical(registry: Registry, name: str) -> str:
    """Give the form under which a registry compares names: Go, Maven and RubyGems as written, PyPI by PEP 503, crates with
    one separator, the others in lower case."""
    return _FORMS[registry](name)


def _crate(name: str) -> str:
    return name.lower().replace("_", "-")


_FORMS: dict[Registry, Callable[[str], str]] = {
    **dict.fromkeys(Registry, str.lower),
    Registry.PYPI: fold,
    Registry.GO: str,
    Registry.MAVEN: str,
    Registry.RUBYGEMS: str,
    Registry.CARGO: _crate,
}
