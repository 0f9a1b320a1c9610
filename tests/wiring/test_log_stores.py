"""Which store a log rests in, and who may say so."""

import subprocess
from pathlib import Path

import pytest

from clearance.facts.errors import ClearanceError, StoreError, UsageError
from clearance.frontends.cli.main import run
from clearance.stores.files import FileStore
from clearance.stores.postgres import PostgresStore
from clearance.stores.sqlite import SqliteStore
from clearance.wiring.log_stores import chosen, log_name, open_store


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def remote(repository: Path, url: str) -> None:
    subprocess.run(["git", "-C", repository, "config", "remote.origin.url", url], check=True)


def environment(home: Path, **more: str) -> dict[str, str]:
    import os

    return {"PATH": os.environ["PATH"], "CLEARANCE_HOME": str(home), **more}


def trust(home: Path, text: str) -> None:
    (home / "trust").mkdir(mode=0o700, parents=True)
    (home / "trust" / "trust.toml").write_text(text)
    (home / "trust" / "trust.toml").chmod(0o600)


def test_sqlite_in_the_repository_is_the_default(repository: Path, tmp_path: Path) -> None:
    for said in ("", "sqlite:"):
        store = open_store(repository, environment(tmp_path / "home", CLEARANCE_LOG=said))
        assert isinstance(store, SqliteStore)
        assert store.place == str(repository / ".git" / "clearance" / "log")


def test_the_variable_comes_before_the_file_and_nothing_comes_from_the_repository(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for place in (repository / "trust", repository / ".clearance"):
        place.mkdir()
        (place / "trust.toml").write_text('[log]\nstore = "files:/planted"\n')
        (place / "settings.toml").write_text('[log]\nstore = "files:/planted"\n')
    assert chosen(environment(home)) == ""
    trust(home, '[log]\nstore = "files:/told?log=x"\n[signers]\nauthority = "file:"\n')
    assert chosen(environment(home)) == "files:/told?log=x"
    assert open_store(repository, environment(home)).place == "/told/x"
    assert chosen(environment(home, CLEARANCE_LOG="files:/said?log=y")) == "files:/said?log=y"


@pytest.mark.parametrize("text", ["[log", "[log]\nstore = 7\n", "log = 7\n", "[log]\nstore = []\n"])
def test_a_file_that_says_it_wrongly_is_refused(repository: Path, tmp_path: Path, text: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    trust(home, text)
    with pytest.raises(UsageError):
        open_store(repository, environment(home))


def test_a_file_that_others_can_write_is_refused(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    trust(home, '[log]\nstore = "files:/told?log=x"\n')
    (home / "trust" / "trust.toml").chmod(0o666)
    with pytest.raises(StoreError, match="others can reach"):
        open_store(repository, environment(home))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@example.com:team/app.git", "example.com~team~app"),
        ("https://u:p@example.com/team/app", "example.com~team~app"),
        ("https://Example.com/team/app.git/", "example.com~team~app"),
        ("ssh://git@example.com:2222/a/b.git", "example.com_2222~a~b"),
        ("https://example.com/~me/app", "example.com~_me~app"),
        ("https://example.com/" + "a" * 400, "example.com~" + "a" * 138),
        ("https://example.com/a b", None),
        ("../elsewhere", None),
        ("/srv/app.git", None),
        ("", None),
    ],
)
def test_a_log_is_named_after_the_remote(repository: Path, tmp_path: Path, url: str, name: str | None) -> None:
    remote(repository, url)
    if name is None:
        with pytest.raises(UsageError, match="no remote `origin`"):
            log_name(repository, environment(tmp_path / "home"))
        return
    found = log_name(repository, environment(tmp_path / "home"))
    assert found == name if "_" not in name and len(name) < 100 else found.startswith(f"{name}-")
    assert "p@" not in found


def test_two_remotes_never_share_a_name(repository: Path, tmp_path: Path) -> None:
    names = set()
    for url in (
        "https://h/a~b",
        "https://h/a/b",
        "https://h/a_b",
        "https://h/a%2Fb",
        "https://h/" + "x" * 200,
        "https://h/" + "x" * 201,
    ):
        remote(repository, url)
        names.add(log_name(repository, environment(tmp_path / "home")))
    assert len(names) == 6


def test_no_other_file_decides_about_the_remote(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "more").write_text('[remote "origin"]\n\turl = https://example.com/planted\n')
    subprocess.run(["git", "-C", repository, "config", "include.path", str(tmp_path / "more")], check=True)
    with pytest.raises(UsageError):
        log_name(repository, environment(tmp_path / "home"))


@pytest.mark.parametrize(
    "uri",
    ["files:relative?log=x", "files:?log=x", "files:/a?log=../x", "files:/a?log=x/y", "files:/a?log=..", "ftp://h/x?log=x"],
)
def test_what_is_no_store_is_refused(repository: Path, tmp_path: Path, uri: str) -> None:
    with pytest.raises(ClearanceError) as told:
        open_store(repository, environment(tmp_path / "home", CLEARANCE_LOG=uri))
    assert told.value.next


def test_each_uri_names_its_store(repository: Path, tmp_path: Path) -> None:
    remote(repository, "https://example.com/app")
    files = open_store(repository, environment(tmp_path / "h", CLEARANCE_LOG=f"files:{tmp_path}/logs"))
    database = open_store(repository, environment(tmp_path / "h", CLEARANCE_LOG="postgresql://h/d?sslmode=require"))
    assert isinstance(files, FileStore)
    assert isinstance(database, PostgresStore)
    assert files.place == str(tmp_path / "logs" / "example.com~app")
    assert database.place == "postgresql://h:5432/d?log=example.com~app"
    assert not (tmp_path / "logs").exists()


def test_a_log_in_plain_files_from_the_command_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEARANCE_LOG", f"files:{tmp_path}/logs?log=app")
    monkeypatch.chdir(repository)
    assert run(["log", "verify"]) == 4
    assert "no log yet" in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()
    from clearance.attest.liveness import evidence_of_proof, liveness_statement
    from clearance.facts.fact import digest
    from clearance.facts.proof import Proof
    from clearance.wiring.recording import Scribe

    proof = Proof(version="x", at="2026-01-01T00:00:00Z", inputs=digest({}), shots=())
    Scribe(repository).record([liveness_statement(proof, inputs={}, tried=(), whole=False)], evidence_of_proof(proof))
    assert run(["log", "verify"]) == 0
    assert f"log      {tmp_path}/logs/app" in capsys.readouterr().out
    assert run(["log", "show"]) == 0
    assert run(["log", "export", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "checkpoint").read_bytes() == (tmp_path / "logs" / "app" / "checkpoint").read_bytes()
    assert not (repository / ".git" / "clearance").exists()
