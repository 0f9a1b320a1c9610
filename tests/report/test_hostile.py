"""Whatever a change is called and holds, a report of it is well-formed, harmless, and fits."""

import html.parser
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from markdown_it import MarkdownIt
from wcwidth import wcswidth

from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Change, ChangeKind, FileChange, Revision, Tree
from clearance.facts.decision import Decision, Ran, Reason, ReviewNeed, Verdict
from clearance.facts.fact import plain
from clearance.facts.finding import (
    Aside,
    Confidence,
    Excerpt,
    Finding,
    Gap,
    GapKind,
    Look,
    Origin,
    Place,
    Secret,
    Severity,
    Step,
)
from clearance.facts.outcome import SCHEMA, Outcome, Receipt, RuleInfo
from clearance.facts.risk import Risk
from clearance.report.document import _mended
from clearance.report.formats.markdown import LIMIT, MARKER
from clearance.report.markup import code, prose
from clearance.report.schema import outcome_schema
from clearance.report.wording import worst_first

Write = Callable[..., str]
SCHEMAS = Path(__file__).parent / "schemas"
SARIF = Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
GITLAB = Draft202012Validator(json.loads((SCHEMAS / "gitlab-sast-15.2.4.json").read_text(encoding="utf-8")))
OUTCOME = Draft202012Validator(outcome_schema())

COMMANDS = (
    "\x1b[31m", "\x9b2J", "\x07", "\r", "\n", "\n/close", "/merge", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\x00",
    "\U000e0041", "\ud800", "@everyone", "a@b.example", "#12", "!12", "owner/repo#1", ":tada:", "~label", "$1", "%1", "&1",
    "[[page]]", "[x](https://evil.example)", "![x](https://evil.example/x.png)", "<img src=x onerror=y>", "<script>",
    "</details>", "<!--", "-->", "`", "```", "````", "~~~", "|", "\\|", "\\", "**", "__", "www.evil.example", "{0}", "{{",
    "[a](1)", "https://evil.example", "&lt;", "&#64;x", "# x", "- x", "1. x", "> x", "---", "===", "語", "e\u0301", "\t",
    " ", "deadbeef1", "GH-1", "javascript:x", "%2e%2e", "..", ":", "://", "//x", "\x7f", "\u206a", "\u00ad", "ftp://x",
    "mailto:x", "(deadbeef1", "❤\ufe0f", "\u094da", "\xa0",
)  # fmt: skip
WORDS = st.one_of(st.text(max_size=8), st.sampled_from(COMMANDS), st.sampled_from(["name", "value,", "(a", "b)", "is"]))
TEXT = st.lists(WORDS, max_size=6).map("".join) | st.lists(WORDS, max_size=6).map(" ".join)
LINE = st.integers(0, 10**6)
PLACES = st.builds(Place, path=TEXT, line=LINE, column=st.integers(1, 300), end_line=LINE, end_column=st.integers(0, 300))
FINDINGS = st.builds(
    Finding,
    rule=TEXT,
    family=TEXT,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    place=PLACES,
    message=TEXT,
    fingerprint=TEXT,
    introduced=st.booleans(),
    fix=TEXT,
    cwe=st.lists(st.sampled_from(["CWE-89", "CWE-7", "89", "nonsense", "CWE-@x"]), max_size=3).map(tuple),
    controls=st.lists(TEXT, max_size=3).map(tuple),
    steps=st.lists(st.builds(Step, place=PLACES, message=TEXT), max_size=3).map(tuple),
    excerpt=st.none() | st.builds(Excerpt, first=st.integers(1, 10**6), lines=st.lists(TEXT, max_size=3).map(tuple)),
    secret=st.none()
    | st.builds(
        Secret,
        fingerprint=st.sampled_from(["", "ab" * 16]) | TEXT,
        entropy=st.floats(0, 8),
        tail=TEXT,
        disguise=TEXT,
        personal=st.booleans(),
    ),
    origin=st.none() | st.builds(Origin, commit=TEXT, date=TEXT, standing=st.booleans()),
)
ASIDES = st.builds(Aside, rule=TEXT, place=PLACES, reason=st.sampled_from(Look), introduced=st.booleans())
COUNTS = st.dictionaries(st.sampled_from([reason.value for reason in Look]), st.integers(0, 10**6), max_size=3)
RULES = st.builds(
    RuleInfo,
    id=TEXT,
    family=TEXT,
    title=TEXT,
    severity=st.sampled_from([one.value for one in Severity]),
    confidence=st.sampled_from([one.value for one in Confidence]),
    brief=TEXT,
    help=TEXT,
    fix=TEXT,
    cwe=st.just(("CWE-79",)),
    controls=st.lists(TEXT, max_size=30).map(tuple),
    link=TEXT | st.sampled_from(["https://good.example/rules/a-b.html", "https://good.example/a)[b](c"]),
)
GAPS = st.builds(
    Gap,
    scanner=st.sampled_from(["code", "all", "secrets"]) | TEXT,
    path=TEXT,
    kind=st.sampled_from(GapKind),
    detail=TEXT,
    introduced=st.booleans(),
)
DECISIONS = st.builds(
    Decision,
    verdict=st.sampled_from(Verdict),
    reasons=st.lists(st.builds(Reason, policy=TEXT, verdict=st.sampled_from(Verdict), why=TEXT, fix=TEXT), max_size=3).map(
        tuple
    ),
    reviews=st.lists(
        st.builds(ReviewNeed, role=st.just("reviewer"), people=st.integers(1, 3), because=TEXT), max_size=2
    ).map(tuple),
    policies=TEXT,
    case=TEXT,
)


CHANGES = st.builds(
    Change,
    source=st.sampled_from(["working-tree", "range", "patch", "directory"]),
    base=st.none() | st.builds(Revision, label=TEXT, commit=st.none() | TEXT),
    head=st.builds(Revision, label=TEXT),
    tree=st.builds(Tree, kind=st.just("git-tree"), sha256=TEXT),
    files=st.lists(
        st.builds(FileChange, path=TEXT, kind=st.sampled_from(ChangeKind), added=st.just(((1, 3),))), max_size=2
    ).map(tuple),
    author=st.builds(
        Authorship,
        author=st.builds(Actor, name=TEXT, kind=st.sampled_from(ActorKind)),
        evidence=st.sampled_from(Evidence),
        detail=TEXT,
    ),
)
RISKS = st.builds(
    Risk,
    tier=st.integers(0, 3),
    triggers=st.just(()),
    size=LINE,
    unknown_lines=LINE,
    reasons=st.lists(TEXT, max_size=4).map(tuple),
)
OUTCOMES = st.builds(
    Outcome,
    schema=st.just(SCHEMA),
    version=TEXT,
    change=CHANGES,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    gaps=st.lists(GAPS, max_size=3).map(tuple),
    ran=st.lists(
        st.builds(Ran, scanner=st.sampled_from(["code", "secrets"]), files=LINE, findings=LINE, gaps=LINE), max_size=2
    ).map(tuple),
    rules=st.lists(RULES, max_size=2).map(tuple),
    catalogue=TEXT,
    asides=st.lists(ASIDES, max_size=3).map(tuple),
    more_asides=LINE,
    set_aside=COUNTS,
    risk=st.none() | RISKS,
    decision=st.none() | DECISIONS,
    receipt=st.none() | st.builds(Receipt, digest=TEXT, index=LINE, log=TEXT, key=TEXT),
)
"""Outcomes in which each text that may come from outside is made to do harm."""


@st.composite
def described(draw: st.DrawFn) -> Outcome:
    """A hostile outcome some of whose rules are described."""
    outcome = draw(OUTCOMES)
    known = zip(outcome.rules, outcome.findings, strict=False)
    return msgspec.structs.replace(
        outcome, rules=tuple(msgspec.structs.replace(rule, id=finding.rule) for rule, finding in known)
    )


OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(outcome=described(), width=st.integers(40, 120), unicode=st.booleans(), show_all=st.booleans())
def test_nothing_commands_the_terminal_and_no_line_is_too_wide(
    write: Write, outcome: Outcome, *, width: int, unicode: bool, show_all: bool
) -> None:
    text = write("text", outcome, width=width, unicode=unicode, show_all=show_all)
    assert not OBEYED.search(text)
    assert text.endswith("\n")
    assert unicode or text.isascii()
    for line in text.splitlines():
        assert wcswidth(line) <= width


@MANY
@given(outcome=described())
def test_colour_sequences_are_ours_alone(write: Write, outcome: Outcome) -> None:
    bare = re.sub(r"\x1b\[[0-9;]+m", "", write("text", outcome, color=True))
    assert [line.rstrip(" ") for line in bare.split("\n")] == write("text", outcome).split("\n")


class Page(html.parser.HTMLParser):
    """Gathers what a rendered comment would do: its tags, its links, and the text that a forge looks for references in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.prose: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        self.prose.append("")
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert {name for name, _ in attrs} <= {"href"}

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.open
        while self.open.pop() != tag:
            pass
        self.prose.append("")

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.prose[-1] += data


HARMLESS_TAGS = {
    "h3",
    "p",
    "code",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "pre",
    "ul",
    "ol",
}
HARMLESS_TAGS |= {"li", "strong"}
REFERENCE = re.compile(r"@\w|[#!~$%&]\d|:\w+:|\[\[|://|\bwww\.|\bGH-\d|mailto:|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def page_of(comment: str) -> Page:
    page = Page()
    page.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(comment))
    page.close()
    return page


def judge_comment(comment: str, outcome: Outcome) -> None:
    assert not OBEYED.search(comment.replace("\t", ""))
    assert not re.search(r"^\s*/", comment, re.MULTILINE)
    page = page_of(comment)
    assert page.tags <= HARMLESS_TAGS
    assert page.open == []
    assert page.comments == [MARKER.removeprefix("<!--").removesuffix("-->")]
    assert set(page.links) <= {info.link for info in outcome.rules if info.link.startswith("https://")}
    for words in page.prose:
        assert not REFERENCE.search(words), words


@MANY
@given(outcome=described(), show_all=st.booleans())
def test_a_comment_is_read_and_does_nothing(write: Write, outcome: Outcome, *, show_all: bool) -> None:
    comment = write("markdown", outcome, show_all=show_all)
    assert len(comment) <= LIMIT
    judge_comment(comment, outcome)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_in_each_text_of_a_comment_does_nothing(
    write: Write, outcomes: dict[str, Outcome], command: str
) -> None:
    denied = outcomes["denied"]
    finding = msgspec.structs.replace(
        denied.introduced[0],
        rule=command,
        message=f"a {command} b{command}c",
        fix=f"{command}",
        place=Place(path=f"x/{command}", line=1),
        excerpt=Excerpt(first=1, lines=("```", command, "/close", "</details>")),
        steps=(Step(place=Place(path=command, line=1), message=command),),
    )
    outcome = msgspec.structs.replace(
        denied,
        findings=(finding,),
        gaps=(Gap(scanner="code", path=command, kind=GapKind.CRASH, detail=command),),
        change=msgspec.structs.replace(denied.change, base=Revision(label=command), head=Revision(label=command)),
    )
    judge_comment(write("markdown", outcome), outcome)


def test_a_number_of_our_own_does_not_read_as_a_commit(write: Write, outcomes: dict[str, Outcome]) -> None:
    denied = outcomes["denied"]
    receipt = msgspec.structs.replace(denied.receipt, index=1_000_000)
    (file, *_) = denied.change.files
    change = msgspec.structs.replace(denied.change, files=(msgspec.structs.replace(file, added=((1, 1_234_567),)),))
    outcome = msgspec.structs.replace(denied, receipt=receipt, change=change)
    judge_comment(write("markdown", outcome), outcome)


def test_a_comment_with_very_much_to_say_fits_and_says_what_it_leaves_out(
    write: Write, outcomes: dict[str, Outcome]
) -> None:
    denied = outcomes["denied"]
    findings = tuple(
        msgspec.structs.replace(
            denied.introduced[0],
            rule="r|" * 200,
            message="@x " * 2_000,
            fix="`y` " * 5_000,
            place=Place(path="p/" * 5_000, line=number),
            excerpt=Excerpt(first=1, lines=("z`" * 100_000,) * 30),
        )
        for number in range(1, 501)
    )
    gaps = tuple(Gap(scanner="code", path=f"{number}" * 900, kind=GapKind.CRASH) for number in range(500))
    outcome = msgspec.structs.replace(denied, findings=findings, gaps=gaps)
    for show_all in (False, True):
        comment = write("markdown", outcome, show_all=show_all)
        assert len(comment) <= LIMIT
        assert re.search(r"\*\*\d+ more findings\*\* not shown in this comment: \d+ medium", comment)
        assert "480 more, 480 of them matter" in comment
        assert "more findings are not shown here" in comment
        judge_comment(comment, outcome)


@MANY
@given(outcome=described(), name=st.sampled_from(["json", "sarif", "gitlab"]))
def test_a_document_for_machines_is_json_and_shows_nothing_raw(write: Write, outcome: Outcome, name: str) -> None:
    text = write(name, outcome)
    assert not OBEYED.search(text)
    assert text.endswith("}\n")
    assert text.encode().decode() == text
    json.loads(text)


@MANY
@given(outcome=described())
def test_json_fits_its_schema_and_gives_the_facts_back(write: Write, outcome: Outcome) -> None:
    text = write("json", outcome, show_all=True)
    OUTCOME.validate(json.loads(text))
    again = msgspec.json.decode(text, type=Outcome)
    expected = msgspec.convert(_mended(plain(outcome)), Outcome)
    assert again == msgspec.structs.replace(expected, findings=worst_first(expected.findings))


@settings(parent=MANY, max_examples=30)
@given(outcome=described())
def test_sarif_fits_its_schema_and_the_limits_of_code_scanning(write: Write, outcome: Outcome) -> None:
    log = json.loads(write("sarif", outcome))
    SARIF.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(outcome.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert 0 < len(result["message"]["text"]) <= 1024
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        ends = (region.get("endLine", region["startLine"]), region.get("endColumn", 10**9))
        assert (region["startLine"], region.get("startColumn", 1)) <= ends
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert urlsplit(uri).scheme == ""
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", uri)
    for rule in rules:
        assert len(rule["properties"]["tags"]) <= 20
        assert 0 < len(rule["name"]) <= 255
        for key in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[key]["text"]) <= 1024


@MANY
@given(path=TEXT)
def test_a_path_in_sarif_reads_back_as_it_was(write: Write, outcomes: dict[str, Outcome], path: str) -> None:
    denied = outcomes["denied"]
    finding = msgspec.structs.replace(denied.introduced[0], place=Place(path=path, line=1))
    (run,) = json.loads(write("sarif", msgspec.structs.replace(denied, findings=(finding,))))["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == path.encode("utf-8", "replace").decode()


@MANY
@given(outcome=described())
def test_gitlab_gets_the_fields_that_it_documents(write: Write, outcome: Outcome) -> None:
    report = json.loads(write("gitlab", outcome))
    GITLAB.validate(report)
    assert len(report["vulnerabilities"]) == len(outcome.findings)


@pytest.mark.parametrize("word", ["GH-12", "0.GH-0", "a.www.evil.example", "x_www.a", "gh-1"])
def test_what_a_forge_would_link_stands_in_code(word: str) -> None:
    assert prose(f"see {word} here") == f"see {code(word)} here"
