"""Notes of git-ai and records of Agent Trace: what is read, what is written, what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.claimed import Claimed
from clearance.facts.errors import BadFile
from clearance.trace.interchange import agent_trace, git_ai
from clearance.trace.interchange.bounds import joined, without

COMMIT = "a1" * 20
SESSION = {"s_c9883b05a2487d": {"agent_id": {"tool": "cursor", "id": "chat-1", "model": "gpt-4"}}}
PROMPT = {"d4a7828bfdafe456": {"agent_id": {"tool": "claude", "model": "opus-5"}}}


def note(*rows: str, **more: object) -> str:
    said = {"schema_version": "authorship/3.0.0", "prompts": PROMPT, "sessions": SESSION} | more
    return "\n".join([*rows, "---", json.dumps(said)])


def test_a_note_of_sessions_prompts_and_people_is_read() -> None:
    text = note(
        "src/a.py",
        "  s_c9883b05a2487d::t_9f8e7d6c5b4a32 1-4,9",
        "  h_dca485b1adf836 4-6",
        '"my file.py"',
        "  d4a7828bfdafe456 2",
    )
    found = git_ai.read_note(text, COMMIT)
    assert found.problems == ()
    assert found.claims == (
        Claimed(path="src/a.py", ranges=((1, 4), (9, 9)), whose="ai", agent="cursor", model="gpt-4", conversation="chat-1"),
        Claimed(path="src/a.py", ranges=((5, 6),), whose="human"),
        Claimed(path="my file.py", ranges=((2, 2),), whose="ai", agent="claude", model="opus-5"),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("src/a.py\n  s_1 1-2", "no line `---`"),
        (note("src/a.py", schema_version="authorship/2.0.0"), "schema_version is authorship/2.0.0"),
        ("---\n{", "no JSON"),
        ('---\n{"schema_version": "authorship/3.0.0", "schema_version": "x"}', "a key twice"),
        ("---\n" + "[" * 100_000, "no JSON"),
        (note("../../etc/passwd", "  d4a7828bfdafe456 1"), "no path of a file"),
        (note("a.py", "  d4a7828bfdafe456 4-2"), "no key with ranges"),
        (note("a.py", "  d4a7828bfdafe456 0"), "no key with ranges"),
        (note("a.py", "  d4a7828bfdafe456 1-999999999"), "no key with ranges"),
        (note("a.py", "  s_unknown::t_1 1"), "nothing in `sessions` says who s_unknown::t_1 is"),
    ],
)
def test_what_is_wrong_with_a_note_is_told_and_claims_nothing(text: str, problem: str) -> None:
    found = git_ai.read_note(text, COMMIT)
    assert found.claims == ()
    assert problem in found.problems[0]


RECORD = {
    "version": "0.1.0",
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "timestamp": "2026-01-23T14:30:00Z",
    "vcs": {"type": "git", "revision": COMMIT},
    "tool": {"name": "cursor", "version": "2.4.0"},
    "files": [
        {
            "path": "src/a.ts",
            "conversations": [
                {
                    "url": "https://example.com/c/1",
                    "contributor": {"type": "ai", "model_id": "anthropic/opus-5"},
                    "ranges": [
                        {"start_line": 4, "end_line": 6},
                        {"start_line": 8, "end_line": 8, "contributor": {"type": "human"}},
                    ],
                }
            ],
        }
    ],
}


def test_a_record_as_the_specification_shows_it_is_read() -> None:
    (found,) = agent_trace.read_records(json.dumps(RECORD).encode())
    assert (found.commit, found.problems, found.time) == (COMMIT, (), "2026-01-23T14:30:00Z")
    assert found.claims[0] == Claimed(
        path="src/a.ts",
        ranges=((4, 6),),
        whose="ai",
        agent="cursor",
        model="anthropic/opus-5",
        conversation="https://example.com/c/1",
    )
    assert found.claims[1] == Claimed(path="src/a.ts", ranges=((8, 8),), whose="human")


@pytest.mark.parametrize("version", ["1.0", "0.1", "0.1.0"])
def test_versions_that_tools_write_are_read(version: str) -> None:
    (found,) = agent_trace.read_records(json.dumps(RECORD | {"version": version}).encode())
    assert found.claims


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": "7.0"}, "version is 7.0"),
        ({"vcs": {"type": "jj", "revision": "kkmpptxz"}}, "it names no git commit"),
        ({"files": "none"}, "`files` is no list"),
        ({"files": [{"path": "/etc/passwd", "conversations": []}]}, "no path with conversations"),
        ({"files": [{"path": "a", "conversations": [{"ranges": [{"start_line": 3, "end_line": 1}]}]}]}, "no range of lines"),
        (
            {"files": [{"path": "a", "conversations": [{"ranges": [{"start_line": True, "end_line": 1}]}]}]},
            "no range of lines",
        ),
        ({"files": [{"path": "a", "conversations": [{}]}]}, "no ranges"),
    ],
)
def test_what_is_wrong_with_a_record_is_told(change: dict[str, object], problem: str) -> None:
    (found,) = agent_trace.read_records(json.dumps(RECORD | change).encode())
    assert problem in found.problems[0]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"[" * 100_000])
def test_what_is_no_record_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile):
        agent_trace.read_records(data)


def test_records_may_stand_one_a_line_and_a_broken_line_is_told() -> None:
    row = json.dumps(RECORD)
    found = agent_trace.read_records(f"{row}\nbroken\n{row}\n".encode())
    assert [len(one.claims) for one in found] == [2, 0, 2]
    assert "line 2: no JSON" in found[1].problems[0]


RANGES = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=6
)
CLAIMS = st.builds(
    Claimed,
    path=st.sampled_from(["a.py", "b c.py", 'q"uote.py', "src/ü.js", "--- x"]),
    ranges=RANGES.filter(bool).map(joined),
    whose=st.just("ai"),
    agent=st.sampled_from(["claude-code", "cursor"]),
    model=st.sampled_from(["opus-5", "x/y-1"]),
    conversation=st.sampled_from(["", "https://example.com/c/1"]),
)


@given(st.lists(CLAIMS, max_size=5))
def test_what_is_written_as_a_note_is_read_again(claims: list[Claimed]) -> None:
    found = git_ai.read_note(git_ai.write_note(claims, COMMIT, "1"), COMMIT)
    assert found.problems == ()
    assert sorted(map(repr, found.claims)) == sorted(map(repr, claims))


@given(st.lists(CLAIMS, max_size=5))
def test_what_is_written_as_a_record_is_read_again(claims: list[Claimed]) -> None:
    said = agent_trace.record_of(claims, COMMIT, "2026-01-23T14:30:00Z", RECORD["id"], "1")  # type: ignore[arg-type]
    (found,) = agent_trace.read_records(json.dumps(said).encode())
    assert found.problems == ()
    assert sorted((one.path, one.ranges, one.model) for one in found.claims) == sorted(
        (one.path, one.ranges, one.model) for one in claims
    )


@given(RANGES, RANGES)
def test_ranges_less_others_hold_what_only_the_first_hold(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    def lines(ranges: object) -> set[int]:
        return {line for first, last in ranges for line in range(first, last + 1)}  # type: ignore[attr-defined]

    assert lines(without(some, others)) == lines(some) - lines(others)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_notes(text: str) -> None:
    git_ai.read_note(text, COMMIT)
    git_ai.read_note(text + "\n---\n" + note().partition("---\n")[2], COMMIT)
