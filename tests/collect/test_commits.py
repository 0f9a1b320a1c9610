"""Single commits, and addresses of remotes without what lets in."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.commits import Commits, origin_uri
from clearance.facts.errors import UnknownRevision


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://example.com/team/shop.git", "git+https://example.com/team/shop.git"),
        ("https://" + "bot:pass" + "@example.com/shop", "git+https://example.com/shop"),
        ("https://example.com/shop?token=abc#x", "git+https://example.com/shop"),
        ("git@example.com:team/shop.git", "git+ssh://example.com/team/shop.git"),
        ("ssh://git@example.com:2222/shop.git", "git+ssh://example.com:2222/shop.git"),
        ("https://[::1]/shop", "git+https://[::1]/shop"),
        ("/srv/git/shop.git", ""),
        ("../shop", ""),
        ("file:///srv/shop.git", ""),
        ("https://example.com/", ""),
        ("https://example.com:bad/x", ""),
        ("https://example.com/a b", ""),
        ("ext::sh -c true", ""),
        ("", ""),
    ],
)
def test_an_address_is_written_as_spdx_does_without_what_lets_in(url: str, uri: str) -> None:
    assert origin_uri(url) == uri


@given(st.text("abz019-_", min_size=1), st.text("abz019-_%", min_size=1))
def test_no_user_and_no_password_ever_remains(user: str, password: str) -> None:
    found = origin_uri(f"https://{user}U:{password}P@example.com/shop")
    assert found == "git+https://example.com/shop"


@given(st.text(max_size=60))
def test_any_configured_text_gives_an_address_or_nothing(text: str) -> None:
    found = origin_uri(text)
    assert found == "" or (
        found.startswith("git+") and found.isascii() and " " not in found and "@" not in found.split("/")[2]
    )


def git(top: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=D", "-c", "user.email=dana@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=top, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Path, Commits]]:
    git(tmp_path, "init", "-q", "-b", "main")
    for number in range(2):
        (tmp_path / "a").write_text(f"{number}\n")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", f"{number}\n\nCo-authored-by: Eli <ELI@example.com>")
    with Commits(tmp_path) as commits:
        yield tmp_path, commits


def test_a_commit_is_told_with_its_tree_as_decisions_name_it(shop: tuple[Path, Commits]) -> None:
    top, commits = shop
    found = commits.read("HEAD")
    listing = subprocess.run(
        ["sh", "-c", "git ls-tree -r -z --full-tree HEAD | sha256sum"], cwd=top, check=True, capture_output=True, text=True
    )
    assert found.sha256 == listing.stdout.split()[0]
    assert (found.commit, found.parents) == (git(top, "rev-parse", "HEAD"), (git(top, "rev-parse", "HEAD~1"),))
    assert found.refs == ("refs/heads/main",)
    assert commits.reaches("HEAD~1", "HEAD")
    assert not commits.reaches("HEAD", "HEAD~1")
    assert commits.parted("HEAD", "HEAD~1") == found.parents[0]
    assert (commits.branch(), commits.origin()) == ("refs/heads/main", "")
    assert commits.authors("HEAD~1", "HEAD") == ("dana@example.com", "eli@example.com")
    with pytest.raises(UnknownRevision):
        commits.read("nothing")
