"""Questions to an exported log, by somebody who has no keys of its makers."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from clearance.facts.errors import BadSignature, ClearanceError, LogTampered, StoreError, UsageError
from clearance.facts.recall import Wanted
from clearance.stores.export import ExportStore
from clearance.wiring import open_log
from clearance.wiring.asked_log import Asked, open_asked
from clearance.wiring.bundles import bare_bundle
from clearance.wiring.exporting import export_to
from clearance.wiring.tracing import Authored, record_lines
from clearance.wiring.tracing_blame import story
from clearance.wiring.tracing_recall import recall
from clearance.wiring.tracing_settle import settle_trees
from clearance.wiring.tracing_stats import stats
from clearance.wiring.trusting import open_trust

AI = "".join(f"def price_of_{number}(order):\n    return order.rows[{number}].price * {number}\n" for number in range(6))
WHO = ["-c", "user.name=A", "-c", "user.email=a@example.com"]


class Told(NamedTuple):
    """A clone, an export of the log, the trusted root, and homes: of those who made the log, and of whoever asks."""

    clone: Path
    export: Path
    root: Path
    makers: Path
    asker: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What an auditor has; nobody changes it."""
    top = tmp_path_factory.mktemp("told")
    shop = top / "shop"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEARANCE_HOME", str(top / "makers"))
        subprocess.run(["git", "init", "-q", "-b", "main", shop], check=True)
        subprocess.run(["git", *WHO, "commit", "-q", "--allow-empty", "-m", "start"], cwd=shop, check=True)
        (shop / "orders.py").write_text(AI)
        record_lines(shop, os.environ, Authored(agent="claude-code", model="opus-5"))
        for words in (["add", "-A"], ["commit", "-q", "-m", "prices"]):
            subprocess.run(["git", *WHO, *words], cwd=shop, check=True)
        settle_trees(shop, os.environ, base=None, head="HEAD")
        log = open_log(shop)
        export_to(log, top / "export")
        (shop / "later.py").write_text("def stripes(zebra):\n    return len(zebra.name)\n")
        for words in (["add", "-A"], ["commit", "-q", "-m", "never settled"]):
            subprocess.run(["git", *WHO, *words], cwd=shop, check=True)
        (top / "root.json").write_bytes(open_trust(os.environ).trusted_root([log.origin()]))
    subprocess.run(["git", "clone", "-q", shop, top / "clone"], check=True)
    return Told(top / "clone", top / "export", top / "root.json", top / "makers", top / "asker")


@pytest.fixture
def asker(told: Told, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setenv("CLEARANCE_HOME", str(told.asker))
    return Asked(told.export, told.root)


def test_whoever_has_an_export_asks_what_its_makers_ask(told: Told, asker: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted(model="opus-5", agent="", request="", package="", rule="", since="")
    line = story(told.clone, os.environ, "orders.py", (1, 12), "HEAD", asker)[0]
    recalled = recall(told.clone, os.environ, wanted, "HEAD", asker)[0]
    counted = stats(told.clone, os.environ, "HEAD", "model", "", asked=asker)
    assert story(told.clone, os.environ, "later.py", (1, 1), "HEAD", asker)[0].parts[0].origin.kind == "unknown"
    assert {path.name for path in told.asker.iterdir()} == {"pointers"}, "no key and no salt is made for a question"
    monkeypatch.setenv("CLEARANCE_HOME", str(told.makers))
    shop = told.clone.parent / "shop"
    own = story(shop, os.environ, "orders.py", (1, 12), "HEAD")[0]
    assert line.parts == own.parts
    assert line.parts[0].written is not None
    assert line.parts[0].written.model == "opus-5"
    assert recalled.changes == recall(shop, os.environ, wanted, "HEAD")[0].changes
    assert counted.groups == stats(shop, os.environ, "HEAD", "model", "").groups


def test_the_own_log_is_read_by_whom_is_named_besides(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARANCE_HOME", str(told.asker))
    shop = told.clone.parent / "shop"
    with pytest.raises(LogTampered):
        open_asked(shop).size()
    assert open_asked(shop, Asked(root=told.root)).size() == 2
    assert story(shop, os.environ, "orders.py", (1, 1), "HEAD", Asked(root=told.root))[0].parts[0].written


def test_an_export_does_not_vouch_for_itself(told: Told, asker: Asked) -> None:
    with pytest.raises(UsageError, match="does not vouch for itself"):
        open_asked(told.clone, Asked(told.export))
    assert asker.root is not None


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_what_is_no_export_is_refused(told: Told, asker: Asked, folder: str) -> None:
    with pytest.raises(StoreError, match="no export"):
        open_asked(told.clone, asker._replace(export=told.clone / folder))


def test_an_export_that_was_read_while_half_copied_answers_right_once_it_is_whole(
    told: Told, asker: Asked, tmp_path: Path
) -> None:
    shutil.copytree(told.export, tmp_path / "copy")
    (tmp_path / "copy/evidence").rename(tmp_path / "elsewhere")
    half = asker._replace(export=tmp_path / "copy")
    first = story(told.clone, os.environ, "orders.py", (1, 12), "HEAD", half)[0]
    assert (first.missing, first.parts[0].origin.kind) == (1, "unknown")
    (tmp_path / "elsewhere").rename(tmp_path / "copy/evidence")
    then = story(told.clone, os.environ, "orders.py", (1, 12), "HEAD", half)[0]
    whole = story(told.clone, os.environ, "orders.py", (1, 12), "HEAD", asker)[0]
    assert then.missing == whole.missing == 0
    assert then.parts == whole.parts
    assert whole.parts[0].origin.kind == "generation"


def exchanged(copy: Path) -> None:
    """Two entries change places, signed as they are."""
    path = copy / "tile/entries/000.p/2"
    body = path.read_bytes()
    length = int.from_bytes(body[:2], "big") + 2
    path.write_bytes(body[length:] + body[:length])
    names = [copy / f"bundles/{number}.sigstore.json" for number in (0, 1)]
    one, other = (name.read_bytes() for name in names)
    names[0].write_bytes(other)
    names[1].write_bytes(one)


def cut(copy: Path) -> None:
    path = copy / "tile/entries/000.p/2"
    path.write_bytes(path.read_bytes()[:-20])


def reworded(copy: Path) -> None:
    path = copy / "bundles/0.sigstore.json"
    path.write_bytes(path.read_bytes().replace(b'"payload":"e', b'"payload":"f'))


def gone(copy: Path) -> None:
    (copy / "bundles/0.sigstore.json").unlink()


def linked(copy: Path) -> None:
    path = copy / "bundles/0.sigstore.json"
    path.rename(copy / "elsewhere")
    path.symlink_to(copy / "elsewhere")


def retiled(copy: Path) -> None:
    path = copy / "tile/0/000.p/2"
    path.write_bytes(bytes(64))


@pytest.mark.parametrize("change", [exchanged, cut, reworded, gone, linked, retiled])
def test_an_export_that_was_changed_gives_no_answer(told: Told, asker: Asked, tmp_path: Path, change: object) -> None:
    shutil.copytree(told.export, tmp_path / "copy")
    change(tmp_path / "copy")  # type: ignore[operator]
    with pytest.raises((LogTampered, BadSignature, StoreError)):
        list(open_asked(told.clone, asker._replace(export=tmp_path / "copy")).entries())
    with pytest.raises(ClearanceError):
        open_asked(told.clone, asker._replace(export=tmp_path / "copy")).entry(0)


@pytest.mark.parametrize("number", [0, 1])
def test_an_entry_that_was_reworded_so_that_nothing_points_to_it_is_no_silence(
    told: Told, asker: Asked, tmp_path: Path, number: int
) -> None:
    shutil.copytree(told.export, tmp_path / "copy")
    path = tmp_path / f"copy/bundles/{number}.sigstore.json"
    data = path.read_bytes()
    at = data.index(b'"payload":"') + 300
    path.write_bytes(data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :])
    with pytest.raises(LogTampered) as wrong:
        story(told.clone, os.environ, "orders.py", (1, 12), "HEAD", asker._replace(export=tmp_path / "copy"))
    assert wrong.value.where == f"entry {number}"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.symlink_to("/nonexistent/list.json")


@pytest.mark.parametrize("made", [pipe, dangling])
def test_a_list_of_revoked_certificates_that_cannot_be_read_is_an_error_and_holds_nobody(
    told: Told, asker: Asked, tmp_path: Path, made: Callable[[Path], None]
) -> None:
    shutil.copy(told.root, tmp_path / "root.json")
    made(tmp_path / "root.revoked.json")
    with pytest.raises(ClearanceError) as wrong:
        open_asked(told.clone, asker._replace(root=tmp_path / "root.json"))
    assert "root.revoked.json" in wrong.value.where


def test_a_checkpoint_of_somebody_else_is_refused(told: Told, asker: Asked, tmp_path: Path) -> None:
    shutil.copytree(told.export, tmp_path / "copy")
    note = tmp_path / "copy/checkpoint"
    note.write_bytes(note.read_bytes().replace(b"\n2\n", b"\n1\n"))
    with pytest.raises(LogTampered):
        open_asked(told.clone, asker._replace(export=tmp_path / "copy")).size()


def test_an_export_is_only_read(told: Told) -> None:
    with pytest.raises(StoreError, match="only read"):
        ExportStore(told.export, bare_bundle).write()
