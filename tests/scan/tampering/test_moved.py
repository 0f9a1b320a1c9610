"""A guard that is renamed to a name that nobody reads is gone; one that is moved to another name that is read is not."""

from collections.abc import Callable

import msgspec
import pytest

from clearance.collect.memory import HeldContents, change_of
from clearance.facts.change import ChangeKind, FileChange
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.look import read_sides
from clearance.scan.tampering.family import TamperingFamily

Rename = Callable[..., list[Match]]
See = Callable[[dict[str, str], dict[str, str]], list[tuple[FileChange, Match, int]]]

GATE = "on: [pull_request]\njobs:\n  gate:\n    steps:\n      - run: clearance check\n      - run: pytest\n"
OWNERS = "* @team/all\n/app/auth/ @team/security\n"
HOOKS = "repos:\n  - repo: https://git.example.com/leaks\n    hooks:\n      - id: gitleaks\n"
PYTHON = "from shop import total\n\n\ndef test_total():\n    order = {1: 2}\n    assert total(order) == 2\n"
SCRIPT = 'import { a } from "./a";\nit("adds", () => {\n  const sum = a(1);\n  expect(sum).toBe(2);\n});\n'
GO = "package a\n\nfunc TestA(t *testing.T) {\n\tif A(1) != 2 {\n\t\tt.Fatal(1)\n\t}\n}\n"
JAVA = "class ATest {\n  @Test\n  void adds() {\n    assertEquals(2, a(1));\n    assertEquals(3, a(2));\n  }\n}\n"
CI, CODE, HOOK, SCANNER, TEST = (
    "ci-check-weakened",
    "review-rule-weakened",
    "commit-hook-bypassed",
    "scanner-config-weakened",
    "test-deleted",
)

AWAY = [
    (".github/workflows/gate.yml", ".github/workflows/gate.yml.disabled", GATE, CI),
    (".github/workflows/gate.yml", ".github/workflows/old/gate.yml", GATE, CI),
    (".github/workflows/gate.yml", "docs/gate.yml", GATE, CI),
    (".github/workflows/gate.yml", "docs/.github/workflows/gate.yml", GATE, CI),
    (".github/workflows/gate.yml", ".circleci/gate.yml", GATE, CI),
    (".github/workflows/gate.yml", ".github/workflows/README", GATE, CI),
    (".gitlab-ci.yml", "ci.yml", GATE, CI),
    (".gitlab-ci.yml", "old.gitlab-ci.yml", GATE, CI),
    (".circleci/config.yml", ".circleci/config.yml.bak", GATE, CI),
    ("Jenkinsfile", "Jenkinsfile.bak", GATE, CI),
    (".ci/check.sh", ".ci/check.sh.off", GATE, CI),
    (".github/CODEOWNERS", ".github/CODEOWNERS.old", OWNERS, CODE),
    (".github/CODEOWNERS", "app/CODEOWNERS", OWNERS, CODE),
    (".github/CODEOWNERS", ".gitlab/CODEOWNERS", OWNERS, CODE),
    ("CODEOWNERS", "OWNERS", OWNERS, CODE),
    ("CODEOWNERS", ".bitbucket/CODEOWNERS", OWNERS, CODE),
    (".pre-commit-config.yaml", ".pre-commit-config.yml", HOOKS, SCANNER),
    (".pre-commit-config.yaml", ".pre-commit-config.yaml.bak", HOOKS, SCANNER),
    (".pre-commit-config.yaml", "docs/.pre-commit-config.yaml", HOOKS, SCANNER),
    (".gitleaks.toml", "gitleaks.toml.bak", HOOKS, SCANNER),
    (".gitleaks.toml", "old/.gitleaks.toml", HOOKS, SCANNER),
    (".gitleaks.toml", ".ruff.toml", HOOKS, SCANNER),
    (".eslintrc.json", ".eslintrc.json.old", HOOKS, SCANNER),
    (".husky/pre-commit", ".husky/pre-commit.bak", GATE, HOOK),
    (".husky/pre-commit", ".husky/post-commit", GATE, HOOK),
    ("lefthook.yml", "lefthook.txt", GATE, HOOK),
    (".clearance/settings.toml", ".clearance.bak/settings.toml", OWNERS, "guard-changed"),
    (".claude/settings.json", ".claude/settings.json.bak", OWNERS, "assistant-guard-changed"),
    (".github/settings.yml", "docs/settings.txt", OWNERS, CODE),
    ("tests/test_a.py", "tests/a_test.txt", PYTHON, TEST),
    ("tests/test_a.py", "tests/_a.py", PYTHON, TEST),
    ("tests/test_a.py", "tests/test_a.py.bak", PYTHON, TEST),
    ("tests/test_a.py", ".attic/test_a.py", PYTHON, TEST),
    ("src/a.test.ts", "src/a.ts", SCRIPT, TEST),
    ("src/a.test.ts", "src/a.test.ts.txt", SCRIPT, TEST),
    ("test/a.js", "attic/a.js", SCRIPT, TEST),
    ("a_test.go", "a_test.go.off", GO, TEST),
    ("a_test.go", "testdata/a_test.go", GO, TEST),
    ("src/test/ATest.java", "src/test/AOff.java", JAVA, TEST),
]


@pytest.fixture(scope="module")
def rename(read: Callable[[], tuple[Rule, ...]]) -> Rename:
    family = TamperingFamily(read())

    def renamed(old: str, new: str, text: str, after: str = "") -> list[Match]:
        was, now = text.encode(), (after or text).encode()
        (file,) = change_of({}, {new: was}).change.files
        if was != now:
            (file,) = change_of({new: was}, {new: now}).change.files
        ranges = (file.added, file.removed) if was != now else ((), ())
        file = msgspec.structs.replace(
            file, kind=ChangeKind.RENAMED, old_path=old, before=file.before or file.after, added=ranges[0], removed=ranges[1]
        )
        contents = HeldContents({new: was}, {new: now}, {new: now})
        sides = read_sides(file, contents, family.max_bytes)
        return [one for one in family.compare(Pair(file, sides.before, sides.after), Budget(20.0)) if isinstance(one, Match)]

    return renamed


@pytest.mark.parametrize(("old", "new", "text", "rule"), AWAY, ids=[f"{one[0]} to {one[1]}" for one in AWAY])
def test_a_guard_renamed_to_a_name_that_nobody_reads_is_gone(
    rename: Rename, see: See, old: str, new: str, text: str, rule: str
) -> None:
    (found,) = rename(old, new, text)
    assert found.rule == rule
    deleted = [match.severity for _, match, _ in see({old: text}, {}) if match.rule == rule]
    assert deleted == [found.severity]


def test_one_that_is_edited_on_the_way_is_gone_too(rename: Rename) -> None:
    edited = GATE.replace("[pull_request]", "[push]")
    assert [one.rule for one in rename(".github/workflows/a.yml", ".github/a.yml.off", GATE, edited)] == [CI]
    assert [one.rule for one in rename("tests/test_a.py", "tests/old.py", PYTHON, f"{PYTHON}\n\n# later\n")] == [TEST]


def test_one_that_is_read_under_its_new_name_is_compared_with_what_it_was(rename: Rename) -> None:
    weaker = GATE.replace("clearance check", "clearance check || true")
    assert [one.rule for one in rename(".github/workflows/a.yml", ".github/workflows/b.yml", GATE, weaker)] == [CI]
    fewer = OWNERS.partition("\n")[0] + "\n"
    assert [one.rule for one in rename("CODEOWNERS", ".github/CODEOWNERS", OWNERS, fewer)] == [CODE]


STILL_READ = [
    (".github/workflows/ci.yml", ".github/workflows/build.yml", GATE),
    (".github/workflows/ci.yml", ".github/workflows/ci.yaml", GATE),
    ("ci/a.gitlab-ci.yml", "ci/b.gitlab-ci.yml", GATE),
    ("Jenkinsfile.release", "Jenkinsfile.deploy", GATE),
    ("Jenkinsfile", "ci/Jenkinsfile", GATE),
    (".ci/check.sh", "scripts/check.sh", GATE),
    (".buildkite/check.sh", ".buildkite/checks.sh", GATE),
    ("docs/ci.yml.bak", "docs/ci.yml.old", GATE),
    ("CODEOWNERS", ".github/CODEOWNERS", OWNERS),
    (".github/CODEOWNERS", "CODEOWNERS", OWNERS),
    (".gitlab/CODEOWNERS", "docs/CODEOWNERS", OWNERS),
    ("app/CODEOWNERS", "app/CODEOWNERS.old", OWNERS),
    (".husky/pre-commit", ".githooks/pre-commit", GATE),
    ("lefthook.yml", ".lefthook.yaml", GATE),
    ("gitleaks.toml", ".gitleaks.toml", HOOKS),
    (".github/codeql/a.yml", ".github/codeql/b.yml", HOOKS),
    (".eslintrc.json", ".eslintrc.yml", HOOKS),
    ("jest.config.js", "vitest.config.ts", HOOKS),
    ("tests/test_a.py", "tests/test_b.py", PYTHON),
    ("tests/test_a.py", "tests/unit/test_a.py", PYTHON),
    ("tests/test_a.py", "shop/a_test.py", PYTHON),
    ("src/a.test.ts", "src/a.spec.ts", SCRIPT),
    ("src/a.test.ts", "src/__tests__/a.ts", SCRIPT),
    ("test/a.js", "test/unit/a.js", SCRIPT),
    ("a_test.go", "pkg/b_test.go", GO),
    ("src/test/ATest.java", "src/test/b/BTests.java", JAVA),
    ("src/orders.py", "src/orders.py.bak", PYTHON.replace("test_", "run_")),
]


@pytest.mark.parametrize(("old", "new", "text"), STILL_READ, ids=[f"{one[0]} to {one[1]}" for one in STILL_READ])
def test_a_guard_moved_to_another_name_that_is_read_is_judged_by_its_text(
    rename: Rename, old: str, new: str, text: str
) -> None:
    assert rename(old, new, text) == []
