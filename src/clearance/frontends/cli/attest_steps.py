"""`clearance attest merge` and `deploy`, and what all commands that state something share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.verify import given

if TYPE_CHECKING:
    from clearance.wiring.attesting import Recorded

_DIGITS = 12
_MOST_PREDICATE = 1 << 20


def stating(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a statement that comes as JSON, and those of `signing`."""
    for option in (
        click.option(
            "--git-commit", default="", metavar="REV", help="With --predicate: the tree of this commit is the subject."
        ),
        click.option(
            "--subject", "subjects", multiple=True, metavar="NAME=sha256:DIGEST", help="What else it is about."
        ),
        click.option(
            "--predicate", type=click.Path(path_type=Path), metavar="FILE",
            help="Take the whole predicate from this JSON file (- is standard input) instead of the options.",
        ),
    ):  # fmt: skip
        function = option(function)
    return signing(function)


def from_file(
    kind: str, predicate: Path, subjects: tuple[str, ...], git_commit: str, name: str, id_token: Path | None, format_: str,
    directory: Path,
) -> int:  # fmt: skip
    """Record a statement whose predicate somebody wrote as JSON."""
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.attesting import from_json, identity, kind_named, record, subjects_of
    from clearance.wiring.attesting_steps import subject_of

    subject = (*subject_of(directory, os.environ, git_commit), *subjects_of(subjects))
    by = identity(name, id_token, os.environ)
    where = "standard input" if str(predicate) == "-" else str(predicate)
    statement = from_json(kind_named(kind), read_bytes_in(predicate, _MOST_PREDICATE), where, by, subject)
    (done,) = record([statement], directory, os.environ, by=by)
    about = [f"  about      {one.name}, sha256 {one.digest.sha256[:_DIGITS]}" for one in statement.subject]
    tell(done, [f"{kind} statement", *about], [], format_)
    return 0


def signing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that signs a statement."""
    for option in (
        click.option(
            "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
            help="Use the repository at DIR.",
        ),
        click.option(
            "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
        ),
        click.option(
            "--id-token", type=click.Path(path_type=Path), metavar="FILE", help="Sign as whom this OIDC token names."
        ),
        click.option(
            "--as", "name", callback=given, metavar="NAME",
            help="Sign as agent/NAME, ci/NAME or service/NAME (default: this installation).",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


@click.command("merge")
@click.option("--commit", default="HEAD", metavar="REV", help="The target's tip after the merge (default: HEAD).")
@click.option("--base", default="", metavar="REV", help="The target's tip before (default: the first parent).")
@click.option("--head", default="", metavar="REV", help="The tip of what was merged (default: the second parent).")
@click.option("--target", default="", metavar="BRANCH", help="The branch (default: the one that is checked out).")
@click.option(
    "--enforced", multiple=True, metavar="CONTROL",
    help="What the forge enforces on it: no-force-push, no-deletion, gate-required, review-required. Services only.",
)  # fmt: skip
@stating
def merge(
    *,
    predicate: Path | None,
    subjects: tuple[str, ...],
    git_commit: str,
    commit: str,
    base: str,
    head: str,
    target: str,
    enforced: tuple[str, ...],
    name: str,
    id_token: Path | None,
    format_: str,
    directory: Path,
) -> int:
    """Record a merge: which tree came out of which commits, and the decisions and reviews it rests on."""
    if predicate is not None:
        return from_file("merge", predicate, subjects, git_commit, name, id_token, format_, directory)
    from clearance.wiring.attesting import identity, record
    from clearance.wiring.attesting_levels import enforcing
    from clearance.wiring.attesting_steps import CONTROLS, merged

    unknown = [one for one in enforced if one not in CONTROLS]
    if unknown:
        raise click.UsageError(f"--enforced {unknown[0]}: there is {', '.join(CONTROLS)}")
    by = identity(name, id_token, os.environ)
    statement = merged(directory, os.environ, by, commit=commit, base=base, head=head, target=target, enforced=enforced)
    (done,) = record([statement], directory, os.environ, by=by)
    said = statement.predicate
    lines = [
        f"merge of {said.head[:_DIGITS]} into {said.target} ({said.method})",
        f"  commit     {said.before[:_DIGITS]} -> {said.commit[:_DIGITS]}",
        f"  tree       {said.tree[:_DIGITS]}, sha256 {statement.subject[0].digest.sha256[:_DIGITS]}",
        *(
            f"  rests on   decision {one.sha256[:_DIGITS]}: {one.verdict}, about the tree that "
            + ("came out" if one.about == "result" else "was merged")
            for one in said.decisions
        ),
        f"  reviews    {len(said.reviews)}",
    ]
    notes = []
    if not enforcing(os.environ).has(by):
        what = "a CI job's --id-token, or a name in trust.toml, [attest] enforcers"
        notes.append(f"stated by {by.name}: this counts for no SLSA level above 1; that takes {what}")
    if not said.decisions:
        notes.append("no decision of this log is about this tree: the merge is recorded, and rests on none")
    elif any(one.verdict == "DENY" for one in said.decisions):
        notes.append("the newest decision about it is DENY: the merge is recorded all the same")
    tell(done, lines, notes, format_)
    return 0


@click.command("deploy")
@click.option("--environment", "to", default="", metavar="NAME", help="Where to (production).")
@click.option("--commit", default="HEAD", metavar="REV", help="What (default: HEAD).")
@stating
def deploy(
    *,
    to: str,
    commit: str,
    predicate: Path | None,
    subjects: tuple[str, ...],
    git_commit: str,
    name: str,
    id_token: Path | None,
    format_: str,
    directory: Path,
) -> int:
    """Record a deployment: which commit, and which artifacts (--subject), went to which environment, on which decision."""
    if predicate is not None:
        return from_file("deploy", predicate, subjects, git_commit, name, id_token, format_, directory)
    if not to:
        raise click.UsageError("missing: --environment NAME")
    from clearance.wiring.attesting import identity, record, subjects_of
    from clearance.wiring.attesting_steps import deployed

    by = identity(name, id_token, os.environ)
    statement = deployed(directory, os.environ, by, to=to, commit=commit, artifacts=subjects_of(subjects))
    (done,) = record([statement], directory, os.environ, by=by)
    said = statement.predicate
    lines = [
        f"deployment of {said.commit[:_DIGITS]} to {said.environment}",
        f"  tree       {said.tree[:_DIGITS]}, sha256 {statement.subject[0].digest.sha256[:_DIGITS]}",
        f"  before     {said.before[:_DIGITS] or 'nothing that this log knows'}",
        *(f"  artifact   {one.name}, sha256 {one.digest.sha256[:_DIGITS]}" for one in statement.subject[1:]),
        *(f"  rests on   decision {one.sha256[:_DIGITS]}: {one.verdict}" for one in said.decisions),
        *(f"  merged by  {one[:_DIGITS]}" for one in said.merges),
    ]
    notes = [] if said.decisions else ["no decision of this log is about this tree: it is recorded, and rests on none"]
    tell(done, lines, notes, format_)
    return 0


def tell(done: "Recorded", lines: list[str], notes: list[str], format_: str) -> None:
    """Show a statement that was recorded, and what a person should know beside it."""
    import msgspec

    from clearance.facts.fact import plain
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import note

    if format_ == "json":
        said = {"receipt": plain(done.receipt), "statement": plain(done.statement)}
        click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
    else:
        signer = done.entry.signer
        if signer is not None:
            lines.append(f"  signed by  {signer.name} ({signer.kind})")
        receipt = done.receipt
        lines.append(f"  recorded   entry {receipt.index}, {receipt.log}, digest {receipt.digest[:_DIGITS]}")
        click.echo("\n".join(visible(line) for line in lines))
    for one in notes:
        note(one)
