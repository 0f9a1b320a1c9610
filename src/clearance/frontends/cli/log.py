"""Show, verify and export the log of signed decisions, and its keys."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli import log_trailer, log_witness, trust
from clearance.frontends.cli.asked_log import asking

if TYPE_CHECKING:
    from clearance.facts.entry import Inspection
    from clearance.facts.key import PublicKey
    from clearance.record.log import Log
    from clearance.record.reading import Reading
    from clearance.wiring.asked_log import Asked

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_OUT = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not to standard output.")


@click.group("log")
def command() -> None:
    """Show, verify and export the log of signed decisions, and its keys.

    Every `clearance check` appends one entry; docs/reference/log.md describes files, formats and how to verify without us.
    """


command.add_command(log_trailer.trailer)
command.add_command(log_trailer.trailers)
command.add_command(log_witness.witness)


@command.command("show")
@click.argument("which", required=False, metavar="[INDEX|DIGEST]")
@_FORMAT
@_DIRECTORY
@asking
def show(which: str | None, format_: str, directory: Path, *, asked: "Asked") -> None:
    """List all entries, or show one by its index or the beginning of its receipt's digest; of an exported log, too."""
    from clearance.wiring.asked_log import open_asked

    log = open_asked(directory, asked)
    if not log.size():
        raise _no_log(log.place)
    if which is None:
        _list(log, format_)
        return
    from clearance.wiring.named_entries import entry_named

    entry = entry_named(log, which)
    if format_ == "json":
        from clearance.frontends.cli.log_rows import fields

        click.echo(json.dumps(fields(entry) | {"statement": json.loads(entry.payload)}, indent=2))
        return
    from clearance.facts.text import visible
    from clearance.frontends.cli.log_rows import in_full

    click.echo(visible(in_full(entry), keep="\n"))


@command.command("verify")
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", type=click.Path(path_type=Path), help="Trust this public key (PEM) too."
)
@click.option("--quick", is_flag=True, help="Tiles and the entries' hashes only: no signature of an entry is verified.")
@log_witness.POLICY
@_FORMAT
@_DIRECTORY
def verify(keys: tuple[Path, ...], policy: Path | None, *, quick: bool, format_: str, directory: Path) -> int:
    """Recompute the whole log and compare it with what was signed and with what was seen before.

    Checks each entry's signature, certificate, timestamp and hash, every byte of every tile, the root, the checkpoint's
    signature, every evidence body, and that the log continues the newest checkpoint seen. Exit codes: 0 sound, 4 not
    (each place is named).
    """
    from clearance.facts.moment import rfc3339
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring import open_log
    from clearance.wiring.trust_revoking import with_unlisted
    from clearance.wiring.trusting import open_trust

    with Progress("verifying") as progress:
        log = open_log(directory, create=False)
        now = rfc3339(open_trust(os.environ).now())
        given = [_read(path) for path in keys]
        inspection = log.inspect(*given, quick=quick, told=progress, now=now)
        if not quick and not inspection.broken:
            inspection = with_unlisted(inspection, log, open_trust(os.environ).trust().root.revoked, given)
    if not inspection.origin and not inspection.problems:
        raise _no_log(inspection.place)
    witnessed = log_witness.Audited(log, policy)
    if format_ == "json":
        from clearance.facts.fact import plain

        said = {"sound": not inspection.problems, "quick": quick} | plain(inspection) | witnessed.fields
        click.echo(json.dumps(said, indent=2))
    else:
        _tell(inspection, quick=quick)
        witnessed.tell()
    return 4 if inspection.problems or not witnessed.enough else 0


@command.command("bundle")
@click.argument("which", metavar="INDEX|DIGEST")
@_OUT
@_DIRECTORY
def bundle(which: str, out: Path | None, directory: Path) -> None:
    """Give one entry as a Sigstore bundle: statement, signature, certificate, timestamp, and proof that it is in the log.

    `clearance verify`, sigstore-python and npm's @sigstore/verify check it offline, with trusted_root.json and nothing else.
    """
    from clearance.wiring.named_entries import entry_named

    log = _existing(directory)
    _give(log.bundle(entry_named(log, which).index) + b"\n", out)


@command.command("prove")
@click.argument("which", metavar="INDEX|DIGEST")
@_OUT
@_DIRECTORY
def prove(which: str, out: Path | None, directory: Path) -> None:
    """Give the proof that an entry is in the log under the newest checkpoint, as a file of c2sp.org/tlog-proof.

    `clearance verify FILE.tlog-proof` checks it, with the entry's bundle beside it.
    """
    from clearance.wiring.named_entries import entry_named

    log = _existing(directory)
    _give(log.prove(entry_named(log, which).index), out)


@command.command("consistency")
@click.argument("old", type=int)
@click.argument("new", type=int, required=False)
@_OUT
@_DIRECTORY
def consistency(old: int, new: int | None, out: Path | None, directory: Path) -> None:
    """Prove that the log of NEW entries (default: all of them) begins with the log of OLD entries, and was only added to.

    What is given is what a witness reads (c2sp.org/tlog-witness): the old size, the proof, the newest signed checkpoint.
    With NEW it is the two roots and the proof between them, because there is no signed checkpoint of an older size.
    `clearance verify FILE --old CHECKPOINT` checks either.
    """
    log = _existing(directory)
    proof = log.consistency(old, new)
    from clearance.record.proof import RootsProof, consistency_file, roots_file

    if new is None:
        _give(consistency_file(proof), out)
        return
    _give(roots_file(RootsProof(old, log.root_at(old), new, log.root_at(new), proof.path)), out)


@command.command("export")
@click.argument("target", type=click.Path(path_type=Path), metavar="TARGET")
@click.option(
    "--line-keys", is_flag=True, help="Export the keys of generated lines too, which tell short lines to a guesser."
)
@_DIRECTORY
def export(target: Path, directory: Path, *, line_keys: bool) -> None:
    """Write the log as files that other tools verify and any web server serves, or add what is new to an older export.

    Checkpoint, tiles and proofs as c2sp.org describes them, Sigstore bundles, evidence bodies, public keys,
    trusted_root.json, and a README that walks an auditor through. What nobody signed (keys, trust root, README) has a
    digest, which is printed: compare it by another way. The keys of lines are left out unless --line-keys asks for them: an
    auditor needs them to know a generated line again, and whoever has them can find out short lines by trying.
    """
    from clearance.facts.text import counted, visible
    from clearance.wiring.exporting import export_to

    done = export_to(_existing(directory), target, line_keys=line_keys)
    size = done.inspection.size
    added = "" if done.new == size else f", {done.new} of them new"
    click.echo(f"{counted(size, 'entry')}{added} in {visible(str(target))}; README.md there says how to verify")
    if done.left_out:
        click.echo(f"left out: the keys of lines of {counted(done.left_out, 'generation')} (--line-keys exports them)")
    if done.kept:
        click.echo(
            "! the keys of lines that an export with --line-keys wrote are still there; for none, export into a new folder"
        )
    click.echo(f"compare by another way (keys, trust root, README): {done.unsigned}")


@command.group("key")
def key() -> None:
    """Show or replace the keys that this machine signs with; `clearance trust` shows their certificates."""


@key.command("show")
@_FORMAT
def key_show(format_: str) -> None:
    """Show all public keys, past ones included."""
    from clearance.wiring import open_signer, open_signers

    signers = {"decisions": open_signer("decisions"), **open_signers()}
    known = [(purpose, public) for purpose, signer in signers.items() for public in signer.known()]
    if format_ == "json":
        click.echo(json.dumps([{"purpose": purpose} | _key_fields(public) for purpose, public in known], indent=2))
        return
    if not known:
        click.echo("no keys yet: the first `clearance check` makes them")
    for purpose, public in known:
        until = f"retired {public.retired}" if public.retired else _SIGNS[purpose]
        click.echo(f"{public.id}  {public.algorithm}  since {public.since}  {until}\n{public.pem}")


key.add_command(trust.rotate)


_SIGNS = {
    "decisions": "signed decisions before there were certificates",
    "authority": "signs certificates",
    "timestamps": "signs timestamps",
    "transparency": "signs certificate timestamps",
    "checkpoints": "signs checkpoints",
}


def _existing(directory: Path) -> "Log":
    from clearance.wiring import open_log

    log = open_log(directory, create=False)
    if not log.size():
        raise _no_log(log.place)
    return log


def _no_log(place: str) -> Exception:
    from clearance.facts.errors import StoreError

    return StoreError("there is no log yet", where=place, next="`clearance check` makes one")


def _list(log: "Reading", format_: str) -> None:
    from clearance.facts.text import visible
    from clearance.frontends.cli.log_rows import fields, row, summary

    if format_ == "json":
        told: list[dict[str, object]] = [fields(entry) | summary(entry) for entry in log.entries()]
        told += [{"index": index, "notBelieved": why} for index, why in sorted(log.passed.items())]
        click.echo(json.dumps(told, indent=2))
        return
    for entry in log.entries():
        click.echo(visible(row(entry)))


def _give(data: bytes, out: Path | None) -> None:
    """Write what other tools read to a file, or to standard output."""
    if out is None:
        click.echo(data, nl=False)
        return
    from clearance.facts.errors import UsageError

    try:
        out.write_bytes(data)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=str(out), next="choose another file") from error


def _tell(inspection: "Inspection", *, quick: bool) -> None:
    from clearance.facts.text import counted, visible

    click.echo(visible(f"log      {inspection.place}"))
    click.echo(f"origin   {inspection.origin or 'unknown'}")
    click.echo(f"entries  {inspection.size}" + (f" ({inspection.seen} seen before)" if inspection.seen else ""))
    click.echo(f"root     {inspection.root or 'unknown'}")
    for use in inspection.keys:
        click.echo(f"key      {use.key}  {counted(use.entries, 'entry')}")
    for problem in inspection.problems:
        click.echo(visible(f"{'REFUSED ' if problem.refused else 'BROKEN  '} {problem.where}: {problem.what}"))
    count = len(inspection.problems)
    sound = (
        "sound, as far as hashes tell: no signature of an entry was verified; `clearance log verify` does"
        if quick
        else "sound: everything is as it was signed"
    )
    click.echo(f"not sound: {counted(count, 'problem')}" if count else sound)


def _key_fields(public: "PublicKey") -> dict[str, str]:
    return {
        "id": public.id,
        "algorithm": public.algorithm,
        "since": public.since,
        "retired": public.retired,
        "pem": public.pem,
    }


def _read(path: Path) -> bytes:
    from clearance.facts.errors import UsageError

    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as error:
        next_ = "give a public key in PEM"
        raise UsageError(error.strerror or "cannot be read", where=str(path), next=next_) from error
