"""Versions that OSV's records call affected, and versions beside them that no record does, with what our command says."""

import json
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version


class Pin(NamedTuple):
    """A package's version. `why`: `listed` (a record enumerates it), `range` (the walk of its events alone names it), or
    `fixed`, `later`, `prerelease of the fixed one` (no record names it).
    """

    name: str
    version: str
    why: str


def pins(archive: Path, *, packages: int, each: int, seed: int = 5) -> list[Pin]:
    """Draw pins of random packages: up to `each` of what is listed, and all that stands beside."""
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in _records(archive):
        for one in record.get("affected", ()):
            if one.get("package", {}).get("ecosystem") == "PyPI":
                by_name[_folded(one["package"]["name"])].append(one)
    rng = random.Random(seed)
    found: list[Pin] = []
    for name in rng.sample(sorted(by_name), min(packages, len(by_name))):
        found += _of(name, by_name[name], rng, each)
    return found


def _records(archive: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.namelist():
            if entry.endswith(".json"):
                record = json.loads(packed.read(entry))
                if "withdrawn" not in record:
                    yield record


def _of(name: str, affected: Sequence[dict[str, Any]], rng: random.Random, each: int) -> Iterator[Pin]:
    listed = {version for one in affected for version in one.get("versions", ()) if re.fullmatch(r"[\w.+!-]+", version)}
    same = {_version(version) for version in listed}
    for version in rng.sample(sorted(listed), min(each, len(listed))):
        yield Pin(name, version, "listed")
    fixed = {event["fixed"] for one in affected for span in _spans(one) for event in span if "fixed" in event}
    beside: dict[str, str] = dict.fromkeys(sorted(fixed), "fixed")
    for version in sorted(fixed):
        parsed = _version(version)
        if parsed is not None and not parsed.is_prerelease:
            beside.setdefault(f"{parsed.public}rc1", "prerelease of the fixed one")
            beside.setdefault(f"{parsed.public}.post1", "later")
    tops = [parsed for parsed in (_version(version) for version in fixed | listed) if parsed is not None]
    if tops:
        beside.setdefault(f"{max(tops).major + 1}.0.0", "later")
    for version, why in beside.items():
        parsed = _version(version)
        if parsed is None or parsed in same:
            continue
        yield Pin(name, version, "range" if any(_inside(parsed, span) for one in affected for span in _spans(one)) else why)


def _spans(one: dict[str, Any]) -> Iterator[list[dict[str, str]]]:
    return (span["events"] for span in one.get("ranges", ()) if span.get("type") == "ECOSYSTEM")


def _inside(version: Version, events: Sequence[dict[str, str]]) -> bool:
    """Walk the events of a range as OSV's schema says, over PEP 440's order."""
    steps = []
    for event in events:
        for kind, at in event.items():
            parsed = Version("0.dev0") if at == "0" else _version(at)
            if parsed is not None:
                steps.append((parsed, kind))
    inside = False
    for at, kind in sorted(steps, key=lambda step: step[0]):
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def written(found: Sequence[Pin], folder: Path) -> None:
    """Write the pins into requirement files, of which each holds a package once."""
    files: dict[int, list[str]] = defaultdict(list)
    seen: dict[str, int] = defaultdict(int)
    for pin in found:
        files[seen[pin.name]].append(f"{pin.name}=={pin.version}\n")
        seen[pin.name] += 1
    for number, lines in files.items():
        path = folder / f"part-{number}" / "requirements.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")


def said(data: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """Give the rules that stand at each name and version in the JSON of `clearance packages`."""
    return {
        (_folded(one["name"]), one["version"]): {reason["rule"] for reason in one["reasons"] if reason["rule"]}
        for one in data.get("packages", ())
    }
