"""`clearance controls`, as it is typed."""

import csv
import html
import io
import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clearance.frontends.cli.main import run

CATALOGUE = {
    "prefix": "house",
    "title": "House rules",
    "version": "2.1",
    "kind": "requirements",
    "reference": "house:{version}/{id}",
    "pattern": r"\d+\.\d+",
    "source": "https://example.com/rules",
    "licence": "ours",
    "groups": [
        {
            "id": "1",
            "label": "Code",
            "items": [
                {"id": "1.1", "label": "No shell", "level": 1},
                {"id": "1.2", "label": "A plan is written", "level": 2},
            ],
        }
    ],
}
MAPPING = """\
by = "person"
source = "review of the security team"

[[edges]]
of = "rule:python-subprocess-shell"
to = "house:2.1/1.1"
rel = "subset-of"
confidence = "high"
note = "Python only"
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def team(repository: Path) -> Path:
    folder = repository / ".clearance/controls"
    (folder / "mappings").mkdir(parents=True)
    (folder / "house.json").write_text(json.dumps(CATALOGUE, indent=1))
    (folder / "mappings" / "house.toml").write_text(MAPPING)
    return folder


def commit(repository: Path, text: str) -> None:
    (repository / "app.py").write_text(text)
    who = ["-c", "user.name=You", "-c", "user.email=you@example.com"]
    subprocess.run(["git", "add", "app.py"], cwd=repository, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "one"], cwd=repository, check=True)


def test_the_list_names_every_catalogue_with_its_version(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["controls", "list"]) == 0
    shown = capsys.readouterr().out
    for said in ("asvs      5.0.0       345  70/183/92", "Common Weakness Enumeration", "AICPA Trust Services Criteria"):
        assert said in shown


@pytest.mark.parametrize(
    "typed", [["asvs:v5.0.0-1.2.5"], ["v5.0.0-1.2.5"], ["ASVS:V5.0.0-1.2.5"], ["1.2.5", "--framework", "asvs"]]
)
def test_a_control_is_found_as_people_write_it(
    repository: Path, capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    assert run(["controls", "show", *typed]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("asvs:v5.0.0-1.2.5   level 1   OWASP Application Security Verification Standard 5.0.0")
    assert "rule:python-subprocess-shell   subset-of" in shown
    assert "a hit in a change by an AI is DENY at most (no-new-high-findings)" in shown
    assert "no record yet: the log is empty or not there" in shown


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["CWE-8a9"], "written like CWE-89"),
        (["asvs:v5.0.0-1.2.55"], "asvs:v5.0.0-1.2.5"),
        (["asvs:v4.0.3-5.3.4"], "is of version 4.0.3"),
        (["1.2.5"], "several catalogues have '1.2.5'"),
        (["1.2.5", "--framework", "asv"], "did you mean asvs?"),
        (["9.9.99", "--framework", "asvs"], "9.9.99"),
        (["\x1b[2J" + "x" * 100_000], "no control"),
    ],
)
def test_a_mistyped_control_is_used_wrongly_and_helped(
    repository: Path, capsys: pytest.CaptureFixture[str], typed: list[str], told: str
) -> None:
    assert run(["controls", "show", *typed]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "\x1b" not in said.err
    assert len(said.err) < 2_000
    assert not said.out


def test_a_rule_tells_what_it_serves_and_by_whose_word(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["controls", "of", "python-subprocess-shell", "policy:no-secrets", "merge-gate"]) == 0
    shown = capsys.readouterr().out
    assert "rule:python-subprocess-shell" in shown
    assert "intersects-with CWE-78" in shown
    assert "policy:no-secrets" in shown
    assert "checkpoint:merge-gate" in shown
    assert "by an AI assistant" in shown
    assert run(["controls", "of", "python-subproces-shell"]) == 2
    assert "did you mean python-subprocess-shell?" in capsys.readouterr().err


def covered(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    run(["controls", "coverage", "--format", "json", *options])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_all_70_requirements_of_level_1_are_answered_and_classified(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = covered(capsys, "--framework", "asvs", "--level", "1")
    assert len(answer["requirements"]) == 70
    assert sum(answer["counts"].values()) == 70
    assert answer["counts"]["none"] == 0
    assert all(one["reason"] for one in answer["requirements"])


def test_what_is_called_executable_has_something_that_stops_or_asks_and_passes_its_examples(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in covered(capsys, "--framework", "asvs", "--level", "1")["requirements"]:
        stops = [each["verdict_at_most"] in {"DENY", "ASK"} and each["executable"] for each in one["serving"]]
        assert any(stops) or one["how"] != "executable", one["id"]
        for each in one["serving"]:
            assert each["rel"] != "equal-to"
            assert each["where"]
            assert each["by"] in {"assistant", "person", "tool"}
            assert each["record"] is None or each["record"]["decisions"] == 0


def test_records_come_from_the_log_with_entry_time_and_verdict(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(repository, "x = 1\n")
    (repository / "app.py").write_text('import subprocess\n\nsubprocess.run("ls " + input(), shell=True)\n')
    assert run(["check", "--agent", "claude-code"]) == 1
    capsys.readouterr()
    assert run(["controls", "show", "asvs:v5.0.0-1.2.5"]) == 0
    shown = capsys.readouterr().out
    assert "1 entry, all read, each with its signature verified" in shown
    assert "scanner code: ran with all its rules in 1 decision since" in " ".join(shown.split())
    assert "with the rules of today" not in shown  # all of them are, so nothing is to be said
    assert "last: entry 0, " in shown
    record = covered(capsys, "--framework", "asvs", "--level", "1")["requirements"][0]["serving"][0]["record"]
    assert (record["decisions"], record["as_today"], record["last"], record["last_verdict"]) == (1, 1, 0, "DENY")
    run(["controls", "show", "asvs:v5.0.0-13.3.1", "--format", "json"])
    shaped = json.loads(capsys.readouterr().out)["requirements"][0]["serving"]
    secret = next(each["record"] for each in shaped if each["id"] == "policy:no-secrets")
    assert (secret["decisions"], secret["fired"]) == (1, 0)


def test_an_accepted_risk_is_told_beside_the_rule_whose_hits_it_lets_pass(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository / ".clearance/waivers"
    folder.mkdir(parents=True)
    kept = 'owner = "ada@example.com"\nreason = "legacy"\ncompensating = "runs in a jail"\n'
    kept += 'rule = "python-subprocess-shell"\n'
    soon = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()
    (folder / "old-jobs.toml").write_text(f'{kept}paths = ["jobs/**"]\nexpires = "{soon}"\n')
    (folder / "too-far.toml").write_text(f'{kept}paths = ["far/**"]\nexpires = "2999-01-01"\n')
    one = kept.replace('rule = "python-subprocess-shell"', f'finding = "{"ab" * 32}"')
    (folder / "single.toml").write_text(f'{one}expires = "{soon}"\n')
    (folder / "gone.toml").write_text(f'{kept}paths = ["old/**"]\nexpires = "2020-01-01"\n')
    subprocess.run(["git", "add", ".clearance"], cwd=repository, check=True)
    commit(repository, "x = 1\n")
    assert run(["controls", "coverage", "--framework", "asvs", "--level", "1", "--all"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "rule:python-subprocess-shell (at most DENY, 1 accepted risk)" in shown
    assert "2 accepted risks in force, 1 of them for a single finding; what they name is let pass" in shown
    assert run(["controls", "show", "asvs:v5.0.0-1.2.5"]) == 0
    assert f"an accepted risk lets hits pass: old-jobs in jobs/**, until {soon}" in " ".join(capsys.readouterr().out.split())


def test_accepted_risks_are_those_of_the_default_branch_as_the_register_has_them(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "checkout", "-q", "-B", "main"], cwd=repository, check=True)
    commit(repository, "x = 1\n")
    subprocess.run(["git", "checkout", "-q", "-b", "mine"], cwd=repository, check=True)
    folder = repository / ".clearance/waivers"
    folder.mkdir(parents=True)
    soon = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()
    said = 'owner = "a@example.com"\nreason = "old"\ncompensating = "jail"\nrule = "python-subprocess-shell"\n'
    (folder / "my-own.toml").write_text(f'{said}paths = ["jobs/**"]\nexpires = "{soon}"\n')
    subprocess.run(["git", "add", ".clearance"], cwd=repository, check=True)
    commit(repository, "x = 2\n")
    assert run(["risk", "list"]) == 0
    assert "not on the base" in " ".join(capsys.readouterr().out.split())
    assert covered(capsys, "--framework", "asvs", "--level", "1")["accepted"] == 0
    subprocess.run(["git", "branch", "-qf", "main", "mine"], cwd=repository, check=True)
    assert covered(capsys, "--framework", "asvs", "--level", "1")["accepted"] == 1


def test_several_controls_of_a_catalogue_are_answered_at_once(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearance.wiring import controls

    asked: list[str] = []
    real = controls.cover
    monkeypatch.setattr(controls, "cover", lambda catalogue, *rest: asked.append(catalogue.prefix) or real(catalogue, *rest))
    assert run(["controls", "show", "CWE-89", "CWE-78", "asvs:v5.0.0-1.2.5", "CWE-79"]) == 0
    assert asked == ["cwe", "asvs"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["CWE-89", "CWE-8999"], ["CWE-8999"]),
        (["CWE-8999", "CWE-89"], ["CWE-8999"]),
        (["CWE-8999", "CWE-89", "asvs:v5.0.0-99.9.9"], ["CWE-8999", "99.9.9"]),
    ],
)
def test_one_wrong_control_among_others_is_told_and_the_others_are_shown(
    repository: Path, capsys: pytest.CaptureFixture[str], typed: list[str], told: list[str]
) -> None:
    assert run(["controls", "show", *typed, "--format", "json"]) == 2
    said = capsys.readouterr()
    assert [one["control"] for one in json.loads(said.out)["requirements"]] == ["CWE-89"]
    for part in told:
        assert part in said.err


@pytest.mark.parametrize("made", ["a link", "too large"])
def test_cases_of_a_team_that_cannot_be_read_whole_are_an_error_and_never_held(
    repository: Path, capsys: pytest.CaptureFixture[str], made: str
) -> None:
    folder = repository / ".clearance/policies/tests"
    folder.mkdir(parents=True)
    if made == "a link":
        (repository / "cases.toml").write_text("")
        (folder / "cases.toml").symlink_to(repository / "cases.toml")
    else:
        (folder / "cases.toml").write_text("# ä\n" * ((1 << 20) // 4 + 1))
    assert run(["controls", "show", "asvs:v5.0.0-13.3.1", "--run"]) == 2
    said = capsys.readouterr()
    assert ".clearance/policies/tests/cases.toml" in said.err
    assert not said.out


def test_a_broken_log_counts_for_nothing_and_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(repository, "x = 1\n")
    (repository / "app.py").write_text("x = 2\n")
    run(["check"])
    (repository / ".git/clearance/log").write_bytes(b"no log at all")
    for name in ("log-wal", "log-shm"):
        (repository / ".git/clearance" / name).unlink(missing_ok=True)
    capsys.readouterr()
    assert run(["controls", "show", "asvs:v5.0.0-1.2.5"]) == 4
    shown = " ".join(capsys.readouterr().out.split())
    assert "no record counts: " in shown
    assert "scanner code: no record yet" in shown
    assert run(["controls", "coverage", "--framework", "asvs", "--level", "1", "--format", "csv"]) == 4


def test_examples_are_run_when_they_are_asked_for(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["controls", "show", "asvs:v5.0.0-1.3.2", "CWE-798", "--run"]) == 0
    shown = capsys.readouterr().out
    assert "run now: as the page says" in shown
    assert "FAILED" not in shown


def test_an_example_that_does_not_hold_is_told_and_counts(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearance.wiring import furnish

    real = furnish.judge_examples
    monkeypatch.setattr(
        furnish, "judge_examples", lambda all_, rule: ["no"] if rule.id == "python-eval-dynamic" else real(all_, rule)
    )
    assert run(["controls", "show", "asvs:v5.0.0-1.3.2", "--run"]) == 1
    assert "run now: FAILED" in " ".join(capsys.readouterr().out.split())


def test_a_team_adds_its_own_catalogue_and_mapping(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["controls", "coverage", "--framework", "house"]) == 0
    shown = capsys.readouterr().out
    assert "House rules 2.1: 2 requirements" in shown
    assert "rule:python-subprocess-shell (at most DENY)" in shown
    assert run(["controls", "show", "house:2.1/1.1"]) == 0
    shown = capsys.readouterr().out
    assert "said by a person: review of the security team (the team's own)" in shown
    assert "note: Python only" in shown
    assert run(["controls", "lint"]) == 0
    assert "0 dangling" in capsys.readouterr().out
    assert run(["controls", "list"]) == 0
    assert "House rules (the team's own)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("house:2.1/1.1", "house:2.1/7.7", "house:2.1/7.7"),
        ("house:2.1/1.1", "asvs:v4.0.3-1.1.1", "is of version 4.0.3"),
        ("rule:python-subprocess-shell", "rule:no-such-rule", "nothing is called 'rule:no-such-rule'"),
    ],
)
def test_lint_names_a_teams_dangling_edge_with_file_and_line(
    team: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    mapping = team / "mappings" / "house.toml"
    mapping.write_text(MAPPING.replace(old, new))
    assert run(["controls", "lint"]) == 1
    shown = capsys.readouterr().out
    assert ".clearance/controls/mappings/house.toml:5" in shown
    assert told in shown


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("house.json", '{"prefix": "house"', ".clearance/controls/house.json:1"),
        (
            "house.json",
            json.dumps(CATALOGUE | {"prefix": "asvs", "reference": "asvs:{version}/{id}"}),
            "the prefix 'asvs' is taken",
        ),
        (
            "rule.json",
            json.dumps(CATALOGUE | {"prefix": "rule", "reference": "rule:{version}/{id}"}),
            "the prefix 'rule' is taken by a kind of control",
        ),
        ("house.json", json.dumps(CATALOGUE | {"more": 1}), ".clearance/controls/house.json:"),
        ("again.json", json.dumps(CATALOGUE), "the prefix 'house' is taken by .clearance/controls/again.json"),
        ("mappings/house.toml", "[[edges]\n", ".clearance/controls/mappings/house.toml:1"),
        ("mappings/house.toml", MAPPING.replace("subset-of", "same-as"), ".clearance/controls/mappings/house.toml:"),
        ("mappings/house.toml", MAPPING + 'author = "x"\n', ".clearance/controls/mappings/house.toml"),
    ],
)
def test_a_file_of_the_team_that_is_none_is_an_error_with_its_place_and_nothing_is_half_loaded(
    team: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, told: str
) -> None:
    (team / name).write_text(text)
    for command in (["list"], ["show", "CWE-89"], ["coverage", "--framework", "asvs"], ["lint"]):
        assert run(["controls", *command]) == 2
        said = capsys.readouterr()
        assert told in said.err
        assert not said.out


@pytest.mark.parametrize("made", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_is_no_catalogue(
    team: Path, capsys: pytest.CaptureFixture[str], made: Callable[[Path], None]
) -> None:
    made(team / "more.json")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert run(["controls", "list"]) == 2
    assert ".clearance/controls/more.json" in capsys.readouterr().err
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_symlink_is_not_followed(team: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.json"
    outside.write_text(json.dumps(CATALOGUE))
    (team / "house.json").unlink()
    (team / "house.json").symlink_to(outside)
    assert run(["controls", "list"]) == 2


def test_every_export_is_written_and_the_same_again(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for target in ("oscal-mapping", "oscal-component", "csv", "markdown", "page"):
        options = ["controls", "export", "--to", target, "--framework", "house", "--framework", "cwe"]
        assert run([*options, "--output", str(team / "one")]) == 0
        assert run([*options, "--output", str(team / "two")]) == 0
        assert (team / "one").read_bytes() == (team / "two").read_bytes(), target
    assert run(["controls", "export", "--to", "csv", "--framework", "house"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["control"], row["said_by"]) for row in rows] == [("house:2.1/1.1", "person"), ("house:2.1/1.2", "")]


def test_oscal_of_everything_is_what_trestle_reads(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("trestle", reason="compliance-trestle is not installed: OSCAL documents cannot be validated")
    import importlib

    for target, kind in (("oscal-mapping", "mapping"), ("oscal-component", "component")):
        assert run(["controls", "export", "--to", target]) == 0
        written = json.loads(capsys.readouterr().out)
        model = importlib.import_module(f"trestle.oscal.{kind}").Model.model_validate(written)
        assert json.loads(model.oscal_serialize_json_bytes(pretty=False, wrapped=False)) == written


def test_no_text_of_a_standard_is_exported_only_labels_of_our_own(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from clearance.controls.catalogue import catalogues

    labels = {item.label for one in catalogues() for item in one.items.values()}
    chapters = {group.label for one in catalogues() for group in one.groups}
    assert run(["controls", "export", "--to", "csv", "--framework", "soc2", "--framework", "asvs"]) == 0
    for row in csv.DictReader(io.StringIO(capsys.readouterr().out)):
        assert row["label"].removeprefix("'") in labels | chapters


@pytest.mark.parametrize("format_", ["text", "json", "csv", "markdown", "html"])
def test_each_format_of_coverage_is_written_to_a_file(repository: Path, format_: str) -> None:
    file = repository / "answer"
    options = ["controls", "coverage", "--framework", "asvs", "--level", "1", "--format", format_, "--output", str(file)]
    assert run(options) == 0
    assert "1.2.5" in html.unescape(file.read_text())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["coverage", "--framework", "asvs", "--level", "4"], "has no level 4"),
        (["coverage", "--framework", "soc2", "--level", "1"], "it has no levels"),
        (["coverage", "--framework", "nothing"], "no catalogue 'nothing'"),
        (["export", "--to", "oscal-mapping", "--level", "1"], "--level is for csv"),
        (["list", "-C", "nowhere"], "no such folder"),
    ],
)
def test_used_wrongly_is_told(repository: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str) -> None:
    assert run(["controls", *options]) == 2
    assert told in capsys.readouterr().err


def test_a_catalogue_that_moved_names_the_edges_to_look_at(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newer = json.dumps(CATALOGUE | {"version": "3.0"})
    (team.parent / "newer.json").write_text(newer)
    assert run(["controls", "moves", "house", str(team.parent / "newer.json")]) == 1
    shown = capsys.readouterr().out
    assert "house 2.1 → 3.0" in shown
    assert "rule:python-subprocess-shell subset-of house:2.1/1.1" in shown
    assert run(["controls", "moves", "house", "house"]) == 0


def test_colour_is_for_terminals_and_no_color_is_respected(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["controls", "list"])
    assert "\x1b[" not in capsys.readouterr().out
    run(["controls", "list", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(["controls", "list"])
    assert "\x1b[" not in capsys.readouterr().out


def test_ids_and_frameworks_are_completed() -> None:
    from clearance.frontends.cli import controls

    parameters = {each.name: each for each in controls.show.params}
    context = controls.show.make_context("show", ["CWE-89"])
    offered = [each.value for each in parameters["ids"].shell_complete(context, "asvs:v5.0.0-1.2.")]
    assert "asvs:v5.0.0-1.2.5" in offered
    assert [each.value for each in parameters["framework"].shell_complete(context, "asv")] == ["asvs"]
    names = {each.name: each for each in controls.of.params}
    assert "python-subprocess-shell" in [each.value for each in names["names"].shell_complete(context, "python-subp")]


def test_a_part_that_gets_less_names_only_the_policies_that_say_so(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["controls", "show", "asvs:v5.0.0-5.2.1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "ASK at most (medium-findings-by-ai-need-a-person); 6 caught" in shown
    assert "no-new-high-findings" not in shown
