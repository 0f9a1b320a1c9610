"""Two that see the same are one finding."""

from clearance.collect.memory import change_of
from clearance.facts.finding import Confidence, Finding, Place, Severity
from clearance.scan.imported.merge import Merged, merge
from clearance.scan.imported.opinion import Opinion, Raw

LINES = ["import os", "def f(x):", "    os.system(x)", "    return x"]


def ours(line: int = 3, *, cwe: tuple[str, ...] = ("CWE-78",), rule: str = "python-shell") -> Finding:
    return Finding(
        rule=rule,
        family="code",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        place=Place(path="a.py", line=line, column=5),
        message="m",
        fingerprint="f",
        introduced=True,
        cwe=cwe,
    )


def theirs(
    line: int = 3, *, cwe: tuple[str, ...] = ("CWE-78",), tool: str = "bandit", path: str = "a.py", column: int = 0
) -> Raw:
    return Raw(
        tool=tool,
        rule="B1",
        path=path,
        line=line,
        column=column,
        message="said",
        severity=Severity.MEDIUM,
        cwe=cwe,
        title="title",
    )


def joined(findings: list[Finding], *raws: Raw, before: dict[str, bytes] | None = None) -> Merged:
    change = change_of(before or {}, {"a.py": "\n".join(LINES).encode()}).change
    tools = dict.fromkeys(raw.tool for raw in raws)
    opinions = [Opinion(tool=tool, raws=tuple(raw for raw in raws if raw.tool == tool), files=1) for tool in tools]
    return merge(findings, opinions, change.files, lambda _: LINES)


def test_the_same_place_and_weakness_is_one_finding_with_a_witness() -> None:
    (finding,) = joined([ours()], theirs()).findings
    assert finding.witnesses == ("bandit:B1",)
    assert finding.confidence is Confidence.HIGH


def test_a_kindred_weakness_on_the_next_line_is_the_same() -> None:
    (finding,) = joined([ours()], theirs(4, cwe=("CWE-88",))).findings
    assert finding.witnesses == ("bandit:B1",)


def test_another_weakness_or_place_is_another_finding() -> None:
    assert len(joined([ours()], theirs(cwe=("CWE-327",))).findings) == 2
    assert len(joined([ours()], theirs(1)).findings) == 2


def test_who_names_no_weakness_must_name_exactly_the_place() -> None:
    assert len(joined([ours()], theirs(cwe=(), column=5)).findings) == 1
    assert len(joined([ours()], theirs(cwe=(), column=6)).findings) == 2


def test_two_tools_second_each_other_and_one_tool_not_itself() -> None:
    (finding,) = joined([], theirs(tool="bandit"), theirs(tool="ruff")).findings
    assert (finding.rule, finding.witnesses) == ("bandit:B1", ("ruff:B1",))
    assert len(joined([], theirs(), theirs(4)).findings) == 2


def test_what_is_new_is_told_by_the_lines() -> None:
    before = {"a.py": "".join(f"{line}\n" for line in LINES[:3]).encode()}
    found = joined([], theirs(3), theirs(4), before=before).findings
    assert [finding.introduced for finding in found] == [False, True]


def test_what_lies_outside_of_the_change_is_left_out() -> None:
    merged = joined([], theirs(path="elsewhere.py"))
    assert merged.findings == ()
    assert merged.ran[0].findings == 0


def test_a_file_with_secrets_is_not_quoted() -> None:
    secret = ours(1, cwe=("CWE-798",), rule="token")
    secret = Finding(**{**{name: getattr(secret, name) for name in secret.__struct_fields__}, "family": "secrets"})
    found = joined([secret], theirs(3)).findings[1]
    assert found.excerpt is None
    assert found.message == "title"


def test_a_line_that_the_file_does_not_have_is_the_whole_file() -> None:
    (finding,) = joined([], theirs(900)).findings
    assert finding.place.line == 0
