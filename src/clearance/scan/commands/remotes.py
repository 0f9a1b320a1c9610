"""Repositories that are sent to another place than the one they came from, and ways into this machine."""

import re
from collections.abc import Iterator

from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.run import Readout
from clearance.scan.commands.seen import GUESS, Seen, seen, shown

RULE = "send-repository"
_TUNNEL = "send-socket"


def remotes(readout: Readout) -> Iterator[Seen]:
    """Repositories that are sent to another place than the one they came from."""
    added: dict[str, str] = {}
    for run in readout.runs:
        if run.name != "git":
            continue
        word, given, settings = git_words(run)
        words = [one.text for one in given.operands]
        if word == "remote" and words[:1] and words[0] in {"add", "set-url"} and len(words) > 2:
            if not re.match(r"\.{0,2}/|file:|~", words[2]):
                added[words[1]] = words[2]
            if words[0] == "set-url":
                yield seen(
                    RULE,
                    run,
                    f"`git remote set-url` would send `{shown(words[1])}` to `{shown(words[2])}` from now on",
                )
        elif (
            word == "config"
            and len(words) > 1
            and re.match(r"(?:remote\..*\.(?:push)?url|url\..*\.(?:push)?insteadof)\Z", words[0], re.IGNORECASE)
        ):
            yield seen(RULE, run, f"`git config {shown(words[0], 40)}` would change where commits are sent")
        elif word == "push" and words[:1]:
            if words[0] in added:
                yield seen(RULE, run, f"`git push` would send the repository to `{shown(added[words[0]])}`")
            elif "://" in words[0] or re.match(r"[\w.-]+@[\w.-]+:", words[0]):
                yield seen(RULE, run, f"`git push` would send the repository to the address `{shown(words[0])}`")
        del settings
    for run in readout.runs:
        if (
            run.name in {"ngrok", "cloudflared", "lt", "localtunnel", "bore"}
            and run.words[:1]
            and run.words[0] not in {"version", "--version", "--help", "config"}
        ):
            yield seen(_TUNNEL, run, f"`{run.name}` would let others reach this machine", None, GUESS)
