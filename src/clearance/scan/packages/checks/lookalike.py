"""Whether a name looks like a popular one and is itself hardly used, young, or unknown.

A name alone tells little: one real name in forty is a letter away from a popular one. How it differs tells more (people
and squatters swap, double and drop letters; authors of other packages choose another letter), and so does who uses it. The
bounds below come from `benchmarks/names.py`.
"""

from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.facts.index import IndexAnswer, Known
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.binaries import is_binary
from clearance.scan.packages.distant import without_a_word
from clearance.scan.packages.knowledge import Knowledge
from clearance.scan.packages.lookalike import How, Likeness, Lookalikes, words_of
from clearance.scan.packages.mention import Mention, Registry

RULE = "package-name-lookalike"
_REACH = {
    How.SKELETON: 15_000, How.SWAP: 40_000, How.DOUBLE: 40_000, How.REPEATED: 15_000, How.LACKS: 15_000, How.ADDS: 15_000,
    How.ORDER: 3_000, How.KEY: 400, How.CHANGED: 400,
}  # fmt: skip
"""How popular (by place) a name must be for a listed, little used name to count as its imitation."""
_REACH_OF_EDITS, _REACH_OF_EDITS_BARELY, _REACH_OF_EDITS_PYPI = 6_000, 10_000, 2_000
"""The same for names that are several letters off: campaigns change two or three letters at random. Of npm, and of npm for
names that nobody uses; of PyPI for young ones."""
_REACH_OF_BARE = 4_000
"""The same for a name of npm that nobody uses and that is one of a scope without that: campaigns drop it."""
_BARELY = 1_000
"""Downloads a month below which nobody uses a name of npm: mirrors and scanners fetch each a few hundred times."""
_LETTERS = {How.LACKS, How.ADDS, How.KEY, How.CHANGED}
_SHORT, _VERY_SHORT = 9, 7
_CLEARLY = 12_000
_LETTERS_OF_A_CLEAR_EDIT = 4.5
"""What makes the likeness of a name that no list knows sure: how popular the other is, and letters for each edit."""
_OLD_DAYS = 550
"""Hostile packages of PyPI are found and removed long before; what is still there is mostly a project of its own."""
_OF_OLD, _OLD_SHORT = 500, 8
"""Only slips in the best known, longer names count for those."""
_YOUNG_DAYS = 90
_FEW_RELEASES = 3
_SETTLED_DAYS = 365
_LITTLE, _SOME = 5_000, 50_000
"""Downloads a month on npm: squats seldom reach the first, and only the best-known targets lend them the second."""
_GIANTS = 300
_SLIPS = {How.SWAP, How.DOUBLE, How.LACKS, How.ADDS}
_TIMES = 1_000
"""Where a name is used a little, its target is used so many times more."""
_LETTERS_AN_EDIT = 3.5
_LISTED_LETTERS_AN_EDIT = 4
"""The same for names that a list knows: `reactjs` is not `react-is`."""
_LOOSE = {How.AFFIX, How.BARE, How.DIGIT, How.ORDER}
_SUGGESTED = {
    How.SKELETON: 8_000, How.SWAP: 5_000, How.DOUBLE: 5_000, How.REPEATED: 5_000, How.LACKS: 3_000, How.ADDS: 3_000,
    How.KEY: 1_000, How.CHANGED: 1_000, How.EDITS: 3_000, How.BLURRED: 3_000, How.BARE: 1_000,
}  # fmt: skip
"""How popular (by place) a name must be to be suggested: what is suggested gets installed. A name with a word cut off is
another project, and never suggested."""
_WEAK = _LOOSE | _LETTERS | {How.EDITS, How.BLURRED, How.WITHIN}
_indexes: WeakKeyDictionary[Knowledge, dict[Registry, Lookalikes]] = WeakKeyDictionary()


_COMPARE = "find out which project is meant, who publishes it and since when, before it is installed"
_TOO_MANY = "were not compared with popular names: the file holds too many for that; split the change"


class Standing(NamedTuple):
    """What is known of a name: `listed` offline, `rank` among the most downloaded, `downloads` a month or -1, `age` in days
    of its newest version as known offline, or -1. An index that was asked may tell more: `young`, it was registered lately;
    `settled`, it is long there. `loose`: nothing good is known of it, so that distant likeness counts, too. `far`: there is
    time to look for that."""

    listed: bool
    rank: int
    downloads: int
    age: int
    settled: bool = False
    young: bool = False
    loose: bool = False
    far: bool = True


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give names that look like a popular one; each once a file. What no whole list has is left to `existence`."""
    for mention in asked.each(asked.wanted):
        registry = mention.registry
        if registry not in (Registry.PYPI, Registry.NPM):
            continue
        if asked.policy.is_allowed(registry, mention.name) or asked.policy.is_private(registry, mention.name):
            continue
        answer = asked.answer(mention)
        if answer is not None and answer.known is Known.ABSENT:
            continue
        listed = asked.knowledge.has(registry, mention.name)
        if not asked.may_compare(mention, far=False):
            if listed or answer is not None:  # what is not known at all is told by `existence`
                asked.doubt(mention, GapKind.UNKNOWN, _TOO_MANY)
            continue
        if answer is None and not _may_imitate(asked, mention, listed=listed):
            continue
        standing = _standing(asked, mention, answer, listed=listed)
        if _looks_far(registry, standing) and not asked.may_compare(mention, far=True):
            if listed or answer is not None:
                asked.doubt(mention, GapKind.UNKNOWN, _TOO_MANY)
            standing = standing._replace(far=False)
        found = imitated(asked.knowledge, registry, mention.key[1], standing)
        if found is not None and not asked.tree.is_own(*mention.key, asked.view.path) and not is_binary(asked, mention):
            yield _match(asked, mention, found, standing)


def _may_imitate(asked: Asked, mention: Mention, *, listed: bool) -> bool:
    """Whether it is worth asking who uses a name of which no index told: a look-up that costs more than all the rest."""
    if not listed:
        return not asked.knowledge.complete(mention.registry) and not mention.optional
    index, name = index_of(asked.knowledge, mention.registry), mention.key[1]
    if index is None:
        return False
    return bool(index.alike(name)) or (mention.registry is Registry.NPM and not index.holds(name))


def likely(asked: Asked, mention: Mention) -> str:
    """Give the popular name that a name most likely misspells, or nothing."""
    index = index_of(asked.knowledge, mention.registry)
    if index is None or not asked.may_compare(mention, far=True):
        return ""
    name = mention.key[1]
    found = index.alike(name, far=True)
    if mention.registry is Registry.NPM and not asked.knowledge.has(mention.registry, name):
        found = found or index.blurred(name)
    return next((one.target for one in found if is_suggested(one, name)), "")


def resembled(asked: Asked, mention: Mention) -> str:
    """Give the popular name that a name looks like, or nothing: who reads it should know, whether or not it is widely enough
    used to be suggested."""
    index = index_of(asked.knowledge, mention.registry)
    if index is None or not asked.may_compare(mention, far=True):
        return ""
    name = mention.key[1]
    found = index.alike(name, far=True)
    return next((one.target for one in found if _is_near(one, name)), "")


def is_suggested(one: Likeness, name: str) -> bool:
    """Whether a name is so close and so widely used that it may be suggested."""
    return one.place < _SUGGESTED.get(one.how, 0) and (one.how is not How.EDITS or _is_near(one, name))


def index_of(knowledge: Knowledge, registry: Registry) -> Lookalikes | None:
    """Give the index of popular names of a registry, made once for each data pack; None where it has none."""
    made = _indexes.setdefault(knowledge, {})
    if registry not in made:
        targets = knowledge.targets(registry)
        if not targets:
            return None
        table = getattr(knowledge, "likeness", None)
        made[registry] = Lookalikes(targets, table(registry) if table else b"")
    return made[registry]


def imitated(knowledge: Knowledge, registry: Registry, name: str, standing: Standing) -> Likeness | None:
    """Give the popular name that a name imitates, given what is known of it; None where it may be itself."""
    index = index_of(knowledge, registry)
    if index is None or (standing.rank and registry is Registry.PYPI) or standing.settled:
        return None
    scope = name.partition("/")[0] if name[:1] == "@" else ""
    settled = bool(scope) and knowledge.has_scope(scope)
    far = standing.far and _looks_far(registry, standing)
    found = index.alike(name, far=far)
    if far and standing.loose and registry is Registry.NPM:
        found = [*found, *(one for one in index.blurred(name) if _is_no_word_more(one, registry, name, knowledge))]
    for one in found:
        if settled and one.target[0] == "@" and not one.target.startswith(f"{scope}/"):
            continue  # another organisation's scope, which others know
        if settled and one.target[0] != "@":
            continue  # a package of an organisation is not a stranger's
        if standing.loose and (standing.young or _is_near(one, name)):
            return one
        if one.how is How.ORDER and standing.loose:
            continue
        if one.place < _reach(one, registry, name, standing, knowledge):
            return None if _is_recorded(knowledge, registry, name, standing) else one
    return None


def _is_recorded(knowledge: Knowledge, registry: Registry, name: str, standing: Standing) -> bool:
    """Whether a listed name has advisories of its own: somebody found weaknesses in it, so it is a project in use."""
    return standing.listed and not standing.young and knowledge.recorded(registry, name)


def _is_no_word_more(one: Likeness, registry: Registry, name: str, knowledge: Knowledge) -> bool:
    """Whether what is left without the added word is no package of its own."""
    if one.how is not How.WITHIN:
        return True
    size = len(one.target)
    return not any(knowledge.has(registry, rest) for rest, _ in without_a_word(name) if abs(len(rest) - size) < 2)


def _looks_far(registry: Registry, standing: Standing) -> bool:
    """Whether distant likeness counts, too."""
    if registry is Registry.PYPI:
        return standing.loose or (not standing.rank and 0 <= standing.age <= _OLD_DAYS)
    return standing.loose or 0 <= standing.downloads < _LITTLE


def _is_near(one: Likeness, name: str) -> bool:
    """Whether a name of which nothing is known is near enough: private names differ by words and versions, too."""
    if one.how is How.EDITS:
        mine, theirs = name.partition("/"), one.target.partition("/")
        if bool(mine[1]) != bool(theirs[1]):
            return False
        # Where the scope is the same, or all but the scope, only the rest is compared.
        compared = mine[2] if mine[1] and mine[0] == theirs[0] else mine[0] if mine[1] and mine[2] == theirs[2] else name
        return one.edits * _LETTERS_AN_EDIT <= len(compared)
    if one.how is How.BLURRED and name[:1] == "@":
        mine, theirs = name.partition("/"), one.target.partition("/")
        return mine[1] == theirs[1] and (mine[0] != theirs[0] or one.edits * _LETTERS_AN_EDIT <= len(mine[2]))
    if one.how is How.ORDER:
        return len(words_of(name)) > 2  # two words are turned about by chance
    return one.how not in (How.AFFIX, How.BARE, How.DIGIT)


def _reach(one: Likeness, registry: Registry, name: str, standing: Standing, knowledge: Knowledge) -> int:
    """How popular the target must be for this listed name to be taken for its imitation."""
    reach = _REACH.get(one.how, 0)
    if one.how is How.EDITS:
        return _reach_of_edits(one, registry, name, standing)
    barely = registry is Registry.NPM and 0 <= standing.downloads < _BARELY
    if barely and one.how is How.BARE:
        return _REACH_OF_BARE
    if len(one.target) < 5 and one.how not in (How.SWAP, How.DOUBLE):
        return 0
    if one.how in _LETTERS and len(name) < _SHORT:
        reach //= 16 if len(name) < _VERY_SHORT else 2
    if registry is Registry.PYPI:
        if standing.age > _OLD_DAYS:
            return _OF_OLD if one.how in _SLIPS and len(name) >= _OLD_SHORT else 0
        return reach
    if one.how is How.SKELETON and (name[0] == "@") != (one.target[0] == "@"):
        return 0  # the name of a project before it had a scope
    if standing.downloads >= _SOME:
        more = knowledge.popularity(registry, one.target).downloads >= _TIMES * standing.downloads
        return _GIANTS if more and one.how in _SLIPS else 0
    if standing.downloads < _LITTLE:
        return reach
    more = knowledge.popularity(registry, one.target).downloads >= _TIMES * standing.downloads
    return reach // (4 if more and one.how is How.SKELETON else 8)


def _reach_of_edits(one: Likeness, registry: Registry, name: str, standing: Standing) -> int:
    if not _is_near(one, name) or one.edits * _LISTED_LETTERS_AN_EDIT > len(name):
        return 0
    if registry is Registry.PYPI:
        return _REACH_OF_EDITS_PYPI if 0 <= standing.age <= _OLD_DAYS else 0
    if not 0 <= standing.downloads < _LITTLE:
        return 0
    return _REACH_OF_EDITS_BARELY if standing.downloads < _BARELY else _REACH_OF_EDITS


def _standing(asked: Asked, mention: Mention, answer: IndexAnswer | None, *, listed: bool) -> Standing:
    use = asked.knowledge.popularity(mention.registry, mention.name) if listed else None
    downloads = use.downloads if use else -1
    age = (asked.today - use.month).days if use and use.month else -1
    # What a whole list of some day lacks and an index has is younger than that day.
    young = not listed and answer is not None and asked.knowledge.complete(mention.registry)
    settled = False
    if answer is not None and answer.dated and answer.created is not None:
        since = (asked.today - answer.created.date()).days
        young = since < _YOUNG_DAYS
        settled = since > _SETTLED_DAYS and answer.how_many > _FEW_RELEASES and not _is_hardly_used(downloads, known=listed)
    loose = young or (not listed and answer is None)
    return Standing(listed, use.rank if use else 0, downloads, age, settled, young, loose)


def _is_hardly_used(downloads: int, *, known: bool) -> bool:
    """Whether a name is used so little that its age proves nothing."""
    return not known or 0 <= downloads < _LITTLE // 5


def _is_clear(one: Likeness, name: str) -> bool:
    """Whether a name of which nothing good is known can hardly be anything but a misspelling of a very popular one."""
    if one.place >= _CLEARLY or one.how in _LOOSE:
        return False
    if one.how in {How.EDITS, How.BLURRED}:
        return one.edits * _LETTERS_OF_A_CLEAR_EDIT <= len(name)
    return one.how is not How.CHANGED or len(name) >= _VERY_SHORT


def _match(asked: Asked, mention: Mention, found: Likeness, standing: Standing) -> Match:
    if not standing.listed and asked.answer(mention) is None:
        said = f"is not among the {asked.knowledge.count(mention.registry):,} {mention.registry.value} names known offline"
    elif standing.young or not standing.listed:
        said = "is new"
    else:
        said = "is little used"
    strong = standing.loose and _is_clear(found, mention.key[1])
    weak = found.how in _WEAK or standing.downloads >= _LITTLE
    meant = is_suggested(found, mention.key[1])
    return Match(
        rule=RULE,
        start=mention.start,
        end=mention.end,
        message=f'"{mention.name}" {said} and looks like "{found.target}" ({found.how.value})',
        fix=f'is "{found.target}" meant? compare both projects before either is installed' if meant else _COMPARE,
        severity=Severity.HIGH if strong else None,
        confidence=Confidence.LOW if weak and not strong else None,
        shape=f"{mention.registry.value} {mention.name}",
    )
