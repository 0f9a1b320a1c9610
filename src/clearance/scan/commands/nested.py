"""Goes into what a program starts in turn: a shell with a text, `sudo X`, `find -exec X`, a script that this text wrote."""

from itertools import pairwise
from typing import TYPE_CHECKING

from clearance.scan.commands.carried import carried
from clearance.scan.commands.expand import TooMuch
from clearance.scan.commands.field import SOME, Field
from clearance.scan.commands.files import is_interpreter, reads_script
from clearance.scan.commands.powershell import POWER, VALUED
from clearance.scan.commands.run import Directed, Run
from clearance.scan.commands.said import named_by, said, starts_of
from clearance.scan.commands.shell import Shell, within
from clearance.scan.commands.wrappers import SHELLS, unwrapped

if TYPE_CHECKING:
    from clearance.scan.commands.walk import Walker

_MOST_WRITTEN = 100
_STDIN = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
_LIKE_STDIN = frozenset(
    {
        "make", "gmake", "bmake", "xargs", "parallel", "psql", "mysql", "mariadb", "sqlite3", "duckdb", "at", "batch", "vim",
        "vi", "nvim", "ex", "ed",
    }
)  # fmt: skip
"""Programs that do the same with a file that they are handed (`-f`, `-a`, `-S`) as with their standard input."""
_BEHIND = frozenset({"-f", "-x", "-S", "-a", "-s", "--file", "--makefile", "--command", "--arg-file"})
"""Options behind which the file stands that a program takes for its script."""


def go_inside(walker: "Walker", run: Run, redirects: tuple[Directed, ...], shell: Shell, wrapped: int) -> None:
    """Go into what a program starts: `sudo X`, `sh -c X`, `find -exec X`."""
    span = (run.start, run.end)
    _note(walker, run)
    for text in carried(run):
        walker.guess(text, run, shell)
    if run.name in SHELLS or run.name in {"source", "."}:
        _nested_shell(walker, run, shell)
        return
    written = walker.written.get(run.at(run.program.text)) if "/" in run.program.text else None
    if written is not None:
        walker.read(written, shell.sub(), span)
        return
    if run.name in {"find", "fd", "fdfind"}:
        _found(walker, run, shell, wrapped)
        return
    inside = unwrapped(run.name, run.args)
    if inside is None:
        return
    inner = shell.sub()
    inner.via = (*shell.via, run.name)
    inner.host = inside.host or shell.host
    if inside.host:
        inner.directory = None
    if inside.directory is not None:
        inner.directory = within(shell.directory, inside.directory.text)
    assigned = dict(run.environment)
    for one in inside.assigned:
        key, _, value = one.text.partition("=")
        assigned[key] = one._replace(text=value)
    if inside.text is not None:
        walker.text(inside.text, inner, run.name)
    elif inside.words:
        inner.depth += 1
        walker.started(inside.words, assigned, redirects, inner, span, wrapped + 1)


def with_what_it_reads(walker: "Walker", run: Run) -> Run:
    """Give a program with the arguments that it reads (`xargs`), and with the text of the script that it is handed, where
    this very text makes that: as `<(…)`, or as a file that it wrote before."""
    run = _with_script(walker, run)
    return run._replace(args=_read_in(run))


def _with_script(walker: "Walker", run: Run) -> Run:
    if not reads_script(run.name) or run.name in SHELLS:
        return run
    for number, one in enumerate(run.args):
        text = _made(walker, one, run, behind=number > 0 and run.args[number - 1].text in _BEHIND)
        if text is not None:
            stdin = text if run.name in _LIKE_STDIN and run.stdin is None else run.stdin
            return run._replace(handed=text, stdin=stdin)
    return run


def _read_in(run: Run) -> tuple[Field, ...]:
    """Give the arguments, for `xargs` with those that it reads."""
    if run.name not in {"xargs", "parallel"}:
        return run.args
    text = run.stdin if run.stdin is not None else SOME
    read = [
        Field(one, run.start, run.end, inner=run.feeding, globs=any(sign in one for sign in "*?["))
        for one in text.split()[:64]
    ]
    marks = [
        number for number, one in enumerate(run.args) if one.text in {"-I", "-i", "--replace"} or one.text.startswith("-I")
    ]
    if not marks:
        return (*run.args, *read)
    mark = run.args[marks[0]].text[2:] or (run.args[marks[0] + 1].text if marks[0] + 1 < len(run.args) else "{}")
    with_text = read[0].text if read else SOME
    return tuple(
        one._replace(text=one.text.replace(mark, with_text), inner=one.inner + run.feeding)
        if mark and mark in one.text and number > marks[0] + 1
        else one
        for number, one in enumerate(run.args)
    )


def _made(walker: "Walker", field: Field, run: Run, *, behind: bool) -> str | None:
    """Give the text of the file that a word names; None where this text does not make one that is a script."""
    if field.file and field.inner:
        return said(field.inner[-1])
    flag, _, joined = field.text.partition("=")
    text = joined if flag in _BEHIND else field.text
    if text.startswith("-") or not (behind or flag in _BEHIND or is_interpreter(run.name)):
        return None
    return walker.written.get(run.at(text))


def _nested_shell(walker: "Walker", run: Run, shell: Shell) -> None:
    """Read what a shell is handed: behind `-c`, or on its standard input."""
    args = run.args
    at, takes, reads = _handed(run)
    script = args[at] if takes and at < len(args) else None
    inner = shell.sub()
    inner.via = (*shell.via, run.name)
    first = next((one for flag, one in pairwise(args) if flag.text in {"--rcfile", "--init-file"}), None)
    if first is not None and (known := _script(walker, first, run)) is not None:
        walker.read(known, shell.sub(), (run.start, run.end))
    if script is not None and run.name in POWER:
        # It parts folders with `\\`, and breaks lines with a backtick.
        text = run.stdin or SOME if script.text == "-" else script.text
        script = script._replace(text=text.replace("\\", "/").replace("`", ""))
    if script is not None:
        for number, one in enumerate(args[at + 1 : at + 11]):
            inner.scope.put(str(number), (one.text,))
        inner.scope.put("@", [one.text for one in args[at + 2 :]] or [""])
        inner.scope.put("*", (" ".join(one.text for one in args[at + 2 :]),))
        walker.text(script, inner, run.name)
    elif at < len(args) and (known := _script(walker, args[at], run)) is not None:
        walker.read(known, inner, (run.start, run.end))
    elif run.stdin is not None and (at >= len(args) or reads or args[at].text in _STDIN):
        walker.read(run.stdin, inner, (run.start, run.end))


def _handed(run: Run) -> tuple[int, bool, bool]:
    """Give where the first operand of a shell stands, whether it is a text (`-c`), and whether standard input is one
    (`-s`)."""
    at, takes, reads = 0, False, False
    power = run.name in POWER
    while at < len(run.args):
        text = run.args[at].text
        if text[:1] not in {"-", "+"} or not text:
            break
        at += 1
        if power and text.casefold() in {"-command", "-c"}:
            return at, True, reads
        if text in {"-", "--"}:
            break
        if power and text.casefold() in {"-file", "-f"}:
            break
        if text in {"--rcfile", "--init-file"} or (power and text.casefold() in VALUED):
            at += 1
        elif not power and text[1:].isalpha() and len(text) < 9:
            takes |= text[0] == "-" and "c" in text
            reads |= text[0] == "-" and "s" in text
            at += "o" in text.lower()
    return at, takes, reads


def _script(walker: "Walker", field: Field, run: Run) -> str | None:
    """Give the text of a script that this very text writes, or hands over as `<(…)`; None for any other."""
    if field.file and field.inner:
        return said(field.inner[-1])
    return walker.written.get(run.at(field.text))


def _note(walker: "Walker", run: Run) -> None:
    """Remember what a program writes, so that it can be read when it is run."""
    targets = [(one.target.text, ">>" in one.sign) for one in run.redirects if one.writes]
    if run.name == "tee":
        adds = "-a" in run.words or "--append" in run.words
        targets = [(one, adds) for one in run.words if not one.startswith("-")]
    text = said(run) if targets else None
    if text is None:
        return
    for one, adds in targets:
        path = run.at(one)
        walker.left -= len(text)
        walker.written[path] = walker.written.get(path, "") + text if adds else text
    if len(walker.written) > _MOST_WRITTEN or walker.left < 0:
        raise TooMuch(f"it writes more than {_MOST_WRITTEN} files, or more than is read")


def _found(walker: "Walker", run: Run, shell: Shell, wrapped: int) -> None:
    """Go into `find … -exec X {} ;`."""
    starts = starts_of(run.words) or named_by(run.words) if run.name == "find" else ()
    given = starts or tuple(
        f"{one}/{SOME}" for one in (run.words[:1] if run.words[:1] and run.words[0][:1] not in "-(!" else ["."])
    )
    at = 0
    marks = {"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"}
    while at < len(run.args):
        if run.args[at].text not in marks:
            at += 1
            continue
        end = next((number for number in range(at + 1, len(run.args)) if run.args[number].text in {";", "+"}), len(run.args))
        words = [
            one._replace(text=one.text.replace("{}", start))
            for one in run.args[at + 1 : end]
            for start in (given if "{}" in one.text else (".",))
        ]
        if words:
            inner = shell.sub()
            inner.via = (*shell.via, run.name)
            inner.feeding = ()
            walker.started(words, dict(run.environment), (), inner, (run.start, run.end), wrapped + 1)
        at = end + 1
