"""What all commands that sign a statement share: their options, as one value, and how the statement is told."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clearance.frontends.cli.verify import given

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.facts.statement import Resource
    from clearance.wiring.attesting import Recorded

DIGITS = 12
"""So many digits of a digest are shown."""
_MOST_PREDICATE = 1 << 20
_Command = Callable[..., int]


class Signing(NamedTuple):
    """Who signs, what the statement is about beside its own subject, how it is shown, and in which repository."""

    name: str
    id_token: Path | None
    format: str
    directory: Path
    subjects: tuple[str, ...] = ()

    def identity(self, *, machine: bool = False) -> "Identity":
        """Say who signs; without a name or a token the person who is logged in, or for what a `machine` states this one.

        Raises:
            UsageError, SigningError: the name is none, or the token proves nobody.
        """
        from clearance.wiring.attesting import identity

        return identity(self.name, self.id_token, os.environ, machine=machine)

    def record(self, statement: Any, by: "Identity") -> "Recorded":
        """Sign a statement and record it.

        Raises:
            ClearanceError: it cannot be signed, or the log cannot take it.
        """
        from clearance.wiring.attesting import record

        (done,) = record([statement], self.directory, os.environ, by=by)
        return done

    def artifacts(self) -> "tuple[Resource, ...]":
        """Read `--subject`.

        Raises:
            UsageError: one is no NAME=sha256:DIGEST.
        """
        from clearance.wiring.attesting import subjects_of

        return tuple(subjects_of(self.subjects))

    def tell(self, done: "Recorded", lines: list[str], notes: list[str]) -> None:
        """Show a statement that was recorded, and what a person should know beside it."""
        import msgspec

        from clearance.facts.fact import plain
        from clearance.facts.text import visible
        from clearance.frontends.cli.terminal import note

        receipt = done.receipt
        if self.format == "json":
            said = {"receipt": plain(receipt), "statement": plain(done.statement)}
            click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
        else:
            signer = done.entry.signer
            by = [f"  signed by  {signer.name} ({signer.kind})"] if signer else []
            where = f"  recorded   entry {receipt.index}, {receipt.log}, digest {receipt.digest[:DIGITS]}"
            click.echo("\n".join(visible(line) for line in [*lines, *by, where]))
        for one in notes:
            note(one)


def signing(function: _Command) -> _Command:
    """Add the options of everything that signs a statement; the command gets them as `signing`."""

    @wraps(function)
    def gathered(*, name: str, id_token: Path | None, format_: str, directory: Path, **rest: Any) -> int:
        return function(signing=Signing(name, id_token, format_, directory), **rest)

    return _with(
        gathered,
        click.option(
            "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
            help="Use the repository at DIR.",
        ),
        click.option(
            "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
        ),
        click.option(
            "--id-token", type=click.Path(path_type=Path), metavar="FILE", help="Sign as whom this OIDC token names."
        ),
        click.option(
            "--as", "name", callback=given, metavar="NAME",
            help="Sign as agent/NAME, ci/NAME or service/NAME (default: this installation).",
        ),
    )  # fmt: skip


def stating(kind: str) -> Callable[[_Command], _Command]:
    """Add the options of `signing`, and those of a statement of a kind that comes as JSON: then it is recorded as it is, and
    the command is not asked."""

    def decorate(function: _Command) -> _Command:
        @wraps(function)
        def stated(
            *, predicate: Path | None, subjects: tuple[str, ...], git_commit: str, signing: Signing, **rest: Any
        ) -> int:
            signing = signing._replace(subjects=subjects)
            if predicate is not None:
                return _from_file(kind, predicate, git_commit, signing)
            return function(signing=signing, **rest)

        return signing(
            _with(
                stated,
                click.option(
                    "--git-commit", default="", metavar="REV",
                    help="With --predicate: the tree of this commit is the subject.",
                ),
                click.option(
                    "--subject", "subjects", multiple=True, metavar="NAME=sha256:DIGEST", help="What else it is about."
                ),
                click.option(
                    "--predicate", type=click.Path(path_type=Path), metavar="FILE",
                    help="Take the whole predicate from this JSON file (- is standard input) instead of the options.",
                ),
            )
        )  # fmt: skip

    return decorate


def _with(function: _Command, *options: Callable[[_Command], _Command]) -> _Command:
    for option in options:
        function = option(function)
    return function


def _from_file(kind: str, predicate: Path, git_commit: str, signing: Signing) -> int:
    """Record a statement whose predicate somebody wrote as JSON."""
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.attesting import from_json, kind_named
    from clearance.wiring.attesting_steps import subject_of

    subject = (*subject_of(signing.directory, os.environ, git_commit), *signing.artifacts())
    by = signing.identity()
    where = "standard input" if str(predicate) == "-" else str(predicate)
    statement = from_json(kind_named(kind), read_bytes_in(predicate, _MOST_PREDICATE), where, by, subject)
    done = signing.record(statement, by)
    about = [f"  about      {one.name}, sha256 {one.digest.sha256[:DIGITS]}" for one in statement.subject]
    signing.tell(done, [f"{kind} statement", *about], [])
    return 0
