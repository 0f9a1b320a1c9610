"""TOML that somebody else wrote is read in time that grows with its length, or refused with its line."""

import pytest

from clearance.decide.table import read_table
from clearance.decide.waivers import read_waiver
from clearance.facts.errors import BadPolicy, BadSettings, BadWaiver
from clearance.facts.toml import MOST_PARTS, BadToml, read_toml
from clearance.settings import read_settings

_LONG = "9" * 5_000


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb =", 2, "Invalid value"),
        ("a = 1\n\nb = " + _LONG, 3, "digits"),
        ("a = 2026-02-30", 1, "Invalid date"),
        ("\na" + ".a" * MOST_PARTS + " = 1", 2, "64 parts"),
        ("[a" + " . a" * MOST_PARTS + "]", 1, "64 parts"),
        ("x = { a" + ".'a'" * MOST_PARTS + " = 1 }", 1, "64 parts"),
        (r'"\"".b' + r'."\"".b' * MOST_PARTS + " = 1", 1, "64 parts"),
        ("a = " + "[" * 5_000, 1, "deep"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadToml, match=said) as told:
        read_toml(text)
    assert told.value.line == line


def test_what_people_write_is_read() -> None:
    versions = ", ".join(["1.25"] * 200)
    assert read_toml(f"\ufeffa.b.c = 1\nd = [{versions}]\n")["a"] == {"b": {"c": 1}}
    assert read_toml(f"'{'x.' * 100}' = 1") == {"x." * 100: 1}


def test_a_number_of_thousands_of_digits_is_refused_by_every_reader_with_file_and_line() -> None:
    with pytest.raises(BadPolicy) as table:
        read_table(f"\nx = {_LONG}", "cases.toml")
    with pytest.raises(BadWaiver) as waiver:
        read_waiver(f"\nx = {_LONG}".encode(), ".clearance/waivers/a.toml")
    with pytest.raises(BadSettings) as settings:
        read_settings(f"\nx = {_LONG}")
    places = [told.value.where for told in (table, waiver, settings)]
    assert places == ["cases.toml:2", ".clearance/waivers/a.toml:2", ".clearance/settings.toml:2"]
