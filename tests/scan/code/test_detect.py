"""A block that is not what docs/reference/detect.md describes is refused with its line and the nearest valid key."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import built_in
from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence
from clearance.rules.model import Rule
from clearance.scan.code.detect.compiled import compiled
from clearance.scan.code.detect.language import (
    EXTRA,
    KINDS,
    ORIGINS,
    SINKS,
    SUBJECT_KEYS,
    SUBJECTS,
    TEST_KEYS,
    USES,
    VALUES,
    WHERE,
    WORDS,
)
from clearance.scan.code.detect.read import ORIGIN_TABLES, read_rules
from clearance.scan.code.detect.schema import detect_schema
from clearance.scan.code.detect.words import read_words
from clearance.scan.code.family import CodeFamily
from clearance.scan.code.names import Names, read_name

DOCS = Path(__file__).parents[3] / "docs" / "reference"

REFUSED = [
    # engine, block, line, part of what is said
    ("pyhton", 'call = "eval"', 19, "did you mean 'python'"),
    ("python", 'cal = "eval"', 20, "did you mean 'call'"),
    ("python", 'call = "eval"\nargumnt.0 = "built"', 21, "did you mean 'argument'"),
    ("python", 'call = "eval"\n\nmesage = "x"', 22, "did you mean 'message'"),
    ("python", 'call = "eval"\nargument.0 = "bilt"', 21, "did you mean 'built'"),
    ("python", 'call = "eval"\nargument.0 = {txt = "a"}', 21, "did you mean 'text'"),
    ("python", 'call = "eval"\nargument.0 = {text = "(?<!a)b"}', 21, "RE2"),
    ("python", 'call = "eval"\nuse = "x"', 20, "exactly one of"),
    ("python", 'message = "x"', 20, "exactly one of"),
    ("python", "call = 3", 20, "must be a string or a list of strings"),
    ("python", "call = []", 20, "is empty"),
    ("python", 'call = "a b"', 20, "is no name"),
    ("python", 'call = "*"', 20, "is no name"),
    ("python", "return = false", 20, "takes only true"),
    ("python", 'assign = "x"\nargument.0 = "built"', 21, "unknown key 'argument'"),
    ("python", 'call = "eval"\nseverity = "hgh"', 21, "did you mean 'high'"),
    ("python", 'call = "eval"\ntests = "no"', 21, "must be a bool"),
    ("python", 'call = "eval"\nrequest.mesage = "x"', 21, "did you mean 'message'"),
    ("python", 'call = "eval"\nunless = 3', 21, "table"),
    ("python", 'call = "eval"\nargument."a..b" = "built"', 21, "names no argument"),
    ("python", 'call = "eval"\ncall = "exec"', 20, "not TOML"),
    ("python", "call = ", 20, "not TOML"),
    ("python", 'call = "eval"\npaths = ["[z-a]"]', 21, "not a path pattern"),
    ("python", 'call = "eval"\nfor = "shel"', 21, "did you mean 'shell'"),
    ("python", 'call = "eval"\nfor = ["shell", "sql"]', 21, "takes one word"),
    ("python", 'call = "eval"\nused = "dropt"', 21, "did you mean 'dropped'"),
    ("python", 'assign = "a"\nused = "dropped"', 21, "unknown key 'used'"),
    ("python", 'call = "eval"\nbases = "x"', 21, "unknown key 'bases'"),
    ("python", 'call = "eval"\nhandler = false', 21, "takes only true"),
    ("python", 'call = "eval"\nargument.0 = {from = ["reqest"]}', 21, "did you mean 'request'"),
    ("python", 'call = "eval"\nargument.0 = {less = "3"}', 21, "must be a number"),
    ("python", 'call = "eval"\nargument.0 = {explosive = false}', 21, "takes only true"),
    ("python", 'call = "eval"\nmodel.mesage = "x"', 21, "did you mean 'message'"),
    ("python", 'define = "*"', 20, "would look at everything"),
    ("python", 'define = "f"\nsiblings = "auth"', 21, "compares handlers"),
    ("python", 'call = "eval"\nrewrite.calee = "x"', 21, "did you mean 'callee'"),
    ("python", 'call = "eval"\nrewrite.argument.verify = true', 21, "no code for the argument 'verify'"),
    ("java", 'call = "eval"\nbefore = "x"', 21, "unknown key 'before'"),
    ("go", 'cal = "eval"', 20, "did you mean 'call'"),
    ("text", "first = true", 20, "no 'pattern'"),
    ("text", 'pattern = "("', 20, "does not compile"),
    ("text", 'pattern = "a"\nnear = "b"', 21, "unknown key 'near'"),
]


@pytest.mark.parametrize(("engine", "block", "line", "said"), REFUSED)
def test_bad_blocks_are_refused(rule: Callable[..., Any], engine: str, block: str, line: int, said: str) -> None:
    with pytest.raises(BadPage) as caught:
        CodeFamily((rule((engine, block)),))
    assert caught.value.where == f"rules/code/made-up.md:{line}"
    assert said in str(caught.value)


def test_deeply_nested_blocks_are_refused(rule: Callable[..., Any]) -> None:
    with pytest.raises(BadPage):
        read_rules([rule(("python", 'call = "x"\nargument.0 = ' + "[" * 50_000))])


def test_pages_of_other_families_are_left_alone(rule: Callable[..., Any]) -> None:
    CodeFamily((rule(("hyperscan", "anything"), family="secrets"),))


REFUSED_WORDS = [
    ("text", 'source = "a.b"\nfrom = "request"', 19, "no engine 'text'"),
    ("python", 'sorce = "a.b"\nfrom = "request"', 20, "did you mean 'source'"),
    ("python", 'source = "a.b"', 20, "no 'from'"),
    ("python", 'source = "a.b"\nfrom = "reqest"', 21, "did you mean 'request'"),
    ("python", 'source = "a.b"\nfrom = "request"\nhow = "calls"', 22, "did you mean 'call'"),
    ("python", 'source = "a.b"\ncleans = "c"', 20, "exactly one of"),
    ("python", 'source = "a.b"\nfrom = "request"\nfor = "sql"', 22, "unknown key 'for'"),
    ("python", 'instance = "a.B"\ntypes = "a.B"', 20, "one name of an object"),
    ("python", 'instance = "a.B()"', 20, "nothing is such an instance"),
    ("python", 'handler = "*.route"\nfrom = "request"\nconverted = "<int>"', 22, "has no {}"),
    ("python", 'registered = "*.get"', 20, "no 'instances'"),
    ("python", 'registered = "*.get"\ninstances = ["a.B()"]\nargument = "last"', 22, "names no argument"),
    ("python", 'fills = "copy"\nflow = [[1]]', 21, "list of pairs"),
    ("python", 'passes = "f"\narguments = [true]', 21, "no place True"),
    ("python", 'guard = "f"\nof = "*"', 21, "no place '*'"),
]


@pytest.mark.parametrize(("engine", "block", "line", "said"), REFUSED_WORDS)
def test_bad_vocabulary_is_refused(rule: Callable[..., Any], engine: str, block: str, line: int, said: str) -> None:
    with pytest.raises(BadPage) as caught:
        CodeFamily((rule((engine, block), family="vocabulary"),))
    assert caught.value.where == f"rules/vocabulary/made-up.md:{line}"
    assert said in str(caught.value)


def test_triggers_are_looked_for_like_rules(rule: Callable[..., Any]) -> None:
    index, _ = compiled([rule(("python", 'call = "eval"'), family="triggers")], None).engine("python")
    assert index.asked(b"eval")


class Kept(dict[str, bytes]):
    """A cache."""

    def put(self, key: str, data: bytes) -> None:
        self[key] = data


def test_blocks_from_the_cache_are_those_that_were_read(rule: Callable[..., Any]) -> None:
    rules = [
        rule(
            (
                "python",
                'call = "a.b"\nargument.0 = {less = 3, equals = [1, true, 2.5, "x"]}\nclean = "q"\nmodel.severity = "low"',
            )
        ),
        rule(("python", 'source = "c"\nfrom = "model"'), family="vocabulary", id="other"),
    ]
    cache = Kept()
    first, second = compiled(rules, cache), compiled(rules, cache)
    assert len(cache) == 1
    for one in (first, second):
        index, words = one.engine("python")
        (block,) = index.blocks
        test = block.clause.conditions[0].test
        assert (test.less, [type(each) for each in test.equals]) == (3, [int, bool, float, str])
        assert block.by_origin["model"].severity is not None
        assert words.within(set()).source(("c",), "read") is not None
        assert words.within(set()).cleans(("q",)) == {block.mark}
    cache[next(iter(cache))] = b"something else"
    assert compiled(rules, cache).engine("python")[0].blocks


def test_another_page_has_another_place_in_the_cache(rule: Callable[..., Any]) -> None:
    cache = Kept()
    compiled([rule(("python", 'call = "a"'))], cache)
    compiled([rule(("python", 'call = "b"'))], cache)
    assert len(cache) == 2


def test_the_schema_takes_every_block_of_every_page() -> None:
    schema = detect_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    wrong = []
    for page in built_in.catalogue():
        for block in page.detect if page.family in ("code", "triggers", "vocabulary") else ():
            wrong += [
                f"{page.page}:{block.line}: {error.message[:200]}"
                for error in validator.iter_errors(tomllib.loads(block.text))
            ]
    assert wrong == []


FOR_THE_READER = (
    "no engine", "not TOML", "RE2", "is no name", "not a path", "would look", "compares", "has no {}", "one name of",
    "does not compile", "names no argument", "nothing is such", "did you mean 'python'",
)  # fmt: skip
"""What is said of how names, patterns and pairs of keys are written, which a schema cannot tell."""


@pytest.mark.parametrize(
    "block", [block for _, block, _, said in (*REFUSED, *REFUSED_WORDS) if not any(part in said for part in FOR_THE_READER)]
)
def test_the_schema_refuses_what_the_reader_refuses(block: str) -> None:
    assert not Draft202012Validator(detect_schema()).is_valid(tomllib.loads(block))


FITTING = [
    # pattern, name, fits
    ("eval", "eval", True),
    ("eval", "x.eval", False),
    ("subprocess.run", "subprocess.run", True),
    ("subprocess.run", "my.subprocess.run", False),
    ("*.execute", "db.execute", True),
    ("*.execute", "a.b().execute", True),
    ("*.execute", "execute", False),
    ("*.session.query", "db.session.query", True),
    ("*.session.query", "db.query", False),
    ("verify_*", "verify_token", True),
    ("verify_*", "a.verify_token", False),
    ("*password*", "old_password_1", True),
    ("Cipher.DES.*", "Cipher.DES.new", True),
    ("Cipher.DES.*", "Cipher.DES", False),
    ("Cipher.DES.*", "Cipher.DES.new.x", False),
    ("Cipher.*.new", "Cipher.DES.new", True),
    ("Cipher.*.*", "Cipher.DES.new", True),
    ("requests.Session().get", "requests.Session().get", True),
    (".db.run", ".db.run", True),
]


@pytest.mark.parametrize(("pattern", "name", "fits"), FITTING)
def test_names(pattern: str, name: str, *, fits: bool) -> None:
    assert Names((read_name(pattern),)).fits(name) is fits


def test_the_reference_names_every_key_and_word() -> None:
    page = (DOCS / "detect.md").read_text(encoding="utf-8")
    extra = {key for keys in (*EXTRA.values(), *VALUES.values()) for key in keys}
    known = (*KINDS, *WORDS, *WHERE, *TEST_KEYS, *USES, *SINKS, *ORIGINS, *ORIGIN_TABLES, *extra)
    assert [word for word in known if f"`{word}`" not in page and f"`{word} " not in page and f"`{word}." not in page] == []


def test_the_reference_of_vocabulary_names_every_key() -> None:
    page = (DOCS / "vocabulary-pages.md").read_text(encoding="utf-8")
    keys = (*SUBJECTS, *(key for keys in SUBJECT_KEYS.values() for key in keys))
    assert [key for key in keys if f"`{key}`" not in page and f"`{key} " not in page] == []


def fenced(page: str, info: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{info}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_references_can_be_read(rule: Callable[..., Any]) -> None:
    code = [*fenced("detect.md", "python"), *fenced("detect.md", "python sink")]
    assert len(code) == 2
    read_rules([rule(*(("python", block) for block in code))])
    assert read_words([rule(*(("python", block) for block in fenced("vocabulary-pages.md", "python")))])


def test_a_team_adds_a_sink_in_five_lines(rule: Callable[..., Any], pages: list[Rule], look_at: Callable[..., Any]) -> None:
    (sink,) = fenced("detect.md", "python sink")
    assert len(sink.strip().split("\n")) == 5
    family = CodeFamily((*pages, rule(("python", sink))))
    (caught,), (clean,) = fenced("detect.md", "python caught"), fenced("detect.md", "python clean")
    (match,) = [one for one in look_at(family, "app.py", caught.encode()).matches if one.rule == "made-up"]
    assert match.confidence is Confidence.HIGH
    assert [step.place.line for step in match.steps][0 :: len(match.steps) - 1] == [5, 8]
    assert look_at(family, "app.py", clean.encode()).matches == []
