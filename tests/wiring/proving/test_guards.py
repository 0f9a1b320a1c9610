"""Single guards whose breaks need no installation: the resident, frameworks for hooks, trust, time."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.facts.proof import Pulse
from clearance.wiring import proving
from clearance.wiring.proving import resident, scene
from clearance.wiring.proving.scene import NO_TIME, Watch
from clearance.wiring.proving.start import at_start
from journeys.installed import Guarded

VERSION = "0.1.0"


@pytest.fixture
def shop(tmp_path: Path) -> Guarded:
    top = tmp_path / "shop"
    top.mkdir()
    place = Guarded(top)
    place.git("init", "-q", "-b", "main")
    place.write("shop.py", "x = 1\n")
    place.commit("start")
    return place


@pytest.mark.parametrize(
    ("said", "pulse", "why"),
    [
        ({"running": False, "status": None, "problem": ""}, Pulse.ABSENT, "the next question starts one"),
        ({"status": {"version": VERSION, "pid": 7, "answered": 3, "median_ms": 9.0}}, Pulse.ALIVE, "process 7 answered 3"),
        ({"status": {"version": "0.0.9", "pid": 7}}, Pulse.DEAD, "is of version 0.0.9"),
        ({"status": None, "problem": "it does not answer", "next": "x"}, Pulse.DEAD, "it does not answer"),
        ({"status": None, "problem": "the folder belongs to another user"}, Pulse.DEAD, "belongs to another user"),
        ({}, Pulse.ABSENT, ""),
    ],
)
def test_a_resident_is_judged_by_what_it_says(said: dict[str, object], pulse: Pulse, why: str) -> None:
    shot = resident._judged(said, Watch())
    assert shot.pulse is pulse
    assert why in shot.why
    assert shot.mend or shot.pulse is not Pulse.DEAD


# --- frameworks for hooks before commits


def framework(shop: Guarded, name: str) -> None:
    """Let a framework's own hook stand in the clone, as its `install` does."""
    hook = shop.top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n# made by {name}\nexec {name} run\n")
    hook.chmod(0o755)


def with_pre_commit(shop: Guarded) -> None:
    shop.write(".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks: []\n")
    shop.write(".pre-commit-config.yaml", "repos:\n- repo: meta\n  hooks:\n  - id: identity\n")
    shop.install("claude-code")


BREAKS: dict[str, tuple[Callable[[Guarded], object], str, str]] = {
    "the framework was never installed in this clone": (
        lambda p: (p.top / ".git/hooks/pre-commit").unlink(),
        "has not put its own hook into this clone",
        "pre-commit install",
    ),
    "our entry is taken out": (
        lambda p: p.write(".pre-commit-config.yaml", "repos:\n- repo: meta\n  hooks:\n  - id: identity\n"),
        "our entry is not in",
        "clearance init",
    ),
    "our entry runs for some files only": (
        lambda p: p.edit(".pre-commit-config.yaml", "pass_filenames: false", "files: ^docs/"),
        "runs only for some commits: files",
        "take files out",
    ),
    "our entry runs in another stage": (
        lambda p: p.edit(".pre-commit-config.yaml", "stages: [pre-commit]", "stages: [manual]"),
        "runs in other stages: manual",
        "clearance init",
    ),
    "our entry starts something else": (
        lambda p: p.edit(".pre-commit-config.yaml", "entry: clearance check --staged", "entry: clearance --version"),
        "is not what was installed, and was not run",
        "clearance init",
    ),
    "a variable leaves it out": (
        lambda p: p.environment.update(SKIP="clearance"),
        "SKIP=clearance leaves the hook out",
        "unset SKIP",
    ),
    "the configuration is no YAML": (
        lambda p: p.write(".pre-commit-config.yaml", "repos: ["),
        "is not valid YAML",
        "clearance init",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_of_a_framework_is_told(name: str, shop: Guarded) -> None:
    act, why, mend = BREAKS[name]
    with_pre_commit(shop)
    framework(shop, "pre-commit")
    assert shop.dead() == {}
    act(shop)
    shot = shop.dead()["pre-commit"]
    assert why in shot.why
    assert mend in shot.mend


def test_a_clone_of_a_ci_service_needs_no_hook_before_commits(shop: Guarded) -> None:
    with_pre_commit(shop)
    assert "pre-commit" in shop.dead()
    shop.environment["CI"] = "true"
    assert shop.dead() == {}
    assert shop.pulses("pre-commit")["pre-commit"] is Pulse.UNTRIED


def test_husky_that_is_off_is_told(shop: Guarded) -> None:
    shop.write(".husky/_/h", '#!/usr/bin/env sh\n[ "${HUSKY-}" = "0" ] && exit 0\nsh -e "$s" "$@"\n')
    shop.write(".husky/_/pre-commit", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
    (shop.top / ".husky/_/pre-commit").chmod(0o755)
    shop.git("config", "core.hooksPath", ".husky/_")
    shop.install("claude-code")
    assert shop.dead() == {}
    (shop.top / ".husky/_/pre-commit").chmod(0o644)
    assert "git passes over it" in shop.dead()["pre-commit"].why
    (shop.top / ".husky/_/pre-commit").chmod(0o755)
    shop.write(".husky/_/h", "exit 0\n")
    assert "does not run .husky/pre-commit" in shop.dead()["pre-commit"].why
    shop.write(".husky/_/h", 'sh -e "$s" "$@"\n')
    shop.environment["HUSKY"] = "0"
    assert "HUSKY=0" in shop.dead()["pre-commit"].why
    del shop.environment["HUSKY"]
    shop.git("config", "--unset", "core.hooksPath")
    assert "husky is off" in shop.dead()["pre-commit"].why


def test_a_hook_that_a_person_wrote_as_the_documentation_shows_counts(shop: Guarded) -> None:
    hook = shop.top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec clearance check --staged\n")
    hook.chmod(0o755)
    assert shop.pulses("pre-commit") == {"pre-commit": Pulse.ALIVE}


# --- trust


def trust(shop: Guarded, **changes: str) -> None:
    """Write what Codex writes when a person trusts the hooks (seen with its own list of hooks)."""
    file = shop.top / ".codex/hooks.json"
    lines = []
    for event, groups in json.loads(file.read_text())["hooks"].items():
        name = "".join(f"_{one.lower()}" if one.isupper() else one for one in event).lstrip("_")
        handler = groups[0]["hooks"][0]
        seen = {
            "event_name": name,
            "hooks": [{"async": False, "command": handler["command"], "timeout": handler["timeout"], "type": "command"}],
        }
        if "matcher" in groups[0] and name in ("pre_tool_use", "session_start"):
            seen["matcher"] = groups[0]["matcher"]
        digest = hashlib.sha256(json.dumps(seen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        digest = changes.get(event, digest)
        lines += [f"[hooks.state.{json.dumps(f'{file}:{name}:0:0')}]", f'trusted_hash = "sha256:{digest}"', ""]
    path = Path(os.environ["HOME"]) / ".codex/config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))


def test_hooks_that_codex_passes_over_until_somebody_trusts_them_are_untried_with_the_way(shop: Guarded) -> None:
    shop.install("codex")
    assert shop.dead() == {}
    shot = shop.shots("hooks")["hook:codex:SessionStart"]
    assert shot.pulse is Pulse.UNTRIED
    assert "Codex passes over this hook in silence until you trust it" in shot.why
    trust(shop)
    assert shop.dead() == {}
    assert shop.pulses("hooks")["hook:codex:SessionStart"] is Pulse.ALIVE
    trust(shop, Stop="0" * 64)
    dead = shop.dead()
    assert list(dead) == ["hook:codex:Stop"]
    assert "was changed since you trusted it" in dead["hook:codex:Stop"].why


# --- time, notes, a place that cannot be proved


def test_a_quick_proof_that_has_no_time_says_what_it_did_not_try(shop: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.install("claude-code")
    monkeypatch.setattr(scene, "QUICKLY", 0.0)
    said = at_start(shop.top, shop.environment, "claude-code")
    assert said.startswith("Clearance had no time to try")
    assert "hook" in said  # each by its name, or all at once where not even that was found out in time
    monkeypatch.undo()
    shots = {one.guard: one for one in shop.prove(quick=True).proof.shots}
    assert shots["gate"].why != NO_TIME, "it is tried again at the next start"


def test_what_goes_wrong_at_a_start_is_told_and_never_raised(shop: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.wiring.proving.run.proven", lambda *_, **__: 1 / 0)
    said = at_start(shop.top, shop.environment, "claude-code")
    assert said == "Clearance could not prove its guards: internal error ZeroDivisionError. Run `clearance prove`."


def test_a_guard_that_cannot_be_tried_keeps_no_other_from_being_tried(
    shop: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearance.wiring.proving.log.fire", lambda _: {}["x"])
    done = shop.prove("log", "ci")
    pulses = {one.guard: one.pulse for one in done.proof.shots}
    assert pulses == {"log": Pulse.UNTRIED, "ci": Pulse.ABSENT}
    assert done.exit == 4


def test_a_proof_in_which_a_guard_could_not_be_tried_is_not_recorded_as_whole(
    shop: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[bool] = []
    monkeypatch.setattr("clearance.wiring.proving.run.GUARDS", ("log", "ci"))
    monkeypatch.setattr("clearance.wiring.proving.recorded.record", lambda *_, whole, **__: noted.append(whole))
    shop.prove()
    monkeypatch.setattr("clearance.wiring.proving.log.fire", lambda _: 1 / 0)
    shop.prove()
    assert noted == [True, False]


def test_nothing_can_be_seen_in_a_place_that_is_no_repository(tmp_path: Path) -> None:
    assert proving.glance(tmp_path, dict(os.environ)) == ()
    assert proving.standing(tmp_path, dict(os.environ)).hours == -1


def test_hooks_of_a_folder_that_copilot_does_not_trust_are_untried_with_the_way(shop: Guarded) -> None:
    shop.install("copilot-cli")
    name = "hook:copilot-cli:preToolUse"
    config = Path(os.environ["HOME"]) / ".copilot/config.json"
    config.parent.mkdir(exist_ok=True)
    for folders, pulse in (([], Pulse.UNTRIED), (["/elsewhere"], Pulse.UNTRIED), ([str(shop.top.parent)], Pulse.ALIVE)):
        config.write_text("// kept by Copilot\n" + json.dumps({"trusted_folders": folders}))
        shot = shop.shots("hooks")[name]
        assert shot.pulse is pulse
        assert ("start copilot here and trust it" in shot.why) is (pulse is Pulse.UNTRIED)
