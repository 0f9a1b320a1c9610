"""`clearance risk`: what a person types, and what comes back."""

import csv
import datetime as dt
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from clearance.facts.entry import Entry
from clearance.record.log import Log
from frontends.prompt import Prompt

FLAW = """\
from flask import request


def find(connection):
    name = request.args["name"]
    return connection.execute("select * from orders where name = '" + name + "'")
"""
FOLDER = Path(".clearance/waivers")
WHO = ("--owner", "Dana Reyes", "--reason", "It runs here only.", "--compensating", "The port is closed.")
TODAY = dt.datetime.now(dt.UTC).date()


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def day(days: int) -> str:
    return (TODAY + dt.timedelta(days=days)).isoformat()


class Shell(Prompt):
    """A person at a prompt."""

    def risk(self, *arguments: str) -> str:
        code, out, err = self("risk", *arguments)
        assert code == 0, err
        return out

    def refused(self, *arguments: str) -> str:
        code, out, err = self("risk", *arguments)
        assert (code, out) == (2, "")
        return err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A repository on a branch; its change has one critical finding; nothing was checked yet."""
    top = tmp_path / "shop"
    top.mkdir()
    monkeypatch.chdir(top)
    git("init", "-q", "-b", "main")
    Path("shop.py").write_text("def total(prices):\n    return sum(prices)\n")
    git("add", "-A")
    git("commit", "-q", "-m", "start")
    git("checkout", "-q", "-b", "work")
    Path("find.py").write_text(FLAW)
    git("add", "-A")
    git("commit", "-q", "-m", "find")
    return Shell(capsys)


@pytest.fixture
def checked(shell: Shell) -> Shell:
    """The same after a check."""
    assert shell("check")[0] == 1
    return shell


def land() -> None:
    """Bring what was accepted to the base; the branch stays as it is."""
    git("stash", "-q", "-u")
    git("checkout", "-q", "main")
    git("stash", "pop", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "accept")
    git("checkout", "-q", "work")


def test_from_a_finding_to_a_waiver_that_counts(checked: Shell) -> None:
    told = checked.risk("open")
    assert "DENY, 1 finding that nobody accepted" in told
    fingerprint = next(line.split()[0] for line in told.splitlines() if "python-sql-string-build" in line)
    said = checked.risk("accept", fingerprint, *WHO, "--expires", day(60))
    name = f"python-sql-string-build-{fingerprint[:8]}"
    assert said.splitlines()[:4] == [
        f".clearance/waivers/{name}.toml",
        "  covers    python-sql-string-build at find.py:6 (critical)",
        f"  expires   {day(60)} (60 days left), owner Dana Reyes",
        "  now       it names 1 finding of the last check, which would be ASK (tier-2-needs-a-reviewer) with it",
    ]
    assert "It counts once it stands on main, and never for the change that brings it." in said
    assert "not on the base" in checked.risk("list")
    land()
    assert checked("check")[0] == 3
    assert "no finding that nobody accepted" in checked.risk("open")
    listed = checked.risk("list")
    assert listed.startswith("60 days left")
    assert "1 decision, last entry 2" in listed
    assert "1 accepted risk: 1 in force." in listed
    shown = checked.risk("show", name)
    for part in ("It runs here only.", "The port is closed.", "in 1 decision, first entry 2", "1 finding that it names"):
        assert part in shown


def test_a_finding_is_named_by_its_place_too_and_renewed(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "30d", "--id", "find", "--ticket", "OPS-7")
    file = FOLDER / "find.toml"
    assert f"expires = {day(30)}" in file.read_text()
    file.write_text("# ours\n" + file.read_text())
    assert f"expires {day(90)} (it was {day(30)})" in checked.risk("renew", "find", "--expires", "90d")
    assert file.read_text().startswith("# ours\n")
    assert f"expires = {day(90)}\n" in file.read_text()
    checked.risk("renew", "find", "--expires", "91d", "--reason", "it takes longer", "--owner", "Ann")
    assert 'reason = "it takes longer"' in file.read_text()
    assert 'owner = "Ann"' in file.read_text()
    assert 'ticket = "OPS-7"' in file.read_text()


def test_a_rule_is_accepted_in_files_before_anything_was_checked(shell: Shell) -> None:
    said = shell.risk("accept", "--rule", "python-weak-hash", "--path", "legacy/**", *WHO, "--expires", "30d")
    assert "no check is in the log yet" in said
    assert (FOLDER / "python-weak-hash.toml").is_file()
    said = shell.risk("accept", "--rule", "python-weak-hash", "--path", "old/**", *WHO, "--expires", "30d")
    assert (FOLDER / "python-weak-hash-2.toml").is_file()


REFUSED = [
    (("find.py:6",), "missing: --owner, --reason, --expires, --compensating"),
    (("find.py:6", *WHO), "missing: --expires"),
    (("find.py:6", *WHO[:2], "--reason", "  ", *WHO[4:], "--expires", "30d"), "missing: --reason"),
    ((*WHO, "--expires", "30d"), "name one FINDING, or --rule"),
    (("find.py:6", "--rule", "x", "--path", "y", *WHO, "--expires", "30d"), "name one FINDING, or --rule"),
    (("--rule", "python-weak-hash", *WHO, "--expires", "30d"), "name one FINDING, or --rule"),
    (("--rule", "python-weak-hsh", "--path", "a", *WHO, "--expires", "30d"), "the nearest is python-weak-hash"),
    (("--rule", "python-weak-hash", "--path", "[z-a]", *WHO, "--expires", "30d"), "z-a"),
    (("find.py:6", *WHO, "--expires", day(-1)), f"in the past: today is {TODAY}"),
    (("find.py:6", *WHO, "--expires", "181d"), "181 days ahead, and 180 are allowed"),
    (("find.py:6", *WHO, "--expires", "9999-12-31"), "and 180 are allowed"),
    (("find.py:6", *WHO, "--expires", "soon"), "no day"),
    (("find.py:6", *WHO, "--expires", "2026-02-30"), "no day"),
    (("abababab", *WHO, "--expires", "30d"), "the last check has no such finding"),
    (("abababab", *WHO, "--expires", "30d"), "the nearest is "),
    (("a:" + "9" * 6_000, *WHO, "--expires", "30d"), "the last check has no such finding"),
    (("find.py:7", *WHO, "--expires", "30d"), "python-sql-string-build at find.py:6"),
    (("find.py:6", *WHO, "--expires", "30d", "--control", "asvs:v5.0.0-99.9"), ": --control: "),
    (("find.py:6", *WHO, "--expires", "30d", "--id", "../../up"), "no waiver"),
    (("find.py:6", *WHO, "--expires", "30d", "--id", "Up"), "no id of a waiver"),
    (("find.py:6", *WHO[:2], "--reason", "a\x1b[2J", *WHO[4:], "--expires", "30d"), "cannot be seen"),
    (("find.py:6", *WHO[:2], "--reason", "a\udc80b", *WHO[4:], "--expires", "30d"), "not TOML"),
    (("find.py:6", *WHO[:2], "--reason", "x", *WHO[4:], "--expires", "30d"), "--reason 'x' says nothing"),
    (("find.py:6", *WHO[:4], "--compensating", "- n/a -", "--expires", "30d"), "--compensating '- n/a -' says nothing"),
]


def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(checked: Shell) -> None:
    for arguments, what in REFUSED:
        assert what in checked.refused("accept", *arguments), arguments
    assert not FOLDER.exists()


def test_nothing_is_accepted_twice(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "30d")
    assert "accepted already" in checked.refused("accept", "find.py:6", *WHO, "--expires", "40d")
    assert "Did you mean 'python-sql-string-build-" in checked.refused("renew", "python-sql-string", "--expires", "9d")
    assert len(list(FOLDER.iterdir())) == 1


def test_a_secret_is_revoked_and_not_accepted(shell: Shell) -> None:
    import hashlib

    token = "sk_live_" + hashlib.sha256(b"no key").hexdigest()[:24]
    Path("pay.py").write_text(f'key = "{token}"\n')
    shell("check")
    told = shell.risk("open")
    assert "cannot be accepted: mend it" in told
    said = shell.refused("accept", "pay.py:1", *WHO, "--expires", "30d")
    assert "it would cover nothing" in said
    assert "some-risks-cannot-be-waived" in said
    assert not FOLDER.exists()


def test_the_folder_is_no_link(checked: Shell, tmp_path: Path) -> None:
    Path(".clearance").mkdir()
    FOLDER.symlink_to(tmp_path)
    assert "link" in checked.refused("accept", "find.py:6", *WHO, "--expires", "30d")
    assert list(tmp_path.glob("*.toml")) == []


def test_a_broken_waiver_is_named_with_its_line(checked: Shell) -> None:
    FOLDER.mkdir(parents=True)
    (FOLDER / "old.toml").write_text('owner = "x"\nexpires = "never"\n')
    for words in (("list",), ("show", "old"), ("report",), ("accept", "find.py:6", *WHO, "--expires", "30d")):
        assert ".clearance/waivers/old.toml:1" in checked.refused(*words)


def test_a_renewal_never_ends_sooner(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "90d", "--id", "find")
    assert f"is earlier than its last day, {day(90)}" in checked.refused("renew", "find", "--expires", "60d")
    assert f"expires = {day(90)}" in (FOLDER / "find.toml").read_text()


def test_a_list_that_is_empty_says_of_how_many(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "find")
    land()
    assert checked.risk("list", "--expired") == "none of 1 accepted risk has expired\n"
    assert checked.risk("list", "--expiring", "3") == "none of 1 accepted risk ends within 3 days\n"


def test_the_register_for_programs(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO[:2], "--reason", "=1+1 agreed", *WHO[4:], "--expires", "10d", "--id", "find")
    checked.risk("accept", "--rule", "python-weak-hash", "--path", "x/**", *WHO, "--expires", "100d", "--id", "hash")
    land()
    checked("check")
    told = json.loads(checked.risk("list", "--format", "json"))
    assert told["schema"] == "urn:clearance:register:v1"
    assert [(one["waiver"]["id"], one["state"], one["decisions"]) for one in told["accepted"]] == [
        ("find", "in force", 1),
        ("hash", "in force", 0),
    ]
    assert told["base"] == "main"
    rows = list(csv.DictReader(io.StringIO(checked.risk("list", "--format", "csv"))))
    assert [(row["id"], row["days"], row["unused"]) for row in rows] == [("find", "10", "no"), ("hash", "100", "yes")]
    assert rows[0]["reason"] == "'=1+1 agreed"
    soon = json.loads(checked.risk("list", "--expiring", "14", "--format", "json"))
    assert [one["waiver"]["id"] for one in soon["accepted"]] == ["find"]
    assert json.loads(checked.risk("list", "--expired", "--format", "json"))["accepted"] == []
    text = checked.risk("list")
    assert "unused: it names nothing" in text
    assert "1 within 14 days of its end" in text
    page = checked.risk("report")
    assert page.startswith("# Accepted risks\n")
    assert "The port is closed." in page


def test_what_is_open_and_one_risk_and_the_page_for_programs(checked: Shell) -> None:
    told = json.loads(checked.risk("open", "--format", "json"))
    assert (told["schema"], told["verdict"]) == ("urn:clearance:open-risks:v1", "DENY")
    assert told["entry"] >= 0
    assert [(one["path"], one["line"], one["severity"], one["waivable"]) for one in told["open"]] == [
        ("find.py", 6, "critical", True)
    ]
    assert told["open"][0]["policies"] == ["no-new-high-findings"]
    Path("report.json").write_text(checked("check", "--format", "json")[1])
    elsewhere = json.loads(checked.risk("open", "--from", "report.json", "--format", "json"))
    assert (elsewhere["entry"], elsewhere["open"][0]["finding"]) == (None, told["open"][0]["finding"])
    for name in ("find", "other"):
        scope = ("find.py:6",) if name == "find" else ("--rule", "python-weak-hash", "--path", "x/**")
        checked.risk("accept", *scope, *WHO, "--expires", "10d", "--id", name)
    one = json.loads(checked.risk("show", "find", "--format", "json"))
    assert one["schema"] == "urn:clearance:register:v1"
    assert [(each["waiver"]["id"], each["state"]) for each in one["accepted"]] == [("find", "not on the base")]
    whole = checked.risk("list", "--all", "--format", "json")
    assert checked.risk("report", "--format", "json") == whole
    assert [each["waiver"]["id"] for each in json.loads(whole)["accepted"]] == ["find", "other"]


def test_what_was_removed_stays_in_the_register_from_the_log(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "find")
    land()
    checked("check")
    git("checkout", "-q", "main")
    git("rm", "-q", str(FOLDER / "find.toml"))
    git("commit", "-q", "-m", "done")
    git("checkout", "-q", "work")
    assert "1 more used once and removed since" in checked.risk("list")
    (gone,) = json.loads(checked.risk("list", "--all", "--format", "json"))["accepted"]
    assert (gone["state"], gone["waiver"]["reason"]) == ("removed", "It runs here only.")


def test_the_same_risk_twice_is_told(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "one")
    (FOLDER / "two.toml").write_text((FOLDER / "one.toml").read_text())
    assert "the same as two" in checked.risk("list")


def test_a_report_from_elsewhere_names_the_finding(shell: Shell, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(shell("check", "--format", "json")[1])
    assert "find.py:6" in shell.risk("open", "--from", str(report))
    shell.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--from", str(report))
    report.write_text("{}")
    assert "no report" in shell.refused("open", "--from", str(report))


def test_before_the_first_check_there_is_nothing_open_and_nothing_accepted(shell: Shell) -> None:
    assert "no check is in the log yet" in shell.refused("open")
    assert "no accepted risks" in shell.risk("list")


def test_colour_is_an_option_and_no_color_is_respected(checked: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "find")
    assert "\x1b[" in checked.risk("list", "--color", "always")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in checked.risk("show", "find")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in checked.risk("show", "find")


def test_completion_offers_the_ids_of_waivers(checked: Shell) -> None:
    from click.shell_completion import ShellComplete

    from clearance.frontends.cli.main import cli

    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "find")
    offered = ShellComplete(cli, {}, "clearance", "_CLEARANCE_COMPLETE").get_completions(["risk", "show"], "fi")
    assert [one.value for one in offered] == ["find"]


def test_an_expired_waiver_is_told_and_can_be_renewed(checked: Shell) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "10d", "--id", "find")
    file = FOLDER / "find.toml"
    file.write_text(file.read_text().replace(day(10), "2026-01-01"))
    land()
    code, out, _ = checked("check")
    assert code == 1
    assert "! waiver find   covers nothing: expired " in out
    assert "waivers-expire" in out
    listed = checked.risk("list", "--expired")
    assert listed.startswith("expired ")
    assert "2026-01-01" in listed
    git("checkout", "-q", "main")
    assert "(it was 2026-01-01)" in checked.risk("renew", "find", "--expires", "20d")


def test_what_an_assistant_was_about_to_do_is_no_check(checked: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from clearance.facts.act import Act, Moment
    from clearance.facts.decision import Verdict
    from clearance.wiring.acts import Engine

    act = Act(assistant="claude-code", moment=Moment.BEFORE, tool="Bash", session="s", directory=".", command="rm -rf /")
    assert Engine(os.environ).judge(act).verdict is Verdict.DENY
    told = checked.risk("open")
    assert "the last check (entry 0): DENY, 1 finding" in told
    assert "1 decision of the log" in checked.risk("report")


def test_a_case_of_another_version_ends_neither_the_register_nor_with_a_traceback(
    checked: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked.risk("accept", "find.py:6", *WHO, "--expires", "30d")
    evidence = Log.evidence

    def other(log: Log, name: str) -> bytes:
        body = json.loads(evidence(log, name))
        return json.dumps(body | {"findings": "another shape"} if "findings" in body else body).encode()

    monkeypatch.setattr(Log, "evidence", other)
    assert "1 accepted risk" in checked.risk("list")
    for command in (["risk", "open"], ["policy", "explain"]):
        code, _, said = checked(*command)
        assert code == 2
        assert "this version cannot read" in said
        assert "run `clearance check` again" in said


def test_a_statement_that_is_none_is_told_as_tampered(checked: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = Log.entries

    def other(log: Log, *given: int) -> Iterator[Entry]:
        for entry in entries(log, *given):
            yield replace(entry, payload=b'{"predicateType": 7}')

    monkeypatch.setattr(Log, "entries", other)
    for command in (["risk", "list"], ["risk", "open"], ["policy", "explain"]):
        code, _, said = checked(*command)
        assert code == 4
        assert "entry 0" in said
        assert "internal error" not in said


def test_an_empty_register_is_a_sentence_on_its_page(shell: Shell) -> None:
    assert f"No accepted risks, on {TODAY.isoformat()}, from <code>main</code> and 0 decisions of the log." in shell.risk(
        "report"
    )
