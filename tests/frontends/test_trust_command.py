"""What a person types about trust, and whoever verifies, from the first check to a rotation."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attest.world import Said, Toy
from clearance.facts.entry import Checkpoint
from clearance.facts.identity import Identity
from clearance.frontends.cli.main import run
from clearance.record.merkle import EMPTY
from clearance.record.note import sign_checkpoint
from clearance.wiring.recording import Scribe, open_log
from clearance.wiring.trust_file import change_settings
from clearance.wiring.trusting import open_trust

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def type_(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command in a repository: exit code, standard output, standard error."""
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", folder], check=True)
    monkeypatch.chdir(folder)

    def typed(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return typed


def plain(text: str) -> str:
    """Take out what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{32}\b", "<id>", text)
    text = re.sub(r"\b[0-9a-f]{16}(?=\s)", "<key>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>", text)
    return re.sub(r"place .*", "place   <home>", text)


SET_UP = """\
place   <home>
domain  acme.example
service spiffe://acme.example/service/clearance
authority     <key>  since <time>
timestamps    <key>  since <time>
transparency  <key>  since <time>
provider      https://login.example.com  names people, for clearance

next    clearance trust show --trusted-root trusted_root.json   (for whoever verifies)
"""
VERIFIED = """\
OK     bundle.json
       what    urn:clearance:predicate:toy:v1
       about   thing sha256:000000000000…
       signed  by spiffe://acme.example/service/clearance (service), vouched for by spiffe://acme.example
       when    <time>
       where   entry 0 of clearance.local/<id>, in a signed tree of 2
"""


def prepared(type_: Type) -> None:
    """Set up trust, log two statements, and write what others verify with."""
    code, out, _ = type_(
        "trust", "init", "--domain", "acme.example", "--oidc-issuer", "https://login.example.com", "--audience", "clearance"
    )
    assert (code, plain(out)) == (0, SET_UP)
    Scribe(Path()).record([Toy(predicate=Said(number=number)) for number in range(2)])
    assert type_("trust", "show", "--trusted-root", "root.json", "--trust-config", "config.json")[0] == 0
    _, out, _ = type_("log", "bundle", "0")
    Path("bundle.json").write_text(out, encoding="utf-8")


def test_from_set_up_to_a_verified_bundle(type_: Type) -> None:
    prepared(type_)
    code, out, err = type_("verify", "bundle.json", "--trusted-root", "root.json")
    assert (code, plain(out)) == (0, VERIFIED)
    assert err.startswith("clearance: no list of revoked certificates lies beside root.json"), "nothing was revoked yet"
    code, out, _ = type_("verify", "bundle.json", "--trusted-root", "root.json", "--format", "json")
    told = json.loads(out)
    assert (code, told["ok"], told["verified"]["kind"], told["verified"]["index"]) == (0, True, "service", 0)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--identity", "ada@example.com", "signed by spiffe://acme.example/service/clearance, not by ada@example.com"),
        ("--issuer", "https://login.example.com", "not by https://login.example.com"),
        ("--type", "urn:clearance:predicate:decision:v1", "a statement of the type urn:clearance:predicate:toy:v1"),
    ],
)
def test_what_a_person_insists_on_must_be_so(type_: Type, option: str, value: str, said: str) -> None:
    prepared(type_)
    code, out, _ = type_("verify", "bundle.json", "--trusted-root", "root.json", option, value)
    assert code == 4
    assert said in out


def test_a_change_is_told_with_its_field_and_the_others_still_verify(type_: Type) -> None:
    prepared(type_)
    document = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
    document["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["treeSize"] = "3"
    Path("other.json").write_text(json.dumps(document), encoding="utf-8")
    code, out, _ = type_("verify", "other.json", "bundle.json", "--trusted-root", "root.json")
    assert code == 4
    assert "WRONG  other.json\n" in out
    assert "verificationMaterial.tlogEntries[0].inclusionProof.treeSize: not the size that the checkpoint says" in out
    assert "OK     bundle.json" in out


@pytest.mark.parametrize("wrong", [["nowhere.json"], ["bundle.json", "--trusted-root", "bundle.json"], ["."]])
def test_what_cannot_be_verified_is_said(type_: Type, wrong: list[str]) -> None:
    prepared(type_)
    code, _, err = type_("verify", "--trusted-root", "root.json", *wrong)
    assert code in {2, 4}
    assert err.startswith("clearance: ")


def test_an_exported_log_is_verified_whole(type_: Type) -> None:
    prepared(type_)
    assert type_("log", "export", "out")[0] == 0
    code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
    assert (code, out.count("OK  ")) == (0, 2)
    bundles = Path("out", "bundles")
    first = (bundles / "0.sigstore.json").read_bytes()
    (bundles / "0.sigstore.json").write_bytes((bundles / "1.sigstore.json").read_bytes())
    code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
    assert code == 4
    assert "the bundle of entry 1 under the name of entry 0" in out
    (bundles / "0.sigstore.json").write_bytes(first)
    (bundles / "1.sigstore.json").unlink()
    code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
    assert code == 4
    assert "entry 1: it is missing" in out


def changed(name: str) -> Callable[[], None]:
    """Change one byte of a file of an export."""

    def change() -> None:
        path = Path("out", name)
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    return change


def added(name: str) -> Callable[[], None]:
    """Put a file into an export that belongs to no entry."""

    def change() -> None:
        Path("out", name).parent.mkdir(exist_ok=True)
        Path("out", name).write_bytes(b"stray")

    return change


def taken(name: str) -> Callable[[], None]:
    """Take a file out of an export."""
    return lambda: Path("out", name).unlink()


BODY = b"a body beside the log"
NAMED = f"evidence/{hashlib.sha256(BODY).hexdigest()}"


def test_every_file_of_an_export_that_was_changed_taken_or_added_is_found(type_: Type) -> None:
    prepared(type_)
    digest = NAMED.partition("/")[2]
    Scribe(Path()).record([Toy(predicate=Said(number=2, evidence=(digest,)))], {digest: BODY})
    cases = [
        (changed(NAMED), "another digest"),
        (taken(NAMED), "it is missing, and entry 2 names it"),
        (added("evidence/" + "0" * 64), "no entry names it"),
        (changed("proofs/1.tlog-proof"), "not a signed checkpoint"),
        (taken("proofs/0.tlog-proof"), "it is missing"),
        (added("proofs/9.tlog-proof"), "nothing of this name"),
        (changed("tile/0/000.p/3"), "does not follow from the entries"),
        (taken("tile/0/000.p/3"), "it is missing"),
        (added("tile/0/001"), "nothing of this name"),
        (added("tile/0/x"), "nothing of this name"),
        (changed("tile/entries/000.p/3"), "does not follow from the entries"),
        (added("bundles/3.sigstore.json"), "nothing of this name"),
        (added("bundles/zz.sigstore.json"), "nothing of this name"),
    ]
    for change, said in cases:
        shutil.rmtree("out", ignore_errors=True)
        assert type_("log", "export", "out")[0] == 0
        change()
        code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
        assert (code, said in out) == (4, True), (said, out)


def test_of_an_export_one_identity_can_be_asked_for_and_every_wrong_entry_is_told(type_: Type) -> None:
    prepared(type_)
    agent = Identity(name="spiffe://acme.example/agent/x", issuer="spiffe://acme.example")
    Scribe(Path()).record([Toy(predicate=Said(number=7))], by=agent)
    assert type_("log", "export", "out")[0] == 0
    ask = ("verify", "out", "--trusted-root", "root.json", "--identity")
    code, out, _ = type_(*ask, agent.name)
    assert (code, out.count("OK  "), "entry 2 of" in out) == (0, 1, True)
    code, out, _ = type_(*ask, "spiffe://acme.example/agent/y")
    assert (code, "none of its 3 entries is what was asked for" in out) == (4, True)
    for index in (0, 2):
        place = Path(f"out/bundles/{index}.sigstore.json")
        place.write_bytes(place.read_bytes().replace(b'"keyid"', b'"kexid"', 1)[:-2])
    code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
    assert (code, out.count("WRONG"), out.count("OK  ")) == (4, 3, 1)
    assert "2 of its 3 entries are wrong" in out


def test_an_export_that_grew_verifies_and_one_of_nothing_does_not(type_: Type) -> None:
    prepared(type_)
    assert type_("log", "export", "out")[0] == 0
    Scribe(Path()).record([Toy(predicate=Said(number=2))])
    assert type_("log", "export", "out")[0] == 0
    code, out, _ = type_("verify", "out", "--trusted-root", "root.json")
    assert (code, out.count("OK  ")) == (0, 3)
    origin = Path("out", "origin").read_text(encoding="utf-8").strip()
    Path("empty").mkdir()
    head = Checkpoint(origin=origin, size=0, root=EMPTY)
    Path("empty", "checkpoint").write_bytes(sign_checkpoint(head, open_trust(os.environ).signer("checkpoints")))
    code, out, _ = type_("verify", "empty", "--trusted-root", "root.json")
    assert (code, "0 entries" in out) == (4, True)


def test_an_option_that_names_nobody_is_refused(type_: Type) -> None:
    prepared(type_)
    for option in ("--identity", "--issuer", "--type"):
        code, out, err = type_("verify", "bundle.json", "--trusted-root", "root.json", option, "")
        assert (code, out, "names nobody" in err) == (2, "", True)
    code, _, err = type_("attest", "incident", "INC-7", "--severity", "low", "--as", "")
    assert (code, "names nobody" in err) == (2, True)
    for option in ("--domain", "--oidc-issuer", "--timestamps"):
        assert type_("trust", "init", option, "")[0] == 2


def test_a_key_that_signs_nothing_any_more_has_no_place(type_: Type) -> None:
    assert type_("trust", "init", "--signer", "decisions=file:")[0] == 2


def test_a_change_of_trust_is_stated_in_the_log_here_and_nowhere_else(type_: Type) -> None:
    prepared(type_)
    size = open_log(Path()).size()
    code, out, _ = type_("trust", "init", "--oidc-issuer", "https://other.example.com", "--audience", "x")
    assert (code, f"stated  entry {size} of the log here" in out) == (0, True)
    assert type_("trust", "rotate", "--purpose", "transparency", "--yes")[0] == 0
    said = [json.loads(entry.payload) for entry in open_log(Path()).entries(size)]
    assert [one["predicateType"] for one in said] == ["urn:clearance:predicate:trust:v1"] * 2
    assert [(one["predicate"]["action"], one["predicate"]["changed"]) for one in said] == [
        ("init", ["provider"]),
        ("rotate", ["transparency"]),
    ]
    assert [[key["purpose"] for key in said[1]["predicate"][name]] for name in ("ended", "begun")] == [["transparency"]] * 2
    assert said[0]["predicate"]["providers"] == ["https://login.example.com", "https://other.example.com"]


def test_after_a_rotation_old_and_new_verify_with_the_new_root_only(type_: Type) -> None:
    prepared(type_)
    code, out, _ = type_("trust", "rotate", "--yes")
    assert code == 0
    assert plain(out).count("\nauthority     <key>") == 2
    Scribe(Path()).record([Toy(predicate=Said(number=3))])
    _, out, _ = type_("log", "bundle", "2")
    Path("new.json").write_text(out, encoding="utf-8")
    assert type_("verify", "bundle.json", "--trusted-root", "root.json")[0] == 0
    code, out, _ = type_("verify", "new.json", "--trusted-root", "root.json")
    assert code == 4
    assert "not trusted" in out or "nobody who is trusted" in out
    type_("trust", "show", "--trusted-root", "root.json")
    assert type_("verify", "bundle.json", "new.json", "--trusted-root", "root.json")[0] == 0


def test_a_key_that_was_stolen_last_week_is_ended_back_then(type_: Type) -> None:
    at = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    house = open_trust(os.environ)
    house._clock = lambda: at[0]
    prepared(type_)
    at[0] += timedelta(hours=2)
    Scribe(Path()).record([Toy(predicate=Said(number=3))])
    Path("late.json").write_text(type_("log", "bundle", "2")[1], encoding="utf-8")
    at[0] += timedelta(days=7)
    for wrong, said in (("yesterday", "no moment such as"), ("2027-01-01T00:00:00Z", "it is to come"), ("", "names nobody")):
        code, _, err = type_("trust", "rotate", "--since", wrong)
        assert (code, said in err) == (2, True)
    code, out, _ = type_("trust", "rotate", "--since", "2026-11-22T14:00:00+01:00", "--yes")
    assert (code, out.count("to 2026-11-22T13:00:00Z"), "stated  entry 3" in out) == (0, 4, True)
    assert "refused now is what bears a later time than these ends: clearance log verify" in out
    assert type_("trust", "show", "--trusted-root", "root.json")[0] == 0
    assert Path("root.json").read_text(encoding="utf-8").count('"end":"2026-11-22T13:00:00Z"') == 4
    assert type_("verify", "bundle.json", "--trusted-root", "root.json")[0] == 0
    code, out, _ = type_("verify", "late.json", "--trusted-root", "root.json")
    assert (code, "2026-11-22T14:00:00Z lies outside the time of the timestamp authority" in out) == (4, True)
    code, out, err = type_("log", "verify")
    assert (code, "entry 2" in out + err, "lies outside the time" in out + err) == (4, True, True)
    assert not re.search("entry [013]:", out + err)


ROTATION = """\
ends    authority     <key>  since <time>
        timestamps    <key>  since <time>  (its certificate; the key stays)
then    trusted_root.json that was handed out knows nothing of what comes: hand out the new one
stays   all that was signed until then verifies with the new trusted root
        names below spiffe://acme.example/
"""
MOVED = """\
ends    the trust domain acme.example: what is signed from now on is named below acme.test
          spiffe://acme.example/service/clearance becomes spiffe://acme.test/service/clearance
          spiffe://acme.example/agent/… becomes spiffe://acme.test/agent/…
          spiffe://acme.example/user/… becomes spiffe://acme.test/user/…
          spiffe://acme.example/ci/… becomes spiffe://acme.test/ci/…
        authority     <key>  since <time>  (its certificate; the key stays)
        timestamps    <key>  since <time>  (its certificate; the key stays)
then    scripts that insist on a name (clearance verify --identity, sigstore's --cert-identity) need the new one too
        [attest] enforcers names spiffe://acme.example/ci/forge: nobody is certified so any more
        trusted_root.json that was handed out knows nothing of what comes: hand out the new one
stays   all that was signed until then verifies with the new trusted root
"""


def all_of(home: str) -> dict[str, bytes]:
    """Give every file below a folder but locks."""
    return {str(path): path.read_bytes() for path in Path(home).rglob("*") if path.is_file() and "lock" not in path.name}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["rotate", "--purpose", "authority"], ROTATION), (["init", "--domain", "acme.test"], MOVED)],
)
def test_what_ends_is_said_first_and_nothing_ends_unasked(type_: Type, arguments: list[str], told: str) -> None:
    prepared(type_)
    change_settings(open_trust(os.environ).folder, {"attest": {"enforcers": ["spiffe://acme.example/ci/forge"]}})
    before = all_of(os.environ["CLEARANCE_HOME"])
    code, out, _ = type_("trust", *arguments, "--dry-run")
    assert (code, plain(out)) == (0, told + "nothing was changed (--dry-run)\n")
    code, out, err = type_("trust", *arguments)
    assert (code, plain(out)) == (2, told)
    assert f"to do it: clearance trust {' '.join(arguments)} --yes" in err
    assert all_of(os.environ["CLEARANCE_HOME"]) == before
    code, out, _ = type_("trust", *arguments, "--yes")
    assert (code, plain(out).startswith(told), "stated  entry 2" in out) == (0, True, True)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_a_person_at_a_terminal_is_asked(type_: Type, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    prepared(type_)
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    before = all_of(os.environ["CLEARANCE_HOME"])
    got, _, err = type_("trust", "rotate", "--purpose", "transparency")
    assert (got, "do it? [y/N]" in err) == (code, True)
    assert (all_of(os.environ["CLEARANCE_HOME"]) == before) == (code == 2)


def test_what_ends_nothing_asks_nothing(type_: Type) -> None:
    assert type_("trust", "rotate", "--dry-run")[1] == "nothing ends; nothing was changed (--dry-run)\n"
    assert not Path(os.environ["CLEARANCE_HOME"], "trust").exists()
    prepared(type_)
    size = open_log(Path()).size()
    code, out, _ = type_("trust", "init", "--domain", "acme.example")  # as it is already
    assert (code, "ends" in out, "stated" in out, open_log(Path()).size()) == (0, False, False, size)
    code, out, _ = type_("trust", "init", "--oidc-issuer", "https://more.example.com", "--audience", "x")
    assert (code, "ends" in out, "stated" in out) == (0, False, True)
    code, out, _ = type_("trust", "init", "--oidc-issuer", "https://more.example.com", "--audience", "y")
    assert (code, "provider      https://more.example.com  as it is configured now" in out) == (2, True)


def test_jobs_of_some_repositories_are_believed(type_: Type) -> None:
    jobs = ["--oidc-issuer", "https://ci.example.com", "--audience", "x", "--names", "github"]
    assert type_("trust", "init", *jobs, "--repository", "acme/shop", "--repository", "tools/*")[0] == 0
    assert open_trust(os.environ).settings.oidc[0].repositories == ("acme/shop", "tools/*")
    assert "names github of acme/shop, tools/*, for x" in type_("trust", "show")[1]


def test_what_a_person_wrote_into_the_file_takes_effect_with_init(type_: Type) -> None:
    prepared(type_)
    change_settings(open_trust(os.environ).folder, {"domain": "acme.test"})
    assert type_("trust", "init")[0] == 2
    assert type_("trust", "init", "--yes")[0] == 0
    said = json.loads(open_log(Path()).entry(2).payload)["predicate"]
    assert (said["formerly"], said["changed"], said["ended"]) == ("acme.example", ["authority", "domain"], [])


def test_a_change_by_another_one_while_a_person_thinks_is_told(type_: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(type_)

    def thinks(*_: object, **__: object) -> bool:
        open_trust(os.environ).rotate(["transparency"])
        return True

    monkeypatch.setattr("clearance.frontends.cli.trust_told.agreed", thinks)
    code, _, err = type_("trust", "rotate", "--purpose", "transparency")
    assert (code, "somebody else changed it meanwhile" in err) == (2, True)


def test_show_in_json_names_the_log_of_the_repository_that_is_asked_for(
    type_: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepared(type_)
    repository = str(Path.cwd())
    monkeypatch.chdir(tmp_path)
    logs = [
        json.loads(type_("trust", "show", "--format", "json", *more)[1])["trustedRoot"]["tlogs"]
        for more in ([], ["-C", repository])
    ]
    assert [len(one) for one in logs] == [0, 1]
    assert logs[1][0]["baseUrl"] == f"https://{open_log(Path(repository)).origin()}"


def test_show_tells_all_that_is_public_and_nothing_else(type_: Type) -> None:
    prepared(type_)
    code, out, _ = type_("trust", "show", "--format", "json")
    told = json.loads(out)
    assert (code, told["domain"], told["providers"][0]["names"]) == (0, "acme.example", "people")
    assert "PRIVATE" not in out
    assert "PRIVATE" not in Path("root.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["init", "--signer", "nothing=file:"], "PURPOSE=URI"),
        (["init", "--signer", "authority"], "PURPOSE=URI"),
        (["init", "--audience", "x"], "add --oidc-issuer URL"),
        (["init", "--oidc-issuer", "https://login.example.com"], "add --audience NAME"),
        (["init", "--timestamps", "https://stamps.example.com"], "add --timestamps-chain FILE"),
        (["init", "--domain", "Not A Domain"], "domain is no name"),
        (["init", "--repository", "acme/shop"], "add --oidc-issuer URL"),
        (["init", "--oidc-issuer", "https://ci.example.com", "--audience", "x", "--names", "github"], "whose jobs?"),
        (["login", "--id-token", "nowhere"], "give a file with an ID token"),
    ],
)
def test_what_is_typed_wrongly_is_told_with_what_to_do(type_: Type, arguments: list[str], said: str) -> None:
    code, _, err = type_("trust", *arguments)
    assert code == 2
    assert said in err


def test_a_token_of_nobody_who_is_known_is_refused(type_: Type) -> None:
    Path("token").write_text("a.e30.c", encoding="utf-8")
    code, _, err = type_("trust", "login", "--id-token", "token")
    assert code == 2
    assert "clearance trust init --oidc-issuer" in err
