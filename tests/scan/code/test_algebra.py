"""The algebra of values: laws of `join` on made-up values, and what operators, containers and text give, as tables."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.value import ANYTHING, CLOSED, HARMLESS, KINDS, UNKNOWN, Hop, Taint, Value

L = algebra.of_literal


def taint(kind: str = "request", at: int = 1, **more: object) -> Taint:
    return Taint(kind, (Hop("a.py", at, at + 1, "comes in"),), **more)


TAINTED = Value(taints=(taint(),))
BUILT = algebra.put_together([L("a '"), TAINTED, L("'")])

hops = st.builds(Hop, st.just("a.py"), st.integers(0, 5), st.just(9), st.sampled_from(["one", "two"]))
taints = st.builds(
    Taint,
    st.sampled_from([*KINDS, CLOSED]),
    st.lists(hops, min_size=1, max_size=3).map(tuple),
    cleaned=st.frozensets(st.sampled_from(["sql", "shell"])),
    weak=st.booleans(),
)
tainted = st.builds(lambda many: algebra.with_taints(ANYTHING, tuple(many)), st.lists(taints, max_size=3))
simple = st.one_of(
    st.just(ANYTHING),
    st.just(HARMLESS),
    st.sampled_from([None, True, 0, 1, 7, 2.5, "", "a", "bc", ...]).map(L),
    tainted,
    st.builds(lambda v, text: algebra.put_together([L(text), v]), tainted, st.sampled_from(["", "x", "select "])),
    st.builds(
        lambda names, v: Value(names=names, taints=v.taints), st.sampled_from([("a",), ("a.b", "c"), ("?.x",)]), tainted
    ),
)
keys = st.one_of(st.sampled_from(["k", "m", 0, 1, -1]).map(L), st.just(ANYTHING))
values = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(algebra.make_list),
        st.lists(inner, max_size=3).map(lambda many: algebra.make_list(many, "set")),
        st.lists(st.tuples(st.one_of(st.none(), keys), inner), max_size=4).map(algebra.make_object),
    ),
    max_leaves=8,
)


def origins(value: Value) -> set[tuple[str, Hop]]:
    return {(one.kind, one.trail[0]) for one in algebra.taints_of(value)}


def few(*given_values: Value) -> bool:
    """All origins together are few enough to be kept."""
    return len(set().union(*(origins(one) for one in given_values))) <= algebra.MAX_TAINTS


# Laws


@given(values)
def test_a_value_joined_with_itself_stays_the_very_same(a: Value) -> None:
    assert algebra.join(a, a) is a
    assert algebra.same(a, a)


@given(values, values)
@example(algebra.make_list([algebra.make_list([TAINTED])]), algebra.make_object([(None, ANYTHING), (None, L(""))]))
@example(algebra.make_list([algebra.make_list([BUILT])]), algebra.make_object([(None, ANYTHING), (None, L(""))]))
def test_a_join_comes_to_rest_at_once(a: Value, b: Value) -> None:
    once = algebra.join(a, b)
    again = algebra.join(once, b)
    assert algebra.join(again, b) is again
    assert algebra.join(again, a) is again or algebra.join(algebra.join(again, a), a) is algebra.join(again, a)


@pytest.mark.parametrize("one_way", [algebra.make_list([TAINTED]), algebra.make_object([(L("k"), BUILT)])])
def test_what_lay_in_a_container_counts_for_the_text_of_a_join(one_way: Value) -> None:
    other_way = Value(text="x")
    for result in (algebra.join(one_way, other_way), algebra.join(other_way, one_way)):
        assert result.items is None
        assert result.text is None
        assert algebra.join(result, one_way) is result
        assert algebra.join(result, other_way) is result


@pytest.mark.parametrize("contents", [HARMLESS, L("a"), TAINTED])
@pytest.mark.parametrize("text", ["", "a"])
def test_a_constant_a_text_and_a_container_in_turn_come_to_rest(contents: Value, text: str) -> None:
    ways = (HARMLESS, L(text), algebra.make_list([contents]))
    result = algebra.joined(ways * 2)
    assert all(algebra.join(result, way) is result for way in ways)


@given(values, values)
def test_origins_constants_and_contents_of_a_join_do_not_depend_on_order(a: Value, b: Value) -> None:
    one, other = algebra.join(a, b), algebra.join(b, a)
    assert one.constant == other.constant
    assert one.literal is other.literal or one.literal == other.literal
    assert one.text == other.text
    assert one.built == other.built
    assert one.taints == other.taints
    assert (one.items is None) == (other.items is None)
    assert (one.rest is None) == (other.rest is None)
    if one.items is not None and other.items is not None:
        assert one.items.keys() == other.items.keys()


@given(values, values)
def test_a_join_loses_no_origin_below_the_bound(a: Value, b: Value) -> None:
    if few(a, b):
        assert origins(algebra.join(a, b)) == origins(a) | origins(b)


@given(simple, simple, simple)
def test_origins_of_joins_of_many_do_not_depend_on_grouping(a: Value, b: Value, c: Value) -> None:
    one = algebra.join(algebra.join(a, b), c)
    other = algebra.join(a, algebra.join(b, c))
    assert one.taints == other.taints
    assert one.constant == other.constant
    assert one.built == other.built


@given(values, values, keys)
def test_what_is_read_from_a_join_holds_what_each_side_holds(a: Value, b: Value, key: Value) -> None:
    if few(a, b):
        found = origins(algebra.index(algebra.join(a, b), key))
        for side in (a, b):
            if side.items is not None and side.form == "dict":
                assert origins(algebra.index(side, key)) <= found


@given(values)
def test_cleaning_for_all_leaves_no_origin(a: Value) -> None:
    clean = algebra.cleaned(a, frozenset("*"))
    assert not algebra.taints_of(clean)
    assert clean.constant


@given(values)
def test_cleaning_for_one_kind_reaches_the_contents(a: Value) -> None:
    assert all(
        "shell" in one.cleaned for one in algebra.taints_of(algebra.cleaned(a, frozenset({"shell"}))) if not a.constant
    )


@given(values, hops)
def test_a_hop_keeps_where_the_way_starts(a: Value, hop: Hop) -> None:
    after = algebra.hop(a, hop)
    assert origins(after) == origins(a)
    assert all(hop in one.trail for one in algebra.taints_of(after))


@given(values, st.lists(hops, max_size=30))
def test_a_way_stays_short_and_keeps_its_start(a: Value, steps: list[Hop]) -> None:
    after = a
    for number, step in enumerate(steps):
        after = algebra.hop(after, step._replace(at=100 + number))
    assert all(len(one.trail) <= algebra.MAX_TRAIL for one in algebra.taints_of(after))
    assert origins(after) == origins(a)


STEPS: list[Callable[[Value, Value], Value]] = [
    lambda v, w: algebra.put_together([v, w]),
    lambda v, w: algebra.put_together([w, v, w]),
    lambda v, w: algebra.binary("+", [v, w], "python"),
    lambda v, w: algebra.binary("+", [v, L(1)], "python"),
    lambda v, w: algebra.binary("*", [v, L(2)], "python"),
    algebra.appended,
    lambda v, w: algebra.make_list([v, w]),
    lambda v, w: algebra.make_list([w, v, v]),
    lambda v, w: algebra.make_object([(L("k"), v), (ANYTHING, w)]),
    lambda v, w: algebra.make_object([(None, v), (L("k"), w)]),
    lambda v, w: algebra.store_index(v, L("k"), w),
    lambda v, w: algebra.store_index(v, ANYTHING, w),
    lambda v, w: algebra.store_index(v, L("k"), v),
    lambda v, w: algebra.store_attribute(v, "next", w),
    lambda v, w: algebra.attribute(v, "next"),
    lambda v, w: algebra.index(v, L("k")),
    lambda v, w: algebra.index(v, ANYTHING),
    lambda v, w: algebra.element(v),
    lambda v, w: algebra.slice_of(v, L(1), None),
    lambda v, w: algebra.keys_of(v),
    lambda v, w: algebra.pairs_of(v),
    lambda v, w: algebra.weakened(v),
    lambda v, w: algebra.hop(v, Hop("b.py", 1, 2, "goes on")),
    lambda v, w: algebra.hop(algebra.hop(v, Hop("b.py", 1, 2, "goes on")), Hop("b.py", 3, 4, "goes on")),
    lambda v, w: w,
]


@settings(max_examples=200)
@given(values, values, st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=4))
def test_every_loop_comes_to_rest(start: Value, other: Value, steps: list[int]) -> None:
    before = start
    for _round in range(3 * algebra.MAX_ITEMS):
        after = before
        for step in steps:
            after = STEPS[step](after, other)
        joined = algebra.join(before, after)
        if joined is before:
            break
        before = joined
    else:
        pytest.fail("the loop goes on")
    assert before.items is None or len(before.items) <= algebra.MAX_ITEMS
    assert len(before.taints) <= algebra.MAX_TAINTS
    assert before.text is None or len(before.text) <= algebra.MAX_TEXT


@settings(max_examples=200)
@given(values, values, st.sampled_from(range(len(STEPS))), st.lists(hops, max_size=2))
def test_nothing_changes_what_it_is_given(a: Value, b: Value, step: int, steps: list[Hop]) -> None:
    before = [(id(v), dict(v.items) if v.items is not None else None) for v in (a, b)]
    STEPS[step](a, b)
    algebra.join(a, b)
    for hop in steps:
        algebra.hop(a, hop)
    assert [(id(v), dict(v.items) if v.items is not None else None) for v in (a, b)] == before


@given(values, values, keys)
def test_what_is_stored_under_a_known_key_is_what_is_read(a: Value, new: Value, key: Value) -> None:
    container = algebra.make_object([(L("m"), a)])
    stored = algebra.store_index(container, key, new)
    found = algebra.index(stored, key)
    assert origins(new) <= origins(found) or not few(a, new)
    if isinstance(key.literal, str | int) and key.literal is not UNKNOWN:
        assert origins(found) == origins(new)


# Bounds


def test_a_container_that_grows_without_end_stays_small_and_keeps_its_origins() -> None:
    value = algebra.make_list([TAINTED])
    for _ in range(40):
        value = algebra.make_list([value] * 10)
    assert origins(value) == {("request", taint().trail[0])}
    assert algebra.element(value).items is None or len(algebra.element(value).items or ()) <= algebra.MAX_ITEMS
    for number in range(200):
        value = algebra.store_index(value, L(f"k{number}"), L(number))
    assert len(value.items or ()) <= algebra.MAX_ITEMS
    assert value.rest is not None


def test_the_strongest_kinds_are_kept() -> None:
    many = tuple(taint(kind) for kind in reversed([*KINDS, CLOSED]))
    kept = algebra.with_taints(ANYTHING, many).taints
    assert [one.kind for one in kept] == ["request", "socket", "queue", "model"]


def test_one_origin_is_clean_only_where_both_ways_are() -> None:
    clean = algebra.cleaned(TAINTED, frozenset({"sql", "shell"}))
    half = algebra.cleaned(TAINTED, frozenset({"sql"}))
    assert algebra.join(clean, half).taints[0].cleaned == {"sql"}
    assert algebra.join(clean, TAINTED).taints[0].cleaned == frozenset()
    assert algebra.put_together([clean, L(" "), half]).checked == {"sql"}


def test_what_was_cleaned_stays_so_beside_constants() -> None:
    clean = algebra.cleaned(ANYTHING, frozenset({"shell"}))
    assert algebra.join(clean, L("a")).checked == {"shell"}
    assert algebra.put_together([L("ls "), clean]).checked == {"shell"}
    assert algebra.put_together([L("ls "), clean, ANYTHING]).checked == frozenset()


@pytest.mark.parametrize(
    ("op", "values_given", "language", "result"),
    [
        ("+", [1, 2, 3], "python", 6),
        ("+", [1, 2, "a"], "javascript", "3a"),
        ("+", ["a", 1, 2], "javascript", "a12"),
        ("+", ["a", True], "java", "atrue"),
        ("+", ["a", None], "java", "anull"),
        ("-", [7, 2], "go", 5),
        ("/", [7, 2], "python", 3.5),
        ("/", [7, 2], "java", 3),
        ("/", [-7, 2], "go", -3),
        ("//", [-7, 2], "python", -4),
        ("%", [-7, 2], "python", 1),
        ("%", [-7, 2], "java", -1),
        ("/", [7, 0], "java", UNKNOWN),
        ("**", [2, 10], "python", 1024),
        ("**", [2, 10**9], "python", UNKNOWN),
        ("**", [0, -1], "python", UNKNOWN),
        ("<<", [1, 10**9], "java", UNKNOWN),
        ("*", ["ab", 3], "python", "ababab"),
        ("*", ["a", 10**9], "python", UNKNOWN),
        ("*", [10**30, 10**30], "python", UNKNOWN),
        ("&", [6, 3], "go", 2),
        ("%", ["%s-%%", 1], "python", "1-%"),
        ("or", [0, "a"], "python", "a"),
        ("or", ["b", "a"], "python", "b"),
        ("and", [0, "a"], "python", 0),
        ("and", [1, "a"], "javascript", "a"),
        ("??", [None, 5], "javascript", 5),
        ("??", [0, 5], "javascript", 0),
    ],
)
def test_constants_are_folded_as_the_language_does(
    op: str, values_given: list[object], language: str, result: object
) -> None:
    found = algebra.binary(op, [L(one) for one in values_given], language)
    assert found.constant
    assert found.literal == result
    assert type(found.literal) is type(result)


@pytest.mark.parametrize(
    ("op", "given_values", "text"),
    [
        ("+", [L("select '"), TAINTED, L("'")], "select '{}'"),
        ("+", [L("a"), HARMLESS, TAINTED], "a{}"),
        ("%", [L("a = '%s' and b = %d"), algebra.make_list([TAINTED, TAINTED])], "a = '{}' and b = "),
        ("%", [L("a = %(name)s, %(size)s"), algebra.make_object([(L("name"), TAINTED), (L("size"), L(3))])], "a = {}, 3"),
        ("%", [L("a = %s"), TAINTED], "a = {}"),
        ("%", [L("%s %s"), Value(form="list", taints=TAINTED.taints)], "{} {}"),
        ("/", [Value(constant=True, text="/srv", literal="/srv", names=("pathlib.Path()",)), TAINTED], "/srv/{}"),
        ("or", [BUILT, L("x")], "a '{}'"),
    ],
)
def test_text_with_holes(op: str, given_values: list[Value], text: str) -> None:
    found = algebra.binary(op, given_values, "python")
    assert found.text == text
    assert found.built
    assert not found.constant
    assert found.taints == TAINTED.taints


@pytest.mark.parametrize("op", ["-", "*", "//", "<<", "&", "^", "@"])
def test_arithmetic_on_something_unknown_is_a_number(op: str) -> None:
    assert algebra.binary(op, [TAINTED, L(2)], "java").constant


def test_a_number_added_to_something_makes_it_a_number_but_not_where_text_may_be_added() -> None:
    assert algebra.binary("+", [TAINTED, L(1)], "python").constant
    assert algebra.binary("+", [TAINTED, L(1)], "javascript").taints


@pytest.mark.parametrize(
    ("op", "a", "b", "answer"),
    [
        ("==", L("a"), L("a"), True),
        ("==", L("a"), L("b"), False),
        ("!=", L(1), L(1), False),
        ("==", L(1), TAINTED, None),
        ("is", L(None), L(None), True),
        ("is not", L("a"), L(None), True),
        ("==", TAINTED, L(None), None),
        ("==", algebra.join(BUILT, L(None)), L(None), None),
        ("==", algebra.join(algebra.make_list([]), L(None)), L(None), None),
        ("<", L(1), L(2), True),
        (">=", L("b"), L("c"), False),
        ("<", L(1), L("a"), None),
        ("in", L("a"), algebra.make_list([L("a"), L("b")]), True),
        ("not in", L("c"), algebra.make_list([L("a"), L("b")]), True),
        ("in", L("c"), algebra.make_list([L("a"), TAINTED]), None),
        ("in", L("a"), algebra.make_list([TAINTED, L("a")]), True),
        ("in", TAINTED, algebra.make_list([]), False),
        ("in", L("k"), algebra.make_object([(L("k"), TAINTED)]), True),
        ("in", L("k"), algebra.join(algebra.make_object([]), algebra.make_object([(L("k"), TAINTED)])), None),
        ("in", L("b"), L("abc"), True),
        ("in", TAINTED, L("abc"), None),
    ],
)
def test_comparisons_are_decided_where_both_sides_are_known(op: str, a: Value, b: Value, answer: bool | None) -> None:  # noqa: FBT001
    assert algebra.compare(op, a, b) is answer


def test_text_is_no_number_where_the_comparison_is_strict() -> None:
    assert algebra.compare("==", L("1"), L(1)) is False
    assert algebra.compare("==", L("1"), L(1), strict=False) is None


@pytest.mark.parametrize(
    ("value", "language", "answer"),
    [
        (L(""), "python", False),
        (L("a"), "java", True),
        (L(None), "go", False),
        (HARMLESS, "python", None),
        (TAINTED, "python", None),
        (BUILT, "python", None),
        (algebra.join(L(""), BUILT), "python", None),
        (algebra.make_list([]), "python", False),
        (algebra.make_list([]), "javascript", True),
        (algebra.make_list([TAINTED]), "python", True),
        (algebra.join(algebra.make_list([TAINTED]), L(None)), "python", None),
        (Value(form="function"), "python", True),
    ],
)
def test_truth(value: Value, language: str, answer: bool | None) -> None:  # noqa: FBT001
    assert algebra.truth(value, language) is answer


# Contents

ROW = algebra.make_list([L("a"), TAINTED, L("c")])
RECORD = algebra.make_object([(L("name"), TAINTED), (L("size"), L(3))])


@pytest.mark.parametrize(
    ("value", "key", "harmless"),
    [
        (ROW, L(0), True),
        (ROW, L(1), False),
        (ROW, L(-1), True),
        (ROW, L(-2), False),
        (ROW, ANYTHING, False),
        (ROW, L(9), True),
        (RECORD, L("size"), True),
        (RECORD, L("name"), False),
        (RECORD, ANYTHING, False),
        (RECORD, L("other"), True),
        (L("abc"), L(1), True),
        (TAINTED, L("x"), False),
        (algebra.appended(ROW, TAINTED), L(3), False),
        (algebra.appended(ROW, TAINTED), L(2), True),
        (algebra.removed(ROW, L(0)), L(0), False),
        (algebra.removed(ROW, L(1)), L(1), True),
        (algebra.removed(RECORD, L("name")), L("name"), True),
        (algebra.slice_of(ROW, L(1), None), L(0), False),
        (algebra.slice_of(ROW, L(1), None), L(1), True),
        (algebra.slice_of(ROW, ANYTHING, None), L(1), False),
        (algebra.store_index(ROW, L(1), L("b")), L(1), True),
        (algebra.store_index(ROW, ANYTHING, L("b")), L(1), False),
        (algebra.store_index(ROW, ANYTHING, TAINTED), L(0), False),
        (algebra.keys_of(RECORD), L(0), True),
        (algebra.values_of(RECORD), L(0), False),
        (algebra.values_of(RECORD), L(1), True),
        (algebra.keys_of(TAINTED), L(0), False),
    ],
)
def test_contents_are_known_one_by_one(value: Value, key: Value, harmless: bool) -> None:  # noqa: FBT001
    assert algebra.index(value, key).constant is harmless
    assert bool(algebra.taints_of(algebra.index(value, key))) is not harmless


def test_spread_entries_are_overwritten_by_later_ones_only() -> None:
    safe = algebra.make_object([(None, RECORD), (L("name"), L("x"))])
    unsafe = algebra.make_object([(L("name"), L("x")), (None, RECORD)])
    unknown = algebra.make_object([(L("name"), L("x")), (None, TAINTED)])
    assert algebra.index(safe, L("name")).literal == "x"
    assert algebra.index(unsafe, L("name")).taints
    assert algebra.index(unknown, L("name")).taints
    assert unknown.rest is not None


def test_attributes_have_longer_names_and_the_origins_of_what_they_belong_to() -> None:
    request = Value(names=("flask.request",), key="request", taints=TAINTED.taints)
    args = algebra.attribute(request, "args")
    assert args.names == ("flask.request.args",)
    assert args.key == "request.args"
    assert args.taints == TAINTED.taints
    assert algebra.attribute(ANYTHING, "execute").names == ("?.execute",)
    assert algebra.index(args, L("q")).names == ("flask.request.args.q",)
    assert algebra.index(args, ANYTHING).names == ("flask.request.args[]",)
    assert algebra.index(args, L("q")).key == "request.args['q']"
    assert algebra.index(args, ANYTHING).key == ""


def test_fields_are_known_one_by_one_and_others_go_by_name() -> None:
    thing = algebra.store_attribute(Value(names=("Config()",), key="config"), "path", TAINTED)
    assert algebra.attribute(thing, "path").taints
    assert algebra.attribute(thing, "path").key == "config.path"
    assert not algebra.attribute(thing, "mode").taints
    assert algebra.attribute(thing, "run").names == ("Config().run",)
    again = algebra.store_attribute(thing, "path", L("x"))
    assert algebra.attribute(again, "path").literal == "x"
    assert algebra.attribute(thing, "path").taints


def test_names_in_capitals_stand_for_constants() -> None:
    settings_module = Value(names=("app.settings",))
    assert algebra.attribute(settings_module, "BASE_DIR").constant
    assert not algebra.attribute(settings_module, "base_dir").constant
    assert not algebra.attribute(TAINTED, "BASE").constant


def test_contents_forget_the_variable_they_came_from() -> None:
    held = algebra.make_list([Value(key="secret")])
    assert algebra.index(held, L(0)).key == ""


def test_constant_text_that_is_not_known_leaves_no_hole() -> None:
    assert algebra.put_together([L("a"), HARMLESS, L("b")]).text == "ab"
    assert algebra.put_together([L("a"), HARMLESS]).constant


def test_a_constant_joined_with_raw_input_reads_as_neither() -> None:
    assert algebra.join(L("/home"), TAINTED).text is None
    assert algebra.join(BUILT, TAINTED).text == "{}"
    assert algebra.join(L("/home"), BUILT).text == "a '{}'"
    assert algebra.put_together([L("x"), algebra.join(L("a"), ANYTHING)]).text == "x{}"


@pytest.mark.parametrize(
    ("op", "value", "literal"),
    [
        ("not", L(0), True),
        ("not", HARMLESS, UNKNOWN),
        ("-", L(3), -3),
        ("~", L(0), -1),
        ("typeof", L("a"), "string"),
        ("typeof", L(1), "number"),
        ("void", L(1), None),
    ],
)
def test_unary_operators(op: str, value: Value, literal: object) -> None:
    assert algebra.unary(op, value).literal == literal


def test_a_pointer_is_what_it_points_to() -> None:
    assert algebra.unary("&", TAINTED) is TAINTED
