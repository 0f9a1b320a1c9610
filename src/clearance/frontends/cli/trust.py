"""Show, set up and renew whom this machine trusts and who it signs as."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from clearance.frontends.cli import trust_revoke
from clearance.frontends.cli.trust_told import moment, tell, wanted
from clearance.frontends.cli.verify import given

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearance.attest.signers.file import Purpose
    from clearance.wiring.trust_setup import Before
    from clearance.wiring.trusting import House

_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would end, and change nothing.")
_YES = click.option("--yes", is_flag=True, help="Do not ask whether it may end (for scripts).")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("trust")
def command() -> None:
    """Show, set up and renew whom this machine trusts and who it signs as.

    Nothing needs to be set up on one machine: the first `clearance check` makes everything. docs/reference/trust.md
    describes the certificates, the files, and how others verify with them.
    """


@command.command("init")
@click.option("--domain", callback=given, metavar="NAME", help="The trust domain in the SPIFFE ids of agents and services.")
@click.option(
    "--signer", "signers", multiple=True, metavar="PURPOSE=URI", help="Where a key rests: file:, pkcs11:…, vault:…, awskms:…"
)
@click.option("--timestamps", callback=given, metavar="URL", help="Have another timestamp service stamp (RFC 3161).")
@click.option("--timestamps-chain", metavar="FILE", type=_FILE, help="Its certificate and those above it (PEM).")
@click.option("--oidc-issuer", callback=given, metavar="URL", help="Believe the ID tokens of this identity provider.")
@click.option("--audience", "audiences", multiple=True, metavar="NAME", help="For whom its tokens must be; may repeat.")
@click.option("--names", type=click.Choice(["people", "github", "gitlab"]), default="people", help="Whom its tokens name.")
@click.option("--jwks", metavar="FILE", type=_FILE, help="Its keys, instead of asking it for them.")
@click.option(
    "--mail-domain", "mail_domains", multiple=True, metavar="NAME", help="Only addresses in this domain; may repeat."
)
@click.option(
    "--repository",
    "repositories",
    multiple=True,
    metavar="NAME",
    help="Jobs of this one may sign: owner/name, owner/*; may repeat.",
)
@_DRY_RUN
@_YES
@_DIRECTORY
@click.pass_context
def init(
    context: click.Context,
    domain: str,
    signers: tuple[str, ...],
    timestamps: str,
    timestamps_chain: Path | None,
    oidc_issuer: str,
    audiences: tuple[str, ...],
    names: str,
    jwks: Path | None,
    mail_domains: tuple[str, ...],
    repositories: tuple[str, ...],
    directory: Path,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Set up trust on this machine; what is there already stays, and so does everything that was signed.

    Another trust domain, key or timestamp service gets new certificates from now on, and the old ones' time ends: that is
    said and asked first. Without any option, what a person wrote into trust.toml takes effect. The log of the repository
    around, where there is one, says what was changed.
    """
    from clearance.wiring.trust_setup import Choices, before_change, changed_by, plan, set_up
    from clearance.wiring.trusting import open_trust

    choices = Choices(
        domain=domain,
        signers=dict(_split(one) for one in signers),
        timestamps=timestamps,
        chain=timestamps_chain,
        issuer=oidc_issuer,
        audiences=audiences,
        names=names,
        jwks=jwks,
        mail_domains=mail_domains,
        repositories=repositories,
    )
    house = open_trust(os.environ)
    planned = wanted(context, lambda: plan(house, choices), dry_run=dry_run, yes=yes)
    if planned is None:
        return
    before = before_change(house)
    set_up(house, choices)
    tell(house)
    if changed := {*changed_by(choices, planned)}:
        _state(house, "init", changed, before, directory)
    click.echo("\nnext    clearance trust show --trusted-root trusted_root.json   (for whoever verifies)")


@command.command("show")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option(
    "--trusted-root", "root", metavar="FILE", type=_FILE, help="Write what verifies our bundles: trusted_root.json."
)
@click.option(
    "--trust-config", "config", metavar="FILE", type=_FILE, help="Write the same as sigstore's --trust-config wants it."
)
@_DIRECTORY
def show(format_: str, root: Path | None, config: Path | None, directory: Path) -> None:
    """Show authorities, keys and their times; write them as files for others, with the log of this repository."""
    from clearance.attest.revocation import write_revoked
    from clearance.frontends.cli.terminal import write_file
    from clearance.wiring.trust_revoking import list_beside
    from clearance.wiring.trust_setup import client_config, here, state_of
    from clearance.wiring.trusting import open_trust

    house = open_trust(os.environ)
    if root is None and config is None:
        if format_ == "json":
            click.echo(json.dumps(state_of(house, here(directory)), indent=2))
        else:
            tell(house)
        return
    origins = here(directory)
    if root is not None:
        write_file(root, house.trusted_root(origins))
        if (revoked := house.trust().root.revoked) or list_beside(root).exists():
            write_file(list_beside(root), write_revoked(revoked))
    if config is not None:
        write_file(config, client_config(house.root(origins)))
    log = ", ".join(origins) or "no log: `clearance check` makes one, then write the file again"
    click.echo(f"written; it verifies what this machine signed, logged in {log}", err=True)


@command.command("rotate")
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(["authority", "timestamps", "transparency", "checkpoints"]),
    help="Which key; may repeat (default: all of them).",
)
@click.option(
    "--since",
    callback=given,
    metavar="TIME",
    help="The old key was stolen then (2026-11-22T06:00:00Z): refuse what it signed later.",
)
@_DRY_RUN
@_YES
@_DIRECTORY
@click.pass_context
def rotate(
    context: click.Context, purposes: tuple["Purpose", ...], since: str, directory: Path, *, dry_run: bool, yes: bool
) -> None:
    """Make new keys and certificates; the time of the old ones ends, and all that they signed until then still verifies.

    What ends is said first, and a person is asked. The log of the repository around, where there is one, then names the keys
    that ended and those that began.

    With --since the time of the old ones ends back then: what bears a later timestamp is refused from now on, your own
    entries too. They stay in the log, and `clearance log verify` names each.
    """
    from clearance.facts.moment import rfc3339
    from clearance.wiring.trust_plans import plan_rotation
    from clearance.wiring.trust_setup import before_change
    from clearance.wiring.trusting import SIGNING, open_trust

    house = open_trust(os.environ)
    until = moment(since) if since else None
    told = rfc3339(until) if until else ""
    if not wanted(context, lambda: plan_rotation(house, purposes or SIGNING, until), dry_run=dry_run, yes=yes, since=told):
        return
    before = before_change(house)
    house.rotate(purposes or SIGNING, until)
    tell(house)
    _state(house, "rotate", purposes or SIGNING, before, directory)
    if since:
        click.echo("\nrefused now is what bears a later time than these ends: clearance log verify   (names each entry)")
    click.echo("\nnext    hand out the new trusted root: clearance trust show --trusted-root trusted_root.json")


command.add_command(trust_revoke.revoke)


@command.command("login")
@click.option("--id-token", "token", required=True, metavar="FILE", help="An ID token of a configured provider; - reads it.")
@click.option("--nonce", default="", metavar="TEXT", help="Insist on this nonce in it.")
def login(token: str, nonce: str) -> None:
    """Say who an ID token signs as, after verifying it. Nothing is kept: `clearance attest … --id-token FILE` signs.

    Keys of people rest nowhere: each is made in memory, certified for ten minutes, and gone with the process.
    """
    from clearance.facts.text import visible
    from clearance.wiring.trust_setup import read_token
    from clearance.wiring.trusting import open_trust

    identity = open_trust(os.environ).authenticate(read_token(token), nonce=nonce)
    click.echo(visible(f"signs as {identity.name} ({identity.kind}), vouched for by {identity.issuer}"))


def _state(
    house: "House", action: Literal["init", "rotate"], changed: "Iterable[str]", before: "Before", directory: Path
) -> None:
    from clearance.wiring.trust_setup import state_change

    entry = state_change(house, action, changed, before, directory, os.environ)
    if entry:
        click.echo(f"stated  entry {entry} of the log here")


def _split(said: str) -> tuple[str, str]:
    from clearance.attest.signers.file import Purpose

    purpose, equals, uri = said.partition("=")
    purposes = [one for one in get_args(Purpose) if one != "decisions"]  # that one signs nothing any more
    if not equals or purpose not in purposes or not uri:
        raise click.BadParameter(f"{said!r} is not PURPOSE=URI, with a purpose of {', '.join(purposes)}")
    return purpose, uri
