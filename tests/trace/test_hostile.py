"""Records that lie, and texts that are strange."""

import pytest

from clearance.facts.trace import SCHEME, Known, LineKeys
from clearance.trace.file import NO_RECORD, Pair
from clearance.trace.keys import KeyedText, split
from clearance.trace.settle import settle

SALT = bytes(range(16))
BLOCK = "".join(
    f"def price_{at}(order, rate_{at}):\n    return order.rows[{at}].price * rate_{at} + {at}\n" for at in range(6)
)


def known(text: str, name: str, **more: object) -> Known:
    keyed = KeyedText(split(text), SALT)
    keys = LineKeys(scheme=SCHEME, salt=SALT, runs=keyed.runs("a.py", [(1, len(keyed.lines))]))
    return Known(digest=name, keys=keys, **more)  # type: ignore[arg-type]


def whose(text: str, *records: Known) -> set[str]:
    """The generations (or kinds) that the lines of a new file have."""
    lines = split(text)
    pair = Pair("a.py", "", "new", "", new=lines, added=((1, len(lines)),))
    found = settle(("b", "h"), [pair], records, {})
    return {found.origins[run.origin].generation or found.origins[run.origin].kind for run in found.files[0].runs}


def test_of_two_records_with_the_same_lines_the_earlier_one_counts() -> None:
    assert whose(BLOCK, known(BLOCK, "first"), known(BLOCK, "forged")) == {"first"}


def test_a_claim_that_nobody_signed_never_takes_lines_from_a_record() -> None:
    assert whose(BLOCK, known(BLOCK, "note", weak=True), known(BLOCK, "own")) == {"own"}
    assert whose(BLOCK, known(BLOCK, "own"), known(BLOCK, "note", weak=True)) == {"own"}
    assert whose(BLOCK, known(BLOCK, "note", weak=True), known(BLOCK, "p", person="ann@example.com")) == {"p"}
    assert whose(BLOCK, known(BLOCK, "note", weak=True)) == {"note"}


def test_a_record_of_other_lines_claims_none() -> None:
    assert whose(
        BLOCK, known(BLOCK.replace("price", "weight").replace("order", "parcel").replace("return", "yield"), "forged")
    ) in (
        {"unknown"},
        {"unknown", "forged"},
    )


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace("\n", "\r\n"),
        BLOCK.rstrip("\n"),
        BLOCK.replace("price", "prix_été_価格"),
        BLOCK.replace("order", "o\u202eder"),
        "\ufeff" + BLOCK,
        BLOCK + "\0",
    ],
    ids=["CRLF", "no newline at the end", "other letters", "hidden direction", "byte order mark", "a null"],
)
def test_strange_texts_keep_their_origin(text: str) -> None:
    assert whose(text, known(text, "own")) == {"own"}


def test_line_ends_alone_make_no_other_line() -> None:
    assert whose(BLOCK.replace("\n", "\r\n"), known(BLOCK, "own")) == {"own"}


def test_an_empty_file_and_one_without_words_have_no_origin_of_their_own() -> None:
    assert whose("", known(BLOCK, "own")) == set()
    assert whose("\n\n}\n", known("\n\n}\n", "own")) == {"unknown"}


def test_a_million_equal_lines_end() -> None:
    text = "x = y + z\n" * 20_000
    assert whose(text, known(text, "own")) <= {"own", "unknown"}


def test_what_replaces_an_assistants_line_in_its_place_and_shape_is_that_line_changed() -> None:
    from clearance.facts.trace import Lines, Origin
    from clearance.trace.file import Earlier

    old, new = (
        split(BLOCK),
        split(BLOCK.replace("return order.rows[3].price * rate_3 + 3", "return basket.items[9].cost * share + 9")),
    )
    pair = Pair("a.py", "", "new", "old", old=old, new=new, added=((8, 8),), removed=((8, 8),))
    for origin, wanted in (
        (Origin(kind="generation", generation="own"), "generation"),
        (Origin(kind="person", person="ann@example.com"), "unknown"),
    ):
        earlier = {("a.py", "old"): Earlier((Lines(1, len(old), 0),), (origin,))}
        found = settle(("b", "h"), [pair], [], earlier)
        line = next(found.origins[run.origin] for run in found.files[0].runs if run.first <= 8 <= run.last)
        assert line.kind == wanted
        assert line.why in ("", NO_RECORD)
