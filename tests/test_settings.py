"""Settings are read strictly, and an error names the file, the line and the nearest key."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadSettings
from clearance.settings import Settings, read_settings


def test_no_file_is_a_good_file() -> None:
    assert read_settings(None) == read_settings("") == Settings()


def test_what_is_set_is_read() -> None:
    settings = read_settings('[scan]\nexclude = ["docs/**"]\nseconds_per_file = 2\n')
    assert settings.scan.exclude == ("docs/**",)
    assert settings.scan.seconds_per_file == 2.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[scan]\nexclud = []\n",
            ".clearance/settings.toml:2: unknown key 'scan.exclud' (the nearest known key is 'exclude')",
        ),
        ("[scna]\n", ".clearance/settings.toml:1: unknown key 'scna' (the nearest known key is 'scan')"),
        ("[scan]\nexclude = 3\n", "Expected `array`, got `int` - at `$.scan.exclude`"),
        ("[scan\n", ".clearance/settings.toml:1: not TOML"),
        ("scan = 3\n", "Expected `object`, got `int` - at `$.scan`"),
        ("[scan]\nseconds = 0\n", "scan.seconds is 0 (it must lie between 1 and 86400)"),
        ('[scan]\nexclude = ["[z-a]"]\n', "scan.exclude: not a path pattern"),
        ("[scan]\nseconds = nan\n", "scan.seconds is nan"),
        ("x = " + "[" * 100_000, "not TOML"),
        ("#" * 300_000, "larger than 256 KiB"),
    ],
)
def test_an_error_says_where_and_what_to_do(text: str, says: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings(text)
    assert says in str(caught.value)


@given(st.text() | st.text("[]{}=.\"'\n#,abscanexclude0123456789"))
def test_any_text_is_settings_or_bad_settings(text: str) -> None:
    with contextlib.suppress(BadSettings):
        assert isinstance(read_settings(text), Settings)
