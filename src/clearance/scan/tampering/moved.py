"""Renames that take a guard away: the file is still there, under a name that nobody reads.

A move to another name that is read changes nothing by itself, so it is judged by its text. Which names are read is fact of
the forges, the runners of tests and the checkers, by their documentation.
"""

import re
from collections.abc import Sequence

import msgspec

from clearance.facts.change import ChangeKind
from clearance.facts.text import Decoded
from clearance.scan.family import Pair, View

_DEAD = re.compile(
    r"(?:[._-](?:bak|backup|old|orig|original|disabled?|off|inactive|unused|deprecated|removed|save|sav|tmp|temp|txt|md"
    r"|sample|example|dist|template)\d*|~)$",
    re.IGNORECASE,
)
"""How names end that nobody reads, whatever stands in front."""

_PIPELINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\.github/workflows/[^/]+\.ya?ml$",
        r"^\.gitlab-ci\.yml$",
        r"^\.circleci/config\.yml$",
        r"^bitbucket-pipelines\.yml$",
        r"^\.travis\.ya?ml$",
        r"^\.drone\.ya?ml$",
        r"^\.?appveyor\.ya?ml$",
        r"^\.woodpecker(?:\.ya?ml|/[^/]+\.ya?ml)$",
        r"^\.buildkite/pipeline\.(?:ya?ml|json)$",
        r"(?:^|/)Jenkinsfile$",
    )
)
"""Pipelines that a forge finds by their names, each with the names that the same forge takes."""
_OTHER_PIPELINES = re.compile(r"\.ya?ml$|(?:^|/)Jenkinsfile[\w.-]*$")
_SCRIPTS = re.compile(r"(?:^|/)[^./]+$|\.\w+$")

_OWNERS = (re.compile(r"^(?:docs/)?CODEOWNERS$"), re.compile(r"^\.(github|gitlab|gitea|forgejo|bitbucket)/CODEOWNERS$"))

_HOOK = re.compile(
    r"(?:^|/)(?:\.husky|\.?git-?hooks)/(?:pre-commit|pre-push|pre-merge-commit|commit-msg|prepare-commit-msg|pre-receive"
    r"|update|pre-rebase|pre-applypatch|applypatch-msg)$"
)
_PRE_COMMIT = re.compile(r"^\.pre-commit-config\.yaml$")
_STEM = re.compile(r"(?:^|/)[._]*([a-z-]+?)(?:rc)?(?:[._].*|$)")
_OF_A_CHECKER = re.compile(r"(?:^|/)(?:codeql|\.?semgrep|\.tfsec)(?:/|$)")
_FOLDERS = frozenset(("", ".github", ".config", ".gitlab"))
"""Folders, beside its own one, in which a checker finds its settings."""

_SKIPPED_FOLDERS = frozenset(("node_modules", "build", "dist", "venv", "env", "CVS", "_darcs"))
_COLLECTED: dict[str, tuple[re.Pattern[str], ...]] = {
    "py": (re.compile(r"(?:^|/)(?:test[^/]*|[^/]*_tests?)\.py$"),),
    "js": (
        re.compile(
            r"[._-](?:test|spec|cy|e2e)\.[cm]?[jt]sx?$|(?:^|/)__tests__/.*\.[cm]?[jt]sx?$|(?:^|/)tests?\.[cm]?[jt]sx?$"
        ),
        re.compile(r"(?:^|/)(?:tests?|specs?|e2e|cypress|testing)/.*\.[cm]?[jt]sx?$"),
    ),
    "go": (re.compile(r"(?:^|/)[^/_.][^/]*_test\.go$"),),
    "jvm": (
        re.compile(r"(?:^|/)(?:Test[^/]*|[^/]*(?:Tests?|TestCase|IT|Spec|Suite))\.(?:java|kt|scala|groovy)$"),
        re.compile(r"(?:^|/)(?:tests?|specs?)/.*\.(?:java|kt|scala|groovy)$"),
    ),
    "rb": (re.compile(r"(?:_spec|_test)\.rb$|(?:^|/)test_[^/]*\.rb$"),),
    "php": (re.compile(r"Test\.php$"), re.compile(r"(?:^|/)tests?/.*\.php$")),
    "rs": (re.compile(r"\.rs$"),),
    "cs": (re.compile(r"\.cs$"),),
    "swift": (re.compile(r"\.swift$"),),
}
"""Names that the runners of a language collect; the narrower ones stand first, and who had one keeps one as narrow."""
_KIND = {
    "python": "py",
    "javascript": "js",
    "typescript": "js",
    "tsx": "js",
    "go": "go",
    "java": "jvm",
    "kotlin": "jvm",
    "scala": "jvm",
    "ruby": "rb",
    "php": "php",
    "rust": "rs",
    "csharp": "cs",
    "swift": "swift",
}


def before_of(pair: Pair) -> Pair | None:
    """Give what a file that was moved took away from its old place, as if it were deleted there; None for all others."""
    old = pair.file.old_path
    if old is None or old == pair.file.path:
        return None
    view = pair.before
    gone = msgspec.structs.replace(pair.file, path=old, old_path=None, kind=ChangeKind.DELETED, after=None, added=())
    # The language of the before side is that of its own name.
    before = view and View(old, "before", view.data, Decoded(view.text, view.encoding, broken=False), partial=view.partial)
    return Pair(gone, before, None)


def pipeline_left(old: str, new: str, known: re.Pattern[str]) -> bool:
    """Tell whether a pipeline has a name that its forge does not read any more; `known` are the names of all pipelines."""
    for one in _PIPELINES:
        if one.search(old):
            return not one.search(new)
    if not known.search(old):
        return False
    if _DEAD.search(new):
        return not _DEAD.search(old)
    # A script in such a folder is called by its path, wherever that is.
    return not known.search(new) if _OTHER_PIPELINES.search(old) else not _SCRIPTS.search(new)


def owners_left(old: str, new: str) -> bool:
    """Tell whether a list of owners was read at its old place, and is not at the new one. `docs/` and the top are read by
    all forges, a folder of one forge by that one."""
    everywhere, own = _OWNERS
    if everywhere.search(old):
        moved = own.search(new)
        return not everywhere.search(new) and (moved is None or moved[1] != "github")
    before, after = own.search(old), own.search(new)
    return before is not None and not everywhere.search(new) and (after is None or after[1] != before[1])


def hook_left(old: str, new: str, known: re.Pattern[str]) -> bool:
    """Tell whether what runs before a commit has a name that is not run any more."""
    if _HOOK.search(old):
        return not _HOOK.search(new)
    return not known.search(new) or (_DEAD.search(new) is not None and not _DEAD.search(old))


def settings_left(old: str, new: str, known: Sequence[re.Pattern[str]], *, security: bool) -> bool:
    """Tell whether the settings of a checker have a name that it does not find; `known` are the names of such settings. A
    checker of security must keep its own: those of another one are none of it."""
    if _PRE_COMMIT.search(old):
        return not _PRE_COMMIT.search(new)
    if not any(one.search(new) for one in known) or (_DEAD.search(new) and not _DEAD.search(old)):
        return True
    if not security:
        return False
    folder, moved = (path.rpartition("/")[0] for path in (old, new))
    if _OF_A_CHECKER.search(folder):
        return folder != moved
    stems = [found[1] if (found := _STEM.search(path.rpartition("/")[2])) else path for path in (old, new)]
    return stems[0] != stems[1] or (folder != moved and moved not in _FOLDERS)


def test_left(old: str, new: str, language: str | None) -> bool:
    """Tell whether a runner collected a file of tests by its old name, and does not by the new one."""
    patterns = _COLLECTED.get(_KIND.get(language or "", ""), ())
    for narrow, one in enumerate(patterns):
        if one.search(old):
            return not any(wide.search(new) for wide in patterns[: narrow + 1]) or _hidden(new, old)
    return False


def _hidden(new: str, old: str) -> bool:
    """Tell whether a path leads through a folder that runners pass over, and through none such before."""
    return any(_passed_over(name, new) for name in new.split("/")[:-1]) and not any(
        _passed_over(name, old) for name in old.split("/")[:-1]
    )


def _passed_over(name: str, path: str) -> bool:
    if path.endswith(".go") and (name == "testdata" or name.startswith("_")):
        return True
    return name.startswith(".") or name in _SKIPPED_FOLDERS
