"""Hostile text: both sides can be anything, and the comparison ends with spans that lie in them."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.scan.family import Match

See = Callable[[dict[str, str], dict[str, str]], list[tuple[object, Match, int]]]

PATHS = """tests/test_a.py tests/conftest.py src/a.py src/a.test.ts src/a.test.tsx src/a.test.js a_test.go ATest.java
 a_spec.rb pyproject.toml .github/workflows/a.yml CODEOWNERS .bandit.yaml package.json Makefile
 .pre-commit-config.yaml a.tf a.rs
 .husky/pre-commit __snapshots__/a.snap .clearance/x AGENTS.md"""
WORDS = """def test_a(): ; assert a == 1 \n\n\n \n\n    ( ) [ ] { } : , class A: @pytest.mark.skip with
 pytest.raises(Exception): try: except: pass return it("a", () => { }); expect(a).toBe(1); describe("b",
 test.each`a` /* */ // # ` ' "
 \\ \\" \"\"\" ''' # nosec é 😀 \x00 func TestA( @Test void a() t.Skip() uses: a/b@v1 run: pytest || true
 permissions: write-all * @team continue-on-error: true [tool.ruff] ignore = fail_under = 90 - id: bandit "test": "echo"
 lambda: not in is await async and or True ${ } <a> </a> && ; = => . if "pytest" in sys.modules"""
TEXT = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split(" ")), max_size=50).map(" ".join))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS.split()), before=st.none() | TEXT, after=st.none() | TEXT)
def test_any_two_sides_are_compared(see: See, path: str, before: str | None, after: str | None) -> None:
    old = {} if before is None else {path: before}
    new = {} if after is None else {path: after}
    for _, match, _ in see(old, new):
        text = (after if match.side == "after" else before) or ""
        assert 0 <= match.start <= match.end <= len(text)
        assert match.message


LONG = {
    "brackets": lambda n: "assert " + "(" * n,
    "closed brackets": lambda n: "def test_a():\n    assert " + "(" * n + "1" + ")" * n + "\n",
    "calls": lambda n: "def test_a():\n    " + "check_x(" * n + ")" * n + "\n",
    "ands": lambda n: "def test_a():\n    assert " + "a and " * n + "b\n",
    "tries": lambda n: "".join(f"{' ' * depth}try:\n" for depth in range(min(n, 300))),
    "quotes": lambda n: '"' * n + "  # nosec\n",
    "escapes": lambda n: "'" + "\\'" * n + "\n# nosec\n",
    "triple": lambda n: '"""\\' * n + "\n# nosec\n",
    "tests": lambda n: "".join(
        f"def test_{number}():\n    assert run({number}) == {number}\n\n\n" for number in range(n // 20)
    ),
    "comments": lambda n: "# nosec\n" * (n // 20),
    "slashes": lambda n: "/" * n + " // NOLINT\n",
    "describes": lambda n: 'describe("a", () => {' * (n // 20),
}


@pytest.mark.parametrize("shape", LONG)
def test_what_is_long_or_deep_ends_within_the_budget(see: See, shape: str) -> None:
    text = LONG[shape](8_000)
    started = time.monotonic()
    for path in ("tests/test_a.py", "src/a.test.ts", "a_test.go"):
        see({path: "x = 1\n"}, {path: text})
        see({path: text}, {path: text + "\nx = 1\n"})
        see({path: text}, {path: "x = 1\n"})
    assert time.monotonic() - started < 120
