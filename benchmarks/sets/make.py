"""Composes the set `web`: frames (framework and source) × carries (how data travels) × sinks, then mutations.

The parts stand in `web/<language>.md`. A *frame* is a handler with the source and the place of the body, a *carry* takes
the value from `«v»` to `«w»` in a weak and a safe way of the same shape (a key, a branch, a guard), a *sink* uses `«w»`
in a weak and, mostly, a safe way. A pair takes its difference either from the carry (same sink) or from the sink (same
carry). Mutations: other names, the source written inline, independent statements in between, the sink moved into a
helper, into a class, or into another file. Nothing depends on anything but the parts: the same parts give the same cases.
"""

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from benchmarks.sets.cases import SETS, TOP, Case, part_of, sections, written

PAIRS = {"python": 14, "javascript": 6, "java": 6, "go": 6}
"""Pairs a class. A class that a language's page has no sinks for is left out."""
JOINED = {("good", "python"): 80, ("good", "javascript"): 32, ("good", "java"): 32, ("good", "go"): 32}
"""Sets whose written blocks are joined, two or three a module, and to how many modules."""
_IMPORT = re.compile(r"(?:import|from)\s")
_MODULES = {
    "python": ("module.py", ""),
    "javascript": ("module.js", ""),
    "java": ("Module.java", "package app;\n\n"),
    "go": ("module.go", "package app\n\n"),
}
_WORD = re.compile(r"«(\w+)")
_FORM = re.compile(r"«(\w+)(?:: (.*))?»")
_FORMS = {"html", "redirect", "cookie", "session"}
_DIRECT = "«v»"


class Part(NamedTuple):
    """A frame, carry, sink, or way to extract: heading words, keys, blocks by info string."""

    words: tuple[str, ...]
    keys: dict[str, str]
    blocks: dict[str, str]

    def block(self, name: str, side: str) -> str:
        """Give a block that may differ by side."""
        return self.blocks.get(f"{name} {side}", self.blocks.get(name, ""))

    def file(self, side: str) -> tuple[str, str] | None:
        """Give the second file of a side, with its path."""
        for info, text in self.blocks.items():
            if info.startswith(f"{side} file="):
                return info.partition("file=")[2], text
        return None


class Parts(NamedTuple):
    """All parts of a language, and its names."""

    frames: list[Part]
    carries: list[Part]
    sinks: dict[str, list[Part]]
    extracts: list[Part]
    names: dict[str, list[str]]
    fillers: list[str]


def cases(set_: str, language: str) -> list[Case]:
    """Give all cases of a set for a language."""
    if set_ == "web":
        return list(_web(language))
    given = list(written(set_, language))
    return list(_joined(given)) if (set_, language) in JOINED else given


def all_cases(languages: Sequence[str]) -> Iterator[Case]:
    """Give all cases of all sets."""
    for set_ in SETS:
        for language in languages:
            yield from cases(set_, language)


@cache
def parts(language: str) -> Parts | None:
    """Read the parts of a language; None where there are none yet."""
    path = TOP / "web" / f"{language}.md"
    if not path.exists():
        return None
    found = Parts([], [], {}, [], {}, [])
    texts = [path.read_text(encoding="utf-8"), *_more(language)]
    for text in texts:
        for head, keys, blocks in sections(text):
            kind, *words = head.split()
            part = Part(tuple(words), keys, dict(blocks))
            match kind:
                case "frame":
                    found.frames.append(part)
                case "carry":
                    found.carries.append(part)
                case "sink":
                    found.sinks.setdefault(words[0], []).append(part)
                case "extract":
                    found.extracts.append(part)
                case "names":
                    found.names.update({key: value.split() for key, value in keys.items()})
                case "fillers":
                    found.fillers.extend(block for _, block in blocks)
                case _:
                    raise ValueError(f"{path.name}: what is {head!r}?")
    return found


def _more(language: str) -> Iterator[str]:
    for path in sorted((TOP / "web").glob(f"{language}-*.md")):
        yield path.read_text(encoding="utf-8")


def _joined(blocks: Sequence[Case]) -> Iterator[Case]:
    """Join blocks of one part with each other only, so that no module of `held` shows a block of `dev`."""
    first = blocks[0]
    for part, share in (("dev", 0.6), ("held", 0.4)):
        of_part = [one for one in blocks if one.part == part]
        count, number = round(JOINED[first.set, first.language] * share), 0
        made = random.Random(f"{first.set}/{first.language}/{part}")
        made.shuffle(of_part)
        for step in range(1, len(of_part)):
            for n, one in enumerate(of_part):
                if number < count:
                    more = [of_part[(n + step) % len(of_part)]]
                    if number % 3 == 0:
                        more.append(of_part[(n + 2 * step + 1) % len(of_part)])
                    yield _join(part, number, [one, *more])
                    number += 1


def _join(part: str, number: int, blocks: Sequence[Case]) -> Case:
    """Make one module: the imports, sorted, then the rest of each block. Its id is sought so that it falls in the part."""
    first = blocks[0]
    texts = [block.files[0][1] for block in dict.fromkeys(blocks)]
    imports = sorted({line for text in texts for line in text.splitlines() if _IMPORT.match(line)})
    bodies = ["\n".join(line for line in text.splitlines() if not _IMPORT.match(line)).strip("\n") for text in texts]
    words = "-and-".join(dict.fromkeys(block.id for block in blocks))
    ids = (f"{words}-{number}" + "x" * salt for salt in range(50))
    id_ = next(one for one in ids if part_of(first.set, first.language, one) == part)
    name, head = _MODULES[first.language]
    text = head + "\n".join(imports) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"
    return first._replace(id=id_, files=((name, text),))


def _web(language: str) -> Iterator[Case]:
    given = parts(language)
    if given is None:
        return
    for group in given.sinks:
        for number in range(PAIRS[language]):
            yield from _pair(language, given, group, number)


def _pair(language: str, given: Parts, group: str, number: int) -> Iterator[Case]:
    made = random.Random(f"{language}/{group}/{number}")
    sinks = given.sinks[group]
    sink = sinks[number % len(sinks)]
    flows = "noflow" not in sink.words
    by_carry = flows and ("safe" not in sink.blocks or (number // len(sinks) + number) % 2 == 0)
    frame = made.choice([one for one in given.frames if _fits(one, sink)])
    carry = made.choice([one for one in given.carries if _carries(one, frame, sink)])
    # A public function of another file that only its caller makes safe can be called either way: no case for a set.
    ways = [one for one in given.extracts if not (by_carry and "file" in one.keys)]
    extract = made.choice(ways) if _movable(sink) and made.random() < 0.35 and ways else None
    names = {kind: made.choice(pool) for kind, pool in given.names.items()}
    names["source"] = made.choice([one.strip() for one in frame.keys["sources"].split(" | ")])
    # Older Python has no quotes within quotes; and nobody reads a form twice to check it and to use it.
    once = all(
        text.count("«v»") == 1 and 'f"' not in text for name, text in carry.blocks.items() if name in ("weak", "safe")
    )
    inline = made.random() < 0.3 and names["source"] != _DIRECT and once
    fillers = made.sample(given.fillers, made.choice((0, 1, 2, 2)))
    places = [made.random() for _ in fillers]
    texts = []
    for side in ("weak", "safe"):
        of_carry = side if by_carry else "weak"
        of_sink = "weak" if by_carry else side
        recipe = _Recipe(
            frame, carry, of_carry, sink, of_sink, extract, names, inline, tuple(zip(fillers, places, strict=True))
        )
        texts.append((side, _write(recipe)))
    labels = tuple(word for word in sink.words if word.startswith("CWE-"))
    for side, files in texts:
        yield Case("web", language, f"{group}-{number:02}", "weak" if side == "weak" else "safe", group, labels, files)


def _fits(frame: Part, sink: Part) -> bool:
    wanted = {found[1] for text in sink.blocks.values() for found in _WORD.finditer(text)}
    only = sink.keys.get("frames")
    return all(one in frame.keys for one in wanted & _FORMS) and (only is None or frame.words[0] in only.split())


def _carries(carry: Part, frame: Part, sink: Part) -> bool:
    only, never = carry.keys.get("only"), carry.keys.get("never", "")
    return (
        (only is None or sink.words[0] in only.split())
        and sink.words[0] not in never.split()
        and (carry.keys.get("frames") is None or frame.words[0] in carry.keys["frames"].split())
    )


def _movable(sink: Part) -> bool:
    plain = {"w"}
    return (
        "returns" not in sink.words
        and "frames" not in sink.keys
        and all(found[1] in plain for text in sink.blocks.values() for found in _WORD.finditer(text))
    )


class _Recipe(NamedTuple):
    frame: Part
    carry: Part
    of_carry: str
    sink: Part
    of_sink: str
    extract: Part | None
    names: dict[str, str]
    inline: bool
    fillers: tuple[tuple[str, float], ...]


def _write(recipe: _Recipe) -> tuple[tuple[str, str], ...]:
    """Write the files of one side."""
    frame, carry, sink = recipe.frame, recipe.carry, recipe.sink
    imports = [carry.block("imports", recipe.of_carry), sink.block("imports", recipe.of_sink)]
    tops = [carry.block("top", recipe.of_carry), sink.block("top", recipe.of_sink)]
    body = sink.blocks[recipe.of_sink]
    files = [carry.file(recipe.of_carry)]
    if recipe.extract is not None:
        moved = _fill(recipe.extract.blocks["top"], {"body": body})
        if "file" in recipe.extract.keys:
            moved = _fill(moved, {"imports": imports.pop(), "top": tops.pop()})
            files.append((recipe.extract.keys["file"], moved))
            imports.append(recipe.extract.blocks.get("imports", ""))
        else:
            tops.append(moved)
        body = recipe.extract.blocks["call"]
    if "returns" not in sink.words:
        body += frame.keys["reply"] + "\n"
    steps = [carry.blocks[recipe.of_carry], body]
    for filler, place in recipe.fillers:
        steps.insert(int(place * 1.99), filler)
    text = frame.blocks[""]
    if recipe.inline or recipe.names["source"] == _DIRECT:
        text = "".join(line for line in text.splitlines(keepends=True) if "«source»" not in line)
    text = _fill(
        text, {"body": "".join(steps), "imports": _once(imports, text), "top": "\n".join(one for one in tops if one)}
    )
    all_files = [(frame.keys["file"], text), *(one for one in files if one is not None)]
    return tuple((_named(path, recipe), _tidy(_named(text, recipe))) for path, text in all_files)


def _once(imports: Sequence[str], frame: str) -> str:
    have = set(frame.splitlines())
    lines = [line for text in imports for line in text.splitlines() if line and line.strip() not in have]
    return "\n".join(dict.fromkeys(lines))


def _fill(text: str, values: dict[str, str]) -> str:
    """Replace markers that stand alone on their line, keeping the indentation."""
    lines: list[str] = []
    for line in text.splitlines():
        name = line.strip().strip("«»")
        if line.strip() == f"«{name}»" and name in values:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}{one}" if one else "" for one in values[name].rstrip("\n").splitlines()]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _named(text: str, recipe: _Recipe) -> str:
    """Put in names, then the frame's forms (`«redirect: target»`)."""
    names = {**recipe.names, "v": recipe.names["source"] if recipe.inline else recipe.names["v"]}
    for _ in range(2):
        text = re.sub(r"«(\w+)»", lambda found: names.get(found[1], found[0]), text)
    lines = []
    for line in text.splitlines():
        found = _FORM.search(line)
        if found is None:
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        form = recipe.frame.keys[found[1]].replace("«x»", found[2] or "")
        whole = line[len(indent) : found.start()] + form + line[found.end() :]
        lines += [indent + one for one in whole.split("|")] if found[1] == "cookie" else [indent + whole]
    return "\n".join(lines)


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
