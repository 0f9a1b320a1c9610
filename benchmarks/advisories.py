"""Compare the walk over the ranges of advisories with the versions that they enumerate.

    ./dev bench advisories -- PyPI.zip [more archives in OSV's layout]

For each record that holds both: a version that the record enumerates must be named by our walk over its events, and a
version that other records of the package enumerate, and this one does not, must not. Disagreements are counted by their
reason, and the first of each are shown.
"""

import argparse
import json
import sys
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clearance.scan.packages.mention import Registry, canonical
from clearance.scan.packages.pack.affected import Affected, affects
from clearance.scan.packages.pack.databases import package_system
from clearance.scan.packages.pack.record import EVENTS
from clearance.scan.packages.pack.versions import order

_SHOWN = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("--show", type=int, default=_SHOWN, help="how many disagreements of each kind to show")
    options = parser.parse_args()
    records = list(_records(options.archives))
    known: dict[tuple[Registry, str], set[str]] = defaultdict(set)
    for _, registry, name, _, versions in records:
        known[registry, name].update(versions)
    counts: Counter[str] = Counter()
    shown: dict[str, list[str]] = defaultdict(list)
    start = time.process_time()
    for record, registry, name, ranges, versions in records:
        if not ranges or not versions:
            counts["records with only one of the two"] += 1
            continue
        counts["records compared"] += 1
        listed = set(versions)
        for version in known[registry, name] | listed:
            said = affects(ranges, (), registry, version)
            kind = _kind(said, version in listed, registry, version, listed)
            counts[kind] += 1
            if kind not in ("agree: affected", "agree: not affected"):
                shown[kind].append(f"{record} {name} {version}: {' | '.join(' '.join(events) for events in ranges)[:90]}")
    seconds = time.process_time() - start
    asked = sum(count for kind, count in counts.items() if not kind.startswith("records"))
    for kind, count in sorted(counts.items()):
        print(f"{count:>9,}  {kind}")
        for line in shown[kind][: options.show]:
            print(f"{'':>11}{line}")
    both, missed = counts["agree: affected"], counts["missed: listed, outside of the ranges"]
    print(f"recall of the walk alone {both / max(1, both + missed):.4%}; with the lists that the pack keeps 100 %")
    print(f"{asked:,} questions, {seconds / max(1, asked) * 1e6:.1f} µs each", file=sys.stderr)


def _kind(said: Affected, listed: bool, registry: Registry, version: str, versions: set[str]) -> str:  # noqa: FBT001
    if said is Affected.UNKNOWN:
        return "unknown: not comparable, listed" if listed else "unknown: not comparable, not listed"
    if said is Affected.YES and not listed:
        key = order(registry, version)
        same = any(order(registry, one) == key for one in versions)
        if same:
            return "agree: affected"
        before = getattr(key, "is_prerelease", False)
        return "more: a pre-release within the ranges, not listed" if before else "more: within the ranges, not listed"
    if said is Affected.NO and listed:
        return "missed: listed, outside of the ranges"
    return "agree: affected" if listed else "agree: not affected"


def _records(archives: list[Path]) -> Iterator[tuple[str, Registry, str, list[list[str]], list[str]]]:
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                record: dict[str, Any] = json.loads(archive.read(entry))
                if "withdrawn" in record:
                    continue
                for one in record.get("affected", []):
                    system = package_system(one.get("package", {}).get("ecosystem", ""))
                    if system is None:
                        continue
                    ranges = [
                        [EVENTS[kind] + version for event in each["events"] for kind, version in event.items()]
                        for each in one.get("ranges", [])
                        if each["type"] != "GIT"
                    ]
                    name = canonical(system[0], one["package"]["name"])
                    yield record["id"], system[0], name, ranges, one.get("versions", [])


if __name__ == "__main__":
    main()
