"""A bill of materials for people: one line a package."""

from collections import Counter

from clearance.facts.bom import Bom
from clearance.facts.package import Package
from clearance.facts.text import visible


def render(bom: Bom) -> str:
    """Give the packages with version, licence and place; what a change brings and takes away is marked."""
    rows = [(" +"[bom.delta], one) for one in bom.packages] + [("-", one) for one in bom.removed]
    names = min(50, max((len(_named(one)) for _, one in rows), default=0))
    versions = min(24, max((len(_version(one)) for _, one in rows), default=0))
    lines = [
        f"{mark} {one.registry.value:<9} {_named(one):<{names}} {_version(one):<{versions}} {_rest(one)}".rstrip()
        for mark, one in rows
    ]
    counted = Counter(one.registry.value for one in bom.packages)
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items())) or "none"
    what = f"what changed since {visible(bom.base[:12])}" if bom.delta else visible(bom.subject)
    lines.append(
        f"\n{what}: {len(bom.packages):,} packages ({told})" + (f", {len(bom.removed)} gone" if bom.removed else "")
    )
    lines += [f"! not read: {visible(gap.path)}: {gap.kind.value} {visible(gap.detail)}".rstrip() for gap in bom.gaps]
    return "\n".join(lines) + "\n"


def _named(package: Package) -> str:
    return visible(package.name)


def _version(package: Package) -> str:
    return visible(package.version or package.wanted or "any")


def _rest(package: Package) -> str:
    place = f"{visible(package.places[0].path)}:{package.places[0].line}" if package.places else ""
    return "  ".join(one for one in (visible(", ".join(package.licences)), package.group, place) if one)
