"""Entries of the log as people read them: a row an entry, whatever it states, and one entry in full."""

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clearance.facts.entry import Entry

_OURS = re.compile(r"urn:clearance:predicate:([a-z-]{1,60}):v[0-9]{1,4}")
_STANDARD = {
    "https://in-toto.io/attestation/test-result/": "tests",
    "https://in-toto.io/attestation/vulns/": "vulns",
    "https://in-toto.io/attestation/svr/": "svr",
    "https://slsa.dev/verification_summary/": "vsa",
}
_WIDEST = 56


def row(entry: "Entry") -> str:
    """Give an entry as one line: index, time, what it is, the beginning of its digest, about what, and by whom."""
    said = summary(entry)
    line = (
        f"{entry.index:>6}  {said['time']:<20}  {said['verdict']:<5}  {entry.digest[:12]}  {said['tree']}  {said['author']}"
    )
    return line.rstrip()


def summary(entry: "Entry") -> dict[str, str]:
    """Give what a list shows of an entry: `time` (as the timestamp says, or else the statement), `verdict` (of a decision,
    or what kind of statement it is), `tree` (the name of its first subject) and `author` (of a change, or who signed)."""
    statement = _dict(json.loads(entry.payload))
    predicate = _dict(statement.get("predicate"))
    type_ = str(statement.get("predicateType", ""))
    time = entry.time or str(predicate.get("time", ""))
    signer = f"{entry.signer.kind}: {entry.signer.name}" if entry.signer else ""
    if "result" in predicate and "untried" in predicate:  # a proof of liveness
        said = f"{len(predicate['alive'])} guards alive, {len(predicate['dead'])} dead"
        return {"time": time, "verdict": "proof", "tree": said, "author": signer}
    subjects = statement.get("subject")
    subject = _dict(subjects[0]) if isinstance(subjects, list) and subjects else {}
    author = predicate.get("author")
    told = f"{author.get('kind', '')}: {author.get('name', '')}" if isinstance(author, dict) else ""
    return {
        "time": time,
        "verdict": str(predicate.get("verdict", "")) or word_for(type_),
        "tree": str(subject.get("name", ""))[:_WIDEST],
        "author": told or signer,
    }


def word_for(type_: str) -> str:
    """Give a kind of statement in one word: `request` for `urn:clearance:predicate:request:v1`; an unknown one keeps its
    type."""
    ours = _OURS.fullmatch(type_)
    known = next((word for prefix, word in _STANDARD.items() if type_.startswith(prefix)), type_)
    return ours[1] if ours else known


def fields(entry: "Entry") -> dict[str, Any]:
    """Give what names an entry, and who signed it when."""
    named: dict[str, Any] = {"index": entry.index, "digest": entry.digest, "leaf": entry.leaf, "key": entry.key}
    if entry.signer:
        named |= {"signer": entry.signer.name, "issuer": entry.signer.issuer, "kind": entry.signer.kind, "time": entry.time}
    return named


def in_full(entry: "Entry") -> str:
    """Give one entry with its statement, for a terminal; the statement's text is not yet made harmless."""
    signer = entry.signer
    lines = [f"entry    {entry.index}", f"digest   {entry.digest}", f"leaf     {entry.leaf}", f"key      {entry.key}"]
    if signer:
        lines += [f"signer   {signer.name} ({signer.kind})", f"issuer   {signer.issuer}", f"time     {entry.time}"]
    return "\n".join(lines) + "\n\n" + json.dumps(json.loads(entry.payload), indent=2, ensure_ascii=False)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
