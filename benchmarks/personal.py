"""How much personal data is found in made-up records, how much is cried where there is none, how fast.

Options: `--peers=no`; `--show` lists what is missed or wrongly told (`dev`). The peers are those whose packages install and
run without fetching a model: datafog and scrubadub with what they do out of the box, Presidio's patterns over an empty
spaCy pipeline.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.clean_code import library_files
from benchmarks.measure import WORK, table
from benchmarks.sets.secrets.judge import Answers, Clearance, Said, exact, found
from benchmarks.sets.secrets.labelled import Labelled
from benchmarks.sets.secrets.people import KINDS, LISTED, decoys, people

PINS = ("datafog==4.9.0", "scrubadub==2.0.1", "presidio-analyzer==2.2.366")
_RUNNER = Path(__file__).parent / "sets" / "secrets" / "personal_peers.py"
_CODE = ("django", "lodash", "express")
_PEER_BYTES = 300_000
"""How much code the peers read, the slowest of which takes a second for 20 kB."""


def main() -> None:
    """Print the tables."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    records, traps = list(people()), list(decoys())
    code = [one for one in library_files() if one.group in _CODE and one.path.endswith((".py", ".js"))]
    some = _some(code)
    ours, files_only = Clearance("personal", prompts=True, people=LISTED), Clearance("personal")
    given = {"clearance": [ours.look(files, personal=True) for files in (records, traps, some)]}
    reason: dict[str, str] = {}
    speeds = {"clearance": _speed(ours, some)}
    if options.get("peers") != "no":
        for name in ("datafog", "scrubadub", "presidio"):
            told = _peer(name, [records, traps, some])
            if isinstance(told, str):
                reason[name] = told
            else:
                given[name], speeds[name] = told
    _recall(records, {name: answers[0] for name, answers in given.items()})
    _noise(traps, some, given, speeds)
    size = sum(len(one.text.encode()) for one in code) / 1e6
    rows = []
    for name, judge in (("as prompts", ours), ("as files, where settings ask for all", files_only)):
        whole = judge.look(code, personal=True)
        count = sum(len({(one.first, one.span) for one in said}) for said in whole.values())
        rows.append((name, str(count), f"{count / size:.1f}", f"{_speed(judge, code):.1f}"))
    table(f"Clearance over all {size:.1f} MB of library code", ("looked at", "findings", "per MB", "MB/s"), rows)
    for name, text in reason.items():
        print(f"{name}: left out, {text}")
    if "show" in options:
        _show(records, traps, given["clearance"])
        texts = {one.path: one.text.split("\n") for one in code}
        for path, said in ours.look(code, personal=True).items():
            for one in said:
                print(f"CODE {one.rule} {path}:{one.first}: {texts[path][one.first - 1].strip()[:120]}")


def _some(code: Sequence[Labelled]) -> list[Labelled]:
    chosen, size = [], 0
    for one in code[:: max(1, len(code) // 60)]:
        if size + len(one.text) <= _PEER_BYTES:
            chosen.append(one)
            size += len(one.text)
    return chosen


def _speed(ours: Clearance, files: Sequence[Labelled]) -> float:
    before = ours.busy
    ours.look(files, personal=True)
    return sum(len(one.text.encode()) for one in files) / 1e6 / (ours.busy - before)


def _peer(name: str, sets: Sequence[Sequence[Labelled]]) -> tuple[list[Answers], float] | str:
    """Run a peer in its own environment; gives its answers and MB/s over the last set, or why it does not run."""
    venv = WORK / "personal-peers"
    if not (venv / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PINS], check=True)
    asked = json.dumps([[(one.path, one.text) for one in files] for files in sets])
    try:
        done = subprocess.run(
            [str(venv / "bin" / "python"), str(_RUNNER), name],
            input=asked.encode(),
            capture_output=True,
            check=False,
            timeout=900,
        )
    except subprocess.TimeoutExpired:
        return "out of time"
    if done.returncode:
        return (done.stderr.decode().strip().splitlines() or ["no reason given"])[-1][:160]
    told = json.loads(done.stdout)
    answers: list[Answers] = []
    for files, by_path in zip(sets, told["answers"], strict=True):
        texts = {one.path: one.text for one in files}
        answers.append({path: [_said(texts[path], *one) for one in found_] for path, found_ in by_path.items()})
    return answers, told["speed"]


def _said(text: str, begin: int, end: int, kind: str) -> Said:
    return Said(text.count("\n", 0, begin) + 1, text.count("\n", 0, max(begin, end - 1)) + 1, kind, (begin, end))


def _recall(records: Sequence[Labelled], given: dict[str, Answers]) -> None:
    rows = []
    for kind in [*KINDS, "all"]:
        members = [one for one in records if kind in (one.group, "all")]
        row = [kind, str(len(members))]
        for name, answers in given.items():
            hits = [found(one.truths[0], answers.get(one.path, ())) for one in members]
            over = [_overlapping(one, said) for one, said in zip(members, hits, strict=True)]
            row.append(f"{100 * sum(over) / len(members):.0f}")
            if name == "clearance":
                same = sum(exact(one.truths[0], said, one.text) for one, said in zip(members, hits, strict=True))
                row.append(f"{100 * same / len(members):.0f}")
        rows.append(tuple(row))
    names = [head for name in given for head in ((name, "exact span") if name == "clearance" else (name,))]
    table("Personal data in records: found, per cent", ("kind", "records", *names), rows)


def _overlapping(file: Labelled, said: Sequence[Said]) -> bool:
    (begin, end), *_ = file.truths[0].spans
    return any(one.span is None or (one.span[0] < end and begin < one.span[1]) for one in said)


def _noise(
    traps: Sequence[Labelled], code: Sequence[Labelled], given: dict[str, list[Answers]], speeds: dict[str, float]
) -> None:
    size = sum(len(one.text.encode()) for one in code) / 1e6
    rows = []
    for name, (_, trapped, told) in given.items():
        wrong = sum(any(one.first == 2 for one in trapped.get(trap.path, ())) for trap in traps)
        count = sum(len({(one.first, one.span) for one in said}) for said in told.values())
        rows.append((name, str(wrong), f"{count / size:.1f}", f"{speeds[name]:.2f}"))
    table(
        f"Noise: of {len(traps)} decoys; findings per MB of library code; MB/s of processor time ({size:.2f} MB)",
        ("tool", "decoys told", "findings per MB", "MB/s"),
        rows,
    )


def _show(records: Sequence[Labelled], traps: Sequence[Labelled], ours: Sequence[Answers]) -> None:
    for one in records:
        said = ours[0].get(one.path, [])
        if one.part == "dev" and not _overlapping(one, found(one.truths[0], said)):
            print(f"MISS {one.group}: {one.text.strip()!r}")
        elif one.part == "dev" and not exact(one.truths[0], said, one.text):
            print(
                f"SPAN {one.group}: {one.text.strip()!r} told {[one.text[slice(*each.span)] for each in said if each.span]}"
            )
    for one in traps:
        for told in ours[1].get(one.path, []):
            print(f"DECOY {told.rule}: {one.text.splitlines()[1]!r}")
