"""A witness never signs a log that was cut back or rewritten, whatever it is sent."""

import base64
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import StoreError
from clearance.record.cosignature import cosigned_at
from clearance.record.merkle import EMPTY
from clearance.record.note import sign_checkpoint
from clearance.record.proof import ConsistencyProof, consistency_file
from clearance.record.quorum import Group, PolicyWitness, QuorumPolicy, standing_of
from clearance.record.signed import read_signed
from clearance.record.witness import PLAIN, SIZE, Answer, Witness
from clearance.stores.private import PrivateFolder
from clearance.stores.witnessed import WitnessFolder
from record.witnesses import NOON, ORIGIN, Branch, Dishonest, Honest, log_key, signature_in, signer

FIVE = Branch().grown(5, "a")
NINE = FIVE.grown(4, "a")
OTHER = FIVE.grown(4, "b")


def test_it_cosigns_the_first_checkpoint_that_it_sees_and_each_one_that_continues_it() -> None:
    honest = Honest("w")
    for branch in (FIVE, NINE, NINE, NINE.grown(300, "a")):
        line = honest.ask(branch)
        assert line is not None
        assert cosigned_at(read_signed(branch.note).text, line, honest.key) == NOON
        assert honest.memory.heads[ORIGIN] == branch.head


def knowing(branch: Branch) -> Honest:
    """A witness that cosigned a branch."""
    honest = Honest("w")
    assert honest.ask(branch)
    return honest


def edited(body: bytes, old: bytes, new: bytes) -> bytes:
    assert body.count(old) >= 1
    return body.replace(old, new, 1)


def proof(old: int, branch: Branch, *steps: bytes) -> bytes:
    return consistency_file(ConsistencyProof(old, steps, branch.note))


BASE = NINE.request(5)
ROOT = base64.b64encode(NINE.head.root)
STEP = BASE.split(b"\n")[1]
EM = "— ".encode()
ROWS: list[tuple[str, bytes, int, bytes, str]] = [
    ("the next checkpoint", BASE, 200, b"\xe2\x80\x94 w.example/w ", PLAIN),
    ("the same one again, from its own size", FIVE.request(5), 200, b"\xe2\x80\x94 w.example/w ", PLAIN),
    ("an older size than it knows", NINE.request(3), 409, b"5\n", SIZE),
    ("size zero, to learn what it knows", NINE.request(0), 409, b"5\n", SIZE),
    ("a newer size than it knows", NINE.grown(4, "a").request(9), 409, b"5\n", SIZE),
    ("a log that was cut back", FIVE.cut(4).request(4), 409, b"5\n", SIZE),
    ("an old size above the checkpoint's", proof(9, FIVE), 400, b"the old size is larger", PLAIN),
    ("the same size with another root", FIVE.cut(4).grown(1, "x").request(5), 409, b"5\n", SIZE),
    ("another future, with a proof of its own", OTHER.cut(4).grown(5, "c").request(5), 422, b"the consistency proof", PLAIN),
    ("no proof where one is needed", proof(5, NINE), 422, b"the consistency proof", PLAIN),
    ("a proof with one step too many", edited(BASE, STEP, STEP + b"\n" + STEP), 422, b"the consistency proof", PLAIN),
    ("a proof where none is needed", proof(5, FIVE, bytes(32)), 422, b"the consistency", PLAIN),
    ("another log", Branch((b"x",), "log", "other.example/1").request(0), 404, b"this log is not one", PLAIN),
    ("a stranger's signature", Branch((b"x",), "stranger").request(0), 403, b"no known key of the log", PLAIN),
    ("a size that was edited", edited(BASE, b"\n9\n", b"\n10\n"), 403, b"the signature of the log does not fit", PLAIN),
    ("a root that was edited", edited(BASE, ROOT, base64.b64encode(bytes(32))), 403, b"the signature of the log", PLAIN),
    ("nothing", b"", 400, b"the request has no empty line", PLAIN),
    ("no old size", b"\n\n" + NINE.note, 400, b"the old size line", PLAIN),
    ("an old size with a zero before it", edited(BASE, b"old 5", b"old 05"), 400, b"the old size line", PLAIN),
    ("an old size below zero", edited(BASE, b"old 5", b"old -5"), 400, b"the old size line", PLAIN),
    ("an old size beyond 63 bits", edited(BASE, b"old 5", b"old 9223372036854775808"), 400, b"the old size line", PLAIN),
    ("an old size with a space more", edited(BASE, b"old 5", b"old  5"), 400, b"the old size line", PLAIN),
    ("a proof that is not base64", edited(BASE, STEP, b"*" * 44), 400, b"a line of the consistency proof", PLAIN),
    ("a proof with a short hash", edited(BASE, STEP, b"AAAA"), 400, b"a hash of the consistency proof", PLAIN),
    ("a proof of 64 lines", b"old 5\n" + b"\n".join([STEP] * 64) + b"\n\n" + NINE.note, 400, b"64 lines", PLAIN),
    ("lines that are not ASCII", "old ٥\n\n".encode() + NINE.note, 400, b"the lines before the checkpoint", PLAIN),
    ("no signature line", BASE.rpartition(b"\n\n")[0] + b"\n\n", 400, b"0 signature lines", PLAIN),
    ("a signature line without a dash", edited(BASE, EM, b"- "), 400, b"a signature line does not begin", PLAIN),
    ("a signature that is not base64", BASE[:-4] + b"*==\n", 400, b"the signature in a signature line", PLAIN),
    ("a note without an end", BASE[:-1], 400, b"the note has no empty line", PLAIN),
    ("a size that is a word", edited(BASE, b"\n9\n", b"\nnine\n"), 400, b"the size is not", PLAIN),
    ("a size with a zero before it", edited(BASE, b"\n9\n", b"\n09\n"), 400, b"the size is not", PLAIN),
    ("a root of 31 bytes", edited(BASE, ROOT, base64.b64encode(bytes(31))), 400, b"the root hash is 31 bytes", PLAIN),
    ("a root that is not base64", edited(BASE, ROOT, b"!" * 44), 400, b"the root hash is not base64", PLAIN),
    ("an empty extension line", edited(BASE, ROOT + b"\n", ROOT + b"\n\n\n"), 400, b"a checkpoint has three lines", PLAIN),
    ("a control character", edited(BASE, ORIGIN.encode(), ORIGIN.encode() + b"\x07"), 400, b"a control character", PLAIN),
    ("bytes that are not UTF-8", edited(BASE, ORIGIN.encode(), b"\xff"), 400, b"the note is not UTF-8", PLAIN),
    ("a request that is too long", BASE + b"x" * 80_000, 400, b"the request is longer", PLAIN),
    ("a note that is too long", BASE + b"x" * 66_000, 400, b"the note is longer", PLAIN),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "begins", "media"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_witness_of_five_entries_answers_each_request_as_the_protocol_says(
    sent: bytes, status: int, begins: bytes, media: str
) -> None:
    honest = knowing(FIVE)
    answer = honest.witness.add_checkpoint(sent)
    assert (answer.status, answer.media) == (status, media), answer
    assert answer.body.startswith(begins), answer.body
    known = NINE if status == 200 and sent == BASE else FIVE
    assert honest.memory.heads[ORIGIN] == known.head


def test_a_fork_that_the_log_signed_is_kept_as_evidence() -> None:
    honest = knowing(FIVE)
    other = FIVE.cut(4).grown(1, "x")
    assert honest.witness.add_checkpoint(other.request(5)).status == 409
    assert honest.memory.accused == [other.note]


def test_an_unknown_signature_beside_the_logs_own_is_passed_over_and_one_by_its_key_must_fit() -> None:
    note = read_signed(NINE.note)
    stranger = read_signed(Branch((b"x",), "stranger").note).signatures[0]
    more = note._replace(signatures=(stranger, *note.signatures))
    assert knowing(FIVE).witness.add_checkpoint(BASE.replace(NINE.note, more.note)).status == 200
    own = note.signatures[0]
    forged = note._replace(signatures=(own, own._replace(value=bytes(64))))
    assert knowing(FIVE).witness.add_checkpoint(BASE.replace(NINE.note, forged.note)).status == 403


def test_a_log_may_have_two_keys_and_extension_lines() -> None:
    honest = Honest("w")
    keys = [log_key("older"), log_key()]
    witness = Witness("w.example/w", signer("w"), keys, honest.memory, lambda: NOON)
    assert witness.add_checkpoint(Branch(FIVE.leaves, "older").request(0)).status == 200
    assert witness.add_checkpoint(NINE.request(5)).status == 200


def test_an_empty_log_has_one_root_only() -> None:
    empty = sign_checkpoint(Checkpoint(origin=ORIGIN, size=0, root=EMPTY), signer("log"))
    assert Honest("w").witness.add_checkpoint(consistency_file(ConsistencyProof(0, (), empty))).status == 200
    odd = sign_checkpoint(Checkpoint(origin=ORIGIN, size=0, root=bytes(32)), signer("log"))
    assert Honest("w").witness.add_checkpoint(consistency_file(ConsistencyProof(0, (), odd))).status == 409


def test_nothing_is_cosigned_that_could_not_be_kept() -> None:
    honest = knowing(FIVE)
    honest.memory.broken = StoreError("No space left on device")
    with pytest.raises(StoreError):
        honest.witness.add_checkpoint(BASE)
    honest.memory.broken = None
    assert honest.memory.heads[ORIGIN] == FIVE.head
    assert honest.witness.add_checkpoint(OTHER.request(5)).status == 200  # nobody holds a signature of the other future


def on_disk(path: Path) -> Witness:
    memory = WitnessFolder(PrivateFolder(path / "witness"))
    return Witness("w.example/w", signer("w"), [log_key()], memory, lambda: NOON)


def test_two_requests_at_once_cannot_fork_it(tmp_path: Path) -> None:
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(0)).status == 200
    futures = [FIVE.grown(1 + at, f"future {at}") for at in range(8)]
    answers: list[Answer] = []
    start = threading.Barrier(len(futures))

    def offer(branch: Branch) -> None:
        witness = on_disk(tmp_path)
        start.wait()
        answers.append(witness.add_checkpoint(branch.request(5)))

    threads = [threading.Thread(target=offer, args=(branch,)) for branch in futures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, *[409] * 7]


def test_a_killed_witness_forgets_nothing_that_it_may_have_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the memory was written and before the answer left: the same checkpoint can be asked for once more, and no
    other one of its size."""
    witness = on_disk(tmp_path)
    assert witness.add_checkpoint(FIVE.request(0)).status == 200
    keep = WitnessFolder.keep

    def killed(memory: WitnessFolder, head: Checkpoint, note: bytes) -> None:
        keep(memory, head, note)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(WitnessFolder, "keep", killed)
        with pytest.raises(SystemExit):
            witness.add_checkpoint(BASE)
    again = on_disk(tmp_path)
    assert again.add_checkpoint(OTHER.request(5)).body == b"9\n"
    assert again.add_checkpoint(OTHER.request(9)).status == 409
    assert again.add_checkpoint(NINE.request(9)).status == 200


def test_a_damaged_memory_signs_nothing(tmp_path: Path) -> None:
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(0)).status == 200
    (file,) = (tmp_path / "witness" / "logs").iterdir()
    whole = file.read_bytes()
    for damage in (b"", b"{", whole[:-9], whole.replace(b'"size":5', b'"size":-5'), whole.replace(b"log.ex", b"log.xe")):
        file.write_bytes(damage)
        with pytest.raises(StoreError, match="damaged"):
            on_disk(tmp_path).add_checkpoint(NINE.request(5))


def test_a_witness_that_lost_the_file_of_one_log_cosigns_nothing_for_it(tmp_path: Path) -> None:
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(0)).status == 200
    (file,) = (tmp_path / "witness" / "logs").iterdir()
    whole = file.read_bytes()
    file.unlink()
    with pytest.raises(StoreError, match="forgot what it cosigned"):
        on_disk(tmp_path).add_checkpoint(OTHER.request(0))
    with pytest.raises(StoreError, match="forgot what it cosigned"):
        WitnessFolder(PrivateFolder(tmp_path / "witness")).latest(ORIGIN)
    file.write_bytes(whole)
    file.chmod(0o600)
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(0)).status == 409
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(5)).status == 200
    file.write_bytes(whole.replace(b'"size":5', b'"size":4'))
    with pytest.raises(StoreError, match="damaged"):
        on_disk(tmp_path).add_checkpoint(OTHER.request(4))
    (tmp_path / "witness" / "cosigned").write_bytes(b"half")
    file.unlink()
    with pytest.raises(StoreError, match="damaged"):
        on_disk(tmp_path).add_checkpoint(FIVE.request(0))


def test_a_witness_killed_before_it_noted_that_it_knows_a_log_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = PrivateFolder.replace

    def killed(folder: PrivateFolder, name: str, data: bytes, *, durable: bool = True) -> None:
        if name == "cosigned":
            raise SystemExit
        replace(folder, name, data, durable=durable)

    with monkeypatch.context() as patched:
        patched.setattr(PrivateFolder, "replace", killed)
        with pytest.raises(SystemExit):
            on_disk(tmp_path).add_checkpoint(FIVE.request(0))
    assert on_disk(tmp_path).add_checkpoint(FIVE.request(5)).status == 200
    assert (tmp_path / "witness" / "cosigned").read_bytes()


def policy(least: int, *witnesses: Honest) -> QuorumPolicy:
    """`least` of these witnesses."""
    members = tuple(PolicyWitness(one.name, one.key) for one in witnesses)
    return QuorumPolicy((), members, (Group("all", least, tuple(one.name for one in witnesses)),), "all")


def has_quorum(branch: Branch, witnesses: list[Honest], rule: QuorumPolicy) -> bool:
    """Offer a branch to witnesses and say whether enough of them cosigned it."""
    signed = read_signed(branch.note)
    lines = tuple(line for one in witnesses if (line := one.ask(branch)))
    return standing_of(signed._replace(signatures=signed.signatures + lines), rule, NOON).reached


def is_chain(branches: list[Branch]) -> bool:
    """Whether of any two of them one begins with the other."""
    ordered = sorted(branches, key=lambda one: len(one.leaves))
    return all(b.leaves[: len(a.leaves)] == a.leaves for a, b in pairwise(ordered))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grow", "fork", "cut", "copy"]),
        st.integers(0, 7),
        st.integers(0, 6),
        st.sets(st.integers(0, 3), min_size=1),
    ),
    min_size=2,
    max_size=12,
)


def histories(steps: list[tuple[str, int, int, set[int]]]) -> list[tuple[Branch, set[int]]]:
    """Make a liar's log: branches that grow, are forked, cut back and copied; each with whom it is shown to."""
    branches = [FIVE]
    shown = [(FIVE, {0, 1, 2, 3})]
    for number, (what, which, count, to) in enumerate(steps):
        branch = branches[which % len(branches)]
        match what:
            case "grow":
                branch = branch.grown(count, "a")
            case "fork":
                branch = branch.cut(max(0, len(branch.leaves) - count)).grown(count + 1, f"fork {number}")
            case "cut":
                branch = branch.cut(max(0, len(branch.leaves) - count))
        branches.append(branch)
        shown.append((branch, to))
    return shown


@settings(max_examples=200)
@given(STEPS)
def test_forks_and_rollbacks_shown_to_three_witnesses_never_get_two_signatures_where_two_are_honest(
    steps: list[tuple[str, int, int, set[int]]],
) -> None:
    witnesses = [Honest("a"), Honest("b"), Dishonest("c")]
    rule = policy(2, *witnesses)
    believed = [FIVE]
    for branch, _ in histories(steps):
        fits = len(branch.leaves) >= len(believed[-1].leaves) and is_chain([believed[-1], branch])
        assert has_quorum(branch, witnesses, rule) == fits
        if fits:
            believed.append(branch)
    assert is_chain(believed)


@settings(max_examples=100)
@given(STEPS)
def test_where_two_quorums_share_an_honest_witness_no_two_futures_both_have_one_whoever_is_shown_what(
    steps: list[tuple[str, int, int, set[int]]],
) -> None:
    witnesses = [Honest("a"), Honest("b"), Honest("d"), Dishonest("c")]
    rule = policy(3, *witnesses)
    assert rule.splitters == 2
    shown = histories(steps)
    assert is_chain([branch for branch, to in shown if has_quorum(branch, [witnesses[one] for one in to | {3}], rule)])


def test_two_of_three_is_not_enough_against_a_dishonest_one_that_splits_the_honest_two() -> None:
    """What a policy of 2 of 3 does not prove: the liar shows each honest witness another future."""
    a, b, c = Honest("a"), Honest("b"), Dishonest("c")
    rule = policy(2, a, b, c)
    assert rule.splitters == 1
    assert has_quorum(FIVE, [a, b, c], rule)
    assert has_quorum(NINE, [a, c], rule)
    assert has_quorum(OTHER, [b, c], rule)
    strict = policy(3, a, b, c)
    assert strict.splitters == 3
    assert not has_quorum(OTHER, [a, b, c], strict)


@pytest.mark.parametrize("make", [lambda: FIVE.request(0), lambda: NINE.request(0)])
def test_the_answer_is_one_signature_line(make: Callable[[], bytes]) -> None:
    answer = Honest("w").witness.add_checkpoint(make())
    assert answer.status == 200
    assert answer.body.count(b"\n") == 1
    assert signature_in(answer)
