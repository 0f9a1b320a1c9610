"""Builds the index of package names that `clearance.scan.packages` ships.

The lists are tab-separated with a heading line; the first column is the name. PyPI's has a column
`rank_among_15000_most_downloaded`, npm's `downloads_a_month`. `--modules` is the SQLite file of the project pigar (inside
its wheel as `pigar/.db.sqlite3`, BSD-3-Clause), which knows the modules that distributions provide.

    python tools/build_name_index.py --pypi pypi.tsv --npm npm.tsv --modules pigar.sqlite3 --date 2026-11-22
"""

import argparse
import contextlib
import csv
import datetime as dt
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import marisa_trie

_OUT = Path(__file__).parent.parent / "src/clearance/scan/packages/data"
_POPULAR = 15_000
_TARGETS = 1_500
_MODULE = re.compile(r"[^\W\d]\w*")


def main() -> None:
    """Read the lists and write the index."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--pypi", "--npm", "--modules"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--date", type=dt.date.fromisoformat, required=True, help="the day of the lists")
    parser.add_argument("--out", type=Path, default=_OUT)
    options = parser.parse_args()
    pypi = {_fold(name): int(row.get("rank_among_15000_most_downloaded") or 0) for name, row in _rows(options.pypi)}
    npm = {name.lower(): int(row.get("downloads_a_month") or 0) for name, row in _rows(options.npm)}
    modules = {name for name in _modules(options.modules) if _fold(name) not in pypi and _fold(name).strip("-") not in pypi}
    ranked = sorted((rank, name) for name, rank in pypi.items() if rank)[:_POPULAR]
    loaded = sorted((-count, name) for name, count in npm.items() if not name.startswith("@"))[:_POPULAR]
    popular = [*(f"pypi {name}" for _, name in ranked), *(f"npm {name}" for _, name in loaded)]
    targets = [*(f"pypi {name}\n" for _, name in ranked[:_TARGETS]), *(f"npm {name}\n" for _, name in loaded[:_TARGETS])]
    options.out.mkdir(parents=True, exist_ok=True)
    index = {
        "date": options.date.isoformat(),
        "pypi": _write(options.out / "pypi-names.marisa", _trie(pypi), len(pypi), complete=True),
        "npm": _write(options.out / "npm-names.marisa", _trie(npm), len(npm), complete=False),
        "modules": _write(options.out / "python-modules.marisa", _trie(modules), len(modules), complete=False),
        "popular": _write(options.out / "popular.marisa", _trie(popular), len(popular), complete=False),
        "targets": _write(options.out / "popular-targets.txt", "".join(targets).encode(), len(targets), complete=False),
    }
    (options.out / "index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        heading = next(reader)
        for row in reader:
            yield row[0], dict(zip(heading, row, strict=False))


def _modules(path: Path) -> Iterator[str]:
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("select distinct name from top_level_module_names"):
            if _MODULE.fullmatch(name):
                yield name


def _fold(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _trie(names: Iterable[str]) -> bytes:
    return bytes(marisa_trie.Trie(sorted(names)).tobytes())


def _write(path: Path, data: bytes, names: int, *, complete: bool) -> dict[str, object]:
    path.write_bytes(data)
    return {"file": path.name, "names": names, "sha256": hashlib.sha256(data).hexdigest(), "complete": complete}


if __name__ == "__main__":
    main()
