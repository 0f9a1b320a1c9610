"""Runs the console blocks of a Markdown page for real, and puts in what they print.

In a block that is fenced as `console`, a line that begins with `$ ` is a command and the lines up to the next one are what
it prints. All blocks of a page run in one shell, in an empty directory, with a home of their own.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--8<-- end of command --8<--"
_CHANGING = (
    (re.compile(r"\bQ[a-z]{2,12}_[a-z2-7]{16}\b"), "<placeholder>"),
    (re.compile(r"\b[0-9a-f]{6,64}\b"), "<hex>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(?:Z| UTC)?\b"), "<time>"),
    (re.compile(r"/\S*/clearance-demo-\w+"), "<folder>"),
    (re.compile(r"\b\d[\d,]*(\s+)days(\s+)old\b"), r"<days>\1days\2old"),
)


def play(page: str) -> str:
    """Give the page with what its commands print now."""
    blocks = _BLOCK.findall(page)
    commands = [[line[2:] for line in block.splitlines() if line.startswith("$ ")] for block in blocks]
    printed = iter(_run([command for block in commands for command in block]))
    filled = iter("".join(f"$ {command}\n{next(printed)}" for command in block) for block in commands)
    return _BLOCK.sub(lambda _: f"```console\n{next(filled)}```", page)


def same(one: str, two: str) -> bool:
    """Tell whether two pages are the same but for digests, times and temporary folders."""
    return _steady(one) == _steady(two)


def _steady(text: str) -> str:
    for pattern, mark in _CHANGING:
        text = pattern.sub(mark, text)
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def _run(commands: list[str]) -> list[str]:
    """Run commands in one shell and give what each prints, standard error included."""
    script = "".join(f"{command}\necho {shlex.quote(_MARK)}\n" for command in commands)
    with tempfile.TemporaryDirectory() as home:
        work = Path(home) / "work"
        work.mkdir()
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": home,
            "CLEARANCE_CACHE": os.environ.get("CLEARANCE_CACHE", f"{home}/cache"),
            "LC_ALL": "C.UTF-8",
            "PYTHONUTF8": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": value
                for who in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", "You"), ("EMAIL", "you@example.com"))
            },
        }
        done = subprocess.run(
            ["bash"],
            input=script,
            cwd=work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=300,
        )
    pieces = (
        done.stdout.replace(f"{home}/work", "/home/you").replace(os.path.realpath(home), "/home/you").split(f"{_MARK}\n")
    )
    if len(pieces) != len(commands) + 1:
        raise RuntimeError(f"the commands did not all run: {done.stdout[-2000:]}")
    return pieces[:-1]
