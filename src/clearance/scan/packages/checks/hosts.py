"""Where the files of packages come from: other hosts than the known ones, other packages than the named ones, without
TLS."""

import re
from collections.abc import Iterator

from clearance.facts.finding import Gap, Severity
from clearance.facts.text import visible
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.origins import CODE_HOSTS, configured, host_of, is_default, is_plain
from clearance.scan.packages.mention import Mention, Registry, Remote, Source, canonical, fold

HOST = "lock-file-host"
OTHER = "lock-file-address"
PLAIN = "index-without-tls"
_SHOWN = 3
_TARBALL = re.compile(r"/((?:@[^/]+(?:/|%2[fF]))?[^/]+)/-/(?:@[^/?#]+/)?([^/?#]+)\.tgz(?:[?#]|\Z)")
"""An npm tarball: `<registry>/<name>/-/<last part of the name>-<version>.tgz`."""
_STEPS = re.compile(r"(?:/|%2[fF])(?:\.|%2[eE]){1,2}(?:/|%2[fF]|[?#]|\Z)|\\")
"""Steps up a path, also as an address may write them (WHATWG URL, section 4.4)."""
_LONGEST = 120
_PYTHON_FILE = re.compile(r"/([^/?#]+)\.(?:whl|tar\.gz|zip|tar\.bz2|egg)(?:[?#]|\Z)")


_DOCUMENTS = frozenset({"markdown", "rst", "html"})
NOWHERE = "an address without a readable host"


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Judge the addresses in a file."""
    yield from _plain(asked)
    locked = [one for one in asked.installed if one.source is Source.LOCKFILE and (one.details.address or one.details.host)]
    for mention in asked.each(locked):
        other = _other(mention)
        if other:
            yield Match(
                rule=OTHER,
                start=mention.start,
                end=mention.end,
                message=f'"{mention.name}" {mention.version} is fetched from the address of {other}',
                shape=f"{mention.registry.value} {mention.name} {other}",
            )
    yield from _hosts(asked, locked)


def _hosts(asked: Asked, locked: list[Mention]) -> Iterator[Match]:
    """Group what a lock file fetches by host; tell each host that is not the registry's own and not the settings'."""
    by_host: dict[tuple[Registry, str], list[Mention | Remote]] = {}
    defaults: set[Registry] = set()
    for one in locked:
        origin = one.details.host or one.details.address
        if is_default(one.registry, origin):
            defaults.add(one.registry)
            if not one.details.address or is_default(one.registry, one.details.address):
                continue
            origin = one.details.address  # the index is the registry's own, and a file comes from elsewhere
        by_host.setdefault((one.registry, host_of(origin) or NOWHERE), []).append(one)
    if locked or any(one.source is Source.LOCKFILE for one in asked.mentions):
        for remote in asked.remotes:
            host = host_of(remote.address)
            if remote.address.startswith("http") and host and host not in CODE_HOSTS:
                if is_default(remote.registry, remote.address):
                    continue
                by_host.setdefault((remote.registry, host), []).append(remote)
    if not by_host:
        return
    settled = {host_of(asked.policy.pypi), host_of(asked.policy.npm)} - {""}
    tree = configured(asked.view.path, asked.siblings) if asked.siblings is not None else set()
    for (registry, host), names in by_host.items():
        if host in settled:
            continue
        first = names[0]
        known = host in tree
        mixed = registry in defaults or len([1 for other, _ in by_host if other is registry]) > 1
        told = ", ".join(f'"{one.name}"' for one in names[:_SHOWN])
        told += f" and {len(names) - _SHOWN:,} more are" if len(names) > _SHOWN else " is" if len(names) == 1 else " are"
        why = (
            "which this tree configures but [packages] of the settings does not name"
            if known
            else "which nothing in this tree configures" + (", unlike the rest" if mixed else "")
        )
        yield Match(
            rule=HOST,
            start=first.start,
            end=first.end,
            message=f"{told} fetched from {host}, {why}",
            severity=Severity.LOW if known else Severity.HIGH if mixed else None,
            shape=f"{registry.value} {host}",
        )


def _plain(asked: Asked) -> Iterator[Match]:
    """Tell each host that is asked without TLS, once a file."""
    seen: set[str] = set()
    places = [(extra.address, extra.start, extra.end) for extra in asked.extras]
    places += [(remote.address, remote.start, remote.end) for remote in asked.remotes]
    places += [
        (address, mention.start, mention.end)
        for mention in asked.installed
        for address in (mention.details.address, mention.details.host)
    ]
    for address, start, end in places:
        if is_plain(address) and (host := host_of(address)) not in seen:
            seen.add(host)
            yield Match(
                rule=PLAIN,
                start=start,
                end=end,
                message=f"packages come from {host} without TLS: whoever is on the way may change them",
                severity=Severity.LOW if asked.view.language in _DOCUMENTS else None,
                shape=f"plain {host}",
            )


def _other(mention: Mention) -> str:
    """Give the package that the address of a locked one names, where that is another one; empty where it is the same, or the
    address does not tell."""
    address = mention.details.address
    if mention.registry is Registry.NPM:
        found = _TARBALL.search(address)
        if found is None or _STEPS.search(address):
            # On the registry's own host each tarball has its one address.
            return f'"{visible(address[:_LONGEST])}"' if is_default(Registry.NPM, address) else ""
        name = re.sub("%2f", "/", found[1], flags=re.IGNORECASE)
        if canonical(Registry.NPM, name) != canonical(Registry.NPM, mention.name):
            return f'"{name}"'
        file = f"{name.rpartition('/')[2]}-{mention.version}".lower()
        return f'"{found[2]}"' if mention.version and found[2].lower() != file and "%" not in found[2] else ""
    if mention.registry is Registry.PYPI and (found := _PYTHON_FILE.search(address)):
        return "" if f"{fold(found[1])}-".startswith(f"{fold(mention.name)}-") else f'"{found[1]}"'
    return ""
