"""An exported log, verified by tools that know nothing of us, with the commands that its README gives."""

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

GO_LIBRARY = Path("/usr/share/gocode")


@pytest.fixture(scope="module")
def exported(large: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of 300 entries as files."""
    target = tmp_path_factory.mktemp("export") / "log"
    large.log.export(target)
    return Path(target)


def test_the_layout_is_that_of_the_specification(exported: Path) -> None:
    tiles = sorted(str(path.relative_to(exported)) for path in (exported / "tile").rglob("*") if path.is_file())
    assert tiles == [
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]
    assert (exported / "tile/0/000").stat().st_size == 8192
    names = sorted(path.name for path in exported.iterdir())
    assert names == ["README.md", "checkpoint", "entries", "evidence", "keys", "origin", "proofs", "tile"]


def openssl(*arguments: str | Path) -> bool:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False).returncode == 0


@pytest.mark.system("openssl")
def test_openssl_verifies_the_checkpoint(exported: Path, tmp_path: Path, large: Any) -> None:
    note = (exported / "checkpoint").read_bytes()
    text, _, line = note.partition(b"\n\n")
    (tmp_path / "text").write_bytes(text + b"\n")
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split()[-1])[4:])
    key = exported / "keys" / f"{large.checkpoints.public().id}.pub"
    verify = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-sigfile", tmp_path / "signature", "-in"]
    assert openssl(*verify, tmp_path / "text")
    (tmp_path / "text").write_bytes(text.replace(b"300", b"301") + b"\n")
    assert not openssl(*verify, tmp_path / "text")


@pytest.mark.system("openssl")
@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_openssl_verifies_an_entry(exported: Path, tmp_path: Path, index: int) -> None:
    envelope = json.loads((exported / "entries" / f"{index}.json").read_bytes())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    (signature,) = envelope["signatures"]
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %s %d " % (len(kind), kind, len(payload)) + payload)
    (tmp_path / "signature").write_bytes(base64.b64decode(signature["sig"]))
    key = exported / "keys" / f"{signature['keyid']}.pub"
    verify = ["dgst", "-sha256", "-verify", key, "-signature", tmp_path / "signature", tmp_path / "pae"]
    assert openssl(*verify)
    (tmp_path / "pae").write_bytes((tmp_path / "pae").read_bytes().replace(b"ALLOW", b"ALLOV"))
    assert not openssl(*verify)


@pytest.mark.system("openssl", "jq", "bash")
def test_the_commands_of_the_readme_work(exported: Path) -> None:
    readme = (exported / "README.md").read_text()
    section = readme.partition("## With openssl")[2].partition("## With sigstore")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    assert len(blocks) == 2
    for block in blocks:
        script = "set -eu -o pipefail\n" + re.sub(r"^    ", "", block, flags=re.MULTILINE)
        ran = subprocess.run(["bash"], input=script, cwd=exported, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert re.search("Verified OK|Signature Verified Successfully", ran.stdout)


@pytest.fixture(scope="module")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier in Go, built from Debian's packages alone."""
    if not (GO_LIBRARY / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs golang.org/x/mod (Debian: golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    settings = {
        "GO111MODULE": "off",
        "GOPATH": str(GO_LIBRARY),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    sources = sorted((Path(__file__).parent.parent / "interop" / "go").glob("*.go"))
    subprocess.run(["go", "build", "-o", folder / "verify", *sources], env=os.environ | settings, check=True)
    return folder / "verify"


def by_go(verifier: Path, exported: Path) -> str:
    return subprocess.run([verifier, exported], capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.system("go")
def test_go_verifies_every_tile_entry_and_proof(exported: Path, go_verifier: Path) -> None:
    assert by_go(go_verifier, exported).splitlines()[0] == "ok 300"


@pytest.mark.system("go")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tile/entries/001.p/44", "tampered"),
        ("tile/0/000", "failed"),
        ("tile/1/000.p/1", "failed"),
        ("checkpoint", "failed"),
        ("proofs/17.tlog-proof", "failed"),
    ],
)
def test_go_finds_a_changed_byte(exported: Path, go_verifier: Path, name: str, said: str) -> None:
    path = exported / name
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    try:
        assert said in by_go(go_verifier, exported)
    finally:
        path.write_bytes(whole)
