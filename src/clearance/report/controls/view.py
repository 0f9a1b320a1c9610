"""What an answer about controls holds: the one shape behind its text, JSON, CSV, Markdown, and page."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from clearance.facts.control import AuthorKind, Edge, Relation
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence

SCHEMA = "urn:clearance:controls:v1"

How = Literal["executable", "assisted", "process-only", "not-us", "none"]
HOWS: tuple[How, ...] = ("executable", "assisted", "process-only", "not-us", "none")
MEANING: dict[How, str] = {
    "executable": "something of ours stops a part of it, or makes it wait for a person, by itself",
    "assisted": "something of ours points at it or leaves evidence; a person finishes",
    "process-only": "documents, designs, or what happens while software runs: nothing of ours sees it",
    "not-us": "another product or team does it, for the reason given",
    "none": "nobody has looked at it yet, or nothing of ours leads there",
}

BY_AI = (
    "“an AI wrote it” means: an AI, or nobody knows who. What only waits for a person where an AI wrote it is told where a "
    "person is known to have written it. A guess (low confidence) of medium severity is told in any case."
)
"""What the answers mean by who wrote a change; the built-in policies say so."""

RECORDS = (
    "“Ran with all its rules” means: the scanner looked at files of a change. It is no evidence of a rule that had nothing "
    "there to judge. “In force” means: the policy stood there when it was decided, whether or not it had anything to say."
)
"""What records of scanners and policies mean, and what not."""

NO_RECORD = "no record yet"
"""What is said where the log shows nothing. It is never a pass."""

Kind = Literal["rule", "policy", "trigger", "checkpoint", "capability"]
KINDS: tuple[Kind, ...] = ("rule", "policy", "trigger", "checkpoint", "capability")


class Record(Fact):
    """What the log of this repository shows of one thing of ours.

    `what` says of which (`scanner code`, `policy no-secrets`, `guard pre-commit`). `decisions` counts the decisions in
    which it ran, or was in force; `as_today` those of them with exactly the rules, or policies, of today; `fired` how
    often a policy fired, None for what has no count of its own. `since` is the time of the first, `last`, `last_time` and
    `last_verdict` the entry of the newest one (from 0, -1: none; times are RFC 3339 in UTC). `pulse` is what the newest
    proof of liveness that names it says (`alive`, `dead`, `untried`, or empty), `proof` that proof's entry and
    `proof_time` its time.
    """

    what: str
    decisions: int = 0
    as_today: int = 0
    fired: int | None = None
    since: str = ""
    last: int = -1
    last_time: str = ""
    last_verdict: str = ""
    pulse: str = ""
    proof: int = -1
    proof_time: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the log shows nothing at all of it."""
        return not self.decisions and not self.pulse


class Logged(Fact):
    """The log that records come from: where it lies, how many entries it holds, how many of them, the newest, were read;
    `problem` says why none counts (a log that is broken, or cannot be read), empty where nothing is wrong."""

    place: str = ""
    size: int = 0
    read: int = 0
    problem: str = ""


class Serving(Fact):
    """Something of ours that relates to a control: the edge, what it is, and what shows that it works.

    `id` is `rule:…`, `policy:…`, `trigger:…`, `checkpoint:…` or `capability:…`; `title` what it does; `place` the file
    that holds it, or how it can be shown. `verdict` (in JSON `verdict_at_most`) is the strictest that the policies make of
    a hit in what the edge means (`DENY`, `ASK`, `ALLOW`, or empty); a single hit may get less. `because` are the policies
    that say so. `caught` and `clean` count its examples (of a policy: the cases that name it, and 0). `ran` says what became
    of them now: `held`, `failed`, or empty where they were not run. `executable`: it finds or decides by itself; `tier` is
    what a trigger raises a change to; `accepted` are the accepted risks that let hits of a rule pass, with their paths and
    last days.
    """

    id: str
    kind: Kind
    title: str
    place: str = ""
    rel: Relation = Relation.INTERSECTS_WITH
    confidence: Confidence = Confidence.MEDIUM
    by: AuthorKind = "assistant"
    source: str = ""
    note: str = ""
    where: str = ""
    languages: tuple[str, ...] = ()
    executable: bool = False
    tier: int | None = None
    verdict: str = msgspec.field(default="", name="verdict_at_most")
    because: tuple[str, ...] = ()
    caught: int = 0
    clean: int = 0
    ran: str = ""
    shown_by: tuple[str, ...] = ()
    team: bool = False
    accepted: tuple[str, ...] = ()
    record: Record | None = None


class Requirement(Fact):
    """One control of a catalogue, answered. `control` is its reference, `id` as the standard writes it, `how` the class of
    the answer, `reason` why it is that one, `missing` what is not covered, `tests` and `records` what the answer itself
    names as such, `serving` everything of ours with an edge to it, `related` its edges to and from other catalogues,
    `derived` what leads there over another catalogue only: a hint where to look, never evidence."""

    control: str
    id: str
    catalogue: str
    version: str
    label: str
    chapter: str
    how: How
    level: int | None = None
    kind: str = ""
    reason: str = ""
    missing: str = ""
    tests: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    serving: tuple[Serving, ...] = ()
    related: tuple[Edge, ...] = ()
    derived: tuple[tuple[Edge, Edge], ...] = ()


class Checked(Fact):
    """What running the examples showed: how many pages and examples, and the pages that do not keep their word."""

    pages: int = 0
    examples: int = 0
    failed: tuple[str, ...] = ()


class Coverage(Fact):
    """Requirements of one catalogue, answered by Clearance `version`. `level` is the highest that was asked for,
    None for all; `rules` and `policies` are the digests of what answers; `at` is RFC 3339; `checked` is missing where
    nothing was run; `accepted` counts the accepted risks in force, which let pass what they name, `accepted_findings` those
    of them that name a single finding, and so stand beside no rule."""

    version: str
    at: str
    framework: str
    title: str
    catalogue_version: str
    licence: str
    source: str
    level: int | None
    rules: str
    policies: str
    log: Logged
    requirements: tuple[Requirement, ...]
    checked: Checked | None = None
    accepted: int = 0
    accepted_findings: int = 0

    @property
    def counts(self) -> dict[How, int]:
        """How many requirements have each kind of answer, in the order of `HOWS`."""
        found = Counter(one.how for one in self.requirements)
        return {how: found[how] for how in HOWS}


class Named(Fact):
    """One thing of ours and what it serves: the thing, without an edge, and its edges with the label of what they name."""

    serving: Serving
    edges: tuple[Edge, ...]
    labels: dict[str, str]


class Listed(Fact):
    """One catalogue in a list: its items, by level; `edges` of ours lead to `reached` of them."""

    prefix: str
    title: str
    version: str
    kind: str
    source: str
    licence: str
    reference: str
    items: int
    levels: dict[str, int]
    edges: int
    reached: int
    team: bool = False


def counted(number: int, word: str, words: str = "") -> str:
    """Give a number with its word: `1 rule`, `2 rules`."""
    return f"{number:,} {word if number == 1 else words or _plural(word)}"


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def risks_of(answer: Coverage) -> str:
    """Say how many accepted risks are in force: `2 accepted risks in force, 1 of them for a single finding`."""
    single = answer.accepted_findings
    more = f", {single:,} of them for {'a single finding' if single == 1 else 'single findings'}" if single else ""
    return f"{counted(answer.accepted, 'accepted risk')} in force{more}"


def kinds_in(serving: Iterable[Serving]) -> str:
    """Say how many of each kind there are: `3 rules, 1 policy`."""
    found = Counter(one.kind for one in serving if one.rel is not Relation.NO_RELATIONSHIP)
    return ", ".join(counted(found[kind], kind) for kind in KINDS if found[kind])


def records_of(serving: Iterable[Serving]) -> tuple[Record, ...]:
    """Give the records behind what serves a control, each once, those that show something first."""
    found = {one.record.what: one.record for one in serving if one.record is not None and one.rel is not _NOT}
    return tuple(sorted(found.values(), key=lambda one: (one.is_empty, one.what)))


_NOT = Relation.NO_RELATIONSHIP


def examples_of(serving: Iterable[Serving]) -> tuple[int, int]:
    """Count what the rules behind a control catch and leave alone in their examples."""
    rules = [one for one in serving if one.kind in {"rule", "trigger"} and one.rel is not _NOT]
    return sum(one.caught for one in rules), sum(one.clean for one in rules)


def said(record: Record) -> str:
    """Say in one line what the log shows."""
    if record.is_empty:
        return NO_RECORD
    parts = []
    if record.decisions:
        parts.append(f"{verb_of(record)} {counted(record.decisions, 'decision')} since {moment(record.since)}")
        if record.as_today != record.decisions:
            kind = "policies" if record.what.startswith("policy") else "rules"
            parts.append(f"{record.as_today:,} of them with the {kind} of today")
        if record.what.startswith("policy"):
            parts.append("fired once" if record.fired == 1 else f"fired {record.fired or 0:,} times")
        parts.append(f"last: entry {record.last}, {moment(record.last_time)}, {record.last_verdict}")
    if record.pulse:
        parts.append(f"proved {record.pulse} {moment(record.proof_time)}, entry {record.proof}")
    return "; ".join(parts)


def verb_of(record: Record) -> str:
    """Say what became of the thing in the decisions of its record: `in force in`, `ran with all its rules in`, `ran in`."""
    if record.what.startswith("policy "):
        return "in force in"
    return "ran with all its rules in" if record.what.startswith("scanner ") else "ran in"


def moment(at: str) -> str:
    """Write a moment (RFC 3339, UTC) for people, to the minute."""
    return f"{at[:10]} {at[11:16]} UTC" if len(at) >= 16 and at[10] == "T" else at
