"""Quality gates of SonarQube's kind as policies: conditions of metric, comparison and threshold.

The shapes are those of the web API, `api/qualitygates/show` (`metric`, `op`, `error`) and `api/qualitygates/project_status`
(`metricKey`, `comparator`, `errorThreshold`), and the same with `value`. A condition *fails* the gate where
`metric op threshold` is true. What it counts here are findings that the change brings and that nobody accepted the risk of.
"""

import difflib
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from clearance.decide.table import FindingRow, Row, TriggerRow
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadFile
from clearance.facts.fact import Fact
from clearance.facts.finding import Severity
from clearance.facts.text import visible

_LARGEST = 1 << 20
_MOST = 100
_MOST_COUNTED = 500
_MOST_STARTS = 20
"""Places at which the list of conditions is looked for, to tell lines."""
_BETWEEN = re.compile(r"[ \t\r\n,]*")
MADE = "// Made by `clearance policy import-gate`"
"""How each policy that was made of a condition begins."""
_NEXT = "see docs/how-to/import-a-gate.md"
_COUNTS: Mapping[str, tuple[str, ...]] = {
    "new_vulnerabilities": ("critical", "high", "medium", "low"),
    "new_violations": ("critical", "high", "medium", "low"),
    "new_blocker_violations": ("critical",),
    "new_critical_violations": ("high",),
    "new_major_violations": ("medium",),
    "new_minor_violations": ("low",),
    "new_software_quality_blocker_issues": ("critical",),
    "new_software_quality_high_issues": ("high",),
    "new_software_quality_medium_issues": ("medium",),
    "new_software_quality_low_issues": ("low",),
}
_RATINGS = ("new_security_rating", "new_software_quality_security_rating")
_WORSE = (("critical", "high", "medium", "low"), ("critical", "high", "medium"), ("critical", "high"), ("critical",))
"""The severities that make a rating worse than A, B, C, D."""
_REVIEWED = "new_security_hotspots_reviewed"
_HOTSPOTS = "new_security_hotspots"
KNOWN = (*_COUNTS, *_RATINGS, _REVIEWED, _HOTSPOTS)
"""Metrics that policies can express."""
_NOT_OURS = {
    "coverage": "nothing here measures how much of the code tests run",
    "duplicat": "nothing here looks for code that stands twice",
    "maintainab": "nothing here rates how well code can be kept up",
    "reliab": "nothing here looks for bugs that are no weakness",
    "sqale": "nothing here rates how well code can be kept up",
    "debt": "nothing here rates how well code can be kept up",
    "code_smell": "nothing here rates how well code can be kept up",
    "complexity": "nothing here measures complexity",
    "test": "nothing here runs tests",
    "bugs": "nothing here looks for bugs that are no weakness",
    "lines": "the size of a change counts added and removed lines: write a policy over resource.size",
    "info_": "no finding here is milder than low",
}
_OPS = {"LT": "<", "GT": ">", "EQ": "==", "NE": "!="}
_NAMES = {
    "metric": ("metric", "metricKey"), "op": ("op", "comparator"), "error": ("error", "errorThreshold", "value"),
    "warning": ("warning", "warningThreshold"),
}  # fmt: skip
_IDLE = ("id", "period", "periodIndex", "status", "actualValue", "onLeakPeriod", "isCaycCondition", "organization")


class Condition(Fact):
    """One condition as it was written: `threshold` as text, `asks`: it only warns, and `where` it stands (`path:line`)."""

    metric: str
    op: str
    threshold: str
    asks: bool
    where: str

    @property
    def said(self) -> str:
        """The condition for people."""
        return f"{self.metric} {self.op} {self.threshold}" + (" (warning)" if self.asks else "")


class Generated(Fact):
    """A policy that was made of a condition, and cases that hold it: `fires` for each whether it must fire."""

    condition: Condition
    id: str
    why: str
    text: str
    cases: tuple[tuple[Row, bool], ...]


class Skipped(Fact):
    """A condition that no policy can express, and why."""

    said: str
    why: str


def read_gate(text: str, where: str) -> tuple[Condition, ...]:
    """Read the conditions of a gate.

    Raises:
        BadFile: not JSON of such a shape, a key stands twice, a condition is not whole, or there is none; `where` is
            `path:line`.
    """
    listed = _listed(_parsed(text, where))
    if not listed:
        raise BadFile("no conditions", where=f"{where}:1", next=f"give a quality gate; {_NEXT}")
    if len(listed) > _MOST:
        raise BadFile(f"{len(listed):,} conditions; the limit is {_MOST}", where=f"{where}:1", next=_NEXT)
    places = _elements(text, listed)
    found: list[Condition] = []
    for line, element in places:
        found += _conditions(element, f"{where}:{line}")
    seen: dict[tuple[str, bool], str] = {}
    for one in found:
        if (one.metric, one.asks) in seen:
            raise BadFile(
                f"{visible(one.metric)} has two conditions", where=one.where,
                next=f"keep one; the other is at {seen[one.metric, one.asks]}",
            )  # fmt: skip
        seen[one.metric, one.asks] = one.where
    return tuple(found)


def _parsed(text: str, where: str) -> Any:
    if len(text) > _LARGEST:
        raise BadFile("larger than 1 MiB", where=f"{where}:1", next=_NEXT)
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise BadFile(f"not JSON: {error.msg}", where=f"{where}:{error.lineno}", next=_NEXT) from None
    except _Twice as error:
        line = _line(text, [one.start() for one in re.finditer(re.escape(json.dumps(error.key)) + r"\s*:", text)][-1:])
        shown = visible(error.key)[:60]
        raise BadFile(f"the key {shown!r} stands twice", where=f"{where}:{line}", next="keep one of them") from None
    except RecursionError:
        raise BadFile("nested too deeply", where=f"{where}:1", next=_NEXT) from None
    except ValueError:
        raise BadFile("a number of more digits than are read", where=f"{where}:1", next=_NEXT) from None


def _listed(whole: Any) -> list[Any]:
    """Give the list of conditions, or an empty one."""
    inner = whole.get("projectStatus", whole) if isinstance(whole, dict) else None
    listed = inner.get("conditions") if isinstance(inner, dict) else None
    return listed if isinstance(listed, list) else []


class _Twice(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _elements(text: str, listed: Sequence[Any]) -> list[tuple[int, Any]]:
    """Give each condition with its line, or with line 1 where it is not found again."""
    decoder = json.JSONDecoder()
    for start in islice(re.finditer(r'"conditions"\s*:\s*\[', text), _MOST_STARTS):
        found: list[tuple[int, Any]] = []
        at, line, counted = start.end(), text.count("\n", 0, start.end()) + 1, start.end()
        try:
            while len(found) < len(listed):
                blank = _BETWEEN.match(text, at)
                at = blank.end() if blank else at
                line, counted = line + text.count("\n", counted, at), at
                value, at = decoder.raw_decode(text, at)
                found.append((line, value))
        except (ValueError, RecursionError):
            continue
        if [value for _, value in found] == listed:
            return found
    return [(1, one) for one in listed]


def _line(text: str, places: Sequence[int]) -> int:
    return text.count("\n", 0, places[0]) + 1 if places else 1


def _conditions(element: Any, where: str) -> list[Condition]:
    if not isinstance(element, dict):
        raise BadFile("a condition is no object", where=where, next=_NEXT)
    known = [*(name for names in _NAMES.values() for name in names), *_IDLE]
    for key in element:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0)[0]
            raise BadFile(f"unknown key {visible(key)[:60]!r}", where=where, next=f"the nearest known one is {near!r}")
    told = {part: [element[name] for name in names if name in element] for part, names in _NAMES.items()}
    for part, values in told.items():
        if len(values) > 1:
            raise BadFile(f"{' and '.join(_NAMES[part])} say the same thing twice", where=where, next="keep one")
    metric, op = (told[part][0] if told[part] else None for part in ("metric", "op"))
    if not isinstance(metric, str) or not metric:
        raise BadFile("a condition without a metric", where=where, next=f"known ones: {', '.join(KNOWN[:4])}, …")
    if op not in _OPS:
        near = difflib.get_close_matches(str(op).upper(), _OPS, n=1, cutoff=0)[0]
        raise BadFile(
            f"{visible(metric)}: unknown operator {visible(str(op))[:40]!r}",
            where=where,
            next=f"LT, GT, EQ or NE; nearest: {near}",
        )
    found = []
    for part in ("error", "warning"):
        for value in told[part]:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise BadFile(f"{visible(metric)}: the threshold is no number", where=where, next="write a number")
            threshold = str(value).strip()
            if threshold:
                found.append(Condition(metric=metric, op=op, threshold=threshold, asks=part == "warning", where=where))
    if not found:
        raise BadFile(f"{visible(metric)}: no threshold", where=where, next="give `error` (or `value`), or `warning`")
    return found


def generate(conditions: Sequence[Condition], *, skip_unknown: bool) -> tuple[tuple[Generated, ...], tuple[Skipped, ...]]:
    """Make a policy and its cases of each condition. With `skip_unknown`, metrics that no policy can express are given back
    instead of refused.

    Raises:
        BadFile: a metric, its operator or its threshold cannot be expressed; `where` is `path:line`.
    """
    made, skipped = [], []
    for one in conditions:
        if one.metric not in KNOWN:
            why = _why_not(one.metric)
            if not skip_unknown:
                near = difflib.get_close_matches(one.metric, KNOWN, n=1, cutoff=0)[0]
                raise BadFile(
                    f"{visible(one.metric)[:80]!r} cannot be enforced: {why}", where=one.where,
                    next=f"nearest known metric: {near}; --skip-unknown leaves it out",
                )  # fmt: skip
            skipped.append(Skipped(said=visible(one.said), why=why))
            continue
        made.append(_generated(one))
    return tuple(made), tuple(skipped)


def _why_not(metric: str) -> str:
    if f"new_{metric}" in KNOWN:
        return "a policy judges a change, not the whole code: only what is new counts"
    return next((why for part, why in _NOT_OURS.items() if part in metric), "no such metric is known")


def _generated(one: Condition) -> Generated:
    if one.metric in _COUNTS:
        condition, cases = _counted(one, _COUNTS[one.metric])
    elif one.metric in _RATINGS:
        condition, cases = _rated(one)
    else:
        condition, cases = _hotspots(one)
    asks = one.asks or one.metric == _REVIEWED
    name = "gate-" + one.metric.replace("_", "-") + ("-warning" if one.asks else "")
    why = f"the quality gate fails where {one.metric} {_OPS[one.op]} {one.threshold}"
    fix = "let somebody review it who did not write it" if asks else "mend the findings, or have the risk of one accepted"
    action = "go-further-unreviewed" if asks else "go-further"
    text = (
        f"{MADE} of the condition {one.said}.\n"
        f'@id("{name}")\n@why("{why}")\n@fix("{fix}")\n'
        + ('@people("1 reviewer")\n' if asks else "")
        + f'forbid (\n  principal,\n  action == Action::"{action}",\n  resource is Change\n)\nwhen {{ {condition} }};\n'
    )
    return Generated(condition=one, id=name, why=why, text=text, cases=tuple(cases))


def _refused(one: Condition, why: str, more: str) -> BadFile:
    return BadFile(f"{visible(one.said)[:80]}: {why}", where=one.where, next=more)


def _whole(one: Condition, least: int, most: int) -> int:
    found = re.fullmatch(r"([0-9]{1,6})(?:\.0{1,9})?", one.threshold)
    if not found or not least <= int(found[1]) <= most:
        raise _refused(one, "the threshold cannot be used", f"a whole number from {least} to {most}")
    return int(found[1])


def _counted(one: Condition, severities: Sequence[str]) -> tuple[str, list[tuple[Row, bool]]]:
    if one.op == "LT":
        raise _refused(one, "it would fail changes that bring fewer findings", "GT fails those that bring more")
    most = _whole(one, 0, _MOST_COUNTED)
    total = " + ".join(f"resource.new{name.capitalize()}" for name in severities)
    compared: Mapping[str, Callable[[int, int], bool]] = {"GT": operator.gt, "EQ": operator.eq, "NE": operator.ne}
    fires = compared[one.op]
    cases = [
        (_row(one, f"{count} of {name}", [name] * count), fires(count, most))
        for name in severities
        for count in sorted({max(most - 1, 0), most, most + 1})
    ]
    others = [name for name in ("low", "medium", "high", "critical") if name not in severities]
    cases += [(_row(one, f"others, {name}", [name] * (most + 1)), fires(0, most)) for name in others[:1]]
    return f"{total} {_OPS[one.op]} {most}", cases


def _rated(one: Condition) -> tuple[str, list[tuple[Row, bool]]]:
    if one.op != "GT":
        raise _refused(one, "a rating can only be too bad", "write GT: worse than")
    letter = one.threshold.upper()
    rating = "ABCD".index(letter) + 1 if letter in tuple("ABCD") else _whole(one, 1, 4)
    severities = _WORSE[rating - 1]
    condition = " || ".join(f"resource.new{name.capitalize()} > 0" for name in severities)
    every = ("critical", "high", "medium", "low")
    cases = [(_row(one, name, [name]), name in severities) for name in every]
    cases += [(_row(one, f"two of {name}", [name] * 2), name in severities) for name in every]
    cases.append((_row(one, "nothing", []), False))
    return condition, cases


def _hotspots(one: Condition) -> tuple[str, list[tuple[Row, bool]]]:
    wanted, limit = ("LT", 100) if one.metric == _REVIEWED else ("GT", 0)
    if one.op != wanted or _whole(one, 0, 100) != limit:
        raise _refused(one, "a change knows of no share, and no number, of reviewed places", f"write {wanted} {limit}")
    sensitive = Row(
        name=f"{one.said}: sensitive code", verdict=Verdict.ALLOW, triggers=(TriggerRow(id="authentication", tier=1),)
    )
    return "!resource.triggers.isEmpty()", [(sensitive, True), (_row(one, "nothing", []), False)]


def _row(one: Condition, what: str, severities: Sequence[str]) -> Row:
    findings = tuple(FindingRow(severity=Severity(name)) for name in severities)
    return Row(name=f"{one.said}: {what}", verdict=Verdict.ALLOW, findings=findings)
