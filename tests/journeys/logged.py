"""Logs of real, signed decisions about cases that are written down in a few words."""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime

import msgspec

from clearance import __version__
from clearance.attest.dsse import seal
from clearance.attest.statement import decision_statement, evidence_of
from clearance.decide.table import FindingRow, Row, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.decision import Case, Verdict
from clearance.facts.finding import Severity
from clearance.wiring.recording import Recorder, open_log, open_signer
from journeys.place import Place

MEDIUM = FindingRow(severity=Severity.MEDIUM)
QUIET = Row(name="nothing is the matter", verdict=Verdict.ALLOW, author=ActorKind.PERSON, tier=0)


def change(*findings: FindingRow, author: ActorKind = ActorKind.PERSON, **more: object) -> Row:
    """A change that brings findings."""
    return msgspec.structs.replace(QUIET, findings=findings, author=author, **more)


def cases(rows: Iterable[Row]) -> list[Case]:
    return [msgspec.structs.replace(case_of(row), version=__version__) for row in rows]


def log_cases(place: Place, rows: Iterable[Row], own: Mapping[str, bytes] | None = None) -> None:
    """Decide cases as a check does, one entry for each; `own` are the team's files of the base."""
    recorder = Recorder(place.top, os.environ, own or {})
    for case in cases(rows):
        recorder.record(case, recorder.decide(case))


def log_without_policies(place: Place, rows: Iterable[Row], own: Mapping[str, bytes] | None = None) -> None:
    """Decide cases as a version did that kept no policies, all under one checkpoint."""
    from clearance.facts.entry import Sealed
    from clearance.record.log import Submission

    recorder = Recorder(place.top, os.environ, own or {})
    batch = []
    for case in cases(rows):
        decision = recorder.decide(case)
        bundle = seal(decision_statement(case, decision, datetime.now(UTC)), open_signer("decisions"))
        batch.append(Submission(Sealed(leaf=bundle), evidence_of(case, decision)))
    open_log(place.top).extend(batch)


def items(place: Place, like: str = "%") -> dict[str, bytes]:
    """Everything that the log holds, by name."""
    with closing(sqlite3.connect(place.top / ".git/clearance/log")) as connection, connection:
        return dict(connection.execute("SELECT name, body FROM item WHERE name LIKE ?", (like,)))


def forge(place: Place, name: str, body: bytes | None) -> None:
    """Write over a row of the log, or take it away, as somebody with an editor could."""
    with closing(sqlite3.connect(place.top / ".git/clearance/log")) as connection, connection:
        if body is None:
            connection.execute("DELETE FROM item WHERE name = ?", (name,))
        else:
            connection.execute("UPDATE item SET body = ? WHERE name = ?", (body, name))
