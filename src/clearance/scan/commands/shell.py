"""The state of one shell while a text is gone through: variables, the folder, where it runs."""

from clearance.scan.commands.expand import Scope
from clearance.scan.commands.field import HOME, located
from clearance.scan.commands.run import Run


class Shell:
    """The state of one shell: variables, folder, where it runs."""

    def __init__(self) -> None:
        self.scope = Scope()
        self.directory: str | None = ""
        self.previous: str | None = None
        self.via: tuple[str, ...] = ()
        self.host = ""
        self.depth = 0
        self.feeding: tuple[Run, ...] = ()
        self.stdin: str | None = None

    def sub(self) -> "Shell":
        """Give a shell that starts where this one is and changes nothing of it."""
        other = Shell()
        other.scope = self.scope.copy()
        other.directory, other.via, other.host, other.depth = self.directory, self.via, self.host, self.depth
        other.previous = self.previous
        other.feeding, other.stdin = self.feeding, self.stdin
        return other


def within(directory: str | None, target: str) -> str | None:
    """Give the folder that `target` names from another one; None where that is not known."""
    if directory is None and not target.startswith(("/", HOME)):
        return None
    path = located(directory, target)
    return "" if path == "." else path
