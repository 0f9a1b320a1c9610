"""The pieces that shells are written in: POSIX shells, recipes of make, Dockerfiles, PowerShell, batch files."""

import re
from functools import cached_property

_SPECIAL = r"\s'\"`$;&|()<>\#{}"
_TEMPLATE = (
    r"\$?\{\{(?P<name>[^{}\n]{0,200})\}\}|\{%[^{}\n]{0,200}%\}|<%[^<>\n]{0,200}%>|"
    r"(?<![^\s\"'=@/])<\w[^<>\n]{0,80}(?<=[\w.…])>"
)
_LINE = r"\r?\n|\r"
_POSIX_REDIRECT = r"&>>?|\d*(?:<<<|<<-?|>>|>\||>&|<&|<>|[<>](?!\())"
_POSIX_VARIABLE = r"\$\{(?P<braced>[^{}\n]{0,200})\}|\$(?P<var>\w+|[@*\#?!$-])|\$\{"
_MAKE_VARIABLE = (
    r"\$\((?P<make>[^()$\n]{0,200})\)|\$\{(?P<braced>[^{}\n]{0,200})\}|\$\$\{?(?P<var>\w+)\}?|\$(?P<auto>[@<^+?*%|\w])"
)


class Dialect:
    """How one kind of script is cut into pieces: regular expressions whose named group says which piece was found.

    `escape` is the character that takes the meaning of the next one, and that continues a line at its end.
    """

    def __init__(
        self, escape: str, variable: str, *, redirect: str, comment: str, single: bool = True, substitution: str = r"\$\("
    ) -> None:
        self.escape = escape
        self._variable = variable
        self._redirect = redirect
        self._comment = comment
        self._single = single
        self._substitution = substitution
        self.is_posix = escape == "\\"
        self.is_batch = escape == "^"
        self.is_make = variable is _MAKE_VARIABLE
        self.is_windows = escape == "`"

    def _continued(self) -> str:
        return rf"{re.escape(self.escape)}[ \t]*\r?\n"

    def _own(self) -> str:
        """Characters that mean something in this dialect only."""
        return r"\\" if self.is_posix else "\\^%!" if self.is_batch else "@%"

    @cached_property
    def outside(self) -> re.Pattern[str]:
        """Takes one piece that stands outside of double quotes."""
        pieces = {
            "comment": self._comment,
            "text": rf"[^{_SPECIAL}{self._own()}]+",
            "space": r"[ \t\f\v\u00a0]+",
            "cont": self._continued(),
            "line": _LINE,
            "template": _TEMPLATE,
            "single": r"\$?'[^']*'" if self._single else r"(?!)",
            "double": '[$@]?"',
            "variable": self._variable,
            "process": r"[<>]\(" if self.is_posix else r"(?!)",
            "substitution": self._substitution,
            "escaped": rf"{re.escape(self.escape)}.",
            "redirect": self._redirect,
            "operator": r"&&|\|\||;;&?|;&|\|&|[;|&{}]" if self.is_windows else r"&&|\|\||;;&?|;&|\|&|[;|&]",
            "open": r"@?\(",
            "close": r"\)",
            "tick": "`" if self.is_posix else r"(?!)",
        }
        return re.compile("|".join(f"(?P<{name}>{piece})" for name, piece in pieces.items()) + "|(?P<other>.)", re.DOTALL)

    @cached_property
    def inside(self) -> re.Pattern[str]:
        """Takes one piece that stands inside double quotes."""
        sign = re.escape(self.escape)
        pieces = {
            "text": rf"[^\"`$\r\n{{}}{self._own()}]+",
            "cont": self._continued(),
            "line": _LINE,
            "template": _TEMPLATE,
            "variable": self._variable,
            "substitution": self._substitution,
            "escaped": r"(?!)" if self.is_batch else rf'{sign}["{sign}$`]',
            "tick": "`" if self.is_posix else r"(?!)",
            "double": '"',
        }
        return re.compile("|".join(f"(?P<{name}>{piece})" for name, piece in pieces.items()) + "|(?P<other>.)", re.DOTALL)


class _Docker(Dialect):
    def _continued(self) -> str:
        # Comment lines and empty lines inside an instruction are taken out before the shell sees it.
        return rf"{re.escape(self.escape)}[ \t]*\r?\n(?:[ \t]*+(?:\#[^\n]*+)?\r?\n)*+"


_NO_BLOCK = r"\#[^\n]*"
POSIX = Dialect("\\", _POSIX_VARIABLE, redirect=_POSIX_REDIRECT, comment=_NO_BLOCK)
DOCKER = _Docker("\\", _POSIX_VARIABLE, redirect=_POSIX_REDIRECT, comment=_NO_BLOCK)
MAKE = Dialect("\\", _MAKE_VARIABLE, redirect=_POSIX_REDIRECT, comment=_NO_BLOCK, substitution=r"\$\$\(|\$\(")
POWERSHELL = Dialect(
    "`",
    r"\$\{(?P<braced>[^{}\n]{0,200})\}|\$(?:\w+:)?(?P<var>\w+|[?$^])",
    redirect=r"[\d*]?(?:>>|>&|[<>])",
    comment=r"<\#(?:[^\#]|\#(?!>))*+(?:\#>)?|\#[^\n]*",
)
BATCH = Dialect(
    "^",
    r"%%?~?(?P<var>[A-Za-z_]\w*)(?::[^%\n]{0,80})?%?|!(?P<late>\w+)!|%\d|%\*",
    redirect=r"\d?(?:>>|>&|[<>])",
    comment=r"(?:(?<![^\r\n])[ \t]*+)(?:::|@?(?i:rem)[ \t])[^\n]*",
    single=False,
    substitution=r"(?!)",
)
WINDOWS_DOCKER = _Docker(
    "`",
    r"\$\{(?P<braced>[^{}\n]{0,200})\}|\$(?:\w+:)?(?P<var>\w+|[?$^])|%(?P<late>\w+)%",
    redirect=r"[\d*]?(?:>>|>&|[<>])",
    comment=_NO_BLOCK,
)
