"""Verify signed bundles and exported logs with a trusted root and nothing else."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.bundles import Verdict, Verified


def given(_: click.Context, option: click.Parameter, said: str | None) -> str:
    """Refuse an option that was given and says nothing, as an unset variable of a script does: it would insist on nothing,
    or sign as somebody else. Not given: empty."""
    if said is not None and not said.strip():
        raise click.BadParameter("it names nobody and nothing", param=option)
    return said or ""


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIRECTORY…", type=click.Path(path_type=Path))
@click.option(
    "--trusted-root",
    "root",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Whom to believe: what `clearance trust show --trusted-root FILE` wrote.",
)
@click.option("--identity", callback=given, metavar="NAME", help="Insist on who signed: a mail address or a SPIFFE id.")
@click.option("--issuer", callback=given, metavar="URI", help="Insist on who vouches for them.")
@click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Insist on the witnesses that this policy wants (c2sp.org/tlog-policy).",
)
@click.option("--type", "type_", callback=given, metavar="TYPE", help="Insist on the kind of statement (its predicateType).")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json, one a line."
)
def command(
    paths: tuple[Path, ...], root: Path, identity: str, issuer: str, policy: Path | None, type_: str, format_: str
) -> int:
    """Verify Sigstore bundles, or all of a log that `clearance log export` wrote into a directory.

    Checks the signature, the certificate and its time, its certificate timestamp, the timestamp, the log's record of it, the
    inclusion proof and the checkpoint; of an exported log its proofs, tiles and evidence too, and that nothing is missing or
    added (but README.md, keys/ and trusted_root.json, which nobody signed). Needs no keys, no network and no repository.
    Of a directory, --identity, --issuer and --type choose which entries are shown; all are verified, and one must be chosen.
    Exit codes: 0 all verify, 4 one does not (the field that is wrong is named), 2 used wrongly.
    """
    from clearance.wiring.bundles import Wanted, fields, read_trusted_root, verify_files
    from clearance.wiring.witnessing import read_policy_at

    wanted = Wanted(identity, issuer, type_, read_policy_at(policy) if policy else None)

    wrong = 0
    for verdict in verify_files(paths, read_trusted_root(root), wanted):
        wrong += verdict.wrong
        if format_ == "json":
            click.echo(json.dumps(fields(verdict)))
        else:
            _tell(verdict)
    return 4 if wrong else 0


def _tell(verdict: "Verdict") -> None:
    from clearance.facts.text import visible

    if verdict.verified is None:
        place = f"{verdict.where}: " if verdict.where else ""
        click.echo(
            visible(f"{'OLD  ' if verdict.old else 'WRONG'}  {verdict.file}\n       {place}{verdict.what}", keep="\n")
        )
        return
    click.echo(visible(f"OK     {verdict.file}"))
    for name, said in _rows(verdict.verified):
        click.echo(visible(f"       {name:<8}{said}"))


def _rows(one: "Verified") -> list[tuple[str, str]]:
    about = ", ".join(f"{subject.name} sha256:{subject.sha256[:12]}…" for subject in one.subjects[:2])
    more = f" and {len(one.subjects) - 2} more" if len(one.subjects) > 2 else ""
    return [
        ("what", one.type),
        ("about", about + more),
        ("signed", f"by {one.signer} ({one.kind}), vouched for by {one.issuer}"),
        ("when", one.time),
        ("where", f"entry {one.index} of {one.log}, in a signed tree of {one.size}"),
        *([("quorum", f"cosigned by {', '.join(one.witnesses)}")] if one.witnesses else []),
    ]
