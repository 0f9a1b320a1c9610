"""Record which lines an assistant wrote, and settle where the lines of a merged tree come from."""

import os
from pathlib import Path

import click

from clearance.frontends.cli.trace_interchange import export, import_
from clearance.frontends.cli.trace_recall import recall, stats

_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)

_REQUEST = click.option(
    "--request", metavar="INDEX|DIGEST",
    help="The request that it came from: its entry in the log, or how a digest begins: its own, its ticket's, its prompt's.",
)  # fmt: skip


@click.group("trace")
def command() -> None:
    """Record which lines an assistant wrote, and settle where the lines of a merged tree come from.

    `clearance blame` shows what came of it; docs/how-to/trace-a-line.md walks through both.
    """


@command.command("record")
@click.option("--agent", required=True, metavar="NAME", help="The assistant that wrote the lines.")
@click.option("--model", default="", metavar="NAME", help="The model that it used.")
@click.option("--prompt-file", type=click.Path(path_type=Path), metavar="FILE", help="What it was asked; - reads input.")
@click.option("--base", metavar="REV", help="Compare with this revision (default: HEAD).")
@click.option("--head", metavar="REV", help="Record what this commit adds, instead of the working tree.")
@_REQUEST
@_FORMAT
@_DIRECTORY
def record(
    *,
    agent: str,
    model: str,
    prompt_file: Path | None,
    base: str | None,
    head: str | None,
    request: str | None,
    format_: str,
    directory: Path,
) -> None:
    """Record the added lines of the working tree, or of a commit, as written by an assistant.

    What is kept of a line are salted hashes, never its text; of a prompt a salted digest, its size, how sensitive it is, and
    the kinds of what was found in it.
    """
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.tracing import Authored, record_lines
    from clearance.wiring.tracing_capture import request_at
    from clearance.wiring.tracing_prompt import prompt_of

    prompt = prompt_of(read_bytes_in(prompt_file), os.environ) if prompt_file else None
    asked = "" if request is None else request_at(directory, request)
    author = Authored(agent=agent, model=model, prompt=prompt, request=asked)
    done = record_lines(directory, os.environ, author, base=base, head=head)
    if format_ == "json":
        import json

        entries = [{"index": entry.index, "digest": entry.digest} for entry in done.entries]
        click.echo(json.dumps({"lines": done.lines, "files": done.files, "known": done.known, "entries": entries}, indent=2))
        return
    from clearance.facts.text import counted

    where = ", ".join(f"entry {entry.index}" for entry in done.entries)
    what = f"{counted(done.lines, 'line')} in {counted(done.files, 'file')}"
    click.echo(f"{'known already' if done.known else 'recorded'}: {what} by {agent}, {where}")


@command.command("settle")
@click.option("--base", metavar="REV", help="The target before the merge (default: the first parent of --head).")
@click.option("--head", default="HEAD", metavar="REV", help="What was merged (default: HEAD).")
@_FORMAT
@_DIRECTORY
def settle(base: str | None, head: str, format_: str, directory: Path) -> None:
    """Settle where the new lines of a merged tree come from, and record it.

    Only the two trees and the log count, not the commits between them: a squash, a rebase or a merge make no difference. A
    line that nobody has a record for is unknown, and policies treat it as written by an AI.
    """
    from clearance.wiring.tracing_capture import flush
    from clearance.wiring.tracing_claims import record_claims
    from clearance.wiring.tracing_settle import settle_trees

    flush(directory, os.environ)
    record_claims(directory, os.environ, base=base, head=head)
    done = settle_trees(directory, os.environ, base=base, head=head)
    new = {kind: done.new[kind] for kind in ("generation", "person", "unknown")}
    if format_ == "json":
        import json

        entry = {"index": done.entry.index, "digest": done.entry.digest}
        told = {"entry": entry, "known": done.known, "base": done.attribution.base, "head": done.attribution.head}
        click.echo(json.dumps(told | {"files": len(done.attribution.files), "new": new}, indent=2))
        return
    from clearance.facts.text import counted

    total = sum(new.values())
    click.echo(f"{'settled already' if done.known else 'settled'}: {counted(total, 'new line')}, entry {done.entry.index}")
    words = {"generation": "written by an assistant", "person": "written by a person", "unknown": "unknown"}
    for kind, count in new.items():
        if count:
            click.echo(f"  {count:>7}  {words[kind]}")


@command.command("flush")
@_REQUEST
@_FORMAT
@_DIRECTORY
def flush(request: str | None, format_: str, directory: Path) -> None:
    """Take what assistants' hooks noted about this repository into its log.

    `clearance check` does the same, and cannot know who asked: `--request` names what `clearance attest request` recorded.
    """
    from clearance.wiring.tracing_capture import flush as take
    from clearance.wiring.tracing_capture import request_at

    count = take(directory, os.environ, "" if request is None else request_at(directory, request))
    if format_ == "json":
        import json

        click.echo(json.dumps({"recorded": count}))
        return
    from clearance.facts.text import counted

    click.echo(f"{counted(count, 'generation')} recorded" if count else "nothing was noted since the last time")


command.add_command(recall)
command.add_command(stats)
command.add_command(import_)
command.add_command(export)
