"""The net below `guards`: a guard that stands anywhere in what a program is given, and the program does not only read."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise

from clearance.scan.commands.field import MAYBE, SOME
from clearance.scan.commands.files import Touch, code_of, touches
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import LIKELY, MEDIUM, Seen, seen, shown
from clearance.scan.commands.wrappers import SHELLS, WRAPPERS

OWN, SETTINGS, HOOKS, OFF = "guard-clearance-files", "guard-assistant-settings", "guard-git-hooks", "guard-clearance-off"
_LONGEST = 200_000
_STARTS = r"(?:\A|[\s/\\'\"`=:,(<>\[{@|&;!])"
_ENDS = r"(?=[/\\\s'\"`*)}\]:,;>&|]|\Z)"
_NAMED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (OWN, re.compile(rf"{_STARTS}\.clearance{_ENDS}|\.git[/\\]+clearance{_ENDS}", re.IGNORECASE)),
    (
        SETTINGS,
        re.compile(
            rf"{_STARTS}\.(?:claude[/\\]+(?:settings[\w.]*\.json|hooks)|codex[/\\]+(?:config\.toml|hooks)|cursor[/\\]+hooks"
            rf"|gemini[/\\]+settings\.json|github[/\\]+hooks"
            rf"|windsurf[/\\]+hooks|opencode[/\\]+plugins?|agents[/\\]+hooks){_ENDS}"
            r"|managed-settings\.(?:json|d)\b",
            re.IGNORECASE,
        ),
    ),
    (HOOKS, re.compile(rf"\.git[/\\]+(?:hooks|config){_ENDS}", re.IGNORECASE)),
)
_QUICK = re.compile(
    r"clearance|\.git[/\\]|settings|hooks|\.codex|opencode|site-packages|dist-packages|customize|\.pth", re.IGNORECASE
)
_WHAT = {
    OWN: "what Clearance decides by",
    SETTINGS: "the settings and hooks of an assistant",
    HOOKS: "the hooks of git",
    OFF: "the program that judges",
}
_ONLY_READS = frozenset(
    {
        "", "cat", "bat", "less", "more", "head", "tail", "tac", "nl", "ls", "ll", "la", "eza", "exa", "tree", "stat",
        "file",
        "wc", "diff", "cmp", "comm", "colordiff", "delta", "grep", "egrep", "fgrep", "rg", "ag", "ack", "zgrep", "test", "[",
        "[[", "cd", "pushd", "popd", "chdir", "echo", "printf", "pwd", "realpath", "readlink", "basename", "dirname", "du",
        "md5sum", "sha1sum", "sha256sum", "shasum", "cksum", "clearance", "clearance-hook", "which", "type", "command",
        "true", "false", ":", "exit", "return", "cut", "tr", "column", "fold", "jq", "yq", "strings", "xxd", "od", "hexdump",
        "getfacl", "lsattr", "namei", "find", "fd", "fdfind", "alias", "export", "declare", "local", "readonly", "typeset",
        "read", "mapfile", "readarray", "eval", "trap", "unset", "base64", "cedar", "glow", "mdcat", "open", "gh", "glab",
        "for", "case", "function", "paste", "rev", "unexpand", "expand", "fmt", "pr", "sleep", "exec", "git", "set",
    }
)  # fmt: skip
"""Programs that write to none of the files in their words, and those whose words other detectors read."""
_KNOWN_BY_FILES = frozenset(
    {
        "rm", "unlink", "rmdir", "shred", "trash", "trash-put", "rimraf", "cp", "mv", "install", "ln", "scp", "tee",
        "sponge",
        "touch", "mkdir", "truncate", "mkfifo", "mknod", "dd", "chmod", "chown", "chgrp", "setfacl", "curl", "wget",
        "patch", "apply_patch",
    }
)  # fmt: skip
_EDITORS = frozenset({"code", "cursor", "nano", "subl", "open", "pico", "micro", "hx", "gedit", "zed", "idea"})
"""A person works with these; nothing happens by itself."""
_SED_WRITES = re.compile(r"(?:\A|[\s;{}/|#,$\d!])[wWe]\s+\S|[/|#,][gpiImM0-9]*[we](?:[gpiImM0-9]|\s|;|\Z)")
_AWK_WRITES = re.compile(r">|\||system|getline|printf?\s")
_CODE_WRITES = re.compile(
    r"['\"(]\s*[wax]b?\+?['\"]|\bwrite|\bunlink|\bremove|\brmtree|\brm_|\brmdir|\brename|\breplace\(|\bcopy|\bmove|\bchmod|\brm\b|rmSync"
    r"|Sync\(|\bFile\.|\bFileUtils|\bdelete|\bdel\b|\bsystem|\bexec|\bspawn|\bpopen|\bsubprocess|>\s*['\"]?\.|\bdump\(|\btruncate"
    r"|\bsymlink|\btouch\(|\bopen\([^)\n]*,"
)
_JOINED = re.compile(r"['\"]\s*[+.]?\s*['\"]")
_SPELLED = re.compile(
    r"\bchr\(\s*\d|fromCharCode|\\x[0-9a-fA-F]{2}|\\u00|\[::-1\]|reversed\(|\.pack\(|bytes\(\[|unhexlify|\batob\(|b64decode"
)
_PATTERN = re.compile(r"(?<![\w./-])[\w./-]*[*?][\w./*?\[\]-]*")
_SAMPLES = (".clearance", ".clearance/settings.toml", ".claude/settings.json", ".git/hooks/pre-commit", ".codex/hooks.json")
_LISTERS = frozenset({"ls", "find", "fd", "fdfind", "tree", "compgen", "echo", "printf", "git", "dir", "exa", "eza"})
_SEARCHES = frozenset({"grep", "egrep", "fgrep", "rg", "awk", "gawk", "sed", "ag"})
_CHANGES = frozenset({"delete", "move", "write", "append", "mode"})
_PROGRAM = re.compile(
    r"(?:site|dist)-packages/(?:clearance(?:/|\Z|-[\d.]+\.dist-info|\.pth)|(?:site|user)customize\.py\Z|[^/]*\.pth\Z)"
    r"|(?:\A|/)(?:site|user)customize\.py\Z"
    r"|/run/user/[^/]+/clearance|(?:\A|[/\0\x01])(?:\.cache|Caches|state|share)/clearance(?:/|\Z)|\A[\0\x01]+/clearance(?:/|\Z)"
)
_STEERS = frozenset(
    {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "HOME", "PATH",
     "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "PYTHONINSPECT"}
)  # fmt: skip
"""Variables that put other code, or another home, in the place of what judges."""
_STEERS_GIT = frozenset({"LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "HOME", "XDG_CONFIG_HOME", "PYTHONPATH", "PATH"})
_COMMITS = frozenset({"commit", "push", "merge", "rebase", "am", "cherry-pick", "revert"})


def named(readout: Readout) -> Iterator[Seen]:
    """Give guards that stand in words, code or texts of programs that may change them."""
    aimed = _aimed_at(readout)
    for run in readout.runs:
        yield from _steered(run)
        if run.name in SHELLS:
            continue  # what a shell is handed is listed by itself
        yield from _replaced(run)
        if aimed is not None:
            yield from _unknown(run, aimed)
        yield from _mentions(run)


def mentioned(text: str) -> str:
    """Give the rule about the guard that a text names; empty: it names none."""
    if _QUICK.search(text) is None:
        return ""
    return next((rule for rule, pattern in _NAMED if pattern.search(text)), "")


def code_changes(code: str) -> str:
    """Give the rule about the guard that code of another interpreter would change, as far as its text tells."""
    code = _JOINED.sub("", code[:_LONGEST])
    if _CODE_WRITES.search(code) is None:
        return ""
    rule = mentioned(code)
    if not rule and _SPELLED.search(code) and re.search(r"clearance[/\\'\"]", code, re.IGNORECASE):
        return OWN
    if not rule:
        for found in _PATTERN.finditer(code):
            if (sample := _meant(found[0])) is not None:
                return OWN if "clearance" in sample else HOOKS if ".git" in sample else SETTINGS
    return rule


def _mentions(run: Run) -> Iterator[Seen]:
    name = run.name
    code = code_of(run)
    if code is not None:
        rule = code_changes(code.text)
        if rule:
            yield seen(rule, run, f"`{shown(name)}` runs code that names {_WHAT[rule]} and changes files", None, LIKELY)
        if rule or _CODE_WRITES.search(code.text[:_LONGEST]) is None:
            return
    if name in _ONLY_READS or name in _KNOWN_BY_FILES or name in _EDITORS:
        return
    if name in WRAPPERS and name not in {"script", "flock", "strace", "perf"}:
        return  # what it starts is listed by itself
    texts = list(run.words)
    if run.stdin and code is None:
        texts.append(run.stdin[:_LONGEST])
    if run.handed and code is None:
        texts.append(run.handed[:_LONGEST])
    for text in texts:
        rule = mentioned(text)
        if not rule:
            continue
        if name in {"sed", "gsed"} and not _sed_changes(run, text):
            continue
        if "awk" in name and not _AWK_WRITES.search(text):
            continue
        if name in {"tar", "bsdtar", "gtar", "zip", "rsync", "7z"} and not _packs_away(run):
            continue
        if name in {"sort", "uniq", "iconv", "split", "shuf"} and not _writes_to(run, text):
            continue
        if name in {"vi", "vim", "nvim", "emacs", "view"} and len(run.args) == 1:
            continue
        yield seen(rule, run, f"`{shown(name)}` may change {_WHAT[rule]}: `{shown(text, 40)}`", MEDIUM, LIKELY)
        return


def _sed_changes(run: Run, text: str) -> bool:
    return bool(_SED_WRITES.search(text)) or (text == run.stdin and run.stdin != run.handed)


def _packs_away(run: Run) -> bool:
    words = run.words
    if run.name == "7z":
        return any(one.startswith("-o") for one in words) or "-sdel" in words
    if run.name == "zip":
        return any(one[:1] == "-" and one[1:2] != "-" and ("m" in one or "TT" in one) for one in words)
    return any(
        one.startswith(("--remove-files", "--delete", "--remove-source", "--to-command", "--checkpoint", "-I"))
        for one in words
    )


def _writes_to(run: Run, text: str) -> bool:
    words = run.words
    if run.name in {"sort", "iconv", "shuf"}:
        return any(one in {"-o", "--output"} or one.startswith(("-o", "--output=")) for one in words)
    return bool(words) and words[-1] == text and len([one for one in words if not one.startswith("-")]) > 1


def _replaced(run: Run) -> Iterator[Seen]:
    """A write to the installed program, to what Python loads before it, or to its socket and caches."""
    for touch in touches(run):
        if touch.kind not in _CHANGES:
            continue
        if _PROGRAM.search(touch.path):
            yield seen(
                OFF, run, f"`{run.name or 'the shell'}` would change `{shown(touch.field.text)}`: {_WHAT[OFF]}", None, LIKELY
            )
            return
        rule = _by_output(touch)
        if (
            not rule
            and not touch.field.globs
            and "*" in touch.field.text
            and (sample := _meant(touch.field.text)) is not None
        ):
            rule = OWN if "clearance" in sample else SETTINGS
        if rule:
            yield seen(
                rule, run, f"`{run.name or 'the shell'}` would change {_WHAT[rule]}, named by another command", None, LIKELY
            )
            return


def _by_output(touch: Touch) -> str:
    """The guard that the output of a command names: `rm $(git rev-parse --git-path hooks)`, `rm $(which clearance)`."""
    for inner in touch.field.inner:
        said = " ".join(inner.words)
        if inner.name == "git" and (("--git-path" in inner.words and "hooks" in said) or "core.hooksPath" in said):
            return HOOKS
        if inner.name not in {"mktemp", "date"} and re.search(r"\b(?:import|show|find_spec)\b.*\bclearance\b", said):
            return OFF
    return ""


def _aimed_at(readout: Readout) -> str | None:
    """Give the word by which a text picks guards out of a list of names: `ls -a | grep clear`, `find -name '.cl*'`."""
    for run in readout.runs:
        if run.name in {"find", "fd", "fdfind"}:
            after = pairwise(run.words)
            if run.name == "find":
                picked = [
                    value for key, value in after if key in {"-name", "-iname", "-path", "-ipath", "-wholename", "-regex"}
                ]
            else:
                picked = [one for one in run.words if not one.startswith("-")][:1]
            for word in picked:
                if _picks(word) or word in {"settings.toml", "*.cedar", "hooks", "pre-commit", "pre-push", "settings.json"}:
                    return word
        elif run.name in {"ls", "dir", "compgen", "echo", "printf"}:
            for one in run.args:
                if one.globs and _picks(one.text):
                    return one.text
        elif run.name in _SEARCHES and run.feeding and run.feeding[-1].name in _LISTERS:
            for word in run.words:
                bare = word.strip("^$*./'\"\\ ")
                if len(bare) > 2 and not word.startswith("-") and bare in ".clearance/.git/hooks":
                    return word
    return None


def _picks(word: str) -> bool:
    bare = word.removeprefix("./").removeprefix("*/")
    if bare.strip("*?./") in {"clearance", "claude", "git/hooks"}:
        return True
    return _meant(bare) is not None


def _meant(pattern: str) -> str | None:
    """Give the guard that a pattern of file names is made for; None where it is for all and everything."""
    bare = pattern.removeprefix("./")
    letters = len(bare.strip("*?./[]!"))
    if not bare.startswith(".") or not letters:
        return None
    return next((sample for sample in _SAMPLES if fnmatchcase(sample, bare)), None)


def _unknown(run: Run, aimed: str) -> Iterator[Seen]:
    """A program that changes files whose names come from a list out of which guards were picked."""
    for touch in touches(run):
        unknown = MAYBE in touch.path or SOME in touch.path or touch.path in {".", ""} or bool(run.via)
        if touch.kind in _CHANGES and unknown and not touch.path.startswith("/dev/"):
            message = (
                f"`{shown(run.name)}` would change files that are picked by `{shown(aimed, 40)}`, which fits {_WHAT[OWN]}"
            )
            yield seen(OWN, run, message, None, LIKELY)
            return


def _steered(run: Run) -> Iterator[Seen]:
    if run.name in {"clearance", "clearance-hook"}:
        keys = _STEERS & run.environment.keys() - {"PATH"}
    elif run.name == "git" and not _COMMITS.isdisjoint(run.words[:6]):
        keys = _STEERS_GIT & run.environment.keys()
    else:
        return
    for key in sorted(keys):
        yield seen(OFF, run, f"`{key}` would put other code or another home in place of what judges", MEDIUM, LIKELY)
        return
