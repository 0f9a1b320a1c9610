"""Ways in which what a verdict rests on is missing, stale or refused, and how many vulnerable pins are called clean."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import CLEARANCE
from benchmarks.sets.packages.asked import asked

FAULTS = (
    "", "strips fields", "rewrites dates", "knows everything", "has nothing", "answers slowly", "says nothing", "drips",
    "hangs up", "breaks off", "wants credentials", "fails", "shows a login page", "answers garbage", "answers another name",
    "sends elsewhere", "is endless", "has HTML only",
)  # fmt: skip
_SETTINGS = '[packages]\nnetwork = true\npypi = "%ssimple/"\nnpm = "%snpm/"\nseconds = 2\n'
_WELL_KNOWN = (
    "django", "flask", "jinja2", "pyyaml", "requests", "urllib3", "pillow", "numpy", "cryptography", "sqlalchemy", "tornado",
    "aiohttp", "lxml", "paramiko", "twisted", "werkzeug", "scrapy", "celery", "ansible", "notebook", "mako", "babel",
    "pygments", "httplib2", "gunicorn",
)  # fmt: skip


def vulnerable(archive: Path, many: int = 20) -> list[str]:
    """Give pins of well-known packages that a record enumerates."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.namelist():
            if len(found) == len(_WELL_KNOWN) or not entry.endswith(".json"):
                continue
            record = json.loads(packed.read(entry))
            for one in record.get("affected", ()) if "withdrawn" not in record else ():
                name = one.get("package", {}).get("name", "").lower()
                final = [version for version in one.get("versions", ()) if re.fullmatch(r"\d+(\.\d+)+", version)]
                if name in _WELL_KNOWN and final:
                    found.setdefault(name, final[-1])
    return [f"{name}=={found[name]}" for name in sorted(found)][:many]


def packs(work: Path, archive: Path, shipped: Path) -> Iterator[tuple[str, Path]]:
    """Make packs that are wrong in some way; the newest says nothing about the pins."""
    whole = shipped.read_bytes()
    yield "no pack at its place", work / "nowhere.pack"
    for title, data in (
        ("an empty file", b""),
        ("cut in half", whole[: len(whole) // 2]),
        ("cut inside the heading", whole[:100]),
        ("last byte missing", whole[:-1]),
        ("a byte of the manifest changed", _flipped(whole, 200)),
        ("a byte of the middle changed", _flipped(whole, len(whole) // 2)),
        ("a byte of the advisories changed", _flipped(whole, _where(whole, "advisories.pypi"))),
        ("a byte of the signature changed", _flipped(whole, 60)),
    ):
        path = work / f"{re.sub(r'[^a-z]', '-', title)}.pack"
        path.write_bytes(data)
        yield title, path
    few = work / "few.zip"
    _without(archive, few)
    yield "signed by another machine", _built(work, few, work / "other.pack", home="other")
    yield "from the future", _built(work, archive, work / "future.pack", "--day", "2027-06-01")
    yield "old, and without these records", _built(work, few, work / "old.pack", "--day", "2020-01-01")
    yield "young, and without advisories", _built(work, None, work / "bare.pack")


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def _where(pack: bytes, section: str) -> int:
    """Give the middle of a section, by the layout of docs/reference/data-pack.md."""
    length = int.from_bytes(pack[12:16], "big")
    manifest = json.loads(pack[112 : 112 + length])
    at = 112 + length
    for one in manifest["sections"]:
        if one["name"] == section:
            return int(at + one["size"] // 2)
        at += one["size"]
    raise LookupError(section)


def _without(archive: Path, out: Path) -> None:
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(out, "w") as less:
        for entry in packed.namelist()[:1500]:
            if entry.endswith(".json"):
                text = packed.read(entry)
                names = {one.get("package", {}).get("name", "").lower() for one in json.loads(text).get("affected", ())}
                if not names & set(_WELL_KNOWN):
                    less.writestr(entry, text)


def _built(work: Path, archive: Path | None, out: Path, *more: str, home: str = "home") -> Path:
    names = work / "names.tsv"
    names.write_text(
        "name\tversion\tmonth\trank\n" + "".join(f"{name}\t1\t2026-01\t1\n" for name in _WELL_KNOWN), encoding="utf-8"
    )
    osv = ["--osv", str(archive)] if archive else []
    words = [CLEARANCE, "data", "build", "--no-base", "--names", f"pypi={names}", *osv, *more, "--force", str(out)]
    subprocess.run(words, env={**os.environ, "CLEARANCE_HOME": str(work / home)}, capture_output=True, check=True)
    return out


def clean_with_pack(work: Path, pins: list[str], pack: Path) -> tuple[int, set[int]]:
    """Give how many pins are clean, and the exit codes of `scan` and `packages`."""
    folder = work / "pins"
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    return _clean(folder, len(pins), {"CLEARANCE_DATA": str(pack), "CLEARANCE_HOME": str(work / "home")})


def _clean(folder: Path, many: int, environment: dict[str, str]) -> tuple[int, set[int]]:
    scanned = asked("scan", folder, environment)
    judged = asked("packages", folder, environment)
    good = sum(one["verdict"] == "ok" for one in judged.data.get("packages", ()))
    return many if scanned.clean() or judged.clean() else good, {scanned.code, judged.code}


def clean_with_index(work: Path, pins: list[str], fault: str, pack: Path | None) -> tuple[int, set[int]]:
    """Ask a company's index that fails: about the pins, without a pack or with one, in one file; give how many are clean."""
    sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))
    from fetch.company import serving

    folder = work / "live"
    (folder / ".clearance").mkdir(parents=True, exist_ok=True)
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    wanted = {"name": "shop", "version": "1.0.0", "dependencies": {"acme-invented-thing": "1.0.0"}}
    (folder / "package.json").write_text(json.dumps(wanted), encoding="utf-8")
    with serving(fault) as index:
        (folder / ".clearance/settings.toml").write_text(_SETTINGS % (index.address, index.address), encoding="utf-8")
        environment = {"CLEARANCE_HOME": str(work / "home"), **({"CLEARANCE_DATA": str(pack)} if pack else {})}
        return _clean(folder, len(pins) + 1, environment)


def peer(work: Path, pins: list[str], programs: Path, *words: str, cut: bool = True) -> tuple[int, int, str]:
    """Let pip-audit judge the pins, in a network namespace that leads nowhere when `cut`; give clean pins, exit code and
    last words.
    """
    listed = work / "pins.txt"
    listed.write_text("\n".join(pins) + "\n", encoding="utf-8")
    inner = [
        str(programs / "pip-audit"),
        "-r",
        str(listed),
        "--no-deps",
        "--disable-pip",
        "--progress-spinner",
        "off",
        *words,
    ]
    done = subprocess.run([*(("unshare", "-rn") if cut else ()), *inner], capture_output=True, text=True, check=False)
    last = (done.stderr or done.stdout).strip().splitlines()
    return len(pins) if done.returncode == 0 else 0, done.returncode, last[-1][:160] if last else ""
