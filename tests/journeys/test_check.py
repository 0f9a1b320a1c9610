"""Whole ways: from a change in a real repository to a verdict, a receipt, and an exit code."""

import os
import subprocess
import sys
import time

import pytest

from journeys.place import Answer, Place

SHELL = """import subprocess
from flask import request


def run():
    subprocess.run('ls ' + request.args['d'], shell=True)
"""
TIDY = "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n"


def rules(answer: Answer) -> set[str]:
    return {finding["rule"] for finding in answer.data["findings"] if finding["introduced"]}


def test_an_ordinary_change_is_allowed_with_a_receipt(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    answer = repository.check()
    assert answer.code == 0, answer.out
    assert answer.data["decision"]["verdict"] == "ALLOW"
    assert answer.data["change"]["source"] == "working-tree"
    assert answer.data["receipt"]["index"] == 0
    assert repository.clearance("log", "verify").code == 0


def test_a_weak_change_is_denied_with_its_reasons(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    answer = repository.check()
    assert answer.code == 1
    assert {"no-new-high-findings"} <= {reason["policy"] for reason in answer.data["decision"]["reasons"]}
    shown = repository.clearance("check")
    assert shown.code == 1
    assert "DENY" in shown.out
    assert "▸ 6 │     subprocess.run('ls ' + request.args['d'], shell=True)" in shown.out
    assert "receipt" in shown.out


def test_a_change_to_authentication_asks_for_people(repository: Place) -> None:
    repository.write("auth.py", "from flask_login import login_user\n\n\ndef enter(user):\n    login_user(user)\n")
    repository.write("requirements.txt", "flask-login==0.6.3\n")
    answer = repository.check()
    assert answer.code == 3, answer.out
    assert answer.data["risk"]["tier"] == 3
    assert {"role": "security engineer", "people": 1} in [
        {key: need[key] for key in ("role", "people")} for need in answer.data["decision"]["reviews"]
    ]


def test_what_was_there_before_does_not_count(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    repository.commit("bad, but there")
    repository.write("shop.py", "# A comment that moves everything down.\n" + SHELL + "\n\nLIMIT = 3\n")
    answer = repository.check()
    assert answer.code == 0, answer.out
    assert [finding["introduced"] for finding in answer.data["findings"]] == [False] * len(answer.data["findings"])
    assert answer.data["findings"]
    assert "existing finding" in repository.clearance("check").out


def test_a_renamed_file_brings_no_new_findings(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    repository.commit("bad, but there")
    repository.git("mv", "shop.py", "store.py")
    assert repository.check().code == 0


def test_staged_judges_the_index_and_nothing_else(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    repository.write("other.py", "x = 1\n")
    repository.git("add", "other.py")
    answer = repository.check("--staged")
    assert answer.code == 0, answer.out
    assert [file["path"] for file in answer.data["change"]["files"]] == ["other.py"]


def test_base_and_head_judge_a_branch_and_say_who_wrote_it(repository: Place) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write("shop.py", SHELL)
    repository.commit("Add run\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    repository.git("checkout", "-q", "main")
    answer = repository.check("--base", "main", "--head", "feature")
    assert answer.code == 1
    author = answer.data["change"]["author"]
    assert (author["author"]["kind"], author["evidence"]) == ("agent", "commit trailer")
    tree = repository.git("rev-parse", "feature^{tree}")
    assert answer.data["change"]["tree"]["git"] == tree
    listing = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--full-tree", tree], cwd=repository.top, capture_output=True, check=True
    ).stdout
    import hashlib

    assert answer.data["change"]["tree"]["sha256"] == hashlib.sha256(listing).hexdigest()


def test_a_patch_from_anywhere_is_judged_without_a_repository(place: Place) -> None:
    patch = "--- /dev/null\n+++ b/shop.py\n@@ -0,0 +1,6 @@\n" + "".join(f"+{line}\n" for line in SHELL.splitlines())
    answer = place.check("--patch", "-", stdin=patch.encode())
    assert answer.code == 1
    assert any("shell" in rule for rule in rules(answer))
    assert not (place.top / ".git").exists()


def test_scan_looks_at_everything_in_a_directory_and_gives_no_verdict(place: Place) -> None:
    place.write("a/shop.py", SHELL)
    place.write("b.txt", "nothing")
    answer = place.clearance("scan", "--format", "json")
    assert answer.code == 0
    assert answer.data["decision"] is None
    assert answer.data["findings"]


def test_a_gap_that_matters_is_exit_4_and_never_a_pass(repository: Place) -> None:
    repository.write("data.py", b"x = '\xff\xfe broken \xff'\n")
    answer = repository.check()
    assert answer.code == 4
    assert [gap["kind"] for gap in answer.data["gaps"]] == ["broken encoding"]
    assert repository.clearance("scan").code == 4


def test_a_binary_file_is_told_and_does_not_stop_an_ordinary_change(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    repository.write("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0" + bytes(range(256)))
    answer = repository.clearance("check")
    assert "! not looked at   logo.png: binary" in answer.out
    assert answer.code in {0, 3}


def test_a_change_cannot_loosen_the_gate_that_judges_it(repository: Place) -> None:
    repository.write(".clearance/settings.toml", '[scan]\nexclude = ["**"]\n')
    repository.write("shop.py", SHELL)
    answer = repository.check()
    assert answer.code == 1
    assert any("shell" in rule for rule in rules(answer))
    assert any(finding["family"] == "tampering" for finding in answer.data["findings"])


def test_settings_on_the_base_count_and_what_they_exclude_is_told(repository: Place) -> None:
    repository.write(".clearance/settings.toml", '[scan]\nexclude = ["vendor/**"]\n')
    repository.commit("settings")
    repository.write("vendor/x.py", SHELL)
    repository.write("shop.py", TIDY)
    answer = repository.check()
    assert answer.code == 0, answer.out
    assert [(gap["path"], gap["kind"]) for gap in answer.data["gaps"]] == [("vendor/x.py", "excluded by settings")]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (".clearance/settings.toml", "[scan]\nexclud = []\n", ".clearance/settings.toml:2: unknown key 'scan.exclud'"),
        (".clearance/policies/mine.cedar", "forbid (principal, action, resource", ".clearance/policies/mine.cedar:1"),
    ],
)
def test_a_broken_file_on_the_base_is_named_with_its_line(repository: Place, name: str, text: str, says: str) -> None:
    repository.write(name, text)
    repository.commit("broken")
    repository.write("shop.py", TIDY)
    answer = repository.clearance("check")
    assert answer.code == 2
    assert says in answer.err


def test_a_broken_team_page_is_a_gap_that_denies(repository: Place) -> None:
    repository.write(".clearance/rules/code/mine.md", "---\nid: mine\nseverty: high\n---\n")
    repository.commit("broken page")
    repository.write("shop.py", TIDY)
    answer = repository.check()
    assert answer.code == 4
    assert any(".clearance/rules/code/mine.md" in gap["detail"] for gap in answer.data["gaps"])


def test_a_team_page_with_a_broken_detector_is_a_gap_and_the_other_rules_still_judge(repository: Place) -> None:
    repository.clearance("rules", "new", "code/mine", "--like", "python-subprocess-shell")
    page = repository.top / ".clearance/rules/code/mine.md"
    text = page.read_text()
    assert "call = " in text
    page.write_text(text.replace("call = ", "cal = ", 1))
    repository.commit("broken detector")
    repository.write("shop.py", SHELL)
    answer = repository.check()
    assert any(".clearance/rules/code/mine.md" in gap["detail"] for gap in answer.data["gaps"])
    assert any("shell" in rule for rule in rules(answer))


def test_a_check_that_is_told_to_stop_leaves_nothing_behind(repository: Place) -> None:
    folder = repository.top.parent / "temporary"
    folder.mkdir()
    for number in range(300):
        repository.write(f"f{number}.py", SHELL * 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "clearance", "check"],
        cwd=repository.top,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    deadline = time.monotonic() + 30
    while not any(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.terminate()
    assert process.wait(30) == 128 + 15
    assert not any(folder.iterdir())


def test_a_team_rule_and_a_team_policy_judge_from_the_base(repository: Place) -> None:
    page = "\n".join(
        ["---", "id: no-print", "title: Nothing prints", "severity: low", "confidence: high", "languages: [python]",
         "brief: Log instead.",
         "---", "Use the log.", "", "## Detect", "", "```python", 'call = ["print"]', "```", "", "## Caught", ""]
        + [f"```python\nprint({n})\n```\n" for n in range(3)] + ["## Clean", ""]
        + [f"```python\nlog.info({n})\n```\n" for n in range(3)] + ["## Sources", "", "- the team"]
    )  # fmt: skip
    repository.write(".clearance/rules/code/no-print.md", page)
    repository.write(
        ".clearance/policies/nothing-prints.cedar",
        '@id("nothing-prints")\n@why("we log")\n@fix("log")\n'
        'forbid (principal, action == Action::"go-further", resource is Finding)\n'
        'when { resource.introduced && resource.rule == "no-print" };\n',
    )
    repository.commit("our rules")
    repository.write("shop.py", TIDY + "\n\nprint(count([]))\n")
    answer = repository.check()
    assert answer.code == 1, answer.out + answer.err
    assert "nothing-prints" in {reason["policy"] for reason in answer.data["decision"]["reasons"]}
    assert repository.clearance("rules", "test", "no-print").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--base", "nowhere"], 2, "nowhere"),
        (["--base", "--upload-pack=touch x"], 2, ""),
        (["--staged", "--head", "main"], 2, "three different changes"),
        (["--patch", "missing.diff"], 2, "missing.diff"),
        (["--output", "report.xyz"], 2, "cannot tell the format"),
        (["--output", "no/such/folder/r.json"], 2, "no/such/folder/r.json"),
        (["--format", "pdf"], 2, "there is"),
    ],
)
def test_used_wrongly_is_exit_2_with_what_is_wrong(repository: Place, arguments: list[str], code: int, says: str) -> None:
    repository.write("shop.py", TIDY)
    answer = repository.clearance("check", *arguments)
    assert answer.code == code
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_an_output_that_cannot_be_written_is_said_before_anything_is_recorded(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    assert repository.clearance("check", "--output", "no/such/folder/r.json").code == 2
    assert not (repository.top / ".git" / "clearance").exists()


def test_outside_of_a_repository_check_says_what_to_do(place: Place) -> None:
    answer = place.clearance("check")
    assert answer.code == 2
    assert "clearance scan" in answer.err or "git" in answer.err


def test_a_repository_without_commits_is_judged_against_nothing(place: Place) -> None:
    place.git("init", "-q", "-b", "main")
    place.write("shop.py", SHELL)
    assert place.check().code == 1


def test_several_formats_at_once(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    above = repository.top.parent
    names = [f"{above}/r.sarif", f"{above}/r.json", f"{above}/r.md", f"{above}/gl-sast.json", f"text:{above}/r.out"]
    answer = repository.clearance("check", *(word for name in names for word in ("--output", name)))
    assert answer.code == 1
    for name in ("r.sarif", "r.json", "r.md", "gl-sast.json", "r.out"):
        assert (repository.top.parent / name).stat().st_size > 100


def test_colour_respects_pipes_no_color_and_the_option(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    assert "\x1b" not in repository.clearance("check").out
    assert "\x1b[" in repository.clearance("check", "--color", "always").out
    assert "\x1b[" in repository.clearance("check", FORCE_COLOR="1").out
    assert "\x1b" not in repository.clearance("check", FORCE_COLOR="1", NO_COLOR="1").out


def test_an_ascii_pipe_gets_ascii(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    answer = repository.clearance("check", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert answer.code == 1
    assert answer.out.isascii()


def test_hostile_names_are_never_echoed_raw(repository: Place) -> None:
    name = "evil\x1b[2J\u202e\nname.py"
    repository.write(name, SHELL)
    for format_ in ("text", "markdown"):
        out = repository.clearance("check", "--format", format_).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "evil" in out


def test_a_secret_is_found_and_never_told(repository: Place) -> None:
    import random

    secret = "gh" + "p_" + "".join(random.Random(5).choices("abcdefghijkmnpqrstuvwxyz23456789", k=36))
    password = "Tr4" + "ub-" + "".join(random.Random(6).choices("abcdefghkmnpqrstuvwxyz23456789", k=14))
    repository.write("deploy.py", f'TOKEN = "{secret}"\ndatabase_password = "{password}"\n')
    for format_ in ("text", "json", "sarif", "markdown", "gitlab"):
        answer = repository.clearance("check", "--all", "--format", format_)
        assert answer.code == 1
        assert secret not in answer.out + answer.err
        assert password not in answer.out + answer.err
    store = repository.top / ".git" / "clearance"
    assert not any(
        secret.encode() in path.read_bytes() or password.encode() in path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    )


def test_two_checks_at_once_both_get_a_receipt(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    command = [sys.executable, "-m", "clearance", "check", "--format", "json"]
    started = [subprocess.Popen(command, cwd=repository.top, stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4
    for process in started:
        assert process.stdout is not None
        process.stdout.close()
    shown = repository.clearance("log", "verify")
    assert shown.code == 0
    assert "4 entries" in shown.out


def test_a_killed_check_breaks_nothing(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    assert repository.check().code == 0
    for delay in (0.05, 0.2, 0.35, 0.5):
        process = subprocess.Popen(
            [sys.executable, "-m", "clearance", "check"],
            cwd=repository.top,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(delay)
        os.killpg(process.pid, 9)
        process.wait()
    assert repository.check().code == 0
    assert repository.clearance("log", "verify").code == 0


def test_a_log_that_cannot_be_written_is_exit_4(repository: Place) -> None:
    repository.write("shop.py", TIDY)
    (repository.top / ".git" / "clearance").symlink_to(repository.top.parent)
    answer = repository.clearance("check")
    assert answer.code == 4
    assert ".git/clearance" in answer.err


def test_a_verdict_can_be_given_again_from_the_log(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    repository.check()
    shown = repository.clearance("policy", "explain")
    assert shown.code == 0
    assert "no-new-high-findings" in shown.out


def test_the_same_change_gets_the_same_case(repository: Place) -> None:
    repository.write("shop.py", SHELL)
    one, two = repository.check().data, repository.check().data
    assert one["decision"] == two["decision"]
    assert one["findings"] == two["findings"]


def test_an_empty_change_says_so(repository: Place) -> None:
    answer = repository.clearance("check")
    assert answer.code == 4
    assert "something-was-judged" in answer.out


def test_a_crowd_of_files_is_looked_at(place: Place) -> None:
    for number in range(20_000):
        folder = place.top / f"d{number % 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}.txt").write_bytes(b"x\n")
    answer = place.clearance("scan", "--format", "json")
    assert answer.code == 0
    assert len(answer.data["change"]["files"]) == 20_000


def test_an_enormous_file_and_an_enormous_line_are_gaps_and_nothing_hangs(place: Place) -> None:
    with (place.top / "huge.txt").open("wb") as file:
        file.truncate(200 << 20)
    (place.top / "line.js").write_bytes(b"x=" + b"a" * (50 << 20))
    (place.top / "deep.py").write_bytes(b"(" * 300_000)
    (place.top / "deep.json").write_bytes(b"[" * 300_000)
    answer = place.clearance("scan", "--format", "json")
    assert answer.code == 4
    gaps = {(gap["path"], gap["kind"]) for gap in answer.data["gaps"]}
    assert ("huge.txt", "too large") in gaps or ("huge.txt", "binary") in gaps
    assert ("line.js", "too large") in gaps


def test_a_new_guard_that_a_null_byte_makes_binary_is_told(repository: Place) -> None:
    repository.write(".clearance/settings.toml", b"[scan]\nexclude = ['**']\n# \0\n")
    answer = repository.check()
    assert answer.code != 0
    found = {(one["family"], one["place"]["path"], one["place"]["line"]) for one in answer.data["findings"]}
    assert ("tampering", ".clearance/settings.toml", 0) in found
