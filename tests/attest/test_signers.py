"""The contract of signers, for every implementation, and what only files can get wrong."""

import os
import stat
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tokens
import vaults
from clearance.attest.keys import check_signature, make_private, read_public
from clearance.attest.signers.file import ALGORITHMS, FileSigner, key_directory
from clearance.attest.signers.held import HeldSigner
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.signers.pkcs11 import PIN, TokenHolder
from clearance.attest.signers.vault import VaultHolder
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.key import PublicKey
from clearance.stores.private import PrivateFolder

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def files(purpose: Any) -> Callable[[Path, Clock], Any]:
    return lambda path, clock: FileSigner(PrivateFolder(path / "keys"), purpose, clock)


SIGNERS = [
    pytest.param("file", "ecdsa-p256", id="file-decisions"),
    pytest.param("file", "ed25519", id="file-checkpoints"),
    pytest.param("memory", "ecdsa-p256", id="memory-p256"),
    pytest.param("memory", "ed25519", id="memory-ed25519"),
    pytest.param("token", "ecdsa-p256", id="token-p256", marks=pytest.mark.system(tokens.TOOL)),
    pytest.param("token", "ed25519", id="token-ed25519", marks=pytest.mark.system(tokens.TOOL)),
    pytest.param("vault", "ecdsa-p256", id="vault-p256", marks=pytest.mark.system(vaults.TOOL)),
    pytest.param("vault", "ed25519", id="vault-ed25519", marks=pytest.mark.system(vaults.TOOL)),
]


@pytest.fixture
def make(kind: str, algorithm: Any, request: pytest.FixtureRequest) -> Callable[[Path, Clock], Any]:
    """How to open a signer of a kind below a folder; twice for one folder is the same signer, but in memory."""
    match kind:
        case "file":
            return files("decisions" if algorithm == "ecdsa-p256" else "checkpoints")
        case "memory":
            return lambda _, clock: MemorySigner(algorithm, clock)
        case "token":
            uri, pin = request.getfixturevalue("hsm").take(), {PIN: tokens.PIN}
            return lambda path, clock: HeldSigner(
                TokenHolder(uri, "clearance-x", pin, clock), algorithm, PrivateFolder(path / "held"), clock
            )
        case _:
            server = request.getfixturevalue("bao")
            return lambda path, clock: HeldSigner(
                VaultHolder(f"vault:transit/{path.name.strip('_')}", server), algorithm, PrivateFolder(path / "held"), clock
            )


@pytest.mark.parametrize(("kind", "algorithm"), SIGNERS)
class TestContract:
    def test_two_first_uses_at_once_agree_on_one_key(self, make: Any, kind: str, algorithm: str, tmp_path: Path) -> None:
        one = make(tmp_path, Clock())
        signers = [one, *(one if kind == "memory" else make(tmp_path, Clock()) for _ in range(3))]
        signed: list[Any] = []
        threads = [threading.Thread(target=lambda signer=signer: signed.append(signer.sign(b"data"))) for signer in signers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [signature.key for signature in signed] == [one.public().id] * 4
        assert [key.id for key in one.known()] == [one.public().id]

    def test_a_key_may_end_before_now_and_the_newest_one_has_no_end(
        self, make: Any, kind: str, algorithm: str, tmp_path: Path
    ) -> None:
        clock = Clock()
        signer = make(tmp_path, clock)
        stolen = signer.public()
        clock.now = NOON + timedelta(days=7)
        signer.rotate("2026-11-22T13:00:00Z")
        for one in (signer,) if kind == "memory" else (signer, make(tmp_path, clock)):
            retired = {key.id: key.retired for key in one.known()}
            assert retired == {stolen.id: "2026-11-22T13:00:00Z", one.public().id: ""}

    def test_whoever_opens_it_later_signs_with_the_same_key(
        self, make: Any, kind: str, algorithm: str, tmp_path: Path
    ) -> None:
        first = make(tmp_path, Clock())
        before = first.sign(b"data")
        first.rotate()
        later = first if kind == "memory" else make(tmp_path, Clock())
        assert later.public().id == first.public().id != before.key
        assert {key.id for key in later.known()} == {before.key, first.public().id}
        check_signature(first.public(), later.sign(b"data").value, b"data")

    def test_looking_at_keys_makes_none_anywhere(self, make: Any, kind: str, algorithm: str, tmp_path: Path) -> None:
        if kind != "memory":  # that one makes its key with itself
            assert make(tmp_path, Clock()).known() == ()
            assert make(tmp_path, Clock()).known() == ()
            assert list(tmp_path.iterdir()) == []

    def test_a_signature_fits_what_was_signed_and_nothing_else(
        self, make: Any, kind: str, algorithm: str, tmp_path: Path
    ) -> None:
        signer = make(tmp_path, Clock())
        signature = signer.sign(b"data")
        key = signer.public()
        assert (signature.key, key.algorithm) == (key.id, algorithm)
        check_signature(key, signature.value, b"data")
        wrong = bytearray(signature.value)
        wrong[-1] ^= 1
        for value, data in ((signature.value, b"date"), (bytes(wrong), b"data"), (b"", b"data")):
            with pytest.raises(BadSignature):
                check_signature(key, value, data)

    def test_what_was_signed_before_a_rotation_still_verifies(
        self, make: Any, kind: str, algorithm: str, tmp_path: Path
    ) -> None:
        clock = Clock()
        signer = make(tmp_path, clock)
        signatures = [signer.sign(b"data")]
        for hours in (1, 2):
            clock.now = NOON + timedelta(hours=hours)
            rotated = signer.rotate()
            assert signer.public().id == rotated.id
            signatures.append(signer.sign(b"data"))
        known = {key.id: key for key in signer.known()}
        assert len(known) == 3
        for signature in signatures:
            check_signature(known[signature.key], signature.value, b"data")
        retired = [known[signature.key].retired for signature in signatures]
        since = [known[signature.key].since for signature in signatures]
        if kind == "vault":  # its own clock says when
            assert sorted(since) == since
            assert [bool(time) for time in retired] == [True, True, False]
        else:
            assert retired == ["2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z", ""]
            assert since == ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z"]
        assert {key.algorithm for key in known.values()} == {algorithm}


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return FileSigner(PrivateFolder(tmp_path / "keys"), "decisions", Clock())


def test_looking_at_keys_makes_none(signer: FileSigner, tmp_path: Path) -> None:
    assert signer.known() == ()
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_made_once_and_is_private(signer: FileSigner, tmp_path: Path) -> None:
    first = signer.public()
    again = FileSigner(PrivateFolder(tmp_path / "keys"), "decisions", Clock())
    assert again.public().id == first.id
    assert again.known()[0].id == first.id
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").rglob("*")}
    assert modes == {"decisions.key": 0o600, "keys": 0o700, f"{first.id}.pub": 0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    pem = (tmp_path / "keys" / "decisions.key").read_bytes()
    assert pem.startswith(b"-----BEGIN " + b"PRIVATE KEY-----")


@pytest.mark.system("openssl")
def test_openssl_reads_both_halves(signer: FileSigner, tmp_path: Path) -> None:
    key = signer.public()
    der = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "keys" / "decisions.key", "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert der == key.spki
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", tmp_path / "keys" / "keys" / f"{key.id}.pub", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert der == key.spki


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604, 0o601])
def test_a_key_that_others_can_reach_is_refused_with_what_to_do(signer: FileSigner, tmp_path: Path, mode: int) -> None:
    signer.public()
    path = tmp_path / "keys" / "decisions.key"
    path.chmod(mode)
    fresh = FileSigner(PrivateFolder(tmp_path / "keys"), "decisions", Clock())
    for use in (fresh.public, fresh.known, fresh.rotate, lambda: fresh.sign(b"")):
        with pytest.raises(SigningError, match="group or others") as told:
            use()
        assert told.value.where == str(path)
        assert "chmod 600" in told.value.next
    assert stat.S_IMODE(path.stat().st_mode) == mode, "nothing is mended silently"


def test_a_directory_that_others_can_reach_is_refused(signer: FileSigner, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    with pytest.raises(SigningError, match="group or others") as told:
        signer.public()
    assert "chmod 700" in told.value.next
    assert list((tmp_path / "keys").iterdir()) == []


@pytest.mark.parametrize("kind", ["symlink to a key", "dangling symlink", "fifo", "directory"])
def test_what_is_no_regular_file_is_refused(signer: FileSigner, tmp_path: Path, kind: str) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    path = tmp_path / "keys" / "decisions.key"
    target = tmp_path / "target"
    match kind:
        case "symlink to a key":
            target.write_bytes(make_private("ecdsa-p256"))
            target.chmod(0o600)
            path.symlink_to(target)
        case "dangling symlink":
            path.symlink_to(target)
        case "fifo":
            os.mkfifo(path, 0o600)
        case _:
            path.mkdir(mode=0o700)
    with pytest.raises(SigningError) as told:
        signer.sign(b"")
    assert told.value.next
    assert target.exists() == (kind == "symlink to a key")


def test_a_symlink_in_place_of_the_directory_is_refused(signer: FileSigner, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SigningError):
        signer.public()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"nonsense", make_private("ed25519"), b"x" * (1 << 21)])
def test_what_is_no_key_of_this_kind_is_refused(signer: FileSigner, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    path = tmp_path / "keys" / "decisions.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SigningError) as told:
        signer.sign(b"")
    assert "move" in told.value.next
    assert path.read_bytes() == content


def test_a_rotation_that_breaks_off_leaves_a_key_that_is_known(signer: FileSigner, tmp_path: Path) -> None:
    signature = signer.sign(b"data")
    folder = PrivateFolder(tmp_path / "keys")
    replace = PrivateFolder.replace
    for allowed in range(3):
        left = [allowed]

        def breaking(self: PrivateFolder, name: str, data: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            replace(self, name, data)

        with pytest.MonkeyPatch.context() as held:
            held.setattr(PrivateFolder, "replace", breaking)
            with pytest.raises(KeyboardInterrupt):
                FileSigner(folder, "decisions", Clock()).rotate()
        fresh = FileSigner(folder, "decisions", Clock())
        current = fresh.public()
        assert current.id == signature.key
        assert {key.id: key.retired for key in fresh.known()}[current.id] == "", "the key that signs is not retired"
        check_signature(current, fresh.sign(b"x").value, b"x")


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"CLEARANCE_HOME": "/a/b", "XDG_CONFIG_HOME": "/c", "HOME": "/h"}, "/a/b"),
        ({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}, "/c/clearance"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/clearance"),
        ({"CLEARANCE_HOME": "", "HOME": "/h"}, "/h/.config/clearance"),
    ],
)
def test_where_keys_lie(environment: dict[str, str], place: str) -> None:
    assert key_directory(environment) == place


@pytest.mark.parametrize("environment", [{}, {"HOME": "h"}, {"HOME": "/h", "CLEARANCE_HOME": "keys"}])
def test_keys_lie_nowhere_where_a_repository_could_plant_them(environment: dict[str, str]) -> None:
    with pytest.raises(SigningError):
        key_directory(environment)


def test_each_purpose_has_its_own_algorithm() -> None:
    # Stock verifiers take entries and certificates on P-256 only, and checkpoints of public logs are Ed25519's.
    assert {purpose for purpose, algorithm in ALGORITHMS.items() if algorithm == "ed25519"} == {"checkpoints", "witness"}
    assert {algorithm for purpose, algorithm in ALGORITHMS.items() if purpose not in {"checkpoints", "witness"}} == {
        "ecdsa-p256"
    }


def test_a_public_key_survives_pem() -> None:
    key = MemorySigner("ed25519", Clock()).public()
    assert read_public(("since: a\nretired: b\n" + key.pem).encode()) == PublicKey(
        algorithm="ed25519", spki=key.spki, since="a", retired="b"
    )
    for wrong in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"x" * 20_000):
        with pytest.raises(SigningError):
            read_public(wrong)


@pytest.mark.system("openssl")
@pytest.mark.parametrize("options", [["-algorithm", "RSA"], ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]])
def test_a_key_of_another_kind_is_refused(options: list[str]) -> None:
    private = subprocess.run(["openssl", "genpkey", *options], check=True, capture_output=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, check=True, capture_output=True).stdout
    with pytest.raises(SigningError, match="neither"):
        read_public(public)
