"""Reads one page: YAML front matter, guidance, and the sections Detect, Fix, Verify, Caught, Clean and Sources."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.rules.codeguard import GUIDANCE, PREFIX, read_codeguard, rule_of
from clearance.rules.frontmatter import ControlEdge, Head, nearest, read_head
from clearance.rules.model import Block, Example, Rule
from clearance.rules.placeholder import TooLong, expand
from clearance.rules.weakness import is_kind_of

MAX_PAGE = 262_144
"""Characters of the longest page that is read."""
_MAX_HEAD = 32_768
_MAX_MADE = 262_144
_MIN_EXAMPLES = 3
_MIN_OF_VOCABULARY = 1
VOCABULARY = "vocabulary"
"""The family of pages that say what names mean. They find nothing themselves, so they have no severity and no weakness."""
_SECTIONS = ("Detect", "Fix", "Verify", "Caught", "Clean", "Sources")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"[-*+] +|\d{1,3}[.)] +")
_NAME = re.compile(r"[A-Za-z0-9._@+-]+(?:/[A-Za-z0-9._@+-]+)*")
_FAMILY = re.compile(r"[a-z][a-z0-9-]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMES = {
    "batch": "example.bat", "c": "example.c", "cpp": "example.cpp", "csharp": "Example.cs", "css": "example.css",
    "diff": "example.diff", "dockerfile": "Dockerfile", "dotenv": ".env", "go": "example.go", "groovy": "example.gradle",
    "hcl": "example.tf", "html": "example.html", "ini": "example.ini", "java": "Example.java", "javascript": "example.js",
    "json": "example.json", "jsx": "example.jsx", "kotlin": "Example.kt", "makefile": "Makefile", "markdown": "example.md",
    "notebook": "example.ipynb",
    "php": "example.php", "powershell": "example.ps1", "properties": "example.properties", "python": "example.py",
    "rst": "example.rst", "ruby": "example.rb", "rust": "example.rs", "scala": "Example.scala", "shell": "example.sh",
    "sql": "example.sql", "swift": "Example.swift", "text": "example.txt", "toml": "example.toml", "tsx": "example.tsx",
    "typescript": "example.ts", "vue": "example.vue", "xml": "example.xml", "yaml": "example.yaml",
}  # fmt: skip


class _Fence(NamedTuple):
    """A fenced block: info string, text with its last line end, and the line of the page on which the text starts."""

    info: str
    text: str
    line: int


class _Section(NamedTuple):
    """The lines under a heading (fences included), its fences, and the line of the heading."""

    line: int
    lines: list[str]
    fences: list[_Fence]


def read_page(text: str, *, path: str, family: str) -> Rule:
    """Read a page. `path` names it in errors and in `Rule.page`, and its file stem must be the rule's id.

    Raises:
        BadPage: it is no rule page; `where` is `path:line`.
    """
    if family == GUIDANCE and path.rpartition("/")[2].startswith(PREFIX):
        return rule_of(read_codeguard(text, path=path), path=path)
    if _FAMILY.fullmatch(family) is None:
        raise BadPage(f"{family!r} is no name of a family", where=f"{path}:1", next="families are lower-case words")
    if len(text) > MAX_PAGE:
        raise BadPage(f"longer than {MAX_PAGE} characters", where=f"{path}:1", next="one page holds one rule: split it")
    if _SURROGATE.search(text):
        raise BadPage("not UTF-8", where=f"{path}:1", next="save the page as UTF-8")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    end = _end_of_head(lines, path)
    head = read_head("\n".join(lines[1:end]) + "\n", path=path, first_line=2)
    _check_head(head, path, family)
    guidance, sections = _split(lines, end + 1, path)
    return _rule(head, guidance, sections, path=path, family=family)


def _end_of_head(lines: Sequence[str], path: str) -> int:
    """Give the index of the line that closes the front matter."""
    if lines[0].rstrip() != "---":
        raise BadPage("no front matter", where=f"{path}:1", next="a page starts with a line `---`")
    size = 0
    for index in range(1, len(lines)):
        if lines[index].rstrip() == "---":
            return index
        size += len(lines[index]) + 1
        if size > _MAX_HEAD:
            break
    raise BadPage("the front matter does not end", where=f"{path}:1", next="close it with a line `---`")


def _check_head(head: Head, path: str, family: str) -> None:
    """Check what one key alone cannot tell: the file's name, and what only some families have."""
    keys, lines = head
    stem = path.rsplit("/", 1)[-1].removesuffix(".md")
    if keys.id != stem:
        raise BadPage(
            f"the id is {keys.id!r} and the file is called {stem!r}",
            where=f"{path}:{lines['id']}",
            next=f"call the file {keys.id}.md, or mend the id",
        )
    if family == "triggers":
        if keys.tier is None:
            raise BadPage("the key 'tier' is missing", where=f"{path}:1", next="a trigger asks for a tier from 0 to 3")
        return
    if family == VOCABULARY:
        for key in ("severity", "confidence", "cwe", "controls", "tier", "detector"):
            if key in lines:
                hint = "it finds nothing itself: take it out"
                raise BadPage(f"a vocabulary page has no {key!r}", where=f"{path}:{lines[key]}", next=hint)
        return
    if family == GUIDANCE and "detector" in lines:
        hint = "put the page into the family that detects it"
        raise BadPage("a guidance page has no detector", where=f"{path}:{lines['detector']}", next=hint)
    if keys.tier is not None:
        raise BadPage("only triggers have a tier", where=f"{path}:{lines['tier']}", next="give a severity instead")
    for key, value in (("severity", keys.severity), ("confidence", keys.confidence)):
        if value is None and family != GUIDANCE:
            raise BadPage(f"the key {key!r} is missing", where=f"{path}:1", next="every page has one")


def _split(lines: Sequence[str], start: int, path: str) -> tuple[str, dict[str, _Section]]:
    """Cut the body at its `## ` headings; fences as in CommonMark 0.31, section 4.5, but each must be closed."""
    guidance = _Section(start, [], [])
    sections: dict[str, _Section] = {}
    current = guidance
    index = start
    while index < len(lines):
        line = lines[index]
        opened = _FENCE.match(line)
        if opened and not (opened[2][0] == "`" and "`" in opened[3]):
            after = _closing(lines, index, opened, path)
            current.fences.append(_fence(lines, index, after - 1, opened))
            current.lines.extend(lines[index:after])
            index = after
            continue
        if line.startswith("## "):
            name = line[3:].strip()
            if name not in _SECTIONS:
                raise BadPage(f"unknown section {name[:80]!r}", where=f"{path}:{index + 1}", next=nearest(name, _SECTIONS))
            if name in sections:
                raise BadPage(f"the section {name} stands twice", where=f"{path}:{index + 1}", next="join the two")
            current = sections[name] = _Section(index + 1, [], [])
        else:
            current.lines.append(line)
        index += 1
    return "\n".join(guidance.lines).strip(), sections


def _closing(lines: Sequence[str], index: int, opened: re.Match[str], path: str) -> int:
    """Give the index after the line that closes a fence."""
    mark = opened[2]
    for at in range(index + 1, len(lines)):
        closing = lines[at].strip()
        if (
            closing.startswith(mark)
            and closing == mark[0] * len(closing)
            and len(lines[at]) - len(lines[at].lstrip(" ")) <= 3
        ):
            return at + 1
    raise BadPage("a fenced block is not closed", where=f"{path}:{index + 1}", next=f"close it with a line {mark}")


def _fence(lines: Sequence[str], index: int, closing: int, opened: re.Match[str]) -> _Fence:
    """Take a fence's text, without the indentation that the fence itself has."""
    indent = len(opened[1])
    inner = [line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines[index + 1 : closing]]
    return _Fence(" ".join(opened[3].split()), "".join(f"{line}\n" for line in inner), index + 2)


def _rule(head: Head, guidance: str, sections: dict[str, _Section], *, path: str, family: str) -> Rule:
    """Put the parts together."""
    keys = head.keys
    if not guidance:
        raise BadPage("no guidance", where=f"{path}:1", next="say after the front matter what to do instead, and why")
    detect = _detect(sections.get("Detect"), path)
    if family == GUIDANCE:
        _refuse_checks(sections, path)
    elif not detect and not keys.detector:
        raise BadPage("nothing detects this", where=f"{path}:1", next="write a section `## Detect`, or the key `detector`")
    edges = _edges(head, path, family)
    return Rule(
        id=keys.id,
        family=family,
        title=keys.title,
        severity=keys.severity or Severity.LOW,
        confidence=keys.confidence or Confidence.MEDIUM,
        brief=keys.brief,
        guidance=guidance,
        page=path,
        languages=keys.languages,
        cwe=keys.cwe,
        controls=tuple(edge.to for edge in edges[len(keys.cwe) :] if edge.rel is not Relation.NO_RELATIONSHIP),
        edges=edges,
        detect=detect,
        detector=keys.detector,
        options=keys.options,
        tier=keys.tier,
        fix="\n".join(sections["Fix"].lines).strip() if "Fix" in sections else "",
        verify=_verify(sections.get("Verify"), path, family),
        caught=_examples("Caught", sections, keys.id, path, family),
        clean=_examples("Clean", sections, keys.id, path, family),
        sources=_items(sections["Sources"].lines) if "Sources" in sections else (),
        advisory=family == GUIDANCE,
    )


def _refuse_checks(sections: dict[str, _Section], path: str) -> None:
    """Raise BadPage where a page that nothing checks has a section that a check would run."""
    for name in ("Detect", "Verify", "Caught", "Clean"):
        if name in sections:
            hint = "show code as part of the guidance, or put the page into the family that detects it"
            raise BadPage(f"a guidance page has no section {name}", where=f"{path}:{sections[name].line}", next=hint)


def _is_part_of(weakness: str, named: Sequence[str]) -> bool:
    """Tell whether what a page finds is a part of a weakness. Each hit is an instance of one of those that the page names:
    all must be kinds of it, or it comes first, and the others say the same in general."""
    general = weakness == named[0] and all(is_kind_of(weakness, each) for each in named)
    return general or all(is_kind_of(each, weakness) for each in named)


def _edges(head: Head, path: str, family: str) -> tuple[Edge, ...]:
    """Spell out what the page claims."""
    keys, lines = head
    of = f"{'trigger' if family == 'triggers' else 'rule'}:{keys.id}"
    rel, source, sure, note = Relation.SUBSET_OF, "the page's examples", Confidence.MEDIUM, ""
    if family == GUIDANCE:
        rel, source = Relation.INTERSECTS_WITH, "the page's words: nothing looks for it"
    elif family == "triggers":
        rel, source, sure = Relation.INTERSECTS_WITH, "the page's words", Confidence.LOW
        note = "a reviewer is asked to look; nothing is checked"
    weak = [
        Edge(
            of=of,
            to=cwe,
            rel=rel if _is_part_of(cwe, keys.cwe) else Relation.INTERSECTS_WITH,
            where=f"{path}:{lines.get('cwe', 1)}",
            source=source,
            confidence=sure,
            note=note,
        )
        for cwe in keys.cwe
    ]
    written = [edge if isinstance(edge, ControlEdge) else ControlEdge(edge) for edge in keys.controls]
    named = [
        Edge(
            of=of, to=edge.to, rel=edge.rel, by=edge.by, source=edge.source, confidence=edge.confidence, note=edge.note,
            at_most=edge.at_most,
            where=f"{path}:{lines.get(f'controls[{number}]', lines.get('controls', 1))}",
        )
        for number, edge in enumerate(written)
    ]  # fmt: skip
    return (*weak, *named)


def _detect(section: _Section | None, path: str) -> tuple[Block, ...]:
    """Read the blocks of `## Detect`; the engine is the whole info string, white space folded."""
    blocks = []
    for fence in section.fences if section else ():
        if not fence.info:
            raise BadPage(
                "a block of Detect names no engine", where=f"{path}:{fence.line - 1}", next="write it after the fence"
            )
        blocks.append(Block(engine=fence.info, text=fence.text, line=fence.line))
    return tuple(blocks)


def _verify(section: _Section | None, path: str, family: str) -> Block | None:
    """Read the one block of `## Verify`."""
    if section is None:
        return None
    if family != "secrets" or len(section.fences) != 1 or section.fences[0].info != "toml":
        raise BadPage(
            "Verify holds one block of TOML, on pages of the family secrets",
            where=f"{path}:{section.line}",
            next="see docs/reference/detect-secrets.md",
        )
    fence = section.fences[0]
    return Block(engine="verify", text=fence.text, line=fence.line)


def _examples(name: str, sections: dict[str, _Section], rule: str, path: str, family: str) -> tuple[Example, ...]:
    """Read the blocks of `## Caught` or `## Clean`."""
    section = sections.get(name)
    fences = section.fences if section else []
    least = 0 if family == GUIDANCE else _MIN_OF_VOCABULARY if family == VOCABULARY else _MIN_EXAMPLES
    if len(fences) < least:
        line = section.line if section else 1
        raise BadPage(
            f"{len(fences)} of at least {least} examples under {name}",
            where=f"{path}:{line}",
            next=f"write fenced examples under `## {name}`",
        )
    left = _MAX_MADE
    examples = []
    for fence in fences:
        if not fence.text.strip():
            raise BadPage("an empty example", where=f"{path}:{fence.line - 1}", next="write one, or take it out")
        language, file = _info(fence, path)
        try:
            text = expand(fence.text, seed=f"{rule}:{fence.line}", limit=left)
        except TooLong:
            raise BadPage(
                "the placeholders ask for too much text", where=f"{path}:{fence.line}", next="ask for less"
            ) from None
        left -= max(0, len(text) - len(fence.text))
        examples.append(Example(name=file, text=text, line=fence.line, is_diff=language == "diff"))
    return tuple(examples)


def _info(fence: _Fence, path: str) -> tuple[str, str]:
    """Read the info string of an example: the language, and the file name that it is judged under."""
    where = f"{path}:{fence.line - 1}"
    language, *rest = fence.info.split(" ")
    file = _NAMES.get(language, "")
    if rest:
        key, _, file = rest[0].partition("=")
        if len(rest) > 1 or key != "file":
            raise BadPage(
                f"{' '.join(rest)[:80]!r} after the language", where=where, next="only `file=NAME` may stand there"
            )
        if _NAME.fullmatch(file) is None or {"..", ".", ".git"} & set(file.lower().split("/")):
            raise BadPage(
                f"{file[:80]!r} is no name for an example", where=where, next="a relative path inside a repository"
            )
    elif not file:
        raise BadPage(f"no language {language[:80]!r}", where=where, next=nearest(language, _NAMES) + "; or add `file=NAME`")
    return language, file


def _items(lines: Sequence[str]) -> tuple[str, ...]:
    """Read a list's items, or paragraphs where there is no list; each becomes one line."""
    items: list[list[str]] = []
    fresh = True
    for line in lines:
        bullet = _ITEM.match(line)
        if not line.strip():
            fresh = True
        elif bullet or (fresh and not line.startswith(" ")) or not items:
            items.append([line[bullet.end() if bullet else 0 :].strip()])
            fresh = False
        else:
            items[-1].append(line.strip())
    return tuple(" ".join(item) for item in items)
