"""What is run without anybody having read it: downloads, decoded texts, words that stand only at run time."""

import re
from collections.abc import Iterator

from clearance.scan.commands.built_ins import SETS_UP
from clearance.scan.commands.files import code_of, reads_script, touches
from clearance.scan.commands.options import options
from clearance.scan.commands.powershell import POWER, encoded_text
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import GUESS, HIGH, LIKELY, LOW, Seen, seen, shown
from clearance.scan.commands.wrappers import SHELLS
from clearance.scan.family import Span

DOWNLOADED = "run-downloaded"
DECODED = "run-decoded"
HIDDEN = "command-hidden"

_FETCHERS = frozenset(
    {"curl", "wget", "fetch", "aria2c", "axel", "lwp-request", "http", "https", "xh", "ftp", "lynx", "w3m"}
)
_INTERPRETERS = frozenset(
    {"python", "perl", "ruby", "node", "php", "deno", "bun", "lua", "osascript", "nodejs", "tclsh", "rscript"}
)
_DECODERS = frozenset(
    {
        "base64", "gbase64", "base32", "xxd", "openssl", "gpg", "uudecode", "rev", "tr", "gunzip", "zcat", "gzip", "xz",
        "xzcat", "bzip2", "zstd", "zstdcat", "lz4", "brotli", "hexdump", "od", "printf",
    }
)  # fmt: skip
_CHOSEN = frozenset(
    {
        "EDITOR", "VISUAL", "PAGER", "BROWSER", "PYTHON", "PYTHON3", "PIP", "NODE", "NPM", "CC", "CXX", "MAKE", "GO",
        "CARGO", "RUSTC", "JAVA", "JAVA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "SUDO", "CHROME_BIN", "PSQL", "DOCKER",
        "KUBECTL", "TERRAFORM", "GIT", "PYTEST", "VENV", "PY", "NVIM", "ANDROID_HOME", "CMAKE",
    }
)  # fmt: skip
"""Variables that name a program by custom."""
_FETCH_IN_CODE = re.compile(r"(?:exec|eval|system|Function)\b.{0,200}(?:urlopen|requests\.get|fetch\(|https?://|Net::HTTP|LWP)"
                            r"|(?:urlopen|requests\.get)\(.{0,200}\bexec\b", re.DOTALL)  # fmt: skip
_DECODE_IN_CODE = re.compile(r"(?:exec|eval|system|popen|subprocess|child_process|Function)\b.{0,300}(?:b64decode"
    r"|base64|fromCharCode|atob\(|unhexlify"
                             r"|fromhex|decompress|marshal\.loads|rot13)"
                             r"|(?:b64decode|atob\(|unhexlify|fromhex)\(.{0,400}\b(?:exec|eval|system"
                             r"|popen)\b", re.DOTALL)  # fmt: skip
_TELLS = frozenset({"cat", "echo", "printf", "sed", "head", "tail", "envsubst", "grep", "awk", "sort", "tr", "cut"})
"""Programs that say what stands in files, or in their words."""
_PLAIN_TR = re.compile(r"-d|-s|-c|\\n|,| ")


def hides(readout: Readout) -> Iterator[Seen]:
    """Give what a text would run unread."""
    fetched: dict[str, Run] = {}
    told: set[Span] = set()
    for run in readout.runs:
        for one in _run(run, fetched):
            told.add((run.start, run.end))
            yield one
        if run.name in _FETCHERS or run.name in {"tee", ""} or run.redirects:
            _note(run, fetched)
    for hidden in readout.hidden:
        if any(start <= hidden.start and hidden.end <= end for start, end in told):
            continue
        unset = {name for run in readout.runs for name in run.program.unset if run.program.start == hidden.start}
        mild = hidden.usual or (bool(unset) and unset <= _CHOSEN)
        severity, confidence = (LOW, GUESS) if mild else (None, None)
        yield Seen(HIDDEN, hidden.start, hidden.end, hidden.said, severity, confidence)
    for at, said in readout.mistakes[:1]:
        severity, confidence = (LOW, GUESS) if "here-document" in said else (None, LIKELY)
        yield Seen(HIDDEN, at, at, f"this is no whole shell text: {shown(said)}", severity, confidence)


def _note(run: Run, fetched: dict[str, Run]) -> None:
    """Remember which files are downloads."""
    from_net = run.name in _FETCHERS or any(one.name in _FETCHERS for one in run.feeding)
    if from_net:
        for touch in touches(run):
            if touch.kind in {"write", "append"} and not touch.path.startswith("/dev/"):
                fetched[touch.path] = run


def _interpreter(name: str) -> bool:
    return name in SHELLS or name.rstrip("0123456789.") in _INTERPRETERS


def _run(run: Run, fetched: dict[str, Run]) -> Iterator[Seen]:
    name = run.name
    if name in POWER and encoded_text(run.words) is not None:
        yield seen(DECODED, run, f"`{name} -EncodedCommand` runs a text that nobody can read as it stands")
    elif _interpreter(name) or name in {"source", "."}:
        yield from _interpreted(run, fetched)
    elif reads_script(name) and run.handed is None and any(one.file for one in run.args):
        yield from _poured(run)
    elif name in {"eval", "exec"}:
        yield from _evaluated(run)
    elif name and run.at(run.program.text) in fetched and ("/" in run.program.text or name == "chmod"):
        yield seen(
            DOWNLOADED, run, f"`{shown(run.program.text)}` was downloaded by this very command and would be run unread"
        )
    elif name in {"npx", "bunx", "pnpx", "uvx", "pipx"} and any(
        re.match(r"(?:git\+)?https?://|github:|git@|gist:", one) for one in run.words
    ):
        yield seen(
            DOWNLOADED, run, f"`{name}` would download and run `{shown(next(one for one in run.words if ':' in one), 60)}`"
        )
    elif name == "go" and run.words[:1] == ("run",) and any(re.match(r"[\w.-]+\.\w+/.+@", one) for one in run.words[1:2]):
        yield seen(DOWNLOADED, run, f"`go run` would download and run `{shown(run.words[1], 60)}`", LOW)
    elif name == "deno" and run.words[:1] == ("run",) and any(re.match(r"https?://", one) for one in run.words):
        yield seen(DOWNLOADED, run, "`deno run` would download and run a program")


def _interpreted(run: Run, fetched: dict[str, Run]) -> Iterator[Seen]:
    name = run.name
    sources = _upstream(run)
    file_inner = [inner for one in run.args if one.file for inner in one.inner]
    words_inner = [inner for one in run.args if not one.file for inner in one.inner if one.text.strip("\0\x01") == ""]
    for source in (*sources, *file_inner, *words_inner):
        if source.name in _FETCHERS and _reads_stdin(run, sources, source) and not _prints_only(source):
            yield seen(DOWNLOADED, run, f"`{name}` would run what `{source.name}` downloads, unread")
            return
    decoder = next((one for one in (*sources, *file_inner, *words_inner) if _decodes(one)), None)
    if decoder is not None and _reads_stdin(run, sources, decoder):
        known = run.stdin is not None and name in SHELLS
        yield seen(
            DECODED,
            run,
            f"`{name}` would run what `{decoder.name}` decodes: nobody can read it before",
            None,
            None if not known else LIKELY,
        )
        return
    script = next((one for one in run.args if not one.text.startswith("-")), None)
    if script is not None and run.at(script.text) in fetched:
        fetcher = fetched[run.at(script.text)]
        yield seen(
            DOWNLOADED,
            run,
            f"`{name}` would run `{shown(script.text, 50)}`, which `{fetcher.name or 'this command'}` downloads, unread",
        )
        return
    code = code_of(run)
    if code is not None:
        if _FETCH_IN_CODE.search(code.text):
            yield seen(DOWNLOADED, run, f"`{name}` would run code that it downloads", HIGH, LIKELY)
        elif _DECODE_IN_CODE.search(code.text):
            yield seen(DECODED, run, f"`{name}` would run code that it decodes first", HIGH, LIKELY)
    elif file_inner and run.handed is None and not any(one.name in {"echo", "printf"} for one in file_inner[-1:]):
        yield from _poured(run)
    elif sources and name in SHELLS and run.stdin is None and _bare(run):
        first = sources[0]
        if first.name not in _TELLS or any(first.inner()):
            yield seen(HIDDEN, run, f"`{name}` would run what `{shown(first.name or 'another command')}` says", None, LIKELY)


def _poured(run: Run) -> Iterator[Seen]:
    """A script that another command says (`make -f <(x)`), where that is not known."""
    inner = next((inner for one in run.args if one.file for inner in reversed(one.inner)), None)
    if inner is None or inner.name in _TELLS:
        return
    upstream = (inner, *_upstream(inner))
    if any(one.name in _FETCHERS for one in upstream):
        yield seen(DOWNLOADED, run, f"`{run.name}` would run what `{inner.name}` downloads, unread")
    elif any(map(_decodes, upstream)):
        yield seen(DECODED, run, f"`{run.name}` would run what `{inner.name}` decodes: nobody can read it before")
    elif not (inner.name in SETS_UP or any("complet" in one for one in inner.words)):
        yield seen(HIDDEN, run, f"`{run.name}` would run what `{shown(inner.name or 'another command')}` says", None, LIKELY)


def _bare(run: Run) -> bool:
    """Whether a shell reads its commands from its standard input."""
    return not [one for one in run.words if not one.startswith("-")] or "-s" in run.words


def _reads_stdin(run: Run, sources: list[Run], source: Run) -> bool:
    """Whether what another program says is run. Where a script is named, or code stands in the words, it is read as data."""
    if source not in sources:
        return True
    if run.name in SHELLS:
        return _bare(run)
    named = [one for one in run.words if not one.startswith("-") or one == "-"]
    return not named or named[0] == "-" if code_of(run) is None else False


def _prints_only(run: Run) -> bool:
    given = options(run.args, {"-o", "-H", "-X", "-d"})
    return given.has("-I", "--head", "--version", "--help")


def _upstream(run: Run) -> list[Run]:
    found: list[Run] = []
    waiting = list(run.feeding)
    while waiting and len(found) < 200:
        one = waiting.pop()
        found.append(one)
        waiting.extend((*one.feeding, *(one.inner() if one.name in {"echo", "printf", "cat"} else ())))
    return found


def _decodes(run: Run) -> bool:
    words = run.words
    match run.name:
        case "base64" | "gbase64" | "base32":
            return any(
                one in {"--decode", "-D"} or (one[:1] == "-" and "d" in one[1:4] and one[:2] != "--") for one in words
            )
        case "xxd":
            return any(one[:1] == "-" and "r" in one for one in words)
        case "openssl":
            return "-d" in words or "-D" in words
        case "gpg":
            return "-d" in words or "--decrypt" in words
        case "tr":
            return (
                len(words) == 2
                and not _PLAIN_TR.fullmatch(words[0])
                and len(words[0]) > 4
                and "lower" not in words[0]
                and "upper" not in words[0]
            )
        case "rev" | "uudecode":
            return True
        case "gunzip" | "zcat" | "xzcat" | "zstdcat" | "gzip" | "xz" | "bzip2":
            return bool(run.feeding) and (
                run.name.endswith("cat") or run.name == "gunzip" or any("d" in one for one in words)
            )
        case "printf" | "echo":
            return sum(one.count("\\x") for one in words) > 6 and (
                run.name == "printf" or any("e" in one[:3] for one in words[:1])
            )
        case _:
            return False


def _evaluated(run: Run) -> Iterator[Seen]:
    inner = list(run.inner())
    for one in (*inner, *(source for each in inner for source in _upstream(each))):
        if one.name in _FETCHERS and not _prints_only(one):
            yield seen(DOWNLOADED, run, f"`{run.name}` would run what `{one.name}` downloads, unread")
            return
        if _decodes(one):
            yield seen(DECODED, run, f"`{run.name}` would run what `{one.name}` decodes: nobody can read it before")
            return
