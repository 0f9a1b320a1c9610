"""Reads bun.lock, which is JSON with trailing commas, and deno.lock; bun.lockb is binary and cannot be read."""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.json_text import Keys, load, objects, strict, texts
from clearance.scan.packages.readers.npm_requirement import npm_locked, npm_word
from clearance.scan.packages.readers.origin import bare, host, integrity, npm_is_public

_ASKED = {"dependencies": "", "optionalDependencies": "optional", "peerDependencies": "peer", "devDependencies": "dev"}
_LOCAL = ("workspace:", "file:", "link:", "root:")


def bun_binary(_text: str, _budget: Budget) -> Iterator[Mention | Remote]:
    """Tell that bun.lockb is a binary form that is not read.

    Raises:
        Unparsed: always.
    """
    raise Unparsed("line 1: bun.lockb is binary; `bun install --save-text-lockfile` writes bun.lock, which can be read")


def bun_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read bun.lock: `"path": ["name@version", "registry", {…}, "integrity"]`.

    Raises:
        Unparsed: it is no JSON object.
    """
    whole = load(strict(text))
    asked: dict[str, str] = {}
    given = whole.get("packages")
    packages: dict[str, object] = given if isinstance(given, dict) else {}
    for workspace in objects(whole.get("workspaces")).values():
        for kind, group in _ASKED.items():
            for name in texts(workspace.get(kind)):
                own = f"{workspace.get('name')}/{name}"
                key = own if own in packages else name
                asked[key] = min(asked.get(key, group), group)
    versions: dict[str, set[str]] = {}
    for row in packages.values():
        name, version = _split(row)
        versions.setdefault(name, set()).add(version)
    keys = Keys(text)
    keys.enter("packages")
    for steps, (key, row) in enumerate(packages.items()):
        if not steps & 0xFF:
            budget.check()
        start, end = keys.place(key)
        name, version = _split(row)
        if not isinstance(row, list) or not name or version.startswith(_LOCAL):
            continue
        where = text.find(f'"{name}@{version}"', end, end + 400) + 1 if end else 0
        span = (where, where + len(name)) if where else (start, end)
        place = (where + len(name) + 1, where + len(name) + 1 + len(version)) if where else (0, 0)
        details = _details(row, packages, key, versions)._replace(
            direct=key in asked if asked else None, group=asked.get(key, "")
        )
        if version.startswith(("git", "github:", "http", "ssh")) or "://" in version:
            yield npm_locked(name, version, span, details)
        elif npm_word(name) == name:
            folder = (
                "/".join(key.split("/")[-2:])
                if key.rpartition("/")[0].rpartition("/")[2][:1] == "@"
                else key.rpartition("/")[2]
            )
            alias = "" if folder == name else folder
            yield Mention(
                Registry.NPM, name, *span, Source.LOCKFILE, private=bool(details.host) and not npm_is_public(details.host),
                version=version, place=place, hashed=bool(details.hashes), alias=alias, details=details,
            )  # fmt: skip


def _split(row: object) -> tuple[str, str]:
    if not isinstance(row, list) or not row or not isinstance(row[0], str):
        return "", ""
    at = row[0].find("@", 1)
    return (row[0][:at], row[0][at + 1 :]) if at > 0 else ("", "")


def _details(row: list[object], packages: dict[str, object], key: str, versions: dict[str, set[str]]) -> Details:
    registry = row[1] if len(row) > 1 and isinstance(row[1], str) else ""
    inner = next((one for one in row if isinstance(one, dict)), {})
    digest = row[-1] if isinstance(row[-1], str) and len(row) > 2 else ""
    needs = []
    for kind in ("dependencies", "optionalDependencies", "peerDependencies"):
        for name in texts(inner.get(kind)):
            _, version = _split(packages.get(f"{key}/{name}", packages.get(name)))
            needs.append(f"{name}@{version}" if len(versions.get(name, ())) > 1 and version else name)
    conditions = [f"{word} {inner[word]}" for word in ("os", "cpu", "libc") if inner.get(word)]
    return Details(
        hashes=integrity(digest),
        address=bare(registry) if registry.endswith(".tgz") else "",
        host=host(registry),
        needs=tuple(dict.fromkeys(needs)),
        marker="; ".join(conditions),
        bundled=inner.get("bundled") is True,
    )


def deno_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read the npm packages of deno.lock.

    Raises:
        Unparsed: it is no JSON object.
    """
    whole = load(text)
    packages = objects(whole.get("npm")) or objects(objects(whole.get("packages")).get("npm"))
    if "specifiers" in packages:  # version 2 of the file
        packages = objects(packages.get("packages"))
    keys = Keys(text)
    keys.enter("npm")
    for key, entry in packages.items():
        budget.check()
        start, end = keys.place(key)
        name = npm_word(key)
        version = key[len(name) + 1 :].partition("_")[0]
        if not name or not version:
            continue
        exact = end - start == len(key)
        hashes = integrity(str(entry.get("integrity", "")))
        listed = entry.get("dependencies")
        needs = tuple(npm_word(str(one)) or str(one) for one in listed) if isinstance(listed, (list, dict)) else ()
        yield Mention(
            Registry.NPM, name, *((start, start + len(name)) if exact else (start, end)), Source.LOCKFILE, version=version,
            place=(start + len(name) + 1, start + len(name) + 1 + len(version)) if exact else (0, 0), hashed=bool(hashes),
            details=Details(hashes=hashes, needs=needs, scripts=entry.get("scripts") is True),
        )  # fmt: skip
