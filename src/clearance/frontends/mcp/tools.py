"""The tools: what each is for, what it takes and gives, and how it is answered."""

import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from clearance.facts.errors import ClearanceError, CouldNotLook, UsageError
from clearance.facts.finding import Finding
from clearance.facts.text import visible
from clearance.frontends.mcp import answers, questions, telling
from clearance.wiring.serving import CHANGE, PACKAGE, PROMPT, RULE, RULES_FOR, TEXT, Bench

_MOST_REMEMBERED = 2000
_CHANGE_SECONDS = 900.0
_SECONDS = 90.0


class Asked(NamedTuple):
    """Who asks, and about which folder."""

    directory: str
    client: str


class Toolbox:
    """Answers calls of tools, with the help of worker processes. It remembers what it found, so that it can explain it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._known: OrderedDict[str, Finding] = OrderedDict()

    async def check_change(self, question: questions.CheckChange, asked: Asked) -> answers.ChangeAnswer:
        """Judge a change."""
        if (question.what == "patch") != bool(question.patch):
            raise UsageError("`patch` goes with what = patch, and only with it", next="give both or neither")
        arguments = {
            "directory": asked.directory,
            "staged": question.what == "staged",
            "base": question.base or None,
            "patch": question.patch.encode("utf-8", "surrogatepass") if question.patch else None,
            "agent": asked.client,
        }
        outcome = await self._bench.ask(CHANGE, arguments, seconds=_CHANGE_SECONDS)
        self._remember(outcome.findings)
        return telling.of_change(outcome)

    async def check_code(self, question: questions.CheckCode, asked: Asked) -> answers.CodeAnswer:
        """Look at a text."""
        arguments = {
            "directory": asked.directory,
            "path": question.path,
            "text": question.text,
            "language": question.language,
        }
        seen = await self._bench.ask(TEXT, arguments, seconds=_SECONDS)
        self._remember(seen.findings)
        return telling.of_code(seen)

    async def check_package(self, question: questions.CheckPackage, asked: Asked) -> answers.PackageAnswer:
        """Say whether a package may be installed."""
        named = {"registry": question.registry, "name": question.name, "version": question.version}
        return telling.of_package(await self._bench.ask(PACKAGE, {"directory": asked.directory, **named}, seconds=_SECONDS))

    async def check_prompt(self, question: questions.CheckPrompt, asked: Asked) -> answers.PromptAnswer:
        """Look for what must not be told."""
        arguments = {"directory": asked.directory, "text": question.text}
        return telling.of_prompt(await self._bench.ask(PROMPT, arguments, seconds=_SECONDS))

    async def rules_for(self, question: questions.RulesFor, asked: Asked) -> answers.RulesAnswer:
        """Give short rules."""
        arguments = {"directory": asked.directory, "files": question.files, "task": question.task}
        advised = await self._bench.ask(RULES_FOR, arguments, seconds=_SECONDS)
        return answers.RulesAnswer(text=advised.text, tokens=advised.tokens, rules=advised.rules)

    async def explain(self, question: questions.Explain, asked: Asked) -> answers.ExplainAnswer:
        """Show a rule."""
        finding = self._recalled(question.finding)
        wanted = finding.rule if finding else question.finding.rpartition("/")[2]
        rule = await self._bench.ask(RULE, {"directory": asked.directory, "rule": wanted}, seconds=_SECONDS)
        return telling.of_rule(rule, finding)

    def _remember(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._known[finding.fingerprint] = finding
            self._known.move_to_end(finding.fingerprint)
        while len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _recalled(self, name: str) -> Finding | None:
        if name in self._known:
            return self._known[name]
        if len(name) < 8 or any(char not in "0123456789abcdef" for char in name):
            return None
        near = [finding for fingerprint, finding in self._known.items() if fingerprint.startswith(name)]
        return near[0] if len(near) == 1 else None


Answering = Callable[[Toolbox, Any, Asked], Awaitable[msgspec.Struct]]


class Entry(NamedTuple):
    """One tool. `failed` gives the answer where nobody could look, for tools whose answer could be read as a pass."""

    tool: Tool
    question: type[questions.Question]
    answer: Answering
    failed: Callable[[ClearanceError], msgspec.Struct] | None


def _entry(
    name: str,
    title: str,
    description: str,
    question: type[questions.Question],
    shape: type[msgspec.Struct],
    answer: Answering,
    failed: Callable[[ClearanceError], msgspec.Struct] | None = None,
    *,
    records: bool = False,
) -> Entry:
    hints = ToolAnnotations(
        title=title, read_only_hint=not records, destructive_hint=False, idempotent_hint=not records, open_world_hint=False
    )
    tool = Tool(
        name=name,
        title=title,
        description=inspect.cleandoc(description),
        input_schema=answers.schema(question),
        output_schema=answers.schema(shape, open=True),
        annotations=hints,
    )
    return Entry(tool, question, answer, failed)


_ALL = (
    _entry(
        "check_change",
        "Judge the change",
        """Judge what was changed in this repository before it is committed or handed over: ALLOW, ASK or DENY, with all
        reasons, findings and fixes. Call it when you think that you are done; if it denies, mend the findings and call it
        again. The verdict is signed and recorded in the log of the repository; no file of yours is changed.""",
        questions.CheckChange,
        answers.ChangeAnswer,
        Toolbox.check_change,
        telling.failed_change,
        records=True,
    ),
    _entry(
        "check_code",
        "Look at code",
        """Look for flaws and secrets in a file as you are about to write it (text and path), or in a snippet (text and
        language). Nothing is written or run. Call it before you write code that handles input, queries, files, commands,
        passwords, or configuration.""",
        questions.CheckCode,
        answers.CodeAnswer,
        Toolbox.check_code,
        telling.failed_code,
    ),
    _entry(
        "check_package",
        "Look up a package",
        """Say whether a package may be installed: ok, bad (malicious, invented, a look-alike, vulnerable), or unknown. Call
        it before you add a dependency or run an install command. It is answered from local data; nothing is installed.""",
        questions.CheckPackage,
        answers.PackageAnswer,
        Toolbox.check_package,
    ),
    _entry(
        "check_prompt",
        "Look at a text for others",
        """Look for secrets, personal data and hidden characters in a text that is about to leave: a prompt, a ticket, a
        message. It says where they stand and never repeats them.""",
        questions.CheckPrompt,
        answers.PromptAnswer,
        Toolbox.check_prompt,
        telling.failed_prompt,
    ),
    _entry(
        "rules_for",
        "Rules for a task",
        """Give the short rules that hold for the files and the task at hand, the most fitting first. Call it before you plan
        or write code in a file that you have no rules for yet.""",
        questions.RulesFor,
        answers.RulesAnswer,
        Toolbox.rules_for,
    ),
    _entry(
        "explain",
        "Explain a rule or finding",
        """Show the page of a rule: what it finds, why, how to mend it, with wrong and right examples.""",
        questions.Explain,
        answers.ExplainAnswer,
        Toolbox.explain,
    ),
)
ENTRIES = {entry.tool.name: entry for entry in _ALL}
"""All tools by name, in the order in which they are listed."""


async def call(
    toolbox: Toolbox, entry: Entry, arguments: dict[str, Any] | None, place: Callable[[str], Awaitable[Asked]]
) -> CallToolResult:
    """Answer one call. Whatever goes wrong is a result that says so, and never one that looks like a pass."""
    try:
        question = msgspec.convert(arguments or {}, type=entry.question, strict=True)
        answer = await entry.answer(toolbox, question, await place(question.directory))
    except msgspec.ValidationError as error:
        return failure(UsageError(str(error), next="see the tool's input schema"))
    except UsageError as error:
        return failure(error)
    except ClearanceError as error:
        return failure(error, entry.failed(error) if entry.failed else None)
    except Exception as error:  # noqa: BLE001 -- what it says may hold content; only its kind is told
        blind = CouldNotLook(f"internal error {type(error).__name__}", next="nothing was decided; please report this")
        return failure(blind, entry.failed(blind) if entry.failed else None)
    return CallToolResult(
        content=[TextContent(type="text", text=telling.in_words(answer))], structured_content=telling.shown(answer)
    )


def failure(error: ClearanceError, answer: msgspec.Struct | None = None) -> CallToolResult:
    """Give an error as a result, with the strictest answer beside it where the tool has one."""
    head = "Used wrongly" if isinstance(error, UsageError) else "COULD NOT LOOK; this is no pass"
    place = f"{error.where}: " if error.where else ""
    said = visible(f"{head}: {place}{error.what}", keep="\n")[:2000]
    text = f"{said}\n{visible(error.next, keep=chr(10))[:1000]}" if error.next else said
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=telling.shown(answer) if answer is not None else None,
        is_error=True,
    )
