"""`clearance packages`, as it is typed."""

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from clearance.scan.packages.pack.opened import open_pack

OF_OLD = "[packages]\ndata_days = 3650\n[scan]\nindex_days = 3650\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose settings take data of any age."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".clearance").mkdir()
    (tmp_path / ".clearance/settings.toml").write_text(OF_OLD)
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def commit(folder: Path) -> None:
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(folder), *who, "commit", "-qm", "x"], check=True)


def pin(name: str, version: str) -> str:
    return f"{name}=={version}\n"


def test_a_tree_without_names_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["packages"]) == 0
    assert capsys.readouterr().out == "packages  no names of packages\n"


def test_good_names_end_with_0_and_are_shown_on_request(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("itsdangerous", "2.2.0") + pin("six", "1.17.0"))
    assert run(["packages"]) == 0
    assert capsys.readouterr().out == "packages  2 names and versions in 1 file: 2 ok\n"
    assert run(["packages", "--all"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in shown[2:]] == [
        ["ok", "PyPI", "itsdangerous", "2.2.0"],
        ["ok", "PyPI", "six", "1.17.0"],
    ]
    assert shown[2].endswith("requirements.txt:1")


def test_a_bad_version_ends_with_1_and_says_what_to_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("pyyaml", "5.3"))
    assert run(["packages"]) == 1
    shown = capsys.readouterr().out
    assert "1 bad" in shown
    assert "CVE-2020-14343" in shown
    assert "→ update to 5.4 or later" in shown


def test_what_has_no_data_ends_with_3(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "go.mod").write_text("module example.com/x\n\ngo 1.23\n\nrequire example.org/y v1.2.3\n")
    assert run(["packages"]) == 3
    shown = capsys.readouterr().out
    assert "1 unknown" in shown
    assert "was not compared with advisories" in shown


def test_a_file_that_does_not_parse_ends_with_4(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "package-lock.json").write_text('{"packages": ')
    assert run(["packages"]) == 4
    assert "! package-lock.json: could not be parsed:" in capsys.readouterr().out


def test_a_pack_that_is_refused_ends_with_4_and_nothing_is_good(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "requirements.txt").write_text(pin("six", "1.17.0"))
    broken = project / "broken.pack"
    broken.write_bytes(b"no pack")
    monkeypatch.setenv("CLEARANCE_DATA", str(broken))
    assert run(["packages"]) == 4
    shown = capsys.readouterr().out
    assert "1 unknown" in shown
    assert "data missing" in shown


def test_data_that_is_old_for_the_settings_makes_all_unknown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".clearance/settings.toml").write_text("[packages]\ndata_days = 1\n[scan]\nindex_days = 3650\n")
    commit(project)
    (project / "requirements.txt").write_text(pin("six", "1.17.0"))
    assert run(["packages"]) == 3
    assert "was looked up in old data" in capsys.readouterr().out


def test_settings_that_are_not_committed_have_no_say(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("six", "1.17.0"))
    (project / ".clearance/settings.toml").write_text('[packages]\nprivate = ["six"]\ndata_days = 3650\n')
    assert run(["packages"]) == 0
    capsys.readouterr()


def test_what_is_wrong_with_a_file_is_told_and_ends_with_1(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text("--index-url http://pypi.acme.example/simple\n" + pin("six", "1.17.0"))
    assert run(["packages"]) == 1
    shown = capsys.readouterr().out
    assert "1 name in 1 file: 1 ok" in shown
    assert "bad      index-without-tls  requirements.txt:1" in shown


def test_versions_left_open_are_a_note_and_unknown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text("six\n")
    assert run(["packages"]) == 3
    shown = capsys.readouterr().out
    assert "note     package-unpinned  requirements.txt:1" in shown
    assert "has no fixed version" in shown


def test_json_holds_everything(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app").mkdir()
    (project / "app/requirements.txt").write_text(pin("pyyaml", "5.3") + pin("six", "1.17.0"))
    assert run(["packages", "app", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "clearance/packages/1"
    assert told["counts"] == {"bad": 1, "unknown": 0, "ok": 1}
    bad, good = told["packages"]
    assert (bad["name"], bad["version"], bad["verdict"]) == ("pyyaml", "5.3", "bad")
    assert bad["reasons"][0]["rule"] == "package-vulnerable"
    assert bad["places"] == [{"path": "requirements.txt", "line": 1}]
    from clearance.facts.package import Registry

    pack = open_pack()
    oldest = min(date for part in ("names", "advisories", "malware") if (date := pack.date_of(part, Registry.PYPI)))
    assert good["data"] == oldest.isoformat()
    assert good["age"] == (dt.date.fromisoformat(told["date"]) - oldest).days


def test_hostile_names_reach_the_terminal_as_escapes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "package.json").write_text(json.dumps({"name": "x", "dependencies": {"a\u202e\x1b[31mb": "1.0.0"}}))
    run(["packages", "--all"])
    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_a_folder_that_is_not_there_is_used_wrongly(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["packages", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
