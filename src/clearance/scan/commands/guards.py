"""What a command does to guards: Clearance's files, settings with hooks, git hooks, pipelines, and the programs."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from clearance.facts.finding import Severity
from clearance.scan.commands.field import MAYBE, SOME
from clearance.scan.commands.files import Touch, git_words, touches
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import GUESS, HIGH, LIKELY, LOW, MEDIUM, Seen, seen, shown

OWN = "guard-clearance-files"
SETTINGS = "guard-assistant-settings"
HOOKS = "guard-git-hooks"
PIPELINE = "guard-ci-files"
CHECKS = "guard-commit-checks"
OFF = "guard-clearance-off"
UNLEASHED = "guard-assistant-unleashed"

_LONGEST_PATH = 4_096
_AT = r"(?:\A|/)"
_OWN = re.compile(
    _AT + r"\.(?:clearance|git/clearance)(?:/|\Z)|\A~/\.(?:config|cache|local/(?:share|state)|clearance)/?clearance(?:/|\Z)",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    _AT + r"(?:\.claude/(?:settings[\w.]*\.json|hooks(?:/.*)?)|\.codex/(?:config\.toml|hooks(?:\.json|/.*)?|rules(?:/.*)?)"
    r"|\.cursor/hooks(?:\.json|/.*)?|\.gemini/(?:settings\.json|hooks(?:/.*)?|extensions/.*)|\.windsurf/hooks(?:\.json|/.*)?"
    r"|\.codeium/windsurf/hooks\.json"
    r"|\.github/hooks(?:/.*)?|\.copilot/(?:config|settings|hooks)[\w/.-]*|\.config/opencode/(?:plugins?/.*|opencode\.jsonc?)"
    r"|\.opencode/(?:plugins?(?:/.*)?|opencode\.jsonc?)|opencode\.jsonc?|\.agents?/hooks(?:\.json|/.*)?|\.kiro/hooks(?:/.*)?"
    r"|managed-settings(?:\.json|\.d(?:/.*)?)|managed-mcp\.json)\Z"
    r"|\A/etc/(?:claude-code|codex|cursor|gemini-cli|opencode|windsurf)(?:/|\Z)|/ClaudeCode(?:/|\Z)",
    re.IGNORECASE,
)
_HOOKS = re.compile(_AT + r"\.git/(?:hooks(?:/|\Z)|config\Z|modules/.*?/hooks/)", re.IGNORECASE | re.DOTALL)
_WHOLE_FOLDERS = frozenset({"git", "tar", "bsdtar", "unzip"})
"""Programs that write a folder with all that is in it."""
_WHOLE_GIT = re.compile(r"\A(?:\./)?\.git\Z", re.IGNORECASE)
_HOOK_SETTINGS = re.compile(
    _AT + r"(?:\.pre-commit-config\.ya?ml|\.husky(?:/.*)?|\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)|\.?git-?hooks(?:/.*)?"
    r"|\.overcommit\.yml|\.gitconfig|\.config/git/config)\Z",
    re.IGNORECASE,
)
_PIPELINE = re.compile(
    _AT + r"(?:\.github/(?:workflows|actions)(?:/.*)?|\.gitlab-ci[\w.-]*\.ya?ml|\.gitlab/ci(?:/.*)?|\.circleci(?:/.*)?"
    r"|\.buildkite"
    r"(?:/.*)?|azure-pipelines[\w.-]*\.ya?ml|Jenkinsfile|bitbucket-pipelines\.ya?ml|\.travis\.yml|\.drone\.ya?ml|CODEOWNERS"
    r"|\.github/(?:settings\.ya?ml|rulesets?(?:/.*)?|CODEOWNERS))\Z",
    re.IGNORECASE,
)
_FOLDERS = re.compile(_AT + r"(?:\.claude|\.codex|\.cursor|\.gemini|\.opencode|\.windsurf|\.copilot)\Z", re.IGNORECASE)
_SAMPLES = (
    (OWN, ".clearance"), (OWN, ".clearance/policies/own.cedar"), (OWN, ".clearance/settings.toml"),
    (SETTINGS, ".claude"), (SETTINGS, ".claude/settings.json"), (SETTINGS, ".claude/settings.local.json"),
    (SETTINGS, ".cursor/hooks.json"), (SETTINGS, ".codex/config.toml"), (SETTINGS, ".codex/hooks.json"),
    (SETTINGS, ".gemini/settings.json"), (SETTINGS, ".github/hooks/clearance.json"), (SETTINGS, "opencode.json"),
    (HOOKS, ".git/hooks"), (HOOKS, ".git/hooks/pre-commit"), (HOOKS, ".git/hooks/pre-push"), (HOOKS, ".git/config"),
)  # fmt: skip
_RULES: tuple[tuple[re.Pattern[str], str, Severity | None], ...] = (
    (_OWN, OWN, None), (_SETTINGS, SETTINGS, None), (_HOOKS, HOOKS, None), (_HOOK_SETTINGS, HOOKS, MEDIUM),
    (_PIPELINE, PIPELINE, None),
)  # fmt: skip
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
_MENTIONED = re.compile(
    r"\.clearance\b(?!/?(?:dev|com|io|org)\b)|\.claude/(?:settings|hooks)|\.codex/(?:config|hooks)|\.cursor/hooks|\.gemini/settings"
    r"|\.git/hooks|\.github/hooks|managed-settings|['\"]\.clearance['\"]|disableAllHooks"
)
_CHOSEN = re.compile(
    r"-(?:i?path|wholename|regex) \S*(?:\.?clearance|\.git/hooks|\.?claude|\.?codex|\.?cursor/hooks|\.?gemini"
    r"|managed-settings)\S*"
    r"|-i?name \.(?:clearance|git|claude|codex|cursor|gemini)(?![\w-])\S*|-i?name \S*\.cedar(?!\w)"
)
_WRITING = re.compile(
    r"['\"][wax]b?\+?['\"]|\bwrite|\brm_\w+|\bdelete|\bunlink|\bremove|\brmtree|\brename|\breplace\(|\bcopy|\bmove\(|\bchmod|\brm\b|Sync\(|\bFile\.(?:write|delete)"
    r"|>\s*['\"]?\.|\bdump\("
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


@lru_cache(maxsize=1)
def _guarded() -> tuple[str, ...]:
    """Give the globs of files that belong to the guards of assistants, as their contracts say."""
    from clearance.assistants.model import guarded

    return tuple(guarded())


@lru_cache(maxsize=1)
def _of_contracts() -> "re.Pattern[str] | None":
    patterns = []
    for glob in _guarded():
        bare = glob.removeprefix("~/").removeprefix("**/").lstrip("/")
        if bare.replace("*", "").strip("/."):
            pieces = re.split(r"(\*\*/|\*\*|\*|\?)", bare)
            known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
            patterns.append("".join(known.get(one, re.escape(one)) for one in pieces))
    return re.compile(_AT + f"(?:{'|'.join(patterns)})\\Z") if patterns else None


def prepare() -> None:
    """Read the contracts of assistants, which takes some milliseconds the first time."""
    _of_contracts()


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
        found = _mentioned(touch) if touch.kind == "mention" else _guard(touch, whole=run.name in _WHOLE_FOLDERS)
        if found is None or found[0] in told:
            continue
        rule, severity, sure = found
        told.add(rule)
        program = run.name or "the shell"
        path = "a guarded file" if touch.kind == "mention" else f"`{shown(touch.field.text)}`"
        message = f"`{shown(program)}` {_DOES[touch.kind]} {path}: {_WHAT[rule]}"
        yield seen(rule, run, message, severity, None if sure else LIKELY)


def _mentioned(touch: Touch) -> tuple[str, Severity | None, bool] | None:
    code = touch.field.text
    found = _MENTIONED.search(code)
    if found is None:
        return None
    rule = OWN if "clearance" in found[0] else HOOKS if ".git/" in found[0] else SETTINGS
    return (rule, None, False) if _WRITING.search(code) else None


def _guard(touch: Touch, *, whole: bool = False) -> tuple[str, Severity | None, bool] | None:
    path = touch.path
    sure = touch.field.known
    if len(path) > _LONGEST_PATH:  # no file system takes it, and the patterns would take long
        return OWN, MEDIUM, False
    # An unknown folder before the guard leaves the guard itself known.
    tail = re.split(f"[{MAYBE}{SOME}]", path)[-1]
    if touch.kind in {"write", "move", "delete"} and _WHOLE_GIT.search(path):
        return HOOKS, None, True
    for pattern, rule, severity in _RULES:
        if pattern.search(path) or (tail.startswith("/") and pattern.search(tail)):
            return rule, severity, True
    contracts = _of_contracts()
    if contracts is not None and contracts.search(path):
        return SETTINGS, None, True
    if (touch.kind in {"delete", "move", "mode"} or (whole and touch.kind == "write")) and not touch.partly:
        if _FOLDERS.search(path):
            return SETTINGS, None, True
        if path in {".github", "./.github"}:
            return PIPELINE, None, True
    if touch.field.globs or not sure:
        wanted = path.replace(MAYBE, "*").replace(SOME, "*")
        letters = len(wanted.replace("*", "").replace("?", "").strip("./"))
        if letters >= 3 or (wanted.startswith(".") and (letters or sure) and wanted != "."):
            for rule, sample in _SAMPLES:
                if fnmatchcase(sample, wanted):
                    return rule, None, touch.field.globs and sure
    return None


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


def _off(run: Run, readout: Readout) -> Iterator[Seen]:
    for key in run.environment:
        if key.startswith("CLEARANCE_"):
            yield seen(OFF, run, f"`{shown(key)}` would change how Clearance works for a command")
    words, name = run.words, run.name
    at = next((at for at, one in enumerate(words[:8]) if re.fullmatch(r"-[A-Za-z]*m", one)), len(words))
    if name.startswith(("python", "pypy", "py")) and words[at + 1 : at + 2] == ("clearance",):
        words, name = words[at + 2 :], "clearance"
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
