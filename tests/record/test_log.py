import base64
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clearance.attest.keyring import KeyRing
from clearance.facts.entry import Inspection, Sealed
from clearance.facts.errors import BadSignature, LogTampered, SigningError, StoreError, UsageError
from clearance.record.log import Log
from clearance.record.merkle import leaf_hash, verify_inclusion
from clearance.record.note import open_checkpoint
from clearance.record.tiles import HASH
from clearance.stores.memory_log import MemoryPins, MemoryStore


def copy_of(furnished: Any, bodies: dict[str, bytes], pins: MemoryPins | None = None) -> Log:
    """The same log over other bodies, with the pins of the original unless others are given."""
    store = MemoryStore()
    store.bodies = bodies
    ring = KeyRing(furnished.decisions, furnished.checkpoints)
    return Log(store, furnished.checkpoints, ring, furnished.pins if pins is None else pins)


def changed(furnished: Any, name: str, change: Callable[[bytes], bytes]) -> Inspection:
    bodies = dict(furnished.store.bodies)
    bodies[name] = change(bodies[name])
    return copy_of(furnished, bodies).inspect()


def flip(at: int, bit: int = 0) -> Callable[[bytes], bytes]:
    return lambda body: body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1 :]


def place_of(name: str) -> str:
    kind, _, rest = name.partition("/")
    return {"entry": f"entry {int(rest or 0)}" if kind == "entry" else "", "evidence": f"evidence {rest}"}.get(kind, name)


def test_what_was_appended_is_there(furnished: Any) -> None:
    sealed = [furnished.sealed(number) for number in range(3)]
    first = furnished.log.append(*sealed[0])
    rest = furnished.log.extend(sealed[1:])
    assert [first.index, *(entry.index for entry in rest)] == [0, 1, 2]
    assert list(furnished.log.entries()) == [first, *rest]
    assert list(furnished.log.entries(2)) == [rest[1]]
    for entry, (bundle, evidence, _) in zip(furnished.log.entries(), sealed, strict=True):
        assert (entry.sealed, entry.leaf) == (bundle, leaf_hash(bundle.leaf).hex())
        assert hashlib.sha256(entry.payload).hexdigest() == entry.digest
        for name, body in evidence.items():
            assert furnished.log.evidence(name) == body
            assert name in json.loads(entry.payload)["predicate"]["evidence"]
    found = furnished.log.verify()
    assert (found.size, found.seen, found.problems) == (3, 3, ())
    assert [(use.key, use.entries) for use in found.keys] == [(furnished.decisions.public().id, 3)]


def test_an_empty_log_is_empty(furnished: Any) -> None:
    assert furnished.log.size() == 0
    assert list(furnished.log.entries()) == []
    assert furnished.log.extend([]) == ()
    assert furnished.store.bodies == {}
    found = furnished.log.verify()
    assert (found.origin, found.size, found.problems) == ("", 0, ())
    with pytest.raises(UsageError):
        furnished.log.prove(0)
    with pytest.raises(UsageError):
        furnished.log.evidence("0" * 64)


def every_byte(furnished: Any) -> Iterator[tuple[str, int]]:
    for name, body in sorted(furnished.store.bodies.items()):
        step = 9 if name.startswith("evidence/") else 1
        yield from ((name, at) for at in range(0, len(body), step))


def test_every_changed_byte_of_a_small_log_is_found_where_it_is(small: Any) -> None:
    shapes: set[str] = set()
    for number, (name, at) in enumerate(every_byte(small)):
        problems = changed(small, name, flip(at, number % 8)).problems
        assert problems, f"byte {at} of {name}"
        assert place_of(name) in {problem.where for problem in problems}, (name, at, problems)
        assert len(problems) == 1, (name, at, problems)
        if name.startswith("tile/"):
            assert f"hash {at // HASH} " in problems[0].what
        shapes.add(name.partition("/")[0])
    assert shapes == {"checkpoint", "entry", "evidence", "tile"}


def test_changed_bytes_of_a_log_over_several_tiles_are_found_where_they_are(large: Any) -> None:
    names = sorted(large.store.bodies)
    assert {name for name in names if name.startswith("tile/")} == {"tile/0/000", "tile/0/001", "tile/1/000"}
    luck = random.Random(20261122)
    chosen = [f"entry/{index:012d}" for index in (0, 254, 255, 256, 257, 299)]
    chosen += ["tile/0/000", "tile/0/000", "tile/0/001", "tile/1/000", "tile/1/000", "checkpoint"]
    for name in chosen:
        at = luck.randrange(len(large.store.bodies[name]))
        problems = changed(large, name, flip(at, luck.randrange(8))).problems
        assert [problem.where for problem in problems][:1] == [place_of(name)], (name, at, problems)
        assert len(problems) == 1, (name, at, problems)


@pytest.mark.parametrize("index", [0, 100, 255, 256, 299])
def test_a_missing_entry_is_named(large: Any, index: int) -> None:
    bodies = dict(large.store.bodies)
    del bodies[f"entry/{index:012d}"]
    problems = copy_of(large, bodies).inspect().problems
    assert (problems[0].where, problems[0].what) == (f"entry {index}", "missing")
    assert len(problems) == 1


def test_a_run_of_missing_entries_is_one_problem(large: Any) -> None:
    bodies = {
        name: body for name, body in large.store.bodies.items() if not "entry/000000000100" <= name < "entry/000000000298"
    }
    problems = copy_of(large, bodies).inspect().problems
    assert [p.where for p in problems if p.where.startswith("entr")] == ["entries 100 to 297"]


def test_every_missing_row_is_found(small: Any) -> None:
    for name in small.store.bodies:
        bodies = dict(small.store.bodies)
        del bodies[name]
        problems = copy_of(small, bodies).inspect().problems
        assert place_of(name) in {problem.where for problem in problems}, name


@pytest.mark.parametrize(
    "name",
    [
        "entry/000000000003",
        "entry/000000000099",
        "entry/4294967295",
        "entry/999999999999",
        "entry/00000000000x",
        "entry/٠٠٠٠٠٠٠٠٠٠٠٠",
        "evidence/" + "0" * 64,
        "tile/0/001",
        "tile/1/000",
        "tile/",
        "anything",
        "zz\n",
    ],
)
def test_a_row_that_nobody_signed_is_found(small: Any, name: str) -> None:
    bodies = dict(small.store.bodies) | {name: b"planted"}
    assert copy_of(small, bodies).inspect().problems


def test_two_entries_that_changed_places_are_found(small: Any) -> None:
    bodies = dict(small.store.bodies)
    names = ("entry/000000000000", "entry/000000000002")
    bodies[names[0]], bodies[names[1]] = bodies[names[1]], bodies[names[0]]
    assert [problem.where for problem in copy_of(small, bodies).inspect().problems] == ["entry 0", "entry 2"]


def rebuilt(furnished: Any, numbers: list[int]) -> dict[str, bytes]:
    """A log with other content that is well formed and signed with the same keys, under the same name."""
    other = copy_of(furnished, {}, MemoryPins())
    origin = open_checkpoint(furnished.store.bodies["checkpoint"], furnished.checkpoints.known()).origin
    patch = pytest.MonkeyPatch()
    with patch.context() as held:
        held.setattr("clearance.record.growth.secrets.token_hex", lambda _: origin.partition("/")[2])
        other.extend([furnished.sealed(number) for number in numbers])
    return other._store.bodies


def test_a_log_that_was_cut_back_is_found_although_its_signatures_fit(small: Any) -> None:
    earlier = rebuilt(small, [0, 1])
    alone = copy_of(small, earlier, MemoryPins()).inspect()
    assert alone.problems == ()  # nothing in the log itself tells
    log = copy_of(small, dict(earlier))
    assert "cut back: it holds 2 entries, and 3 were seen" in log.inspect().problems[0].what
    with pytest.raises(LogTampered, match="cut back"):
        log.append(*small.sealed(9))


def test_a_log_that_was_rewritten_is_found_although_its_signatures_fit(small: Any) -> None:
    log = copy_of(small, rebuilt(small, [0, 7, 2, 3]))
    assert "rewritten" in log.inspect().problems[0].what
    with pytest.raises(LogTampered, match="rewritten"):
        log.append(*small.sealed(9))


def test_a_log_that_was_replaced_or_removed_is_found(furnished: Any) -> None:
    furnished.fill(2)
    other = copy_of(furnished, {}, MemoryPins())
    other.extend([furnished.sealed(8)])
    assert "replaced" in copy_of(furnished, other._store.bodies).inspect().problems[0].what
    assert "replaced" in copy_of(furnished, {}).inspect().problems[0].what
    with pytest.raises(LogTampered) as told:
        copy_of(furnished, {}).verify()
    assert told.value.where == "log"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("checkpoint", flip(40)),
        ("checkpoint", lambda _: b""),
        ("tile/0/000", flip(70)),
        ("tile/0/000", lambda body: body + bytes(32)),
    ],
)
def test_nothing_is_signed_on_top_of_a_broken_log(small: Any, name: str, change: Callable[[bytes], bytes]) -> None:
    bodies = dict(small.store.bodies)
    bodies[name] = change(bodies[name])
    for pins in (None, MemoryPins()):  # also where nothing was seen before
        with pytest.raises(LogTampered):
            copy_of(small, dict(bodies), pins).append(*small.sealed(5))
    del bodies["checkpoint"]
    with pytest.raises(LogTampered, match="checkpoint is missing"):
        copy_of(small, dict(bodies)).append(*small.sealed(5))
    with pytest.raises(LogTampered, match="checkpoint is missing"):
        copy_of(small, dict(bodies)).size()


def test_a_tile_and_its_entry_changed_together_are_found(large: Any) -> None:
    bodies = dict(large.store.bodies)
    sealed = large.sealed(999)
    bodies["entry/000000000010"] = sealed.sealed.leaf
    tile = bytearray(bodies["tile/0/000"])
    tile[10 * HASH : 11 * HASH] = leaf_hash(sealed.sealed.leaf)
    bodies["tile/0/000"] = bytes(tile)
    wheres = [problem.where for problem in copy_of(large, bodies).inspect().problems]
    assert wheres[0] == "log"
    assert "tile/1/000" in wheres


def test_a_foreign_key_vouches_for_nothing(furnished: Any, small: Any) -> None:
    with pytest.raises(BadSignature, match="not known here"):
        furnished.log.append(*small.sealed(1))
    ring = KeyRing(furnished.decisions, furnished.checkpoints)
    stranger = Log(small.store, furnished.checkpoints, ring, MemoryPins())
    wheres = [problem.where for problem in stranger.inspect().problems]
    assert {"checkpoint", "entry 0", "entry 1", "entry 2"} <= set(wheres)
    pems = [small.decisions.public().pem.encode(), small.checkpoints.public().pem.encode()]
    assert stranger.verify(*pems).size == 3
    with pytest.raises(SigningError, match="not a public key"):
        stranger.verify(b"nonsense")


def test_entries_of_a_retired_key_still_verify_and_later_ones_do_not(furnished: Any) -> None:
    furnished.fill(1)
    old = furnished.decisions._key, furnished.decisions._public
    furnished.decisions.rotate()
    furnished.checkpoints.rotate()
    furnished.fill(1, start=1)
    found = furnished.log.verify()
    assert len(found.keys) == 2
    new = furnished.decisions._key, furnished.decisions._public
    for late, problems in ((timedelta(minutes=5), 0), (timedelta(hours=1), 1)):
        furnished.decisions._key, furnished.decisions._public = old
        from_old = furnished.sealed(2, at=late_by(late))
        furnished.decisions._key, furnished.decisions._public = new
        furnished.log.append(*from_old)
        assert len(furnished.log.inspect().problems) == problems
    assert "retired" in furnished.log.inspect().problems[0].what


def late_by(delta: timedelta) -> datetime:
    return datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC) + delta


def test_evidence_must_be_what_the_statement_names(furnished: Any) -> None:
    sealed = furnished.sealed(1)
    other = furnished.sealed(2)
    for evidence in ({}, other.evidence, {**sealed.evidence, **other.evidence}, dict.fromkeys(sealed.evidence, b"")):
        with pytest.raises(ValueError, match="evidence"):
            furnished.log.append(sealed.sealed, evidence)
    assert furnished.log.size() == 0
    furnished.log.append(*sealed)
    furnished.log.append(furnished.sealed(1, at=late_by(timedelta(seconds=1))).sealed, {})  # held already
    assert furnished.log.verify().evidence == len(sealed.evidence)


def test_a_damaged_body_is_not_given_out(small: Any) -> None:
    name = next(name for name in small.store.bodies if name.startswith("evidence/"))
    bodies = dict(small.store.bodies) | {name: b"other"}
    with pytest.raises(LogTampered):
        copy_of(small, bodies).evidence(name.partition("/")[2])


def test_an_entry_too_large_for_a_bundle_is_refused(furnished: Any) -> None:
    with pytest.raises(StoreError, match="65536 bytes"):
        furnished.log.append(Sealed(leaf=b"x" * 65_536), {})


def test_inclusion_proofs_lead_to_the_checkpoint(large: Any) -> None:
    note = large.store.bodies["checkpoint"]
    head = open_checkpoint(note, large.checkpoints.known())
    for index in (0, 255, 256, 299):
        text, _, rest = large.log.prove(index).partition(b"\n\n")
        lines = text.decode().split("\n")
        assert lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"]
        assert rest == note
        path = [base64.b64decode(line) for line in lines[2:]]
        verify_inclusion(leaf_hash(large.store.bodies[f"entry/{index:012d}"]), index, 300, path, head.root)
    with pytest.raises(UsageError):
        large.log.prove(300)


def test_an_export_grows_through_no_link(small: Any, tmp_path: Path) -> None:
    whole, away = tmp_path / "log", tmp_path / "away"
    small.log.export(whole)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (whole / "README.md").unlink()
    (whole / "README.md").symlink_to(victim)
    (whole / ".README.md.new").symlink_to(victim)
    small.log.export(whole)
    assert victim.read_text() == "mine"
    assert not (whole / "README.md").is_symlink()
    (whole / "keys").rename(away)
    (whole / "keys").symlink_to(away)
    for name in away.iterdir():
        name.write_text("mine")
    with pytest.raises(UsageError, match="a link lies on the way"):
        small.log.export(whole)
    assert {name.read_text() for name in away.iterdir()} == {"mine"}


def test_an_export_needs_an_empty_directory_and_a_sound_log(small: Any, tmp_path: Path) -> None:
    small.log.export(tmp_path / "new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_bytes(b"1")
    with pytest.raises(UsageError, match="not empty"):
        small.log.export(tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["precious"]
    bodies = dict(small.store.bodies)
    bodies["entry/000000000001"] += b" "
    with pytest.raises(LogTampered) as told:
        copy_of(small, bodies).export(tmp_path / "broken")
    assert told.value.where == "entry 1"
    assert not (tmp_path / "broken").exists()
