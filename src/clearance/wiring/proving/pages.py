"""Rule pages: what a page says that it catches is caught, the team's pages all, of the built-in ones a sample or all."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from clearance.facts.errors import BadPage
from clearance.facts.proof import Pulse, Shot
from clearance.rules.catalogue import Catalogue, join, read_catalogue
from clearance.rules.model import Rule
from clearance.stores.pages import TEAM
from clearance.wiring.furnish import builtin_catalogue, judge_examples, usable
from clearance.wiring.places import cache, text
from clearance.wiring.proving.scene import NO_TIME, Scene, Watch, shot

KINDS = ("rule",)
ALWAYS = False
PATIENT = True
_SAMPLE = 2
"""So many pages of each family are tried unless all are asked for: others each day, so that in time each has its turn."""


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the team's pages; the built-in ones are part of our code."""
    for path, data in sorted(scene.own.items()):
        if path.startswith(f"{TEAM}/"):
            yield path.encode("utf-8", "surrogateescape")
            yield data


def fire(scene: Scene) -> Iterable[Shot]:
    """Judge the examples of pages."""
    pages = {path: text(data) for path, data in scene.own.items() if path.startswith(f"{TEAM}/") and path.endswith(".md")}
    builtin = builtin_catalogue(cache(scene.environment))
    catalogue = join(builtin, usable(read_catalogue(pages))) if pages else builtin
    for error in catalogue.broken:
        yield _broken(error)
    for rule in catalogue:
        if rule.page.startswith(f"{TEAM}/") and not rule.advisory:
            yield _page(catalogue, rule)
    for family in builtin.families:
        if scene.left <= 0:
            yield shot(f"rule:{family}/*", Pulse.UNTRIED, NO_TIME, mend="clearance prove")
            continue
        yield from _family(catalogue, family, builtin.family(family), full=scene.full)


def _broken(error: BadPage) -> Shot:
    path = error.where.rpartition(":")[0] or error.where
    name = path.rpartition("/")[2].removesuffix(".md")
    why = f"is no rule page, so nothing of it is found: {error}"
    return shot(f"rule:{name}", Pulse.DEAD, why, mend=error.next or f"clearance rules test {path}", where=path)


def _page(catalogue: Catalogue, rule: Rule) -> Shot:
    watch = Watch()
    guard = f"rule:{rule.id}"
    failures = judge_examples(catalogue, rule)
    if not failures:
        count = f"{len(rule.caught)} caught, {len(rule.clean)} clean"
        return shot(guard, Pulse.ALIVE, count, where=rule.page, watch=watch)
    first = failures[0]
    why = f"no longer keeps its word: {first.example.name} should be {first.expected}, was {first.got}"
    mend = f"mend the page (clearance rules test {rule.id}), and commit it to the base"
    if not rule.page.startswith(f"{TEAM}/"):
        mend = "install Clearance again: python -m pip install --force-reinstall clearance"
    return shot(guard, Pulse.DEAD, why, mend=mend, where=rule.page, watch=watch)


def _family(catalogue: Catalogue, family: str, rules: tuple[Rule, ...], *, full: bool) -> Iterator[Shot]:
    """Try pages of a family; those that fail have a shot each, the others one together."""
    watch = Watch()
    tried = rules if full else _sample(rules)
    failed = [one for rule in tried if (one := _page(catalogue, rule)).pulse is Pulse.DEAD]
    yield from failed
    if not failed:
        yield shot(f"rule:{family}/*", Pulse.ALIVE, f"{len(tried)} of {len(rules)} built-in pages fire", watch=watch)


def _sample(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Choose a few pages, by the day."""
    today = datetime.now(UTC).date().isoformat()
    return tuple(sorted(rules, key=lambda rule: hashlib.sha256(f"{today} {rule.id}".encode()).digest())[:_SAMPLE])
