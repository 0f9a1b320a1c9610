"""States what happened elsewhere: checks a statement, refuses what may not be said by whoever says it, signs, records."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from clearance import __version__
from clearance.attest.bundle import once
from clearance.attest.kinds import Kind, checked, kinds
from clearance.attest.lines import line_of
from clearance.attest.predicates.fields import Party, party
from clearance.facts.errors import BadSignature, BadStatement, UsageError
from clearance.facts.fact import Fact, plain
from clearance.facts.identity import SEGMENT, Identity
from clearance.facts.moment import rfc3339
from clearance.facts.outcome import Receipt
from clearance.facts.statement import STATEMENT_TYPE, DigestSet, Resource, Statement

if TYPE_CHECKING:
    from clearance.attest.standard.vsa import VsaStatement
    from clearance.facts.entry import Entry

BY_HAND = ("request", "generation", "review", "merge", "deploy", "incident")
"""Kinds that `clearance attest` records; the others are made by what they are about."""
_SIGNERS = {
    "review": "reviewer",
    "request": "by",
    "waiver": "by",
    "merge": "by",
    "deploy": "by",
    "incident": "by",
    "evidence-kept": "by",
    "evidence-access": "by",
    "erasure": "by",
    "retention": "by",
    "trust": "by",
    "revocation": "by",
}
"""The field of a kind that names its signer."""
_SUBJECT = re.compile(r"(?P<name>[^=]{1,300})=sha256:(?P<sha256>[0-9a-f]{64})")
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`")
_MOST_TEXT = 200_000
_MOST_TOKEN = 1 << 16


class Recorded(NamedTuple):
    """A statement in the log: what it says, where it lies, and who signed."""

    statement: "Statement[Any] | VsaStatement"
    receipt: Receipt
    entry: "Entry"


def now() -> str:
    """Give the time as statements carry it."""
    return rfc3339(datetime.now(UTC))


def stated(predicate: Fact, subject: Sequence[Resource]) -> Statement[Any]:
    """Make a statement, checked as a reader will check it.

    Raises:
        BadStatement: a field is not as its kind wants it.
    """
    from clearance.attest.kinds import state

    return state(predicate, subject)


def from_json(kind: Kind, data: bytes, where: str, by: Identity, subject: Sequence[Resource]) -> Statement[Any]:
    """Read the predicate of a kind out of a JSON file that a person or a tool wrote. `version`, `time` and the field that
    names the signer are filled in where they are missing.

    Raises:
        BadStatement: it is no such predicate, or a field stands twice; the line or the field is named.
    """
    try:
        said = msgspec.json.decode(data)
        json.loads(data.decode(), object_pairs_hook=once)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadStatement(f"no JSON: {error}", where=where, next=f"see docs/reference/statements.md#{kind.name}") from None
    except BadSignature as error:
        raise BadStatement(f"{error.where}: it stands twice", where=where, next="say each field once") from None
    if not isinstance(said, dict):
        raise BadStatement("a predicate is a JSON object", where=f"{where}:1", next=_schema(kind))
    signer = {_SIGNERS[kind.name]: plain(party(by))} if kind.name in _SIGNERS else {}
    filled = {"version": __version__, "time": now()} | signer
    try:
        predicate = msgspec.convert(filled | said, type=kind.predicate)
    except msgspec.ValidationError as error:
        path = _PATH.search(str(error))
        line = line_of(data, path["path"] if path else "")
        raise BadStatement(_said(str(error)), where=f"{where}:{line}", next=_schema(kind)) from None
    made = Statement(type=STATEMENT_TYPE, subject=tuple(subject), predicate_type=kind.uri, predicate=predicate)
    found: Statement[Any] = checked(kind, made)
    return found


def _said(error: str) -> str:
    """Say what is wrong with the field first: `reviewer.name: Expected …`."""
    found = _PATH.search(error)
    return f"{found['path'].lstrip('.')}: {error[: found.start()]}" if found else error


def _schema(kind: Kind) -> str:
    return f"docs/reference/schema/predicates/{kind.name}.{kind.version}.json says what belongs there"


def subjects_of(given: Sequence[str]) -> tuple[Resource, ...]:
    """Read subjects as people write them: `NAME=sha256:DIGEST`.

    Raises:
        UsageError: one is none.
    """
    found = []
    for text in given:
        match = _SUBJECT.fullmatch(text)
        if match is None:
            raise UsageError("no subject", where=text[:80], next="write --subject NAME=sha256:DIGEST, 64 digits")
        found.append(Resource(name=match["name"], digest=DigestSet(sha256=match["sha256"])))
    return tuple(found)


def kind_named(name: str) -> Kind:
    """Give a kind by its name.

    Raises:
        UsageError: there is none, with the nearest one.
    """
    import difflib

    known = kinds()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`clearance attest list` names all"
        raise UsageError("no such kind of statement", where=name[:80], next=hint)
    return known[name]


def record(
    statements: "Sequence[Statement[Any] | VsaStatement]",
    directory: Path,
    environment: Mapping[str, str],
    *,
    by: Identity,
    evidence: Mapping[str, bytes] | None = None,
) -> tuple[Recorded, ...]:
    """Sign statements as one identity and append them to the log around `directory`, under one checkpoint.

    Raises:
        UsageError: the identity may not say this, or a text of a statement holds a secret.
        ClearanceError: the log or the keys cannot be used.
    """
    from clearance.wiring.recording import Scribe

    for statement in statements:
        refuse_another(statement, by)
    refuse_secrets(statements, by, environment)  # before the log is opened
    scribe = Scribe(directory)
    entries = scribe.record(statements, evidence, by=by, masked=True)
    return tuple(
        Recorded(statement, scribe.receipt(entry), entry) for statement, entry in zip(statements, entries, strict=True)
    )


def refuse_another(statement: "Statement[Any] | VsaStatement", by: Identity) -> None:
    """Refuse a statement that names somebody other than its signer as the one who acted: an agent never speaks as a person.

    Raises:
        UsageError: it does.
    """
    kind = next(one for one in kinds().values() if one.uri == statement.predicate_type)
    field = _SIGNERS.get(kind.name)
    if field is None:
        return
    predicate: Any = statement.predicate
    named: Party = getattr(predicate, field)
    own = party(by)
    if (named.name, named.kind) != (own.name, own.kind):
        what = f"{field} is {named.name} ({named.kind}), and {own.name} ({own.kind}) would sign"
        raise UsageError(what, where=kind.name, next=f"sign as {named.name}: --as and --id-token; or leave {field} out")
    if kind.name == "merge" and predicate.enforced and by.kind != "service":
        hint = "let the service that merges say what the forge enforces"
        raise UsageError(f"{by.name} is no service", where="enforced", next=hint)
    if kind.name == "review":
        _refuse_weak(predicate.authenticated.method, by)


def _refuse_weak(method: str, by: Identity) -> None:
    """Refuse a review that says more of its reviewer's authentication than the identity shows."""
    fitting = authentication(by)
    if method != fitting and not (method == "passkey" and fitting == "oidc"):
        raise UsageError(
            f"authenticated.method is {method}, and the identity {by.name} of {by.issuer or 'nobody'} is {fitting}",
            where="review",
            next="leave authenticated out, or bring the token of an identity provider: --id-token",
        )


def authentication(by: Identity) -> Literal["oidc", "certificate"]:
    """Say how it is known who holds an identity: an identity provider vouches for every person (`oidc`)."""
    return "oidc" if by.kind == "person" else "certificate"


def refuse_secrets(statements: Iterable[Fact], by: Identity | None, environment: Mapping[str, str]) -> None:
    """Refuse statements of which a text, or the name of who would sign them, holds a secret: what is in the log stays there.
    Names of who acted are meant.

    Raises:
        UsageError: one does; the field is named, the secret is not.
        MaskError: it could not be looked at.
    """
    texts = [one for statement in statements for one in _texts(plain(statement))]
    if by is not None and not _SAFE.fullmatch(by.name):
        texts.append(("the signer's name", by.name))
    found = secret_in([text for _, text in texts], environment)
    if found is not None:
        raise UsageError(
            f"it holds what looks like a secret ({found.rule}), and nothing leaves the log again",
            where=texts[found.at][0],
            next="say it without; a digest of it can stand in a statement",
        )


class FoundSecret(NamedTuple):
    """Which of several texts holds a secret (from 0), and the rule that says so."""

    at: int
    rule: str


def secret_in(texts: Sequence[str], environment: Mapping[str, str]) -> FoundSecret | None:
    """Find the first of several texts, one line each, that holds what the secret scanners know. Texts that are plain words,
    digests or moments are not looked at, which is most of the cost.

    Raises:
        MaskError: they could not be looked at.
    """
    if all(_SAFE.fullmatch(text) for text in texts):
        return None
    from clearance.wiring.masking import mask

    joined = "\n".join(texts)[:_MOST_TEXT]
    found = mask(joined, environment, conversation="", seconds=0, name="statement.txt", only="secrets", keep=False)
    return FoundSecret(found.leaks[0].line - 1, found.leaks[0].rule) if found.leaks else None


_SAFE = re.compile(
    r"(?:git-(?:tree|commit):)?[0-9a-f]{32,128}|[0-9TZ:-]{10,20}|[a-z -]{1,30}|(?:https?://|urn:|spiffe://)[a-z0-9./:_-]{1,120}"
    r"|[A-Za-z0-9]{1,15}(?:[-._/@+ ][A-Za-z0-9]{1,15}){0,12}"
    rf"|{re.escape(STATEMENT_TYPE)}"
)
"""Texts that hold no secret of anybody: digests, moments, plain words, our own URIs, names of short parts."""


def _texts(said: Any) -> "list[tuple[str, str]]":
    """Give each text of a statement that a person or a tool chose, by its path, one line each."""
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str, Any]] = [("", said)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}".lstrip("."), one) for key, one in value.items()]
            found += [(path, str(key)) for key in value if not _SAFE.fullmatch(str(key)) and "annotations" in path]
        elif isinstance(value, list | tuple):
            waiting += [(f"{path}[{number}]", one) for number, one in enumerate(value)]
        elif isinstance(value, str) and value and not _SAFE.fullmatch(value):
            found.append((path, " ".join(value.split())))
    return found


_BELOW = re.compile(rf"(?:agent|ci|service)(?:/{SEGMENT}){{1,9}}")


def identity(name: str, token: Path | None, environment: Mapping[str, str], *, machine: bool = False) -> Identity:
    """Give who is to sign: with a token whoever an identity provider says, with a name an agent or a service of this
    machine's trust domain, else the account that types; this installation where the act is a `machine`'s, not a person's. A
    person signs with a token only.

    Raises:
        UsageError: the name is none, or the token is not accepted, or names somebody else.
        ClearanceError: what this machine trusts cannot be read.
    """
    from clearance.wiring.trusting import open_trust

    house = open_trust(environment)
    if token is not None:
        if name:
            raise UsageError("a token says who signs", where=f"--as {name[:80]}", next="leave --as out")
        return _of_token(token, environment)
    if not name:
        return house.service if machine else house.user
    if _BELOW.fullmatch(name):
        return Identity(name=f"spiffe://{house.domain}/{name}", issuer=f"spiffe://{house.domain}")
    if "@" in name:
        raise UsageError(
            "a person signs with the token of an identity provider, not by name alone", where=name[:80],
            next="add --id-token FILE",
        )  # fmt: skip
    raise UsageError("nobody is called so", where=name[:80], next="agent/NAME, ci/NAME, service/NAME, or --id-token FILE")


def _of_token(token: Path, environment: Mapping[str, str]) -> Identity:
    from clearance.wiring.trusting import open_trust

    try:
        with token.open("rb") as file:
            data = file.read(_MOST_TOKEN)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(token), next="give the token's file") from None
    return open_trust(environment).authenticate(data.strip())
