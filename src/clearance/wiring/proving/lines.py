"""Command lines of ours: known again exactly, and the program that they start told from another one of the same name.

Settings come from a repository, so they are input: a line is run only if it is the very one that the contract writes, and
if its program is Clearance.
"""

import os
import re
import shlex
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from clearance.assistants.model import Assistant, Event
from clearance.facts.text import visible
from clearance.install.hooks import quoted
from clearance.wiring.proving.scene import Scene

_MOST_SCRIPT = 4096
_NAMES = frozenset({"clearance", "clearance-hook"})
"""Our programs: the folder that they lie in holds others, too (`python`)."""
_HEAD = re.compile(r"#!(?:/[^\n]*/)?(?:env )?python[0-9.]*")
_STARTER = (
    r"import (?:re|sys)",
    r"from clearance(?:\.\w+)* import \w+",
    r"if __name__ == ['\"]__main__['\"]:",
    r"(?:el)?if sys\.argv\[0\]\.endswith\(['\"][\w.-]+['\"]\):",
    r"sys\.argv\[0\] = sys\.argv\[0\]\[:-\d+\]",
    r"sys\.argv\[0\] = re\.sub\(r'[^']*', '', sys\.argv\[0\]\)",
    r"sys\.argv\[0\] = sys\.argv\[0\]\.removesuffix\(['\"][\w.-]+['\"]\)",
    r"sys\.exit\(\w+\(\)\)",
)
"""The lines that installers (pip, uv, pipx) write into a starter of a Python program, and no others."""
_LINE = re.compile("|".join(f"(?:{one})" for one in _STARTER))


class Program(NamedTuple):
    """What a line starts: the path (None: there is none), and what is wrong with it (empty: nothing)."""

    path: Path | None
    wrong: str


def program_in(assistant: Assistant, event: Event, line: str) -> str | None:
    """Give the program of a line, unquoted, if the line is the one that the contract writes; None where it is another."""
    if assistant.hooks is None:
        return None
    template = event.command or assistant.hooks.command
    written = template.replace("{assistant}", assistant.name).replace("{event}", event.name)
    return program_by(written, line)


def program_by(template: str, line: str) -> str | None:
    """Give what stands for `{program}` in a line that fits a template, if that is a single word of a shell."""
    before, mark, behind = template.partition("{program}")
    if not mark or not line.startswith(before) or not line.endswith(behind):
        return None
    word = line[len(before) : len(line) - len(behind) or None]
    try:
        words = shlex.split(word)
    except ValueError:
        return None
    # What a shell would expand, or end the word at, is no plain name of a program: only what we would write ourselves.
    if len(words) != 1 or not words[0]:
        return None
    always = "'" + words[0].replace("'", "'\\''") + "'"
    return words[0] if word in (quoted(words[0]), always) else None


def begins(line: str) -> str:
    """Give the first word of a foreign line, short and harmless: the rest may hold secrets, and proofs are kept. A word that
    sets a variable is cut before its value."""
    word = next(iter(line.split()), "")
    name, mark, _ = word.partition("=")
    return visible(name[:60]) + ("=…" if mark else "") or "nothing"


def program_of(word: str, scene: Scene) -> Program:
    """Find the program that a word starts for the person, and say what is wrong with it."""
    if "/" in word and not word.startswith("/"):  # it would start another program in each folder
        return Program(None, f"{word} is no absolute path")
    if "/" not in word:
        found = scene.program(word)
        if found is None:
            there = _unrunnable(word, scene)
            return Program(there, f"{there} cannot be run" if there else f"there is no {word} on PATH")
    else:
        found = Path(word)
        try:
            runnable = stat.S_ISREG(found.stat().st_mode) and os.access(found, os.X_OK)
        except OSError as error:
            return Program(None, f"{word}: {error.strerror or 'cannot be looked at'}")
        if not runnable:
            return Program(found, f"{word} cannot be run")
    wrong = "" if is_ours(found, scene) else f"{found} is another program than Clearance"
    return Program(found, wrong)


def is_ours(path: Path, scene: Scene) -> bool:
    """Tell whether a program is a starter of this Clearance, or of another one that is installed outside of the repository:
    the few lines that installers write."""
    ours = Path(sys.executable).parent / path.name
    try:
        if path.name in _NAMES and ours.exists() and path.samefile(ours):
            return True
        real = path.resolve(strict=True)
        with real.open("rb") as file:
            text = file.read(_MOST_SCRIPT + 1)
    except OSError:
        return False
    inside = scene.top in real.parents and (scene.top / ".git").exists()
    return not inside and len(text) <= _MOST_SCRIPT and is_starter(text.decode("utf-8", "replace"))


def is_starter(text: str) -> bool:
    """Tell whether a text is a starter of Clearance as installers write it."""
    head, *rest = text.split("\n")
    lines = [line.strip() for line in rest if line.strip() and not line.lstrip().startswith("#")]
    imports = any(line.startswith("from clearance") for line in lines)
    return _HEAD.fullmatch(head) is not None and imports and all(_LINE.fullmatch(line) for line in lines)


def _unrunnable(name: str, scene: Scene) -> Path | None:
    """Find a file of that name on PATH that is there and cannot be run."""
    folders = (Path(one) for one in scene.environment.get("PATH", "").split(os.pathsep) if one)
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
