"""Keep evidence encrypted, read it with an entry in the log, and erase it: prompts, transcripts, outputs, diffs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.attest_signing import Signing, signing
from clearance.frontends.cli.evidence_ends import as_json, complete, erase, retain, say

if TYPE_CHECKING:
    from clearance.wiring.evidence import Listed

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
def add(*, file: Path, kind: Any, subject: str, classification: str, entry: str, signing: Signing) -> int:
    """Put a file (or - : standard input) away, encrypted; the log gets its salted digest.

    It is looked at as a prompt is: what holds a secret or personal data counts as restricted or confidential, whatever
    --classification says.
    """
    from clearance.frontends.cli.terminal import note, read_bytes_in
    from clearance.wiring.evidence import add as keep

    data = read_bytes_in(file, _MOST)
    by = signing.identity()
    complete(by)
    done = keep(
        signing.directory, os.environ, data, kind=kind, subject=subject, classification=classification, by=by, entry=entry
    )
    body, receipt = done.body, done.recorded.receipt
    if signing.format == "json":
        as_json({
            "body": body.name, "kind": body.kind, "classification": body.classification.value, "size": body.size,
            "findings": done.findings, "about": body.about, "entry": _at(receipt),
        })  # fmt: skip
        return 0
    found = ", ".join(done.findings) or "nothing"
    say(f"kept {body.name}")
    say(f"  {body.kind:<10} {body.size:,} bytes, {body.classification.value}; found in it: {found}")
    say(f"  subject    {body.subject}")
    say(f"  entry {receipt.index}, {receipt.log}")
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

    A body that no entry of this log names belongs to the log of another repository, or its entry was never written: a
    command that was cut off.

    Exit codes: 0 all can be read, 4 one is missing or damaged.
    """
    from clearance.facts.evidence import plain_subject
    from clearance.wiring.evidence import listed

    complete(None)
    found = [
        one
        for one in listed(directory, os.environ)
        if not subject or (one.found.body and plain_subject(one.found.body.subject) == plain_subject(subject))
    ]
    if format_ == "json":
        as_json([_row(one) for one in found])
    elif found:
        say(_HEAD)
        for one in found:
            say(_line(one))
    else:
        say("nothing rests here")
    return 4 if any(one.found.problem for one in found) else 0


NAMED_BY_NONE = "no entry of this log"
_HEAD = f"{'body':<16}  {'since':<10}  {'kind':<10}  {'class':<12}  {'bytes':>12}  {'named by entries':<24}  subject"


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
    named = ", ".join(map(str, one.entries[-3:])) or NAMED_BY_NONE
    if body is None:
        return f"{one.found.name[:_DIGITS]}  cannot be read: {one.found.problem}; named by {named}"
    return (
        f"{body.name[:_DIGITS]}  {body.time[:10]}  {body.kind:<10}  {body.classification.value:<12}  "
        f"{body.size:>12,}  {named:<24}  {body.subject}"
    )


@command.command("show")
@click.argument("digest", metavar="DIGEST")
@click.option("--because", "purpose", type=_PURPOSES, required=True, help="What for; stands in the log.")
@click.option("--case", default="", metavar="ID", help="The number of the case (INC-7); stands in the log.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the bytes to a file.")
@signing
def show(*, digest: str, purpose: Any, case: str, output: Path | None, signing: Signing) -> int:
    """Read a body. First an entry says who reads which body and what for: without it, nothing is shown.

    The bytes are compared with the salted digest by which the log names them.
    """
    from clearance.facts.text import decode, visible
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.evidence import show as read

    by = signing.identity()
    complete(by)
    told = read(signing.directory, os.environ, digest, by=by, purpose=purpose, case=case)
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
    elif signing.format == "json":
        text = decode(told.data)
        as_json({
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


def _at(receipt: Any) -> dict[str, Any]:
    return {"index": receipt.index, "digest": receipt.digest, "log": receipt.log}


command.add_command(erase)
command.add_command(retain)
