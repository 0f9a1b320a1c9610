"""Files of CI and of commit hooks that still name Clearance and stop nothing, and sound ones that look odd."""

import os
from importlib import resources
from pathlib import Path

import pytest
import yaml

from clearance.assistants.model import assistants
from clearance.facts.errors import BadFile
from clearance.facts.proof import Proof, Pulse
from clearance.install.hooks import installed
from clearance.wiring.installing.managed import managed_files
from clearance.wiring.proving import ci_github, ci_gitlab, frameworks, hooks
from clearance.wiring.proving.ci_script import gates, wrong
from clearance.wiring.proving.frameworks import Hook, calls, line_in_config
from clearance.wiring.proving.hooks import _as_json
from clearance.wiring.proving.plain_yaml import load_yaml
from clearance.wiring.proving.recorded import Known, _joined, _Predicate
from clearance.wiring.proving.run import _remembered
from clearance.wiring.proving.scene import Scene, shot
from clearance.wiring.proving.stage import Stage

CHECK = 'clearance check --base "$BASE" --head HEAD'
ALIVE, DEAD, UNTRIED = Pulse.ALIVE, Pulse.DEAD, Pulse.UNTRIED


@pytest.mark.parametrize(
    "script",
    [
        f"echo {CHECK}", f"printf '%s' '{CHECK}'", f": {CHECK}", f"# {CHECK}", f"true {CHECK}", f"echo a; echo {CHECK}",
        "which clearance check", "clearance check --help", f"f() {{ {CHECK}; }}", f"x=$({CHECK})", f"export x=$({CHECK})",
        f"cat <<E\n{CHECK}\nE",
    ],
)  # fmt: skip
def test_a_script_that_only_names_the_gate_does_not_run_it(script: str) -> None:
    assert not gates(script)


@pytest.mark.parametrize(
    "script",
    [
        CHECK, f"echo judging\n{CHECK}", f"echo judging && {CHECK}", f"python -m {CHECK}", f"uvx {CHECK}", f" exec {CHECK}",
        f"cd /tmp; {CHECK} \\\n  --output x", f"if ! {CHECK}; then exit 1; fi", f"BASE=x {CHECK}", f"time {CHECK} && echo",
        f"code=0\n{CHECK} || code=$?\nexit $code",
    ],
)  # fmt: skip
def test_a_script_that_runs_the_gate_and_fails_with_it_is_sound(script: str) -> None:
    assert gates(script)
    assert wrong(script, "x.yml") is None


@pytest.mark.parametrize(
    "script",
    [
        f"{CHECK} && echo\necho", f"if {CHECK}; then echo well; fi", f"! {CHECK}", f"until {CHECK}; do break; done",
        f"if {CHECK}; then echo well; else echo bad; exit 0; fi", f"{CHECK} || true", f"{CHECK} | tee log",
        f"exit 0\n{CHECK}", f"trap 'exit 0' EXIT\n{CHECK}", f"if false; then\n{CHECK}\nfi", f"false && {CHECK}",
        f"true || {CHECK}", f"alias clearance=true\n{CHECK}", f"clearance() {{ true; }}\n{CHECK}", f"{CHECK} &",
        f"ln -s /bin/true /usr/local/bin/clearance\n{CHECK}", f"PATH=/tmp\n{CHECK}", f"for x in; do {CHECK}; done",
    ],
)  # fmt: skip
def test_a_script_that_loses_the_answer_is_told(script: str) -> None:
    assert gates(script)
    assert wrong(script, "x.yml") is not None


def workflow(old: str, new: str) -> object:
    text = (resources.files("clearance.install") / "templates" / "github-actions.yml").read_text("utf-8")
    assert old in text
    return yaml.safe_load(text.replace(old, new, 1))


PULL = "  pull_request:\n"
GATE = "jobs:\n  gate:\n"
NAME = "    name: Judge the change\n"
DEPTH = "          fetch-depth: 0 # the merge base must be there\n"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (NAME, NAME + "    if: github.event_name == 'push'\n", "does not run on pull requests"),
        (NAME, NAME + "    if: ${{ github.event_name != 'pull_request' }}\n", "does not run on pull requests"),
        (PULL, "  pull_request:\n    types: [closed]\n", "types: closed"),
        (PULL, "  pull_request:\n    types: [opened]\n", "types: opened"),
        (PULL, "  pull_request:\n    branches-ignore: ['**']\n", "leaves out branches"),
        (DEPTH, DEPTH + "          ref: main\n", "another tree"),
        (DEPTH, DEPTH + "          repository: other/repo\n", "repository"),
        (DEPTH, DEPTH + "          path: elsewhere\n", "path"),
        (NAME, NAME + "    strategy: {matrix: {x: []}}\n", "matrix"),
        (NAME, NAME + "    env: {PATH: /tmp}\n", "another PATH"),
        (DEPTH, DEPTH + "          ref: ${{ github.event.pull_request.base.sha }}\n", "another tree"),
        (DEPTH, DEPTH + "          ref: ${{ github.base_ref }}\n", "another tree"),
        ("          clearance check", "          echo clearance check", "no step"),
        ("      - name: Judge\n", "      - name: Judge\n        shell: bash {0} || true\n", "another shell"),
        (NAME, NAME + "    defaults: {run: {shell: 'echo {0}'}}\n", "another shell"),
        ("permissions: {}\n", "permissions: {}\ndefaults: {run: {shell: 'true {0}'}}\n", "another shell"),
        (GATE, "jobs:\n  first: {if: false}\n  gate:\n    needs: first\n", "waits for the job first"),
        (GATE, "jobs:\n  a: {needs: b}\n  b: {if: github.actor == 'x'}\n  gate:\n    needs: [a]\n", "the job b"),
    ],
)
def test_a_workflow_that_judges_nothing_is_told(old: str, new: str, why: str, tmp_path: Path) -> None:
    fault = ci_github.faulty(workflow(old, new), "x.yml", scene=Scene(tmp_path, {}))
    assert fault is not None
    assert why in fault.why
    assert fault.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PULL, PULL),
        (PULL, "  pull_request:\n    types: [opened, synchronize, reopened]\n"),
        (PULL, "  pull_request:\n    branches-ignore: ['dependabot/**']\n"),
        (NAME, NAME + "    if: github.event_name == 'pull_request' || github.event_name == 'merge_group'\n"),
        (NAME, NAME + "    if: github.event_name != 'push'\n"),
        (DEPTH, DEPTH + "          ref: ${{ github.event.pull_request.head.sha }}\n"),
        (DEPTH, DEPTH + "          ref: ${{ github.sha }}\n"),
        (GATE, "jobs:\n  lint: {runs-on: x}\n  gate:\n    needs: [lint]\n"),
    ],
)
def test_a_workflow_that_judges_each_change_is_sound(old: str, new: str, tmp_path: Path) -> None:
    assert ci_github.faulty(workflow(old, new), "x.yml", scene=Scene(tmp_path, {})) is None


JOB = """
gate:
  variables: {GIT_DEPTH: "0"}
  script: [clearance check --base "$CI_MERGE_REQUEST_DIFF_BASE_SHA"]
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (JOB.replace("gate:", ".gate:"), "no step"),
        (JOB + "  only: [tags]\n", "runs only for tags"),
        (JOB + "  only: {refs: [schedules]}\n", "runs only for schedules"),
        (JOB + "  except: [merge_requests]\n", "does not run for merge_requests"),
        (JOB + "workflow: {rules: [{when: never}]}\n", "no pipeline runs"),
        (JOB.replace("  variables", "  extends: .soft\n  variables") + ".soft: {allow_failure: true}\n", "allow_failure"),
        (JOB.replace("[clearance check", "[echo clearance check"), "no step"),
        (JOB + "  rules: [{when: never}, {when: always}]\n", "does not run for merge requests"),
        (JOB + "  rules: [{if: $CI_COMMIT_TAG}]\n", "does not run for merge requests"),
        (JOB + "  rules: [{when: always, allow_failure: true}]\n", "allow_failure"),
        (JOB + "  rules: [{changes: [docs/**]}]\n", "changes"),
        (JOB + "before_script: [x]\n  before_script: [exit 0]\n".removeprefix("before_script: [x]\n"), "ends before it"),
        (JOB.replace('"0"}', '"0", GIT_STRATEGY: none}'), "GIT_STRATEGY"),
        (JOB + "workflow: {rules: [{if: $CI_COMMIT_TAG}]}\n", "no pipeline runs"),
    ],
)
def test_a_pipeline_that_judges_nothing_is_told(text: str, why: str, tmp_path: Path) -> None:
    fault = ci_gitlab.faulty(ci_gitlab.load(text), "x.yml", scene=Scene(tmp_path, {}))
    assert fault is not None
    assert why in fault.why


@pytest.mark.parametrize(
    "text",
    [
        JOB,
        JOB + "  only: [merge_requests]\n",
        JOB + "  except: [tags]\n",
        JOB + "  rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]\n",
        JOB + "  rules: [{if: $CI_COMMIT_TAG, when: never}, {when: on_success}]\n",
        JOB + "  before_script: [pip install clearance]\n",
        JOB + "workflow: {rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]}\n",
        JOB.replace("gate:", ".gate:") + "judge: {extends: .gate}\n",
        JOB.replace("gate:", ".gate:") + 'judge: {script: [!reference [.gate, script]], variables: {GIT_DEPTH: "0"}}\n',
        JOB + "other: {before_script: [!reference [.nowhere, script]], script: [make]}\n",
        ".a: {extends: .b}\n.b: {extends: .a}\n" + JOB.replace("  variables", "  extends: [.a, .b]\n  variables"),
    ],
)
def test_a_pipeline_that_judges_each_change_is_sound(text: str, tmp_path: Path) -> None:
    assert ci_gitlab.faulty(ci_gitlab.load(text), "x.yml", scene=Scene(tmp_path, {})) is None


ENTRY = (
    "repos:\n- repo: local\n  hooks:\n    - id: clearance\n      name: Clearance\n      entry: clearance check --staged\n"
    "      language: system\n      always_run: true\n"
)
THEIRS = "repos:\n- repo: https://git.example.com/tools/clearance\n  rev: v1\n  hooks:\n    - id: clearance\n"
LEFT = "pre-commit:\n  commands:\n    clearance:\n      run: clearance check --staged\n"


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("pre-commit", ENTRY + "      args: [--help]\n", "args"),
        ("pre-commit", ENTRY.replace("system", "pygrep"), "language"),
        ("pre-commit", ENTRY.replace("      language: system\n", ""), "language"),
        ("pre-commit", ENTRY + "default_stages: [pre-push]\n", "other stages: pre-push"),
        ("pre-commit", ENTRY.replace("      always_run: true\n", "") + "exclude: .*\n", "always_run"),
        ("pre-commit", ENTRY + "      types_or: [python]\n", "types_or"),
        ("pre-commit", THEIRS.replace("/clearance", "/hooks"), "is not Clearance's"),
        ("pre-commit", THEIRS.replace("/clearance", "/clearance-hooks.git"), "is not Clearance's"),
        ("pre-commit", "repos:\n- hooks: [{id: clearance}]\n", "is not Clearance's"),
        ("pre-commit", THEIRS + "      additional_dependencies: [clearence]\n", "additional_dependencies"),
        ("pre-commit", ENTRY + "      exclude_types: [text]\n", "exclude_types"),
        ("lefthook", LEFT + "      env: {PATH: /tmp}\n", "env"),
        ("lefthook", LEFT + "      root: docs/\n", "root"),
        ("lefthook", LEFT + "  exclude: ['*']\n", "pre-commit.exclude"),
        ("lefthook", LEFT + "      skip: true\n", "skip"),
        ("lefthook", LEFT + "  skip: true\n", "pre-commit.skip"),
        ("lefthook", LEFT + "  only: [{ref: main}]\n", "pre-commit.only"),
    ],
)
def test_an_entry_that_stops_nothing_is_told(kind: str, text: str, why: str) -> None:
    found = line_in_config(Hook(Path("x"), "x", kind), text.encode())
    assert isinstance(found, frameworks.Fault)
    assert why in found.why


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pre-commit", ENTRY),
        ("pre-commit", ENTRY + "exclude: ^docs/\n"),
        ("pre-commit", THEIRS),
        ("pre-commit", THEIRS.replace("https://git.example.com/tools/clearance", "git@example.com:clearance.git")),
        ("lefthook", LEFT),
    ],
)
def test_an_entry_as_it_is_written_is_sound(kind: str, text: str) -> None:
    assert line_in_config(Hook(Path("x"), "x", kind), text.encode()) == "clearance check --staged"


@pytest.mark.parametrize(
    "text", ["a: !!bool foo", "a: !!int ''", "a: !!timestamp x", "a: !!python/name:os.system", "[", "a\n" * 600_000]
)
def test_yaml_that_is_none_is_one_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"YAML|longer"):
        load_yaml(text)


def test_a_script_that_names_the_gate_very_often_is_read_quickly() -> None:
    assert wrong("echo " + "clearance check " * 50_000, "x.yml") is not None
    assert not gates("echo " + "clearance check " * 5_000)
    assert gates("x\n" * 1_000 + CHECK)


def test_a_hook_of_a_framework_starts_it_before_anything_leaves() -> None:
    assert calls(b'#!/bin/sh\nexec pre-commit hook-impl "$@"\n', "pre-commit")
    assert calls(b'#!/bin/sh\nARGS=(hook-impl)\nexec "$PYTHON" -mpre_commit "$@"\n', "pre-commit")
    assert not calls(b"#!/bin/sh\n# pre-commit\ntrue\n", "pre-commit")
    assert not calls(b"#!/bin/sh\necho lefthook\n", "lefthook")
    assert not calls(b'#!/bin/sh\nexit 0\nexec pre-commit "$@"\n', "pre-commit")


def proof(at: str, *shots: tuple[str, Pulse]) -> Proof:
    return Proof(version="0", at=at, inputs="", shots=tuple(shot(guard, pulse) for guard, pulse in shots))


def known(*proofs: tuple[tuple[str, ...], bool, Proof]) -> Known:
    read = [(_Predicate(evidence=("d",), whole=whole, tried=tried), one) for tried, whole, one in proofs]
    return _joined(Known(place=""), read, 1, "")


def test_a_proof_that_had_no_time_leaves_a_dead_guard_dead() -> None:
    first = (("gate", "hook"), True, proof("2026-01-01T00:00:00Z", ("gate:one", DEAD), ("hook:a", ALIVE)))
    late = (("gate", "hook"), False, proof("2026-01-02T00:00:00Z", ("gate", UNTRIED), ("hook:a", UNTRIED)))
    after = {one.guard: one.pulse for one in known(first, late).shots}
    assert after == {"gate:one": DEAD, "hook:a": ALIVE}
    mended = (("gate",), False, proof("2026-01-03T00:00:00Z", ("gate:one", ALIVE)))
    assert {one.guard: one.pulse for one in known(first, late, mended).shots} == {"gate:one": ALIVE, "hook:a": ALIVE}
    gone = (("gate", "hook"), True, proof("2026-01-03T00:00:00Z", ("hook:a", ALIVE)))
    assert [one.guard for one in known(first, late, gone).shots] == ["hook:a"]


def test_what_was_dead_is_told_where_nobody_could_try_it() -> None:
    before = known((("gate", "hook"), True, proof("2026-01-01T00:00:00Z", ("gate:one", DEAD), ("hook:a", DEAD))))
    told = _remembered([shot("gate", UNTRIED), shot("hook:a", UNTRIED), shot("hook:b", ALIVE)], before)
    assert {one.guard: one.pulse for one in told} == {
        "gate": UNTRIED, "gate:one": DEAD, "hook:a": DEAD, "hook:b": ALIVE,
    }  # fmt: skip


def test_each_canary_gets_a_scratch_repository_of_its_own(tmp_path: Path) -> None:
    scene = Scene(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    stage = Stage(scene)
    try:
        assert stage.another("commit") != stage.another("commit")
    finally:
        stage.close()


MANAGED = '[features]\nhooks = true\n[hooks]\nmanaged_dir = "/usr/local/bin"\n'


def test_hooks_of_an_administrator_in_toml_are_read_as_the_assistant_reads_them() -> None:
    (codex,) = (one for one in assistants() if one.name == "codex")
    text = managed_files([codex], "/usr/local/bin/clearance-hook")["linux/etc/codex/requirements.toml"]
    found = installed(codex, _as_json(Path("/etc/codex/requirements.toml"), codex, text.encode()))
    assert {one.event for one in found if one.ours} == {event.name for event in codex.hooks.events} if codex.hooks else set()
    assert installed(codex, _as_json(Path("x.toml"), codex, MANAGED.encode())) == ()
    with pytest.raises(BadFile, match="not TOML"):
        _as_json(Path("x.toml"), codex, b"[[")


def test_only_a_switch_in_the_administrators_own_file_reaches_managed_hooks() -> None:
    (claude,) = (one for one in assistants() if one.name == "claude-code")
    place = hooks.Place(claude, Path("/etc/x.json"), "/etc/x.json", hooks.MANAGED, expected=False)
    assert hooks._counts_for_managed(("disableAllHooks = true", "/etc/x.json"), place)
    assert not hooks._counts_for_managed(("disableAllHooks = true", ".claude/settings.json"), place)
    assert not hooks._counts_for_managed(("allowManagedHooksOnly = true", "/etc/x.json"), place)
    assert "administrator" in hooks._mended(hooks.INIT, place)


TAKES = "pre-commit:\n  commands:\n    clearance:\n      run: 'true'\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"lefthook.yml": LEFT + "extends: [tools/more.yml]\n", "tools/more.yml": TAKES}, "tools/more.yml"),
        ({"lefthook.yml": LEFT + "extends: [tools/*/x.yml]\n", "tools/b/x.yml": TAKES}, "tools/b/x.yml"),
        ({"lefthook.yml": LEFT + "extends: [a.yml]\n", "a.yml": "extends: [b.yml]\n", "b.yml": TAKES}, "b.yml"),
        ({"lefthook.yml": LEFT + "extends: [a.yml]\n", "a.yml": "pre-commit: {skip: true}\n"}, "a.yml"),
        (
            {
                "lefthook.yml": LEFT + "remotes: [{git_url: x, configs: [ci/hooks.yml]}]\n",
                ".git/info/lefthook-remotes/x-main/ci/hooks.yml": TAKES,
            },
            "ci/hooks.yml",
        ),
        ({"lefthook.yml": LEFT, "lefthook-local.yml": "extends: [mine.yml]\n", "mine.yml": TAKES}, "mine.yml"),
        ({"lefthook.yml": LEFT + "extends: [a.yml]\n", "a.yml": "extends: [a.yml, lefthook.yml]\n"}, ""),
        ({"lefthook.yml": LEFT + "extends: [a.yml]\n", "a.yml": "pre-commit: {commands: {lint: {run: make}}}\n"}, ""),
        ({"lefthook.yml": LEFT + "extends: [none.yml, 3, '**/x', '']\nremotes: [3, {configs: [4]}]\n"}, ""),
    ],
)
def test_what_other_files_of_lefthook_take_away_is_told(files: dict[str, str], told: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = frameworks.local(Hook(tmp_path / "lefthook.yml", "lefthook.yml", "lefthook"), Scene(tmp_path, {}))
    assert (found is not None and found.where.endswith(told)) if told else found is None, found


def test_a_variable_that_gives_lefthook_another_file_is_told(tmp_path: Path) -> None:
    hook = Hook(tmp_path / "lefthook.yml", "lefthook.yml", "lefthook")
    found = frameworks.local(hook, Scene(tmp_path, {"LEFTHOOK_CONFIG": "/home/x.yml"}))
    assert found is not None
    assert found.mend == "unset LEFTHOOK_CONFIG"
