"""The databases whose records OSV's exports hold: by the beginning of an id, who keeps it and under which licence."""

import re
from typing import NamedTuple

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.records import release_of


class Database(NamedTuple):
    """A database of advisories: its name, the SPDX id of its licence, and what its keepers ask to be said."""

    name: str
    licence: str
    attribution: str


_PLACE = "https://osv.dev"
_DATABASES = {
    "PYSEC": Database(
        "PyPA Advisory Database", "CC-BY-4.0", "Python Packaging Authority, github.com/pypa/advisory-database"
    ),
    "GHSA": Database("GitHub Advisory Database", "CC-BY-4.0", "GitHub, github.com/github/advisory-database"),
    "MAL": Database("Malicious Packages", "Apache-2.0", "OpenSSF, github.com/ossf/malicious-packages"),
    "GO": Database("Go Vulnerability Database", "CC-BY-4.0", "The Go Authors, vuln.go.dev"),
    "RUSTSEC": Database("RustSec Advisory Database", "CC0-1.0", "Rust Secure Code Working Group, rustsec.org"),
    "PSF": Database("Python Software Foundation Advisories", "CC-BY-4.0", "Python Software Foundation"),
    "DSA": Database("Debian Security Advisories", "MIT", "The Debian Project, security-tracker.debian.org"),
    "DLA": Database("Debian LTS Advisories", "MIT", "The Debian Project, security-tracker.debian.org"),
    "DEBIAN": Database("Debian Security Tracker", "MIT", "The Debian Project, security-tracker.debian.org"),
    "ALPINE": Database("Alpine SecDB", "MIT", "Alpine Linux, secdb.alpinelinux.org"),
    "RLSA": Database("Rocky Linux Errata", "BSD-3-Clause", "Rocky Enterprise Software Foundation, errata.rockylinux.org"),
    "ALSA": Database("AlmaLinux Errata", "MIT", "AlmaLinux OS Foundation, errata.almalinux.org"),
    "RHSA": Database("Red Hat Security Data", "CC-BY-4.0", "Red Hat, access.redhat.com/security/data"),
    "USN": Database("Ubuntu Security Notices", "CC-BY-SA-4.0", "Canonical, github.com/canonical/ubuntu-security-notices"),
    "UBUNTU": Database("Ubuntu CVE Tracker", "CC-BY-SA-4.0", "Canonical, github.com/canonical/ubuntu-security-notices"),
}
_PREFIX = re.compile(r"[A-Z]+")


def database_of(record: str) -> Database:
    """Give the database that a record's id belongs to; for one that is not known, what can be said of any."""
    found = _PREFIX.match(record)
    known = _DATABASES.get(found[0]) if found else None
    return known or Database("OSV, other databases", "see the database", f"as distributed by OSV, {_PLACE}")


_PLAIN = {
    "PyPI": Registry.PYPI, "npm": Registry.NPM, "Go": Registry.GO, "Maven": Registry.MAVEN, "crates.io": Registry.CARGO,
    "RubyGems": Registry.RUBYGEMS, "NuGet": Registry.NUGET,
}  # fmt: skip
_SYSTEMS = {
    "Debian": (Registry.DEBIAN, "debian"), "Ubuntu": (Registry.DEBIAN, "ubuntu"), "Alpine": (Registry.ALPINE, "alpine"),
    "Wolfi": (Registry.ALPINE, "wolfi"), "Chainguard": (Registry.ALPINE, "chainguard"),
    "Rocky Linux": (Registry.RPM, "rocky"), "AlmaLinux": (Registry.RPM, "almalinux"), "Red Hat": (Registry.RPM, "rhel"),
    "SUSE": (Registry.RPM, "sles"), "openSUSE": (Registry.RPM, "opensuse-leap"), "Mageia": (Registry.RPM, "mageia"),
    "Photon OS": (Registry.RPM, "photon"), "openEuler": (Registry.RPM, "openeuler"),
}  # fmt: skip
_RELEASES = {
    "rhel": re.compile(r"enterprise_linux:(?P<version>\d+)"),
    "sles": re.compile(r"Linux Enterprise Server (?P<version>\d+)(?: SP(?P<minor>\d+))?"),
    "opensuse-leap": re.compile(r"Leap (?P<version>\d+)\.(?P<minor>\d+)"),
}
_VERSION = re.compile(r"v?(?P<version>\d+)(?:\.(?P<minor>\d+))?")


def package_system(ecosystem: str) -> tuple[Registry, str] | None:
    """Give the registry of one of OSV's ecosystems (`PyPI`, `Debian:12`, `Alpine:v3.19`) and its distribution as
    `release_of` writes it; None for ecosystems that nothing here asks about."""
    if ecosystem in _PLAIN:
        return _PLAIN[ecosystem], ""
    base, _, rest = ecosystem.partition(":")
    if base == "Maven":
        return Registry.MAVEN, ""  # `Maven:` and the address of another repository
    if base not in _SYSTEMS:
        return None
    registry, family = _SYSTEMS[base]
    if family in ("wolfi", "chainguard"):
        return registry, family
    found = _RELEASES.get(family, _VERSION).match(rest)
    if found is None:
        return None
    parts = found.groupdict()
    return registry, release_of(f"{family}:{parts['version']}" + (f".{parts['minor']}" if parts.get("minor") else ""))
