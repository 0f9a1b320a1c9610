"""Looks at the text of one file in this process, without a decision and without a record."""

import os
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import msgspec

from clearance import pipeline
from clearance.act_pipeline import leaving_out
from clearance.collect.act import ActContents
from clearance.collect.memory import HeldContents, change_of, text_of
from clearance.collect.repository import find_repository, head_commit
from clearance.facts.change import Collected
from clearance.facts.errors import NotARepository
from clearance.facts.finding import Gap, GapKind
from clearance.scan.inline import look_inline
from clearance.scan.look import AnyFamily
from clearance.scan.runner import gap_order
from clearance.settings import Settings
from clearance.wiring.furnish import OF_ACTS, Furnish, builtin_furnish, for_prompts, furnish_around
from clearance.wiring.parts import furnish_for
from clearance.wiring.places import committed_at_once, committed_files, top
from clearance.wiring.serving.answers import Seen

_MOST_KEPT = 64
_MOST_KEPT_BYTES = 1 << 20
_PROMPT = "prompt.md"
_LIST_SECONDS = 5.0
_MOST_LISTS = 8


class Looking:
    """Families that are built once and look at text after text. Rules and settings are those that are committed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._held: dict[tuple[object, ...], AnyFamily] = {}
        self._lists: dict[Path, _Listed] = {}
        self._committed: OrderedDict[tuple[str, str, str], bytes | None] = OrderedDict()

    def warm(self, directory: str) -> None:
        """Build the families and let each look once, so that what they load lazily is there."""
        self.look(directory, "example.py", "import os\n\n\ndef f(x):\n    return os.path.join(x)\n", snippet=True)
        self.prompt(directory, "hello")

    def look(self, directory: str, path: str, text: str, *, snippet: bool = False, compare: bool = True) -> Seen:
        """Look at a text. What stands at `path` (from the top of the repository) in the commit that is checked out is no
        news; a `snippet` is all new and has nothing around it. Unless `compare`, nothing is told apart: that is faster, and
        what only a comparison shows is not sought.

        Raises:
            ClearanceError: used wrongly, or could not look.
        """
        here = top(Path(directory))
        settings, furnish = self._furnished(here)
        after = text.encode("utf-8", "surrogatepass")
        before = after if not compare else None if snippet else self._committed_text(here, path)
        collected = self._collected(here, path, before, after, snippet=snippet)
        seen = self._seen(path, collected, settings, furnish, furnish.names)
        if before == after and compare:
            known = tuple(msgspec.structs.replace(one, introduced=False) for one in seen.findings)
            seen = msgspec.structs.replace(seen, findings=known)
        return seen

    def prompt(self, directory: str, text: str) -> Seen:
        """Look at a text for a model or a person: for what must not be told, and what cannot be seen.

        Raises:
            ClearanceError: could not look.
        """
        here = top(Path(directory))
        settings, furnish = self._furnished(here)
        furnish = for_prompts(furnish, settings, here, self._environment)
        collected = text_of(_PROMPT, text.encode("utf-8", "surrogatepass"))
        return self._seen(_PROMPT, collected, settings, furnish, OF_ACTS["prompt"])

    def _furnished(self, here: Path) -> tuple[Settings, Furnish]:
        own = committed_at_once(here, self._environment) if here != Path(os.sep) else {}
        ahead = furnish_around(self._builtin, here, self._environment)
        base = partial(committed_files, here, self._environment)
        return furnish_for(ahead, own, base, around=(here, self._environment))

    def _seen(self, path: str, collected: Collected, settings: Settings, furnish: Furnish, names: Sequence[str]) -> Seen:
        rules = {rule.id: rule for rule in furnish.catalogue.rules}
        families = [self._family(furnish, name) for name in names]
        scanned = look_inline(collected, families, rules, settings.scan.seconds_per_file, leaving_out(settings.scan.exclude))
        broken = (Gap(scanner="rules", path="", kind=GapKind.UNPARSED, detail=str(one)) for one in furnish.catalogue.broken)
        fired = sorted({finding.rule for finding in scanned.findings})
        return Seen(
            path=path,
            findings=scanned.findings,
            gaps=tuple(sorted({*collected.gaps, *scanned.gaps, *broken}, key=gap_order)),
            rules=tuple(pipeline.info(rules[rule], settings.report.pages) for rule in fired),
        )

    @cached_property
    def _builtin(self) -> Furnish:
        return builtin_furnish(Path(os.sep), self._environment, sightings=False)

    def _family(self, furnish: Furnish, name: str) -> AnyFamily:
        key = furnish.rests_on(name)
        if key not in self._held:
            self._held[key] = furnish.one(name)
        return self._held[key]

    def _committed_text(self, here: Path, path: str) -> bytes | None:
        """Give a file of the commit that is checked out, or None; kept, because what a commit holds never changes."""
        try:
            repository = find_repository(here, self._environment)
        except NotARepository:
            return None
        commit = head_commit(repository)
        key = (str(repository.common_dir), commit or "", path)
        if commit is not None and key in self._committed:
            self._committed.move_to_end(key)
            return self._committed[key]
        found = committed_files(here, self._environment, path).get(path)
        if commit is not None and len(found or b"") <= _MOST_KEPT_BYTES:
            self._committed[key] = found
            while len(self._committed) > _MOST_KEPT:
                self._committed.popitem(last=False)
        return found

    def _collected(self, here: Path, path: str, before: bytes | None, after: bytes, *, snippet: bool) -> Collected:
        """Make the change that the text is: to what is committed, among the files of the working tree as they stand."""
        if before == after:
            collected = text_of(path, after)
            sides: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {path: after})
        else:
            sides = ({} if before is None else {path: before}, {path: after})
            collected = change_of(*sides)
        if snippet:
            return collected._replace(contents=HeldContents(*sides, sides[1], complete=False))
        return collected._replace(contents=_Around(here, *sides, self._listed(here)))

    def _listed(self, here: Path) -> "_Listed":
        """List the files around, on the first question for them; the list serves all questions of the next seconds."""
        kept = self._lists.get(here)
        if kept is None or time.monotonic() > kept.until:
            self._lists[here] = kept = _Listed(here)
            while len(self._lists) > _MOST_LISTS:
                self._lists.pop(next(iter(self._lists)))
        return kept


class _Listed:
    """The paths below a folder, listed once."""

    def __init__(self, here: Path) -> None:
        self._here = here
        self.until = time.monotonic() + _LIST_SECONDS

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths, sorted."""
        return tuple(ActContents(self._here, {}, {}).paths())


class _Around(ActContents):
    """A text among the files of the working tree, of which a list is shared."""

    def __init__(self, top: Path, before: Mapping[str, bytes], after: Mapping[str, bytes], listed: _Listed) -> None:
        super().__init__(top, before, after)
        self._shared = listed

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        return self._shared.paths
