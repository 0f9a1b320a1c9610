"""What commands say, where the text alone tells: `echo`, `printf`, here-documents, decoders of known text."""

import base64
import binascii
import itertools
import re
from collections.abc import Iterable, Sequence

from clearance.scan.commands.field import SOME
from clearance.scan.commands.reader import unescaped
from clearance.scan.commands.run import Run
from clearance.scan.commands.syntax import Compound, Script

_ECHO_FLAGS = re.compile(r"-[neE]+")
_FORMAT = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+)?[sbdiq])")
_TESTS = frozenset(
    {
        "-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "-mtime", "-mmin", "-atime",
        "-newer", "-size", "-empty", "-user", "-group", "-perm", "-maxdepth", "-prune", "-links", "-inum",
    }
)  # fmt: skip


def starts_of(words: Sequence[str]) -> tuple[str, ...]:
    """Give the folders that `find` starts at, where it gives all that lies below; none where it chooses."""
    if not _TESTS.isdisjoint(words):
        return ()
    starts = []
    for one in words:
        if one.startswith(("-", "(", "!")):
            break
        starts.append(one)
    return tuple(starts) or (".",)


def named_by(words: Sequence[str]) -> tuple[str, ...]:
    """Give what `find` would find where it looks for one name, in the folders that it starts at; it may lie deeper."""
    names = [words[at + 1] for at, one in enumerate(words[:-1]) if one in {"-name", "-iname"}]
    starts = starts_of(tuple(itertools.takewhile(lambda one: one[:1] not in {"-", "(", "!"}, words)))
    return tuple(f"{start.rstrip('/')}/{names[0]}" for start in starts) if len(names) == 1 else ()


def output(runs: Iterable[Run], script: Script) -> str | None:
    """What commands say, where the text alone tells."""
    if len(script.pipelines) != 1:
        return None
    made = list(runs)
    if not made:
        return ""
    last = made[-1]
    if isinstance(script.pipelines[0].commands[-1], Compound):
        return None
    if last.name == "git" and last.words == ("rev-parse", "--show-toplevel"):
        return "."
    if last.name in {"which", "command", "type"} and len(made) == 1:
        names = [one for one in last.words if not one.startswith("-")]
        return names[0] if len(names) == 1 else None
    if last.name == "mktemp":
        return f"/tmp/{SOME}"  # noqa: S108 -- where mktemp makes its files
    if last.name in {"date", "nproc", "hostname", "uname", "id", "whoami", "wc", "seq"}:
        return SOME
    return said(last)


def said(run: Run) -> str | None:
    """What a program says, where its words tell: `echo`, `printf`, `cat` of a text, decoders of known text."""
    words = run.words
    match run.name:
        case "echo":
            flags = 0
            while flags < len(words) and _ECHO_FLAGS.fullmatch(words[flags]):
                flags += 1
            text = " ".join(words[flags:])
            given = "".join(words[:flags])
            return (unescaped(text) if "e" in given else text) + ("" if "n" in given else "\n")
        case "printf":
            return printed(words)
        case "pwd":
            return "."
        case "cat" | "tee":
            return run.stdin if run.name == "tee" or not words or words == ("-",) else None
        case "base64" | "gbase64":
            decodes = any(one in {"-d", "-D", "--decode"} or (one[:1] == "-" and "d" in one[1:4]) for one in words)
            return _decoded(run.stdin) if decodes and run.stdin is not None else None
        case "rev":
            return None if run.stdin is None else "\n".join(line[::-1] for line in run.stdin.split("\n"))
        case "xxd":
            if run.stdin is None or "r" not in "".join(words):
                return None
            try:
                return bytes.fromhex(run.stdin.strip()).decode("utf-8", "replace")
            except ValueError:
                return None
        case "find" if "-exec" not in words and "-delete" not in words:
            return "\n".join(starts_of(words) or named_by(words)) or None
        case "basename":
            return words[0].rstrip("/").rpartition("/")[2] if words else None
        case "dirname":
            return (words[0].rstrip("/").rpartition("/")[0] or ".") if words else None
        case _:
            return None


def printed(words: Sequence[str]) -> str:
    """What `printf` says for these words."""
    if not words:
        return ""
    given = list(words[1:])
    form = unescaped(words[0])

    def value(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        value = given.pop(0) if given else ""
        return unescaped(value) if found[0].endswith("b") else value

    pieces = [_FORMAT.sub(value, form)]
    while given and _FORMAT.search(form.replace("%%", "")) and len(pieces) < 100:
        pieces.append(_FORMAT.sub(value, form))
    return "".join(pieces)


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode("".join(text.split()), validate=False).decode("utf-8", "replace").replace("\0", "\ufffd")
    except (binascii.Error, ValueError):
        return None
