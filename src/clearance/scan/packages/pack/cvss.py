"""CVSS base scores from vectors, by the specifications of FIRST (https://www.first.org/cvss/)."""

import math

_AV = {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}
_AC = {"L": 0.77, "H": 0.44}
_PR = {"N": 0.85, "L": 0.62, "H": 0.27}
_PR_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}
_UI = {"N": 0.85, "R": 0.62}
_IMPACT = {"H": 0.56, "L": 0.22, "N": 0.0}
_BASE = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")


def base_score(vector: str) -> float:
    """Give the base score of a vector of CVSS 3.0 or 3.1 (specification, section 7.1); 0 where it is no such vector.

    Temporal and environmental metrics are left out, as the base score asks.
    """
    head, _, rest = vector.strip().partition("/")
    if head not in ("CVSS:3.0", "CVSS:3.1"):
        return 0.0
    metrics: dict[str, str] = {}
    for pair in rest.rstrip("/").split("/"):
        name, _, value = pair.partition(":")
        if name in metrics:
            return 0.0
        metrics[name] = value
    try:
        known = {name: metrics[name] for name in _BASE}
        changed = {"C": True, "U": False}[known["S"]]
        miss = math.prod(1 - _IMPACT[known[name]] for name in ("C", "I", "A"))
        ease = 8.22 * _AV[known["AV"]] * _AC[known["AC"]] * _UI[known["UI"]]
        ease *= (_PR_CHANGED if changed else _PR)[known["PR"]]
    except KeyError:
        return 0.0
    sub = 1 - miss
    impact = 7.52 * (sub - 0.029) - 3.25 * (sub - 0.02) ** 15 if changed else 6.42 * sub
    if impact <= 0:
        return 0.0
    return _up(min(1.08 * (impact + ease) if changed else impact + ease, 10.0))


def _up(value: float) -> float:
    """Round up to one digit as the specification of 3.1 does in its appendix A: in whole numbers, so that no machine
    differs."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


def rating(score: float) -> int:
    """Give the qualitative rating (section 5): 0 none, 1 low, 2 medium, 3 high, 4 critical."""
    return sum(score >= least for least in (0.1, 4.0, 7.0, 9.0))
