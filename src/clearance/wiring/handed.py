"""What the tools of MCP servers are handed: a command to run, or a guard to change, is judged as if it were the assistant's
own."""

import json
import os
import re
import shlex
from pathlib import Path

import msgspec

from clearance.facts.act import Act, Write
from clearance.scan.tampering.guarded_paths import guarded_by

_COMMANDS = frozenset(
    {"command", "cmd", "commandline", "command_line", "shell_command", "shellcommand", "bash", "shell", "script"}
)
_CHANGES = frozenset(
    {
        "write", "delete", "remove", "edit", "create", "move", "rename", "put", "update", "append", "insert", "patch",
        "replace", "copy", "save", "set", "upload", "unlink", "truncate", "mkdir", "chmod", "rm", "modify", "change",
        "apply", "store", "sync", "export", "download", "dump", "out",
    }
)  # fmt: skip
_READS = frozenset(
    {
        "read", "get", "list", "search", "view", "stat", "info", "show", "find", "grep", "fetch", "query", "describe",
        "cat", "tree", "explain", "check", "rules", "diff", "log", "blame", "open",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUNS = re.compile(r"repl\Z|eval|exec|run", re.IGNORECASE)
_CODE = frozenset({"code", "source", "javascript", "python", "expression", "snippet"})
_ARGUMENTS = frozenset({"args", "arguments", "argv"})
_RUN = "\0run"
_LONGEST = 4_096
_LONGEST_SQL = 100_000
_MOST = 5_000


_SQL_KEYS = frozenset({"sql", "statement", "statements", "stmt", "ddl", "sql_query", "sqlquery", "migration"})
_QUERY_KEYS = frozenset({"query", "queries", "q", "text", "body"})
_DATABASES = frozenset(
    {
        "sql", "db", "database", "postgres", "postgresql", "pg", "mysql", "mariadb", "sqlite", "duckdb", "bigquery",
        "snowflake", "supabase", "neon", "clickhouse", "redshift", "mssql", "oracle", "turso", "cockroach",
    }
)  # fmt: skip
_STATEMENT = re.compile(
    r"(?:\A|;)(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/)){0,2000}\*/)*(?:drop|truncate|delete|update|with|alter)\b",
    re.IGNORECASE,
)
"""A statement of SQL that may take something away."""
_NO_PUSH = frozenset(
    {"notification", "notifications", "message", "messages", "metric", "metrics", "event", "events", "subscription", "queue"}
)
_SENDS = (
    ({"push"}, "git push"),
    ({"merge", "pull"}, "gh pr merge"),
    ({"merge", "pr"}, "gh pr merge"),
    ({"merge", "mr"}, "glab mr merge"),
    ({"merge", "request", "accept"}, "glab mr merge"),
    ({"create", "pull"}, "gh pr create"),
    ({"create", "pr"}, "gh pr create"),
    ({"create", "merge", "request"}, "glab mr create"),
    ({"create", "release"}, "gh release create v"),
    ({"create", "update", "file"}, "gh api -X PUT repos/x/y/contents/z"),
    ({"delete", "file", "repo"}, "gh api -X DELETE repos/x/y/contents/z"),
)
"""By words of a tool's name, the command that does the same. The first that fits counts."""
_READS_ONLY = frozenset({"get", "list", "search", "read", "show", "status", "view", "describe", "check", "diff"})


def sent_by(tool: str) -> tuple[str, ...]:
    """Give the command that would do what a tool of a server does by its name, where that is seen by others: a push, a
    merge, a release. Empty: none.

    >>> sent_by("mcp__github__push_files")
    ('git push',)
    """
    verb = re.split(r"__|[./]", tool)[-1]
    words = {word.casefold() for word in _WORD.findall(verb)}
    if words & (_READS_ONLY | _NO_PUSH):
        return ()
    return next(((command,) for those, command in _SENDS if those <= words), ())


def _statements(tool: str, found: list[tuple[str, str]]) -> list[str]:
    """Give what a tool is handed as SQL that may take something away, as a command that runs it."""
    words = {word.casefold() for word in _WORD.findall(tool)}
    about = bool(words & _DATABASES)
    keys = _SQL_KEYS | _QUERY_KEYS if about else _SQL_KEYS
    texts = [text for key, text in found if key.casefold() in keys and _STATEMENT.search(text[:_LONGEST_SQL])]
    return [f"psql -c {shlex.quote(text)}" for text in texts]


def as_own(act: Act) -> Act:
    """Give the act with what its tool is handed spelled out: the command for a shell, the guards that it would change."""
    if not act.arguments or act.command or act.writes:
        return act
    try:
        given = json.loads(act.arguments)
    except (ValueError, RecursionError):
        return act
    found: list[tuple[str, str]] = []
    whole = _texts(given, found)
    command = "\n".join(text for key, text in found if key == _RUN and text.strip())
    verb = re.split(r"__|[./]", act.tool)[-1]
    if not command and _RUNS.search(verb):
        code = next((text for key, text in found if key.casefold() in _CODE and text.strip()), "")
        command = f"node -e {shlex.quote(code)}" if code else ""
    meant = (*_statements(act.tool, found), *sent_by(act.tool))
    command = "\n".join((*([command] if command else []), *meant))
    words = {word.casefold() for word in _WORD.findall(verb)}
    changes = bool(words & _CHANGES) or not words & _READS
    paths = dict.fromkeys(text for _, text in found if changes and _is_path(text) and _guards(text, act.directory))
    unread = act.unread if whole else f"more than {_MOST} values"
    if not command and not paths and not unread:
        return act
    # What would stand in a guard afterwards is not known, and does not matter.
    writes = tuple(Write(path=path, text="changed by a tool\n") for path in paths)
    return msgspec.structs.replace(act, command=command, writes=writes, unread=unread)


def _guards(text: str, directory: str) -> bool:
    """Whether a path leads to a guard, as it is written, without its detours, or through links."""
    place = Path(directory, Path(text).expanduser())
    return any(guarded_by(one) for one in (text, os.path.normpath(text), os.path.normpath(place), os.path.realpath(place)))


def _is_path(text: str) -> bool:
    return 0 < len(text) < _LONGEST and "\n" not in text and "\0" not in text


def _texts(given: object, found: list[tuple[str, str]]) -> bool:
    """Collect each text of a JSON value with the name under which it stands, in its order; commands, with their arguments
    beside them, under the name `_RUN`. False where there is more than is read."""
    waiting: list[tuple[str, object]] = [("", given)]
    left = _MOST
    while waiting and left:
        left -= 1
        key, value = waiting.pop()
        runs = key.casefold() in _COMMANDS
        if isinstance(value, str):
            found.append((_RUN if runs else key, value))
        elif isinstance(value, dict):
            beside = next((value[name] for name in value if name.casefold() in _ARGUMENTS), None)
            for name, each in reversed(value.items()):
                words = _words(beside)
                if isinstance(each, str) and words and name.casefold() in _COMMANDS:
                    waiting.append((name, f"{each} {shlex.join(words)}"))
                waiting.append((name, each))
        elif isinstance(value, list):
            words = _words(value)
            if runs and words:
                found.append((_RUN, words[0] if len(words) == 1 else shlex.join(words)))
            waiting.extend(("" if runs and words else key, each) for each in reversed(value))
    return not waiting


def _words(value: object) -> list[str]:
    return value if isinstance(value, list) and all(isinstance(each, str) for each in value) else []
