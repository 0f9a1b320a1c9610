"""Show, verify, update and build the data pack: what is known offline about packages."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from clearance.wiring.data_told import Told
    from clearance.wiring.data_update import Built, Ingredients, Workshop

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
    help="Use the settings of the repository at DIR.",
)  # fmt: skip
_PACK = click.argument("pack", required=False, type=click.Path(path_type=Path), metavar="[PACK]")
_FORCE = click.option("--force", is_flag=True, help="Take data that is older, or far less, than what is there.")
_FILE = click.Path(path_type=Path)


@click.group("data")
def command() -> None:
    """Show, verify, update and build the data pack: what is known offline about packages.

    Names, popularity, advisories, malware, exploited vulnerabilities; docs/reference/data-pack.md tells the format and the
    sources. No other command needs the network: `update` alone uses it.
    """


@command.command("show")
@_PACK
@_FORMAT
@_DIRECTORY
def show(pack: Path | None, format_: str, directory: Path) -> int:
    """Show what the pack in use holds, of which day, from whom and under which licence, and who signed it.

    With PACK, that of this file. Exit codes: 0, and 4 where the pack is refused.
    """
    from clearance.wiring.data_told import told_pack

    told = told_pack(pack, directory, thorough=False)
    if format_ == "json":
        click.echo(json.dumps(_fields(told), indent=2))
    else:
        _show(told)
    return 4 if told.problem else 0


@command.command("verify")
@_PACK
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Trust this key (ed25519:…) too.")
@_FORMAT
@_DIRECTORY
def verify(pack: Path | None, keys: tuple[str, ...], format_: str, directory: Path) -> int:
    """Verify the pack in use, or PACK: its signature, the digest of every section, its day, and whose key it is.

    Exit codes: 0 sound, 4 not.
    """
    from clearance.facts.text import visible
    from clearance.wiring.data_told import told_pack

    told = told_pack(pack, directory, thorough=True, keys=keys)
    if format_ == "json":
        click.echo(json.dumps(_fields(told), indent=2))
    else:
        click.echo(visible(f"pack     {told.path}"))
        if told.key:
            click.echo(visible(f"key      {told.key}" + (f" ({told.whose})" if told.whose else "")))
        for problem in told.problems:
            click.echo(visible(f"BROKEN   {problem}"))
        click.echo(
            "not sound: do not use it" if told.problem else f"sound: {len(told.sections)} sections, as they were signed"
        )
    return 4 if told.problem else 0


@command.command("update")
@click.option(
    "--from", "source", default="", metavar="DIR|ADDRESS",
    help="A mirror directory, its https address, or a .pack file or address; default: the public exports.",
)  # fmt: skip
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME",
    help="Get the records of this ecosystem (PyPI, npm, Debian:12, …) instead of the usual ones; may be given again.",
)  # fmt: skip
@_FORCE
@_DIRECTORY
def update(source: str, ecosystems: tuple[str, ...], directory: Path, *, force: bool) -> None:
    """Renew this machine's pack: advisories, malware, exploited vulnerabilities, EPSS. What has no source stays as it was.

    The old pack stays until the new one is whole and verified; data that is older or far less than the old is refused.
    """
    from clearance.wiring.data_update import update_pack

    _done(update_pack(source, ecosystems, _workshop(directory), force=force))


@command.command("build")
@click.argument("out", type=_FILE, metavar="OUT")
@click.option("--osv", multiple=True, type=_FILE, metavar="PATH", help="Records in OSV's layout: a zip archive or a folder.")
@click.option("--kev", type=_FILE, metavar="FILE", help="CISA's catalogue of exploited vulnerabilities (JSON).")
@click.option("--epss", type=_FILE, metavar="FILE", help="EPSS scores (CSV, or packed with gzip).")
@click.option("--names", multiple=True, metavar="REGISTRY=FILE", help="All names of a registry (pypi=names.tsv).")
@click.option("--watch", type=_FILE, metavar="FILE", help="Names that models invent, one pypi:NAME or npm:NAME a line.")
@click.option("--from", "mirror", type=_FILE, metavar="DIR", help="A mirror directory with any of these.")
@click.option("--base", type=_FILE, metavar="PACK", help="The pack whose other sections stay; default: the one in use.")
@click.option("--no-base", is_flag=True, help="Keep nothing of any pack.")
@click.option("--day", metavar="YYYY-MM-DD", help="The day that the records are complete to; default: of the youngest.")
@_FORCE
@_DIRECTORY
def build(
    out: Path, osv: tuple[Path, ...], kev: Path | None, epss: Path | None, names: tuple[str, ...], watch: Path | None,
    mirror: Path | None, base: Path | None, day: str | None, directory: Path, *, no_base: bool, force: bool,
) -> None:  # fmt: skip
    """Make a pack from files and sign it with this machine's key: for a company's own mirror, or for machines without
    network.

    Others trust it once your key (`clearance data show OUT`) stands in their settings under packages.keys.
    """
    from clearance.wiring.data import base_pack
    from clearance.wiring.data_update import Ingredients, build_pack, found_in

    given = found_in(mirror) if mirror else Ingredients()
    given = given._replace(
        osv=(*given.osv, *osv),
        exploited=kev or given.exploited,
        scores=epss or given.scores,
        names=(*given.names, *map(_named, names)),
        watch=watch or given.watch,
        day=_day(day),
    )
    _insist_on_files(given)
    shop = _workshop(directory)
    place = None if no_base else base_pack(base, directory)
    _done(build_pack(given, out, shop, base=place, force=force))


def _workshop(directory: Path) -> "Workshop":
    import os
    from datetime import UTC, datetime

    from clearance.facts.text import visible
    from clearance.wiring.data import packages_settings
    from clearance.wiring.data_update import Workshop

    def tell(text: str) -> None:
        click.echo(visible(text), err=True)

    return Workshop(packages_settings(directory), os.environ, datetime.now(UTC).date(), tell)


def _named(text: str) -> tuple[str, Path]:
    registry, equals, path = text.partition("=")
    if not equals or not path:
        raise click.BadParameter(f"{text!r} is not REGISTRY=FILE, such as pypi=names.tsv", param_hint="--names")
    return registry, Path(path)


def _day(text: str | None) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day, such as 2026-11-22", param_hint="--day") from None


def _insist_on_files(given: "Ingredients") -> None:
    from clearance.facts.errors import UsageError

    files = [*given.osv, given.exploited, given.scores, given.watch, *(path for _, path in given.names)]
    for path in files:
        if path is not None and not path.exists():
            raise UsageError("no such file", where=str(path), next="check the path")


def _done(built: "Built") -> None:
    from clearance.facts.text import visible

    told = built.head.told
    click.echo(
        visible(
            f"{built.path}: {built.size / 1e6:.1f} MB, {len(told.sections)} sections, key ed25519:{built.head.key.hex()}"
        )
    )
    for section in told.sections:
        click.echo(f"  {section.name:<20} {section.records:>9,} records  {section.date}")
    for what, count in built.left_out.items():
        reason = {"broken": "could not be read", "nothing": "name no package or version of use here"}.get(what, what)
        click.echo(f"  left out: {count:,} records ({reason})")


def _fields(told: "Told") -> dict[str, Any]:
    return {
        "sound": not told.problem,
        **told._asdict(),
        "sections": [one._asdict() for one in told.sections],
        "sources": [one._asdict() for one in told.sources],
    }


def _show(told: "Told") -> None:
    from clearance.facts.text import visible

    lines = [f"pack       {told.path}"]
    if told.made:
        lines += [
            f"made       {told.made} by {told.maker}",
            f"key        {told.key}" + (f" ({told.whose})" if told.whose else ""),
        ]
        lines += [f"digest     {told.digest}", ""]
        for one in told.sections:
            age = f"{one.age} day{'' if one.age == 1 else 's'} old"
            lines.append(f"{one.name:<18} {one.size / 1e6:>6.2f} MB  {one.records:>9,} records  {one.date}  {age}")
        lines.append("")
        lines += [
            f"{one.name}, {one.date}, {one.records:,} records\n    {one.licence}; {one.attribution}" for one in told.sources
        ]
    lines += [f"REFUSED    {problem}" for problem in told.problems]
    click.echo(visible("\n".join(lines), keep="\n"))
