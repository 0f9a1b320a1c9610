"""What a change would install and configure: denied with findings to act on, and never called clean without data."""

import json
from collections.abc import Iterator

import pytest

from fetch.company import Index, serving
from journeys.place import Answer, Place

MAKEFILE = "all:\n\tpython -m pip install flask-session-guardian-kit && python -m shop\n"
LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "pyyaml"
version = "5.3"
source = { registry = "https://index.example.com/simple" }
sdist = { url = "https://index.example.com/PyYAML-5.3.tar.gz", hash = "sha256:%s", size = 1 }
""" % ("0" * 64)
BUCKET = """resource "aws_s3_bucket" "exports" {
  bucket = "shop-exports"
}

resource "aws_s3_bucket_acl" "exports" {
  bucket = aws_s3_bucket.exports.id
  acl    = "public-read"
}
"""


def notebook(line: str) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": [line]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def by_path(answer: Answer) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in answer.data["findings"]:
        if one["introduced"] and one["severity"] in {"high", "critical"}:
            found.setdefault(one["place"]["path"], set()).add(one["rule"])
    return found


@pytest.fixture
def supplied(repository: Place) -> Place:
    """A change with an invented package, a vulnerable pin, a typosquat and a public bucket."""
    repository.write("Makefile", MAKEFILE)
    repository.write("uv.lock", LOCK)
    repository.write("explore.ipynb", notebook("!pip install reqeusts\n"))
    repository.write("infra/storage.tf", BUCKET)
    return repository


def test_four_bad_things_are_denied_with_four_findings(supplied: Place) -> None:
    answer = supplied.check()
    assert answer.code == 1, answer.out
    found = by_path(answer)
    assert set(found) == {"Makefile", "uv.lock", "explore.ipynb", "infra/storage.tf"}
    assert all(one["fix"] for one in answer.data["findings"])
    shown = supplied.clearance("check").out
    assert "flask-session-guardian-kit" in shown
    assert "5.4" in shown, "the version that mends it is told"


def test_without_data_nothing_is_clean(supplied: Place) -> None:
    (supplied.top / "infra/storage.tf").unlink()
    answer = supplied.check(CLEARANCE_DATA=str(supplied.top / "nowhere"))
    assert answer.code == 4, answer.out
    assert any("data" in gap["kind"] for gap in answer.data["gaps"])
    assert supplied.clearance("scan", ".", CLEARANCE_DATA=str(supplied.top / "nowhere")).code == 4


SETTINGS = """[packages]
network = true
pypi = "%ssimple/"
npm = "%snpm/"
seconds = 2
"""


@pytest.fixture
def company() -> Iterator[Index]:
    with serving() as index:
        yield index


def configured(repository: Place, index: Index) -> None:
    repository.write(".clearance/settings.toml", SETTINGS % (index.address, index.address))
    repository.commit("settings")


def test_the_companys_index_settles_what_the_data_cannot(repository: Place, company: Index) -> None:
    configured(repository, company)
    repository.write("package.json", json.dumps({"name": "shop", "dependencies": {"@acme/ui": "1.0.0"}}))
    answer = repository.check()
    assert not [one for one in answer.data["findings"] if one["rule"] == "npm-package-unknown"], answer.out
    repository.write("package.json", json.dumps({"name": "shop", "dependencies": {"acme-invented-thing": "1.0.0"}}))
    answer = repository.check()
    assert answer.code == 1, answer.out


@pytest.mark.parametrize(
    "fault", ["has nothing", "answers garbage", "hangs up", "knows everything", "fails", "says nothing"]
)
def test_a_failing_index_never_makes_a_change_clean(repository: Place, company: Index, fault: str) -> None:
    configured(repository, company)
    company.fault = fault
    repository.write("package.json", json.dumps({"name": "shop", "dependencies": {"acme-invented-thing": "1.0.0"}}))
    answer = repository.check()
    assert answer.code in {1, 3, 4}, answer.out
    assert answer.data["findings"] or answer.data["gaps"]


def test_a_name_that_a_proven_index_does_not_know_is_bad(repository: Place, company: Index) -> None:
    configured(repository, company)
    repository.write("package.json", json.dumps({"name": "shop", "dependencies": {"acme-invented-thing": "1.0.0"}}))
    told = repository.clearance("packages", "--format", "json")
    assert told.code == 1, told.out
    assert [one["verdict"] for one in told.data["packages"]] == ["bad"]
