"""`clearance data`: what is tampered with, half, old or from the future is refused, and the old pack stays."""

import datetime as dt
import fcntl
import gzip
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import DataRefused
from clearance.fetch.download import Limits
from clearance.frontends.cli.main import run
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack import shipped
from clearance.scan.packages.pack.layout import Part, write_pack
from clearance.scan.packages.pack.merge import merged, older, shrunk
from clearance.scan.packages.pack.opened import SHIPPED, open_pack
from clearance.settings import PackagesSettings
from clearance.wiring import data, data_update
from clearance.wiring.data import chosen_pack, data_folder, data_signer, written_key
from clearance.wiring.data_update import Workshop, update_pack
from scan.packages.pack import toy

TODAY = dt.datetime.now(dt.UTC).date()
NOTHING = PackagesSettings()
Lines = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("CLEARANCE_HOME", str(place))
    monkeypatch.delenv("CLEARANCE_DATA", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return place


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small pack be the one that ships, but where a test is about that one."""
    if "shipped" in request.node.name:
        return
    (tmp_path / "shipped").mkdir()
    records = [toy.record("old", id=f"PYSEC-2025-{n}", versions=["1.0"]) for n in range(150)]
    parts = toy.parts(tmp_path / "shipped", *records, toy.record("evil", id="MAL-2025-1", ecosystem="npm"))
    place = toy.place(tmp_path / "shipped", write_pack(parts, toy.MADE, "x", toy.signing()))
    monkeypatch.setattr(data, "SHIPPED", place)
    monkeypatch.setattr(shipped, "SHIPPED", place)


@pytest.fixture
def clearance(capsys: pytest.CaptureFixture[str]) -> Lines:
    def call(*words: str | Path) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def archive(path: Path, *records: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for one in records:
            file.writestr(f"{one['id']}.json", json.dumps(one))
    return path


def some(count: int = 160, **more: Any) -> list[dict[str, Any]]:
    more = {"modified": f"{TODAY}T00:00:00Z", **more}
    events = [{"introduced": "0"}, {"fixed": "99"}]
    return [toy.record("flask", id=f"PYSEC-2026-{n}", events=events, **more) for n in range(count)]


def mirror(folder: Path, *records: dict[str, Any]) -> Path:
    archive(folder / "PyPI" / "all.zip", *(records or some()))
    (folder / "kev.json").write_text(json.dumps({"dateReleased": str(TODAY), "vulnerabilities": [{"cveID": "CVE-2026-1"}]}))
    (folder / "epss.csv.gz").write_bytes(gzip.compress(b"cve,epss,percentile\nCVE-2026-1,0.25,0.9\n"))
    return folder


def in_use() -> Any:
    return open_pack(chosen_pack(NOTHING, Path(), os.environ, TODAY))


# show and verify


def test_the_shipped_pack_is_shown_with_licences_and_verified(clearance: Lines) -> None:
    code, out, _ = clearance("data", "show")
    assert code == 0
    assert "CC-BY-4.0; Python Packaging Authority" in out
    assert "(the program)" in out
    assert "days old" in out
    code, out, _ = clearance("data", "verify")
    assert code == 0
    assert "as they were signed" in out


def test_json_tells_the_same_of_the_shipped_pack(clearance: Lines) -> None:
    told = json.loads(clearance("data", "show", "--format", "json")[1])
    assert told["sound"] is True
    assert told["digest"] == SHIPPED.digest
    assert {one["name"] for one in told["sections"]} >= {"names.pypi", "names.npm", "advisories.pypi", "malware.npm"}
    assert json.loads(clearance("data", "verify", "--format", "json")[1])["problems"] == []


def test_a_changed_pack_is_broken_and_refused(clearance: Lines, tmp_path: Path) -> None:
    clearance("data", "build", tmp_path / "mine.pack", "--osv", archive(tmp_path / "x.zip", *some()))
    spoilt = bytearray((tmp_path / "mine.pack").read_bytes())
    spoilt[-1] ^= 1
    (tmp_path / "mine.pack").write_bytes(spoilt)
    code, out, _ = clearance("data", "verify", tmp_path / "mine.pack")
    assert code == 4
    assert "BROKEN" in out
    assert "section" in out
    spoilt[150] ^= 1
    (tmp_path / "mine.pack").write_bytes(spoilt)
    assert clearance("data", "verify", tmp_path / "mine.pack")[0] == 4


def test_what_is_no_pack_says_so(clearance: Lines, tmp_path: Path) -> None:
    (tmp_path / "x.pack").write_text("hello")
    code, _, err = clearance("data", "show", tmp_path / "x.pack")
    assert code == 4
    assert "no data pack" in err
    assert clearance("data", "show", tmp_path / "missing.pack")[0] == 4


def test_the_key_of_somebody_else_is_not_trusted_until_it_is_named(
    clearance: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clearance("data", "build", tmp_path / "mine.pack", "--osv", archive(tmp_path / "x.zip", *some()))
    key = written_key(data_signer(os.environ).public().raw)
    assert clearance("data", "verify", tmp_path / "mine.pack")[0] == 0
    monkeypatch.setenv("CLEARANCE_HOME", str(tmp_path / "another"))
    code, out, _ = clearance("data", "verify", tmp_path / "mine.pack")
    assert code == 4
    assert key in out
    assert "not trusted here" in out
    assert clearance("data", "verify", tmp_path / "mine.pack", "--key", key)[0] == 0
    code, _, err = clearance("data", "verify", tmp_path / "mine.pack", "--key", "ed25519:xyz")
    assert code == 4 or "64 hexadecimal digits" in err


def test_a_manifest_that_reads_well_but_was_not_signed_is_refused(clearance: Lines, tmp_path: Path) -> None:
    clearance("data", "build", tmp_path / "mine.pack", "--osv", archive(tmp_path / "x.zip", *some()))
    told = (tmp_path / "mine.pack").read_bytes()
    assert told.count(b'"maker":"clearance ') == 1
    (tmp_path / "mine.pack").write_bytes(told.replace(b'"maker":"clearance ', b'"maker":"clearanse '))
    code, out, _ = clearance("data", "verify", tmp_path / "mine.pack")
    assert code == 4
    assert "changed after it was signed" in out


# build


def test_what_is_not_given_anew_stays(clearance: Lines, tmp_path: Path) -> None:
    out = tmp_path / "mine.pack"
    code, said, _ = clearance("data", "build", out, "--osv", archive(tmp_path / "x.zip", *some()))
    assert code == 0
    assert "160 records" in said
    told = {one["name"]: one for one in json.loads(clearance("data", "show", out, "--format", "json")[1])["sections"]}
    assert told["names.pypi"]["records"] == 4
    assert told["malware.npm"]["date"] == "2026-07-01"


def test_a_pack_of_names_modules_scores_and_a_teams_own_watch_list(clearance: Lines, tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text(
        "name\tmonth\trank\nflask\t2026-05\t1\npyyaml\t2026-01\t2\n" + "".join(f"n{n}\t\t\n" for n in range(99))
    )
    watch = tmp_path / "watch.txt"
    watch.write_text("# ours\npypi:flask-magic-kit\n")
    out = tmp_path / "mine.pack"
    code, _, err = clearance(
        "data",
        "build",
        out,
        "--from",
        mirror(tmp_path / "mirror", *some(aliases=["CVE-2026-1"])),
        "--names",
        f"pypi={names}",
        "--watch",
        watch,
        "--force",
    )
    assert (code, "signing" in err) == (0, True)
    monkey = {**os.environ, "CLEARANCE_DATA": str(out)}
    pack = open_pack(chosen_pack(NOTHING, Path(), monkey, TODAY))
    assert pack.watched(Registry.PYPI, "Flask.Magic_Kit")
    assert pack.has(Registry.PYPI, "n7")
    assert not pack.has(Registry.PYPI, "requests")
    assert pack.distributions_of("yaml") == ("pyyaml",), "the map of modules speaks of the new numbers"
    (one,) = pack.advisories(Registry.PYPI, "flask", "1.0").advisories
    assert (one.epss, one.exploited) == (0.25, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to make a pack of"),
        (("--osv", "missing.zip"), "no such file"),
        (("--names", "pypi"), "is not REGISTRY=FILE"),
        (("--names", "cpan=x.tsv"), "no such file"),
        (("--day", "yesterday"), "is no day"),
        (("--from", "missing"), "no such folder"),
    ],
    ids=str,
)
def test_what_cannot_be_built_from(words: tuple[str, ...], said: str, clearance: Lines) -> None:
    code, _, err = clearance("data", "build", "out.pack", *words)
    assert (code, said in err) == (2, True), err
    assert not Path("out.pack").exists()


BAD: dict[str, tuple[str, bytes, str]] = {
    "an archive that is none": ("--osv", b"PK no", "no whole zip archive"),
    "a catalogue that is none": ("--kev", b"[]", "no catalogue"),
    "a catalogue without anything": ("--kev", b'{"dateReleased": "2026-01-01", "vulnerabilities": []}', "without any"),
    "scores that are none": ("--epss", b"hello\n", "no file of EPSS scores"),
    "scores with a word": (
        "--epss",
        b"cve,epss,percentile\nCVE-2026-1,high,1\nCVE-2026-2,0.5,1\n",
        "no file of EPSS scores",
    ),
    "half a gzip file": ("--epss", gzip.compress(b"cve,epss\n" * 999)[:20], "no whole gzip"),
    "a list that is none": ("--watch", b"flask\n", "is no name"),
}


@pytest.mark.parametrize("what", BAD)
def test_sources_that_are_broken_are_refused(what: str, clearance: Lines, tmp_path: Path) -> None:
    option, data, said = BAD[what]
    (tmp_path / "source").write_bytes(data)
    records = some(aliases=["CVE-2026-1"])
    more = () if option == "--osv" else ("--osv", archive(tmp_path / "x.zip", *records))
    code, _, err = clearance("data", "build", "out.pack", option, tmp_path / "source", *more)
    assert (code, said in err) == (4, True), err
    assert not Path("out.pack").exists()


# update


def test_an_update_from_a_folder_takes_the_place_of_the_pack_of_before(clearance: Lines, tmp_path: Path) -> None:
    assert in_use().advisories(Registry.PYPI, "flask", "98").advisories == ()
    code, _, _ = clearance("data", "update", "--from", mirror(tmp_path / "mirror", *some()))
    assert code == 0
    assert in_use().advisories(Registry.PYPI, "flask", "98").advisories != ()
    assert "(this machine)" in clearance("data", "show")[1]
    assert (data_folder(os.environ).directory / "packages.pack").stat().st_mode & 0o077 == 0


def test_far_less_or_older_data_is_refused_and_the_old_stays(clearance: Lines, tmp_path: Path) -> None:
    code, _, err = clearance("data", "update", "--from", mirror(tmp_path / "less", *some(3)))
    assert (code, "150 before" in err) == (4, True), err
    old = some(modified="2020-01-01T00:00:00Z")
    code, _, err = clearance("data", "update", "--from", mirror(tmp_path / "old", *old))
    assert (code, "is of 2020-01-01" in err) == (4, True), err
    assert str(in_use().date_of("advisories", Registry.PYPI)) == "2026-07-01"
    assert clearance("data", "update", "--force", "--from", tmp_path / "old")[0] == 0


def test_a_machines_pack_that_was_changed_is_refused_not_replaced(clearance: Lines, tmp_path: Path) -> None:
    update = ("data", "update", "--from", mirror(tmp_path / "mirror", *some()))
    assert clearance(*update)[0] == 0
    own = data_folder(os.environ).directory / "packages.pack"
    spoilt = bytearray(own.read_bytes())
    spoilt[120] ^= 1
    own.write_bytes(spoilt)
    place = chosen_pack(NOTHING, Path(), os.environ, TODAY)
    assert place.problem
    code, _, _ = clearance("data", "show")
    assert code == 4
    assert clearance(*update)[0] == 4, "nothing is built upon it"
    assert clearance(*update, "--force")[0] == 0
    assert chosen_pack(NOTHING, Path(), os.environ, TODAY).problem == ""


def test_a_pack_from_the_future_or_a_wrong_clock_is_told() -> None:
    made = toy.TODAY
    place = chosen_pack(NOTHING, Path(), os.environ, made - dt.timedelta(days=2))
    assert f"the data pack is of {made}, but today is" in place.problem
    assert "clock" in place.problem
    assert chosen_pack(NOTHING, Path(), os.environ, made - dt.timedelta(days=1)).problem == ""


def test_a_pack_that_settings_or_the_environment_name_is_used_or_refused(clearance: Lines, tmp_path: Path) -> None:
    clearance("data", "build", tmp_path / "packs" / "x.pack", "--osv", archive(tmp_path / "x.zip", *some()))
    (tmp_path / "packs").mkdir()
    clearance("data", "build", tmp_path / "packs" / "x.pack", "--osv", tmp_path / "x.zip")
    for named in (tmp_path / "packs", tmp_path / "packs" / "x.pack"):
        assert chosen_pack(PackagesSettings(data=str(named)), Path(), os.environ, TODAY).path.name == "x.pack"
        environment = {**os.environ, "CLEARANCE_DATA": str(named)}
        assert chosen_pack(NOTHING, Path(), environment, TODAY).path.name == "x.pack"
    for settings, environment in (
        (PackagesSettings(data="missing.pack"), {}), (NOTHING, {"CLEARANCE_DATA": "/missing.pack"}),
        (NOTHING, {"CLEARANCE_DATA": "relative"}),
        (PackagesSettings(data=str(tmp_path / "packs" / "x.pack"), keys=("nonsense",)), {}),
    ):  # fmt: skip
        assert chosen_pack(settings, Path(), {**os.environ, **environment}, TODAY).problem, (settings, environment)


# over the network


@contextmanager
def serving(folder: Path, spoil: Callable[[str, bytes], bytes] = lambda path, data: data) -> Iterator[str]:
    files = {f"/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Last-Modified", TODAY.strftime("%a, %d %b %Y 01:00:00 GMT"))
            self.end_headers()
            self.wfile.write(spoil(self.path, data))

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_an_update_from_the_address_of_a_mirror(clearance: Lines, tmp_path: Path) -> None:
    mirror(tmp_path / "mirror", *some())
    with serving(tmp_path / "mirror") as address:
        code, _, err = clearance("data", "update", "--from", address)
    assert code == 0, err
    assert "not there" in err
    assert in_use().date_of("advisories", Registry.PYPI) == TODAY, "the day that the server tells"


SPOILED: dict[str, Callable[[str, bytes], bytes]] = {
    "cut off": lambda path, data: data[: len(data) // 2],
    "garbage": lambda path, data: b"\0" * len(data),
    "a page instead": lambda path, data: b"<html>".ljust(len(data)),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_half_update_leaves_the_old_pack(how: str, clearance: Lines, tmp_path: Path) -> None:
    mirror(tmp_path / "mirror", *some())
    clearance("data", "update", "--from", tmp_path / "mirror")
    own = data_folder(os.environ).directory / "packages.pack"
    before = own.read_bytes()
    with serving(tmp_path / "mirror", SPOILED[how]) as address:
        code, _, err = clearance("data", "update", "--from", address)
    assert code == 4, err
    assert own.read_bytes() == before
    assert sorted(path.name for path in own.parent.iterdir()) == ["packages.pack"]


def test_a_ready_pack_of_the_company_is_taken_if_its_key_is_trusted(
    clearance: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    clearance("data", "build", tmp_path / "mirror" / "acme.pack", "--osv", archive(tmp_path / "x.zip", *some()))
    key = written_key(data_signer(os.environ).public().raw)
    monkeypatch.setenv("CLEARANCE_HOME", str(tmp_path / "another"))
    told: list[str] = []
    with serving(tmp_path / "mirror") as address:
        with pytest.raises(DataRefused, match="not trusted here"):
            update_pack(f"{address}/acme.pack", (), Workshop(NOTHING, os.environ, TODAY, told.append))
        trusting = PackagesSettings(keys=(key,))
        built = update_pack(f"{address}/acme.pack", (), Workshop(trusting, os.environ, TODAY, told.append))
    assert built.path.read_bytes() == (tmp_path / "mirror" / "acme.pack").read_bytes()
    assert chosen_pack(trusting, Path(), os.environ, TODAY).problem == ""
    assert chosen_pack(NOTHING, Path(), os.environ, TODAY).problem != "", "without the key it is refused"


def test_an_update_without_network_says_what_to_do(clearance: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OSV_EXPORTS", "EXPLOITED", "SCORES"):
        monkeypatch.setattr(data_update, name, "http://127.0.0.1:9/x")
    code, _, err = clearance("data", "update")
    assert code == 4
    assert "the old pack stays" in err
    assert chosen_pack(NOTHING, Path(), os.environ, TODAY) == data.SHIPPED


def test_the_public_exports_are_asked_over_https_alone() -> None:
    for address in (data_update.OSV_EXPORTS, data_update.EXPLOITED, data_update.SCORES):
        assert address.startswith("https://")


def test_two_updates_at_once_leave_one_whole_pack(tmp_path: Path) -> None:
    mirror(tmp_path / "mirror", *some())
    failed: list[BaseException] = []

    def one() -> None:
        try:
            update_pack(
                str(tmp_path / "mirror"), (), Workshop(NOTHING, os.environ, TODAY, lambda text: None), limits=Limits()
            )
        except BaseException as error:  # noqa: BLE001 -- told below
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert chosen_pack(NOTHING, Path(), os.environ, TODAY).problem == ""


def test_nobody_else_writes_while_an_update_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    made = data_update._made

    def watched(*words: Any, **more: Any) -> Any:
        folder = os.open(data_folder(os.environ).directory, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.append(False)
        except BlockingIOError:
            held.append(True)
        finally:
            os.close(folder)
        return made(*words, **more)

    monkeypatch.setattr(data_update, "_made", watched)
    update_pack(str(mirror(tmp_path / "mirror", *some())), (), Workshop(NOTHING, os.environ, TODAY, lambda text: None))
    assert held == [True]


def test_what_was_made_is_read_before_it_takes_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = data_update.write_pack

    def broken(*words: Any) -> bytes:
        data = bytearray(write(*words))
        data[-1] ^= 1
        return bytes(data)

    monkeypatch.setattr(data_update, "write_pack", broken)
    with pytest.raises(DataRefused, match="changed after it was signed"):
        update_pack(str(mirror(tmp_path / "mirror", *some())), (), Workshop(NOTHING, os.environ, TODAY, lambda text: None))
    assert not (data_folder(os.environ).directory / "packages.pack").exists()


# merging


def part(name: str, records: int = 200, day: str = "2026-01-01", **more: Any) -> Part:
    return Part(name, b"", dt.date.fromisoformat(day), records, **more)


def test_what_shrinks_by_half_or_is_older_is_told() -> None:
    base = [part("advisories.npm"), part("malware.npm", 10), part("epss")]
    assert list(shrunk(base, [part("advisories.npm", 99)])) == ["advisories.npm holds 99 records, 200 before"]
    assert list(shrunk(base, [part("advisories.npm", 100), part("malware.npm", 1), part("epss", 1), part("new", 1)])) == []
    assert list(older(base, [part("epss", day="2025-12-31")])) == ["epss is of 2025-12-31, there is one of 2026-01-01"]
    assert list(older(base, [part("epss"), part("new", day="1999-01-01")])) == []


def test_records_of_other_distributions_stay(tmp_path: Path) -> None:
    def made(ecosystem: str, id: str) -> list[Part]:
        return toy.parts(tmp_path, toy.record("openssl", ecosystem=ecosystem, id=id, events=[{"introduced": "0"}]))

    both = merged(
        made("Debian:12", "DSA-1"), [one for one in made("Ubuntu:22.04:LTS", "USN-1") if one.name == "advisories.deb"]
    )
    pack = open_pack(toy.place(tmp_path, write_pack(both, toy.MADE, "x", toy.signing())))
    for distribution, id in (("debian:12", "DSA-1"), ("ubuntu:22.04", "USN-1")):
        assert [one.id for one in pack.advisories(Registry.DEBIAN, "openssl", "1.0", distribution).advisories] == [id]
