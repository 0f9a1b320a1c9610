"""Builds the data pack that ships with the program, `clearance/scan/packages/data/default.pack`.

Sources, none of which is in this repository; `clearance data show` tells names, days, licences and attributions:

- lists of the names on PyPI and npm: tables with a heading, separated by tabs, whose first column is the name; PyPI's with
  the month of the newest version and the rank among the 15,000 most downloaded, npm's with the downloads of a month;
- the modules that distributions provide: the SQLite file of the project pigar (BSD-3-Clause), inside its wheel as
  `pigar/.db.sqlite3`;
- advisories and records of malware: archives in the layout of OSV's exports;
- CISA's catalogue of exploited vulnerabilities in JSON (CC0);
- `tools/invented-names.txt`: hashes of names that models are known to invent.

    python tools/build_data_pack.py --pypi pypi.tsv --npm npm.tsv --date 2026-11-22 --modules pigar.sqlite3 \
        --osv PyPI.zip --osv malicious.zip --kev kev.json

The key that signs the pack is made here and thrown away; its public half is written into `pack/shipped.py`, so that no other
default pack can ever be made for this version of the program.
"""

import argparse
import contextlib
import datetime as dt
import re
import sqlite3
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clearance import __version__
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.build import exploited_part, module_part, name_parts, record_parts, watched_part
from clearance.scan.packages.pack.layout import Origin, Part, read_head, write_pack
from clearance.scan.packages.pack.osv import Gathered

_ROOT = Path(__file__).parents[1]
_OUT = _ROOT / "src/clearance/scan/packages/data/default.pack"
_PIN = _ROOT / "src/clearance/scan/packages/pack/shipped.py"
_INVENTED = Path(__file__).parent / "invented-names.txt"


def main() -> None:
    """Read the sources and write the pack and its pin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--pypi", "--npm", "--modules", "--kev"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--osv", type=Path, action="append", required=True)
    parser.add_argument("--date", type=dt.date.fromisoformat, required=True, help="the day of the lists of names")
    options = parser.parse_args()
    parts = _parts(options)
    private = Ed25519PrivateKey.generate()
    key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    made = dt.datetime.combine(options.date, dt.time(), dt.UTC)
    pack = write_pack(parts, made, f"clearance {__version__}", lambda data: (key, private.sign(data)))
    _OUT.write_bytes(pack)
    digest = read_head(lambda at, size: pack[at : at + size], len(pack)).digest
    pin = _PIN.read_text(encoding="utf-8")
    pin = re.sub(r'^KEY = "[0-9a-f]*"', f'KEY = "{key.hex()}"', pin, flags=re.MULTILINE)
    _PIN.write_text(re.sub(r'digest="[0-9a-f]*"', f'digest="{digest}"', pin), encoding="utf-8")
    for part in sorted(parts):
        print(f"{part.name:<20} {len(part.data):>10,} bytes {part.records:>9,} records  {part.date}")  # noqa: T201
    print(f"{'':<20} {len(pack):>10,} bytes")  # noqa: T201


def _parts(options: argparse.Namespace) -> list[Part]:
    day: dt.date = options.date
    pypi = Origin(
        name="Names on PyPI", date=day, records=0, licence="facts", attribution="Python Package Index", address="pypi.org"
    )
    npm = Origin(
        name="Names on npm in use", date=day, records=0, licence="facts", attribution="npm registry", address="npmjs.com"
    )
    gathered = Gathered(day)
    for path in options.osv:
        gathered.read(path)
    print(dict(gathered.counts))  # noqa: T201
    hostile = {line.key for line in gathered.lines() if (line.part, line.registry) == ("malware", Registry.PYPI)}
    names = name_parts(Registry.PYPI, options.pypi, day, pypi, complete=True, hostile=hostile)
    names += name_parts(Registry.NPM, options.npm, day, npm, complete=False)
    pigar = Origin(
        name="pigar", date=day, records=0, licence="BSD-3-Clause", attribution="Copyright (c) 2015 damnever, pigar"
    )
    modules = module_part(_modules(options.modules), names[0].data, names[1].data, day, pigar)
    parts = [*names, modules, *record_parts(gathered), exploited_part(options.kev.read_bytes())]
    lines = _INVENTED.read_text("utf-8").splitlines()
    hashes = [bytes.fromhex(line.split()[0]) for line in lines if line and not line.startswith("#")]
    watch = Origin(
        name="Names that models invent", date=day, records=len(hashes), licence="facts",
        attribution="published research, named in tools/invented-names.txt",
    )  # fmt: skip
    return [*parts, watched_part(day, (watch,), hashes=hashes)]


def _modules(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    query = "select t.name, d.name from top_level_module_names t join distributions d on d.id = t.distribution_id"
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for module, distribution in database.execute(query):
            found.setdefault(module, set()).add(distribution)
    return found


if __name__ == "__main__":
    main()
