"""Our bundles before verifiers that know nothing of us: sigstore-python, npm @sigstore/verify, openssl.

Every single change of a bundle is refused by ours with the field that is wrong. What the other two cannot see stands in
`UNSEEN` with the reason: nothing that was signed is among it.
"""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from attest.world import NOON, ORIGIN, SERVICE, SUBJECT, World, later
from clearance.attest import der
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import write_root
from clearance.facts.errors import BadSignature
from clearance.wiring.bundles import verify_bundle
from clearance.wiring.trust_setup import client_config
from interop.bundle_mutations import CHECKPOINT, ENTRY, Mutation, mutations

HERE = Path(__file__).parent / "verifiers"
_TOKEN = "signedTimestamp"
_BASE64 = (r".* with a space", "base64 is read loosely: the bytes are the same")
_NUMBERS = (r".*(logIndex|treeSize) is [0+]\d", "numbers are read loosely: the number is the same")
_LINES = (r".*envelope line [345] (doubled|changed)", "what follows or repeats a signature that fits is passed over")
_OUTER = (rf"{re.escape(ENTRY)}\.logIndex .*", "the proof's own index is used; this one is a copy")
UNSEEN = {
    "sigstore-python": (
        _BASE64,
        _NUMBERS,
        _LINES,
        _OUTER,
        (r".*logId\.keyId (byte \d\d?|cut|longer)", "the first four bytes are compared, as a note's key hint"),
        (r".*treeSize is 6", "the size is compared with the length of the path, not with the checkpoint"),
    ),
    "npm": (
        _BASE64,
        _NUMBERS,
        _LINES,
        _OUTER,
        (r".*\.more added|more added", "further fields are passed over"),
        (r"mediaType changed", "the beginning of the media type is compared"),
        (r".*rootHash .*", "the root of the checkpoint is used; this one is a copy"),
        (r".*treeSize .*", "the size of the checkpoint is used; this one is a copy"),
    ),
}
"""What a verifier does not see: a pattern over `field how`, and why."""


class Asked(NamedTuple):
    """Bundles for all verifiers: valid ones, and each with one change."""

    world: World
    folder: Path
    valid: tuple[bytes, ...]
    changed: tuple[Mutation, ...]

    @property
    def file(self) -> Path:
        return self.folder / "asked.jsonl"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    world = World()
    first = world.credential()
    later(world, seconds=30)
    valid = [world.whole(world.sealed(1, first))]
    later(world, seconds=30)
    valid += [world.whole(world.sealed(number, world.credential()), index=number, size=9) for number in (0, 3, 8)]
    valid.append(world.whole(world.sealed(5), index=0, size=1))
    changed = tuple(mutations(valid[0], valid[2], step=16))
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "root.json").write_bytes(write_root(world.root()))
    (folder / "config.json").write_bytes(client_config(world.root()))
    rows = [(f"valid {at}", data) for at, data in enumerate(valid)] + [
        (f"{one.field} {one.how}", one.data) for one in changed
    ]
    text = "".join(json.dumps({"name": name, "bundle": data.decode()}) + "\n" for name, data in rows)
    made = Asked(world, folder, tuple(valid), changed)
    made.file.write_text(text, encoding="utf-8")
    return made


def clients() -> Path:
    """Find npm's packages, or skip."""
    given = os.environ.get("CLEARANCE_CLIENTS", "")
    if not given or not Path(given, "@sigstore", "verify").is_dir():
        if os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail("CLEARANCE_CLIENTS names no folder with @sigstore/verify, and nothing may be skipped here")
        pytest.skip("needs CLEARANCE_CLIENTS, a node_modules folder with @sigstore/verify")
    return Path(given).resolve()


def answers(command: list[Any]) -> dict[str, str]:
    """Run a verifier over all bundles: what it refused, and why."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {row["name"]: row["refused"] for row in map(json.loads, done.stdout.splitlines())}


def check_answers(asked: Asked, found: dict[str, str], verifier: str) -> None:
    """Valid ones pass; of the others, only what is known to be unseen does."""
    assert {name: why for name, why in found.items() if name.startswith("valid ")} == {
        f"valid {at}": "" for at in range(len(asked.valid))
    }
    passed = [one for one in asked.changed if not found[f"{one.field} {one.how}"]]
    unknown = [
        f"{one.field} {one.how}"
        for one in passed
        if not any(re.fullmatch(pattern, f"{one.field} {one.how}") for pattern, _ in UNSEEN[verifier])
        and not _framing(asked, one)
    ]
    assert unknown == []
    for pattern, why in UNSEEN[verifier]:
        assert any(re.fullmatch(pattern, f"{one.field} {one.how}") for one in passed), f"it is seen now: {why}"


def _framing(asked: Asked, one: Mutation) -> bool:
    """Tell whether a changed byte is one of the frame around what is signed: in a timestamp, outside of the TSTInfo, the
    signed attributes and the signature; in a certificate, outside of its body and the signature."""
    found = re.fullmatch(r"byte (\d+)", one.how)
    if found is None or one.field.rpartition(".")[2] not in {_TOKEN, "rawBytes"}:
        return False
    material = json.loads(asked.valid[0])["verificationMaterial"]
    if one.field.endswith("rawBytes"):
        data = base64.b64decode(material["certificate"]["rawBytes"])
        body, _, signed = der.inside(data, der.SEQUENCE)
        parts = [body.whole, der.read_bits(signed)[0]]
    else:
        data = base64.b64decode(material["timestampVerificationData"]["rfc3161Timestamps"][0][_TOKEN])
        signed = der.children(der.children(der.children(der.children(der.read(data))[1])[1])[0])
        signer = der.children(der.children(signed[-1])[0])
        info = der.children(der.children(signed[2])[1])[0].value
        parts = [info, signer[3].value, signer[-1].value]
    at = int(found[1])
    return not any(data.index(part) <= at < data.index(part) + len(part) for part in parts)


def test_every_single_change_is_refused_by_ours_with_the_field(asked: Asked) -> None:
    trust = Trust(asked.world.root())
    for data in asked.valid:
        assert verify_bundle(data, trust).log == ORIGIN
    wrong = []
    for one in asked.changed:
        with pytest.raises(BadSignature) as told:
            verify_bundle(one.data, trust)
        field = one.field.removesuffix(".more")
        copies = (
            {f"{ENTRY}.inclusionProof.rootHash", f"{ENTRY}.inclusionProof.treeSize"} if one.field == CHECKPOINT else set()
        )
        where = told.value.where
        if not where or not (where in copies or field in where or where in one.field):
            wrong.append((one.field, one.how, where, told.value.what))
    assert wrong == []


def test_a_bundle_may_be_laid_out_otherwise_but_no_field_may_stand_twice(asked: Asked) -> None:
    trust, data = Trust(asked.world.root()), asked.valid[0]
    assert verify_bundle(json.dumps(json.loads(data), indent=2).encode(), trust) == verify_bundle(data, trust)
    for field in (b'"mediaType":', b'"treeSize":', b'"sig":'):
        start = data.index(field)
        said = data[start : data.index(b'"', start + len(field) + 1) + 1]
        with pytest.raises(BadSignature, match="it stands twice") as told:
            verify_bundle(data.replace(said, said + b"," + said), trust)
        assert told.value.where in field.decode()


def test_each_byte_of_certificate_and_timestamp_counts_for_ours() -> None:
    world = World()
    trust = Trust(world.root())
    document = json.loads(world.whole(world.sealed()))
    held = document["verificationMaterial"]
    for holder, name in (
        (held["certificate"], "rawBytes"),
        (held["timestampVerificationData"]["rfc3161Timestamps"][0], _TOKEN),
    ):
        text = holder[name]
        data = base64.b64decode(text)
        for at in range(len(data)):
            holder[name] = base64.b64encode(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]).decode()
            with pytest.raises(BadSignature) as told:
                verify_bundle(json.dumps(document).encode(), trust)
            assert name in told.value.where
        holder[name] = text


def peers() -> str:
    """Find the Python that has sigstore, beside its command, or skip."""
    found = shutil.which("sigstore")
    assert found
    return str(Path(found).parent / "python")


@pytest.mark.system("sigstore")
def test_sigstore_python_verifies_ours_and_refuses_changes(asked: Asked) -> None:
    config = asked.folder / "config.json"
    found = answers([peers(), HERE / "sigstore_bundles.py", config, asked.file, SERVICE.name, SERVICE.issuer])
    check_answers(asked, found, "sigstore-python")


@pytest.mark.system("sigstore")
def test_the_command_of_sigstore_verifies_a_subject_of_ours(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_bytes(asked.valid[0])
    ask = ["sigstore", "--trust-config", asked.folder / "config.json", "verify", "identity", "--offline", "--bundle"]
    ask += [tmp_path / "bundle.json", "--cert-identity", SERVICE.name, "--cert-oidc-issuer"]
    done = subprocess.run([*ask, SERVICE.issuer, f"sha256:{SUBJECT}"], capture_output=True, text=True, check=False)
    assert (done.returncode, "OK: " in done.stderr) == (0, True), done.stderr
    done = subprocess.run([*ask, "https://other.example", f"sha256:{SUBJECT}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1


@pytest.mark.system("node")
def test_npm_verifies_ours_and_refuses_changes(asked: Asked) -> None:
    root = asked.folder / "root.json"
    command = ["node", HERE / "sigstore_bundles.cjs", root, asked.file, SERVICE.name, SERVICE.issuer, clients()]
    check_answers(asked, answers(command), "npm")


@pytest.mark.system("openssl")
def test_openssl_verifies_the_timestamp_and_the_chain(asked: Asked, tmp_path: Path) -> None:
    document = json.loads(asked.valid[0])
    held = document["verificationMaterial"]
    token = base64.b64decode(held["timestampVerificationData"]["rfc3161Timestamps"][0][_TOKEN])
    files = {
        "signature": base64.b64decode(document["dsseEnvelope"]["signatures"][0]["sig"]),
        "token": token,
        "other": token[:-1] + bytes([token[-1] ^ 1]),
        "leaf.pem": _pem(base64.b64decode(held["certificate"]["rawBytes"])),
        "stamper.pem": _pem(asked.world.stamper.der),
        "root.pem": _pem(asked.world.certificate.der),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    at = ["-attime", str(int(NOON.timestamp()) + 60)]

    def openssl(*arguments: str) -> str:
        done = subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    stamp = ["ts", "-verify", "-data", "signature", "-CAfile", "root.pem", "-untrusted", "stamper.pem", *at]
    assert "Verification: OK" in openssl(*stamp, "-in", "token")
    assert "Verification: FAILED" in openssl(*stamp, "-in", "other")
    assert "2026" in openssl("ts", "-reply", "-in", "token", "-text")
    assert "leaf.pem: OK" in openssl("verify", "-x509_strict", "-CAfile", "root.pem", *at, "leaf.pem")
    assert "stamper.pem: OK" in openssl(
        "verify", "-x509_strict", "-purpose", "timestampsign", "-CAfile", "root.pem", *at, "stamper.pem"
    )
    assert "expired" in openssl("verify", "-CAfile", "root.pem", "-attime", str(int(NOON.timestamp()) + 700), "leaf.pem")


def _pem(data: bytes) -> bytes:
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n".encode()
