"""Records in OSV's layout are input: what is wrong with them is counted, refused, never believed."""

import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack import osv
from clearance.scan.packages.pack.cvss import base_score, rating
from clearance.scan.packages.pack.cvss4 import _LEVELS, base_score_4
from clearance.scan.packages.pack.osv import Gathered, NotRecords
from clearance.scan.packages.pack.record import Kept
from scan.packages.pack import toy


def kept(*records: Any) -> list[Kept]:
    return [line.kept for line in toy.gathered(*records).lines()]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_versions_that_the_ranges_say_are_left_out() -> None:
    (one,) = kept(toy.record("a", events=[{"introduced": "1.0"}, {"fixed": "2.0"}], versions=["1.0", "1.5", "0.9", "trunk"]))
    assert one.ranges == [["i1.0", "f2.0"]]
    assert one.versions == ["0.9", "trunk"]


def test_ranges_of_commits_say_nothing_of_versions() -> None:
    git = {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]}
    (one,) = kept(toy.record("a", ranges=[git], versions=["1.0"]))
    assert (one.ranges, one.versions) == ([], ["1.0"])
    assert kept(toy.record("a", ranges=[git])) == [], "nothing to compare with"


def test_malware_without_versions_is_hostile_in_every_version() -> None:
    (one,) = kept(toy.record("a", id="MAL-2026-1", summary="Malicious code in a (PyPI)", aliases=["GHSA-x", "CVE-2026-1"]))
    assert (one.ranges, one.summary, one.aliases) == ([["i0"]], "", ("CVE-2026-1",))


def test_an_advisory_about_embedded_malicious_code_is_malware() -> None:
    told = toy.record("a", id="GHSA-x", events=[{"introduced": "0"}], database_specific={"cwe_ids": ["CWE-506"]})
    assert [line.part for line in toy.gathered(told).lines()] == ["malware"]


def test_withdrawn_records_are_out_and_the_younger_of_two_counts() -> None:
    old = toy.record("a", events=[{"introduced": "0"}], modified="2026-01-01T00:00:00Z")
    gone = {**old, "modified": "2026-02-01T00:00:00Z", "withdrawn": "2026-02-01T00:00:00Z"}
    back = {**old, "modified": "2026-03-01T00:00:00Z"}
    assert kept(gone) == []
    assert kept(old, gone) == kept(gone, old) == []
    assert len(kept(old, gone, back)) == len(kept(back, gone)) == 1


def test_several_packages_and_several_entries_of_one_package() -> None:
    told = toy.record("a", events=[{"introduced": "0"}, {"fixed": "1"}])
    other = toy.record("b", ecosystem="npm", events=[{"introduced": "0"}])["affected"]
    more = toy.record("A", events=[{"introduced": "2"}])["affected"]
    told["affected"] = [*told["affected"], *more, *other]
    lines = {(line.registry, line.key): line.kept.ranges for line in toy.gathered(told).lines()}
    assert lines[Registry.NPM, "b"] == [["i0"]]
    assert (Registry.PYPI, "a") in lines


def test_the_day_is_that_of_the_youngest_record_and_none_of_the_future() -> None:
    some = [
        toy.record("a", id=f"PYSEC-{day}", events=[{"introduced": "0"}], modified=f"{day}T00:00:00Z")
        for day in ("2026-01-01", "2026-05-05", "2027-07-09", "not a day")
    ]
    assert str(toy.gathered(*some).newest("advisories", Registry.PYPI)) == "2026-05-05"


BROKEN = {
    "no JSON": b"{", "no object": b"[]", "no id": b"{}", "an id of another kind": b'{"id": 1}', "an empty id": b'{"id": ""}',
    "an id with a line break": b'{"id": "a\\nb"}', "no UTF-8": b'{"id": "\xff"}', "deep": b"[" * 100_000, "nothing": b"",
    "affected is text": b'{"id": "x", "affected": "all"}',
    "events are text": b'{"id":"x","affected":[{"ranges":[{"events":["0"]}]}]}',
    "a long id": json.dumps({"id": "x" * 1_000}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_broken_records_are_counted(what: str) -> None:
    found = Gathered(toy.TODAY)
    found.add(BROKEN[what])
    assert (found.counts["broken"], list(found.lines())) == (1, [])


_A = {"ecosystem": "PyPI", "name": "a"}
NOTHING: dict[str, dict[str, Any]] = {
    "no affected": {"affected": None}, "an empty list": {"affected": []}, "no package": {"affected": [{"versions": ["1"]}]},
    "an unknown ecosystem": {"affected": [{"package": {"ecosystem": "Hex", "name": "a"}, "versions": ["1"]}]},
    "a name that colours": {"affected": [{"package": {"ecosystem": "PyPI", "name": "a\x1b[31m"}, "versions": ["1"]}]},
    "a name with a line break": {"affected": [{"package": {"ecosystem": "npm", "name": "a\nb"}, "versions": ["1"]}]},
    "an endless name": {"affected": [{"package": {"ecosystem": "PyPI", "name": "a" * 5_000}, "versions": ["1"]}]},
    "no name": {"affected": [{"package": {"ecosystem": "PyPI", "name": ""}, "versions": ["1"]}]},
    "too many versions": {"affected": [{"package": _A, "versions": [str(n) for n in range(30_000)]}]},
    "too many events": {"affected": [{"package": _A, "ranges": [
        {"type": "ECOSYSTEM", "events": [{"introduced": str(n)} for n in range(5_000)]}]}]},
    "null everywhere": {"affected": [{"package": _A, "ranges": None, "versions": None}]},
}  # fmt: skip


@pytest.mark.parametrize("what", NOTHING)
def test_records_that_say_nothing_of_use_are_counted(what: str) -> None:
    found = toy.gathered({"id": "PYSEC-2026-1", **NOTHING[what]})
    assert (found.counts["nothing"], list(found.lines())) == (1, [])


_FIELDS = ["id", "affected", "severity", "aliases", "withdrawn", "database_specific", "summary", "modified"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "affected", "severity", "aliases", "withdrawn", "database_specific", "summary", "modified"]),
        _JSON,
    )
)
def test_whatever_a_record_holds_nothing_fails(record: dict[str, Any]) -> None:
    found = toy.gathered({**toy.record("a", versions=["1.0"]), **record})
    assert found.counts["records"] == 1
    list(found.lines())


def test_an_archive_is_read(tmp_path: Path) -> None:
    told: list[int] = []
    records = {f"{n}.json": json.dumps(toy.record("a", id=f"X-{n}", versions=["1.0"])).encode() for n in range(3)}
    found = Gathered(toy.TODAY)
    found.read(zipped(tmp_path / "all.zip", {**records, "README.md": b"no record"}), told.append)
    assert found.counts["records"] == len(list(found.lines())) == 3


def test_a_folder_is_read_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "PyPI").mkdir()
    (tmp_path / "PyPI" / "x.json").write_text(json.dumps(toy.record("a", versions=["1.0"])))
    (tmp_path / "PyPI" / "y.json").symlink_to("/etc/passwd")
    found = Gathered(toy.TODAY)
    found.read(tmp_path)
    assert found.counts["records"] == 1


def bomb(path: Path) -> Path:
    """An archive whose directory says that a record is small, and which unpacks to 64 MiB."""
    path = zipped(path, {"x.json": b" " * (64 << 20)})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 64 << 20), struct.pack("<I", 100)))
    return path


def test_archives_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = zipped(
        tmp_path / "good.zip", {f"{n}.json": json.dumps(toy.record("a", id=f"X-{n}")).encode() * 9 for n in range(9)}
    )
    half = tmp_path / "half.zip"
    half.write_bytes(good.read_bytes()[:300])
    text = tmp_path / "text.zip"
    text.write_text("no archive")
    empty = zipped(tmp_path / "empty.zip", {})
    mostly = zipped(tmp_path / "mostly.zip", {f"{n}.json": b"{" if n % 2 else b'{"id": "x"}' for n in range(10)})
    large = zipped(tmp_path / "large.zip", {"x.json": b" " * (20 << 20)})
    changed = tmp_path / "changed.zip"
    changed.write_bytes(good.read_bytes().replace(zlib.compress(b"x")[:1], b"\xff", 1))
    for path in (half, text, empty, mostly, large, bomb(tmp_path / "bomb.zip"), tmp_path / "missing.zip"):
        with pytest.raises(NotRecords, match=path.name):
            Gathered(toy.TODAY).read(path)
    monkeypatch.setattr(osv, "_MOST_TOTAL", 1_000)
    with pytest.raises(NotRecords, match="holds too much"):
        Gathered(toy.TODAY).read(good)


# Vectors and scores: the examples of CVSS v3.1, https://www.first.org/cvss/v3-1/examples
SCORES = [
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1), ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
    ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1), ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8), ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0), ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 4.6),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5), ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:H/A:N", 5.9),
    ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 9.3), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
    ("CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:C/C:N/I:L/A:N/E:P/RL:O", 2.5),
    ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", 0.0), ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0),
    ("", 0.0), ("CVSS:3.1", 0.0), ("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0.0),
    ("CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("vector", "score"), SCORES, ids=str)
def test_base_scores(vector: str, score: float) -> None:
    assert base_score(vector) == score


_WORST = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"
SCORES_4 = [
    # the examples of CVSS v4.0, https://www.first.org/cvss/v4-0/examples, and the ends of the scale
    (_WORST, 10.0),
    ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3),
    ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.7),
    ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 8.3),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0),
    ("CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", 1.0),
    (f"{_WORST}/E:U/CR:L", 10.0), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0.0), ("CVSS:4.0", 0.0), ("", 0.0),
    (f"{_WORST}/AV:N", 0.0), ("CVSS:4.0/AV:X/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("vector", "score"), SCORES_4, ids=str)
def test_base_scores_of_version_4(vector: str, score: float) -> None:
    assert base_score_4(vector) == score


@given(st.tuples(*(st.sampled_from(values) for values in _LEVELS.values())), st.integers(0, 10))
def test_a_worse_metric_never_lowers_the_score(values: tuple[str, ...], number: int) -> None:
    def scored(values: Sequence[str]) -> float:
        return base_score_4("CVSS:4.0/" + "/".join(f"{name}:{value}" for name, value in zip(_LEVELS, values, strict=True)))

    levels = list(_LEVELS.values())[number]
    step = levels.index(values[number])
    if step:
        worse = [*values[:number], levels[step - 1], *values[number + 1 :]]
        assert scored(worse) >= scored(values)


def test_ratings() -> None:
    assert [rating(score) for score in (0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10)] == [0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("more", "severity", "score"),
    [
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}, 4, 98),
        ({"database_specific": {"severity": "MODERATE"}}, 2, 0),
        ({"database_specific": {"severity": 7}}, 0, 0),
        ({"database_specific": "text"}, 0, 0),
        ({"severity": [{"type": "Ubuntu", "score": "high"}]}, 3, 0),
        ({"severity": [{"type": "CVSS_V3", "score": "garbage"}], "database_specific": {"severity": "LOW"}}, 1, 0),
    ],
    ids=str,
)
def test_how_bad_a_record_is(more: dict[str, Any], severity: int, score: int) -> None:
    (one,) = kept(toy.record("a", versions=["1.0"], **more))
    assert (one.severity, one.score) == (severity, score)
