"""Whether a package is asked for by the name of the module that another package provides (`cv2`, `sklearn`)."""

from collections.abc import Iterator

from clearance.facts.finding import Gap, Severity
from clearance.facts.index import Known
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.mention import Mention, Registry, fold

RULE = "package-misnamed"
_WIDELY = 3_000
"""Rank from which on a package is so widely used that it is meant."""
_SURELY = 1_500
"""The same for a name that exists and was asked for: there, chance is likelier (`autoapi`, `sphinx-autoapi`)."""
_BEST_KNOWN = 1_000
_TIMES = 8
"""How much lower the rank of a name must be for it to be a mistake."""


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give names that exist and are not what provides the module of that name; each once a file."""
    named = {mention.key for mention in asked.wanted}
    for mention in asked.each(asked.wanted):
        if mention.registry is not Registry.PYPI:
            continue
        if asked.policy.is_allowed(mention.registry, mention.name) or not _exists(asked, mention):
            continue
        meant = provider(asked, mention, widely=_SURELY)
        if meant and not asked.tree.is_own(*mention.key) and (mention.registry, fold(meant)) not in named:
            used = asked.knowledge.popularity(Registry.PYPI, mention.name).rank
            yield Match(
                rule=RULE,
                start=mention.start,
                end=mention.end,
                message=f'"{mention.name}" is the name of a module; most projects take it from the package "{meant}"',
                fix=f'is "{meant}" meant? "{mention.name}" is another project',
                severity=Severity.LOW if used else None,
                shape=f"{mention.registry.value} {fold(mention.name)}",
            )


def provider(asked: Asked, mention: Mention, *, widely: int = _WIDELY) -> str:
    """Give the widely used distribution that provides the module of this name, where the name itself is hardly used."""
    if mention.registry is not Registry.PYPI:
        return ""
    name = fold(mention.name)
    known = asked.knowledge
    for module in dict.fromkeys((mention.name, mention.name.replace("-", "_"), name.replace("-", "_"))):
        meant = next(iter(known.distributions_of(module)), "")
        rank = known.popularity(Registry.PYPI, meant).rank if meant else 0
        if not 0 < rank <= widely or fold(meant) == name or fold(meant).startswith(f"{name}-"):
            continue  # what begins with the name is a part of the same project
        own = known.popularity(Registry.PYPI, name).rank
        if not own or own > rank * _TIMES:
            return meant
    return ""


def wrapped(asked: Asked, mention: Mention) -> str:
    """Give the well known package that has a name of PyPI with `python` or `py` about it (`opencv`, `opencv-python`)."""
    if mention.registry is not Registry.PYPI:
        return ""
    name = fold(mention.name)
    for one in (f"{name}-python", f"python-{name}", f"py{name}", f"{name}-py"):
        if 0 < asked.knowledge.popularity(Registry.PYPI, one).rank <= _BEST_KNOWN:
            return one
    return ""


def _exists(asked: Asked, mention: Mention) -> bool:
    answer = asked.answer(mention)
    if answer is not None:
        return answer.known is Known.PRESENT
    return asked.knowledge.has(mention.registry, mention.name)
