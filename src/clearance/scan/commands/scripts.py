"""Scripts that a command starts, and that these start in turn, where they lie in the repository: what they do to guards, and
what they push. They are read as they lie there, never run.

Only that is looked for: what else a script of the repository does, people have read, or the gate will.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from clearance.facts.change import Contents
from clearance.facts.errors import CollectError
from clearance.scan.commands.around import around
from clearance.scan.commands.carried import shell_texts
from clearance.scan.commands.field import located
from clearance.scan.commands.files import code_of
from clearance.scan.commands.guards import guards
from clearance.scan.commands.named import code_changes
from clearance.scan.commands.powershell import POWER, VALUED
from clearance.scan.commands.pushes import pushes
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import LIKELY, MEDIUM, Seen, seen, shown
from clearance.scan.commands.steering import steering
from clearance.scan.commands.walk import walked
from clearance.scan.commands.wrappers import SHELLS
from clearance.scan.family import Budget

_MOST = 20
"""Scripts that one command is followed into, all depths together."""
_DEEPEST = 4
_LONGEST = 128 * 1024
_WINDOW = 4
"""Lines of code in which a name and a change must stand together."""
_VALUED = frozenset({"--rcfile", "--init-file", "-o", "+o", "-O", "+O"})
"""Options of shells with a value behind them."""
_CODE = re.compile(r"(?:python|pypy|node|perl|ruby|php|deno|bun|tsx|ts-node|lua|julia|rscript|nodejs|uv)[\d.]*\Z")
_SHELL_LINE = re.compile(r"#!\s*\S*(?:/|\benv\s+)(?:ba|da|z|k|a)?sh\b")
_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RULE = re.compile(
    r"^(?P<name>[\w./%-]+(?:[ \t]+[\w./%-]+)*)[ \t]*::?(?!=)(?P<needs>[^\n;#]*)(?:;(?P<rest>[^\n]*))?\n"
    r"(?P<lines>(?:\t[^\n]*\n?)*)",
    re.MULTILINE,
)
"""A target, what it needs, and the lines behind it that begin with a tab."""


def scripts(readout: Readout, contents: Contents, budget: Budget) -> Iterator[Seen]:
    """Give what the scripts do that a text starts.

    Raises:
        OutOfTime: the budget is spent.
    """
    read = _reading(contents)
    # A script that starts itself, or one that is started twice, is read once.
    done: set[tuple[str | None, str]] = set()
    waiting = [(run, run, 1) for run in reversed(readout.runs)]
    while waiting:
        run, told_at, depth = waiting.pop()
        if run.host:
            continue
        for name, text, is_shell in _started(run, read):
            if (run.directory, text) in done:
                continue
            done.add((run.directory, text))
            if len(done) > _MOST:
                return
            plain = [walked(one, budget) for one in ([text] if is_shell else list(shell_texts(text))[:_MOST])]
            # Many scripts go to the top of their repository by themselves, in ways that cannot be read: both are looked at.
            made = [*(_moved(one, run) for one in plain), *(plain if run.directory != "" else ())]
            yield from _judged(told_at, name, text, made, budget, is_shell=is_shell)
            if depth < _DEEPEST:
                waiting.extend((one, told_at, depth + 1) for each in reversed(made) for one in reversed(each.runs))


def _moved(readout: Readout, run: Run) -> Readout:
    """Give what a script would start as it is where the script is started: it works in the folder of who starts it."""
    if run.directory == "":
        return readout
    return readout._replace(
        runs=tuple(
            one._replace(
                directory=None
                if one.directory is None or run.directory is None
                else located(run.directory, one.directory or ".")
            )
            for one in readout.runs
        )
    )


def _reading(contents: Contents) -> Callable[[str], str | None]:
    def read(path: str) -> str | None:
        try:
            data = contents.peek(path.removeprefix("./"), _LONGEST)
        except (KeyError, CollectError, OSError, ValueError):
            return None
        return None if b"\0" in data[:1024] else data.decode("utf-8", "replace")

    return read


def _started(run: Run, read: Callable[[str], str | None]) -> Iterator[tuple[str, str, bool]]:
    """Give name and text of each script that a program would run, and whether it is for a shell."""
    words = run.words
    name = run.name
    if name in {"make", "gmake"}:
        for place in _value(words, "-f", "--file") or ("GNUmakefile", "makefile", "Makefile"):
            text = read(run.at(place))
            if text is not None:
                yield place, "\n".join(_recipes(text, [one for one in words if re.fullmatch(r"[\w./-]+", one)])), True
                return
    elif name in _RUNNERS:
        text = read(run.at("package.json"))
        yield from (("package.json", one, True) for one in _package_scripts(text or "", words))
    elif name in SHELLS or name in {"source", "."}:
        given = _script_of(name, words)
        fed = next((one.target.text for one in run.redirects if one.sign == "<"), "")
        poured = next((word for one in run.feeding[-1:] if one.name == "cat" for word in one.words[:1]), "")
        path = given or fed or poured
        if path and "-c" not in words and (text := read(run.at(path))) is not None:
            yield path, text, True
    elif _CODE.match(name) and code_of(run) is None:
        path = next((one for one in words if "." in one and not one.startswith("-")), "")
        if path and "-m" not in words and (text := read(run.at(path))) is not None:
            yield path, text, False
    elif "/" in run.program.text and (text := read(run.at(run.program.text))) is not None:
        yield run.program.text, text, bool(_SHELL_LINE.match(text)) or not text.startswith("#!")


def _script_of(name: str, words: tuple[str, ...]) -> str:
    """Give the file that a shell is told to run; empty: none."""
    before = ""
    for one in words:
        if not one.startswith(("-", "+")) and before not in _VALUED and (name not in POWER or before not in VALUED):
            return one.replace("\\", "/") if name in POWER else one
        before = one.casefold() if name in POWER else one
    return ""


def _value(words: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(after for one, after in pairwise(words) if one in names)


def _recipes(text: str, wanted: list[str]) -> Iterator[str]:
    """Give the recipes of the wanted targets and of what they need; of the first target where none is wanted."""
    rules = {name: found for found in _RULE.finditer(text[:_LONGEST]) for name in found["name"].split()}
    first = next((one for one in rules if not one.startswith(".")), "")
    waiting = [one for one in wanted if one in rules] or [first]
    done: set[str] = set()
    while waiting and len(done) < 50:
        name = waiting.pop()
        if name in done or name not in rules:
            continue
        done.add(name)
        found = rules[name]
        waiting.extend(found["needs"].split())
        for line in (found["rest"] or "", *found["lines"].split("\n")):
            yield line.strip().lstrip("@-+").replace("$$", "$")


def _package_scripts(text: str, words: tuple[str, ...]) -> Iterator[str]:
    try:
        named = json.loads(text or "{}").get("scripts", {})
    except (ValueError, RecursionError, AttributeError):
        return
    if not isinstance(named, dict):
        return
    plain = [one for one in words if not one.startswith("-")]
    asked = next((one for one in plain if one not in {"run", "run-script"}), "")
    for key in (f"pre{asked}", asked, f"post{asked}"):
        if isinstance(found := named.get(key), str):
            yield found


def _judged(run: Run, name: str, text: str, made: list[Readout], budget: Budget, *, is_shell: bool) -> Iterator[Seen]:
    told: set[str] = set()
    for readout in made:
        for detector in (guards, around, steering, pushes):
            for found in detector(readout):
                budget.check()
                if found.rule.startswith(("guard-", "push-")) and found.rule not in told:
                    told.add(found.rule)
                    message = f"`{shown(name, 40)}` runs that: {found.message}"
                    yield seen(found.rule, run, message, found.severity, found.confidence)
    if is_shell:
        return
    lines = text.split("\n")
    for at in range(0, len(lines), _WINDOW // 2):
        if (at & 255) == 0:
            budget.check()
        rule = code_changes("\n".join(lines[at : at + _WINDOW]))
        if rule and rule not in told:
            told.add(rule)
            yield seen(rule, run, f"`{shown(name, 40)}` (line {at + 1}) names a guard and changes files", MEDIUM, LIKELY)
