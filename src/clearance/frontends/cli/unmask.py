"""Put the values back for the placeholders that `clearance mask` made.

Reads and writes piece by piece, so that it can stand behind a model that is still speaking.
"""

import codecs
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 16


@click.command("unmask")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--conversation", metavar="NAME", default="default", envvar="CLEARANCE_CONVERSATION", help="Whose placeholders."
)
def command(file: Path, *, conversation: str) -> int:
    """Restore FILE (default: standard input) and print it.

    Only what may be the beginning of a placeholder is held back. Exit codes: 0 done, 2 used wrongly, 4 there is no such
    conversation, or it has expired.
    """
    from clearance.mask.placeholder import LONGEST
    from clearance.wiring import masking

    decoder, strangers = masking.restorer(os.environ, conversation)
    reader = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    sys.stdout.flush()
    unknown = 0
    tail = ""
    for piece in _pieces(file):
        text = decoder.feed(reader.decode(piece, final=not piece)) + ("" if piece else decoder.finish())
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
        # One that the pieces cut counts with its end.
        unknown += strangers(tail + text) - strangers(tail)
        tail = (tail + text)[-LONGEST:]
    if unknown:
        word = "placeholder is" if unknown == 1 else "placeholders are"
        click.echo(f"! {unknown} {word} none of this conversation and stayed", err=True)
    return 0


def _pieces(file: Path) -> "Iterator[bytes]":
    """Read a file as it comes; an empty piece is its end.

    Raises:
        clearance.facts.errors.UsageError: it cannot be read.
    """
    from clearance.facts.errors import UsageError
    from clearance.frontends.cli.terminal import opened_in

    with opened_in(file) as source:
        piece = b"."
        while piece:
            try:
                piece = os.read(source, _PIECE)
            except OSError as error:
                what = error.strerror or "cannot be read"
                raise UsageError(what, where=str(file), next="give a file, or - for input") from None
            yield piece
