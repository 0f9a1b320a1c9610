"""The process: `python -m clearance.scan.imported.rego JOB`, in the folder of the files; JSON goes to standard output."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from clearance.scan.imported.rego.inputs import NotParsed, inputs_of
from clearance.scan.imported.rego.places import line_of
from clearance.scan.imported.rego.terms import answer_of, term_of

_RULES = re.compile(r"(?:deny|warn|violation)(?:_\w+)?")
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
_UNANSWERED = re.compile(r"\b(http\.send|net\.lookup_ip_addr|opa\.runtime)\s*\(")
_MOST_RESULTS = 1_000
"""Of one file."""


def main(arguments: Sequence[str]) -> int:
    """Read the job, ask the rules of each file, write the answer."""
    output = os.dup(1)
    os.dup2(2, 1)  # the library prints what is wrong with a rule
    job = json.loads(Path(arguments[0]).read_bytes())
    answer: dict[str, list[Any]] = {"files": [], "results": [], "troubles": []}
    modules = list(_modules(job["rules"]))
    for name, text in modules:
        answer["troubles"] += [
            {"path": "", "why": f"{name}: {word} is not answered here: rules that need it find nothing"}
            for word in sorted({match[1] for match in _UNANSWERED.finditer(text)})
        ]
    asked = _Asked(modules)
    answer["troubles"] += [{"path": "", "why": why} for why in asked.broken]
    for path in job["files"]:
        _look(path, asked, answer)
    with os.fdopen(output, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    return 0


def _modules(places: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give the texts of rules; tests of rules are left out."""
    for place in map(Path, places):
        files = sorted(place.rglob("*.rego")) if place.is_dir() else [place]
        for file in files:
            if not file.name.endswith("_test.rego"):
                yield str(file.relative_to(place) if place.is_dir() else file.name), file.read_text("utf-8", "replace")


class _Asked:
    """The rules, loaded. A module that does not load is told, and the others go on."""

    def __init__(self, modules: Sequence[tuple[str, str]]) -> None:
        from regopy import Interpreter, RegoError

        self.broken: list[str] = []
        self._error = RegoError
        self._rego = Interpreter()
        self._packages: dict[str, None] = {}
        for name, text in modules:
            try:
                Interpreter().add_module(name, text)
                self._rego.add_module(name, text)
            except RegoError as error:
                self.broken.append(f"{name} is no Rego: {_first(error)}")
                continue
            found = _PACKAGE.search(text)
            if found:
                self._packages[found[1]] = None

    def ask(self, value: Any) -> Iterator[tuple[str, Any]]:
        """Give what the rules say of an input: the rule's name and what it gave.

        Raises:
            ValueError: a rule cannot be evaluated.
        """
        try:
            self._rego.set_input_term(term_of(value))
        except self._error as error:
            raise ValueError(f"the library cannot read it: {_first(error)}") from None
        for package in self._packages:
            try:
                output = answer_of(self._rego, f"data.{package}")
            except ValueError as error:
                raise ValueError(f"data.{package} cannot be evaluated: {_first(error)}") from None
            for rule, given in sorted(output.items()) if isinstance(output, dict) else ():
                if _RULES.fullmatch(rule):
                    yield from ((f"{package}.{rule}", item) for item in _items(given))


def _items(given: Any) -> Iterator[Any]:
    """Give the members of a set, which is a list, or a map to true; what is an object stands in a key as JSON."""
    if isinstance(given, list):
        yield from given
    elif isinstance(given, dict):
        for key, value in given.items():
            if value is True or not isinstance(value, bool):
                try:
                    yield json.loads(key) if key.startswith("{") else key
                except ValueError:
                    yield key
    elif isinstance(given, str):
        yield given
    elif given is True:
        yield "denied"


def _look(path: str, asked: _Asked, answer: dict[str, list[Any]]) -> None:
    """Ask the rules of one file."""
    try:
        text = Path(path).read_text("utf-8")
        given = (said for value in inputs_of(path, text) for said in asked.ask(value))
        for rule, item in islice(given, _MOST_RESULTS):
            answer["results"].append(_result(path, text, rule, item))
        if next(given, None) is not None:
            answer["troubles"].append({"path": path, "why": f"more than {_MOST_RESULTS:,} results"})
    except (NotParsed, ValueError, OSError, RecursionError, MemoryError) as error:
        answer["troubles"].append({"path": path, "why": " ".join(str(error).split())[:300] or type(error).__name__})
    else:
        answer["files"].append(path)


def _result(path: str, text: str, rule: str, given: Any) -> dict[str, Any]:
    details = given if isinstance(given, dict) else {}
    message = str(details.get("msg") or details.get("message") or (json.dumps(given) if details else given))
    inner = details.get("metadata") or details.get("details")
    level = str(details.get("severity") or (inner.get("severity") if isinstance(inner, dict) else "") or "")
    return {"path": path, "rule": rule, "message": message, "level": level, "line": line_of(message, details, text)}


def _first(error: Exception) -> str:
    """Give what an error says first."""
    found = re.search(r"errormsg \d+:([^)]*)", str(error))
    return (found[1] if found else str(error))[:160]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
