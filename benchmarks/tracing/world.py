"""People and assistants at work in a real repository: pull requests, what happens to them, and how they get in."""

import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.tracing.authors import Authors
from benchmarks.tracing.corpus import Corpus
from benchmarks.tracing.formatters import Formatter
from benchmarks.tracing.model import (
    Files,
    boundaries,
    formatted,
    put,
    take,
    text_of,
)
from benchmarks.tracing.rivals import Rivals
from clearance.collect.lines import compare
from clearance.facts.trace import SCHEME, Attribution, Known, LineKeys, Lines, Origin
from clearance.trace.file import Earlier
from clearance.trace.keys import KeyedText, split
from clearance.trace.settle import settle

TRAILER = "Co-Authored-By: Claude <noreply@anthropic.com>"
PERSON = "ann@example.com"
_SALT = bytes(range(16))
_MOST_KNOWN = 256


class Case(NamedTuple):
    """A row of the table: what may happen to a pull request before it is merged, how likely each is, and the ways in."""

    name: str
    operations: tuple[str, ...] = ()
    ways: tuple[str, ...] = ("merge",)
    likely: float = 1.0


class World:
    """A repository, the truth about each of its lines, what our records make of it, and what the others do."""

    def __init__(self, folder: Path, corpus: Corpus, seed: int, formatters: Mapping[str, Sequence[Formatter]]) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.corpus = corpus
        self.authors = Authors(corpus, self.chance)
        self.formatters = formatters
        self.main: Files = {}
        self.known: list[Known] = []
        self.earlier: dict[tuple[str, str], Earlier] = {}
        self.settled: set[str] = set()
        self.failed = 0
        self._generation = 0
        self._step = 0
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.rivals = Rivals(self.git)
        self._start()

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git; give what it says."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GIT_EDITOR": ":"},
        )
        if check and done.returncode:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout.strip() if done.returncode == 0 else "\0failed"

    def _start(self) -> None:
        """Write what stands there before anybody records anything."""
        languages = ["py"] * 5 + (["js"] * 3 if self.formatters.get("js") else [])
        for number, language in enumerate(languages):
            path = f"src/part_{number}.{language}"
            self.main[path] = []
            for _ in range(5):
                self.authors.put_block(self.main, path, len(self.main[path]), 0)
        self.write(self.main)
        self.commit("start")
        for path, blob in self.blobs().items():
            runs = _whole(len(self.main[path]))
            self.earlier[path, blob] = Earlier(runs, (Origin(kind="person", person=PERSON),))

    def blobs(self) -> dict[str, str]:
        """Give the ids of the files of HEAD by path."""
        rows = self.git("ls-tree", "-r", "HEAD").split("\n")
        return {row.split("\t")[1]: row.split()[2] for row in rows if row}

    def write(self, files: Files) -> None:
        """Make the folder hold exactly these files."""
        for path in self.folder.rglob("*.*"):
            if ".git" not in path.parts and path.is_file() and str(path.relative_to(self.folder)) not in files:
                path.unlink()
        for name, lines in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_of(lines), encoding="utf-8")

    def commit(self, message: str, *, amend: bool = False) -> str:
        """Commit everything; give the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", *(["--amend"] if amend else []), "-m", message)
        return self.git("rev-parse", "HEAD")

    def observe(self, before: Files, after: Files, *, person: str = "") -> None:
        """Record what somebody added, as a hook sees it: both texts of each file, nothing else."""
        runs = []
        for path, lines in after.items():
            old, new = text_of(before.get(path, [])), text_of(lines)
            if old != new:
                added = compare(old.encode(), new.encode()).added
                runs += KeyedText(split(new), _SALT).runs(path, added)
        if runs:
            digest = f"{self._step if person else self._generation:064d}"
            keys = LineKeys(scheme=SCHEME, salt=_SALT, runs=tuple(runs))
            self.known.append(Known(digest=("p" if person else "g") + digest, keys=keys, person=person))

    def step(self, files: Files, *, by_ai: bool) -> None:
        """Let an assistant or a person write something. Half of what people write is recorded, too."""
        before = _copy(files)
        if by_ai:
            self._generation += 1
            self.authors.write_some(files, self._generation)
            self.observe(before, files)
        else:
            self._step += 1
            self.authors.write_some(files, -self._step)
            if self.chance.random() < 0.5:
                self.observe(before, files, person=PERSON)

    # --- a pull request

    def pull_request(self, case: Case) -> None:
        """Write, let things happen, merge, settle."""
        base, files = self.git("rev-parse", "HEAD"), _copy(self.main)
        self.rivals.begin()
        self.git("checkout", "-q", "-b", "work")
        for _ in range(self.chance.randint(1, 3)):
            kinds = self.chance.choice([(True,), (True,), (False,), (True, False)])
            for by_ai in kinds:
                self.step(files, by_ai=by_ai)
            self.write(files)
            oid = self.commit("work\n\n" + TRAILER if True in kinds else "work")
            self.rivals.committed(oid, files, authored=True)
        happens = [one for one in case.operations if self.chance.random() < case.likely]
        self.chance.shuffle(happens)
        for operation in happens:
            self._happen(operation, files)
        tip, aside = self.git("rev-parse", "HEAD"), _copy(self.main)
        self._land(self.chance.choice(case.ways), files, tip, base, aside)

    def _happen(self, operation: str, files: Files) -> None:
        amend = self.chance.random() < 0.3
        match operation:
            case "amend":
                self._step += 1
                path = self.chance.choice(sorted(files))
                self.authors.put_block(files, path, self.chance.choice(boundaries(files[path])), -self._step)
                amend = True
            case "edit":
                for lines in files.values():
                    self.authors.rename_some(lines, max(1, len(lines) // 30), None)
            case "move":
                self._move(files)
            case "rename":
                path = self.chance.choice(sorted(files))
                files[f"src/moved_{self._generation}_{self.chance.randrange(10**6)}.{path.rpartition('.')[2]}"] = files.pop(
                    path
                )
            case "format":
                self._format(files)
        self.write(files)
        message = self.git("log", "-1", "--format=%B") if amend else operation
        self.rivals.committed(self.commit(message, amend=amend), files, authored=False)

    def _move(self, files: Files) -> None:
        """Take a whole function, or several, from one file to another one."""
        path = self.chance.choice(sorted(files))
        cuts = [0, *boundaries(files[path])]
        at = self.chance.randrange(len(cuts) - 1)
        low, high = cuts[at], cuts[min(at + self.chance.randint(1, 2), len(cuts) - 1)]
        if high - low < 3:
            return
        language = path.rpartition(".")[2]
        others = [one for one in sorted(files) if one != path and one.endswith(language)]
        taken = take(files[path], low, high)
        if others and self.chance.random() < 0.7:
            other = self.chance.choice(others)
            spot = self.chance.choice(boundaries(files[other]))
            put(files[other], spot, taken)
        else:
            files[f"src/new_{self.chance.randrange(10**6)}.{language}"] = taken

    def _format(self, files: Files) -> None:
        """Let a formatter make the files anew that differ from the target's, with a width of somebody's taste."""
        self.write(files)
        for path, lines in files.items():
            tools = self.formatters.get(path.rpartition(".")[2], ())
            if tools and (path not in self.main or text_of(self.main[path]) != text_of(lines)):
                self.chance.choice(list(tools))(self.folder / path, self.chance)
                files[path] = formatted(lines, (self.folder / path).read_text(encoding="utf-8"))

    def _land(self, way: str, files: Files, tip: str, base: str, aside: Files) -> None:
        self.git("checkout", "-q", "main")
        merged = files
        if self.chance.random() < 0.7:
            merged = self._meanwhile(files, aside)
        before = self.git("rev-parse", "main")
        if not self._bring(way, base) and before != base:
            self.git("reset", "-q", "--hard", base)
            self.failed += 1
            merged, before = files, base
            aside = self.main
            if not self._bring(way, base):
                raise RuntimeError("even alone it cannot be merged")
        for path, lines in merged.items():
            found = (self.folder / path).read_text(encoding="utf-8")
            if found != text_of(lines):
                raise RuntimeError(f"the model and git disagree about {path} after {way}")
        self.git("branch", "-q", "-D", "work")
        self.main = merged
        self.rivals.merged(tip, before, self.git("rev-parse", "HEAD"))
        self._settle(before)

    def _meanwhile(self, files: Files, aside: Files) -> Files:
        """Let a person change the target, in a place of its own; give what both together make."""
        quiet = [path for path in aside if path in files and text_of(aside[path]) == text_of(files[path])]
        if not quiet:
            return files
        path = self.chance.choice(sorted(quiet))
        self._step += 1
        self.authors.put_block(aside, path, self.chance.choice(boundaries(aside[path])), -self._step)
        self.write(aside)
        self.rivals.aside(self.commit("meanwhile"))
        self.settle_direct()
        return {**files, path: aside[path]}

    def _bring(self, way: str, base: str) -> bool:
        """Bring the branch in; tell whether git could."""
        said = self.git("log", "--format=%B", f"{base}..work")
        message = f"{way}\n\n{TRAILER}" if TRAILER in said else way
        match way:
            case "squash":
                good = self.git("merge", "-q", "--squash", "work", check=False) != "\0failed"
                if good:
                    self.git("commit", "-q", "--allow-empty", "-m", message)
            case "rebase":
                self.git("checkout", "-q", "work")
                good = self.git("rebase", "-q", "main", check=False) != "\0failed"
                if not good:
                    self.git("rebase", "--abort", check=False)
                self.git("checkout", "-q", "main")
                if good:
                    self.git("merge", "-q", "--ff-only", "work")
            case "cherry-pick":
                picked = self.git("cherry-pick", "--allow-empty", "--keep-redundant-commits", f"{base}..work", check=False)
                good = picked != "\0failed"
                if not good:
                    self.git("cherry-pick", "--abort", check=False)
            case _:
                good = self.git("merge", "-q", "--no-ff", "-m", "merge", "work", check=False) != "\0failed"
        if not good:
            self.git("reset", "-q", "--hard")
        return good

    # --- what our records make of it

    def settle_direct(self) -> None:
        """Settle what was committed to the target directly."""
        self._settle("HEAD~1")

    def _settle(self, before: str) -> None:
        from clearance.collect.trees import two_trees
        from clearance.wiring.tracing_settle import pairs_of, sides_of

        with two_trees(self.folder, before, "HEAD", os.environ) as trees:
            taken = pairs_of(trees.files, sides_of(trees).text)
            known = [one if one.digest not in self.settled else _stood(one) for one in self.known[-_MOST_KNOWN:]]
            found = settle((trees.base_tree, trees.tree.git or ""), taken, known, self.earlier)
        self._keep(found)

    def _keep(self, found: Attribution) -> None:
        for file in found.files:
            self.earlier[file.path, file.blob] = Earlier(file.runs, found.origins)
        self.settled |= {origin.generation for origin in found.origins if origin.generation}

    def origins(self) -> dict[str, list[Origin | None]]:
        """Give what our records say about each line of HEAD."""
        found = {}
        for path, blob in self.blobs().items():
            known = self.earlier.get((path, blob))
            found[path] = [known.line(at) if known else None for at in range(len(self.main[path]))]
        return found


def _stood(one: Known) -> Known:
    return Known(digest=one.digest, keys=one.keys, time=one.time, person=one.person, settled=True)


def _copy(files: Files) -> Files:
    return {path: list(lines) for path, lines in files.items()}


def _whole(count: int) -> tuple[Lines, ...]:
    return (Lines(first=1, last=count, origin=0),)
