"""What this machine trusts and signs with: made on first use, renewed, lost, found by another process."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attest.world import Said, Toy
from clearance.attest.signers.file import FileSigner, Purpose
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import read_root
from clearance.facts.errors import BadFile, BadSignature, SigningError, StoreError, UsageError
from clearance.facts.identity import Identity
from clearance.stores.private import PrivateFolder
from clearance.wiring.trust_file import change_settings
from clearance.wiring.trust_setup import Choices, client_config, plan, set_up
from clearance.wiring.trusting import SIGNING, House, open_trust

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
STATEMENT = Toy(predicate=Said(number=1))


class Machine:
    """A machine with a clock that a test moves; each `house` is another process on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = NOON

    def house(self) -> House:
        return House({"CLEARANCE_HOME": str(self.home), "HOME": "/nonexistent"}, lambda: self.now)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "home")


def test_looking_makes_nothing(machine: Machine) -> None:
    house = machine.house()
    assert house.trust().root.authorities == ()
    assert house.keyring().public() == ()
    assert not machine.home.exists()


def test_the_first_signature_makes_everything_private_and_once(machine: Machine) -> None:
    house = machine.house()
    ((sealed, told),) = house.seal([STATEMENT])
    assert house.trust().unseal(sealed) == told
    assert told.signer == house.service
    assert house.domain.endswith(".clearance.local")
    again = machine.house()
    assert again.domain == house.domain
    assert again.trust().unseal(sealed) == told
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.home.rglob("*") if path.is_file()}
    assert set(modes.values()) == {0o600}
    assert {"authority.key", "timestamps.key", "transparency.key", "root.json"} <= set(modes)
    assert "decisions.key" not in modes


def test_first_signatures_at_once_agree(machine: Machine) -> None:
    house, found = machine.house(), []
    others = [threading.Thread(target=lambda: found.append(machine.house().seal([STATEMENT])[0][0])) for _ in range(4)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    assert len({house.trust().unseal(sealed).signer for sealed in found}) == 1
    assert len(house.trust().root.authorities) == 1


def test_a_credential_is_kept_until_a_minute_before_its_end(machine: Machine) -> None:
    house = machine.house()
    agent = Identity(name=f"spiffe://{house.domain}/agent/x", issuer=f"spiffe://{house.domain}")
    first = house.credential(house.service)
    assert house.credential(agent) is not first
    machine.now += timedelta(minutes=9)
    assert house.credential(house.service) is first
    machine.now += timedelta(seconds=1)
    renewed = house.credential(house.service)
    assert renewed is not first
    assert renewed.certificate.start == machine.now


@pytest.mark.parametrize("purposes", [("authority",), ("timestamps",), ("transparency",), SIGNING])
def test_all_that_was_signed_before_a_rotation_still_verifies_everywhere(
    machine: Machine, purposes: tuple[str, ...]
) -> None:
    house, running = machine.house(), machine.house()
    sealed = [one for one, _ in house.seal([STATEMENT])]
    running.credential(running.service)
    for _ in range(2):
        machine.now += timedelta(hours=1)
        house.rotate(purposes)  # type: ignore[arg-type]
        sealed += [one for each in (house, running) for one, _ in each.seal([STATEMENT])]
    for trust in (house.trust(), machine.house().trust(), Trust(read_root(house.trusted_root(())))):
        assert [trust.unseal(one).signer for one in sealed] == [house.service] * 5
    assert [key.retired for key in house.trust().root.transparency] == (
        ["2026-11-22T13:00:01Z", "2026-11-22T14:00:01Z", ""] if "transparency" in purposes else [""]
    )
    ended = [chain.until for chain in house.trust().root.authorities]
    assert ended == (["2026-11-22T13:00:01Z", "2026-11-22T14:00:01Z", ""] if "authority" in purposes else [""])


def test_what_is_signed_with_a_rotated_authority_is_refused(machine: Machine) -> None:
    house = machine.house()
    credential = house.credential(house.service)
    machine.now += timedelta(minutes=1)
    machine.house().rotate(["authority"])
    machine.now += timedelta(minutes=1)
    from clearance.attest.bundle import seal

    with pytest.raises(BadSignature, match="its authority counts from"):
        house.trust().unseal(seal(STATEMENT, credential, house.timestamps()))


@pytest.mark.parametrize(
    ("purposes", "said"),
    [
        (("authority",), "lies outside the time of the timestamp authority"),  # which stood below it
        (("timestamps",), "lies outside the time of the timestamp authority"),
        (("transparency",), "certificate timestamp"),
        (SIGNING, "lies outside the time of the timestamp authority"),
    ],
)
def test_what_a_stolen_key_signed_since_is_refused_and_what_it_signed_before_is_not(
    machine: Machine, purposes: tuple[Purpose, ...], said: str
) -> None:
    house = machine.house()
    ((before, _),) = house.seal([STATEMENT])
    machine.now += timedelta(hours=2)
    ((after, _),) = house.seal([STATEMENT])
    machine.now += timedelta(days=7)
    assert house.trust().unseal(after)
    house.rotate(purposes, NOON + timedelta(hours=1))
    ((newest, _),) = house.seal([STATEMENT])
    for trust in (house.trust(), machine.house().trust(), Trust(read_root(house.trusted_root(())))):
        assert trust.unseal(before).time == "2026-11-22T12:00:00Z"
        assert trust.unseal(newest).time == "2026-11-29T14:00:00Z"
        with pytest.raises(BadSignature, match=said):
            trust.unseal(after)


def test_a_key_of_checkpoints_ends_back_then_too(machine: Machine) -> None:
    house = machine.house()
    house.seal([STATEMENT])
    house.signer("checkpoints").public()
    machine.now += timedelta(days=7)
    house.rotate(["checkpoints"], NOON + timedelta(hours=1))
    (old, new) = machine.house().root(["example.com/log"]).logs
    assert (old.key.retired, new.key.retired, new.key.since) == ("2026-11-22T13:00:00Z", "", "2026-11-29T12:00:00Z")


@pytest.mark.parametrize(
    ("since", "said"),
    [(timedelta(hours=2), "it is to come"), (timedelta(hours=-1), "began at 2026-11-22T12:00:00Z")],
)
@pytest.mark.parametrize("purposes", [("authority",), ("checkpoints",), SIGNING])
def test_a_key_ends_neither_in_the_future_nor_before_it_began(
    machine: Machine, purposes: tuple[Purpose, ...], since: timedelta, said: str
) -> None:
    house = machine.house()
    house.seal([STATEMENT])
    key = house.signer("checkpoints").public()
    machine.now += timedelta(hours=1)
    root = house.trusted_root(["example.com/log"])
    with pytest.raises(UsageError, match=said):
        house.rotate(purposes, NOON + since)
    assert machine.house().trusted_root(["example.com/log"]) == root, "nothing was changed"
    assert machine.house().signer("checkpoints").public().id == key.id


def test_where_nothing_was_signed_no_key_ends_in_the_past(machine: Machine) -> None:
    with pytest.raises(UsageError, match="nothing was signed yet"):
        machine.house().rotate(SIGNING, NOON)


def test_no_key_of_a_newer_authority_is_ended_before_it_began(machine: Machine) -> None:
    house = machine.house()
    house.seal([STATEMENT])
    machine.now += timedelta(hours=1)
    house.rotate(["timestamps"])
    with pytest.raises(UsageError, match="began at 2026-11-22T13:00:00Z"):
        house.rotate(["authority"], NOON + timedelta(minutes=30))


@pytest.mark.parametrize("purpose", ["authority", "timestamps", "transparency", "checkpoints"])
def test_a_lost_key_is_told_and_never_replaced_in_silence(machine: Machine, purpose: str) -> None:
    house = machine.house()
    house.seal([STATEMENT])
    house.signer("checkpoints").public()
    (machine.home / f"{purpose}.key").unlink()
    again = machine.house()
    with pytest.raises(SigningError, match="nobody retired it") as told:
        again.signer("checkpoints").sign(b"") if purpose == "checkpoints" else again.seal([STATEMENT])
    assert f"clearance trust rotate --purpose {purpose}" in told.value.next
    assert not (machine.home / f"{purpose}.key").exists()
    machine.house().rotate([purpose])  # type: ignore[list-item]
    ((sealed, _),) = machine.house().seal([STATEMENT])
    assert machine.house().trust().unseal(sealed).signer == house.service


def test_keys_that_are_all_made_anew_beside_the_old_root_are_told(machine: Machine) -> None:
    machine.house().seal([STATEMENT])
    for path in [*machine.home.glob("*.key"), *machine.home.glob("keys/*")]:
        path.unlink()
    with pytest.raises(SigningError, match="another one than its certificate names") as told:
        machine.house().seal([STATEMENT])
    assert "clearance trust rotate" in told.value.next


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense", b"\xff"])
def test_a_broken_root_is_an_error(machine: Machine, data: bytes) -> None:
    house = machine.house()
    house.seal([STATEMENT])
    (machine.home / "trust" / "root.json").write_bytes(data)
    with pytest.raises((StoreError, SigningError)):
        machine.house().seal([STATEMENT])


# --- trust.toml


def test_a_domain_is_taken_and_changed(machine: Machine) -> None:
    house = machine.house()
    set_up(house, Choices(domain="acme.example"))
    assert house.service.name == "spiffe://acme.example/service/clearance"
    ((old, _),) = house.seal([STATEMENT])
    machine.now += timedelta(hours=1)
    set_up(house, Choices(domain="acme.test"))
    ((new, _),) = house.seal([STATEMENT])
    assert [house.trust().unseal(one).signer.domain for one in (old, new)] == ["acme.example", "acme.test"]  # type: ignore[union-attr]


def test_what_others_keep_in_the_file_stays(machine: Machine) -> None:
    house = machine.house()
    change_settings(house.folder, {"witnesses": {"quorum": "required", "seconds": 2.5}, "log": {"store": "files:/x"}})
    set_up(house, Choices(issuer="https://login.example.com", audiences=("clearance",), mail_domains=("Example.com",)))
    set_up(house, Choices(issuer="https://ci.example.com", audiences=("a", "b"), names="gitlab", repositories=("a/*",)))
    text = (machine.home / "trust" / "trust.toml").read_text(encoding="utf-8")
    assert 'quorum = "required"' in text
    assert "seconds = 2.5" in text
    found = house.settings.oidc
    assert [(one.issuer, one.audience, one.names, (*one.domains, *one.repositories)) for one in found] == [
        ("https://login.example.com", ("clearance",), "people", ("example.com",)),
        ("https://ci.example.com", ("a", "b"), "gitlab", ("a/*",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "domain = 3",
        'domain = "UPPER.example"',
        'domain = "a/b"',
        "not toml",
        "\udcff",
        '[[oidc]]\nissuer = "http://login.example.com"\naudience = ["x"]',
        '[[oidc]]\nissuer = "https://login.example.com"\naudience = []',
        '[[oidc]]\nissuer = "https://login.example.com"\naudience = ["x"]\nnames = "robots"',
        '[[oidc]]\nissuer = "https://login.example.com"\naudience = ["x"]\nmore = 1',
        'signers = "file:"',
    ],
)
def test_a_file_that_is_wrong_is_told_and_nothing_is_made(machine: Machine, text: str) -> None:
    folder = machine.home / "trust"
    folder.mkdir(parents=True, mode=0o700)
    machine.home.chmod(0o700)
    (folder / "trust.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    (folder / "trust.toml").chmod(0o600)
    with pytest.raises(BadFile) as told:
        machine.house().seal([STATEMENT])
    assert "trust.toml:" in told.value.where
    assert not (folder / "root.json").exists()


def test_choices_that_do_not_go_together_are_told(machine: Machine) -> None:
    for wrong in (Choices(issuer="https://x.example"), Choices(audiences=("x",)), Choices(timestamps="https://x.example")):
        with pytest.raises(UsageError):
            set_up(machine.house(), wrong)
    assert not (machine.home / "trust").exists()
    set_up(machine.house(), Choices(domain="acme.example"))
    text = (machine.home / "trust" / "trust.toml").read_bytes()
    for refused in (Choices(domain="Not A Domain"), Choices(issuer="http://login.example.com", audiences=("x",))):
        with pytest.raises(BadFile):
            set_up(machine.house(), refused)
    assert (machine.home / "trust" / "trust.toml").read_bytes() == text


def test_a_place_of_a_key_that_does_not_work_is_told_before_it_is_written(machine: Machine) -> None:
    house = machine.house()
    with pytest.raises(SigningError, match="no address"):
        set_up(house, Choices(signers={"authority": "vault:transit/x"}))
    assert house.settings.signers.said() == {}
    assert house.seal([STATEMENT])


def test_a_key_that_moves_ends_and_one_that_stays_where_it_is_does_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = machine.house()
    set_up(house, Choices(domain="acme.example"))
    token = FileSigner(PrivateFolder(machine.home / "token"), "authority", lambda: machine.now)
    here = house.signer_at
    monkeypatch.setattr(house, "signer_at", lambda purpose, uri: token if uri == "pkcs11:token=x" else here(purpose, uri))
    moved = plan(house, Choices(signers={"authority": "pkcs11:token=x"}))
    assert [(one.purpose, one.stays) for one in moved.ends] == [("authority", False), ("timestamps", True)]
    assert not (machine.home / "token").exists()
    assert not plan(house, Choices(signers={"authority": "file:"})).ending
    change_settings(house.folder, {"signers": {"authority": "pkcs11:token=x"}})
    assert not plan(house, Choices(issuer="https://login.example.com", audiences=("x",))).ending
    assert plan(house, Choices()) == moved
    machine.now += timedelta(hours=1)
    set_up(house, Choices())
    assert house.seal([STATEMENT])
    assert plan(house, Choices(signers={"authority": "pkcs11:token=x"})) == plan(house, Choices())
    assert not plan(house, Choices()).ending


def test_an_audience_that_is_empty_is_nobody(machine: Machine) -> None:
    with pytest.raises(UsageError, match="for whom"):
        set_up(machine.house(), Choices(issuer="https://login.example.com", audiences=("",)))
    table = {"issuer": "https://login.example.com", "audience": [""]}
    with pytest.raises(BadFile, match="an audience"):
        change_settings(machine.house().folder, {"oidc": [table]})


def test_one_house_a_place(tmp_path: Path) -> None:
    one = open_trust({"CLEARANCE_HOME": str(tmp_path / "a"), "X": "1"})
    assert open_trust({"CLEARANCE_HOME": str(tmp_path / "a")}) is one
    assert open_trust({"CLEARANCE_HOME": str(tmp_path / "b")}) is not one
    assert b"trustedRoot" in client_config(one.trust().root)


@pytest.mark.parametrize(
    ("said", "login"),
    [
        ("ada", "ada"),
        ("DOMAIN\\ada", "DOMAIN-ada"),
        ("ada lovelace", "ada-lovelace"),
        ("ada/../../service/clearance", "ada-..-..-service-clearance"),
        ("ädä", "d"),
        ("..", "nobody"),
        ("", "nobody"),
        ("x" * 300, "x" * 64),
    ],
)
def test_who_types_is_named_by_the_system_and_by_no_variable(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, said: str, login: str
) -> None:
    import pwd
    from types import SimpleNamespace

    monkeypatch.setenv("LOGNAME", "dana")
    monkeypatch.setenv("USER", "dana")
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name=said))
    house = machine.house()
    assert house.user.name == f"spiffe://{house.domain}/user/{login}"
    assert (house.user.kind, house.user.issuer) == ("user", f"spiffe://{house.domain}")
    ((sealed, told),) = house.seal([STATEMENT], house.user)
    assert house.trust().unseal(sealed) == told


def test_a_revoked_certificate_is_not_used_again_and_nothing_else_changes(machine: Machine) -> None:
    from clearance.attest.revocation import serial_text
    from clearance.facts.errors import Revoked

    house, other = machine.house(), machine.house()
    with pytest.raises(UsageError, match="nothing was signed here yet"):
        house.revoke("4A1F00FF", "why")
    ((old, _),) = house.seal([STATEMENT])
    serial = serial_text(house.credential(house.service).certificate.serial)
    root = house.trusted_root(())
    assert other.revoke(serial, "why").serial == serial
    assert serial_text(house.credential(house.service).certificate.serial) != serial, "another process revoked it"
    ((new, _),) = house.seal([STATEMENT])
    assert house.trust().unseal(new)
    with pytest.raises(Revoked, match=serial):
        house.trust().unseal(old)
    machine.now += timedelta(hours=1)
    house.rotate(SIGNING)
    with pytest.raises(Revoked, match=serial):
        machine.house().trust().unseal(old)
    assert Trust(read_root(root)).unseal(old), "stock verifiers read no list"
