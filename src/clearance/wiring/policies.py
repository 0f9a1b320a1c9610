"""Finds sets of policies: the built-in ones, those of a folder, those of a git revision; and the cases beside them."""

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.decide.policy_set import Policies
from clearance.decide.table import Row, read_table
from clearance.facts.errors import BadPolicy, ClearanceError, CollectError, NotARepository, UnknownRevision, UsageError
from clearance.wiring.places import TEAM_POLICIES, TEAM_REGO, top

BUILTIN = "builtin"
"""The word for the built-in policies alone."""
TESTS = f"{TEAM_POLICIES}/tests"
_MOST_BYTES = 64 * 1024
_MOST_ENTRIES = 10_000
_MOST_CASES = 1024 * 1024
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Named(NamedTuple):
    """A set of policies as a person named it, with the team's cases and its rules in Rego (by path) beside it."""

    name: str
    policies: Policies
    rows: tuple[Row, ...]
    rego: Mapping[str, str]


class Sources(NamedTuple):
    """Texts of a team by path: policies, cases, rules in Rego; and what could not be read."""

    policies: dict[str, str]
    cases: dict[str, str]
    rego: dict[str, str]
    unread: tuple[BadPolicy, ...]


def builtin_texts() -> dict[str, str]:
    """Read the built-in policies: path (`policies/<id>.cedar`) to text."""
    from importlib import resources

    folder = resources.files("clearance.decide").joinpath("policies")
    files = sorted(folder.iterdir(), key=lambda one: one.name)
    return {f"policies/{file.name}": file.read_text(encoding="utf-8") for file in files if file.name.endswith(".cedar")}


def schema_text() -> str:
    """Read the schema of the built-in policies."""
    from importlib import resources

    return resources.files("clearance.decide").joinpath("schema.cedarschema").read_text(encoding="utf-8")


def builtin_rows() -> tuple[Row, ...]:
    """Read the cases of the built-in policies."""
    from importlib import resources

    return read_table(resources.files("clearance.decide").joinpath("cases.toml").read_text("utf-8"), "cases.toml")


def policies_of(team: Mapping[str, str]) -> Policies:
    """Read the built-in policies and a team's.

    Raises:
        BadPolicy: one of them is none.
    """
    return Policies.load(builtin_texts(), team, schema_text())


def team_texts(place: Path) -> dict[str, str]:
    """Read the policies in `.clearance/policies` of a working tree.

    Raises:
        BadPolicy: one is a link, larger than 64 KiB, or cannot be read as UTF-8 text.
    """
    sources = sources_of(place)
    if sources.unread:
        raise sources.unread[0]
    return sources.policies


def sources_of(place: Path) -> Sources:
    """Read all policies and cases in `.clearance/policies` of a working tree, and say which could not be read. Links are not
    followed."""
    found = Sources({}, {}, {}, ())
    unread: list[BadPolicy] = []
    _read_folder(place, TEAM_POLICIES, (".cedar",), _MOST_BYTES, found.policies, unread)
    _read_folder(place, TESTS, (".toml", ".json"), _MOST_CASES, found.cases, unread)
    _read_folder(place, TEAM_REGO, (".rego",), _MOST_CASES, found.rego, unread)
    return found._replace(unread=tuple(unread))


def file_text(file: Path, name: str) -> str:
    """Read one file of a policy; `name` is how a person calls it.

    Raises:
        BadPolicy: it is a link, larger than 64 KiB, or cannot be read as UTF-8 text.
    """
    return _decoded(_bytes(file, name, _MOST_BYTES), name)


def named(name: str, directory: Path, environment: Mapping[str, str]) -> Named:
    """Find a set by what a person calls it: `builtin`, a folder (a working tree, or one that holds `*.cedar` itself), or a
    git revision of the repository that holds `directory`. A folder wins over a revision of the same name. A folder that
    holds a permit is a whole set of its own; the built-in policies do not count then.

    Raises:
        UsageError: it is none of these.
        BadPolicy: a policy or a case of it is none; `where` names the set, too.
    """
    if name == BUILTIN:
        return Named(name, policies_of({}), (), {})
    try:
        sources = _sources(name, directory, environment)
        return Named(name, _loaded(sources.policies), _rows(sources.cases), sources.rego)
    except BadPolicy as error:
        raise BadPolicy(error.what, where=f"{name}: {error.where}", next=error.next) from None


def _sources(name: str, directory: Path, environment: Mapping[str, str]) -> Sources:
    place = directory / name
    if name and place.is_dir():
        sources = _of_folder(place)
        if sources.unread:
            raise sources.unread[0]
        return sources
    if name and place.exists():
        raise UsageError("a file, not a folder", where=name, next="name a folder, a git revision, or `builtin`")
    return _of_revision(name, directory, environment)


def _of_folder(place: Path) -> Sources:
    if (place / ".clearance").exists():
        return sources_of(place)
    if not any(place.glob("*.cedar")):
        return sources_of(top(place))
    found = Sources({}, {}, {}, ())
    unread: list[BadPolicy] = []
    _read_folder(place, "", (".cedar",), _MOST_BYTES, found.policies, unread)
    _read_folder(place, "tests", (".toml", ".json"), _MOST_CASES, found.cases, unread)
    return found._replace(unread=tuple(unread))


def _of_revision(name: str, directory: Path, environment: Mapping[str, str]) -> Sources:
    from clearance.collect.git import read_base

    try:
        files = {
            path: data
            for folder in (TEAM_POLICIES, TEAM_REGO)
            for path, data in read_base(directory, name, folder, environment=environment).items()
        }
    except (NotARepository, UnknownRevision) as error:
        raise UsageError(
            "no folder, and no git revision",
            where=name[:200],
            next=f"name a folder, a revision, or `builtin` ({error.what})",
        ) from None
    except CollectError as error:
        raise UsageError(error.what, where=f"{name}: {error.where}".removesuffix(": "), next=error.next) from None
    found = Sources({}, {}, {}, ())
    for path, data in sorted(files.items()):
        folder, _, file = path.rpartition("/")
        if folder == TEAM_POLICIES and file.endswith(".cedar"):
            found.policies[path] = _decoded(data, path)
        elif folder == TESTS and file.endswith((".toml", ".json")):
            found.cases[path] = _decoded(data, path)
        elif folder == TEAM_REGO and file.endswith(".rego"):
            found.rego[path] = _decoded(data, path)
    return found


def _loaded(texts: Mapping[str, str]) -> Policies:
    schema = schema_text()
    if any("permit" in text and _is_permit(text, path) for path, text in texts.items()):
        return Policies.load(texts, {}, schema)
    return Policies.load(builtin_texts(), texts, schema)


def _is_permit(text: str, path: str) -> bool:
    from clearance.decide.policy import read_policy
    from clearance.facts.decision import Verdict

    try:
        return read_policy(text, path, team=False).verdict is Verdict.ALLOW
    except ClearanceError:
        return False


def _rows(cases: Mapping[str, str]) -> tuple[Row, ...]:
    return tuple(row for path, text in cases.items() for row in read_table(text, path))


def _read_folder(
    place: Path, folder: str, endings: tuple[str, ...], most: int, found: dict[str, str], unread: list[BadPolicy]
) -> None:
    """Read the files of one folder into `found`, by path; every step of the way that is a link is told and not followed."""
    step = place
    for part in folder.split("/") if folder else ():
        step /= part
        if step.is_symlink():
            unread.append(BadPolicy("a link, which is not followed", where=folder, next="put the folder itself there"))
            return
    try:
        names = sorted(entry.name for entry in step.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        unread.append(BadPolicy(error.strerror or "cannot be listed", where=folder, next="make it a folder you can read"))
        return
    for name in names:
        lost = None if name.endswith(endings) else _passed_over(step / name, endings, most=_MOST_ENTRIES if folder else 0)
        if lost is not None:
            path = _shown(f"{folder}/{name}{lost}".removeprefix("/"))
            hint = f"files lie right in {folder or 'the folder'}, and end in {' or '.join(endings)} in lower-case letters"
            unread.append(BadPolicy("it would be passed over", where=path, next=hint))
        if name.endswith(endings):
            path = _shown(f"{folder}/{name}".removeprefix("/"))
            try:
                found[path] = _decoded(_bytes(step / name, path, most), path)
            except BadPolicy as error:
                unread.append(error)


def _passed_over(start: Path, endings: tuple[str, ...], *, most: int) -> str | None:
    """Find what is read only where it lies right in the folder above, by its ending in letters of any case: the rest of its
    path behind `start`, empty for `start` itself; None where there is none. A folder of which not all can be seen (a link,
    no right to list it, more than `most` entries) counts as one that holds some. With `most` 0, a folder that is not ours,
    only what lies right in it is looked at, and its `tests` are left alone."""
    if start.name.lower().endswith(endings):
        return ""
    if not most and (start.is_symlink() or start.name == "tests"):
        return None
    waiting = [(start, "")]
    seen = 0
    while waiting:
        folder, behind = waiting.pop()
        if not folder.is_dir():
            continue
        if folder.is_symlink():
            return behind
        try:
            names = sorted(entry.name for entry in folder.iterdir())
        except OSError:
            return behind
        for name in names:
            if name.lower().endswith(endings):
                return f"{behind}/{name}"
        seen += len(names)
        if most and seen > most:
            return behind
        if most:
            waiting.extend((folder / name, f"{behind}/{name}") for name in names)
    return None


def _shown(path: str) -> str:
    """Write bytes of a name that are not UTF-8 as `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _bytes(file: Path, path: str, most: int) -> bytes:
    try:
        with open(file, "rb", opener=_regular) as opened:
            data = opened.read(most + 1)
    except OSError as error:
        what = "a link, which is not followed" if file.is_symlink() else error.strerror or "cannot be read"
        raise BadPolicy(what, where=path, next="make it a file that you can read") from None
    if len(data) > most:
        raise BadPolicy(f"larger than {most // 1024} KiB", where=f"{path}:1", next="a policy is a few lines; split cases")
    return data


def _regular(name: str, _: int) -> int:
    """Open a plain file and nothing else, for reading: a pipe would read as an empty policy."""
    found = os.open(name, _READ)
    if stat.S_ISREG(os.fstat(found).st_mode):
        return found
    os.close(found)
    raise OSError(errno.EINVAL, "not a plain file")


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadPolicy("not UTF-8", where=f"{path}:{line}", next="save it as UTF-8") from None


def top_of(directory: Path) -> Path:
    """Give the top of the working tree around a folder, or the folder itself.

    Raises:
        UsageError: there is no such folder.
    """
    if not directory.is_dir():
        raise UsageError("no such folder", where=str(directory), next="name a folder, or leave -C out")
    return top(directory)
