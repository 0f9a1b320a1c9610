"""The whole crosswalk as it ships: rule pages, policies, the product's own controls, edges between catalogues."""

from functools import cache
from importlib import resources
from pathlib import Path

import clearance.rules
from clearance.controls.catalogue import Catalogue, catalogues
from clearance.controls.coverage import Source
from clearance.controls.crosswalk import Crosswalk, own_edges, own_nothing
from clearance.controls.product import own_controls
from clearance.decide.decide import decide
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, case_of
from clearance.examples import _change as change_of_example
from clearance.facts.classification import Level, Scheme
from clearance.facts.decision import Verdict
from clearance.rules.catalogue import Catalogue as Rules
from clearance.rules.catalogue import read_catalogue
from clearance.rules.model import Rule
from clearance.scan.look import look_at
from clearance.wiring.furnish import _families_for
from clearance.wiring.recording import builtin_policies
from clearance.wiring.verdicts import _WHERE as SEEN
from clearance.wiring.verdicts import _sayings, verdicts

ROOT = Path(__file__).parents[2]


@cache
def rules() -> Rules:
    """All shipped pages, read from their text."""
    top = Path(clearance.rules.__file__).parent
    return read_catalogue({f"rules/{page.parent.name}/{page.name}": page.read_text("utf-8") for page in top.glob("*/*.md")})


@cache
def policies() -> Policies:
    """The built-in policies."""
    return builtin_policies()


def name_of(rule: Rule) -> str:
    """How edges call a page."""
    return f"{'trigger' if rule.family == 'triggers' else 'rule'}:{rule.id}"


@cache
def shipped() -> tuple[Catalogue, ...]:
    """The catalogues."""
    return catalogues()


def catalogue(prefix: str) -> Catalogue:
    """One of them."""
    (found,) = (one for one in shipped() if one.prefix == prefix)
    return found


@cache
def names() -> frozenset[str]:
    """All controls of ours."""
    return frozenset(
        {name_of(rule) for rule in rules()}
        | {f"policy:{policy.id}" for policy in policies().all}
        | {own.name for own in own_controls()}
    )


@cache
def walk() -> Crosswalk:
    """The crosswalk."""
    edges = [edge for rule in rules() for edge in rule.edges]
    edges += [edge for policy in policies().all for edge in policy.edges]
    edges += [edge for own in own_controls() for edge in own.edges]
    nothing = [*own_nothing(), *(none for own in own_controls() for none in own.none)]
    return Crosswalk([*edges, *own_edges()], shipped(), nothing)


@cache
def sources() -> dict[str, Source]:
    """What each control of ours is worth today, with the verdicts of the real policies."""
    said = verdicts(rules(), policies())
    found = {
        name_of(rule): Source(
            id=name_of(rule),
            kind="trigger" if rule.family == "triggers" else "rule",
            executable=rule.has_detector,
            languages=rule.languages,
            verdict=said[rule.id][0].value if rule.id in said else "",
            examples=(len(rule.caught), len(rule.clean)),
        )
        for rule in rules()
    }
    for policy in policies().all:
        name = f"policy:{policy.id}"
        found[name] = Source(id=name, kind="policy", executable=True, verdict=policy.verdict.value)
    for own in own_controls():
        found[own.name] = Source(id=own.name, kind=own.kind, executable=own.kind == "checkpoint")
    return found


def shown(rule: Rule) -> Verdict:
    """What the real policies make of what the real detectors find in a page's own caught examples."""
    scheme = Scheme()
    by_id = {one.id: one for one in rules()}
    families = _families_for(rules(), rule.family)
    found = set()
    for example in rule.caught:
        collected = change_of_example(example)
        for family in families:
            family.start(collected.contents)
        for file in collected.change.files:
            findings = look_at(file, collected.contents, families, by_id, seconds=30).findings
            found |= {(one.severity, one.confidence) for one in findings if one.rule == rule.id and one.introduced}
    level = scheme.of_kind(rule.id, rule.family) or Level.PUBLIC
    rows = tuple(
        FindingRow(rule=rule.id, family=rule.family, severity=severity, confidence=confidence, classification=level)
        for severity, confidence in found
    )
    source = SEEN.get(rule.family, "range")
    return decide(case_of(Row(name="", verdict=Verdict.ALLOW, source=source, findings=rows)), policies()).verdict


@cache
def parts(rule: str) -> frozenset[Verdict]:
    """What the real policies make of a hit of each part of a page: its blocks may have severities of their own."""
    page = rules()[rule]
    level = Scheme().of_kind(page.id, page.family) or Level.PUBLIC
    source = SEEN.get(page.family, "range")
    found = set()
    for severity, confidence in _sayings(page):
        row = FindingRow(rule=page.id, family=page.family, severity=severity, confidence=confidence, classification=level)
        case = case_of(Row(name="", verdict=Verdict.ALLOW, source=source, findings=(row,)))
        about = {one.fingerprint for one in case.findings}
        reasons = [one for one in decide(case, policies()).reasons if about & set(one.about)]
        found.add(max((one.verdict for one in reasons), key=lambda one: one.rank, default=Verdict.ALLOW))
    return frozenset(found)


def text_of(path: str) -> str:
    """A data file of the package."""
    return resources.files("clearance.controls").joinpath(path).read_text("utf-8")
