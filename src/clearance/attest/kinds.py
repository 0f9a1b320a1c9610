"""All kinds of statements, and the one reader of what was signed.

A kind is a module of `attest/predicates` (ours) or `attest/standard` (in-toto's, SLSA's) with one class `…Predicate`, whose
`TYPE` is its URI. Nothing else needs to be told about a new one.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import msgspec

from clearance.attest import predicates, standard
from clearance.facts.errors import BadStatement
from clearance.facts.fact import Fact, canonical
from clearance.facts.statement import PAYLOAD_LIMIT, STATEMENT_TYPE, Resource, Statement

_OURS = re.compile(r"urn:clearance:predicate:([a-z-]{1,60}):v([1-9][0-9]{0,3})")
_LONGEST_TYPE = 200


class Kind(NamedTuple):
    """A kind of statement: its name, the URI of its predicate, the predicate's type, the type of the whole statement, and
    whether it is one of ours."""

    name: str
    uri: str
    predicate: type[Fact]
    statement: Any
    ours: bool

    @property
    def about(self) -> str:
        """Say in a sentence what it states."""
        text = inspect.cleandoc(self.predicate.__doc__ or "")
        return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")

    @property
    def version(self) -> str:
        """The version in its URI: `v1`, `v0.2`."""
        return self.uri.replace(":", "/").rsplit("/", 1)[1]


class Reading(NamedTuple):
    """What a payload says: the URI of its predicate, the kind where it is known here, the statement where it could be read,
    and otherwise what is in the way."""

    type: str
    kind: Kind | None
    statement: Statement[Any] | None
    problem: str = ""


class _Head(msgspec.Struct, rename={"type": "_type", "predicate_type": "predicateType"}):
    type: str
    predicate_type: str


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Give all kinds by name: ours first, each group in the order of the alphabet.

    Raises:
        TypeError: a module of the folders holds no predicate, or two share a name or a URI.
    """
    found: dict[str, Kind] = {}
    for package in (predicates, standard):
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
            if module.name in _NO_KINDS:
                continue
            kind = _kind(importlib.import_module(f"{package.__name__}.{module.name}"), ours=package is predicates)
            if kind.name in found or kind.uri in {one.uri for one in found.values()}:
                raise TypeError(f"two kinds of statements are called {kind.name} or have the type {kind.uri}")
            found[kind.name] = kind
    return MappingProxyType(found)


_NO_KINDS = frozenset({"fields", "levels"})
"""Modules of the folders that hold what kinds share."""


def _kind(module: ModuleType, *, ours: bool) -> Kind:
    own = [one for one in vars(module).values() if isinstance(one, type) and "TYPE" in vars(one)]
    if len(own) != 1 or not issubclass(own[0], Fact):
        raise TypeError(f"{module.__name__} must hold exactly one predicate with a TYPE")
    predicate = own[0]
    statement = getattr(module, "STATEMENT", None) or Statement[predicate]  # type: ignore[valid-type]
    name = module.__name__.rsplit(".", 1)[1].replace("_", "-")
    return Kind(name, predicate.TYPE, predicate, statement, ours)  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _by_type() -> Mapping[str, Kind]:
    return {kind.uri: kind for kind in kinds().values()}


def kind_of(predicate: Fact) -> Kind:
    """Give the kind that a predicate is of.

    Raises:
        KeyError: it is of none.
    """
    return next(kind for kind in kinds().values() if kind.predicate is type(predicate))


def type_of(payload: bytes) -> str:
    """Give the URI of a payload's predicate, without reading more of it; empty where it is no statement."""
    try:
        head = msgspec.json.decode(payload, type=_Head)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return head.predicate_type if head.type == STATEMENT_TYPE else ""


def read(payload: bytes) -> Reading:
    """Read what was signed. Kinds and versions that are not known here are told, and so is what does not fit its own kind;
    nothing that a payload holds raises."""
    try:
        head = msgspec.json.decode(payload, type=_Head)
    except (msgspec.DecodeError, RecursionError) as error:
        return Reading("", None, None, f"no in-toto statement: {error}")
    if head.type != STATEMENT_TYPE:
        return Reading("", None, None, f"a statement of the type {_cut(head.type)}, not {STATEMENT_TYPE}")
    kind = _by_type().get(head.predicate_type)
    if kind is None:
        return Reading(_cut(head.predicate_type), None, None, _unknown(head.predicate_type))
    try:
        return Reading(kind.uri, kind, msgspec.json.decode(payload, type=kind.statement))
    except (msgspec.DecodeError, RecursionError) as error:
        return Reading(kind.uri, kind, None, f"no {kind.name} statement as this version knows it: {error}")


def _unknown(name: str) -> str:
    ours = _OURS.fullmatch(name)
    if ours and ours[1] in kinds():
        known = kinds()[ours[1]].version
        return f"a {ours[1]} statement of version v{ours[2]}; this Clearance knows {known}: a newer one is needed to read it"
    return f"a kind of statement that is not known here: {_cut(name)}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TYPE else text[: _LONGEST_TYPE - 1] + "…"


def state(predicate: Fact, subject: Sequence[Resource]) -> Statement[Any]:
    """Make a statement of a predicate about subjects, and check it as a reader will.

    Raises:
        BadStatement: a field is not as its kind wants it, there is no subject, or it is too long for an entry.
        KeyError: the predicate is of no kind.
    """
    kind = kind_of(predicate)
    made = Statement(type=STATEMENT_TYPE, subject=tuple(subject), predicate_type=kind.uri, predicate=predicate)
    found: Statement[Any] = checked(kind, made)
    return found


def checked(kind: Kind, statement: Any) -> Any:
    """Give a statement back as a reader will read it.

    Raises:
        BadStatement: as `state`.
    """
    if not statement.subject:
        raise BadStatement("a statement is about something: name a subject", where=kind.name)
    payload = canonical(statement)
    if len(payload) > PAYLOAD_LIMIT:
        raise BadStatement(
            f"a statement of {len(payload):,} bytes, and {PAYLOAD_LIMIT:,} fit an entry",
            where=kind.name,
            next="name fewer things, or put the list into a body and state its digest",
        )
    try:
        return msgspec.json.decode(payload, type=kind.statement)
    except msgspec.DecodeError as error:
        raise BadStatement(f"no {kind.name} statement: {error}", where=kind.name) from None
