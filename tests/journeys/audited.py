"""A repository whose merged line an auditor will ask about: people with ID tokens, an assistant's hooks, a bare remote."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

INTEROP = Path(__file__).parent.parent / "interop"
PAGE = Path(__file__).parent.parent.parent / "docs/how-to/audit-a-merged-line.md"
HALVES = "## You: what you have"
START = '"""Orders."""\n\n\nclass Order:\n    def total(self):\n        return sum(line.price for line in self.lines)\n'
WRITTEN = """
    def discounted(self, percent):
        if not 0 <= percent <= 100:
            raise ValueError('percent must lie between 0 and 100')
        total = self.total()
        return total - total * percent / 100
"""
WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
}
TRUST = "clearance trust init --domain shop.example --audience clearance --jwks ../jwks.json"
SESSION = {"session_id": "00000000-0000-4000-8000-000000000001", "permission_mode": "default"}


class Block(NamedTuple):
    """Commands of the page, and what it says is seen (empty: it does not say)."""

    typed: str
    seen: str


def blocks(part: str) -> list[Block]:
    """Read the commands of a part of the page."""
    found = re.findall(r"^```sh\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", part, re.MULTILINE | re.DOTALL)
    return [Block(typed, seen) for typed, seen in found]


def as_seen(shown: str, said: str) -> bool:
    """Tell whether an output is what the page shows: `…` stands for anything, a line that is `…` for any lines."""
    lines = [".*(?:\n.*)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) for line in said.splitlines()]
    return re.fullmatch("\n".join(lines), "\n".join(line.rstrip() for line in shown.splitlines())) is not None


class Shop:
    """The team's machine: a repository `shop` with a bare remote, keys of its own, and what the team hands out."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.place = top / "shop"
        self.environment = self._environment("keys")
        self.place.mkdir()
        self.type("git init -q --bare -b main ../forge.git; git init -q -b main; git remote add origin ../forge.git")
        self.write(START)
        self.type("git add -A; git commit -q -m Start; git push -q origin main; git switch -q -c discounts")
        (self.place / "ticket.md").write_text("Customers get discounts in percent.\n")

    def _environment(self, keys: str) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": self.top, "CLEARANCE_HOME": self.top / keys, "XDG_CACHE_HOME": self.top / f"{keys}.cache"}
        more = {"CLEARANCE_RESIDENT": "off", "NO_COLOR": "1", "PATH": path}
        return {**os.environ, **WHO, **more, **{name: str(value) for name, value in own.items()}}

    def type(self, typed: str, given: str = "") -> str:
        """Type commands in the repository."""
        script = f"set -eu -o pipefail\n{typed}"
        words = ["bash", "-c", script]
        done = subprocess.run(
            words, cwd=self.place, env=self.environment, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{typed}\n{done.stdout}{done.stderr}"
        return done.stdout

    def write(self, text: str) -> None:
        (self.place / "orders.py").write_text(text)

    def trust(self, provider: Mapping[str, Any]) -> None:
        """Believe an identity provider, and keep the tokens that people got there."""
        (self.top / "jwks.json").write_text(provider["jwks"])
        for person in ("ada", "bob"):
            (self.place / f"{person}.token").write_text(provider["tokens"][person])
        self.type(f"{TRUST} --oidc-issuer {provider['issuer']}")

    def generate(self) -> None:
        """An assistant writes a method, as its hooks tell it; then a formatter comes by."""
        around = SESSION | {"transcript_path": f"{self.top}/transcript.jsonl", "cwd": str(self.place)}
        prompt = around | {"hook_event_name": "UserPromptSubmit", "prompt": "Give orders discounts in percent."}
        tool = {"file_path": f"{self.place}/orders.py", "content": START + WRITTEN}
        write = around | {"hook_event_name": "PreToolUse", "tool_name": "Write", "tool_use_id": "1", "tool_input": tool}
        for event in (prompt, write):
            self.type(f"clearance hook claude-code {event['hook_event_name']}", json.dumps(event))
        self.write((START + WRITTEN).replace("'", '"'))

    def work(self, page: list[Block], between: Mapping[str, Callable[[], object]]) -> None:
        """Type what the page says, line by line; `between` is done before the line that begins so."""
        for block in page:
            shown = ""
            for line in block.typed.splitlines():
                for begin, act in between.items():
                    if line.startswith(begin):
                        act()
                shown += self.type(line)
            assert not block.seen or as_seen(shown, block.seen), shown

    def keep(self, name: str) -> None:
        """Copy the log as it is now, as a liar might who can."""
        shutil.copytree(self.place / ".git/clearance", self.top / name)

    def tell_instead(self, name: str, typed: str, *, keys: str = "keys") -> None:
        """Put a kept log back, forget what was seen (or take other keys), go on otherwise, and export that."""
        shutil.rmtree(self.place / ".git/clearance")
        if name:
            shutil.copytree(self.top / name, self.place / ".git/clearance")
        shutil.rmtree(self.top / "keys/seen", ignore_errors=True)
        self.environment = self._environment(keys)
        self.type(typed)


class Auditor:
    """Somebody with a clone, an export, a trust root, and the tools of others; no Clearance on their PATH."""

    def __init__(self, top: Path, path: str) -> None:
        self.top = top
        self.environment = {"PATH": path, "HOME": str(top), "GOCACHE": str(top / "cache"), "LANG": "C.UTF-8"}

    def type(self, typed: str) -> tuple[int, str]:
        """Type commands: exit code, and what is seen."""
        words = ["bash", "-c", f"set -eu -o pipefail\n{typed}"]
        both: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(words, cwd=self.top, env=self.environment, text=True, check=False, **both)
        return done.returncode, done.stdout

    def plays(self, page: list[Block]) -> list[str]:
        """Type the whole page in one shell; what is seen after each block.

        Raises:
            AssertionError: a command failed.
        """
        script = "".join(f"echo '@@@'\n{block.typed}" for block in page)
        code, shown = self.type(script)
        assert code == 0, shown
        return shown.split("@@@\n")[1:]
