"""Ways around the guards that name no file of theirs: commits without hooks, other settings, programs under other names."""

import re
from collections.abc import Iterator
from itertools import pairwise

from clearance.scan.commands.files import code_of
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.named import mentioned
from clearance.scan.commands.options import Options, options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import LIKELY, MEDIUM, Seen, seen, shown

CHECKS, HOOKS, OFF, UNLEASHED = "guard-commit-checks", "guard-git-hooks", "guard-clearance-off", "guard-assistant-unleashed"
_HOOK_SETTING = re.compile(r"(?:core\.hookspath|hook\.[\w.-]+\.(?:command|event|enabled))\b", re.IGNORECASE)
_PLUMBING = frozenset({"commit-tree", "fast-import", "mktree"})
_HEADS = re.compile(r"(?:refs/heads/.+|HEAD)\Z")
_HOMES = {
    "claude": ("CLAUDE_CONFIG_DIR",),
    "codex": ("CODEX_HOME",),
    "opencode": ("OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "OPENCODE_CONFIG_CONTENT"),
    "gemini": ("GEMINI_CLI_HOME", "GEMINI_CLI_SYSTEM_SETTINGS_PATH"),
    "copilot": ("COPILOT_HOME", "XDG_CONFIG_HOME"),
    "cursor-agent": ("CURSOR_CONFIG_DIR",),
}
"""Variables that give an assistant other settings, and so no hooks of this repository or user."""
_BASES = frozenset({"main", "master", "trunk", "develop"})
_BARE = {"opencode": ("--pure",), "gemini": ("-e", "--extensions")}
_PYTHON = re.compile(r"python[\d.]*|py\Z")
_ENDS = frozenset({"fuser", "pkill", "killall"})
_CODE_PUSHES = re.compile(r"\.remotes?\b[^;\n]{0,80}\.push\(|\.git\.push\(|\bgit_remote_push|porcelain\.push\(")
_CODE_DESTROYS = re.compile(
    r"(?:rmtree|rm_rf|rmSync|rmdirSync|remove_tree|rm_r)\b\s*\(?\s*(?:[\w.]+\.expanduser\(\s*)?(?:['\"](?:~|/|/(?:home|etc|usr|var|root|opt|Users)/?)['\"]"
    r"|(?:Path|pathlib\.Path)\.home\(\)|os\.homedir\(\)|require\(['\"]os['\"]\)\.homedir\(\)|os\.environ\[['\"]HOME['\"]\]|ENV\[['\"]HOME['\"]\]|process\.env\.HOME|Dir\.home)"
)
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|_TOKEN\Z|\ATOKEN\Z|PRIVATE_KEY|API_?KEY|ACCESS_KEY|CREDENTIAL", re.IGNORECASE)
_HERE = re.compile(r"(?:\A|//|@)(?:localhost|127\.|0\.0\.0\.0|\[::1\])", re.IGNORECASE)
_SUBSCRIPT = re.compile(r"\[[^\[\]]{0,500}(?:\$\(|`)")
_EVALUATES = frozenset(
    {"test", "[", "[[", "printf", "declare", "typeset", "local", "let", "read", "unset", "export", "mapfile", "readarray"}
)


def around(readout: Readout) -> Iterator[Seen]:
    """Give what a text does to come past the guards without naming one."""
    for run in readout.runs:
        if run.name == "git":
            yield from _git(run)
        elif run.name in _HOMES:
            yield from _assistant(run)
        elif run.name in _EVALUATES:
            yield from _subscripts(run)
        else:
            yield from _program(run)


def _git(run: Run) -> Iterator[Seen]:
    word, given, settings = git_words(run)
    words = [one.text for one in given.operands]
    joined = [one.partition("=")[2] for one in run.words if one.startswith("--config-env=")]
    if any(_HOOK_SETTING.match(one) for one in joined):
        yield seen(CHECKS, run, "`git --config-env` runs other hooks, or none")
    value = run.environment.get("GIT_CONFIG_PARAMETERS")
    if value is not None and (not value.known or _HOOK_SETTING.search(value.text)):
        yield seen(CHECKS, run, "`GIT_CONFIG_PARAMETERS` runs other hooks, or none")
    if word == "send-pack":
        yield seen("push-branch", run, "`git send-pack` would push")
    if word == "checkout" and not given.has("-b", "-B", "--"):
        for one in words[1:]:
            if rule := mentioned(one):
                yield seen(rule, run, f"`git checkout` would write `{shown(one, 40)}` as another commit has it")
    if word in _PLUMBING or (word == "update-ref" and any(_HEADS.match(one) for one in words[:1])):
        yield seen(CHECKS, run, f"`git {word}` makes commits that no hook sees", MEDIUM, LIKELY)
    if _moves_default(word, given, words):
        yield seen(CHECKS, run, f"`git {word}` would move the branch that changes are judged against", MEDIUM, LIKELY)
    if word == "update-ref" and run.stdin is None and given.has("--stdin"):
        yield seen(CHECKS, run, "`git update-ref --stdin` moves branches past the hooks", MEDIUM, LIKELY)
    if word in {"init", "clone"}:
        template = given.has("--template") or "GIT_TEMPLATE_DIR" in run.environment
        if template or any(one.text.lower().startswith("init.templatedir=") for one in settings):
            yield seen(HOOKS, run, f"`git {word}` would put hooks of another folder in place", MEDIUM, LIKELY)
    if word == "config":
        yield from _config(run, words)


def _moves_default(word: str, given: Options, words: list[str]) -> bool:
    """Tell whether a command moves the local branch, or the name of the default one, that Clearance takes for the base."""
    match word:
        case "branch":
            return given.has("-f", "--force", "-M", "-C") and any(one in _BASES for one in words)
        case "checkout" | "switch":
            moved = given.value("-B", "-C", "--force-create")
            return moved is not None and moved.text in _BASES
        case "fetch" | "pull":
            return any(one.rpartition(":")[2].removeprefix("refs/heads/") in _BASES for one in words if ":" in one)
        case "remote":
            return words[:1] == ["set-head"]
        case "symbolic-ref":
            return any(one.startswith("refs/remotes/") for one in words)
        case _:
            return False


def _config(run: Run, words: list[str]) -> Iterator[Seen]:
    texts = run.words
    if {"-e", "--edit"} & set(texts) or words[:1] == ["edit"]:
        yield seen(HOOKS, run, "`git config --edit` opens the settings of git, hooks among them", MEDIUM, LIKELY)
        return
    reads = {"--get", "--get-all", "-l", "--list", "--get-regexp", "--show-origin", "list", "get"} & set(texts)
    if not reads and any(one.lower().startswith(("include.path", "includeif.")) for one in words):
        yield seen(HOOKS, run, "`git config` would take in settings from another file, hooks among them", MEDIUM, LIKELY)
    at = next((number for number, one in enumerate(words) if _HOOK_SETTING.match(one)), -1)
    if not reads and at > 0 and {"-f", "--file", "--blob"} & set(texts):
        yield seen(CHECKS, run, "`git config` would change where git looks for hooks")
    section = {"--remove-section", "--rename-section", "remove-section", "rename-section"} & set(texts)
    if section and "core" in words:
        yield seen(CHECKS, run, "`git config` would drop the settings of hooks")


def _assistant(run: Run) -> Iterator[Seen]:
    for key in _HOMES[run.name]:
        if key in run.environment:
            yield seen(UNLEASHED, run, f"`{key}` starts `{run.name}` with other settings, without these hooks")
            return
    for flag in _BARE.get(run.name, ()):
        if flag in run.words:
            yield seen(UNLEASHED, run, f"`{run.name} {flag}` starts an assistant without its plugins", MEDIUM, LIKELY)


def _subscripts(run: Run) -> Iterator[Seen]:
    """A shell runs what stands in the subscript of a variable's name, even in quotes: `test -v 'a[$(x)]'`."""
    for one in (*run.args, *run.environment.values()):
        if _SUBSCRIPT.search(one.text):
            yield seen("command-hidden", run, f"`{run.name}` runs what stands in `{shown(one.text, 40)}`", None, LIKELY)
            return


def _leaks(run: Run) -> Iterator[Seen]:
    """A secret from the environment in an address or a body; in a header it is how services are used."""
    words = run.words
    if any(_HERE.search(one) for one in words):
        return
    for number, one in enumerate(run.args):
        before = words[number - 1] if number else ""
        if before in {"-H", "--header", "-u", "--user", "--oauth2-bearer"} or one.text.startswith(
            ("-H", "-u", "--header", "Authorization")
        ):
            continue
        secret = next((each for each in one.unset if _SECRET.search(each)), "")
        if secret:
            yield seen(
                "send-credentials", run, f"`{run.name}` would send the value of `{shown(secret, 40)}`", MEDIUM, LIKELY
            )
            return


def _whole_home(run: Run) -> Iterator[Seen]:
    """`find ~ -type f -exec rm {} +` takes everything, file by file."""
    words = run.words
    start = next((one for one in words if not one.startswith("-")), ".")
    chooses = any(
        one in {"-name", "-iname", "-path", "-ipath", "-regex", "-mtime", "-mmin", "-newer", "-empty"} for one in words
    )
    if (
        start.rstrip("/") in {"", "~", "/home", "/root", "/etc", "/usr", "/var", ".."}
        and not chooses
        and {"rm", "shred", "-delete"} & set(words)
    ):
        yield seen("destroy-files", run, f"`find` would delete every file below `{shown(start)}`")


def _program(run: Run) -> Iterator[Seen]:
    words = run.words
    name = run.name
    if _PYTHON.match(name):
        module = next((after for one, after in pairwise(words) if one == "-m"), "")
        if module == "pip" and "uninstall" in words and "clearance" in words:
            yield seen(OFF, run, "`pip` would uninstall Clearance")
    elif name in _ENDS and ("clearance" in " ".join(words) or "resident" in words):
        yield seen(OFF, run, f"`{name}` would end Clearance")
    elif name == "hash" and any("clearance" in one for one in words):
        yield seen(OFF, run, "`hash` would put another program in place of Clearance")
    elif name in {"pip", "pip3", "uv", "pipx"} and "install" in words:
        given = options(run.args, {"-r", "-c", "-i", "--target", "-t"})
        own = [one.text for one in given.operands if re.match(r"(?:.*/)?clearance(?:\W.*)?\Z", one.text)]
        if own and not own[0].startswith(("clearance[", ".")) and own[0] != "clearance":
            yield seen(
                OFF, run, f"`{name}` would put another version in place of Clearance: `{shown(own[0], 40)}`", MEDIUM, LIKELY
            )
    elif name == "pre-commit" and "SKIP" in run.environment:
        yield seen(CHECKS, run, "`SKIP` leaves out hooks of pre-commit", MEDIUM, LIKELY)
    elif name in {"bash", "sh", "zsh"} and {"BASH_ENV", "ENV"} & run.environment.keys():
        yield seen("command-hidden", run, f"`{name}` would run the file in its environment first", None, LIKELY)
    elif name in {"curl", "wget", "http", "https", "xh", "nc", "ncat"}:
        yield from _leaks(run)
    elif name in {"iex", "invoke-expression"}:
        yield seen("command-hidden", run, f"`{name}` runs a text that stands only at run time", None, LIKELY)
    elif name in {"stop-process", "spps"} and "clearance" in " ".join(words).casefold():
        yield seen(OFF, run, f"`{name}` would end Clearance")
    elif ":clearance_" in run.program.text.casefold():
        yield seen(OFF, run, "a variable would change how Clearance works for what follows")
    elif name == "find":
        yield from _whole_home(run)
    elif name == "hub" and words[:1] == ("push",):
        yield seen("push-branch", run, "`hub push` would push")
    code = code_of(run)
    if code is not None:
        if _CODE_PUSHES.search(code.text):
            yield seen("push-branch", run, f"`{name}` runs code that pushes")
        if _CODE_DESTROYS.search(code.text):
            yield seen("destroy-files", run, f"`{name}` runs code that deletes a home or the whole machine")
