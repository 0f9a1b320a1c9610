"""Hosts from which packages come: which are the public ones of a registry, and which ones the tree's own settings name."""

import re
from collections.abc import Iterable
from functools import lru_cache

from clearance.scan.packages.checks.siblings import Siblings
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.readers.origin import fetched

_HOST = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@\s]+)|([A-Za-z0-9.-]+)(?::\d+)?(?:/|\Z)"
)
_HERE = re.compile(r"localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|.*\.localhost")
_PUBLIC = {
    Registry.PYPI: frozenset({"pypi.org", "files.pythonhosted.org", "pypi.python.org", "www.pypi.org"}),
    Registry.NPM: frozenset({"registry.npmjs.org", "registry.yarnpkg.com", "registry.npmjs.com"}),
    Registry.CONDA: frozenset({"conda.anaconda.org", "repo.anaconda.com", "repo.continuum.io", "anaconda.org"}),
    Registry.GO: frozenset({"proxy.golang.org", "sum.golang.org"}),
    Registry.MAVEN: frozenset({
        "repo1.maven.org", "repo.maven.apache.org", "maven.google.com", "dl.google.com", "plugins.gradle.org",
    }),
    Registry.CARGO: frozenset({"crates.io", "index.crates.io", "static.crates.io"}),
    Registry.RUBYGEMS: frozenset({"rubygems.org", "index.rubygems.org", "www.rubygems.org"}),
    Registry.NUGET: frozenset({"api.nuget.org", "www.nuget.org", "nuget.org"}),
}  # fmt: skip
_KNOWN_AS = {
    Registry.PYPI: "pypi.org", Registry.NPM: "registry.npmjs.org", Registry.CONDA: "conda.anaconda.org",
    Registry.GO: "proxy.golang.org", Registry.MAVEN: "repo1.maven.org", Registry.CARGO: "crates.io",
    Registry.RUBYGEMS: "rubygems.org", Registry.NUGET: "api.nuget.org",
}  # fmt: skip
_CRATES = "github.com/rust-lang/crates.io-index"
"""The index of crates.io in its git form (The Cargo Book, "Registries")."""
CODE_HOSTS = frozenset({"github.com", "codeload.github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "git.sr.ht"})
"""Where code lives that is taken by a commit; other checks judge that."""
_SETTINGS = (
    ".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml", "pip.conf", "pip.ini", "uv.toml", "poetry.toml", "pyproject.toml",
    "Pipfile", "requirements.txt", "requirements.in", "nuget.config", "NuGet.Config", "Gemfile", ".cargo/config.toml",
    ".cargo/config", "settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts", "pom.xml", "Dockerfile",
)  # fmt: skip
_NAMED = re.compile(
    r"""(?im)^[^\n#]{0,200}?(?:registry|registries|index|url|source|npmRegistryServer|value|maven)[\w-]*["']?\s*
    (?:[=:(>]|\s)\s*["'{]?\s*(?:[\w]+\s*=\s*["'])?\s*((?:sparse\+)?https?://[^\s"'<>]+)""",
    re.VERBOSE,
)
_PROJECT_URLS = re.compile(r"(?ms)^\[(?:project\.urls|tool\.poetry\.urls)\].*?(?=^\[|\Z)")


@lru_cache(maxsize=4096)
def _host(start: str) -> str:
    found = _HOST.match(start)
    return (found[1] or found[2] or "").lower().rstrip(".") if found else ""


def host_of(address: str) -> str:
    """Give the host of an address (or of a bare host) in lower case, without port, user and password; empty where it has
    none."""
    address = fetched(address)
    at = address.find("/", address.find("://") + 3) if "://" in address else -1
    return _host(address if at < 0 else address[:at])


def is_public(registry: Registry, host: str) -> bool:
    """Whether a host is a public one of a registry, where anybody may publish."""
    return host in _PUBLIC.get(registry, ())


def is_plain(address: str) -> bool:
    """Whether an address is fetched without TLS from another machine."""
    start = address[:16].lower()
    return start.startswith(("http://", "git://", "git+http://", "ftp://")) and _HERE.fullmatch(host_of(address)) is None


def is_default(registry: Registry, address: str) -> bool:
    """Whether an address, or a host, is the registry's own."""
    return is_public(registry, host_of(address)) or (registry is Registry.CARGO and _CRATES in address)


def default_host(registry: Registry) -> str:
    """Give the host by which people know the registry."""
    return _KNOWN_AS.get(registry, registry.value)


def configured(path: str, siblings: Siblings, also: Iterable[str] = (), *, stays: bool = False) -> set[str]:
    """Give the hosts that the settings of installers name, in the folder of a file and all above; `also` are more
    addresses. With `stays`, only files that the change leaves alone count."""
    hosts = {host_of(address) for address in also if address}
    folder = path.rpartition("/")[0]
    while True:
        prefix = f"{folder}/" if folder else ""
        for name in _SETTINGS:
            here = prefix + name
            text = siblings.text(here) if siblings.has(here) and not (stays and siblings.changed(here)) else None
            if text:
                hosts.update(
                    host_of(found[1].removeprefix("sparse+")) for found in _NAMED.finditer(_PROJECT_URLS.sub("", text))
                )
        if not folder:
            return hosts
        folder = folder.rpartition("/")[0]
