"""CVSS 4.0 base scores, by the specification of FIRST, section 8
(https://www.first.org/cvss/v4-0/specification-document)."""

from collections.abc import Mapping
from typing import NamedTuple

_LEVELS = {
    "AV": "NALP", "PR": "NLH", "UI": "NPA", "AC": "LH", "AT": "NP", "VC": "HLN", "VI": "HLN", "VA": "HLN", "SC": "HLN",
    "SI": "HLN", "SA": "HLN",
}  # fmt: skip
"""The values of each base metric, the worst first; a step between two is 0.1 of severity."""
_JOINT = ("00", "01", "10", "11", "21")
"""Levels of EQ3 and EQ6, which are counted together."""
_SCORES = """
10 9.3 9.6 9 9.3 8.8 9.2 8 7.9 6.9
9.5 9.2 9.1 8.1 9.2 8.4 8.2 7 7.1 6.3
9.4 8.7 8.9 7.5 8.6 7.2 7.6 5.7 6.5 5.3
9 7.7 7.7 6.6 7.4 6.1 5.9 5.2 5.8 2.3
8.6 7 7.4 5.4 7.2 5.3 5.7 3.6 4.7 2.4
7.3 5.4 5.5 4.3 6.1 4.6 5.1 1.8 2.4 1
"""
"""Scores of macrovectors, as FIRST publishes them: a line for each level of EQ1 and EQ2 (00, 01, 10 … 21), in it those of
EQ3 with EQ6 (`_JOINT`), of each EQ4 at 1 and 2. EQ5 is 0: a base score knows nothing of threats."""
_LOOKUP = {
    (first // 2, first % 2, joint, fourth): float(score)
    for first, line in enumerate(_SCORES.split("\n")[1:-1])
    for (joint, fourth), score in zip(((one, four) for one in _JOINT for four in (1, 2)), line.split(), strict=True)
}


class _Group(NamedTuple):
    """A group of metrics: the worst vectors of each of its levels, and how many steps lie within a level."""

    metrics: tuple[str, ...]
    worst: Mapping[str, tuple[str, ...]]
    depth: Mapping[str, int]


_ONE = _Group(("AV", "PR", "UI"), {"0": ("NNN",), "1": ("ANN", "NLN", "NNP"), "2": ("PNN", "ALP")}, {"0": 1, "1": 4, "2": 5})
_TWO = _Group(("AC", "AT"), {"0": ("LN",), "1": ("HN", "LP")}, {"0": 1, "1": 2})
_THREE = _Group(("VC", "VI", "VA"), {"00": ("HHH",), "10": ("LHH", "HLH"), "21": ("LLL",)}, {"00": 7, "10": 8, "21": 10})
_FOUR = _Group(("SC", "SI", "SA"), {"1": ("HHH",), "2": ("LLL",)}, {"1": 5, "2": 4})


def base_score_4(vector: str) -> float:
    """Give the base score of a vector of CVSS 4.0 (CVSS-B); 0 where it is no such vector. Threat, environmental and
    supplemental metrics are left out."""
    head, _, rest = vector.strip().partition("/")
    pairs = [pair.partition(":")[::2] for pair in rest.rstrip("/").split("/")]
    metrics = dict(pairs)
    if head != "CVSS:4.0" or len(metrics) != len(pairs):
        return 0.0
    if any(metrics.get(name, "") not in tuple(values) for name, values in _LEVELS.items()):
        return 0.0
    if all(metrics[name] == "N" for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    levels = _levels(metrics)
    one, two, joint, four = levels
    score = _LOOKUP[levels]
    lower: list[tuple[float | None, float]] = [
        (_LOOKUP.get((one + 1, two, joint, four)), _within(_ONE, str(one), metrics)),
        (_LOOKUP.get((one, two + 1, joint, four)), _within(_TWO, str(two), metrics)),
        (_below(levels), _within(_THREE, joint, metrics)),
        (_LOOKUP.get((one, two, joint, four + 1)), _within(_FOUR, str(four), metrics)),
    ]
    # EQ5 has a lower level, too, and its part of the mean is none: the worst threat is assumed.
    steps = [(score - other) * part for other, part in lower if other is not None] + [0.0]
    return max(0.0, min(10.0, int((score - sum(steps) / len(steps)) * 10 + 0.5 + 1e-6) / 10))


def _levels(metrics: Mapping[str, str]) -> tuple[int, int, str, int]:
    """Give the macrovector (specification, tables 24 to 29)."""
    near = [metrics[name] == "N" for name in ("AV", "PR", "UI")]
    one = 0 if all(near) else 1 if any(near) and metrics["AV"] != "P" else 2
    two = 0 if metrics["AC"] == "L" and metrics["AT"] == "N" else 1
    high = [metrics[name] == "H" for name in ("VC", "VI", "VA")]
    joint = "00" if high[0] and high[1] else "10" if any(high) else "21"
    four = 1 if any(metrics[name] == "H" for name in ("SC", "SI", "SA")) else 2
    return one, two, joint, four


def _below(levels: tuple[int, int, str, int]) -> float | None:
    """Give the score of the next lower level of EQ3 with EQ6: of two the higher."""
    one, two, joint, four = levels
    next_ = {"00": ("01", "10"), "10": ("11",), "21": ()}[joint]
    return max((_LOOKUP[one, two, other, four] for other in next_), default=None)


def _within(group: _Group, level: str, metrics: Mapping[str, str]) -> float:
    """Tell how far below the worst vector of its level a group is, from 0 to 1."""
    for worst in group.worst[level]:
        steps = [
            _LEVELS[name].index(metrics[name]) - _LEVELS[name].index(value)
            for name, value in zip(group.metrics, worst, strict=True)
        ]
        if min(steps) >= 0:
            return sum(steps) / group.depth[level]
    return 0.0
