"""A NUL byte hides no manifest: tools read these files whatever they hold."""

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.change import ChangeKind, FileChange, Mode, Side
from clearance.facts.finding import GapKind
from clearance.scan.look import read_sides


@pytest.mark.parametrize(("path", "kind"), [
    ("requirements.txt", GapKind.ENCODING),
    ("a/package.json", GapKind.ENCODING),
    ("Dockerfile.dev", GapKind.ENCODING),
    ("main.tf", GapKind.ENCODING),
    ("poetry.lock", GapKind.ENCODING),
    ("logo.png", GapKind.BINARY),
    ("a.bin", GapKind.BINARY),
])  # fmt: skip
def test_what_tools_read_as_text_is_read(path: str, kind: GapKind) -> None:
    data = b"# a\0\nzz-not-here==1.0\n"
    file = FileChange(
        path=path, kind=ChangeKind.ADDED, after=Side(mode=Mode.FILE, size=len(data), sha256="0" * 64), binary=True
    )
    sides = read_sides(file, HeldContents({}, {path: data}, {path: data}, complete=True), 1 << 20)
    assert [gap.kind for gap in sides.gaps] == [kind]
    assert (sides.after is not None) is (kind is GapKind.ENCODING)
    if sides.after is not None:
        assert sides.after.text.endswith("zz-not-here==1.0\n")
