"""Settings are read strictly, and an error names the file, the line and the nearest key."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.classification import Level
from clearance.facts.errors import BadSettings
from clearance.settings import Settings, check_kinds, read_settings


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
        ('[personal]\nscan = "fixture"\n', ".clearance/settings.toml:2: Invalid enum value 'fixture'"),
        ('[personal]\nscan = "fixture"\n', "(the nearest word is 'fixtures')"),
        ("[personal]\nscam = 1\n", "unknown key 'personal.scam' (the nearest known key is 'scan')"),
        ("[personl]\n", "unknown key 'personl' (the nearest known key is 'personal')"),
        ('[personal]\nregions = ["Germany"]\n', ".clearance/settings.toml:2: personal.regions: 'Germany' is no country"),
        ('[personal]\ndirectory = "../people.txt"\n', "personal.directory is '../people.txt'"),
        ("[clasification]\n", "the nearest known key is 'classification'"),
        ("[classification]\nkind = {}\n", "unknown key 'classification.kind' (the nearest known key is 'kinds')"),
        ('[classification]\ndefault = "secret"\n', ":2: Invalid enum value 'secret'"),
        ('[classification.paths]\n"data/**" = "restrcited"\n', "(the nearest word is 'restricted')"),
        ('[classification.paths]\n"data/**" = "restrcited"\n', ".clearance/settings.toml:1: Invalid"),
        (
            '[classification.paths]\n"a[z-a]" = "public"\n',
            ".clearance/settings.toml:2: classification.paths: not a path pattern",
        ),
        ("x = " + "[" * 100_000, "not TOML"),
        ("#" * 300_000, "larger than 256 KiB"),
    ],
)
def test_an_error_says_where_and_what_to_do(text: str, says: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings(text)
    assert says in str(caught.value)


def test_levels_are_read_into_the_scheme_of_assess() -> None:
    text = '[classification]\ndefault = "public"\n'
    text += 'paths = { "data/**" = "restricted" }\n[classification.kinds]\niban = "internal"\n'
    scheme = read_settings(text).classification.scheme()
    assert scheme.of_path("data/a/b.csv") == (Level.RESTRICTED, "data/**")
    assert scheme.of_path("src/app.py") == (Level.PUBLIC, "")
    assert scheme.of_kind("iban", "personal") is Level.INTERNAL
    assert scheme.of_kind("payment-card", "personal") is Level.RESTRICTED


def test_a_level_for_what_nobody_finds_is_refused() -> None:
    text = '[classification.kinds]\niban = "internal"\nemail-adress = "public"\n'
    with pytest.raises(BadSettings) as caught:
        check_kinds(read_settings(text), {"iban", "email-address", "personal"}, text=text)
    assert str(caught.value) == (
        ".clearance/settings.toml:3: classification.kinds: no rule or family 'email-adress' "
        "(the nearest known name is 'email-address')"
    )


@given(st.text() | st.text("[]{}=.\"'\n#,abscanexclude0123456789"))
def test_any_text_is_settings_or_bad_settings(text: str) -> None:
    with contextlib.suppress(BadSettings):
        assert isinstance(read_settings(text), Settings)
