"""What trust.toml may say, table by table; docs/reference/trust-settings.md says the same to people."""

from typing import Literal

from clearance.facts.evidence import Hold, Rule, Rules
from clearance.facts.fact import Fact, plain
from clearance.facts.provider import Provider


class Signers(Fact):
    """`[signers]`: where keys rest, by purpose, as URIs; empty means a file beside the others."""

    authority: str = ""
    """What signs certificates."""
    timestamps: str = ""
    """What signs timestamps."""
    transparency: str = ""
    """What signs certificate timestamps."""
    checkpoints: str = ""
    """What signs the log's checkpoints."""
    witness: str = ""
    """What this machine signs with as a witness for the logs of others."""

    def of(self, purpose: str) -> str:
        """Give the URI of a purpose; empty where there is no word of it."""
        said: str = getattr(self, purpose, "")
        return said

    def said(self) -> dict[str, str]:
        """Give those that are not empty."""
        return {purpose: uri for purpose, uri in plain(self).items() if uri}


class Service(Fact):
    """`[timestamps]`: a timestamp service of others (RFC 3161 over HTTP)."""

    url: str
    """Its address."""
    chain: str
    """A file with its certificate first, then those above it (PEM), absolute."""


class Attest(Fact):
    """`[attest]`: whose word counts."""

    enforcers: tuple[str, ...] = ()
    """SPIFFE ids of services that merge and know what the forge enforces."""


class LogSettings(Fact):
    """`[log]`: where the log lies."""

    store: str = ""
    """`sqlite:`, `files:/absolute/folder` or `postgresql://…`; empty: SQLite in the repository's git folder."""


class WitnessSettings(Fact):
    """`[witnesses]`: who cosigns checkpoints."""

    policy: str = ""
    """A policy file (C2SP tlog-policy), absolute or beside `trust.toml`; empty means `witnesses.policy` there."""
    quorum: Literal["tell", "required"] = "tell"
    """What it means that the policy's quorum did not cosign: a line for people, or that there is no answer (exit code 4)."""
    seconds: float = 5.0
    """How long all witnesses together may take."""


class EvidenceSettings(Fact):
    """`[evidence]`: where bodies rest, what is kept of prompts, how long, and what must not go."""

    store: str = ""
    """An absolute folder for bodies; keys stay where they are."""
    prompts: Literal["digests", "keep"] = "digests"
    """Whether bodies of prompts are kept."""
    subject: str = ""
    """Whose prompts those are that hooks see; empty: whoever is logged in."""
    retain: tuple[Rule, ...] = ()
    """Rules of retention, one a class."""
    hold: tuple[Hold, ...] = ()
    """Subjects of whom nothing goes meanwhile."""

    @property
    def rules(self) -> Rules:
        """The rules of retention, and the holds."""
        return Rules(retain=self.retain, hold=self.hold)


class TrustSettings(Fact):
    """All of trust.toml, each key with a default; no file at all is a good file."""

    domain: str = ""
    """The trust domain, as it stands in SPIFFE ids; empty: the one that was made at random."""
    signers: Signers = Signers()
    """See `Signers`."""
    timestamps: Service | None = None
    """See `Service`; without it this machine stamps."""
    oidc: tuple[Provider, ...] = ()
    """Identity providers."""
    attest: Attest = Attest()
    """See `Attest`."""
    log: LogSettings = LogSettings()
    """See `LogSettings`."""
    witnesses: WitnessSettings = WitnessSettings()
    """See `WitnessSettings`."""
    evidence: EvidenceSettings = EvidenceSettings()
    """See `EvidenceSettings`."""
