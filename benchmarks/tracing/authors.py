"""What people and assistants write: functions, statements inside others', changed names."""

import random

from benchmarks.tracing.corpus import Corpus
from benchmarks.tracing.model import Files, Line, boundaries, changed, inside, names, put, statements


class Authors:
    """Writes into files, by chance. `who` is above 0 for an assistant's generation, below for a step of a person."""

    def __init__(self, corpus: Corpus, chance: random.Random) -> None:
        self._corpus = corpus
        self._chance = chance

    def put_block(self, files: Files, path: str, at: int, who: int) -> None:
        """Put a block of the corpus, with blank lines behind it, where a file has a border."""
        language = path.rpartition(".")[2]
        block = self._corpus.block(language)
        gap = [""] * (2 if language == "py" else 1)
        put(files[path], at, [Line(text, who) for text in (*block, *gap)])

    def write_some(self, files: Files, who: int) -> set[str]:
        """Let somebody write: whole functions, a few statements inside another one, a changed name."""
        touched = set()
        for _ in range(self._chance.randint(1, 3)):
            path = self._chance.choice(sorted(files))
            lines = files[path]
            kind = self._chance.random()
            places = inside(lines) if kind < 0.25 and path.endswith(".py") else []
            if places:
                found: list[str] = []
                for _ in range(20):
                    found = statements(self._corpus.block("py"), self._chance)
                    if found:
                        break
                at = self._chance.choice(places)
                put(lines, at, [Line(text, who) for text in found])
            elif kind < 0.32:
                self.rename_some(lines, 2, who)
            else:
                self.put_block(files, path, self._chance.choice(boundaries(lines)), who)
            touched.add(path)
        return touched

    def rename_some(self, lines: list[Line], count: int, who: int | None) -> None:
        """Change a name in some lines. Without `who`, a person touches lines up a little: they stay whose they were."""
        words = names(lines)
        for at in self._chance.sample(range(len(lines)), min(count, len(lines))):
            text = changed(lines[at].text, self._chance, words)
            if text is not None:
                lines[at] = Line(text, lines[at].who if who is None else who, touched=who is None or lines[at].touched)
