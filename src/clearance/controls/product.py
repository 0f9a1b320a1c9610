"""What Clearance itself does, beside its rules and policies: checkpoints where something is judged, and capabilities.

Each is written down once, in `product/<name>.toml`: what it does in plain words, the modules and commands that do it, what
an auditor can run or look at, and typed edges to what standards ask for. Where nothing of a catalogue fits, that is said
with a reason, so that every control has an answer for every catalogue. A claim here never says that a standard is met:
`subset-of` says that all of what is done is asked for there, `intersects-with` that a part is, and the note says what a
company must still do.
"""

import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Literal

import msgspec

from clearance.controls.catalogue import catalogues
from clearance.controls.crosswalk import Nothing
from clearance.facts.control import AuthorKind, Edge, Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence
from clearance.facts.toml import BadToml, read_toml

FILES = (
    "assistants", "gates", "decisions", "record", "trust", "tracing", "evidence", "looking", "data", "packages", "rules",
)  # fmt: skip
"""The files `product/<name>.toml`, in the order in which controls are shown."""

Kind = Literal["checkpoint", "capability"]
"""A checkpoint is a place where something is judged; a capability is what holds at all of them."""

_MOST_BYTES = 1 << 20
_WHOLE = frozenset({Relation.EQUAL_TO, Relation.EQUIVALENT_TO, Relation.SUPERSET_OF})
"""What no control of a program may claim about a standard."""

_FORMS = {
    "id": "2 to 48 lower-case letters, digits and hyphens",
    "to": "an id of a catalogue, as `clearance controls list` shows it",
    "of": "the prefix of a catalogue, as in asvs",
    "where": "a module (clearance.x.y) or a command (clearance x)",
    "": "one line of 1 to 400 visible characters",
}

_Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,47}\Z")]
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,400}\Z")]
_Reference = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9.:/()@-]{0,127}\Z")]
_Prefix = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,31}\Z")]
_Where = Annotated[str, msgspec.Meta(pattern=r"^clearance(?:(?:\.[a-z][a-z0-9_]*)+|(?: [a-z][a-z-]*)+)\Z")]


class Own(Fact):
    """One control of the product. `where` names modules (`clearance.record.log`) and commands (`clearance prove`) that do
    it, `shown_by` what an auditor can run or look at, `none` the catalogues in which nothing fits, `place` its line."""

    id: str
    kind: Kind
    title: str
    does: str
    where: tuple[str, ...]
    shown_by: tuple[str, ...]
    edges: tuple[Edge, ...]
    none: tuple[Nothing, ...] = ()
    place: str = ""

    @property
    def name(self) -> str:
        """How edges call it: `checkpoint:merge-gate`, `capability:masking`."""
        return f"{self.kind}:{self.id}"


class _Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    to: _Reference
    rel: Relation
    note: _Line
    confidence: Confidence = Confidence.MEDIUM
    source: _Line | None = None
    by: AuthorKind | None = None


class _None(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: tuple[_Prefix, ...]
    reason: _Line


class _Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Id
    kind: Kind
    title: _Line
    does: _Line
    where: Annotated[tuple[_Where, ...], msgspec.Meta(min_length=1)]
    shown_by: Annotated[tuple[_Line, ...], msgspec.Meta(min_length=1)]
    edges: tuple[_Edge, ...] = ()
    none: tuple[_None, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    controls: Annotated[tuple[_Control, ...], msgspec.Meta(min_length=1)]
    by: AuthorKind = "assistant"


def read_controls(text: bytes, where: str) -> tuple[Own, ...]:
    """Read a file of own controls (TOML): `by`, and `controls`, each with `id`, `kind`, `title`, `does`, `where`,
    `shown_by`, `edges` (`to`, `rel`, `note` and, where they differ, `confidence`, `source`, `by`) and `none` (`of`,
    prefixes of catalogues, and `reason`).

    Raises:
        BadCatalogue: no TOML of this shape, larger than 1 MiB, an id, a claim or a "none" twice, a claim beside a "none" of
            its catalogue, or one that says more than a program can do; `where` is `path:line`. Nothing of the file counts.
    """
    if len(text) > _MOST_BYTES:
        raise BadCatalogue("larger than 1 MiB", where=f"{where}:1", next="split it")
    try:
        written = text.decode()
        file = msgspec.convert(read_toml(written), _File)
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"no TOML: {error}", where=f"{where}:1", next="write it in UTF-8") from None
    except BadToml as error:
        raise BadCatalogue(f"no TOML: {error}", where=f"{where}:{error.line}", next="mend it there") from None
    except msgspec.ValidationError as error:
        at = re.search(r"\$\.controls\[(\d+)\](?:\.(edges|none)\[(\d+)\])?", str(error))
        place = _Places(written, where)
        told = place.of(int(at[1]), at[2] or "", int(at[3] or 0)) if at else f"{where}:1"
        raise BadCatalogue(_in_words(str(error)), where=told, next="see docs/reference/own-controls.md") from None
    places = _Places(written, where)
    found = tuple(_spell_out(one, file.by, places, number) for number, one in enumerate(file.controls))
    _once((one.name, one.place) for one in found)
    return found


@cache
def own_controls() -> tuple[Own, ...]:
    """Give all checkpoints and capabilities of the product, in the order of their files.

    Raises:
        BadCatalogue: one of the files that come with the package is broken.
    """
    found: list[Own] = []
    for name in FILES:
        path = f"product/{name}.toml"
        found += read_controls(pkgutil.get_data("clearance.controls", path) or b"", f"controls/{path}")
    _once((one.name, one.place) for one in found)
    return tuple(found)


def own_none() -> tuple[Nothing, ...]:
    """Give the explicit "none" of all own controls: no item of a catalogue fits, and why."""
    return tuple(none for one in own_controls() for none in one.none)


def _in_words(error: str) -> str:
    """Say what form a value should have had, where a regular expression did not fit it."""
    at = re.search(r"matching regex .* at `[^`]*?\.(\w+)(?:\[\d+\])?`", error)
    return f"`{at[1]}` is not {_FORMS.get(at[1], _FORMS[''])}" if at else error


class _Places:
    """Where controls and their parts start in a file: lines from 1, in the order of the file. A part that stands on no
    line of its own has the line of its control."""

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._controls: list[int] = []
        self._parts: dict[tuple[int, str], list[int]] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if line.startswith("[[controls]]"):
                self._controls.append(number)
            elif self._controls and (part := re.match(r"\s*\{\s*(to|of)\s*=", line)):
                kind = "edges" if part[1] == "to" else "none"
                self._parts.setdefault((len(self._controls) - 1, kind), []).append(number)

    def of(self, control: int, part: str = "", index: int = 0) -> str:
        """Give `path:line` of a control (from 0), or of its edge or "none" with that index."""
        if control >= len(self._controls):
            return f"{self._where}:1"
        lines = self._parts.get((control, part), [])
        return f"{self._where}:{lines[index] if index < len(lines) else self._controls[control]}"


def _spell_out(one: _Control, by: AuthorKind, places: _Places, number: int) -> Own:
    name = f"{one.kind}:{one.id}"
    edges = tuple(
        Edge(
            of=name, to=edge.to, rel=edge.rel, by=edge.by or by, source=edge.source or _edition(edge.to),
            confidence=edge.confidence, note=edge.note, where=places.of(number, "edges", index),
        )
        for index, edge in enumerate(one.edges)
    )  # fmt: skip
    none = tuple(
        Nothing(of=name, catalogue=prefix, reason=each.reason, where=places.of(number, "none", index))
        for index, each in enumerate(one.none)
        for prefix in each.of
    )
    _modest(edges)
    _once((edge.to, edge.where) for edge in edges)
    _once((each.catalogue, each.where) for each in none)
    silent = {each.catalogue: each for each in none}
    for edge in edges:
        if (other := silent.get(_prefix(edge.to))) is not None:
            what = f"{name} is said to serve nothing of {other.catalogue}, and {edge.to} in {edge.where}"
            raise BadCatalogue(what, where=other.where, next="take one of the two out")
    return Own(
        id=one.id, kind=one.kind, title=one.title, does=one.does, where=one.where, shown_by=one.shown_by,
        edges=edges, none=none, place=places.of(number),
    )  # fmt: skip


def _modest(edges: Iterable[Edge]) -> None:
    for edge in edges:
        if edge.rel in _WHOLE:
            raise BadCatalogue(
                f"{edge.of} claims to be {edge.rel.value} {edge.to}, which people and paper carry too",
                where=edge.where,
                next="say subset-of where all of it is asked for there, else intersects-with",
            )


def _once(named: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for name, place in named:
        if name in seen:
            raise BadCatalogue(f"{name} stands twice, also in {seen[name]}", where=place, next="keep one")
        seen[name] = place


def _prefix(reference: str) -> str:
    return "cwe" if reference.startswith("CWE-") else reference.partition(":")[0]


def _edition(reference: str) -> str:
    """Name the edition of the standard that a claim was read against, where its catalogue is known."""
    return _editions().get(_prefix(reference), "")


@cache
def _editions() -> dict[str, str]:
    return dict(_each_edition())


def _each_edition() -> Iterator[tuple[str, str]]:
    for one in catalogues():
        yield one.prefix, f"{one.title}, {one.version}"
