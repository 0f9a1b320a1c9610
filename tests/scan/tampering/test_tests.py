"""What counts as weaker, and what is only written differently."""

from collections.abc import Callable

import pytest

from clearance.facts.finding import Severity
from clearance.scan.family import Match

Compare = Callable[[dict[str, str], dict[str, str]], list[tuple[str, str, str, int]]]
See = Callable[[dict[str, str], dict[str, str]], list[tuple[object, Match, int]]]

WEAKENED, SKIPPED, DELETED, EXPECTED = "test-weakened", "test-skipped", "test-deleted", "test-expectation-changed"


def python(*lines: str, head: str = "") -> dict[str, str]:
    return {"tests/test_a.py": head + "def test_a():\n    got = run()\n" + "".join(f"    {line}\n" for line in lines)}


def script(*lines: str) -> dict[str, str]:
    body = "".join(f"  {line}\n" for line in lines)
    return {"src/a.test.ts": 'it("works", async () => {\n  const got = run();\n' + body + "});\n"}


# Before, after, and what is seen.
PYTHON = [
    ("assert got == 3", "assert got in (2, 3)", WEAKENED),
    ("assert got == 3", "assert got is not None", WEAKENED),
    ("assert got == 3", "assert got == got", WEAKENED),
    ("assert got == 3", "assert got == 3 or True", WEAKENED),
    ("assert got == 3", "assert (got == 3, 'three')", WEAKENED),
    ("assert got == 3", "print(got)", WEAKENED),
    ("assert got == 3", "# assert got == 3", WEAKENED),
    ("assert got == 3", "'assert got == 3'", WEAKENED),
    ("assert got == pytest.approx(3, rel=1e-6)", "assert got == pytest.approx(3, rel=1e-1)", WEAKENED),
    ("assert abs(got - 3) < 0.001", "assert abs(got - 3) < 10", WEAKENED),
    ("self.assertAlmostEqual(got, 3, places=7)", "self.assertAlmostEqual(got, 3, places=1)", WEAKENED),
    ("self.assertEqual(got, other)", "self.assertTrue(got)", WEAKENED),
    ("self.assertEqual(got, 3)", "self.assertEqual(got, 4)", EXPECTED),
    ("mock.assert_called_once_with(3)", "mock.assert_called()", WEAKENED),
    ("assert got == 3", "with contextlib.suppress(AssertionError):\n        assert got == 3", WEAKENED),
    ("assert got == 3", "try:\n        assert got == 3\n    except:\n        pass", WEAKENED),
    ("assert got == 3", "assert got == 4", EXPECTED),
    ("assert got == 3", "pytest.xfail('later')\n    assert got == 3", SKIPPED),
    ("assert got == 3", "raise unittest.SkipTest\n    assert got == 3", SKIPPED),
    ("assert got == 3", "assert 3 == got", ""),
    ("assert got == True", "assert got", ""),
    ("self.assertEqual(got, False)", "self.assertFalse(got)", ""),
    ("with pytest.warns(None):\n        run()", "with pytest.warns():\n        run()", ""),
    ("assert got == 3", "assert got == 3, 'must be three'", ""),
    ("assert got == 'x'", 'assert got == "x"', ""),
    ("assert got == [1, 2]", "assert got == [\n        1,\n        2,\n    ]", ""),
    ("assert got in (1, 2)", "assert got == 1", ""),
    ("assert got == pytest.approx(3, rel=1e-1)", "assert got == pytest.approx(3, rel=1e-6)", ""),
    ("assert got == 3", "assert got == 3\n    assert other == 4", ""),
    ("assert got == 3\n    assert got != 4", "assert got != 4 and got == 3", ""),
    ("assert run(1) == 1\n    assert run(2) == 4", "for n in (1, 2):\n        assert run(n) == n * n", ""),
    ("assert got == 3", "try:\n        assert got == 3\n    except AssertionError:\n        dump()\n        raise", ""),
]  # fmt: skip
SCRIPT = [
    ("expect(got).toBe(3);", "expect(got).toBeTruthy();", WEAKENED),
    ("expect(got).toEqual([1]);", "expect(got).toContain(1);", WEAKENED),
    ("expect(got).toBe(other);", "expect(true).toBe(true);", WEAKENED),
    ("expect(got).toBe(3);", "// expect(got).toBe(3);", WEAKENED),
    ("expect(got).toBeCloseTo(3, 8);", "expect(got).toBeCloseTo(3, 1);", WEAKENED),
    ("expect(() => run()).toThrow(TypeError);", "expect(() => run()).toThrow();", WEAKENED),
    ("assert.strictEqual(got, other);", "assert.ok(got);", WEAKENED),
    ("expect(got).toBe(3);", "try { expect(got).toBe(3); } catch (e) { console.log(e); }", WEAKENED),
    ("expect(got).toBe(3);", "expect(got).toBe(4);", EXPECTED),
    ("await expect(got).resolves.toBe(3);", "return;\n  await expect(got).resolves.toBe(3);", SKIPPED),
    ("expect(got).toBe('x');", 'expect(got).toBe("x")', ""),
    ("expect(got).toBeTruthy();", "expect(got).toBe(3);", ""),
    ("expect(got).toEqual({ a: 1 });", "expect(got).toEqual({\n    a: 1,\n  });", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rule"), PYTHON, ids=[f"{row[0][:30]} → {row[1][:30]}" for row in PYTHON])
def test_a_python_test(compare: Compare, before: str, after: str, rule: str) -> None:
    assert {seen[0] for seen in compare(python(before), python(after))} == ({rule} if rule else set())


@pytest.mark.parametrize(("before", "after", "rule"), SCRIPT, ids=[f"{row[0][:30]} → {row[1][:30]}" for row in SCRIPT])
def test_a_script_test(compare: Compare, before: str, after: str, rule: str) -> None:
    assert {seen[0] for seen in compare(script(before), script(after))} == ({rule} if rule else set())


def test_the_place_is_where_the_test_stands_now(see: See) -> None:
    ((_, match, line),) = see(python("assert got == 3"), python("pass", head="import os\n\n\n"))
    assert (match.rule, match.side, line) == (WEAKENED, "after", 4)
    assert match.message == "an assertion was removed from a test that this change must pass"


def test_a_deleted_test_lies_on_the_side_where_it_was(see: See) -> None:
    ((_, match, line),) = see(
        {"tests/test_a.py": "import os\n\ndef test_a():\n    assert os\n"}, {"tests/test_a.py": "import os\n"}
    )
    assert (match.rule, match.side, line) == (DELETED, "before", 3)


def test_the_same_in_a_helper_is_less_sure(see: See) -> None:
    before = "def check_it(got):\n    assert got == 3\n\n\ndef test_a():\n    check_it(1)\n"
    ((_, match, _),) = see({"tests/test_a.py": before}, {"tests/test_a.py": before.replace("assert got == 3", "pass")})
    assert match.rule == WEAKENED
    assert match.confidence is not None


def test_assertions_moved_into_a_helper_are_still_made(compare: Compare) -> None:
    before = "def test_a():\n    got = run()\n    assert got == 3\n    assert got.ok\n"
    helper = "def _both(got):\n    assert got == 3\n    assert got.ok\n\n\n"
    after = helper + "def test_a():\n    got = run()\n    _both(got)\n"
    assert compare({"tests/test_a.py": before}, {"tests/test_a.py": after}) == []


def test_a_skip_under_a_condition_weighs_less(see: See) -> None:
    mark = '@pytest.mark.skipif(sys.platform == "win32", reason="paths")\n'
    sure = '@pytest.mark.skipif(True, reason="paths")\n'
    text = python("assert got == 3")
    assert [match.severity for _, match, _ in see(text, python("assert got == 3", head=mark))] == [Severity.LOW]
    assert [match.severity for _, match, _ in see(text, python("assert got == 3", head=sure))] == [None]


def test_a_class_that_is_skipped_is_told_once(compare: Compare) -> None:
    before = "class TestA:\n    def test_a(self):\n        assert a()\n\n    def test_b(self):\n        assert b()\n"
    assert compare({"tests/test_a.py": before}, {"tests/test_a.py": "@unittest.skip\n" + before}) == [
        (SKIPPED, "tests/test_a.py", "after", 1)
    ]


GO = 'package a\n\nfunc TestA(t *testing.T) {\n\tif run() != 3 {\n\t\tt.Errorf("no")\n\t}\n\tassert.Equal(t, 1, one())\n}\n'


def test_other_languages_by_their_lines(compare: Compare) -> None:
    assert compare({"a_test.go": GO}, {"a_test.go": GO.replace("\tassert.Equal(t, 1, one())\n", "")}) == [
        (WEAKENED, "a_test.go", "after", 3)
    ]
    assert compare({"a_test.go": GO}, {"a_test.go": GO.replace("\tif run", '\tt.Skip("later")\n\tif run')}) == [
        (SKIPPED, "a_test.go", "after", 4)
    ]
    assert compare({"a_test.go": GO}, {"a_test.go": GO.replace("\tif run", '\t// t.Skip("later")\n\tif run')}) == []
    assert compare({"a_test.go": GO}, {"a_test.go": GO.replace("TestA", "TestOther")}) == []
