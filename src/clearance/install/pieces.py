"""The three ways in which something of ours stands in a file: a whole file, a marked part, entries of a JSON file.

Each can be put into the bytes that stand there, and taken out again. None of them touches the disk.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from clearance.facts.errors import BadFile
from clearance.facts.fact import digest
from clearance.install import entries as json_entries
from clearance.install import places
from clearance.install.hooks import Entry
from clearance.install.jsonc import Document, Pointer, read
from clearance.install.manifest import Held, Hollow
from clearance.install.marks import Style, block, bytes_of, cut, digest_of, newline_of, part, seal, sealed, text_of

Kind = Literal["markdown", "shell", "lines", "toml", "yaml"]


class Put(NamedTuple):
    """A file with our piece in it, what the manifest must remember, and whether a person had changed our piece."""

    data: bytes
    held: Held
    edited: bool = False


class Taken(NamedTuple):
    """A file without our piece (None: no file is left); `edited`: a person had changed our piece; `kept`: why it stays."""

    data: bytes | None
    edited: bool = False
    kept: str = ""


class Whole(NamedTuple):
    """A file that is ours from end to end. `style` is how comments look, for the seal (None: it has none, and the
    manifest alone knows); `once`: written where nothing stands, a person's own from then on."""

    name: str
    text: str
    style: Style | None
    once: bool = False

    def put(self, data: bytes | None, where: str, held: Held) -> Put:
        """Write the file.

        Raises:
            BadFile: a file of somebody else stands there.
        """
        full = seal(self.text, self.style) if self.style else self.text
        keeping = _with(held, self.name, digest_of(full))
        if data is None:
            return Put(bytes_of(full), _with(keeping, made=True))
        ours = self._state(data, held)
        if self.once:
            return Put(data, keeping if ours is not None else held)
        if ours is None and data != bytes_of(full):
            raise BadFile("a file of your own stands there; it was left alone", where=where, next="move it away, or keep it")
        same = digest_of(text_of(data)) == digest_of(full)
        return Put(data if same else bytes_of(full), keeping, edited=ours is False)

    def take(self, data: bytes, where: str, held: Held | None) -> Taken:
        """Remove the file, unless it belongs to somebody else."""
        ours = self._state(data, held)
        if ours is None:
            return Taken(data)
        if self.once and not ours:
            return Taken(data, kept="you changed it, so it is yours now: remove it yourself if you do not want it")
        return Taken(None, edited=not ours)

    def _state(self, data: bytes, held: Held | None) -> bool | None:
        """Whether a file is as we wrote it; None: it is not ours at all."""
        recorded = held.parts.get(self.name) if held else None
        mark = sealed(text_of(data)) if self.style else None
        if mark is not None:
            return mark
        return None if recorded is None else digest_of(text_of(data)) == recorded


class Marked(NamedTuple):
    """Lines between marks in a file that belongs to a person."""

    name: str
    kind: Kind
    body: str
    slots: tuple[places.Slot, ...] = ()

    def put(self, data: bytes | None, where: str, held: Held) -> Put:
        """Put the part in, or bring the one that is there up to date where it stands.

        Raises:
            BadFile: the file cannot be extended by lines, or its marks are torn.
        """
        text = _plain(data or b"", where)
        there = part(text, self.name, where)
        if there is None:
            made = _with(held, made=True) if data is None else held
            return Put(bytes_of(self._into(text, where)), self._noted(made))
        indent = text[there.start :][: len(text[there.start :]) - len(text[there.start :].lstrip(" \t"))]
        body = self._body(text, there.body)
        if digest_of(body) == digest_of(there.body):
            return Put(data or b"", self._noted(held), edited=False)
        style: Style = "markdown" if self.kind == "markdown" else "hash"
        new = block(self.name, body, style, indent=indent, newline=newline_of(text), joined=bool(there.joined))
        return Put(bytes_of(text[: there.start] + new + text[there.end :]), self._noted(held), edited=not there.intact)

    def take(self, data: bytes, where: str, held: Held | None) -> Taken:
        """Cut the part out.

        Raises:
            BadFile: its marks are torn.
        """
        text = text_of(data)
        there = part(text, self.name, where)
        if there is None:
            return Taken(data)
        left = cut(text, there)
        nothing = not left.strip("\ufeff \t\r\n") if held is None else not left
        gone = (held is None or held.made) and (nothing or (self.kind == "shell" and left == "#!/bin/sh\n"))
        return Taken(None if gone else bytes_of(left), edited=not there.intact)

    def _body(self, text: str, there: str) -> str:
        """The lines that fit where our part stands: of several ways to extend a YAML file, the one that was chosen."""
        for slot in self.slots:
            if digest_of(slot.lines) == digest_of(there):
                return slot.lines
        first = there.strip().split("\n", 1)[0].strip()
        return next((one.lines for one in self.slots if one.lines.split("\n", 1)[0] == first), self.body)

    def _noted(self, held: Held) -> Held:
        return _with(held, self.name, digest_of(self.body))

    def _into(self, text: str, where: str) -> str:
        match self.kind:
            case "markdown":
                return places.into_markdown(text, self.name, self.body)
            case "shell":
                return places.into_shell(text, self.name, self.body, where)
            case "toml":
                return places.into_toml(text, self.name, self.body, where)
            case "yaml":
                return places.into_yaml(text, self.name, self.slots, where)
            case "lines":
                return places.into_lines(text, self.name, self.body)


class Entries(NamedTuple):
    """Members and items of a JSON file. `ours` finds what is ours in its decoded value, also what is out of date."""

    name: str
    entries: tuple[Entry, ...]
    ours: Callable[[Any], tuple[Pointer, ...]]
    seed: tuple[tuple[str, Any], ...] = ()

    def put(self, data: bytes | None, where: str, held: Held) -> Put:
        """Add what is missing, take away what is out of date, leave what is right.

        Raises:
            BadFile: not JSON, or something else stands where our entries go.
        """
        document = read(data or b"", where)
        before, held = (
            held,
            _with(held, self.name, digest([[list(one.pointer), one.key, one.value] for one in self.entries])),
        )
        if document.blank:
            return self._into_blank(data, document, where, held)
        stale, missing = self._compared(document, before)
        for entry in missing:
            taken = document.at((*entry.pointer, entry.key)) if entry.key is not None else None
            if taken and (*entry.pointer, str(entry.key)) not in stale:
                raise BadFile(
                    f"{'.'.join(map(str, entry.pointer))} holds something else named {entry.key!r}",
                    where=f"{where}:{document.line(taken.start)}",
                    next="rename it, or take it out, then run it again",
                )
        text = document.text
        for pointer in stale:
            text = json_entries.remove(Document(text, where), pointer)
        filled = {one.at: one for one in held.filled}
        emptied = {pointer[:depth] for pointer in stale for depth in range(len(pointer))}
        for entry in missing:
            step = json_entries.insert(Document(text, where), entry.pointer, entry.key, entry.value)
            text = step.text
            if step.filled and step.filled.pointer not in emptied:
                filled.setdefault(step.filled.pointer, Hollow(at=step.filled.pointer, inside=step.filled.inside))
        seeded = list(held.seeded)
        for key, value in self.seed:
            current = Document(text, where)
            if current.at((key,)) is None:
                text = json_entries.insert(current, (), key, value).text
                seeded.append(key)
        text = _pruned(text, where, stale, filled)
        held = _with(held, filled=tuple(filled.values()), seeded=tuple(dict.fromkeys(seeded)))
        return Put(data if text == document.text and data else bytes_of(text), held, edited=bool(stale))

    def take(self, data: bytes, where: str, held: Held | None) -> Taken:
        """Take all of our entries out, and what we had to make for them.

        Raises:
            BadFile: not JSON any more.
        """
        document = read(data, where)
        stale = [] if document.blank else _backwards(document, self._ours(document, held))
        if not stale:
            return Taken(data)
        _, missing = self._compared(document, held)
        filled = {one.at: one for one in held.filled} if held else {}
        text = document.text
        for pointer in stale:
            text = json_entries.remove(Document(text, where), pointer)
        text = _pruned(text, where, stale, filled)
        seeds = dict(self.seed)
        left = Document(text, where).value()
        if (held is None or held.made or held.blank is not None) and left in ({}, seeds):
            return Taken(held.blank.encode() if held and held.blank is not None else None, edited=bool(missing))
        for key in held.seeded if held and not held.made else ():
            if key in left and left[key] == seeds.get(key):
                text = json_entries.remove(Document(text, where), (key,))
        root = filled.get(())
        if root and json_entries.is_empty(Document(text, where), ()):
            text = json_entries.hollow(Document(text, where), (), root.inside)
        return Taken(bytes_of(text), edited=bool(missing))

    def _into_blank(self, data: bytes | None, document: Document, where: str, held: Held) -> Put:
        if document.tokens:
            raise BadFile("it holds only comments", where=where, next="write {} into it, then run it again")
        mark = "\ufeff" if document.text.startswith("\ufeff") else ""
        text = mark + "{}" + newline_of(document.text)
        for key, value in self.seed:
            text = json_entries.insert(Document(text, where), (), key, value).text
        for entry in self.entries:
            text = json_entries.insert(Document(text, where), entry.pointer, entry.key, entry.value).text
        held = _with(held, made=True) if data is None else _with(held, blank=document.text)
        return Put(bytes_of(text), _with(held, seeded=tuple(key for key, _ in self.seed)))

    def _ours(self, document: Document, held: Held | None) -> tuple[Pointer, ...]:
        """Where our entries stand; where the manifest says so, also a member of our name that holds something else now."""
        found = self.ours(document.value())
        named = [(*one.pointer, one.key) for one in self.entries if one.key is not None]
        recorded = held is not None and self.name in held.parts
        return (*found, *(one for one in named if recorded and one not in found and document.at(one)))

    def _compared(self, document: Document, held: Held | None) -> tuple[list[Pointer], list[Entry]]:
        """What of ours is out of date (the last one first), and what of the wanted is missing."""
        missing = list(self.entries)
        stale = []
        for pointer in _backwards(document, self._ours(document, held)):
            value = document.value(document.at(pointer))
            wanted = next((one for one in missing if _fits(one, pointer) and one.value == value), None)
            if wanted is None:
                stale.append(pointer)
            else:
                missing.remove(wanted)
        return stale, missing


Piece = Whole | Marked | Entries


def _fits(entry: Entry, pointer: Pointer) -> bool:
    return entry.pointer == pointer[:-1] and (
        isinstance(pointer[-1], int) if entry.key is None else pointer[-1] == entry.key
    )


def _backwards(document: Document, pointers: tuple[Pointer, ...]) -> list[Pointer]:
    """Order places from the last in the text to the first, so that taking one away moves none of the others."""
    placed = [(node.start, pointer) for pointer in pointers if (node := document.at(pointer))]
    return [pointer for _, pointer in sorted(placed, key=lambda one: one[0], reverse=True)]


def _pruned(text: str, where: str, removed: list[Pointer], filled: dict[Pointer, Hollow]) -> str:
    """Take away what was made for entries and holds nothing now; what stood there empty gets its white space back."""
    for pointer in removed:
        for depth in range(len(pointer) - 1, 0, -1):
            above = pointer[:depth]
            document = Document(text, where)
            if not json_entries.is_empty(document, above):
                break
            if above in filled:
                text = json_entries.hollow(document, above, filled[above].inside)
                break
            text = json_entries.remove(document, above)
    return text


def _with(held: Held, name: str = "", named: str = "", **changes: Any) -> Held:
    import msgspec

    parts = held.parts | {name: named} if name else held.parts
    return msgspec.structs.replace(held, parts=parts, **changes)


def _plain(data: bytes, where: str) -> str:
    if b"\0" in data[:8192]:
        raise BadFile("no text in UTF-8", where=where, next="save it as UTF-8, then run it again")
    return text_of(data)
