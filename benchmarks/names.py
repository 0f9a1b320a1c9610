"""How many imitations of popular names are told from real names, and how many real names are taken for imitations.

`sets/imitations.toml` holds the imitations. Real names: what the packages that are installed here ask for (`METADATA` beside
the interpreter, `package.json` below `benchmarks/.work`), and, where the registries' lists are given (`--pypi=FILE
--npm=FILE`, as `tools/build_data_pack.py` takes them), random names of each stratum of use. `--show` prints what was missed
or wrongly told.
"""

import csv
import datetime as dt
import json
import random
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path

from benchmarks.measure import WORK, table
from clearance.facts.package import Registry, canonical
from clearance.scan.packages.checks.lookalike import Standing, imitated, index_of
from clearance.scan.packages.pack.opened import Pack, open_pack

_SET = Path(__file__).parent / "sets" / "imitations.toml"
_SAMPLE = 5_000
_DRAWN = 40_000
_REGISTRIES = {"pypi": Registry.PYPI, "npm": Registry.NPM}
_NOWHERE = Standing(listed=False, rank=0, downloads=-1, age=-1, loose=True)
_LISTED = Standing(listed=True, rank=0, downloads=100, age=20)
_TOLD = Standing(listed=True, rank=0, downloads=100, age=20, young=True, loose=True)
_NPM_STRATA = ((0, 700), (700, 1_500), (1_500, 5_000), (5_000, 20_000), (20_000, 100_000), (100_000, 1_000_000))
_YEARS = ("2010", "2014", "2018", "2020", "2022", "2024", "2025", "2026")

Judge = Callable[[str], bool]


def main() -> None:
    """Print the tables."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    pack = open_pack()
    show = "show" in options
    _recall(pack, show=show)
    rows = []
    for word, registry in _REGISTRIES.items():
        strata = {"asked for by what is installed": _asked_for(registry)}
        strata |= _of_pack(pack, registry)
        if word in options:
            strata |= _strata(registry, Path(options[word]))
        rows += [_noise(pack, registry, stratum, names, show=show) for stratum, names in strata.items()]
    table(
        "Real names taken for imitations, offline", ("registry", "names", "how many", "taken", "%", "\u00b5s a name"), rows
    )


def _recall(pack: Pack, *, show: bool) -> None:
    rows = []
    for word, sets in tomllib.loads(_SET.read_text("utf-8")).items():
        registry = _REGISTRIES[word]
        index = index_of(pack, registry)
        assert index is not None
        for part, text in sets.items():
            names = text.split()
            judged = {
                title: [name for name in names if imitated(pack, registry, canonical(registry, name), standing)]
                for title, standing in (("nowhere", _NOWHERE), ("listed", _LISTED), ("told", _TOLD))
            }
            hinted = [name for name in names if index.alike(canonical(registry, name), far=True)]
            cells = [f"{len(one) / len(names):.1%}" for one in (*judged.values(), hinted)]
            rows.append((f"{registry.value}, {part}", str(len(names)), *cells))
            if show:
                print(registry.value, part, "missed:", *sorted(set(names) - set(hinted)))
    columns = ("imitations", "how many", "in no list", "listed, hardly used", "an index says: young", "target named at all")
    table("Imitations found", columns, rows)


def _noise(pack: Pack, registry: Registry, stratum: str, names: Sequence[str], *, show: bool) -> tuple[str, ...]:
    began = time.process_time()
    taken = [name for name in names if imitated(pack, registry, name, _standing(pack, registry, name))]
    each = (time.process_time() - began) / max(1, len(names)) * 1e6
    if show:
        print(registry.value, stratum, *taken[:40])
    share = f"{len(taken) / max(1, len(names)):.2%}"
    return registry.value, stratum, str(len(names)), str(len(taken)), share, f"{each:.0f}"


def _standing(pack: Pack, registry: Registry, name: str) -> Standing:
    listed = pack.has(registry, name)
    use = pack.popularity(registry, name)
    age = (pack.date - use.month).days if use.month else -1
    return Standing(listed, use.rank, use.downloads, age, loose=not listed)


def _asked_for(registry: Registry) -> list[str]:
    found: set[str] = set()
    if registry is Registry.PYPI:
        for one in metadata.distributions():
            found.update(re.split(r"[^\w.-]", wanted, maxsplit=1)[0] for wanted in one.requires or ())
    else:
        for path in WORK.rglob("package.json"):
            found.update(_dependencies(path))
    return sorted({canonical(registry, name) for name in found if name})


def _dependencies(path: Path) -> Iterable[str]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return
    for key in ("dependencies", "devDependencies", "peerDependencies"):
        wanted = data.get(key) if isinstance(data, dict) else None
        if isinstance(wanted, dict):
            yield from (name for name, version in wanted.items() if ":" not in str(version))


def _of_pack(pack: Pack, registry: Registry) -> dict[str, list[str]]:
    """Give random names of the data pack by their use: npm's by downloads, those of PyPI that are not popular."""
    rng = random.Random(dt.date(2026, 11, 23).toordinal())
    names = pack._names(registry)  # noqa: SLF001 -- no program but this one wants names at random
    assert names is not None
    strata: dict[str, list[str]] = {}
    for _ in range(_DRAWN):
        name = names.name(rng.randrange(len(names)))
        use = pack.popularity(registry, name)
        if registry is Registry.PYPI and not use.rank:
            strata.setdefault("long tail of the pack", []).append(name)
        for low, high in _NPM_STRATA if registry is Registry.NPM else ():
            if low <= use.downloads < high:
                strata.setdefault(f"{low:,} to {high:,} downloads a month, of the pack", []).append(name)
    return {key: sorted(set(found[:_SAMPLE])) for key, found in sorted(strata.items())}


def _strata(registry: Registry, path: Path) -> dict[str, list[str]]:
    """Give random names of each stratum: unranked ones of PyPI by the year of the newest version, npm's by downloads."""
    strata: dict[str, list[str]] = {}
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        for row in reader:
            name = canonical(registry, row["name"])
            if registry is Registry.PYPI:
                year = row["month"][:4]
                if not row["rank_among_15000_most_downloaded"] and year in _YEARS:
                    strata.setdefault(f"newest of {year}", []).append(name)
            else:
                many = int(row["downloads_a_month"] or 0)
                for low, high in _NPM_STRATA:
                    if low <= many < high:
                        strata.setdefault(f"{low:,} to {high:,} downloads a month", []).append(name)
    rng = random.Random(dt.date(2026, 11, 22).toordinal())
    return {key: rng.sample(sorted(names), min(len(names), _SAMPLE)) for key, names in sorted(strata.items())}
