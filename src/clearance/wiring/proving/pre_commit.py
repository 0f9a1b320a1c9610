"""The hook before commits: it stands where git looks, it is what was installed, and it stops a commit of a canary.

Only our own part of a hook is run, in a scratch repository: what others wrote into the same file is theirs.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from clearance.facts.errors import ClearanceError, CollectError
from clearance.facts.proof import Pulse, Shot
from clearance.install.marks import part, text_of
from clearance.wiring.proving import canary
from clearance.wiring.proving.books import contents, noted, shown_in
from clearance.wiring.proving.frameworks import (
    INIT,
    LOCAL_NAMES,
    NOT_WIRED,
    Fault,
    Hook,
    calls,
    husky_start,
    line_in_config,
    local,
    read,
    run_by_git,
)
from clearance.wiring.proving.lines import begins, program_by, program_of
from clearance.wiring.proving.scene import NO_TIME, Scene, Watch, shot
from clearance.wiring.proving.stage import clean_environment, git, write

KINDS = ("pre-commit",)
ALWAYS = False
PATIENT = False
_GUARD = "pre-commit"
_LINE = "{program} check --staged"
_PART = f"{_LINE} || exit $?"
_FRAMEWORKS = {".pre-commit-config.yaml": "pre-commit", "lefthook.yml": "lefthook", "lefthook.yaml": "lefthook"}
_SECONDS = 120.0
_SHELL = re.compile(r"(?:/|env +(?:-S +)?)(?:ba|da|z|k)?sh\b")
_LOOSE = re.compile(r"(?:^|\s)(?:--no-verify\b|-\w*n\w*\b)")


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the hook files, git's configuration that leads to them, and the program that they start."""
    for hook in _hooks(scene):
        yield str(hook.path).encode("utf-8", "surrogateescape")
        beside = [hook.path.parent / name for name in (*LOCAL_NAMES, "_/h")]
        start = husky_start(scene)
        for path in (hook.path, *beside, *([start] if start else [])):
            try:
                yield contents(path) or b""
                yield str(path.stat().st_mode).encode() if path.exists() else b""
            except OSError as error:
                yield str(error).encode("utf-8", "surrogateescape")
    called = _called(scene)
    yield (read(called) or b"") + str(os.access(called, os.X_OK)).encode() if called else b""
    yield (read(called.with_name("h")) or b"") if called else b""
    yield "\0".join(_config(scene)).encode("utf-8", "surrogateescape")
    yield str(_called(scene)).encode("utf-8", "surrogateescape")
    yield repr([scene.environment.get(name) for name in ("HUSKY", "SKIP", "LEFTHOOK", "LEFTHOOK_EXCLUDE")]).encode()
    yield str(scene.program("clearance")).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Look at the hook; if it is as it should be, commit a canary in a scratch repository with it."""
    shots = []
    for hook in _hooks(scene):
        watch = Watch()
        found = _look(hook, scene)
        if isinstance(found, Shot):
            shots.append(found)
        else:
            shots.append(_commit(hook, found, scene, watch))
    return shots or [shot(_GUARD, Pulse.ABSENT, "no hook before commits calls Clearance here")]


def glance(scene: Scene) -> list[Shot]:
    """The same without a commit."""
    return [found for hook in _hooks(scene) if isinstance(found := _look(hook, scene), Shot)]


def _hooks(scene: Scene) -> list[Hook]:
    """Find the files that hold our part, or should by our notes."""
    notes, _ = noted(scene)
    paths = [one.path for one in notes if "pre-commit" in one.held.parts]
    candidates = [scene.top / ".husky" / "pre-commit", *(scene.top / name for name in _FRAMEWORKS)]
    called = _called(scene)
    candidates += [called] if called else []
    for path in candidates:
        try:
            data = contents(path) or b""
        except OSError:
            continue
        if path not in paths and (b"clearance:begin pre-commit" in data or b"clearance check --staged" in data):
            paths.append(path)
    return [Hook(path, shown_in(path, scene), _kind(path)) for path in paths]


def _kind(path: Path) -> str:
    return (
        "husky"
        if path.parent.name == ".husky"
        else _FRAMEWORKS.get(path.name.lstrip("."), _FRAMEWORKS.get(path.name, "git"))
    )


def _look(hook: Hook, scene: Scene) -> Shot | str:
    """Give the line of ours that the hook runs, or the shot that says what is wrong."""
    elsewhere = "this is a clone of a CI service, in which nobody commits"
    try:
        data = contents(hook.path)
    except OSError as error:
        said = f"{hook.shown} {error.strerror or 'cannot be read'}"
        return shot(_GUARD, Pulse.DEAD, said, mend=INIT, where=hook.shown)
    if data is None:
        if hook.kind == "git" and scene.ephemeral:
            return shot(_GUARD, Pulse.UNTRIED, elsewhere, where=hook.shown)
        return shot(_GUARD, Pulse.DEAD, f"{hook.shown} is not there any more", mend=INIT, where=hook.shown)
    line = (line_in_config if hook.kind in {"pre-commit", "lefthook"} else _line_in_script)(hook, data)
    if isinstance(line, str):
        fault = _wiring(hook, scene) or _left_out(scene) or _program(hook, line, scene)
        if fault is None:
            return line
    else:
        fault = line
    if fault.why == NOT_WIRED and scene.ephemeral:
        return shot(_GUARD, Pulse.UNTRIED, elsewhere, where=hook.shown)
    return shot(_GUARD, Pulse.DEAD, fault.why, mend=fault.mend, where=fault.where)


def _line_in_script(hook: Hook, data: bytes) -> str | Fault:
    """Find our part in a script: it must be whole, and nothing may leave the script before it."""
    text = text_of(data)
    try:
        ours = part(text, "pre-commit", hook.shown)
    except ClearanceError as error:
        return Fault(f"its marks are torn: {error.what}", error.next or INIT, hook.shown)
    if ours is None:
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        line = lines[0].removeprefix("exec ") if len(lines) == 1 else ""
        if (
            program_by(_LINE, line.removesuffix(" || exit $?")) is not None
        ):  # written by a person, as the documentation shows
            return line.removesuffix(" || exit $?")
        return Fault(f"our part is not in {hook.shown} any more", INIT, hook.shown)
    if not ours.intact:
        return Fault(
            f"our part of {hook.shown} was changed, and was not run: it starts with {begins(ours.body)}", INIT, hook.shown
        )
    shebang = text.partition("\n")[0]
    if shebang.startswith("#!") and not _SHELL.search(shebang):
        return Fault(
            f"{hook.shown} is not run by a shell: {shebang}", f"write #!/bin/sh above it in {hook.shown}", hook.shown
        )
    before = [line for line in text[: ours.start].splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if before:
        mend = f"move our part to the top of {hook.shown}"
        why = f"what stands in front of our part may leave the hook before it: {begins(before[0])}"
        return Fault(why, mend, hook.shown)
    line = ours.body.strip()
    if program_by(_PART, line) is None:  # the digest in the mark is no secret: who changes the part can write it anew
        why = f"our part of {hook.shown} is not what was installed, and was not run: it starts with {begins(line)}"
        return Fault(why, INIT, hook.shown)
    return line.removesuffix(" || exit $?")


def _wiring(hook: Hook, scene: Scene) -> Fault | None:
    """Say why git does not come to run the hook; None where it does."""
    called = _called(scene)
    if hook.kind == "git":
        if called is None or not _same(called, hook.path):
            elsewhere = shown_in(called, scene) if called else "nowhere"
            flag, where = _set_in(scene)
            mend = f"git config {flag}--unset core.hooksPath, or run: {INIT}"
            return Fault(f"git looks for hooks elsewhere (core.hooksPath): {elsewhere}", mend, where)
        if not os.access(hook.path, os.X_OK):
            return Fault(f"{hook.shown} cannot be run, so git passes over it", f"chmod +x {hook.path}", hook.shown)
        return None
    if hook.kind == "husky":
        folder = called.parent if called else None
        if scene.environment.get("HUSKY") == "0":
            return Fault("HUSKY=0 switches all hooks off", "unset HUSKY", hook.shown)
        if folder is None or folder not in {scene.top / ".husky" / "_", scene.top / ".husky"}:
            return Fault("husky is off: core.hooksPath does not lead to it", "npx husky", ".git/config")
        return run_by_git(called, hook, scene)
    if called is None or not calls(read(called) or b"", hook.kind):
        return Fault(NOT_WIRED, f"{hook.kind} install", hook.shown)
    return run_by_git(called, hook, scene) or (local(hook, scene) if hook.kind == "lefthook" else None)


def _set_in(scene: Scene) -> tuple[str, str]:
    """Say where core.hooksPath is set: the flag of `git config` that names it, and the file as people know it."""
    from clearance.collect.repository import find_repository

    repository = find_repository(scene.directory, scene.environment)
    files = (repository.common_dir / "config", repository.git_dir / "config.worktree")
    own = any(b"hookspath" in (read(one) or b"").lower() for one in files)
    return ("", ".git/config") if own else ("--global ", "~/.gitconfig")


def _left_out(scene: Scene) -> Fault | None:
    """Find what leaves the hook out on purpose: an alias, or a variable."""
    for line in _config(scene):
        name, _, value = line.partition(" ")
        words = value.lstrip("!").split()
        if name.startswith("alias.") and "commit" in words and _LOOSE.search(value.partition("commit")[2]):
            mend = f"git config --unset {name} (with --global if it stands there)"
            return Fault(f"the alias {name.removeprefix('alias.')} leaves the hook out", mend, ".git/config")
    for name in ("SKIP", "LEFTHOOK_EXCLUDE"):
        if "clearance" in scene.environment.get(name, "").split(","):
            return Fault(f"{name}=clearance leaves the hook out", f"unset {name}", "")
    if scene.environment.get("LEFTHOOK") in {"0", "false"}:
        return Fault("LEFTHOOK=0 switches all hooks off", "unset LEFTHOOK", "")
    return None


def _program(hook: Hook, line: str, scene: Scene) -> Fault | None:
    word = program_by(_LINE, line)
    if word is None:
        return Fault(f"is not what was installed, and was not run: it starts with {begins(line)}", INIT, hook.shown)
    program = program_of(word, scene)
    if not program.wrong:
        return None
    mend = (
        f"chmod +x {program.path}" if program.wrong.endswith("cannot be run") else f"install Clearance again, then: {INIT}"
    )
    return Fault(f"does not start Clearance, and was not run: {program.wrong}", mend, hook.shown)


def _commit(hook: Hook, line: str, scene: Scene, watch: Watch) -> Shot:
    """Commit a flaw in a scratch repository whose hook holds our line and nothing else."""
    place = scene.stage.another("commit")
    write(place, "canary.py", canary.FLAW)
    script = place / ".git" / "hooks" / "pre-commit"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f"#!/bin/sh\n{line} || exit $?\n")
    script.chmod(0o700)
    git(place, scene.environment, "add", "canary.py")
    before = git(place, scene.environment, "rev-parse", "HEAD")
    environment = clean_environment(scene.environment) | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=Canary", "-c", "user.email=canary@example.com", "-c", "commit.gpgsign=false"]
    try:
        done = subprocess.run(
            ["git", *who, "commit", "--quiet", "-m", "A canary"], cwd=place, env=environment, check=False,
            capture_output=True, timeout=max(0.1, min(_SECONDS, scene.left)), stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        if scene.quick:
            return shot(_GUARD, Pulse.UNTRIED, NO_TIME, mend="clearance prove", where=hook.shown)
        return shot(
            _GUARD,
            Pulse.DEAD,
            f"did not answer within {_SECONDS:g} s",
            mend="run `clearance check --staged`",
            where=hook.shown,
        )
    if git(place, scene.environment, "rev-parse", "HEAD") != before:
        mend = "see the guards of the gate and the scanners"
        return shot(_GUARD, Pulse.DEAD, "let a commit with a flaw pass", mend=mend, where=hook.shown, watch=watch)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if canary.FLAW_RULE not in said:
        first = " ".join(said.split())[:200]
        why = f"stops every commit, because nobody can judge: {first}"
        return shot(_GUARD, Pulse.DEAD, why, mend="run `clearance check --staged`", where=hook.shown, watch=watch)
    return shot(_GUARD, Pulse.ALIVE, "stopped a commit with a flaw", where=hook.shown, watch=watch)


def _called(scene: Scene) -> Path | None:
    """Find the file that git would run before a commit, whether it is there or not."""
    from clearance.collect.repository import find_repository

    try:
        repository = find_repository(scene.directory, scene.environment)
    except ClearanceError:
        return None
    named = [line.partition(" ")[2] for line in _config(scene) if line.partition(" ")[0].lower() == "core.hookspath"]
    folder = Path(named[-1]).expanduser() if named else repository.common_dir / "hooks"
    return (repository.top or repository.git_dir) / folder / "pre-commit"


def _config(scene: Scene) -> list[str]:
    """Give git's settings that matter here, one `name value` a line, as git would use them in this repository. Asking for
    them runs nothing of it."""
    from clearance.collect.command import find_git, search_path
    from clearance.collect.repository import find_repository

    known = scene.__dict__.get("git_config")
    if known is not None:
        return list(known)
    own = scene.environment
    names = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM")
    try:
        repository = find_repository(scene.directory, scene.environment)
        path = search_path(scene.environment, repository.guarded)
        done = subprocess.run(
            [find_git(path), "-c", "core.fsmonitor=false", "config", "-z", "--get-regexp", r"^(alias\..*|core\.hookspath)$"],
            cwd=repository.place,
            env={"PATH": path, "LC_ALL": "C"} | {name: own[name] for name in names if name in own},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
    except ClearanceError:
        known = []  # no repository: nothing is set, and the guards tell that there is none
    except (OSError, subprocess.SubprocessError) as error:
        raise CollectError("git could not be asked for its settings", next="see that git works here") from error
    else:
        if done.returncode not in {0, 1}:  # 1: none of them is set
            raise CollectError("git could not read its settings", next="run `git config --list` and mend what it says")
        known = [one.replace("\n", " ", 1) for one in os.fsdecode(done.stdout).split("\0") if one]
    scene.__dict__["git_config"] = known
    return list(known)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
