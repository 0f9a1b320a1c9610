"""The process that asks a company's rules: `python -I -m clearance.scan.imported.rego.judge SECONDS MEBIBYTES`.

It reads lines of JSON from standard input and writes one line for each: first the rules (`{"modules": {path: text}, "asked":
{package: {rule: is it a set}}}`), then documents. It starts nothing, opens nothing, and has limits of its own for memory and
processor time; whoever started it bounds the clock. The library has no built-in function that reaches outside (`http.send`
is not there), and the caller refuses rules that name one.
"""

import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from clearance.scan.imported.rego.terms import answer_of, term_of

_RULES = re.compile(r"(?:deny|warn|violation)(?:_\w+)?")
_MOST_SAID = 200
_LONGEST = 500


def main(arguments: list[str]) -> int:
    """Answer until there is nothing more to read."""
    from regopy import Interpreter, RegoError

    seconds, mebibytes = map(int, arguments)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the library prints what is wrong with a rule
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    threading.Thread(target=_watch, args=(mebibytes << 20,), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    lines = iter(sys.stdin.buffer.readline, b"")
    first = json.loads(next(lines))
    rego = Interpreter()
    rego.strict_built_in_errors = True
    problems = {}
    for path, text in first["modules"].items():
        try:
            Interpreter().add_module(path, text)
            rego.add_module(path, text)
        except RegoError as error:
            problems[path] = str(error)
    _say(output, {"problems": problems})
    for line in lines:
        _say(output, _answered(rego, first["asked"], json.loads(line)))
    return 0


def _watch(most: int) -> None:
    """End the process where it holds more memory than it may. The library reserves 256 GiB of addresses when it is loaded,
    so that a limit on those bounds nothing; it lets go of the interpreter's lock while it works, so that this runs."""
    held = _held()
    while held() < most:
        time.sleep(0.02)
    os._exit(3)


def _held() -> Callable[[], int]:
    """Give what tells how many bytes of memory this process holds. The most that it ever held (`ru_maxrss`) would not do on
    Linux: a process begins with what the one held that started it."""
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        scale = 1 if sys.platform == "darwin" else 1024
        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    return lambda: int(os.pread(file, 128, 0).split()[1]) * resource.getpagesize()


def _say(output: Any, answer: object) -> None:
    output.write(json.dumps(answer) + "\n")
    output.flush()


def _answered(rego: Any, asked: Mapping[str, Mapping[str, bool]], document: Any) -> dict[str, Any]:
    """Give what each package says: by rule a list of messages; or why it says nothing."""
    from regopy import RegoError

    said: dict[str, Any] = {}
    errors: dict[str, str] = {}
    try:
        rego.set_input_term(term_of(document))
    except (RegoError, ValueError, RecursionError) as error:
        return {"said": said, "errors": dict.fromkeys(asked, f"the case cannot be read: {str(error)[:_LONGEST]}")}
    for package, rules in asked.items():
        try:
            found = answer_of(rego, f"data.{package}")
            if not isinstance(found, dict):
                raise ValueError("no package of that name answers")  # noqa: TRY301, TRY004 -- told as what else goes wrong
            # What the caller did not see in the text, but the library evaluated, is said, too.
            said[package] = {rule: _messages(each) for rule, each in found.items() if _RULES.fullmatch(rule)}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            errors[package] = f"it cannot be evaluated: {str(error)[:_LONGEST]}"
            continue
        missing = [rule for rule, is_set in rules.items() if is_set and not isinstance(found.get(rule), list)]
        if missing:
            errors[package] = f"{missing[0]} did not answer"
    return {"said": said, "errors": errors}


def _messages(given: Any) -> list[str]:
    """Give what a rule says: members of a set, a text, or that it is true; false is nothing. Anything else is told as it
    is."""
    if given is False:
        return []
    if given is True:
        return ["denied"]
    items = given if isinstance(given, list) else [given]
    return [_message(one)[:_LONGEST] or "denied" for one in items[:_MOST_SAID]]


def _message(given: Any) -> str:
    if isinstance(given, dict):
        told = given.get("msg", given.get("message"))
        return told if told and isinstance(told, str) else json.dumps(given)
    return (given or "denied") if isinstance(given, str) else json.dumps(given)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
