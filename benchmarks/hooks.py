"""How long an assistant waits for its hook: the whole process, as a shell runs it, for a write of 200 lines.

With the resident, without it, and the first time of all; beside other scanners run on the same file, where they are
installed, and beside interpreters that do nothing, which no hook can beat. `--short` asks a tenth as often.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import WORK, median, table

LINES = 200
TIMES = 300
HOOK = "clearance-hook claude-code PreToolUse || exit 2"
_PAUSE = 0.1  # seconds between two questions: an assistant thinks for longer
_BIN = Path(sys.executable).parent


class Run(NamedTuple):
    """Milliseconds of wall clock, milliseconds of processor time (user and system) of the process and what it waited for,
    exit code, standard output."""

    clock: float
    busy: float
    code: int
    out: bytes


def main() -> None:
    """Make files and a repository, ask, print."""
    times = TIMES // 10 if "--short" in sys.argv else TIMES
    top = WORK / "hooks"
    shutil.rmtree(top, ignore_errors=True)
    repository = top / "repository"
    _build(repository)
    run_folder = top / "run"
    run_folder.mkdir(mode=0o700)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CLEARANCE_"))},
        "CLEARANCE_HOME": str(top / "home"), "CLEARANCE_CACHE": str(top / "cache"), "XDG_RUNTIME_DIR": str(run_folder),
        "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    off = environment | {"CLEARANCE_RESIDENT": "off"}
    writes = {name: _write(repository, name, text) for name, text in _files().items()}
    python = writes["report.py"]
    rows = [_row("hook, the first of all: no cache, no key, no resident", [_hook(repository, environment, python)])]
    rows.append(_row("hook without a resident (cold)", _many(repository, off, [python], max(20, times // 10))))
    start = _resident(environment, "start")["status"]
    rows.append(("the start of a resident, beside the first hook", "", "", "", f"{_spent(start['pid']):.0f}", ""))
    names = {"report.py": "Python", "report.ts": "TypeScript", "report.go": "Go"}
    for name, language in names.items():
        rows.append(_warm(f"hook, warm, {LINES} lines of {language}", repository, environment, writes[name], times))
    command = _payload(repository, "Bash", {"command": "ls -l src"})
    rows.append(_warm("hook, warm, a shell command", repository, environment, command, times))
    rows.append(_warm("hook, warm, Python, without a pause", repository, environment, python, times, pause=0.0))
    status = _resident(environment, "status")["status"]
    _resident(environment, "stop")
    rows += _floors(repository, environment, times)
    rows += _peers(top, repository, environment)
    table(
        f"One question of an assistant, the whole process (sh -c '{HOOK}'), milliseconds",
        ("", "median", "p95", "p99", "processor", "of it resident"),
        rows,
    )
    print(f"resident: {status['answered']} answered, {status['failed']} failed, {status['memory_mib']:.0f} MiB")
    shutil.rmtree(top, ignore_errors=True)


def _warm(
    name: str, repository: Path, environment: dict[str, str], payload: Path, times: int, pause: float = _PAUSE
) -> tuple[str, ...]:
    """Ask the resident; the processor time is that of client and resident together."""
    _many(repository, environment, [payload], 3, pause)
    before = _resident(environment, "status")["status"]
    spent = _spent(before["pid"])
    runs = _many(repository, environment, [payload], times, pause)
    after = _resident(environment, "status")["status"]
    answered = after["answered"] - before["answered"]
    if before["pid"] != after["pid"] or answered < times:
        name += f" ({answered} of {times} answers were warm)"
    return _row(name, runs, (_spent(before["pid"]) - spent) / times)


def _many(
    repository: Path, environment: dict[str, str], payloads: Sequence[Path], times: int, pause: float = _PAUSE
) -> list[Run]:
    runs = []
    for _ in range(times):
        for payload in payloads:
            runs.append(_hook(repository, environment, payload))
            time.sleep(pause)
    return runs


def _hook(repository: Path, environment: dict[str, str], payload: Path) -> Run:
    run = _run(["sh", "-c", HOOK], repository, environment, payload)
    assert (run.code, run.out) == (0, b""), run
    return run


def _run(words: Sequence[str], cwd: Path, environment: dict[str, str], stdin: Path | None = None) -> Run:
    """Run a program to its end; what it prints is read as an assistant reads it, to the end of the pipe."""
    with (stdin or Path(os.devnull)).open("rb") as given:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, cwd=cwd, env=environment, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        with process.stdout:
            out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(clock * 1000, (usage.ru_utime + usage.ru_stime) * 1000, process.returncode, out)


def _row(name: str, runs: Sequence[Run], resident: float = 0.0) -> tuple[str, ...]:
    clock = sorted(run.clock for run in runs)
    busy = median([run.busy for run in runs]) + resident
    shares = [
        f"{clock[min(len(clock) - 1, len(clock) * share // 100)]:.1f}" if len(clock) >= 20 else "" for share in (95, 99)
    ]
    return name, f"{median(clock):.1f}", *shares, f"{busy:.1f}", f"{resident:.1f}" if resident else ""


def _floors(repository: Path, environment: dict[str, str], times: int) -> list[tuple[str, ...]]:
    floors = {"python -c pass": [sys.executable, "-c", "pass"], "sh -c true": ["sh", "-c", "true"]}
    if node := shutil.which("node"):
        floors["node -e 0"] = [node, "-e", "0"]
    return [
        _row(f"{name} (floor)", [_run(words, repository, environment) for _ in range(times // 3)])
        for name, words in floors.items()
    ]


def _peers(top: Path, repository: Path, environment: dict[str, str]) -> list[tuple[str, ...]]:
    """Run other scanners as a hook would: one process a question, on the file that was written."""
    file = repository / "report.py"
    file.write_text(_files()["report.py"], encoding="utf-8")
    rules = Path(__file__).with_name("semgrep.yml")
    semgrep = f"scan --config {rules} --metrics=off --disable-version-check --quiet -j 1"
    rows = []
    for name, words in (("ruff", "check --isolated --no-cache --select S"), ("bandit", "-q"), ("semgrep", semgrep)):
        program = _installed(name)
        if program is None:
            continue
        own = environment | {"HOME": str(top), "PATH": f"{program.parent}{os.pathsep}{environment['PATH']}"}
        words_ = ["sh", "-c", '"$@"', "sh", str(program), *words.split(), str(file)]
        _run(words_, repository, own)
        rows.append(_row(f"{name}, the same file of Python", [_run(words_, repository, own) for _ in range(20)]))
    file.unlink()
    return rows


def _installed(name: str) -> Path | None:
    given = os.environ.get("CLEARANCE_PEERS")
    places = [Path(given)] if given else []
    places += [*sorted(_BIN.parent.glob("tools-*/bin")), WORK / "code-peers" / "bin", _BIN]
    return next((place / name for place in places if (place / name).exists()), None)


def _resident(environment: dict[str, str], word: str) -> dict[str, Any]:
    words = [str(_BIN / "clearance"), "resident", word, *(["--format", "json"] if word != "stop" else [])]
    shown = subprocess.run(words, env=environment, capture_output=True, check=True).stdout
    told: dict[str, Any] = json.loads(shown) if word != "stop" else {}
    return told


def _spent(pid: int) -> float:
    """Give the milliseconds of processor time of a process and of the children that it took leave of (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) * 1000 / os.sysconf("SC_CLK_TCK")


def _build(repository: Path) -> None:
    """Make a repository of 300 files and one commit."""
    made = random.Random(5)
    for number in range(300):
        path = repository / "src" / f"part_{number % 20}" / f"shelf_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(made, "py", 60), encoding="utf-8")
    own = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-C", str(repository)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "shelves"]):
        subprocess.run([*own, *words], check=True)


def _files() -> dict[str, str]:
    return {f"report.{language}": _text(random.Random(3), language, LINES) for language in ("py", "ts", "go")}


def _write(repository: Path, name: str, text: str) -> Path:
    return _payload(repository, "Write", {"file_path": str(repository / name), "content": text})


def _payload(repository: Path, tool: str, given: dict[str, str]) -> Path:
    asked = {
        "session_id": "benchmark", "transcript_path": str(repository.parent / "talk.jsonl"), "cwd": str(repository),
        "permission_mode": "default", "hook_event_name": "PreToolUse", "tool_name": tool, "tool_use_id": "1",
        "tool_input": given,
    }  # fmt: skip
    path = repository.parent / f"payload-{len(list(repository.parent.glob('payload-*')))}.json"
    path.write_text(json.dumps(asked), encoding="utf-8")
    return path


_OPENINGS = {"py": "import json\nimport os\n", "ts": 'import fs from "fs";\n', "go": 'package report\n\nimport "fmt"\n'}
_BODIES = {
    "py": """

def {name}(items, word=None):
    found = {{"word": word}}
    for item in items or ():
        if item != "{name}":
            found[str(item)] = os.path.join("shelf", f"{{item}}-{number}.txt")
    return json.dumps(found)
""",
    "ts": """
export function {name}(items: string[], word?: string): Record<string, unknown> {{
  const found: Record<string, unknown> = {{ word }};
  for (const item of items ?? []) {{
    if (item !== "{name}" && fs.existsSync("shelf")) {{
      found[item] = `shelf/${{item}}-{number}.txt`;
    }}
  }}
  return found;
}}
""",
    "go": """
func {name}(items []string, word string) map[string]string {{
	found := map[string]string{{"word": word}}
	for _, item := range items {{
		if item != "{name}" {{
			found[item] = fmt.Sprintf("shelf/%s-{number}.txt", item)
		}}
	}}
	return found
}}
""",
}


def _text(made: random.Random, language: str, lines: int) -> str:
    """Write so many lines of plain code in which nothing is wrong."""
    text = _OPENINGS[language]
    while text.count("\n") < lines:
        number = made.randrange(1000, 9999)
        text += _BODIES[language].format(name=f"shelf{number}", number=number)
    return "\n".join(text.split("\n")[: lines - 1]) + "\n" if language == "py" else text


if __name__ == "__main__":
    main()
