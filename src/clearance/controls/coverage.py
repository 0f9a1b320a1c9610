"""How much of a catalogue is served, and how: computed from the crosswalk, and for some catalogues written down besides.

An answer is one of five words. *executable*: something of ours decides by itself about a part of what is asked, and says
so with DENY or ASK. *assisted*: something of ours points a person at it, or leaves evidence, and a person finishes.
*process-only*: nothing of ours can see it, because it asks for a document, a design, or something that happens while the
application runs. *not-us*: it asks for what another product or team does, with the reason. *none*: nobody has looked yet.
`answers/<prefix>.toml` holds the reasons, and what is *not* covered, in words; an answer there never counts for more than
the edges carry.
"""

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, NamedTuple

import msgspec

from clearance.controls.catalogue import Catalogue
from clearance.controls.crosswalk import Crosswalk, Derived
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence
from clearance.facts.toml import BadToml, read_toml

FILES = ("asvs", "aisvs")
"""The catalogues with a file `answers/<prefix>.toml`."""

How = Literal["executable", "assisted", "process-only", "not-us", "none"]
SourceKind = Literal["rule", "policy", "trigger", "checkpoint", "capability"]

_WITHIN = frozenset({Relation.EQUAL_TO, Relation.EQUIVALENT_TO, Relation.SUBSET_OF, Relation.SUPERSET_OF})
_STOPS = ("DENY", "ASK")
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,600}\Z")]


class Source(Fact):
    """A control of ours as it is today. `executable`: it finds or decides by itself. `verdict`: what the policies make of it
    (`DENY`, `ASK`, or empty where none cares). `examples`: how many it must catch, and how many it must leave alone."""

    id: str
    kind: SourceKind
    title: str = ""
    executable: bool = False
    languages: tuple[str, ...] = ()
    verdict: str = ""
    examples: tuple[int, int] = (0, 0)

    @property
    def enforces(self) -> bool:
        """Whether it stops something, or makes it wait for a person, with nobody's help. A trigger asks people to look and
        judges nothing; a capability leaves evidence; a rule whose findings no policy cares about only tells."""
        match self.kind:
            case "rule" | "policy":
                return self.executable and self.verdict in _STOPS
            case "checkpoint":
                return self.executable
            case _:
                return False


def bounded(verdict: str, edge: Edge) -> str:
    """Give the verdict of the part that an edge means: that of the whole rule, unless the edge says that it gets less."""
    ranks = ("", "ALLOW", "ASK", "DENY")
    return edge.at_most if edge.at_most and ranks.index(edge.at_most) < ranks.index(verdict) else verdict


def _enforces(source: Source, edge: Edge) -> bool:
    return source.enforces and bounded(source.verdict, edge) != "ALLOW"


def carries(source: Source, edge: Edge) -> bool:
    """Whether an edge carries the answer *executable* where somebody has written it down: what enforces lies within the
    requirement; or it overlaps, its note says with which part, and whoever drew it does not doubt it. A policy has a
    sentence of its own that says what it decides about, and needs no note."""
    said = bool(edge.note) or source.kind == "policy"
    overlaps = edge.rel is Relation.INTERSECTS_WITH and said and edge.confidence is not Confidence.LOW
    return (edge.rel in _WITHIN or overlaps) and _enforces(source, edge)


class Answer(Fact):
    """How one control is served. `control` is its reference, `served` the edges of ours that lead to it (those that enforce
    first), `enforced` how many of these enforce, `derived` what leads there over a weakness or threat only, `missing` what
    is not covered. `tests` are paths of tests, `records` what shows it: a command, or a kind of record."""

    control: str
    label: str
    level: int | None
    how: How
    served: tuple[Edge, ...] = ()
    enforced: int = 0
    derived: tuple[tuple[Edge, Edge], ...] = ()
    languages: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    reason: str = ""
    missing: str = ""


class Written(Fact):
    """An answer as somebody wrote it down, with the reason."""

    control: str
    how: How
    reason: str
    missing: str = ""
    tests: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Line
    how: How
    reason: _Line
    missing: _Line | None = None
    tests: tuple[_Line, ...] = ()
    records: tuple[_Line, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    catalogue: _Line
    answer: tuple[_Row, ...]


class _Served(NamedTuple):
    """The edges to one control, those that enforce first, these alone, whether one of them lies within it, and whether one
    carries the written answer that it is executable."""

    edges: tuple[Edge, ...]
    enforcing: tuple[Edge, ...]
    within: bool
    carried: bool
    derived: tuple[Derived, ...]


def cover(
    catalogue: Catalogue,
    crosswalk: Crosswalk,
    sources: Mapping[str, Source],
    level: int | None = None,
    *,
    written: Mapping[str, Written] | None = None,
) -> tuple[Answer, ...]:
    """Answer every control of a catalogue, or those up to a level.

    `sources` are the controls of ours by name; an edge of one that is not there, or is switched off, serves nothing.
    `written` are answers in words, by default those that come with the package. A written answer is taken as it stands only
    where the edges carry it (`carries`): *executable* that nothing enforces becomes *assisted*, or what is left; an answer
    that nothing of ours sees it gives way to a rule of the team that does. Without a written answer only what lies within
    counts as executable: that things overlap says nothing about which part.
    """
    known = answers() if written is None else written
    names = catalogue.items if level is None else catalogue.level(level)
    return tuple(_answer(catalogue, name, _serving(crosswalk, name, sources), sources, known.get(name)) for name in names)


def answers() -> dict[str, Written]:
    """Give the answers that come with the package, by the reference of the control."""
    return dict(_answers())


def read_answers(text: bytes, where: str, refer: Mapping[str, Catalogue]) -> dict[str, Written]:
    """Read a file of answers; `refer` holds the catalogues by prefix.

    Raises:
        BadCatalogue: no TOML of this shape, an unknown catalogue or control, or one that is answered twice.
    """
    try:
        file = msgspec.convert(read_toml(text.decode()), _File)
    except (BadToml, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadCatalogue(str(error), where=where, next="see docs/explanation/crosswalk.md") from None
    home = refer.get(file.catalogue)
    found: dict[str, Written] = {}
    for row in file.answer:
        name = home.refer(row.id) if home else ""
        if home is None or name not in home.items or name in found:
            what = f"{row.id} is answered twice" if name in found else f"no control {row.id!r} of {file.catalogue!r}"
            raise BadCatalogue(what, where=where, next="answer each control of the pinned version once")
        found[name] = Written(
            control=name, how=row.how, reason=row.reason, missing=row.missing or "", tests=row.tests, records=row.records
        )
    return found


@cache
def _answers() -> dict[str, Written]:
    from clearance.controls.catalogue import catalogues

    homes = {one.prefix: one for one in catalogues()}
    found: dict[str, Written] = {}
    for name in FILES:
        path = f"answers/{name}.toml"
        found |= read_answers(pkgutil.get_data("clearance.controls", path) or b"", f"controls/{path}", homes)
    return found


def _serving(crosswalk: Crosswalk, name: str, sources: Mapping[str, Source]) -> _Served:
    edges = [edge for edge in crosswalk.serving(name) if edge.of in sources]
    enforcing = tuple(edge for edge in edges if _enforces(sources[edge.of], edge))
    rest = tuple(edge for edge in edges if not _enforces(sources[edge.of], edge))
    derived = tuple(one for one in crosswalk.derived(name) if one.first.of in sources)
    return _Served(
        edges=(*enforcing, *rest),
        enforcing=enforcing,
        within=any(edge.rel in _WITHIN for edge in enforcing),
        carried=any(carries(sources[edge.of], edge) for edge in enforcing),
        derived=derived,
    )


def _answer(
    catalogue: Catalogue, name: str, served: _Served, sources: Mapping[str, Source], written: Written | None
) -> Answer:
    item = catalogue.items[name]
    how = _how(served, written)
    reason, missing = _words(how, served, sources, written)
    if catalogue.kind == "threats" and how == "executable" and written is None:
        missing = "a risk is wider than any list of rules: what they do not name is not seen"
    return Answer(
        control=name,
        label=item.label or catalogue.chapters[name].label,
        level=item.level,
        how=how,
        served=served.edges,
        enforced=len(served.enforcing),
        derived=tuple((one.first, one.second) for one in served.derived),
        languages=_languages(served.enforcing, sources),
        tests=written.tests if written else (),
        records=written.records if written else (),
        reason=reason,
        missing=missing,
    )


def _how(served: _Served, written: Written | None) -> How:
    pointed = served.edges or any(one.is_sound for one in served.derived)
    computed: How = "executable" if served.within else "assisted" if pointed else "none"
    if written is None:
        return computed
    if written.how == "executable" and not served.carried:
        return "assisted" if served.edges else "none"
    if written.how in ("process-only", "not-us") and served.within:
        return "executable"
    return written.how


def _words(how: How, served: _Served, sources: Mapping[str, Source], written: Written | None) -> tuple[str, str]:
    """Give the reason and what is missing: as written where the answer is the written one, else computed."""
    if written is not None and how == written.how:
        return written.reason, written.missing
    if how == "executable":
        counted = _counted(served.enforcing, sources)
        return (
            f"a part of it is stopped, or waits for a person: {counted}",
            "what the edges do not name; nobody has described it",
        )
    if how == "assisted" and served.enforcing:
        counted = _counted(served.enforcing, sources)
        return (
            f"something that overlaps with it is stopped, or waits for a person: {counted}",
            "a person must judge the rest",
        )
    if how == "assisted" and served.edges:
        return (
            f"touched by {_counted(served.edges, sources)}, none of which decides about it alone",
            "a person must judge it",
        )
    if served.derived:
        over = ", ".join(sorted({one.second.of for one in served.derived})[:5])
        return f"derived over {over}: a hint where to look, and no evidence", "a person must judge it"
    return "nothing of ours leads here, and nobody has classified it", "all of it"


def _counted(edges: Sequence[Edge], sources: Mapping[str, Source]) -> str:
    kinds = [sources[edge.of].kind for edge in edges]
    order: tuple[SourceKind, ...] = ("rule", "policy", "trigger", "checkpoint", "capability")
    parts = [_many(kinds.count(kind), kind) for kind in order if kind in kinds]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _many(count: int, kind: str) -> str:
    plural = {"policy": "policies", "capability": "capabilities"}.get(kind, f"{kind}s")
    return f"{count} {kind if count == 1 else plural}"


def _languages(edges: Iterable[Edge], sources: Mapping[str, Source]) -> tuple[str, ...]:
    return tuple(sorted({word for edge in edges for word in sources[edge.of].languages}))
