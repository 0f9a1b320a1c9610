"""Small packs for tests: made from records, signed by a key that is made for the test."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.build import (
    exploited_part,
    module_part,
    name_parts,
    record_parts,
    scores_part,
    watched_part,
)
from clearance.scan.packages.pack.layout import Origin, Part, read_head, write_pack
from clearance.scan.packages.pack.merge import cves_in
from clearance.scan.packages.pack.opened import Pack, Place, open_pack
from clearance.scan.packages.pack.osv import Gathered

TODAY = dt.date(2026, 11, 22)
MADE = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SOURCE = Origin(name="made up", date=TODAY, records=0, licence="CC0-1.0", attribution="nobody")


def record(name: str, *, ecosystem: str = "PyPI", id: str = "PYSEC-2026-1", **more: Any) -> dict[str, Any]:
    """One record in OSV's layout. `events` become its one range, `versions` and `ranges` go into `affected`."""
    events = more.pop("events", None)
    ranges = more.pop("ranges", None) or ([{"type": "ECOSYSTEM", "events": events}] if events else [])
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, "versions": more.pop("versions", [])}
    return {
        "id": id,
        "modified": "2026-07-01T00:00:00Z",
        "published": "2026-06-01T00:00:00Z",
        "affected": [affected],
        **more,
    }


def gathered(*records: Mapping[str, Any]) -> Gathered:
    found = Gathered(TODAY)
    for one in records:
        found.add(json.dumps(one).encode())
    return found


def parts(
    folder: Path, *records: Mapping[str, Any], kev: Sequence[str] = (), epss: Mapping[str, float] | None = None
) -> list[Part]:
    """Make the sections of a small pack."""
    pypi, npm = folder / "pypi.tsv", folder / "npm.tsv"
    pypi.write_text(
        "name\tmonth\trank\nFlask\t2026-05\t2\nrequests\t2026-11\t1\npyyaml\t2025-09\t3\nold.thing\t2001-01\t\n",
        encoding="utf-8",
    )
    npm.write_text("name\tdownloads_a_month\nlodash\t450000000\n@types/node\t900000000\nrare\t0\n", encoding="utf-8")
    made = name_parts(Registry.PYPI, pypi, TODAY, SOURCE, complete=True)
    made += name_parts(Registry.NPM, npm, TODAY, SOURCE, complete=False)
    modules = {"yaml": ["PyYAML", "nothing-known"], "flask": ["flask"], "0": ["x"], "attr": ["old.thing", "requests"]}
    made.append(module_part(modules, made[0].data, made[1].data, TODAY, SOURCE))
    made += record_parts(gathered(*records))
    vulnerabilities = [{"cveID": cve, "knownRansomwareCampaignUse": "Known"} for cve in kev] or [{"cveID": "CVE-2001-0001"}]
    made.append(exploited_part(json.dumps({"dateReleased": "2026-11-01", "vulnerabilities": vulnerabilities}).encode()))
    text = "#model_version:v1,score_date:2026-11-20T00:00:00+0000\ncve,epss,percentile\n"
    text += "".join(f"{cve},{score},0.5\n" for cve, score in (epss or {}).items())
    made.append(scores_part(text.encode(), cves_in(made), TODAY))
    made.append(watched_part(TODAY, (SOURCE,), names=["# a comment", "pypi:Made-Up.Name", ""]))
    return made


def signing() -> Any:
    """Give what signs with a key of its own."""
    private = Ed25519PrivateKey.generate()
    key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return lambda data: (key, private.sign(data))


def place(folder: Path, data: bytes, name: str = "toy.pack") -> Place:
    """Write a pack and give its place, as if its signature had been verified."""
    path = folder / name
    path.write_bytes(data)
    return Place(path=path, digest=read_head(lambda at, size: data[at : at + size], len(data)).digest)


def toy(folder: Path, *records: Mapping[str, Any], **more: Any) -> Pack:
    """Open a small pack."""
    return open_pack(place(folder, write_pack(parts(folder, *records, **more), MADE, "a test", signing())))
