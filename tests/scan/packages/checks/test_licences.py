"""Licences as SPDX expressions against what the settings allow and deny."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.packages.checks.licences import judged

ALLOW = ("MIT", "Apache-2.0", "LicenseRef-ours", "GPL-2.0-only WITH Classpath-exception-2.0")
DENY = ("GPL-3.0-only", "GPL-3.0-or-later", "GPLv2")
# The words, whether they are let in by the list of allowed ones, and by that of denied ones; None: nobody knows.
ROWS: list[tuple[str, bool | None, bool | None]] = [
    ("MIT", True, True),
    ("(MIT OR GPL-3.0-only)", True, True),
    ("MIT AND GPL-3.0-only", False, False),
    ("Apache 2.0", True, True),
    ("Apache-2.0 WITH LLVM-exception", True, True),
    ("GPL-3.0+", False, False),
    ("GPL-3.0", False, False),
    ("GPL-2.0-only WITH Classpath-exception-2.0", True, False),
    ("BSD", False, True),
    ("MIT/Apache-2.0", True, True),
    ("AGPL-3.0", False, True),
    ("(MIT AND (BSD-2-Clause OR GPL-3.0))", False, True),
    ("LicenseRef-ours", True, None),
    ("LicenseRef-theirs", None, None),
    ("MIT OR LicenseRef-theirs", True, True),
    ("MIT AND LicenseRef-theirs", None, None),
    ("UNLICENSED", None, None),
    ("SEE LICENSE IN LICENSE.txt", None, None),
    ("do what you like", None, None),
    ("(((MIT", None, None),
    ("(" * 300 + "MIT" + ")" * 300, None, None),
]


@pytest.mark.parametrize(("words", "allowed", "passed"), ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_licence_is_judged_by_both_lists(words: str, allowed: object, passed: object) -> None:
    said = judged(words, ALLOW, ())
    assert (None if said is None else not said) is allowed
    said = judged(words, (), DENY)
    assert (None if said is None else not said) is passed


LEAVES = st.sampled_from(["MIT", "Apache-2.0", "GPL-3.0-only", "BSD-3-Clause", "LicenseRef-x"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({' '.join(t)})"),
    max_leaves=6,
)


@given(left=TREES, right=TREES)
def test_and_is_as_bad_as_its_worse_part_and_or_as_good_as_its_better_one(left: str, right: str) -> None:
    def rank(words: str) -> int:
        said = judged(words, (), DENY)
        return 1 if said is None else 0 if said else 2

    assert rank(f"{left} AND {right}") == min(rank(left), rank(right))
    assert rank(f"{left} OR {right}") == max(rank(left), rank(right))


@given(words=st.text(max_size=60))
def test_any_words_get_an_answer(words: str) -> None:
    judged(words, ALLOW, DENY)
