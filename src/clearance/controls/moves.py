"""What a newer version of a catalogue does to the edges that lead to the pinned one.

A number is not a requirement: between versions a standard renumbers, and the same number may ask for something else (LLM03
is the supply chain in 2025 and excessive agency in 2026). So items are paired by their number *and* their label.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from clearance.controls.catalogue import Catalogue, Item
from clearance.facts.control import Edge
from clearance.facts.errors import BadCatalogue
from clearance.facts.fact import Fact

Kind = Literal["added", "removed", "withdrawn", "relabelled", "renumbered", "reused", "level"]
"""What happened to an item: it is new, gone, gone with a successor named, worded anew, the same under another number,
a new item under a number that was another's, or asked for at another level."""

_NUMBERS = re.compile(r"[0-9]+")


class Move(Fact):
    """One difference between two versions: references in the old and in the new one (empty where there is none), and what
    stood before and stands now, labels or levels."""

    what: Kind
    old: str = ""
    new: str = ""
    before: str = ""
    now: str = ""


class Touched(Fact):
    """An edge that the new version touches: whether its id is gone (`dangles`), the reference to write instead (empty where
    a person must choose), whether that is all (`mechanical`), and what to do `next`."""

    edge: Edge
    dangles: bool
    to: str
    mechanical: bool
    next: str


class Moves(Fact):
    """What happened between the versions `old` and `new` of the catalogue `prefix`: differences in the order of the
    catalogues, how many items `kept` number, label and level, and the edges that are touched, in the order given."""

    prefix: str
    old: str
    new: str
    kept: int
    moves: tuple[Move, ...] = ()
    touched: tuple[Touched, ...] = ()


def moved(old: Catalogue, new: Catalogue, edges: Iterable[Edge] = ()) -> Moves:
    """Compare two versions of one catalogue, and say what to do with each edge that leads to (or starts at) the old one.

    Raises:
        BadCatalogue: they are two catalogues, or `new` is older than `old`.
    """
    if old.prefix != new.prefix:
        what = f"{old.prefix!r} and {new.prefix!r} are two catalogues"
        raise BadCatalogue(what, where=new.prefix, next="compare two versions of one")
    earlier, later = _order(old.version), _order(new.version)
    if earlier and later and later < earlier:
        what = f"{new.version} is older than {old.version}"
        raise BadCatalogue(what, where=new.prefix, next="name the older one first")
    pairs = _paired(old, new)
    differences = tuple(_differences(old, new, pairs))
    changed = {move.old for move in differences if move.what != "added"}
    return Moves(
        prefix=old.prefix,
        old=old.version,
        new=new.version,
        kept=sum(name not in changed for name in old.items),
        moves=differences,
        touched=tuple(_touched(new, _arrivals(old, new, pairs), differences, edges)),
    )


def _order(version: str) -> tuple[int, ...]:
    """Give what versions are compared by: their numbers; nothing for those, such as commits, that have no order."""
    return tuple(int(number) for number in _NUMBERS.findall(version)) if re.fullmatch(r"[vr]?[0-9][0-9.-]*", version) else ()


def _number(item: Item, catalogue: Catalogue) -> str:
    """Give an item's number without the version that some ids end in (A01:2025)."""
    return item.id.removesuffix(f":{catalogue.version}")


def _label(item: Item) -> str:
    return " ".join(item.label.casefold().split())


def _alone(items: Iterable[Item], catalogue: Catalogue) -> dict[str, str]:
    """Give the number of each label that one item only has."""
    pairs = [(_label(item), _number(item, catalogue)) for item in items if item.label]
    often = Counter(text for text, _ in pairs)
    return {text: number for text, number in pairs if often[text] == 1}


def _paired(old: Catalogue, new: Catalogue) -> dict[str, str]:
    """Give the new number of each old one: the same where the label is, too; else where the label went; else the same
    number, if nothing else went there; nothing where it is gone."""
    before = {_number(item, old): item for item in old.items.values()}
    after = {_number(item, new): item for item in new.items.values()}
    pairs = {one: one for one, item in before.items() if one in after and _label(item) == _label(after[one])}
    left, taken = _alone(old.items.values(), old), set(pairs.values())
    right = _alone(new.items.values(), new)
    for text, one in left.items():
        if one not in pairs and text in right:
            pairs[one] = right[text]
            taken.add(right[text])
    for one in before:
        if one not in pairs and one in after and one not in taken:
            pairs[one] = one
            taken.add(one)
    return pairs


def _differences(old: Catalogue, new: Catalogue, pairs: dict[str, str]) -> Iterator[Move]:
    after = {_number(item, new): (name, item) for name, item in new.items.items()}
    before = {_number(item, old): item for item in old.items.values()}
    for name, item in old.items.items():
        number = _number(item, old)
        if number not in pairs:
            yield _gone(name, item, new)
            continue
        there, now = after[pairs[number]]
        if pairs[number] != number:
            yield Move(what="renumbered", old=name, new=there, before=item.label, now=now.label)
        elif _label(item) != _label(now):
            yield Move(what="relabelled", old=name, new=there, before=item.label, now=now.label)
        if item.level != now.level:
            yield Move(what="level", old=name, new=there, before=str(item.level or "none"), now=str(now.level or "none"))
    came = set(pairs.values())
    for number, (name, item) in after.items():
        if number in came:
            continue
        earlier = before.get(number)
        if earlier is None:
            yield Move(what="added", new=name, now=item.label)
        else:
            yield Move(what="reused", old=old.refer(earlier.id), new=name, before=earlier.label, now=item.label)


def _gone(name: str, item: Item, new: Catalogue) -> Move:
    successors = [new.refer(each) for each in new.withdrawn.get(item.id, ())]
    if item.id in new.withdrawn:
        return Move(what="withdrawn", old=name, new=successors[0] if len(successors) == 1 else "", before=item.label,
                    now=", ".join(successors))  # fmt: skip
    return Move(what="removed", old=name, before=item.label)


def _arrivals(old: Catalogue, new: Catalogue, pairs: dict[str, str]) -> dict[str, str]:
    """Give the new reference of each old one, empty where the item is gone."""
    after = {_number(item, new): name for name, item in new.items.items()}
    return {name: after.get(pairs.get(_number(item, old), ""), "") for name, item in old.items.items()}


def _touched(new: Catalogue, arrivals: dict[str, str], moves: Iterable[Move], edges: Iterable[Edge]) -> Iterator[Touched]:
    fates: dict[str, list[Move]] = {}
    for move in moves:
        if move.old:
            fates.setdefault(move.old, []).append(move)
    for edge in edges:
        for name in dict.fromkeys((edge.to, edge.of)):
            if name in arrivals and (name in fates or name not in new.items):
                yield _advice(edge, name, arrivals[name], fates.get(name, []), dangles=name not in new.items)


def _advice(edge: Edge, name: str, same: str, moves: list[Move], *, dangles: bool) -> Touched:
    kinds = {move.what: move for move in moves}
    if "renumbered" in kinds:
        move = kinds["renumbered"]
        warning = f"; {name} is something else now" if not dangles else ""
        return Touched(edge=edge, dangles=dangles, to=move.new, mechanical=True, next=f"write {move.new}{warning}")
    if "withdrawn" in kinds or "removed" in kinds:
        move = kinds.get("withdrawn") or kinds["removed"]
        advice = f"{move.now} took its place: decide anew" if move.now else "drop the edge, or choose where it leads"
        return Touched(edge=edge, dangles=dangles, to=move.new, mechanical=False, next=advice)
    if "relabelled" in kinds:
        move = kinds["relabelled"]
        advice = f"read {move.new} again: it was {move.before!r}, and is {move.now!r}"
        return Touched(edge=edge, dangles=dangles, to=move.new, mechanical=False, next=advice)
    if "level" in kinds:
        move = kinds["level"]
        advice = f"write {move.new}; its level was {move.before}, and is {move.now}"
        return Touched(edge=edge, dangles=dangles, to=move.new, mechanical=True, next=advice)
    return Touched(edge=edge, dangles=dangles, to=same, mechanical=True, next=f"write {same}; nothing else changed")
