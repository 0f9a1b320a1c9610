"""Project CodeGuard's rule files, as pages that say something and check nothing.

A file is named `codeguard-<topic>.md`, begins with front matter of four keys, and goes on in Markdown. It lies among the
pages of a team as its author wrote it, byte for byte; what is read from it stands beside the text and never instead of it,
so writing gives back what was read. Format: Project CodeGuard 1.4 (`parse_frontmatter_and_content`,
`validate_unified_rules.py`). What its reader refuses is refused here, too, and so is what it takes in silence: unknown keys,
keys that stand twice, anchors.
"""

import re
from typing import Annotated, NamedTuple

import msgspec
import yaml

from clearance.facts.errors import BadPage
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence, Severity
from clearance.facts.text import visible
from clearance.rules.frontmatter import nearest, plain_yaml
from clearance.rules.guidance import without_commands
from clearance.rules.model import Rule

GUIDANCE = "guidance"
"""The family of pages that nothing checks."""
PREFIX = "codeguard-"
"""How the names of CodeGuard's files begin; CodeGuard passes all others over."""
LONGEST = 262_144
"""Characters of the longest file that is read."""
TAGS = frozenset({"authentication", "data-security", "infrastructure", "privacy", "secrets", "web"})
"""Tags that every version of CodeGuard's validator knows."""
_LANGUAGE_WORDS = """
    agda apex astro c c++ cairo clojure coq cpp cuda d dart docker elixir elm erlang fsharp glsl go handlebars hcl hlsl html
    idris java javascript julia kotlin latex lean liquid lua markdown matlab mdx nim ocaml opencl perl php powershell
    purescript python r ruby rust scala shell solidity sql svelte sway swift typescript verilog vhdl vlang vue vyper wgsl xml
    yaml zig
"""
LANGUAGES = frozenset(_LANGUAGE_WORDS.split())
"""Names of languages that CodeGuard maps to files."""
_MAX_HEAD = 32_768
_BRIEF = 240
_KEYS = ("description", "languages", "tags", "alwaysApply")
_STEM = re.compile(r"codeguard-[a-z0-9](?:[a-z0-9-]{0,100}[a-z0-9])?")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCE = re.compile(r"(?s)(.{20,}?[.!])(?:\s|$)")
_MARK = re.compile(r"^(?:[-*+•]|\d{1,3}[.)])\s+|^>\s*")


class CodeGuardRule(Fact):
    """One file. `head` is its text up to and with the line that closes the front matter, `body` all the rest; the other
    fields are what the head says: languages and tags in lower case, each once. `unknown_tags` are those that no version of
    CodeGuard's own validator has to know."""

    id: str
    description: str
    head: str
    body: str
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    always: bool = False

    @property
    def unknown_tags(self) -> tuple[str, ...]:
        """The tags outside of `TAGS`."""
        return tuple(tag for tag in self.tags if tag not in TAGS)

    @property
    def critical(self) -> bool:
        """Whether the name says tier 1, which CodeGuard calls critical."""
        return self.id.startswith(f"{PREFIX}1-")


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """The front matter with the types that YAML gives its values."""

    description: str
    languages: list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]] | None = None
    tags: list[Annotated[str, msgspec.Meta(pattern=r"^\S{1,64}\Z")]] | msgspec.UnsetType = msgspec.UNSET
    always: bool = msgspec.field(name="alwaysApply", default=False)


class _Parts(NamedTuple):
    """A file cut at its marks: raw text up to and with the closing one, the YAML between them, the rest."""

    head: str
    yaml: str
    body: str


def read_codeguard(text: str, *, path: str) -> CodeGuardRule:
    """Read a file; `path` names it in errors, and its last part is the file's name. Bytes that are no UTF-8 are expected as
    lone surrogates.

    Raises:
        BadPage: CodeGuard would not take it, or not all of it; `where` is `path:line`.
    """
    stem = path.rpartition("/")[2].removesuffix(".md")
    if not path.endswith(".md") or _STEM.fullmatch(stem) is None:
        hint = "codeguard-0-logging.md: lower-case letters, digits and hyphens"
        raise BadPage("not named as CodeGuard names its rules", where=f"{path}:1", next=hint)
    if len(text) > LONGEST:
        raise BadPage(f"longer than {LONGEST:,} characters", where=f"{path}:1", next="one file holds one topic: split it")
    strange = _SURROGATE.search(text)
    if strange:
        raise BadPage("not UTF-8", where=f"{path}:{_line(text, strange.start())}", next="save the file as UTF-8")
    parts = _cut(text, path)
    keys = _keys(parts.yaml, path)
    if not parts.body.strip():
        raise BadPage(
            "nothing stands after the front matter", where=f"{path}:{_line(text, len(parts.head))}", next="write it"
        )
    return CodeGuardRule(
        id=stem,
        description=keys.description,
        head=parts.head,
        body=parts.body,
        languages=tuple(dict.fromkeys(language.lower() for language in keys.languages or ())),
        tags=tuple(dict.fromkeys(tag.lower() for tag in keys.tags or ())),
        always=keys.always,
    )


def write_codeguard(rule: CodeGuardRule) -> str:
    """Give the text of the file that was read."""
    return rule.head + rule.body


def rule_of(file: CodeGuardRule, *, path: str) -> Rule:
    """Give the file as a rule that nothing checks. CodeGuard states neither severity nor confidence: what it calls critical
    counts as high and all else as medium, and confidence is low because nothing looks."""
    title = _one_line(file.description)
    said = _first_sentence(file.body)
    return Rule(
        id=file.id,
        family=GUIDANCE,
        title=title,
        severity=Severity.HIGH if file.critical else Severity.MEDIUM,
        confidence=Confidence.LOW,
        brief=_one_line(without_commands(f"{title.rstrip('.')}: {said}" if said else title)),
        guidance="\n".join(_LINE_END.split(file.body)).strip(),
        page=path,
        languages=file.languages,
        advisory=True,
    )


def compose(id: str, description: str, body: str, *, languages: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> str:
    """Write a file anew, with the front matter laid out as CodeGuard's own files have it. Without languages it always
    applies. `description` and `body` are text of ours; `body` is Markdown.

    Raises:
        BadPage: what was made is no CodeGuard file.
    """
    fields: dict[str, object] = {"description": description, "languages": list(languages)}
    if tags:
        fields["tags"] = list(tags)
    fields["alwaysApply"] = not languages
    # Some white space does not come back as it was written; escapes do.
    for plainly in (True, False):
        head = yaml.safe_dump(fields, sort_keys=False, allow_unicode=plainly)
        text = f"---\n{head}---\n\n{body.strip()}\n"
        if read_codeguard(text, path=f"{id}.md").description == description:
            return text
    raise BadPage("a description that YAML cannot hold", where=f"{id}.md:2", next="leave out what cannot be seen")


def _cut(text: str, path: str) -> _Parts:
    """Cut at the marks as CodeGuard's reader does, for which each kind of line end is one."""
    if text.startswith("\ufeff"):
        hint = "save it as UTF-8 without the mark; CodeGuard's reader stumbles over it"
        raise BadPage("a byte order mark stands before the front matter", where=f"{path}:1", next=hint)
    begun = _LINE_END.search(text)
    if begun is None or text[: begun.start()] != "---":
        raise BadPage("no front matter", where=f"{path}:1", next="a file starts with a line `---` and nothing else on it")
    start = at = begun.end()
    for end in _LINE_END.finditer(text, start):
        if text[at : end.start()] == "---":
            inner = "\n".join(_LINE_END.split(text[start:at]))
            return _Parts(text[: end.end()], inner, text[end.end() :])
        at = end.end()
        if at - start > _MAX_HEAD:
            break
    hint = "close it with a line `---`, without blanks, and a line end after it"
    raise BadPage("the front matter does not end", where=f"{path}:1", next=hint)


def _keys(head: str, path: str) -> _Head:
    """Decode the front matter: first as plain YAML with the lines of its keys, which leaves nothing that could grow, then
    with the types that CodeGuard's YAML reader gives."""
    values, lines = plain_yaml(head, path=path, first_line=2)
    for key in values:
        if key not in _KEYS:
            raise BadPage(f"unknown key {key!r}", where=f"{path}:{lines[key]}", next=nearest(key, _KEYS))
    if "description" not in values:
        raise BadPage("the key 'description' is missing", where=f"{path}:1", next="every rule has one")
    try:
        keys = msgspec.convert(yaml.safe_load(head), _Head)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _explain(error, path, lines) from None
    _check(keys, path, lines)
    return keys


def _check(keys: _Head, path: str, lines: dict[str, int]) -> None:
    """Check what the type of one key cannot say."""
    if not keys.description.strip():
        raise BadPage("the description is empty", where=f"{path}:{lines['description']}", next="say what it is about")
    if keys.always and keys.languages:
        hint = "take the languages out, or write alwaysApply: false"
        raise BadPage("a rule that always applies names languages", where=f"{path}:{lines['languages']}", next=hint)
    if not keys.always and not keys.languages:
        hint = "name the languages, or write alwaysApply: true"
        raise BadPage("a rule for no language", where=f"{path}:{lines.get('languages', 1)}", next=hint)
    if keys.tags is not msgspec.UNSET and not keys.tags:
        raise BadPage("an empty list of tags", where=f"{path}:{lines['tags']}", next="leave the key out")


def _explain(error: Exception, path: str, lines: dict[str, int]) -> BadPage:
    """Say which key is of the wrong kind, and on which line."""
    hints = {
        "description": "one text; put it in quotes",
        "languages": "a list of names, each a text",
        "tags": "a list of words without blanks",
        "alwaysApply": "true or false, without quotes",
    }
    place = str(error).partition(" - at ")[2]
    full = place.strip("`").removeprefix("$.").removeprefix("$")
    key = full.partition("[")[0]
    if isinstance(error, msgspec.ValidationError) and key in hints:
        return BadPage(f"{key}: of the wrong kind", where=f"{path}:{_nearest_line(full, lines)}", next=hints[key])
    return BadPage("a value that YAML cannot give a type", where=f"{path}:2", next="put it in quotes")


def _nearest_line(full: str, lines: dict[str, int]) -> int:
    """Find the line of an entry: msgspec names entries of a list `[...]`, so only the key is sure."""
    return lines.get(full, lines.get(full.partition("[")[0], 1))


def _line(text: str, at: int) -> int:
    return len(_LINE_END.findall(text, 0, at)) + 1


def _one_line(text: str) -> str:
    """Make one line that can be shown; nothing in it moves or hides what stands beside it."""
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= _BRIEF else f"{shown[: _BRIEF - 3]}..."


def _first_sentence(body: str) -> str:
    """Give the first sentence of prose or of a list, without its marks; empty where there is only code and headings."""
    fenced = False
    for raw in _LINE_END.split(body[:LONGEST]):
        one = raw.strip()
        if one.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if fenced or not one or one.startswith(("#", "|", "rule_id:", "<!--", "---")):
            continue
        plain = _MARK.sub("", one).replace("**", "").replace("__", "")
        if len(plain) < 20 or plain.endswith(":"):
            continue
        found = _SENTENCE.match(plain[: 4 * _BRIEF])
        return found[1] if found else plain[:_BRIEF]
    return ""
