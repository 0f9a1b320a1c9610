"""Witnesses: ask them to cosign the log, and be one for others."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from clearance.facts.cosigned import Standing
    from clearance.record.log import Log
    from clearance.record.quorum import QuorumPolicy

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)


POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Witnesses must have cosigned as this policy wants it (c2sp.org/tlog-policy).",
)
"""The option of commands that verify."""


@click.group("witness")
def witness() -> None:
    """Ask witnesses to cosign the log, and be one for others.

    A witness remembers what it signed, and never signs a log that was cut back or rewritten: docs/how-to/witnesses.md.
    """


@witness.command("serve")
@click.option("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")
@click.option("--log", "logs", multiple=True, metavar="KEY", help="Verifier key of a log to witness (ORIGIN+HASH+KEY).")
@click.option("--logs", "file", type=click.Path(path_type=Path), metavar="FILE", help="A file of such keys, one a line.")
@click.option("--name", default="", metavar="NAME", help="Name of the witness's key, on first use (example.com/w1).")
@click.option("--quiet", is_flag=True, help="No line about each request.")
def serve(listen: str, logs: tuple[str, ...], file: Path | None, name: str, *, quiet: bool) -> None:
    """Be a witness: answer `POST /add-checkpoint` (c2sp.org/tlog-witness) until stopped.

    The first use makes a key of its own, and a memory beside it. Towards a network, put a proxy with TLS before it.
    """
    from clearance.facts.errors import UsageError
    from clearance.facts.text import visible
    from clearance.frontends.witness.server import WitnessServer
    from clearance.wiring.witness import open_witness, own_witness, read_logs

    keys = read_logs(logs, file)
    if not keys:
        raise UsageError("no log to witness", next="`--log KEY`: `clearance log witness policy` prints the key of a log")
    own = own_witness(os.environ, name)
    tell = (lambda line: None) if quiet else lambda line: click.echo(visible(line))
    try:
        server = WitnessServer(_address(listen), open_witness(own, keys).add_checkpoint, tell)
    except OSError as error:
        raise UsageError(error.strerror or "cannot listen there", where=listen, next="choose another port") from error
    with server:
        click.echo(f"key      {own.key}")
        for key in keys:
            click.echo(visible(f"log      {key.name}"))
        click.echo(f"serving  {server.url}")
        try:
            server.serve_forever()
        finally:
            click.echo("stopped")


def _address(listen: str) -> tuple[str, int]:
    from clearance.facts.errors import UsageError

    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise UsageError("not HOST:PORT", where=listen, next="for example 127.0.0.1:8100")
    return host.strip("[]"), int(port)


@witness.command("key")
@click.option("--name", default="", metavar="NAME", help="Name of the key, on first use (example.com/w1).")
def key(name: str) -> None:
    """Print the verifier key of this machine's witness, making it on first use."""
    from clearance.wiring.witness import own_witness

    click.echo(str(own_witness(os.environ, name).key))


@witness.command("state")
@_FORMAT
def state(format_: str) -> int:
    """Show what this machine's witness cosigned last of each log. Exit code 4 where a log forked before its eyes."""
    from clearance.facts.text import counted, visible
    from clearance.wiring.witness import witness_memory

    known = witness_memory(os.environ).witnessed()
    if format_ == "json":
        rows = [{"origin": head.origin, "size": head.size, "root": head.root.hex(), "forks": forks} for head, forks in known]
        click.echo(json.dumps(rows, indent=2))
    else:
        for head, forks in known:
            told = f"  FORKED: {forks} contradicting checkpoints are kept in forks/" if forks else ""
            click.echo(visible(f"{head.origin}  {counted(head.size, 'entry')}  root {head.root.hex()}{told}"))
        if not known:
            click.echo("the witness of this machine has cosigned no log yet: `clearance log witness serve` starts it")
    return 4 if any(forks for _, forks in known) else 0


@witness.command("add")
@click.argument("name")
@click.argument("url")
@click.argument("key_", metavar="KEY")
def add(name: str, url: str, key_: str) -> None:
    """Add a witness: a name of your choice, its submission prefix, and its verifier key. A majority of all is the quorum."""
    from clearance.wiring.witness_policy import add_witness

    _tell_policy(add_witness(os.environ, name, url, key_))


@witness.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Take a witness out of the policy."""
    from clearance.wiring.witness_policy import remove_witness

    _tell_policy(remove_witness(os.environ, name))


@witness.command("list")
@_FORMAT
@_DIRECTORY
def list_(format_: str, directory: Path) -> int:
    """List the witnesses, and which of them cosigned the newest checkpoint."""
    from clearance.wiring import open_log
    from clearance.wiring.witness_policy import open_policy
    from clearance.wiring.witnessing import standing

    policy = open_policy(os.environ)
    if policy is None:
        raise _no_policy()
    found = standing(open_log(directory, create=False), policy)
    if found is None:
        _tell_policy(policy)
    else:
        tell_standing(found, format_)
    return 0


@witness.command("ask")
@_FORMAT
@_DIRECTORY
def ask(format_: str, directory: Path) -> int:
    """Ask all witnesses to cosign the newest checkpoint. Exit codes: 0 a quorum did, 4 not."""
    from clearance.facts.errors import StoreError
    from clearance.wiring import open_log, witness_policy, witnessing

    policy = witness_policy.open_policy(os.environ)
    if policy is None:
        raise _no_policy()
    log = open_log(directory, create=False)
    found = witnessing.ask(log, os.environ, policy)
    if found is None:
        raise StoreError("there is nothing to cosign yet", where=log.place, next="`clearance check` makes a log")
    tell_standing(found, format_)
    return 0 if found.reached else 4


@witness.command("policy")
@_DIRECTORY
def policy_(directory: Path) -> None:
    """Print the policy for others (c2sp.org/tlog-policy): the key of this log, its witnesses, and the quorum."""
    from clearance.wiring import open_log, witness_policy

    click.echo(witness_policy.policy_for_others(open_log(directory, create=False), os.environ), nl=False)


def _safety(splitters: int) -> str:
    if not splitters:
        return "none: two contradicting logs can both have a quorum, though all witnesses are honest"
    who = "one witness is" if splitters == 1 else f"{splitters} witnesses are"
    return f"two contradicting logs can both have a quorum only where {who} dishonest"


def _no_policy() -> Exception:
    from clearance.facts.errors import UsageError

    return UsageError("no witnesses yet", next="`clearance log witness add NAME URL KEY`")


def _tell_policy(policy: "QuorumPolicy") -> None:
    from clearance.facts.text import visible

    for one in policy.witnesses:
        click.echo(visible(f"witness  {one.name}  {one.url or 'no address'}  {one.key.name}"))
    click.echo(visible(f"quorum   {policy.told}"))
    if policy.witnesses:
        click.echo(f"safety   {_safety(policy.splitters)}")


def tell_standing(standing: "Standing", format_: str = "text") -> None:
    """Show which witnesses cosigned a checkpoint."""
    if format_ == "json":
        from clearance.facts.fact import plain

        click.echo(json.dumps(plain(standing), indent=2))
        return
    from clearance.facts.text import counted, visible

    click.echo(visible(f"log      {standing.origin}, {counted(standing.size, 'entry')}"))
    for one in standing.cosigners:
        click.echo(visible(f"cosigned {one.witness} ({one.key}) at {one.time}"))
    for refusal in standing.refusals:
        click.echo(visible(f"NOT      {refusal.witness}: {refusal.why}"))
    click.echo(visible(f"quorum   {'reached' if standing.reached else 'NOT reached'}: {standing.quorum}"))


class Audited:
    """What witnesses say of a log that is verified; nothing where no policy names any."""

    def __init__(self, log: "Log", policy: Path | None) -> None:
        from clearance.wiring.witnessing import audit

        self._audit = audit(log, os.environ, policy)

    @property
    def enough(self) -> bool:
        """Whether nothing more is required."""
        return self._audit is None or self._audit.enough

    @property
    def fields(self) -> dict[str, Any]:
        """The same for JSON."""
        from clearance.facts.fact import plain

        return {} if self._audit is None else {"witnesses": plain(self._audit.newest)}

    def tell(self) -> None:
        """Show it."""
        if self._audit is None:
            return
        tell_standing(self._audit.newest)
        if self._audit.older is not None:
            first = "first entry has" if self._audit.older.size == 1 else f"first {self._audit.older.size:,} entries have"
            click.echo(f"         the {first} a quorum")
