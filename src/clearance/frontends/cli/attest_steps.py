"""`clearance attest merge` and `deploy`."""

import os

import click

from clearance.frontends.cli.attest_signing import DIGITS, Signing, stating


@click.command("merge")
@click.option("--commit", default="HEAD", metavar="REV", help="The target's tip after the merge (default: HEAD).")
@click.option("--base", default="", metavar="REV", help="The target's tip before (default: the first parent).")
@click.option("--head", default="", metavar="REV", help="The tip of what was merged (default: the second parent).")
@click.option("--target", default="", metavar="BRANCH", help="The branch (default: the one that is checked out).")
@click.option(
    "--enforced", multiple=True, metavar="CONTROL",
    help="What the forge enforces on it: no-force-push, no-deletion, gate-required, review-required. Services only.",
)  # fmt: skip
@stating("merge")
def merge(
    *,
    commit: str,
    base: str,
    head: str,
    target: str,
    enforced: tuple[str, ...],
    signing: Signing,
) -> int:
    """Record a merge: which tree came out of which commits, and the decisions and reviews it rests on."""
    from clearance.wiring.attesting_levels import enforcing
    from clearance.wiring.attesting_steps import CONTROLS, merged

    unknown = [one for one in enforced if one not in CONTROLS]
    if unknown:
        raise click.UsageError(f"--enforced {unknown[0]}: there is {', '.join(CONTROLS)}")
    by = signing.identity()
    statement = merged(
        signing.directory, os.environ, by, commit=commit, base=base, head=head, target=target, enforced=enforced
    )
    done = signing.record(statement, by)
    said = statement.predicate
    lines = [
        f"merge of {said.head[:DIGITS]} into {said.target} ({said.method})",
        f"  commit     {said.before[:DIGITS]} -> {said.commit[:DIGITS]}",
        f"  tree       {said.tree[:DIGITS]}, sha256 {statement.subject[0].digest.sha256[:DIGITS]}",
        *(
            f"  rests on   decision {one.sha256[:DIGITS]}: {one.verdict}, about the tree that "
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
    signing.tell(done, lines, notes)
    return 0


@click.command("deploy")
@click.option("--environment", "to", default="", metavar="NAME", help="Where to (production).")
@click.option("--commit", default="HEAD", metavar="REV", help="What (default: HEAD).")
@stating("deploy")
def deploy(
    *,
    to: str,
    commit: str,
    signing: Signing,
) -> int:
    """Record a deployment: which commit, and which artifacts (--subject), went to which environment, on which decision."""
    if not to:
        raise click.UsageError("missing: --environment NAME")
    from clearance.wiring.attesting_steps import deployed

    by = signing.identity()
    statement = deployed(signing.directory, os.environ, by, to=to, commit=commit, artifacts=signing.artifacts())
    done = signing.record(statement, by)
    said = statement.predicate
    lines = [
        f"deployment of {said.commit[:DIGITS]} to {said.environment}",
        f"  tree       {said.tree[:DIGITS]}, sha256 {statement.subject[0].digest.sha256[:DIGITS]}",
        f"  before     {said.before[:DIGITS] or 'nothing that this log knows'}",
        *(f"  artifact   {one.name}, sha256 {one.digest.sha256[:DIGITS]}" for one in statement.subject[1:]),
        *(f"  rests on   decision {one.sha256[:DIGITS]}: {one.verdict}" for one in said.decisions),
        *(f"  merged by  {one[:DIGITS]}" for one in said.merges),
    ]
    notes = [] if said.decisions else ["no decision of this log is about this tree: it is recorded, and rests on none"]
    signing.tell(done, lines, notes)
    return 0
