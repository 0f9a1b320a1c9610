"""Plans and writes a team's first policies: profiles and templates of the package, what stands in the repository already."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from clearance.decide.synthesis import Draft, Piece, Profile, Template, draft, frameworks_named, read_profile, read_template
from clearance.decide.table import Failure, run
from clearance.facts.errors import BadSettings, UsageError
from clearance.install import disk
from clearance.settings import PLACE as SETTINGS
from clearance.settings import read_settings
from clearance.wiring.places import inside_git, text, top
from clearance.wiring.policies import policies_of, team_texts
from clearance.wiring.policy_files import Change, write_all

Fate = Literal["new", "replaced", "unchanged", "kept"]
"""What happens to a file. `kept`: another text stands there, and is left alone."""


class File(NamedTuple):
    """One file of a plan: its path from the top, what happens to it, what stands there (None: nothing), what is written."""

    path: str
    fate: Fate
    old: bytes | None
    new: bytes
    mode: int

    @property
    def written(self) -> bool:
        """Whether it is written at all."""
        return self.fate in ("new", "replaced")


class Differing(NamedTuple):
    """A key of the profile's settings that the standing ones hold otherwise; `stands` is None where they do not hold it."""

    key: str
    wanted: str
    stands: str | None


class Plan(NamedTuple):
    """What `policy init` would do. `files` holds policies and cases; `settings` the settings, which are never replaced.
    `others`: ids of policies of the team that are not of this draft. `failures`: cases that come out otherwise beside
    them."""

    top: Path
    in_git: bool
    draft: Draft
    files: tuple[File, ...]
    settings: File
    differing: tuple[Differing, ...]
    settings_problem: str
    others: tuple[str, ...]
    failures: tuple[Failure, ...]


def profile_names() -> tuple[str, ...]:
    """Name the profiles that come with the package, sorted."""
    return tuple(name for name, _ in _texts("profiles"))


def plan(directory: Path, profile: str, frameworks: Sequence[str], *, force: bool = False) -> Plan:
    """Plan policies, cases and settings for a profile in the repository that holds `directory`. `force`: files that hold
    another text are replaced, all but the settings.

    Raises:
        UsageError: no such directory, profile or framework.
        BadPolicy: a policy that stands there is none, so the whole could not be tested.
        BadFile, StoreError: a link or something else stands in the way, or nothing can be written there.
    """
    if not directory.is_dir():
        raise UsageError("no such folder", where=str(directory), next="name a folder, or leave -C out")
    place = top(directory)
    drafted = draft(read_profile_named(profile), templates(), frameworks_named(frameworks))
    standing = team_texts(place)
    files = [file for piece in drafted.pieces for file in _files(place, piece, force=force)]
    settings = _settings(place, drafted.profile)
    differing, problem = _compared(settings)
    written = {file.path: text(file.new) for file in files if file.path.endswith(".cedar") and file.fate != "kept"}
    policies = policies_of({**standing, **written})
    cases = {file.path for file in files if file.path.endswith(".toml") and file.fate != "kept"}
    rows = [row for piece in drafted.pieces if piece.cases_path in cases for row in _rows(piece)]
    drafts = {piece.path for piece in drafted.pieces}
    return Plan(
        top=place,
        in_git=inside_git(place),
        draft=drafted,
        files=tuple(files),
        settings=settings,
        differing=differing,
        settings_problem=problem,
        others=tuple(sorted(path.rsplit("/", 1)[-1].removesuffix(".cedar") for path in standing if path not in drafts)),
        failures=run(policies, rows),
    )


def write(planned: Plan) -> None:
    """Write all files of a plan, or none of them.

    Raises:
        UsageError: something else stands there by now.
        StoreError: one cannot be written.
    """
    wanted = [file for file in (*planned.files, planned.settings) if file.written]
    write_all(planned.top, {file.path: Change(file.old, file.new, file.mode) for file in wanted}, {})


def read_profile_named(name: str) -> Profile:
    """Read one of the package's profiles.

    Raises:
        UsageError: there is none of this name; the nearest is told.
    """
    found = dict(_texts("profiles"))
    if name not in found:
        import difflib

        near = difflib.get_close_matches(name[:64], found, n=1, cutoff=0)[0]
        raise UsageError(
            f"no profile {name[:64]!r}", where="--profile", next=f"did you mean {near}? There are: {', '.join(found)}"
        )
    return read_profile(found[name], name)


def templates() -> tuple[Template, ...]:
    """Read all templates of the package, by id."""
    return tuple(read_template(text, name) for name, text in _texts("profiles/templates"))


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    from importlib import resources

    place = resources.files("clearance.decide").joinpath(folder)
    for file in sorted(place.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), file.read_text(encoding="utf-8")


def _files(place: Path, piece: Piece, *, force: bool) -> Iterator[File]:
    """Plan a policy and its cases: where the policy is kept, so are its cases, because they say what that policy must
    say."""
    policy = _file(place, piece.path, piece.text, force=force)
    yield policy
    cases = _file(place, piece.cases_path, piece.cases, force=force)
    yield cases._replace(fate="kept") if policy.fate == "kept" else cases


def _file(place: Path, path: str, wanted: str, *, force: bool) -> File:
    stood = disk.stands(place, path)
    new = wanted.encode()
    fate: Fate = "replaced" if force else "kept"
    if stood.data is None:
        fate = "new"
    elif stood.data.replace(b"\r\n", b"\n") == new:
        fate = "unchanged"
    return File(path, fate, stood.data, new, stood.mode)


def _settings(place: Path, profile: Profile) -> File:
    return _file(place, SETTINGS, profile.settings.removeprefix("\n"), force=False)


def _compared(settings: File) -> tuple[tuple[Differing, ...], str]:
    """Say which keys of the profile the standing settings hold otherwise, or why they cannot be read."""
    if settings.fate != "kept" or settings.old is None:
        return (), ""
    try:
        standing = text(settings.old)
        read_settings(standing)
    except BadSettings as error:
        return (), str(error)
    wanted, stands = (_flat(tomllib.loads(one)) for one in (text(settings.new), standing.removeprefix("\ufeff")))
    return tuple(Differing(key, value, stands.get(key)) for key, value in wanted.items() if stands.get(key) != value), ""


def _flat(table: dict[str, Any]) -> dict[str, str]:
    """Give dotted keys with their values as they would be written; the tables of settings are three deep at most."""
    import json

    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [("", table)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}".removeprefix("."), inner) for key, inner in value.items()]
        else:
            found[name] = json.dumps(value, ensure_ascii=False, default=str)
    return dict(sorted(found.items()))


def _rows(piece: Piece) -> Sequence[Any]:
    from clearance.decide.table import read_table

    return read_table(piece.cases, piece.cases_path)
