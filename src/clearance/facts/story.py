"""The story of lines: which commit brought them, who asked, who wrote them, what was checked, who looked, what let them
in."""

from clearance.facts.fact import Fact
from clearance.facts.trace import How, Origin


class Rest(Fact):
    """A statement that a story rests on: its kind (`generation`, `decision`), its entry, the digest of its payload, who
    signed it (empty: a bare key), and when."""

    kind: str
    entry: int
    digest: str
    signer: str = ""
    time: str = ""


class Brought(Fact):
    """The commit that brought lines, as git tells: who says so, when (RFC 3339), and the first line of its message. Nobody
    vouches for any of it but the commit itself."""

    commit: str
    author: str
    time: str
    summary: str


class Written(Fact):
    """Who wrote the lines, by a generation statement: agent, model, how that became known, the tools, and of the prompt what
    may be known."""

    agent: str
    version: str
    model: str
    source: str
    time: str
    conversation: str = ""
    prompt: str = ""
    prompt_size: int = 0
    classification: str = ""
    findings: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    signer: str = ""
    """Who signed that: a SPIFFE id or a mail address; empty: a bare key."""
    entry: int = -1
    claimed: bool = False
    """The agent that is named did not sign that."""


class Asked(Fact):
    """Who asked for it: what people call the request, by whom, the digest of the ticket."""

    id: str
    by: str
    ticket: str
    entry: int


class Checked(Fact):
    """A decision about the tree that brought the lines: the verdict, the policies that fired, the waivers that counted."""

    verdict: str
    policies: tuple[str, ...]
    waivers: tuple[str, ...]
    tier: int
    time: str
    entry: int


class Reviewed(Fact):
    """Somebody who looked at that tree: who, as what, what they answered, and how it is known who they are. `claimed`:
    somebody else (`signer`; empty: a bare key) says so. `person`: it is known that a person answered; nothing else counts as
    a review."""

    by: str
    role: str
    answer: str
    method: str
    entry: int
    signer: str = ""
    claimed: bool = False
    person: bool = False


class Merged(Fact):
    """How the tree got in: into which branch, how, by whom."""

    target: str
    method: str
    by: str
    entry: int


class Fitting(Fact):
    """Lines that fit their evidence in one way."""

    first: int
    last: int
    how: How


class Other(Fact):
    """Lines that another settlement gives to another generation than the one that holds for them: that generation's digest,
    and who wrote it (none: this log does not hold its record)."""

    first: int
    last: int
    generation: str
    written: Written | None = None


class Part(Fact):
    """Lines in a row with one commit and one origin. `tree` is the merged tree for which the origin was settled (empty: it
    was not, and `live` evidence was laid against the lines just now)."""

    first: int
    last: int
    text: str
    """The first line that is not blank."""
    brought: Brought
    origin: Origin
    fits: tuple[Fitting, ...]
    tree: str = ""
    live: bool = False
    written: Written | None = None
    others: tuple[Other, ...] = ()
    """Who else is said to have written some of them, on weaker evidence."""
    asked: Asked | None = None
    checked: Checked | None = None
    reviewed: tuple[Reviewed, ...] = ()
    merged: Merged | None = None
    rests: tuple[Rest, ...] = ()


class Story(Fact):
    """The story of lines `first` to `last` of a file in a revision. `entries` is the size of the log that was asked, 0 where
    there is none. `missing`: where nothing was found to be settled for this version, how many settlements could not be
    looked through, because their bodies are not there."""

    path: str
    revision: str
    commit: str
    blob: str
    first: int
    last: int
    parts: tuple[Part, ...]
    log: str
    entries: int
    missing: int = 0
