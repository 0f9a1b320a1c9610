"""What the gate does for origins: it takes the notes of hooks and the claims of commits into the log, and settles the new
lines of a change before anything is decided about it. What came out is what the verdict says, what policies can ask, and,
for a change that stands in commits, what is recorded after the decision: one settlement for all of them."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.actor import ActorKind, Evidence
from clearance.facts.change import Collected, FileChange, SideName
from clearance.facts.errors import ClearanceError
from clearance.facts.provenance import Hand, HowKnown, Provenance
from clearance.facts.text import decode, visible
from clearance.wiring.tracing_notes import MOST_BYTES, salt_of, waiting

if TYPE_CHECKING:
    from clearance.facts.trace import Origin
    from clearance.wiring.tracing_index import Trail
    from clearance.wiring.tracing_settle import Settlement, Sides

_MOST_NEW = 50_000
"""Entries that a gate reads into the cache of pointers in one run: a person waits."""
_MOST_ENTRIES = 5
"""Entries of one who made lines that are named."""
_SOURCES = ("range", "staged", "working-tree")


class Gate:
    """Settles the lines of one change. Whatever goes wrong, the verdict stands; lines that were not settled are of nobody
    who is known."""

    def __init__(self, directory: Path, environment: Mapping[str, str], collected: Collected) -> None:
        self._around = (directory, environment)
        self._collected = collected
        self._settlement: Settlement | None = None
        self._found = Provenance(unknown=collected.change.added_lines)
        self.notes: list[str] = []
        """What could not be done, for people."""

    def look(self) -> None:
        """Flush notes, take claims in, and settle. To be called before the decision, while the contents can be read."""
        try:
            self._look()
        except (ClearanceError, OSError) as error:
            self._not_settled(str(error))

    def provenance(self) -> Provenance:
        """Give what was settled."""
        return self._found

    def record(self) -> None:
        """Record what was settled of a change that stands in commits. To be called after the decision was recorded."""
        if self._settlement is None or self._collected.change.source != "range":
            return
        from clearance.wiring.recording import Scribe
        from clearance.wiring.tracing_index import TrailOf
        from clearance.wiring.tracing_settle import keep

        directory, environment = self._around
        try:
            scribe = Scribe(directory, asks=False)
            with TrailOf(scribe.log, environment, most=_MOST_NEW) as trail:
                keep(self._settlement, scribe, trail)
        except (ClearanceError, OSError) as error:
            self.notes.append(f"where the lines come from was not recorded: {visible(str(error))}")

    def _not_settled(self, why: str) -> None:
        self._found = Provenance(unknown=self._collected.change.added_lines, why=visible(why)[:200])
        self.notes.append(f"where the lines come from was not settled: {visible(why)}")

    def _look(self) -> None:
        directory, environment = self._around
        change = self._collected.change
        if change.source not in _SOURCES:
            return
        if waiting(directory, environment):
            from clearance.wiring.tracing_capture import flush

            flush(directory, environment)
        if not any(file.added and not file.binary for file in change.files):
            return
        if self._may_claim() and change.head.commit:
            from clearance.wiring.tracing_claims import record_claims

            record_claims(directory, environment, base=change.base.commit if change.base else None, head=change.head.commit)
        from clearance.wiring.recording import open_log
        from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, TrailOf

        with TrailOf(open_log(directory), environment, most=_MOST_NEW) as trail:
            if trail.behind:
                self._not_settled(f"{trail.behind:,} entries of the log were not read yet")
            elif trail.indexes("k", GENERATION_TYPE, 1) or trail.indexes("k", ATTRIBUTION_TYPE, 1):
                self._settle(trail)

    def _may_claim(self) -> bool:
        """Tell whether a commit of the change may name an assistant. `--agent` speaks before what commits say."""
        author = self._collected.change.author
        said = author.evidence in (Evidence.GIT_AI_NOTE, Evidence.TRAILER) and author.author.kind is ActorKind.AGENT
        return said or author.evidence is Evidence.OPTION

    def _settle(self, trail: "Trail") -> None:
        from clearance.collect.head import head_of
        from clearance.wiring.tracing_settle import settlement

        directory, environment = self._around
        base = self._collected.change.base
        salt = salt_of(directory, environment)
        if base is None or not base.commit:
            self._settlement = settlement(self._sides(""), trail, salt)
        else:
            from clearance.wiring.tracing_settle import MOST_PAST

            with head_of(directory, base.commit, environment) as head:
                sides = self._sides(head.commit.tree)._replace(past=lambda: head.trees(MOST_PAST))
                self._settlement = settlement(sides, trail, salt)
        self._found = told(self._settlement.new, trail)

    def _sides(self, base_tree: str) -> "Sides":
        from clearance.wiring.tracing_known import no_past
        from clearance.wiring.tracing_settle import Sides

        change = self._collected.change
        return Sides(
            trees=(base_tree, change.tree.git or ""),
            commits=((change.base.commit or "") if change.base else "", change.head.commit or ""),
            tree=change.tree,
            files=change.files,
            text=self._text,
            past=no_past,
        )

    def _text(self, file: FileChange, side: SideName) -> str | None:
        data = self._collected.contents.read(file.path, side, MOST_BYTES + 1)
        found = decode(data) if len(data) <= MOST_BYTES else None
        return found.text if found else None


def told(new: "Counter[Origin]", trail: "Trail") -> Provenance:
    """Say who made new lines, and how that is known: who made most comes first."""
    lines: Counter[tuple[HowKnown, str]] = Counter()
    entries: dict[tuple[HowKnown, str], set[int]] = {}
    unknown = 0
    for origin, count in new.items():
        found = _maker(origin, trail) if origin.kind != "unknown" else None
        if found is None:
            unknown += count
            continue
        hand, entry = found
        lines[hand] += count
        entries.setdefault(hand, set()).add(entry)
    hands = []
    for (evidence, name), count in sorted(lines.items(), key=lambda one: (-one[1], one[0])):
        places = sorted(entries[evidence, name])
        more = len(places[_MOST_ENTRIES:])
        hands.append(Hand(name=name, evidence=evidence, lines=count, entries=tuple(places[:_MOST_ENTRIES]), more=more))
    return Provenance(settled=True, hands=tuple(hands), unknown=unknown)


def _maker(origin: "Origin", trail: "Trail") -> tuple[tuple[HowKnown, str], int] | None:
    """Give who made lines of an origin, and the entry that says so; None where the log has no such entry."""
    import msgspec

    from clearance.wiring.tracing_index import GENERATION_TYPE
    from clearance.wiring.tracing_told import vouched

    for entry in trail.find("d", origin.generation):
        said = msgspec.json.decode(entry.payload)
        if entry.digest == origin.generation and said.get("predicateType") == GENERATION_TYPE:
            predicate = said["predicate"]
            if origin.kind == "person":
                return ("person", origin.person), entry.index
            seen: HowKnown = "hook" if predicate["source"] == "hook" else "command"
            strong = predicate["source"] in ("hook", "command") and vouched(entry, predicate)
            return (seen if strong else "claim", predicate["agent"]["name"]), entry.index
    return None
