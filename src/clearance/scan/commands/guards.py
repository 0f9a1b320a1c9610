"""What a command does to guards: Clearance's files, settings with hooks, git hooks, pipelines, and the programs."""

import re
from collections.abc import Iterator

from clearance.scan.commands.files import touches
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.guarded_files import HOOKS, OWN, PIPELINE, SETTINGS, guard_mentioned, guard_of
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import GUESS, HIGH, LIKELY, LOW, MEDIUM, Seen, seen, shown

CHECKS = "guard-commit-checks"
OFF = "guard-clearance-off"
UNLEASHED = "guard-assistant-unleashed"

_WHOLE_FOLDERS = frozenset({"git", "tar", "bsdtar", "unzip"})
"""Programs that write a folder with all that is in it."""
_WHAT = {
    OWN: "what Clearance decides by",
    SETTINGS: "the settings and hooks of an assistant",
    HOOKS: "the hooks of git",
    PIPELINE: "what continuous integration checks, or who must agree",
}
_DOES = {
    "write": "would write", "append": "would add to", "delete": "would delete", "move": "would move away",
    "mode": "would change the rights of", "mention": "runs code that names",
}  # fmt: skip
_CHOSEN = re.compile(
    r"-(?:i?path|wholename|regex) \S*(?:\.?clearance|\.git/hooks|\.?claude|\.?codex|\.?cursor/hooks|\.?gemini"
    r"|managed-settings)\S*"
    r"|-i?name \.(?:clearance|git|claude|codex|cursor|gemini)(?![\w-])\S*|-i?name \S*\.cedar(?!\w)"
)
_SKIPS = {
    "HUSKY": ("0",), "HUSKY_SKIP_HOOKS": ("1", "true"), "LEFTHOOK": ("0", "false"), "PRE_COMMIT_ALLOW_NO_CONFIG": ("1",),
    "OVERCOMMIT_DISABLE": ("1",), "LEFTHOOK_EXCLUDE": (), "SKIP": (), "GIT_CONFIG_COUNT": (), "GIT_CONFIG_GLOBAL": (),
    "GIT_CONFIG_SYSTEM": (),
}  # fmt: skip
_WRITES_OWN = frozenset({("policy", "init"), ("policy", "import-gate"), ("rules", "import"), ("rules", "new")})
"""Commands of Clearance that write policies, rules or guidance of the team."""
_PERSONS = {
    "trust": (frozenset({"init", "rotate", "login", "issue", "revoke"}), "change whom Clearance trusts"),
    "attest": (frozenset({"review", "merge", "deploy", "vsa"}), "vouch for a change"),
    "evidence": (frozenset({"erase", "retain", "show"}), "read or erase evidence"),
    "log witness": (frozenset({"add", "remove", "policy"}), "change who watches the log"),
}
"""Commands of Clearance that speak for people, or decide whom to believe."""
_VERSION = re.compile(r"(?<=.)@[^/]*\Z")
_HOOK_SETTING = re.compile(
    r"(?:core\.hookspath|init\.templatedir|include\.path|includeif\.[^=]{0,1000}\.path)(?:=|\Z)", re.IGNORECASE
)
_SIGNING = re.compile(r"(?:commit|tag|push)\.gpgsign=(?:false|0|no|off)?\Z", re.IGNORECASE)
_UNLEASHED = {
    "claude": ("--dangerously-skip-permissions", "--allow-dangerously-skip-permissions", "--bare"),
    "codex": (
        "--dangerously-bypass-approvals-and-sandbox",
        "--dangerously-bypass-hook-trust",
        "--yolo",
        "--ignore-user-config",
    ),
    "gemini": ("--yolo", "-y"),
    "copilot": ("--allow-all-tools", "--allow-all", "--yolo"),
    "cursor-agent": ("--force", "-f"),
    "aider": ("--yes-always",),
    "amp": ("--dangerously-allow-all",),
    "qwen": ("--yolo", "-y"),
    "goose": (),
    "opencode": (),
    "auggie": (),
    "kiro-cli": ("--trust-all-tools",),
    "q": ("--trust-all-tools",),
}


def guards(readout: Readout) -> Iterator[Seen]:
    """Give what a text does to guards."""
    for run in readout.runs:
        yield from _files(run)
        yield from _checks(run)
        yield from _off(run, readout)
        yield from _unleashed(run)


def _files(run: Run) -> Iterator[Seen]:
    told = set()
    if (
        run.name == "find"
        and ("-delete" in run.words or "rm" in run.words)
        and (named := _CHOSEN.search(" ".join(run.words)))
    ):
        rule = OWN if "clearance" in named[0] else HOOKS if ".git" in named[0] else SETTINGS
        told.add(rule)
        yield seen(rule, run, f"`find` would delete what is called `{shown(named[0], 40)}`: {_WHAT[rule]}", None, LIKELY)
    for touch in touches(run):
        if not touch.changes:
            continue
        found = guard_mentioned(touch) if touch.kind == "mention" else guard_of(touch, whole=run.name in _WHOLE_FOLDERS)
        if found is None or found[0] in told:
            continue
        rule, severity, sure = found
        told.add(rule)
        program = run.name or "the shell"
        path = "a guarded file" if touch.kind == "mention" else f"`{shown(touch.field.text)}`"
        message = f"`{shown(program)}` {_DOES[touch.kind]} {path}: {_WHAT[rule]}"
        yield seen(rule, run, message, severity, None if sure else LIKELY)


def _checks(run: Run) -> Iterator[Seen]:
    for key, field in run.environment.items():
        values = _SKIPS.get(key)
        if values is None or (values and field.text not in values):
            continue
        if key == "SKIP" and run.name not in {"git", "pre-commit", "export"} and "clearance" not in field.text:
            continue
        if key.startswith("GIT_CONFIG") and run.name not in {"git", "export"}:
            continue
        if key in {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"} and field.text in {"/dev/null", ""}:
            yield seen(CHECKS, run, f"`{key}` lets git read other settings", LOW)
            continue
        if key in {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}:
            yield seen(CHECKS, run, f"`{key}` lets git read other settings, which may name other hooks", MEDIUM)
            continue
        yield seen(CHECKS, run, f"`{key}={shown(field.text, 40)}` turns hooks of git off")
    if run.name in {"pre-commit", "husky", "lefthook"} and run.words[:1] == ("uninstall",):
        yield seen(CHECKS, run, f"`{run.name} uninstall` takes the hooks of git out")
    if run.name != "git":
        return
    word, given, settings = git_words(run)
    if word in {"commit", "push", "merge", "rebase", "am", "cherry-pick", "revert"}:
        short = word == "commit" and given.has("-n")
        if given.has("--no-verify") or any(_shortened(flag) for flag in given.flags) or short:
            yield seen(CHECKS, run, f"`git {word}` would skip the checks that run as hooks")
        if given.has("--no-gpg-sign"):
            yield seen(CHECKS, run, f"`git {word}` would leave out the signature", LOW)
    for one in settings:
        if _HOOK_SETTING.match(one.text):
            yield seen(CHECKS, run, f"`git -c {shown(one.text)}` runs other hooks, or none")
        elif _SIGNING.match(one.text):
            yield seen(CHECKS, run, f"`git -c {shown(one.text)}` leaves out the signature", LOW)
    if word == "config":
        words = [one.text for one in given.operands if one.text not in {"set", "unset"}]
        first = given.operands[0].text if given.operands else ""
        if given.has("--remove-section", "--rename-section") and words[:1] == ["core"]:
            yield seen(CHECKS, run, "`git config` would take away where git looks for hooks", MEDIUM)
        reads = given.has("--get", "--get-all", "-l", "--list", "--get-regexp") or first in {"get", "list"}
        changes = len(words) > 1 or first == "unset" or given.has("--unset", "--unset-all")
        if words and not reads and changes and _HOOK_SETTING.match(words[0]):
            yield seen(CHECKS, run, "`git config` would change where git looks for hooks")


def _shortened(flag: str) -> bool:
    """Whether git takes an option for `--no-verify`, which it does with any beginning that fits nothing else."""
    return flag.startswith("--no-veri") and "--no-verify".startswith(flag)


def as_clearance(run: Run) -> tuple[str, tuple[str, ...]]:
    """Give the name and words of a program; those of Clearance where Python is told to run it."""
    words = run.words
    at = next((at for at, one in enumerate(words[:8]) if re.fullmatch(r"-[A-Za-z]*m", one)), len(words))
    if run.name.startswith(("python", "pypy", "py")) and words[at + 1 : at + 2] == ("clearance",):
        return "clearance", words[at + 2 :]
    return run.name, words


def _off(run: Run, readout: Readout) -> Iterator[Seen]:
    for key in run.environment:
        if key.startswith("CLEARANCE_"):
            yield seen(OFF, run, f"`{shown(key)}` would change how Clearance works for a command")
    name, words = as_clearance(run)
    match name:
        case "unset" if any(one.startswith("CLEARANCE_") for one in words):
            yield seen(OFF, run, "`unset` would change how Clearance works for what follows")
        case "clearance" | "clearance-hook":
            if words[:1] == ("uninstall",):
                yield seen(OFF, run, "`clearance uninstall` would take the guards out")
            elif words[:1] == ("prove",) and any(one.startswith("--forget") for one in words):
                yield seen(OFF, run, "`clearance prove --forget` would silence a guard that is gone")
            elif words[:1] == ("risk",) and {"accept", "renew"}.intersection(words):
                yield seen(OWN, run, "`clearance risk` would accept a risk, which is for a person to do")
            elif (what := _persons(words)) and "--dry-run" not in words:
                yield seen(OWN, run, f"`clearance {' '.join(words[:2])}` would {what}, which is for a person to do")
            elif words[:2] in _WRITES_OWN and "--dry-run" not in words:
                yield seen(OWN, run, f"`clearance {' '.join(words[:2])}` would write what Clearance decides by")
            elif words[:2] == ("resident", "stop"):
                yield seen(OFF, run, "`clearance resident stop` would stop the guard that answers hooks")
            if "PATH" in run.environment:
                yield seen(OFF, run, "`PATH` would be another one for Clearance")
        case "kill" | "pkill" | "killall" | "skill" | "taskkill":
            named = " ".join(words) + " ".join(" ".join(one.words) for one in run.inner())
            fed = " ".join(word for one in _before(run) for word in one.words)
            if "clearance" in named or ("clearance" in fed and "xargs" in run.via):
                yield seen(OFF, run, f"`{run.name}` would end Clearance")
        case "pip" | "pip3" | "pipx" | "uv" | "poetry" | "conda" | "brew" | "pdm" | "apt" | "apt-get" | "pipenv":
            if "clearance" in words and any(one in {"uninstall", "remove", "rm"} for one in words):
                yield seen(OFF, run, f"`{run.name}` would uninstall Clearance")
        case "systemctl" | "launchctl" | "service":
            if any("clearance" in one for one in words) and not {"status", "show", "list-units", "start", "list"} & set(
                words
            ):
                yield seen(OFF, run, f"`{run.name}` would stop Clearance")
        case _:
            pass
    for touch in touches(run):
        last = touch.path.rpartition("/")[2]
        if touch.kind in {"write", "append", "delete", "move", "mode"} and last in {"clearance-hook", "clearance"}:
            bins = touch.path.rpartition("/")[0].endswith(("bin", "Scripts")) or last == "clearance-hook"
            if bins and touch.path != "clearance":
                yield seen(OFF, run, f"`{run.name or 'the shell'}` would put another program in place of `{last}`")
                break
    if readout.runs and run is readout.runs[0] and {"clearance", "clearance-hook"} & readout.names:
        yield seen(OFF, run, "the text defines a function or alias with the name of Clearance")


def _persons(words: tuple[str, ...]) -> str:
    """Give what a command of Clearance would do in the name of people, or of the whole log; empty: nothing of the kind."""
    named = [one for one in words if not one.startswith("-")]
    group = " ".join(named[: 2 if named[:2] == ["log", "witness"] else 1])
    names, what = _PERSONS.get(group, (frozenset(), ""))
    if not names.intersection(named[len(group.split()) :][:1]):
        return "sign as a person" if group == "attest" and any(_token(one) for one in words) else ""
    if named[1:2] != ["review"] or any("approve" in one for one in words) or any(_token(one) for one in words):
        return what
    return ""


def _token(word: str) -> bool:
    return word.partition("=")[0] == "--id-token"


def _before(run: Run) -> list[Run]:
    """Give all that comes before a program in its pipeline."""
    found: list[Run] = []
    waiting = list(run.feeding)
    while waiting and len(found) < 100:
        found.append(waiting.pop())
        waiting.extend(found[-1].feeding)
    return found


def _unleashed(run: Run) -> Iterator[Seen]:
    name = run.name
    if name == "npx" and run.args:
        package = _VERSION.sub("", next((one for one in run.words if not one.startswith("-")), ""))
        name = {"@anthropic-ai/claude-code": "claude", "@openai/codex": "codex", "@google/gemini-cli": "gemini",
                "@github/copilot": "copilot"}.get(package, "")  # fmt: skip
    if name not in _UNLEASHED:
        return
    given = options(run.args, {"--permission-mode", "--approval-mode", "--settings", "-p", "-m", "--setting-sources", "-s",
                               "--sandbox", "-a", "--ask-for-approval", "-c", "--config", "--disable"})  # fmt: skip
    flags = [one for one in _UNLEASHED[name] if one in given.flags]
    mode = given.value("--permission-mode", "--approval-mode", "-a", "--ask-for-approval")
    settings = " ".join(one.text for one in given.all("--settings", "-c", "--config"))
    off = given.value("--disable")
    if name == "codex" and off is not None and "hooks" in off.text:
        yield seen(UNLEASHED, run, "`codex --disable hooks` starts an assistant without hooks")
    elif flags:
        yield seen(UNLEASHED, run, f"`{name} {flags[0]}` starts an assistant that asks nobody")
    elif mode is not None and mode.text in {"bypassPermissions", "yolo", "never"}:
        yield seen(UNLEASHED, run, f"`{name}` starts an assistant that asks nobody: `{mode.text}`")
    elif given.has("-s", "--sandbox") and (given.value("-s", "--sandbox") or run.program).text == "danger-full-access":
        yield seen(UNLEASHED, run, f"`{name}` starts an assistant without a sandbox")
    elif "disableAllHooks" in settings or "hooks" in settings:
        yield seen(UNLEASHED, run, f"`{name}` starts an assistant with other hooks than this repository's")
    elif given.has("--setting-sources", "--safe-mode"):
        yield seen(UNLEASHED, run, f"`{name}` starts an assistant without this repository's settings", HIGH, GUESS)
    words = [one.text for one in given.operands]
    if words[:1] == ["config"] and len(words) > 1 and words[1] in {"set", "add", "remove", "unset"}:
        yield seen(UNLEASHED, run, f"`{name} config` would change the settings of an assistant")
    elif words[:2] in (["mcp", "add"], ["mcp", "add-json"], ["mcp", "remove"]) or words[:2] == ["plugin", "install"]:
        yield seen(UNLEASHED, run, f"`{name} {' '.join(words[:2])}` would change what an assistant may use", MEDIUM)
