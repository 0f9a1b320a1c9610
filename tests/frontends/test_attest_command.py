"""`clearance attest` and `clearance check --attest`: what a person or CI types, and what comes back."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from clearance.attest.kinds import kinds
from clearance.rules.placeholder import expand
from clearance.wiring import open_log
from clearance.wiring.trust_file import change_settings
from clearance.wiring.trusting import open_trust
from frontends.prompt import Prompt


def git(*arguments: str) -> str:
    own = ["-c", "user.name=D", "-c", "user.email=dana@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *own, *arguments], check=True, capture_output=True, text=True).stdout.strip()


class Shell(Prompt):
    """A person at a prompt."""

    def attest(self, *arguments: str) -> str:
        code, out, err = self("attest", *arguments)
        assert code == 0, err
        return out


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A repository with one merge, nothing checked yet."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    git("remote", "add", "origin", "git@example.com:team/shop.git")
    Path("shop.py").write_text("def total(prices):\n    return sum(prices)\n")
    git("add", "-A")
    git("commit", "-q", "-m", "start")
    git("checkout", "-q", "-b", "work")
    Path("tax.py").write_text("def tax(price):\n    return price / 5\n")
    git("add", "-A")
    git("commit", "-q", "-m", "tax")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "work")
    return Shell(capsys)


def test_ci_states_all_beside_the_decision_in_one_batch_and_the_merge_and_deployment_rest_on_it(shell: Shell) -> None:
    assert shell("check", "--base", "main~1", "--head", "main", "--attest", "all")[0] in (0, 3)
    log = open_log(Path())
    types = [json.loads(entry.payload)["predicateType"] for entry in log.entries()]
    names = ["decision", "scan", "test-result", "vulns", "svr", "vsa"]
    assert types == [kinds()[name].uri for name in names]
    assert log.checkpoint().split(b"\n")[1] == b"6"
    subjects = [json.loads(entry.payload)["subject"][0] for entry in log.entries()]
    assert len({one["digest"]["sha256"] for one in subjects[:5]}) == 1
    assert subjects[5]["digest"] == {"gitCommit": git("rev-parse", "main")}
    said = shell.attest("merge", "--as", "ci/forge", "--enforced", "no-force-push")
    assert said.startswith(f"merge of {git('rev-parse', 'work')[:12]} into refs/heads/main (merge)\n")
    assert "rests on   decision" in said
    assert "/ci/forge (service)" in said
    assert "entry 6, .git/clearance/log" in said
    deployed = shell.attest("deploy", "--environment", "production", "--subject", f"shop.whl=sha256:{'a' * 64}")
    assert "before     nothing that this log knows" in deployed
    assert "artifact   shop.whl, sha256 aaaaaaaaaaaa" in deployed
    assert "merged by" in deployed
    first = shell.attest("vsa")
    assert "SLSA_SOURCE_LEVEL_1" in first
    assert "was stated by spiffe://" in first
    domain = open_trust(os.environ).domain
    change_settings(open_trust(os.environ).folder, {"attest": {"enforcers": [f"spiffe://{domain}/ci/forge"]}})
    second = shell.attest("vsa")
    assert "SLSA_SOURCE_LEVEL_2" in second
    assert "because    not with every merge three controls" in second
    shown = shell.attest("show", "6")
    assert "target  refs/heads/main" in shown
    assert "decisions[0].verdict" in shown
    assert shell("log", "verify")[0] == 0


def test_without_the_option_a_check_writes_one_entry_and_what_it_cannot_state_it_says(shell: Shell) -> None:
    Path("new.py").write_text("RATE = 5\n")
    shell("check")
    assert open_log(Path()).size() == 1
    code, _, err = shell("check", "--attest", "svr,vsa")
    assert code in (0, 3)
    assert "no vsa statement: what was judged is no commit yet (add --head REV)" in err
    assert open_log(Path()).size() == 3
    code, _, err = shell("check", "--attest", "everything")
    assert (code, open_log(Path()).size()) == (2, 3)
    assert "all, or scan, test-result, vulns, svr, vsa" in err


def test_what_was_asked_is_recorded_without_a_word_of_it(shell: Shell) -> None:
    secret = expand("github_pat_{{alnum 22}}_{{alnum 59}}", seed="cli", limit=200)
    Path("prompt.md").write_text(f"deploy with {secret}\n")
    said = shell.attest("request", "--id", "SHOP-7", "--prompt", "prompt.md", "--ticket", "prompt.md")
    assert "restricted; found in it: github-fine-grained-token" in said
    (entry,) = open_log(Path()).entries()
    assert secret.encode() not in entry.payload
    assert b"deploy with" not in entry.payload
    code, _, err = shell("attest", "request")
    assert (code, "--ticket FILE or --prompt FILE" in err) == (2, True)


def test_an_agent_reviews_as_an_agent_and_a_name_is_no_person(shell: Shell) -> None:
    code, out, err = shell("attest", "review", "--answer", "approve", "--as", "agent/claude-code")
    assert (code, "(agent), as reviewer" in out, "is no person" in err) == (0, True, True)
    code, _, err = shell("attest", "review", "--answer", "approve", "--as", "dana@example.com")
    assert (code, "add --id-token FILE" in err) == (2, True)
    Path("token").write_text("not.a.token")
    assert shell("attest", "review", "--answer", "approve", "--id-token", "token")[0] in (2, 4)
    assert open_log(Path()).size() == 1


def test_json_from_a_file_is_checked_by_line_and_field_and_then_recorded(shell: Shell) -> None:
    good = {"id": "INC-7", "severity": "high", "report": "", "opened": "2026-11-20T08:00:00Z", "contained": "", "closed": ""}
    good |= {"findings": [], "rules": [], "commits": [], "entries": []}
    Path("i.json").write_text(json.dumps(good | {"severity": "terrible"}, indent=1))
    code, _, err = shell("attest", "incident", "--predicate", "i.json", "--git-commit", "HEAD")
    assert (code, "i.json:3: severity: " in err) == (2, True)
    Path("i.json").write_text(json.dumps(good))
    code, _, err = shell("attest", "incident", "--predicate", "i.json")
    assert (code, "name a subject" in err) == (2, True)
    said = shell.attest("incident", "--predicate", "i.json", "--git-commit", "HEAD", "--format", "json")
    assert json.loads(said)["statement"]["predicate"]["id"] == "INC-7"
    assert "contained  2026-11-20T09:00:00Z" in shell.attest("incident", "INC-7", "--contained", "2026-11-20T09:00:00Z")
    code, _, err = shell("attest", "generation")
    assert (code, "--predicate FILE" in err) == (2, True)


def test_all_kinds_are_listed_with_their_schemas(shell: Shell) -> None:
    listed = json.loads(shell.attest("list", "--format", "json"))
    assert [one["name"] for one in listed] == list(kinds())
    top = Path(__file__).parents[2]
    assert all((top / one["schema"]).is_file() and one["made"] for one in listed)
    said = shell.attest("list")
    assert all(one["type"] in said for one in listed)


def test_an_entry_that_is_not_there_is_told(shell: Shell) -> None:
    shell.attest("deploy", "--environment", "staging")
    code, _, err = shell("attest", "show", "7")
    assert (code, "give an index from 0 to 0" in err) == (2, True)
    digest = next(open_log(Path()).entries()).digest
    assert shell.attest("show", digest[:8]).startswith("entry 0: deploy statement")
