"""List, show, accept and renew risks: who answers for one, why, until when, and what is done instead."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import datetime as dt

    from clearance.facts.decision import Decision
    from clearance.facts.finding import Finding
    from clearance.facts.waiver import Accepted, Register, Waiver
    from clearance.wiring.risks import Last

_MOST_REPORT = 256 << 20

_directory = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_color = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
_format = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_report = click.option(
    "--from", "report", type=click.Path(path_type=Path), metavar="FILE", help="A JSON report of a check instead of the log."
)


class _WaiverId(click.ParamType[str]):
    """The id of a waiver; completion reads the folder's names."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the ids that begin so."""
        folder = Path(ctx.params.get("directory") or ".") / ".clearance" / "waivers"
        return [CompletionItem(path.stem) for path in sorted(folder.glob("*.toml")) if path.stem.startswith(incomplete)]


@click.group("risk")
def command() -> None:
    """List, show, accept and renew risks: who answers for one, why, until when, and what is done instead.

    An accepted risk is a waiver: a file in .clearance/waivers/ that counts once it stands on the base of a change.
    docs/how-to/accept-a-risk.md describes it.
    """


@command.command("list")
@click.option("--all", "show_all", is_flag=True, help="Show those, too, that were removed since they counted.")
@click.option("--expired", is_flag=True, help="Show only those that have expired.")
@click.option("--expiring", type=click.IntRange(0), metavar="DAYS", help="Show only those that expire within DAYS days.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="text (default), json, csv.",
)
@_color
@_directory
def list_(*, show_all: bool, expired: bool, expiring: int | None, format_: str, color: str, directory: Path) -> int:
    """Show the register: each accepted risk, whether it is in force, who answers for it, and in which decisions it counted.

    It is kept from the log and from the waivers on the base and here. Exit codes: 0 shown, 2 a waiver is broken, 4 the log
    could not be read.
    """
    import msgspec

    from clearance.frontends.cli.terminal import look
    from clearance.report import register as reports

    if expired and expiring is not None:
        raise click.UsageError("--expired and --expiring are two different lists: choose one")
    found = _register(directory)
    shown = (
        found.accepted if show_all or format_ == "text" else tuple(one for one in found.accepted if one.state != "removed")
    )
    if expired:
        shown = tuple(one for one in shown if one.state == "expired")
    if expiring is not None:
        shown = tuple(one for one in shown if one.state == "in force" and one.days <= expiring)
    how = look(color=color, show_all=show_all)
    live = sum(one.state != "removed" for one in found.accepted)
    if format_ == "text" and not shown and live:
        which = "has expired" if expired else f"ends within {expiring} day{'' if expiring == 1 else 's'}"
        click.echo(f"none of {live} accepted risk{'' if live == 1 else 's'} {which}")
        return 0
    found = msgspec.structs.replace(found, accepted=shown)
    said = {"json": reports.json, "csv": reports.table}.get(format_, lambda one: reports.text(one, how))(found)
    click.echo(said, nl=False, color=how.color)
    return 0


@command.command("show")
@click.argument("name", metavar="ID", type=_WaiverId())
@_format
@_color
@_directory
def show(name: str, format_: str, color: str, directory: Path) -> int:
    """Show the accepted risk ID: what it covers, why, what is done instead, and the decisions in which it counted."""
    from clearance.frontends.cli.terminal import look
    from clearance.report import register as reports

    found = _register(directory)
    how = look(color=color)
    named = _named(found, name)
    said = reports.one_json(named, found) if format_ == "json" else reports.one(named, found, how)
    click.echo(said, nl=False, color=how.color)
    return 0


@command.command("open")
@_report
@_format
@_color
@_directory
def open_(report: Path | None, format_: str, color: str, directory: Path) -> int:
    """List the findings that stop the last check and that nobody accepted, each with what `accept` wants to know of it."""
    from clearance.frontends.cli.terminal import look
    from clearance.report import register as reports
    from clearance.wiring.risks import open_risks

    last = _last(directory, report)
    decision, found = open_risks(last, directory)
    if format_ == "json":
        click.echo(reports.risks_json(found, decision.verdict.value, last.entry), nl=False)
        return 0
    which = f"the report {report}" if report else f"the last check (entry {last.entry})"
    stopped = f"{len(found)} finding{'' if len(found) == 1 else 's'}" if found else "no finding"
    how = look(color=color)
    head = f"{which}: {decision.verdict.value}, {stopped} that nobody accepted"
    click.echo(reports.risks(found, head, how), nl=False, color=how.color)
    return 0


@command.command("report")
@click.option(
    "--format", "format_", type=click.Choice(["markdown", "json"]), default="markdown", help="markdown (default) or json."
)
@_directory
def report_(format_: str, directory: Path) -> int:
    """Print the register as a page in Markdown, for whoever asks which risks are accepted and until when.

    As JSON it is what `list --all --format json` gives.
    """
    from clearance.report import register as reports

    found = _register(directory)
    click.echo(reports.json(found) if format_ == "json" else reports.page(found), nl=False)
    return 0


@command.command("accept")
@click.argument("finding", required=False, metavar="[FINDING]")
@click.option("--rule", metavar="RULE", help="Accept all findings of RULE in the files of --path instead.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Files, as globs (src/legacy/**); with --rule.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.option("--reason", metavar="TEXT", help="Why it is accepted.")
@click.option(
    "--expires", metavar="DATE|DAYSd", help="The last day on which it counts (2027-03-31), or in how many days (90d)."
)
@click.option("--compensating", metavar="TEXT", help="What is done instead.")
@click.option("--control", "controls", multiple=True, metavar="ID", help="A control that does it (asvs:v5.0.0-1.2.5).")
@click.option("--ticket", default="", metavar="TEXT", help="Where it is followed up.")
@click.option("--id", "name", metavar="ID", help="The name of the file (default: from the rule and the finding).")
@_report
@_directory
def accept(
    *,
    finding: str | None,
    rule: str | None,
    paths: tuple[str, ...],
    owner: str | None,
    reason: str | None,
    expires: str | None,
    compensating: str | None,
    controls: tuple[str, ...],
    ticket: str,
    name: str | None,
    report: Path | None,
    directory: Path,
) -> int:
    """Write a waiver for a FINDING of the last check: its fingerprint's beginning (`clearance risk open`) or PATH:LINE.

    Nothing counts yet after that: the file must reach the base of a change, in a change that two people agree to.
    """
    from clearance.facts.waiver import Waiver
    from clearance.wiring import accepting, risks

    given = {"--owner": owner, "--reason": reason, "--expires": expires, "--compensating": compensating}
    missing = [option for option, value in given.items() if not (value or "").strip()]
    if missing:
        raise click.UsageError(f"missing: {', '.join(missing)}; a risk is accepted by somebody, for a reason, for a time")
    if (finding is None) == (rule is None) or bool(paths) != (rule is not None):
        raise click.UsageError("name one FINDING, or --rule with --path")
    on = risks.today()
    where = risks.placed(directory, os.environ)
    last = _last_or_none(directory, report) if rule else _last(directory, report)
    hit = accepting.finding_of(last, finding) if last and finding else None
    if rule:
        accepting.check_rule(rule, directory, last)
    accepting.check_controls(controls)
    most = where.settings.waivers.most_days
    waiver = Waiver(
        id=name or accepting.name_for(hit, rule or "", {**where.base, **where.here}),
        owner=(owner or "").strip(),
        reason=(reason or "").strip(),
        expires=accepting.day_of(expires or "", on, most),
        compensating=(compensating or "").strip(),
        finding=hit.fingerprint if hit else "",
        rule=rule or "",
        paths=paths,
        controls=controls,
        ticket=ticket.strip(),
    )
    accepting.refuse_twice(waiver, {**where.base, **where.here})
    data = risks.written(waiver)
    accepting.check_said(waiver)
    told = _tried(waiver, last, directory, most, on)
    _write(waiver, data, directory)
    _state(waiver, data, directory, "accept")
    click.echo("\n".join([*_summary(waiver, hit, on), *told, *_next(where.label)]))
    return 0


@command.command("renew")
@click.argument("name", metavar="ID", type=_WaiverId())
@click.option("--expires", required=True, metavar="DATE|DAYSd", help="The new last day, or in how many days it is.")
@click.option("--reason", metavar="TEXT", help="Why it is accepted still (default: as before).")
@click.option("--owner", metavar="NAME", help="Who answers for it now (default: as before).")
@_directory
def renew(name: str, expires: str, reason: str | None, owner: str | None, directory: Path) -> int:
    """Let the accepted risk ID last longer, in its file; as `accept`, that counts once it stands on the base."""
    import msgspec

    from clearance.facts.errors import UsageError
    from clearance.wiring import accepting, risks

    on = risks.today()
    where = risks.placed(directory, os.environ)
    known = {**where.base, **where.here}
    if name not in known:
        raise _unknown(name, known)
    before = known[name]
    day = accepting.day_of(expires, on, where.settings.waivers.most_days)
    if day == before.expires:
        raise click.UsageError(f"it expires on {day} already")
    if day < before.expires:
        raise UsageError(
            f"{day} is earlier than its last day, {before.expires}",
            where=before.where,
            next="name a later day; to end it sooner, write the day into its file, or delete the file",
        )
    waiver = msgspec.structs.replace(
        before, expires=day, reason=(reason or before.reason).strip(), owner=(owner or before.owner).strip()
    )
    data = risks.written(waiver, risks.as_here(name, directory))
    if reason:
        accepting.check_said(waiver)
    _write(waiver, data, directory)
    _state(waiver, data, directory, "renew")
    click.echo("\n".join([f"{waiver.where}: expires {day} (it was {before.expires})", *_next(where.label)]))
    return 0


def _register(directory: Path) -> "Register":
    from clearance.wiring import risks

    return risks.register(directory, os.environ, risks.today())


def _named(found: "Register", name: str) -> "Accepted":
    for one in found.accepted:
        if one.waiver.id == name:
            return one
    raise _unknown(name, [one.waiver.id for one in found.accepted])


def _unknown(name: str, known: Collection[str]) -> Exception:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    said = f" Did you mean {near[0]!r}?" if near else " `clearance risk list --all` names those that there are."
    return click.UsageError(f"no accepted risk {name!r}.{said}")


def _last(directory: Path, report: Path | None) -> "Last":
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.accepting import from_report
    from clearance.wiring.risks import last_check

    return last_check(directory) if report is None else from_report(read_bytes_in(report, _MOST_REPORT), str(report))


def _last_or_none(directory: Path, report: Path | None) -> "Last | None":
    from clearance.facts.errors import UsageError

    try:
        return _last(directory, report)
    except UsageError:
        if report is not None:
            raise
        return None


def _tried(waiver: "Waiver", last: "Last | None", directory: Path, most: int, on: "dt.date") -> list[str]:
    """Say what the last check would be with the waiver on the base; refuse one that no policy would let count."""
    from clearance.facts.errors import UsageError
    from clearance.wiring.risks import with_waiver

    if last is None:
        return ["  now       no check is in the log yet: what it covers will show with the next one"]
    decision, covered = with_waiver(last, waiver, directory, most, on)
    names = {name for cover in covered for name in cover.findings}
    introduced = [one for one in last.case.findings if one.introduced and one.fingerprint in names]
    if introduced and waiver.id not in decision.waivers:
        why = _refusal(decision, waiver)
        raise UsageError("it would cover nothing", where=waiver.id, next=why)
    count = f"{len(names)} finding{'' if len(names) == 1 else 's'}"
    if not introduced:
        return [f"  now       it names {count} of the last check, and none that the change brings"]
    return [f"  now       it names {count} of the last check, which would be {_verdict(decision)} with it"]


def _refusal(decision: "Decision", waiver: "Waiver") -> str:
    said = [one for one in decision.reasons if any(f"waiver {waiver.id}:" in about for about in one.about)]
    return "; ".join(f"{one.why} [{one.policy}]" for one in said) or "a policy could not be evaluated"


def _verdict(decision: "Decision") -> str:
    from clearance.facts.decision import Verdict

    because = ", ".join(dict.fromkeys(one.policy for one in decision.reasons if one.verdict is not Verdict.ALLOW))
    return decision.verdict.value + (f" ({because})" if because else "")


def _write(waiver: "Waiver", data: bytes, directory: Path) -> None:
    from clearance.frontends.cli.terminal import write_file
    from clearance.wiring.risks import place_for

    write_file(place_for(waiver, directory), data)


def _state(waiver: "Waiver", data: bytes, directory: Path, action: "Literal['accept', 'renew']") -> None:
    """Record that the waiver was written. The file stands all the same where that fails, and it is the file that counts."""
    from clearance.facts.errors import ClearanceError
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.attesting_told import waived

    try:
        waived(directory, os.environ, waiver, data, action)
    except ClearanceError as error:
        note(f"it is not in the log: {error}")


def _summary(waiver: "Waiver", hit: "Finding | None", on: "dt.date") -> list[str]:
    import datetime as dt

    from clearance.facts.text import visible
    from clearance.facts.waiver import FOLDER, standing

    what = (
        f"{hit.rule} at {hit.place.path}:{hit.place.line} ({hit.severity.value})"
        if hit
        else f"{waiver.rule} in {', '.join(waiver.paths)}"
    )
    left = standing((dt.date.fromisoformat(waiver.expires) - on).days)
    return [
        visible(f"{FOLDER}{waiver.id}.toml"),
        visible(f"  covers    {what}"),
        visible(f"  expires   {waiver.expires} ({left}), owner {waiver.owner}"),
    ]


def _next(label: str) -> list[str]:
    from clearance.facts.text import visible

    return [
        "",
        "next: commit it in a change of its own; `clearance check` asks a security engineer and a reviewer about that one.",
        visible(f"It counts once it stands on {label or 'the default branch'}, and never for the change that brings it."),
    ]
