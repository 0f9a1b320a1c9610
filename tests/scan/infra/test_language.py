"""The language of `infra` blocks: what is refused, what a test means, and where a finding stands."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadPage
from clearance.scan.family import Match
from clearance.scan.infra.expect import MAYBE, NO, YES, answer
from clearance.scan.infra.language import Ask, Operation, Path, Test
from clearance.scan.infra.node import Node, Unit
from clearance.scan.infra.paths import MOST_PLACES, read_path, walk
from scan.infra.rules_of_tests import family, found, look, rule

REFUSED = [
    # block, line of the page, words of the error, words of the way out
    ("on: kubernetes.contaner\nfind: {a: 1}", 11, "no kind of unit 'kubernetes.contaner'", "kubernetes.container"),
    ("on: docker.stage\nfind:\n  a: {matchs: x}", 13, "no operator 'matchs'", "did you mean matches?"),
    ("on: docker.stage\nfnd: {a: 1}", 12, "unknown key 'fnd'", "did you mean find?"),
    ("on: docker.stage", 11, "no 'find'", "what it finds"),
    ("find: {a: 1}", 11, "no 'on'", "on what units"),
    ("on: docker.stage\nfind: {a..b: 1}", 12, "'a..b' is no path", "spec.ports"),
    ("on: docker.stage\nfind: {above.above.above.above.above.x: 1}", 12, "no unit has more than", "spec.ports"),
    ("on: docker.stage\nfind: {unit.nme: x}", 12, "after `unit` stands", "spec.ports"),
    ("on: docker.stage\nfind: {a: {matches: '('}}", 12, "does not compile: missing )", "RE2"),
    ("on: docker.stage\nfind: {a: [}", 12, "not YAML", "detect-infra.md"),
    ("on: docker.stage\nfind: {a: []}", 12, "the list is empty", "take the key out"),
    ("on: docker.stage\nfind: {a: null}", 12, "nothing to compare with", "missing: true"),
    ("on: docker.stage\nfind: {a: {over: x}}", 12, "compares with a number", "detect-infra.md"),
    ("on: docker.stage\nfind: {a: {missing: maybe}}", 12, "true or false", "detect-infra.md"),
    ("on: docker.stage\nfind: {any: {a: 1}}", 12, "'any' takes a list of tests", "quotes"),
    ("on: docker.stage\nfind: {a: 1, a: 2}", 12, "stands twice", "join"),
    ("on: docker.stage\nfind: &x {a: 1}\ngiven: *x", 13, "aliases cannot stand here", "detect-infra.md"),
    ("on: docker.stage\nfind: {a: 1}\nmessage: x {nam}", 13, "a message has no '{nam}'", "did you mean name?"),
    ("on: docker.stage\nfind: {a: 1}\nseverity: hgh", 13, "no severity 'hgh'", "did you mean high?"),
    ("on: docker.stage\nfind: {a: 1}\nwithout: {were: {a: 1}}", 13, "unknown key 'were'", "did you mean where?"),
    ("on: docker.stage\nfind: {a: 1}\npaths: ['[z-a]']", 13, "not a path pattern", "write it like"),
    ("# nothing", 11, "the block is empty", "detect-infra.md"),
    ("on: docker.stage\nfind: " + "{a: {holds: " * 12 + "{a: 1}" + "}}" * 12, 12, "nested too deeply", "detect-infra.md"),
]


@pytest.mark.parametrize(("block", "line", "what", "way_out"), REFUSED)
def test_a_block_that_is_wrong_names_the_page_the_line_and_the_nearest_word(
    block: str, line: int, what: str, way_out: str
) -> None:
    with pytest.raises(BadPage) as caught:
        family(rule(block))
    assert caught.value.where == f"rules/infra/r.md:{line}"
    assert what in str(caught.value)
    assert way_out in caught.value.next


def test_a_detector_that_there_is_not_is_refused_with_its_page() -> None:
    with pytest.raises(BadPage, match="no detector 'nothing-such'"):
        family(rule("", detector="nothing-such"))


def test_a_block_of_another_engine_is_refused() -> None:
    page = rule("on: docker.stage\nfind: {a: 1}")
    other = msgspec.structs.replace(page, detect=(msgspec.structs.replace(page.detect[0], engine="toml"),))
    with pytest.raises(BadPage, match="no engine 'toml'"):
        family(other)


SERVICE = """\
services:
  web:
    image: shop:1
    privileged: "yes"
    pid: ${PID}
    ports: ["80:80", "443:443"]
    mem: 512
    labels: {a.b/c: x, other: y}
    empty: []
    nothing:
    environment: {DB_PASSWORD: hunter, PORT: "80"}
    users:
      - {name: ann, admin: true, keys: [a, b]}
      - {name: bob, admin: false, keys: ["${KEY}"]}
"""

MEANT = [
    # find, what is found
    ("{image: 'shop:1'}", ["image: shop:1"]),
    ("{image: shop}", []),
    ("{image: ['a', 'shop:1']}", ["image: shop:1"]),
    ("{privileged: true}", ['privileged: "yes"']),
    ("{privileged: false}", []),
    ("{mem: 512}", ["mem: 512"]),
    ("{mem: '512'}", ["mem: 512"]),
    ("{mem: {over: 511, under: 513}}", ["mem: 512"]),
    ("{mem: {over: 512}}", []),
    ("{image: {matches: '^shop'}}", ["image: shop:1"]),
    ("{image: {not-matches: '^shop'}}", []),
    ("{image: {not: 'shop:2'}}", ["image: shop:1"]),
    ("{image: {not-in: [a, b]}}", ["image: shop:1"]),
    ("{image: {contains: op}}", ["image: shop:1"]),
    ("{ports: {contains: ['443:443']}}", ['ports: ["80:80", "443:443"]']),
    ("{labels: {contains: other}}", ["labels: {a.b/c: x, other: y}"]),
    ('{labels."a.b/c": x}', ["a.b/c: x"]),
    ("{labels.~: {matches: '/'}}", ["a.b/c"]),
    ("{ports.*: {matches: '^4'}}", ['"443:443"']),
    ("{ports.0: '80:80'}", ['"80:80"']),
    ("{ports.7: {missing: true}}", ['ports: ["80:80", "443:443"]']),
    ("{ports: {no-item: {matches: '^5'}}}", ['ports: ["80:80", "443:443"]']),
    ("{ports: {no-item: {matches: '^4'}}}", []),
    ("{ports: {any-item: {matches: '^4'}}}", ['ports: ["80:80", "443:443"]']),
    ("{empty: {empty: true}}", ["empty: []"]),
    ("{nothing: {missing: true}}", ["nothing:"]),
    ("{nothing: {present: true}}", []),
    ("{absent: {missing: true}}", ["web"]),
    ("{absent: {not: x}}", ["web"]),
    ("{absent: {not: x, present: true}}", []),
    ("{absent.*: {missing: true}}", []),
    ("{environment.*: {key: '(?i)password', matches: '.'}}", ["DB_PASSWORD: hunter"]),
    ("{environment.*: {not-key: '(?i)password'}}", ['PORT: "80"']),
    ("{users.name: bob}", ["name: bob"]),
    ("{users.*: {holds: {name: ann, admin: false}}}", []),
    ("{users.*: {holds: {name: bob, admin: false}}}", ['{name: bob, admin: false, keys: ["${KEY}"]}']),
    ("{users.*.keys.*: a}", ["a"]),
    ("{unit.name: web}", ["web"]),
    ("{above.some.limits: false}", ["services:"]),
    # What is decided elsewhere is never a finding by itself.
    ("{pid: host}", []),
    ("{pid: {not: host}}", []),
    ("{pid: {missing: true}}", []),
    ("{pid: {present: true}}", ["pid: ${PID}"]),
    ("{pid: {unknown: true}}", ["pid: ${PID}"]),
    ("{pid: {unknown: false}}", []),
    ("{pid: {refers: PID}}", ["pid: ${PID}"]),
    ("{none: [{pid: host}]}", []),
    ("{any: [{pid: host}, {mem: 512}]}", ["mem: 512"]),
    ("{all: [{pid: host}, {mem: 512}]}", []),
    ("{none: [{mem: 1}]}", ["web"]),
    ("{users.keys: {no-item: z}}", ["keys: [a, b]"]),
    ("[{mem: 512}, {image: 'shop:1'}]", ["mem: 512", "image: shop:1"]),
]


@pytest.mark.parametrize(("find", "expected"), MEANT)
def test_a_test_means_what_the_manual_says(find: str, expected: list[str]) -> None:
    given_places = found(f"on: compose.service\nfind: {find}", "compose.yaml", SERVICE)
    assert [one.splitlines()[0] if "services" not in one else "services:" for one in given_places] == expected


def test_given_keeps_units_out_before_anything_is_asked() -> None:
    block = "on: compose.service\ngiven: {image: {matches: '^other'}}\nfind: {mem: 512}"
    assert found(block, "compose.yaml", SERVICE) == []


def test_at_says_where_the_finding_stands() -> None:
    block = "on: compose.service\nfind: {mem: 512}\nat: image"
    assert found(block, "compose.yaml", SERVICE) == ["image: shop:1"]


def test_a_message_is_filled_and_shows_no_control_characters() -> None:
    block = 'on: compose.service\nfind: {mem: 512}\nmessage: "{name} {type}|{value} {path} {key} {.image} {above.name}|"'
    text = SERVICE.replace("web:", '"w\\u202eb":')
    (match,) = look(block, "compose.yaml", text)
    assert isinstance(match, Match)
    assert match.message == "w\\u202eb |512 mem mem shop:1 |"


def test_a_secret_is_marked_and_stands_in_no_message() -> None:
    block = 'on: compose.service\nfind: {environment.DB_PASSWORD: {present: true}}\nmessage: "{key}: {value}"\nsecret: true'
    (match,) = look(block, "compose.yaml", SERVICE)
    assert isinstance(match, Match)
    assert [SERVICE[start:end] for start, end in match.secrets] == ["hunter"]
    assert "hunter" not in match.message + match.shape


def test_paths_choose_files() -> None:
    block = "on: compose.service\nfind: {mem: 512}\npaths: ['prod/**']"
    assert found(block, "compose.yaml", SERVICE) == []
    assert found(block, "prod/compose.yaml", SERVICE) == ["mem: 512"]


def test_a_type_may_hold_a_star() -> None:
    text = "FROM a:1\nRUN pip3.12 install x\n"
    assert found("on: docker.command pip*\nfind: {verb: install}", "Dockerfile", text) == ["install"]
    assert found("on: docker.command p?p*\nfind: {verb: install}", "Dockerfile", text) == []


TWO = "services:\n  web: {image: a, net: x}\n  guard: {image: b, protects: web}\n  wild: {image: c}\n"


def test_without_finds_only_where_no_such_unit_stands() -> None:
    block = "on: compose.service\nfind: {net: x}\nwithout: {on: compose.service, where: {image: %s}}"
    assert found(block % "z", "compose.yaml", TWO) == ["net: x"]
    assert found(block % "b", "compose.yaml", TWO) == []


def test_without_sees_whether_the_other_unit_names_this_one() -> None:
    block = "on: compose.service\nfind: {image: {present: true}}\n"
    block += "without: {on: compose.service, where: {protects: {refers: true}}}"
    assert found(block, "compose.yaml", TWO) == ["image: b", "image: c"]
    assert found(block, "compose.yaml", TWO.replace("protects: web", "protects: '${X}'")) == []


BUCKETS = """\
resource "aws_s3_bucket" "a" {}
resource "aws_s3_bucket" "b" {}
resource "guard" "x" {
  bucket = %s
}
"""
REFERENCES = [
    # what the other block refers to, for which buckets it is missing
    ("aws_s3_bucket.a.id", ["b"]),
    ("aws_s3_bucket.c.id", ["a", "b"]),
    ("var.bucket", []),
    ("each.value.id", []),
    ('"${aws_s3_bucket.b.bucket}"', ["a"]),
]


@pytest.mark.parametrize(("reference", "lacking"), REFERENCES)
def test_a_reference_names_one_unit_and_a_variable_may_name_any(reference: str, lacking: list[str]) -> None:
    block = "on: terraform.resource aws_s3_bucket\nfind: {unit.type: aws_s3_bucket}\nmessage: '{name}'\n"
    block += "without: {on: terraform.resource guard, where: {bucket: {refers: true}}}"
    given_matches = look(block, "main.tf", BUCKETS % reference)
    assert [one.message for one in given_matches if isinstance(one, Match)] == lacking


def test_without_finds_nothing_where_it_cannot_be_told() -> None:
    block = "on: compose.service\nfind: {net: x}\nwithout: {on: compose.service, where: {image: b}}"
    assert found(block, "compose.yaml", TWO.replace("image: b", "image: $B")) == []


# Laws

_SCALARS = st.sampled_from([
    Node.scalar("a", (0, 1)), Node.scalar(3, (0, 1)), Node.scalar(None, (0, 1)), Node.unknown("$x", (0, 1)),
])  # fmt: skip
_OPERATIONS = st.sampled_from([
    Operation("is", ("a",)), Operation("not", ("a",)), Operation("matches", pattern="a"), Operation("missing"),
    Operation("present"), Operation("over", number=2.0), Operation("unknown"), Operation("refers", pattern="x"),
])  # fmt: skip
_VALUES = st.sampled_from([
    Operation("is", ("a",)), Operation("not", ("a",)), Operation("matches", pattern="a"), Operation("over", number=2.0),
    Operation("contains", ("a",)), Operation("not-in", ("a", "b")),
])  # fmt: skip


def _tests(paths: list[str], operations: st.SearchStrategy[Operation]) -> st.SearchStrategy[Test]:
    asked = st.builds(lambda path, one: Test((Ask(read_path(path), (one,)),)), st.sampled_from(paths), operations)
    joints = st.sampled_from(["any", "all", "none"])
    return st.recursive(
        asked,
        lambda inner: st.builds(
            lambda joint, tests: Test(**{joint: tuple(tests)}), joints, st.lists(inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    )


def _unit(value: Node) -> Unit:
    body = Node.mapping((0, 1))
    body.put("k", (0, 1), value)
    return Unit("x", "t", "n", (0, 1), body)


@given(_SCALARS, _tests(["k", "missing", "k.deeper", "k.*"], _OPERATIONS))
def test_none_turns_a_test_round_and_what_is_unknown_stays_so(value: Node, test: Test) -> None:
    truth = answer(test, _unit(value)).truth
    assert answer(Test(none=(test,)), _unit(value)).truth == YES - truth
    assert answer(Test(any=(test,)), _unit(value)).truth == truth
    assert answer(Test(all=(test, test)), _unit(value)).truth == truth


@given(_tests(["k"], _VALUES))
def test_a_finding_in_an_unknown_value_holds_whatever_the_value_turns_out_to_be(test: Test) -> None:
    """Kleene's logic: what is told of an unknown value is so of each value that it may have."""
    truth = answer(test, _unit(Node.unknown("$x", (0, 1)))).truth
    for value in ("a", 3, "zzz"):
        if truth in (YES, NO):
            assert answer(test, _unit(Node.scalar(value, (0, 1)))).truth == truth


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=5), min_size=1, max_size=5
    )
)
def test_a_path_of_quoted_keys_leads_to_what_stands_under_them(keys: list[str]) -> None:
    body = Node.scalar("end", (0, 1))
    for key in reversed(keys):
        outer = Node.mapping((0, 1))
        outer.put(key, (0, 1), body)
        body = outer
    path = read_path(".".join('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys))
    (place,) = walk(path, Unit("x", "", "", (0, 1), body))
    assert place.node is not None
    assert place.node.value == "end"


def test_the_short_way_and_the_long_way_of_a_path_agree() -> None:
    long_way = Path("k", steps=("k",))
    assert read_path("k").plain
    for value in (Node.scalar("a", (0, 1)), Node.unknown("$x", (0, 1)), Node.sequence((0, 1))):
        for operation in (Operation("is", ("a",)), Operation("missing"), Operation("empty"), Operation("not", ("a",))):
            short, long = Test((Ask(read_path("k"), (operation,)),)), Test((Ask(long_way, (operation,)),))
            one, other = answer(short, _unit(value)), answer(long, _unit(value))
            assert one.truth == other.truth
            assert [place.span for place in one.places] == [place.span for place in other.places]


def test_an_open_map_lacks_nothing() -> None:
    unit = _unit(Node.mapping((0, 1)))
    missing = Test((Ask(read_path("k.x"), (Operation("missing"),)),))
    assert answer(missing, unit).truth == YES
    unit.body.items["k"].text = "extends"
    for operation in (Operation("missing"), Operation("present"), Operation("is", ("a",)), Operation("unknown")):
        assert answer(Test((Ask(read_path("k.x"), (operation,)),)), unit).truth == MAYBE


def test_the_places_of_a_path_are_bounded() -> None:
    many = Node.sequence((0, 1))
    many.values = [Node.scalar(number, (0, 1)) for number in range(MOST_PLACES + 5)]
    assert len(walk(read_path("k.*"), _unit(many))) == MOST_PLACES
