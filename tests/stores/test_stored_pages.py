"""Pages where they rest."""

import os
from pathlib import Path

import pytest

from clearance.rules.catalogue import read_catalogue
from clearance.stores import pages as stored
from clearance.stores.pages import builtin_pages, builtin_stamp, pages_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for family, name in (("code", "b.md"), ("code", "a.md"), ("secrets", "c.md"), ("secrets", "notes.txt")):
        (tmp_path / family).mkdir(exist_ok=True)
        (tmp_path / family / name).write_text(f"page {name}")
    (tmp_path / "page.py").write_text("")
    return tmp_path


def test_pages_are_read_by_family_and_name(folder: Path) -> None:
    assert pages_in(folder, shown="rules") == {
        "rules/code/a.md": "page a.md",
        "rules/code/b.md": "page b.md",
        "rules/secrets/c.md": "page c.md",
    }


def test_a_missing_folder_has_no_pages(tmp_path: Path) -> None:
    assert pages_in(tmp_path / "nothing", shown="x") == {}


def test_symlinks_are_not_followed_but_named(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.md"
    secret.write_text("secret")
    (folder / "code" / "link.md").symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    found = pages_in(folder, shown="rules")
    assert "secret" not in found.values()
    assert "rules/linked/secret.md" not in found
    assert "rules/code/link.md:1" in [error.where for error in read_catalogue(found).broken]


def test_a_folder_that_is_a_symlink_has_no_pages(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("elsewhere") / "rules"
    link.symlink_to(folder)
    assert pages_in(link, shown="rules") == {}


def test_bytes_that_are_not_utf_8_give_a_broken_page_not_a_crash(folder: Path) -> None:
    (folder / "code" / "z.md").write_bytes(b"---\nid: z\n\xff\n---\n")
    (folder / os.fsdecode(b"code/\xff.md")).write_bytes(b"")
    (folder / "code" / "folder.md").mkdir()
    os.mkfifo(folder / "code" / "pipe.md")
    broken = {error.where: error.what for error in read_catalogue(pages_in(folder, shown="rules")).broken}
    assert broken["rules/code/z.md:1"] == "not UTF-8"
    assert "rules/code/\\xff.md:1" in broken
    assert "rules/code/folder.md:1" in broken
    assert "rules/code/pipe.md:1" in broken


@pytest.mark.parametrize("change", ["rename", "grow", "touch", "add"])
def test_the_stamp_changes_with_the_pages(folder: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(stored, "BUILTIN", folder)
    before = builtin_stamp()
    assert builtin_stamp() == before
    page = folder / "code" / "a.md"
    match change:
        case "rename":
            page.rename(folder / "code" / "z.md")
        case "grow":
            page.write_text("longer than before")
        case "touch":
            os.utime(page, (1, 1))
        case "add":
            (folder / "code" / "n.md").write_text("")
    assert builtin_stamp() != before


def test_built_in_pages_lie_under_rules() -> None:
    assert all(path.startswith("rules/") and path.endswith(".md") for path in builtin_pages())
