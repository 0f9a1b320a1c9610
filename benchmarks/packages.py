"""Packages, judged through the command line alone: cut-off sources, invented names, imports, imitations, versions, speed.

Data is read from paths (options, or variables: `CLEARANCE_BENCH_OSV` …); a part whose data is not given is left out:

    --osv=PyPI.zip --malware=malicious.zip   OSV's exports
    --pypi=pypi.tsv --npm=npm.tsv            the registries' lists, as `tools/build_data_pack.py` takes them
    --sdists=DIR --npm-packs=DIR             source archives of real projects (`pip download --no-binary :all:`, `npm pack`)
    --peers=DIR                              programs of an environment with pip-audit
    --only=PART                              cut, invented, imports, imitations, real, versions or speed
    --show                                   what was missed or wrongly told
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import CLEARANCE, median, table
from benchmarks.sets.packages import change, cut_off, invented, real, snippets, stub, versions
from benchmarks.sets.packages.asked import asked, share

_MANY = 160
_SQUATS = Path(__file__).parent / "sets" / "packages" / "squats.toml"
_SHIPPED = Path(__file__).parent.parent / "src/clearance/scan/packages/data/default.pack"
_ABOUT_NAMES = {
    "package-does-not-exist",
    "npm-package-unknown",
    "package-name-lookalike",
    "package-name-invented",
    "package-misnamed",
}
_REGISTRIES = {"pypi": "PyPI", "npm": "npm"}
Package = dict[str, Any]


def main() -> None:
    """Print the tables."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    bench = _Packages(options)
    for part in ("cut", "invented", "imports", "imitations", "real", "versions", "speed"):
        if options.get("only", part) == part:
            getattr(bench, part)()
    bench.close()


class _Packages:
    """The parts of the benchmark, over one work folder."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = options
        # Outside of this repository: what it declares must not count for what is judged.
        self._work = Path(tempfile.mkdtemp(prefix="packages-"))
        (self._work / "home").mkdir(mode=0o700)
        self._home = {"CLEARANCE_HOME": str(self._work / "home")}

    def close(self) -> None:
        """Remove the work folder."""
        shutil.rmtree(self._work, ignore_errors=True)

    def cut(self) -> None:
        """Vulnerable pins while what the verdict rests on is missing, stale or refused."""
        if (archive := self._path("osv")) is None:
            return
        pins = cut_off.vulnerable(archive)
        rows = []
        for title, pack in cut_off.packs(self._work, archive, _SHIPPED):
            clean, codes = cut_off.clean_with_pack(self._work, pins, pack)
            rows.append((f"pack: {title}", f"{clean} of {len(pins)}", _codes(codes)))
        bare = self._work / "bare.pack"
        for fault in cut_off.FAULTS:
            clean, codes = 0, set[int]()
            for given in (self._work / "nowhere.pack", bare):
                more, seen = cut_off.clean_with_index(self._work, pins, fault, given)
                clean, codes = clean + more, codes | seen
            rows.append((f"own index: {fault or 'honest'}", f"{clean} of {2 * (len(pins) + 1)}", _codes(codes)))
        if (programs := self._path("peers")) is not None:
            rows += _peer_rows(self._work, pins, programs)
        table("Called clean while a source is cut off", ("source", "clean", "exit codes"), rows)

    def invented(self) -> None:
        """Invented names, by door."""
        lists = self._path("pypi"), self._path("npm")
        if lists[0] is None or lists[1] is None:
            return
        taken = {re.sub(r"[-_.]+", "-", row[0]).lower() for row in real.listed(lists[0])}
        names = invented.python_names(taken, _MANY), invented.script_names({row[0] for row in real.listed(lists[1])}, _MANY)
        rows = []
        for registry, doors, those in zip(("PyPI", "npm"), (invented.PYTHON, invented.SCRIPT), names, strict=True):
            total = 0
            for number, (path, door) in enumerate(doors.items()):
                folder = self._work / f"invented-{registry}" / str(number)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(door(those), encoding="utf-8")
                found = self._findings(folder)
                told = " ".join(one["message"] for one in found if one["family"] == "packages")
                hits = sum(f'"{name}"' in told or f'"{name.replace("-", "_")}"' in told for name in those)
                total += hits
                self._show(
                    f"{registry} {path} missed",
                    [n for n in those if f'"{n}"' not in told and f'"{n.replace("-", "_")}"' not in told][:5],
                )
                rows.append((f"{registry}: {path}", str(len(those)), share(hits, len(those))))
            rows.append((f"{registry}: all", str(len(those) * len(doors)), share(total, len(those) * len(doors))))
        table("Invented names caught, per cent", ("door", "names", "caught"), rows)

    def imports(self) -> None:
        """Imports of real libraries."""
        rows = []
        for registry, files in (("PyPI", snippets.python_files()), ("npm", snippets.script_files())):
            folder = self._work / f"imports-{registry}"
            folder.mkdir()
            written = dict(files)
            many = len(written)
            for name, text in written.items():
                (folder / name).write_text(text, encoding="utf-8")
            found = [
                one for one in asked("scan", folder, self._home).data.get("findings", []) if one["family"] == "packages"
            ]
            self._show(f"imports {registry}", [one["message"] for one in found])
            rows.append((f"{registry}, snippets without a manifest", str(many), str(len(found)), share(len(found), many)))
        folder = self._work / "project"
        for name, text in snippets.project():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        found = [one for one in self._findings(folder) if "import" in one["rule"]]
        self._show("imports of a project", [one["message"] for one in found])
        many = len(snippets.declared())
        rows.append(("PyPI, a project that declares all", str(many), str(len(found)), share(len(found), many)))
        table("Imports of real libraries: false alarms", ("where", "imports", "told", "%"), rows)

    def imitations(self) -> None:
        """Imitations of popular names, with a pack that has the malware of the others alone."""
        archive, lists = self._path("malware"), (self._path("pypi"), self._path("npm"))
        if archive is None or lists[0] is None or lists[1] is None:
            return
        sets = tomllib.loads(_SQUATS.read_text("utf-8"))
        mine = {name.lower() for parts in sets.values() for text in parts.values() for name in text.split()}
        others = self._work / "others.zip"
        _less(archive, others, mine)
        pack = self._pack("held.pack", ("--osv", str(others)))
        folder = self._work / "imitations"
        folder.mkdir()
        python = "".join(f"{name}==1.0.0\n" for text in sets["pypi"].values() for name in text.split())
        (folder / "requirements.txt").write_text(python, encoding="utf-8")
        (folder / "package.json").write_text(
            real.package_json(n for text in sets["npm"].values() for n in text.split()), encoding="utf-8"
        )
        blind, whole = (self._packages(folder, given) for given in (pack, None))
        rows = []
        for word, parts in sets.items():
            for part, text in parts.items():
                names = sorted(set(text.split()))
                first = [
                    next(one for one in blind if (one["registry"], one["name"]) == (_REGISTRIES[word], name))
                    for name in names
                ]
                second = [
                    next(one for one in whole if (one["registry"], one["name"]) == (_REGISTRIES[word], name))
                    for name in names
                ]
                alike = [one for one in first if _alike(one)]
                self._show(f"{word} {part}: no likeness", sorted(one["name"] for one in first if not _alike(one)))
                counts = [sum(one["verdict"] == "bad" for one in ones) for ones in (first, second)]
                not_ok = sum(one["verdict"] != "ok" for one in first)
                cells = (share(n, len(names)) for n in (len(alike), counts[0], not_ok, counts[1]))
                rows.append((f"{_REGISTRIES[word]}, {part}", str(len(names)), *cells))
        heading = ("imitations", "names", "likeness told", "bad", "not ok", "bad, with all malware")
        table("Imitations unknown to the data on malware, per cent", heading, rows)

    def real(self) -> None:
        """Real names: manifests and the long tail."""
        lists = self._path("pypi"), self._path("npm")
        if lists[0] is None or lists[1] is None:
            return
        pack = self._pack("no-malware.pack", ())
        rows = []
        top = self._work / "real"
        (top / "asked for").mkdir(parents=True)
        (top / "asked for/requirements.txt").write_text("\n".join(real.installed()) + "\n", encoding="utf-8")
        for word, scripts in (("sdists", False), ("npm-packs", True)):
            if (archives := self._path(word)) is not None:
                for archive in sorted((*archives.glob("*.tar.gz"), *archives.glob("*.tgz"))):
                    real.unpacked((archive,), top / word / archive.name, scripts=scripts)
        for stratum, names in real.python_strata(lists[0], 1_500).items():
            folder = top / f"PyPI, {stratum}"
            folder.mkdir()
            (folder / "requirements.txt").write_text("".join(f"{name}==1.0\n" for name in names), encoding="utf-8")
        for stratum, names in real.script_strata(lists[1], 1_500).items():
            folder = top / f"npm, {stratum} downloads a month"
            folder.mkdir()
            (folder / "package.json").write_text(real.package_json(names), encoding="utf-8")
        for folder in sorted(top.iterdir()):
            # A project each: what one of them configures must not excuse the others.
            parts = sorted(folder.iterdir()) if folder.name in {"sdists", "npm-packs"} else [folder]
            packages = [one for part in parts for one in self._packages(part, pack)]
            rows += [
                self._noise(folder.name, registry, [one for one in packages if one["registry"] == registry])
                for registry in sorted({one["registry"] for one in packages} & {"PyPI", "npm"})
            ]
        heading = (
            "real names",
            "registry",
            "names",
            "does not exist",
            "not known (npm)",
            "look-alike",
            "of these bad",
            "misnamed",
        )
        table("Real names: told, and per cent", heading, rows)

    def _noise(self, title: str, registry: str, packages: Sequence[Package]) -> tuple[str, ...]:
        many = len({one["name"] for one in packages})
        by_rule: dict[str, set[str]] = {rule: set() for rule in (*sorted(_ABOUT_NAMES), "bad")}
        for one in packages:
            for rule in _rules(one) & _ABOUT_NAMES:
                by_rule[rule].add(one["name"])
                if rule == "package-name-lookalike" and one["verdict"] == "bad":
                    by_rule["bad"].add(one["name"])
        self._show(
            f"{title} {registry}", [f"{rule}: {name}" for rule in sorted(_ABOUT_NAMES) for name in sorted(by_rule[rule])]
        )
        wanted = ("package-does-not-exist", "npm-package-unknown", "package-name-lookalike", "bad", "package-misnamed")
        return title, registry, str(many), *(f"{len(by_rule[rule])}: {share(len(by_rule[rule]), many)}" for rule in wanted)

    def versions(self) -> None:
        """Vulnerable versions and those beside them."""
        if (archive := self._path("osv")) is None:
            return
        pins = versions.pins(archive, packages=int(self._options.get("packages", "900")), each=8)
        folder = self._work / "versions"
        versions.written(pins, folder)
        packages = self._packages(folder, None)
        rules = versions.said({"packages": packages})
        rows = []
        for why in ("listed", "range", "prerelease of the fixed one", "fixed", "later"):
            kinds = Counter(_kind(rules.get((pin.name, pin.version), set())) for pin in pins if pin.why == why)
            missed = [
                f"{pin.name}=={pin.version}" for pin in pins if pin.why == why and not rules.get((pin.name, pin.version))
            ]
            if why in {"listed", "range"}:
                self._show(f"{why}, nothing told", missed)
            many = sum(kinds.values())
            rows.append(
                (
                    why,
                    str(many),
                    share(kinds["vulnerable"], many),
                    *(str(kinds[kind]) for kind in ("vulnerable", "name", "none")),
                )
            )
        heading = ("versions", "many", "% vulnerable", "vulnerable", "only its name is bad", "nothing")
        table("Versions against OSV's own lists", heading, rows)

    def speed(self) -> None:
        """A change with 300 dependencies."""
        names = self._path("pypi")
        if names is None:
            return
        picked = [name for part in real.python_strata(names, 80).values() for name in part][:300]
        folder = self._work / "change"
        change.made(folder, picked)
        rows = []
        for title, runs in change.runs(folder, self._work / "home", int(self._options.get("times", "5"))).items():
            busy = sorted(run.busy for run in runs)
            clock = median([run.seconds for run in runs])
            memory = max(run.largest_mib for run in runs), max(run.together_mib for run in runs)
            rows.append(
                (
                    title,
                    f"{busy[0]:.3f}",
                    f"{median(busy):.3f}",
                    f"{clock:.3f}",
                    f"{memory[0]:.0f}",
                    f"{memory[1]:.0f}",
                    _codes({run.code for run in runs}),
                )
            )
        table(
            "300 new dependencies, each in a new process",
            ("command", "least processor s", "median", "clock s", "largest MiB", "together MiB", "exit"),
            rows,
        )
        words = [sys.executable, str(Path(change.__file__).parent / "warm.py"), "packages", ".", "--format", "json"]
        said = subprocess.run(
            words, cwd=folder, env={**os.environ, **self._home}, capture_output=True, text=True, check=True
        )
        table("The same in one process", ("first, processor ms", "later ones, median", "peak MiB"), [said.stdout.split()])

    def _findings(self, folder: Path) -> list[Package]:
        answer = asked("scan", folder, self._home)
        if "findings" not in answer.data:
            raise SystemExit(f"clearance scan in {folder} ended with {answer.code} and without JSON")
        return list(answer.data["findings"])

    def _packages(self, folder: Path, pack: Path | None) -> list[Package]:
        answer = asked("packages", folder, {**self._home, **({"CLEARANCE_DATA": str(pack)} if pack else {})})
        if "packages" not in answer.data:
            raise SystemExit(f"clearance packages in {folder} ended with {answer.code} and without JSON")
        return list(answer.data["packages"])

    def _pack(self, name: str, more: Sequence[str]) -> Path:
        out = self._work / name
        lists = (f"{word}={self._path(word)}" for word in ("pypi", "npm"))
        words = [
            CLEARANCE,
            "data",
            "build",
            "--no-base",
            *(x for one in lists for x in ("--names", one)),
            *more,
            "--force",
            str(out),
        ]
        if (archive := self._path("osv")) is not None:
            words += ["--osv", str(archive)]
        subprocess.run(words, env={**os.environ, **self._home}, capture_output=True, check=True)
        return out

    def _path(self, word: str) -> Path | None:
        given = self._options.get(word) or os.environ.get("CLEARANCE_BENCH_" + word.upper().replace("-", "_"))
        if not given:
            print(f"--{word} is not given: what needs it is left out")
        return Path(given) if given else None

    def _show(self, title: str, lines: Sequence[str]) -> None:
        if "show" in self._options and lines:
            print(f"{title}:", *lines, sep="\n  ")


def _peer_rows(work: Path, pins: list[str], programs: Path) -> list[tuple[str, str, str]]:
    rows = []
    for service in ("pypi", "osv"):
        clean, code, _ = cut_off.peer(work, pins, programs, "-s", service)
        rows.append((f"pip-audit, {service}: no network", f"{clean} of {len(pins)}", str(code)))
    for title, status, body in (
        ("answers without fields", 200, b"{}"),
        ("knows no advisory", 200, b'{"vulns": []}'),
        ("has nothing", 404, b"{}"),
        ("fails", 503, b""),
        ("answers garbage", 200, b"\xff{]"),
    ):
        with stub.answering(status, body) as address:
            clean, code, _ = cut_off.peer(work, pins, programs, "-s", "osv", "--osv-url", address, cut=False)
        rows.append((f"pip-audit, osv: {title}", f"{clean} of {len(pins)}", str(code)))
    return rows


def _less(archive: Path, out: Path, names: set[str]) -> None:
    """Copy an archive of records without those about the names."""
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as less:
        for entry in packed.namelist():
            if entry.endswith(".json"):
                text = packed.read(entry)
                about = {one.get("package", {}).get("name", "").lower() for one in json.loads(text).get("affected", ())}
                if not about & names:
                    less.writestr(entry, text)


def _rules(one: Package) -> set[str]:
    return {reason["rule"] for reason in one["reasons"]}


def _alike(one: Package) -> bool:
    return any("looks like" in reason["text"] for reason in one["reasons"])


def _kind(rules: set[str]) -> str:
    if "package-vulnerable" in rules:
        return "vulnerable"
    return "name" if rules & _ABOUT_NAMES or "package-malicious" in rules else "none"


def _codes(codes: set[int]) -> str:
    return ", ".join(str(code) for code in sorted(codes))
