"""Our pages as files of Project CodeGuard: a file for each topic and language, or for each page.

CodeGuard's users load whole files by language, so a file holds one topic in one language, a few kilobytes, and a task in
Python does not pay for Java. Each page stands under a heading of its own with its id, severity, weaknesses and controls;
where a file would grow beyond `ROOM`, and in files that are in every context, a page is one line. `read_export` finds again
what was written. Detectors and examples stay behind: CodeGuard has no place for them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clearance.facts.fact import Fact
from clearance.rules.codeguard import CodeGuardRule, compose, write_codeguard
from clearance.rules.model import Rule

OURS = "clearance"
ROOM = 10_000
"""Characters that the sections of a topic fill at most; further pages are lines."""
_SILENT = {
    "prompts": "about what an assistant is sent, not about what it writes",
    "triggers": "asks a reviewer for care and finds no fault",
    "vocabulary": "teaches the scanner what names mean",
}
_NO_LANGUAGE = "CodeGuard has no name for files of this kind"
_FORMATS = "one of many formats: the topic says it for all, `--by rule ID` writes this one"
_MANY = ("secrets", "personal")
"""Families with a page for each format: in a topic stand those pages alone that say something of their own."""
_ANY = {
    "secrets": ("Secrets in text", ("secrets",)), "personal": ("Data about people", ("privacy",)),
    "packages": ("Packages", ("infrastructure",)), "commands": ("Commands that an assistant runs", ("infrastructure",)),
    "tampering": ("Guards and tests", ()), "guidance": ("A team's own guidance", ()),
}  # fmt: skip
_CONFIGURATION = {
    "docker": ("Dockerfiles", ("docker",)), "image": ("Dockerfiles", ("docker",)), "compose": ("Compose files", ("docker",)),
    "kubernetes": ("Kubernetes", ("yaml",)), "terraform": ("Terraform", ("hcl",)), "github": ("GitHub Actions", ("yaml",)),
    "gitlab": ("GitLab CI", ("yaml",)), "ci": ("Pipelines", ("yaml",)),
}  # fmt: skip
_WEAKNESSES = {
    "injection": (
        "Injection", ("web",),
        "74 77 78 88 89 90 91 93 94 95 96 113 116 117 134 470 564 643 917 943 1236 1336 1427",
    ),
    "browser": (
        "Browsers, cookies and headers", ("web",),
        "79 80 83 315 346 352 565 601 614 644 693 749 922 942 1004 1021 1275",
    ),
    "access": (
        "Access, sessions and identity", ("authentication", "web"),
        "203 208 285 287 290 306 307 345 347 384 501 521 549 598 602 613 620 639 640 807 862 863 915",
    ),
    "cryptography": (
        "Cryptography and transport", ("data-security", "secrets"),
        "256 257 259 261 295 297 311 312 319 321 322 323 325 326 327 328 329 330 331 335 338 353 522 759 760 780 798 916",
    ),
    "data": (
        "Files, uploads and data from outside", ("web",),
        "20 22 23 73 91 377 378 379 409 426 434 494 502 548 611 732 776 829 918",
    ),
    "failures": (
        "Errors, logs and what they tell", ("privacy",),
        "200 201 209 215 252 390 391 396 489 497 532 636 703 754 755",
    ),
    "resources": (
        "Time, memory and concurrency", (),
        "119 120 125 190 197 362 366 367 369 400 404 415 416 476 617 667 674 681 697 704 770 772 787 834 835 908 1333",
    ),
}  # fmt: skip
_TOPIC_OF = {f"CWE-{number}": topic for topic, (_, _, numbers) in _WEAKNESSES.items() for number in numbers.split()}
_REST = ("settings", "Settings and defaults", ("infrastructure",))
_NAMES = {
    "python": "Python", "javascript": "JavaScript and TypeScript", "java": "Java", "go": "Go", "ruby": "Ruby", "php": "PHP",
    "csharp": "C#", "rust": "Rust", "kotlin": "Kotlin", "swift": "Swift", "scala": "Scala", "c": "C",
}  # fmt: skip
_INTRODUCTION = """\
These rules come from the rule pages of Clearance. Where its gate runs, each of them has a detector there; this file is
guidance and checks nothing.
"""
_LINE = re.compile(r"- `([a-z][a-z0-9-]*)` \((low|medium|high|critical) severity, (low|medium|high) confidence\): (.+)")
_HEADING = re.compile(r"## (.+) \(`([a-z][a-z0-9-]*)`\)")
_FACTS = re.compile(r"_(low|medium|high|critical) severity, (low|medium|high) confidence((?:; [^;]+)*)_")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_REPAIR = "### Repair"


class ExportFile(Fact):
    """One file to write: its name, its text, and the ids of the pages that stand in it. `always`: it is in every context.
    `imported`: it came from CodeGuard and goes out as it came."""

    name: str
    text: str
    rules: tuple[str, ...]
    always: bool
    imported: bool = False


class LeftOut(NamedTuple):
    """A page that is in no file, and why."""

    rule: str
    why: str


class Export(NamedTuple):
    """The files by name, and what is in none of them."""

    files: tuple[ExportFile, ...]
    left_out: tuple[LeftOut, ...]


class Said(Fact):
    """What a page says in a file of ours, as it can be read back; of a page that is one line, the brief alone."""

    id: str
    severity: str
    confidence: str
    brief: str
    title: str = ""
    named: tuple[str, ...] = ()
    guidance: str = ""
    fix: str = ""


class _Topic(NamedTuple):
    """Where a page belongs: the words of the file's name, its description, the languages (none: always) and the tags."""

    name: str
    title: str
    languages: tuple[str, ...]
    tags: tuple[str, ...]


def export(rules: Iterable[Rule], imported: Mapping[str, CodeGuardRule], *, by_rule: bool = False) -> Export:
    """Write pages as files of CodeGuard. `imported` are those that came as such files, by id: they go out byte for byte.
    `by_rule`: one file a page, those of formats, too.

    Raises:
        BadPage: a text cannot stand in such a file.
    """
    files: dict[str, ExportFile] = {}
    left: list[LeftOut] = []
    topics: dict[_Topic, list[Rule]] = {}
    for rule in rules:
        if rule.id in imported:
            file = imported[rule.id]
            text = write_codeguard(file)
            files[f"{rule.id}.md"] = ExportFile(
                name=f"{rule.id}.md", text=text, rules=(rule.id,), always=file.always, imported=True
            )
            continue
        topic = _topic(rule, by_rule=by_rule)
        if isinstance(topic, str):
            left.append(LeftOut(rule.id, topic))
        else:
            topics.setdefault(topic, []).append(rule)
    for topic, members in topics.items():
        made = _file(topic, members, single=by_rule)
        files[made.name] = made
    return Export(tuple(files[name] for name in sorted(files)), tuple(left))


def read_export(body: str) -> tuple[Said, ...]:
    """Read back what `export` wrote of our pages; nothing where the text is not ours."""
    found: list[tuple[str, str, list[str]]] = []
    lines: list[Said] = []
    inner: list[str] = []
    mark = ""
    for line in body.replace("\r\n", "\n").split("\n"):
        opened = _FENCE.match(line)
        if opened and not mark:
            mark = opened[1]
        elif opened and opened[1].startswith(mark) and not line.strip().strip(mark[0]):
            mark = ""
        heading = None if mark else _HEADING.fullmatch(line)
        short = None if mark else _LINE.fullmatch(line)
        if heading:
            inner = []
            found.append((heading[2], heading[1], inner))
        elif short:
            lines.append(Said(id=short[1], severity=short[2], confidence=short[3], brief=short[4]))
        elif line.startswith("## ") and not mark:
            inner = []
        else:
            inner.append(line)
    said = [_said(id, title, "\n".join(text).strip("\n")) for id, title, text in found]
    return (*(one for one in said if one is not None), *lines)


def _topic(rule: Rule, *, by_rule: bool) -> _Topic | str:
    """Say where a page belongs, or why nowhere."""
    if rule.family in _SILENT:
        return _SILENT[rule.family]
    found = _of_code(rule) if rule.family == "code" else _of_others(rule, by_rule=by_rule)
    if by_rule and isinstance(found, _Topic):
        return found._replace(name=rule.id, title=rule.title)
    return found


def _of_code(rule: Rule) -> _Topic:
    topic = next((_TOPIC_OF[cwe] for cwe in rule.cwe if cwe in _TOPIC_OF), "")
    name, title, tags = (topic, *_WEAKNESSES[topic][:2]) if topic else _REST
    first = rule.languages[0] if rule.languages else "any"
    first = "javascript" if first in ("typescript", "tsx") else first
    languages = ("javascript", "typescript") if first == "javascript" else (first,) if first != "any" else ()
    where = f" in {_NAMES.get(first, first)}" if languages else ""
    return _Topic(f"{name}-{first}", f"{title}{where}", languages, tags)


def _of_others(rule: Rule, *, by_rule: bool) -> _Topic | str:
    if rule.family == "infra":
        word, _, rest = rule.id.partition("-")
        if word not in _CONFIGURATION:
            return _NO_LANGUAGE
        title, languages = _CONFIGURATION[word]
        part = rest.partition("-")[0] if word == "terraform" else ""
        cloud = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}.get(part, "")
        name = "docker" if word == "image" else f"terraform-{part}" if cloud else word
        return _Topic(name, f"{title}{f' for {cloud}' if cloud else ''}", languages, ("infrastructure",))
    if rule.family in _MANY and not rule.detector and not by_rule and rule.page.startswith("rules/"):
        return _FORMATS
    title, tags = _ANY.get(rule.family, (f"Rules of the family {rule.family}", ()))
    return _Topic(rule.family, title, (), tags)


def _file(topic: _Topic, members: list[Rule], *, single: bool) -> ExportFile:
    """Write a topic's file: the gravest pages first, as sections while there is room and then as lines."""
    order = ["critical", "high", "medium", "low"]
    ranked = sorted(members, key=lambda rule: (order.index(rule.severity.value), rule.id))
    always = not topic.languages
    name = f"codeguard-{1 if always else 0}-{OURS}-{topic.name}"
    sections: list[str] = []
    lines: list[str] = []
    room = len(_section(ranked[0])) if single else 0 if always else ROOM
    for rule in ranked:
        section = _section(rule)
        if lines or len(section) > room:
            lines.append(_line(rule))
        else:
            sections.append(f"\n{section}")
            room -= len(section)
    further = "\n## Further rules\n\n" if sections and lines else "\n" if lines else ""
    body = f"# {topic.title}\n\n{_INTRODUCTION}{''.join(sections)}{further}{''.join(lines)}"
    description = topic.title if single else f"{topic.title} ({len(ranked)} rules of Clearance)"
    text = compose(name, description, body, languages=topic.languages, tags=topic.tags)
    return ExportFile(name=f"{name}.md", text=text, rules=tuple(rule.id for rule in ranked), always=always)


def _section(rule: Rule) -> str:
    """Write what a page says."""
    named = "".join(f"; {one}" for one in (*rule.cwe, *rule.controls))
    facts = f"_{rule.severity.value} severity, {rule.confidence.value} confidence{named}_"
    fix = f"{_REPAIR}\n\n{rule.fix}\n" if rule.fix else ""
    return f"## {rule.title} (`{rule.id}`)\n\n{facts}\n\n{rule.brief}\n\n{rule.guidance}\n" + (f"\n{fix}" if fix else "")


def _line(rule: Rule) -> str:
    brief = " ".join(rule.brief.split())
    return f"- `{rule.id}` ({rule.severity.value} severity, {rule.confidence.value} confidence): {brief}\n"


def _said(id: str, title: str, text: str) -> Said | None:
    """Read a section back; None where it is not laid out as ours are."""
    facts, _, rest = text.partition("\n\n")
    brief, _, rest = rest.partition("\n\n")
    found = _FACTS.fullmatch(facts)
    if found is None or not brief:
        return None
    guidance, _, fix = rest.rpartition(f"\n{_REPAIR}\n") if f"\n{_REPAIR}\n" in rest else (rest, "", "")
    named = tuple(one for one in found[3].split("; ") if one)
    return Said(
        id=id, title=title, severity=found[1], confidence=found[2], named=named, brief=brief,
        guidance=guidance.strip("\n"), fix=fix.strip("\n"),
    )  # fmt: skip
