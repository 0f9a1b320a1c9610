"""The crosswalk: every edge between what Clearance does and what a standard asks for, and what is wrong with them.

An edge is a claim (`facts.control.Edge`). Rule pages and policies carry their own; the files in `edges/` hold those between
catalogues (a weakness and the requirement that forbids it), and say where nothing of a catalogue fits. Claims are checked
here, all of them, in one pass; nothing here is believed because it stands in a file.
"""

import pkgutil
import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Annotated, NamedTuple

import msgspec

from clearance.controls.catalogue import Catalogue, problem
from clearance.facts.control import AuthorKind, Edge, Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence
from clearance.facts.toml import BadToml, read_toml

FILES = ("cwe-asvs", "cwe-owasp", "ai-threats", "none")
"""The files `edges/<name>.toml` that come with the package."""
OURS = ("rule", "policy", "trigger", "checkpoint", "capability")
"""What a name of ours starts with, before the colon; every other `of` is an id of a catalogue."""

_MIRROR = {Relation.SUBSET_OF: Relation.SUPERSET_OF, Relation.SUPERSET_OF: Relation.SUBSET_OF}
_MOST_BYTES = 4 << 20
_MOST_EXPLAINED = 50
_SIDE_BY_SIDE = "the page's or policy's words and the requirement's own, read side by side"
_TEAM = ".clearance/"
_HEAD = re.compile(r"\s*(?:\[\[\s*)?(edges|none)\b")
_PLACE = re.compile(r"(?:^|[{,])\s*of\s*=")

_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,400}\Z")]
_NAMED = re.compile(r"^[A-Za-z][A-Za-z0-9.:/()@-]{0,127}\Z")
_Name = Annotated[str, msgspec.Meta(pattern=_NAMED.pattern)]


class Problem(Fact):
    """Something that is wrong with a claim: `what`, `where` it stands (`path:line`), and what to do `next`."""

    what: str
    where: str
    next: str


class Nothing(Fact):
    """The explicit "none": no item of `catalogue` fits what `of` does, for this reason. It is better than silence, because
    it tells that somebody looked."""

    of: str
    catalogue: str
    reason: str
    where: str = ""


class Derived(NamedTuple):
    """Two claims one behind the other: ours about `first.to`, and that one's about another control. What is derived is a
    hint where to look, and never evidence."""

    first: Edge
    second: Edge

    @property
    def is_sound(self) -> bool:
        """Whether the conclusion follows: a part of a part is a part; things that only intersect may miss each other."""
        return {self.first.rel, self.second.rel} <= {Relation.SUBSET_OF, Relation.EQUIVALENT_TO, Relation.EQUAL_TO}


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str | tuple[str, ...]  # a pattern in this union crashes msgspec 0.22 when Python ends; `_spell_out` checks it
    to: _Name
    rel: Relation
    by: AuthorKind | None = None
    source: _Line | None = None
    confidence: Confidence | None = None
    note: _Line | None = None


class _WrittenNothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str | tuple[str, ...]
    catalogue: _Name
    reason: _Line


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`source`, `by` and `confidence` hold for all edges of the file that do not say otherwise."""

    edges: tuple[_Written, ...] = ()
    none: tuple[_WrittenNothing, ...] = ()
    source: _Line | None = None
    by: AuthorKind = "assistant"
    confidence: Confidence = Confidence.MEDIUM


class Mapping(NamedTuple):
    """What one file of edges holds."""

    edges: tuple[Edge, ...]
    nothing: tuple[Nothing, ...]


class Crosswalk:
    """All edges, by what they come from and by what they lead to. `no-relationship` is an answer too, and is kept."""

    def __init__(self, edges: Iterable[Edge], catalogues: Iterable[Catalogue], nothing: Iterable[Nothing] = ()) -> None:
        self.edges = tuple(map(_with_source, edges))
        self.catalogues = tuple(catalogues)
        self.nothing = tuple(nothing)
        self._of: dict[str, list[Edge]] = {}
        self._to: dict[str, list[Edge]] = {}
        for edge in self.edges:
            self._of.setdefault(edge.of, []).append(edge)
            self._to.setdefault(edge.to, []).append(edge)
        self._home = {name: one for one in reversed(self.catalogues) for name in one.items}

    def of(self, name: str) -> tuple[Edge, ...]:
        """Give the edges that start at a control of ours (`rule:x`), or at an id of a catalogue, in the order given."""
        return tuple(self._of.get(name, ()))

    def to(self, reference: str) -> tuple[Edge, ...]:
        """Give the edges that lead to an id of a catalogue, in the order given."""
        return tuple(self._to.get(reference, ()))

    def serving(self, reference: str) -> tuple[Edge, ...]:
        """Give the edges of our own controls that lead to an id and say that there is something to it."""
        return tuple(edge for edge in self.to(reference) if is_ours(edge.of) and edge.rel is not Relation.NO_RELATIONSHIP)

    def derived(self, reference: str) -> tuple[Derived, ...]:
        """Give what leads to an id over one other catalogue's id, where nothing of ours leads there at once."""
        direct = {edge.of for edge in self.serving(reference)}
        found = [
            Derived(first, second)
            for second in self.to(reference)
            if not is_ours(second.of) and second.rel is not Relation.NO_RELATIONSHIP
            for first in self.serving(second.of)
            if first.of not in direct
        ]
        return tuple({(one.first.of, one.second.of): one for one in found}.values())

    def problems(self, names: Collection[str] | None = None) -> tuple[Problem, ...]:
        """Say what is wrong: ids that do not exist or are of another version, `equal-to` where it cannot be, one claim
        twice, two that contradict each other, a "none" beside an edge. With `names` (all controls of ours), names that
        nobody has, too. Takes time linear in the number of edges."""
        found = [*self._dangling(names), *self._too_much(), *self._twice(), *self._mirrored(), *self._not_none()]
        return tuple(sorted(set(found), key=lambda one: (_sortable(one.where), one.what)))

    def _dangling(self, names: Collection[str] | None) -> Iterable[Problem]:
        told: dict[str, str] = {}
        prefixes = {one.prefix for one in self.catalogues}
        for edge in self.edges:
            for name in (edge.of, edge.to):
                if name in self._home or (is_ours(name) and name is edge.of):
                    continue
                if name not in told:
                    told[name] = problem(name, self.catalogues) if len(told) < _MOST_EXPLAINED else f"no control {name!r}"
                what, _, hint = told[name].partition("; ")
                yield Problem(what=what, where=edge.where, next=hint or "name an id that `clearance controls list` shows")
            if names is not None and is_ours(edge.of) and edge.of not in names:
                yield Problem(
                    what=f"nothing is called {edge.of!r}", where=edge.where, next="name a rule, policy or checkpoint"
                )
        for none in self.nothing:
            if none.catalogue not in prefixes:
                yield Problem(what=f"no catalogue {none.catalogue!r}", where=none.where, next="name its prefix, as in asvs")
            if names is not None and is_ours(none.of) and none.of not in names:
                yield Problem(
                    what=f"nothing is called {none.of!r}", where=none.where, next="name a rule, policy or checkpoint"
                )

    def _too_much(self) -> Iterable[Problem]:
        for edge in self.edges:
            home = self._home.get(edge.to)
            if home is None or home.kind != "process":
                continue
            whole = edge.rel is Relation.EQUAL_TO or (is_ours(edge.of) and edge.rel is Relation.EQUIVALENT_TO)
            if whole:
                yield Problem(
                    what=f"{edge.of} claims to be {edge.rel.value} {edge.to}, which people and paper carry too",
                    where=edge.where,
                    next="say subset-of where all of it is asked for there, else intersects-with",
                )

    def _twice(self) -> Iterable[Problem]:
        first: dict[tuple[str, str], Edge] = {}
        for edge in self.edges:
            other = first.setdefault((edge.of, edge.to), edge)
            if other is edge:
                continue
            if other.rel is edge.rel:
                yield Problem(
                    what=f"{edge.of} {edge.rel.value} {edge.to} is said twice, also in {other.where}",
                    where=edge.where,
                    next="keep one",
                )
            else:
                yield Problem(
                    what=f"{edge.of} is {edge.rel.value} {edge.to} here and {other.rel.value} in {other.where}",
                    where=edge.where,
                    next="two relations cannot both be true: keep the one that is",
                )

    def _mirrored(self) -> Iterable[Problem]:
        rels = {(edge.of, edge.to): edge for edge in self.edges if not is_ours(edge.of)}
        for edge in rels.values():
            back = rels.get((edge.to, edge.of))
            if back is not None and edge.of < edge.to and back.rel is not _MIRROR.get(edge.rel, edge.rel):
                yield Problem(
                    what=f"{edge.of} is {edge.rel.value} {edge.to}, which is {back.rel.value} it in {back.where}",
                    where=edge.where,
                    next="seen from the other side a subset is a superset, and every other relation stays as it is",
                )

    def _not_none(self) -> Iterable[Problem]:
        related: dict[tuple[str, str], Edge] = {}
        for edge in self.edges:
            home = self._home.get(edge.to)
            if home is not None and edge.rel is not Relation.NO_RELATIONSHIP:
                related.setdefault((edge.of, home.prefix), edge)
        for none in self.nothing:
            beside = related.get((none.of, none.catalogue))
            if beside is not None:
                yield Problem(
                    what=f"{none.of} is said to serve nothing of {none.catalogue}, and {beside.to} in {beside.where}",
                    where=none.where,
                    next="take one of the two out",
                )


def _with_source(edge: Edge) -> Edge:
    """Say what an edge of a shipped page or policy rests on; each would say the same, so none of them does."""
    if edge.source or not is_ours(edge.of) or edge.where.startswith(_TEAM):
        return edge
    return msgspec.structs.replace(edge, source=_SIDE_BY_SIDE)


def is_ours(name: str) -> bool:
    """Tell whether a name is one of our controls (`rule:x`), and not an id of a catalogue."""
    return name.partition(":")[0] in OURS


def read_edges(text: bytes, where: str) -> Mapping:
    """Read a file of edges (TOML): `edges`, a list of tables with `of` (one name or several), `to`, `rel` and, where they
    differ from the file's own keys, `source`, `by`, `confidence`, `note`; and `none`, tables of `of`, `catalogue`, `reason`.

    Raises:
        BadCatalogue: no TOML, larger than 4 MiB, an unknown key, a missing one, or a value of the wrong kind; nothing of
            the file counts then.
    """
    if len(text) > _MOST_BYTES:
        raise BadCatalogue("larger than 4 MiB", where=f"{where}:1", next="split it")
    try:
        file = msgspec.convert(read_toml(text.decode()), _File)
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"no TOML: {error}", where=f"{where}:1", next="write it in UTF-8") from None
    except BadToml as error:
        raise BadCatalogue(f"no TOML: {error}", where=f"{where}:{error.line}", next="mend it there") from None
    except msgspec.ValidationError as error:
        at = re.search(r"\$\.(edges|none)\[(\d+)\]", str(error))
        lines = _lines(text.decode())[at[1]] if at else []
        line_of = lines[int(at[2])] if at and int(at[2]) < len(lines) else 1
        raise BadCatalogue(str(error), where=f"{where}:{line_of}", next="see docs/explanation/crosswalk.md") from None
    return _spell_out(file, where, _lines(text.decode()))


def _lines(text: str) -> dict[str, list[int]]:
    """Give the line, from 1, on which each entry starts, for both lists in the order of the file."""
    found: dict[str, list[int]] = {"edges": [], "none": []}
    current = "edges"
    for number, line in enumerate(text.split("\n"), 1):
        head = _HEAD.match(line)
        current = head[1] if head else current
        if _PLACE.search(line):
            found[current].append(number)
    return found


def _spell_out(file: _File, where: str, lines: dict[str, list[int]]) -> Mapping:
    """Give an edge for each name of a row; the place of a row is known where each starts on a line of its own."""
    starts = [lines["edges"], lines["none"]]
    counts = [len(file.edges), len(file.none)]
    known = [len(start) for start in starts] == counts
    of_edges, of_none = starts if known else ([1] * count for count in counts)
    edges = [
        Edge(
            of=of, to=one.to, rel=one.rel, by=one.by or file.by, source=one.source or file.source or "",
            confidence=one.confidence or file.confidence, note=one.note or "", where=place,
        )
        for one, place in zip(file.edges, (f"{where}:{line}" for line in of_edges), strict=True)
        for of in _names(one.of, place)
    ]  # fmt: skip
    nothing = [
        Nothing(of=of, catalogue=one.catalogue, reason=one.reason, where=place)
        for one, place in zip(file.none, (f"{where}:{line}" for line in of_none), strict=True)
        for of in _names(one.of, place)
    ]
    return Mapping(tuple(edges), tuple(nothing))


def _names(of: str | tuple[str, ...], place: str) -> tuple[str, ...]:
    names = (of,) if isinstance(of, str) else of
    for name in names:
        if not _NAMED.match(name):
            raise BadCatalogue(f"malformed name {name[:128]!r}", where=place, next="see docs/explanation/crosswalk.md")
    return names


@cache
def _own() -> Mapping:
    edges: list[Edge] = []
    nothing: list[Nothing] = []
    for name in FILES:
        path = f"edges/{name}.toml"
        found = read_edges(pkgutil.get_data("clearance.controls", path) or b"", f"controls/{path}")
        edges.extend(found.edges)
        nothing.extend(found.nothing)
    return Mapping(tuple(edges), tuple(nothing))


def own_edges() -> tuple[Edge, ...]:
    """Give the edges between catalogues that come with the package."""
    return _own().edges


def own_nothing() -> tuple[Nothing, ...]:
    """Give the places where nothing of a catalogue fits what a rule, policy or trigger of ours does."""
    return _own().nothing


def _sortable(where: str) -> tuple[str, int]:
    path, _, line = where.rpartition(":")
    return (path, int(line)) if line.isdigit() else (where, 0)
