"""Whole runs: what is collected, judged or looked at, and what became of it."""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from clearance import pipeline
from clearance.facts.change import Collected
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import Fact
from clearance.facts.finding import GapKind
from clearance.report.look import Times
from clearance.scan.memory import Memory
from clearance.scan.runner import Progress
from clearance.scan.worker import Reserve
from clearance.settings import PLACE as SETTINGS
from clearance.settings import read_settings
from clearance.stores.pages import code_stamp
from clearance.wiring.fingerprints import fingerprint_key
from clearance.wiring.furnish import Furnish, builtin_furnish, for_prompts
from clearance.wiring.judged import Judged, exit_of_scan
from clearance.wiring.opinions import NO_SECOND, Opinions, Second
from clearance.wiring.parts import parts_of
from clearance.wiring.places import OWN, cache, close, committed, committed_files, is_whole, now, text
from clearance.wiring.recording import Recorder

if TYPE_CHECKING:
    from clearance.collect import git


class Wanted(NamedTuple):
    """Which change a person wants judged. `patch` is a diff; at most one of `staged`, `head`, `patch` is set."""

    directory: Path
    staged: bool = False
    base: str | None = None
    head: str | None = None
    patch: bytes | None = None
    patch_name: str = ""
    agent: str | None = None
    attest: tuple[str, ...] = ()
    """Kinds of statements that are written beside the decision."""


def check(
    wanted: Wanted,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    second: Second = NO_SECOND,
) -> Judged:
    """Judge a change from end to end, and record the decision. `meanwhile` is called while the scanners work: to import what
    shows the outcome, say.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    from clearance.wiring.tracing_gate import Gate

    began = now()
    opinions = Opinions(second, environment)
    ahead = builtin_furnish(wanted.directory, environment)
    with Reserve(ahead) as reserve, closing(opinions):
        collected, own = collect(wanted, environment)
        try:
            recorder = Recorder(wanted.directory, environment, own)
            gate = Gate(wanted.directory, environment, collected)
            base = _base(collected, wanted, environment)
            around = (wanted.directory, environment)

            def ready() -> None:
                meanwhile()
                gate.look()

            parts = parts_of(ahead, reserve, own, ready, opinions, recorder, base, around=around)
            parts = parts._replace(origins=gate.provenance)
            notes: list[str] = []
            if wanted.attest:
                recorder.beside = _beside(wanted, environment, parts, began, notes)
            outcome = pipeline.judge(collected, parts, progress)
        finally:
            close(collected)
    gate.record()
    notes += gate.notes
    if outcome.receipt is not None:
        outcome = msgspec.structs.replace(outcome, receipt=recorder.witnessed(outcome.receipt))
    code = _exit_code(outcome.decision)
    unwitnessed = outcome.receipt is not None and outcome.receipt.unwitnessed
    return Judged(outcome, Times(began, now()), 4 if unwitnessed and code != 1 else code, tuple(notes))


def _beside(
    wanted: Wanted, environment: Mapping[str, str], parts: pipeline.Parts, began: str, notes: list[str]
) -> Callable[[Case, Decision, str], Sequence[Fact]]:
    """Give what makes the statements that are recorded with the decision; what it cannot state it adds to `notes`."""
    from clearance.wiring.attesting_checks import Around, beside
    from clearance.wiring.trusting import open_trust

    def make(case: Case, decision: Decision, decided: str) -> Sequence[Fact]:
        around = Around(wanted.directory, environment, began, wanted.head or "")
        pack = cast("Furnish", parts.furnish).pack
        made = beside(wanted.attest, case, decision, decided, pack, around, open_trust(environment).service)
        notes.extend(made.notes)
        return made.statements

    return make


def scan(
    path: Path,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    second: Second = NO_SECOND,
    *,
    fresh: bool = False,
) -> Judged:
    """Look at everything in a directory, or at one file. Settings and rules of a team are those of the commit that is
    checked out where `path` lies in a repository: files that are looked at have no say. Unless `fresh`, results of an
    earlier scan stand for files that have not changed.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    from clearance.collect.tree import directory

    began = now()
    opinions = Opinions(second, environment)
    ahead = builtin_furnish(path, environment, sightings=False)
    with Reserve(ahead) as reserve, closing(opinions):
        own = committed(path, environment)
        base = partial(committed_files, path, environment)
        parts = parts_of(ahead, reserve, own, meanwhile, opinions, base=base, around=(path, environment))
        memory = None if fresh else _memory(path, parts, environment)
        collected = directory(path, environment=environment, memory=memory, whole=is_whole(path))
        try:
            outcome = pipeline.look(collected, parts._replace(memory=memory), progress)
        finally:
            close(collected)
    return Judged(outcome, Times(began, now()), exit_of_scan(outcome))


def scan_text(
    data: bytes,
    name: str,
    environment: Mapping[str, str],
    meanwhile: Callable[[], object] = lambda: None,
    second: Second = NO_SECOND,
) -> Judged:
    """Look at one text that is no file yet: a prompt, the answer of a model. `name` says what it is (`prompt.md`). Settings
    and rules are those of the commit that is checked out here.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    from clearance.collect.memory import text_of

    began = now()
    here = Path()
    opinions = Opinions(second, environment)
    own = committed(here, environment)
    settings = read_settings(text(own[SETTINGS]) if SETTINGS in own else None)
    ahead = for_prompts(builtin_furnish(here, environment, sightings=False), settings, here, environment)
    with Reserve(ahead) as reserve, closing(opinions):
        parts = parts_of(ahead, reserve, own, meanwhile, opinions, around=(here, environment))
        outcome = pipeline.look(text_of(_name_of_text(name), data), parts, None)
    # A text that no scanner could read is no file that was left out on purpose: there is nothing else to look at.
    unread = any(gap.scanner == "all" and gap.kind is GapKind.BINARY for gap in outcome.gaps)
    return Judged(outcome, Times(began, now()), 4 if unread else exit_of_scan(outcome))


def _name_of_text(name: str) -> str:
    """Give the name of a text as paths of changes are: relative, other bytes than UTF-8 as escapes."""
    from clearance.collect.sides import path_name

    return path_name(os.fsencode(name)).lstrip("/") or "standard input"


def scan_history(
    path: Path,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    fresh: bool = False,
) -> Judged:
    """Look for secrets in all commits; as `clearance.wiring.history.scan_history`."""
    from clearance.wiring import history

    return history.scan_history(path, environment, progress, meanwhile, fresh=fresh)


def fingerprint_problem(environment: Mapping[str, str]) -> str:
    """Say why secrets get no fingerprints here; empty where they do."""
    key = fingerprint_key(environment)
    return f"secrets get no fingerprints: {key.problem}" if key.problem else ""


def _base(collected: Collected, wanted: Wanted, environment: Mapping[str, str]) -> Callable[[str], Mapping[str, bytes]]:
    """Give what reads files of the base of a change: of a patch, the commit that is checked out."""
    if wanted.patch is not None:
        return partial(committed_files, wanted.directory, environment)
    return cast("git.GitContents", collected.contents).base_files


def _exit_code(decision: Decision | None) -> int:
    """Map a decision to an exit code; 4 where every denial says that nobody could look."""
    if decision is None or decision.could_not_look:
        return 4
    return {Verdict.ALLOW: 0, Verdict.ASK: 3, Verdict.DENY: 1}[decision.verdict]


def collect(wanted: Wanted, environment: Mapping[str, str]) -> tuple[Collected, Mapping[str, bytes]]:
    """Collect the change, and the team's own files from the base of it.

    Raises:
        clearance.facts.errors.ClearanceError: it cannot be collected.
    """
    from clearance.collect import git

    if wanted.patch is not None:
        from clearance.collect.patch import patch

        collected = patch(wanted.patch, name=wanted.patch_name, agent=wanted.agent, environment=environment)
        return collected, committed(wanted.directory, environment)
    if wanted.staged:
        collected = git.staged(wanted.directory, base=wanted.base, agent=wanted.agent, environment=environment)
    elif wanted.head is not None:
        collected = git.between(wanted.directory, wanted.base, wanted.head, agent=wanted.agent, environment=environment)
    else:
        collected = git.working_tree(wanted.directory, base=wanted.base, agent=wanted.agent, environment=environment)
    contents = cast("git.GitContents", collected.contents)
    return collected, contents.base_files(OWN)


def _memory(path: Path, parts: pipeline.Parts, environment: Mapping[str, str]) -> Memory:
    """Open what is known from an earlier scan of the same place by the same scanners with the same rules and settings."""
    from clearance.wiring.data import names_date

    furnish = cast("Furnish", parts.furnish)
    # What rests on the day is never kept; all the rest may go on for as long as the names of packages are not too old.
    data = (furnish.pack.digest, furnish.pack.problem, (furnish.today - names_date(furnish.pack)).days > furnish.index_days)
    libraries = [(os.fspath(one), one.stat().st_mtime_ns) for one in furnish.installed]
    key = hashlib.sha256(furnish.key).hexdigest()
    scanners = (furnish.names, furnish.personal, furnish.people, key, libraries, sys.version_info[:2])
    stamp = (
        code_stamp(),
        parts.catalogue.digest,
        parts.limits,
        parts.exclude,
        data,
        furnish.packages,
        furnish.vex,
        *scanners,
    )
    return Memory(cache(environment), os.path.realpath(path), repr(stamp))
