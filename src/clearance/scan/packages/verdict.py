"""Makes a verdict of what the checks said: each name and version is good, bad, or unknown, with the reasons and the day
of the data. Findings and gaps come of the same checks, so that no two of them can disagree."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from clearance.facts.finding import Confidence, Place, Severity
from clearance.facts.package import Registry, canonical
from clearance.facts.standing import Note, Reason, Standing, Word
from clearance.rules.model import Rule
from clearance.scan.family import Match, View
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.family import OF_FILES, Judged
from clearance.scan.packages.knowledge import Knowledge
from clearance.scan.packages.mention import Mention, Remote, Source

_OPEN = frozenset({"npm-package-unknown"})
"""Rules that ask for a look and accuse nobody, unless an index that proved itself has said so."""
_VULNERABLE = "package-vulnerable"
_PARTS = ("names", "advisories", "malware")
_MOST_PLACES = 10
_WORST = (Word.BAD, Word.UNKNOWN, Word.OK)

_ONE = re.compile(r"\A(?:were|have|come)\b")
_OF_ONE = {"were": "was", "have": "has", "come": "comes"}
"""What is said of many, said of one."""

Key = tuple[Registry, str, str]


def standings(judged: Judged, view: View, rules: Mapping[str, Rule]) -> list[Standing]:
    """Give the verdict of each name and version in one file that would be installed; imports are no part of it.

    A name is good only where a list of names, advisories and records of malware, all there and young enough, were asked
    about a fixed version, and no check found or missed anything. That is proved here again, whatever the checks said.
    """
    asked = judged.asked
    if asked is None:
        return []
    matches = _by_mention(asked, judged.matches)
    doubts: dict[int, list[str]] = defaultdict(list)
    for doubt, mentions in asked.doubts.items():
        for mention in mentions:
            doubts[id(mention)].append(doubt.said)
    by_key: dict[Key, list[str]] = defaultdict(list)
    for mention in asked.mentions:
        by_key[_key(mention)] += doubts.get(id(mention), [])
    found = []
    for mention in asked.mentions:
        own = matches.get(id(mention), [])
        if mention.source is not Source.IMPORT:
            found.append(_standing(asked, mention, own, by_key[_key(mention)], view, rules))
    found += [_remote(remote, judged.matches, view, rules) for remote in asked.remotes]
    return joined(found)


def notes(judged: Judged, view: View, rules: Mapping[str, Rule]) -> list[Note]:
    """Give what was found in one file that is about no single name, and about none that only is imported."""
    asked = judged.asked
    if asked is None:
        return []
    remotes = {remote.start for remote in asked.remotes}
    found = []
    for match in judged.matches:
        about = None if match.whole_file else asked.by_place.get(match.start)
        own = about is not None or match.start in remotes
        if own and match.rule not in OF_FILES and not match.whole_file:
            continue
        line, column = (0, 1) if match.whole_file else view.position(match.start)
        place = Place(path=view.path, line=line, column=column)
        found.append(Note(reason=_reason(match, rules), place=place, bad=_accuses(match, rules)))
    return found


def joined(found: Iterable[Standing]) -> list[Standing]:
    """Join what several places say of the same name and version: the worst counts, all reasons are kept. A manifest's
    request goes with the version that a lock file fixes in the same folder."""
    locked: dict[tuple[str, Registry, str], list[Key]] = defaultdict(list)
    loose: list[Standing] = []
    groups: dict[Key, list[Standing]] = defaultdict(list)
    for one in found:
        name = canonical(one.registry, one.name)
        if one.version:
            groups[one.registry, name, one.version].append(one)
            for place in one.places:
                locked[_folder(place), one.registry, name].append((one.registry, name, one.version))
        else:
            loose.append(one)
    for one in loose:
        for key in _locked_for(one, locked):
            groups[key].append(one)
    return sorted((_one_of(key, ones) for key, ones in groups.items()), key=_order)


def _locked_for(one: Standing, locked: Mapping[tuple[str, Registry, str], Sequence[Key]]) -> Sequence[Key]:
    """Find what fixes the version of a request: lock files in its folder, in the nearest one above, or in `requirements`
    below."""
    name = canonical(one.registry, one.name)
    folder = _folder(one.places[0]) if one.places else ""
    for place in (*_above(folder), f"{folder}/requirements".lstrip("/")):
        keys = locked.get((place, one.registry, name))
        if keys:
            return list(dict.fromkeys(keys))
    return [(one.registry, name, "")]


def _one_of(key: Key, ones: Sequence[Standing]) -> Standing:
    fixed = [one for one in ones if one.version == key[2]] or list(ones)
    # That the manifest fixes no version is no reason where the lock file does.
    judged = [*fixed, *(one for one in ones if one.version != key[2] and one.word is Word.BAD)]
    word = next(word for word in _WORST if any(one.word is word for one in judged))
    dates = [one.date for one in judged if one.date is not None]
    return Standing(
        registry=key[0],
        name=fixed[0].name,
        version=key[2],
        wanted=next((one.wanted for one in ones if one.wanted), ""),
        word=word,
        reasons=tuple(dict.fromkeys(reason for one in judged for reason in one.reasons)),
        date=min(dates) if dates and all(one.date is not None for one in judged) else None,
        places=tuple(dict.fromkeys(place for one in ones for place in one.places))[:_MOST_PLACES],
    )


def _standing(
    asked: Asked, mention: Mention, matches: Sequence[Match], doubts: Sequence[str], view: View, rules: Mapping[str, Rule]
) -> Standing:
    reasons = [_reason(match, rules) for match in matches]
    word = Word.BAD if any(_accuses(match, rules) for match in matches) else Word.OK
    dates = [_date(asked, mention.registry, part) for part in _PARTS]
    missing = list(dict.fromkeys(doubts)) or ([] if word is Word.BAD else list(_unproved(asked, mention, dates)))
    reasons += [Reason(text=_ONE.sub(lambda found: _OF_ONE[found[0]], text)) for text in missing]
    if word is Word.OK and (missing or any(_asks(match, rules) for match in matches)):
        word = Word.UNKNOWN
    reasons += [Reason(text=text) for text in asked.remarks.get(id(mention), ())]
    line, column = view.position(mention.start)
    return Standing(
        registry=mention.registry,
        name=mention.name,
        version=mention.version,
        wanted=mention.wanted,
        word=word,
        reasons=tuple(dict.fromkeys(reasons)),
        date=min((date for date in dates if date is not None), default=None),
        places=(Place(path=view.path, line=line, column=column),),
    )


def _unproved(asked: Asked, mention: Mention, dates: Sequence[dt.date | None]) -> Iterator[str]:
    """Say what is missing for a good verdict, whether or not a check told of it."""
    if not asked.has_knowledge:
        yield "were not looked up: there is no data"
        return
    if not mention.version:
        yield "have no fixed version, so nothing was compared with advisories"
    for part, date in zip(_PARTS, dates, strict=True):
        days = asked.policy.index_days if part == "names" else asked.policy.data_days
        if date is None:
            yield f"were not looked up: the data has no {part} of this registry"
        elif not -1 <= (asked.today - date).days <= days:
            yield f"were looked up in {part} as of {date}, which is too far from today"


def _date(asked: Asked, registry: Registry, part: str) -> dt.date | None:
    knowledge: Knowledge | None = asked.knowledge if asked.has_knowledge else None
    return knowledge.date_of(part, registry) if knowledge is not None else None


def _by_mention(asked: Asked, matches: Iterable[Match]) -> dict[int, list[Match]]:
    """Join matches with the mentions at whose name or version they start; what is said of a name holds for all its
    mentions of the same version."""
    same: dict[Key, list[Mention]] = defaultdict(list)
    for mention in asked.mentions:
        same[_key(mention)].append(mention)
    by: dict[int, list[Match]] = defaultdict(list)
    for match in matches:
        about = None if match.whole_file or match.rule in OF_FILES else asked.by_place.get(match.start)
        for one in same[_key(about)] if about is not None else ():
            by[id(one)].append(match)
    return by


def _remote(remote: Remote, matches: Iterable[Match], view: View, rules: Mapping[str, Rule]) -> Standing:
    own = [match for match in matches if match.start == remote.start and match.rule not in OF_FILES]
    line, column = view.position(remote.start)
    unknown = Reason(text="comes from an address: no registry, no advisory and no record of malware tells of it")
    return Standing(
        registry=remote.registry,
        name=remote.name,
        version=remote.version,
        word=Word.BAD if any(_accuses(match, rules) for match in own) else Word.UNKNOWN,
        reasons=(*(_reason(match, rules) for match in own), unknown),
        places=(Place(path=view.path, line=line, column=column),),
    )


def _reason(match: Match, rules: Mapping[str, Rule]) -> Reason:
    rule = rules[match.rule]
    return Reason(
        text=match.message or rule.title,
        rule=match.rule,
        severity=match.severity or rule.severity,
        fix=match.fix or rule.brief,
    )


def _accuses(match: Match, rules: Mapping[str, Rule]) -> bool:
    """Whether a finding makes its name bad: what is sure enough and not slight; a known vulnerability always does."""
    rule = rules[match.rule]
    severity, confidence = match.severity or rule.severity, match.confidence or rule.confidence
    sure = severity is not Severity.LOW and confidence is not Confidence.LOW
    proved = severity is Severity.HIGH and confidence is Confidence.HIGH
    return match.rule == _VULNERABLE or (sure and (match.rule not in _OPEN or proved))


def _asks(match: Match, rules: Mapping[str, Rule]) -> bool:
    """Whether a finding leaves open whether its name is good."""
    return match.rule in _OPEN or (match.confidence or rules[match.rule].confidence) is Confidence.LOW


def _key(mention: Mention) -> Key:
    return (*mention.key, mention.version)


def _folder(place: Place) -> str:
    return place.path.rpartition("/")[0]


def _above(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _order(one: Standing) -> tuple[int, str, str, str]:
    return _WORST.index(one.word), one.registry.value, canonical(one.registry, one.name), one.version
