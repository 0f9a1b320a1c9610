"""Which files a program would read, write, delete or move, by its words."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from clearance.scan.commands.curl_words import CURL_VALUES, WGET_VALUES
from clearance.scan.commands.field import Field, located
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Run

Kind: TypeAlias = Literal["read", "write", "append", "delete", "move", "mode", "mention"]
_TESTS = frozenset(
    {"-name", "-iname", "-path", "-ipath", "-mtime", "-mmin", "-regex", "-empty", "-size", "-newer", "-wholename"}
)
"""Tests of find, after which only some of what lies below is meant."""


class Touch(NamedTuple):
    """A file and what would happen to it. `path` is as seen from where the text began. `mention`: the path stands in code
    that another interpreter runs. `partly`: only some of what lies below it is meant (`find src -name x -delete`)."""

    kind: Kind
    path: str
    field: Field
    partly: bool = False

    @property
    def changes(self) -> bool:
        """Whether the file is another one afterwards."""
        return self.kind != "read"


_READERS = frozenset(
    {
        "cat", "bat", "batcat", "less", "more", "head", "tail", "tac", "nl", "strings", "xxd", "od", "hexdump", "base64",
        "base32", "sort", "uniq", "cut", "diff", "cmp", "comm", "paste", "fold", "rev", "open", "view", "vi", "vim",
        "nano", "emacs", "code", "jq", "yq", "source", ".", "column", "pr", "expand", "wc", "md5sum", "sha256sum", "gpg",
        "openssl", "zcat", "gzip", "zip", "tar", "7z", "7za", "rar", "curl", "wget",
    }
)  # fmt: skip
_SEARCHERS = frozenset({"grep", "egrep", "fgrep", "rg", "ag", "ack", "awk", "gawk", "mawk", "sed", "gsed", "perl"})
_INTERPRETERS = {
    "python": "-c", "python2": "-c", "python3": "-c", "pypy3": "-c", "node": "-e", "nodejs": "-e", "bun": "-e", "perl": "-e",
    "ruby": "-e", "php": "-r", "osascript": "-e", "lua": "-e",
    "rscript": "-e", "groovy": "-e", "julia": "-e", "deno": "eval",
}  # fmt: skip
_ONLY_FILES = frozenset({"tclsh", "wish", "expect", "bun", "tsx", "ts-node"})
"""Interpreters that take code in a file only."""
_TAKES_SCRIPTS = frozenset(
    {
        "make", "gmake", "bmake", "awk", "gawk", "mawk", "sed", "gsed", "psql", "mysql", "mariadb", "sqlite3", "duckdb",
        "gdb", "lldb", "vim", "vi", "nvim", "ex", "ed", "emacs", "at", "batch", "just", "task", "ansible-playbook", "xargs",
        "parallel", "crontab",
    }
)  # fmt: skip
_MODES = frozenset({"chmod", "chown", "chgrp", "chattr", "setfacl", "icacls", "attrib", "takeown", "chflags"})
_MODE = re.compile(r"-[rwxXstugoa]+(?:,[-+=rwxXstugoa]+)*")
"""A mode of chmod that looks like an option."""
_DELETERS = frozenset(
    {"rm", "unlink", "rmdir", "shred", "trash", "trash-put", "srm", "rimraf", "del", "erase", "rd", "wipe"}
)
_COPIERS = frozenset({"cp", "mv", "install", "ln", "rsync", "scp", "gcp", "gmv", "ginstall", "gln"})
_COPY_VALUES = frozenset(
    {
        "-t", "--target-directory", "-m", "--mode", "-o", "--owner", "-g", "--group", "-S", "--suffix", "-e", "--rsh",
        "--exclude", "--include", "--exclude-from", "-P", "-i", "--rsync-path", "--bwlimit",
    }
)  # fmt: skip


def touches(run: Run) -> Iterator[Touch]:
    """Give the files that a program names, and what it would do to them. Paths of other hosts are left out."""
    if run.host:
        return
    for one in run.redirects:
        if one.writes:
            yield _touch("append" if ">>" in one.sign else "write", one.target, run)
        elif one.sign == "<":
            yield _touch("read", one.target, run)
    yield from _by_program(run)


def _touch(kind: Kind, field: Field, run: Run, path: str | None = None, *, partly: bool = False) -> Touch:
    return Touch(kind, run.at(field.text if path is None else path), field, partly)


def _all(kind: Kind, fields: tuple[Field, ...], run: Run) -> Iterator[Touch]:
    for field in fields:
        yield _touch(kind, field, run)


def _by_program(run: Run) -> Iterator[Touch]:
    name = run.name
    if name in _COPIERS:
        yield from _copied(run)
    elif name in _DELETERS:
        yield from _all("delete", options(run.args, {"-n", "-s"} if name == "shred" else ()).operands, run)
    elif name in _MODES:
        given = options(run.args, {"--reference"})
        if name == "chattr":
            yield from _all("mode", tuple(one for one in run.args if one.text[:1] not in {"-", "+", "="}), run)
            return
        bare = given.has("--reference") or name in {"attrib", "icacls", "takeown"} or any(map(_MODE.fullmatch, run.words))
        rest = given.operands if bare else given.operands[1:]
        yield from _all("mode", rest, run)
    elif name in {"tee", "sponge"}:
        given = options(run.args)
        yield from _all("append" if given.has("-a", "--append") else "write", given.operands, run)
    elif name in {"touch", "mkdir", "truncate", "mkfifo", "mknod"}:
        yield from _all(
            "write", options(run.args, {"-d", "-t", "-r", "-s", "-m", "--size", "--mode", "--date"}).operands, run
        )
    elif name == "dd":
        for one in run.args:
            if one.text.startswith(("of=", "if=")):
                yield _touch("write" if one.text[0] == "o" else "read", one, run, one.text[3:])
    elif name == "git":
        yield from _by_git(run)
    elif name in {"curl", "wget", "tar", "bsdtar", "unzip", "7z"}:
        yield from _by_fetching(run)
    elif name == "find":
        yield from _found(run)
    elif name in {"apply_patch", "applypatch"}:
        yield from _patched(run)
    elif name in _WRITES_BY:
        given = options(run.args, _WRITES_BY[name])
        yield from _all("write", given.all(*_WRITES_BY[name]), run)
        yield from _all("read", given.operands, run)
    elif name in _PACKERS:
        keeps = any(one in {"--keep", "--stdout"} or re.fullmatch(r"-\w*[kc]\w*", one) for one in run.words)
        yield from _all("read" if keeps else "move", options(run.args).operands, run)
    elif name in {"patch", "ed", "ex", "crudini", "dasel", "toml", "augtool"}:
        if name == "patch":
            yield from _patched(run)
        yield from _all("write", options(run.args, {"-p", "-i", "-c", "-s"}).operands, run)
    else:
        yield from _by_reading(run)


def _copied(run: Run) -> Iterator[Touch]:
    given = options(run.args, _COPY_VALUES)
    folder = given.value("-t", "--target-directory")
    sources = given.operands if folder is not None else given.operands[:-1]
    target = folder if folder is not None else given.operands[-1] if len(given.operands) > 1 else None
    if run.name == "install" and given.has("-d"):
        sources, target = (), None
        yield from _all("write", given.operands, run)
    for one in sources:
        if ":" not in one.text.partition("/")[0]:
            # Who writes through a link writes to what it leads to.
            kind: Kind = "move" if run.name in {"mv", "gmv"} else "write" if run.name in {"ln", "gln"} else "read"
            yield _touch(kind, one, run)
    if target is None or ":" in target.text.partition("/")[0]:
        return
    yield _touch("write", target, run)
    for one in sources:
        last = one.text.rstrip("/").rpartition("/")[2]
        if last and last not in {".", ".."}:
            yield _touch("write", target, run, f"{target.text}/{last}")


def _by_git(run: Run) -> Iterator[Touch]:
    word, given, _ = git_words(run)
    rest = given.operands
    for one, folder in pairwise(run.words):
        if one == word:
            break
        if one == "-C" and run.directory is not None:
            run = run._replace(directory=located(run.directory, folder))
    match word:
        case "diff" | "log" | "show" | "archive" | "format-patch":
            yield from _all("write", given.all("--output", "-o" if word == "archive" else "--output"), run)
        case "rm":
            yield from _all("delete", rest, run)
        case "mv":
            yield from _all("move", rest, run)
        case "update-index":
            yield from _all("mode", rest, run)
        case "checkout" | "restore":
            at = next((number for number, one in enumerate(run.args) if one.text == "--"), len(run.args))
            words = set(run.words)
            only = word == "restore" and (not {"--staged", "-S"} & words or bool({"--worktree", "-W"} & words))
            # No branch has a name that begins with a dot.
            hidden = tuple(one for one in rest if word == "checkout" and one.text.startswith("."))
            yield from _all("write", rest if only else (*run.args[at + 1 :], *hidden), run)
        case "clean":
            yield from _all("delete", rest, run)
        case "stash" if rest[:1] and (rest[0].text == "push" or "--" in run.words):
            yield from _all("move", rest[1 if rest[0].text == "push" else 0 :], run)
        case "apply" | "am":
            yield from _patched(run)
        case _:
            pass


_PATCHED = re.compile(r"^(?:\+\+\+ (?:b/)?([^\t\n]+)|\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+))$", re.MULTILINE)


def _patched(run: Run) -> Iterator[Touch]:
    """Give the files that a patch names, where the patch stands in the text."""
    for text in (run.stdin or "", *(run.words[:1] if run.name == "apply_patch" else ())):
        for found in _PATCHED.finditer(text):
            path = (found[1] or found[2]).strip()
            if path != "/dev/null":
                yield Touch("write", run.at(path), Field(path, run.start, run.end))


def _by_fetching(run: Run) -> Iterator[Touch]:
    name = run.name
    if name == "curl":
        given = options(run.args, CURL_VALUES)
        for one in given.all("-o", "--output", *_CURL_WRITES):
            yield _touch("write", one, run)
        if given.has("-O", "--remote-name"):
            folder = given.value("--output-dir")
            for one in given.operands:
                last = one.text.partition("?")[0].rpartition("/")[2]
                yield _touch("write", one, run, f"{folder.text}/{last}" if folder else last)
    elif name == "wget":
        given = options(run.args, WGET_VALUES)
        for one in given.all("-O", "--output-document", "-o", "--output-file", "-a", "--append-output", "--save-cookies"):
            yield _touch("write", one, run)
        if not given.has("-O", "--output-document"):
            folder = given.value("-P", "--directory-prefix")
            for one in given.operands:
                last = one.text.partition("?")[0].rpartition("/")[2]
                yield _touch("write", one, run, f"{folder.text}/{last}" if folder else last)
    elif name in {"tar", "bsdtar"}:
        given = options(run.args, {"-f", "--file", "-C", "--directory", "--exclude", "-T", "-X"})
        first = run.args[0].text if run.args else ""
        if given.has("-x", "--extract", "--get") or (first[:1] != "-" and "x" in first):
            yield from _all("write", given.all("-C", "--directory"), run)
        else:
            yield from _all("read", given.operands[1 if first[:1] != "-" else 0 :], run)
    else:
        yield from _all("write", options(run.args, {"-d"}).all("-d"), run)


_FOUND_WRITES = frozenset({"-fprint", "-fprint0", "-fprintf", "-fls"})


def _found(run: Run) -> Iterator[Touch]:
    words = run.words
    if _FOUND_WRITES.isdisjoint(words) and "-delete" not in words:
        return
    starts = []
    for one in run.args:
        if one.text.startswith(("-", "(", "!")):
            break
        starts.append(one)
    partly = not _TESTS.isdisjoint(words)
    for one in starts or [Field(".", run.start, run.end)]:
        if "-delete" in words:
            yield _touch("delete", one, run, partly=partly)
    for number, one in enumerate(run.args[:-1]):
        if one.text in _FOUND_WRITES:
            yield _touch("write", run.args[number + 1], run)


def _by_reading(run: Run) -> Iterator[Touch]:
    name = run.name
    if name == "perl" and not _in_place(name, run.words) and (code := code_of(run)) is not None:
        yield Touch("mention", code.text, code)
    elif name in _SEARCHERS:
        given = options(run.args, {"-e", "-f", "-A", "-B", "-C", "-m", "-g", "-t", "-v" if "awk" in name else "-e", "-F"})
        in_place = _in_place(name, run.words)
        skip = 0 if given.has("-e", "-f") or (name == "perl" and in_place and not given.operands[:1]) else 1
        yield from _all("write" if in_place else "read", given.operands[skip:], run)
        if in_place and name == "perl":
            yield from _all("write", given.operands[:skip], run)
    elif name in {"yq", "jq"} and any(one in {"-i", "--inplace", "-yi"} for one in run.words):
        yield from _all("write", options(run.args).operands[1:], run)
    elif name in _READERS:
        yield from _all("read", options(run.args).operands, run)
    elif (code := code_of(run)) is not None:
        yield Touch("mention", code.text, code)


def _in_place(name: str, words: tuple[str, ...]) -> bool:
    if name in {"awk", "gawk", "mawk"}:
        return "inplace" in words
    if name not in {"sed", "gsed", "perl"}:
        return False
    return any(
        one.startswith("--in-place") or (one[:1] == "-" and one[1:2] != "-" and "i" in one[1:4])
        for one in (words[:6] if name == "perl" else words)
    )


def is_interpreter(name: str) -> bool:
    """Whether a program runs code of a language other than the shell's."""
    return name.rstrip("0123456789.") in _INTERPRETERS or name in _INTERPRETERS or name in _ONLY_FILES


def reads_script(name: str) -> bool:
    """Whether a program takes a file that it is handed for what it shall do."""
    return is_interpreter(name) or name in _TAKES_SCRIPTS


def code_of(run: Run) -> Field | None:
    """Give the code that an interpreter is handed in its words, in a file or on its standard input, where it is known."""
    name = run.name.rstrip("0123456789.") if run.name.startswith(("python", "pypy")) else run.name
    if run.handed is not None and is_interpreter(run.name):
        return Field(run.handed, run.start, run.end)
    flag = _INTERPRETERS.get(name) or _INTERPRETERS.get(run.name)
    if flag is None:
        return None
    for number, one in enumerate(run.args):
        if (
            one.text == flag
            or one.text in {"--eval", "-p", "--print", "-ne", "-pe", "-lne", "-le", "-E"}
            or (flag == "-c" and one.text[:1] == "-" and one.text[1:].isalpha() and one.text.endswith("c"))
        ):
            return run.args[number + 1] if number + 1 < len(run.args) else None
        if not one.text.startswith("-"):
            break
    reads = not run.args or run.args[0].text == "-" or all(one.text.startswith("-") for one in run.args)
    if run.stdin is not None and reads:
        return Field(run.stdin, run.start, run.end)
    return None


_WRITES_BY: dict[str, tuple[str, ...]] = {
    "sort": ("-o", "--output"), "openssl": ("-out", "-keyout"), "pandoc": ("-o", "--output"), "protoc": ("-o",),
    "ffmpeg": ("-o",), "dot": ("-o",), "tsc": ("--outFile",),
}  # fmt: skip
"""Options of programs that only read otherwise, with which they write a file."""
_PACKERS = frozenset({"gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "lzma", "compress"})
"""Programs that put another file in the place of what they are given."""
_CURL_WRITES = (
    "-D",
    "--dump-header",
    "-c",
    "--cookie-jar",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--etag-save",
    "--libcurl",
)
