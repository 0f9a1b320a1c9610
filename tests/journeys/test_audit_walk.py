"""docs/how-to/audit-a-merged-line.md, played: an auditor without Clearance confirms who asked for, made, checked, approved
and merged a line, and sees every attempt to change an old answer."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys.audited import HALVES, INTEROP, PAGE, TRUST, Auditor, Shop, as_seen, blocks

pytestmark = pytest.mark.system("node", "sigstore", "jq", "openssl", "go", "git", "python3")
THEIRS, YOURS = (blocks(half) for half in PAGE.read_text(encoding="utf-8").split(HALVES))
GO_LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
PEOPLE = "https://login.example.com"
REVIEW, REQUEST, ATTRIBUTION = 8, 0, 7


def _needed() -> tuple[str, Path]:
    """Find a PATH without Clearance that has everybody else's tools, and npm's packages, or skip."""
    path = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if not Path(each, "clearance").exists())
    clients = Path(os.environ.get("CLEARANCE_CLIENTS", "/nowhere"))
    missing = [tool for tool in pytestmark.args if shutil.which(tool, path=path) is None]
    if not all((clients / name).is_dir() for name in ("oidc-provider", "@sigstore/verify")):
        missing.append("CLEARANCE_CLIENTS, a node_modules folder with oidc-provider and @sigstore/verify")
    missing += [] if GO_LIBRARY.is_dir() else ["golang.org/x/mod (Debian: golang-golang-x-mod-dev)"]
    if missing and os.environ.get("CLEARANCE_NO_SKIP"):
        pytest.fail(f"{', '.join(missing)} is missing, and nothing may be skipped here")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    return path, clients.resolve()


def _provided(clients: Path) -> dict[str, Any]:
    """Log people in at a real OpenID provider; gives their ID tokens, and its keys."""
    words = ["node", INTEROP / "verifiers/provider.mjs", clients]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextlib.contextmanager
def _witness(shop: Shop) -> Iterator[None]:
    """A witness of the log on this machine, under a home of its own, that the log asks from now on."""
    key = shop.type("clearance log witness policy").split()[1]
    home = {"HOME": str(shop.top / "w1"), "CLEARANCE_HOME": str(shop.top / "w1/keys")}
    serve = ["log", "witness", "serve", "--listen", "127.0.0.1:0", "--name", "example.com/w1", "--log", key]
    words = [sys.executable, "-m", "clearance", *serve]
    with subprocess.Popen(words, env=shop.environment | home, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        told = {}
        while "serving" not in told:
            word, _, rest = served.stdout.readline().partition(" ")
            assert word
            told[word] = rest.strip()
        (shop.top / "witness.vkey").write_text(told["key"] + "\n")
        shop.type(f"clearance log witness add w1 {told['serving']} {told['key']}")
        yield
        served.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, str]:
    """The team's half of the page, and three other histories told by whoever holds keys; the auditor's PATH."""
    path, clients = _needed()
    shop = Shop(tmp_path_factory.mktemp("audit"))
    shop.trust(_provided(clients))
    with contextlib.ExitStack() as until:
        between: dict[str, Callable[[], object]] = {
            "clearance trace flush": lambda: (shop.generate(), until.enter_context(_witness(shop))),
            "clearance attest review": lambda: shop.keep("before-review"),
            "git switch": lambda: shop.type("clearance log export ../older"),
            "clearance log export": lambda: shop.type("clearance log witness ask"),
        }
        shop.work(THEIRS, between)
    shop.type("git clone -q ../forge.git ../clone")
    another = "clearance attest review --answer reject --id-token bob.token --commit main"
    trust = f"{TRUST} --oidc-issuer {PEOPLE}"
    deploy = "clearance attest deploy --environment production"
    shop.tell_instead("before-review", "clearance log export ../cut")
    shop.tell_instead("before-review", f"{another}; {deploy}; {deploy}; {deploy}; clearance log export ../forked")
    shop.tell_instead("", f"{trust}; {another}; {deploy}; clearance log export ../remade", keys="other-keys")
    return shop, path


@pytest.fixture(scope="module")
def auditor(told: tuple[Shop, str], tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    """An auditor with what was handed out, who has walked through their half of the page."""
    shop, path = told
    made = Auditor(tmp_path_factory.mktemp("auditor"), path)
    for name in ("clone", "audit", "older"):
        shutil.copytree(shop.top / name, made.top / name)
    for name in ("trusted_root.json", "witness.vkey"):
        shutil.copy(shop.top / name, made.top)
    (made.top / "node_modules").symlink_to(_needed()[1])
    shutil.copytree(INTEROP / "go", made.top / "verifier")
    shutil.copy(INTEROP / "cosignatures/main.go", made.top / "verifier/cosigned.go")
    unsigned = re.search(r"^    (sha256sum .*)$", (made.top / "audit/README.md").read_text(), re.MULTILINE)
    assert unsigned
    code, digest = made.type(f"cd audit; {unsigned[1]}")
    assert code == 0
    (made.top / "digest").write_text(digest.split()[0] + "\n")
    assert made.type("clearance --version")[0] == 127
    return made


@pytest.fixture(scope="module")
def walked(auditor: Auditor) -> list[str]:
    """What is seen after each block of the auditor's half."""
    return auditor.plays(YOURS)


def test_the_auditor_sees_what_the_page_shows(walked: list[str]) -> None:
    assert len(walked) == len(YOURS) >= 10
    for block, shown in zip(YOURS, walked, strict=True):
        assert as_seen(shown, block.seen), f"{block.typed}\n{shown}"


def signed(auditor: Auditor, export: str, index: int, name: str, issuer: str) -> tuple[int, str]:
    """Ask sigstore who signed an entry, as the page does."""
    bundle = f"{export}/bundles/{index}.sigstore.json"
    subject = f"jq -r '.dsseEnvelope.payload | @base64d' {bundle} | jq -r '.subject[0].digest.sha256'"
    words = f"--offline --bundle {bundle} --cert-identity {name} --cert-oidc-issuer {issuer}"
    return auditor.type(f'sigstore --trust-config trust_config.json verify identity {words} "sha256:$({subject})"')


@pytest.mark.usefixtures("walked")
@pytest.mark.parametrize(
    ("name", "issuer"),
    [("ada@example.com", PEOPLE), ("bob@example.com", "spiffe://shop.example")],
)
def test_sigstore_refuses_a_review_by_somebody_else(auditor: Auditor, name: str, issuer: str) -> None:
    code, shown = signed(auditor, "audit", REVIEW, name, issuer)
    assert code != 0
    assert "FAIL" in shown


@pytest.fixture
def changed(auditor: Auditor, walked: list[str]) -> Iterator[Path]:
    """A copy of the export, to be changed."""
    assert walked
    copy = auditor.top / "changed"
    shutil.copytree(auditor.top / "audit", copy)
    yield copy
    shutil.rmtree(copy)


def said(export: Path, index: int) -> tuple[Path, dict[str, Any], bytes]:
    """Read a bundle of an export: its file, the whole of it, the statement."""
    path = export / f"bundles/{index}.sigstore.json"
    whole = json.loads(path.read_bytes())
    return path, whole, base64.b64decode(whole["dsseEnvelope"]["payload"])


def restate(export: Path, index: int, old: bytes, new: bytes) -> None:
    """Change what a statement says, in the bundle."""
    path, whole, payload = said(export, index)
    assert old in payload
    whole["dsseEnvelope"]["payload"] = base64.b64encode(payload.replace(old, new)).decode()
    path.write_text(json.dumps(whole, separators=(",", ":"), sort_keys=True))


def reword_body(export: Path) -> None:
    """Change the body of the attribution: the lines come from a person."""
    body = json.loads(said(export, ATTRIBUTION)[2])["predicate"]["evidence"][0]
    path = export / "evidence" / body
    path.write_bytes(path.read_bytes().replace(b'"kind":"generation"', b'"kind":"person"'))


def swap(export: Path) -> None:
    """Swap two bundles."""
    one, other = (export / f"bundles/{index}.sigstore.json" for index in (REQUEST, REVIEW))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def reword_tile(export: Path) -> None:
    """Change the leaf of the newest entry where the log itself holds it."""
    (path,) = (export / "tile/entries").rglob("*.p/11")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])


def leave_out_a_body(export: Path) -> None:
    # Any but keys of lines, which may stay away.
    min(path for path in (export / "evidence").iterdir() if b'"salt"' not in path.read_bytes()).unlink()


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "another reviewer": (lambda export: restate(export, REVIEW, b"bob@example.com", b"eve@example.com"), "entry 8: "),
    "another answer": (lambda export: restate(export, REVIEW, b'"approve"', b'"abstain"'), "entry 8: "),
    "another verdict": (lambda export: restate(export, 2, b'"ALLOW"', b'"ASK"'), "entry 2: "),
    "another model": (lambda export: restate(export, 1, b"claude-code", b"codex"), "entry 1: "),
    "another who asked": (lambda export: restate(export, REQUEST, b"ada@example.com", b"eve@example.com"), "entry 0: "),
    "another origin of lines": (reword_body, "evidence/"),
    "an entry left out": (lambda export: (export / "bundles/8.sigstore.json").unlink(), "bundles/8"),
    "a body left out": (leave_out_a_body, "evidence/"),
    "two bundles swapped": (swap, "entry 0: "),
    "an entry reworded in the log": (reword_tile, "tampered|invalid|tile|entries|failed"),
    "a root of somebody else": (
        lambda export: (export / "trusted_root.json").write_text((export / "trusted_root.json").read_text() + "\n"),
        "keys, trust root or README are others",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_go_sees_every_change_of_an_old_answer(auditor: Auditor, changed: Path, change: str) -> None:
    assert auditor.type('./verify -trust "$(cat digest)" changed')[0] == 0
    act, where = CHANGES[change]
    act(changed)
    code, shown = auditor.type('./verify -trust "$(cat digest)" changed')
    assert code == 1
    assert re.match(f"failed: .*({where})", shown), shown


def test_sigstore_sees_another_reviewer(auditor: Auditor, changed: Path) -> None:
    restate(changed, REVIEW, b"bob@example.com", b"eve@example.com")
    code, shown = signed(auditor, "changed", REVIEW, "bob@example.com", PEOPLE)
    assert code != 0
    assert "FAIL" in shown


def test_another_answer_beside_the_old_one_is_seen(auditor: Auditor, changed: Path) -> None:
    whole = said(changed, ATTRIBUTION)[1]
    statement = json.loads(said(changed, ATTRIBUTION)[2])
    body = changed / "evidence" / statement["predicate"]["evidence"][0]
    (changed / "evidence" / ("0" * 64)).write_bytes(body.read_bytes().replace(b'"generation":"', b'"generation":"0'))
    statement["predicate"]["evidence"] = ["0" * 64]
    whole["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    (changed / "bundles/11.sigstore.json").write_text(json.dumps(whole))
    unpack, choose, wrote = (block.typed.replace("audit/", "changed/") for block in YOURS[1:4])
    code, shown = auditor.type(
        "\n".join([unpack.replace("said", "said-again"), choose, wrote.replace("said", "said-again")])
    )
    assert code == 0, shown
    assert shown.splitlines()[-4].startswith("000007.json generation formatted ")
    assert shown.splitlines()[-3].startswith("000011.json generation formatted 0")
    assert shown.splitlines()[-2] == "2"


TRAILER = next(block.typed for block in YOURS if "Clearance-Checkpoint" in block.typed).replace("audit", "$export")
WITNESS = "./verify -quick -old at/cosigned $export"


@pytest.fixture(scope="module")
def histories(told: tuple[Shop, str], auditor: Auditor, walked: list[str]) -> None:
    """Other histories of the log, on the auditor's table."""
    assert walked
    for name in ("cut", "forked", "remade"):
        shutil.copytree(told[0].top / name, auditor.top / name)


@pytest.mark.usefixtures("histories")
@pytest.mark.parametrize(
    ("export", "typed", "why"),
    [
        ("cut", "./verify -old older $export", "the older export is of another log, or is the newer one"),
        ("cut", TRAILER, "the older export is of another log, or is the newer one"),
        ("cut", WITNESS, "the older export is of another log, or is the newer one"),
        ("forked", "./verify -old older $export", ""),
        ("forked", TRAILER, ""),
        ("forked", WITNESS, ""),
        ("remade", './verify -trust "$(cat digest)" $export', "keys, trust root or README are others"),
        ("remade", "cmp trusted_root.json $export/trusted_root.json", "differ"),
        ("remade", "./verify -old older $export", ""),
        ("remade", TRAILER, ""),
        ("remade", WITNESS, ""),
    ],
)
def test_a_history_that_is_sound_in_itself_is_found_by_what_lies_elsewhere(
    auditor: Auditor, export: str, typed: str, why: str
) -> None:
    assert auditor.type(f"./verify {export}")[0] == 0
    code, shown = auditor.type(f"rm -rf at/[0-9]*\nexport={export}\n{typed}")
    assert code == 1
    assert why in shown
    assert "failed:" in shown or typed.startswith("cmp"), shown


@pytest.mark.usefixtures("histories")
def test_sigstore_refuses_what_other_keys_signed(auditor: Auditor) -> None:
    name = json.loads(said(auditor.top / "remade", 1)[2])["predicate"]["by"]
    code, shown = signed(auditor, "remade", 1, name["name"], name["issuer"])
    assert code != 0
    assert "FAIL" in shown


def test_a_changed_trailer_is_seen(auditor: Auditor, walked: list[str]) -> None:
    assert walked
    assert auditor.type(f"rm -rf at/[0-9]*\nexport=audit\n{TRAILER}")[0] == 0
    (note,) = (auditor.top / "at").glob("[0-9]*/checkpoint")
    origin, size, *rest = note.read_text().split("\n")
    note.write_text("\n".join([origin, str(int(size) - 1), *rest]))
    code, shown = auditor.type(f"./verify -quick -old {note.parent} audit")
    assert code == 1
    assert shown.startswith("failed: ")
