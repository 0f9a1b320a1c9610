"""Cosignatures, verifier keys and policies: what fits counts, and each single mutation is refused by name."""

import base64
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadFile, LogTampered, UsageError
from clearance.record.cosignature import cosign, cosigned_at, witness_key
from clearance.record.cosigning import merged
from clearance.record.policy_file import read_policy, write_policy
from clearance.record.quorum import LEEWAY, QuorumPolicy, signed_by_log, standing_of
from clearance.record.signed import (
    COSIGNATURE_ED25519,
    NOTE_ED25519,
    NoteSignature,
    SignedCheckpoint,
    read_signed,
    read_verifier_key,
)
from record.witnesses import NOON, ORIGIN, Branch, Honest, log_key, signer

FIVE = Branch().grown(5, "a")
KEY = witness_key("w.example/w", signer("w"))
SIGNED = read_signed(FIVE.note)
LINE = cosign(SIGNED.text, KEY.name, signer("w"), NOON)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_cosignature_says_when_and_fits_only_its_checkpoint() -> None:
    assert cosigned_at(SIGNED.text, LINE, KEY) == NOON
    assert LINE.value[:8] == NOON.to_bytes(8, "big")
    other = read_signed(FIVE.grown(1, "a").note)
    with pytest.raises(LogTampered, match=r"the cosignature of w.example/w does not fit"):
        cosigned_at(other.text, LINE, KEY)


@given(st.integers(0, 71))
def test_each_changed_byte_of_a_cosignature_is_refused(at: int) -> None:
    with pytest.raises(LogTampered, match=r"the (cosignature|time in the cosignature) of w.example/w|beyond all times"):
        cosigned_at(SIGNED.text, LINE._replace(value=flipped(LINE.value, at)), KEY)


MUTANTS: dict[str, tuple[NoteSignature, str]] = {
    "another key id": (LINE._replace(key=bytes(4)), "is by another key"),
    "another name": (LINE._replace(name="w.example/x"), "is by another key"),
    "one byte short": (LINE._replace(value=LINE.value[:-1]), "is 71 bytes long"),
    "one byte more": (LINE._replace(value=LINE.value + b"\0"), "is 73 bytes long"),
    "a time beyond 63 bits": (LINE._replace(value=b"\xff" * 8 + LINE.value[8:]), "is beyond all times"),
    "another time": (LINE._replace(value=(NOON + 1).to_bytes(8, "big") + LINE.value[8:]), "does not fit the checkpoint"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutated_cosignature_is_refused_by_name(name: str) -> None:
    line, said = MUTANTS[name]
    with pytest.raises(LogTampered, match=said):
        cosigned_at(SIGNED.text, line, KEY)


def test_a_checkpoint_signature_is_no_cosignature_and_the_other_way_round() -> None:
    plain = SIGNED.signatures[0]
    with pytest.raises(LogTampered, match="72"):
        cosigned_at(SIGNED.text, NoteSignature(KEY.name, KEY.id, plain.value), KEY)
    note = SIGNED._replace(signatures=(NoteSignature(ORIGIN, log_key("w").id, LINE.value[8:]),))
    with pytest.raises(LogTampered, match="does not fit"):
        signed_by_log(note, [log_key("w")])


def test_verifier_keys_are_read_as_they_are_written() -> None:
    for key in (KEY, log_key()):
        assert read_verifier_key(str(key), key.kind) == key


BROKEN_KEYS: dict[str, tuple[Callable[[str], str], str]] = {
    "nothing": (lambda _: "", "three parts"),
    "two parts": (lambda key: "+".join(key.split("+", 2)[:2]), "three parts"),
    "no name": (lambda key: key[key.index("+") :], "a key name has no spaces"),
    "a name with a space": (lambda key: "a b" + key[key.index("+") :], "a key name has no spaces"),
    "another name": (lambda key: "w.example/x" + key[key.index("+") :], "the key id .* does not follow"),
    "a key id in capitals": (lambda key: key.replace(KEY.id.hex(), "ABCDEF01"), "eight lower-case"),
    "another key id": (lambda key: key.replace(KEY.id.hex(), "00000000"), "does not follow"),
    "a short key": (lambda key: "+".join([*key.split("+", 2)[:2], base64.b64encode(b"\x04abc").decode()]), "3 bytes long"),
    "no base64": (lambda key: key[:-3] + "*==", "not base64"),
    "a key for notes": (lambda _: str(log_key()), "the signature type is 0x01, where 0x04 is needed"),
}


@pytest.mark.parametrize("name", BROKEN_KEYS)
def test_a_broken_verifier_key_is_refused_by_part(name: str) -> None:
    change, said = BROKEN_KEYS[name]
    with pytest.raises(UsageError, match=said):
        read_verifier_key(change(str(KEY)), COSIGNATURE_ED25519)


def test_a_cosigner_is_no_log() -> None:
    with pytest.raises(UsageError, match="0x04, where 0x01 is needed"):
        read_verifier_key(str(KEY), NOTE_ED25519)


W = {name: Honest(name) for name in "abcd"}
LINES = {
    "log": f"log {log_key()} https://log.example/",
    **{name: f"witness {name} {one.key} https://{name}.example" for name, one in W.items()},
}
GOOD = "\n".join(
    [
        "# ours",
        LINES["log"],
        LINES["a"],
        "",
        "\t" + LINES["b"].replace(" ", " \t "),
        LINES["c"],
        "group some 2 a b c",
        LINES["d"],
        "group both all some d",
        "quorum both",
        "",
    ]
)


def policy(text: str) -> QuorumPolicy:
    return read_policy(text.encode("utf-8", "surrogateescape"), where="p")


def test_a_policy_is_read_and_written_and_its_quorum_is_counted() -> None:
    read = policy(GOOD)
    assert read_policy(write_policy(read)) == read
    assert [log.url for log in read.logs] == ["https://log.example/"]
    assert read.reached({"a", "c", "d"})
    assert not read.reached({"a", "b", "c"})
    assert not read.reached({"a", "d"})
    assert not read.reached({"some", "d"})  # a group is no witness
    assert policy("quorum none\n").reached(())
    assert policy(f"{LINES['a']}\nquorum a\n").reached({"a"})


def mutated(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


BROKEN = {
    "a word that begins no line": (mutated("quorum both", "quorums both"), "p:10", "no line begins with 'quorums'"),
    "no quorum": (mutated("quorum both\n", ""), "p", "there is no quorum line"),
    "two quorums": (GOOD + "quorum none\n", "p:11", "a second quorum line"),
    "a quorum of two": (mutated("quorum both", "quorum both some"), "p:10", "a quorum line has one name"),
    "a quorum nobody defines": (mutated("quorum both", "quorum bath"), "p:10", "no line before this one defines 'bath'"),
    "a quorum before its group": ("quorum a\n" + LINES["a"] + "\n", "p:1", "no line before this one defines 'a'"),
    "a member nobody defines": (mutated("2 a b c", "2 a b x"), "p:7", "no line before this one defines 'x'"),
    "a member that comes later": (mutated("2 a b c", "2 a b d"), "p:7", "no line before this one defines 'd'"),
    "a member of two groups": (mutated("all some d", "all some d a"), "p:9", "'a' is a member already, by line 7"),
    "a member twice": (mutated("2 a b c", "2 a b a"), "p:7", "'a' is a member already, by line 7"),
    "none as a member": (mutated("2 a b c", "2 a b none"), "p:7", "no line before this one defines 'none'"),
    "none as a name": (mutated("group some", "group none"), "p:7", "'none' cannot be defined"),
    "a name twice": (mutated("group some", "group a"), "p:7", "'a' is defined already, by line 3"),
    "more than there are": (mutated("some 2", "some 4"), "p:7", "'4' of 3 members"),
    "none of them": (mutated("some 2", "some 0"), "p:7", "'0' of 3 members"),
    "a number with a zero": (mutated("some 2", "some 02"), "p:7", "'02' of 3 members"),
    "a number that is none": (mutated("some 2", "some ٢"), "p:7", "of 3 members"),
    "a group of nobody": (mutated("some 2 a b c", "some any"), "p:7", "a group line has a name"),
    "a witness without a key": (mutated(LINES["a"], "witness a"), "p:3", "a witness line has a name"),
    "a witness with the key of a log": (mutated(str(W["a"].key), str(log_key())), "p:3", "0x01, where 0x04"),
    "a log with the key of a witness": (mutated(str(log_key()), str(W["a"].key)), "p:2", "0x04, where 0x01"),
    "a key whose id is wrong": (mutated(W["a"].key.id.hex(), "00000000"), "p:3", "the key id 00000000 does not follow"),
    "a witness twice": (mutated(LINES["d"], LINES["a"].replace(" a ", " e ")), "p:8", "this key is the key of witness 'a'"),
    "a log twice": (mutated("# ours", LINES["log"]), "p:2", "this key is the key of another log line"),
    "an address that is none": (mutated("https://a.example", "ftp://a.example"), "p:3", "an address begins with"),
    "too many words": (mutated("https://a.example", "https://a.example x"), "p:3", "a witness line has a name"),
    "a carriage return": (mutated("# ours\n", "# ours\r\n"), "p:1", "a control character"),
    "no end": (GOOD[:-1], "p:10", "the last line does not end"),
    "another space": (mutated("some 2", "some\u00a02"), "p:7", "'a' of 2 members"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_is_refused_by_its_line(name: str) -> None:
    text, where, said = BROKEN[name]
    with pytest.raises(BadFile) as caught:
        policy(text)
    assert (caught.value.where, said in caught.value.what) == (where, True), caught.value


def test_names_are_octets() -> None:
    kelvin = LINES["a"].replace("witness a", "witness \u212a")
    odd = LINES["b"].replace("witness b", "witness \udcff")
    read = policy(f"{kelvin}\n{odd}\ngroup K any \u212a \udcff\nquorum K\n")
    assert write_policy(read).count(b"\xff") == 2
    assert not read.reached({"K"})


@given(st.data())
def test_splitters_are_the_fewest_witnesses_that_two_quorums_share(data: st.DataObject) -> None:
    names = list("abcdef")[: data.draw(st.integers(1, 6))]
    free, groups = list(names), []
    for number in range(data.draw(st.integers(1, 3))):
        members = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True)) if number < 2 else list(free)
        free = [one for one in free if one not in members] + [f"g{number}"]
        groups.append(f"group g{number} {data.draw(st.integers(1, len(members)))} {' '.join(members)}")
    rows = [f"witness {one} {witness_key(one, signer(one))}" for one in names]
    read = policy("\n".join([*rows, *groups, f"quorum {free[-1]}", ""]))
    quorums = [chosen for chosen in subsets(names) if read.reached(chosen)]
    assert read.splitters == min(len(one & other) for one in quorums for other in quorums)


def subsets(names: list[str]) -> Iterator[frozenset[str]]:
    for number in range(1 << len(names)):
        yield frozenset(name for at, name in enumerate(names) if number >> at & 1)


def cosigned(*times: int) -> SignedCheckpoint:
    """A checkpoint that witnesses a, b, c cosigned at these times."""
    return merged(SIGNED, (cosign(SIGNED.text, W[name].key.name, signer(name), at) for name, at in zip("abc", times)))  # noqa: B905


RULE = policy("\n".join([LINES["a"], LINES["b"], LINES["c"], "group g 2 a b c", "quorum g", ""]))


def test_a_quorum_of_a_checkpoint_is_told_with_names_and_times() -> None:
    found = standing_of(cosigned(NOON, NOON + LEEWAY), RULE, NOON)
    assert found.reached
    assert [(one.witness, one.time) for one in found.cosigners] == [
        ("a", "2026-11-18T11:06:40Z"),
        ("b", "2026-11-18T11:16:40Z"),
    ]
    assert [(one.witness, one.why) for one in found.refusals] == [("c", "did not cosign")]
    assert found.quorum == "2 of 3 (a, b, c)"


def test_a_cosignature_of_the_future_does_not_count() -> None:
    found = standing_of(cosigned(NOON, NOON + LEEWAY + 1), RULE, NOON)
    assert not found.reached
    assert found.refusals[0].why == "its cosignature is dated 2026-11-18T11:16:41Z, which is yet to come"


def test_a_forged_cosignature_spoils_the_whole_note() -> None:
    good = cosigned(NOON, NOON, NOON)
    forged = good.signatures[3]._replace(value=bytes(72))
    with pytest.raises(LogTampered, match=r"the cosignature of c.example/w does not fit"):
        standing_of(good._replace(signatures=(*good.signatures[:3], forged)), RULE, NOON)


def test_signatures_of_others_are_passed_over_and_a_newer_one_takes_the_place_of_an_older() -> None:
    stranger = cosign(SIGNED.text, "x.example/w", signer("x"), NOON)
    note = merged(merged(cosigned(NOON), [stranger]), cosigned(NOON + 5).signatures)
    assert len(note.signatures) == 3
    found = standing_of(read_signed(note.note), RULE, NOON)
    assert [one.time for one in found.cosigners] == ["2026-11-18T11:06:45Z"]


def test_of_two_cosignatures_of_one_witness_the_newer_one_tells_the_time() -> None:
    lines = [cosign(SIGNED.text, W["a"].key.name, signer("a"), at) for at in (NOON + 5, NOON)]
    found = standing_of(SIGNED._replace(signatures=(*SIGNED.signatures, *lines)), RULE, NOON)
    assert [one.time for one in found.cosigners] == ["2026-11-18T11:06:45Z"]


def test_the_key_of_one_log_signs_nothing_in_the_name_of_another() -> None:
    other = log_key("other", "other.example/1")
    line = NoteSignature(other.name, other.id, signer("other").sign(SIGNED.text.encode()).value)
    with pytest.raises(LogTampered, match="no known key of the log"):
        signed_by_log(SIGNED._replace(signatures=(line,)), [other])


OWN = SIGNED.signatures[0].line.encode()
NOTES = {
    "two spellings of a signature": (FIVE.note[:-3] + bytes([FIVE.note[-3] + 1]) + b"=\n", "is not base64"),
    "a size beyond 63 bits": (FIVE.note.replace(b"\n5\n", b"\n9223372036854775808\n"), "the size is not a number"),
    "65 signatures": (FIVE.note + OWN * 64, "65 signature lines"),
    "a key name with a plus": (FIVE.note + OWN.replace(b"log.example/1", b"log+1"), "a signature line does not begin"),
    "a key name with a space of another script": (FIVE.note + OWN.replace(b"g.e", "g\u3000e".encode()), "a signature line"),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_note_has_one_spelling(name: str) -> None:
    note, said = NOTES[name]
    assert read_signed(FIVE.note + OWN * 63)
    with pytest.raises(LogTampered, match=said):
        read_signed(note)
