"""Terraform's files see those of their folder, each side its own, and no more than is bounded."""

import pytest

from clearance.collect.memory import change_of
from clearance.facts.finding import Finding
from clearance.scan.infra import folder
from clearance.scan.look import look_at
from scan.infra.rules_of_tests import family, rule

BUCKET = 'resource "aws_s3_bucket" "logs" {}\n'
GUARD = 'resource "guard" "x" {\n  bucket = aws_s3_bucket.logs.id\n}\n'
BLOCK = """\
on: terraform.resource aws_s3_bucket
find: {unit.name: {present: true}}
without: {on: terraform.resource guard, where: {bucket: {refers: true}}}
"""


def findings(before: dict[str, str], after: dict[str, str]) -> list[Finding]:
    page = rule(BLOCK)
    collected = change_of(
        {path: text.encode() for path, text in before.items()}, {path: text.encode() for path, text in after.items()}
    )
    made = family(page)
    made.start(collected.contents)
    told: list[Finding] = []
    for file in collected.change.files:
        told.extend(look_at(file, collected.contents, [made], {page.id: page}, seconds=60).findings)
    return told


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({"a/guard.tf": GUARD}, 0),
        ({"a/guard.tofu": GUARD}, 0),
        ({"a/guard.tf.json": '{"resource": {"guard": {"x": {"bucket": "${aws_s3_bucket.logs.id}"}}}}'}, 0),
        ({"guard.tf": GUARD}, 1),
        ({"a/b/guard.tf": GUARD}, 1),
        ({"a/guard.txt": GUARD}, 1),
        ({"a/guard.tf": "this is { no"}, 1),
        ({"a/guard.tf": GUARD.replace("logs", "other")}, 1),
    ],
)
def test_what_stands_beside_a_file_counts(others: dict[str, str], expected: int) -> None:
    assert len(findings({}, {"a/main.tf": BUCKET, **others})) == expected


def test_each_side_sees_its_own_folder() -> None:
    other = GUARD.replace("logs", "other")
    (gone,) = findings({"a/main.tf": BUCKET, "a/guard.tf": GUARD}, {"a/main.tf": BUCKET + "# x\n", "a/guard.tf": other})
    assert gone.introduced
    (came,) = findings({"a/main.tf": BUCKET, "a/guard.tf": other}, {"a/main.tf": BUCKET + "# x\n", "a/guard.tf": other})
    assert not came.introduced
    assert findings({"a/main.tf": BUCKET}, {"a/main.tf": BUCKET + "# x\n", "a/guard.tf": GUARD}) == []
    (stood,) = findings({"a/main.tf": BUCKET}, {"a/main.tf": BUCKET + "# changed\n", "a/other.tf": "# new\n"})
    assert not stood.introduced


def test_what_is_read_of_a_folder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_OF_ALL", len(GUARD) - 1)
    assert len(findings({}, {"a/main.tf": BUCKET, "a/guard.tf": GUARD})) == 1
    monkeypatch.setattr(folder, "MOST_OF_ALL", len(GUARD))
    assert findings({}, {"a/main.tf": BUCKET, "a/guard.tf": GUARD}) == []
    monkeypatch.setattr(folder, "MOST_BYTES", len(GUARD) - 1)
    assert len(findings({}, {"a/main.tf": BUCKET, "a/guard.tf": GUARD})) == 1
