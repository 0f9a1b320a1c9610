"""The compiled database rests in the cache; only what this user wrote, whole and fitting, ever reaches native code."""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import hyperscan
import pytest

from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.secrets import database as databases
from clearance.scan.secrets.database import open_engine
from clearance.scan.secrets.family import SecretsFamily
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter
from clearance.scan.secrets.probe import Confidence, Disguise, Expression, Found, Probe, Sheet
from clearance.stores.cache import FileCache


class Held(dict[str, bytes]):
    """A cache in memory, which checks nothing."""

    def put(self, key: str, data: bytes) -> None:
        self[key] = data


@pytest.fixture
def few(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return rules[:4]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done: `load` when bytes went to native code, `compile` when a database was compiled."""
    done: list[str] = []
    load, compiled = HyperscanPrefilter.load, HyperscanPrefilter.compile

    def loading(*given: Any) -> Any:
        done.append("load")
        return load(*given)

    def compiling(*given: Any) -> Any:
        done.append("compile")
        return compiled(*given)

    monkeypatch.setattr(HyperscanPrefilter, "load", loading)
    monkeypatch.setattr(HyperscanPrefilter, "compile", compiling)
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entry(folder: Path) -> Path:
    [file] = folder.glob("*.entry")
    return file


def test_the_first_start_compiles_and_the_next_loads(folder: Path, few: tuple[Rule, ...], told: list[str]) -> None:
    for _ in range(3):
        open_engine(few, FileCache(folder))
    assert told == ["compile", "load", "load"]


@pytest.mark.parametrize("place", [0, 31, 32, 400, -2000, -1])
def test_a_changed_file_never_reaches_native_code(place: int, folder: Path, few: tuple[Rule, ...], told: list[str]) -> None:
    open_engine(few, FileCache(folder))
    data = bytearray(entry(folder).read_bytes())
    data[place] ^= 1
    entry(folder).write_bytes(data)
    open_engine(few, FileCache(folder))
    assert told == ["compile", "compile"]
    open_engine(few, FileCache(folder))
    assert told == ["compile", "compile", "load"]


def test_a_file_that_others_may_write_is_not_loaded(folder: Path, few: tuple[Rule, ...], told: list[str]) -> None:
    open_engine(few, FileCache(folder))
    entry(folder).chmod(0o620)
    open_engine(few, FileCache(folder))
    assert told == ["compile", "compile"]


def test_a_key_that_others_may_read_vouches_for_nothing(folder: Path, few: tuple[Rule, ...], told: list[str]) -> None:
    open_engine(few, FileCache(folder))
    (folder / "key").chmod(0o644)
    open_engine(few, FileCache(folder))
    open_engine(few, FileCache(folder))
    assert told == ["compile", "compile", "load"]


def test_another_users_files_are_not_loaded(
    folder: Path, few: tuple[Rule, ...], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_engine(few, FileCache(folder))
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    open_engine(few, FileCache(folder))
    assert told == ["compile", "compile"]


def test_a_cache_that_checks_nothing_is_not_trusted(few: tuple[Rule, ...], told: list[str]) -> None:
    """The library has a sum of its own."""
    kept = Held()
    open_engine(few, kept)
    ((key, data),) = kept.items()
    kept[key] = data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
    open_engine(few, kept)
    assert told == ["compile", "load", "compile"]
    assert kept[key] == data


def test_a_database_that_the_library_refuses_is_compiled_anew(
    few: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Held()
    open_engine(few, kept)

    def refuse(*_: object) -> None:
        raise hyperscan.DatabasePlatformError

    monkeypatch.setattr(hyperscan, "loadb", refuse)
    assert isinstance(open_engine(few, kept).prefilter, HyperscanPrefilter)


def test_what_other_code_of_ours_compiled_is_compiled_anew(
    few: tuple[Rule, ...], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Held()
    open_engine(few, kept)
    toy = Disguise("toy", (Expression("toytoytoy"),), (b"toy",), 16, lambda *_: None)
    monkeypatch.setattr(databases, "code_stamp", lambda: "other")
    monkeypatch.setattr(databases, "disguise_makers", lambda _: (lambda: toy,))
    assert tuple(open_engine(few, kept).disguises) == (toy,)
    open_engine(few, kept)
    assert told == ["compile", "compile", "load"]


def test_a_disguise_is_made_when_it_has_its_first_place(few: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def maker(name: str) -> Disguise:
        made.append(name)
        return Disguise(name, (Expression(name * 3),), (name.encode(),), 16, lambda *_: None)

    monkeypatch.setattr(databases, "disguise_makers", lambda _: (lambda: maker("abc"), lambda: maker("xyz")))
    kept = Held()
    open_engine(few, kept)
    assert made == ["abc", "xyz"]
    engine = open_engine(few, kept)
    assert made == ["abc", "xyz"]
    for _ in range(2):
        engine.search(Sheet("a", b"- xyzxyzxyz", None), Budget(9))
        assert made == ["abc", "xyz", "xyz"]


def look(rules: tuple[Rule, ...], folder: str, text: str, found: Any) -> None:
    """What a process of its own does: start, look, tell."""
    family = SecretsFamily(rules, FileCache(Path(folder)))
    family.start(None)  # type: ignore[arg-type]  # the family asks for no contents
    data = text.encode()
    decoded = decode(data)
    assert decoded is not None
    seen = family.look(View("a.py", "after", data, decoded), Budget(60))
    found.put([(one.rule, one.start, one.end) for one in seen if isinstance(one, Match)])


def test_processes_that_start_at_once_do_not_disturb_each_other(
    folder: Path, rules: tuple[Rule, ...], make: Any, told: list[str]
) -> None:
    text = f'token = "{"ghp_" + make.alnum(36)}"\nuser_password = "{make.password()}"\n'
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    workers = [context.Process(target=look, args=(rules, str(folder), text, found)) for _ in range(3)]
    for worker in workers:
        worker.start()
    first, *others = [found.get() for _ in workers]
    for worker in workers:
        worker.join(60)
    assert first
    assert all(other == first for other in others)
    open_engine(rules, FileCache(folder))
    assert told == ["load"]
    assert not list(folder.glob("*.tmp"))


def test_expressions_for_some_languages_rest_in_databases_of_their_own(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = frozenset({"shell", None})
    toy = Disguise("toy", (Expression("toytoytoy"), Expression("toy2", languages=shell)), (b"toy",), 16, lambda *_: None)
    monkeypatch.setattr(databases, "disguise_makers", lambda _: (lambda: toy,))
    kept = Held()
    for _ in range(2):
        prefilter = open_engine((), kept).prefilter
        assert isinstance(prefilter, HyperscanPrefilter)
        assert [languages for languages, _ in prefilter._databases] == [None, shell]
        found = {
            language: [list(places) for _, places in prefilter.places(Sheet("a", b"toy2 toytoytoy", language), Budget(9))]
            for language in ("shell", "python")
        }
        assert found == {"shell": [[0, 5, 8, 11]], "python": [[0, 5, 8, 11]]}
        assert not prefilter.places(Sheet("a", b"toy2", "python"), Budget(9))
    assert told == ["compile", "load"]


def test_an_expression_that_the_library_refuses_is_looked_for_by_its_keywords() -> None:
    def judge(sheet: Sheet, at: int) -> Found | None:
        return Found(at, at + 3, "toy", 0, Confidence.HIGH) if sheet.data.startswith(b"key", at) else None

    huge = Probe("toy", (Expression("key(?:[a-z]{900}[0-9]{900}){900}"), Expression("key[0-9]")), (b"key",), 8, judge)
    prefilter = HyperscanPrefilter.compile((huge,))
    sheet = Sheet("a", b"KEY key", None)
    ours = [(number, list(places)) for number, places in prefilter.places(sheet, Budget(9))]
    theirs = [(number, list(places)) for number, places in KeywordPrefilter((huge,)).places(sheet, Budget(9))]
    assert ours == theirs == [(0, [0, 4])]
