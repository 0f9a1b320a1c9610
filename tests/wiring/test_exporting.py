"""What an export gives away, and what it leaves out."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
from pathlib import Path

import pytest

from clearance.attest.trust import Trust
from clearance.facts.errors import UsageError
from clearance.facts.verified import FileVerdict
from clearance.record.payload import read_payload
from clearance.wiring import open_log
from clearance.wiring.bundles import ANYTHING, bytes_of, read_trusted_root
from clearance.wiring.exported import verify_export
from clearance.wiring.exporting import export_to
from clearance.wiring.places import log_folder
from clearance.wiring.tracing import Authored, record_lines
from clearance.wiring.tracing_notes import salt_of
from clearance.wiring.tracing_settle import settle_trees

PIN = "ALARM_PIN = 4711\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository whose log has one generation of one short line."""
    folder = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    (folder / "alarm.py").write_text(PIN)
    record_lines(folder, os.environ, Authored(agent="claude-code"))
    return folder


def more(shop: Path) -> None:
    (shop / "other.py").write_text("print('nothing to hide here')\n")
    record_lines(shop, os.environ, Authored(agent="codex"))


def verified(folder: Path) -> list[FileVerdict]:
    trust = Trust(read_trusted_root(folder / "trusted_root.json"))
    return [one for one in verify_export(folder, trust, ANYTHING) if one.verified is None]


def evidence(folder: Path) -> set[str]:
    return {path.name for path in (folder / "evidence").glob("*")}


def bodies(shop: Path) -> list[str]:
    return [read_payload(entry.payload).lines for entry in open_log(shop).entries()]


def test_an_export_has_no_key_of_a_line_unless_they_are_asked_for(shop: Path, tmp_path: Path) -> None:
    salt = salt_of(shop, os.environ)
    guess = hashlib.blake2b(PIN.strip().encode(), digest_size=8, key=salt).digest()
    done = export_to(open_log(shop), tmp_path / "export")
    forms = (guess, guess.hex().encode(), base64.b64encode(guess))
    held = [path.read_bytes() for path in (tmp_path / "export").rglob("*") if path.is_file()]
    assert not any(form in body for form in forms for body in held)
    assert (done.left_out, evidence(tmp_path / "export")) == (1, set())
    assert "Left out: the keys of lines" in (tmp_path / "export/README.md").read_text()
    (told,) = verified(tmp_path / "export")
    assert (told.wrong, told.left_out) == (False, True)
    assert "keys of lines of 1 generation are not here" in told.what

    whole = export_to(open_log(shop), tmp_path / "whole", line_keys=True)
    held = [path.read_bytes() for path in (tmp_path / "whole/evidence").iterdir()]
    assert any(base64.b64encode(guess) in body for body in held)
    assert (whole.left_out, verified(tmp_path / "whole")) == (0, [])
    assert "Keep this folder as you keep the code" in (tmp_path / "whole/README.md").read_text()


def test_what_was_left_out_can_be_added_later_and_stays(shop: Path, tmp_path: Path) -> None:
    export_to(open_log(shop), tmp_path / "export")
    more(shop)
    first, second = bodies(shop)
    export_to(open_log(shop), tmp_path / "export", line_keys=True)
    assert evidence(tmp_path / "export") == {first, second}
    more_done = export_to(open_log(shop), tmp_path / "export")
    assert (more_done.left_out, evidence(tmp_path / "export")) == (0, {first, second})
    assert verified(tmp_path / "export") == []


def test_keys_of_lines_that_lie_there_already_are_told_and_never_said_to_be_left_out(shop: Path, tmp_path: Path) -> None:
    readme = tmp_path / "export/README.md"
    assert not export_to(open_log(shop), tmp_path / "export", line_keys=True).kept
    more(shop)
    for _ in range(2):
        assert export_to(open_log(shop), tmp_path / "export").kept
        assert "The keys of lines are here for older entries" in readme.read_text()
        assert "Left out" not in readme.read_text()
    assert not export_to(open_log(shop), tmp_path / "bare").kept
    assert not export_to(open_log(shop), tmp_path / "bare").kept


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("place", ["bundles/0.sigstore.json", "proofs/0.tlog-proof", "checkpoint", "evidence"])
def test_a_pipe_in_an_export_is_refused_and_never_waited_for(shop: Path, tmp_path: Path, place: str) -> None:
    export_to(open_log(shop), tmp_path / "export", line_keys=True)
    name = next((tmp_path / "export/evidence").iterdir()) if place == "evidence" else tmp_path / "export" / place
    name.unlink()
    os.mkfifo(name)
    with pytest.raises(UsageError, match="a pipe, not a file"):
        verified(tmp_path / "export")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="a device, not a file"):
        bytes_of(tmp_path / "zero")


def test_another_body_that_is_missing_is_missed(shop: Path, tmp_path: Path) -> None:
    for words in (["add", "-A"], ["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=shop, check=True)
    settle_trees(shop, os.environ, base=None, head="HEAD")
    export_to(open_log(shop), tmp_path / "export")
    (attribution,) = evidence(tmp_path / "export")
    (tmp_path / "export/evidence" / attribution).unlink()
    wrong = [one for one in verified(tmp_path / "export") if one.wrong]
    assert [one.what for one in wrong] == ["it is missing, and entry 1 names it"]


def test_only_a_generation_may_leave_a_body_out() -> None:
    digest = "ab" * 32
    predicate = {"evidence": [digest], "keys": {"body": digest}}
    said = {"predicateType": "urn:clearance:predicate:generation:v1", "predicate": predicate}
    assert read_payload(json.dumps(said).encode()).lines == digest
    other = said | {"predicateType": "urn:clearance:predicate:decision:v1"}
    assert read_payload(json.dumps(other).encode()).lines == ""
    for keys in (None, 3, {}, {"body": "cd" * 32}, {"body": 5}, [digest]):
        odd = said | {"predicate": {"evidence": [digest], "keys": keys}}
        assert read_payload(json.dumps(odd).encode()).lines == ""


def test_who_has_the_export_cannot_guess_where_the_repository_lay(shop: Path) -> None:
    said = json.loads(next(open_log(shop).entries()).payload)["predicate"]
    salt, place = bytes.fromhex(said["keys"]["salt"]), os.fsencode(log_folder(shop))
    assert said["repository"] not in (hashlib.sha256(salt + place).hexdigest(), hmac.digest(salt, place, "sha256").hex())
    more(shop)
    again = json.loads(list(open_log(shop).entries())[1].payload)["predicate"]
    assert again["repository"] == said["repository"]
