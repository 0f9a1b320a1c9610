"""What an open pack answers."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.packages import lookalike
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.blocks import Blocks, pack_blocks
from clearance.scan.packages.pack.opened import open_pack
from clearance.scan.packages.pack.records import release_of
from clearance.scan.packages.pack.tables import (
    Names,
    Scores,
    Uses,
    cve_number,
    pack_names,
    pack_planes,
    pack_scores,
    pack_uses,
    unpack_planes,
)
from scan.packages.pack import toy

PYPI, NPM = Registry.PYPI, Registry.NPM
FLASK = toy.record("Flask", events=[{"introduced": "0"}, {"fixed": "2.0"}])


def ids(answered: Any) -> list[str]:
    return [one.id for one in answered.advisories]


def test_names_compare_as_their_registry_compares_them(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path)
    assert pack.has(PYPI, "FLASK")
    assert pack.has(PYPI, "Old_Thing")
    assert pack.has(NPM, "@types/Node")
    assert not pack.has(PYPI, "flask ")
    assert not pack.has(Registry.CARGO, "serde")
    assert pack.has_scope("@types")
    assert not pack.has_scope("@typ")
    assert (pack.complete(PYPI), pack.complete(NPM), pack.complete(Registry.GO)) == (True, False, False)
    assert (pack.count(PYPI), pack.count(NPM), pack.count(Registry.GO)) == (4, 3, 0)


def test_how_much_names_are_used(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path)
    assert pack.popularity(PYPI, "Flask") == (2, -1, dt.date(2026, 5, 1))
    assert pack.popularity(PYPI, "old-thing").month == dt.date(2005, 9, 1), "older months count as the oldest that fits"
    assert pack.popularity(PYPI, "nothing-known") == (0, -1, None)
    assert pack.popularity(NPM, "@types/node").rank == 1
    assert pack.popularity(NPM, "rare") == (3, 0, None)
    assert abs(pack.popularity(NPM, "lodash").downloads / 450_000_000 - 1) < 0.05
    assert pack.targets(PYPI) == ("requests", "flask", "pyyaml")
    assert pack.targets(Registry.MAVEN) == ()
    assert pack.popularity(Registry.MAVEN, "a:b") == (0, -1, None)


def test_the_table_of_likeness_is_that_of_the_targets(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path)
    assert pack.likeness(PYPI) == lookalike.compiled(pack.targets(PYPI))
    assert pack.likeness(Registry.GO) == b""


def test_a_table_of_another_form_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = toy.toy(tmp_path)
    monkeypatch.setattr(lookalike, "FORM", 1_000_000, raising=False)
    assert pack.likeness(PYPI) == b""


def test_modules_lead_to_distributions_of_other_names(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path)
    assert pack.distributions_of("yaml") == ("pyyaml",)
    assert pack.distributions_of("flask") == (), "its own name is no other name"
    assert pack.distributions_of("attr") == ("requests", "old-thing"), "the most downloaded first"
    assert pack.provides_module("yaml")
    assert pack.provides_module("old_thing")
    assert not pack.provides_module("nothing_known")


def test_watched_names_are_known_however_they_are_written(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path)
    assert pack.watched(PYPI, "made_up-NAME")
    assert not pack.watched(NPM, "made-up-name")
    assert not pack.watched(PYPI, "made-up")


def test_versions_outside_of_a_record_are_clean_and_said_so(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path, FLASK)
    assert ids(pack.advisories(PYPI, "flask", "1.0")) == ["PYSEC-2026-1"]
    assert pack.advisories(PYPI, "flask", "2.0") == ((), "")
    assert pack.advisories(PYPI, "requests", "2.0") == ((), "")


def test_a_version_that_cannot_be_compared_is_silence_not_a_pass(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path, FLASK)
    assert pack.advisories(PYPI, "flask", "main") == ((), "its version cannot be compared as PyPI does")
    assert pack.advisories(PYPI, "requests", "main") == ((), ""), "nobody says anything of this name"


def test_a_registry_without_advisories_is_silence_and_malware_is_told(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path, FLASK, toy.record("evil", id="MAL-2026-1", ecosystem="npm", versions=["6.6.6"]))
    said = pack.advisories(NPM, "evil", "6.6.6")
    assert ids(said) == ["MAL-2026-1"]
    assert said.silent == "the data pack of 2026-11-22 has none for npm"
    assert said.advisories[0].malware
    assert said.advisories[0].summary == "Malicious code in evil (npm)"
    assert pack.advisories(NPM, "evil", "1.0.0").advisories == ()
    assert [one.id for one in pack.malicious(NPM, "evil")] == ["MAL-2026-1"]
    assert pack.date_of("malware", NPM) == dt.date(2026, 7, 1)
    assert pack.date_of("advisories", NPM) is None


def test_what_is_told_of_an_advisory(tmp_path: Path) -> None:
    told = toy.record(
        "flask",
        events=[{"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "2.0"}, {"fixed": "2.1"}],
        aliases=["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"], summary="It breaks.",
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    )  # fmt: skip
    pack = toy.toy(tmp_path, told, kev=["CVE-2026-1"], epss={"CVE-2026-1": 0.4321, "CVE-2026-9": 0.9})
    (one,) = pack.advisories(PYPI, "flask", "2.0").advisories
    assert (one.score, one.severity, one.fixed, one.summary) == (9.8, "critical", ("1.1", "2.1"), "It breaks.")
    assert one.aliases == ("CVE-2026-1", "GHSA-aaaa-bbbb-cccc")
    assert (one.exploited, one.ransomware, one.epss) == (True, True, 0.4321)
    assert one.published == dt.date(2026, 6, 1)
    assert not one.malware


def test_records_about_one_weakness_are_one_answer(tmp_path: Path) -> None:
    other = toy.record(
        "flask", id="GHSA-aaaa-bbbb-cccc", aliases=["CVE-2026-1"], events=[{"introduced": "0"}, {"fixed": "2.0.1"}],
        database_specific={"severity": "HIGH"},
    )  # fmt: skip
    mine = toy.record("flask", aliases=["CVE-2026-1"], events=[{"introduced": "0"}, {"fixed": "2.0"}], summary="It breaks.")
    pack = toy.toy(tmp_path, mine, other)
    (one,) = pack.advisories(PYPI, "flask", "1.0").advisories
    assert {one.id, *one.aliases} == {"PYSEC-2026-1", "GHSA-aaaa-bbbb-cccc", "CVE-2026-1"}
    assert (one.severity, set(one.fixed), one.summary) == ("high", {"2.0", "2.0.1"}, "It breaks.")
    assert ids(pack.advisories(PYPI, "flask", "2.0")) == ["GHSA-aaaa-bbbb-cccc"], "the other database knows better"


def test_malware_stays_beside_an_advisory_that_shares_a_name(tmp_path: Path) -> None:
    hostile = toy.record("flask", id="MAL-2026-1", aliases=["CVE-2026-1"], versions=["1.0"])
    pack = toy.toy(tmp_path, hostile, toy.record("flask", aliases=["CVE-2026-1"], versions=["1.0"]))
    said = pack.advisories(PYPI, "flask", "1.0").advisories
    assert [(one.id, one.malware) for one in said] == [("MAL-2026-1", True), ("PYSEC-2026-1", False)]


def test_a_month_after_that_of_the_list_counts_as_it() -> None:
    names = Names(pack_names(["a"]))
    uses = Uses(pack_uses(names, ["a"], {"a": dt.date(2030, 1, 1)}, {}, toy.TODAY))
    assert uses.month(names.number("a"), toy.TODAY) == dt.date(2026, 11, 1)


SYSTEMS = [
    ("Debian:12", "debian:12", Registry.DEBIAN, "1.0-1", True), ("Debian:12", "debian:12.4", Registry.DEBIAN, "1.0-1", True),
    ("Debian:12", "debian:12", Registry.DEBIAN, "2.0-1", False),
    ("Wolfi", "wolfi:20230201", Registry.ALPINE, "1.0-r0", True),
    ("Ubuntu:22.04:LTS", "ubuntu:22.04", Registry.DEBIAN, "1.0-1", True),
    ("Rocky Linux:9", "rocky:9.3", Registry.RPM, "1.0-1", True),
    ("Red Hat:enterprise_linux:9::baseos", "rhel:9.2", Registry.RPM, "1.0-1", True),
    ("Alpine:v3.19", "alpine:3.19.1", Registry.ALPINE, "1.0-r0", True),
    ("SUSE:Linux Enterprise Server 15 SP5", "sles:15.5", Registry.RPM, "1.0-1", True),
]  # fmt: skip


@pytest.mark.parametrize(("ecosystem", "distribution", "registry", "version", "affected"), SYSTEMS, ids=str)
def test_packages_of_a_distribution(
    ecosystem: str,
    distribution: str,
    registry: Registry,
    version: str,
    affected: object,
    tmp_path: Path,
) -> None:
    fixed = "2.0-r0" if registry is Registry.ALPINE else "2.0-1"
    pack = toy.toy(tmp_path, toy.record("openssl", ecosystem=ecosystem, events=[{"introduced": "0"}, {"fixed": fixed}]))
    said = pack.advisories(registry, "openssl", version, distribution)
    assert (bool(said.advisories), said.silent) == (bool(affected), "")


def test_a_distribution_that_nobody_knows_is_silence(tmp_path: Path) -> None:
    pack = toy.toy(tmp_path, toy.record("openssl", ecosystem="Debian:12", events=[{"introduced": "0"}]))
    for distribution in ("debian:13", "ubuntu:22.04", ""):
        assert pack.advisories(Registry.DEBIAN, "openssl", "1.0", distribution).silent, distribution


def test_the_newest_release_of_a_rolling_distribution_is_itself() -> None:
    assert (release_of("wolfi:20230201"), release_of("opensuse-tumbleweed:20260101"), release_of("")) == (
        "wolfi", "opensuse-tumbleweed", "",
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 1 << 40) | st.text(max_size=30), max_size=300))
def test_blocks_give_back_each_value(values: list[object]) -> None:
    import msgspec

    blocks = Blocks(pack_blocks([msgspec.msgpack.encode(value) for value in values]))
    assert [msgspec.msgpack.decode(raw) for raw in blocks] == values


@given(st.dictionaries(st.tuples(st.integers(1991, 2050), st.integers(0, (1 << 26) - 1)), st.floats(0, 1), max_size=40))
def test_scores_come_back_to_four_digits(scores: dict[tuple[int, int], float]) -> None:
    named = {f"CVE-{year}-{number:04}": score for (year, number), score in scores.items()}
    known = Scores(pack_scores(named))
    assert all(abs(known.get(cve) - score) <= 0.00005 + 1e-9 for cve, score in named.items())
    assert known.get("CVE-1990-1") == -1.0


@pytest.mark.parametrize(
    "cve",
    ["", "CVE-", "CVE-2026", "CVE-2026-x", "CVE-26-1", "CVE-2026-1-2", "CVE-２０２６-1", "cve-2026-1", "CVE-2026-999999999"],
)
def test_what_is_no_cve_id_has_no_number(cve: str) -> None:
    assert cve_number(cve) == 0


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=50))
def test_planes_give_back_the_table(words: list[int]) -> None:
    import array

    table = array.array("Q", sorted(words)).tobytes()
    assert unpack_planes(pack_planes(table)) == table


def test_the_shipped_pack_knows_what_everybody_knows() -> None:
    pack = open_pack()
    assert "PYSEC-2021-142" in {
        name for one in pack.advisories(PYPI, "PyYAML", "5.3").advisories for name in (one.id, *one.aliases)
    }
    assert pack.advisories(PYPI, "pyyaml", "6.0.2") == ((), "")
    assert "opencv-python" in pack.distributions_of("cv2")
    assert pack.malicious(NPM, "epicagames-connect")
    assert pack.targets(PYPI)[:1] == ("boto3",) or len(pack.targets(PYPI)) > 14_000
    assert pack.date_of("advisories", PYPI) is not None
