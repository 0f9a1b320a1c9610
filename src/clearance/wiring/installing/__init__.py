"""`clearance init` and `uninstall`: looks at a repository and its assistants, plans, and writes what a person agreed to."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from clearance.assistants.model import Assistant, assistant
from clearance.facts.errors import ClearanceError
from clearance.install import disk
from clearance.install.disk import Stood
from clearance.install.manifest import PLACE as MANIFEST
from clearance.install.manifest import Held
from clearance.install.plan import Change, Key, Plan, Refusal, Want, plan_install, plan_removal
from clearance.wiring.installing.books import Books
from clearance.wiring.installing.desired import PARTS, Chosen, wants
from clearance.wiring.installing.inventory import Guard, inventory
from clearance.wiring.installing.surroundings import Around, look_around

__all__ = ["PARTS", "Applied", "Draft", "Guard", "apply", "inventory", "plan_init", "plan_uninstall"]


class Draft(NamedTuple):
    """A plan with what it was made from: the surroundings, the assistants it is for, and what a person should know."""

    around: Around
    plan: Plan
    assistants: tuple[Assistant, ...]
    notes: tuple[str, ...]
    removal: bool = False
    stale: bool = False
    """Nothing that the record names is there any more: the record alone is left."""


class Applied(NamedTuple):
    """What was done: the changes that were written, those that could not be."""

    done: tuple[Change, ...]
    failed: tuple[Refusal, ...]


def plan_init(
    directory: Path,
    environment: Mapping[str, str],
    *,
    names: Sequence[str] = (),
    everything: bool = False,
    without: Sequence[str] = (),
    user: bool = False,
) -> Draft:
    """Plan what `clearance init` would write. `names` chooses assistants; else those in use, or with `everything` all.

    Raises:
        clearance.facts.errors.ClearanceError: no repository, or no assistant of that name.
    """
    chosen_names = tuple(assistant(name) for name in dict.fromkeys(names))
    around = look_around(directory, environment)
    if everything:
        from clearance.assistants.model import assistants

        chosen_names = assistants()
    chosen = Chosen(chosen_names or tuple(one.assistant for one in around.seen), tuple(without), user)
    wanted, notes = wants(around, chosen, environment)
    books = Books(around, environment)
    stood, wanted = _stood(around, wanted)
    plan = plan_install(wanted, stood, books.held())
    return Draft(around, plan, chosen.assistants, (*books.problems, *notes))


def plan_uninstall(directory: Path, environment: Mapping[str, str], *, user: bool = False) -> Draft:
    """Plan what `clearance uninstall` would take away: what the manifests name, and whatever else is ours by its marks,
    seals and command lines. The home is left alone unless `user`.

    Raises:
        clearance.facts.errors.ClearanceError: no repository.
    """
    from clearance.wiring.installing.traces import traces

    around = look_around(directory, environment, writing=False)
    books = Books(around, environment)
    stood, wanted = _stood(around, traces(around, environment, books, user=user))
    notes = list(books.problems)
    if books.manifests["home"].files and not user:
        notes.append("hooks in your home stay: `clearance uninstall --user` removes them")
    plan = plan_removal(wanted, stood, books.held())
    named = any(books.manifests[book].files for book in ("team", "machine", *(["home"] if user else [])))
    return Draft(around, plan, (), tuple(notes), removal=True, stale=plan.nothing and not plan.refused and named)


def apply(draft: Draft, environment: Mapping[str, str], *, skip: Collection[Key] = ()) -> Applied:
    """Write a plan but for the files in `skip`. The manifest is written first: a run that is killed is mended by the
    next one.

    Raises:
        clearance.facts.errors.ClearanceError: another run is at work, or the manifest cannot be written.
    """
    around = draft.around
    wanted = [change for change in draft.plan.changes if (change.root, change.path) not in skip]
    with disk.locked(around.top):
        books = Books(around, environment)
        for root in {change.root for change in wanted}:
            disk.sweep(around.folder(root), [change.path for change in wanted if change.root == root] + [MANIFEST])
        books.sweep()
        before = books.held()
        known = bool(books.manifests["team"].files)
        recorded = {book: manifest.folders for book, manifest in books.manifests.items()}
        made = {} if draft.removal else _folders(around, wanted)
        if not draft.removal:
            books.update({(one.root, one.path): (one.held, one.local) for one in wanted}, made)
            books.save()
        done, failed = _write(around, wanted)
        failures = {(one.root, one.path) for one in failed}
        books.update(
            {
                (one.root, one.path): (
                    before.get((one.root, one.path)) if (one.root, one.path) in failures else one.held,
                    one.local,
                )
                for one in wanted
            },
            {},
        )
        if draft.removal:
            _forget_all(books, draft, failures, skip)
        books.save()
        if draft.removal:
            _remove_folders(around, done, recorded, known=known)
    return Applied(tuple(done), tuple(failed))


def _stood(around: Around, wanted: Sequence[Want]) -> tuple[dict[Key, Stood | ClearanceError], list[Want]]:
    """Read what stands at each place; paths are given as they really are, with links followed."""
    stood: dict[Key, Stood | ClearanceError] = {}
    real: list[Want] = []
    for want in wanted:
        path = want.path
        try:
            folder = around.folder(want.root)
            path = disk.resolved(folder, want.path)
            if (want.root, path) not in stood:
                stood[want.root, path] = disk.stands(folder, path)
        except ClearanceError as error:
            stood[want.root, path] = error
        real.append(want._replace(path=path))
    return stood, real


def _folders(around: Around, changes: Sequence[Change]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for change in changes:
        if change.old is None and change.new is not None:
            names = made.setdefault(change.root, [])
            names += [one for one in disk.missing_folders(around.folder(change.root), change.path) if one not in names]
    if changes and not (around.top / ".clearance").exists():
        names = made.setdefault("repository", [])
        names += [] if ".clearance" in names else [".clearance"]
    return made


def _write(around: Around, changes: Sequence[Change]) -> tuple[list[Change], list[Refusal]]:
    done: list[Change] = []
    failed: list[Refusal] = []
    for change in changes:
        if change.quiet:
            continue
        try:
            folder = around.folder(change.root)
            if change.new is not None:
                disk.replace(folder, change.path, change.old, change.new, change.mode)
            elif change.old is not None:
                disk.remove(folder, change.path, change.old)
        except ClearanceError as error:
            failed.append(Refusal(change.root, change.path, ", ".join(name for name, _ in change.pieces), error))
        else:
            done.append(change)
    return done, failed


def _forget_all(books: Books, draft: Draft, failures: Collection[Key], skip: Collection[Key]) -> None:
    """Take the records away of all that is not there any more; what failed, was refused or skipped stays recorded."""
    staying = {*failures, *skip, *((one.root, one.path) for one in draft.plan.refused)}
    gone: dict[Key, tuple[Held | None, bool]] = {}
    for book, manifest in books.manifests.items():
        if book == "home" and not any(one.root == "home" for one in draft.plan.changes):
            continue
        from clearance.wiring.installing.books import key_of

        gone |= {
            key_of(book, held): (None, book == "machine") for held in manifest.files if key_of(book, held) not in staying
        }
    books.update(gone, {})


def _remove_folders(around: Around, done: Sequence[Change], recorded: Mapping[str, tuple[str, ...]], *, known: bool) -> None:
    """Take away the folders that were made for us, where they are empty now; without a manifest, those above removed
    files."""
    for book, root in (("team", "repository"), ("machine", "git"), ("home", "home")):
        names = [name.removeprefix(".git/") if root == "git" else name for name in recorded[book]]
        if root == "repository":
            names.append(".clearance")  # a run that was killed may have made it before it could say so
            above = [str(one) for change in done if change.new is None for one in PurePosixPath(change.path).parents]
            names += [] if known else above
        for name in sorted({one for one in names if one != "."}, key=lambda one: one.count("/"), reverse=True):
            disk.remove_folder(around.folder(root), name)
