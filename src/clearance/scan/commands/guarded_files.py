"""Which files are guards: Clearance's own, settings with hooks of assistants, git's hooks, pipelines."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TypeAlias

from clearance.facts.finding import Severity
from clearance.scan.commands.field import MAYBE, SOME
from clearance.scan.commands.files import Touch
from clearance.scan.commands.seen import MEDIUM

OWN = "guard-clearance-files"
SETTINGS = "guard-assistant-settings"
HOOKS = "guard-git-hooks"
PIPELINE = "guard-ci-files"

Guarded: TypeAlias = tuple[str, Severity | None, bool]
"""The rule of a guard, another severity than the rule's where it has one, and whether it surely is that guard."""
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
_MENTIONED = re.compile(
    r"\.clearance\b(?!/?(?:dev|com|io|org)\b)|\.claude/(?:settings|hooks)|\.codex/(?:config|hooks)|\.cursor/hooks|\.gemini/settings"
    r"|\.git/hooks|\.github/hooks|managed-settings|['\"]\.clearance['\"]|disableAllHooks"
)
_WRITING = re.compile(
    r"['\"][wax]b?\+?['\"]|\bwrite|\brm_\w+|\bdelete|\bunlink|\bremove|\brmtree|\brename|\breplace\(|\bcopy|\bmove\(|\bchmod|\brm\b|Sync\(|\bFile\.(?:write|delete)"
    r"|>\s*['\"]?\.|\bdump\("
)


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


def guard_mentioned(touch: Touch) -> Guarded | None:
    """Give the guard that code of another interpreter names, where it writes or deletes."""
    code = touch.field.text
    found = _MENTIONED.search(code)
    if found is None:
        return None
    rule = OWN if "clearance" in found[0] else HOOKS if ".git/" in found[0] else SETTINGS
    return (rule, None, False) if _WRITING.search(code) else None


def guard_of(touch: Touch, *, whole: bool = False) -> Guarded | None:
    """Give the guard that a file is; with `whole`, the program may put a folder in its place."""
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
