"""Makes the sections of a new pack from those of an old one and what is new: what nobody gave anew stays, with its day."""

from collections.abc import Iterator, Sequence

from clearance.scan.packages.pack.layout import Part
from clearance.scan.packages.pack.record import Kept
from clearance.scan.packages.pack.records import Records, pack_records
from clearance.scan.packages.pack.tables import Modules, Names, cve_number, pack_modules

_RECORDS = ("advisories.", "malware.")
_LEAST = 100
"""Smaller sections may shrink as they like."""


def merged(base: Sequence[Part], fresh: Sequence[Part]) -> list[Part]:
    """Give the sections of the new pack. Records of distributions that nobody gave anew stay beside the new ones."""
    old, new = {part.name: part for part in base}, {part.name: part for part in fresh}
    for name, part in new.items():
        if name in old and "distributions" in part.facts:
            new[name] = _with_others(old[name], part)
    known = "names.pypi"
    if "modules.pypi" in old and "modules.pypi" not in new and known in new and known in old:
        new["modules.pypi"] = _renumbered(old["modules.pypi"], old[known].data, new[known].data)
    if new.keys() & {"names.pypi", "names.npm"}:
        # What counts by the numbers of names goes with them.
        for name in [one for one in old if one.startswith(("use.", "likeness."))]:
            if f"names.{name.partition('.')[2]}" in new:
                old.pop(name)
    return list({**old, **new}.values())


def shrunk(base: Sequence[Part], fresh: Sequence[Part]) -> Iterator[str]:
    """Tell which sections hold less than half of what they held: an export that was cut off looks like that."""
    old = {part.name: part for part in base}
    for part in fresh:
        before = old.get(part.name)
        if before and before.records >= _LEAST and part.records * 2 < before.records and not part.name.startswith("epss"):
            yield f"{part.name} holds {part.records:,} records, {before.records:,} before"


def older(base: Sequence[Part], fresh: Sequence[Part]) -> Iterator[str]:
    """Tell which sections are of an older day than those that they would replace."""
    old = {part.name: part for part in base}
    for part in fresh:
        before = old.get(part.name)
        if before and part.date < before.date:
            yield f"{part.name} is of {part.date}, there is one of {before.date}"


def cves_in(parts: Sequence[Part]) -> set[str]:
    """Give the CVE ids that the records of all sections name."""
    found: set[str] = set()
    for part in parts:
        if part.name.startswith(_RECORDS):
            for _, kept in _all(part):
                for one in kept:
                    found.update(name for name in (one.id, *one.aliases) if cve_number(name))
    return found


def _all(part: Part) -> Iterator[tuple[str, list[Kept]]]:
    records = Records(part.data)
    for name in records.names():
        yield name, records.of(name)


def _with_others(old: Part, new: Part) -> Part:
    """Keep the records of distributions that the new section does not cover."""
    covered = set(new.facts["distributions"].split(" "))
    left = set(old.facts.get("distributions", "").split(" ")) - covered - {""}
    if not left:
        return new
    records = dict(_all(new))
    more = {key: kept for key, kept in _all(old) if key.partition(" ")[0] in left}
    records.update(more)
    count = new.records + sum(map(len, more.values()))
    return new._replace(
        data=pack_records(records),
        records=count,
        date=min(old.date, new.date),
        sources=tuple(dict.fromkeys((*new.sources, *old.sources))),
        facts={"distributions": " ".join(sorted(covered | left))},
    )


def _renumbered(modules: Part, old: bytes, new: bytes) -> Part:
    """Let the map of modules speak of the numbers of a new list of names."""
    before, after = Names(old), Names(new)
    packed: dict[str, list[int]] = {}
    for module, numbers in Modules(modules.data).items():
        known = (after.number(before.name(number)) for number in numbers)
        packed[module] = [number for number in known if number >= 0]
    return modules._replace(data=pack_modules(packed))
