"""What a file is for, by its path: documentation, a test, a generated lockfile, a picture.

Only to be *milder* is a path ever asked, and never alone: what scanners see in a file counts whatever the file is called.
"""

import re
from enum import Enum

from clearance.facts.change import FileChange, Mode


class Purpose(Enum):
    """What a file is for."""

    CODE = "code"
    """Everything that is not surely one of the others."""
    TEST = "test"
    DOCUMENTATION = "documentation"
    LOCKFILE = "lockfile"
    MEDIA = "media"
    """A picture, a font, a sound: bytes that nobody runs."""


# Written by package managers from a manifest; people do not read them line by line.
_LOCKFILES = frozenset(
    {
        "bun.lock", "cargo.lock", "composer.lock", "conda-lock.yml", "deno.lock", "flake.lock", "gemfile.lock", "go.sum",
        "gradle.lockfile", "npm-shrinkwrap.json", "package-lock.json", "package.resolved", "packages.lock.json", "pdm.lock",
        "pipfile.lock", "pixi.lock", "pnpm-lock.yaml", "podfile.lock", "poetry.lock", "pubspec.lock", "pylock.toml",
        "uv.lock", "yarn.lock",
    }
)  # fmt: skip
_DOCUMENTS = ("md", "markdown", "rst", "adoc", "asciidoc", "org", "txt", "tex", "po", "pot")
_DOCUMENT_NAMES = frozenset(
    {"authors", "changelog", "changes", "contributing", "contributors", "copying", "license", "licence", "maintainers",
     "notice", "readme"}
)  # fmt: skip
_MEDIA = frozenset(
    {"png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "ico", "tif", "tiff", "woff", "woff2", "ttf", "otf", "eot", "mp3",
     "ogg", "wav", "flac", "mp4", "webm", "mov", "pdf"}
)  # fmt: skip
# Prose that machines obey: requirements files, and what assistants read as their instructions.
_OBEYED = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in)$"
    r"|(?:^|/)requirements/[^/]+\.(?:txt|in)$"
    r"|(?:^|/)(?:agents|claude|gemini|copilot-instructions|skill|conventions|llms|llms-full)\.(?:md|txt)$"
    r"|(?:^|/)(?:cmakelists|robots|runtime|meson_options)\.txt$"
    r"|(?:^|/)codeowners$"
    r"|(?:^|/)\.(?!well-known/|changeset/|changes/|github/(?:issue_template|pull_request_template|discussion_template))[^/]+/"
)
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__snapshots__|e2e|testdata|cypress)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*_spec|conftest|tests)\.(?:py|pyi|go|rb)$"
    r"|(?:^|/)[^/]*[._-](?:test|spec|cy)\.(?:[cm]?[jt]sx?|snap)$"
    r"|(?:^|/)[^/]*\.snap$"
)


def purpose(path: str) -> Purpose:
    """Tell what the file at a path is for; whatever is not surely something milder is code."""
    low = path.lower()
    name = low.rsplit("/", 1)[-1]
    stem, _, suffix = name.rpartition(".")
    if name in _LOCKFILES:
        return Purpose.LOCKFILE
    if _OBEYED.search(low):
        return Purpose.CODE
    if _TESTS.search(low):
        return Purpose.TEST
    if suffix in _MEDIA:
        return Purpose.MEDIA
    if (stem and suffix in _DOCUMENTS) or name in _DOCUMENT_NAMES:
        return Purpose.DOCUMENTATION
    return Purpose.CODE


def purpose_of(file: FileChange) -> Purpose:
    """Tell what a changed file is for: code where the change moves it from one purpose to another (into `tests/`, say), and
    where it is a link, a submodule, or a document that may be executed."""
    now = purpose(file.path)
    modes = {side.mode for side in (file.before, file.after) if side is not None}
    if file.old_path is not None and purpose(file.old_path) is not now:
        return Purpose.CODE
    if modes & {Mode.SYMLINK, Mode.SUBMODULE} or (Mode.EXECUTABLE in modes and now is not Purpose.TEST):
        return Purpose.CODE
    return now


def opaque(file: FileChange) -> str | None:
    """Say what a change brings that nobody can read as text and that may still do something, or None: a submodule, a link,
    a binary that is no picture, font or sound. Tests are no exception: a backdoor has been carried in as a test file."""
    if file.after is None:
        return None
    if file.after.mode is Mode.SUBMODULE:
        return "a submodule: another repository's code at another commit"
    if file.after.mode is Mode.SYMLINK:
        return "a symbolic link"
    if file.binary and purpose_of(file) is not Purpose.MEDIA:
        return "a binary file"
    return None
