"""Statements that a check writes beside its decision: what looked, and the same in the words of in-toto and SLSA."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.attest.predicates.scan import Data, Look, Missed, ScanPredicate
from clearance.attest.standard.svr import svr
from clearance.attest.standard.test_result import result_of
from clearance.attest.standard.vulns import vulns
from clearance.facts.change import Change
from clearance.facts.decision import Case, Decision
from clearance.facts.errors import UsageError
from clearance.facts.fact import Fact, digest
from clearance.facts.finding import Severity
from clearance.facts.identity import Identity
from clearance.facts.statement import Counts, DigestSet, Resource
from clearance.wiring.attesting import now, refuse_secrets, stated

if TYPE_CHECKING:
    from clearance.scan.packages.pack.place import Place

BESIDE = ("scan", "test-result", "vulns", "svr", "vsa")
"""Kinds that a check can write beside its decision."""


class Around(NamedTuple):
    """Where a check stands: the folder, the environment, when it began, the revision that it judges (empty: no
    commit)."""

    directory: Path
    environment: Mapping[str, str]
    began: str
    head: str


class Beside(NamedTuple):
    """What is recorded with a decision, and what a person should know of it."""

    statements: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()


def wanted_kinds(text: str) -> tuple[str, ...]:
    """Read a list of kinds: names with commas between them, or `all`; a decision is always written.

    Raises:
        UsageError: one is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return BESIDE
    unknown = [name for name in names if name not in (*BESIDE, "decision")]
    if unknown:
        raise UsageError("a check writes no such statement", where=unknown[0][:80], next=f"all, or {', '.join(BESIDE)}")
    return tuple(name for name in BESIDE if name in names)


def beside(
    kinds: Sequence[str], case: Case, decision: Decision, decided: str, pack: "Place", around: Around, by: Identity
) -> Beside:
    """Make the statements of these kinds. `decided` is the SHA-256 of the payload that states the decision.

    Raises:
        BadStatement: one does not fit an entry.
    """
    tree = _tree(case.change)
    made: list[Fact] = []
    notes: list[str] = []
    ended = now()
    makers: dict[str, Callable[[], Fact]] = {
        "scan": lambda: stated(scanned(case, pack, ended), [tree]),
        "test-result": lambda: stated(result_of(case, decision), [tree]),
        "vulns": lambda: stated(_vulns(case, pack, around.began, ended), [tree]),
        "svr": lambda: stated(svr(case, decision, by.name, ended), [tree]),
        "vsa": lambda: _vsa(decision, decided, around, by),
    }
    for kind in kinds:
        try:
            made.append(makers[kind]())
        except UsageError as error:
            notes.append(f"no {kind} statement: {error}")
    return Beside(tuple(made), tuple(notes))


def scanned(case: Case, pack: "Place", time: str) -> ScanPredicate:
    """State what looked, and what did not."""
    missed = Counter((gap.scanner, gap.kind.value, gap.introduced) for gap in case.gaps)
    return ScanPredicate(
        catalogue=case.rules,
        data=Data(sha256="" if pack.problem else pack.digest, date="" if pack.problem else _day(pack)),
        ran=tuple(Look(scanner=one.scanner, files=one.files, findings=one.findings, gaps=one.gaps) for one in case.ran),
        missed=tuple(
            Missed(scanner=scanner, kind=kind, count=count, introduced=introduced)
            for (scanner, kind, introduced), count in sorted(missed.items())
        ),
        introduced=_counts(case, introduced=True),
        existing=_counts(case, introduced=False),
        version=case.version,
        time=time,
        evidence=(digest(case),),
    )


def _counts(case: Case, *, introduced: bool) -> Counts:
    found = Counter(one.severity.value for one in case.findings if one.introduced is introduced)
    return Counts(**{severity.value: found[severity.value] for severity in Severity})


def _vulns(case: Case, pack: "Place", began: str, ended: str) -> Fact:
    if pack.problem:
        raise UsageError(f"the data about vulnerabilities cannot be used: {pack.problem}")
    if not any(one.scanner == "packages" for one in case.ran):
        raise UsageError("nothing looked at packages")
    return vulns(case.findings, case.version, pack=pack.digest, day=_day(pack), began=began, ended=ended)


def _day(pack: "Place") -> str:
    from clearance.wiring.data import freshness, read_pack_head

    return freshness(read_pack_head(pack.path)).isoformat()


def _vsa(decision: Decision, decided: str, around: Around, by: Identity) -> Fact:
    from clearance.wiring.attesting_levels import Verdicts, examined

    if not around.head:
        raise UsageError("what was judged is no commit yet", next="add --head REV")
    known = Verdicts(decision.verdict, decision.reviews, whole=True, policies=decision.policies, sha256=decided)
    found = examined(around.directory, around.environment, by, commit=around.head, now_decided=known).statement
    refuse_secrets([found], None, around.environment)  # names of branches are the only texts that others choose
    return found


def _tree(change: Change) -> Resource:
    tree = change.tree
    annotations = {"kind": tree.kind} | ({"gitTree": tree.git} if tree.git else {})
    if change.head.commit:
        annotations["gitCommit"] = change.head.commit
    return Resource(
        name=f"{tree.kind}:{tree.git or tree.sha256}", digest=DigestSet(sha256=tree.sha256), annotations=annotations
    )
