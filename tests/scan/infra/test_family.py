"""The family `infra`: which files it looks at, what it leaves as gaps, what counts as introduced, and hostile input."""

import pytest

from clearance.collect.memory import change_of
from clearance.facts.finding import Finding, Gap, GapKind
from clearance.scan.family import Budget, Match
from clearance.scan.infra.lower import format_of
from clearance.scan.language import language_of
from clearance.scan.look import look_at
from scan.infra.rules_of_tests import family, look, rule, view

API = "apiVersion: v1\nkind: Pod\n"
FORMATS = [
    # path, first lines, format
    ("Dockerfile", "FROM a", "dockerfile"),
    ("build/Containerfile", "FROM a", "dockerfile"),
    ("Dockerfile.prod", "FROM a", "dockerfile"),
    ("prod.Dockerfile", "FROM a", "dockerfile"),
    ("Dockerfile-alpine", "FROM a", "dockerfile"),
    ("Dockerfile.dockerignore", "*", ""),
    ("dockerfile_reader.py", "x = 1", ""),
    ("docs/Dockerfile.md", "# x", ""),
    ("compose.yaml", "services: {}", "compose"),
    ("deploy/docker-compose.prod.yml", "services: {}", "compose"),
    ("stack.yml", "services:\n  a:\n    image: x\n", "compose"),
    ("settings.yml", "services:\n  - a\n", ""),
    ("config.yaml", "a: 1\n", ""),
    ("k8s/pod.yaml", API, "kubernetes"),
    ("pod.json", '{"apiVersion": "v1",\n "kind": "Pod"}', "kubernetes"),
    ("package.json", '{"name": "x"}', ""),
    (".github/workflows/ci.yml", "on: push", "github"),
    ("action.yml", "runs:\n  using: node24\n", "github"),
    (".gitlab-ci.yml", "a: {}", "gitlab"),
    ("main.tf", "", "terraform"),
    ("nginx.conf", "x;", "nginx"),
    ("sites-available/shop", "server {}", "nginx"),
    ("conf.d/shop.conf", "server {\n}", "nginx"),
    ("conf.d/shop.conf", "[section]\na = b", ""),
    ("shop.service", "[Unit]\n", "systemd"),
    ("shop.service.d/override.conf", "[Service]\n", "systemd"),
    ("avahi.service", "<service-group>", ""),
    ("main.py", "x = 1", ""),
    ("lower/nginx.py", "server {", ""),
    ("nginx.md", "server {", ""),
]


@pytest.mark.parametrize(("path", "text", "expected"), FORMATS)
def test_a_file_s_format_is_told_by_its_path_and_its_words(path: str, text: str, expected: str) -> None:
    assert format_of(path, language_of(path, text), text) == expected


ROOT = "on: docker.stage\ngiven: {final: true}\nfind: {user: {missing: true}}\nmessage: no user"


def one_gap(path: str, text: str) -> Gap:
    (gap,) = look(ROOT, path, text)
    assert isinstance(gap, Gap)
    return gap


NO_FILES = [
    ("Dockerfile", "this is no Dockerfile\n", GapKind.UNPARSED, "dockerfile: line 1: no instruction 'THIS'"),
    ("nginx.conf", "a b;\nhttp {\n", GapKind.UNPARSED, "nginx: line 2: the block is not closed"),
    ("x.service", "A=b\n[Unit]\n", GapKind.UNPARSED, "systemd: line 1"),
    ("compose.yaml", "services: [\n", GapKind.UNPARSED, "compose: line 2"),
    ("compose.yaml", "- a\n", GapKind.UNPARSED, "compose: line 1"),
    ("Dockerfile", "FROM a\n" * 700_000, GapKind.TOO_LARGE, "4,900,000 characters"),
]


@pytest.mark.parametrize(("path", "text", "kind", "detail"), NO_FILES)
def test_what_cannot_be_read_is_a_gap_that_names_the_line(path: str, text: str, kind: GapKind, detail: str) -> None:
    gap = one_gap(path, text)
    assert gap.kind is kind
    assert detail in gap.detail


def test_a_piece_that_is_not_understood_is_one_gap_and_the_rest_is_looked_at() -> None:
    gap, match = look(ROOT, "Dockerfile", "FROM a:1\nRNU x\nRNU \x1b[31my\n")
    assert isinstance(gap, Gap)
    assert (gap.kind, gap.detail) == (GapKind.PARTIAL, "line 2: no instruction of a Dockerfile; 1 more")
    assert isinstance(match, Match)


def test_an_error_shows_no_control_characters() -> None:
    assert "\x1b" not in one_gap("Dockerfile", "\x1b[31mhello\n").detail


def test_pieces_of_a_file_are_a_gap() -> None:
    made = family(rule(ROOT))
    (gap,) = made.look(view("Dockerfile", "FROM a\n", partial=True), Budget(60))
    assert isinstance(gap, Gap)
    assert gap.kind is GapKind.PARTIAL


def test_a_spent_budget_is_a_gap() -> None:
    made = family(rule(ROOT))
    (gap,) = made.look(view("Dockerfile", "FROM a:1\n"), Budget(-1))
    assert isinstance(gap, Gap)
    assert gap.kind is GapKind.TIMEOUT


def test_a_file_that_configures_nothing_leaves_nothing_however_large() -> None:
    assert look(ROOT, "data.json", "[" + "1," * 3_000_000 + "1]") == []


def test_findings_beyond_a_bound_are_a_gap() -> None:
    given = look("on: docker.instruction RUN\nfind: {args: x}", "Dockerfile", "FROM a:1\n" + "RUN x\n" * 2_400)
    assert isinstance(given[0], Gap)
    assert given[0].kind is GapKind.TOO_MANY
    assert len(given) == 2_001


def test_of_too_many_findings_the_gravest_are_told() -> None:
    low = "on: docker.instruction RUN\nfind: {args: x}\nseverity: low"
    high = "on: docker.instruction USER\nfind: {args: z}\nseverity: high"
    made = family(rule(low), rule(high, id="grave"))
    text = "FROM a:1\n" + "RUN x\n" * 2_400 + "USER z\n"
    given = [one for one in made.look(view("Dockerfile", text), Budget(60)) if isinstance(one, Match)]
    assert len(given) == 2_000
    assert [one.rule for one in given if one.rule == "grave"] == ["grave"]
    assert [one.start for one in given] == sorted(one.start for one in given)


def introduced(block: str, before: str, after: str) -> list[Finding]:
    page = rule(block)
    collected = change_of({"Dockerfile": before.encode()}, {"Dockerfile": after.encode()})
    made = family(page)
    made.start(collected.contents)
    result = look_at(collected.change.files[0], collected.contents, [made], {page.id: page}, seconds=60)
    return [one for one in result.findings if one.introduced]


CHANGES = [
    # before, after, how many findings are new
    ("FROM a:1\nRUN x\n", "FROM a:1\n\n# moved\nRUN x\nRUN z\n", 0),
    ("FROM a:1\n", "FROM a:1\nRUN x\n", 1),
    ("FROM a:1\nRUN x\n", "FROM a:1\nRUN x\nRUN x\n", 1),
    ("FROM a:1\nRUN x\nRUN x\n", "FROM a:1\nRUN x\n", 0),
]


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_only_what_the_change_brings_is_introduced(before: str, after: str, expected: int) -> None:
    assert len(introduced("on: docker.instruction RUN\nfind: {args: x}", before, after)) == expected


def test_another_value_is_another_finding() -> None:
    block = "on: docker.instruction EXPOSE\nfind: {words.*: {matches: '^2'}}"
    assert len(introduced(block, "FROM a:1\nEXPOSE 22\n", "FROM a:1\nEXPOSE 23\n")) == 1


HOSTILE = [
    "FROM a:1\n" + "RUN " + "$(" * 5_000 + "\n",
    "FROM a:1\nRUN " + "a | " * 5_000 + "\n",
    "FROM a:1\nRUN " + "'" * 20_001 + "\n",
    "FROM a:1\nRUN " + '"$(' * 3_000 + "\n",
    'FROM a:1\nRUN sh -c "' + "sh -c '" * 2_000 + "\n",
    "FROM a:1\n" + "RUN a \\\n" * 5_000,
    "FROM a:1\n" + "".join(f"RUN <<A{number}\n" for number in range(5_000)),
    "FROM a:1\nENV " + "A=$A$A " * 3_000 + "\n",
    "FROM a:1\n" + "".join(f"ENV A{n + 1}=$A{n}$A{n}\n" for n in range(60)).replace("$A0$A0", "xx") + "RUN $A60\n",
    "FROM a:1\nLABEL " + "\\\n" * 20_000,
    "FROM a:1\nRUN [" + '"a",' * 20_000 + '"b"]\n',
    "FROM a:1\nCMD " + "[" * 50_000 + "\n",
    "FROM \x01\ud800a:1\nRUN \udfff\n",
    "FROM a:1\nRUN " + "x" * 300_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[9:30]))
def test_hostile_dockerfiles_are_read_in_bounded_time(text: str) -> None:
    given = list(family(rule(ROOT)).look(view("Dockerfile", text), Budget(20)))
    assert not [one for one in given if isinstance(one, Gap) and one.kind in (GapKind.TIMEOUT, GapKind.CRASH)]


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("compose.yaml", BOMB + "services:\n  web: {image: 'a:1', x: *a59}\n"),
        ("compose.yaml", "services:\n" + "".join(f"  s{n}: {{image: 'a:1', extends: s{n + 1}}}\n" for n in range(3_000))),
        ("compose.yaml", "services: " + "{a: " * 3_000),
        ("nginx.conf", "a {" * 30 + "b c;" * 10_000 + "}" * 30),
        ("nginx.conf", "http {" + "".join(f"d{n} x; server {{ e{n} y; }}\n" for n in range(4_000)) + "}"),
        ("x.service", "[Service]\n" + "A=\\\n" * 20_000),
        ("x.service", "[Service]\nExecStart=" + "sh -c 'a | " * 3_000),
    ],
)
def test_other_hostile_files_are_read_in_bounded_time(path: str, text: str) -> None:
    block = "on: compose.service\nfind: {x.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*: x}"
    given = list(family(rule(block)).look(view(path, text), Budget(20)))
    assert not [one for one in given if isinstance(one, Gap) and one.kind in (GapKind.TIMEOUT, GapKind.CRASH)]


def test_the_same_text_gives_the_same_findings() -> None:
    text = "FROM a:1\nRUN a; b | c\nEXPOSE 22\n"
    blocks = "on: [docker.command, docker.instruction]\nfind: {'.': {present: true}}"
    assert look(blocks, "Dockerfile", text) == look(blocks, "Dockerfile", text)


def test_a_workflow_that_is_given_without_its_folders_is_one_by_its_words() -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: true\n"
    assert format_of("ci.yml", "yaml", text) == "github"
    assert format_of("ci.yml", "yaml", "on: push\nsteps: []\n") == ""
    assert format_of("values.yaml", "yaml", "jobs:\n  steps: 3\n") == ""
