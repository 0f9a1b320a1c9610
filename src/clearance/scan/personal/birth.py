"""Dates of birth: a date near a word that says so."""

import re
from collections.abc import Iterator
from datetime import date

from clearance.facts.finding import Confidence
from clearance.scan.personal.context import Context
from clearance.scan.personal.sheet import Found, Seen, Sheet, pattern

RULE = "birth-date"
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janvier enero gennaio januari janeiro",
            "feb february februar fevrier février febrero febbraio februari fevereiro",
            "mar march marz märz mars marzo maart março",
            "apr april avril abril aprile",
            "may mai mayo maggio mei maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august aout août agosto augustus",
            "sep sept september septembre septiembre settembre setembro",
            "oct okt october oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec dez december dezember decembre décembre diciembre dicembre dezembro",
        ),
        1,
    )
    for word in words.split()
}
_DATE = re.compile(
    r"(?<![\w.])(?:(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:T00:00:00(?:\.0+)?Z?)?"
    r"|(?P<a>\d{1,2})[-/. ]{1,2}(?P<b>\d{1,2})[-/. ]{1,2}(?P<year>(?:19|20)?\d\d)"
    r"|(?P<d2>\d{1,2})(?:st|nd|rd|th|er|\.|º)?(?: de| of)? (?P<w>[^\W\d_]{3,10})\.?,?(?: de)? (?P<y2>(?:19|20)\d\d)"
    r"|(?P<w3>[^\W\d_]{3,10})\.? (?P<d3>\d{1,2})(?:st|nd|rd|th)?,? (?P<y3>(?:19|20)\d\d)"
    r"|(?P<y4>(?:19|20)\d\d)[年년] ?(?P<m4>\d{1,2})[月월] ?(?P<d4>\d{1,2})[日일])(?![\w]|[.-]\d)"
)
_WORD = pattern(
    r"(?i)\bd\.?o\.?b\b|birth|\bborn\b|\bbday\b|geburt|geboren|\bgeb\b|naissance"
    r"|\bn.e?(?:\(e\))? le\b|nacimiento|nacid[oa]|nascita"
    r"|\bnat[oa] il\b|nascimento|nascid[oa]|geboorte|urodz|f.delse|f.dsels|syntym|narozen"
)
_OTHER = re.compile("生年月日|出生日期|생년월일|дата рождения", re.IGNORECASE)
_REACH = 48
_FIRST, _LAST = 1900, 2035


def births(sheet: Sheet, context: Context) -> Iterator[Seen]:
    """Find dates of birth: the first date soon after such a word, or in a column with such a head."""
    seen: set[int] = set()
    for start, end in _places(sheet, context):
        piece = sheet.text[start:end]
        found = _DATE.search(piece)
        if found is None or "\n\n" in piece[: found.start()] or start + found.start() in seen:
            continue
        born = _read(found)
        if born is not None:
            seen.add(start + found.start())
            yield Found(start + found.start(), start + found.end(), RULE, 1, Confidence.MEDIUM, born.isoformat())


def _places(sheet: Sheet, context: Context) -> Iterator[tuple[int, int]]:
    for _, end in sheet.spans(_WORD, RULE):
        yield end, end + _REACH
    if not sheet.text.isascii():
        for found in _OTHER.finditer(sheet.text):
            yield found.end(), found.end() + _REACH
    for cell in context.cells:
        if "birth" in cell.topics:
            yield cell.start, min(cell.end, cell.start + _REACH)


def _read(found: re.Match[str]) -> date | None:
    """Give the day that a date names; where the order of day and month is open, the one that is possible."""
    parts = found.groupdict()
    if parts["y"] or parts["y4"]:
        return _day(parts["y"] or parts["y4"], parts["m"] or parts["m4"], parts["d"] or parts["d4"])
    if parts["year"]:
        year = parts["year"]
        if len(year) == 2:
            year = f"{'20' if int(year) < 26 else '19'}{year}"
        return _day(year, parts["b"], parts["a"]) or _day(year, parts["a"], parts["b"])
    word = (parts["w"] or parts["w3"]).lower()
    return _day(parts["y2"] or parts["y3"], str(_MONTHS.get(word, 0)), parts["d2"] or parts["d3"])


def _day(year: str, month: str, day: str) -> date | None:
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return born if _FIRST <= born.year <= _LAST else None
