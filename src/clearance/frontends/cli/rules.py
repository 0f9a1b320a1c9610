"""List, show, test and start rule pages."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from clearance.frontends.cli import rules_build

if TYPE_CHECKING:
    from clearance.facts.errors import BadPage
    from clearance.rules.catalogue import Catalogue
    from clearance.rules.model import Rule

_PACKAGE = Path(__file__).parents[2]
_FORMAT = click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)


class RuleId(click.ParamType[str]):
    """The id of a rule; completion offers the built-in ones by the names of their files."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the ids that begin so."""
        ids = sorted(page.stem for page in (_PACKAGE / "rules").glob("*/*.md"))
        return [CompletionItem(id) for id in ids if id.startswith(incomplete)]


@click.group("rules")
def command() -> None:
    """List, show, test and start rule pages: the built-in ones, and a team's own in .clearance/rules."""


command.add_command(rules_build.build)


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
        rank = f"tier {rule.tier}" if rule.tier is not None else rule.severity.value
        click.echo(f"{rank:<9} {rule.family + '/' + rule.id:<46} {_shown(rule.title)}")
    click.echo(f"\n{_rules(len(rules))}   catalogue {catalogue.digest[:12]}   clearance rules show ID")
    return _name_broken(catalogue.broken)


@command.command("show")
@click.argument("id", type=RuleId())
@_FORMAT
def show(id: str, *, format: str) -> int:
    """Show one rule: what it finds, why, and what to do instead."""
    from clearance.facts.fact import plain
    from clearance.wiring import open_catalogue

    rule = _named(open_catalogue(Path.cwd()), id)
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
    rule, each clean one by no rule of the family.

    Exit codes: 0 all is as the pages say, 1 an example is not, 2 a page cannot be read.
    """
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring import judge_examples, open_catalogue

    catalogue = open_catalogue(Path.cwd())
    rules, broken = catalogue.rules, catalogue.broken
    if pages:
        catalogue, rules, broken = _chosen(catalogue, pages)
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
    return _name_broken(broken) or (1 if failed else 0)


@command.command("new")
@click.argument("name", metavar="FAMILY/ID")
@click.option(
    "--like", metavar="ID", type=RuleId(), help="The built-in rule to start from (default: the family's shortest)."
)
def new(name: str, *, like: str | None) -> int:
    """Start a page of your own.

    It is written to .clearance/rules/FAMILY/ID.md as a copy of a built-in one, passes its own tests, and is yours to change.
    """
    from clearance.facts.errors import UsageError
    from clearance.rules.page import read_page
    from clearance.stores.pages import TEAM, builtin_pages
    from clearance.wiring import open_catalogue

    family, _, id = name.partition("/")
    catalogue = open_catalogue(Path.cwd())
    model = _named(catalogue, like) if like else _shortest(catalogue, family)
    if model.family != family:
        raise UsageError(f"{model.id} is of the family {model.family}", next=f"clearance rules new {model.family}/{id}")
    taken = catalogue.get(id)
    if taken is not None:
        raise UsageError(f"the id {id!r} belongs to {taken.page}", next="choose another id")
    source = builtin_pages().get(model.page)
    if source is None:
        raise UsageError(f"{model.id} is no built-in rule", next="name a built-in one")
    text = _started(source, id, model)
    shown = f"{TEAM}/{family}/{id}.md"
    read_page(text, path=shown, family=family)
    _write_new(_top(Path.cwd()), shown, text)
    click.echo(f"{shown}: written from {model.id}\n  change its title, brief, guidance, Detect, Caught and Clean, then:")
    click.echo(f"  clearance rules test {shown}")
    return 0


def _rules(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"


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
    return {key: whole[key] for key in head}


def _page(rule: "Rule") -> str:
    """A rule as text for a person."""
    from clearance.controls.catalogue import known, label

    rank = f"tier {rule.tier}" if rule.tier is not None else f"severity {rule.severity.value}"
    lines = [f"{rule.id}   {rank}   confidence {rule.confidence.value}   {rule.page}", "", rule.title, "", rule.brief, ""]
    lines += [rule.guidance, ""]
    if rule.fix:
        lines += ["Fix", "", rule.fix, ""]
    named = [f"  {control}  {label(control) if known(control) else 'unknown'}" for control in rule.cwe + rule.controls]
    if named:
        lines += ["Serves", "", *named, ""]
    for heading, examples in (("Caught", rule.caught[:1]), ("Clean", rule.clean[:1])):
        lines += [f"{heading}, for example ({examples[0].name})", ""]
        lines += [f"    {line}" for line in examples[0].text.splitlines()] + [""]
    return "\n".join([*lines, "Sources", "", *(f"  {source}" for source in rule.sources)]).rstrip()


def _named(catalogue: "Catalogue", id: str) -> "Rule":
    """Find a rule, or raise BadPage where its page cannot be read, UsageError with the nearest id where there is none."""
    from difflib import get_close_matches

    from clearance.facts.errors import UsageError

    rule = catalogue.get(id)
    if rule is None:
        for error in catalogue.broken:
            if f"/{id}.md:" in f"/{error.where}:":
                raise error
        close = get_close_matches(id[:64], [rule.id for rule in catalogue], n=1)
        raise UsageError(f"no rule {id!r}", next=f"did you mean {close[0]}?" if close else "clearance rules list names all")
    return rule


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
            ids.append(_named(catalogue, page).id)
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

    return [control for control in (*rule.cwe, *rule.controls, *rule.relations) if not known(control)]


def _shortest(catalogue: "Catalogue", family: str) -> "Rule":
    """Give the family's shortest built-in page, the plainest thing to start from."""
    from clearance.facts.errors import UsageError
    from clearance.rules.frontmatter import nearest

    rules = [rule for rule in catalogue.family(family) if rule.page.startswith("rules/")]
    if not rules:
        raise UsageError(f"no family {family!r}", next=nearest(family, catalogue.families))
    return min(
        rules, key=lambda rule: (rule.detector != "", len(rule.guidance) + sum(len(each.text) for each in rule.detect))
    )


def _started(source: str, id: str, model: "Rule") -> str:
    """Give a page's text with another id and a title to be filled in."""
    head, _, body = source.removeprefix("---\n").partition("\n---\n")
    kept = []
    for line in head.split("\n"):
        if line.startswith("id:"):
            kept.append(
                f"# Started from {model.id}: change every key and section until the page says what you mean.\nid: {id}"
            )
        elif line.startswith("title:"):
            kept.append(f'title: "Fill in: one line that says what must be true (was: {model.id})"')
        else:
            kept.append(line)
    return "---\n" + "\n".join(kept) + "\n---\n" + body


def _top(start: Path) -> Path:
    """Give the top of the repository that a folder lies in, or the folder itself."""
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start


def _write_new(top: Path, shown: str, text: str) -> None:
    """Write a file that does not exist yet, through no symlink.

    Raises:
        clearance.facts.errors.UsageError: it exists, or cannot be written.
    """
    from clearance.facts.errors import UsageError

    *folders, name = shown.split("/")
    place = top
    try:
        for folder in folders:
            place /= folder
            if place.is_symlink():
                raise UsageError("a symlink stands in the way", where=str(place), next="make it a folder of its own")
            place.mkdir(exist_ok=True)
        with os.fdopen(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("the page exists already", where=shown, next="choose another id, or edit it") from None
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=shown, next="check the folder") from None
