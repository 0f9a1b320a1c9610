"""`policy lint`: every mistake is told with its line, and nothing else."""

import pytest

from clearance.decide.lint import Given, Problem, lint
from clearance.decide.table import Row
from clearance.decide.world import Names

NAMES = Names(
    rules=frozenset({"github-token", "package-licence", "python-sql-string-build"}),
    families=frozenset({"secrets", "code", "packages", "infra", "tampering", "imported"}),
    triggers=frozenset({"infrastructure", "database-query"}),
)
ASK, DENY = "go-further-unreviewed", "go-further"


def text(name: str, conditions: str, *, subject: str = "Finding", action: str = ASK, note: str = "") -> str:
    head = f'@id("{name}")\n@why("because")\n{note}'
    return f'{head}forbid (\n  principal,\n  action == Action::"{action}",\n  resource is {subject}\n)\n{conditions};\n'


class Bench:
    """Lints policies given by name, with the built-in ones beside them."""

    def __init__(self, builtin: dict[str, str], schema: str, rows: tuple[Row, ...]) -> None:
        self._builtin, self._schema, self._rows = builtin, schema, rows
        self.notes: tuple[str, ...] = ()

    def __call__(self, *texts: str, cases: str = "", kinds: bool = True) -> list[Problem]:
        """Give the problems; those without a case are left out unless `kinds` is False."""
        team = {}
        for number, one in enumerate(texts):
            name = one.partition('@id("')[2].partition('"')[0] or f"unnamed-{number}"
            team[f".clearance/policies/{name}.cedar"] = one
        given = Given(
            builtin=self._builtin, team=team, cases={"tests/a.toml": cases} if cases else {}, unread=(),
            schema=self._schema, rows=self._rows, names=NAMES,
        )  # fmt: skip
        report = lint(given)
        self.notes = report.notes
        return [one for one in report.problems if not kinds or one.kind != "no-example"]


@pytest.fixture(scope="session")
def bench(builtin: dict[str, str], schema: str, rows: tuple[Row, ...]) -> Bench:
    return Bench(builtin, schema, rows)


NEVER = [
    # the conditions, the subject, the line that is named, a part of what is said
    (
        (
            'when {\n  resource.introduced &&\n  resource.severity == Severity::"high" && '
            'resource.severity == Severity::"low"\n}'
        ),
        "Finding",
        10,
        "resource.severity cannot be high and low at once",
    ),
    ("when { resource.tier > 3 }", "Change", 8, "goes from 0 to 3"),
    ("when { resource.size < 0 }", "Change", 8, "goes from 0 upwards"),
    ("when { false }", "Finding", 8, "its condition is false"),
    ("when { resource.introduced }\nunless { resource.introduced }", "Finding", 8, "so and not so"),
    (
        'when { resource.severity == Severity::"high" } unless { resource.severity in [Severity::"high"] }',
        "Finding",
        8,
        "rules out",
    ),
    (
        (
            'unless { [Severity::"low", Severity::"medium", Severity::"high", Severity::"critical"]'
            ".contains(resource.severity) }"
        ),
        "Finding",
        8,
        "no value of resource.severity is left",
    ),
    (
        'when { resource.rule == "github-tokn" }',
        "Finding",
        8,
        "there is no rule 'github-tokn'; did you mean 'github-token'?",
    ),
    (
        'when { resource.family == "secret" && resource.introduced }',
        "Finding",
        8,
        "no family 'secret'; did you mean 'secrets'?",
    ),
    ('when { resource.name == "infra" }', "Trigger", 8, "there is no trigger 'infra'"),
    ('when { resource.triggers.contains("infra") }', "Change", 8, "there is no trigger 'infra'"),
    ('when { resource.path == "lib/a.py" && resource.path like "src/*" }', "File", 8, "lib/a.py"),
    (
        'when { resource.path like "src/pay/*" && !(resource.path like "src/*") }',
        "File",
        8,
        "like a pattern and not like it",
    ),
    ('when { resource.cwe.contains("CWE-1") && resource.cwe.isEmpty() }', "Finding", 8, "empty and hold CWE-1"),
    (
        'when { resource.cwe.contains("CWE-1") } unless { resource.cwe.contains("CWE-1") }',
        "Finding",
        8,
        "hold CWE-1 and not",
    ),
    ("when { resource.size > 10 && resource.size <= 10 }", "Change", 8, "no number fits"),
    ('when { resource.source == "command" }', "Change", 8, "never command"),
    ("when { (resource.tier == 9 || resource.classification < 0) && principal.byAi }", "Change", 8, "(1) no number fits"),
]


@pytest.mark.parametrize(("conditions", "subject", "line", "what"), NEVER)
def test_a_policy_that_can_never_fire_is_told(bench: Bench, conditions: str, subject: str, line: int, what: str) -> None:
    (problem,) = bench(text("mine", conditions, subject=subject))
    assert (problem.kind, problem.where) == ("never-fires", f".clearance/policies/mine.cedar:{line}")
    assert what in problem.what


FINE = [
    ("when { resource.tier >= 2 && principal.byAi }", "Change"),
    ('when { resource.rule == "bandit:B101" }', "Finding"),
    ('when { resource.rule like "github-*" && resource.introduced }', "Finding"),
    ('when { resource.rule like "no-such-thing-*" }', "Finding"),
    ('when { resource.severity == Severity::"low" || resource.severity == Severity::"high" }', "Finding"),
    ("when { context.proofHours < 0 && resource.tier == 1 }", "Change"),
    ("when { resource.size + 1 > 9223372036854775806 && false }", "Change"),
    ('when { principal.roles.contains("owner") && !principal.byAi }', "File"),
]


@pytest.mark.parametrize(("conditions", "subject"), FINE)
def test_a_policy_that_can_fire_is_not_told(bench: Bench, conditions: str, subject: str) -> None:
    assert bench(text("mine", conditions, subject=subject)) == []


def test_a_name_that_does_not_exist_is_told_where_the_policy_can_still_fire(bench: Bench) -> None:
    (problem,) = bench(text("mine", 'when {\n  ["package-licence", "package-licens"].contains(resource.rule)\n}'))
    assert (problem.kind, problem.where) == ("unknown-name", ".clearance/policies/mine.cedar:9")
    assert "'package-licens', so this part never holds" in problem.what
    assert problem.next == "did you mean package-licence?"


DEAD = [
    # text of the policy, its kind of mistake, a part of what is said
    (
        text(
            "mine",
            'when { resource.introduced && resource.family == "secrets" && resource.rule == "github-token" }\n'
            'unless { resource.confidence == Confidence::"low" }',
            action=DENY,
        ),
        "dead",
        "fires only where no-secrets (built in)",
    ),
    (
        text(
            "mine",
            'when { resource.family == "secrets" && resource.introduced && resource.path like "src/*" }\n'
            'unless { resource.confidence == Confidence::"low" }',
        ),
        "dead",
        "no-secrets",
    ),
    (
        text(
            "mine",
            'when { resource.introduced && resource.family == "secrets" }\n'
            'unless { resource.confidence == Confidence::"low" }',
        ),
        "contradiction",
        "nobody is ever asked",
    ),
    (
        text("mine", "when { resource.tier >= 3 }", subject="Change"),
        "contradiction",
        (
            "wants 1 reviewer for the same condition for which tier-3-needs-two-people (built in) wants "
            "1 security engineer, 1 reviewer"
        ),
    ),
    (text("mine", "when { resource.tier == 2 }", subject="Change"), "dead", "says the same as tier-2-needs-a-reviewer"),
    (text("mine", "when { 3 == resource.tier && principal.byAi }", subject="Change"), "dead", "tier-3-needs-two-people"),
]


@pytest.mark.parametrize(("policy", "kind", "what"), DEAD)
def test_a_policy_that_decides_nothing_is_told(bench: Bench, policy: str, kind: str, what: str) -> None:
    (problem,) = bench(policy)
    assert (problem.kind, problem.where) == (kind, ".clearance/policies/mine.cedar:1")
    assert what in problem.what


ALIVE = [
    # stricter, more people, another exit code, another question, a wider condition
    text("mine", "when { resource.tier >= 3 }", subject="Change", action=DENY),
    text("mine", "when { resource.tier == 2 }", subject="Change", note='@people("2 reviewers")\n'),
    text("mine", "when { resource.tier == 2 }", subject="Change", note='@people("1 security engineer")\n'),
    text("mine", "when { resource.tier >= 3 }", subject="Change", note='@people("1 security engineer, 2 reviewers")\n'),
    text("mine", "when { resource.files == 0 }", subject="Change", action=DENY),
    text("mine", "when { resource.tier == 2 }", subject="Change", action="act-unasked"),
    text("mine", "when { resource.tier >= 2 }", subject="Change"),
    text("mine", 'when { resource.introduced && resource.family == "secrets" }', action=DENY),
]


@pytest.mark.parametrize("policy", ALIVE)
def test_a_policy_that_decides_something_is_not_told(bench: Bench, policy: str) -> None:
    assert bench(policy) == []


def test_of_two_that_say_the_same_the_second_is_told(bench: Bench) -> None:
    same = 'when { resource.path like "src/pay/*" }'
    (problem,) = bench(text("one", same, subject="File"), text("two", same, subject="File"))
    assert (problem.policy, problem.kind) == ("two", "dead")
    assert "says the same as one (the team)" in problem.what


def test_of_two_for_the_same_condition_the_one_with_fewer_people_is_told(bench: Bench) -> None:
    same = 'when { resource.path like "src/pay/*" }'
    (problem,) = bench(
        text("a-few", same, subject="File"), text("more", same, subject="File", note='@people("2 reviewers")\n')
    )
    assert (problem.policy, problem.kind) == ("a-few", "contradiction")


def test_all_broken_files_are_told_and_the_rest_is_looked_at(bench: Bench) -> None:
    problems = bench(
        text("half", "when { resource.introduced &&"),
        '@id("noted")\n@why("x")\n@wy("y")\nforbid (principal, action, resource);',
        text("typo", 'when { resource.severty == Severity::"high" }'),
        text("typed", "when { resource.path > 3 }", subject="File"),
        text("no-secrets", "when { resource.introduced }"),
        text("no-invented-packages", "when { resource.introduced }"),
        text("dead", "when { false }"),
    )  # fmt: skip
    assert [(one.kind, one.where.rpartition("/")[2]) for one in problems] == [
        ("never-fires", "dead.cedar:8"),
        ("broken", "half.cedar:9"),
        ("duplicate-id", "no-invented-packages.cedar:1"),
        ("duplicate-id", "no-secrets.cedar:1"),
        ("broken", "noted.cedar:3"),
        ("schema", "typed.cedar:3"),
        ("schema", "typo.cedar:8"),
    ]
    assert all(one.next for one in problems)


CASE = '[[case]]\nname = "x"\nverdict = "ASK"\nreasons = ["{}"]\n'


def test_a_policy_without_a_case_is_told(bench: Bench) -> None:
    mine = text("mine", 'when { resource.path like "src/*" }', subject="File")
    (problem,) = bench(mine, kinds=False)
    assert (problem.kind, problem.where) == ("no-example", ".clearance/policies/mine.cedar:1")
    assert bench(mine, cases=CASE.format("mine"), kinds=False) == []


def test_a_case_that_expects_what_is_no_policy_is_told(bench: Bench) -> None:
    (problem,) = bench(text("mine", 'when { resource.path like "src/*" }', subject="File"), cases=CASE.format("miné"))
    assert (problem.kind, problem.where) == ("broken-case", "tests/a.toml:4")
    assert problem.next == "did you mean mine?"


def test_broken_cases_are_told_with_their_line(bench: Bench) -> None:
    (problem,) = bench(cases='[[case]]\nname = "x"\nverdict = "MAYBE"\n')
    assert (problem.kind, problem.where) == ("broken-case", "tests/a.toml:1")


def test_what_is_too_complex_is_counted_and_not_guessed_at(bench: Bench) -> None:
    assert bench(text("mine", "when { resource.size + 1 > 5 && resource.size < 0 }", subject="Change")) == []
    assert bench.notes == ("1 conditions are too complex to be worked out, so nothing is said about when they fire",)


def test_no_policies_at_all_are_fine(bench: Bench) -> None:
    assert bench() == []


def test_a_thousand_policies_are_compared_with_few(bench: Bench) -> None:
    texts = [text(f"p-{n}", f'when {{ resource.path like "team-{n}/*" }}', subject="File") for n in range(300)]
    texts.append(text("q", 'when { resource.path == "team-7/a.py" }', subject="File"))
    (problem,) = bench(*texts)
    assert problem.what.startswith("q decides nothing: it fires only where p-7 (the team) does")
