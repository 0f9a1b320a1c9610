"""The file of a data pack: what is not as it was signed is refused or never read."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.layout import HEAD, MAGIC, Part, read_head, write_pack
from clearance.scan.packages.pack.opened import Pack, PackRefused, Place, open_pack
from clearance.scan.packages.pack.sections import PackFile, join, split
from scan.packages.pack import toy

RECORDS = [
    toy.record("flask", events=[{"introduced": "0"}, {"fixed": "2.0"}], aliases=["CVE-2026-1"]),
    toy.record("evil", id="MAL-2026-1", versions=["1.0"]),
    toy.record("bad-thing", id="MAL-2026-2", ecosystem="npm", events=[{"introduced": "0"}]),
]
QUESTIONS: list[Callable[[Pack], object]] = [
    lambda pack: (pack.date, pack.sources, pack.date_of("names", Registry.NPM), pack.count(Registry.PYPI)),
    lambda pack: [pack.has(Registry.PYPI, name) for name in ("flask", "requests", "made-up", "Old_Thing")],
    lambda pack: [pack.has(Registry.NPM, name) for name in ("lodash", "@types/node", "left")],
    lambda pack: pack.has_scope("@types"),
    lambda pack: [pack.popularity(Registry.PYPI, name) for name in ("flask", "requests", "old-thing")],
    lambda pack: [pack.popularity(Registry.NPM, name) for name in ("lodash", "rare")],
    lambda pack: (pack.targets(Registry.PYPI), pack.targets(Registry.NPM)),
    lambda pack: (pack.likeness(Registry.PYPI), pack.likeness(Registry.NPM)),
    lambda pack: (pack.distributions_of("yaml"), pack.provides_module("attr")),
    lambda pack: (pack.watched(Registry.PYPI, "made-up-name"), pack.watched(Registry.NPM, "made-up-name")),
    lambda pack: (pack.malicious(Registry.PYPI, "evil"), pack.malicious(Registry.NPM, "bad-thing")),
    lambda pack: pack.advisories(Registry.PYPI, "flask", "1.0"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("pack")
    made = toy.parts(folder, *RECORDS, kev=["CVE-2026-1"], epss={"CVE-2026-1": 0.5})
    return write_pack(made, toy.MADE, "a test", toy.signing())


@pytest.fixture(scope="module")
def answers(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    pack = open_pack(toy.place(tmp_path_factory.mktemp("whole"), whole))
    return [ask(pack) for ask in QUESTIONS]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_refused_or_changes_nothing(
    whole: bytes, answers: list[object], tmp_path_factory: object, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    _same_or_refused(bytes(changed), whole, answers, tmp_path_factory.mktemp("flip"))  # type: ignore[attr-defined]


def test_every_byte_of_the_head_counts(whole: bytes, answers: list[object], tmp_path: Path) -> None:
    end = HEAD.size + len(read_head(lambda at, size: whole[at : at + size], len(whole)).manifest)
    for at in [*range(HEAD.size), *random.Random(0).sample(range(HEAD.size, end), 200)]:
        changed = bytearray(whole)
        changed[at] ^= 0x20
        _same_or_refused(bytes(changed), whole, answers, tmp_path)


def _same_or_refused(changed: bytes, whole: bytes, answers: list[object], folder: Path) -> None:
    trusted = toy.place(folder, whole)
    trusted.path.write_bytes(changed)
    for ask, answer in zip(QUESTIONS, answers, strict=True):
        try:
            said = ask(open_pack(trusted))
        except PackRefused:
            continue
        assert said == answer


@settings(max_examples=100, deadline=None)
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_pack_that_is_cut_off_is_refused(whole: bytes, tmp_path_factory: object, part: float) -> None:
    trusted = toy.place(tmp_path_factory.mktemp("cut"), whole)  # type: ignore[attr-defined]
    trusted.path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(PackRefused):
        open_pack(trusted)


def test_more_than_the_manifest_tells_is_refused(whole: bytes, tmp_path: Path) -> None:
    trusted = toy.place(tmp_path, whole)
    trusted.path.write_bytes(whole + b"\0")
    with pytest.raises(PackRefused, match="holds more"):
        open_pack(trusted)


def test_a_pack_for_a_newer_version_says_so(whole: bytes, tmp_path: Path) -> None:
    trusted = toy.place(tmp_path, whole)
    trusted.path.write_bytes(MAGIC + (2).to_bytes(4, "big") + whole[12:])
    with pytest.raises(PackRefused, match="made for a newer version of clearance"):
        open_pack(trusted)


def test_another_pack_than_the_one_that_was_verified_is_refused(whole: bytes, tmp_path: Path) -> None:
    trusted = toy.place(tmp_path, whole)
    other = write_pack([Part("watched", b"", toy.TODAY, 0)], toy.MADE, "somebody else", toy.signing())
    trusted.path.write_bytes(other)
    with pytest.raises(PackRefused, match="not the one whose signature was verified"):
        open_pack(trusted)


def test_a_file_that_is_replaced_or_cut_off_while_it_is_open_changes_nothing_that_was_read(
    whole: bytes, tmp_path: Path
) -> None:
    trusted = toy.place(tmp_path, whole)
    pack = open_pack(trusted)
    assert pack.has(Registry.PYPI, "flask")
    trusted.path.write_bytes(b"")
    assert pack.has(Registry.PYPI, "requests")
    with pytest.raises(PackRefused):
        pack.has(Registry.NPM, "lodash")


@pytest.mark.parametrize("problem", ["it is not there", "the clock is wrong"])
def test_a_place_with_a_problem_is_not_opened(tmp_path: Path, problem: str) -> None:
    with pytest.raises(PackRefused, match=problem):
        open_pack(Place(path=tmp_path / "x.pack", digest="", problem=problem))


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.pack"):
        with pytest.raises(PackRefused):
            open_pack(Place(path=path, digest="0" * 64))


def test_a_place_is_small_and_travels(tmp_path: Path, whole: bytes) -> None:
    import pickle

    one = toy.place(tmp_path, whole)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301
    assert len(pickle.dumps(one)) < 1_000


def test_the_same_parts_time_and_key_give_the_same_bytes(tmp_path: Path) -> None:
    made, sign = toy.parts(tmp_path, *RECORDS), toy.signing()
    assert write_pack(made, toy.MADE, "x", sign) == write_pack(made[::-1], toy.MADE, "x", sign)


BAD = [
    ("a section twice", lambda told: [told[0], told[0]]),
    ("a gap between sections", lambda told: [told[0], {**told[1], "offset": told[1]["offset"] + 1}]),
    ("a section before its time", lambda told: [told[0], {**told[1], "offset": 0}]),
    ("a negative size", lambda told: [{**told[0], "size": -1}, *told[1:]]),
    ("an endless size", lambda told: [told[0], {**told[1], "size": 1 << 60}]),
    ("an unknown field", lambda told: [{**told[0], "more": 1}, *told[1:]]),
    ("a day that is none", lambda told: [{**told[0], "date": "2026-13-01"}, *told[1:]]),
]


@pytest.mark.parametrize(("what", "change"), BAD, ids=[what for what, _ in BAD])
def test_manifests_that_cannot_be_right(
    what: str, change: Callable[[list[dict[str, object]]], object], tmp_path: Path
) -> None:
    day = toy.TODAY
    data = write_pack([Part("a", b"12", day, 1), Part("b", b"34", day, 1)], toy.MADE, "x", toy.signing())
    head = read_head(lambda at, size: data[at : at + size], len(data))
    told = msgspec.json.decode(head.manifest)
    told["sections"] = change(told["sections"])
    manifest = msgspec.json.encode(told)
    bad = HEAD.pack(MAGIC, 1, len(manifest), bytes(32), bytes(64)) + manifest + b"1234"
    with pytest.raises(PackRefused):
        read_head(lambda at, size: bad[at : at + size], len(bad))


def test_a_section_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    empty = write_pack([], toy.MADE, "x", toy.signing())
    assert PackFile(toy.place(tmp_path, empty)).bytes_of("names.pypi") == b""
    pack = open_pack(toy.place(tmp_path, empty))
    assert pack.date == dt.date(2026, 11, 22)
    assert not pack.lists(Registry.PYPI)
    assert not pack.has(Registry.PYPI, "flask")
    assert not pack.provides_module("yaml")
    assert pack.advisories(Registry.PYPI, "flask", "1.0").silent == "the data pack of 2026-11-22 has none for PyPI"


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_pieces_come_back_as_they_went(pieces: list[bytes]) -> None:
    assert [bytes(piece) for piece in split(join(pieces))] == pieces
