"""Verify signed bundles and exported logs with a trusted root and nothing else."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.facts.verified import FileVerdict, Head, Proved, Verified


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
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Whom to believe: what `clearance trust show --trusted-root FILE` wrote.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Believe this key of a log about proofs, too: checkpoint.vkey of an export, or PEM.",
)
@click.option(
    "--entry",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The entry that a .tlog-proof is for (default: the bundle of that name beside it).",
)
@click.option(
    "--old", metavar="FILE", type=click.Path(path_type=Path), help="The older checkpoint, for a consistency proof."
)
@click.option(
    "--new", metavar="FILE", type=click.Path(path_type=Path),
    help="The newer checkpoint, for a consistency proof that holds none.",
)  # fmt: skip
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
    *, paths: tuple[Path, ...], root: Path | None, keys: tuple[Path, ...], entry: Path | None, old: Path | None,
    new: Path | None, identity: str, issuer: str, policy: Path | None, type_: str, format_: str,
) -> int:  # fmt: skip
    """Verify Sigstore bundles, proofs, or all of a log that `clearance log export` wrote into a directory.

    Checks the signature, the certificate and its time, its certificate timestamp, the timestamp, the log's record of it, the
    inclusion proof and the checkpoint; of an exported log its proofs, tiles and evidence too, and that nothing is missing or
    added (but README.md, keys/ and trusted_root.json, which nobody signed). Needs no keys, no network and no repository.
    Of a directory, --identity, --issuer and --type choose which entries are shown; all are verified, and one must be chosen.

    What `clearance log prove` and `clearance log consistency` write is verified against signed checkpoints: that the entry
    is in that log, or that the log begins with an older one and was only added to.
    Exit codes: 0 all verify, 4 one does not (the field that is wrong is named), 2 used wrongly.
    """
    from datetime import UTC, datetime

    from clearance.facts.moment import rfc3339
    from clearance.facts.text import visible
    from clearance.facts.verified import fields
    from clearance.wiring.bundles import Wanted, read_trusted_root
    from clearance.wiring.proofs import Beside
    from clearance.wiring.trust_revoking import list_beside
    from clearance.wiring.verified_files import verify_files
    from clearance.wiring.witness_policy import read_policy_at

    if root is None and not keys:
        raise click.UsageError("missing: --trusted-root FILE, what `clearance trust show --trusted-root FILE` wrote")
    now = rfc3339(datetime.now(UTC))
    wanted = Wanted(identity, issuer, type_, read_policy_at(policy) if policy else None, now)
    believed = read_trusted_root(root) if root else None
    if root and format_ == "text" and not list_beside(root).exists():
        said = f"no list of revoked certificates lies beside {root}: what was revoked looks as good as ever"
        click.echo(visible(f"clearance: {said}"), err=True)
    wrong = 0
    for verdict in verify_files(paths, believed, wanted, Beside(entry, old, new, keys)):
        wrong += verdict.wrong
        if format_ == "json":
            click.echo(json.dumps(fields(verdict)))
        else:
            _tell(verdict)
    return 4 if wrong else 0


def _tell(verdict: "FileVerdict") -> None:
    from clearance.facts.text import visible

    if verdict.verified is None and verdict.proved is None:
        place = f"{verdict.where}: " if verdict.where else ""
        word = "OLD  " if verdict.old else "REFUSED" if verdict.refused else "ABSENT" if verdict.left_out else "WRONG"
        click.echo(visible(f"{word}  {verdict.file}\n       {place}{verdict.what}", keep="\n"))
        return
    click.echo(visible(f"OK     {verdict.file}"))
    rows = _proved(verdict.proved) if verdict.proved else _rows(verdict.verified) if verdict.verified else ()
    for name, said in rows:
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


def _proved(one: "Proved") -> list[tuple[str, str]]:
    entries = "1 entry" if one.head.size == 1 else f"{one.head.size} entries"
    if one.older:
        what = f"the log of {entries} begins with the log of {one.older.size}, and was only added to"
        rows = [("proves", what), ("log", one.log), ("older", _head(one.older)), ("newer", _head(one.head))]
    else:
        said = one.verified
        who = f": {said.type}, signed by {said.signer} at {said.time}" if said else ": who signed it was not looked at"
        rows = [
            ("proves", f"the entry is number {one.index} of a log of {entries}"),
            ("entry", f"{one.entry}{who}"),
            ("leaf", f"sha256 {one.leaf}"),
            ("log", one.log),
            ("under", _head(one.head)),
        ]
        rows += [("extra", f"{one.extra} bytes that an application added, and nobody signed")] if one.extra else []
    return rows + ([("quorum", f"cosigned by {', '.join(one.witnesses)}")] if one.witnesses else [])


def _head(head: "Head") -> str:
    until = f", which counted until {head.until}" if head.until else ""
    return f"a checkpoint of {head.size}, root {head.root}, signed by key {head.key[:16]}{until}"
