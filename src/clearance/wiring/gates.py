"""Makes policies of a quality gate's file: all of it is checked, then all of it is written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.decide.decide import decide
from clearance.decide.gate import MADE, Generated, Skipped, generate, read_gate
from clearance.decide.table import Row, case_of
from clearance.decide.witness import toml_of
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadFile, UsageError
from clearance.facts.fact import Fact
from clearance.install import disk
from clearance.wiring.places import TEAM_POLICIES, top
from clearance.wiring.policies import TESTS, policies_of, team_texts
from clearance.wiring.policy_files import Change, write_all

if TYPE_CHECKING:
    from clearance.decide.policy_set import Policies

CASES = f"{TESTS}/quality-gate.toml"
_LARGEST = 1 << 20


class Enforced(Fact):
    """A condition, and the policy that enforces it."""

    said: str
    policy: str
    verdict: str
    why: str


class Imported(Fact):
    """What an import did: the conditions that policies enforce, those left out, and the files that were (or, where `written`
    is false, would be) written."""

    enforced: tuple[Enforced, ...]
    skipped: tuple[Skipped, ...]
    files: tuple[str, ...]
    removed: tuple[str, ...]
    """Policies of an earlier import that this gate has no condition for."""
    written: bool


def import_gate(
    file: Path, directory: Path, out: Path | None, *, dry_run: bool, force: bool, skip_unknown: bool
) -> Imported:
    """Make policies and cases of the gate in a file, for the repository around `directory` or the folder `out`.

    Raises:
        BadFile: the file cannot be read, or a condition of it cannot be expressed; `where` is `path:line`.
        BadPolicy: a policy of the team's own is none.
        UsageError: another text stands where a file belongs, or a policy of an earlier import would stay without cases, and
            `force` is not given.
        StoreError: a file cannot be written; what was written before it is taken back.
    """
    text = _read(file)
    made, skipped = generate(read_gate(text, str(file)), skip_unknown=skip_unknown)
    place = out or top(directory)
    if not place.is_dir():
        raise UsageError("no such folder", where=str(place), next="make it first, or leave --out away")
    team = {} if out else team_texts(place)
    fresh = {f"{TEAM_POLICIES}/{one.id}.cedar": one.text for one in made}
    stale = _left_over(place, fresh, force=force)
    policies = policies_of({path: text for path, text in team.items() if path not in stale} | fresh)
    # The cases must fit the set that they will be run with, or say nothing about it.
    rows = [row for one in made for row in _rows(one, policies)]
    wanted = fresh | ({CASES: _table(rows)} if rows else {})
    written = _write(place, wanted, stale, dry_run=dry_run, force=force)
    enforced = tuple(
        Enforced(said=one.condition.said, policy=one.id, verdict="ASK" if "unreviewed" in one.text else "DENY", why=one.why)
        for one in made
    )
    return Imported(
        enforced=enforced, skipped=skipped, files=tuple(written), removed=tuple(stale), written=not dry_run
    )  # fmt: skip


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BadFile(error.strerror or "cannot be read", where=str(file), next="give a JSON file") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile("not UTF-8", where=f"{file}:{line}", next="give a JSON file") from None


def _rows(one: Generated, policies: "Policies") -> list[Row]:
    """Complete the cases of a generated policy: what else fires is read off today's set; whether this one does is known."""
    rows = []
    for row, fires in one.cases:
        decision = decide(case_of(row), policies)
        fired = tuple(sorted({reason.policy for reason in decision.reasons if reason.verdict is not Verdict.ALLOW}))
        if (one.id in fired) is not fires:
            raise BadFile(
                f"{one.condition.said}: its policy does not do what it says ({row.name})", where=one.condition.where,
                next="`clearance policy test` tells whether the policies that are there can be asked",
            )  # fmt: skip
        people = tuple(f"{need.people} {need.role}" for need in decision.reviews)
        rows.append(msgspec.structs.replace(row, verdict=decision.verdict, reasons=fired, reviews=people))
    return rows


def _table(rows: Sequence[Row]) -> str:
    head = "# Made by `clearance policy import-gate`: each case holds one edge of a condition.\n"
    return head + "\n" + "\n".join(toml_of(row) for row in rows)


def _left_over(place: Path, fresh: Mapping[str, str], *, force: bool) -> dict[str, bytes]:
    """Give the policies of an earlier import that would stay, while their cases go."""
    found: dict[str, bytes] = {}
    for file in sorted((place / TEAM_POLICIES).glob("gate-*.cedar")):
        path = f"{TEAM_POLICIES}/{file.name}"
        data = disk.stands(place, path).data if path not in fresh else None
        if data is not None and data.startswith(MADE.encode("utf-8")):
            found[path] = data
    if found and not force:
        raise UsageError(
            "an earlier import made it, and this gate has no such condition", where=next(iter(found)),
            next="remove it, or give --force: its cases would be gone",
        )  # fmt: skip
    return found


def _write(place: Path, wanted: dict[str, str], stale: Mapping[str, bytes], *, dry_run: bool, force: bool) -> list[str]:
    changed: dict[str, Change] = {}
    for path, text in wanted.items():
        new = text.encode("utf-8")
        stood = disk.stands(place, path)
        if stood.data is not None and stood.data != new and not force:
            raise UsageError("another text stands there", where=path, next="move it away, or give --force")
        if stood.data != new:
            changed[path] = Change(stood.data, new, stood.mode)
    if not dry_run:
        write_all(place, changed, stale)
    return list(changed)
