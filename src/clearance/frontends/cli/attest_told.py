"""`clearance attest request`, `generation`, `review`, `incident` and `vsa`."""

import os
from pathlib import Path

import click

from clearance.frontends.cli.attest_signing import DIGITS, Signing, signing, stating

_MOST = 16 << 20
_ANSWERS = click.Choice(["approve", "reject", "abstain"])


@click.command("generation")
@stating("generation")
def generation(*, signing: Signing) -> int:  # noqa: ARG001 -- `stating` hands it to each of its commands
    """Record what an agent wrote elsewhere, from a JSON file; hooks and `clearance trace record` do it by themselves."""
    raise click.UsageError("missing: --predicate FILE; `clearance trace record` makes such statements itself")


@click.command("request")
@click.option("--id", "called", default="", metavar="ID", help="What people call it (SHOP-123).")
@click.option("--ticket", type=click.Path(path_type=Path), metavar="FILE", help="The ticket's text; its digest is kept.")
@click.option(
    "--prompt", type=click.Path(path_type=Path), metavar="FILE", help="The prompt; no word of it is kept (- is input)."
)
@stating("request")
def request(
    *,
    called: str,
    ticket: Path | None,
    prompt: Path | None,
    signing: Signing,
) -> int:
    """Record who asked for something: digest of the ticket, or salted digest, size, class and findings of the prompt."""
    from clearance.wiring.attesting_told import requested

    by = signing.identity()
    statement = requested(os.environ, by, name=called, ticket=_read(ticket), prompt=_read(prompt))
    done = signing.record(statement, by)
    said = statement.predicate
    lines = [f"request {said.id}".rstrip()]
    if said.ticket:
        lines.append(f"  ticket     sha256 {said.ticket[:DIGITS]}")
    if said.prompt:
        found = ", ".join(said.prompt.findings) or "nothing"
        lines.append(f"  prompt     {said.prompt.size:,} bytes, {said.prompt.classification}; found in it: {found}")
    signing.tell(done, lines, [])
    return 0


@click.command("review")
@click.option("--answer", type=_ANSWERS, help="What you answer.")
@click.option("--commit", default="HEAD", metavar="REV", help="What you looked at (default: HEAD).")
@click.option("--base", default="", metavar="REV", help="What it was compared with.")
@click.option(
    "--role", type=click.Choice(["reviewer", "security engineer"]), default="reviewer", help="As who (default: reviewer)."
)
@click.option("--page", type=click.Path(path_type=Path), metavar="FILE", help="What was shown to you; its digest is kept.")
@click.option("--first", type=_ANSWERS, help="What you thought before you saw anybody else's judgement.")
@click.option("--first-at", default="", metavar="TIME", help="When that was (2026-11-23T09:30:00Z; default: now).")
@stating("review")
def review(
    *,
    answer: str | None,
    commit: str,
    base: str,
    role: str,
    page: Path | None,
    first: str | None,
    first_at: str,
    signing: Signing,
) -> int:
    """Record your review of a commit: what you saw, and what you answer. Whoever signs is the reviewer.

    A person signs with --id-token. What an agent or a service says is recorded as theirs, and never counts as a person's.
    """
    if answer is None:
        raise click.UsageError("missing: --answer approve|reject|abstain")
    from clearance.wiring.attesting_told import reviewed

    by = signing.identity()
    statement = reviewed(
        signing.directory, os.environ, by, answer=answer, commit=commit, base=base, role=role, page=_read(page),  # type: ignore[arg-type]
        first=first or "", first_at=first_at,  # type: ignore[arg-type]
    )  # fmt: skip
    done = signing.record(statement, by)
    said = statement.predicate
    beside = said.seen.decision[:DIGITS] or "none: nothing was decided about it"
    lines = [
        f"review of {said.seen.head[:DIGITS]}: {said.answer}",
        f"  tree       sha256 {said.seen.tree[:DIGITS]}",
        f"  reviewer   {said.reviewer.name} ({said.reviewer.kind}), as {said.role}",
        f"  decision   {beside}",
    ]
    notes = [] if by.kind == "person" else [f"{said.reviewer.name} is no person: this counts for no required review"]
    signing.tell(done, lines, notes)
    return 0


@click.command("incident")
@click.argument("called", required=False, metavar="[ID]")
@click.option("--severity", type=click.Choice(["low", "medium", "high", "critical"]), help="How bad it is.")
@click.option("--opened", default="", metavar="TIME", help="When it was noticed (2026-11-23T09:30:00Z; default: now).")
@click.option("--contained", default="", metavar="TIME", help="When it could do no more harm.")
@click.option("--closed", default="", metavar="TIME", help="When it was over.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="The report; its digest is kept.")
@click.option("--finding", "findings", multiple=True, metavar="FINGERPRINT", help="A finding that it came from.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="A rule that found it, or should have.")
@click.option("--commit", "commits", multiple=True, metavar="REV", help="A commit that brought it.")
@click.option("--entry", "entries", multiple=True, type=click.IntRange(0), metavar="N", help="An entry it is about.")
@stating("incident")
def incident(
    *,
    called: str | None,
    severity: str | None,
    opened: str,
    contained: str,
    closed: str,
    report: Path | None,
    findings: tuple[str, ...],
    rules: tuple[str, ...],
    commits: tuple[str, ...],
    entries: tuple[int, ...],
    signing: Signing,
) -> int:
    """Record the incident ID as it stands now; what was said of it before stays unless something else is said."""
    if not called:
        raise click.UsageError("missing: ID, what people call it (INC-7)")
    from clearance.facts.text import counted
    from clearance.wiring.attesting_told import noticed

    by = signing.identity()
    statement = noticed(
        signing.directory, os.environ, by, name=called, severity=severity or "", opened=opened, contained=contained,
        closed=closed, report=_read(report), findings=findings, rules=rules, commits=commits, entries=entries,
    )  # fmt: skip
    done = signing.record(statement, by)
    said = statement.predicate
    parts = (("finding", said.findings), ("commit", said.commits), ("entry", said.entries))
    where = ", ".join(counted(len(found), word) for word, found in parts)
    lines = [
        f"incident {said.id} ({said.severity})",
        f"  opened     {said.opened}",
        f"  contained  {said.contained or 'not yet'}",
        f"  closed     {said.closed or 'not yet'}",
        f"  came from  {where}",
    ]
    signing.tell(done, lines, [])
    return 0


@click.command("vsa")
@click.option("--commit", default="HEAD", metavar="REV", help="Which commit (default: HEAD).")
@click.option("--resource-uri", default="", metavar="URI", help="Where it is fetched from (default: the remote origin).")
@signing
def vsa(*, commit: str, resource_uri: str, signing: Signing) -> int:
    """Record at which level of SLSA's source track a commit is, as far as the log can show it."""
    from clearance.facts.text import counted
    from clearance.wiring.attesting_levels import examined

    by = signing.identity(machine=True)
    statement, why = examined(signing.directory, os.environ, by, commit=commit, resource=resource_uri)
    done = signing.record(statement, by)
    said = statement.predicate
    lines = [
        f"{said.verification_result}: commit {statement.subject[0].digest.git_commit[:DIGITS]} of {said.resource_uri}",
        f"  levels     {', '.join(said.verified_levels)}",
        f"  because    {why}",
        f"  rests on   {counted(len(said.input_attestations), 'statement')}",
    ]
    signing.tell(done, lines, [])
    return 0


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    from clearance.frontends.cli.terminal import read_bytes_in

    return read_bytes_in(path, _MOST)
