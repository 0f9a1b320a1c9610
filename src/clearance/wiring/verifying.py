"""Finds secrets again to ask their vendors about them. What is found here is held in memory only, and never told."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clearance.facts.change import Collected
from clearance.facts.errors import UsageError
from clearance.facts.finding import Finding, Gap, GapKind, Place
from clearance.facts.outcome import Outcome
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily, read_sides
from clearance.verify.ask import Answer, ask
from clearance.verify.endpoint import Endpoint, read_endpoint
from clearance.wiring.furnish import builtin_catalogue
from clearance.wiring.parts import Furnished, furnished
from clearance.wiring.places import cache, close

_LEAST = 6
"""Digits of a fingerprint that name a finding."""
_SECONDS = 60.0
_PLACE = re.compile(r":\d+\Z")


class Target:
    """A secret that a vendor can be asked about. Its text shows in no representation.

    `endpoint` is None where the rule's page names none, or where the secret was not found again: `lost` tells which. `ours`
    tells whether that page is a built-in one.
    """

    def __init__(self, finding: Finding, rule: Rule, secret: str, endpoint: Endpoint | None, *, ours: bool) -> None:
        self.finding = finding
        self.rule = rule
        self.endpoint = endpoint
        self.ours = ours
        self.lost = not secret
        self._secret = secret

    def ask(self) -> Answer:
        """Ask the vendor; the secret leaves this machine.

        Raises:
            UsageError: nobody can be asked.
        """
        if self.endpoint is None:
            raise UsageError("the page of the rule names nobody to ask", where=self.rule.id)
        return ask(self.endpoint, self._secret)


class Targets(NamedTuple):
    """The secrets that a person named, and what was not looked at: there may be others where all were asked for."""

    found: list[Target]
    unseen: tuple[Gap, ...]


class _Piece(NamedTuple):
    """A finding with what stands there."""

    finding: Finding
    secret: str


def targets(path: Path, data: bytes | None, wanted: Sequence[str], environment: Mapping[str, str]) -> Targets:
    """Find the secrets that a person names, in a directory or file, or in `data` of standard input; each secret once.

    `wanted` are fingerprints (of the secret or of the finding, at least six digits) or places (`path:line`); with `data`
    there may be none, which means all.

    Raises:
        UsageError: nothing fits a name.
    """
    from clearance.collect.memory import text_of
    from clearance.collect.tree import directory

    for number, name in enumerate(wanted, 1):
        if not _PLACE.search(name) and not _is_fingerprint(name):
            # Not shown: a person may have given the secret itself.
            raise UsageError(
                f"argument {number} is no fingerprint and no place such as config.env:3",
                next="a secret itself goes to standard input, not into the command: `clearance secrets verify -`",
            )

    collected = text_of("standard input", data) if data is not None else directory(path, environment=environment)
    try:
        with furnished(path if data is None else Path(), environment, names=("secrets",)) as parts:
            outcome = parts.look(collected)
            keep_all = data is not None and not wanted
            pieces = _pieces(collected, outcome, parts, wanted, keep_all=keep_all)
            builtin = builtin_catalogue(cache(environment))
            rules = {rule.id: rule for rule in parts.parts.catalogue}
    finally:
        close(collected)
    found: dict[tuple[str, str], Target] = {}
    for finding, secret in pieces:
        rule = rules[finding.rule]
        ours = builtin.get(rule.id) is not None
        endpoint = read_endpoint(rule) if secret else None
        name = secret or finding.fingerprint
        found.setdefault((rule.id, name), Target(finding, rule, secret, endpoint, ours=ours))
    unseen = tuple(gap for gap in outcome.gaps if gap.matters or gap.kind is GapKind.BINARY) if keep_all else ()
    return Targets(list(found.values()), unseen)


def _pieces(
    collected: Collected, outcome: Outcome, parts: Furnished, wanted: Sequence[str], *, keep_all: bool
) -> list[_Piece]:
    """Give what was named with its text; empty where that was not found again, as in the name of a file."""
    chosen: dict[tuple[str, Place], Finding] = {}
    for name in wanted:
        fitting = [finding for finding in outcome.findings if finding.family == "secrets" and _fits(finding, name)]
        if not fitting:
            raise UsageError("no secret is found there", where=name, next="`clearance scan` names places and fingerprints")
        chosen.update({(one.rule, one.place): one for one in fitting})
    if keep_all:
        chosen = {(one.rule, one.place): one for one in outcome.findings if one.family == "secrets"}
    families, _ = parts.parts.furnish()
    for family in families:
        family.start(collected.contents)
    pieces: list[_Piece] = []
    for path in dict.fromkeys(place.path for _, place in chosen):
        pieces += _again(collected, families, path, chosen)
    seen = {piece.finding.fingerprint for piece in pieces}
    return [*pieces, *(_Piece(one, "") for one in chosen.values() if one.fingerprint not in seen)]


def _fits(finding: Finding, name: str) -> bool:
    place = finding.place
    if name in (f"{place.path}:{place.line}", f"{place.path}:{place.line}:{place.column}"):
        return True
    if not _is_fingerprint(name):
        return False
    digits = name.lower()
    secret = finding.secret.fingerprint if finding.secret else ""
    return finding.fingerprint.startswith(digits) or secret.startswith(digits)


def _is_fingerprint(name: str) -> bool:
    return len(name) >= _LEAST and set(name.lower()) <= set("0123456789abcdef")


def _again(
    collected: Collected, families: Sequence[AnyFamily], path: str, chosen: Mapping[tuple[str, Place], Finding]
) -> list[_Piece]:
    """Look at a file once more, in this process, for what stands at the chosen places."""
    from clearance.scan.family import Budget, Match

    file = next((file for file in collected.change.files if file.path == path), None)
    view = read_sides(file, collected.contents, 32 << 20).after if file is not None else None
    if view is None:
        return []
    pieces: list[_Piece] = []
    for family in families:
        for match in getattr(family, "look")(view, Budget(_SECONDS)):  # noqa: B009 -- families of one side only
            if not isinstance(match, Match):
                continue
            line, column = view.position(match.start)
            end_line, end_column = view.position(match.end)
            place = Place(path=path, line=line, column=column, end_line=end_line, end_column=end_column)
            finding = chosen.get((match.rule, place))
            if finding is not None:
                pieces.append(_Piece(finding, match.hidden[0] if match.hidden else view.text[match.start : match.end]))
    return pieces
