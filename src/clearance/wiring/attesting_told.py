"""Makes the statements of what people did: asked, looked, noticed that something went wrong."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from clearance import __version__
from clearance.attest.predicates.fields import Prompt, party, word
from clearance.attest.predicates.incident import IncidentPredicate
from clearance.attest.predicates.merge import Rest
from clearance.attest.predicates.request import RequestPredicate
from clearance.attest.predicates.review import Answer, Authentication, First, ReviewPredicate, Seen
from clearance.attest.predicates.waiver import WaiverPredicate
from clearance.collect.commits import Commits
from clearance.facts.errors import NoLongerBelieved, UsageError
from clearance.facts.fact import digest
from clearance.facts.identity import Identity
from clearance.facts.statement import DECISION_TYPE, DigestSet, Resource, Statement
from clearance.facts.waiver import FOLDER, Waiver
from clearance.wiring.attesting import Recorded, authentication, identity, now, record, stated
from clearance.wiring.attesting_log import Shelf, decided
from clearance.wiring.attesting_steps import tree_subject
from clearance.wiring.tracing_notes import keyed

_DIGEST = re.compile(r"[0-9a-f]{64}")


def requested(
    environment: Mapping[str, str], by: Identity, *, name: str = "", ticket: bytes | None = None, prompt: bytes | None = None
) -> Statement[Any]:
    """State that somebody asked for something. Of the ticket's text its digest is kept, of the prompt a salted digest, its
    size, how sensitive it is, and the kinds of what was found in it; of neither a word.

    Raises:
        UsageError: there is neither, or what was given is empty.
        ClearanceError: the prompt could not be looked at.
    """
    if not ticket and not prompt:
        raise UsageError("nothing was asked", where="request", next="give --ticket FILE or --prompt FILE; - reads input")
    told = None
    if prompt:
        from clearance.wiring.tracing_prompt import prompt_of

        known = prompt_of(prompt, environment)
        told = Prompt(
            sha256=known.sha256, classification=known.classification, size=known.size, findings=known.findings  # type: ignore[arg-type]
        )  # fmt: skip
    text = hashlib.sha256(ticket).hexdigest() if ticket else ""
    subject = Resource(name="ticket" if text else "prompt", digest=DigestSet(sha256=text or (told.sha256 if told else "")))
    predicate = RequestPredicate(id=name, by=party(by), ticket=text, prompt=told, version=__version__, time=now())
    return stated(predicate, [subject])


def reviewed(
    directory: Path,
    environment: Mapping[str, str],
    by: Identity,
    *,
    answer: Answer,
    commit: str = "HEAD",
    base: str = "",
    role: Literal["reviewer", "security engineer"] = "reviewer",
    page: bytes | None = None,
    first: Answer | Literal[""] = "",
    first_at: str = "",
) -> Statement[Any]:
    """State that whoever signs looked at a commit, and what they answer. `page` is what was shown to them; `first` what they
    thought before they saw anybody else's judgement, and when (default: now).

    Raises:
        ClearanceError: git or the log cannot be read.
    """
    with Commits(directory, environment) as git:
        what = git.read(commit)
        start = git.read(base).commit if base else ""
    shelf = Shelf(directory, [DECISION_TYPE])
    beside: tuple[Rest, ...] = ()
    with suppress(NoLongerBelieved):  # whoever looks now sees none
        beside = decided(shelf, {what.sha256: "result"})
    time = now()
    predicate = ReviewPredicate(
        seen=Seen(
            tree=what.sha256, base=start, head=what.commit, page=hashlib.sha256(page).hexdigest() if page else "",
            decision=beside[0].sha256 if beside else "",
        ),
        reviewer=party(by), role=role, answer=answer, first=First(answer=first, time=(first_at or time) if first else ""),
        authenticated=Authentication(method=authentication(by), issuer=by.issuer),
        version=__version__, time=time,
    )  # fmt: skip
    return stated(predicate, [tree_subject(what)])


def waived(
    directory: Path, environment: Mapping[str, str], waiver: Waiver, data: bytes, action: Literal["accept", "renew"]
) -> Recorded:
    """Record that a waiver was written; `data` is its file. Why and by whom stands in the file: here are digests.

    Raises:
        ClearanceError: the log or the keys cannot be used.
    """
    by = identity("", None, environment)
    predicate = WaiverPredicate(
        action=action, id=waiver.id, by=party(by), owner=keyed(waiver.owner, environment),
        waiver=digest(waiver), rule=word(waiver.rule), finding=waiver.finding if _DIGEST.fullmatch(waiver.finding) else "",
        paths=len(waiver.paths), controls=tuple(word(one) for one in waiver.controls), expires=waiver.expires,
        version=__version__, time=now(),
    )  # fmt: skip
    subject = Resource(name=f"{FOLDER}{waiver.id}.toml", digest=DigestSet(sha256=hashlib.sha256(data).hexdigest()))
    (done,) = record([stated(predicate, [subject])], directory, environment, by=by)
    return done


def noticed(
    directory: Path,
    environment: Mapping[str, str],
    by: Identity,
    *,
    name: str,
    severity: str = "",
    opened: str = "",
    contained: str = "",
    closed: str = "",
    report: bytes | None = None,
    findings: Sequence[str] = (),
    rules: Sequence[str] = (),
    commits: Sequence[str] = (),
    entries: Sequence[int] = (),
) -> Statement[Any]:
    """State an incident as it stands now. What the newest statement of the same name says stays, unless something else is
    said; findings, rules, commits and entries are added to it.

    Raises:
        UsageError: nobody ever said how bad it is.
        BadStatement: a field is not as it should be.
        ClearanceError: git or the log cannot be read.
    """
    shelf = Shelf(directory, [IncidentPredicate.TYPE])
    before = next(
        (kept.said.predicate for kept in shelf.newest(IncidentPredicate.TYPE) if kept.said.predicate.id == name), None
    )
    if before is None and not severity:
        raise UsageError("how bad it is was never said", where=name[:80], next="add --severity low|medium|high|critical")
    with Commits(directory, environment) as git:
        brought = [git.read(one).commit for one in commits]
    time = now()
    predicate = IncidentPredicate(
        id=name,
        severity=severity or before.severity,  # type: ignore[arg-type,union-attr]
        by=party(by),
        report=hashlib.sha256(report).hexdigest() if report else before.report if before else "",
        opened=opened or (before.opened if before else time),
        contained=contained or (before.contained if before else ""),
        closed=closed or (before.closed if before else ""),
        findings=_more(before.findings if before else (), findings),
        rules=_more(before.rules if before else (), rules),
        commits=_more(before.commits if before else (), brought),
        entries=_more(before.entries if before else (), entries),
        version=__version__,
        time=time,
    )
    times = [one for one in (predicate.opened, predicate.contained, predicate.closed) if one]
    if times != sorted(times):
        raise UsageError("it is opened, then contained, then closed; these times are not", where=name, next=", ".join(times))
    subject = predicate.report or hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return stated(predicate, [Resource(name="report" if predicate.report else "incident", digest=DigestSet(sha256=subject))])


def _more(old: Sequence[Any], new: Sequence[Any]) -> tuple[Any, ...]:
    """Join two lists, each thing once, in order."""
    return tuple(dict.fromkeys((*old, *new)))
