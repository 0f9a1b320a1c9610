"""What hooks note, and how that comes into the log."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearance.attest.salted import fits
from clearance.collect.act import collect_act
from clearance.facts.act import Act, Moment, Replacement, Write
from clearance.facts.decision import Case
from clearance.facts.fact import canonical, digest
from clearance.facts.risk import Risk
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.trace import SCHEME, Generation, LineKeys, Prompt
from clearance.record.log import Submission
from clearance.rules.placeholder import expand
from clearance.stores.spool import records
from clearance.trace.keys import KeyedText
from clearance.wiring import evidence, open_log
from clearance.wiring.evidence_rules import open_vault
from clearance.wiring.places import now
from clearance.wiring.recording import Scribe
from clearance.wiring.tracing import record_generations, request_statement
from clearance.wiring.tracing_capture import flush
from clearance.wiring.tracing_index import TrailOf, name
from clearance.wiring.tracing_notes import note_act, salt_of, trace_folder, waiting
from clearance.wiring.trusting import open_trust

SECRET_WORDS = ("parse_prices", "partition", "please")
CODE = """def parse_prices(text):
    for line in text.splitlines():
        name, _, price = line.partition(':')
        yield name, price
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    (folder / "a.py").write_text("def one():\n    return 1\n")
    return folder


def note(repository: Path, act: Act) -> None:
    collected = collect_act(act, repository)
    risk = Risk(tier=0, triggers=(), size=1, unknown_lines=0, reasons=())
    case = Case(change=collected.change, findings=(), gaps=(), risk=risk, ran=(), rules="a" * 64, version="0.1.0")
    note_act(act, repository, collected, case, os.environ)


def act(repository: Path, **more: Any) -> Act:
    return Act(assistant="claude-code", directory=str(repository), session="s-1", **more)


def prompts(repository: Path, text: str) -> None:
    note(repository, act(repository, moment=Moment.PROMPT, prompt=text))


def writes(repository: Path, *written: Write, **more: Any) -> None:
    note(repository, act(repository, moment=Moment.BEFORE, tool="Write", writes=written, **more))


def statements(repository: Path) -> list[dict[str, Any]]:
    return [json.loads(entry.payload) for entry in open_log(repository).entries()]


def test_a_write_after_a_prompt_becomes_a_request_and_a_generation_signed_as_the_agent(repository: Path) -> None:
    prompts(repository, "please parse the prices")
    writes(repository, Write(path="prices.py", text=CODE), model="opus-5")
    assert flush(repository, os.environ) == 1
    request, generation = statements(repository)
    assert request["predicate"]["prompt"]["size"] == 23
    entries = list(open_log(repository).entries())
    predicate = generation["predicate"]
    assert predicate["request"] == entries[0].digest
    assert (predicate["agent"]["name"], predicate["model"], predicate["source"]) == ("claude-code", "opus-5", "hook")
    assert (predicate["lines"], predicate["files"], predicate["runs"], predicate["tools"]) == (4, 1, 1, ["Write"])
    assert entries[1].signer is not None
    assert entries[1].signer.name.endswith("/agent/claude-code")


def test_nothing_of_a_prompt_or_of_code_is_kept_anywhere(repository: Path) -> None:
    prompts(repository, "please parse the prices")
    writes(repository, Write(path="prices.py", text=CODE))
    kept = b"".join(path.read_bytes() for path in trace_folder(os.environ).directory.iterdir())
    flush(repository, os.environ)
    log = open_log(repository)
    for entry in log.entries():
        kept += entry.payload + b"".join(log.evidence(one) for one in json.loads(entry.payload)["predicate"]["evidence"])
    assert not [word for word in SECRET_WORDS if word.encode() in kept]


def test_the_digest_of_a_prompt_can_be_shown_to_be_its_own_with_the_salt_in_the_body(repository: Path) -> None:
    """The salt rests with the prompt in the vault, where prompts are kept; it is never beside the log."""
    trust = Path(os.environ["CLEARANCE_HOME"]) / "trust"
    trust.parent.mkdir(mode=0o700)
    trust.mkdir(mode=0o700)
    (trust / "trust.toml").write_text('[evidence]\nprompts = "keep"\n')
    (trust / "trust.toml").chmod(0o600)
    prompts(repository, "please")
    writes(repository, Write(path="prices.py", text=CODE))
    flush(repository, os.environ)
    predicate = statements(repository)[0]["predicate"]
    _, salt, data = open_vault(os.environ).open(predicate["prompt"]["sha256"])
    assert data == b"please"
    assert fits(predicate["prompt"]["sha256"], data, salt)
    assert predicate["evidence"] == []


def test_a_guess_of_lines_cannot_be_tried_against_what_the_log_states(repository: Path) -> None:
    runs = KeyedText(['limit = "40"'], b"s" * 16).runs("a.py", [(1, 1)])
    keys = LineKeys(scheme=SCHEME, salt=b"s" * 16, runs=runs)
    said = Generation(agent="claude-code", model="", source="hook", keys=keys, time=now())
    for known in (False, True):
        assert record_generations(repository, os.environ, [said])[1] is known
    (entry,) = open_log(repository).entries()
    body = json.loads(entry.payload)["predicate"]["keys"]["body"]
    # Who has the log, or an export without keys of lines, has all of this but what was made of this machine's key.
    assert digest(keys) != body
    assert digest(msgspec.structs.replace(keys, nonce=bytes(16))) != body


def test_names_that_an_assistant_hands_in_and_that_hold_a_secret_do_not_enter_the_log(repository: Path) -> None:
    secret = expand("ghp_{{alnum 36}}", seed="hook", limit=100)
    keys = LineKeys(scheme=SCHEME, salt=b"s" * 16, runs=())
    said = Generation(agent="claude-code", model=secret, tools=("Edit", secret), source="hook", keys=keys, time=now())
    for known in (False, True):
        assert record_generations(repository, os.environ, [said])[1] is known
    (entry,) = open_log(repository).entries()
    assert secret.encode() not in entry.payload
    predicate = json.loads(entry.payload)["predicate"]
    assert (predicate["agent"]["name"], predicate["model"], predicate["tools"]) == (
        "claude-code",
        "unnamed",
        ["Edit", "unnamed"],
    )


def test_an_edit_counts_for_the_lines_that_it_adds(repository: Path) -> None:
    edit = Replacement(old="    return 1\n", new="    total = 1\n    return total\n")
    writes(repository, Write(path="a.py", edits=(edit,)))
    flush(repository, os.environ)
    assert statements(repository)[0]["predicate"]["lines"] == 2


def test_acts_of_one_prompt_are_one_generation_and_another_prompt_makes_another(repository: Path) -> None:
    prompts(repository, "one")
    writes(repository, Write(path="b.py", text="first = second + third\n"))
    writes(repository, Write(path="c.py", text="fourth = fifth + sixth\n"))
    prompts(repository, "two")
    writes(repository, Write(path="d.py", text="seventh = eighth + ninth\n"))
    assert flush(repository, os.environ) == 2
    assert [one["predicate"].get("files") for one in statements(repository)] == [None, None, 2, 1]


def test_lines_that_come_after_a_flush_still_know_their_prompt(repository: Path) -> None:
    prompts(repository, "one")
    writes(repository, Write(path="b.py", text="first = second + third\n"))
    flush(repository, os.environ)
    writes(repository, Write(path="c.py", text="fourth = fifth + sixth\n"))
    flush(repository, os.environ)
    first, second, third = statements(repository)
    assert "ticket" in first["predicate"]
    assert second["predicate"]["request"] == third["predicate"]["request"] != ""


def test_to_flush_twice_records_nothing_twice_even_if_the_first_one_was_killed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(repository, Write(path="b.py", text="first = second + third\n"))
    with monkeypatch.context() as patched:
        patched.setattr("clearance.stores.spool.Spool.let_go", _killed)
        with pytest.raises(KeyboardInterrupt):
            flush(repository, os.environ)
    assert waiting(repository, os.environ)
    flush(repository, os.environ)
    assert len(statements(repository)) == 1
    assert not waiting(repository, os.environ)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_outside_of_a_repository_nothing_is_noted(tmp_path: Path) -> None:
    writes(tmp_path, Write(path="b.py", text="first = second + third\n"))
    assert not trace_folder(os.environ).directory.exists()


def test_where_nothing_can_be_kept_the_act_goes_on(repository: Path) -> None:
    folder = trace_folder(os.environ).directory
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    writes(repository, Write(path="b.py", text="first = second + third\n"))
    assert list(folder.iterdir()) == []


def test_a_note_that_is_none_is_passed_over(repository: Path) -> None:
    from clearance.stores.spool import Spool
    from clearance.wiring.tracing_notes import place_name

    Spool(trace_folder(os.environ), place_name(repository)).append(msgspec.msgpack.encode({"agent": 1}))
    writes(repository, Write(path="b.py", text="first = second + third\n"))
    assert flush(repository, os.environ) == 1


def test_the_salt_is_made_once_for_a_log_and_is_the_owners_alone(repository: Path) -> None:
    assert salt_of(repository, os.environ) == salt_of(repository, os.environ)
    (file,) = trace_folder(os.environ).directory.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_pointers_find_a_generation_by_what_it_is_about_and_follow_the_log(repository: Path) -> None:
    writes(repository, Write(path="b.py", text="first = second + third\n"), model="opus-5")
    flush(repository, os.environ)
    log = open_log(repository)
    with TrailOf(log, os.environ) as trail:
        assert [entry.index for entry in trail.find("m", "opus-5")] == [0]
        assert trail.find("m", "other") == []
    writes(repository, Write(path="c.py", text="fourth = fifth + sixth\n"), model="opus-5")
    flush(repository, os.environ)
    with TrailOf(log, os.environ) as trail:
        assert [entry.index for entry in trail.find("m", "opus-5")] == [1, 0]
        assert trail.behind == 0


def test_pointers_of_a_log_that_was_replaced_are_made_anew(repository: Path) -> None:
    import shutil

    writes(repository, Write(path="b.py", text="first = second + third\n"), model="one")
    flush(repository, os.environ)
    with TrailOf(open_log(repository), os.environ):
        pass
    shutil.rmtree(repository / ".git" / "clearance")
    shutil.rmtree(Path(os.environ["CLEARANCE_HOME"]) / "seen")
    prompt = Prompt(sha256="a" * 64, size=1, classification="public")
    Scribe(repository).record([request_statement(prompt, "2026-01-02T03:04:05Z")])
    with TrailOf(open_log(repository), os.environ) as trail:
        assert trail.indexes("m", "one") == []
        assert [entry.index for entry in trail.find("s", "a" * 64)] == [0]


def test_a_pointer_that_leads_to_another_entry_is_passed_over(repository: Path) -> None:
    writes(repository, Write(path="b.py", text="first = second + third\n"), model="one")
    flush(repository, os.environ)
    with TrailOf(open_log(repository), os.environ) as trail:
        view = trail._view
        view.begin(anew=False)
        view.add([(name("m", "other"), 0)])
        assert trail.indexes("m", "other") == [0]
        assert trail.find("m", "other") == []
        view.undo()


def decided(repository: Path, *findings: tuple[str, str, str]) -> int:
    """Append a statement of the shape of a decision whose case has findings (rule, family, message); give its index."""
    body = canonical({"findings": [dict(zip(("rule", "family", "message"), one, strict=True)) for one in findings]})
    name_ = hashlib.sha256(body).hexdigest()
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "tree", "digest": {"sha256": "ab" * 32}}],
        "predicateType": DECISION_TYPE,
        "predicate": {"case": name_, "evidence": [name_], "time": now(), "verdict": "DENY"},
    }
    log = open_log(repository)
    ((sealed, told),) = open_trust(os.environ).seal([statement])  # type: ignore[list-item] -- a mapping is as good as a fact
    (entry,) = log.extend([Submission(sealed, {name_: body}, told)])
    return entry.index


def test_decisions_are_pointed_to_by_what_was_found(repository: Path) -> None:
    decided(repository)
    sql = decided(repository, ("sql-text", "code", "left-pad is no package here"))
    package = decided(repository, ("known-flaw", "packages", "`left-pad@1.3.0`: a flaw is known"), ("sql-text", "code", "x"))
    with TrailOf(open_log(repository), os.environ) as trail:
        assert trail.indexes("r", "sql-text") == [package, sql]
        assert trail.indexes("p", "left-pad") == [package]
        assert trail.indexes("r", "other") == []


def test_evidence_is_found_by_the_pointers_and_by_what_they_do_not_know_yet(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        decided(repository, (f"rule-{number}", "code", ""))
    prompt = Prompt(sha256="c" * 64, size=1, classification="public")
    Scribe(repository).record([request_statement(prompt, "2026-01-02T03:04:05Z")])
    said = [json.loads(entry.payload)["predicate"].get("case") for entry in open_log(repository).entries()]
    found = {said[0]: [0], said[2]: [2], "c" * 64: [3], "f" * 64: []}
    monkeypatch.setattr(evidence, "_MOST_NEW", 2)
    assert evidence.naming(repository, found) == found
    monkeypatch.setattr(evidence, "_digests_in", lambda _: set())
    monkeypatch.setattr(evidence, "_MOST_NEW", 50)
    assert evidence.naming(repository, found) == found


def test_records_reads_only_private_files(tmp_path: Path) -> None:
    from clearance.facts.errors import StoreError

    (tmp_path / "x.taken").write_bytes(b"")
    (tmp_path / "x.taken").chmod(0o644)
    with pytest.raises(StoreError, match="not a private file"):
        list(records(tmp_path / "x.taken"))
