"""What stands after files changed, and what does not."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.memory import change_of
from clearance.collect.tree import directory
from clearance.facts.finding import Gap, GapKind
from clearance.scan import memory as memory_module
from clearance.scan.compare import FileResult
from clearance.scan.memory import Memory, asks
from clearance.stores.memory import MemoryCache

Files = dict[str, bytes]


def status(data: bytes, when: int = 1) -> Any:
    return SimpleNamespace(st_size=len(data), st_ino=7, st_mtime_ns=when, st_ctime_ns=when)


def looked(cache: Any, files: Files, *, stamp: str = "s", gaps: dict[str, Gap] | None = None) -> set[str]:
    """Look at files with what is remembered; give the paths that had to be looked at."""
    memory = Memory(cache, "/root", stamp)
    for path, data in files.items():
        memory.blob(path, status(data))
        memory.told(path, "utf-8", 1)
    change = change_of({}, files).change
    known = memory.recall(change.files)
    new = set()
    for number, file in enumerate(change.files):
        if number in known:
            continue
        new.add(file.path)
        gap = (gaps or {}).get(file.path)
        result = FileResult(looked=("code",), asks=asks(file.path, files[file.path].decode()), gaps=(gap,) if gap else ())
        memory.keep(file, result, msgspec.msgpack.encode(result))
    memory.save(change.files)
    return new


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache()


BASE: Files = {
    "app/views.py": b"from app.helpers import clean\n",
    "app/helpers.py": b"import os\n",
    "app/other.py": b"import json\n",
    "docs/readme.md": b"from app.helpers import clean\n",
    "web/a.js": b'import { b } from "./b";\n',
    "web/b.js": b"export const b = 1;\n",
    "pkg/one.go": b"package pkg\n",
    "pkg/two.go": b"package pkg\n",
    "requirements.txt": b"flask\n",
}


def test_nothing_is_looked_at_twice(cache: MemoryCache) -> None:
    assert looked(cache, BASE) == set(BASE)
    assert looked(cache, BASE) == set()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"docs/readme.md": b"new"}, {"docs/readme.md"}),
        ({"app/other.py": b"import re\n"}, {"app/other.py"}),
        ({"app/helpers.py": b"import re\n"}, {"app/helpers.py", "app/views.py"}),
        ({"web/b.js": b"export const b = 2;\n"}, {"web/b.js", "web/a.js"}),
        ({"pkg/one.go": b"package pkg // new\n"}, {"pkg/one.go", "pkg/two.go"}),
        ({"json.py": b"x = 1\n"}, {"json.py", "app/other.py"}),
        ({"requirements.txt": b"django\n"}, set(BASE)),
    ],
)
def test_a_change_costs_what_may_rest_on_it(cache: MemoryCache, changed: Files, expected: set[str]) -> None:
    looked(cache, BASE)
    assert looked(cache, {**BASE, **changed}) == expected


def test_what_rests_on_what_rests_on_a_change_is_looked_at(cache: MemoryCache) -> None:
    chain = {"a.py": b"import b\n", "b.py": b"import c\n", "c.py": b"x = 1\n", "d.py": b"x = 1\n"}
    looked(cache, chain)
    assert looked(cache, {**chain, "c.py": b"x = 2\n"}) == {"a.py", "b.py", "c.py"}


def test_a_file_that_is_gone_takes_what_rests_on_it_along(cache: MemoryCache) -> None:
    looked(cache, BASE)
    left = {path: data for path, data in BASE.items() if path != "app/helpers.py"}
    assert looked(cache, left) == {"app/views.py"}


def test_other_rules_or_code_start_anew(cache: MemoryCache) -> None:
    looked(cache, BASE)
    assert looked(cache, BASE, stamp="t") == set(BASE)


@pytest.mark.parametrize("kind", [GapKind.CRASH, GapKind.TIMEOUT])
def test_what_failed_is_tried_again(cache: MemoryCache, kind: GapKind) -> None:
    gap = Gap(scanner="code", path="app/other.py", kind=kind)
    looked(cache, BASE, gaps={"app/other.py": gap})
    assert looked(cache, BASE) == {"app/other.py"}


def test_a_broken_memory_is_no_memory(cache: MemoryCache) -> None:
    looked(cache, BASE)
    for key in list(cache._entries):
        cache._entries[key] = b"\x93garbage"
    assert looked(cache, BASE) == set(BASE)


def test_a_file_is_read_unless_it_is_certainly_the_one_of_then(tmp_path: Path, cache: MemoryCache) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"x = 1\n" * 1000)
    old = place.stat().st_mtime_ns - 10 * 10**9
    os.utime(place, ns=(old, old))
    first = Memory(cache, str(tmp_path), "s")
    collected = directory(tmp_path, memory=first)
    result = FileResult()
    first.recall(collected.change.files)
    first.keep(collected.change.files[0], result, msgspec.msgpack.encode(result))
    first.save(collected.change.files)
    second = Memory(cache, str(tmp_path), "s")
    # Its status changed a moment ago (utime), so it is too young to be believed.
    assert second.blob("a.py", place.stat()) is None
    assert directory(tmp_path, memory=second).change.files == collected.change.files


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os.path as p\n", {"import", "os", "path", "as", "p"}),
        ("from a import (\n  b,\n  c,\n)\n", {"b", "c"}),
        ("import {\n  x,\n  y\n} from './z';\n", {"x", "y", "z"}),
        ("const a = require('../lib/b');\n", {"lib", "b"}),
        ("x = 1\n", set()),
    ],
)
def test_words_of_import_lines(text: str, words: set[str]) -> None:
    assert words <= set(asks("a.py", text))


def test_a_result_that_is_none_is_no_memory(cache: MemoryCache) -> None:
    looked(cache, BASE)
    (key,) = cache.entries if hasattr(cache, "entries") else cache._entries
    at, files = msgspec.msgpack.decode(cache.get(key))
    for known in files.values():
        known[-1] = {"looked": 7}
    cache.put(key, msgspec.msgpack.encode([at, files]))
    assert looked(cache, BASE) == set(BASE)


def test_a_huge_text_may_rest_on_anything() -> None:
    assert asks("a.py", "import(" * 100_000) == ("*",)


def test_a_pointer_is_told_each_time(tmp_path: Path, cache: MemoryCache) -> None:
    (tmp_path / "big.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    for _ in range(3):
        memory = Memory(cache, str(tmp_path), "s")
        memory._old.at = 2**62  # as if the last look lay far back
        collected = directory(tmp_path, memory=memory)
        assert [gap.kind for gap in collected.gaps] == [GapKind.LFS_POINTER]
        memory.recall(collected.change.files)
        memory._fresh = True
        memory.save(collected.change.files)


def test_a_small_file_is_known_without_reading(tmp_path: Path, cache: MemoryCache) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"x = 1\n")
    for _ in range(2):
        memory = Memory(cache, str(tmp_path), "s")
        memory._old.at = 2**62
        directory(tmp_path, memory=memory)
        known = memory.blob("a.py", place.stat())
        memory._fresh = True
        memory.recall(directory(tmp_path, memory=memory).change.files)
        memory.save(directory(tmp_path, memory=memory).change.files)
    assert known is not None


SAID = st.lists(
    st.sampled_from(
        ["import", "from", "require", "package", "(", ")", "{", "}", "\n", " ", "x", "9", "_", "import (\n", "é"]
    ),
    max_size=40,
).map("".join)


@given(SAID)
def test_the_words_of_imports_are_those_of_a_search_through_the_whole_text(text: str) -> None:
    words = {word for line in memory_module._IMPORTS.finditer(text) for word in memory_module._WORD.findall(line[0])}
    assert asks("a.py", text) == tuple(sorted(words))
