"""State what happened to a change, signed and in the log: a request, a review, a merge, a deployment, an incident."""

import click

from clearance.frontends.cli import attest_shown, attest_steps, attest_told


@click.group("attest")
def command() -> None:
    """State what happened to a change, signed and in the log: a request, a review, a merge, a deployment, an incident.

    What can be known is read from git and the log; `--predicate FILE` takes the rest as JSON, checked against its schema.
    docs/reference/statements.md describes each kind, field by field.
    """


for _part in (
    attest_told.request,
    attest_told.generation,
    attest_told.review,
    attest_steps.merge,
    attest_steps.deploy,
    attest_told.incident,
    attest_told.vsa,
    attest_shown.list_,
    attest_shown.show,
):
    command.add_command(_part)
