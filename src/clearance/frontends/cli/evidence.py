"""Keep evidence encrypted, read it with an entry in the log, and erase it: prompts, transcripts, outputs, diffs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.attest_steps import signing

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.wiring.evidence import Listed
    from clearance.wiring.evidence_plans import Done

_DIGITS = 16
_MOST = 64 << 20
_LEVELS = click.Choice(["public", "internal", "confidential", "restricted"])
_KINDS = click.Choice(["prompt", "transcript", "output", "diff"])
_PURPOSES = click.Choice(["audit", "incident", "review", "request", "repair"])


@click.group("evidence")
def command() -> None:
    """Keep evidence encrypted, read it with an entry in the log, and erase it: prompts, transcripts, outputs, diffs.

    The log holds a salted digest of each body, never a word of it. Bodies rest beside the keys, each encrypted under a key
    of its own and that under the key of a subject: erasing a subject destroys the key, and every proof stays valid.
    docs/how-to/evidence.md walks through it.
    """


@command.command("add")
@click.argument("file", type=click.Path(path_type=Path), default=Path("-"), metavar="[FILE]")
@click.option("--kind", type=_KINDS, required=True, help="What it is.")
@click.option("--subject", required=True, metavar="NAME", help="Under whose key it rests (a mail address, say).")
@click.option("--classification", type=_LEVELS, default="internal", help="How sensitive it is (default: internal).")
@click.option("--entry", default="", metavar="INDEX|DIGEST", help="The entry of the log that it belongs to.")
@signing
def add(
    *, file: Path, kind: Any, subject: str, classification: str, entry: str, name: str, id_token: Path | None,
    format_: str, directory: Path,
) -> int:  # fmt: skip
    """Put a file (or - : standard input) away, encrypted; the log gets its salted digest.

    It is looked at as a prompt is: what holds a secret or personal data counts as restricted or confidential, whatever
    --classification says.
    """
    from clearance.frontends.cli.terminal import note, read_bytes_in
    from clearance.wiring.attesting import identity
    from clearance.wiring.evidence import add as keep

    data = read_bytes_in(file, _MOST)
    by = identity(name, id_token, os.environ)
    _complete(by)
    done = keep(directory, os.environ, data, kind=kind, subject=subject, classification=classification, by=by, entry=entry)
    body, receipt = done.body, done.recorded.receipt
    if format_ == "json":
        _json({
            "body": body.name, "kind": body.kind, "classification": body.classification.value, "size": body.size,
            "findings": done.findings, "about": body.about, "entry": _at(receipt),
        })  # fmt: skip
        return 0
    found = ", ".join(done.findings) or "nothing"
    _say(f"kept {body.name}")
    _say(f"  {body.kind:<10} {body.size:,} bytes, {body.classification.value}; found in it: {found}")
    _say(f"  subject    {body.subject}")
    _say(f"  entry {receipt.index}, {receipt.log}")
    if done.raised:
        note(f"said to be {classification}, counts as {body.classification.value} because of what was found in it")
    return 0


@command.command("list")
@click.option("--subject", default="", metavar="NAME", help="Only what rests under this name.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def list_(subject: str, format_: str, directory: Path) -> int:
    """List the bodies that rest on this machine, with the entries of this log that name them. No body is read.

    Exit codes: 0 all can be read, 4 one is missing or damaged.
    """
    from clearance.facts.evidence import plain_subject
    from clearance.wiring.evidence import listed

    _complete(None)
    found = [
        one
        for one in listed(directory, os.environ)
        if not subject or (one.found.body and plain_subject(one.found.body.subject) == plain_subject(subject))
    ]
    if format_ == "json":
        _json([_row(one) for one in found])
    else:
        for one in found:
            _say(_line(one))
        if not found:
            _say("nothing rests here")
    return 4 if any(one.found.problem for one in found) else 0


def _row(one: "Listed") -> dict[str, Any]:
    body = one.found.body
    if body is None:
        return {"body": one.found.name, "problem": one.found.problem, "entries": one.entries}
    return {
        "body": body.name, "kind": body.kind, "classification": body.classification.value, "size": body.size,
        "subject": body.subject, "time": body.time, "about": body.about, "entries": one.entries,
    }  # fmt: skip


def _line(one: "Listed") -> str:
    body = one.found.body
    named = f"entries {', '.join(map(str, one.entries[-3:]))}" if one.entries else "no entry of this log"
    if body is None:
        return f"{one.found.name[:_DIGITS]}  cannot be read: {one.found.problem}  {named}"
    return (
        f"{body.name[:_DIGITS]}  {body.time[:10]}  {body.kind:<10}  {body.classification.value:<12}  "
        f"{body.size:>9,} bytes  {body.subject}  {named}"
    )


@command.command("show")
@click.argument("digest", metavar="DIGEST")
@click.option("--because", "purpose", type=_PURPOSES, required=True, help="What for; stands in the log.")
@click.option("--case", default="", metavar="ID", help="The number of the case (INC-7); stands in the log.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the bytes to a file.")
@signing
def show(
    *, digest: str, purpose: Any, case: str, output: Path | None, name: str, id_token: Path | None, format_: str,
    directory: Path,
) -> int:  # fmt: skip
    """Read a body. First an entry says who reads which body and what for: without it, nothing is shown.

    The bytes are compared with the salted digest by which the log names them.
    """
    from clearance.facts.text import decode, visible
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.attesting import identity
    from clearance.wiring.evidence import show as read

    by = identity(name, id_token, os.environ)
    _complete(by)
    told = read(directory, os.environ, digest, by=by, purpose=purpose, case=case)
    receipt = told.access.receipt
    named = ", ".join(f"entry {index} ({kind})" for index, kind in told.named) or "no entry of this log"
    lines = [
        f"body       {told.body.name}",
        f"           {told.body.kind}, {len(told.data):,} bytes, {told.body.classification.value}, of {told.body.time}",
        f"named by   {named}; the digest fits",
        f"access     entry {receipt.index}, {receipt.log}: {by.name}, {purpose}{f', {case}' if case else ''}",
    ]
    for line in lines:
        click.echo(visible(line), err=True)
    for problem in told.problems:
        note(problem)
    if output is not None:
        _write(output, told.data)
    elif format_ == "json":
        text = decode(told.data)
        _json({
            "body": told.body.name, "kind": told.body.kind, "named": [index for index, _ in told.named],
            "access": _at(receipt), "text": text.text if text and not text.broken else None,
        })  # fmt: skip
    else:
        text = decode(told.data)
        if text is None:
            note("no text; --output FILE writes the bytes")
        else:
            click.echo(visible(text.text, keep="\n\t"))
    return 4 if told.problems else 0


def _write(path: Path, data: bytes) -> None:
    """Write a body to a new file that nobody else can read."""
    from clearance.facts.errors import UsageError

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=str(path), next="choose a new file") from None


@command.command("erase")
@click.argument("subject", metavar="SUBJECT")
@click.option(
    "--reason", type=click.Choice(["request", "legal", "incident"]), default="request", help="Why (default: request)."
)
@click.option("--case", default="", metavar="ID", help="The number of the request (DSR-12); stands in the log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@signing
def erase(
    *, subject: str, reason: Any, case: str, yes: bool, name: str, id_token: Path | None, format_: str, directory: Path
) -> int:
    """Destroy a subject's key and take away all that rests under it. Nothing brings it back.

    Each log that was told of a body gets an entry, which names the subject by a keyed digest; every proof stays valid.
    Copies that were made elsewhere are not reached: docs/how-to/evidence.md says which to think of.
    """
    from clearance.facts.text import visible
    from clearance.wiring.attesting import identity
    from clearance.wiring.evidence_erasing import erase as destroy
    from clearance.wiring.evidence_erasing import resting, summary

    by = identity(name, id_token, os.environ)
    if any(one.plan.kind == "erasure" for one in _complete(by)):
        from clearance.wiring.evidence_erasing import rests

        if not rests(os.environ, subject):
            return 0
    found = resting(os.environ, subject)
    _ask(f"erase what rests of {visible(subject)} ({summary(found)})? It cannot be brought back", yes=yes)
    done = destroy(directory, os.environ, subject, by=by, reason=reason, case=case)
    if format_ == "json":
        _json(_done(done))
    else:
        _say(f"erased {subject}: {summary(found)}")
        _say(f"  holder     {done.plan.holder}")
        _tell(done)
    return 4 if done.untold and not done.told else 0


def _ask(question: str, *, yes: bool) -> None:
    import sys

    from clearance.facts.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody to ask", where="standard input is no terminal", next="add --yes")
    if not click.confirm(question):
        raise UsageError("nothing was erased", next="answer y, or add --yes")


@command.command("retain")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@click.option(
    "--clock-is-right", "sure", is_flag=True, help="Go on though the clock is far from the newest moment that was seen."
)
@signing
def retain(*, dry: bool, sure: bool, name: str, id_token: Path | None, format_: str, directory: Path) -> int:
    """Erase what the rules of retention in trust.toml no longer keep, and record what was done. Made to run on a schedule.

    Exit codes: 0 done, 2 there are no rules, 4 something could not be erased or recorded, or the clock went back or far
    ahead.
    """
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.attesting import identity
    from clearance.wiring.evidence_retaining import retain as run

    by = identity(name, id_token, os.environ)
    if not dry:
        _complete(by)
    done = run(directory, os.environ, by=by, dry=dry, sure=sure)
    rules = [
        {
            "classification": one.rule.classification.value, "days": one.rule.days, "hold": one.rule.hold,
            "left": one.left, "erased": len(one.erased), "held": one.held,
        }
        for one in done.due
    ]  # fmt: skip
    if format_ == "json":
        _json({
            "dry": dry, "rules": rules, "no_rule": done.unnamed, "unreadable": done.unreadable,
            "bodies": [name for one in done.due for name in one.erased], "done": _done(done.done) if done.done else None,
        })  # fmt: skip
    else:
        for one in rules:
            goes = "would go" if dry else "erased"
            age = f"{one['classification']:<12}  {one['days']} days"
            _say(f"{age}  {goes} {one['erased']}, left {one['left']}, held {one['held']}")
        if done.done:
            _tell(done.done)
    if done.unnamed:
        note(f"{done.unnamed} bodies of a classification that no rule names stay")
    if done.unreadable:
        note(f"{done.unreadable} bodies cannot be read, so no rule fits them: `clearance evidence list`")
    return 4 if done.done and done.done.untold and not done.done.told else 0


def _complete(by: "Identity | None") -> "Sequence[Done]":
    """Complete what a crash left, and say so."""
    from clearance.wiring.evidence_plans import complete, pending

    if not pending(os.environ):
        return ()
    if by is None:
        from clearance.wiring.attesting import identity

        by = identity("", None, os.environ)
    done = complete(os.environ, by)
    for one in done:
        what = f"of holder {one.plan.holder[:_DIGITS]}" if one.plan.kind == "erasure" else "by age"
        click.echo(f"completed an erasure {what} that was interrupted: {len(one.plan.bodies)} bodies", err=True)
        _tell(one, err=True)
    return done


def _tell(done: "Done", *, err: bool = False) -> None:
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import note

    for one in done.told:
        click.echo(visible(f"  entry {one.entry}, {one.log}"), err=err)
    for line in done.untold:
        note(f"not recorded there: {line}; the next `clearance evidence` command tries again")


def _done(done: "Done") -> dict[str, Any]:
    return {
        "kind": done.plan.kind, "holder": done.plan.holder, "bodies": done.plan.bodies,
        "entries": [one._asdict() for one in done.told], "untold": done.untold,
    }  # fmt: skip


def _at(receipt: Any) -> dict[str, Any]:
    return {"index": receipt.index, "digest": receipt.digest, "log": receipt.log}


def _say(line: str) -> None:
    from clearance.facts.text import visible

    click.echo(visible(line))


def _json(said: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
