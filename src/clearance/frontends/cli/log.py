"""Show, verify and export the log of signed decisions, and its keys."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli import log_trailer, log_witness

if TYPE_CHECKING:
    from clearance.facts.entry import Entry, Inspection
    from clearance.facts.key import PublicKey
    from clearance.record.log import Log

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_OUT = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not to standard output.")
_PREFIX = 6


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
def show(which: str | None, format_: str, directory: Path) -> None:
    """List all entries, or show one by its index or the beginning of its receipt's digest."""
    log = _existing(directory)
    if which is None:
        _list(log, format_)
        return
    entry = _find(log, which)
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
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring import open_log

    with Progress("verifying") as progress:
        log = open_log(directory, create=False)
        inspection = log.inspect(*(_read(path) for path in keys), quick=quick, told=progress)
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
    log = _existing(directory)
    _give(log.bundle(_find(log, which).index) + b"\n", out)


@command.command("prove")
@click.argument("which", metavar="INDEX|DIGEST")
@_OUT
@_DIRECTORY
def prove(which: str, out: Path | None, directory: Path) -> None:
    """Give the proof that an entry is in the log under the newest checkpoint, as a file of c2sp.org/tlog-proof."""
    log = _existing(directory)
    _give(log.prove(_find(log, which).index), out)


@command.command("consistency")
@click.argument("old", type=int)
@click.argument("new", type=int, required=False)
@_OUT
@_DIRECTORY
def consistency(old: int, new: int | None, out: Path | None, directory: Path) -> None:
    """Prove that the log of NEW entries (default: all of them) begins with the log of OLD entries, and was only added to.

    What is given is what a witness reads (c2sp.org/tlog-witness): the old size, the proof, the newest signed checkpoint.
    With NEW it is the two roots and the proof between them, because there is no signed checkpoint of an older size.
    """
    log = _existing(directory)
    proof = log.consistency(old, new)
    if new is None:
        from clearance.record.proof import consistency_file

        _give(consistency_file(proof), out)
        return
    import base64

    lines = [
        f"old {old} {base64.b64encode(log.root_at(old)).decode()}",
        f"new {new} {base64.b64encode(log.root_at(new)).decode()}",
    ]
    _give(("\n".join([*lines, *(base64.b64encode(step).decode() for step in proof.path)]) + "\n").encode(), out)


@command.command("export")
@click.argument("target", type=click.Path(path_type=Path), metavar="TARGET")
@_DIRECTORY
def export(target: Path, directory: Path) -> None:
    """Write the log as files that other tools verify and any web server serves, or add what is new to an older export.

    Checkpoint, tiles and proofs as c2sp.org describes them, Sigstore bundles, evidence bodies, public keys,
    trusted_root.json, and a README that walks an auditor through. What nobody signed (keys, trust root, README) has a
    digest, which is printed: compare it by another way.
    """
    from clearance.facts.text import visible
    from clearance.wiring.exporting import export_to

    done = export_to(_existing(directory), target)
    size = done.inspection.size
    added = "" if done.new == size else f", {done.new} of them new"
    click.echo(f"{size} {_entries(size)}{added} in {visible(str(target))}; README.md there says how to verify")
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


@key.command("rotate")
def key_rotate() -> None:
    """Make new keys, as `clearance trust rotate` does. The old private keys are gone; what they signed still verifies."""
    from clearance.wiring import open_signers
    from clearance.wiring.trusting import SIGNING, open_trust

    open_trust(os.environ).rotate(SIGNING)
    for signer in open_signers().values():
        public = signer.public()
        click.echo(f"{public.id}  {public.algorithm}  since {public.since}")


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


def _list(log: "Log", format_: str) -> None:
    from clearance.facts.text import visible
    from clearance.frontends.cli.log_rows import fields, row, summary

    if format_ == "json":
        click.echo(json.dumps([fields(entry) | summary(entry) for entry in log.entries()], indent=2))
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


def _find(log: "Log", which: str) -> "Entry":
    from clearance.facts.errors import UsageError

    size = log.size()
    if which.isascii() and which.isdigit() and int(which) < size:
        return next(log.entries(int(which)))
    hexadecimal = len(which) >= _PREFIX and set(which.lower()) <= set("0123456789abcdef")
    found = [entry for entry in log.entries() if entry.digest.startswith(which.lower())] if hexadecimal else []
    # The same statement may stand in the log twice only if it was made twice within a second: then the last one is meant.
    if not found or len({entry.digest for entry in found}) > 1:
        what = "several entries begin so" if found else "no such entry"
        last = f"give an index from 0 to {size - 1}, or at least {_PREFIX} digits of a digest"
        raise UsageError(what, where=which, next=last)
    return found[-1]


def _tell(inspection: "Inspection", *, quick: bool) -> None:
    from clearance.facts.text import visible

    click.echo(visible(f"log      {inspection.place}"))
    click.echo(f"origin   {inspection.origin or 'unknown'}")
    click.echo(f"entries  {inspection.size}" + (f" ({inspection.seen} seen before)" if inspection.seen else ""))
    click.echo(f"root     {inspection.root or 'unknown'}")
    for use in inspection.keys:
        click.echo(f"key      {use.key}  {use.entries} {_entries(use.entries)}")
    for problem in inspection.problems:
        click.echo(visible(f"BROKEN   {problem.where}: {problem.what}"))
    count = len(inspection.problems)
    sound = (
        "sound, as far as hashes tell: no signature of an entry was verified; `clearance log verify` does"
        if quick
        else "sound: everything is as it was signed"
    )
    click.echo(f"not sound: {count} problem{'' if count == 1 else 's'}" if count else sound)


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


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
