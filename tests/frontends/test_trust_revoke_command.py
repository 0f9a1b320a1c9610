"""What a person types when a certificate or a key is to be believed no more, and what all others see then."""

import base64
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from attest.world import Said, Toy
from clearance.attest.revocation import serial_of
from clearance.facts.identity import Identity
from clearance.facts.moment import rfc3339
from clearance.rules.placeholder import expand
from clearance.wiring.heard import stated_by
from clearance.wiring.recording import Scribe, open_log
from clearance.wiring.trusting import open_trust
from frontends.prompt import Type

WHY = "issued to the wrong account"
PAGE = Path(__file__).parents[2] / "docs/reference/trust.md"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a commit."""
    folder = tmp_path / "repository"
    own = ["-c", "user.name=W", "-c", "user.email=w@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    (folder / "a.py").write_text("a = 1\n")
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    subprocess.run(["git", "-C", folder, *own, "commit", "-q", "-m", "start"], check=True)
    return folder


@pytest.fixture
def logged(type_: Type) -> Type:
    """A log of an entry by the service, one by a user, one by an agent; that of the user was revoked, as the fourth says."""
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    assert type_("attest", "incident", "INC-1", "--severity", "high")[0] == 0
    assert type_("attest", "incident", "INC-2", "--severity", "low", "--as", "agent/x")[0] == 0
    assert type_("log", "export", "before")[0] == 0
    code, out, err = type_("trust", "revoke", "1", "--because", WHY)
    assert (code, err) == (0, "")
    assert re.search(r"revoked  certificate [0-9A-F]{32} of spiffe://\S+/user/\S+, 20", out)
    assert "refused is what was signed under it at all\n         entry 1 counts for nothing in the log here\n" in out
    assert "stated   entry 3 of the log here" in out
    return type_


TOLD = f"1 entry is signed by what is not believed any more: entry 1: it counts for nothing \\(the certificate .*: {WHY}\\)"


def test_readers_pass_over_it_and_say_so(logged: Type) -> None:
    code, out, err = logged("log", "show")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (4, ["0", "2", "3"])
    assert re.fullmatch(TOLD, err.strip())
    code, out, err = logged("log", "show", "--format", "json")
    *_, last = json.loads(out)
    assert (code, last["index"], WHY in last["notBelieved"], re.fullmatch(TOLD, err.strip()) is not None) == (
        4,
        1,
        True,
        True,
    )
    code, _, err = logged("log", "show", "1")
    assert (code, err.startswith("clearance: entry 1: the certificate "), WHY in err) == (4, True, True)
    for quiet in (("log", "show", "0"), ("blame", "a.py"), ("trace", "stats")):  # which rest on other entries, or on none
        code, _, err = logged(*quiet)
        assert (code, "believed" in err) == (0, False)
    assert logged("log", "prove", "0", "--out", "proof")[0] == 0


def test_a_revoked_incident_is_no_incident_and_writers_go_on(logged: Type) -> None:
    code, out, err = logged("attest", "incident", "INC-1", "--closed", "2026-11-22T06:00:00Z")
    assert (code, "missing: --severity" in out + err or "severity" in out + err) == (2, True), (
        "nothing was said of it before"
    )
    code, out, _ = logged("attest", "incident", "INC-1", "--severity", "low")
    assert (code, "recorded   entry 4" in out, "(user)" in out) == (0, True, True)


def test_no_answer_rests_on_a_record_a_decision_or_a_merge_that_was_revoked(repository: Path, type_: Type) -> None:
    own = ["-c", "user.name=W", "-c", "user.email=w@example.com", "-c", "commit.gpgsign=false"]
    (repository / "a.py").write_text("a = 1\ndef total(orders):\n    return sum(order.price for order in orders)\n")
    subprocess.run(["git", *own, "commit", "-qam", "total"], check=True)
    assert (
        type_("trace", "record", "--agent", "claude-code", "--model", "opus-5", "--base", "HEAD~1", "--head", "HEAD")[0] == 0
    )
    assert type_("check", "--base", "HEAD~1", "--head", "HEAD")[0] in (0, 3)
    assert "claude-code, opus-5" in type_("blame", "a.py:2")[1]
    kinds = [json.loads(entry.payload)["predicateType"].split(":")[3] for entry in open_log(Path()).entries()]
    assert type_("trust", "revoke", str(kinds.index("generation")), "--because", WHY)[0] == 0
    code, out, err = type_("blame", "a.py:2")
    assert (code, "claude-code" in out, "unknown: who signed its record is not believed any more" in out) == (4, False, True)
    assert f"entry {kinds.index('generation')}: it counts for nothing" in err
    code, out, _ = type_("blame", "a.py:2", "--format", "json")
    assert (code, [one["entry"] for one in json.loads(out)["notBelieved"]]) == (4, [kinds.index("generation")])
    code, out, _ = type_("trace", "stats", "--format", "json")
    assert (code, json.loads(out)["total"]["ai"]) == (4, 0)
    code, out, _ = type_("trace", "recall", "--model", "opus-5", "--format", "json")
    assert (code, json.loads(out)["changes"]) == (4, [])
    decision = str(kinds.index("decision"))
    assert type_("policy", "replay", decision)[0] == 0
    assert type_("trust", "revoke", decision, "--because", WHY)[0] == 0
    assert "no decision about that tree is in the log" in type_("blame", "a.py:2")[1]
    code, _, err = type_("policy", "replay", decision)
    assert (code, err.startswith(f"clearance: entry {decision}: the certificate")) == (4, True)
    code, out, _ = type_("policy", "replay", "--all", "--format", "json")
    assert (code, json.loads(out)["entries"]) == (4, [])
    assert int(decision) in [one["entry"] for one in json.loads(out)["notBelieved"]]
    code, _, err = type_("check", "--base", "HEAD~1", "--head", "HEAD")
    assert (code in (0, 3), "cannot" in err, "was not settled" in err) == (True, False, False)


def test_the_story_of_a_line_does_not_go_back_to_what_was_decided_or_answered_before(repository: Path, type_: Type) -> None:
    own = ["-c", "user.name=W", "-c", "user.email=w@example.com", "-c", "commit.gpgsign=false"]
    (repository / "a.py").write_text("a = 1\ndef total(orders):\n    return sum(order.price for order in orders)\n")
    subprocess.run(["git", *own, "commit", "-qam", "total"], check=True)
    check = ("check", "--base", "HEAD~1", "--head", "HEAD")
    answers = [("attest", "review", "--answer", one, "--as", "agent/bob") for one in ("approve", "reject")]
    for words in (check, check, *answers):
        open_trust(os.environ)._forget()
        assert type_(*words)[0] in (0, 3)
    kinds = [json.loads(entry.payload)["predicateType"].split(":")[3] for entry in open_log(Path()).entries()]
    decisions = [index for index, kind in enumerate(kinds) if kind == "decision"]
    reviews = [index for index, kind in enumerate(kinds) if kind == "review"]
    out = type_("blame", "a.py:2")[1]
    assert (f"entry {decisions[-1]}" in out, "reject" in out) == (True, True)
    for last in (decisions[-1], reviews[-1]):
        assert type_("trust", "revoke", str(last), "--because", WHY)[0] == 0
    code, out, err = type_("blame", "a.py:2")
    assert (code, "no decision about that tree is in the log" in out, "approve" in out) == (4, True, False)
    assert f"entries {decisions[-1]}, {reviews[-1]}" in err


def test_the_log_names_it_and_is_exported_whole(logged: Type) -> None:
    code, out, _ = logged("log", "verify")
    assert (code, out.count("REFUSED"), "BROKEN" in out) == (4, 1, False)
    assert "REFUSED  entry 1: the certificate" in out
    assert logged("log", "export", "out")[0] == 0
    assert sorted(path.name for path in Path("out/bundles").iterdir()) == [f"{at}.sigstore.json" for at in range(4)]
    listed = json.loads(Path("out/trusted_root.revoked.json").read_text())
    assert [(one["because"], one["since"]) for one in listed["revoked"]] == [(WHY, "")]
    code, out, _ = logged("verify", "out", "--trusted-root", "out/trusted_root.json")
    assert (code, out.count("OK  "), out.count("REFUSED"), out.count("WRONG")) == (4, 3, 1, 0)
    shutil.copytree("out/tile", "kept")
    tile = next(Path("out/tile/0").rglob("4"))
    whole = tile.read_bytes()
    tile.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    code, out, _ = logged("verify", "out", "--trusted-root", "out/trusted_root.json")
    assert (code, "altered: it does not follow from the entries" in out) == (4, True), (
        "what follows is compared all the same"
    )


def test_a_list_that_was_cut_down_or_spoiled_is_told(logged: Type) -> None:
    assert logged("log", "export", "out")[0] == 0
    shutil.copy("out/trusted_root.json", "root.json")
    code, out, _ = logged("verify", "out", "--trusted-root", "root.json")
    assert (code, out.count("OK  "), out.count("WRONG")) == (4, 4, 1)
    assert "entry 3 states that the certificate" in out
    assert "get a newer one" in out
    Path("root.revoked.json").write_text("[]")
    code, _, err = logged("verify", "out", "--trusted-root", "root.json")
    assert (code, "root.revoked.json: no list of revoked certificates" in err) == (4, True)
    assert logged("trust", "show", "--trusted-root", "root.json")[0] == 0
    code, out, _ = logged("verify", "out/bundles/1.sigstore.json", "--trusted-root", "root.json")
    assert (code, WHY in out) == (4, True)


def test_a_list_here_that_was_cut_down_contradicts_the_log(logged: Type) -> None:
    place = Path(os.environ["CLEARANCE_HOME"], "trust/root.json")
    state = json.loads(place.read_text())
    serial = state["root"].pop("revoked")[0]["serial"]
    place.write_text(json.dumps(state))
    code, out, _ = logged("log", "verify")
    assert (code, out.count("BROKEN")) == (4, 1)
    assert re.search(
        rf"entry 3: spiffe://\S+ \(user\) stated at \S+ that the certificate {serial} is revoked, and the list here", out
    )
    assert logged("trust", "revoke", serial, "--because", "as it was")[0] == 0
    code, out, _ = logged("log", "verify")
    assert (code, out.count("BROKEN"), out.count("REFUSED")) == (4, 0, 1)


def test_an_export_read_with_an_old_root_believes_nothing_that_its_own_log_states_to_be_revoked(logged: Type) -> None:
    assert logged("log", "export", "out")[0] == 0
    Path("old").mkdir()
    shutil.copy("out/trusted_root.json", "old/root.json")  # and no list beside it: it was handed out before, or stripped
    asked = ("--log", "out", "--trusted-root", "old/root.json")
    code, out, err = logged("log", "show", *asked)
    assert (code, [line.split()[0] for line in out.splitlines()]) == (4, ["0", "2", "3"])
    assert "entry 1: it counts for nothing" in err
    assert "entry 3 of the log states it, and the list at hand does not" in err
    code, _, err = logged("log", "show", "1", *asked)
    assert (code, "entry 3 of the log states it" in err) == (4, True)
    said = "no list of revoked certificates lies beside old/root.json"
    assert said in logged("verify", "out/bundles/0.sigstore.json", "--trusted-root", "old/root.json")[2]
    assert said not in logged("verify", "out/bundles/0.sigstore.json", "--trusted-root", "out/trusted_root.json")[2]


def test_a_list_here_that_was_cut_down_hides_nothing_from_readers(logged: Type) -> None:
    place = Path(os.environ["CLEARANCE_HOME"], "trust/root.json")
    state = json.loads(place.read_text())
    del state["root"]["revoked"]
    place.write_text(json.dumps(state))
    code, out, err = logged("log", "show")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (4, ["0", "2", "3"])
    assert "entry 3 of the log states it" in err


def test_what_an_agent_says_was_revoked_is_not(logged: Type) -> None:
    (entry,) = (one for one in open_log(Path()).entries() if b"predicate:revocation" in one.payload)
    assert stated_by(entry) is not None
    agent = Identity(name="spiffe://x.example/agent/bob", issuer="spiffe://x.example")
    assert stated_by(msgspec.structs.replace(entry, signer=agent)) is None
    assert stated_by(msgspec.structs.replace(entry, signer=None)) is None


@pytest.mark.system("openssl")
@pytest.mark.system("jq")
def test_an_auditor_compares_with_openssl_and_jq_as_the_page_says(logged: Type) -> None:
    found = re.search(r"```bash revoked\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert logged("log", "export", "out")[0] == 0
    shutil.copy("out/trusted_root.revoked.json", ".")
    for index, revoked in ((0, False), (1, True), (2, False), (3, False)):
        shutil.copy(f"out/bundles/{index}.sigstore.json", "bundle.json")
        done = subprocess.run(["bash"], input=found[1], capture_output=True, text=True, check=False)
        assert (done.returncode == 0, WHY in done.stdout) == (revoked, revoked), done.stderr


def test_a_certificate_is_named_by_its_number_or_a_bundle_and_no_later_word_undoes_an_earlier_one(logged: Type) -> None:
    serial = json.loads(Path(os.environ["CLEARANCE_HOME"], "trust/root.json").read_text())["root"]["revoked"][0]["serial"]
    assert logged("trust", "revoke", serial.lower(), "--because", "again", "--since", "2026-11-23T00:00:00Z")[0] == 0
    code, out, _ = logged("verify", "before/bundles/1.sigstore.json", "--trusted-root", _root(logged))
    assert (code, WHY in out) == (4, True)
    code, out, _ = logged("trust", "revoke", "before/bundles/2.sigstore.json", "--because", "no such agent")
    assert (code, "/agent/x, " in out, "entry 2 counts" in out) == (0, True, True)
    code, _, err = logged("log", "show")
    assert (code, "2 entries are signed by what is not believed any more: entries 1, 2: they count for nothing" in err) == (
        4,
        True,
    )


def _root(typed: Type) -> str:
    assert typed("trust", "show", "--trusted-root", "root.json")[0] == 0
    return "root.json"


@pytest.mark.parametrize(("chains", "purpose"), [("authorities", "authority"), ("timestamps", "timestamps")])
def test_the_number_of_an_authority_is_refused_with_what_ends_it(type_: Type, chains: str, purpose: str) -> None:
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    chain = getattr(open_trust(os.environ).trust().root, chains)[-1]
    serial = serial_of(chain.certificates[0])
    code, out, err = type_("trust", "revoke", f"serial={serial}", "--because", "stolen ca")
    assert (code, out, f"clearance trust revoke {purpose} --since" in err) == (2, "", True)
    assert open_log(Path()).size() == 1, "nothing states what was not done"


def test_the_line_to_type_is_one_that_can_be_typed(type_: Type) -> None:
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    code, _, err = type_("trust", "revoke", "checkpoints", "--because", "a test")
    assert code == 2
    assert "to do it: clearance trust revoke checkpoints --because 'a test' --yes" in err


def test_a_number_that_nobody_knows_is_told_so_in_the_first_line(type_: Type) -> None:
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    (entry,) = open_log(Path()).entries()
    known = json.loads(entry.sealed.bundle)["verificationMaterial"]["certificate"]["rawBytes"]
    out = type_("trust", "revoke", "DEADBEEFDEADBEEF", "--because", WHY)[1]
    assert out.startswith("revoked  certificate DEADBEEFDEADBEEF: no certificate of this number is known here\n")
    serial = serial_of(base64.b64decode(known))
    out = type_("trust", "revoke", serial, "--because", WHY, "--since", rfc3339(datetime.now(UTC)))[1]
    assert "is known here" not in out, "what it signed until then counts, and is known"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["authority"], "Missing option '--because'"),
        (["1", "--because", " "], "names nobody and nothing"),
        (["1", "--because", "x" * 501], "a reason has 1 to 500 characters"),
        (["1", "--because", "no", "--since", "yesterday"], "no moment such as"),
        (["1", "--because", "no", "--since", "2099-01-01T00:00:00Z"], "it is to come"),
        (["authority", "--because", "no", "--since", "2020-01-01T00:00:00Z"], "its key began at"),
        (["99", "--because", "no"], "there is no such entry"),
        (["nowhere.json", "--because", "no"], "neither a file nor the serial number"),
        (["a.py", "--because", "no"], "no bundle with a certificate"),
    ],
)
def test_what_is_typed_wrongly_changes_nothing(type_: Type, arguments: list[str], said: str) -> None:
    Scribe(Path()).record([Toy(predicate=Said(number=0)), Toy(predicate=Said(number=1))])
    code, _, err = type_("trust", "revoke", *arguments)
    assert (code, said in err) == (2, True), err
    assert (type_("log", "verify")[0], type_("log", "show")[1].count("\n")) == (0, 2)


def test_a_reason_that_holds_a_secret_is_refused(type_: Type) -> None:
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    token = expand("{{join gh|p_}}{{alnum 36}}", seed="a reason", limit=100)
    code, _, err = type_("trust", "revoke", "0", "--because", f"it leaked {token}")
    assert (code, "looks like a secret" in err, token in err) == (2, True, False)


def test_a_stolen_authority_ends_back_then_and_readers_go_on(type_: Type) -> None:
    at = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    house = open_trust(os.environ)
    house._clock = lambda: at[0]
    for number in range(3):
        Scribe(Path()).record([Toy(predicate=Said(number=number))])
        at[0] += timedelta(hours=1)
    at[0] += timedelta(days=7)
    code, out, _ = type_(
        "trust", "revoke", "authority", "--because", "stolen laptop", "--since", "2026-11-22T12:30:00Z", "--yes"
    )
    assert (code, "revoked  the key of authority" in out, "since 2026-11-22T12:30:00Z" in out) == (0, True, True)
    assert "entries 1, 2 count for nothing in the log here" in out
    code, out, err = type_("log", "show")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (4, ["0", "3"])
    assert (
        "entries 1, 2: they count for nothing (2026-11-22T13:00:00Z lies outside the time of the timestamp authority" in err
    )
    code, out, _ = type_("log", "verify")
    assert (code, out.count("REFUSED"), out.count("BROKEN")) == (4, 2, 0)
    assert type_("log", "export", "out")[0] == 0


def test_what_was_signed_by_a_clock_that_was_ahead_is_named(type_: Type) -> None:
    house = open_trust(os.environ)
    right = house._clock
    house._clock = lambda: right() + timedelta(days=3)
    Scribe(Path()).record([Toy(predicate=Said(number=0))])
    assert type_("log", "export", "out")[0] == 0
    house._clock = right
    for asked in (["log", "verify"], ["verify", "out/bundles/0.sigstore.json", "--trusted-root", "out/trusted_root.json"]):
        code, out, _ = type_(*asked)
        assert (code, "a clock is wrong" in out, "here" in out) == (4, True, True)
    assert type_("log", "show")[0] == 0, "readers do not stop"
