"""Reads scripts: of shells, PowerShell and batch, recipes of make and just, Dockerfiles, Procfiles, tox.ini."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import ExtraIndex, Registry, Source
from clearance.scan.packages.readers.commands import Manner, Session, has_tools, script_commands, word_commands
from clearance.scan.packages.readers.dialects import BATCH, DOCKER, MAKE, POSIX, POWERSHELL, WINDOWS_DOCKER, Dialect
from clearance.scan.packages.readers.installers import Named, index_of
from clearance.scan.packages.readers.placed import Placed, plain, unescaped
from clearance.scan.packages.readers.requirement import python_requirement
from clearance.scan.packages.readers.shell_words import Scope, Word

_MAKE_ASSIGNMENT = re.compile(
    r"^[ ]*(?:export[ ]+|override[ ]+)?([\w.-]+)[ \t]*(?::{1,3}|\?|\+|!)?=[ \t]*((?:[^\n\\#]|\\\r?\n|\\.)*)", re.MULTILINE
)
_JUST_ASSIGNMENT = re.compile(r"^(?:export[ ]+)?([\w-]+)[ \t]*:=[ \t]*[\"']([^\"'\n]*)[\"']", re.MULTILINE)
_INSTRUCTION = re.compile(
    r"^[ \t]*(?:ONBUILD[ \t]+)?(RUN|CMD|ENTRYPOINT|ARG|ENV|HEALTHCHECK|SHELL|COPY|ADD)[ \t]+", re.MULTILINE | re.IGNORECASE
)
_ESCAPE = re.compile(r"(?:[ \t]*#[^\n]*\n){0,5}?[ \t]*#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE)
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*+)"')
_PAIR = re.compile(r"""(\w+)=("(?:[^"\\]|\\.)*+"|'[^']*+'|(?:[^\s\\]|\\.)*+)""")
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_PROCESS = re.compile(r"^[\w-]+:[ \t]*", re.MULTILINE)
_INI_SECTION = re.compile(r"\[([^\]\n]+)\]")
_INI_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*=[ \t]*")
_ALL_OF_ONE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
"""A value that is another variable's."""
_FACTOR = re.compile(r"[ \t]*(?:[\w.{},!-]+(?:[ \t]*,[ \t]*[\w.{},!-]+)*:[ \t]+)?")
_MOST_LOST = 50
_DEPENDENCIES = frozenset({"deps", "requires"})
_COMMANDS = frozenset({"commands", "commands_pre", "commands_post", "install_command", "list_dependencies_command"})


def shell(text: str, budget: Budget) -> Iterator[Named]:
    """Read a shell script."""
    yield from script_commands(plain(text, 0, len(text)), budget)


def powershell(text: str, budget: Budget) -> Iterator[Named]:
    """Read a PowerShell script."""
    yield from script_commands(plain(text, 0, len(text)), budget, dialect=POWERSHELL)


def batch(text: str, budget: Budget) -> Iterator[Named]:
    """Read a batch file of cmd.exe."""
    if has_tools(text):
        scope: Scope = {
            found[1]: (plain(text, *found.span(2)),)
            for found in re.finditer(r'(?im)^[ \t@]*set[ \t]+"?(\w+)=([^"\r\n&|]*)', text)
        }
        yield from script_commands(plain(text, 0, len(text)), budget, dialect=BATCH, session=Session(scope), in_lines=True)


def makefile(text: str, budget: Budget) -> Iterator[Named]:
    """Read a makefile: its variables and the commands of its recipes."""
    if has_tools(text):
        session = Session()
        for found in _MAKE_ASSIGNMENT.finditer(text):
            budget.check()
            value = plain(text, *found.span(2))
            fields = tuple(value.part(*field.span()) for field in re.finditer(r"[^\s\\]+", value.text[:8192]))
            more = session.scope.get(found[1], ()) if "+=" in found[0][: found.start(2) - found.start()] else ()
            session.scope[found[1]] = (*more, *fields) if "$" not in value.text and len(more) < 400 else ()
        yield from script_commands(plain(text, 0, len(text)), budget, dialect=MAKE, session=session, in_lines=True)


def justfile(text: str, budget: Budget) -> Iterator[Named]:
    """Read a justfile."""
    if has_tools(text):
        values: Scope = {found[1]: (plain(text, *found.span(2)),) for found in _JUST_ASSIGNMENT.finditer(text)}
        session = Session(values)
        yield from script_commands(plain(text, 0, len(text)), budget, session=session, in_lines=True)


def procfile(text: str, budget: Budget) -> Iterator[Named]:
    """Read a Procfile: `name: command`."""
    if has_tools(text):
        starts = [found.end() for found in _PROCESS.finditer(text)]
        for start in starts:
            end = text.find("\n", start)
            yield from script_commands(plain(text, start, len(text) if end < 0 else end), budget)


def dockerfile(
    text: str, budget: Budget, *, manner: Manner = Manner.RUNS, start: int = 0, end: int | None = None
) -> Iterator[Named]:
    """Read a Dockerfile: commands in either form, here-documents, `ONBUILD`, and what `ARG` and `ENV` set literally."""
    end = len(text) if end is None else end
    windows = bool(_ESCAPE.match(text, start, end))
    dialect: Dialect = WINDOWS_DOCKER if windows else DOCKER
    escape = "`" if windows else "\\"
    session = Session()
    at = start
    lost: set[str] = set()
    while found := _INSTRUCTION.search(text, at, end):
        budget.check()
        at = _instruction_end(text, found.end(), end, escape, lost)
        word = found[1].upper()
        if word in {"ARG", "ENV"}:
            _variables(plain(text, found.end(), at), session)
        elif text.startswith("[", found.end()):
            if word == "SHELL" and re.search("powershell|pwsh", text[found.end() : at]):
                dialect = WINDOWS_DOCKER if windows else POWERSHELL
            words = [
                Word(unescaped(text, *item.span(1)), quoted=True) for item in _JSON_STRING.finditer(text, found.end(), at)
            ]
            yield from session.marked(word_commands(words, budget, manner=manner))
        else:
            first = found.end()
            if word == "HEALTHCHECK":
                command = re.compile(r"\bCMD[ \t]+", re.IGNORECASE).search(text, first, at)
                first = command.end() if command else at
            script = plain(text, first, at)
            yield from script_commands(script, budget, manner=manner, dialect=dialect, session=session)
    yield from session.indexes()


def _instruction_end(text: str, at: int, end: int, escape: str, lost: set[str]) -> int:
    """Find where an instruction ends: past its continued lines, the comments between them, and its here-documents.

    `lost` are marks that nothing ends; what was sought in vain is not sought again.
    """
    marks: list[str] = []
    continued = True
    first = True
    while continued and at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        line = text[at:stop].rstrip()
        bare = line.lstrip()
        if first or (bare and not bare.startswith("#")):
            continued = line.endswith(escape)
            marks += _HEREDOC.findall(line)[:20] if "<<" in line else []
        first = False
        at = min(stop + 1, end)
    for mark in marks:
        if mark in lost or len(lost) > _MOST_LOST:
            continue
        found = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*\r?$", re.MULTILINE).search(text, at, end)
        if found:
            at = min(found.end() + 1, end)
        else:
            lost.add(mark)
    return at


def _variables(piece: Placed, session: Session) -> None:
    text = piece.text
    pairs = list(_PAIR.finditer(text))
    if not pairs:
        old = re.match(r"(\w+)[ \t]+(\S[^\n]*)", text)
        if old:
            session.scope[old[1]] = (piece.part(*old.span(2)),)
        return
    for pair in pairs[:200]:
        start, end = pair.span(2)
        quoted = text[start : start + 1] in {'"', "'"}
        value = piece.part(start + quoted, end - quoted)
        named = _ALL_OF_ONE.fullmatch(value.text)
        if named:
            session.scope[pair[1]] = session.scope.get(named[1] or named[2], ())
        else:
            session.scope[pair[1]] = (value,) if "$" not in value.text and value.text else ()


def tox(text: str, budget: Budget) -> Iterator[Named]:
    """Read tox.ini: `deps` and `requires` of each environment, and what its commands install."""
    key, at = "", 0
    setenv: Session = Session()
    for line in text.splitlines(keepends=True):
        budget.check()
        start, at = at, at + len(line)
        end = start + len(line.rstrip())
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if not line[0].isspace():
            header = _INI_SECTION.match(line)
            named = _INI_KEY.match(line)
            key = "" if header else named[1] if named else key
            start += named.end() if named else end - start
        if key in _DEPENDENCIES:
            yield from _tox_dependency(text, start, end)
        elif key in _COMMANDS and has_tools(text[start:end]):
            factor = _FACTOR.match(text, start, end)
            yield from script_commands(
                plain(text, factor.end() if factor else start, end), budget, session=setenv, in_lines=True
            )
        elif key in {"indexserver", "setenv", "set_env"} and "INDEX" in text[start:end]:
            yield from _tox_index(text, start, end)


def _tox_dependency(text: str, start: int, end: int) -> Iterator[Named]:
    factor = _FACTOR.match(text, start, end)
    first = factor.end() if factor else start
    comment = re.compile(r"[ \t]#").search(text, first, end)
    end = comment.start() if comment else end
    piece = text[first:end].strip()
    if not piece or piece.startswith(("-", ".", "/", "{", "#", ":")) or "{" in re.split(r"[<>=!~\[]", piece)[0]:
        return
    found = python_requirement(text, first, end, Source.MANIFEST, group="test")
    if found:
        yield found


def _tox_index(text: str, start: int, end: int) -> Iterator[ExtraIndex]:
    found = re.compile(r"(PIP_(?:EXTRA_)?INDEX_URL|UV_(?:DEFAULT_|EXTRA_)?INDEX(?:_URL)?)[ \t]*=[ \t]*(\S+)").search(
        text, start, end
    )
    if found:
        only = "EXTRA" not in found[1] and found[1] != "UV_INDEX"
        index = index_of(Registry.PYPI, Word(plain(text, *found.span(2))), only=only, default=r"https?://pypi\.org/simple/?")
        if index:
            yield index


def embedded(text: str, budget: Budget) -> Iterator[Named]:
    """Read what stands in strings and here-documents of another language: Terraform, a Vagrantfile, a Jenkinsfile."""
    if not has_tools(text):
        return
    at = 0
    lost = 0
    for found in re.finditer(r'<<[-~]?["\']?(\w+)["\']?[^\n]{0,400}\n|"((?:[^"\\\n]|\\.)*+)"|\'([^\'\n]*+)\'', text):
        budget.check()
        if found.start() < at:
            continue
        if found[1] and lost < 50:
            end = re.compile(rf"^[ \t]*{re.escape(found[1])}\b", re.MULTILINE).search(text, found.end())
            if end:
                at = end.end()
                yield from script_commands(plain(text, found.end(), end.start()), budget, manner=Manner.MAY_RUN)
            else:
                lost += 1
        elif found.lastindex in {2, 3} and has_tools(found[found.lastindex]):
            piece = unescaped(text, *found.span(found.lastindex))
            yield from script_commands(piece, budget, manner=Manner.MAY_RUN)


_DIALECTS: dict[str, Dialect] = {
    "powershell": POWERSHELL, "ps1": POWERSHELL, "pwsh": POWERSHELL, "bat": BATCH, "batch": BATCH, "cmd": BATCH,
}  # fmt: skip


def dialect_of(language: str) -> Dialect:
    """Give the dialect of a language's name as documents and CI files write it; POSIX for all others."""
    return _DIALECTS.get(language.lower(), POSIX)
