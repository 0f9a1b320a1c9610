"""Whether a locked version lies within what a manifest asks for. Here specifiers are right: this is what installers
decide by.

Only a sure answer counts: where a request is a tag, an address, or written in a way that is not understood, the answer is
None, and what pre-releases need beyond the range is not asked.
"""

import re
from functools import lru_cache

from clearance.scan.packages.mention import Registry

_LONGEST = 200
_NUMBERS = re.compile(r"[vV=]*(\d{1,18}(?:\.\d{1,18}){0,5})(?:[-+.]?[A-Za-z][\w.+-]*|[-+][\w.+-]*)?", re.ASCII)
_PART = re.compile(
    r"(\^|~>|~=|~|>=|<=|===|==|!=|>|<|=)?\s*[vV]?(\d{1,18}(?:\.(?:\d{1,18}|[xX*])){0,5}|[xX*])(?:[-+.]?[A-Za-z][\w.+-]*|[-+][\w.+-]*)?",
    re.ASCII,
)
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_WIDTH = 6
_END = (1 << 62,)

Numbers = tuple[int, ...]


@lru_cache(maxsize=8192)
def fits(registry: Registry, wanted: str, version: str) -> bool | None:
    """Tell whether a version lies within a request as its registry's installers read it; None where that is not sure."""
    wanted = wanted.strip()
    if len(wanted) > _LONGEST or len(version) > _LONGEST:
        return None
    if not wanted or wanted == "*":
        return True
    if registry in (Registry.PYPI, Registry.CONDA):
        said = _by_specifier(wanted, version)
        if said is not None:
            return said
    own = _numbers(version)
    if own is None or registry not in (Registry.PYPI, Registry.NPM, Registry.CARGO, Registry.RUBYGEMS):
        return None
    answers = [_all(part, registry, own) for part in wanted.split("||")]
    return True if True in answers else None if None in answers else False


def _by_specifier(wanted: str, version: str) -> bool | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(wanted).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def _numbers(version: str) -> Numbers | None:
    """Give the numbers of a version, as many as are compared; without its pre-release."""
    found = _NUMBERS.fullmatch(version)
    return _padded([int(one) for one in found[1].split(".")]) if found else None


def _padded(numbers: list[int]) -> Numbers:
    return tuple((numbers + [0] * _WIDTH)[:_WIDTH])


def _all(wanted: str, registry: Registry, own: Numbers) -> bool | None:
    """Judge parts that must all hold, apart by commas or spaces."""
    hyphen = _HYPHEN.fullmatch(wanted)
    if hyphen and registry is Registry.NPM:
        wanted = f">={hyphen[1]} <={hyphen[2]}"
    rest, at = wanted.strip(), 0
    if not rest:
        return True
    while at < len(rest):
        found = _PART.match(rest, at)
        if found is None:
            return None
        low, high = _bounds(found[1] or "", found[2], registry)
        if found[1] == "!=":
            if low <= own < high:
                return False
        elif not low <= own < high:
            return False
        at = found.end()
        gap = re.compile(r"[\s,]*").match(rest, at)
        at = gap.end() if gap else at
    return True


def _bounds(sign: str, text: str, registry: Registry) -> tuple[Numbers, Numbers]:
    """Give the half-open range of one part."""
    given: list[int] = []
    for one in text.split("."):
        if not one.isdigit():
            break
        given.append(int(one))
    open_ended = len(given) < len(text.split("."))
    low = _padded(given)
    if not given:
        return low, _END
    if not sign:
        sign = "^" if registry is Registry.CARGO else "="
    match sign:
        case "^":
            first = next((at for at, number in enumerate(given) if number), len(given) - 1)
            return low, _next(given, first)
        case "~":
            return low, _next(given, min(1, len(given) - 1))
        case "~>" | "~=":
            size = min(1, len(given) - 1) if registry is Registry.NPM else max(len(given) - 2, 0)
            return low, _next(given, size)
        case ">=":
            return low, _END
        case ">":
            partial = registry is Registry.NPM and len(given) < 3
            return (_next(given, len(given) - 1) if partial else (*low[:-1], low[-1] + 1)), _END
        case "<":
            return (), low
        case "<=":
            partial = open_ended or (registry is Registry.NPM and len(given) < 3)
            return (), _next(given, len(given) - 1) if partial else (*low[:-1], low[-1] + 1)
        case _:
            partial = open_ended or (registry is Registry.NPM and len(given) < 3)
            return low, _next(given, len(given) - 1) if partial else (*low[:-1], low[-1] + 1)


def _next(given: list[int], at: int) -> Numbers:
    return _padded([*given[:at], given[at] + 1])
