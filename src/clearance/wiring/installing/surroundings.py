"""What is there: the repository, its languages, its CI and commit hooks, the assistants in use, the programs of ours."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from clearance.assistants.model import Assistant, assistants
from clearance.collect.command import find_git, search_path
from clearance.collect.repository import Repository, find_repository
from clearance.facts.errors import UsageError
from clearance.scan.language import language_of

_MOST_ENTRIES = 4000
_NO_LANGUAGES = {
    "json",
    "yaml",
    "toml",
    "ini",
    "properties",
    "dotenv",
    "markdown",
    "rst",
    "text",
    "xml",
    "notebook",
    "css",
    "html",
}
_SKIPPED = {"node_modules", "vendor", "venv", "dist", "build", "target", "__pycache__"}
_NAMES = {
    "python": "Python", "javascript": "JavaScript", "typescript": "TypeScript", "tsx": "TypeScript", "java": "Java",
    "go": "Go", "hcl": "Terraform", "dockerfile": "Docker", "shell": "shell", "ruby": "Ruby", "php": "PHP",
    "csharp": "C#", "rust": "Rust", "cpp": "C++", "c": "C", "kotlin": "Kotlin", "swift": "Swift",
}  # fmt: skip
_LEFTHOOK = ("lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml", ".config/lefthook.yml")


class Seen(NamedTuple):
    """An assistant that is in use, and the signs that say so (`claude on PATH`, `.claude`)."""

    assistant: Assistant
    signs: tuple[str, ...]


class Programs(NamedTuple):
    """How our programs are called: by name where that is this installation (`absolute` is False), else by path."""

    hook: str
    clearance: str
    absolute: bool


class CommitHook(NamedTuple):
    """Where a commit is judged: `kind` is `pre-commit`, `husky`, `lefthook` or `git`, `root` and `path` say which file."""

    kind: str
    root: str
    path: str
    problem: str = ""


class Around(NamedTuple):
    """All that is known of a place before anything is planned."""

    repository: Repository
    top: Path
    home: Path | None
    languages: tuple[str, ...]
    ci: tuple[str, ...]
    commit: CommitHook
    seen: tuple[Seen, ...]
    programs: Programs

    def folder(self, root: str) -> Path:
        """Give the folder of a root: `repository`, `git`, `home`.

        Raises:
            UsageError: there is no home.
        """
        if root == "repository":
            return self.top
        if root == "git":
            return self.repository.common_dir
        if self.home is None:
            raise UsageError("there is no home folder", next="set HOME")
        return self.home


def look_around(directory: Path, environment: Mapping[str, str], *, writing: bool = True) -> Around:
    """Look at a repository and its surroundings; nothing is changed and nothing of it is run. Unless `writing`, our programs
    may be missing.

    Raises:
        clearance.facts.errors.ClearanceError: no repository, a bare one, or our own programs are missing.
    """
    repository = find_repository(directory, environment)
    if repository.top is None:
        raise UsageError("a bare repository has no files to write", where=str(repository.git_dir), next="run it in a clone")
    home = Path(environment["HOME"]) if environment.get("HOME", "").startswith("/") else None
    top = repository.top
    return Around(
        repository,
        top,
        home,
        _languages(top),
        _ci(repository, environment),
        _commit_hook(repository, environment),
        tuple(_seen(top, home, environment)),
        programs(environment) if writing else _programs_or_names(environment),
    )


def programs(environment: Mapping[str, str]) -> Programs:
    """Say how our programs are to be called from a shell.

    Raises:
        UsageError: this installation has no such programs.
    """
    found = {name: _program(name, environment) for name in ("clearance-hook", "clearance")}
    absolute = any("/" in path for path in found.values())
    if absolute:  # of one installation: both by path, or both by name
        found = {name: path if "/" in path else str(_ours(name)) for name, path in found.items()}
    return Programs(found["clearance-hook"], found["clearance"], absolute)


def _programs_or_names(environment: Mapping[str, str]) -> Programs:
    try:
        return programs(environment)
    except UsageError:
        return Programs("clearance-hook", "clearance", absolute=False)


def git_value(repository: Repository, environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Ask git about its configuration or ignore rules; gives the exit status and the first line."""
    path = search_path(environment, repository.guarded)
    names = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM")
    kept = {"PATH": path, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"} | {k: environment[k] for k in names if k in environment}
    done = subprocess.run(
        [find_git(path), "-c", "core.fsmonitor=false", *arguments],
        cwd=repository.place,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode, os.fsdecode(done.stdout).split("\n", 1)[0]


def _program(name: str, environment: Mapping[str, str]) -> str:
    ours = _ours(name)
    first = shutil.which(name, path=environment.get("PATH", os.defpath))
    return name if first and os.path.realpath(first) == os.path.realpath(ours) else str(ours)


def _ours(name: str) -> Path:
    folders = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts")), Path(sys.argv[0]).absolute().parent]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f"the program {name} of this installation is missing", next="install Clearance again")


def _seen(top: Path, home: Path | None, environment: Mapping[str, str]) -> Iterator[Seen]:
    path = environment.get("PATH", os.defpath)
    for one in assistants():
        found = one.found
        signs = [f"{name} on PATH" for name in found.commands if shutil.which(name, path=path)]
        signs += [name for name in found.repository if (top / name).exists()]
        signs += [f"~/{name}" for name in found.home if home and (home / name).exists()]
        signs += [f"${name}" for name in found.environment if environment.get(name)]
        if signs:
            yield Seen(one, tuple(signs))


def breadth_first(waiting: list[Path]) -> Iterator[tuple[Path, os.DirEntry[str]]]:
    """Give what lies in folders, each with its folder, by name. Folders that the caller adds to `waiting` meanwhile follow;
    those that cannot be listed are passed over."""
    for folder in waiting:
        listed: list[os.DirEntry[str]] = []
        with contextlib.suppress(OSError):
            listed = sorted(os.scandir(folder), key=lambda one: one.name)
        yield from ((folder, entry) for entry in listed)


def _languages(top: Path) -> tuple[str, ...]:
    """The languages of the first few thousand files, the most frequent first; folders breadth first."""
    counted: Counter[str] = Counter()
    folders = [top]
    for _, entry in islice(breadth_first(folders), _MOST_ENTRIES):
        if entry.is_symlink() or entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_dir():
            folders.append(Path(entry.path))
        elif (language := language_of(entry.name)) and language not in _NO_LANGUAGES:
            counted[_NAMES.get(language, language)] += 1
    return tuple(name for name, _ in counted.most_common(4))


def _ci(repository: Repository, environment: Mapping[str, str]) -> tuple[str, ...]:
    top = repository.place
    _, remote = git_value(repository, environment, "config", "--get", "remote.origin.url")
    found = []
    if (top / ".github").is_dir() or "github.com" in remote:
        found.append("github")
    if (top / ".gitlab-ci.yml").exists() or "gitlab" in remote:
        found.append("gitlab")
    return tuple(found)


def _commit_hook(repository: Repository, environment: Mapping[str, str]) -> CommitHook:
    top = repository.place
    _, hooks = git_value(repository, environment, "config", "--type=path", "--get", "core.hooksPath")
    if (top / ".pre-commit-config.yaml").exists():
        return CommitHook("pre-commit", "repository", ".pre-commit-config.yaml")
    for name in _LEFTHOOK:
        if (top / name).exists():
            return CommitHook("lefthook", "repository", name)
    if (top / ".husky").is_dir():
        return CommitHook("husky", "repository", ".husky/pre-commit")
    if not hooks:
        return CommitHook("git", "git", "hooks/pre-commit")
    place = Path(os.path.realpath(top / hooks))
    for root, folder in (("git", repository.common_dir), ("repository", top)):
        if place != folder and place.is_relative_to(folder):
            return CommitHook("git", root, f"{place.relative_to(folder)}/pre-commit")
    problem = f"core.hooksPath is {hooks}, outside of the repository"
    return CommitHook("git", "", str(place / "pre-commit"), problem)
