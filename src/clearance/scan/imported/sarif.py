"""Reads SARIF 2.1.0 of any tool (OASIS standard; also what GitHub and CodeQL make of it).

Suppressions are data here: a suppressed result stays a result, marked as silenced. Rules are found by index or id in the
driver and its extensions. A URI is resolved by `uriBaseId`, decoded, and fitted to the paths of the change: as it stands,
or, where it is absolute, below the folder under which most of the log's paths are those of the change.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from clearance.facts.errors import BadFile
from clearance.facts.finding import Confidence, Gap, GapKind, Place, Severity, Step
from clearance.facts.text import visible
from clearance.scan.imported.opinion import Opinion, Raw

MAX_BYTES = 256 << 20
_MOST_RESULTS = 50_000
_MOST_STEPS = 30
_LONGEST = 2_000
_CWE = re.compile(r"\bcwe[-_/: ]{0,3}0*(\d{1,5})\b", re.IGNORECASE)
_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.LOW}
_PRECISION = {"very-high": Confidence.HIGH, "high": Confidence.HIGH, "medium": Confidence.MEDIUM, "low": Confidence.LOW}
_NO_RESULT = frozenset({"pass", "notApplicable", "informational"})


def read(data: bytes, paths: Iterable[str], *, where: str) -> list[Opinion]:
    """Read a log: one opinion for each run. `paths` are those of the change; `where` names the file in errors.

    Raises:
        BadFile: not SARIF 2.1, or larger than 256 MiB.
    """
    if len(data) > MAX_BYTES:
        raise BadFile("larger than 256 MiB", where=where, next="split it, or let the tool leave out what you do not need")
    try:
        log = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"not JSON: {error}", where=where, next="give the SARIF file that the tool wrote") from None
    version = log.get("version") if isinstance(log, dict) else None
    if not isinstance(version, str) or not version.startswith("2.1") or not isinstance(log.get("runs"), list):
        raise BadFile("not SARIF 2.1", where=where, next="let the tool write SARIF 2.1.0: an object with version and runs")
    paths = frozenset(paths)
    return [_run(run, paths, where) for run in log["runs"] if isinstance(run, dict)]


class _Fitter:
    """Fits the paths of a tool to those of the change."""

    def __init__(self, paths: Iterable[str], written: Iterable[str]) -> None:
        self.paths = frozenset(paths)
        roots = Counter(root for one in written if (root := self._root(one)) is not None)
        self._prefix = roots.most_common(1)[0][0] if roots else None

    def _root(self, written: str) -> str | None:
        """Give the folder under which an absolute path is one of the change's."""
        at = 0
        for _ in range(64):
            at = written.find("/", at)
            if at < 0 or not written.startswith("/"):
                return None
            if written[at + 1 :] in self.paths:
                return written[: at + 1]
            at += 1
        return None

    def fit(self, written: str) -> str:
        """Give the path of the change that is meant, or what is written."""
        if self._prefix is not None and written.startswith(self._prefix):
            written = written[len(self._prefix) :]
        return written


def _run(run: Mapping[str, Any], paths: frozenset[str], where: str) -> Opinion:
    tool = _dict(run.get("tool"))
    driver = _dict(tool.get("driver"))
    name = _text(driver.get("name")) or "unnamed tool"
    components = [driver, *(_dict(one) for one in _list(tool.get("extensions")))]
    bases = {
        key: _text(_dict(value).get("uri"))
        for key, value in _dict(run.get("originalUriBaseIds")).items()
        if isinstance(key, str)
    }
    results = _list(run.get("results"))
    fit = _Fitter(paths, _written([*results[:_MOST_RESULTS], *_list(run.get("artifacts"))], bases))
    gaps = list(_troubles(run, name))
    if run.get("results") is None:
        gaps.append(Gap(scanner=name, path="", kind=GapKind.CRASH, detail=f"{where}: the run has no results"))
    if len(results) > _MOST_RESULTS:
        gaps.append(
            Gap(scanner=name, path="", kind=GapKind.TOO_MANY, detail=f"{len(results):,} results; {_MOST_RESULTS:,} read")
        )
    raws = []
    lost = 0
    by_id = _by_id(components)
    for result in results[:_MOST_RESULTS]:
        if not isinstance(result, dict) or _text(result.get("kind")) in _NO_RESULT:
            continue
        raw = _raw(result, name, components, by_id, bases, fit.fit)
        if raw is None:
            lost += 1
        else:
            raws.append(raw)
    if lost:
        gaps.append(Gap(scanner=name, path="", kind=GapKind.UNPARSED, detail=f"{lost} results of {where} name no place"))
    read_ = {artifact for artifact in _artifacts(run, bases, fit.fit) if artifact in fit.paths}
    return Opinion(
        tool=name,
        version=_text(driver.get("semanticVersion")) or _text(driver.get("version")),
        raws=tuple(raws),
        files=len(read_) if read_ else -1,
        gaps=tuple(gaps),
    )


def _written(things: Iterable[Any], bases: Mapping[str, str]) -> Iterator[str]:
    for thing in things:
        locations = _list(_dict(thing).get("locations"))
        location = _dict(_dict(locations[0]).get("physicalLocation")).get("artifactLocation") if locations else None
        yield _path(_dict(location or _dict(thing).get("location")), bases)


def _troubles(run: Mapping[str, Any], name: str) -> Iterator[Gap]:
    for invocation in _list(run.get("invocations")):
        one = _dict(invocation)
        if one.get("executionSuccessful") is False:
            yield Gap(scanner=name, path="", kind=GapKind.CRASH, detail="the tool says that its run failed")
        for note in _list(one.get("toolExecutionNotifications")):
            if _dict(note).get("level") == "error":
                detail = _text(_dict(_dict(note).get("message")).get("text")) or "an error of the tool"
                yield Gap(scanner=name, path="", kind=GapKind.UNPARSED, detail=visible(detail)[:300])


def _artifacts(run: Mapping[str, Any], bases: Mapping[str, str], fit: Callable[[str], str]) -> Iterator[str]:
    for artifact in _list(run.get("artifacts")):
        path = _path(_dict(_dict(artifact).get("location")), bases)
        if path:
            yield fit(path)


def _raw(
    result: Mapping[str, Any],
    tool: str,
    components: list[dict[str, Any]],
    by_id: Mapping[str, dict[str, Any]],
    bases: Mapping[str, str],
    fit: Callable[[str], str],
) -> Raw | None:
    locations = _list(result.get("locations"))
    place = _place(_dict(locations[0]) if locations else {}, bases, fit)
    if place is None:
        return None
    rule = _rule(result, components, by_id)
    name = _text(result.get("ruleId")) or _text(rule.get("id")) or _text(_dict(result.get("rule")).get("id")) or "unnamed"
    title = _message(rule.get("shortDescription"), rule) or _text(rule.get("name"))
    settings = {**_dict(_dict(rule.get("defaultConfiguration"))), **{k: v for k, v in result.items() if k == "level"}}
    properties = {**_dict(rule.get("properties")), **_dict(result.get("properties"))}
    return Raw(
        tool=tool,
        rule=name[:200],
        path=place.path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        message=(_message(result.get("message"), rule) or title or name)[:_LONGEST],
        title=(title or name)[:_LONGEST],
        severity=_severity(settings.get("level"), properties.get("security-severity")),
        confidence=_PRECISION.get(_text(properties.get("precision")), Confidence.MEDIUM),
        cwe=_cwe([*_list(properties.get("tags")), properties.get("cwe"), *_taxa(result), *_taxa(rule), name]),
        steps=tuple(_steps(result, bases, fit)),
        silenced=any(_dict(one).get("status", "accepted") != "rejected" for one in _list(result.get("suppressions"))),
    )


def _rule(
    result: Mapping[str, Any], components: list[dict[str, Any]], by_id: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    reference = _dict(result.get("rule"))
    number = _dict(reference.get("toolComponent")).get("index")
    component = components[0]
    if isinstance(number, int) and 0 <= number + 1 < len(components):
        component = components[number + 1]
    index = reference.get("index", result.get("ruleIndex"))
    rules = _list(component.get("rules"))
    if isinstance(index, int) and 0 <= index < len(rules):
        return _dict(rules[index])
    return by_id.get(_text(result.get("ruleId")) or _text(reference.get("id")), {})


def _by_id(components: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give the rules of all components by their ids; the first of an id counts."""
    found: dict[str, dict[str, Any]] = {}
    for component in components:
        for rule in _list(component.get("rules")):
            if isinstance(rule, dict):
                found.setdefault(_text(rule.get("id")), rule)
    return found


def _place(location: Mapping[str, Any], bases: Mapping[str, str], fit: Callable[[str], str]) -> Place | None:
    physical = _dict(location.get("physicalLocation"))
    path = _path(_dict(physical.get("artifactLocation")), bases)
    if not path:
        return None
    region = _dict(physical.get("region"))
    line = _number(region.get("startLine"))
    return Place(
        path=fit(path),
        line=line,
        column=_number(region.get("startColumn")),
        end_line=_number(region.get("endLine")) or line,
        end_column=_number(region.get("endColumn")),
    )


def _path(location: Mapping[str, Any], bases: Mapping[str, str]) -> str:
    uri = _text(location.get("uri"))
    if not uri:
        return ""
    base = bases.get(_text(location.get("uriBaseId")), "")
    try:
        parts = urlsplit(uri) if "://" in uri[:12] or uri.startswith("file:") else None
        path = unquote(parts.path) if parts else unquote(uri.replace("\\", "/"))
        if not path.startswith("/") and base.startswith("file:"):
            path = f"{unquote(urlsplit(base).path).rstrip('/')}/{path}"
    except ValueError:  # `http://[`
        return ""
    pieces: list[str] = []
    for piece in path.split("/"):
        if piece == ".." and pieces:
            pieces.pop()
        elif piece not in ("", ".", ".."):
            pieces.append(piece)
    return ("/" if path.startswith("/") else "") + "/".join(pieces)


def _steps(result: Mapping[str, Any], bases: Mapping[str, str], fit: Callable[[str], str]) -> Iterator[Step]:
    flows = _list(result.get("codeFlows"))
    threads = _list(_dict(flows[0]).get("threadFlows")) if flows else []
    for one in (_list(_dict(threads[0]).get("locations")) if threads else [])[:_MOST_STEPS]:
        location = _dict(_dict(one).get("location"))
        place = _place(location, bases, fit)
        if place is not None and place.line:
            yield Step(place=place, message=_text(_dict(location.get("message")).get("text"))[:300])


def _message(value: Any, rule: Mapping[str, Any]) -> str:
    message = _dict(value)
    text = _text(message.get("text"))
    if not text and message.get("id"):
        strings = _dict(_dict(rule.get("messageStrings")).get(_text(message["id"])))
        text = _text(strings.get("text"))
    for number, argument in enumerate(_list(message.get("arguments"))[:20]):
        text = text.replace(f"{{{number}}}", _text(argument))
    return " ".join(text.split())


def _severity(level: Any, score: Any) -> Severity:
    """By `security-severity` (a CVSS score, in CVSS 3.1's bands), else by level."""
    try:
        number = float(score) if isinstance(score, str | int | float) else 0.0
    except (ValueError, OverflowError):
        number = 0.0
    if number > 0:
        bands = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
        return next((severity for least, severity in bands if number >= least), Severity.LOW)
    return _LEVELS.get(_text(level) or "warning", Severity.MEDIUM)


def _taxa(of: Mapping[str, Any]) -> Iterator[str]:
    for taxon in _list(of.get("taxa")):
        one = _dict(taxon)
        yield f"{_text(_dict(one.get('toolComponent')).get('name'))}-{_text(one.get('id'))}"
    for relation in _list(of.get("relationships")):
        target = _dict(_dict(relation).get("target"))
        yield f"{_text(_dict(target.get('toolComponent')).get('name'))}-{_text(target.get('id'))}"


def _cwe(texts: Iterable[Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        for one in text if isinstance(text, list) else [text]:
            for match in _CWE.finditer(one) if isinstance(one, str) else ():
                found[f"CWE-{int(match[1])}"] = None
    return tuple(found)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31 else 0
