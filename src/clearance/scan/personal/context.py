"""What stands around a number: words that say what it is, and the head of the column that it stands in."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import ahocorasick_rs

from clearance.scan.personal.sheet import Sheet

_BEFORE = 72
_AFTER = 32
_RIGHT_BEFORE = 28
_BLOCK = 256
_LONGEST_WORD = 48
_NOTHING: frozenset[str] = frozenset()
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[\W_]+")
_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_MOST_ROWS = 200_000
_MOST_COLUMNS = 200
_DELIMITERS = (",", ";", "\t", "|")

TOPICS: Mapping[str, tuple[str, ...]] = {
    "phone": (
        "phone", "phones", "tel", "telephone", "telephone number", "phone number", "phonenumber", "phone no", "cell",
        "cellphone", "mobile", "mobile number", "mob", "fax", "whatsapp", "call me", "call", "text me", "reach me",
        "ring", "sms", "landline", "hotline", "telefon", "telefonnummer", "telefonnr", "handy", "handynummer",
        "mobil", "mobilnummer", "mobiltelefon", "rufnummer", "durchwahl", "anrufen", "ruf", "telephone portable",
        "portable", "appelez", "appelle", "joindre", "tele", "gsm", "telefono", "movil", "celular", "llamar",
        "llamame", "cellulare", "telefonino", "chiamare", "chiamami", "telefoon", "telefoonnummer", "mobiel", "bel",
        "telefone", "telemovel", "ligar", "numer telefonu", "komorka", "puhelin", "puhelinnumero", "telefonszam",
        "msisdn", "contact number", "phone1", "phone2", "dial",
        "电话", "手机", "電話", "携帯", "전화", "휴대폰", "телефон", "тел",
    ),
    "card": (
        "card", "cards", "card number", "cardnumber", "card no", "cc", "ccnum", "cc number", "credit card",
        "creditcard", "debit card", "visa", "mastercard", "amex", "american express", "discover", "maestro", "pan",
        "kreditkarte", "kartennummer", "kreditkartennummer", "karte", "carte", "carte bancaire", "numero de carte",
        "tarjeta", "carta", "creditcardnumber", "cartao", "kaart", "karta", "cvv", "cvc", "expiry", "exp date",
        "payment",
    ),
    "ssn": (
        "ssn", "ssns", "ss number", "social security", "social security number", "social security no", "social",
        "soc sec", "socsec", "social sec", "taxpayer", "tin", "us tax id", "ss no",
    ),
    "birth": (
        "dob", "birth", "birthday", "birthdate", "born", "date of birth", "birth date", "d o b", "bday",
        "geburtsdatum", "geboren", "geb", "geburtstag", "naissance", "nee le", "ne le", "ne e le", "nacimiento",
        "nacido", "nacida", "nascita", "nato", "nata", "nascimento", "nascido", "geboortedatum", "urodzenia",
        "data urodzenia", "fodelsedatum", "fodselsdato", "syntymaaika", "narozeni", "生年月日", "出生日期", "생년월일",
    ),
    "ip": (
        "ip", "ips", "ipv4", "ipv6", "ip address", "ipaddress", "addr", "address", "client", "remote", "host", "peer",
        "source", "src", "from", "login", "ssh", "x forwarded for", "forwarded", "server", "remote addr", "visitor",
        "adresse",
    ),
    # Words that say that a number is something else.
    "number": (
        "order", "order id", "order no", "order number", "invoice", "invoice no", "ticket", "case", "tracking",
        "tracking number", "serial", "serial number", "serial no", "sku", "part", "part no", "part number", "isbn",
        "issn", "ean", "upc", "gtin", "build", "version", "revision", "commit", "timestamp", "epoch", "millis",
        "nanos", "nonce", "hash", "checksum", "crc", "uuid", "guid", "snowflake", "imei", "batch", "lot", "barcode",
        "bestellnummer", "rechnungsnummer", "auftrag", "seed", "offset", "size", "bytes", "length", "count",
        "duration", "line", "port", "pid", "session id", "request id", "trace id", "message id", "event id",
        "transaction id", "txn", "container", "reference", "ref", "rma", "po", "catalog", "model", "mod", "constant",
        "range", "interval", "dimensions", "extension",
    ),
}  # fmt: skip


class Cell(NamedTuple):
    """A cell of a table: its span, and the topics of the column's head."""

    start: int
    end: int
    topics: frozenset[str]


class Words:
    """Knows the words of all topics, and names those that a piece of text speaks of."""

    def __init__(self, topics: Mapping[str, Iterable[str]]) -> None:
        by_word: dict[str, set[str]] = {}
        for topic, words in topics.items():
            for word in words:
                by_word.setdefault(_key(word), set()).add(topic)
        self._topics = [frozenset(names) for names in by_word.values()]
        self._automaton: Any = ahocorasick_rs.AhoCorasick(list(by_word))
        self._known: dict[str, frozenset[str]] = {}

    def told(self, text: str) -> frozenset[str]:
        """Name the topics of which some word stands in the text."""
        found: set[str] = set()
        for word, _start, _end in self._automaton.find_matches_as_indexes(plain(text), overlapping=True):
            found |= self._topics[word]
        return frozenset(found)


def plain(text: str) -> str:
    """Fold a piece of text into lower-case words with one blank around each: `customerTaxId` and `TAX-ID` both tell of
    ` tax id `; accents go."""
    if text.isascii():
        return f" {' '.join(_CAMEL.sub(' ', text).translate(_BLANKS).lower().split())} "
    text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    text = unicodedata.normalize("NFC", text)  # Hangul is taken apart by NFKD
    return f" {_NO_WORD.sub(' ', _CAMEL.sub(' ', text)).lower().strip()} "


def _key(word: str) -> str:
    """Words of scripts without spaces may stand inside of others."""
    return plain(word) if max(word) < "\u0e00" else plain(word).strip()


class Context:
    """Answers what the words around a span say. What was asked once is kept for the next detector."""

    def __init__(self, sheet: Sheet, words: Words) -> None:
        self._sheet = sheet
        self._words = words
        self._near: dict[tuple[int, int], frozenset[str]] = {}
        self._blocks: dict[int, bool] = {}
        self._tables_at: list[tuple[int, str, int]] = []
        """Tables with a telling head: where the rows start, the delimiter, where they end; filled with `cells`."""

    def near(self, start: int, end: int) -> frozenset[str]:
        """Name the topics told of shortly before a span, shortly after it, or at the head of its column."""
        known = self._near.get((start, end))
        if known is not None:
            return known
        told = self._told(start, end)
        if len(self._near) > 4096:
            self._near.clear()
        self._near[start, end] = told
        return told

    def may_tell(self, start: int, end: int) -> bool:
        """Whether `near` is worth asking: a quick look that says no where no word stands for some way around."""
        return self._roughly(start - _BEFORE, end + _AFTER) or bool(self.cells)

    def before(self, start: int) -> frozenset[str]:
        """Name the topics told of shortly before an offset, on its line."""
        if not self._roughly(start - _BEFORE, start):
            return _NOTHING
        return self._words.told(self._sheet.text[max(0, start - _BEFORE) : start].rpartition("\n")[2])

    def _told(self, start: int, end: int) -> frozenset[str]:
        if not self.may_tell(start, end):
            return _NOTHING
        text = self._sheet.text
        before = text[max(0, start - _BEFORE) : start]
        # What stands behind a line's end says nothing, and a blank line ends what stands before.
        before = before.rpartition("\n\n")[2]
        after = text[end : end + _AFTER].partition("\n")[0]
        delimiter = self._delimiter(start)
        if delimiter:
            before, after = before.rpartition("\n")[2].rpartition(delimiter)[2], after.partition(delimiter)[0]
        told = self._words.told(before) | self._words.told(after)
        cell = self.cell(start) if delimiter else None
        if cell is not None:
            told |= cell.topics
        return told

    def _roughly(self, start: int, end: int) -> bool:
        """Whether any word stands in the blocks that a range lies in; each block is read once, however much it holds."""
        for block in range(max(0, start) // _BLOCK, max(0, end) // _BLOCK + 1):
            told = self._blocks.get(block)
            if told is None:
                if len(self._blocks) > 4096:
                    self._blocks.clear()
                low = block * _BLOCK
                piece = self._sheet.text[max(0, low - _LONGEST_WORD) : low + _BLOCK + _LONGEST_WORD]
                told = self._blocks[block] = bool(self._words.told(piece))
            if told:
                return True
        return False

    def counts_something_else(self, start: int) -> bool:
        """Whether the words right before a span say that the number is an order, a version, a time, …"""
        if not self._roughly(start - _RIGHT_BEFORE, start):
            return False
        before = self._sheet.text[max(0, start - _RIGHT_BEFORE) : start]
        return "number" in self._words.told(before.rpartition("\n")[2])

    def _delimiter(self, at: int) -> str:
        """Give what stands between the cells of the table in whose rows an offset lies; empty where it lies in none."""
        if not self.cells:
            return ""
        place = bisect_right(self._tables_at, (at, "\U0010ffff", 0)) - 1
        if place < 0 or self._tables_at[place][2] < at:
            return ""
        return self._tables_at[place][1]

    def cell(self, at: int) -> Cell | None:
        """Give the cell of a column with a telling head in which an offset lies."""
        place = bisect_right(self._starts, at) - 1
        if place < 0 or self.cells[place].end < at:
            return None
        return self.cells[place]

    @cached_property
    def _starts(self) -> list[int]:
        return [cell.start for cell in self.cells]

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells of all columns whose head tells of a topic, in text and data files; one walk over the lines."""
        sheet = self._sheet
        if not (sheet.prose or sheet.is_data or sheet.name.endswith((".md", ".rst"))):
            return []
        return list(self._rows())

    def _rows(self) -> Iterator[Cell]:
        """A table is a line almost without digits that has a delimiter, with lines of as many delimiters below it."""
        text = self._sheet.text
        head: list[frozenset[str]] = []
        delimiter, columns = "", 0
        line, at = _line(text, 0)
        for row in range(_MOST_ROWS):
            if not row % 256:
                self._sheet.check()
            following, after = _line(text, at)
            if delimiter and _count(line, delimiter) == columns:
                yield from _cells(line, at - len(line) - 1, delimiter, head)
                self._tables_at[-1] = (*self._tables_at[-1][:2], at - 1)
            else:
                delimiter, columns = _shape(line, following)
                head = [self._words.told(cell) for cell in line.split(delimiter)] if delimiter else []
                delimiter = delimiter if any(head) else ""
                if delimiter:
                    self._tables_at.append((at, delimiter, at))
            if at > len(text):
                return
            line, at = following, after


def _line(text: str, at: int) -> tuple[str, int]:
    """Give the line at an offset and the offset behind its end; one past the text where it is the last."""
    end = text.find("\n", at)
    return (text[at:end], end + 1) if end >= 0 else (text[at:], len(text) + 1)


def _shape(line: str, following: str) -> tuple[str, int]:
    """Give delimiter and number of delimiters of the head of a table; an empty one where the line is none."""
    if len(line) > 2000:
        return "", 0
    for delimiter in _DELIMITERS:
        columns = line.count(delimiter)
        if 1 <= columns <= _MOST_COLUMNS and _count(following, delimiter) == columns:
            cells = line.split(delimiter)
            if all(len(cell) <= 60 for cell in cells) and sum(map(line.count, "0123456789")) <= 4:
                return delimiter, columns
    return "", 0


def _count(line: str, delimiter: str) -> int:
    """Count the delimiters that do not stand in quotes."""
    if '"' not in line:
        return line.count(delimiter)
    return sum(piece.count(delimiter) for piece in line.split('"')[::2])


def _cells(line: str, at: int, delimiter: str, heads: list[frozenset[str]]) -> Iterator[Cell]:
    """Cut a row into the cells of telling columns."""
    start = 0
    quoted = '"' in line
    for topics in heads:
        end = line.find(delimiter, start)
        while quoted and end >= 0 and line.count('"', start, end) % 2:
            end = line.find(delimiter, end + 1)
        end = len(line) if end < 0 else end
        if topics and end > start:
            yield Cell(at + start, at + end, topics)
        start = end + 1
        if start > len(line):
            return
