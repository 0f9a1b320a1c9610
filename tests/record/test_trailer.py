"""Checkpoints in commit messages: a fork, a log that was cut back, and forged ones are found in a clone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import LogTampered
from clearance.facts.trailers import CheckedTrailer
from clearance.record.cosignature import cosign
from clearance.record.cosigning import merged
from clearance.record.policy_file import read_policy
from clearance.record.quorum import QuorumPolicy
from clearance.record.signed import SignedCheckpoint, read_signed
from clearance.record.trailer import CHECKPOINT_KEY, Held, Revision, check_trailers, read_trailers, write_trailers
from record.witnesses import NOON, ORIGIN, Branch, Honest, log_key, signer

FIVE = Branch().grown(5, "a")
NINE = FIVE.grown(4, "a")
OTHER = FIVE.grown(4, "b")
RAW = log_key().raw


def line(branch: Branch) -> str:
    (made,) = write_trailers(read_signed(branch.note))
    return made


def held(branch: Branch) -> Held:
    return Held(branch.head, branch._node)


def walk(*messages: str, keys: tuple[bytes, ...] = (RAW,), at_hand: Branch | None = None) -> tuple[CheckedTrailer, ...]:
    """Check messages of commits c0, c1, … that follow each other."""
    commits = [Revision(f"c{at}", (f"c{at - 1}",) if at else ()) for at in range(len(messages))]
    texts = {f"c{at}": message for at, message in enumerate(messages)}
    return check_trailers(commits, texts, keys, held(at_hand) if at_hand else None)


def states(found: tuple[CheckedTrailer, ...]) -> list[tuple[str, str, str]]:
    return [(one.commit, one.state, one.other) for one in found]


@given(st.integers(1, 40), st.booleans())
def test_a_trailer_holds_the_whole_signed_checkpoint(size: int, squashed: bool) -> None:  # noqa: FBT001
    signed = read_signed(Branch().grown(size, "a").note)
    (made,) = write_trailers(signed)
    assert made.count("\n") == 0
    message = f"* one\n\n{made}\n\n* two\n" if squashed else f"one\n\nWhy.\n\n{made}\nReviewed-by: x\n"
    (read,) = read_trailers(message)
    assert isinstance(read, SignedCheckpoint)
    assert read.note == signed.note


def test_cosignatures_follow_their_checkpoint_and_folded_lines_are_joined() -> None:
    signed = read_signed(FIVE.note)
    signed = merged(signed, [cosign(signed.text, "a.example/w", signer("a"), NOON)])
    lines = write_trailers(signed, cosignatures=True)
    assert [one.partition(":")[0] for one in lines] == ["Clearance-Checkpoint", "Clearance-Cosignature"]
    (read,) = read_trailers("x\n\n" + "\n".join(lines))
    assert isinstance(read, SignedCheckpoint)
    assert read.note == signed.note
    folded = "\r\n".join(one.replace(" ", "\r\n  ") for one in lines)
    (again,) = read_trailers(f"x\r\n\r\n{folded.upper()[:20]}{folded[20:]}\r\n")
    assert again == read


def test_a_log_that_only_grew_fits_in_every_way() -> None:
    messages = ("one\n\n" + line(FIVE), "none", "two\n\n" + line(NINE), "same\n\n" + line(NINE))
    assert {one.state for one in walk(*messages)} == {"fits"}
    assert {one.state for one in walk(*messages, at_hand=NINE.grown(300, "a"))} == {"fits"}
    assert {(one.state, one.signed) for one in walk(*messages, keys=())} == {("unchecked", False)}


def test_two_roots_of_one_size_are_a_fork_told_with_both_commits() -> None:
    assert states(walk(line(FIVE), line(NINE), line(OTHER))) == [
        ("c0", "fits", ""),
        ("c1", "fits", ""),
        ("c2", "fork", "c1"),
    ]
    assert states(walk(line(NINE), line(OTHER), keys=()))[1] == ("c1", "fork", "c0")


def test_a_fork_is_found_across_branches_that_were_merged() -> None:
    commits = [Revision("a", ()), Revision("b", ("a",)), Revision("c", ("a",)), Revision("m", ("b", "c"))]
    texts = {"a": line(FIVE), "b": line(NINE), "c": line(OTHER)}
    assert states(check_trailers(commits, texts, [RAW]))[2] == ("c", "fork", "b")


def test_against_the_log_at_hand_a_fork_and_a_log_cut_back_are_told() -> None:
    assert states(walk(line(FIVE), line(OTHER), at_hand=NINE)) == [("c0", "fits", ""), ("c1", "fork", "")]
    (_, cut) = walk(line(FIVE), line(NINE), at_hand=FIVE)
    assert (cut.state, cut.why) == ("rollback", "cut back: the trailer states 9 entries, and the log at hand holds 5")


def test_an_older_one_after_a_newer_one_is_a_rollback_unless_the_log_at_hand_shows_that_it_fits() -> None:
    rebased = (line(NINE), line(FIVE))
    assert states(walk(*rebased))[1] == ("c1", "rollback", "c0")
    assert states(walk(*rebased, at_hand=NINE))[1] == ("c1", "carried", "c0")
    regrown = FIVE.cut(3).grown(3, "x")
    assert states(walk(line(NINE), line(regrown)))[1] == ("c1", "rollback", "c0")
    assert states(walk(line(NINE), line(regrown), at_hand=NINE))[1] == ("c1", "fork", "")


def test_branches_that_grew_side_by_side_are_no_rollback_and_what_follows_their_merge_is_measured_by_the_larger() -> None:
    commits = [Revision("a", ()), Revision("b", ("a",)), Revision("c", ("a",)), Revision("m", ("c", "b"))]
    texts = {"a": line(FIVE), "b": line(NINE), "c": line(FIVE.grown(1, "a")), "m": line(FIVE.grown(2, "a"))}
    assert [one.state for one in check_trailers(commits, texts, [RAW])] == ["fits", "fits", "fits", "rollback"]


FORGED = {
    "another size": (lambda text: text.replace(" 9 ", " 8 "), "forged"),
    "another root": (lambda text: text.replace(line(NINE).split(" ")[3], line(OTHER).split(" ")[3]), "forged"),
    "another log": (lambda text: text.replace(ORIGIN, "other.example/1"), "unchecked"),
    "another signature": (lambda text: text.replace(line(NINE).split(" ")[4], line(OTHER).split(" ")[4]), "forged"),
    "a word too few": (lambda text: text.rpartition(" ")[0], "unreadable"),
    "a size that is none": (lambda text: text.replace(" 9 ", " 09 "), "unreadable"),
    "a root cut short": (lambda text: text.replace(line(NINE).split(" ")[3], "AAAA"), "unreadable"),
    "a signature cut short": (lambda text: text[:-4], "forged"),
    "a signature that is not base64": (lambda text: text[:-3], "unreadable"),
    "nothing but the word": (lambda text: text.partition(" ")[0], "unreadable"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_trailer_that_was_changed_is_no_statement_of_the_log(name: str) -> None:
    change, state = FORGED[name]
    text = change(line(NINE))
    assert text != line(NINE)
    (one,) = walk(f"x\n\n{text}\n")
    assert one.state == state


def test_what_a_stranger_signs_in_the_name_of_the_log_at_hand_counts_for_nothing() -> None:
    stranger = Branch(NINE.leaves, "stranger")
    found = walk(line(stranger), line(FIVE), at_hand=NINE)
    assert states(found) == [("c0", "unknown", ""), ("c1", "fits", "")]


@pytest.mark.parametrize(
    ("first", "second", "state"), [(NINE, OTHER, "fork"), (NINE, FIVE, "rollback")], ids=["fork", "rollback"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_line_that_no_known_key_signed_hides_no_fork_and_no_rollback(
    first: Branch, second: Branch, state: str, place: int
) -> None:
    for stranger in (Branch(FIVE.leaves, "stranger").grown(4, "s"), Branch(FIVE.leaves, "stranger").grown(990, "s")):
        messages = [line(first), line(second)]
        messages.insert(place, line(stranger))
        assert walk(*messages)[place].state == "unchecked"
        assert walk(*messages)[2].state == state
        together = f"{line(stranger)}\n{line(first)}"
        assert [one.state for one in walk(together, line(second))] == ["unchecked", "fits", state]


def test_a_message_full_of_trailers_is_read_only_so_far() -> None:
    found = walk("\n".join([line(FIVE)] * 1_000))
    assert len(found) == 65
    assert found[-1].state == "unreadable"


def rule() -> QuorumPolicy:
    rows = [f"witness {name} {Honest(name).key}" for name in "abc"]
    return read_policy("\n".join([*rows, "group g 2 a b c", "quorum g", ""]).encode())


def test_with_a_policy_each_trailer_needs_a_quorum() -> None:
    signed = read_signed(FIVE.note)
    cosigned = merged(signed, [cosign(signed.text, f"{name}.example/w", signer(name), NOON) for name in "ab"])
    commits = [Revision("c0", ()), Revision("c1", ("c0",))]
    texts = {"c0": "\n".join(write_trailers(cosigned, cosignatures=True)), "c1": line(NINE)}
    first, second = check_trailers(commits, texts, [RAW], None, rule(), NOON)
    assert (first.state, first.cosigners) == ("fits", ("a", "b"))
    assert (second.state, second.cosigners) == ("quorum", ())


def test_a_checkpoint_that_cannot_be_a_trailer_is_refused() -> None:
    spaced = Branch((b"x",), "log", "a log of ours")
    with pytest.raises(LogTampered):
        write_trailers(read_signed(FIVE.note)._replace(signatures=()))
    assert " " in spaced.head.origin


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=10))
def test_a_history_is_sound_exactly_where_its_statements_are_a_growing_chain(steps: list[tuple[int, int]]) -> None:
    """Without the log: each size once, never smaller; what is a chain otherwise is not seen from roots alone."""
    branches = [FIVE, OTHER, FIVE.cut(4).grown(2, "c"), NINE]
    told = [branches[which].grown(more, "d") for which, more in steps]
    found = walk(*map(line, told))
    roots: dict[int, bytes] = {}
    largest = 0
    for branch, one in zip(told, found, strict=True):
        size = len(branch.leaves)
        contradicts = roots.setdefault(size, branch.head.root) != branch.head.root
        assert one.state == ("fork" if contradicts else "rollback" if size < largest else "fits")
        if one.state == "fits":
            largest = size


def test_a_trailer_that_is_folded_without_end_is_unreadable_and_is_not_put_together() -> None:
    from clearance.record.trailer import _unfolded

    message = f"{CHECKPOINT_KEY}: a\n" + " b\n" * 100_000
    assert max(map(len, _unfolded(message))) < 10_000
    assert [one.state for one in walk(message, line(FIVE))] == ["unreadable", "fits"]
