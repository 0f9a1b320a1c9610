"""Put placeholders for secrets and personal data into a text, before it goes to a model or a ticket.

The same value has the same placeholder throughout a conversation; `clearance unmask` puts the values back.
"""

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.masking import MaskedText

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_MOST_SECONDS = 30 * 86400


class _Duration(click.ParamType[int]):
    """A time such as 30m, 8h, or 7d, in seconds."""

    name = "time"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", value)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not 0 < seconds <= _MOST_SECONDS:
            self.fail(f"{value!r}: give a time such as 30m, 8h, or 7d, at most 30d", param, ctx)
        return seconds


@click.command("mask")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--conversation", metavar="NAME", default="default", envvar="CLEARANCE_CONVERSATION", help="Whose placeholders."
)
@click.option("--keep", type=_Duration(), default="8h", help="How long values are kept, encrypted (8h; 30m, 7d).")
@click.option("--only", type=click.Choice(["secrets", "personal"]), help="Mask only these.")
@click.option("--name", default="", metavar="FILE", help="What the text is called, which tells its syntax (prompt.md).")
@click.option("--check", is_flag=True, help="Print no text and keep nothing; exit 1 if anything would be masked.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option("--forget", is_flag=True, help="Destroy what the conversation knows.")
def command(
    file: Path, *, conversation: str, keep: int, only: str | None, name: str, check: bool, format_: str, forget: bool
) -> int:
    """Mask FILE (default: standard input) and print it; what was masked is told on standard error.

    Values rest encrypted on this machine until they expire. A text that cannot be looked at to its end is not printed.
    Exit codes: 0 done, 1 with --check when something would be masked, 2 used wrongly, 4 could not look.
    """
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring import masking

    if forget:
        gone = masking.forget(os.environ, conversation)
        click.echo(f"conversation {conversation!r}: {'forgotten' if gone else 'nothing was known'}", err=True)
        return 0
    text = read_bytes_in(file).decode("utf-8", "surrogateescape")
    known_as = name or ("" if str(file) == "-" else file.name)
    masked = masking.mask(
        text, os.environ, conversation=conversation, seconds=keep, name=known_as, only=only or "", keep=not check
    )
    if format_ == "json":
        _write(_json(masked, check=check) + "\n")
    elif not check:
        _write(masked.text)
    _tell(masked, conversation, check=check)
    return 1 if check and masked.leaks else 0


def _write(text: str) -> None:
    """Give back the very bytes that came in, but for what was masked."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _json(masked: "MaskedText", *, check: bool) -> str:
    import msgspec

    text = masked.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shape = {
        "found": [one._asdict() for one in masked.leaks],
        "expires": masked.expires,
        **({} if check else {"text": text}),
    }
    return msgspec.json.encode(shape).decode()


def _tell(masked: "MaskedText", conversation: str, *, check: bool) -> None:
    """Say what was found and what to do about it, without the thing itself."""
    from datetime import UTC, datetime

    from clearance.facts.text import visible

    advised = set()
    for one in masked.leaks:
        hidden = f" (hidden: {one.disguise})" if one.disguise else ""
        click.echo(f"! line {one.line}  {visible(one.rule)}{visible(hidden)}  {visible(one.placeholder)}", err=True)
        if one.rule not in advised and one.is_secret:
            see = f" See {one.link}" if one.link else ""
            click.echo(f"    if it went out before: {visible(one.fix + see)}", err=True)
        advised.add(one.rule)
    count = len(masked.leaks)
    things = f"{count} {'value' if count == 1 else 'values'}"
    if check:
        click.echo(f"{things} would be masked" if count else "nothing to mask", err=True)
        return
    until = datetime.fromtimestamp(masked.expires, UTC).strftime("%Y-%m-%d %H:%M UTC")
    click.echo(
        f"masked {things}; `clearance unmask --conversation {visible(conversation)}` puts them back until {until}"
        if count
        else "nothing to mask",
        err=True,
    )
