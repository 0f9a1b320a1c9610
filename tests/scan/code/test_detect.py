"""A block that is not what docs/reference/detect.md describes is refused with its line and the nearest valid key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import BadPage
from clearance.scan.code.detect import KINDS, WORDS, read_rules
from clearance.scan.code.family import CodeFamily
from clearance.scan.code.names import Names, read_name

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


def test_triggers_are_looked_for_like_rules(rule: Callable[..., Any]) -> None:
    family = CodeFamily((rule(("python", 'call = "eval"'), family="triggers"),))
    assert family._index["python"].blocks(b"eval")


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


def test_the_reference_names_every_kind_and_word() -> None:
    page = Path(__file__).parents[3].joinpath("docs/reference/detect.md").read_text(encoding="utf-8")
    assert [word for word in (*KINDS, *WORDS) if f"`{word}`" not in page] == []
