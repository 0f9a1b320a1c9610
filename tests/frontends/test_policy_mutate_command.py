"""`clearance policy mutate` and `clearance policy import-gate`, as they are typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import StoreError
from clearance.frontends.cli.main import run
from clearance.install import disk
from frontends.payments import POLICY

GATE = {
    "name": "Ours",
    "conditions": [
        {"id": 1, "metric": "new_vulnerabilities", "op": "GT", "error": "0"},
        {"id": 2, "metric": "new_security_hotspots_reviewed", "op": "LT", "error": "100"},
        {"id": 3, "metric": "new_coverage", "op": "LT", "error": "80"},
    ],
}


@pytest.fixture
def place(place: Path) -> Path:
    (place / "gate.json").write_text(json.dumps(GATE, indent=1))
    return place


def test_what_no_case_notices_is_shown_with_a_case_that_would(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "mutate"]) == 1
    shown = capsys.readouterr().out
    assert "✗ payments-need-a-person: no case notices it condition 1 (when) dropped" in shown
    assert 'when { (resource.path) like "src/payments/*" };' in shown
    assert "a case that would:" in shown
    cases = [part.partition("\n\n")[0] for part in shown.split("  a case that would:\n")[1:]]
    with (team / "tests" / "payments.toml").open("a") as file:
        file.write("\n" + "\n".join("\n".join(line.strip() for line in case.splitlines()) + "\n" for case in cases))
    assert run(["policy", "test"]) == 0
    capsys.readouterr()
    assert run(["policy", "mutate"]) == 0
    assert "0 not" in capsys.readouterr().out


def test_programs_get_the_same_as_json(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "mutate", "payments-need-a-person", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["policies"], told["cases"]) == (1, 1)
    assert told["mutants"] > len(told["alive"]) > 0
    assert {"policy", "change", "text", "case"} == set(told["alive"][0])


def test_a_name_that_no_policy_has_is_an_error(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "mutate", "payment-needs-a-person"]) == 2
    assert "payments-need-a-person" in capsys.readouterr().err


def test_one_of_ours_is_held_by_our_own_cases(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "mutate", "no-secrets"]) == 0
    assert "1 policy" in capsys.readouterr().out


def test_a_gate_with_what_nobody_measures_writes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "import-gate", "gate.json"]) == 2
    told = capsys.readouterr().err
    assert "gate.json:16: 'new_coverage' cannot be enforced" in told
    assert not (place / ".clearance").exists()


def test_a_gate_becomes_policies_that_its_cases_hold(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown", "--dry-run"]) == 0
    assert not (place / ".clearance").exists()
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown"]) == 0
    shown = capsys.readouterr().out
    assert "! new_coverage LT 80\n    not enforced: nothing here measures how much of the code tests run" in shown
    assert "wrote .clearance/policies/gate-new-vulnerabilities.cedar" in shown
    assert run(["policy", "test"]) == 0
    assert run(["policy", "mutate"]) == 0
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown"]) == 0
    assert "nothing to write" in capsys.readouterr().out


def test_another_text_is_never_overwritten_unasked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place / ".clearance/policies"
    folder.mkdir(parents=True)
    mine = folder / "gate-new-vulnerabilities.cedar"
    mine.write_text(POLICY.replace("payments-need-a-person", "gate-new-vulnerabilities"))
    before = mine.read_text()
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown"]) == 2
    assert "another text stands there" in capsys.readouterr().err
    assert mine.read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == [mine.name]
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown", "--force"]) == 0
    assert mine.read_text() != before


def test_an_import_leaves_no_policy_of_an_earlier_one_behind(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place / ".clearance/policies"
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown"]) == 0
    before = sorted(path.name for path in folder.glob("*.cedar"))
    (place / "less.json").write_text('{"conditions": [{"metric": "new_minor_violations", "op": "GT", "value": 3}]}')
    assert run(["policy", "import-gate", "less.json"]) == 2
    assert "an earlier import made it" in capsys.readouterr().err
    assert sorted(path.name for path in folder.glob("*.cedar")) == before
    assert run(["policy", "import-gate", "less.json", "--force", "--dry-run", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["written"], sorted(Path(one).name for one in told["removed"])) == (False, before)
    assert run(["policy", "import-gate", "less.json", "--force"]) == 0
    assert f"removed .clearance/policies/{before[0]}" in capsys.readouterr().out
    assert [path.name for path in folder.glob("*.cedar")] == ["gate-new-minor-violations.cedar"]
    assert run(["policy", "test"]) == 0


def test_an_import_that_cannot_be_finished_is_taken_back(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = disk.replace

    def full(root: Path, path: str, *rest: Any) -> None:
        if path.endswith(".toml"):
            raise StoreError("No space left on device", where=path)
        replace(root, path, *rest)

    monkeypatch.setattr(disk, "replace", full)
    assert run(["policy", "import-gate", "gate.json", "--skip-unknown"]) != 0
    assert "No space left" in capsys.readouterr().err
    assert list((place / ".clearance/policies").glob("*.cedar")) == []


@pytest.mark.parametrize("data", [b"\xff\xfe", b"{", b"[]", b'{"conditions": 3}'])
def test_a_file_that_is_no_gate_is_an_error(place: Path, capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    (place / "bad.json").write_bytes(data)
    assert run(["policy", "import-gate", "bad.json"]) == 2
    assert "bad.json:1" in capsys.readouterr().err
    assert run(["policy", "import-gate", "missing.json"]) == 2
