"""What an agent wrote: with which model, on whose request, and which lines."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import (
    Count,
    Digests,
    Evidence,
    Moment,
    NoCommit,
    NoSha256,
    NoWord,
    Prompt,
    Salt,
    Sha256,
    Word,
    Words,
)
from clearance.facts.fact import Fact


class Agent(Fact):
    """An assistant: its name, and its version (empty where it does not say)."""

    name: Word
    version: NoWord = ""


class Keys(Fact):
    """How the added lines are known again: the scheme of their hashes, its salt, and the SHA-256 of the body that holds
    them, which rests beside the log."""

    scheme: Word
    salt: Salt
    body: Sha256


class GenerationPredicate(Fact, rename="camel"):
    """An agent added lines. The subject `lines` is the body that holds their hashes."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:generation:v1"

    agent: Agent
    """Which assistant."""
    model: NoWord
    """Which model, empty where nobody says."""
    conversation: NoSha256
    """Salted SHA-256 of the conversation's id."""
    prompt: Prompt | None
    """What is told of the prompt, null where it is not known."""
    request: NoSha256
    """SHA-256 of the signed payload of the request statement, empty where there is none."""
    context: Digests
    """SHA-256 digests of what the model was given besides: files, rules."""
    tools: Words
    """Names of the tools that it used."""
    source: Literal["hook", "command", "trailer", "note"]
    """How this is known."""
    repository: NoSha256
    """Salted SHA-256 that tells repositories apart."""
    base: NoCommit
    """The commit that was checked out."""
    head: NoCommit
    """The commit that holds the lines, empty where there was none yet."""
    runs: Count
    """How many runs of lines it added."""
    files: Count
    """In how many files."""
    lines: Count
    """How many lines."""
    keys: Keys
    """How the lines are known again."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Annotated[Evidence, Meta(min_length=1)]
    """Bodies beside the log; the first one is `keys.body`."""
