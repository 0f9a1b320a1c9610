"""When the time for a file is over, what was judged until then stays said, and the rest is told as not judged."""

import datetime as dt
from collections.abc import Iterator

import pytest

import built_in
from clearance.collect.memory import HeldContents
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import Decoded
from clearance.scan.family import Budget, Match, OutOfTime, View
from clearance.scan.packages import family as module


def test_what_was_judged_before_the_time_was_over_stays_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_time(asked: object) -> Iterator[object]:
        raise OutOfTime
        yield

    real = module._check
    monkeypatch.setattr(module, "_check", lambda name: out_of_time if name == "pins" else real(name))
    family = module.PackagesFamily(
        tuple(rule for rule in built_in.catalogue() if rule.family == "packages"), dt.date(2026, 11, 22)
    )
    family.start(HeldContents({}, {}, {}))
    view = View("requirements.txt", "after", b"", Decoded("pyyaml==5.3\nzlqx-nothing==1\n", "utf-8", broken=False))
    said = list(family.look(view, Budget(30)))
    assert {"package-vulnerable", "package-does-not-exist"} <= {one.rule for one in said if isinstance(one, Match)}
    assert any(isinstance(one, Gap) and one.kind is GapKind.TIMEOUT for one in said)
