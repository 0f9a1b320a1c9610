"""List, show, test, start and exchange rule pages, and state what they amount to."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli import rules_build, rules_effect, rules_export, rules_import, rules_new
from clearance.frontends.cli.rules_ids import RuleId, named

if TYPE_CHECKING:
    from clearance.facts.errors import BadPage
    from clearance.rules.catalogue import Catalogue
    from clearance.rules.model import Rule

_FORMAT = click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group("rules")
def command() -> None:
    """List, show, test, start and exchange rule pages: the built-in ones, and a team's own in .clearance/rules."""


command.add_command(rules_build.build)
command.add_command(rules_import.import_)
command.add_command(rules_export.export)
command.add_command(rules_effect.effect)
command.add_command(rules_new.new)


@command.command("list")
@click.option("--family", metavar="NAME", help="Only the rules of one family.")
@_FORMAT
def list_(*, family: str | None, format: str) -> int:
    """List all rules. Exit code 2 where a page of the team cannot be read."""
    from clearance.facts.errors import UsageError
    from clearance.rules.frontmatter import nearest
    from clearance.wiring import open_catalogue

    catalogue = open_catalogue(Path.cwd())
    if family is not None and family not in catalogue.families:
        raise UsageError(f"no family {family!r}", next=nearest(family, catalogue.families))
    rules = catalogue.rules if family is None else catalogue.family(family)
    if format == "json":
        broken = [{"where": error.where, "what": error.what, "next": error.next} for error in catalogue.broken]
        _print_json({"catalogue": catalogue.digest, "rules": [_summary(rule) for rule in rules], "broken": broken})
        return 2 if catalogue.broken else 0
    for rule in rules:
        click.echo(f"{_rank(rule):<9} {rule.family + '/' + rule.id:<46} {_shown(rule.title)}")
    guided = sum(rule.advisory for rule in rules)
    besides = f", and {_pages(guided)} of guidance only, which nothing checks" if guided else ""
    click.echo(f"\n{_rules(len(rules) - guided)}{besides}   catalogue {catalogue.digest[:12]}   clearance rules show ID")
    return _name_broken(catalogue.broken)


@command.command("show")
@click.argument("id", type=RuleId())
@_FORMAT
def show(id: str, *, format: str) -> int:
    """Show one rule: what it finds, why, and what to do instead."""
    from clearance.facts.fact import plain
    from clearance.wiring import open_catalogue

    rule = named(open_catalogue(Path.cwd()), id)
    if format == "json":
        _print_json(plain(rule))
    else:
        click.echo(_shown(_page(rule)))
    return 0


@command.command("test")
@click.argument("pages", nargs=-1, metavar="[ID|PATH]...", type=RuleId())
def test(pages: tuple[str, ...]) -> int:
    """Run the examples of all pages, or of some.

    Pages are named by their IDs, or by PATHs, which are read as they lie there now. Each caught example must be found by its
    rule, each clean one by no rule of the family. Of a page that is guidance only nothing can be run, and that is no pass.

    Exit codes: 0 all is as the pages say, 1 an example is not, 2 a page cannot be read, 4 only guidance was named.
    """
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring import judge_examples, open_catalogue

    catalogue = open_catalogue(Path.cwd())
    rules, broken = catalogue.rules, catalogue.broken
    if pages:
        catalogue, rules, broken = _chosen(catalogue, pages)
    guided = [rule for rule in rules if rule.advisory]
    rules = tuple(rule for rule in rules if not rule.advisory)
    failed = examples = 0
    with Progress("running examples") as progress:
        for done, rule in enumerate(rules):
            progress(done, len(rules))
            examples += len(rule.caught) + len(rule.clean)
            failures = judge_examples(catalogue, rule)
            failed += bool(failures)
            for failure in failures:
                click.echo(f"{_shown(rule.page)}:{failure.example.line}: {rule.id}")
                click.echo(f"  expected  {_shown(str(failure.expected))}\n  got       {_shown(str(failure.got))}")
            for control in _unknown(rule):
                failed += not failures
                click.echo(f"{_shown(rule.page)}: {control} is in no catalogue of controls")
    if rules:
        count = f"{_rules(len(rules))}, {examples} examples"
        click.echo(f"{count}: {failed} fail" if failed else f"{count}: as the pages say")
    failed += _name_guidance(guided, named=bool(pages))
    return _name_broken(broken) or (1 if failed else 4 if guided and not rules else 0)


def _name_guidance(guided: "Sequence[Rule]", *, named: bool) -> int:
    """Say of which pages nothing could be run, one by one where a person named them; give how many name a control that is
    in no catalogue."""
    if named:
        for rule in guided:
            click.echo(f"{_shown(rule.page)}: no detector, nothing to run")
    wrong = [(rule, control) for rule in guided for control in _unknown(rule)]
    for rule, control in wrong:
        click.echo(f"{_shown(rule.page)}: {control} is in no catalogue of controls")
    if guided:
        click.echo(f"{_pages(len(guided))} of guidance only: no detector, nothing was run, nothing was passed")
    return len({rule.id for rule, _ in wrong})


def _rules(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"


def _pages(count: int) -> str:
    return f"{count} page" if count == 1 else f"{count} pages"


def _rank(rule: "Rule") -> str:
    return "guidance" if rule.advisory else f"tier {rule.tier}" if rule.tier is not None else rule.severity.value


def _shown(text: str) -> str:
    from clearance.facts.text import visible

    return visible(text, keep="\n\t")


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def _summary(rule: "Rule") -> dict[str, Any]:
    """The head of a rule, JSON-shaped."""
    from clearance.facts.fact import plain

    head = ("id", "family", "title", "severity", "confidence", "brief", "languages", "cwe", "controls", "tier", "page")
    whole = plain(rule)
    return {key: whole[key] for key in head} | {"advisory": rule.advisory, "detector": rule.has_detector}


def _page(rule: "Rule") -> str:
    """A rule as text for a person."""
    from clearance.controls.catalogue import known, label

    rank = f"tier {rule.tier}" if rule.tier is not None else f"severity {rule.severity.value}"
    ranked = (
        "guidance only: no detector, nothing checks it" if rule.advisory else f"{rank}   confidence {rule.confidence.value}"
    )
    lines = [f"{rule.id}   {ranked}   {rule.page}", "", rule.title, "", rule.brief, ""]
    lines += [rule.guidance, ""]
    if rule.fix:
        lines += ["Fix", "", rule.fix, ""]
    named = [f"  {control}  {label(control) if known(control) else 'unknown'}" for control in rule.cwe + rule.controls]
    if named:
        lines += ["Serves", "", *named, ""]
    for heading, examples in (("Caught", rule.caught[:1]), ("Clean", rule.clean[:1])):
        lines += [f"{heading}, for example ({examples[0].name})", ""] if examples else []
        lines += [f"    {line}" for example in examples for line in (*example.text.splitlines(), "")]
    sources = ["Sources", "", *(f"  {source}" for source in rule.sources)] if rule.sources else []
    return "\n".join([*lines, *sources]).rstrip()


def _name_broken(broken: "Iterable[BadPage]") -> int:
    """Name pages that cannot be read on standard error; 2 where there are any."""
    code = 0
    for error in broken:
        click.echo(_shown(str(error)), err=True)
        code = 2
    return code


def _chosen(catalogue: "Catalogue", pages: Iterable[str]) -> "tuple[Catalogue, tuple[Rule, ...], tuple[BadPage, ...]]":
    """Find the rules that were named by id or by path, and those of the named pages that cannot be read."""
    from clearance.facts.errors import UsageError
    from clearance.rules.catalogue import with_page
    from clearance.stores.pages import read_text

    ids = []
    paths = set()
    for page in pages:
        if "/" not in page and not page.endswith(".md"):
            ids.append(named(catalogue, page).id)
            continue
        file = Path(page)
        if not file.is_file():
            raise UsageError("no such page", where=page, next="name a file, or the id of a rule")
        shown = _path_in_catalogue(file)
        catalogue = with_page(catalogue, shown, read_text(file))
        paths.add(shown)
        ids += [rule.id for rule in catalogue if rule.page == shown]
    broken = tuple(error for error in catalogue.broken if error.where.rpartition(":")[0] in paths)
    return catalogue, tuple(catalogue[id] for id in dict.fromkeys(ids)), broken


def _path_in_catalogue(file: Path) -> str:
    """Name a page file as the catalogue does: by its last two folders below the built-in or a team's folder."""
    from clearance.stores.pages import BUILTIN, TEAM

    whole = file.resolve()
    below = f"{whole.parent.name}/{whole.name}"
    if whole.parents[1] == BUILTIN.resolve():
        return f"rules/{below}"
    return f"{TEAM}/{below}"


def _unknown(rule: "Rule") -> list[str]:
    from clearance.controls.catalogue import known

    return [control for control in dict.fromkeys(edge.to for edge in rule.edges) if not known(control)]
