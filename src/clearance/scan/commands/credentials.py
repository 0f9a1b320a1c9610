"""Who reads credentials, where they lie or from the environment."""

from collections.abc import Iterator

from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.secrets_files import secret_word, secrets_read, tells
from clearance.scan.commands.seen import LIKELY, LOW, Seen, seen, shown

RULE = "read-credentials"


def credentials(run: Run, readout: Readout) -> Iterator[Seen]:
    """Give what one program of a text would tell of credentials."""
    if run.host:
        return
    path, likely = secrets_read(run)
    if path and run.name in {
        "source",
        ".",
        "docker",
        "ssh-add",
        "chmod",
        "ssh",
        "openssl",
        "ln",
        "mv",
        "cp",
        "install",
        "wc",
        "tar",
    }:
        if run.name in {"cp", "tar", "mv"} and likely == "strong":
            yield seen(RULE, run, f"`{run.name}` would take `{shown(path)}`")
        return
    if path and run.name not in {"sed", "diff", "cmp", "md5sum", "sha256sum", "vi", "vim", "nano", "code", "open", "zip"}:
        searches = run.name in {"grep", "rg", "ag", "egrep"} and any(
            one in {"-q", "-c", "-l", "--quiet", "--count"} for one in run.words
        )
        if not searches:
            yield seen(
                RULE,
                run,
                f"`{run.name or 'the shell'}` would read `{shown(path)}`",
                None,
                None if likely == "strong" else LIKELY,
            )
        return
    what = tells(run)
    if not what:
        return
    if what.startswith("all variables"):
        after = [one for one in readout.runs if any(fed is run for fed in one.feeding)]
        if after and after[0].name in {"grep", "rg", "egrep", "awk", "sed", "wc", "sort", "cut", "head", "less", "xargs"}:
            words = " ".join(after[0].words)
            if after[0].name in {"grep", "rg", "egrep"} and not secret_word(words):
                return
            if after[0].name in {"wc", "cut"}:
                return
        if any(one.writes for one in run.redirects):
            return
        yield seen(RULE, run, f"`{run.name}` would tell {what}, secrets included", None, LIKELY)
        return
    used = any(inner is run for one in readout.runs for inner in one.inner())
    yield seen(RULE, run, f"`{run.name}` would tell {what}", LOW if used else None)
