"""What a person types to recall code, to count whose it is, and to trade records with other tools."""

import hashlib
import json
from pathlib import Path

import pytest

from frontends.prompt import Type
from frontends.shop import BY_AI, BY_HAND, START, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "orders.py").write_text(START)
    (folder / "requirements.txt").write_text("requests==2.31.0\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    return folder


@pytest.fixture
def type_(type_: Type, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command in the shop, in black and white."""
    monkeypatch.setenv("NO_COLOR", "1")
    return type_


def merged(repository: Path, type_: Type) -> None:
    """An assistant adds a method; it is merged and settled; then the file moves, a line changes, and a person adds more."""
    (repository / "orders.py").write_text(START + BY_AI)
    assert type_("trace", "record", "--agent", "claude-code", "--model", "opus-5")[0] == 0
    git(repository, "commit", "-qam", "Discounts (#7)")
    assert type_("trace", "settle")[0] == 0
    (repository / "lib").mkdir()
    git(repository, "mv", "orders.py", "lib/orders.py")
    (repository / "lib" / "orders.py").write_text((START + BY_AI).replace("percent must", "the percentage must") + BY_HAND)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "move")


def test_a_model_is_recalled_to_where_its_lines_stand_today(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    code, out, _ = type_("trace", "recall", "--model", "opus-5", "--prove", str(repository.parent / "proofs"))
    assert code == 0
    assert "Discounts (#7)" in out
    assert "6 of 6 lines stand" in out
    assert "lib/orders.py:7–12" in out
    assert "rests on entries 0, 1 of 2" in out
    names = {path.name for path in (repository.parent / "proofs").iterdir()}
    assert {"recall.json", "trusted_root.json", "entry-000000000000-generation.sigstore.json"} <= names


def test_what_is_gone_is_told_as_gone(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    (repository / "lib" / "orders.py").write_text(START)
    git(repository, "commit", "-qam", "without")
    _, out, _ = type_("trace", "recall", "--agent", "claude-code")
    assert "0 of 6 lines stand" in out
    assert "gone     orders.py:7–12" in out
    assert "0 lines in 0 files stand today, 6 gone" in out


@pytest.mark.parametrize("wanted", [("--model", "other"), ("--agent", "claude-code", "--since", "2999-01-01"),
                                    ("--model", "opus-5", "--agent", "other")])  # fmt: skip
def test_what_does_not_fit_all_that_is_wanted_is_not_recalled(
    repository: Path, type_: Type, wanted: tuple[str, ...]
) -> None:
    merged(repository, type_)
    code, out, _ = type_("trace", "recall", *wanted)
    assert (code, "nothing of it is known among 2 entries" in out) == (0, True)


def test_a_package_is_recalled_by_the_files_that_name_it_today(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    _, out, _ = type_("trace", "recall", "--package", "requests")
    assert "requirements.txt:1" in out
    assert "PyPI requests 2.31.0 (a file of today)" in out
    assert "nothing of it is known" in type_("trace", "recall", "--package", "requests@1.0")[1]


def test_a_rule_is_recalled_by_the_cases_of_decisions(repository: Path, type_: Type) -> None:
    (repository / "run.py").write_text(
        "import subprocess\n\n\ndef run(name):\n    subprocess.run('ls ' + name, shell=True)\n"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "run")
    type_("check", "--base", "HEAD~1", "--head", "HEAD")
    _, out, _ = type_("check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json")
    rule = json.loads(out)["findings"][0]["rule"]
    (repository / "run.py").write_text("# moved down\n" + (repository / "run.py").read_text())
    git(repository, "commit", "-qam", "down")
    code, out, _ = type_("trace", "recall", "--rule", rule, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert {(one["path"], one["line"]) for one in found["named"]} == {("run.py", 5)}
    assert [(line["path"], line["first"]) for change in found["changes"] for line in change["now"]] == [("run.py", 6)]


def test_a_recall_of_nothing_is_refused(type_: Type) -> None:
    assert type_("trace", "recall")[0] == 2
    assert type_("trace", "recall", "--since", "yesterday")[0] == 2


def test_shares_are_counted_strictly_and_fail_closed(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    _, out, _ = type_("trace", "stats", "--by", "model", "--format", "json")
    found = json.loads(out)
    assert {one["name"]: one["ai"] + one["unknown"] for one in found["groups"]} == {"opus-5": 6, "(unknown)": 11}
    assert (found["total"]["ai"], found["total"]["unknown"], found["live"]) == (6, 11, 1)
    for group in ("path", "author", "agent", "month"):
        code, out, _ = type_("trace", "stats", "--by", group)
        assert code == 0
        assert ["17", "35.3", "%", "100.0", "%"] in [row.split()[2:7] for row in out.split("\n")]


def test_notes_go_out_and_come_in_and_our_own_records_stand(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    _, out, _ = type_("trace", "export", "--to", "git-ai")
    assert "orders.py\n  s_" in out
    assert '"tool": "claude-code"' in out
    assert git(repository, "for-each-ref", "refs/notes") == ""
    _, out, _ = type_("trace", "export", "--to", "git-ai", "--write-notes")
    assert "1 note added under refs/notes/ai, 0 commits have one already" in out
    assert "0 notes added" in type_("trace", "export", "--to", "git-ai", "--write-notes")[1]
    code, out, _ = type_("trace", "import", "--notes", "refs/notes/ai")
    assert code == 0
    assert "6 lines are known on better evidence" in out


def test_a_request_has_one_name_in_every_command(repository: Path, type_: Type) -> None:
    (repository / "ticket").write_text("SHOP-12: discounts")
    assert type_("attest", "request", "--id", "SHOP-12", "--ticket", "ticket")[0] == 0
    (asked,) = json.loads(type_("log", "show", "--format", "json")[1])
    ticket = hashlib.sha256(b"SHOP-12: discounts").hexdigest()
    for which in ("0", asked["digest"][:6], asked["digest"], ticket[:8]):
        (repository / "orders.py").write_text(START + BY_AI.replace("percent", f"percent{which}"))
        assert type_("trace", "record", "--agent", "codex", "--request", which)[0] == 0
        git(repository, "commit", "-qam", which)
        assert type_("trace", "settle")[0] == 0
        code, out, _ = type_("trace", "recall", "--request", which)
        assert (code, "asked    SHOP-12; " in out, "6 lines in 1 file stand today" in out) == (0, True, True)
    for which, why in (("ffffff", "no request of this log is known by that"), ("1", "entry 1: it states no request")):
        for command in (("recall",), ("flush",), ("record", "--agent", "codex")):
            code, out, err = type_("trace", *command, "--request", which)
            assert (code, out) == (2, "")
            assert why in err
            assert f"entry 0 (SHOP-12), digest {asked['digest'][:12]}" in err


def test_a_file_of_records_that_is_none_is_told_with_its_name_and_place(repository: Path, type_: Type) -> None:
    (repository / "broken.json").write_text('{"version": "0.1.0",\n')
    code, out, err = type_("trace", "import", "broken.json")
    assert (code, out) == (2, "")
    assert err.startswith("clearance: broken.json: no JSON: ")
    assert "line 2 column 1" in err
    assert "give Agent Trace records: a JSON object, an array of them, or one a line" in err


def of_cursor(repository: Path) -> Path:
    """A record of another tool about HEAD: 7 to 12 are Cursor's, the rest a person's."""
    record = {
        "version": "0.1.0",
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2026-01-23T14:30:00Z",
        "vcs": {"type": "git", "revision": git(repository, "rev-parse", "HEAD")},
        "tool": {"name": "cursor"},
        "files": [
            {
                "path": "orders.py",
                "conversations": [
                    {"contributor": {"type": "ai", "model_id": "x/y"}, "ranges": [{"start_line": 7, "end_line": 12}]},
                    {"contributor": {"type": "human"}, "ranges": [{"start_line": 13, "end_line": 16}]},
                ],
            }
        ],
    }
    (repository.parent / "trace.json").write_text(json.dumps(record))
    return repository.parent / "trace.json"


def test_a_record_of_others_is_weak_evidence_and_its_people_are_not_believed(repository: Path, type_: Type) -> None:
    (repository / "orders.py").write_text(START + BY_AI + BY_HAND)
    git(repository, "commit", "-qam", "both")
    code, out, _ = type_("trace", "import", str(of_cursor(repository)))
    assert code == 0
    assert "1 record: 6 lines of 1 generation, entry 0" in out
    assert "4 lines are said to be a person's" in out
    type_("trace", "settle")
    assert "cursor, x/y: only claimed by a note" in type_("blame", "orders.py:9")[1]
    written = json.loads(type_("blame", "orders.py:9", "--format", "json")[1])["parts"][0]["written"]
    assert "/service/" in written["signer"]  # nobody authenticated the assistant
    assert "unknown" in type_("blame", "orders.py:15")[1]
    _, out, _ = type_("trace", "export", "--to", "agent-trace")
    assert json.loads(out)["files"][0]["conversations"][0]["ranges"] == [{"start_line": 7, "end_line": 12}]


def test_who_else_is_said_to_have_written_a_line_is_told_beside_who_did(repository: Path, type_: Type) -> None:
    (repository / "orders.py").write_text(START + BY_AI + BY_HAND)
    git(repository, "commit", "-qam", "both")
    said = json.loads(type_("trace", "import", str(of_cursor(repository)), "--format", "json")[1])
    assert (said["records"], said["generations"], said["lines"], said["people"], said["entries"]) == (1, 1, 6, 4, [0])
    assert type_("trace", "settle")[0] == 0
    assert "disputed" not in type_("blame", "orders.py:7-9")[1]
    assert (
        type_("trace", "record", "--agent", "claude-code", "--model", "opus-5", "--base", "HEAD~1", "--head", "HEAD")[0] == 0
    )
    assert type_("trace", "settle")[0] == 0
    code, out, _ = type_("blame", "orders.py:8-9")
    assert code == 0
    assert "claude-code, opus-5: recorded by `clearance trace record`, entry 2" in out
    assert "disputed 8–9 also claimed by cursor, x/y, entry 0" in out
    (part,) = json.loads(type_("blame", "orders.py:8-9", "--format", "json")[1])["parts"]
    assert [(one["first"], one["last"], one["written"]["agent"]) for one in part["others"]] == [(8, 9, "cursor")]


def test_a_note_claims_only_its_lines_at_the_gate(repository: Path, type_: Type) -> None:
    (repository / "orders.py").write_text(START + BY_AI + BY_HAND)
    git(repository, "commit", "-qam", "both")
    about = {"schema_version": "authorship/3.0.0", "sessions": {"s_1": {"agent_id": {"tool": "cursor", "model": "m"}}}}
    git(
        repository,
        "notes",
        "--ref=refs/notes/ai",
        "add",
        "-F",
        "-",
        feed=f"orders.py\n  s_1::t_1 7-12\n---\n{json.dumps(about)}",
    )
    type_("trace", "settle")
    assert "only claimed by a note" in type_("blame", "orders.py:9")[1]
    assert "unknown" in type_("blame", "orders.py:15")[1]


@pytest.mark.parametrize("arguments", [("trace", "import"), ("trace", "import", "--notes", "refs/heads/main"),
                                       ("trace", "export", "--to", "agent-trace", "--write-notes")])  # fmt: skip
def test_what_makes_no_sense_is_refused(type_: Type, arguments: tuple[str, ...]) -> None:
    assert type_(*arguments)[0] == 2


def test_a_record_made_afterwards_takes_no_lines_that_were_settled(repository: Path, type_: Type) -> None:
    """Not even those that a person had changed, and which the later record has letter by letter."""
    (repository / "orders.py").write_text(START + BY_AI)
    type_("trace", "record", "--agent", "claude-code", "--model", "opus-5")
    (repository / "orders.py").write_text((START + BY_AI).replace("percent must", "the percentage must"))
    git(repository, "commit", "-qam", "Discounts (#7)")
    type_("trace", "settle")
    type_("trace", "record", "--agent", "forger", "--base", "HEAD~1", "--head", "HEAD")
    assert "settled already" in type_("trace", "settle")[1]
    assert "claude-code, opus-5" in type_("blame", "orders.py:10")[1]
    assert "6 of 6 lines stand" in type_("trace", "recall", "--model", "opus-5")[1]
    assert "nothing of it is known" in type_("trace", "recall", "--agent", "forger")[1]


def test_strange_files_are_counted_or_left_out_and_nothing_breaks(repository: Path, type_: Type) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "orders.py").write_text(START + BY_AI)
    (repository / "dos.py").write_bytes((START + BY_AI).replace("\n", "\r\n").encode())
    (repository / "wide.txt").write_bytes("Größe und Gewicht der Pakete\nfünf Kilo je Stück höchstens".encode("utf-16"))
    (repository / "logo.bin").write_bytes(bytes(range(256)) * 8)
    (repository / "empty").write_bytes(b"")
    (repository / "a\nb \x1b[31m.py").write_text("odd = 'name of a file'\n")
    (repository / "link").symlink_to("/etc/passwd")
    (repository / "long.txt").write_text("".join(f"row {number} of many\n" for number in range(10_000)))
    git(repository, "add", "-A")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    assert type_("trace", "record", "--agent", "claude-code", "--model", "opus-5")[0] == 0
    git(repository, "commit", "-q", "-m", "strange")
    assert type_("trace", "settle")[0] == 0
    code, out, _ = type_("trace", "stats", "--format", "json")
    found = json.loads(out)
    assert (code, found["files"]) == (0, 7)
    assert found["total"]["ai"] == 6 + 12 + 2 + 1 + 10_000
    code, out, _ = type_("trace", "recall", "--model", "opus-5")
    assert code == 0
    assert "\x1b" not in out
    assert "10,021 of 10,021 lines stand" in out
