"""All rules at once, and their compiled form."""

import contextlib
import hashlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.rules.catalogue import compile as compile_pages
from clearance.rules.catalogue import join, load, read_catalogue, with_page


def page(id: str, extra: str = "") -> str:
    examples = "".join(f"\n## {name}\n" + f"```python\n{name.lower()}()\n```\n" * 3 for name in ("Caught", "Clean"))
    return (
        f"---\nid: {id}\ntitle: T\nseverity: low\nconfidence: low\nbrief: B\ndetector: d\n---\nGuidance.{extra}\n{examples}"
    )


PAGES = {"rules/code/a.md": page("a"), "rules/secrets/c.md": page("c"), "rules/code/b.md": page("b")}
BROKEN = PAGES | {"rules/code/d.md": "nonsense", "rules/code/e.md": page("x")}


def test_rules_are_found_by_id_and_by_family() -> None:
    catalogue = read_catalogue(PAGES)
    assert [rule.id for rule in catalogue] == ["a", "b", "c"]
    assert len(catalogue) == 3
    assert catalogue["b"].family == "code"
    assert catalogue.get("z") is None
    assert [rule.id for rule in catalogue.family("code")] == ["a", "b"]
    assert catalogue.family("nothing") == ()
    assert catalogue.families == ("code", "secrets")
    assert catalogue.broken == ()


def test_the_digest_can_be_made_with_sha256sum_and_sort() -> None:
    lines = sorted(f"{hashlib.sha256(text.encode()).hexdigest()}  {path}\n" for path, text in PAGES.items())
    assert read_catalogue(PAGES).digest == hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        PAGES | {"rules/code/a.md": page("a", " ")},
        PAGES | {"rules/code/z.md": "broken"},
        {path: text for path, text in PAGES.items() if not path.endswith("c.md")},
        {path.replace("rules/", ".clearance/rules/"): text for path, text in PAGES.items()},
    ],
    ids=["a byte more", "a broken page more", "a page less", "other paths"],
)
def test_another_set_of_pages_has_another_digest(changed: dict[str, str]) -> None:
    assert read_catalogue(changed).digest != read_catalogue(PAGES).digest


def test_a_broken_page_is_kept_as_an_error_and_the_others_stand() -> None:
    catalogue = read_catalogue(BROKEN)
    assert [rule.id for rule in catalogue] == ["a", "b", "c"]
    assert [error.where for error in catalogue.broken] == ["rules/code/d.md:1", "rules/code/e.md:2"]


def test_of_two_pages_with_one_id_the_first_stands_and_both_are_named() -> None:
    catalogue = read_catalogue(PAGES | {"rules/secrets/a.md": page("a")})
    assert catalogue["a"].page == "rules/code/a.md"
    [error] = catalogue.broken
    assert error.where == "rules/secrets/a.md:1"
    assert "rules/code/a.md" in error.what


def test_a_team_cannot_replace_a_built_in_rule() -> None:
    team = {
        ".clearance/rules/code/a.md": page("a"),
        ".clearance/rules/code/own.md": page("own"),
        ".clearance/rules/code/q.md": "",
    }
    both = join(read_catalogue(PAGES), read_catalogue(team))
    assert both["a"].page == "rules/code/a.md"
    assert both["own"].page == ".clearance/rules/code/own.md"
    assert [error.where for error in both.broken] == [".clearance/rules/code/q.md:1", ".clearance/rules/code/a.md:1"]
    assert both.digest == read_catalogue(PAGES | team).digest


def test_a_page_outside_a_family_is_broken() -> None:
    [first, second] = read_catalogue({"a.md": page("a"), "rules/code/a.txt": page("a")}).broken
    assert {first.where, second.where} == {"a.md:1", "rules/code/a.txt:1"}


def test_a_page_read_anew_replaces_what_stood_there() -> None:
    catalogue = read_catalogue(BROKEN)
    mended = with_page(catalogue, "rules/code/d.md", page("d"))
    assert mended["d"].page == "rules/code/d.md"
    assert [error.where for error in mended.broken] == ["rules/code/e.md:2"]
    assert mended.digest == read_catalogue(BROKEN | {"rules/code/d.md": page("d")}).digest
    worse = with_page(mended, "rules/code/a.md", "")
    assert worse.get("a") is None
    assert len(worse.broken) == 2


def test_a_compiled_catalogue_is_the_same_catalogue() -> None:
    read, loaded = read_catalogue(BROKEN), load(compile_pages(BROKEN))
    assert loaded.rules == read.rules
    assert loaded.digest == read.digest
    assert [(str(error), error.next) for error in loaded.broken] == [(str(error), error.next) for error in read.broken]


def test_compiling_does_not_depend_on_order() -> None:
    assert compile_pages(BROKEN) == compile_pages(dict(reversed(BROKEN.items())))


COMPILED = compile_pages(PAGES)


@given(st.binary(max_size=60))
def test_other_bytes_are_no_catalogue(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a compiled catalogue"):
        load(data)


@given(st.integers(0, len(COMPILED) - 1), st.integers(0, 255))
def test_a_damaged_catalogue_loads_or_is_refused(index: int, byte: int) -> None:
    damaged = COMPILED[:index] + bytes([byte]) + COMPILED[index + 1 :]
    with contextlib.suppress(ValueError):
        assert len(load(damaged)) <= len(PAGES)


def test_loading_a_compiled_catalogue_does_not_load_yaml() -> None:
    code = (
        "import sys; from clearance.rules.catalogue import join, load, read_catalogue;"
        "join(load(sys.stdin.buffer.read()), read_catalogue({})); sys.exit('yaml' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], input=COMPILED, check=True)


def test_equal_rules_have_equal_hashes() -> None:
    assert {*read_catalogue(PAGES)} == {*load(COMPILED)}
    assert len({*read_catalogue(PAGES), *load(COMPILED)}) == 3
