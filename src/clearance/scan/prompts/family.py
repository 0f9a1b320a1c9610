"""The family `prompts`: what stands in a prompt, a command or a tool's arguments that people do not see.

Only characters are looked at, no meaning. `command.sh` and `prompt.md` are read as they stand, `arguments.json` with its
escapes undone.
"""

from collections.abc import Iterator

from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.prompts.hidden import hidden
from clearance.scan.prompts.unescaped import Unescaped

PROMPT, COMMAND, ARGUMENTS = "prompt.md", "command.sh", "arguments.json"
"""The paths of texts that are looked at."""
_MOST = 50


class PromptsFamily:
    """Looks for hidden characters in what goes to a model, a shell or a tool; at no other file."""

    name = "prompts"
    max_bytes = 32 << 20

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """`rules` are the pages of this family; what has no page is not reported."""
        self._rules = frozenset(rule.id for rule in rules if rule.family == self.name)

    def start(self, contents: Contents) -> None:
        """Nothing to open: characters are known."""

    def look(self, view: View, budget: Budget) -> Iterator[Match | Gap]:
        """Give what is hidden, at most 50 places, and a gap where there are more.

        Raises:
            OutOfTime: the budget is spent.
        """
        if view.path not in {PROMPT, COMMAND, ARGUMENTS}:
            return
        text = Unescaped(view.text, budget) if view.path == ARGUMENTS else None
        seen = 0
        for one in hidden(text.text if text else view.text, budget):
            if one.rule not in self._rules:
                continue
            seen += 1
            if seen > _MOST:
                detail = f"more than {_MOST} places with hidden characters"
                yield Gap(scanner=self.name, path=view.path, kind=GapKind.TOO_MANY, detail=detail)
                return
            start, end = (text.offset(one.start), text.offset(one.end)) if text else (one.start, one.end)
            yield Match(
                rule=one.rule, start=start, end=end, message=one.message, severity=one.severity, confidence=one.confidence,
                shape=f"{one.rule} {one.message}",
            )  # fmt: skip
