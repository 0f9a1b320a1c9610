"""Show, verify and export the log of signed decisions, and its keys."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
_PREFIX = 6


@click.group("log")
def command() -> None:
    """Show, verify and export the log of signed decisions, and its keys.

    Every `clearance check` appends one entry; docs/reference/log.md describes files, formats and how to verify without us.
    """


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
        click.echo(json.dumps(_fields(entry) | {"statement": json.loads(entry.payload)}, indent=2))
        return
    _show_one(entry)


@command.command("verify")
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", type=click.Path(path_type=Path), help="Trust this public key (PEM) too."
)
@_FORMAT
@_DIRECTORY
def verify(keys: tuple[Path, ...], format_: str, directory: Path) -> int:
    """Recompute the whole log and compare it with what was signed and with what was seen before.

    Checks each entry's signature and hash, every byte of every tile, the root, the checkpoint's signature, every evidence
    body, and that the log continues the newest checkpoint seen. Exit codes: 0 sound, 4 not (each place is named).
    """
    from clearance.wiring import open_log

    inspection = open_log(directory, create=False).inspect(*(_read(path) for path in keys))
    if not inspection.origin and not inspection.problems:
        raise _no_log(inspection.place)
    if format_ == "json":
        from clearance.facts.fact import plain

        click.echo(json.dumps({"sound": not inspection.problems} | plain(inspection), indent=2))
    else:
        _tell(inspection)
    return 4 if inspection.problems else 0


@command.command("export")
@click.argument("target", type=click.Path(path_type=Path), metavar="TARGET")
@_DIRECTORY
def export(target: Path, directory: Path) -> None:
    """Write the log into a new directory, as files that other tools verify.

    Checkpoint, tiles and proofs as c2sp.org describes them, entries, evidence bodies, public keys, and a README.
    """
    from clearance.facts.text import visible

    inspection = _existing(directory).export(target)
    click.echo(
        f"{inspection.size} {_entries(inspection.size)} in {visible(str(target))}; README.md there says how to verify"
    )


@command.group("key")
def key() -> None:
    """Show or replace the keys that sign decisions and checkpoints."""


@key.command("show")
@_FORMAT
def key_show(format_: str) -> None:
    """Show all public keys, past ones included."""
    from clearance.wiring import open_signers

    known = [public for signer in open_signers() for public in signer.known()]
    if format_ == "json":
        click.echo(json.dumps([_key_fields(public) for public in known], indent=2))
        return
    if not known:
        click.echo("no keys yet: the first `clearance check` makes them")
    for public in known:
        what = "signs decisions" if public.algorithm == "ecdsa-p256" else "signs checkpoints"
        until = f"retired {public.retired}" if public.retired else what
        click.echo(f"{public.id}  {public.algorithm}  since {public.since}  {until}\n{public.pem}")


@key.command("rotate")
def key_rotate() -> None:
    """Make new keys. The old private keys are gone; what they signed still verifies, what they sign from now on does not."""
    from clearance.wiring import open_signers

    for signer in open_signers():
        public = signer.rotate()
        click.echo(f"{public.id}  {public.algorithm}  since {public.since}")


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
    if format_ == "json":
        click.echo(json.dumps([_fields(entry) | _summary(entry.payload) for entry in log.entries()], indent=2))
        return
    from clearance.facts.text import visible

    for entry in log.entries():
        said = _summary(entry.payload)
        row = f"{entry.index:>6}  {said['time']:<20}  {said['verdict']:<5}  {entry.digest[:12]}"
        click.echo(visible(f"{row}  {said['tree']}  {said['author']}"))


def _summary(payload: bytes) -> dict[str, str]:
    """Give what a list shows of a statement; statements of another kind show their predicate type."""
    statement: dict[str, Any] = json.loads(payload)
    predicate = statement.get("predicate", {})
    if "result" in predicate and "untried" in predicate:  # a proof of liveness
        said = f"{len(predicate['alive'])} guards alive, {len(predicate['dead'])} dead"
        return {"time": str(predicate["time"]), "verdict": "proof", "tree": said, "author": ""}
    subject: dict[str, Any] = next(iter(statement.get("subject", [])), {})
    author = predicate.get("author", {})
    return {
        "time": str(predicate.get("time", "")),
        "verdict": str(predicate.get("verdict", statement.get("predicateType", ""))),
        "tree": str(subject.get("name", ""))[:56],
        "author": f"{author.get('kind', '')}: {author.get('name', '')}",
    }


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


def _show_one(entry: "Entry") -> None:
    from clearance.facts.text import visible

    click.echo(f"entry    {entry.index}\ndigest   {entry.digest}\nleaf     {entry.leaf}\nkey      {entry.key}\n")
    click.echo(visible(json.dumps(json.loads(entry.payload), indent=2, ensure_ascii=False), keep="\n"))


def _tell(inspection: "Inspection") -> None:
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
    click.echo(
        f"not sound: {count} problem{'' if count == 1 else 's'}" if count else "sound: everything is as it was signed"
    )


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _fields(entry: "Entry") -> dict[str, Any]:
    return {"index": entry.index, "digest": entry.digest, "leaf": entry.leaf, "key": entry.key}


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
