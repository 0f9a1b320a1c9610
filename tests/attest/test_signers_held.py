"""What only keys held elsewhere can get wrong: who answers there, what lets in, what may leave, and when nobody answers."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tokens
import vaults
from clearance.attest.keys import PrivateKey, check_signature, make_private
from clearance.attest.signers.file import FileSigner
from clearance.attest.signers.held import Held, HeldSigner, Unreachable
from clearance.attest.signers.kms import KmsHolder
from clearance.attest.signers.pkcs11 import MODULE, PIN, TokenHolder, read_uri
from clearance.attest.signers.vault import VaultHolder
from clearance.facts.errors import SigningError
from clearance.stores.private import PrivateFolder
from clearance.wiring.signers import signer_of

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
TOKEN = pytest.mark.system(tokens.TOOL)
VAULT = pytest.mark.system(vaults.TOOL)


class Toy:
    """A holder in memory that a test makes lie."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, PrivateKey]] = []
        self.down = False
        self.forge = False

    def keys(self) -> Sequence[Held]:
        if self.down:
            raise Unreachable("nobody there")
        return [Held(name, key.public) for name, key in self.pairs]

    def make(self, algorithm: Any) -> None:
        self.pairs.append((f"toy#{len(self.pairs)}", PrivateKey(make_private(algorithm), algorithm)))

    def sign(self, key: Held, data: bytes) -> bytes:
        if self.down:
            raise Unreachable("nobody there")
        return dict(self.pairs)[key.name].sign(data + b"!" * self.forge)


@pytest.fixture
def toy() -> Toy:
    return Toy()


def opened(toy: Any, path: Path, **more: Any) -> HeldSigner:
    return HeldSigner(toy, "ecdsa-p256", PrivateFolder(path / "held"), lambda: NOON, **more)


def test_a_signature_that_does_not_fit_is_not_handed_on(toy: Toy, tmp_path: Path) -> None:
    signer = opened(toy, tmp_path)
    signer.sign(b"data")
    toy.forge = True
    with pytest.raises(SigningError, match="does not fit"):
        signer.sign(b"data")


def test_another_key_under_a_name_that_is_remembered_is_refused(toy: Toy, tmp_path: Path) -> None:
    opened(toy, tmp_path).sign(b"data")
    toy.pairs[0] = ("toy#0", PrivateKey(make_private("ecdsa-p256"), "ecdsa-p256"))
    signer = opened(toy, tmp_path)
    for use in (signer.public, signer.known, signer.rotate, lambda: signer.sign(b"")):
        with pytest.raises(SigningError, match="another key") as told:
            use()
        assert told.value.where == "toy#0"


def test_a_key_of_another_kind_is_refused(toy: Toy, tmp_path: Path) -> None:
    toy.make("ed25519")
    with pytest.raises(SigningError, match="not a key for ecdsa-p256"):
        opened(toy, tmp_path).sign(b"data")


def test_what_is_remembered_verifies_while_nobody_answers(toy: Toy, tmp_path: Path) -> None:
    signer = opened(toy, tmp_path)
    signed = signer.sign(b"data")
    signer.rotate()
    toy.down = True
    later = opened(toy, tmp_path)
    known = {key.id: key for key in later.known()}
    check_signature(known[signed.key], signed.value, b"data")
    assert len(known) == 2
    for use in (later.public, later.rotate, lambda: later.sign(b"")):
        with pytest.raises(SigningError, match="nobody there"):
            use()
    with pytest.raises(SigningError, match="nobody there"):
        opened(toy, tmp_path / "elsewhere").known()


def test_a_key_that_is_gone_at_its_holder_stays_known(toy: Toy, tmp_path: Path) -> None:
    signed = opened(toy, tmp_path).sign(b"data")
    toy.make("ecdsa-p256")
    del toy.pairs[0]
    later = opened(toy, tmp_path)
    later.sign(b"more")
    assert signed.key in {key.id for key in later.known()}
    assert len(later.known()) == 2


def test_a_rotation_on_another_machine_is_learned(toy: Toy, tmp_path: Path) -> None:
    here, there = opened(toy, tmp_path / "here"), opened(toy, tmp_path / "there")
    here.sign(b"data")
    newer = there.rotate()
    later = opened(toy, tmp_path / "here")
    assert newer.id in {key.id for key in later.known()}
    assert later.public().id == newer.id


def test_keys_of_before_stay_known_and_end_where_the_new_ones_begin(toy: Toy, tmp_path: Path) -> None:
    file = FileSigner(PrivateFolder(tmp_path / "keys"), "authority", lambda: datetime(2026, 1, 1, tzinfo=UTC))
    old = file.sign(b"data")
    signer = opened(toy, tmp_path, earlier=file.known)
    signer.sign(b"data")
    known = {key.id: key for key in signer.known()}
    assert known[old.key].retired == "2026-11-22T12:00:00Z"
    assert known[signer.public().id].retired == ""


def test_what_is_remembered_holds_no_private_key_and_is_private(toy: Toy, tmp_path: Path) -> None:
    opened(toy, tmp_path).sign(b"data")
    for path in (tmp_path / "held").iterdir():
        assert b"PRIVATE" not in path.read_bytes()
        path.chmod(0o644)
    with pytest.raises(SigningError, match="others can reach"):
        opened(toy, tmp_path).known()


# PKCS #11


SECRET = "98" + "76"


def token(uri: str, environment: dict[str, str], path: Path, algorithm: Any = "ecdsa-p256") -> HeldSigner:
    return HeldSigner(TokenHolder(uri, "clearance-x", environment), algorithm, PrivateFolder(path / "held"), lambda: NOON)


@TOKEN
@pytest.mark.parametrize(
    ("change", "environment", "said"),
    [
        (lambda uri: uri, {PIN: SECRET}, "PIN is wrong"),
        (lambda uri: uri, {}, "no PIN"),
        (lambda uri: uri.replace("token=", "token=no"), {PIN: SECRET}, "no such token"),
        (lambda uri: "pkcs11:token=x?module-path=/nonexistent.so", {PIN: SECRET}, "does not answer"),
        (lambda uri: uri + "&pin-source=file:/nonexistent", {}, "cannot be read"),
        (lambda uri: uri + "&pin-source=%7Ccat", {}, "names no file"),
        (lambda uri: uri.replace("?", ";id=%01?"), {PIN: tokens.PIN}, "no other is made"),
    ],
)
def test_a_token_that_does_not_let_in_says_so(
    hsm: tokens.Tokens, tmp_path: Path, change: Any, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(SigningError, match=said) as told:
        token(change(hsm.take()), environment, tmp_path).sign(b"data")
    assert told.value.next
    assert SECRET not in str(told.value)


@TOKEN
def test_the_pin_may_lie_in_a_private_file(hsm: tokens.Tokens, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(tokens.PIN + "\n")
    pin.chmod(0o644)
    uri = f"{hsm.take()}&pin-source=file:{pin}"
    with pytest.raises(SigningError, match="others can reach"):
        token(uri, {}, tmp_path).sign(b"data")
    pin.chmod(0o600)
    assert token(uri, {}, tmp_path).sign(b"data")


@TOKEN
def test_a_key_that_may_leave_the_token_does_not_sign(hsm: tokens.Tokens, tmp_path: Path) -> None:
    import pkcs11
    from pkcs11 import Attribute, KeyType

    uri = hsm.take()
    signer = token(uri, {PIN: tokens.PIN}, tmp_path)
    holder: Any = signer._holder
    from clearance.attest.signers.pkcs11 import _TOKENS

    with _TOKENS.session(holder._named, lambda: tokens.PIN) as session:
        curve = bytes.fromhex("06082a8648ce3d030107")
        session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: curve}, local=True).generate_keypair(
            id=b"1", label="clearance-x", store=True, capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
            private_template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )  # fmt: skip
    with pytest.raises(SigningError, match="may leave the token"):
        signer.sign(b"data")


@TOKEN
def test_the_private_half_cannot_be_read_out_of_the_token(hsm: tokens.Tokens, tmp_path: Path) -> None:
    from pkcs11 import Attribute, ObjectClass, exceptions

    from clearance.attest.signers.pkcs11 import _TOKENS

    signer = token(hsm.take(), {PIN: tokens.PIN}, tmp_path)
    signer.sign(b"data")
    holder: Any = signer._holder
    with _TOKENS.session(holder._named, lambda: tokens.PIN) as session:
        (private,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        assert private[Attribute.SENSITIVE]
        assert not private[Attribute.EXTRACTABLE]
        with pytest.raises(exceptions.PKCS11Error):
            _ = private[Attribute.VALUE]


@TOKEN
def test_a_clock_that_was_set_back_leaves_no_old_key_signing(hsm: tokens.Tokens, tmp_path: Path) -> None:
    uri, now = hsm.take(), [NOON]
    holder = TokenHolder(uri, "clearance-x", {PIN: tokens.PIN}, lambda: now[0])
    signer = opened(holder, tmp_path)
    signer.sign(b"data")
    for year in (2020, 2026, 2019):
        now[0] = NOON.replace(year=year)
        newest = signer.rotate()
        assert opened(holder, tmp_path).public().id == newest.id
    assert len(signer.known()) == 4


@TOKEN
def test_a_child_process_signs_too(hsm: tokens.Tokens, tmp_path: Path) -> None:
    signer = token(hsm.take(), {PIN: tokens.PIN}, tmp_path)
    signed = signer.sign(b"data")
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if signer.sign(b"data").key == signed.key else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert signer.sign(b"data").key == signed.key


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("pkcs11:", "no token"),
        ("pkcs11:object=x?module-path=/m.so", "no token"),
        ("pkcs11:token=x", "no module"),
        ("pkcs11:token=x?module-path=m.so", "no module"),
        (f"pkcs11:token=x?module-path=/m.so&pin-value={SECRET}", "a PIN stands in the URI"),
        (f"pkcs11:token=x;pin-value={SECRET}?module-path=/m.so", "a PIN stands in the URI"),
        ("pkcs11:token=x;token=y?module-path=/m.so", "stands twice: token"),
        ("pkcs11:token=x;slot-id=1?module-path=/m.so", "not taken here, or stands twice: slot-id"),
        (f"pkcs11:token=x;{SECRET}?module-path=/m.so", "something else"),
    ],
)
def test_a_wrong_uri_of_a_token_is_refused(uri: str, said: str) -> None:
    with pytest.raises(SigningError, match=said) as told:
        read_uri(uri, "l", {})
    assert SECRET not in str(told.value)


def test_a_uri_of_a_token_is_read_and_shown_without_where_the_pin_lies() -> None:
    named = read_uri("pkcs11:token=my%20token;object=%C3%A9;id=%01%ff?pin-source=file:/p", "l", {MODULE: "/m.so"})
    assert named.token == {"token": "my token"}
    assert (named.label, named.id, named.module, named.pin_source) == ("é", b"\x01\xff", "/m.so", "file:/p")
    assert named.shown == "pkcs11:token=my%20token;object=%C3%A9"


# Vault, OpenBao


def vault(uri: str, environment: dict[str, str], path: Path) -> HeldSigner:
    return HeldSigner(VaultHolder(uri, environment), "ecdsa-p256", PrivateFolder(path / "held"), lambda: NOON)


@VAULT
@pytest.mark.parametrize(
    ("uri", "change", "said"),
    [
        ("vault:transit/x", {"VAULT_TOKEN": SECRET}, "does not let this token in"),
        ("vault:transit/x", {"VAULT_TOKEN": ""}, "no token"),
        ("vault:transit/x", {"VAULT_ADDR": ""}, "no address"),
        ("vault:transit/x", {"VAULT_ADDR": "http://192.0.2.1:8200"}, "not protected"),
        ("vault:transit/x", {"VAULT_ADDR": f"https://u:{SECRET}@192.0.2.1"}, "lets in"),
        ("vault:transit/x", {"VAULT_ADDR": "http://127.0.0.1:1"}, "does not answer"),
        ("vault:nowhere/x", {}, "no such key or mount"),
        ("vault:x", {}, "no name of a key"),
        ("vault:a/../b/c", {}, "no name of a key"),
        ("vault:transit/exportable", {}, "may be taken out"),
        ("vault:transit/rsa", {}, "neither a P-256 nor"),
    ],
)
def test_a_server_that_does_not_sign_says_so(
    bao: dict[str, str], tmp_path: Path, uri: str, change: dict[str, str], said: str
) -> None:
    vaults.ask(bao, "transit/keys/exportable", b'{"type":"ecdsa-p256","exportable":true}')
    vaults.ask(bao, "transit/keys/rsa", b'{"type":"rsa-2048"}')
    with pytest.raises(SigningError, match=said) as told:
        vault(uri, bao | change, tmp_path).sign(b"data")
    assert told.value.next
    assert SECRET not in str(told.value)
    assert bao["VAULT_TOKEN"] not in str(told.value)


@VAULT
def test_no_proxy_of_the_environment_is_asked(bao: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    assert vault("vault:transit/unproxied", bao, tmp_path).sign(b"data")


@VAULT
def test_the_policy_of_the_page_is_enough(bao: dict[str, str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "keys-in-an-hsm.md").read_text()
    policy = page.split("```hcl\n")[1].split("```")[0]
    vaults.ask(bao, "sys/policies/acl/clearance", json.dumps({"policy": policy}).encode())
    made = json.loads(vaults.ask(bao, "auth/token/create", b'{"policies":["clearance"],"no_default_policy":true}'))
    signer = vault("vault:transit/clearance-authority", bao | {"VAULT_TOKEN": made["auth"]["client_token"]}, tmp_path)
    signer.sign(b"data")
    signer.rotate()
    signed = signer.sign(b"data")
    check_signature(signer.public(), signed.value, b"data")
    with pytest.raises(SigningError, match="does not let this token in"):
        vault("vault:transit/another", bao | {"VAULT_TOKEN": made["auth"]["client_token"]}, tmp_path).sign(b"data")


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody; with no bytes, one that never says anything."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            held.append(near)
            if answer:
                near.recv(65536)
                near.sendall(answer)
                near.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for near in held:
            near.close()


def http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "does not answer"),
        (b"nonsense\r\n\r\n", "does not answer"),
        (http(b"<html>"), "neither a P-256|does not answer|no public key"),
        (http(b"[]"), "neither a P-256"),
        (http(b'{"data":{"type":"ecdsa-p256","keys":{"x":1}}}'), "no public key"),
        (
            http(b'{"data":{"type":"ecdsa-p256","keys":{"1":{"creation_time":"2026-01-01T00:00:00Z","public_key":"x"}}}}'),
            "PEM",
        ),
        (
            http(b'{"data":{"type":"ed25519","keys":{"1":{"creation_time":"2026-01-01T00:00:00Z","public_key":"AAAA"}}}}'),
            "no public",
        ),
        (http(b'{"errors":["sealed"]}', "503 Service Unavailable"), "sealed|does not answer"),
        (http(b"", "302 Found\r\nLocation: http://192.0.2.1/"), "neither|does not answer|no public key"),
    ],
)
def test_whoever_answers_in_the_place_of_the_server_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, said: str
) -> None:
    monkeypatch.setattr("clearance.attest.signers.vault._SECONDS", (1.0, 0.2))
    with answering(answer) as address, pytest.raises(SigningError, match=said):
        vault("vault:transit/x", {"VAULT_ADDR": address, "VAULT_TOKEN": SECRET}, tmp_path).sign(b"data")


# Key services of clouds. There is none here: a signer of securesystemslib with its key in memory stands in their place, so
# what is tested is what we do with a service, not that a cloud answers as its library expects.


class InMemory:
    """What securesystemslib's AWSSigner is to us, with the key in memory."""

    key: Any = None
    slow: Any = None

    @classmethod
    def import_(cls, name: str, scheme: str) -> tuple[str, Any]:
        from securesystemslib.signer import CryptoSigner

        if name == "denied":
            raise RuntimeError(f"AccessDenied {SECRET}")
        if cls.slow is not None:
            cls.slow.wait()
        cls.key = cls.key or CryptoSigner.generate_ecdsa()
        return f"awskms:{name}", cls.key.public_key

    @classmethod
    def from_priv_key_uri(cls, uri: str, public: Any, handler: Any = None) -> Any:
        return cls.key


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> type[InMemory]:
    import securesystemslib.signer as signers

    monkeypatch.setattr(signers, "AWSSigner", InMemory)
    monkeypatch.setitem(signers.SIGNER_FOR_URI_SCHEME, "awskms", InMemory)
    monkeypatch.setattr(InMemory, "key", None)
    return InMemory


def test_a_key_service_signs_and_its_key_is_remembered(cloud: type[InMemory], tmp_path: Path) -> None:
    signer = opened(KmsHolder("awskms:alias/clearance"), tmp_path)
    signed = signer.sign(b"data")
    check_signature(signer.public(), signed.value, b"data")
    cloud.key = None  # an alias may lead to another key from one day to the next
    with pytest.raises(SigningError, match="another key"):
        opened(KmsHolder("awskms:alias/clearance"), tmp_path).sign(b"data")
    newer = opened(KmsHolder("awskms:alias/clearance-2"), tmp_path)
    newer.sign(b"data")
    assert signed.key in {key.id for key in newer.known()}


def test_a_key_service_that_does_not_sign_says_so(
    cloud: type[InMemory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SigningError, match="does not sign: RuntimeError") as told:
        opened(KmsHolder("awskms:denied"), tmp_path).sign(b"data")
    assert SECRET not in str(told.value)
    with pytest.raises(SigningError, match="no keys are made"):
        opened(KmsHolder("awskms:x"), tmp_path).rotate()
    monkeypatch.setattr("clearance.attest.signers.kms._SECONDS", 0.05)
    monkeypatch.setattr(cloud, "slow", threading.Event())
    with pytest.raises(SigningError, match="TimeoutError"):
        opened(KmsHolder("awskms:y"), tmp_path).sign(b"data")
    cloud.slow.set()


@pytest.mark.parametrize("uri", ["awskms:x", "gcpkms:projects/p", "azurekms://v.vault.azure.net/keys/k"])
def test_without_the_clouds_library_it_says_what_to_install(tmp_path: Path, uri: str) -> None:
    with pytest.raises(SigningError, match=r"not installed|does not sign"):
        opened(KmsHolder(uri), tmp_path).sign(b"data")


# Which one a URI names


@pytest.mark.parametrize("uri", ["", "file:"])
def test_a_file_is_the_default(uri: str) -> None:
    assert isinstance(signer_of(uri, "checkpoints", os.environ), FileSigner)


@pytest.mark.parametrize("uri", ["x", "https://example.com", f"{SECRET}:x{SECRET}"])
def test_another_kind_of_signer_is_refused(uri: str) -> None:
    with pytest.raises(SigningError, match="no signer of this kind"):
        signer_of(uri, "checkpoints", os.environ)


def test_nothing_is_imported_that_no_uri_names() -> None:
    code = (
        "import sys, os; from clearance.wiring.signers import signer_of; signer_of('', 'authority', os.environ).known();"
        "print(sorted({'pkcs11', 'hvac', 'requests', 'securesystemslib', 'psycopg'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"
