"""Looks at a few files in this process, without workers: for what an assistant waits for. Whoever calls bounds its time from
outside, as the runner does for its workers."""

from collections.abc import Callable, Mapping, Sequence

from clearance.facts.change import Collected
from clearance.facts.finding import Gap, GapKind
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily, look_at
from clearance.scan.runner import Scanned, gather


def look_inline(
    collected: Collected,
    families: Sequence[AnyFamily],
    rules: Mapping[str, Rule],
    seconds: float,
    excluded: Callable[[str], bool] = lambda _: False,
) -> Scanned:
    """Look at a change with families that are built; `seconds` is what each may spend on a file. Paths that are `excluded`
    are gaps. A family that does not start is one, too."""
    gaps: list[Gap] = []
    started = []
    for family in families:
        try:
            family.start(collected.contents)
        except Exception as error:  # noqa: BLE001 -- one family that fails must not end the others, and is told
            detail = f"could not start: {type(error).__name__}"
            gaps.append(Gap(scanner=family.name, path="", kind=GapKind.CRASH, detail=detail))
        else:
            started.append(family)
    results = []
    for file in collected.change.files:
        if excluded(file.path):
            gaps.append(Gap(scanner="all", path=file.path, kind=GapKind.EXCLUDED))
        else:
            results.append(look_at(file, collected.contents, started, rules, seconds=seconds))
    return gather(results, gaps, [family.name for family in started])
