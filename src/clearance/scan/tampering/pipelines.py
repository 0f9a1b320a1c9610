"""What a change to continuous integration takes away: checks that ran, failures that stopped, rights that were narrow."""

import re
from collections.abc import Iterator

from clearance.facts.change import Mode
from clearance.facts.finding import Severity
from clearance.scan.family import Match, Pair
from clearance.scan.tampering.lines import Line, net
from clearance.scan.tampering.moved import pipeline_left

CHECK = "ci-check-weakened"
PERMISSION = "ci-permission-widened"
UNPINNED = "ci-action-unpinned"

_PIPELINE = re.compile(
    r"(?:^|/)(?:\.github/(?:workflows|actions)/.+\.ya?ml|action\.ya?ml|\.gitlab/ci/.+|\.circleci/.+"
    r"|[\w.-]*\.?gitlab-ci[\w.-]*\.ya?ml"
    r"|azure-pipelines[\w.-]*\.ya?ml|Jenkinsfile[\w.-]*|bitbucket-pipelines\.ya?ml|\.travis\.ya?ml"
    r"|\.buildkite/.+|\.drone\.ya?ml"
    r"|appveyor\.ya?ml|\.ci/.+|\.woodpecker[\w.-]*(?:/.+)?|cloudbuild\.ya?ml|buildspec\.ya?ml)$"
)
_RUNS = re.compile(r"(?:^|/)[^./]+$|\.(?:ya?ml|sh|bash|py|js|ts|rb|ps1|cmd|bat|groovy)$")
_RUNNER = re.compile(r"(?:^|/)(?:Makefile|GNUmakefile|justfile|package\.json|tox\.ini|noxfile\.py|Taskfile\.ya?ml)$")
_SECURITY = re.compile(
    r"\b(?:bandit|semgrep|codeql|trivy|gitleaks|trufflehog|zizmor|snyk|checkov|tfsec|grype|osv-scanner|pip-audit|safety"
    r"|clearance"
    r"|detect-secrets|sonar\w*"
    r"|dependency-review|scorecard|npm audit|(?:yarn|pnpm) audit|cargo audit|cargo deny"
    r"|gosec|govulncheck|brakeman|hadolint|kics|security|sast|dast|attest\w*|cosign)\b",
    re.IGNORECASE,
)
_QUALITY = re.compile(
    r"\b(?:pytest|unittest|tox|nox|jest|vitest|mocha|playwright|cypress|karma"
    r"|(?:npm|yarn|pnpm|bun)(?: run)? (?:test|lint|check|typecheck)"
    r"|go test|go vet|golangci-lint|cargo (?:test|clippy)|mvn\b.*\b(?:test|verify)|gradle\w*\b.*\b(?:test|check)|dotnet test"
    r"|eslint|mypy|pyright|ruff|flake8|pylint|black --check|tsc|rubocop|rspec|phpunit|phpstan|pre-commit|coverage"
    r"|codecov|make (?:test|lint|check))\b"
)
_SWALLOWED = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo\b)|;\s*(?:true|exit 0)\s*$|\bset \+e\b|--exit-zero\b|--exit-code[ =]0\b"
    r"|--soft-fail\b|--passWithNoTests\b|--no-fail\b|--nofail\b"
)
_ALLOWED = re.compile(
    r"^\s*-?\s*(?:continue-on-error:\s*(?:true|\$)|allow_failure:\s*true|if:\s*(?:\$\{\{\s*)?(?:false|0)\b"
    r"|when:\s*(?:manual|never)"
    r"|fail-fast:\s*false\s*#\s*skip|soft_fail:\s*true|ignore_failure:\s*true|failOnError:\s*false|continueOnError:\s*true)"
)
_WIDE = re.compile(r"^\s*permissions:\s*[\"']?write-all|^\s*permissions:\s*\{[^}]*:\s*write")
_WRITE = re.compile(
    r"^\s*(actions|attestations|checks|contents|deployments|id-token|issues|packages|pages|pull-requests|repository-projects"
    r"|security-events|statuses):\s*[\"']?write\b"
)
_PRIVILEGED = re.compile(r"\bpull_request_target\b|^\s*workflow_run:|^\s*secrets:\s*inherit\b|persist-credentials:\s*true")
_USES = re.compile(r"^\s*(?:-\s*)?uses:\s*[\"']?([\w.-]+/[\w./-]+)@([\w./-]+)")
_DOCKER_USES = re.compile(r"^\s*(?:-\s*)?uses:\s*[\"']?docker://(\S+?)(@sha256:[0-9a-f]{64})?[\"']?\s*$")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SCRIPT = re.compile(r"\"(test|lint|check|typecheck|audit|verify|validate|security)[\w:-]*\"\s*:\s*\"([^\"]*)\"")
_HOLLOW = re.compile(r"\s*(?:true|:|exit 0|echo\b[^&|;]*)\s*")


def pipelines(pair: Pair) -> Iterator[Match]:
    """Give what a change to a pipeline, Makefile or package script loosens."""
    path = pair.file.old_path or pair.file.path
    is_pipeline = bool(_PIPELINE.search(path) or _PIPELINE.search(pair.file.path))
    if not is_pipeline and not _RUNNER.search(path):
        return
    if pair.file.old_path and pipeline_left(path, pair.file.path, _PIPELINE):
        yield from _gone(pair, "a pipeline was moved to a name that no forge reads; it ran")
        is_pipeline = bool(_PIPELINE.search(pair.file.path))
        if not is_pipeline:
            return
    if pair.after is None and pair.file.after is not None:
        # A picture that comes new into such a folder runs nothing; a script or a description does.
        runs = pair.before is not None or _RUNS.search(pair.file.path)
        if is_pipeline and runs and pair.file.after.mode in (Mode.FILE, Mode.EXECUTABLE):
            message = "what this pipeline runs cannot be read: it is no text"
            yield Match(rule=CHECK, start=0, end=0, message=message, severity=Severity.HIGH, whole_file=True)
        return
    if pair.after is None:
        if is_pipeline:
            yield from _gone(pair, "a pipeline was deleted that ran")
        return
    added, removed = net(pair)
    added = [line for line in added if _plain(line)]
    loosened = [match for line in added for match in _loosened(line, is_pipeline=is_pipeline)]
    yield from loosened
    if is_pipeline:
        for line in added:
            yield from _widened(line)
    if pair.before is not None and (is_pipeline or not loosened):
        after = set(_checks(pair.after.text))
        for line in filter(_plain, removed):
            lost = [word for word in _checks(line.text) if word not in after]
            if lost:
                yield _on(line, CHECK, f"`{lost[0]}` does not run any more", _weight(lost[0]), gone=True)


def _gone(pair: Pair, what: str) -> Iterator[Match]:
    """Give the one match for a pipeline that does not run any more, if it ran a check."""
    if pair.before is not None and (lost := _checks(pair.before.text)):
        message = f"{what} {', '.join(lost[:4])}"
        weight = _weight(" ".join(lost))
        yield Match(rule=CHECK, start=0, end=0, message=message, severity=weight, whole_file=True, side="before")


def _weight(text: str) -> Severity | None:
    """Losing a security check weighs more than the page says."""
    return Severity.HIGH if _SECURITY.search(text) else None


def _checks(text: str) -> list[str]:
    """Give the checks that a text names, each once."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", "//", "name:", "- name:")))
    found = [hit[0].lower() for pattern in (_SECURITY, _QUALITY) for hit in pattern.finditer(lines)]
    return list(dict.fromkeys(found))


def _loosened(line: Line, *, is_pipeline: bool) -> Iterator[Match]:
    text = line.text[:2_000]
    checked = _SECURITY.search(text) or _QUALITY.search(text)
    script = _SCRIPT.search(text)
    if is_pipeline and _ALLOWED.search(text):
        yield _on(line, CHECK, f"`{text.strip()[:60]}`: a failure does not stop the run any more")
    elif _SWALLOWED.search(text) and (checked or is_pipeline):
        yield _on(line, CHECK, f"`{text.strip()[:60]}` succeeds whatever it finds", _weight(text))
    elif script and _HOLLOW.fullmatch(script[2]):
        yield _on(line, CHECK, f"the script `{script[1]}` does nothing: `{script[2][:40]}`")


def _widened(line: Line) -> Iterator[Match]:
    text = line.text[:2_000]
    if _WIDE.search(text):
        yield _on(line, PERMISSION, f"`{text.strip()[:60]}` gives the run write access")
    elif found := _WRITE.search(text):
        narrow = found[1] in {"checks", "pages", "security-events", "statuses", "id-token", "attestations"}
        yield _on(line, PERMISSION, f"`{text.strip()[:60]}` gives the run write access", Severity.MEDIUM if narrow else None)
    elif found := _PRIVILEGED.search(text):
        yield _on(
            line, PERMISSION, f"`{found[0].strip()}` runs with rights, or hands secrets on, that a change should not have"
        )
    elif (found := _USES.search(text)) and not _COMMIT.fullmatch(found[2]):
        own = found[1].split("/")[0] in {"actions", "github"}
        message = f"`{found[1]}@{found[2]}` can be moved to other code by whoever owns it"
        yield _on(line, UNPINNED, message, Severity.LOW if own else None)
    elif (image := _DOCKER_USES.search(text)) and not image[2]:
        yield _on(line, UNPINNED, f"`{image[1][:60]}` can be moved to other code by whoever owns it")


def _plain(line: Line) -> bool:
    return bool(line.text.strip()) and not line.text.lstrip().startswith(("#", "//"))


def _on(line: Line, rule: str, message: str, severity: Severity | None = None, *, gone: bool = False) -> Match:
    end = line.start + len(line.text)
    start = end - len(line.text.lstrip())
    return Match(rule=rule, start=start, end=end, message=message, severity=severity, side="before" if gone else "after")
