"""Who wrote pages that were taken in: the file beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadFile
from clearance.rules.attribution import Attributed, attribute, read_sources, write_sources

A, B = "a" * 64, "b" * 64
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}\.md", fullmatch=True)


@given(st.dictionaries(LINES, st.dictionaries(NAMES, st.sampled_from([A, B]), min_size=1, max_size=3), max_size=3))
def test_what_is_written_is_read_back(held: dict[str, dict[str, str]]) -> None:
    sources = tuple(Attributed(attribution=word, files=files) for word, files in sorted(held.items()))
    assert read_sources(write_sources(sources), path="S") == sources


def test_a_page_has_the_last_attribution_that_it_was_given() -> None:
    known = attribute((), "Ann, CC BY 4.0", {"a.md": A, "b.md": A})
    known = attribute(known, "Ben, CC0", {"b.md": B})
    assert known == (
        Attributed(attribution="Ann, CC BY 4.0", files={"a.md": A}), Attributed(attribution="Ben, CC0", files={"b.md": B})
    )  # fmt: skip
    assert attribute(known, "Ben, CC0", {"a.md": A}) == (Attributed(attribution="Ben, CC0", files={"a.md": A, "b.md": B}),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[source]]\nattribution = \n", 2),
        ("source = 1\n", 1),
        ('[[source]]\nattribution = ""\n', 1),
        ('[[source]]\nattribution = "x"\nlicence = "y"\n', 1),
        (f'[[source]]\nattribution = "x"\n[source.files]\n"../a.md" = "{A}"\n', 1),
        ('[[source]]\nattribution = "x"\n[source.files]\n"a.md" = "1"\n', 1),
        ("x" * 2_000_000, 1),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, line: int) -> None:
    with pytest.raises(BadFile) as caught:
        read_sources(text, path="S")
    assert caught.value.where == f"S:{line}"
