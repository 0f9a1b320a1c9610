"""Which files guard a repository, and what a change to one of them loosens."""

import re
from collections.abc import Iterator

from clearance.facts.change import ChangeKind, SideName
from clearance.facts.finding import Severity
from clearance.rules.guidance import suspicions
from clearance.scan.family import Match, Pair, View
from clearance.scan.tampering.guarded_paths import Guarded, guarded_by, turns_off
from clearance.scan.tampering.lines import Line, net
from clearance.scan.tampering.moved import hook_left, owners_left, settings_left

GUARD = "guard-changed"
SCANNER = "scanner-config-weakened"
OWNERS = "review-rule-weakened"
HOOK = "commit-hook-bypassed"
ASSISTANT = "assistant-instructions-changed"
ASSISTANT_GUARD = "assistant-guard-changed"
SNAPSHOT = "snapshot-regenerated"

_OWNERS = re.compile(r"(?:^|/)CODEOWNERS$")
_PROTECTION = re.compile(r"(?:^|/)\.github/(?:settings\.ya?ml|rulesets?/.*|branch-protection[\w.-]*)$|(?:^|/)\.asf\.yaml$")
_ASSISTANT = re.compile(
    r"(?:^|/)(?:CLAUDE(?:\.local)?\.md|AGENTS(?:\.override)?\.md|GEMINI\.md|\.cursorrules|\.windsurfrules|\.clinerules|\.mcp\.json"
    r"|\.cursor/(?:rules/.*|mcp\.json|hooks\.json)|\.claude/(?:settings[\w.]*\.json|hooks/.*|agents/.*|commands/.*|skills/.*)"
    r"|\.github/(?:copilot-instructions\.md|instructions/.*|hooks/.*|prompts/.*|agents/.*)|\.codex/.*|\.gemini/.*|\.aider[\w.-]*"
    r"|\.continue/.*|\.junie/.*|\.kiro/.*|\.vscode/mcp\.json|\.windsurf/.*|\.roo/.*)$"
)
_GUIDANCE = re.compile(r"(?:^|/)\.clearance/rules/guidance/[^/]+\.md$", re.IGNORECASE)
_HOOKS = re.compile(
    r"(?:^|/)(?:\.husky/.+|\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)|\.?git-?hooks/.+|\.overcommit\.yml|\.lintstagedrc.*)$"
)
_SNAPSHOT = re.compile(r"(?:^|/)__snapshots__/.+|\.(?:snap|ambr|approved\.\w+|golden)$|(?:^|/)(?:goldens?|snapshots)/.+")
_IGNORE_LIST = re.compile(
    r"(?:^|/)(?:\.semgrepignore|\.gitleaksignore|\.trivyignore(?:\.ya?ml)?|\.eslintignore|\.secrets\.baseline|\.snyk|\.nsprc"
    r"|\.banditignore|\.stylelintignore|brakeman\.ignore|[\w.-]*baseline[\w.-]*\.(?:json|xml|ya?ml|sarif|neon)|\.trufflehogignore"
    r"|\.dockleignore|\.kics\.ignore)$",
    re.IGNORECASE,
)
_SECURITY_SCANNER = re.compile(
    r"(?:^|/)(?:\.?bandit(?:\.ya?ml|\.toml)?|\.?semgrep(?:\.ya?ml|/.*)?|\.?gitleaks\.toml|\.?trivy\.ya?ml|\.checkov\.ya?ml"
    r"|\.tfsec/.*|\.?zizmor\.ya?ml|osv-scanner\.toml|\.github/codeql/.*|\.github/dependabot\.ya?ml|audit-ci\.jsonc?|\.?snyk"
    r"|sonar-project\.properties|\.?hadolint\.ya?ml|\.trufflehog[\w.]*|\.kics[\w.]*|renovate\.json5?|\.whitesource)$"
)
_LINTER = re.compile(
    r"(?:^|/)(?:\.eslintrc[\w.]*|eslint\.config\.\w+|\.flake8|\.?pylintrc|\.?ruff\.toml|\.?mypy\.ini|pyrightconfig\.json|\.coveragerc"
    r"|\.?codecov\.ya?ml|\.pre-commit-config\.ya?ml|\.golangci\.ya?ml|\.rubocop[\w.]*\.yml|biome\.jsonc?|phpstan[\w.]*\.neon"
    r"|\.?clippy\.toml|tsconfig[\w.]*\.json|(?:jest|vitest|karma|nyc)\.config\.\w+|\.nycrc[\w.]*|pytest\.ini|detekt\.ya?ml|deny\.toml)$"
)
_SECTIONED = re.compile(r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|Cargo\.toml)$")
_SECTION = re.compile(
    r"^\[+\s*(?:tool[.:])?(?:ruff|bandit|mypy|pyright|basedpyright|pylint|flake8|coverage|pytest|semgrep|lints|importlinter)\b"
)
_LOOSER = re.compile(
    r"""["']?(?:skips?|exclude[\w_-]*|extend-exclude|ignore[\w-]*|extend-ignore|ignorePatterns|per-file-ignores|allow-?list|disable[\w-]*
    |omit|paths-ignore|exclusions?|skip-(?:check|dirs|files|path)|sonar\.(?:exclusions|issue\.ignore[\w.]*)|exclude_lines
    |continue-on-error|soft-fail|ignore_missing_imports|ignore_errors|skipLibCheck|skip_covered)["']?\s*[:=]
    |["']?(?:strict|check[\w_]*|disallow_[\w]*|warn_[\w]*|no_implicit_[\w]*|noImplicitAny|strictNullChecks|enabled?|required|blocking)["']?
     \s*[:=]\s*["']?(?:false|no|off|0)\b
    |:\s*(?:["']off["']|0\b|\[\s*["']?(?:off|0)["']?)
    |["']?informational["']?\s*[:=]\s*true
    |stages:\s*\[\s*manual""",
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_STRICTER = re.compile(
    r"""["']?(?:select|extend-select|enable[\w-]*|plugins?|extends|tests|include|strict|disallow_\w+|noImplicitAny|fail_under
    |fail-under|branches|severity|rules?|package-ecosystem)["']?\s*[:=]|-\s*id:|-\s*repo:|:\s*["'](?:error|warn)["']|fail_ci_if_error""",
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_WARNING_FILTER = re.compile(r"""\s*["']?(?:ignore|default|error):""")
_ALL_STRICT = re.compile(r"""^\s*["']?strict["']?\s*[:=]\s*true""", re.IGNORECASE)
_FLOOR = re.compile(
    r"""["']?(fail_under|fail-under|threshold|target|minimum|min|lines|branches|functions|statements|--cov-fail-under|coverage)["']?
    \s*[:=]\s*["']?(\d{1,3}(?:\.\d+)?)""",
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_SECURITY_WORD = re.compile(
    r"\b(?:gitleaks|detect-secrets|trufflehog|bandit|semgrep|zizmor|safety|pip-audit|trivy|checkov|tfsec|clearance|talisman"
    r"|detect-private-key|codeql|osv-scanner|security|[SB]\d{3})\b|[\"']S[\"']",
    re.IGNORECASE,
)
_BYPASS = re.compile(
    r"--no-verify\b|\bcommit\s+(?:-\w*n\w*)\b|\bcore\.hooksPath\b|\bHUSKY=0\b|\bHUSKY_SKIP_HOOKS=|\bSKIP=[\w,-]+\s+git\b"
    r"|\bPRE_COMMIT_ALLOW_NO_CONFIG=1|\bLEFTHOOK=0\b|\bcommit\.gpgsign[ =]false|--no-gpg-sign\b"
)
_NO_BYPASS_IN = re.compile(r"\.(?:md|rst|txt|adoc|html?)$", re.IGNORECASE)

_WHAT: dict[Guarded, str] = {
    "clearance": "what decides over this change",
    "program": "the program that judges, or what is loaded in front of it",
    "git": "the hooks or settings of git",
}


def guards(pair: Pair) -> Iterator[Match]:
    """Give what a change to one file does to the guards of the repository."""
    path = pair.file.path
    old_path = pair.file.old_path or path
    paths = (path, old_path)
    guarded = {guarded_by(one) for one in paths}
    if _GUIDANCE.search(path) or _ASSISTANT.search(path):
        yield from _orders(pair)
    for kind, what in _WHAT.items():
        if kind in guarded:
            yield _whole(pair, GUARD, f"{_done(pair)} {what}")
            return
    if pair.after is not None and turns_off(path, pair.after.text):
        yield _whole(pair, GUARD, f"{_done(pair)} a file that would steer what guards this machine")
    if "assistant" in guarded:
        yield _whole(pair, ASSISTANT_GUARD, f"{_done(pair)} the hooks and permissions of an assistant")
    elif any(_ASSISTANT.search(one) for one in paths):
        yield _whole(pair, ASSISTANT, f"{_done(pair)} what assistants are told, or may do")
    if any(_OWNERS.search(one) for one in paths):
        yield from _owners(pair)
    elif any(_PROTECTION.search(one) for one in paths):
        yield _whole(pair, OWNERS, f"{_done(pair)} the protection of branches")
    elif any(_HOOKS.search(one) for one in paths):
        yield from _hooks(pair)
    elif any(_SNAPSHOT.search(one) for one in paths) and pair.before is not None and pair.after is not None:
        yield _whole(pair, SNAPSHOT, "what tests expect was recorded anew")
    else:
        yield from _scanners(pair, old_path)
    yield from _bypasses(pair)


def _orders(pair: Pair) -> Iterator[Match]:
    """Give the new lines of a text for assistants that turn them against their instructions, or hide something."""
    if pair.after is None:
        return
    text = pair.after.text
    known = set(pair.before.text.splitlines()) if pair.before is not None else set()
    for one in suspicions(text):
        begun, ended = text.rfind("\n", 0, one.start) + 1, text.find("\n", one.start)
        end = len(text) if ended < 0 else ended
        if text[begun:end].rstrip("\r") not in known:
            message = f"a text that assistants are given: it {one.what}"
            yield Match(
                rule=ASSISTANT, start=one.start, end=max(end, one.start + 1), message=message, severity=Severity.HIGH
            )


def _done(pair: Pair) -> str:
    words = {ChangeKind.ADDED: "adds", ChangeKind.DELETED: "deletes", ChangeKind.RENAMED: "moves"}
    return words.get(pair.file.kind, "changes")


def _whole(pair: Pair, rule: str, message: str, severity: Severity | None = None) -> Match:
    side: SideName = "after" if pair.after is not None else "before"
    return Match(rule=rule, start=0, end=0, message=message, severity=severity, whole_file=True, side=side)


def _on(line: Line, rule: str, message: str, severity: Severity | None = None, *, gone: bool = False) -> Match:
    """Give a match for a line; one that is gone lies on the before side."""
    end = line.start + len(line.text)
    start = end - len(line.text.lstrip())
    side: SideName = "before" if gone else "after"
    return Match(rule=rule, start=start, end=end, message=message, severity=severity, side=side)


def _plain(line: Line) -> bool:
    return bool(line.text.strip()) and not line.text.lstrip().startswith(("#", "//", ";"))


def _owners(pair: Pair) -> Iterator[Match]:
    if pair.after is None:
        yield _whole(pair, OWNERS, "the list of owners was deleted")
        return
    if pair.file.old_path and owners_left(pair.file.old_path, pair.file.path):
        yield _whole(pair, OWNERS, "the list of owners was moved to a place where the forge does not read it")
        return
    added, removed = net(pair)
    new = {line.text.split()[0] for line in added if _plain(line)}
    for line in filter(_plain, removed):
        path = line.text.split()[0]
        if path not in new:
            yield _on(line, OWNERS, f"nobody has to agree to changes of `{path[:60]}` any more", gone=True)
    for line in filter(_plain, added):
        if "@" not in line.text and not line.text.lstrip().startswith("["):
            yield _on(line, OWNERS, f"takes the owners from `{line.text.split()[0][:60]}`")


def _hooks(pair: Pair) -> Iterator[Match]:
    if pair.after is None and pair.before is not None:
        yield _whole(pair, HOOK, "a hook that runs before a commit was deleted")
        return
    if pair.file.old_path and _HOOKS.search(pair.file.old_path) and hook_left(pair.file.old_path, pair.file.path, _HOOKS):
        yield _whole(pair, HOOK, "a hook that runs before a commit was moved to a name that does not run")
        return
    _, removed = net(pair)
    for line in filter(_plain, removed):
        yield _on(line, HOOK, f"a hook does not run `{line.text.strip()[:60]}` any more", gone=True)


def _bypasses(pair: Pair) -> Iterator[Match]:
    if pair.after is None or _NO_BYPASS_IN.search(pair.file.path):
        return
    added, _ = net(pair)
    for line in filter(_plain, added):
        found = _BYPASS.search(line.text[:2_000])
        if found:
            start = line.start + found.start()
            message = f"`{found[0]}` goes past the hooks that run before a commit"
            yield Match(rule=HOOK, start=start, end=line.start + found.end(), message=message)


def _scanners(pair: Pair, old_path: str) -> Iterator[Match]:
    security = bool(_SECURITY_SCANNER.search(old_path))
    lists = bool(_IGNORE_LIST.search(old_path))
    sectioned = bool(_SECTIONED.search(old_path))
    if not (security or lists or sectioned or _LINTER.search(old_path)):
        return
    severity = Severity.HIGH if security else None
    if pair.after is None:
        if pair.before is not None and not lists and not sectioned:
            yield _whole(pair, SCANNER, "the settings of a checker were deleted", severity)
        return
    if pair.before is not None and not lists and not sectioned and _moved_away(pair, old_path, security=security):
        yield _whole(pair, SCANNER, "the settings of a checker were moved to a name that it does not read", severity)
        return
    added, removed = net(pair)
    if lists:
        for line in list(filter(_plain, added))[:1]:
            yield _on(line, SCANNER, f"what a checker leaves out grew: `{line.text.strip()[:60]}`")
        return
    if pair.before is None:
        # A new file sets up a checker; it loosens nothing that was there.
        return
    if sectioned:
        added = [line for line in added if _in_section(pair.after, line)]
        removed = [line for line in removed if _in_section(pair.before, line)]
    yield from _loosened(added, removed)


def _moved_away(pair: Pair, old_path: str, *, security: bool) -> bool:
    known = (_SECURITY_SCANNER,) if security else (_SECURITY_SCANNER, _LINTER, _SECTIONED)
    return pair.file.path != old_path and settings_left(old_path, pair.file.path, known, security=security)


def _in_section(view: View, line: Line) -> bool:
    at = view.text.rfind("\n[", 0, line.start)
    header = view.text[at + 1 : at + 80] if at >= 0 else view.text[:80]
    return bool(_SECTION.match(header))


def _loosened(added: list[Line], removed: list[Line]) -> Iterator[Match]:
    """Give lowered floors, new exceptions, and checks that are gone."""
    floors = {found[1].lower(): float(found[2]) for line in removed if (found := _FLOOR.search(line.text))}
    for line in filter(_plain, added):
        found = _FLOOR.search(line.text)
        if found and float(found[2]) < floors.get(found[1].lower(), 0.0):
            yield _on(line, SCANNER, f"{found[1]} went down from {floors[found[1].lower()]:g} to {float(found[2]):g}")
        elif _LOOSER.search(line.text) and not _WARNING_FILTER.match(line.text):
            severity = Severity.HIGH if _SECURITY_WORD.search(line.text) else None
            yield _on(line, SCANNER, f"a checker sees less: `{line.text.strip()[:60]}`", severity)
    keys = {_key(line) for line in added}
    # `strict = true` stands for all of mypy's single settings.
    stricter = any(_ALL_STRICT.search(line.text) for line in added)
    for line in filter(_plain, removed):
        if stricter and _key(line).startswith("disallow"):
            continue
        if _STRICTER.search(line.text) and _key(line) not in keys:
            severity = Severity.HIGH if _SECURITY_WORD.search(line.text) else None
            yield _on(line, SCANNER, f"a checker does less: `{line.text.strip()[:60]}` is gone", severity, gone=True)


def _key(line: Line) -> str:
    """What a line sets: its key, or its first words."""
    return re.split(r"[:=]", line.text.strip().removeprefix("- "), maxsplit=1)[0].strip(" \"'").lower()
