"""What the log tells about a tree and a generation: who asked, who wrote, what was checked, who looked, how it got in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.attest.predicates.fields import Party
from clearance.attest.predicates.fields import party as party_of
from clearance.facts.entry import Entry
from clearance.facts.errors import UsageError
from clearance.facts.fact import Fact, plain
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.story import Asked, Checked, Merged, Rest, Reviewed, Written
from clearance.facts.trace import Origin
from clearance.record.reading import Reading
from clearance.wiring.tracing_index import GENERATION_TYPE, REQUEST_TYPE, Trail

_OURS = "urn:clearance:predicate:"
REVIEW_TYPE, MERGE_TYPE = f"{_OURS}review:v1", f"{_OURS}merge:v1"
_MOST_ABOUT = 60
"""Statements about one tree that are looked at, the newest."""


class Telling:
    """Reads the statements of a log for answers; each one once."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._about: dict[str, list[tuple[Entry, Any]]] = {}

    def statements(self, tree: str) -> list[tuple[Entry, Any]]:
        """Give the statements about a tree (git's id), the newest first: those that name it, and those about the same exact
        listing."""
        if not tree:
            return []
        if tree not in self._about:
            found = {entry.index: entry for entry in self._trail.find("s", tree, _MOST_ABOUT)}
            sums = {
                subject.get("digest", {}).get("sha256", "")
                for entry in found.values()
                for subject in json(entry).get("subject", [])[:1]
                if subject.get("annotations", {}).get("gitTree") == tree
            }
            for one in sums - {""}:
                found |= {entry.index: entry for entry in self._trail.find("s", one, _MOST_ABOUT)}
            ended = self._ended({tree, *sums - {""}})
            every = [(found[index], json(found[index])) for index in sorted(found, reverse=True)]
            self._about[tree] = [(entry, said) for entry, said in every if ended.get(_word(said), -1) < entry.index]
        return self._about[tree]

    def _ended(self, keys: set[str]) -> dict[tuple[str, str], int]:
        """Give the newest words about a tree that are believed no more, by kind and by whom: what was said before them does
        not count again."""
        ended: dict[tuple[str, str], int] = {}
        for key in keys:
            for index, payload in self._trail.past("s", key):
                word = _word(msgspec.json.decode(payload))
                if word[0]:
                    ended[word] = max(index, ended.get(word, index))
        return ended

    def written(self, origin: Origin, rests: list[Rest]) -> tuple[Written | None, Asked | None]:
        """Give who wrote lines, and who asked for them, by the generation that an origin names."""
        entry = next((one for one in self._trail.find("d", origin.generation) if one.digest == origin.generation), None)
        if not origin.generation or entry is None:
            return None, None
        said = json(entry)
        if said.get("predicateType") != GENERATION_TYPE:
            return None, None
        rests.append(rest_of(entry, "generation"))
        predicate = said["predicate"]
        prompt = predicate.get("prompt") or {}
        written = Written(
            agent=predicate["agent"]["name"],
            version=predicate["agent"].get("version", ""),
            model=predicate.get("model", ""),
            source=predicate["source"],
            time=predicate["time"],
            conversation=predicate.get("conversation", ""),
            prompt=prompt.get("sha256", ""),
            prompt_size=prompt.get("size", 0),
            classification=prompt.get("classification", ""),
            findings=tuple(prompt.get("findings", ())),
            tools=tuple(predicate.get("tools", ())),
            signer=entry.signer.name if entry.signer else "",
            entry=entry.index,
            claimed=not vouched(entry, predicate),
        )
        return written, self.asked(predicate.get("request", ""), rests)

    def asked(self, request: str, rests: list[Rest]) -> Asked | None:
        """Give who asked, by the digest of a request statement's payload."""
        for entry in self._trail.find("d", request) if request else ():
            said = json(entry)
            if entry.digest == request and said.get("predicateType") == REQUEST_TYPE:
                rests.append(rest_of(entry, "request"))
                predicate = said["predicate"]
                return Asked(
                    id=predicate.get("id", ""),
                    by=predicate["by"]["name"],
                    ticket=predicate.get("ticket", ""),
                    entry=entry.index,
                )
        return None


def _word(said: dict[str, Any]) -> tuple[str, str]:
    """Name what a later statement replaces: the decision about a tree, and the answer of each reviewer."""
    kind = str(said.get("predicateType", ""))
    reviewer = said["predicate"]["reviewer"]["name"] if kind == REVIEW_TYPE else ""
    return (kind, reviewer) if kind in (DECISION_TYPE, REVIEW_TYPE) else ("", "")


def json(entry: Entry) -> dict[str, Any]:
    """Read the statement of an entry whose signature was verified."""
    said: dict[str, Any] = msgspec.json.decode(entry.payload)
    return said


def rest_of(entry: Entry, kind: str) -> Rest:
    """Name a statement that an answer rests on."""
    return Rest(
        kind=kind,
        entry=entry.index,
        digest=entry.digest,
        signer=entry.signer.name if entry.signer else "",
        time=entry.time or json(entry).get("predicate", {}).get("time", ""),
    )


def checked(about: Sequence[tuple[Entry, Any]], rests: list[Rest]) -> Checked | None:
    """Give the newest decision about a tree that a service signed: what an agent or a person says was decided, or a bare key
    that anybody may have held, is none."""
    for entry, said in about:
        if said.get("predicateType") == DECISION_TYPE and entry.signer is not None and entry.signer.kind == "service":
            predicate = said["predicate"]
            rests.append(rest_of(entry, "decision"))
            return Checked(
                verdict=predicate["verdict"],
                policies=tuple(predicate["reasons"]),
                waivers=tuple(waiver["id"] for waiver in predicate.get("waivers", ())),
                tier=predicate["tier"],
                time=predicate["time"],
                entry=entry.index,
            )
    return None


def reviewed(about: Sequence[tuple[Entry, Any]], rests: list[Rest]) -> Iterator[Reviewed]:
    """Give the newest answer of each reviewer; what somebody else says that they answered is told apart."""
    had: set[tuple[str, str]] = set()
    for entry, said in about:
        if said.get("predicateType") == REVIEW_TYPE:
            predicate = said["predicate"]
            by, signer = predicate["reviewer"]["name"], entry.signer.name if entry.signer else ""
            if (by, signer) not in had:
                had.add((by, signer))
                own = _signed_by(entry, predicate["reviewer"])
                rests.append(rest_of(entry, "review"))
                yield Reviewed(
                    by=by,
                    role=predicate["role"],
                    answer=predicate["answer"],
                    method=predicate["authenticated"]["method"],
                    entry=entry.index,
                    signer=signer,
                    claimed=not own,
                    person=own and entry.signer is not None and entry.signer.kind == "person",
                )


def merged(about: Sequence[tuple[Entry, Any]], rests: list[Rest]) -> Merged | None:
    """Give how a tree got in, by who merged it and signed that; an agent cannot vouch for it."""
    for entry, said in about:
        if said.get("predicateType") == MERGE_TYPE:
            predicate = said["predicate"]
            if not _signed_by(entry, predicate["by"]) or predicate["by"]["kind"] == "agent":
                continue
            rests.append(rest_of(entry, "merge"))
            return Merged(
                target=predicate["target"], method=predicate["method"], by=predicate["by"]["name"], entry=entry.index
            )
    return None


def _signed_by(entry: Entry, party: Mapping[str, str]) -> bool:
    """Tell whether a party that a statement names signed it: a log takes what others say, too."""
    signer = entry.signer
    if signer is None:
        return False
    return party_of(signer) == Party(name=party["name"], kind=party["kind"], issuer=party.get("issuer", ""))  # type: ignore[arg-type]


def vouched(entry: Entry, predicate: Mapping[str, Any]) -> bool:
    """Tell whether the one who has to signed a generation: the agent itself, or a person, for what was seen or recorded; a
    service for what it read in a trailer or a note."""
    signer = entry.signer
    if signer is None:
        return False
    if predicate["source"] in ("trailer", "note"):
        return signer.kind == "service"
    return signer.kind == "person" or (
        signer.kind == "agent" and signer.name.partition("/agent/")[2].partition("/")[0] == predicate["agent"]["name"]
    )


def write_proofs(
    answers: Mapping[str, Fact], rests: Iterable[Rest], log: Reading, folder: Path, trusted: Mapping[str, bytes]
) -> list[str]:
    """Write answers (by the names of their files) and what they rest on into a folder, made if it is missing: of each entry
    its bundle and its proof, and whom to trust (`trusted`: further files by name). Gives the names of the files.

    Raises:
        UsageError: the folder cannot be written, or is behind a link.
        StoreError, BadSignature: the log cannot be read, or is not sound.
    """
    from clearance.record.export import write_fresh

    wanted = dict(trusted)
    wanted |= {name: msgspec.json.format(msgspec.json.encode(plain(one)), indent=2) for name, one in answers.items()}
    for index, rest in sorted({rest.entry: rest for rest in rests}.items()):
        stem = f"entry-{index:012}-{rest.kind}"
        wanted[f"{stem}.tlog-proof"] = log.prove(index)
        try:
            wanted[f"{stem}.sigstore.json"] = log.bundle(index)
        except UsageError:  # an entry of before there were bundles
            wanted[f"{stem}.entry.json"] = log.entry(index).sealed.leaf
        evidence = json(log.entry(index)).get("predicate", {}).get("evidence", ())
        if rest.kind == "attribution" and evidence:
            wanted[f"{stem}.body.json"] = log.evidence(evidence[0])
    way = (folder, *(() if folder.is_absolute() else folder.parents))
    if any(one.is_symlink() for one in way):
        raise UsageError("a link lies on the way", where=str(folder), next="name a folder that is none")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in wanted.items():
            write_fresh(folder / name, data)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=str(folder), next="name another folder") from None
    return list(wanted)
