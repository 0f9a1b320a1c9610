"""The data pack at 250,000 made-up records: its size, and what opening it and asking for 300 packages costs.

    ./dev bench data_pack

Names, modules, popularity and the rest are those of the shipped pack; records of advisories and malware are made up, in the
proportion that OSV's exports of all registries have (nine of ten are npm malware), put together from words, versions and
ranges of real ones. Each question is asked in a fresh process; seconds are those of the processor.
"""

import datetime as dt
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.opened import SHIPPED, Place, open_pack

_RECORDS = 250_000
_DAY = dt.date(2026, 11, 22)
_SHARES = (
    ("npm", True, 0.84), ("PyPI", True, 0.05), ("npm", False, 0.02), ("PyPI", False, 0.03), ("Go", False, 0.02),
    ("Maven", False, 0.03), ("crates.io", False, 0.01),
)  # fmt: skip
_GHSA = "23456789cfghjmpqrvwx"
_QUESTIONS = 300


class _Real(NamedTuple):
    """What the made-up records are put together from: words of names and summaries of real ones, and the records."""

    names: list[str]
    words: list[str]
    hostile: list[object]
    weak: list[object]


def main() -> None:
    """Make the pack, print its size and the table."""
    from benchmarks.measure import table

    if sys.argv[1:2] == ["ask"]:
        _ask(Path(sys.argv[2]), sys.argv[3])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.pack"
        rows = []
        for place in (_made(path), SHIPPED):
            runs = []
            for _ in range(3):
                done = subprocess.run(
                    [sys.executable, "-c", _CHILD, str(place.path), place.digest], check=True, capture_output=True, text=True
                )
                runs.append(json.loads(done.stdout))
            rows.append({key: min(run[key] for run in runs) for key in runs[0]})
        table(
            "One process, best of 3", ["", "large", "shipped"], [[key, *(str(row[key]) for row in rows)] for key in rows[0]]
        )


_CHILD = "import sys; from benchmarks.data_pack import _ask; from pathlib import Path; _ask(Path(sys.argv[1]), sys.argv[2])"


def _made(path: Path) -> Place:
    from benchmarks.measure import table
    from clearance.scan.packages.pack.build import record_parts, scores_part
    from clearance.scan.packages.pack.layout import Part, read_head, write_pack
    from clearance.scan.packages.pack.merge import cves_in, merged
    from clearance.scan.packages.pack.osv import Gathered
    from clearance.scan.packages.pack.sections import PackFile

    rng, real = random.Random(0), _real()
    known = PackFile(SHIPPED)
    base = [Part(one.name, known.bytes_of(one.name), one.date, one.records) for one in known.head.told.sections]
    gathered = Gathered(_DAY)
    for ecosystem, malware, share in _SHARES:
        for number in range(round(_RECORDS * share)):
            gathered.add(json.dumps(_record(rng, real, ecosystem, number, malware=malware)).encode())
    parts = merged(base, record_parts(gathered))
    wanted = cves_in(parts)
    scores = "cve,epss,percentile\n" + "".join(f"{cve},{rng.random() ** 4:.5f},0.5\n" for cve in sorted(wanted))
    parts = merged(parts, [scores_part(scores.encode(), wanted, _DAY)])
    private = Ed25519PrivateKey.generate()
    key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    data = write_pack(
        parts, dt.datetime.combine(_DAY, dt.time(), dt.UTC), "benchmark", lambda data: (key, private.sign(data))
    )
    path.write_bytes(data)
    rows = [[one.name, f"{len(one.data) / 1e6:.2f}", f"{one.records:,}"] for one in sorted(parts)]
    table("Sections", ["section", "MB", "records"], rows)
    records = sum(part.records for part in parts if part.name.startswith(("advisories.", "malware.")))
    print(f"{len(data) / 1e6:.2f} MB with {records:,} records")
    return Place(path=path, digest=read_head(lambda at, size: data[at : at + size], len(data)).digest)


def _real() -> _Real:
    from clearance.scan.packages.pack.records import Records
    from clearance.scan.packages.pack.sections import PackFile

    known = PackFile(SHIPPED)
    hostile, weak = Records(known.bytes_of("malware.npm")), Records(known.bytes_of("advisories.pypi"))
    names = [word for name in sorted(hostile.names()) for word in re.split(r"(?<=[-/@_.])", name) if word]
    of_hostile = [kept for name in sorted(hostile.names()) for kept in hostile.of(name)]
    of_weak = [kept for name in sorted(weak.names()) for kept in weak.of(name)]
    words = [word for kept in of_weak for word in kept.summary.split()]
    return _Real(names, words, list(of_hostile), list(of_weak))


def _record(rng: random.Random, real: _Real, ecosystem: str, number: int, *, malware: bool) -> dict[str, object]:
    from clearance.scan.packages.pack.record import EVENTS, Kept

    like = rng.choice(real.hostile if malware else real.weak)
    assert isinstance(like, Kept)
    day = str(like.published or _DAY)
    ghsa = "GHSA-" + "-".join("".join(rng.choice(_GHSA) for _ in range(4)) for _ in range(3))
    cve = f"CVE-{rng.randint(2015, 2026)}-{rng.randint(1000, 60000)}"
    name = "".join(rng.choices(real.names, k=rng.randint(1, 4))).strip("-/@_.") or "x"
    if ecosystem == "Maven":
        name = f"org.{name}:{rng.choice(real.names)}x"
    letters = {letter: kind for kind, letter in EVENTS.items()}
    ranges = [[{letters[event[0]]: event[1:]} for event in events] for events in like.ranges]
    affected = {
        "package": {"ecosystem": ecosystem, "name": name},
        "versions": like.versions,
        "ranges": [{"type": "ECOSYSTEM", "events": events} for events in ranges],
    }
    kind = f"MAL-{day[:4]}-{number}" if malware else ghsa if ecosystem != "PyPI" else f"PYSEC-{day[:4]}-{number}"
    vector = f"CVSS:3.1/AV:N/AC:{rng.choice('LH')}/PR:{rng.choice('NLH')}/UI:N/S:U/C:{rng.choice('NLH')}/I:H/A:N"
    return {
        "id": kind,
        "modified": f"{day}T00:00:00Z",
        "published": f"{day}T00:00:00Z",
        "aliases": [ghsa] if malware else [cve, ghsa],
        "summary": f"Malicious code in {name} ({ecosystem})" if malware else " ".join(rng.choices(real.words, k=14)),
        "affected": [affected],
        "severity": [{"type": "CVSS_V3", "score": vector}],
    }


def _ask(path: Path, digest: str) -> None:
    """Ask for 300 packages, twice, as a lock file would name them."""
    start = time.process_time()
    pack = open_pack(Place(path=path, digest=digest))
    opened = time.process_time()
    rng = random.Random(1)
    names = [(Registry.PYPI, name) for name in rng.sample(pack.targets(Registry.PYPI), _QUESTIONS // 2)]
    names += [(Registry.NPM, name) for name in rng.sample(pack.targets(Registry.NPM), _QUESTIONS // 2)]
    chosen = time.process_time()

    def questions() -> int:
        found = 0
        for registry, name in names:
            pack.has(registry, name)
            pack.popularity(registry, name)
            pack.watched(registry, name)
            found += len(pack.malicious(registry, name)) + len(pack.advisories(registry, name, "2.0.1").advisories)
        return found

    found = questions()
    cold = time.process_time()
    questions()
    warm = time.process_time()
    told = {
        "ms, opening": round((opened - start) * 1e3, 1),
        "ms, targets of two registries": round((chosen - opened) * 1e3, 1),
        f"ms, {_QUESTIONS} packages cold": round((cold - chosen) * 1e3, 1),
        f"ms, {_QUESTIONS} packages warm": round((warm - cold) * 1e3, 1),
        "ms, the process from its start": round(warm * 1e3, 1),
        "MB of the process": _memory(),
        "advisories found": found,
    }
    print(json.dumps(told))


def _memory() -> int:
    """Give the most that this process held; what its parent held is not counted, as `getrusage` would."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    main()
