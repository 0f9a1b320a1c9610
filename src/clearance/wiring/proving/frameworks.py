"""Frameworks that run hooks before commits (pre-commit, lefthook, husky): our entry in their configuration, and whether git
comes to run them."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clearance.install.marks import text_of
from clearance.wiring.proving.books import contents, shown_in
from clearance.wiring.proving.plain_yaml import load_yaml
from clearance.wiring.proving.scene import Scene

INIT = "clearance init"
LOCAL_NAMES = ("lefthook-local.yml", "lefthook-local.yaml", ".lefthook-local.yml", ".lefthook-local.yaml")
"""A person's own files of lefthook, beside the team's."""
_MOST_MERGED = 100
_LEAVES = re.compile(r"exit(?:\s+0)?\s*;?")
_HARMLESS = frozenset(
    {
        "additional_dependencies", "alias", "always_run", "description", "entry", "fail_fast", "fail_text", "id",
        "interactive", "language_version", "log_file", "name", "pass_filenames", "priority", "require_serial", "run",
        "stage_fixed", "tags", "use_stdin", "verbose",
    }
)  # fmt: skip
"""Members of an entry that change neither what runs nor for which commits."""
_SOURCES_H = re.compile(rb"(?m)^[ \t]*(?:\.|source)[ \t].*/h[\"']?[ \t]*$")
_STAGES = frozenset(
    {
        "commit-msg", "manual", "merge-commit", "post-checkout", "post-commit", "post-merge", "post-rewrite",
        "pre-merge-commit", "pre-push", "pre-rebase", "prepare-commit-msg", "push",
    }
)  # fmt: skip


class Fault(NamedTuple):
    """What is wrong, what mends it, and the file where it stands."""

    why: str
    mend: str
    where: str


class Hook(NamedTuple):
    """Where our part stands: the file, how people know it, and how it comes to be run: by `git`, `husky`, `pre-commit` or
    `lefthook`."""

    path: Path
    shown: str
    kind: str


NOT_WIRED = "its framework has not put its own hook into this clone"


def line_in_config(hook: Hook, data: bytes) -> str | Fault:
    """Find our entry in the configuration of a framework for hooks."""
    try:
        value = load_yaml(data)
    except ValueError:
        return Fault(f"{hook.shown} is not valid YAML", f"mend it, then run: {INIT}", hook.shown)
    stage = value.get("pre-commit") if isinstance(value, dict) else None
    for key in ("skip", "only", "exclude", "exclude_tags", "files"):
        if isinstance(stage, dict) and stage.get(key):
            return Fault(f"runs only for some commits: pre-commit.{key}", f"take {key} out of {hook.shown}", hook.shown)
    for entry, line in _entries(value):
        if not any("clearance" in one for one in (entry.get("id"), entry.get("name"), line) if isinstance(one, str)):
            continue
        for key in (name for name in entry if name not in _HARMLESS and entry[name]):
            shown = str(key)[:40]
            if key not in {"args", "language", "stages"}:
                return Fault(f"runs only for some commits: {shown}", f"take {shown} out of {hook.shown}", hook.shown)
        fault = _of_framework(hook, value, entry)
        if fault:
            return fault
        stages = entry.get("stages") or (value.get("default_stages") if isinstance(value, dict) else None) or []
        names = [one for one in stages if isinstance(one, str)] if isinstance(stages, list) else []
        if stages and not {"pre-commit", "commit"} & set(names):
            told = ", ".join(name for name in names if name in _STAGES) or "unknown ones"
            return Fault(f"runs in other stages: {told}", INIT, hook.shown)
        return line or "clearance check --staged"
    return Fault(f"our entry is not in {hook.shown} any more", INIT, hook.shown)


def _of_framework(hook: Hook, whole: dict[str, Any], entry: dict[str, Any]) -> Fault | None:
    """Find members of an entry of pre-commit with which something else runs than our line, or not for every commit."""
    if hook.kind != "pre-commit":
        return None
    fault = _foreign(hook, whole, entry)
    if fault is not None:
        return fault
    if entry.get("args"):
        return Fault("is given other arguments (args)", f"take args out of {hook.shown}", hook.shown)
    if entry.get("entry") is not None and entry.get("language") not in {"system", "unsupported"}:
        return Fault("its entry is not run as a program (language)", f"write language: system into {hook.shown}", hook.shown)
    if entry.get("entry") is not None and entry.get("always_run") is not True:
        return Fault("runs only for some commits: always_run", f"write always_run: true into {hook.shown}", hook.shown)
    narrowed = [key for key in ("files", "exclude") if whole.get(key)]
    if narrowed and entry.get("always_run") is not True:
        mend = f"write always_run: true into {hook.shown}"
        return Fault(f"runs only for some commits: {narrowed[0]} of the whole file", mend, hook.shown)
    return None


def _foreign(hook: Hook, whole: dict[str, Any], entry: dict[str, Any]) -> Fault | None:
    """Find that an entry of our name comes from a repository that is not ours, or installs more than that one holds."""
    repos = [one for one in _listed(whole.get("repos")) if isinstance(one, dict)]
    repo = next((one for one in repos if any(each is entry for each in _listed(one.get("hooks")))), {})
    source = repo.get("repo")
    if source == "local":
        return None
    name = str(source).rstrip("/").removesuffix(".git").replace(":", "/").rpartition("/")[2]
    if name != "clearance":
        return Fault("comes from a repository that is not Clearance's, and was not run", INIT, hook.shown)
    if entry.get("additional_dependencies"):
        more = "additional_dependencies"
        return Fault(f"installs other packages beside Clearance ({more})", f"take {more} out of {hook.shown}", hook.shown)
    return None


def _entries(value: object) -> Iterator[tuple[dict[str, Any], str]]:
    """Give the entries of pre-commit and lefthook, each with its line (empty: that of a hook's own repository)."""
    if not isinstance(value, dict):
        return
    for repo in _listed(value.get("repos")):
        for entry in _listed(repo.get("hooks")) if isinstance(repo, dict) else ():
            if isinstance(entry, dict):
                yield entry, _line(entry.get("entry"))
    stage = value.get("pre-commit")
    if isinstance(stage, dict):
        commands = stage.get("commands")
        named = list(commands.items()) if isinstance(commands, dict) else []
        named += [("", one) for one in _listed(stage.get("jobs"))]
        for name, entry in named:
            if isinstance(entry, dict):
                yield {"id": name, **entry}, _line(entry.get("run"))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _line(value: object) -> str:
    """Give the line of an entry: empty where it has none, and no line of ours where it is no text."""
    return "" if value is None else value if isinstance(value, str) else "(no text)"


def calls(data: bytes, kind: str) -> bool:
    """Tell whether a hook of git's own comes to start a framework: the line is there, and nothing leaves before it."""
    for line in text_of(data).splitlines():
        bare = line.strip()
        if _LEAVES.fullmatch(bare):
            return False
        if bare.startswith(("#", "echo ", "printf ", ": ")):
            continue
        if kind in bare or kind.replace("-", "_") in bare:
            return True
    return False


def run_by_git(called: Path | None, hook: Hook, scene: Scene) -> Fault | None:
    """Say why git passes over the hook of a framework."""
    again = "npx husky" if hook.kind == "husky" else f"{hook.kind} install"
    if called is None or not called.is_file():
        return Fault(NOT_WIRED, again, hook.shown)
    shown = shown_in(called, scene)
    if not os.access(called, os.X_OK):
        return Fault(f"{shown} cannot be run, so git passes over it", f"chmod +x {called}", shown)
    if hook.kind == "husky" and called.parent.name == "_":
        script = called.with_name("h")
        if not _SOURCES_H.search(read(called) or b"") or b'"$@"' not in (read(script) or b""):
            return Fault(f"{shown_in(script, scene)} does not run {hook.shown}", "npx husky", shown_in(script, scene))
    if hook.kind == "husky":
        return _husky_at_home(scene)
    return None


def husky_start(scene: Scene) -> Path | None:
    """Give the script of the person that husky reads before each hook."""
    folder = scene.environment.get("XDG_CONFIG_HOME") or (scene.home / ".config" if scene.home else None)
    return Path(folder) / "husky" / "init.sh" if folder else None


def _husky_at_home(scene: Scene) -> Fault | None:
    start = husky_start(scene)
    if start is not None and re.search(rb"(?m)^[^#\n]*\bHUSKY=['\"]?0", read(start) or b""):
        shown = shown_in(start, scene)
        return Fault(f"HUSKY=0 in {shown} switches all hooks off", f"take HUSKY=0 out of {shown}", shown)
    return None


def local(hook: Hook, scene: Scene) -> Fault | None:
    """Find what other files of lefthook take away from ours: those that the team's file extends, those of other repositories
    that it names, and a person's own, which git does not see. Each counts before the team's file."""
    if scene.environment.get("LEFTHOOK_CONFIG"):
        return Fault("LEFTHOOK_CONFIG makes lefthook read another file", "unset LEFTHOOK_CONFIG", "")
    own = [hook.path.with_name(name) for name in LOCAL_NAMES]
    for path in dict.fromkeys((*_merged((hook.path, *own), scene), *own)):
        data = read(path) if path != hook.path else None
        if data is None:
            continue
        try:
            value = load_yaml(data)
        except ValueError:
            value = None
        stage = value.get("pre-commit") if isinstance(value, dict) else None
        whole = any(stage.get(key) for key in ("skip", "only", "exclude_tags")) if isinstance(stage, dict) else False
        ours = any("clearance" in str(entry.get("id", "")) for entry, _ in _entries(value))
        if whole or ours:
            shown = shown_in(path, scene)
            return Fault(f"{shown} changes what runs before commits", f"take pre-commit out of {shown}", shown)
    return None


def _merged(files: Iterable[Path], scene: Scene) -> Iterator[Path]:
    """Give the files that others extend, with those of repositories that lefthook has cloned; 100 at most. `*` stands for a
    part of a path, as lefthook has it."""
    waiting, done = list(files), set[Path]()
    while waiting and len(done) < _MOST_MERGED:
        path = waiting.pop(0)
        if path in done:
            continue
        done.add(path)
        data = read(path)
        try:
            value = load_yaml(data) if data is not None else None
        except ValueError:
            continue
        found: list[Path] = []
        if isinstance(value, dict):
            extends = value.get("extends")
            for name in (extends if isinstance(extends, list) else [extends])[:_MOST_MERGED]:
                found += _globbed(path.parent, name)
            for remote in [*_listed(value.get("remotes")), value.get("remote")]:
                for name in _configs(remote):
                    found += _globbed(scene.top / ".git" / "info" / "lefthook-remotes", f"*/{name}")
        yield from found
        waiting += found


def _configs(remote: object) -> list[Any]:
    if not isinstance(remote, dict):
        return []
    return _listed(remote.get("configs")) or [remote.get("config") or "lefthook.yml"]


def _globbed(folder: Path, name: object) -> list[Path]:
    if not isinstance(name, str) or not name or "\0" in name or "**" in name:
        return []
    if "*" not in name:
        return [folder / name]
    place, _, pattern = name.rpartition("/") if "*" not in name.rpartition("/")[0] else ("", "", name)
    root = folder / place if place else folder
    try:
        return sorted(itertools.islice(root.glob(pattern.lstrip("/")), _MOST_MERGED))
    except (OSError, ValueError, NotImplementedError):
        return []


def read(path: Path) -> bytes | None:
    """Give what a file holds; None where it is not there or cannot be read."""
    try:
        return contents(path)
    except OSError:
        return None
