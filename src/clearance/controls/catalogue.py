"""Which controls and weaknesses exist, in the pinned version of each catalogue.

One JSON file a catalogue: its title, version, source, licence, what kind of thing it lists, how its ids are written in
references, and groups of items with an id and a label of our own each (`Catalogue` is the shape). Ids, levels and versions
are facts; no catalogue's text is included. References are written as the standards themselves recommend, behind the
catalogue's prefix: `CWE-89`, `asvs:v5.0.0-1.2.5`, `aisvs:AISVS-1.0-AC.4.2`. A reference tells its catalogue, so a question
about one id reads one file.
"""

import pkgutil
from collections.abc import Iterable
from functools import cache, cached_property
from typing import Annotated, Literal

import msgspec

PREFIXES = (
    "cwe", "asvs", "aisvs", "owasp", "llm", "agentic", "cosai", "atlas", "cert",
    "ssdf", "ssdf-ai", "airmf", "sp800-53", "slsa", "soc2", "iso27001", "pci", "gdpr", "hipaa", "msrai",
)  # fmt: skip
"""The catalogues that come with the package, in the order in which they are shown; each is `data/<prefix>.json`."""

Kind = Literal["weaknesses", "requirements", "threats", "process"]
"""What a catalogue lists. No edge may say `equal-to` about a `process`: a program serves a part of one at most."""

_Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{0,200}\Z")]
_Filled = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,200}\Z")]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:/()-]{0,63}\Z")]
_Version = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{0,31}\Z")]

# How people call a catalogue beside an id; nothing where the id itself says it.
_CALLED = {
    "cwe": "", "llm": "", "agentic": "", "cosai": "CoSAI", "ssdf-ai": "SSDF for AI", "airmf": "AI RMF",
    "sp800-53": "SP 800-53", "soc2": "SOC 2", "iso27001": "ISO 27001", "pci": "PCI DSS", "msrai": "Microsoft RAI",
}  # fmt: skip


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One control, requirement, weakness or threat: its id within the catalogue, our own label (a few words), its level
    where the catalogue has levels (1 is the least), and what kind of item it is where there are several."""

    id: _Id
    label: _Text
    level: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    kind: _Text = ""


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chapter, family or category."""

    id: _Filled
    label: _Text
    items: tuple[Item, ...]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """One catalogue in one version. `reference` says how an id is written in an edge (`asvs:v{version}-{id}`), `pattern` is
    a regular expression (RE2) that every id matches as a whole, `withdrawn` names ids that the catalogue once had, each with
    the ids that took its place, if any."""

    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,31}\Z")]
    title: _Filled
    version: _Version
    kind: Kind
    reference: _Filled
    pattern: _Filled
    source: _Filled
    licence: _Filled
    groups: tuple[Group, ...]
    withdrawn: dict[_Id, tuple[_Id, ...]] = {}

    @cached_property
    def items(self) -> dict[str, Item]:
        """All items by their reference, in the catalogue's order."""
        return {self.refer(item.id): item for group in self.groups for item in group.items}

    @cached_property
    def chapters(self) -> dict[str, Group]:
        """The group of each item, by the item's reference."""
        return {self.refer(item.id): group for group in self.groups for item in group.items}

    def refer(self, id: str) -> str:
        """Write an id as an edge names it."""
        return self._written.replace("{id}", id)

    def level(self, level: int) -> tuple[str, ...]:
        """Give the references of what a level asks for: its own items and those of the levels below."""
        return tuple(name for name, item in self.items.items() if item.level is not None and item.level <= level)

    @cached_property
    def _written(self) -> str:
        return self.reference.replace("{version}", self.version)


def read_catalogue(text: bytes, where: str) -> Catalogue:
    """Read one catalogue, a team's own or a newer version of one of ours. All of it is right, or nothing counts.

    Raises:
        BadCatalogue: larger than 8 MiB; not UTF-8 (a byte order mark may stand before it); not JSON of this shape, or an
            object with one key twice; a reference without `{id}`, or that does not begin with the prefix; a pattern that
            RE2 refuses; an id that does not fit the pattern or stands twice; an item without a label in a group without
            one; a withdrawn id that still stands, or whose successor does not exist. `where` becomes `path:line`.
    """
    from clearance.controls.reading import read

    return read(text, where)


def catalogues() -> tuple[Catalogue, ...]:
    """Give the catalogues that come with the package."""
    return tuple(found for prefix in PREFIXES if (found := _shipped(prefix)) is not None)


def catalogue_of(control: str, among: Iterable[Catalogue] | None = None) -> Catalogue | None:
    """Give the catalogue that a reference belongs to by its prefix, whether the id exists or not; None where no catalogue
    has the prefix. `among`: look there, and not among those of the package."""
    prefix, colon, _ = control.partition(":")
    if not colon:
        prefix = "cwe" if control.startswith("CWE-") else ""
    if among is not None:
        return next((one for one in among if one.prefix == prefix), None)
    return _shipped(prefix) if prefix in PREFIXES else None


def known(control: str) -> bool:
    """Tell whether an id exists in a catalogue that comes with the package."""
    catalogue = catalogue_of(control)
    return catalogue is not None and control in catalogue.items


def label(control: str, among: Iterable[Catalogue] | None = None) -> str:
    """Give our own short label of an id, with the id and level as people know it.

    Raises:
        KeyError: there is no such id.
    """
    catalogue = catalogue_of(control, among)
    if catalogue is None:
        raise KeyError(control)
    item = catalogue.items[control]
    text = item.label or catalogue.chapters[control].label
    if catalogue.prefix == "cwe":
        return text
    called = _CALLED.get(catalogue.prefix, catalogue.prefix.upper())
    level = f", level {item.level}" if item.level else ""
    return f"{text} ({called} {item.id}{level})".replace("( ", "(")


def problem(control: str, among: Iterable[Catalogue] | None = None) -> str:
    """Say what is wrong with a reference: no catalogue of this prefix, an id of another version than the pinned one, an id
    that is malformed, withdrawn, or none, and which one is meant. Empty where the id exists."""
    if among is None and known(control):
        return ""
    everything = catalogues() if among is None else tuple(among)
    if any(control in one.items for one in everything):
        return ""
    from clearance.controls.doubt import explain

    return explain(control, everything)


def identifiers() -> tuple[str, ...]:
    """Give all ids, in the order of their catalogues."""
    return tuple(name for one in catalogues() for name in one.items)


@cache
def _shipped(prefix: str) -> Catalogue | None:
    """Read a catalogue of the package. What ships was judged by `read_catalogue` in the tests, so shape is enough here."""
    try:
        data = pkgutil.get_data("clearance.controls", f"data/{prefix}.json")
    except FileNotFoundError:
        return None
    return msgspec.json.decode(data or b"", type=Catalogue)
