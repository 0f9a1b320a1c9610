"""Code of libraries, fetched by name, as what holds no secrets; and how fast the scanners read it."""

import os
import shutil
import statistics
import subprocess
import tarfile
import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from benchmarks.measure import CLEARANCE, WORK, command, repeat, table
from benchmarks.scan import django
from benchmarks.sets.secrets.judge import Clearance
from benchmarks.sets.secrets.labelled import Labelled

NPM = ("express@5.1.0", "lodash@4.17.21", "webpack@5.101.0", "react-dom@19.1.0", "moment@2.30.1")
_SLOW = ("express", "lodash", "webpack")
"""What the slow peers read: they take an hour for all."""
_MOST = 10_000_000


@cache
def library_code() -> Path:
    """Fetch and unpack, once: `src/<package>/…` below the folder that is given. Django's tests and pages are packages apart,
    since they hold passwords of made-up users."""
    target = WORK / "clean-code"
    if target.exists():
        return target
    made = WORK / "clean-code.part"
    shutil.rmtree(made, ignore_errors=True)
    source = django()
    for folder in (one for one in source.iterdir() if one.is_dir()):
        group = {"tests": "django-tests", "js_tests": "django-tests", "docs": "django-docs"}.get(folder.name, "django")
        shutil.copytree(folder, made / "src" / group / folder.name, symlinks=True)
    download = WORK / "npm"
    download.mkdir(exist_ok=True)
    for package in NPM:
        done = subprocess.run(["npm", "pack", "--silent", package], cwd=download, check=True, capture_output=True)
        with tarfile.open(download / done.stdout.decode().split()[-1]) as tar:
            tar.extractall(made / "src" / package.partition("@")[0], filter="data")
    for path in list(made.rglob("*")):
        if path.is_symlink() or (path.is_file() and (path.stat().st_size > _MOST or b"\0" in path.read_bytes()[:8192])):
            path.unlink()
    made.rename(target)
    return target


@cache
def library_files() -> tuple[Labelled, ...]:
    """Give all files that are UTF-8, without labels."""
    top = library_code() / "src"
    found = []
    for path in sorted(top.rglob("*")):
        if path.is_file():
            try:
                text = path.read_bytes().decode()
            except UnicodeDecodeError:
                continue
            name = path.relative_to(top)
            found.append(Labelled(name.as_posix(), text, (), "dev", name.parts[0]))
    return tuple(found)


def _part() -> Path:
    """Give a folder with those packages that slow tools are shown."""
    target = WORK / "clean-part"
    if not target.exists():
        for name in _SLOW:
            shutil.copytree(library_code() / "src" / name, target / "src" / name)
    return target


def clean(options: dict[str, str], ours: Clearance) -> None:
    """Print the findings by package, and each of ours with its place, for people to judge."""
    files = library_files()
    groups = list(dict.fromkeys(one.group for one in files))
    sizes = {group: sum(len(one.text.encode()) for one in files if one.group == group) for group in groups}
    answers = ours.look(files)
    told = {"clearance": [(path, one.first, one.rule, one.sure) for path, said in answers.items() for one in said]}
    slow = set()
    if options.get("peers") != "no":
        from benchmarks.secret_peers import peers, run_peer

        for peer in peers():
            top = _part() if peer.slow else library_code()
            slow |= {peer.name} if peer.slow else set()
            told[peer.name] = [(one.path, one.first, one.rule, True) for one in run_peer(peer, top)]
    rows = []
    for group in [*groups, "all"]:
        size = sum(sizes.values()) if group == "all" else sizes[group]
        row = [group, f"{size / 1e6:.1f}"]
        for name, places in told.items():
            mine = {place for place in places if group in (place[0].partition("/")[0], "all")}
            count = len({place[:2] for place in mine})
            low = len({place[:2] for place in mine if not place[3]})
            row.append(
                f"{count} ({low} low)" if name == "clearance" else str(count) if name not in slow or group in _SLOW else "–"
            )
        rows.append(tuple(row))
    table("Findings in the code of libraries, by line", ("package", "MB", *told), rows)
    texts = {one.path: one.text.split("\n") for one in files}
    for path, line, rule, sure in sorted(told["clearance"]):
        print(f"  {rule} {'' if sure else 'low '}{path}:{line}: {texts[path][line - 1].strip()[:150]}")


def speed(options: dict[str, str], ours: Clearance) -> None:
    """Print how fast: one core over the code of libraries, a file of 20 KB in a warm process, a command that starts cold."""
    files = library_files()
    size = sum(len(one.text.encode()) for one in files) / 1e6
    rows: list[tuple[str, ...]] = []
    ours.look(files[:50])
    for name in ("clearance, in a process", "clearance, in a process, again"):
        before = ours.busy
        ours.look(files)
        busy = ours.busy - before
        rows.append((name, f"{size / busy:.1f}", f"{busy:.2f}"))
    for name, chosen in (("its Python", [one for one in files if one.path.endswith(".py")]), ("all", files)):
        engine, read = _engine_alone(ours, chosen), sum(len(one.text.encode()) for one in chosen) / 1e6
        rows.insert(0, (f"clearance, the family alone, {name} ({read:.1f} MB)", f"{read / engine:.1f}", f"{engine:.2f}"))
    environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "secrets-cache")}
    one = command([*_LOAD], cwd=library_code(), environment=environment)
    rows.append(
        (
            "clearance, a process that starts, reads the files and looks for secrets",
            f"{size / one.busy:.1f}",
            f"{one.busy:.2f}",
        )
    )
    if options.get("peers") != "no":
        from benchmarks.secret_peers import peers, timed

        part = sum(len(one.text.encode()) for one in files if one.group in _SLOW) / 1e6
        for peer in peers():
            one = timed(peer, (_part() if peer.slow else library_code()) / "src")
            read = part if peer.slow else size
            told = f"{peer.name} {peer.version}{f' ({read:.1f} MB)' if peer.slow else ''}"
            rows.append((told, f"{read / one.busy:.2f}", f"{one.busy:.2f}"))
    table(f"Speed over {size:.1f} MB of library code, processor seconds of all processes", ("what", "MB/s", "seconds"), rows)
    _small(options, ours, files)


def _engine_alone(ours: Clearance, files: Sequence[Labelled]) -> float:
    """Give the processor seconds of the family alone, on texts that are already decoded."""
    from clearance.facts.text import decode
    from clearance.scan.family import Budget, View

    views = []
    for one in files:
        data = one.text.encode()
        decoded = decode(data)
        if decoded is not None:
            views.append(View(one.path, "after", data, decoded))
    family = ours.families[0]
    began = time.process_time()
    for view in views:
        list(family.look(view, Budget(60)))  # type: ignore[union-attr]
    return time.process_time() - began


def _small(options: dict[str, str], ours: Clearance, files: Sequence[Labelled]) -> None:
    """A file of 20 KB: the family in a warm process; whole commands."""
    from clearance.facts.text import decode
    from clearance.scan.family import Budget, View

    chosen = [one for one in files if 19_000 <= len(one.text.encode()) <= 21_500 and one.path.endswith((".py", ".js"))]
    family = ours.families[0]
    times = []
    for turn in range(12):
        for one in chosen:
            data = one.text.encode()
            decoded = decode(data)
            assert decoded is not None
            view = View(one.path, "after", data, decoded)
            began = time.process_time()
            list(family.look(view, Budget(60)))  # type: ignore[union-attr]
            if turn:
                times.append(1000 * (time.process_time() - began))
    times.sort()
    middle = f"{statistics.median(times):.3f}"
    row = (str(len(chosen)), middle, f"{times[int(0.99 * len(times))]:.3f}", f"{times[-1]:.3f}")
    table("The family over a file of about 20 KB in a warm process, milliseconds", ("files", "p50", "p99", "worst"), [row])
    folder = WORK / "one-file"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "src" / f"one{Path(chosen[0].path).suffix}").write_text(chosen[0].text, encoding="utf-8")
    environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "secrets-cache")}
    rows = []
    runs = repeat(lambda: command([CLEARANCE, "scan", "--fresh", "src"], cwd=folder, environment=environment), 5)
    rows.append(("clearance scan, all families", *_middle(runs)))
    runs = repeat(lambda: command([*_LOAD], cwd=folder, environment=environment), 5)
    rows.append(("import, load the cached database, look at it", *_middle(runs)))
    if options.get("peers") != "no":
        from benchmarks.secret_peers import peers, timed

        for peer in peers():
            runs = repeat(partial(timed, peer, folder / "src"), 5)
            rows.append((f"{peer.name} {peer.version}", *_middle(runs)))
    table("A cold command over one file of 20 KB, milliseconds", ("command", "median", "worst", "processor", "MiB"), rows)


_CODE = """
import os
from pathlib import Path
import msgspec
from clearance.collect.memory import change_of
from clearance.scan.look import look_at
from clearance.wiring.furnish import builtin_furnish
families, rules = msgspec.structs.replace(builtin_furnish(Path(), os.environ, sightings=False), names=("secrets",))()
files = {str(path): path.read_bytes() for path in Path("src").rglob("*") if path.is_file()}
collected = change_of({}, files)
for family in families:
    family.start(collected.contents)
for file in collected.change.files:
    look_at(file, collected.contents, families, rules, seconds=10)
"""
_LOAD = (str(Path(CLEARANCE).parent / "python"), "-c", _CODE)


def _middle(runs: Sequence[object]) -> tuple[str, ...]:
    seconds = [1000 * run.seconds for run in runs]  # type: ignore[attr-defined]
    busy = statistics.median(1000 * run.busy for run in runs)  # type: ignore[attr-defined]
    most = max(run.together_mib for run in runs)  # type: ignore[attr-defined]
    return f"{statistics.median(seconds):.0f}", f"{max(seconds):.0f}", f"{busy:.0f}", f"{most:.0f}"
