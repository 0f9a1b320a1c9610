"""A whole exported log, verified by tools that know nothing of us: a program in Go (tests/interop/go) and openssl."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearance.attest.dsse import seal
from clearance.facts.entry import Sealed
from clearance.facts.errors import LogTampered, UsageError
from clearance.facts.fact import canonical, digest
from clearance.record.log import Exported, Log, Submission
from clearance.record.merkle import leaf_hash
from clearance.record.names import bundle_name, entry_name
from clearance.record.payload import read_payload
from clearance.record.tiles import TiledTree
from clearance.stores.memory_log import MemoryPins, MemoryStore
from clearance.wiring.trusting import House

GO_LIBRARY = Path("/usr/share/gocode")
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
OLD = 5


class Grown:
    """A log in memory whose first entries are of the old form; it is exported as it grows."""

    def __init__(self, home: Path) -> None:
        self.house = House({"CLEARANCE_HOME": str(home)}, lambda: NOON)
        self.log = Log(MemoryStore(), self.house.signer("checkpoints"), self.house.keyring(), MemoryPins())
        signer = self.house.signer("decisions")
        self.log.extend([Submission(Sealed(leaf=seal(self.statement(n), signer)), self.body(n)) for n in range(OLD)])

    def body(self, number: int) -> dict[str, bytes]:
        told = {"number": number}
        return {digest(told): canonical(told)}

    def statement(self, number: int) -> dict[str, object]:
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "thing", "digest": {"sha256": f"{number:064x}"}}],
            "predicateType": "urn:clearance:predicate:scan:v1",
            "predicate": {
                "time": "2026-11-22T12:00:00Z",
                "evidence": list(self.body(number)),
                "note": "Zürich <&>\u2028 — 雪",
            },
        }

    def fill(self, size: int) -> None:
        have = self.log.size()
        sealed = self.house.seal([self.statement(number) for number in range(have, size)])
        self.log.extend([Submission(one, self.body(have + at)) for at, (one, _) in enumerate(sealed)])

    def export(self, target: Path) -> Exported:
        return self.log.export(target, {"trusted_root.json": self.house.trusted_root([self.log.origin()])})


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """The verifier, built from Debian's packages alone: gives its first line."""
    if not (GO_LIBRARY / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs golang.org/x/mod (Debian: golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    settings = {"GO111MODULE": "off", "GOPATH": str(GO_LIBRARY), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    sources = sorted(Path(__file__).with_name("go").glob("*.go"))
    subprocess.run(["go", "build", "-o", folder / "verify", *sources], env=os.environ | settings, check=True)

    def verify(*arguments: str | Path) -> str:
        ran = subprocess.run([folder / "verify", *arguments], capture_output=True, text=True, check=False)
        assert ran.returncode in {0, 1}, ran.stderr
        return ran.stdout.splitlines()[0]

    return verify


class Exports:
    """Exports of one log: of 30 entries, of 300, of 600; the last one grew from the first."""

    def __init__(self, folder: Path) -> None:
        grown = Grown(folder / "home")
        self.origin = ""
        self.done: dict[str, Exported] = {}
        for size in (30, 300, 600):
            grown.fill(size)
            self.done[str(size)] = grown.export(folder / str(size))
            self.done["grown"] = grown.export(folder / "grown")
        self.folder = folder
        self.grown = grown

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The exports; nobody changes them."""
    return Exports(tmp_path_factory.mktemp("exports"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.system("go")
@pytest.mark.parametrize("name", ["30", "300", "600", "grown"])
def test_every_byte_that_was_signed_verifies(go: Callable[..., str], exports: Exports, name: str) -> None:
    size = "600" if name == "grown" else name
    assert go("-trust", exports.done[name].unsigned, exports[name]) == f"ok {size}"
    assert go("-quick", exports[name]) == f"ok {size}"


@pytest.mark.system("go")
def test_keys_of_somebody_else_have_another_digest(go: Callable[..., str], exports: Exports) -> None:
    assert "are others" in go("-trust", "0" * 64, exports["30"])


@pytest.mark.system("go")
def test_a_newer_export_continues_an_older_one(go: Callable[..., str], exports: Exports) -> None:
    assert go("-old", exports["30"], exports["300"]) == "ok 300"
    assert go("-old", exports["300"], exports["grown"]) == "ok 600"
    assert "newer one" in go("-old", exports["300"], exports["30"])


@pytest.mark.system("go")
def test_an_export_of_another_history_is_not_continued(go: Callable[..., str], exports: Exports, tmp_path: Path) -> None:
    other = Grown(tmp_path / "home")
    other.fill(8)
    other.export(tmp_path / "other")
    assert "another log" in go("-old", tmp_path / "other", exports["30"])


def test_an_export_that_grew_holds_what_a_new_one_holds(exports: Exports) -> None:
    grown, new = files(exports["grown"]), files(exports["600"])
    assert new.keys() - grown.keys() == set()
    # Partial tiles of before stay where the tile is not whole yet; proofs and bundles lead to the checkpoint of their day.
    assert {name for name in grown.keys() - new.keys() if not re.fullmatch(r"tile/.*\.p/\d+", name)} == set()
    differing = {name.partition("/")[0] for name in new if new[name] != grown[name]}
    assert differing == {"bundles", "proofs"}
    assert exports.done["grown"].new == 300


def test_only_new_files_are_written(exports: Exports, tmp_path: Path) -> None:
    shutil.copytree(exports["grown"], tmp_path / "copy", copy_function=shutil.copy2)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    exports.grown.export(tmp_path / "copy")
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.system("go")
def test_every_change_of_one_byte_is_found(go: Callable[..., str], exports: Exports) -> None:
    assert go("-mutants", "250", "-seed", "20261123", exports["30"]) == "ok 30"


@pytest.mark.system("go")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("checkpoint", "checkpoint"),
        ("tile/0/000.p/30", "failed"),
        ("tile/entries/000.p/30", "tampered"),
        ("bundles/17.sigstore.json", "entry 17"),
        ("entries/3.json", "entry 3"),
        ("proofs/17.tlog-proof", "proofs/17"),
    ],
)
def test_a_change_is_named(go: Callable[..., str], exports: Exports, tmp_path: Path, name: str, said: str) -> None:
    shutil.copytree(exports["30"], tmp_path / "copy")
    whole = (tmp_path / "copy" / name).read_bytes()
    (tmp_path / "copy" / name).write_bytes(whole[:-90] + bytes([whole[-90] ^ 1]) + whole[-89:])
    assert re.match(rf"failed: .*{said}|failed", go(tmp_path / "copy"))
    assert said in go(tmp_path / "copy")


@pytest.mark.system("go")
def test_a_file_that_nobody_signed_is_named(go: Callable[..., str], exports: Exports, tmp_path: Path) -> None:
    shutil.copytree(exports["30"], tmp_path / "copy")
    (tmp_path / "copy" / "evidence" / ("0" * 64)).write_bytes(b"planted")
    assert "belongs to nothing" in go(tmp_path / "copy")


@pytest.mark.system("go")
def test_keys_of_lines_may_be_left_out_and_no_other_body(go: Callable[..., str], tmp_path: Path) -> None:
    grown = Grown(tmp_path / "home")
    bodies = grown.body(50) | grown.body(51)
    keys, other = bodies
    predicate = {"time": "2026-11-22T12:00:00Z", "evidence": [keys, other], "keys": {"body": keys}}
    statement = grown.statement(50) | {"predicateType": "urn:clearance:predicate:generation:v1", "predicate": predicate}
    ((sealed, _),) = grown.house.seal([statement])
    grown.log.extend([Submission(sealed, bodies)])
    assert grown.export(tmp_path / "export").left_out == 1
    assert not (tmp_path / "export/evidence" / keys).exists()
    assert go(tmp_path / "export") == f"ok {OLD + 1}"
    grown.log.export(tmp_path / "export", line_keys=True)
    assert go(tmp_path / "export") == f"ok {OLD + 1}"
    (tmp_path / "export/evidence" / keys).write_bytes(b"altered")
    assert "tampered" in go(tmp_path / "export")
    (tmp_path / "export/evidence" / keys).unlink()
    (tmp_path / "export/evidence" / other).unlink()
    assert f"{other} is missing" in go(tmp_path / "export")


@pytest.mark.system("openssl", "jq", "bash")
def test_the_commands_of_the_readme_verify_an_entry_of_each_form(exports: Exports) -> None:
    readme = (exports["grown"] / "README.md").read_text()
    section = readme.partition("## With openssl")[2].partition("## With sigstore")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    assert len(blocks) == 3
    for block in blocks:
        script = "set -eu -o pipefail\n" + re.sub(r"^    ", "", block, flags=re.MULTILINE)
        ran = subprocess.run(["bash"], input=script, cwd=exports["grown"], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert re.search("Verified OK|Signature Verified Successfully", ran.stdout)
    assert "Verification: OK" in ran.stdout + ran.stderr
    assert "/service/clearance" in ran.stdout


@pytest.mark.system("bash")
def test_the_readme_gives_the_digest_that_was_printed(exports: Exports) -> None:
    readme = (exports["grown"] / "README.md").read_text()
    command = next(line.strip() for line in readme.splitlines() if line.startswith("    sha256sum"))
    ran = subprocess.run(["bash"], input=command, cwd=exports["grown"], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == exports.done["grown"].unsigned


@pytest.mark.parametrize("cut", ["checkpoint", "checkpoint tile/0/000", "checkpoint bundles/7.sigstore.json proofs"])
def test_an_export_that_was_cut_off_goes_on(exports: Exports, tmp_path: Path, cut: str) -> None:
    shutil.copytree(exports["600"], tmp_path / "copy")
    for name in cut.split():
        path = tmp_path / "copy" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    exports.grown.export(tmp_path / "copy")
    assert files(tmp_path / "copy") == files(exports["600"])


def test_a_checkpoint_is_the_last_file_that_is_written(exports: Exports, tmp_path: Path) -> None:
    shutil.copytree(exports["30"], tmp_path / "copy")
    note = (tmp_path / "copy" / "checkpoint").read_bytes()
    (tmp_path / "copy" / "trusted_root.json").unlink()
    (tmp_path / "copy" / "trusted_root.json").mkdir()  # the export fails here
    with pytest.raises(UsageError):
        exports.grown.export(tmp_path / "copy")
    assert (tmp_path / "copy" / "checkpoint").read_bytes() == note
    (tmp_path / "copy" / "trusted_root.json").rmdir()
    exports.grown.export(tmp_path / "copy")
    assert (tmp_path / "copy" / "checkpoint").read_bytes() != note


def test_the_export_of_another_log_is_not_touched(exports: Exports, tmp_path: Path) -> None:
    other = Grown(tmp_path / "home")
    other.export(tmp_path / "other")
    before = files(tmp_path / "other")
    with pytest.raises(UsageError, match="another log"):
        exports.grown.export(tmp_path / "other")
    (tmp_path / "other" / "origin").write_bytes((exports["30"] / "origin").read_bytes())  # it lies about its name
    with pytest.raises((UsageError, LogTampered)):
        exports.grown.export(tmp_path / "other")
    assert files(tmp_path / "other") == before | {"origin": (exports["30"] / "origin").read_bytes()}


def test_an_export_that_is_newer_than_the_log_is_refused(exports: Exports, tmp_path: Path) -> None:
    store = MemoryStore()
    log = Log(store, exports.grown.house.signer("checkpoints"), exports.grown.house.keyring(), MemoryPins())
    older = (exports["300"] / "checkpoint").read_bytes()
    shutil.copytree(exports["600"], tmp_path / "copy")
    store.bodies = cut_back(exports.grown, 300) | {"checkpoint": older}
    with pytest.raises(UsageError, match="newer than the log"):
        log.export(tmp_path / "copy")


def cut_back(grown: Grown, size: int) -> dict[str, bytes]:
    """The rows of a log as it was when it was shorter."""
    tree, bodies = TiledTree(0, lambda _: None), {}
    with grown.log.store.read() as view:
        for index in range(size):
            for name in (entry_name(index), bundle_name(index)):
                body = view.get(name)
                if body is not None:
                    bodies[name] = body
        for index, payload in grown.log.payloads():
            if index < size:
                bodies |= {
                    f"evidence/{name}": view.get(f"evidence/{name}") or b"" for name in read_payload(payload).evidence
                }
    leaves = [leaf_hash(bodies[entry_name(index)]) for index in range(size)]
    return bodies | tree.grow(leaves)


def test_an_export_of_another_history_under_the_same_name_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearance.record.growth.secrets.token_hex", lambda _: "0" * 32)
    one, other = Grown(tmp_path / "home"), Grown(tmp_path / "home")
    one.fill(8)
    one.export(tmp_path / "target")
    other.fill(12)  # signed by the same keys, at other random numbers
    before = files(tmp_path / "target")
    with pytest.raises(LogTampered, match="another history"):
        other.export(tmp_path / "target")
    assert files(tmp_path / "target") == before
