"""Runs bandit, ruff and semgrep over labelled cases, and tells which weakness each of their findings is."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import WORK
from benchmarks.sets.cases import Case

Found = dict[str, list[tuple[tuple[str, ...], str, str, bool, bool]]]
"""By case: weaknesses, rule, place, whether confidence is above low, whether severity and confidence are."""

# ruff gives no weakness for its S rules; these are those of the bandit tests that they were made after.
_RUFF = {
    "S101": 703, "S102": 78, "S103": 732, "S104": 605, "S105": 259, "S106": 259, "S107": 259, "S108": 377, "S110": 703,
    "S112": 703, "S113": 400, "S201": 94, "S202": 22, "S301": 502, "S302": 502, "S303": 327, "S304": 327, "S305": 327,
    "S306": 377, "S307": 78, "S308": 79, "S310": 22, "S311": 330, "S312": 319, "S313": 611, "S314": 611, "S315": 611,
    "S316": 611, "S317": 611, "S318": 611, "S319": 611, "S320": 611, "S321": 319, "S323": 295, "S324": 327, "S401": 319,
    "S402": 319, "S403": 502, "S404": 78, "S405": 611, "S501": 295, "S502": 327, "S503": 327, "S504": 327, "S505": 326,
    "S506": 502, "S507": 295, "S508": 319, "S509": 319, "S601": 78, "S602": 78, "S603": 78, "S604": 78, "S605": 78,
    "S606": 78, "S607": 78, "S608": 89, "S609": 78, "S610": 89, "S611": 89, "S612": 94, "S701": 79, "S702": 79, "S704": 79,
}  # fmt: skip
_SEMGREP = {
    1: 78, 2: 78, 3: 95, 4: 95, 5: 502, 6: 502, 7: 502, 8: 502, 9: 328, 10: 328, 11: 89, 12: 89, 13: 89, 14: 89, 15: 295,
    16: 295,
    17: 347, 18: 489, 19: 732, 20: 377, 21: 330, 22: 1336, 23: 79, 24: 611, 25: 22, 26: 918, 27: 95, 28: 79, 29: 79, 30: 95,
    31: 78, 32: 328, 33: 89, 34: 327, 35: 330,
}  # fmt: skip
_LOW = "LOW"


def run_peers(cases: Sequence[Case]) -> dict[str, Found]:
    """Write the cases to files, run each tool once over those of its languages, and give what it said by case."""
    bin_ = _installed()
    top = WORK / "code-cases"
    shutil.rmtree(top, ignore_errors=True)
    names: dict[str, Case] = {}
    for number, case in enumerate(cases):
        names[f"c{number}"] = case
        for path, text in case.files:
            target = top / case.language / f"c{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    found: dict[str, Found] = {}
    if (top / "python").exists():
        found["bandit"] = _bandit(bin_, top / "python", names)
        found["ruff S"] = _ruff(top / "python", names)
    found["semgrep"] = _semgrep(bin_, top, names)
    shutil.rmtree(top, ignore_errors=True)
    return found


def _installed() -> Path:
    """Give the programs of the environment that `requirements/peers.lock` pins, made when it is missing, or those of
    the folder that the variable CLEARANCE_PEERS names.
    """
    if given := os.environ.get("CLEARANCE_PEERS"):
        return Path(given)
    venv = WORK / "code-peers"
    if not (venv / "bin" / "semgrep").exists():
        lock = Path(__file__).parent.parent / "requirements" / "peers.lock"
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", "--require-hashes", "-r", str(lock)], check=True)
    return venv / "bin"


def _start(names: dict[str, Case], languages: Sequence[str]) -> Found:
    found: Found = defaultdict(list)
    for case in names.values():
        if case.language in languages:
            found[case.name] = []
    return found


def _bandit(bin_: Path, top: Path, names: dict[str, Case]) -> Found:
    found = _start(names, ["python"])
    said = _json([f"{bin_}/bandit", "-q", "-r", "-f", "json", "."], top)
    for one in said["results"]:
        cwe = (f"CWE-{one['issue_cwe']['id']}",) if one.get("issue_cwe") else ()
        sure = one["issue_confidence"] != _LOW
        place = (cwe, one["test_id"], one["filename"], sure, sure and one["issue_severity"] != _LOW)
        found[_case(one["filename"], names)].append(place)
    return found


def _ruff(top: Path, names: dict[str, Case]) -> Found:
    found = _start(names, ["python"])
    ruff = str(Path(sys.executable).parent / "ruff")
    said = _json(
        [ruff, "check", "--isolated", "--no-cache", "--select", "S", "--output-format", "json", "--exit-zero", "."], top
    )
    for one in said:
        cwe = (f"CWE-{_RUFF[one['code']]}",) if one["code"] in _RUFF else ()
        found[_case(one["filename"], names)].append((cwe, one["code"], one["filename"], True, True))
    return found


def _semgrep(bin_: Path, top: Path, names: dict[str, Case]) -> Found:
    found = _start(names, ["python", "javascript"])
    rules = str(Path(__file__).parent / "semgrep.yml")
    (top / ".semgrepignore").write_text("", encoding="utf-8")
    words = ["scan", "--config", rules, "--metrics=off", "--no-git-ignore", "--disable-nosem", "--disable-version-check"]
    said = _json([f"{bin_}/semgrep", *words, "--quiet", "--json", "-j", "2", "."], top)
    for one in said["results"]:
        number = int(re.sub(r"\D", "", one["check_id"].rpartition(".")[2]))
        found[_case(one["path"], names)].append(((f"CWE-{_SEMGREP[number]}",), one["check_id"], one["path"], True, True))
    return found


def _case(path: str, names: dict[str, Case]) -> str:
    return next(names[part].name for part in Path(path).parts if part in names)


def _json(arguments: Sequence[str], cwd: Path) -> Any:
    path = f"{Path(arguments[0]).parent}:/usr/bin:/bin"
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, check=False, env={"PATH": path, "HOME": str(WORK)})
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{arguments[0]} gave no JSON: {done.stderr.decode()[-500:]}") from None
