"""Paths of what guards: Clearance's own files and programs, git's hooks and settings, the hooks of assistants."""

import re
from typing import Literal, TypeAlias

Guarded: TypeAlias = Literal["", "clearance", "program", "git", "assistant"]

_CLEARANCE = re.compile(
    r"(?:^|/)\.clearance(?:/|$)|(?:^|/)\.git/clearance(?:/|$)"
    r"|(?:^|/)(?:\.config|\.cache|\.local/(?:share|state)|library/(?:caches|application support)"
    r"|run/user/[^/]+)/clearance(?:/|$)"
)
_PROGRAM = re.compile(
    r"(?:^|/)(?:site|dist)-packages/(?:clearance(?:/|$)|clearance-[^/]*\.dist-info|(?:site|user)customize\.py$|[^/]+\.pth$)"
    r"|(?:^|/)(?:bin|scripts)/clearance-hook(?:\.\w+)?$"
    r"|(?:^|/)(?:\.local|usr|local|homebrew|\.?venv)/(?:bin|scripts)/clearance(?:\.\w+)?$"
)
_GIT = re.compile(
    r"(?:^|/)\.git/(?:(?:modules|worktrees)/.*/)?(?:hooks(?:/|$)|config(?:\.worktree)?$|info/attributes$)|(?:^|/)\.git$"
)
_ASSISTANT = re.compile(
    r"(?:^|/)(?:\.claude/(?:settings[\w.-]*\.json|hooks/.*)|\.codex/(?:hooks\.json|config\.toml|requirements\.toml)"
    r"|\.cursor/hooks\.json|\.github/hooks/.*|\.copilot/(?:(?:config|settings)\.json|hooks/.*)"
    r"|\.gemini/(?:settings|config/hooks)\.json|\.(?:windsurf|codeium/windsurf)/hooks\.json"
    r"|\.?opencode/(?:plugins?/.*|opencode\.jsonc?|config\.json)|opencode\.jsonc?|\.antigravity/hooks\.json"
    r"|\.agents?/hooks\.json|\.(?:claude|codex|cursor|gemini|windsurf|opencode)"
    r"|(?:etc|programdata|library/application support)/(?:claude-code|claudecode|codex|cursor"
    r"|windsurf|github-copilot|gemini-cli|geminicli|opencode)/.*)$"
)
"""What holds the hooks and permissions of assistants; `assistants.model.guarded` names the same files, a test compares."""
_SETS_UP = re.compile(
    r"(?:^|/)\.(?:bashrc|bash_profile|bash_aliases|profile|zshrc|zshenv|zprofile|envrc)$|(?:^|/)config\.fish$"
)
_GIT_SETTINGS = re.compile(r"(?:^|/)(?:\.gitconfig|\.config/git/config)$")
_STEERS_GIT = re.compile(r"(?:^|\])[ \t]*(?:hookspath|templatedir)\b|^[ \t]*\[[ \t]*include", re.IGNORECASE | re.MULTILINE)
_STREAM = re.compile(r":.*\Z")


def plain(path: str) -> str:
    """Give a path as the most careless file system takes it: case does not count, nor do blanks and dots at the end of a
    name or the name of a stream, and `\\` parts names."""
    names = path.replace("\\", "/").casefold().split("/")
    cut = (_STREAM.sub("", name) if len(name) > 2 else name for name in names)
    return "/".join(name.rstrip(" .") or name for name in cut)


def guarded_by(path: str) -> Guarded:
    """Give what a path belongs to that guards; empty for all else."""
    name = plain(path)
    if _CLEARANCE.search(name):
        return "clearance"
    if _ASSISTANT.search(name):
        return "assistant"
    if _PROGRAM.search(name):
        return "program"
    return "git" if _GIT.search(name) else ""


def turns_off(path: str, text: str) -> bool:
    """Whether a file outside of the guards would steer them: a shell that starts with another `clearance`, a git with other
    hooks."""
    name = plain(path)
    if _GIT_SETTINGS.search(name):
        return _STEERS_GIT.search(text) is not None
    return _SETS_UP.search(name) is not None and re.search(r"\bclearance(?:-hook)?\b|CLEARANCE_|hooksPath", text) is not None
