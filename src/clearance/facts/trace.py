"""Where a line comes from: keys of added lines, generations that produced them, and the origin that was settled for each."""

from typing import Literal

from clearance.facts.fact import Fact

SCHEME = "clearance-lines-1"
"""How keys are made (`clearance.trace.keys`)."""
KEY_BYTES = 8
SHORT_BYTES = 4
COUNT_BYTES = 2

Source = Literal["hook", "command", "trailer", "note"]
"""How a generation became known: an assistant's hook saw it, a person or a script recorded it, a commit's trailer claims the
whole commit, a note came with the repository. The last two are weaker evidence."""
OriginKind = Literal["generation", "person", "unknown"]
How = Literal["exact", "formatted", "edited", "between", ""]
"""How a line fits its evidence: byte for byte; but for what formatters change; with a part of it changed since; or it
carries no evidence of its own (blank, a bracket) and takes the origin of its neighbours."""


class Run(Fact):
    """Lines that were added in one piece, as keys. Nothing of their text is in it.

    `exact`, `loose` hold 8 bytes a line, `shape` 4 and `counts` 2 (how many tokens the line has, big-endian). `shingles` are
    4 bytes for each three tokens in a row, over `lead` tokens before the run, its own, and `tail` tokens behind it (each at
    most 2), in order. A line without tokens has zero bytes for `loose` and `shape`.
    """

    path: str
    first: int
    exact: bytes
    loose: bytes
    shape: bytes
    counts: bytes
    shingles: bytes
    lead: int = 0
    tail: int = 0

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.exact) // KEY_BYTES


class LineKeys(Fact):
    """The evidence body of a generation: the runs that it added. `salt` (16 bytes) is that of the log: whoever wants to
    guess short lines must begin anew for each log. `nonce` (16 bytes; none in bodies of before) cannot be guessed: without
    it the digest of the body, which the log states, would tell whether a guess of the lines is right."""

    scheme: str
    salt: bytes
    runs: tuple[Run, ...]
    nonce: bytes = b""

    @property
    def lines(self) -> int:
        """How many lines all runs have."""
        return sum(run.lines for run in self.runs)


class Prompt(Fact):
    """What may be known about a prompt: a salted SHA-256, its size in bytes, how sensitive it is, the kinds of what was
    found in it; nothing else. The salt rests with the prompt, encrypted, or nowhere."""

    sha256: str
    size: int
    classification: str = ""
    findings: tuple[str, ...] = ()


class Noted(Fact):
    """What a hook saw: lines that an assistant is about to add (`runs`), or a prompt. It waits in a spool until the
    repository's log takes it. `session` is a salted SHA-256; `salt` that of the lines."""

    agent: str
    model: str
    session: str
    tool: str
    time: str
    salt: bytes
    runs: tuple[Run, ...] = ()
    prompt: Prompt | None = None


class Generation(Fact):
    """Lines that an agent, or a person who says so, added in one go.

    `conversation` is a salted SHA-256 of the conversation's id, `request` the digest of a request statement, `context` are
    digests, `person` says that whoever signs this is a person who claims the lines. `time` is RFC 3339 in UTC.
    """

    agent: str
    model: str
    source: Source
    keys: LineKeys
    time: str
    version: str = ""
    conversation: str = ""
    prompt: Prompt | None = None
    request: str = ""
    context: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    base: str = ""
    head: str = ""
    person: bool = False


class Known(Fact):
    """A generation as settlement takes it: the SHA-256 of the signed payload, whether a person claims the lines, and their
    keys. `settled`: it was found in the tree before already, so that now only strong evidence counts."""

    digest: str
    keys: LineKeys
    time: str = ""
    person: str = ""
    settled: bool = False
    weak: bool = False
    """Only a trailer or a note claims it, which nobody signed who wrote the lines."""


class Origin(Fact):
    """Where lines come from. `generation` is the digest of a generation's payload, `person` a name, `why` says of an unknown
    origin why it is unknown. `since` is the git tree in which the lines were first settled; empty: the tree of this very
    attribution."""

    kind: OriginKind
    generation: str = ""
    person: str = ""
    how: How = ""
    why: str = ""
    since: str = ""

    @property
    def by_ai(self) -> bool:
        """Whether policy treats the lines as written by an AI: always, unless a person is known."""
        return self.kind != "person"


class Lines(Fact, array_like=True):
    """Lines `first` to `last` (from 1, both included) with the number of their origin."""

    first: int
    last: int
    origin: int


class FileOrigins(Fact):
    """The origin of every line of one file: `runs` cover its lines without gap or overlap. `blob` is git's id of its
    content."""

    path: str
    blob: str
    runs: tuple[Lines, ...]


class Attribution(Fact):
    """What was settled for a merged tree: the origins, and for each file that differs from the target which lines have
    which. `base` and `head` are git's ids of the target tree (empty: there was none) and the merged tree."""

    base: str
    head: str
    origins: tuple[Origin, ...]
    files: tuple[FileOrigins, ...]

    def count(self, kind: OriginKind) -> int:
        """How many lines of the files have an origin of a kind."""
        return sum(
            run.last - run.first + 1 for file in self.files for run in file.runs if self.origins[run.origin].kind == kind
        )
