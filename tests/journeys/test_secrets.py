"""What happens to a key that leaked: into a file, a name, a commit message, a prompt; today or long ago."""

import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest

from clearance.rules.placeholder import expand
from journeys.place import Answer, Place


def key(seed: str = "one") -> str:
    """A GitHub token that nobody was given."""
    return expand("{{crc32-base62 ghp_ 30}}", seed=seed, limit=200)


def secrets(answer: Answer) -> list[dict[str, object]]:
    return [finding for finding in answer.data["findings"] if finding["rule"] == "github-token"]


def places(answer: Answer) -> list[str]:
    return [finding["place"]["path"] for finding in secrets(answer)]


def scan(place: Place, *arguments: str, **more: str) -> Answer:
    return place.clearance("scan", *arguments, "--format", "json", **more)


# Look-alikes


def test_what_looks_like_a_secret_is_counted_and_shown_on_request(repository: Place) -> None:
    repository.write("app.py", 'import os\n\ntoken = os.environ["GITHUB_TOKEN"]\ntoken = "ghp_' + "x" * 36 + '"\n')
    answer = scan(repository)
    assert not secrets(answer)
    assert answer.data["asides"] == []
    assert sum(answer.data["set_aside"].values()) == answer.data["more_asides"] > 0
    assert "set aside: " in repository.clearance("scan").out
    assert "(--all shows them)" in repository.clearance("scan").out
    listed = scan(repository, "--all").data
    assert {"app.py"} == {one["place"]["path"] for one in listed["asides"]}
    assert len(listed["asides"]) == sum(listed["set_aside"].values())
    assert "aside  " in repository.clearance("scan", "--all").out
    again = scan(repository, "--all").data
    assert again["asides"] == listed["asides"], "an earlier look keeps them"
    sarif = json.loads(repository.clearance("scan", "--all", "--format", "sarif").out)["runs"][0]["results"]
    assert [one["suppressions"][0]["kind"] for one in sarif if "suppressions" in one]
    plain = json.loads(repository.clearance("scan", "--format", "sarif").out)["runs"][0]["results"]
    assert not [one for one in plain if "suppressions" in one]


def test_look_alikes_are_no_part_of_a_case(repository: Place) -> None:
    repository.write("shop.py", 'token = "ghp_' + "x" * 36 + '"\n')
    answer = repository.check("--all")
    assert answer.data["asides"]
    assert answer.code == 0, answer.out
    exported = repository.clearance("log", "show", "0", "--format", "json").out
    assert "set_aside" not in exported
    assert "asides" not in exported


# Where a secret stands


def test_the_same_key_is_one_thing_at_several_places(repository: Place) -> None:
    leaked = key()
    repository.write("a.env", f"GITHUB_TOKEN={leaked}\n")
    repository.write("b.yaml", f"token: {leaked}\n")
    answer = scan(repository)
    assert len({finding["secret"]["fingerprint"] for finding in secrets(answer)}) == 1  # type: ignore[index]
    shown = repository.clearance("scan").out
    assert "the same key also stands at b.yaml:1:8" in shown
    assert "evoke" in shown, "the advice says to revoke it"
    assert "https://" in shown
    for format in ("text", "json", "sarif", "markdown", "gitlab"):
        assert leaked not in repository.clearance("scan", "--all", "--format", format).out, format


def test_a_disguise_is_told_and_masked(repository: Place) -> None:
    leaked = key()
    hidden = b64encode(leaked.encode()).decode()
    repository.write("a.yaml", f"blob: {hidden}\nname: value\n")
    answer = scan(repository)
    assert [finding["secret"]["disguise"] for finding in secrets(answer)], answer.out  # type: ignore[index]
    assert hidden not in answer.out
    assert leaked not in answer.out
    assert "hidden: " in repository.clearance("scan").out


def test_a_secret_in_a_name_is_found_and_the_name_is_masked_everywhere(repository: Place) -> None:
    leaked = key()
    repository.write(f"keys/{leaked}.txt", "SHELL = 1\n")
    answer = repository.check()
    assert answer.code == 1
    assert places(answer) == ["keys/****.txt"]
    assert "keys/****.txt" in {file["path"] for file in answer.data["change"]["files"]}
    assert leaked not in answer.out
    assert leaked not in repository.clearance("check").out
    repository.commit("there now")
    repository.write(f"keys/{leaked}.txt", "SHELL = 2\n")
    later = repository.check("--base", "HEAD")
    assert [finding["introduced"] for finding in secrets(later)] == [False], "the name was there before"


def test_a_secret_in_a_commit_message_or_in_the_name_of_the_branch_denies(repository: Place) -> None:
    repository.git("checkout", "-q", "-b", f"try-{key('branch')}")
    repository.write("shop.py", "def total(prices):\n    return max(prices)\n")
    commit = repository.commit(f"Call it\n\nwith {key('message')} as the token")
    answer = repository.check()
    assert answer.code == 1
    assert set(places(answer)) == {f"commit:{commit[:12]}", "branch name"}
    assert key("message") not in answer.out
    assert key("branch") not in answer.out
    assert [ran["files"] for ran in answer.data["ran"] if ran["scanner"] == "secrets"] == [1], "a message is no file"


# Prompts and answers


def test_a_prompt_can_be_scanned_in_a_pipe(place: Place) -> None:
    prompt = f"Why does this fail?\n\n    curl -H 'Authorization: Bearer {key()}' https://api.github.com/user\n"
    answer = place.clearance("scan", "-", "--name", "prompt.md", "--format", "json", stdin=prompt.encode())
    assert answer.code == 0
    assert places(answer) == ["prompt.md"]
    assert answer.data["classification"]["level"] == "restricted"
    assert key() not in answer.out
    assert place.clearance("scan", "-", stdin=b"nothing to see\n").out.count("no findings") == 1


def test_a_prompt_with_data_about_people_is_told(place: Place) -> None:
    account = "DE89" + "3704 0044 0532 0130 00"
    answer = place.clearance("scan", "-", "--format", "json", stdin=f"Transfer it to IBAN {account}.\n".encode())
    assert "iban" in {finding["rule"] for finding in answer.data["findings"]}
    assert account not in answer.out


@pytest.mark.parametrize("name", ["/home/dana/prompt.md", "/names of files", "//", "a\udcff\x1b[31m.md", ""])
def test_a_text_is_looked_at_whatever_it_is_called(place: Place, name: str) -> None:
    answer = place.clearance("scan", "-", "--name", name, "--format", "json", stdin=f"use {key()}\n".encode())
    assert (answer.code, len(secrets(answer)), answer.err) == (0, 1, "")


def test_a_text_that_cannot_be_read_is_no_clean_one(place: Place) -> None:
    answer = place.clearance("scan", "-", stdin=b"\0\1\2" + key().encode())
    assert answer.code == 4
    assert "not looked at" in answer.out


@pytest.mark.parametrize("arguments", [("--name", "x.md"), ("-", "--history"), ("--history", "--with", "bandit")])
def test_options_that_contradict_each_other_are_refused(repository: Place, arguments: tuple[str, ...]) -> None:
    assert repository.clearance("scan", *arguments, stdin=b"").code == 2


# History


def test_history_finds_what_was_taken_out_and_says_since_when(repository: Place) -> None:
    repository.write("deploy.env", f"GITHUB_TOKEN={key('gone')}\n")
    brought = repository.commit("bring it")
    for number in range(3):
        repository.write("deploy.env", f"GITHUB_TOKEN={key('gone')}\nN={number}\n")
        repository.commit(f"more {number}")
    (repository.top / "deploy.env").unlink()
    repository.write("shop.env", f"GITHUB_TOKEN={key('stays')}\n")
    repository.commit("take it out")
    assert set(places(scan(repository))) == {"shop.env"}
    answer = scan(repository, "--history")
    assert answer.code == 0, answer.err
    told = {finding["place"]["path"]: finding["origin"] for finding in secrets(answer)}  # type: ignore[index]
    assert set(told) == {"deploy.env", "shop.env"}, "of five versions each secret is told once"
    assert told["deploy.env"]["commit"] == brought
    assert not told["deploy.env"]["standing"]
    assert told["shop.env"]["standing"]
    assert key("gone") not in answer.out
    shown = repository.clearance("scan", "--history").out
    assert f"since {brought[:12]}" in shown
    assert "no longer in HEAD" in shown
    assert "every clone keep it" in shown


def test_history_looks_everywhere_that_a_reference_reaches(repository: Place) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a.txt", f"GITHUB_TOKEN={key('branch')}\n")
    repository.commit("on a branch")
    repository.git("checkout", "-q", "main")
    repository.commit(f"a message with {key('message')} in it")
    repository.git("tag", "-a", "v1", "-m", f"released with {key('tag')}")
    for name in ("first", "second"):
        repository.write("shop.py", f"GITHUB_TOKEN={key(name)}\n")
        repository.git("stash")
    repository.write("merged.txt", "a\n")
    repository.commit("on main")
    repository.git("merge", "-q", "--no-commit", "side")
    repository.write("evil.txt", f"GITHUB_TOKEN={key('merge')}\n")
    repository.commit("merge")
    repository.write(f"{key('name')}.txt", "x\n")
    repository.commit("a name")
    repository.git("branch", f"wip-{key('reference')}")
    found = {finding["secret"]["fingerprint"] for finding in secrets(scan(repository, "--history"))}  # type: ignore[index]
    assert len(found) == 8
    answer = scan(repository, "--history")
    for name in ("branch", "message", "tag", "first", "second", "merge", "name", "reference"):
        assert key(name) not in answer.out, name
    assert "refs/tags/v1" in places(answer)


def test_history_takes_a_merge_request_that_is_a_repository_without_commits(place: Place) -> None:
    place.git("init", "-q", "-b", "main")
    answer = scan(place, "--history")
    assert answer.code == 0, answer.err
    assert answer.data["findings"] == []


def test_history_outside_of_a_repository_is_used_wrongly(place: Place) -> None:
    assert place.clearance("scan", "--history").code == 2


def test_a_second_look_at_history_costs_what_is_new(repository: Place) -> None:
    repository.write("a.env", f"GITHUB_TOKEN={key('one')}\n")
    repository.commit("one")
    first = scan(repository, "--history")
    assert scan(repository, "--history").out == first.out
    repository.write("b.env", f"GITHUB_TOKEN={key('two')}\n")
    repository.commit("two")
    second = scan(repository, "--history")
    assert set(places(second)) == {"a.env", "b.env"}
    assert scan(repository, "--history", "--fresh").data["findings"] == second.data["findings"]
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    assert set(places(scan(repository, "--history"))) == {"a.env"}, "what no reference reaches any more is not told"


def test_a_killed_look_at_history_goes_on_and_tells_the_same(repository: Place) -> None:
    for number in range(6):
        repository.write(f"a{number}.env", f"GITHUB_TOKEN={key(str(number))}\n")
        repository.commit(f"number {number}")
    for wait in (0.3, 0.7, 1.2):
        process = subprocess.Popen(
            [sys.executable, "-m", "clearance", "scan", "--history"],
            cwd=repository.top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    after = scan(repository, "--history")
    assert len(secrets(after)) == 6
    assert after.data["findings"] == scan(repository, "--history", "--fresh").data["findings"]


def test_a_shallow_clone_says_that_history_is_cut(repository: Place, tmp_path: Path) -> None:
    repository.write("a.txt", "a\n")
    repository.commit("second")
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repository.top}", str(tmp_path / "clone")],
        check=True,
        capture_output=True,
    )
    answer = scan(Place(tmp_path / "clone"), "--history")
    assert [gap["kind"] for gap in answer.data["gaps"]] == ["data missing"]
    assert answer.code == 4, "most of history is not there: that is no clean answer"


def test_what_only_tags_and_other_working_trees_hold_is_history_too(repository: Place, tmp_path: Path) -> None:
    repository.write("hidden.txt", f"one {key('blob')}\n")
    blob = repository.git("hash-object", "-w", "hidden.txt")
    repository.git("tag", "-a", "a-blob", "-m", "of a blob", blob)
    repository.git("tag", "-a", "twice", "-m", "of a tag", "a-blob")
    repository.write("other.txt", f"two {key('tree')}\n")
    repository.git("add", "other.txt")
    repository.git("tag", "a-tree", repository.git("write-tree"))
    repository.git("rm", "-q", "--cached", "other.txt")
    other = Place(tmp_path / "other")
    repository.git("worktree", "add", "-q", "--detach", str(other.top))
    other.write("third.txt", f"three {key('detached')}\n")
    other.commit("nowhere named")
    for name in ("hidden.txt", "other.txt"):
        (repository.top / name).unlink()
    for place in (repository, other):
        answer = scan(place, "--history")
        assert sorted(places(answer)) == ["refs/tags/a-blob", "refs/tags/a-tree/other.txt", "third.txt"]
        assert answer.code == 0


def test_the_history_of_a_submodule_is_told_to_be_elsewhere(repository: Place) -> None:
    commit = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},inner")
    repository.git("commit", "-q", "-m", "a submodule")
    answer = scan(repository, "--history")
    assert [(gap["kind"], gap["detail"][:18]) for gap in answer.data["gaps"]] == [("submodule", "1 other repositori")]
    assert answer.code == 0


def test_a_folder_named_after_a_key_is_masked_in_all_names(repository: Place) -> None:
    for number in range(1300):
        repository.write(f"{key()}/f{number}.txt", f"{number}\n")
    for number in range(5):
        repository.write(f"{key(str(number))}.txt", f"{number}\n")
    repository.commit("many")
    for arguments in ((), ("--history",)):
        answer = scan(repository, *arguments)
        assert answer.code == 0, answer.data["gaps"]
        assert key() not in answer.out
        assert not [word for word in answer.out.split('"') if word.startswith("ghp_")]
        names = set(places(answer))
        assert {"****/f1299.txt", "****.txt", "****.txt~5"} <= names


def test_without_a_key_that_stays_no_fingerprint_is_shown(repository: Place) -> None:
    repository.write("a.env", f"GITHUB_TOKEN={key()}\n")
    repository.commit(f"with {key('message')}")
    repository.git("tag", "-a", "v1", "-m", f"with {key('tag')}")
    repository.git("branch", f"with-{key('branch')}")
    answer = scan(repository, "--history", CLEARANCE_HOME="/dev/null")
    assert len(secrets(answer)) == 4
    assert {finding["secret"]["fingerprint"] for finding in answer.data["findings"]} == {""}


def test_what_a_clone_lacks_is_named(repository: Place) -> None:
    repository.write("gone.txt", "some text\n")
    repository.commit("one")
    blob = repository.git("rev-parse", "HEAD:gone.txt")
    (repository.top / ".git/objects" / blob[:2] / blob[2:]).unlink()
    answer = scan(repository, "--history")
    assert answer.code == 4
    details = [gap["detail"] for gap in answer.data["gaps"]]
    assert details == ["1 versions of files are not in this clone (gone.txt)"]


# The key of fingerprints


def test_a_key_file_that_is_none_is_refused_at_once(repository: Place, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for shared in (pipe, tmp_path, tmp_path / "none", Path("/dev/null")):
        answer = repository.clearance("secrets", "key", "show", CLEARANCE_FINGERPRINT_KEY_FILE=str(shared))
        assert (answer.code, answer.out) == (2, "")
        assert str(shared) in answer.err


def test_machines_with_one_key_give_one_fingerprint(repository: Place, tmp_path: Path) -> None:
    repository.write("a.env", f"GITHUB_TOKEN={key()}\n")
    shared = tmp_path / "shared.key"
    shared.write_text("5a" * 32)

    def fingerprint(home: str, **more: str) -> str:
        answer = scan(repository, CLEARANCE_HOME=str(tmp_path / home), **more)
        return str(secrets(answer)[0]["secret"]["fingerprint"])  # type: ignore[index]

    assert fingerprint("a") == fingerprint("a")
    assert fingerprint("a") != fingerprint("b")
    both = {"CLEARANCE_FINGERPRINT_KEY_FILE": str(shared)}
    assert fingerprint("c", **both) == fingerprint("d", **both)
    kept = tmp_path / "a" / "fingerprint.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    before = repository.clearance("secrets", "key", "show", CLEARANCE_HOME=str(tmp_path / "a"))
    assert before.code == 0
    assert kept.read_text().strip() not in before.out
    assert repository.clearance("secrets", "key", "rotate", CLEARANCE_HOME=str(tmp_path / "a")).out != before.out


def test_without_a_place_for_the_key_there_are_no_fingerprints_and_that_is_said(repository: Place, tmp_path: Path) -> None:
    repository.write("a.env", f"GITHUB_TOKEN={key()}\n")
    (tmp_path / "file").write_text("in the way")
    answer = scan(repository, CLEARANCE_HOME=str(tmp_path / "file" / "home"))
    assert answer.code == 0
    assert [finding["secret"]["fingerprint"] for finding in secrets(answer)] == [""]  # type: ignore[index]
    assert answer.err.count("no fingerprints") == 1
    history = scan(repository, "--history", CLEARANCE_HOME=str(tmp_path / "file" / "home"))
    assert history.code == 0


def test_a_key_file_that_holds_no_key_is_refused(repository: Place, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("password")
    answer = repository.clearance("scan", CLEARANCE_FINGERPRINT_KEY_FILE=str(tmp_path / "bad"))
    assert answer.code == 2
    assert "64 hexadecimal digits" in answer.err
    assert "password" not in answer.err
