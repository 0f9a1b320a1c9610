"""What other tools say about a change."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clearance.facts.change import Change, Contents
from clearance.facts.errors import BadFile

if TYPE_CHECKING:
    from clearance.scan.imported.opinion import Opinion

_PANEL_SECONDS = 900.0


class Second(NamedTuple):
    """Second opinions that a person asks for: tools to run (`bandit`, `semgrep=DIR`), and SARIF files of tools that ran."""

    tools: tuple[str, ...] = ()
    sarif: tuple[Path, ...] = ()


NO_SECOND = Second()


class Opinions:
    """What other tools say about a change. What a person wrote wrongly is refused before the work begins."""

    def __init__(self, second: Second, environment: Mapping[str, str]) -> None:
        self._logs: list[tuple[str, bytes]] = []
        self._panel: Any = None
        self._paths: tuple[str, ...] = ()
        if second.tools:
            from clearance.scan.imported.panel import Panel, read_asked

            self._panel = Panel(read_asked(second.tools, environment), environment, _PANEL_SECONDS)
        for path in second.sarif:
            try:
                self._logs.append((str(path), path.read_bytes()))
            except OSError as error:
                raise BadFile(error.strerror or "cannot be read", where=str(path), next="give a SARIF file") from None

    def ask(self, change: Change, contents: Contents) -> None:
        """Start the tools."""
        self._paths = tuple(file.path for file in change.files)
        if self._panel is not None:
            self._panel.begin(change.files, contents)

    def all(self) -> "list[Opinion]":
        """Read what there is, and wait for the rest."""
        found: list[Opinion] = []
        if self._logs:
            from clearance.scan.imported import sarif

            for where, data in self._logs:
                found += sarif.read(data, self._paths, where=where)
        return [*found, *self._panel.finish()] if self._panel is not None else found

    def close(self) -> None:
        """Leave no process behind."""
        if self._panel is not None:
            self._panel.end()
