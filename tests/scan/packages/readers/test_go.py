"""go.mod, go.work and go.sum."""

from collections.abc import Callable

import pytest

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Unparsed
from clearance.scan.packages.readers.go import go_mod, go_sum

NamesIn = Callable[[str, str], list[str]]
SUM = "A" * 43 + "="

MOD = """module zz.example/me // pip
go 1.22
require zz.example/a v1.2.3
require (
\tzz.example/b/v2 v2.0.0-20240101000000-abcdefabcdef // indirect
\t"zz.example/c" v0.1.0
\tzz.example/gone v1.0.0
\tzz.example/swapped v1.0.0
)
replace (
\tzz.example/gone => ../gone
\tzz.example/swapped v1.0.0 => zz.example/mine v1.0.1
)
exclude zz.example/a v1.2.2
retract [v1.0.0, v1.1.0]
tool zz.example/a/cmd/x
tool zz.example/other/cmd/y
"""


def test_what_go_mod_requires(names_in: NamesIn) -> None:
    assert names_in("go.mod", MOD) == [
        "3 Go zz.example/a@v1.2.3",
        "5 Go zz.example/b/v2@v2.0.0-20240101000000-abcdefabcdef",
        "6 Go zz.example/c@v0.1.0",
        "12 Go zz.example/mine@v1.0.1 as zz.example/swapped",
        "17 Go zz.example/other/cmd/y",
    ]
    direct = {one.name: one.details.direct for one in go_mod(MOD, Budget(9))}
    assert direct["zz.example/a"] is True
    assert direct["zz.example/b/v2"] is False


def test_go_work_names_what_takes_a_modules_place(names_in: NamesIn) -> None:
    text = "go 1.22\nuse ./a\nuse (\n\t./b\n)\nreplace zz.example/x => zz.example/y v1.0.0\n"
    assert names_in("go.work", text) == ["6 Go zz.example/y@v1.0.0 as zz.example/x"]


def test_go_sum_gives_digests_and_leaves_out_what_was_only_looked_at(names_in: NamesIn) -> None:
    text = f"zz.example/a v1.2.3 h1:{SUM}\nzz.example/a v1.2.3/go.mod h1:{SUM}\nzz.example/b v1.0.0/go.mod h1:{SUM}\n"
    assert names_in("go.sum", text) == ["1 Go zz.example/a@v1.2.3"]
    (one,) = go_sum(text, Budget(9))
    assert isinstance(one, Mention)
    assert one.hashed
    assert one.details.hashes == ("sha256:" + "00" * 32,)


@pytest.mark.parametrize(
    ("read", "text", "line"),
    [
        (go_mod, "module a\n\nwhat is this\n", "line 3"),
        (go_mod, "module a\nrequire (\n\ta.b/c v1.0.0\n", "is not closed"),
        (go_mod, "module a\nrequire ( a.b/c v1.0.0\n)\n", "line 2"),
        (go_sum, f"a.b/c v1 h1:{SUM}\nbroken\n", "line 2"),
    ],
)
def test_a_line_that_is_none_is_named(read: Callable[..., object], text: str, line: str) -> None:
    with pytest.raises(Unparsed, match=line):
        list(read(text, Budget(9)))  # type: ignore[call-overload]


def test_what_a_block_that_is_not_closed_holds_is_named_all_the_same() -> None:
    found = go_mod("module a\nrequire (\n\ta.b/c v1.0.0\n", Budget(9))
    assert next(iter(found)).name == "a.b/c"
