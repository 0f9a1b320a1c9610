"""What a person types who was handed a proof, and a key or a trusted root that they got by another way."""

import base64
import json
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from clearance.record.signed import COSIGNATURE_ED25519, VerifierKey
from clearance.wiring.bundles import ANYTHING
from clearance.wiring.proofs import NOTHING, LogKeys
from clearance.wiring.verified_files import verify_files
from frontends.prompt import Type

ROOT = ("--trusted-root", "root.json")
KEY = ("--key", "ex/keys/checkpoint.vkey")


@pytest.fixture
def type_(type_: Type) -> Type:
    """A log of five entries. `one.tlog-proof` is of when there were three, `four.sigstore.json` of when there were four."""

    def asked(number: int) -> None:
        Path("ticket").write_text(f"ticket {number}")
        assert type_("attest", "request", "--id", f"SHOP-{number}", "--ticket", "ticket")[0] == 0

    for number in range(3):
        asked(number)
    for words in (["prove", "1", "--out", "one.tlog-proof"], ["bundle", "1", "--out", "one.sigstore.json"]):
        assert type_("log", *words)[0] == 0
    asked(3)
    type_("log", "bundle", "3", "--out", "four.sigstore.json")
    asked(4)
    type_("log", "consistency", "3", "--out", "grown")
    type_("log", "consistency", "3", "4", "--out", "between")
    type_("trust", "show", *ROOT)
    type_("log", "export", "ex")
    return type_


def told(type_: Type, *words: str) -> dict[str, str]:
    """What is wrong with one file."""
    code, out, err = type_("verify", *words, "--format", "json")
    said: dict[str, str] = json.loads(out)
    assert (code, err, said.pop("ok")) == (4, "", False)
    return said


def test_a_proof_says_what_it_proves_under_which_checkpoint_and_by_which_key(type_: Type) -> None:
    code, out, _ = type_("verify", "one.tlog-proof", *ROOT)
    rows = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (code, rows["OK"]) == (0, "one.tlog-proof")
    assert rows["proves"] == "the entry is number 1 of a log of 3 entries"
    assert rows["entry"].startswith("one.sigstore.json: urn:clearance:predicate:request:v1, signed by spiffe://")
    log, size = Path("ex/checkpoint").read_text().splitlines()[:2]
    (key,) = (path.stem for path in Path("ex/keys").glob("*.pub"))
    assert (rows["log"], size) == (log, "5")
    assert rows["under"].startswith("a checkpoint of 3, root ")
    assert rows["under"].endswith(f", signed by key {key[:16]}")
    code, out, _ = type_("verify", "ex/proofs/4.tlog-proof", *KEY)  # as an export lays them
    assert (code, "who signed it was not looked at" in out) == (0, True)
    code, out, _ = type_("verify", "grown", *KEY, "--old", "one.tlog-proof")
    assert (code, "the log of 5 entries begins with the log of 3, and was only added to" in out) == (0, True)
    code, out, _ = type_("verify", "between", *ROOT, "--old", "one.tlog-proof", "--new", "four.sigstore.json")
    assert (code, "the log of 4 entries begins with the log of 3, and was only added to" in out) == (0, True)
    assert run(["verify", "one.tlog-proof", *ROOT, "--identity", "ada@example.com"]) == 4


def test_witnesses_that_a_policy_wants_are_insisted_on_in_proofs_too(type_: Type) -> None:
    log = Path("ex/keys/checkpoint.vkey").read_text().strip()
    witness = VerifierKey("example.com/w1", COSIGNATURE_ED25519, bytes(range(32)))
    Path("policy").write_text(f"log {log}\nwitness w1 {witness}\nquorum w1\n")
    given = ("--old", "one.tlog-proof", "--new", "four.sigstore.json", "--policy", "policy")
    for name in ("one.tlog-proof", "grown", "between"):
        said = told(type_, name, *ROOT, *given)
        assert (name, said["where"]) == (name, "checkpoint")
        assert said["what"].startswith("no quorum: cosigned by none; it takes ")


def test_another_statement_beside_a_genuine_leaf_is_refused_without_a_root_too(type_: Type) -> None:
    bundle = json.loads(Path("one.sigstore.json").read_bytes())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload.replace(b"SHOP-1", b"SHOP-9")).decode()
    Path("one.sigstore.json").write_text(json.dumps(bundle))
    said = told(type_, "one.tlog-proof", *KEY)
    assert said["where"] == "entry one.sigstore.json: dsseEnvelope.payload"


def test_a_folder_of_answers_is_verified_file_by_file(type_: Type) -> None:
    folder = Path("answers")
    folder.mkdir()
    for name in ("one.tlog-proof", "one.sigstore.json", "four.sigstore.json"):
        Path(name).rename(folder / name)
    code, out, _ = type_("verify", "answers", *ROOT)
    assert (code, out.count("OK     ")) == (0, 3)
    assert "proves  the entry is number 1" in out


def test_what_is_missing_for_an_answer_is_asked_for_and_never_passed_over(type_: Type) -> None:
    Path("lone.tlog-proof").write_bytes(Path("ex/proofs/2.tlog-proof").read_bytes())
    for words, said in (
        (["grown", *ROOT], "nothing says what the log of 3 entries was"),
        (["between", *ROOT, "--old", "one.tlog-proof"], "nobody signed the roots in it"),
        (["ex/proofs/0.tlog-proof", *ROOT, "--entry", "nowhere"], "nowhere"),
        (["lone.tlog-proof", *ROOT], "the entry that it is for is not beside it"),
        (["one.tlog-proof"], "missing: --trusted-root FILE"),
        (["one.sigstore.json", *KEY], "nobody vouches for who signed it"),
        (["ex", *KEY], "nobody vouches for who signed its entries"),
        (["one.tlog-proof", *KEY, "--identity", "x"], "nobody vouches for who signed the entry"),
        (["grown", *ROOT, "--old", "one.tlog-proof", "--type", "x"], "this proof names none"),
        (["one.tlog-proof", "--key", "ticket"], "not a verifier key"),
    ):
        code, out, err = type_("verify", *words)
        assert (code, out) == (2, ""), words
        assert said in err


def test_a_changed_proof_is_refused_with_the_field(type_: Type) -> None:
    proof, grown, between = (Path(name).read_text() for name in ("one.tlog-proof", "grown", "between"))
    other = "ex/bundles/2.sigstore.json"
    for name, text, words, where, what in (
        ("a.tlog-proof", proof.replace("@v1", "@v2"), (), "proof", "the first line is not c2sp.org/tlog-proof@v1"),
        ("b.tlog-proof", proof.replace("index 1", "index 2"), (), "index", "the entry stands at 1, and the proof is for 2"),
        ("c.tlog-proof", flipped(proof, 2), (), "path", "the inclusion proof does not lead to the signed root"),
        ("d.tlog-proof", proof.replace("=\n", "\n", 1), (), "proof", "line 3 is no hash"),
        ("e.tlog-proof", flipped(proof, -1), (), "checkpoint", "the signature does not fit the checkpoint"),
        ("f.tlog-proof", proof.replace("\n3\n", "\n9\n"), (), "checkpoint", "the signature does not fit the checkpoint"),
        ("g.tlog-proof", proof, ("--entry", other), "index", "the entry stands at 2, and the proof is for 1"),
        ("h.tlog-proof", proof.replace("index", "extra A=\nindex"), (), "proof", "line 2 is no standard base64"),
        ("i.tlog-proof", proof, ("--entry", "ticket"), "path, index or entry", "does not lead to the signed root"),
        (
            "grown1",
            grown.replace("old 3", "old 4"),
            (),
            "old",
            "the proof begins at 4 entries, the older checkpoint holds 3",
        ),
        ("grown2", flipped(grown, 1), (), "path", "does not lead from one root to the other"),
        ("grown3", grown.replace("old 3", "old 0"), (), "old", "nothing is proved by that"),
        ("grown4", grown.replace("old 3", "oldd 3"), (), "proof", "the first line is not `old <size>`"),
        ("grown5", grown, ("--old", "ticket"), "--old ticket", "not a signed checkpoint"),
        ("between1", flipped(between, 1), (), "new", "not the size and root of the checkpoint: 4 entries"),
        ("between2", between.replace("new 4", "new 5"), (), "new", "not the size and root of the checkpoint: 4 entries"),
        ("between3", flipped(between, 2), (), "path", "does not lead from one root to the other"),
        ("between4", between.replace("new 4", "new x"), (), "proof", "line 2 is not `new <size> <root>`"),
        ("between5", between[:-1], (), "proof", "line 1 is not `old <size> <root>`"),
    ):
        Path(name).write_text(text)
        given = ("--entry", "one.sigstore.json", "--old", "one.tlog-proof", "--new", "four.sigstore.json")
        said = told(type_, name, *ROOT, *given, *words)
        assert (name, said["where"]) == (name, where)
        assert what in said["what"], name


def flipped(text: str, line: int) -> str:
    """Change one digit in the middle of a line's base64."""
    lines = text.removesuffix("\n").split("\n")
    at = len(lines[line]) - 20
    lines[line] = lines[line][:at] + ("A" if lines[line][at] != "A" else "B") + lines[line][at + 1 :]
    return "\n".join(lines) + "\n"


def test_no_changed_byte_of_a_proof_is_passed_over(type_: Type) -> None:
    keys = (Path("ex/keys/checkpoint.vkey"),)
    assert LogKeys(None, keys)
    beside = NOTHING._replace(
        keys=keys, older=Path("one.tlog-proof"), newer=Path("four.sigstore.json"), entry=Path("one.sigstore.json")
    )
    for name in ("one.tlog-proof", "grown", "between"):
        (fine,) = verify_files([Path(name)], None, ANYTHING, beside)
        assert not fine.wrong
        whole = Path(name).read_bytes()
        changed = Path(f"changed-{name}")
        for at in range(len(whole)):
            changed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            (verdict,) = verify_files([changed], None, ANYTHING, beside)
            assert verdict.wrong, (name, at)
            assert verdict.where
            assert verdict.what
