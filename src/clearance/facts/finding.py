"""What scanners say: findings, sightings, and gaps."""

from enum import Enum

from clearance.facts.fact import Fact


class Severity(Enum):
    """How bad it is if it is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Severity).index(self)


class Confidence(Enum):
    """How sure the rule is that it is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low to 2 for high."""
        return list(Confidence).index(self)


class Place(Fact):
    """A span in a file: lines and columns counted from 1, columns in Unicode code points, the end column one past the
    last character. Line 0 means the file as a whole. Paths are as in `FileChange`."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0


class Excerpt(Fact):
    """Lines around a place, `first` being the number of the first one. Secrets are masked; control characters are not."""

    first: int
    lines: tuple[str, ...]


class Step(Fact):
    """One step of a path from a source to a sink."""

    place: Place
    message: str


class Edit(Fact):
    """A change of the text that mends a finding: what stands at `place` becomes `text`."""

    place: Place
    text: str


class Secret(Fact):
    """What may be told of a secret, which itself never leaves the scanner.

    `fingerprint` recognises the same secret elsewhere and later: a digest keyed with a key of this installation, 32
    hexadecimal digits; empty where there is no key. `entropy` is Shannon's, in bits a character. `tail` are the last
    characters, only where the vendor shows them itself. `disguise` says how it was hidden (`base64`, `joined from 3
    literals`), empty for plain text. `personal`: it is personal data and no credential.
    """

    fingerprint: str
    entropy: float
    tail: str = ""
    disguise: str = ""
    personal: bool = False


class Origin(Fact):
    """Where in history something stood first: `commit` (its full id), `date` (of its author, RFC 3339), and whether the same
    still stands in the commit that is checked out, in whatever file."""

    commit: str
    date: str
    standing: bool


class Finding(Fact):
    """Something that a rule says is wrong.

    `fingerprint` is stable over time: the SHA-256 of rule, path and shape of the code, of the lines that lead there, too (no
    line number, never the secret), with a count where the same shape stands several times in a file. `introduced`: the
    change brought it.
    `witnesses` are other tools that see the same, as `tool:rule`. `edits`, applied together, mend it safely; empty where
    that takes a person. `secret` describes what stands at `place`, where that is a secret or personal data. `origin` is
    set where history was looked at: `place` is then one in that commit.
    """

    rule: str
    family: str
    severity: Severity
    confidence: Confidence
    place: Place
    message: str
    fingerprint: str
    introduced: bool
    fix: str = ""
    cwe: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    excerpt: Excerpt | None = None
    witnesses: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    secret: Secret | None = None
    origin: Origin | None = None


class Look(Enum):
    """Why what looks like a finding is none."""

    PLACEHOLDER = "placeholder"
    REFERENCE = "reference to a variable, file or vault"
    HASH = "hash or checksum"
    IDENTIFIER = "identifier such as a UUID"
    PUBLIC = "public: a key, a certificate, an author"
    ENCRYPTED = "encrypted or sealed value"
    PATTERN = "pattern or template"
    WORDS = "words of prose or code"
    TEST = "constant of a test or an example"
    LOCKFILE = "integrity value of a lockfile"
    WEAK = "too weak a sign"
    VEX = "not affected, as a VEX statement says"
    CHECK_DIGITS = "check digits do not fit"


class Aside(Fact):
    """What looked like a finding of `rule` and was set aside, with the reason; shown on demand, never part of a verdict."""

    rule: str
    place: Place
    reason: Look
    introduced: bool


class Sighting(Fact):
    """Something that is not wrong but calls for care: code that authenticates, queries, deserialises. `trigger` is the id
    of the trigger page, `tier` the tier that it asks for. `introduced`: it is new, or the change touches it. `gone`: the
    change removed it, and the place is on the before side."""

    trigger: str
    title: str
    tier: int
    place: Place
    reason: str
    introduced: bool
    gone: bool = False


class GapKind(Enum):
    """Why something was not looked at."""

    BINARY = "binary"
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"
    ENCODING = "broken encoding"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    LFS_POINTER = "LFS pointer"
    EXCLUDED = "excluded by settings"
    PARTIAL = "only pieces are known"
    TIMEOUT = "out of time"
    CRASH = "scanner crashed"
    STALE = "data out of date"
    MISSING_DATA = "data missing"
    TOO_MANY = "too many findings"
    UNPARSED = "could not be parsed"
    UNSUPPORTED = "no rules for this language"
    UNKNOWN = "not known"
    """Neither good nor bad could be told, because nobody has the data: a person must look."""


# These are told, and a policy may ask a person to look instead; no scanner was meant to read them.
_HARMLESS = frozenset(
    {
        GapKind.BINARY, GapKind.SYMLINK, GapKind.EXCLUDED, GapKind.PARTIAL, GapKind.LFS_POINTER, GapKind.SUBMODULE,
        GapKind.UNSUPPORTED,
    }
)  # fmt: skip


class Gap(Fact):
    """What a scanner could not look at, and why. `scanner` is a family, or `all`; `path` is empty when the gap is not
    about one file; `introduced` tells whether it concerns what the change brings (a whole-scanner gap always does)."""

    scanner: str
    path: str
    kind: GapKind
    detail: str = ""
    introduced: bool = True

    @property
    def matters(self) -> bool:
        """Whether a clean answer would be a lie: false for what has no text to look at or was left out on purpose."""
        return self.kind not in _HARMLESS

    @property
    def stops(self) -> bool:
        """Whether it matters and no person can answer for it, because nobody looked; false for what was looked at and is not
        known."""
        return self.matters and self.kind is not GapKind.UNKNOWN
