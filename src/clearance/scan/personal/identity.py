"""Numbers that a state gives to a person. How they look, the words that tell of them, and their check stand on pages."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_letters

import msgspec

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Look
from clearance.rules.model import Rule
from clearance.scan.personal import checks, reserved
from clearance.scan.personal.context import Context
from clearance.scan.personal.sheet import Dropped, Found, Seen, Sheet, pattern

ENGINE = "identity"
SSN = "us-social-security-number"
# Seven digits or more with little between them; and the forms that have fewer in a row.
_NUMBER = pattern(
    r"(?i)[a-z]{0,4}[ -]?[0-9](?:[ .\-/+a]{0,2}[0-9]){6,20}[ -]?[a-z0-9]{0,3}\b"
    r"|\b[a-z]{4,6}[0-9]{2}[a-z0-9]{8,12}\b|\b[a-z]{2} ?(?:[0-9]{2} ?){3}[a-d]\b|\b[a-z]{5}[0-9]{4}[a-z]\b"
    r"|\b[0-9]{6}[-+a-fu-y][0-9]{3}[0-9a-z]\b|\b[cfghj-nprtv-z][0-9cfghj-nprtv-z]{8}[ -]?[0-9]\b"
)
_SSN = pattern(r"\b[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}\b")
_MOST_PATTERN = 300
_LETTERS = f"{ascii_letters} -"


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of number, as the block of its page says it."""

    pattern: str
    """What it looks like, in the syntax of `re`, without groups; nothing alphanumeric may stand on either side."""
    words: tuple[str, ...] = ()
    """Words of which one must stand nearby, or at the head of the column."""
    check: str = ""
    """The check digits: a name of `checks.py`."""
    alone: str = ""
    """A form that is telling enough to need no word, in the syntax of `re`; empty: there is none."""


def read_identities(rules: Sequence[Rule]) -> dict[str, Identity]:
    """Read the blocks of all pages, by rule.

    Raises:
        BadPage: a block is not such a table, its pattern is no expression, or there is no such check.
    """
    return {rule.id: _read(rule) for rule in rules if any(block.engine == ENGINE for block in rule.detect)}


def _read(rule: Rule) -> Identity:
    block = next(block for block in rule.detect if block.engine == ENGINE)
    where = f"{rule.page}:{block.line}"
    try:
        identity = msgspec.convert(tomllib.loads(block.text), Identity)
        for expression in (identity.pattern, identity.alone):
            if len(expression) > _MOST_PATTERN:
                raise BadPage("the pattern is too long", where=where, next="a number has a short form")
            re.compile(expression)
    except (ValueError, msgspec.ValidationError, re.error) as error:
        raise BadPage(
            f"not a block of an identity: {error}", where=where, next="see docs/reference/detect-personal.md"
        ) from None
    if identity.check and not checks.exists(identity.check):
        raise BadPage(
            f"no check {identity.check!r}", where=where, next="checks are modules of python-stdnum, such as nl.bsn"
        )
    return identity


class Identities:
    """Knows all kinds of numbers."""

    def __init__(self, identities: Mapping[str, Identity]) -> None:
        self._words = {rule: identity.words for rule, identity in identities.items()}
        self._kinds = dict(identities)
        self._compiled: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {}
        alone = [identity.alone for identity in identities.values() if identity.alone]
        self._forms = [rule for rule, identity in identities.items() if identity.alone]
        self._alone = pattern(rf"\b(?:{'|'.join(f'(?:{one})' for one in alone)})\b") if alone else None

    @property
    def topics(self) -> Mapping[str, tuple[str, ...]]:
        """The words of each kind, for the context."""
        return self._words

    def find(self, sheet: Sheet, context: Context) -> Iterator[Seen]:
        """Find numbers of all kinds."""
        for start, end in sheet.spans(_NUMBER, "identity"):
            if end - start > 80 or not context.may_tell(start, end):
                continue
            before = sheet.piece(start - 2, start)
            if before[-1:] == "." and before[:1].isdigit():
                continue
            # Letters at either end may be a word of the text: `bsn 123456782 and`.
            piece = sheet.piece(start, end)
            told = context.near(start + len(piece) - len(piece.lstrip(_LETTERS)), start + len(piece.rstrip(_LETTERS)))
            for rule in sorted(told & self._kinds.keys()):
                yield from self._judge(sheet, rule, start - 1, end + 3, told=True)
        if self._alone is not None:
            for start, end in sheet.spans(self._alone, "identity"):
                for rule in self._forms:
                    yield from self._judge(sheet, rule, start, end, told=False)

    def _forms_of(self, rule: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Compile the two forms of a kind when a text first speaks of it: most texts speak of none."""
        known = self._compiled.get(rule)
        if known is None:
            identity = self._kinds[rule]
            form = re.compile(rf"(?<![^\W_])(?:{identity.pattern})(?![^\W_])", re.IGNORECASE | re.ASCII)
            known = self._compiled[rule] = (form, re.compile(identity.alone or r"(?!)", re.ASCII))
        return known

    def _judge(self, sheet: Sheet, rule: str, low: int, high: int, *, told: bool) -> Iterator[Seen]:
        form, alone = self._forms_of(rule)
        name = self._kinds[rule].check
        if not told and alone.fullmatch(sheet.piece(low, high)) is None:
            return
        first = max(0, low - 1)
        found = form.search(sheet.piece(first, high + 1))
        if found is None:
            return
        start, end, value = first + found.start(), first + found.end(), found[0]
        check = checks.check(name) if name else None
        if name and (check is None or not check(value)):
            if told:
                yield Dropped(start, end, rule, Look.CHECK_DIGITS)
            return
        plain = re.sub(r"[^0-9A-Za-z]", "", value).upper()
        if len(set(re.sub(r"\D", "", plain))) <= 1:
            yield Dropped(start, end, rule, Look.PLACEHOLDER)
            return
        yield Found(start, end, rule, 0, Confidence.HIGH if told else Confidence.MEDIUM, plain)


def social_security(sheet: Sheet, context: Context) -> Iterator[Seen]:
    """Find US Social Security numbers, which have no check digit: area, group and serial that were ever given out (SSA), in
    their own form or near a word that says so."""
    for start, end in sheet.spans(_SSN, SSN):
        before, after = sheet.piece(start - 2, start), sheet.piece(end, end + 2)
        if before[-1:].isalnum() or after[:1].isalnum() or "_" in (before[-1:], after[:1]):
            continue
        written = sheet.piece(start, end)
        joined = "-.+" if written.count("-") == 2 else "-.+/"
        if (before[-1:] in joined and before[:1].isalnum()) or (after[:1] in tuple(joined) and after[1:].isalnum()):
            continue
        digits = re.sub(r"\D", "", written)
        dashed = written.count("-") == 2
        told = (
            "ssn" in context.near(start, end)
            if dashed or sheet.prose or sheet.is_data or "ssn" in _around(sheet, start)
            else False
        )
        if not told and not dashed:
            continue
        if digits[:3] in ("000", "666") or digits[0] == "9" or digits[3:5] == "00" or digits[5:] == "0000":
            if dashed:
                yield Dropped(start, end, SSN, Look.CHECK_DIGITS)
        elif reserved.ssn(digits) or len(set(digits)) == 1:
            yield Dropped(start, end, SSN, Look.PLACEHOLDER)
        elif not told and context.counts_something_else(start):
            yield Dropped(start, end, SSN, Look.WEAK)
        elif not dashed and len(written) not in (9, 11):
            continue
        else:
            yield Found(start, end, SSN, 0 if told else 1, Confidence.HIGH if told else Confidence.MEDIUM, digits)


def _around(sheet: Sheet, start: int) -> str:
    return "ssn" if re.search(r"ssn|social", sheet.piece(start - 60, start), re.IGNORECASE) else ""
