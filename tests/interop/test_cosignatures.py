"""Our cosignatures, opened by Go's own package for notes with ten lines of glue (tests/interop/cosignatures)."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.record.cosignature import cosign
from clearance.record.cosigning import merged
from clearance.record.signed import SignedCheckpoint, read_signed
from record.witnesses import NOON, Branch, Honest, log_key, signer

GO_LIBRARY = Path("/usr/share/gocode")
Open = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """The program, built from Debian's packages alone: gives its exit code and its lines."""
    if not (GO_LIBRARY / "src/golang.org/x/mod/sumdb/note").is_dir():
        pytest.skip("needs golang.org/x/mod (Debian: golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    settings = {"GO111MODULE": "off", "GOPATH": str(GO_LIBRARY), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    source = Path(__file__).with_name("cosignatures") / "main.go"
    subprocess.run(["go", "build", "-o", folder / "cosignatures", source], env=os.environ | settings, check=True)

    def opened(note: bytes, *keys: object) -> tuple[int, list[str]]:
        words = [folder / "cosignatures", *map(str, keys)]
        ran = subprocess.run(words, input=note, capture_output=True, check=False)
        return ran.returncode, ran.stdout.decode().splitlines()

    return opened


def cosigned() -> SignedCheckpoint:
    signed = read_signed(Branch().grown(9, "a").note)
    return merged(signed, [cosign(signed.text, f"{name}.example/w", signer(name), NOON) for name in "ab"])


@pytest.mark.system("go")
def test_go_opens_a_cosigned_checkpoint(go: Open) -> None:
    keys = [log_key(), Honest("a").key, Honest("b").key]
    assert go(cosigned().note, *keys) == (0, ["signed log.example/1", "signed a.example/w", "signed b.example/w"])
    assert go(cosigned().note, keys[1]) == (0, ["signed a.example/w", "unknown log.example/1", "unknown b.example/w"])
    assert go(cosigned().note, Honest("c").key)[0] == 1


@pytest.mark.system("go")
def test_go_refuses_what_we_refuse(go: Open) -> None:
    signed = cosigned()
    keys = [log_key(), Honest("a").key]
    own, line, _ = signed.signatures
    for value in (line.value[:-1], bytes(8) + line.value[8:], line.value[:-1] + bytes([line.value[-1] ^ 1])):
        code, told = go(signed._replace(signatures=(own, line._replace(value=value))).note, *keys)
        assert (code, told[0].startswith("refused: ")) == (1, True), told
