"""Answer one question of an assistant, as its hook does: the payload on standard input, the answer on standard output."""

import click


@click.command("hook")
@click.argument("assistant")
@click.argument("event")
def command(assistant: str, event: str) -> int:
    """Answer one question of an ASSISTANT (claude-code, codex, …) for one EVENT of its hooks, in this process.

    The payload stands on standard input. What is printed, and the exit code, are what the assistant's contract asks for
    (docs/reference/hooks.md): to try a hook by hand, or to see why it says no. Installed hooks call `clearance-hook`,
    which does the same through the resident process, faster.
    """
    from clearance.frontends.hooks.cold import main

    return main([assistant, event])
