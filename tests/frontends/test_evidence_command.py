"""`clearance evidence`: what a person types, what the log is told, and what stays when evidence is gone."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clearance.attest.kinds import kinds
from clearance.facts.errors import StoreError
from clearance.frontends.cli.main import run
from clearance.frontends.hooks.answer import answer
from clearance.record.log import Log
from clearance.rules.placeholder import expand
from clearance.stores.private import PrivateFolder
from clearance.wiring import evidence_plans, evidence_prompts, evidence_retaining, open_log
from clearance.wiring.acts import Engine

ANN = "ann@example.com"
TEXT = "Please move the orders of Ann to the new table.\n"


def made_up(text: str) -> str:
    """Build what looks like a secret, or like somebody's address."""
    return expand(text, seed="evidence", limit=1_000)


class Desk:
    """A person at a prompt, in a repository of their own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, top: Path) -> None:
        self._capsys, self.patch, self.top = capsys, monkeypatch, top
        self.home = Path(os.environ["CLEARANCE_HOME"])

    def __call__(self, *arguments: str, given: str = "", code: int | None = 0) -> str:
        """Type a command; give what it prints, errors behind it."""
        return "".join(self.type(*arguments, given=given, code=code))

    def type(self, *arguments: str, given: str = "", code: int | None = 0) -> tuple[str, str]:
        """Type a command; give what it prints, and what it says beside that."""
        self._capsys.readouterr()
        reading, writing = os.pipe()
        os.write(writing, given.encode())
        os.close(writing)
        with os.fdopen(reading) as file:
            self.patch.setattr("sys.stdin", file)
            got = run(["evidence", *arguments])
        said = self._capsys.readouterr()
        assert code is None or got == code, said.out + said.err
        return said.out, said.err

    def add(self, text: str = TEXT, *more: str, subject: str = ANN, kind: str = "prompt") -> str:
        """Keep a text; give its name."""
        said, _ = self.type("add", "--kind", kind, "--subject", subject, "--format", "json", *more, given=text)
        return str(json.loads(said)["body"])

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.type("list", "--format", "json", code=None)[0])
        return found

    def trust(self, text: str) -> None:
        """Write trust.toml."""
        PrivateFolder(self.home / "trust").replace("trust.toml", text.encode())

    def statements(self, kind: str = "") -> list[dict[str, Any]]:
        """Give what the log says, of one kind."""
        try:
            said = [json.loads(entry.payload) for entry in open_log(self.top, create=False).entries()]
        except StoreError:
            return []
        return [one for one in said if not kind or one["predicateType"] == kinds()[kind].uri]

    def verify(self) -> None:
        """Have the log, and an export of it with nothing but the trusted root, verified."""
        assert run(["log", "verify"]) == 0
        assert run(["log", "export", "out"]) == 0
        assert run(["verify", "out", "--trusted-root", "out/trusted_root.json"]) == 0
        self._capsys.readouterr()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    return Desk(capsys, monkeypatch, tmp_path)


@pytest.fixture
def quick(desk: Desk) -> Desk:
    """The same, where nothing is looked for in what is kept: it takes most of the time, and other tests are about it."""
    desk.patch.setattr("clearance.wiring.tracing_prompt.looked_at", lambda *_: ("public", ()))
    return desk


def later(desk: Desk, days: float) -> None:
    """Set the clock by which bodies are dated and rules count, so many days from now. What is signed has the real time."""
    at = datetime.now(UTC) + timedelta(days=days)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return at.astimezone(tz)

    desk.patch.setattr(evidence_retaining, "datetime", Clock)
    desk.patch.setattr(evidence_prompts, "datetime", Clock)


def test_a_text_is_kept_shown_and_each_step_is_an_entry(desk: Desk) -> None:
    said = desk("add", "--kind", "transcript", "--subject", ANN, given=TEXT)
    assert "transcript 48 bytes, internal; found in it: nothing" in said
    assert "entry 0, .git/clearance/log" in said
    (row,) = desk.listed()
    assert (row["kind"], row["subject"], row["size"], row["entries"]) == ("transcript", ANN, 48, [0])
    shown = desk("show", row["body"][:8], "--because", "incident", "--case", "INC-7")
    assert TEXT in shown
    assert "named by   entry 0 (evidence-kept); the digest fits" in shown
    (access,) = desk.statements("evidence-access")
    predicate = access["predicate"]
    assert (predicate["body"], predicate["purpose"], predicate["case"]) == (row["body"], "incident", "INC-7")
    assert predicate["entries"] == [0]
    assert predicate["by"]["name"].rpartition("/")[0].endswith("/user")
    assert TEXT not in desk("show", row["body"], "--because", "audit", "--output", "read.txt")
    assert (desk.top / "read.txt").read_text() == TEXT
    assert (desk.top / "read.txt").stat().st_mode & 0o077 == 0
    assert "File exists" in desk("show", row["body"], "--because", "audit", "--output", "read.txt", code=2)


def test_where_the_log_cannot_take_the_entry_nothing_is_shown(quick: Desk) -> None:
    name = quick.add()

    def full(*_: object, **__: object) -> None:
        raise StoreError("No space left on device")

    with quick.patch.context() as patch:
        patch.setattr(Log, "extend", full)
        said = quick("show", name, "--because", "audit", code=4)
    assert TEXT not in said
    assert "No space left" in said
    assert quick.statements("evidence-access") == []


def test_what_the_log_cannot_be_told_of_is_not_kept(quick: Desk) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("No space left on device")

    with quick.patch.context() as patch:
        patch.setattr(Log, "extend", full)
        quick("add", "--kind", "diff", "--subject", ANN, given=TEXT, code=4)
    assert quick.listed() == []


def test_a_text_counts_as_sensitive_as_what_is_found_in_it(desk: Desk) -> None:
    secret = made_up("ghp_{{alnum 36}}")
    said = desk("add", "--kind", "output", "--subject", ANN, "--classification", "public", given=f"token = {secret}\n")
    assert "restricted" in said
    assert "said to be public, counts as restricted" in said
    assert secret not in said
    (kept,) = desk.statements("evidence-kept")
    assert kept["predicate"]["classification"] == "restricted"
    assert kept["predicate"]["findings"]
    assert secret not in json.dumps(kept)


def test_a_body_can_name_the_entry_that_it_belongs_to(quick: Desk) -> None:
    quick.add("first")
    digest = next(open_log(quick.top).entries(0)).digest
    quick.add("second", "--entry", "0")
    quick.add("third", "--entry", digest[:10])
    assert [one["predicate"]["about"] for one in quick.statements("evidence-kept")] == ["", digest, digest]
    assert "no such entry" in quick("add", "--kind", "diff", "--subject", ANN, "--entry", "9", given="x", code=2)
    assert "no such entry" in quick("add", "--kind", "diff", "--subject", ANN, "--entry", "0" * 12 + "ff", given="x", code=2)


def test_an_erased_subject_is_gone_and_every_proof_stays(quick: Desk) -> None:
    names = [quick.add(TEXT), quick.add("a transcript", kind="transcript"), quick.add("of bob", subject="bob@example.com")]
    quick("show", names[0], "--because", "review")
    quick.verify()
    assert "nobody to ask" in quick("erase", ANN, code=2)
    assert len(quick.listed()) == 3
    said = quick("erase", ANN.upper(), "--yes", "--case", "DSR-12")
    assert "1 prompt, 1 transcript" in said
    (erasure,) = quick.statements("erasure")
    predicate = erasure["predicate"]
    assert (predicate["bodies"], predicate["reason"], predicate["case"]) == (2, "request", "DSR-12")
    assert ANN not in json.dumps(erasure).lower()
    assert hashlib.sha256(ANN.encode()).hexdigest() not in json.dumps(erasure)
    listed = json.loads(open_log(quick.top).evidence(predicate["evidence"][0]))
    assert sorted(listed["bodies"]) == sorted(names[:2])
    assert [row["body"] for row in quick.listed()] == [names[2]]
    for name in names[:2]:
        assert "or it was erased" in quick("show", name, "--because", "audit", code=2)
    assert "nothing rests under that name" in quick("erase", ANN, "--yes", code=2)
    quick.verify()


def test_the_logs_of_all_repositories_that_were_told_of_a_body_are_told_of_its_end(quick: Desk, tmp_path: Path) -> None:
    quick.add()
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    said = quick("erase", ANN, "--yes", "-C", str(other))
    assert said.count("entry ") == 2
    assert len(quick.statements("erasure")) == 1
    assert len(list(open_log(other).entries())) == 1


def test_the_list_has_a_head_and_says_of_which_body_no_entry_here_tells(quick: Desk, tmp_path: Path) -> None:
    name = quick.add()
    head, row = quick("list").splitlines()
    assert head.split() == ["body", "since", "kind", "class", "bytes", "named", "by", "entries", "subject"]
    assert row.split()[0] == name[:16]
    assert row[head.index("named by") :].split() == ["0", ANN]
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    _, row = quick("list", "-C", str(other)).splitlines()
    assert row[head.index("named by") :].startswith("no entry of this log")


def test_a_hold_keeps_what_a_request_and_a_rule_would_erase(quick: Desk) -> None:
    quick.trust(f'[[evidence.hold]]\nsubject = "{ANN}"\nbecause = "case 17"\n')
    quick.add()
    said = quick("erase", ANN, "--yes", code=2)
    assert "held, so nothing of it is erased: case 17" in said
    hold = f'[[evidence.hold]]\nsubject = "{ANN.upper()}"\n[[evidence.retain]]\nclassification = "internal"\ndays = 1\n'
    quick.trust(hold)
    later(quick, 30)
    assert "erased 0, left 0, held 1" in quick("retain")
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 1\nhold = true\n')
    assert "erased 0, left 0, held 1" in quick("retain")
    assert len(quick.listed()) == 1


def test_rules_erase_by_age_say_so_once_and_a_second_run_does_nothing(quick: Desk) -> None:
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 30\n')
    later(quick, -31)
    old = quick.add("old")
    later(quick, -11)
    new = quick.add("new")
    quick.add("a secret of the company", "--classification", "confidential")
    later(quick, 0)
    assert "would go 1, left 1, held 0" in quick("retain", "--dry-run")
    assert len(quick.listed()) == 3
    assert quick.statements("retention") == []
    said = quick("retain")
    assert "erased 1, left 1, held 0" in said
    assert "1 body of a classification that no rule names: kept" in said
    (ran,) = quick.statements("retention")
    (rule,) = ran["predicate"]["rules"]
    assert rule == {"classification": "internal", "days": 30, "hold": False, "left": 1, "erased": 1, "held": 0}
    listed = json.loads(open_log(quick.top).evidence(ran["predicate"]["evidence"][0]))
    assert listed["bodies"] == [old]
    assert new in {row["body"] for row in quick.listed()}
    quick("retain")
    assert len(quick.statements("retention")) == 1
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 31\n')
    quick("retain")
    assert len(quick.statements("retention")) == 2  # rules that changed are news, though nothing went
    quick.verify()


def test_a_clock_that_went_back_erases_nothing_and_what_is_added_then_is_not_older(quick: Desk) -> None:
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 30\n')
    quick.add("now")
    later(quick, -4_000)
    quick.add("added while the clock was wrong")
    assert "nothing is erased by a clock that went back" in quick("retain", code=4)
    later(quick, 1)
    assert "erased 0, left 2" in quick("retain")


def test_a_clock_that_ran_far_ahead_erases_nothing_until_a_person_says_that_it_is_right(quick: Desk) -> None:
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 30\n')
    quick.add("of today")
    later(quick, 3_650)
    quick.add("added while the clock was wrong")
    said = quick("retain", code=4)
    assert "nothing is erased by a clock that may run ahead" in said
    (quick.home / "evidence" / "clock").unlink()  # without it, what was kept says which moments were seen
    later(quick, 3_649)
    assert "may run ahead" in quick("retain", code=4)
    later(quick, 0)
    quick.add("added when the clock was right again")
    assert sorted(row["time"] > f"{datetime.now(UTC).year + 2}" for row in quick.listed()) == [False, False, True]
    assert "erased 0, left 3" in quick("retain")
    later(quick, 3_650)
    assert "would go 2" in quick("retain", "--dry-run", "--clock-is-right")
    assert "erased 2, left 1" in quick("retain", "--clock-is-right")
    later(quick, 0)
    assert "a clock that went back" in quick("retain", code=4)
    assert "erased 0, left 1" in quick("retain", "--clock-is-right")
    assert "erased 0, left 1" in quick("retain")


def test_rules_come_from_the_user_and_never_from_a_repository(quick: Desk) -> None:
    quick.add()
    (quick.top / ".clearance").mkdir()
    (quick.top / ".clearance" / "trust.toml").write_text('[[evidence.retain]]\nclassification = "internal"\ndays = 0\n')
    assert "no rules" in quick("retain", code=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[evidence.retain]]\nclassification = "secret"\ndays = 1\n', "Invalid enum value"),
        ('[[evidence.retain]]\nclassification = "internal"\ndays = -1\n', "days of [[evidence.retain]]"),
        ('[[evidence.retain]]\nclassification = "internal"\ndays = 1\nhours = 3\n', "hours"),
        ('[[evidence.retain]]\nclassification = "internal"\ndays = 1\n' * 2, "the same classification"),
        ('[evidence]\nstore = "here"\n', "no absolute folder"),
        ('[evidence]\nprompts = "all"\n', "prompts"),
        ("[evidence]\nkeep = true\n", "keep"),
        ('[[evidence.hold]]\nsubject = ""\n', "names no subject"),
        ("[evidence\n", "not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_and_nothing_goes(quick: Desk, text: str, said: str) -> None:
    quick.trust(text)
    assert said in quick("retain", code=2)


def test_bodies_may_rest_in_a_folder_of_their_own_and_keys_stay(quick: Desk, tmp_path: Path) -> None:
    store = tmp_path / "store"
    quick.trust(f'[evidence]\nstore = "{store}"\n')
    name = quick.add()
    assert (store / f"{name}.body").exists()
    assert not list(store.rglob("*.key"))
    assert TEXT in quick("show", name, "--because", "audit")


@pytest.mark.parametrize("harm", ["missing", "half", "changed", "key gone"])
def test_a_body_that_is_missing_or_damaged_is_told_and_the_attempt_is_in_the_log(quick: Desk, harm: str) -> None:
    name, other = quick.add(), quick.add("another")
    (path,) = quick.home.rglob(f"{name}.body")
    match harm:
        case "missing":
            path.unlink()
        case "half":
            path.write_bytes(path.read_bytes()[:100])
        case "changed":
            data = path.read_bytes()
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case _:
            next(quick.home.rglob(f"{name}.key")).unlink()
    said = quick("show", name, "--because", "repair", code=4)
    assert TEXT not in said
    assert len(quick.statements("evidence-access")) == 1
    listed = quick("list", code=0 if harm == "changed" else 4)  # what is known of a body is read, not the body
    assert "another" in quick("show", other, "--because", "repair")
    assert harm == "changed" or "cannot be read" in listed
    quick.verify()


class Killed(BaseException):
    """The process ends here."""


def killed(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("at", ["before the key goes", "after the key went", "before the entry", "after the entry"])
def test_an_erasure_that_was_cut_short_is_completed_and_told_once(quick: Desk, at: str) -> None:
    from clearance.stores.vault import Vault
    from clearance.wiring.recording import Scribe

    quick.add()
    quick.add("second")
    with quick.patch.context() as patch:
        match at:
            case "before the key goes":
                patch.setattr(Vault, "erase", killed)
            case "after the key went":
                patch.setattr("clearance.stores.private.PrivateFolder.remove", killed)
            case "before the entry":
                patch.setattr(evidence_plans, "_said", killed)
            case _:
                patch.setattr(Scribe, "receipt", killed)
        with pytest.raises(Killed):
            quick("erase", ANN, "--yes")
    said = quick("list")
    assert "completed an erasure" in said
    assert "nothing rests here" in said
    (erasure,) = quick.statements("erasure")
    assert erasure["predicate"]["bodies"] == 2
    assert not list(quick.home.rglob("*.body"))
    assert "completed" not in quick("list")
    quick.verify()


def test_the_same_command_again_completes_what_was_cut_short_and_ends_well(quick: Desk) -> None:
    quick.add()
    with quick.patch.context() as patch:
        patch.setattr(evidence_plans, "_said", killed)
        with pytest.raises(Killed):
            quick("erase", ANN, "--yes")
    assert "completed an erasure" in quick("erase", ANN, "--yes")


def test_the_number_of_a_case_that_holds_a_secret_is_refused_before_anything_goes(quick: Desk) -> None:
    quick.add()
    secret = made_up("ghp_{{alnum 36}}")
    for command in (["erase", ANN, "--yes"], ["show", quick.listed()[0]["body"], "--because", "audit"]):
        said = quick(*command, "--case", secret, code=2)
        assert "looks like a secret" in said
        assert secret not in said
    assert len(quick.listed()) == 1
    assert len(quick.statements()) == 1


def test_evidence_that_came_after_a_cut_short_erasure_stays(quick: Desk) -> None:
    quick.add()

    def full(*_: object, **__: object) -> None:
        raise StoreError("No space left on device")

    with quick.patch.context() as patch:
        patch.setattr(evidence_plans, "_said", full)
        said = quick("erase", ANN, "--yes", code=4)
        assert "not recorded there" in said
        assert "nothing rests here" in quick("list")
        new = quick.add("after")
        quick("list")
    assert [row["body"] for row in quick.listed()] == [new]
    assert len(quick.statements("erasure")) == 1


def test_a_hold_that_came_between_a_confirmed_erasure_and_its_first_step_counts(quick: Desk) -> None:
    from clearance.stores.vault import Vault

    quick.add()
    with quick.patch.context() as patch:
        patch.setattr(Vault, "erase", killed)
        with pytest.raises(Killed):
            quick("erase", ANN, "--yes")
    quick.trust(f'[[evidence.hold]]\nsubject = "{ANN}"\n')
    assert len(quick.listed()) == 1
    assert quick.statements("erasure") == []


def test_retention_that_was_cut_short_is_completed_and_told(quick: Desk) -> None:
    quick.trust('[[evidence.retain]]\nclassification = "internal"\ndays = 1\n')
    names = {quick.add("one"), quick.add("two")}
    later(quick, 3)
    with quick.patch.context() as patch:
        patch.setattr(evidence_plans, "_said", killed)
        with pytest.raises(Killed):
            quick("retain")
    quick("retain")
    told = [
        name
        for one in quick.statements("retention")
        for digest in one["predicate"]["evidence"]
        for name in json.loads(open_log(quick.top).evidence(digest))["bodies"]
    ]
    assert sorted(told) == sorted(names)


@pytest.mark.parametrize("name", ["", " ann", "ann\n", "a\u202eb", "x" * 400])
def test_a_name_that_is_none_is_refused(quick: Desk, name: str) -> None:
    assert "no name of a subject" in quick("add", "--kind", "diff", "--subject", name, given="x", code=2)


def test_hostile_text_is_shown_harmless(quick: Desk) -> None:
    name = quick.add("a\x1b[2Jb\u202ec\n")
    said = quick("show", name, "--because", "audit")
    assert "a\\x1b[2Jb\\u202ec" in said
    assert "\x1b" not in said


# What reaches the log about a prompt


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(os.environ)


def hook(desk: Desk, engine: Engine, event: str, **payload: Any) -> bytes:
    told = {"session_id": "s-1", "cwd": str(desk.top), "hook_event_name": event, **payload}
    return answer("claude-code", event, json.dumps(told).encode(), desk.top, dict(os.environ), engine).stdout


def everything(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


def work(desk: Desk, engine: Engine) -> list[str]:
    """Have an assistant be asked three times, once with a secret and once with somebody's data; it writes a file each
    time."""
    prompts = [
        "please parse the invoices of Quillfeather and Daughters",
        f"use {made_up('ghp_{{alnum 36}}')} for the upload of Quillfeather",
        f"write to {made_up('quill.{{alnum 8}}@example.com')} when it is done",
    ]
    for number, prompt in enumerate(prompts):
        hook(desk, engine, "UserPromptSubmit", prompt=prompt)
        content = f"def parse_{number}(text):\n    return text.partition(':')[{number}]\n"
        hook(desk, engine, "PreToolUse", tool_name="Write",
             tool_input={"file_path": str(desk.top / f"part{number}.py"), "content": content})  # fmt: skip
    return prompts


def traces_of(prompt: str) -> set[bytes]:
    """Give all that must not be found: the text, its words that tell something, and its plain digests."""
    data = prompt.encode()
    found = {data, data.strip(), json.dumps(prompt).encode()[1:-1], prompt.encode("utf-16-le")}
    found |= {word.encode() for word in prompt.split() if len(word) > 9 or "Quill" in word}
    for name in ("sha256", "sha1", "md5", "sha512", "blake2b"):
        for form in (data, data + b"\n", prompt.encode("utf-16-le")):
            digest = hashlib.new(name, form, usedforsecurity=False)
            found |= {digest.digest(), digest.hexdigest().encode(), digest.digest()[:16]}
    return found


def test_of_a_prompt_the_log_and_all_stores_hold_a_salted_digest_and_nothing_that_can_be_guessed(
    desk: Desk, engine: Engine
) -> None:
    prompts = work(desk, engine)
    spooled = list(everything(desk.home, desk.top / ".git"))
    assert run(["trace", "flush"]) == 0
    assert run(["log", "export", "out"]) == 0
    kept = spooled + list(everything(desk.home, desk.top / ".git", desk.top / "out"))
    kept += [(Path(f"entry {entry.index}"), entry.payload) for entry in open_log(desk.top).entries()]
    assert len(kept) > 20
    for prompt in prompts:
        for trace in traces_of(prompt):
            assert [str(path) for path, data in kept if trace in data] == []
    requests = desk.statements("request")
    assert requests
    for one in requests:
        assert set(one["predicate"]["prompt"]) == {"sha256", "classification", "size", "findings"}
        assert one["predicate"].get("evidence", []) == []
    assert not (desk.home / "evidence").exists()


def test_where_prompts_are_kept_they_rest_encrypted_can_be_shown_and_erased(desk: Desk, engine: Engine) -> None:
    desk.trust(f'[evidence]\nprompts = "keep"\nsubject = "{ANN}"\n')
    prompts = work(desk, engine)
    assert run(["trace", "flush"]) == 0
    kept = list(everything(desk.home, desk.top / ".git"))
    for prompt in prompts:
        for trace in traces_of(prompt):
            assert [str(path) for path, data in kept if trace in data] == []
    rows = {row["body"]: row for row in desk.listed()}
    asked = {one["predicate"]["prompt"]["sha256"] for one in desk.statements("request")}
    assert asked
    assert asked <= set(rows)
    shown = desk("show", min(asked), "--because", "review")
    assert any(prompt in shown for prompt in prompts)
    assert "(request), " in shown
    assert "(generation); the digest fits" in shown
    desk("erase", ANN, "--yes")
    assert desk.listed() == []
    desk.verify()


def test_reading_standard_input_is_the_default_and_a_file_is_taken(quick: Desk) -> None:
    (quick.top / "t.txt").write_text("from a file")
    assert "11 bytes" in quick("add", "t.txt", "--kind", "transcript", "--subject", ANN)
    assert "it is empty" in quick("add", "--kind", "transcript", "--subject", ANN, code=2)
