"""Tables with a header (CSV, TSV; RFC 4180) one of whose columns says that it holds secrets."""

from collections.abc import Iterator

from clearance.scan.secrets.disguise.records import Named, assigned
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.names import kind_of
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone
from clearance.scan.secrets.values import Kind

MOST_ROWS = 10_000
_HEADER = 400
_MOST_COLUMNS = 64
_SAYS = "passw|passphrase|secret|token|api_?key|api key|access_?key|access key|private_?key|pwd|credential"
_WORDS = (
    b"passw", b"passphrase", b"secret", b"token", b"apikey", b"api_key", b"api key", b"accesskey", b"access_key",
    b"access key", b"privatekey", b"private_key", b"pwd", b"credential",
)  # fmt: skip
_ENDS = (".csv", ".tsv", ".tab", ".psv")
_NAMES = {
    Kind.PASSWORD: b"password",
    Kind.PASSPHRASE: b"password",
    Kind.SECRET: b"secret",
    Kind.KEY: b"api_key",
    Kind.TOKEN: b"api_key",
}
_QUOTED = rb'[ ]{0,4}(?:"(?P<quoted>(?:[^"\r\n]|""){0,4096}+)"[ ]{0,4}'
_CELL = {
    mark: lazily(_QUOTED + rb'|(?P<plain>[^"\r\n' + mark + rb"]{0,4096}+))(?P<end>[" + mark + rb"]|\r?\n|\Z)")
    for mark in (b",", rb"\t", b";", b"|")
}
_TITLE = lazily(r"[A-Za-z_][\w .()-]{0,40}")


def table_disguise() -> Disguise:
    """Tables whose first line names a column of passwords, secrets, tokens or keys."""
    return Disguise("table", (Expression(rf"^[^\r\n]{{0,400}}(?:{_SAYS})", caseless=True),), _WORDS, 12, _table)


def _table(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    if at > _HEADER or b"\n" in data[:at] or b"\r" in data[:at]:
        return None
    named = sheet.name.endswith(_ENDS)
    if not named and sheet.language not in {None, "text"}:
        return None
    first = data.find(b"\n", at, at + 4096)
    if first < 0:
        return None
    head = data[:first]
    mark = max((b"\t", b",", b";", b"|"), key=head.count)
    if head.count(mark) < 1:
        return None
    cells = _row(data, 0, b"\\t" if mark == b"\t" else mark)
    if cells is None:
        return None
    titles = [data[start:end].decode("utf-8", "replace").strip().lstrip("\ufeff") for start, end in cells[0]]
    if not all(_TITLE.fullmatch(title) for title in titles if title):
        return None
    columns = {number: name for number, title in enumerate(titles) if (name := _NAMES.get(_kind(title) or Kind.FAINT))}
    if not columns:
        return None
    rows = _Rows(data, cells[1], b"\\t" if mark == b"\t" else mark, len(titles), columns, strict=not named)
    undone = assigned(data, rows.values(), "a cell of a table")
    return undone._replace(cut=True) if undone is not None and rows.cut else undone


def _kind(title: str) -> Kind | None:
    return kind_of(title.replace(" ", "_").replace("(", "_").replace(")", ""))


def _row(data: bytes, at: int, mark: bytes) -> tuple[list[tuple[int, int]], int] | None:
    """Give the spans of the cells of a row and where the next one begins; None where it is no row."""
    cells: list[tuple[int, int]] = []
    while len(cells) < _MOST_COLUMNS:
        found = _CELL[mark].match(data, at)
        if found is None:
            return None
        cells.append(found.span("quoted" if found["quoted"] is not None else "plain"))
        at = found.end()
        if found["end"][-1:] in {b"\n", b""}:
            return cells, at
    return None


class _Rows:
    """The rows below a header. `strict`: nothing but the shape says that they are a table, so each must have its cells."""

    def __init__(self, data: bytes, at: int, mark: bytes, width: int, columns: dict[int, bytes], *, strict: bool) -> None:
        self._data = data
        self._at = at
        self._mark = mark
        self._width = width
        self._columns = columns
        self._strict = strict
        self.cut = False

    def values(self) -> Iterator[Named]:
        """Give the values of the columns that hold secrets, row by row."""
        data = self._data
        for _ in range(MOST_ROWS):
            if self._at >= len(data):
                return
            row = _row(data, self._at, self._mark)
            if row is None or (self._strict and len(row[0]) != self._width):
                if self._strict:
                    return
                end = data.find(b"\n", self._at)
                self._at = len(data) if end < 0 else end + 1
                continue
            cells, self._at = row
            for number, name in self._columns.items():
                if number < len(cells):
                    start, end = cells[number]
                    text = data[start:end]
                    start += len(text) - len(text.lstrip())
                    yield Named(name, start, start + len(text.strip()))
        self.cut = self._at < len(data)
