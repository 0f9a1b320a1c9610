"""Rules by their ids, as commands take them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from clearance.rules.catalogue import Catalogue
    from clearance.rules.model import Rule

_PACKAGE = Path(__file__).parents[2]


class RuleId(click.ParamType[str]):
    """The id of a rule; completion offers the built-in ones by the names of their files."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the ids that begin so."""
        ids = sorted(page.stem for page in (_PACKAGE / "rules").glob("*/*.md"))
        return [CompletionItem(id) for id in ids if id.startswith(incomplete)]


def named(catalogue: "Catalogue", id: str) -> "Rule":
    """Find a rule, or raise BadPage where its page cannot be read, UsageError with the nearest id where there is none."""
    from difflib import get_close_matches

    from clearance.facts.errors import UsageError

    rule = catalogue.get(id)
    if rule is None:
        for error in catalogue.broken:
            if f"/{id}.md:" in f"/{error.where}:":
                raise error
        close = get_close_matches(id[:64], [rule.id for rule in catalogue], n=1)
        raise UsageError(
            f"no rule {id[:80]!r}", next=f"did you mean {close[0]}?" if close else "clearance rules list names all"
        )
    return rule
