"""The record of what was installed comes with the repository, so it is input."""

import json

import pytest

from clearance.facts.errors import BadFile
from clearance.install.manifest import PLACE, decode


def book(path: str) -> bytes:
    return json.dumps({"version": "1", "files": [{"path": path, "parts": {"a": "b"}}], "folders": []}).encode()


@pytest.mark.parametrize("path", [".git/config", ".GIT/hooks/pre-commit", "a/.git/config", ".Git", "/x", "a/../../x"])
def test_the_committed_record_names_nothing_of_git(path: str) -> None:
    with pytest.raises(BadFile):
        decode(book(path), PLACE)


def test_the_record_of_a_clone_names_its_own_hooks_alone() -> None:
    assert decode(book(".git/hooks/pre-commit"), "/x/.git/clearance/installed.json").files
    assert decode(book(".gitignore"), PLACE).files
    for path in (".git/modules/.git/config", "a/.git/config", ".GIT/config"):
        with pytest.raises(BadFile):
            decode(book(path), "/x/.git/clearance/installed.json")
