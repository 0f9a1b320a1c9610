"""Print the shell completion script for bash, zsh or fish."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL; `source <(clearance completion bash)` switches it on."""
    from click.shell_completion import get_completion_class

    from clearance.frontends.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    if shell == "bash":
        # The class asks the installed bash for its version when it is made; the script itself is the same for all.
        script = kind.source_template % {
            "complete_func": "_clearance_completion",
            "complete_var": "_CLEARANCE_COMPLETE",
            "prog_name": "clearance",
        }
    else:
        script = kind(cli, {}, "clearance", "_CLEARANCE_COMPLETE").source()
    click.echo(script)
