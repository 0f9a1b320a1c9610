"""Reads the commands that programs start: lists of words, and strings in calls that run them, in any language."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.readers.commands import Manner, command_names, has_tools, script_commands, word_commands
from clearance.scan.packages.readers.installers import Named, distinct, moved
from clearance.scan.packages.readers.placed import UNKNOWN, Placed, joined, plain, unescaped
from clearance.scan.packages.readers.shell_words import Command, Word

_PROGRAMS = (
    r"(?:[\w./\\-]{0,80}[/\\])?(?:pip3?(?:\.\d+)?|uv|uvx|pipx|poetry|pdm|npm|pnpm|yarn|npx|bun|bunx|deno|conda|mamba|"
    r"cargo|gem|go|dotnet|bundle|python3?(?:\.\d+)?|py|sudo|env|cmd|sh|bash|powershell|pwsh)(?:\.exe|\.cmd)?"
)
_OTHER = r"\*{0,2}[A-Za-z_$][\w.$]{0,80}(?:\([^()'\"\n]{0,60}\)|\[[^\[\]'\"\n]{0,60}\])?"
_ITEM = rf"""[rbuf]{{0,2}}"[^"\n]{{0,400}}"|[rbuf]{{0,2}}'[^'\n]{{0,400}}'|{_OTHER}"""
_LIST = re.compile(
    rf"""(?<![\w"'])(?:(?P<program>["']{_PROGRAMS}["'])"""
    r"""|(?:sys\.executable|python_?(?:exe|bin|path)?|[\w.]*\.python|process\.execPath))"""
    rf"""(?:\s*,\s*&?\[?|["']?\)\s*\.args?\(\s*&?\[?)\s*(?P<rest>(?:(?:{_ITEM})\s*+,\s*+){{0,80}}+(?:{_ITEM})?)""",
    re.IGNORECASE,
)
_WORD = re.compile(rf"""(?P<prefix>[rbuf]{{0,2}})(?P<quote>["'])(?P<text>[^"'\n]{{0,400}})(?P=quote)|(?P<other>{_OTHER})""")
_RUNS = re.compile(
    r"""(?<![\w])(?:os\.system|os\.popen|shlex\.split|subprocess\.\w+|check_call|check_output|check_run|getoutput|
    getstatusoutput|Popen|popen|
    execSync|exec|execa|execaCommand|execaCommandSync|spawn|spawnSync|execFile|execFileSync|system|shell_exec|passthru|
    shell|shelljs\.exec|\w*[cC]onnection\.run|ctx\.run|c\.run|context\.run|session\.run|local|cmd|run_command|
    run_cmd|run|sh|bash|bat|powershell|pwsh|zx|\$|run_commands|Command|command|commandLine|executable|script|
    get_ipython\(\)\.(?:system|getoutput|run_line_magic|run_cell_magic))\s*
    (?:\(\s*(?:\w+\s*[,:=]\s*)?\[?\s*|(?=`))
    (?P<prefix>[rbuf]{0,2})(?P<string>\"{3}|'{3}|["'`])""",
    re.VERBOSE,
)
_BARE = re.compile(
    r"""(?<![\w.])(?:sh|bat|bash|pwsh|powershell|system)[ \t](?P<prefix>[rbuf]{0,2})(?P<string>\"{3}|'{3}|["'])"""
)
"""Calls without parentheses, as Groovy and Ruby have them."""
_NAMED = re.compile(
    r"""(?P<call>\bsession\.install|\bsession\.conda_install|\bmicropip\.install|\bpiplite\.install|\.(?:uv_)?pip_install|
    \bpip(?:\._internal(?:\.cli\.main)?)?\.main|\bpipmain|\.micromamba_install|\.run_line_magic)\(\s*""",
    re.VERBOSE,
)
_SESSION = re.compile(r"(?P<call>\b\w{1,40}\.(?:conda_)?install)\(\s*")
"""Sessions of nox, by whatever name its functions take them."""
_QUOTED = ("pip", "npm", "npx", "yarn", "pnpm", "bun", "uv", "poetry", "pdm", "conda", "deno", "cargo", "gem", "bundle",
           "dotnet", "go", "mvn", "-m")  # fmt: skip
_SPOKEN_TEXT = """pip install,pip3 install,pip download,pip wheel,-m pip,npm i,npm add,npm exec,npm x,npx ,yarn ,pnpm ,npm c
pnpx,bun add,bun i,bun x,bun c,bunx,uv pip,uv add,uv tool,uv run,uvx,pipx,pipenv,poetry add,poetry self
pdm add,rye ,conda install,conda create,mamba ,deno ,cargo install,cargo add,cargo b,gem install,bundle add
dotnet ,nuget,nstall-Package,mvn ,go install,go get,go run,easy_install,lerna add,ng add,expo install,_magic"""
_SPOKEN = tuple(_SPOKEN_TEXT.replace("\n", ",").split(","))
"""A string that is run holds one of these. Many searches for a literal cost a tenth of one for a pattern."""
_IN_LISTS = (
    "sys.executable", "execPath",
    *(f"{quote}{tool}" for tool in _QUOTED if len(tool) > 2 for quote in "\"'"),
    *(f"{quote}{tool}{quote}" for tool in _QUOTED if len(tool) == 2 for quote in "\"'"),
)  # fmt: skip
"""A list of words that is run holds one of these."""
_CALLED = ("session.install", "conda_install", "micropip", "piplite", "pip_install", "pip.main", "pipmain", "pip._internal",
           "mamba_install")  # fmt: skip
"""A call whose arguments are names holds one of these."""
_STRING = re.compile(r"""\s*(?:\w+\s*=\s*)?\[?\s*[rbu]{0,2}(["'])([^"'\n]{0,300})\1\s*\]?\s*,?""")
_BRACED = re.compile(r"\$?\{[^{}\n]{0,200}\}|%\([^()\n]{0,80}\)[sd]|%[sd]")
_FIRST = re.compile(
    r"(?:[\[(=]|\]\s*\{|\b(?:run|exec|spawn|call)[ ])[ \t]*(?:\\?\r?\n[ \t]*)?[rbuf]{0,2}$|[(,]\s*\w+\s*,\s*$|^\s*$"
)
"""What stands before the first word of a list, or of a call's arguments (one of which may come before it)."""
_MANAGERS = frozenset(
    {"npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx", "uv", "uvx", "pip", "pipx", "deno", "go", "cargo", "uvvx"}
)  # fmt: skip
"""What stands in a list of names rather than behind a runner (the last one is a suffix of files that goes with `.uvx`)."""
_EVALUATES = re.compile(r"exec\b|eval\b")
_DEEPEST = 2
"""Programs in strings of programs that are followed."""
_MORE = re.compile(
    r"""\s*(?:\+\s*|\\\n\s*)?(?P<prefix>[rbuf]{0,2})(?P<quote>["'])"""
    r"""(?P<text>(?:\\.|(?!(?P=quote))[^\\\n]){0,400})(?P=quote)"""
)
_MOST_JOINED = 20
_MOST_HELD = 50
_HELD = re.compile(
    r"""(?m)^[ \t]*(?:const |let |var |my |\$)?(?P<name>[A-Za-z_]\w{0,60})[ \t]*(?::[^=\n]{1,40})?=[ \t]*\(?\s*"""
    r"""[rbu]{0,2}(?P<quote>["'])(?P<text>[^"'\n]{0,400})(?P=quote)"""
)
_CALLS = (
    r"(?:os\.system|os\.popen|subprocess\.\w+|check_call|check_output|Popen|popen|execSync|exec|spawnSync|spawn|system|shell_exec"
    r"|shlex\.split|run)"
)
_QUOTE = re.compile(r"\\.|[\"'`]")
_LONGEST_LINE = 2_000
_MOST = 65_536


def listed(text: str, budget: Budget) -> Iterator[Named]:
    """Read code: commands that are lists of strings, strings that are run, and calls that install by name."""
    yield from distinct(_all(text, budget))


def _all(text: str, budget: Budget, depth: int = 0) -> Iterator[Named]:
    spoken = any(needle in text for needle in _SPOKEN)
    if any(needle in text for needle in _IN_LISTS):
        yield from listed_commands(text, budget)
    for pattern in (_RUNS, _BARE) if spoken else ():
        for found in pattern.finditer(text):
            budget.check()
            if not _in_string(text, found.start()):
                yield from _string(text, found, budget, depth)
    if spoken:
        yield from _held(text, budget)
    calls = [_NAMED] if any(needle in text for needle in _CALLED) else []
    if "import nox" in text:
        calls.append(_SESSION)
    for pattern in calls:
        for found in pattern.finditer(text):
            budget.check()
            if not _in_string(text, found.start()):
                yield from _named(text, found)


def listed_commands(text: str, budget: Budget) -> Iterator[Named]:
    """Give what commands that are written as lists of strings name: `["pip", "install", "flask"]`."""
    for found in _LIST.finditer(text):
        budget.check()
        if not _FIRST.search(text[max(0, found.start() - 80) : found.start()]) or _in_string(text, found.start()):
            continue
        if found["program"]:
            words = [Word(plain(text, found.start("program") + 1, found.end("program") - 1))]
        else:
            words = [Word(Placed("python", ((0, found.start()),)))]
        for item in _WORD.finditer(text, *found.span("rest")):
            if item["other"] is not None:
                words.append(Word(Placed(UNKNOWN, ((0, item.start()),)), hint=item["other"]))
            else:
                words.append(Word(_formatted(text, *item.span("text"), formats="f" in item["prefix"].lower()), quoted=True))
        if len(words) > 2 and words[1].text == words[0].text:
            del words[0]  # `execvp("pip", ["pip", …])`: the program, and what it is told to be called
        bare = len(words) > 1 and words[1].text in {"wheel", "download"} and not any(word.text[:1] == "-" for word in words)
        tools = len(words) > 1 and words[1].text in _MANAGERS
        if not bare and not tools:  # a list of names that happens to hold these two
            yield from word_commands(words, budget, manner=Manner.MAY_RUN)


def _in_string(text: str, at: int) -> bool:
    """Whether a place stands inside a string that begins on its line; long lines are not looked at."""
    start = text.rfind("\n", max(0, at - _LONGEST_LINE), at) + 1
    if not start and at > _LONGEST_LINE:
        return False
    quote = ""
    for found in _QUOTE.finditer(text, start, at):
        if found[0] == quote:
            quote = ""
        elif not quote and len(found[0]) == 1:
            quote = found[0]
    return bool(quote)


def _formatted(text: str, start: int, end: int, *, formats: bool = True) -> Placed:
    """Take a string literal; what it is filled with is not known."""
    piece = unescaped(text, start, end)
    if not formats and "%" not in piece.text:
        return piece
    return Placed(_BRACED.sub(lambda hole: UNKNOWN * len(hole[0]), piece.text), piece.starts)


def _string(text: str, found: re.Match[str], budget: Budget, depth: int) -> Iterator[Named]:
    """Read the string that a call runs."""
    quote, start = found["string"], found.end()
    end = re.compile(r"\\.|" + re.escape(quote) if len(quote) > 1 or quote == "`" else rf"\\.|\n|{quote}", re.DOTALL)
    at = start
    while True:
        stop = end.search(text, at, min(len(text), start + _MOST))
        if not stop or stop[0] == "\n":
            return
        at = stop.end()
        if stop[0] == quote:
            break
    formats = "f" in found["prefix"].lower() or quote == "`"
    said = _formatted(text, start, stop.start(), formats=formats)
    if len(quote) == 1 and quote != "`":
        said = joined([said, *_joined_on(text, stop.end())])
    if not has_tools(said.text):
        return
    if _EVALUATES.match(found[0]) and depth < _DEEPEST:
        yield from moved(distinct(_all(said.text, budget, depth + 1)), said)
    yield from script_commands(said, budget, manner=Manner.MAY_RUN)


def _joined_on(text: str, at: int) -> Iterator[Placed]:
    """Give the literals that are joined to one which ends at `at`: `"pip " + "install"`, or just behind it."""
    for _ in range(_MOST_JOINED):
        found = _MORE.match(text, at)
        if not found:
            return
        yield _formatted(text, *found.span("text"), formats="f" in found["prefix"].lower())
        at = found.end()


def _held(text: str, budget: Budget) -> Iterator[Named]:
    """Read strings that hold a command and have a name by which the same file runs them."""
    looked = 0
    for found in _HELD.finditer(text):
        budget.check()
        if not has_tools(found["text"]) or looked == _MOST_HELD:
            continue
        looked += 1
        name = re.escape(found["name"])
        if re.search(rf"{_CALLS}\s*\(\s*(?:\w+\s*=\s*)?{name}\b(?:\.split\(|\s*[,)])", text):
            said = joined([plain(text, *found.span("text")), *_joined_on(text, found.end())])
            yield from script_commands(said, budget, manner=Manner.MAY_RUN)


def _named(text: str, found: re.Match[str]) -> Iterator[Named]:
    """Read calls whose arguments are names: `session.install("pytest", "-r", "x.txt")`."""
    at = found.end()
    words: list[Word] = []
    for _ in range(100):
        item = _STRING.match(text, at)
        if not item:
            break
        words.append(Word(_formatted(text, *item.span(2)), quoted=True))
        at = item.end()
    if "main" in found["call"]:
        yield from command_names(Command((Word(Placed("pip", ((0, found.start()),))), *words)), Manner.RUNS)
    elif "conda" in found["call"] or "mamba" in found["call"]:
        head = [Word(Placed(word, ((0, found.start()),))) for word in ("conda", "install")]
        yield from command_names(Command((*head, *words)), Manner.RUNS)
    elif "magic" not in found["call"]:
        head = [Word(Placed(word, ((0, found.start()),))) for word in ("pip", "install")]
        yield from command_names(Command((*head, *words)), Manner.RUNS)
