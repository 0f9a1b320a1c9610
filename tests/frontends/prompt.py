"""A person at a prompt."""

from collections.abc import Callable

import pytest

from clearance.frontends.cli.main import run

Type = Callable[..., tuple[int, str, str]]
"""Types a command: exit code, standard output, standard error."""


class Prompt:
    """Types commands, each with what was said before forgotten."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = run(list(arguments))
        said = self._capsys.readouterr()
        return code, said.out, said.err
