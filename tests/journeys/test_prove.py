"""`clearance prove`: what it says of guards that are alive, broken, absent, and untried, and what stays in the log."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clearance.facts.proof import Pulse
from clearance.wiring import proving
from clearance.wiring.proving import recorded
from clearance.wiring.proving.start import at_start
from journeys.installed import PROGRAMS, Guarded, environment, make
from journeys.place import Place

ALIVE, DEAD, ABSENT, UNTRIED = Pulse.ALIVE, Pulse.DEAD, Pulse.ABSENT, Pulse.UNTRIED
POLICY = """@id("no-friday")
@why("nobody deploys on a Friday")
@fix("wait")
forbid (principal, action == Action::"go-further", resource is File) when { resource.path like "friday/*" };
"""
CASE = """[[case]]
name = "a file of a Friday is denied"
files = ["friday/app.py"]
verdict = "DENY"
reasons = ["no-friday"]
"""


@pytest.fixture(autouse=True)
def _enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine has no say in what is told."""
    monkeypatch.setattr("clearance.wiring.proving.scene.QUICKLY", 1e6)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    return make(tmp_path_factory.mktemp("installed") / "shop", "claude-code")


@pytest.fixture
def shop(installation: Guarded, tmp_path: Path) -> Guarded:
    return installation.copy(tmp_path / "shop")


@pytest.fixture
def bare(repository: Place, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """A repository in which nothing was installed. Of the built-in pages none is tried: that costs seconds each time."""
    monkeypatch.setattr("clearance.wiring.proving.pages._SAMPLE", 0)
    return Guarded(repository.top)


def team_page(bare: Guarded, rule: str = "python-no-eval-here") -> str:
    """Write a rule of the team's own: a copy of a built-in one under another name."""
    from clearance.stores.pages import BUILTIN

    source = BUILTIN / "code" / "python-subprocess-shell.md"
    name = f".clearance/rules/code/{rule}.md"
    bare.write(name, source.read_text().replace(f"id: {source.stem}", f"id: {rule}"))
    bare.commit("a rule of ours")
    return name


def test_the_whole_of_an_installation_is_alive_and_the_certificate_is_signed(
    shop: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearance.stores.pages.code_stamp", lambda: "the code stays as it is")
    done = shop.prove()
    wrong = {one.guard: one.why for one in done.proof.shots if one.pulse is not ALIVE and one.guard != "resident"}
    assert wrong == {}
    kinds = {one.kind for one in done.proof.shots if one.pulse is ALIVE}
    assert kinds == {
        "ci", "data", "gate", "hook", "instructions", "log", "mcp", "policy", "pre-commit", "rule", "scanner",
    }  # fmt: skip
    assert done.exit == 0
    assert done.receipt is not None
    assert shop.clearance("log", "verify").code == 0
    standing = proving.standing(shop.top, shop.environment)
    assert (standing.hours, standing.dead) == (0, ())
    assert not list((Path(os.environ["CLEARANCE_HOME"]) / "seen" / "places").glob("*"))[1:], "scratch logs are remembered"
    # The next start of an assistant finds all of it unchanged, says nothing, and the log does not grow.
    size = shop.clearance("log", "show").out.count("\n")
    assert at_start(shop.top, shop.environment, "claude-code") == ""
    assert shop.clearance("log", "show").out.count("\n") == size


def test_what_nobody_installed_is_absent_and_not_dead(bare: Guarded) -> None:
    pulses = bare.pulses("hooks", "mcp", "pre-commit", "ci", "instructions")
    assert set(pulses.values()) == {ABSENT}
    assert bare.prove("hooks").exit == 0
    assert bare.dead() == {}


def test_the_command_shows_a_dead_guard_with_since_when_and_the_mend(shop: Guarded) -> None:
    shop.prove("ci")
    shop.edit(".github/workflows/clearance.yml", "fetch-depth: 0", "fetch-depth: 1")
    said = shop.clearance("prove", "--only", "ci", PATH=shop.environment["PATH"])
    assert said.code == 1
    assert "DEAD GUARDS" in said.out
    assert "ci:github" in said.out
    assert "→ write fetch-depth: 0 into .github/workflows/clearance.yml" in said.out
    assert "clearance init" in said.out
    assert "dead since" in said.out
    assert "alive last on" in said.out
    assert "\x1b[" not in said.out
    shown = shop.clearance("prove", "--only", "ci", "--format", "json", PATH=shop.environment["PATH"])
    guard = next(one for one in shown.data["guards"] if one["guard"] == "ci:github")
    assert guard["pulse"] == "dead"
    assert guard["since"] >= guard["alive_last"] > ""
    assert shown.data["receipt"]["index"] == 2
    assert "ci:github" in proving.standing(shop.top, shop.environment).dead
    assert "1 dead" in shop.clearance("log", "show").out


def test_a_word_that_is_no_kind_of_guard_is_told_with_the_nearest(bare: Guarded) -> None:
    said = bare.clearance("prove", "--only", "scaners")
    assert said.code == 2
    assert "'scanner'" in said.err


# --- settings, rules, policies of the team


def test_settings_that_leave_out_everything_kill_the_scanners_and_the_hooks_let_all_pass(shop: Guarded) -> None:
    shop.write(".clearance/settings.toml", '[scan]\nexclude = ["**"]\n')
    shop.commit("faster")
    shots = shop.shots("scanners", "gate")
    assert {guard for guard, one in shots.items() if one.pulse is DEAD} >= {"scanner:code", "scanner:secrets", "gate"}
    assert "reads zero files: scan.exclude leaves out" in shots["scanner:code"].why
    assert "narrow scan.exclude in .clearance/settings.toml" in shots["scanner:code"].mend
    shop.write(".clearance/settings.toml", "")
    shop.commit("slower")
    assert set(shop.pulses("scanners", "gate").values()) == {ALIVE}


def test_settings_that_leave_out_all_code_of_the_repository_kill_that_scanner_alone(bare: Guarded) -> None:
    bare.write("src/app.py", "x = 1\n")
    bare.write(".clearance/settings.toml", '[scan]\nexclude = ["src/**", "shop.py"]\n')
    bare.commit("faster")
    shots = bare.shots("scanners")
    assert [guard for guard, one in shots.items() if one.pulse is DEAD] == ["scanner:code"]
    assert "all 2 files that it would read here" in shots["scanner:code"].why


def test_settings_that_are_none_kill_the_gate(bare: Guarded) -> None:
    bare.write(".clearance/settings.toml", "[scan\n")
    bare.commit("oops")
    shots = bare.shots("gate", "scanners")
    assert shots["gate"].pulse is DEAD
    assert "settings.toml:1: not TOML" in shots["gate"].why
    assert shots["scanner:code"].pulse is UNTRIED


def test_a_scanner_of_data_about_people_is_tried_where_the_settings_ask_for_it(bare: Guarded) -> None:
    assert "scanner:personal" not in bare.pulses("scanners")
    bare.write(".clearance/settings.toml", '[personal]\nscan = "fixtures"\n')
    bare.commit("people")
    assert bare.pulses("scanners")["scanner:personal"] is ALIVE


def test_a_page_of_the_team_that_was_emptied_is_told_and_alive_again_once_it_is_back(bare: Guarded) -> None:
    name = team_page(bare)
    guard = f"rule:{Path(name).stem}"
    assert bare.pulses("rules")[guard] is ALIVE
    text = bare.read(name)
    bare.write(name, "")
    bare.commit("emptied")
    shot = bare.shots("rules")[guard]
    assert shot.pulse is DEAD
    assert "is no rule page" in shot.why
    assert shot.since
    bare.write(name, text)
    bare.commit("back")
    assert bare.pulses("rules")[guard] is ALIVE


def test_a_page_of_the_team_that_no_longer_fires_is_told(bare: Guarded) -> None:
    name = team_page(bare)
    text = bare.read(name)
    head, _, rest = text.partition("## Caught")
    bare.write(name, head + "## Caught\n\n```python\nharmless = 1\n```\n\n" + rest.lstrip())
    bare.commit("tamed")
    shot = bare.shots("rules")[f"rule:{Path(name).stem}"]
    assert shot.pulse is DEAD
    assert "no longer keeps its word" in shot.why


def test_a_page_of_the_team_that_is_gone_is_told_until_somebody_says_that_it_is_meant(bare: Guarded) -> None:
    name = team_page(bare)
    guard = f"rule:{Path(name).stem}"
    bare.prove("rules")
    (bare.top / name).unlink()
    bare.commit("away")
    for _ in range(2):
        shot = bare.shots("rules")[guard]
        assert shot.pulse is DEAD
        assert "nothing of it is left" in shot.why
        assert f"clearance prove --forget {guard}" in shot.mend
    assert guard not in {one.guard for one in bare.prove("rules", forget=[guard]).proof.shots}
    assert guard not in bare.pulses("rules")


def test_a_policy_of_the_team_is_alive_with_a_case_untried_without_and_told_when_it_is_gone(bare: Guarded) -> None:
    bare.write(".clearance/policies/no-friday.cedar", POLICY)
    bare.commit("a policy")
    shot = bare.shots("policies")["policy:no-friday"]
    assert shot.pulse is UNTRIED
    assert "no case names it" in shot.why
    bare.write(".clearance/policies/tests/friday.toml", CASE)
    bare.commit("a case")
    assert bare.pulses("policies")["policy:no-friday"] is ALIVE
    bare.write(".clearance/policies/no-friday.cedar", POLICY.replace("friday/*", "monday/*"))
    bare.commit("another day")
    shot = bare.shots("policies")["policy:no-friday"]
    assert shot.pulse is DEAD
    assert "does not fire on its case: a file of a Friday is denied" in shot.why
    (bare.top / ".clearance/policies/no-friday.cedar").unlink()
    bare.commit("no policy")
    assert "nothing of it is left" in bare.shots("policies")["policy:no-friday"].why


def test_a_policy_that_cannot_be_read_is_told_once(bare: Guarded) -> None:
    assert len(bare.pulses("policies")) > 1
    bare.write(".clearance/policies/no-friday.cedar", "permit(principal, action, resource);\n")
    bare.commit("no name")
    assert bare.pulses("policies") == {"policy": DEAD}


def test_a_policy_that_errs_kills_the_set(bare: Guarded) -> None:
    bare.write(".clearance/policies/no-friday.cedar", POLICY.replace("resource.path", "resource.pathh"))
    bare.commit("a typo")
    shots = bare.shots("policies", "gate")
    assert shots["policy"].pulse is DEAD
    assert "no-friday.cedar:4" in shots["policy"].why
    assert shots["gate"].pulse is DEAD


def test_a_built_in_policy_that_is_missing_is_told(bare: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    from clearance.decide.policy_set import Policies

    load = Policies.load

    def without(builtin: dict[str, str], team: dict[str, str], schema: str) -> Policies:
        return load({name: text for name, text in builtin.items() if "no-secrets" not in name}, team, schema)

    monkeypatch.setattr(Policies, "load", without)
    shots = bare.shots("policies")
    assert shots["policy:no-secrets"].pulse is DEAD
    assert shots["policy:act-no-secrets"].pulse is DEAD
    assert "missing from the program" in shots["policy:no-secrets"].why


# --- the log, its keys, the data


def test_a_log_that_was_cut_back_or_forged_is_told_and_nothing_is_signed_on_top(bare: Guarded) -> None:
    bare.prove("log")
    bare.prove("log")
    file = bare.top / ".git/clearance/log"
    with closing(sqlite3.connect(file)) as store, store:
        (body,) = store.execute("SELECT body FROM item WHERE name = 'entry/000000000001'").fetchone()
        store.execute(
            "UPDATE item SET body = ? WHERE name = 'entry/000000000001'", (body.replace(b"hashedrekord", b"hashedrecord"),)
        )
    done = bare.prove("log")
    shots = {one.guard: one for one in done.proof.shots}
    assert shots["log:entries"].pulse is DEAD
    assert done.receipt is None
    assert done.unrecorded
    assert proving.standing(bare.top, bare.environment).hours == -1
    file.unlink()
    for name in ("log-wal", "log-shm"):
        file.with_name(name).unlink(missing_ok=True)
    cut = bare.shots("log")["log:entries"]
    assert cut.pulse is DEAD
    assert cut.mend


def test_keys_that_others_may_read_are_told_with_the_mend(bare: Guarded) -> None:
    bare.prove("log")
    key = Path(os.environ["CLEARANCE_HOME"]) / "authority.key"
    key.chmod(0o644)
    shot = bare.shots("log")["log:keys"]
    assert shot.pulse is DEAD
    assert "group or others can reach it" in shot.why
    assert "chmod 600" in shot.mend
    key.chmod(0o600)
    assert bare.pulses("log")["log:keys"] is ALIVE


def test_a_key_that_was_replaced_is_told(bare: Guarded) -> None:
    bare.prove("log")
    home = Path(os.environ["CLEARANCE_HOME"])
    for path in [*home.glob("*s.key"), *(home / "keys").iterdir()]:
        path.unlink()
    shot = bare.shots("log")["log:entries"]
    assert shot.pulse is DEAD
    assert "key" in shot.why


def test_data_that_is_missing_is_told(bare: Guarded, tmp_path: Path) -> None:
    bare.environment["CLEARANCE_DATA"] = str(tmp_path / "nowhere.pack")
    shots = bare.shots("data", "scanners")
    assert shots["data"].pulse is DEAD
    assert shots["scanner:packages"].pulse is DEAD
    assert "clearance data" in shots["scanner:packages"].mend


# --- hooks that must be fired at


def test_a_hook_whose_program_answers_nothing_is_found_by_firing(shop: Guarded, tmp_path: Path) -> None:
    home = tmp_path / "unreadable"
    home.mkdir()
    home.chmod(0o755)
    shop.environment["CLEARANCE_HOME"] = str(home)  # keys there are refused, and nothing can be recorded or judged
    (home / "fingerprint.key").write_text("x")
    shots = shop.shots("hooks")
    assert all(one.pulse in (ALIVE, DEAD) for one in shots.values())
    shop.environment["CLEARANCE_HOME"] = "relative"
    dead = [one for one in shop.shots("hooks").values() if one.pulse is DEAD]
    assert dead
    assert all(one.mend for one in dead)


def test_a_hook_that_stops_nothing_for_a_reason_that_only_firing_shows(shop: Guarded) -> None:
    shop.write(".clearance/settings.toml", '[scan]\nexclude = ["**"]\n')
    shop.commit("faster")
    assert shop.dead() == {}, "nothing of that can be seen"
    shot = shop.shots("hooks")["hook:claude-code:PreToolUse"]
    assert shot.pulse is DEAD
    assert "write of a flaw: let it pass" in shot.why
    assert "hook:claude-code:PreToolUse" in {one.guard for one in proving.glance(shop.top, shop.environment)}


def test_hooks_of_a_person_are_tried_beside_those_of_the_project(shop: Guarded) -> None:
    shop.install("claude-code", user=True)
    path = Path(os.environ["HOME"]) / ".claude/settings.json"
    path.write_text(path.read_text().replace("claude-code PreToolUse", "claude-code PreTool"))
    dead = shop.dead()
    assert list(dead) == ["hook:claude-code:PreToolUse@user"]
    assert dead["hook:claude-code:PreToolUse@user"].where == "~/.claude/settings.json"


# --- at the start of an assistant


def test_a_start_tells_what_broke_since_and_a_start_in_a_scratch_repository_tells_nothing(shop: Guarded) -> None:
    shop.prove()
    shop.write(".claude/settings.json", "{}")
    shop.edit(".mcp.json", '"clearance"', '"clearence"')
    said = at_start(shop.top, shop.environment, "claude-code")
    assert said.startswith("Clearance: ")
    assert "hook:claude-code:PreToolUse: is missing from .claude/settings.json. Dead since 20" in said
    assert "Mend: clearance init." in said
    assert "mcp:claude-code" in said
    assert "Do not mend, edit or work around a guard yourself" in said
    assert set(proving.standing(shop.top, shop.environment).dead) >= {"hook:claude-code:PreToolUse", "mcp:claude-code"}


def test_a_check_and_so_the_hook_before_commits_tells_for_an_assistant_whose_hooks_are_gone(shop: Guarded) -> None:
    shop.write(".claude/settings.json", "{}")
    shop.write("shop.py", "def total(prices):\n    return sum(prices, 0)\n")
    shop.git("add", "shop.py")
    said = shop.clearance("check", "--staged", PATH=shop.environment["PATH"])
    assert "! Clearance: 4 guards are dead" in said.err
    assert "hook:claude-code:PreToolUse: is missing from .claude/settings.json" in said.err
    assert "dead" not in said.out
    shop.install()
    assert "dead" not in shop.clearance("check", "--staged", PATH=shop.environment["PATH"]).err


def test_settings_that_were_loosened_are_told_at_the_next_start(shop: Guarded) -> None:
    shop.prove()
    shop.write(".clearance/settings.toml", '[scan]\nexclude = ["**"]\n')
    shop.commit("faster")
    assert "scanner:code: reads zero files" in at_start(shop.top, shop.environment, "codex")


def test_the_age_of_a_proof_is_that_of_the_last_one_of_all_guards(bare: Guarded, tmp_path: Path) -> None:
    assert proving.standing(bare.top, bare.environment).hours == -1
    bare.prove("policies")
    assert proving.standing(bare.top, bare.environment).hours == -1
    bare.prove()
    later = datetime.now(UTC) + timedelta(hours=30)
    assert recorded.standing(bare.top, bare.environment, now=later).hours in (29, 30)
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o700)
    bare.environment["CLEARANCE_CACHE"] = str(empty)  # the one of before holds what all tests share
    assert recorded.standing(bare.top, bare.environment, now=later).hours in (29, 30), "the cache is a memory only"


def test_a_plain_folder_can_be_proved_too(shop: Guarded, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    plain = Guarded(folder)
    assert plain.pulses("gate", "policies", "log")["gate"] is ALIVE


def test_the_test_environment_finds_the_programs() -> None:
    assert (PROGRAMS / "clearance-hook").exists()
    assert json.dumps(environment()["PATH"])
