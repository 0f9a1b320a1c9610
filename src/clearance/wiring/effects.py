"""What each rule page amounts to: its detector, examples, edges, tokens, and what was measured."""

from collections.abc import Callable, Sequence

from clearance.facts.control import Relation
from clearance.facts.errors import BadFile
from clearance.facts.fact import Fact
from clearance.instruct.scopes import scopes_of
from clearance.instruct.tokens import tokens
from clearance.rules.catalogue import Catalogue
from clearance.rules.effect import NAME, MeasuredSet, measured, read_effect
from clearance.rules.model import Rule
from clearance.stores.pages import BUILTIN
from clearance.wiring.furnish import judge_examples

NOT_RUN = "not run"


class Effect(Fact):
    """What one set says of a rule. `precision` and `recall` are shares, None where nothing was told and nothing missed;
    `current`: the page still detects what it detected when it was measured."""

    set: str
    part: str
    caught: int
    missed: int
    wrong: int
    clean: int
    precision: float | None
    recall: float | None
    current: bool
    date: str
    digest: str
    version: str


class PageEffect(Fact):
    """One page. `detects` says by what something looks for it, empty: nothing does. `examples` is `not run`, `pass`, `fail`
    or `none`; `failed` counts those that do not hold. `relations` counts its edges to weaknesses and controls by their
    relation, `controls` names what they lead to. `instructs`: its brief can stand in instructions. `measured` is empty where
    nothing was."""

    id: str
    family: str
    page: str
    detects: str
    advisory: bool
    caught: int
    clean: int
    examples: str
    failed: int
    relations: dict[str, int]
    controls: tuple[str, ...]
    brief_tokens: int
    guidance_tokens: int
    instructs: bool
    measured: tuple[Effect, ...]

    def __hash__(self) -> int:
        """Hash by name, because maps have no hash."""
        return hash((self.family, self.id, self.page))


def measured_sets() -> tuple[MeasuredSet, ...]:
    """Read what the benchmarks measured of the built-in pages; nothing where the package ships no such file.

    Raises:
        BadFile: the file cannot be read.
    """
    path = BUILTIN / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadFile(error.strerror or "cannot be read", where=str(path), next="install Clearance again") from None
    return read_effect(data, path=f"rules/{NAME}")


def effects(
    catalogue: Catalogue,
    rules: Sequence[Rule],
    *,
    run: bool = False,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> tuple[PageEffect, ...]:
    """State what each of `rules` amounts to. `run`: judge their examples now; otherwise they are counted and not judged."""
    sets = measured_sets()
    made = []
    for done, rule in enumerate(rules):
        progress(done, len(rules))
        examples = len(rule.caught) + len(rule.clean)
        failed = len(judge_examples(catalogue, rule)) if run and examples and not rule.advisory else 0
        state = ("fail" if failed else "pass") if run else NOT_RUN
        made.append(_effect(rule, sets, state if examples else "none", failed))
    return tuple(made)


def _effect(rule: Rule, sets: Sequence[MeasuredSet], examples: str, failed: int) -> PageEffect:
    relations = [edge.rel for edge in rule.edges]
    return PageEffect(
        id=rule.id,
        family=rule.family,
        page=rule.page,
        detects=_detects(rule),
        advisory=rule.advisory,
        caught=len(rule.caught),
        clean=len(rule.clean),
        examples=examples,
        failed=failed,
        relations={rel.value: relations.count(rel) for rel in Relation if rel in relations},
        controls=tuple(edge.to for edge in rule.edges if edge.rel is not Relation.NO_RELATIONSHIP),
        brief_tokens=tokens(f"- {rule.brief}\n"),
        guidance_tokens=tokens(rule.guidance),
        instructs=bool(scopes_of(rule)),
        measured=tuple(_measured(rule, sets)),
    )


def _detects(rule: Rule) -> str:
    """Say by what something looks for what a page speaks of; empty where nothing does."""
    if not rule.has_detector:
        return ""
    if rule.detector and not rule.detect:
        return f"detector {rule.detector}"
    blocks = f"{len(rule.detect)} block{'s' * (len(rule.detect) != 1)}"
    return f"detector {rule.detector}, {blocks}" if rule.detector else blocks


def _measured(rule: Rule, sets: Sequence[MeasuredSet]) -> Sequence[Effect]:
    builtin = rule.page.startswith("rules/")
    return [
        Effect(
            set=one.set.name, part=one.set.part, caught=one.counts.caught, missed=one.counts.missed,
            wrong=one.counts.wrong, clean=one.counts.clean, precision=one.counts.precision, recall=one.counts.recall,
            current=one.current, date=one.set.date, digest=one.set.digest, version=one.set.version,
        )
        for one in (measured(rule, sets) if builtin else ())
    ]  # fmt: skip
