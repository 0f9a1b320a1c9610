"""State what rule pages amount to."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.rules_ids import RuleId, named

if TYPE_CHECKING:
    from clearance.rules.catalogue import Catalogue
    from clearance.rules.model import Rule
    from clearance.wiring.effects import Effect, PageEffect

_DETAILED = 3
_COLUMNS = (
    "id", "family", "page", "detects", "caught", "clean", "examples", "failed", "edges", "controls", "brief_tokens",
    "guidance_tokens", "instructs", "measured",
)  # fmt: skip
_COUNTS = ("set", "caught", "missed", "wrong", "clean", "current", "date", "digest", "version")


@click.command("effect")
@click.argument("ids", nargs=-1, metavar="[ID]...", type=RuleId())
@click.option("--family", metavar="NAME", help="Only the pages of one family.")
@click.option("--run", is_flag=True, help="Run the examples now; otherwise they are counted and not run.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def effect(ids: tuple[str, ...], *, family: str | None, run: bool, format_: str) -> int:
    """State for each page its detector, examples, controls and tokens, and what was measured of it.

    Figures come from the benchmark `effect` over labelled sets; of the part `held` nobody who writes detectors saw a case.
    What guidance does to an assistant is not measured, and a page without a detector has no figure.

    Exit codes: 0 stated, 1 an example that was run does not hold, 2 a page cannot be read.
    """
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring import open_catalogue
    from clearance.wiring.effects import effects

    catalogue = open_catalogue(Path.cwd())
    rules = _chosen(catalogue, ids, family)
    with Progress("running examples" if run else "counting") as progress:
        stated = effects(catalogue, rules, run=run, progress=progress)
    if format_ == "json":
        _print_json({"catalogue": catalogue.digest, "pages": [_plain(one) for one in stated]})
    elif format_ == "csv":
        click.echo(_csv(stated), nl=False)
    else:
        for line in _text(stated, detailed=0 < len(ids) <= _DETAILED):
            click.echo(visible(line, keep="\n"))
    broken = [error for error in catalogue.broken if not ids and family in (None, _family(error.where))]
    for error in broken:
        click.echo(visible(str(error)), err=True)
    return 2 if broken else 1 if any(one.failed for one in stated) else 0


def _chosen(catalogue: "Catalogue", ids: Sequence[str], family: str | None) -> "list[Rule]":
    from clearance.facts.errors import UsageError
    from clearance.rules.frontmatter import nearest

    if family is not None and family not in catalogue.families:
        raise UsageError(f"no family {family!r}", next=nearest(family, catalogue.families))
    rules = [named(catalogue, id) for id in dict.fromkeys(ids)] if ids else list(catalogue)
    return [rule for rule in rules if family in (None, rule.family)]


def _family(where: str) -> str:
    parts = where.split("/")
    return parts[-2] if len(parts) > 1 else ""


def _text(stated: "Sequence[PageEffect]", *, detailed: bool) -> Iterable[str]:
    """What a person reads: a line a page and the sums, or all of a few pages."""
    if detailed:
        for one in stated:
            yield from _details(one)
        return
    for one in stated:
        counts = f"{one.caught}+{one.clean} {one.examples}" if one.examples != "none" else "no examples"
        edges = sum(one.relations.values())
        yield (
            f"{one.id:<44} {_detector(one):<24} {counts:<14} {edges:>2} edges "
            f"{one.brief_tokens:>4}+{one.guidance_tokens:<5} tokens  {_figures(one)}"
        )
    yield from _sums(stated)


def _details(one: "PageEffect") -> Iterable[str]:
    yield f"{one.id}   {one.page}"
    yield f"  detector   {_detector(one)}"
    if one.examples == "none":
        yield "  examples   none"
    else:
        failed = f": {one.failed} do not hold" if one.failed else ""
        yield f"  examples   {one.caught} caught, {one.clean} clean: {one.examples}{failed}"
    relations = ", ".join(f"{count} {relation}" for relation, count in one.relations.items()) or "none"
    yield f"  edges      {relations}" + (f": {' '.join(one.controls)}" if one.controls else "")
    told = "" if one.instructs else "; in no instructions"
    yield f"  tokens     {one.brief_tokens} the line an assistant is told, {one.guidance_tokens} the guidance{told}"
    if not one.measured:
        yield f"  measured   {_figures(one)}"
    for each in one.measured:
        shares = ", ".join(
            f"{name} {100 * share:.0f} %" for name, share in (("precision", each.precision), ("recall", each.recall))
            if share is not None
        )  # fmt: skip
        old = "" if each.current else "; the page detects differently now"
        yield f"  measured   {each.set} {each.part}: {_counted(each)}; {shares or 'no share'}{old}"
        yield f"             {each.date}, set {each.digest}, version {each.version}"
    yield ""


def _detector(one: "PageEffect") -> str:
    return one.detects or ("none: guidance only" if one.advisory else "none: teaches others")


def _figures(one: "PageEffect") -> str:
    """The figures of the part that nobody saw, else of the other, in a few words."""
    if not one.measured:
        return "not measured"
    best = next((each for each in one.measured if each.part == "held"), one.measured[0])
    return f"{best.set} {best.part}: {_counted(best)}" + ("" if best.current else " (old)")


def _counted(each: "Effect") -> str:
    missed = f", {each.missed} told by nothing" if each.missed else ""
    return f"{each.caught} told{missed}, {each.wrong} wrong of {each.clean} clean"


def _sums(stated: "Sequence[PageEffect]") -> Iterable[str]:
    """The counts of all: what has no detector is never among what has one."""
    looking = [one for one in stated if one.detects]
    guided = sum(one.advisory for one in stated)
    teaching = len(stated) - len(looking) - guided
    measured = [one for one in looking if one.measured]
    held = sum(any(each.part == "held" for each in one.measured) for one in measured)
    old = sum(any(not each.current for each in one.measured) for one in measured)
    yield f"\n{len(looking):,} pages with a detector, {guided:,} of guidance only, {teaching:,} that teach others"
    yield f"{len(measured):,} of those with a detector are measured ({held:,} on cases that nobody who wrote them saw)"
    yield f"{len(looking) - len(measured):,} are not measured; their examples are all that speaks for them"
    if old:
        yield f"{old:,} were measured before their detector changed"
    states = {state: sum(one.examples == state for one in stated) for state in ("pass", "fail", "not run")}
    yield "examples: " + ", ".join(f"{count:,} pages {state}" for state, count in states.items() if count)
    yield "What the guidance does to an assistant that reads it is not measured."


def _plain(one: "PageEffect") -> dict[str, Any]:
    from clearance.facts.fact import plain

    whole: dict[str, Any] = plain(one)
    return whole | {"has_detector": bool(one.detects)}


def _csv(stated: "Sequence[PageEffect]") -> str:
    """A row a page; what the parts of the sets say stands in columns of their own."""
    import csv
    import io

    from clearance.report.controls.tables import cell

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*_COLUMNS, *(f"{part}_{name}" for part in ("held", "dev") for name in _COUNTS)])
    for one in stated:
        edges = "; ".join(f"{count} {relation}" for relation, count in one.relations.items())
        row = [
            one.id, one.family, one.page, one.detects or "none", one.caught, one.clean, one.examples, one.failed, edges,
            " ".join(one.controls), one.brief_tokens, one.guidance_tokens, _yes(one.instructs),
            "yes" if one.measured else "not measured",
        ]  # fmt: skip
        for part in ("held", "dev"):
            found = next((each for each in one.measured if each.part == part), None)
            row += [_cell(found, name) for name in _COUNTS]
        rows.writerow([cell(each) if isinstance(each, str) else each for each in row])
    return text.getvalue()


def _cell(found: "Effect | None", name: str) -> object:
    value = getattr(found, name) if found is not None else ""
    return _yes(value) if isinstance(value, bool) else value


def _yes(value: bool) -> str:  # noqa: FBT001 -- it is what is said
    return "yes" if value else "no"


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=True))
