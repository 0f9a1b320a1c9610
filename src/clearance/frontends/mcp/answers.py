"""What assistants are answered: one shape a tool, from which its output schema is made."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clearance.facts.fact import Fact


class Spot(Fact):
    """A place: lines and columns from 1, columns in code points, the end column one past the last character."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class Mend(Fact):
    """What stands at `place` becomes `text`."""

    place: Spot
    text: str


class Passed(Fact):
    """One step from a source to a sink."""

    path: str
    line: int
    message: str


class Found(Fact):
    """A finding: `page` is a resource of this server; `edits`, applied together, mend it."""

    rule: str
    severity: Literal["low", "medium", "high", "critical"]
    confidence: Literal["low", "medium", "high"]
    place: Spot
    message: str
    fix: str
    fingerprint: str
    introduced: bool
    page: str
    cwe: tuple[str, ...] = ()
    steps: tuple[Passed, ...] = ()
    edits: tuple[Mend, ...] = ()


class Unseen(Fact):
    """Something that was not looked at; `matters`: a clean answer would be a lie."""

    scanner: str
    path: str
    kind: str
    detail: str
    matters: bool


class Why(Fact):
    """One policy that fired, and how to get past it."""

    policy: str
    verdict: Literal["ALLOW", "ASK", "DENY"]
    why: str
    fix: str


class Reviewed(Fact):
    """Who must look."""

    role: str
    people: int
    because: str


class Recorded(Fact):
    """Where the signed record of the decision lies."""

    digest: str
    index: int
    log: str
    key: str


class ChangeAnswer(Fact):
    """Of `check_change`."""

    verdict: Annotated[
        Literal["ALLOW", "ASK", "DENY"], Meta(description="ALLOW: may go on. ASK: a person must look. DENY: must not go on.")
    ]
    could_not_look: Annotated[bool, Meta(description="True: something could not be looked at, so this is no pass.")]
    next: str
    reasons: tuple[Why, ...] = ()
    reviews: tuple[Reviewed, ...] = ()
    findings: Annotated[tuple[Found, ...], Meta(description="What the change brings, the worst first.")] = ()
    more_findings: int = 0
    existing: Annotated[int, Meta(description="Findings that were there before.")] = 0
    gaps: tuple[Unseen, ...] = ()
    more_gaps: int = 0
    files: int = 0
    tier: Annotated[int, Meta(description="How much care the change needs: 0 to 3.")] = 0
    receipt: Recorded | None = None


class CodeAnswer(Fact):
    """Of `check_code`."""

    clean: Annotated[bool, Meta(description="No new finding, and all of it was looked at.")]
    could_not_look: Annotated[bool, Meta(description="True: something could not be looked at, so this is no pass.")]
    next: str
    findings: Annotated[tuple[Found, ...], Meta(description="What the text brings, the worst first.")] = ()
    more_findings: int = 0
    existing: Annotated[int, Meta(description="Findings that are committed already.")] = 0
    gaps: tuple[Unseen, ...] = ()
    more_gaps: int = 0


class PackageReason(Fact):
    """Why a package has its verdict."""

    text: str
    rule: str
    severity: str
    fix: str


class PackageAnswer(Fact):
    """Of `check_package`."""

    verdict: Annotated[
        Literal["ok", "bad", "unknown"],
        Meta(description="Only `ok` may be installed; `unknown` needs a person to find out."),
    ]
    registry: str
    name: str
    version: str
    could_not_look: bool
    next: str
    reasons: tuple[PackageReason, ...] = ()
    data_as_of: Annotated[str, Meta(description="Day of the oldest data that this rests on, or empty.")] = ""


class Private(Fact):
    """Something in a text that must not be told or cannot be seen; never the thing itself."""

    line: int
    kind: Literal["secret", "personal", "hidden"]
    rule: str
    title: str
    fix: str
    disguise: str


class PromptAnswer(Fact):
    """Of `check_prompt`."""

    clean: Annotated[bool, Meta(description="Nothing was found, and all of it was looked at.")]
    could_not_look: Annotated[bool, Meta(description="True: something could not be looked at, so this is no pass.")]
    next: str
    found: tuple[Private, ...] = ()
    more_found: int = 0
    gaps: tuple[Unseen, ...] = ()


class RulesAnswer(Fact):
    """Of `rules_for`."""

    text: Annotated[str, Meta(description="Short rules that hold for these files and this task, Markdown.")]
    tokens: int
    rules: tuple[str, ...]


class Sample(Fact):
    """An example of a page."""

    name: str
    text: str


class ExplainAnswer(Fact):
    """Of `explain`."""

    rule: str
    family: str
    title: str
    severity: str
    confidence: str
    brief: str
    guidance: str
    fix: str
    page: str
    wrong: tuple[Sample, ...] = ()
    right: tuple[Sample, ...] = ()
    cwe: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    finding: Found | None = None


def schema(shape: type[msgspec.Struct], *, open: bool = False) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a shape, an object at its root and without references, which some clients cannot
    follow. Shapes are not recursive. If `open`, more keys may come: what is answered may grow."""
    (root,), shared = msgspec.json.schema_components((shape,))
    resolved = _resolved(root, shared, {"additionalProperties"} if open else set())
    if not isinstance(resolved, dict):
        raise TypeError(shape.__name__)
    return resolved


def _resolved(part: Any, shared: dict[str, Any], unsaid: set[str]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _resolved(shared[part["$ref"].rpartition("/")[2]], shared, unsaid)
        # A struct's name and docstring say nothing to a model that the tool's description does not.
        drop = {"title", "description", *unsaid} if part.get("type") == "object" else set()
        return {key: _resolved(value, shared, unsaid) for key, value in part.items() if key not in drop}
    return [_resolved(one, shared, unsaid) for one in part] if isinstance(part, list) else part
