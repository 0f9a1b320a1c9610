"""Rules of others come in, and ours go out, as files of Project CodeGuard."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple

from clearance.facts.errors import BadPage, UsageError
from clearance.facts.text import visible
from clearance.instruct.scopes import scopes_of
from clearance.instruct.tokens import tokens
from clearance.rules.attribution import NAME as SOURCES
from clearance.rules.attribution import Attributed, attribute, read_sources, write_sources
from clearance.rules.codeguard import GUIDANCE, LANGUAGES, PREFIX, CodeGuardRule, read_codeguard, rule_of
from clearance.rules.codeguard_export import Export, export, read_export
from clearance.rules.model import Rule
from clearance.stores.pages import TEAM, pages_in
from clearance.stores.together import write_together
from clearance.wiring.furnish import open_catalogue
from clearance.wiring.interchange_suspects import refusals, suspects
from clearance.wiring.places import top

PLACE = f"{TEAM}/{GUIDANCE}"
"""The folder in which pages without a detector lie, from the top of the repository."""
ATTRIBUTION = "Rule pages of Clearance, Apache-2.0"
"""Who wrote our own pages."""
_LARGEST = 1_048_576
_MOST = 2_000
_ENTRIES = 50_000
_DEPTH = 16
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_SHOWN_LINES = 3


class Incoming(NamedTuple):
    """A file that was read: where it lay, its bytes, what it says, what becomes of it, and what a person should know."""

    shown: str
    data: bytes
    rule: CodeGuardRule
    action: Literal["new", "same", "replace"]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.rule.id}.md"

    @property
    def tokens(self) -> int:
        """Our estimate of what the whole file costs an assistant that reads it."""
        return tokens(self.rule.body)


class Import(NamedTuple):
    """All that an import would do: the files, one error for each that is none, and how many others were passed over."""

    files: tuple[Incoming, ...]
    errors: tuple[UsageError, ...]
    passed: int


def read_import(paths: Sequence[Path], directory: Path, *, to: Path, replace: bool = False, trust: bool = False) -> Import:
    """Read CodeGuard files: each of `paths` is one, or a folder that holds some at any depth. Nothing is written.

    A file that gives orders to assistants, hides text or holds dangerous commands is refused; `trust` says that a person
    read it. One that stands there already with the same bytes is told of only.
    """
    errors: list[UsageError] = []
    found, passed = _found(paths, errors)
    catalogue = open_catalogue(directory)
    ours = {rule.id: rule.page for rule in catalogue}
    checked = frozenset(rule.id for rule in catalogue if rule.has_detector)
    files: dict[str, Incoming] = {}
    for shown, path in found:
        try:
            data = _bytes(path, shown)
            text = data.decode("utf-8", "surrogateescape")
            rule = read_codeguard(text, path=shown)
            if rule.id in files:
                hint = "two sources hold files of one name: take one"
                raise BadPage(f"the name is taken by {files[rule.id].shown}", where=f"{shown}:1", next=hint)
            page = ours.get(rule.id, "")
            if page and page != f"{PLACE}/{rule.id}.md":
                raise BadPage(f"the id {rule.id!r} belongs to {page}", where=f"{shown}:1", next="give the file another name")
            action = _action(to / f"{rule.id}.md", data, shown, replace=replace)
            suspected = suspects(rule, text, catalogue)
            notes = (
                *(f"line {one.line} {one.what}" for one in suspected), *_notes(rule, data, shown), *_known(rule, checked)
            )  # fmt: skip
            if suspected and not trust and action != "same":
                errors.extend(refusals(suspected, shown))
                continue
        except UsageError as error:
            errors.append(error)
        else:
            files[rule.id] = Incoming(shown, data, rule, action, notes)
    if not found and not errors:
        hint = f"name files {PREFIX}<tier>-<topic>.md, or a folder that holds some"
        errors.append(UsageError("no CodeGuard file there", where=", ".join(_seen(path) for path in paths), next=hint))
    return Import(tuple(files[id] for id in sorted(files)), tuple(errors), passed)


def write_import(wanted: Import, directory: Path, *, to: Path, attribution: str = "") -> None:
    """Write the files of an import without errors below `to`, byte for byte, and who wrote them beside; all of it, or none.

    Raises:
        UsageError: it has errors, or something cannot be read or written.
    """
    if wanted.errors:
        raise wanted.errors[0]
    files = {one.name: one.data for one in wanted.files if one.action != "same"}
    if attribution:
        digests = {one.name: hashlib.sha256(one.data).hexdigest() for one in wanted.files}
        files[SOURCES] = write_sources(attribute(sources_in(to), attribution, digests)).encode()
    if files:
        write_together(to, files, below=_existing(to, top(directory)))


def made_export(directory: Path, ids: Sequence[str], *, by_rule: bool = False) -> Export:
    """Write all rules of a repository as CodeGuard files, or those with some ids; nothing reaches the disk.

    Raises:
        UsageError: no rule has an id.
    """
    catalogue = open_catalogue(directory)
    chosen: Sequence[Rule] = catalogue.rules
    if ids:
        unknown = next((id for id in ids if id not in catalogue), None)
        if unknown is not None:
            near = get_close_matches(unknown[:64], [rule.id for rule in catalogue], n=1)
            hint = f"did you mean {near[0]}?" if near else "clearance rules list names all"
            raise UsageError(f"no rule {visible(unknown[:80])!r}", next=hint)
        chosen = [catalogue[id] for id in dict.fromkeys(ids)]
    return export(chosen, codeguard_files(directory), by_rule=by_rule)


def write_export(made: Export, directory: Path, place: Path, *, replace: bool = False) -> None:
    """Write the files of an export into a folder, with who wrote them beside; all of it, or none.

    Raises:
        UsageError: a file of the same name differs and may not go, or something cannot be read or written.
    """
    files = {one.name: one.text.encode() for one in made.files}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    ours = {one.name: digests[one.name] for one in made.files if not one.imported}
    known = attribute((), ATTRIBUTION, ours) if ours else ()
    for source in sources_in(top(directory) / PLACE):
        kept = {name: digest for name, digest in source.files.items() if name in digests}
        known = attribute(known, source.attribution, kept) if kept else known
    files[SOURCES] = write_sources(known).encode()
    for name, data in files.items():
        _action(place / name, data, str(place / name), replace=replace or name == SOURCES)
    write_together(place, files, below=_existing(place, top(directory)))


def sources_in(folder: Path) -> tuple[Attributed, ...]:
    """Read who wrote the pages of a folder; nothing where nobody said.

    Raises:
        BadFile: the file that says so cannot be read.
    """
    path = folder / SOURCES
    if not path.is_symlink() and not path.exists():
        return ()
    return read_sources(_bytes(path, str(path)).decode("utf-8", "replace"), path=str(path))


def codeguard_files(directory: Path) -> dict[str, CodeGuardRule]:
    """Read the CodeGuard files among the team's pages: id to file. Those that cannot be read are left out; the catalogue
    names them."""
    found = {}
    for path, text in pages_in(top(directory) / TEAM, shown=TEAM).items():
        if path.startswith(f"{PLACE}/{PREFIX}"):
            try:
                file = read_codeguard(text, path=path)
            except BadPage:
                continue
            found[file.id] = file
    return found


def _existing(folder: Path, top_: Path) -> Path:
    """Give the folder below which no symlink is followed: the top of the repository, else the nearest one that exists."""
    if folder.is_relative_to(top_):
        return top_
    return next(one for one in folder.parents if one.is_dir())


def _found(paths: Sequence[Path], errors: list[UsageError]) -> tuple[list[tuple[str, Path]], int]:
    """Find the files to read, in the order of the paths and their names, and count the others."""
    found: dict[str, Path] = {}
    passed = 0
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            passed += _walk(path, found, errors)
        elif path.is_symlink():
            errors.append(UsageError("a symlink", where=_seen(path), next="name what it leads to"))
        elif not path.is_file():
            errors.append(UsageError("no such file or folder", where=_seen(path), next="check the path"))
        else:
            found[_seen(path)] = path
    if len(found) > _MOST:
        errors.append(UsageError(f"more than {_MOST:,} files", where=_seen(paths[0]), next="import a folder at a time"))
        return [], passed
    return list(found.items()), passed


def _walk(start: Path, found: dict[str, Path], errors: list[UsageError]) -> int:
    """Find CodeGuard's files below a folder; count the other Markdown files."""
    passed = entries = 0
    waiting = [(start, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            listed = sorted(folder.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            errors.append(UsageError(error.strerror or "cannot be listed", where=_seen(folder), next="check the folder"))
            continue
        entries += len(listed)
        if entries > _ENTRIES or depth > _DEPTH:
            errors.append(UsageError("too much to walk through", where=_seen(start), next="name the folder of the rules"))
            return passed
        folders = []
        for entry in listed:
            named = entry.name.startswith(PREFIX) and entry.name.endswith(".md")
            if entry.is_symlink():
                if named or entry.is_dir():
                    errors.append(UsageError("a symlink", where=_seen(entry), next="take it out, or name what it leads to"))
            elif entry.is_dir():
                if entry.name != ".git":
                    folders.append((entry, depth + 1))
            elif named:
                found[_seen(entry)] = entry
            else:
                passed += entry.name.endswith(".md")
        waiting.extend(reversed(folders))
    return passed


def _bytes(path: Path, shown: str) -> bytes:
    """Read a file, through no symlink.

    Raises:
        UsageError: it cannot be read, or is too large.
    """
    try:
        with os.fdopen(os.open(path, _READ), "rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=visible(shown), next="check the file") from None
    if len(data) > _LARGEST:
        raise BadPage("larger than 1 MiB", where=f"{visible(shown)}:1", next="one file holds one topic: split it")
    return data


def _action(target: Path, data: bytes, shown: str, *, replace: bool) -> Literal["new", "same", "replace"]:
    """Say what becomes of a file.

    Raises:
        UsageError: another one stands in its place, and nobody said that it may go.
    """
    if not target.exists() and not target.is_symlink():
        return "new"
    if _bytes(target, str(target)) == data:
        return "same"
    if not replace:
        raise UsageError(
            f"{target.name} stands there already and differs", where=visible(shown), next="--replace takes this one"
        )
    return "replace"


def _notes(rule: CodeGuardRule, data: bytes, shown: str) -> Iterable[str]:
    """Say what a person should know of a file that was taken."""
    if rule.unknown_tags:
        yield f"tags that CodeGuard's validator may refuse: {', '.join(map(visible, rule.unknown_tags))}"
    strange = [language for language in rule.languages if language not in LANGUAGES]
    if strange:
        yield f"languages that CodeGuard does not know: {', '.join(map(visible, strange))}"
    if not scopes_of(rule_of(rule, path=shown)):
        yield "no instructions are built for files of its languages; it is shown on demand"
    lines = [
        str(number)
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1)
        if visible(line, keep="\t") != line
    ]
    if lines:
        more = f" and {len(lines) - _SHOWN_LINES} more" if len(lines) > _SHOWN_LINES else ""
        yield f"hidden or control characters on line {', '.join(lines[:_SHOWN_LINES])}{more}: read it before you trust it"


def _known(rule: CodeGuardRule, checked: frozenset[str]) -> Iterable[str]:
    """Say where a file is an export of pages that are here themselves."""
    known = [said.id for said in read_export(rule.body) if said.id in checked]
    if known:
        yield f"says again what {len(known)} pages say that are here with their detectors, such as {known[0]}"


def _seen(path: Path) -> str:
    """Show a path, whatever bytes it holds."""
    return visible(os.fsencode(path).decode("utf-8", "backslashreplace"))
