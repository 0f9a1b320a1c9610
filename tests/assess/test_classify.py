"""The level of data that a change touches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.assess.assess import assess
from clearance.assess.classify import classify
from clearance.collect.memory import change_of
from clearance.facts.classification import Classification, Level, Scheme
from clearance.facts.fact import canonical, plain
from clearance.facts.finding import Confidence, Finding, Place, Severity

LEVELS = st.sampled_from(Level)


def found(rule: str, family: str = "personal", path: str = "src/app.py", *, introduced: bool = True) -> Finding:
    return Finding(
        rule=rule,
        family=family,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        place=Place(path=path, line=1),
        message="m",
        fingerprint="0" * 64,
        introduced=introduced,
    )


SCHEME = Scheme(
    default=Level.INTERNAL,
    paths={"docs/**": Level.PUBLIC, "data/**": Level.CONFIDENTIAL, "data/customers/**": Level.RESTRICTED},
    kinds={"ip-address": Level.PUBLIC, "code": Level.INTERNAL},
)


@pytest.mark.parametrize(
    ("paths", "findings", "level", "reasons"),
    [
        (["src/app.py"], [], Level.INTERNAL, ("the default",)),
        (["docs/a.md"], [], Level.PUBLIC, ("docs/a.md fits docs/**",)),
        (["docs/a.md", "data/x.csv"], [], Level.CONFIDENTIAL, ("data/x.csv fits data/**",)),
        # of two globs the stricter one counts, in whichever order they stand
        (["data/customers/a.csv"], [], Level.RESTRICTED, ("data/customers/a.csv fits data/customers/**",)),
        (["src/app.py"], [found("email-address")], Level.CONFIDENTIAL, ("email-address in src/app.py",)),
        (["src/app.py"], [found("ip-address")], Level.INTERNAL, ("the default",)),
        (["src/app.py"], [found("github-token", "secrets")], Level.RESTRICTED, ("github-token in src/app.py",)),
        (
            ["src/app.py"],
            [found("nl-citizen-service-number")],
            Level.RESTRICTED,
            ("nl-citizen-service-number in src/app.py",),
        ),
        # what stood there before is touched as well
        (["src/app.py"], [found("iban", introduced=False)], Level.RESTRICTED, ("iban in src/app.py",)),
        (["b", "a"], [found("iban", path="b"), found("iban", path="a")], Level.RESTRICTED, ("2 × iban, first in a",)),
        # a prompt has no files
        ([], [], Level.INTERNAL, ("the default",)),
        ([], [found("payment-card", path="prompt")], Level.RESTRICTED, ("payment-card in prompt",)),
        # a finding of another family holds no data unless settings say so
        (["docs/a.md"], [found("python-eval", "tampering")], Level.PUBLIC, ("docs/a.md fits docs/**",)),
        (["docs/a.md"], [found("python-eval", "code")], Level.INTERNAL, ("python-eval in src/app.py",)),
    ],
)
def test_the_highest_level_counts_and_says_why(
    paths: list[str], findings: list[Finding], level: Level, reasons: tuple[str, ...]
) -> None:
    got = classify(paths, findings, SCHEME)
    assert (got.level, got.reasons) == (level, reasons)


def test_a_word_of_the_team_on_a_family_comes_before_the_built_in_word_on_a_rule() -> None:
    scheme = Scheme(kinds={"personal": Level.INTERNAL, "iban": Level.RESTRICTED})
    assert scheme.of_kind("email-address", "personal") is Level.INTERNAL
    assert scheme.of_kind("iban", "personal") is Level.RESTRICTED
    assert scheme.of_kind("python-eval", "code") is None


def test_risk_tells_the_level_of_a_change_and_of_the_name_that_a_file_had() -> None:
    collected = change_of({"docs/a.md": b"a\n"}, {"docs/a.md": b"b\n"})
    assert assess(collected.change, [], [], SCHEME).classification.level is Level.PUBLIC
    assert assess(collected.change, [], []).classification.level is Level.INTERNAL
    assert assess(collected.change, [], [found("iban")]).tier == assess(collected.change, [], []).tier


@given(st.lists(LEVELS), LEVELS)
def test_levels_are_a_lattice(levels: list[Level], one: Level) -> None:
    joined = Level.join_all(levels)
    assert Level.join_all(reversed(levels)) is joined
    assert joined.join(joined) is joined
    assert Level.join_all([*levels, one]).rank >= joined.rank
    assert joined.join(Level.PUBLIC) is joined
    assert joined.join(Level.RESTRICTED) is Level.RESTRICTED


@given(
    st.lists(st.sampled_from(["docs/a.md", "data/b.csv", "data/customers/c", "src/d.py"]), max_size=4),
    st.lists(
        st.sampled_from(
            [found("iban"), found("email-address", path="b"), found("x", "code"), found("iban", introduced=False)]
        )
    ),
    st.randoms(use_true_random=False),
)
def test_order_says_nothing_and_more_never_lowers_the_level(
    paths: list[str], findings: list[Finding], random: object
) -> None:
    got = classify(paths, findings, SCHEME)
    assert got == classify(sorted(paths, reverse=True), findings[::-1], SCHEME)
    assert classify([*paths, "data/customers/x"], findings, SCHEME).level is Level.RESTRICTED
    more = classify([*paths, "src/app.py"], [*findings, found("phone-number")], SCHEME)
    assert more.level.rank >= Level.CONFIDENTIAL.rank
    assert canonical(plain(got)) == canonical(got)


def test_the_level_of_a_rule_is_that_of_what_it_found() -> None:
    got = classify(["src/a.py"], [found("iban"), found("email-address")], SCHEME)
    assert got.of_rule("iban") is Level.RESTRICTED
    assert got.of_rule("email-address") is Level.CONFIDENTIAL
    assert got.of_rule("other") is Level.PUBLIC
    assert Classification().level is Level.PUBLIC
