"""Tells the story of lines: git says which commit brought them, the log says the rest."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clearance.collect.blame import Blamed, Brought, blamed
from clearance.facts.errors import UsageError
from clearance.facts.fact import Fact
from clearance.facts.moment import rfc3339
from clearance.facts.story import Brought as BroughtFact
from clearance.facts.story import Fitting, Other, Part, Rest, Story
from clearance.facts.trace import Origin
from clearance.record.reading import Reading
from clearance.wiring.asked_log import HERE, Asked, open_asked, trusted_files
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_known import Holding, known_for, settled_for
from clearance.wiring.tracing_notes import held_salt
from clearance.wiring.tracing_told import Telling, checked, merged, rest_of, reviewed, write_proofs

_MOST_LINES = 20_000
NO_LOG = "there is no log yet"
NOT_SETTLED = "nothing was settled for this version of the file, and no record fits the line"


def story(
    directory: Path,
    environment: Mapping[str, str],
    path: str,
    lines: tuple[int, int] | None,
    revision: str,
    asked: Asked = HERE,
) -> tuple[Story, Reading]:
    """Tell the story of lines of a file (all of them, if none are named), and give the log that was asked.

    Raises:
        NotARepository, UnknownRevision, CollectError: git does not know the file or the revision.
        UsageError: the file has no such lines.
        StoreError, BadSignature: the log cannot be read, or an entry is not as it was signed.
    """
    log = open_asked(directory, asked)
    with blamed(directory, path, revision, environment) as found:
        text = found.lines()
        first, last = _ends(lines, len(text), path)
        brought = found.brought(first, last) if text else {}
        with TrailOf(log, environment) as trail:
            size = log.size()
            held = settled_for(trail, found.path, found.blob)
            origins = _held(held, len(text)) if held else _live(trail, found, text, (directory, environment))
            told = _Telling(trail, found, held)
            parts = tuple(told.parts(first, text, brought, origins))
            missing = 0 if held else trail.missing(ATTRIBUTION_TYPE)
        return (
            Story(
                path=found.path,
                revision=revision,
                commit=found.commit.oid,
                blob=found.blob,
                first=first,
                last=last,
                parts=parts,
                log=log.place,
                entries=size,
                missing=missing,
            ),
            log,
        )


def _ends(lines: tuple[int, int] | None, count: int, path: str) -> tuple[int, int]:
    if lines is None:
        if count > _MOST_LINES:
            raise UsageError(f"{count} lines are too many for one story", where=path, next=f"name some: {path}:1-100")
        return min(1, count), count
    first, last = lines
    if not 1 <= first <= last <= count:
        what = f"it has lines 1 to {count}" if count else "it has no lines"
        typed = str(first) if first == last else f"{first}-{last}"
        raise UsageError(
            what,
            where=f"{path}:{typed}",
            next="name the earlier line first" if last < first <= count else "name lines that are there",
        )
    return first, last


def _held(held: Holding, count: int) -> list[Origin]:
    """Give the origin of each line as it holds."""
    never = Origin(kind="unknown", why=NOT_SETTLED)
    return [held.lines.line(number) or never for number in range(count)]


def _live(trail: Trail, found: Blamed, text: Sequence[str], around: tuple[Path, Mapping[str, str]]) -> list[Origin]:
    """Lay the records against a version of a file that was never settled; what does not fit is unknown."""
    from clearance.trace.file import Pair
    from clearance.trace.settle import settle

    if not trail.indexes("k", GENERATION_TYPE, 1):
        return [Origin(kind="unknown", why=NOT_SETTLED)] * len(text)
    pair = Pair(found.path, "", found.blob, "", new=text, added=((1, len(text)),) if text else ())
    known = known_for(trail, [pair], held_salt(*around))
    settled = settle(("", ""), [pair], known, {})
    unknown = Origin(kind="unknown", why=NOT_SETTLED)
    return [
        unknown if settled.origins[run.origin].kind == "unknown" else settled.origins[run.origin]
        for run in settled.files[0].runs
        for _ in range(run.first, run.last + 1)
    ]


class _Telling:
    """Puts parts together; each statement is read once."""

    def __init__(self, trail: Trail, found: Blamed, held: Holding | None) -> None:
        self._telling = Telling(trail)
        self._found = found
        self._tree = held.tree if held else ""
        self._live = held is None
        self._settled = held.entry if held else None
        self._others = held.others if held else ()

    def parts(
        self, first: int, text: Sequence[str], brought: Mapping[int, Brought], origins: Sequence[Origin]
    ) -> Iterator[Part]:
        """Give the parts, in the order of lines."""
        commits = self._found.trees(sorted({one.commit for one in brought.values()}))
        numbers = sorted(brought)
        at = 0
        while at < len(numbers):
            start = at
            key = _key(brought[numbers[at]], origins[numbers[at] - 1])
            while at < len(numbers) and _key(brought[numbers[at]], origins[numbers[at] - 1]) == key:
                at += 1
            low, high = numbers[start], numbers[at - 1]
            here = brought[low]
            tree = commits[here.commit].tree if here.commit in commits else ""
            yield self._part(low, high, text, here, tree, origins)

    def _part(self, low: int, high: int, text: Sequence[str], here: Brought, tree: str, origins: Sequence[Origin]) -> Part:
        mine = origins[low - 1 : high]
        origin = msgspec.structs.replace(mine[0], how="")
        shown = next((line for line in text[low - 1 : high] if line.strip()), "")
        from clearance.trace.file import NEVER_SETTLED

        rests: list[Rest] = []
        since = origin.since or self._tree
        # What was looked at when the line stood there already did not look at the line.
        stood = origin.kind == "unknown" and origin.why == NEVER_SETTLED
        looked = () if stood else self._telling.statements(since)
        about = [*looked, *(self._telling.statements(tree) if stood or tree != since else ())]
        if self._settled is not None and not self._live:
            rests.append(rest_of(self._settled, "attribution"))
        written, asked = self._telling.written(origin, rests)
        return Part(
            first=low,
            last=high,
            text=shown,
            brought=BroughtFact(
                commit=here.commit,
                author=here.author,
                time=rfc3339(datetime.fromtimestamp(max(0, min(here.time, 253402300799)), UTC)),
                summary=here.summary,
            ),
            origin=origin,
            fits=tuple(_fits(low, mine)) if origin.kind != "unknown" else (),
            tree=since,
            live=self._live and origin.kind != "unknown",
            written=written,
            others=tuple(self._claims(low, high, origin.generation, rests)),
            asked=asked,
            checked=checked(about, rests),
            reviewed=tuple(reviewed(about, rests)),
            merged=merged(about, rests),
            rests=tuple(sorted({rest.entry: rest for rest in rests}.values(), key=lambda rest: rest.entry)),
        )

    def _claims(self, low: int, high: int, generation: str, rests: list[Rest]) -> Iterator[Other]:
        """Give who else is said to have written some of these lines."""
        for first, last, digest in self._others:
            if digest != generation and first <= high and low <= last:
                written, _ = self._telling.written(Origin(kind="generation", generation=digest), rests)
                yield Other(first=max(first, low), last=min(last, high), generation=digest, written=written)


def _key(brought: Brought, origin: Origin) -> tuple[str, Fact]:
    return brought.commit, msgspec.structs.replace(origin, how="")


def _fits(low: int, origins: Sequence[Origin]) -> Iterator[Fitting]:
    start = 0
    for at in range(1, len(origins) + 1):
        if at == len(origins) or origins[at].how != origins[start].how:
            yield Fitting(first=low + start, last=low + at - 1, how=origins[start].how)
            start = at


def prove(told: Story, log: Reading, folder: Path, environment: Mapping[str, str], asked: Asked = HERE) -> list[str]:
    """Write what a story rests on into a folder, made if it is missing: of each entry its bundle and its proof, the story
    itself, and whom to trust. Gives the names of the files.

    Raises:
        UsageError: the folder cannot be written.
        StoreError, BadSignature: the log cannot be read, or is not sound.
    """
    trusted = trusted_files(log, environment, asked)
    return write_proofs({"story.json": told}, (rest for part in told.parts for rest in part.rests), log, folder, trusted)
