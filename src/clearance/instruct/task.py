"""Rules for a task, by the files that it touches and by what it is about, within a budget: what an assistant asks for."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from clearance.facts.fact import Fact
from clearance.instruct.choose import fill
from clearance.instruct.model import BUDGET, Candidate, Situation
from clearance.instruct.rank import bound_to, candidates
from clearance.instruct.scopes import BY_NAME, scope_of_path
from clearance.instruct.text import UNCHECKED
from clearance.instruct.tokens import tokens
from clearance.rules.model import Rule

_WORD = re.compile(r"[a-z][a-z0-9]{2,}")
_MANIFEST = re.compile(
    r"(?i)(?:^|/)(?:package(?:-lock)?\.json|[\w-]*requirements[\w-]*\.txt|pyproject\.toml|pipfile(?:\.lock)?|go\.mod|pom\.xml"
    r"|build\.gradle(?:\.kts)?|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|setup\.(?:py|cfg)|dockerfile)$"
)
_FILES = 200
_TASK = 4_000
_LEAST = 200
_COMMON_WORDS = """
    add and any are build but can change code create data does file files fix for from function get has have implement
    into its make module new not now one our out page project put read return set should some test tests that the them
    then there this update use user using value when which with write you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_MEANS = {
    "auth": "authentication authorization login session token password role route",
    "login": "password session cookie attempt token",
    "api": "route request cors token",
    "endpoint": "route request body authorization",
    "upload": "upload file path extension archive",
    "download": "path url fetch file",
    "table": "sql query",
    "database": "sql query statement",
    "db": "sql query statement",
    "query": "sql",
    "html": "html escape template",
    "render": "html template escape",
    "shell": "shell command argument",
    "subprocess": "shell command argument",
    "webhook": "webhook signature",
    "crypto": "cipher key nonce hash",
    "encrypt": "cipher key nonce",
    "email": "mail header html",
    "redirect": "redirect url host",
    "fetch": "ssrf url address host",
    "preview": "ssrf url address host",
    "url": "ssrf address host",
    "parse": "deserialize parser",
    "log": "log secret",
    "llm": "model prompt agent",
    "agent": "model prompt agent tool",
    "deploy": "image secret permission",
    "docker": "image root secret",
}
"""What else a word of a task is about."""


class Suggestion(Fact):
    """One rule for the task: its brief as one harmless line, and why it is there."""

    id: str
    brief: str
    severity: str
    why: str
    scope: str
    tokens: int


class Guidance(Fact):
    """Rules for a task, the most important first. `text` is all of them as Markdown (`tokens` long), `scopes` what the
    files are about, `left_out` how many more apply."""

    rules: tuple[Suggestion, ...]
    text: str
    tokens: int
    scopes: tuple[str, ...]
    left_out: int


def guidance(
    rules: Iterable[Rule], situation: Situation, files: Sequence[str], task: str = "", budget: int = BUDGET
) -> Guidance:
    """Choose the rules for files (paths below the top, which need not exist) and a task in words. Without files that are
    known the scopes of the repository count. Words of the task that a page shares raise it."""
    known = {rule.id: rule for rule in rules}
    found = candidates(known.values(), situation)
    named = dict.fromkeys(scope for path in files[:_FILES] if (scope := scope_of_path(path.replace("\\", "/"))))
    installs = any(_MANIFEST.search(path) for path in files[:_FILES])
    here = () if installs else tuple(scope for scope in situation.scopes if found.get(scope))[:4]
    scopes = tuple(named) or here
    pool = [one for scope in (*scopes, "") for one in found.get(scope, ())]
    said = {one.rule: _said(known[one.rule]) for one in pool if one.rule}
    worth = _worth(_words(task[:_TASK]), said.values())
    weighed = [(-_weight(one, said, worth, installs=installs), -one.breadth, one.rule, one) for one in pool]
    ordered = _once(one for *_, one in sorted(weighed, key=lambda each: each[:3]))
    heading = "Security rules for this task, the most important first:\n"
    ending = "`clearance rules show ID` or the tool `explain` tells all of a rule. Run `clearance check` when done.\n"
    apart = f"{UNCHECKED}:\n" if any(one.unchecked for one in ordered) else ""
    room = max(budget, _LEAST) - tokens(heading) - tokens(apart) - tokens(ending)
    shown = [_with_id(one) for one in ordered]
    chosen = fill(shown, room, 1_000_000)
    ours = "".join(one.text for one in chosen.taken if not one.unchecked)
    others = "".join(one.text for one in chosen.taken if one.unchecked)
    text = heading + ours + ending + (apart + others if others else "")
    made = tuple(
        Suggestion(
            id=one.rule,
            brief=one.text.removeprefix("- ").rstrip().removesuffix(f" [{one.rule}]"),
            severity=known[one.rule].severity.value if one.rule in known else "critical",
            why=one.why,
            scope=one.scope,
            tokens=one.tokens,
        )
        for one in chosen.taken
    )
    return Guidance(
        rules=made, text=text, tokens=tokens(text), scopes=tuple(BY_NAME[scope].title for scope in scopes),
        left_out=len(chosen.left),
    )  # fmt: skip


def _once(found: Iterable[Candidate]) -> list[Candidate]:
    """Keep the first of those that say the same."""
    return list({one.text: one for one in reversed(list(found))}.values())[::-1]


def _with_id(one: Candidate) -> Candidate:
    """Put the id behind the brief, so that more can be asked for."""
    if not one.rule:
        return one
    text = f"{one.text.rstrip()} [{one.rule}]\n"
    return replace(one, text=text, tokens=tokens(text))


def _words(text: str) -> frozenset[str]:
    """Give the telling words of a task, with what else they are about."""
    said = {_stem(word) for word in _WORD.findall(text.lower()) if word not in _COMMON}
    return frozenset(said | {more for word in said for more in _MEANS.get(word, "").split()})


def _said(rule: Rule) -> frozenset[str]:
    """Give the words that a page says of itself."""
    words = _WORD.findall(f"{rule.id} {rule.title} {rule.brief} {rule.guidance[:_TASK]}".lower())
    return frozenset(map(_stem, words)) | bound_to(rule)


def _stem(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _worth(words: frozenset[str], pages: Iterable[frozenset[str]]) -> dict[str, float]:
    """Say what a word is worth: the fewer pages share it, the more."""
    shared: dict[str, int] = {}
    for page in pages:
        for word in page & words:
            shared[word] = shared.get(word, 0) + 1
    return {word: 1.5 if count <= 3 else 0.8 if count <= 8 else 0.3 for word, count in shared.items()}


def _weight(one: Candidate, said: Mapping[str, frozenset[str]], worth: Mapping[str, float], *, installs: bool) -> float:
    """Weigh a candidate for a task: by the words that it shares, those of its id twice. What holds everywhere counts half
    beside rules for the files at hand, and what is about packages twice where a manifest is touched."""
    part = 1.0 if one.scope or not one.rule or one.team else 2.0 if one.family == "packages" and installs else 0.5
    named = set(map(_stem, one.rule.split("-")))
    shared = sum(worth.get(word, 0.0) * (2 if word in named else 1) for word in said.get(one.rule, ()))
    return one.weight * part * (1 + min(8.0, 2 * shared))
