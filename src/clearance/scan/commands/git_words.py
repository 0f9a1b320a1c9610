"""The words of git: which of its commands a run is about, with which options."""

from clearance.scan.commands.field import Field
from clearance.scan.commands.options import Options, options
from clearance.scan.commands.run import Run

_GIT_VALUES = {
    "commit": frozenset({"-m", "-F", "-C", "-c", "-t", "--message", "--file", "--author", "--date", "--fixup", "--squash"}),
    "push": frozenset({"-o", "--push-option", "--receive-pack", "--repo"}),
    "merge": frozenset({"-m", "-s", "-X", "-F"}),
    "rebase": frozenset({"-s", "-X", "-x", "--exec", "--onto"}),
    "tag": frozenset({"-m", "-F", "-u"}),
    "stash": frozenset({"-m"}),
    "clean": frozenset({"-e", "--exclude"}),
    "config": frozenset({"-f", "--file", "--blob", "--type", "--default", "--value", "--comment", "--url"}),
    "checkout": frozenset({"-b", "-B", "--orphan"}),
    "restore": frozenset({"-s", "--source"}),
    "switch": frozenset({"-c", "-C", "--orphan", "--force-create"}),
    "cherry-pick": frozenset({"-m", "-X"}),
    "am": frozenset({"-p", "-C"}),
    "diff": frozenset({"--output"}),
    "log": frozenset({"--output"}),
    "show": frozenset({"--output"}),
    "archive": frozenset({"--output", "-o"}),
    "clone": frozenset({"-b", "--branch", "--depth", "-o", "-c", "--config", "--reference", "-j"}),
}
"""Options of commands of git that have a value."""


def git_words(run: Run) -> tuple[str, Options, tuple[Field, ...]]:
    """Give the word of git that a run is about (`push`), the options of it, and the values of `-c` before it."""
    settings: list[Field] = []
    at = 0
    args = run.args
    while at < len(args):
        text = args[at].text
        if text in {"-c", "-C", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"}:
            if text in {"-c", "--config-env"} and at + 1 < len(args):
                settings.append(args[at + 1])
            at += 2
        elif text.startswith("-"):
            if text.startswith("-c") and len(text) > 2:
                settings.append(args[at]._replace(text=text[2:]))
            at += 1
        else:
            break
    if at >= len(args):
        return "", options(()), tuple(settings)
    word = args[at].text
    return word, options(args[at + 1 :], _GIT_VALUES.get(word, frozenset())), tuple(settings)
