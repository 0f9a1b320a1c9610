"""The words of an `infra` block as data; docs/reference/detect-infra.md describes them, `read.py` reads them."""

import msgspec

from clearance.facts.finding import Confidence, Severity
from clearance.scan.infra.node import Scalar

ENGINE = "infra"
"""What the info string of a block says."""

KINDS = (
    "docker.file", "docker.stage", "docker.instruction", "docker.command",
    "compose.file", "compose.service",
    "kubernetes.object", "kubernetes.pod", "kubernetes.container",
    "github.workflow", "github.job", "github.step", "github.action",
    "gitlab.file", "gitlab.job",
    "terraform.resource", "terraform.data", "terraform.provider", "terraform.module", "terraform.variable",
    "terraform.output", "terraform.locals", "terraform.backend", "terraform.settings",
    "terraform.statement", "terraform.opening", "terraform.provisioner", "terraform.requirement", "terraform.values",
    "nginx.file", "nginx.block", "nginx.directive",
    "systemd.unit", "systemd.command", "systemd.environment",
    "image.config", "image.os", "image.file",
)  # fmt: skip
"""All kinds of units that rules may speak of."""

BLOCK_KEYS = ("on", "given", "find", "at", "without", "message", "fix", "severity", "confidence", "secret", "paths")
WITHOUT_KEYS = ("on", "where")
JOINTS = ("any", "all", "none")
"""Keys of a test that join other tests."""
OPERATORS = (
    "is", "not", "in", "not-in", "matches", "not-matches", "missing", "present", "empty", "over", "under", "contains",
    "refers", "unknown", "any-item", "no-item", "key", "not-key", "holds",
)  # fmt: skip
"""What an expectation may ask."""
NEGATIVE = frozenset({"not", "not-in", "not-matches", "no-item"})
"""Operators that a missing value satisfies."""
WORDS_OF_MESSAGES = ("name", "type", "value", "path", "key", "above.name", "above.type")

Step = str | None
"""One step of a path: a key, or None for each item of a list or value of a map."""


class Path(msgspec.Struct, frozen=True, array_like=True):
    """Where a value stands: `up` units further up, then step by step. `asks` is `name` or `type` where the unit's own is
    meant, and `keys` says that the keys of the map at the end are."""

    text: str
    up: int = 0
    steps: tuple[Step, ...] = ()
    asks: str = ""
    keys: bool = False
    plain: bool = False
    """Only keys of maps: it leads to one place, as long as no list stands in between."""


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """One operator with what it compares to; which field is set depends on the operator."""

    name: str
    values: tuple[Scalar, ...] = ()
    pattern: str = ""
    flag: bool = True
    number: float = 0.0
    expected: "tuple[Operation, ...]" = ()
    test: "Test | None" = None


Expectation = tuple[Operation, ...]
"""Operators that must all hold."""


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """A path, and what is expected there."""

    path: Path
    expected: Expectation


class Test(msgspec.Struct, frozen=True, array_like=True):
    """What must hold: all of `asks`, all of `all`, one of `any` (where there are some), none of `none`."""

    asks: tuple[Ask, ...] = ()
    any: "tuple[Test, ...]" = ()
    all: "tuple[Test, ...]" = ()
    none: "tuple[Test, ...]" = ()


class Target(msgspec.Struct, frozen=True, array_like=True):
    """Units that a block speaks of: a kind, and the types that fit (`*` stands for any text; empty: all)."""

    kind: str
    type: str = ""


class Without(msgspec.Struct, frozen=True, array_like=True):
    """The unit whose absence makes the finding one. `refers` are the paths at which it names the unit that is looked at."""

    on: tuple[Target, ...]
    where: Test
    refers: tuple[Path, ...] = ()


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A block of a page."""

    rule: str
    on: tuple[Target, ...]
    find: tuple[Test, ...]
    given: Test | None = None
    at: Path | None = None
    without: Without | None = None
    message: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    secret: bool = False
    """What was found must never be told."""
    paths: tuple[str, ...] = ()
    """Files that are looked at; empty: all."""
