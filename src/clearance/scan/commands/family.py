"""The family `commands`: reads one text that somebody wants to run in a shell, and says what it would do."""

from collections.abc import Iterator

from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import visible
from clearance.rules.model import Rule
from clearance.scan.commands.claims import claims
from clearance.scan.commands.detect import detected
from clearance.scan.commands.guarded_files import prepare
from clearance.scan.commands.run import Readout
from clearance.scan.commands.scripts import scripts
from clearance.scan.commands.seen import Seen
from clearance.scan.commands.walk import walked
from clearance.scan.family import Budget, Match, Span, View

COMMAND = "command.sh"
"""The path under which a command for a shell is looked at."""
_OTHERS = {"command.ps1": "PowerShell", "command.cmd": "the command language of Windows", "command.bat": "batch files"}
_MOST = 100


class CommandsFamily:
    """Judges a command before it runs. It looks at a view whose path is `command.sh`, and at no other file."""

    name = "commands"
    max_bytes = 512 * 1024

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """`rules` are the pages of this family; what has no page is not reported."""
        self._contents: Contents | None = None
        self._assistant = ""
        self._rules = frozenset(rule.id for rule in rules if rule.family == self.name)

    def start(self, contents: Contents) -> None:
        """Read which files the contracts of assistants guard, so that no command waits for it; keep what lies around."""
        self._contents = contents
        self._assistant = getattr(contents, "assistant", "")
        prepare()

    def look(self, view: View, budget: Budget) -> Iterator[Match | Gap]:
        """Give what a command would do, and a gap where it cannot be told.

        Raises:
            OutOfTime: the budget is spent.
        """
        if view.path in _OTHERS:
            yield self._gap(view, GapKind.UNPARSED, f"{_OTHERS[view.path]} is not read")
            return
        if view.path != COMMAND:
            return
        readout = walked(view.text, budget)
        if readout.spent:
            yield self._gap(view, GapKind.TOO_MANY, readout.spent)
        for at, said in readout.mistakes[:3]:
            line, _ = view.position(min(at, len(view.text)))
            yield self._gap(view, GapKind.UNPARSED, f"line {line}: {visible(said)}")
        told: set[tuple[str, Span, str]] = set()
        for one in self._seen(readout, budget):
            key = (one.rule, (one.start, one.end), one.message)
            if one.rule not in self._rules or key in told:
                continue
            told.add(key)
            if len(told) > _MOST:
                yield self._gap(view, GapKind.TOO_MANY, f"more than {_MOST} findings")
                return
            yield Match(
                rule=one.rule, start=one.start, end=one.end, message=one.message, severity=one.severity,
                confidence=one.confidence,
            )  # fmt: skip

    def _seen(self, readout: Readout, budget: Budget) -> Iterator[Seen]:
        yield from detected(readout, budget)
        yield from claims(readout, self._assistant)
        if self._contents is not None:
            yield from scripts(readout, self._contents, budget)

    def _gap(self, view: View, kind: GapKind, detail: str) -> Gap:
        return Gap(scanner=self.name, path=view.path, kind=kind, detail=detail)
