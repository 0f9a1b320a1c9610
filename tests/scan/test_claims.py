"""A file whose name says that it matters does not pass as a harmless binary."""

from pathlib import Path

import pytest

from journeys.place import Place

NUL = b"# c\x00\nzqx-nul-hidden-package==1.0\n"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "package.json", "bun.lockb", "Dockerfile", "sub/main.tf", ".github/workflows/ci.yml"]
)
def test_a_manifest_with_a_nul_byte_is_a_gap_that_matters(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path)
    place.write(name, NUL)
    answer = place.clearance("scan", ".", "--format", "json")
    assert answer.code == 4, answer.out
    kinds = {gap["kind"] for gap in answer.data["gaps"] if gap["path"] == name}
    assert kinds & {"could not be parsed", "broken encoding"}, kinds


def test_a_picture_is_harmless(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write("logo.png", NUL)
    assert place.clearance("scan", ".", "--format", "json").code == 0
