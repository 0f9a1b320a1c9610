"""An index is believed as far as it proves right, and its silence is never an answer."""

import datetime as dt
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from clearance.facts.index import IndexAnswer, Known, Question
from clearance.facts.package import Registry
from clearance.fetch.connection import Origin, Refused
from clearance.fetch.index import CompanyIndex
from clearance.stores.cache import FileCache
from fetch.company import Index, serving

TOOLS = Question(Registry.PYPI, "Acme.Tools", ("1.0", "1.0.0", "1.1", "7.7"))
INVENTED = Question(Registry.PYPI, "acme-invented-thing")
UI = Question(Registry.NPM, "@acme/ui", ("1.0.0", "1.1.0"))


@pytest.fixture
def company() -> Iterator[Index]:
    with serving() as index:
        yield index


def asking(index: Index, environment: Mapping[str, str] | None = None, cache: FileCache | None = None) -> CompanyIndex:
    addresses = {Registry.PYPI: index.address + "simple/", Registry.NPM: index.address + "npm"}
    return CompanyIndex(addresses, environment or {}, cache)


def known(answers: "list[IndexAnswer] | object") -> list[Known]:
    return [answer.known for answer in answers]  # type: ignore[attr-defined]


def test_what_an_index_knows_and_what_it_does_not(company: Index) -> None:
    tools, invented, ui, gone = asking(company).ask([TOOLS, INVENTED, UI, Question(Registry.NPM, "taken-down")], 5)
    assert (tools.known, invented.known, ui.known, gone.known) == (Known.PRESENT, Known.ABSENT, Known.PRESENT, Known.ABSENT)
    assert (tools.name, tools.latest, tools.how_many, tools.dated) == ("Acme.Tools", "1.0", 3, True)
    assert tools.created == dt.datetime(2015, 3, 1, 12, tzinfo=dt.UTC)
    old, same, broken = (tools.release(version) for version in ("1.0", "1.0.0", "1.1"))
    assert old is not None
    assert same is not None
    assert broken is not None
    assert old.uploaded == same.uploaded == tools.created
    assert (broken.yanked, broken.reason) == (True, "broken build")
    assert tools.release("7.7") is None
    first, second = ui.release("1.0.0"), ui.release("1.1.0")
    assert first is not None
    assert second is not None
    assert (first.deprecated, first.reason, first.scripts) == (True, "use 1.1", False)
    assert (second.scripts, second.licence, second.hashes) == (True, "MIT", ("sha512:000000", "sha1:" + "ab" * 20))
    assert "taken down" in gone.why


SILENT = {
    "answers slowly": "did not answer",
    "says nothing": "did not answer",
    "drips": "did not answer",
    "hangs up": "closed the connection",
    "breaks off": "",
    "has nothing": "does not know",
    "wants credentials": "wants credentials",
    "fails": "answered 503",
    "shows a login page": "",
    "answers garbage": "",
    "answers another name": "answered",
    "sends elsewhere": "another host",
    "is endless": "",
    "knows everything": "that nobody has",
}


@pytest.mark.parametrize("fault", SILENT)
def test_an_index_that_fails_is_silent_and_never_says_that_a_name_is_or_is_not_there(fault: str) -> None:
    with serving(fault) as index:
        answers = list(asking(index).ask([INVENTED, Question(Registry.NPM, "acme-invented-thing")], 1.2))
    assert known(answers) == [Known.SILENT, Known.SILENT]
    assert all(SILENT[fault] in answer.why for answer in answers), [answer.why for answer in answers]


@pytest.mark.parametrize("fault", [fault for fault in SILENT if fault not in {"has nothing", "knows everything"}])
def test_a_name_that_is_there_is_not_known_to_be_there_where_the_index_fails(fault: str) -> None:
    with serving(fault) as index:
        assert known(asking(index).ask([TOOLS, UI], 1.2)) == [Known.SILENT, Known.SILENT]


def test_nobody_listens() -> None:
    with serving() as index:
        address = index.address
    gone = CompanyIndex({Registry.PYPI: address}, {})
    assert known(gone.ask([TOOLS], 2)) == [Known.SILENT]


@pytest.mark.parametrize("fault", ["strips fields", "rewrites dates", "has HTML only"])
def test_dates_that_cannot_be_true_are_not_given(fault: str) -> None:
    with serving(fault) as index:
        answers = asking(index).ask([TOOLS, UI], 5)
    assert known(answers) == [Known.PRESENT, Known.PRESENT]
    for answer in answers:
        if fault != "has HTML only" or answer.registry is Registry.PYPI:
            assert not answer.dated
            assert answer.created is None
            assert all(release.uploaded is None for release in answer.releases)


def test_a_registry_without_an_address_is_silent(company: Index) -> None:
    only = CompanyIndex({Registry.PYPI: company.address + "simple/", Registry.NPM: ""}, {})
    assert known(only.ask([TOOLS, UI, Question(Registry.GO, "example.com/x")], 5)) == [
        Known.PRESENT, Known.SILENT, Known.SILENT,
    ]  # fmt: skip


def test_answers_are_kept_and_silence_is_not(company: Index, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache")
    asking(company, cache=cache).ask([TOOLS, INVENTED, UI], 5)
    company.asked.clear()
    again = asking(company, cache=cache).ask([TOOLS, INVENTED, UI], 5)
    assert company.asked == []
    assert known(again) == [Known.PRESENT, Known.ABSENT, Known.PRESENT]
    company.fault = "answers garbage"
    assert known(asking(company, cache=cache).ask([Question(Registry.PYPI, "acme-young")], 5)) == [Known.SILENT]
    company.fault = ""
    assert known(asking(company, cache=cache).ask([Question(Registry.PYPI, "acme-young")], 5)) == [Known.PRESENT]


def test_a_clock_that_was_set_back_makes_nothing_fresh(
    company: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FileCache(tmp_path / "cache")
    asking(company, cache=cache).ask([TOOLS], 5)
    company.asked.clear()
    monkeypatch.setattr("clearance.fetch.index.time.time", lambda: 1_000_000_000.0)
    (tools,) = asking(company, cache=cache).ask([TOOLS], 5)
    assert company.asked, "an answer from the future was taken for fresh"
    assert not tools.dated, "uploads after today cannot be true"


def test_credentials_come_from_netrc_and_are_shown_nowhere(company: Index, tmp_path: Path) -> None:
    word = "pass" + "word"
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login robot {word} geheim\n")
    (tmp_path / "netrc").chmod(0o600)
    index = asking(company, {"NETRC": str(tmp_path / "netrc")})
    index.ask([TOOLS], 5)
    assert company.authorizations
    assert all(one.startswith("Basic ") for one in company.authorizations)
    assert "geheim" not in repr(index)
    assert company.authorizations[0] not in repr(index)


def test_an_index_survives_pickling(company: Index) -> None:
    assert known(pickle.loads(pickle.dumps(asking(company))).ask([TOOLS], 5)) == [Known.PRESENT]  # noqa: S301 -- our own


@pytest.mark.parametrize(
    "address",
    ["http://index.example.com/", "ftp://index.example.com/", "index", "", "https://", "https://u:p@index.example.com/",
     "https://index.example.com/?x=1", "https://[", "https://index.example.com:99999/"],
)  # fmt: skip
def test_addresses_that_are_never_asked(address: str) -> None:
    with pytest.raises(Refused):
        Origin.of(address)


def test_many_names_are_asked_at_once(company: Index) -> None:
    names = [Question(Registry.PYPI, f"acme-nothing-{number}") for number in range(300)]
    assert set(known(asking(company).ask([*names, TOOLS], 20))) == {Known.ABSENT, Known.PRESENT}
