"""Variables that put other code, other settings or another home in place of what judges, for all that follows in a text."""

import re
from collections.abc import Iterator

from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import LIKELY, MEDIUM, Seen, seen, shown

OFF = "guard-clearance-off"
_LOADERS = frozenset({"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "GIT_EXEC_PATH"})
"""Whoever exports one of these puts code into every program that follows; hardly any work needs that."""
_OF_GIT = frozenset({"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "XDG_CONFIG_HOME", "PYTHONPATH", "PYTHONHOME", "PATH"})
_OF_OURS = _OF_GIT | {"PYTHONSTARTUP", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "PYTHONINSPECT"}
_DECLARES = frozenset({"export", "declare", "typeset", "local", "readonly"})
_COMMITS = frozenset({"commit", "push", "merge", "rebase", "am", "cherry-pick", "revert"})
_OURS = frozenset({"clearance", "clearance-hook", "pre-commit"})
_TEMPORARY = re.compile(r"/(?:tmp|var/tmp|dev/shm)(?:/|\Z)")
_GIT_EXEC = re.compile(r"--exec-path=.")


def steering(readout: Readout) -> Iterator[Seen]:
    """Give what a text does to the variables under which Clearance, git and its hooks run."""
    exported: set[str] = set()
    assigned: set[str] = set()
    every = cleared = False
    for run in readout.runs:
        yield from _dropped(run, readout)
        names = {key for key, field in run.environment.items() if _steers(key, field.text)}
        if run.name in _DECLARES:
            plain = {one for one in run.words if one in assigned}
            new = names | plain
            if loaders := sorted(new & _LOADERS):
                message = f"`{run.name} {loaders[0]}` would put other code into all that follows, git and Clearance with it"
                yield seen(OFF, run, message, MEDIUM, LIKELY)
            exported |= new
        elif not run.name:
            assigned |= names
            exported |= names if every else set()
        elif run.name == "set" and not {"-a", "allexport"}.isdisjoint(run.words):
            every = True
        cleared |= _clears(run)
        if _judges(run):
            yield from _judged(run, exported, names, cleared="env" in run.via and cleared)


def _steers(key: str, value: str) -> bool:
    """Whether a variable steers what judges. A search path does where it begins in a folder that anybody writes to."""
    return key in _LOADERS or (key in _OF_OURS and (key != "PATH" or _TEMPORARY.match(value) is not None))


def _judges(run: Run) -> bool:
    return run.name in _OURS or (run.name == "git" and not _COMMITS.isdisjoint(run.words[:6]))


def _judged(run: Run, exported: set[str], own: set[str], *, cleared: bool) -> Iterator[Seen]:
    """What stands before this program itself is told by `named`, but for a few."""
    keys = exported & (_LOADERS | (_OF_GIT if run.name == "git" else _OF_OURS)) | (own & {"LD_AUDIT", "GIT_EXEC_PATH"})
    if keys:
        message = f"`{min(keys)}` would put other code or another home in place of what judges"
        yield seen(OFF, run, message, MEDIUM, LIKELY)
    elif cleared:
        yield seen(OFF, run, f"`{run.name}` would run without the variables that Clearance is set up by", MEDIUM, LIKELY)
    if run.name == "git" and any(_GIT_EXEC.match(one) for one in run.words):
        yield seen(OFF, run, "`git --exec-path` takes the parts of git from another folder", MEDIUM, LIKELY)


def _clears(run: Run) -> bool:
    if run.name == "env":
        own = _own_words(run)
        return bool({"-i", "-", "--ignore-environment"} & set(own))
    return False


def _own_words(run: Run) -> tuple[str, ...]:
    """Give the words of `env` that come before the program which it starts."""
    words: list[str] = []
    waiting = list(reversed(run.words))
    while waiting and (waiting[-1].startswith("-") or "=" in waiting[-1]):
        words.append(waiting.pop())
        if words[-1] in {"-u", "--unset", "-C", "--chdir"} and waiting:
            words.append(waiting.pop())
    return tuple(words)


def _dropped(run: Run, readout: Readout) -> Iterator[Seen]:
    """Variables of Clearance that are taken away: `env -u`, `export -n`, `declare +x`, `unset` of names that are listed."""
    words = run.words
    if run.name == "env":
        text = " ".join(_own_words(run))
        if found := re.search(r"(?:-u|--unset)[= ]?(CLEARANCE_\w+)", text):
            yield seen(OFF, run, f"`env` would take `{shown(found[1], 40)}` away from what it starts")
    elif run.name in _DECLARES and any(one in {"-n", "+x"} for one in words):
        if any(one.startswith("CLEARANCE_") for one in words):
            yield seen(OFF, run, f"`{run.name}` would take a variable of Clearance away from what follows")
    elif run.name == "unset":
        unknown = [one for one in run.args if not one.known]
        named = any("CLEARANCE" in name for one in unknown for name in one.unset)
        listed = any("CLEARANCE_" in word for one in readout.runs for word in one.words if one is not run)
        if unknown and (named or listed):
            yield seen(OFF, run, "`unset` would take variables of Clearance away, by a list", None, LIKELY)
    elif run.name == "exec" and words[:1] == ("-c",) and not (_OURS | {"git"}).isdisjoint(words[1:3]):
        yield seen(OFF, run, "`exec -c` would start it without the variables that Clearance is set up by", MEDIUM, LIKELY)
